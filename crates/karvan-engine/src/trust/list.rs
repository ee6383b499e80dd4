//! Trusted lists of ETSI TS 119 612: which services a state supervises, since when, and with what keys.
//!
//! A list is believed only as far as it is signed: what is read is what the signature covers, and the signer must be
//! one that the caller names. Its services give trust anchors for a time, by the status that they had then.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use karvan_pki::{Certificate, Limits, TrustStore};
use karvan_signature::Policy;
use karvan_text::{Code, Diagnostic, Message, Place};
use karvan_xml::{Document, Element, Limits as XmlLimits};
use serde::Serialize;

/// The namespace of trusted lists (TS 119 612 Annex C).
const TRUSTED_LIST: &str = "http://uri.etsi.org/02231/v2#";

/// A trusted list, its signature verified.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TrustedList {
    /// The country of the scheme (§5.3.10).
    pub territory: String,
    /// Who runs the scheme (§5.3.4).
    pub operator: String,
    /// The number of this issue (§5.3.2).
    pub sequence_number: Option<u64>,
    /// When it was issued, RFC 3339 (§5.3.14).
    #[serde(serialize_with = "displayed")]
    pub issued: Timestamp,
    /// When the next one is due (§5.3.15); none: the scheme is closed.
    #[serde(serialize_with = "displayed_option")]
    pub next_update: Option<Timestamp>,
    /// The services of all providers.
    pub services: Vec<Service>,
}

/// A service of a provider (§5.5).
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Service {
    /// The provider (§5.4.1).
    pub provider: String,
    /// Its name (§5.5.2).
    pub name: String,
    /// Its type, a URI (§5.5.1).
    pub kind: String,
    /// The certificates of its keys (§5.5.3).
    #[serde(skip)]
    pub certificates: Vec<Certificate>,
    /// The fingerprints of these, SHA-256, hexadecimal.
    pub fingerprints: Vec<String>,
    /// Its status now and before, the newest first (§5.5.4, §5.6).
    pub history: Vec<ServiceStatus>,
}

/// A status and since when it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ServiceStatus {
    /// A URI.
    pub status: String,
    /// RFC 3339.
    #[serde(serialize_with = "displayed")]
    pub since: Timestamp,
}

fn displayed<S: serde::Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

fn displayed_option<S: serde::Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}

impl TrustedList {
    /// Reads the list in `octets` (XML), which one of `signers` must have signed as a whole.
    ///
    /// # Errors
    /// The findings: a signature that is not good or not by one of them, or what is no trusted list.
    pub fn read(octets: Vec<u8>, signers: &[Certificate], limits: &Limits) -> Result<Self, Vec<Diagnostic>> {
        let policy = Policy { certificates: limits.clone(), ..Policy::default() };
        let intact = karvan_signature::verify(octets, &[], signers, &policy)
            .map_err(karvan_signature::Rejected::into_findings)?;
        let place = intact.place().clone();
        let refused =
            |message| vec![Diagnostic::new(Code::error(7221), message, place.clone()).rule("ETSI TS 119 612 §5.7")];
        let verified = intact.trust(|signed_by| {
            let known = signers.iter().any(|signer| signed_by.key() == Some(signer.public_key()));
            if known {
                Ok(())
            } else {
                Err(signed_by.certificate().map(|certificate| certificate.subject().to_string()))
            }
        });
        let verified = match verified {
            Ok(verified) => verified,
            Err(signer) => {
                let signer = signer.unwrap_or_else(|| "?".to_owned());
                return Err(refused(Message::new("list-other-signer").with("signer", signer)));
            }
        };
        let Some(content) = verified.content() else {
            return Err(refused(Message::new("list-not-covered")));
        };
        Self::of_content(content, limits)
    }

