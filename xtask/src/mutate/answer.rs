//! What CONTRL reports of a mutant, held against what it must: the answer is valid, and names what was damaged with its error
//! code, its segment and its data element by numbers. Those are counted here from the octets, without Karvan's reader.

use std::collections::BTreeSet;
use std::ops::Range;

use karvan_engine::ack::{self, Acknowledgement, Withheld, acknowledge};
use karvan_schema::directory::{Directories, Directory};

use super::judge::told;
use super::kinds::{Expected, Mutant};
use super::sample::Line;

/// Judges the report on a mutant; what is wrong with it, if anything is.
pub(super) fn judge(mutant: &Mutant, directory: Directory<'_>) -> crate::Result<Result<(), String>> {
    let at = "2026-11-22T09:00:00Z".parse()?;
    let answered = acknowledge(&mutant.octets[..], &ack::Options::default(), at, &mut |_| {})?;
    let findings = told(&answered.octets)?;
    if let Some(finding) = findings.first().filter(|_| !answered.octets.is_empty()) {
        return Ok(Err(format!("the report is invalid: {} {}", finding.code, finding.path)));
    }
    Ok(compare(mutant, directory, &answered))
}

/// What a report says, one error each: the interchange that is answered, the reference of the message, and where.
type Error = (usize, String, Where);

/// Where an error is told, and its code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Where {
    Interchange { code: u16, tag: String },
    Group { code: u16, tag: String },
    Message { code: u16, tag: String },
    Segment { code: u16, position: usize },
    Element { code: u16, position: usize, element: usize },
}

fn compare(mutant: &Mutant, directory: Directory<'_>, answered: &Acknowledgement) -> Result<(), String> {
    let pieces = Pieces::of(&mutant.octets);
    let mut expected = Vec::new();
    for one in mutant.expected.iter().filter(|one| matches!(one.code.as_bytes(), [b'E', b'1'..=b'3', ..])) {
        // Without a header whose sender, recipient and reference can be copied nothing can be answered.
        let path = plain(&one.path);
        let copied = ["UNB/S002", "UNB/S003", "UNB/0020"].iter().any(|element| path.starts_with(element));
        if path == "UNB" && pieces.list.iter().all(|piece| piece.tag != "UNB")
            || copied && matches!(one.code, "E1013" | "E1039")
        {
            let none = answered.answers.iter().all(|answer| answer.withheld == Some(Withheld::Unaddressed));
            return if none { Ok(()) } else { Err("it is answered though nobody can be named".to_owned()) };
        }
        expected.extend(Some(pieces.place(one, directory)).filter(|places| !places.is_empty()));
    }
    let given: Vec<_> = answered.answers.iter().map(|answer| answer.answer.is_some()).collect();
    let reported = reported(&answered.octets, &given);
    let exact = mutant.consequences.is_empty();
    // A level tells one error of several.
    let told = |places: &Vec<Error>| {
        places.iter().any(|place| {
            let other = |error: &Error| !exact || expected.iter().any(|others| others.contains(error));
            reported.contains(place) || reported.iter().any(|error| level(error) == level(place) && other(error))
        })
    };
    if let Some(missing) = expected.iter().find(|places| !told(places)) {
        return Err(format!("not reported: {missing:?}, but {reported:?}"));
    }
    match reported.iter().find(|error| exact && !expected.iter().any(|places| places.contains(error))) {
        Some(more) => Err(format!("reported too: {more:?}")),
        None => Ok(()),
    }
}

/// What tells one error at most: an interchange, a group, a message, a segment. A data element is named by its place.
fn level(error: &Error) -> (usize, &str, usize) {
    let (interchange, message, place) = error;
    match place {
        Where::Interchange { .. } => (*interchange, "", 0),
        Where::Group { .. } => (*interchange, "", 1),
        Where::Message { .. } => (*interchange, message, 2),
        Where::Segment { position, .. } => (*interchange, message, 3 * position),
        Where::Element { position, element, .. } => (*interchange, message, 3 * (1000 * element + position) + 1),
    }
}

/// A path without qualifiers.
fn plain(path: &str) -> String {
    path.split('/').map(|part| part.split('[').next().unwrap_or_default()).collect::<Vec<_>>().join("/")
}

