//! Damage to the order of segments and groups.

use std::ops::Range;

use karvan_schema::directory::MessageRow;

use super::super::sample::{Line, Sample};
use super::{Kind, Mutant, some};

pub(super) const KINDS: &[Kind] = &[
    Kind { name: "missing-segment", about: "a mandatory segment is missing", make: missing_segment },
    Kind { name: "missing-group", about: "a mandatory segment group is missing", make: missing_group },
    Kind { name: "empty-message", about: "a message has no segments between UNH and UNT", make: empty_message },
    Kind { name: "unknown-segment", about: "a segment that no directory has", make: |s| foreign(s, "QQQ+1") },
    Kind { name: "lower-case-tag", about: "the tag of a segment in small letters", make: lower_case_tag },
    Kind { name: "foreign-segment", about: "a segment of the directory that the message lacks", make: foreign_segment },
    Kind { name: "misplaced-segment", about: "a segment stands a second time, at the end", make: misplaced_segment },
    Kind { name: "swapped-segments", about: "the first segment of the message stands second", make: swapped_segments },
    Kind { name: "too-many-segments", about: "a segment stands more often than allowed", make: too_many_segments },
    Kind { name: "too-many-groups", about: "a segment group stands more often than allowed", make: too_many_groups },
];

/// Most repetitions that are written out to go over a limit.
const WRITTEN_OUT: u32 = 99;

fn row<'d>(sample: &Sample<'d>, line: usize) -> Option<MessageRow<'d>> {
    sample.message.row(sample.lines[line].row?)
}

/// Whether the line is the first of an instance of a group.
fn is_trigger(sample: &Sample<'_>, line: usize) -> bool {
    let row = row(sample, line);
    row.and_then(|row| Some((row, row.parent()?))).is_some_and(|(row, parent)| row.index() == parent.index() + 1)
}

/// The line of the message that `line` stands in, by its UNH.
fn header_of(sample: &Sample<'_>, line: usize) -> usize {
    sample.lines[..=line].iter().rposition(Line::is_header).unwrap_or_default()
}

/// The first line after `line` that does not stand in the same instance of its innermost group.
fn end_of_instance(sample: &Sample<'_>, line: usize) -> usize {
    let groups = &sample.lines[line].groups;
    let stays = |index: &usize| {
        let other = &sample.lines[*index];
        !other.is_trailer()
            && other.groups.starts_with(groups.as_str())
            && !(other.groups == *groups && is_trigger(sample, *index))
    };
    (line + 1..sample.lines.len()).find(|index| !stays(index)).unwrap_or(sample.lines.len())
}

/// The first line of the instance of the innermost group in which `line` stands; on the top level, UNH.
fn start_of_instance(sample: &Sample<'_>, line: usize) -> usize {
    let groups = &sample.lines[line].groups;
    if groups.is_empty() {
        return header_of(sample, line);
    }
    (0..=line).rev().find(|&index| sample.lines[index].groups == *groups && is_trigger(sample, index)).unwrap_or(line)
}

/// Whether another line of the same instance fills the same row.
fn row_stands_again(sample: &Sample<'_>, line: usize) -> bool {
    let (start, end) = (start_of_instance(sample, line), end_of_instance(sample, line));
    let same = |index: &usize| *index != line && sample.lines[*index].row == sample.lines[line].row;
    (start..end).any(|index| same(&index))
}

/// Whether a later row could take a segment with the tag of `row` that came after it: in its own level, or in a level
/// around it.
fn taken_elsewhere(row: MessageRow<'_>, message: &Sample<'_>) -> bool {
    let tag = row.trigger();
    let mut at = Some(row);
    while let Some(inner) = at {
        let parent = inner.parent();
        let level = |other: &MessageRow<'_>| other.parent().map(MessageRow::index) == parent.map(MessageRow::index);
        let later = |other: &MessageRow<'_>| other.index() > inner.index() && other.trigger() == tag;
        if message.message.rows().any(|other| level(&other) && later(&other)) {
            return true;
        }
        if parent.is_some_and(|parent| parent.trigger() == tag) {
            return true;
        }
        at = parent;
    }
    false
}

fn missing_segment(sample: &Sample<'_>) -> Vec<Mutant> {
    let mandatory = |line: &usize| {
        let own = row(sample, *line).filter(|row| row.status().is_mandatory());
        own.is_some_and(|own| !is_trigger(sample, *line) && !taken_elsewhere(own, sample))
            && !row_stands_again(sample, *line)
    };
    let lines = some(sample, sample.body().filter(mandatory).collect());
    lines.into_iter().map(|line| missing(sample, line..line + 1, sample.plain_path(line))).collect()
}

fn missing_group(sample: &Sample<'_>) -> Vec<Mutant> {
    let mandatory = |line: &usize| {
        let group = row(sample, *line).and_then(|row| row.parent()).filter(|group| group.status().is_mandatory());
        is_trigger(sample, *line) && group.is_some_and(|group| !taken_elsewhere(group, sample)) && alone(sample, *line)
    };
    let lines = some(sample, sample.body().filter(mandatory).collect());
    let path = |line: usize| sample.lines[line].groups.trim_end_matches('/').to_owned();
    lines.into_iter().map(|line| missing(sample, sample.group_from(line), path(line))).collect()
}