    /// Reads what the signature covers.
    fn of_content(content: &[u8], limits: &Limits) -> Result<Self, Vec<Diagnostic>> {
        let wrong = |detail: String| {
            let message = Message::new("list-malformed").with("detail", detail);
            vec![Diagnostic::new(Code::error(7222), message, Place::default()).rule("ETSI TS 119 612 §5")]
        };
        let document = Document::parse(content, &XmlLimits::default()).map_err(|error| wrong(error.to_string()))?;
        let root = document.root();
        if !root.is(TRUSTED_LIST, "TrustServiceStatusList") {
            return Err(wrong(root.qualified_name().into_owned()));
        }
        read(root, limits).map_err(|missing| wrong(missing.to_owned()))
    }

    /// Makes every certificate of a service that issues certificates and was supervised at `at` an anchor of `store`. Gives
    /// back how many there were.
    pub fn add_anchors(&self, store: &mut TrustStore, origin: &str, at: Timestamp, limits: &Limits) -> usize {
        let origin = origin.into();
        let services = self.services.iter().filter(|service| service.issues_certificates());
        let supervised = services.filter(|service| service.status_at(at).is_some_and(ServiceStatus::is_supervised));
        let certificates: Vec<_> = supervised.flat_map(|service| &service.certificates).collect();
        for certificate in &certificates {
            store.insert((*certificate).clone(), &origin, limits);
        }
        certificates.len()
    }

    /// The finding that a newer issue should be there.
    pub(super) fn stale(&self) -> Diagnostic {
        let due = self.next_update.map_or_else(|| "∅".to_owned(), |due| due.to_string());
        let message = Message::new("list-stale").with("territory", &self.territory).with("due", due);
        Diagnostic::new(Code::warning(7223), message, Place::default()).rule("ETSI TS 119 612 §5.3.15")
    }

    /// Whether a newer issue should be there at `at`.
    #[must_use]
    pub fn is_stale(&self, at: Timestamp) -> bool {
        self.next_update.is_none_or(|due| at > due)
    }
}

impl Service {
    /// The status at the time `at`; none before the first.
    #[must_use]
    pub fn status_at(&self, at: Timestamp) -> Option<&ServiceStatus> {
        self.history.iter().find(|status| status.since <= at)
    }

    /// Whether it issues certificates, qualified or not (§5.5.1.1 and §5.5.1.2: CA/QC, CA/PKC, national root).
    #[must_use]
    pub fn issues_certificates(&self) -> bool {
        ["/Svctype/CA/QC", "/Svctype/CA/PKC", "/Svctype/NationalRootCA-QC"].iter().any(|kind| self.kind.ends_with(kind))
    }
}

impl ServiceStatus {
    /// Whether the status says that the service is supervised (§5.5.4, and the older words of Annex J).
    #[must_use]
    pub fn is_supervised(&self) -> bool {
        const WORDS: [&str; 5] =
            ["granted", "recognisedatnationallevel", "undersupervision", "supervisionincessation", "accredited"];
        self.status.rsplit('/').next().is_some_and(|word| WORDS.contains(&word))
    }
}

