//! Securing structures: header and trailer groups are put around them while the file goes by.

use std::fmt;
use std::io::{self, Read, Write};

use karvan_edifact::{Component, Item, MessageHeader, ReadOptions, Reader, Repertoire, Segment, ServiceCharacters};
use karvan_pki::{Certificate, DigestAlgorithm, DigestContext};
use karvan_text::{Diagnostic, Severity};

use super::attach;
use super::code::{Scheme, Scope, Service};
use super::filter::Filter;
use super::group::{Particulars, SecurityHeader};
use super::record::Record;
use super::scope::Layout;
use super::structure::Level;
use crate::{KeyError, SigningKey};

/// How structures are secured.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Which structures: every one of this level.
    pub level: Level,
    /// The service: 1, 2 or 3; for an AUTACK of its own 5 or 6 as well.
    pub service: Service,
    /// What is covered: scope 1 or 2.
    pub scope: Scope,
    /// The digest; none is that of the key's algorithm, or SHA-256.
    pub digest: Option<DigestAlgorithm>,
    /// The filter; none is hexadecimal where the value fits, else the shortest one that the repertoire carries.
    pub filter: Option<Filter>,
    /// Whether line ends between segments are digested.
    pub layout: Layout,
    /// Whether an acknowledgement is asked for.
    pub acknowledgement: bool,
    /// 0520, the security sequence number.
    pub sequence: Option<String>,
    /// S501: date (`CCYYMMDD`) and time (`HHMMSS`), both UTC.
    pub time: Option<(String, String)>,
    /// The signer's certificate, to be referred to.
    pub certificate: Option<Certificate>,
    /// Certificates that travel with the interchange, each in a package at its end.
    pub attached: Vec<Certificate>,
    /// How the file is read.
    pub read: ReadOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            level: Level::Message,
            service: Service::NonRepudiationOfOrigin,
            scope: Scope::HeaderAndBody,
            digest: None,
            filter: None,
            layout: Layout::Kept,
            acknowledgement: false,
            sequence: None,
            time: None,
            certificate: None,
            attached: Vec::new(),
            read: ReadOptions::default(),
        }
    }
}

/// Why nothing is secured.
#[derive(Debug)]
#[non_exhaustive]
pub enum SignError {
    /// The file cannot be read, or the result not be written.
    Io(io::Error),
    /// The key cannot sign.
    Key(KeyError),
    /// What is wrong with the octets: a file that can be read in two ways is not signed.
    Problem(Box<Diagnostic>),
    /// There is no structure of this level.
    Nothing(Level),
    /// A structure has no trailer: its header.
    Unclosed(String),
    /// Syntax versions before 4 have no security groups in their structures.
    Version(String),
    /// The service needs a signature, and there is no key; or the scope or the service is none for this use.
    Service(&'static str),
    /// The key signs with an algorithm that interchanges cannot name.
    Algorithm(String),
    /// The digest is not that of the key's algorithm.
    Digest(DigestAlgorithm),
    /// The repertoire of the interchange does not have the characters of the filter.
    Filter(Filter, &'static str),
    /// The value is longer than data element 0560 may be: characters.
    TooLong(usize),
    /// A value needs a release character or a repetition separator, and the interchange has none.
    Characters,
    /// There are 99 security groups already.
    Full,
    /// Certificates cannot travel in an interchange of groups: its packages stand in groups.
    Groups,
    /// Nothing can be referred to: why.
    Reference(&'static str),
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Key(error) => error.fmt(f),
            Self::Problem(finding) => {
                write!(f, "{}: {}", finding.code, finding.message.text(karvan_text::Language::English))
            }
            Self::Nothing(level) => write!(f, "there is no {} to be secured", level.tag()),
            Self::Unclosed(header) => write!(f, "{header} has no trailer"),
            Self::Version(version) => write!(
                f,
                "syntax version {version} has no security segments; an AUTACK in an interchange of its own can secure it (--form autack --detached)"
            ),
            Self::Service(why) | Self::Reference(why) => f.write_str(why),
            Self::Algorithm(name) => write!(f, "{name} has no way into an interchange"),
            Self::Digest(digest) => write!(f, "the key does not sign with {digest}"),
            Self::Filter(filter, repertoire) => {
                write!(f, "filter {} makes characters that {repertoire} does not have", filter.code())
            }
            Self::TooLong(length) => {
                write!(
                    f,
                    "the signature takes {length} characters, and 0560 has room for {LONGEST_VALUE}; take another filter"
                )
            }
            Self::Characters => {
                f.write_str("a value needs a release character or repetition separator that the interchange lacks")
            }
            Self::Groups => f.write_str("an interchange of groups has no place for certificates"),
            Self::Full => f.write_str("a structure has 99 security groups already"),
        }
    }
}

impl std::error::Error for SignError {}

impl From<io::Error> for SignError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<KeyError> for SignError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

/// The longest value of 0560 since release 2 of syntax version 4.
pub const LONGEST_VALUE: usize = 1024;

/// The longest value of 0560 in releases 0 and 1.
const LONGEST_VALUE_BEFORE: usize = 512;

/// Secures structures with a key, or with digests alone.
#[derive(Clone, Copy)]
pub struct Signer<'k> {
    key: Option<&'k dyn SigningKey>,
}

