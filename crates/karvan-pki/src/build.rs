//! Path building (RFC 4158): from the signer's certificate through intermediates and cross-certificates to an anchor.

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::Timestamp;
use karvan_text::Message;

use crate::check::{Check, Rejection};
use crate::constraints::Budget;
use crate::validate::{Purpose, signature_rejection, validate};
use crate::verdict::{Effort, RejectedPath, Verdict, VerifiedPath};
use crate::{Certificate, CertificateSet, Limit, Limits, PublicKey, SignatureError, Sourced, TrustStore};

/// What is asked about a certificate.
#[derive(Clone, Debug)]
pub struct Options {
    /// The time for which the answer is to hold.
    pub at: Timestamp,
    /// What the certificate is to be good for.
    pub purpose: Purpose,
    /// What may be spent.
    pub limits: Limits,
    /// Whether to go on after the first path that passes, so that the verdict holds all of them.
    pub every_path: bool,
}

impl Options {
    /// Whether the certificate is good for signing documents at `at`.
    #[must_use]
    pub fn document_signature(at: Timestamp) -> Self {
        Self { at, purpose: Purpose::document_signature(), limits: Limits::default(), every_path: false }
    }
}

/// Finds the paths from `signer` through any certificates of `pool` to any anchor of `anchors`.
///
/// Paths are tried in the order of their promise: issuers whose key identifier fits come first, anchors before others,
/// then those that are valid at the time, then the newer. No path enters the same authority (its name and key) twice, so
/// authorities that certify each other make no loop. A signature is checked once, however many paths hold it. The first
/// path that passes every check ends the search, unless [`Options::every_path`] is set; a limit ends it with the
/// limit's name.
///
/// ```
/// use karvan_pki::{CertificateSet, Limits, Options, Status, TrustStore, find_paths};
///
/// let limits = Limits::default();
/// let root = [("iran", include_bytes!("../../../samples/pki/trust-iran/rishe-ye-melli.pem"))];
/// let cross = [("cross", include_bytes!("../../../samples/pki/cross/iran-to-turkey.pem"))];
/// let signer = [("anka", include_bytes!("../../../samples/pki/signers/anka.pem"))];
/// let (anchors, _) = TrustStore::load(root, &limits);
/// let (mut pool, _) = CertificateSet::load(cross, &limits);
/// let (chain, _) = CertificateSet::load(signer, &limits);
/// pool.extend(&chain, &limits);
///
/// let signer = chain.iter().next().unwrap();
/// let options = Options::document_signature("2026-06-01T00:00:00Z".parse().unwrap());
/// let verdict = find_paths(signer, &pool, &anchors, &options);
/// assert_eq!(verdict.status(), Status::Accepted);
/// assert_eq!(verdict.path().unwrap().anchor().origin.as_ref(), "iran");
/// ```
#[must_use]
pub fn find_paths(signer: &Sourced, pool: &CertificateSet, anchors: &TrustStore, options: &Options) -> Verdict {
    let mut search = Search {
        pool,
        anchors: anchors.anchors(),
        options,
        signatures: Signatures { checked: HashMap::new(), limit: options.limits.signature_checks },
        budget: Budget(options.limits.name_comparisons),
        verdict: Verdict {
            signer: signer.clone(),
            at: options.at,
            accepted: Vec::new(),
            rejected: Vec::new(),
            unfinished: None,
            effort: Effort::default(),
        },
        looped: None,
    };
    let full = [pool, anchors.anchors()].into_iter().find_map(CertificateSet::exceeded);
    let ended = search.run(signer);
    let Search { signatures, budget, mut verdict, looped, .. } = search;
    if verdict.rejected.is_empty() && verdict.accepted.is_empty() {
        verdict.rejected.extend(looped);
    }
    verdict.effort.signature_checks = signatures.checked.len();
    // What ended the search comes before what only kept it from going on in places.
    let kept_from = full.map(|limit| (limit, limit.value(&options.limits)));
    let ended = ended.err().map(|limit| (limit, limit.value(&options.limits)));
    verdict.unfinished = ended.or(verdict.unfinished).or(kept_from);
    verdict.effort.name_comparisons = options.limits.name_comparisons - budget.0;
    // Complete paths first, then those with fewer faults: what a reader most likely meant.
    verdict.rejected.sort_by_key(|path| (path.anchor.is_none(), path.rejections.len()));
    verdict
}

/// One certificate that may have issued another.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    sourced: &'a Sourced,
    is_anchor: bool,
}

struct Search<'a> {
    pool: &'a CertificateSet,
    anchors: &'a CertificateSet,
    options: &'a Options,
    signatures: Signatures<'a>,
    budget: Budget,
    verdict: Verdict,
    /// The first path that only led back to an authority of its own. It explains something where nothing else does.
    looped: Option<RejectedPath>,
}

