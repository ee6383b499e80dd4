//! The document type declaration, where the caller allows one: XML 1.0 §2.8, §3.3, §4.2.
//!
//! Of the internal subset the types and defaults of attributes and the general entities count; what stands elsewhere is not
//! read, and parameter entities are refused. Entities stand for text, not for markup.

use std::collections::HashMap;
use std::ops::Range;

use karvan_text::Message;

use crate::Limits;
use crate::attributes::{reference, unclosed_reference};
use crate::characters::{first_forbidden, is_space, split_name};
use crate::problem::{Problem, Step};
use crate::reader::{limit, push_normalized};

/// What an internal subset declares.
#[derive(Debug, Default)]
pub(crate) struct Declarations {
    /// What the general entities stand for.
    entities: HashMap<String, Entity>,
    /// The attributes of elements, by the names of both as they are written.
    attributes: HashMap<String, Vec<AttributeDeclaration>>,
    /// How many octets entities may still grow by.
    left: usize,
    limit: usize,
}

#[derive(Clone, Debug)]
enum Entity {
    Internal(String),
    /// The system identifier.
    External(String),
    /// One of no XML.
    Unparsed,
}

/// An attribute as the internal subset declares it.
#[derive(Clone, Debug)]
pub(crate) struct AttributeDeclaration {
    /// Its name, by octets of the source.
    pub(crate) name: Range<usize>,
    /// Whether its value is text as it stands, and not a list of words.
    pub(crate) is_text: bool,
    /// Whether it is an identifier.
    pub(crate) is_identifier: bool,
    /// What it is where it is not written, by octets of the source.
    pub(crate) default: Option<Range<usize>>,
}

/// What gives external entities by their system identifiers.
pub(crate) type ExternalEntities<'f> = dyn Fn(&str) -> Option<Vec<u8>> + 'f;

/// How deep entities may stand in one another.
const DEPTH: usize = 16;

/// Reads the declaration that begins at `at`, and gives where it ends.
pub(crate) fn document_type(source: &str, at: usize, limits: &Limits) -> Step<(Declarations, usize)> {
    let mut scanner = Scanner { source, at: at + "<!DOCTYPE".len(), start: at };
    // Offsets of what is resolved are kept in 32 bits.
    let limit = limits.expansion.min(1 << 30);
    let mut declarations = Declarations { left: limit, limit, ..Declarations::default() };
    scanner.space()?;
    scanner.name()?;
    scanner.skip_space();
    if scanner.is("SYSTEM") || scanner.is("PUBLIC") {
        // What it names is not read: it could only declare what this document does not need to be well formed.
        scanner.external_identifier()?;
        scanner.skip_space();
    }
    if scanner.take("[") {
        loop {
            scanner.skip_space();
            if scanner.take("]") {
                break;
            }
            scanner.declaration(&mut declarations)?;
        }
        scanner.skip_space();
    }
    scanner.expect(">")?;
    Ok((declarations, scanner.at))
}

impl Declarations {
    /// The attributes that are declared for the elements of this name.
    pub(crate) fn attributes_of(&self, element: &str) -> &[AttributeDeclaration] {
        self.attributes.get(element).map_or(&[], Vec::as_slice)
    }

    /// Counts a default that is given to an element: many elements make much of it.
    pub(crate) fn spend_default(&mut self, default: &Range<usize>, span: &Range<usize>) -> Step<()> {
        self.spend(default.len(), DEPTH, span)
    }

    /// Appends what the reference `name` stands for in content. `file` gives what an external entity names.
    pub(crate) fn expand_text(
        &mut self,
        name: &str,
        span: Range<usize>,
        file: &ExternalEntities<'_>,
        out: &mut String,
    ) -> Step<()> {
        match self.entities.get(name).cloned() {
            None | Some(Entity::Unparsed) => {
                out.push(reference(name, span)?);
                Ok(())
            }
            Some(_) => self.expand(name, span, file, DEPTH, out),
        }
    }

    /// Appends the normalised value `raw`, which `span` covers (XML 1.0 §3.3.3); one that is no text loses spaces.
    pub(crate) fn expand_value(&mut self, raw: &str, span: Range<usize>, is_text: bool, out: &mut String) -> Step<()> {
        let mut value = String::new();
        self.value(raw, &span, DEPTH, &mut value)?;
        if is_text {
            out.push_str(&value);
        } else {
            let words: Vec<_> = value.split(' ').filter(|word| !word.is_empty()).collect();
            out.push_str(&words.join(" "));
        }
        Ok(())
    }

