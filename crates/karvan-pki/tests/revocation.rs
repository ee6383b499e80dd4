//! Revocation: lists that continue others, are signed by others or are divided (RFC 5280 §6.3), and OCSP responses (RFC 6960).

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod issue;

use std::slice::from_ref;
use std::sync::Arc;

use issue::evidence::{
    List, OCSP_SIGNING, Point, Response, certificate_issuer, distribution_points, evidence, invalid_since,
    issuing_distribution_point, no_check, reason,
};
use issue::{Entity, NOON, Request, extended_key_usage, key_usage};
use karvan_pki::{Certificate, Evidence, Options, RevocationMode, RevocationOptions, Status};

const KEY_COMPROMISE: u8 = 1;
const HOLD: u8 = 6;
const REMOVED: u8 = 8;
/// `keyCompromise` and `cACompromise` of `ReasonFlags`: the count of unused bits, and the bits.
const COMPROMISED: &[u8] = &[5, 0x60];
/// All others.
const NOT_COMPROMISED: &[u8] = &[7, 0x1f, 0x80];

fn root() -> Entity {
    Entity::new("C=IR,CN=Root")
}

/// A signer whom the root certified under number 7.
fn signer(extensions: &[Vec<u8>]) -> Certificate {
    let request = Request::signer(&Entity::new("C=IR,CN=Anka"), &root()).serial(7);
    extensions.iter().cloned().fold(request, Request::with).issue()
}

/// Whoever signs lists for the root, with the certificate that says so.
fn lister() -> (Entity, Certificate) {
    let lister = Entity::new("C=IR,CN=Lists");
    // cRLSign
    let certificate = Request::new(&lister, &root()).serial(9).with(key_usage(&[0x02])).issue();
    (lister, certificate)
}

fn status(signer: &Certificate, pool: &[Certificate], at: &str, evidence: Evidence) -> Status {
    let revocation = RevocationOptions { mode: RevocationMode::Require, freshness: None, evidence: Arc::new(evidence) };
    let options = Options { revocation, ..Options::document_signature(at.parse().unwrap()) };
    let anchor = Request::authority(&root(), &root()).issue();
    issue::judge_with(signer.clone(), pool.to_vec(), vec![anchor], &options).status()
}

#[track_caller]
fn by_lists(signer: &Certificate, pool: &[Certificate], lists: &[List], expected: Status) {
    assert_eq!(status(signer, pool, NOON, evidence(lists, &[])), expected);
}

#[track_caller]
fn by_responses(responses: &[Response], lists: &[List], expected: Status) {
    assert_eq!(status(&signer(&[]), &[], NOON, evidence(lists, responses)), expected);
}

fn of_root() -> List {
    List::new(&root(), 1)
}

/// One that continues the list `base` of the root.
fn delta(number: u8, base: u8) -> List {
    List::new(&root(), number).delta(base).made("20260520000000Z", Some("20260610000000Z"))
}

// Delta lists: §5.2.4, §6.3.3 (c), (i), (k).

#[test]
fn a_delta_list_adds_to_its_base() {
    let signer = signer(&[]);
    by_lists(&signer, &[], &[of_root()], Status::Accepted);
    by_lists(&signer, &[], &[of_root(), delta(2, 1)], Status::Accepted);
    by_lists(&signer, &[], &[of_root(), delta(2, 1).revoke(7, &[])], Status::Rejected);
    by_lists(&signer, &[], &[delta(2, 1)], Status::Indeterminate);
}

#[test]
fn a_delta_list_takes_back_a_hold() {
    let signer = signer(&[]);
    let held = || of_root().revoke(7, &[reason(HOLD)]);
    by_lists(&signer, &[], &[held()], Status::Rejected);
    by_lists(&signer, &[], &[held(), delta(2, 1).revoke(7, &[reason(REMOVED)])], Status::Accepted);
    by_lists(&signer, &[], &[held(), delta(2, 1).revoke(7, &[reason(KEY_COMPROMISE)])], Status::Rejected);
}

#[test]
fn a_delta_list_counts_only_where_it_continues_the_base() {
    let signer = signer(&[]);
    // It continues a later list; it is no later than the list.
    by_lists(&signer, &[], &[of_root(), delta(4, 3).revoke(7, &[])], Status::Accepted);
    by_lists(&signer, &[], &[List::new(&root(), 2), delta(2, 1).revoke(7, &[])], Status::Accepted);
    // It has another scope; it is signed by another.
    let scope = issuing_distribution_point(Some("http://pki.example/a"), None, false);
    by_lists(&signer, &[], &[of_root(), delta(2, 1).revoke(7, &[]).with(scope)], Status::Accepted);
    let stranger = Entity::with_key("C=IR,CN=Root", "stranger");
    by_lists(&signer, &[], &[of_root(), List::new(&stranger, 2).delta(1).revoke(7, &[])], Status::Accepted);
}

