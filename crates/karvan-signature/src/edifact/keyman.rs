//! KEYMAN (ISO 9735-9): keys, certificates and lists of certificates, asked for and delivered.
//!
//! A certificate stands in KEYMAN as USC with its algorithms and its signature. For X.509 that is a reference; the
//! certificate itself travels as the object of a package in the same interchange.

use karvan_edifact::{Segment, ServiceCharacters};
use karvan_pki::Certificate;
use karvan_text::Span;

use super::attach;
use super::group::CertificateReference;
use super::record::Record;
use super::sign::SignError;
use super::structure::{Level, Structure};

/// A KEYMAN message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keyman {
    /// Segment group 1: what is asked for or answered.
    pub relations: Vec<Relation>,
    /// Segment group 4: lists of certificates.
    pub lists: Vec<CertificateList>,
}

/// USE with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// USE: 0565 tells whether there is a message that this one answers, or that is asked for.
    pub relation: Record,
    /// USX: the message that is answered.
    pub reference: Option<Record>,
    /// Segment group 2.
    pub functions: Vec<Function>,
}

/// USF with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// USF: 0579 names the function, 0572 the place of a certificate in its path.
    pub function: Record,
    /// USA: the algorithm of a symmetric key, or how it is enciphered.
    pub algorithm: Option<Record>,
    /// Segment group 3.
    pub certificate: Option<CertificateReference>,
}

/// USL with its certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateList {
    /// USL: 0567 tells what the certificates of the list are: valid, revoked, unknown, discontinued, alert, expired.
    pub status: Record,
    /// Segment group 5.
    pub certificates: Vec<CertificateReference>,
}

/// A segment that has no place where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// Its tag.
    pub tag: String,
    /// Where it stands.
    pub span: Span,
}

/// 0579: the functions that this module writes.
const CERTIFICATE_PATH_DELIVERY: &str = "222";

/// What an interchange around a KEYMAN says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<'e> {
    /// Who sends it: identification (0004) and, if not empty, qualifier (0007).
    pub sender: (&'e str, &'e str),
    /// Who is to have it: identification (0010) and, if not empty, qualifier (0007).
    pub recipient: (&'e str, &'e str),
    /// Date (`CCYYMMDD`) and time (`HHMM`), 0017 and 0019.
    pub time: (&'e str, &'e str),
    /// 0020, and 0062 of the message: 1 to 14 characters.
    pub reference: &'e str,
}

impl Keyman {
    /// An interchange of syntax version 4 in UTF-8 that delivers a path of X.509 certificates, as [`Keyman::delivery_of`] says it,
    /// with the certificates themselves in packages behind the message.
    ///
    /// # Errors
    /// There is no certificate, or a value has a character that cannot be released.
    pub fn deliver(path: &[Certificate], envelope: &Envelope<'_>) -> Result<Vec<u8>, SignError> {
        if path.is_empty() {
            return Err(SignError::Nothing(Level::Package));
        }
        let characters = ServiceCharacters::for_version(4);
        let octets = |record: &Record| record.octets(&characters).ok_or(SignError::Characters);
        let party = |(identification, qualifier): (&str, &str)| match qualifier {
            "" => vec![identification.to_owned()],
            _ => vec![identification.to_owned(), qualifier.to_owned()],
        };
        let (date, time) = envelope.time;
        let header = Record::new("UNB")
            .composite(["UNOW", "4"])
            .composite(party(envelope.sender))
            .composite(party(envelope.recipient))
            .composite([date, time])
            .element(envelope.reference);
        let message = Record::new("UNH").element(envelope.reference).composite(["KEYMAN", "4", "1", "UN"]);
        let mut file = [octets(&header)?, octets(&message)?].concat();
        let keyman = Self::delivery_of(path);
        for record in keyman.records() {
            file.extend(octets(record)?);
        }
        let segments = (keyman.records().count() + 2).to_string();
        file.extend(octets(&Record::new("UNT").element(segments).element(envelope.reference))?);
        for (index, certificate) in path.iter().enumerate() {
            let package = attach::package(certificate, index + 1, &characters).ok_or(SignError::Characters)?;
            file.extend(package.concat());
        }
        let count = (path.len() + 1).to_string();
        file.extend(octets(&Record::new("UNZ").element(count).element(envelope.reference))?);
        Ok(file)
    }

    /// Reads the body of a KEYMAN message.
    ///
    /// # Errors
    /// The first segment that has no place where it stands.
    pub fn read(octets: &[u8], message: &Structure) -> Result<Self, Misplaced> {
        let mut read = Self::default();
        let mut at = message.body.start;
        while at < message.body.end {
            let rest = Span::new(at, message.body.end).slice(octets);
            let layout = rest.iter().take_while(|octet| octet.is_ascii_whitespace()).count();
            if layout == rest.len() {
                break;
            }
            let segment = Segment::new(&rest[layout..], at + layout as u64, message.characters);
            if !read.add(Record::of(&segment)) {
                let tag = String::from_utf8_lossy(segment.tag()).into_owned();
                return Err(Misplaced { tag, span: segment.span() });
            }
            at = segment.span().end.max(at + 1);
        }
        Ok(read)
    }

