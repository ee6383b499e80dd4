//! Segment tables: one file a message type.

use std::collections::BTreeMap;

use karvan_schema::directory::{MessageFacts, MessageRowFacts, MessageRowFactsKind, Status};

use super::{
    Remarks,
    text::{extend, is_rule, is_segment_tag, unmark, word},
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
    super::text::tidy(&name)
}

struct Table<'a> {
    tag: &'a str,
    remarks: &'a mut Remarks,
    message: &'a mut MessageFacts,
    /// Groups that enclose the next row, outermost first.
    open: Vec<Open>,
    /// A row whose name goes on in the next line.
    pending: Option<Head>,
}

/// An open group. The margin draws it as a line down its own column, the outermost group furthest right.
struct Open {
    column: usize,
    /// Not marked as deleted.
    in_force: bool,
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
        let body = line.trim_end_matches(['|', '+', '-', ' ']);
        if body.is_empty()
            || line.starts_with("Pos")
            || body.trim_end().ends_with("SECTION")
            || body.contains("TAG  NAME")
        {
            return true;
        }
        let margin: Vec<(usize, u8)> =
            line.bytes().enumerate().skip(body.len()).filter(|(_, octet)| b"|+".contains(octet)).collect();
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
    fn row(&mut self, head: Head, rest: &str, margin: &[(usize, u8)], line: &str) {
        let Some((status, repetitions)) = tail(rest) else {
            self.pending = Some(head);
            return;
        };
        let is_group = matches!(head.kind, MessageRowFactsKind::Group(_));
        let corrected: Vec<(usize, u8)>;
        let margin = match misdrawn(&self.remarks.of, self.tag, head.position) {
            Some(drawing) => {
                corrected = drawing.bytes().enumerate().collect();
                &corrected
            }
            None => margin,
        };
        let aligned = margin.len() == self.open.len() + usize::from(is_group);
        if head.deleted && !aligned {
            return;
        }
        if !aligned {
            self.remarks.add(format!(
                "{}: margin draws {} groups, open are {}: {}",
                self.tag,
                margin.len(),
                self.open.len(),
                line.trim()
            ));
        }
        // A long name shifts its margin to the right; then the order of the lines counts. Where their number is wrong,
        // the columns do.
        let drawn = |index: usize, group: &Open| {
            let by_order = margin.iter().rev().nth(index);
            let by_column = margin.iter().find(|(at, _)| *at == group.column);
            if aligned { by_order } else { by_column }.map(|(_, octet)| *octet)
        };
        while self.open.last().is_some_and(|group| drawn(self.open.len() - 1, group).is_none()) {
            self.open.pop();
        }
        let depth = self.open.iter().filter(|group| group.in_force).count() as u8;
        if !head.deleted {
            let position = head.position.unwrap_or_default();
            self.message.rows.push(MessageRowFacts { position, kind: head.kind, status, repetitions, depth });
        }
        if is_group {
            let column = margin.first().map_or(0, |(column, _)| *column);
            self.open.push(Open { column, in_force: !head.deleted });
        } else {
            while self.open.last().is_some_and(|group| drawn(self.open.len() - 1, group) == Some(b'+')) {
                self.open.pop();
            }
        }
    }

    fn finish(self) {
        if self.pending.is_some() || !self.open.is_empty() || self.message.rows.is_empty() {
            self.remarks.add(format!("{}: the segment table ends early", self.tag));
        }
    }
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
    let (rest, repetitions) = super::text::last_word(text)?;
    let repetitions = repetitions.parse().ok()?;
    let (_, status) = super::text::last_word(rest)?;
    let status = match status {
        "M" | "m" => Status::Mandatory,
        "C" | "c" => Status::Conditional,
        _ => return None,
    };
    Some((status, repetitions))
}
