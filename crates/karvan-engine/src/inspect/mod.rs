//! What a document is: its envelope, its messages, its tree of groups and segments with names.
//!
//! What is found is handed out as flat nodes, in the order of the document and as soon as it is known, so that a file of any
//! length is inspected in constant memory. How far the tree goes is said by [`Options`].
//!
//! ```
//! use karvan_engine::inspect::{Node, Options, inspect};
//! use karvan_schema::directory::Directories;
//!
//! let file = b"UNB+UNOA:3+SENDER+RECEIVER+261122:0900+7'UNH+1+ORDERS:D:96A:UN'BGM+220+A1'UNT+3+1'UNZ+1+7'";
//! let mut nodes = Vec::new();
//! inspect(&file[..], &Options::default(), Directories::builtin(), &mut |node| nodes.push(node))?;
//! let Node::Interchange(interchange) = &nodes[0] else { panic!("an interchange comes first") };
//! assert_eq!((interchange.sender.as_str(), interchange.reference.as_str()), ("SENDER", "7"));
//! let Node::Message(message) = &nodes[1] else { panic!("then its message") };
//! assert_eq!((message.message.as_str(), message.name, message.segments), ("ORDERS", "Purchase order message", Some(3)));
//! # Ok::<(), std::io::Error>(())
//! ```

mod choice;
mod document;
mod edifact;
mod node;
mod select;
mod text;

use std::io::{self, Read};

use karvan_edifact::{ReadOptions, ServiceCharacters};
use karvan_schema::directory::Directories;
pub use node::{
    ChoiceNode, ConsideredNode, DocumentNode, GroupNode, InterchangeNode, MessageNode, Node, OtherKind, OtherNode,
    PackageNode, PlaceNode, SegmentGroupNode, SegmentNode, Summary, ValueNode,
};
pub use select::{At, Selector, SelectorError};
pub use text::{text_of_node, text_of_summary};

use crate::detect::{self, Kind};

/// How far to look.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How deep the tree is shown.
    pub depth: Depth,
    /// Which segments of an interchange alone to show, with their values.
    pub select: Option<Selector>,
    /// Show what stands there in an interchange, the way to it and why it stands there, and nothing else.
    pub at: Option<At>,
    /// How many nodes are handed out; what comes after is counted only.
    pub node_limit: u64,
    /// Service characters that are in force whatever UNA and UNB say.
    pub characters: Option<ServiceCharacters>,
    /// The longest segment that is read, in octets.
    pub segment_limit: usize,
    /// The largest document that is read whole, in octets: XML and JSON.
    pub size_limit: u64,
    /// How much of everything an XML document may have.
    pub xml: karvan_xml::Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            depth: Depth::Messages,
            select: None,
            at: None,
            node_limit: 10_000,
            characters: None,
            segment_limit: 16 << 20,
            size_limit: 1 << 30,
            xml: karvan_xml::Limits::default(),
        }
    }
}

impl Options {
    pub(super) fn reading(&self) -> ReadOptions {
        let mut reading = ReadOptions::default().segment_limit(self.segment_limit);
        reading.characters = self.characters;
        reading
    }

    /// Whether something in an interchange is asked for, and not the whole of it.
    pub(super) const fn asks_for_a_part(&self) -> bool {
        self.at.is_some() || self.select.is_some()
    }
}

/// How deep a tree is shown; each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Interchanges.
    Interchanges,
    /// Functional groups, messages, packages.
    Messages,
    /// Segments in their segment groups.
    Segments,
    /// Data elements with their values.
    Elements,
}

