//! Where revocation lists are and what they are for: `CRLDistributionPoints` (RFC 5280 §4.2.1.13), `FreshestCRL` (§4.2.1.15) and
//! `IssuingDistributionPoint` (§5.2.5).

use std::fmt;

use der::asn1::{AnyRef, BitStringRef};
use der::{ErrorKind, Tag, Tagged};

use crate::asn1;
use crate::{GeneralName, Name};

/// One `DistributionPoint`: where a certificate says that its revocation is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DistributionPoint {
    /// `distributionPoint`: the names of the list.
    pub name: Option<DistributionPointName>,
    /// `reasons`: those that the list covers; all where there is none.
    pub reasons: Option<Reasons>,
    /// `cRLIssuer`: who signs the list, where that is not the issuer of the certificate.
    pub issuers: Vec<GeneralName>,
}

/// `DistributionPointName`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DistributionPointName {
    /// `fullName`: any of these names.
    Full(Vec<GeneralName>),
    /// `nameRelativeToCRLIssuer`: one more part below the name of who signs the list.
    Relative(Name),
}

impl DistributionPointName {
    /// The names, of a list signed by `issuer`.
    pub(crate) fn names(&self, issuer: Option<&Name>) -> Vec<GeneralName> {
        match (self, issuer) {
            (Self::Full(names), _) => names.clone(),
            (Self::Relative(part), Some(issuer)) => vec![GeneralName::Directory(issuer.above(part))],
            (Self::Relative(_), None) => Vec::new(),
        }
    }
}

/// `IssuingDistributionPoint`: which certificates and reasons a list is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuingDistributionPoint {
    /// `distributionPoint`.
    pub name: Option<DistributionPointName>,
    /// `onlyContainsUserCerts`.
    pub only_user_certificates: bool,
    /// `onlyContainsCACerts`.
    pub only_authority_certificates: bool,
    /// `onlySomeReasons`.
    pub only_some_reasons: Option<Reasons>,
    /// `indirectCRL`: it lists certificates of other issuers too.
    pub indirect: bool,
    /// `onlyContainsAttributeCerts`.
    pub only_attribute_certificates: bool,
}

/// A set of reasons for which certificates are revoked (`ReasonFlags`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reasons(u16);

impl Reasons {
    /// No reason.
    pub const NONE: Self = Self(0);
    /// Every reason, bits 1 to 8.
    pub const ALL: Self = Self(0b1_1111_1110);

    const NAMES: [&'static str; 9] = [
        "unused",
        "keyCompromise",
        "cACompromise",
        "affiliationChanged",
        "superseded",
        "cessationOfOperation",
        "certificateHold",
        "privilegeWithdrawn",
        "aACompromise",
    ];

    /// The reasons of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The reasons that are in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether every reason of `other` is in the set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    fn from_bits(bits: BitStringRef<'_>) -> Self {
        let set = bits.bits().take(Self::NAMES.len()).enumerate().filter(|(_, bit)| *bit);
        Self(set.fold(0, |reasons, (bit, _)| reasons | 1 << bit)).intersection(Self::ALL)
    }
}

