//! Code lists.

use std::collections::BTreeMap;

use super::{
    Remarks,
    lines::{entries, extend, is_element_tag, tidy, unmark, word},
};

/// Code lists by data element: short names by value.
pub type Lists = BTreeMap<String, BTreeMap<String, String>>;

/// Reads code lists. Lists without a value are left out.
pub(super) fn parse(lines: &[String], remarks: &mut Remarks) -> Lists {
    let mut lists = Lists::new();
    for entry in entries(lines) {
        let Some(start) = entry.iter().position(|line| !line.is_empty()) else { continue };
        let (header, _) = unmark(&entry[start]);
        let (tag, _, spaces) = word(header);
        if !is_element_tag(tag) || spaces == 0 {
            continue;
        }
        let Some(values) = entry.iter().position(|line| unmark(line).0.starts_with("Repr:")) else {
            remarks.add(format!("{tag}: code list without representation"));
            continue;
        };
        let codes = list(&entry[values + 1..], columns(&entry[values]));
        if codes.is_empty() {
            remarks.add(format!("{tag}: code list without values"));
        } else {
            lists.entry(tag.to_owned()).or_default().extend(codes);
        }
    }
    lists
}

/// The columns of a list: change marks stand left of the values, names begin in a column of their own, definitions
/// further right.
pub(super) struct Columns {
    pub(super) values: usize,
    pub(super) names: usize,
}

/// The columns of a list, told by those of the line that states its representation.
pub(super) fn columns(representation: &str) -> &'static Columns {
    if representation.starts_with("     ") { &LATE } else { &EARLY }
}

/// Up to D.99A values are set flush right against the names.
const EARLY: Columns = Columns { values: 3, names: 10 };
const LATE: Columns = Columns { values: 5, names: 11 };

fn list(lines: &[String], columns: &Columns) -> BTreeMap<String, String> {
    let mut codes = BTreeMap::new();
    let mut current: Option<(String, String)> = None;
    let mut in_note = false;
    for line in lines {
        if unmark(line).0.starts_with("Note:") {
            in_note = true;
        }
        let marks = line.get(..columns.values).unwrap_or_default();
        let line = line.get(columns.values..).unwrap_or_default();
        let indent = columns.values + line.len() - line.trim_start().len();
        if line.is_empty() {
            in_note = false;
        } else if in_note || indent > columns.names {
            codes.extend(current.take());
        } else if indent == columns.names {
            current.iter_mut().for_each(|(_, name)| extend(name, line));
        } else {
            codes.extend(current.take());
            let (value, name, spaces) = word(line);
            if spaces > 0 && !marks.contains('-') {
                current = Some((value.to_owned(), name.to_owned()));
            }
        }
    }
    codes.extend(current);
    codes.values_mut().for_each(|name| *name = tidy(name));
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Lists, Remarks) {
        let lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
        let mut remarks = Remarks::default();
        let lists = parse(&lines, &mut remarks);
        (lists, remarks)
    }

    fn codes(lists: &Lists, element: &str) -> Vec<(String, String)> {
        lists[element].clone().into_iter().collect()
    }

    #[test]
    fn values_stand_left_in_late_lists() {
        let (lists, _) = parsed(
            "----------------------------------------------------------------------

*    1001  Kind of camel                                           [C]

     Desc: Code for a kind.

     Repr: an..3

+    1     One
           hump
              With a definition
              of two lines.

     X     Unknown
              Not a change mark.

     Note:
           1. Not a code.
",
        );
        let expected = [("1", "One hump"), ("X", "Unknown")];
        assert_eq!(codes(&lists, "1001"), expected.map(|(value, name)| (value.to_owned(), name.to_owned())));
    }

    #[test]
    fn values_stand_right_in_early_lists_and_deleted_ones_are_left_out() {
        let (lists, remarks) = parsed(
            "----------------------------------------------------------------------
* 1001  Kind of camel

  Desc: Code for a kind.

  Repr: an..3

        1 One hump
             A definition.
|      22 Two humps
-     333 Three humps
   ZZZ    Mutually defined
----------------------------------------------------------------------
  1003  Colour

  Repr: an..3

  Note: See the list of colours of the guild, which is
        longer.
",
        );
        let expected = [("1", "One hump"), ("22", "Two humps"), ("ZZZ", "Mutually defined")];
        assert_eq!(codes(&lists, "1001"), expected.map(|(value, name)| (value.to_owned(), name.to_owned())));
        assert_eq!(remarks.problems, [" 1003: code list without values"]);
    }
}
