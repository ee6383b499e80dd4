//! Canonical forms of documents that are read in a stream.

use std::io::{Read, Write};

use super::octets::{OutputAttribute, check_namespace, write_comment, write_instruction, write_text, write_value};
use super::{Canonicalization, CanonicalizationError, Method, base};
use crate::names::NamespaceId;
use crate::{Element, Event, EventReader, Markup, XML_NAMESPACE};

/// Writes a canonical form while a document is read, event by event, without a tree.
///
/// It begins where the reader is: before the document, for all of it, or at the start tag of an element, for that element. Every
/// event from there on is given to it, but for those of an element that is to be left out.
///
/// ```
/// use karvan_xml::{CanonicalStream, Canonicalization, EventReader, Limits, XmlAttributes};
///
/// let mut reader = EventReader::new("<a  b='1' ><!-- c --></a >".as_bytes(), Limits::default());
/// let mut stream = CanonicalStream::new(Canonicalization::exclusive(), Vec::new(), XmlAttributes::default());
/// while let Some(markup) = reader.advance_markup()? {
///     stream.take(&reader, markup)?;
/// }
/// assert_eq!(stream.finish()?, b"<a b=\"1\"></a>");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CanonicalStream<W> {
    form: Canonicalization,
    sink: W,
    buffer: Vec<u8>,
    /// What an element that the form begins with takes over from around it, until it is written.
    inherited: XmlAttributes,
    /// For each prefix, by its number, the namespaces that it was declared with, the innermost last.
    rendered: Vec<Vec<NamespaceId>>,
    /// The prefixes declared by the elements that are open, the innermost last.
    declared: Vec<usize>,
    /// How many of them there were before each open element.
    marks: Vec<usize>,
    /// The prefixes to be declared by the element at hand.
    pending: Vec<usize>,
    root_written: bool,
}

/// How much is written at once.
const BUFFER: usize = 64 << 10;

impl<W: Write> CanonicalStream<W> {
    /// Writes `form` to `sink`; `inherited` are the attributes `xml:` of the elements around the one that it begins with.
    #[must_use]
    pub fn new(form: Canonicalization, sink: W, inherited: XmlAttributes) -> Self {
        Self {
            form,
            sink,
            buffer: Vec::with_capacity(BUFFER + (BUFFER >> 2)),
            inherited,
            rendered: Vec::new(),
            declared: Vec::new(),
            marks: Vec::new(),
            pending: Vec::new(),
            root_written: false,
        }
    }

