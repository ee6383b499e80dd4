//! An entry of the directories, explained: what it is, where it is used, since when.

use std::collections::BTreeSet;

use karvan_schema::directory::{Constituent, Directories, Directory, MessageRowKind, translated};
use karvan_text::catalogue::isolate;
use karvan_text::explanation::Explanation;
use karvan_text::{Language, Message};
use serde::Serialize;

use crate::schema::{CodeView, ElementView, MessageRowView, PartRowView, View, title, view};

/// An entry of the directories: what one release says of it, and what all of them say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryTopic {
    /// What the release says.
    #[serde(flatten)]
    pub view: View,
    /// The runs of releases that have it, oldest first; of a code, those in which it has this name.
    pub releases: Vec<Spell>,
    /// The message types of the release that use a segment; the segments and composites that use a data element.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub used_in: Vec<&'static str>,
    /// What the official texts say that it is for; where a user imported them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<Definition>,
}

/// What the official texts say that something is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Definition {
    /// The release that says it.
    pub release: &'static str,
    /// What it says.
    pub text: &'static str,
}

/// A run of releases without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Spell {
    /// The first release.
    pub first: &'static str,
    /// The last release.
    pub last: &'static str,
}

/// How many names are listed in a line.
const LISTED: usize = 24;

/// The entry of this name in the release that it names, else in the newest that has it.
pub(super) fn find(directories: &'static Directories, name: &str) -> Option<EntryTopic> {
    let name = Name::read(name);
    let candidates: Vec<Directory<'static>> = match &name.release {
        Some(release) => directories.release(release).or_else(|| directories.service(release)).into_iter().collect(),
        None => all(directories).collect(),
    };
    let (directory, view) =
        candidates.into_iter().rev().find_map(|directory| Some((directory, name.in_directory(directory)?)))?;
    let holds = |directory: &Directory<'static>| name.in_directory(*directory).is_some_and(|other| same(&view, &other));
    let key = match &name.value {
        Some(value) => format!("{}={value}", name.tag),
        None => name.tag.clone(),
    };
    Some(EntryTopic {
        releases: spells(directories, holds),
        used_in: used_in(directory, &name.tag),
        definition: directories.definition(directory.name(), &key).map(|(release, text)| Definition { release, text }),
        view,
    })
}

/// The names that are most like `name`.
pub(super) fn near(directories: &'static Directories, name: &str) -> Vec<String> {
    let name = Name::read(name);
    let wanted = name.value.as_deref().unwrap_or(&name.tag);
    let mut known = BTreeSet::new();
    for directory in all(directories) {
        if name.value.is_some() {
            let codes = directory.element(&name.tag).into_iter().flat_map(|element| element.codes());
            known.extend(codes.map(|code| code.value().to_owned()));
        } else {
            known.extend(directory.messages().map(|message| message.tag().to_owned()));
            known.extend(directory.segments().map(|segment| segment.tag().to_owned()));
            known.extend(directory.composites().map(|composite| composite.tag().to_owned()));
            known.extend(directory.elements().map(|element| element.tag().to_owned()));
        }
    }
    if name.value.is_none() {
        known
            .extend(Explanation::all().iter().flat_map(|explanation| explanation.codes().map(|code| code.to_string())));
        known.extend(super::RuleTopic::ids().map(str::to_owned));
    }
    let full = |known: String| match name.value {
        Some(_) => format!("{}={known}", name.tag),
        None => known,
    };
    nearest(wanted, wanted.chars().count().div_ceil(3), known).into_iter().map(full).collect()
}

/// Of the known words those most like `wanted`, the nearest first: six at most, and none that is farther than `farthest`.
pub(crate) fn nearest(wanted: &str, farthest: usize, known: impl IntoIterator<Item = String>) -> Vec<String> {
    let measured = known.into_iter().map(|known| (distance(wanted, &known), known));
    let mut near: Vec<_> = measured.filter(|(distance, _)| *distance <= farthest).collect();
    near.sort();
    near.into_iter().take(6).map(|(_, known)| known).collect()
}