/// The errors that the reports tell; `given` says which interchanges were answered.
fn reported(octets: &[u8], given: &[bool]) -> BTreeSet<Error> {
    let mut interchanges = given.iter().enumerate().filter(|(_, given)| **given).map(|(index, _)| index);
    let (mut interchange, mut message, mut position) = (0, String::new(), 0);
    let mut told = BTreeSet::new();
    let text = String::from_utf8_lossy(octets).into_owned();
    let pieces = Pieces::of(octets);
    for piece in &pieces.list {
        let line = pieces.line(&text, piece);
        let value = |element| String::from_utf8_lossy(line.value(element, 0)).into_owned();
        let number = |element: usize| value(element).parse().ok();
        let error = match line.tag.as_str() {
            "UCI" => {
                interchange = interchanges.next().unwrap_or(usize::MAX);
                message.clear();
                number(4).map(|code| Where::Interchange { code, tag: value(5) })
            }
            "UCF" => number(4).map(|code| Where::Group { code, tag: value(5) }),
            "UCM" => {
                message = if value(0).is_empty() { value(6) } else { value(0) };
                number(3).map(|code| Where::Message { code, tag: value(4) })
            }
            "UCS" => {
                position = number(0).map_or(0, usize::from);
                number(1).map(|code| Where::Segment { code, position })
            }
            "UCD" => {
                let element = number(1).map_or(0, usize::from);
                number(0).map(|code| Where::Element { code, position, element })
            }
            _ => None,
        };
        told.extend(error.map(|error| {
            let whole = matches!(error, Where::Interchange { .. } | Where::Group { .. });
            (interchange, if whole { String::new() } else { message.clone() }, error)
        }));
    }
    told
}

/// The segments of an interchange, cut by hand.
struct Pieces {
    list: Vec<Piece>,
    characters: [u8; 6],
    version: u8,
    octets: Vec<u8>,
}

/// A segment.
struct Piece {
    span: Range<usize>,
    tag: String,
    /// The interchange it stands in, from 0.
    interchange: usize,
    /// Whether UNZ stands before it.
    outside: bool,
    /// Whether it stands in a group.
    grouped: bool,
    /// The reference of the message or package, and its position there, the header being 1.
    unit: Option<(String, usize)>,
}

impl Pieces {
    fn of(octets: &[u8]) -> Self {
        let mut characters = *b":+.? '";
        let (mut version, mut at, mut list) = (3, 0, Vec::<Piece>::new());
        let (mut unit, mut grouped, mut interchange) = (None::<(String, usize)>, false, None::<usize>);
        while at < octets.len() {
            let rest = &octets[at..];
            if rest.starts_with(b"UNA") && rest.len() >= 9 {
                characters.copy_from_slice(&rest[3..9]);
                at += 9;
                continue;
            }
            if !rest[0].is_ascii_alphanumeric() {
                at += 1;
                continue;
            }
            let end = at + end_of(rest, &characters);
            let tag: String = rest.iter().take(3).map(|octet| char::from(*octet)).collect();
            let field = |n: usize| {
                let text = String::from_utf8_lossy(&octets[at..end]).into_owned();
                text.split([char::from(characters[1]), char::from(characters[5])]).nth(n).unwrap_or_default().to_owned()
            };
            match tag.as_str() {
                "UNB" => {
                    version = if field(1).split(char::from(characters[0])).nth(1) == Some("4") { 4 } else { 3 };
                    (unit, grouped, interchange) = (None, false, Some(interchange.map_or(0, |number| number + 1)));
                }
                "UNG" => (unit, grouped) = (None, true),
                "UNH" | "UNO" => unit = Some((field(1), 1)),
                "UNE" | "UNZ" => unit = None,
                _ => unit = unit.map(|(reference, position)| (reference, position + 1)),
            }
            let interchange = interchange.unwrap_or(0);
            let outside = tag != "UNB" && list.last().is_some_and(|before| before.outside || before.tag == "UNZ");
            list.push(Piece { outside, span: at..end, tag: tag.clone(), interchange, grouped, unit: unit.clone() });
            match tag.as_str() {
                "UNT" | "UNP" => unit = None,
                "UNE" => grouped = false,
                _ => {}
            }
            at = end;
            if tag == "UNO" {
                let trailer =
                    octets[at..].windows(4).position(|four| four.starts_with(b"UNP") && four[3] == characters[1]);
                at = trailer.map_or(octets.len(), |offset| at + offset);
            }
        }
        Self { list, characters, version, octets: octets.to_vec() }
    }

    /// A segment of a report, whose characters are those of the interchange that it answers.
    fn line(&self, text: &str, piece: &Piece) -> Line {
        let [component, element, _, release, repetition, terminator] = self.characters.map(char::from);
        let text = text.get(piece.span.clone()).unwrap_or_default().trim_end_matches(terminator);
        let usual = text.chars().map(|octet| match octet {
            _ if octet == component => ':',
            _ if octet == element => '+',
            _ if octet == release => '?',
            _ if octet == repetition && repetition != ' ' => '*',
            _ => octet,
        });
        Line::parse(&usual.collect::<String>())
    }

