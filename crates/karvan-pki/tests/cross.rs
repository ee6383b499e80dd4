//! Tools for cross-certificates: pairs, drafts, what is reachable, files that hold them, pictures.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod issue;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use issue::{Entity, NOON, Request, basic_constraints, extension, judge, key_usage, name_constraints, set, tlv};
use karvan_pki::{
    Certificate, CertificateSet, Draft, DraftError, Graph, Limits, Options, Recognition, Register, Sourced, StoreFile,
    Terms, TrustStore, Verdict, certificates, check_pair, find_paths, reach,
};
use karvan_text::Language;

fn sourced(certificate: Certificate) -> Sourced {
    Sourced { certificate: Arc::new(certificate), origin: Arc::from("file") }
}

fn oid(last: u8) -> Vec<u8> {
    tlv(0x06, &[0x2a, 0x03, last])
}

fn policies(list: &[u8]) -> Vec<u8> {
    let list: Vec<u8> = list.iter().flat_map(|last| tlv(0x30, &oid(*last))).collect();
    extension(32, true, &tlv(0x30, &list))
}

fn mappings(pairs: &[(u8, u8)]) -> Vec<u8> {
    let pairs: Vec<u8> = pairs.iter().flat_map(|(one, other)| tlv(0x30, &[oid(*one), oid(*other)].concat())).collect();
    extension(33, true, &tlv(0x30, &pairs))
}

fn iran() -> Entity {
    Entity::new("C=IR,CN=Root of Iran")
}

fn turkey() -> Entity {
    Entity::new("C=TR,CN=Root of Turkey")
}

/// A cross-certificate with nothing left open.
fn tight(subject: &Entity, issuer: &Entity, country: &str, own: u8, other: u8) -> Request {
    let constraints = extension(36, true, &tlv(0x30, &[tlv(0x80, &[0]), tlv(0x81, &[0])].concat()));
    Request::new(subject, issuer)
        .with(basic_constraints(true, Some(1)))
        .with(key_usage(&[0x06]))
        .with(name_constraints(&[&format!("directory:C={country}")], &[]))
        .with(policies(&[own]))
        .with(mappings(&[(own, other)]))
        .with(constraints)
}

fn codes(one: &Request, other: &Request) -> Vec<(String, &'static str)> {
    let check = check_pair(&sourced(one.issue()), &sourced(other.issue()), NOON.parse().unwrap());
    check.findings.iter().map(|finding| (finding.code.to_string(), finding.message.id())).collect()
}

#[test]
fn a_tight_pair_that_answers_each_other_has_no_finding() {
    let one = tight(&turkey(), &iran(), "TR", 1, 2);
    let other = tight(&iran(), &turkey(), "IR", 2, 1);
    assert_eq!(codes(&one, &other), []);
    let check = check_pair(&sourced(one.issue()), &sourced(other.issue()), NOON.parse().unwrap());
    assert_eq!(check.overlap, Some(["2024-01-01T00:00:00Z".to_owned(), "2037-01-01T00:00:00Z".to_owned()]));
    assert_eq!(check.directions[0].permitted, ["directory:C=TR"]);
    assert_eq!(check.directions[1].mappings[0].subject, "1.2.3.1");
    assert!(check.text(Language::Persian).contains("گواهی می‌کند"));
}

#[test]
fn what_is_no_pair_says_whether_name_or_key_differs() {
    let one = tight(&turkey(), &iran(), "TR", 1, 2);
    let german = tight(&iran(), &Entity::new("C=DE,CN=Root"), "IR", 2, 1);
    assert!(codes(&one, &german).contains(&("E7211".to_owned(), "pair-name-differs")));
    let other_key = tight(&iran(), &Entity::with_key("C=TR,CN=Root of Turkey", "new"), "IR", 2, 1);
    assert_eq!(codes(&one, &other_key), [("E7211".to_owned(), "pair-key-differs")]);
}

#[test]
fn what_is_left_open_and_what_is_not_answered_is_told() {
    let open = Request::authority(&turkey(), &iran());
    let told = codes(&open, &tight(&iran(), &turkey(), "IR", 2, 1));
    let ids: Vec<_> = told.iter().map(|(_, id)| *id).collect();
    assert_eq!(
        ids,
        [
            "pair-any-name",
            "pair-any-length",
            "pair-no-policy",
            "pair-mapping-one-way",
            "pair-length-differs",
            "pair-names-one-way"
        ]
    );
}

