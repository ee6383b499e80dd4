//! The extensions of RFC 5280 §4.2 that a path depends on.

use std::fmt;

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{ErrorKind, Tag, Tagged};

use crate::asn1::{self, Reader};
use crate::distribution::{self, DistributionPoint};
use crate::policy::{self, CertificatePolicy, PolicyConstraints, PolicyMapping};
use crate::{CertificateError, GeneralName, Octets};

const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const SUBJECT_ALTERNATIVE_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const NAME_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.30");
const CRL_DISTRIBUTION_POINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");
const CERTIFICATE_POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");
const POLICY_MAPPINGS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.33");
const POLICY_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.36");
const FRESHEST_CRL: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.46");
const INHIBIT_ANY_POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.54");
const NO_REVOCATION_AVAILABLE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.56");
const AUTHORITY_INFORMATION_ACCESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.1");
const SUBJECT_INFORMATION_ACCESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.11");
const OCSP_NO_CHECK: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.5");
const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");

/// What the extensions of a certificate say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extensions {
    /// §4.2.1.1, its `keyIdentifier`.
    pub authority_key_identifier: Option<Octets>,
    /// §4.2.1.2.
    pub subject_key_identifier: Option<Octets>,
    /// §4.2.1.3.
    pub key_usage: Option<KeyUsage>,
    /// §4.2.1.6; empty where the extension is absent.
    pub subject_alternative_names: Vec<GeneralName>,
    /// §4.2.1.9.
    pub basic_constraints: Option<BasicConstraints>,
    /// §4.2.1.10.
    pub name_constraints: Option<NameConstraints>,
    /// §4.2.1.12: the purposes.
    pub extended_key_usage: Option<Vec<ObjectIdentifier>>,
    /// §4.2.1.4.
    pub certificate_policies: Option<Vec<CertificatePolicy>>,
    /// §4.2.1.5; empty where the extension is absent.
    pub policy_mappings: Vec<PolicyMapping>,
    /// §4.2.1.11.
    pub policy_constraints: Option<PolicyConstraints>,
    /// §4.2.1.14: after how many certificates `anyPolicy` counts no more.
    pub inhibit_any_policy: Option<u64>,
    /// §4.2.1.13; empty where the extension is absent.
    pub crl_distribution_points: Vec<DistributionPoint>,
    /// §4.2.1.15: where delta lists are; empty where the extension is absent.
    pub freshest_crl: Vec<DistributionPoint>,
    /// §4.2.2.1: where more about the issuer is.
    pub authority_information_access: Vec<AccessDescription>,
    /// §4.2.2.2: where more about the subject is.
    pub subject_information_access: Vec<AccessDescription>,
    /// RFC 6960 §4.2.2.2.1: an OCSP responder of which no revocation is told.
    pub ocsp_no_check: bool,
    /// RFC 9608: no revocation is told of this certificate.
    pub no_revocation_available: bool,
    /// Extensions marked critical that Karvan does not process.
    pub unprocessed_critical: Vec<ObjectIdentifier>,
}

/// `AccessDescription`: what is where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessDescription {
    /// What is there: [`OCSP`](Self::OCSP), [`CA_ISSUERS`](Self::CA_ISSUERS) or another.
    pub method: ObjectIdentifier,
    /// Where.
    pub location: GeneralName,
}

impl AccessDescription {
    /// `id-ad-ocsp`: an OCSP responder.
    pub const OCSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");
    /// `id-ad-caIssuers`: certificates of the issuer.
    pub const CA_ISSUERS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.2");
    /// `id-ad-caRepository`: certificates that the subject issued.
    pub const CA_REPOSITORY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.5");
}

/// `BasicConstraints`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject may issue certificates.
    pub ca: bool,
    /// How many intermediate certificates that are not self-issued may follow.
    pub path_length: Option<u64>,
}

/// `KeyUsage`: the bits that are set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// `digitalSignature` (0).
    pub const DIGITAL_SIGNATURE: Self = Self(1);
    /// `nonRepudiation` (1), also called `contentCommitment`.
    pub const NON_REPUDIATION: Self = Self(1 << 1);
    /// `keyCertSign` (5).
    pub const KEY_CERT_SIGN: Self = Self(1 << 5);
    /// `cRLSign` (6).
    pub const CRL_SIGN: Self = Self(1 << 6);

    /// The names of the bits, from bit 0.
    const NAMES: [&'static str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];

    /// The names of the bits that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().enumerate().filter(move |(bit, _)| self.0 & (1 << bit) != 0).map(|(_, name)| name)
    }

    /// Whether every bit of `usage` is set.
    #[must_use]
    pub const fn contains(self, usage: Self) -> bool {
        self.0 & usage.0 == usage.0
    }

    /// Whether any bit of `usage` is set.
    #[must_use]
    pub const fn intersects(self, usage: Self) -> bool {
        self.0 & usage.0 != 0
    }

    /// The bits of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The names of the bits, `digitalSignature, keyCertSign`.
impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(", "))
    }
}