impl<'k> Signer<'k> {
    /// One that signs.
    #[must_use]
    pub fn new(key: &'k dyn SigningKey) -> Self {
        Self { key: Some(key) }
    }

    /// One that makes digests, which prove nothing about the sender (service 3, integrity).
    #[must_use]
    pub const fn without_key() -> Self {
        Self { key: None }
    }

    /// Copies an interchange and puts security groups around every structure of `options.level`; how many that were.
    ///
    /// The file goes by once, in constant memory. What is there stays octet for octet, but the counts: of segments in UNT,
    /// of segments before the object in UNO. New groups stand outside those that are there, so that a second signature of
    /// scope 2 covers the first.
    ///
    /// # Errors
    /// Why it is not secured; what was written until then is worth nothing.
    pub fn sign(&self, source: impl Read, sink: impl Write, options: &Options) -> Result<u64, SignError> {
        Signing::new(self.key, options, sink)?.run(Reader::with_options(source, options.read))
    }

    /// The same for an interchange that holds nothing but an AUTACK, which is to be signed itself.
    pub(super) fn sign_autack(&self, source: &[u8], options: &Options) -> Result<Vec<u8>, SignError> {
        let mut signed = Vec::new();
        let signing = Signing { autack: true, ..Signing::new(self.key, options, &mut signed)? };
        signing.run(Reader::with_options(source, options.read))?;
        Ok(signed)
    }

    pub(super) const fn key(&self) -> Option<&'k dyn SigningKey> {
        self.key
    }
}

/// With what values are made.
#[derive(Clone, Copy)]
pub(super) struct Recipe<'k> {
    pub(super) signature: Option<(&'k dyn SigningKey, Scheme)>,
    pub(super) digest: DigestAlgorithm,
}

impl<'k> Recipe<'k> {
    pub(super) fn new(key: Option<&'k dyn SigningKey>, options: &Options) -> Result<Self, SignError> {
        let Some(key) = key else {
            if !options.service.needs_no_signature() {
                return Err(SignError::Service("the service needs a signature, and there is no key"));
            }
            return Ok(Self { signature: None, digest: options.digest.unwrap_or_default() });
        };
        let algorithm = key.algorithm();
        let scheme = Scheme::of(algorithm).ok_or_else(|| SignError::Algorithm(algorithm.to_string()))?;
        let digest = algorithm.digest().or(options.digest).unwrap_or_default();
        if options.digest.is_some_and(|asked| asked != digest) || !digest.legacy().is_empty() {
            return Err(SignError::Digest(options.digest.unwrap_or(digest)));
        }
        Ok(Self { signature: Some((key, scheme)), digest })
    }

    /// How many octets each value has.
    fn length(&self) -> usize {
        match self.signature {
            None => self.digest.length(),
            Some((_, Scheme::Ed25519)) => 64,
            Some((key, _)) => match key.public_key().kind() {
                karvan_pki::KeyKind::Rsa { bits } => bits.div_ceil(8),
                kind => kind.curve_octets().unwrap_or(self.digest.length()),
            },
        }
    }