#[test]
fn a_mapping_of_any_policy_and_a_time_without_overlap_are_errors() {
    let any = extension(33, true, &tlv(0x30, &tlv(0x30, &[tlv(0x06, &[0x55, 0x1d, 0x20, 0]), oid(2)].concat())));
    let one = Request::authority(&turkey(), &iran())
        .with(policies(&[1]))
        .with(any)
        .valid("20200101000000Z", "20210101000000Z");
    let told = codes(&one, &tight(&iran(), &turkey(), "IR", 2, 1));
    assert!(told.contains(&("E7215".to_owned(), "pair-maps-any-policy")));
    assert!(told.contains(&("E7212".to_owned(), "pair-no-overlap")));
    assert!(told.contains(&("W7212".to_owned(), "pair-not-valid")));
}

fn terms() -> Terms {
    Terms::from_toml(
        r#"
        from = "2026-01-01T00:00:00Z"
        until = "2030-01-01T00:00:00Z"
        path-length = 1
        permitted = ["directory:C=TR", "dns:com.tr"]
        policies = ["1.2.3.1"]
        mappings = [{ issuer = "1.2.3.1", subject = "1.2.3.2" }]
        require-explicit-policy = 0
        inhibit-policy-mapping = 0
        inhibit-any-policy = 300
        revocation-lists = ["http://lists.example/iran.crl"]
        "#,
    )
    .unwrap()
}

#[test]
fn a_draft_says_its_terms_and_what_it_would_let_in() {
    let root = |entity: &Entity| Request::authority(entity, entity).issue();
    let draft = Draft::new(&root(&iran()), &root(&turkey()), terms()).unwrap();
    let (anchor, cross) = draft.trial().unwrap();
    let extensions = cross.extensions();
    assert_eq!(cross.subject().to_string(), "CN=Root of Turkey,C=TR");
    assert_eq!(cross.issuer().to_string(), "CN=Root of Iran,C=IR");
    assert_eq!(extensions.basic_constraints.unwrap().path_length, Some(1));
    assert_eq!(extensions.policy_constraints.unwrap().inhibit_policy_mapping, Some(0));
    assert_eq!(extensions.inhibit_any_policy, Some(300));
    assert_eq!(extensions.unprocessed_critical, []);
    assert_eq!(extensions.name_constraints.as_ref().unwrap().permitted.len(), 2);

    let trade = Entity::new("C=TR,CN=Trade");
    let further = Entity::new("C=TR,CN=Further");
    let pool = vec![
        Request::authority(&trade, &turkey()).with(policies(&[2])).issue(),
        Request::authority(&further, &trade).with(policies(&[2])).issue(),
        Request::signer(&Entity::new("C=TR,CN=Anka"), &trade).with(policies(&[2])).issue(),
        Request::signer(&Entity::new("C=TR,CN=No policy"), &trade).issue(),
        Request::signer(&Entity::new("C=DE,CN=Isar"), &trade).with(policies(&[2])).issue(),
        cross,
    ];
    let reached = reach(
        &set(pool, "pool"),
        &TrustStore::new(set([anchor], "anchor")),
        &Options::document_signature("2026-06-01T00:00:00Z".parse().unwrap()),
    );
    let names = |list: &[karvan_pki::ReachedAuthority]| list.iter().map(|one| one.subject.clone()).collect::<Vec<_>>();
    // A further authority would be the second behind Turkey, and one may follow.
    assert_eq!(names(&reached.authorities), ["CN=Root of Turkey,C=TR", "CN=Trade,C=TR"]);
    assert_eq!(names(&reached.signers), ["CN=Anka,C=TR"]);
    let trail: Vec<_> = reached.signers[0].ways[0].policies[0].trail.iter().map(ToString::to_string).collect();
    assert!(trail.contains(&"1.2.3.1".to_owned()) && trail.contains(&"1.2.3.2".to_owned()), "{trail:?}");
    assert!(reached.text(Language::English).contains("permitted names: directory:C=TR | DNS:com.tr"));
}

#[test]
fn a_draft_is_completed_by_the_signature_of_its_issuer_alone() {
    let root = |entity: &Entity| Request::authority(entity, entity).issue();
    let draft = Draft::new(&root(&iran()), &root(&turkey()), terms()).unwrap();
    let certificate = draft.complete(&iran().sign(draft.to_be_signed())).unwrap();
    assert_eq!(certificate.public_key(), root(&turkey()).public_key());
    assert!(certificate.verify_signature(root(&iran()).public_key()).is_ok());
    assert_eq!(draft.complete(&turkey().sign(draft.to_be_signed())).unwrap_err(), DraftError::Signature);
    let again = Draft::new(&root(&iran()), &root(&turkey()), terms()).unwrap();
    assert_eq!(again.to_be_signed(), draft.to_be_signed(), "the serial number follows from the content");
}

