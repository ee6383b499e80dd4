//! Damage to the envelope: counts, references, headers and trailers.

use super::super::sample::{Line, Sample, Written};
use super::{Kind, Mutant};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "unt-count",
        about: "UNT counts one segment too many",
        make: |s| count(s, s.envelope().trailer, s.envelope().trailer_count),
    },
    Kind { name: "une-count", about: "UNE counts one message too many", make: |s| count(s, "UNE", (0, "UNE/0060")) },
    Kind {
        name: "unz-count",
        about: "UNZ counts one message or group too many",
        make: |s| count(s, s.envelope().end, s.envelope().end_count),
    },
    Kind {
        name: "unt-reference",
        about: "UNT has another reference than UNH",
        make: |s| reference(s, s.envelope().trailer, s.envelope().trailer_reference),
    },
    Kind {
        name: "une-reference",
        about: "UNE has another reference than UNG",
        make: |s| reference(s, "UNE", (1, "UNE/0048")),
    },
    Kind {
        name: "unz-reference",
        about: "UNZ has another reference than UNB",
        make: |s| reference(s, s.envelope().end, s.envelope().end_reference),
    },
    Kind {
        name: "unp-reference",
        about: "UNP has another reference than UNO",
        make: |s| reference(s, "UNP", (1, "UNP/0800")),
    },
    Kind { name: "package-length", about: "UNO and UNP say that the object is longer", make: package_length },
    Kind { name: "unp-length", about: "UNP says another length than UNO", make: unp_length },
    Kind { name: "duplicate-message", about: "two messages have one reference", make: duplicate_message },
    Kind { name: "duplicate-group", about: "two groups have one reference", make: duplicate_group },
    Kind { name: "duplicate-interchange", about: "the same interchange comes twice", make: duplicate_interchange },
    Kind { name: "missing-unb", about: "UNB is missing", make: missing_unb },
    Kind { name: "missing-unh", about: "UNH of the second message is missing", make: missing_unh },
    Kind { name: "missing-unt", about: "UNT of the first message is missing", make: missing_unt },
    Kind { name: "missing-une", about: "UNE is missing", make: missing_une },
    Kind { name: "missing-ung", about: "UNG is missing", make: missing_ung },
    Kind { name: "missing-unp", about: "UNP is missing", make: missing_unp },
    Kind { name: "missing-unz", about: "UNZ is missing", make: missing_unz },
    Kind { name: "message-after-unz", about: "a message follows UNZ", make: message_after_unz },
    Kind { name: "between-messages", about: "a segment stands between two messages", make: between_messages },
    Kind { name: "empty-interchange", about: "the interchange holds nothing", make: empty_interchange },
    Kind { name: "empty-group", about: "the group holds nothing", make: empty_group },
    Kind { name: "mixed", about: "a message follows a group", make: mixed },
    Kind { name: "unknown-repertoire", about: "UNB names a repertoire that is none", make: unknown_repertoire },
    Kind { name: "unknown-syntax-version", about: "UNB names a syntax version that is none", make: unknown_version },
    Kind { name: "unb-missing-sender", about: "UNB lacks its sender", make: missing_sender },
    Kind { name: "unb-too-long", about: "the reference of UNB and UNZ is too long", make: long_reference },
    Kind { name: "unb-invalid-date", about: "the date of UNB has a letter", make: invalid_date },
    Kind { name: "unb-short-time", about: "the time of UNB has three digits", make: short_time },
    Kind { name: "unb-too-many", about: "UNB has more data elements than its directory", make: unb_too_many },
    Kind {
        name: "unknown-message",
        about: "UNH names a message that no directory has",
        make: |s| unknown(s, 0, "QQQQQQ"),
    },
    Kind {
        name: "unknown-release",
        about: "UNH names a release that there is none of",
        make: |s| unknown(s, 2, "11Z"),
    },
    Kind { name: "unknown-agency", about: "UNH names an agency other than the UN", make: |s| unknown(s, 3, "QQ") },
    Kind { name: "unh-missing-release", about: "UNH lacks the release", make: missing_release },
];

/// A copy whose trailers count right again.
fn recounted<'d>(sample: &Sample<'d>, change: impl FnOnce(&mut Sample<'d>)) -> (Sample<'d>, Written) {
    let mut changed = sample.clone();
    change(&mut changed);
    changed.recount();
    let written = changed.write();
    (changed, written)
}

fn count(sample: &Sample<'_>, tag: &str, (element, path): (usize, &str)) -> Vec<Mutant> {
    let lines: Vec<usize> = sample.all(tag).collect();
    let wrong = lines.into_iter().map(|line| {
        let mut changed = sample.clone();
        let count: u32 = String::from_utf8_lossy(sample.lines[line].value(element, 0)).parse().unwrap_or_default();
        changed.lines[line].set(element, 0, (count + 1).to_string());
        let written = changed.write();
        let span = written.spans[line].component(element, 0, 0);
        Mutant::new(written).tells("E1029", path, span)
    });
    wrong.collect()
}

