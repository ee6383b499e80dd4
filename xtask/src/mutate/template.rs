//! Samples from templates: one file a message type, hand-written after what traders send, with what differs between
//! releases.
//!
//! ```text
//! message REMADV
//! releases D.96A D.01B D.10A D.16B D.21B
//!
//! BGM+481+RA-1+9
//! [..D.99B] DTM+137:20260302:102      only up to D.99B
//! - NAD+PE+8690000000005::9           begins a segment group
//!   - CTA+IC+:K. ODABASI              a group in it
//!     COM+4687234:TE
//! UNS+S
//! ```
//!
//! The nesting is the template's own, so that the number of a group comes from reading the table of the directory beside
//! it and not from the resolution that is to be tested.

use karvan_schema::directory::{Directories, Message, MessageRow, Repertoire};

use super::sample::{Characters, Line, Sample, Style};

/// The templates.
const TEMPLATES: &[&str] = &[
    include_str!("templates/AVLREQ.txt"),
    include_str!("templates/BAPLIE.txt"),
    include_str!("templates/CODECO.txt"),
    include_str!("templates/CUSDEC.txt"),
    include_str!("templates/CUSRES.txt"),
    include_str!("templates/DESADV.txt"),
    include_str!("templates/IFTMIN.txt"),
    include_str!("templates/INVOIC.txt"),
    include_str!("templates/MSCONS.txt"),
    include_str!("templates/ORDERS.txt"),
    include_str!("templates/ORDRSP.txt"),
    include_str!("templates/PAXLST.txt"),
    include_str!("templates/PRICAT.txt"),
    include_str!("templates/REMADV.txt"),
    include_str!("templates/RESREQ.txt"),
];

/// How interchanges of each release are written: every syntax version; with and without UNA, groups, packages, lines.
const STYLES: &[(&str, Style)] = &[
    ("D.93A", Style { repertoire: "UNOA", version: 2, ..PLAIN }),
    ("D.96A", Style { repertoire: "UNOA", version: 2, advice: true, group: true, lines: true, ..PLAIN }),
    ("D.96B", Style { repertoire: "UNOB", version: 2, ..PLAIN }),
    ("D.99B", Style { repertoire: "UNOB", group: true, ..PLAIN }),
    ("D.01B", Style { advice: true, lines: true, characters: OTHER, ..PLAIN }),
    ("D.04B", Style { lines: true, ..PLAIN }),
    ("D.10A", Style { advice: true, ..PLAIN }),
    ("D.16B", Style { repertoire: "UNOY", advice: true, package: true, lines: true, ..FOURTH }),
    ("D.21B", Style { repertoire: "UNOW", group: true, ..FOURTH }),
    ("D.24A", Style { advice: true, group: true, package: true, ..FOURTH }),
];

const PLAIN: Style = Style {
    repertoire: "UNOC",
    version: 3,
    characters: Characters {
        component: b':',
        element: b'+',
        decimal: b'.',
        release: b'?',
        repetition: b' ',
        terminator: b'\'',
    },
    advice: false,
    group: false,
    package: false,
    lines: false,
};
const FOURTH: Style = Style { version: 4, characters: Characters { repetition: b'*', ..PLAIN.characters }, ..PLAIN };
const OTHER: Characters =
    Characters { component: b'|', element: b'^', decimal: b',', release: b'\\', repetition: b' ', terminator: b'~' };

/// A line of a template for one release: how deep it stands, whether it begins a group, the segment.
struct Entry<'t> {
    depth: usize,
    trigger: bool,
    segment: &'t str,
}

/// The samples of all templates, in the order of message and release; of each, at most `most` mutants of one kind are made.
pub(super) fn samples(most: usize) -> crate::Result<Vec<Sample<'static>>> {
    let (mut samples, mut errors) = (Vec::new(), Vec::new());
    for template in TEMPLATES {
        let mut lines = template.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        let mut head = |word: &str| {
            let line = lines.next().and_then(|line| line.strip_prefix(word));
            line.map(str::trim)
                .ok_or_else(|| format!("a template begins with message and releases, not {template:.40}"))
        };
        let (name, releases) = (head("message")?, head("releases")?);
        let lines: Vec<&str> = lines.collect();
        for release in releases.split_whitespace() {
            match sample(name, release, &lines, most) {
                Ok(sample) => samples.push(sample),
                Err(error) => errors.push(format!("{name} {release}: {error}")),
            }
        }
    }
    if errors.is_empty() { Ok(samples) } else { Err(errors.join("\n").into()) }
}

