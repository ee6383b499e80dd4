//! From published JSON Schema documents (draft 2020-12) to a grammar.
//!
//! The schemas of UN/CEFACT say a place in several layers: what the whole data model allows there, what a part of it leaves,
//! what one document leaves of that. A place is therefore a set of schemas, all of which hold; what may stand in it is what
//! none of them forbids.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value as Json;

use super::{Datatype, Grammar, MemberShape, Root, Shape};

/// Schema documents by their names, as references name them: `codelists/ISO_ISO3AlphaCurrencyCode.json`.
#[derive(Clone, Debug, Default)]
pub struct Library(HashMap<String, Json>);

/// Why no grammar could be made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompileError {
    /// A schema document is not in the library.
    Missing(String),
    /// A schema document is no JSON.
    Json(String),
    /// A place may hold one of several things, which a grammar does not hold.
    Choice(String),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "the schema document {name} is missing"),
            Self::Json(name) => write!(f, "{name} is no JSON"),
            Self::Choice(place) => write!(f, "a choice in {place} is not understood"),
        }
    }
}

impl std::error::Error for CompileError {}

impl Library {
    /// Adds a schema document.
    ///
    /// # Errors
    /// If it is no JSON.
    pub fn add(&mut self, name: impl Into<String>, document: &[u8]) -> Result<(), CompileError> {
        let name = name.into();
        let json = serde_json::from_slice(document).map_err(|_| CompileError::Json(name.clone()))?;
        self.0.insert(name, json);
        Ok(())
    }

    /// The schema that a reference leads to; some references of published schemas lead nowhere.
    fn follow(&self, reference: &str, from: &str) -> Option<Node<'_>> {
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let (file, document) = self.0.get_key_value(if file.is_empty() { from } else { file })?;
        Some(Node { file, schema: document.pointer(pointer)? })
    }
}

/// A schema, and the document that it stands in.
#[derive(Clone, Copy)]
struct Node<'l> {
    file: &'l str,
    schema: &'l Json,
}

impl Node<'_> {
    fn address(&self) -> usize {
        std::ptr::from_ref(self.schema) as usize
    }
}

/// Makes a grammar of the schemas of documents, each the name of a schema document in `library` that has a `title`.
///
/// # Errors
/// If a schema document is missing or says what a grammar does not hold.
pub fn compile(name: &str, title: &str, library: &Library, documents: &[&str]) -> Result<Grammar, CompileError> {
    let mut compiler = Compiler { library, known: HashMap::new(), shapes: Vec::new(), lists: Vec::new() };
    let mut roots = Vec::new();
    for document in documents {
        let missing = || CompileError::Missing((*document).to_owned());
        let root = library.follow(document, document).ok_or_else(missing)?;
        let said = |key: &str| root.schema[key].as_str().unwrap_or_default();
        let shape = match compiler.flatten(root)? {
            Some(place) => compiler.shape(&place)?,
            None => return Err(missing()),
        };
        roots.push(Root { id: said("$id").to_owned(), title: said("title").to_owned(), shape });
    }
    let shapes = compiler.shapes.into_iter().flatten().collect();
    let grammar = Grammar { name: name.to_owned(), title: title.to_owned(), roots, shapes, lists: compiler.lists };
    Ok(merged(grammar))
}

struct Compiler<'l> {
    library: &'l Library,
    /// The shapes by the schemas that hold there.
    known: HashMap<Vec<usize>, usize>,
    shapes: Vec<Option<Shape>>,
    lists: Vec<Vec<String>>,
}

