//! Keys on tokens, with SoftHSM: `cargo test -p karvan-signature --features pkcs11 --test token`.

#![cfg(feature = "pkcs11")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]
#![allow(clippy::print_stdout, reason = "what is not tested is told")]

use std::path::{Path, PathBuf};
use std::process::Command;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, CertificateType, ObjectClass};
use cryptoki::session::UserType;
use karvan_pki::{Certificate, DigestAlgorithm, Limits, SignatureAlgorithm, pem};
use karvan_signature::{KeyError, SigningKey, Token};

const KEYS: [&str; 3] = ["rsa", "p256", "p384"];

fn library() -> Option<PathBuf> {
    let places =
        ["/usr/lib/softhsm", "/usr/lib/x86_64-linux-gnu/softhsm", "/usr/local/lib/softhsm", "/usr/lib64/pkcs11"];
    places.into_iter().map(|place| Path::new(place).join("libsofthsm2.so")).find(|path| path.exists())
}

fn keys() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys")
}

fn certificate(name: &str) -> Certificate {
    let file = std::fs::read(keys().join(format!("{name}-certificate.pem"))).unwrap();
    let der = pem::blocks(&file).next().unwrap().contents.unwrap();
    Certificate::from_der(&der, &Limits::default()).unwrap()
}

/// Makes a token with three keys and runs [`with_a_token`] in a process that finds it.
#[test]
fn softhsm_signs() {
    let has_tool = Command::new("softhsm2-util").arg("--version").output().is_ok_and(|output| output.status.success());
    if library().is_none() || !has_tool {
        println!("SoftHSM is not installed: keys on tokens are not tested");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let configuration = folder.path().join("softhsm2.conf");
    std::fs::write(&configuration, format!("directories.tokendir = {}\n", folder.path().display())).unwrap();
    let run = |command: &mut Command| {
        let output = command.env("SOFTHSM2_CONF", &configuration).output().unwrap();
        assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stdout));
    };
    let tool = || Command::new("softhsm2-util");
    run(tool().args(["--init-token", "--free", "--label", "sample", "--so-pin", "4321", "--pin", "1234"]));
    for (index, name) in KEYS.into_iter().enumerate() {
        let id = format!("0{}", index + 1);
        run(tool()
            .args(["--import".as_ref(), keys().join(format!("{name}.pem")).as_os_str()])
            .args(["--token", "sample", "--label", name, "--id", &id, "--pin", "1234"]));
    }
    run(Command::new(std::env::current_exe().unwrap()).args(["--ignored", "--exact", "with_a_token"]));
}

#[test]
#[ignore = "needs the token that softhsm_signs makes"]
fn with_a_token() {
    let library = library().unwrap();
    let library = library.to_str().unwrap();
    let uri = |rest: &str| format!("pkcs11:token=sample;{rest}?module-path={library}");
    for name in KEYS {
        let certificate = certificate(name);
        let open = || Token::open(&uri(&format!("object={name}")), Some("1234"), Some(&certificate)).unwrap();
        let mut tokens = vec![open()];
        if name == "rsa" {
            tokens.push(open().with_algorithm(SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha3_256)).unwrap());
        }
        for token in tokens {
            let signature = token.sign(b"message").unwrap();
            assert_eq!(certificate.public_key().verify(token.algorithm(), b"message", &signature), Ok(()), "{name}");
        }
    }
    // The key is another one than the certificate says.
    let other = certificate("p256");
    let token = Token::open(&uri("object=p384"), Some("1234"), Some(&other)).unwrap();
    assert!(matches!(token.sign(b"message"), Err(KeyError::Value | KeyError::Token(_))));
    drop(token);

    let rsa = certificate("rsa");
    let open = |rest: &str, pin| Token::open(&uri(rest), pin, Some(&rsa)).unwrap_err();
    assert_eq!(open("object=rsa", Some("0000")), KeyError::Password);
    assert!(matches!(open("object=none", Some("1234")), KeyError::Token(_)));
    assert!(open("type=private", Some("1234")).to_string().contains("3"), "which of the three?");

    // A certificate on the token needs no other.
    let missing = Token::open(&uri("object=rsa"), Some("1234"), None).unwrap_err();
    assert!(missing.to_string().contains("--cert"), "{missing}");
    write_certificate(library, &rsa);
    let token = Token::open(&uri("id=%01"), Some("1234"), None).unwrap();
    assert_eq!(token.certificates(), [rsa]);
    assert!(token.sign(b"message").is_ok());
}

fn write_certificate(library: &str, certificate: &Certificate) {
    let library = Pkcs11::new(library).unwrap();
    let _ = library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let slot = library.get_slots_with_initialized_token().unwrap()[0];
    let session = library.open_rw_session(slot).unwrap();
    session.login(UserType::User, Some(&"1234".into())).unwrap();
    session
        .create_object(&[
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            Attribute::Token(true),
            Attribute::Id(vec![1]),
            // An empty name: it is only looked for by its identifier.
            Attribute::Subject(b"0\0".to_vec()),
            Attribute::Value(certificate.der().to_vec()),
        ])
        .unwrap();
}
