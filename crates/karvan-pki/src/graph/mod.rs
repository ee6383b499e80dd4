//! A verdict as a picture: who certified whom, which way was accepted, and what stood in the way of the others.
//!
//! A node is an authority or a signer, which is its name and its key; an edge is a certificate, from who issued it to whom it
//! is about. The edges of the accepted path are bold; an edge that was rejected says by which rule. The same graph is
//! written as SVG, as DOT for Graphviz and as Mermaid.

mod dot;
mod mermaid;
mod svg;

use std::collections::VecDeque;

use karvan_text::{Language, Message};

use crate::name::quiet;
use crate::{Certificate, Check, Rejection, Sourced, Verdict};

/// A verdict as nodes and edges.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Graph {
    /// Authorities and signers; the signer that was asked about first.
    pub nodes: Vec<Node>,
    /// Certificates between them.
    pub edges: Vec<Edge>,
    /// What it is a picture of.
    title: Message,
}

/// An authority or a signer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its short name.
    pub label: String,
    /// Its country, if its name has one.
    pub country: Option<String>,
    /// Why the anchor could not be relied on, if it could not.
    pub rejections: Vec<Reason>,
    /// How many certificates lie between it and the signer.
    pub depth: usize,
    /// Its name and key.
    identity: (String, Vec<u8>),
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeKind {
    /// The one that was asked about.
    Signer,
    /// An authority.
    Authority,
    /// A trust anchor.
    Anchor,
    /// An issuer of whom no certificate is known.
    Unknown,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edge {
    /// The number of the node that issued it.
    pub from: usize,
    /// The number of the node that it is about.
    pub to: usize,
    /// Whether the accepted path uses it.
    pub accepted: bool,
    /// The rules that it broke, on any path.
    pub rejections: Vec<Reason>,
    /// The last day of its validity, RFC 3339.
    pub until: String,
    fingerprint: [u8; 32],
}

/// A rule that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Which check.
    pub check: Check,
}

impl Graph {
    /// The graph of a verdict: of every path that was tried.
    #[must_use]
    pub fn new(verdict: &Verdict) -> Self {
        let title = Message::new(match verdict.status() {
            crate::Status::Accepted => "graph-accepted",
            crate::Status::Rejected => "graph-rejected",
            _ => "graph-undecided",
        });
        let title = title.with("signer", verdict.signer.label()).with("at", verdict.at);
        let mut graph = Self { nodes: Vec::new(), edges: Vec::new(), title };
        graph.node(&verdict.signer.certificate, NodeKind::Signer);
        for (index, path) in verdict.accepted.iter().enumerate() {
            graph.path(path.certificates(), Some(path.anchor()), &[], index == 0);
        }
        for path in &verdict.rejected {
            graph.path(&path.certificates, path.anchor.as_ref(), &path.rejections, false);
        }
        graph.measure();
        graph
    }

    /// The graph as an SVG image.
    #[must_use]
    pub fn svg(&self, language: Language) -> String {
        svg::write(self, language)
    }

    /// The graph in the language of Graphviz.
    #[must_use]
    pub fn dot(&self, language: Language) -> String {
        dot::write(self, language)
    }

    /// The graph in the language of Mermaid.
    #[must_use]
    pub fn mermaid(&self, language: Language) -> String {
        mermaid::write(self, language)
    }

    fn title(&self, language: Language) -> String {
        quiet(self.title.text(language))
    }

    /// Adds a path, the signer's certificate first.
    fn path(&mut self, certificates: &[Sourced], anchor: Option<&Sourced>, rejections: &[Rejection], accepted: bool) {
        let steps: Vec<_> = certificates.iter().chain(anchor).collect();
        for (position, step) in certificates.iter().enumerate() {
            let certificate = &*step.certificate;
            let reasons = || rejections.iter().filter(|rejection| rejection.position == position).map(Reason::new);
            if anchor.is_some_and(|anchor| *anchor.certificate == *certificate) {
                // The signer's certificate is itself an anchor: nobody else issued it.
                let node = self.node(certificate, NodeKind::Anchor);
                self.nodes[node].add(reasons());
                continue;
            }
            let to = self.node(certificate, NodeKind::Authority);
            let from = match steps.get(position + 1) {
                Some(issuer) => {
                    let is_anchor = position + 1 == certificates.len();
                    self.node(&issuer.certificate, if is_anchor { NodeKind::Anchor } else { NodeKind::Authority })
                }
                // The last certificate of a dead end that no check concerns was only tried as an issuer.
                None if reasons().next().is_none() => continue,
                None => self.unknown(certificate),
            };
            let edge = self.edge(from, to, certificate);
            edge.accepted |= accepted;
            for reason in reasons().filter(|_| !accepted) {
                if !edge.rejections.contains(&reason) {
                    edge.rejections.push(reason);
                }
            }
        }
        if let Some(anchor) = anchor {
            let node = self.node(&anchor.certificate, NodeKind::Anchor);
            let own = rejections.iter().filter(|rejection| rejection.position >= certificates.len());
            self.nodes[node].add(own.map(Reason::new));
        }
    }

