//! Reading the qualifying properties of a signature: ETSI EN 319 132-1 §4.3, §5.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use karvan_text::Message;
use karvan_xml::{Canonicalization, Element};

use super::certificate_reference::{CertificateReference, IssuerSerial, read_issuer_serial};
use super::namespaces::{EARLIER, XADES, XADES_141};
use super::properties::{
    Commitment, DataObjectFormat, ObjectIdentifier, PolicyDigest, ProductionPlace, Properties, SignaturePolicy,
    SignerRole,
};
use crate::xml::namespaces::SIGNATURE;
use crate::xml::structure::{Children, Finding, base64_value, canonical_form, finding, identifier};
use crate::{DigestAlgorithm, digest_algorithm};

/// The qualifying properties that stand in a signature.
#[derive(Debug)]
pub(crate) struct Qualifying<'d> {
    /// The Signature.
    pub(crate) signature: Element<'d>,
    /// QualifyingProperties.
    pub(crate) element: Element<'d>,
    /// SignedProperties.
    pub(crate) signed: Element<'d>,
    /// What SignedProperties says.
    pub(crate) properties: Properties,
    /// Timestamps over content in SignedDataObjectProperties.
    pub(crate) content_timestamps: Vec<TimeStampProperty<'d>>,
    /// Signed properties that Karvan does not know.
    pub(crate) unknown: Vec<Element<'d>>,
    /// UnsignedSignatureProperties, in their order.
    pub(crate) unsigned: Vec<UnsignedProperty<'d>>,
}

/// A property in UnsignedSignatureProperties.
#[derive(Clone, Debug)]
pub(crate) struct UnsignedProperty<'d> {
    pub(crate) kind: UnsignedKind,
    pub(crate) element: Element<'d>,
}

/// Which property (§5.2.7, §5.3 to §5.5, Annexes A and D).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnsignedKind {
    TimeStamp(TimeStampKind),
    CertificateReferences,
    RevocationReferences,
    AttributeReferences,
    CertificateValues,
    RevocationValues,
    AttributeValues,
    TimeStampValidationData,
    CounterSignature,
    PolicyStore,
    RenewedDigests,
    Unknown,
}

/// What a timestamp is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TimeStampKind {
    /// AllDataObjectsTimeStamp (§5.2.8.1): everything signed, before it was.
    AllDataObjects,
    /// IndividualDataObjectsTimeStamp (§5.2.8.2): some of it.
    IndividualDataObjects,
    /// SignatureTimeStamp (§5.3).
    Signature,
    /// SigAndRefsTimeStamp, of version 2 too (Annex A.1.5.1).
    SignatureAndReferences,
    /// RefsOnlyTimeStamp, of version 2 too (Annex A.1.5.2).
    ReferencesOnly,
    /// ArchiveTimeStamp (§5.5.2), of version 1.3.2 too.
    Archive,
}

impl TimeStampKind {
    /// The name of the property, without what tells its versions apart.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllDataObjects => "AllDataObjectsTimeStamp",
            Self::IndividualDataObjects => "IndividualDataObjectsTimeStamp",
            Self::Signature => "SignatureTimeStamp",
            Self::SignatureAndReferences => "SigAndRefsTimeStamp",
            Self::ReferencesOnly => "RefsOnlyTimeStamp",
            Self::Archive => "ArchiveTimeStamp",
        }
    }
}

/// A property that holds timestamps.
#[derive(Clone, Debug)]
pub(crate) struct TimeStampProperty<'d> {
    pub(crate) kind: TimeStampKind,
    pub(crate) element: Element<'d>,
    /// What it is about where that does not follow from its place: the URI of each Include.
    pub(crate) includes: Vec<&'d str>,
    /// The canonical form of what it is about.
    pub(crate) canonicalization: Canonicalization,
    /// The tokens of RFC 3161.
    pub(crate) tokens: Vec<(Element<'d>, Vec<u8>)>,
}

