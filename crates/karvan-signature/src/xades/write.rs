//! Writing qualifying properties: ETSI EN 319 132-1 §4.3, §5.2, in the order of its schema.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karvan_pki::Certificate;
use karvan_xml::ElementBuilder;

use super::certificate_reference::{CertificateReference, issuer_serial};
use super::namespaces::XADES;
use super::properties::{
    Commitment, DataObjectFormat, ObjectIdentifier, ProductionPlace, Properties, SignaturePolicy, SignerRole,
};
use crate::xml::namespaces::SIGNATURE;
use crate::{DigestAlgorithm, digest_identifier};

/// The QualifyingProperties of the signature `id`, whose SignedProperties have the identifier `signed_id`; the signer's
/// certificate is `certificate`.
pub(super) fn qualifying_properties(
    properties: &Properties,
    id: &str,
    signed_id: &str,
    certificate: &Certificate,
    digest: DigestAlgorithm,
) -> ElementBuilder {
    let mut qualifying = ElementBuilder::new(XADES, "QualifyingProperties");
    qualifying.set_attribute("Target", format!("#{id}"));
    let signed = qualifying.push_element(XADES, "SignedProperties");
    signed.set_attribute("Id", signed_id);

    let about_signature = signed.push_element(XADES, "SignedSignatureProperties");
    if let Some(time) = properties.signing_time {
        // Fractions of a second are more than anyone needs to know.
        about_signature.push_element(XADES, "SigningTime").push_text(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    }
    push_certificate(about_signature.push_element(XADES, "SigningCertificateV2"), certificate, digest);
    if let Some(policy) = &properties.policy {
        push_policy(about_signature.push_element(XADES, "SignaturePolicyIdentifier"), policy);
    }
    if let Some(place) = &properties.place {
        push_place(about_signature.push_element(XADES, "SignatureProductionPlaceV2"), place);
    }
    if let Some(role) = &properties.role {
        push_role(about_signature.push_element(XADES, "SignerRoleV2"), role);
    }

    if !(properties.formats.is_empty() && properties.commitments.is_empty()) {
        let about_content = signed.push_element(XADES, "SignedDataObjectProperties");
        for format in &properties.formats {
            push_format(about_content.push_element(XADES, "DataObjectFormat"), format);
        }
        for commitment in &properties.commitments {
            push_commitment(about_content.push_element(XADES, "CommitmentTypeIndication"), commitment);
        }
    }
    qualifying
}

fn push_text(parent: &mut ElementBuilder, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        parent.push_element(XADES, name).push_text(text);
    }
}

fn push_digest(parent: &mut ElementBuilder, algorithm: DigestAlgorithm, value: &[u8]) {
    parent.push_element(SIGNATURE, "DigestMethod").set_attribute("Algorithm", digest_identifier(algorithm));
    parent.push_element(SIGNATURE, "DigestValue").push_text(STANDARD.encode(value));
}

fn push_certificate(list: &mut ElementBuilder, certificate: &Certificate, digest: DigestAlgorithm) {
    let reference = CertificateReference::to(certificate, digest);
    let element = list.push_element(XADES, "Cert");
    push_digest(element.push_element(XADES, "CertDigest"), digest, &reference.digest);
    // A hint for finding the certificate; where it cannot be encoded, the digest alone does.
    if let Some(octets) = issuer_serial(certificate) {
        element.push_element(XADES, "IssuerSerialV2").push_text(STANDARD.encode(octets));
    }
}

fn push_identifier(parent: &mut ElementBuilder, name: &str, identifier: &ObjectIdentifier) {
    let element = parent.push_element(XADES, name);
    let text = element.push_element(XADES, "Identifier").push_text(&identifier.identifier);
    if identifier.identifier.starts_with("urn:oid:") {
        text.set_attribute("Qualifier", "OIDAsURN");
    }
    push_text(element, "Description", identifier.description.as_deref());
    if !identifier.documents.is_empty() {
        let list = element.push_element(XADES, "DocumentationReferences");
        for document in &identifier.documents {
            push_text(list, "DocumentationReference", Some(document));
        }
    }
}

fn push_policy(element: &mut ElementBuilder, policy: &SignaturePolicy) {
    let SignaturePolicy::Explicit { identifier, digest, location, notice } = policy else {
        element.push_element(XADES, "SignaturePolicyImplied");
        return;
    };
    let explicit = element.push_element(XADES, "SignaturePolicyId");
    push_identifier(explicit, "SigPolicyId", identifier);
    let hash = explicit.push_element(XADES, "SigPolicyHash");
    push_digest(hash, digest.algorithm.unwrap_or_default(), &digest.value);
    if location.is_some() || notice.is_some() {
        let qualifiers = explicit.push_element(XADES, "SigPolicyQualifiers");
        if let Some(location) = location {
            push_text(qualifiers.push_element(XADES, "SigPolicyQualifier"), "SPURI", Some(location));
        }
        if let Some(notice) = notice {
            let qualifier = qualifiers.push_element(XADES, "SigPolicyQualifier");
            push_text(qualifier.push_element(XADES, "SPUserNotice"), "ExplicitText", Some(notice));
        }
    }
}

fn push_place(element: &mut ElementBuilder, place: &ProductionPlace) {
    push_text(element, "City", place.city.as_deref());
    push_text(element, "StreetAddress", place.street.as_deref());
    push_text(element, "StateOrProvince", place.state.as_deref());
    push_text(element, "PostalCode", place.postal_code.as_deref());
    push_text(element, "CountryName", place.country.as_deref());
}

fn push_role(element: &mut ElementBuilder, role: &SignerRole) {
    let list = element.push_element(XADES, "ClaimedRoles");
    for claimed in &role.claimed {
        push_text(list, "ClaimedRole", Some(claimed));
    }
}

fn push_format(element: &mut ElementBuilder, format: &DataObjectFormat) {
    element.set_attribute("ObjectReference", &format.reference);
    push_text(element, "Description", format.description.as_deref());
    if let Some(identifier) = &format.identifier {
        push_identifier(element, "ObjectIdentifier", identifier);
    }
    push_text(element, "MimeType", format.mime_type.as_deref());
    push_text(element, "Encoding", format.encoding.as_deref());
}

fn push_commitment(element: &mut ElementBuilder, commitment: &Commitment) {
    push_identifier(element, "CommitmentTypeId", &commitment.identifier);
    if commitment.references.is_empty() {
        element.push_element(XADES, "AllSignedDataObjects");
    }
    for reference in &commitment.references {
        push_text(element, "ObjectReference", Some(reference));
    }
}