    /// The filter that is asked for, or the one that suits best.
    pub(super) fn filter(&self, asked: Option<Filter>, repertoire: Repertoire) -> Result<Filter, SignError> {
        let length = |filter: Filter| filter.encode(&vec![0; self.length()]).len();
        let filter = match asked {
            Some(filter) => filter,
            None => {
                let fitting = [Filter::Hexadecimal, Filter::Base64, Filter::Eda];
                let fits = |filter: &Filter| filter.suits(repertoire) && length(*filter) <= LONGEST_VALUE_BEFORE;
                fitting.into_iter().find(fits).unwrap_or_default()
            }
        };
        if !filter.suits(repertoire) {
            return Err(SignError::Filter(filter, repertoire.identifier()));
        }
        match length(filter) {
            length if length > LONGEST_VALUE => Err(SignError::TooLong(length)),
            _ => Ok(filter),
        }
    }

    /// The values of S508 for a digest: qualifier (0563) and filtered value (0560).
    pub(super) fn values(&self, digest: &[u8], filter: Filter) -> Result<Vec<Vec<Vec<u8>>>, SignError> {
        let value = |qualifier: &[u8], octets: &[u8]| vec![qualifier.to_vec(), filter.encode(octets)];
        let Some((key, scheme)) = self.signature else { return Ok(vec![value(b"1", digest)]) };
        let signature = match scheme {
            Scheme::Ed25519 => key.sign(digest)?,
            _ => key.sign_digest(digest)?,
        };
        Ok(match scheme.is_pair() {
            true => {
                let (r, s) = signature.split_at(signature.len() / 2);
                vec![value(b"2", r), value(b"3", s)]
            }
            false => vec![value(b"1", &signature)],
        })
    }
}

/// 0507: the code of the encoding, where the list has one.
pub(super) fn encoding_code(repertoire: Repertoire) -> &'static str {
    use karvan_edifact::Level as L;
    match repertoire.level() {
        L::A | L::B => "1",
        _ if repertoire.is_utf8() => "7",
        _ if repertoire.has_one_octet_a_character() => "2",
        _ => "",
    }
}

/// Octets on their way to the sink, some of them into a digest as well.
struct Output<W> {
    sink: W,
    buffer: Vec<u8>,
    digest: Option<DigestContext>,
    /// From where on the buffer is digested.
    digested_from: Option<usize>,
}

/// How many octets are gathered before they are digested and written.
const GATHERED: usize = 1 << 18;

impl<W: Write> Output<W> {
    fn new(sink: W) -> Self {
        Self { sink, buffer: Vec::with_capacity(2 * GATHERED), digest: None, digested_from: None }
    }

    #[inline]
    fn write(&mut self, octets: &[u8], digested: bool) -> io::Result<()> {
        if digested != self.digested_from.is_some() {
            self.switch(digested);
        }
        self.buffer.extend_from_slice(octets);
        if self.buffer.len() >= GATHERED { self.flush() } else { Ok(()) }
    }

    fn switch(&mut self, digested: bool) {
        if let (Some(from), Some(digest)) = (self.digested_from.take(), &mut self.digest) {
            digest.update(&self.buffer[from..]);
        }
        self.digested_from = digested.then_some(self.buffer.len());
    }

    fn flush(&mut self) -> io::Result<()> {
        let digested = self.digested_from.is_some();
        self.switch(false);
        self.sink.write_all(&self.buffer)?;
        self.buffer.clear();
        self.switch(digested);
        Ok(())
    }

    /// The digest of what was digested.
    fn finish_digest(&mut self) -> Option<karvan_pki::Digest> {
        self.switch(false);
        self.digest.take().map(DigestContext::finish)
    }
}

/// Where the signing is.
enum At {
    /// In no structure of the level.
    Outside,
    /// Behind the header of one; other header groups are held back until the new one is written.
    Headers(Box<Opening>),
    /// In its body, or between its trailer groups.
    Body(Box<Secured>),
    /// In one that is not secured: an AUTACK.
    Spared,
}

/// A structure whose header was written.
struct Opening {
    header: Header,
    /// The line end behind the header, which new segments get as well.
    line_end: Vec<u8>,
    /// What stands behind it, and whether it is layout.
    held: Vec<(Vec<u8>, bool)>,
    references: Vec<String>,
}

struct Header {
    text: String,
    characters: ServiceCharacters,
}

