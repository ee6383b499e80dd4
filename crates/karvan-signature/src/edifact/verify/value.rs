//! Whether a value is one of the octets that it should be of.

use std::collections::HashSet;

use karvan_pki::{Certificate, KeyKind, Legacy, PublicKey, SignatureAlgorithm, SignatureError};
use karvan_text::{Message, Span};

use super::Digested;
use super::groups::Verification;
use super::subject::Subject;
use crate::edifact::code::{Scope, Service};
use crate::edifact::filter::Filter;
use crate::edifact::group::SecurityHeader;
use crate::edifact::record::Record;
use crate::edifact::scope::{self, Layout};
use crate::edifact::structure::{Level, PlacedHeader};

/// A header group whose value is being checked: where it stands, and what of.
pub(super) struct Subjected<'v, 'a> {
    /// The file and the structure that the group stands in.
    pub(super) home: (&'v Subject<'a>, usize),
    pub(super) header: &'v PlacedHeader,
    /// Where the value stands, and with which qualifiers.
    pub(super) value: (&'v Record, usize, Span),
    /// The file and the structure that is covered, and the octets of it.
    pub(super) target: (&'v Subject<'a>, usize),
    pub(super) spans: Vec<Span>,
    pub(super) scope: Scope,
}

/// What a value was found to be made of.
pub(super) struct Checked {
    pub(super) signer: Option<(SignatureAlgorithm, Certificate)>,
    pub(super) digested: Digested,
}

/// Why a value is not accepted.
pub(super) struct Refusal {
    pub(super) span: Span,
    pub(super) number: u16,
    pub(super) message: Message,
    pub(super) help: Option<&'static str>,
}

impl Refusal {
    pub(super) fn new(span: Span, number: u16, message: Message) -> Box<Self> {
        Box::new(Self { span, number, message, help: None })
    }

    pub(super) fn with_help(mut self: Box<Self>, help: &'static str) -> Box<Self> {
        self.help = Some(help);
        self
    }
}

impl<'v> Verification<'v> {
    /// Whether the value is one of these octets.
    pub(super) fn check(&self, what: &Subjected<'_, 'v>) -> Result<Checked, Box<Refusal>> {
        let group = &what.header.group;
        let reference = group.reference();
        let (_, _, value_span) = what.value;
        let refusal =
            |number, message: Message| Refusal::new(value_span, number, message.with("reference", &reference));
        self.circumstances(what)?;
        let filter = group.filter();
        let filter =
            filter.ok_or_else(|| refusal(6208, Message::new("security-filter").with("code", group.filter_code())))?;
        let hashing = group.hashing().ok_or_else(|| refusal(6209, Message::new("security-no-hashing")))?;
        let digest_algorithm = hashing.digest();
        let digest_algorithm = digest_algorithm
            .ok_or_else(|| refusal(6209, Message::new("security-digest-unknown").with("algorithm", &hashing)))?;
        let weak = digest_algorithm.legacy().without(self.policy.legacy);
        if !weak.is_empty() {
            return Err(self.weak(&refusal, weak));
        }
        let Some(value) = Value::read(what.value.0, what.value.1, filter) else {
            return Err(refusal(6208, Message::new("security-value-form").with("filter", group.filter_code())));
        };
        if group.symmetric().is_some() {
            return Err(refusal(6209, Message::new("security-symmetric")));
        }
        let scheme = match group.signing() {
            None if group.service().is_some_and(Service::needs_no_signature) => None,
            None => return Err(refusal(6211, Message::new("security-no-signing").with("code", group.service_code()))),
            Some(signing) => {
                Some(signing.scheme().ok_or_else(|| {
                    refusal(6209, Message::new("security-scheme-unknown").with("algorithm", &signing))
                })?)
            }
        };
        let candidates = match scheme {
            Some(scheme) => self.candidates(group, scheme.with(digest_algorithm), &refusal)?,
            None => Vec::new(),
        };
        let (subject, target) = what.target;
        let octets = subject.structures.octets();
        let mut problem = None;
        for layout in [Layout::Kept, Layout::LeftOut] {
            let Some(spans) = subject.laid_out(&what.spans, layout) else { continue };
            if spans.iter().map(|span| span.len()).sum::<u64>() > self.left {
                let message = Message::new("security-passes").with("limit", self.policy.passes);
                return Err(refusal(9242, message));
            }
            let digest = scope::digest(octets, &spans, digest_algorithm);
            let signer = match scheme {
                None if value.is(digest.as_ref()) => None,
                None => continue,
                Some(scheme) => {
                    let algorithm = scheme.with(digest_algorithm);
                    let holds = candidates.iter().find(|candidate| {
                        match self.holds(candidate.public_key(), algorithm, digest.as_ref(), &value) {
                            Ok(()) => true,
                            Err(SignatureError::Wrong) => false,
                            Err(error) => {
                                problem.get_or_insert(error);
                                false
                            }
                        }
                    });
                    let Some(holds) = holds else { continue };
                    Some((algorithm, (*holds).clone()))
                }
            };
            let digested = Digested {
                reference: reference.into_owned(),
                file: subject.which,
                structure: subject.path(target),
                scope: what.scope,
                layout,
                algorithm: digest_algorithm,
                digest,
                spans,
            };
            return Ok(Checked { signer, digested });
        }
        if let Some(SignatureError::Legacy(weak)) = problem {
            return Err(self.weak(&refusal, weak));
        }
        let message = match problem {
            Some(error) => Message::new("security-key-unfit").with("detail", error),
            None => Message::new("security-value-wrong").with("structure", subject.path(target)),
        };
        let number = if scheme.is_some() { 6220 } else { 6222 };
        Err(refusal(number, message).with_help("help-security-value-wrong"))
    }

