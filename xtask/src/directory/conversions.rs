//! Conversions of directories to XML: the releases after D.21B, and the code lists that two early releases lack.
//!
//! A conversion has no positions, no short names as printed, no repetitions within segments and no interactive part. It
//! cuts the repetitions of groups after five digits, and it lacks the rows over which its maker's pattern stumbled:
//! components with a hyphen in their name, and segments whose name takes two lines. What stands in it as in the release
//! before, but for these defects, is therefore taken from there; only what differs is taken from the conversion.

use std::{collections::BTreeMap, fs, path::Path};

use karvan_schema::directory::texts::{Lists, Remarks, is_composite_tag, tidy};
use karvan_schema::directory::{
    DirectoryFacts, ElementFacts, Format, MessageFacts, MessageRowFacts, MessageRowFactsKind, PartFacts, PartRowFacts,
    Repertoire, Status,
};

use super::xml::{self, Node};

/// The segment whose name takes two lines in segment tables: sampling parameters for summary statistics.
const WRAPPED: &str = "SPS";

/// Reads the conversion of a release in `folder`, given the release before.
pub(super) fn release(
    name: &str,
    before: &DirectoryFacts,
    folder: &Path,
    remarks: &mut Remarks,
) -> crate::Result<DirectoryFacts> {
    let mut facts =
        DirectoryFacts { name: name.to_owned(), codes: codes(&folder.join("codes.xml"))?, ..DirectoryFacts::default() };
    let converted = parts(&xml::read(&folder.join("segments.xml"))?);
    facts.segments = succeed(before, &before.segments, converted.segments, "segment", remarks);
    facts.composites = succeed(before, &before.composites, converted.composites, "composite", remarks);
    facts.elements = before.elements.clone();
    for (tag, element) in converted.elements {
        let same = |old: &ElementFacts| {
            (old.format.repertoire, old.format.maximum) == (element.format.repertoire, element.format.maximum)
        };
        match before.elements.get(&tag) {
            Some(old) if same(old) => {}
            Some(old) => {
                remarks.note(format!("element {tag}: {} became {}", old.format, element.format));
                facts.elements.insert(tag, ElementFacts { name: old.name.clone(), ..element });
            }
            None => {
                remarks.note(format!("element {tag} is new: {} {}", element.name, element.format));
                facts.elements.insert(tag, element);
            }
        }
    }
    for (tag, rows) in messages(&folder.join("messages"))? {
        let message = before.messages.get(&tag);
        if message.is_none() {
            remarks.note(format!("message {tag} is new"));
        }
        let message = successor(&tag, message, rows, remarks);
        facts.messages.insert(tag, message);
    }
    for (tag, message) in before.messages.iter().filter(|(_, message)| message.interactive) {
        facts.messages.entry(tag.clone()).or_insert_with(|| message.clone());
    }
    Ok(facts)
}

/// Reads a file of code lists; lists without a value are left out.
pub(super) fn codes(path: &Path) -> crate::Result<Lists> {
    codes_beside(path, &[], &mut Remarks::default())
}

/// Reads a file of code lists that took the first letter of values such as `XF` for a change mark. The lists of the
/// releases before and after show which: there, the longer value has the name, and the shorter has not.
pub(super) fn codes_beside(path: &Path, beside: &[Lists], remarks: &mut Remarks) -> crate::Result<Lists> {
    let mut lists = Lists::new();
    for element in &xml::read(path)?.children {
        let mut list = BTreeMap::new();
        for code in &element.children {
            // Where there are definitions (`desc`), the short name is the title; the early files have only the name.
            let name = match code.attribute("title") {
                "" => tidy(&mend(code.attribute("desc"))),
                title => tidy(&mend(title)),
            };
            let named = |value: &str| {
                let names = beside.iter().filter_map(|lists| lists.get(element.id())?.get(value));
                names.into_iter().any(|other| other.eq_ignore_ascii_case(&name))
            };
            let longer = format!("X{}", code.id());
            if named(&longer) && !named(code.id()) {
                remarks.note(format!("code {} of {} is {longer}", code.id(), element.id()));
                list.insert(longer, name);
            } else {
                list.insert(code.id().to_owned(), name);
            }
        }
        if !list.is_empty() {
            lists.insert(element.id().to_owned(), list);
        }
    }
    Ok(lists)
}