/// Reads the list below `root`, or says what is missing.
fn read(root: Element<'_>, limits: &Limits) -> Result<TrustedList, &'static str> {
    let scheme = child(root, "SchemeInformation").ok_or("SchemeInformation")?;
    let issued = time(scheme, "ListIssueDateTime").ok_or("ListIssueDateTime")?;
    let next_update = child(scheme, "NextUpdate").and_then(|update| time(update, "dateTime"));
    let mut list = TrustedList {
        territory: text(scheme, "SchemeTerritory").unwrap_or_default(),
        operator: name(scheme, "SchemeOperatorName"),
        sequence_number: text(scheme, "TSLSequenceNumber").and_then(|number| number.parse().ok()),
        issued,
        next_update,
        services: Vec::new(),
    };
    // §5.3.17: there may be none.
    for provider in
        child(root, "TrustServiceProviderList").into_iter().flat_map(|list| named(list, "TrustServiceProvider"))
    {
        let label =
            child(provider, "TSPInformation").map(|information| name(information, "TSPName")).unwrap_or_default();
        let services = child(provider, "TSPServices").into_iter().flat_map(|services| named(services, "TSPService"));
        for service in services {
            list.services.push(read_service(service, &label, limits)?);
        }
    }
    Ok(list)
}

fn read_service(service: Element<'_>, provider: &str, limits: &Limits) -> Result<Service, &'static str> {
    let information = child(service, "ServiceInformation").ok_or("ServiceInformation")?;
    let mut history = vec![read_status(information)?];
    for past in child(service, "ServiceHistory").into_iter().flat_map(|list| named(list, "ServiceHistoryInstance")) {
        history.push(read_status(past)?);
    }
    history.sort_by_key(|status| std::cmp::Reverse(status.since));
    let identities = child(information, "ServiceDigitalIdentity").into_iter().flat_map(|one| named(one, "DigitalId"));
    let certificates: Vec<_> = identities
        .filter_map(|identity| text(identity, "X509Certificate"))
        .filter_map(|text| STANDARD.decode(text.split_ascii_whitespace().collect::<String>()).ok())
        .filter_map(|der| Certificate::from_der(&der, limits).ok())
        .collect();
    Ok(Service {
        provider: provider.to_owned(),
        name: name(information, "ServiceName"),
        kind: text(information, "ServiceTypeIdentifier").ok_or("ServiceTypeIdentifier")?,
        fingerprints: certificates.iter().map(Certificate::fingerprint_hex).collect(),
        certificates,
        history,
    })
}

fn read_status(information: Element<'_>) -> Result<ServiceStatus, &'static str> {
    Ok(ServiceStatus {
        status: text(information, "ServiceStatus").ok_or("ServiceStatus")?,
        since: time(information, "StatusStartingTime").ok_or("StatusStartingTime")?,
    })
}

fn child<'d>(element: Element<'d>, name: &str) -> Option<Element<'d>> {
    element.child(TRUSTED_LIST, name)
}

fn named<'d>(element: Element<'d>, name: &'static str) -> impl Iterator<Item = Element<'d>> {
    element.elements().filter(move |element| element.is(TRUSTED_LIST, name))
}

fn text(element: Element<'_>, name: &str) -> Option<String> {
    child(element, name).map(|element| element.text().trim().to_owned())
}

fn time(element: Element<'_>, name: &str) -> Option<Timestamp> {
    text(element, name)?.parse().ok()
}

/// The name in a list of names by language: the English one (§5.1.4 asks for it), else the first.
fn name(element: Element<'_>, list: &str) -> String {
    const XML: &str = "http://www.w3.org/XML/1998/namespace";
    let names: Vec<_> = child(element, list).into_iter().flat_map(|list| named(list, "Name")).collect();
    let english = names.iter().find(|name| name.attribute_in(XML, "lang") == Some("en"));
    english.or(names.first()).map(|name| name.text().trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use karvan_pki::CertificateSet;

    use super::*;
    use crate::sign::{Identity, Options, Scheme, sign};
    use crate::trust::{Material, Named};

    const ANKA: &[u8] = include_bytes!("../../../../samples/pki/signers/anka.pem");
    const SIGNED_BY: &str = "2026-06-01T00:00:00Z";

    fn file(name: &str, octets: &[u8]) -> Named {
        (name.to_owned(), octets.to_vec())
    }

    fn certificates(octets: &[u8]) -> Vec<Certificate> {
        let (set, _) = CertificateSet::load([("file", octets)], &Limits::default());
        set.iter().map(|sourced| (*sourced.certificate).clone()).collect()
    }

    /// A list with one service, granted until the end of 2025 and withdrawn then.
    fn list() -> String {
        let root =
            karvan_pki::pem::blocks(include_bytes!("../../../../samples/pki/trust-turkey/ulusal-kok.pem")).next();
        let root = STANDARD.encode(root.unwrap().contents.unwrap());
        let status = |word: &str, since: &str| {
            format!(
                "<ServiceTypeIdentifier>http://uri.etsi.org/TrstSvc/Svctype/CA/QC</ServiceTypeIdentifier>\
                 <ServiceName><Name xml:lang=\"tr\">Kök</Name><Name xml:lang=\"en\">Root</Name></ServiceName>\
                 <ServiceDigitalIdentity><DigitalId><X509Certificate>{root}</X509Certificate></DigitalId></ServiceDigitalIdentity>\
                 <ServiceStatus>http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/{word}</ServiceStatus>\
                 <StatusStartingTime>{since}</StatusStartingTime>"
            )
        };
        format!(
            "<TrustServiceStatusList xmlns=\"{TRUSTED_LIST}\"><SchemeInformation>\
             <TSLSequenceNumber>7</TSLSequenceNumber>\
             <SchemeOperatorName><Name xml:lang=\"en\">Operator (sample)</Name></SchemeOperatorName>\
             <SchemeTerritory>TR</SchemeTerritory><ListIssueDateTime>2026-01-01T00:00:00Z</ListIssueDateTime>\
             <NextUpdate><dateTime>2026-07-01T00:00:00Z</dateTime></NextUpdate></SchemeInformation>\
             <TrustServiceProviderList><TrustServiceProvider><TSPInformation>\
             <TSPName><Name xml:lang=\"en\">Provider (sample)</Name></TSPName></TSPInformation>\
             <TSPServices><TSPService><ServiceInformation>{}</ServiceInformation>\
             <ServiceHistory><ServiceHistoryInstance>{}</ServiceHistoryInstance></ServiceHistory>\
             </TSPService></TSPServices></TrustServiceProvider></TrustServiceProviderList></TrustServiceStatusList>",
            status("withdrawn", "2026-01-01T00:00:00Z"),
            status("granted", "2020-01-01T00:00:00Z"),
        )
    }

    fn signed(list: &str) -> Vec<u8> {
        let key = include_bytes!("../../../../samples/pki/signers/anka.key.pem");
        let identity = Identity::open(key, None, &[file("anka", ANKA)], Scheme::default()).unwrap();
        sign(&file("list.xml", list.as_bytes()), &identity, &Options::default()).unwrap()
    }

    #[test]
    fn a_service_gives_anchors_while_it_is_supervised() {
        let mut material = Material::load(&[], &[], Limits::default());
        material.add_trusted_lists(&[file("list.xml", &signed(&list()))], &[file("anka", ANKA)]);
        assert_eq!(material.problems(), []);
        let accepted = |at: &str| {
            let verdict = material.path(&[file("anka", ANKA)], at.parse().unwrap()).unwrap();
            verdict.status() == karvan_pki::Status::Accepted
        };
        assert!(accepted("2025-12-31T23:59:59Z"), "granted then");
        assert!(!accepted("2026-01-01T00:00:00Z"), "withdrawn");
        let read = TrustedList::read(signed(&list()), &certificates(ANKA), &Limits::default()).unwrap();
        assert_eq!((read.territory.as_str(), read.sequence_number), ("TR", Some(7)));
        assert_eq!((read.services[0].provider.as_str(), read.services[0].name.as_str()), ("Provider (sample)", "Root"));
        assert!(!read.is_stale(SIGNED_BY.parse().unwrap()) && read.is_stale("2026-07-01T00:00:01Z".parse().unwrap()));
    }

    #[test]
    fn a_list_of_another_signer_or_with_a_changed_octet_is_refused() {
        let other = certificates(include_bytes!("../../../../samples/pki/signers/sahand.pem"));
        let code = |octets: Vec<u8>, signers: &[Certificate]| {
            TrustedList::read(octets, signers, &Limits::default()).unwrap_err()[0].code.number
        };
        assert_eq!(code(signed(&list()), &other), 7221);
        let altered = String::from_utf8(signed(&list())).unwrap().replace("withdrawn", "granted00");
        assert_eq!(code(altered.into_bytes(), &certificates(ANKA)) / 1000, 6);
        assert_eq!(code(signed("<a/>"), &certificates(ANKA)), 7222);
        let undated = list().replace("ListIssueDateTime>", "IssueDateTime>");
        assert_eq!(code(signed(&undated), &certificates(ANKA)), 7222);
    }
}
