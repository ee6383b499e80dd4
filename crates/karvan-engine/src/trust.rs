//! Whom to trust: the path from a certificate to a trust anchor.

pub mod cross;
pub mod fetch;
pub mod keyman;
pub mod list;

use std::sync::Arc;

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use karvan_pki::{
    Certificate, CertificateSet, Evidence, Legacy, Limits, LoadProblem, ObjectIdentifier, Options, PolicyOptions,
    Register, RevocationList, RevocationMode, RevocationOptions, SignatureMemory, Sourced, StoreFile, TrustStore,
    Verdict, VerifiedPath, find_paths,
};
use karvan_signature::xades::ValidationData;
use karvan_text::{Code, Diagnostic, Message, Place};

use self::fetch::Fetching;
use self::list::TrustedList;

/// `id-kp-timeStamping` (RFC 3161 §2.3).
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");

/// A file: its name and its octets.
pub type Named = (String, Vec<u8>);

/// Reads how old something may be: `7d`, `12h`, `1w 2d`; a day has 24 hours.
///
/// # Errors
/// What is no such age, months and years among them, which have no length of their own.
pub fn age(text: &str) -> Result<SignedDuration, jiff::Error> {
    text.parse::<Span>()?.to_duration(SpanRelativeTo::days_are_24_hours())
}

/// What decides whom to trust, as it was read.
#[derive(Clone, Debug)]
pub struct Material {
    anchors: TrustStore,
    pool: Arc<CertificateSet>,
    /// What is asked but for the time.
    options: Options,
    problems: Vec<(String, Diagnostic)>,
    lists: Vec<(String, TrustedList)>,
    /// Who is asked for what is lacking.
    fetching: Option<Arc<Fetching>>,
}

impl Material {
    /// Reads trust anchors from the files of a store, and further certificates, cross-certificates among them; `limits`
    /// hold for that and for the search for paths.
    ///
    /// Without more any policy will do, and revocation is not looked at ([`revocation`](Self::revocation)); every verdict says
    /// so.
    #[must_use]
    pub fn load(store: &[Named], certificates: &[Named], limits: Limits) -> Self {
        let (tables, store): (Vec<_>, Vec<_>) = borrowed(store).partition(|(_, octets)| StoreFile::is_one(octets));
        let (mut anchors, mut problems) = TrustStore::load(store, &limits);
        let (pool, more) = CertificateSet::load(borrowed(certificates), &limits);
        problems.extend(more);
        let mut problems = told(&problems);
        for (name, octets) in tables {
            let findings = match StoreFile::from_toml(&String::from_utf8_lossy(octets)) {
                Ok(table) => table.apply(&mut anchors),
                // What was to be limited and is not must not be trusted.
                Err(detail) => {
                    anchors = TrustStore::default();
                    let message = Message::new("store-unreadable").with("detail", detail);
                    vec![Diagnostic::new(Code::error(7230), message, Place::default()).rule("RFC 5937")]
                }
            };
            problems.extend(findings.into_iter().map(|finding| (name.to_owned(), finding)));
        }
        let signatures = Some(SignatureMemory::default());
        let options = Options { limits, signatures, ..Options::document_signature(Timestamp::UNIX_EPOCH) };
        Self { anchors, pool: Arc::new(pool), options, problems, lists: Vec::new(), fetching: None }
    }

    /// Adds revocation lists and OCSP responses from files.
    #[must_use]
    pub fn with_evidence(mut self, files: &[Named]) -> Self {
        let (evidence, problems) = Evidence::load(borrowed(files), &self.options.limits);
        self.problems.extend(told(&problems));
        self.options.revocation.evidence = Arc::new(self.joined(&evidence));
        self
    }

    /// Asks others for what a verdict lacks: certificates of issuers, revocation lists and OCSP responses, where certificates say
    /// that they are. What came once is there for every verdict after it.
    #[must_use]
    pub fn fetching(mut self, fetching: Arc<Fetching>) -> Self {
        self.fetching = Some(fetching);
        self
    }

