//! A file under verification, and the octets of it.

use std::cell::OnceCell;

use karvan_edifact::Item;
use karvan_pki::Certificate;
use karvan_text::{Locator, Position, Span};

use super::{Policy, Which};
use crate::edifact::scope::{self, Layout};
use crate::edifact::structure::{Level, Structure, Structures};

/// A file under verification.
pub(super) struct Subject<'a> {
    pub(super) which: Which,
    pub(super) structures: Structures<'a>,
    /// What stands between segments.
    layout: OnceCell<Vec<Span>>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(which: Which, octets: &'a [u8], policy: &Policy) -> Self {
        Self { which, structures: Structures::read(octets, policy.read), layout: OnceCell::new() }
    }

    /// `spans` as they are digested in this layout; none where that is no other than the layout kept.
    pub(super) fn laid_out(&self, spans: &[Span], layout: Layout) -> Option<Vec<Span>> {
        if layout == Layout::Kept {
            return Some(spans.to_vec());
        }
        let gaps = self.layout.get_or_init(|| {
            let items = self.structures.items().filter(|item| matches!(item, Item::Layout(_)));
            items.map(|item| item.span()).collect()
        });
        Some(scope::without(spans, gaps.iter().copied())).filter(|left| left != spans)
    }

    /// Line and column of an octet.
    pub(super) fn position(&self, offset: u64) -> Position {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        Locator::default().position(self.structures.octets(), offset)
    }

    /// `UNB 7 › UNH 1`.
    pub(super) fn path(&self, index: usize) -> String {
        self.structures.path(index)
    }
}

/// The certificates in packages of the file.
pub(super) fn offered(structures: &Structures<'_>, policy: &Policy) -> Vec<Certificate> {
    let packages = structures.all().iter().filter(|structure| structure.level == Level::Package);
    let objects = packages.map(|package| package.body.slice(structures.octets()));
    let certificates = objects.filter(|object| object.starts_with(b"\x30") || object.starts_with(b"-----BEGIN "));
    certificates.flat_map(|object| karvan_pki::certificates("UNO", object, &policy.certificates).0).collect()
}

/// S009/0065 of a message.
pub(super) fn message_type(structure: &Structure) -> &[u8] {
    structure.header.value(1, 0, 0)
}
