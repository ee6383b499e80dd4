//! Checking a document against a grammar, as it is read.

use std::cmp::Ordering;
use std::io::Read;

use karvan_text::{Code, Diagnostic, Message, Span};
use karvan_xml::{Document, Event, EventAttribute, EventReader, Limits, NameId, ReadError, XML_NAMESPACE};

use super::INSTANCE_NAMESPACE;
use super::code_lists::Number;
use super::content::{self, Frame, Gap, Matched, Position};
use super::grammar::{
    AttributeUse, Content, ElementDeclaration, Grammar, Label, Process, SimpleType, TypeDefinition, Wildcard,
};
use super::problem::{self, Problem, shown};

const MISSING: Code = Code::error(5113);
const PLACE: Code = Code::error(5115);
const TOO_OFTEN: Code = Code::error(5135);
const ROOT: Code = Code::error(5150);
const UNKNOWN: Code = Code::error(5151);
const NAMESPACE: Code = Code::error(5152);
const CONTENT: Code = Code::error(5153);
const TEXT: Code = Code::error(5154);
const NOT_A_VALUE: Code = Code::error(5155);
const NOT_EMPTY: Code = Code::error(5156);
const ATTRIBUTE: Code = Code::error(5157);
const TYPE: Code = Code::error(5158);
const NIL: Code = Code::error(5159);
const ABSTRACT: Code = Code::error(5160);
const CODE: Code = Code::warning(3012);
const VALUE_LIMIT: Code = Code::error(9108);

/// Checks `document` against `grammar` and gives every departure from it, in the order of the document.
///
/// It is [`Validator`] run over the source of the document.
///
/// ```
/// use karvan_schema::xml::{Grammar, validate};
/// use karvan_xml::{Document, Limits};
///
/// let source = r#"<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>1</ID></Invoice>"#;
/// let document = Document::parse(source, &Limits::default())?;
/// let findings = validate(&document, Grammar::builtin("ubl-2.1").unwrap());
/// assert_eq!(findings[0].code.to_string(), "E5152"); // ID belongs to CommonBasicComponents-2
/// # Ok::<(), karvan_xml::ParseError>(())
/// ```
#[must_use]
pub fn validate(document: &Document, grammar: &Grammar) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut reader = EventReader::new(document.source(), Limits { depth: usize::MAX, ..Limits::default() });
    let mut validator = Validator::new(grammar);
    // What is a document can be read again.
    while let Ok(Some(event)) = reader.advance() {
        validator.event(&reader, event, &mut |finding| findings.push(finding));
    }
    findings.sort_by_key(|finding| finding.place.span.start);
    findings
}

/// Checks a document against a grammar as it is read, in memory that grows with its depth alone.
///
/// Checked are names with their namespaces, order, occurrence, attributes, and values with all facets; `xsi:type` and
/// `xsi:nil` are understood, `xsi:schemaLocation` is never followed.
///
/// A finding comes as soon as it is certain: that something is missing, where its parent ends.
///
/// ```
/// use karvan_schema::xml::{Grammar, Validator};
/// use karvan_xml::{EventReader, Limits};
///
/// let source = r#"<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>1</ID></Invoice>"#;
/// let mut reader = EventReader::new(source.as_bytes(), Limits::default());
/// let mut validator = Validator::new(Grammar::builtin("ubl-2.1").unwrap());
/// let mut codes = Vec::new();
/// while let Some(event) = reader.advance()? {
///     validator.event(&reader, event, &mut |finding| codes.push(finding.code.to_string()));
/// }
/// assert_eq!(codes[0], "E5152");
/// # Ok::<(), karvan_xml::ReadError>(())
/// ```
#[derive(Debug)]
pub struct Validator<'g> {
    grammar: &'g Grammar,
    open: Vec<Open<'g>>,
    /// The particles under way in all open elements.
    frames: Vec<Frame>,
    /// The names of the document by their numbers in the grammar.
    labels: Vec<Option<Label>>,
    /// The value of the innermost element.
    value: String,
    /// Where the run of text began that the reader is in, if it is in one.
    run: Option<Span>,
    /// Where codes are looked up: for each place of the grammar, the last one that its lists have.
    codes: Option<Vec<String>>,
}

