//! Reading a document of any length from front to back.

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;

use karvan_text::{Code, Diagnostic, Message, Place, Position, Span};

use crate::attributes::{needs_normalization, next_attribute, normalize_value, reference};
use crate::declaration::{check_namespace, not_ascii, xml_declaration};
use crate::document::is_identifier;
use crate::names::{Bearer, FormId, NameProblem, Names};
use crate::problem::{Problem, Step};
use crate::reader::{
    BYTE_ORDER_MARK, comment_problem, instruction_problem, limit, push_normalized, section_end, text_outside,
};
use crate::token::{Token, token};
use crate::window::Window;
use crate::{Limits, NameId, ParseError};

/// Reads a document from front to back, in memory that does not grow with it.
///
/// The reader is a cursor: [`EventReader::advance`] goes to the next event, and the other methods tell of it, until the next
/// call. It is as strict as [`Document::parse`](crate::Document::parse) and tells the same problems. Of [`Limits`], those
/// hold that concern a single element; the size of the document has no limit here.
///
/// ```
/// use karvan_xml::{Event, EventReader, Limits};
///
/// let mut reader = EventReader::new("<a:Order xmlns:a='urn:example'><a:ID>7</a:ID></a:Order>".as_bytes(), Limits::default());
/// let mut seen = Vec::new();
/// while let Some(event) = reader.advance()? {
///     seen.push(match event {
///         Event::Start => format!("{} {}", reader.namespace(), reader.local_name()),
///         Event::Text => reader.text().to_owned(),
///         Event::End => format!("end of {}", reader.path()),
///     });
/// }
/// assert_eq!(seen, ["urn:example Order", "urn:example ID", "7", "end of /a:Order/a:ID", "end of /a:Order"]);
/// # Ok::<(), karvan_xml::ReadError>(())
/// ```
pub struct EventReader<R> {
    window: Window<R>,
    limits: Limits,
    names: Names,
    /// Where reading goes on in the window.
    at: usize,
    /// The octets of the event.
    octets: Range<usize>,
    open: Vec<Open>,
    /// How often each name stands among the children of each open element.
    children: Vec<(NameId, u32)>,
    /// The prefixes that open elements bind.
    bound: Vec<usize>,
    attributes: Vec<AttributeData>,
    /// Values that are not in the source as they are.
    resolved: String,
    text: Piece,
    /// The target of the processing instruction.
    target: Range<usize>,
    last: Last,
    root_seen: bool,
    /// The encoding that the XML declaration promises, where only ASCII of that is read.
    ascii: Option<&'static str>,
}

/// What the reader is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A start tag, or an empty-element tag.
    Start,
    /// A piece of character data, references resolved and line ends normalised; another piece may follow.
    Text,
    /// An end tag, or the end of an empty-element tag.
    End,
}

/// What the reader is at, where all that a canonical form is made of counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// A tag or a piece of character data.
    Event(Event),
    /// A comment: [`EventReader::text`] is what it says.
    Comment,
    /// A processing instruction: [`EventReader::target`] and, as its data, [`EventReader::text`].
    Instruction,
}

/// What was read last, and what is to be done before reading goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Other,
    /// An empty-element tag, whose end is yet to be told.
    Empty,
    End,
}

/// An element whose end is yet to come.
struct Open {
    form: FormId,
    name: NameId,
    /// Which one of its name it is among its siblings, from 1; 0 where that was not counted.
    number: u32,
    /// How many entries of `children` and `bound` were there before it.
    children: usize,
    bound: usize,
    /// Its start tag.
    tag: Span,
    /// Where that is, once it is no longer in the window.
    position: Option<Position>,
}

/// Where a text is.
#[derive(Clone)]
enum Piece {
    Window(Range<usize>),
    Resolved(Range<usize>),
}

struct AttributeData {
    form: FormId,
    name: NameId,
    value: Piece,
    span: Range<usize>,
    value_span: Range<usize>,
}