/// `NameConstraints`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameConstraints {
    /// Names must lie in one of these, form by form.
    pub permitted: Vec<GeneralSubtree>,
    /// Names must lie in none of these.
    pub excluded: Vec<GeneralSubtree>,
}

/// `GeneralSubtree`; `minimum` is 0 and `maximum` absent, as RFC 5280 §4.2.1.10 asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneralSubtree {
    /// The name at the top.
    pub base: GeneralName,
}

impl Extensions {
    /// Reads the `Extensions` of a certificate, which are a part of `der`.
    pub(crate) fn read(bytes: &[u8], der: &Octets) -> Result<Self, CertificateError> {
        let mut extensions = Self::default();
        for Extension { identifier, critical, value } in list(bytes)? {
            let known = extensions
                .read_one(identifier, value, der)
                .map_err(|error| CertificateError::malformed(name(identifier).unwrap_or("extension"), error))?;
            if critical && !known {
                extensions.unprocessed_critical.push(identifier);
            }
        }
        Ok(extensions)
    }

    /// Reads one extension; whether it is one that Karvan processes.
    fn read_one(&mut self, identifier: ObjectIdentifier, value: &[u8], der: &Octets) -> der::Result<bool> {
        match identifier {
            AUTHORITY_KEY_IDENTIFIER => {
                self.authority_key_identifier = authority_key_identifier(value)?.map(|identifier| der.part(identifier));
            }
            SUBJECT_KEY_IDENTIFIER => {
                self.subject_key_identifier = Some(der.part(asn1::whole(value, Reader::octets)?));
            }
            KEY_USAGE => self.key_usage = Some(key_usage(value)?),
            SUBJECT_ALTERNATIVE_NAME => self.subject_alternative_names = GeneralName::read_all(value)?,
            BASIC_CONSTRAINTS => self.basic_constraints = Some(basic_constraints(value)?),
            NAME_CONSTRAINTS => self.name_constraints = Some(name_constraints(value)?),
            EXTENDED_KEY_USAGE => {
                let purposes = asn1::whole(value, |reader| reader.each(Reader::identifier))?;
                self.extended_key_usage = Some(purposes);
            }
            CERTIFICATE_POLICIES => self.certificate_policies = Some(policy::certificate_policies(value)?),
            POLICY_MAPPINGS => self.policy_mappings = policy::policy_mappings(value)?,
            POLICY_CONSTRAINTS => self.policy_constraints = Some(policy::policy_constraints(value)?),
            INHIBIT_ANY_POLICY => self.inhibit_any_policy = Some(policy::inhibit_any_policy(value)?),
            CRL_DISTRIBUTION_POINTS => self.crl_distribution_points = distribution::distribution_points(value)?,
            FRESHEST_CRL => self.freshest_crl = distribution::distribution_points(value)?,
            AUTHORITY_INFORMATION_ACCESS => self.authority_information_access = access_descriptions(value)?,
            SUBJECT_INFORMATION_ACCESS => self.subject_information_access = access_descriptions(value)?,
            OCSP_NO_CHECK => self.ocsp_no_check = true,
            NO_REVOCATION_AVAILABLE => self.no_revocation_available = true,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// One `Extension`, its value not yet read.
#[derive(Clone, Copy)]
pub(crate) struct Extension<'a> {
    pub(crate) identifier: ObjectIdentifier,
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
}

impl<'a> Extension<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> der::Result<Self> {
        reader.sequence(|reader| {
            Ok(Self { identifier: reader.identifier()?, critical: reader.flag()?, value: reader.octets()? })
        })
    }
}

/// Reads `Extensions`, each of which stands once (RFC 5280 §4.2).
pub(crate) fn list(bytes: &[u8]) -> Result<Vec<Extension<'_>>, CertificateError> {
    let list = asn1::whole(bytes, |reader| reader.each(Extension::read))
        .map_err(|error| CertificateError::malformed("extensions", error))?;
    let mut identifiers: Vec<_> = list.iter().map(|extension| &extension.identifier).collect();
    identifiers.sort_unstable();
    match identifiers.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(twice) => Err(CertificateError::DuplicateExtension(*twice[0])),
        None => Ok(list),
    }
}

fn access_descriptions(value: &[u8]) -> der::Result<Vec<AccessDescription>> {
    asn1::whole(value, |reader| {
        reader.each(|reader| {
            reader.sequence(|reader| {
                Ok(AccessDescription { method: reader.identifier()?, location: GeneralName::read(reader)? })
            })
        })
    })
}

/// What RFC 5280 calls the extension.
pub(crate) fn name(identifier: ObjectIdentifier) -> Option<&'static str> {
    let [arc] = identifier.as_bytes().strip_prefix(&[0x55, 0x1d])? else { return None };
    Some(match arc {
        14 => "subjectKeyIdentifier",
        15 => "keyUsage",
        17 => "subjectAltName",
        18 => "issuerAltName",
        19 => "basicConstraints",
        30 => "nameConstraints",
        31 => "cRLDistributionPoints",
        32 => "certificatePolicies",
        33 => "policyMappings",
        35 => "authorityKeyIdentifier",
        36 => "policyConstraints",
        37 => "extKeyUsage",
        46 => "freshestCRL",
        54 => "inhibitAnyPolicy",
        _ => return None,
    })
}