/// An element whose end is yet to come.
#[derive(Debug)]
struct Open<'g> {
    inside: Inside<'g>,
    declaration: Option<ElementDeclaration<'g>>,
    /// Where its frames begin.
    first: usize,
    /// What was found to be wrong with its children, if anything was.
    faults: Option<Box<Faults<'g>>>,
}

/// What may stand in an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside<'g> {
    /// Elements in the order of their frames, and text between them if it is mixed.
    Elements {
        mixed: bool,
    },
    /// A value of this type, which not every text is, or a code.
    Value(SimpleType<'g>, Number),
    /// Any text, and no elements.
    Text,
    Nothing,
    /// What the grammar knows, and anything else (XML Schema Part 1, 3.4.7 and 3.10.4).
    Known,
    /// Anything.
    Anything,
}

/// What is wrong with the children of an element, as far as it is known before its end.
#[derive(Debug, Default)]
struct Faults<'g> {
    /// Whether something was told.
    told: bool,
    /// What was passed over and may still come, out of place, with the finding if it does not.
    passed: Vec<(ElementDeclaration<'g>, Diagnostic)>,
    /// What is told if nothing else is.
    otherwise: Option<Diagnostic>,
}

/// The attributes that every element may have (XML Schema Part 1, 3.2.7).
const INSTANCE_ATTRIBUTES: [&str; 4] = ["type", "nil", "schemaLocation", "noNamespaceSchemaLocation"];

type Report<'a> = &'a mut dyn FnMut(Diagnostic);

impl<'g> Validator<'g> {
    /// A validator by `grammar`, for one document.
    #[must_use]
    pub fn new(grammar: &'g Grammar) -> Self {
        Self {
            grammar,
            open: Vec::new(),
            frames: Vec::new(),
            labels: Vec::new(),
            value: String::new(),
            run: None,
            codes: None,
        }
    }

    /// Looks codes up in the lists of their places too. What no list has is a warning: those who exchange documents may have
    /// agreed on another list.
    #[must_use]
    pub fn with_codes(mut self) -> Self {
        self.codes = Some(vec![String::new(); self.grammar.code_lists().len()]);
        self
    }

    /// Looks at the event that `reader` is at, and hands findings to `report`.
    pub fn event<R: Read>(&mut self, reader: &EventReader<R>, event: Event, report: Report<'_>) {
        match event {
            Event::Start => {
                self.run = None;
                self.start(reader, report);
            }
            Event::Text => self.text(reader, report),
            Event::End => {
                self.end(reader, report);
                self.run = None;
            }
        }
    }

    /// Reads all of `reader` and hands findings to `report`.
    ///
    /// # Errors
    ///
    /// Those of the reader.
    pub fn run<R: Read>(mut self, reader: &mut EventReader<R>, report: Report<'_>) -> Result<(), ReadError> {
        while let Some(event) = reader.advance()? {
            self.event(reader, event, report);
        }
        Ok(())
    }

    // Elements

    fn start<R: Read>(&mut self, reader: &EventReader<R>, report: Report<'_>) {
        let label = self.label(reader.name(), || (reader.namespace(), reader.local_name()));
        let child = match self.open.last().map(|open| open.inside) {
            None => self.root(reader, report),
            Some(Inside::Elements { .. }) => self.child(reader, label, report),
            Some(Inside::Known) => match self.grammar.element_labelled(label) {
                Some(declaration) => Child::Declared(declaration),
                None => Child::Known,
            },
            Some(Inside::Anything) => Child::Anything,
            Some(Inside::Value(..) | Inside::Text) => {
                let message = Message::new("grammar-element-in-value")
                    .with("parent", reader.parent_name())
                    .with("element", reader.qualified_name());
                self.once(reader, NOT_A_VALUE, message, report);
                Child::Anything
            }
            Some(Inside::Nothing) => {
                let message = Message::new("grammar-not-empty").with("element", reader.parent_name());
                self.once(reader, NOT_EMPTY, message, report);
                Child::Anything
            }
        };
        let first = self.frames.len();
        let (inside, declaration) = match child {
            Child::Declared(declaration) => (self.declared(reader, declaration, report), Some(declaration)),
            Child::Known => (Inside::Known, None),
            Child::Anything => (Inside::Anything, None),
        };
        self.value.clear();
        self.open.push(Open { inside, declaration, first, faults: None });
    }