#[test]
fn a_delta_list_that_is_current_makes_up_for_a_base_that_is_not() {
    let old = || of_root().made("20260401000000Z", Some("20260501000000Z"));
    by_lists(&signer(&[]), &[], &[old()], Status::Indeterminate);
    by_lists(&signer(&[]), &[], &[old(), delta(2, 1)], Status::Accepted);
}

// Indirect lists: §5.2.5, §5.3.3, §6.3.3 (b), (f).

#[test]
fn an_indirect_list_tells_of_the_certificates_of_others() {
    let (lister, certificate) = lister();
    let signer = signer(&[distribution_points(&[Point { issuer: Some(&lister), ..Point::default() }])]);
    let indirect = || List::new(&lister, 1).with(issuing_distribution_point(None, None, true));
    let listed = |issuer: &Entity| indirect().revoke(7, &[certificate_issuer(issuer)]);
    // The root tells of the lister alone.
    let of_root = || of_root().with(issuing_distribution_point(Some("http://pki.example/lists"), None, false));
    let certificate = {
        let point = Point { url: Some("http://pki.example/lists"), ..Point::default() };
        let request = Request::new(&lister, &root()).serial(9).with(key_usage(&[0x02]));
        assert_eq!(certificate.subject().to_string(), "CN=Lists,C=IR");
        [request.with(distribution_points(&[point])).issue()]
    };
    by_lists(&signer, &certificate, &[indirect(), of_root()], Status::Accepted);
    by_lists(&signer, &certificate, &[listed(&root()), of_root()], Status::Rejected);
    // The same number of another authority, and of the lister: no entry before it names an issuer.
    by_lists(&signer, &certificate, &[listed(&Entity::new("C=TR,CN=Root")), of_root()], Status::Accepted);
    by_lists(&signer, &certificate, &[indirect().revoke(7, &[]), of_root()], Status::Accepted);
    // An entry without an issuer is of the one that the entry before it names.
    let second = indirect().revoke(6, &[certificate_issuer(&root())]).revoke(7, &[]);
    by_lists(&signer, &certificate, &[second, of_root()], Status::Rejected);
    // The lister itself may be revoked.
    by_lists(&signer, &certificate, &[indirect(), of_root().revoke(9, &[])], Status::Indeterminate);
}

#[test]
fn an_indirect_list_needs_one_who_may_sign_it_and_a_point_that_says_so() {
    let (lister, certificate) = lister();
    let of_lister = signer(&[distribution_points(&[Point { issuer: Some(&lister), ..Point::default() }])]);
    let indirect = || List::new(&lister, 1).with(issuing_distribution_point(None, None, true));
    // Nobody is known who signed it; who signed it may not; the list does not say that it is indirect.
    by_lists(&of_lister, &[], &[indirect()], Status::Indeterminate);
    let other_use = Request::new(&lister, &root()).serial(9).with(key_usage(&[0x80])).issue();
    by_lists(&of_lister, &[other_use], &[indirect()], Status::Indeterminate);
    by_lists(&of_lister, from_ref(&certificate), &[List::new(&lister, 1)], Status::Indeterminate);
    // The certificate does not name the lister.
    by_lists(&signer(&[]), &[certificate], &[indirect()], Status::Indeterminate);
}

// Divided lists: §5.2.5, §6.3.3 (b), (d), (e).

#[test]
fn lists_for_some_reasons_count_together() {
    let [one, two] = ["http://pki.example/a", "http://pki.example/b"];
    let points = [
        Point { url: Some(one), reasons: Some(COMPROMISED), issuer: None },
        Point { url: Some(two), reasons: Some(NOT_COMPROMISED), issuer: None },
    ];
    let signer = signer(&[distribution_points(&points)]);
    let of = |url, reasons| of_root().with(issuing_distribution_point(Some(url), Some(reasons), false));
    let (one, two) = (of(one, COMPROMISED), of(two, NOT_COMPROMISED));
    by_lists(&signer, &[], from_ref(&one), Status::Indeterminate);
    by_lists(&signer, &[], from_ref(&two), Status::Indeterminate);
    by_lists(&signer, &[], &[one.clone(), two.clone()], Status::Accepted);
    by_lists(&signer, &[], &[one, two.revoke(7, &[reason(HOLD)])], Status::Rejected);
    // One for every reason does alone.
    by_lists(&signer, &[], &[of_root()], Status::Accepted);
}

