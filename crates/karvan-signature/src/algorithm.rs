//! Algorithms and their identifiers: XML Signature 1.1 §6, RFC 9231.

use std::fmt;

use karvan_pki::SignatureAlgorithm;
use ring::digest;

/// A digest algorithm of a reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DigestAlgorithm {
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl DigestAlgorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// The algorithm identifier.
    #[must_use]
    pub const fn identifier(self) -> &'static str {
        match self {
            Self::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            Self::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
            Self::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
        }
    }

    /// The algorithm with this identifier, if Karvan has it.
    #[must_use]
    pub fn from_identifier(identifier: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.identifier() == identifier)
    }

    /// A computation to be fed.
    pub(crate) fn context(self) -> digest::Context {
        digest::Context::new(match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        })
    }

    /// The digest of `octets`.
    pub(crate) fn digest(self, octets: &[u8]) -> digest::Digest {
        let mut context = self.context();
        context.update(octets);
        context.finish()
    }
}

impl fmt::Display for DigestAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        })
    }
}

/// The signature algorithms of XML Signature that Karvan has. ECDSA signatures are `r ‖ s` here (§6.4.3).
const SIGNATURES: [(SignatureAlgorithm, &str); 6] = [
    (SignatureAlgorithm::RsaPkcs1Sha256, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
    (SignatureAlgorithm::RsaPkcs1Sha384, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"),
    (SignatureAlgorithm::RsaPkcs1Sha512, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
    (SignatureAlgorithm::EcdsaSha256Fixed, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
    (SignatureAlgorithm::EcdsaSha384Fixed, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"),
    (SignatureAlgorithm::Ed25519, "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519"),
];

/// The identifier of a signature algorithm, if XML Signature has it in that encoding.
#[must_use]
pub fn signature_identifier(algorithm: SignatureAlgorithm) -> Option<&'static str> {
    SIGNATURES.iter().find(|(other, _)| *other == algorithm).map(|&(_, identifier)| identifier)
}

/// The signature algorithm with this identifier, if Karvan has it.
#[must_use]
pub fn signature_algorithm(identifier: &str) -> Option<SignatureAlgorithm> {
    SIGNATURES.iter().find(|(_, other)| *other == identifier).map(|&(algorithm, _)| algorithm)
}

/// Whether the identifier is that of an algorithm known to be broken or no proof of origin: MD5, SHA-1, RIPEMD-160,
/// DSA, HMAC (whoever can check an HMAC can make one).
pub(crate) fn is_refused(identifier: &str) -> bool {
    let name = identifier.rsplit_once(['#', '/']).map_or(identifier, |(_, name)| name);
    name.split('-').any(|part| matches!(part, "md5" | "sha1" | "ripemd160" | "dsa" | "hmac"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_go_both_ways() {
        for (algorithm, identifier) in SIGNATURES {
            assert_eq!(signature_algorithm(identifier), Some(algorithm));
            assert_eq!(signature_identifier(algorithm), Some(identifier));
            assert!(!is_refused(identifier));
        }
        for algorithm in DigestAlgorithm::ALL {
            assert_eq!(DigestAlgorithm::from_identifier(algorithm.identifier()), Some(algorithm));
            assert!(!is_refused(algorithm.identifier()));
        }
        // The DER encoding of ECDSA is that of certificates, not of XML Signature.
        assert_eq!(signature_identifier(SignatureAlgorithm::EcdsaSha256), None);
    }

    #[test]
    fn weak_algorithms_are_known_as_such() {
        for name in ["rsa-sha1", "dsa-sha1", "hmac-sha1", "sha1"] {
            assert!(is_refused(&format!("http://www.w3.org/2000/09/xmldsig#{name}")), "{name}");
        }
        for name in ["md5", "rsa-md5", "hmac-sha256", "hmac-md5", "ecdsa-sha1", "rsa-ripemd160"] {
            assert!(is_refused(&format!("http://www.w3.org/2001/04/xmldsig-more#{name}")), "{name}");
        }
        assert!(!is_refused("http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"));
    }
}
