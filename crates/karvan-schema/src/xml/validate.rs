//! Checking a document against a grammar.

use std::borrow::Cow;

use karvan_text::{Code, Diagnostic, Message, Span};
use karvan_xml::{Attribute, Document, Element, NodeKind, XML_NAMESPACE};

use super::grammar::{
    AttributeUse, Content, ElementDeclaration, Facet, Grammar, Particle, Process, SimpleType, TypeDefinition,
};
use super::model::{Fault, Matched, Mismatch, explain, matching};
use super::{INSTANCE_NAMESPACE, ValueProblem};

const VALUE: Code = Code::error(5112);
const MISSING: Code = Code::error(5113);
const PLACE: Code = Code::error(5115);
const TOO_OFTEN: Code = Code::error(5135);
const DATATYPE: Code = Code::error(5137);
const TOO_LONG: Code = Code::error(5139);
const TOO_SHORT: Code = Code::error(5140);
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

/// Checks `document` against `grammar` and gives every departure from it, in the order of the document.
///
/// Checked are names with their namespaces, order, occurrence, attributes, and values with all facets; `xsi:type` and
/// `xsi:nil` are understood, `xsi:schemaLocation` is never followed. Not checked, for grammars do not hold them, are
/// identity constraints and global attribute declarations behind wildcards.
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
    validate_up_to(document, grammar, usize::MAX)
}

/// Checks `document` by `grammar` as [`validate`] does, and stops soon after `limit` findings.
#[must_use]
pub fn validate_up_to(document: &Document, grammar: &Grammar, limit: usize) -> Vec<Diagnostic> {
    let root = document.root();
    let mut validator = Validator { grammar, findings: Vec::new(), waiting: Vec::new() };
    match grammar.root(root.namespace(), root.local_name()) {
        Some(declaration) => validator.waiting.push((root, Some(declaration))),
        None => {
            let roots: Vec<String> = grammar.roots().map(expanded_name).collect();
            let message =
                Message::new("grammar-root").with("element", root.qualified_name()).with("grammar", grammar.title());
            let finding = root.diagnostic(ROOT, message).expected(roots.join(" | "));
            validator.findings.push(finding.found(format!("{{{}}}{}", root.namespace(), root.local_name())));
        }
    }
    while validator.findings.len() < limit
        && let Some((node, declaration)) = validator.waiting.pop()
    {
        match declaration {
            Some(declaration) => validator.element(node, declaration),
            // What stands in it is assessed laxly too (XML Schema Part 1, 3.4.7 and 3.10.4).
            None => validator
                .waiting
                .extend(node.elements().map(|child| (child, grammar.element(child.namespace(), child.local_name())))),
        }
    }
    let mut findings = validator.findings;
    findings.sort_by_key(|finding| finding.place.span.start);
    findings
}

struct Validator<'g, 'd> {
    grammar: &'g Grammar,
    findings: Vec<Diagnostic>,
    /// Elements still to be checked, so that depth costs no stack; without declaration where a lax wildcard let in
    /// what the grammar does not know.
    waiting: Vec<(Element<'d>, Option<ElementDeclaration<'g>>)>,
}

impl<'g, 'd> Validator<'g, 'd> {
    fn element(&mut self, node: Element<'d>, declaration: ElementDeclaration<'g>) {
        if declaration.is_abstract() {
            self.find(node, ABSTRACT, Message::new("grammar-abstract").with("name", node.qualified_name()));
        }
        let definition = self.substituted(node, declaration.definition());
        if definition.is_abstract() {
            let name = definition.name().unwrap_or_default();
            self.find(node, ABSTRACT, Message::new("grammar-abstract").with("name", name));
        }
        self.attributes(node, definition);
        if matches!(node.attribute_in(INSTANCE_NAMESPACE, "nil").map(str::trim), Some("true" | "1")) {
            if !declaration.is_nillable() {
                self.find(node, NIL, Message::new("grammar-nil").with("element", node.qualified_name()));
            } else if node.children().any(|child| matches!(child.kind(), NodeKind::Element(_) | NodeKind::Text(_))) {
                self.find(node, NOT_EMPTY, Message::new("grammar-not-empty").with("element", node.qualified_name()));
            }
            return;
        }
        match definition.content() {
            Content::Empty => {
                if node.children().any(|child| matches!(child.kind(), NodeKind::Element(_) | NodeKind::Text(_))) {
                    self.find(
                        node,
                        NOT_EMPTY,
                        Message::new("grammar-not-empty").with("element", node.qualified_name()),
                    );
                }
            }
            Content::Simple(value) => self.simple_content(node, declaration, value),
            Content::Elements(part) => {
                self.no_text(node);
                self.children(node, Some(part));
            }
            Content::Mixed(part) => {
                self.children(node, part);
                if let Some(fixed) = declaration.fixed().filter(|fixed| *fixed != node.text()) {
                    self.value(node, node.text_span(), &node.text(), fixed_problem(node.qualified_name(), fixed));
                }
            }
        }
    }

