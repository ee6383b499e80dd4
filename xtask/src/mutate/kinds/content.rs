//! Damage to the content of segments: what is missing, too much, too long, of the wrong kind, unknown.

use karvan_schema::directory::{Constituent, Directories, OtherCodes, PartRow, Repertoire};

use super::super::sample::{Sample, Slot};
use super::{Kind, Mutant, slots, some, with_value};

pub(super) const KINDS: &[Kind] = &[
    Kind { name: "missing-element", about: "a mandatory data element is missing", make: missing_element },
    Kind { name: "missing-component", about: "a mandatory component is missing", make: missing_component },
    Kind { name: "empty-segment", about: "a segment is nothing but its tag", make: empty_segment },
    Kind {
        name: "too-many-elements",
        about: "a segment has more data elements than the directory",
        make: too_many_elements,
    },
    Kind {
        name: "too-many-components",
        about: "a data element has more components than the directory",
        make: too_many_components,
    },
    Kind {
        name: "too-many-repetitions",
        about: "a data element is repeated more often than allowed",
        make: too_many_repetitions,
    },
    Kind { name: "too-long", about: "a value is longer than its format", make: too_long },
    Kind { name: "too-short", about: "a value is shorter than its format", make: too_short },
    Kind { name: "letters-in-number", about: "a number has letters", make: |s| number(s, |_| "1O".into(), "E2037") },
    Kind {
        name: "sign-behind",
        about: "the minus sign of a number stands behind it",
        make: |s| number(s, |_| "5-".into(), "E2037"),
    },
    Kind {
        name: "sign-alone",
        about: "a number is a minus sign and nothing else",
        make: |s| number(s, |_| "-".into(), "E2037"),
    },
    Kind { name: "digits-in-letters", about: "a value of format a has a digit", make: digits_in_letters },
    Kind {
        name: "two-marks",
        about: "a number has two decimal marks",
        make: |s| number(s, |m| vec![b'1', m, b'2', m, b'3'], "E1019"),
    },
    Kind {
        name: "mark-at-end",
        about: "no digit follows the decimal mark",
        make: |s| number(s, |m| vec![b'7', m], "E1019"),
    },
    Kind { name: "mark-at-start", about: "no digit stands before the decimal mark", make: mark_at_start },
    Kind { name: "other-mark", about: "a number has a decimal mark other than UNA says", make: other_mark },
    Kind { name: "unknown-code", about: "a code that the list lacks", make: unknown_code },
    Kind { name: "later-code", about: "a code that a later release added", make: later_code },
    Kind { name: "trailing-element", about: "a separator without data element ends a segment", make: trailing_element },
    Kind {
        name: "trailing-component",
        about: "a separator without component ends a data element",
        make: trailing_component,
    },
];

/// Findings in service segments belong to layer 1, wherever they stand.
fn layered(sample: &Sample<'_>, line: usize, code: &'static str) -> &'static str {
    if !sample.lines[line].tag.starts_with("UN") {
        return code;
    }
    match code {
        "E2013" => "E1013",
        "E2016" => "E1016",
        "E2037" => "E1037",
        "E3012" => "E1012",
        other => other,
    }
}

fn missing_element(sample: &Sample<'_>) -> Vec<Mutant> {
    // A composite is missing when its last value goes.
    let mandatory = slots(sample, |slot| slot.row.status().is_mandatory() && slot.component == 0);
    let missing = mandatory.into_iter().map(|slot| {
        let mut changed = sample.clone();
        changed.lines[slot.line].elements[slot.element] = vec![vec![Vec::new()]];
        changed.lines[slot.line].trim();
        let written = changed.write();
        let span = written.spans[slot.line].element(slot.element);
        let path = format!("{}/{}", changed.path(slot.line), slot.row.tag());
        Mutant::new(written).tells(layered(sample, slot.line, "E2013"), path, span)
    });
    missing.collect()
}

fn missing_component(sample: &Sample<'_>) -> Vec<Mutant> {
    let others = |slot: &Slot<'_>| {
        let components = &sample.lines[slot.line].elements[slot.element][0];
        components.iter().enumerate().any(|(index, value)| index != slot.component && !value.is_empty())
    };
    let mandatory = slots(sample, |slot| slot.composite && slot.part.status().is_mandatory() && others(slot));
    let missing = mandatory.into_iter().map(|slot| {
        let mut changed = sample.clone();
        changed.lines[slot.line].set(slot.element, slot.component, "");
        changed.lines[slot.line].trim();
        let written = changed.write();
        let span = written.spans[slot.line].component(slot.element, 0, slot.component);
        let path = changed.path_to(&slot);
        Mutant::new(written).tells(layered(sample, slot.line, "E2013"), path, span)
    });
    missing.collect()
}

