//! A grammar read in place: element declarations, types, particles, attributes, simple types.

use std::sync::OnceLock;

use super::datatype::Datatype;
use super::format::{self, Body, GrammarError, NONE, Table, flag, particle};

/// A grammar that is part of Karvan: its name, its packed file, and the grammar once it has been opened.
struct Builtin {
    name: &'static str,
    file: &'static [u8],
    opened: OnceLock<Option<Grammar>>,
}

macro_rules! builtin {
    ($($name:literal),* $(,)?) => {
        [$(Builtin {
            name: $name,
            file: include_bytes!(concat!("../../../../schemas/xml/", $name, ".grammar")),
            opened: OnceLock::new(),
        }),*]
    };
}

static BUILTIN: [Builtin; 3] = builtin!["cii-d16b", "order-x-1.0-extended", "ubl-2.1"];

/// The grammar of a family of XML documents: what its XML Schema documents declare, packed, and read in place.
///
/// The terms are those of XML Schema Part 1: an *element declaration* has a *type definition*; the content of a type
/// is a *simple type* or a *particle* (an element, a wildcard or a model group, with a least and a greatest number of
/// occurrences); an *attribute use* says whether an attribute is required.
///
/// ```
/// use karvan_schema::xml::Grammar;
///
/// const RSM: &str = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100";
/// const RAM: &str = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100";
///
/// let grammar = Grammar::for_root(RSM, "CrossIndustryInvoice").unwrap();
/// assert_eq!(grammar.name(), "cii-d16b");
/// let invoice = grammar.root(RSM, "CrossIndustryInvoice").unwrap();
/// let document = invoice.definition().child(RSM, "ExchangedDocument").unwrap();
/// assert_eq!((document.order(), document.minimum(), document.maximum()), (1, 1, Some(1)));
/// let identifier = document.element().definition().child(RAM, "ID").unwrap();
/// assert!(identifier.element().definition().attribute("", "schemeID").is_some());
/// ```
#[derive(Debug)]
pub struct Grammar {
    name: String,
    title: String,
    roots: Vec<(String, String)>,
    body: Body,
}

impl Grammar {
    /// The names of the grammars that are part of Karvan.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|builtin| builtin.name)
    }

    /// The grammar with this name, such as `cii-d16b`; opened on first use.
    #[must_use]
    pub fn builtin(name: &str) -> Option<&'static Self> {
        let builtin = BUILTIN.iter().find(|builtin| builtin.name == name)?;
        builtin.opened.get_or_init(|| Self::from_bytes(builtin.file).ok()).as_ref()
    }

    /// The grammar whose documents have this root element.
    #[must_use]
    pub fn for_root(namespace: &str, name: &str) -> Option<&'static Self> {
        let builtin = BUILTIN.iter().find(|builtin| {
            let roots = format::split(builtin.file).map(|(head, _)| Head::read(head).roots).unwrap_or_default();
            roots.iter().any(|root| root.0 == namespace && root.1 == name)
        })?;
        Self::builtin(builtin.name)
    }

    /// Opens a packed grammar.
    ///
    /// # Errors
    ///
    /// [`GrammarError`] where `file` is not a whole packed grammar of this version.
    pub fn from_bytes(file: &[u8]) -> Result<Self, GrammarError> {
        let (head, deflated) = format::split(file)?;
        let Head { name, title, roots } = Head::read(head);
        Ok(Self { name, title, roots, body: Body::inflate(deflated)? })
    }

    /// The name, such as `cii-d16b`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name for people.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The elements a document may have as its root.
    pub fn roots(&self) -> impl Iterator<Item = ElementDeclaration<'_>> {
        self.roots.iter().filter_map(|(namespace, name)| self.element(namespace, name))
    }

    /// The root element with this name.
    #[must_use]
    pub fn root(&self, namespace: &str, name: &str) -> Option<ElementDeclaration<'_>> {
        let known = self.roots.iter().any(|root| root.0 == namespace && root.1 == name);
        if known { self.element(namespace, name) } else { None }
    }

    /// The global element declaration with this name.
    #[must_use]
    pub fn element(&self, namespace: &str, name: &str) -> Option<ElementDeclaration<'_>> {
        let globals = &self.body.tables[Table::GlobalElements as usize];
        let at = globals.binary_search_by(|&index| {
            let element = ElementDeclaration { grammar: self, index };
            (element.namespace(), element.name()).cmp(&(namespace, name))
        });
        Some(ElementDeclaration { grammar: self, index: globals[at.ok()?] })
    }

    /// The global type definition with this name, complex or simple.
    #[must_use]
    pub fn definition(&self, namespace: &str, name: &str) -> Option<TypeDefinition<'_>> {
        let globals = &self.body.tables[Table::GlobalTypes as usize];
        let at = globals.binary_search_by(|&index| {
            let definition = TypeDefinition { grammar: self, index };
            (definition.namespace(), definition.name().unwrap_or_default()).cmp(&(namespace, name))
        });
        Some(TypeDefinition { grammar: self, index: globals[at.ok()?] })
    }

    /// The words of a record.
    fn record(&self, table: Table, index: u32) -> &[u32] {
        let width = table.width();
        &self.body.tables[table as usize][index as usize * width..][..width]
    }

    fn string(&self, index: u32) -> &str {
        let ends = &self.body.tables[Table::Strings as usize];
        let start = (index as usize).checked_sub(1).map_or(0, |before| ends[before] as usize);
        &self.body.pool[start..ends[index as usize] as usize]
    }

    fn optional_string(&self, index: u32) -> Option<&str> {
        (index != NONE).then(|| self.string(index))
    }
}

