//! Mapping tables: data files that tie every term to its place in one syntax, compiled for the engine.

mod compile;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::OnceLock;

use karvan_model::{DocumentType, Group, Kind, Leaf, Part, TermId, Value as TermValue};
use karvan_text::Message;

use self::compile::Compiler;
use crate::edifact::Definition;
use crate::file::{Counted, EdifactSyntax, File, JsonSyntax, PartEntry, RowEntry, XmlSyntax};
use crate::grammar::Grammar;
use crate::lens::Lens;
use crate::library::Target;
use crate::locate::{Guide, Position};
use crate::names::{Name, NameSet, Names};
use crate::path::PathError;
use crate::place::{Equals, Place, Predicate, Value};

/// A mapping table, compiled.
#[derive(Debug)]
pub struct Table {
    title: String,
    kind: &'static DocumentType,
    syntax: Syntax,
    pub(crate) names: Names,
    pub(crate) rows: Vec<Row>,
    /// The row of each term.
    by_term: Vec<Option<usize>>,
    /// The rows of the top of the document, in the order of the file.
    pub(crate) top: Vec<Member>,
    pub(crate) implied: Vec<Name>,
    pub(crate) fixed: Vec<Place>,
    /// The elements that are not written without what the grammar asks for in them, and the attributes or members without
    /// which a value is not, where it asks for them.
    pub(crate) whole: Vec<String>,
    /// Where it is said again how often a term stands, or what its values sum up to.
    pub(crate) counted: Vec<(TermId, Place)>,
    /// The VAT identifiers that come without the prefix of their country, each with the term that tells the country.
    pub(crate) prefixed: Vec<(TermId, TermId)>,
    /// The rows that take their term from places of others where it has none of its own.
    pub(crate) either: Vec<usize>,
    /// The terms whose values the places of other terms are told by.
    pub(crate) referred: Vec<TermId>,
    /// The paths that lead to nothing in the grammar, each with its term.
    unplaced: Vec<(String, String)>,
    /// What the directory says of the message, once it was asked.
    definition: OnceLock<Option<Definition>>,
    /// What the schema says of the elements, once it was asked.
    grammar: OnceLock<Option<Grammar>>,
}

/// The syntax of a table.
#[derive(Clone, Debug)]
pub enum Syntax {
    /// XML.
    Xml(XmlSyntax),
    /// EDIFACT.
    Edifact(EdifactSyntax),
    /// JSON documents of a standard.
    Json(JsonSyntax),
}

/// A row, compiled.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) term: TermId,
    /// The places, best first.
    pub(crate) places: Vec<Place>,
    pub(crate) lens: Lens,
    pub(crate) parts: Vec<PartRow>,
    /// What is written for a missing term, and the terms of which one must be there; none for always.
    pub(crate) default: Option<(String, Vec<TermId>)>,
    pub(crate) absent: Option<String>,
    /// What the term is where nothing stands at its places.
    pub(crate) implied: Option<String>,
    /// Whether what is told from the root is told for every repetition of the group.
    pub(crate) common: bool,
    /// A place that may say the same once more.
    pub(crate) again: Option<Place>,
    /// What must stand beside the members of the group.
    pub(crate) needs: Vec<(Place, Option<String>)>,
    /// The member that the group is repeated for.
    pub(crate) each: Option<TermId>,
    /// The member whose text goes on in a repetition of the group where it is longer than its place.
    pub(crate) continued: Option<TermId>,
    /// Whether a group without that member has no place.
    pub(crate) inhabited: bool,
    /// Whether a repetition of the group that says the same as an earlier one only says it again.
    pub(crate) distinct: bool,
    /// Whether the group stands where another one stands.
    pub(crate) beside: bool,
    /// What is written where the syntax wants a group that is missing: one without members, for their defaults.
    pub(crate) required: Option<Group>,
    /// Whether only the first of the places that has a value is that of the term.
    pub(crate) either: bool,
    /// Whether a document that is checked has the term at the first place alone.
    pub(crate) lenient: bool,
    /// Whether a group of which nothing has a place at the first of its places is written at the next.
    pub(crate) elsewhere: bool,
    /// Another member without which the place is none for this one, and its values; any where none are told.
    pub(crate) only: Option<(TermId, Vec<String>)>,
    /// The terms that a group's own text tells, code and text; other members have places of their own.
    pub(crate) code_and_text: Option<(TermId, TermId)>,
    /// Whether nothing comes to the place of a repetition once it is written: no other row leads there.
    pub(crate) is_closed: bool,
    /// Whether nothing but its own text hangs on a value: no place is told by it, no other term, no code list.
    pub(crate) is_free: bool,
    /// Whether a group is read from what stands below its node, and from nothing else.
    pub(crate) is_apart: bool,
    /// The rows of a group's members, in the order of the file.
    pub(crate) members: Vec<Member>,
    /// Whether places of other terms are told by the value.
    pub(crate) is_referred: bool,
    /// The members of a group that places are told by: a new group has no values yet to compare with.
    pub(crate) referred_members: Vec<TermId>,
}

