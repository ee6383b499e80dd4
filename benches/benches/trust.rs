//! How many certificate paths are validated in a second, beside OpenSSL in the same process; how long a path takes to be found
//! in a large pool; how soon the program has a verdict.
//!
//! After `--`, `--only validation`, `building` or `verdict` measures one of them.

// The authority of the tests makes the certificates; what it is given is sound.
#[allow(clippy::unwrap_used, clippy::panic, reason = "the authority of the tests")]
#[path = "../../crates/karvan-pki/tests/issue/mod.rs"]
mod issue;

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::{argument, best, program};
use issue::evidence::List;
use issue::{Entity, Request, authority_key_identifier, certificate_policies, policy_mappings, subject_key_identifier};
use jiff::Timestamp;
use karvan_pki::{
    Certificate, CertificateSet, Evidence, Limits, Options, RevocationList, RevocationMode, RevocationOptions,
    SignatureMemory, Sourced, Status, TrustStore, find_paths,
};
use openssl::ssl::SslFiletype;
use openssl::stack::Stack;
use openssl::x509::store::{X509Lookup, X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509Crl, X509StoreContext};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The time that is asked about.
const AT: &str = "2026-06-01T12:00:00Z";

const KEYS: [&[u8]; 3] = [
    include_bytes!("../../tests/trust/keys/rsa-2048.pem"),
    include_bytes!("../../crates/karvan-signature/tests/keys/rsa.pem"),
    include_bytes!("../../samples/pki/signers/sahand.key.pem"),
];

fn main() -> Result<()> {
    let only = argument("--only");
    let asked = |name: &str| only.as_deref().is_none_or(|only| only == name);
    if asked("validation") {
        validation()?;
    }
    if asked("building") {
        building()?;
    }
    if asked("verdict") {
        verdict()?;
    }
    Ok(())
}

/// What a path of three certificates below an anchor is validated with, in DER: a cross-certificate with mapped policies, an
/// authority, a signer, each with the list of its issuer.
struct Path3 {
    anchor: Vec<u8>,
    /// The signer's first.
    certificates: [Vec<u8>; 3],
    lists: [Vec<u8>; 3],
}

impl Path3 {
    fn new() -> Self {
        const HOME: &[u8] = b"\x2b\x06\x01\x04\x01\x81\xfd\x59\x01";
        const ABROAD: &[u8] = b"\x2b\x06\x01\x04\x01\x81\xfd\x59\x02";
        let names = ["C=IR,O=Rishe,CN=Home root", "C=TR,O=Kok,CN=Foreign root", "C=TR,O=Kok,CN=Foreign authority"];
        let [home, foreign, trade] = [0, 1, 2].map(|index| Entity::with_rsa(names[index], KEYS[index]));
        let signer = Entity::new("C=TR,O=Anka,CN=Anka");
        let linked = |request: Request| {
            let [subject, issuer] = [&request.subject, &request.issuer].map(|entity| entity.name.clone());
            let request = request.with(subject_key_identifier(subject.as_bytes()));
            request.with(authority_key_identifier(issuer.as_bytes()))
        };
        let anchor = linked(Request::authority(&home, &home));
        let cross = linked(Request::authority(&foreign, &home).serial(2))
            .with(certificate_policies(&[HOME]))
            .with(policy_mappings(&[(HOME, ABROAD)]));
        let authority = linked(Request::authority(&trade, &foreign).serial(3)).with(certificate_policies(&[ABROAD]));
        let leaf = linked(Request::signer(&signer, &trade).serial(4)).with(certificate_policies(&[ABROAD]));
        let list = |issuer: &Entity| {
            let list = List::new(issuer, 1).with(authority_key_identifier(issuer.name.as_bytes()));
            (100..120).fold(list, |list, serial| list.revoke(serial, &[])).der()
        };
        Self {
            anchor: anchor.der(),
            certificates: [leaf.der(), authority.der(), cross.der()],
            lists: [list(&trade), list(&foreign), list(&home)],
        }
    }
}

/// What Karvan judges it with.
struct Ours {
    signer: Sourced,
    pool: CertificateSet,
    anchors: TrustStore,
    options: Options,
}

