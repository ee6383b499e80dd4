//! Sets of certificates: what was found, and what is trusted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::name::quiet;
use crate::{AnchorConstraints, Certificate, Limit, Limits, LoadProblem, Name, Octets, anchor};

/// A certificate and where it was found.
#[derive(Clone, Debug)]
pub struct Sourced {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// The name of the file or the part of a document that held it.
    pub origin: Arc<str>,
}

impl Sourced {
    /// A short name of the subject for people (see [`Name::short`]); the serial number where it has none.
    #[must_use]
    pub fn label(&self) -> String {
        let name = self.certificate.subject().short();
        name.map_or_else(|| format!("#{}", self.certificate.serial()), quiet)
    }
}

/// Certificates, each once, in the order they came.
///
/// ```
/// use karvan_pki::{CertificateSet, Limits};
///
/// let files = [("anka.pem", include_bytes!("../../../samples/pki/signers/anka.pem"))];
/// let (set, problems) = CertificateSet::load(files, &Limits::default());
/// assert_eq!((set.len(), problems.len()), (2, 0), "the trader and its authority");
/// ```
#[derive(Clone, Debug, Default)]
pub struct CertificateSet {
    /// Certificates that come before those of its own.
    base: Option<Arc<Self>>,
    entries: Vec<Sourced>,
    /// What is in `entries`: the octets rather than their digest, which is never asked for of most certificates of a pool.
    seen: HashSet<Octets>,
    by_subject: HashMap<Name, Vec<usize>>,
    full: bool,
}

impl CertificateSet {
    /// Reads every certificate of `files`, given by name and octets (see [`certificates`](crate::certificates)).
    ///
    /// What cannot be read is a problem, not an end. What exceeds [`Limits::certificates`] is left out, see
    /// [`exceeded`](Self::exceeded).
    pub fn load<N: AsRef<str>, B: AsRef<[u8]>>(
        files: impl IntoIterator<Item = (N, B)>,
        limits: &Limits,
    ) -> (Self, Vec<LoadProblem>) {
        let mut set = Self::default();
        let mut problems = Vec::new();
        for (name, bytes) in files {
            let (certificates, found) = crate::certificates(name.as_ref(), bytes.as_ref(), limits);
            let origin: Arc<str> = name.as_ref().into();
            for certificate in certificates {
                set.insert(certificate, &origin, limits);
            }
            problems.extend(found);
        }
        (set, problems)
    }

    /// The certificates of `base`, to which others can be added without a copy of them all.
    #[must_use]
    pub fn over(base: Arc<Self>) -> Self {
        Self { full: base.full, base: Some(base), ..Self::default() }
    }

    /// Adds a certificate that was found in `origin`; one that is already there stays as it is.
    pub fn insert(&mut self, certificate: impl Into<Arc<Certificate>>, origin: &Arc<str>, limits: &Limits) {
        let certificate = certificate.into();
        if self.len() >= limits.certificates {
            self.full |= !self.contains(&certificate);
            return;
        }
        let below = self.base.as_ref().is_some_and(|base| base.contains(&certificate));
        if below || !self.seen.insert(certificate.octets().clone()) {
            return;
        }
        self.by_subject.entry(certificate.subject().clone()).or_default().push(self.entries.len());
        self.entries.push(Sourced { certificate, origin: Arc::clone(origin) });
    }

    /// Adds every certificate of `other`.
    pub fn extend(&mut self, other: &Self, limits: &Limits) {
        for Sourced { certificate, origin } in other.iter() {
            self.insert(Arc::clone(certificate), origin, limits);
        }
        self.full |= other.full;
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.base.as_ref().map_or(0, |base| base.len()) + self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Sourced> {
        self.layers().flat_map(|layer| &layer.entries)
    }

    /// Those whose subject is `name`.
    pub fn with_subject<'s>(&'s self, name: &Name) -> impl Iterator<Item = &'s Sourced> + use<'s> {
        let found = self.layers().filter_map(|layer| Some((layer, layer.by_subject.get(name)?)));
        let found: Vec<_> = found.collect();
        found.into_iter().flat_map(|(layer, indices)| indices.iter().map(|index| &layer.entries[*index]))
    }