/// What the head of a file says.
#[derive(Default)]
struct Head {
    name: String,
    title: String,
    roots: Vec<(String, String)>,
}

impl Head {
    fn read(lines: &str) -> Self {
        let mut head = Self::default();
        for (key, value) in lines.lines().filter_map(|line| line.split_once(' ')) {
            match key {
                "name" => value.clone_into(&mut head.name),
                "title" => value.clone_into(&mut head.title),
                "root" => {
                    let (namespace, name) = value.rsplit_once(' ').unwrap_or(("", value));
                    head.roots.push((namespace.to_owned(), name.to_owned()));
                }
                _ => {}
            }
        }
        head
    }
}

macro_rules! handle {
    ($(#[$about:meta])* $name:ident) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'g> {
            grammar: &'g Grammar,
            index: u32,
        }

        impl PartialEq for $name<'_> {
            fn eq(&self, other: &Self) -> bool {
                std::ptr::eq(self.grammar, other.grammar) && self.index == other.index
            }
        }

        impl Eq for $name<'_> {}
    };
}

handle! {
    /// An element declaration: a name and the type of what stands in the element.
    ElementDeclaration
}

impl<'g> ElementDeclaration<'g> {
    /// The namespace name; empty for none.
    #[must_use]
    pub fn namespace(self) -> &'g str {
        self.grammar.string(self.record()[0])
    }

    /// The local name.
    #[must_use]
    pub fn name(self) -> &'g str {
        self.grammar.string(self.record()[1])
    }

    /// Whether it has this namespace and local name.
    #[must_use]
    pub fn is(self, namespace: &str, name: &str) -> bool {
        self.name() == name && self.namespace() == namespace
    }

    /// The type of its content and attributes.
    #[must_use]
    pub fn definition(self) -> TypeDefinition<'g> {
        TypeDefinition { grammar: self.grammar, index: self.record()[2] }
    }

    /// Whether the element may be empty by `xsi:nil`.
    #[must_use]
    pub fn is_nillable(self) -> bool {
        self.record()[3] & flag::NILLABLE != 0
    }

    /// Whether only members of its substitution group may stand in a document.
    #[must_use]
    pub fn is_abstract(self) -> bool {
        self.record()[3] & flag::ABSTRACT != 0
    }

    /// The value of an empty element.
    #[must_use]
    pub fn default(self) -> Option<&'g str> {
        self.grammar.optional_string(self.record()[4])
    }

    /// The only value the element may have.
    #[must_use]
    pub fn fixed(self) -> Option<&'g str> {
        self.grammar.optional_string(self.record()[5])
    }

    fn record(self) -> &'g [u32] {
        self.grammar.record(Table::Elements, self.index)
    }
}

handle! {
    /// A type definition, complex or simple: what may stand in an element and at its tag.
    TypeDefinition
}

