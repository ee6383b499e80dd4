//! Checking a profile against the directory, and compiling it.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use karvan_edifact::Repertoire;
use karvan_text::{Code, Diagnostic, Message};
use toml::Spanned;

use super::file::{File, Read, Rule, Times};
use super::guide::{Asks, Condition, ContentRule, Guide, Limit, Node};
use super::mistakes::Mistakes;
use super::path::{self, Kind, Path, Step};
use super::{Profile, variants};
use crate::directory::{
    Composite, Constituent, Directories, Directory, Element, Format, Message as MessageTable, MessageRow, PartRow,
    Repertoire as Letters, Segment,
};
use crate::message::codes;
use crate::message::rules::AllowedCodes;

/// Reads a profile.
pub(super) fn read(name: &str, text: &str, directories: &Directories) -> Result<Profile, Vec<Diagnostic>> {
    let mut mistakes = Mistakes::new(text);
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let sentence = Message::new("profile-malformed").with("detail", error.message());
            mistakes.add(Code::error(30), sentence, error.span().unwrap_or_default());
            return Err(mistakes.into_found());
        }
    };
    for identifier in &file.repertoires {
        if Repertoire::from_identifier(identifier.get_ref().as_bytes()).is_none() {
            let sentence = Message::new("profile-repertoire-unknown").with("identifier", identifier.get_ref());
            mistakes.add(Code::error(31), sentence, identifier.span()).expected =
                Some(Repertoire::identifiers().collect::<Vec<_>>().join(", "));
        }
    }
    let code_lists = file.code_lists.as_ref().and_then(|name| release(name, directories, &mut mistakes));
    let mut guides = Vec::new();
    for name in &file.releases {
        let Some(directory) = release(name, directories, &mut mistakes) else { continue };
        let Some(message) = directory.message(file.message.get_ref()) else {
            let sentence = Message::new("profile-message-unknown")
                .with("message", file.message.get_ref())
                .with("release", directory.name());
            mistakes.add(Code::error(31), sentence, file.message.span());
            continue;
        };
        guides.push(Arc::new(compile(&file, message, code_lists, &mut mistakes)));
    }
    if file.releases.is_empty() {
        mistakes.add(Code::error(31), Message::new("profile-without-release"), file.message.span());
    }
    let stated = |rule: &Spanned<Rule>| rule.get_ref().stated(mistakes.line(rule.span().start));
    let of_message = file.uses.as_ref().map(|uses| super::Rule {
        line: mistakes.line(uses.span().start),
        path: String::new(),
        asks: vec![asked("uses", &listed(uses.get_ref()))],
        id: None,
        note: None,
    });
    let rules = file.rules.iter().map(stated).chain(of_message).collect();
    let found = mistakes.into_found();
    if !found.is_empty() {
        return Err(found);
    }
    Ok(Profile {
        name: name.to_owned(),
        title: file.title,
        message: file.message.into_inner(),
        association: file.association,
        code_lists: code_lists.map(|directory| directory.name().to_owned()),
        repertoires: file.repertoires.into_iter().map(Spanned::into_inner).collect(),
        guides,
        rules,
    })
}

impl Rule {
    /// The rule as it is told; it stands in this line.
    fn stated(&self, line: u64) -> super::Rule {
        let asks = [
            self.times.as_ref().map(|times| asked("times", times.get_ref())),
            self.uses.as_ref().map(|uses| asked("uses", &listed(uses))),
            self.codes.as_ref().map(|codes| asked("codes", &listed(codes))),
            self.format.as_ref().map(|format| asked("format", &format.get_ref().0)),
        ];
        let path = self.path.get_ref().0.text.clone();
        super::Rule {
            line,
            path,
            asks: asks.into_iter().flatten().collect(),
            id: self.id.clone(),
            note: self.note.clone(),
        }
    }
}

fn asked(key: &str, value: &dyn fmt::Display) -> String {
    format!("{key} = {value}")
}

fn listed(texts: &[Spanned<String>]) -> String {
    texts.iter().map(|text| text.get_ref().as_str()).collect::<Vec<_>>().join(", ")
}

