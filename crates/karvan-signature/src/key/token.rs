//! Keys on tokens: PKCS #11, named by a URI as RFC 7512 writes them.

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use karvan_pki::{Certificate, DigestAlgorithm, Limits, PublicKey, SignatureAlgorithm};

use super::{KeyError, SigningKey, check_algorithm, usual_algorithm};

/// A key on a token, in a session of its own.
///
/// Its certificate stands beside it on the token, under the same identifier, or is given by the caller; what it signs is
/// checked against that before it is handed out.
#[derive(Debug)]
pub struct Token {
    session: Session,
    key: ObjectHandle,
    public: PublicKey,
    algorithm: SignatureAlgorithm,
    certificates: Vec<Certificate>,
}

impl Token {
    /// Opens the key that `uri` names: `pkcs11:token=LABEL;object=LABEL;id=%01?module-path=/path/of/the/library.so`.
    /// `pin` logs in; `certificate` is that of the key, where the token has none.
    ///
    /// # Errors
    /// What the URI lacks, or the token and its library say.
    pub fn open(uri: &str, pin: Option<&str>, certificate: Option<&Certificate>) -> Result<Self, KeyError> {
        let uri = TokenUri::parse(uri).map_err(KeyError::Token)?;
        let library = Pkcs11::new(&uri.module).map_err(failed)?;
        match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            // Another key of this process is on a token of the same library.
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(failed(error)),
        }
        let slots = library.get_slots_with_token().map_err(failed)?;
        let is_meant = |label: &str| uri.token.as_deref().is_none_or(|token| token == label.trim_end());
        let mut slots = slots.into_iter().filter(|slot| {
            library.get_token_info(*slot).is_ok_and(|info| info.token_initialized() && is_meant(info.label()))
        });
        let (Some(slot), None) = (slots.next(), slots.next()) else {
            return Err(KeyError::Token("not one token, but none or several, have that label".to_owned()));
        };
        let session = library.open_ro_session(slot).map_err(failed)?;
        if let Some(pin) = pin {
            match session.login(UserType::User, Some(&pin.into())) {
                Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
                Err(Error::Pkcs11(RvError::PinIncorrect | RvError::PinLenRange | RvError::PinInvalid, _)) => {
                    return Err(KeyError::Password);
                }
                Err(error) => return Err(failed(error)),
            }
        }
        let keys = session.find_objects(&uri.template(ObjectClass::PRIVATE_KEY)).map_err(failed)?;
        let [key] = keys[..] else {
            return Err(KeyError::Token(format!("not one private key, but {}, have that name", keys.len())));
        };
        let beside = match certificate {
            Some(_) => Vec::new(),
            None => certificates_beside(&session, key)?,
        };
        let Some(public) = certificate.or(beside.first()).map(|certificate| certificate.public_key().clone()) else {
            return Err(KeyError::Token("it has no certificate of the key: give it with --cert".to_owned()));
        };
        Ok(Self { session, key, algorithm: usual_algorithm(public.kind())?, public, certificates: beside })
    }

    /// The certificates of the key on the token.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The same key with another algorithm.
    ///
    /// # Errors
    /// An algorithm that such keys do not sign with, or one that is not sound.
    pub fn with_algorithm(mut self, algorithm: SignatureAlgorithm) -> Result<Self, KeyError> {
        check_algorithm(self.public.kind(), algorithm)?;
        self.algorithm = algorithm;
        Ok(self)
    }

    /// Signs, and checks the signature with `verify`: a token may hold another key under that name.
    fn answer(
        &self,
        mechanism: &Mechanism<'_>,
        octets: &[u8],
        verify: impl FnOnce(&[u8]) -> bool,
    ) -> Result<Vec<u8>, KeyError> {
        let value = self.session.sign(mechanism, self.key, octets).map_err(failed)?;
        if verify(&value) { Ok(value) } else { Err(KeyError::Value) }
    }
}

impl SigningKey for Token {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self.algorithm.digest() {
            Some(digest) => self.sign_digest(digest.digest(message).as_ref()),
            None => {
                let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519));
                let is_good = |value: &[u8]| self.public.verify(self.algorithm, message, value).is_ok();
                self.answer(&mechanism, message, is_good)
            }
        }
    }

    fn sign_digest(&self, digest: &[u8]) -> Result<Vec<u8>, KeyError> {
        let info;
        let (mechanism, octets) = match self.algorithm {
            SignatureAlgorithm::RsaPkcs1(algorithm) => {
                info = [&algorithm.info_prefix(), digest].concat();
                (Mechanism::RsaPkcs, &info[..])
            }
            SignatureAlgorithm::RsaPss { digest: algorithm, salt } => {
                let (hash_alg, mgf) = pss(algorithm)?;
                let s_len = salt.try_into().map_err(|_| KeyError::Failed)?;
                (Mechanism::RsaPkcsPss(PkcsPssParams { hash_alg, mgf, s_len }), digest)
            }
            SignatureAlgorithm::Ed25519 => return Err(KeyError::WholeMessage),
            _ => (Mechanism::Ecdsa, digest),
        };
        let is_good =
            |value: &[u8]| self.public.verify_digest(self.algorithm, digest, value, karvan_pki::Legacy::NONE).is_ok();
        self.answer(&mechanism, octets, is_good)
    }
}

