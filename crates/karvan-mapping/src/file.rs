//! Mapping tables as their files have them, and the rows that they share with the tables of other documents.

use std::collections::{BTreeMap, HashMap};

use karvan_model::{DocumentType, TermId};
use serde::Deserialize;

use crate::table::TableError;

/// A table as its file has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct File {
    pub(crate) title: String,
    pub(crate) xml: Option<XmlSyntax>,
    pub(crate) edifact: Option<EdifactSyntax>,
    pub(crate) json: Option<JsonSyntax>,
    /// The table of the same document whose rows it takes where it has none itself.
    pub(crate) base: Option<String>,
    /// The file in `shared/` that has the rows of shared groups.
    pub(crate) shared: Option<String>,
    /// Only documents whose term has one of these values are written by this table.
    pub(crate) when: Option<When>,
    /// Only documents without these are written by this table.
    pub(crate) unless: Vec<Unless>,
    /// Paths by name.
    pub(crate) paths: BTreeMap<String, String>,
    /// The lens of a kind of value, where it is not plain.
    pub(crate) lenses: BTreeMap<String, String>,
    /// Where the format of a day stands (code list 2379), from the place of the day: `../2379`, `@format`.
    pub(crate) date_format: Option<String>,
    /// Where the parts of values stand, from the place of the value, if a row does not say otherwise.
    pub(crate) parts: BTreeMap<String, PartEntry>,
    /// Code translations by name: from the code of the syntax to that of the model.
    pub(crate) codes: BTreeMap<String, BTreeMap<String, String>>,
    /// Names whose texts only say what the term says by itself, such as the code list of a code.
    pub(crate) implied: Vec<String>,
    /// Places that every document of the syntax has.
    pub(crate) fixed: Vec<String>,
    /// The elements that are not written without what the grammar asks for in them, and the attributes or members without
    /// which a value is not, where it asks for them.
    pub(crate) whole: Vec<String>,
    /// What says again how often a term stands, or what its values sum up to.
    pub(crate) counted: Vec<Counted>,
    /// VAT identifiers that come without the prefix of their country, each with the term that tells the country.
    pub(crate) prefixed: BTreeMap<String, String>,
    /// Other names for the steps of another table's rows.
    pub(crate) rename: BTreeMap<String, String>,
    pub(crate) rows: Vec<RowEntry>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct When {
    pub(crate) term: String,
    /// None for any value.
    #[serde(default)]
    pub(crate) values: Vec<String>,
}

/// A control value: the number of groups, or the sum of values, of a term.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counted {
    pub(crate) term: String,
    pub(crate) path: String,
}

/// What a document must not have.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Unless {
    /// A term at its top.
    Term(String),
    /// A value of a term that begins with one of these.
    Value { term: String, begins: Vec<String> },
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartEntry {
    /// Empty where the syntax has no place for the part.
    pub(crate) path: OneOrMore,
    /// What is written where the value does not say it: a text, or `{BT-5}`.
    #[serde(default)]
    pub(crate) default: Option<String>,
    /// What need not be written: the value of this term.
    #[serde(default)]
    pub(crate) implied: Option<String>,
    /// A text that stands for the absence of the part.
    #[serde(default)]
    pub(crate) absent: Option<String>,
    /// A code translation of the table.
    #[serde(default)]
    pub(crate) codes: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowEntry {
    /// The term.
    pub(crate) term: String,
    /// Its place; alternatives in the order of preference.
    pub(crate) path: OneOrMore,
    /// How text and value turn into each other, if not as the kind of value does.
    #[serde(default)]
    pub(crate) lens: Option<String>,
    /// A code translation of the table.
    #[serde(default)]
    pub(crate) codes: Option<String>,
    /// What is written where the term is missing although the place must be filled.
    #[serde(default)]
    pub(crate) default: Option<String>,
    /// The default is written only where one of these other terms is there.
    #[serde(default)]
    pub(crate) with: Option<OneOrMore>,
    /// A text that stands for the absence of the term.
    #[serde(default)]
    pub(crate) absent: Option<String>,
    /// What the term is where nothing stands at its places, if it has any, so that it need not be written.
    #[serde(default)]
    pub(crate) implied: Option<String>,
    /// The group stands once for each repetition of this member.
    #[serde(default)]
    pub(crate) each: Option<String>,
    /// The group stands once more where the text of this member is longer than its place, and goes on there.
    #[serde(default)]
    pub(crate) continued: Option<String>,
    /// A group without that member has no place.
    #[serde(default)]
    pub(crate) inhabited: bool,
    /// A repetition of the group that says the same as an earlier one says it again.
    #[serde(default)]
    pub(crate) distinct: bool,
    /// The group stands where another one stands.
    #[serde(default)]
    pub(crate) beside: bool,
    /// The syntax wants the group: where it is missing, the defaults of its members are written.
    #[serde(default)]
    pub(crate) required: bool,
    /// The places are alternatives of each other: what stands at the others, where one has a value, is another term's.
    #[serde(default)]
    pub(crate) either: bool,
    /// The places but the first are those of sources that leave it out against the rules: a check does not look there.
    #[serde(default)]
    pub(crate) lenient: bool,
    /// A group of which nothing has a place at the first of its paths is written at the next.
    #[serde(default)]
    pub(crate) elsewhere: bool,
    /// The place is one for groups only whose other member has one of these values.
    #[serde(default)]
    pub(crate) only: Option<When>,
    /// What is told from the root is told for every repetition of the group.
    #[serde(default)]
    pub(crate) common: bool,
    /// A place that may say the same once more.
    #[serde(default)]
    pub(crate) again: Option<String>,
    /// Other places for the parts of this value.
    #[serde(default)]
    pub(crate) parts: BTreeMap<String, PartEntry>,
    /// What must stand beside the members of the group, though no term says it.
    #[serde(default)]
    pub(crate) needs: Option<NeedEntry>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NeedEntry {
    pub(crate) path: OneOrMore,
    /// The text that stands there; none where it is enough that the node is there.
    #[serde(default)]
    pub(crate) default: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(one) => std::slice::from_ref(one).iter(),
            Self::More(more) => more.iter(),
        }
        .map(String::as_str)
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut String> {
        match self {
            Self::One(one) => std::slice::from_mut(one).iter_mut(),
            Self::More(more) => more.iter_mut(),
        }
    }
}

/// What tells a document from others that begin in the same way.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The names that lead to a text: from the root element, or from the message by segment, composite and component.
    pub path: String,
    /// The texts of which it is one.
    pub values: Vec<String>,
}