    /// The numbers of a name of the document in the grammar.
    fn label<'n>(&mut self, name: NameId, parts: impl FnOnce() -> (&'n str, &'n str)) -> Label {
        if let Some(&Some(label)) = self.labels.get(name.index()) {
            return label;
        }
        let (namespace, local) = parts();
        let label = self.grammar.label(namespace, local);
        if name.index() >= self.labels.len() {
            self.labels.resize(name.index() + 1, None);
        }
        self.labels[name.index()] = Some(label);
        label
    }

    /// Tells the first thing that is wrong with what stands in the innermost open element.
    fn once<R: Read>(&mut self, reader: &EventReader<R>, code: Code, message: Message, report: Report<'_>) {
        if let Some(open) = self.open.last_mut() {
            let faults = open.faults.get_or_insert_default();
            if !std::mem::replace(&mut faults.told, true) {
                report(reader.diagnostic(code, message, reader.span(), reader.path()));
            }
        }
    }

    fn root<R: Read>(&mut self, reader: &EventReader<R>, report: Report<'_>) -> Child<'g> {
        if let Some(declaration) = self.grammar.root(reader.namespace(), reader.local_name()) {
            return Child::Declared(declaration);
        }
        let roots: Vec<String> = self.grammar.roots().map(expanded_name).take(problem::MOST_LISTED).collect();
        let message =
            Message::new("grammar-root").with("element", reader.qualified_name()).with("grammar", self.grammar.title());
        let finding = reader.diagnostic(ROOT, message, reader.span(), reader.path()).expected(roots.join(" | "));
        report(finding.found(format!("{{{}}}{}", reader.namespace(), reader.local_name())));
        Child::Anything
    }

    /// What may stand in an element that is declared so; its frames are begun and its attributes checked.
    fn declared<R: Read>(
        &mut self,
        reader: &EventReader<R>,
        declaration: ElementDeclaration<'g>,
        report: Report<'_>,
    ) -> Inside<'g> {
        let mut find = |code, message| report(reader.diagnostic(code, message, reader.span(), reader.path()));
        if declaration.is_abstract() {
            find(ABSTRACT, Message::new("grammar-abstract").with("name", reader.qualified_name()));
        }
        let mut definition = declaration.definition();
        let mut nil = None;
        if reader.attributes().len() > 0 {
            for attribute in reader.attributes().filter(|attribute| attribute.namespace() == INSTANCE_NAMESPACE) {
                match attribute.local_name() {
                    "type" => match self.substitute(reader, attribute.value(), definition) {
                        Ok(given) => definition = given,
                        Err(message) => find(TYPE, message),
                    },
                    "nil" => nil = Some(matches!(attribute.value().trim(), "true" | "1")),
                    _ => {}
                }
            }
        }
        if definition.is_abstract() {
            let name = definition.name().unwrap_or_default();
            find(ABSTRACT, Message::new("grammar-abstract").with("name", name));
        }
        if nil.is_some() && !declaration.is_nillable() {
            find(NIL, Message::new("grammar-nil").with("element", reader.qualified_name()));
        }
        self.attributes(reader, definition, report);
        match definition.content() {
            _ if nil == Some(true) && declaration.is_nillable() => Inside::Nothing,
            _ if nil == Some(true) => Inside::Anything,
            Content::Empty => Inside::Nothing,
            Content::Simple(value) => match self.codes_here(reader, || definition.codes()) {
                0 if value.takes_all() && declaration.fixed().is_none() => Inside::Text,
                codes => Inside::Value(value, codes),
            },
            Content::Elements(part) => {
                content::begin(&mut self.frames, Some(part));
                Inside::Elements { mixed: false }
            }
            Content::Mixed(part) => {
                content::begin(&mut self.frames, part);
                Inside::Elements { mixed: true }
            }
        }
    }

    /// The type that `xsi:type` names, if it may take the place of `declared`.
    fn substitute<R: Read>(
        &self,
        reader: &EventReader<R>,
        text: &str,
        declared: TypeDefinition<'g>,
    ) -> Result<TypeDefinition<'g>, Message> {
        let text = text.trim();
        let (prefix, name) = text.split_once(':').unwrap_or(("", text));
        let given = self.grammar.definition(reader.namespace_of_prefix(prefix).unwrap_or_default(), name);
        let message = |id| Message::new(id).with("type", text).with("element", reader.qualified_name());
        match given {
            Some(given) if given.derives_from(declared) || declared.name() == Some("anyType") => Ok(given),
            Some(_) => Err(message("grammar-type-unrelated")),
            None => Err(message("grammar-type-unknown")),
        }
    }

    /// Finds the place of a child among its siblings.
    fn child<R: Read>(&mut self, reader: &EventReader<R>, label: Label, report: Report<'_>) -> Child<'g> {
        let Some(open) = self.open.last_mut() else { return Child::Anything };
        let mut position = Position::new(self.grammar, &mut self.frames, open.first);
        let matched = match position.accept(label) {
            Some(matched) => matched,
            None => match stray(&mut position, open, reader, label, report) {
                Some(matched) => matched,
                None => return Child::Anything,
            },
        };
        match matched {
            Matched::Declared(declaration) => Child::Declared(declaration),
            Matched::Wildcard(Process::Skip) => Child::Anything,
            Matched::Wildcard(process) => match (self.grammar.element_labelled(label), process) {
                (Some(declaration), _) => Child::Declared(declaration),
                (None, Process::Lax) => Child::Known,
                (None, _) => {
                    report(unknown(reader));
                    Child::Anything
                }
            },
        }
    }

    fn end<R: Read>(&mut self, reader: &EventReader<R>, report: Report<'_>) {
        let Some(mut open) = self.open.pop() else { return };
        match open.inside {
            Inside::Value(value, codes) if !open.faults.as_ref().is_some_and(|faults| faults.told) => {
                self.end_of_value(reader, open.declaration, value, report);
                self.end_of_code(reader, codes, report);
            }
            Inside::Elements { .. } => {
                let gaps = Position::new(self.grammar, &mut self.frames, open.first).gaps_to_end();
                if !gaps.is_empty() || open.faults.is_some() {
                    end_of_content(reader, gaps, open.faults.take(), report);
                }
            }
            _ => {}
        }
        self.frames.truncate(open.first);
    }

    // Text

    fn text<R: Read>(&mut self, reader: &EventReader<R>, report: Report<'_>) {
        let Some(open) = self.open.last() else { return };
        let (text, span) = (reader.text(), reader.span());
        match open.inside {
            Inside::Value(..) => {
                self.run = Some(self.run.map_or(span, |run| run.to(span)));
                let limit = reader.limits().value;
                if self.value.len() + text.len() <= limit {
                    self.value.push_str(text);
                } else {
                    let message = Message::new("xml-limit-value").with("limit", limit);
                    self.once(reader, VALUE_LIMIT, message, report);
                }
            }
            Inside::Elements { mixed: false } => {
                if !text.bytes().all(|octet| matches!(octet, b' ' | b'\t' | b'\n' | b'\r')) {
                    let is_new = self.run.is_none();
                    self.run = Some(span);
                    if is_new {
                        let message = Message::new("grammar-text").with("element", reader.qualified_name());
                        report(reader.diagnostic(TEXT, message, span, reader.path()).found(shown(text.trim())));
                    }
                }
            }
            Inside::Nothing if !text.is_empty() => {
                let message = Message::new("grammar-not-empty").with("element", reader.qualified_name());
                self.once(reader, NOT_EMPTY, message, report);
            }
            Inside::Elements { mixed: true } | Inside::Text | Inside::Nothing | Inside::Known | Inside::Anything => {}
        }
    }

    fn end_of_value<R: Read>(
        &mut self,
        reader: &EventReader<R>,
        declaration: Option<ElementDeclaration<'g>>,
        value: SimpleType<'g>,
        report: Report<'_>,
    ) {
        let fixed = declaration.and_then(ElementDeclaration::fixed);
        let text = match self.value.as_str() {
            "" => declaration.and_then(ElementDeclaration::default).or(fixed).unwrap_or_default(),
            text => text,
        };
        let fixed = fixed.filter(|fixed| !value.is_same(text, fixed));
        let problem = match value.check(text) {
            Err(problem) => Some(Problem::of_value(problem, text, value)),
            Ok(()) => fixed.map(|fixed| Problem::of_fixed(reader.qualified_name(), fixed)),
        };
        if let Some(Problem { code, message, expected }) = problem {
            let span = self.run.unwrap_or_else(|| Span::at(reader.span().start));
            let finding = reader.diagnostic(code, message, span, reader.path());
            report(finding.expected(expected).found(shown(text)));
        }
    }

    // Codes

    /// The number of a place, if codes are looked up there: not where the element says that they are of another list.
    fn codes_here<R: Read>(&self, reader: &EventReader<R>, number: impl FnOnce() -> Number) -> Number {
        // Without codes to look up, the places are not even worked out.
        if self.codes.is_none() {
            return 0;
        }
        let number = number();
        match self.grammar.code_lists().unless(number) {
            Some(unless) if reader.attributes().any(|attribute| attribute.local_name() == unless) => 0,
            _ => number,
        }
    }

    /// The finding that none of the lists of a place has `value`.
    fn unknown_code<R: Read>(
        &mut self,
        reader: &EventReader<R>,
        number: Number,
        value: &str,
        span: Span,
        path: impl FnOnce() -> String,
    ) -> Option<Diagnostic> {
        let value = value.trim();
        // The same currency comes again and again.
        let last = self.codes.as_mut()?.get_mut(usize::from(number).checked_sub(1)?)?;
        if value.is_empty() || last == value {
            return None;
        }
        let lists = self.grammar.code_lists().lists(number);
        let first = lists.first()?;
        if lists.iter().any(|list| list.code(value).is_some()) {
            value.clone_into(last);
            return None;
        }
        let message = Message::new("grammar-code").with("value", shown(value)).with("list", first.name());
        let finding = reader.diagnostic(CODE, message.with("title", first.title()), span, path()).found(shown(value));
        let finding = finding.help(Message::new("help-code-list").with("name", first.name()));
        Some(match lists.iter().find_map(|list| list.offer(value)) {
            Some(offer) => finding.expected(offer),
            None => finding,
        })
    }

    fn end_of_code<R: Read>(&mut self, reader: &EventReader<R>, number: Number, report: Report<'_>) {
        if number == 0 {
            return;
        }
        let (value, span) =
            (std::mem::take(&mut self.value), self.run.unwrap_or_else(|| Span::at(reader.span().start)));
        self.unknown_code(reader, number, &value, span, || reader.path()).into_iter().for_each(report);
        self.value = value;
    }

    // Attributes

    fn attributes<R: Read>(&mut self, reader: &EventReader<R>, definition: TypeDefinition<'g>, report: Report<'_>) {
        let mut required = 0;
        for attribute in reader.attributes() {
            let label = self.label(attribute.name(), || (attribute.namespace(), attribute.local_name()));
            if let Some(declared) = definition.attributes().find(|known| known.label() == label) {
                required += usize::from(declared.is_required());
                check_attribute(reader, &attribute, declared, report);
                let number = self.codes_here(reader, || declared.codes());
                if number > 0 {
                    let path = || format!("{}/@{}", reader.path(), attribute.qualified_name());
                    let finding = self.unknown_code(reader, number, attribute.value(), attribute.value_span(), path);
                    finding.into_iter().for_each(&mut *report);
                }
                continue;
            }
            if attribute.namespace() == INSTANCE_NAMESPACE && INSTANCE_ATTRIBUTES.contains(&attribute.local_name()) {
                continue;
            }
            let let_in = definition.any_attribute().filter(|any| any.allows_label(label)).map(Wildcard::process);
            let global = || self.grammar.attribute(attribute.namespace(), attribute.local_name());
            match (let_in, let_in.and_then(|_| global())) {
                (Some(Process::Strict | Process::Lax), Some(declared)) => {
                    check_attribute(reader, &attribute, declared, report);
                }
                (Some(Process::Lax | Process::Skip), _) => {}
                (None | Some(Process::Strict), _) => report(unknown_attribute(reader, &attribute, definition)),
            }
        }
        // None is missing where all of them were there.
        if definition.attributes().filter(|attribute| attribute.is_required()).count() == required {
            return;
        }
        for missing in definition.attributes().filter(|attribute| attribute.is_required()) {
            let is_it = |attribute: EventAttribute<'_>| {
                attribute.local_name() == missing.name() && attribute.namespace() == missing.namespace()
            };
            if !reader.attributes().any(is_it) {
                let name = attribute_name(reader, missing);
                let message = Message::new("grammar-attribute-missing")
                    .with("element", reader.qualified_name())
                    .with("attribute", &name);
                let path = format!("{}/@{name}", reader.path());
                report(reader.diagnostic(MISSING, message, reader.span(), path).expected(name));
            }
        }
    }
}

