//! What a syntax has only beside something else: an address line beside the first one, a measure beside its unit. Where that is
//! missing, the smallest part of the message that may be left out is, and what it would say goes to other places or is lost.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ptr;

use karvan_model::{Group, Leaf};

use crate::grammar::{Grammar, Wanted, Wants};
use crate::place::Place;
use crate::table::PartRow;
use crate::tree::NodeId;
use crate::written::Written;

/// What is written at a place, by where the document keeps it: a value, or the group that a default is written for. A document
/// does not change while it is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Whose(usize);

impl From<&Leaf> for Whose {
    fn from(leaf: &Leaf) -> Self {
        Self(ptr::from_ref(leaf).addr())
    }
}

impl From<&Group> for Whose {
    fn from(group: &Group) -> Self {
        Self(ptr::from_ref(group).addr())
    }
}

/// What is written, and its place or the row of a part of it, by where the table keeps those.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    whose: Whose,
    place: usize,
}

impl Key {
    fn of<P>(whose: Whose, place: &P) -> Self {
        Self { whose, place: ptr::from_ref(place).addr() }
    }
}

/// A value where it was written, or a part of one.
pub(super) struct Placed {
    node: NodeId,
    /// How many nodes there were then.
    pub(super) nodes: usize,
    /// The value that a part qualifies.
    of: Option<NodeId>,
    key: Key,
}

impl Placed {
    pub(super) fn value(node: NodeId, nodes: usize, whose: Whose, place: &Place) -> Self {
        Self { node, nodes, of: None, key: Key::of(whose, place) }
    }

    pub(super) fn part(node: NodeId, nodes: usize, of: NodeId, leaf: &Leaf, part: &PartRow) -> Self {
        Self { node, nodes, of: Some(of), key: Key::of(leaf.into(), part) }
    }
}

