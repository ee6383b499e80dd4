//! SignatureMethod: how SignedInfo is signed, XML Signature 1.1 §6.3 and §6.4, RFC 9231.

use std::fmt;

use karvan_pki::{DigestAlgorithm, Legacy, SignatureAlgorithm};
use karvan_text::Message;
use karvan_xml::Element;
use zeroize::Zeroizing;

use super::namespaces::{SIGNATURE, SIGNATURE_MORE};
use super::policy::Policy;
use super::structure::{Children, Finding, finding, identifier, unsupported};
use crate::algorithm::{digest_algorithm, legacy, signature_algorithm};

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureMethod {
    /// With a private key; the public one verifies it.
    Key(SignatureAlgorithm),
    /// With a secret that both sides know (HMAC, RFC 2104). Whoever can verify it can make it: it proves no origin to others.
    Secret {
        /// The digest algorithm.
        digest: DigestAlgorithm,
        /// How many bits of the code are kept.
        bits: usize,
    },
}

impl fmt::Display for SignatureMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(algorithm) => algorithm.fmt(f),
            Self::Secret { digest, bits } if *bits == 8 * digest.length() => write!(f, "HMAC with {digest}"),
            Self::Secret { digest, bits } => write!(f, "HMAC with {digest}, {bits} bits"),
        }
    }
}

