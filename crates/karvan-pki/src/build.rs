//! Path building (RFC 4158): from the signer's certificate through intermediates and cross-certificates to an anchor.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use karvan_text::Message;

use crate::check::{Check, Rejection};
use crate::policy::PolicyOptions;
use crate::revocation::RevocationOptions;
use crate::session::{Session, SignatureMemory};
use crate::trace::{Fact, Facts, Step, StepResult};
use crate::validate::{Purpose, Validated, signature_rejection, validate};
use crate::verdict::{Effort, RejectedPath, Verdict, VerifiedPath};
use crate::{
    Certificate, CertificateSet, KeyKind, Legacy, Limit, Limits, Name, NameConstraints, Recognition, Register, Sourced,
    TrustStore,
};

/// What is asked about a certificate: the inputs of RFC 5280 §6.1.1, and what may be spent.
#[derive(Clone, Debug)]
pub struct Options {
    /// The time for which the answer is to hold (b).
    pub at: Timestamp,
    /// What the certificate is to be good for.
    pub purpose: Purpose,
    /// Which policies will do, and how they are treated (c), (e), (f), (g).
    pub policies: PolicyOptions,
    /// Which names may be certified (h), (i); none: all.
    pub names: Option<NameConstraints>,
    /// What must be known of revocation.
    pub revocation: RevocationOptions,
    /// What is weak and believed all the same.
    pub legacy: Legacy,
    /// The agreements of which one must recognise a foreign authority; none: that is not asked.
    pub register: Option<Arc<Register>>,
    /// What signatures came to for earlier questions; none: each is checked anew. The verdict is the same, and its effort too.
    pub signatures: Option<SignatureMemory>,
    /// What may be spent.
    pub limits: Limits,
    /// Whether to go on after the first path that passes, so that the verdict holds all of them.
    pub every_path: bool,
}

impl Options {
    /// Whether the certificate is good for signing documents at `at`: under any policy, with any name, revocation not looked
    /// at.
    #[must_use]
    pub fn document_signature(at: Timestamp) -> Self {
        Self {
            at,
            purpose: Purpose::document_signature(),
            policies: PolicyOptions::default(),
            names: None,
            revocation: RevocationOptions::default(),
            legacy: Legacy::NONE,
            register: None,
            signatures: None,
            limits: Limits::default(),
            every_path: false,
        }
    }
}

/// Finds the paths from `signer` through any certificates of `pool` to any anchor of `anchors`.
///
/// Paths are tried in the order of their promise: issuers that lead to an anchor by their names come before those that
/// do not, then those whose key identifier fits, anchors before others, those that speak for themselves (valid at the time,
/// an authority, the signer's name and a wanted policy within its constraints), the shorter way, and the newer. No path enters the same authority (its name and key) twice, so
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
    let mut session = Session::new(pool, anchors, options);
    let Options { at, purpose, every_path, .. } = options;
    let query = Query { leaf: signer, purpose: purpose.clone(), at: *at, anchor: None, every_path: *every_path };
    let (found, ended) = search(&mut session, query);
    let Found { accepted, mut rejected, looped, kept_from, .. } = found;
    if rejected.is_empty() && accepted.is_empty() {
        rejected.extend(looped);
    }
    // What ended the search comes before what only kept it from going on in places.
    let full = [pool, anchors.anchors()].into_iter().find_map(CertificateSet::exceeded);
    let full = full.or(options.revocation.evidence.exceeded());
    let ended = ended.err().or(kept_from).or(full);
    // Complete paths first, then those with fewer faults: what a reader most likely meant.
    rejected.sort_by_key(|path| (!path.is_indeterminate(), path.anchor.is_none(), path.rejections.len()));
    Verdict {
        signer: signer.clone(),
        at: options.at,
        accepted,
        rejected,
        unfinished: ended.map(|limit| (limit, limit.value(&options.limits))),
        revocation: options.revocation.mode,
        effort: Effort {
            edges: session.edges.spent(),
            signature_checks: session.signatures.count(),
            paths: session.paths.spent(),
            name_comparisons: session.names.spent(),
            policy_nodes: session.policies.spent(),
            revocation_checks: session.evidence_checks.spent(),
        },
    }
}