fn pss(digest: DigestAlgorithm) -> Result<(MechanismType, PkcsMgfType), KeyError> {
    Ok(match digest {
        DigestAlgorithm::Sha224 => (MechanismType::SHA224, PkcsMgfType::MGF1_SHA224),
        DigestAlgorithm::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        DigestAlgorithm::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384),
        DigestAlgorithm::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512),
        other => return Err(KeyError::Token(format!("RSA PSS with {other} is not asked of tokens"))),
    })
}

/// The certificates under the identifier of `key`.
fn certificates_beside(session: &Session, key: ObjectHandle) -> Result<Vec<Certificate>, KeyError> {
    let id = session.get_attributes(key, &[AttributeType::Id]).map_err(failed)?;
    let Some(Attribute::Id(id)) = id.into_iter().next() else { return Ok(Vec::new()) };
    let template = [Attribute::Class(ObjectClass::CERTIFICATE), Attribute::Id(id)];
    let mut certificates = Vec::new();
    for object in session.find_objects(&template).map_err(failed)? {
        for attribute in session.get_attributes(object, &[AttributeType::Value]).map_err(failed)? {
            if let Attribute::Value(der) = attribute {
                let read = Certificate::from_der(&der, &Limits::default());
                certificates.push(read.map_err(|error| KeyError::Certificate(error.to_string()))?);
            }
        }
    }
    Ok(certificates)
}

fn failed(error: Error) -> KeyError {
    KeyError::Token(error.to_string())
}

/// What of a URI counts (RFC 7512 §2.3).
#[derive(Debug, Default, PartialEq, Eq)]
struct TokenUri {
    module: String,
    token: Option<String>,
    object: Option<Vec<u8>>,
    id: Option<Vec<u8>>,
}

impl TokenUri {
    fn parse(uri: &str) -> Result<Self, String> {
        let rest = uri.strip_prefix("pkcs11:").ok_or("a URI that begins with pkcs11: is needed")?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut read = Self::default();
        for attribute in path.split(';').chain(query.split('&')).filter(|attribute| !attribute.is_empty()) {
            let (name, value) = attribute.split_once('=').ok_or_else(|| format!("{attribute} has no value"))?;
            let octets = unescaped(value).ok_or_else(|| format!("{value} is not escaped as URIs are"))?;
            let text = String::from_utf8(octets.clone()).map_err(|_| format!("{name} is not UTF-8"));
            match name {
                "module-path" => read.module = text?,
                "token" => read.token = Some(text?),
                "object" => read.object = Some(octets),
                "id" => read.id = Some(octets),
                "type" if value == "private" => {}
                // A secret in an argument is shown to everybody on the machine.
                "pin-value" => return Err("give the PIN with --password-file or --password-env".to_owned()),
                _ => return Err(format!("{name} is not understood in a URI")),
            }
        }
        if read.module.is_empty() {
            return Err("the URI names no library: ?module-path=FILE".to_owned());
        }
        Ok(read)
    }

    fn template(&self, class: ObjectClass) -> Vec<Attribute> {
        let mut template = vec![Attribute::Class(class)];
        template.extend(self.object.clone().map(Attribute::Label));
        template.extend(self.id.clone().map(Attribute::Id));
        template
    }
}

/// `%41` as the octet that it stands for.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut octets = text.bytes();
    let mut read = Vec::new();
    while let Some(octet) = octets.next() {
        read.push(match octet {
            b'%' => {
                let digit = |octet: u8| char::from(octet).to_digit(16);
                u8::try_from(digit(octets.next()?)? * 16 + digit(octets.next()?)?).ok()?
            }
            other => other,
        });
    }
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_name_a_key() {
        let uri = TokenUri::parse("pkcs11:token=My%20token;object=key;id=%01%ff;type=private?module-path=/lib/p11.so");
        let expected = TokenUri {
            module: "/lib/p11.so".to_owned(),
            token: Some("My token".to_owned()),
            object: Some(b"key".to_vec()),
            id: Some(vec![1, 0xff]),
        };
        assert_eq!(uri, Ok(expected));
        for wrong in [
            "file:key.pem",
            "pkcs11:token=a",
            "pkcs11:token?module-path=a",
            "pkcs11:id=%1?module-path=a",
            "pkcs11:slot-id=1?module-path=a",
            "pkcs11:object=a?module-path=a&pin-value=1234",
        ] {
            assert!(TokenUri::parse(wrong).is_err(), "{wrong}");
        }
    }
}