    /// Asks about revocation; lists and responses older than `freshness` are out of date.
    #[must_use]
    pub fn revocation(mut self, mode: RevocationMode, freshness: Option<SignedDuration>) -> Self {
        let evidence = self.options.revocation.evidence;
        self.options.revocation = RevocationOptions { mode, freshness, evidence };
        self
    }

    /// Says which policies will do, and how they are treated.
    #[must_use]
    pub fn policies(mut self, policies: PolicyOptions) -> Self {
        self.options.policies = policies;
        self
    }

    /// Believes what is no longer safe.
    #[must_use]
    pub const fn legacy(mut self, legacy: Legacy) -> Self {
        self.options.legacy = legacy;
        self
    }

    /// Says which purposes (extended key usages) will do, where a certificate names any; none: every one.
    #[must_use]
    pub fn purposes(mut self, purposes: Vec<ObjectIdentifier>) -> Self {
        self.options.purpose.extended_key_usage = purposes;
        self
    }

    /// Asks of every path through a foreign authority that an agreement of one of these files (TOML) recognises it.
    ///
    /// # Errors
    /// The sentence that says why a register cannot be read, with the name of its file.
    pub fn recognised_by(&mut self, registers: &[Named]) -> Result<(), (String, Message)> {
        for (name, octets) in registers {
            let register = Register::from_toml(&String::from_utf8_lossy(octets));
            let register =
                register.map_err(|error| (name.clone(), Message::new("register-unreadable").with("detail", error)))?;
            Arc::make_mut(self.options.register.get_or_insert_default()).extend(register);
        }
        Ok(())
    }

    /// Adds the anchors of trusted lists (ETSI TS 119 612), each signed by one of the certificates of `signers`. A list gives
    /// anchors for the time that is asked about, by the status that its services had then.
    pub fn add_trusted_lists(&mut self, lists: &[Named], signers: &[Named]) {
        let (signers, problems) = CertificateSet::load(borrowed(signers), &self.options.limits);
        self.problems.extend(told(&problems));
        let signers: Vec<_> = signers.iter().map(|signer| (*signer.certificate).clone()).collect();
        for (name, octets) in lists {
            match TrustedList::read(octets.clone(), &signers, &self.options.limits) {
                Ok(list) => self.lists.push((name.clone(), list)),
                Err(findings) => self.problems.extend(findings.into_iter().map(|finding| (name.clone(), finding))),
            }
        }
    }

    /// Which trusted lists are older than they may be at the time `at`, each with the name of its file.
    #[must_use]
    pub fn stale_lists(&self, at: Timestamp) -> Vec<(String, Diagnostic)> {
        let stale = self.lists.iter().filter(|(_, list)| list.is_stale(at));
        stale.map(|(name, list)| (name.clone(), list.stale())).collect()
    }

    /// Goes on after the first path that passes, so that a verdict holds all of them.
    pub const fn every_path(&mut self) {
        self.options.every_path = true;
    }

    /// What could not be read, each with the name of its file.
    #[must_use]
    pub fn problems(&self) -> &[(String, Diagnostic)] {
        &self.problems
    }

    /// Whether there is any trust anchor.
    #[must_use]
    pub fn has_anchors(&self) -> bool {
        !self.anchors.anchors().is_empty() || !self.lists.is_empty()
    }

    /// Finds the path to a trust anchor at the time `at` from the first certificate of `chain`, which others of it may
    /// lead on from.
    ///
    /// # Errors
    /// The findings that say why there is no certificate to begin with.
    pub fn path(&self, chain: &[Named], at: Timestamp) -> Result<Verdict, Vec<Diagnostic>> {
        let (offered, problems) = CertificateSet::load(borrowed(chain), &self.options.limits);
        // Where the first certificate cannot be read, the next one is not the leaf.
        let leaf = offered.iter().next().filter(|_| problems.iter().all(|problem| problem.index > 1));
        let Some(leaf) = leaf else {
            return Err(problems.iter().map(LoadProblem::diagnostic).collect());
        };
        Ok(self.find(leaf, &offered, &Evidence::default(), at))
    }

