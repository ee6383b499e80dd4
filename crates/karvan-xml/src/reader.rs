//! From octets to the tree.

use std::collections::HashMap;
use std::ops::Range;

use karvan_text::Message;

use crate::attributes::{needs_normalization, normalize_value, raw_attributes, reference};
use crate::characters::{first_forbidden, is_local_name, is_space, split_name};
use crate::declaration::{check_namespace, not_ascii, xml_declaration};
use crate::doctype::{self, ExternalEntities};
use crate::document::store::{
    AttributeData, DeclarationData, ElementData, Kind, NameData, NodeData, Slice, Store, look_up,
};
use crate::problem::{Problem, Step};
use crate::token::{Token, token};
use crate::{Document, Limits, NodeId, ParseError, XML_NAMESPACE};

/// The character that may stand before a document, and is none of it.
pub(crate) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Reads the tree of `source`.
pub(crate) fn parse(source: Vec<u8>, limits: &Limits, file: &ExternalEntities<'_>) -> Result<Document, ParseError> {
    let largest = limits.size.min(Limits::LARGEST_SIZE);
    if source.len() > largest {
        let message = Message::new("xml-limit-size").with("limit", largest).with("found", source.len());
        return Err(Problem::new(9101, message, largest..largest).into_error(&source, String::new()));
    }
    let source = match String::from_utf8(source) {
        Ok(source) => source,
        Err(error) => {
            let problem = not_utf8(error.as_bytes(), error.utf8_error().valid_up_to(), true);
            return Err(problem.into_error(error.as_bytes(), String::new()));
        }
    };
    let mut reader = TreeReader::new(&source, limits, file);
    if let Err(problem) = reader.read() {
        let path = reader.path();
        return Err(problem.into_error(source.as_bytes(), path));
    }
    let TreeReader { resolved, names, nodes, elements, attributes, declarations, identifiers, root, .. } = reader;
    // `read` has seen to it that there is a document element.
    let root = root.unwrap_or(NodeId(0));
    Ok(Document::from_parts(
        Store { source, resolved, names },
        nodes,
        elements,
        attributes,
        declarations,
        identifiers,
        root,
    ))
}

/// The problem of an octet that is not UTF-8; `first` says that the octets are those that the source begins with.
pub(crate) fn not_utf8(source: &[u8], at: usize, first: bool) -> Box<Problem> {
    let end = (at + 1).min(source.len());
    // XML 1.0, appendix F: a byte order mark, or `<?` in two octets a character.
    if first && let [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0, b'<', ..] | [b'<', 0, ..] = source {
        return Problem::new(5010, Message::new("xml-encoding").with("encoding", "UTF-16"), 0..2)
            .help("xml-encoding-help");
    }
    let octet = format!("{:02X}", source.get(at).copied().unwrap_or_default());
    Problem::new(5010, Message::new("xml-not-utf8").with("octet", octet), at..end).help("xml-encoding-help")
}

/// An element whose end tag is yet to come.
struct Open {
    node: NodeId,
    /// Its name as it is written.
    name: Range<usize>,
    /// Its place in the table of elements.
    element: usize,
    /// How many namespace bindings were in scope before it.
    bindings: usize,
}

/// Whose name it is: one without prefix is in the default namespace, or in none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bearer {
    Element,
    Attribute,
}

/// A name that was met before.
#[derive(Clone, Copy)]
struct Known<'s> {
    /// As it is written.
    text: &'s str,
    number: u32,
    /// The bindings that it was looked up in: [`TreeReader::scope`].
    scope: u32,
}

/// The names that were met before, of elements or of attributes, by how they are written: a document has few of them, and
/// each often.
struct Met<'s> {
    names: Vec<Known<'s>>,
    /// The numbers of the names from 1, each at the first free place from its own on; 0 where there is none.
    at_hand: [u32; Met::PLACES],
    /// The numbers of those that found no free place: a document may choose its names so that all have one place.
    further: HashMap<&'s str, u32>,
}

impl<'s> Met<'s> {
    /// A trade document has about a hundred names.
    const PLACES: usize = 512;
    /// How many places are tried.
    const TRIES: usize = 4;

