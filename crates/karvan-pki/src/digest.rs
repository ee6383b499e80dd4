//! Digests: FIPS 180-4, FIPS 202, and the old ones that only exist to be checked.

use std::fmt;

use der::asn1::ObjectIdentifier;
use ring::digest as fast;
use sha3::digest::DynDigest;

use crate::Legacy;

/// A digest algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DigestAlgorithm {
    /// MD5 (RFC 1321), broken.
    Md5,
    /// RIPEMD-160, too short.
    Ripemd160,
    /// SHA-1, broken.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SHA3-224.
    Sha3_224,
    /// SHA3-256.
    Sha3_256,
    /// SHA3-384.
    Sha3_384,
    /// SHA3-512.
    Sha3_512,
}

impl DigestAlgorithm {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Md5,
        Self::Ripemd160,
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
        Self::Sha3_224,
        Self::Sha3_256,
        Self::Sha3_384,
        Self::Sha3_512,
    ];

    /// Those that signatures may be made with.
    pub fn sound() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|algorithm| algorithm.legacy().is_empty())
    }

    /// The octets of a digest.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Ripemd160 | Self::Sha1 => 20,
            Self::Sha224 | Self::Sha3_224 => 28,
            Self::Sha256 | Self::Sha3_256 => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 => 64,
        }
    }

    /// The object identifier (RFC 1321, RFC 5754, NIST CSOR).
    #[must_use]
    pub const fn object_identifier(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::Md5 => "1.2.840.113549.2.5",
            Self::Ripemd160 => "1.3.36.3.2.1",
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha224 => "2.16.840.1.101.3.4.2.4",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
            Self::Sha3_224 => "2.16.840.1.101.3.4.2.7",
            Self::Sha3_256 => "2.16.840.1.101.3.4.2.8",
            Self::Sha3_384 => "2.16.840.1.101.3.4.2.9",
            Self::Sha3_512 => "2.16.840.1.101.3.4.2.10",
        })
    }

    /// The algorithm with this object identifier, if Karvan has it.
    #[must_use]
    pub fn from_object_identifier(identifier: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.object_identifier() == identifier)
    }

    /// The algorithm of this name, as [`Display`](fmt::Display) writes it; case and hyphens do not matter.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let plain = |name: &str| name.replace('-', "").to_ascii_lowercase();
        Self::ALL.into_iter().find(|algorithm| plain(&algorithm.to_string()) == plain(name))
    }

    /// What stands before a digest in a `DigestInfo` in DER (RFC 8017 §9.2).
    #[must_use]
    pub fn info_prefix(self) -> Vec<u8> {
        let identifier = self.object_identifier();
        let identifier = identifier.as_bytes();
        let octet = |length: usize| u8::try_from(length).unwrap_or(u8::MAX);
        let (oid, digest) = (octet(identifier.len()), octet(self.length()));
        let head = [0x30, oid + digest + 8, 0x30, oid + 4, 0x06, oid];
        [&head[..], identifier, &[0x05, 0x00, 0x04, digest]].concat()
    }

    /// What must be allowed for this digest to be believed.
    #[must_use]
    pub const fn legacy(self) -> Legacy {
        match self {
            Self::Md5 => Legacy::MD5,
            Self::Ripemd160 => Legacy::RIPEMD160,
            Self::Sha1 => Legacy::SHA1,
            _ => Legacy::NONE,
        }
    }

    /// A computation to be fed.
    #[must_use]
    pub fn context(self) -> DigestContext {
        let soft: Box<dyn DynDigest + Send> = match self {
            Self::Sha1 => return DigestContext::fast(self, &fast::SHA1_FOR_LEGACY_USE_ONLY),
            Self::Sha256 => return DigestContext::fast(self, &fast::SHA256),
            Self::Sha384 => return DigestContext::fast(self, &fast::SHA384),
            Self::Sha512 => return DigestContext::fast(self, &fast::SHA512),
            Self::Md5 => Box::<md5::Md5>::default(),
            Self::Ripemd160 => Box::<ripemd::Ripemd160>::default(),
            Self::Sha224 => Box::<sha2::Sha224>::default(),
            Self::Sha3_224 => Box::<sha3::Sha3_224>::default(),
            Self::Sha3_256 => Box::<sha3::Sha3_256>::default(),
            Self::Sha3_384 => Box::<sha3::Sha3_384>::default(),
            Self::Sha3_512 => Box::<sha3::Sha3_512>::default(),
        };
        DigestContext { algorithm: self, state: State::Soft(soft) }
    }

    /// The digest of `octets`.
    #[must_use]
    pub fn digest(self, octets: &[u8]) -> Digest {
        let mut context = self.context();
        context.update(octets);
        context.finish()
    }
}

