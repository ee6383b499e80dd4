//! Basic path validation: the state machine of RFC 5280 §6.1, one named check after the other.
//!
//! The variables are those of §6.1.2 and the steps are called as there. A path is not left at its first fault: every fault
//! is told, and every step, passed or not, stands in the trace.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use karvan_text::Message;

use crate::anchor::AnchorConstraints;
use crate::check::{Check, Rejection};
use crate::constraints::{Subtrees, Violation, names};
use crate::name::brief;
use crate::policy::{ANY_POLICY, Graph, ValidPolicy};
use crate::revocation::{self, Doubt, Question, RevocationMode, RevocationStatus, Told};
use crate::session::Session;
use crate::trace::{Fact, Facts, Step, StepResult};
use crate::{
    Certificate, KeyUsage, Legacy, Limit, Name, ObjectIdentifier, PublicKey, SignatureError, Sourced, extensions,
};

/// What the signer's certificate is to be good for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purpose {
    /// The key usage must hold one of these bits, if the certificate limits its key usage (RFC 5280 §4.2.1.3).
    pub key_usage: Option<KeyUsage>,
    /// The extended key usage must hold one of these purposes, if the certificate has any (RFC 5280 §4.2.1.12); none
    /// asked: every purpose will do. Authorities that limit the purposes of those below them are held to it too.
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

/// What validation found on a path.
#[derive(Clone, Debug)]
pub(crate) struct Validated {
    /// Every check that was not passed; none, and the path is good.
    pub(crate) rejections: Vec<Rejection>,
    /// What could not be told and need not be: certificates of which no revocation is known.
    pub(crate) unknown: Vec<Rejection>,
    /// `valid_policy_graph`, as the policies of the trust anchor for which the path is valid.
    pub(crate) policies: Vec<ValidPolicy>,
    /// `working_public_key`, with the parameters that it inherited.
    pub(crate) public_key: PublicKey,
    /// What of the signatures is weak, and allowed.
    pub(crate) legacy: Legacy,
    /// Every step.
    pub(crate) steps: Vec<Step>,
}

/// Validates `path`, the signer's certificate first, under `anchor` at the time `at`.
///
/// # Errors
/// The limit that kept it from finishing.
pub(crate) fn validate<'a>(
    session: &mut Session<'a>,
    path: &[&'a Sourced],
    anchor: &'a Sourced,
    at: Timestamp,
    purpose: &Purpose,
) -> Result<Validated, Limit> {
    let own = AnchorConstraints::of_extensions(anchor.certificate.extensions());
    let mut state = State::initialize(session, anchor, &own, path.len(), at);
    let direct = path.len() == 1 && path[0].certificate == anchor.certificate;
    if direct {
        // The signer's certificate is itself an anchor: there is nothing to prove but that it may be used.
        state.validity(0, &anchor.certificate);
        state.critical_extensions(0, &anchor.certificate);
        state.key_usages(0, &anchor.certificate, purpose);
        return Ok(state.end(Vec::new()));
    }
    state.anchor(path.len(), &anchor.certificate, purpose);
    let mut issuer = &*anchor.certificate;
    // RFC 5280 counts from the certificate that the anchor issued; here the signer's is 0.
    for (position, sourced) in path.iter().enumerate().rev() {
        let certificate = &*sourced.certificate;
        let last = position == 0;
        let result = session.verify(certificate, &state.working_public_key)?;
        state.signature(position, certificate, result);
        state.validity(position, certificate);
        match session.options.revocation.mode {
            RevocationMode::Off => {}
            mode => {
                let issuer_key = &state.working_public_key;
                let question = Question { certificate, issuer, issuer_key, anchor, at };
                let told = revocation::check(session, question)?;
                state.revocation(position, certificate, told, mode);
            }
        }
        state.name_chaining(position, certificate);
        // §6.1.3 (b), (c): not for self-issued certificates, unless it is the last one.
        if last || !certificate.is_self_issued() {
            state.names(session, position, certificate)?;
        }
        state.policies(session, position, certificate)?;
        if !last {
            state.prepare_for_next(session, position, certificate, purpose)?;
        }
        state.critical_extensions(position, certificate);
        issuer = certificate;
    }
    let mut policies = Vec::new();
    if let Some(signer) = path.first() {
        policies = state.wrap_up(session, &signer.certificate)?;
        state.key_usages(0, &signer.certificate, purpose);
    }
    Ok(state.end(policies))
}