const UNSIGNED: &[(&str, &str, UnsignedKind)] = &[
    (XADES, "CounterSignature", UnsignedKind::CounterSignature),
    (XADES, "SignatureTimeStamp", UnsignedKind::TimeStamp(TimeStampKind::Signature)),
    (XADES, "CompleteCertificateRefs", UnsignedKind::CertificateReferences),
    (XADES_141, "CompleteCertificateRefsV2", UnsignedKind::CertificateReferences),
    (XADES, "CompleteRevocationRefs", UnsignedKind::RevocationReferences),
    (XADES, "AttributeCertificateRefs", UnsignedKind::AttributeReferences),
    (XADES_141, "AttributeCertificateRefsV2", UnsignedKind::AttributeReferences),
    (XADES, "AttributeRevocationRefs", UnsignedKind::AttributeReferences),
    (XADES, "SigAndRefsTimeStamp", UnsignedKind::TimeStamp(TimeStampKind::SignatureAndReferences)),
    (XADES_141, "SigAndRefsTimeStampV2", UnsignedKind::TimeStamp(TimeStampKind::SignatureAndReferences)),
    (XADES, "RefsOnlyTimeStamp", UnsignedKind::TimeStamp(TimeStampKind::ReferencesOnly)),
    (XADES_141, "RefsOnlyTimeStampV2", UnsignedKind::TimeStamp(TimeStampKind::ReferencesOnly)),
    (XADES, "CertificateValues", UnsignedKind::CertificateValues),
    (XADES, "RevocationValues", UnsignedKind::RevocationValues),
    (XADES, "AttrAuthoritiesCertValues", UnsignedKind::AttributeValues),
    (XADES, "AttributeRevocationValues", UnsignedKind::AttributeValues),
    (XADES, "ArchiveTimeStamp", UnsignedKind::TimeStamp(TimeStampKind::Archive)),
    (XADES_141, "ArchiveTimeStamp", UnsignedKind::TimeStamp(TimeStampKind::Archive)),
    (XADES_141, "TimeStampValidationData", UnsignedKind::TimeStampValidationData),
    (XADES_141, "SignaturePolicyStore", UnsignedKind::PolicyStore),
    (XADES_141, "RenewedDigests", UnsignedKind::RenewedDigests),
];

impl<'d> Qualifying<'d> {
    /// Reads the qualifying properties of `signature`; none if it has none.
    pub(crate) fn of(signature: Element<'d>) -> Result<Option<Self>, Finding> {
        let in_objects = || signature.children_named(SIGNATURE, "Object").flat_map(Element::elements);
        if let Some(earlier) = in_objects()
            .find(|element| EARLIER.contains(&element.namespace()) && element.local_name() == "QualifyingProperties")
        {
            let message = Message::new("xades-version").with("namespace", earlier.namespace());
            return Err(finding(earlier, 6102, message));
        }
        if let Some(elsewhere) = in_objects().find(|element| element.is(XADES, "QualifyingPropertiesReference")) {
            return Err(finding(elsewhere, 6103, Message::new("xades-elsewhere")));
        }
        let mut all = in_objects().filter(|element| element.is(XADES, "QualifyingProperties"));
        let Some(element) = all.next() else { return Ok(None) };
        if let Some(second) = all.next() {
            return Err(finding(second, 6101, Message::new("xades-several")));
        }
        // §4.3.1: Target refers to the Signature that is qualified.
        let target = element.attribute("Target").unwrap_or_default();
        if signature.attribute("Id").is_none_or(|id| target.strip_prefix('#') != Some(id)) {
            let message = Message::new("xades-target").with("target", target);
            return Err(finding(element, 6101, message));
        }
        let mut children = Children::of(element)?;
        let signed = children.required_in(XADES, "SignedProperties")?;
        let unsigned = children.optional_in(XADES, "UnsignedProperties");
        children.finish()?;

        let mut read = Self {
            signature,
            element,
            signed,
            properties: Properties::default(),
            content_timestamps: Vec::new(),
            unknown: Vec::new(),
            unsigned: Vec::new(),
        };
        read.signed_properties()?;
        if let Some(unsigned) = unsigned {
            read.unsigned_properties(unsigned)?;
        }
        Ok(Some(read))
    }

