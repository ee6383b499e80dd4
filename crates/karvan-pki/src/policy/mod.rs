//! Certificate policies: the extensions of RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.11 and §4.2.1.14, and what is asked of them.

mod graph;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Encode, ErrorKind, Tag, Tagged};
use serde::Serialize;

use crate::asn1::{self, Reader};

pub(crate) use graph::Graph;

/// `anyPolicy`: all policies (§4.2.1.4).
pub const ANY_POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32.0");

/// The inputs of a validation that are about policies: RFC 5280 §6.1.1 (c), (e), (f) and (g).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyOptions {
    /// `user-initial-policy-set`: the policies that will do; empty, or with [`ANY_POLICY`] in it: any.
    pub acceptable: BTreeSet<ObjectIdentifier>,
    /// `initial-explicit-policy`: the path must be valid for one of them at least.
    pub require_explicit: bool,
    /// `initial-policy-mapping-inhibit`: no authority may declare a policy of its own equivalent.
    pub inhibit_mapping: bool,
    /// `initial-any-policy-inhibit`: a certificate for any policy counts for none.
    pub inhibit_any: bool,
}

impl PolicyOptions {
    /// Whether any policy will do.
    #[must_use]
    pub fn accepts_any(&self) -> bool {
        self.acceptable.is_empty() || self.acceptable.contains(&ANY_POLICY)
    }
}

/// `PolicyInformation`: a policy under which a certificate was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificatePolicy {
    /// The policy.
    pub identifier: ObjectIdentifier,
    /// What the issuer says of it.
    pub qualifiers: Vec<PolicyQualifier>,
}

/// What an issuer says of a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PolicyQualifier {
    /// Where the certification practice statement is.
    Statement(String),
    /// A text to be shown; empty where the notice only refers to one.
    Notice(String),
    /// One of another kind, by its identifier.
    Other(#[serde(serialize_with = "displayed")] ObjectIdentifier),
}

fn displayed<T: fmt::Display, S: serde::Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// One pair of `PolicyMappings`: what the subject calls its policy, and what the issuer takes it for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyMapping {
    /// `issuerDomainPolicy`.
    pub issuer: ObjectIdentifier,
    /// `subjectDomainPolicy`.
    pub subject: ObjectIdentifier,
}

/// `PolicyConstraints`: after how many certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyConstraints {
    /// `requireExplicitPolicy`.
    pub require_explicit_policy: Option<u64>,
    /// `inhibitPolicyMapping`.
    pub inhibit_policy_mapping: Option<u64>,
}

/// A policy for which a path is valid, as the trust anchor calls it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValidPolicy {
    /// The policy in the domain of the trust anchor.
    #[serde(serialize_with = "displayed")]
    pub policy: ObjectIdentifier,
    /// What it is called from the trust anchor down to the signer, one name a certificate: where two names differ, an
    /// authority mapped one to the other.
    #[serde(serialize_with = "all_displayed")]
    pub trail: Vec<ObjectIdentifier>,
    /// What the issuer of the signer's certificate says of it.
    pub qualifiers: Vec<PolicyQualifier>,
}

fn all_displayed<S: serde::Serializer>(values: &[ObjectIdentifier], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(ToString::to_string))
}

/// Reads `CertificatePolicies`.
pub(crate) fn certificate_policies(value: &[u8]) -> der::Result<Vec<CertificatePolicy>> {
    let policies = asn1::whole(value, |reader| reader.each(information))?;
    // "A certificate policy OID MUST NOT appear more than once."
    let distinct: BTreeSet<_> = policies.iter().map(|policy| policy.identifier).collect();
    if policies.is_empty() || distinct.len() != policies.len() {
        return Err(ErrorKind::Value { tag: Tag::Sequence }.into());
    }
    Ok(policies)
}

fn information(reader: &mut Reader<'_>) -> der::Result<CertificatePolicy> {
    reader.sequence(|reader| {
        let identifier = reader.identifier()?;
        let qualifiers = if reader.is_finished() { Vec::new() } else { reader.each(qualifier)? };
        Ok(CertificatePolicy { identifier, qualifiers })
    })
}

fn qualifier(reader: &mut Reader<'_>) -> der::Result<PolicyQualifier> {
    const STATEMENT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.1");
    const NOTICE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.2");
    reader.sequence(|reader| {
        let kind = reader.identifier()?;
        let value = reader.any()?;
        Ok(match kind {
            STATEMENT => PolicyQualifier::Statement(crate::name::text(value).unwrap_or_default().into_owned()),
            NOTICE => PolicyQualifier::Notice(explicit_text(value).unwrap_or_default()),
            other => PolicyQualifier::Other(other),
        })
    })
}

