//! Short texts: those of qualifiers, which are compared at once and stay with their nodes.

/// A text of at most three octets, as qualifiers are, in one word; every longer text and no text are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Short(u32);

impl Short {
    /// Set where an octet is no letter, digit or mark: such a text is not compared octet by octet.
    const SPACED: u32 = 1 << 24;

    pub(crate) fn of(text: &str) -> Self {
        let octets = match *text.as_bytes() {
            [a] => [a, 0, 0, 0],
            [a, b] => [a, b, 0, 0],
            [a, b, c] => [a, b, c, 0],
            _ => return Self::default(),
        };
        let spaced = text.bytes().fold(false, |spaced, octet| spaced | !octet.is_ascii_graphic());
        Self(u32::from_le_bytes(octets) | if spaced { Self::SPACED } else { 0 })
    }

    /// Whether the text is all that is needed to compare it with another.
    pub(crate) const fn is_telling(self) -> bool {
        self.0 != 0 && self.0 & Self::SPACED == 0
    }

    /// Appends the text.
    pub(super) fn put(self, out: &mut String) {
        let [octets @ .., _] = self.0.to_le_bytes();
        let length = octets.iter().position(|octet| *octet == 0).unwrap_or(octets.len());
        out.push_str(std::str::from_utf8(&octets[..length]).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_comes_back_and_a_longer_one_is_none() {
        for text in ["1", "BY", "AAK", "B Y", "é"] {
            let mut out = String::new();
            Short::of(text).put(&mut out);
            assert_eq!(out, text);
        }
        assert_eq!(Short::of("AAKB"), Short::default());
        assert_eq!(Short::of(""), Short::default());
    }

    #[test]
    fn only_letters_digits_and_marks_are_compared_at_once() {
        assert!(["1", "BY", "AAK", "+-"].into_iter().all(|text| Short::of(text).is_telling()));
        assert!(!["", " ", "B ", "B\nY", "é", "AAKB"].into_iter().any(|text| Short::of(text).is_telling()));
    }
}