/// The state variables of §6.1.2.
struct State<'a, 'c> {
    at: Timestamp,
    graph: Graph<'a>,
    subtrees: Subtrees<'c>,
    explicit_policy: u64,
    inhibit_any_policy: u64,
    policy_mapping: u64,
    working_public_key: Cow<'a, PublicKey>,
    /// What of the signatures so far is weak, and allowed.
    legacy: Legacy,
    working_issuer_name: &'a Name,
    max_path_length: u64,
    /// The policies that will do, of the user and of the anchor; none: any.
    acceptable: Option<BTreeSet<ObjectIdentifier>>,
    constraints: Option<&'a AnchorConstraints>,
    rejections: Vec<Rejection>,
    unknown: Vec<Rejection>,
    steps: Vec<Step>,
}

impl<'a: 'c, 'c> State<'a, 'c> {
    /// §6.1.2, from the inputs of §6.1.1, narrowed by what the anchor's own certificate (`own`) and the user's store say of
    /// the anchor (RFC 5937 §3.2).
    fn initialize(
        session: &Session<'a>,
        anchor: &'a Sourced,
        own: &'c AnchorConstraints,
        length: usize,
        at: Timestamp,
    ) -> Self {
        let options = session.options;
        let constraints = session.anchors.constraints(&anchor.certificate);
        let all: Vec<&AnchorConstraints> =
            [Some(own), constraints.map(|of_user| of_user as &'c _)].into_iter().flatten().collect();
        let mut subtrees = Subtrees::default();
        if let Some(names) = &options.names {
            subtrees.constrain(names);
        }
        let mut acceptable = (!options.policies.accepts_any()).then(|| options.policies.acceptable.clone());
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        let (mut explicit, mut mapping, mut any) =
            (options.policies.require_explicit, options.policies.inhibit_mapping, options.policies.inhibit_any);
        let mut max_path_length = length;
        for limits in all {
            if let Some(names) = &limits.names {
                subtrees.constrain(names);
            }
            if let Some(policies) = limits.policies.as_ref().filter(|policies| !policies.contains(&ANY_POLICY)) {
                acceptable = Some(match acceptable {
                    Some(acceptable) => acceptable.intersection(policies).copied().collect(),
                    None => policies.clone(),
                });
            }
            explicit |= limits.require_explicit_policy;
            mapping |= limits.inhibit_policy_mapping;
            any |= limits.inhibit_any_policy;
            max_path_length = limits.path_length.map_or(max_path_length, |most| most.min(max_path_length));
        }
        let counter = |set: bool| if set { 0 } else { length + 1 };
        let mut state = Self {
            at,
            graph: Graph::new(),
            subtrees,
            explicit_policy: counter(explicit),
            inhibit_any_policy: counter(any),
            policy_mapping: counter(mapping),
            working_public_key: Cow::Borrowed(anchor.certificate.public_key()),
            legacy: Legacy::NONE,
            working_issuer_name: anchor.certificate.subject(),
            max_path_length,
            acceptable,
            constraints,
            rejections: Vec::new(),
            unknown: Vec::new(),
            steps: Vec::new(),
        };
        let position = usize::try_from(length).unwrap_or(usize::MAX);
        let inputs = Facts::new()
            .with("at", at)
            .with("trust_anchor", state.working_issuer_name)
            .with("n", length)
            .with("user_initial_policy_set", state.acceptable.as_ref().map(Fact::list))
            .with("explicit_policy", state.explicit_policy)
            .with("inhibit_any_policy", state.inhibit_any_policy)
            .with("policy_mapping", state.policy_mapping)
            .with("max_path_length", state.max_path_length)
            .with("permitted_subtrees", state.subtrees.permitted_facts())
            .with("excluded_subtrees", state.subtrees.excluded_facts());
        state.step(position, Check::Initialization, "RFC 5280 §6.1.2", inputs, StepResult::Passed);
        state
    }

    /// What the anchor's certificate says against its use. An anchor without the extensions, such as a root of version
    /// 1, is one because the user said so.
    fn anchor(&mut self, position: usize, anchor: &Certificate, purpose: &Purpose) {
        self.validity(position, anchor);
        if anchor.extensions().basic_constraints.is_some() {
            self.authority(position, anchor);
        }
        self.certificate_signing(position, anchor);
        self.critical_extensions(position, anchor);
        let Some(constraints) = self.constraints else { return };
        if constraints.not_before.is_some() || constraints.not_after.is_some() {
            let (from, until) = (constraints.not_before, constraints.not_after);
            let early = from.is_some_and(|from| self.at < from);
            let passed = !early && until.is_none_or(|until| self.at <= until);
            let inputs = Facts::new().with("at", self.at).with("not_before", from).with("not_after", until);
            self.step(position, Check::AnchorConstraints, "RFC 5937 §3.2", inputs, StepResult::passed(passed));
            if !passed {
                let show = |bound: Option<Timestamp>| bound.map_or_else(|| "…".to_owned(), |bound| bound.to_string());
                let expected = format!("{} … {}", show(from), show(until));
                let message = Message::new("trust-anchor-time").with("subject", anchor.subject()).with("at", self.at);
                self.reject(position, Check::AnchorConstraints, message, expected, self.at);
            }
        }
        let trusted_for = constraints.extended_key_usage.as_deref();
        self.purposes(position, anchor, trusted_for, purpose, Check::AnchorConstraints, "RFC 5937 §3.2");
    }

    /// §6.1.3 (a)(1).
    fn signature(&mut self, position: usize, certificate: &Certificate, result: Result<(), SignatureError>) {
        let algorithm = certificate.signature_algorithm().map(Fact::text);
        let key = &self.working_public_key;
        let inputs = Facts::new()
            .with("certificate", *certificate.fingerprint())
            .with("signature_algorithm", algorithm)
            .with("working_public_key_algorithm", Fact::text(key.kind()))
            .with("working_public_key", *key.digest())
            .with("verifies", result.is_ok())
            .with("error", result.as_ref().err().map(Fact::text));
        let check = match &result {
            Ok(()) => {
                let legacy = certificate.signature_algorithm().map(|algorithm| algorithm.legacy(key.kind()));
                self.legacy = self.legacy | legacy.unwrap_or_default();
                Check::Signature
            }
            Err(error) => signature_check(error),
        };
        self.step(position, check, Check::Signature.clause(), inputs, StepResult::passed(result.is_ok()));
        if let Err(error) = result {
            self.rejections.push(signature_rejection(position, self.working_issuer_name, &error));
        }
    }

    /// §6.1.3 (a)(2).
    fn validity(&mut self, position: usize, certificate: &Certificate) {
        let (from, until) = (certificate.not_before(), certificate.not_after());
        let passed = (from..=until).contains(&self.at);
        let inputs = Facts::new().with("at", self.at).with("not_before", from).with("not_after", until);
        self.step(position, Check::Validity, Check::Validity.clause(), inputs, StepResult::passed(passed));
        if passed {
            return;
        }
        let id = if self.at < from { "trust-not-yet-valid" } else { "trust-expired" };
        let message = Message::new(id).with("subject", certificate.subject()).with("from", from).with("until", until);
        let expected = format!("{from} … {until}");
        self.reject(position, Check::Validity, message.with("at", self.at), expected, self.at);
    }

    /// §6.1.3 (a)(3).
    fn revocation(&mut self, position: usize, certificate: &Certificate, told: Told, mode: RevocationMode) {
        let subject = certificate.subject();
        let (check, result) = match told.status {
            RevocationStatus::Good => (Check::Revocation, StepResult::Passed),
            RevocationStatus::Revoked(_) => (Check::Revocation, StepResult::Failed),
            RevocationStatus::Unknown(_) => (Check::RevocationKnown, StepResult::Unknown),
        };
        self.step(position, check, check.clause(), told.facts, result);
        match told.status {
            RevocationStatus::Good => {}
            RevocationStatus::Revoked(revocation) => {
                let message = Message::new("trust-revoked")
                    .with("subject", subject)
                    .with("since", revocation.effective())
                    .with("reason", revocation.reason);
                let found = format!("{} ({})", revocation.at, revocation.reason);
                self.reject(position, check, message, "∅", found);
            }
            RevocationStatus::Unknown(doubt) => {
                let id = match doubt {
                    Doubt::Nothing => "trust-revocation-nothing",
                    Doubt::NotCovered => "trust-revocation-not-covered",
                    Doubt::NotProven => "trust-revocation-not-proven",
                    Doubt::Stale => "trust-revocation-stale",
                };
                let message = Message::new(id).with("subject", subject).with("issuer", certificate.issuer());
                let rejection = Rejection {
                    position,
                    check,
                    message: message.with("at", self.at),
                    expected: format!("≥ {}", self.at),
                    found: doubt.name().to_owned(),
                };
                if mode == RevocationMode::Check && doubt == Doubt::Nothing {
                    self.unknown.push(rejection);
                } else {
                    self.rejections.push(rejection);
                }
            }
        }
    }

    /// §6.1.3 (a)(4).
    fn name_chaining(&mut self, position: usize, certificate: &Certificate) {
        let passed = certificate.issuer() == self.working_issuer_name;
        let (expected, found) = (self.working_issuer_name, certificate.issuer());
        let inputs = Facts::new().with("issuer", found).with("working_issuer_name", expected);
        self.step(position, Check::NameChaining, Check::NameChaining.clause(), inputs, StepResult::passed(passed));
        if !passed {
            let message = Message::new("trust-issuer-differs").with("subject", certificate.subject());
            self.reject(position, Check::NameChaining, message.with("issuer", found), expected, found);
        }
    }

    /// §6.1.3 (b) and (c).
    fn names(&mut self, session: &mut Session<'a>, position: usize, certificate: &Certificate) -> Result<(), Limit> {
        if self.subtrees.is_empty() {
            return Ok(());
        }
        let violations = self.subtrees.violations(certificate, &mut session.names)?;
        let permitted = violations.iter().all(|violation| matches!(violation, Violation::Excluded(..)));
        let excluded = violations.iter().all(|violation| matches!(violation, Violation::NotPermitted(..)));
        let names = Fact::texts(names(certificate));
        for (check, subtrees, key, passed) in [
            (Check::PermittedNames, self.subtrees.permitted_facts(), "permitted_subtrees", permitted),
            (Check::ExcludedNames, self.subtrees.excluded_facts(), "excluded_subtrees", excluded),
        ] {
            let inputs = Facts::new().with("names", names.clone()).with(key, subtrees);
            self.step(position, check, check.clause(), inputs, StepResult::passed(passed));
        }
        for violation in violations {
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

    /// §6.1.3 (d) to (f).
    fn policies(
        &mut self,
        session: &mut Session<'a>,
        position: usize,
        certificate: &'a Certificate,
    ) -> Result<(), Limit> {
        let stated = certificate.extensions().certificate_policies.as_deref();
        let any = self.inhibit_any_policy > 0 || (position > 0 && certificate.is_self_issued());
        let inputs = Facts::new()
            .with("certificate_policies", stated.map(|stated| Fact::list(stated.iter().map(|one| one.identifier))))
            .with("inhibit_any_policy", self.inhibit_any_policy)
            .with("self_issued", certificate.is_self_issued())
            .with("explicit_policy", self.explicit_policy)
            .with("nodes_before", self.graph.facts());
        self.graph.process(stated, any, &mut session.policies)?;
        let passed = self.explicit_policy > 0 || !self.graph.is_null();
        let inputs = inputs.with("nodes", self.graph.facts());
        self.step(position, Check::Policies, Check::Policies.clause(), inputs, StepResult::passed(passed));
        if !passed {
            let message = Message::new("trust-policies-none").with("subject", certificate.subject());
            self.reject_policies(position, certificate, message);
        }
        Ok(())
    }

    /// §6.1.4.
    fn prepare_for_next(
        &mut self,
        session: &mut Session<'a>,
        position: usize,
        certificate: &'a Certificate,
        purpose: &Purpose,
    ) -> Result<(), Limit> {
        let extensions = certificate.extensions();
        // (a), (b)
        if !extensions.policy_mappings.is_empty() {
            self.mappings(session, position, certificate)?;
        }
        // (c) to (f)
        self.working_issuer_name = certificate.subject();
        self.work_with(certificate.public_key());
        // (g)
        if let Some(constraints) = &extensions.name_constraints {
            self.subtrees.constrain(constraints);
        }
        // (h)
        if !certificate.is_self_issued() {
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            self.policy_mapping = self.policy_mapping.saturating_sub(1);
            self.inhibit_any_policy = self.inhibit_any_policy.saturating_sub(1);
        }
        // (i)
        if let Some(constraints) = extensions.policy_constraints {
            if let Some(require) = constraints.require_explicit_policy {
                self.explicit_policy = self.explicit_policy.min(require);
            }
            if let Some(inhibit) = constraints.inhibit_policy_mapping {
                self.policy_mapping = self.policy_mapping.min(inhibit);
            }
        }
        // (j)
        if let Some(inhibit) = extensions.inhibit_any_policy {
            self.inhibit_any_policy = self.inhibit_any_policy.min(inhibit);
        }
        // (k)
        self.authority(position, certificate);
        // (l)
        let inputs = Facts::new()
            .with("self_issued", certificate.is_self_issued())
            .with("max_path_length", self.max_path_length)
            .with("path_len_constraint", extensions.basic_constraints.and_then(|constraints| constraints.path_length));
        let left = self.max_path_length.checked_sub(1);
        let passed = certificate.is_self_issued() || left.is_some();
        self.step(position, Check::PathLength, Check::PathLength.clause(), inputs, StepResult::passed(passed));
        if !certificate.is_self_issued() {
            match left {
                Some(left) => self.max_path_length = left,
                None => {
                    let message = Message::new("trust-path-too-long").with("subject", certificate.subject());
                    self.reject(position, Check::PathLength, message, "max_path_length > 0", 0);
                }
            }
        }
        // (m)
        if let Some(allowed) = extensions.basic_constraints.and_then(|constraints| constraints.path_length) {
            self.max_path_length = self.max_path_length.min(allowed);
        }
        // (n)
        self.certificate_signing(position, certificate);
        let purposes = extensions.extended_key_usage.as_deref();
        self.purposes(position, certificate, purposes, purpose, Check::Purpose, Check::Purpose.clause());
        Ok(())
    }

    /// §6.1.4 (d) to (f), §6.1.5 (c) to (e): the key, with the parameters of the one before where it has none.
    fn work_with(&mut self, key: &'a PublicKey) {
        self.working_public_key = match key.with_parameters_of(&self.working_public_key) {
            Some(key) => Cow::Owned(key),
            None => Cow::Borrowed(key),
        };
    }

    /// §6.1.4 (a) and (b).
    fn mappings(
        &mut self,
        session: &mut Session<'a>,
        position: usize,
        certificate: &'a Certificate,
    ) -> Result<(), Limit> {
        let mappings = &certificate.extensions().policy_mappings;
        let special = mappings.iter().any(|mapping| [mapping.issuer, mapping.subject].contains(&ANY_POLICY));
        let pairs = mappings.iter().map(|mapping| Fact::list([mapping.issuer, mapping.subject])).collect();
        let inputs =
            Facts::new().with("policy_mappings", Fact::List(pairs)).with("policy_mapping", self.policy_mapping);
        if special {
            let clause = "RFC 5280 §6.1.4 (a)";
            self.step(position, Check::PolicyMappings, clause, inputs, StepResult::Failed);
            let message = Message::new("trust-policy-mapping-any").with("subject", certificate.subject());
            self.reject(position, Check::PolicyMappings, message, format!("≠ {ANY_POLICY}"), ANY_POLICY);
            return Ok(());
        }
        self.graph.map(mappings, self.policy_mapping > 0, &mut session.policies)?;
        let inputs = inputs.with("nodes", self.graph.facts());
        self.step(position, Check::PolicyMappings, "RFC 5280 §6.1.4 (b)", inputs, StepResult::Passed);
        Ok(())
    }

    /// §6.1.4 (k). Certificates of version 1 and 2 carry no basic constraints; none is known by other means to be an
    /// authority.
    fn authority(&mut self, position: usize, certificate: &Certificate) {
        let ca = certificate.extensions().basic_constraints.map(|constraints| constraints.ca);
        let inputs = Facts::new().with("version", certificate.version()).with("ca", ca.map(Fact::Bool));
        let passed = ca == Some(true);
        self.step(position, Check::Authority, Check::Authority.clause(), inputs, StepResult::passed(passed));
        if !passed {
            let found = if ca.is_some() { "CA:FALSE" } else { "∅" };
            let message = Message::new("trust-not-an-authority").with("subject", certificate.subject());
            self.reject(position, Check::Authority, message, "basicConstraints CA:TRUE", found);
        }
    }

    /// §6.1.4 (n).
    fn certificate_signing(&mut self, position: usize, certificate: &Certificate) {
        let Some(usage) = certificate.extensions().key_usage else { return };
        let passed = usage.contains(KeyUsage::KEY_CERT_SIGN);
        let inputs = Facts::new().with("key_usage", Fact::list(usage.names()));
        let check = Check::CertificateSigning;
        self.step(position, check, check.clause(), inputs, StepResult::passed(passed));
        if !passed {
            let message = Message::new("trust-may-not-sign-certificates").with("subject", certificate.subject());
            self.reject(position, check, message.with("usage", usage), KeyUsage::KEY_CERT_SIGN, usage);
        }
    }

    /// §6.1.4 (o) and §6.1.5 (f).
    fn critical_extensions(&mut self, position: usize, certificate: &Certificate) {
        let unprocessed = &certificate.extensions().unprocessed_critical;
        let inputs = Facts::new().with("unprocessed_critical", Fact::list(unprocessed.iter().take(64)));
        let check = Check::CriticalExtensions;
        self.step(position, check, check.clause(), inputs, StepResult::passed(unprocessed.is_empty()));
        if unprocessed.is_empty() {
            return;
        }
        let names = list(unprocessed, ", ", |identifier| match extensions::name(identifier) {
            Some(name) => format!("{name} ({identifier})"),
            None => identifier.to_string(),
        });
        let message = Message::new("trust-critical-extension").with("subject", certificate.subject());
        self.reject(position, check, message.with("extensions", &names), "∅", names);
    }

    /// §6.1.5 (a), (b) and (g): the policies for which the path is valid.
    fn wrap_up(&mut self, session: &mut Session<'a>, signer: &'a Certificate) -> Result<Vec<ValidPolicy>, Limit> {
        // (a): "if explicit_policy is not 0, decrement"; self-issued or not.
        self.explicit_policy = self.explicit_policy.saturating_sub(1);
        // (c) to (e)
        self.work_with(signer.public_key());
        // (b)
        let constraints = signer.extensions().policy_constraints;
        if constraints.and_then(|constraints| constraints.require_explicit_policy) == Some(0) {
            self.explicit_policy = 0;
        }
        let inputs = Facts::new()
            .with("user_initial_policy_set", self.acceptable.as_ref().map(Fact::list))
            .with("explicit_policy", self.explicit_policy)
            .with("nodes_before", self.graph.facts());
        let before = self.graph.facts();
        let policies = self.graph.intersect(self.acceptable.as_ref(), &mut session.policies)?;
        let passed = self.explicit_policy > 0 || !self.graph.is_null();
        let valid = policies.iter().map(|policy| policy.policy);
        let inputs = inputs.with("user_constrained_policy_set", Fact::list(valid));
        self.step(0, Check::Policies, "RFC 5280 §6.1.5 (g)", inputs, StepResult::passed(passed));
        let told = self.rejections.iter().any(|rejection| rejection.check == Check::Policies);
        if !passed && !told {
            let id = if before == Fact::Absent { "trust-policies-none" } else { "trust-policies-not-acceptable" };
            self.reject_policies(0, signer, Message::new(id).with("subject", signer.subject()));
        }
        Ok(policies)
    }

    fn reject_policies(&mut self, position: usize, certificate: &Certificate, message: Message) {
        const ANY: &str = "anyPolicy";
        let expected = self.acceptable.as_ref().map_or_else(
            || ANY.to_owned(),
            |acceptable| list(&acceptable.iter().copied().collect::<Vec<_>>(), " | ", |one| one.to_string()),
        );
        let stated = certificate.extensions().certificate_policies.as_deref().unwrap_or_default();
        let stated: Vec<_> = stated.iter().map(|policy| policy.identifier).collect();
        let found = if stated.is_empty() { "∅".to_owned() } else { list(&stated, ", ", |one| one.to_string()) };
        self.reject(position, Check::Policies, message, expected, found);
    }

    /// What the use of the signer's key asks for.
    fn key_usages(&mut self, position: usize, signer: &Certificate, purpose: &Purpose) {
        let extensions = signer.extensions();
        if let (Some(asked), Some(usage)) = (purpose.key_usage, extensions.key_usage) {
            let passed = usage.intersects(asked);
            let inputs =
                Facts::new().with("key_usage", Fact::list(usage.names())).with("asked", Fact::list(asked.names()));
            self.step(position, Check::KeyUsage, Check::KeyUsage.clause(), inputs, StepResult::passed(passed));
            if !passed {
                let message = Message::new("trust-key-usage").with("subject", signer.subject()).with("usage", usage);
                self.reject(position, Check::KeyUsage, message, asked.to_string().replace(", ", " | "), usage);
            }
        }
        let purposes = extensions.extended_key_usage.as_deref();
        self.purposes(position, signer, purposes, purpose, Check::Purpose, Check::Purpose.clause());
    }

    /// Whether one of the `purposes`, where there are any, is asked for.
    fn purposes(
        &mut self,
        position: usize,
        certificate: &Certificate,
        purposes: Option<&[ObjectIdentifier]>,
        purpose: &Purpose,
        check: Check,
        clause: &'static str,
    ) {
        let asked = &purpose.extended_key_usage;
        let Some(purposes) = purposes.filter(|_| !asked.is_empty()) else { return };
        let passed = purposes.iter().any(|one| *one == ANY_EXTENDED_KEY_USAGE || asked.contains(one));
        let inputs = Facts::new().with("extended_key_usage", Fact::list(purposes)).with("asked", Fact::list(asked));
        self.step(position, check, clause, inputs, StepResult::passed(passed));
        if !passed {
            let show =
                |identifiers: &[ObjectIdentifier], separator| list(identifiers, separator, |one| one.to_string());
            let message = Message::new("trust-purpose").with("subject", certificate.subject());
            let message = message.with("purposes", show(purposes, ", "));
            self.reject(position, check, message, show(asked, " | "), show(purposes, ", "));
        }
    }

    fn step(
        &mut self,
        certificate: usize,
        check: Check,
        clause: &'static str,
        inputs: impl Into<Arc<Facts>>,
        result: StepResult,
    ) {
        self.steps.push(Step { certificate, check, clause, inputs: inputs.into(), result });
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

    fn end(self, policies: Vec<ValidPolicy>) -> Validated {
        let Self { rejections, unknown, steps, legacy, working_public_key, .. } = self;
        let public_key = working_public_key.into_owned();
        Validated { rejections, unknown, policies, public_key, legacy, steps }
    }
}

/// `identifiers` for people.
fn list(identifiers: &[ObjectIdentifier], separator: &str, show: impl Fn(ObjectIdentifier) -> String) -> String {
    const MOST: usize = 8;
    brief(&identifiers.iter().take(MOST).map(|identifier| show(*identifier)).collect::<Vec<_>>().join(separator))
}

/// The check that a signature did not pass.
const fn signature_check(error: &SignatureError) -> Check {
    match error {
        SignatureError::Wrong | SignatureError::KeyKind { .. } => Check::Signature,
        _ => Check::Algorithm,
    }
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
