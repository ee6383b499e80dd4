//! Verifying the security groups of a file, and handing out what they cover and nothing else.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::fmt;

use karvan_edifact::{Item, ReadOptions};
use karvan_pki::{
    Certificate, Digest, DigestAlgorithm, KeyKind, Legacy, PublicKey, SignatureAlgorithm, SignatureError,
};
use karvan_text::{Code, Diagnostic, Language, Locator, Message, Place, Severity, Span};

use super::code::{Scope, Service};
use super::filter::Filter;
use super::group::SecurityHeader;
use super::record::Record;
use super::references::{Referenced, Unresolved};
use super::scope::{self, Layout, Stretch};
use super::structure::{Level, PlacedHeader, PlacedTrailer, Structure, Structures};

/// What is asked of a file before anything is handed out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// What must be covered.
    pub coverage: Coverage,
    /// What is weak and believed all the same.
    pub legacy: Legacy,
    /// How many certificates are tried for one signature at most (`E9241`).
    pub keys: usize,
    /// How many times the octets of a file may be digested (`E9242`): each security group digests what it covers.
    pub passes: u64,
    /// How files are read.
    pub read: ReadOptions,
    /// Limits on the certificates that packages hold.
    pub certificates: karvan_pki::Limits,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            coverage: Coverage::Bodies,
            legacy: Legacy::NONE,
            keys: 16,
            passes: 64,
            read: ReadOptions::default(),
            certificates: karvan_pki::Limits::default(),
        }
    }
}

/// What must be covered by signatures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Coverage {
    /// The body of every message and package, those that carry signatures for others (AUTACK) excepted.
    ///
    /// Scopes 1 and 2 leave out the service segments around a body: its type and references can then be changed unseen.
    #[default]
    Bodies,
    /// Every octet of each interchange: what only an AUTACK for the whole interchange does.
    Interchanges,
    /// Whatever the signatures say that they sign. Use only what is handed out, never the file around it.
    Anything,
}

/// The file with the security groups, and the one that its AUTACK refers to.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The file that is verified.
    pub source: Vec<u8>,
    /// The file that an AUTACK of the first refers to, where it stands in another.
    pub content: Option<Vec<u8>>,
}

/// One of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// [`Files::source`].
    Source,
    /// [`Files::content`].
    Content,
}

/// Why nothing is handed out: one finding at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected(Vec<Diagnostic>);

/// Files whose security groups all hold: nothing that they cover was changed since it was secured.
#[derive(Clone, Debug)]
pub struct Intact {
    files: Files,
    signatures: Vec<Signature>,
    unsigned: Vec<Digested>,
    uncovered: Vec<Uncovered>,
    offered: Vec<Certificate>,
}

/// One signature that holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Signature {
    /// 0534: its security reference number.
    pub reference: String,
    /// The structure that its groups stand in, `UNB 7 › UNH 1`.
    pub structure: String,
    /// Where its USH stands in the source.
    pub span: Span,
    /// 0501: the service.
    pub service: Service,
    /// 0541: the scope.
    pub scope: Scope,
    /// 0505: the filter of its values.
    pub filter: Filter,
    /// The algorithm, its digest included; Ed25519 signs the digest as a message.
    pub algorithm: SignatureAlgorithm,
    /// The digest.
    pub digest: DigestAlgorithm,
    /// What is weak about it.
    pub legacy: Legacy,
    /// The public key that it verifies with.
    pub key: PublicKey,
    /// The certificate of that key.
    pub certificate: Certificate,
    /// What it covers: what its scope says, then what an AUTACK confirms by digests that the signature covers.
    pub covered: Vec<Digested>,
    /// 0520: the security sequence number.
    pub sequence: String,
    /// S501: date, time and offset from UTC when it was secured, as they stand.
    pub time: [String; 3],
    /// Whether an acknowledgement is asked for (0503).
    pub asks_for_acknowledgement: bool,
}

/// Octets whose digest is what it should be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Digested {
    /// The security reference number (0534) of the header group that says how the digest is made.
    pub reference: String,
    /// The file.
    pub file: Which,
    /// What they belong to, `UNB 7 › UNH 1`.
    pub structure: String,
    /// The scope that was applied.
    pub scope: Scope,
    /// Whether the layout between segments belongs to them.
    pub layout: Layout,
    /// The digest algorithm.
    pub algorithm: DigestAlgorithm,
    /// The digest of all of them.
    pub digest: Digest,
    /// Where the octets stand, in order.
    pub spans: Vec<Span>,
}

/// Octets that no signature covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncovered {
    /// The file.
    pub file: Which,
    /// Where they stand.
    pub span: Span,
    /// The tags of the first and the last segment there, `UNH … UNT`.
    pub segments: String,
}

/// Content of which it is proven who signed it.
#[derive(Clone, Debug)]
pub struct Verified<T> {
    intact: Intact,
    trust: Vec<T>,
}

