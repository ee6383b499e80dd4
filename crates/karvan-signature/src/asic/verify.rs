//! Verifying containers, and handing out the files that are covered and no others.

use std::io::{self, Read, Seek};

use karvan_pki::{Certificate, PublicKey, SignatureAlgorithm};
use karvan_text::{Code, Diagnostic, Message, Place};
use karvan_xml::Document;

use super::manifest::{ASIC, Listed, Manifest};
use super::zip::{Archive, Limits, ZipError};
use super::{EXTENDED, META, MIMETYPE, SIMPLE};
use crate::DigestAlgorithm;
use crate::cms::{self, VerifyError};
use crate::xml::{self, Coverage, ExternalFile, Position, Selection, Target};

/// What is asked of a container.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Policy {
    /// Of its CMS signatures.
    pub cms: cms::Policy,
    /// Of its XML signatures, as far as it is not the container that says what they cover and where they stand.
    pub xml: xml::Policy,
    /// Of the archive.
    pub archive: Limits,
}

/// Why nothing is handed out.
pub type ContainerError = VerifyError;

/// Which kind of container it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// ASiC-E: files, and signatures over any of them.
    Extended,
    /// ASiC-S: one file.
    Simple,
}

/// A file that is covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredFile {
    /// Its name.
    pub name: String,
    /// The digest that was found right.
    pub digest: DigestAlgorithm,
    value: Vec<u8>,
}

/// A signature of a container that verifies, by a key that nobody has looked at yet.
#[derive(Clone, Debug)]
pub struct ContainerSignature {
    path: String,
    key: PublicKey,
    algorithm: SignatureAlgorithm,
    certificate: Option<Certificate>,
    offered: Vec<Certificate>,
    covered: Vec<CoveredFile>,
    cms: Option<cms::Signature>,
}

impl ContainerSignature {
    /// The name of the file that holds it, and its place there.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The public key that it verifies with.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The signature algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The certificate of that key; none where an XML signature offers a bare key.
    #[must_use]
    pub const fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// The certificates that it offers for building a path.
    #[must_use]
    pub fn offered(&self) -> &[Certificate] {
        &self.offered
    }

    /// The files that it covers.
    #[must_use]
    pub fn covered(&self) -> &[CoveredFile] {
        &self.covered
    }

    /// What a CMS signature says about itself.
    #[must_use]
    pub const fn cms(&self) -> Option<&cms::Signature> {
        self.cms.as_ref()
    }
}

/// A container whose signatures verify, by keys that nobody has looked at yet.
#[must_use = "nothing is trusted yet"]
pub struct IntactContainer<R> {
    kind: Kind,
    signatures: Vec<ContainerSignature>,
    uncovered: Vec<String>,
    archive: Archive<R>,
}

impl<R> IntactContainer<R> {
    /// Which kind of container it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The signatures, one at least.
    #[must_use]
    pub fn signatures(&self) -> &[ContainerSignature] {
        &self.signatures
    }

    /// The names of the files that no signature covers.
    #[must_use]
    pub fn uncovered(&self) -> &[String] {
        &self.uncovered
    }

    /// Hands the covered files out if `judge` believes every signer, together with what made it believe.
    ///
    /// # Errors
    /// The first reason of `judge` not to believe.
    pub fn trust<T, E>(
        self,
        judge: impl FnMut(&ContainerSignature) -> Result<T, E>,
    ) -> Result<VerifiedContainer<T, R>, E> {
        let trust = self.signatures.iter().map(judge).collect::<Result<_, _>>()?;
        let mut covered: Vec<CoveredFile> = Vec::new();
        for file in self.signatures.into_iter().flat_map(|signature| signature.covered) {
            if covered.iter().all(|other| other.name != file.name) {
                covered.push(file);
            }
        }
        Ok(VerifiedContainer { trust, covered, archive: self.archive })
    }
}

/// Files of which it is proven who signed them.
pub struct VerifiedContainer<T, R> {
    trust: Vec<T>,
    covered: Vec<CoveredFile>,
    archive: Archive<R>,
}

