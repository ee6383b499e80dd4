//! Security header groups: USH, USA, USC, USA, USR (ISO 9735-5 §5.1).

use std::borrow::Cow;

use karvan_edifact::ServiceCharacters;
use karvan_pki::{Certificate, DigestAlgorithm};

use super::code::{Algorithm, Scheme, Scope, Service, purpose};
use super::filter::Filter;
use super::record::Record;

/// A security header group: what service is applied to a structure, how, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityHeader {
    header: Record,
    algorithms: Vec<Record>,
    certificates: Vec<CertificateReference>,
}

/// A certificate that a header group refers to: USC, its algorithms and its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateReference {
    certificate: Record,
    algorithms: Vec<Record>,
    result: Option<Record>,
}

/// What a header group is to say.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Particulars<'c> {
    /// 0501, the service.
    pub service: Service,
    /// 0534, the reference.
    pub reference: String,
    /// 0541, the scope.
    pub scope: Scope,
    /// 0503: whether an acknowledgement is asked for.
    pub acknowledgement: bool,
    /// 0505, the filter of the values.
    pub filter: Filter,
    /// 0507, the code of the character set that the structure stands in; nothing where UNB says it all.
    pub encoding: &'static str,
    /// 0520, the sequence number.
    pub sequence: Option<String>,
    /// S501: when it is secured, as date (`CCYYMMDD`) and time (`HHMMSS`), both UTC.
    pub time: Option<(String, String)>,
    /// The digest.
    pub digest: DigestAlgorithm,
    /// The scheme of the signature, and the signer's certificate where it is known; none for a digest alone.
    pub signature: Option<(Scheme, Option<&'c Certificate>)>,
    /// The service characters of the interchange, to be told in S505.
    pub characters: Option<ServiceCharacters>,
}

impl Particulars<'_> {
    /// A header of this service and reference, the rest as usual: scope 1, hexadecimal, SHA-256, no signature.
    #[must_use]
    pub fn new(service: Service, reference: impl Into<String>) -> Self {
        Self {
            service,
            reference: reference.into(),
            scope: Scope::HeaderAndBody,
            acknowledgement: false,
            filter: Filter::Hexadecimal,
            encoding: "",
            sequence: None,
            time: None,
            digest: DigestAlgorithm::Sha256,
            signature: None,
            characters: None,
        }
    }
}

/// 0545: X.509.
const X509: &str = "3";

/// How many characters of the fingerprint of a certificate name its key (0538): 128 bits in hexadecimal.
const KEY_NAME: usize = 32;

/// The longest certificate reference (0536).
const LONGEST_REFERENCE: usize = 35;

impl SecurityHeader {
    /// A header group that says this.
    #[must_use]
    pub fn new(what: &Particulars<'_>) -> Self {
        let parties: [Vec<&str>; 0] = [];
        let time = what.time.as_ref().map_or(vec![], |(date, time)| vec!["1", date, time, "0000"]);
        let header = Record::new("USH")
            .element(what.service.code())
            .element(&what.reference)
            .element(what.scope.code())
            .element(if what.acknowledgement { "2" } else { "1" })
            .element(what.filter.code())
            .element(what.encoding)
            .element("")
            .repeated(parties)
            .element(what.sequence.as_deref().unwrap_or_default())
            .composite(time);
        let certificates = what.signature.map(|(scheme, certificate)| CertificateReference {
            certificate: certificate_record(certificate, what),
            algorithms: vec![algorithm_record(&Algorithm::signing(scheme))],
            result: None,
        });
        Self {
            header,
            algorithms: vec![algorithm_record(&Algorithm::hashing(what.digest))],
            certificates: certificates.into_iter().collect(),
        }
    }

    /// The header group that begins with a USH; what follows it is [added](Self::add).
    #[must_use]
    pub fn begin(header: Record) -> Self {
        Self { header, algorithms: Vec::new(), certificates: Vec::new() }
    }

    /// Adds a segment of the group; false where it is none of one.
    pub fn add(&mut self, record: Record) -> bool {
        match (record.tag(), self.certificates.last_mut()) {
            (b"USA", None) => self.algorithms.push(record),
            (b"USA", Some(certificate)) => certificate.algorithms.push(record),
            (b"USC", _) => {
                let certificate = CertificateReference { certificate: record, algorithms: Vec::new(), result: None };
                self.certificates.push(certificate);
            }
            (b"USR", Some(certificate)) if certificate.result.is_none() => certificate.result = Some(record),
            _ => return false,
        }
        true
    }