fn reference(sample: &Sample<'_>, tag: &str, (element, path): (usize, &str)) -> Vec<Mutant> {
    let lines: Vec<usize> = sample.all(tag).collect();
    let wrong = lines.into_iter().map(|line| {
        let mut changed = sample.clone();
        changed.lines[line].set(element, 0, "OTHER");
        let written = changed.write();
        let span = written.spans[line].component(element, 0, 0);
        Mutant::new(written).tells("E1028", path, span)
    });
    wrong.collect()
}

fn package_length(sample: &Sample<'_>) -> Vec<Mutant> {
    let (Some(header), Some(trailer)) = (sample.last("UNO"), sample.last("UNP")) else { return Vec::new() };
    let mut changed = sample.clone();
    let length = (sample.lines[header].object.len() + 3).to_string();
    changed.lines[header].set(3, 0, length.clone());
    changed.lines[trailer].set(0, 0, length);
    let written = changed.write();
    let package = written.reach(header, trailer);
    vec![Mutant::new(written).tells("E1029", "UNO/S022/0810", package)]
}

fn unp_length(sample: &Sample<'_>) -> Vec<Mutant> {
    let Some(trailer) = sample.last("UNP") else { return Vec::new() };
    let mut changed = sample.clone();
    changed.lines[trailer].set(0, 0, "7");
    let written = changed.write();
    let span = written.spans[trailer].component(0, 0, 0);
    vec![Mutant::new(written).tells("E1029", "UNP/0810", span)]
}

fn duplicate_message(sample: &Sample<'_>) -> Vec<Mutant> {
    let envelope = sample.envelope();
    let (Some(header), Some(trailer)) = (sample.last(envelope.header), sample.last(envelope.trailer)) else {
        return Vec::new();
    };
    let (element, path) = envelope.header_reference;
    let mut changed = sample.clone();
    changed.lines[header].set(element, 0, "M1");
    changed.lines[trailer].set(envelope.trailer_reference.0, 0, "M1");
    let written = changed.write();
    let span = written.spans[header].component(element, 0, 0);
    vec![Mutant::new(written).tells("E1026", path, span)]
}

fn duplicate_group(sample: &Sample<'_>) -> Vec<Mutant> {
    let (Some(header), Some(trailer)) = (sample.last("UNG"), sample.last("UNE")) else { return Vec::new() };
    let (changed, written) = recounted(sample, |changed| {
        let mut group = sample.lines[header..=trailer].to_vec();
        for line in group.iter_mut() {
            let place = match line.tag.as_str() {
                "UNH" => 0,
                "UNT" => 1,
                _ => continue,
            };
            let reference = [line.value(place, 0), b"B"].concat();
            line.set(place, 0, reference);
        }
        changed.lines.splice(trailer + 1..trailer + 1, group);
    });
    let Some(second) = changed.last("UNG") else { return Vec::new() };
    let span = written.spans[second].component(4, 0, 0);
    vec![Mutant::new(written).tells("E1026", "UNG/0048", span)]
}

fn duplicate_interchange(sample: &Sample<'_>) -> Vec<Mutant> {
    let mut changed = sample.clone();
    changed.lines.extend(sample.lines.iter().cloned());
    let Some(second) = changed.last("UNB") else { return Vec::new() };
    let written = changed.write();
    let span = written.spans[second].component(4, 0, 0);
    vec![Mutant::new(written).tells("E1026", "UNB/0020", span)]
}

fn missing_unb(sample: &Sample<'_>) -> Vec<Mutant> {
    let begin = sample.envelope().begin;
    let mut changed = sample.clone();
    changed.lines.remove(0);
    let written = changed.write();
    let gap = 0..written.spans[0].whole.start;
    let trailer = written.spans[changed.lines.len() - 1].tag.clone();
    // UNB says by which syntax version the date of UNG is written.
    let next = written.spans[0].whole.clone();
    // An interchange may do without UNB and UNZ where partners agreed so; UNZ shows that it does not.
    let mutant = Mutant::new(written).tells("W1913", begin, gap).tells("E1013", begin, trailer);
    vec![mutant.with_consequences(next)]
}

fn missing_unh(sample: &Sample<'_>) -> Vec<Mutant> {
    let envelope = sample.envelope();
    let Some(header) = sample.last(envelope.header) else { return Vec::new() };
    let (changed, written) = recounted(sample, |changed| drop(changed.lines.remove(header)));
    let Some(trailer) = changed.last(envelope.trailer) else { return Vec::new() };
    // What is left of the message stands outside any, which is told once.
    let (orphan, end) = (written.spans[header].tag.clone(), written.spans[trailer].tag.clone());
    let first = changed.lines[header].tag.clone();
    vec![Mutant::new(written).tells("E1033", first, orphan).tells("E1013", envelope.header, end)]
}

