//! Finding delimiters, sixty-four octets at a time.
//!
//! A block of 64 octets is compared with each delimiter; the answers are bit masks, bit *n* standing for octet *n*. Plain
//! loops over arrays let the compiler use vector instructions; a multiplication gathers the bits. A release character
//! takes the meaning from the octet after it (ISO 9735-1 §5), also across the border of two blocks.

use crate::ServiceCharacters;

/// How many octets are looked at together.
pub(crate) const BLOCK: usize = 64;

/// Where the delimiters of one block stand; released ones are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delimiters {
    /// Segment terminators.
    pub(crate) terminators: u64,
    /// Separators.
    pub(crate) separators: Separators,
}

/// Where the separators of 64 octets stand; released ones are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Separators {
    /// Data element separators.
    pub(crate) elements: u64,
    /// Repetition separators.
    pub(crate) repetitions: u64,
    /// Component data element separators.
    pub(crate) components: u64,
    /// Release characters, those that are themselves released too.
    pub(crate) releases: u64,
}

impl Separators {
    /// The same separators, counted from the octet `start` of the block, which lies in it.
    #[inline]
    pub(crate) const fn from(self, start: usize) -> Self {
        Self {
            elements: self.elements >> start,
            repetitions: self.repetitions >> start,
            components: self.components >> start,
            releases: self.releases >> start,
        }
    }

    /// The separators of what follows the one at `end`.
    #[inline]
    pub(crate) fn after(self, end: usize) -> Self {
        self.from(end.min(BLOCK - 1)).from(1)
    }

    /// The same separators with those of a block that begins `distance` octets on.
    #[inline]
    pub(crate) fn followed_by(self, next: Self, distance: usize) -> Self {
        Self {
            elements: self.elements | later(next.elements, distance),
            repetitions: self.repetitions | later(next.repetitions, distance),
            components: self.components | later(next.components, distance),
            releases: self.releases | later(next.releases, distance),
        }
    }

    fn masked(self, mask: u64) -> Self {
        Self {
            elements: self.elements & mask,
            repetitions: self.repetitions & mask,
            components: self.components & mask,
            ..self
        }
    }

    /// Separators of any kind.
    #[inline]
    pub(crate) const fn any(self) -> u64 {
        self.elements | self.repetitions | self.components
    }
}

/// A mask, told from `distance` octets before its first one.
#[inline]
pub(crate) fn later(mask: u64, distance: usize) -> u64 {
    if distance < BLOCK { mask << distance } else { 0 }
}

impl ServiceCharacters {
    /// The delimiters in the first 64 octets of `octets`.
    ///
    /// `released` says whether the octet before the first one was a release character in force; afterwards it says so
    /// of the octet before the next block.
    #[inline]
    pub(crate) fn delimiters(&self, octets: &[u8], released: &mut bool) -> Delimiters {
        match octets.first_chunk() {
            Some(block) => self.delimiters_of_block(block, released),
            None => self.delimiters_of_rest(octets, released),
        }
    }

    /// The separators in the first 64 octets of `octets`, the first of which is not released.
    #[inline]
    pub(crate) fn separators(&self, octets: &[u8]) -> Separators {
        self.delimiters(octets, &mut false).separators
    }

    #[inline(always)] // A sixth of the time of a scan: the answer then stays in registers.
    fn delimiters_of_block(&self, block: &[u8; BLOCK], released: &mut bool) -> Delimiters {
        let terminators = positions(block, self.terminator);
        let separators = Separators {
            elements: positions(block, self.element),
            components: positions(block, self.component),
            repetitions: self.repetition.map_or(0, |separator| positions(block, separator)),
            releases: 0,
        };
        match self.release {
            Some(release) if *released || contains(block, release) => {
                let releases = positions(block, release);
                let in_force = !released_octets(releases, released);
                let separators = Separators { releases, ..separators.masked(in_force) };
                Delimiters { terminators: terminators & in_force, separators }
            }
            _ => Delimiters { terminators, separators },
        }
    }