/// Looks at what `source` gives, hands each node to `tell` and gives back what there was in all.
///
/// # Errors
/// Those of `source`.
pub fn inspect(
    mut source: impl Read,
    options: &Options,
    directories: &'static Directories,
    tell: &mut dyn FnMut(Node),
) -> io::Result<Summary> {
    let mut head = Vec::with_capacity(detect::HEAD);
    source.by_ref().take(detect::HEAD as u64).read_to_end(&mut head)?;
    let kind = detect::kind(&head);
    let source = head.chain(source);
    match kind {
        Some(Kind::Edifact) => edifact::inspect(source, options, directories, tell),
        Some(Kind::Xml) => document::xml(source, options, tell),
        Some(Kind::Json) => document::json(source, options, tell),
        None => Ok(Summary::default()),
    }
}

#[cfg(test)]
mod tests {
    use karvan_text::Language;

    use super::*;

    const FILE: &str = "UNA:+.? '\nUNB+UNOC:3+5412345000013:14+4012345500004:14+261122:0900+7++ORDERS'\nUNH+1+ORDERS:D:96A:UN:EAN008'\nBGM+220+A1+9'\nDTM+137:20261122:102'\nNAD+BY+5412345000013::9'\nRFF+VA:DE1'\nNAD+SU+4012345500004::9'\nLIN+1'\nQTY+21:12'\nUNS+S'\nUNT+10+1'\nUNZ+1+7'\n";

    fn nodes(file: &str, options: &Options) -> (Vec<Node>, Summary) {
        let mut nodes = Vec::new();
        let summary = inspect(file.as_bytes(), options, Directories::builtin(), &mut |node| nodes.push(node)).unwrap();
        (nodes, summary)
    }

    fn lines(file: &str, options: &Options) -> Vec<String> {
        let (nodes, _) = nodes(file, options);
        nodes.iter().map(|node| text_of_node(node, Language::English)).collect()
    }

    #[test]
    fn the_tree_grows_with_the_depth() {
        let at = |depth| lines(FILE, &Options { depth, ..Options::default() });
        assert_eq!(at(Depth::Interchanges).len(), 1);
        assert_eq!(at(Depth::Messages).len(), 2);
        let segments = at(Depth::Segments).concat();
        assert!(segments.contains("\n    SG2 (1)\n      NAD+BY+5412345000013::9"), "{segments}");
        assert!(segments.contains("\n      SG3 (1)\n        RFF+VA:DE1"), "{segments}");
        assert!(segments.contains("\n    SG2 (2)\n      NAD+SU"), "{segments}");
        let elements = at(Depth::Elements).concat();
        assert!(elements.contains("3035 Party qualifier: BY (Buyer)"), "{elements}");
        assert!(elements.contains("C082/3039 Party id. identification: 5412345000013"), "{elements}");
    }

    #[test]
    fn a_path_shows_what_it_leads_to() {
        let at = |path: &str| {
            let select = Some(path.parse::<Selector>().unwrap());
            let (nodes, _) = nodes(FILE, &Options { select, ..Options::default() });
            let paths = nodes.into_iter().filter_map(|node| match node {
                Node::Segment(segment) => Some((segment.path, segment.values.len())),
                _ => None,
            });
            paths.collect::<Vec<_>>()
        };
        let paths = |path: &str| at(path).into_iter().map(|(path, _)| path).collect::<Vec<_>>();
        assert_eq!(paths("NAD"), ["SG2/NAD[3035=BY]", "SG2/NAD[3035=SU]"]);
        assert_eq!(paths("SG2/NAD[3035=SU]"), ["SG2/NAD[3035=SU]"]);
        assert_eq!(paths("NAD[3035=BY|SU][3039=4012345500004]"), ["SG2/NAD[3035=SU]"]);
        assert_eq!(paths("NAD[not(3035=BY)]"), ["SG2/NAD[3035=SU]"]);
        assert_eq!(paths("SG2/NAD[3035=BY]/SG3/RFF"), ["SG2/SG3/RFF[1153=VA]"]);
        assert_eq!(paths("SG2/NAD[3035=SU]/SG3/RFF"), [""; 0]);
        assert_eq!(paths("SG2[1]").len(), 2, "all that is in the group");
        assert_eq!(paths("SG3"), ["SG2/SG3/RFF[1153=VA]"]);
        assert_eq!(at("NAD[3035=BY]/C082/3039"), [("SG2/NAD[3035=BY]".to_owned(), 1)]);
        assert_eq!(paths("SG25/LIN"), ["SG25/LIN"]);
        assert_eq!(paths("SG25/LIN[1082=1]/QTY"), ["SG25/QTY[6063=21]"]);
        for path in ["", "NAD[", "/NAD", "NAD/RFF/3035/X", "C082", "SG2[3035=BY]"] {
            assert!(path.parse::<Selector>().is_err(), "{path}");
        }
    }

