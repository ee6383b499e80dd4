//! The paths of nodes, as people read them.

use super::{Node, NodeId, Shape, Short};

impl Shape {
    /// The path of a node: a number stands where there are brothers of the same name; a segment shows its qualifier:
    /// `SG2[3]/NAD[3035=BY]`.
    pub(crate) fn path(&self, node: u32) -> String {
        let mut chain = Vec::with_capacity(16);
        chain.extend(std::iter::successors(self.at(NodeId(node)), |node| self.at(node.parent)));
        let mut path = String::with_capacity(self.above.len() + chain.len() * 20);
        path.push_str(&self.above);
        chain.into_iter().rev().for_each(|node| self.put_step(node, &mut path));
        path
    }

    /// Appends the last step of the path of a node to that of its parent.
    fn put_step(&self, node: &Node, path: &mut String) {
        let (prefix, local) = self.spelling(node.label);
        if local.is_empty() {
            return;
        }
        // The root of a message has no name of its own in a path, that of an XML document has.
        if !path.is_empty() || self.nodes.first().is_some_and(|root| !self.spelling(root.label).1.is_empty()) {
            path.push('/');
        }
        if !prefix.is_empty() {
            path.push_str(prefix);
            if prefix != "@" {
                path.push(':');
            }
        }
        path.push_str(local);
        if let Some((element, value)) = self.qualifier(node) {
            path.push('[');
            path.push_str(element);
            path.push('=');
            value.put(path);
            path.push(']');
        } else if node.occurrence > 1 || self.at(node.next).is_some_and(|next| next.is_like(node)) {
            path.push('[');
            match u8::try_from(node.occurrence) {
                Ok(digit @ ..=9) => path.push(char::from(b'0' + digit)),
                _ => path.push_str(&node.occurrence.to_string()),
            }
            path.push(']');
        }
    }

    /// The element that a segment begins with and its value, if that is a qualifier: `3035` and `BY`.
    fn qualifier(&self, node: &Node) -> Option<(&str, Short)> {
        let (_, tag) = self.spelling(node.label);
        if tag.len() != 3 || !tag.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let mut first = self.at(node.first)?;
        // A composite has no text of its own.
        if let Some(component) = self.at(first.first) {
            first = component;
        }
        let (_, element) = self.spelling(first.label);
        (element.len() == 4 && first.short != Short::default()).then_some((element, first.short))
    }
}

/// The paths of nodes one after the other: brothers share that of their parent.
pub(crate) struct Paths<'t> {
    shape: &'t Shape,
    parent: NodeId,
    of_parent: String,
}

impl<'t> Paths<'t> {
    pub(super) const fn new(shape: &'t Shape) -> Self {
        Self { shape, parent: NodeId::NONE, of_parent: String::new() }
    }

    pub(crate) fn of(&mut self, id: NodeId) -> String {
        let Some(node) = self.shape.at(id) else { return String::new() };
        if node.parent != self.parent {
            self.parent = node.parent;
            self.of_parent = self.shape.path(node.parent.number());
        }
        let mut path = String::with_capacity(self.of_parent.len() + 20);
        path.push_str(&self.of_parent);
        self.shape.put_step(node, &mut path);
        path
    }
}

#[cfg(test)]
mod tests {
    use karvan_text::Span;

    use super::*;
    use crate::names::{Label, Name, Names};
    use crate::tree::Tree;

    #[test]
    fn a_path_is_spelled_as_the_source_spells_it() {
        let mut names = Names::default();
        let (name, attribute) = (names.add("ram:Name"), names.add("@languageID"));
        let mut tree = Tree::new(names.labels(), Name::UNKNOWN, ("x", "a"), Span::default());
        let usual = tree.label_of(name, "ram", "Name");
        assert_eq!(usual, Label::of(name));
        let other = tree.label_of(name, "r", "Name");
        let element = tree.push(NodeId::ROOT, name, other, Span::default());
        let label = tree.label_of(attribute, "@", "languageID");
        assert_eq!(label, Label::of(attribute));
        let inner = tree.push(element, attribute, label, Span::default());
        assert_eq!(tree.into_shape().path(inner.number()), "/x:a/r:Name/@languageID");
    }
}
