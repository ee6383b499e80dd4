//! What there is to tell whether certificates were revoked.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::ocsp::Answer;
use crate::{Certificate, Limit, Limits, LoadProblem, Name, OcspResponse, RevocationList, load};

/// A revocation list or an OCSP response, and where it was found.
#[derive(Clone, Debug)]
pub struct SourcedEvidence<T> {
    /// The list or the response.
    pub item: Arc<T>,
    /// The name of the file or the part of a document that held it.
    pub origin: Arc<str>,
}

/// Revocation lists and OCSP responses, each once, in the order they came.
///
/// ```
/// use karvan_pki::{Evidence, Limits};
///
/// let files = [("iran-trade.pem", include_bytes!("../../../samples/pki/crl/iran-trade.pem"))];
/// let (evidence, problems) = Evidence::load(files, &Limits::default());
/// assert_eq!((evidence.lists().count(), problems.len()), (1, 0));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    lists: Vec<SourcedEvidence<RevocationList>>,
    responses: Vec<SourcedEvidence<OcspResponse>>,
    seen: HashSet<[u8; 32]>,
    by_issuer: HashMap<Name, Vec<usize>>,
    /// Response and answer.
    by_serial: HashMap<Box<[u8]>, Vec<(usize, usize)>>,
    full: bool,
}

impl Evidence {
    /// Reads every list and response of `files`, given by name and octets: PEM, DER, or the lists of a PKCS #7 bag.
    ///
    /// What cannot be read is a problem, not an end. What exceeds [`Limits::revocation_items`] is left out, see
    /// [`exceeded`](Self::exceeded).
    pub fn load<N: AsRef<str>, B: AsRef<[u8]>>(
        files: impl IntoIterator<Item = (N, B)>,
        limits: &Limits,
    ) -> (Self, Vec<LoadProblem>) {
        let mut evidence = Self::default();
        let mut problems = Vec::new();
        for (name, bytes) in files {
            let (lists, responses, found) = load::evidence(name.as_ref(), bytes.as_ref(), limits);
            let origin: Arc<str> = name.as_ref().into();
            lists.into_iter().for_each(|list| evidence.insert_list(list, &origin, limits));
            responses.into_iter().for_each(|response| evidence.insert_response(response, &origin, limits));
            problems.extend(found);
        }
        (evidence, problems)
    }

    /// Adds a list that was found in `origin`.
    pub fn insert_list(&mut self, list: impl Into<Arc<RevocationList>>, origin: &Arc<str>, limits: &Limits) {
        let item = list.into();
        if self.is_new(item.fingerprint(), limits) {
            self.by_issuer.entry(item.issuer().clone()).or_default().push(self.lists.len());
            self.lists.push(SourcedEvidence { item, origin: Arc::clone(origin) });
        }
    }

    /// Adds a response that was found in `origin`.
    pub fn insert_response(&mut self, response: impl Into<Arc<OcspResponse>>, origin: &Arc<str>, limits: &Limits) {
        let item = response.into();
        if self.is_new(item.fingerprint(), limits) {
            for (index, answer) in item.answers().iter().enumerate() {
                self.by_serial.entry(answer.serial.clone()).or_default().push((self.responses.len(), index));
            }
            self.responses.push(SourcedEvidence { item, origin: Arc::clone(origin) });
        }
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: &Self, limits: &Limits) {
        for SourcedEvidence { item, origin } in &other.lists {
            self.insert_list(Arc::clone(item), origin, limits);
        }
        for SourcedEvidence { item, origin } in &other.responses {
            self.insert_response(Arc::clone(item), origin, limits);
        }
        self.full |= other.full;
    }

    /// The revocation lists.
    pub fn lists(&self) -> impl Iterator<Item = &SourcedEvidence<RevocationList>> {
        self.lists.iter()
    }

    /// The OCSP responses.
    pub fn responses(&self) -> impl Iterator<Item = &SourcedEvidence<OcspResponse>> {
        self.responses.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty() && self.responses.is_empty()
    }

    /// The limit that kept some out, if one did.
    #[must_use]
    pub const fn exceeded(&self) -> Option<Limit> {
        if self.full { Some(Limit::RevocationItems) } else { None }
    }

    /// The lists that `issuer` signed, by its name.
    pub(crate) fn lists_of(&self, issuer: &Name) -> impl Iterator<Item = &SourcedEvidence<RevocationList>> {
        self.by_issuer.get(issuer).into_iter().flatten().map(|index| &self.lists[*index])
    }

    /// The answers for certificates with the serial number of `certificate`, whoever issued them.
    pub(crate) fn answers_for(
        &self,
        certificate: &Certificate,
    ) -> impl Iterator<Item = (&SourcedEvidence<OcspResponse>, &Answer)> {
        let found = self.by_serial.get(certificate.serial_number()).into_iter().flatten();
        found.map(|(response, answer)| {
            let response = &self.responses[*response];
            (response, &response.item.answers()[*answer])
        })
    }

    fn is_new(&mut self, fingerprint: &[u8; 32], limits: &Limits) -> bool {
        if self.seen.contains(fingerprint) {
            return false;
        }
        if self.seen.len() >= limits.revocation_items {
            self.full = true;
            return false;
        }
        self.seen.insert(*fingerprint)
    }
}
