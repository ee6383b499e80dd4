//! The service characters, and the small grammars that decide them: UNA and the first element of UNB.

use nom::bytes::complete::{tag, take_till};
use nom::character::complete::u8 as number;
use nom::combinator::opt;
use nom::number::complete::u8 as octet;
use nom::sequence::preceded;
use nom::{IResult, Parser};

/// The service characters of an interchange (ISO 9735-1 §5; UNA).
///
/// ```
/// use karvan_edifact::ServiceCharacters;
///
/// let characters = ServiceCharacters::from_advice(b"UNA:+,? '").unwrap();
/// assert_eq!(characters.decimal, b',');
/// assert_eq!(characters.repetition, None); // a space: not used
/// assert_eq!(&characters.advice(), b"UNA:+,? '");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServiceCharacters {
    /// Component data element separator, `:`.
    pub component: u8,
    /// Data element separator, `+`.
    pub element: u8,
    /// Decimal mark, `.`; from syntax version 4 on either `.` or `,` may be written, whatever stands here.
    pub decimal: u8,
    /// Release character, `?`, or none.
    pub release: Option<u8>,
    /// Repetition separator, `*`; none before syntax version 4.
    pub repetition: Option<u8>,
    /// Segment terminator, `'`.
    pub terminator: u8,
}

impl Default for ServiceCharacters {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl ServiceCharacters {
    /// What holds without UNA in syntax versions 1 to 3.
    pub const DEFAULT: Self = Self {
        component: b':',
        element: b'+',
        decimal: b'.',
        release: Some(b'?'),
        repetition: None,
        terminator: b'\'',
    };

    /// The information separators of level B (ISO 9735:1988 §5.2): IS 1, IS 3 and IS 4, no release character.
    pub const LEVEL_B: Self =
        Self { component: 0x1f, element: 0x1d, decimal: b'.', release: None, repetition: None, terminator: 0x1c };

    /// How many octets a service string advice takes.
    pub const ADVICE_LENGTH: usize = 9;

    /// What holds without UNA in this syntax version (data element 0002).
    #[must_use]
    pub const fn for_version(version: u8) -> Self {
        if version >= 4 { Self { repetition: Some(b'*'), ..Self::DEFAULT } } else { Self::DEFAULT }
    }

    /// The characters that the UNA at the beginning of `octets` declares; none where there is no UNA.
    ///
    /// A space in the place of the release character or the repetition separator means that it is not used.
    #[must_use]
    pub fn from_advice(octets: &[u8]) -> Option<Self> {
        service_string_advice(octets).ok().map(|(_, characters)| characters)
    }

    /// The nine octets of the UNA that declares these characters.
    #[must_use]
    pub fn advice(&self) -> [u8; Self::ADVICE_LENGTH] {
        let [release, repetition] = [self.release, self.repetition].map(|character| character.unwrap_or(b' '));
        [b'U', b'N', b'A', self.component, self.element, self.decimal, release, repetition, self.terminator]
    }

    /// The same characters as they work in `version`: before 4 there is no repetition separator, whatever UNA says.
    ///
    /// The place was "reserved for future use" then; messages of the airlines declare `*` there and use it as data.
    #[must_use]
    pub const fn in_version(self, version: Option<u8>) -> Self {
        match version {
            Some(0..4) => Self { repetition: None, ..self },
            _ => self,
        }
    }

    /// Whether `octet` has a meaning of its own in data: the decimal mark has not.
    #[must_use]
    pub fn contains(&self, octet: u8) -> bool {
        octet == self.terminator
            || octet == self.element
            || octet == self.component
            || Some(octet) == self.release
            || Some(octet) == self.repetition
    }

