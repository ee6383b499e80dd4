//! The sample PKI: who is trusted from where, when and why.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs;
use std::path::PathBuf;

use karvan_pki::{CertificateSet, Check, Limits, Options, Status, TrustStore, Verdict, find_paths};
use karvan_text::Language;

fn samples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../samples/pki")
}

/// The files of a folder, or one file, by name and octets.
fn files(name: &str) -> Vec<(String, Vec<u8>)> {
    let path = samples().join(name);
    let mut paths = if path.is_dir() {
        fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).collect()
    } else {
        vec![path]
    };
    paths.sort();
    let name = |path: &PathBuf| path.strip_prefix(samples()).unwrap().display().to_string();
    paths.iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
}

/// The verdict on a signer with the chain of its own file and the certificates of `pool`.
fn verdict(signer: &str, trust: &str, pool: &[&str], at: &str) -> Verdict {
    let limits = Limits::default();
    let (chain, problems) = CertificateSet::load(files(&format!("signers/{signer}.pem")), &limits);
    assert_eq!(problems, []);
    let (mut set, problems) = CertificateSet::load(pool.iter().flat_map(|name| files(name)), &limits);
    assert_eq!(problems, []);
    set.extend(&chain, &limits);
    let (anchors, problems) = TrustStore::load(files(trust), &limits);
    assert_eq!(problems, []);
    let options = Options::document_signature(at.parse().unwrap());
    find_paths(chain.iter().next().unwrap(), &set, &anchors, &options)
}

fn names(verdict: &Verdict) -> Vec<String> {
    let path = verdict.path().unwrap_or_else(|| panic!("{}", verdict.explanation().text(Language::English)));
    path.certificates().iter().chain([path.anchor()]).map(|step| step.label()).collect()
}

/// What was not passed, over all paths: position, check, expected, found.
fn faults(verdict: &Verdict) -> Vec<(usize, Check, &str, &str)> {
    let faults = verdict.rejected.iter().flat_map(|path| &path.rejections);
    faults.map(|fault| (fault.position, fault.check, fault.expected.as_str(), fault.found.as_str())).collect()
}

const SUMMER: &str = "2026-06-01T00:00:00Z";

#[test]
fn a_signer_at_home_is_accepted() {
    for (signer, trust) in
        [("sahand", "trust-iran"), ("karun", "trust-iran"), ("anka", "trust-turkey"), ("nordhafen", "trust-germany")]
    {
        let verdict = verdict(signer, trust, &[], SUMMER);
        assert_eq!(verdict.status(), Status::Accepted, "{signer}: {:?}", verdict.rejected);
        assert_eq!(verdict.path().unwrap().certificates().len(), 2, "{signer}");
        assert_eq!(verdict.effort.signature_checks, 2, "{signer}: each signature once");
    }
}

#[test]
fn a_signer_under_the_foreign_root_is_accepted_through_the_cross_certificate() {
    let verdict = verdict("anka", "trust-iran", &["cross"], SUMMER);
    assert_eq!(
        names(&verdict),
        [
            "Anka Dis Ticaret (sample)",
            "Ticaret Sertifika (sample)",
            "Ulusal Kok S1 (sample)",
            "Rishe-ye Melli G1 (sample)"
        ]
    );
    let path = verdict.path().unwrap();
    assert_eq!(path.certificates()[2].origin.as_ref(), "cross/iran-to-turkey.pem");
    assert_eq!(path.anchor().origin.as_ref(), "trust-iran/rishe-ye-melli.pem");
    assert_eq!(path.at(), SUMMER.parse().unwrap());
    assert_eq!(path.public_key().kind().to_string(), "P-256");
}

#[test]
fn and_the_other_way_round() {
    let verdict = verdict("karun", "trust-turkey", &["cross"], SUMMER);
    assert_eq!(verdict.status(), Status::Accepted);
    assert_eq!(verdict.path().unwrap().certificates()[2].origin.as_ref(), "cross/turkey-to-iran.pem");
}

