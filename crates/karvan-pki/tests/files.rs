//! Registers, tables of stores, LDIF and lists of anchors: any octets are read or told, and what is written is read.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod issue;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use issue::{Entity, Request, certificate_policies, name, sequence, tlv};
use karvan_pki::{
    AnchorConstraints, Certificate, CertificateSet, Limits, ObjectIdentifier, Options, Register, Sourced, Status,
    StoreFile, TrustStore, certificates, find_paths,
};
use proptest::prelude::*;

fn root() -> Entity {
    Entity::new("C=IR,CN=Root")
}

fn root_certificate() -> Certificate {
    Request::authority(&root(), &root()).issue()
}

/// A line of LDIF, folded after `width` characters (RFC 2849).
fn folded(line: &str, width: usize) -> String {
    let characters: Vec<char> = line.chars().collect();
    characters.chunks(width).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("\n ")
}

/// TOML of text.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_octets_are_read_or_told(octets in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&octets);
        let _ = Register::from_toml(&text);
        let _ = StoreFile::from_toml(&text).map(|table| table.apply(&mut TrustStore::default()));
        let _ = TrustStore::load([("anchors", &octets)], &Limits::default());
        let ldif = [b"version: 1\n", &octets[..]].concat();
        let (read, problems) = certificates("directory.ldif", &ldif, &Limits::default());
        prop_assert!(!read.is_empty() || !problems.is_empty());
    }

    #[test]
    fn lines_like_those_of_tables_are_read_or_told(
        lines in prop::collection::vec(
            r#"(\[\[(agreement|anchor)\]\]|(id|from|until|anchors|parties|basis|fingerprint|permitted|path-length) = ("[a-z0-9:=.-]{0,12}"|-?[0-9]{1,20}|\["[A-Z]{0,3}"\]))"#,
            0..12,
        ),
    ) {
        let text = lines.join("\n");
        let _ = Register::from_toml(&text);
        let _ = StoreFile::from_toml(&text).map(|table| table.apply(&mut TrustStore::default()));
    }

    #[test]
    fn a_register_is_read_as_it_was_written(
        id in "[ -~]{1,20}",
        basis in "\\PC{0,20}",
        parties in prop::collection::vec("[A-Z]{2}", 0..4),
        from in 0_i64..4_000_000_000,
        lasting in prop::option::of(1_i64..1_000_000_000),
    ) {
        let time = |second: i64| jiff::Timestamp::from_second(second).unwrap();
        let until = lasting.map(|seconds| time(from + seconds));
        let listed: Vec<_> = parties.iter().map(|party| quoted(party)).collect();
        let text = format!(
            "[[agreement]]\nid = {}\nbasis = {}\nparties = [{}]\nfrom = \"{}\"\n{}anchors = [\"sha256:{}\"]\n",
            quoted(&id),
            quoted(&basis),
            listed.join(", "),
            time(from),
            until.map(|until| format!("until = \"{until}\"\n")).unwrap_or_default(),
            root_certificate().fingerprint_hex(),
        );
        let register = Register::from_toml(&text).unwrap();
        let agreement = &register.agreements()[0];
        prop_assert_eq!((&agreement.id, &agreement.basis, &agreement.parties), (&id, &basis, &parties));
        prop_assert_eq!((agreement.from, agreement.until), (time(from), until));
        prop_assert!(agreement.anchors[0].is_of(&root_certificate()));
        prop_assert!(agreement.holds(time(from)) && !agreement.holds(time(from - 1)));
    }

    #[test]
    fn a_table_of_a_store_constrains_as_it_was_written(
        length in prop::option::of(0_u64..20),
        arcs in prop::collection::vec(0_u32..1000, 0..4),
        flags in any::<[bool; 3]>(),
    ) {
        let [explicit, mapping, any] = flags;
        let policies: Vec<String> = arcs.iter().map(|arc| format!("1.3.6.1.4.1.32473.{arc}")).collect();
        let text = format!(
            "[[anchor]]\nfingerprint = \"sha256:{}\"\n{}policies = {policies:?}\nrequire-explicit-policy = {explicit}\n\
             inhibit-policy-mapping = {mapping}\ninhibit-any-policy = {any}\n",
            root_certificate().fingerprint_hex(),
            length.map(|length| format!("path-length = {length}\n")).unwrap_or_default(),
        );
        let mut store = TrustStore::default();
        store.insert(root_certificate(), &"root".into(), &Limits::default());
        prop_assert!(StoreFile::from_toml(&text).unwrap().apply(&mut store).is_empty());
        let expected = AnchorConstraints {
            policies: Some(policies.iter().map(|policy| ObjectIdentifier::new_unwrap(policy)).collect()),
            require_explicit_policy: explicit,
            inhibit_policy_mapping: mapping,
            inhibit_any_policy: any,
            path_length: length,
            ..AnchorConstraints::default()
        };
        prop_assert_eq!(store.constraints(&root_certificate()), Some(&expected));
    }

    #[test]
    fn certificates_are_read_out_of_ldif_however_it_is_folded(
        width in 20_usize..200,
        attribute in "(cACertificate|userCertificate|CACERTIFICATE)(;binary)?",
        end in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let der = Request::authority(&root(), &root()).der();
        let line = folded(&format!("{attribute}:: {}", STANDARD.encode(&der)), width);
        let text = format!("version: 1\n\n# a note\ndn: cn=Root,c=IR\nobjectClass: pkiCA\n{line}\ndescription: none\n");
        let (read, problems) = certificates("directory.ldif", text.replace('\n', end).as_bytes(), &Limits::default());
        prop_assert_eq!(problems, []);
        prop_assert_eq!(read, [root_certificate()]);
    }
}

