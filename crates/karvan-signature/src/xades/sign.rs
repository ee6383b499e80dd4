//! Making signatures of level B-B: ETSI EN 319 132-1 §6.

use super::namespaces::XADES;
use super::properties::{DataObjectFormat, Properties};
use super::write::qualifying_properties;
use crate::xml::namespaces::SIGNED_PROPERTIES;
use crate::xml::{SignError, SignedObject, Signer};

impl Properties {
    /// Makes `signer` put these properties into its next signature, which gets the identifier `id`, and sign them.
    ///
    /// What the level B-B asks for and only the signature can know is added: the reference to the signer's certificate.
    /// `certificates` are not written; each of `formats` is written as it stands.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use karvan_pki::{Certificate, Limits as CertificateLimits, certificates};
    /// use karvan_signature::xades::{Commitment, DataObjectFormat, Properties};
    /// use karvan_signature::{PrivateKey, Signed, Signer};
    /// use karvan_xml::{Document, Limits};
    ///
    /// # let key = include_bytes!("../../tests/keys/p256.pem");
    /// # let key = PrivateKey::read(key, Arc::new(ring::rand::SystemRandom::new()))?;
    /// # let file = include_bytes!("../../tests/keys/p256-certificate.pem");
    /// # let certificates = certificates("", file, &CertificateLimits::default()).0;
    /// let properties = Properties {
    ///     signing_time: Some("2026-06-01T08:00:00Z".parse()?),
    ///     formats: vec![DataObjectFormat::of("s1", 1, "application/xml")],
    ///     commitments: vec![Commitment::new("ProofOfApproval")],
    ///     ..Properties::default()
    /// };
    /// let signer = properties.qualify(Signer::new(&key).with_certificates(certificates)?, "s1")?;
    /// let document = Document::parse("<order><id>7</id></order>", &Limits::default())?;
    /// let signed = String::from_utf8(signer.sign_in(document.root(), &[Signed::Document])?)?;
    /// assert!(signed.contains("<xades:SigningTime>2026-06-01T08:00:00Z</xades:SigningTime>"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `signer` has no certificate.
    pub fn qualify<'k>(&self, signer: Signer<'k>, id: &str) -> Result<Signer<'k>, SignError> {
        let signed_id = format!("{id}-properties");
        let certificate = signer.certificates().first().ok_or(SignError::NoCertificate)?;
        let content = qualifying_properties(self, id, &signed_id, certificate, signer.digest());
        let object = SignedObject { content, id: signed_id, kind: SIGNED_PROPERTIES, prefix: ("xades", XADES) };
        Ok(signer.with_id(id).with_object(object))
    }
}

impl DataObjectFormat {
    /// The media type of the `number`th thing, from 1, that the signature `id` signs.
    #[must_use]
    pub fn of(id: &str, number: usize, mime_type: &str) -> Self {
        let reference = format!("#{id}-reference-{number}");
        Self { reference, mime_type: Some(mime_type.to_owned()), ..Self::default() }
    }
}