/// An attribute of the start tag that an [`EventReader`] is at.
pub struct EventAttribute<'r> {
    names: &'r Names,
    data: &'r AttributeData,
    value: &'r str,
    base: u64,
}

/// What looking at a token came to.
enum Next {
    Markup(Markup),
    /// The document is at its end.
    End,
    /// There is nothing to tell.
    Nothing,
    /// More of the source is needed.
    More,
}

/// Why a document cannot be read to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The source cannot be read.
    Source(io::Error),
    /// It is no document that can be read: the finding.
    Malformed(ParseError),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => error.fmt(f),
            Self::Malformed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {}

/// Of how many different names the children of one element are counted, for paths.
const MOST_COUNTED: usize = 256;

impl<R: Read> EventReader<R> {
    /// A reader of `source`, UTF-8 with or without byte order mark.
    #[must_use]
    pub fn new(source: R, limits: Limits) -> Self {
        Self {
            window: Window::new(source),
            names: Names::new(limits.names),
            limits,
            at: 0,
            octets: 0..0,
            open: Vec::new(),
            children: Vec::new(),
            bound: Vec::new(),
            attributes: Vec::new(),
            resolved: String::new(),
            text: Piece::Window(0..0),
            target: 0..0,
            last: Last::Other,
            root_seen: false,
            ascii: None,
        }
    }

    /// Goes to the next event; none at the end of the document.
    ///
    /// # Errors
    /// What the source says; what is not well formed, not UTF-8 or beyond a limit, or a document type declaration. There
    /// is no going on after an error.
    pub fn advance(&mut self) -> Result<Option<Event>, ReadError> {
        loop {
            match self.advance_markup()? {
                Some(Markup::Event(event)) => return Ok(Some(event)),
                Some(Markup::Comment | Markup::Instruction) => {}
                None => return Ok(None),
            }
        }
    }

