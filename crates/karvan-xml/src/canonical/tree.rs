//! Canonical forms of whole documents and of elements with all in them.

use std::io::{self, Write};

use super::octets::{OutputAttribute, check_namespace, write_leaf, write_name, write_namespace};
use super::{Canonicalization, CanonicalizationError, Subset, XmlAttributes};
use crate::{Attribute, Element, Node, NodeId, NodeKind};

/// A prefix and its namespace.
type Binding<'s> = (&'s str, &'s str);

/// Writes the canonical form of a document, or of an element, tag by tag in the order of the document.
pub(super) struct TreeWriter<'c, 's, W> {
    form: &'c Canonicalization,
    sink: W,
    /// Declarations in scope, the innermost last.
    in_scope: Vec<Binding<'s>>,
    /// Declarations written and in scope of what is written, the innermost last.
    rendered: Vec<Binding<'s>>,
    /// How many of both there were before each open element.
    marks: Vec<(usize, usize)>,
}

impl<'c, 's, W: Write> TreeWriter<'c, 's, W> {
    pub(super) fn new(form: &'c Canonicalization, sink: W) -> Self {
        Self { form, sink, in_scope: Vec::new(), rendered: Vec::new(), marks: Vec::new() }
    }

    pub(super) fn subset(&mut self, subset: Subset<'s>) -> Result<(), CanonicalizationError> {
        let omitted = subset.omitted.map(Element::id);
        if let Some(apex) = subset.apex {
            for ancestor in apex.ancestors().skip(1) {
                // The innermost comes first here, but must stand last.
                let declarations = ancestor.declarations().map(|declared| (declared.prefix, declared.namespace));
                self.in_scope.splice(0..0, declarations);
            }
            return self.subtree(apex, omitted, &XmlAttributes::of(apex));
        }
        let root = subset.document.root();
        for node in subset.document.children() {
            match node.as_element() {
                Some(root) => self.subtree(root, omitted, &XmlAttributes::default())?,
                // Canonical XML 1.0 §2.3: line feeds set apart what stands beside the document element.
                None if !self.is_written(node) => {}
                None if node.id() < root.id() => {
                    write_leaf(&mut self.sink, node.kind(), self.form.comments)?;
                    self.sink.write_all(b"\n")?;
                }
                None => {
                    self.sink.write_all(b"\n")?;
                    write_leaf(&mut self.sink, node.kind(), self.form.comments)?;
                }
            }
        }
        Ok(())
    }

    /// Writes `apex` and all in it but the element `omitted`.
    fn subtree(
        &mut self,
        apex: Element<'s>,
        omitted: Option<NodeId>,
        inherited: &XmlAttributes,
    ) -> Result<(), CanonicalizationError> {
        let mut open: Vec<Element<'s>> = Vec::new();
        let mut next = apex.id();
        while next < apex.end() {
            while let Some(element) = open.pop_if(|element| element.end() <= next) {
                self.end_tag(element)?;
            }
            let Some(node) = apex.document().node(next) else { break };
            next = NodeId(next.0 + 1);
            match node.as_element() {
                Some(element) if Some(element.id()) == omitted => next = element.end(),
                Some(element) => {
                    self.start_tag(element, open.is_empty().then_some(inherited))?;
                    open.push(element);
                }
                None => write_leaf(&mut self.sink, node.kind(), self.form.comments)?,
            }
        }
        while let Some(element) = open.pop() {
            self.end_tag(element)?;
        }
        Ok(())
    }

    fn start_tag(
        &mut self,
        element: Element<'s>,
        inherited: Option<&XmlAttributes>,
    ) -> Result<(), CanonicalizationError> {
        let outermost = self.marks.is_empty();
        let (declared, rendered) = (self.in_scope.len(), self.rendered.len());
        self.marks.push((declared, rendered));
        for declaration in element.declarations() {
            check_namespace(declaration.namespace, || element.path())?;
            self.in_scope.push((declaration.prefix, declaration.namespace));
        }
        if self.form.is_exclusive() {
            self.render(element.prefix());
            // Attributes without prefix use no namespace.
            let prefixes = element.attributes().map(Attribute::prefix).filter(|prefix| !prefix.is_empty());
            prefixes.for_each(|prefix| self.render(prefix));
            let form = self.form;
            form.inclusive_prefixes.iter().for_each(|prefix| self.render_in_scope(prefix));
        } else {
            let from = if outermost { 0 } else { declared };
            for index in from..self.in_scope.len() {
                self.render(self.in_scope[index].0);
            }
        }
        let inherited = inherited.map_or_else(Vec::new, |xml| xml.inherited(self.form.method));
        let mut attributes: Vec<_> = element.attributes().map(OutputAttribute::from).collect();
        OutputAttribute::inherit(&mut attributes, &inherited);
        self.sink.write_all(b"<")?;
        write_name(&mut self.sink, element.prefix(), element.local_name())?;
        self.rendered[rendered..].sort_unstable();
        for &(prefix, namespace) in &self.rendered[rendered..] {
            write_namespace(&mut self.sink, prefix, namespace)?;
        }
        OutputAttribute::write_all(&mut attributes, &mut self.sink)?;
        Ok(self.sink.write_all(b">")?)
    }

    fn end_tag(&mut self, element: Element<'s>) -> io::Result<()> {
        if let Some((declared, rendered)) = self.marks.pop() {
            self.in_scope.truncate(declared);
            self.rendered.truncate(rendered);
        }
        self.sink.write_all(b"</")?;
        write_name(&mut self.sink, element.prefix(), element.local_name())?;
        self.sink.write_all(b">")
    }

    /// Has the declaration of `prefix` written, unless what is written around has the same already.
    fn render(&mut self, prefix: &'s str) {
        let namespace = bound(&self.in_scope, prefix);
        // The prefix xml needs no declaration, and what is nowhere bound is bound to nothing around, too.
        if prefix != "xml" && bound(&self.rendered, prefix) != namespace {
            self.rendered.push((prefix, namespace));
        }
    }

    /// The same for a prefix of the PrefixList, which need not be bound here.
    fn render_in_scope(&mut self, prefix: &str) {
        if let Some(&(prefix, _)) = self.in_scope.iter().rev().find(|(other, _)| *other == prefix) {
            self.render(prefix);
        }
    }

    fn is_written(&self, node: Node<'s>) -> bool {
        self.form.comments || !matches!(node.kind(), NodeKind::Comment(_))
    }
}

/// What `prefix` is bound to, the empty string where it is not.
fn bound<'s>(bindings: &[Binding<'s>], prefix: &str) -> &'s str {
    bindings.iter().rev().find(|(other, _)| *other == prefix).map_or("", |&(_, namespace)| namespace)
}