    fn signed_properties(&mut self) -> Result<(), Finding> {
        let mut children = Children::of(self.signed)?;
        let about_signature = children.optional_in(XADES, "SignedSignatureProperties");
        let about_content = children.optional_in(XADES, "SignedDataObjectProperties");
        children.finish()?;
        let properties = &mut self.properties;
        if let Some(about_signature) = about_signature {
            let mut children = Children::of(about_signature)?;
            let mut next = |name| children.optional_in(XADES, name);
            properties.signing_time = next("SigningTime").map(time).transpose()?;
            let first = next("SigningCertificate").map(|list| certificates(list, false)).transpose()?;
            let second = next("SigningCertificateV2").map(|list| certificates(list, true)).transpose()?;
            properties.certificates = second.or(first).unwrap_or_default();
            properties.policy = next("SignaturePolicyIdentifier").map(policy).transpose()?;
            let first = next("SignatureProductionPlace");
            let place = next("SignatureProductionPlaceV2").or(first);
            properties.place = place.map(production_place).transpose()?;
            let first = next("SignerRole");
            let role = next("SignerRoleV2").or(first);
            properties.role = role.map(signer_role).transpose()?;
            self.unknown.extend(beyond(children)?);
        }
        if let Some(about_content) = about_content {
            let mut children = Children::of(about_content)?;
            while let Some(format) = children.optional_in(XADES, "DataObjectFormat") {
                properties.formats.push(data_object_format(format)?);
            }
            while let Some(element) = children.optional_in(XADES, "CommitmentTypeIndication") {
                properties.commitments.push(commitment(element)?);
            }
            for (name, kind) in [
                ("AllDataObjectsTimeStamp", TimeStampKind::AllDataObjects),
                ("IndividualDataObjectsTimeStamp", TimeStampKind::IndividualDataObjects),
            ] {
                while let Some(element) = children.optional_in(XADES, name) {
                    self.content_timestamps.push(TimeStampProperty::read(element, kind)?);
                }
            }
            self.unknown.extend(beyond(children)?);
        }
        Ok(())
    }

    fn unsigned_properties(&mut self, unsigned: Element<'d>) -> Result<(), Finding> {
        let mut children = Children::of(unsigned)?;
        let about_signature = children.optional_in(XADES, "UnsignedSignatureProperties");
        children.optional_in(XADES, "UnsignedDataObjectProperties");
        children.finish()?;
        for element in about_signature.map(Children::of).transpose()?.into_iter().flat_map(Children::rest) {
            let known = UNSIGNED.iter().find(|(namespace, name, _)| element.is(namespace, name));
            let kind = known.map_or(UnsignedKind::Unknown, |&(_, _, kind)| kind);
            if kind == UnsignedKind::Unknown && element.namespace() == XADES {
                let message = Message::new("signature-unexpected")
                    .with("element", "UnsignedSignatureProperties")
                    .with("name", element.qualified_name());
                return Err(finding(element, 6004, message));
            }
            self.unsigned.push(UnsignedProperty { kind, element });
        }
        Ok(())
    }

    /// The unsigned properties of this kind, in their order.
    pub(crate) fn unsigned(&self, kind: UnsignedKind) -> impl Iterator<Item = Element<'d>> {
        self.unsigned.iter().filter(move |property| property.kind == kind).map(|property| property.element)
    }

    /// The unsigned properties that hold timestamps, each with its index among all of them.
    pub(crate) fn timestamps(&self) -> Result<Vec<(usize, TimeStampProperty<'d>)>, Finding> {
        let timestamps = self.unsigned.iter().enumerate().filter_map(|(index, property)| match property.kind {
            UnsignedKind::TimeStamp(kind) => Some((index, kind, property.element)),
            _ => None,
        });
        timestamps.map(|(index, kind, element)| Ok((index, TimeStampProperty::read(element, kind)?))).collect()
    }
}

