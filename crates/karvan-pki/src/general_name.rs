//! The names of RFC 5280 §4.2.1.6: subject alternative names and the bases of name constraints.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use der::asn1::ObjectIdentifier;
use der::{ErrorKind, Tag, TagNumber, Tagged};

use crate::Name;
use crate::asn1::{self, Reader};
use crate::name::quiet;

/// One `GeneralName`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GeneralName {
    /// `rfc822Name`: a mail address; in a constraint also a host or a domain.
    Rfc822(String),
    /// `dNSName`.
    Dns(String),
    /// `uniformResourceIdentifier`; in a constraint the host or the domain alone.
    Uri(String),
    /// `directoryName`.
    Directory(Name),
    /// `iPAddress`: 4 or 16 octets, in a constraint an address and a mask of the same size.
    Ip(Box<[u8]>),
    /// `registeredID`.
    RegisteredId(ObjectIdentifier),
    /// `otherName`, by the identifier of its kind; its value is not understood.
    OtherName(ObjectIdentifier),
    /// A form that is kept but not understood: its name in RFC 5280.
    Other(&'static str),
}

impl GeneralName {
    /// The name of its form in RFC 5280, such as `dNSName`.
    #[must_use]
    pub const fn form(&self) -> &'static str {
        match self {
            Self::Rfc822(_) => "rfc822Name",
            Self::Dns(_) => "dNSName",
            Self::Uri(_) => "uniformResourceIdentifier",
            Self::Directory(_) => "directoryName",
            Self::Ip(_) => "iPAddress",
            Self::RegisteredId(_) => "registeredID",
            Self::OtherName(_) => "otherName",
            Self::Other(form) => form,
        }
    }

    /// Whether both are of one form, so that a constraint on one is about the other. Every kind of `otherName` is a form
    /// of its own.
    #[must_use]
    pub fn is_same_form(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::OtherName(own), Self::OtherName(other)) => own == other,
            _ => self.form() == other.form(),
        }
    }

    /// The directory name, where it is one.
    pub(crate) const fn directory(&self) -> Option<&Name> {
        match self {
            Self::Directory(name) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> der::Result<Self> {
        let value = reader.any()?;
        let wrong = || der::Error::from(ErrorKind::Value { tag: value.tag() });
        if !value.tag().is_context_specific() {
            return Err(wrong());
        }
        let ia5 = || {
            let text = std::str::from_utf8(value.value()).ok().filter(|text| text.is_ascii());
            text.map(str::to_owned).ok_or_else(wrong)
        };
        Ok(match value.tag().number() {
            TagNumber(0) => Self::OtherName(asn1::whole(value.value(), |reader| {
                let kind = reader.identifier()?;
                reader.any()?;
                Ok(kind)
            })?),
            TagNumber(1) => Self::Rfc822(ia5()?),
            TagNumber(2) => Self::Dns(ia5()?),
            TagNumber(3) => Self::Other("x400Address"),
            // `Name` is a CHOICE, so its tag is explicit (X.680 §31.2.7).
            TagNumber(4) => Self::Directory(asn1::whole(value.value(), Name::read)?),
            TagNumber(5) => Self::Other("ediPartyName"),
            TagNumber(6) => Self::Uri(ia5()?),
            TagNumber(7) => Self::Ip(value.value().into()),
            TagNumber(8) => {
                let wrong = |_| wrong();
                Self::RegisteredId(ObjectIdentifier::from_bytes(value.value()).map_err(wrong)?)
            }
            _ => return Err(wrong()),
        })
    }

    /// Reads `GeneralNames`.
    pub(crate) fn read_all(bytes: &[u8]) -> der::Result<Vec<Self>> {
        asn1::whole(bytes, |reader| {
            let names = reader.each(Self::read)?;
            if names.is_empty() { Err(ErrorKind::Length { tag: Tag::Sequence }.into()) } else { Ok(names) }
        })
    }
}

impl fmt::Display for GeneralName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rfc822(text) => write!(f, "email:{}", quiet(text)),
            Self::Dns(text) => write!(f, "DNS:{}", quiet(text)),
            Self::Uri(text) => write!(f, "URI:{}", quiet(text)),
            Self::Directory(name) => write!(f, "directory:{name}"),
            Self::Ip(octets) => write!(f, "IP:{}", Ip(octets)),
            Self::RegisteredId(identifier) => write!(f, "registeredID:{identifier}"),
            Self::OtherName(kind) => write!(f, "otherName:{kind}"),
            Self::Other(form) => f.write_str(form),
        }
    }
}

/// An address, or an address and a mask.
struct Ip<'a>(&'a [u8]);

impl fmt::Display for Ip<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, mask) =
            if matches!(self.0.len(), 8 | 32) { self.0.split_at(self.0.len() / 2) } else { (self.0, &[] as &[u8]) };
        if let Ok(octets) = <[u8; 4]>::try_from(address) {
            Ipv4Addr::from(octets).fmt(f)?;
        } else if let Ok(octets) = <[u8; 16]>::try_from(address) {
            Ipv6Addr::from(octets).fmt(f)?;
        } else {
            f.write_str("#")?;
            return address.iter().try_for_each(|octet| write!(f, "{octet:02x}"));
        }
        if mask.is_empty() {
            return Ok(());
        }
        write!(f, "/{}", mask.iter().map(|octet| octet.leading_ones()).sum::<u32>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable() {
        let shown = |bytes: &[u8]| asn1::whole(bytes, GeneralName::read).unwrap().to_string();
        assert_eq!(shown(b"\x82\x0aanka.co.tr"), "DNS:anka.co.tr");
        assert_eq!(shown(b"\x87\x04\x0a\x00\x00\x01"), "IP:10.0.0.1");
        assert_eq!(shown(b"\x87\x08\x0a\x00\x00\x00\xff\xff\x00\x00"), "IP:10.0.0.0/16");
        assert_eq!(shown(b"\xa0\x08\x06\x02\x2a\x03\xa0\x02\x05\x00"), "otherName:1.2.3");
        assert_eq!(shown(b"\x88\x02\x2a\x03"), "registeredID:1.2.3");
        assert_eq!(shown(b"\xa5\x00"), "ediPartyName");
        assert_eq!(shown(b"\x81\x02a\x1b"), "email:a\u{fffd}");
    }

    #[test]
    fn what_is_no_general_name_is_refused() {
        for bytes in [&b"\x0c\x01a"[..], b"\x89\x00", b"\x82\x01\xff", b"\xa4\x00", b"\xa0\x00", b"\x88\x00"] {
            assert!(asn1::whole(bytes, GeneralName::read).is_err(), "{bytes:x?}");
        }
    }
}