/// The sample without these lines, which had to be there.
fn missing(sample: &Sample<'_>, lines: Range<usize>, path: String) -> Mutant {
    let mut changed = sample.clone();
    changed.lines.drain(lines.clone());
    changed.recount();
    let written = changed.write();
    // Where the missing one should have stood is known at the latest where the next one stands …
    let gap = written.gap(lines.start);
    if !next_is_taken_before(sample, &lines) {
        return Mutant::new(written).tells("E2013", path, gap);
    }
    // … but for a next one that an earlier row takes: the standard's way of reading goes on there.
    let trailer = (lines.start..changed.lines.len()).find(|&index| changed.lines[index].is_trailer());
    let rest = gap.start..trailer.map_or(written.octets.len(), |trailer| written.spans[trailer].whole.start);
    Mutant::new(written).tells("E2013", path, rest.clone()).with_consequences(rest)
}

/// Whether a row that is open before `lines` takes what follows them, though it was meant for a later one.
fn next_is_taken_before(sample: &Sample<'_>, lines: &Range<usize>) -> bool {
    let next = sample.lines[lines.end].tag.as_str();
    let removed = sample.lines[lines.start].row.unwrap_or_default();
    let mut at = row(sample, lines.start - 1);
    while let Some(open) = at {
        let parent = open.parent();
        let level = |other: &MessageRow<'_>| other.parent().map(MessageRow::index) == parent.map(MessageRow::index);
        let between = |other: &MessageRow<'_>| other.index() >= open.index() && other.index() < removed;
        let takes = |other: &MessageRow<'_>| level(other) && between(other) && other.trigger() == Some(next);
        if sample.message.rows().any(|other| takes(&other) && other.index() + 1 != removed) {
            return true;
        }
        at = parent;
    }
    false
}

/// Whether no other instance of the group stands beside the one that `line` begins.
fn alone(sample: &Sample<'_>, line: usize) -> bool {
    let Some((outer, _)) = sample.lines[line].groups.trim_end_matches('/').rsplit_once('/').or(Some(("", ""))) else {
        return false;
    };
    let other = |index: &usize| *index != line && sample.lines[*index].row == sample.lines[line].row;
    let inside = |index: &usize| {
        let (from, to) = if *index < line { (*index, line) } else { (line, *index) };
        // No trigger of the outer group, and no UNH, between the two.
        sample.lines[from + 1..=to].iter().enumerate().all(|(offset, between)| {
            !between.is_header()
                && (outer.is_empty()
                    || !(between.groups.trim_end_matches('/') == outer && is_trigger(sample, from + 1 + offset)))
        })
    };
    !sample.body().any(|index| other(&index) && inside(&index))
}

fn empty_message(sample: &Sample<'_>) -> Vec<Mutant> {
    let (Some(header), Some(trailer)) = (sample.last(sample.envelope().header), sample.last(sample.envelope().trailer))
    else {
        return Vec::new();
    };
    let mut changed = sample.clone();
    changed.lines.drain(header + 1..trailer);
    changed.recount();
    let written = changed.write();
    let gap = written.gap(header + 1);
    let mut mutant = Mutant::new(written);
    for row in sample.message.rows().filter(|row| row.parent().is_none() && row.status().is_mandatory()) {
        let name = row.group().map_or_else(|| row.tag().unwrap_or_default().to_owned(), |number| format!("SG{number}"));
        if name != sample.envelope().header && name != sample.envelope().trailer {
            mutant = mutant.tells("E2013", name, gap.clone());
        }
    }
    vec![mutant]
}

/// A segment that has no place, put before every few segments of the body.
fn foreign(sample: &Sample<'_>, text: &str) -> Vec<Mutant> {
    let line = Line::parse(text);
    let lines = some(sample, sample.body().collect());
    let inserted = lines.into_iter().map(|at| {
        let mut changed = sample.clone();
        changed.lines.insert(at, line.clone());
        changed.recount();
        let written = changed.write();
        let span = written.spans[at].tag.clone();
        Mutant::new(written).tells("E2015", line.tag.clone(), span)
    });
    inserted.collect()
}

fn foreign_segment(sample: &Sample<'_>) -> Vec<Mutant> {
    // A segment of the directory that the message has no row for, with sound content: a value for each mandatory place.
    let candidates = ["DSI+A", "EQN+1", "GOR+1", "CNI+1", "STG+6", "EMP+1", "PRC+1", "QVR+1"];
    let fits = |text: &&str| {
        let line = Line::parse(text);
        let known = sample.message.directory().segment(&line.tag).is_some();
        known && !sample.message.rows().any(|row| row.tag() == Some(line.tag.as_str()))
    };
    candidates.iter().find(|text| fits(text)).map_or_else(Vec::new, |text| foreign(sample, text))
}