#[test]
fn terms_that_no_certificate_can_say_are_refused() {
    let root = Request::authority(&iran(), &iran()).issue();
    let with = |change: &dyn Fn(&mut Terms)| {
        let mut terms = terms();
        change(&mut terms);
        Draft::new(&root, &root, terms).unwrap_err()
    };
    assert_eq!(with(&|terms| terms.until = terms.from), DraftError::EndsBeforeItBegins);
    assert!(matches!(with(&|terms| terms.permitted.push("Turkey".to_owned())), DraftError::Name(_)));
    for serial in ["", "00", "xy", "éé", &"ff".repeat(21), &"ff".repeat(20)] {
        assert_eq!(with(&|terms| terms.serial = Some(serial.to_owned())), DraftError::Serial(serial.to_owned()));
    }
    assert!(matches!(Terms::from_toml("from = 1"), Err(DraftError::Terms(_))));
}

#[test]
fn pairs_and_directories_are_read() {
    let one = tight(&turkey(), &iran(), "TR", 1, 2).der();
    let other = tight(&iran(), &turkey(), "IR", 2, 1).der();
    let read = |bytes: &[u8]| {
        let (read, problems) = certificates("file", bytes, &Limits::default());
        (read.iter().map(|one| one.der().to_vec()).collect::<Vec<_>>(), problems.len())
    };
    let pair = tlv(0x30, &[tlv(0xa0, &one), tlv(0xa1, &other)].concat());
    assert_eq!(read(&pair), (vec![one.clone(), other.clone()], 0));
    assert_eq!(read(&tlv(0x30, &tlv(0xa1, &other))), (vec![other.clone()], 0));
    assert_eq!(read(&pair[..pair.len() - 1]).1, 1);

    use base64::Engine as _;
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let ldif = format!(
        "version: 1\ndn: cn=Root of Turkey\ncACertificate;binary:: {}\ncrossCertificatePair;binary:: {}\nuserCertificate:: !\n",
        base64(&one),
        base64(&pair)
    );
    assert_eq!(read(ldif.as_bytes()), (vec![one.clone(), one, other], 1));
}

#[test]
fn the_picture_shows_the_accepted_path_and_why_others_were_rejected() {
    let root = iran();
    let trade = Entity::new("C=TR,CN=Trade \"of\" <Turkey>");
    let signer = Entity::new("C=TR,CN=Anka");
    let pool = vec![
        Request::authority(&turkey(), &root).valid("20200101000000Z", "20210101000000Z").issue(),
        Request::authority(&turkey(), &Entity::new("CN=Bridge")).issue(),
        Request::authority(&Entity::new("CN=Bridge"), &root).issue(),
        Request::authority(&trade, &turkey()).issue(),
    ];
    let signer = sourced(Request::signer(&signer, &trade).issue());
    let options = Options { every_path: true, ..Options::document_signature(NOON.parse().unwrap()) };
    let anchors = TrustStore::new(set([Request::authority(&root, &root).issue()], "anchor"));
    let verdict = find_paths(&signer, &set(pool, "pool"), &anchors, &options);
    let graph = Graph::new(&verdict);
    assert_eq!(graph.nodes.len(), 5);
    assert_eq!(graph.edges.iter().filter(|edge| edge.accepted).count(), 4);
    let rejected: Vec<_> = graph.edges.iter().filter(|edge| !edge.rejections.is_empty()).collect();
    assert_eq!(rejected.len(), 1, "the direct way has run out");

    let svg = graph.svg(Language::English);
    assert!(
        svg.contains("stroke-width=\"4\"")
            && svg.contains(">✗ validity period<")
            && svg.contains(">RFC 5280 §6.1.3 (a)(2)<"),
        "{svg}"
    );
    assert!(svg.contains("Trade &quot;of&quot; &lt;Turkey&gt;"), "{svg}");
    assert!(graph.svg(Language::Persian).contains("direction=\"rtl\""));
    let dot = graph.dot(Language::English);
    assert!(
        dot.starts_with("digraph trust {\n") && dot.contains("Trade \\\"of\\\" <Turkey>") && dot.contains("penwidth=3")
    );
    let mermaid = graph.mermaid(Language::English);
    assert!(mermaid.contains("==>") && mermaid.contains("-.->") && mermaid.contains("Trade #34;of#34; #60;Turkey#62;"));

    let separation = verdict.explanation().separation.unwrap();
    assert_eq!((separation.check.name(), separation.instead.is_some()), ("validity", true));
    let account = verdict.explanation().account(Language::English);
    assert!(account.contains("✗ validity period (RFC 5280 §6.1.3 (a)(2))"), "{account}");
}