/// Verifies all security groups in `files`, with the `known` certificates and those in packages of the source.
///
/// # Errors
/// The findings: every group that does not hold, by its reference, and what the policy asks for and no signature covers.
/// There is no partial acceptance.
pub fn verify(files: Files, known: &[Certificate], policy: &Policy) -> Result<Intact, Rejected> {
    let outcome = Verification::new(&files, known, policy).run().map_err(Rejected)?;
    let Found { signatures, unsigned, uncovered, offered } = outcome;
    Ok(Intact { files, signatures, unsigned, uncovered, offered })
}

impl Rejected {
    /// The findings.
    #[must_use]
    pub fn findings(&self) -> &[Diagnostic] {
        &self.0
    }

    /// The findings, to keep.
    #[must_use]
    pub fn into_findings(self) -> Vec<Diagnostic> {
        self.0
    }

    /// Whether nothing is known to be wrong, and only certificates are missing.
    #[must_use]
    pub fn wants_certificates(&self) -> bool {
        self.0.iter().all(|finding| finding.code == NO_CERTIFICATE)
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", finding.code, finding.message.text(Language::English))?;
        }
        Ok(())
    }
}

impl std::error::Error for Rejected {}

impl Intact {
    /// The signatures, in the order of the file; none where digests alone protect it.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The certificates in packages of the source.
    #[must_use]
    pub fn offered(&self) -> &[Certificate] {
        &self.offered
    }

    /// What only a digest protects: whoever changed it could have made a new one.
    #[must_use]
    pub fn unsigned(&self) -> &[Digested] {
        &self.unsigned
    }

    /// The stretches of octets that something is made of, each with its own digest: what two partners compare where one
    /// of them finds another digest.
    #[must_use]
    pub fn stretches(&self, part: &Digested) -> Vec<Stretch> {
        scope::stretches(self.octets(part.file), &part.spans, part.algorithm)
    }

    /// The octets of a file.
    #[must_use]
    pub fn octets(&self, which: Which) -> &[u8] {
        match which {
            Which::Source => &self.files.source,
            Which::Content => self.files.content.as_deref().unwrap_or_default(),
        }
    }

    /// What no signature covers.
    #[must_use]
    pub fn uncovered(&self) -> &[Uncovered] {
        &self.uncovered
    }

    /// Asks `judge` about every signature and hands out what they cover if it believes them all.
    ///
    /// # Errors
    /// What `judge` says about the first one that it does not believe. Without any signature there is nobody to believe:
    /// the content stays unproven, and empty.
    pub fn trust<T, E>(self, judge: impl FnMut(&Signature) -> Result<T, E>) -> Result<Verified<T>, E> {
        let trust = self.signatures.iter().map(judge).collect::<Result<_, _>>()?;
        Ok(Verified { intact: self, trust })
    }
}

impl<T> Verified<T> {
    /// What was found intact.
    #[must_use]
    pub const fn intact(&self) -> &Intact {
        &self.intact
    }

    /// What the judge said, of each signature.
    pub fn trust(&self) -> &[T] {
        &self.trust
    }

    /// The octets that signatures cover, in the order of the files: of the source, then of the content.
    #[must_use]
    pub fn content(&self) -> Vec<&[u8]> {
        let files =
            [(Which::Source, Some(&self.intact.files.source)), (Which::Content, self.intact.files.content.as_ref())];
        let covered = files.into_iter().filter_map(|(which, octets)| Some((which, octets?)));
        covered
            .flat_map(|(which, octets)| {
                covered_spans(&self.intact.signatures, which).into_iter().map(move |span| span.slice(octets))
            })
            .collect()
    }
}

fn covered_spans(signatures: &[Signature], which: Which) -> Vec<Span> {
    let covered = signatures.iter().flat_map(|signature| &signature.covered).filter(|part| part.file == which);
    scope::union(covered.flat_map(|part| part.spans.iter().copied()))
}

/// No certificate is at hand that the reference may mean.
const NO_CERTIFICATE: Code = Code::error(6210);

/// How many findings are told.
const FINDINGS: usize = 100;

/// A file under verification.
struct Subject<'a> {
    which: Which,
    structures: Structures<'a>,
    /// What stands between segments.
    layout: OnceCell<Vec<Span>>,
}

impl<'a> Subject<'a> {
    fn new(which: Which, octets: &'a [u8], policy: &Policy) -> Self {
        Self { which, structures: Structures::read(octets, policy.read), layout: OnceCell::new() }
    }

    /// `spans` as they are digested in this layout; none where that is no other than the layout kept.
    fn laid_out(&self, spans: &[Span], layout: Layout) -> Option<Vec<Span>> {
        if layout == Layout::Kept {
            return Some(spans.to_vec());
        }
        let gaps = self.layout.get_or_init(|| {
            let items = self.structures.items().filter(|item| matches!(item, Item::Layout(_)));
            items.map(|item| item.span()).collect()
        });
        Some(scope::without(spans, gaps.iter().copied())).filter(|left| left != spans)
    }

