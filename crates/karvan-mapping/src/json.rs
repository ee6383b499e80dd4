//! JSON documents of a standard as trees for the engine, and back.
//!
//! A value that something may qualify is an object with `content`: here one node, whose text is the content and whose
//! children are what qualifies it. An array is as many nodes of one name as it has items.

use std::borrow::Cow;

use karvan_schema::json::{Datatype, Definition, Grammar as Schema, Member, members as object, scalar};
use karvan_text::Span;
use serde_json::value::RawValue;

use crate::file::JsonSyntax;
use crate::fixed::FixedMap;
use crate::grammar::{Grammar, List, Slot, Wanted, Wants};
use crate::names::{Label, Name};
use crate::table::Table;
use crate::tree::{NodeId, Tree};
use crate::written::Written;

/// The member that names the schema of a document: of its form, not of what it says.
const SCHEMA: &str = "x-schema";

/// What others call it, which the schemas do not allow.
const FOREIGN_SCHEMA: &str = "$schema";
/// The member that holds a value beside what qualifies it.
const CONTENT: &str = "content";
/// Where a document of UN/CEFACT says what it is, by code list 1001.
const TYPE: [&str; 2] = ["exchangedDocument", "typeCode"];

/// How deep objects and arrays are looked into; the grammar goes thirty levels deep where it is used.
const DEPTH: usize = 64;

/// What tells which table is for a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sign {
    /// The schema that the document names: `CrossIndustryInvoice`.
    schema: Option<String>,
    /// The type code of the document.
    code: Option<String>,
}

impl Sign {
    /// What an object says of itself; none where `source` is no JSON object.
    pub(crate) fn of(source: &str) -> Option<Self> {
        let members = object(source)?;
        let find = |members: &[(Cow<'_, str>, &str)], name: &str| {
            members.iter().find(|(key, _)| key == name).map(|(_, raw)| (*raw).to_owned())
        };
        let named = find(&members, SCHEMA)
            .or_else(|| find(&members, FOREIGN_SCHEMA))
            .and_then(|raw| scalar(&raw).map(Cow::into_owned));
        // The name of the schema document, or its identifier.
        let short = |name: String| {
            let last = name.rsplit('/').next().unwrap_or_default().trim_end_matches(".json");
            last.strip_prefix("UNECE-").unwrap_or(last).to_owned()
        };
        let of_type = TYPE.iter().try_fold(source.to_owned(), |raw, name| find(&object(&raw)?, name));
        let code = of_type.and_then(|raw| match object(&raw) {
            Some(members) => find(&members, CONTENT),
            None => Some(raw),
        });
        Some(Self { schema: named.map(short), code: code.and_then(|raw| Some(scalar(&raw)?.into_owned())) })
    }

    /// The document of the grammar that it names.
    pub(crate) fn document(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// Whether a document with this sign is one for the table of `syntax`.
    pub(crate) fn is_of(&self, syntax: &JsonSyntax) -> bool {
        match (&self.schema, &self.code) {
            (Some(schema), _) => *schema == syntax.document,
            (None, Some(code)) => syntax.types.contains(code),
            (None, None) => false,
        }
    }
}

/// The members and items of a document as a tree; `source` is a JSON object.
pub(crate) fn tree<'s>(table: &Table, source: &'s str) -> Tree<'s> {
    let mut reader = Reader { table, source, tree: empty(table), open: Vec::new() };
    reader.open.push((source.trim(), NodeId::ROOT, 0));
    while let Some((raw, node, depth)) = reader.open.pop() {
        let first = reader.open.len();
        for (key, raw) in object(raw).unwrap_or_default() {
            match scalar(raw) {
                Some(text) if key == CONTENT => reader.text(node, raw, text),
                Some(_) if node == NodeId::ROOT && (key == SCHEMA || key == FOREIGN_SCHEMA) => {}
                _ => {
                    let named = reader.named(key);
                    reader.member(node, named, raw, depth + 1);
                }
            }
        }
        reader.open[first..].reverse();
    }
    reader.tree
}