    fn weak(&self, refusal: &impl Fn(u16, Message) -> Box<Refusal>, weak: Legacy) -> Box<Refusal> {
        refusal(6221, Message::new("security-weak").with("names", weak)).with_help("help-security-weak")
    }

    /// What must be so for a value to mean what it says: the encoding and the service characters of the time of signing.
    fn circumstances(&self, what: &Subjected<'_, 'v>) -> Result<(), Box<Refusal>> {
        let group = &what.header.group;
        let (subject, index) = what.home;
        let refusal = |number, message: Message| {
            Refusal::new(what.header.span, number, message.with("reference", group.reference()))
        };
        let interchange = subject.structures.enclosing(index, Level::Interchange);
        let repertoire = interchange
            .and_then(|structure| karvan_edifact::Repertoire::from_identifier(structure.header.value(0, 0, 0)));
        let utf8 = repertoire.is_some_and(karvan_edifact::Repertoire::is_utf8);
        if !(matches!(&*group.encoding(), "" | "1" | "2") || group.encoding() == "7" && utf8) {
            return Err(refusal(6217, Message::new("security-encoding").with("code", group.encoding())));
        }
        let characters = subject.structures.all()[index].characters;
        let told = group.certificates().iter().flat_map(|certificate| certificate.service_characters());
        for (role, character) in told {
            let in_force = match role {
                b'1' => Some(characters.terminator),
                b'2' => Some(characters.component),
                b'3' => Some(characters.element),
                b'4' => characters.release,
                b'5' => characters.repetition,
                _ => continue,
            };
            if character != in_force {
                return Err(refusal(6216, Message::new("security-characters").with("role", char::from(role))));
            }
        }
        Ok(())
    }