/// `all`, `none`, or the names of the bits.
impl fmt::Display for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ALL => f.write_str("all"),
            Self::NONE => f.write_str("none"),
            Self(bits) => {
                let names = Self::NAMES.iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0);
                f.write_str(&names.map(|(_, name)| *name).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// Reads `CRLDistributionPoints` or `FreshestCRL`.
pub(crate) fn distribution_points(value: &[u8]) -> der::Result<Vec<DistributionPoint>> {
    let points = asn1::whole(value, |reader| {
        reader.each(|reader| {
            reader.sequence(|reader| {
                let point = DistributionPoint {
                    name: reader.context(0)?.map(name).transpose()?,
                    reasons: reader.context(1)?.map(reasons).transpose()?,
                    issuers: match reader.context(2)? {
                        Some(issuers) => asn1::elements(issuers.value(), GeneralName::read)?,
                        None => Vec::new(),
                    },
                };
                // "Either distributionPoint or cRLIssuer MUST be present."
                if point.name.is_none() && point.issuers.is_empty() {
                    return Err(ErrorKind::Value { tag: Tag::Sequence }.into());
                }
                Ok(point)
            })
        })
    })?;
    if points.is_empty() { Err(ErrorKind::Length { tag: Tag::Sequence }.into()) } else { Ok(points) }
}

/// Reads `IssuingDistributionPoint`.
pub(crate) fn issuing_distribution_point(value: &[u8]) -> der::Result<IssuingDistributionPoint> {
    asn1::whole(value, |reader| {
        reader.sequence(|reader| {
            Ok(IssuingDistributionPoint {
                name: reader.context(0)?.map(name).transpose()?,
                only_user_certificates: flag(reader.context(1)?)?,
                only_authority_certificates: flag(reader.context(2)?)?,
                only_some_reasons: reader.context(3)?.map(reasons).transpose()?,
                indirect: flag(reader.context(4)?)?,
                only_attribute_certificates: flag(reader.context(5)?)?,
            })
        })
    })
}

/// A `DistributionPointName`, which is a CHOICE, so that its own tag stands within.
fn name(field: AnyRef<'_>) -> der::Result<DistributionPointName> {
    asn1::whole(field.value(), |reader| {
        if let Some(names) = reader.context(0)? {
            return Ok(DistributionPointName::Full(asn1::elements(names.value(), GeneralName::read)?));
        }
        match reader.context(1)? {
            Some(part) => Ok(DistributionPointName::Relative(Name::from_part(part.value())?)),
            None => Err(ErrorKind::Value { tag: field.tag() }.into()),
        }
    })
}

fn reasons(field: AnyRef<'_>) -> der::Result<Reasons> {
    asn1::bits_of(field.value()).map(Reasons::from_bits)
}

/// A BOOLEAN with an implicit tag that is FALSE by default.
fn flag(field: Option<AnyRef<'_>>) -> der::Result<bool> {
    match field.map(|field| field.value()) {
        None => Ok(false),
        Some([0xff]) => Ok(true),
        Some(_) => Err(ErrorKind::Value { tag: Tag::Boolean }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::tests::tlv;

    #[test]
    fn points_with_every_field() {
        let name = tlv(0xa0, &tlv(0xa0, &tlv(0x86, b"http://a")));
        let point = tlv(0x30, &[&name[..], b"\x81\x02\x01\x46"].concat());
        let points = distribution_points(&tlv(0x30, &point)).unwrap();
        let names = vec![GeneralName::Uri("http://a".to_owned())];
        assert_eq!(points[0].name, Some(DistributionPointName::Full(names)));
        assert_eq!(points[0].reasons.unwrap().to_string(), "keyCompromise, cessationOfOperation, certificateHold");
        assert!(distribution_points(b"\x30\x02\x30\x00").is_err(), "nothing in it");
        assert!(distribution_points(b"\x30\x00").is_err());
    }

    #[test]
    fn scopes_of_lists() {
        let read = |bytes: &[u8]| issuing_distribution_point(bytes);
        let scope = read(b"\x30\x06\x81\x01\xff\x84\x01\xff").unwrap();
        assert!(scope.only_user_certificates && scope.indirect && !scope.only_authority_certificates);
        assert_eq!(read(b"\x30\x00").unwrap(), IssuingDistributionPoint::default());
        assert!(read(b"\x30\x03\x81\x01\x01").is_err(), "no DER");
    }

    #[test]
    fn reasons_are_sets() {
        let two = Reasons(0b110);
        assert!(Reasons::ALL.contains(two) && !two.contains(Reasons::ALL));
        assert_eq!(two.to_string(), "keyCompromise, cACompromise");
        assert_eq!((Reasons::ALL.to_string(), Reasons::NONE.to_string()), ("all".to_owned(), "none".to_owned()));
    }
}