/// What a child is.
enum Child<'g> {
    Declared(ElementDeclaration<'g>),
    /// What is known in it is checked.
    Known,
    /// Nothing in it is checked.
    Anything,
}

/// Tells what is wrong with a child that cannot stand where it is, and goes on as if it stood where it belongs.
fn stray<'g, R: Read>(
    position: &mut Position<'_, 'g>,
    open: &mut Open<'g>,
    reader: &EventReader<R>,
    label: Label,
    report: Report<'_>,
) -> Option<Matched<'g>> {
    let faults = open.faults.get_or_insert_default();
    let (here, expected) = (position.here(), position.expected());
    let Some(stray) = position.stray(label) else {
        faults.told = true;
        let Some(namesake) = position.namesake(label) else {
            report(unknown(reader));
            return None;
        };
        let message = Message::new("grammar-namespace").with("element", reader.qualified_name());
        let finding = reader.diagnostic(NAMESPACE, message, reader.span(), reader.path());
        report(finding.expected(namesake.namespace()).found(reader.namespace()));
        // What was meant is there, though not by its name.
        if position.accept(namesake.label()).is_none()
            && let Some(stray) = position.stray(namesake.label())
        {
            position.go_to(&stray);
        }
        return Some(Matched::Declared(namesake));
    };
    let (element, parent) = (reader.qualified_name(), reader.parent_name());
    let mut tell = |code, message| {
        faults.told = true;
        report(reader.diagnostic(code, message, reader.span(), reader.path()));
    };
    if let Some(maximum) = stray.maximum.filter(|maximum| reader.number() > *maximum) {
        let message = Message::new("grammar-too-often").with("element", element).with("parent", parent);
        tell(TOO_OFTEN, message.with("maximum", maximum));
        return Some(stray.matched);
    }
    let message = Message::new("grammar-content").with("parent", parent).with("element", element);
    let finding = reader.diagnostic(CONTENT, message, reader.span(), reader.path());
    let finding = with_expected(reader, finding, &expected);
    if let Some(other) = here.filter(|_| stray.order == Ordering::Less) {
        let other = name_in(reader, other.namespace(), other.name());
        tell(PLACE, Message::new("grammar-before").with("element", element).with("other", other));
    } else if stray.gaps.is_empty() {
        faults.told = true;
        report(finding);
        return Some(stray.matched);
    } else {
        let (place, path) = (Span::at(reader.span().start), reader.parent_path());
        for gap in &stray.gaps {
            // An element that came before it should is not missing.
            if let &Gap::Element(element) = gap
                && reader.siblings_named(element.namespace(), element.name()) == 0
            {
                faults.passed.push((element, missing(reader, element, parent, place, &path)));
            }
        }
        faults.otherwise.get_or_insert(finding);
    }
    position.go_to(&stray);
    Some(stray.matched)
}