/// What may stand in an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'g> {
    /// Nothing.
    Empty,
    /// A value without child elements.
    Simple(SimpleType<'g>),
    /// Child elements and white space.
    Elements(Particle<'g>),
    /// Character data, and child elements where there is a particle.
    Mixed(Option<Particle<'g>>),
}

impl<'g> TypeDefinition<'g> {
    /// The target namespace; empty for none.
    #[must_use]
    pub fn namespace(self) -> &'g str {
        self.grammar.string(self.record()[0])
    }

    /// The name, where the type has one.
    #[must_use]
    pub fn name(self) -> Option<&'g str> {
        self.grammar.optional_string(self.record()[1])
    }

    /// The type it was derived from.
    #[must_use]
    pub fn base(self) -> Option<Self> {
        let index = self.record()[2];
        (index != NONE).then_some(Self { grammar: self.grammar, index })
    }

    /// Whether only types derived from it may be used.
    #[must_use]
    pub fn is_abstract(self) -> bool {
        self.record()[3] & flag::ABSTRACT != 0
    }

    /// Whether this is `ancestor` or derived from it in any number of steps.
    #[must_use]
    pub fn derives_from(self, ancestor: Self) -> bool {
        let steps = self.grammar.body.count(Table::Types);
        std::iter::successors(Some(self), |definition| definition.base()).take(steps).any(|step| step == ancestor)
    }

    /// What may stand in an element of this type.
    #[must_use]
    pub fn content(self) -> Content<'g> {
        let record = self.record();
        let part = (record[5] != NONE).then_some(Particle { grammar: self.grammar, index: record[5] });
        match (record[4], part) {
            (NONE, part) if record[3] & flag::MIXED != 0 => Content::Mixed(part),
            (NONE, Some(part)) => Content::Elements(part),
            (NONE, None) => Content::Empty,
            (index, _) => Content::Simple(SimpleType { grammar: self.grammar, index }),
        }
    }

    /// The simple type of the value, where an element of this type has no children.
    #[must_use]
    pub fn value(self) -> Option<SimpleType<'g>> {
        match self.content() {
            Content::Simple(value) => Some(value),
            _ => None,
        }
    }

    /// The child elements that may stand in an element of this type, in the order of the schema.
    ///
    /// Model groups are flattened: a branch of a choice has a minimum of 0, the occurrences of groups are multiplied.
    #[must_use]
    pub fn children(self) -> Vec<Child<'g>> {
        let mut children = Vec::new();
        if let Content::Elements(part) | Content::Mixed(Some(part)) = self.content() {
            collect(part, 1, Some(1), &mut children);
        }
        children
    }

    /// The child element with this name, if one is declared.
    #[must_use]
    pub fn child(self, namespace: &str, name: &str) -> Option<Child<'g>> {
        self.children().into_iter().find(|child| child.element.is(namespace, name))
    }

    /// The attributes that may stand at an element of this type.
    pub fn attributes(self) -> impl Iterator<Item = AttributeUse<'g>> {
        let record = self.record();
        (record[6]..record[7]).map(move |index| AttributeUse { grammar: self.grammar, index })
    }

    /// The attribute with this name, if one is declared.
    #[must_use]
    pub fn attribute(self, namespace: &str, name: &str) -> Option<AttributeUse<'g>> {
        self.attributes().find(|attribute| attribute.name() == name && attribute.namespace() == namespace)
    }

    /// Which attributes beyond the declared ones are allowed.
    #[must_use]
    pub fn any_attribute(self) -> Option<Wildcard<'g>> {
        let index = self.record()[8];
        (index != NONE).then_some(Wildcard { grammar: self.grammar, index })
    }

    fn record(self) -> &'g [u32] {
        self.grammar.record(Table::Types, self.index)
    }
}

/// A child element among the children of its parent, model groups flattened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Child<'g> {
    element: ElementDeclaration<'g>,
    order: usize,
    minimum: u32,
    maximum: Option<u32>,
}

impl<'g> Child<'g> {
    /// The declaration.
    #[must_use]
    pub fn element(self) -> ElementDeclaration<'g> {
        self.element
    }

    /// Its place among the children that may stand beside it, from 0: children in ascending order are in the order of
    /// the schema.
    #[must_use]
    pub fn order(self) -> usize {
        self.order
    }

    /// How often it must stand there at least.
    #[must_use]
    pub fn minimum(self) -> u32 {
        self.minimum
    }

    /// How often it may stand there; `None` for any number.
    #[must_use]
    pub fn maximum(self) -> Option<u32> {
        self.maximum
    }
}

/// Collects the elements in `part`, whose groups around it occur `minimum` to `maximum` times.
fn collect<'g>(part: Particle<'g>, minimum: u32, maximum: Option<u32>, children: &mut Vec<Child<'g>>) {
    let minimum = minimum.saturating_mul(part.minimum());
    let maximum = match (maximum, part.maximum()) {
        (Some(0), _) | (_, Some(0)) => Some(0),
        (Some(around), Some(own)) => Some(around.saturating_mul(own)),
        _ => None,
    };
    match part.term() {
        Term::Element(element) => children.push(Child { element, order: children.len(), minimum, maximum }),
        Term::Sequence(parts) | Term::All(parts) => {
            parts.iter().for_each(|part| collect(part, minimum, maximum, children));
        }
        Term::Choice(parts) => parts.iter().for_each(|part| collect(part, 0, maximum, children)),
        Term::Any(_) => {}
    }
}