    #[cold]
    #[inline(never)]
    fn delimiters_of_rest(&self, octets: &[u8], released: &mut bool) -> Delimiters {
        let mut block = [0; BLOCK];
        block[..octets.len()].copy_from_slice(octets);
        let Delimiters { terminators, separators } = self.delimiters_of_block(&block, released);
        let present = (1 << octets.len()) - 1;
        Delimiters { terminators: terminators & present, separators: separators.masked(present) }
    }

    /// The offset of the first delimiter of the kind that `kind` picks, or the length of `octets`.
    ///
    /// The first octet is taken as not released.
    pub(crate) fn find(&self, octets: &[u8], kind: impl Fn(&Delimiters) -> u64) -> usize {
        let mut released = false;
        let mut start = 0;
        while start < octets.len() {
            let found = kind(&self.delimiters(&octets[start..], &mut released));
            if found != 0 {
                return start + found.trailing_zeros() as usize;
            }
            start += BLOCK;
        }
        octets.len()
    }
}

/// Whether `octet` stands in `block`.
#[inline]
fn contains(block: &[u8; BLOCK], octet: u8) -> bool {
    block.iter().fold(false, |found, &other| found | (other == octet))
}

/// Bit *n* says whether octet *n* of `block` is `octet`.
#[inline]
fn positions(block: &[u8; BLOCK], octet: u8) -> u64 {
    let mut equal = [0_u8; BLOCK];
    for (answer, &found) in equal.iter_mut().zip(block) {
        *answer = u8::from(found == octet);
    }
    let mut mask = 0;
    for (index, eight) in equal.chunks_exact(8).enumerate() {
        let eight =
            u64::from_le_bytes([eight[0], eight[1], eight[2], eight[3], eight[4], eight[5], eight[6], eight[7]]);
        // Octet i is 0 or 1; the multiplication brings it to bit 56 + i.
        mask |= (eight.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * index);
    }
    mask
}

/// The octets whose meaning is taken from them, given where the release characters stand.
fn released_octets(mut releases: u64, released: &mut bool) -> u64 {
    let mut taken = u64::from(*released);
    releases &= !taken;
    *released = false;
    while releases != 0 {
        let release = releases.trailing_zeros();
        if release == 63 {
            *released = true;
            break;
        }
        taken |= 2 << release;
        // The release character itself and the octet it releases are done.
        releases &= !(3 << release);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: ServiceCharacters = ServiceCharacters { repetition: Some(b'*'), ..ServiceCharacters::DEFAULT };

    /// The same, octet by octet, as the standard tells it.
    fn plainly(characters: &ServiceCharacters, octets: &[u8], mut released: bool) -> (Vec<(usize, u8)>, bool) {
        let mut found = Vec::new();
        for (index, &octet) in octets.iter().enumerate() {
            if released {
                released = false;
            } else if Some(octet) == characters.release {
                released = true;
            } else if octet == characters.terminator
                || octet == characters.element
                || octet == characters.component
                || Some(octet) == characters.repetition
            {
                found.push((index, octet));
            }
        }
        (found, released)
    }

    fn by_masks(characters: &ServiceCharacters, octets: &[u8]) -> (Vec<(usize, u8)>, bool) {
        let mut released = false;
        let mut found = Vec::new();
        for (number, block) in octets.chunks(BLOCK).enumerate() {
            let delimiters = characters.delimiters(block, &mut released);
            let all = delimiters.terminators | delimiters.separators.any();
            found.extend(
                (0..block.len()).filter(|bit| all >> bit & 1 == 1).map(|bit| (number * BLOCK + bit, block[bit])),
            );
        }
        (found, released)
    }

    proptest::proptest! {
        #[test]
        fn masks_say_what_the_standard_says(octets in proptest::collection::vec(
            proptest::sample::select(b"?????'+:*A1".to_vec()), 0..300)) {
            // What the release character at the very end does has no meaning when the block is not full.
            let (plain, _) = plainly(&V4, &octets, false);
            assert_eq!(by_masks(&V4, &octets).0, plain);
        }
    }

    #[test]
    fn a_release_character_works_across_blocks() {
        let mut octets = vec![b'A'; BLOCK];
        octets[BLOCK - 1] = b'?';
        octets.extend_from_slice(b"'B'");
        assert_eq!(V4.find(&octets, |delimiters| delimiters.terminators), BLOCK + 2);
    }
}