    /// The type that `xsi:type` names, if it does and may; else `declared`.
    fn substituted(&mut self, node: Element<'d>, declared: TypeDefinition<'g>) -> TypeDefinition<'g> {
        let Some(text) = node.attribute_in(INSTANCE_NAMESPACE, "type") else { return declared };
        let (prefix, name) = text.trim().split_once(':').unwrap_or(("", text.trim()));
        let namespace = node.namespace_of_prefix(prefix).unwrap_or_default();
        let given = self.grammar.definition(namespace, name);
        match given.filter(|given| given.derives_from(declared) || declared.name() == Some("anyType")) {
            Some(given) => given,
            None => {
                let message =
                    Message::new(if given.is_some() { "grammar-type-unrelated" } else { "grammar-type-unknown" });
                let message = message.with("type", text.trim()).with("element", node.qualified_name());
                self.find(node, TYPE, message);
                declared
            }
        }
    }

    // Attributes

    fn attributes(&mut self, node: Element<'d>, definition: TypeDefinition<'g>) {
        for attribute in node.attributes().filter(|attribute| attribute.namespace() != INSTANCE_NAMESPACE) {
            match definition.attribute(attribute.namespace(), attribute.local_name()) {
                Some(declared) => self.attribute(node, attribute, declared),
                None if definition.any_attribute().is_some_and(|any| any.allows(attribute.namespace())) => {}
                None => {
                    let names: Vec<Cow<'_, str>> =
                        definition.attributes().map(|known| attribute_name(node, known)).collect();
                    let message = Message::new("grammar-attribute-unknown")
                        .with("element", node.qualified_name())
                        .with("attribute", written_name(attribute));
                    let path = attribute_path(node, &written_name(attribute));
                    let finding = node.document().diagnostic(ATTRIBUTE, message, attribute.span(), path);
                    let finding = finding.found(written_name(attribute));
                    self.findings.push(if names.is_empty() { finding } else { finding.expected(names.join(" | ")) });
                }
            }
        }
        for required in definition.attributes().filter(|attribute| attribute.is_required()) {
            if node.attribute_in(required.namespace(), required.name()).is_none() {
                let name = attribute_name(node, required);
                let message = Message::new("grammar-attribute-missing")
                    .with("element", node.qualified_name())
                    .with("attribute", &name);
                let path = attribute_path(node, &name);
                let finding = node.document().diagnostic(MISSING, message, node.start_tag_span(), path);
                self.findings.push(finding.expected(name));
            }
        }
    }

    fn attribute(&mut self, node: Element<'d>, attribute: Attribute<'d>, declared: AttributeUse<'g>) {
        let name = written_name(attribute);
        let fixed = declared.fixed().filter(|fixed| !declared.value().is_same(attribute.value(), fixed));
        let problem = match declared.value().check(attribute.value()) {
            Err(problem) => Some(value_problem(problem, attribute.value(), declared.value())),
            Ok(()) => fixed.map(|fixed| fixed_problem(Cow::Borrowed(&name), fixed)),
        };
        if let Some(Problem { code, message, expected }) = problem {
            let path = attribute_path(node, &name);
            let finding = node.document().diagnostic(code, message, attribute.value_span(), path);
            self.findings.push(finding.expected(expected).found(shown(attribute.value())));
        }
    }

    // Content

    fn simple_content(&mut self, node: Element<'d>, declaration: ElementDeclaration<'g>, value: SimpleType<'g>) {
        if let Some(child) = node.elements().next() {
            let message = Message::new("grammar-element-in-value")
                .with("parent", node.qualified_name())
                .with("element", child.qualified_name());
            self.find(child, NOT_A_VALUE, message);
            return;
        }
        let text = match node.text() {
            text if text.is_empty() => Cow::Borrowed(declaration.default().or(declaration.fixed()).unwrap_or_default()),
            text => text,
        };
        let fixed = declaration.fixed().filter(|fixed| !value.is_same(&text, fixed));
        if let Err(problem) = value.check(&text) {
            self.value(node, node.text_span(), &text, value_problem(problem, &text, value));
        } else if let Some(fixed) = fixed {
            self.value(node, node.text_span(), &text, fixed_problem(node.qualified_name(), fixed));
        }
    }

    fn no_text(&mut self, node: Element<'d>) {
        let white = |text: &str| text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        for child in node.children() {
            if let Some(text) = child.as_text().filter(|text| !white(text)) {
                let message = Message::new("grammar-text").with("element", node.qualified_name());
                let finding = node.document().diagnostic(TEXT, message, child.span(), node.path());
                self.findings.push(finding.found(shown(text.trim())));
            }
        }
    }

    /// Matches the child elements and leaves those that are declared to be checked.
    fn children(&mut self, node: Element<'d>, part: Option<Particle<'g>>) {
        let children: Vec<Element<'d>> = node.elements().collect();
        let matched = matching(part, &children).unwrap_or_else(|mismatch| {
            let (matched, faults) = explain(part, &children, mismatch);
            faults.into_iter().for_each(|fault| self.fault(node, &children, fault));
            matched
        });
        for (child, matched) in children.into_iter().zip(matched) {
            let global = || self.grammar.element(child.namespace(), child.local_name());
            match matched {
                Matched::Declared(declaration) => self.waiting.push((child, Some(declaration))),
                Matched::Wildcard(Process::Strict) if global().is_none() => self.unknown(child, node, None),
                Matched::Wildcard(Process::Strict | Process::Lax) => self.waiting.push((child, global())),
                Matched::Wildcard(Process::Skip) | Matched::Nothing => {}
            }
        }
    }

    fn fault(&mut self, node: Element<'d>, children: &[Element<'d>], fault: Fault<'g>) {
        let name = |index: usize| children[index].qualified_name();
        match fault {
            Fault::Unknown { child, namesake } => self.unknown(children[child], node, namesake),
            Fault::Before { child, other } | Fault::After { child, other } => {
                let id = if matches!(fault, Fault::Before { .. }) { "grammar-before" } else { "grammar-after" };
                let message = Message::new(id).with("element", name(child)).with("other", name(other));
                self.find(children[child], PLACE, message);
            }
            Fault::TooOften { child, maximum } => {
                let message = Message::new("grammar-too-often")
                    .with("element", name(child))
                    .with("parent", node.qualified_name())
                    .with("maximum", maximum);
                self.find(children[child], TOO_OFTEN, message);
            }
            Fault::Missing { element, before } => {
                let element = name_in(node, element.namespace(), element.name());
                let message =
                    Message::new("grammar-missing").with("parent", node.qualified_name()).with("element", &element);
                let path = format!("{}/{element}", node.path());
                let finding = node.document().diagnostic(MISSING, message, gap(node, children, before), path);
                self.findings.push(finding.expected(element));
            }
            Fault::Content(Mismatch { at, expected }) => {
                let expected: Vec<Cow<'_, str>> =
                    expected.into_iter().map(|known| name_in(node, known.namespace(), known.name())).collect();
                let (id, span) = match children.get(at) {
                    Some(child) => ("grammar-content", child.start_tag_span()),
                    None => ("grammar-content-end", gap(node, children, at)),
                };
                let mut message = Message::new(id).with("parent", node.qualified_name());
                if let Some(child) = children.get(at) {
                    message = message.with("element", child.qualified_name());
                }
                let path = children.get(at).map_or_else(|| node.path(), |child| child.path());
                let finding = node.document().diagnostic(CONTENT, message, span, path);
                self.findings.push(if expected.is_empty() { finding } else { finding.expected(expected.join(" | ")) });
            }
        }
    }

    fn unknown(&mut self, child: Element<'d>, parent: Element<'d>, namesake: Option<ElementDeclaration<'g>>) {
        let Some(namesake) = namesake else {
            let message = Message::new("grammar-unknown")
                .with("element", child.qualified_name())
                .with("parent", parent.qualified_name());
            return self.find(child, UNKNOWN, message);
        };
        let message = Message::new("grammar-namespace").with("element", child.qualified_name());
        let finding = child.diagnostic(NAMESPACE, message);
        self.findings.push(finding.expected(namesake.namespace()).found(child.namespace()));
    }

    fn find(&mut self, node: Element<'d>, code: Code, message: Message) {
        self.findings.push(node.diagnostic(code, message));
    }

    fn value(&mut self, node: Element<'d>, span: Span, text: &str, problem: Problem) {
        let Problem { code, message, expected } = problem;
        let finding = node.document().diagnostic(code, message, span, node.path());
        self.findings.push(finding.expected(expected).found(shown(text)));
    }
}

