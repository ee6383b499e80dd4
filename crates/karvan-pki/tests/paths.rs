//! Paths of every shape: RFC 5280 §6.1 check by check, and RFC 4158 where there are many ways.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod issue;

use issue::{
    Entity, NOON, Request, alternative_names, authority_key_identifier, basic_constraints, extended_key_usage,
    extension, faults, judge, judge_with, key_usage, name_constraints, subject_key_identifier,
};
use karvan_pki::{Certificate, Limit, Options, SignatureMemory, Status};

fn options() -> Options {
    Options::document_signature(NOON.parse().unwrap())
}

/// A root, an authority below it and a signer, with the authority's and the signer's requests to be changed.
struct Chain {
    root: Request,
    authority: Request,
    signer: Request,
}

impl Chain {
    fn new() -> Self {
        let [root, authority, signer] = ["C=IR,CN=Root", "C=IR,CN=Authority", "C=IR,CN=Signer"].map(Entity::new);
        Self {
            root: Request::authority(&root, &root),
            authority: Request::authority(&authority, &root),
            signer: Request::signer(&signer, &authority),
        }
    }

    fn faults(&self) -> Vec<(usize, &'static str)> {
        let verdict = judge(self.signer.issue(), vec![self.authority.issue()], self.root.issue());
        assert_eq!(verdict.status() == Status::Accepted, verdict.rejected.is_empty());
        faults(&verdict)
    }
}

#[test]
fn a_sound_chain_is_accepted() {
    assert_eq!(Chain::new().faults(), []);
}

#[test]
fn authorities_must_be_authorities() {
    let mut chain = Chain::new();
    chain.authority.extensions[0] = basic_constraints(false, None);
    assert_eq!(chain.faults(), [(1, "authority")]);
    chain.authority.extensions.remove(0);
    assert_eq!(chain.faults(), [(1, "authority")], "no basic constraints at all");
    chain.authority.extensions.clear();
    chain.authority = chain.authority.version(1);
    assert_eq!(chain.faults(), [(1, "authority")], "version 1");
}

#[test]
fn authorities_must_be_allowed_to_sign_certificates() {
    let mut chain = Chain::new();
    chain.authority.extensions[1] = key_usage(&[0x82]);
    assert_eq!(chain.faults(), [(1, "certificate-signing")]);
    chain.authority.extensions.pop();
    assert_eq!(chain.faults(), [], "no key usage limits nothing");
}

#[test]
fn signers_must_be_allowed_to_sign() {
    let mut chain = Chain::new();
    for (bits, expected) in
        [(0x80, vec![]), (0x40, vec![]), (0x20, vec![(0, "key-usage")]), (0x06, vec![(0, "key-usage")])]
    {
        chain.signer.extensions = vec![key_usage(&[bits])];
        assert_eq!(chain.faults(), expected, "{bits:02x}");
    }
    chain.signer.extensions.clear();
    assert_eq!(chain.faults(), []);
}

#[test]
fn the_purpose_is_checked_where_one_is_asked() {
    const DOCUMENT_SIGNING: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x24";
    const SERVER: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x01";
    const ANY: &[u8] = b"\x55\x1d\x25\x00";
    let chain = Chain::new();
    let mut options = options();
    options.purpose.extended_key_usage = vec!["1.3.6.1.5.5.7.3.36".parse().unwrap()];
    for (purposes, expected) in
        [(vec![SERVER, DOCUMENT_SIGNING], vec![]), (vec![ANY], vec![]), (vec![SERVER], vec![(0, "purpose")])]
    {
        let signer = chain.signer.clone().with(extended_key_usage(&purposes)).issue();
        let verdict = judge_with(signer, vec![chain.authority.issue()], vec![chain.root.issue()], &options);
        assert_eq!(faults(&verdict), expected);
    }
}

#[test]
fn validity_is_checked_for_every_certificate() {
    let mut chain = Chain::new();
    chain.authority = chain.authority.valid("20240101000000Z", "20260601115959Z");
    chain.signer = chain.signer.valid("20260601120001Z", "20370101000000Z");
    assert_eq!(chain.faults(), [(1, "validity"), (0, "validity")], "each fault is told");
    chain.authority = chain.authority.valid("20260601120000Z", "20260601120000Z");
    chain.signer = chain.signer.valid("20260601120000Z", "99991231235959Z");
    assert_eq!(chain.faults(), [], "both ends count");
    chain.root = chain.root.valid("20200101000000Z", "20250101000000Z");
    assert_eq!(chain.faults(), [(2, "validity")], "the anchor");
}