/// What cannot stand where it would, with the name of what is missing beside it.
#[derive(Default)]
pub(super) struct Refused(HashMap<Key, &'static str>);

impl Refused {
    /// What is missing beside a value at a place, or beside a part of it, if it is refused.
    pub(super) fn find<P>(&self, whose: Whose, place: &P) -> Option<&'static str> {
        if self.0.is_empty() { None } else { self.0.get(&Key::of(whose, place)).copied() }
    }

    /// Whether any of them was not refused before.
    pub(super) fn add(&mut self, refused: impl IntoIterator<Item = (Key, &'static str)>) -> bool {
        let mut more = false;
        for (key, name) in refused {
            if let Entry::Vacant(entry) = self.0.entry(key) {
                entry.insert(name);
                more = true;
            }
        }
        more
    }
}

/// The values that stand in parts of `written` that lack something.
pub(super) fn broken(grammar: &Grammar, written: &Written<'_>, placed: &[Placed]) -> Vec<(Key, &'static str)> {
    let mut lacking: HashMap<NodeId, &'static str> = HashMap::new();
    if grammar.wants_any() {
        for node in written.tree.ids() {
            let Some(wants) = grammar.wants(written.slots[node.index()].key) else { continue };
            lacking.extend(lacks(written, node, wants).map(|(at, name)| (without(grammar, written, at), name)));
        }
    }
    if lacking.is_empty() {
        return Vec::new();
    }
    let above = |node: NodeId| std::iter::successors(Some(node), |&node| written.tree.parent(node));
    let lack = |node: NodeId| above(node).find_map(|node| lacking.get(&node).copied());
    // A part goes with its value, wherever that goes.
    let own = placed.iter().filter(|placed| placed.of.is_none_or(|of| lack(of).is_none()));
    own.filter_map(|placed| Some((placed.key, lack(placed.node)?))).collect()
}

/// The node that cannot be written as it is, with the name of what is missing: `node` itself, or what stands in it and needs
/// something beside.
fn lacks(written: &Written<'_>, node: NodeId, wants: &Wants) -> Option<(NodeId, &'static str)> {
    let child = |wanted: &Wanted| {
        let mut named = written.tree.named(node, wanted.name);
        named.find(|&child| written.tree.node(child).occurrence == wanted.occurrence && says(written, child))
    };
    if let Some(missing) = wants.all.iter().find(|wanted| child(wanted).is_none()) {
        return Some((node, missing.tag));
    }
    wants.notes.iter().find_map(|(kind, about)| {
        let there: Vec<_> = about.iter().map(child).collect();
        if kind.holds(&there.iter().map(Option::is_some).collect::<Vec<_>>()) {
            return None;
        }
        let missing = about.iter().zip(&there).find(|(_, there)| there.is_none());
        Some((there.iter().flatten().next().copied()?, missing.map_or(about[0].tag, |(missing, _)| missing.tag)))
    })
}

/// What is missing in a node that is written and must have all in it at once.
pub(super) fn missing(grammar: &Grammar, written: &Written<'_>, node: NodeId) -> Option<&'static str> {
    let wants = grammar.wants(written.slots[node.index()].key)?;
    // An element that is wanted may be empty.
    let missing = wants.all.iter().find(|wanted| written.tree.named(node, wanted.name).next().is_none());
    missing.map(|wanted| wanted.tag)
}

/// Whether a text stands in a node.
fn says(written: &Written<'_>, node: NodeId) -> bool {
    written.tree.text(node).is_some_and(|text| !text.is_empty())
        || written.tree.children(node).any(|child| says(written, child))
}

/// The node that has to go with `node`: the one around that has to have it, or itself.
fn without(grammar: &Grammar, written: &Written<'_>, node: NodeId) -> NodeId {
    let Some(parent) = written.tree.parent(node) else { return node };
    let made = written.tree.node(node);
    let is_meant = |wanted: &Wanted| wanted.name == made.name && wanted.occurrence == made.occurrence;
    match grammar.wants(written.slots[parent.index()].key) {
        Some(wants) if wants.all.iter().any(is_meant) => without(grammar, written, parent),
        _ => node,
    }
}

#[cfg(test)]
mod tests {
    use karvan_model::json;

    use crate::report::Entry;
    use crate::{Target, Writing, read_xml, write};

    /// A document of a kind with these members, and its text.
    fn written(kind: &str, members: &str, target: Target) -> (String, Writing) {
        let source = format!(r#"{{"document":"{kind}","version":1,{members}}}"#);
        let document = json::read(&source).expect("a document").document;
        let writing = write(&document, target).expect("a table");
        (String::from_utf8_lossy(&writing.bytes).into_owned(), writing)
    }

    fn told(entries: &[Entry]) -> Vec<(&str, &str, &str)> {
        entries
            .iter()
            .map(|entry| (entry.term.map_or("", |term| term.id()), &*entry.value, entry.reason.id()))
            .collect()
    }

    #[test]
    fn a_default_is_refused_in_the_repetition_that_is_not_whole_and_in_no_other() {
        let items = r#"{"amount":"7"},{"number":"2","amount":"8"}"#;
        let members = format!(r#""currencyCode":"EUR","lines":[{{"invoice":"R-1","items":[{items}]}}]"#);
        let (text, writing) = written("remittance-advice", &members, Target::Edifact(Some("D.01B")));
        // DLI has nothing to say without the number of the line; beside it, it must have an action.
        assert!(text.contains("DLI+1+2'"), "{text}");
        let lost: Vec<_> = told(&writing.report.lost).into_iter().map(|(term, ..)| term).collect();
        assert_eq!(lost, ["lines.items.amount"], "{text}");
    }

    #[test]
    fn what_xml_has_only_beside_something_that_is_missing_is_lost_and_told() {
        let line = r#"{"price":{"baseQuantity":"100"},"item":{"sellerExtension":"B","dimensions":[{"minimum":"5"}]}}"#;
        let (text, writing) = written("order", &format!(r#""lines":[{line}]"#), Target::UBL);
        for name in ["cac:Price", "ExtendedID", "MinimumMeasure"] {
            assert!(!text.contains(name), "{name} in {text}");
        }
        let lost = [
            ("lines.price.baseQuantity", "100", "mapping-beside"),
            ("lines.item.sellerExtension", "B", "mapping-beside"),
            ("lines.item.dimensions.minimum", "5", "mapping-beside"),
        ];
        let mut found = told(&writing.report.lost);
        found.sort_by_key(|(term, ..)| lost.iter().position(|(other, ..)| other == term));
        assert_eq!(found, lost);
        // Order-X has prices in places of their own, and a property with a value alone.
        let line = r#"{"price":{"baseQuantity":"100"},"item":{"properties":[{"name":"colour"}]}}"#;
        let (text, writing) = written("order", &format!(r#""lines":[{line}]"#), Target::CIO);
        assert!(!text.contains("ProductTradePrice") && !text.contains("Characteristic"), "{text}");
        assert_eq!(writing.report.lost.len(), 2, "{text}");
    }

    #[test]
    fn a_price_that_is_missing_follows_from_the_one_before_the_discount() {
        let line = r#"{"price":{"gross":"10","discount":"2","baseQuantity":"100"}}"#;
        let (text, writing) = written("order", &format!(r#""currencyCode":"EUR","lines":[{line}]"#), Target::UBL);
        assert!(text.contains(r#"<cbc:PriceAmount currencyID="EUR">8</cbc:PriceAmount>"#), "{text}");
        assert_eq!(told(&writing.report.lost), []);
        assert!(told(&writing.report.added).contains(&("lines.price.net", "8", "mapping-computed")));
        let line = r#"{"price":{"net":"8","discount":"2"}}"#;
        let (text, _) = written("order", &format!(r#""lines":[{line}]"#), Target::CIO);
        assert!(text.contains("<ram:ChargeAmount>10</ram:ChargeAmount>"), "{text}");
    }

    #[test]
    fn an_amount_in_no_currency_is_told_in_the_code_of_none() {
        let (text, writing) = written("order", r#""totals":{"due":"7"}"#, Target::UBL);
        assert!(text.contains(r#"<cbc:PayableAmount currencyID="XXX">7</cbc:PayableAmount>"#), "{text}");
        assert!(told(&writing.report.added).contains(&("", "XXX", "mapping-default")));
        let again = read_xml(&karvan_xml::Document::parse(text, &karvan_xml::Limits::default()).unwrap()).unwrap();
        let values: Vec<_> = again.document.leaves().map(|leaf| (leaf.value.text(), leaf.value.parts.len())).collect();
        assert!(values.contains(&("7".into(), 0)) && !values.iter().any(|(text, _)| text == "XXX"), "{values:?}");
    }

    #[test]
    fn a_text_that_is_none_of_its_datatype_is_lost_and_told() {
        let (text, writing) = written("order", r#""lines":[{"number":"1","partialDelivery":"AA"}]"#, Target::UBL);
        assert!(!text.contains("PartialDeliveryIndicator"), "{text}");
        assert_eq!(told(&writing.report.lost), [("lines.partialDelivery", "AA", "mapping-no-code")]);
        let (text, writing) = written("order", r#""allowances":[{"sequence":"x","amount":"1"}]"#, Target::UBL);
        assert!(!text.contains("SequenceNumeric"), "{text}");
        assert_eq!(told(&writing.report.lost), [("allowances.sequence", "x", "mapping-no-number")]);
    }
}
