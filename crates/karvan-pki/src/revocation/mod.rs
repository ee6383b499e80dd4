//! Whether certificates were revoked: RFC 5280 §6.3 and RFC 6960, from what the caller has.
//!
//! Everything that is known of a certificate is looked at; an answer that it was revoked outweighs others. What is missing,
//! out of date or not proven is never taken for good news.

mod lists;
mod responses;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::crl::{Revocation, RevocationReason};
use crate::session::Session;
use crate::trace::{Fact, Facts};
use crate::{Certificate, Evidence, Limit, PublicKey, Sourced};

/// What is asked about revocation, and what there is to answer it.
#[derive(Clone, Debug, Default)]
pub struct RevocationOptions {
    /// What a path needs.
    pub mode: RevocationMode,
    /// How old a list or a response may be at the time asked for; none: as old as it says itself (`nextUpdate`), and a day
    /// where it does not say.
    pub freshness: Option<SignedDuration>,
    /// Revocation lists and OCSP responses.
    pub evidence: Arc<Evidence>,
}

/// What a path needs to be told about revocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RevocationMode {
    /// Of every certificate below the trust anchor that it was not revoked; else the verdict is indeterminate.
    Require,
    /// The same of every certificate for which there is a list or a response at all. Those for which there is none are named in
    /// the verdict.
    Check,
    /// Nothing: no list and no response is looked at, and the verdict says so.
    #[default]
    Off,
}

/// What is known of the revocation of a certificate at a time.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) status: RevocationStatus,
    /// What was looked at.
    pub(crate) facts: Arc<Facts>,
}

/// The `cert_status` of §6.3.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RevocationStatus {
    /// Not revoked at the time; every reason is covered.
    Good,
    /// Revoked.
    Revoked(Revocation),
    /// UNDETERMINED: why.
    Unknown(Doubt),
}

/// Why it is not known whether a certificate was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Doubt {
    /// There is nothing about the certificate.
    Nothing,
    /// What there is, is about other certificates, other reasons, or says that it does not know.
    NotCovered,
    /// It is not signed by one who may.
    NotProven,
    /// It is out of date.
    Stale,
}

/// The answers of one question.
#[derive(Default)]
pub(crate) struct Memory {
    known: HashMap<Asked, Told>,
    /// The certificates whose revocation is being looked for, each for the sake of the one before.
    open: Vec<Asked>,
}

/// A certificate, its issuer's key, the anchor of the path, by their digests, and the time.
type Asked = ([u8; 32], [u8; 32], [u8; 32], Timestamp);

/// What is known of the answer to a question.
pub(crate) fn check<'a>(session: &mut Session<'a>, question: Question<'a, '_>) -> Result<Told, Limit> {
    let Question { certificate, issuer_key, anchor, at, .. } = question;
    let asked = (*certificate.fingerprint(), *issuer_key.digest(), *anchor.certificate.fingerprint(), at);
    if let Some(told) = session.revocation.known.get(&asked) {
        return Ok(told.clone());
    }
    // Lists are signed by authorities whose certificates are on lists, and so on: a few such steps are real.
    if session.revocation.open.len() >= session.options.limits.revocation_depth {
        return Err(Limit::RevocationDepth);
    }
    // A list may cover the certificate that it is signed with: nobody but its issuer could have made it, so it is believed until
    // it says itself that the certificate was revoked. A longer circle proves nothing.
    if session.revocation.open.contains(&asked) {
        let itself = session.revocation.open.last() == Some(&asked);
        let status = if itself { RevocationStatus::Good } else { RevocationStatus::Unknown(Doubt::NotProven) };
        let facts = Facts::new().with("circular", true).with("status", status.name());
        return Ok(Told { status, facts: facts.into() });
    }
    session.revocation.open.push(asked);
    let told = question.answer(session);
    session.revocation.open.pop();
    let told = told?;
    // What was found while another search was open may depend on that one, and is found again if need be.
    if session.revocation.open.is_empty() {
        session.revocation.known.insert(asked, told.clone());
    }
    Ok(told)
}

/// Was a certificate revoked at a time?
#[derive(Clone, Copy)]
pub(crate) struct Question<'a, 'k> {
    pub(crate) certificate: &'a Certificate,
    /// The certificate before it on the path.
    pub(crate) issuer: &'a Certificate,
    /// Its key, with the parameters that it inherited.
    pub(crate) issuer_key: &'k PublicKey,
    /// The end of the path.
    pub(crate) anchor: &'a Sourced,
    pub(crate) at: Timestamp,
}