handle! {
    /// A particle: an element, a model group or a wildcard, and how often it occurs.
    Particle
}

/// What a particle is a particle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term<'g> {
    /// An element.
    Element(ElementDeclaration<'g>),
    /// Each of these, in this order.
    Sequence(Particles<'g>),
    /// One of these.
    Choice(Particles<'g>),
    /// Each of these, in any order.
    All(Particles<'g>),
    /// Any element that the wildcard allows.
    Any(Wildcard<'g>),
}

impl<'g> Particle<'g> {
    /// How often it must occur at least.
    #[must_use]
    pub fn minimum(self) -> u32 {
        self.record()[1]
    }

    /// How often it may occur; `None` for any number.
    #[must_use]
    pub fn maximum(self) -> Option<u32> {
        let maximum = self.record()[2];
        (maximum != NONE).then_some(maximum)
    }

    /// What occurs.
    #[must_use]
    pub fn term(self) -> Term<'g> {
        let (grammar, record) = (self.grammar, self.record());
        let parts = Particles { grammar, start: record[3], end: record[4] };
        match record[0] {
            particle::ELEMENT => Term::Element(ElementDeclaration { grammar, index: record[3] }),
            particle::ANY => Term::Any(Wildcard { grammar, index: record[3] }),
            particle::CHOICE => Term::Choice(parts),
            particle::ALL => Term::All(parts),
            _ => Term::Sequence(parts),
        }
    }

    fn record(self) -> &'g [u32] {
        self.grammar.record(Table::Particles, self.index)
    }
}

/// The particles of a model group.
#[derive(Clone, Copy, Debug)]
pub struct Particles<'g> {
    grammar: &'g Grammar,
    start: u32,
    end: u32,
}

impl PartialEq for Particles<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.grammar, other.grammar) && (self.start, self.end) == (other.start, other.end)
    }
}

impl Eq for Particles<'_> {}

impl<'g> Particles<'g> {
    /// The particles, in the order of the schema.
    pub fn iter(self) -> impl Iterator<Item = Particle<'g>> {
        (self.start..self.end).map(move |index| Particle { grammar: self.grammar, index })
    }
}

handle! {
    /// A wildcard: any element or attribute of some namespaces.
    Wildcard
}

/// What is checked of an element or attribute that a wildcard let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// It must be declared in the grammar, and is checked.
    Strict,
    /// It is checked where it is declared.
    Lax,
    /// Nothing.
    Skip,
}

impl Wildcard<'_> {
    /// What is checked of what it lets in.
    #[must_use]
    pub fn process(self) -> Process {
        match self.record()[0] {
            0 => Process::Strict,
            1 => Process::Lax,
            _ => Process::Skip,
        }
    }

    /// Whether it lets in a name of `namespace` (empty for none).
    #[must_use]
    pub fn allows(self, namespace: &str) -> bool {
        let record = self.record();
        let names = &self.grammar.body.tables[Table::Lists as usize][record[2] as usize..record[3] as usize];
        let listed = names.iter().any(|&name| self.grammar.string(name) == namespace);
        match record[1] {
            0 => true,
            // ##other: neither the target namespace nor none (XML Schema Part 1, 3.10.1).
            1 => !listed && !namespace.is_empty(),
            _ => listed,
        }
    }

    fn record(&self) -> &[u32] {
        self.grammar.record(Table::Wildcards, self.index)
    }
}

handle! {
    /// An attribute as a type uses it.
    AttributeUse
}

impl<'g> AttributeUse<'g> {
    /// The namespace name; empty for none.
    #[must_use]
    pub fn namespace(self) -> &'g str {
        self.grammar.string(self.record()[0])
    }

    /// The local name.
    #[must_use]
    pub fn name(self) -> &'g str {
        self.grammar.string(self.record()[1])
    }

    /// The type of its value.
    #[must_use]
    pub fn value(self) -> SimpleType<'g> {
        SimpleType { grammar: self.grammar, index: self.record()[2] }
    }

    /// Whether it must be there.
    #[must_use]
    pub fn is_required(self) -> bool {
        self.record()[3] != 0
    }

    /// The value where the attribute is absent.
    #[must_use]
    pub fn default(self) -> Option<&'g str> {
        self.grammar.optional_string(self.record()[4])
    }

    /// The only value it may have.
    #[must_use]
    pub fn fixed(self) -> Option<&'g str> {
        self.grammar.optional_string(self.record()[5])
    }

    fn record(self) -> &'g [u32] {
        self.grammar.record(Table::Attributes, self.index)
    }
}