    fn value(&mut self, raw: &str, span: &Range<usize>, depth: usize, out: &mut String) -> Step<()> {
        let mut rest = raw;
        while let Some(at) = rest.find(['&', '\t', '\n', '\r', '<']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            if rest.starts_with('<') {
                return Err(Problem::new(5006, Message::new("xml-attribute-less-than"), span.clone()));
            }
            let Some(name) = rest.strip_prefix('&') else {
                out.push(' ');
                rest = rest.strip_prefix("\r\n").unwrap_or(&rest[1..]);
                continue;
            };
            let end = name.find(';').ok_or_else(|| unclosed_reference(span.clone()))?;
            match self.entities.get(&name[..end]).cloned() {
                Some(Entity::Internal(text)) => {
                    self.spend(text.len(), depth, span)?;
                    self.value(&text, span, depth - 1, out)?;
                }
                // XML 1.0 §3.1: no external entity references in values.
                _ => out.push(reference(&name[..end], span.clone())?),
            }
            rest = &name[end + 1..];
        }
        out.push_str(rest);
        Ok(())
    }

    fn expand(
        &mut self,
        name: &str,
        span: Range<usize>,
        file: &ExternalEntities<'_>,
        depth: usize,
        out: &mut String,
    ) -> Step<()> {
        let text = match self.entities.get(name).cloned() {
            Some(Entity::Internal(text)) => text,
            Some(Entity::External(system)) => {
                let octets = file(&system);
                let text = octets.and_then(|octets| String::from_utf8(octets).ok());
                let text = text.filter(|text| first_forbidden(text).is_none());
                let mut normalized = String::new();
                push_normalized(
                    &text.ok_or_else(|| unsupported("xml-entity-external", &system, span.clone()))?,
                    &mut normalized,
                );
                normalized
            }
            _ => {
                out.push(reference(name, span)?);
                return Ok(());
            }
        };
        self.spend(text.len(), depth, &span)?;
        let mut rest = text.as_str();
        while let Some(at) = rest.find(['&', '<']) {
            out.push_str(&rest[..at]);
            let Some(inside) = rest[at..].strip_prefix('&') else {
                return Err(unsupported("xml-entity-markup", name, span));
            };
            let end = inside.find(';').ok_or_else(|| unclosed_reference(span.clone()))?;
            self.expand(&inside[..end], span.clone(), file, depth - 1, out)?;
            rest = &inside[end + 1..];
        }
        out.push_str(rest);
        Ok(())
    }

    fn spend(&mut self, octets: usize, depth: usize, span: &Range<usize>) -> Step<()> {
        match self.left.checked_sub(octets.max(1)).filter(|_| depth > 0) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Problem::new(9110, limit("xml-limit-expansion", self.limit), span.clone())),
        }
    }
}

fn unsupported(id: &'static str, name: &str, span: Range<usize>) -> Box<Problem> {
    Problem::new(9110, Message::new(id).with("name", name), span)
}

struct Scanner<'s> {
    source: &'s str,
    at: usize,
    /// Where the declaration under way begins.
    start: usize,
}

impl<'s> Scanner<'s> {
    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    fn is(&self, mark: &str) -> bool {
        self.rest().starts_with(mark)
    }

    fn take(&mut self, mark: &str) -> bool {
        let is = self.is(mark);
        self.at += if is { mark.len() } else { 0 };
        is
    }

    fn expect(&mut self, mark: &str) -> Step<()> {
        if self.take(mark) { Ok(()) } else { Err(self.malformed()) }
    }

    fn malformed(&self) -> Box<Problem> {
        let end = (self.start + "<!DOCTYPE".len()).min(self.source.len());
        let start = if self.source.is_char_boundary(end) { self.start..end } else { self.start..self.start };
        Problem::new(5001, Message::new("xml-document-type-malformed"), start)
    }

    fn skip_space(&mut self) {
        self.at += self.rest().bytes().take_while(|&octet| is_space(octet)).count();
    }

    fn space(&mut self) -> Step<()> {
        let before = self.at;
        self.skip_space();
        if self.at > before { Ok(()) } else { Err(self.malformed()) }
    }

    fn name(&mut self) -> Step<Range<usize>> {
        let is_end = |character: char| " \t\r\n[]()<>|?*+,'\"%;#".contains(character);
        let length = self.rest().find(is_end).unwrap_or(self.rest().len());
        let name = self.at..self.at + length;
        split_name(&self.source[name.clone()]).ok_or_else(|| self.malformed())?;
        self.at = name.end;
        Ok(name)
    }

    /// What stands between quotation marks.
    fn literal(&mut self) -> Step<Range<usize>> {
        let mark = if self.take("\"") {
            '"'
        } else {
            "'".chars().next().filter(|_| self.take("'")).ok_or_else(|| self.malformed())?
        };
        let length = self.rest().find(mark).ok_or_else(|| self.malformed())?;
        let inside = self.at..self.at + length;
        self.at = inside.end + 1;
        Ok(inside)
    }

