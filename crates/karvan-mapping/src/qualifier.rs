//! Texts that tell values apart, and what becomes of them when the values are lost.
//!
//! `BY` in `NAD+BY` and `false` in `cbc:ChargeIndicator` are no values of a document: its terms say as much. So nothing has
//! to carry them, as long as some value is carried that they tell from others; where none is, they are lost with the values.

use std::ops::Range;

use karvan_model::{Origin, Places};

use crate::names::Name;
use crate::path::is_group;
use crate::place::PlaceStep;
use crate::tree::{NodeId, Shape};

/// The texts of a tree that tell values apart, each with the node of which it says something.
#[derive(Clone, Debug)]
pub(crate) struct Qualifiers {
    /// How far above a node the one stands of which its text says something; 0 for nodes that qualify nothing.
    heights: Vec<u8>,
    /// The texts that the shape of a tree does not keep.
    texts: Vec<(NodeId, Box<str>)>,
}

impl Qualifiers {
    /// None, of a tree of so many nodes.
    pub(crate) fn none_of(nodes: usize) -> Self {
        Self { heights: vec![0; nodes], texts: Vec::new() }
    }

    /// Adds `text` at `node`, found along `path`: it says something of the node where that begins.
    pub(crate) fn add(&mut self, node: NodeId, path: &[PlaceStep], text: &str) {
        if self.heights[node.index()] == 0 && !Shape::keeps(text) {
            self.texts.push((node, text.into()));
        }
        self.add_short(node, path.iter().filter(|step| step.name != Name::PARENT).count());
    }

    /// How many texts there are that the shape does not keep.
    pub(crate) fn texts(&self) -> usize {
        self.texts.len()
    }

    /// Whether these of them all stand in `nodes`.
    pub(crate) fn stand_in(&self, nodes: &Range<usize>, texts: &Range<usize>) -> bool {
        self.texts[texts.clone()].iter().all(|(node, _)| nodes.contains(&node.index()))
    }

    /// Adds to the nodes from `start` on what there is of the nodes `of`, which have the same texts: of those that the
    /// shape does not keep, `texts`.
    pub(crate) fn repeat(&mut self, of: &Range<usize>, texts: &Range<usize>, start: usize) {
        self.heights.copy_within(of.clone(), start);
        for text in texts.clone() {
            let (node, text) = &self.texts[text];
            self.texts.push((NodeId::nth(node.index() - of.start + start), text.clone()));
        }
    }

    /// Adds a text that the shape keeps, which says something of the node so many steps above.
    pub(crate) fn add_short(&mut self, node: NodeId, height: usize) {
        let known = &mut self.heights[node.index()];
        *known = (*known).max(u8::try_from(height).unwrap_or(u8::MAX));
    }
}

/// Where the values of a document stood, and what told them apart.
#[derive(Debug)]
pub(crate) struct Source {
    shape: Shape,
    qualifiers: Qualifiers,
}

impl Source {
    pub(crate) const fn new(shape: Shape, qualifiers: Qualifiers) -> Self {
        Self { shape, qualifiers }
    }

    /// The node of which a qualifier says something: what opens the first segment of a group says it of the group.
    fn scope(&self, node: NodeId, height: u8) -> NodeId {
        let mut opened = node;
        while let Some(parent) = self.shape.parent(opened).filter(|parent| self.shape.first(*parent) == Some(opened)) {
            opened = parent;
            if is_group(self.shape.local_name(opened)) {
                return opened;
            }
        }
        (0..height).try_fold(node, |at, _| self.shape.parent(at)).unwrap_or(NodeId::ROOT)
    }

    fn text(&self, node: NodeId) -> String {
        let long = self.qualifiers.texts.iter().find(|(known, _)| *known == node);
        long.map_or_else(|| self.shape.short(node), |(_, text)| text.to_string())
    }

    /// Which nodes are one of `nodes` or stand around one.
    fn around(&self, nodes: &[u32]) -> Vec<bool> {
        let mut around = vec![false; self.qualifiers.heights.len()];
        for node in nodes {
            let mut at = Some(NodeId::at(*node));
            while let Some(node) = at.filter(|node| !std::mem::replace(&mut around[node.index()], true)) {
                at = self.shape.parent(node);
            }
        }
        around
    }
}

impl Places for Source {
    fn path(&self, node: u32) -> String {
        self.shape.path(node)
    }

    fn qualifiers(&self, lost: &[u32], kept: &[u32]) -> Vec<(String, Origin)> {
        let (lost, kept) = (self.around(lost), self.around(kept));
        let nodes = (0..).zip(&self.qualifiers.heights).filter(|(_, height)| **height > 0);
        let alone = nodes.map(|(node, height)| (NodeId::at(node), *height)).filter(|(node, height)| {
            let scope = self.scope(*node, *height).index();
            lost[scope] && !kept[scope]
        });
        alone.map(|(node, _)| (self.text(node), Origin::new(self.shape.span(node), node.number()))).collect()
    }
}