// TrustAnchorInfo (RFC 5914) with constraints (RFC 5937 §3.2).

const HOME: &[u8] = b"\x2b\x06\x01\x04\x01\x81\xfd\x59\x01";
const ABROAD: &[u8] = b"\x2b\x06\x01\x04\x01\x81\xfd\x59\x02";

/// A `TrustAnchorInfo` of the root by its name and key alone; `controls` follow its name.
fn anchor_info(controls: &[Vec<u8>]) -> Vec<u8> {
    let controls = sequence(&[&[name(&root().name)], controls].concat());
    tlv(0xa2, &sequence(&[root().spki(), tlv(0x04, b"root"), controls]))
}

/// The verdict on a signer below an authority of the root, with the anchor as it is written.
fn by_anchor(info: &[u8], organisation: &str) -> Status {
    let (store, problems) = TrustStore::load([("anchor", info)], &Limits::default());
    assert_eq!(problems, []);
    let authority = Entity::new("C=TR,CN=Authority");
    let pool =
        issue::set([Request::authority(&authority, &root()).with(certificate_policies(&[HOME])).issue()], "pool");
    let signer = Request::signer(&Entity::new(organisation), &authority).with(certificate_policies(&[HOME]));
    let signer = Sourced { certificate: signer.issue().into(), origin: "signer".into() };
    find_paths(&signer, &pool, &store, &Options::document_signature(issue::NOON.parse().unwrap())).status()
}

#[test]
fn an_anchor_of_a_name_and_a_key_is_one() {
    assert_eq!(by_anchor(&anchor_info(&[]), "C=TR,O=Anka"), Status::Accepted);
    let list = sequence(&[anchor_info(&[])]);
    assert_eq!(by_anchor(&list, "C=TR,O=Anka"), Status::Accepted, "a TrustAnchorList");
    let stranger = Entity::with_key(&root().name, "stranger");
    let controls = sequence(&[name(&root().name)]);
    let info = tlv(0xa2, &sequence(&[stranger.spki(), tlv(0x04, b"root"), controls]));
    assert_eq!(by_anchor(&info, "C=TR,O=Anka"), Status::Rejected, "another key");
}

#[test]
fn the_constraints_of_an_anchor_narrow_the_path() {
    let policies = |policy: &[u8]| tlv(0xa1, &sequence(&[tlv(0x06, policy)]));
    // requireExplicitPolicy
    let explicit = tlv(0x82, &[6, 0x40]);
    assert_eq!(by_anchor(&anchor_info(&[policies(HOME), explicit.clone()]), "C=TR,O=Anka"), Status::Accepted);
    assert_eq!(by_anchor(&anchor_info(&[policies(ABROAD), explicit]), "C=TR,O=Anka"), Status::Rejected);
    // pathLenConstraint
    assert_eq!(by_anchor(&anchor_info(&[tlv(0x84, &[1])]), "C=TR,O=Anka"), Status::Accepted);
    assert_eq!(by_anchor(&anchor_info(&[tlv(0x84, &[0])]), "C=TR,O=Anka"), Status::Rejected);
    // nameConstr: directories below C=TR are permitted.
    let subtree = sequence(&[tlv(0xa4, &name("C=TR"))]);
    let names = || tlv(0xa3, &tlv(0xa0, &subtree));
    assert_eq!(by_anchor(&anchor_info(&[names()]), "C=TR,O=Anka"), Status::Accepted);
    assert_eq!(by_anchor(&anchor_info(&[names()]), "C=DE,O=Anka"), Status::Rejected);
}

#[test]
fn loops_through_a_large_pool_are_bounded() {
    let limits = Limits::default();
    // A hundred authorities that all certify each other, none of them certified by the anchor.
    let authorities: Vec<_> = (0..100).map(|index| Entity::new(&format!("C=XA,CN=Authority {index}"))).collect();
    let mut pool = CertificateSet::default();
    for (one, issuer) in authorities.iter().enumerate() {
        for (other, subject) in authorities.iter().enumerate().filter(|(other, _)| *other != one) {
            let serial = u16::try_from(one * 100 + other).unwrap();
            let cross = Request::authority(subject, issuer).serial(serial).issue();
            pool.insert(cross, &"pool".into(), &limits);
        }
    }
    assert_eq!(pool.len(), 9_900);
    let mut store = TrustStore::default();
    store.insert(root_certificate(), &"root".into(), &limits);
    let signer = Request::signer(&Entity::new("C=XA,O=Anka"), &authorities[0]).issue();
    let signer = Sourced { certificate: signer.into(), origin: "signer".into() };
    let verdict = find_paths(&signer, &pool, &store, &Options::document_signature(issue::NOON.parse().unwrap()));
    assert_eq!(verdict.status(), Status::Unfinished, "a limit and its name, no verdict");
    assert!(verdict.unfinished.is_some());
    let effort = verdict.effort;
    assert!(effort.edges <= limits.edges && effort.signature_checks <= limits.signature_checks, "{effort:?}");
}
