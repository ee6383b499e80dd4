//! From schema documents (XML Schema 1.0) to a packed grammar.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use karvan_xml::{Document, Element as Node, XML_NAMESPACE};

use super::components::{Attribute, Components, Element, Name, Particle, Simple, Term, Type, Wildcard};
use super::format::{DEEPEST_GROUP, NONE, flag};
use super::grammars::Heading;
use super::{Facet, SCHEMA_NAMESPACE};

mod simple_types;

/// Where schema documents come from.
pub trait Library {
    /// The document at `location` as the one at `base` names it (`None`: as the caller of [`compile`] named it),
    /// with its own location, which is the same for one document however it was named.
    ///
    /// `None` where the library lets the reference be (an import that it knows to be unused, say).
    ///
    /// # Errors
    ///
    /// Why the document cannot be had.
    fn open(
        &mut self,
        base: Option<&str>,
        location: Option<&str>,
        namespace: &str,
    ) -> std::result::Result<Option<(String, Document)>, String>;
}

/// Why schema documents could not be made into a grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaError {
    /// The library could not give a document.
    Unavailable {
        /// The location asked for.
        location: String,
        /// What the library says.
        reason: String,
    },
    /// What was opened is not a schema document.
    NotASchema {
        /// Its location.
        location: String,
    },
    /// A component is named that no document declares.
    Undefined {
        /// What kind of component.
        kind: &'static str,
        /// Its namespace and name.
        name: String,
        /// The path of the element that names it, in its document.
        path: String,
    },
    /// Written out, the groups and derived types have more parts than any grammar needs.
    TooLarge {
        /// The path of the element where that was found, in its document.
        path: String,
    },
    /// Something of XML Schema that grammars do not hold.
    Unsupported {
        /// What it is.
        what: String,
        /// The path of the element, in its document.
        path: String,
    },
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable { location, reason } => write!(f, "{location}: {reason}"),
            Self::NotASchema { location } => write!(f, "{location} is not an XML Schema document"),
            Self::Undefined { kind, name, path } => write!(f, "{kind} {name} is declared nowhere ({path})"),
            Self::TooLarge { path } => write!(f, "written out, there are more than {MOST_PARTS} parts ({path})"),
            Self::Unsupported { what, path } => write!(f, "{what} is not supported ({path})"),
        }
    }
}

impl std::error::Error for SchemaError {}

type Result<T> = std::result::Result<T, SchemaError>;

/// Particles, attribute uses and members of unions that a grammar may have. Groups in groups can be a few lines and mean a
/// thousand million particles; the largest grammar of the program has some ten thousand.
const MOST_PARTS: usize = 1 << 20;

/// Reads the schema documents at `entries` and all that they include and import, and packs what they declare.
///
/// The roots of the grammar are those of the heading, or, where it has none, the elements that the entries declare
/// themselves. Held are declarations and definitions, groups written out, substitution groups as choices; not held are
/// annotations and notations. What else XML Schema has is refused, and so is what belongs to later versions of it.
///
/// # Errors
///
/// [`SchemaError`] where a document or a component is missing, cannot be read or is refused.
pub fn compile(mut heading: Heading, entries: &[&str], library: &mut dyn Library) -> Result<Vec<u8>> {
    let schemas = load(entries, library)?;
    for schema in &schemas {
        check_vocabulary(schema)?;
    }
    let mut compiler = Compiler::new(&schemas)?;
    compiler.everything()?;
    if heading.roots().len() == 0 {
        for schema in schemas.iter().filter(|schema| schema.entry) {
            for node in schema.root().children_named(SCHEMA_NAMESPACE, "element") {
                heading = heading.root(&schema.namespace, attribute(node, "name"));
            }
        }
    }
    Ok(compiler.components.pack(&heading))
}

