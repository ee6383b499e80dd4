//! Basic path validation: the state machine of RFC 5280 §6.1, one named check after the other.
//!
//! The variables are those of §6.1.2 and the steps are called as there, so that the checks still to come (§6.1.3
//! (a)(3) revocation, (d) to (f) and §6.1.4 (a), (b), (h) to (j) policies) have their places. A path is not left at its
//! first fault: every fault is told.

use jiff::Timestamp;
use karvan_text::Message;

use crate::check::{Check, Rejection};
use crate::constraints::{Budget, Subtrees, Violation};
use crate::name::brief;
use crate::{Certificate, KeyUsage, Limit, Name, ObjectIdentifier, PublicKey, SignatureError, Sourced, extensions};

/// What the signer's certificate is to be good for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purpose {
    /// The key usage must hold one of these bits, if the certificate limits its key usage (RFC 5280 §4.2.1.3).
    pub key_usage: Option<KeyUsage>,
    /// The extended key usage must hold one of these purposes, if the certificate has any (RFC 5280 §4.2.1.12); none
    /// asked: every purpose will do.
    pub extended_key_usage: Vec<ObjectIdentifier>,
}

impl Purpose {
    /// Signing documents: `digitalSignature` or `nonRepudiation`, any extended key usage.
    #[must_use]
    pub const fn document_signature() -> Self {
        let key_usage = KeyUsage::DIGITAL_SIGNATURE.union(KeyUsage::NON_REPUDIATION);
        Self { key_usage: Some(key_usage), extended_key_usage: Vec::new() }
    }

    /// Whatever the certificate says: its key is looked at by others.
    #[must_use]
    pub const fn any() -> Self {
        Self { key_usage: None, extended_key_usage: Vec::new() }
    }
}

const ANY_EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

/// The signature check of the caller, which remembers what it checked: is the certificate signed with that key?
pub(crate) type VerifySignature<'a, 'v> =
    dyn FnMut(&'a Certificate, &'a PublicKey) -> Result<Result<(), SignatureError>, Limit> + 'v;

/// Validates `path`, the signer's certificate first, under `anchor`.
///
/// Gives every check that was not passed; none, and the path is good (but for [`Check::NOT_DONE`]).
///
/// # Errors
/// The limit that kept it from finishing.
pub(crate) fn validate<'a>(
    path: &[&'a Sourced],
    anchor: &'a Sourced,
    at: Timestamp,
    purpose: &Purpose,
    budget: &mut Budget,
    verify: &mut VerifySignature<'a, '_>,
) -> Result<Vec<Rejection>, Limit> {
    let mut state = State::initialize(&anchor.certificate, path.len(), at);
    let direct = path.len() == 1 && path[0].certificate == anchor.certificate;
    if direct {
        // The signer's certificate is itself an anchor: there is nothing to prove but that it may be used.
        state.validity(0, &anchor.certificate);
        state.critical_extensions(0, &anchor.certificate);
        state.wrap_up(&anchor.certificate, purpose);
        return Ok(state.rejections);
    }
    state.anchor(path.len(), &anchor.certificate);
    // RFC 5280 counts from the certificate that the anchor issued; here the signer's is 0.
    for (position, sourced) in path.iter().enumerate().rev() {
        let certificate = &sourced.certificate;
        state.signature(position, verify(certificate, state.working_public_key)?);
        state.validity(position, certificate);
        state.name_chaining(position, certificate);
        // §6.1.3 (b), (c): not for self-issued certificates, unless it is the last one.
        if position == 0 || !certificate.is_self_issued() {
            state.names(position, certificate, budget)?;
        }
        if position > 0 {
            state.prepare_for_next(position, certificate);
        }
        state.critical_extensions(position, certificate);
    }
    if let Some(signer) = path.first() {
        state.wrap_up(&signer.certificate, purpose);
    }
    Ok(state.rejections)
}

/// The state variables of §6.1.2.
struct State<'a> {
    at: Timestamp,
    subtrees: Subtrees<'a>,
    working_public_key: &'a PublicKey,
    working_issuer_name: &'a Name,
    max_path_length: u64,
    rejections: Vec<Rejection>,
}

