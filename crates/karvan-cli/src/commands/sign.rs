//! `karvan sign`.

mod cms;
mod edifact;
mod xades;

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use karvan_engine::detect::{self, Kind};
use karvan_engine::sign::asic::enclose;
use karvan_engine::sign::{Error, Options, Placement, sign, sign_stream};
use karvan_engine::text::Message;
use karvan_engine::trust::Named;

use crate::input::{Input, Limits, too_large};
use crate::network::{Network, NetworkOptions};
use crate::session::{Aside, Session, say_problem, say_unread};
use crate::signing::SignerOptions;
use crate::status::Status;

pub(super) use self::edifact::levels;
use self::xades::{BaselineLevel, XadesOptions};

/// `karvan sign`.
#[derive(Args, Debug)]
pub(crate) struct Sign {
    /// The document, or the files of a container; standard input where there is none or `-` is named.
    #[arg(value_name = "FILE")]
    paths: Vec<PathBuf>,

    /// Who signs.
    #[command(flatten)]
    signer: SignerOptions,

    /// The form of the signature.
    #[arg(long, value_enum, default_value_t)]
    form: Form,

    /// Write the signature alone; it then refers to the document by its file name.
    #[arg(long)]
    detached: bool,

    /// Write a signature of XML around the document, of any kind, which it carries in Base64.
    #[arg(long, conflicts_with = "detached")]
    enveloping: bool,

    /// The canonical form that is digested.
    #[arg(long, value_enum, default_value_t)]
    c14n: Canonical,

    /// What a signature of XAdES says about itself, and how long it is to last.
    #[command(flatten)]
    xades: XadesOptions,
    #[command(flatten)]
    edifact: edifact::EdifactOptions,
    /// What the content is, in words, for a CMS signature to say.
    #[arg(long, value_name = "TEXT")]
    content_hint: Option<String>,

    /// Have a signature of CMS or XAdES (from level t on) stamped with the time by the authority at URL.
    #[arg(long, value_name = "URL")]
    timestamp: Option<String>,

    #[command(flatten)]
    network: NetworkOptions,
}

/// The form of a signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// XML-Signature.
    #[default]
    Xmldsig,
    /// XAdES: an XML signature that says when, by whom and for what it was made, and can be made to last.
    Xades,
    /// Security groups within an interchange (ISO 9735-5).
    Edifact,
    /// A message AUTACK for an interchange (ISO 9735-6), at its end or, detached, in an interchange of its own.
    Autack,
    /// CMS with the attributes of CAdES-BES, around content of any kind or detached from it.
    Cms,
    /// An ASiC-E container of several files, signed with CAdES.
    Asic,
    /// An ASiC-E container of several files, signed with XAdES.
    AsicXades,
}

/// A canonical form of XML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Canonical {
    /// Exclusive XML Canonicalization 1.0.
    #[default]
    Exclusive,
    /// Canonical XML 1.0.
    Inclusive,
}