/// A row among those of its group, with what tells at once that it has nothing to do: most rows have not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub(crate) row: usize,
    pub(crate) term: TermId,
    /// The names that its places in a node begin with.
    pub(crate) names: NameSet,
    /// Whether the row has to be gone through whatever stands in the node.
    pub(crate) always: bool,
    /// Whether something is written where the term is missing.
    pub(crate) fills: bool,
}

impl Member {
    fn new(row: usize, term: TermId) -> Self {
        Self { row, term, names: NameSet::default(), always: false, fills: false }
    }

    /// The member with what `rows` and the terms `referred` to by predicates say of it.
    fn told(self, rows: &[Row], referred: &[TermId]) -> Self {
        let row = &rows[self.row];
        let fills = row.default.is_some() || row.absent.is_some() || row.required.is_some() || row.implied.is_some();
        let always = row.implied.is_some() || is_told_from_root(row, rows);
        let mut told = Self { always, fills, ..self };
        for place in &row.places {
            match place.steps.first() {
                Some(step) if step.name == Name::PARENT => told.always = true,
                Some(step) => told.names.add(step.name),
                // A group where its own group stands: there is what its members find there.
                None => {
                    for member in row.members.iter().map(|member| member.told(rows, referred)) {
                        told.names.add_all(member.names);
                        // A new group has no values yet to compare with.
                        told.always |= member.always || referred.contains(&member.term);
                    }
                }
            }
        }
        told
    }
}

/// Whether a place of a row, or of a member of it, begins at the root.
fn is_told_from_root(row: &Row, rows: &[Row]) -> bool {
    let of_parts = row.parts.iter().flat_map(|part| &part.places);
    row.places.iter().chain(of_parts).any(|place| place.from_root)
        || row.members.iter().any(|member| is_told_from_root(&rows[member.row], rows))
}

impl Row {
    /// The value of a term that has no place because the kind of document says it by itself.
    pub(crate) fn implies(&self) -> Option<&str> {
        self.implied.as_deref().filter(|_| !self.lenient)
    }

    /// Whether the row is one for this group.
    #[inline]
    pub(crate) fn is_for(&self, group: &Group) -> bool {
        self.only.as_ref().is_none_or(|(term, values)| Self::says_one_of(group, *term, values))
    }

    fn says_one_of(group: &Group, term: TermId, values: &[String]) -> bool {
        let listed = |leaf: &Leaf| values.is_empty() || values.iter().any(|value| *value == leaf.value.text());
        group.leaf(term).is_some_and(listed)
    }

    /// Whether the own text of the group tells this member.
    pub(crate) fn tells(&self, term: TermId) -> bool {
        self.code_and_text.is_some_and(|(code, text)| term == code || term == text)
    }

