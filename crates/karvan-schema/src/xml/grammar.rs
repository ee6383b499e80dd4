//! A grammar read in place: element declarations, types, particles, attributes, simple types.

use std::sync::OnceLock;

use super::code_lists::{CodeLists, Number};
use super::datatype::Datatype;
use super::format::{self, Body, GrammarError, NONE, Table, flag, particle};
use super::grammars::{Grammars, Heading};
use super::value::Check;

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
/// let grammar = Grammar::builtin("cii-d16b").unwrap();
/// let invoice = grammar.root(RSM, "CrossIndustryInvoice").unwrap();
/// let document = invoice.definition().child(RSM, "ExchangedDocument").unwrap();
/// assert_eq!((document.order(), document.minimum(), document.maximum()), (1, 1, Some(1)));
/// let identifier = document.element().definition().child(RAM, "ID").unwrap();
/// assert!(identifier.element().definition().attribute("", "schemeID").is_some());
/// ```
#[derive(Debug)]
pub struct Grammar {
    heading: Heading,
    body: Body,
    /// What is known of each simple type once a value of it was checked.
    checks: Vec<OnceLock<Check>>,
    /// Where codes stand, once that was asked.
    code_lists: OnceLock<CodeLists>,
}

/// The name of an element or attribute by the numbers of its parts among the strings of a grammar; [`NONE`] for what the
/// grammar does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) namespace: u32,
    pub(super) local: u32,
}

