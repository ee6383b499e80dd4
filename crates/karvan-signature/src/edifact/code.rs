//! The codes of the security segments: services, scopes, algorithms.

use std::fmt;

use karvan_pki::{DigestAlgorithm, ObjectIdentifier, SignatureAlgorithm};

/// A security service (code list 0501), as far as it can be proven by a signature or a digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Service {
    /// 1: non-repudiation of origin.
    #[default]
    NonRepudiationOfOrigin,
    /// 2: message origin authentication.
    OriginAuthentication,
    /// 3: integrity.
    Integrity,
    /// 5: non-repudiation of receipt.
    NonRepudiationOfReceipt,
    /// 6: receipt authentication.
    ReceiptAuthentication,
    /// 7: non-repudiation of origin of the structures that an AUTACK refers to.
    ReferencedNonRepudiation,
    /// 8: origin authentication of the structures that an AUTACK refers to.
    ReferencedAuthentication,
    /// 9: integrity of the structures that an AUTACK refers to.
    ReferencedIntegrity,
}

impl Service {
    const ALL: [(Self, &'static str); 8] = [
        (Self::NonRepudiationOfOrigin, "1"),
        (Self::OriginAuthentication, "2"),
        (Self::Integrity, "3"),
        (Self::NonRepudiationOfReceipt, "5"),
        (Self::ReceiptAuthentication, "6"),
        (Self::ReferencedNonRepudiation, "7"),
        (Self::ReferencedAuthentication, "8"),
        (Self::ReferencedIntegrity, "9"),
    ];

    /// The code of list 0501.
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::ALL.into_iter().find(|(service, _)| *service == self).map_or("", |(_, code)| code)
    }

    /// The service with this code; confidentiality (4), time stamping (10) and entity authentication (11, 12) are none of
    /// these.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, other)| *other == code).map(|(service, _)| service)
    }

    /// Whether the values stand in USY, for structures that USX refers to, and not in USR.
    #[must_use]
    pub const fn is_for_references(self) -> bool {
        matches!(self, Self::ReferencedNonRepudiation | Self::ReferencedAuthentication | Self::ReferencedIntegrity)
    }

    /// Whether a digest alone is enough; whoever changes the structure can make a new one.
    #[must_use]
    pub const fn needs_no_signature(self) -> bool {
        matches!(self, Self::Integrity | Self::ReferencedIntegrity)
    }
}

/// What a security service covers (code list 0541).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// 1: the header group itself and the body of its structure, no other security group. It holds where none is named.
    #[default]
    HeaderAndBody,
    /// 2: all from the header group to its trailer group, embedded groups included.
    HeaderToTrailer,
    /// 3: the whole structure, for the references of an AUTACK.
    Whole,
    /// 6: the whole batch message from UNH to UNT, for the references of an AUTACK.
    BatchMessage,
}

impl Scope {
    /// The code of list 0541.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::HeaderAndBody => "1",
            Self::HeaderToTrailer => "2",
            Self::Whole => "3",
            Self::BatchMessage => "6",
        }
    }

    /// The scope with this code, nothing meaning 1 (ISO 9735-5, note on 0541); 4 and 5 are interactive, `ZZZ` is agreed.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "" | "1" => Some(Self::HeaderAndBody),
            "2" => Some(Self::HeaderToTrailer),
            "3" => Some(Self::Whole),
            "6" => Some(Self::BatchMessage),
            _ => None,
        }
    }

    /// Whether the scope would hold the value that is made of it, if that stood in the structure itself.
    #[must_use]
    pub const fn is_for_references(self) -> bool {
        matches!(self, Self::Whole | Self::BatchMessage)
    }
}

/// Why an AUTACK refuses what it acknowledges (code list 0571).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecurityError {
    /// 1: the validation failed.
    WrongAuthenticator,
    /// 2: the certificate is wrong.
    WrongCertificate,
    /// 3: the path from the certificate cannot be completed.
    IncompletePath,
    /// 4: the algorithm is not supported.
    AlgorithmNotSupported,
    /// 5: the hash function is not supported.
    DigestNotSupported,
    /// 6: the protocol was not followed.
    Protocol,
    /// 7: security was expected and there was none.
    Missing,
    /// 8: the parameters are not those agreed.
    Parameters,
}

impl SecurityError {
    const ALL: [Self; 8] = [
        Self::WrongAuthenticator,
        Self::WrongCertificate,
        Self::IncompletePath,
        Self::AlgorithmNotSupported,
        Self::DigestNotSupported,
        Self::Protocol,
        Self::Missing,
        Self::Parameters,
    ];

    /// The code of list 0571.
    #[must_use]
    pub const fn code(self) -> &'static str {
        ["1", "2", "3", "4", "5", "6", "7", "8"][self as usize]
    }

    /// The error with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|error| error.code() == code)
    }
}