/// What may stand in each element of a schema document, annotations aside; `facets` stands for all of [`Facet::NAMES`].
///
/// Whatever does not stand here would be passed over, so it is refused.
const VOCABULARY: [(&str, &str); 22] = [
    ("schema", "include import element complexType simpleType attribute group attributeGroup notation"),
    ("include", ""),
    ("import", ""),
    ("notation", ""),
    ("element", "complexType simpleType"),
    ("complexType", "simpleContent complexContent group all choice sequence attribute attributeGroup anyAttribute"),
    ("simpleContent", "restriction extension"),
    ("complexContent", "restriction extension"),
    ("extension", "group all choice sequence attribute attributeGroup anyAttribute"),
    ("restriction", "group all choice sequence attribute attributeGroup anyAttribute simpleType facets"),
    ("group", "all choice sequence"),
    ("all", "element"),
    ("choice", "element group choice sequence any"),
    ("sequence", "element group choice sequence any"),
    ("any", ""),
    ("attribute", "simpleType"),
    ("attributeGroup", "attribute attributeGroup anyAttribute"),
    ("anyAttribute", ""),
    ("simpleType", "restriction list union"),
    ("list", "simpleType"),
    ("union", "simpleType"),
    ("facets", ""),
];

/// Refuses what grammars do not hold: elements and attributes of XML Schema that change which documents are valid.
fn check_vocabulary(schema: &Schema) -> Result<()> {
    let mut nodes = vec![schema.root()];
    while let Some(node) = nodes.pop() {
        let is_facet = |name: &str| Facet::NAMES.iter().any(|entry| entry.1 == name);
        let name = if is_facet(node.local_name()) { "facets" } else { node.local_name() };
        let allowed = VOCABULARY.iter().find(|entry| entry.0 == name).map_or("", |entry| entry.1);
        for part in node.elements().filter(|part| !part.is(SCHEMA_NAMESPACE, "annotation")) {
            let known = |name: &str| allowed.split(' ').any(|word| word == name || word == "facets" && is_facet(name));
            if part.namespace() != SCHEMA_NAMESPACE || !known(part.local_name()) {
                return Err(unsupported(&format!("{} in {}", part.local_name(), node.local_name()), part));
            }
            nodes.push(part);
        }
        // These forbid some of what derivation and substitution would allow.
        for key in ["block", "blockDefault"] {
            if !attribute(node, key).trim().is_empty() {
                return Err(unsupported(key, node));
            }
        }
    }
    Ok(())
}

/// A schema document and the namespace its components are in.
struct Schema {
    location: String,
    document: Document,
    /// The target namespace: its own, or that of the document that includes it.
    namespace: String,
    entry: bool,
}

impl Schema {
    fn root(&self) -> Node<'_> {
        self.document.root()
    }
}

/// Opens the entries and, one after the other, all that they include or import.
fn load(entries: &[&str], library: &mut dyn Library) -> Result<Vec<Schema>> {
    let mut schemas: Vec<Schema> = Vec::new();
    let mut open = |base: Option<&str>, location: Option<&str>, namespace: Option<&str>, schemas: &mut Vec<Schema>| {
        let entry = base.is_none();
        let opened = library.open(base, location, namespace.unwrap_or_default()).map_err(|reason| {
            let location = location.or(namespace).unwrap_or_default().to_owned();
            SchemaError::Unavailable { location, reason }
        })?;
        let Some((location, document)) = opened else { return Ok(()) };
        if !document.root().is(SCHEMA_NAMESPACE, "schema") {
            return Err(SchemaError::NotASchema { location });
        }
        let own = document.root().attribute("targetNamespace").map(str::to_owned);
        let namespace = own.or(namespace.map(str::to_owned)).unwrap_or_default();
        if !schemas.iter().any(|schema| schema.location == location && schema.namespace == namespace) {
            schemas.push(Schema { location, document, namespace, entry });
        }
        Ok(())
    };
    for entry in entries {
        open(None, Some(entry), None, &mut schemas)?;
    }
    let mut next = 0;
    while let Some(schema) = schemas.get(next) {
        let (base, own) = (schema.location.clone(), schema.namespace.clone());
        let mut wanted = Vec::new();
        for node in schema.root().elements().filter(|node| node.namespace() == SCHEMA_NAMESPACE) {
            let location = node.attribute("schemaLocation").map(str::to_owned);
            match node.local_name() {
                "include" => wanted.push((location, own.clone())),
                "import" => wanted.push((location, attribute(node, "namespace").to_owned())),
                _ => {}
            }
        }
        for (location, namespace) in wanted {
            open(Some(&base), location.as_deref(), Some(&namespace), &mut schemas)?;
        }
        next += 1;
    }
    Ok(schemas)
}