#[test]
fn critical_extensions_that_are_not_processed_refuse_the_path() {
    for arc in [18, 99] {
        for critical in [true, false] {
            let change = |request: &mut Request| request.extensions.push(extension(arc, critical, b"\x30\x00"));
            let mut chains = [Chain::new(), Chain::new(), Chain::new()];
            change(&mut chains[0].signer);
            change(&mut chains[1].authority);
            change(&mut chains[2].root);
            for (position, chain) in chains.iter().enumerate() {
                let expected = if critical { vec![(position, "critical-extensions")] } else { vec![] };
                assert_eq!(chain.faults(), expected, "extension {arc}");
            }
        }
    }
}

#[test]
fn path_length_counts_authorities_that_are_not_self_issued() {
    let root = Entity::new("CN=Root");
    let [first, second, signer] = ["CN=First", "CN=Second", "CN=Signer"].map(Entity::new);
    let rollover = Entity::with_key("CN=First", "a new key");
    let anchor = |length| {
        let request = Request::new(&root, &root);
        request.with(basic_constraints(true, Some(length))).with(key_usage(&[0x06])).issue()
    };
    let pool = || {
        vec![
            Request::authority(&first, &root).issue(),
            Request::authority(&rollover, &first).issue(),
            Request::authority(&second, &rollover).issue(),
        ]
    };
    let verdict = judge(Request::signer(&signer, &second).issue(), pool(), anchor(2));
    assert_eq!(verdict.path().map(|path| path.certificates().len()), Some(4), "{:?}", verdict.rejected);
    let verdict = judge(Request::signer(&signer, &second).issue(), pool(), anchor(1));
    assert_eq!(faults(&verdict)[0], (1, "path-length"));
    assert_eq!(judge(Request::signer(&signer, &root).issue(), vec![], anchor(0)).status(), Status::Accepted);
}

#[test]
fn signatures_must_be_those_of_the_issuer() {
    let chain = Chain::new();
    let impostor = Entity::with_key(&chain.root.subject.name, "impostor");
    let forged = Request::authority(&chain.authority.subject, &impostor).issue();
    let verdict = judge(chain.signer.issue(), vec![forged], chain.root.issue());
    assert_eq!(faults(&verdict), [(1, "signature")]);
    assert_eq!(verdict.rejected[0].anchor.as_ref().map(|anchor| anchor.origin.as_ref()), Some("anchors"));
}

#[test]
fn names_must_be_permitted() {
    for (permitted, excluded, names, accepted) in [
        (vec!["dns:example.com"], vec![], vec!["dns:a.example.com"], true),
        (vec!["dns:example.com"], vec![], vec!["dns:a.example.com", "dns:example.org"], false),
        (vec!["dns:example.com"], vec![], vec!["email:a@example.org"], true),
        (vec![], vec!["dns:example.com"], vec!["dns:a.example.com"], false),
        (vec!["dns:example.com"], vec!["dns:b.example.com"], vec!["dns:b.example.com"], false),
        (vec!["email:.example.com"], vec![], vec!["email:a@mail.example.com"], true),
        (vec!["email:.example.com"], vec![], vec!["email:a@example.org"], false),
        (vec!["uri:.example.com"], vec![], vec!["uri:https://www.example.com/a"], true),
        (vec!["uri:.example.com"], vec![], vec!["uri:urn:a"], false),
        (vec![], vec!["uri:.example.com"], vec!["uri:urn:a"], false),
        (vec!["ip:0a000000ff000000"], vec![], vec!["ip:0a010203"], true),
        (vec!["ip:0a000000ff000000"], vec![], vec!["ip:0b010203"], false),
        (vec!["directory:C=IR"], vec![], vec!["directory:C=IR,CN=Elsewhere"], true),
        (vec!["directory:C=IR"], vec![], vec!["directory:C=TR,CN=Elsewhere"], false),
        (vec![], vec!["directory:C=IR,CN=Signer"], vec![], false),
        (vec!["directory:C=TR"], vec![], vec![], false),
        (vec!["other:x"], vec![], vec!["other:x"], false),
        (vec!["other:x"], vec![], vec!["dns:a"], true),
    ] {
        let mut chain = Chain::new();
        chain.authority = chain.authority.with(name_constraints(&permitted, &excluded));
        if !names.is_empty() {
            chain.signer = chain.signer.with(alternative_names(&names));
        }
        let faults = chain.faults();
        assert_eq!(faults.is_empty(), accepted, "{permitted:?} {excluded:?} {names:?}: {faults:?}");
        assert!(faults.iter().all(|(position, check)| *position == 0 && check.ends_with("-names")));
    }
}