impl<T, R: Read + Seek> VerifiedContainer<T, R> {
    /// What made the caller believe each signer, in the order of the signatures.
    #[must_use]
    pub fn trust(&self) -> &[T] {
        &self.trust
    }

    /// The files that are covered.
    #[must_use]
    pub fn covered(&self) -> &[CoveredFile] {
        &self.covered
    }

    /// The octets of a covered file, once more held against the digest that was signed; none of any other file.
    ///
    /// # Errors
    /// The archive cannot be read, or was changed since.
    pub fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, ZipError> {
        let Some(covered) = self.covered.iter().find(|covered| covered.name == name) else { return Ok(None) };
        let octets = self.archive.read(name)?;
        let unchanged = |octets: &Vec<u8>| covered.digest.digest(octets).as_ref() == covered.value;
        match octets.filter(unchanged) {
            Some(octets) => Ok(Some(octets)),
            None => Err(io::Error::other("the container was changed while it was read").into()),
        }
    }
}

/// Verifies all signatures of the container that `source` is, with keys that they offer or those of `known` certificates.
///
/// # Errors
/// What failed, or the findings; never empty.
pub fn verify<R: Read + Seek>(
    source: R,
    known: &[Certificate],
    policy: &Policy,
) -> Result<IntactContainer<R>, ContainerError> {
    let archive = Archive::open(source, policy.archive).map_err(unreadable)?;
    let mut reader = Reader { archive, known, policy, findings: Vec::new(), signatures: Vec::new(), about: Vec::new() };
    let kind = reader.kind()?;
    reader.check(kind)?;
    let Reader { archive, findings, signatures, about, .. } = reader;
    if !findings.is_empty() {
        return Err(VerifyError::Rejected(findings));
    }
    if signatures.is_empty() {
        return Err(finding(6323, Message::new("asic-no-signature"), META).into());
    }
    let covered =
        |name: &str| signatures.iter().any(|signature| signature.covered.iter().any(|file| file.name == name));
    let names = archive.entries().iter().map(|entry| entry.name.as_str());
    let names = names.filter(|name| !name.ends_with('/') && *name != MIMETYPE);
    let uncovered = names.filter(|name| !covered(name) && !about.iter().any(|other| other == name));
    let uncovered = uncovered.map(str::to_owned).collect();
    Ok(IntactContainer { kind, signatures, uncovered, archive })
}

struct Reader<'r, R> {
    archive: Archive<R>,
    known: &'r [Certificate],
    policy: &'r Policy,
    findings: Vec<Diagnostic>,
    signatures: Vec<ContainerSignature>,
    /// The files that are signatures, or what they are over.
    about: Vec<String>,
}