fn release<'d>(
    name: &Spanned<String>,
    directories: &'d Directories,
    mistakes: &mut Mistakes<'_>,
) -> Option<Directory<'d>> {
    let release = directories.release(name.get_ref());
    if release.is_none() {
        let known = directories.releases();
        let sentence = Message::new("profile-release-unknown").with("release", name.get_ref());
        mistakes.add(Code::error(31), sentence, name.span()).expected =
            known.first().zip(known.last()).map(|(first, last)| format!("{first}–{last}"));
    }
    release
}

/// What the file says of a message of one release; `codes` is the release whose code lists hold, where it is another.
fn compile(file: &File, message: MessageTable<'_>, codes: Option<Directory<'_>>, mistakes: &mut Mistakes<'_>) -> Guide {
    let guide = Guide {
        release: message.directory().name().to_owned(),
        nodes: vec![Node::default()],
        variants: Vec::new(),
        symbols: Default::default(),
    };
    let mut compiler = Compiler { message, codes, guide, mistakes };
    if let Some(uses) = &file.uses {
        compiler.uses_of_rows(0, None, "", uses.get_ref(), file.rules.len());
    }
    let mut targets = Vec::new();
    for (index, rule) in file.rules.iter().enumerate() {
        if let Some(target) = compiler.rule(index, rule) {
            targets.push((index, target, rule.get_ref().path.span()));
        }
    }
    for (index, node, octets) in targets {
        compiler.check_used(index, node, octets);
    }
    let Compiler { mut guide, .. } = compiler;
    variants::find(message, &mut guide);
    guide
}

/// A place that a path leads to.
enum Target<'d> {
    /// A group or segment.
    Place(usize),
    /// A segment, where `usize` may be the group that it begins.
    Segment(usize, Segment<'d>),
    /// A composite data element of a segment.
    Composite(usize, Vec<PartRow<'d>>, Vec<usize>, Composite<'d>),
    /// A simple data element, or a component, with all places that it has.
    Element { node: usize, rows: Vec<PartRow<'d>>, elements: Vec<usize>, components: Vec<usize>, element: Element<'d> },
}

impl Target<'_> {
    const fn node(&self) -> usize {
        match self {
            Self::Place(node) | Self::Segment(node, _) | Self::Composite(node, ..) | Self::Element { node, .. } => {
                *node
            }
        }
    }
}

struct Compiler<'d, 'm, 't> {
    message: MessageTable<'d>,
    codes: Option<Directory<'d>>,
    guide: Guide,
    mistakes: &'m mut Mistakes<'t>,
}

impl<'d> Compiler<'d, '_, '_> {
    /// Compiles a rule, and gives the place that it is about.
    fn rule(&mut self, index: usize, rule: &Spanned<Rule>) -> Option<usize> {
        let octets = rule.span();
        let rule = rule.get_ref();
        let path = &rule.path.get_ref().0;
        let target = self.resolve(path, rule.path.span())?;
        if rule.times.is_none() && rule.uses.is_none() && rule.codes.is_none() && rule.format.is_none() {
            let sentence = Message::new("profile-rule-empty").with("path", path);
            self.mistakes.add(Code::error(36), sentence, octets).expected =
                Some("times, uses, codes, format".to_owned());
        }
        if let Some(times) = &rule.times {
            self.times(index, path, &target, times);
        }
        if let Some(uses) = &rule.uses {
            self.uses(index, path, &target, uses, rule.path.span());
        }
        if let Some(codes) = &rule.codes {
            self.listed(index, path, &target, codes, rule.path.span());
        }
        if let Some(format) = &rule.format {
            self.form(index, path, &target, format, rule.path.span());
        }
        Some(target.node())
    }