impl<'a> State<'a> {
    /// §6.1.2, with the constraints that the anchor's own certificate sets (RFC 5937 §3.2).
    fn initialize(anchor: &'a Certificate, length: usize, at: Timestamp) -> Self {
        let mut subtrees = Subtrees::default();
        let extensions = anchor.extensions();
        if let Some(constraints) = &extensions.name_constraints {
            subtrees.constrain(constraints);
        }
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        let allowed = extensions.basic_constraints.and_then(|constraints| constraints.path_length);
        Self {
            at,
            subtrees,
            working_public_key: anchor.public_key(),
            working_issuer_name: anchor.subject(),
            max_path_length: allowed.map_or(length, |allowed| allowed.min(length)),
            rejections: Vec::new(),
        }
    }

    /// What the anchor's certificate says against its use. An anchor without the extensions, such as a root of version
    /// 1, is one because the user said so.
    fn anchor(&mut self, position: usize, anchor: &Certificate) {
        self.validity(position, anchor);
        if anchor.extensions().basic_constraints.is_some() {
            self.authority(position, anchor);
        }
        self.certificate_signing(position, anchor);
        self.critical_extensions(position, anchor);
    }

    /// §6.1.3 (a)(1).
    fn signature(&mut self, position: usize, result: Result<(), SignatureError>) {
        if let Err(error) = result {
            self.rejections.push(signature_rejection(position, self.working_issuer_name, &error));
        }
    }

    /// §6.1.3 (a)(2).
    fn validity(&mut self, position: usize, certificate: &Certificate) {
        let (from, until) = (certificate.not_before(), certificate.not_after());
        let id = if self.at < from {
            "trust-not-yet-valid"
        } else if self.at > until {
            "trust-expired"
        } else {
            return;
        };
        let message = Message::new(id).with("subject", certificate.subject()).with("from", from).with("until", until);
        let expected = format!("{from} … {until}");
        self.reject(position, Check::Validity, message.with("at", self.at), expected, self.at);
    }

    /// §6.1.3 (a)(4).
    fn name_chaining(&mut self, position: usize, certificate: &Certificate) {
        if certificate.issuer() == self.working_issuer_name {
            return;
        }
        let (expected, found) = (self.working_issuer_name, certificate.issuer());
        let message = Message::new("trust-issuer-differs").with("subject", certificate.subject());
        self.reject(position, Check::NameChaining, message.with("issuer", found), expected, found);
    }

    /// §6.1.3 (b) and (c).
    fn names(&mut self, position: usize, certificate: &Certificate, budget: &mut Budget) -> Result<(), Limit> {
        for violation in self.subtrees.violations(certificate, budget)? {
            let (check, id, name, subtree, expected) = match violation {
                Violation::NotPermitted(name, subtrees) => {
                    (Check::PermittedNames, "trust-name-not-permitted", name, subtrees.clone(), subtrees)
                }
                Violation::Excluded(name, subtree) => {
                    let expected = format!("≠ {subtree}");
                    (Check::ExcludedNames, "trust-name-excluded", name, subtree, expected)
                }
            };
            let message = Message::new(id).with("name", &name).with("subtree", subtree);
            self.reject(position, check, message, expected, name);
        }
        Ok(())
    }

    /// §6.1.4.
    fn prepare_for_next(&mut self, position: usize, certificate: &'a Certificate) {
        // (c) to (f)
        self.working_issuer_name = certificate.subject();
        self.working_public_key = certificate.public_key();
        // (g)
        if let Some(constraints) = &certificate.extensions().name_constraints {
            self.subtrees.constrain(constraints);
        }
        // (k)
        self.authority(position, certificate);
        // (l)
        if !certificate.is_self_issued() {
            match self.max_path_length.checked_sub(1) {
                Some(left) => self.max_path_length = left,
                None => {
                    let message = Message::new("trust-path-too-long").with("subject", certificate.subject());
                    self.reject(position, Check::PathLength, message, "max_path_length > 0", 0);
                }
            }
        }
        // (m)
        if let Some(allowed) =
            certificate.extensions().basic_constraints.and_then(|constraints| constraints.path_length)
        {
            self.max_path_length = self.max_path_length.min(allowed);
        }
        // (n)
        self.certificate_signing(position, certificate);
    }

    /// §6.1.4 (k). Certificates of version 1 and 2 carry no basic constraints; none is known by other means to be an
    /// authority.
    fn authority(&mut self, position: usize, certificate: &Certificate) {
        let found = match certificate.extensions().basic_constraints {
            Some(constraints) if constraints.ca => return,
            Some(_) => "CA:FALSE",
            None => "∅",
        };
        let message = Message::new("trust-not-an-authority").with("subject", certificate.subject());
        self.reject(position, Check::Authority, message, "basicConstraints CA:TRUE", found);
    }

