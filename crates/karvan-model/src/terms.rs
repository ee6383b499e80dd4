//! The terms of a document type: what they are called, where they stand, what values they hold.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use karvan_text::Language;

/// The kinds of documents: for each the name of its folder in `schemas/documents/`, and its table of terms.
macro_rules! kinds {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../schemas/documents/", $name, "/terms.tsv")))),+]
    };
}

const KINDS: &[(&str, &str)] = kinds![
    "invoice",
    "order",
    "order-response",
    "order-change",
    "packing-list",
    "despatch-advice",
    "receiving-advice",
    "quotation",
    "request-for-quotation",
    "forwarding-instruction",
    "remittance-advice",
    "goods-declaration",
    "customs-response",
    "price-catalogue",
    "cargo-report",
    "transport-contract",
    "payment-order",
    "transport-status",
    "certificate-of-origin",
    "dangerous-goods-notification",
];

/// The groups that several kinds of documents have: parties, addresses, items.
const SHARED: &str = include_str!("../../../schemas/documents/shared/terms.tsv");

/// A kind of trade document, with its terms.
#[derive(Debug)]
pub struct DocumentType {
    name: &'static str,
    terms: Vec<Term>,
    by_id: HashMap<Cow<'static, str>, TermId>,
    top: Vec<TermId>,
}

impl DocumentType {
    /// The invoice, with the terms of EN 16931-1; a credit note is an invoice with another type code (BT-3).
    ///
    /// Payment instructions (BG-16) may repeat here, as they do in real documents.
    #[must_use]
    pub fn invoice() -> &'static Self {
        Self::named("invoice").expect("the invoice is one of the kinds")
    }

    /// The kind of document with this name: `order`.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        static TYPES: [OnceLock<DocumentType>; KINDS.len()] = [const { OnceLock::new() }; KINDS.len()];
        let index = KINDS.iter().position(|(known, _)| *known == name)?;
        let (name, table) = KINDS[index];
        Some(TYPES[index].get_or_init(|| Self::parse(name, table)))
    }

    /// The names of all kinds of documents.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KINDS.iter().map(|(name, _)| *name)
    }

    /// All kinds of documents.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        KINDS.iter().filter_map(|(name, _)| Self::named(name))
    }

    /// The name of the type, as Karvan's JSON writes it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// All terms, every group before its members, in the order of the standard.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The term with this index.
    #[must_use]
    pub fn term(&self, id: TermId) -> &Term {
        &self.terms[usize::from(id.0)]
    }

    /// The term with this id of the standard, such as `BT-44`.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<TermId> {
        self.by_id.get(id).copied()
    }

    /// The terms that stand in no group, in order.
    #[must_use]
    pub fn top(&self) -> &[TermId] {
        &self.top
    }

    /// The members of `group`, or the terms at the top for `None`.
    #[must_use]
    pub fn members(&self, group: Option<TermId>) -> &[TermId] {
        group.map_or(self.top(), |id| self.term(id).members())
    }

    /// The members of the shared group with this name, in order.
    pub(crate) fn shared(group: &str) -> impl Iterator<Item = Fact<'static>> + use<'_> {
        let is_shared = |name: &str| lines(SHARED).any(|line| line.stands_in(name));
        lines(SHARED).filter(move |line| line.within == group).map(move |line| Fact {
            key: line.key,
            required: line.is_required(),
            repeats: line.repeats(),
            kind: if is_shared(line.kind) { Err(line.kind) } else { Ok(Kind::from_name(line.kind)) },
            untded: line.untded(),
            english: line.english,
            persian: line.persian,
        })
    }

    /// Reads a table of terms: tab separated, a head line, columns as in `schemas/documents/README.md`.
    fn parse(name: &'static str, table: &'static str) -> Self {
        let mut this = Self { name, terms: Vec::new(), by_id: HashMap::new(), top: Vec::new() };
        let shared: Vec<Line> = lines(SHARED).collect();
        for line in lines(table) {
            this.add(line.id.into(), line.within, [line.english.into(), line.persian.into()], &line, &shared);
        }
        this
    }

    /// Adds the term of a line, and where that is a shared group the members of the group.
    fn add(&mut self, id: Cow<'static, str>, within: &str, names: Names, line: &Line, shared: &[Line]) {
        let mut members = shared.iter().filter(|member| member.stands_in(line.kind)).peekable();
        let is_shared = members.peek().is_some();
        let kind = if is_shared { Kind::Group } else { Kind::from_name(line.kind) };
        let term = TermId(u16::try_from(self.terms.len()).unwrap_or(u16::MAX));
        let within = self.find(within);
        match (within, kind) {
            (Some(of), Kind::Part(part)) => self.terms[usize::from(of.0)].parts.push((part, term)),
            (Some(group), _) => self.terms[usize::from(group.0)].members.push(term),
            (None, _) => self.top.push(term),
        }
        let [english, persian] = names.clone();
        self.by_id.insert(id.clone(), term);
        self.terms.push(Term {
            id: id.clone(),
            within,
            required: line.is_required(),
            repeats: line.repeats(),
            kind,
            shared: is_shared.then_some(line.kind),
            key: line.key,
            untded: line.untded(),
            english,
            persian,
            members: Vec::new(),
            parts: Vec::new(),
        });
        for member in members {
            // The ids of a shared group begin with its name; here that is the id of the term.
            let own = |shared: &str| format!("{id}{}", &shared[line.kind.len()..]);
            let around = &names;
            let names = [format!("{} {}", around[0], member.english), owned(member.persian, &around[1])];
            self.add(own(member.id).into(), &own(member.within), names.map(Cow::Owned), member, shared);
        }
    }
}