fn empty_segment(sample: &Sample<'_>) -> Vec<Mutant> {
    let mandatory = |line: &usize| -> Vec<PartRow<'_>> {
        let rows = sample.segment(*line).into_iter().flat_map(|segment| segment.rows().collect::<Vec<_>>());
        rows.filter(|row| row.status().is_mandatory()).collect()
    };
    let lines = some(sample, sample.body().filter(|line| !mandatory(line).is_empty()).collect());
    let empty = lines.into_iter().map(|line| {
        let mut changed = sample.clone();
        changed.lines[line].elements.clear();
        let written = changed.write();
        let end = written.spans[line].end();
        let told = |mutant: Mutant, row: &PartRow<'_>| {
            mutant.tells(
                layered(sample, line, "E2013"),
                format!("{}/{}", sample.plain_path(line), row.tag()),
                end.clone(),
            )
        };
        mandatory(&line).iter().fold(Mutant::new(written), told)
    });
    empty.collect()
}

fn too_many_elements(sample: &Sample<'_>) -> Vec<Mutant> {
    let lines = some(sample, sample.body().filter(|line| sample.segment(*line).is_some()).collect());
    let too_many = lines.into_iter().filter_map(|line| {
        let allowed = sample.segment(line)?.rows().len();
        let mut changed = sample.clone();
        changed.lines[line].set(allowed, 0, "X");
        let written = changed.write();
        let span = written.spans[line].element(allowed);
        Some(Mutant::new(written).tells(layered(sample, line, "E2016"), sample.path(line), span))
    });
    too_many.collect()
}

fn too_many_components(sample: &Sample<'_>) -> Vec<Mutant> {
    let first = slots(sample, |slot| slot.component == 0);
    let too_many = first.into_iter().map(|slot| {
        let allowed = match slot.row.constituent() {
            Some(Constituent::Composite(composite)) => composite.rows().len(),
            _ => 1,
        };
        let (_, written) = {
            let mut changed = sample.clone();
            changed.lines[slot.line].set(slot.element, allowed, "X");
            let written = changed.write();
            (changed, written)
        };
        let span = written.spans[slot.line].component(slot.element, 0, allowed);
        let path = format!("{}/{}", sample.path(slot.line), slot.row.tag());
        Mutant::new(written).tells(layered(sample, slot.line, "E2016"), path, span)
    });
    too_many.collect()
}

fn too_many_repetitions(sample: &Sample<'_>) -> Vec<Mutant> {
    if sample.style.version < 4 {
        return Vec::new();
    }
    let first = slots(sample, |slot| slot.component == 0);
    let too_many = first.into_iter().map(|slot| {
        let allowed = usize::from(slot.row.repetitions());
        let mut changed = sample.clone();
        let repetitions = &mut changed.lines[slot.line].elements[slot.element];
        let again = repetitions[0].clone();
        repetitions.resize(allowed + 1, again);
        let written = changed.write();
        let repeated = &written.spans[slot.line].elements[slot.element][allowed];
        let span = repeated[0].start..repeated[repeated.len() - 1].end;
        let path = format!("{}/{}", sample.path(slot.line), slot.row.tag());
        Mutant::new(written).tells("E2035", path, span)
    });
    too_many.collect()
}

fn too_long(sample: &Sample<'_>) -> Vec<Mutant> {
    let limited = slots(sample, |slot| !slot.is.is_coded());
    let long = limited.into_iter().map(|slot| {
        let format = slot.is.format();
        let octet = if format.repertoire == Repertoire::Numeric { b'1' } else { b'X' };
        let (changed, written) = with_value(sample, &slot, vec![octet; usize::from(format.maximum) + 1]);
        let span = written.spans[slot.line].component(slot.element, 0, slot.component);
        Mutant::new(written).tells("E2039", changed.path_to(&slot), span)
    });
    long.collect()
}

fn too_short(sample: &Sample<'_>) -> Vec<Mutant> {
    let fixed = slots(sample, |slot| slot.is.format().minimum > 1);
    let short = fixed.into_iter().map(|slot| {
        let value = sample.lines[slot.line].value(slot.element, slot.component);
        let (changed, written) = with_value(sample, &slot, &value[..usize::from(slot.is.format().minimum) - 1]);
        let span = written.spans[slot.line].component(slot.element, 0, slot.component);
        Mutant::new(written).tells("E2040", changed.path_to(&slot), span)
    });
    short.collect()
}

/// Puts `value`, made with the decimal mark in force, in the place of numbers.
fn number(sample: &Sample<'_>, value: fn(u8) -> Vec<u8>, code: &'static str) -> Vec<Mutant> {
    let value = value(sample.style.characters.decimal);
    let room = |slot: &Slot<'_>| usize::from(slot.is.format().maximum) >= value.len();
    let numbers = slots(sample, |slot| slot.is.format().repertoire == Repertoire::Numeric && room(slot));
    let wrong = numbers.into_iter().map(|slot| {
        let (changed, written) = with_value(sample, &slot, value.clone());
        let span = written.spans[slot.line].component(slot.element, 0, slot.component);
        Mutant::new(written).tells(code, changed.path_to(&slot), span)
    });
    wrong.collect()
}

fn mark_at_start(sample: &Sample<'_>) -> Vec<Mutant> {
    // Syntax version 4 asks for a digit behind the mark alone (ISO 9735-1:2002 §10).
    if sample.style.version > 3 {
        return Vec::new();
    }
    number(sample, |mark| vec![mark, b'5'], "E2038")
}