fn sample(name: &str, release: &str, lines: &[&str], most: usize) -> Result<Sample<'static>, String> {
    let directories = Directories::builtin();
    let message = directories.release(release).and_then(|directory| directory.message(name));
    let message = message.ok_or("the directory has no such message")?;
    let (_, style) = STYLES.iter().find(|(known, _)| *known == release).ok_or("no style is given")?;
    // Interactive interchanges are of syntax version 4, and know neither groups nor the packages of batch ones.
    let characters = Characters { repetition: b'*', ..style.characters };
    let interactive = Style { version: 4, characters, group: false, package: false, ..*style };
    let style = if message.is_interactive() { &interactive } else { style };
    let service = directories.service(&style.version.to_string()).ok_or("no service directory")?;
    let entries = entries(lines, release)?;
    let mut body = Vec::new();
    let top: Vec<MessageRow<'_>> = message.rows().filter(|row| row.parent().is_none()).collect();
    let rest = place(&entries, 0, message, &top, "", &mut body)?;
    if let Some(entry) = rest.first() {
        return Err(format!("{} has no place at its depth", entry.segment));
    }
    let mut sample = Sample { message, service, style: *style, lines: Vec::new(), most };
    sample.lines = enveloped(&sample, &body);
    sample.recount();
    decimal_marks(&mut sample);
    Ok(sample)
}

/// The lines that hold for a release.
fn entries<'t>(lines: &[&'t str], release: &str) -> Result<Vec<Entry<'t>>, String> {
    let mut entries = Vec::new();
    let mut left_out = None;
    for line in lines {
        let depth = (line.len() - line.trim_start().len()) / 2;
        if left_out.is_some_and(|limit| depth > limit) {
            continue;
        }
        left_out = None;
        let mut segment = line.trim();
        if let Some((spell, rest)) = segment.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            segment = rest.trim_start();
            if !holds(spell, release)? {
                left_out = Some(depth);
                continue;
            }
        }
        let trigger = segment.strip_prefix("- ");
        // What begins a group stands one deeper than where its dash does.
        let depth = depth + usize::from(trigger.is_some());
        entries.push(Entry { depth, trigger: trigger.is_some(), segment: trigger.unwrap_or(segment) });
    }
    Ok(entries)
}

/// Whether `D.96A..D.99B`, `..D.99B`, `D.01B..` or a single release holds `release`.
fn holds(spell: &str, release: &str) -> Result<bool, String> {
    let (from, to) = spell.split_once("..").unwrap_or((spell, spell));
    let within = |bound: &str, test: fn(&(u32, String), &(u32, String)) -> bool| match bound {
        "" => Ok(true),
        bound => Ok::<bool, String>(test(&age(release)?, &age(bound)?)),
    };
    Ok(within(from, |release, bound| release >= bound)? && within(to, |release, bound| release <= bound)?)
}

/// The year and the letter of a release.
fn age(release: &str) -> Result<(u32, String), String> {
    let parts = release.strip_prefix("D.").and_then(|rest| rest.split_at_checked(2));
    let (year, letter) = parts.ok_or_else(|| format!("{release} is no release"))?;
    let year: u32 = year.parse().map_err(|_| format!("{release} is no release"))?;
    Ok((if year >= 90 { 1900 + year } else { 2000 + year }, letter.to_owned()))
}

/// Puts entries of one depth at the rows of one level, in order, and gives the entries that are left.
fn place<'e, 't>(
    mut entries: &'e [Entry<'t>],
    depth: usize,
    message: Message<'static>,
    rows: &[MessageRow<'static>],
    groups: &str,
    body: &mut Vec<Line>,
) -> Result<&'e [Entry<'t>], String> {
    let mut at = 0;
    while let Some((entry, rest)) = entries.split_first() {
        let begins = entry.trigger && entry.depth == depth + 1;
        if !begins && (entry.depth < depth || entry.trigger) {
            break;
        }
        if entry.depth > depth + 1 || entry.depth == depth + 1 && !begins {
            return Err(format!("{} stands too deep", entry.segment));
        }
        let mut line = Line::parse(entry.segment);
        let fits = |row: &MessageRow<'_>| match row.group() {
            Some(_) => begins && row.trigger() == Some(line.tag.as_str()),
            None => !begins && row.tag() == Some(line.tag.as_str()),
        };
        let ahead = rows[at..].iter().position(fits);
        at += ahead.ok_or_else(|| format!("{}{} has no row in the table", groups, entry.segment))?;
        let row = rows[at];
        match row.group() {
            None => {
                line.groups = groups.to_owned();
                line.row = Some(row.index());
                body.push(line);
                entries = rest;
            }
            Some(number) => {
                let groups = format!("{groups}SG{number}/");
                let inside = |inner: &MessageRow<'_>| inner.parent().map(MessageRow::index) == Some(row.index());
                let inner: Vec<MessageRow<'_>> = message.rows().filter(inside).collect();
                line.groups = groups.clone();
                line.row = inner.first().map(|row| row.index());
                body.push(line);
                entries = place(rest, depth + 1, message, &inner, &groups, body)?;
            }
        }
    }
    Ok(entries)
}