/// A structure whose new header group was written.
struct Secured {
    header: Header,
    line_end: Vec<u8>,
    reference: String,
    filter: Filter,
    /// Segments of the new header group.
    segments: u64,
    /// Structures open within.
    depth: Vec<Level>,
    /// Whether trailer groups have begun.
    trailers: bool,
}

struct Signing<'s, W> {
    recipe: Recipe<'s>,
    options: &'s Options,
    out: Output<W>,
    at: At,
    signed: u64,
    version: Option<u8>,
    repertoire: Repertoire,
    /// Whether UNA declares the service characters.
    advised: bool,
    /// Whether the interchange has groups.
    grouped: bool,
    /// The line end behind the structure that was signed last.
    line_end: Vec<u8>,
    /// How many certificates the interchange has got.
    attached: u64,
    /// Whether AUTACK are signed themselves.
    autack: bool,
}

impl<'s, W: Write> Signing<'s, W> {
    fn new(key: Option<&'s dyn SigningKey>, options: &'s Options, sink: W) -> Result<Self, SignError> {
        Ok(Self {
            recipe: Recipe::new(key, options)?,
            options,
            out: Output::new(sink),
            at: At::Outside,
            signed: 0,
            version: None,
            repertoire: Repertoire::UNOA,
            advised: false,
            grouped: false,
            line_end: Vec::new(),
            attached: 0,
            autack: false,
        })
    }

    fn run<R: Read>(mut self, mut reader: Reader<R>) -> Result<u64, SignError> {
        if self.options.scope.is_for_references() || self.options.service.is_for_references() {
            return Err(SignError::Service("scopes 3 and 6 and services 7 to 9 are for the references of an AUTACK"));
        }
        loop {
            if matches!(&self.at, At::Body(secured) if !secured.trailers) {
                self.out.write(reader.run_of_segments(), true)?;
            }
            let Some(item) = reader.next()? else { break };
            self.item(&item)?;
            if reader.has_problems() {
                let problems: Vec<_> = reader.problems().collect();
                for problem in problems {
                    let finding = problem.diagnostic(reader.position(problem.span.start));
                    if finding.code.severity == Severity::Error {
                        return Err(SignError::Problem(Box::new(finding)));
                    }
                }
            }
        }
        match &self.at {
            At::Headers(opening) => return Err(SignError::Unclosed(opening.header.text.clone())),
            At::Body(secured) => return Err(SignError::Unclosed(secured.header.text.clone())),
            _ => {}
        }
        if self.signed == 0 {
            return Err(SignError::Nothing(self.options.level));
        }
        self.out.flush()?;
        self.out.sink.flush()?;
        Ok(self.signed)
    }

    fn item(&mut self, item: &Item<'_>) -> Result<(), SignError> {
        match self.at {
            At::Outside | At::Spared => self.outside(item),
            At::Headers(_) => self.header(item),
            At::Body(_) => self.body(item),
        }
    }

    fn outside(&mut self, item: &Item<'_>) -> Result<(), SignError> {
        let Item::Segment(segment) = item else {
            self.advised |= matches!(item, Item::Advice(_));
            return Ok(self.out.write(item.raw(), false)?);
        };
        if let Some(header) = karvan_edifact::InterchangeHeader::of(*segment) {
            self.version = header.version();
            self.repertoire = header.repertoire().unwrap_or(Repertoire::UNOA);
            if header.is_interactive() {
                return Err(SignError::Version("4, interactive,".to_owned()));
            }
        }
        if Level::closed_by(segment.tag()) == Some(self.options.level) {
            self.at = At::Outside;
        }
        self.grouped |= segment.tag() == b"UNG";
        if segment.tag() == b"UNZ" {
            let line_end = std::mem::take(&mut self.line_end);
            self.attach(&segment.characters(), &line_end, false)?;
            return Ok(self.close_interchange(segment)?);
        }
        if Level::opened_by(segment.tag()) != Some(self.options.level) {
            return Ok(self.out.write(segment.raw(), false)?);
        }
        if self.version.is_none_or(|version| version < 4) {
            return Err(SignError::Version(self.version.map_or_else(|| "?".to_owned(), |version| version.to_string())));
        }
        let is_autack = MessageHeader::of(*segment).is_some_and(|header| header.message_type().raw() == b"AUTACK");
        if is_autack && !self.autack {
            self.at = At::Spared;
            return Ok(self.out.write(segment.raw(), false)?);
        }
        if self.options.level == Level::Package {
            // 0814: how many security segments stand before the object.
            let count = segment.component(3, 1);
            let more = self.header_group("", ServiceCharacters::for_version(4))?.records().count();
            let count = number(&count) + more as u64;
            self.out.write(&with_value(segment, 3, 1, count), false)?;
        } else {
            self.out.write(segment.raw(), false)?;
        }
        let text = format!(
            "{} {}",
            self.options.level.tag(),
            String::from_utf8_lossy(segment.element(self.options.level.reference_element()).raw())
        );
        let header = Header { text, characters: segment.characters() };
        self.at =
            At::Headers(Box::new(Opening { header, line_end: Vec::new(), held: Vec::new(), references: Vec::new() }));
        Ok(())
    }