impl<'d> TimeStampProperty<'d> {
    /// Reads `element` (§4.5.4, XAdESTimeStampType).
    fn read(element: Element<'d>, kind: TimeStampKind) -> Result<Self, Finding> {
        let mut children = Children::of(element)?;
        let mut includes = Vec::new();
        while let Some(include) = children.optional_in(XADES, "Include") {
            includes.push(attribute(include, "URI")?);
        }
        let canonicalization = match children.optional("CanonicalizationMethod") {
            // XML Signature 1.1 §4.4.3.2: the form where none is named.
            None => Canonicalization::inclusive(),
            Some(method) => canonical_form(method)?.ok_or_else(|| {
                let message = Message::new("signature-algorithm")
                    .with("algorithm", method.attribute("Algorithm").unwrap_or_default())
                    .with("element", "CanonicalizationMethod");
                finding(method, 6006, message)
            })?,
        };
        let mut tokens = Vec::new();
        while let Some(token) = children.optional_in(XADES, "EncapsulatedTimeStamp") {
            tokens.push((token, base64_value(token)?));
        }
        if tokens.is_empty() {
            children.required_in(XADES, "EncapsulatedTimeStamp")?;
        }
        children.finish()?;
        Ok(Self { kind, element, includes, canonicalization, tokens })
    }
}

