//! Lists of revoked certificates (RFC 5280 §5).

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use der::asn1::ObjectIdentifier;
use der::{ErrorKind, Tag, Tagged};
use jiff::Timestamp;

use crate::asn1::{self, AlgorithmIdentifier, Reader, Signed};
use crate::certificate::{fits, hex, sha256};
use crate::distribution::{self, DistributionPoint, IssuingDistributionPoint};
use crate::extensions::{self, Extension};
use crate::octets::place;
use crate::{
    CertificateError, GeneralName, Legacy, Limit, Limits, Name, Octets, PublicKey, SignatureAlgorithm, SignatureError,
};

const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
const REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const INVALIDITY_DATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.24");
const DELTA_CRL_INDICATOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
const CERTIFICATE_ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.29");
const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const FRESHEST_CRL: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.46");
const EXPIRED_CERTIFICATES_ON_CRL: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.60");

/// A list of revoked certificates: its octets exactly as they came, and what they say.
///
/// ```
/// # let der = karvan_pki::pem::blocks(include_bytes!("../../../samples/pki/crl/iran-trade.pem")).next().unwrap().contents.unwrap();
/// let list = karvan_pki::RevocationList::from_der(&der, &karvan_pki::Limits::default())?;
/// assert_eq!(list.this_update().to_string(), "2026-05-01T00:00:00Z");
/// assert_eq!(list.len(), 1);
/// # Ok::<(), karvan_pki::CertificateError>(())
/// ```
#[derive(Clone)]
pub struct RevocationList {
    der: Octets,
    /// Where in `der` the octets stand that are signed.
    signed: Range<usize>,
    fingerprint: [u8; 32],
    issuer: Name,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    number: Option<Box<[u8]>>,
    delta_base: Option<Box<[u8]>>,
    authority_key_identifier: Option<Octets>,
    scope: Option<IssuingDistributionPoint>,
    freshest: Vec<DistributionPoint>,
    expired_since: Option<Timestamp>,
    unprocessed_critical: Vec<ObjectIdentifier>,
    /// Issuers that entries of an indirect list name; the first is that of the list.
    entry_issuers: Vec<Name>,
    /// Sorted by serial number.
    entries: Vec<Entry>,
    signature_algorithm: Result<SignatureAlgorithm, SignatureError>,
    /// Where in `der` it stands; none where it is not a whole number of octets.
    signature: Option<Range<usize>>,
}

#[derive(Clone, Debug)]
struct Entry {
    /// Where in the list the content octets stand.
    serial: Range<usize>,
    /// Which of `entry_issuers`.
    issuer: usize,
    revocation: Revocation,
}

/// The issuers that entries named so far.
struct EntryIssuers {
    /// Which the next entry is of.
    current: usize,
    names: Vec<Name>,
    /// Where in `names` those stand that entries named.
    known: HashMap<Name, usize>,
}

impl EntryIssuers {
    fn enter(&mut self, name: Name) {
        self.current = *self.known.entry(name).or_insert_with_key(|name| {
            self.names.push(name.clone());
            self.names.len() - 1
        });
    }
}

/// When and why a certificate was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// `revocationDate`.
    pub at: Timestamp,
    /// `reasonCode`.
    pub reason: RevocationReason,
    /// `invalidityDate`: since when the key may have been in other hands.
    pub invalid_since: Option<Timestamp>,
}

impl Revocation {
    /// Since when nothing may be relied on: the revocation, or the invalidity where that is earlier.
    #[must_use]
    pub fn effective(&self) -> Timestamp {
        self.invalid_since.map_or(self.at, |since| since.min(self.at))
    }
}

/// `CRLReason` (RFC 5280 §5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationReason(u8);

impl RevocationReason {
    /// `unspecified`, also where no reason is given.
    pub const UNSPECIFIED: Self = Self(0);
    /// `certificateHold`: it may be taken back.
    pub const HOLD: Self = Self(6);
    /// `removeFromCRL`: it was taken back, or the certificate expired.
    pub const REMOVED: Self = Self(8);