    /// Goes to the next event, comment or processing instruction; none at the end of the document.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub fn advance_markup(&mut self) -> Result<Option<Markup>, ReadError> {
        match self.last {
            Last::Other => {}
            Last::Empty => {
                self.octets = self.octets.end..self.octets.end;
                self.last = Last::End;
                return Ok(Some(Markup::Event(Event::End)));
            }
            Last::End => self.close(),
        }
        self.last = Last::Other;
        loop {
            let next = match self.next_token() {
                Ok(next) => next,
                Err(problem) => return Err(self.error(*problem)),
            };
            match next {
                Next::Markup(markup) => return Ok(Some(markup)),
                Next::End => return self.open.last().map_or(Ok(None), |open| Err(self.unclosed(open))),
                Next::Nothing => {}
                Next::More => self.fill()?,
            }
        }
    }

    /// How much of everything the document may have.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The octets of the event: the tag, or the piece of text.
    #[must_use]
    pub fn span(&self) -> Span {
        self.window.span(self.octets.clone())
    }

    /// The name of the innermost element, the one that starts or ends if one does.
    #[must_use]
    pub fn name(&self) -> NameId {
        self.open.last().map_or(NameId::default(), |open| open.name)
    }

    /// The namespace of the innermost element, empty if it is in none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.open.last().map_or("", |open| self.names.namespace(open.name))
    }

    /// The local name of the innermost element.
    #[must_use]
    pub fn local_name(&self) -> &str {
        self.open.last().map_or("", |open| self.names.local_name(open.name))
    }

    /// The name of the innermost element as it is written.
    #[must_use]
    pub fn qualified_name(&self) -> &str {
        self.open.last().map_or("", |open| self.names.written(open.form))
    }

    /// The element that the innermost one stands in, its name as it is written; empty for the document element.
    #[must_use]
    pub fn parent_name(&self) -> &str {
        self.open.iter().nth_back(1).map_or("", |open| self.names.written(open.form))
    }

    /// How many elements are open, the one that starts or ends counted.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// The octets from the beginning of the start tag of the innermost element to the end of the event.
    #[must_use]
    pub fn element_span(&self) -> Span {
        let end = self.span().end;
        self.open.last().map_or(Span::at(end), |open| Span::new(open.tag.start, end))
    }

    /// Which one of its name the innermost element is among its siblings, from 1; 0 where its siblings have too many names
    /// to count them.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.open.last().map_or(0, |open| open.number)
    }

    /// How many children of the innermost element have this name, up to here.
    #[must_use]
    pub fn children_named(&self, namespace: &str, local_name: &str) -> u32 {
        let first = self.open.last().map_or(0, |open| open.children);
        self.count(first..self.children.len(), namespace, local_name)
    }

    /// How many siblings of the innermost element have this name, up to here, itself among them.
    #[must_use]
    pub fn siblings_named(&self, namespace: &str, local_name: &str) -> u32 {
        let first = self.open.iter().nth_back(1).map_or(0, |open| open.children);
        let end = self.open.last().map_or(0, |open| open.children);
        self.count(first..end, namespace, local_name)
    }

    fn count(&self, children: Range<usize>, namespace: &str, local_name: &str) -> u32 {
        let is_it = |name| self.names.local_name(name) == local_name && self.names.namespace(name) == namespace;
        self.children[children].iter().find(|child| is_it(child.0)).map_or(0, |child| child.1)
    }

    /// The attributes of the start tag, in their order; namespace declarations are not among them.
    pub fn attributes(&self) -> impl ExactSizeIterator<Item = EventAttribute<'_>> {
        let (names, base) = (&self.names, self.window.base());
        self.attributes.iter().map(move |data| EventAttribute { names, data, value: self.piece(&data.value), base })
    }

    /// The piece of character data, what the comment says, or the data of the processing instruction; at a tag nothing, or what
    /// stood before it.
    #[must_use]
    pub fn text(&self) -> &str {
        self.piece(&self.text)
    }

    /// Whom the processing instruction is for; at any other event nothing that means something.
    #[must_use]
    pub fn target(&self) -> &str {
        self.window.text().get(self.target.clone()).unwrap_or_default()
    }

    /// The namespaces that the innermost element declares: prefixes, the empty one for the default namespace, and their names.
    pub fn declarations(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = &self.names;
        self.declared_prefixes().iter().map(|&prefix| (names.prefix_text(prefix), names.bound_namespace(prefix)))
    }

    /// The elements that are open, the outermost first: their start tags, and their names as they are written.
    pub fn open_tags(&self) -> impl Iterator<Item = (Span, &str)> {
        self.open.iter().map(|open| (open.tag, self.names.written(open.form)))
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// The form of the name of the innermost element.
    pub(crate) fn element_form(&self) -> FormId {
        self.open.last().map_or(FormId::default(), |open| open.form)
    }

    /// The prefixes, by number, that the innermost element declares.
    pub(crate) fn declared_prefixes(&self) -> &[usize] {
        self.open.last().map_or(&[], |open| &self.bound[open.bound..])
    }

    /// The namespace that `prefix` is bound to here, empty for none; `None` where it is not bound.
    #[must_use]
    pub fn namespace_of_prefix(&self, prefix: &str) -> Option<&str> {
        self.names.namespace_of_prefix(prefix)
    }

    /// A prefix that is bound to `namespace` here.
    #[must_use]
    pub fn prefix_of_namespace(&self, namespace: &str) -> Option<&str> {
        self.names.prefix_of_namespace(namespace)
    }

    /// The path of the innermost element, as [`Element::path`](crate::Element::path) writes it, but for the numbers of those
    /// that were the first of their name: whether there are others is not known yet.
    #[must_use]
    pub fn path(&self) -> String {
        self.path_to(self.open.len())
    }

    /// The path of the element that the innermost one stands in; empty for the document element.
    #[must_use]
    pub fn parent_path(&self) -> String {
        self.path_to(self.open.len().saturating_sub(1))
    }

    fn path_to(&self, depth: usize) -> String {
        let mut path = String::new();
        for open in &self.open[..depth] {
            path.push('/');
            path.push_str(self.names.written(open.form));
            if open.number > 1 {
                path.push_str(&format!("[{}]", open.number));
            }
        }
        path
    }

    /// The line and column of the octet at `offset`, which the event holds or which lies near before it.
    #[must_use]
    pub fn position(&self, offset: u64) -> Position {
        self.window.position(offset)
    }

    /// A finding about the octets of `span`, at the element `path`: place and excerpt filled in.
    #[must_use]
    pub fn diagnostic(&self, code: Code, message: Message, span: Span, path: impl Into<String>) -> Diagnostic {
        let place = Place { span, position: self.position(span.start), path: path.into(), ..Place::default() };
        Diagnostic::new(code, message, place).excerpt(self.window.excerpt(span))
    }

    /// Looks at the token where the reader is.
    fn next_token(&mut self) -> Step<Next> {
        let (text, at) = (self.window.text(), self.at);
        if at == text.len() {
            return if self.window.is_whole() { self.end_of_document() } else { Ok(Next::More) };
        }
        let Some((token, end)) = token(text, at, self.window.is_whole())? else { return Ok(Next::More) };
        self.octets = at..end;
        let next = match token {
            Token::Start { name, attributes, empty } => self.start_tag(name, attributes, empty),
            Token::End { name } => self.end_tag(name),
            Token::Text => self.character_data(at..end),
            Token::Section => self.section(at + "<![CDATA[".len()..end - "]]>".len()),
            Token::Reference => self.reference(at + 1..end - 1),
            Token::Comment => self.comment(at..end),
            Token::Instruction { target } => self.instruction(target, end - "?>".len()),
            Token::Declaration => self.declaration(),
        };
        self.at = end;
        next
    }

    fn declaration(&mut self) -> Step<Next> {
        let (text, octets) = (self.window.text(), self.octets.clone());
        if self.window.base() != 0 || !matches!(&text[..octets.start], "" | BYTE_ORDER_MARK) {
            return Err(Problem::new(5012, Message::new("xml-declaration-place"), octets));
        }
        self.ascii = xml_declaration(text, octets)?;
        self.check_promise()?;
        Ok(Next::Nothing)
    }

    /// Sees to it that what was read is ASCII, where the XML declaration says so.
    fn check_promise(&self) -> Step<()> {
        self.ascii.and_then(|encoding| not_ascii(encoding, self.window.text())).map_or(Ok(()), Err)
    }

    fn end_of_document(&self) -> Step<Next> {
        match self.root_seen {
            true => Ok(Next::End),
            false => Err(Problem::new(5011, Message::new("xml-no-root"), self.at..self.at)),
        }
    }

    /// The error of an element that is open at the end of the document.
    fn unclosed(&self, open: &Open) -> ReadError {
        let message = Message::new("xml-element-unclosed").with("name", self.names.written(open.form));
        let position = open.position.unwrap_or_else(|| self.position(open.tag.start));
        let place = Place { span: open.tag, position, path: self.path(), ..Place::default() };
        // Where the tag is gone, nothing of it can be shown.
        ReadError::Malformed(Problem::new(5001, message, 0..0).into_error_at(place, self.window.excerpt(open.tag)))
    }

    // Tags

    fn start_tag(&mut self, name: Range<usize>, attributes: Range<usize>, empty: bool) -> Step<Next> {
        if self.open.is_empty() && std::mem::replace(&mut self.root_seen, true) {
            return Err(Problem::new(5011, Message::new("xml-second-root"), self.octets.clone()));
        }
        if self.open.len() >= self.limits.depth {
            return Err(Problem::new(9102, limit("xml-limit-depth", self.limits.depth), self.octets.clone()));
        }
        let form = self.form(name.clone())?;
        let bound = self.bound.len();
        self.attributes.clear();
        self.resolved.clear();
        if !attributes.is_empty() {
            self.read_attributes(attributes, bound)?;
        }
        if self.names.written(form).starts_with("xmlns:") {
            let message = Message::new("xml-namespace-reserved").with("name", self.names.written(form));
            return Err(Problem::new(5009, message, name));
        }
        let name = self.resolve(form, Bearer::Element, name)?;
        let number = self.counted(name);
        let (tag, children) = (self.span(), self.children.len());
        self.open.push(Open { form, name, number, children, bound, tag, position: None });
        self.last = if empty { Last::Empty } else { Last::Other };
        Ok(Next::Markup(Markup::Event(Event::Start)))
    }

    /// Which one of its name the next child of the innermost open element is.
    fn counted(&mut self, name: NameId) -> u32 {
        let first = self.open.last().map_or(0, |open| open.children);
        // Those of the same name stand beside one another nearly always.
        if let Some((_, count)) = self.children[first..].iter_mut().rev().find(|child| child.0 == name) {
            *count = count.saturating_add(1);
            return *count;
        }
        if self.children.len() - first >= MOST_COUNTED {
            return 0;
        }
        self.children.push((name, 1));
        1
    }

    fn end_tag(&mut self, name: Range<usize>) -> Step<Next> {
        let found = &self.window.text()[name];
        match self.open.last().map(|open| self.names.written(open.form)) {
            Some(expected) if expected == found => {
                self.last = Last::End;
                Ok(Next::Markup(Markup::Event(Event::End)))
            }
            Some(expected) => {
                let message = Message::new("xml-end-tag").with("expected", expected).with("found", found);
                Err(Problem::new(5002, message, self.octets.clone()))
            }
            None => {
                let message = Message::new("xml-end-tag-alone").with("found", found);
                Err(Problem::new(5002, message, self.octets.clone()))
            }
        }
    }

    /// Leaves the innermost open element.
    fn close(&mut self) {
        if let Some(open) = self.open.pop() {
            self.children.truncate(open.children);
            for prefix in self.bound.drain(open.bound..) {
                self.names.unbind(prefix);
            }
        }
    }

    fn read_attributes(&mut self, range: Range<usize>, bound: usize) -> Step<()> {
        let mut count = 0;
        let (mut from, end) = (range.start, range.end);
        while let Some(attribute) = next_attribute(self.window.text(), from..end) {
            let attribute = attribute?;
            (from, count) = (attribute.span().end, count + 1);
            if count > self.limits.attributes {
                let message = limit("xml-limit-attributes", self.limits.attributes);
                return Err(Problem::new(9103, message, attribute.span()));
            }
            let value = self.value(attribute.value.clone())?;
            match &self.window.text()[attribute.name.clone()] {
                "xmlns" => self.declare("", &value, attribute.span(), bound)?,
                name if name.starts_with("xmlns:") => {
                    let prefix = name["xmlns:".len()..].to_owned();
                    self.form(attribute.name.clone())?;
                    self.declare(&prefix, &value, attribute.span(), bound)?;
                }
                _ => {
                    let (form, span) = (self.form(attribute.name.clone())?, attribute.span());
                    // The name is known only when all declarations of the tag are in scope.
                    let name = NameId::default();
                    self.attributes.push(AttributeData { form, name, value, span, value_span: attribute.value });
                }
            }
        }
        for index in 0..self.attributes.len() {
            let AttributeData { form, ref span, .. } = self.attributes[index];
            let span = span.clone();
            let name = self.resolve(form, Bearer::Attribute, span.clone())?;
            if self.attributes[..index].iter().any(|other| other.name == name) {
                return Err(self.twice(span, self.names.written(form)));
            }
            self.attributes[index].name = name;
        }
        Ok(())
    }

    /// Brings a namespace declaration into scope.
    fn declare(&mut self, prefix: &str, namespace: &Piece, span: Range<usize>, bound: usize) -> Step<()> {
        let namespace = self.piece(namespace).to_owned();
        check_namespace(prefix, &namespace, self.window.text(), span.clone())?;
        let prefix = self.names.prefix(prefix).map_err(|problem| self.name_problem(problem, &span))?;
        if self.bound[bound..].contains(&prefix) {
            let name = self.window.text()[span.clone()].split(['=', ' ', '\t', '\r', '\n']).next().unwrap_or_default();
            return Err(self.twice(span.clone(), name));
        }
        if self.bound.len() >= self.limits.namespaces {
            return Err(Problem::new(9104, limit("xml-limit-namespaces", self.limits.namespaces), span));
        }
        self.names.bind(prefix, &namespace).map_err(|problem| self.name_problem(problem, &span))?;
        self.bound.push(prefix);
        Ok(())
    }

    fn twice(&self, span: Range<usize>, name: &str) -> Box<Problem> {
        Problem::new(5007, Message::new("xml-attribute-twice").with("name", name), span)
    }

    fn form(&mut self, octets: Range<usize>) -> Step<FormId> {
        let text = self.window.text();
        self.names.form(&text[octets.clone()]).map_err(|problem| self.name_problem(problem, &octets))
    }

    fn resolve(&mut self, form: FormId, bearer: Bearer, octets: Range<usize>) -> Step<NameId> {
        self.names.name(form, bearer).map_err(|problem| self.name_problem(problem, &octets))
    }

    fn name_problem(&self, problem: NameProblem, octets: &Range<usize>) -> Box<Problem> {
        let text = &self.window.text()[octets.clone()];
        let (number, message) = match problem {
            NameProblem::Malformed => (5003, Message::new("xml-name").with("name", text)),
            NameProblem::Unbound => {
                let prefix = text.split_once(':').map_or("", |(prefix, _)| prefix);
                (5008, Message::new("xml-prefix-unbound").with("prefix", prefix))
            }
            NameProblem::TooMany => (9106, limit("xml-limit-names", self.limits.names)),
        };
        Problem::new(number, message, octets.clone())
    }

    /// The normalised value of an attribute.
    fn value(&mut self, octets: Range<usize>) -> Step<Piece> {
        let text = self.window.text();
        if !needs_normalization(&text[octets.clone()]) {
            return Ok(Piece::Window(octets));
        }
        let start = self.resolved.len();
        normalize_value(text, octets, &mut self.resolved)?;
        Ok(Piece::Resolved(start..self.resolved.len()))
    }

    // Character data

    fn character_data(&mut self, octets: Range<usize>) -> Step<Next> {
        let text = &self.window.text()[octets.clone()];
        if self.open.is_empty() {
            // A byte order mark stands before the document.
            let is_first = octets.start == 0 && self.window.base() == 0;
            let mark = if is_first && text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
            return text_outside(&text[mark..], octets.start + mark).map_or(Ok(Next::Nothing), Err);
        }
        if let Some(problem) = section_end(text, octets.start) {
            return Err(problem);
        }
        self.take_text(octets);
        Ok(Next::Markup(Markup::Event(Event::Text)))
    }

    fn section(&mut self, inside: Range<usize>) -> Step<Next> {
        self.within()?;
        self.take_text(inside);
        Ok(Next::Markup(Markup::Event(Event::Text)))
    }

    fn reference(&mut self, inside: Range<usize>) -> Step<Next> {
        self.within()?;
        let character = reference(&self.window.text()[inside], self.octets.clone())?;
        self.resolved.clear();
        self.resolved.push(character);
        self.text = Piece::Resolved(0..self.resolved.len());
        Ok(Next::Markup(Markup::Event(Event::Text)))
    }

    fn comment(&mut self, octets: Range<usize>) -> Step<Next> {
        if let Some(problem) = comment_problem(self.window.text(), octets.clone()) {
            return Err(problem);
        }
        self.take_text(octets.start + "<!--".len()..octets.end - "-->".len());
        Ok(Next::Markup(Markup::Comment))
    }

    fn instruction(&mut self, target: Range<usize>, end: usize) -> Step<Next> {
        let text = self.window.text();
        if let Some(problem) = instruction_problem(text, target.clone()) {
            return Err(problem);
        }
        let data = text[target.end..end].trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.take_text(end - data..end);
        self.target = target;
        Ok(Next::Markup(Markup::Instruction))
    }

    /// Sees to it that an element is open.
    fn within(&self) -> Step<()> {
        match self.open.is_empty() {
            true => Err(Problem::new(5011, Message::new("xml-text-outside"), self.octets.clone())),
            false => Ok(()),
        }
    }

    fn take_text(&mut self, octets: Range<usize>) {
        let text = &self.window.text()[octets.clone()];
        self.text = if memchr::memchr(b'\r', text.as_bytes()).is_some() {
            self.resolved.clear();
            push_normalized(text, &mut self.resolved);
            Piece::Resolved(0..self.resolved.len())
        } else {
            Piece::Window(octets)
        };
    }

    // The window

    fn fill(&mut self) -> Result<(), ReadError> {
        if let Some((problem, offset)) = self.window.problem() {
            return Err(self.error_at(*problem, offset));
        }
        if self.window.text().len() - self.at > self.limits.markup {
            let message = limit("xml-limit-markup", self.limits.markup);
            return Err(self.error(*Problem::new(9107, message, self.at..self.at)));
        }
        let kept = self.window.base() + self.window.forgotten(self.at) as u64;
        let Self { window, open, .. } = self;
        for open in open.iter_mut().rev().take_while(|open| open.position.is_none()) {
            open.position = (open.tag.start < kept).then(|| window.position(open.tag.start));
        }
        let moved = self.window.fill(self.at).map_err(ReadError::Source)?;
        self.at -= moved;
        self.check_promise().map_err(|problem| self.error(*problem))
    }

    fn error(&self, problem: Problem) -> ReadError {
        self.error_at(problem, self.window.base())
    }

    /// The error of a problem whose octets are counted from `base`.
    fn error_at(&self, problem: Problem, base: u64) -> ReadError {
        let span = problem.span().offset_by(base);
        let place = Place { span, position: self.window.position(span.start), path: self.path(), ..Place::default() };
        ReadError::Malformed(problem.into_error_at(place, self.window.excerpt(span)))
    }

    fn piece<'r>(&'r self, piece: &Piece) -> &'r str {
        let (text, range) = match piece {
            Piece::Window(range) => (self.window.text(), range),
            Piece::Resolved(range) => (&*self.resolved, range),
        };
        // A caller may ask for what is gone.
        text.get(range.clone()).unwrap_or_default()
    }
}