    /// Delivers a path of X.509 certificates, the first one that of the owner, each certified by the next.
    #[must_use]
    pub fn delivery_of(path: &[Certificate]) -> Self {
        let functions = path.iter().enumerate().map(|(index, certificate)| {
            let none: [Vec<&str>; 0] = [];
            let position = (index + 1).to_string();
            Function {
                function: Record::new("USF")
                    .element(CERTIFICATE_PATH_DELIVERY)
                    .repeated(none)
                    .element("")
                    .element(position),
                algorithm: None,
                certificate: Some(CertificateReference::to(certificate)),
            }
        });
        let relation = Record::new("USE").element("1");
        Self {
            relations: vec![Relation { relation, reference: None, functions: functions.collect() }],
            lists: Vec::new(),
        }
    }

    /// The segments of the body, in order.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        let relations = self.relations.iter().flat_map(|relation| {
            let functions = relation.functions.iter().flat_map(|function| {
                let certificate = function.certificate.iter().flat_map(CertificateReference::records);
                std::iter::once(&function.function).chain(&function.algorithm).chain(certificate)
            });
            std::iter::once(&relation.relation).chain(&relation.reference).chain(functions)
        });
        let lists = self.lists.iter().flat_map(|list| {
            std::iter::once(&list.status).chain(list.certificates.iter().flat_map(CertificateReference::records))
        });
        relations.chain(lists)
    }

    /// The certificates that are referred to, those of the functions first.
    pub fn certificates(&self) -> impl Iterator<Item = &CertificateReference> {
        let functions = self.relations.iter().flat_map(|relation| &relation.functions);
        functions
            .filter_map(|function| function.certificate.as_ref())
            .chain(self.lists.iter().flat_map(|list| &list.certificates))
    }

    /// Puts a segment in its place; false where it has none.
    fn add(&mut self, record: Record) -> bool {
        match record.tag() {
            b"USE" if self.lists.is_empty() => {
                self.relations.push(Relation { relation: record, reference: None, functions: Vec::new() });
                return true;
            }
            b"USL" => {
                self.lists.push(CertificateList { status: record, certificates: Vec::new() });
                return true;
            }
            _ => {}
        }
        if let Some(list) = self.lists.last_mut() {
            return match (record.tag(), list.certificates.last_mut()) {
                (b"USC", _) => {
                    list.certificates.push(CertificateReference::begin(record));
                    true
                }
                (_, Some(certificate)) => certificate.add(record),
                _ => false,
            };
        }
        let Some(relation) = self.relations.last_mut() else { return false };
        match (record.tag(), relation.functions.last_mut()) {
            (b"USX", None) if relation.reference.is_none() => relation.reference = Some(record),
            (b"USF", _) => relation.functions.push(Function { function: record, algorithm: None, certificate: None }),
            (b"USC", Some(function)) if function.certificate.is_none() => {
                function.certificate = Some(CertificateReference::begin(record));
            }
            (b"USA", Some(Function { algorithm: algorithm @ None, certificate: None, .. })) => {
                *algorithm = Some(record)
            }
            (_, Some(Function { certificate: Some(certificate), .. })) => return certificate.add(record),
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use karvan_edifact::ReadOptions;

    use super::super::structure::Structures;
    use super::*;

    fn file(body: &str) -> Vec<u8> {
        format!("UNB+UNOC:4+A+B+20261122:0900+1'UNH+1+KEYMAN:4:1:UN'{body}UNT+1+1'UNZ+1+1'").into_bytes()
    }

    fn read(octets: &[u8]) -> Result<Keyman, Misplaced> {
        let structures = Structures::read(octets, ReadOptions::default());
        Keyman::read(octets, &structures.all()[1])
    }

    #[test]
    fn what_is_read_is_written_again() {
        let body = "USE+2'USX+7'USF+222++1+1'USA+1:::48'USC+AB+3:K+3'USA+4:::48'USR+1:AA'USF+222'USC+AC'USE+1'USF+224+2'USL+2'USC+AD++++++++++2+1'USC+AE'USR+1:BB'";
        let keyman = read(&file(body)).unwrap();
        assert_eq!(
            (keyman.relations.len(), keyman.relations[0].functions.len(), keyman.lists[0].certificates.len()),
            (2, 2, 2)
        );
        let references: Vec<_> =
            keyman.certificates().map(|certificate| certificate.reference().into_owned()).collect();
        assert_eq!(references, ["AB", "AC", "AD", "AE"]);
        let characters = ServiceCharacters::for_version(4);
        let octets: Vec<u8> = keyman.records().flat_map(|record| record.octets(&characters).unwrap()).collect();
        assert_eq!(String::from_utf8(octets).unwrap(), body);
    }

    #[test]
    fn segments_without_a_place_are_told() {
        for (body, tag) in [
            ("USF+1'", "USF"),
            ("USE+1'USC+1'", "USC"),
            ("USL+2'USR+1'", "USR"),
            ("USL+1'USE+1'", "USE"),
            ("BGM'", "BGM"),
        ] {
            assert_eq!(read(&file(body)).unwrap_err().tag, tag, "{body}");
        }
    }
}
