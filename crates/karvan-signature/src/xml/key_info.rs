//! KeyInfo: the certificates and keys that a signature offers (XML Signature 1.1 §4.5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karvan_pki::{Certificate, KeyKind, PublicKey};
use karvan_text::Message;
use karvan_xml::{Element, ElementBuilder, Node};

use super::namespaces::{SIGNATURE, SIGNATURE_11};
use super::policy::Policy;
use super::reference::{Local, element_with_id, is_file};
use super::structure::{Finding, base64_value, finding};
use super::verify::ExternalFile;
use crate::asn1::{self, CURVE_P256, CURVE_P384, CURVE_P521, EC_PUBLIC_KEY, RSA_ENCRYPTION};

/// What a KeyInfo offers. Nothing of it is trusted: anyone can write it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offered {
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) keys: Vec<PublicKey>,
    /// In DER.
    pub(crate) revocation_lists: Vec<Vec<u8>>,
    /// What the key or its certificate is called, for whoever looks for it elsewhere.
    pub(crate) named: Vec<String>,
}

/// How often one KeyInfo may refer to another place.
const REFERENCES: usize = 4;

/// The Types of a RetrievalMethod: an X509Data, and a certificate as it is.
const X509_DATA: &str = "http://www.w3.org/2000/09/xmldsig#X509Data";
const RAW_CERTIFICATE: &str = "http://www.w3.org/2000/09/xmldsig#rawX509Certificate";

/// What names a key or a certificate without giving it, or gives what Karvan cannot use.
const NAMES: [(&str, &str); 9] = [
    (SIGNATURE, "KeyName"),
    (SIGNATURE, "X509SubjectName"),
    (SIGNATURE, "X509IssuerSerial"),
    (SIGNATURE, "X509SKI"),
    (SIGNATURE_11, "X509Digest"),
    (SIGNATURE, "PGPData"),
    (SIGNATURE, "SPKIData"),
    (SIGNATURE, "MgmtData"),
    ("http://www.w3.org/2001/04/xmlenc#", "EncryptedKey"),
];

impl Offered {
    /// Reads `key_info`; what it refers to stands in its document or is one of `files`.
    pub(crate) fn read(key_info: Element<'_>, files: &[ExternalFile<'_>], policy: &Policy) -> Result<Self, Finding> {
        let mut reader = Reader { offered: Self::default(), files, policy, references: 0 };
        reader.children(key_info)?;
        Ok(reader.offered)
    }
}

struct Reader<'r> {
    offered: Offered,
    files: &'r [ExternalFile<'r>],
    policy: &'r Policy,
    references: usize,
}