    /// The octets that can hardly have been meant: two roles for one octet, a letter, a digit, or a space as a separator.
    #[must_use]
    pub fn doubtful(&self) -> Vec<u8> {
        let roles = [Some(self.component), Some(self.element), Some(self.terminator), self.release, self.repetition];
        let roles: Vec<u8> = roles.into_iter().flatten().collect();
        let mut doubtful: Vec<u8> = roles
            .iter()
            .enumerate()
            .filter(|&(index, octet)| octet.is_ascii_alphanumeric() || *octet == b' ' || roles[..index].contains(octet))
            .map(|(_, &octet)| octet)
            .collect();
        doubtful.dedup();
        doubtful
    }

    /// Whether a segment with this tag stands at the beginning of `octets`, and not a word that begins like it.
    pub(crate) fn begin_with(&self, octets: &[u8], tag: &[u8; 3]) -> bool {
        octets.starts_with(tag)
            && octets.get(3).is_none_or(|octet| !octet.is_ascii_alphanumeric() || self.contains(*octet))
    }

    /// A release character that is also something else would release nothing but itself: it is then not used.
    pub(crate) fn usable(self) -> Self {
        let other = |octet| octet == self.terminator || octet == self.element || octet == self.component;
        Self {
            release: self.release.filter(|&octet| !other(octet)),
            repetition: self.repetition.filter(|&octet| !other(octet) && Some(octet) != self.release),
            ..self
        }
    }

    /// The octets below 64 that may stand between segments without a meaning: blanks and control characters.
    pub(crate) fn layout(&self) -> u64 {
        let mut layout = (1_u64 << 33) - 1;
        for octet in 0..=32_u8 {
            if self.contains(octet) {
                layout &= !(1 << octet);
            }
        }
        layout
    }
}

/// `UNA` and its six characters.
fn service_string_advice(octets: &[u8]) -> IResult<&[u8], ServiceCharacters> {
    preceded(tag(&b"UNA"[..]), advice_characters).parse(octets)
}

/// The six characters of UNA.
fn advice_characters(octets: &[u8]) -> IResult<&[u8], ServiceCharacters> {
    let (rest, (component, element, decimal, release, repetition, terminator)) =
        (octet, octet, octet, octet, octet, octet).parse(octets)?;
    let unless_space = |octet: u8| (octet != b' ').then_some(octet);
    let characters = ServiceCharacters {
        component,
        element,
        decimal,
        release: unless_space(release),
        repetition: unless_space(repetition),
        terminator,
    };
    Ok((rest, characters))
}

/// How many octets may stand between UNA and UNB, or between an object and UNP, without hiding the latter.
pub(crate) const LAYOUT_BEFORE_TAG: usize = 64;

/// How many octets of layout stand before a tag that may be recognised behind them.
pub(crate) fn layout_before_tag(octets: &[u8]) -> usize {
    octets.iter().take(LAYOUT_BEFORE_TAG).take_while(|octet| **octet <= b' ').count()
}

/// The UNA at the beginning of `octets` and its length, where the header of an interchange, a group or a message follows.
///
/// Some write a space between `UNA` and its characters; the UNA is one octet longer then.
pub(crate) fn advice_before_header(octets: &[u8]) -> Option<(ServiceCharacters, usize)> {
    let header_follows = |rest: &[u8], characters: &ServiceCharacters| {
        let rest = &rest[layout_before_tag(rest)..];
        [b"UNB", b"UIB", b"UNG", b"UNH", b"UIH"].iter().any(|tag| characters.begin_with(rest, tag))
    };
    let straight = service_string_advice(octets).ok();
    let spaced = || match octets {
        [b'U', b'N', b'A', b' ', characters @ ..] => advice_characters(characters).ok(),
        _ => None,
    };
    let (rest, characters) = straight
        .filter(|(rest, characters)| header_follows(rest, characters))
        .or_else(|| spaced().filter(|(rest, characters)| header_follows(rest, characters)))?;
    Some((characters, octets.len() - rest.len()))
}

/// What the first element of UNB or UIB says of the syntax (composite S001).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxIdentifier<'a> {
    /// Data element 0001, `UNOC`.
    pub(crate) identifier: &'a [u8],
    /// Data element 0002, if it is a number.
    pub(crate) version: Option<u8>,
}

