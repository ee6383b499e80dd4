//! The algorithms of CMS and their identifiers: RFC 5754, RFC 4056, RFC 5753, RFC 8419.

use karvan_pki::{Legacy, SignatureAlgorithm};
use karvan_text::Message;

use super::der::{self, NULL, ObjectIdentifier, Parts, SEQUENCE, Value};
use crate::DigestAlgorithm;

/// The identifiers of keys, which some write in place of those of signatures (RFC 3370 §3.2).
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");

/// `AlgorithmIdentifier` (RFC 5652 §10.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identifier {
    /// The algorithm.
    pub(crate) algorithm: ObjectIdentifier,
    /// The DER of its parameters; empty where there are none.
    pub(crate) parameters: Vec<u8>,
}

/// Why an algorithm cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// It is broken, and was not allowed.
    Refused(DigestAlgorithm),
    /// Karvan does not have it, or not with these parameters.
    Unknown(ObjectIdentifier),
    /// Signature and content are digested differently, which RFC 5652 §5.3 leaves no room for.
    Digests(ObjectIdentifier),
}

impl Unusable {
    /// What to say about it.
    pub(crate) fn message(&self) -> Message {
        match self {
            Self::Refused(digest) => Message::new("cms-algorithm-refused").with("algorithm", digest),
            Self::Unknown(algorithm) => Message::new("cms-algorithm").with("algorithm", algorithm),
            Self::Digests(algorithm) => Message::new("cms-algorithm-digests").with("algorithm", algorithm),
        }
    }
}

impl Identifier {
    /// Takes the next value.
    pub(crate) fn take(parts: &mut Parts<'_>) -> Option<Self> {
        Self::read(parts.field(SEQUENCE)?)
    }

    /// Reads the content of `value`, whatever its tag (it may be implicit).
    pub(crate) fn read(value: Value<'_>) -> Option<Self> {
        let mut parts = value.parts();
        let algorithm = parts.object_identifier()?;
        Some(Self { algorithm, parameters: parts.rest().to_vec() })
    }

    /// The identifier of a digest. RFC 5754 §2: no parameters when written, none or NULL when read.
    pub(crate) fn of_digest(digest: DigestAlgorithm) -> Self {
        Self { algorithm: digest.object_identifier(), parameters: Vec::new() }
    }

    /// The identifier of a signature algorithm, and the digest that it goes with; none where CMS has none for it. The two
    /// encodings of ECDSA signatures are one algorithm here.
    pub(crate) fn of_signature(algorithm: SignatureAlgorithm) -> Option<(Self, DigestAlgorithm)> {
        let der = algorithm.identifier()?;
        let identifier = Self::take(&mut Parts::new(&der))?;
        // RFC 8419 §2.3: Ed25519 goes with SHA-512.
        Some((identifier, algorithm.digest().unwrap_or(DigestAlgorithm::Sha512)))
    }

    /// The DER.
    pub(crate) fn to_der(&self) -> Vec<u8> {
        der::sequence(&[&der::object_identifier(self.algorithm), &self.parameters])
    }

    /// The digest that it identifies, nothing weak about it that is not `allowed`.
    pub(crate) fn digest(&self, allowed: Legacy) -> Result<DigestAlgorithm, Unusable> {
        let known = DigestAlgorithm::from_object_identifier(self.algorithm);
        let plain = self.parameters.is_empty() || self.parameters == [NULL, 0];
        match known.filter(|_| plain) {
            None => Err(Unusable::Unknown(self.algorithm)),
            Some(digest) if !digest.legacy().without(allowed).is_empty() => Err(Unusable::Refused(digest)),
            Some(digest) => Ok(digest),
        }
    }

    /// The signature algorithm that it identifies, for content that is digested with `digest`.
    pub(crate) fn signature(&self, digest: DigestAlgorithm) -> Result<SignatureAlgorithm, Unusable> {
        let algorithm = match self.algorithm {
            RSA_ENCRYPTION => SignatureAlgorithm::RsaPkcs1(digest),
            EC_PUBLIC_KEY => SignatureAlgorithm::Ecdsa(digest),
            DSA => SignatureAlgorithm::Dsa(digest),
            _ => SignatureAlgorithm::from_identifier(&self.to_der()).map_err(|_| Unusable::Unknown(self.algorithm))?,
        };
        match algorithm.digest() {
            Some(other) if other != digest => Err(Unusable::Digests(self.algorithm)),
            _ => Ok(algorithm),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_go_both_ways() {
        for digest in DigestAlgorithm::sound() {
            assert_eq!(Identifier::of_digest(digest).digest(Legacy::NONE), Ok(digest));
            for algorithm in [
                SignatureAlgorithm::RsaPkcs1(digest),
                SignatureAlgorithm::rsa_pss(digest),
                SignatureAlgorithm::EcdsaFixed(digest),
            ] {
                let (identifier, with) = Identifier::of_signature(algorithm).unwrap();
                assert_eq!(with, digest);
                assert_eq!(identifier.signature(digest), Ok(algorithm.in_der()));
                assert_eq!(
                    identifier.signature(DigestAlgorithm::Sha1),
                    Err(Unusable::Digests(identifier.algorithm)),
                    "two digests in one signature"
                );
            }
        }
        let (ed25519, digest) = Identifier::of_signature(SignatureAlgorithm::Ed25519).unwrap();
        assert_eq!(digest, DigestAlgorithm::Sha512);
        assert_eq!(ed25519.signature(DigestAlgorithm::Sha256), Ok(SignatureAlgorithm::Ed25519));
    }

    #[test]
    fn the_algorithm_of_the_key_takes_the_digest_of_the_content() {
        let rsa = Identifier { algorithm: RSA_ENCRYPTION, parameters: vec![NULL, 0] };
        let digest = DigestAlgorithm::Sha384;
        assert_eq!(rsa.signature(digest), Ok(SignatureAlgorithm::RsaPkcs1(digest)));
        let elliptic = Identifier { algorithm: EC_PUBLIC_KEY, parameters: Vec::new() };
        assert_eq!(elliptic.signature(digest), Ok(SignatureAlgorithm::Ecdsa(digest)));
    }

    #[test]
    fn broken_digests_are_known_as_such() {
        let sha1 = Identifier::of_digest(DigestAlgorithm::Sha1);
        assert_eq!(sha1.digest(Legacy::NONE), Err(Unusable::Refused(DigestAlgorithm::Sha1)));
        assert_eq!(sha1.digest(Legacy::SHA1), Ok(DigestAlgorithm::Sha1));
        let other = Identifier { algorithm: ObjectIdentifier::new_unwrap("1.2.3"), parameters: Vec::new() };
        assert_eq!(other.digest(Legacy::ALL), Err(Unusable::Unknown(other.algorithm)));
    }
}