impl<'l> Compiler<'l> {
    /// All schemas that hold where this one does, what it refers to first; none where nothing may stand.
    fn flatten(&self, node: Node<'l>) -> Result<Option<Vec<Node<'l>>>, CompileError> {
        let mut all = Vec::new();
        Ok(self.gather(node, &mut all)?.then_some(all))
    }

    fn gather(&self, node: Node<'l>, all: &mut Vec<Node<'l>>) -> Result<bool, CompileError> {
        if node.schema == &Json::Bool(false) {
            return Ok(false);
        }
        let within = |schema| Node { schema, ..node };
        if let Some(reference) = node.schema["$ref"].as_str() {
            match self.library.follow(reference, node.file) {
                Some(target) if self.gather(target, all)? => {}
                _ => return Ok(false),
            }
        }
        for part in node.schema["allOf"].as_array().into_iter().flatten() {
            if !self.gather(within(part), all)? {
                return Ok(false);
            }
        }
        if let Some(choice) = node.schema["oneOf"].as_array() {
            // A document may stand elsewhere and be referred to by its address; here it stands where it is.
            let elsewhere = |one: &&Json| one["$ref"].as_str().is_some_and(|to| to.ends_with("/resourceType"));
            let mut places = choice.iter().filter(|one| !elsewhere(one));
            match (places.next(), places.next()) {
                _ if is_list(choice) || is_date(choice) => {}
                (Some(only), None) => {
                    if !self.gather(within(only), all)? {
                        return Ok(false);
                    }
                }
                _ => return Err(CompileError::Choice(node.file.to_owned())),
            }
        }
        if all.iter().all(|other| other.address() != node.address()) {
            all.push(node);
        }
        Ok(true)
    }

    /// [`Self::flatten`] of several that hold together.
    fn flatten_all(&self, nodes: &[Node<'l>]) -> Result<Option<Vec<Node<'l>>>, CompileError> {
        let mut all = Vec::new();
        for node in nodes {
            if !self.gather(*node, &mut all)? {
                return Ok(None);
            }
        }
        Ok(Some(all))
    }

    /// The shape of a place where all of these schemas hold.
    fn shape(&mut self, place: &[Node<'l>]) -> Result<usize, CompileError> {
        let mut key: Vec<_> = place.iter().map(Node::address).collect();
        key.sort_unstable();
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        // The shapes of members may be this one again.
        let number = self.shapes.len();
        self.shapes.push(None);
        self.known.insert(key, number);
        let members = self.members(place)?;
        let list = self.list(place);
        self.shapes[number] = Some(Shape { datatype: datatype(place), list, members });
        Ok(number)
    }

    fn members(&mut self, place: &[Node<'l>]) -> Result<Vec<MemberShape>, CompileError> {
        let mut names: Vec<&str> = Vec::new();
        let mut said: HashMap<&str, Vec<Node<'l>>> = HashMap::new();
        for node in place {
            for (name, schema) in node.schema["properties"].as_object().into_iter().flatten() {
                let nodes = said.entry(name).or_default();
                if nodes.is_empty() {
                    names.push(name);
                }
                nodes.push(Node { schema, ..*node });
            }
        }
        let required = |name: &str| {
            let mut lists = place.iter().filter_map(|node| node.schema["required"].as_array());
            lists.any(|list| list.iter().any(|one| one == name))
        };
        let mut members = Vec::new();
        for name in names {
            let Some(nodes) = self.flatten_all(&said[name])? else { continue };
            let array = nodes.iter().any(|node| node.schema["type"] == "array");
            let limits = |key: &'static str| {
                let said = nodes.iter().filter_map(move |node| node.schema[key].as_u64());
                said.filter_map(|limit| u32::try_from(limit).ok())
            };
            let (least, most) = (limits("minItems").max().unwrap_or_default(), limits("maxItems").min());
            let content = if array {
                let items = nodes.iter().filter_map(|node| Some(Node { schema: node.schema.get("items")?, ..*node }));
                self.flatten_all(&items.collect::<Vec<_>>())?
            } else {
                Some(nodes)
            };
            let Some(content) = content else { continue };
            let shape = self.shape(&content)?;
            let (name, required) = (name.to_owned(), required(name));
            members.push(MemberShape { name, shape, required, array, least, most });
        }
        Ok(members)
    }

    /// The codes that all of the schemas list.
    fn list(&mut self, place: &[Node<'l>]) -> Option<usize> {
        let codes_of = |node: &Node<'l>| {
            let listed = node.schema["enum"].as_array().map(|list| list.iter().filter_map(Json::as_str).collect());
            let choice = node.schema["oneOf"].as_array().filter(|choice| is_list(choice));
            listed.or_else(|| Some(choice?.iter().filter_map(|one| one["const"].as_str()).collect::<Vec<_>>()))
        };
        let mut lists = place.iter().filter_map(codes_of);
        let mut codes = lists.next()?;
        for other in lists {
            codes.retain(|code| other.contains(code));
        }
        codes.sort_unstable();
        codes.dedup();
        let known = self.lists.iter().position(|known| known.iter().eq(&codes));
        Some(known.unwrap_or_else(|| {
            self.lists.push(codes.into_iter().map(str::to_owned).collect());
            self.lists.len() - 1
        }))
    }
}

/// Whether a choice is one of codes.
fn is_list(choice: &[Json]) -> bool {
    choice.iter().all(|one| one.get("const").is_some())
}

/// Whether a choice is one of the forms that a day, a time or both may have.
fn is_date(choice: &[Json]) -> bool {
    choice.iter().any(|one| one["format"] == "date")
}

/// The kind of JSON that schemas allow.
fn datatype(place: &[Node<'_>]) -> Datatype {
    let says = |key: &str, value: &str| place.iter().any(|node| node.schema[key] == value);
    let has = |key: &str| place.iter().any(|node| node.schema.get(key).is_some());
    let has_dates = |node: &Node<'_>| node.schema["oneOf"].as_array().is_some_and(|choice| is_date(choice));
    match () {
        () if place.iter().any(has_dates) => Datatype::Date,
        () if says("type", "boolean") => Datatype::Boolean,
        () if says("type", "integer") => Datatype::Integer,
        () if !says("type", "string") && place.iter().any(|node| node.schema.get("properties").is_some()) => {
            Datatype::Object
        }
        () if says("format", "date-time") => Datatype::Moment,
        () if has("contentEncoding") => Datatype::Binary,
        // The only pattern there is: that of decimals.
        () if has("pattern") => Datatype::Decimal,
        () => Datatype::Text,
    }
}

/// The grammar with one shape for all places that allow the same.
fn merged(mut grammar: Grammar) -> Grammar {
    // Places are told apart by more and more of what stands in them, until nothing tells any two apart.
    let mut classes: Vec<usize> = vec![0; grammar.shapes.len()];
    let mut count = 1;
    loop {
        let mut known: HashMap<Shape, usize> = HashMap::new();
        let next = grammar.shapes.iter().map(|shape| {
            let number = known.len();
            *known.entry(led_to(shape, &classes)).or_insert(number)
        });
        classes = next.collect();
        let before = std::mem::replace(&mut count, known.len());
        if before == count {
            break;
        }
    }
    let mut shapes = vec![None; count];
    for (shape, class) in grammar.shapes.iter().zip(&classes) {
        shapes[*class].get_or_insert_with(|| led_to(shape, &classes));
    }
    grammar.shapes = shapes.into_iter().flatten().collect();
    for root in &mut grammar.roots {
        root.shape = classes[root.shape];
    }
    grammar
}

/// A shape whose members lead to classes.
fn led_to(shape: &Shape, classes: &[usize]) -> Shape {
    let mut shape = shape.clone();
    for member in &mut shape.members {
        member.shape = classes[member.shape];
    }
    shape
}
