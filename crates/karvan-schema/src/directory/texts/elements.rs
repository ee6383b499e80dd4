//! Element directories.

use std::collections::BTreeMap;

use crate::directory::ElementFacts;

use super::{
    Remarks,
    lines::{entries, extend, is_element_tag, tidy, unmark, word},
};

/// Reads an element directory.
pub(super) fn parse(lines: &[String], remarks: &mut Remarks) -> BTreeMap<String, ElementFacts> {
    let mut elements = BTreeMap::new();
    for entry in entries(lines) {
        let Some(start) = entry.iter().position(|line| !line.is_empty()) else { continue };
        let (header, _) = unmark(&entry[start]);
        let (tag, name, spaces) = word(header);
        if !is_element_tag(tag) || spaces == 0 {
            continue;
        }
        let mut name = name.to_owned();
        entry[start + 1..].iter().take_while(|line| !line.is_empty()).for_each(|line| extend(&mut name, line));
        let format = entry.iter().find_map(|line| unmark(line).0.strip_prefix("Repr:"));
        match format.and_then(|format| format.replace(' ', "").parse().ok()) {
            Some(format) => drop(elements.insert(tag.to_owned(), ElementFacts { name: tidy(&name), format })),
            None => remarks.add(format!("{tag}: no representation")),
        }
    }
    elements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_wrap_and_marks_of_a_deletion_to_come_do_not_delete() {
        let rule = "-".repeat(70);
        let text = format!(
            "{rule}\n\n-    1000  Name of\n           the camel  [C]\n\n     Desc: How it is called.\n\n     Repr: an..35\n\n{rule}\n\n  1001  Code\n"
        );
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut remarks = Remarks::default();
        let elements = parse(&lines, &mut remarks);
        assert_eq!(elements["1000"].name, "Name of the camel");
        assert_eq!(elements["1000"].format.to_string(), "an..35");
        assert_eq!(remarks.problems, [" 1001: no representation"]);
    }
}