fn lower_case_tag(sample: &Sample<'_>) -> Vec<Mutant> {
    let optional = |line: &usize| row(sample, *line).is_some_and(|row| !row.status().is_mandatory());
    let Some(line) = sample.body().find(optional) else { return Vec::new() };
    let mut changed = sample.clone();
    let tag = changed.lines[line].tag.to_lowercase();
    changed.lines[line].tag.clone_from(&tag);
    let written = changed.write();
    let span = written.spans[line].tag.clone();
    let mutant = Mutant::new(written);
    // Small letters are not in level A either.
    let told = if sample.style.repertoire == "UNOA" { mutant.clone().with_consequences(span.clone()) } else { mutant };
    vec![told.tells("E2015", tag, span)]
}

fn misplaced_segment(sample: &Sample<'_>) -> Vec<Mutant> {
    let top = |line: &usize| sample.lines[*line].groups.is_empty();
    // One that the message knows in one place only, which lies before the last.
    let once = |line: &usize| {
        let tag = sample.lines[*line].tag.as_str();
        sample.message.rows().filter(|row| row.tag() == Some(tag)).count() == 1
    };
    let last_row = sample.body().filter_map(|line| sample.lines[line].row).max();
    let before_last = |line: &usize| sample.lines[*line].row < last_row;
    let lines = some(sample, sample.body().filter(|line| top(line) && once(line) && before_last(line)).collect());
    let misplaced = lines.into_iter().filter_map(|line| {
        let end = (line..sample.lines.len()).find(|&index| sample.lines[index].is_trailer())?;
        let mut changed = sample.clone();
        changed.lines.insert(end, sample.lines[line].clone());
        changed.recount();
        let written = changed.write();
        let span = written.spans[end].tag.clone();
        Some(Mutant::new(written).tells("E2015", sample.lines[line].tag.clone(), span))
    });
    misplaced.collect()
}

fn swapped_segments(sample: &Sample<'_>) -> Vec<Mutant> {
    let Some(first) = sample.last(sample.envelope().header).map(|header| header + 1) else { return Vec::new() };
    let (one, two) = (&sample.lines[first], &sample.lines[first + 1]);
    if one.tag == two.tag || !two.groups.is_empty() {
        return Vec::new();
    }
    let mut changed = sample.clone();
    changed.lines.swap(first, first + 1);
    let written = changed.write();
    let (gap, span) = (written.gap(first), written.spans[first + 1].tag.clone());
    let mutant = Mutant::new(written).tells("E2015", one.tag.clone(), span);
    let mandatory = row(sample, first).is_some_and(|row| row.status().is_mandatory());
    vec![if mandatory { mutant.tells("E2013", one.tag.clone(), gap) } else { mutant }]
}

fn too_many_segments(sample: &Sample<'_>) -> Vec<Mutant> {
    let limited = |line: &usize| {
        let own = row(sample, *line).filter(|row| row.repetitions() <= WRITTEN_OUT);
        let next_differs = sample.lines[*line].row != sample.lines[*line + 1].row;
        own.is_some_and(|own| !is_trigger(sample, *line) && next_differs && !taken_elsewhere(own, sample))
    };
    let lines = some(sample, sample.body().filter(limited).collect());
    let excessive = lines.into_iter().filter_map(|line| {
        let allowed = row(sample, line)?.repetitions() as usize;
        let first = (0..=line).rev().take_while(|&index| sample.lines[index].row == sample.lines[line].row).last()?;
        let there = line + 1 - first;
        let mut changed = sample.clone();
        let more = std::iter::repeat_n(sample.lines[line].clone(), allowed + 1 - there);
        changed.lines.splice(line + 1..line + 1, more);
        changed.recount();
        let written = changed.write();
        let span = written.spans[first + allowed].tag.clone();
        Some(Mutant::new(written).tells("E2035", sample.plain_path(line), span))
    });
    excessive.collect()
}

fn too_many_groups(sample: &Sample<'_>) -> Vec<Mutant> {
    let limited = |line: &usize| {
        let group = row(sample, *line).and_then(|row| row.parent()).filter(|group| group.repetitions() <= WRITTEN_OUT);
        is_trigger(sample, *line) && group.is_some_and(|group| !taken_elsewhere(group, sample)) && alone(sample, *line)
    };
    let lines = some(sample, sample.body().filter(limited).collect());
    let excessive = lines.into_iter().filter_map(|line| {
        let allowed = row(sample, line)?.parent()?.repetitions() as usize;
        let instance = sample.group_from(line);
        let mut changed = sample.clone();
        let more = std::iter::repeat_n(&sample.lines[instance.clone()], allowed).flatten().cloned();
        changed.lines.splice(instance.end..instance.end, more.collect::<Vec<Line>>());
        changed.recount();
        let written = changed.write();
        let span = written.spans[line + allowed * instance.len()].tag.clone();
        Some(Mutant::new(written).tells("E2036", sample.plain_path(line), span))
    });
    excessive.collect()
}