/// Tells what the children of an element lack, now that it ends.
fn end_of_content<R: Read>(
    reader: &EventReader<R>,
    gaps: Vec<Gap<'_>>,
    faults: Option<Box<Faults<'_>>>,
    report: Report<'_>,
) {
    let Faults { mut told, passed, otherwise } = faults.map(|faults| *faults).unwrap_or_default();
    let count = |element: ElementDeclaration<'_>| reader.children_named(element.namespace(), element.name());
    for (element, finding) in passed {
        if count(element) == 0 {
            told = true;
            report(finding);
        }
    }
    let (end, path) = (Span::at(reader.span().start), reader.path());
    let mut groups = Vec::new();
    for gap in gaps {
        match gap {
            Gap::Element(element) if count(element) == 0 => {
                told = true;
                report(missing(reader, element, reader.qualified_name(), end, &path));
            }
            Gap::Element(element) => groups.push(element),
            Gap::Group(part) => part.first_elements(&mut groups),
        }
    }
    if !told && otherwise.is_none() {
        let message = Message::new("grammar-content-end").with("parent", reader.qualified_name());
        let finding = reader.diagnostic(CONTENT, message, end, path);
        report(with_expected(reader, finding, &groups));
    } else if let Some(finding) = otherwise.filter(|_| !told) {
        report(finding);
    }
}