pub(crate) fn authority_key_identifier(value: &[u8]) -> der::Result<Option<&[u8]>> {
    asn1::whole(value, |reader| {
        reader.sequence(|reader| {
            let identifier = reader.context(0)?;
            // authorityCertIssuer and authorityCertSerialNumber: a hint for finding, which the subject's name already is.
            reader.context(1)?;
            reader.context(2)?;
            Ok(identifier.map(|identifier| identifier.value()))
        })
    })
}

fn key_usage(value: &[u8]) -> der::Result<KeyUsage> {
    let bits = asn1::whole(value, Reader::bits)?;
    let set = bits.bits().take(KeyUsage::NAMES.len()).enumerate().filter(|(_, bit)| *bit);
    Ok(KeyUsage(set.fold(0, |usage, (bit, _)| usage | 1 << bit)))
}

fn basic_constraints(value: &[u8]) -> der::Result<BasicConstraints> {
    asn1::whole(value, |reader| {
        reader.sequence(|reader| {
            let ca = reader.flag()?;
            let path_length = if reader.is_finished() { None } else { Some(asn1::unsigned(reader.integer()?)?) };
            Ok(BasicConstraints { ca, path_length })
        })
    })
}

pub(crate) fn name_constraints(value: &[u8]) -> der::Result<NameConstraints> {
    let subtrees = |list: Option<AnyRef<'_>>| match list {
        None => Ok(Vec::new()),
        Some(list) => asn1::elements(list.value(), subtree),
    };
    asn1::whole(value, |reader| {
        reader.sequence(|reader| {
            let permitted = subtrees(reader.context(0)?)?;
            let excluded = subtrees(reader.context(1)?)?;
            Ok(NameConstraints { permitted, excluded })
        })
    })
}

fn subtree(reader: &mut Reader<'_>) -> der::Result<GeneralSubtree> {
    reader.sequence(|reader| {
        let base = GeneralName::read(reader)?;
        // RFC 5280 §4.2.1.10: minimum is zero and maximum absent; what says otherwise cannot be honoured.
        if let Some(minimum) = reader.context(0)?
            && minimum.value() != [0]
        {
            return Err(ErrorKind::Value { tag: minimum.tag() }.into());
        }
        let sound = match &base {
            GeneralName::Ip(octets) => matches!(octets.len(), 8 | 32) && is_prefix(&octets[octets.len() / 2..]),
            _ => true,
        };
        if sound { Ok(GeneralSubtree { base }) } else { Err(ErrorKind::Value { tag: Tag::OctetString }.into()) }
    })
}

/// Whether `mask` is ones followed by zeros (RFC 4632).
fn is_prefix(mask: &[u8]) -> bool {
    let ones = mask.iter().take_while(|octet| **octet == 0xff).count();
    let rest = &mask[ones..];
    rest.first().is_none_or(|octet| octet.leading_ones() == octet.count_ones())
        && rest.iter().skip(1).all(|octet| *octet == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_usage_counts_its_bits_from_the_left() {
        let usage = key_usage(b"\x03\x02\x01\x06").unwrap();
        assert_eq!(usage.to_string(), "keyCertSign, cRLSign");
        assert!(usage.contains(KeyUsage::KEY_CERT_SIGN) && !usage.contains(KeyUsage::DIGITAL_SIGNATURE));
        assert_eq!(key_usage(b"\x03\x03\x07\x80\x80").unwrap().to_string(), "digitalSignature, decipherOnly");
    }

    #[test]
    fn basic_constraints_with_and_without_their_fields() {
        let read = |bytes: &[u8]| basic_constraints(bytes).unwrap();
        assert_eq!(read(b"\x30\x00"), BasicConstraints { ca: false, path_length: None });
        assert_eq!(read(b"\x30\x06\x01\x01\xff\x02\x01\x03"), BasicConstraints { ca: true, path_length: Some(3) });
        assert!(basic_constraints(b"\x30\x06\x01\x01\xff\x02\x01\x83").is_err(), "negative");
    }

    #[test]
    fn masks_are_prefixes() {
        assert!(is_prefix(&[0xff, 0xf0, 0, 0]) && is_prefix(&[0; 4]) && is_prefix(&[0xff; 16]));
        assert!(!is_prefix(&[0xff, 0x0f, 0, 0]) && !is_prefix(&[0xf0, 0xff, 0, 0]));
    }

    #[test]
    fn an_extension_stands_once() {
        let extension: &[u8] = b"\x30\x09\x06\x03\x55\x1d\x13\x04\x02\x30\x00";
        let read = |count: usize| {
            let der = Octets::from(&*crate::name::tests::tlv(0x30, &extension.repeat(count)));
            Extensions::read(&der, &der)
        };
        assert!(read(1).is_ok());
        assert!(matches!(read(2), Err(CertificateError::DuplicateExtension(_))));
    }
}