/// Two messages with this body, in their envelope.
fn enveloped(sample: &Sample<'_>, body: &[Line]) -> Vec<Line> {
    if sample.is_interactive() {
        return dialogue(sample, body);
    }
    let Sample { message, style, .. } = sample;
    let (name, release) = (message.tag(), sample.release().trim_start_matches("D."));
    let century = if style.version > 3 { "20" } else { "" };
    let mut lines = Vec::new();
    let mut add = |text: String| lines.push(Line::parse(&text));
    add(format!(
        "UNB+{}:{}+4012345000009:14+8690000000005:14+{century}261122:0915+K{name}",
        style.repertoire, style.version
    ));
    if style.group {
        add(format!("UNG+{name}+4012345000009:14+8690000000005:14+{century}261122:0915+G1+UN+D:{release}"));
    }
    let row = |tag: &str| message.rows().find(|row| row.tag() == Some(tag)).map(MessageRow::index);
    for number in 1..=2 {
        let header = Line::parse(&format!("UNH+M{number}+{name}:D:{release}:UN"));
        lines.push(Line { row: row("UNH"), ..header });
        lines.extend(body.iter().cloned());
        lines.push(Line { row: row("UNT"), ..Line::parse(&format!("UNT+0+M{number}")) });
    }
    if style.package {
        // An object may hold what would be service characters outside.
        let object = b"\x89PNG\r\n\x1A\n'+:?UNZ+9+9'\0\xFF".to_vec();
        let header = Line::parse(&format!("UNO+P1+1:M1+1+{}", object.len()));
        let trailer = Line::parse(&format!("UNP+{}+P1", object.len()));
        lines.extend([Line { object, ..header }, trailer]);
    }
    if style.group {
        lines.push(Line::parse("UNE+0+G1"));
    }
    lines.push(Line::parse(&format!("UNZ+0+K{name}")));
    lines
}

/// Two messages with this body, as one side of a dialogue.
fn dialogue(sample: &Sample<'_>, body: &[Line]) -> Vec<Line> {
    let Sample { message, style, .. } = sample;
    let (name, release) = (message.tag(), sample.release().trim_start_matches("D."));
    let row = |tag: &str| message.rows().find(|row| row.tag() == Some(tag)).map(MessageRow::index);
    let begin = format!(
        "UIB+{}:{}+D{name}++++4012345000009:14+8690000000005:14+20261122:091500",
        style.repertoire, style.version
    );
    let mut lines = vec![Line::parse(&begin)];
    for number in 1..=2 {
        let header = Line::parse(&format!("UIH+{name}:D:{release}::UN+M{number}"));
        lines.push(Line { row: row("UIH"), ..header });
        lines.extend(body.iter().cloned());
        lines.push(Line { row: row("UIT"), ..Line::parse(&format!("UIT+M{number}+0")) });
    }
    lines.push(Line::parse(&format!("UIZ+D{name}+0")));
    lines
}

/// Writes numbers with the decimal mark of the style.
fn decimal_marks(sample: &mut Sample<'_>) {
    let mark = sample.style.characters.decimal;
    for line in 0..sample.lines.len() {
        for slot in sample.slots(line) {
            if slot.is.format().repertoire == Repertoire::Numeric {
                let mut value = sample.lines[line].value(slot.element, slot.component).to_vec();
                value.iter_mut().filter(|octet| **octet == b'.').for_each(|octet| *octet = mark);
                sample.lines[line].set(slot.element, slot.component, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spell_of_releases_holds_by_year_and_letter() {
        assert_eq!(holds("..D.99B", "D.96A"), Ok(true));
        assert_eq!(holds("D.96A..D.99B", "D.01B"), Ok(false));
        assert_eq!(holds("D.01B..", "D.01A"), Ok(false));
        assert_eq!(holds("D.16B", "D.16B"), Ok(true));
        assert!(holds("96A", "D.16B").is_err());
    }

    #[test]
    fn every_template_makes_twelve_messages_of_six_releases() {
        let samples = samples(1).unwrap();
        let mut types: Vec<_> = samples.iter().map(|sample| sample.message.tag()).collect();
        types.dedup();
        assert!(types.len() >= 12, "{types:?}");
        for name in types {
            let releases = samples.iter().filter(|sample| sample.message.tag() == name).count();
            assert!(releases >= 6, "{name}: {releases} releases");
        }
    }
}