#[test]
fn a_list_of_another_distribution_point_does_not_count() {
    let signer = signer(&[distribution_points(&[Point { url: Some("http://pki.example/a"), ..Point::default() }])]);
    let of = |url| of_root().with(issuing_distribution_point(Some(url), None, false));
    by_lists(&signer, &[], &[of("http://pki.example/a")], Status::Accepted);
    by_lists(&signer, &[], &[of("http://pki.example/b")], Status::Indeterminate);
    by_lists(&signer, &[], &[of("http://pki.example/b").revoke(7, &[])], Status::Indeterminate);
}

#[test]
fn what_is_told_later_decides_by_its_date() {
    let at = |time: &str, list: List| status(&signer(&[]), &[], time, evidence(&[list], &[]));
    let revoked = || of_root().revoke(7, &[reason(KEY_COMPROMISE)]);
    assert_eq!(at("2026-02-01T00:00:00Z", revoked()), Status::Accepted, "revoked in March");
    assert_eq!(at("2026-03-02T00:00:00Z", revoked()), Status::Rejected);
    // §5.3.2: the key may have been in other hands before.
    let since = of_root().revoke(7, &[reason(KEY_COMPROMISE), invalid_since("20260101000000Z")]);
    assert_eq!(at("2026-02-01T00:00:00Z", since), Status::Rejected);
}

// OCSP.

#[test]
fn the_issuer_may_answer_itself() {
    let good = || Response::good(&root(), &root(), 7);
    by_responses(&[good()], &[], Status::Accepted);
    by_responses(&[good().by_key()], &[], Status::Accepted);
    by_responses(&[good().revoked("20260501000000Z", KEY_COMPROMISE)], &[], Status::Rejected);
    by_responses(&[good().unknown()], &[], Status::Indeterminate);
    by_responses(&[good().made("20260501000000Z", Some("20260502000000Z"))], &[], Status::Indeterminate);
    // About another certificate; about the same number of another authority; by one who only has the issuer's name.
    by_responses(&[Response::good(&root(), &root(), 8)], &[], Status::Indeterminate);
    by_responses(&[Response::good(&root(), &Entity::new("C=TR,CN=Root"), 7)], &[], Status::Indeterminate);
    let stranger = Entity::with_key("C=IR,CN=Root", "stranger");
    by_responses(&[Response::good(&stranger, &root(), 7)], &[], Status::Indeterminate);
}

#[test]
fn a_nonce_is_read_and_does_not_stand_in_the_way() {
    let response = Response::good(&root(), &root(), 7).nonce(b"0123456789abcdef");
    assert_eq!(response.issue().nonce(), Some(&b"0123456789abcdef"[..]));
    by_responses(&[response], &[], Status::Accepted);
}

#[test]
fn a_delegate_answers_where_the_issuer_certified_it_for_that() {
    let responder = Entity::new("C=IR,CN=Responder");
    let request = || Request::signer(&responder, &root()).serial(8);
    let for_ocsp = || request().with(extended_key_usage(&[OCSP_SIGNING]));
    let good = |delegate: &Request| Response::good(&responder, &root(), 7).with(delegate.der());
    // RFC 6960 §4.2.2.2: the purpose, the issuer's own signature, and in time.
    by_responses(&[good(&for_ocsp().with(no_check()))], &[], Status::Accepted);
    by_responses(&[good(&request().with(no_check()))], &[], Status::Indeterminate);
    let by_other = Request { issuer: Entity::new("C=IR,CN=Other"), ..for_ocsp().with(no_check()) };
    by_responses(&[good(&by_other)], &[], Status::Indeterminate);
    let ended = for_ocsp().with(no_check()).valid("20240101000000Z", "20250101000000Z");
    by_responses(&[good(&ended)], &[], Status::Indeterminate);
}

#[test]
fn a_delegate_without_nocheck_is_itself_asked_about() {
    let responder = Entity::new("C=IR,CN=Responder");
    let delegate = Request::signer(&responder, &root()).serial(8).with(extended_key_usage(&[OCSP_SIGNING]));
    let revoking = Response::good(&responder, &root(), 7).with(delegate.der()).revoked("20260501000000Z", 1);
    // §4.2.2.2.1: nothing is known of it; a list says that it is good; a list revokes it, and its answer counts no more.
    by_responses(from_ref(&revoking), &[], Status::Indeterminate);
    by_responses(from_ref(&revoking), &[of_root()], Status::Rejected);
    by_responses(&[revoking], &[of_root().revoke(8, &[])], Status::Accepted);
}

#[test]
fn a_revocation_outweighs_good_news_and_newer_news_take_back_a_hold() {
    let good = || Response::good(&root(), &root(), 7);
    by_responses(&[good()], &[of_root().revoke(7, &[])], Status::Rejected);
    by_responses(&[good()], &[of_root().revoke(7, &[reason(HOLD)])], Status::Accepted);
    let older = good().made("20260401000000Z", Some("20260701000000Z"));
    by_responses(&[older], &[of_root().revoke(7, &[reason(HOLD)])], Status::Rejected);
}