    /// Takes the event that `reader` is at.
    ///
    /// # Errors
    /// A relative namespace name, or what the sink reports.
    pub fn take<R: Read>(&mut self, reader: &EventReader<R>, markup: Markup) -> Result<(), CanonicalizationError> {
        match markup {
            Markup::Event(Event::Start) => self.start(reader)?,
            Markup::Event(Event::Text) => write_text(&mut self.buffer, reader.text())?,
            Markup::Event(Event::End) => self.end(reader),
            Markup::Comment if !self.form.comments => {}
            Markup::Comment | Markup::Instruction => {
                let is_beside = self.marks.is_empty();
                if is_beside && self.root_written {
                    self.buffer.push(b'\n');
                }
                if markup == Markup::Comment {
                    write_comment(&mut self.buffer, reader.text())?;
                } else {
                    write_instruction(&mut self.buffer, reader.target(), reader.text())?;
                }
                if is_beside && !self.root_written {
                    self.buffer.push(b'\n');
                }
            }
        }
        if self.buffer.len() >= BUFFER {
            self.sink.write_all(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Whether an element that was begun is at its end.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.root_written && self.marks.is_empty()
    }

    /// Writes what is left, and gives the sink back.
    ///
    /// # Errors
    /// What the sink reports.
    pub fn finish(mut self) -> Result<W, CanonicalizationError> {
        self.sink.write_all(&self.buffer)?;
        Ok(self.sink)
    }

    fn start<R: Read>(&mut self, reader: &EventReader<R>) -> Result<(), CanonicalizationError> {
        let names = reader.names();
        let is_outermost = self.marks.is_empty();
        self.marks.push(self.declared.len());
        self.rendered.resize(self.rendered.len().max(names.prefix_count()), Vec::new());
        for &prefix in reader.declared_prefixes() {
            check_namespace(names.bound_namespace(prefix), || reader.path())?;
        }
        self.pending.clear();
        match self.form.method {
            Method::Exclusive => {
                self.declare(names.prefix_of_form(reader.element_form()), reader);
                for attribute in reader.attributes() {
                    // Attributes without prefix use no namespace.
                    if let prefix @ 1.. = names.prefix_of_form(attribute.form()) {
                        self.declare(prefix, reader);
                    }
                }
                for index in 0..self.form.inclusive_prefixes.len() {
                    if let Some(prefix) = names.known_prefix(&self.form.inclusive_prefixes[index]) {
                        self.declare(prefix, reader);
                    }
                }
            }
            _ if is_outermost => (0..names.prefix_count()).for_each(|prefix| self.declare(prefix, reader)),
            _ => reader.declared_prefixes().iter().for_each(|&prefix| self.declare(prefix, reader)),
        }
        self.buffer.push(b'<');
        self.buffer.extend_from_slice(reader.qualified_name().as_bytes());
        self.pending.sort_unstable_by_key(|&prefix| names.prefix_text(prefix));
        for &prefix in &self.pending {
            super::octets::write_namespace(&mut self.buffer, names.prefix_text(prefix), names.bound_namespace(prefix))?;
        }
        let inherits = is_outermost && !std::mem::replace(&mut self.root_written, true) && !self.inherited.is_empty();
        self.attributes(reader, inherits)?;
        self.buffer.push(b'>');
        Ok(())
    }

    /// Has the declaration of `prefix` written, unless what is written around has the same already.
    fn declare<R: Read>(&mut self, prefix: usize, reader: &EventReader<R>) {
        let namespace = reader.names().binding(prefix);
        let rendered = &mut self.rendered[prefix];
        // The prefix xml needs no declaration, and what is nowhere bound is bound to nothing around, too.
        if prefix != 1 && rendered.last().copied().unwrap_or_default() != namespace {
            rendered.push(namespace);
            self.declared.push(prefix);
            self.pending.push(prefix);
        }
    }

    fn attributes<R: Read>(&mut self, reader: &EventReader<R>, inherits: bool) -> Result<(), CanonicalizationError> {
        let mut attributes = reader.attributes();
        if attributes.len() == 0 && !inherits {
            return Ok(());
        }
        if attributes.len() == 1 && !inherits {
            for attribute in attributes.by_ref() {
                self.buffer.push(b' ');
                self.buffer.extend_from_slice(attribute.qualified_name().as_bytes());
                write_value(&mut self.buffer, attribute.value())?;
            }
            return Ok(());
        }
        let mut sorted: Vec<_> = attributes
            .map(|attribute| {
                let prefix = attribute.qualified_name().split_once(':').map_or("", |(prefix, _)| prefix);
                let (namespace, local_name) = (attribute.namespace(), attribute.local_name());
                OutputAttribute { namespace, prefix, local_name, value: attribute.value() }
            })
            .collect();
        let inherited = if inherits {
            let mut all = XmlAttributes::default();
            sorted.iter().for_each(|own| all.add_one(own.namespace, own.local_name, own.value));
            all.end_own();
            all.add_all(&self.inherited);
            all.inherited(self.form.method)
        } else {
            Vec::new()
        };
        OutputAttribute::inherit(&mut sorted, &inherited);
        OutputAttribute::write_all(&mut sorted, &mut self.buffer)?;
        Ok(())
    }

    fn end<R: Read>(&mut self, reader: &EventReader<R>) {
        let mark = self.marks.pop().unwrap_or_default();
        for prefix in self.declared.drain(mark.min(self.declared.len())..) {
            self.rendered[prefix].pop();
        }
        self.buffer.extend_from_slice(b"</");
        self.buffer.extend_from_slice(reader.qualified_name().as_bytes());
        self.buffer.push(b'>');
    }
}

/// The attributes `xml:` that a part of a document takes over from around it, in inclusive forms.
#[derive(Clone, Debug, Default)]
pub struct XmlAttributes {
    /// Local names and values, those of the innermost element first; of names that are there already only bases count.
    found: Vec<(String, String)>,
    /// How many of them are the element's own.
    own: usize,
    /// The values of `xml:base`, the innermost first.
    bases: Vec<String>,
    bases_ended: bool,
}

impl XmlAttributes {
    /// Those of `element` and what it stands in, in the order in which they count.
    pub(super) fn of(element: Element<'_>) -> Self {
        let mut all = Self::default();
        all.add(element);
        all.end_own();
        element.ancestors().skip(1).for_each(|ancestor| all.add(ancestor));
        all
    }

    /// Adds those of `element`; what it is in comes later.
    pub(super) fn add(&mut self, element: Element<'_>) {
        for attribute in element.attributes() {
            self.add_one(attribute.namespace(), attribute.local_name(), attribute.value());
        }
    }

    fn add_one(&mut self, namespace: &str, local_name: &str, value: &str) {
        if namespace != XML_NAMESPACE {
            return;
        }
        if local_name == "base" && !self.bases_ended {
            self.bases.push(value.to_owned());
        }
        if !self.found.iter().any(|(known, _)| known == local_name) {
            self.found.push((local_name.to_owned(), value.to_owned()));
        }
    }

    /// What was added is the element's own; what follows is around it.
    pub(super) fn end_own(&mut self) {
        self.own = self.found.len();
    }

    /// No base further out counts.
    pub(super) fn end_bases(&mut self) {
        self.bases_ended = true;
    }

    /// Adds those of what is around.
    fn add_all(&mut self, around: &Self) {
        for (local_name, value) in around.found.iter().filter(|(local_name, _)| local_name != "base") {
            self.add_one(XML_NAMESPACE, local_name, value);
        }
        for value in &around.bases {
            self.add_one(XML_NAMESPACE, "base", value);
        }
    }

    /// These, and those of the start tag that `reader` is at, for what stands in that element.
    #[must_use]
    pub fn within<R: Read>(&self, reader: &EventReader<R>) -> Self {
        let mut inner = Self::default();
        for attribute in reader.attributes() {
            inner.add_one(attribute.namespace(), attribute.local_name(), attribute.value());
        }
        inner.add_all(self);
        inner
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// What an element takes over beside its own, or in its place: local names, and values where there are any left.
    pub(super) fn inherited(&self, method: Method) -> Vec<(String, Option<String>)> {
        let taken = |(name, value): &(String, String)| (name.clone(), Some(value.clone()));
        match method {
            Method::Exclusive => Vec::new(),
            Method::Inclusive => self.found[self.own..].iter().map(taken).collect(),
            Method::Inclusive11 => {
                // Here its own count even where the set of nodes leaves them out.
                let simple = |(name, _): &&(String, String)| matches!(name.as_str(), "lang" | "space");
                let mut inherited: Vec<_> = self.found.iter().filter(simple).map(taken).collect();
                let mut bases = self.bases.iter();
                if let Some(first) = bases.next().cloned() {
                    let joined = bases.fold(first, |inner, outer| base::join(outer, &inner));
                    inherited.push(("base".to_owned(), Some(joined).filter(|base| !base.is_empty())));
                }
                inherited
            }
        }
    }
}