    pub(crate) fn read(reader: &mut Reader<'_>) -> der::Result<Self> {
        let value = reader.any()?;
        match (value.tag(), value.value()) {
            // 7 is not used.
            (Tag::Enumerated, [reason @ (0..=6 | 8..=10)]) => Ok(Self(*reason)),
            _ => Err(ErrorKind::Value { tag: Tag::Enumerated }.into()),
        }
    }
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            1 => "keyCompromise",
            2 => "cACompromise",
            3 => "affiliationChanged",
            4 => "superseded",
            5 => "cessationOfOperation",
            6 => "certificateHold",
            8 => "removeFromCRL",
            9 => "privilegeWithdrawn",
            10 => "aACompromise",
            _ => "unspecified",
        })
    }
}

impl RevocationList {
    /// Reads the DER of a `CertificateList`.
    ///
    /// # Errors
    /// What is none as RFC 5280 §5.1 writes it, or one larger than [`Limits::revocation_size`].
    pub fn from_der(der: &[u8], limits: &Limits) -> Result<Self, CertificateError> {
        fits(der, Limit::RevocationSize, limits)?;
        Self::read(der.into(), limits)
    }

    fn read(der: Octets, limits: &Limits) -> Result<Self, CertificateError> {
        let Signed { octets: signed, algorithm: outer_algorithm, signature } =
            asn1::whole(&der, |reader| reader.sequence(Signed::read))
                .map_err(|error| CertificateError::malformed("CertificateList", error))?;
        let fields = Fields::read(signed)?;
        if fields.signature != outer_algorithm {
            return Err(CertificateError::AlgorithmsDiffer);
        }
        fits(fields.issuer, Limit::NameSize, limits)?;
        let issuer = Name::from_der(fields.issuer).map_err(|error| CertificateError::malformed("issuer", error))?;
        let mut list = Self {
            der: der.clone(),
            signed: place(signed, &der).unwrap_or_default(),
            fingerprint: sha256(&der),
            entry_issuers: Vec::new(),
            issuer,
            this_update: fields.this_update,
            next_update: fields.next_update,
            number: None,
            delta_base: None,
            authority_key_identifier: None,
            scope: None,
            freshest: Vec::new(),
            expired_since: None,
            unprocessed_critical: Vec::new(),
            entries: Vec::new(),
            signature_algorithm: SignatureAlgorithm::of(&outer_algorithm),
            signature: signature.as_bytes().and_then(|signature| place(signature, &der)),
        };
        match (fields.version, fields.extensions) {
            (0 | 1, None) => {}
            (1, Some(extensions)) => list.read_extensions(extensions)?,
            (version, _) => return Err(CertificateError::Version(version)),
        }
        if let Some(entries) = fields.entries {
            list.read_entries(entries)?;
        }
        Ok(list)
    }

    /// The octets of the list, exactly as they came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 over the octets, in lower-case hexadecimal digits.
    #[must_use]
    pub fn fingerprint_hex(&self) -> String {
        hex(&self.fingerprint)
    }

    pub(crate) const fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// Who signed it.
    #[must_use]
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// When it was made.
    #[must_use]
    pub const fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// When the next one is made at the latest.
    #[must_use]
    pub const fn next_update(&self) -> Option<Timestamp> {
        self.next_update
    }

    /// `cRLNumber`, its content octets.
    #[must_use]
    pub fn number(&self) -> Option<&[u8]> {
        self.number.as_deref()
    }

    /// `deltaCRLIndicator`: the number of the list that this one continues.
    #[must_use]
    pub fn delta_base(&self) -> Option<&[u8]> {
        self.delta_base.as_deref()
    }

    /// `issuingDistributionPoint`: which certificates and reasons it is for.
    #[must_use]
    pub const fn scope(&self) -> Option<&IssuingDistributionPoint> {
        self.scope.as_ref()
    }

    /// `freshestCRL`: where delta lists are.
    #[must_use]
    pub fn freshest(&self) -> &[DistributionPoint] {
        &self.freshest
    }

