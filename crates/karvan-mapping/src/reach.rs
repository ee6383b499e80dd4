//! What the places of a table have to do with one another: which groups stand apart, which values are free of the others,
//! which members of a group can be written without the others.

use std::collections::HashSet;

use karvan_model::{Kind, TermId};

use crate::lens::Lens;
use crate::place::{Equals, Place, Predicate, Value};
use crate::table::{Member, ReadSection, Row, Syntax, Table, WriteSection};
use crate::tree::{Name, NameSet, split};

impl Table {
    /// Finds what has nothing to do with the rest, now that all rows are there.
    pub(crate) fn find_independent(&mut self) {
        for row in self.free() {
            self.rows[row].is_free = true;
        }
        let mut apart = Vec::new();
        self.apart(&self.top, &[], &mut apart);
        for (row, base) in apart {
            self.rows[row].read_sections = self.read_sections(row, &base);
        }
        if let Syntax::Xml(_) = self.syntax() {
            let mut count = 0;
            for row in self.closed() {
                let sections = self.write_sections(row, count).unwrap_or_default();
                count += sections.len();
                self.rows[row].write_sections = sections;
            }
        }
    }

    /// The groups at the top that repeat, that have one place, and whose place no other row leads to.
    fn closed(&self) -> Vec<usize> {
        let mut led_to: Vec<(usize, Vec<&str>)> = Vec::new();
        for member in &self.top {
            let mut places = Vec::new();
            self.collect(&[*member], &[], &mut places);
            led_to.extend(places.into_iter().map(|(_, path)| (member.row, path)));
        }
        led_to.extend(self.fixed.iter().map(|place| (usize::MAX, self.extended(&[], place, &mut |_| {}))));
        let is_closed = |index: &usize| {
            let row = &self.rows[*index];
            let [place] = &*row.places else { return false };
            let path = self.extended(&[], place, &mut |_| {});
            let outer = Place::new(false, false, place.steps[..place.steps.len().saturating_sub(1)].to_vec());
            let mut looked_into = false;
            self.extended(&[], &outer, &mut |told_by| looked_into |= told_by.starts_with(&path));
            let is_plain = !place.is_told && row.each.is_none() && row.needs.is_empty() && row.code_and_text.is_none();
            is_plain
                && self.kind().term(row.term).repeats()
                && !looked_into
                && !path.is_empty()
                && !row.members.iter().any(|member| is_told_from_root(&self.rows[member.row], &self.rows))
                && led_to.iter().all(|(of, other)| of == index || !other.starts_with(&path))
        };
        self.top.iter().map(|member| member.row).filter(is_closed).collect()
    }

    /// The members of the closed group in this row in parts, each for other elements in that of the group; none where a
    /// member stands in no element of its own. The first part gets the number `first`.
    fn write_sections(&self, index: usize, first: usize) -> Option<Vec<WriteSection>> {
        let row = &self.rows[index];
        let base = self.extended(&[], &row.places[0], &mut |_| {});
        let parts = row.members.iter().map(|member| {
            let part = self.part_of(row.term, &base, member, member)?;
            // What is implied hangs on whether the group was written at all.
            let is_plain =
                self.rows[member.row].implied.is_none() && !part.names.iter().any(|name| name.starts_with('@'));
            is_plain.then_some(part)
        });
        let sections = divided(parts.collect::<Option<_>>()?);
        let numbered = (first..).zip(sections).map(|(number, section)| {
            let members = section.members.into_iter().copied().collect();
            WriteSection { number, members }
        });
        Some(numbered.collect())
    }