    /// Finds the path to a trust anchor at the time `at` from `signer`, which `offered` may lead on from.
    #[must_use]
    pub fn path_of<'c>(
        &self,
        signer: &'c Certificate,
        offered: impl Iterator<Item = &'c Certificate>,
        at: Timestamp,
    ) -> Verdict {
        self.path_with(signer, offered, &Evidence::default(), at)
    }

    /// The same, with revocation lists and OCSP responses that came with the signature (long-term material): they count like
    /// the caller's own, for each must be proven to come from one who may tell.
    ///
    /// `at` is the best signature time (ETSI EN 319 102-1 §5.6): that of the earliest proof that the signature existed. What was
    /// made later tells of revocations since then, and those that came after it do not count against the signature.
    #[must_use]
    pub fn path_with<'c>(
        &self,
        signer: &'c Certificate,
        offered: impl Iterator<Item = &'c Certificate>,
        evidence: &Evidence,
        at: Timestamp,
    ) -> Verdict {
        let origin: Arc<str> = "KeyInfo".into();
        let mut set = CertificateSet::default();
        for certificate in offered {
            set.insert(certificate.clone(), &origin, &self.options.limits);
        }
        let leaf = Sourced { certificate: Arc::new(signer.clone()), origin };
        self.find(&leaf, &set, evidence, at)
    }

    /// Finds the path to a trust anchor at the time `at` from an authority that stamps the time (RFC 3161 §2.3).
    #[must_use]
    pub fn path_of_clock<'c>(
        &self,
        authority: &'c Certificate,
        offered: impl Iterator<Item = &'c Certificate>,
        evidence: &Evidence,
        at: Timestamp,
    ) -> Verdict {
        // The policies that are asked for are those of documents, and agreements are about who signs them: an authority that
        // stamps the time vouches for no content.
        let mut material = self.clone().purposes(vec![TIME_STAMPING]).policies(PolicyOptions::default());
        material.options.register = None;
        material.path_with(authority, offered, evidence, at)
    }

    /// What proves `path` to whoever has nothing but its trust anchor: its certificates, and the lists and responses about
    /// them.
    #[must_use]
    pub fn data_of(&self, path: &VerifiedPath) -> ValidationData {
        let steps = path.certificates().iter().chain([path.anchor()]);
        let certificates: Vec<_> = steps.map(|step| (*step.certificate).clone()).collect();
        let evidence = &self.options.revocation.evidence;
        let is_about =
            |list: &RevocationList| certificates.iter().any(|certificate| certificate.issuer() == list.issuer());
        let crls = evidence.lists().filter(|list| is_about(&list.item)).map(|list| list.item.der().to_vec()).collect();
        let answers = evidence
            .responses()
            .filter(|response| certificates.iter().any(|certificate| response.item.tells_of(certificate)));
        let ocsp_responses = answers.map(|response| response.item.der().to_vec()).collect();
        ValidationData { certificates, crls, ocsp_responses }
    }

    /// What a signature carries about revocation, each list or response in DER. What cannot be read proves nothing and is left out.
    pub(crate) fn carried<'v>(&self, values: impl IntoIterator<Item = &'v Vec<u8>>) -> Evidence {
        Evidence::load(values.into_iter().map(|value| ("signature", value)), &self.options.limits).0
    }

    /// The further certificates, for signatures that offer none.
    #[must_use]
    pub fn certificates(&self) -> Vec<Certificate> {
        self.pool.iter().map(|sourced| (*sourced.certificate).clone()).collect()
    }

    /// The limits on certificates and the search for paths.
    pub(crate) const fn limits(&self) -> &Limits {
        &self.options.limits
    }

    fn find(&self, leaf: &Sourced, offered: &CertificateSet, evidence: &Evidence, at: Timestamp) -> Verdict {
        let Some(fetching) = &self.fetching else { return self.search(leaf, offered, evidence, at) };
        let (mut offered, mut evidence) = (offered.clone(), evidence.clone());
        loop {
            let (certificates, fetched) = fetching.material();
            offered.extend(&certificates, &self.options.limits);
            evidence.extend(&fetched, &self.options.limits);
            let verdict = self.search(leaf, &offered, &evidence, at);
            // Each question is asked once and there is a limit to them, so this ends.
            let settled = verdict.path().is_some_and(|path| path.unknown().is_empty()) && !self.options.every_path;
            if settled || !fetching.ask(verdict.wanted(), &self.options.limits) {
                return verdict;
            }
        }
    }

    fn search(&self, leaf: &Sourced, offered: &CertificateSet, evidence: &Evidence, at: Timestamp) -> Verdict {
        let mut pool = CertificateSet::over(Arc::clone(&self.pool));
        pool.extend(offered, &self.options.limits);
        let mut options = self.asked(at);
        if !evidence.is_empty() {
            options.revocation.evidence = Arc::new(self.joined(evidence));
        }
        find_paths(leaf, &pool, &self.anchors(at), &options)
    }

    /// The lists and responses that there are, with more.
    fn joined(&self, more: &Evidence) -> Evidence {
        let mut evidence = (*self.options.revocation.evidence).clone();
        evidence.extend(more, &self.options.limits);
        evidence
    }

    /// The anchors, those of trusted lists as of the time `at`.
    fn anchors(&self, at: Timestamp) -> TrustStore {
        let mut anchors = self.anchors.clone();
        for (name, list) in &self.lists {
            list.add_anchors(&mut anchors, name, at, &self.options.limits);
        }
        anchors
    }

    /// What is asked, for the time `at`.
    fn asked(&self, at: Timestamp) -> Options {
        Options { at, ..self.options.clone() }
    }
}