impl<R: Read + Seek> Reader<'_, R> {
    /// EN 319 162-1 annex A.1: what the first file says.
    fn kind(&mut self) -> Result<Kind, VerifyError> {
        let wrong = |detail: &str| finding(6320, Message::new("asic-mimetype").with("detail", detail), MIMETYPE);
        let first = self.archive.entries().first().is_some_and(|entry| entry.name == MIMETYPE);
        let plain = self.archive.entry(MIMETYPE).is_some_and(|entry| entry.stored && !entry.has_extra);
        let content = self.read(MIMETYPE)?.ok_or_else(|| wrong("it is missing"))?;
        if !first || !plain {
            return Err(wrong("it is not the first file, as it is").into());
        }
        match std::str::from_utf8(&content) {
            Ok(EXTENDED) => Ok(Kind::Extended),
            Ok(SIMPLE) => Ok(Kind::Simple),
            other => Err(wrong(other.unwrap_or("no text")).into()),
        }
    }

    fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, VerifyError> {
        self.archive.read(name).map_err(unreadable)
    }

    fn tell(&mut self, code: u16, message: Message, name: &str) {
        self.findings.push(finding(code, message, name));
    }

    fn check(&mut self, kind: Kind) -> Result<(), VerifyError> {
        let names: Vec<String> = self.archive.entries().iter().map(|entry| entry.name.clone()).collect();
        let about = |name: &&String| name.strip_prefix(META).is_some_and(|name| !name.contains('/'));
        for name in names.iter().filter(about) {
            let plain = name[META.len()..].to_lowercase();
            match kind {
                Kind::Extended if plain.contains("asicmanifest") && plain.ends_with(".xml") => self.manifest(name)?,
                Kind::Simple if plain == "signature.p7s" => self.simple(name, &names)?,
                _ if plain.contains("signatures") && plain.ends_with(".xml") => self.xml(name, &names)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// ASiC-E with CAdES (§5.3.3): a manifest, and a signature over it.
    fn manifest(&mut self, name: &str) -> Result<(), VerifyError> {
        let octets = self.read(name)?.unwrap_or_default();
        let manifest = match Manifest::read(&octets, &self.policy.xml.xml) {
            Ok(manifest) => manifest,
            Err(detail) => {
                self.tell(6321, Message::new("asic-manifest").with("detail", detail), name);
                return Ok(());
            }
        };
        let Some(signature) = self.read(&manifest.signature)? else {
            self.tell(6321, Message::new("asic-missing").with("file", &manifest.signature), name);
            return Ok(());
        };
        let mut covered = Vec::new();
        for listed in manifest.files {
            covered.extend(self.listed(listed, name)?);
        }
        self.about.extend([name.to_owned(), manifest.signature.clone()]);
        self.cms(&manifest.signature, &signature, &octets, &covered)
    }

    /// Compares a file with what a manifest says of it.
    fn listed(&mut self, listed: Listed, manifest: &str) -> Result<Option<CoveredFile>, VerifyError> {
        let Listed { name, digest, value } = listed;
        let Some(octets) = self.read(&name)? else {
            self.tell(6321, Message::new("asic-missing").with("file", &name), manifest);
            return Ok(None);
        };
        if digest.digest(&octets).as_ref() != value {
            self.tell(6322, Message::new("asic-changed").with("file", &name).with("digest", digest), &name);
            return Ok(None);
        }
        Ok(Some(CoveredFile { name, digest, value }))
    }

    /// ASiC-S with CAdES (§4.3.3): a signature over the one file.
    fn simple(&mut self, name: &str, names: &[String]) -> Result<(), VerifyError> {
        let mut files =
            names.iter().filter(|name| *name != MIMETYPE && !name.starts_with(META) && !name.ends_with('/'));
        let (Some(file), None) = (files.next(), files.next()) else {
            self.tell(6321, Message::new("asic-one-file"), name);
            return Ok(());
        };
        let (content, signature) = (self.read(file)?.unwrap_or_default(), self.read(name)?.unwrap_or_default());
        let digest = DigestAlgorithm::Sha256;
        let value = digest.digest(&content).as_ref().to_vec();
        self.about.push(name.to_owned());
        self.cms(name, &signature, &content, &[CoveredFile { name: file.clone(), digest, value }])
    }

    fn cms(
        &mut self,
        name: &str,
        signature: &[u8],
        content: &[u8],
        covered: &[CoveredFile],
    ) -> Result<(), VerifyError> {
        let mut content = content;
        match cms::verify(signature, Some(&mut content), self.known, &self.policy.cms, io::sink()) {
            Ok(intact) => {
                let offered = intact.offered();
                self.signatures.extend(intact.signatures().iter().map(|signature| ContainerSignature {
                    path: format!("{name}/{}", signature.place().path),
                    key: signature.key().clone(),
                    algorithm: signature.algorithm(),
                    certificate: Some(signature.certificate().clone()),
                    offered: offered.to_vec(),
                    covered: covered.to_vec(),
                    cms: Some(signature.clone()),
                }));
                Ok(())
            }
            Err(VerifyError::Rejected(findings)) => {
                self.reject(findings, name);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Signatures of XML over files (§5.3.2): the children of one element.
    fn xml(&mut self, name: &str, names: &[String]) -> Result<(), VerifyError> {
        let octets = self.read(name)?.unwrap_or_default();
        let document = match Document::parse(octets.as_slice(), &self.policy.xml.xml) {
            Ok(document) => document,
            Err(error) => {
                self.reject(vec![error.into_diagnostic()], name);
                return Ok(());
            }
        };
        let paths: Vec<String> = document.root().elements().map(|element| element.path()).collect();
        if !document.root().is(ASIC, "XAdESSignatures") && !document.root().is(ODF, "document-signatures") {
            let message = Message::new("asic-manifest").with("detail", "no XAdESSignatures");
            self.tell(6321, message, name);
            return Ok(());
        }
        let mut files = Vec::new();
        for name in names.iter().filter(|name| !name.ends_with('/')) {
            files.push((name.as_str(), self.read(name)?.unwrap_or_default()));
        }
        let external: Vec<_> = files.iter().map(|(name, octets)| ExternalFile { name, octets }).collect();
        self.about.push(name.to_owned());
        for path in paths {
            let policy = xml::Policy {
                coverage: Coverage::Anything,
                selection: Selection::Path(path),
                positions: vec![Position::Child],
                ..self.policy.xml.clone()
            };
            match xml::verify(octets.clone(), &external, self.known, &policy) {
                Ok(intact) => {
                    let covered = intact.covered().iter().filter_map(|part| match &part.target {
                        Target::File { name } => {
                            let octets = files.iter().find(|(other, _)| other == name).map(|(_, octets)| octets)?;
                            // A canonical form is not the file: what it leaves out could be anything.
                            if !part.is_whole || part.octets() != octets.as_slice() {
                                return None;
                            }
                            let value = part.digest.digest(octets).as_ref().to_vec();
                            Some(CoveredFile { name: name.clone(), digest: part.digest, value })
                        }
                        _ => None,
                    });
                    let signed_by = intact.signed_by();
                    // A secret that several share says of none of them that it was they who signed.
                    let (Some(key), Some(algorithm)) = (signed_by.key(), signed_by.algorithm()) else { continue };
                    self.signatures.push(ContainerSignature {
                        path: format!("{name}{}", intact.path()),
                        key: key.clone(),
                        algorithm,
                        certificate: signed_by.certificate().cloned(),
                        offered: signed_by.offered().to_vec(),
                        covered: covered.collect(),
                        cms: None,
                    });
                }
                Err(rejected) => self.reject(rejected.into_findings(), name),
            }
        }
        Ok(())
    }

    /// Keeps findings about a file of the container.
    fn reject(&mut self, findings: Vec<Diagnostic>, name: &str) {
        self.findings.extend(findings.into_iter().map(|mut finding| {
            finding.place.path = match finding.place.path.as_str() {
                "" => name.to_owned(),
                path => format!("{name}/{}", path.trim_start_matches('/')),
            };
            finding
        }));
    }
}

/// The namespace of signatures in OpenDocument, which EN 319 162-1 §5.3.2 allows in place of its own.
const ODF: &str = "urn:oasis:names:tc:opendocument:xmlns:digitalsignature:1.0";

fn finding(code: u16, message: Message, path: &str) -> Diagnostic {
    Diagnostic::new(Code::error(code), message, Place { path: path.to_owned(), ..Place::default() })
}

fn unreadable(error: ZipError) -> VerifyError {
    match error {
        ZipError::Io(error) => VerifyError::Io(error),
        ZipError::Malformed { at, detail } => {
            let place = cms::place(at, at, "");
            let message = Message::new("asic-archive").with("detail", detail);
            Diagnostic::new(Code::error(6320), message, place).into()
        }
        ZipError::Limit(code, limit) => {
            let id = match code {
                9221 => "asic-limit-files",
                9222 => "asic-limit-expanded",
                _ => "asic-limit-ratio",
            };
            finding(code, Message::new(id).with("limit", limit), "").into()
        }
    }
}
