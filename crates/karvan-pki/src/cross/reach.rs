//! Who is reachable through a store: every foreign authority that its anchors lead to, with what binds it.

use std::borrow::Cow;
use std::collections::HashMap;

use karvan_text::catalogue::isolate;
use karvan_text::{Language, Message};
use serde::Serialize;

use crate::explain::LimitFacts;
use crate::explain::line;
use crate::policy::ValidPolicy;
use crate::{Certificate, CertificateSet, Limit, NameConstraints, Options, TrustStore, VerifiedPath, find_paths};

/// Every foreign authority that the anchors of a store lead to.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Reach {
    /// The time for which it holds, RFC 3339.
    pub at: String,
    /// The authorities, those with the shortest way first.
    pub authorities: Vec<ReachedAuthority>,
    /// Signers of the pool that are reached through them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<ReachedAuthority>,
    /// The limit that ended a search, if one did: there may be more than is listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitFacts>,
}

/// A foreign authority, or a signer, and the ways that lead to it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ReachedAuthority {
    /// RFC 4514.
    pub subject: String,
    /// Its country, if its name has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The ways, the shortest first.
    pub ways: Vec<Way>,
}

/// One way from an anchor, and what holds along it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Way {
    /// The certificates from the anchor on, by short names, the one that is reached last.
    pub via: Vec<String>,
    /// Whether the anchor certified it directly; else another authority did, which the anchor trusts to.
    pub direct: bool,
    /// The first instant at which the whole way is valid, RFC 3339.
    pub not_before: String,
    /// The last such instant.
    pub not_after: String,
    /// How many further authorities may follow; none: any number.
    pub path_length: Option<u64>,
    /// The names that may be certified: one list a certificate that limits them, a name must be in each; empty: any.
    pub permitted: Vec<Vec<String>>,
    /// The names that may not.
    pub excluded: Vec<String>,
    /// The policies for which the way is valid, as the anchor calls them, each with what it is called along the way;
    /// empty: none.
    pub policies: Vec<ValidPolicy>,
}

/// Lists every authority, and every signer, of `pool` whose country is not that of the anchor it is reached from.
///
/// Each is asked about with [`find_paths`], all paths, so what is listed is what a verification would accept at
/// [`Options::at`]. An authority that could issue nothing, since the path length is used up, is not listed.
#[must_use]
pub fn reach(pool: &CertificateSet, anchors: &TrustStore, options: &Options) -> Reach {
    let options = Options { every_path: true, purpose: crate::Purpose::any(), ..options.clone() };
    let mut found: HashMap<(String, bool, Vec<u8>), ReachedAuthority> = HashMap::new();
    let mut ended: Option<(Limit, usize)> = None;
    for target in pool.iter() {
        let certificate = &*target.certificate;
        if certificate.is_self_issued() || anchors.anchors().contains(certificate) {
            continue;
        }
        let verdict = find_paths(target, pool, anchors, &options);
        ended = ended.or(verdict.unfinished);
        for path in &verdict.accepted {
            if certificate.subject().country() == path.anchor().certificate.subject().country() {
                continue;
            }
            let Some(way) = Way::new(path, certificate.is_authority()) else { continue };
            let subject = certificate.subject().to_string();
            let key = (subject.clone(), certificate.is_authority(), certificate.public_key().spki().to_vec());
            let country = certificate.subject().country().map(Cow::into_owned);
            let reached = found.entry(key).or_insert_with(|| ReachedAuthority { subject, country, ways: Vec::new() });
            if !reached.ways.contains(&way) {
                reached.ways.push(way);
            }
        }
    }
    let mut sorted: Vec<_> = found.into_iter().map(|((_, authority, _), reached)| (authority, reached)).collect();
    for (_, reached) in &mut sorted {
        reached.ways.sort_by_key(|way| (way.via.len(), way.via.clone()));
    }
    let shortest = |reached: &ReachedAuthority| reached.ways.first().map_or(0, |way| way.via.len());
    sorted.sort_by_key(|(_, reached)| (shortest(reached), reached.subject.clone()));
    let (authorities, signers): (Vec<_>, Vec<_>) = sorted.into_iter().partition(|(authority, _)| *authority);
    let only = |list: Vec<(bool, ReachedAuthority)>| list.into_iter().map(|(_, reached)| reached).collect();
    Reach {
        at: options.at.to_string(),
        authorities: only(authorities),
        signers: only(signers),
        limit: ended.map(|(name, value)| LimitFacts { name, value }),
    }
}

