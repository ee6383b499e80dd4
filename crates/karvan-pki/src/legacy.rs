//! What is no longer safe, and is believed only where the caller names it.

use std::fmt;
use std::ops::BitOr;

/// A set of weak algorithms and key sizes. Signatures are never made with them; one that was is good only if the caller
/// allows each by name, and the result then says so.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Legacy(u8);

impl Legacy {
    /// Nothing that is weak.
    pub const NONE: Self = Self(0);
    /// Digests with MD5: collisions are made in seconds.
    pub const MD5: Self = Self(1);
    /// Digests with RIPEMD-160: 80 bits against collisions.
    pub const RIPEMD160: Self = Self(1 << 1);
    /// Digests with SHA-1: collisions have been made.
    pub const SHA1: Self = Self(1 << 2);
    /// DSA, withdrawn by FIPS 186-5.
    pub const DSA: Self = Self(1 << 3);
    /// RSA keys of less than 2048 bits, down to 1024.
    pub const SHORT_RSA: Self = Self(1 << 4);
    /// All of these.
    pub const ALL: Self = Self((1 << 5) - 1);

    const NAMES: [(Self, &'static str); 5] = [
        (Self::MD5, "md5"),
        (Self::RIPEMD160, "ripemd160"),
        (Self::SHA1, "sha1"),
        (Self::DSA, "dsa"),
        (Self::SHORT_RSA, "short-rsa"),
    ];

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|&(_, other)| other == name).map(|(legacy, _)| legacy)
    }

    /// The names of all.
    pub fn all_names() -> impl Iterator<Item = &'static str> {
        Self::ALL.names()
    }

    /// The names of those in the set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |&(legacy, _)| self.contains(legacy)).map(|(_, name)| name)
    }

    /// Whether there is nothing in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `other` is in the set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What of this is not in `allowed`.
    #[must_use]
    pub const fn without(self, allowed: Self) -> Self {
        Self(self.0 & !allowed.0)
    }
}

impl BitOr for Legacy {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl FromIterator<Self> for Legacy {
    fn from_iter<I: IntoIterator<Item = Self>>(members: I) -> Self {
        members.into_iter().fold(Self::NONE, BitOr::bitor)
    }
}

/// The names, with commas between.
impl fmt::Display for Legacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.names().enumerate() {
            write!(f, "{}{name}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Legacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Legacy({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_made_of_names() {
        let set: Legacy = ["sha1", "dsa"].into_iter().map(|name| Legacy::from_name(name).unwrap()).collect();
        assert_eq!(set.to_string(), "sha1, dsa");
        assert!(set.contains(Legacy::SHA1) && !set.contains(Legacy::SHA1 | Legacy::MD5));
        assert_eq!((Legacy::SHA1 | Legacy::MD5).without(set), Legacy::MD5);
        assert_eq!(Legacy::all_names().count(), 5);
        assert_eq!(Legacy::from_name("sha256"), None);
    }
}