    /// XML 1.0 §4.2.2; gives the system identifier.
    fn external_identifier(&mut self) -> Step<Range<usize>> {
        if self.take("PUBLIC") {
            self.space()?;
            self.literal()?;
        } else {
            self.expect("SYSTEM")?;
        }
        self.space()?;
        self.literal()
    }

    fn declaration(&mut self, declarations: &mut Declarations) -> Step<()> {
        self.start = self.at;
        if self.take("<!--") {
            self.skip_to("-->")
        } else if self.take("<?") {
            self.skip_to("?>")
        } else if self.take("<!ENTITY") {
            self.entity(declarations)
        } else if self.take("<!ATTLIST") {
            self.attribute_list(declarations)
        } else if self.take("<!ELEMENT") || self.take("<!NOTATION") {
            while !self.take(">") {
                match self.rest().chars().next() {
                    Some('"' | '\'') => {
                        self.literal()?;
                    }
                    Some('<') | None => return Err(self.malformed()),
                    Some(other) => self.at += other.len_utf8(),
                }
            }
            Ok(())
        } else if self.is("%") {
            Err(unsupported("xml-entity-parameter", "%", self.at..self.at + 1))
        } else {
            Err(self.malformed())
        }
    }

    fn skip_to(&mut self, end: &str) -> Step<()> {
        let length = self.rest().find(end).ok_or_else(|| self.malformed())?;
        self.at += length + end.len();
        Ok(())
    }

    fn entity(&mut self, declarations: &mut Declarations) -> Step<()> {
        self.space()?;
        if self.is("%") {
            return Err(unsupported("xml-entity-parameter", "%", self.at..self.at + 1));
        }
        let name = self.name()?;
        self.space()?;
        let entity = if self.is("SYSTEM") || self.is("PUBLIC") {
            let system = self.external_identifier()?;
            self.skip_space();
            if self.take("NDATA") {
                self.space()?;
                self.name()?;
                Entity::Unparsed
            } else {
                Entity::External(self.source[system].to_owned())
            }
        } else {
            let literal = self.literal()?;
            Entity::Internal(self.replacement(literal)?)
        };
        self.skip_space();
        self.expect(">")?;
        // XML 1.0 §4.2: of several declarations the first one holds.
        declarations.entities.entry(self.source[name].to_owned()).or_insert(entity);
        Ok(())
    }

    /// XML 1.0 §4.4 and §4.5: references to characters are resolved at once, those to entities later.
    fn replacement(&self, literal: Range<usize>) -> Step<String> {
        let raw = &self.source[literal.clone()];
        if let Some(at) = raw.find('%') {
            return Err(unsupported("xml-entity-parameter", "%", literal.start + at..literal.start + at + 1));
        }
        let mut text = String::new();
        let mut rest = raw;
        while let Some(at) = rest.find("&#") {
            push_normalized(&rest[..at], &mut text);
            let inside = &rest[at + 1..];
            let end = inside.find(';').ok_or_else(|| unclosed_reference(literal.clone()))?;
            text.push(reference(&inside[..end], literal.clone())?);
            rest = &inside[end + 1..];
        }
        push_normalized(rest, &mut text);
        Ok(text)
    }

    /// XML 1.0 §3.3.
    fn attribute_list(&mut self, declarations: &mut Declarations) -> Step<()> {
        self.space()?;
        let element = self.name()?;
        let known = declarations.attributes.entry(self.source[element].to_owned()).or_default();
        loop {
            let before = self.at;
            self.skip_space();
            if self.take(">") {
                return Ok(());
            }
            if self.at == before {
                return Err(self.malformed());
            }
            let name = self.name()?;
            self.space()?;
            let kind = if self.is("(") {
                self.skip_to(")")?;
                "("
            } else {
                let kind = self.name()?;
                let kind = &self.source[kind];
                if kind == "NOTATION" {
                    self.space()?;
                    self.skip_to(")")?;
                }
                kind
            };
            if !["(", "CDATA", "ID", "IDREF", "IDREFS", "ENTITY", "ENTITIES", "NMTOKEN", "NMTOKENS", "NOTATION"]
                .contains(&kind)
            {
                return Err(self.malformed());
            }
            self.space()?;
            let default = if self.take("#REQUIRED") || self.take("#IMPLIED") {
                None
            } else {
                if self.take("#FIXED") {
                    self.space()?;
                }
                Some(self.literal()?)
            };
            // XML 1.0 §3.3: of several declarations the first one holds.
            if !known.iter().any(|other| self.source[other.name.clone()] == self.source[name.clone()]) {
                let (is_text, is_identifier) = (kind == "CDATA", kind == "ID");
                known.push(AttributeDeclaration { name, is_text, is_identifier, default });
            }
        }
    }
}