/// The tree of nothing but a root, which has no name.
pub(crate) fn empty<'s>(table: &Table) -> Tree<'s> {
    Tree::new(table.names.labels(), Name::UNKNOWN, ("", ""), Span::default())
}

struct Reader<'t, 's> {
    table: &'t Table,
    source: &'s str,
    tree: Tree<'s>,
    /// Objects still to be read.
    open: Vec<(&'s str, NodeId, usize)>,
}

impl<'s> Reader<'_, 's> {
    /// What a member is called.
    fn named(&mut self, key: Cow<'s, str>) -> (Name, Label) {
        let name = self.table.names.find("", &key);
        let label = match key {
            Cow::Borrowed(key) => self.tree.label_of(name, "", key),
            Cow::Owned(_) if name != Name::UNKNOWN => Label::of(name),
            // A name that needs escapes is none of the standard's.
            Cow::Owned(_) => self.tree.label("", "…"),
        };
        (name, label)
    }

    /// Takes a member in; each item of an array is one of its own.
    fn member(&mut self, parent: NodeId, named: (Name, Label), raw: &'s str, depth: usize) {
        if raw.starts_with('[') && depth < DEPTH {
            let items: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
            items.into_iter().for_each(|item| self.item(parent, named, item.get(), depth));
        } else {
            self.item(parent, named, raw, depth);
        }
    }

    fn item(&mut self, parent: NodeId, (name, label): (Name, Label), raw: &'s str, depth: usize) {
        let node = self.tree.push(parent, name, label, self.span(raw));
        match scalar(raw) {
            Some(text) => self.text(node, raw, text),
            None if raw.starts_with('{') && depth < DEPTH => self.open.push((raw, node, depth)),
            None if raw == "null" => {}
            // An array in an array, or too deep: the grammar has none, and what is there is told as it is.
            None => self.text(node, raw, Cow::Borrowed(raw)),
        }
    }

    fn text(&mut self, node: NodeId, raw: &'s str, text: Cow<'s, str>) {
        self.tree.node_mut(node).span = self.span(raw);
        self.tree.set_text(node, Some(text));
    }

    /// Where `raw` stands: it is a slice of the source.
    fn span(&self, raw: &str) -> Span {
        let start = (raw.as_ptr() as usize).saturating_sub(self.source.as_ptr() as usize);
        Span::from(start..start + raw.len())
    }
}

/// The written tree as a document: a member a line, two spaces a level, in the order of the schema.
pub(crate) fn document(syntax: &JsonSyntax, table: &Table, written: &Written<'_>) -> String {
    let mut out = String::with_capacity(written.tree.len() * 48);
    if let Some(root) = Schema::builtin().root(&syntax.document) {
        let schema = Schema::builtin().id(&syntax.document).unwrap_or_default();
        out.push_str("{\n  \"x-schema\": ");
        string(schema, &mut out);
        let mut output = Output { table, written, out: &mut out };
        let after_first = output.members(NodeId::ROOT, root, 1, true);
        out.push_str(if after_first { "\n}" } else { "}" });
    }
    out.push('\n');
    out
}

struct Output<'o> {
    table: &'o Table,
    written: &'o Written<'o>,
    out: &'o mut String,
}

