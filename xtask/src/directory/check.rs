//! `cargo xtask directory --check`: what could not be resolved, and how the counts compare with those stated.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::ExitCode,
    time::Instant,
};

use karvan_schema::directory::texts::Lists;
use karvan_schema::directory::{Directories, DirectoryFacts, MessageRowFactsKind};

use super::{Collected, conversions, xml};

/// Prints everything there is to tell; fails where a difference is not argued or the packed file is not what the sources
/// give.
pub(super) fn report(collected: &Collected, source: &Path, current: bool) -> crate::Result<ExitCode> {
    println!("# Not understood");
    list(&collected.remarks.problems);
    println!("\n# Two statements that differ, and what conversions changed");
    list(&collected.remarks.notes);
    println!("\n# Tags that are used and not defined");
    list(&unresolved(collected));
    println!("\n# Two conversions of D.24A");
    list(&second_conversion(collected, source)?);
    println!("\n# Counts");
    let counts = counts(collected, source)?;
    let mut open = 0;
    for row in &counts {
        println!("{:6} {:13} {:>6} {}", row.release, row.what, row.counted, row.verdict());
        open += usize::from(row.is_open());
    }
    println!("\n# Time\n{}", time()?);
    println!("\n{open} differences not argued; the packed file is {}", if current { "current" } else { "NOT current" });
    Ok(if open == 0 && current { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How long it takes to open a release and a message of the file that this task was built with.
fn time() -> crate::Result<String> {
    let start = Instant::now();
    let directory = Directories::builtin().release("D.96A").ok_or("no D.96A")?;
    let opened = start.elapsed();
    let rows = directory.message("INVOIC").ok_or("no INVOIC")?.rows().len();
    let read = start.elapsed();
    let name = directory.code("3035", "SU").ok_or("no 3035 SU")?.name();
    let named = start.elapsed();
    Ok(format!(
        "D.96A opened in {opened:?}, the {rows} rows of INVOIC read at {read:?}, 3035 SU named {name} at {named:?}"
    ))
}

fn list(lines: &[String]) {
    lines.iter().for_each(|line| println!("{line}"));
    if lines.is_empty() {
        println!("nothing");
    }
}

/// Tags without a definition, by release and kind; service segments are looked up in the service directories too.
pub(crate) fn unresolved(collected: &Collected) -> Vec<String> {
    let mut lines: BTreeMap<(String, &str), Vec<String>> = BTreeMap::new();
    for release in &collected.releases {
        let service = |tag: &String| collected.services.iter().any(|service| service.segments.contains_key(tag));
        let used_segments =
            release.messages.values().flat_map(|message| &message.rows).filter_map(|row| match &row.kind {
                MessageRowFactsKind::Segment(tag) => Some(tag),
                MessageRowFactsKind::Group(_) => None,
            });
        let parts = || release.segments.values().chain(release.composites.values()).flat_map(|part| &part.rows);
        let used_data = parts().map(|row| &row.tag).chain(release.codes.keys());
        let undefined: [(&str, BTreeSet<&String>); 2] = [
            ("segments", used_segments.filter(|tag| !release.segments.contains_key(*tag)).collect()),
            (
                "data elements",
                used_data
                    .filter(|tag| !release.elements.contains_key(*tag) && !release.composites.contains_key(*tag))
                    .collect(),
            ),
        ];
        for (kind, tags) in undefined {
            for tag in tags {
                let tag =
                    if kind == "segments" && service(tag) { format!("{tag} (service segment)") } else { tag.clone() };
                lines.entry((format!("{kind} {tag}"), "")).or_default().push(release.name.clone());
            }
        }
    }
    lines.into_iter().map(|((what, _), releases)| format!("{what}: {}", spans(collected, &releases))).collect()
}

/// `D.00A-D.24A` for releases that follow each other.
fn spans(collected: &Collected, releases: &[String]) -> String {
    let index = |name: &String| collected.releases.iter().position(|release| release.name == *name).unwrap_or_default();
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for at in releases.iter().map(index) {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == at => *last = at,
            _ => spans.push((at, at)),
        }
    }
    let name = |at: usize| collected.releases[at].name.as_str();
    let span = |&(first, last): &(usize, usize)| match first == last {
        true => name(first).to_owned(),
        false => format!("{}-{}", name(first), name(last)),
    };
    spans.iter().map(span).collect::<Vec<_>>().join(", ")
}

/// Compares D.24A with its second conversion.
fn second_conversion(collected: &Collected, source: &Path) -> crate::Result<Vec<String>> {
    let Some(release) = collected.releases.iter().find(|release| release.name == "D.24A") else {
        return Ok(Vec::new());
    };
    let folder = source.join("conversions/pydifact-d24a");
    let mut lines = Vec::new();
    let codes = conversions::codes(&folder.join("codes.xml"))?;
    let count = |lists: &Lists| lists.values().map(BTreeMap::len).sum::<usize>();
    let same = if codes == release.codes { "the same, names too" } else { "not the same" };
    lines.push(format!("codes: {} and {}: {same}", count(&release.codes), count(&codes)));

    let parts = conversions::parts(&xml::read(&folder.join("segments.xml"))?);
    for (tag, part) in &parts.segments {
        let rows = release.segments.get(tag).map(|part| part.rows.as_slice()).unwrap_or_default();
        if *rows != part.rows {
            lines.push(format!("segment {tag} differs"));
        }
    }
    lines.push(format!("segments: {} compared, with their repetitions", parts.segments.len()));
    let messages = conversions::messages(&folder.join("messages"))?;
    for (tag, rows) in &messages {
        let known = release.messages.get(tag).map(|message| message.rows.as_slice()).unwrap_or_default();
        let cut = known.iter().map(|row| (&row.kind, row.status, row.depth, conversions::cut(row.repetitions)));
        if !cut.eq(rows.iter().map(|row| (&row.kind, row.status, row.depth, row.repetitions))) {
            lines.push(format!("message {tag} differs: {} rows and {}", known.len(), rows.len()));
        }
    }
    let interactive =
        messages.keys().filter(|tag| release.messages.get(*tag).is_some_and(|message| message.interactive));
    lines.push(format!("messages: {} compared, {} of them interactive", messages.len(), interactive.count()));
    Ok(lines)
}

/// One number of one release, beside the one stated.
pub(crate) struct Count {
    pub(crate) release: String,
    pub(crate) what: &'static str,
    pub(crate) counted: String,
    pub(crate) stated: Option<String>,
    pub(crate) argument: Option<&'static str>,
}

impl Count {
    /// Differs from what is stated.
    pub(crate) fn differs(&self) -> bool {
        self.stated.as_ref().is_some_and(|stated| *stated != self.counted)
    }

    /// Differs, and nobody said why.
    pub(crate) fn is_open(&self) -> bool {
        self.differs() && self.argument.is_none()
    }

    /// Equal, or different and why.
    pub(crate) fn verdict(&self) -> String {
        match (&self.stated, self.argument) {
            (None, _) => "nothing stated".to_owned(),
            (Some(stated), _) if *stated == self.counted => "as stated".to_owned(),
            (Some(stated), Some(argument)) => format!("stated {stated}: {argument}"),
            (Some(stated), None) => format!("stated {stated}"),
        }
    }
}

/// The counts of every release, beside those of `un-directories-counts.tsv`.
pub(crate) fn counts(collected: &Collected, source: &Path) -> crate::Result<Vec<Count>> {
    let stated = stated(&fs::read_to_string(source.join("un-directories-counts.tsv"))?);
    let mut counts = Vec::new();
    for release in &collected.releases {
        let known = stated.get(release.name.as_str());
        for (what, counted) in numbers(release) {
            let stated = known.and_then(|known| known.get(what)).cloned();
            let argument = argument(release, what, stated.as_deref(), &counted);
            counts.push(Count { release: release.name.clone(), what, counted, stated, argument });
        }
    }
    Ok(counts)
}

/// What is counted of a release, under the names of the file of counts.
fn numbers(release: &DirectoryFacts) -> Vec<(&'static str, String)> {
    let batch = |parts: &BTreeMap<String, karvan_schema::directory::PartFacts>| {
        parts.values().filter(|part| !part.interactive).count().to_string()
    };
    let interactive = release.messages.values().filter(|message| message.interactive).count();
    let mut numbers = vec![
        ("msgs", (release.messages.len() - interactive).to_string()),
        ("interactive", interactive.to_string()),
        ("seg", batch(&release.segments)),
        ("comp", batch(&release.composites)),
        ("elem", release.elements.len().to_string()),
        ("codelists", release.codes.len().to_string()),
        ("codes", release.codes.values().map(BTreeMap::len).sum::<usize>().to_string()),
    ];
    if let Some(invoice) = release.messages.get("INVOIC") {
        let position = |at: usize| match invoice.position_digits {
            0 => "None".to_owned(),
            digits => format!("{:0digits$}", invoice.rows[at].position, digits = usize::from(digits)),
        };
        let place = |wanted: &str| {
            invoice.rows.iter().position(|row| row.kind == MessageRowFactsKind::Segment(wanted.to_owned()))
        };
        let group = place("LIN").and_then(|at| at.checked_sub(1)).and_then(|at| match invoice.rows[at].kind {
            MessageRowFactsKind::Group(number) => {
                Some(format!("SG{number}@{} x{}", position(at), invoice.rows[at].repetitions))
            }
            MessageRowFactsKind::Segment(_) => None,
        });
        numbers.push(("INVOIC BGM", place("BGM").map(position).unwrap_or_default()));
        numbers.push(("INVOIC LIN", group.unwrap_or_default()));
        numbers.push(("INVOIC rows", invoice.rows.len().to_string()));
    }
    numbers
}

/// Reads the file of counts: `D96A`, then `name=value` fields, then what was found in INVOIC.
fn stated(text: &str) -> BTreeMap<String, BTreeMap<&'static str, String>> {
    let mut stated = BTreeMap::new();
    for line in text.lines() {
        let mut fields = line.split('\t');
        let Some(release) = fields.next().and_then(|name| name.strip_prefix('D')) else { continue };
        let mut numbers = BTreeMap::new();
        for field in fields {
            if let Some(invoice) = field.strip_prefix("INVOIC BGM@") {
                let mut words = invoice.split(' ');
                numbers.insert("INVOIC BGM", words.next().unwrap_or_default().to_owned());
                let group: Vec<&str> = words.by_ref().take(2).collect();
                numbers.insert("INVOIC LIN", group.join(" ").replace("LINgrp=", ""));
                numbers.insert("INVOIC rows", words.next().unwrap_or_default().replace("rows=", ""));
            } else if let Some((name, value)) = field.split_once('=') {
                let known = ["msgs", "interactive", "seg", "comp", "elem", "codelists", "codes"];
                if let Some(name) = known.into_iter().find(|known| *known == name) {
                    numbers.insert(name, value.split('/').next().unwrap_or_default().to_owned());
                }
            }
        }
        stated.insert(format!("D.{release}"), numbers);
    }
    stated
}

/// Codes that are marked as deleted, which the stated count takes in, and words of notes that it takes for codes.
const COUNTED_TOO_MUCH: [(&str, i64); 4] = [("D.96A", 1), ("D.97B", 9), ("D.98A", 2), ("D.09B", 7)];

/// Why a count differs from the one stated.
fn argument(release: &DirectoryFacts, what: &str, stated: Option<&str>, counted: &str) -> Option<&'static str> {
    let (stated, counted): (i64, i64) = (stated?.parse().ok()?, counted.parse().ok()?);
    match (what, release.name.as_str()) {
        _ if stated == counted => None,
        ("codelists" | "codes", "D.94B" | "D.95A") => Some("not in the texts of this release; taken from a conversion"),
        ("codelists" | "codes", "D.94A") => {
            Some("52 lists have a note and no value; the count took words of the note for values")
        }
        ("elem", "D.99B" | "D.00A" | "D.00B" | "D.01A") if counted - stated == 6 => {
            Some("six elements bear the mark of a deletion to come (-) and are in force; the count left them out")
        }
        ("codes", name) => {
            let marks =
                release.codes.values().flat_map(BTreeMap::keys).filter(|value| matches!(value.as_str(), "X" | "XX"));
            let too_much = COUNTED_TOO_MUCH.iter().find(|(release, _)| *release == name).map_or(0, |(_, codes)| *codes);
            let explained = stated + marks.count() as i64 - too_much == counted;
            explained.then_some(match too_much {
                0 => "the count took the values X and XX for change marks",
                _ => "the count took the values X and XX for change marks, and deleted codes or words of a note for codes",
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_counts_is_read() {
        let line =
            "D96A\tmsgs=125/125\tseg=127\tcodes=6144\tbadmsg=[]\tINVOIC BGM@0020 LINgrp=SG25@0890 x9999999 rows=193";
        let stated = stated(line);
        let expected = [
            ("INVOIC BGM", "0020"),
            ("INVOIC LIN", "SG25@0890 x9999999"),
            ("INVOIC rows", "193"),
            ("codes", "6144"),
            ("msgs", "125"),
            ("seg", "127"),
        ];
        assert_eq!(stated["D.96A"], expected.map(|(name, value)| (name, value.to_owned())).into());
    }
}