    /// The text that stands for a value, none if it would be read as that of another one.
    ///
    /// # Errors
    /// Why the lens has none.
    #[inline(always)] // A call would take as long as what it does.
    pub(crate) fn text<'a>(&'a self, value: &'a TermValue) -> Result<Option<Cow<'a, str>>, Message> {
        let text = self.lens.put(&value.content)?;
        Ok(match self.scheme_in_text(value) {
            Some(scheme) => Some(format!("{scheme}:{text}").into()),
            None => Some(text).filter(|text| self.lens.scheme(text).0.is_none()),
        })
    }

    /// The scheme of `value` that stands in its text.
    pub(crate) fn scheme_in_text<'a>(&self, value: &'a TermValue) -> Option<&'a str> {
        let has_place = || self.parts.iter().any(|part| part.part == Part::Scheme && !part.places.is_empty());
        self.lens.scheme_in_text(value, has_place)
    }
}

/// The place of a part of a value, from the place of the value.
#[derive(Debug)]
pub(crate) struct PartRow {
    pub(crate) part: Part,
    pub(crate) term: Option<TermId>,
    /// The places, best first; none where the syntax has none for the part, or the path of the value says it already.
    pub(crate) places: Vec<Place>,
    pub(crate) default: Option<Value>,
    pub(crate) implied: Option<Value>,
    pub(crate) absent: Option<String>,
    pub(crate) lens: Lens,
}

/// Why a table cannot be used.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TableError {
    /// The file is not a table.
    File(toml::de::Error),
    /// A path is not understood.
    Path {
        /// The term of the row.
        term: String,
        /// What is wrong.
        error: PathError,
    },
    /// A name stands for nothing: a term, a named path, a lens, a code translation.
    Unknown {
        /// The term of the row, or the section.
        term: String,
        /// The name.
        name: String,
    },
    /// The row of a member without a row for its group.
    NoGroup(String),
    /// A table of no syntax, or of two.
    NoSyntax,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Path { term, error } => write!(f, "{term}: {error}"),
            Self::Unknown { term, name } => write!(f, "{term}: {name:?} is not known"),
            Self::NoGroup(term) => write!(f, "{term}: its group has no row before it"),
            Self::NoSyntax => f.write_str("a table has one section [xml], [edifact] or [json]"),
        }
    }
}

impl std::error::Error for TableError {}

impl Table {
    /// Reads a table for documents of `kind` from its file; a table of EDIFACT is one for the first of its releases.
    ///
    /// # Errors
    /// If the file is no table, or names what is not known.
    pub fn parse(kind: &'static DocumentType, file: &str) -> Result<Self, TableError> {
        let mut file = File::parse(file)?;
        if let Some(syntax) = &mut file.edifact {
            syntax.release = syntax.releases.first().cloned().unwrap_or_default();
        }
        Self::compile(kind, file)
    }