    /// Follows a path through the message table and the segment.
    fn resolve(&mut self, path: &Path, octets: Range<usize>) -> Option<Target<'d>> {
        // The place come to, the group whose rows may come next, and the segment come to.
        let mut node = 0;
        let mut container = Some(None);
        let mut segment: Option<Segment<'d>> = None;
        let mut steps = path.steps.iter().peekable();
        while let Some(step) = steps.next() {
            match (step.kind()?, container, segment) {
                (Kind::Group(number), Some(group), _) => {
                    let row = self.rows_in(group).find(|row| row.group() == Some(number));
                    let Some(row) = row else { return self.absent(step, path, octets, self.places_in(group)) };
                    if !step.conditions.is_empty() {
                        let sentence = Message::new("profile-condition-of-segment").with("path", path);
                        self.mistakes.add(Code::error(32), sentence, octets);
                        return None;
                    }
                    node = self.child(node, vec![row.index()], Vec::new());
                    (container, segment) = (Some(Some(row.index())), None);
                }
                (Kind::Segment, Some(group), begun) => {
                    // Behind the segment that begins the group, another one of its tag is meant.
                    let passed = group.map(|group| group + 1).filter(|_| begun.is_some());
                    let rows = self.rows_in(group).filter(|row| Some(row.index()) != passed);
                    let rows: Vec<_> = rows.filter(|row| row.tag() == Some(&step.name)).collect();
                    let Some(first) = rows.first() else {
                        return self.absent(step, path, octets, self.places_in(group));
                    };
                    if is_header_or_trailer(&step.name) {
                        self.mistakes.add(
                            Code::error(33),
                            Message::new("profile-envelope").with("name", &step.name),
                            octets,
                        );
                        return None;
                    }
                    let found = first.segment();
                    let conditions = self.conditions(found, step, octets.clone())?;
                    let begins = begun.is_none() && group.is_some_and(|group| group + 1 == first.index());
                    if let (true, Some(group)) = (begins, group) {
                        if !conditions.is_empty() {
                            let around = self.guide.nodes[node].parent.unwrap_or_default();
                            node = self.child(around, vec![group], conditions);
                        }
                    } else {
                        node = self.child(node, rows.iter().map(|row| row.index()).collect(), conditions);
                        container = None;
                    }
                    segment = found;
                }
                (Kind::Element, _, Some(segment)) => {
                    return self.data_element(node, segment, step, steps, path, octets);
                }
                _ => {
                    let sentence = Message::new("profile-path-broken").with("name", &step.name).with("path", path);
                    self.mistakes.add(Code::error(32), sentence, octets);
                    return None;
                }
            }
        }
        Some(match segment {
            Some(segment) => Target::Segment(node, segment),
            None => Target::Place(node),
        })
    }

    /// Follows the end of a path, within a segment.
    fn data_element<'s>(
        &mut self,
        node: usize,
        segment: Segment<'d>,
        step: &Step,
        mut steps: impl Iterator<Item = &'s Step>,
        path: &Path,
        octets: Range<usize>,
    ) -> Option<Target<'d>> {
        let rows: Vec<_> = segment.rows().enumerate().filter(|(_, row)| row.tag() == step.name).collect();
        let (elements, rows): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let Some(constituent) = rows.first().map(|row| row.constituent()) else {
            return self.absent(step, path, octets, segment.rows().map(PartRow::tag).map(str::to_owned).collect());
        };
        let inner = steps.next();
        let last = inner.unwrap_or(step);
        if !step.conditions.is_empty() || !last.conditions.is_empty() {
            self.mistakes.add(Code::error(32), Message::new("profile-condition-of-segment").with("path", path), octets);
            return None;
        }
        let target = match (constituent?, inner) {
            (Constituent::Composite(composite), None) => Target::Composite(node, rows, elements, composite),
            (Constituent::Element(element), None) => {
                Target::Element { node, rows, elements, components: Vec::new(), element }
            }
            (Constituent::Composite(composite), Some(inner)) => {
                let rows: Vec<_> = composite.rows().enumerate().filter(|(_, row)| row.tag() == inner.name).collect();
                let (components, rows): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
                match rows.first().and_then(|row| row.constituent()) {
                    Some(Constituent::Element(element)) => {
                        Target::Element { node, rows, elements, components, element }
                    }
                    _ => {
                        let known = composite.rows().map(PartRow::tag).map(str::to_owned).collect();
                        return self.absent(inner, path, octets, known);
                    }
                }
            }
            (Constituent::Element(_), Some(inner)) => return self.absent(inner, path, octets, Vec::new()),
        };
        if let Some(further) = steps.next() {
            return self.absent(further, path, octets, Vec::new());
        }
        Some(target)
    }

    /// Tells a step that leads nowhere.
    fn absent<T>(&mut self, step: &Step, path: &Path, octets: Range<usize>, known: Vec<String>) -> Option<T> {
        let sentence = Message::new("profile-absent")
            .with("name", &step.name)
            .with("path", path)
            .with("message", self.message.tag())
            .with("release", self.message.directory().name());
        let mistake = self.mistakes.add(Code::error(33), sentence, octets);
        mistake.expected = (!known.is_empty()).then(|| known.join(", "));
        mistake.found = Some(step.name.clone());
        None
    }

    fn rows_in(&self, group: Option<usize>) -> impl Iterator<Item = MessageRow<'d>> + use<'d> {
        self.message.rows().filter(move |row| row.parent().map(MessageRow::index) == group)
    }

    fn places_in(&self, group: Option<usize>) -> Vec<String> {
        self.rows_in(group).map(name_of).filter(|name| !is_header_or_trailer(name)).collect()
    }

    /// What must be true of a segment, in its places.
    fn conditions(
        &mut self,
        segment: Option<Segment<'d>>,
        step: &Step,
        octets: Range<usize>,
    ) -> Option<Vec<Condition>> {
        let mut conditions = Vec::new();
        for condition in &step.conditions {
            let found = segment.and_then(|segment| find(segment, condition));
            let Some((place, element)) = found else {
                let sentence = Message::new("profile-condition-absent")
                    .with("name", &condition.element)
                    .with("segment", &step.name)
                    .with("release", self.message.directory().name());
                self.mistakes.add(Code::error(33), sentence, octets);
                return None;
            };
            for value in &condition.values {
                self.known_code(element, value, octets.clone());
            }
            let values = condition.values.iter().map(|value| value.clone().into_bytes()).collect();
            conditions.push(Condition { place, values });
        }
        Some(conditions)
    }

    /// The place in `parent` at these rows under these conditions.
    fn child(&mut self, parent: usize, rows: Vec<usize>, conditions: Vec<Condition>) -> usize {
        let nodes = &mut self.guide.nodes;
        let same = |&&child: &&usize| nodes[child].rows == rows && nodes[child].conditions == conditions;
        if let Some(&child) = nodes[parent].children.iter().find(same) {
            return child;
        }
        let child = nodes.len();
        nodes.push(Node { parent: Some(parent), rows, conditions, ..Node::default() });
        nodes[parent].children.push(child);
        child
    }

    fn times(&mut self, rule: usize, path: &Path, target: &Target<'_>, times: &Spanned<Times>) {
        let octets = times.span();
        let times = *times.get_ref();
        match target {
            Target::Place(node) | Target::Segment(node, _) => {
                let rows = self.guide.nodes[*node].rows.iter().filter_map(|&row| self.message.row(row));
                let (mandatory, most) = rows.fold((false, 0u32), |(mandatory, most), row| {
                    (mandatory || row.status().is_mandatory(), most.saturating_add(row.repetitions()))
                });
                let mandatory = mandatory && self.guide.nodes[*node].conditions.is_empty();
                self.narrows(path, times, mandatory, most, octets);
                self.limit(*node, rule, path.text.clone(), times, mandatory);
            }
            Target::Composite(node, rows, elements, _) => {
                let (mandatory, most) = of_parts(rows);
                self.narrows(path, times, mandatory, most, octets);
                self.ask(*node, rule, elements, &[], Asks::Times(times));
            }
            Target::Element { node, rows, elements, components, .. } => {
                let (mandatory, most) = of_parts(rows);
                self.narrows(path, times, mandatory, most, octets);
                self.ask(*node, rule, elements, components, Asks::Times(times));
            }
        }
    }

    /// Tells times that the directory does not allow.
    fn narrows(&mut self, path: &Path, times: Times, mandatory: bool, most: u32, octets: Range<usize>) {
        let directory = Times { minimum: u32::from(mandatory), maximum: Some(most) };
        let sentence = |id| Message::new(id).with("path", path).with("times", times).with("directory", directory);
        let mistake = if mandatory && times.minimum == 0 {
            self.mistakes.add(Code::error(35), sentence("profile-times-mandatory"), octets)
        } else if times.minimum.max(times.maximum.unwrap_or(0)) > most {
            self.mistakes.add(Code::error(35), sentence("profile-times-widen"), octets)
        } else {
            return;
        };
        mistake.expected = Some(directory.to_string());
        mistake.found = Some(times.to_string());
    }

    fn limit(&mut self, node: usize, rule: usize, path: String, times: Times, mandatory: bool) {
        let is_group = self.guide.nodes[node]
            .rows
            .iter()
            .any(|&row| self.message.row(row).is_some_and(|row| row.group().is_some()));
        // That a mandatory one is missing, the directory tells.
        let minimum = if mandatory && times.minimum == 1 { 0 } else { times.minimum };
        self.guide.nodes[node].limits.push(Limit { rule, path, is_group, times, minimum });
    }

    fn ask(&mut self, node: usize, rule: usize, elements: &[usize], components: &[usize], asks: Asks) {
        let content = ContentRule { rule, elements: elements.to_vec(), components: components.to_vec(), asks };
        self.guide.nodes[node].content.push(content);
    }

    fn uses(&mut self, rule: usize, path: &Path, target: &Target<'d>, uses: &[Spanned<String>], octets: Range<usize>) {
        match target {
            Target::Place(node) => {
                let group = self.guide.nodes[*node].rows.first().copied();
                self.uses_of_rows(*node, group, &format!("{path}/"), uses, rule);
            }
            Target::Segment(node, segment) => {
                let rows: Vec<_> = segment.rows().enumerate().collect();
                for part in self.unused_parts(&rows, uses) {
                    let elements: Vec<_> =
                        rows.iter().filter(|(_, row)| row.tag() == part).map(|(at, _)| *at).collect();
                    self.ask(*node, rule, &elements, &[], Asks::Times(Times::NONE));
                }
            }
            Target::Composite(node, _, elements, composite) => {
                let rows: Vec<_> = composite.rows().enumerate().collect();
                for part in self.unused_parts(&rows, uses) {
                    let components: Vec<_> =
                        rows.iter().filter(|(_, row)| row.tag() == part).map(|(at, _)| *at).collect();
                    self.ask(*node, rule, elements, &components, Asks::Times(Times::NONE));
                }
            }
            Target::Element { .. } => {
                self.mistakes.add(Code::error(36), Message::new("profile-without-parts").with("path", path), octets);
            }
        }
    }

    /// The tags of the parts that are neither mandatory nor among those used.
    fn unused_parts(&mut self, rows: &[(usize, PartRow<'d>)], uses: &[Spanned<String>]) -> BTreeSet<&'d str> {
        let known: Vec<_> = rows.iter().map(|(_, row)| row.tag().to_owned()).collect();
        self.check_uses(uses, &known);
        let mandatory: Vec<_> =
            rows.iter().filter(|(_, row)| row.status().is_mandatory()).map(|(_, row)| row.tag()).collect();
        let used = |tag: &str| mandatory.contains(&tag) || uses.iter().any(|part| part.get_ref() == tag);
        rows.iter().map(|(_, row)| row.tag()).filter(|tag| !used(tag)).collect()
    }

    /// Makes unused what `uses` does not name of the segments and groups directly in a group, or in the message.
    fn uses_of_rows(&mut self, node: usize, group: Option<usize>, path: &str, uses: &[Spanned<String>], rule: usize) {
        let known = self.places_in(group);
        self.check_uses(uses, &known);
        let rows: Vec<_> = self.rows_in(group).collect();
        for row in &rows {
            let name = name_of(*row);
            let begins = group.is_some_and(|group| group + 1 == row.index());
            if begins || row.status().is_mandatory() || uses.iter().any(|part| *part.get_ref() == name) {
                continue;
            }
            let same = rows.iter().filter(|other| name_of(**other) == name).map(|row| row.index()).collect();
            let child = self.child(node, same, Vec::new());
            if self.guide.nodes[child].limits.iter().all(|limit| limit.rule != rule) {
                self.limit(child, rule, format!("{path}{name}"), Times::NONE, false);
            }
        }
    }

    fn check_uses(&mut self, uses: &[Spanned<String>], known: &[String]) {
        for part in uses.iter().filter(|part| !known.contains(part.get_ref())) {
            let sentence = Message::new("profile-absent")
                .with("name", part.get_ref())
                .with("path", "uses")
                .with("message", self.message.tag())
                .with("release", self.message.directory().name());
            let mistake = self.mistakes.add(Code::error(33), sentence, part.span());
            mistake.expected = Some(known.join(", "));
            mistake.found = Some(part.get_ref().clone());
        }
    }

    fn listed(
        &mut self,
        rule: usize,
        path: &Path,
        target: &Target<'d>,
        codes: &[Spanned<String>],
        octets: Range<usize>,
    ) {
        let Target::Element { node, elements, components, element, .. } = target else {
            self.mistakes.add(Code::error(36), Message::new("profile-without-value").with("path", path), octets);
            return;
        };
        for code in codes {
            self.known_code(*element, code.get_ref(), code.span());
        }
        let codes = codes.iter().map(|code| code.get_ref().clone().into_bytes()).collect();
        self.ask(*node, rule, elements, components, Asks::Codes(codes));
    }

    /// Tells a value that the code list lacks.
    fn known_code(&mut self, element: Element<'d>, value: &str, octets: Range<usize>) {
        let elsewhere = self.codes.and_then(|directory| directory.element(element.tag()));
        let element = elsewhere.filter(|element| element.is_coded()).unwrap_or(element);
        if !element.is_coded() || element.has_code(value.as_bytes()) {
            return;
        }
        let list = AllowedCodes::new(element);
        let sentence = Message::new("profile-code-unknown")
            .with("value", value)
            .with("name", element.tag())
            .with("release", element.directory().name());
        let mistake = self.mistakes.add(Code::error(34), sentence, octets);
        mistake.expected = list.list().offer(value);
        mistake.found = Some(value.to_owned());
        mistake.help = Some(codes::help(value, &list));
    }

    fn form(
        &mut self,
        rule: usize,
        path: &Path,
        target: &Target<'_>,
        format: &Spanned<Read<Format>>,
        octets: Range<usize>,
    ) {
        let stated = format.span();
        let format = format.get_ref().0;
        let Target::Element { node, elements, components, element, .. } = target else {
            self.mistakes.add(Code::error(36), Message::new("profile-without-value").with("path", path), octets);
            return;
        };
        let directory = element.format();
        let letters = format.repertoire == directory.repertoire || directory.repertoire == Letters::Alphanumeric;
        if !letters || format.maximum > directory.maximum || format.minimum < directory.minimum {
            let sentence = Message::new("profile-format-widens")
                .with("path", path)
                .with("format", format)
                .with("directory", directory);
            let mistake = self.mistakes.add(Code::error(35), sentence, stated);
            mistake.expected = Some(directory.to_string());
            mistake.found = Some(format.to_string());
        }
        let asks = Asks::Format { format, narrows: directory.repertoire };
        self.ask(*node, rule, elements, components, asks);
    }

    /// Tells a rule about what another rule says is not used.
    fn check_used(&mut self, rule: usize, node: usize, octets: Range<usize>) {
        let nodes = &self.guide.nodes;
        let unused = |row: &usize| {
            nodes.iter().enumerate().any(|(index, other)| {
                self.guide.is_unconditional(index)
                    && other.rows.contains(row)
                    && other.limits.iter().any(|limit| limit.rule != rule && limit.times == Times::NONE)
            })
        };
        let mut around = std::iter::successors(Some(node), |&node| nodes[node].parent);
        if around.any(|node| nodes[node].rows.iter().any(unused)) {
            self.mistakes.add(Code::error(36), Message::new("profile-rule-unused"), octets);
        }
    }
}

/// The first data element of a segment that a condition names: its place, and the places of data element and component.
fn find<'d>(segment: Segment<'d>, condition: &path::Condition) -> Option<((usize, usize), Element<'d>)> {
    segment.rows().enumerate().find_map(|(at, row)| match row.constituent()? {
        Constituent::Element(element) if condition.composite.is_none() && row.tag() == condition.element => {
            Some(((at, 0), element))
        }
        Constituent::Composite(composite)
            if condition.composite.as_ref().is_none_or(|named| composite.tag() == named) =>
        {
            composite.rows().enumerate().find_map(|(inner, row)| match row.constituent()? {
                Constituent::Element(element) if row.tag() == condition.element => Some(((at, inner), element)),
                _ => None,
            })
        }
        _ => None,
    })
}

/// Whether one of them is mandatory, and how often they may stand together.
fn of_parts(rows: &[PartRow<'_>]) -> (bool, u32) {
    let mandatory = rows.iter().any(|row| row.status().is_mandatory());
    (mandatory, rows.iter().map(|row| u32::from(row.repetitions()).max(1)).sum())
}

/// The name of a row in a path.
fn name_of(row: MessageRow<'_>) -> String {
    match row.group() {
        Some(number) => format!("SG{number}"),
        None => row.tag().unwrap_or_default().to_owned(),
    }
}

fn is_header_or_trailer(tag: &str) -> bool {
    matches!(tag, "UNH" | "UNT" | "UIH" | "UIT")
}
