//! What one question shares: what was asked, what there is to answer it, what was found out on the way, what may be spent.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::limits::Budget;
use crate::revocation;
use crate::{
    Certificate, CertificateSet, Evidence, Legacy, Limit, OcspResponse, Options, PublicKey, RevocationList,
    SignatureError, TrustStore,
};

/// Everything that the search for a path, and the searches for those who signed revocation lists, have in common.
pub(crate) struct Session<'a> {
    pub(crate) pool: &'a CertificateSet,
    pub(crate) anchors: &'a TrustStore,
    pub(crate) options: &'a Options,
    pub(crate) signatures: Signatures,
    pub(crate) names: Budget,
    pub(crate) policies: Budget,
    pub(crate) evidence_checks: Budget,
    pub(crate) edges: Budget,
    pub(crate) paths: Budget,
    /// What revocation is known of certificates.
    pub(crate) revocation: revocation::Memory,
}

impl<'a> Session<'a> {
    pub(crate) fn new(pool: &'a CertificateSet, anchors: &'a TrustStore, options: &'a Options) -> Self {
        let limits = &options.limits;
        let budget = |limit: Limit| Budget::new(limit, limit.value(limits));
        Self {
            pool,
            anchors,
            options,
            signatures: Signatures {
                checked: HashMap::new(),
                memory: options.signatures.clone(),
                allowed: options.legacy,
                budget: Budget::new(Limit::SignatureChecks, limits.signature_checks),
            },
            names: budget(Limit::NameComparisons),
            policies: budget(Limit::PolicyNodes),
            evidence_checks: budget(Limit::RevocationChecks),
            edges: budget(Limit::Edges),
            paths: budget(Limit::Paths),
            revocation: revocation::Memory::default(),
        }
    }

    /// The revocation lists and OCSP responses that there are.
    pub(crate) fn evidence(&self) -> &'a Evidence {
        &self.options.revocation.evidence
    }

    /// Whether `certificate` is signed with the key.
    pub(crate) fn verify(
        &mut self,
        certificate: &Certificate,
        key: &PublicKey,
    ) -> Result<Result<(), SignatureError>, Limit> {
        let allowed = self.options.legacy;
        self.signatures.verify(certificate.fingerprint(), key, || certificate.verify_signature_allowing(key, allowed))
    }

    /// Whether the revocation list is signed with the key.
    pub(crate) fn verify_list(&mut self, list: &RevocationList, key: &PublicKey) -> Result<bool, Limit> {
        let allowed = self.options.legacy;
        let result = self.signatures.verify(list.fingerprint(), key, || list.verify_signature(key, allowed));
        result.map(|result| result.is_ok())
    }

    /// Whether the OCSP response is signed with the key.
    pub(crate) fn verify_response(&mut self, response: &OcspResponse, key: &PublicKey) -> Result<bool, Limit> {
        let allowed = self.options.legacy;
        let result = self.signatures.verify(response.fingerprint(), key, || response.verify_signature(key, allowed));
        result.map(|result| result.is_ok())
    }
}

/// What signatures came to, kept from one question to the next ([`Options::signatures`]): whoever judges many documents of the
/// same partners meets the same authorities and lists again and again.
///
/// It may be shared by threads. It keeps so many results and then begins anew; what is kept is the result for a signed object and
/// a key, both by their SHA-256 digests, under what was allowed.
#[derive(Clone, Debug, Default)]
pub struct SignatureMemory(Arc<Mutex<Remembered>>);

type Remembered = HashMap<(Signed, Legacy), Result<(), SignatureError>>;

impl SignatureMemory {
    /// Results that are kept.
    const MOST: usize = 100_000;

    fn known(&self, signed: &(Signed, Legacy)) -> Option<Result<(), SignatureError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(signed).cloned()
    }

    fn keep(&self, signed: (Signed, Legacy), result: &Result<(), SignatureError>) {
        let mut results = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if results.len() >= Self::MOST {
            results.clear();
        }
        results.insert(signed, result.clone());
    }
}

/// Something signed, by the digest of its octets, and the key it may be signed with, by the digest of its
/// `SubjectPublicKeyInfo`.
type Signed = ([u8; 32], [u8; 32]);

/// Signatures, each checked once.
pub(crate) struct Signatures {
    checked: HashMap<Signed, Result<(), SignatureError>>,
    /// Those of earlier questions.
    memory: Option<SignatureMemory>,
    allowed: Legacy,
    budget: Budget,
}

impl Signatures {
    pub(crate) fn is_known(&self, fingerprint: &[u8; 32], key: &PublicKey) -> bool {
        self.checked.contains_key(&(*fingerprint, *key.digest()))
    }

    /// The result of `check`, of this call or an earlier one.
    fn verify(
        &mut self,
        fingerprint: &[u8; 32],
        key: &PublicKey,
        check: impl FnOnce() -> Result<(), SignatureError>,
    ) -> Result<Result<(), SignatureError>, Limit> {
        let signed = (*fingerprint, *key.digest());
        if let Some(result) = self.checked.get(&signed) {
            return Ok(result.clone());
        }
        self.budget.spend()?;
        let before = self.memory.as_ref().and_then(|memory| memory.known(&(signed, self.allowed)));
        let result = before.unwrap_or_else(|| {
            let result = check();
            if let Some(memory) = &self.memory {
                memory.keep((signed, self.allowed), &result);
            }
            result
        });
        self.checked.insert(signed, result.clone());
        Ok(result)
    }

    /// How many were checked.
    pub(crate) fn count(&self) -> usize {
        self.budget.spent()
    }
}