/// The `explicitText` of a `UserNotice`, which a reader may show and need not understand.
fn explicit_text(notice: AnyRef<'_>) -> Option<String> {
    let parts = asn1::elements(notice.value(), Reader::any).ok()?;
    let text = parts.iter().find(|part| part.tag() != Tag::Sequence)?;
    crate::name::text(*text).map(Cow::into_owned)
}

/// Reads `PolicyMappings`.
pub(crate) fn policy_mappings(value: &[u8]) -> der::Result<Vec<PolicyMapping>> {
    let mappings = asn1::whole(value, |reader| {
        reader.each(|reader| {
            reader.sequence(|reader| Ok(PolicyMapping { issuer: reader.identifier()?, subject: reader.identifier()? }))
        })
    })?;
    if mappings.is_empty() { Err(ErrorKind::Length { tag: Tag::Sequence }.into()) } else { Ok(mappings) }
}

/// Reads `PolicyConstraints`.
pub(crate) fn policy_constraints(value: &[u8]) -> der::Result<PolicyConstraints> {
    let count = |field: Option<AnyRef<'_>>| field.map(|field| count(field.value())).transpose();
    let constraints = asn1::whole(value, |reader| {
        reader.sequence(|reader| {
            Ok(PolicyConstraints {
                require_explicit_policy: count(reader.context(0)?)?,
                inhibit_policy_mapping: count(reader.context(1)?)?,
            })
        })
    })?;
    // "Conforming CAs MUST NOT issue certificates where policy constraints is an empty sequence."
    if constraints == PolicyConstraints::default() {
        return Err(ErrorKind::Length { tag: Tag::Sequence }.into());
    }
    Ok(constraints)
}

/// A `SkipCerts` with an implicit tag, from its content octets.
fn count(octets: &[u8]) -> der::Result<u64> {
    let tagged = AnyRef::new(Tag::Integer, octets)?.to_der()?;
    asn1::unsigned(asn1::whole(&tagged, Reader::integer)?)
}

/// Reads `InhibitAnyPolicy`.
pub(crate) fn inhibit_any_policy(value: &[u8]) -> der::Result<u64> {
    asn1::unsigned(asn1::whole(value, Reader::integer)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::tests::tlv;

    const ONE: &[u8] = b"\x06\x03\x2a\x03\x01";
    const TWO: &[u8] = b"\x06\x03\x2a\x03\x02";

    fn oid(text: &str) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(text)
    }

    #[test]
    fn policies_with_and_without_qualifiers() {
        let statement = tlv(0x30, &[&b"\x06\x08\x2b\x06\x01\x05\x05\x07\x02\x01"[..], b"\x16\x03a:b"].concat());
        let notice = tlv(0x30, &[&b"\x06\x08\x2b\x06\x01\x05\x05\x07\x02\x02"[..], b"\x30\x04\x0c\x02hi"].concat());
        let qualified = tlv(0x30, &[ONE, &tlv(0x30, &[statement, notice].concat())].concat());
        let plain = tlv(0x30, TWO);
        let read = certificate_policies(&tlv(0x30, &[qualified, plain.clone()].concat())).unwrap();
        assert_eq!(read[0].identifier, oid("1.2.3.1"));
        assert_eq!(
            read[0].qualifiers,
            [PolicyQualifier::Statement("a:b".to_owned()), PolicyQualifier::Notice("hi".to_owned())]
        );
        assert_eq!(read[1], CertificatePolicy { identifier: oid("1.2.3.2"), qualifiers: Vec::new() });
        assert!(certificate_policies(&tlv(0x30, &plain.repeat(2))).is_err(), "a policy stands once");
        assert!(certificate_policies(b"\x30\x00").is_err());
    }

    #[test]
    fn constraints_are_counts() {
        let read = |bytes: &[u8]| policy_constraints(bytes);
        assert_eq!(
            read(b"\x30\x06\x80\x01\x00\x81\x01\x05").unwrap(),
            PolicyConstraints { require_explicit_policy: Some(0), inhibit_policy_mapping: Some(5) }
        );
        assert!(read(b"\x30\x00").is_err(), "empty");
        assert!(read(b"\x30\x03\x80\x01\xff").is_err(), "negative");
        assert!(read(b"\x30\x02\x80\x00").is_err(), "no octet");
        assert_eq!(inhibit_any_policy(b"\x02\x01\x02").unwrap(), 2);
    }

    #[test]
    fn mappings_are_pairs() {
        let pair = tlv(0x30, &[ONE, TWO].concat());
        let expected = PolicyMapping { issuer: oid("1.2.3.1"), subject: oid("1.2.3.2") };
        assert_eq!(policy_mappings(&tlv(0x30, &pair)).unwrap(), [expected]);
        assert!(policy_mappings(b"\x30\x00").is_err());
    }
}