    fn new() -> Self {
        Self { names: Vec::new(), at_hand: [0; Self::PLACES], further: HashMap::new() }
    }

    /// The places that a name may have.
    #[inline]
    fn places(text: &str) -> impl Iterator<Item = usize> + use<> {
        let octets = text.as_bytes();
        let ends = match (octets.first_chunk(), octets.last_chunk()) {
            (Some(first), Some(last)) => u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(23),
            _ => octets.iter().fold(0, |ends, octet| ends << 8 | u64::from(*octet)),
        };
        // The highest bits of a product hang on all of its factors.
        let mixed = (ends ^ octets.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let first = (mixed >> (u64::BITS - Self::PLACES.ilog2())) as usize;
        (first..first + Self::TRIES).map(|place| place % Self::PLACES)
    }

    /// The number of a name.
    #[inline]
    fn find(&self, text: &str) -> Option<u32> {
        for place in Self::places(text) {
            // No name is ever taken away: one that was met stands before the first free place.
            let number = self.at_hand[place].checked_sub(1)?;
            if self.names[number as usize].text == text {
                return Some(number);
            }
        }
        self.further.get(text).copied()
    }

    /// Adds a name that was not met before.
    fn add(&mut self, name: Known<'s>) {
        let number = self.names.len() as u32;
        match Self::places(name.text).find(|place| self.at_hand[*place] == 0) {
            Some(place) => self.at_hand[place] = number + 1,
            None => drop(self.further.insert(name.text, number)),
        }
        self.names.push(name);
    }
}

/// A name as it is written, before it is known what its prefix is bound to.
#[derive(Clone, Copy)]
struct Spelled {
    prefix: Slice,
    local: Slice,
    /// Its number among the names that were met before.
    met: Option<u32>,
}

/// A piece of character data that may still grow.
struct Run {
    octets: Range<usize>,
    value: Slice,
}

struct TreeReader<'s> {
    source: &'s str,
    /// Whether there is a carriage return in the source, and a bracket: if not, no text need be looked at for line ends and `]]>`.
    has_returns: bool,
    has_brackets: bool,
    limits: &'s Limits,
    resolved: String,
    names: Vec<NameData>,
    /// The names of elements, and those of attributes.
    met: [Met<'s>; 2],
    /// Another one wherever other bindings are in scope.
    scope: u32,
    /// The names of the attributes of the start tag that is being read.
    attribute_names: Vec<(Range<usize>, Spelled)>,
    nodes: Vec<NodeData>,
    elements: Vec<ElementData>,
    attributes: Vec<AttributeData>,
    declarations: Vec<DeclarationData>,
    root: Option<NodeId>,
    open: Vec<Open>,
    /// Prefix and namespace, the innermost last.
    bindings: Vec<(Slice, Slice)>,
    run: Option<Run>,
    /// What the internal subset declares, where there is one.
    document_type: Option<doctype::Declarations>,
    identifiers: Vec<u32>,
    file: &'s ExternalEntities<'s>,
}

impl<'s> TreeReader<'s> {
    fn new(source: &'s str, limits: &'s Limits, file: &'s ExternalEntities<'s>) -> Self {
        // A node has some twenty-five octets of a trade document; there may be texts without end, too.
        let nodes = (source.len() / 20).min(1 << 16);
        Self {
            source,
            has_returns: memchr::memchr(b'\r', source.as_bytes()).is_some(),
            has_brackets: memchr::memchr(b']', source.as_bytes()).is_some(),
            limits,
            // The one namespace that needs no declaration and so may stand nowhere in the source.
            resolved: XML_NAMESPACE.to_owned(),
            names: Vec::new(),
            met: [Met::new(), Met::new()],
            scope: 0,
            attribute_names: Vec::new(),
            nodes: Vec::with_capacity(nodes),
            elements: Vec::with_capacity(nodes / 2),
            attributes: Vec::new(),
            declarations: Vec::new(),
            root: None,
            open: Vec::new(),
            bindings: Vec::new(),
            run: None,
            document_type: None,
            identifiers: Vec::new(),
            file,
        }
    }