    pub(crate) fn compile(kind: &'static DocumentType, mut file: File) -> Result<Self, TableError> {
        let syntax = match (file.xml.clone(), file.edifact.clone(), file.json.clone()) {
            (Some(xml), None, None) => Syntax::Xml(xml),
            (None, Some(edifact), None) => Syntax::Edifact(edifact),
            (None, None, Some(json)) => Syntax::Json(json),
            _ => return Err(TableError::NoSyntax),
        };
        if let Syntax::Edifact(syntax) = &syntax
            && (syntax.releases.len() > 1 || syntax.onwards)
        {
            file.title = format!("{} {}", file.title, syntax.release);
        }
        let (names, guide) = (Names::default(), Guide::new(&file));
        let mut compiler = Compiler { kind, file: &file, guide, names, referred: Vec::new(), unplaced: Vec::new() };
        let mut rows: Vec<Row> = Vec::new();
        let mut positions: Vec<Position> = Vec::new();
        let mut top = Vec::new();
        let mut by_term: HashMap<TermId, usize> = HashMap::new();
        let mut left_out = HashSet::new();
        for entry in &file.rows {
            let term = compiler.term(&entry.term, &entry.term)?;
            let within = kind.term(term).within();
            if within.is_some_and(|within| left_out.contains(&within)) {
                left_out.insert(term);
                continue;
            }
            if let Kind::Part(part) = kind.term(term).kind() {
                let row =
                    within.and_then(|of| by_term.get(&of)).ok_or_else(|| TableError::NoGroup(entry.term.clone()))?;
                let RowEntry { path, default, absent, codes, .. } = entry.clone();
                let part_entry = PartEntry { path, default, implied: None, absent, codes };
                let group = kind.term(rows[*row].term).within().and_then(|group| by_term.get(&group));
                let base = group.map_or_else(|| compiler.guide.root(), |group| positions[*group]);
                let part_row = compiler.part(&entry.term, part, Some(term), &part_entry, base)?;
                rows[*row].parts.retain(|other| other.part != part);
                rows[*row].parts.push(part_row);
                continue;
            }
            let group = match within.map(|group| by_term.get(&group).copied()) {
                None => None,
                Some(Some(group)) => Some(group),
                Some(None) => return Err(TableError::NoGroup(entry.term.clone())),
            };
            let base = group.map_or_else(|| compiler.guide.root(), |group| positions[group]);
            let Some((row, position)) = compiler.row(term, entry, base)? else {
                left_out.insert(term);
                continue;
            };
            let index = rows.len();
            rows.push(row);
            positions.push(position);
            by_term.insert(term, index);
            group.map_or(&mut top, |group| &mut rows[group].members).push(Member::new(index, term));
        }
        let mut implied: Vec<_> = file.implied.iter().map(|name| compiler.names.add(name)).collect();
        implied.sort_unstable();
        let root = compiler.guide.root();
        let fixed = file.fixed.iter().filter_map(|path| compiler.place("fixed", path, root).transpose());
        let fixed = fixed.map(|found| found.map(|(place, _)| place)).collect::<Result<_, _>>()?;
        let mut counted = Vec::new();
        for Counted { term, path } in &file.counted {
            let place = compiler.place("counted", path, root)?;
            counted.extend(place.map(|(place, _)| compiler.term("counted", term).map(|term| (term, place))));
        }
        let counted = counted.into_iter().collect::<Result<_, _>>()?;
        let both =
            |(term, by): (&String, &String)| Ok((compiler.term("prefixed", term)?, compiler.term("prefixed", by)?));
        let prefixed = file.prefixed.iter().map(both).collect::<Result<_, _>>()?;
        let by_term = kind.terms().iter().map(|term| kind.find(term.id()).and_then(|id| by_term.get(&id).copied()));
        let by_term = by_term.collect();
        let Compiler { names, mut referred, unplaced, .. } = compiler;
        referred.sort_unstable();
        referred.dedup();
        let told = |members: &[Member]| members.iter().map(|member| member.told(&rows, &referred)).collect();
        let top = told(&top);
        let members: Vec<Vec<Member>> = rows.iter().map(|row| told(&row.members)).collect();
        for (row, members) in rows.iter_mut().zip(members) {
            let referred_to = |term: &TermId| referred.contains(term);
            let all = if row.members.is_empty() { &[][..] } else { kind.members(Some(row.term)) };
            row.referred_members = all.iter().copied().filter(referred_to).collect();
            row.is_referred = referred_to(&row.term);
            row.members = members;
        }
        let either = (0..rows.len()).filter(|&row| rows[row].either).collect();
        let mut table = Self {
            title: file.title,
            kind,
            syntax,
            names,
            rows,
            by_term,
            top,
            implied,
            fixed,
            whole: file.whole,
            counted,
            prefixed,
            either,
            referred,
            unplaced,
            definition: OnceLock::new(),
            grammar: OnceLock::new(),
        };
        if let Syntax::Xml(_) = table.syntax {
            for row in table.closed() {
                table.rows[row].is_closed = true;
            }
        }
        for row in table.free() {
            table.rows[row].is_free = true;
        }
        let mut apart = Vec::new();
        table.apart(&table.top, &[], &mut apart);
        for row in apart {
            table.rows[row].is_apart = true;
        }
        Ok(table)
    }