#[test]
fn permitted_names_are_those_that_every_authority_permits() {
    for (name, expected) in [
        ("dns:example.org", vec![]),
        ("dns:example.com", vec![(0, "permitted-names")]),
        ("dns:example.net", vec![(0, "permitted-names")]),
    ] {
        let mut chain = Chain::new();
        chain.root = chain.root.with(name_constraints(&["dns:example.com", "dns:example.org"], &[]));
        chain.authority = chain.authority.with(name_constraints(&["dns:example.org", "dns:example.net"], &[]));
        chain.signer = chain.signer.with(alternative_names(&[name]));
        assert_eq!(chain.faults(), expected, "{name}");
    }
}

#[test]
fn a_mail_address_in_the_subject_is_a_name_like_any_other() {
    let mut chain = Chain::new();
    chain.authority = chain.authority.with(name_constraints(&["email:example.com"], &[]));
    chain.signer.subject = Entity::new("C=IR,CN=Signer,email=a@example.org");
    assert_eq!(chain.faults(), [(0, "permitted-names")]);
    chain.signer.subject = Entity::new("C=IR,CN=Signer,email=a@example.com");
    assert_eq!(chain.faults(), []);
    chain.signer = chain.signer.with(alternative_names(&["email:a@example.org"]));
    assert_eq!(chain.faults(), [(0, "permitted-names")]);
}

#[test]
fn self_issued_authorities_are_free_of_name_constraints_but_signers_are_not() {
    let root = Entity::new("C=IR,CN=Root");
    let rollover = Entity::with_key("C=IR,CN=Root", "new");
    let signer = Entity::new("C=TR,CN=Signer");
    let anchor = || Request::authority(&root, &root).with(name_constraints(&["directory:C=TR"], &[])).issue();
    let pool = vec![Request::authority(&rollover, &root).issue()];
    assert_eq!(judge(Request::signer(&signer, &rollover).issue(), pool, anchor()).status(), Status::Accepted);
    let verdict = judge(Request::signer(&rollover, &root).issue(), vec![], anchor());
    assert_eq!(faults(&verdict), [(0, "permitted-names")]);
}

#[test]
fn an_anchor_binds_what_is_below_it() {
    let mut chain = Chain::new();
    chain.root.extensions[0] = basic_constraints(true, Some(0));
    assert_eq!(chain.faults(), [(1, "path-length")]);
    chain.root.extensions[0] = basic_constraints(false, None);
    assert_eq!(chain.faults(), [(2, "authority")]);
    chain.root.extensions.clear();
    assert_eq!(chain.faults(), [], "a root without extensions is one because the user says so");
}

#[test]
fn a_signer_that_is_an_anchor_under_an_older_certificate_is_accepted() {
    let trader = Entity::new("CN=Trader");
    let older = Request::signer(&trader, &trader).issue();
    let newer = Request::signer(&trader, &trader).serial(2).issue();
    let verdict = judge(newer.clone(), vec![], older);
    assert_eq!(faults(&verdict), [(1, "certificate-signing")], "a key that may not sign certificates signed this one");
    let older = Request::authority(&trader, &trader).issue();
    assert_eq!(judge(newer, vec![], older).status(), Status::Accepted);
}

#[test]
fn a_dead_end_says_why() {
    let [root, signer] = ["CN=Root", "CN=Signer"].map(Entity::new);
    let [old, new] = ["old", "new"].map(|key| Entity::with_key("CN=Authority", key));
    let anchor = || Request::authority(&root, &root).issue();
    let why = |signer: &Request, pool: Vec<Certificate>| {
        let verdict = judge(signer.issue(), pool, anchor());
        let [path] = &verdict.rejected[..] else { panic!("{}", verdict.rejected.len()) };
        (path.certificates.len(), path.rejections[0].message.id())
    };
    let signer = Request::signer(&signer, &new);
    assert_eq!(why(&signer, vec![]), (1, "trust-issuer-missing"));
    assert_eq!(why(&signer, vec![Request::authority(&new, &new).issue()]), (2, "trust-self-signed"));
    let rollover = Request::authority(&new, &old).issue();
    assert_eq!(why(&signer, vec![rollover]), (2, "trust-issuer-missing"), "self-issued, but signed with the old key");
    let other = Entity::new("CN=Other");
    let loop_ = vec![Request::authority(&new, &other).issue(), Request::authority(&other, &new).issue()];
    assert_eq!(why(&signer, loop_), (3, "trust-issuer-loop"));
}