    fn read(&mut self) -> Step<()> {
        if let Some(at) = first_forbidden(self.source) {
            return Err(forbidden(self.source, at));
        }
        let source = self.source;
        let base = if source.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let mut at = base;
        // All of the source is here, so that nothing waits for more.
        while at < source.len() {
            if let Some(end) = self.usual_tag(at)? {
                at = end;
                continue;
            }
            if self.limits.document_type && self.may_have_document_type() && source[at..].starts_with("<!DOCTYPE") {
                let (declarations, end) = doctype::document_type(source, at, self.limits)?;
                (self.document_type, at) = (Some(declarations), end);
                continue;
            }
            let Some((token, end)) = token(source, at, true)? else { break };
            let octets = at..end;
            match token {
                Token::Text => self.text(&source[octets.clone()], octets)?,
                Token::Section => self.character_data(at + "<![CDATA[".len()..end - "]]>".len(), octets)?,
                Token::Reference => self.reference(&source[at + 1..end - 1], octets)?,
                markup => {
                    self.end_run()?;
                    match markup {
                        Token::Start { name, attributes, empty } => self.start_tag(name, attributes, octets, empty)?,
                        Token::End { name } => self.end_tag(&source[name], octets)?,
                        Token::Instruction { target } => self.processing_instruction(target, octets)?,
                        Token::Declaration if at == base => {
                            if let Some(encoding) = xml_declaration(source, octets)?
                                && let Some(problem) = not_ascii(encoding, source)
                            {
                                return Err(problem);
                            }
                        }
                        Token::Declaration => {
                            return Err(Problem::new(5012, Message::new("xml-declaration-place"), octets));
                        }
                        _ => self.comment(octets)?,
                    }
                }
            }
            at = end;
        }
        self.end_run()?;
        self.end_of_document(at)
    }

    /// Reads the tag at `at` if it is as most are: an end tag that is due, or a start tag of a name that was met before and
    /// nothing else. Gives its end.
    #[inline]
    fn usual_tag(&mut self, at: usize) -> Step<Option<usize>> {
        let rest = &self.source.as_bytes()[at..];
        match rest {
            [b'<', b'/', rest @ ..] => {
                let Some(open) = self.open.last() else { return Ok(None) };
                let name = self.source[open.name.clone()].as_bytes();
                if !rest.starts_with(name) || rest.get(name.len()) != Some(&b'>') {
                    return Ok(None);
                }
                let end = at + "</>".len() + name.len();
                self.end_run()?;
                self.close(at..end);
                Ok(Some(end))
            }
            [b'<', rest @ ..] if self.document_type.is_none() => {
                let Some(length) = memchr::memchr(b'>', rest) else { return Ok(None) };
                let name = at + 1..at + 1 + length;
                let names = &self.met[Bearer::Element as usize];
                let known = names.find(&self.source[name.clone()]).map(|met| names.names[met as usize]);
                let Some(known) = known.filter(|known| known.scope == self.scope) else { return Ok(None) };
                let octets = at..name.end + 1;
                self.end_run()?;
                self.may_open(&octets)?;
                let bindings = self.bindings.len();
                self.open(known.number, name, octets.clone(), Default::default(), bindings)?;
                Ok(Some(octets.end))
            }
            _ => Ok(None),
        }
    }

