//! OCSP responses: RFC 6960 §3.2, §4.2.2.

use crate::ocsp::{Answer, CertificateStatus};
use crate::session::Session;
use crate::trace::{Fact, Facts};
use crate::{Certificate, KeyUsage, Limit, ObjectIdentifier, OcspResponse, SourcedEvidence};

use super::{Currency, Doubt, Findings, Question, RevocationStatus};

const OCSP_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9");

impl<'a> Question<'a, '_> {
    /// What the responses say of the certificate.
    pub(super) fn by_responses(self, session: &mut Session<'a>) -> Result<Findings, Limit> {
        let mut findings =
            Findings { status: RevocationStatus::Unknown(Doubt::Nothing), as_of: None, sources: Vec::new() };
        let answers: Vec<_> = session
            .evidence()
            .answers_for(self.certificate)
            .filter(|(_, answer)| answer.is_about(self.certificate.issuer_der(), self.issuer_key))
            .collect();
        for (response, answer) in answers {
            session.evidence_checks.spend()?;
            let mut facts = Facts::new()
                .with("kind", "ocsp")
                .with("origin", Fact::text(&response.origin))
                .with("sha256", *response.item.fingerprint())
                .with("responder", Fact::text(response.item.responder()))
                .with("produced_at", response.item.produced_at())
                .with("this_update", answer.this_update)
                .with("next_update", answer.next_update)
                .with("certificate_status", Fact::text(answer.status));
            let status = self.by_response(session, response, answer, &mut facts)?;
            facts.insert("used", !matches!(status, RevocationStatus::Unknown(_)));
            findings.sources.push(facts.into());
            findings.add(status, answer.this_update);
        }
        Ok(findings)
    }

    fn by_response(
        self,
        session: &mut Session<'a>,
        response: &'a SourcedEvidence<OcspResponse>,
        answer: &Answer,
        facts: &mut Facts,
    ) -> Result<RevocationStatus, Limit> {
        let mut unknown = |doubt: Doubt, why: &'static str| {
            facts.insert("why_not", why);
            Ok(RevocationStatus::Unknown(doubt))
        };
        let response = &*response.item;
        if !response.unprocessed_critical().is_empty() {
            return unknown(Doubt::NotCovered, "critical extension");
        }
        let currency = self.currency(session, answer.this_update, answer.next_update, response.archive_cutoff());
        // Only a revocation outlives its evidence.
        let revoked = match answer.status {
            CertificateStatus::Unknown => return unknown(Doubt::NotCovered, "status unknown"),
            CertificateStatus::Good if currency == Currency::Stale => return unknown(Doubt::Stale, "stale"),
            CertificateStatus::Good => None,
            CertificateStatus::Revoked(revocation) => Some(revocation),
        };
        let Some(responder) = self.responder(session, response, answer)? else {
            return unknown(Doubt::NotProven, "not signed by an authorised responder");
        };
        facts.insert("currency", currency.name());
        facts.insert("signed_with", responder);
        Ok(revoked.map_or(RevocationStatus::Good, |revocation| self.judge(revocation, currency)))
    }

    /// The digest of the key that the response is signed with, of one who may answer for the issuer (§4.2.2.2): the issuer, or whom it
    /// certified for that directly.
    fn responder(
        self,
        session: &mut Session<'a>,
        response: &'a OcspResponse,
        answer: &Answer,
    ) -> Result<Option<[u8; 32]>, Limit> {
        if response.is_by(self.issuer) && session.verify_response(response, self.issuer_key)? {
            return Ok(Some(*self.issuer_key.digest()));
        }
        let named = session.pool.with_subject(self.certificate.issuer());
        let offered = response.certificates().iter().map(|certificate| &**certificate);
        // Those that came with the response, and those of the pool that the issuer's own name has (a key rolled over).
        let candidates: Vec<&'a Certificate> =
            offered.chain(named.map(|sourced| &*sourced.certificate)).filter(|one| response.is_by(one)).collect();
        for delegate in candidates {
            session.evidence_checks.spend()?;
            if self.is_delegate(session, delegate, answer)?
                && session.verify_response(response, delegate.public_key())?
            {
                return Ok(Some(*delegate.public_key().digest()));
            }
        }
        Ok(None)
    }

    /// Whether the issuer certified `delegate` to answer for it, and that holds at the time of the answer.
    fn is_delegate(self, session: &mut Session<'a>, delegate: &'a Certificate, answer: &Answer) -> Result<bool, Limit> {
        let extensions = delegate.extensions();
        let at = self.at.max(answer.this_update);
        let may_answer = extensions.extended_key_usage.as_ref().is_some_and(|uses| uses.contains(&OCSP_SIGNING))
            && extensions
                .key_usage
                .is_none_or(|usage| usage.intersects(KeyUsage::DIGITAL_SIGNATURE.union(KeyUsage::NON_REPUDIATION)))
            && extensions.unprocessed_critical.is_empty()
            && delegate.issuer() == self.certificate.issuer()
            && (delegate.not_before()..=delegate.not_after()).contains(&at);
        if !may_answer || session.verify(delegate, self.issuer_key)?.is_err() {
            return Ok(false);
        }
        // §4.2.2.2.1
        if extensions.ocsp_no_check {
            return Ok(true);
        }
        let told = super::check(session, Question { certificate: delegate, at, ..self })?;
        Ok(told.status == RevocationStatus::Good)
    }
}

impl Findings {
    /// Adds what one more says: a revocation stays, and good news stays unless there is one.
    pub(super) fn add(&mut self, status: RevocationStatus, as_of: jiff::Timestamp) {
        use RevocationStatus::{Good, Revoked, Unknown};
        let newer = self.as_of.is_none_or(|before| as_of > before);
        let held = |status: &RevocationStatus| matches!(status, Revoked(revocation) if revocation.reason == crate::crl::RevocationReason::HOLD);
        let replaces = match (&self.status, &status) {
            (Unknown(old), Unknown(new)) => {
                self.status = Unknown(*old.max(new));
                false
            }
            (_, Unknown(_)) => false,
            (Unknown(_), _) => true,
            (Revoked(_), Good) => held(&self.status) && newer,
            (Good, Revoked(_)) => !held(&status) || newer,
            (Good, Good) | (Revoked(_), Revoked(_)) => newer,
        };
        if replaces {
            (self.status, self.as_of) = (status, Some(as_of));
        }
    }
}
