//! What changed between two releases of the directories: messages, segments, data elements, formats, codes.
//!
//! ```
//! use karvan_engine::schema_diff::{Aspect, diff};
//!
//! let changes = diff("D.96A", "D.01B", Some("3035"))?;
//! assert!(changes.changes.iter().any(|change| change.aspect == Aspect::Name));
//! # Ok::<(), karvan_engine::schema::LookupError>(())
//! ```

mod grammars;

use std::collections::BTreeMap;

use karvan_schema::directory::{
    Composite, Constituent, Directories, Directory, Element, Message as MessageTable, MessageRow, PartRow, Segment,
};
use karvan_text::{Language, Message};
use serde::Serialize;

pub use self::grammars::diff_grammars;
use crate::schema::{LookupError, title, view};

/// The changes from one release to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "diff")]
pub struct DiffView {
    /// The release before.
    pub old: &'static str,
    /// The release after.
    pub new: &'static str,
    /// What was compared; none for the whole releases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The changes, in the order of the directory.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What kind of thing changed.
    pub kind: Kind,
    /// Where: a tag, a code (`3035=BY`), or a path in what was compared (`SG25/LIN`, `C082/3039`).
    pub path: String,
    /// Its name, in the newer release that has it.
    pub name: &'static str,
    /// What about it changed.
    pub aspect: Aspect,
    /// What it was; empty where it is new.
    pub old: String,
    /// What it is; empty where it is gone.
    pub new: String,
}

/// What kind of thing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A message type.
    Message,
    /// A segment.
    Segment,
    /// A composite data element.
    Composite,
    /// A simple data element, or an element of an XML grammar.
    Element,
    /// A code.
    Code,
    /// A type of an XML grammar.
    Type,
    /// A line of a segment table, a data element in a segment or composite, an element or attribute of an XML element.
    Row,
}

/// What about a thing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Aspect {
    /// It is there now.
    Added,
    /// It is there no more.
    Removed,
    /// Mandatory or conditional.
    Status,
    /// How often it may stand.
    Repetitions,
    /// The representation.
    Format,
    /// The name; differences of case do not count.
    Name,
    /// The number of a segment group.
    Group,
    /// What it consists of: how many rows differ.
    Content,
    /// The code list: how many codes came, went or have another name.
    Codes,
}

/// Compares two releases whole, or what `name` is in each: a message type, segment, composite or data element.
///
/// # Errors
/// If there is no such release, or neither has the name.
pub fn diff(old: &str, new: &str, name: Option<&str>) -> Result<DiffView, LookupError> {
    let directories = Directories::builtin();
    let found = |name: &str| {
        let found = directories.release(name).or_else(|| directories.service(name));
        found.ok_or_else(|| LookupError::release(name))
    };
    let (old, new) = (found(old)?, found(new)?);
    let tag = name.map(str::to_ascii_uppercase);
    let changes = match &tag {
        None => whole(old, new),
        Some(tag) => of_tag(old, new, tag)
            .ok_or_else(|| LookupError::tag(tag, new, |directory| view(directory, tag).is_some()))?,
    };
    Ok(DiffView { old: old.name(), new: new.name(), name: tag, changes })
}

/// The changes of what a tag is in either directory; none where neither has it.
fn of_tag(old: Directory<'static>, new: Directory<'static>, tag: &str) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    if let Some(pair) = pair(old.message(tag), new.message(tag)) {
        presence(&mut changes, Kind::Message, tag, pair.map(MessageTable::name));
        if let Pair::Both(old, new) = pair {
            changes.extend(compare(&message_rows(old), &message_rows(new)));
        }
    } else if let Some(pair) = pair(old.segment(tag), new.segment(tag)) {
        presence(&mut changes, Kind::Segment, tag, pair.map(Segment::name));
        if let Pair::Both(old, new) = pair {
            changes.extend(compare(&part_rows(old.rows()), &part_rows(new.rows())));
        }
    } else if let Some(pair) = pair(old.composite(tag), new.composite(tag)) {
        presence(&mut changes, Kind::Composite, tag, pair.map(Composite::name));
        if let Pair::Both(old, new) = pair {
            changes.extend(compare(&part_rows(old.rows()), &part_rows(new.rows())));
        }
    } else if let Some(pair) = pair(old.element(tag), new.element(tag)) {
        presence(&mut changes, Kind::Element, tag, pair.map(Element::name));
        if let Pair::Both(old, new) = pair {
            changes.extend(format_change(tag, old, new));
            changes.extend(code_changes(old, new));
        }
    } else {
        return None;
    }
    Some(changes)
}

