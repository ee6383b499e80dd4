//! Algorithms and their identifiers in XML: XML Signature 1.1 §6, RFC 9231.

use karvan_pki::{DigestAlgorithm, Legacy, SignatureAlgorithm};

const DIGESTS: [(DigestAlgorithm, &str); 11] = [
    (DigestAlgorithm::Md5, "http://www.w3.org/2001/04/xmldsig-more#md5"),
    (DigestAlgorithm::Ripemd160, "http://www.w3.org/2001/04/xmlenc#ripemd160"),
    (DigestAlgorithm::Sha1, "http://www.w3.org/2000/09/xmldsig#sha1"),
    (DigestAlgorithm::Sha224, "http://www.w3.org/2001/04/xmldsig-more#sha224"),
    (DigestAlgorithm::Sha256, "http://www.w3.org/2001/04/xmlenc#sha256"),
    (DigestAlgorithm::Sha384, "http://www.w3.org/2001/04/xmldsig-more#sha384"),
    (DigestAlgorithm::Sha512, "http://www.w3.org/2001/04/xmlenc#sha512"),
    (DigestAlgorithm::Sha3_224, "http://www.w3.org/2007/05/xmldsig-more#sha3-224"),
    (DigestAlgorithm::Sha3_256, "http://www.w3.org/2007/05/xmldsig-more#sha3-256"),
    (DigestAlgorithm::Sha3_384, "http://www.w3.org/2007/05/xmldsig-more#sha3-384"),
    (DigestAlgorithm::Sha3_512, "http://www.w3.org/2007/05/xmldsig-more#sha3-512"),
];

/// The signature algorithms of XML Signature that Karvan has. ECDSA and DSA signatures are `r ‖ s` here (§6.4).
const SIGNATURES: [(SignatureAlgorithm, &str); 31] = {
    use DigestAlgorithm as D;
    use SignatureAlgorithm::{DsaFixed, EcdsaFixed, Ed25519, RsaPkcs1};
    [
        (RsaPkcs1(D::Md5), "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"),
        (RsaPkcs1(D::Ripemd160), "http://www.w3.org/2001/04/xmldsig-more#rsa-ripemd160"),
        (RsaPkcs1(D::Sha1), "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        (RsaPkcs1(D::Sha224), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha224"),
        (RsaPkcs1(D::Sha256), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
        (RsaPkcs1(D::Sha384), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"),
        (RsaPkcs1(D::Sha512), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
        (SignatureAlgorithm::rsa_pss(D::Md5), "http://www.w3.org/2007/05/xmldsig-more#md5-rsa-MGF1"),
        (SignatureAlgorithm::rsa_pss(D::Ripemd160), "http://www.w3.org/2007/05/xmldsig-more#ripemd160-rsa-MGF1"),
        (SignatureAlgorithm::rsa_pss(D::Sha1), "http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1"),
        (SignatureAlgorithm::rsa_pss(D::Sha224), "http://www.w3.org/2007/05/xmldsig-more#sha224-rsa-MGF1"),
        (SignatureAlgorithm::rsa_pss(D::Sha256), "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"),
        (SignatureAlgorithm::rsa_pss(D::Sha384), "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1"),
        (SignatureAlgorithm::rsa_pss(D::Sha512), "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1"),
        (SignatureAlgorithm::rsa_pss(D::Sha3_224), "http://www.w3.org/2007/05/xmldsig-more#sha3-224-rsa-MGF1"),
        (SignatureAlgorithm::rsa_pss(D::Sha3_256), "http://www.w3.org/2007/05/xmldsig-more#sha3-256-rsa-MGF1"),
        (SignatureAlgorithm::rsa_pss(D::Sha3_384), "http://www.w3.org/2007/05/xmldsig-more#sha3-384-rsa-MGF1"),
        (SignatureAlgorithm::rsa_pss(D::Sha3_512), "http://www.w3.org/2007/05/xmldsig-more#sha3-512-rsa-MGF1"),
        (EcdsaFixed(D::Ripemd160), "http://www.w3.org/2007/05/xmldsig-more#ecdsa-ripemd160"),
        (EcdsaFixed(D::Sha1), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1"),
        (EcdsaFixed(D::Sha224), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha224"),
        (EcdsaFixed(D::Sha256), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
        (EcdsaFixed(D::Sha384), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"),
        (EcdsaFixed(D::Sha512), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"),
        (EcdsaFixed(D::Sha3_224), "http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-224"),
        (EcdsaFixed(D::Sha3_256), "http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-256"),
        (EcdsaFixed(D::Sha3_384), "http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-384"),
        (EcdsaFixed(D::Sha3_512), "http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-512"),
        (DsaFixed(D::Sha1), "http://www.w3.org/2000/09/xmldsig#dsa-sha1"),
        (DsaFixed(D::Sha256), "http://www.w3.org/2009/xmldsig11#dsa-sha256"),
        (Ed25519, "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519"),
    ]
};

/// The identifier of a digest algorithm.
#[must_use]
pub fn digest_identifier(algorithm: DigestAlgorithm) -> &'static str {
    DIGESTS.iter().find(|(other, _)| *other == algorithm).map_or("", |&(_, identifier)| identifier)
}

/// The digest algorithm with this identifier, if Karvan has it.
#[must_use]
pub fn digest_algorithm(identifier: &str) -> Option<DigestAlgorithm> {
    DIGESTS.iter().find(|(_, other)| *other == identifier).map(|&(algorithm, _)| algorithm)
}

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

/// What must be allowed for a signature of this algorithm to be looked at, whatever its key.
pub(crate) fn legacy(algorithm: SignatureAlgorithm) -> Legacy {
    let kind = match algorithm {
        SignatureAlgorithm::Dsa(_) | SignatureAlgorithm::DsaFixed(_) => Legacy::DSA,
        _ => Legacy::NONE,
    };
    kind | algorithm.digest().map_or(Legacy::NONE, DigestAlgorithm::legacy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_go_both_ways() {
        for (algorithm, identifier) in SIGNATURES {
            assert_eq!(signature_algorithm(identifier), Some(algorithm));
            assert_eq!(signature_identifier(algorithm), Some(identifier));
        }
        for algorithm in DigestAlgorithm::ALL {
            assert_eq!(digest_algorithm(digest_identifier(algorithm)), Some(algorithm));
        }
        // The DER encoding of ECDSA is that of certificates, not of XML Signature.
        assert_eq!(signature_identifier(SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256)), None);
    }

    #[test]
    fn what_is_weak_is_known_as_such() {
        let names = |identifier: &str| legacy(signature_algorithm(identifier).unwrap()).to_string();
        assert_eq!(names("http://www.w3.org/2000/09/xmldsig#dsa-sha1"), "sha1, dsa");
        assert_eq!(names("http://www.w3.org/2009/xmldsig11#dsa-sha256"), "dsa");
        assert_eq!(names("http://www.w3.org/2001/04/xmldsig-more#rsa-md5"), "md5");
        assert_eq!(names("http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"), "");
    }
}
