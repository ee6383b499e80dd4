//! The service directories of syntax versions 1 to 4, from conversions.

use std::path::Path;

use karvan_schema::directory::{
    DirectoryFacts, ElementFacts, Format, MessageFacts, PartFacts, PartRowFacts, Repertoire, Status,
};

use super::{conversions, xml};

/// Segments of version 4 in which the first conversion is wrong and the second right (ISO 9735-10:2014 §5.1): it lacks S017
/// in UNH and 0543 in USC.
const FROM_SECOND: [&str; 2] = ["UNH", "USC"];

/// Marks that names lost in the conversions.
const PUNCTUATION: [(&str, &str); 12] = [
    (" coded", ", coded"),
    ("Anticollision", "Anti-collision"),
    ("datetime", "date/time"),
    ("andor", "and/or"),
    ("messagepackage", "message/package"),
    ("recipients ", "recipient's "),
    ("Recipients ", "Recipient's "),
    ("referencepassword", "reference/password"),
    ("senders ", "sender's "),
    ("subfunction", "sub-function"),
    ("subidentification", "sub-identification"),
    ("transfer interactive", "transfer, interactive"),
];

/// The dependency notes of version 4, which the conversions leave out (ISO 9735-10:2014 §5.1 and §5.2).
///
/// USX: printed is D1(070,090), "one and only one" of message and package, though neither is named where a whole interchange
/// or group is secured, which is what AUTACK is mostly used for. Read as "one or none", so that nothing sound is rejected.
const DEPENDENCIES: [(&str, &[&str]); 13] = [
    ("S011", &["D4(020,030)"]),
    ("S302", &["D5(030,020)"]),
    ("S303", &["D5(030,020)"]),
    ("S307", &["D5(030,020)"]),
    ("UCF", &["D5(060,050)", "D5(070,060,050)", "D5(080,060,050,090)", "D5(090,080,060,050)"]),
    ("UCI", &["D5(060,050)", "D5(070,060,050)", "D5(080,060,050,090)", "D5(090,080,060,050)"]),
    (
        "UCM",
        &[
            "D1(010,070)",
            "D2(010,020)",
            "D2(070,080)",
            "D5(050,040)",
            "D5(060,050,040)",
            "D5(090,050,040,100)",
            "D5(100,090,050,040)",
        ],
    ),
    ("UIB", &["D5(030,020)", "D5(050,020)"]),
    ("UIR", &["D1(050,060)", "D5(080,070)", "D5(090,070,080)"]),
    ("UNG", &["D2(010,060,070)"]),
    ("USC", &["D5(110,100)"]),
    ("USX", &["D5(050,040)", "D4(070,090)", "D5(060,040)", "D5(080,070)"]),
    ("USY", &["D3(020,030)"]),
];

/// The dependency note of the message CONTRL of version 4: it answers messages or groups, never both (ISO 9735-4 §5.4).
const CONTRL_DEPENDENCY: &str = "D4(030,080)";

/// Reads the four service directories.
pub(super) fn read(folder: &Path) -> crate::Result<Vec<DirectoryFacts>> {
    ["1", "2", "3", "4"].into_iter().map(|version| directory(folder, version)).collect()
}

fn directory(folder: &Path, version: &str) -> crate::Result<DirectoryFacts> {
    let own = folder.join(format!("Service_V{version}"));
    // Versions 1 to 3 share one list of service codes.
    let codes = folder.join(if version == "4" { "service_codes_v4.xml" } else { "service_codes_v3.xml" });
    let converted = conversions::parts(&xml::read(&own.join("segments.xml"))?);
    let mut facts = DirectoryFacts {
        name: version.to_owned(),
        segments: converted.segments,
        composites: converted.composites,
        elements: converted.elements,
        codes: conversions::codes(&codes)?,
        ..DirectoryFacts::default()
    };
    // The list of codes describes coded elements too; those of no segment of the conversion are in it only.
    xml::read(&codes)?.children.iter().for_each(|node| conversions::element(node, &mut facts.elements));
    for (tag, rows) in conversions::messages(&own.join("messages"))? {
        let mut message =
            MessageFacts { name: message_name(&tag).to_owned(), position_digits: 4, rows, ..MessageFacts::default() };
        message.rows.iter_mut().zip((10..).step_by(10)).for_each(|(row, position)| row.position = position);
        facts.messages.insert(tag, message);
    }
    match version {
        "4" => complete_version_4(folder, &mut facts)?,
        "1" | "2" => add_text_segment(&mut facts),
        _ => {}
    }
    for (tag, part) in &mut facts.segments {
        part.interactive = tag.starts_with("UI");
    }
    let parts = facts.segments.values_mut().chain(facts.composites.values_mut()).map(|part| &mut part.name);
    parts.chain(facts.elements.values_mut().map(|element| &mut element.name)).for_each(punctuate);
    Ok(facts)
}

