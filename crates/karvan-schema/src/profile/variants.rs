//! Which places of the message table a segment may take by its qualifier, as far as a profile says so.
//!
//! Where a tag has several rows, the qualifiers that the profile names for one of them, in a condition or a list of codes,
//! belong to that row. What no row claims may stand in all that are used and have no list of their own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::guide::{Asks, Guide, Node, Symbols};
use crate::directory::Message;
use crate::message::machine::Variant;
use crate::message::table::Tag;

/// What a profile says of a row that a segment may take.
#[derive(Debug, Default)]
struct Claim {
    row: usize,
    unused: bool,
    /// The qualifiers that it takes; all where there is none.
    list: Option<BTreeSet<Vec<u8>>>,
    /// The qualifiers that are named for it.
    named: BTreeSet<Vec<u8>>,
    /// The qualifiers that are not used in it.
    refused: BTreeSet<Vec<u8>>,
}

impl Claim {
    fn of(row: usize, guide: &Guide, trigger_of: Option<usize>) -> Self {
        let mut claim = Self { row, ..Self::default() };
        let is_about =
            |node: &Node| node.rows.contains(&row) || trigger_of.is_some_and(|group| node.rows.contains(&group));
        for (index, node) in guide.nodes.iter().enumerate().filter(|(_, node)| is_about(node)) {
            let unused = node.limits.iter().any(|limit| limit.times.maximum == Some(0));
            let always = guide.is_unconditional(node.parent.unwrap_or_default());
            let qualifiers = node.conditions.iter().filter(|condition| condition.place == (0, 0));
            for qualifier in qualifiers {
                match unused {
                    false => claim.named.extend(qualifier.values.iter().cloned()),
                    true if always && node.conditions.len() == 1 => {
                        claim.refused.extend(qualifier.values.iter().cloned())
                    }
                    true => {}
                }
            }
            if !guide.is_unconditional(index) {
                continue;
            }
            claim.unused |= unused;
            for rule in node.content.iter().filter(|rule| rule.elements.first() == Some(&0)) {
                if let (Asks::Codes(codes), [] | [0, ..]) = (&rule.asks, &*rule.components) {
                    claim.named.extend(codes.iter().cloned());
                    claim.list = Some(match claim.list.take() {
                        Some(list) => list.intersection(codes).cloned().collect(),
                        None => codes.clone(),
                    });
                }
            }
        }
        claim
    }

    /// Whether a segment may take the row: one with this qualifier, or with one that is named nowhere.
    fn takes(&self, qualifier: Option<&Vec<u8>>, all: &[Self]) -> bool {
        let listed = match (&self.list, qualifier) {
            (Some(list), Some(qualifier)) => list.contains(qualifier),
            (Some(_), None) => false,
            (None, _) => true,
        };
        let elsewhere = qualifier.is_some_and(|qualifier| {
            !self.named.contains(qualifier) && all.iter().any(|other| other.named.contains(qualifier))
        });
        !self.unused && listed && !elsewhere && !qualifier.is_some_and(|qualifier| self.refused.contains(qualifier))
    }
}

/// Finds the variants of the message's segments.
pub(super) fn find(message: Message<'_>, guide: &mut Guide) {
    let mut rows: BTreeMap<Tag, Vec<Claim>> = BTreeMap::new();
    for row in message.rows() {
        let Some(tag) = row.tag() else { continue };
        let group = row.parent().map(|group| group.index()).filter(|group| group + 1 == row.index());
        let claim = Claim::of(row.index(), guide, group);
        rows.entry(Tag::new(tag.as_bytes())).or_default().push(claim);
    }
    for (tag, claims) in rows.into_iter().filter(|(_, claims)| claims.len() > 1) {
        let mut variant = |qualifier: Option<&Vec<u8>>| {
            let taken: Vec<_> =
                claims.iter().filter(|claim| claim.takes(qualifier, &claims)).map(|claim| claim.row).collect();
            if taken.is_empty() || taken.len() == claims.len() {
                return None;
            }
            let variant = Variant { tag, rows: taken };
            let known = guide.variants.iter().position(|known| *known == variant);
            Some(known.unwrap_or_else(|| {
                guide.variants.push(variant);
                guide.variants.len() - 1
            }))
        };
        let qualifiers: BTreeSet<_> =
            claims.iter().flat_map(|claim| claim.named.iter().chain(&claim.refused)).collect();
        let named: HashMap<_, _> =
            qualifiers.into_iter().map(|qualifier| (qualifier.clone(), variant(Some(qualifier)))).collect();
        let symbols = Symbols { named, other: variant(None) };
        if symbols.other.is_some() || symbols.named.values().any(Option::is_some) {
            guide.symbols.insert(tag, symbols);
        }
    }
}