impl fmt::Display for DigestAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Md5 => "MD5",
            Self::Ripemd160 => "RIPEMD-160",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha3_224 => "SHA3-224",
            Self::Sha3_256 => "SHA3-256",
            Self::Sha3_384 => "SHA3-384",
            Self::Sha3_512 => "SHA3-512",
        })
    }
}

/// A digest under way.
pub struct DigestContext {
    algorithm: DigestAlgorithm,
    state: State,
}

enum State {
    Fast(Box<fast::Context>),
    Soft(Box<dyn DynDigest + Send>),
}

impl DigestContext {
    fn fast(algorithm: DigestAlgorithm, fast: &'static fast::Algorithm) -> Self {
        Self { algorithm, state: State::Fast(Box::new(fast::Context::new(fast))) }
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// Takes further octets.
    pub fn update(&mut self, octets: &[u8]) {
        match &mut self.state {
            State::Fast(context) => context.update(octets),
            State::Soft(context) => context.update(octets),
        }
    }

    /// The digest of all octets taken.
    #[must_use]
    pub fn finish(self) -> Digest {
        match self.state {
            State::Fast(context) => Digest::new(context.finish().as_ref()),
            State::Soft(context) => Digest::new(&context.finalize()),
        }
    }
}

impl std::io::Write for DigestContext {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.update(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for DigestContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestContext").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// A digest: at most 64 octets.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest {
    octets: [u8; 64],
    length: u8,
}

impl Digest {
    fn new(octets: &[u8]) -> Self {
        let mut digest = Self { octets: [0; 64], length: 0 };
        for (place, octet) in digest.octets.iter_mut().zip(octets) {
            *place = *octet;
            digest.length += 1;
        }
        digest
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        &self.octets[..usize::from(self.length)]
    }
}

/// In hexadecimal, as tools write it.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digests of "abc" that the standards give: RFC 1321 A.5, RIPEMD-160's authors, FIPS 180 and FIPS 202 examples.
    #[test]
    fn the_digests_of_the_standards_examples() {
        for (algorithm, expected) in [
            (DigestAlgorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (DigestAlgorithm::Ripemd160, "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
            (DigestAlgorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (DigestAlgorithm::Sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
            (DigestAlgorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (DigestAlgorithm::Sha3_224, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"),
            (DigestAlgorithm::Sha3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
        ] {
            assert_eq!(format!("{:?}", algorithm.digest(b"abc")), expected, "{algorithm}");
        }
        for algorithm in DigestAlgorithm::ALL {
            let mut context = algorithm.context();
            context.update(b"a");
            context.update(b"bc");
            let digest = context.finish();
            assert_eq!(digest, algorithm.digest(b"abc"));
            assert_eq!(digest.as_ref().len(), algorithm.length());
        }
    }

    #[test]
    fn names_and_identifiers_go_both_ways() {
        for algorithm in DigestAlgorithm::ALL {
            assert_eq!(DigestAlgorithm::from_object_identifier(algorithm.object_identifier()), Some(algorithm));
            assert_eq!(DigestAlgorithm::from_name(&algorithm.to_string().to_lowercase()), Some(algorithm));
        }
        assert_eq!(DigestAlgorithm::from_name("sha-256"), Some(DigestAlgorithm::Sha256));
        assert_eq!(DigestAlgorithm::sound().count(), 8);
    }
}