    /// `UNB 7 › UNH 1`.
    fn path(&self, index: usize) -> String {
        let levels = [Level::Interchange, Level::Group, Level::Message, Level::Package];
        let parts = levels.into_iter().filter_map(|level| {
            let structure = self.structures.enclosing(index, level)?;
            Some(format!("{} {}", level.tag(), structure.reference))
        });
        parts.collect::<Vec<_>>().join(" › ")
    }
}

/// What a value was found to be made of.
struct Checked {
    signer: Option<(SignatureAlgorithm, Certificate)>,
    digested: Digested,
}

/// A header group whose value is being checked: where it stands, and what of.
struct Subjected<'v, 'a> {
    /// The file and the structure that the group stands in.
    home: (&'v Subject<'a>, usize),
    header: &'v PlacedHeader,
    /// Where the value stands, and with which qualifiers.
    value: (&'v Record, usize, Span),
    /// The file and the structure that is covered, and the octets of it.
    target: (&'v Subject<'a>, usize),
    spans: Vec<Span>,
    scope: Scope,
}

struct Verification<'v> {
    source: Subject<'v>,
    content: Option<Subject<'v>>,
    known: &'v [Certificate],
    offered: Vec<Certificate>,
    policy: &'v Policy,
    findings: Vec<Diagnostic>,
    signatures: Vec<Signature>,
    unsigned: Vec<Digested>,
    /// Octets that may still be digested.
    left: u64,
    seen: bool,
}

/// What a verification found.
struct Found {
    signatures: Vec<Signature>,
    unsigned: Vec<Digested>,
    uncovered: Vec<Uncovered>,
    offered: Vec<Certificate>,
}

impl<'v> Verification<'v> {
    fn new(files: &'v Files, known: &'v [Certificate], policy: &'v Policy) -> Self {
        let source = Subject::new(Which::Source, &files.source, policy);
        let content = files.content.as_ref().map(|octets| Subject::new(Which::Content, octets, policy));
        let size = files.source.len() + files.content.as_ref().map_or(0, Vec::len);
        Self {
            offered: offered(&source.structures, policy),
            source,
            content,
            known,
            policy,
            findings: Vec::new(),
            signatures: Vec::new(),
            unsigned: Vec::new(),
            left: policy.passes.saturating_mul(size as u64),
            seen: false,
        }
    }

    fn run(mut self) -> Result<Found, Vec<Diagnostic>> {
        self.readable();
        if self.findings.is_empty() {
            for index in 0..self.source.structures.all().len() {
                self.structure(index);
            }
        }
        if self.findings.is_empty() && !self.seen {
            self.tell(Which::Source, Span::at(0), 6201, Message::new("security-none")).help("help-security-none");
        }
        if self.findings.is_empty() && !self.signatures.is_empty() {
            self.coverage();
        }
        if !self.findings.is_empty() {
            self.findings.truncate(FINDINGS);
            return Err(self.findings);
        }
        let mut uncovered = uncovered(&self.source, &self.signatures);
        if let Some(content) = &self.content {
            uncovered.extend(self::uncovered(content, &self.signatures));
        }
        Ok(Found { signatures: self.signatures, unsigned: self.unsigned, uncovered, offered: self.offered })
    }

    /// Files that can be read in two ways are not verified: what one reader leaves out another may act upon.
    fn readable(&mut self) {
        let subjects = [Some(&self.source), self.content.as_ref()];
        for subject in subjects.into_iter().flatten() {
            for problem in subject.structures.problems() {
                let finding = problem.diagnostic(position(subject, problem.span.start));
                if finding.code.severity == Severity::Error {
                    self.findings.push(finding);
                }
            }
        }
    }