fn punctuate(name: &mut String) {
    for (lost, printed) in PUNCTUATION {
        if !name.contains(printed) {
            *name = name.replace(lost, printed).replace(&lost.to_uppercase(), &printed.to_uppercase());
        }
    }
}

fn message_name(tag: &str) -> &'static str {
    match tag {
        "AUTACK" => "Secure authentication and acknowledgement message",
        "CONTRL" => "Syntax and service report message",
        "KEYMAN" => "Security key and certificate management message",
        _ => "",
    }
}

fn complete_version_4(folder: &Path, facts: &mut DirectoryFacts) -> crate::Result<()> {
    let second = xml::read(&folder.join("pydifact-service/v402/data/simple_segments.xml"))?;
    for (tag, part) in conversions::parts(&second).segments {
        let Some(own) = facts.segments.get_mut(&tag) else { continue };
        if FROM_SECOND.contains(&tag.as_str()) {
            own.rows = part.rows;
        } else {
            // Only the second conversion has repetitions.
            for row in &mut own.rows {
                let same = part.rows.iter().find(|other| other.tag == row.tag);
                row.repetitions = same.map_or(1, |other| other.repetitions);
            }
        }
    }
    for (tag, notes) in DEPENDENCIES {
        let part = facts.segments.get_mut(tag).or_else(|| facts.composites.get_mut(tag));
        let part = part.ok_or_else(|| format!("{tag} has dependency notes and is not there"))?;
        part.dependencies = notes.iter().map(|note| note.parse()).collect::<Result<_, _>>()?;
    }
    let contrl = facts.messages.get_mut("CONTRL").ok_or("the service directory has no CONTRL")?;
    contrl.dependencies.push(CONTRL_DEPENDENCY.parse()?);
    // S017 is in neither conversion; it is built like S016 and S018, which stand beside it (ISO 9735-10:2014 §5.2).
    let guideline = [
        ("0121", "Message implementation guideline identification", 14, Status::Mandatory),
        ("0122", "Message implementation guideline version number", 3, Status::Conditional),
        ("0124", "Message implementation guideline release number", 3, Status::Conditional),
        ("0051", "Controlling agency, coded", 3, Status::Conditional),
    ];
    let mut part =
        PartFacts { name: "MESSAGE IMPLEMENTATION GUIDELINE IDENTIFICATION".to_owned(), ..PartFacts::default() };
    for ((tag, name, maximum, status), position) in guideline.into_iter().zip((10..).step_by(10)) {
        part.rows.push(PartRowFacts { position, tag: tag.to_owned(), status, repetitions: 1 });
        let format = Format { repertoire: Repertoire::Alphanumeric, minimum: 0, maximum };
        facts.elements.entry(tag.to_owned()).or_insert_with(|| ElementFacts { name: name.to_owned(), format });
    }
    facts.composites.entry("S017".to_owned()).or_insert(part);
    Ok(())
}

/// TXT, which the conversions leave out (ISO 9735:1988, annex B; its use was always discouraged).
fn add_text_segment(facts: &mut DirectoryFacts) {
    let row = |position, tag: &str, status| PartRowFacts { position, tag: tag.to_owned(), status, repetitions: 1 };
    let rows = vec![row(10, "0077", Status::Conditional), row(20, "0078", Status::Mandatory)];
    facts.segments.insert("TXT".to_owned(), PartFacts { name: "TEXT".to_owned(), rows, ..PartFacts::default() });
    let element = |name: &str, minimum, maximum| ElementFacts {
        name: name.to_owned(),
        format: Format { repertoire: Repertoire::Alphanumeric, minimum, maximum },
    };
    facts.elements.insert("0077".to_owned(), element("Text reference code", 3, 3));
    facts.elements.insert("0078".to_owned(), element("Free form text", 0, 70));
}
