//! KeyInfo: the certificates and keys that a signature offers (XML Signature 1.1 §4.5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karvan_pki::{Certificate, KeyKind, PublicKey};
use karvan_text::Message;
use karvan_xml::{Element, ElementBuilder};

use super::namespaces::{SIGNATURE, SIGNATURE_11};
use super::policy::Policy;
use super::structure::{Finding, base64_value, finding};
use crate::asn1::{self, CURVE_P256, CURVE_P384, EC_PUBLIC_KEY, RSA_ENCRYPTION};

/// What a KeyInfo offers. Nothing of it is trusted: anyone can write it.
#[derive(Debug, Default)]
pub(crate) struct Offered {
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) keys: Vec<PublicKey>,
}

impl Offered {
    /// Reads `key_info`; what names a key without giving it is passed over.
    pub(crate) fn read(key_info: Element<'_>, policy: &Policy) -> Result<Self, Finding> {
        let mut offered = Self::default();
        for element in key_info.elements() {
            let keys = if element.is(SIGNATURE, "X509Data") {
                element.children_named(SIGNATURE, "X509Certificate").collect()
            } else {
                vec![element]
            };
            for key in keys {
                if offered.certificates.len() + offered.keys.len() >= policy.keys {
                    return Err(finding(key, 9203, Message::new("signature-limit-keys").with("limit", policy.keys)));
                }
                offered.take(key, policy)?;
            }
        }
        Ok(offered)
    }

    fn take(&mut self, element: Element<'_>, policy: &Policy) -> Result<(), Finding> {
        if element.is(SIGNATURE, "X509Certificate") {
            let certificate = Certificate::from_der(&base64_value(element)?, &policy.certificates)
                .map_err(|error| finding(element, 6014, Message::new("signature-certificate").with("detail", error)))?;
            self.certificates.push(certificate);
        } else if element.is(SIGNATURE, "KeyValue") {
            self.keys.extend(element.elements().map(key_value).collect::<Result<Vec<_>, _>>()?.into_iter().flatten());
        } else if element.is(SIGNATURE_11, "DEREncodedKeyValue") {
            let key = PublicKey::from_spki(&base64_value(element)?).map_err(|_| malformed(element))?;
            self.keys.push(key);
        }
        Ok(())
    }
}

/// The key in an element of KeyValue, if it is of a kind that Karvan knows.
fn key_value(element: Element<'_>) -> Result<Option<PublicKey>, Finding> {
    let part = |namespace, name| {
        let element = element.child(namespace, name).ok_or_else(|| malformed(element))?;
        base64_value(element)
    };
    let spki = if element.is(SIGNATURE, "RSAKeyValue") {
        let (modulus, exponent) = (part(SIGNATURE, "Modulus")?, part(SIGNATURE, "Exponent")?);
        asn1::rsa_public_key(&modulus, &exponent).and_then(|key| asn1::spki(RSA_ENCRYPTION, None, &key))
    } else if element.is(SIGNATURE_11, "ECKeyValue") {
        let curve = element.child(SIGNATURE_11, "NamedCurve").and_then(|curve| curve.attribute("URI"));
        let Some(curve) = [CURVE_P256, CURVE_P384].into_iter().find(|known| curve == Some(&format!("urn:oid:{known}")))
        else {
            return Ok(None);
        };
        asn1::spki(EC_PUBLIC_KEY, Some(curve), &part(SIGNATURE_11, "PublicKey")?)
    } else {
        return Ok(None);
    };
    let key = spki.and_then(|spki| PublicKey::from_spki(&spki).ok());
    key.map(Some).ok_or_else(|| malformed(element))
}

fn malformed(element: Element<'_>) -> Finding {
    finding(element, 6014, Message::new("signature-key").with("element", element.local_name()))
}

/// The KeyInfo that offers `certificates`, and `key` by value if it is given.
pub(crate) fn key_info(certificates: &[Certificate], key: Option<&PublicKey>) -> ElementBuilder {
    let mut info = ElementBuilder::new(SIGNATURE, "KeyInfo");
    if let Some(key) = key {
        push_key_value(&mut info, key);
    }
    if !certificates.is_empty() {
        let data = info.push_element(SIGNATURE, "X509Data");
        for certificate in certificates {
            data.push_element(SIGNATURE, "X509Certificate").push_text(STANDARD.encode(certificate.der()));
        }
    }
    info
}

fn push_key_value(info: &mut ElementBuilder, key: &PublicKey) {
    let curve = match key.kind() {
        KeyKind::EcP256 => Some(CURVE_P256),
        KeyKind::EcP384 => Some(CURVE_P384),
        _ => None,
    };
    if let Some(curve) = curve {
        let value = info.push_element(SIGNATURE, "KeyValue").push_element(SIGNATURE_11, "ECKeyValue");
        value.push_element(SIGNATURE_11, "NamedCurve").set_attribute("URI", format!("urn:oid:{curve}"));
        value.push_element(SIGNATURE_11, "PublicKey").push_text(STANDARD.encode(key.octets()));
    } else if let (KeyKind::Rsa { .. }, Some((modulus, exponent))) = (key.kind(), asn1::rsa_numbers(key.octets())) {
        let value = info.push_element(SIGNATURE, "KeyValue").push_element(SIGNATURE, "RSAKeyValue");
        value.push_element(SIGNATURE, "Modulus").push_text(STANDARD.encode(modulus));
        value.push_element(SIGNATURE, "Exponent").push_text(STANDARD.encode(exponent));
    } else {
        // XML Signature 1.1 §4.5.10: any key, as its SubjectPublicKeyInfo.
        info.push_element(SIGNATURE_11, "DEREncodedKeyValue").push_text(STANDARD.encode(key.spki()));
    }
}
