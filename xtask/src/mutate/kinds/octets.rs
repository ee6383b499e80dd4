//! Damage to the octets: service characters, repertoire, what stands outside, the end.

use std::ops::Range;

use karvan_schema::directory::Repertoire;

use super::super::sample::{Sample, Slot, Written};
use super::{Kind, Mutant, slots, some};

pub(super) const KINDS: &[Kind] = &[
    Kind { name: "outside-repertoire", about: "a character that the repertoire lacks", make: outside_repertoire },
    Kind {
        name: "utf8-undeclared",
        about: "a character in UTF-8 where another repertoire is declared",
        make: utf8_undeclared,
    },
    Kind { name: "control-character", about: "a control character in a value", make: control_character },
    Kind { name: "truncated", about: "the end of the file is cut off inside a segment", make: truncated },
    Kind {
        name: "truncated-between",
        about: "the end of the file is cut off between two segments",
        make: truncated_between,
    },
    Kind { name: "released-end", about: "a release character before the last terminator", make: released_end },
    Kind { name: "released-terminator", about: "a release character before a terminator", make: |s| merged(s, true) },
    Kind { name: "lost-terminator", about: "a terminator is missing", make: |s| merged(s, false) },
    Kind {
        name: "una-two-roles",
        about: "UNA gives one character two roles",
        make: |s| advice(s, 1, s.style.characters.component),
    },
    Kind { name: "una-letter", about: "UNA makes a letter the release character", make: |s| advice(s, 3, b'W') },
    Kind { name: "two-advices", about: "UNA stands twice", make: two_advices },
    Kind { name: "text-before", about: "text stands before the interchange", make: text_before },
    Kind { name: "text-after", about: "text stands after the interchange", make: text_after },
    Kind { name: "byte-order-mark", about: "a byte order mark stands before the interchange", make: byte_order_mark },
    Kind { name: "nul-between", about: "NUL stands between two segments", make: nul_between },
];

/// Values of free text: format an, no code, at least as long as `octets`.
fn texts<'d>(sample: &Sample<'d>, length: usize) -> Vec<Slot<'d>> {
    slots(sample, |slot| {
        let format = slot.is.format();
        !slot.is.is_coded()
            && format.repertoire == Repertoire::Alphanumeric
            && usize::from(format.maximum) >= length.max(9)
    })
}

/// Puts `octets` in the place of the first octet of texts and expects `code` there.
fn spoiled(sample: &Sample<'_>, octets: &[u8], code: &'static str) -> Vec<Mutant> {
    let texts = texts(sample, 0);
    let spoiled = texts.into_iter().map(|slot| {
        let mut changed = sample.clone();
        let value = sample.lines[slot.line].value(slot.element, slot.component);
        changed.lines[slot.line].set(slot.element, slot.component, [octets, &value[1..]].concat());
        let written = changed.write();
        let start = written.spans[slot.line].component(slot.element, 0, slot.component).start;
        let trailer = written.spans.last().map(|spans| spans.tag.clone()).unwrap_or_default();
        // There it is told that the octets of the whole do not look like what UNB declares.
        let mutant = Mutant::new(written).with_consequences(trailer);
        mutant.tells(code, sample.path_to(&slot), start..start + octets.len())
    });
    spoiled.collect()
}

fn outside_repertoire(sample: &Sample<'_>) -> Vec<Mutant> {
    let octets: &[u8] = match sample.style.repertoire {
        "UNOA" => b"e",
        "UNOB" => b"\xE9",
        // Between 80 and 9F ISO 8859-1 has control characters.
        "UNOC" => b"\x84",
        // No octet of UTF-8.
        _ => b"\xFF",
    };
    spoiled(sample, octets, "E1021")
}

fn utf8_undeclared(sample: &Sample<'_>) -> Vec<Mutant> {
    match sample.style.repertoire {
        "UNOY" | "UNOW" => Vec::new(),
        _ => spoiled(sample, "Ü".as_bytes(), "E1021"),
    }
}

fn control_character(sample: &Sample<'_>) -> Vec<Mutant> {
    spoiled(sample, b"\x07", "E1021")
}

/// What the end of the file leaves open, told at the end: the trailers, and what the message still had to have.
fn unended(sample: &Sample<'_>, mutant: Mutant, line: usize) -> Mutant {
    let (end, envelope) = (mutant.octets.len(), sample.envelope());
    let mut mutant = mutant.with_consequences(end..end);
    let open = |header: &str, trailer: &str| {
        let count = |tag: &str| sample.lines[..line].iter().filter(|line| line.tag == tag).count();
        count(header) > count(trailer)
    };
    for (header, trailer) in [(envelope.header, envelope.trailer), ("UNG", "UNE"), (envelope.begin, envelope.end)] {
        if open(header, trailer) {
            mutant = mutant.tells("E1013", trailer, end..end);
        }
    }
    mutant
}