    /// The groups at the top that repeat and whose places no other row leads to.
    fn closed(&self) -> Vec<usize> {
        let mut led_to: Vec<(usize, Vec<&str>)> = Vec::new();
        for member in &self.top {
            let mut places = Vec::new();
            self.collect(&[*member], &[], &mut places);
            led_to.extend(places.into_iter().map(|(_, path)| (member.row, path)));
        }
        let others = self.fixed.iter().chain(self.counted.iter().map(|(_, place)| place));
        led_to.extend(others.map(|place| (usize::MAX, self.extended(&[], place, &mut |_| {}))));
        let candidates = self.top.iter().map(|member| member.row).filter(|row| {
            let row = &self.rows[*row];
            row.places.len() == 1 && self.kind.term(row.term).repeats() && !row.members.is_empty()
        });
        let is_closed = |index: &usize| {
            let row = &self.rows[*index];
            let (path, place) = (self.extended(&[], &row.places[0], &mut |_| {}), &row.places[0]);
            let outer = Place::new(false, false, place.steps[..place.steps.len().saturating_sub(1)].to_vec());
            let mut looked_into = false;
            self.extended(&[], &outer, &mut |told_by| looked_into |= told_by.starts_with(&path));
            !looked_into
                && !path.is_empty()
                && !row.members.iter().any(|member| is_told_from_root(&self.rows[member.row], &self.rows))
                && !row.needs.iter().any(|(need, _)| need.from_root)
                && led_to.iter().all(|(of, other)| of == index || !other.starts_with(&path))
        };
        candidates.filter(is_closed).collect()
    }

    /// The rows of values on which nothing hangs but their own text.
    fn free(&self) -> Vec<usize> {
        let (mut places, mut told_by) = (Vec::new(), HashSet::new());
        self.led_to(&self.top, &[], &mut places, &mut told_by);
        let others: HashSet<_> = self.rows.iter().filter_map(|row| row.only.as_ref()).map(|(term, _)| *term).collect();
        let is_told_by = |row: usize| places.iter().any(|(of, path)| *of == row && told_by.contains(path));
        let is_free = |index: &usize| {
            let row = &self.rows[*index];
            !matches!(self.kind.term(row.term).kind(), Kind::Group | Kind::Code)
                && !matches!(row.lens, Lens::Codes(_) | Lens::Addressed)
                && row.absent.is_none()
                && row.implied.is_none()
                && !row.is_referred
                && !others.contains(&row.term)
                && !is_told_by(*index)
        };
        (0..self.rows.len()).filter(is_free).collect()
    }

    /// The groups among `rows` and their members that are read from what stands below their nodes.
    fn apart(&self, rows: &[Member], base: &[&str], apart: &mut Vec<usize>) {
        for member in rows {
            let row = &self.rows[member.row];
            let [place] = &*row.places else { continue };
            let (path, mut places) = (self.extended(base, place, &mut |_| {}), Vec::new());
            self.collect(&row.members, &path, &mut places);
            let is_within = places.iter().all(|(_, place)| place.starts_with(&path));
            let is_plain = self.kind.term(row.term).repeats()
                && !row.distinct
                && !row.beside
                && row.continued.is_none()
                && row.code_and_text.is_none()
                && !place.steps.is_empty();
            if !row.members.is_empty() && is_plain && is_within && row.members.iter().all(|member| self.is_deaf(member))
            {
                apart.push(member.row);
            }
            self.apart(&row.members, &path, apart);
        }
    }