/// The names of a term in English and Persian.
type Names = [Cow<'static, str>; 2];

/// A line of a table of terms.
struct Line {
    id: &'static str,
    within: &'static str,
    occurs: &'static str,
    kind: &'static str,
    key: &'static str,
    untded: &'static str,
    english: &'static str,
    persian: &'static str,
}

impl Line {
    /// Whether it is one of the shared group with this name.
    fn stands_in(&self, group: &str) -> bool {
        self.id.strip_prefix(group).is_some_and(|rest| rest.starts_with('.'))
    }

    fn is_required(&self) -> bool {
        self.occurs.starts_with('1')
    }

    fn repeats(&self) -> bool {
        self.occurs.ends_with('n')
    }

    fn untded(&self) -> Option<&'static str> {
        (self.untded != "-").then_some(self.untded)
    }
}

/// What a table says of a term, or of a member of a shared group wherever the group stands.
pub(crate) struct Fact<'t> {
    pub(crate) key: &'t str,
    pub(crate) required: bool,
    pub(crate) repeats: bool,
    /// The kind of value, or the name of the shared group that it is again.
    pub(crate) kind: Result<Kind, &'t str>,
    pub(crate) untded: Option<&'t str>,
    pub(crate) english: &'t str,
    pub(crate) persian: &'t str,
}

fn lines(table: &'static str) -> impl Iterator<Item = Line> {
    table.lines().skip(1).map(|line| {
        let mut columns = line.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let (id, within, occurs, kind) = (column(), column(), column(), column());
        let (key, untded, english, persian) = (column(), column(), column(), column());
        Line { id, within, occurs, kind, key, untded, english, persian }
    })
}

/// The name of a member of something in Persian: the owner follows, after a linking yeh where the member ends with a
/// vowel.
fn owned(member: &str, owner: &str) -> String {
    let link = if member.ends_with(['ا', 'و']) { "ی" } else { "" };
    format!("{member}{link} {owner}")
}

impl PartialEq for &'static DocumentType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// The index of a term in its [`DocumentType`]; terms compare in the order of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TermId(u16);

impl TermId {
    /// The index in [`DocumentType::terms`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A term: a group of terms (BG), a value (BT), or a part that qualifies a value (BT-29-1).
#[derive(Debug)]
pub struct Term {
    id: Cow<'static, str>,
    within: Option<TermId>,
    required: bool,
    repeats: bool,
    kind: Kind,
    shared: Option<&'static str>,
    key: &'static str,
    untded: Option<&'static str>,
    english: Cow<'static, str>,
    persian: Cow<'static, str>,
    members: Vec<TermId>,
    parts: Vec<(Part, TermId)>,
}

impl Term {
    /// The id of the standard, `BT-44`; where the standard has none, the keys that lead to the term: `buyer.address.city`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The group the term belongs to, or for a part the term it qualifies.
    #[must_use]
    pub fn within(&self) -> Option<TermId> {
        self.within
    }

    /// Whether the standard asks for it wherever its group stands.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// Whether it may stand more than once in its group.
    #[must_use]
    pub fn repeats(&self) -> bool {
        self.repeats
    }

    /// What it holds.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The name of the shared group that it is, if it is one: `party`.
    ///
    /// The ids of its members are those of the shared group with this term's id for its name: `buyer.name` for
    /// `party.name`.
    #[must_use]
    pub fn shared(&self) -> Option<&'static str> {
        self.shared
    }

    /// Its name in Karvan's JSON and in the typed view.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// Its tag in the Trade Data Elements Directory (ISO 7372), if it has one.
    #[must_use]
    pub fn untded(&self) -> Option<&'static str> {
        self.untded
    }

    /// Its name for people.
    #[must_use]
    pub fn name(&self, language: Language) -> &str {
        match language {
            Language::English => &self.english,
            Language::Persian => &self.persian,
        }
    }

    /// The members of a group, in order.
    #[must_use]
    pub fn members(&self) -> &[TermId] {
        &self.members
    }

    /// The term of its own that the standard gives to `part` of this value: BT-130 to the unit of BT-129.
    #[must_use]
    pub fn part(&self, part: Part) -> Option<TermId> {
        self.parts.iter().find(|(key, _)| *key == part).map(|(_, term)| *term)
    }
}

