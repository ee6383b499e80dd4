//! Revocation lists: RFC 5280 §6.3.3, step by step.

use std::cmp::{Ordering, Reverse};

use crate::build::{Query, is_trusted};
use crate::certificate::hex;
use crate::crl::{Revocation, RevocationReason};
use crate::session::Session;
use crate::trace::{Fact, Facts};
use crate::validate::Purpose;
use crate::{
    DistributionPoint, DistributionPointName, GeneralName, KeyUsage, Limit, Name, PublicKey, Reasons, RevocationList,
    SourcedEvidence,
};

use super::{Currency, Doubt, Findings, Question, RevocationStatus};

impl<'a> Question<'a, '_> {
    /// What the lists say of the certificate: all that its distribution points name, then those of its issuer.
    pub(super) fn by_lists(self, session: &mut Session<'a>) -> Result<Findings, Limit> {
        let mut findings =
            Findings { status: RevocationStatus::Unknown(Doubt::Nothing), as_of: None, sources: Vec::new() };
        let mut covered = Reasons::NONE;
        // "Assume a DP with both the reasons and the cRLIssuer fields omitted and a distribution point name of the
        // certificate issuer."
        let issuer = GeneralName::Directory(self.certificate.issuer().clone());
        let of_issuer =
            DistributionPoint { name: Some(DistributionPointName::Full(vec![issuer])), ..DistributionPoint::default() };
        let points = self.certificate.extensions().crl_distribution_points.iter();
        for point in points.chain([&of_issuer]) {
            let named = point.issuers.iter().filter_map(GeneralName::directory);
            let own = [self.certificate.issuer()].into_iter().filter(|_| point.issuers.is_empty());
            for signer in named.chain(own) {
                let lists = session.evidence().lists_of(signer).filter(|list| list.item.delta_base().is_none());
                let mut lists: Vec<_> = lists.collect();
                // The newest first: what it covers, older ones are not asked about.
                lists.sort_by_key(|list| Reverse(list.item.this_update()));
                for list in lists {
                    if covered == Reasons::ALL {
                        break;
                    }
                    session.evidence_checks.spend()?;
                    let mut facts = facts(list);
                    let found = self.by_list(session, list, point, covered, &mut facts)?;
                    facts.insert("used", found.is_ok());
                    findings.sources.push(facts.into());
                    match found {
                        Ok(Covers { reasons, revoked, as_of }) => {
                            covered = covered.union(reasons);
                            findings.as_of = findings.as_of.max(Some(as_of));
                            if let Some(status @ RevocationStatus::Revoked(_)) = revoked {
                                // (j): the search is over.
                                findings.status = status;
                                return Ok(findings);
                            }
                        }
                        Err(doubt) => findings.add(RevocationStatus::Unknown(doubt), list.item.this_update()),
                    }
                }
            }
        }
        if covered == Reasons::ALL {
            findings.status = RevocationStatus::Good;
        } else if covered != Reasons::NONE {
            findings.add(RevocationStatus::Unknown(Doubt::NotCovered), self.at);
        }
        Ok(findings)
    }

    /// What one list, found for a distribution point, says: steps (b) to (l). The error says why it does not count.
    fn by_list(
        self,
        session: &mut Session<'a>,
        list: &'a SourcedEvidence<RevocationList>,
        point: &DistributionPoint,
        covered: Reasons,
        facts: &mut Facts,
    ) -> Result<Result<Covers, Doubt>, Limit> {
        let list = &*list.item;
        let mut not = |doubt: Doubt, why: &'static str| {
            facts.insert("why_not", why);
            Ok(Err(doubt))
        };
        // §5.2, §5.3
        if !list.unprocessed_critical().is_empty() {
            return not(Doubt::NotCovered, "critical extension");
        }
        if let Err(why) = self.in_scope(list, point) {
            return not(Doubt::NotCovered, why);
        }
        // (d), (e)
        let of_list = list.scope().and_then(|scope| scope.only_some_reasons).unwrap_or(Reasons::ALL);
        let reasons = point.reasons.unwrap_or(Reasons::ALL).intersection(of_list);
        if covered.contains(reasons) {
            return not(Doubt::NotCovered, "reasons covered already");
        }
        // (f), (g)
        let Some(key) = self.signer(session, list)? else {
            return not(Doubt::NotProven, "not signed by an authorised issuer of lists");
        };
        let mut currency = self.currency(session, list.this_update(), list.next_update(), list.expired_since());
        let mut as_of = list.this_update();
        let mut entry = list.find(self.certificate.serial_number(), self.certificate.issuer());
        // (c), (h), (i)
        if let Some((delta, of_delta)) = self.delta(session, list, &key)? {
            facts.insert("delta", *delta.fingerprint());
            facts.insert("delta_number", delta.number().map(hex));
            if let Some(change) = delta.find(self.certificate.serial_number(), self.certificate.issuer()) {
                // (k)
                entry = Some(change).filter(|change| change.reason != RevocationReason::REMOVED);
            }
            (currency, as_of) = (of_delta, delta.this_update());
        }
        facts.insert("currency", currency.name());
        facts.insert("signed_with", *key.digest());
        facts.insert("reasons", Fact::text(reasons));
        facts.insert("listed", entry.map(|entry| revocation_facts(&entry)));
        // Only a revocation outlives its evidence, and a hold does not.
        let outlives = entry.is_some_and(|entry| entry.reason != RevocationReason::HOLD);
        if currency == Currency::Stale && !outlives {
            facts.insert("why_not", "stale");
            return Ok(Err(Doubt::Stale));
        }
        let revoked = entry.map(|entry| self.judge(entry, currency));
        Ok(Ok(Covers { reasons, revoked, as_of }))
    }

    /// Steps (b)(1) and (b)(2): whether the list is one that the distribution point means, and is about this certificate.
    fn in_scope(self, list: &RevocationList, point: &DistributionPoint) -> Result<(), &'static str> {
        let scope = list.scope();
        if point.issuers.is_empty() {
            if list.issuer() != self.certificate.issuer() {
                return Err("issued by another authority");
            }
        } else if !scope.is_some_and(|scope| scope.indirect) {
            return Err("not an indirect list");
        }
        let Some(scope) = scope else { return Ok(()) };
        // (i)
        if let Some(of_list) = &scope.name {
            let names = of_list.names(Some(list.issuer()));
            let wanted = match &point.name {
                Some(name) => name.names(point_issuer(point).or(Some(list.issuer()))),
                None => point.issuers.clone(),
            };
            if !names.iter().any(|name| wanted.contains(name)) {
                return Err("for another distribution point");
            }
        }
        // (ii) to (iv)
        let authority = self.certificate.is_authority();
        if scope.only_user_certificates && authority {
            return Err("for certificates of users only");
        }
        if scope.only_authority_certificates && !authority {
            return Err("for certificates of authorities only");
        }
        if scope.only_attribute_certificates {
            return Err("for attribute certificates only");
        }
        Ok(())
    }

    /// Step (c): the newest delta list that continues `list`, with the same scope, signed with the same key, that speaks for
    /// the time.
    fn delta(
        self,
        session: &mut Session<'a>,
        list: &'a RevocationList,
        key: &PublicKey,
    ) -> Result<Option<(&'a RevocationList, Currency)>, Limit> {
        let Some(number) = list.number() else { return Ok(None) };
        let mut deltas: Vec<_> = session
            .evidence()
            .lists_of(list.issuer())
            .map(|delta| &*delta.item)
            .filter(|delta| {
                delta.unprocessed_critical().is_empty()
                    && delta.scope() == list.scope()
                    && delta.authority_key_identifier() == list.authority_key_identifier()
                    && delta.delta_base().is_some_and(|base| compare(base, number) != Ordering::Greater)
                    && delta.number().is_some_and(|later| compare(later, number) == Ordering::Greater)
            })
            .collect();
        deltas.sort_by_key(|delta| Reverse(delta.this_update()));
        for delta in deltas {
            session.evidence_checks.spend()?;
            let currency = self.currency(session, delta.this_update(), delta.next_update(), list.expired_since());
            if currency != Currency::Stale && session.verify_list(delta, key)? {
                return Ok(Some((delta, currency)));
            }
        }
        Ok(None)
    }

    /// Steps (f) and (g): the key that the list is signed with, of one who may sign it and whose own path leads to the same
    /// anchor.
    fn signer(self, session: &mut Session<'a>, list: &'a RevocationList) -> Result<Option<PublicKey>, Limit> {
        let may_sign = |usage: Option<KeyUsage>| usage.is_none_or(|usage| usage.contains(KeyUsage::CRL_SIGN));
        // The authorities of the path itself are judged with it.
        let anchor = &*self.anchor.certificate;
        for (known, key) in [(self.issuer, self.issuer_key), (anchor, anchor.public_key())] {
            if known.subject() == list.issuer()
                && may_sign(known.extensions().key_usage)
                && session.verify_list(list, key)?
            {
                return Ok(Some(key.clone()));
            }
        }
        // A list that was made later was signed with a certificate of that time.
        let at = self.at.max(list.this_update());
        let mut candidates: Vec<_> = session.pool.with_subject(list.issuer()).collect();
        let identifier = list.authority_key_identifier();
        candidates.sort_by_key(|candidate| {
            let own = candidate.certificate.extensions().subject_key_identifier.as_deref();
            identifier.is_none() || own != identifier
        });
        for candidate in candidates {
            let certificate = &*candidate.certificate;
            session.evidence_checks.spend()?;
            if may_sign(certificate.extensions().key_usage) && session.verify_list(list, certificate.public_key())? {
                let purpose = Purpose { key_usage: Some(KeyUsage::CRL_SIGN), extended_key_usage: Vec::new() };
                let query = Query { leaf: candidate, purpose, at, anchor: Some(self.anchor), every_path: false };
                if is_trusted(session, query)? {
                    return Ok(Some(certificate.public_key().clone()));
                }
            }
        }
        Ok(None)
    }
}