    /// `authorityKeyIdentifier`, its `keyIdentifier`.
    #[must_use]
    pub fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.authority_key_identifier.as_deref()
    }

    /// `expiredCertsOnCRL` (X.509): since when certificates stay on the list though they expired.
    #[must_use]
    pub const fn expired_since(&self) -> Option<Timestamp> {
        self.expired_since
    }

    /// Critical extensions, of the list or of an entry, that are not processed: it may not be used (RFC 5280 §5.2, §5.3).
    #[must_use]
    pub fn unprocessed_critical(&self) -> &[ObjectIdentifier] {
        &self.unprocessed_critical
    }

    /// How many certificates it lists.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it lists none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What it says of the certificate with this serial number (content octets) of `issuer`.
    #[must_use]
    pub fn find(&self, serial: &[u8], issuer: &Name) -> Option<Revocation> {
        let serial_of = |entry: &Entry| &self.der[entry.serial.clone()];
        let start = self.entries.partition_point(|entry| serial_of(entry) < serial);
        let entries = self.entries[start..].iter().take_while(|entry| serial_of(entry) == serial);
        // The last one counts where a list says two things.
        let of_issuer = entries.filter(|entry| self.entry_issuers[entry.issuer] == *issuer);
        of_issuer.last().map(|entry| entry.revocation)
    }

    /// Checks the signature of the list with the key of its issuer, with what is weak but
    /// `allowed`.
    ///
    /// # Errors
    /// Why it is not good.
    pub fn verify_signature(&self, issuer: &PublicKey, allowed: Legacy) -> Result<(), SignatureError> {
        let algorithm = self.signature_algorithm.clone()?;
        let signature = self.signature.clone().ok_or(SignatureError::Wrong)?;
        issuer.verify_allowing(algorithm, &self.der[self.signed.clone()], &self.der[signature], allowed)
    }

    fn read_extensions(&mut self, bytes: &[u8]) -> Result<(), CertificateError> {
        for Extension { identifier, critical, value } in extensions::list(bytes)? {
            let known = self.read_extension(identifier, value).map_err(|error| {
                CertificateError::malformed(extension_name(identifier).unwrap_or("extension"), error)
            })?;
            if critical && !known {
                self.unprocessed_critical.push(identifier);
            }
        }
        Ok(())
    }

    fn read_extension(&mut self, identifier: ObjectIdentifier, value: &[u8]) -> der::Result<bool> {
        let number = || Ok::<_, der::Error>(Some(asn1::whole(value, Reader::integer)?.into()));
        match identifier {
            CRL_NUMBER => self.number = number()?,
            DELTA_CRL_INDICATOR => self.delta_base = number()?,
            ISSUING_DISTRIBUTION_POINT => {
                self.scope = Some(distribution::issuing_distribution_point(value)?);
            }
            AUTHORITY_KEY_IDENTIFIER => {
                let identifier = extensions::authority_key_identifier(value)?;
                self.authority_key_identifier = identifier.map(|identifier| self.der.part(identifier));
            }
            FRESHEST_CRL => self.freshest = distribution::distribution_points(value)?,
            EXPIRED_CERTIFICATES_ON_CRL => self.expired_since = Some(asn1::whole(value, Reader::time)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn read_entries(&mut self, octets: &[u8]) -> Result<(), CertificateError> {
        // §5.3.3: an entry is of the issuer that the last entry before it named, at first of that of the list.
        let mut issuers = EntryIssuers { current: 0, names: vec![self.issuer.clone()], known: HashMap::new() };
        let mut entries = Vec::new();
        let mut reader = Reader::new(octets);
        while !reader.is_finished() {
            let entry = self.read_entry(&mut reader, &mut issuers);
            entries.push(entry.map_err(|error| CertificateError::malformed("revokedCertificates", error))?);
        }
        // A stable sort: of two entries for one certificate the later one stays the later one.
        entries.sort_by(|one: &Entry, other| self.der[one.serial.clone()].cmp(&self.der[other.serial.clone()]));
        self.entries = entries;
        self.entry_issuers = issuers.names;
        Ok(())
    }

    /// One of `revokedCertificates`.
    fn read_entry(&mut self, reader: &mut Reader<'_>, issuers: &mut EntryIssuers) -> der::Result<Entry> {
        reader.sequence(|reader| {
            let serial = place(reader.integer()?, &self.der).unwrap_or_default();
            let at = reader.time()?;
            let mut revocation = Revocation { at, reason: RevocationReason::UNSPECIFIED, invalid_since: None };
            if !reader.is_finished() {
                reader.each(|reader| self.read_entry_extension(reader, &mut revocation, issuers))?;
            }
            Ok(Entry { serial, issuer: issuers.current, revocation })
        })
    }

    fn read_entry_extension(
        &mut self,
        reader: &mut Reader<'_>,
        revocation: &mut Revocation,
        issuers: &mut EntryIssuers,
    ) -> der::Result<()> {
        let Extension { identifier, critical, value } = Extension::read(reader)?;
        match identifier {
            REASON_CODE => revocation.reason = asn1::whole(value, RevocationReason::read)?,
            INVALIDITY_DATE => revocation.invalid_since = Some(asn1::whole(value, Reader::time)?),
            CERTIFICATE_ISSUER => {
                let names = GeneralName::read_all(value)?;
                let name = names.into_iter().find_map(|name| match name {
                    GeneralName::Directory(name) => Some(name),
                    _ => None,
                });
                let name = name.ok_or(ErrorKind::Value { tag: Tag::Sequence })?;
                issuers.enter(name);
            }
            _ if critical && !self.unprocessed_critical.contains(&identifier) => {
                self.unprocessed_critical.push(identifier);
            }
            _ => {}
        }
        Ok(())
    }
}

impl PartialEq for RevocationList {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for RevocationList {}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RevocationList({} at {}, {} entries)", self.issuer, self.this_update, self.entries.len())
    }
}

/// What RFC 5280 calls the extension.
fn extension_name(identifier: ObjectIdentifier) -> Option<&'static str> {
    Some(match identifier {
        CRL_NUMBER => "cRLNumber",
        DELTA_CRL_INDICATOR => "deltaCRLIndicator",
        ISSUING_DISTRIBUTION_POINT => "issuingDistributionPoint",
        EXPIRED_CERTIFICATES_ON_CRL => "expiredCertsOnCRL",
        other => return extensions::name(other),
    })
}