/// What follows, which may only be of a namespace that is not that of XAdES (`##other` of the schema).
fn beyond(children: Children<'_>) -> Result<Vec<Element<'_>>, Finding> {
    children
        .rest()
        .map(|element| match element.namespace() {
            XADES => {
                let parent = element.parent().map_or("", Element::local_name);
                let message =
                    Message::new("signature-unexpected").with("element", parent).with("name", element.qualified_name());
                Err(finding(element, 6004, message))
            }
            _ => Ok(element),
        })
        .collect()
}

fn attribute<'d>(element: Element<'d>, name: &'static str) -> Result<&'d str, Finding> {
    element.attribute(name).ok_or_else(|| {
        let message = Message::new("signature-attribute").with("name", name).with("element", element.local_name());
        finding(element, 6004, message)
    })
}

fn text(element: Element<'_>) -> String {
    element.text().trim().to_owned()
}

/// `xs:dateTime`; without a time zone it is taken as UTC, as §5.2.1 lets nothing else follow.
fn time(element: Element<'_>) -> Result<Timestamp, Finding> {
    let text = text(element);
    let parsed = text.parse::<Timestamp>().ok().or_else(|| {
        let local: DateTime = text.parse().ok()?;
        TimeZone::UTC.to_timestamp(local).ok()
    });
    parsed.ok_or_else(|| finding(element, 6104, Message::new("xades-time").with("value", text)))
}

fn digest(element: Element<'_>) -> Result<(Option<DigestAlgorithm>, Vec<u8>), Finding> {
    let mut children = Children::of(element)?;
    let method = children.required("DigestMethod")?;
    let value = children.required("DigestValue")?;
    children.finish()?;
    Ok((digest_algorithm(identifier(method)?), base64_value(value)?))
}

fn certificates(list: Element<'_>, encoded: bool) -> Result<Vec<CertificateReference>, Finding> {
    let mut children = Children::of(list)?;
    let mut references = vec![certificate(children.required_in(XADES, "Cert")?, encoded)?];
    while let Some(element) = children.optional_in(XADES, "Cert") {
        references.push(certificate(element, encoded)?);
    }
    children.finish()?;
    Ok(references)
}

fn certificate(element: Element<'_>, encoded: bool) -> Result<CertificateReference, Finding> {
    let mut children = Children::of(element)?;
    let (algorithm, digest) = digest(children.required_in(XADES, "CertDigest")?)?;
    let issuer_serial = if encoded {
        let issuer_serial = children.optional_in(XADES, "IssuerSerialV2");
        issuer_serial
            .map(|element| {
                read_issuer_serial(&base64_value(element)?)
                    .map_err(|_| finding(element, 6105, Message::new("xades-issuer-serial")))
            })
            .transpose()?
    } else {
        let mut parts = Children::of(children.required_in(XADES, "IssuerSerial")?)?;
        parts.required("X509IssuerName")?;
        let serial = text(parts.required("X509SerialNumber")?);
        parts.finish()?;
        Some(IssuerSerial::Text { serial })
    };
    children.finish()?;
    Ok(CertificateReference { algorithm, digest, issuer_serial })
}

fn object_identifier(element: Element<'_>) -> Result<ObjectIdentifier, Finding> {
    let mut children = Children::of(element)?;
    let identifier = text(children.required_in(XADES, "Identifier")?);
    let description = children.optional_in(XADES, "Description").map(text);
    let documents = children.optional_in(XADES, "DocumentationReferences");
    children.finish()?;
    let documents = documents.iter().flat_map(|list| list.elements()).map(text).collect();
    Ok(ObjectIdentifier { identifier, description, documents })
}

fn policy(element: Element<'_>) -> Result<SignaturePolicy, Finding> {
    let mut children = Children::of(element)?;
    if children.optional_in(XADES, "SignaturePolicyImplied").is_some() {
        children.finish()?;
        return Ok(SignaturePolicy::Implied);
    }
    let explicit = children.required_in(XADES, "SignaturePolicyId")?;
    children.finish()?;
    let mut children = Children::of(explicit)?;
    let identifier = object_identifier(children.required_in(XADES, "SigPolicyId")?)?;
    let transformed = children.optional("Transforms").is_some();
    let (algorithm, value) = digest(children.required_in(XADES, "SigPolicyHash")?)?;
    let qualifiers = children.optional_in(XADES, "SigPolicyQualifiers");
    children.finish()?;
    let qualifiers: Vec<_> = qualifiers.iter().flat_map(|list| list.elements()).flat_map(Element::elements).collect();
    let qualifier = |name: &str| qualifiers.iter().copied().find(|element| element.is(XADES, name));
    let notice = qualifier("SPUserNotice").and_then(|notice| notice.child(XADES, "ExplicitText"));
    Ok(SignaturePolicy::Explicit {
        identifier,
        digest: PolicyDigest { algorithm, value, transformed },
        location: qualifier("SPURI").map(text),
        notice: notice.map(text),
    })
}

fn production_place(element: Element<'_>) -> Result<ProductionPlace, Finding> {
    let mut children = Children::of(element)?;
    let mut next = |name| children.optional_in(XADES, name).map(text);
    let place = ProductionPlace {
        city: next("City"),
        street: next("StreetAddress"),
        state: next("StateOrProvince"),
        postal_code: next("PostalCode"),
        country: next("CountryName"),
    };
    children.finish()?;
    Ok(place)
}

fn signer_role(element: Element<'_>) -> Result<SignerRole, Finding> {
    let mut children = Children::of(element)?;
    let mut list = |name| children.optional_in(XADES, name).into_iter().flat_map(Element::elements).collect::<Vec<_>>();
    let claimed = list("ClaimedRoles");
    let certified = list("CertifiedRoles").len() + list("CertifiedRolesV2").len();
    let assertions = list("SignedAssertions").len();
    children.finish()?;
    Ok(SignerRole { claimed: claimed.into_iter().map(text).collect(), certified, assertions })
}

fn data_object_format(element: Element<'_>) -> Result<DataObjectFormat, Finding> {
    let reference = attribute(element, "ObjectReference")?.to_owned();
    let mut children = Children::of(element)?;
    let description = children.optional_in(XADES, "Description").map(text);
    let identifier = children.optional_in(XADES, "ObjectIdentifier").map(object_identifier).transpose()?;
    let mime_type = children.optional_in(XADES, "MimeType").map(text);
    let encoding = children.optional_in(XADES, "Encoding").map(text);
    children.finish()?;
    Ok(DataObjectFormat { reference, description, identifier, mime_type, encoding })
}

fn commitment(element: Element<'_>) -> Result<Commitment, Finding> {
    let mut children = Children::of(element)?;
    let identifier = object_identifier(children.required_in(XADES, "CommitmentTypeId")?)?;
    let mut references = Vec::new();
    while let Some(reference) = children.optional_in(XADES, "ObjectReference") {
        references.push(text(reference));
    }
    if references.is_empty() {
        children.required_in(XADES, "AllSignedDataObjects")?;
    }
    children.optional_in(XADES, "CommitmentTypeQualifiers");
    children.finish()?;
    Ok(Commitment { identifier, references })
}
