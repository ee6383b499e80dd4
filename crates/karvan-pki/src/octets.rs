//! Octets that are read once and handed on without a copy.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A part of octets that were read, which it shares: to keep or to clone one costs no copy and no memory.
///
/// It is compared, hashed and used as the octets that it stands for.
///
/// ```
/// use karvan_pki::Octets;
///
/// let octets = Octets::from(&b"anka"[..]);
/// assert_eq!(octets.first(), Some(&b'a'));
/// assert_eq!(octets, octets.clone());
/// ```
#[derive(Clone)]
pub struct Octets {
    whole: Arc<[u8]>,
    range: Range<usize>,
}

impl Octets {
    /// `part` of these, as the reader gave it out; what does not lie within them is copied.
    pub(crate) fn part(&self, part: &[u8]) -> Self {
        match place(part, &self.whole) {
            Some(range) => Self { whole: Arc::clone(&self.whole), range },
            None => part.into(),
        }
    }
}

/// Where in `whole` its part stands.
pub(crate) fn place(part: &[u8], whole: &[u8]) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (end <= whole.len()).then_some(start..end)
}

impl From<&[u8]> for Octets {
    fn from(octets: &[u8]) -> Self {
        Self { whole: octets.into(), range: 0..octets.len() }
    }
}

impl Deref for Octets {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.whole[self.range.clone()]
    }
}

impl std::borrow::Borrow<[u8]> for Octets {
    fn borrow(&self) -> &[u8] {
        self
    }
}

impl PartialEq for Octets {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Octets {}

impl Hash for Octets {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_shared_and_what_is_none_is_copied() {
        let whole = Octets::from(&b"abcdef"[..]);
        let part = whole.part(&whole[2..4]);
        assert_eq!((&*part, part.as_ptr()), (&b"cd"[..], whole[2..].as_ptr()));
        assert_eq!(&*part.part(&whole[..1]), b"a", "whatever part it is asked of");
        assert_eq!(&*whole.part(b"other"), b"other");
    }
}