/// What a term holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Other terms.
    Group,
    /// Text for people.
    Text,
    /// A value of a code list that the term itself fixes.
    Code,
    /// An identifier, with its scheme and the version of the scheme where they are said.
    Identifier,
    /// A decimal amount, with its currency where it is said; else it is in the currency of the document.
    Amount,
    /// A decimal quantity with its unit.
    Quantity,
    /// A decimal percentage, `25` for 25 %.
    Percentage,
    /// A day of the Gregorian calendar.
    Date,
    /// Octets with their type and file name.
    Binary,
    /// A part that qualifies the value of another term.
    Part(Part),
}

impl Kind {
    /// The name in tables and in JSON Schemas.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Text => "text",
            Self::Code => "code",
            Self::Identifier => "identifier",
            Self::Amount => "amount",
            Self::Quantity => "quantity",
            Self::Percentage => "percentage",
            Self::Date => "date",
            Self::Binary => "binary",
            Self::Part(part) => part.name(),
        }
    }

    /// What may qualify a value of this kind.
    #[must_use]
    pub const fn parts(self) -> &'static [Part] {
        match self {
            Self::Identifier => &[Part::Scheme, Part::Version],
            Self::Amount => &[Part::Currency],
            Self::Quantity => &[Part::Unit],
            Self::Date => &[Part::Time],
            Self::Binary => &[Part::Mime, Part::FileName],
            Self::Group | Self::Text | Self::Code | Self::Percentage | Self::Part(_) => &[],
        }
    }

    /// Whether any text is a value of this kind.
    pub(crate) const fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Code | Self::Identifier)
    }

    fn from_name(name: &str) -> Self {
        match name {
            "group" => Self::Group,
            "code" => Self::Code,
            "identifier" => Self::Identifier,
            "amount" => Self::Amount,
            "quantity" => Self::Quantity,
            "percentage" => Self::Percentage,
            "date" => Self::Date,
            "binary" => Self::Binary,
            other => Part::from_name(other).map_or(Self::Text, Self::Part),
        }
    }
}

/// What may qualify a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The scheme of an identifier.
    Scheme,
    /// The version of that scheme.
    Version,
    /// The currency of an amount, ISO 4217.
    Currency,
    /// The unit of a quantity, UN/ECE Recommendation 20.
    Unit,
    /// The time of a day, as XML Schema writes it: `14:30:00`, with an offset where one is said.
    Time,
    /// The media type of octets.
    Mime,
    /// The name of the file they came in.
    FileName,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Scheme, Self::Version, Self::Currency, Self::Unit, Self::Time, Self::Mime, Self::FileName];

    /// The name in tables and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheme => "scheme",
            Self::Version => "version",
            Self::Currency => "currency",
            Self::Unit => "unit",
            Self::Time => "time",
            Self::Mime => "mime",
            Self::FileName => "filename",
        }
    }

    /// The part with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_line_of_the_table_is_whole() {
        for line in KINDS.iter().map(|(_, table)| *table).chain([SHARED]).flat_map(str::lines) {
            assert_eq!(line.split('\t').count(), 8, "{line}");
            assert!(line.split('\t').all(|column| !column.is_empty()), "{line}");
        }
    }

    #[test]
    fn all_terms_of_the_standard_are_there() {
        let invoice = DocumentType::invoice();
        for number in (1..=165).filter(|number| *number != 4) {
            assert!(invoice.find(&format!("BT-{number}")).is_some(), "BT-{number}");
        }
        for number in 1..=32 {
            let group = invoice.find(&format!("BG-{number}")).unwrap();
            assert_eq!(invoice.term(group).kind(), Kind::Group);
            assert!(!invoice.term(group).members().is_empty(), "BG-{number}");
        }
    }

    #[test]
    fn parts_belong_to_the_value_they_qualify() {
        let invoice = DocumentType::invoice();
        let quantity = invoice.term(invoice.find("BT-129").unwrap());
        assert_eq!(quantity.part(Part::Unit), invoice.find("BT-130"));
        assert_eq!(quantity.kind(), Kind::Quantity);
        assert_eq!(quantity.part(Part::Scheme), None);
    }

    #[test]
    fn keys_are_unique_among_brothers() {
        for kind in DocumentType::all() {
            let groups = kind.terms().iter().filter(|term| term.kind() == Kind::Group).map(Term::members);
            for members in groups.chain([kind.top()]) {
                let keys: HashSet<_> = members.iter().map(|&member| kind.term(member).key()).collect();
                assert_eq!(keys.len(), members.len(), "{keys:?}");
            }
            assert_eq!(kind.by_id.len(), kind.terms.len(), "{}", kind.name());
            // What Karvan's JSON says of every document.
            let said =
                kind.top().iter().map(|&term| kind.term(term).key()).find(|key| ["document", "version"].contains(key));
            assert_eq!(said, None, "{}", kind.name());
        }
    }

    #[test]
    fn persian_names_are_persian() {
        for term in DocumentType::all().flat_map(DocumentType::terms) {
            assert!(
                term.name(Language::Persian).chars().any(|c| ('\u{600}'..='\u{6ff}').contains(&c)),
                "{}",
                term.id()
            );
            assert!(term.name(Language::English).is_ascii(), "{}", term.id());
        }
    }
}