    fn subject(&self, which: Which) -> &Subject<'v> {
        match (which, &self.content) {
            (Which::Content, Some(content)) => content,
            _ => &self.source,
        }
    }

    /// A finding at a place of a file.
    fn tell(&mut self, which: Which, span: Span, number: u16, message: Message) -> Told<'_> {
        let place = Place { span, position: position(self.subject(which), span.start), ..Place::default() };
        self.findings.push(Diagnostic::new(Code::error(number), message, place));
        Told(self.findings.last_mut())
    }

    /// The groups of one structure of the source.
    fn structure(&mut self, index: usize) {
        if self.findings.len() >= FINDINGS {
            return;
        }
        let structure = self.source.structures.all()[index].clone();
        if structure.trailer_span.is_none() {
            let message = Message::new("security-unclosed").with("structure", self.source.path(index));
            self.tell(Which::Source, structure.header_span, 6203, message);
            return;
        }
        if structure.headers.is_empty() && structure.trailers.is_empty() && structure.misplaced.is_empty() {
            if let Some(span) = structure.encrypted {
                self.encrypted(index, span);
            }
            return;
        }
        self.seen = true;
        let before = self.findings.len();
        let pairs = self.pairs(index, &structure);
        if let Some(span) = structure.encrypted {
            self.encrypted(index, span);
        }
        if self.findings.len() > before {
            return;
        }
        let signed = self.signatures.len();
        for (header, trailer) in &pairs {
            self.pair(index, &structure, header, trailer);
        }
        if structure.level == Level::Message && message_type(&structure) == b"AUTACK" && self.findings.len() == before {
            self.references(index, &structure, signed);
        }
    }

    fn encrypted(&mut self, index: usize, span: Span) {
        self.seen = true;
        let path = self.source.path(index);
        let message = Message::new("security-encrypted").with("structure", path);
        self.tell(Which::Source, span, 6212, message).help("help-security-encrypted");
    }

    /// Each header group with its trailer group.
    fn pairs(&mut self, index: usize, structure: &Structure) -> Vec<(PlacedHeader, PlacedTrailer)> {
        let path = self.source.path(index);
        let source = Which::Source;
        for (tag, span) in &structure.misplaced {
            let message = Message::new("security-misplaced").with("segment", tag).with("structure", &path);
            self.tell(source, *span, 6202, message);
        }
        let mut references = HashSet::new();
        for header in &structure.headers {
            let reference = header.group.reference().into_owned();
            if !references.insert(reference.clone()) {
                let message = Message::new("security-duplicate").with("reference", reference).with("structure", &path);
                self.tell(source, header.span, 6204, message);
            }
        }
        let mut closed = HashSet::new();
        let mut pairs = Vec::new();
        for trailer in &structure.trailers {
            let reference = trailer.reference();
            if !closed.insert(reference.clone()) {
                let message = Message::new("security-duplicate").with("reference", reference).with("structure", &path);
                self.tell(source, trailer.span, 6204, message);
                continue;
            }
            let Some(header) = structure.header_of(trailer) else {
                let message = Message::new("security-no-header").with("reference", reference).with("structure", &path);
                self.tell(source, trailer.span, 6203, message);
                continue;
            };
            let counted = trailer.trailer.text(1);
            let segments = header.segments + trailer.segments();
            if counted.parse() != Ok(segments) {
                let message = Message::new("security-count")
                    .with("reference", reference)
                    .with("counted", &counted)
                    .with("actual", segments);
                self.tell(source, trailer.trailer_span, 6205, message);
            }
            pairs.push((header.clone(), trailer.clone()));
        }
        for reference in references.difference(&closed) {
            let header = structure.headers.iter().find(|header| header.group.reference() == *reference);
            let span = header.map_or(structure.header_span, |header| header.span);
            let message = Message::new("security-no-trailer").with("reference", reference).with("structure", &path);
            self.tell(source, span, 6203, message);
        }
        pairs
    }

    /// One pair of groups that secures the structure it stands in.
    fn pair(&mut self, index: usize, structure: &Structure, header: &PlacedHeader, trailer: &PlacedTrailer) {
        let source = Which::Source;
        let group = &header.group;
        let reference = group.reference().into_owned();
        if group.service_code() == "4" {
            return self.encrypted(index, header.span);
        }
        let Some(service) = group.service() else {
            let message =
                Message::new("security-service").with("reference", reference).with("code", group.service_code());
            self.tell(source, header.span, 6206, message);
            return;
        };
        if service.is_for_references() {
            if structure.level != Level::Message || message_type(structure) != b"AUTACK" {
                let message = Message::new("security-references-only-autack").with("reference", reference);
                self.tell(source, header.span, 6206, message.with("code", service.code()));
            }
            return;
        }
        let scope = group.scope().filter(|scope| !scope.is_for_references());
        let Some(scope) = scope else {
            let message = Message::new("security-scope").with("reference", reference).with("code", group.scope_code());
            self.tell(source, header.span, 6207, message).help("help-security-scope");
            return;
        };
        if scope == Scope::HeaderToTrailer && !is_nested(structure, header, trailer) {
            let message = Message::new("security-crossing").with("reference", reference);
            self.tell(source, trailer.span, 6202, message);
            return;
        }
        let Some(result) = &trailer.result else {
            let message = Message::new("security-no-result").with("reference", reference);
            self.tell(source, trailer.span, 6208, message);
            return;
        };
        let spans = scope::embedded(structure, header, trailer, scope);
        let home = (&self.source, index);
        let subjected = Subjected { home, header, value: (result, 0, trailer.span), target: home, spans, scope };
        match self.check(&subjected) {
            Ok(checked) => self.accept(index, header, service, scope, checked),
            Err(refusal) => self.refuse(*refusal),
        }
    }

    fn refuse(&mut self, refusal: Refusal) {
        let Refusal { span, number, message, help } = refusal;
        let mut told = self.tell(Which::Source, span, number, message);
        if let Some(help) = help {
            told.help(help);
        }
    }

    fn accept(&mut self, index: usize, header: &PlacedHeader, service: Service, scope: Scope, checked: Checked) {
        let group = &header.group;
        self.left = self.left.saturating_sub(checked.digested.spans.iter().map(|span| span.len()).sum());
        let Some((algorithm, certificate)) = checked.signer else {
            self.unsigned.push(checked.digested);
            return;
        };
        let key = certificate.public_key().clone();
        self.signatures.push(Signature {
            reference: group.reference().into_owned(),
            structure: self.source.path(index),
            span: header.span,
            service,
            scope,
            filter: group.filter().unwrap_or(Filter::None),
            algorithm,
            digest: checked.digested.algorithm,
            legacy: algorithm.legacy(key.kind()) | checked.digested.algorithm.legacy(),
            key,
            certificate,
            covered: vec![checked.digested],
            sequence: group.sequence().into_owned(),
            time: group.time().map(|part| part.into_owned()),
            asks_for_acknowledgement: group.asks_for_acknowledgement(),
        });
    }

    /// What the AUTACK at `index` says about others. Signatures from `signed` on are its own.
    fn references(&mut self, index: usize, structure: &Structure, signed: usize) {
        let own = signed..self.signatures.len();
        for referenced in Referenced::all(self.source.structures.octets(), structure) {
            let path = referenced.path();
            if referenced.values().is_empty() {
                let message = Message::new("autack-no-value").with("structure", &path);
                self.tell(Which::Source, referenced.span(), 6208, message);
            }
            for value in referenced.values() {
                if !value.error_code().is_empty() {
                    let message =
                        Message::new("autack-refused").with("structure", &path).with("code", value.error_code());
                    self.tell(Which::Source, value.span, 6223, message).help("help-autack-refused");
                    continue;
                }
                let reference = value.reference().into_owned();
                let header = structure.headers.iter().find(|header| header.group.reference() == reference);
                let service =
                    header.and_then(|header| header.group.service()).filter(|service| service.is_for_references());
                let (Some(header), Some(service)) = (header, service) else {
                    let message =
                        Message::new("autack-no-header").with("reference", reference).with("structure", &path);
                    self.tell(Which::Source, value.span, 6203, message);
                    continue;
                };
                let checked = match self.reference(index, header, &referenced, value) {
                    Ok(checked) => checked,
                    Err(refusal) => {
                        self.refuse(*refusal);
                        continue;
                    }
                };
                let scope = checked.digested.scope;
                if checked.signer.is_some() {
                    self.accept(index, header, service, scope, checked);
                    continue;
                }
                // A digest is worth what the signature over the AUTACK is worth that holds it.
                let said = [referenced.span(), value.span];
                let mut believed = false;
                for signature in &mut self.signatures[own.clone()] {
                    let spans: Vec<_> = signature.covered.first().into_iter().flat_map(|part| &part.spans).collect();
                    let covers =
                        |said: &Span| spans.iter().any(|part| part.start <= said.start && said.end <= part.end);
                    if said.iter().all(covers) {
                        signature.covered.push(checked.digested.clone());
                        believed = true;
                    }
                }
                if !believed {
                    self.unsigned.push(checked.digested);
                }
            }
        }
    }

    /// The value that an AUTACK gives for another structure.
    fn reference(
        &self,
        index: usize,
        header: &PlacedHeader,
        referenced: &Referenced,
        value: &super::references::ReferencedValue,
    ) -> Result<Checked, Box<Refusal>> {
        let path = referenced.path();
        let refusal = |number, message: Message| Refusal::new(value.span, number, message.with("structure", &path));
        let found =
            self.content.iter().chain([&self.source]).map(|subject| (subject, referenced.resolve(&subject.structures)));
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|(_, resolved)| resolved == &Err(Unresolved::Missing));
        let (subject, target) = match found.into_iter().next() {
            Some((subject, Ok(target))) => (subject, target),
            Some((_, Err(Unresolved::Ambiguous))) => return Err(refusal(6213, Message::new("autack-ambiguous"))),
            Some((_, Err(Unresolved::Differs(element)))) => {
                return Err(refusal(6214, Message::new("autack-differs").with("element", element)));
            }
            _ => return Err(refusal(6213, Message::new("autack-missing")).with_help("help-autack-missing")),
        };
        let structure = &subject.structures.all()[target];
        if structure.trailer_span.is_none() {
            return Err(refusal(6203, Message::new("security-unclosed")));
        }
        let own = &self.source.structures.all()[index];
        if subject.which == Which::Source
            && structure.span.start <= own.span.start
            && own.span.end <= structure.span.end
        {
            return Err(refusal(6207, Message::new("autack-of-itself")));
        }
        let scope = match header.group.scope() {
            Some(Scope::BatchMessage) if structure.level == Level::Message => Scope::BatchMessage,
            Some(Scope::Whole) => Scope::Whole,
            _ => {
                let message = Message::new("autack-scope").with("code", header.group.scope_code());
                return Err(refusal(6207, message).with_help("help-security-scope"));
            }
        };
        self.check(&Subjected {
            home: (&self.source, index),
            header,
            value: (&value.record, 1, value.span),
            target: (subject, target),
            spans: vec![structure.span],
            scope,
        })
    }

    /// Whether the value is one of these octets.
    fn check(&self, what: &Subjected<'_, 'v>) -> Result<Checked, Box<Refusal>> {
        let group = &what.header.group;
        let reference = group.reference();
        let (_, _, value_span) = what.value;
        let refusal =
            |number, message: Message| Refusal::new(value_span, number, message.with("reference", &reference));
        self.circumstances(what)?;
        let filter = group.filter();
        let filter =
            filter.ok_or_else(|| refusal(6208, Message::new("security-filter").with("code", group.filter_code())))?;
        let hashing = group.hashing().ok_or_else(|| refusal(6209, Message::new("security-no-hashing")))?;
        let digest_algorithm = hashing.digest();
        let digest_algorithm = digest_algorithm
            .ok_or_else(|| refusal(6209, Message::new("security-digest-unknown").with("algorithm", &hashing)))?;
        let weak = digest_algorithm.legacy().without(self.policy.legacy);
        if !weak.is_empty() {
            return Err(self.weak(&refusal, weak));
        }
        let Some(value) = Value::read(what.value.0, what.value.1, filter) else {
            return Err(refusal(6208, Message::new("security-value-form").with("filter", group.filter_code())));
        };
        if group.symmetric().is_some() {
            return Err(refusal(6209, Message::new("security-symmetric")));
        }
        let scheme = match group.signing() {
            None if group.service().is_some_and(Service::needs_no_signature) => None,
            None => return Err(refusal(6211, Message::new("security-no-signing").with("code", group.service_code()))),
            Some(signing) => {
                Some(signing.scheme().ok_or_else(|| {
                    refusal(6209, Message::new("security-scheme-unknown").with("algorithm", &signing))
                })?)
            }
        };
        let candidates = match scheme {
            Some(scheme) => self.candidates(group, scheme.with(digest_algorithm), &refusal)?,
            None => Vec::new(),
        };
        let (subject, target) = what.target;
        let octets = subject.structures.octets();
        let mut problem = None;
        for layout in [Layout::Kept, Layout::LeftOut] {
            let Some(spans) = subject.laid_out(&what.spans, layout) else { continue };
            if spans.iter().map(|span| span.len()).sum::<u64>() > self.left {
                let message = Message::new("security-passes").with("limit", self.policy.passes);
                return Err(refusal(9242, message));
            }
            let digest = scope::digest(octets, &spans, digest_algorithm);
            let signer = match scheme {
                None if value.is(digest.as_ref()) => None,
                None => continue,
                Some(scheme) => {
                    let algorithm = scheme.with(digest_algorithm);
                    let holds = candidates.iter().find(|candidate| {
                        match self.holds(candidate.public_key(), algorithm, digest.as_ref(), &value) {
                            Ok(()) => true,
                            Err(SignatureError::Wrong) => false,
                            Err(error) => {
                                problem.get_or_insert(error);
                                false
                            }
                        }
                    });
                    let Some(holds) = holds else { continue };
                    Some((algorithm, (*holds).clone()))
                }
            };
            let digested = Digested {
                reference: reference.into_owned(),
                file: subject.which,
                structure: subject.path(target),
                scope: what.scope,
                layout,
                algorithm: digest_algorithm,
                digest,
                spans,
            };
            return Ok(Checked { signer, digested });
        }
        if let Some(SignatureError::Legacy(weak)) = problem {
            return Err(self.weak(&refusal, weak));
        }
        let message = match problem {
            Some(error) => Message::new("security-key-unfit").with("detail", error),
            None => Message::new("security-value-wrong").with("structure", subject.path(target)),
        };
        let number = if scheme.is_some() { 6220 } else { 6222 };
        Err(refusal(number, message).with_help("help-security-value-wrong"))
    }

    fn weak(&self, refusal: &impl Fn(u16, Message) -> Box<Refusal>, weak: Legacy) -> Box<Refusal> {
        refusal(6221, Message::new("security-weak").with("names", weak)).with_help("help-security-weak")
    }

    /// What must be so for a value to mean what it says: the encoding and the service characters of the time of signing.
    fn circumstances(&self, what: &Subjected<'_, 'v>) -> Result<(), Box<Refusal>> {
        let group = &what.header.group;
        let (subject, index) = what.home;
        let refusal = |number, message: Message| {
            Refusal::new(what.header.span, number, message.with("reference", group.reference()))
        };
        let interchange = subject.structures.enclosing(index, Level::Interchange);
        let repertoire = interchange
            .and_then(|structure| karvan_edifact::Repertoire::from_identifier(structure.header.value(0, 0, 0)));
        let utf8 = repertoire.is_some_and(karvan_edifact::Repertoire::is_utf8);
        if !(matches!(&*group.encoding(), "" | "1" | "2") || group.encoding() == "7" && utf8) {
            return Err(refusal(6217, Message::new("security-encoding").with("code", group.encoding())));
        }
        let characters = subject.structures.all()[index].characters;
        let told = group.certificates().iter().flat_map(|certificate| certificate.service_characters());
        for (role, character) in told {
            let in_force = match role {
                b'1' => Some(characters.terminator),
                b'2' => Some(characters.component),
                b'3' => Some(characters.element),
                b'4' => characters.release,
                b'5' => characters.repetition,
                _ => continue,
            };
            if character != in_force {
                return Err(refusal(6216, Message::new("security-characters").with("role", char::from(role))));
            }
        }
        Ok(())
    }

    /// The certificates that the group may refer to, with keys that make such signatures.
    fn candidates(
        &self,
        group: &SecurityHeader,
        algorithm: SignatureAlgorithm,
        refusal: &impl Fn(u16, Message) -> Box<Refusal>,
    ) -> Result<Vec<&Certificate>, Box<Refusal>> {
        let meant =
            |certificate: &Certificate| group.certificates().first().is_none_or(|first| first.may_be(certificate));
        let mut seen = HashSet::new();
        let all = self.offered.iter().chain(self.known).filter(|one| seen.insert(*one.fingerprint()) && meant(one));
        let fitting: Vec<_> = all.filter(|one| makes(one.public_key(), algorithm)).take(self.policy.keys + 1).collect();
        if fitting.len() > self.policy.keys {
            return Err(refusal(9241, Message::new("security-keys").with("limit", self.policy.keys)));
        }
        if fitting.is_empty() {
            let named = group.certificates().first().map_or_else(String::new, |first| {
                let names = first.key_names().next().unwrap_or_default();
                if first.reference().is_empty() { names.into_owned() } else { first.reference().into_owned() }
            });
            let message =
                Message::new("security-no-certificate").with("certificate", named).with("algorithm", algorithm);
            return Err(refusal(6210, message).with_help("help-signer-certificate"));
        }
        Ok(fitting)
    }

    fn holds(
        &self,
        key: &PublicKey,
        algorithm: SignatureAlgorithm,
        digest: &[u8],
        value: &Value,
    ) -> Result<(), SignatureError> {
        let signature = value.signature(key).ok_or(SignatureError::Wrong)?;
        match algorithm.digest() {
            Some(_) => key.verify_digest(algorithm, digest, &signature, self.policy.legacy),
            None => key.verify_allowing(algorithm, digest, &signature, self.policy.legacy),
        }
    }

    /// What the policy wants covered.
    fn coverage(&mut self) {
        let mut missing = Vec::new();
        let referred =
            self.signatures.iter().flat_map(|signature| &signature.covered).any(|part| part.file == Which::Content);
        for subject in std::iter::once(&self.source).chain(self.content.iter().filter(|_| referred)) {
            let covered = covered_spans(&self.signatures, subject.which);
            for (index, structure) in subject.structures.all().iter().enumerate() {
                let wanted = match (self.policy.coverage, structure.level) {
                    (Coverage::Bodies, Level::Message) if message_type(structure) != b"AUTACK" => structure.body,
                    (Coverage::Bodies, Level::Package) => structure.body,
                    (Coverage::Interchanges, Level::Interchange)
                        if subject.which == Which::Content || self.content.is_none() || !referred =>
                    {
                        structure.span
                    }
                    _ => continue,
                };
                let gaps = scope::without(&[wanted], covered.iter().copied());
                let octets = subject.structures.octets();
                let is_layout = |span: &Span| {
                    structure.level != Level::Package && span.slice(octets).iter().all(|octet| *octet <= b' ')
                };
                if let Some(gap) = gaps.iter().find(|gap| !is_layout(gap)) {
                    missing.push((subject.which, *gap, subject.path(index)));
                }
            }
        }
        for (which, span, path) in missing.into_iter().take(FINDINGS) {
            let message = Message::new("security-not-covered").with("structure", path);
            self.tell(which, span, 6224, message).help("help-security-not-covered");
        }
    }
}