impl Output<'_> {
    /// Writes the members below a node; `after` tells whether one stands before them already, and the answer whether any
    /// was written.
    fn members(&mut self, node: NodeId, definition: Definition<'_>, depth: usize, after: bool) -> bool {
        let Written { tree, slots, .. } = self.written;
        let mut children: Vec<NodeId> = tree.children(node).collect();
        children.sort_by_key(|child| slots[child.index()].order);
        let mut after = after;
        for same in children.chunk_by(|a, b| tree.node(*a).name == tree.node(*b).name) {
            let name = self.table.names.text(tree.node(same[0]).name);
            let Some(member) = definition.member(name) else { continue };
            self.key(name, depth, after);
            after = true;
            if member.is_array() {
                self.out.push('[');
                for (index, item) in same.iter().enumerate() {
                    self.out.push_str(if index > 0 { ",\n" } else { "\n" });
                    self.indent(depth + 1);
                    self.value(*item, member.definition(), depth + 1);
                }
                self.out.push('\n');
                self.indent(depth);
                self.out.push(']');
            } else {
                self.value(same[0], member.definition(), depth);
            }
        }
        after
    }

    fn value(&mut self, node: NodeId, definition: Definition<'_>, depth: usize) {
        let text = self.written.tree.text(node);
        if definition.datatype() != Datatype::Object {
            return self.scalar(text.unwrap_or_default(), definition.datatype());
        }
        self.out.push('{');
        let content = definition.content().zip(text);
        if let Some((content, text)) = content {
            self.key(CONTENT, depth + 1, false);
            self.scalar(text, content.datatype());
        }
        if self.members(node, definition, depth + 1, content.is_some()) {
            self.out.push('\n');
            self.indent(depth);
        }
        self.out.push('}');
    }

    fn scalar(&mut self, text: &str, datatype: Datatype) {
        let is_bare = match datatype {
            Datatype::Boolean => matches!(text, "true" | "false"),
            Datatype::Integer => !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit()),
            _ => false,
        };
        if is_bare { self.out.push_str(text) } else { string(text, self.out) }
    }

    fn key(&mut self, name: &str, depth: usize, after: bool) {
        self.out.push_str(if after { ",\n" } else { "\n" });
        self.indent(depth);
        string(name, self.out);
        self.out.push_str(": ");
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n("  ", depth));
    }
}

/// Writes a JSON string.
fn string(text: &str, out: &mut String) {
    // A text can always be written.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// A grammar of JSON documents as that which the engine writes by.
///
/// Only what the table has names for is taken: the places that no path leads to are left out.
pub(crate) fn grammar(table: &Table, syntax: &JsonSyntax) -> Option<Grammar> {
    // What may stand somewhere is a place wherever it does; its index is the key.
    let mut definitions: Vec<Definition<'static>> = vec![Schema::builtin().root(&syntax.document)?];
    let (mut places, mut lists, texts) = (Vec::new(), FixedMap::default(), table.texts());
    while let Some(definition) = definitions.get(places.len()).copied() {
        let mut place = Vec::new();
        for (order, member) in (0_u32..).zip(definition.members()) {
            let name = table.names.find("", member.name());
            if name == Name::UNKNOWN {
                continue;
            }
            let below = member.definition();
            let key = definitions.iter().position(|known| *known == below).unwrap_or_else(|| {
                definitions.push(below);
                definitions.len() - 1
            });
            let value = below.content().unwrap_or(below);
            let list = match value.codes() {
                // Anything else would be another kind of JSON.
                [] if value.datatype() == Datatype::Boolean => Some(List::Boolean),
                [] if texts.contains(&name) => number(value.datatype()).map(List::Datatype),
                [] => None,
                codes => Some(List::Codes(codes)).filter(|_| syntax.known_codes),
            };
            if let Some(list) = list {
                lists.insert((u32::try_from(places.len()).ok()?, name), list);
            }
            let (key, repetitions) = (u32::try_from(key).ok()?, member.maximum().unwrap_or(u32::MAX));
            place.push((name, Slot { key, order, repetitions, limit: 0, least: 0, numeric: false }));
        }
        places.push(place);
    }
    // A string of JSON holds every character.
    let grammar = Grammar::new(places, |_| true).keeping_to(lists);
    if table.whole.is_empty() {
        return Some(grammar);
    }
    let wants = definitions.iter().map(|definition| {
        let members = definition.members().filter(|member| member.is_required() && table.is_whole(member.name()));
        let wanted = |member: Member<'static>| {
            let name = table.names.find("", member.name());
            Wanted { name, occurrence: 1, tag: member.name() }
        };
        Wants { all: members.map(wanted).collect(), notes: Vec::new() }
    });
    let wants = wants.collect();
    Some(grammar.wanting_at_once(wants))
}

/// What of XML Schema a datatype of numbers is.
fn number(datatype: Datatype) -> Option<karvan_schema::xml::Datatype> {
    match datatype {
        Datatype::Decimal => Some(karvan_schema::xml::Datatype::Decimal),
        Datatype::Integer => Some(karvan_schema::xml::Datatype::Integer),
        _ => None,
    }
}
