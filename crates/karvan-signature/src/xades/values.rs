//! Validation data that a signature carries: ETSI EN 319 132-1 §5.4, §5.5.1.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karvan_pki::{Certificate, Limits};
use karvan_text::Message;
use karvan_xml::{Element, ElementBuilder};

use super::namespaces::{XADES, XADES_141};
use super::read::{Qualifying, UnsignedKind};
use crate::xml::structure::{Finding, base64_value, finding};

/// Certificates, revocation lists and answers about single certificates, with which a path can be validated when their
/// issuers are no more to be asked.
///
/// Whoever writes a signature may put anything there: nothing of it is trusted for being there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValidationData {
    /// Certificates.
    pub certificates: Vec<Certificate>,
    /// Revocation lists (RFC 5280 §5), DER.
    pub crls: Vec<Vec<u8>>,
    /// `OCSPResponse`s (RFC 6960 §4.2.1), DER.
    pub ocsp_responses: Vec<Vec<u8>>,
}

impl ValidationData {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.crls.is_empty() && self.ocsp_responses.is_empty()
    }

    /// The same without what `other` holds already, each thing once.
    #[must_use]
    pub fn without(mut self, other: &Self) -> Self {
        let mut certificates = other.certificates.clone();
        self.certificates.retain(|certificate| is_new(&mut certificates, certificate));
        let mut values = [other.crls.clone(), other.ocsp_responses.clone()].concat();
        self.crls.retain(|value| is_new(&mut values, value));
        self.ocsp_responses.retain(|value| is_new(&mut values, value));
        self
    }

    /// Adds what `other` holds.
    pub fn extend(&mut self, other: Self) {
        self.certificates.extend(other.certificates);
        self.crls.extend(other.crls);
        self.ocsp_responses.extend(other.ocsp_responses);
    }

    fn len(&self) -> usize {
        self.certificates.len() + self.crls.len() + self.ocsp_responses.len()
    }

    /// What the unsigned properties of a signature hold, `limit` things at most.
    pub(super) fn of(qualifying: &Qualifying<'_>, limits: &Limits, limit: usize) -> Result<Self, Finding> {
        let mut data = Self::default();
        for property in &qualifying.unsigned {
            match property.kind {
                UnsignedKind::CertificateValues => data.read_certificates(property.element, limits, limit)?,
                UnsignedKind::RevocationValues => data.read_revocation(property.element, limit)?,
                UnsignedKind::TimeStampValidationData => {
                    for element in property.element.children_named(XADES, "CertificateValues") {
                        data.read_certificates(element, limits, limit)?;
                    }
                    for element in property.element.children_named(XADES, "RevocationValues") {
                        data.read_revocation(element, limit)?;
                    }
                }
                _ => {}
            }
        }
        Ok(data)
    }

    fn read_certificates(&mut self, values: Element<'_>, limits: &Limits, limit: usize) -> Result<(), Finding> {
        for element in values.children_named(XADES, "EncapsulatedX509Certificate") {
            let octets = self.value(element, limit)?;
            let certificate = Certificate::from_der(&octets, limits)
                .map_err(|error| finding(element, 6113, Message::new("signature-certificate").with("detail", error)))?;
            self.certificates.push(certificate);
        }
        Ok(())
    }

    fn read_revocation(&mut self, values: Element<'_>, limit: usize) -> Result<(), Finding> {
        let of = |list: &'static str, name: &'static str| {
            values.children_named(XADES, list).flat_map(move |list| list.children_named(XADES, name))
        };
        for element in of("CRLValues", "EncapsulatedCRLValue") {
            let octets = self.value(element, limit)?;
            self.crls.push(octets);
        }
        for element in of("OCSPValues", "EncapsulatedOCSPValue") {
            let octets = self.value(element, limit)?;
            self.ocsp_responses.push(octets);
        }
        Ok(())
    }

    fn value(&self, element: Element<'_>, limit: usize) -> Result<Vec<u8>, Finding> {
        if self.len() >= limit {
            return Err(finding(element, 9232, Message::new("xades-limit-values").with("limit", limit)));
        }
        base64_value(element)
    }

    /// CertificateValues and RevocationValues, as far as there is anything to put into them.
    pub(super) fn elements(&self) -> Vec<ElementBuilder> {
        let mut elements = Vec::new();
        let push = |list: &mut ElementBuilder, name: &str, octets: &[u8]| {
            list.push_element(XADES, name).push_text(STANDARD.encode(octets));
        };
        if !self.certificates.is_empty() {
            let mut values = ElementBuilder::new(XADES, "CertificateValues");
            for certificate in &self.certificates {
                push(&mut values, "EncapsulatedX509Certificate", certificate.der());
            }
            elements.push(values);
        }
        if !(self.crls.is_empty() && self.ocsp_responses.is_empty()) {
            let mut values = ElementBuilder::new(XADES, "RevocationValues");
            for (list, name, octets) in [
                ("CRLValues", "EncapsulatedCRLValue", &self.crls),
                ("OCSPValues", "EncapsulatedOCSPValue", &self.ocsp_responses),
            ] {
                if !octets.is_empty() {
                    let list = values.push_element(XADES, list);
                    octets.iter().for_each(|octets| push(list, name, octets));
                }
            }
            elements.push(values);
        }
        elements
    }

    /// TimeStampValidationData with all of it; none if there is nothing.
    pub(super) fn for_timestamps(&self) -> Option<ElementBuilder> {
        let mut element = ElementBuilder::new(XADES_141, "TimeStampValidationData");
        for values in self.elements() {
            element.push(values);
        }
        (!element.is_empty()).then_some(element)
    }
}

/// Whether `value` is not among those `known`, and from then on is.
fn is_new<T: PartialEq + Clone>(known: &mut Vec<T>, value: &T) -> bool {
    let is_new = !known.contains(value);
    if is_new {
        known.push(value.clone());
    }
    is_new
}