    /// Holds back the header groups that are there; with what follows them the new one is written.
    fn header(&mut self, item: &Item<'_>) -> Result<(), SignError> {
        let At::Headers(opening) = &mut self.at else { return Ok(()) };
        match item {
            Item::Layout(octets) if opening.held.is_empty() && opening.line_end.is_empty() => {
                opening.line_end = octets.raw().to_vec();
                return Ok(());
            }
            Item::Layout(octets) => {
                opening.held.push((octets.raw().to_vec(), true));
                return Ok(());
            }
            Item::Segment(segment) if matches!(segment.tag(), b"USH" | b"USA" | b"USC" | b"USR") => {
                if segment.tag() == b"USH" {
                    opening.references.push(String::from_utf8_lossy(&segment.component(1, 0).unescaped()).into_owned());
                    if opening.references.len() >= 99 {
                        return Err(SignError::Full);
                    }
                }
                opening.held.push((segment.raw().to_vec(), false));
                return Ok(());
            }
            _ => {}
        }
        let At::Headers(opening) = std::mem::replace(&mut self.at, At::Outside) else { return Ok(()) };
        let Opening { header, line_end, held, references } = *opening;
        let mut numbers = 1_u32..;
        let reference = numbers.find(|number| !references.contains(&number.to_string())).unwrap_or(1).to_string();
        let group = self.header_group(&reference, header.characters)?;
        let keeps = self.options.layout == Layout::Kept;
        self.out.write(&line_end, false)?;
        self.out.digest = Some(self.recipe.digest.context());
        for record in group.records() {
            self.out.write(&record.octets(&header.characters).ok_or(SignError::Characters)?, true)?;
            self.out.write(&line_end, keeps)?;
        }
        let embedding = self.options.scope == Scope::HeaderToTrailer;
        for (octets, is_layout) in held {
            self.out.write(&octets, embedding && (keeps || !is_layout))?;
        }
        let segments = group.records().count() as u64;
        let filter = group.filter().unwrap_or_default();
        self.at = At::Body(Box::new(Secured {
            header,
            line_end,
            reference,
            filter,
            segments,
            depth: Vec::new(),
            trailers: false,
        }));
        self.body(item)
    }

    fn body(&mut self, item: &Item<'_>) -> Result<(), SignError> {
        let At::Body(secured) = &mut self.at else { return Ok(()) };
        let embedding = self.options.scope == Scope::HeaderToTrailer;
        let package = self.options.level == Level::Package;
        let digested = embedding || !secured.trailers;
        let segment = match item {
            Item::Segment(segment) => segment,
            // The body of a package is its object, not what stands behind it.
            Item::Layout(octets) => {
                let digested = digested && self.options.layout == Layout::Kept && (embedding || !package);
                return Ok(self.out.write(octets.raw(), digested)?);
            }
            _ => return Ok(self.out.write(item.raw(), digested)?),
        };
        let tag = segment.tag();
        if let Some(level) = Level::opened_by(tag) {
            if level <= self.options.level {
                return Err(SignError::Unclosed(secured.header.text.clone()));
            }
            self.grouped |= level == Level::Group;
            secured.depth.retain(|open| *open < level);
            secured.depth.push(level);
        } else if let Some(level) = Level::closed_by(tag) {
            if level == self.options.level {
                let (line_end, trailers) = (secured.line_end.clone(), secured.trailers);
                if level == Level::Interchange && !trailers {
                    self.attach(&segment.characters(), &line_end, true)?;
                }
                return self.close(segment);
            }
            secured.depth.retain(|open| *open < level);
        }
        let body_ends = tag == b"UST" && secured.depth.is_empty() && !secured.trailers;
        secured.trailers |= body_ends;
        let digested = embedding || !secured.trailers;
        if body_ends && self.options.level == Level::Interchange {
            let line_end = secured.line_end.clone();
            self.attach(&segment.characters(), &line_end, true)?;
        }
        Ok(self.out.write(segment.raw(), digested)?)
    }

