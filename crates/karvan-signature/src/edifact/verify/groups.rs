//! The security groups of a file, each with what it says.

use std::collections::HashSet;

use karvan_pki::Certificate;
use karvan_text::{Code, Diagnostic, Message, Place, Severity, Span};

use super::coverage::uncovered;
use super::subject::{Subject, message_type, offered};
use super::value::{Checked, Refusal, Subjected};
use super::{Digested, Files, Policy, Signature, Uncovered, Which};
use crate::edifact::code::{Scope, Service};
use crate::edifact::filter::Filter;
use crate::edifact::scope;
use crate::edifact::structure::{Level, PlacedHeader, PlacedTrailer, Structure};

/// How many findings are told.
pub(super) const FINDINGS: usize = 100;

pub(super) struct Verification<'v> {
    pub(super) source: Subject<'v>,
    pub(super) content: Option<Subject<'v>>,
    pub(super) known: &'v [Certificate],
    pub(super) offered: Vec<Certificate>,
    pub(super) policy: &'v Policy,
    pub(super) findings: Vec<Diagnostic>,
    pub(super) signatures: Vec<Signature>,
    pub(super) unsigned: Vec<Digested>,
    /// Octets that may still be digested.
    pub(super) left: u64,
    seen: bool,
}

/// What a verification found.
pub(super) struct Found {
    pub(super) signatures: Vec<Signature>,
    pub(super) unsigned: Vec<Digested>,
    pub(super) uncovered: Vec<Uncovered>,
    pub(super) offered: Vec<Certificate>,
}

impl<'v> Verification<'v> {
    pub(super) fn new(files: &'v Files, known: &'v [Certificate], policy: &'v Policy) -> Self {
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

    pub(super) fn run(mut self) -> Result<Found, Vec<Diagnostic>> {
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
        let subjects = std::iter::once(&self.source).chain(&self.content);
        let uncovered = subjects.flat_map(|subject| uncovered(subject, &self.signatures)).collect();
        Ok(Found { signatures: self.signatures, unsigned: self.unsigned, uncovered, offered: self.offered })
    }

    /// Files that can be read in two ways are not verified: what one reader leaves out another may act upon.
    fn readable(&mut self) {
        let subjects = [Some(&self.source), self.content.as_ref()];
        for subject in subjects.into_iter().flatten() {
            for problem in subject.structures.problems() {
                let finding = problem.diagnostic(subject.position(problem.span.start));
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
    pub(super) fn tell(&mut self, which: Which, span: Span, number: u16, message: Message) -> Told<'_> {
        let place = Place { span, position: self.subject(which).position(span.start), ..Place::default() };
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

    pub(super) fn refuse(&mut self, refusal: Refusal) {
        let Refusal { span, number, message, help } = refusal;
        let mut told = self.tell(Which::Source, span, number, message);
        if let Some(help) = help {
            told.help(help);
        }
    }

    pub(super) fn accept(
        &mut self,
        index: usize,
        header: &PlacedHeader,
        service: Service,
        scope: Scope,
        checked: Checked,
    ) {
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
}

/// A finding that was just told.
pub(super) struct Told<'f>(Option<&'f mut Diagnostic>);

impl Told<'_> {
    pub(super) fn help(&mut self, id: &'static str) {
        if let Some(finding) = &mut self.0 {
            finding.help = Some(Message::new(id));
        }
    }
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