/// The changes of everything, each in one line.
fn whole(old: Directory<'static>, new: Directory<'static>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (tag, pair) in pairs(old.messages(), new.messages(), MessageTable::tag) {
        presence(&mut changes, Kind::Message, tag, pair.map(MessageTable::name));
        if let Pair::Both(old, new) = pair {
            let differing = compare(&message_rows(old), &message_rows(new)).len();
            changes.extend(counted(Kind::Message, tag, new.name(), Aspect::Content, differing));
        }
    }
    for (tag, pair) in pairs(old.segments(), new.segments(), Segment::tag) {
        presence(&mut changes, Kind::Segment, tag, pair.map(Segment::name));
        if let Pair::Both(old, new) = pair {
            let differing = compare(&own_rows(old.rows()), &own_rows(new.rows())).len();
            changes.extend(counted(Kind::Segment, tag, new.name(), Aspect::Content, differing));
        }
    }
    for (tag, pair) in pairs(old.composites(), new.composites(), Composite::tag) {
        presence(&mut changes, Kind::Composite, tag, pair.map(Composite::name));
        if let Pair::Both(old, new) = pair {
            let differing = compare(&own_rows(old.rows()), &own_rows(new.rows())).len();
            changes.extend(counted(Kind::Composite, tag, new.name(), Aspect::Content, differing));
        }
    }
    for (tag, pair) in pairs(old.elements(), new.elements(), Element::tag) {
        presence(&mut changes, Kind::Element, tag, pair.map(Element::name));
        if let Pair::Both(old, new) = pair {
            changes.extend(format_change(tag, old, new));
            changes.extend(counted(Kind::Element, tag, new.name(), Aspect::Codes, code_changes(old, new).len()));
        }
    }
    changes
}

/// A thing in one of two directories, or in both.
#[derive(Clone, Copy)]
enum Pair<T> {
    Old(T),
    New(T),
    Both(T, T),
}

impl<T> Pair<T> {
    fn map<U>(self, function: impl Fn(T) -> U) -> Pair<U> {
        match self {
            Self::Old(old) => Pair::Old(function(old)),
            Self::New(new) => Pair::New(function(new)),
            Self::Both(old, new) => Pair::Both(function(old), function(new)),
        }
    }
}

fn pair<T>(old: Option<T>, new: Option<T>) -> Option<Pair<T>> {
    match (old, new) {
        (Some(old), Some(new)) => Some(Pair::Both(old, new)),
        (Some(old), None) => Some(Pair::Old(old)),
        (None, Some(new)) => Some(Pair::New(new)),
        (None, None) => None,
    }
}

/// Things of two directories or grammars by what they are known by.
fn pairs<T: Copy, K: Ord>(
    old: impl Iterator<Item = T>,
    new: impl Iterator<Item = T>,
    key: fn(T) -> K,
) -> BTreeMap<K, Pair<T>> {
    let mut pairs: BTreeMap<_, _> = old.map(|thing| (key(thing), Pair::Old(thing))).collect();
    for thing in new {
        let joined = match pairs.get(&key(thing)) {
            Some(Pair::Old(old)) => Pair::Both(*old, thing),
            _ => Pair::New(thing),
        };
        pairs.insert(key(thing), joined);
    }
    pairs
}

/// Tells that a thing came or went, or has another name.
fn presence(changes: &mut Vec<Change>, kind: Kind, path: &str, names: Pair<&'static str>) {
    let (aspect, name, old, new) = match names {
        Pair::Old(name) => (Aspect::Removed, name, name, ""),
        Pair::New(name) => (Aspect::Added, name, "", name),
        Pair::Both(old, new) if !old.eq_ignore_ascii_case(new) => (Aspect::Name, new, old, new),
        Pair::Both(..) => return,
    };
    changes.push(Change { kind, path: path.to_owned(), name, aspect, old: old.to_owned(), new: new.to_owned() });
}