/// A finding that was just told.
struct Told<'f>(Option<&'f mut Diagnostic>);

impl Told<'_> {
    fn help(&mut self, id: &'static str) {
        if let Some(finding) = &mut self.0 {
            finding.help = Some(Message::new(id));
        }
    }
}

/// Why a value is not accepted.
struct Refusal {
    span: Span,
    number: u16,
    message: Message,
    help: Option<&'static str>,
}

impl Refusal {
    fn new(span: Span, number: u16, message: Message) -> Box<Self> {
        Box::new(Self { span, number, message, help: None })
    }

    fn with_help(mut self: Box<Self>, help: &'static str) -> Box<Self> {
        self.help = Some(help);
        self
    }
}

/// The values of S508 (USR, USY), the filter taken away.
#[derive(Debug)]
enum Value {
    /// 0563 is 1.
    Single(Vec<u8>),
    /// 0563 is 2 and 3.
    Pair(Vec<u8>, Vec<u8>),
}

impl Value {
    /// The values in a data element of `record`; none where they are not what the filter makes, or not one or two.
    fn read(record: &Record, element: usize, filter: Filter) -> Option<Self> {
        let mut values = record.occurrences(element).map(|components| {
            let qualifier = components.first().map(Vec::as_slice).unwrap_or_default();
            Some((qualifier, filter.decode(components.get(1)?)?))
        });
        match (values.next()??, values.next(), values.next()) {
            ((b"1", value), None, None) => Some(Self::Single(value)),
            ((b"2", r), Some(Some((b"3", s))), None) => Some(Self::Pair(r, s)),
            _ => None,
        }
    }

