//! `cargo xtask codes`: packs the published code lists into `schemas/codes/lists.bin`.
//!
//! Facts only: values, short names, whether a code is still to be used. Values of ISO lists and of the lists that EN 16931
//! narrows are those that the validation artefacts of EN 16931 name; names of codes come from the directories, of countries
//! from UN/LOCODE.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use iso_currency::IntoEnumIterator as _;
use karvan_schema::codes::{ListedCode, Use, pack};
use karvan_schema::directory::Directories;

/// Arguments of the task.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder of reference data [default: $KARVAN_DATA or ../shared/data]
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
}

/// The codes of a list: name and use by value.
type Codes = BTreeMap<String, (String, Use)>;

/// Name, title and keeper of a list.
type Head = [&'static str; 3];

/// Packs the lists.
pub(crate) fn run(arguments: &Arguments) -> crate::Result<ExitCode> {
    let data = crate::data(arguments.source.as_ref());
    let lists = lists(&data)?;
    let packed = pack(&lists.iter().map(|(head, codes)| (*head, listed(codes))).collect::<Vec<_>>())?;
    let target = crate::workspace().join("schemas/codes/lists.bin");
    std::fs::write(&target, &packed)?;
    for ([name, title, ..], codes) in &lists {
        println!("{name:16} {:7} {title}", codes.len());
    }
    println!("{}: {} octets", target.display(), packed.len());
    Ok(ExitCode::SUCCESS)
}

fn listed(codes: &Codes) -> Vec<ListedCode<'_>> {
    codes.iter().map(|(value, (name, use_))| ListedCode { value, name, use_: *use_ }).collect()
}

fn lists(data: &Path) -> crate::Result<Vec<(Head, Codes)>> {
    let read = |name: &str| -> crate::Result<Vec<Vec<String>>> {
        Ok(rows(&std::fs::read_to_string(data.join("codes").join(name))?))
    };
    let mut packed = Vec::new();
    let file = std::fs::File::open(data.join("codes/un-locode.csv.xz"))?;
    std::io::Read::read_to_end(&mut lzma_rust2::XzReader::new(file, true), &mut packed)?;
    let places = rows(&String::from_utf8(packed)?);

    let units = units(&read("rec20.csv")?, &read("rec20-annex-2-3.csv")?);
    let packages = plain(&read("rec21.csv")?, 1, 2, Some(0));
    let rules = Artefacts::read(data)?;
    let currencies = currencies(&rules.values("BR-CL-04")?);
    let countries = countries(&places, &rules.values("BR-CL-14")?);
    let en_units = units_of_invoices(&rules.values("BR-CL-23")?, &units, &packages);
    let en = |rule: &str, element: &str| -> crate::Result<Codes> { Ok(named(&rules.values(rule)?, element)) };
    let bare = |rule: &str| -> crate::Result<Codes> { Ok(named(&rules.values(rule)?, "")) };

    let (iso, un, cen) = ("ISO", "UN/CEFACT, UNECE", "CEN/TC 434, European Commission");
    Ok(vec![
        (["EAS", "Electronic address schemes", cen], bare("BR-CL-25")?),
        (["EN16931-1001", "Document types of invoices and credit notes", cen], en("BR-CL-01", "1001")?),
        (["EN16931-1153", "Schemes of object identifiers", cen], en("BR-CL-07", "1153")?),
        (["EN16931-2005", "Dates that tax falls due by", cen], en("BR-CL-06", "2005")?),
        (["EN16931-4451", "Subjects of notes", cen], en("BR-CL-08", "4451")?),
        (["EN16931-4461", "Means of payment", cen], en("BR-CL-16", "4461")?),
        (["EN16931-5189", "Reasons of allowances", cen], en("BR-CL-19", "5189")?),
        (["EN16931-5305", "Categories of value added tax", cen], en("BR-CL-17", "5305")?),
        (["EN16931-7143", "Schemes of item classification", cen], en("BR-CL-13", "7143")?),
        (["EN16931-7161", "Reasons of charges", cen], en("BR-CL-20", "7161")?),
        (["EN16931-UNIT", "Units of measure, Recommendations 20 and 21", cen], en_units),
        (["ICD", "Identifier schemes, ISO/IEC 6523", iso], bare("BR-CL-10")?),
        (["ISO3166", "Countries, ISO 3166-1 alpha-2", iso], countries),
        (["ISO3166-2", "Subdivisions of countries, ISO 3166-2", iso], subdivisions(&read("subdivision-codes.csv")?)),
        (["ISO4217", "Currencies, ISO 4217", iso], currencies),
        (["LOCODE", "Places of trade and transport, UN/LOCODE", un], locations(&places)),
        (["MIME", "Media types of attachments", cen], bare("BR-CL-24")?),
        (["REC20", "Units of measure, Recommendation 20", un], units),
        (["REC21", "Packages, Recommendation 21", un], packages),
        (["REC24", "Status of trade and transport, Recommendation 24", un], plain(&read("rec24.csv")?, 1, 2, Some(0))),
        (["REC28", "Means of transport, Recommendation 28", un], transport(&read("rec28.csv")?)),
        (["VATEX", "Reasons of exemption from value added tax", cen], bare("BR-CL-22")?),
    ])
}

