//! What a verdict lacks, and where certificates say that it is: what to ask for before the search is made again.

use der::asn1::ObjectIdentifier;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use crate::encode::{identifier, sequence, value};
use crate::{AccessDescription, Certificate, Check, DistributionPointName, GeneralName, Sourced, Verdict};

const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");

/// Something that a certificate says is to be had somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// Where.
    pub url: String,
    /// What it is.
    pub kind: WantedKind,
}

/// What is to be had.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum WantedKind {
    /// Certificates of an issuer: `caIssuers` (RFC 5280 §4.2.2.1).
    Certificates,
    /// A revocation list: `cRLDistributionPoints` (§4.2.1.13), `freshestCRL` (§4.2.1.15).
    List,
    /// An OCSP response, to be asked for with this `OCSPRequest` in DER (RFC 6960 §4.1). It has no nonce: an answer is judged by
    /// its times, so that it can be kept and judged again.
    Response(Vec<u8>),
}

impl Verdict {
    /// What its paths lack, in the order of the paths, each once: the issuers of certificates where a path ended, and what would
    /// tell of revocation where that is not known. Responses come before lists, which are larger.
    #[must_use]
    pub fn wanted(&self) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for path in &self.accepted {
            for unknown in path.unknown() {
                about_revocation(path.certificates(), Some(path.anchor()), unknown.position, &mut wanted);
            }
        }
        for path in &self.rejected {
            for fault in &path.rejections {
                match fault.check {
                    Check::RevocationKnown => {
                        about_revocation(&path.certificates, path.anchor.as_ref(), fault.position, &mut wanted);
                    }
                    // A way that leads nowhere may go on at any of its authorities: bridges are offered beside their issuers.
                    Check::Issuer => path.certificates.iter().for_each(|step| issuers(&step.certificate, &mut wanted)),
                    _ => {}
                }
            }
        }
        let mut seen = std::collections::HashSet::new();
        wanted.retain(|one| seen.insert(one.clone()));
        wanted
    }
}

fn issuers(certificate: &Certificate, wanted: &mut Vec<Wanted>) {
    let urls = access(certificate, AccessDescription::CA_ISSUERS);
    wanted.extend(urls.map(|url| Wanted { url, kind: WantedKind::Certificates }));
}

fn about_revocation(path: &[Sourced], anchor: Option<&Sourced>, position: usize, wanted: &mut Vec<Wanted>) {
    let Some(step) = path.get(position) else { return };
    let certificate = &*step.certificate;
    if let Some(issuer) = path.get(position + 1).or(anchor) {
        let request = request(certificate, &issuer.certificate);
        let urls = access(certificate, AccessDescription::OCSP);
        wanted.extend(urls.map(|url| Wanted { url, kind: WantedKind::Response(request.clone()) }));
    }
    let extensions = certificate.extensions();
    for point in extensions.crl_distribution_points.iter().chain(&extensions.freshest_crl) {
        let Some(DistributionPointName::Full(names)) = &point.name else { continue };
        // Any of the names will do: the first that can be asked.
        let url = names.iter().find_map(uri);
        wanted.extend(url.map(|url| Wanted { url, kind: WantedKind::List }));
    }
}

fn access(certificate: &Certificate, method: ObjectIdentifier) -> impl Iterator<Item = String> {
    let offered = certificate.extensions().authority_information_access.iter();
    offered.filter(move |access| access.method == method).filter_map(|access| uri(&access.location))
}

/// The address, if it is one of the web: directories are not asked.
fn uri(name: &GeneralName) -> Option<String> {
    let GeneralName::Uri(uri) = name else { return None };
    let is_web = ["http://", "https://"]
        .iter()
        .any(|scheme| uri.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    is_web.then(|| uri.clone())
}

/// An `OCSPRequest` about `certificate`, which `issuer` signed. SHA-1 only names the issuer (RFC 5019 §2.1.1).
fn request(certificate: &Certificate, issuer: &Certificate) -> Vec<u8> {
    let sha1 = |octets: &[u8]| value(0x04, digest(&SHA1_FOR_LEGACY_USE_ONLY, octets).as_ref());
    let algorithm = sequence([&identifier(SHA1)[..], &[5, 0]]);
    let name = sha1(certificate.issuer_der());
    let key = sha1(issuer.public_key().octets());
    let serial = value(0x02, certificate.serial_number());
    let certificate = sequence([&algorithm[..], &name, &key, &serial]);
    let list = sequence([&sequence([&certificate[..]])[..]]);
    sequence([&sequence([&list[..]])[..]])
}