    fn is(&self, digest: &[u8]) -> bool {
        matches!(self, Self::Single(value) if value == digest)
    }

    /// The signature as a key takes it: of a pair `r ‖ s`, each as long as it must be.
    fn signature(&self, key: &PublicKey) -> Option<Vec<u8>> {
        match self {
            Self::Single(value) => (!makes_pairs(key)).then(|| value.clone()),
            Self::Pair(..) if !makes_pairs(key) => None,
            Self::Pair(r, s) => {
                // DSA has as many octets as its q, one of three sizes (FIPS 186-4 §4.2).
                let longest = r.len().max(s.len());
                let of_dsa = || [20, 28, 32].into_iter().find(|size| *size >= longest);
                let size = key.kind().curve_octets().or_else(of_dsa)?;
                let fixed = |number: &[u8]| Some([&vec![0; size.checked_sub(number.len())?], number].concat());
                Some([fixed(r)?, fixed(s)?].concat())
            }
        }
    }
}

/// Whether signatures of the key are a pair `r`, `s`.
fn makes_pairs(key: &PublicKey) -> bool {
    key.kind().curve_octets().is_some() || matches!(key.kind(), KeyKind::Dsa { .. })
}

/// Whether a key of this kind makes signatures of that algorithm.
fn makes(key: &PublicKey, algorithm: SignatureAlgorithm) -> bool {
    use SignatureAlgorithm as A;
    match key.kind() {
        KeyKind::Rsa { .. } => matches!(algorithm, A::RsaPkcs1(_) | A::RsaPss { .. }),
        KeyKind::EcP256 | KeyKind::EcP384 | KeyKind::EcP521 => matches!(algorithm, A::EcdsaFixed(_)),
        KeyKind::Dsa { .. } => matches!(algorithm, A::DsaFixed(_)),
        KeyKind::Ed25519 => algorithm == A::Ed25519,
        _ => false,
    }
}