/// Reads `UNB+UNOC:3…` as far as the syntax version number.
pub(crate) fn syntax_identifier<'a>(octets: &'a [u8], characters: &ServiceCharacters) -> Option<SyntaxIdentifier<'a>> {
    // Octets, not characters: a separator may lie beyond ASCII.
    let [element, component] = [[characters.element], [characters.component]];
    let header: IResult<_, _> = (
        preceded((take_tag, tag(&element[..])), take_till(|octet| characters.contains(octet))),
        opt(preceded(tag(&component[..]), number)),
    )
        .parse(octets);
    header.ok().map(|(_, (identifier, version))| SyntaxIdentifier { identifier, version })
}

/// The tag of an interchange header.
fn take_tag(octets: &[u8]) -> IResult<&[u8], &[u8]> {
    nom::branch::alt((tag(&b"UNB"[..]), tag(&b"UIB"[..]))).parse(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_seen_in_the_wild() {
        let read = |advice: &[u8]| ServiceCharacters::from_advice(advice).expect("an advice");
        assert_eq!(read(b"UNA:+.? '"), ServiceCharacters::DEFAULT);
        assert_eq!(read(b"UNA:+.?*'"), ServiceCharacters::for_version(4));
        assert_eq!(read(b"UNA:+./*'").release, Some(b'/'));
        assert_eq!(read(b"UNA:+.= '").release, Some(b'='));
        assert_eq!(read(b"UNA:+.? #").terminator, b'#');
        let carets = read(b"UNA^*.? $");
        assert_eq!((carets.component, carets.element, carets.terminator), (b'^', b'*', b'$'));
        let equals = read(b"UNA=*.? ~");
        assert_eq!((equals.component, equals.element, equals.terminator), (b'=', b'*', b'~'));
        assert_eq!(read(b"UNA:+.? \n").terminator, b'\n');
        for advice in [&b"UNA:+.? '"[..], b"UNA^*.? $", b"UNA:+,  \n"] {
            assert_eq!(read(advice).advice(), advice);
        }
        assert_eq!(ServiceCharacters::from_advice(b"UNA:+.?"), None);
    }

    #[test]
    fn a_repetition_separator_needs_syntax_version_4() {
        let declared = ServiceCharacters::for_version(4);
        assert_eq!(declared.in_version(Some(1)).repetition, None);
        assert_eq!(declared.in_version(Some(4)).repetition, Some(b'*'));
        assert_eq!(declared.in_version(None).repetition, Some(b'*'));
    }

    #[test]
    fn doubtful_characters_are_named() {
        assert!(ServiceCharacters::for_version(4).doubtful().is_empty());
        assert!(ServiceCharacters::LEVEL_B.doubtful().is_empty());
        assert_eq!(ServiceCharacters::from_advice(b"UNA++.? '").expect("an advice").doubtful(), b"+");
        assert_eq!(ServiceCharacters::from_advice(b"UNAA1.? '").expect("an advice").doubtful(), b"A1");
    }

    #[test]
    fn the_syntax_identifier_ends_at_any_delimiter() {
        let read = |octets: &'static [u8]| syntax_identifier(octets, &ServiceCharacters::DEFAULT);
        assert_eq!(read(b"UNB+UNOC:3+x'"), Some(SyntaxIdentifier { identifier: b"UNOC", version: Some(3) }));
        assert_eq!(read(b"UNB+UNOC::4+x'"), Some(SyntaxIdentifier { identifier: b"UNOC", version: None }));
        assert_eq!(read(b"UNB+UNOD+x'"), Some(SyntaxIdentifier { identifier: b"UNOD", version: None }));
        assert_eq!(read(b"UIB+UNOA:4+x'").and_then(|syntax| syntax.version), Some(4));
        assert_eq!(read(b"UNH+1'"), None);
    }
}
