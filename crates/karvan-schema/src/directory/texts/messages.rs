//! Segment tables: one file a message type.

use std::collections::BTreeMap;

use crate::directory::{MessageFacts, MessageRowFacts, MessageRowFactsKind, Status};

use super::{
    Remarks,
    lines::{extend, is_rule, is_segment_tag, unmark, word},
};

/// Reads the text of a message type: its name from the title page, its rows from the last segment table.
pub(super) fn parse(tag: &str, lines: &[String], interactive: bool, remarks: &mut Remarks) -> MessageFacts {
    let mut message = MessageFacts { name: title(lines), interactive, ..MessageFacts::default() };
    // The first such heading is in the table of contents. D.95A repeats its tables in an annex, with the deleted rows.
    let heading = |line: &String| line.to_ascii_lowercase().ends_with("segment table") && !line.contains("annex");
    let Some(start) = lines.iter().rposition(heading) else {
        remarks.add(format!("{tag}: no segment table"));
        return message;
    };
    let mut table = Table { tag, remarks, message: &mut message, open: Vec::new(), pending: None };
    for line in &lines[start + 1..] {
        if !table.line(line) {
            break;
        }
    }
    table.finish();
    compare(tag, &message.rows, &contents(&lines[..start]), remarks);
    message
}

/// What the descriptions before the table say that each group consists of: `Segment group 2: NAD-LOC-SG3`, where the list
/// may go on in the next lines.
fn contents(lines: &[String]) -> BTreeMap<u16, Vec<String>> {
    let mut contents = BTreeMap::new();
    let mut lines = lines.iter().peekable();
    while let Some(line) = lines.next() {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let (rest, marks) = unmark(&line[digits..]);
        let Some((number, (_, list))) = group_number(rest).zip(rest.split_once(':')) else { continue };
        if marks == "-" {
            continue;
        }
        let mut list = list.trim().to_owned();
        let is_list = |text: &str| {
            !text.is_empty() && text.bytes().all(|o| o.is_ascii_uppercase() || o.is_ascii_digit() || o == b'-')
        };
        while let Some(more) = lines.next_if(|line| list.ends_with('-') && is_list(line.trim())) {
            list.push_str(more.trim());
        }
        if is_list(&list) {
            contents.insert(number, list.split('-').map(str::to_owned).collect());
        }
    }
    contents
}

/// Compares the groups as the table draws them with the lists of their contents.
fn compare(tag: &str, rows: &[MessageRowFacts], contents: &BTreeMap<u16, Vec<String>>, remarks: &mut Remarks) {
    for (index, row) in rows.iter().enumerate() {
        let MessageRowFactsKind::Group(number) = row.kind else { continue };
        let inside = rows[index + 1..].iter().take_while(|inner| inner.depth > row.depth);
        let drawn = inside.filter(|inner| inner.depth == row.depth + 1).map(|inner| match &inner.kind {
            MessageRowFactsKind::Segment(tag) => tag.clone(),
            MessageRowFactsKind::Group(number) => format!("SG{number}"),
        });
        let drawn: Vec<String> = drawn.collect();
        if let Some(listed) = contents.get(&number)
            && *listed != drawn
        {
            remarks.note(format!("{tag}: group {number} is drawn {}, listed {}", drawn.join("-"), listed.join("-")));
        }
    }
}

/// What may follow the name of a message type: its identification, and remarks about its use and state.
const END_OF_TITLE: [&str; 4] = ["Message Type", "This message", "RECAST VERSION", "Message marked"];

/// The title stands between the kind of document and the line that names the message type (or a rule before it).
fn title(lines: &[String]) -> String {
    let mut name = String::new();
    let mut inside = false;
    for line in lines.iter().map(|line| line.trim()) {
        if END_OF_TITLE.iter().any(|end| line.starts_with(end)) || is_rule(line) {
            break;
        }
        if inside {
            extend(&mut name, line);
        }
        inside |= line.contains("STANDARD MESSAGE") || line.contains("DRAFT RECOMMENDATION");
    }
    super::lines::tidy(&name)
}

struct Table<'a> {
    tag: &'a str,
    remarks: &'a mut Remarks,
    message: &'a mut MessageFacts,
    /// Groups that enclose the next row, outermost first: whether each is in force, not marked as deleted.
    open: Vec<bool>,
    /// A row whose name goes on in the next line.
    pending: Option<Head>,
}

/// The left part of a row.
struct Head {
    position: Option<u32>,
    deleted: bool,
    kind: MessageRowFactsKind,
}