/// The kinds of named components, each with names of its own (XML Schema Part 1, 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Element,
    Type,
    Attribute,
    Group,
    AttributeGroup,
}

/// An element of a schema document, and the document.
#[derive(Clone, Copy)]
struct Site<'d> {
    schema: &'d Schema,
    node: Node<'d>,
}

impl<'d> Site<'d> {
    fn at(self, node: Node<'d>) -> Self {
        Self { node, ..self }
    }

    /// The elements of XML Schema in this one, annotations aside.
    fn parts(self) -> impl Iterator<Item = Self> {
        let nodes = self.node.elements();
        let nodes = nodes.filter(|node| node.namespace() == SCHEMA_NAMESPACE && node.local_name() != "annotation");
        nodes.map(move |node| self.at(node))
    }

    fn part(self, names: &[&str]) -> Option<Self> {
        self.parts().find(|part| names.contains(&part.node.local_name()))
    }

    /// The name that the attribute `key` gives, if there is one.
    fn reference(self, key: &str) -> Option<Name> {
        self.node.attribute(key).map(|text| self.qualified(text))
    }

    /// The namespace and local name of `text`, a QName.
    fn qualified(self, text: &str) -> Name {
        let (prefix, local) = text.trim().split_once(':').unwrap_or(("", text.trim()));
        let namespace = self.node.namespace_of_prefix(prefix).unwrap_or_default();
        // What a document without target namespace calls its own is in the namespace of the one that includes it.
        let own = namespace.is_empty() && self.schema.root().attribute("targetNamespace").is_none();
        (if own { self.schema.namespace.clone() } else { namespace.to_owned() }, local.to_owned())
    }

    /// The name of a local declaration: in the target namespace if it is qualified.
    fn local_name(self, default: &str) -> Name {
        let form = self.node.attribute("form").or_else(|| self.schema.root().attribute(default));
        let namespace = if form == Some("qualified") { self.schema.namespace.clone() } else { String::new() };
        (namespace, attribute(self.node, "name").to_owned())
    }

    /// `minOccurs` and `maxOccurs`.
    fn occurrence(self) -> Result<(u32, u32)> {
        let number = |key: &str| match self.node.attribute(key).map(str::trim) {
            None => Ok(1),
            Some("unbounded") if key == "maxOccurs" => Ok(NONE),
            Some(text) => match text.parse::<u32>() {
                Ok(number) if number < NONE => Ok(number),
                _ => Err(unsupported(&format!("{key}=\"{text}\""), self.node)),
            },
        };
        Ok((number("minOccurs")?, number("maxOccurs")?))
    }

    fn flag(self, key: &str) -> bool {
        matches!(self.node.attribute(key).map(str::trim), Some("true" | "1"))
    }

    fn undefined(self, kind: &'static str, name: &Name) -> SchemaError {
        let path = format!("{}{}", self.schema.location, self.node.path());
        SchemaError::Undefined { kind, name: format!("{{{}}}{}", name.0, name.1), path }
    }
}

/// Makes components of the elements of schema documents.
struct Compiler<'d> {
    declared: HashMap<(Kind, Name), Site<'d>>,
    /// Members of substitution groups by the head they name.
    substitutes: HashMap<Name, Vec<Name>>,
    components: Components,
    elements: HashMap<Name, u32>,
    types: HashMap<Name, u32>,
    simple_types: HashMap<Name, u32>,
    /// Types with a number and no content yet.
    waiting: BTreeMap<u32, Site<'d>>,
    /// How many components are being made for one another: components may not be made of themselves.
    depth: usize,
    /// How many parts were made or taken over from a base type.
    parts: usize,
}

impl<'d> Compiler<'d> {
    fn new(schemas: &'d [Schema]) -> Result<Self> {
        let (mut declared, mut substitutes) = (HashMap::new(), HashMap::<Name, Vec<Name>>::new());
        for schema in schemas {
            let root = Site { schema, node: schema.root() };
            for site in root.parts() {
                let kind = match site.node.local_name() {
                    "element" => Kind::Element,
                    "complexType" | "simpleType" => Kind::Type,
                    "attribute" => Kind::Attribute,
                    "group" => Kind::Group,
                    "attributeGroup" => Kind::AttributeGroup,
                    "include" | "import" | "notation" => continue,
                    other => return Err(unsupported(other, site.node)),
                };
                let name = (schema.namespace.clone(), attribute(site.node, "name").to_owned());
                if let Some(head) = site.reference("substitutionGroup") {
                    substitutes.entry(head).or_default().push(name.clone());
                }
                declared.entry((kind, name)).or_insert(site);
            }
        }
        Ok(Self {
            declared,
            substitutes,
            components: Components::default(),
            elements: HashMap::new(),
            types: HashMap::new(),
            simple_types: HashMap::new(),
            waiting: BTreeMap::new(),
            depth: 0,
            parts: 0,
        })
    }