    /// Its segments, in order.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        let certificates = self.certificates.iter().flat_map(CertificateReference::records);
        std::iter::once(&self.header).chain(&self.algorithms).chain(certificates)
    }

    /// 0501 as it stands.
    #[must_use]
    pub fn service_code(&self) -> Cow<'_, str> {
        self.header.text(0)
    }

    /// The service, if it is one that a signature or a digest proves.
    #[must_use]
    pub fn service(&self) -> Option<Service> {
        Service::from_code(&self.service_code())
    }

    /// 0534: the security reference number.
    #[must_use]
    pub fn reference(&self) -> Cow<'_, str> {
        self.header.text(1)
    }

    /// 0541 as it stands.
    #[must_use]
    pub fn scope_code(&self) -> Cow<'_, str> {
        self.header.text(2)
    }

    /// The scope, if it is a batch one.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        Scope::from_code(&self.scope_code())
    }

    /// 0503: whether an acknowledgement is asked for.
    #[must_use]
    pub fn asks_for_acknowledgement(&self) -> bool {
        self.header.text(3) == "2"
    }

    /// 0505 as it stands.
    #[must_use]
    pub fn filter_code(&self) -> Cow<'_, str> {
        self.header.text(4)
    }

    /// The filter of the values; nothing stated is no filter.
    #[must_use]
    pub fn filter(&self) -> Option<Filter> {
        let code = self.filter_code();
        if code.is_empty() { Some(Filter::None) } else { Filter::from_code(&code) }
    }

    /// 0507: the encoding in which the structure was secured.
    #[must_use]
    pub fn encoding(&self) -> Cow<'_, str> {
        self.header.text(5)
    }

    /// 0520: the security sequence number.
    #[must_use]
    pub fn sequence(&self) -> Cow<'_, str> {
        self.header.text(8)
    }

    /// S501: date, time and offset from UTC, as they stand.
    #[must_use]
    pub fn time(&self) -> [Cow<'_, str>; 3] {
        [1, 2, 3].map(|component| String::from_utf8_lossy(self.header.value(9, 0, component)))
    }

    /// The algorithms that the sender used, of the group and of its certificates.
    #[must_use]
    pub fn algorithms(&self) -> Vec<Algorithm> {
        let certificates = self.certificates.iter().flat_map(|certificate| &certificate.algorithms);
        self.algorithms.iter().chain(certificates).map(read_algorithm).collect()
    }

    /// The algorithm for one purpose (0523).
    fn algorithm(&self, purposes: &[&str]) -> Option<Algorithm> {
        self.algorithms().into_iter().find(|algorithm| purposes.contains(&algorithm.purpose.as_str()))
    }

    /// The algorithm that hashes.
    #[must_use]
    pub fn hashing(&self) -> Option<Algorithm> {
        self.algorithm(&[purpose::OWNER_HASHING])
    }

    /// The algorithm that signs.
    #[must_use]
    pub fn signing(&self) -> Option<Algorithm> {
        self.algorithm(&[purpose::OWNER_SIGNING, purpose::OWNER_ENCIPHERING_OR_SIGNING])
    }

    /// The algorithm with a secret that both parties know.
    #[must_use]
    pub fn symmetric(&self) -> Option<Algorithm> {
        self.algorithm(&[purpose::OWNER_SYMMETRIC])
    }

    /// The certificates that are referred to, that of the sender first.
    #[must_use]
    pub fn certificates(&self) -> &[CertificateReference] {
        &self.certificates
    }
}

impl CertificateReference {
    /// A reference that begins with this USC.
    #[must_use]
    pub fn begin(certificate: Record) -> Self {
        Self { certificate, algorithms: Vec::new(), result: None }
    }

    /// A reference to an X.509 certificate.
    #[must_use]
    pub fn to(certificate: &Certificate) -> Self {
        let what = Particulars::new(Service::default(), "");
        Self::begin(certificate_record(Some(certificate), &what))
    }

    /// Adds a USA or USR that follows; false where it does not belong here.
    pub fn add(&mut self, record: Record) -> bool {
        match record.tag() {
            b"USA" => self.algorithms.push(record),
            b"USR" if self.result.is_none() => self.result = Some(record),
            _ => return false,
        }
        true
    }

