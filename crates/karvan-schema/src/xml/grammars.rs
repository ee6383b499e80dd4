//! The grammars that a program works with, and which of them a document follows.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;
use std::sync::OnceLock;

use karvan_xml::{Event, EventReader, Limits};

use super::code_lists::CodePlace;
use super::envelope::{ENVELOPE_NAMESPACE, is_envelope};
use super::format::{self, GrammarError};
use super::grammar::Grammar;

macro_rules! builtin {
    ($($name:literal),* $(,)?) => {
        [$(include_bytes!(concat!("../../../../schemas/xml/", $name, ".grammar")).as_slice()),*]
    };
}

/// The files that are part of the program; the grammars of one family from the oldest to the newest.
const FILES: [&[u8]; 14] = builtin![
    "cdar-d22b",
    "cii-d16b",
    "cii-d22b",
    "cii-d25a",
    "ecmr-1.0",
    "efti-0.5",
    "order-x-1.0-basic",
    "order-x-1.0-comfort",
    "order-x-1.0-extended",
    "sbdh-1.3",
    "ubl-2.1",
    "ubl-2.3",
    "ubl-2.4",
    "ubl-2.5",
];

static BUILTIN: OnceLock<Grammars> = OnceLock::new();

/// What a grammar is called, and which documents it is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heading {
    name: String,
    title: String,
    roots: Vec<(String, String)>,
    signs: Vec<(String, String)>,
    codes: Vec<CodePlace>,
}

impl Heading {
    /// The heading of the grammar called `name`; `title` is its name for people.
    #[must_use]
    pub fn new(name: impl Into<String>, title: impl Into<String>) -> Self {
        Self { name: name.into(), title: title.into(), ..Self::default() }
    }

    /// With a sign: a document follows this grammar and no other of its family if the value at `path` begins with `text`.
    /// A grammar without signs is for the documents that show those of no other.
    ///
    /// The path is that of an element in the document element, of local names: `ExchangedDocumentContext/…/ID`.
    #[must_use]
    pub fn sign(mut self, path: impl Into<String>, text: impl Into<String>) -> Self {
        self.signs.push((path.into(), text.into()));
        self
    }

    /// With an element that a document may have as its root.
    #[must_use]
    pub fn root(mut self, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        self.roots.push((namespace.into(), name.into()));
        self
    }

    /// With a place where codes of lists stand that the schema documents do not hold.
    #[must_use]
    pub fn codes(mut self, place: CodePlace) -> Self {
        self.codes.push(place);
        self
    }

    /// The name, such as `cii-d16b`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name for people.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Namespace and local name of the elements that a document may have as its root.
    pub fn roots(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.roots.iter().map(|(namespace, name)| (namespace.as_str(), name.as_str()))
    }

    /// Whether a document may have this element as its root.
    #[must_use]
    pub fn has_root(&self, namespace: &str, name: &str) -> bool {
        self.roots().any(|root| root == (namespace, name))
    }

    /// The paths and texts that tell a document of this grammar.
    pub fn signs(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.signs.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The places where codes of lists stand that the schema documents do not hold.
    pub fn code_places(&self) -> impl ExactSizeIterator<Item = &CodePlace> {
        self.codes.iter()
    }

    /// Reads the head of a file.
    pub(super) fn read(lines: &str) -> Self {
        let mut heading = Self::default();
        for (key, value) in lines.lines().filter_map(|line| line.split_once(' ')) {
            match key {
                "name" => value.clone_into(&mut heading.name),
                "title" => value.clone_into(&mut heading.title),
                "root" => {
                    let (namespace, name) = value.rsplit_once(' ').unwrap_or(("", value));
                    heading.roots.push((namespace.to_owned(), name.to_owned()));
                }
                "sign" => {
                    let (path, text) = value.split_once(' ').unwrap_or((value, ""));
                    heading.signs.push((path.to_owned(), text.to_owned()));
                }
                "codes" => {
                    let mut words = value.split(' ').map(str::to_owned);
                    if let (Some(place), Some(lists), unless) = (words.next(), words.next(), words.next()) {
                        heading.codes.push(CodePlace { place, lists, unless });
                    }
                }
                _ => {}
            }
        }
        heading
    }
}

/// The head of a file, without its signature.
impl fmt::Display for Heading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "name {}\ntitle {}", self.name, self.title)?;
        self.roots.iter().try_for_each(|(namespace, name)| writeln!(f, "root {namespace} {name}"))?;
        self.signs.iter().try_for_each(|(path, text)| writeln!(f, "sign {path} {text}"))?;
        self.codes.iter().try_for_each(|CodePlace { place, lists, unless }| match unless {
            Some(unless) => writeln!(f, "codes {place} {lists} {unless}"),
            None => writeln!(f, "codes {place} {lists}"),
        })
    }
}

