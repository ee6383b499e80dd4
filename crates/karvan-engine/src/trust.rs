//! Whom to trust: the path from a certificate to a trust anchor.

use std::sync::Arc;

use jiff::Timestamp;
use karvan_pki::{
    Certificate, CertificateSet, Limits, LoadProblem, ObjectIdentifier, Options, Purpose, Sourced, TrustStore, Verdict,
    find_paths,
};
use karvan_text::Diagnostic;

/// `id-kp-timeStamping` (RFC 3161 §2.3).
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");

/// A file: its name and its octets.
pub type Named = (String, Vec<u8>);

/// What decides whom to trust, as it was read.
#[derive(Clone, Debug)]
pub struct Material {
    anchors: TrustStore,
    pool: CertificateSet,
    limits: Limits,
    problems: Vec<(String, Diagnostic)>,
}

impl Material {
    /// Reads trust anchors from the files of a store, and further certificates, cross-certificates among them; `limits`
    /// hold for that and for the search for paths.
    #[must_use]
    pub fn load(store: &[Named], certificates: &[Named], limits: Limits) -> Self {
        let (anchors, mut problems) = TrustStore::load(borrowed(store), &limits);
        let (pool, more) = CertificateSet::load(borrowed(certificates), &limits);
        problems.extend(more);
        let problems = problems.iter().map(|problem| (problem.file.clone(), problem.diagnostic())).collect();
        Self { anchors, pool, limits, problems }
    }

    /// What could not be read, each with the name of its file.
    #[must_use]
    pub fn problems(&self) -> &[(String, Diagnostic)] {
        &self.problems
    }

    /// Whether there is any trust anchor.
    #[must_use]
    pub fn has_anchors(&self) -> bool {
        !self.anchors.anchors().is_empty()
    }

    /// Finds the path to a trust anchor at the time `at` from the first certificate of `chain`, which others of it may
    /// lead on from.
    ///
    /// # Errors
    /// The findings that say why there is no certificate to begin with.
    pub fn path(&self, chain: &[Named], at: Timestamp) -> Result<Verdict, Vec<Diagnostic>> {
        let (offered, problems) = CertificateSet::load(borrowed(chain), &self.limits);
        // Where the first certificate cannot be read, the next one is not the leaf.
        let leaf = offered.iter().next().filter(|_| problems.iter().all(|problem| problem.index > 1));
        let Some(leaf) = leaf else {
            return Err(problems.iter().map(LoadProblem::diagnostic).collect());
        };
        Ok(self.find(leaf, &offered, Options::document_signature(at)))
    }

    /// Finds the path to a trust anchor at the time `at` from `signer`, which `offered` may lead on from.
    #[must_use]
    pub fn path_of<'c>(
        &self,
        signer: &'c Certificate,
        offered: impl Iterator<Item = &'c Certificate>,
        at: Timestamp,
    ) -> Verdict {
        self.search(signer, offered, Options::document_signature(at))
    }

    /// Finds the path to a trust anchor at the time `at` from an authority that stamps the time (RFC 3161 §2.3), which
    /// `offered` may lead on from.
    #[must_use]
    pub fn path_of_clock<'c>(
        &self,
        authority: &'c Certificate,
        offered: impl Iterator<Item = &'c Certificate>,
        at: Timestamp,
    ) -> Verdict {
        let purpose = Purpose { extended_key_usage: vec![TIME_STAMPING], ..Purpose::document_signature() };
        self.search(authority, offered, Options { purpose, ..Options::document_signature(at) })
    }

    /// The further certificates, for signatures that offer none.
    #[must_use]
    pub fn certificates(&self) -> Vec<Certificate> {
        self.pool.iter().map(|sourced| (*sourced.certificate).clone()).collect()
    }

    /// The limits on certificates and the search for paths.
    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    fn search<'c>(
        &self,
        signer: &Certificate,
        offered: impl Iterator<Item = &'c Certificate>,
        options: Options,
    ) -> Verdict {
        let origin: Arc<str> = "KeyInfo".into();
        let mut set = CertificateSet::default();
        for certificate in offered {
            set.insert(certificate.clone(), &origin, &self.limits);
        }
        let leaf = Sourced { certificate: Arc::new(signer.clone()), origin };
        self.find(&leaf, &set, options)
    }

    fn find(&self, leaf: &Sourced, offered: &CertificateSet, options: Options) -> Verdict {
        let mut pool = self.pool.clone();
        pool.extend(offered, &self.limits);
        find_paths(leaf, &pool, &self.anchors, &Options { limits: self.limits.clone(), ..options })
    }
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