/// What a list that counts says.
struct Covers {
    reasons: Reasons,
    revoked: Option<RevocationStatus>,
    as_of: jiff::Timestamp,
}

/// The directory name under `cRLIssuer`, to which a relative name belongs.
fn point_issuer(point: &DistributionPoint) -> Option<&Name> {
    point.issuers.iter().find_map(GeneralName::directory)
}

/// Compares two numbers of lists, which are not negative, by their content octets.
fn compare(one: &[u8], other: &[u8]) -> Ordering {
    fn digits(octets: &[u8]) -> &[u8] {
        octets.strip_prefix(&[0]).unwrap_or(octets)
    }
    let (one, other) = (digits(one), digits(other));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

fn facts(list: &SourcedEvidence<RevocationList>) -> Facts {
    let item = &*list.item;
    let facts = Facts::new()
        .with("kind", "crl")
        .with("origin", Fact::text(&list.origin))
        .with("sha256", *item.fingerprint())
        .with("issuer", item.issuer())
        .with("this_update", item.this_update())
        .with("next_update", item.next_update())
        .with("number", item.number().map(hex));
    match item.scope() {
        None => facts,
        Some(scope) => {
            let names = scope.name.as_ref().map(|name| Fact::texts(name.names(Some(item.issuer()))));
            let scope = Facts::new()
                .with("distribution_point", names)
                .with("only_user_certificates", scope.only_user_certificates)
                .with("only_authority_certificates", scope.only_authority_certificates)
                .with("only_some_reasons", scope.only_some_reasons.map(Fact::text))
                .with("indirect", scope.indirect)
                .with("only_attribute_certificates", scope.only_attribute_certificates);
            facts.with("scope", scope)
        }
    }
}

fn revocation_facts(revocation: &Revocation) -> Facts {
    Facts::new()
        .with("revoked_at", revocation.at)
        .with("reason", Fact::text(revocation.reason))
        .with("invalid_since", revocation.invalid_since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_length_compare() {
        for (one, other, expected) in [
            (&[1_u8][..], &[2_u8][..], Ordering::Less),
            (&[0, 0x80], &[0x7f], Ordering::Greater),
            (&[1, 0], &[0, 0xff], Ordering::Greater),
            (&[5], &[5], Ordering::Equal),
        ] {
            assert_eq!(compare(one, other), expected, "{one:?} {other:?}");
        }
    }
}