fn missing<R: Read>(
    reader: &EventReader<R>,
    element: ElementDeclaration<'_>,
    parent: &str,
    place: Span,
    path: &str,
) -> Diagnostic {
    let element = name_in(reader, element.namespace(), element.name());
    let message = Message::new("grammar-missing").with("parent", parent).with("element", &element);
    reader.diagnostic(MISSING, message, place, format!("{path}/{element}")).expected(element)
}

fn with_expected<R: Read>(
    reader: &EventReader<R>,
    finding: Diagnostic,
    expected: &[ElementDeclaration<'_>],
) -> Diagnostic {
    let mut names: Vec<String> = Vec::new();
    for element in expected {
        let name = name_in(reader, element.namespace(), element.name());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() { finding } else { finding.expected(problem::listed(&names)) }
}

fn unknown<R: Read>(reader: &EventReader<R>) -> Diagnostic {
    let message =
        Message::new("grammar-unknown").with("element", reader.qualified_name()).with("parent", reader.parent_name());
    reader.diagnostic(UNKNOWN, message, reader.span(), reader.path())
}

fn check_attribute<R: Read>(
    reader: &EventReader<R>,
    attribute: &EventAttribute<'_>,
    declared: AttributeUse<'_>,
    report: Report<'_>,
) {
    let (value, simple) = (attribute.value(), declared.value());
    let fixed = declared.fixed();
    if fixed.is_none() && simple.takes_all() {
        return;
    }
    let problem = match simple.check(value) {
        Err(problem) => Problem::of_value(problem, value, simple),
        Ok(()) => match fixed.filter(|fixed| !simple.is_same(value, fixed)) {
            Some(fixed) => Problem::of_fixed(attribute.qualified_name(), fixed),
            None => return,
        },
    };
    let Problem { code, message, expected } = problem;
    let path = format!("{}/@{}", reader.path(), attribute.qualified_name());
    report(reader.diagnostic(code, message, attribute.value_span(), path).expected(expected).found(shown(value)));
}

fn unknown_attribute<R: Read>(
    reader: &EventReader<R>,
    attribute: &EventAttribute<'_>,
    definition: TypeDefinition<'_>,
) -> Diagnostic {
    let name = attribute.qualified_name();
    let message =
        Message::new("grammar-attribute-unknown").with("element", reader.qualified_name()).with("attribute", name);
    let path = format!("{}/@{name}", reader.path());
    let finding = reader.diagnostic(ATTRIBUTE, message, attribute.span(), path).found(name);
    let names: Vec<String> = definition.attributes().map(|known| attribute_name(reader, known)).collect();
    if names.is_empty() { finding } else { finding.expected(problem::listed(&names)) }
}

/// A name as one would write it where the reader is: with the prefix bound there, or else in the form `{namespace}name`.
fn name_in<R: Read>(reader: &EventReader<R>, namespace: &str, name: &str) -> String {
    match reader.prefix_of_namespace(namespace) {
        Some("") => name.to_owned(),
        Some(prefix) => format!("{prefix}:{name}"),
        None => format!("{{{namespace}}}{name}"),
    }
}

fn attribute_name<R: Read>(reader: &EventReader<R>, attribute: AttributeUse<'_>) -> String {
    match attribute.namespace() {
        "" => attribute.name().to_owned(),
        XML_NAMESPACE => format!("xml:{}", attribute.name()),
        namespace => name_in(reader, namespace, attribute.name()),
    }
}

fn expanded_name(element: ElementDeclaration<'_>) -> String {
    format!("{{{}}}{}", element.namespace(), element.name())
}