    #[test]
    fn what_stands_at_an_octet_is_told_with_the_way_to_it() {
        let at = |needle: &str| {
            let at = FILE.find(needle).unwrap() as u64;
            let (nodes, _) = nodes(FILE, &Options { at: Some(At::Octet(at)), ..Options::default() });
            match <[Node; 1]>::try_from(nodes).unwrap() {
                [Node::Place(place)] => *place,
                [other] => panic!("{other:?}"),
            }
        };
        let party = at("4012345500004::9'");
        assert_eq!(party.segment.path, "SG2/NAD[3035=SU]");
        let value = party.value.unwrap();
        assert_eq!((value.path.as_str(), value.value.as_str()), ("C082/3039", "4012345500004"));
        assert_eq!(party.groups.len(), 1);
        assert_eq!((party.groups[0].number, party.groups[0].repetition), (2, 2));
        assert!(at("NAD+SU").value.is_none(), "the tag is no value");
        assert_eq!((at("7++ORDERS").segment.tag.as_str(), at("7++ORDERS").segment.path.as_str()), ("UNB", "UNB"));
        let (outside, _) = nodes(FILE, &Options { at: Some(At::Octet(9)), ..Options::default() });
        assert!(matches!(outside.as_slice(), [Node::Other(_)]), "a line end is no segment");
        assert_eq!(nodes(FILE, &Options { at: Some(At::Octet(1 << 40)), ..Options::default() }).0, []);
    }

    #[test]
    fn why_a_segment_stands_where_it_does_is_told() {
        let choice = |file: &str, at: &str| {
            let (nodes, _) = nodes(file, &Options { at: Some(at.parse().unwrap()), ..Options::default() });
            let [Node::Place(place)] = <[Node; 1]>::try_from(nodes).unwrap() else { panic!("a place") };
            (place.choice.clone().unwrap(), text_of_node(&Node::Place(place), Language::English))
        };
        let verdicts = |choice: &ChoiceNode| {
            let places = choice.places.iter().map(|place| (place.path.clone(), place.verdict, place.taken));
            places.collect::<Vec<_>>()
        };
        // The reference of a party: that of the order is passed, that of a line has no line yet.
        let (reference, text) = choice(FILE, "7:5");
        let verdicts = verdicts(&reference);
        assert_eq!(verdicts[0], ("SG1/RFF".to_owned(), "place-passed", false));
        assert_eq!(verdicts[1], ("SG2/SG3/RFF".to_owned(), "place-nearest", true));
        assert!(verdicts[2..].iter().all(|(_, verdict, taken)| *verdict == "place-not-open" && !taken), "{verdicts:?}");
        assert!(reference.expected.is_empty());
        assert!(text.contains("\n  → SG2/SG3/RFF (0160) is the nearest place"), "{text}");
        assert!(text.contains("\n  · in groups that are not open: SG12/SG13/RFF, "), "{text}");

        // A second beginning of the message has no place: what may follow the first is told.
        let twice = FILE.replace("DTM+137:20261122:102'", "BGM+220+A1+9'");
        let (beginning, text) = choice(&twice, "5:1");
        assert_eq!((beginning.places[0].verdict, beginning.excess.as_deref()), ("place-used-up", Some("BGM")));
        assert_eq!(beginning.expected, ["DTM"], "{text}");

        // What was left out is named where the next segment stands.
        let without = FILE.replace("BGM+220+A1+9'\n", "");
        let (date, text) = choice(&without, "DTM");
        assert_eq!(
            (date.left_out[..].to_vec(), date.expected[..].to_vec()),
            (vec!["BGM".to_owned()], vec!["BGM".to_owned()])
        );
        assert!(text.contains("\n  mandatory, and missing before it: BGM\n"), "{text}");

        // What does not belong to the message at all has no places, and stands for nothing that may.
        let (foreign, text) = choice(&FILE.replace("QTY+21:12'", "CNI+1'"), "CNI");
        assert!(foreign.places.is_empty() && foreign.expected.contains(&"QTY".to_owned()), "{foreign:?}");
        assert!(text.contains("(not supported in this position)"), "{text}");
    }