/// Releases, oldest first; before them the service directories, which stand back where a release has the same.
fn all(directories: &'static Directories) -> impl Iterator<Item = Directory<'static>> {
    let services = directories.services().iter().filter_map(|name| directories.service(name));
    services.chain(directories.releases().iter().filter_map(|name| directories.release(name)))
}

/// What is asked for: `3035=BY@D.96A`.
struct Name {
    tag: String,
    value: Option<String>,
    release: Option<String>,
}

impl Name {
    fn read(name: &str) -> Self {
        let (name, release) = match name.rsplit_once('@') {
            Some((name, release)) => (name, Some(release.to_owned())),
            None => (name, None),
        };
        let (tag, value) = match name.split_once('=') {
            Some((tag, value)) => (tag, Some(value.to_owned())),
            None => (name, None),
        };
        Self { tag: tag.trim().to_ascii_uppercase(), value, release }
    }

    fn in_directory(&self, directory: Directory<'static>) -> Option<View> {
        let Some(value) = &self.value else { return view(directory, &self.tag) };
        let element = directory.element(&self.tag)?;
        Some(View::Code(CodeView::of(directory, element, element.code(value)?)))
    }
}

/// Whether two views are of the same thing: codes may change their meaning.
fn same(one: &View, other: &View) -> bool {
    match (one, other) {
        (View::Code(one), View::Code(other)) => one.name.eq_ignore_ascii_case(other.name),
        _ => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// The runs of releases in which something holds; where none does, the service directories, each by itself.
fn spells(directories: &'static Directories, holds: impl Fn(&Directory<'static>) -> bool) -> Vec<Spell> {
    let mut spells: Vec<Spell> = Vec::new();
    let mut open = false;
    for directory in directories.releases().iter().filter_map(|name| directories.release(name)) {
        let held = std::mem::replace(&mut open, holds(&directory));
        match spells.last_mut() {
            Some(spell) if held && open => spell.last = directory.name(),
            _ if open => spells.push(Spell { first: directory.name(), last: directory.name() }),
            _ => {}
        }
    }
    if spells.is_empty() {
        let services = directories.services().iter().filter_map(|name| directories.service(name)).filter(holds);
        spells.extend(services.map(|service| Spell { first: service.name(), last: service.name() }));
    }
    spells
}

/// What uses the tag in its directory.
fn used_in(directory: Directory<'static>, tag: &str) -> Vec<&'static str> {
    let uses = |constituent: Option<Constituent<'_>>| constituent.is_some_and(|known| known.tag() == tag);
    let messages = directory.messages().filter(|message| {
        message.rows().any(|row| matches!(row.kind(), MessageRowKind::Segment(segment) if segment == tag))
    });
    let segments = directory.segments().filter(|segment| segment.rows().any(|row| uses(row.constituent())));
    let composites = directory.composites().filter(|composite| composite.rows().any(|row| uses(row.constituent())));
    let messages: Vec<_> = match directory.segment(tag) {
        Some(_) => messages.map(|message| message.tag()).collect(),
        None => Vec::new(),
    };
    messages
        .into_iter()
        .chain(segments.map(|segment| segment.tag()))
        .chain(composites.map(|composite| composite.tag()))
        .collect()
}

impl EntryTopic {
    /// The tag that Karvan's own names know it by.
    fn key(&self) -> String {
        match &self.view {
            View::Message(view) => view.message.to_owned(),
            View::Segment(view) | View::Composite(view) => view.tag.to_owned(),
            View::Element(view) => view.element.to_owned(),
            View::Code(view) => format!("{}={}", view.element, view.value),
            View::Releases(_) => String::new(),
        }
    }

    /// The explanation for people.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let heading = self.view.heading().text(language);
        let mut lines = vec![match translated(&self.key(), language) {
            Some(name) => format!("{name} — {heading}"),
            None => heading,
        }];
        if let Some(Definition { release, text }) = self.definition {
            let message = Message::new("topic-definition").with("release", release).with("definition", text);
            lines.push(message.text(language));
        }
        match &self.view {
            View::Message(view) => lines.extend(message_lines(&view.rows, view.message, view.release, language)),
            View::Segment(view) | View::Composite(view) => lines.extend(part_lines(&view.rows, language)),
            View::Element(view) => lines.extend(element_lines(view, language)),
            View::Code(_) | View::Releases(_) => {}
        }
        let spells: Vec<_> = self.releases.iter().map(|spell| spell.text()).collect();
        lines.push(Message::new("topic-releases").with("releases", spells.join(", ")).text(language));
        if !self.used_in.is_empty() {
            let mut names = self.used_in.iter().take(LISTED).copied().collect::<Vec<_>>().join(" ");
            if self.used_in.len() > LISTED {
                names.push_str(" …");
            }
            let message = Message::new("topic-used-in").with("count", self.used_in.len()).with("names", names);
            lines.push(message.text(language));
        }
        lines.iter().fold(String::new(), |text, line| text + line.trim_end() + "\n")
    }
}

impl Spell {
    fn text(self) -> String {
        if self.first == self.last { title(self.first) } else { format!("{}–{}", self.first, self.last) }
    }
}

/// A line of a table: what a machine would read at the left, the name in the language of the reader at the right.
fn line(left: &str, tag: &str, name: &str, language: Language) -> String {
    let name = translated(tag, language).map_or_else(|| isolate(name, language).into_owned(), str::to_owned);
    format!("{}  {name}", isolate(left, language))
}

/// The rows of a message that stand in no group, and the groups on its first level.
fn message_lines(rows: &[MessageRowView], message: &str, release: &str, language: Language) -> Vec<String> {
    let top = rows.iter().filter(|row| row.within.is_empty());
    let mut lines: Vec<_> = top
        .map(|row| {
            let what = match row.group {
                Some(number) => format!("SG{number} ({})", row.segment),
                None => row.segment.to_owned(),
            };
            let left = format!("{:<5}  {what:<10}  {} {:>7}", row.position, row.status, row.repetitions);
            line(&left, row.segment, row.name, language)
        })
        .collect();
    let all = Message::new("topic-message-whole").with("message", message).with("release", release);
    lines.push(all.text(language));
    lines
}

/// The data elements of a segment or composite, and the components in them.
fn part_lines(rows: &[PartRowView], language: Language) -> Vec<String> {
    let mut lines = Vec::new();
    for row in rows {
        let mut add = |row: &PartRowView, position: &str, indent: &str| {
            let repetitions = if row.repetitions > 1 { row.repetitions.to_string() } else { String::new() };
            let format = row.format.as_deref().unwrap_or_default();
            let tag = format!("{indent}{}", row.tag);
            let coded = if row.coded { '*' } else { ' ' };
            let left = format!("{position:<3}  {tag:<6}  {} {repetitions:>4} {format:<8} {coded}", row.status);
            lines.push(line(&left, row.tag, row.name, language));
        };
        add(row, &row.position, "");
        row.components.iter().for_each(|component| add(component, "", "  "));
    }
    lines
}

/// The codes of an element, as many as fit a page.
fn element_lines(view: &ElementView, language: Language) -> Vec<String> {
    let mut lines: Vec<_> = view
        .codes
        .iter()
        .take(LISTED)
        .map(|code| {
            line(&format!("  {:<6}", code.value), &format!("{}={}", view.element, code.value), code.name, language)
        })
        .collect();
    if view.codes.len() > LISTED {
        let name = format!("{}@{}", view.element, view.release);
        lines.push(Message::new("help-code-list").with("name", name).text(language));
    }
    lines
}

/// How many letters must be added, left out, replaced or swapped with the next to turn one word into another, whatever
/// their case. Of long words, the beginnings are compared.
#[must_use]
pub fn distance(one: &str, other: &str) -> usize {
    let capitals = |word: &str| word.to_uppercase().chars().take(64).collect::<Vec<char>>();
    let (one, other) = (capitals(one), capitals(other));
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, opposite) in other.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != opposite);
            let mut best = replaced.min(last[column + 1] + 1).min(next[column] + 1);
            if row > 0 && column > 0 && *letter == other[column - 1] && one[row - 1] == *opposite {
                best = best.min(before[column - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::{Topic, explain};
    use super::*;

    fn entry(name: &str) -> EntryTopic {
        match explain(name) {
            Ok(Topic::Entry(topic)) => *topic,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn entries_are_looked_up_in_the_release_named_or_the_newest_that_has_them() {
        assert!(matches!(&entry("nad").view, View::Segment(view) if view.release == "D.24A"));
        assert!(matches!(&entry("NAD@D96A").view, View::Segment(view) if view.release == "D.96A"));
        let gone = entry("GIS");
        assert!(matches!(&gone.view, View::Segment(view) if view.release != "D.24A"), "GIS was taken out");
        assert_eq!(gone.releases[0].first, "D.93A");
        assert!(matches!(&entry("UNB").view, View::Segment(view) if view.release == "4"));
        assert!(matches!(&entry("INVOIC").view, View::Message(_)));
        assert!(matches!(&entry("C082").view, View::Composite(_)));
        assert!(matches!(&entry("3035").view, View::Element(_)));
    }

    #[test]
    fn use_and_releases_are_told() {
        let party = entry("3035@D.96A");
        assert!(party.used_in.contains(&"NAD"));
        assert_eq!(party.releases, [Spell { first: "D.93A", last: "D.24A" }]);
        assert!(entry("NAD@D.96A").used_in.contains(&"INVOIC"));
        let buyer = entry("3035=BY@D.96A");
        assert!(matches!(&buyer.view, View::Code(view) if view.name == "Buyer"));
        assert_eq!(buyer.releases[0].first, "D.94A");
        assert_eq!(entry("UNB").releases.len(), 4, "in all service directories");
    }

    #[test]
    fn distances_count_a_swap_once() {
        assert_eq!(distance("nda", "NAD"), 1);
        assert_eq!(distance("INVOIC", "INVOIC"), 0);
        assert_eq!(distance("", "NAD"), 3);
        assert_eq!(distance("IVOICE", "INVOIC"), 2);
    }
}