    /// §6.1.4 (n).
    fn certificate_signing(&mut self, position: usize, certificate: &Certificate) {
        let Some(usage) = certificate.extensions().key_usage else { return };
        if !usage.contains(KeyUsage::KEY_CERT_SIGN) {
            let message = Message::new("trust-may-not-sign-certificates").with("subject", certificate.subject());
            let message = message.with("usage", usage);
            self.reject(position, Check::CertificateSigning, message, KeyUsage::KEY_CERT_SIGN, usage);
        }
    }

    /// §6.1.4 (o) and §6.1.5 (f).
    fn critical_extensions(&mut self, position: usize, certificate: &Certificate) {
        let unprocessed = &certificate.extensions().unprocessed_critical;
        if unprocessed.is_empty() {
            return;
        }
        let names = list(unprocessed, ", ", |identifier| match extensions::name(identifier) {
            Some(name) => format!("{name} ({identifier})"),
            None => identifier.to_string(),
        });
        let message = Message::new("trust-critical-extension").with("subject", certificate.subject());
        self.reject(position, Check::CriticalExtensions, message.with("extensions", &names), "∅", names);
    }

    /// §6.1.5, and what the use of the signer's key asks for.
    fn wrap_up(&mut self, signer: &Certificate, purpose: &Purpose) {
        if let (Some(asked), Some(usage)) = (purpose.key_usage, signer.extensions().key_usage)
            && !usage.intersects(asked)
        {
            let message = Message::new("trust-key-usage").with("subject", signer.subject()).with("usage", usage);
            self.reject(0, Check::KeyUsage, message, asked.to_string().replace(", ", " | "), usage);
        }
        let asked = &purpose.extended_key_usage;
        if let (false, Some(purposes)) = (asked.is_empty(), &signer.extensions().extended_key_usage)
            && !purposes.iter().any(|one| *one == ANY_EXTENDED_KEY_USAGE || asked.contains(one))
        {
            let list = |identifiers: &[ObjectIdentifier], separator| {
                identifiers.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator)
            };
            let message =
                Message::new("trust-purpose").with("subject", signer.subject()).with("purposes", list(purposes, ", "));
            self.reject(0, Check::Purpose, message, list(asked, " | "), list(purposes, ", "));
        }
    }

    fn reject(
        &mut self,
        position: usize,
        check: Check,
        message: Message,
        expected: impl ToString,
        found: impl ToString,
    ) {
        let (expected, found) = (expected.to_string(), found.to_string());
        self.rejections.push(Rejection { position, check, message, expected, found });
    }
}

/// `identifiers` for people.
fn list(identifiers: &[ObjectIdentifier], separator: &str, show: impl Fn(ObjectIdentifier) -> String) -> String {
    const MOST: usize = 8;
    brief(&identifiers.iter().take(MOST).map(|identifier| show(*identifier)).collect::<Vec<_>>().join(separator))
}

/// The rejection for a signature of the certificate at `position` that is not good under a key of `issuer`.
pub(crate) fn signature_rejection(position: usize, issuer: &Name, error: &SignatureError) -> Rejection {
    let message = |id| Message::new(id).with("issuer", issuer);
    let (check, message) = match error {
        SignatureError::Wrong => (Check::Signature, message("trust-signature-wrong")),
        SignatureError::UnsupportedAlgorithm(algorithm) => {
            (Check::Algorithm, message("trust-algorithm-unsupported").with("algorithm", algorithm))
        }
        SignatureError::UnsupportedKey(key) => (Check::Algorithm, message("trust-key-unsupported").with("key", key)),
        SignatureError::KeyKind { algorithm, key } => {
            (Check::Signature, message("trust-key-kind").with("algorithm", algorithm).with("key", key))
        }
        SignatureError::KeySize { bits } => (Check::Algorithm, message("trust-key-size").with("bits", bits)),
        SignatureError::Legacy(legacy) => (Check::Algorithm, message("trust-legacy").with("legacy", legacy)),
    };
    let expected = match check {
        Check::Signature => issuer.to_string(),
        _ => "RSA-2048 … RSA-8192 | P-256 | P-384 | P-521 | Ed25519; SHA-2 | SHA-3".to_owned(),
    };
    Rejection { position, check, message, expected, found: error.to_string() }
}