    /// Compiles all global elements and types, in the order of their names: the same documents give the same octets.
    fn everything(&mut self) -> Result<()> {
        let mut globals: Vec<(Kind, Name)> = self.declared.keys().cloned().collect();
        globals.sort_by(|one, other| (one.0 as u8, &one.1).cmp(&(other.0 as u8, &other.1)));
        for (kind, name) in globals {
            let site = self.declared[&(kind, name.clone())];
            match kind {
                Kind::Element => {
                    let index = self.global_element(site, &name)?;
                    self.components.global_elements.push(index);
                }
                Kind::Type => {
                    let index = self.named_type(site, &name)?;
                    self.components.global_types.push(index);
                }
                Kind::Attribute => {
                    let attribute = self.attribute(site)?;
                    self.components.global_attributes.push(Attribute { name, ..attribute });
                }
                Kind::Group | Kind::AttributeGroup => {}
            }
        }
        while let Some((&index, _)) = self.waiting.first_key_value() {
            self.complete(index)?;
        }
        let types = &self.components.types;
        let is_mixed = |element: &&Element| types[element.definition as usize].flags & flag::MIXED != 0;
        match self.components.elements.iter().filter(is_mixed).find(|element| element.fixed.is_some()) {
            Some(Element { name: (namespace, name), .. }) => {
                let what = "a fixed value of mixed content".to_owned();
                Err(SchemaError::Unsupported { what, path: format!("{{{namespace}}}{name}") })
            }
            None => Ok(()),
        }
    }

