//! AUTACK (ISO 9735-6): a message that secures structures which are sent apart, or acknowledges what was received.
//!
//! It is the only way to secure an interchange of syntax version 1 to 3, which has no security segments of its own: the
//! AUTACK then stands in an interchange of version 4.

use karvan_edifact::{InterchangeHeader, ServiceCharacters};
use karvan_text::Span;

use super::answer::{Answer, Answered};
use super::code::{Scope, Service};
use super::group::{Particulars, SecurityHeader};
use super::record::Record;
use super::references::Referenced;
use super::scope;
use super::sign::{Options as SignOptions, Recipe, SignError, Signer, encoding_code, with_value};
use super::structure::{Level, Structures};

/// What an AUTACK says, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How it is signed. Its level says which structures are referred to; its service is that of the AUTACK itself, 1 or
    /// 2, and of an acknowledgement 5 or 6; its layout is kept, for what is referred to is digested as it stands.
    pub signing: SignOptions,
    /// What the references hold.
    pub values: Values,
    /// How much of a structure is covered: scope 3, or 6 for messages.
    pub scope: Scope,
    /// Where the AUTACK stands.
    pub place: Position,
    /// 0020 of an interchange of its own, and 0062 of the message.
    pub reference: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            signing: SignOptions { scope: Scope::HeaderToTrailer, ..SignOptions::default() },
            values: Values::Digests,
            scope: Scope::Whole,
            place: Position::Apart,
            reference: "1".to_owned(),
        }
    }
}

/// What the references of an AUTACK hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Values {
    /// A digest for each structure (service 9), and a signature over the AUTACK. One signature proves all, and the
    /// references themselves.
    #[default]
    Digests,
    /// A signature for each structure (service 7), and none over the AUTACK: as EANCOM profiles have it.
    Signatures,
}

/// Where an AUTACK stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Position {
    /// In an interchange of its own.
    #[default]
    Apart,
    /// Behind the last message of the interchange that it secures parts of.
    Inside,
}

/// Makes an AUTACK for the structures of `source`, or the interchange with it inside.
///
/// # Errors
/// Why there is none.
pub fn write(source: &[u8], signer: Signer<'_>, options: &Options) -> Result<Vec<u8>, SignError> {
    made(source, signer, options, None)
}

/// Makes an AUTACK that acknowledges what was received, in an interchange of its own that goes back: it confirms or refuses
/// each structure of the `answer`, and says nothing of others. Place and level of the options do not matter.
///
/// # Errors
/// Why there is none.
pub fn acknowledge(answer: &Answer, signer: Signer<'_>, options: &Options) -> Result<Vec<u8>, SignError> {
    let signing = SignOptions { level: answer.level(), ..options.signing.clone() };
    let options = Options { place: Position::Apart, signing, ..options.clone() };
    made(answer.octets(), signer, &options, Some(answer.structures()))
}

fn made(
    source: &[u8],
    signer: Signer<'_>,
    options: &Options,
    answered: Option<&[Answered]>,
) -> Result<Vec<u8>, SignError> {
    let structures = Structures::read(source, options.signing.read);
    for problem in structures.problems() {
        let finding = problem.diagnostic(karvan_text::Locator::default().position(source, problem.span.start as usize));
        if finding.code.severity == karvan_text::Severity::Error {
            return Err(SignError::Problem(Box::new(finding)));
        }
    }
    if !options.scope.is_for_references()
        || options.scope == Scope::BatchMessage && options.signing.level != Level::Message
    {
        return Err(SignError::Service("an AUTACK refers to whole structures (scope 3) or whole messages (scope 6)"));
    }
    let mut interchanges = structures.all().iter().filter(|structure| structure.level == Level::Interchange);
    let (Some(interchange), None) = (interchanges.next(), interchanges.next()) else {
        return Err(SignError::Reference("an AUTACK refers to one interchange, and the file does not hold just one"));
    };
    let Some(trailer_span) = interchange.trailer_span else {
        return Err(SignError::Unclosed(format!("UNB {}", interchange.reference)));
    };
    let header_segment = structures.items().find_map(|item| item.segment().filter(|one| one.tag() == b"UNB"));
    let header = header_segment.and_then(InterchangeHeader::of);
    let repertoire = header.and_then(|header| header.repertoire()).unwrap_or(karvan_edifact::Repertoire::UNOA);
    let version = header.and_then(|header| header.version());
    let inside = options.place == Position::Inside;
    if inside && version.is_none_or(|version| version < 4) {
        return Err(SignError::Version(version.map_or_else(|| "?".to_owned(), |version| version.to_string())));
    }
    if inside && structures.all().iter().any(|structure| structure.level == Level::Group) {
        return Err(SignError::Reference("an interchange of groups has no place for an AUTACK beside them"));
    }
    let advised = inside && structures.advice().is_some();
    let characters = if inside { interchange.characters } else { ServiceCharacters::for_version(4) };
    let line_end = line_end(source, interchange.header_span.end);

    let parties = |element: usize| interchange.header.occurrences(element).next().map_or(vec![], <[Vec<u8>]>::to_vec);
    let (sender, recipient) = match answered {
        Some(_) => (parties(2), parties(1)),
        None => (parties(1), parties(2)),
    };
    let records = message(
        &structures,
        signer,
        (options, answered),
        (sender.clone(), recipient.clone()),
        repertoire,
        advised.then_some(characters),
    )?;
    let (date, time) = options.signing.time.clone().unwrap_or_else(|| ("20000101".to_owned(), "0000".to_owned()));
    let unb = Record::new("UNB")
        .composite([interchange.header.value(0, 0, 0), b"4"])
        .composite(sender)
        .composite(recipient)
        .composite([date, time.chars().take(4).collect()])
        .element(&options.reference);
    let octets = |record: &Record| record.octets(&characters).ok_or(SignError::Characters);
    let opening = match inside {
        true => Span::new(
            structures.advice().map_or(interchange.span.start, |advice| advice.span().start),
            interchange.header_span.end,
        )
        .slice(source)
        .to_vec(),
        false => octets(&unb)?,
    };
    let mut file = opening.clone();
    file.extend_from_slice(&line_end);
    for record in &records {
        file.extend_from_slice(&octets(record)?);
        file.extend_from_slice(&line_end);
    }
    let reference = if inside { interchange.reference.as_str() } else { &options.reference };
    let unz = octets(&Record::new("UNZ").element("1").element(reference))?;
    file.extend_from_slice(&unz);
    if options.values == Values::Digests {
        let service = match (answered, options.signing.service) {
            (Some(_), Service::ReceiptAuthentication) => Service::ReceiptAuthentication,
            (Some(_), _) => Service::NonRepudiationOfReceipt,
            (None, service) => service,
        };
        let signing = SignOptions { level: Level::Message, service, ..options.signing.clone() };
        file = signer.sign_autack(&file, &signing)?;
    }
    if !inside {
        file.extend_from_slice(&line_end);
        return Ok(file);
    }
    let message = &file[opening.len() + line_end.len()..file.len() - unz.len()];
    let trailer = structures.items().filter_map(|item| item.segment()).find(|one| one.span() == trailer_span);
    let trailer = trailer.map_or_else(Vec::new, |trailer| {
        let count =
            std::str::from_utf8(trailer.element(0).raw()).ok().and_then(|text| text.parse().ok()).unwrap_or(0_u64);
        with_value(&trailer, 0, 0, count + 1)
    });
    let before = Span::new(0, trailer_span.start).slice(source);
    let behind = Span::new(trailer_span.end, source.len() as u64).slice(source);
    Ok([before, message, &trailer, behind].concat())
}