impl Ours {
    fn read(path: &Path3, anchors: &TrustStore) -> Result<Self> {
        let limits = Limits::default();
        let mut evidence = Evidence::default();
        for list in &path.lists {
            evidence.insert_list(RevocationList::from_der(list, &limits)?, &"lists".into(), &limits);
        }
        let mut pool = CertificateSet::default();
        for certificate in &path.certificates[1..] {
            pool.insert(Certificate::from_der(certificate, &limits)?, &"pool".into(), &limits);
        }
        let signer = Certificate::from_der(&path.certificates[0], &limits)?;
        let signer = Sourced { certificate: signer.into(), origin: "signer".into() };
        let options = Options {
            revocation: RevocationOptions {
                mode: RevocationMode::Require,
                freshness: None,
                evidence: Arc::new(evidence),
            },
            ..Options::document_signature(AT.parse()?)
        };
        Ok(Self { signer, pool, anchors: anchors.clone(), options })
    }

    fn accepts(&self) -> bool {
        let verdict = find_paths(&self.signer, &self.pool, &self.anchors, &self.options);
        verdict.status() == Status::Accepted
    }
}

fn anchors(der: &[u8]) -> Result<TrustStore> {
    let mut store = TrustStore::default();
    store.insert(Certificate::from_der(der, &Limits::default())?, &"anchor".into(), &Limits::default());
    Ok(store)
}

/// What OpenSSL judges it with.
struct Theirs {
    signer: X509,
    pool: Stack<X509>,
}

impl Theirs {
    fn read(path: &Path3) -> Result<Self> {
        let mut pool = Stack::new()?;
        for certificate in &path.certificates[1..] {
            pool.push(X509::from_der(certificate)?)?;
        }
        Ok(Self { signer: X509::from_der(&path.certificates[0])?, pool })
    }

    fn accepts(&self, store: &X509Store) -> bool {
        let mut context = X509StoreContext::new().ok();
        let context = context.as_mut();
        context.is_some_and(|context| {
            context.init(store, &self.signer, &self.pool, |context| context.verify_cert()).unwrap_or(false)
        })
    }
}

/// The anchor and the lists, which the crate takes from files alone.
fn store(path: &Path3, folder: &Path) -> Result<X509Store> {
    let mut store = X509StoreBuilder::new()?;
    store.add_cert(X509::from_der(&path.anchor)?)?;
    let lookup = store.add_lookup(X509Lookup::file())?;
    for (index, list) in path.lists.iter().enumerate() {
        let file = folder.join(format!("{index}.crl"));
        fs::write(&file, list)?;
        lookup.load_crl_file(file, SslFiletype::ASN1)?;
    }
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_time(AT.parse::<Timestamp>()?.as_second());
    parameters.set_auth_level(2);
    parameters
        .set_flags(X509VerifyFlags::CRL_CHECK | X509VerifyFlags::CRL_CHECK_ALL | X509VerifyFlags::POLICY_CHECK)?;
    store.set_param(&parameters)?;
    Ok(store.build())
}

#[allow(clippy::print_stdout)] // A benchmark's table is its output.
fn validation() -> Result<()> {
    const ROUNDS: u32 = 200;
    let path = Path3::new();
    let folder = tempfile::tempdir()?;
    let (anchors, store) = (anchors(&path.anchor)?, store(&path, folder.path())?);
    let (ours, theirs) = (Ours::read(&path, &anchors)?, Theirs::read(&path)?);
    if !ours.accepts() {
        let verdict = find_paths(&ours.signer, &ours.pool, &ours.anchors, &ours.options);
        return Err(format!("Karvan: {:?}", verdict.diagnostics()).into());
    }
    if !theirs.accepts(&store) {
        return Err("OpenSSL does not accept the path".into());
    }
    let round = |work: &dyn Fn() -> bool| best(7, || (0..ROUNDS).all(|_| black_box(work()))) / ROUNDS;
    let from_der = || Ours::read(&path, &anchors).is_ok_and(|ours| ours.accepts());
    let openssl_from_der = || {
        let lists = path.lists.iter().all(|list| X509Crl::from_der(list).is_ok());
        lists && Theirs::read(&path).is_ok_and(|theirs| theirs.accepts(&store))
    };
    println!("paths of three certificates below the anchor (RSA-2048), policies mapped, three lists");
    println!("{:44} {:>10} {:>10}", "", "paths/s", "x peer");
    let mut remembering = Ours::read(&path, &anchors)?;
    remembering.options.signatures = Some(SignatureMemory::default());
    for (what, ours, theirs) in [
        ("certificates and lists from DER", round(&from_der), round(&openssl_from_der)),
        ("certificates and lists read before", round(&|| ours.accepts()), round(&|| theirs.accepts(&store))),
        ("the same, signatures remembered", round(&|| remembering.accepts()), round(&|| theirs.accepts(&store))),
    ] {
        for (who, time) in [("karvan-pki", ours), ("OpenSSL", theirs)] {
            let rate = 1.0 / time.as_secs_f64();
            println!("{:44} {rate:10.0} {:10.1}", format!("{what}, {who}"), theirs.as_secs_f64() / time.as_secs_f64());
        }
    }
    println!();
    Ok(())
}