/// Whether a path leads from the certificate of a query to its anchor.
pub(crate) fn is_trusted<'a>(session: &mut Session<'a>, query: Query<'a>) -> Result<bool, Limit> {
    let (found, ended) = search(session, query);
    ended.map(|()| !found.accepted.is_empty())
}

/// What is looked for.
pub(crate) struct Query<'a> {
    /// The certificate to begin with.
    pub(crate) leaf: &'a Sourced,
    pub(crate) purpose: Purpose,
    pub(crate) at: Timestamp,
    /// The only anchor that will do; none: any of the store.
    pub(crate) anchor: Option<&'a Sourced>,
    pub(crate) every_path: bool,
}

/// What was found.
#[derive(Default)]
struct Found {
    accepted: Vec<VerifiedPath>,
    rejected: Vec<RejectedPath>,
    /// The first path that only led back to an authority of its own. It explains something where nothing else does.
    looped: Option<RejectedPath>,
    /// The limit that kept the search from going on in places.
    kept_from: Option<Limit>,
}

fn search<'a>(session: &mut Session<'a>, query: Query<'a>) -> (Found, Result<(), Limit>) {
    let mut search = Search { session, query, found: Found::default(), distances: None };
    let ended = search.run();
    (search.found, ended)
}

/// One certificate that may have issued another.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    sourced: &'a Sourced,
    is_anchor: bool,
}

struct Search<'s, 'a> {
    session: &'s mut Session<'a>,
    query: Query<'a>,
    found: Found,
    /// How many certificates lie between a name and the anchors, once that is needed to choose.
    distances: Option<HashMap<&'a Name, usize>>,
}