    /// Where the report may tell a finding; nowhere where it is about nothing that was sent with an interchange.
    fn place(&self, finding: &Expected, directory: Directory<'_>) -> Vec<Error> {
        let Some(digits) = finding.code.get(2..).and_then(|digits| digits.parse().ok()) else { return Vec::new() };
        let path = plain(&finding.path);
        let last = path.rsplit('/').next().unwrap_or_default();
        let is_segment = last.len() == 3 || last.starts_with("SG");
        if digits == 13 && is_segment {
            return self.missing(last, &finding.span);
        }
        let Some(piece) = self.list.iter().rfind(|piece| piece.span.start <= finding.span.start) else {
            return Vec::new();
        };
        if piece.outside || piece.tag == "UNZ" && finding.span.start >= piece.span.end {
            return Vec::new();
        }
        let whole = matches!(digits, 26 | 30 | 32 | 33);
        let tag = if whole { String::new() } else { piece.tag.clone() };
        let at = |place| vec![(piece.interchange, String::new(), place)];
        let interchange = |code, tag| at(Where::Interchange { code, tag });
        let above = |code: &dyn Fn(char) -> u16, tag| match piece.grouped {
            true => at(Where::Group { code: code('G'), tag }),
            false => interchange(code('I'), tag),
        };
        let code = |level: char| self.code(digits, level);
        match (piece.tag.as_str(), &piece.unit) {
            _ if digits == 30 => interchange(30, tag),
            ("UNB" | "UNZ", _) => interchange(code('I'), tag),
            ("UNG" | "UNE", _) => above(&code, tag),
            // A message must be named by all of its identifier (UCM, S009).
            ("UNH", _) if digits == 13 => above(&|_| 18, String::new()),
            ("UNH" | "UNT" | "UNO" | "UNP", Some((reference, _))) => {
                vec![(piece.interchange, reference.clone(), Where::Message { code: code('M'), tag })]
            }
            (_, None) => above(&code, String::new()),
            (_, Some((reference, position))) => {
                let position = *position;
                let counted = self.element(piece, finding.span.start);
                let service = Directories::builtin().service(&self.version.to_string());
                let segment = directory.segment(&piece.tag).or_else(|| service?.segment(&piece.tag));
                let element = match segment.filter(|_| digits == 13) {
                    // One that is missing may have no separator to count by.
                    Some(segment) => {
                        let named = path.split('/').skip_while(|part| *part != piece.tag).nth(1).unwrap_or_default();
                        let rows = segment.rows().enumerate().filter(|(_, row)| row.tag() == named);
                        rows.map(|(index, _)| index + 2).find(|place| *place >= counted).unwrap_or(counted)
                    }
                    None => counted,
                };
                // Of a character only the segment is in the path.
                let place = if element > 1 && (digits == 21 || !is_segment) {
                    Where::Element { code: code('D'), position, element }
                } else {
                    Where::Segment { code: code('S'), position }
                };
                vec![(piece.interchange, reference.clone(), place)]
            }
        }
    }

    /// What is missing somewhere in `span` is told behind a segment before it.
    fn missing(&self, tag: &str, span: &Range<usize>) -> Vec<Error> {
        let first = self.list.iter().rposition(|piece| piece.span.end <= span.start).unwrap_or(0);
        let before = self.list[first..].iter().take_while(|piece| piece.span.start < span.end.max(1));
        let places = before.map(|piece| {
            let (reference, position) = piece.unit.clone().unwrap_or_default();
            let (code, told) = (13, tag.to_owned());
            match tag {
                "UNZ" => (piece.interchange, String::new(), Where::Interchange { code, tag: told }),
                "UNE" => (piece.interchange, String::new(), Where::Group { code, tag: told }),
                "UNT" | "UNP" => (piece.interchange, reference, Where::Message { code, tag: told }),
                // Without header there is no message: its segments stand outside any.
                "UNH" if piece.grouped => {
                    (piece.interchange, String::new(), Where::Group { code: 33, tag: String::new() })
                }
                "UNH" => (piece.interchange, String::new(), Where::Interchange { code: 33, tag: String::new() }),
                _ => (piece.interchange, reference, Where::Segment { code, position }),
            }
        });
        let places: Vec<_> = places.collect();
        if tag == "UNB" { Vec::new() } else { places }
    }

    /// The position of the data element at `offset`, the tag being 1.
    fn element(&self, piece: &Piece, offset: usize) -> usize {
        let [_, separator, _, release, ..] = self.characters;
        let octets = &self.octets[piece.span.start..offset.max(piece.span.start).min(self.octets.len())];
        let mut released = false;
        let separators = octets.iter().filter(|octet| {
            let counts = **octet == separator && !released;
            released = **octet == release && !released;
            counts
        });
        separators.count() + 1
    }

    /// The error code as the code list of the syntax version and the level have it (ISO 9735-4 Annex A).
    fn code(&self, digits: u16, level: char) -> u16 {
        match (digits, self.version, level) {
            (900.., ..) => 18,
            (46, 3, 'I') => 2,
            (19 | 38, 4, _) | (19 | 38, _, 'G' | 'M') => 12,
            (45 | 48, 3, _) => 18,
            _ => digits,
        }
    }
}

/// Where the segment at the beginning of `octets` ends, its terminator counted in.
fn end_of(octets: &[u8], [.., release, _, terminator]: &[u8; 6]) -> usize {
    let mut released = false;
    let end = octets.iter().position(|octet| {
        let ends = octet == terminator && !released;
        released = octet == release && *release != b' ' && !released;
        ends
    });
    end.map_or(octets.len(), |end| end + 1)
}