impl Grammar {
    /// The grammar with this name among [`Grammars::builtin`], such as `cii-d16b`; opened on first use.
    #[must_use]
    pub fn builtin(name: &str) -> Option<&'static Self> {
        Grammars::builtin().grammar(name)
    }

    /// Opens a packed grammar.
    ///
    /// # Errors
    ///
    /// [`GrammarError`] where `file` is not a whole packed grammar of this version.
    pub fn from_bytes(file: &[u8]) -> Result<Self, GrammarError> {
        let (head, deflated) = format::split(file)?;
        let body = Body::inflate(deflated)?;
        let checks = std::iter::repeat_with(OnceLock::new).take(body.count(Table::SimpleTypes)).collect();
        Ok(Self { heading: Heading::read(head), body, checks, code_lists: OnceLock::new() })
    }

    /// The name, such as `cii-d16b`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.heading.name()
    }

    /// The name for people.
    #[must_use]
    pub fn title(&self) -> &str {
        self.heading.title()
    }

    /// What it is called and which documents it is for.
    #[must_use]
    pub fn heading(&self) -> &Heading {
        &self.heading
    }

    /// The elements a document may have as its root.
    pub fn roots(&self) -> impl Iterator<Item = ElementDeclaration<'_>> {
        self.heading.roots().filter_map(|(namespace, name)| self.element(namespace, name))
    }

    /// The root element with this name.
    #[must_use]
    pub fn root(&self, namespace: &str, name: &str) -> Option<ElementDeclaration<'_>> {
        if self.heading.has_root(namespace, name) { self.element(namespace, name) } else { None }
    }

    /// The global element declarations, sorted by namespace and name.
    pub fn elements(&self) -> impl Iterator<Item = ElementDeclaration<'_>> {
        let globals = self.body.tables[Table::GlobalElements as usize].iter();
        globals.map(|&index| ElementDeclaration { grammar: self, index })
    }

    /// The global type definitions, sorted by namespace and name.
    pub fn definitions(&self) -> impl Iterator<Item = TypeDefinition<'_>> {
        let globals = self.body.tables[Table::GlobalTypes as usize].iter();
        globals.map(|&index| TypeDefinition { grammar: self, index })
    }

    /// The global element declaration with this name.
    #[must_use]
    pub fn element(&self, namespace: &str, name: &str) -> Option<ElementDeclaration<'_>> {
        self.element_labelled(self.label(namespace, name))
    }

    /// The global type definition with this name, complex or simple.
    #[must_use]
    pub fn definition(&self, namespace: &str, name: &str) -> Option<TypeDefinition<'_>> {
        let label = self.label(namespace, name);
        let index = self.global(Table::GlobalTypes, Table::Types, label)?;
        Some(TypeDefinition { grammar: self, index })
    }

    /// The global attribute declaration with this name.
    #[must_use]
    pub fn attribute(&self, namespace: &str, name: &str) -> Option<AttributeUse<'_>> {
        let label = self.label(namespace, name);
        let index = self.global(Table::GlobalAttributes, Table::Attributes, label)?;
        Some(AttributeUse { grammar: self, index })
    }

    /// The global element declaration with this name.
    pub(super) fn element_labelled(&self, label: Label) -> Option<ElementDeclaration<'_>> {
        let index = self.global(Table::GlobalElements, Table::Elements, label)?;
        Some(ElementDeclaration { grammar: self, index })
    }

    /// The record of a global component; the first two words of its record are its name.
    fn global(&self, globals: Table, components: Table, label: Label) -> Option<u32> {
        let globals = &self.body.tables[globals as usize];
        let at = globals.binary_search_by(|&index| {
            let record = self.record(components, index);
            (record[0], record[1]).cmp(&(label.namespace, label.local))
        });
        Some(globals[at.ok()?])
    }

    /// The numbers of the parts of a name.
    pub(super) fn label(&self, namespace: &str, name: &str) -> Label {
        Label { namespace: self.number_of(namespace), local: self.number_of(name) }
    }

    /// The number of a string, [`NONE`] where the grammar has no such string. Strings are numbered in their order.
    pub(super) fn number_of(&self, text: &str) -> u32 {
        let (mut low, mut high) = (0, self.body.count(Table::Strings) as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.string(middle).cmp(text) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return middle,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        NONE
    }

    /// Where codes stand in the documents.
    pub(super) fn code_lists(&self) -> &CodeLists {
        self.code_lists.get_or_init(|| CodeLists::new(self))
    }

    /// The local names of all components of a table, whose second word is a name; empty for those without.
    pub(super) fn names_of(&self, table: Table) -> impl Iterator<Item = &str> {
        let records = self.body.tables[table as usize].chunks_exact(table.width());
        records.map(|record| self.optional_string(record[1]).unwrap_or_default())
    }

    /// The particle of this number.
    pub(super) fn particle(&self, index: u32) -> Particle<'_> {
        Particle { grammar: self, index }
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

    /// The name by its numbers.
    pub(super) fn label(self) -> Label {
        let record = self.record();
        Label { namespace: record[0], local: record[1] }
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

    /// Where its value is a code: which lists it is of.
    pub(super) fn codes(self) -> Number {
        self.grammar.code_lists().of_type(self.index)
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
    /// Its number in the grammar.
    pub(super) fn index(self) -> u32 {
        self.index
    }

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
    pub fn iter(self) -> impl Iterator<Item = Particle<'g>> + Clone {
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
        self.allows_namespace(self.grammar.number_of(namespace))
    }

    /// Whether it lets in a name of the namespace with this number.
    pub(super) fn allows_namespace(self, namespace: u32) -> bool {
        let record = self.record();
        let names = &self.grammar.body.tables[Table::Lists as usize][record[2] as usize..record[3] as usize];
        let listed = names.contains(&namespace);
        match record[1] {
            0 => true,
            // ##other: neither the target namespace nor none (XML Schema Part 1, 3.10.1), which is string 0.
            1 => !listed && namespace != 0,
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

    /// The name by its numbers.
    pub(super) fn label(self) -> Label {
        let record = self.record();
        Label { namespace: record[0], local: record[1] }
    }

    /// The type of its value.
    #[must_use]
    pub fn value(self) -> SimpleType<'g> {
        SimpleType { grammar: self.grammar, index: self.record()[2] }
    }

    /// Where its value is a code: which lists it is of.
    pub(super) fn codes(self) -> Number {
        self.grammar.code_lists().of_attribute(self.index)
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

    /// What is known of it, found out once.
    pub(super) fn known(self) -> &'g Check {
        self.grammar.checks[self.index as usize].get_or_init(|| Check::new(self))
    }

    /// Whether this very string is enumerated in this step of derivation, where values are sorted by their numbers.
    pub(super) fn enumerates(self, text: &str) -> bool {
        let (record, number) = (self.record(), self.grammar.number_of(text));
        let width = Table::Facets.width();
        let facets = &self.grammar.body.tables[Table::Facets as usize];
        let (facets, _) = facets[record[7] as usize * width..record[8] as usize * width].as_chunks::<2>();
        facets.binary_search(&[Facet::Enumeration as u32, number]).is_ok()
    }

    /// The values enumerated in this step of derivation.
    pub(super) fn enumerated(self) -> impl Iterator<Item = &'g str> {
        self.facets().filter(|(facet, _)| *facet == Facet::Enumeration).map(|(_, value)| value)
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
            .map(|step| step.enumerated().collect::<Vec<_>>())
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