/// A change that is only counted; none where nothing changed.
fn counted(kind: Kind, tag: &str, name: &'static str, aspect: Aspect, count: usize) -> Option<Change> {
    let change = Change { kind, path: tag.to_owned(), name, aspect, old: String::new(), new: count.to_string() };
    (count > 0).then_some(change)
}

fn format_change(tag: &str, old: Element<'static>, new: Element<'static>) -> Option<Change> {
    let (from, to) = (old.format().to_string(), new.format().to_string());
    let change = Change {
        kind: Kind::Element,
        path: tag.to_owned(),
        name: new.name(),
        aspect: Aspect::Format,
        old: from,
        new: to,
    };
    (change.old != change.new).then_some(change)
}

fn code_changes(old: Element<'static>, new: Element<'static>) -> Vec<Change> {
    let mut changes = Vec::new();
    let values = |element: Element<'static>| element.codes().map(|code| (code.value(), code.name()));
    for (value, pair) in pairs(values(old), values(new), |(value, _)| value) {
        presence(&mut changes, Kind::Code, &format!("{}={value}", new.tag()), pair.map(|(_, name)| name));
    }
    changes
}

/// A line of a table to compare.
struct Row {
    /// What makes it the same line in both tables.
    key: String,
    path: String,
    name: &'static str,
    status: char,
    repetitions: String,
    /// The format of a data element; of a group, its number.
    detail: String,
    detail_aspect: Aspect,
}

fn message_rows(message: MessageTable<'static>) -> Vec<Row> {
    let rows: Vec<MessageRow<'static>> = message.rows().collect();
    let row = |row: &MessageRow<'static>| {
        let around: Vec<_> = std::iter::successors(row.parent(), |group| group.parent()).collect();
        // Groups are known by what they begin with: their numbers shift with every group that is put in.
        let triggers = around.iter().rev().filter_map(|group| group.trigger());
        let tag = row.trigger().unwrap_or_default();
        let own = if row.group().is_some() { format!("{tag}*") } else { tag.to_owned() };
        let key: Vec<_> = triggers.chain([own.as_str()]).collect();
        let numbers = around.iter().rev().filter_map(|group| group.group()).map(|number| format!("SG{number}/"));
        let (last, detail) = match row.group() {
            Some(number) => (format!("SG{number} ({tag})"), format!("SG{number}")),
            None => (tag.to_owned(), String::new()),
        };
        Row {
            key: key.join("/"),
            path: numbers.collect::<String>() + &last,
            name: row.segment().map_or("", Segment::name),
            status: row.status().letter(),
            repetitions: row.repetitions().to_string(),
            detail,
            detail_aspect: Aspect::Group,
        }
    };
    rows.iter().map(row).collect()
}

/// The data elements of a segment or composite, by themselves.
fn own_rows(rows: impl Iterator<Item = PartRow<'static>>) -> Vec<Row> {
    rows.map(|row| part_row(row, row.tag().to_owned(), false)).collect()
}

/// The data elements of a segment or composite, the components in them, and their formats.
fn part_rows(rows: impl Iterator<Item = PartRow<'static>>) -> Vec<Row> {
    let mut found = Vec::new();
    for row in rows {
        found.push(part_row(row, row.tag().to_owned(), true));
        if let Some(Constituent::Composite(composite)) = row.constituent() {
            found.extend(composite.rows().map(|inner| part_row(inner, format!("{}/{}", row.tag(), inner.tag()), true)));
        }
    }
    found
}

fn part_row(row: PartRow<'static>, path: String, with_format: bool) -> Row {
    let format = match row.constituent() {
        Some(Constituent::Element(element)) if with_format => element.format().to_string(),
        _ => String::new(),
    };
    Row {
        key: path.clone(),
        path,
        name: row.constituent().map_or("", Constituent::name),
        status: row.status().letter(),
        repetitions: row.repetitions().to_string(),
        detail: format,
        detail_aspect: Aspect::Format,
    }
}

