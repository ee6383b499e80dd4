//! From the rows of a table's file to those the engine reads and writes by.

use std::mem::discriminant;

use karvan_model::{DocumentType, Group, Kind, Part, TermId};

use super::{PartRow, Row, TableError};
use crate::file::{File, OneOrMore, PartEntry, RowEntry};
use crate::lens::Lens;
use crate::locate::{Guide, Position};
use crate::moment::DateFormat;
use crate::names::Names;
use crate::path::{Condition, Operand, Path, Start, Step};
use crate::place::{self, Equals, Place, PlaceStep, Predicate, Value};

/// Compiles the rows of one table.
pub(super) struct Compiler<'f> {
    pub(super) kind: &'static DocumentType,
    pub(super) file: &'f File,
    pub(super) guide: Guide<'f>,
    pub(super) names: Names,
    pub(super) referred: Vec<TermId>,
    pub(super) unplaced: Vec<(String, String)>,
}

impl Compiler<'_> {
    /// The row of a term, and where its group stands, from the place of the group around; none if it has no place.
    pub(super) fn row(
        &mut self,
        term: TermId,
        entry: &RowEntry,
        base: Position,
    ) -> Result<Option<(Row, Position)>, TableError> {
        let shape = self.kind.term(term);
        let unknown = |name: &str| TableError::Unknown { term: entry.term.clone(), name: name.to_owned() };
        let (mut places, mut position) = (Vec::new(), None);
        for path in entry.path.iter() {
            let found = self.places(&entry.term, path, base, shape.kind())?;
            position = match (position, found.first()) {
                // Its members may stand in either, each where it has a place.
                (Some(one), Some((_, other))) if entry.elsewhere && discriminant(&one) != discriminant(other) => {
                    Some(Position::Somewhere)
                }
                (position, first) => position.or(first.map(|(_, position)| *position)),
            };
            places.extend(found.into_iter().map(|(place, _)| place));
        }
        let Some(position) = position.or(entry.implied.is_some().then_some(base)) else { return Ok(None) };
        let by_kind = self.file.lenses.get(shape.kind().name()).map(String::as_str);
        let code_and_text = match entry.lens.as_deref() {
            Some("code-and-text") => {
                let first =
                    |kind: Kind| shape.members().iter().copied().find(|&term| self.kind.term(term).kind() == kind);
                let both = first(Kind::Code).zip(first(Kind::Text));
                Some(both.ok_or_else(|| unknown("code-and-text"))?)
            }
            _ => None,
        };
        let lens = match (&entry.codes, entry.lens.as_deref().or(by_kind)) {
            _ if code_and_text.is_some() => Lens::Plain,
            (Some(name), _) => self.codes(&entry.term, name)?,
            (None, Some(name)) => Lens::from_name(name).ok_or_else(|| unknown(name))?,
            (None, None) => Lens::Plain,
        };
        let mut parts = Vec::new();
        let own = entry.parts.iter();
        let common = self.file.parts.iter().filter(|(name, _)| !entry.parts.contains_key(*name));
        for (name, part_entry) in own.chain(common) {
            let part = Part::from_name(name).ok_or_else(|| unknown(name))?;
            if shape.kind().parts().contains(&part) {
                let mut row = self.part(&entry.term, part, shape.part(part), part_entry, base)?;
                if part_entry.path.iter().any(|path| says(&entry.path, path)) {
                    row.places.clear();
                }
                parts.push(row);
            }
        }
        let default = match (&entry.default, &entry.with) {
            (Some(text), Some(with)) => {
                let with = with.iter().map(|with| self.term(&entry.term, with)).collect::<Result<_, _>>()?;
                Some((text.clone(), with))
            }
            (Some(text), None) => Some((text.clone(), Vec::new())),
            (None, _) => None,
        };
        let each = match &entry.each {
            Some(member) => Some(self.term(&entry.term, member)?),
            None => None,
        };
        let continued = match &entry.continued {
            Some(member) => Some(self.term(&entry.term, member)?),
            None => None,
        };
        let mut needs = Vec::new();
        if let Some(need) = &entry.needs {
            for path in need.path.iter() {
                let place = self.place(&entry.term, path, position)?;
                needs.extend(place.map(|(place, _)| (place, need.default.clone())));
            }
        }
        let again = match &entry.again {
            Some(path) => self.place(&entry.term, path, base)?.map(|(place, _)| place),
            None => None,
        };
        let only = match &entry.only {
            Some(only) => Some((self.term(&entry.term, &only.term)?, only.values.clone())),
            None => None,
        };
        let RowEntry { inhabited, distinct, beside, either, lenient, elsewhere, common, .. } = *entry;
        let (absent, implied) = (entry.absent.clone(), entry.implied.clone());
        let required = entry.required.then(|| Group::new(Some(term)));
        let row = Row {
            term,
            places,
            lens,
            parts,
            default,
            absent,
            implied,
            common,
            again,
            needs,
            each,
            continued,
            inhabited,
            distinct,
            beside,
            required,
            either,
            lenient,
            elsewhere,
            only,
            code_and_text,
            is_closed: false,
            is_free: false,
            is_apart: false,
            members: Vec::new(),
            is_referred: false,
            referred_members: Vec::new(),
        };
        Ok(Some((row, position)))
    }

    pub(super) fn part(
        &mut self,
        row: &str,
        part: Part,
        term: Option<TermId>,
        entry: &PartEntry,
        group: Position,
    ) -> Result<PartRow, TableError> {
        let mut places = Vec::new();
        for path in entry.path.iter().filter(|path| !path.is_empty()) {
            // From a value anything may be near.
            let from = if path.starts_with("$group") { group } else { Position::Somewhere };
            places.extend(self.place(row, path, from)?.map(|(place, _)| place));
        }
        let mut value = |text: &Option<String>| {
            let Some(text) = text else { return Ok(None) };
            let Some(id) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
                return Ok(Some(Value::Text(text.clone())));
            };
            let term = self.term(row, id)?;
            self.referred.push(term);
            Ok(Some(Value::Term(term)))
        };
        let (default, implied) = (value(&entry.default)?, value(&entry.implied)?);
        let lens = match &entry.codes {
            Some(name) => self.codes(row, name)?,
            None => Lens::Plain,
        };
        Ok(PartRow { part, term, places, default, implied, absent: entry.absent.clone(), lens })
    }

    fn codes(&self, row: &str, name: &str) -> Result<Lens, TableError> {
        let unknown = || TableError::Unknown { term: row.to_owned(), name: name.to_owned() };
        Ok(Lens::Codes(self.file.codes.get(name).ok_or_else(unknown)?.clone()))
    }

    pub(super) fn term(&self, row: &str, id: &str) -> Result<TermId, TableError> {
        self.kind.find(id).ok_or_else(|| TableError::Unknown { term: row.to_owned(), name: id.to_owned() })
    }

    /// The place of a path, and where it leads, from the place of the group; none where it leads to nothing.
    pub(super) fn place(
        &mut self,
        row: &str,
        path: &str,
        base: Position,
    ) -> Result<Option<(Place, Position)>, TableError> {
        Ok(self.places(row, path, base, Kind::Text)?.pop())
    }

    /// The places of a path for a value of `kind`: a day has one for each format.
    fn places(
        &mut self,
        row: &str,
        text: &str,
        base: Position,
        kind: Kind,
    ) -> Result<Vec<(Place, Position)>, TableError> {
        let parse = |text: &str| Path::xml(text).map_err(|error| TableError::Path { term: row.to_owned(), error });
        let mut path = parse(text)?;
        let from_group = path.start == Start::Named("group".to_owned());
        while let (Start::Named(name), false) = (&path.start, from_group) {
            let unknown = || TableError::Unknown { term: row.to_owned(), name: name.clone() };
            let named = parse(self.file.paths.get(name).ok_or_else(unknown)?)?;
            path = Path { start: named.start, steps: named.steps.into_iter().chain(path.steps).collect() };
        }
        let base = if path.start == Start::Root { self.guide.root() } else { base };
        let mut places = Vec::new();
        for (path, format) in self.formatted(path, kind) {
            let Some((steps, position)) = self.guide.follow(path.steps, base) else { continue };
            let mut path = Path { start: path.start, steps };
            if self.file.edifact.is_some() {
                path = path.through_segments();
            }
            let place = Place::new(path.start == Start::Root, from_group, self.steps(row, path.steps)?);
            let format = format.or_else(|| match position {
                Position::Json(definition) if kind == Kind::Date => DateFormat::of(definition.datatype()),
                _ => None,
            });
            places.push((Place { format, ..place }, position));
        }
        if places.is_empty() {
            self.unplaced.push((row.to_owned(), text.to_owned()));
        }
        Ok(places)
    }

    /// A path once for each format of a day, told by the format, where the syntax has one beside the day and the path does
    /// not tell it.
    fn formatted(&self, path: Path, kind: Kind) -> Vec<(Path, Option<DateFormat>)> {
        let format = self.file.date_format.as_deref().filter(|_| kind == Kind::Date);
        let beside = format.map(|format| format.strip_prefix("../").map_or((0, format), |name| (1, name)));
        let told = beside.and_then(|(up, name)| path.steps.len().checked_sub(1 + up).map(|at| (at, name)));
        let tells = |condition: &Condition, name: &str| matches!(condition, Condition::Equals(told, _) if *told == [Step::plain(name)]);
        let told = told.filter(|(at, name)| !path.steps[*at].predicates.iter().any(|one| tells(one, name)));
        let Some((at, name)) = told else { return vec![(path, None)] };
        let with = |(format, code): (DateFormat, &str)| {
            let mut path = path.clone();
            let code = Operand::Text(code.to_owned());
            path.steps[at].predicates.push(Condition::Equals(vec![Step::plain(name)], vec![code]));
            (path, Some(format))
        };
        DateFormat::CODED.into_iter().map(with).collect()
    }

    fn steps(&mut self, row: &str, steps: Vec<Step>) -> Result<Vec<PlaceStep>, TableError> {
        let mut steps: Vec<_> = steps.into_iter().map(|step| self.step(row, step)).collect::<Result<_, _>>()?;
        place::tell_apart(&mut steps);
        Ok(steps)
    }

    fn step(&mut self, row: &str, step: Step) -> Result<PlaceStep, TableError> {
        let name = self.file.rename.get(&step.name).unwrap_or(&step.name);
        let name = self.names.add(name);
        let conditions = step.predicates.into_iter();
        let predicates = conditions.map(|condition| self.predicate(row, condition)).collect::<Result<_, _>>()?;
        Ok(PlaceStep { name, occurrences: step.occurrences, predicates, checks: Vec::new(), fresh: step.fresh })
    }

    fn predicate(&mut self, row: &str, condition: Condition) -> Result<Predicate, TableError> {
        Ok(match condition {
            Condition::Exists(path) => Predicate::Exists(self.steps(row, path)?),
            Condition::Not(condition) => Predicate::Not(Box::new(self.predicate(row, *condition)?)),
            Condition::Equals(path, operands) => {
                let mut referred = Vec::new();
                let value = |operand| match operand {
                    Operand::Text(text) => Ok(Value::Text(text)),
                    Operand::Term(id) => self.term(row, &id).map(|term| {
                        referred.push(term);
                        Value::Term(term)
                    }),
                };
                let values = operands.into_iter().map(value).collect::<Result<_, _>>()?;
                self.referred.append(&mut referred);
                Predicate::Equals(Equals::new(self.steps(row, path)?, values))
            }
        })
    }
}

/// Whether a predicate of a path says already what stands at `part`, so that it qualifies no value.
fn says(paths: &OneOrMore, part: &str) -> bool {
    paths.iter().any(|path| path.contains(&format!("{part}=")))
}