    /// Whether neither a member nor what stands in it is looked at by others, or looks around for what it says again.
    fn is_deaf(&self, member: &Member) -> bool {
        let row = &self.rows[member.row];
        let looks_around =
            |place: &Place| place.from_root || place.steps.first().is_none_or(|step| step.name == Name::PARENT);
        !row.is_referred
            && !row.again.as_ref().is_some_and(looks_around)
            && row.members.iter().all(|member| self.is_deaf(member))
    }

    /// The places of the values of each row, and those that places are told by, as names from the root.
    fn led_to<'t>(
        &'t self,
        rows: &[Member],
        base: &[&'t str],
        places: &mut Vec<(usize, Vec<&'t str>)>,
        told_by: &mut HashSet<Vec<&'t str>>,
    ) {
        for member in rows {
            let row = &self.rows[member.row];
            for place in &row.places {
                let mut tell = |path| {
                    told_by.insert(path);
                };
                let whole = self.extended(base, place, &mut tell);
                for part in row.parts.iter().flat_map(|part| &part.places) {
                    self.extended(if part.from_group { base } else { &whole }, part, &mut tell);
                }
                for (need, _) in &row.needs {
                    self.extended(&whole, need, &mut tell);
                }
                self.led_to(&row.members, &whole, places, told_by);
                places.push((member.row, whole));
            }
        }
    }

    /// What the table is for.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The type of its documents.
    #[must_use]
    pub fn kind(&self) -> &'static DocumentType {
        self.kind
    }

    /// Its syntax.
    #[must_use]
    pub fn syntax(&self) -> &Syntax {
        &self.syntax
    }

    /// What is to be written for documents that are read by this table.
    pub(crate) fn target(&'static self) -> Target {
        match &self.syntax {
            Syntax::Xml(syntax) => Target::Xml(&syntax.target),
            Syntax::Edifact(syntax) => Target::Edifact(Some(&syntax.release)),
            Syntax::Json(_) => Target::Bsp,
        }
    }

    /// What the directory says of the message of an EDIFACT table.
    pub(crate) fn definition(&self, syntax: &EdifactSyntax) -> Option<&Definition> {
        self.definition.get_or_init(|| Definition::new(self, syntax)).as_ref()
    }

    /// What orders and limits what is written by the table, if Karvan has it.
    pub(crate) fn grammar(&self) -> Option<&Grammar> {
        match &self.syntax {
            Syntax::Xml(syntax) => self.grammar.get_or_init(|| crate::xml::grammar(self, syntax)).as_ref(),
            Syntax::Edifact(syntax) => self.definition(syntax).map(|definition| &definition.grammar),
            Syntax::Json(syntax) => self.grammar.get_or_init(|| crate::json::grammar(self, syntax)).as_ref(),
        }
    }

    /// The names at the places of what is no number and may be any text.
    pub(crate) fn texts(&self) -> HashSet<Name> {
        let is_number = |kind| matches!(kind, Kind::Amount | Kind::Quantity | Kind::Percentage);
        let rows = self.rows.iter().filter(|row| !is_number(self.kind.term(row.term).kind()));
        let places = rows.flat_map(|row| row.places.iter().chain(row.parts.iter().flat_map(|part| &part.places)));
        places.filter_map(|place| Some(place.steps.last()?.name)).collect()
    }

    /// Whether what has this name is written only with what the grammar asks for in it, or a value only with it.
    pub(crate) fn is_whole(&self, name: &str) -> bool {
        self.whole.iter().any(|whole| whole == name)
    }

    /// The row of a term, if it has a place in this syntax.
    pub(crate) fn row_of(&self, term: TermId) -> Option<&Row> {
        self.by_term.get(term.index()).and_then(|index| self.rows.get((*index)?))
    }

