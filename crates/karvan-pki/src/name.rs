//! Distinguished names: reading, comparing (RFC 5280 §7.1) and writing (RFC 4514).

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Encode, Tag, Tagged};

use crate::asn1::{self, Reader, SEQUENCE, SET};
use crate::encode;

/// A distinguished name (X.501 `Name`).
///
/// Two names are equal where RFC 5280 §7.1 says so: the same attributes in the same order, text compared without
/// regard to its string type, letter case and superfluous spaces. (Unicode normalisation is left out: names that
/// write one character in two ways do not match.)
///
/// It is displayed as RFC 4514 writes it, the most specific part first: `CN=Sahand Trade Co,O=Sahand,C=IR`.
#[derive(Clone, Default)]
pub struct Name {
    /// The contents of the `RDNSequence`, from the root of the directory downwards, and behind it the key: all of it as compared, each
    /// part as the count of its attributes and these with their lengths, so that no part begins another. Names are compared, hashed and
    /// handed on much more often than they are written, so text is made of them when it is asked for.
    octets: Arc<[u8]>,
    /// Where the key begins.
    key: usize,
}

/// An `AttributeTypeAndValue` of a name.
#[derive(Clone, Copy, Debug)]
struct Attribute<'a> {
    /// Whether a relative distinguished name begins with it.
    first: bool,
    kind: ObjectIdentifier,
    value: AnyRef<'a>,
    /// The DER of the value.
    der: &'a [u8],
}

impl Name {
    /// Reads a name from the DER of `Name`.
    ///
    /// # Errors
    /// What is not the DER of a name.
    pub fn from_der(bytes: &[u8]) -> der::Result<Self> {
        asn1::whole(bytes, |reader| Self::from_contents(reader.expect(SEQUENCE)?))
    }

    /// A name from the contents of its `RDNSequence`.
    fn from_contents(contents: &[u8]) -> der::Result<Self> {
        let mut octets = Vec::with_capacity(contents.len() * 9 / 4);
        octets.extend(contents);
        let mut attributes = Vec::new();
        let mut reader = Reader::new(contents);
        while !reader.is_finished() {
            attributes.clear();
            read_part(reader.expect(SET)?, &mut attributes)?;
            octets.extend(u32::try_from(attributes.len()).unwrap_or(u32::MAX).to_be_bytes());
            attributes.iter().for_each(|attribute| attribute.write_key(&mut octets));
        }
        Ok(Self { octets: octets.into(), key: contents.len() })
    }

    /// Whether the name has no part at all; such a name identifies nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// Whether this name is `base` or lies below it (RFC 5280 §4.2.1.10, `directoryName`).
    #[must_use]
    pub fn is_within(&self, base: &Self) -> bool {
        self.key().starts_with(base.key())
    }

    /// A name of one part, from the octets within a `RelativeDistinguishedName`.
    pub(crate) fn from_part(octets: &[u8]) -> der::Result<Self> {
        Self::from_contents(&encode::value(SET, octets))
    }

    /// This name with the parts of `lower` below it.
    pub(crate) fn above(&self, lower: &Self) -> Self {
        let octets = [self.contents(), lower.contents(), self.key(), lower.key()].concat();
        Self { octets: octets.into(), key: self.key + lower.key }
    }