    /// The certificates that the group may refer to, with keys that make such signatures.
    fn candidates(
        &self,
        group: &SecurityHeader,
        algorithm: SignatureAlgorithm,
        refusal: &impl Fn(u16, Message) -> Box<Refusal>,
    ) -> Result<Vec<&Certificate>, Box<Refusal>> {
        let meant =
            |certificate: &Certificate| group.certificates().first().is_none_or(|first| first.may_be(certificate));
        let mut seen = HashSet::new();
        let all = self.offered.iter().chain(self.known).filter(|one| seen.insert(*one.fingerprint()) && meant(one));
        let fitting: Vec<_> = all.filter(|one| makes(one.public_key(), algorithm)).take(self.policy.keys + 1).collect();
        if fitting.len() > self.policy.keys {
            return Err(refusal(9241, Message::new("security-keys").with("limit", self.policy.keys)));
        }
        if fitting.is_empty() {
            let named = group.certificates().first().map_or_else(String::new, |first| {
                let names = first.key_names().next().unwrap_or_default();
                if first.reference().is_empty() { names.into_owned() } else { first.reference().into_owned() }
            });
            let message =
                Message::new("security-no-certificate").with("certificate", named).with("algorithm", algorithm);
            return Err(refusal(6210, message).with_help("help-signer-certificate"));
        }
        Ok(fitting)
    }

    fn holds(
        &self,
        key: &PublicKey,
        algorithm: SignatureAlgorithm,
        digest: &[u8],
        value: &Value,
    ) -> Result<(), SignatureError> {
        let signature = value.signature(key).ok_or(SignatureError::Wrong)?;
        match algorithm.digest() {
            Some(_) => key.verify_digest(algorithm, digest, &signature, self.policy.legacy),
            None => key.verify_allowing(algorithm, digest, &signature, self.policy.legacy),
        }
    }
}

/// The values of S508 (USR, USY), the filter taken away.
#[derive(Debug)]
enum Value {
    /// 0563 is 1.
    Single(Vec<u8>),
    /// 0563 is 2 and 3.
    Pair(Vec<u8>, Vec<u8>),
}

impl Value {
    /// The values in a data element of `record`; none where they are not what the filter makes, or not one or two.
    fn read(record: &Record, element: usize, filter: Filter) -> Option<Self> {
        let mut values = record.occurrences(element).map(|components| {
            let qualifier = components.first().map(Vec::as_slice).unwrap_or_default();
            Some((qualifier, filter.decode(components.get(1)?)?))
        });
        match (values.next()??, values.next(), values.next()) {
            ((b"1", value), None, None) => Some(Self::Single(value)),
            ((b"2", r), Some(Some((b"3", s))), None) => Some(Self::Pair(r, s)),
            _ => None,
        }
    }

    fn is(&self, digest: &[u8]) -> bool {
        matches!(self, Self::Single(value) if value == digest)
    }

    /// The signature as a key takes it: of a pair `r ‖ s`, each as long as it must be.
    fn signature(&self, key: &PublicKey) -> Option<Vec<u8>> {
        match self {
            Self::Single(value) => (!makes_pairs(key)).then(|| value.clone()),
            Self::Pair(..) if !makes_pairs(key) => None,
            Self::Pair(r, s) => {
                // DSA has as many octets as its q, one of three sizes (FIPS 186-4 §4.2).
                let fits = match key.kind().curve_octets() {
                    Some(size) => r.len() == size,
                    None => [20, 28, 32].contains(&r.len()),
                };
                (fits && r.len() == s.len()).then(|| [r.as_slice(), s].concat())
            }
        }
    }
}

/// Whether signatures of the key are a pair `r`, `s`.
fn makes_pairs(key: &PublicKey) -> bool {
    key.kind().curve_octets().is_some() || matches!(key.kind(), KeyKind::Dsa { .. })
}

/// Whether a key of this kind makes signatures of that algorithm.
fn makes(key: &PublicKey, algorithm: SignatureAlgorithm) -> bool {
    use SignatureAlgorithm as A;
    match key.kind() {
        KeyKind::Rsa { .. } => matches!(algorithm, A::RsaPkcs1(_) | A::RsaPss { .. }),
        KeyKind::EcP256 | KeyKind::EcP384 | KeyKind::EcP521 => matches!(algorithm, A::EcdsaFixed(_)),
        KeyKind::Dsa { .. } => matches!(algorithm, A::DsaFixed(_)),
        KeyKind::Ed25519 => algorithm == A::Ed25519,
        _ => false,
    }
}