fn told(problems: &[LoadProblem]) -> Vec<(String, Diagnostic)> {
    problems.iter().map(|problem| (problem.file.clone(), problem.diagnostic())).collect()
}

fn borrowed(files: &[Named]) -> impl Iterator<Item = (&str, &[u8])> {
    files.iter().map(|(name, octets)| (name.as_str(), octets.as_slice()))
}

#[cfg(test)]
mod tests {
    use karvan_pki::Status;

    use super::*;

    fn file(name: &str, octets: &[u8]) -> Named {
        (name.to_owned(), octets.to_vec())
    }

    #[test]
    fn ages_are_numbers_with_units() {
        assert_eq!(age("7d").unwrap(), SignedDuration::from_hours(168));
        assert_eq!(age("1w 12h").unwrap(), SignedDuration::from_hours(180));
        assert!(age("7").is_err() && age("1 month").is_err() && age("").is_err());
    }

    #[test]
    fn a_foreign_signer_is_trusted_through_a_cross_certificate_while_it_is_valid() {
        let store = [file("iran", include_bytes!("../../../samples/pki/trust-iran/rishe-ye-melli.pem"))];
        let cross = [
            file("turkey", include_bytes!("../../../samples/pki/cross/iran-to-turkey.pem")),
            file("germany", include_bytes!("../../../samples/pki/cross/iran-to-germany-expired.pem")),
        ];
        let material = Material::load(&store, &cross, Limits::default());
        assert!(material.has_anchors() && material.problems().is_empty());
        let anka = [file("anka", include_bytes!("../../../samples/pki/signers/anka.pem"))];
        let nordhafen = [file("nordhafen", include_bytes!("../../../samples/pki/signers/nordhafen.pem"))];
        let status = |chain: &[Named], at: &str| material.path(chain, at.parse().unwrap()).unwrap().status();
        assert_eq!(status(&anka, "2026-06-01T00:00:00Z"), Status::Accepted);
        assert_eq!(status(&nordhafen, "2026-06-01T00:00:00Z"), Status::Rejected);
        assert_eq!(status(&nordhafen, "2025-06-01T00:00:00Z"), Status::Accepted);
    }

    #[test]
    fn what_is_no_certificate_is_a_finding() {
        let material = Material::load(&[], &[], Limits::default());
        let findings = material.path(&[file("note.txt", b"hello")], Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].code.layer(), 7);

        let anka = String::from_utf8(include_bytes!("../../../samples/pki/signers/anka.pem").to_vec()).unwrap();
        let broken = anka.replacen("MII", "MIJ", 1);
        let findings = material.path(&[file("anka.pem", broken.as_bytes())], Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(findings[0].code.number, 7901, "the authority's certificate behind it is not judged instead");
    }
}