/// `TBSCertList`, taken apart.
struct Fields<'a> {
    version: u64,
    signature: AlgorithmIdentifier<'a>,
    issuer: &'a [u8],
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    /// The contents of `revokedCertificates`.
    entries: Option<&'a [u8]>,
    extensions: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, CertificateError> {
        let mut field = "tbsCertList";
        let fields = asn1::whole(bytes, |reader| {
            reader.sequence(|reader| {
                field = "version";
                let version = match reader.peek() {
                    Some(asn1::INTEGER) => asn1::unsigned(reader.integer()?)?,
                    _ => 0,
                };
                field = "signature";
                let signature = AlgorithmIdentifier::read(reader)?;
                field = "issuer";
                let issuer = reader.whole_value()?;
                field = "thisUpdate";
                let this_update = reader.time()?;
                field = "nextUpdate";
                let next_update = match reader.peek() {
                    Some(asn1::UTC_TIME | asn1::GENERALIZED_TIME) => Some(reader.time()?),
                    _ => None,
                };
                field = "revokedCertificates";
                let entries = match reader.peek() {
                    Some(asn1::SEQUENCE) => Some(reader.expect(asn1::SEQUENCE)?),
                    _ => None,
                };
                field = "crlExtensions";
                let extensions = reader.context(0)?.map(|extensions| extensions.value());
                Ok(Fields { version, signature, issuer, this_update, next_update, entries, extensions })
            })
        });
        fields.map_err(|error| CertificateError::malformed(field, error))
    }
}