    /// The members of the group in this row, which stands apart at `base`, in parts that are read from other nodes each. A
    /// group that stands where its own does is in each of them with the members that are read there.
    fn read_sections(&mut self, index: usize, base: &[String]) -> Vec<ReadSection> {
        let base: Vec<&str> = base.iter().map(String::as_str).collect();
        let (term, mut nested) = (self.rows[index].term, Vec::new());
        self.nested(&self.rows[index].members, &[], &mut nested);
        let parts = nested.into_iter().map(|nested| self.part_of(term, &base, &nested.1.clone(), nested));
        let Some(parts) = parts.collect::<Option<Vec<_>>>() else { return Vec::new() };
        let named = |part: Part<'_, Nested>| {
            let names = part.names.iter().map(|name| {
                let (prefix, local) = split(name);
                self.names.find(prefix, local)
            });
            (names.collect(), part.members)
        };
        let sections: Vec<(Vec<Name>, Vec<Nested>)> = divided(parts).into_iter().map(named).collect();
        let sections = sections.into_iter().map(|(names, members)| {
            let mut name_set = NameSet::default();
            names.iter().for_each(|name| name_set.add(*name));
            ReadSection { names, name_set, members: self.joined(members) }
        });
        sections.collect()
    }

    /// The members of a group, those of groups that stand where it does in their place, each with the rows of these groups.
    fn nested(&self, members: &[Member], around: &[usize], nested: &mut Vec<Nested>) {
        for member in members {
            let row = &self.rows[member.row];
            let stands_here = matches!(&*row.places, [place] if place.steps.is_empty() && !place.from_root);
            let is_split = stands_here
                && !row.members.is_empty()
                && !self.kind().term(row.term).repeats()
                && row.code_and_text.is_none()
                && row.only.is_none()
                && row.implied.is_none();
            if is_split {
                self.nested(&row.members, &[around, &[member.row]].concat(), nested);
            } else {
                nested.push((around.to_vec(), *member));
            }
        }
    }

    /// The members with rows for the groups that they stand in, which have no others.
    fn joined(&mut self, mut members: Vec<Nested>) -> Vec<Member> {
        members.sort_by_key(|(_, member)| member.row);
        let mut joined = Vec::new();
        let mut members = members.into_iter().peekable();
        while let Some((mut around, member)) = members.next() {
            if around.is_empty() {
                joined.push(member);
                continue;
            }
            let group = around.remove(0);
            let mut inner = vec![(around, member)];
            while let Some((mut around, member)) = members.next_if(|(around, _)| around.first() == Some(&group)) {
                around.remove(0);
                inner.push((around, member));
            }
            let row = Row { members: self.joined(inner), ..self.rows[group].clone() };
            let member = Member::new(self.rows.len(), row.term);
            self.rows.push(row);
            joined.push(member.told(&self.rows, &self.referred));
        }
        joined
    }

    /// What a member of the group of `term` at `base` has to do with; none where that is the node of the group itself.
    fn part_of<'t, M>(&'t self, term: TermId, base: &[&'t str], member: &Member, what: M) -> Option<Part<'t, M>> {
        let (mut paths, mut asked) = (Vec::new(), HashSet::new());
        self.collect(&[*member], base, &mut paths);
        let again =
            self.rows[member.row].again.iter().map(|again| (member.term, self.extended(base, again, &mut |_| {})));
        paths.extend(again);
        // A group that stands where this one does is nowhere but in its members.
        paths.retain(|(term, path)| **path != *base || self.kind().term(*term).kind() != Kind::Group);
        let names = paths.iter().map(|(_, path)| path.strip_prefix(base)?.first().copied()).collect::<Option<_>>()?;
        self.asked_for(member, &mut asked);
        let mut terms: HashSet<_> = asked.into_iter().filter_map(|asked| self.member_with(term, asked)).collect();
        terms.insert(member.term);
        Some(Part { names, terms, members: vec![what] })
    }

    /// The member of a group that is `term` or has it in it.
    fn member_with(&self, group: TermId, term: TermId) -> Option<TermId> {
        let within = |term: &TermId| self.kind().term(*term).within();
        std::iter::successors(Some(term), within).find(|term| within(term) == Some(group))
    }

    /// The terms whose values a member, or what stands in it, is written by.
    fn asked_for(&self, member: &Member, terms: &mut HashSet<TermId>) {
        let row = &self.rows[member.row];
        terms.extend(row.only.iter().map(|(term, _)| *term));
        if let Some((formula, with)) = &row.default {
            let ids = formula.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
            terms.extend(ids.filter_map(|(id, _)| self.kind().find(id)));
            terms.extend(with);
        }
        for part in &row.parts {
            let values = part.default.iter().chain(&part.implied);
            terms.extend(values.filter_map(Value::term));
        }
        let parts = row.parts.iter().flat_map(|part| &part.places);
        for step in row.places.iter().chain(parts).flat_map(|place| &place.steps) {
            step.predicates.iter().for_each(|predicate| predicate.terms(terms));
        }
        row.members.iter().for_each(|member| self.asked_for(member, terms));
    }

    /// The rows of values on which nothing hangs but their own text.
    fn free(&self) -> Vec<usize> {
        let (mut places, mut told_by) = (Vec::new(), HashSet::new());
        self.led_to(&self.top, &[], &mut places, &mut told_by);
        let others: HashSet<_> = self.rows.iter().filter_map(|row| row.only.as_ref()).map(|(term, _)| *term).collect();
        let is_told_by = |row: usize| places.iter().any(|(of, path)| *of == row && told_by.contains(path));
        let is_free = |index: &usize| {
            let row = &self.rows[*index];
            self.kind().term(row.term).kind() != Kind::Group
                && !matches!(row.lens, Lens::Codes(_) | Lens::Addressed)
                && row.absent.is_none()
                && row.implied.is_none()
                && !row.is_referred
                && !others.contains(&row.term)
                && !is_told_by(*index)
        };
        (0..self.rows.len()).filter(is_free).collect()
    }

    /// The groups among `rows` and their members that are read from what stands below their nodes, and where they stand.
    fn apart(&self, rows: &[Member], base: &[&str], apart: &mut Vec<(usize, Vec<String>)>) {
        for member in rows {
            let row = &self.rows[member.row];
            let [place] = &*row.places else { continue };
            let (path, mut places) = (self.extended(base, place, &mut |_| {}), Vec::new());
            self.collect(&row.members, &path, &mut places);
            let is_within = places.iter().all(|(_, place)| place.starts_with(&path));
            let is_plain = self.kind().term(row.term).repeats()
                && !row.distinct
                && !row.beside
                && row.code_and_text.is_none()
                && !place.steps.is_empty();
            if !row.members.is_empty() && is_plain && is_within && row.members.iter().all(|member| self.is_deaf(member))
            {
                apart.push((member.row, path.iter().map(|name| (*name).to_owned()).collect()));
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

    pub(crate) fn collect<'t>(&'t self, rows: &[Member], base: &[&'t str], places: &mut Vec<(TermId, Vec<&'t str>)>) {
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

/// A member of a group, or of groups that stand where it does: the rows of these, the outermost first, and the member.
type Nested = (Vec<usize>, Member);

/// Members of a group, the names of the nodes in that of the group that they stand in, and the terms they hang on.
struct Part<'t, M> {
    names: HashSet<&'t str>,
    terms: HashSet<TermId>,
    members: Vec<M>,
}

/// The parts put together that have a name or a term in common, in the order of the first of each.
fn divided<M>(parts: Vec<Part<'_, M>>) -> Vec<Part<'_, M>> {
    let mut divided: Vec<Part<'_, M>> = Vec::new();
    for mut part in parts {
        let has_to_do =
            |other: &Part<'_, M>| !(other.names.is_disjoint(&part.names) && other.terms.is_disjoint(&part.terms));
        let (near, mut others): (Vec<_>, Vec<_>) = divided.into_iter().partition(has_to_do);
        let mut members = Vec::new();
        for other in near {
            part.names.extend(other.names);
            part.terms.extend(other.terms);
            members.extend(other.members);
        }
        members.append(&mut part.members);
        others.push(Part { members, ..part });
        divided = others;
    }
    divided
}

/// Whether a place of a row, or of a member of it, begins at the root.
pub(crate) fn is_told_from_root(row: &Row, rows: &[Row]) -> bool {
    let of_parts = row.parts.iter().flat_map(|part| &part.places);
    row.places.iter().chain(of_parts).any(|place| place.from_root)
        || row.members.iter().any(|member| is_told_from_root(&rows[member.row], rows))
}