    /// The text of the most specific common name; of the organisation or the last attribute where there is none.
    ///
    /// For people: it identifies nothing.
    #[must_use]
    pub fn short(&self) -> Option<Cow<'_, str>> {
        let attributes = self.attributes();
        let last = |kind| attributes.iter().rev().find(|attribute| keyword(attribute.kind) == Some(kind))?.text();
        last("CN").or_else(|| last("O")).or_else(|| attributes.last()?.text())
    }

    /// The country, ISO 3166-1, if the name has one.
    #[must_use]
    pub fn country(&self) -> Option<Cow<'_, str>> {
        self.of_kind("C").next()?.text()
    }

    /// Whether both names belong to one country and one organisation, as far as they name them.
    pub(crate) fn is_same_entity(&self, other: &Self) -> bool {
        let key = |name: &Self| {
            let mut key = Vec::new();
            ["C", "O"]
                .into_iter()
                .flat_map(|kind| name.of_kind(kind))
                .for_each(|attribute| attribute.write_key(&mut key));
            key
        };
        key(self) == key(other)
    }

    /// The texts of every `emailAddress` attribute.
    pub(crate) fn email_addresses(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.of_kind("emailAddress").filter_map(Attribute::text)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> der::Result<Self> {
        Self::from_der(reader.whole_value()?)
    }

    fn contents(&self) -> &[u8] {
        &self.octets[..self.key]
    }

    /// What makes it the same name as another one.
    fn key(&self) -> &[u8] {
        &self.octets[self.key..]
    }

    fn attributes(&self) -> Vec<Attribute<'_>> {
        let mut attributes = Vec::new();
        let mut reader = Reader::new(self.contents());
        // It was read before, so that nothing is left out here.
        while reader.expect(SET).and_then(|part| read_part(part, &mut attributes)).is_ok() {}
        attributes
    }

    fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = Attribute<'_>> {
        self.attributes().into_iter().filter(move |attribute| keyword(attribute.kind) == Some(kind))
    }
}

/// Reads the attributes within a `RelativeDistinguishedName`, whose order does not count: they are sorted.
fn read_part<'a>(octets: &'a [u8], attributes: &mut Vec<Attribute<'a>>) -> der::Result<()> {
    let start = attributes.len();
    let mut reader = Reader::new(octets);
    while !reader.is_finished() {
        attributes.push(reader.sequence(|reader| {
            let kind = reader.identifier()?;
            let der = reader.clone().whole_value()?;
            Ok(Attribute { first: false, kind, value: reader.any()?, der })
        })?);
    }
    let part = &mut attributes[start..];
    if part.len() > 1 {
        part.sort_by_cached_key(|attribute| {
            let mut key = Vec::new();
            attribute.write_key(&mut key);
            (attribute.kind, attribute.text().is_some(), key)
        });
    }
    if let Some(attribute) = part.first_mut() {
        attribute.first = true;
    }
    Ok(())
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.octets, &other.octets) || self.key() == other.key()
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

/// RFC 4514, with every character escaped that could disturb a terminal or the order of the line.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attributes = self.attributes();
        let parts = attributes.chunk_by(|_, next| !next.first);
        for (index, part) in parts.rev().enumerate() {
            if index > 0 {
                f.write_char(',')?;
            }
            for (index, attribute) in part.iter().enumerate() {
                if index > 0 {
                    f.write_char('+')?;
                }
                attribute.fmt(f)?;
            }
        }
        Ok(())
    }
}

impl<'a> Attribute<'a> {
    /// The characters, if it is a string.
    fn text(self) -> Option<Cow<'a, str>> {
        text(self.value)
    }

    /// What makes it the same attribute as another one. A value that is no string never equals one that is.
    fn write_key(&self, key: &mut Vec<u8>) {
        let (kind, text) = (self.kind.as_bytes(), self.text());
        key.extend([u8::from(text.is_some()), u8::try_from(kind.len()).unwrap_or(u8::MAX)]);
        key.extend(kind);
        let start = key.len();
        key.extend([0; 4]);
        match text {
            Some(text) => write_comparable(&text, key),
            None => key.extend(self.der),
        }
        let length = u32::try_from(key.len() - start - 4).unwrap_or(u32::MAX);
        key[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }
}