/// What is wrong with a value.
struct Problem {
    code: Code,
    message: Message,
    expected: String,
}

fn value_problem(problem: ValueProblem<'_>, text: &str, value: SimpleType<'_>) -> Problem {
    let (code, id, expected) = match problem {
        ValueProblem::Datatype(datatype) => (DATATYPE, "grammar-datatype", datatype.name().to_owned()),
        ValueProblem::Union => (DATATYPE, "grammar-datatype", value.name().unwrap_or("union").to_owned()),
        ValueProblem::Facet(Facet::Enumeration, _) => (VALUE, "grammar-enumeration", alternatives(value)),
        ValueProblem::Facet(facet, limit) => {
            let code = match facet {
                Facet::MaximumLength | Facet::TotalDigits | Facet::FractionDigits => TOO_LONG,
                Facet::MinimumLength => TOO_SHORT,
                _ => VALUE,
            };
            (code, "grammar-facet", format!("{} {limit}", facet.name()))
        }
    };
    let message = Message::new(id).with("value", shown(text)).with("expected", &expected);
    Problem { code, message, expected }
}

fn fixed_problem(name: Cow<'_, str>, fixed: &str) -> Problem {
    let message = Message::new("grammar-fixed").with("name", name).with("fixed", fixed);
    Problem { code: VALUE, message, expected: fixed.to_owned() }
}