/// What USA says of an algorithm (composite S502 and the parameters of S503 that matter).
///
/// What list 0527 has no code for stands there as `ZZZ`, mutually agreed, and a parameter of the qualifier `ZZZ` (0531) is
/// the object identifier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Algorithm {
    /// 0523, what the algorithm is used for.
    pub purpose: String,
    /// 0525, the mode of operation.
    pub mode: String,
    /// 0527, the algorithm.
    pub code: String,
    /// 0529, the list of that code; nothing or `1` is the one of the United Nations.
    pub list: String,
    /// 0591, the padding.
    pub padding: String,
    /// 0601, the list of that code.
    pub padding_list: String,
    /// S503: qualifier (0531) and value (0554), filtered as it stands.
    pub parameters: Vec<(String, Vec<u8>)>,
}

/// 0523: what an algorithm is used for.
pub(super) mod purpose {
    pub(crate) const OWNER_HASHING: &str = "1";
    pub(crate) const OWNER_SYMMETRIC: &str = "2";
    pub(crate) const OWNER_SIGNING: &str = "6";
    pub(crate) const OWNER_ENCIPHERING_OR_SIGNING: &str = "7";
}

/// The code `ZZZ`: mutually agreed.
const AGREED: &str = "ZZZ";

const RSA: &str = "10";
const DSA: &str = "11";
const ECC: &str = "17";

/// 0591: the names that lists and profiles give to the padding of RSASSA-PKCS1-v1_5 (2 and 11 after the edition of 1993, 16
/// after version 2, 17 after version 1.5 of PKCS #1). Nothing means the same: no other scheme for signatures has a code.
const PKCS1_PADDINGS: [&str; 5] = ["16", "11", "2", "17", ""];

/// Object identifiers of what has no code.
const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";
const ED25519: &str = "1.3.101.112";

/// How the value of a signature is made of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1,
    /// RSASSA-PSS, its mask and its salt by the same digest.
    RsaPss,
    /// ECDSA, `r` and `s` each as long as the order of the curve.
    Ecdsa,
    /// DSA, `r` and `s` each as long as `q`; only to verify.
    Dsa,
    /// Ed25519 over the digest.
    Ed25519,
}

impl Scheme {
    /// The scheme of a signature algorithm, if it has a way into an interchange.
    #[must_use]
    pub const fn of(algorithm: SignatureAlgorithm) -> Option<Self> {
        use SignatureAlgorithm as A;
        match algorithm {
            A::RsaPkcs1(_) => Some(Self::RsaPkcs1),
            A::RsaPss { digest, salt } if salt == digest.length() => Some(Self::RsaPss),
            A::Ecdsa(_) | A::EcdsaFixed(_) => Some(Self::Ecdsa),
            A::Dsa(_) | A::DsaFixed(_) => Some(Self::Dsa),
            A::Ed25519 => Some(Self::Ed25519),
            A::RsaPss { .. } => None,
        }
    }

    /// The algorithm that this scheme and a digest make.
    #[must_use]
    pub const fn with(self, digest: DigestAlgorithm) -> SignatureAlgorithm {
        match self {
            Self::RsaPkcs1 => SignatureAlgorithm::RsaPkcs1(digest),
            Self::RsaPss => SignatureAlgorithm::rsa_pss(digest),
            Self::Ecdsa => SignatureAlgorithm::EcdsaFixed(digest),
            Self::Dsa => SignatureAlgorithm::DsaFixed(digest),
            Self::Ed25519 => SignatureAlgorithm::Ed25519,
        }
    }

    /// Whether the value is a pair `r`, `s` (qualifiers 2 and 3 of 0563), and not one value (1).
    #[must_use]
    pub const fn is_pair(self) -> bool {
        matches!(self, Self::Ecdsa | Self::Dsa)
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RsaPkcs1 => "RSA PKCS#1",
            Self::RsaPss => "RSA PSS",
            Self::Ecdsa => "ECDSA",
            Self::Dsa => "DSA",
            Self::Ed25519 => "Ed25519",
        })
    }
}

/// The digests with a code of their own in list 0527.
const DIGESTS: [(&str, DigestAlgorithm); 7] = [
    ("6", DigestAlgorithm::Md5),
    ("14", DigestAlgorithm::Ripemd160),
    ("16", DigestAlgorithm::Sha1),
    ("48", DigestAlgorithm::Sha256),
    ("49", DigestAlgorithm::Sha512),
    ("50", DigestAlgorithm::Sha384),
    ("52", DigestAlgorithm::Sha224),
];

impl Algorithm {
    /// How USA names a digest: by its code, or by its object identifier.
    #[must_use]
    pub fn hashing(digest: DigestAlgorithm) -> Self {
        let code = DIGESTS.into_iter().find(|(_, other)| *other == digest);
        match code {
            Some((code, _)) => Self::coded(purpose::OWNER_HASHING, code),
            None => Self::agreed(purpose::OWNER_HASHING, &digest.object_identifier().to_string()),
        }
    }