/// So many certificates of strangers and 200 cross-certificates between 100 authorities, of which a few lead to the anchor.
fn pool() -> (Vec<Vec<u8>>, Vec<u8>, Vec<u8>) {
    const AUTHORITIES: usize = 100;
    let authority = |index: usize| Entity::new(&format!("C=XA,O=Authority {index},CN=Root {index}"));
    let authorities: Vec<_> = (0..AUTHORITIES).map(authority).collect();
    let linked = |request: Request| {
        let [subject, issuer] = [&request.subject, &request.issuer].map(|entity| entity.name.clone());
        let request = request.with(subject_key_identifier(subject.as_bytes()));
        request.with(authority_key_identifier(issuer.as_bytes()))
    };
    let mut pool = Vec::new();
    // Each certifies two others, and is certified by two: a bridge at every step, and loops of every length.
    for (index, issuer) in authorities.iter().enumerate() {
        for step in [1, 7] {
            let subject = &authorities[(index + step) % AUTHORITIES];
            pool.push(linked(Request::authority(subject, issuer).serial(step as u16)).der());
        }
    }
    for number in 0..9_800_u16 {
        let subject = Entity::new(&format!("C=XA,O=Trader {number},CN=Trader {number}"));
        let issuer = &authorities[usize::from(number) % AUTHORITIES];
        pool.push(linked(Request::signer(&subject, issuer).serial(1_000 + number)).der());
    }
    let signer = linked(Request::signer(&Entity::new("C=XA,O=Anka,CN=Anka"), &authorities[38])).der();
    let anchor = linked(Request::authority(&authorities[0], &authorities[0])).der();
    (pool, signer, anchor)
}

#[allow(clippy::print_stdout)] // A benchmark's table is its output.
fn building() -> Result<()> {
    let (certificates, signer, anchor) = pool();
    let limits = Limits::default();
    let anchors = anchors(&anchor)?;
    let signer = Sourced { certificate: Certificate::from_der(&signer, &limits)?.into(), origin: "signer".into() };
    let options = Options::document_signature(AT.parse()?);
    let read = || CertificateSet::load(certificates.iter().map(|der| ("pool", der)), &limits).0;
    let build = |pool: &CertificateSet| {
        let verdict = find_paths(&signer, pool, &anchors, &options);
        assert_eq!(verdict.status(), Status::Accepted, "the way from 38 to 0 has eight steps");
        verdict
    };
    let pool = read();
    let verdict = build(&pool);
    println!(
        "a path of {} certificates in a pool of {}, 200 of them cross-certificates",
        verdict.path().map_or(0, |path| path.certificates().len()),
        pool.len()
    );
    println!("{:44} {:>10}", "", "ms");
    for (what, time) in
        [("the pool read before", best(7, || build(&pool))), ("the pool from DER", best(7, || build(&read())))]
    {
        println!("{what:44} {:10.2}", time.as_secs_f64() * 1e3);
    }
    println!();
    Ok(())
}

#[allow(clippy::print_stdout)] // A benchmark's table is its output.
fn verdict() -> Result<()> {
    let program = program()?;
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
    let trust = "trust path trust/signers/anka.pem --trust trust/store --cert trust/cross --crl trust/crl --register trust/register.toml --at 2026-06-15T00:00:00Z";
    println!("{:44} {:>10}", "from the command line", "ms");
    for (what, arguments) in
        [("karvan --version", "--version"), ("karvan trust path, three authorities and a bridge", trust)]
    {
        let mut fastest = Duration::MAX;
        for _ in 0..20 {
            let start = Instant::now();
            let mut command = Command::new(&program);
            command.current_dir(&samples).args(arguments.split(' ')).stdout(Stdio::null());
            if !command.status()?.success() {
                return Err(format!("{what}: accepted").into());
            }
            fastest = start.elapsed().min(fastest);
        }
        println!("{what:44} {:10.1}", fastest.as_secs_f64() * 1e3);
    }
    Ok(())
}