/// One of the conversions encoded in UTF-8 what already was.
fn mend(name: &str) -> String {
    let octets: Option<Vec<u8>> = name.chars().map(|letter| u8::try_from(letter).ok()).collect();
    octets.and_then(|octets| String::from_utf8(octets).ok()).unwrap_or_else(|| name.to_owned())
}

/// What a file of segments states: they spell out their composites, and those their elements.
#[derive(Default)]
pub(super) struct Converted {
    pub(super) segments: BTreeMap<String, PartFacts>,
    pub(super) composites: BTreeMap<String, PartFacts>,
    pub(super) elements: BTreeMap<String, ElementFacts>,
}

/// Reads the segments of a file.
pub(super) fn parts(root: &Node) -> Converted {
    let mut converted = Converted::default();
    for segment in &root.children {
        let facts = PartFacts {
            name: words(segment.attribute("name")).to_uppercase(),
            rows: rows(segment),
            ..PartFacts::default()
        };
        converted.segments.insert(segment.id().to_owned(), facts);
        for child in &segment.children {
            if is_composite_tag(child.id()) {
                let name = words(child.attribute("name")).to_uppercase();
                let facts = PartFacts { name, rows: rows(child), ..PartFacts::default() };
                converted.composites.entry(child.id().to_owned()).or_insert(facts);
                child.children.iter().for_each(|component| element(component, &mut converted.elements));
            } else {
                element(child, &mut converted.elements);
            }
        }
    }
    converted
}

fn rows(node: &Node) -> Vec<PartRowFacts> {
    let row = |(child, position): (&Node, u16)| PartRowFacts {
        position,
        tag: child.id().to_owned(),
        status: status(child),
        repetitions: child.number("repeat").unwrap_or(1),
    };
    node.children.iter().filter(|child| !child.id().is_empty()).zip((10..).step_by(10)).map(row).collect()
}

/// Keeps a data element, named as it first is.
pub(super) fn element(node: &Node, elements: &mut BTreeMap<String, ElementFacts>) {
    let repertoire = match node.attribute("type") {
        "a" => Repertoire::Alphabetic,
        "n" => Repertoire::Numeric,
        _ => Repertoire::Alphanumeric,
    };
    let fixed: Option<u16> = node.number("length");
    let Some(maximum) = fixed.or_else(|| node.number("maxlength")) else { return };
    let format = Format { repertoire, minimum: fixed.unwrap_or(0), maximum };
    let facts = ElementFacts { name: words(node.attribute("name")), format };
    elements.entry(node.id().to_owned()).or_insert(facts);
}

fn status(node: &Node) -> Status {
    if node.attribute("required") == "true" { Status::Mandatory } else { Status::Conditional }
}

/// `partyIdentificationDetails` gives `Party identification details`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if words.is_empty() {
            words.extend(letter.to_uppercase());
        } else if letter.is_uppercase() {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}