/// The certificates in packages of the file.
fn offered(structures: &Structures<'_>, policy: &Policy) -> Vec<Certificate> {
    let packages = structures.all().iter().filter(|structure| structure.level == Level::Package);
    let objects = packages.map(|package| package.body.slice(structures.octets()));
    let certificates = objects.filter(|object| object.starts_with(b"\x30") || object.starts_with(b"-----BEGIN "));
    certificates.flat_map(|object| karvan_pki::certificates("UNO", object, &policy.certificates).0).collect()
}

/// S009/0065 of a message.
fn message_type(structure: &Structure) -> &[u8] {
    structure.header.value(1, 0, 0)
}

/// Whether the groups between header and trailer are whole, as brackets are.
fn is_nested(structure: &Structure, header: &PlacedHeader, trailer: &PlacedTrailer) -> bool {
    let inner = |header: &&PlacedHeader, start: u64| header.span.start > start;
    let headers = structure.headers.iter().filter(|other| inner(other, header.span.start));
    let trailers: HashSet<_> = structure
        .trailers
        .iter()
        .filter(|other| other.span.start < trailer.span.start)
        .map(PlacedTrailer::reference)
        .collect();
    let mut count = 0;
    headers.inspect(|_| count += 1).all(|header| trailers.contains(&*header.group.reference()))
        && count == trailers.len()
}