    #[test]
    fn a_place_is_named_in_several_ways() {
        let found = |at: &str| {
            let (nodes, _) = nodes(FILE, &Options { at: Some(at.parse().unwrap()), ..Options::default() });
            let places = nodes.into_iter().filter_map(|node| match node {
                Node::Place(place) => Some((place.segment.path, place.value.map(|value| value.value))),
                _ => None,
            });
            places.collect::<Vec<_>>()
        };
        let supplier = [("SG2/NAD[3035=SU]".to_owned(), Some("4012345500004".to_owned()))];
        let octet = FILE.find("4012345500004::9").unwrap();
        assert_eq!(found(&octet.to_string()), supplier);
        assert_eq!(found("8:8"), supplier);
        assert_eq!(found("NAD[3035=SU]/C082/3039"), supplier);
        assert_eq!(found("SG2/NAD").len(), 2);
        assert_eq!(found("UNB"), [("UNB".to_owned(), None)]);
        assert_eq!(found("8:99"), []);
        let header = Options { at: Some("3:1".parse().unwrap()), ..Options::default() };
        let Node::Place(header) = &nodes(FILE, &header).0[0] else { panic!("a place") };
        assert_eq!(header.message.as_ref().unwrap().position, header.segment.position);
        for wrong in ["0:1", "1:0", "-3", "8:", "NAD["] {
            assert!(wrong.parse::<At>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn nodes_beyond_the_limit_are_counted() {
        let (nodes, summary) = nodes(FILE, &Options { depth: Depth::Segments, node_limit: 4, ..Options::default() });
        assert_eq!(nodes.len(), 4);
        assert_eq!(summary.messages, 1);
        assert_eq!(summary.segments, 12);
        assert!(summary.withheld > 5);
    }

    #[test]
    fn what_no_directory_knows_is_shown_all_the_same() {
        let file = FILE.replace("D:96A", "D:77Z");
        let text = lines(&file, &Options { depth: Depth::Elements, ..Options::default() }).concat();
        assert!(text.contains("NAD+BY") && text.contains("RFF+VA:DE1"), "{text}");
    }

    #[test]
    fn xml_and_json_are_summed_up() {
        let xml = "<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'><a/><b><c/></b></Invoice>";
        let [Node::Document(document)] = <[Node; 1]>::try_from(nodes(xml, &Options::default()).0).unwrap() else {
            panic!("a document")
        };
        assert_eq!((document.root.as_str(), document.elements, document.depth), ("Invoice", 4, 3));
        assert!(document.grammar.is_some());
        let (json, _) = nodes("{\"document\": \"invoice\", \"version\": 1, \"number\": \"A1\"}", &Options::default());
        assert!(
            matches!(&json[..], [Node::Document(document)] if document.root == "invoice" && document.elements == 3)
        );
        assert_eq!(nodes("nothing of the kind", &Options::default()).0, []);
        let within = Options { at: Some(At::Octet(3)), ..Options::default() };
        assert_eq!(nodes(xml, &within).0, [], "places are found in interchanges");
    }
}