/// Grammars, each opened when it is first asked for.
///
/// ```
/// use karvan_schema::xml::Grammars;
///
/// let document = r#"<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
///     xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
///     <cbc:UBLVersionID>2.3</cbc:UBLVersionID>"#;
/// let choice = Grammars::builtin().choose(document.as_bytes()).unwrap();
/// assert_eq!(choice.grammar.map(|grammar| grammar.name()), Some("ubl-2.3"));
/// ```
#[derive(Debug, Default)]
pub struct Grammars {
    packed: Vec<Packed>,
}

/// A grammar in its file.
#[derive(Debug)]
struct Packed {
    heading: Heading,
    file: Cow<'static, [u8]>,
    opened: OnceLock<Option<Grammar>>,
}

/// Which grammar a document follows, as far as its beginning tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice<'g> {
    /// The namespace of the document element.
    pub namespace: String,
    /// Its local name.
    pub name: String,
    /// The grammar, if there is one.
    pub grammar: Option<&'g Heading>,
    /// The grammar of the envelope that it stands in, if it does: then the name is that of the document in it, as far as
    /// `head` goes.
    pub envelope: Option<&'g Heading>,
}

impl Grammars {
    /// The grammars that are part of the program, with those that were added by [`Grammars::extend_builtin`].
    #[must_use]
    pub fn builtin() -> &'static Self {
        BUILTIN.get_or_init(Self::builtin_alone)
    }

    /// Adds imported grammars to [`Grammars::builtin`], for the whole program. This is done once, before anything is looked
    /// up. One that has the name of another takes its place.
    ///
    /// # Errors
    ///
    /// If the built-in grammars are in use already.
    pub fn extend_builtin(imported: Self) -> Result<(), GrammarError> {
        let mut grammars = Self::builtin_alone();
        imported.packed.into_iter().for_each(|packed| grammars.push(packed));
        BUILTIN.set(grammars).map_err(|_| GrammarError::InUse)
    }

    fn builtin_alone() -> Self {
        let mut grammars = Self::default();
        for file in FILES {
            // A test opens each of them.
            let _ = grammars.add(file);
        }
        grammars
    }

    /// Adds the grammar in `file`, as the newest of its family.
    ///
    /// # Errors
    ///
    /// If it has not the head of a packed grammar.
    pub fn add(&mut self, file: impl Into<Cow<'static, [u8]>>) -> Result<(), GrammarError> {
        let file = file.into();
        let heading = Heading::read(format::split(&file)?.0);
        self.push(Packed { heading, file, opened: OnceLock::new() });
        Ok(())
    }

    fn push(&mut self, packed: Packed) {
        self.packed.retain(|other| other.heading.name != packed.heading.name);
        self.packed.push(packed);
    }

    /// What is known of each grammar without opening it.
    pub fn headings(&self) -> impl ExactSizeIterator<Item = &Heading> + DoubleEndedIterator {
        self.packed.iter().map(|packed| &packed.heading)
    }

    /// The grammar with this name.
    #[must_use]
    pub fn grammar(&self, name: &str) -> Option<&Grammar> {
        let packed = self.packed.iter().find(|packed| packed.heading.name == name)?;
        packed.opened.get_or_init(|| Grammar::from_bytes(&packed.file).ok()).as_ref()
    }

    /// The grammars whose documents may have this root element, the oldest of a family first.
    pub fn for_root(&self, namespace: &str, name: &str) -> impl Iterator<Item = &Heading> {
        self.headings().filter(move |heading| heading.has_root(namespace, name))
    }

    /// The grammar that a document follows which begins with `head`: some kilobytes, cut anywhere. None where that is not
    /// enough to see the document element.
    ///
    /// Of the grammars that have its document element, it is the one with the longest sign that the document shows; where it
    /// shows none, the newest that has no signs or an empty one (or the newest, if there is none such), for the releases of a
    /// family take in what those before allow.
    #[must_use]
    pub fn choose(&self, head: &[u8]) -> Option<Choice<'_>> {
        let mut reader = EventReader::new(head, Limits::default());
        while reader.advance().ok()?? != Event::Start {}
        let (mut namespace, mut name) = (reader.namespace().to_owned(), reader.local_name().to_owned());
        let envelope = self.for_root(&namespace, &name).next().filter(|_| is_envelope(&namespace, &name));
        if envelope.is_some() {
            if !goes_to_document(&mut reader) {
                return Some(Choice { namespace, name, grammar: None, envelope });
            }
            (namespace, name) = (reader.namespace().to_owned(), reader.local_name().to_owned());
        }
        let known: Vec<&Heading> = self.for_root(&namespace, &name).collect();
        let asks_nothing =
            |heading: &&&Heading| heading.signs().len() == 0 || heading.signs().any(|(_, text)| text.is_empty());
        let mut best = (0, known.iter().rfind(asks_nothing).or(known.last()).copied());
        if known.iter().any(|heading| heading.signs().len() > 0) {
            shown(&mut reader, &mut |path, value| {
                for heading in &known {
                    let signs = heading.signs().filter(|(place, text)| *place == path && value.starts_with(text));
                    // A sign of a later element does not undo one as long.
                    if let Some(length) = signs.map(|(_, text)| text.len()).max().filter(|length| *length > best.0) {
                        best = (length, Some(heading));
                    }
                }
            });
        }
        Some(Choice { namespace, name, grammar: best.1, envelope })
    }
}