impl<'a> Search<'_, 'a> {
    /// Walks all paths, depth first; without recursion, since the depth is the caller's limit.
    fn run(&mut self) -> Result<(), Limit> {
        let signer = self.query.leaf;
        if let Some(anchor) = self.anchor(&signer.certificate) {
            self.complete(&[signer], anchor)?;
        }
        let mut path = vec![signer];
        // Behind each certificate of the path: the candidates for its issuer that are still to be tried.
        let mut open = vec![self.candidates(&path)?];
        while let Some(candidates) = open.last_mut() {
            if !self.found.accepted.is_empty() && !self.query.every_path {
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

    /// `certificate` as a trust anchor, if it is one that will do.
    fn anchor(&self, certificate: &Certificate) -> Option<&'a Sourced> {
        let found = self.session.anchors.anchors().find(certificate)?;
        let will_do = self.query.anchor.is_none_or(|anchor| anchor.certificate == found.certificate);
        will_do.then_some(found)
    }

    /// The certificates that may have issued the last one of `path`, the most promising first. Where there is none, the
    /// path is a dead end and told as one.
    fn candidates(&mut self, path: &[&'a Sourced]) -> Result<std::vec::IntoIter<Candidate<'a>>, Limit> {
        let Some(last) = path.last() else { return Ok(Vec::new().into_iter()) };
        let last = &*last.certificate;
        let store = self.session.anchors.anchors();
        let anchors = store.with_subject(last.issuer()).filter(|sourced| self.anchor(&sourced.certificate).is_some());
        let anchors = anchors.map(|sourced| Candidate { sourced, is_anchor: true });
        let others = self.session.pool.with_subject(last.issuer());
        let others = others.map(|sourced| Candidate { sourced, is_anchor: false });
        // Where an anchor is found among the others too, the path ends at the anchor.
        let others = others.filter(|candidate| self.anchor(&candidate.sourced.certificate).is_none());
        let named: Vec<_> = anchors.chain(others).collect();
        for _ in &named {
            self.session.edges.spend()?;
        }
        // RFC 4158 §5.2: an authority, which is its name and its key, stands once in a path. A signer that is an anchor
        // under another certificate is not a loop.
        let on_path = |candidate: &Candidate<'_>| {
            let other = &candidate.sourced.certificate;
            !(candidate.is_anchor && path.len() == 1)
                && path.iter().any(|step| is_same_authority(&step.certificate, other))
        };
        let mut candidates: Vec<_> = named.iter().copied().filter(|candidate| !on_path(candidate)).collect();
        if candidates.len() > 1 {
            let leaf = &*self.query.leaf.certificate;
            let session = &*self.session;
            let distances = self.distances.get_or_insert_with(|| distances(session));
            candidates.sort_by_cached_key(|candidate| {
                rank(last, leaf, candidate, self.query.at, distances, &session.options.policies)
            });
        }
        // A certificate that is itself an anchor has been tried as one; that it leads no further is no news.
        if candidates.is_empty() && self.anchor(last).is_none() {
            self.dead_end(path, last, &named)?;
        }
        Ok(candidates.into_iter())
    }

    /// Tells that `path` goes no further than `last`, its last certificate; `named` have the name of its issuer.
    fn dead_end(&mut self, path: &[&'a Sourced], last: &'a Certificate, named: &[Candidate<'a>]) -> Result<(), Limit> {
        let others = named.iter().any(|candidate| !is_same_authority(&candidate.sourced.certificate, last));
        let self_signed = last.is_self_issued() && self.session.verify(last, last.public_key())?.is_ok();
        let id = match (self_signed, others) {
            (true, _) => "trust-self-signed",
            (false, true) => "trust-issuer-loop",
            (false, false) => "trust-issuer-missing",
        };
        let message = Message::new(id).with("subject", last.subject()).with("issuer", last.issuer());
        let (expected, found) = (last.issuer().to_string(), "∅".to_owned());
        let rejection = Rejection { position: path.len() - 1, check: Check::Issuer, message, expected, found };
        if others && !self_signed {
            self.found.looped.get_or_insert_with(|| rejected(path, None, vec![rejection]));
            return Ok(());
        }
        self.reject(path, None, vec![rejection])
    }

    /// Tries `candidate` as the issuer of the last certificate of `path`; whether the path goes on there.
    fn follow(&mut self, path: &[&'a Sourced], candidate: Candidate<'a>) -> Result<bool, Limit> {
        let Some(last) = path.last() else { return Ok(false) };
        let limits = &self.session.options.limits;
        let issuer = &candidate.sourced.certificate;
        // A key that leaves its parameters to its own issuer can only be used once that one is known.
        let incomplete = matches!(issuer.public_key().kind(), KeyKind::Dsa { bits: None }) && !candidate.is_anchor;
        let known = self.session.signatures.is_known(last.certificate.fingerprint(), issuer.public_key());
        let verified = if incomplete { Ok(()) } else { self.session.verify(&last.certificate, issuer.public_key())? };
        if let Err(error) = verified {
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
            self.found.kept_from = Some(Limit::PathLength);
            return Ok(false);
        }
        Ok(true)
    }

    /// Validates a path that reached an anchor.
    fn complete(&mut self, path: &[&'a Sourced], anchor: &'a Sourced) -> Result<(), Limit> {
        self.session.paths.spend()?;
        let mut validated = validate(self.session, path, anchor, self.query.at, &self.query.purpose)?;
        let recognition = self.recognise(path, anchor, &mut validated);
        if validated.rejections.is_empty() {
            let certificates = path.iter().copied().cloned().collect();
            let path = VerifiedPath::new(certificates, anchor.clone(), self.query.at, validated);
            self.found.accepted.push(path.recognised(recognition));
        } else {
            let mut path = rejected(path, Some(Candidate { sourced: anchor, is_anchor: true }), validated.rejections);
            path.steps = validated.steps;
            self.found.rejected.push(path);
        }
        Ok(())
    }

    /// What the register says of a path that holds; where it does not recognise the path, that is a rejection.
    fn recognise(&self, path: &[&'a Sourced], anchor: &'a Sourced, validated: &mut Validated) -> Option<Recognition> {
        // Whoever signs revocation lists needs no agreement of its own: the path that it tells about does.
        let register = self.session.options.register.as_deref().filter(|_| self.query.anchor.is_none())?;
        if !validated.rejections.is_empty() {
            return None;
        }
        let certificates: Vec<_> = path.iter().map(|step| &*step.certificate).collect();
        let (recognised, step) =
            register.recognise(&certificates, &anchor.certificate, &validated.policies, self.query.at);
        validated.steps.push(step);
        recognised.map_err(|rejection| validated.rejections.push(*rejection)).ok()
    }

    /// Keeps a path that leads to no anchor; `end` is what it led to.
    fn reject(
        &mut self,
        path: &[&'a Sourced],
        end: Option<Candidate<'a>>,
        rejections: Vec<Rejection>,
    ) -> Result<(), Limit> {
        self.session.paths.spend()?;
        self.found.rejected.push(rejected(path, end, rejections));
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
    // The search left the path at these steps: nothing else of it was checked.
    let steps = rejections
        .iter()
        .map(|rejection| Step {
            certificate: rejection.position,
            check: rejection.check,
            clause: rejection.check.clause(),
            inputs: Facts::new()
                .with("expected", Fact::text(&rejection.expected))
                .with("found", Fact::text(&rejection.found))
                .into(),
            result: StepResult::Failed,
        })
        .collect();
    RejectedPath { certificates, anchor, rejections, steps }
}

/// How many certificates of authorities lie between each name and the nearest anchor, by names alone: what cannot lead to an anchor is tried
/// last, and of two ways the shorter one first.
fn distances<'a>(session: &Session<'a>) -> HashMap<&'a Name, usize> {
    let mut issued: HashMap<&Name, Vec<&Name>> = HashMap::new();
    for sourced in session.pool.iter().filter(|sourced| sourced.certificate.is_authority()) {
        issued.entry(sourced.certificate.issuer()).or_default().push(sourced.certificate.subject());
    }
    let mut distances = HashMap::new();
    let mut reached: Vec<&Name> = session.anchors.anchors().iter().map(|anchor| anchor.certificate.subject()).collect();
    for distance in 0.. {
        if reached.is_empty() {
            break;
        }
        distances.extend(reached.iter().map(|name| (*name, distance)));
        let next: HashSet<&Name> = reached
            .iter()
            .filter_map(|name| issued.remove(name))
            .flatten()
            .filter(|name| !distances.contains_key(name))
            .collect();
        reached = next.into_iter().collect();
    }
    distances
}

/// How promising a candidate is as the issuer of `certificate` on the way from `leaf`: the lesser the better (RFC 4158 §3.5).
fn rank(
    certificate: &Certificate,
    leaf: &Certificate,
    candidate: &Candidate<'_>,
    at: Timestamp,
    distances: &HashMap<&Name, usize>,
    policies: &PolicyOptions,
) -> impl Ord + use<> {
    let issuer = &candidate.sourced.certificate;
    let extensions = issuer.extensions();
    let key_identifier = match key_identifier(certificate, issuer) {
        KeyIdentifier::Fits => 0,
        KeyIdentifier::Unknown => 1,
        KeyIdentifier::Differs => 2,
    };
    let distance = if candidate.is_anchor { Some(&0) } else { distances.get(issuer.issuer()) };
    let out_of_date = at < issuer.not_before() || at > issuer.not_after();
    let not_an_authority = !issuer.is_authority() && !candidate.is_anchor;
    let out_of_names = extensions.name_constraints.as_ref().is_some_and(|constraints| {
        let directories = constraints.permitted.iter().filter_map(|subtree| subtree.base.directory());
        let mut directories = directories.peekable();
        directories.peek().is_some() && !directories.any(|base| leaf.subject().is_within(base))
    });
    let other_policies = !policies.accepts_any()
        && extensions.policy_mappings.is_empty()
        && extensions.certificate_policies.as_ref().is_some_and(|stated| {
            stated.iter().all(|policy| {
                policy.identifier != crate::ANY_POLICY && !policies.acceptable.contains(&policy.identifier)
            })
        });
    let faults = [out_of_date, not_an_authority, out_of_names, other_policies];
    let faults = faults.into_iter().filter(|fault| *fault).count();
    // What leads nowhere comes last, whatever else speaks for it.
    (distance.is_none(), key_identifier, !candidate.is_anchor, faults, distance.copied(), Reverse(issuer.not_before()))
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