fn position(subject: &Subject<'_>, offset: u64) -> karvan_text::Position {
    let octets = subject.structures.octets();
    Locator::default().position(octets, usize::try_from(offset).unwrap_or(usize::MAX))
}

/// The stretches of a file that no signature covers, layout alone left out.
fn uncovered(subject: &Subject<'_>, signatures: &[Signature]) -> Vec<Uncovered> {
    let octets = subject.structures.octets();
    let covered = covered_spans(signatures, subject.which);
    let gaps = scope::without(&[Span::new(0, octets.len() as u64)], covered);
    let mut segments = subject.structures.items().filter(|item| !matches!(item, Item::Layout(_))).peekable();
    let mut found = Vec::new();
    for gap in gaps {
        let (mut first, mut last) = (None, None);
        while let Some(item) = segments.next_if(|item| item.span().start < gap.end) {
            if item.span().end <= gap.start {
                continue;
            }
            let tag = match item {
                Item::Segment(segment) => String::from_utf8_lossy(segment.tag()).into_owned(),
                Item::Advice(_) => "UNA".to_owned(),
                _ => "…".to_owned(),
            };
            first.get_or_insert_with(|| tag.clone());
            last = Some(tag);
        }
        let segments = match (first, last) {
            (Some(first), Some(last)) if first != last => format!("{first} … {last}"),
            (Some(only), _) => only,
            _ => continue,
        };
        found.push(Uncovered { file: subject.which, span: gap, segments });
    }
    found
}