fn other_mark(sample: &Sample<'_>) -> Vec<Mutant> {
    // Syntax version 4 allows either, whatever UNA says (ISO 9735-1:2002 §10).
    if sample.style.version > 3 || !sample.style.advice {
        return Vec::new();
    }
    number(sample, |mark| vec![b'1', if mark == b'.' { b',' } else { b'.' }, b'5'], "E1019")
}

fn digits_in_letters(sample: &Sample<'_>) -> Vec<Mutant> {
    let letters = slots(sample, |slot| slot.is.format().repertoire == Repertoire::Alphabetic);
    let wrong = letters.into_iter().map(|slot| {
        let mut value = sample.lines[slot.line].value(slot.element, slot.component).to_vec();
        value[0] = b'7';
        let (changed, written) = with_value(sample, &slot, value);
        let span = written.spans[slot.line].component(slot.element, 0, slot.component);
        Mutant::new(written).tells(layered(sample, slot.line, "E2037"), changed.path_to(&slot), span)
    });
    wrong.collect()
}

/// Whether the directory's own list decides what the value may be: no other list is named beside it.
fn listed_here(sample: &Sample<'_>, slot: &Slot<'_>) -> bool {
    let values = slot.is.codes().len();
    let names_other = slot.other_lists && {
        let Some(Constituent::Composite(composite)) = slot.row.constituent() else { return false };
        composite.rows().enumerate().any(|(component, part)| {
            let value = sample.lines[slot.line].value(slot.element, component);
            matches!(part.tag(), "1131" | "3055") && !value.is_empty()
        })
    };
    // Where the directory sends the user to a recommendation, its own list is not all.
    values > 0 && !names_other && slot.is.other_codes() != OtherCodes::Published
}

/// Replaces codes by what `other` gives for each.
fn code(sample: &Sample<'_>, other: impl Fn(&Slot<'_>) -> Option<String>) -> Vec<Mutant> {
    // What a segment is about decides where it stands; a qualifier at the head of a segment is left alone.
    let coded = slots(sample, |slot| slot.is.is_coded() && listed_here(sample, slot) && other(slot).is_some());
    let wrong = coded.into_iter().filter_map(|slot| {
        let (changed, written) = with_value(sample, &slot, other(&slot)?);
        let span = written.spans[slot.line].component(slot.element, 0, slot.component);
        let agreed = slot.is.other_codes() == OtherCodes::Agreed;
        let code = if agreed { "W3012" } else { layered(sample, slot.line, "E3012") };
        Some(Mutant::new(written).tells(code, changed.path_to(&slot), span))
    });
    wrong.collect()
}

fn unknown_code(sample: &Sample<'_>) -> Vec<Mutant> {
    code(sample, |slot| {
        let format = slot.is.format();
        let length = usize::from(format.maximum.min(3));
        let alphabet = if format.repertoire == Repertoire::Numeric { "987" } else { "QXJ" };
        let value = alphabet[..length].to_owned();
        (slot.is.code(&value).is_none()).then_some(value)
    })
}

fn later_code(sample: &Sample<'_>) -> Vec<Mutant> {
    let directories = Directories::builtin();
    let Some(newest) = directories.releases().last().and_then(|name| directories.release(name)) else {
        return Vec::new();
    };
    code(sample, |slot| {
        let format = slot.is.format();
        let later = newest.element(slot.is.tag())?;
        let fits = |value: &str| {
            let digits = value.bytes().all(|octet| octet.is_ascii_digit());
            value.len() <= usize::from(format.maximum) && (digits || format.repertoire != Repertoire::Numeric)
        };
        let mut codes = later.codes().map(|code| code.value());
        codes.find(|value| slot.is.code(value).is_none() && fits(value)).map(str::to_owned)
    })
}

fn trailing_element(sample: &Sample<'_>) -> Vec<Mutant> {
    let lines = some(sample, sample.body().collect());
    let trailing = lines.into_iter().map(|line| {
        let mut changed = sample.clone();
        changed.lines[line].elements.push(vec![vec![Vec::new()]]);
        let written = changed.write();
        let end = written.spans[line].end().end;
        Mutant::new(written).tells("W1045", sample.path(line), end - 1..end)
    });
    trailing.collect()
}

fn trailing_component(sample: &Sample<'_>) -> Vec<Mutant> {
    let composites = slots(sample, |slot| {
        let components = &sample.lines[slot.line].elements[slot.element][0];
        let room = match slot.row.constituent() {
            Some(Constituent::Composite(composite)) => components.len() < composite.rows().len(),
            _ => false,
        };
        room && slot.component == 0
    });
    let trailing = composites.into_iter().map(|slot| {
        let mut changed = sample.clone();
        let last = changed.lines[slot.line].elements[slot.element][0].len();
        changed.lines[slot.line].set(slot.element, last, "");
        let written = changed.write();
        let end = written.spans[slot.line].component(slot.element, 0, last).end;
        Mutant::new(written).tells("W1045", sample.path(slot.line), end - 1..end)
    });
    trailing.collect()
}
