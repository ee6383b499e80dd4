//! `karvan sign --form xades`, and `--extend`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use karvan_engine::sign::asic::sign_xades;
use karvan_engine::sign::cms::{Authority, Request, authority};
use karvan_engine::sign::{ExtendError, Extender, Had, Identity, Options, timestamp_request};
use karvan_engine::text::Message;
use karvan_engine::trust::{Material, Named};
use karvan_engine::verify::files_referred_to;
use karvan_engine::xades::{
    Commitment, Level, ObjectIdentifier, PolicyDigest, ProductionPlace, Properties, SignaturePolicy, SignerRole,
};
use karvan_engine::{Coverage, DigestAlgorithm, PathLimits, SignaturePolicy as Bounds, Timestamp};

use crate::commands::trust::files;
use crate::input::Input;
use crate::network::Network;
use crate::output::Output;
use crate::session::{Session, say_failed, say_problem, say_unread};
use crate::status::Status;

/// What a signature of XAdES says about itself, and how long it is to last.
#[derive(Args, Debug)]
pub(super) struct XadesOptions {
    /// The baseline level: b says when and by whom it was signed, t proves its age, lt carries what validates it, lta proves
    /// the age of all that.
    #[arg(long, value_enum, default_value_t)]
    pub(super) level: BaselineLevel,

    /// FILE is signed with XAdES already: add what the level asks for.
    #[arg(long)]
    pub(super) extend: bool,

    /// A timestamp that was had elsewhere: a token or a response (RFC 3161).
    #[arg(long, value_name = "FILE", conflicts_with = "timestamp")]
    stamped: Option<PathBuf>,

    /// Write what an authority is to be asked for the next timestamp to FILE, and nothing else.
    #[arg(long, value_name = "FILE", requires = "extend", conflicts_with = "stamped")]
    timestamp_request: Option<PathBuf>,

    /// Trust anchors, for what is added at the levels lt and lta.
    #[arg(long, value_name = "STORE")]
    trust: Vec<PathBuf>,

    /// Revocation lists to add.
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,

    /// OCSP responses to add.
    #[arg(long, value_name = "FILE")]
    ocsp: Vec<PathBuf>,

    /// What signing means: ProofOfOrigin, ProofOfReceipt, ProofOfDelivery, ProofOfSender, ProofOfApproval,
    /// ProofOfCreation, or any URI or OID.
    #[arg(long, value_name = "NAME")]
    commitment: Vec<String>,

    /// A role that the signer claims.
    #[arg(long, value_name = "TEXT")]
    role: Vec<String>,

    /// The city where it is signed.
    #[arg(long, value_name = "TEXT")]
    city: Option<String>,

    /// The country where it is signed.
    #[arg(long, value_name = "TEXT")]
    country: Option<String>,

    /// The rules under which it is signed: a URI or OID, or "implied".
    #[arg(long, value_name = "NAME")]
    signature_policy: Option<String>,

    /// The document that holds those rules.
    #[arg(long, value_name = "FILE", requires = "signature_policy")]
    signature_policy_document: Option<PathBuf>,

    /// Where that document can be had.
    #[arg(long, value_name = "URI", requires = "signature_policy_document")]
    signature_policy_location: Option<String>,
}

/// A baseline level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum BaselineLevel {
    /// B-B.
    #[default]
    B,
    /// B-T.
    T,
    /// B-LT.
    Lt,
    /// B-LTA.
    Lta,
}

impl From<BaselineLevel> for Level {
    fn from(level: BaselineLevel) -> Self {
        match level {
            BaselineLevel::B => Self::B,
            BaselineLevel::T => Self::T,
            BaselineLevel::Lt => Self::Lt,
            BaselineLevel::Lta => Self::Lta,
        }
    }
}

impl XadesOptions {
    /// What the signature says, made at the time `now`.
    pub(super) fn properties(&self, now: Timestamp, session: &Session) -> Result<Properties, Status> {
        let place = ProductionPlace { city: self.city.clone(), country: self.country.clone(), ..Default::default() };
        let policy = match self.signature_policy.as_deref() {
            None => None,
            Some("implied") => Some(SignaturePolicy::Implied),
            Some(name) => {
                let Some(document) = &self.signature_policy_document else {
                    return Err(session.usage(&Message::new("usage-policy-document")));
                };
                let octets = read(document, session)?;
                let algorithm = DigestAlgorithm::Sha256;
                let value = algorithm.digest(&octets).as_ref().to_vec();
                Some(SignaturePolicy::Explicit {
                    identifier: ObjectIdentifier::new(name),
                    digest: PolicyDigest { algorithm: Some(algorithm), value, transformed: false },
                    location: self.signature_policy_location.clone(),
                    notice: None,
                })
            }
        };
        Ok(Properties {
            signing_time: Some(now),
            policy,
            place: (place != ProductionPlace::default()).then_some(place),
            role: (!self.role.is_empty()).then(|| SignerRole { claimed: self.role.clone(), ..SignerRole::default() }),
            commitments: self.commitment.iter().map(|name| Commitment::new(name)).collect(),
            ..Properties::default()
        })
    }