/// What lists, or responses, say together.
struct Findings {
    status: RevocationStatus,
    /// When the newest that counted was made.
    as_of: Option<Timestamp>,
    sources: Vec<Fact>,
}

impl<'a> Question<'a, '_> {
    fn answer(self, session: &mut Session<'a>) -> Result<Told, Limit> {
        let facts = Facts::new()
            .with("at", self.at)
            .with("serial", self.certificate.serial())
            .with("issuer", self.certificate.issuer())
            .with("not_after", self.certificate.not_after());
        if self.certificate.extensions().no_revocation_available {
            let facts = facts.with("no_revocation_available", true).with("status", "good");
            return Ok(Told { status: RevocationStatus::Good, facts: facts.into() });
        }
        let responses = self.by_responses(session)?;
        let lists = self.by_lists(session)?;
        let status = together(&responses, &lists);
        let sources = [responses.sources, lists.sources].concat();
        let facts = facts.with("sources", Fact::List(sources)).with("status", status.name());
        let facts = match &status {
            RevocationStatus::Revoked(revocation) => facts
                .with("revoked_at", revocation.at)
                .with("reason", Fact::text(revocation.reason))
                .with("invalid_since", revocation.invalid_since),
            RevocationStatus::Unknown(doubt) => facts.with("doubt", doubt.name()),
            RevocationStatus::Good => facts,
        };
        Ok(Told { status, facts: facts.into() })
    }

    /// Whether something made at `this_update`, to be followed at `next_update`, speaks for the time asked for.
    ///
    /// What was made later knows more: it tells of every revocation until then, as long as certificates that expired stay
    /// in it (`expired_since`).
    fn currency(
        self,
        session: &Session<'_>,
        this_update: Timestamp,
        next_update: Option<Timestamp>,
        expired_since: Option<Timestamp>,
    ) -> Currency {
        const A_DAY: SignedDuration = SignedDuration::from_hours(24);
        if this_update > self.at {
            let expiry = self.certificate.not_after();
            let kept = this_update <= expiry || expired_since.is_some_and(|since| since <= expiry);
            return if kept { Currency::Later } else { Currency::Stale };
        }
        let age = self.at.duration_since(this_update);
        let young = match (session.options.revocation.freshness, next_update) {
            (Some(freshness), _) => age <= freshness,
            (None, Some(_)) => true,
            (None, None) => age <= A_DAY,
        };
        if young && next_update.is_none_or(|next| self.at <= next) { Currency::Current } else { Currency::Stale }
    }

    /// What a revocation means at the time, where it was told at `this_update`.
    fn judge(self, revocation: Revocation, currency: Currency) -> RevocationStatus {
        // Known at the time, it is final whatever date it bears; known later, the date decides.
        if currency == Currency::Later && revocation.effective() > self.at {
            RevocationStatus::Good
        } else {
            RevocationStatus::Revoked(revocation)
        }
    }
}

/// Whether evidence speaks for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Currency {
    /// It was the latest at the time.
    Current,
    /// It was made after it.
    Later,
    /// It is out of date, or older than allowed.
    Stale,
}

impl Currency {
    const fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Later => "later",
            Self::Stale => "stale",
        }
    }
}

impl RevocationStatus {
    const fn name(&self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Revoked(_) => "revoked",
            Self::Unknown(_) => "undetermined",
        }
    }
}

impl Doubt {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::NotCovered => "not-covered",
            Self::NotProven => "not-proven",
            Self::Stale => "stale",
        }
    }
}

/// What responses and lists amount to. A revocation outweighs what else is said, unless it is a hold that newer evidence has
/// taken back.
fn together(responses: &Findings, lists: &Findings) -> RevocationStatus {
    use RevocationStatus::{Good, Revoked, Unknown};
    let lifted = |hold: &Revocation, held: &Findings, good: &Findings| {
        hold.reason == RevocationReason::HOLD && good.status == Good && good.as_of > held.as_of
    };
    match (&responses.status, &lists.status) {
        (Revoked(hold), Good) if lifted(hold, responses, lists) => Good,
        (Good, Revoked(hold)) if lifted(hold, lists, responses) => Good,
        (Revoked(revocation), _) | (_, Revoked(revocation)) => Revoked(*revocation),
        (Good, _) | (_, Good) => Good,
        (Unknown(one), Unknown(other)) => Unknown(*one.max(other)),
    }
}