#[test]
fn a_dead_end_is_drawn_with_the_issuer_that_is_missing() {
    let signer = Request::signer(&Entity::new("C=TR,CN=Anka"), &turkey()).issue();
    let verdict = judge(signer, vec![], Request::authority(&iran(), &iran()).issue());
    let graph = Graph::new(&verdict);
    assert_eq!(graph.nodes.len(), 2);
    assert!(graph.svg(Language::English).contains("Root of Turkey"));
}

/// The verdict on a signer of `samples/trust`, on every path.
fn sample(signer: &str, at: &str) -> Verdict {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../samples/trust");
    let files = |name: &str| -> Vec<(String, Vec<u8>)> {
        let mut paths: Vec<_> = fs::read_dir(folder.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let name = |path: &PathBuf| path.strip_prefix(&folder).unwrap().display().to_string();
        paths.iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
    };
    let limits = Limits::default();
    let (tables, certificates): (Vec<_>, Vec<_>) =
        files("store").into_iter().partition(|(_, octets)| StoreFile::is_one(octets));
    let (mut anchors, problems) = TrustStore::load(certificates, &limits);
    assert_eq!(problems, []);
    for (_, table) in tables {
        assert_eq!(StoreFile::from_toml(std::str::from_utf8(&table).unwrap()).unwrap().apply(&mut anchors), []);
    }
    let (mut pool, problems) = CertificateSet::load(files("cross"), &limits);
    assert_eq!(problems, []);
    let signer = format!("signers/{signer}.pem");
    let (chain, problems) = CertificateSet::load([(&signer, fs::read(folder.join(&signer)).unwrap())], &limits);
    assert_eq!(problems, []);
    pool.extend(&chain, &limits);
    let register = fs::read_to_string(folder.join("register.toml")).unwrap();
    let options = Options {
        register: Some(Arc::new(Register::from_toml(&register).unwrap())),
        every_path: true,
        ..Options::document_signature(at.parse().unwrap())
    };
    find_paths(chain.iter().next().unwrap(), &pool, &anchors, &options)
}

#[test]
fn the_sample_is_trusted_through_the_bridge_and_recognised_by_its_agreement() {
    let verdict = sample("anka", "2026-06-15T00:00:00Z");
    let path = verdict.path().unwrap();
    let via: Vec<_> = path.certificates().iter().map(|step| step.origin.as_ref()).collect();
    assert_eq!(via[2..], ["cross/bridge-to-turkey.pem", "cross/iran-to-bridge.pem"]);
    let Some(Recognition::Recognised { agreement, policies, .. }) = path.recognition() else { panic!() };
    assert_eq!((agreement.as_str(), policies.len()), ("IR-TR-2024", 1));
    let trail: Vec<_> = path.policies()[0].trail.iter().map(ToString::to_string).collect();
    assert!(trail.contains(&"1.3.6.1.4.1.32473.1.1".to_owned()), "{trail:?}");

    let german = sample("nordhafen", "2026-06-15T00:00:00Z");
    assert_eq!(german.rejected[0].rejections[0].message.id(), "register-suspended");
    assert!(sample("nordhafen", "2026-05-20T00:00:00Z").path().is_some());
    assert!(sample("sahand", "2026-06-15T00:00:00Z").path().is_some());
}

#[test]
fn the_pictures_of_the_sample_are_what_is_drawn() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../samples/trust");
    for (signer, language, file) in [
        ("anka", Language::English, "anka.svg"),
        ("anka", Language::Persian, "anka.fa.svg"),
        ("nordhafen", Language::English, "nordhafen.svg"),
    ] {
        let drawn = Graph::new(&sample(signer, "2026-06-15T00:00:00Z")).svg(language);
        assert_eq!(drawn, fs::read_to_string(folder.join(file)).unwrap(), "{file}");
    }
}