    /// Writes the signed document `source` with what the level asks for, or what an authority is to be asked for it.
    /// `certificates` lead to trust anchors; the signed files lie beside `path`, and `url` is that of an authority.
    pub(super) fn extend(
        &self,
        source: Vec<u8>,
        path: Option<&Path>,
        certificates: &[Named],
        authority: (Network, Option<&str>),
        mut session: Session,
    ) -> io::Result<Status> {
        let name = path.map_or_else(|| "-".to_owned(), |path| path.display().to_string());
        let read = self
            .material(certificates, &session)
            .and_then(|material| Ok((material, signed_files(&source, path, &session)?, self.stamped(&session)?)));
        let (material, signed, stamped) = match read {
            Ok(read) => read,
            Err(status) => return Ok(status),
        };
        let bounds = Bounds { xml: session.limits.xml, ..Bounds::default() };
        let level = self.level.into();
        if let Some(request) = &self.timestamp_request {
            let octets = match timestamp_request(&source, &signed, &bounds, &material, level) {
                Ok(Some(octets)) => octets,
                Ok(None) => return Ok(session.usage(&Message::new("usage-no-timestamp"))),
                Err(error) => return Ok(refused(&name, &error)),
            };
            let written = Output::open(Some(request)).and_then(|mut output| {
                output.write_all(&octets)?;
                output.finish()
            });
            return Ok(match written {
                Ok(()) => Status::Good,
                Err(error) => say_failed(&request.display().to_string(), &error),
            });
        }
        match self.extended(source, &signed, &bounds, &material, (&authority, &stamped)) {
            Ok(extended) => {
                session.output.write_all(&extended)?;
                session.output.finish()?;
                Ok(Status::Good)
            }
            Err(error) => Ok(refused(&name, &error)),
        }
    }

    /// Signs `files` as `identity`, for a container, with what the level asks for.
    pub(super) fn sign_container(
        &self,
        files: &[Named],
        identity: &Identity,
        options: &Options,
        certificates: &[Named],
        (authority, session): ((Network, Option<&str>), &Session),
    ) -> Result<Vec<u8>, Status> {
        let signatures = sign_xades(files, identity, options).map_err(|error| {
            say_problem("container", &error);
            Status::Usage
        })?;
        if self.level == BaselineLevel::B {
            return Ok(signatures);
        }
        let (material, stamped) = (self.material(certificates, session)?, self.stamped(session)?);
        // The files are signed, not the document around the signature.
        let bounds = Bounds { xml: session.limits.xml, coverage: Coverage::Anything, ..Bounds::default() };
        let extended = self.extended(signatures, files, &bounds, &material, (&authority, &stamped));
        extended.map_err(|error| refused("container", &error))
    }

    /// The signed document `source` with what the level asks for; timestamps come from the authority, or were had.
    fn extended(
        &self,
        source: Vec<u8>,
        signed: &[Named],
        bounds: &Bounds,
        material: &Material,
        ((network, url), stamped): (&(Network, Option<&str>), &Had),
    ) -> Result<Vec<u8>, ExtendError> {
        let named = url.unwrap_or_default();
        let transport = |request: &[u8]| Ok(network.fetch(named, Some((Request::MEDIA_TYPE, request)))?.octets);
        let asked = authority(&transport);
        let authority: &dyn Authority = if url.is_some() { &asked } else { stamped };
        let extender = Extender { files: signed, policy: bounds, material, authority, now: Timestamp::now() };
        extender.extend(source, self.level.into())
    }

    /// What proves certificates.
    fn material(&self, certificates: &[Named], session: &Session) -> Result<Material, Status> {
        let evidence = [files(&self.crl, session)?, files(&self.ocsp, session)?].concat();
        let material = Material::load(&files(&self.trust, session)?, certificates, PathLimits::default());
        Ok(material.with_evidence(&evidence))
    }

    /// The timestamp that was had elsewhere.
    fn stamped(&self, session: &Session) -> Result<Had, Status> {
        let stamped = self.stamped.as_ref().map(|path| read(path, session)).transpose()?;
        Ok(Had(stamped.unwrap_or_default()))
    }
}

/// The files beside `path` that the signature in `source` refers to.
fn signed_files(source: &[u8], path: Option<&Path>, session: &Session) -> Result<Vec<Named>, Status> {
    let beside = path.and_then(Path::parent).unwrap_or(Path::new(""));
    let names = files_referred_to(source, &session.limits.xml);
    let plain = names.into_iter().filter(|name| is_plain(name));
    plain.map(|name| Ok((name.clone(), read(&beside.join(&name), session)?))).collect()
}

/// Whether the name is that of a file in the same folder.
fn is_plain(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|file| file == name) && !name.contains(':')
}

fn refused(name: &str, error: &dyn std::error::Error) -> Status {
    say_problem(name, &error);
    Status::Findings
}

fn read(path: &Path, session: &Session) -> Result<Vec<u8>, Status> {
    let input = Input::one(path);
    input.read(session.limits).map_err(|error| say_unread(&input.name(), &error))
}