impl Table<'_> {
    /// Reads a line; false at the end of the table.
    fn line(&mut self, line: &str) -> bool {
        // What follows the trailer was printed twice.
        if self.message.rows.last().is_some_and(|row| is_one_of(&row.kind, ["UNT", "UIT"])) {
            return false;
        }
        let body = line.trim_end_matches(['|', '+', '-', ' ']);
        if body.is_empty()
            || line.starts_with("Pos")
            || body.trim_end().ends_with("SECTION")
            || body.contains("TAG  NAME")
        {
            return true;
        }
        // Each open group is a line down the margin, the outermost furthest right; a corner opens or ends one.
        let margin: String = line[body.len()..].chars().filter(|letter| matches!(letter, '|' | '+')).collect();
        let digits = body.bytes().take_while(u8::is_ascii_digit).count();
        let marked = body.starts_with([' ', '+', '*', '#', '|', 'X', '-']);
        if !(marked || matches!(digits, 4 | 5) && body[digits..].starts_with(' ')) {
            return self.message.rows.is_empty();
        }
        let position = if digits > 0 { body[..digits].parse().ok() } else { None };
        if digits > 0 {
            self.message.position_digits = digits as u8;
        }
        let (rest, marks) = unmark(&body[digits..]);
        let head = match (group_number(rest), word(rest)) {
            (Some(number), _) => MessageRowFactsKind::Group(number),
            (None, (tag, _, spaces)) if is_segment_tag(tag) && spaces <= 2 && self.pending.is_none() => {
                MessageRowFactsKind::Segment(tag.to_owned())
            }
            _ => {
                if let Some(head) = self.pending.take() {
                    self.row(head, rest, &margin, line);
                } else {
                    self.remarks.add(format!("{}: line not understood: {}", self.tag, line.trim()));
                }
                return true;
            }
        };
        // One minus sign is a change mark; more are the rule before the name of a group.
        let deleted = marks == "-";
        self.row(Head { position, deleted, kind: head }, rest, &margin, line);
        true
    }

    /// Takes the right part of a row: status, repetitions, margin.
    fn row(&mut self, head: Head, rest: &str, margin: &str, line: &str) {
        let Some((status, repetitions)) = tail(rest) else {
            self.pending = Some(head);
            return;
        };
        if is_one_of(&head.kind, ["UNH", "UIH"]) && !self.message.rows.is_empty() {
            self.remarks.note(format!("{}: the segment table begins anew", self.tag));
            self.message.rows.clear();
            self.open.clear();
        }
        let is_group = matches!(head.kind, MessageRowFactsKind::Group(_));
        let margin = misdrawn(&self.remarks.of, self.tag, head.position).unwrap_or(margin);
        let expected = self.open.len() + usize::from(is_group);
        if margin.len() != expected {
            self.remarks.add(format!("{}: the margin should show {expected} groups: {}", self.tag, line.trim()));
        }
        let depth = self.open.iter().filter(|in_force| **in_force).count() as u8;
        if !head.deleted {
            let position = head.position.unwrap_or_default();
            self.message.rows.push(MessageRowFacts { position, kind: head.kind, status, repetitions, depth });
        }
        if is_group {
            self.open.push(!head.deleted);
        } else {
            let ends = margin.bytes().take_while(|octet| *octet == b'+').count();
            self.open.truncate(self.open.len().saturating_sub(ends));
        }
    }

    fn finish(self) {
        if self.pending.is_some() || !self.open.is_empty() || self.message.rows.is_empty() {
            self.remarks.add(format!("{}: the segment table ends early", self.tag));
        }
    }
}

fn is_one_of(kind: &MessageRowFactsKind, tags: [&str; 2]) -> bool {
    matches!(kind, MessageRowFactsKind::Segment(tag) if tags.contains(&tag.as_str()))
}

/// Rows whose margin is drawn wrong: release, message type, position, and the margin as it should be. The lists of the
/// groups' contents in the same texts, and the tables of the next release, say so.
const MISDRAWN: [(&str, &str, u32, &str); 4] = [
    ("D.99B", "BOPBNK", 160, "|"),
    ("D.01A", "SLSRPT", 700, ""),
    ("D.09A", "GOVCBR", 6360, "|||"),
    ("D.09A", "GOVCBR", 6370, "|||"),
];

fn misdrawn(release: &str, message: &str, position: Option<u32>) -> Option<&'static str> {
    let row = (release, message, position?);
    MISDRAWN.iter().find(|(release, message, position, _)| (*release, *message, *position) == row).map(|row| row.3)
}

/// `Segment group 25 ----` gives 25.
fn group_number(text: &str) -> Option<u16> {
    let text = text.trim_start_matches(['-', ' ']);
    let rest =
        text.get(..13).filter(|start| start.eq_ignore_ascii_case("segment group")).map(|_| text[13..].trim_start())?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest[..digits].parse().ok()
}