/// Goes from the start of an envelope to that of the document in it; whether there is one.
fn goes_to_document(reader: &mut EventReader<impl Read>) -> bool {
    let around = reader.depth();
    // The head may be cut anywhere, or broken.
    while let Ok(Some(event)) = reader.advance() {
        if event == Event::Start && reader.depth() == around + 1 && reader.namespace() != ENVELOPE_NAMESPACE {
            return true;
        }
    }
    false
}

/// Signs stand in an element so deep in the document element at most.
const DEEPEST_SIGN: usize = 4;

/// Tells `tell` the path below the document element, which `reader` is at, and the value of each element near it.
fn shown(reader: &mut EventReader<impl Read>, tell: &mut dyn FnMut(&str, &str)) {
    let (mut path, mut value) = (Vec::<String>::new(), String::new());
    let root = reader.depth();
    // The head may be cut anywhere, or broken.
    while let Ok(Some(event)) = reader.advance() {
        let depth = reader.depth() - root;
        match event {
            Event::End if depth == 0 => break,
            Event::Start if depth <= DEEPEST_SIGN => {
                path.truncate(depth - 1);
                path.push(reader.local_name().to_owned());
                value.clear();
            }
            Event::Text if depth == path.len() => value.push_str(reader.text()),
            Event::End if depth == path.len() => {
                tell(&path.join("/"), value.trim());
                path.pop();
                value.clear();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVOICE: &str = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2";

    fn chosen(document: &str) -> Option<String> {
        let choice = Grammars::builtin().choose(document.as_bytes())?;
        choice.grammar.map(|grammar| grammar.name().to_owned())
    }

    #[test]
    fn every_grammar_of_the_program_opens() {
        let grammars = Grammars::builtin();
        assert_eq!(grammars.headings().count(), FILES.len());
        for heading in grammars.headings() {
            let grammar = grammars.grammar(heading.name()).unwrap();
            assert_eq!(grammar.heading(), heading);
            assert!(grammar.roots().count() > 0 && grammar.roots().count() == heading.roots().count());
        }
    }

    #[test]
    fn a_document_shows_which_grammar_it_follows() {
        let invoice = |inside: &str| chosen(&format!("<x:Invoice xmlns:x='{INVOICE}' xmlns='urn:c'>{inside}"));
        assert_eq!(invoice("").as_deref(), Some("ubl-2.5"));
        assert_eq!(invoice("<UBLVersionID> 2.3 </UBLVersionID>").as_deref(), Some("ubl-2.3"));
        assert_eq!(invoice("<UBLVersionID>2.0</UBLVersionID>").as_deref(), Some("ubl-2.1"));
        let european = "<CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:x</CustomizationID>";
        assert_eq!(invoice(european).as_deref(), Some("ubl-2.1"));
        assert_eq!(invoice("<Party><UBLVersionID>2.3</UBLVersionID></Party>").as_deref(), Some("ubl-2.5"));
        assert_eq!(invoice("<UBLVersionID>2.3").as_deref(), Some("ubl-2.5"), "the head is cut");
        assert_eq!(invoice("<UBLVersionID>2.5</UBLVersionID>").as_deref(), Some("ubl-2.5"));
        assert_eq!(chosen("<Invoice/>"), None);
    }

    /// EXTENDED was held against D22B, which refuses the codes of charges that it takes as reasons.
    #[test]
    fn an_extended_invoice_is_read_by_the_grammar_that_takes_its_codes() {
        let invoice = |guideline: &str| {
            let root = "CrossIndustryInvoice xmlns='urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100'";
            let [context, parameter] = ["ExchangedDocumentContext", "GuidelineSpecifiedDocumentContextParameter"];
            chosen(&format!("<{root}><{context}><{parameter}><ID>{guideline}</ID></{parameter}></{context}>"))
        };
        assert_eq!(invoice("").as_deref(), Some("cii-d25a"));
        assert_eq!(invoice("urn:cen.eu:en16931:2017").as_deref(), Some("cii-d16b"));
        let extended = "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended";
        assert_eq!(invoice(extended).as_deref(), Some("cii-d25a"));
    }

    #[test]
    fn a_document_in_an_envelope_is_chosen_for_by_itself() {
        let wrapped = |inside: &str| {
            format!(
                "<e:StandardBusinessDocument xmlns:e='{ENVELOPE_NAMESPACE}'><e:StandardBusinessDocumentHeader>\
                 <e:UBLVersionID>2.4</e:UBLVersionID></e:StandardBusinessDocumentHeader>{inside}"
            )
        };
        let invoice = wrapped(&format!("<Invoice xmlns='{INVOICE}'><UBLVersionID>2.3</UBLVersionID></Invoice>"));
        let after = "<Invoice xmlns='urn:x'><UBLVersionID>2.1</UBLVersionID>";
        for document in [invoice.clone(), invoice.clone() + after, invoice + "</e:StandardBusinessDocument>"] {
            let choice = Grammars::builtin().choose(document.as_bytes()).unwrap();
            assert_eq!((choice.namespace.as_str(), choice.name.as_str()), (INVOICE, "Invoice"));
            assert_eq!(choice.grammar.map(Heading::name), Some("ubl-2.3"));
            assert_eq!(choice.envelope.map(Heading::name), Some("sbdh-1.3"));
        }
        // There is no document, or it is not in sight.
        for document in [wrapped(""), wrapped("<e:Payload/></e:StandardBusinessDocument>")] {
            let choice = Grammars::builtin().choose(document.as_bytes()).unwrap();
            assert_eq!(choice.name, "StandardBusinessDocument");
            assert_eq!((choice.grammar, choice.envelope.map(Heading::name)), (None, Some("sbdh-1.3")));
        }
    }

    #[test]
    fn a_document_without_an_element_has_no_grammar() {
        assert!(Grammars::builtin().choose(b"<!-- nothing yet").is_none());
    }

    #[test]
    fn an_imported_grammar_is_the_newest_but_for_documents_without_its_sign() {
        let mut grammars = Grammars::default();
        for (name, sign) in [("a", None), ("b", None), ("a", None), ("c", Some("1"))] {
            let heading = Heading::new(name, "A").root("urn:x", "Order");
            let heading = sign.into_iter().fold(heading, |heading, text| heading.sign("Version", text));
            let file = format!("{}\n{heading}\n", format::SIGNATURE);
            grammars.add(file.into_bytes()).unwrap();
        }
        assert_eq!(grammars.headings().map(Heading::name).collect::<Vec<_>>(), ["b", "a", "c"]);
        let chosen = |document: &str| grammars.choose(document.as_bytes()).unwrap().grammar.unwrap().name();
        assert_eq!(chosen("<Order xmlns='urn:x'/>"), "a");
        assert_eq!(chosen("<Order xmlns='urn:x'><Version>1.2</Version></Order>"), "c");
        assert!(grammars.add(b"".as_slice()).is_err());
    }
}