impl Way {
    /// What holds along `path`; none where its last authority could issue nothing.
    fn new(path: &VerifiedPath, authority: bool) -> Option<Self> {
        let anchor = &path.anchor().certificate;
        // From the anchor on.
        let steps: Vec<&Certificate> = path.certificates().iter().rev().map(|step| &*step.certificate).collect();
        let mut way = Self {
            via: vec![path.anchor().label()],
            direct: steps.len() == 1,
            not_before: String::new(),
            not_after: String::new(),
            path_length: length(anchor),
            permitted: Vec::new(),
            excluded: Vec::new(),
            policies: path.policies().to_vec(),
        };
        way.constrain(anchor.extensions().name_constraints.as_ref());
        let (mut from, mut until) = (anchor.not_before(), anchor.not_after());
        for (sourced, step) in path.certificates().iter().rev().zip(&steps) {
            way.via.push(sourced.label());
            (from, until) = (from.max(step.not_before()), until.min(step.not_after()));
            if !authority && std::ptr::eq(*step, *steps.last()?) {
                break;
            }
            if !step.is_self_issued() {
                way.path_length = match way.path_length {
                    Some(0) => return None,
                    left => left.map(|left| left - 1),
                };
            }
            way.path_length = way.path_length.into_iter().chain(length(step)).min();
            way.constrain(step.extensions().name_constraints.as_ref());
        }
        (way.not_before, way.not_after) = (from.to_string(), until.to_string());
        Some(way)
    }

    fn constrain(&mut self, names: Option<&NameConstraints>) {
        let Some(names) = names else { return };
        let shown =
            |trees: &[crate::GeneralSubtree]| trees.iter().map(|tree| tree.base.to_string()).collect::<Vec<_>>();
        if !names.permitted.is_empty() {
            self.permitted.push(shown(&names.permitted));
        }
        self.excluded.extend(shown(&names.excluded));
    }
}

fn length(certificate: &Certificate) -> Option<u64> {
    certificate.extensions().basic_constraints.and_then(|constraints| constraints.path_length)
}

impl Reach {
    /// The list for people, several lines, each ended.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let mut text = String::new();
        for (id, list) in [("cross-authorities", &self.authorities), ("cross-signers", &self.signers)] {
            if id == "cross-signers" && list.is_empty() {
                continue;
            }
            let title = Message::new(id).with("count", list.len()).with("at", &self.at);
            line(&mut text, 0, &title.text(language));
            for reached in list {
                line(&mut text, 1, &isolate(&reached.subject, language));
                for way in &reached.ways {
                    way.write(&mut text, language);
                }
            }
        }
        if let Some(limit) = self.limit {
            let message = Message::new("cross-limit").with("limit", limit.name).with("value", limit.value);
            line(&mut text, 0, &message.text(language));
        }
        text
    }
}

impl Way {
    fn write(&self, text: &mut String, language: Language) {
        line(text, 2, &isolate(&self.via.join(" → "), language));
        let until = Message::new("trust-explain-validity");
        line(text, 3, &until.with("from", &self.not_before).with("until", &self.not_after).text(language));
        let any = Message::new("cross-any").text(language);
        let permitted = match &self.permitted[..] {
            [] => any.clone(),
            lists => lists.iter().map(|list| list.join(" | ")).collect::<Vec<_>>().join(" & "),
        };
        let policies = self.policies.iter().map(|policy| {
            let trail = policy.trail.iter().map(ToString::to_string).collect::<Vec<_>>();
            if trail.is_empty() { policy.policy.to_string() } else { trail.join(" → ") }
        });
        let policies = policies.collect::<Vec<_>>().join(" | ");
        for (id, value) in [
            ("cross-permitted", permitted),
            ("cross-excluded", self.excluded.join(" | ")),
            ("cross-path-length", self.path_length.map_or(any, |length| length.to_string())),
            ("cross-policies", policies),
        ] {
            if !value.is_empty() {
                line(text, 3, &format!("{}: {}", Message::new(id).text(language), isolate(&value, language)));
            }
        }
    }
}