/// Status and repetitions at the end of a row.
fn tail(text: &str) -> Option<(Status, u32)> {
    let (rest, repetitions) = super::lines::last_word(text)?;
    let repetitions = repetitions.parse().ok()?;
    let (_, status) = super::lines::last_word(rest)?;
    let status = match status {
        "M" | "m" => Status::Mandatory,
        "C" | "c" => Status::Conditional,
        _ => return None,
    };
    Some((status, repetitions))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (MessageFacts, Remarks) {
        let lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
        let mut remarks = Remarks::default();
        let message = parse("TESTER", &lines, false, &mut remarks);
        (message, remarks)
    }

    fn rows(message: &MessageFacts) -> Vec<(u32, String, u32, u8)> {
        let name = |kind: &MessageRowFactsKind| match kind {
            MessageRowFactsKind::Segment(tag) => tag.clone(),
            MessageRowFactsKind::Group(number) => format!("SG{number}"),
        };
        message.rows.iter().map(|row| (row.position, name(&row.kind), row.repetitions, row.depth)).collect()
    }

    const TABLE: &str = "
                 UNITED NATIONS STANDARD MESSAGE (UNSM)

                    Camel loading and
                     unloading message

                                            Message Type : TESTER
        4.3.1 Segment table
0020 + Segment group 1:  AAA-BBB-
                         SG2
4.3.1  Segment table

Pos    Tag Name                                      S   R

           HEADER SECTION

0010   UNH Message header                            M   1

0020 + ----- Segment group 1  ---------------------- C   99----------+
0030 X AAA First                                     M   1           |
0040   BBB A name that takes
              two lines                              C   9           |
                                                                     |
0050       ----- Segment group 2  ------------------ c   9----------+|
0060 * CCC Third                                     M   1----------++
     - DDD Deleted                                   C   1
0070   UNT Message trailer                           M   1
Annex   AAA What follows the table                   M   1
";

    #[test]
    fn a_table_is_read_with_its_groups() {
        let (message, remarks) = parsed(TABLE);
        assert_eq!(message.name, "Camel loading and unloading message");
        assert_eq!(message.position_digits, 4);
        let expected = [
            (10, "UNH", 1, 0),
            (20, "SG1", 99, 0),
            (30, "AAA", 1, 1),
            (40, "BBB", 9, 1),
            (50, "SG2", 9, 1),
            (60, "CCC", 1, 2),
            (70, "UNT", 1, 0),
        ];
        assert_eq!(rows(&message), expected.map(|(at, tag, most, depth)| (at, tag.to_owned(), most, depth)));
        assert_eq!(message.rows[4].status, Status::Conditional);
        assert!(remarks.problems.is_empty() && remarks.notes.is_empty(), "{:?} {:?}", remarks.problems, remarks.notes);
    }

    #[test]
    fn a_table_that_is_printed_twice_is_read_once() {
        // DOCINF in D.94B: the first copy ends early, the second goes on with a piece of a third.
        let (cut, _) = TABLE.split_once("0050").unwrap();
        let (_, table) = TABLE.split_once("HEADER SECTION\n\n").unwrap();
        let (table, after) = table.split_once("Annex").unwrap();
        let again = format!("{cut}{table}{}Annex{after}", table.split_once("0060").unwrap().1);
        let (message, remarks) = parsed(&again);
        assert_eq!(rows(&message), rows(&parsed(TABLE).0));
        assert!(remarks.problems.is_empty(), "{:?}", remarks.problems);
        assert_eq!(remarks.notes, [" TESTER: the segment table begins anew"]);
    }

    #[test]
    fn a_margin_that_lacks_a_group_and_a_list_that_differs_are_told() {
        let (_, remarks) = parsed(&TABLE.replace("1----------++", "1----------+ "));
        assert!(remarks.problems[0].contains("should show 2 groups"), "{:?}", remarks.problems);
        assert!(remarks.problems.iter().any(|problem| problem.contains("ends early")));
        let (_, remarks) = parsed(&TABLE.replace("AAA-BBB-", "AAA-EEE-"));
        assert_eq!(remarks.notes, [" TESTER: group 1 is drawn AAA-BBB-SG2, listed AAA-EEE-SG2"]);
    }

    #[test]
    fn the_first_release_has_neither_positions_nor_box_characters() {
        let (message, remarks) = parsed(
            "4.2.2 Segment Table\n\n  TAG  NAME                                 S   REPT  S   REPT\n
  UNH  Message header                       M      1
  --- Segment Group 1 ------------------------------- C     10 ------+
  AAA  First                                M      1                 |
+ BBB  Second                               C      5 ----------------+
  UNT  Message trailer                      M      1

4.3 Data Segment Index
AAA  First",
        );
        let tags: Vec<_> = rows(&message).into_iter().map(|row| (row.1, row.3)).collect();
        let expected = [("UNH", 0), ("SG1", 0), ("AAA", 1), ("BBB", 1), ("UNT", 0)];
        assert_eq!(tags, expected.map(|(tag, depth)| (tag.to_owned(), depth)));
        assert!(remarks.problems.is_empty(), "{:?}", remarks.problems);
    }
}