impl<'a> Search<'a> {
    /// Walks all paths, depth first; without recursion, since the depth is the caller's limit.
    fn run(&mut self, signer: &'a Sourced) -> Result<(), Limit> {
        if let Some(anchor) = self.anchors.find(&signer.certificate) {
            self.complete(&[signer], anchor)?;
        }
        let mut path = vec![signer];
        // Behind each certificate of the path: the candidates for its issuer that are still to be tried.
        let mut open = vec![self.candidates(&path)?];
        while let Some(candidates) = open.last_mut() {
            if !self.verdict.accepted.is_empty() && !self.options.every_path {
                break;
            }
            let Some(candidate) = candidates.next() else {
                open.pop();
                path.pop();
                continue;
            };
            if self.follow(&path, candidate)? {
                path.push(candidate.sourced);
                open.push(self.candidates(&path)?);
            }
        }
        Ok(())
    }

    /// The certificates that may have issued the last one of `path`, the most promising first. Where there is none, the
    /// path is a dead end and told as one.
    fn candidates(&mut self, path: &[&'a Sourced]) -> Result<std::vec::IntoIter<Candidate<'a>>, Limit> {
        let Some(last) = path.last() else { return Ok(Vec::new().into_iter()) };
        let last = &*last.certificate;
        let anchors = self.anchors.with_subject(last.issuer()).map(|sourced| Candidate { sourced, is_anchor: true });
        let others = self.pool.with_subject(last.issuer()).map(|sourced| Candidate { sourced, is_anchor: false });
        // Where an anchor is found among the others too, the path ends at the anchor.
        let others = others.filter(|candidate| !self.anchors.contains(&candidate.sourced.certificate));
        let named: Vec<_> = anchors.chain(others).collect();
        self.verdict.effort.edges += named.len();
        if self.verdict.effort.edges > self.options.limits.edges {
            return Err(Limit::Edges);
        }
        // RFC 4158 §5.2: an authority, which is its name and its key, stands once in a path. A signer that is an anchor
        // under another certificate is not a loop.
        let on_path = |candidate: &Candidate<'_>| {
            let other = &candidate.sourced.certificate;
            !(candidate.is_anchor && path.len() == 1)
                && path.iter().any(|step| is_same_authority(&step.certificate, other))
        };
        let mut candidates: Vec<_> = named.iter().copied().filter(|candidate| !on_path(candidate)).collect();
        candidates.sort_by_key(|candidate| rank(last, candidate, self.options.at));
        // A certificate that is itself an anchor has been tried as one; that it leads no further is no news.
        if candidates.is_empty() && !self.anchors.contains(last) {
            self.dead_end(path, last, &named)?;
        }
        Ok(candidates.into_iter())
    }

    /// Tells that `path` goes no further than `last`, its last certificate; `named` have the name of its issuer.
    fn dead_end(&mut self, path: &[&'a Sourced], last: &'a Certificate, named: &[Candidate<'a>]) -> Result<(), Limit> {
        let others = named.iter().any(|candidate| !is_same_authority(&candidate.sourced.certificate, last));
        let self_signed = last.is_self_issued() && self.signatures.verify(last, last.public_key())?.is_ok();
        let id = match (self_signed, others) {
            (true, _) => "trust-self-signed",
            (false, true) => "trust-issuer-loop",
            (false, false) => "trust-issuer-missing",
        };
        let message = Message::new(id).with("subject", last.subject()).with("issuer", last.issuer());
        let (expected, found) = (last.issuer().to_string(), "∅".to_owned());
        let rejection = Rejection { position: path.len() - 1, check: Check::Issuer, message, expected, found };
        if others && !self_signed {
            self.looped.get_or_insert_with(|| rejected(path, None, vec![rejection]));
            return Ok(());
        }
        self.reject(path, None, vec![rejection])
    }

    /// Tries `candidate` as the issuer of the last certificate of `path`; whether the path goes on there.
    fn follow(&mut self, path: &[&'a Sourced], candidate: Candidate<'a>) -> Result<bool, Limit> {
        let Some(last) = path.last() else { return Ok(false) };
        let limits = &self.options.limits;
        let issuer = &candidate.sourced.certificate;
        let known = self.signatures.is_known(&last.certificate, issuer.public_key());
        if let Err(error) = self.signatures.verify(&last.certificate, issuer.public_key())? {
            // No path goes this way, whatever led here: told once.
            if !known {
                let rejection = signature_rejection(path.len() - 1, issuer.subject(), &error);
                self.reject(path, Some(candidate), vec![rejection])?;
            }
            return Ok(false);
        }
        if candidate.is_anchor {
            self.complete(path, candidate.sourced)?;
            return Ok(false);
        }
        if path.len() >= limits.path_length {
            // Other paths may still be short enough.
            self.verdict.unfinished = Some((Limit::PathLength, limits.path_length));
            return Ok(false);
        }
        Ok(true)
    }

    /// Validates a path that reached an anchor.
    fn complete(&mut self, path: &[&'a Sourced], anchor: &'a Sourced) -> Result<(), Limit> {
        let Options { at, purpose, .. } = self.options;
        let signatures = &mut self.signatures;
        let mut verify = |certificate: &'a Certificate, key: &'a PublicKey| signatures.verify(certificate, key);
        let rejections = validate(path, anchor, *at, purpose, &mut self.budget, &mut verify)?;
        if !rejections.is_empty() {
            return self.reject(path, Some(Candidate { sourced: anchor, is_anchor: true }), rejections);
        }
        self.count_path()?;
        let certificates = path.iter().copied().cloned().collect();
        self.verdict.accepted.push(VerifiedPath::new(certificates, anchor.clone(), *at));
        Ok(())
    }

    /// Keeps a path that did not pass; `end` is what it led to.
    fn reject(
        &mut self,
        path: &[&'a Sourced],
        end: Option<Candidate<'a>>,
        rejections: Vec<Rejection>,
    ) -> Result<(), Limit> {
        self.count_path()?;
        self.verdict.rejected.push(rejected(path, end, rejections));
        Ok(())
    }

    fn count_path(&mut self) -> Result<(), Limit> {
        if self.verdict.effort.paths >= self.options.limits.paths {
            return Err(Limit::Paths);
        }
        self.verdict.effort.paths += 1;
        Ok(())
    }
}

/// Whether two certificates are of one name and one key.
fn is_same_authority(one: &Certificate, other: &Certificate) -> bool {
    one.public_key() == other.public_key() && one.subject() == other.subject()
}

/// A path that did not pass, and what it led to.
fn rejected(path: &[&Sourced], end: Option<Candidate<'_>>, rejections: Vec<Rejection>) -> RejectedPath {
    let mut certificates: Vec<_> = path.iter().copied().cloned().collect();
    let mut anchor = None;
    match end {
        Some(Candidate { sourced, is_anchor: true }) => anchor = Some(sourced.clone()),
        Some(Candidate { sourced, is_anchor: false }) => certificates.push(sourced.clone()),
        None => {}
    }
    RejectedPath { certificates, anchor, rejections }
}

/// How promising a candidate is as the issuer of `certificate`: the lesser the better (RFC 4158 §3.5).
fn rank(certificate: &Certificate, candidate: &Candidate<'_>, at: Timestamp) -> impl Ord + use<> {
    let issuer = &candidate.sourced.certificate;
    let key_identifier = match key_identifier(certificate, issuer) {
        KeyIdentifier::Fits => 0,
        KeyIdentifier::Unknown => 1,
        KeyIdentifier::Differs => 2,
    };
    let out_of_date = at < issuer.not_before() || at > issuer.not_after();
    (key_identifier, !candidate.is_anchor, out_of_date, Reverse(issuer.not_before()))
}

/// Whether the key that a certificate names as its issuer's is that of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyIdentifier {
    Fits,
    /// One of the two names none.
    Unknown,
    Differs,
}

/// Compares `authorityKeyIdentifier` with `subjectKeyIdentifier`. It is a hint for the search, no check: RFC 5280 §6.1
/// does not ask for it.
pub(crate) fn key_identifier(certificate: &Certificate, issuer: &Certificate) -> KeyIdentifier {
    match (&certificate.extensions().authority_key_identifier, &issuer.extensions().subject_key_identifier) {
        (Some(named), Some(own)) if named == own => KeyIdentifier::Fits,
        (Some(_), Some(_)) => KeyIdentifier::Differs,
        _ => KeyIdentifier::Unknown,
    }
}

/// A certificate, by its fingerprint, and the key it may be signed with, by its `SubjectPublicKeyInfo`.
type Signed<'a> = (&'a [u8; 32], &'a [u8]);

/// Signatures of certificates, each checked once.
struct Signatures<'a> {
    checked: HashMap<Signed<'a>, Result<(), SignatureError>>,
    limit: usize,
}

impl<'a> Signatures<'a> {
    fn is_known(&self, certificate: &'a Certificate, key: &'a PublicKey) -> bool {
        self.checked.contains_key(&(certificate.fingerprint(), key.spki()))
    }

    fn verify(
        &mut self,
        certificate: &'a Certificate,
        key: &'a PublicKey,
    ) -> Result<Result<(), SignatureError>, Limit> {
        let signed = (certificate.fingerprint(), key.spki());
        if let Some(result) = self.checked.get(&signed) {
            return Ok(result.clone());
        }
        if self.checked.len() >= self.limit {
            return Err(Limit::SignatureChecks);
        }
        let result = certificate.verify_signature(key);
        self.checked.insert(signed, result.clone());
        Ok(result)
    }
}