    /// Whether an element may begin here.
    fn may_open(&self, octets: &Range<usize>) -> Step<()> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(Problem::new(5011, Message::new("xml-second-root"), octets.clone()));
        }
        if self.open.len() >= self.limits.depth {
            return Err(Problem::new(9102, limit("xml-limit-depth", self.limits.depth), octets.clone()));
        }
        Ok(())
    }

    fn start_tag(
        &mut self,
        name: Range<usize>,
        attributes: Range<usize>,
        octets: Range<usize>,
        empty: bool,
    ) -> Step<()> {
        self.may_open(&octets)?;
        let spelled = self.spelled(Bearer::Element, name.clone())?;
        let bindings = self.bindings.len();
        let (attributes, declarations) = match attributes.is_empty() && self.document_type.is_none() {
            true => Default::default(),
            false => self.attributes_and_declarations(&self.source[name.clone()], attributes)?,
        };
        let number = self.name(Bearer::Element, spelled, name.clone(), name.clone())?;
        self.open(number, name, octets.clone(), (attributes, declarations), bindings)?;
        if empty {
            // Nothing stands in it, and its tag is its end.
            self.open.pop();
            self.unbind(bindings);
        }
        Ok(())
    }

    /// Enters an element, whose end tag is yet to come; before it there were so many `bindings`.
    fn open(
        &mut self,
        number: u32,
        name: Range<usize>,
        octets: Range<usize>,
        (attributes, declarations): (Slice, Slice),
        bindings: usize,
    ) -> Step<()> {
        let element = self.elements.len();
        if let Some(parent) = self.open.last() {
            self.elements[parent.element].has_elements = true;
        }
        let node = self.push_node(Kind::Element(element as u32), octets.clone())?;
        self.elements.push(ElementData {
            name: number,
            content: Slice::new(octets.end, octets.end),
            attributes,
            declarations,
            end: NodeId(node.0 + 1),
            has_elements: false,
        });
        self.root.get_or_insert(node);
        self.open.push(Open { node, name, element, bindings });
        Ok(())
    }

    fn end_tag(&mut self, found: &str, octets: Range<usize>) -> Step<()> {
        let Some(open) = self.open.last() else {
            return Err(Problem::new(5002, Message::new("xml-end-tag-alone").with("found", found), octets));
        };
        let expected = &self.source[open.name.clone()];
        if expected != found {
            let message = Message::new("xml-end-tag").with("expected", expected).with("found", found);
            return Err(Problem::new(5002, message, octets));
        }
        self.close(octets);
        Ok(())
    }

    /// Ends the innermost element with the tag at `octets`.
    fn close(&mut self, octets: Range<usize>) {
        let Some(Open { node, bindings, element, .. }) = self.open.pop() else { return };
        let element = &mut self.elements[element];
        element.content.end = octets.start as u32;
        element.end = NodeId(self.nodes.len() as u32);
        self.nodes[node.index()].octets.end = octets.end as u32;
        self.unbind(bindings);
    }

    /// Takes back the bindings but for the first so many.
    fn unbind(&mut self, bindings: usize) {
        if bindings < self.bindings.len() {
            self.bindings.truncate(bindings);
            self.scope += 1;
        }
    }

    /// Reads what stands in `range` of a start tag, enters it into the tables and brings the declarations into scope.
    fn attributes_and_declarations(&mut self, element: &str, range: Range<usize>) -> Step<(Slice, Slice)> {
        let first_attribute = self.attributes.len();
        let first_declaration = self.declarations.len();
        let declared = self.document_type.as_ref().map_or(Vec::new(), |known| known.attributes_of(element).to_vec());
        let mut written: Vec<&str> = Vec::new();
        self.attribute_names.clear();
        let tag_end = range.end;
        for attribute in raw_attributes(self.source, range) {
            let attribute = attribute?;
            let count = self.attributes.len() - first_attribute + self.declarations.len() - first_declaration;
            if count >= self.limits.attributes {
                let message = limit("xml-limit-attributes", self.limits.attributes);
                return Err(Problem::new(9103, message, attribute.span()));
            }
            let name = &self.source[attribute.name.clone()];
            let declaration = declared.iter().find(|declared| self.source[declared.name.clone()] == *name);
            let value = self.value(attribute.value.clone(), declaration.is_none_or(|declared| declared.is_text))?;
            let span = attribute.span();
            let number = self.attributes.len();
            self.enter(attribute.name, value, span, attribute.value, first_declaration)?;
            if !declared.is_empty() {
                written.push(name);
            }
            // It may have been a namespace declaration after all.
            if declaration.is_some_and(|declared| declared.is_identifier) && number < self.attributes.len() {
                self.identifiers.push(number as u32);
            }
        }
        // XML 1.0 §3.3.2: what is declared with a default and not written.
        for declaration in declared {
            if let Some(default) = declaration.default
                && !written.contains(&&self.source[declaration.name.clone()])
            {
                if let Some(declarations) = &mut self.document_type {
                    declarations.spend_default(&default, &(tag_end..tag_end))?;
                }
                let value = self.value(default, declaration.is_text)?;
                self.enter(declaration.name, value, tag_end..tag_end, tag_end..tag_end, first_declaration)?;
            }
        }
        // Only now all declarations of the tag are in scope.
        for index in first_attribute..self.attributes.len() {
            let Slice { start, end } = self.attributes[index].span;
            let octets = start as usize..end as usize;
            let (name, spelled) = self.attribute_names[index - first_attribute].clone();
            let name = self.name(Bearer::Attribute, spelled, name, octets.clone())?;
            self.attributes[index].name = name;
            if self.attributes[first_attribute..index].iter().any(|other| self.is_same_name(other.name, name)) {
                return Err(self.twice(octets));
            }
        }
        if self.nodes.len() + self.attributes.len() + self.declarations.len() > self.limits.nodes {
            return Err(
                self.too_many_nodes(self.attributes.last().map_or(0, |attribute| attribute.span.start as usize))
            );
        }
        let attributes = Slice::new(first_attribute, self.attributes.len());
        Ok((attributes, Slice::new(first_declaration, self.declarations.len())))
    }

    /// Enters an attribute, or the namespace that it declares.
    fn enter(
        &mut self,
        name: Range<usize>,
        value: Slice,
        span: Range<usize>,
        value_span: Range<usize>,
        first_declaration: usize,
    ) -> Step<()> {
        let spelled = self.spelled(Bearer::Attribute, name.clone())?;
        let (span, value_span) = (Slice::new(span.start, span.end), Slice::new(value_span.start, value_span.end));
        match (self.str(spelled.prefix), self.str(spelled.local)) {
            ("", "xmlns") => self.declare(Slice::default(), value, span, first_declaration),
            ("xmlns", _) => self.declare(spelled.local, value, span, first_declaration),
            _ => {
                // The name is known only when all declarations of the tag are in scope.
                self.attributes.push(AttributeData { name: 0, value, span, value_span });
                self.attribute_names.push((name, spelled));
                Ok(())
            }
        }
    }

    /// Whether a document type declaration may stand here: XML 1.0 §2.8.
    fn may_have_document_type(&self) -> bool {
        self.root.is_none() && self.document_type.is_none()
    }

    /// Brings a declaration into scope.
    fn declare(&mut self, prefix: Slice, namespace: Slice, span: Slice, first: usize) -> Step<()> {
        let octets = span.start as usize..span.end as usize;
        let prefix_text = self.str(prefix);
        check_namespace(prefix_text, self.str(namespace), self.source, octets.clone())?;
        if self.declarations[first..].iter().any(|other| self.str(other.prefix) == prefix_text) {
            return Err(self.twice(octets));
        }
        if self.bindings.len() >= self.limits.namespaces {
            return Err(Problem::new(9104, limit("xml-limit-namespaces", self.limits.namespaces), octets));
        }
        self.declarations.push(DeclarationData { prefix, namespace, span });
        self.bindings.push((prefix, namespace));
        self.scope += 1;
        Ok(())
    }

    fn text(&mut self, raw: &str, octets: Range<usize>) -> Step<()> {
        if self.open.is_empty() {
            return text_outside(raw, octets.start).map_or(Ok(()), Err);
        }
        if self.has_brackets
            && let Some(problem) = section_end(raw, octets.start)
        {
            return Err(problem);
        }
        let value = Slice::new(octets.start, octets.end);
        self.extend_run(octets, value);
        Ok(())
    }

    fn character_data(&mut self, inside: Range<usize>, octets: Range<usize>) -> Step<()> {
        if self.open.is_empty() {
            return Err(Problem::new(5011, Message::new("xml-text-outside"), octets));
        }
        self.extend_run(octets, Slice::new(inside.start, inside.end));
        Ok(())
    }

    fn reference(&mut self, name: &str, octets: Range<usize>) -> Step<()> {
        if self.open.is_empty() {
            return Err(Problem::new(5011, Message::new("xml-text-outside"), octets));
        }
        let mut text = String::new();
        match &mut self.document_type {
            Some(declarations) => declarations.expand_text(name, octets.clone(), self.file, &mut text)?,
            None => text.push(reference(name, octets.clone())?),
        }
        let start = self.resolved_end();
        self.make_run_resolved(octets, start);
        self.resolved.push_str(&text);
        self.grow_run();
        Ok(())
    }

    /// Appends the octets `value` of the source, line ends normalised, to the run of text.
    fn extend_run(&mut self, octets: Range<usize>, value: Slice) {
        if self.run.is_none() && !self.has_returns_in(value) {
            self.run = Some(Run { octets, value });
            return;
        }
        let raw = look_up(self.source, "", value);
        let start = self.resolved_end();
        self.make_run_resolved(octets, start);
        push_normalized(raw, &mut self.resolved);
        self.grow_run();
    }

    /// Sees to it that the run of text, now grown to the end of `octets`, stands last in `resolved`.
    fn make_run_resolved(&mut self, octets: Range<usize>, resolved_end: usize) {
        match &mut self.run {
            None => self.run = Some(Run { octets, value: Slice::new(resolved_end, resolved_end) }),
            Some(run) => {
                run.octets.end = octets.end;
                if (run.value.start as usize) < self.source.len() {
                    self.resolved.push_str(look_up(self.source, "", run.value));
                    run.value.start = resolved_end as u32;
                }
            }
        }
    }

    fn grow_run(&mut self) {
        let end = self.resolved_end() as u32;
        if let Some(run) = &mut self.run {
            run.value.end = end;
        }
    }

    fn end_run(&mut self) -> Step<()> {
        match self.run.take() {
            // An empty CDATA section is no text node.
            Some(Run { octets, value }) if value.start < value.end => {
                self.push_node(Kind::Text(value), octets).map(drop)
            }
            _ => Ok(()),
        }
    }

    fn comment(&mut self, octets: Range<usize>) -> Step<()> {
        if let Some(problem) = comment_problem(self.source, octets.clone()) {
            return Err(problem);
        }
        let value = self.normalized(octets.start + "<!--".len()..octets.end - "-->".len());
        self.push_node(Kind::Comment(value), octets).map(drop)
    }

    fn processing_instruction(&mut self, target: Range<usize>, octets: Range<usize>) -> Step<()> {
        if let Some(problem) = instruction_problem(self.source, target.clone()) {
            return Err(problem);
        }
        let content = &self.source[target.end..octets.end - "?>".len()];
        let data = content.trim_start_matches([' ', '\t', '\r', '\n']);
        let data_end = octets.end - "?>".len();
        let value = self.normalized(data_end - data.len()..data_end);
        self.push_node(Kind::ProcessingInstruction(Slice::new(target.start, target.end), value), octets).map(drop)
    }

    fn end_of_document(&self, end: usize) -> Step<()> {
        if let Some(open) = self.open.last() {
            let Slice { start, .. } = self.nodes[open.node.index()].octets;
            let element = &self.elements[open.element];
            let message = Message::new("xml-element-unclosed").with("name", &self.source[open.name.clone()]);
            return Err(Problem::new(5001, message, start as usize..element.content.start as usize));
        }
        if self.root.is_none() {
            return Err(Problem::new(5011, Message::new("xml-no-root"), end..end));
        }
        Ok(())
    }

    fn push_node(&mut self, kind: Kind, octets: Range<usize>) -> Step<NodeId> {
        if self.nodes.len() + self.attributes.len() + self.declarations.len() >= self.limits.nodes {
            return Err(self.too_many_nodes(octets.start));
        }
        let id = NodeId(self.nodes.len() as u32);
        let parent = self.open.last().map_or(NodeId::DOCUMENT, |open| open.node);
        self.nodes.push(NodeData { parent, octets: Slice::new(octets.start, octets.end), kind });
        Ok(id)
    }

    fn too_many_nodes(&self, at: usize) -> Box<Problem> {
        Problem::new(9105, limit("xml-limit-nodes", self.limits.nodes), at..at)
    }

    /// The number of a name, which stands at `octets`, in the namespace that its prefix is bound to; `span` is told where it
    /// is bound to none.
    fn name(&mut self, bearer: Bearer, spelled: Spelled, octets: Range<usize>, span: Range<usize>) -> Step<u32> {
        let Spelled { prefix, local, met } = spelled;
        let known = met.map(|met| self.met[bearer as usize].names[met as usize]);
        if let Some(known) = known.filter(|known| known.scope == self.scope) {
            return Ok(known.number);
        }
        let text = &self.source[octets.clone()];
        let namespace = match (self.str(prefix), bearer) {
            ("", Bearer::Attribute) => Slice::default(),
            ("", Bearer::Element) => self.bound(prefix).unwrap_or_default(),
            ("xmlns", Bearer::Element) => {
                return Err(Problem::new(5009, Message::new("xml-namespace-reserved").with("name", text), octets));
            }
            _ => self.bound(prefix).ok_or_else(|| self.unbound(prefix, span))?,
        };
        let number = match known {
            Some(Known { number, .. }) if self.names[number as usize].namespace == namespace => number,
            _ => {
                self.names.push(NameData { prefix, local, namespace });
                self.names.len() as u32 - 1
            }
        };
        let (known, names) = (Known { text, number, scope: self.scope }, &mut self.met[bearer as usize]);
        match met {
            Some(met) => names.names[met as usize] = known,
            // A tag may have it twice, of which only the first is new.
            None if names.find(text).is_none() => names.add(known),
            None => {}
        }
        Ok(number)
    }

    /// Whether two names have one namespace and one local name.
    fn is_same_name(&self, one: u32, other: u32) -> bool {
        let [one, other] = [one, other].map(|number| &self.names[number as usize]);
        self.str(one.local) == self.str(other.local) && self.str(one.namespace) == self.str(other.namespace)
    }

    /// The name that stands at `octets`.
    fn spelled(&mut self, bearer: Bearer, octets: Range<usize>) -> Step<Spelled> {
        let names = &self.met[bearer as usize];
        let met = names.find(&self.source[octets.clone()]);
        let (prefix, local) = match met {
            Some(met) => {
                let NameData { prefix, local, .. } = self.names[names.names[met as usize].number as usize];
                (prefix, local)
            }
            None => self.split(octets)?,
        };
        Ok(Spelled { prefix, local, met })
    }

    /// The prefix and the local name that stand at `octets`.
    fn split(&self, octets: Range<usize>) -> Step<(Slice, Slice)> {
        let text = &self.source[octets.clone()];
        let Some((prefix, local)) = split_name(text) else {
            return Err(Problem::new(5003, Message::new("xml-name").with("name", text), octets));
        };
        let prefix =
            if prefix.is_empty() { Slice::default() } else { Slice::new(octets.start, octets.start + prefix.len()) };
        Ok((prefix, Slice::new(octets.end - local.len(), octets.end)))
    }

    /// The normalised attribute value that stands at `octets`; one that is no text is a list of words.
    fn value(&mut self, octets: Range<usize>, is_text: bool) -> Step<Slice> {
        let raw = &self.source[octets.clone()];
        if is_text && !needs_normalization(raw) {
            return Ok(Slice::new(octets.start, octets.end));
        }
        let start = self.resolved_end();
        match &mut self.document_type {
            Some(declarations) => declarations.expand_value(raw, octets, is_text, &mut self.resolved)?,
            None => normalize_value(self.source, octets, &mut self.resolved)?,
        }
        Ok(Slice::new(start, self.resolved_end()))
    }

    /// The text at `octets` with its line ends normalised.
    fn normalized(&mut self, octets: Range<usize>) -> Slice {
        let slice = Slice::new(octets.start, octets.end);
        if !self.has_returns_in(slice) {
            return slice;
        }
        let start = self.resolved_end();
        push_normalized(&self.source[octets], &mut self.resolved);
        Slice::new(start, self.resolved_end())
    }

    /// Whether the source has line ends here that are to be normalised.
    fn has_returns_in(&self, Slice { start, end }: Slice) -> bool {
        let octets = &self.source.as_bytes()[start as usize..end as usize];
        self.has_returns && memchr::memchr(b'\r', octets).is_some()
    }

    /// The namespace that `prefix` is bound to.
    fn bound(&self, prefix: Slice) -> Option<Slice> {
        let prefix = self.str(prefix);
        if prefix == "xml" {
            let start = self.source.len();
            return Some(Slice::new(start, start + XML_NAMESPACE.len()));
        }
        self.bindings.iter().rev().find(|(other, _)| self.str(*other) == prefix).map(|&(_, namespace)| namespace)
    }

    fn unbound(&self, prefix: Slice, span: Range<usize>) -> Box<Problem> {
        Problem::new(5008, Message::new("xml-prefix-unbound").with("prefix", self.str(prefix)), span)
    }

    fn twice(&self, octets: Range<usize>) -> Box<Problem> {
        let text = &self.source[octets.clone()];
        let name = text.split(|c: char| c == '=' || c.is_ascii_whitespace()).next().unwrap_or(text);
        Problem::new(5007, Message::new("xml-attribute-twice").with("name", name), octets)
    }

    /// The path of the innermost open element, by names alone.
    fn path(&self) -> String {
        self.open.iter().map(|open| format!("/{}", &self.source[open.name.clone()])).collect()
    }

    fn resolved_end(&self) -> usize {
        self.source.len() + self.resolved.len()
    }

    fn str(&self, slice: Slice) -> &str {
        look_up(self.source, &self.resolved, slice)
    }
}