pub(crate) fn run(asked: &Sign, mut session: Session) -> io::Result<Status> {
    let is_xml = matches!(asked.form, Form::Xmldsig | Form::Xades);
    let is_cms = matches!(asked.form, Form::Cms | Form::Asic);
    let is_container = matches!(asked.form, Form::Asic | Form::AsicXades);
    let is_xades = matches!(asked.form, Form::Xades | Form::AsicXades);
    let given = [
        ("--detached", asked.detached, !is_container),
        ("--enveloping", asked.enveloping, is_xml),
        ("--timestamp", asked.timestamp.is_some(), is_cms || is_xades || asked.xades.extend),
        ("--content-hint", asked.content_hint.is_some(), is_cms),
    ];
    let foreign = given.into_iter().find(|&(_, is_given, is_allowed)| is_given && !is_allowed);
    if let Some((option, ..)) = foreign {
        return Ok(session.usage(&Message::new("usage-not-of-form").with("option", option)));
    }
    if is_container {
        let files: Result<Vec<_>, Status> =
            asked.paths.iter().map(|path| named(Some(path), &Input::one(path), &session)).collect();
        return match files {
            Ok(files) if asked.form == Form::Asic => cms::container(asked, &files, session),
            Ok(files) => xades_container(asked, &files, session),
            Err(status) => Ok(status),
        };
    }
    let input = match asked.paths.as_slice() {
        [] | [_] => session.one_input(asked.paths.first(), "sign"),
        _ => Err(session.usage(&Message::new("usage-one-file").with("verb", "sign"))),
    };
    let input = match input {
        Ok(input) => input,
        Err(status) => return Ok(status),
    };
    if asked.form == Form::Cms {
        return cms::run(asked, &input, session);
    }
    if matches!(asked.form, Form::Edifact | Form::Autack) {
        return edifact::run(asked, asked.form == Form::Autack, &input, session);
    }
    if asked.xades.extend {
        let read = input.read(session.limits).map_err(|error| say_unread(&input.name(), &error));
        let read = read.and_then(|source| Ok((source, asked.signer.certificates(&session)?)));
        return match read {
            Ok((source, certificates)) => extend(asked, source, &certificates, session),
            Err(status) => Ok(status),
        };
    }
    if asked.detached && input == Input::Stdin {
        return Ok(session.usage(&Message::new("usage-detached-name")));
    }
    let mut options = Options::default();
    options.placement = match (asked.detached, asked.enveloping) {
        (true, _) => Placement::Detached,
        (_, true) => Placement::Enveloping,
        _ => Placement::Enveloped,
    };
    options.inclusive = asked.c14n == Canonical::Inclusive;
    options.xml = session.limits.xml;
    options.digest = asked.signer.digest();
    if asked.form == Form::Xmldsig && options.placement == Placement::Enveloped {
        match read_twice(&input, session.limits) {
            Ok(Some(file)) => return in_a_stream(asked, &input, &file, &options, session),
            Ok(None) => {}
            Err(error) => return Ok(say_unread(&input.name(), &error)),
        }
    }
    let (signing, document) = match asked
        .signer
        .open(&session)
        .and_then(|signing| Ok((signing, named(asked.paths.first(), &input, &session)?)))
    {
        Ok(read) => read,
        Err(status) => return Ok(status),
    };
    if asked.form == Form::Xades {
        options.properties = match asked.xades.properties(signing.now, &session) {
            Ok(properties) => Some(properties),
            Err(status) => return Ok(status),
        };
    }
    let signed = sign(&document, &signing.identity, &options);
    if let Some(ended) = signing.prepared() {
        return Ok(ended.unwrap_or_else(|status| status));
    }
    match signed {
        Ok(signed) if asked.form == Form::Xades && asked.xades.level != BaselineLevel::B => {
            match asked.signer.certificates(&session) {
                Ok(certificates) => extend(asked, signed, &certificates, session),
                Err(status) => Ok(status),
            }
        }
        Ok(signed) => {
            session.output.write_all(&signed)?;
            session.output.finish()?;
            Ok(Status::Good)
        }
        Err(Error::Document(error)) => {
            let mut finding = error.into_diagnostic();
            if detect::kind(&document.1) != Some(Kind::Xml) {
                finding = finding.help(Message::new("help-sign-detached"));
            }
            Aside::new(&session).finding(&input.name(), &finding);
            Ok(Status::from(&finding))
        }
        Err(error) => Ok(told(asked, &input, error)),
    }
}

/// Puts the files into one container and signs them with XAdES.
fn xades_container(asked: &Sign, files: &[Named], mut session: Session) -> io::Result<Status> {
    let signing = match asked.signer.open(&session) {
        Ok(signing) => signing,
        Err(status) => return Ok(status),
    };
    let mut options = Options::default();
    options.inclusive = asked.c14n == Canonical::Inclusive;
    options.digest = asked.signer.digest();
    let authority = (Network::new(asked.network), asked.timestamp.as_deref());
    let signed = asked.xades.properties(signing.now, &session).and_then(|properties| {
        options.properties = Some(properties);
        let certificates = asked.signer.certificates(&session)?;
        asked.xades.sign_container(files, &signing.identity, &options, &certificates, (authority, &session))
    });
    if let Some(ended) = signing.prepared() {
        return Ok(ended.unwrap_or_else(|status| status));
    }
    match signed {
        Ok(signatures) => match enclose(files, &signatures, &mut session.output) {
            Ok(()) => {
                session.output.finish()?;
                Ok(Status::Good)
            }
            Err(error) => {
                say_problem("container", &error);
                Ok(Status::Usage)
            }
        },
        Err(status) => Ok(status),
    }
}