    /// How USA names a scheme. Those of RSA and of elliptic curves have codes; RSASSA-PSS has none among the paddings, and
    /// Ed25519 none among the algorithms.
    #[must_use]
    pub fn signing(scheme: Scheme) -> Self {
        match scheme {
            Scheme::RsaPkcs1 => {
                let padding = PKCS1_PADDINGS[0].to_owned();
                Self { padding, padding_list: "1".to_owned(), ..Self::coded(purpose::OWNER_SIGNING, RSA) }
            }
            Scheme::Ecdsa => Self::coded(purpose::OWNER_SIGNING, ECC),
            Scheme::Dsa => Self::coded(purpose::OWNER_SIGNING, DSA),
            Scheme::RsaPss => Self::agreed(purpose::OWNER_SIGNING, RSASSA_PSS),
            Scheme::Ed25519 => Self::agreed(purpose::OWNER_SIGNING, ED25519),
        }
    }

    /// The digest that is named, if it is one and known here.
    #[must_use]
    pub fn digest(&self) -> Option<DigestAlgorithm> {
        if let Some(identifier) = self.object_identifier() {
            return DigestAlgorithm::from_object_identifier(ObjectIdentifier::new(identifier).ok()?);
        }
        let coded = DIGESTS.into_iter().find(|(code, _)| *code == self.code && self.is_of_the_united_nations());
        coded.map(|(_, digest)| digest)
    }

    /// The scheme that is named, if it is one and known here. The mode (0525) says nothing about signatures: profiles write
    /// 16 there, whatever the padding.
    #[must_use]
    pub fn scheme(&self) -> Option<Scheme> {
        match self.object_identifier() {
            Some(RSASSA_PSS) => return Some(Scheme::RsaPss),
            Some(ED25519) => return Some(Scheme::Ed25519),
            Some(_) => return None,
            None => {}
        }
        match self.code.as_str() {
            _ if !self.is_of_the_united_nations() => None,
            RSA if PKCS1_PADDINGS.contains(&self.padding.as_str()) => Some(Scheme::RsaPkcs1),
            ECC => Some(Scheme::Ecdsa),
            DSA => Some(Scheme::Dsa),
            _ => None,
        }
    }

    fn coded(purpose: &str, code: &str) -> Self {
        Self { purpose: purpose.to_owned(), code: code.to_owned(), list: "1".to_owned(), ..Self::default() }
    }

    fn agreed(purpose: &str, identifier: &str) -> Self {
        let parameters = vec![(AGREED.to_owned(), identifier.as_bytes().to_vec())];
        Self { parameters, ..Self::coded(purpose, AGREED) }
    }

    /// The object identifier of an agreed algorithm.
    fn object_identifier(&self) -> Option<&str> {
        let (_, value) = self.parameters.iter().find(|(qualifier, _)| qualifier == AGREED)?;
        std::str::from_utf8(value).ok().filter(|_| self.code == AGREED)
    }

    fn is_of_the_united_nations(&self) -> bool {
        ["", "1"].contains(&self.list.as_str()) && ["", "1"].contains(&self.padding_list.as_str())
    }
}

/// The codes as they stand, for findings: `10/7` is RSA with padding 7.
impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.object_identifier().unwrap_or(&self.code))?;
        if self.padding.is_empty() { Ok(()) } else { write!(f, "/{}", self.padding) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms_go_both_ways() {
        for digest in DigestAlgorithm::ALL {
            assert_eq!(Algorithm::hashing(digest).digest(), Some(digest));
            assert_eq!(Algorithm::hashing(digest).scheme(), None);
        }
        for scheme in [Scheme::RsaPkcs1, Scheme::RsaPss, Scheme::Ecdsa, Scheme::Dsa, Scheme::Ed25519] {
            assert_eq!(Algorithm::signing(scheme).scheme(), Some(scheme));
            assert_eq!(Algorithm::signing(scheme).digest(), None);
            assert_eq!(Scheme::of(scheme.with(DigestAlgorithm::Sha256)), Some(scheme));
        }
    }

    #[test]
    fn only_signature_paddings_of_pkcs1_are_believed() {
        let padded = |padding: &str| Algorithm { padding: padding.to_owned(), ..Algorithm::coded("6", RSA) };
        for padding in PKCS1_PADDINGS {
            assert_eq!(padded(padding).scheme(), Some(Scheme::RsaPkcs1));
        }
        // 7 is ISO 9796-2, with message recovery; 10 and 15 are for enciphering.
        for padding in ["7", "10", "15", "ZZZ"] {
            assert_eq!(padded(padding).scheme(), None);
        }
        let elsewhere = Algorithm { list: "ZZZ".to_owned(), ..Algorithm::coded("1", "48") };
        assert_eq!(elsewhere.digest(), None);
    }

    #[test]
    fn codes_go_both_ways() {
        for (service, code) in Service::ALL {
            assert_eq!((service.code(), Service::from_code(code)), (code, Some(service)));
        }
        for scope in [Scope::HeaderAndBody, Scope::HeaderToTrailer, Scope::Whole, Scope::BatchMessage] {
            assert_eq!(Scope::from_code(scope.code()), Some(scope));
        }
        for error in SecurityError::ALL {
            assert_eq!(SecurityError::from_code(error.code()), Some(error));
        }
        assert_eq!(Scope::from_code(""), Some(Scope::HeaderAndBody));
        assert_eq!((Service::from_code("4"), Scope::from_code("4"), SecurityError::from_code("9")), (None, None, None));
    }
}