/// Compares two tables line by line; what stands in both in the same order is the same.
fn compare(old: &[Row], new: &[Row]) -> Vec<Change> {
    let mut changes = Vec::new();
    let (mut left, mut right) = (0, 0);
    for (in_old, in_new) in common(old, new).into_iter().chain([(old.len(), new.len())]) {
        changes.extend(
            old[left..in_old].iter().map(|row| Row::change(row, Aspect::Removed, row.summary(), String::new())),
        );
        changes
            .extend(new[right..in_new].iter().map(|row| Row::change(row, Aspect::Added, String::new(), row.summary())));
        if let (Some(before), Some(after)) = (old.get(in_old), new.get(in_new)) {
            let aspects = [
                (Aspect::Status, before.status.to_string(), after.status.to_string()),
                (Aspect::Repetitions, before.repetitions.clone(), after.repetitions.clone()),
                (after.detail_aspect, before.detail.clone(), after.detail.clone()),
            ];
            let differing = aspects.into_iter().filter(|(_, before, after)| before != after);
            changes.extend(differing.map(|(aspect, before, now)| Row::change(after, aspect, before, now)));
        }
        (left, right) = (in_old + 1, in_new + 1);
    }
    changes
}

impl Row {
    fn change(&self, aspect: Aspect, old: String, new: String) -> Change {
        Change { kind: Kind::Row, path: self.path.clone(), name: self.name, aspect, old, new }
    }

    /// `C 99 an..35`.
    fn summary(&self) -> String {
        let detail = if self.detail_aspect == Aspect::Format { self.detail.as_str() } else { "" };
        format!("{} {} {detail}", self.status, self.repetitions).trim_end().to_owned()
    }
}

/// The longest run of lines that both tables have in the same order, as indexes of both.
fn common(old: &[Row], new: &[Row]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    // How many lines the rests have in common, from each pair of places on.
    let mut lengths = vec![0u32; (old.len() + 1) * width];
    for (row, before) in old.iter().enumerate().rev() {
        for (column, after) in new.iter().enumerate().rev() {
            lengths[row * width + column] = if before.key == after.key {
                lengths[(row + 1) * width + column + 1] + 1
            } else {
                lengths[(row + 1) * width + column].max(lengths[row * width + column + 1])
            };
        }
    }
    let (mut row, mut column, mut common) = (0, 0, Vec::new());
    while row < old.len() && column < new.len() {
        if old[row].key == new[column].key {
            common.push((row, column));
            (row, column) = (row + 1, column + 1);
        } else if lengths[(row + 1) * width + column] >= lengths[row * width + column + 1] {
            row += 1;
        } else {
            column += 1;
        }
    }
    common
}

impl DiffView {
    /// The changes for people: `+` came, `-` went, `~` changed.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let heading = Message::new(if self.changes.is_empty() { "diff-same" } else { "diff-heading" })
            .with("name", self.name.as_deref().unwrap_or("*"))
            .with("old", title(self.old))
            .with("new", title(self.new))
            .with("count", self.changes.len());
        let lines = self.changes.iter().map(|change| change.text(language) + "\n");
        heading.text(language) + "\n" + &lines.collect::<String>()
    }
}