/// Adds to the signature of XAdES in `source` what its level asks for.
fn extend(asked: &Sign, source: Vec<u8>, certificates: &[Named], session: Session) -> io::Result<Status> {
    let path = asked.paths.first().map(PathBuf::as_path);
    let authority = (Network::new(asked.network), asked.timestamp.as_deref());
    asked.xades.extend(source, path, certificates, authority, session)
}

/// Says what is no finding about the document.
fn told(asked: &Sign, input: &Input, error: Error) -> Status {
    match error {
        Error::Key(_) | Error::Certificate(_) => asked.signer.say(&error),
        error => {
            say_problem(&input.name(), &error);
            Status::Usage
        }
    }
}

/// The document in a file that can be read twice, where it is not packed: what comes through a pipe is put into one that
/// vanishes with the program.
fn read_twice(input: &Input, limits: Limits) -> io::Result<Option<File>> {
    match input {
        Input::Stdin => {
            let mut file = tempfile::tempfile()?;
            io::copy(&mut input.open(limits)?.take(limits.size.saturating_add(1)), &mut file)?;
            Ok(Some(file))
        }
        Input::File(path) => {
            let file = File::open(path)?;
            Ok(if file.metadata()?.is_file() && is_xml(&file)? { Some(file) } else { None })
        }
        Input::Member(..) => Ok(None),
    }
}

/// Whether it begins as XML does.
fn is_xml(mut file: &File) -> io::Result<bool> {
    let mut head = Vec::new();
    file.rewind()?;
    file.take(detect::HEAD as u64).read_to_end(&mut head)?;
    Ok(detect::kind(&head) == Some(Kind::Xml))
}

/// Signs an XML file in place while it is read, and once more while it is written.
fn in_a_stream(
    asked: &Sign,
    input: &Input,
    mut file: &File,
    options: &Options,
    mut session: Session,
) -> io::Result<Status> {
    let signing = match asked.signer.open(&session) {
        Ok(signing) => signing,
        Err(status) => return Ok(status),
    };
    if file.metadata()?.len() > session.limits.size {
        return Ok(say_unread(&input.name(), &too_large(session.limits.size)));
    }
    file.rewind()?;
    let signed = sign_stream(file, &signing.identity, options);
    if let Some(ended) = signing.prepared() {
        return Ok(ended.unwrap_or_else(|status| status));
    }
    match signed {
        Ok(insertion) => {
            file.rewind()?;
            insertion.write(file, &mut session.output)?;
            session.output.finish()?;
            Ok(Status::Good)
        }
        Err(Error::Document(error)) => {
            let mut finding = error.into_diagnostic();
            if !is_xml(file)? {
                finding = finding.help(Message::new("help-sign-detached"));
            }
            Aside::new(&session).finding(&input.name(), &finding);
            Ok(Status::from(&finding))
        }
        Err(Error::Source(error)) => Ok(say_unread(&input.name(), &error)),
        Err(error) => Ok(told(asked, input, error)),
    }
}

/// The document, under its file name: a detached signature refers to it by the name that it has beside the signature, not
/// by the way there.
fn named(path: Option<&PathBuf>, input: &Input, session: &Session) -> Result<Named, Status> {
    let octets = input.read(session.limits).map_err(|error| say_unread(&input.name(), &error))?;
    let name = path.and_then(|path| path.file_name());
    Ok((name.map_or_else(String::new, |name| name.to_string_lossy().into_owned()), octets))
}