/// What an XML table says of its syntax.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct XmlSyntax {
    /// What the syntax is called where one is chosen to write: `ubl`.
    pub target: String,
    /// The document element, with a prefix of [`Self::namespaces`] if it has one.
    pub root: String,
    /// Namespaces by prefix; the empty prefix is the default namespace.
    pub namespaces: BTreeMap<String, String>,
    /// The name of the grammar that orders the output.
    pub grammar: String,
    /// What a document must say for the table to be for it, where several documents have the same root.
    #[serde(default)]
    pub told: Option<Told>,
    /// Whether a value that an enumeration of the grammar lacks has no place; else it is written, and a finding.
    #[serde(default)]
    pub known_codes: bool,
}

/// What a table of JSON documents says of its syntax.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JsonSyntax {
    /// The document, by its name in the grammar: `CrossIndustryInvoice`.
    pub document: String,
    /// The type codes of such documents (code list 1001): a document that names no schema is told by them.
    #[serde(default)]
    pub types: Vec<String>,
    /// Whether a value that a list of the grammar lacks has no place; else it is written, and a finding.
    #[serde(default)]
    pub known_codes: bool,
}

/// What an EDIFACT table says of its syntax.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EdifactSyntax {
    /// The message type, data element 0065.
    pub message: String,
    /// The directories that the message is read and written by, `D.14B`: a table of its own for each.
    pub releases: Vec<String>,
    /// Whether every other packed release from the oldest of these on has a table too.
    #[serde(default)]
    pub onwards: bool,
    /// That of this table.
    #[serde(skip)]
    pub release: String,
    /// What a message must say for the table to be for it, where several documents have the same message.
    #[serde(default)]
    pub told: Option<Told>,
    /// The association assigned code that is written, 0057, by the release.
    #[serde(default)]
    pub associations: BTreeMap<String, String>,
    /// The code list directory version that is written, 0110.
    #[serde(default)]
    pub code_lists: String,
    /// The controlling agency, 0051.
    #[serde(default = "un")]
    pub agency: String,
    /// The syntax identifier, 0001, that is written where it holds all characters; else UNOW.
    pub repertoire: String,
    /// The syntax version, 0002.
    pub version: u8,
    /// Whether a code that the list of the release lacks has no place; else it is written, and a finding.
    #[serde(default)]
    pub known_codes: bool,
    /// Whether a value is written though what the directory wants beside it is missing, and is a finding; else it has no place.
    #[serde(default)]
    pub incomplete: bool,
    /// A group and its terms, the best first, that may name the sender of an interchange.
    #[serde(default)]
    pub sender: Vec<String>,
    /// The same for the recipient.
    #[serde(default)]
    pub recipient: Vec<String>,
    /// The term that may be the day of preparation.
    #[serde(default)]
    pub prepared: String,
}

fn un() -> String {
    "UN".to_owned()
}

impl File {
    /// Reads a file.
    ///
    /// # Errors
    /// If it is no table.
    pub(crate) fn parse(text: &str) -> Result<Self, TableError> {
        toml::from_str(text).map_err(TableError::File)
    }

    /// Reads what a file says before its rows: which documents it is for.
    ///
    /// # Errors
    /// If it is no table.
    pub(crate) fn head(text: &str) -> Result<Self, TableError> {
        Self::parse(text.split("\nrows = [").next().unwrap_or_default())
    }

