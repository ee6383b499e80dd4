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
    history.sort_by(|one, other| other.since.cmp(&one.since));
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