#[test]
fn every_way_is_tried_until_one_holds() {
    // Two ways from the authority to the root: one direct and out of date, one across another root.
    let [home, abroad, authority, signer] = ["CN=Home", "CN=Abroad", "CN=Authority", "CN=Signer"].map(Entity::new);
    let pool = vec![
        Request::authority(&authority, &home).valid("20200101000000Z", "20210101000000Z").issue(),
        Request::authority(&authority, &abroad).issue(),
        Request::authority(&abroad, &home).issue(),
        Request::authority(&home, &abroad).issue(),
    ];
    let signer = Request::signer(&signer, &authority).issue();
    let anchor = Request::authority(&home, &home).issue();
    let verdict = judge(signer.clone(), pool.clone(), anchor.clone());
    assert_eq!(verdict.path().map(|path| path.certificates().len()), Some(3));
    assert_eq!(faults(&verdict), [], "the valid way was tried first");

    let every = Options { every_path: true, ..options() };
    let verdict = judge_with(signer, pool, vec![anchor], &every);
    assert_eq!((verdict.accepted.len(), faults(&verdict)), (1, vec![(1, "validity")]));
}

/// Every one certified by every other one.
fn mesh(entities: &[Entity]) -> Vec<Certificate> {
    let pairs = entities.iter().flat_map(|subject| entities.iter().map(move |issuer| (subject, issuer)));
    let pairs = pairs.filter(|(subject, issuer)| subject.name != issuer.name);
    pairs.map(|(subject, issuer)| Request::authority(subject, issuer).issue()).collect()
}

#[test]
fn authorities_that_certify_each_other_end_the_search() {
    let names: Vec<_> = (0..3).map(|index| Entity::new(&format!("CN=Authority {index}"))).collect();
    let pool = mesh(&names);
    let signer = Request::signer(&Entity::new("CN=Signer"), &names[0]).issue();
    let other = Entity::new("CN=Other");
    let verdict = judge(signer, pool, Request::authority(&other, &other).issue());
    assert_eq!(verdict.status(), Status::Rejected);
    assert_eq!(faults(&verdict), [(2, "issuer")]);
    assert_eq!(verdict.rejected[0].rejections[0].message.id(), "trust-issuer-loop");
}

#[test]
fn a_mesh_without_an_anchor_ends_at_a_limit_and_is_not_rejected() {
    // Twelve authorities that all certify each other: more paths than anybody can walk.
    let names: Vec<_> = (0..12).map(|index| Entity::new(&format!("CN=Authority {index}"))).collect();
    let pool = mesh(&names);
    let signer = Request::signer(&Entity::new("CN=Signer"), &names[0]).issue();
    let other = Entity::new("CN=Other");
    let verdict = judge(signer, pool, Request::authority(&other, &other).issue());
    assert_eq!(verdict.status(), Status::Unfinished);
    assert_eq!(verdict.unfinished, Some((Limit::Edges, 10_000)));
    assert!(verdict.diagnostics().iter().any(|finding| finding.code.to_string() == "E9701"));
    assert!(verdict.effort.signature_checks <= 144, "each signature once");
}

#[test]
fn many_authorities_of_one_name_cost_one_check_each_at_most() {
    let authority = |key: usize| Entity::with_key("CN=Authority", &format!("key {key}"));
    let root = Entity::new("CN=Root");
    let pool: Vec<_> = (0..300)
        .map(|key| Request::authority(&authority(key), &root).serial(u16::try_from(key).unwrap()).issue())
        .collect();
    let anchor = Request::authority(&root, &root).issue();
    let signer = Request::signer(&Entity::new("CN=Signer"), &authority(299)).issue();
    let verdict = judge(signer.clone(), pool.clone(), anchor.clone());
    assert_eq!(verdict.status(), Status::Accepted);
    assert!(verdict.effort.signature_checks <= 301, "{:?}", verdict.effort);

    let mut few = options();
    few.limits.signature_checks = 100;
    let verdict = judge_with(signer, pool, vec![anchor], &few);
    assert_eq!((verdict.status(), verdict.unfinished), (Status::Unfinished, Some((Limit::SignatureChecks, 100))));
}