impl<'r> EventAttribute<'r> {
    /// The name.
    #[must_use]
    pub fn name(&self) -> NameId {
        self.data.name
    }

    pub(crate) fn form(&self) -> FormId {
        self.data.form
    }

    /// The namespace, empty if it is in none.
    #[must_use]
    pub fn namespace(&self) -> &'r str {
        self.names.namespace(self.data.name)
    }

    /// The local name.
    #[must_use]
    pub fn local_name(&self) -> &'r str {
        self.names.local_name(self.data.name)
    }

    /// The name as it is written.
    #[must_use]
    pub fn qualified_name(&self) -> &'r str {
        self.names.written(self.data.form)
    }

    /// The value, normalised.
    #[must_use]
    pub fn value(&self) -> &'r str {
        self.value
    }

    /// Whether its value is an identifier, as [`elements_with_identifier`] has it.
    ///
    /// [`elements_with_identifier`]: crate::Document::elements_with_identifier
    #[must_use]
    pub fn is_identifier(&self) -> bool {
        is_identifier(self.namespace(), self.local_name())
    }

    /// The octets from the name to the closing quotation mark.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::from(self.data.span.clone()).offset_by(self.base)
    }

    /// The octets between the quotation marks.
    #[must_use]
    pub fn value_span(&self) -> Span {
        Span::from(self.data.value_span.clone()).offset_by(self.base)
    }
}

#[cfg(test)]
mod tests;