/// The parts of a release: as before where the conversion has the same constituents, and where it has nothing
/// (interactive ones, and composites that no segment uses).
fn succeed(
    release: &DirectoryFacts,
    before: &BTreeMap<String, PartFacts>,
    converted: BTreeMap<String, PartFacts>,
    kind: &str,
    remarks: &mut Remarks,
) -> BTreeMap<String, PartFacts> {
    let mut parts = before.clone();
    let hyphenated =
        |row: &PartRowFacts| release.elements.get(&row.tag).is_some_and(|element| element.name.contains('-'));
    for (tag, mut part) in converted {
        let constituent = |row: &PartRowFacts| (row.tag.clone(), row.status);
        let shape: Vec<_> = part.rows.iter().map(constituent).collect();
        match before.get(&tag) {
            Some(old) if lacks_only(old.rows.iter().map(|row| (hyphenated(row), constituent(row))), &shape) => continue,
            Some(old) => {
                remarks.note(format!("{kind} {tag} changed"));
                part.name.clone_from(&old.name);
                part.dependencies.clone_from(&old.dependencies);
                // Repetitions are those of the same data element before, the first for the first, and so on.
                let mut known: Vec<&PartRowFacts> = old.rows.iter().collect();
                for row in &mut part.rows {
                    if let Some(index) = known.iter().position(|known| known.tag == row.tag) {
                        row.repetitions = known.remove(index).repetitions;
                    }
                }
            }
            None => remarks.note(format!("{kind} {tag} is new: {}", part.name)),
        }
        parts.insert(tag, part);
    }
    parts
}

/// The message tables of a folder, without positions.
pub(super) fn messages(folder: &Path) -> crate::Result<BTreeMap<String, Vec<MessageRowFacts>>> {
    let mut messages = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if stem.len() == 6 && path.extension().is_some_and(|extension| extension == "xml") {
            let mut rows = Vec::new();
            message_rows(&xml::read(&path)?, 0, &mut rows);
            // The indexes of a directory were converted too, into messages without a segment.
            if !rows.is_empty() {
                messages.insert(stem.to_ascii_uppercase(), rows);
            }
        }
    }
    Ok(messages)
}

fn message_rows(node: &Node, depth: u8, rows: &mut Vec<MessageRowFacts>) {
    for child in &node.children {
        let kind = match child.name.as_str() {
            "segment" => MessageRowFactsKind::Segment(child.id().to_owned()),
            "group" => MessageRowFactsKind::Group(child.id().trim_start_matches("SG").parse().unwrap_or_default()),
            _ => continue,
        };
        let repetitions = child.number("maxrepeat").unwrap_or(1);
        rows.push(MessageRowFacts { position: 0, kind, status: status(child), repetitions, depth });
        message_rows(child, depth + 1, rows);
    }
}

/// Gives a converted table its positions and the repetitions that were cut.
fn successor(
    tag: &str,
    before: Option<&MessageFacts>,
    mut rows: Vec<MessageRowFacts>,
    remarks: &mut Remarks,
) -> MessageFacts {
    if let Some(old) = before {
        restore(old, &mut rows);
    }
    rows.iter_mut().zip((10..).step_by(10)).for_each(|(row, position)| row.position = position);
    let Some(old) = before else {
        return MessageFacts { position_digits: 5, rows, ..MessageFacts::default() };
    };
    let mut known: Vec<(Vec<String>, u32)> =
        paths(&old.rows).into_iter().zip(old.rows.iter().map(|row| row.repetitions)).collect();
    for (path, row) in paths(&rows).iter().zip(&mut rows) {
        let Some(index) = known.iter().position(|(known, _)| known == path) else { continue };
        let (_, repetitions) = known.remove(index);
        if repetitions != row.repetitions && cut(repetitions) == row.repetitions {
            row.repetitions = repetitions;
        }
    }
    // The tables are renumbered in tens at each release; where nothing but counts changed, that gives the old numbers.
    if rows != old.rows {
        let changed = rows.len().abs_diff(old.rows.len());
        remarks.note(format!("message {tag} changed ({changed} rows more or less)"));
    }
    MessageFacts { position_digits: 5, rows, ..old.clone() }
}

/// Whether a conversion has all rows of the release before, in order, but for some that it may lack.
fn lacks_only<T: PartialEq>(before: impl Iterator<Item = (bool, T)>, converted: &[T]) -> bool {
    let mut rest = converted.iter().peekable();
    for (may_lack, row) in before {
        if rest.next_if(|next| **next == row).is_none() && !may_lack {
            return false;
        }
    }
    rest.next().is_none()
}