impl Reader<'_> {
    fn children(&mut self, parent: Element<'_>) -> Result<(), Finding> {
        parent.elements().try_for_each(|element| self.take(element))
    }

    fn take(&mut self, element: Element<'_>) -> Result<(), Finding> {
        if element.is(SIGNATURE, "X509Data") {
            return self.children(element);
        }
        if element.is(SIGNATURE, "RetrievalMethod") || element.is(SIGNATURE_11, "KeyInfoReference") {
            return self.follow(element);
        }
        let Offered { certificates, keys, revocation_lists, named } = &self.offered;
        if certificates.len() + keys.len() + revocation_lists.len() + named.len() >= self.policy.keys {
            let message = Message::new("signature-limit-keys").with("limit", self.policy.keys);
            return Err(finding(element, 9203, message));
        }
        if element.is(SIGNATURE, "X509Certificate") {
            self.certificate(element, &base64_value(element)?)?;
        } else if element.is(SIGNATURE, "X509CRL") {
            self.offered.revocation_lists.push(base64_value(element)?);
        } else if element.is(SIGNATURE, "KeyValue") {
            let keys = element.elements().map(key_value).collect::<Result<Vec<_>, _>>()?;
            self.offered.keys.extend(keys.into_iter().flatten());
        } else if element.is(SIGNATURE_11, "DEREncodedKeyValue") {
            let key = PublicKey::from_spki(&base64_value(element)?).map_err(|_| malformed(element))?;
            self.offered.keys.push(key);
        } else if NAMES.iter().any(|(namespace, name)| element.is(namespace, name)) {
            let texts = element.descendants().filter_map(Node::as_text).map(str::trim_ascii);
            let text = texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
            let short: String = text.chars().take(200).collect();
            self.offered.named.push(format!("{} {short}", element.local_name()).trim_end().to_owned());
        }
        Ok(())
    }

    fn certificate(&mut self, element: Element<'_>, der: &[u8]) -> Result<(), Finding> {
        let certificate = Certificate::from_der(der, &self.policy.certificates)
            .map_err(|error| finding(element, 6014, Message::new("signature-certificate").with("detail", error)))?;
        self.offered.certificates.push(certificate);
        Ok(())
    }

    /// XML Signature 1.1 §4.5.3 and §4.5.10, without transforms: what is referred to stands as it is.
    fn follow(&mut self, reference: Element<'_>) -> Result<(), Finding> {
        let uri = reference.attribute("URI").unwrap_or_default();
        let unresolved = || {
            let message = Message::new("signature-key-reference").with("uri", uri);
            finding(reference, 6014, message)
        };
        self.references += 1;
        if self.references > REFERENCES || reference.child(SIGNATURE, "Transforms").is_some() {
            return Err(unresolved());
        }
        let kind = reference.attribute("Type").unwrap_or_default();
        match Local::of(uri) {
            Some(Local::Element { id, .. }) => {
                let element = element_with_id(reference.document(), id).map_err(|_| unresolved())?;
                // It would lead back to itself.
                if element.contains(reference.id()) {
                    return Err(unresolved());
                }
                if element.is(SIGNATURE, "KeyInfo") {
                    self.children(element)
                } else if kind.is_empty() || kind == X509_DATA || !element.is(SIGNATURE, "X509Data") {
                    self.take(element)
                } else {
                    Err(unresolved())
                }
            }
            None if kind == RAW_CERTIFICATE => {
                let file = self.files.iter().find(|file| is_file(uri, file.name));
                self.certificate(reference, file.ok_or_else(unresolved)?.octets)
            }
            _ => Err(unresolved()),
        }
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
        let Some(curve) =
            [CURVE_P256, CURVE_P384, CURVE_P521].into_iter().find(|known| curve == Some(&format!("urn:oid:{known}")))
        else {
            return Ok(None);
        };
        asn1::spki(EC_PUBLIC_KEY, Some(curve), &part(SIGNATURE_11, "PublicKey")?)
    } else if element.is(SIGNATURE, "DSAKeyValue") && element.child(SIGNATURE, "P").is_some() {
        let (p, q, g) = (part(SIGNATURE, "P")?, part(SIGNATURE, "Q")?, part(SIGNATURE, "G")?);
        asn1::dsa_spki([&p, &q, &g], &part(SIGNATURE, "Y")?)
    } else {
        return Ok(None);
    };
    let key = spki.and_then(|spki| PublicKey::from_spki(&spki).ok());
    key.map(Some).ok_or_else(|| malformed(element))
}

fn malformed(element: Element<'_>) -> Finding {
    finding(element, 6014, Message::new("signature-key").with("element", element.local_name()))
}

/// The KeyInfo that offers `certificates`, and `key` by `name` and by value if they are given.
pub(crate) fn key_info(name: Option<&str>, certificates: &[Certificate], key: Option<&PublicKey>) -> ElementBuilder {
    let mut info = ElementBuilder::new(SIGNATURE, "KeyInfo");
    if let Some(name) = name {
        info.push_element(SIGNATURE, "KeyName").push_text(name);
    }
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
        KeyKind::EcP521 => Some(CURVE_P521),
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