/// The problem of a limit that was reached.
pub(crate) fn limit(id: &'static str, limit: usize) -> Message {
    Message::new(id).with("limit", limit)
}

/// The problem of the character at `at` that no document may hold.
pub(crate) fn forbidden(text: &str, at: usize) -> Box<Problem> {
    let character = text[at..].chars().next().unwrap_or_default();
    let message = Message::new("xml-character").with("character", format!("U+{:04X}", u32::from(character)));
    Problem::new(5004, message, at..at + character.len_utf8())
}

/// The problem of text outside the document element, at its first character that is no white space.
pub(crate) fn text_outside(text: &str, start: usize) -> Option<Box<Problem>> {
    let (at, character) =
        text.char_indices().find(|(_, character)| !character.is_ascii() || !is_space(*character as u8))?;
    let span = start + at..start + at + character.len_utf8();
    Some(Problem::new(5011, Message::new("xml-text-outside"), span))
}

/// The problem of `]]>` in character data, XML 1.0 §2.4.
pub(crate) fn section_end(text: &str, start: usize) -> Option<Box<Problem>> {
    let found = memchr::memchr(b']', text.as_bytes())?;
    let at = start + found + text[found..].find("]]>")?;
    Some(Problem::new(5004, Message::new("xml-section-end"), at..at + "]]>".len()))
}

