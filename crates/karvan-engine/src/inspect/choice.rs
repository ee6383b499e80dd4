//! Why a segment stands where it does: the places that were weighed for it.

use std::ops::Deref;

use karvan_edifact::Segment;
use karvan_schema::directory;
use karvan_schema::message::arrange::{Arranger, Excess, Placement};
use karvan_schema::message::choice::Candidate;
use karvan_schema::message::table::{Table, Tag};

use super::node::{ChoiceNode, ConsideredNode};

/// What there is to choose from, looked at before the segment is placed.
pub(super) struct Weighed {
    candidates: Vec<Candidate>,
    /// The rows that may come next, whatever the segment is.
    allowed: Vec<usize>,
}

impl Weighed {
    pub(super) fn of(arranger: &Arranger<impl Deref<Target = Table>>, segment: &Segment<'_>) -> Self {
        Self { candidates: arranger.candidates(Tag::new(segment.tag())), allowed: arranger.allowed() }
    }

    /// What was chosen in `message`, the table of which is `table`, and what had to stand before and does not.
    pub(super) fn choice(
        self,
        table: &Table,
        message: directory::Message<'_>,
        placement: Placement,
        left_out: &[usize],
    ) -> ChoiceNode {
        let (taken, excess, revised) = match placement {
            Placement::Placed { row, excess, revised } => (Some(row), excess.map(|excess| (row, excess)), revised),
            Placement::Back { row } => (Some(row), None, 0),
            Placement::Unsupported => (None, None, 0),
        };
        let is_at_fault = taken.is_none() || excess.is_some() || !left_out.is_empty();
        let position = |row| message.rows().nth(row).map(|row| row.position().to_string()).unwrap_or_default();
        let considered = |Candidate { row, verdict }| ConsideredNode {
            path: table.path(row),
            position: position(row),
            verdict: verdict.id(),
            other: verdict.other().map(|other| table.path(other)),
            taken: taken == Some(row),
        };
        let named = |rows: &[usize]| rows.iter().map(|&row| table.name(row)).collect();
        ChoiceNode {
            places: self.candidates.into_iter().map(considered).collect(),
            revised,
            left_out: named(left_out),
            excess: excess.map(|(row, excess)| match excess {
                Excess::Segment => table.name(row),
                Excess::Group(group) => table.name(group),
            }),
            expected: if is_at_fault { named(&self.allowed) } else { Vec::new() },
        }
    }
}