fn missing_unt(sample: &Sample<'_>) -> Vec<Mutant> {
    let tag = sample.envelope().trailer;
    let Some(trailer) = sample.all(tag).next() else { return Vec::new() };
    let (_, written) = recounted(sample, |changed| drop(changed.lines.remove(trailer)));
    let gap = written.gap(trailer);
    vec![Mutant::new(written).tells("E1013", tag, gap)]
}

fn missing_une(sample: &Sample<'_>) -> Vec<Mutant> {
    let Some(trailer) = sample.last("UNE") else { return Vec::new() };
    let mut changed = sample.clone();
    changed.lines.remove(trailer);
    let written = changed.write();
    let gap = written.gap(trailer);
    vec![Mutant::new(written).tells("E1013", "UNE", gap)]
}

fn missing_ung(sample: &Sample<'_>) -> Vec<Mutant> {
    let Some(header) = sample.last("UNG") else { return Vec::new() };
    let (changed, written) = recounted(sample, |changed| drop(changed.lines.remove(header)));
    let Some(trailer) = changed.last("UNE") else { return Vec::new() };
    let span = written.spans[trailer].tag.clone();
    vec![Mutant::new(written).tells("E1033", "UNE", span)]
}

fn missing_unp(sample: &Sample<'_>) -> Vec<Mutant> {
    let Some(trailer) = sample.last("UNP") else { return Vec::new() };
    let mut changed = sample.clone();
    changed.lines.remove(trailer);
    let written = changed.write();
    // Without its trailer the object may be all that follows.
    let rest = written.spans[trailer - 1].whole.end..written.octets.len();
    vec![Mutant::new(written).tells("E1013", "UNP", rest.clone()).with_consequences(rest)]
}

fn missing_unz(sample: &Sample<'_>) -> Vec<Mutant> {
    let mut changed = sample.clone();
    changed.lines.pop();
    let written = changed.write();
    let gap = written.gap(changed.lines.len());
    vec![Mutant::new(written).tells("E1013", sample.envelope().end, gap)]
}

fn message_after_unz(sample: &Sample<'_>) -> Vec<Mutant> {
    let (Some(header), Some(trailer)) = (sample.last("UNH"), sample.last("UNT")) else { return Vec::new() };
    let mut changed = sample.clone();
    let at = changed.lines.len();
    changed.lines.extend(sample.lines[header..=trailer].iter().cloned());
    changed.lines[at].set(0, 0, "M3");
    let last = changed.lines.len() - 1;
    changed.lines[last].set(1, 0, "M3");
    let written = changed.write();
    let gap = written.gap(at);
    vec![Mutant::new(written).tells("E1013", "UNB", gap)]
}

fn between_messages(sample: &Sample<'_>) -> Vec<Mutant> {
    let Some(header) = sample.last(sample.envelope().header) else { return Vec::new() };
    let mut changed = sample.clone();
    changed.lines.insert(header, Line::parse("FTX+AAI+++LOST"));
    let written = changed.write();
    let span = written.spans[header].tag.clone();
    vec![Mutant::new(written).tells("E1033", "FTX", span)]
}

fn empty_interchange(sample: &Sample<'_>) -> Vec<Mutant> {
    // A side of a dialogue may have nothing to say.
    if sample.is_interactive() {
        return Vec::new();
    }
    let (_, written) = recounted(sample, |changed| {
        changed.lines.retain(|line| matches!(line.tag.as_str(), "UNB" | "UNZ" | "UIB" | "UIZ"));
    });
    let span = written.spans[1].tag.clone();
    vec![Mutant::new(written).tells("E1032", sample.envelope().end, span)]
}

fn empty_group(sample: &Sample<'_>) -> Vec<Mutant> {
    let (Some(header), Some(trailer)) = (sample.last("UNG"), sample.last("UNE")) else { return Vec::new() };
    let (_, written) = recounted(sample, |changed| drop(changed.lines.drain(header + 1..trailer)));
    let span = written.spans[header + 1].tag.clone();
    vec![Mutant::new(written).tells("E1032", "UNE", span)]
}

fn mixed(sample: &Sample<'_>) -> Vec<Mutant> {
    let (Some(header), Some(end), Some(trailer)) = (sample.last("UNH"), sample.last("UNT"), sample.last("UNE")) else {
        return Vec::new();
    };
    // The second message moves behind the group.
    let (changed, written) = recounted(sample, |changed| {
        let message: Vec<Line> = changed.lines.drain(header..=end).collect();
        let at = trailer + 1 - message.len();
        changed.lines.splice(at..at, message);
    });
    let Some(header) = changed.last("UNH") else { return Vec::new() };
    let span = written.spans[header].tag.clone();
    vec![Mutant::new(written).tells("E1030", "UNH", span)]
}