/// The first values of an enumeration.
fn alternatives(value: SimpleType<'_>) -> String {
    const MOST: usize = 12;
    let values = value.enumeration();
    let mut text = values.iter().take(MOST).copied().collect::<Vec<_>>().join(" | ");
    if values.len() > MOST {
        text += " | …";
    }
    text
}

/// As much of a value as a message can hold.
fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut characters = text.chars();
    let mut shown: String = characters.by_ref().take(MOST).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// The place before child number `before`, or before the end tag.
fn gap(node: Element<'_>, children: &[Element<'_>], before: usize) -> Span {
    Span::at(children.get(before).map_or(node.content_span().end, |child| child.span().start))
}

/// A name as one would write it in `node`: with the prefix bound there, or else in the form `{namespace}name`.
fn name_in<'g>(node: Element<'_>, namespace: &str, name: &'g str) -> Cow<'g, str> {
    if node.namespace_of_prefix("").unwrap_or_default() == namespace {
        return Cow::Borrowed(name);
    }
    let declarations = node.ancestors().flat_map(Element::declarations);
    let mut prefixes = declarations.filter(|declared| declared.namespace == namespace).map(|declared| declared.prefix);
    match prefixes.find(|prefix| !prefix.is_empty() && node.namespace_of_prefix(prefix) == Some(namespace)) {
        Some(prefix) => Cow::Owned(format!("{prefix}:{name}")),
        None => Cow::Owned(format!("{{{namespace}}}{name}")),
    }
}

fn attribute_name<'g>(node: Element<'_>, attribute: AttributeUse<'g>) -> Cow<'g, str> {
    match attribute.namespace() {
        "" => Cow::Borrowed(attribute.name()),
        XML_NAMESPACE => Cow::Owned(format!("xml:{}", attribute.name())),
        namespace => name_in(node, namespace, attribute.name()),
    }
}

fn written_name(attribute: Attribute<'_>) -> String {
    match attribute.prefix() {
        "" => attribute.local_name().to_owned(),
        prefix => format!("{prefix}:{}", attribute.local_name()),
    }
}

fn attribute_path(node: Element<'_>, name: &str) -> String {
    format!("{}/@{name}", node.path())
}

fn expanded_name(element: ElementDeclaration<'_>) -> String {
    format!("{{{}}}{}", element.namespace(), element.name())
}