    /// The text of a value as it will be read when it was written by this table.
    pub(crate) fn read_again<'a>(&'a self, leaf: &'a Leaf) -> Cow<'a, str> {
        let row = self.row_of(leaf.term);
        row.map_or_else(|| leaf.value.text(), |row| row.lens.read_again(&leaf.value.content))
    }

    /// The group whose repetitions the text of this member goes on in.
    pub(crate) fn continued(&self, term: TermId) -> Option<&Row> {
        let group = self.row_of(self.kind.term(term).within()?)?;
        Some(group).filter(|group| group.continued == Some(term))
    }

    /// Every place of the table as names of its steps from the root, with the term that stands there.
    ///
    /// For tests that compare a table with a grammar.
    #[must_use]
    pub fn places(&self) -> Vec<(TermId, Vec<&str>)> {
        let mut places = Vec::new();
        self.collect(&self.top, &[], &mut places);
        places
    }

    /// The paths that lead to nothing in the grammar of the table, as the file has them, each with its term.
    ///
    /// For tests: a path must lead somewhere in one of the tables of its file.
    #[must_use]
    pub fn unplaced(&self) -> &[(String, String)] {
        &self.unplaced
    }

    /// Every text that a place is told by, with the name of the node that has it.
    ///
    /// For tests that compare a table with code lists.
    #[must_use]
    pub fn codes(&self) -> Vec<(&str, &str)> {
        let parts = self.rows.iter().flat_map(|row| &row.parts).flat_map(|part| &part.places);
        let places = self.rows.iter().flat_map(|row| &row.places).chain(parts);
        let steps = places.flat_map(|place| &place.steps);
        let mut codes = Vec::new();
        for mut condition in steps.flat_map(|step| &step.predicates) {
            while let Predicate::Not(inner) = condition {
                condition = inner;
            }
            if let Predicate::Equals(Equals { path, values, .. }) = condition
                && let Some(last) = path.last()
            {
                let texts = values.iter().filter_map(|value| match value {
                    Value::Text(text) => Some(text.as_str()),
                    Value::Term(_) => None,
                });
                codes.extend(texts.map(|text| (self.names.text(last.name), text)));
            }
        }
        codes
    }

    fn collect<'t>(&'t self, rows: &[Member], base: &[&'t str], places: &mut Vec<(TermId, Vec<&'t str>)>) {
        for member in rows {
            let row = &self.rows[member.row];
            for place in &row.places {
                let whole = self.extended(base, place, &mut |path| places.push((row.term, path)));
                for (part, place) in
                    row.parts.iter().flat_map(|part| part.places.iter().map(move |place| (part, place)))
                {
                    let from = if place.from_group { base } else { &whole };
                    places.push((part.term.unwrap_or(row.term), self.extended(from, place, &mut |_| {})));
                }
                for (need, _) in &row.needs {
                    places.push((row.term, self.extended(&whole, need, &mut |_| {})));
                }
                self.collect(&row.members, &whole, places);
                for term in row.code_and_text.into_iter().flat_map(|(code, text)| [code, text]) {
                    places.push((term, whole.clone()));
                }
                places.push((row.term, whole));
            }
        }
    }

    /// The names of `place` from the root; every path of a predicate goes to `predicate`.
    fn extended<'t>(
        &'t self,
        base: &[&'t str],
        place: &Place,
        predicate: &mut dyn FnMut(Vec<&'t str>),
    ) -> Vec<&'t str> {
        let mut path = if place.from_root { Vec::new() } else { base.to_vec() };
        for step in &place.steps {
            if step.name == Name::PARENT {
                path.pop();
                continue;
            }
            path.push(self.names.text(step.name));
            for condition in &step.predicates {
                let mut inner = condition;
                while let Predicate::Not(condition) = inner {
                    inner = condition;
                }
                if let Predicate::Equals(Equals { path: steps, .. }) | Predicate::Exists(steps) = inner {
                    predicate(self.extended(&path, &Place::new(false, false, steps.clone()), &mut |_| {}));
                }
            }
        }
        path
    }
}
