//! Maps whose keys are those of tables and grammars, or numbers: no document chooses them, so that a key of their own against
//! hostile keys is not needed.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::tree::with;

/// A map for keys that no document chooses; what a document has may be looked up in it.
pub(crate) type FixedMap<K, V> = HashMap<K, V, BuildHasherDefault<FixedHasher>>;

/// A hash without a key of its own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FixedHasher(u64);

impl Hasher for FixedHasher {
    fn finish(&self) -> u64 {
        // The lower bits of a product know nothing of the higher ones of its factors.
        self.0 ^ (self.0 >> 32)
    }

    #[inline]
    fn write(&mut self, octets: &[u8]) {
        let (eights, rest) = octets.as_chunks::<8>();
        eights.iter().for_each(|eight| self.write_u64(u64::from_le_bytes(*eight)));
        self.write_u64(rest.iter().fold(rest.len() as u64, |all, octet| all << 8 | u64::from(*octet)));
    }

    #[inline]
    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.0 = with(self.0, number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::hash::Hash;

    fn hash(of: impl Hash) -> u64 {
        let mut hasher = FixedHasher::default();
        of.hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn keys_that_differ_little_are_told_apart() {
        let names = ["Name", "NameA", "AName", "ANameA", "LineID", "LineTotalAmount", "LineTotalAmounu", "", "\0"];
        // By what a map looks at: the lowest bits, and the highest.
        let of_names: HashSet<_> = names.iter().map(|name| (hash(name) & 0xFFF, hash(name) >> 57)).collect();
        assert_eq!(of_names.len(), names.len());
        let of_numbers: HashSet<_> = (0..4096_u32).map(|number| hash(number) & 0xFFFF).collect();
        assert!(of_numbers.len() > 3800, "{}", of_numbers.len());
    }
}