    /// The table with the rows of `base` where it has none itself; a row that only it has stands where its term stands among
    /// the others of `kind`.
    pub(crate) fn on(self, mut base: Self, kind: &DocumentType) -> Self {
        for row in self.rows {
            match base.rows.iter_mut().find(|other| other.term == row.term) {
                Some(other) => *other = row,
                None => {
                    let later = |other: &RowEntry| kind.find(&other.term) > kind.find(&row.term);
                    let at = base.rows.iter().position(later).unwrap_or(base.rows.len());
                    base.rows.insert(at, row);
                }
            }
        }
        base.paths.extend(self.paths);
        base.codes.extend(self.codes);
        let (xml, edifact, json) = (self.xml.or(base.xml), self.edifact.or(base.edifact), self.json.or(base.json));
        let fixed = if self.fixed.is_empty() { base.fixed } else { self.fixed };
        let Self { title, rename, when, unless, .. } = self;
        Self { title, rename, when, unless, xml, edifact, json, fixed, ..base }
    }

    /// The table with the rows of the shared groups of `kind` from `shared`, and what is said there of all values.
    pub(crate) fn with_shared(mut self, shared: Self, kind: &DocumentType) -> Self {
        let own = std::mem::take(&mut self.rows);
        let said = own.iter().map(|row| (row.term.clone(), row.clone())).collect();
        let mut sharing = Sharing { kind, said, shared: &shared.rows, rows: Vec::new() };
        for row in &own {
            // A row in place of a shared one stands where the shared one would.
            if sharing.rows.iter().all(|placed| placed.term != row.term) {
                sharing.add(row.clone(), kind.find(&row.term));
            }
        }
        self.rows = sharing.rows;
        self.date_format = self.date_format.or(shared.date_format);
        self.implied.extend(shared.implied);
        self.whole.extend(shared.whole);
        fn complete<V>(own: &mut BTreeMap<String, V>, shared: BTreeMap<String, V>) {
            shared.into_iter().for_each(|(name, value)| {
                own.entry(name).or_insert(value);
            });
        }
        complete(&mut self.lenses, shared.lenses);
        complete(&mut self.parts, shared.parts);
        complete(&mut self.codes, shared.codes);
        self
    }
}

/// Puts the rows of shared groups behind the rows of the terms that are such groups.
struct Sharing<'r> {
    kind: &'r DocumentType,
    /// The row of each term: that of the table goes before that of a shared group, and this before that of a shared group
    /// in it.
    said: HashMap<String, RowEntry>,
    shared: &'r [RowEntry],
    rows: Vec<RowEntry>,
}

impl Sharing<'_> {
    fn add(&mut self, row: RowEntry, term: Option<TermId>) {
        let has_place = row.path.iter().next().is_some();
        let id = row.term.clone();
        self.rows.push(row);
        let Some(group) = term.and_then(|term| self.kind.term(term).shared()).filter(|_| has_place) else { return };
        let members = self.shared.iter().filter(|row| row.stands_in(group)).map(|row| row.renamed(group, &id));
        let members: Vec<_> = members.collect();
        for row in &members {
            self.said.entry(row.term.clone()).or_insert_with(|| row.clone());
        }
        for row in members {
            let row = self.said.get(&row.term).cloned().unwrap_or(row);
            if self.rows.iter().all(|placed| placed.term != row.term) {
                let term = self.kind.find(&row.term);
                self.add(row, term);
            }
        }
    }
}

impl RowEntry {
    /// Whether it is one of the shared group with this name.
    fn stands_in(&self, group: &str) -> bool {
        self.term.strip_prefix(group).is_some_and(|rest| rest.starts_with('.'))
    }

    /// A row of a shared group as one of the term `id` that is such a group.
    fn renamed(&self, group: &str, id: &str) -> Self {
        let (from, to) = (format!("{group}."), format!("{id}."));
        let own = |term: &mut String| {
            if let Some(rest) = term.strip_prefix(&from) {
                *term = format!("{to}{rest}");
            }
        };
        let braced = |text: &mut String| *text = text.replace(&format!("{{{from}"), &format!("{{{to}"));
        let mut row = self.clone();
        own(&mut row.term);
        let with = row.with.iter_mut().flat_map(OneOrMore::iter_mut);
        with.chain(&mut row.each)
            .chain(&mut row.continued)
            .chain(row.only.as_mut().map(|only| &mut only.term))
            .for_each(own);
        let needs = row.needs.iter_mut().flat_map(|need| need.path.iter_mut().chain(&mut need.default));
        row.path.iter_mut().chain(&mut row.default).chain(&mut row.again).chain(needs).for_each(braced);
        for part in row.parts.values_mut() {
            part.path.iter_mut().chain(&mut part.default).chain(&mut part.implied).for_each(braced);
        }
        row
    }
}
