//! Segment and composite directories.

use std::collections::BTreeMap;

use crate::directory::{DirectoryFacts, Format, PartFacts, PartRowFacts, Status};

use super::{
    Remarks,
    lines::{entries, extend, is_composite_tag, is_element_tag, is_segment_tag, last_word, tidy, unmark, word},
};

/// What a segment directory states.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) parts: BTreeMap<String, PartFacts>,
    /// What is stated here and elsewhere too.
    pub(super) restated: Vec<Restated>,
}

/// What a segment or composite says of something that another directory of the release defines.
#[derive(Debug)]
pub(super) enum Restated {
    /// The representation of a data element.
    Format { part: String, element: String, format: Format },
    /// The components of a composite, which segments spell out.
    Composite { segment: String, composite: String, components: Vec<(String, Status)> },
}

impl Restated {
    /// Remarks where it differs from the definition.
    pub(super) fn compare(&self, release: &DirectoryFacts, remarks: &mut Remarks) {
        match self {
            Self::Format { part, element, format } => {
                if let Some(defined) = release.elements.get(element)
                    && defined.format != *format
                {
                    remarks.note(format!(
                        "{part}: {element} is {format} there, {} in the element directory",
                        defined.format
                    ));
                }
            }
            Self::Composite { segment, composite, components } => {
                let Some(defined) = release.composites.get(composite) else { return };
                if !defined
                    .rows
                    .iter()
                    .map(|row| (&row.tag, row.status))
                    .eq(components.iter().map(|row| (&row.0, row.1)))
                {
                    remarks
                        .note(format!("{segment}: {composite} is not spelled out as the composite directory has it"));
                }
            }
        }
    }
}

/// Reads a segment directory or a composite directory.
pub(super) fn parse(lines: &[String], segments: bool, interactive: bool, remarks: &mut Remarks) -> Parts {
    let mut parts = Parts::default();
    // Without positions (D.93A), only the indentation of its name tells a component from an element of the segment.
    let positions = lines.iter().any(|line| line.starts_with("010 "));
    for entry in entries(lines) {
        let is_tag: fn(&str) -> bool = if segments { is_segment_tag } else { is_composite_tag };
        let Some(start) = entry.iter().position(|line| !line.is_empty()) else { continue };
        let (header, marks) = unmark(&entry[start]);
        let (tag, name, spaces) = word(header);
        if !is_tag(tag) || spaces == 0 || marks.contains('-') {
            continue;
        }
        let mut part = PartFacts { name: name.to_owned(), interactive, ..PartFacts::default() };
        let mut lines = entry[start + 1..].iter();
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            extend(&mut part.name, line);
        }
        part.name = tidy(&part.name);
        let mut rows =
            Rows { tag, segments, positions, part: &mut part, out: &mut parts, pending: None, composite: None };
        rows.read(lines, remarks);
        if part.rows.is_empty() {
            remarks.add(format!("{tag}: no data elements"));
        }
        parts.parts.insert(tag.to_owned(), part);
    }
    parts
}

struct Rows<'a> {
    tag: &'a str,
    segments: bool,
    positions: bool,
    part: &'a mut PartFacts,
    out: &'a mut Parts,
    /// A row whose name goes on in the next line.
    pending: Option<Head>,
    /// The composite in the last row of the segment, and its components so far.
    composite: Option<(String, Vec<(String, Status)>)>,
}

struct Head {
    position: Option<u16>,
    tag: String,
    component: bool,
}

