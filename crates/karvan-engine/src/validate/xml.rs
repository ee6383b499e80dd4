//! Checking an XML document as it is read.

use std::io::{self, Read};

use karvan_schema::interchange::Depth;
use karvan_schema::xml::{ENVELOPE_NAMESPACE, Grammar, Grammars, Heading, Validator};
use karvan_text::{Code, Diagnostic, Message, Span};
use karvan_xml::{Document, Event, EventReader, ReadError, is_encoded_otherwise};

use super::{Content, Options, Tally, whole};
use crate::encoding::in_utf8;
use crate::{ReadAs, business};

/// How many octets from the beginning are looked at to tell which grammar a document follows, and whether it says that it
/// keeps business rules.
pub(crate) const GRAMMAR_HEAD: usize = 64 << 10;

/// Checks the document that `source` gives: in constant memory, unless it is in another encoding than UTF-8 or business rules
/// are asked of it.
pub(super) fn check(mut source: impl Read, options: &Options, tally: &mut Tally<'_>) -> io::Result<Content> {
    let mut head = Vec::with_capacity(GRAMMAR_HEAD);
    source.by_ref().take(GRAMMAR_HEAD as u64).read_to_end(&mut head)?;
    if !is_encoded_otherwise(&head) {
        return check_utf8(head, source, options, tally);
    }
    let Some(octets) = whole(head.chain(source), options, tally)? else { return Ok(Content::Unknown) };
    let (octets, finding) = in_utf8(&octets);
    finding.into_iter().for_each(|finding| tally.add(finding));
    let (head, rest) = octets.split_at(octets.len().min(GRAMMAR_HEAD));
    check_utf8(head.to_vec(), rest, options, tally)
}

/// Checks the document that begins with `head`.
fn check_utf8(head: Vec<u8>, source: impl Read, options: &Options, tally: &mut Tally<'_>) -> io::Result<Content> {
    let chosen = match options.read_as {
        Some(ReadAs::Grammar(name)) => {
            Chosen { envelope: None, document: Grammar::builtin(name).map(Grammar::heading) }
        }
        _ => Grammars::builtin()
            .choose(&head)
            .map_or(Chosen::default(), |choice| Chosen { envelope: choice.envelope, document: choice.grammar }),
    };
    if !options.rules.may_be_asked(&head) {
        return stream(head.chain(source), chosen, options, tally, None);
    }
    // Rules compare what stands anywhere in a document.
    let Some(octets) = whole(head.chain(source), options, tally)? else { return Ok(Content::Unknown) };
    let mut codes = Vec::new();
    let content = stream(octets.as_slice(), chosen, options, tally, Some(&mut codes))?;
    let broken = match Document::parse(octets, &options.xml) {
        Ok(document) => business::xml(&document, options.rules),
        // What is not well formed was told; a tree has limits of its own.
        Err(error) if matches!(content, Content::Xml { .. }) => vec![error.into_diagnostic()],
        Err(_) => Vec::new(),
    };
    // A code that a rule finds wrong is told once.
    let told: Vec<Span> =
        broken.iter().filter(|finding| finding.code.number == RULE).map(|one| one.place.span).collect();
    codes.retain(|code| !told.iter().any(|rule| rule.start < code.place.span.end && code.place.span.start < rule.end));
    codes.into_iter().chain(broken).for_each(|finding| tally.add(finding));
    Ok(content)
}

/// The numbers of the findings that a list lacks a code, and that a rule does not hold of one.
const CODE: u16 = 3012;
const RULE: u16 = 4005;

/// The grammars that a document and the envelope around it follow.
#[derive(Clone, Copy, Default)]
struct Chosen {
    envelope: Option<&'static Heading>,
    document: Option<&'static Heading>,
}

/// Checks a document against its grammar, if there is one, as it is read. Findings about codes are put aside, where that is
/// asked for.
fn stream(
    source: impl Read,
    chosen: Chosen,
    options: &Options,
    tally: &mut Tally<'_>,
    mut aside: Option<&mut Vec<Diagnostic>>,
) -> io::Result<Content> {
    let validator = |heading: Option<&Heading>| {
        let grammar = heading.and_then(|heading| Grammar::builtin(heading.name()))?;
        match options.depth {
            Depth::Syntax => None,
            Depth::Codes => Some(Validator::new(grammar).with_codes()),
            _ => Some(Validator::new(grammar)),
        }
    };
    let (mut envelope, mut validator) = (validator(chosen.envelope), validator(chosen.document));
    // The first element of another namespace in an envelope is the document.
    let level = if chosen.envelope.is_some() { 2 } else { 1 };
    let (mut is_inside, mut is_done) = (false, false);
    let mut reader = EventReader::new(source, options.xml);
    let mut root = None;
    loop {
        let event = match reader.advance() {
            Ok(Some(event)) => event,
            Ok(None) => break,
            Err(ReadError::Source(error)) => return Err(error),
            Err(ReadError::Malformed(error)) => {
                tally.add(error.into_diagnostic());
                return Ok(Content::Unknown);
            }
            Err(error) => return Err(io::Error::other(error)),
        };
        if root.is_none() {
            root = Some(reader.local_name().to_owned());
        }
        let at_level = reader.depth() == level;
        if event == Event::Start && at_level && !is_done && (level == 1 || reader.namespace() != ENVELOPE_NAMESPACE) {
            (is_inside, root) = (true, Some(reader.local_name().to_owned()));
            if chosen.document.is_none() && options.depth > Depth::Syntax {
                tally.add(unknown(&reader));
            }
        }
        for validator in envelope.iter_mut().chain(validator.as_mut().filter(|_| is_inside)) {
            validator.event(&reader, event, &mut |finding| match &mut aside {
                Some(codes) if finding.code.number == CODE && (codes.len() as u64) < options.finding_limit => {
                    codes.push(finding);
                }
                _ => tally.add(finding),
            });
        }
        if event == Event::End && at_level && is_inside {
            (is_inside, is_done) = (false, true);
        }
        if tally.is_full() {
            // The rest is not looked at, and that is said.
            tally.unfinished = true;
            break;
        }
    }
    // Where there is no document in it, the envelope is what was looked at.
    let heading = if is_inside || is_done { chosen.document } else { chosen.envelope.or(chosen.document) };
    let grammar = heading.map(|heading| heading.title().to_owned());
    Ok(Content::Xml { root: root.unwrap_or_default(), grammar })
}

/// There is no grammar for the document element.
fn unknown(reader: &EventReader<impl Read>) -> Diagnostic {
    let message = Message::new("document-grammar-unknown").with("element", reader.qualified_name());
    let known: Vec<_> = Grammars::builtin().headings().map(Heading::name).collect();
    let finding = reader.diagnostic(Code::error(5150), message, reader.span(), reader.path());
    finding.expected(known.join(" | ")).found(reader.namespace())
}