    /// Its segments, in order.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        std::iter::once(&self.certificate).chain(&self.algorithms).chain(&self.result)
    }

    /// 0536: the reference.
    #[must_use]
    pub fn reference(&self) -> Cow<'_, str> {
        self.certificate.text(0)
    }

    /// 0538: the names of the owner's key.
    pub fn key_names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let parties = self.certificate.occurrences(1);
        parties
            .filter_map(|party| party.get(1))
            .filter(|name| !name.is_empty())
            .map(|name| String::from_utf8_lossy(name))
    }

    /// Whether it is an X.509 certificate that is referred to (0545).
    #[must_use]
    pub fn is_x509(&self) -> bool {
        self.certificate.text(2) == X509
    }

    /// S505: the service characters that held when the signature was made, those that are told.
    ///
    /// A character stands there as two hexadecimal digits, or as itself.
    #[must_use]
    pub fn service_characters(&self) -> Vec<(u8, Option<u8>)> {
        let characters = self.certificate.occurrences(7).filter_map(|components| {
            let role = *components.first()?.first()?;
            let character = match components.get(1).map(Vec::as_slice).unwrap_or_default() {
                [] => None,
                [character] => Some(*character),
                digits => Some(*Filter::Hexadecimal.decode(digits)?.first()?),
            };
            Some((role, character))
        });
        characters.collect()
    }

    /// Whether the reference can be one to `certificate`.
    ///
    /// Where it names a key by our fingerprint, or an X.509 certificate by its number, that decides. What else may stand
    /// there (location numbers, names of agreed keys) says nothing about X.509: any certificate that the caller offers can
    /// be meant then, and the signature decides.
    #[must_use]
    pub fn may_be(&self, certificate: &Certificate) -> bool {
        let fingerprint = certificate.fingerprint_hex();
        let ours = |name: &str| name.len() == KEY_NAME && name.bytes().all(|digit| digit.is_ascii_hexdigit());
        if let Some(name) = self.key_names().find(|name| ours(name)) {
            return plain(&fingerprint).starts_with(&plain(&name));
        }
        let number = self.reference();
        let hexadecimal = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_hexdigit());
        if self.is_x509() && hexadecimal {
            return same_number(&plain(&number), &plain(&certificate.serial()));
        }
        true
    }
}

/// Hexadecimal digits without what tools put between them.
fn plain(digits: &str) -> String {
    digits.chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_uppercase()).collect()
}

fn same_number(one: &str, other: &str) -> bool {
    one.trim_start_matches('0') == other.trim_start_matches('0')
}

/// USC: the number of the certificate, and the name of the key.
fn certificate_record(certificate: Option<&Certificate>, what: &Particulars<'_>) -> Record {
    let number = certificate.map(|certificate| plain(&certificate.serial())).unwrap_or_default();
    let number = if number.len() > LONGEST_REFERENCE { String::new() } else { number };
    let key_name = certificate.map(|certificate| plain(&certificate.fingerprint_hex())[..KEY_NAME].to_owned());
    let owner = key_name.as_deref().map(|name| vec!["3", name]);
    let characters = what.characters.map(|characters| {
        let roles = [
            (b'1', Some(characters.terminator)),
            (b'2', Some(characters.component)),
            (b'3', Some(characters.element)),
            (b'4', characters.release),
            (b'5', characters.repetition),
        ];
        let digits = |character: u8| Filter::Hexadecimal.encode(&[character]);
        let told = roles.into_iter().filter_map(|(role, character)| Some(vec![vec![role], digits(character?)]));
        told.collect::<Vec<_>>()
    });
    Record::new("USC")
        .element(number)
        .repeated(owner)
        .element(X509)
        .element("")
        .element("")
        .element("")
        .element("")
        .repeated(characters.into_iter().flatten())
}

fn algorithm_record(algorithm: &Algorithm) -> Record {
    let Algorithm { purpose, mode, code, list, padding, padding_list, parameters } = algorithm;
    let values = parameters.iter().map(|(qualifier, value)| vec![qualifier.as_bytes(), value]);
    Record::new("USA").composite([purpose, mode, "", code, list, padding, padding_list]).repeated(values)
}

fn read_algorithm(record: &Record) -> Algorithm {
    let text = |component: usize| String::from_utf8_lossy(record.value(0, 0, component)).into_owned();
    let parameters = record.occurrences(1).map(|components| {
        let qualifier = components.first().map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default();
        (qualifier, components.get(1).cloned().unwrap_or_default())
    });
    Algorithm {
        purpose: text(0),
        mode: text(1),
        code: text(3),
        list: text(4),
        padding: text(5),
        padding_list: text(6),
        parameters: parameters.collect(),
    }
}
