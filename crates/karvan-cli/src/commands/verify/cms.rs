//! `karvan verify` of CMS signatures, which stream, and of containers.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use karvan_engine::Timestamp;
use karvan_engine::text::Severity;
use karvan_engine::trust::Material;
use karvan_engine::verify::asic;
use karvan_engine::verify::cms::{Policy, Verification, verify};
use serde_json::{Value, json};

use super::Verify;
use super::told::{self, Conclusion, Told};
use crate::input::Input;
use crate::output::Output;
use crate::session::{Session, say_failed, say_unread};
use crate::status::Status;

/// Verifies the CMS signature in `input`, of which `source` gives all octets.
pub(super) fn run(
    asked: &Verify,
    input: &Input,
    source: Box<dyn Read>,
    material: &Material,
    at: Timestamp,
    mut session: Session,
) -> io::Result<Status> {
    let name = input.name();
    let mut content = match asked.content.as_deref().map(|path| open(path, &session)).transpose() {
        Ok(content) => content,
        Err(status) => return Ok(status),
    };
    let spool = match Spool::open(asked.out.as_deref()) {
        Ok(spool) => spool,
        Err(error) => return Ok(say_failed(&asked.out.clone().unwrap_or_default().display().to_string(), &error)),
    };
    let mut policy = Policy::default();
    policy.kept = asked.max_signature_size;
    policy.signers = asked.max_signers;
    policy.legacy = asked.trust.legacy();
    let detached = content.as_mut().map(|content| content as &mut dyn Read);
    let verification = match verify(source, detached, material, &policy, at, spool) {
        Ok(verification) => verification,
        Err(error) => return Ok(say_unread(&name, &error)),
    };
    let ended = tell(&name, &verification, &mut session)?;
    // Anything else is thrown away with the spool.
    if let Some(spool) = verification.into_content() {
        spool.finish()?;
    }
    session.output.finish()?;
    Ok(ended)
}

/// Verifies the container `file`, and puts the covered files into the folder that `--out` names.
pub(super) fn container(
    asked: &Verify,
    input: &Input,
    file: File,
    material: &Material,
    at: Timestamp,
    mut session: Session,
) -> io::Result<Status> {
    let name = input.name();
    let mut policy = asic::Policy::default();
    policy.cms.kept = asked.max_signature_size;
    policy.cms.signers = asked.max_signers;
    policy.cms.legacy = asked.trust.legacy();
    policy.xml = asked.policy(&session);
    let verification = match asic::verify(file, material, &policy, at) {
        Ok(verification) => verification,
        Err(error) => return Ok(say_unread(&name, &error)),
    };
    let ended = tell(&name, &verification, &mut session)?;
    if let (Some(mut container), Some(folder)) = (verification.into_content(), &asked.out) {
        let names: Vec<_> = container.covered().iter().map(|file| file.name.clone()).collect();
        for name in names {
            // The archive holds no name that leads out of the folder.
            let path = folder.join(&name);
            let written = container.read(&name).map_err(|error| error.to_string()).and_then(|octets| {
                let write = || {
                    path.parent().map_or(Ok(()), fs::create_dir_all)?;
                    let mut output = Output::open(Some(&path))?;
                    output.write_all(&octets.unwrap_or_default())?;
                    output.finish()
                };
                write().map_err(|error| error.to_string())
            });
            if let Err(error) = written {
                return Ok(say_failed(&path.display().to_string(), &error));
            }
        }
    }
    session.output.finish()?;
    Ok(ended)
}

fn open(path: &Path, session: &Session) -> Result<Box<dyn Read>, Status> {
    let input = Input::one(path);
    input.open(session.limits).map_err(|error| say_unread(&input.name(), &error))
}

/// Where content waits until it is known to be good.
enum Spool {
    /// Nobody asked for it.
    None,
    /// A file that gets its name when it is good.
    File(Output),
    /// A file without a name, to be copied to standard output when it is good.
    Hidden(File),
}

impl Spool {
    fn open(out: Option<&Path>) -> io::Result<Self> {
        match out {
            None => Ok(Self::None),
            Some(path) if path == Path::new("-") => tempfile::tempfile().map(Self::Hidden),
            Some(path) => Output::open(Some(path)).map(Self::File),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::None => Ok(()),
            Self::File(output) => output.finish(),
            Self::Hidden(mut file) => {
                file.seek(SeekFrom::Start(0))?;
                let mut output = Output::open(None)?;
                io::copy(&mut file, &mut output)?;
                output.finish()
            }
        }
    }
}

impl Write for Spool {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Self::None => Ok(octets.len()),
            Self::File(output) => output.write(octets),
            Self::Hidden(file) => file.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::None => Ok(()),
            Self::File(output) => output.flush(),
            Self::Hidden(file) => file.flush(),
        }
    }
}

fn tell<S>(name: &str, verification: &Verification<S>, session: &mut Session) -> io::Result<Status> {
    let wrong: Vec<_> =
        verification.findings.iter().filter(|finding| finding.code.severity == Severity::Error).collect();
    let verdicts = verification.signers.iter().filter_map(|signer| signer.verdict.as_ref());
    let conclusion = if !wrong.is_empty() {
        Conclusion::broken(wrong)
    } else if verification.is_trusted() {
        Conclusion::Trusted
    } else {
        Conclusion::of_signers(verdicts).unwrap_or(Conclusion::Indeterminate)
    };
    let language = session.style.language;
    let text = verification.signers.iter().flat_map(|signer| {
        let explanation = signer.verdict.as_ref().map(|verdict| verdict.explanation().text(language));
        [Some(signer.text(language)), explanation].into_iter().flatten()
    });
    let uncovered = verification.uncovered.iter().map(|part| part.text(language));
    let told = Told {
        conclusion,
        indication: verification.indication(),
        signatures: verification.signers.iter().map(|signer| (json!(signer), signer.verdict.as_ref())).collect(),
        uncovered: verification.uncovered.clone(),
        digests: Value::Null,
        given: None,
        findings: verification.findings.iter().collect(),
        text: text.chain(uncovered).collect(),
    };
    told::tell(name, told, session)
}