impl Change {
    fn text(&self, language: Language) -> String {
        let id = match self.aspect {
            Aspect::Added => "diff-added",
            Aspect::Removed => "diff-removed",
            Aspect::Status => "diff-status",
            Aspect::Repetitions => "diff-repetitions",
            Aspect::Format => "diff-format",
            Aspect::Name => "diff-name",
            Aspect::Group => "diff-group",
            Aspect::Content => "diff-content",
            Aspect::Codes => "diff-codes",
        };
        let facts = match self.aspect {
            // A row is told with its status and repetitions, anything else by its name alone.
            Aspect::Added if self.kind == Kind::Row => self.new.as_str(),
            Aspect::Removed if self.kind == Kind::Row => self.old.as_str(),
            _ => "",
        };
        let what = format!("{} {}", self.path, self.name);
        let message = Message::new(id).with("what", what.trim_end()).with("old", &self.old).with("new", &self.new);
        let text = message.with("facts", facts).text(language);
        text.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(old: &str, new: &str, name: &str) -> Vec<(String, Aspect, String, String)> {
        let view = diff(old, new, Some(name)).unwrap();
        view.changes.into_iter().map(|change| (change.path, change.aspect, change.old, change.new)).collect()
    }

    fn has(changes: &[(String, Aspect, String, String)], path: &str, aspect: Aspect, old: &str, new: &str) -> bool {
        changes.iter().any(|change| change.0 == path && change.1 == aspect && change.2 == old && change.3 == new)
    }

    #[test]
    fn a_release_does_not_differ_from_itself() {
        assert_eq!(diff("D.96A", "D96A", None).unwrap().changes, []);
        assert_eq!(diff("D.96A", "D.96A", Some("INVOIC")).unwrap().changes, []);
    }

    // What these changes were is read from the tables of both releases.
    #[test]
    fn rows_formats_and_codes_are_compared() {
        let place = changes("D.96A", "D.01B", "NAD");
        assert!(has(&place, "3229", Aspect::Removed, "C 1 an..9", ""), "the subdivision became a composite: {place:?}");
        assert!(has(&place, "C819/3228", Aspect::Added, "", "C 1 an..70"), "{place:?}");
        assert!(has(&place, "3251", Aspect::Format, "an..9", "an..17"), "{place:?}");
        let invoice = changes("D.96A", "D.01B", "INVOIC");
        assert!(invoice.iter().any(|change| change.1 == Aspect::Group), "numbers of groups shifted: {invoice:?}");
        let there = diff("D.96A", "D.01B", Some("3035")).unwrap().changes;
        let back = diff("D.01B", "D.96A", Some("3035")).unwrap().changes;
        assert_eq!(there.len(), back.len(), "the way back is as long");
        let count = |changes: &[Change], aspect| changes.iter().filter(|change| change.aspect == aspect).count();
        assert_eq!(count(&there, Aspect::Added), count(&back, Aspect::Removed));
        assert!(count(&there, Aspect::Added) > 10);
    }

    #[test]
    fn what_came_and_went_is_told() {
        let whole = diff("D.96A", "D.21B", None).unwrap().changes;
        let of =
            |path: &str| whole.iter().find(|change| change.path == path).map(|change| (change.kind, change.aspect));
        assert_eq!(of("VERMAS"), Some((Kind::Message, Aspect::Added)));
        assert_eq!(of("GIS"), Some((Kind::Segment, Aspect::Removed)));
        assert_eq!(of("INVOIC"), Some((Kind::Message, Aspect::Content)));
        assert_eq!(changes("D.96A", "D.21B", "GIS")[0].1, Aspect::Removed);
    }

    #[test]
    fn tables_are_aligned_by_what_their_groups_begin_with() {
        let row = |key: &str| Row {
            key: key.to_owned(),
            path: key.to_owned(),
            name: "",
            status: 'C',
            repetitions: "1".to_owned(),
            detail: String::new(),
            detail_aspect: Aspect::Group,
        };
        let table = |keys: &str| keys.split(' ').map(row).collect::<Vec<_>>();
        let found = compare(&table("A B C D"), &table("A X C B D"));
        let told: Vec<_> = found.iter().map(|change| (change.path.as_str(), change.aspect)).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told.contains(&("X", Aspect::Added)));
    }

    #[test]
    fn names_and_releases_that_are_not_there_are_refused() {
        assert!(matches!(diff("D.96A", "D.77Z", None), Err(LookupError::Release { .. })));
        assert!(matches!(diff("D.96A", "D.21B", Some("ZZZ")), Err(LookupError::Tag { .. })));
    }

    #[test]
    fn people_read_lines_and_machines_data() {
        let view = diff("D.96A", "D.01B", Some("NAD")).unwrap();
        let text = view.text(Language::English);
        assert!(text.starts_with("NAD from D.96A to D.01B, changes: "), "{text}");
        assert!(text.contains("\n~ 3251 ") && view.text(Language::Persian).contains("\u{2066}D.96A\u{2069}"), "{text}");
        let json = serde_json::to_value(&view).unwrap();
        assert_eq!((&json["old"], &json["name"]), (&"D.96A".into(), &"NAD".into()));
        assert_eq!(json["changes"][0]["kind"], "row");
    }
}