    /// Writes the trailer group before the trailer of the structure.
    fn close(&mut self, trailer: &Segment<'_>) -> Result<(), SignError> {
        let At::Body(secured) = std::mem::replace(&mut self.at, At::Outside) else { return Ok(()) };
        let Secured { header, line_end, reference, filter, segments, .. } = *secured;
        let digest = self.out.finish_digest().unwrap_or_else(|| self.recipe.digest.digest(b""));
        let values = self.recipe.values(digest.as_ref(), filter)?;
        let count = segments + 2;
        let records =
            [Record::new("UST").element(reference).element(count.to_string()), Record::new("USR").repeated(values)];
        for record in records {
            self.out.write(&record.octets(&header.characters).ok_or(SignError::Characters)?, false)?;
            self.out.write(&line_end, false)?;
        }
        match self.options.level {
            // 0074 counts all segments of the message.
            Level::Message => {
                let total = number(&trailer.component(0, 0)) + count;
                self.out.write(&with_value(trailer, 0, 0, total), false)?;
            }
            Level::Interchange => self.close_interchange(trailer)?,
            _ => self.out.write(trailer.raw(), false)?,
        }
        self.line_end = line_end;
        self.signed += 1;
        Ok(())
    }

    /// Writes the certificates that travel with the interchange, behind its other structures.
    fn attach(&mut self, characters: &ServiceCharacters, line_end: &[u8], digested: bool) -> Result<(), SignError> {
        if self.grouped && !self.options.attached.is_empty() {
            return Err(SignError::Groups);
        }
        for (index, certificate) in self.options.attached.iter().enumerate() {
            let package = attach::package(certificate, index + 1, characters).ok_or(SignError::Characters)?;
            for part in package {
                self.out.write(&part, digested)?;
            }
            self.out.write(line_end, digested && self.options.layout == Layout::Kept)?;
            self.attached += 1;
        }
        Ok(())
    }

    /// Writes UNZ, whose 0036 counts the certificates too.
    fn close_interchange(&mut self, trailer: &Segment<'_>) -> io::Result<()> {
        self.grouped = false;
        match std::mem::take(&mut self.attached) {
            0 => self.out.write(trailer.raw(), false),
            more => self.out.write(&with_value(trailer, 0, 0, number(&trailer.component(0, 0)) + more), false),
        }
    }

    fn header_group(&self, reference: &str, characters: ServiceCharacters) -> Result<SecurityHeader, SignError> {
        let options = self.options;
        let mut what = Particulars::new(options.service, reference);
        what.scope = options.scope;
        what.acknowledgement = options.acknowledgement;
        what.filter = self.recipe.filter(options.filter, self.repertoire)?;
        what.encoding = encoding_code(self.repertoire);
        what.sequence = options.sequence.clone();
        what.time = options.time.clone();
        what.digest = self.recipe.digest;
        what.signature = self.recipe.signature.map(|(_, scheme)| (scheme, options.certificate.as_ref()));
        what.characters = self.advised.then_some(characters);
        Ok(SecurityHeader::new(&what))
    }
}

/// The number in a component, 0 where it is none.
fn number(component: &Component<'_>) -> u64 {
    std::str::from_utf8(component.raw()).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The octets of a segment with another number in one place; where the place is not there yet, it is made.
pub(super) fn with_value(segment: &Segment<'_>, element: usize, component: usize, value: u64) -> Vec<u8> {
    let raw = segment.raw();
    let place = segment.component(element, component);
    let at = |offset: u64| (offset - segment.span().start) as usize;
    let (start, end) = (at(place.span().start), at(place.span().end));
    let present = segment.element(element).components().count().max(1);
    let separators = vec![segment.characters().component; (component + 1).saturating_sub(present)];
    [&raw[..start], &separators, value.to_string().as_bytes(), &raw[end..]].concat()
}
