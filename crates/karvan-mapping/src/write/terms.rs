//! The members of a group by their terms.

use karvan_model::{Group, Node, TermId};

/// Where the members of each term begin in a group; terms that share a place are told apart by looking.
pub(super) struct Terms<'g> {
    group: &'g Group,
    firsts: [u16; Terms::PLACES],
    /// Whether the places speak of all members.
    is_short: bool,
}

impl<'g> Terms<'g> {
    const PLACES: usize = 64;
    const NONE: u16 = u16::MAX;

    pub(super) fn of(group: &'g Group) -> Self {
        let mut firsts = [Self::NONE; Self::PLACES];
        for (at, term) in (0..Self::NONE).zip(group.children.iter().map(Node::term)).rev() {
            if let Some(term) = term {
                firsts[term.index() % Self::PLACES] = at;
            }
        }
        Self { group, firsts, is_short: group.children.len() < usize::from(Self::NONE) }
    }

    /// All members of `term`, in order.
    #[inline]
    pub(super) fn all(&self, term: TermId) -> &'g [Node] {
        let first = self.firsts[term.index() % Self::PLACES];
        if first == Self::NONE && self.is_short { &[] } else { self.from(first, term) }
    }

    fn from(&self, first: u16, term: TermId) -> &'g [Node] {
        let children = &self.group.children;
        match children.get(usize::from(first)..) {
            Some(rest) if rest.first().and_then(Node::term) == Some(term) => {
                &rest[..rest.iter().take_while(|node| node.term() == Some(term)).count()]
            }
            _ => self.group.all(term),
        }
    }
}