/// The segments of the message, from UNH to UNT, not yet signed itself.
fn message(
    structures: &Structures<'_>,
    signer: Signer<'_>,
    (options, answered): (&Options, Option<&[Answered]>),
    (sender, recipient): (Vec<Vec<u8>>, Vec<Vec<u8>>),
    repertoire: karvan_edifact::Repertoire,
    characters: Option<ServiceCharacters>,
) -> Result<Vec<Record>, SignError> {
    const REFERENCE: &str = "1";
    let signing = &options.signing;
    let mut what = Particulars::new(Service::ReferencedIntegrity, REFERENCE);
    let mut recipe = Recipe::new(signer.key(), signing)?;
    match options.values {
        Values::Signatures => {
            let signature = recipe.signature.ok_or(SignError::Service("signatures need a key"))?;
            what.service = Service::ReferencedNonRepudiation;
            what.signature = Some((signature.1, signing.certificate.as_ref()));
            what.characters = characters;
        }
        Values::Digests => recipe.signature = None,
    }
    what.scope = options.scope;
    what.filter = recipe.filter(signing.filter, repertoire)?;
    what.encoding = encoding_code(repertoire);
    what.sequence = signing.sequence.clone();
    what.time = signing.time.clone();
    what.digest = recipe.digest;
    let group = SecurityHeader::new(&what);

    let sub_function = if answered.is_some() { "SECACK" } else { "SECAUT" };
    let mut records = vec![Record::new("UNH").element(&options.reference).composite([
        "AUTACK",
        "4",
        "1",
        "UN",
        "",
        "",
        sub_function,
    ])];
    records.extend(group.records().cloned());
    let time = signing.time.as_ref().map_or(vec![], |(date, time)| vec!["1", date.as_str(), time.as_str(), "0000"]);
    let response = if signing.acknowledgement { "2" } else { "1" };
    records.push(Record::new("USB").element(response).composite(time).composite(sender).composite(recipient));

    let mut referred = 0;
    for (index, structure) in structures.all().iter().enumerate() {
        let answer = answered.map(|answered| answered.iter().find(|one| one.index == index));
        let is_meant = match answer {
            Some(answer) => answer.is_some(),
            None => structure.level == signing.level && structure.header.value(1, 0, 0) != b"AUTACK",
        };
        if !is_meant {
            continue;
        }
        if structure.trailer_span.is_none() {
            return Err(SignError::Unclosed(format!("{} {}", structure.level.tag(), structure.reference)));
        }
        records.push(Referenced::record(structures, index));
        let value = match answer.flatten().and_then(|answer| answer.error) {
            Some(error) => {
                let none: [Vec<&str>; 0] = [];
                Record::new("USY").element(REFERENCE).repeated(none).element(error.code())
            }
            None => {
                let digest = scope::digest(structures.octets(), &[structure.span], recipe.digest);
                Record::new("USY").element(REFERENCE).repeated(recipe.values(digest.as_ref(), what.filter)?)
            }
        };
        records.push(value);
        referred += 1;
    }
    if referred == 0 {
        return Err(SignError::Nothing(signing.level));
    }
    let segments = group.records().count() + 1;
    records.push(Record::new("UST").element(REFERENCE).element(segments.to_string()));
    let count = records.len() + 1;
    records.push(Record::new("UNT").element(count.to_string()).element(&options.reference));
    Ok(records)
}

/// The line end behind the header at `end`, if the file is laid out in lines.
fn line_end(source: &[u8], end: u64) -> Vec<u8> {
    let rest = Span::new(end, source.len() as u64).slice(source);
    match rest {
        [b'\r', b'\n', ..] => b"\r\n".to_vec(),
        [b'\n', ..] => b"\n".to_vec(),
        _ => Vec::new(),
    }
}