/// The code lists that the validation artefacts of EN 16931 name, by rule.
struct Artefacts {
    texts: Vec<String>,
}

impl Artefacts {
    fn read(data: &Path) -> crate::Result<Self> {
        let files = [
            "ubl/schematron/codelist/EN16931-UBL-codes.sch",
            "cii/schematron/codelist/EN16931-CII-codes.sch",
            "ubl/schematron/UBL/EN16931-UBL-model.sch",
        ];
        let texts = files.iter().map(|file| std::fs::read_to_string(data.join("xml/en16931").join(file)));
        Ok(Self { texts: texts.collect::<Result<_, _>>()? })
    }

    /// The values that a rule allows in one syntax or another.
    fn values(&self, rule: &str) -> crate::Result<BTreeSet<String>> {
        let mut values = BTreeSet::new();
        for text in &self.texts {
            // `<assert test="…" id="BR-CL-01">`, `<param name="BR-CL-08" value="…">`
            for piece in text.split("<assert").chain(text.split("<param")) {
                let end = piece.find('>').unwrap_or(piece.len());
                if !piece[..end].contains(&format!("\"{rule}\"")) {
                    continue;
                }
                for literal in piece[..end].split('\'').skip(1).step_by(2) {
                    let is_media_type = literal.contains('/');
                    let is_list = literal.starts_with(' ') && literal.trim() != "" && literal.trim() != "SEPA";
                    if is_list || is_media_type {
                        values.extend(literal.split_ascii_whitespace().map(str::to_owned));
                    }
                }
            }
        }
        if values.is_empty() { Err(format!("no values for {rule}").into()) } else { Ok(values) }
    }
}

/// Values with the names that the newest release which has them gives to the codes of a data element.
fn named(values: &BTreeSet<String>, element: &str) -> Codes {
    let directories = Directories::builtin();
    let name = |value: &str| {
        directories
            .releases()
            .iter()
            .rev()
            .find_map(|release| Some(directories.release(release)?.code(element, value)?.name().to_owned()))
    };
    values.iter().map(|value| (value.clone(), (name(value).unwrap_or_default(), Use::Current))).collect()
}

/// One code a row, with its name and the mark that says whether it is to be used.
fn plain(rows: &[Vec<String>], value: usize, name: usize, mark: Option<usize>) -> Codes {
    let rows = rows.iter().skip(1).filter(|row| row.len() > value.max(name) && !row[value].trim().is_empty());
    rows.map(|row| {
        let use_ = mark.map_or(Use::Current, |mark| use_of(&row[mark]));
        (row[value].trim().to_owned(), (tidy(&row[name]), use_))
    })
    .collect()
}

fn use_of(mark: &str) -> Use {
    match mark.trim() {
        "D" => Use::Deprecated,
        "X" | "x" => Use::Withdrawn,
        _ => Use::Current,
    }
}