    /// Makes a component of what `site` holds, for others that are being made.
    fn within<T>(&mut self, site: Site<'d>, make: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= DEEPEST_GROUP {
            return Err(unsupported("a component that is made of itself", site.node));
        }
        self.depth += 1;
        let made = make(self);
        self.depth -= 1;
        made
    }

    /// Counts parts that are about to be made.
    fn count(&mut self, parts: usize, site: Site<'_>) -> Result<()> {
        self.parts = self.parts.saturating_add(parts);
        if self.parts > MOST_PARTS { Err(SchemaError::TooLarge { path: site.node.path() }) } else { Ok(()) }
    }

    fn find(&self, kind: Kind, label: &'static str, name: &Name, from: Site<'_>) -> Result<Site<'d>> {
        self.declared.get(&(kind, name.clone())).copied().ok_or_else(|| from.undefined(label, name))
    }

    // Elements and particles

    fn global_element(&mut self, from: Site<'_>, name: &Name) -> Result<u32> {
        if let Some(&known) = self.elements.get(name) {
            return Ok(known);
        }
        let site = self.find(Kind::Element, "element", name, from)?;
        let index = self.element(site, name.clone())?;
        self.elements.insert(name.clone(), index);
        Ok(index)
    }

    fn element(&mut self, site: Site<'d>, name: Name) -> Result<u32> {
        let definition = match (site.reference("type"), site.part(&["complexType", "simpleType"])) {
            (Some(name), _) => self.named_type(site, &name)?,
            (None, Some(inline)) => self.type_at(inline, None),
            (None, None) => match site.reference("substitutionGroup") {
                Some(head) => {
                    let head = self.global_element(site, &head)?;
                    self.components.elements[head as usize].definition
                }
                None => self.named_type(site, &(SCHEMA_NAMESPACE.to_owned(), "anyType".to_owned()))?,
            },
        };
        let nillable = if site.flag("nillable") { flag::NILLABLE } else { 0 };
        let abstract_ = if site.flag("abstract") { flag::ABSTRACT } else { 0 };
        self.components.elements.push(Element {
            name,
            definition,
            flags: nillable | abstract_,
            default: site.node.attribute("default").map(str::to_owned),
            fixed: site.node.attribute("fixed").map(str::to_owned),
        });
        Ok(number(self.components.elements.len() - 1))
    }

    /// The particle at `site`; none where it may not occur or holds nothing.
    fn particle(&mut self, site: Site<'d>) -> Result<Option<Particle>> {
        self.within(site, |compiler| compiler.particle_within(site))
    }

    fn particle_within(&mut self, site: Site<'d>) -> Result<Option<Particle>> {
        self.count(1, site)?;
        let (minimum, maximum) = site.occurrence()?;
        if maximum == 0 {
            return Ok(None);
        }
        let term = match (site.node.local_name(), site.reference("ref")) {
            ("element", Some(name)) => self.element_or_substitutes(site, &name)?,
            ("element", None) => Term::Element(self.element(site, site.local_name("elementFormDefault"))?),
            ("any", _) => Term::Any(wildcard(site)),
            ("group", Some(name)) => {
                let group = self.find(Kind::Group, "group", &name, site)?;
                let Some(body) = group.part(&["sequence", "choice", "all"]) else { return Ok(None) };
                let Some(particle) = self.particle(body)? else { return Ok(None) };
                particle.term
            }
            (kind @ ("sequence" | "choice" | "all"), _) => {
                let mut parts = Vec::new();
                for part in site.parts() {
                    parts.extend(self.particle(part)?);
                }
                match kind {
                    "choice" => Term::Choice(parts),
                    // What was there of such a group is kept in the bits of a word.
                    "all" if parts.len() > 64 || parts.iter().any(|part| part.maximum > 1) => {
                        return Err(unsupported(
                            "an all group of more than 64 elements, or of repeated ones",
                            site.node,
                        ));
                    }
                    "all" => Term::All(parts),
                    _ => Term::Sequence(flatten(parts)),
                }
            }
            (other, _) => return Err(unsupported(other, site.node)),
        };
        let empty = matches!(&term, Term::Sequence(parts) | Term::All(parts) if parts.is_empty());
        Ok((!empty).then_some(Particle { minimum, maximum, term }))
    }

    /// The element `name`, or a choice of it and the members of its substitution group.
    fn element_or_substitutes(&mut self, site: Site<'d>, name: &Name) -> Result<Term> {
        let (mut names, mut seen) = (vec![name.clone()], HashSet::from([name.clone()]));
        let mut next = 0;
        while let Some(members) = names.get(next).map(|head| self.substitutes.get(head)) {
            names.extend(members.into_iter().flatten().filter(|name| seen.insert((*name).clone())).cloned());
            next += 1;
        }
        self.count(names.len(), site)?;
        let mut elements = Vec::new();
        for name in &names {
            elements.push(self.global_element(site, name)?);
        }
        if let [only] = elements[..] {
            return Ok(Term::Element(only));
        }
        let concrete =
            elements.into_iter().filter(|&index| self.components.elements[index as usize].flags & flag::ABSTRACT == 0);
        Ok(Term::Choice(
            concrete.map(|index| Particle { minimum: 1, maximum: 1, term: Term::Element(index) }).collect(),
        ))
    }

    // Types

    /// The number of the type `name`; its content is read later.
    fn named_type(&mut self, from: Site<'d>, name: &Name) -> Result<u32> {
        if let Some(&known) = self.types.get(name) {
            return Ok(known);
        }
        let index = if name.0 == SCHEMA_NAMESPACE {
            let definition = if name.1 == "anyType" {
                any_type()
            } else {
                let simple = Some(self.named_simple_type(from, name)?);
                Type { namespace: name.0.clone(), name: Some(name.1.clone()), simple, ..Type::default() }
            };
            self.components.types.push(definition);
            number(self.components.types.len() - 1)
        } else {
            let site = self.find(Kind::Type, "type", name, from)?;
            self.type_at(site, Some(name))
        };
        self.types.insert(name.clone(), index);
        Ok(index)
    }

    /// A number for the type at `site`.
    fn type_at(&mut self, site: Site<'d>, name: Option<&Name>) -> u32 {
        let index = number(self.components.types.len());
        let (namespace, name) = split(name);
        self.components.types.push(Type { namespace, name, ..Type::default() });
        self.waiting.insert(index, site);
        index
    }

    /// Reads the content of type `index`, if that has not been done.
    fn complete(&mut self, index: u32) -> Result<()> {
        let Some(site) = self.waiting.remove(&index) else { return Ok(()) };
        let named = self.components.types[index as usize].clone();
        let definition = self.within(site, |compiler| match site.node.local_name() {
            "simpleType" => compiler.simple_as_type(site, named),
            _ => compiler.complex_type(site, named),
        })?;
        self.components.types[index as usize] = definition;
        Ok(())
    }

    /// The type `name` with its content.
    fn completed(&mut self, from: Site<'d>, name: &Name) -> Result<(u32, Type)> {
        let index = self.named_type(from, name)?;
        self.complete(index)?;
        Ok((index, self.components.types[index as usize].clone()))
    }

    fn simple_as_type(&mut self, site: Site<'d>, named: Type) -> Result<Type> {
        let simple = match &named.name {
            Some(name) => self.named_simple_type(site, &(named.namespace.clone(), name.clone()))?,
            None => self.simple_type(site, None)?,
        };
        let base = site.part(&["restriction"]).and_then(|part| part.reference("base"));
        let base = base.map(|name| self.named_type(site, &name)).transpose()?;
        Ok(Type { simple: Some(simple), base, ..named })
    }

    fn complex_type(&mut self, site: Site<'d>, named: Type) -> Result<Type> {
        let mut definition = named;
        if site.flag("abstract") {
            definition.flags |= flag::ABSTRACT;
        }
        let Some(content) = site.part(&["simpleContent", "complexContent"]) else {
            self.own_content(site, site.flag("mixed"), &mut definition)?;
            return Ok(definition);
        };
        let Some(derivation) = content.part(&["extension", "restriction"]) else {
            return Err(unsupported("content that is not derived", content.node));
        };
        let name = derivation.reference("base").unwrap_or_default();
        let (index, base) = self.completed(derivation, &name)?;
        definition.base = Some(index);
        self.count(base.attributes.len() + base.particle.as_ref().map_or(0, Particle::size), derivation)?;
        let extension = derivation.node.local_name() == "extension";
        if content.node.local_name() == "simpleContent" {
            definition.simple = base.simple;
            if !extension {
                definition.simple = self.narrowed(derivation, base.simple)?.or(base.simple);
            }
            self.attributes(derivation, &mut definition)?;
        } else {
            let mixed = content.node.attribute("mixed").map_or_else(|| site.flag("mixed"), |_| content.flag("mixed"));
            self.own_content(derivation, mixed || (extension && base.flags & flag::MIXED != 0), &mut definition)?;
            if extension {
                let parts = base.particle.into_iter().chain(definition.particle.take()).collect();
                let mut parts = flatten(parts);
                definition.particle = match parts.len() {
                    0 => None,
                    1 => parts.pop(),
                    _ => Some(Particle { minimum: 1, maximum: 1, term: Term::Sequence(parts) }),
                };
            }
        }
        // An extension has the attributes of its base; so has a restriction, but for those it gives again or forbids.
        // Any attribute is allowed by a restriction only if it says so itself.
        let prohibited = prohibited(derivation);
        let inherited: Vec<Attribute> = base
            .attributes
            .into_iter()
            .filter(|old| {
                !prohibited.contains(&old.name) && definition.attributes.iter().all(|own| own.name != old.name)
            })
            .collect();
        definition.attributes.splice(0..0, inherited);
        if extension {
            definition.wildcard = definition.wildcard.or(base.wildcard);
        }
        Ok(definition)
    }

    /// The particle and attributes written at `site` itself.
    fn own_content(&mut self, site: Site<'d>, mixed: bool, definition: &mut Type) -> Result<()> {
        if mixed {
            definition.flags |= flag::MIXED;
        }
        if let Some(part) = site.part(&["sequence", "choice", "all", "group"]) {
            definition.particle = self.particle(part)?;
        }
        self.attributes(site, definition)
    }

    /// The attributes written at `site`, attribute groups written out.
    fn attributes(&mut self, site: Site<'d>, definition: &mut Type) -> Result<()> {
        for part in site.parts() {
            match part.node.local_name() {
                "attribute" if part.node.attribute("use") != Some("prohibited") => {
                    self.count(1, part)?;
                    let attribute = self.attribute(part)?;
                    definition.attributes.push(attribute);
                }
                "attributeGroup" => {
                    let name = part.reference("ref").unwrap_or_default();
                    let group = self.find(Kind::AttributeGroup, "attribute group", &name, part)?;
                    self.within(part, |compiler| compiler.attributes(group, definition))?;
                }
                "anyAttribute" => definition.wildcard = Some(wildcard(part)),
                _ => {}
            }
        }
        Ok(())
    }

    fn attribute(&mut self, site: Site<'d>) -> Result<Attribute> {
        let (name, declaration) = match site.reference("ref") {
            Some(name) if name.0 == XML_NAMESPACE && !self.declared.contains_key(&(Kind::Attribute, name.clone())) => {
                (name, site)
            }
            Some(name) => {
                let declaration = self.find(Kind::Attribute, "attribute", &name, site)?;
                (name, declaration)
            }
            None => (site.local_name("attributeFormDefault"), site),
        };
        let value = match (declaration.reference("type"), declaration.part(&["simpleType"])) {
            (Some(name), _) => self.named_simple_type(declaration, &name)?,
            (None, Some(inline)) => self.simple_type(inline, None)?,
            (None, None) => {
                self.named_simple_type(declaration, &(SCHEMA_NAMESPACE.to_owned(), "anySimpleType".to_owned()))?
            }
        };
        let given = |key: &str| site.node.attribute(key).or(declaration.node.attribute(key)).map(str::to_owned);
        let required = site.node.attribute("use") == Some("required");
        Ok(Attribute { name, value, required, default: given("default"), fixed: given("fixed") })
    }
}