fn truncated(sample: &Sample<'_>) -> Vec<Mutant> {
    let lines = some(sample, sample.body().collect());
    let written = sample.write();
    let cut = lines.into_iter().map(|line| {
        let Range { start, end } = written.spans[line].whole;
        let middle = (start + end) / 2;
        let shorter = Written { octets: written.octets[..middle].to_vec(), spans: Vec::new() };
        unended(sample, Mutant::new(shorter).tells("E1903", "", start..middle), line)
    });
    cut.collect()
}

fn truncated_between(sample: &Sample<'_>) -> Vec<Mutant> {
    let lines = some(sample, sample.body().collect());
    let written = sample.write();
    let cut = lines.into_iter().map(|line| {
        let end = written.spans[line].whole.end;
        let shorter = Written { octets: written.octets[..end].to_vec(), spans: Vec::new() };
        unended(sample, Mutant::new(shorter), line)
    });
    cut.collect()
}

fn released_end(sample: &Sample<'_>) -> Vec<Mutant> {
    let mut written = sample.write();
    let Some(spans) = written.spans.last().map(|spans| spans.whole.clone()) else { return Vec::new() };
    written.octets.insert(spans.end - 1, sample.style.characters.release);
    let whole = spans.start..written.octets.len();
    vec![Mutant::new(written).tells("E1903", "", whole.clone()).with_consequences(whole)]
}

/// Two segments that became one: what they say is lost, and the count of UNT is one too high.
fn merged(sample: &Sample<'_>, released: bool) -> Vec<Mutant> {
    let lines = some(sample, sample.body().filter(|line| !sample.lines[line + 1].is_trailer()).collect());
    let written = sample.write();
    let (element, path) = sample.envelope().trailer_count;
    let merged = lines.into_iter().filter_map(|line| {
        let trailer = (line..sample.lines.len()).find(|&index| sample.lines[index].is_trailer())?;
        let mut octets = written.octets.clone();
        let terminator = written.spans[line].whole.end - 1;
        let shift: isize = if released {
            octets.insert(terminator, sample.style.characters.release);
            1
        } else {
            octets.remove(terminator);
            -1
        };
        let moved =
            |range: Range<usize>| range.start.saturating_add_signed(shift)..range.end.saturating_add_signed(shift);
        let count = moved(written.spans[trailer].component(element, 0, 0));
        // A segment that was swallowed may be missing, and what belonged to its group may have lost its place.
        let lost = written.spans[line].whole.start..moved(written.spans[trailer].tag.clone()).start;
        let changed = Written { octets, spans: Vec::new() };
        Some(Mutant::new(changed).tells("E1029", path, count).with_consequences(lost))
    });
    merged.collect()
}

/// Changes one character of UNA: 0 component, 1 element, 2 decimal, 3 release.
fn advice(sample: &Sample<'_>, place: usize, character: u8) -> Vec<Mutant> {
    if !sample.style.advice {
        return Vec::new();
    }
    let mut written = sample.write();
    let advice = 0.."UNA:+.? '".len();
    written.octets["UNA".len() + place] = character;
    let all = 0..written.octets.len();
    // With another separator nothing is as it was.
    vec![Mutant::new(written).tells("W1020", "", advice).with_consequences(all)]
}

fn two_advices(sample: &Sample<'_>) -> Vec<Mutant> {
    if !sample.style.advice {
        return Vec::new();
    }
    let written = sample.write();
    let octets = [&written.octets[.."UNA:+.? '".len()], &written.octets].concat();
    vec![Mutant::new(Written { octets, spans: Vec::new() }).tells("W1905", "", 0..18)]
}

fn text_before(sample: &Sample<'_>) -> Vec<Mutant> {
    const TEXT: &[u8] = b"FROM MAILBOX 7\r\n";
    let octets = [TEXT, &sample.write().octets].concat();
    vec![Mutant::new(Written { octets, spans: Vec::new() }).tells("W1907", "", 0..TEXT.len())]
}

fn text_after(sample: &Sample<'_>) -> Vec<Mutant> {
    let mut octets = sample.write().octets;
    let start = octets.len();
    octets.extend(b"END OF FILE\r\n");
    let rest = start..octets.len();
    vec![Mutant::new(Written { octets, spans: Vec::new() }).tells("E1033", "", rest)]
}

fn byte_order_mark(sample: &Sample<'_>) -> Vec<Mutant> {
    let octets = [b"\xEF\xBB\xBF", sample.write().octets.as_slice()].concat();
    vec![Mutant::new(Written { octets, spans: Vec::new() }).tells("W1901", "", 0..3)]
}

fn nul_between(sample: &Sample<'_>) -> Vec<Mutant> {
    let lines = some(sample, sample.body().collect());
    let written = sample.write();
    let spoiled = lines.into_iter().map(|line| {
        let mut octets = written.octets.clone();
        let Range { start, end } = written.gap(line);
        octets.insert(end, 0);
        Mutant::new(Written { octets, spans: Vec::new() }).tells("W1021", "", start..end + 1)
    });
    spoiled.collect()
}