/// The identifiers of HMAC: RFC 9231 §2.2.
const SECRETS: [(DigestAlgorithm, &str); 7] = [
    (DigestAlgorithm::Md5, "http://www.w3.org/2001/04/xmldsig-more#hmac-md5"),
    (DigestAlgorithm::Ripemd160, "http://www.w3.org/2001/04/xmldsig-more#hmac-ripemd160"),
    (DigestAlgorithm::Sha1, "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
    (DigestAlgorithm::Sha224, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha224"),
    (DigestAlgorithm::Sha256, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
    (DigestAlgorithm::Sha384, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha384"),
    (DigestAlgorithm::Sha512, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512"),
];

/// RSASSA-PSS with parameters of its own: RFC 9231 §2.3.9.
const PSS: &str = "http://www.w3.org/2007/05/xmldsig-more#rsa-pss";

impl SignatureMethod {
    /// Reads the SignatureMethod `element`.
    pub(crate) fn read(element: Element<'_>, policy: &Policy) -> Result<Self, Finding> {
        let name = identifier(element)?;
        if let Some(&(digest, _)) = SECRETS.iter().find(|(_, other)| *other == name) {
            return Self::read_secret(element, digest, policy);
        }
        let algorithm = if name == PSS {
            pss(element)?
        } else {
            Children::of(element)?.finish()?;
            signature_algorithm(name)
        };
        let allowed = algorithm.filter(|algorithm| policy.legacy.contains(legacy(*algorithm)));
        allowed.map(Self::Key).ok_or_else(|| unsupported(element, "SignatureMethod"))
    }

    fn read_secret(element: Element<'_>, digest: DigestAlgorithm, policy: &Policy) -> Result<Self, Finding> {
        if !policy.legacy.contains(digest.legacy()) {
            return Err(unsupported(element, "SignatureMethod"));
        }
        let full = 8 * digest.length();
        let mut children = Children::of(element)?;
        let length = children.optional("HMACOutputLength");
        children.finish()?;
        let Some(length) = length else { return Ok(Self::Secret { digest, bits: full }) };
        let bits = length.text().trim_ascii().parse().ok();
        // XML Signature 1.1 §6.3.1: not shorter than 80 bits, nor than half of the digest.
        let least = policy.hmac_bits.unwrap_or(80.max(full / 2));
        let good = bits.filter(|bits| (least.max(8)..=full).contains(bits) && bits % 8 == 0);
        good.map(|bits| Self::Secret { digest, bits }).ok_or_else(|| {
            let message = Message::new("signature-hmac-length").with("found", length.text()).with("least", least);
            finding(length, 6007, message)
        })
    }

    /// The algorithm of the key, if it is one.
    #[must_use]
    pub const fn algorithm(self) -> Option<SignatureAlgorithm> {
        match self {
            Self::Key(algorithm) => Some(algorithm),
            Self::Secret { .. } => None,
        }
    }

    /// The identifier of HMAC with `digest`, if XML Signature has it.
    pub(crate) fn secret_identifier(digest: DigestAlgorithm) -> Option<&'static str> {
        SECRETS.iter().find(|(other, _)| *other == digest).map(|&(_, name)| name)
    }

    /// What is weak about it, the key aside.
    pub(crate) fn legacy(self) -> Legacy {
        match self {
            Self::Key(algorithm) => legacy(algorithm),
            Self::Secret { digest, .. } => digest.legacy(),
        }
    }
}

/// The parameters of RSASSA-PSS; what is left out is SHA-256 with a salt as long as the digest.
fn pss(element: Element<'_>) -> Result<Option<SignatureAlgorithm>, Finding> {
    let Some(parameters) = element.child(SIGNATURE_MORE, "RSAPSSParams") else {
        return Ok(Some(SignatureAlgorithm::rsa_pss(DigestAlgorithm::Sha256)));
    };
    let digest_of = |element: Element<'_>| Ok::<_, Finding>(digest_algorithm(identifier(element)?));
    let Some(digest) =
        parameters.child(SIGNATURE, "DigestMethod").map_or(Ok(Some(DigestAlgorithm::Sha256)), digest_of)?
    else {
        return Ok(None);
    };
    let mask = parameters.child(SIGNATURE_MORE, "MaskGenerationFunction");
    let mask = mask.and_then(|mask| mask.child(SIGNATURE, "DigestMethod")).map_or(Ok(Some(digest)), digest_of)?;
    let number = |name, otherwise| match parameters.child(SIGNATURE_MORE, name) {
        Some(element) => element.text().trim_ascii().parse::<usize>().ok(),
        None => Some(otherwise),
    };
    let (salt, trailer) = (number("SaltLength", digest.length()), number("TrailerField", 1));
    let good = mask == Some(digest) && trailer == Some(1);
    Ok(salt.filter(|_| good).map(|salt| SignatureAlgorithm::RsaPss { digest, salt }))
}

/// The authentication code of `message`: RFC 2104 §2.
pub(crate) fn authentication_code(digest: DigestAlgorithm, secret: &[u8], message: &[u8]) -> Vec<u8> {
    let block = match digest {
        DigestAlgorithm::Sha384 | DigestAlgorithm::Sha512 => 128,
        DigestAlgorithm::Sha3_224 => 144,
        DigestAlgorithm::Sha3_256 => 136,
        DigestAlgorithm::Sha3_384 => 104,
        DigestAlgorithm::Sha3_512 => 72,
        _ => 64,
    };
    let key = if secret.len() > block { digest.digest(secret).as_ref().to_vec() } else { secret.to_vec() };
    let mut key = Zeroizing::new(key);
    key.resize(block, 0);
    let padded = |pad: u8| Zeroizing::new(key.iter().map(|octet| octet ^ pad).collect::<Vec<_>>());
    let mut inner = digest.context();
    inner.update(&padded(0x36));
    inner.update(message);
    let mut outer = digest.context();
    outer.update(&padded(0x5c));
    outer.update(inner.finish().as_ref());
    outer.finish().as_ref().to_vec()
}

/// Whether `found` is the beginning of `code` that has so many bits; how far both agree cannot be told from the time it takes.
pub(crate) fn is_code(found: &[u8], code: &[u8], bits: usize) -> bool {
    let kept = &code[..(bits / 8).min(code.len())];
    found.len() == kept.len()
        && found.iter().zip(kept).fold(0, |differences, (one, other)| differences | (one ^ other)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standards_examples() {
        // RFC 2202 §2 and §3, RFC 4231 §4.3 and §4.7: test cases 2, and one with a key longer than a block.
        let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
        let jefe = |digest| hex(&authentication_code(digest, b"Jefe", b"what do ya want for nothing?"));
        assert_eq!(jefe(DigestAlgorithm::Md5), "750c783e6ab0b503eaa86e310a5db738");
        assert_eq!(jefe(DigestAlgorithm::Sha1), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        assert_eq!(jefe(DigestAlgorithm::Sha256), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = authentication_code(
            DigestAlgorithm::Sha256,
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
        );
        assert_eq!(hex(&long), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    #[test]
    fn a_code_is_compared_in_its_length() {
        assert!(is_code(&[1, 2], &[1, 2, 3], 16) && !is_code(&[1], &[1, 2, 3], 16));
        assert!(!is_code(&[1, 3], &[1, 2, 3], 16) && !is_code(&[], &[1, 2, 3], 16));
    }
}
