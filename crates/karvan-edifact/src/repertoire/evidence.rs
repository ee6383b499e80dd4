//! What octets look like, whatever was declared.

use std::ops::AddAssign;

/// What speaks for an encoding in octets.
///
/// Evidence is gathered piece by piece and judged at the end; it never changes how anything is read.
///
/// ```
/// use karvan_edifact::{Detected, detect};
///
/// assert_eq!(detect("MÜLLER, Größe".as_bytes()).detected(), Detected::Utf8);
/// assert_eq!(detect(b"M\xDCLLER, Gr\xF6\xDFe").detected(), Detected::EightBit);
///
/// let mut evidence = detect("MÜLLER".as_bytes());
/// evidence += detect(b"Gr\xF6\xDFe");
/// assert_eq!(evidence.detected(), Detected::Mixed);
/// assert_eq!((evidence.utf8, evidence.eight_bit), (1, 2));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Characters of several octets in UTF-8.
    pub utf8: u64,
    /// Octets beyond ASCII that belong to no such character.
    pub eight_bit: u64,
    /// Those of them that are control characters in ISO 8859, but letters and signs in code pages of Windows and DOS.
    pub code_page: u64,
    /// Escape sequences of ISO 2022 that designate a set.
    pub escapes: u64,
}

/// What an encoding seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Detected {
    /// ASCII: all repertoires agree on it.
    Ascii,
    /// UTF-8: all that is beyond ASCII is UTF-8.
    Utf8,
    /// Some alphabet of ISO 8859: one octet a character.
    EightBit,
    /// A code page of Windows or DOS: one octet a character, in places too that ISO 8859 keeps for controls.
    CodePage,
    /// ISO 2022: sets are designated by escape sequences.
    Iso2022,
    /// UTF-8 and octets that are none, side by side.
    Mixed,
}

impl Evidence {
    /// What the evidence comes to.
    #[must_use]
    pub const fn detected(&self) -> Detected {
        match self {
            Self { escapes: 1.., .. } => Detected::Iso2022,
            Self { utf8: 0, code_page: 1.., .. } => Detected::CodePage,
            Self { utf8: 0, eight_bit: 1.., .. } => Detected::EightBit,
            Self { utf8: 0, .. } => Detected::Ascii,
            Self { eight_bit: 0, .. } => Detected::Utf8,
            Self { .. } => Detected::Mixed,
        }
    }
}

impl AddAssign for Evidence {
    fn add_assign(&mut self, other: Self) {
        self.utf8 += other.utf8;
        self.eight_bit += other.eight_bit;
        self.code_page += other.code_page;
        self.escapes += other.escapes;
    }
}

/// What `octets` look like; see [`Evidence`].
#[must_use]
pub fn detect(octets: &[u8]) -> Evidence {
    let mut evidence = Evidence::default();
    for chunk in octets.utf8_chunks() {
        evidence.utf8 += chunk.valid().bytes().filter(|octet| *octet >= 0xC0).count() as u64;
        evidence.eight_bit += chunk.invalid().len() as u64;
        evidence.code_page += chunk.invalid().iter().filter(|octet| matches!(octet, 0x80..=0x9F)).count() as u64;
    }
    for escape in memchr::memchr_iter(0x1B, octets) {
        evidence.escapes += u64::from(matches!(octets.get(escape + 1), Some(b'$' | b'('..=b'/')));
    }
    evidence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let cases: [(&[u8], Detected); 7] = [
            (b"MUELLER", Detected::Ascii),
            ("تهران".as_bytes(), Detected::Utf8),
            (b"M\xFCller", Detected::EightBit),
            (b"\x80 10", Detected::CodePage),
            (b"M\x81ller", Detected::CodePage),
            (b"\x1B$B?7$7$$\x1B(B", Detected::Iso2022),
            (b"M\xC3\xBCller, M\xFCller", Detected::Mixed),
        ];
        for (octets, expected) in cases {
            assert_eq!(detect(octets).detected(), expected, "{}", octets.escape_ascii());
        }
    }
}