#[test]
fn without_the_cross_certificate_the_foreign_signer_is_rejected() {
    let verdict = verdict("anka", "trust-iran", &[], SUMMER);
    assert_eq!(verdict.status(), Status::Rejected);
    assert_eq!(faults(&verdict), [(1, Check::Issuer, "CN=Ulusal Kok S1 (sample),O=Ulusal Kok (sample),C=TR", "∅")]);
}

#[test]
fn an_expired_cross_certificate_is_refused_with_the_reason_and_accepted_at_a_date_when_it_was_valid() {
    let rejected = verdict("nordhafen", "trust-iran", &["cross"], SUMMER);
    assert_eq!(rejected.status(), Status::Rejected);
    assert_eq!(
        faults(&rejected),
        [(2, Check::Validity, "2022-01-01T00:00:00Z … 2025-12-31T23:59:59Z", "2026-06-01T00:00:00Z")]
    );
    assert_eq!(Check::Validity.clause(), "RFC 5280 §6.1.3 (a)(2)");
    let codes: Vec<_> = rejected.diagnostics().iter().map(|finding| finding.code.to_string()).collect();
    assert_eq!(codes, ["E7001", "E7005", "N7006"]);

    for (at, status) in [
        ("2025-06-01T00:00:00Z", Status::Accepted),
        ("2025-12-31T23:59:59Z", Status::Accepted),
        ("2026-01-01T00:00:00Z", Status::Rejected),
        ("2023-12-31T23:59:59Z", Status::Rejected),
    ] {
        assert_eq!(verdict("nordhafen", "trust-iran", &["cross"], at).status(), status, "{at}");
    }
}

#[test]
fn an_expired_signer_is_refused() {
    let late = verdict("sahand-expired", "trust-iran", &[], SUMMER);
    assert_eq!(faults(&late).first().map(|fault| (fault.0, fault.1)), Some((0, Check::Validity)));
    assert_eq!(verdict("sahand-expired", "trust-iran", &[], "2022-06-01T00:00:00Z").status(), Status::Accepted);
}

#[test]
fn a_key_that_is_not_for_signatures_is_refused() {
    let verdict = verdict("sahand-encipherment", "trust-iran", &[], SUMMER);
    assert_eq!(faults(&verdict), [(0, Check::KeyUsage, "digitalSignature | nonRepudiation", "keyEncipherment")]);
}

#[test]
fn a_name_outside_the_permitted_ones_is_refused_abroad_and_accepted_at_home() {
    let abroad = verdict("isar", "trust-iran", &["cross"], SUMMER);
    let [(0, Check::PermittedNames, expected, found)] = faults(&abroad)[..] else { panic!("{:?}", faults(&abroad)) };
    assert_eq!(expected, "directory:C=TR");
    assert_eq!(found, "directory:CN=Isar Handel (sample),O=Isar Handel (sample),C=DE");
    assert_eq!(verdict("isar", "trust-turkey", &["cross"], SUMMER).status(), Status::Accepted);
}

#[test]
fn roots_that_certify_each_other_make_no_loop() {
    let verdict = verdict("nordhafen", "trust-turkey", &["cross"], SUMMER);
    // Germany ← Iran (expired) ← Turkey: both cross-certificates, each once, and more than the one authority that
    // Turkey allows below Iran.
    assert_eq!(verdict.status(), Status::Rejected);
    let checks: Vec<_> = faults(&verdict).iter().map(|fault| (fault.0, fault.1)).collect();
    assert_eq!(
        checks,
        [
            (2, Check::Validity),
            (2, Check::PermittedNames),
            (1, Check::PermittedNames),
            (1, Check::PathLength),
            (0, Check::PermittedNames)
        ]
    );
    assert!(verdict.effort.edges < 10, "{:?}", verdict.effort);
}

#[test]
fn a_signer_that_is_itself_trusted_needs_no_path() {
    let verdict = verdict("anka", "signers/anka.pem", &[], SUMMER);
    let path = verdict.path().unwrap();
    assert_eq!((path.certificates().len(), path.anchor().label()), (1, "Anka Dis Ticaret (sample)".to_owned()));
    let refused = self::verdict("sahand-expired", "signers/sahand-expired.pem", &[], SUMMER);
    assert_eq!(refused.status(), Status::Rejected, "an anchor too must be valid");
}