/// `xs:anyType`: any attributes, any elements, any text (XML Schema Part 1, 3.4.7).
fn any_type() -> Type {
    let anything = Wildcard { process: 1, constraint: 0, namespaces: Vec::new() };
    Type {
        namespace: SCHEMA_NAMESPACE.to_owned(),
        name: Some("anyType".to_owned()),
        flags: flag::MIXED,
        particle: Some(Particle { minimum: 0, maximum: NONE, term: Term::Any(anything.clone()) }),
        wildcard: Some(anything),
        ..Type::default()
    }
}

/// The wildcard at `site`, an `any` or `anyAttribute`.
fn wildcard(site: Site<'_>) -> Wildcard {
    let process = match site.node.attribute("processContents") {
        Some("lax") => 1,
        Some("skip") => 2,
        _ => 0,
    };
    let own = site.schema.namespace.clone();
    let (constraint, namespaces) = match site.node.attribute("namespace").map_or("##any", str::trim) {
        "##any" => (0, Vec::new()),
        "##other" => (1, vec![own]),
        names => {
            let name = |name: &str| match name {
                "##targetNamespace" => own.clone(),
                "##local" => String::new(),
                name => name.to_owned(),
            };
            (2, names.split_whitespace().map(name).collect())
        }
    };
    Wildcard { process, constraint, namespaces }
}

/// Namespace and local name of a component that need not have a name.
fn split(name: Option<&Name>) -> (String, Option<String>) {
    name.map(|(namespace, local)| (namespace.clone(), Some(local.clone()))).unwrap_or_default()
}

/// The attributes that a restriction forbids.
fn prohibited(site: Site<'_>) -> Vec<Name> {
    let forbidden = site.parts().filter(|part| part.node.attribute("use") == Some("prohibited"));
    forbidden.map(|part| part.reference("ref").unwrap_or_else(|| part.local_name("attributeFormDefault"))).collect()
}

/// `parts` of a sequence, with the parts of inner sequences that occur once in their place.
fn flatten(parts: Vec<Particle>) -> Vec<Particle> {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Particle { minimum: 1, maximum: 1, term: Term::Sequence(inner) } => flat.extend(inner),
            part => flat.push(part),
        }
    }
    flat
}

fn attribute<'d>(node: Node<'d>, name: &str) -> &'d str {
    node.attribute(name).unwrap_or_default()
}

fn unsupported(what: &str, node: Node<'_>) -> SchemaError {
    SchemaError::Unsupported { what: what.to_owned(), path: node.path() }
}

/// A count as a word; no grammar comes near the limit.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(NONE)
}