/// The problem of a comment, which `octets` hold: XML 1.0 §2.5.
pub(crate) fn comment_problem(text: &str, octets: Range<usize>) -> Option<Box<Problem>> {
    let start = octets.start + "<!--".len();
    let inside = &text[start..octets.end - "-->".len()];
    let at = start + inside.find("--").or_else(|| inside.ends_with('-').then(|| inside.len() - 1))?;
    Some(Problem::new(5013, Message::new("xml-comment-hyphens"), at..at + 2))
}

/// The problem of the target of a processing instruction: XML 1.0 §2.6; Namespaces in XML 1.0 §7, no colon.
pub(crate) fn instruction_problem(text: &str, target: Range<usize>) -> Option<Box<Problem>> {
    let name = &text[target.clone()];
    let good = is_local_name(name) && !name.eq_ignore_ascii_case("xml");
    (!good).then(|| Problem::new(5014, Message::new("xml-instruction").with("target", name), target))
}

/// Appends `raw` with every CR LF and every lone CR as one LF: XML 1.0 §2.11.
pub(crate) fn push_normalized(raw: &str, out: &mut String) {
    let mut pieces = raw.split('\r');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        out.push('\n');
        out.push_str(piece.strip_prefix('\n').unwrap_or(piece));
    }
}

#[cfg(test)]
mod tests;
