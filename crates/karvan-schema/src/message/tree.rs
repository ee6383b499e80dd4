//! A message as the directory draws it: a tree of segment groups.

use super::arrange::{Arranger, OpenGroup, Placement, State};
use super::machine::Step;
use super::table::{Table, Tag};

/// A segment group of a message, or the message itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// The row of the group in the table; none for the message itself.
    pub row: Option<usize>,
    /// The number of the group, 25 for `SG25`; 0 for the message itself.
    pub number: u16,
    /// Which repetition it is within its parent, from 1.
    pub repetition: u32,
    /// What it holds, in the order of the message; the first is its trigger.
    pub children: Vec<Child>,
}

/// What a segment group holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Child {
    /// A segment.
    Segment {
        /// Its row in the table; none where the message does not support it in its position.
        row: Option<usize>,
        /// Which segment of the message it is, UNH being 0.
        index: usize,
    },
    /// A group within the group.
    Group(Group),
}

impl Group {
    /// Arranges the segments of a message, given by their tags, UNH first.
    ///
    /// Every segment comes to stand somewhere: one that the message does not support stays, without a row, in the
    /// group that was open when it came.
    #[must_use]
    pub fn arrange(table: &Table, tags: impl IntoIterator<Item = Tag>) -> Self {
        let mut open = vec![Self { repetition: 1, ..Self::default() }];
        let mut state = State::new(table);
        for (index, step) in steps(table, tags).into_iter().enumerate() {
            if let Some(step) = step {
                state.take(step);
                let mut groups: Vec<_> = state.groups(table).collect();
                groups.reverse();
                let stays = |(open, group): &(&Self, &OpenGroup)| {
                    open.row == Some(group.row) && open.repetition == group.repetition
                };
                let kept = open[1..].iter().zip(&groups).take_while(stays).count();
                while open.len() > 1 + kept {
                    close(&mut open);
                }
                for group in &groups[kept..] {
                    let number = table.number(group.row);
                    open.push(Self {
                        row: Some(group.row),
                        number,
                        repetition: group.repetition,
                        children: Vec::new(),
                    });
                }
            }
            if let Some(group) = open.last_mut() {
                group.children.push(Child::Segment { row: step.map(|step| usize::from(step.row)), index });
            }
        }
        while open.len() > 1 {
            close(&mut open);
        }
        open.pop().unwrap_or_default()
    }

    /// The groups directly within this one.
    pub fn groups(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|child| match child {
            Child::Group(group) => Some(group),
            Child::Segment { .. } => None,
        })
    }

    /// The segments directly within this group, as indices into the message.
    pub fn segments(&self) -> impl Iterator<Item = usize> {
        self.children.iter().filter_map(|child| match child {
            Child::Segment { index, .. } => Some(*index),
            Child::Group(_) => None,
        })
    }
}

/// The step by which each segment came to stand in the end; none where it has no place.
fn steps(table: &Table, tags: impl IntoIterator<Item = Tag>) -> Vec<Option<Step>> {
    let mut arranger = Arranger::new(table);
    let mut missing = Vec::new();
    let mut steps = Vec::new();
    for tag in tags {
        match arranger.place(tag, &mut missing) {
            Placement::Placed { revised, .. } => {
                steps.truncate(steps.len() - revised);
                steps.extend(arranger.latest(revised + 1).map(Some));
            }
            Placement::Unsupported => steps.push(None),
        }
        missing.clear();
    }
    steps
}

fn close(open: &mut Vec<Group>) {
    if let Some(group) = open.pop()
        && let Some(parent) = open.last_mut()
    {
        parent.children.push(Child::Group(group));
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::table;
    use super::*;

    fn draw(group: &Group) -> String {
        let children: Vec<_> = group
            .children
            .iter()
            .map(|child| match child {
                Child::Segment { row: Some(_), index } => index.to_string(),
                Child::Segment { row: None, index } => format!("?{index}"),
                Child::Group(group) => format!("SG{}.{}({})", group.number, group.repetition, draw(group)),
            })
            .collect();
        children.join(" ")
    }

    #[test]
    fn every_segment_stands_once_in_order() {
        let table = table("UNH M 1\nSG1 C 9\n  NAD M 1\n  SG2 C 9\n    RFF M 1\n    DTM C 1\nUNT M 1");
        let tags = ["UNH", "NAD", "RFF", "DTM", "XXX", "RFF", "NAD", "UNT"].map(|tag| Tag::new(tag.as_bytes()));
        assert_eq!(draw(&Group::arrange(&table, tags)), "0 SG1.1(1 SG2.1(2 3 ?4) SG2.2(5)) SG1.2(6) 7");
    }
}
