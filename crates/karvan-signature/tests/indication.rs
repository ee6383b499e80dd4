//! What paths that do not hold mean for a signature (ETSI EN 319 102-1 §5.2.6.4, §5.3.4).

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "../../karvan-pki/tests/issue/mod.rs"]
mod issue;

use issue::evidence::{List, Response, evidence};
use issue::{Entity, NOON, Request};
use karvan_pki::{Options, RevocationMode};
use karvan_signature::Indication;

fn root() -> Entity {
    Entity::new("C=IR,CN=Root")
}

/// The indication for a signer that is valid until `until`.
fn of_signer(until: &'static str, lists: &[List], responses: &[Response]) -> String {
    let request = Request::signer(&Entity::new("C=IR,CN=Anka"), &root()).serial(7).valid("20240101000000Z", until);
    let mut options = Options::document_signature(NOON.parse().unwrap());
    options.revocation.mode = RevocationMode::Require;
    options.revocation.evidence = evidence(lists, responses).into();
    let anchor = Request::authority(&root(), &root()).issue();
    let verdict = issue::judge_with(request.issue(), Vec::new(), vec![anchor], &options);
    Indication::of_path(&verdict).to_string()
}

const VALID: &str = "20370101000000Z";
/// Before the time asked about, and after lists of May were made.
const ENDED: &str = "20260520000000Z";
const ENDED_LONG_AGO: &str = "20250101000000Z";

#[test]
fn what_fresh_data_about_revocation_can_settle_is_told_apart() {
    let stale = List::new(&root(), 1).made("20260401000000Z", Some("20260501000000Z"));
    assert_eq!(of_signer(VALID, &[], &[]), "INDETERMINATE/TRY_LATER");
    assert_eq!(of_signer(VALID, &[stale], &[]), "INDETERMINATE/TRY_LATER");
    assert_eq!(of_signer(VALID, &[List::new(&root(), 1)], &[]), "TOTAL-PASSED");
}

#[test]
fn a_revocation_is_one_and_no_lack_of_data() {
    assert_eq!(of_signer(VALID, &[List::new(&root(), 1).revoke(7, &[])], &[]), "INDETERMINATE/REVOKED_NO_POE");
    let response = Response::good(&root(), &root(), 7).revoked("20260501000000Z", 1);
    assert_eq!(of_signer(VALID, &[], &[response]), "INDETERMINATE/REVOKED_NO_POE");
}

#[test]
fn a_certificate_that_ran_out_is_not_revoked_only_where_that_is_known() {
    let list = || [List::new(&root(), 1)];
    assert_eq!(of_signer(ENDED, &list(), &[]), "INDETERMINATE/OUT_OF_BOUNDS_NOT_REVOKED");
    assert_eq!(of_signer(ENDED, &[], &[]), "INDETERMINATE/OUT_OF_BOUNDS_NO_POE");
    // A list of May tells nothing of what ran out the year before.
    assert_eq!(of_signer(ENDED_LONG_AGO, &list(), &[]), "INDETERMINATE/OUT_OF_BOUNDS_NO_POE");
}