    /// This very certificate, as it is in the set.
    #[must_use]
    pub fn find(&self, certificate: &Certificate) -> Option<&Sourced> {
        self.with_subject(certificate.subject()).find(|sourced| *sourced.certificate == *certificate)
    }

    /// Whether this very certificate is in the set.
    #[must_use]
    pub fn contains(&self, certificate: &Certificate) -> bool {
        self.layers().any(|layer| layer.seen.contains(certificate.der()))
    }

    /// The limit that kept certificates out of the set, if one did.
    #[must_use]
    pub const fn exceeded(&self) -> Option<Limit> {
        if self.full { Some(Limit::Certificates) } else { None }
    }

    /// The sets that it is made of, the lowest first.
    fn layers(&self) -> impl Iterator<Item = &Self> {
        let mut layers: Vec<_> = std::iter::successors(Some(self), |layer| layer.base.as_deref()).collect();
        layers.reverse();
        layers.into_iter()
    }
}

/// The trust anchors: certificates that are believed because the user said so.
///
/// An anchor need not be self-signed. Its own signature is not checked; its validity and what its extensions constrain are,
/// because who made the anchor set them (RFC 5937 §3.2). [`constrain`](Self::constrain) adds what the user sets.
#[derive(Clone, Debug, Default)]
pub struct TrustStore {
    set: CertificateSet,
    constraints: HashMap<[u8; 32], AnchorConstraints>,
}

impl TrustStore {
    /// Makes every certificate of `set` a trust anchor.
    #[must_use]
    pub fn new(set: CertificateSet) -> Self {
        Self { set, constraints: HashMap::new() }
    }

    /// Reads the anchors from `files`: certificates, see [`CertificateSet::load`], and DER files with a `TrustAnchorList`
    /// (RFC 5914).
    pub fn load<N: AsRef<str>, B: AsRef<[u8]>>(
        files: impl IntoIterator<Item = (N, B)>,
        limits: &Limits,
    ) -> (Self, Vec<LoadProblem>) {
        let mut store = Self::default();
        let mut problems = Vec::new();
        for (name, bytes) in files {
            let (name, bytes) = (name.as_ref(), bytes.as_ref());
            if !anchor::is_anchor_list(bytes) {
                let (set, found) = CertificateSet::load([(name, bytes)], limits);
                store.set.extend(&set, limits);
                problems.extend(found);
                continue;
            }
            match anchor::read_list(bytes, limits) {
                Ok(anchors) => {
                    let origin: Arc<str> = name.into();
                    for (certificate, constraints) in anchors {
                        store.constrain(&certificate, constraints);
                        store.set.insert(certificate, &origin, limits);
                    }
                }
                Err(error) => problems.push(LoadProblem::of_file(name, bytes, error)),
            }
        }
        (store, problems)
    }

    /// The anchors.
    #[must_use]
    pub const fn anchors(&self) -> &CertificateSet {
        &self.set
    }

    /// Adds an anchor that was found in `origin`.
    pub fn insert(&mut self, anchor: impl Into<Arc<Certificate>>, origin: &Arc<str>, limits: &Limits) {
        self.set.insert(anchor, origin, limits);
    }

    /// Trusts `anchor` for no more than `constraints`; those that it had before are replaced.
    pub fn constrain(&mut self, anchor: &Certificate, constraints: AnchorConstraints) {
        self.constraints.insert(*anchor.fingerprint(), constraints);
    }

    /// What `anchor` is trusted for; none where nobody limited it.
    #[must_use]
    pub fn constraints(&self, anchor: &Certificate) -> Option<&AnchorConstraints> {
        self.constraints.get(anchor.fingerprint())
    }
}