impl Rows<'_> {
    fn read<'l>(&mut self, lines: impl Iterator<Item = &'l String>, remarks: &mut Remarks) {
        for line in lines {
            if line.is_empty() {
                self.pending = None;
                continue;
            }
            if let Some(note) = line.split_whitespace().find_map(|word| word.parse().ok()) {
                self.part.dependencies.push(note);
                continue;
            }
            let digits = line.bytes().take_while(u8::is_ascii_digit).count();
            let position = if digits == 3 { line[..3].parse().ok() } else { None };
            let (rest, marks) = unmark(if digits == 3 { &line[3..] } else { line });
            if marks.contains('-') {
                self.pending = None;
                continue;
            }
            let (tag, after, spaces) = word(rest);
            let is_row = self.pending.is_none() && spaces > 0 && (is_composite_tag(tag) || is_element_tag(tag));
            if is_row {
                let component = self.segments && if self.positions { position.is_none() } else { spaces >= 3 };
                let head = Head { position, tag: tag.to_owned(), component };
                self.take(head, after, remarks);
            } else if let Some(head) = self.pending.take() {
                self.take(head, rest, remarks);
            } else if position.is_some() {
                remarks.add(format!("{}: line not understood: {line}", self.tag));
            }
        }
        self.end_composite();
    }

    fn end_composite(&mut self) {
        if let Some((composite, components)) = self.composite.take() {
            let segment = self.tag.to_owned();
            self.out.restated.push(Restated::Composite { segment, composite, components });
        }
    }

    fn take(&mut self, head: Head, rest: &str, remarks: &mut Remarks) {
        let Some(tail) = tail(rest) else {
            self.pending = Some(head);
            return;
        };
        if let Some(format) = tail.format {
            let (part, element) = (self.tag.to_owned(), head.tag.clone());
            self.out.restated.push(Restated::Format { part, element, format });
        }
        if head.component {
            match &mut self.composite {
                Some((_, components)) => components.push((head.tag, tail.status)),
                None => remarks.add(format!("{}: component {} outside a composite", self.tag, head.tag)),
            }
            return;
        }
        self.end_composite();
        if self.segments && is_composite_tag(&head.tag) {
            self.composite = Some((head.tag.clone(), Vec::new()));
        }
        let counted = self.part.rows.len() as u16 * 10 + 10;
        let position = head.position.unwrap_or(counted);
        self.part.rows.push(PartRowFacts {
            position,
            tag: head.tag,
            status: tail.status,
            repetitions: tail.repetitions,
        });
    }
}

/// The right part of a row: status, from D.99B repetitions, and the representation of a simple data element.
struct Tail {
    status: Status,
    repetitions: u16,
    format: Option<Format>,
}

fn tail(text: &str) -> Option<Tail> {
    let (mut rest, mut token) = last_word(text)?;
    let format = token.parse().ok();
    if format.is_some() {
        (rest, token) = last_word(rest)?;
    }
    let mut repetitions = 1;
    if let Ok(number) = token.parse() {
        repetitions = number;
        (_, token) = last_word(rest)?;
    }
    let status = match token {
        "M" => Status::Mandatory,
        "C" => Status::Conditional,
        _ => return None,
    };
    Some(Tail { status, repetitions, format })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, segments: bool) -> (Parts, Remarks) {
        let lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
        let mut remarks = Remarks::default();
        let parts = parse(&lines, segments, false, &mut remarks);
        (parts, remarks)
    }

    fn rows(part: &PartFacts) -> Vec<(u16, &str, char, u16)> {
        part.rows.iter().map(|row| (row.position, row.tag.as_str(), row.status.letter(), row.repetitions)).collect()
    }

    #[test]
    fn segments_with_positions_and_repetitions() {
        let text = "
2.   Segment specifications

----------------------------------------------------------------------

    *  AAA  CAMEL
            DETAILS

       Function: To name a camel.

010    C001 CAMEL NAME                                 M    3
       1000  Name of the camel                         M      an..35
       1001  Code of a name that takes
             two lines                                 C      an..3

020 X  2000 NUMBER OF HUMPS                            C    1 n1

       Dependency note:
    +  020  D5(020,010) If first, then all

----------------------------------------------------------------------

    -  BBB  DELETED

010    2000 NUMBER OF HUMPS                            C    1 n1
";
        let (parts, remarks) = parsed(text, true);
        let camel = &parts.parts["AAA"];
        assert_eq!(camel.name, "CAMEL DETAILS");
        assert_eq!(rows(camel), [(10, "C001", 'M', 3), (20, "2000", 'C', 1)]);
        assert_eq!(camel.dependencies.iter().map(ToString::to_string).collect::<Vec<_>>(), ["D5(020,010)"]);
        assert_eq!(parts.parts.len(), 1);
        assert!(remarks.problems.is_empty(), "{:?}", remarks.problems);
        let components = parts.restated.iter().find_map(|restated| match restated {
            Restated::Composite { components, .. } => {
                Some(components.iter().map(|row| row.0.as_str()).collect::<Vec<_>>())
            }
            Restated::Format { .. } => None,
        });
        assert_eq!(components, Some(vec!["1000", "1001"]));
    }

    #[test]
    fn segments_without_positions_tell_components_by_indentation() {
        let text = "
----------------------------------------------------------------------

  AAA  CAMEL

  C001 CAMEL NAME                                             C
  1000   Name of the camel                                    M an..35

  2000 NUMBER OF HUMPS                                        C n1
";
        let (parts, _) = parsed(text, true);
        assert_eq!(rows(&parts.parts["AAA"]), [(10, "C001", 'C', 1), (20, "2000", 'C', 1)]);
    }
}