/// Puts the rows back that a conversion lacks, where it is otherwise the table of the release before.
fn restore(old: &MessageFacts, rows: &mut Vec<MessageRowFacts>) {
    let wrapped = |row: &MessageRowFacts| matches!(&row.kind, MessageRowFactsKind::Segment(tag) if tag == WRAPPED);
    let shape = |row: &MessageRowFacts| (row.kind.clone(), row.depth);
    let converted: Vec<_> = rows.iter().map(shape).collect();
    if rows.len() < old.rows.len() && lacks_only(old.rows.iter().map(|row| (wrapped(row), shape(row))), &converted) {
        let mut rest = std::mem::take(rows).into_iter();
        rows.extend(old.rows.iter().filter_map(|row| if wrapped(row) { Some(row.clone()) } else { rest.next() }));
    }
}

/// The first five digits.
pub(super) fn cut(repetitions: u32) -> u32 {
    let mut cut = repetitions;
    while cut > 99_999 {
        cut /= 10;
    }
    cut
}

/// Where each row stands: the triggers of the groups around it, then its own tag or trigger.
fn paths(rows: &[MessageRowFacts]) -> Vec<Vec<String>> {
    let mut open: Vec<String> = Vec::new();
    let mut paths = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        open.truncate(usize::from(row.depth));
        let own = match &row.kind {
            MessageRowFactsKind::Segment(tag) => tag.clone(),
            MessageRowFactsKind::Group(_) => {
                let trigger = rows[index..].iter().find_map(|row| match &row.kind {
                    MessageRowFactsKind::Segment(tag) => Some(format!("SG {tag}")),
                    MessageRowFactsKind::Group(_) => None,
                });
                open.push(trigger.unwrap_or_default());
                paths.push(open.clone());
                continue;
            }
        };
        paths.push(open.iter().cloned().chain([own]).collect());
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words() {
        assert_eq!(words("partyIdentificationDetails"), "Party identification details");
        assert_eq!(words("InterchangeHeader"), "Interchange header");
    }

    #[test]
    fn names_encoded_twice_are_mended() {
        assert_eq!(mend("Espa\u{c3}\u{b1}a"), "España");
        assert_eq!(mend("España"), "España");
    }

    #[test]
    fn the_x_of_a_value_is_put_back_where_the_neighbours_have_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("codes.xml");
        let text = r#"<lists><element id="1000"><code id="F" desc="Far"/><code id="A" desc="Away"/></element></lists>"#;
        fs::write(&path, text).unwrap();
        let list = |codes: &[(&str, &str)]| -> Lists {
            let codes = codes.iter().map(|(value, name)| ((*value).to_owned(), (*name).to_owned())).collect();
            BTreeMap::from([("1000".to_owned(), codes)])
        };
        let beside = [list(&[("XF", "FAR"), ("A", "Away"), ("XA", "Away")])];
        let read = codes_beside(&path, &beside, &mut Remarks::default()).unwrap();
        assert_eq!(read, list(&[("XF", "Far"), ("A", "Away")]));
    }

    #[test]
    fn rows_that_a_conversion_may_lack() {
        let before = [(false, 1), (true, 2), (false, 3)];
        assert!(lacks_only(before.into_iter(), &[1, 2, 3]));
        assert!(lacks_only(before.into_iter(), &[1, 3]));
        assert!(!lacks_only(before.into_iter(), &[1, 2]));
        assert!(!lacks_only(before.into_iter(), &[1, 3, 4]));
    }

    #[test]
    fn cut_repetitions_are_recognised() {
        assert_eq!(cut(9_999_999), 99_999);
        assert_eq!(cut(200_000), 20_000);
        assert_eq!(cut(99_999), 99_999);
    }
}
