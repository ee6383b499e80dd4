//! The official texts as lines: code page, rules, change marks.

/// The lines of a text, without white space at their ends. Rules and margins, drawn with box characters or with ASCII,
/// come out in ASCII: `-`, `|` and, for every corner, `+`.
pub(super) fn lines(octets: &[u8]) -> Vec<String> {
    // Up to about D.11A the texts are drawn with the box characters of code page 437; what is not ASCII in their words,
    // then and later, was typed under Windows.
    let boxes = octets.windows(2).any(|pair| matches!(pair, [0xC4, 0xC4] | [0xB3, 0xB3]));
    let drawn: Vec<u8> = octets.iter().map(|&octet| if boxes { ascii(octet) } else { octet }).collect();
    let text = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&drawn).0;
    let line = |line: &str| {
        let line = line.trim_end_matches(|letter: char| letter.is_whitespace() || letter == '\u{1a}');
        let mut clean = String::with_capacity(line.len());
        for letter in line.chars() {
            if letter == '\t' {
                let stop = clean.chars().count() / 8 * 8 + 8;
                clean.extend((clean.chars().count()..stop).map(|_| ' '));
            } else {
                clean.push(letter);
            }
        }
        clean
    };
    text.lines().map(line).collect()
}

/// A box character of code page 437 as ASCII.
fn ascii(octet: u8) -> u8 {
    match octet {
        0xC4 => b'-',
        0xB3 => b'|',
        0xB4 | 0xBF | 0xC0..=0xC3 | 0xC5 | 0xD9 | 0xDA => b'+',
        other => other,
    }
}

/// Whether the line is a rule across the page, which stands between entries.
pub(super) fn is_rule(line: &str) -> bool {
    line.len() >= 40 && line.bytes().all(|octet| octet == b'-')
}

/// The entries of a text: what stands after each rule. What stands before the first is no entry, unless there is no rule
/// before it.
pub(super) fn entries(lines: &[String]) -> impl Iterator<Item = &[String]> {
    lines.split(|line| is_rule(line)).filter(|entry| entry.iter().any(|line| !line.is_empty()))
}

/// A line without the change marks before its tag, and the marks.
///
/// Marks are `+`, `*`, `#`, `|`, `-`, `X` and `S`; only `-`, a deletion, changes what is in force. The letters are marks
/// only where a space or another mark follows.
pub(super) fn unmark(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let mut rest = text;
    while let Some(after) = rest.strip_prefix(['+', '*', '#', '|', '-', 'X', 'S']) {
        if rest.starts_with(['X', 'S']) && !after.starts_with([' ', '+', '*', '#', '|', '-']) {
            break;
        }
        rest = after;
    }
    (rest.trim_start(), &text[..text.len() - rest.len()])
}

/// Cuts the first word off, and says how many spaces follow it.
pub(super) fn word(text: &str) -> (&str, &str, usize) {
    let text = text.trim_start();
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let trimmed = rest.trim_start();
    let spaces = if trimmed.is_empty() { 0 } else { rest.len() - trimmed.len() + 1 };
    (word, trimmed, spaces)
}

/// Cuts the last word off.
pub(super) fn last_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_end();
    let (rest, word) = text.rsplit_once(' ').unwrap_or(("", text));
    (!word.is_empty()).then_some((rest.trim_end(), word))
}

/// Appends a further line of a wrapped name.
pub(super) fn extend(name: &mut String, more: &str) {
    let more = more.trim();
    if !more.is_empty() {
        if !name.is_empty() && !name.ends_with('-') {
            name.push(' ');
        }
        name.push_str(more);
    }
}

/// A short name as it is kept: single spaces, no usage mark (`[B]`, `[I]`, `[C]`) at the end.
#[must_use]
pub fn tidy(name: &str) -> String {
    let name = name.trim();
    let name = ["[B]", "[I]", "[C]"].iter().find_map(|mark| name.strip_suffix(mark)).unwrap_or(name);
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the text is the tag of a segment.
pub(super) fn is_segment_tag(text: &str) -> bool {
    let octets = text.as_bytes();
    octets.len() == 3
        && octets[0].is_ascii_uppercase()
        && octets.iter().all(|o| o.is_ascii_uppercase() || o.is_ascii_digit())
}

/// Whether the text is the tag of a composite: a letter and three digits.
#[must_use]
pub fn is_composite_tag(text: &str) -> bool {
    text.len() == 4 && text.starts_with(['C', 'E', 'S']) && text.bytes().skip(1).all(|octet| octet.is_ascii_digit())
}

/// Whether the text is the tag of a simple data element: four digits.
pub(super) fn is_element_tag(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|octet| octet.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn box_characters_become_ascii() {
        assert_eq!(lines(b"\xC4\xC4\xC4 5\xC4\xC1\xD9\r\n \xB3 \x1a"), ["--- 5-++", " |"]);
        assert_eq!(lines(b"Caf\xE9"), ["Café"]);
        assert_eq!(lines(b"\xC4\xC4 Caf\xE9"), ["-- Café"]);
    }

    #[test]
    fn change_marks_are_told_from_tags() {
        assert_eq!(unmark("*# NAD  NAME"), ("NAD  NAME", "*#"));
        assert_eq!(unmark(" X GIS General"), ("GIS General", "X"));
        assert_eq!(unmark("X|TDT  NAME"), ("TDT  NAME", "X|"));
        assert_eq!(unmark("XYZ name"), ("XYZ name", ""));
        assert_eq!(unmark("----- Segment group 2 --"), ("Segment group 2 --", "-----"));
    }
}
