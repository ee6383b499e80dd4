//! The definitions in the official texts: what a message, segment, data element or code is for, in the publisher's words.

use std::collections::BTreeMap;

use super::TextKind;
use super::codes::columns;
use super::lines::{entries, extend, is_composite_tag, is_element_tag, is_segment_tag, unmark, word};

/// The definitions that a text gives, by tag; those of codes by `3035=BY`.
pub(super) fn read(kind: &TextKind, lines: &[String]) -> BTreeMap<String, String> {
    match kind {
        TextKind::Message { tag, .. } => {
            message(lines).into_iter().map(|definition| (tag.clone(), definition)).collect()
        }
        TextKind::Segments { .. } => described(lines, is_segment_tag),
        TextKind::Composites { .. } => described(lines, is_composite_tag),
        TextKind::Elements => described(lines, is_element_tag),
        TextKind::Codes => codes(lines),
    }
}

/// What follows the heading "Functional definition", up to the next heading; the first one is in the table of contents.
fn message(lines: &[String]) -> Option<String> {
    let heading = |line: &String| line.to_ascii_lowercase().ends_with("functional definition");
    let start = lines.iter().rposition(heading)?;
    let text = lines[start + 1..].iter().take_while(|line| !line.starts_with(|first: char| first.is_ascii_digit()));
    let mut definition = String::new();
    text.for_each(|line| extend(&mut definition, line));
    (!definition.is_empty()).then_some(definition)
}

/// The paragraph that begins with `Function:` or `Desc:` in each entry.
fn described(lines: &[String], is_tag: fn(&str) -> bool) -> BTreeMap<String, String> {
    let mut definitions = BTreeMap::new();
    for entry in entries(lines) {
        let Some(start) = entry.iter().position(|line| !line.is_empty()) else { continue };
        let (tag, _, _) = word(unmark(&entry[start]).0);
        let begins = |line: &String| {
            let text = unmark(line).0;
            ["Function:", "Desc:"].iter().find_map(|label| text.strip_prefix(label)).map(str::to_owned)
        };
        let Some((index, first)) = entry.iter().enumerate().find_map(|(index, line)| Some((index, begins(line)?)))
        else {
            continue;
        };
        if is_tag(tag) {
            let mut definition = first.trim().to_owned();
            entry[index + 1..]
                .iter()
                .take_while(|line| !line.is_empty())
                .for_each(|line| extend(&mut definition, line));
            definitions.insert(tag.to_owned(), definition);
        }
    }
    definitions
}

/// What stands further right than the names of codes.
fn codes(lines: &[String]) -> BTreeMap<String, String> {
    let mut definitions = BTreeMap::new();
    for entry in entries(lines) {
        let Some(start) = entry.iter().position(|line| !line.is_empty()) else { continue };
        let (element, _, _) = word(unmark(&entry[start]).0);
        let Some(values) = entry.iter().position(|line| unmark(line).0.starts_with("Repr:")) else { continue };
        if !is_element_tag(element) {
            continue;
        }
        let columns = columns(&entry[values]);
        let mut current: Option<(String, String)> = None;
        let keep = |current: Option<(String, String)>, definitions: &mut BTreeMap<String, String>| {
            definitions.extend(current.filter(|(_, definition)| !definition.is_empty()));
        };
        for line in &entry[values + 1..] {
            let text = line.get(columns.values..).unwrap_or_default();
            let indent = columns.values + text.len() - text.trim_start().len();
            if line.is_empty() || unmark(line).0.starts_with("Note:") {
                keep(current.take(), &mut definitions);
            } else if indent > columns.names {
                current.iter_mut().for_each(|(_, definition)| extend(definition, text));
            } else if indent < columns.names {
                keep(current.take(), &mut definitions);
                let (value, _, spaces) = word(text);
                current = (spaces > 0).then(|| (format!("{element}={value}"), String::new()));
            }
        }
        keep(current.take(), &mut definitions);
    }
    definitions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    const RULE: &str = "----------------------------------------------------------------------";

    #[test]
    fn definitions_are_paragraphs_of_their_entries() {
        let text = format!(
            "{RULE}\n\n    *  AAA  CAMEL DETAILS\n\n       Function: To name a camel\n                 and its humps.\n\n010    1000  NAME  M  an..35\n"
        );
        let found = read(&TextKind::Segments { interactive: false }, &lines(&text));
        assert_eq!(found.get("AAA").map(String::as_str), Some("To name a camel and its humps."));
    }

    #[test]
    fn codes_are_defined_behind_their_names() {
        let text = format!(
            "{RULE}\n\n     1001  Kind of camel   [C]\n\n     Desc: Code for a kind.\n\n     Repr: an..3\n\n     1     One\n           hump\n              An animal with\n              one hump.\n\n     2     Two humps\n              An animal with two.\n\n     Note:\n           1. Not a code.\n"
        );
        let found = read(&TextKind::Codes, &lines(&text));
        assert_eq!(found.get("1001=1").map(String::as_str), Some("An animal with one hump."));
        assert_eq!(found.get("1001=2").map(String::as_str), Some("An animal with two."));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_message_is_defined_in_its_section_not_in_the_contents() {
        let text = "1.1  Functional definition\n1.2  Field of application\n\n1.1  Functional definition\n\n     This message counts\n     camels.\n\n1.2  Field of application\n";
        let kind = TextKind::Message { tag: "CAMELS".to_owned(), interactive: false };
        assert_eq!(read(&kind, &lines(text)).get("CAMELS").map(String::as_str), Some("This message counts camels."));
    }
}
