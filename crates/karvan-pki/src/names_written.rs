//! Names as people write them in tables, turned into the DER of certificates: RFC 4514 for distinguished names, and
//! `form:value` for the other forms of RFC 5280 §4.2.1.6.

use std::fmt;
use std::net::IpAddr;

use crate::encode::{directory_string, explicit, identifier, sequence, value};
use crate::name::kind_of;
use crate::{GeneralName, GeneralSubtree, Name};

/// Why a text is no name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// It does not have the form `C=TR`, or an attribute is not known.
    Attribute(String),
    /// Its form is none of `directory:`, `dns:`, `email:`, `uri:` and `ip:`.
    Form(String),
    /// It has the form, and its value cannot be in a certificate.
    Malformed(String),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(text) => write!(f, "{text} is no attribute of a name, such as C=TR"),
            Self::Form(text) => write!(f, "{text} has none of the forms directory:, dns:, email:, uri: and ip:"),
            Self::Malformed(text) => write!(f, "{text} cannot be a name in a certificate"),
        }
    }
}

impl std::error::Error for NameError {}

impl Name {
    /// Reads a name as RFC 4514 writes it, the most specific part first: `CN=Sahand Trade Co,O=Sahand,C=IR`.
    ///
    /// # Errors
    /// What is wrong with the text.
    ///
    /// ```
    /// let name = karvan_pki::Name::from_text("CN=Werk\\, Söhne,C=DE")?;
    /// assert_eq!(name.to_string(), "CN=Werk\\, Söhne,C=DE");
    /// # Ok::<(), karvan_pki::NameError>(())
    /// ```
    pub fn from_text(text: &str) -> Result<Self, NameError> {
        Self::from_der(&name(text)?).map_err(|_| NameError::Malformed(text.to_owned()))
    }
}

impl GeneralSubtree {
    /// Reads the base of a name constraint: `directory:C=TR`, `dns:com.tr`, `email:.com.tr`, `uri:.com.tr` or
    /// `ip:192.0.2.0/24`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn from_text(text: &str) -> Result<Self, NameError> {
        let base = subtree_base(text)?;
        let base = crate::asn1::whole(&base, GeneralName::read);
        Ok(Self { base: base.map_err(|_| NameError::Malformed(text.to_owned()))? })
    }
}

/// The DER of a `Name`.
pub(crate) fn name(text: &str) -> Result<Vec<u8>, NameError> {
    let mut parts = Vec::new();
    for part in split(text, ',').into_iter().rev().filter(|part| !part.trim().is_empty()) {
        let attributes = split(part, '+').into_iter().map(attribute).collect::<Result<Vec<_>, _>>()?;
        let mut attributes: Vec<_> = attributes;
        // X.690 §11.6: the members of a SET OF in ascending order.
        attributes.sort();
        parts.push(value(0x31, &attributes.concat()));
    }
    Ok(sequence(parts.iter().map(Vec::as_slice)))
}

/// The DER of the `GeneralName` that is the base of a subtree.
pub(crate) fn subtree_base(text: &str) -> Result<Vec<u8>, NameError> {
    let Some((form, content)) = text.split_once(':') else { return Err(NameError::Form(text.to_owned())) };
    let malformed = || NameError::Malformed(text.to_owned());
    let ascii = |tag| if content.is_ascii() { Ok(value(tag, content.as_bytes())) } else { Err(malformed()) };
    match form {
        "directory" => Ok(explicit(4, &name(content)?)),
        "email" => ascii(0x81),
        "dns" => ascii(0x82),
        "uri" => ascii(0x86),
        "ip" => Ok(value(0x87, &network(content).ok_or_else(malformed)?)),
        _ => Err(NameError::Form(text.to_owned())),
    }
}

/// An address and its mask, from `192.0.2.0/24`.
fn network(text: &str) -> Option<Vec<u8>> {
    let (address, prefix) = text.split_once('/')?;
    let address = match address.parse().ok()? {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let prefix: usize = prefix.parse().ok().filter(|prefix| *prefix <= 8 * address.len())?;
    let mask = (0..address.len()).map(|at| match prefix.saturating_sub(8 * at) {
        8.. => 0xff,
        ones => !(0xff_u8 >> ones),
    });
    Some([address.clone(), mask.collect()].concat())
}

fn attribute(text: &str) -> Result<Vec<u8>, NameError> {
    let wrong = || NameError::Attribute(text.trim().to_owned());
    let (keyword, content) = text.split_once('=').ok_or_else(wrong)?;
    let kind = kind_of(keyword.trim()).ok_or_else(wrong)?;
    let content = unescaped(trimmed(content)).ok_or_else(wrong)?;
    let content = match keyword.trim() {
        // RFC 5280 Appendix A: these are IA5String.
        "DC" | "emailAddress" if content.is_ascii() => value(0x16, content.as_bytes()),
        _ => directory_string(&content),
    };
    Ok(sequence([&identifier(kind)[..], &content]))
}

/// The parts of `text` between separators that no backslash stands before.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        if c == separator && !escaped {
            parts.push(&text[start..at]);
            start = at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push(&text[start..]);
    parts
}

/// `text` without the spaces around it, of which the last stays where a backslash stands before it.
fn trimmed(text: &str) -> &str {
    let (text, end) = (text.trim_start(), text.trim().len());
    let escaped = text[..end].bytes().rev().take_while(|octet| *octet == b'\\').count() % 2 == 1;
    text.get(..end + usize::from(escaped)).unwrap_or(text)
}

/// The value of an attribute without the backslashes of RFC 4514 §2.4.
fn unescaped(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            octets.push(*first);
            continue;
        }
        let pair = rest.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        if let Some(octet) = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            octets.push(octet);
            rest = &rest[2..];
        } else {
            let (escaped, tail) = rest.split_first()?;
            octets.push(*escaped);
            rest = tail;
        }
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for text in [
            "CN=Sahand Trade Co,O=Sahand,C=IR",
            "O=Werk\\, Söhne \\+ Co,C=DE",
            "CN=\\#1\\ ",
            "CN=a\\1B\\E2\\80\\AEb",
            "emailAddress=a@example.com,DC=example",
            "CN=شرکت سهند,C=IR",
            "CN=a+OU=b,C=IR",
            "",
        ] {
            assert_eq!(Name::from_text(text).unwrap().to_string(), text);
        }
        let spaced = Name::from_text("CN = a , C = IR").unwrap();
        assert_eq!(spaced, Name::from_text("CN=a,C=IR").unwrap());
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["Turkey", "XX=Turkey", "CN=a\\", "CN=a,b"] {
            assert!(matches!(Name::from_text(text), Err(NameError::Attribute(_))), "{text}");
        }
    }

    #[test]
    fn subtrees_of_every_form() {
        for (text, shown) in [
            ("directory:C=TR", "directory:C=TR"),
            ("dns:com.tr", "DNS:com.tr"),
            ("email:.com.tr", "email:.com.tr"),
            ("uri:.com.tr", "URI:.com.tr"),
            ("ip:192.0.2.0/24", "IP:192.0.2.0/24"),
            ("ip:10.0.0.0/9", "IP:10.0.0.0/9"),
            ("ip:2001:db8::/32", "IP:2001:db8::/32"),
        ] {
            assert_eq!(GeneralSubtree::from_text(text).unwrap().base.to_string(), shown);
        }
        for text in ["C=TR", "host:a", "ip:192.0.2.0", "ip:192.0.2.0/33", "dns:ü"] {
            assert!(GeneralSubtree::from_text(text).is_err(), "{text}");
        }
    }
}