impl fmt::Display for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text();
        let (Some(keyword), Some(text)) = (keyword(self.kind), &text) else {
            write!(f, "{}=#", self.kind)?;
            // RFC 4514 §2.4: the value is shown as the hexadecimal DER; of text, its UTF-8 string.
            return match text {
                Some(text) => {
                    let value = der::asn1::Utf8StringRef::new(&*text).and_then(|text| text.to_der());
                    write_hex(f, &value.map_err(|_| fmt::Error)?)
                }
                None => write_hex(f, self.der),
            };
        };
        write!(f, "{keyword}=")?;
        let last = text.chars().count().saturating_sub(1);
        for (index, c) in text.chars().enumerate() {
            match c {
                '#' if index == 0 => f.write_str("\\#")?,
                ' ' if index == 0 || index == last => f.write_str("\\ ")?,
                '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(f, "\\{c}")?,
                _ if disturbs(c) => {
                    for octet in c.encode_utf8(&mut [0; 4]).bytes() {
                        write!(f, "\\{octet:02X}")?;
                    }
                }
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

fn write_hex(f: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    octets.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
}

/// Whether showing `c` as it is could hide or reorder what stands around it.
pub(crate) fn disturbs(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// `text` with every character replaced that [disturbs].
pub(crate) fn quiet(text: impl AsRef<str>) -> String {
    text.as_ref().chars().map(|c| if disturbs(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// `text` as far as people will read it: what certificates say may be long, and is said again for every path.
pub(crate) fn brief(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The characters of a `DirectoryString` or `IA5String`; none where the value is no string or not valid in its type.
pub(crate) fn text(value: AnyRef<'_>) -> Option<Cow<'_, str>> {
    let octets = value.value();
    let utf8 = || std::str::from_utf8(octets).ok().map(Cow::Borrowed);
    match value.tag() {
        Tag::Utf8String => utf8(),
        Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            utf8().filter(|text| text.is_ascii())
        }
        // Certificates write Latin-1 in a TeletexString, whatever T.61 says.
        Tag::TeletexString => Some(octets.iter().map(|&octet| char::from(octet)).collect()),
        Tag::BmpString => {
            let units = octets.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
            (octets.len() % 2 == 0).then(|| char::decode_utf16(units).collect::<Result<_, _>>().ok())?
        }
        _ => None,
    }
}

/// Writes `text` as RFC 5280 §7.1 compares it: lower case, spaces at the ends dropped, inner runs of spaces one.
fn write_comparable(text: &str, key: &mut Vec<u8>) {
    let start = key.len();
    for word in text.split(char::is_whitespace).filter(|word| !word.is_empty()) {
        if key.len() > start {
            key.push(b' ');
        }
        if word.is_ascii() {
            key.extend(word.bytes().map(|octet| octet.to_ascii_lowercase()));
        } else {
            let lower = word.chars().flat_map(char::to_lowercase);
            lower.for_each(|c| key.extend(c.encode_utf8(&mut [0; 4]).bytes()));
        }
    }
}

/// The keywords of attribute types: RFC 4514 §3, and those of RFC 4519 and RFC 5280 that certificates use.
const KEYWORDS: [(ObjectIdentifier, &str); 21] = [
    (ObjectIdentifier::new_unwrap("2.5.4.3"), "CN"),
    (ObjectIdentifier::new_unwrap("2.5.4.4"), "SN"),
    (ObjectIdentifier::new_unwrap("2.5.4.5"), "serialNumber"),
    (ObjectIdentifier::new_unwrap("2.5.4.6"), "C"),
    (ObjectIdentifier::new_unwrap("2.5.4.7"), "L"),
    (ObjectIdentifier::new_unwrap("2.5.4.8"), "ST"),
    (ObjectIdentifier::new_unwrap("2.5.4.9"), "STREET"),
    (ObjectIdentifier::new_unwrap("2.5.4.10"), "O"),
    (ObjectIdentifier::new_unwrap("2.5.4.11"), "OU"),
    (ObjectIdentifier::new_unwrap("2.5.4.12"), "title"),
    (ObjectIdentifier::new_unwrap("2.5.4.17"), "postalCode"),
    (ObjectIdentifier::new_unwrap("2.5.4.41"), "name"),
    (ObjectIdentifier::new_unwrap("2.5.4.42"), "GN"),
    (ObjectIdentifier::new_unwrap("2.5.4.43"), "initials"),
    (ObjectIdentifier::new_unwrap("2.5.4.44"), "generationQualifier"),
    (ObjectIdentifier::new_unwrap("2.5.4.46"), "dnQualifier"),
    (ObjectIdentifier::new_unwrap("2.5.4.65"), "pseudonym"),
    (ObjectIdentifier::new_unwrap("2.5.4.97"), "organizationIdentifier"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1"), "emailAddress"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25"), "DC"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1"), "UID"),
];

/// The keyword of an attribute type.
fn keyword(kind: ObjectIdentifier) -> Option<&'static str> {
    KEYWORDS.iter().find(|(other, _)| *other == kind).map(|(_, keyword)| *keyword)
}

/// The attribute type of a keyword.
pub(crate) fn kind_of(keyword: &str) -> Option<ObjectIdentifier> {
    KEYWORDS.iter().find(|(_, other)| *other == keyword).map(|(kind, _)| *kind)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The DER of a value with a short length.
    pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag];
        match content.len() {
            length @ 0..=127 => bytes.push(u8::try_from(length).unwrap()),
            length => {
                bytes.push(0x82);
                bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
        }
        bytes.extend(content);
        bytes
    }

    /// A name of `(X.520 arc, string tag, text)` parts.
    pub(crate) fn name(parts: &[(u8, u8, &[u8])]) -> Name {
        let parts: Vec<u8> = parts
            .iter()
            .flat_map(|(arc, tag, text)| {
                let kind = tlv(0x06, &[0x55, 0x04, *arc]);
                tlv(0x31, &tlv(0x30, &[kind, tlv(*tag, text)].concat()))
            })
            .collect();
        Name::from_der(&tlv(0x30, &parts)).unwrap()
    }

    const UTF8: u8 = 0x0c;
    const PRINTABLE: u8 = 0x13;
    const BMP: u8 = 0x1e;

    #[test]
    fn names_compare_without_case_spaces_and_string_type() {
        let one = name(&[(6, PRINTABLE, b"IR"), (10, UTF8, "Bāzargānī  Sahand".as_bytes())]);
        let two = name(&[(6, UTF8, b"ir"), (10, UTF8, " BĀZARGĀNĪ sahand ".as_bytes())]);
        assert_eq!(one, two);
        assert_eq!(name(&[(3, BMP, &[0, b'A'])]), name(&[(3, UTF8, b"a")]));
        assert_ne!(one, name(&[(10, UTF8, "Bāzargānī Sahand".as_bytes()), (6, UTF8, b"ir")]), "the order counts");
    }

    #[test]
    fn a_name_lies_within_itself_and_above() {
        let country = name(&[(6, PRINTABLE, b"TR")]);
        let trader = name(&[(6, PRINTABLE, b"TR"), (10, UTF8, b"Anka")]);
        assert!(trader.is_within(&country) && trader.is_within(&trader) && !country.is_within(&trader));
        assert!(trader.is_within(&Name::default()));
    }

    #[test]
    fn names_are_written_as_rfc_4514_says() {
        let shown = |parts: &[(u8, u8, &[u8])]| name(parts).to_string();
        assert_eq!(
            shown(&[(6, PRINTABLE, b"DE"), (10, UTF8, b"Werk, S\xc3\xb6hne + Co"), (3, UTF8, b"#1 ")]),
            "CN=\\#1\\ ,O=Werk\\, Söhne \\+ Co,C=DE"
        );
        assert_eq!(shown(&[(3, UTF8, b" ")]), "CN=\\ ");
        assert_eq!(shown(&[(3, UTF8, b"a\x1b\xe2\x80\xaeb")]), "CN=a\\1B\\E2\\80\\AEb", "no escape reaches a terminal");
        assert_eq!(shown(&[(127, UTF8, b"x")]), "2.5.4.127=#0c0178");
        assert_eq!(shown(&[(45, 0x03, &[0, 1])]), "2.5.4.45=#03020001");
    }

    #[test]
    fn the_short_name_is_the_common_name() {
        assert_eq!(
            name(&[(6, PRINTABLE, b"IR"), (3, UTF8, b"Root"), (11, UTF8, b"unit")]).short().as_deref(),
            Some("Root")
        );
        assert_eq!(name(&[(6, PRINTABLE, b"IR")]).short().as_deref(), Some("IR"));
        assert_eq!(Name::default().short(), None);
    }
}