handle! {
    /// A simple type definition: a datatype and the facets that narrow it.
    SimpleType
}

/// What the value of a simple type is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variety<'g> {
    /// One value.
    Atomic,
    /// Values of this type, separated by white space.
    List(SimpleType<'g>),
    /// A value of one of these types.
    Union(Vec<SimpleType<'g>>),
}

impl<'g> SimpleType<'g> {
    /// The target namespace; empty for none.
    #[must_use]
    pub fn namespace(self) -> &'g str {
        self.grammar.string(self.record()[0])
    }

    /// The name, where the type has one.
    #[must_use]
    pub fn name(self) -> Option<&'g str> {
        self.grammar.optional_string(self.record()[1])
    }

    /// The simple type that this one restricts.
    #[must_use]
    pub fn base(self) -> Option<Self> {
        let index = self.record()[2];
        (index != NONE).then_some(Self { grammar: self.grammar, index })
    }

    /// The datatype of XML Schema Part 2 that an atomic type goes back to.
    #[must_use]
    pub fn datatype(self) -> Datatype {
        Datatype::from_number(self.record()[3])
    }

    /// What a value is made of.
    #[must_use]
    pub fn variety(self) -> Variety<'g> {
        let record = self.record();
        let members = &self.grammar.body.tables[Table::Lists as usize][record[5] as usize..record[6] as usize];
        let mut members = members.iter().map(|&index| Self { grammar: self.grammar, index });
        match (record[4], members.next()) {
            (1, Some(item)) => Variety::List(item),
            (2, first) => Variety::Union(first.into_iter().chain(members).collect()),
            _ => Variety::Atomic,
        }
    }

    /// The facets given in this step of derivation: kind and value.
    pub fn facets(self) -> impl Iterator<Item = (Facet, &'g str)> {
        let record = self.record();
        (record[7]..record[8]).map(move |index| {
            let facet = self.grammar.record(Table::Facets, index);
            (Facet::from_number(facet[0]), self.grammar.string(facet[1]))
        })
    }

    /// The values that are enumerated, in this step or in the nearest one before it; none where any value is allowed.
    #[must_use]
    pub fn enumeration(self) -> Vec<&'g str> {
        std::iter::successors(Some(self), |step| step.base())
            .map(|step| {
                let values = step.facets().filter(|(facet, _)| *facet == Facet::Enumeration);
                values.map(|(_, value)| value).collect::<Vec<_>>()
            })
            .find(|values| !values.is_empty())
            .unwrap_or_default()
    }

    fn record(self) -> &'g [u32] {
        self.grammar.record(Table::SimpleTypes, self.index)
    }
}

/// The kind of a constraining facet (XML Schema Part 2, 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Facet {
    /// `length`
    Length,
    /// `minLength`
    MinimumLength,
    /// `maxLength`
    MaximumLength,
    /// `whiteSpace`
    WhiteSpace,
    /// `minInclusive`
    MinimumInclusive,
    /// `minExclusive`
    MinimumExclusive,
    /// `maxInclusive`
    MaximumInclusive,
    /// `maxExclusive`
    MaximumExclusive,
    /// `totalDigits`
    TotalDigits,
    /// `fractionDigits`
    FractionDigits,
    /// `pattern`; the patterns of one step are alternatives
    Pattern,
    /// `enumeration`
    Enumeration,
}

impl Facet {
    /// Each facet with its name in a schema document, in the order of their numbers.
    pub(super) const NAMES: [(Self, &'static str); 12] = [
        (Self::Length, "length"),
        (Self::MinimumLength, "minLength"),
        (Self::MaximumLength, "maxLength"),
        (Self::WhiteSpace, "whiteSpace"),
        (Self::MinimumInclusive, "minInclusive"),
        (Self::MinimumExclusive, "minExclusive"),
        (Self::MaximumInclusive, "maxInclusive"),
        (Self::MaximumExclusive, "maxExclusive"),
        (Self::TotalDigits, "totalDigits"),
        (Self::FractionDigits, "fractionDigits"),
        (Self::Pattern, "pattern"),
        (Self::Enumeration, "enumeration"),
    ];

    /// The name in a schema document.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    fn from_number(number: u32) -> Self {
        Self::NAMES.get(number as usize).map_or(Self::Enumeration, |(facet, _)| *facet)
    }
}
