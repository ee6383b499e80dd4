//! Every EDIFACT file of the corpus laid out anew: nothing but layout, counts and encoding may change.

use std::path::Path;

use karvan_edifact::{InterchangeHeader, Layout, Repertoire, segments};
use karvan_engine::fmt::{Options, Outcome, format};
use karvan_engine::validate;

use super::{Table, files};

pub(super) fn run(data: &Path) -> crate::Result<Table> {
    let mut table = Table::new(["file", "lines", "back", "counts", "in UTF-8", "and back"]);
    let (mut total, mut refused, mut not_back, mut wrong) = (0, 0, 0, 0);
    for (name, path) in files(&data.join("edifact/corpus"))? {
        let case = Case::of(&std::fs::read(path)?)?;
        total += 1;
        refused += usize::from(case.utf8.starts_with("refused"));
        not_back += usize::from(case.back.starts_with("refused"));
        let cells = [case.lines, case.minified, case.counts, &case.utf8, &case.back];
        wrong += cells.iter().filter(|cell| **cell == "NO").count();
        table.row(std::iter::once(name.as_str()).chain(cells));
    }
    table.summary(format!("{total} files, {wrong} properties broken"));
    table.summary(format!(
        "{refused} not carried to UTF-8, {not_back} not back to what UNB declares; each is told, with its octets"
    ));
    Ok(table)
}

/// What became of a file, `yes` where it is as it should be.
struct Case {
    /// One segment a line: the same segments, and a second run changes nothing.
    lines: &'static str,
    /// All on one line and back again is the same.
    minified: &'static str,
    /// After a recount no count differs, and nothing but counts was changed.
    counts: &'static str,
    /// In UTF-8 every value is the same.
    utf8: String,
    /// Back in the repertoire that was declared, every value is the same.
    back: String,
}

impl Case {
    fn of(file: &[u8]) -> std::io::Result<Self> {
        let yes = |good: bool| if good { "yes" } else { "NO" };
        let (lines, outcome, first) = laid_out(file, &Options::default())?;
        if outcome.refused {
            let told = format!("refused: {first}");
            return Ok(Self { lines: "-", minified: "-", counts: "-", utf8: told, back: "-".to_owned() });
        }
        let small = |repertoire| {
            let mut options = Options::default();
            (options.layout, options.repertoire) = (Layout::Minified, repertoire);
            options
        };
        let same_segments =
            segments(file).map(|segment| segment.raw()).eq(segments(&lines).map(|segment| segment.raw()));
        let again = laid_out(&lines, &Options::default())?.0 == lines;
        let minified = laid_out(&lines, &small(None))?.0;
        let back_again = laid_out(&minified, &Options::default())?.0 == lines;
        let (utf8, outcome, first) = laid_out(file, &small(Some(Repertoire::UNOY)))?;
        let declared = segments(file).find_map(InterchangeHeader::of).and_then(|header| header.repertoire());
        let (told, back) = if outcome.refused {
            (format!("refused: {first}"), "-".to_owned())
        } else {
            let told = yes(values(&utf8) == values(file)).to_owned();
            let (back, outcome, first) = laid_out(&utf8, &small(declared))?;
            let same = || values(&back) == values(file);
            (told, if outcome.refused { format!("refused: {first}") } else { yes(same()).to_owned() })
        };
        Ok(Self {
            lines: yes(same_segments && again),
            minified: yes(back_again),
            counts: yes(recounted(file)?),
            utf8: told,
            back,
        })
    }
}

/// The file as `options` have it, what became of it, and the first finding.
fn laid_out(file: &[u8], options: &Options) -> std::io::Result<(Vec<u8>, Outcome, &'static str)> {
    let (mut output, mut first) = (Vec::new(), "");
    let mut report = |finding: karvan_text::Diagnostic| {
        if first.is_empty() && finding.code.severity == karvan_text::Severity::Error {
            first = finding.message.id();
        }
    };
    let mut sink = |_: &[u8], to_be: &[u8]| {
        output.extend_from_slice(to_be);
        Ok(())
    };
    let outcome = format(file, options, &mut sink, &mut report)?;
    Ok((output, outcome, first))
}

/// Whether a recount leaves no count that differs, and changes trailers only.
fn recounted(file: &[u8]) -> std::io::Result<bool> {
    let mut options = Options::default();
    options.recount = true;
    let (output, ..) = laid_out(file, &options)?;
    let mut differing = 0;
    let mut report = |finding: karvan_text::Diagnostic| {
        differing += usize::from(finding.code.number == 1029 && finding.fix.is_some());
    };
    validate::validate(&output[..], &validate::Options::default(), &mut report)?;
    let others = |file: &'_ [u8]| -> Vec<Vec<u8>> {
        let others = segments(file).filter(|segment| !matches!(segment.tag(), [b'U', b'N' | b'I', b'T' | b'E' | b'Z']));
        others.map(|segment| segment.raw().to_vec()).collect()
    };
    Ok(differing == 0 && others(&output) == others(file))
}

/// Every value as text, with the tag of its segment; what declares the repertoire is left out.
fn values(file: &[u8]) -> Vec<(Vec<u8>, String)> {
    let mut repertoire = Repertoire::UNOC;
    let mut values = Vec::new();
    for segment in segments(file) {
        let header = InterchangeHeader::of(segment);
        if let Some(header) = header {
            repertoire = header.repertoire().unwrap_or(Repertoire::UNOC);
        }
        for value in segment.values().filter(|value| header.is_none() || value.element > 0) {
            let octets = value.unescaped();
            // As `fmt` reads it, and tells.
            let reading = if repertoire.utf8_instead(&octets).is_some() { Repertoire::UNOY } else { repertoire };
            values.push((segment.tag().to_vec(), reading.decode(octets).text.into_owned()));
        }
    }
    values
}