#[test]
fn the_key_identifier_leads_to_the_right_authority_at_once() {
    let authority = |key: u8| Entity::with_key("CN=Authority", &format!("key {key}"));
    let root = Entity::new("CN=Root");
    let pool: Vec<_> = (0..100)
        .map(|key| Request::authority(&authority(key), &root).with(subject_key_identifier(&[key])).issue())
        .collect();
    let signer =
        Request::signer(&Entity::new("CN=Signer"), &authority(77)).with(authority_key_identifier(&[77])).issue();
    let verdict = judge(signer, pool, Request::authority(&root, &root).issue());
    assert_eq!((verdict.status(), verdict.effort.signature_checks), (Status::Accepted, 2));
}

#[test]
fn a_wrong_key_identifier_is_a_hint_and_no_fault() {
    let mut chain = Chain::new();
    chain.authority = chain.authority.with(subject_key_identifier(b"one"));
    chain.signer = chain.signer.with(authority_key_identifier(b"two"));
    assert_eq!(chain.faults(), []);
}

#[test]
fn what_is_remembered_of_signatures_changes_no_verdict() {
    let [root, other] = ["root", "other"].map(|key| Entity::with_key("CN=Root", key));
    let signer = Request::signer(&Entity::new("CN=Signer"), &root).issue();
    let options =
        Options { signatures: Some(SignatureMemory::default()), ..Options::document_signature(NOON.parse().unwrap()) };
    for _ in 0..2 {
        for (anchor, expected) in [(&root, Status::Accepted), (&other, Status::Rejected)] {
            let anchor = Request::authority(anchor, anchor).issue();
            let verdict = judge_with(signer.clone(), Vec::new(), vec![anchor], &options);
            assert_eq!(verdict.status(), expected);
            assert_eq!(verdict.effort.signature_checks, 1, "it counts as a check all the same");
        }
    }
}

#[test]
fn a_large_pool_of_strangers_costs_nothing() {
    let chain = Chain::new();
    let stranger = |index: usize| {
        let entity = Entity::new(&format!("CN=Stranger {index}"));
        Request::authority(&entity, &entity).issue()
    };
    let mut pool: Vec<Certificate> = (0..3_000).map(stranger).collect();
    pool.push(chain.authority.issue());
    let verdict = judge(chain.signer.issue(), pool, chain.root.issue());
    assert_eq!((verdict.status(), verdict.effort.edges, verdict.effort.signature_checks), (Status::Accepted, 2, 2));
}

#[test]
fn each_limit_ends_the_search_with_its_name() {
    let names: Vec<_> = (0..6).map(|index| Entity::new(&format!("CN=Authority {index}"))).collect();
    let pool: Vec<_> = names.windows(2).map(|pair| Request::authority(&pair[1], &pair[0]).issue()).collect();
    let signer = Request::signer(&Entity::new("CN=Signer"), &names[5]).issue();
    let anchor = Request::authority(&names[0], &names[0]).with(name_constraints(&["directory:CN=x"], &[])).issue();
    let with = |change: &dyn Fn(&mut Options)| {
        let mut options = options();
        change(&mut options);
        let verdict = judge_with(signer.clone(), pool.clone(), vec![anchor.clone()], &options);
        (verdict.status(), verdict.unfinished.map(|(limit, _)| limit))
    };
    assert_eq!(with(&|_| {}), (Status::Rejected, None));
    assert_eq!(with(&|options| options.limits.edges = 3), (Status::Unfinished, Some(Limit::Edges)));
    assert_eq!(with(&|options| options.limits.paths = 0), (Status::Unfinished, Some(Limit::Paths)));
    assert_eq!(with(&|options| options.limits.path_length = 3), (Status::Unfinished, Some(Limit::PathLength)));
    assert_eq!(
        with(&|options| options.limits.name_comparisons = 2),
        (Status::Unfinished, Some(Limit::NameComparisons))
    );
    assert_eq!(
        with(&|options| options.limits.signature_checks = 2),
        (Status::Unfinished, Some(Limit::SignatureChecks))
    );
}