#[test]
fn a_foreign_root_in_the_pool_is_no_anchor() {
    let verdict = verdict("anka", "trust-iran", &["trust-turkey"], SUMMER);
    let ids: Vec<_> =
        verdict.rejected.iter().flat_map(|path| &path.rejections).map(|fault| fault.message.id()).collect();
    assert_eq!(ids, ["trust-self-signed"]);
}

#[test]
fn what_was_not_checked_is_always_told() {
    for (signer, trust) in [("sahand", "trust-iran"), ("anka", "trust-iran")] {
        let verdict = verdict(signer, trust, &[], SUMMER);
        let findings = verdict.diagnostics();
        assert!(findings.iter().any(|finding| finding.message.id() == "trust-revocation-not-checked"));
        let explanation = verdict.explanation();
        let english = explanation.text(Language::English);
        assert!(english.contains("NOT CHECKED: revocation (RFC 5280 §6.1.3 (a)(3))"), "{english}");
        assert!(explanation.text(Language::Persian).contains("بررسی‌نشده: ابطال"));
        let json = serde_json::to_value(&explanation).unwrap();
        assert_eq!(json["not_checked"][0]["check"], "revocation");
    }
}

#[test]
fn the_explanation_names_every_step_and_reason() {
    let english = verdict("nordhafen", "trust-iran", &["cross"], SUMMER).explanation().text(Language::English);
    let expected = "\
REJECTED at 2026-06-01T00:00:00Z: CN=Nordhafen GmbH (sample),O=Nordhafen GmbH (sample),C=DE
rejected path 1 of 1
  1 CN=Nordhafen GmbH (sample),O=Nordhafen GmbH (sample),C=DE
    signer, key P-384, serial 1001, issued by CN=Handelszertifikate (sample),O=Bundeswurzel (sample),C=DE
    valid from 2024-01-01T00:00:00Z until 2037-01-01T00:00:00Z
    from signers/nordhafen.pem
  2 CN=Handelszertifikate (sample),O=Bundeswurzel (sample),C=DE
    authority, key P-384, serial 1002, issued by CN=Bundeswurzel B1 (sample),O=Bundeswurzel (sample),C=DE
    valid from 2021-01-01T00:00:00Z until 2040-01-01T00:00:00Z
    from signers/nordhafen.pem, found by its name and key identifier
  3 CN=Bundeswurzel B1 (sample),O=Bundeswurzel (sample),C=DE
    cross-certificate, key P-256, serial 1003, issued by CN=Rishe-ye Melli G1 (sample),O=Rishe-ye Melli (sample),C=IR
    valid from 2022-01-01T00:00:00Z until 2025-12-31T23:59:59Z
    from cross/iran-to-germany-expired.pem, found by its name and key identifier
    ✗ the certificate of CN=Bundeswurzel B1 (sample),O=Bundeswurzel (sample),C=DE expired at 2025-12-31T23:59:59Z; it was valid from 2022-01-01T00:00:00Z, and the time asked for is 2026-06-01T00:00:00Z [E7005, RFC 5280 §6.1.3 (a)(2)]
      expected: 2022-01-01T00:00:00Z … 2025-12-31T23:59:59Z
      found: 2026-06-01T00:00:00Z
      help: ask for a current certificate; for a document signed earlier, give its date with --at
  4 CN=Rishe-ye Melli G1 (sample),O=Rishe-ye Melli (sample),C=IR
    trust anchor, key RSA-3072, serial 1001, issued by CN=Rishe-ye Melli G1 (sample),O=Rishe-ye Melli (sample),C=IR
    valid from 2020-01-01T00:00:00Z until 2045-01-01T00:00:00Z
    from trust-iran/rishe-ye-melli.pem, found by its name and key identifier
NOT CHECKED: revocation (RFC 5280 §6.1.3 (a)(3))
";
    assert_eq!(english, expected);
}