/// The name on one line.
fn tidy(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Annex 1 by quantity, where a unit stands as often as it has quantities, and Annexes 2 and 3 with all units.
fn units(first: &[Vec<String>], others: &[Vec<String>]) -> Codes {
    // What EDI users wrote for decades, and write.
    const FORMER: &[(&str, &str)] = &[("PCE", "piece")];
    let mut units = plain(others, 1, 2, Some(0));
    units.extend(FORMER.iter().map(|(value, name)| former(value, name)));
    for (value, code) in plain(first, 6, 7, Some(5)) {
        units.entry(value).or_insert(code);
    }
    units
}

/// Units of Recommendation 20, and packages of Recommendation 21 with an X before them.
fn units_of_invoices(values: &BTreeSet<String>, units: &Codes, packages: &Codes) -> Codes {
    let name = |value: &String| {
        let package = || packages.get(value.strip_prefix('X')?);
        units.get(value).or_else(package).map(|(name, _)| name.clone()).unwrap_or_default()
    };
    values.iter().map(|value| (value.clone(), (name(value), Use::Current))).collect()
}

/// The mode and the two parts of the code in one: `150`, `1501`.
fn transport(rows: &[Vec<String>]) -> Codes {
    let rows = rows.iter().skip(1).filter(|row| row.len() > 4 && !row[1].trim().is_empty());
    let value = |row: &Vec<String>| row[1..4].iter().map(|part| part.trim()).collect::<String>();
    rows.map(|row| (value(row), (tidy(&row[4]), use_of(&row[0])))).collect()
}

/// Places: country and location in one, `IRBND`.
fn locations(rows: &[Vec<String>]) -> Codes {
    let rows = rows.iter().filter(|row| row.len() > 3 && row[1].len() == 2 && row[2].len() == 3);
    rows.map(|row| (format!("{}{}", row[1], row[2]), (tidy(&row[3]), use_of(&row[0])))).collect()
}

fn subdivisions(rows: &[Vec<String>]) -> Codes {
    let rows = rows.iter().skip(1).filter(|row| row.len() > 2 && !row[1].is_empty());
    rows.map(|row| (format!("{}-{}", row[0], row[1]), (tidy(&row[2]), Use::Current))).collect()
}

/// Countries with the names of UN/LOCODE, those of invoices that ISO 3166 reserves for users, and those that are no more.
fn countries(places: &[Vec<String>], values: &BTreeSet<String>) -> Codes {
    const OWN: &[(&str, &str)] = &[("1A", "Kosovo"), ("XI", "United Kingdom (Northern Ireland)")];
    const FORMER: &[(&str, &str)] = &[
        ("AN", "Netherlands Antilles"),
        ("BU", "Burma"),
        ("CS", "Serbia and Montenegro"),
        ("DD", "German Democratic Republic"),
        ("SU", "USSR"),
        ("TP", "East Timor"),
        ("YD", "Yemen, Democratic"),
        ("YU", "Yugoslavia"),
        ("ZR", "Zaire"),
    ];
    let heads = places.iter().filter(|row| row.len() > 3 && row[2].is_empty());
    let heads: BTreeMap<_, _> =
        heads.filter_map(|row| Some((row[1].as_str(), capitalised(row[3].strip_prefix('.')?)))).collect();
    let mut codes: Codes = FORMER.iter().map(|(value, name)| former(value, name)).collect();
    for value in values {
        let own = OWN.iter().find(|(own, _)| own == value).map(|(_, name)| (*name).to_owned());
        let name = own.or_else(|| heads.get(value.as_str()).cloned()).unwrap_or_default();
        codes.insert(value.clone(), (name, Use::Current));
    }
    codes
}

fn former(value: &str, name: &str) -> (String, (String, Use)) {
    (value.to_owned(), (name.to_owned(), Use::Withdrawn))
}

/// `ISLAMIC REPUBLIC OF` with small letters where they belong.
fn capitalised(name: &str) -> String {
    let small = ["OF", "THE", "AND", "D'IVOIRE"];
    let word = |word: &str| {
        if small.contains(&word) {
            return word.to_lowercase();
        }
        let mut begun = false;
        let letter = |letter: char| {
            let first = letter.is_alphabetic() && !std::mem::replace(&mut begun, letter.is_alphabetic());
            if first { letter.to_string() } else { letter.to_lowercase().collect() }
        };
        word.chars().map(letter).collect::<String>()
    };
    name.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// Currencies with their names, and those that older documents have.
fn currencies(values: &BTreeSet<String>) -> Codes {
    const FORMER: &[(&str, &str)] = &[
        ("ANG", "Netherlands Antillean guilder"),
        ("ATS", "Austrian schilling"),
        ("BEF", "Belgian franc"),
        ("BGN", "Bulgarian lev"),
        ("CUC", "Cuban convertible peso"),
        ("CYP", "Cyprus pound"),
        ("DEM", "German mark"),
        ("EEK", "Estonian kroon"),
        ("ESP", "Spanish peseta"),
        ("FIM", "Finnish markka"),
        ("FRF", "French franc"),
        ("GRD", "Greek drachma"),
        ("HRK", "Croatian kuna"),
        ("IEP", "Irish pound"),
        ("ITL", "Italian lira"),
        ("LTL", "Lithuanian litas"),
        ("LUF", "Luxembourg franc"),
        ("LVL", "Latvian lats"),
        ("MTL", "Maltese lira"),
        ("NLG", "Netherlands guilder"),
        ("PTE", "Portuguese escudo"),
        ("ROL", "Romanian leu"),
        ("SIT", "Slovenian tolar"),
        ("SKK", "Slovak koruna"),
        ("SLL", "Sierra Leonean leone"),
        ("TRL", "Turkish lira"),
        ("XEU", "European currency unit"),
        ("ZWL", "Zimbabwe dollar"),
    ];
    let mut codes: Codes = FORMER.iter().map(|(value, name)| former(value, name)).collect();
    for value in values {
        let known = iso_currency::Currency::iter().find(|currency| currency.code() == value);
        codes.insert(value.clone(), (known.map_or_else(String::new, |known| known.name().to_owned()), Use::Current));
    }
    codes
}

/// The rows of comma separated values, quoted where they hold a comma, a quote or a line end (RFC 4180).
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => cell.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell).trim_end_matches('\r').to_owned());
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_may_hold_commas_quotes_and_line_ends() {
        assert_eq!(rows("a,\"b, \"\"c\"\"\nd\"\r\n,e"), [vec!["a", "b, \"c\"\nd"], vec!["", "e"]]);
    }

    #[test]
    fn names_are_capitalised() {
        assert_eq!(capitalised("IRAN, ISLAMIC REPUBLIC OF"), "Iran, Islamic Republic of");
    }
}
