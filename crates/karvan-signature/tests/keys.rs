//! Keys against signatures that OpenSSL made (`keys/make.sh`), and against themselves.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karvan_pki::{DigestAlgorithm, Legacy, PublicKey, SignatureAlgorithm, SignatureError, pem};
use karvan_signature::{KeyError, KeyFile, PrivateKey, RemoteKey, SigningKey, ToBeSigned};
use ring::rand::SystemRandom;

fn octets(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name)).unwrap()
}

fn key(name: &str) -> PrivateKey {
    PrivateKey::read(&octets(name), Arc::new(SystemRandom::new())).unwrap()
}

fn open(name: &str, password: &str) -> Result<KeyFile, KeyError> {
    KeyFile::read(&octets(name), Some(password), Arc::new(SystemRandom::new()))
}

fn public(name: &str) -> PublicKey {
    match name {
        "dsa" | "small" => {
            let file = octets(&format!("{name}-public.pem"));
            PublicKey::from_spki(&pem::blocks(&file).next().unwrap().contents.unwrap()).unwrap()
        }
        _ => key(&format!("{name}.pem")).public_key().clone(),
    }
}

#[test]
fn signatures_of_openssl_are_good_and_what_is_weak_must_be_allowed() {
    let lines = String::from_utf8(octets("signatures.txt")).unwrap();
    assert_eq!(lines.lines().count(), 59);
    for line in lines.lines() {
        let [name, scheme, digest, salt, value] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let key = public(name);
        let digest = DigestAlgorithm::from_name(digest).unwrap();
        let algorithm = match scheme {
            "pkcs1" => SignatureAlgorithm::RsaPkcs1(digest),
            "pss" => SignatureAlgorithm::RsaPss { digest, salt: salt.parse().unwrap() },
            "ecdsa" => SignatureAlgorithm::Ecdsa(digest),
            _ => SignatureAlgorithm::Dsa(digest),
        };
        let signature = STANDARD.decode(value).unwrap();
        let verify = |message: &[u8], allowed| key.verify_allowing(algorithm, message, &signature, allowed);
        let legacy = algorithm.legacy(key.kind());
        assert_eq!(verify(b"message", legacy), Ok(()), "{line}");
        assert_eq!(verify(b"massage", legacy), Err(SignatureError::Wrong), "{line}");
        let of_digest = key.verify_digest(algorithm, digest.digest(b"message").as_ref(), &signature, legacy);
        assert_eq!(of_digest, Ok(()), "{line}");
        let strict = if legacy.is_empty() { Ok(()) } else { Err(SignatureError::Legacy(legacy)) };
        assert_eq!(verify(b"message", Legacy::NONE), strict, "{line}");
        let mut other = signature.clone();
        *other.last_mut().unwrap() ^= 1;
        let wrong = key.verify_allowing(algorithm, b"message", &other, legacy);
        assert_eq!(wrong, Err(SignatureError::Wrong), "{line}");
        let cut = key.verify_allowing(algorithm, b"message", &signature[1..], legacy);
        assert_eq!(cut, Err(SignatureError::Wrong), "{line}");
    }
}

#[test]
fn what_a_key_signs_its_public_half_verifies() {
    for name in ["rsa", "p256", "p384", "p521", "ed25519"] {
        for digest in DigestAlgorithm::sound() {
            let pss = SignatureAlgorithm::rsa_pss(digest);
            let keys =
                [key(&format!("{name}.pem")).with_digest(digest), key(&format!("{name}.pem")).with_algorithm(pss)];
            assert_eq!(keys[1].is_ok(), name == "rsa");
            for key in keys.into_iter().flatten() {
                let (algorithm, public) = (key.algorithm(), key.public_key());
                let signature = key.sign(b"message").unwrap();
                assert_eq!(public.verify(algorithm, b"message", &signature), Ok(()), "{name} {algorithm}");
                let of_digest = key.sign_digest(digest.digest(b"message").as_ref());
                match algorithm.digest() {
                    None => assert_eq!(of_digest, Err(KeyError::WholeMessage)),
                    Some(_) => assert_eq!(public.verify(algorithm, b"message", &of_digest.unwrap()), Ok(())),
                }
                assert!(key.sign_digest(b"short").is_err());
            }
        }
    }
}

#[test]
fn passwords_open_every_kind_of_file() {
    for name in ["encrypted.pem", "encrypted-scrypt.pem", "encrypted-sha1.pem", "rsa-p12.der", "p256-p12-old.der"] {
        let opened = open(name, "sample").unwrap_or_else(|error| panic!("{name}: {error}"));
        let certificates: Vec<_> = opened.certificates.iter().map(|one| one.subject().to_string()).collect();
        match name {
            "rsa-p12.der" => assert!(certificates[0].contains("CN=rsa")),
            "p256-p12-old.der" => assert!(certificates[0].contains("CN=p256"), "{certificates:?}"),
            _ => assert!(certificates.is_empty()),
        }
        assert_eq!(open(name, "wrong").unwrap_err(), KeyError::Password, "{name}");
    }
    assert_eq!(open("encrypted-scrypt.pem", "sample").unwrap().key.public_key(), key("p384.pem").public_key());
    // PBES1 is older than PBES2 by a decade, and opened nowhere else.
    assert!(matches!(open("encrypted-pbes1.pem", "sample"), Err(KeyError::Encryption(_))));
}

#[test]
fn a_bundle_gives_the_certificates_beside_the_key() {
    let bundle = [octets("p521-certificate.pem"), octets("p521.pem"), octets("rsa-certificate.pem")].concat();
    let file = KeyFile::read(&bundle, None, Arc::new(SystemRandom::new())).unwrap();
    assert_eq!(file.certificates[0].public_key(), file.key.public_key());
    assert_eq!(file.certificates.len(), 2);
}

#[test]
fn what_is_signed_elsewhere_comes_back_only_for_the_same_octets() {
    for name in ["rsa", "p256", "p521", "ed25519"] {
        let there = key(&format!("{name}.pem"));
        let remote = || RemoteKey::new(there.public_key().clone(), there.algorithm()).unwrap();
        let here = remote();
        assert_eq!(here.sign(b"message"), Err(KeyError::Elsewhere));
        let Some(ToBeSigned::Message(asked)) = here.asked() else { panic!("nothing asked") };
        let value = there.sign(&asked).unwrap();
        let back = remote().with_value(value.clone());
        assert_eq!(back.sign(b"message"), Ok(value.clone()));
        assert_eq!(back.sign(b"massage"), Err(KeyError::Value));
        let Some(digest) = there.algorithm().digest() else { continue };
        let digest = digest.digest(b"message");
        assert_eq!(back.sign_digest(digest.as_ref()), Ok(value));
        assert_eq!(back.asked(), Some(ToBeSigned::Digest(digest.as_ref().to_vec())));
    }
    // OpenSSL gives the DER of an elliptic signature.
    let line = String::from_utf8(octets("signatures.txt")).unwrap();
    let line = line.lines().find(|line| line.starts_with("p521 ecdsa sha512 ")).unwrap();
    let value = STANDARD.decode(line.rsplit_once(' ').unwrap().1).unwrap();
    let key = key("p521.pem");
    let remote = RemoteKey::new(key.public_key().clone(), key.algorithm()).unwrap().with_value(value);
    assert_eq!(remote.sign(b"message").unwrap().len(), 132);
}