    /// The number of the node of a certificate's subject.
    fn node(&mut self, certificate: &Certificate, kind: NodeKind) -> usize {
        let subject = certificate.subject();
        let identity = (subject.to_string(), certificate.public_key().spki().to_vec());
        if let Some(known) = self.nodes.iter().position(|node| node.identity == identity) {
            if kind == NodeKind::Anchor && self.nodes[known].kind == NodeKind::Authority {
                self.nodes[known].kind = kind;
            }
            return known;
        }
        let label = subject.short().map_or_else(|| format!("#{}", certificate.serial()), quiet);
        let country = subject.country().map(quiet);
        self.push(Node { kind, label, country, rejections: Vec::new(), depth: 0, identity })
    }

    /// The number of the node for the issuer of `certificate`, of whom no certificate is known.
    fn unknown(&mut self, certificate: &Certificate) -> usize {
        let issuer = certificate.issuer();
        let identity = (issuer.to_string(), Vec::new());
        if let Some(known) = self.nodes.iter().position(|node| node.identity == identity) {
            return known;
        }
        let label = issuer.short().map_or_else(|| "?".to_owned(), quiet);
        let country = issuer.country().map(quiet);
        self.push(Node { kind: NodeKind::Unknown, label, country, rejections: Vec::new(), depth: 0, identity })
    }

    fn push(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn edge(&mut self, from: usize, to: usize, certificate: &Certificate) -> &mut Edge {
        let fingerprint = *certificate.fingerprint();
        let known =
            self.edges.iter().position(|edge| (edge.from, edge.to, &edge.fingerprint) == (from, to, &fingerprint));
        let index = known.unwrap_or_else(|| {
            let until = certificate.not_after().to_string();
            self.edges.push(Edge { from, to, accepted: false, rejections: Vec::new(), until, fingerprint });
            self.edges.len() - 1
        });
        &mut self.edges[index]
    }

    /// Counts how far each node is from the signer, the accepted path first, so that it is drawn straight.
    fn measure(&mut self) {
        let mut depths: Vec<Option<usize>> = vec![None; self.nodes.len()];
        for accepted_only in [true, false] {
            let mut queue: VecDeque<usize> = match depths.first_mut() {
                Some(signer) => {
                    *signer = Some(0);
                    depths.iter().enumerate().filter(|(_, depth)| depth.is_some()).map(|(node, _)| node).collect()
                }
                None => return,
            };
            while let Some(node) = queue.pop_front() {
                let next = depths[node].map_or(0, |depth| depth + 1);
                for edge in self.edges.iter().filter(|edge| edge.to == node && (edge.accepted || !accepted_only)) {
                    if depths[edge.from].is_none() {
                        depths[edge.from] = Some(next);
                        queue.push_back(edge.from);
                    }
                }
            }
        }
        for (node, depth) in self.nodes.iter_mut().zip(depths) {
            node.depth = depth.unwrap_or(0);
        }
    }
}

impl Node {
    fn add(&mut self, reasons: impl Iterator<Item = Reason>) {
        for reason in reasons {
            if !self.rejections.contains(&reason) {
                self.rejections.push(reason);
            }
        }
    }

    /// The lines within its box.
    fn lines(&self, language: Language) -> [String; 2] {
        let kind = Message::new(match self.kind {
            NodeKind::Signer => "graph-signer",
            NodeKind::Authority => "graph-authority",
            NodeKind::Anchor => "graph-anchor",
            NodeKind::Unknown => "graph-unknown",
        });
        let kind = kind.text(language);
        let below = match &self.country {
            Some(country) => format!("{country} · {kind}"),
            None => kind,
        };
        [self.label.clone(), below]
    }
}

impl Reason {
    fn new(rejection: &Rejection) -> Self {
        Self { check: rejection.check }
    }

    /// The rule, and its clause.
    fn lines(self, language: Language) -> [String; 2] {
        [format!("✗ {}", self.check.title().text(language)), self.check.clause().to_owned()]
    }
}

impl Edge {
    /// The lines beside it.
    fn lines(&self, language: Language) -> Vec<String> {
        if self.rejections.is_empty() {
            let day = self.until.split('T').next().unwrap_or_default();
            return vec![Message::new("graph-until").with("until", day).text(language)];
        }
        self.rejections.iter().flat_map(|reason| reason.lines(language)).collect()
    }
}