/// A copy with one value of UNB changed.
fn with_header(sample: &Sample<'_>, element: usize, component: usize, value: &str) -> Written {
    let mut changed = sample.clone();
    changed.lines[0].set(element, component, value);
    changed.write()
}

fn unknown_repertoire(sample: &Sample<'_>) -> Vec<Mutant> {
    let written = with_header(sample, 0, 0, "UNOQ");
    let span = written.spans[0].component(0, 0, 0);
    vec![Mutant::new(written).tells("E1046", format!("{}/S001", sample.envelope().begin), span)]
}

fn unknown_version(sample: &Sample<'_>) -> Vec<Mutant> {
    let written = with_header(sample, 0, 1, "9");
    let span = written.spans[0].component(0, 0, 1);
    // By which rules the rest is read is not known.
    let all = 0..written.octets.len();
    vec![
        Mutant::new(written)
            .tells("E1002", format!("{}/S001/0002", sample.envelope().begin), span)
            .with_consequences(all),
    ]
}

fn missing_sender(sample: &Sample<'_>) -> Vec<Mutant> {
    if sample.is_interactive() {
        return Vec::new();
    }
    let mut changed = sample.clone();
    changed.lines[0].elements[1] = vec![vec![Vec::new()]];
    let written = changed.write();
    let span = written.spans[0].element(1);
    vec![Mutant::new(written).tells("E1013", format!("{}/S002", sample.path(0)), span)]
}

fn long_reference(sample: &Sample<'_>) -> Vec<Mutant> {
    if sample.is_interactive() {
        return Vec::new();
    }
    let mut changed = sample.clone();
    let last = changed.lines.len() - 1;
    changed.lines[0].set(4, 0, "ABCDEFGH1234567");
    changed.lines[last].set(1, 0, "ABCDEFGH1234567");
    let written = changed.write();
    let (header, trailer) = (written.spans[0].component(4, 0, 0), written.spans[last].component(1, 0, 0));
    vec![
        Mutant::new(written)
            .tells("E1039", format!("{}/0020", sample.path(0)), header)
            .tells("E1039", "UNZ/0020", trailer),
    ]
}

fn invalid_date(sample: &Sample<'_>) -> Vec<Mutant> {
    if sample.is_interactive() {
        return Vec::new();
    }
    let written = with_header(sample, 3, 0, if sample.style.version > 3 { "2026112X" } else { "26112X" });
    let span = written.spans[0].component(3, 0, 0);
    vec![Mutant::new(written).tells("E1037", format!("{}/S004/0017", sample.path(0)), span)]
}

fn short_time(sample: &Sample<'_>) -> Vec<Mutant> {
    if sample.is_interactive() {
        return Vec::new();
    }
    let written = with_header(sample, 3, 1, "915");
    let span = written.spans[0].component(3, 0, 1);
    vec![Mutant::new(written).tells("E1040", format!("{}/S004/0019", sample.path(0)), span)]
}

fn unb_too_many(sample: &Sample<'_>) -> Vec<Mutant> {
    let Some(allowed) = sample.segment(0).map(|segment| segment.rows().len()) else { return Vec::new() };
    let written = with_header(sample, allowed, 0, "X");
    let span = written.spans[0].element(allowed);
    vec![Mutant::new(written).tells("E1016", sample.path(0), span)]
}

/// Changes a component of the message identifier, numbered as in UNH.
fn unknown(sample: &Sample<'_>, component: usize, value: &str) -> Vec<Mutant> {
    let Some(header) = sample.last(sample.envelope().header) else { return Vec::new() };
    let (element, path) = sample.envelope().identifier;
    // In UIH the sub-function stands before the agency.
    let component = if sample.is_interactive() && component == 3 { 4 } else { component };
    let mut changed = sample.clone();
    changed.lines[header].set(element, component, value);
    let written = changed.write();
    let span = written.spans[header].element(element);
    vec![Mutant::new(written).tells("E1017", path, span)]
}

fn missing_release(sample: &Sample<'_>) -> Vec<Mutant> {
    let Some(header) = sample.last(sample.envelope().header) else { return Vec::new() };
    let (element, identifier) = sample.envelope().identifier;
    let composite = identifier.rsplit('/').next().unwrap_or_default();
    let mut changed = sample.clone();
    changed.lines[header].set(element, 2, "");
    let written = changed.write();
    let span = written.spans[header].component(element, 0, 2);
    let whole = written.spans[header].element(element);
    let path = format!("{}/{composite}/0054", sample.path(header));
    vec![Mutant::new(written).tells("E1013", path, span).with_consequences(whole)]
}
