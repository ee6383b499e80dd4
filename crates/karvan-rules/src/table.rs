//! The rules of a document type, from their table in `schemas/documents/`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use karvan_model::{Document, DocumentType, Part};
use karvan_text::{Diagnostic, Language, Severity};
use serde::Deserialize;

use crate::expression::{Condition, Subject};
use crate::parse::{self, SyntaxError};
use crate::{check, describe};

/// The kinds of documents that have rules of their own, with these.
const OWN: &[(&str, &str)] = &[("invoice", include_str!("../../../schemas/documents/invoice/rules.toml"))];

/// The rules of all other kinds that have the terms they are about.
const SHARED: &str = include_str!("../../../schemas/documents/shared/rules.toml");

/// The rules of a document type.
#[derive(Debug)]
pub struct RuleSet {
    pub(crate) kind: &'static DocumentType,
    title: String,
    claim: Option<Condition>,
    claim_word: Option<String>,
    rules: Vec<Rule>,
    /// The rules that are asked of the document itself, and behind them those of each term, by its index.
    pub(crate) by_term: Vec<Vec<usize>>,
    pub(crate) by_part: Vec<(Part, usize)>,
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    id: String,
    severity: Severity,
    subjects: Vec<Subject>,
    pub(crate) when: Option<Condition>,
    pub(crate) check: Condition,
    example: Option<RuleExample>,
}

/// Two documents, of which one keeps a rule and the other does not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleExample {
    /// The kind of the documents.
    document: String,
    /// The members of the one that keeps it, in Karvan's JSON.
    right: String,
    /// The members of the one that does not.
    wrong: String,
}

impl RuleExample {
    /// The document that keeps the rule, in Karvan's JSON.
    #[must_use]
    pub fn right(&self) -> String {
        self.json(&self.right)
    }

    /// The document that does not.
    #[must_use]
    pub fn wrong(&self) -> String {
        self.json(&self.wrong)
    }

    fn json(&self, members: &str) -> String {
        format!(r#"{{"document":"{}","version":1,{members}}}"#, self.document)
    }
}

impl RuleSet {
    /// The rules that are built in.
    pub fn builtin() -> impl Iterator<Item = &'static Self> {
        DocumentType::all().filter_map(Self::of)
    }

    /// Those that a document may say it keeps.
    pub fn claimable() -> impl Iterator<Item = &'static Self> {
        let kinds = OWN.iter().filter_map(|(kind, _)| DocumentType::named(kind));
        kinds.filter_map(Self::of).filter(|set| set.claim.is_some())
    }

    /// The rules of a document type, if there are any.
    #[must_use]
    pub fn of(kind: &'static DocumentType) -> Option<&'static Self> {
        type Sets = Vec<(&'static str, OnceLock<Option<RuleSet>>)>;
        static SETS: OnceLock<Sets> = OnceLock::new();
        let sets = SETS.get_or_init(|| DocumentType::names().map(|name| (name, OnceLock::new())).collect());
        let (_, set) = sets.iter().find(|(name, _)| *name == kind.name())?;
        let read = || {
            let own = OWN.iter().find(|(name, _)| *name == kind.name());
            let set = own.map_or_else(|| Self::parse_shared(kind, SHARED), |(_, own)| Self::parse(kind, own));
            Some(set.expect("the tables in the repository are whole: a test reads them"))
                .filter(|set| !set.rules.is_empty())
        };
        set.get_or_init(read).as_ref()
    }

    /// The rule of this id, in letters of any case, with the set it stands in.
    #[must_use]
    pub fn find(id: &str) -> Option<(&'static Self, &'static Rule)> {
        Self::builtin().find_map(|set| Some((set, set.rule(id)?)))
    }

    /// Reads a table of rules.
    ///
    /// # Errors
    /// If it is no table of rules for this document type.
    pub fn parse(kind: &'static DocumentType, table: &str) -> Result<Self, TableError> {
        Self::compile(kind, toml::from_str(table).map_err(|error| TableError::Toml(error.to_string()))?)
    }

    /// Reads a table of rules for several document types: those of its rules whose terms this one has.
    fn parse_shared(kind: &'static DocumentType, table: &str) -> Result<Self, TableError> {
        let mut file: File = toml::from_str(table).map_err(|error| TableError::Toml(error.to_string()))?;
        let is_for = |row: &Row| row.kinds.is_empty() || row.kinds.iter().any(|name| name == kind.name());
        file.rules.retain(|row| {
            let alone = File { rules: vec![row.clone()], ..File::default() };
            is_for(row) && Self::compile(kind, alone).is_ok()
        });
        Self::compile(kind, file)
    }

    fn compile(kind: &'static DocumentType, file: File) -> Result<Self, TableError> {
        let mut set = Self {
            kind,
            title: file.title,
            claim: None,
            claim_word: None,
            rules: Vec::new(),
            by_term: vec![Vec::new(); kind.terms().len() + 1],
            by_part: Vec::new(),
        };
        if let Some(claim) = file.claim {
            let check = parse::condition(kind, &[], &claim.check).map_err(|error| TableError::rule("claim", error))?;
            (set.claim, set.claim_word) = (Some(check), Some(claim.word));
        }
        for row in &file.rules {
            match &row.each {
                None => set.add(row, &file.examples, &|text| text.to_owned())?,
                Some(family) => {
                    let members =
                        file.families.get(family).ok_or_else(|| TableError::Family(row.id.clone(), family.clone()))?;
                    for (name, value) in members {
                        set.add(row, &file.examples, &|text| text.replace("{id}", name).replace("{code}", value))?;
                    }
                }
            }
        }
        Ok(set)
    }

    /// What the rules are: `EN 16931-1:2017`.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What the rules are about.
    #[must_use]
    pub fn kind(&self) -> &'static DocumentType {
        self.kind
    }

    /// All rules, in the order of the table.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of this id, in letters of any case.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id.eq_ignore_ascii_case(id))
    }

    /// Whether a document says of itself that it keeps these rules; none does, where the rules ask for no such word.
    #[must_use]
    pub fn is_claimed_by(&self, document: &Document) -> bool {
        self.claim.as_ref().is_some_and(|claim| check::holds(document, claim))
    }

    /// What stands in the octets of every document that claims to keep these rules, whatever its syntax; none where the rules
    /// ask for no such word. Whoever does not find it need not read the document.
    #[must_use]
    pub fn claim_word(&self) -> Option<&str> {
        self.claim_word.as_deref()
    }

    /// Asks every rule of `document`; gives what does not hold, in the order of the document.
    ///
    /// Places have octets and path where the document knows where it came from; lines and columns are for the caller, who
    /// has the source.
    #[must_use]
    pub fn check(&self, document: &Document) -> Vec<Diagnostic> {
        check::check(self, document)
    }

    fn add(&mut self, row: &Row, examples: &Examples, fill: &dyn Fn(&str) -> String) -> Result<(), TableError> {
        let id = fill(&row.id);
        let mut subjects = Vec::new();
        let names = row.subject.as_ref().map_or(&[][..], OneOrMore::names);
        for name in names {
            let name = fill(name);
            let subject = match name.strip_prefix('@').and_then(Part::from_name) {
                Some(part) => Subject::Part(part),
                None => Subject::Term(self.kind.find(&name).ok_or_else(|| TableError::Term(id.clone(), name))?),
            };
            subjects.push(subject);
        }
        if names.is_empty() {
            subjects.push(Subject::Document);
        }
        // Whatever a rule is asked of, its terms are looked for from there; of several, the terms are found the same way.
        let place = match subjects.as_slice() {
            [Subject::Term(term)] => parse::way(self.kind, *term),
            _ => Vec::new(),
        };
        let read =
            |text: &str| parse::condition(self.kind, &place, &fill(text)).map_err(|error| TableError::rule(&id, error));
        let (when, check) = (row.when.as_deref().map(read).transpose()?, read(&row.check)?);
        let index = self.rules.len();
        for subject in &subjects {
            match subject {
                Subject::Document => self.by_term[0].push(index),
                Subject::Term(term) => self.by_term[term.index() + 1].push(index),
                Subject::Part(part) => self.by_part.push((*part, index)),
            }
        }
        let severity = if row.warning { Severity::Warning } else { Severity::Error };
        let example = examples.get(&id).cloned();
        self.rules.push(Rule { id, severity, subjects, when, check, example });
        Ok(())
    }
}

impl Rule {
    /// Its id in the standard: `BR-CO-10`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How bad it is if it does not hold.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Documents that keep it and do not, where the table has some.
    #[must_use]
    pub const fn example(&self) -> Option<&RuleExample> {
        self.example.as_ref()
    }

    /// What it asks for, as a sentence made from what is checked.
    #[must_use]
    pub fn text(&self, kind: &DocumentType, language: Language) -> String {
        describe::rule(kind, &self.subjects, self.when.as_ref(), &self.check, language)
    }
}

/// Why a table of rules cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableError {
    /// It is not TOML, or not of this form.
    Toml(String),
    /// What the rule of this id says cannot be read.
    Rule(String, SyntaxError),
    /// The rule of this id is asked of a term that the document type does not have.
    Term(String, String),
    /// The rule of this id is for a family that the table does not name.
    Family(String, String),
}

impl TableError {
    fn rule(id: &str, error: SyntaxError) -> Self {
        Self::Rule(id.to_owned(), error)
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Toml(reason) => out.write_str(reason),
            Self::Rule(id, error) => write!(out, "{id}: {error}"),
            Self::Term(id, term) => write!(out, "{id}: no term is called {term}"),
            Self::Family(id, family) => write!(out, "{id}: no family is called {family}"),
        }
    }
}

impl std::error::Error for TableError {}

/// Examples by the ids of their rules.
type Examples = BTreeMap<String, RuleExample>;

/// A table as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    claim: Option<Claim>,
    #[serde(default)]
    families: BTreeMap<String, BTreeMap<String, String>>,
    rules: Vec<Row>,
    #[serde(default)]
    examples: Examples,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    check: String,
    word: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    #[serde(rename = "in")]
    subject: Option<OneOrMore>,
    each: Option<String>,
    /// In a table for several kinds of documents, those that the rule is for; all that have its terms where none is named.
    #[serde(default)]
    kinds: Vec<String>,
    when: Option<String>,
    check: String,
    #[serde(default)]
    warning: bool,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::More(names) => names,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use karvan_model::{Group, Kind, Node, Value};
    use karvan_schema::codes::CodeList;

    use super::*;
    use crate::expression::Condition;

    fn set() -> &'static RuleSet {
        RuleSet::of(DocumentType::invoice()).expect("the invoice has rules")
    }

    #[test]
    fn every_rule_has_an_id_of_its_own_and_words_in_both_languages() {
        let mut ids = BTreeSet::new();
        for rule in set().rules() {
            assert!(ids.insert(rule.id()), "{} stands twice", rule.id());
            for language in Language::ALL {
                let text = rule.text(set().kind(), language);
                assert!(!text.contains(['{', '}']) && !text.contains("rule-"), "{}: {text}", rule.id());
            }
        }
        // EN 16931-1 has so many for the categories of tax: ten each but for two that have more.
        for family in ["S", "Z", "E", "AE", "IC", "G", "O", "AF", "AG"] {
            assert!((1..=10).all(|number| ids.contains(format!("BR-{family}-{number:02}").as_str())), "{family}");
        }
    }

    /// A rule that no kind of document has the terms of is a slip of the pen.
    #[test]
    fn every_shared_rule_is_for_some_kind_and_has_words() {
        let file: File = toml::from_str(SHARED).expect("a table");
        for row in file.rules {
            let mut sets = RuleSet::builtin().filter_map(|set| Some((set, set.rule(&row.id)?))).peekable();
            assert!(sets.peek().is_some(), "{} is for no kind of document", row.id);
            for name in &row.kinds {
                let kind = DocumentType::named(name).expect("a kind of document");
                assert!(RuleSet::of(kind).is_some_and(|set| set.rule(&row.id).is_some()), "{}: {name}", row.id);
            }
            for (set, rule) in sets {
                for language in Language::ALL {
                    let text = rule.text(set.kind(), language);
                    assert!(!text.contains(['{', '}']) && !text.contains("rule-"), "{}: {text}", rule.id());
                }
            }
        }
    }

    #[test]
    fn every_code_list_that_a_rule_names_is_built_in() {
        for rule in set().rules() {
            if let Condition::Listed(_, list) = &rule.check {
                assert!(CodeList::published(list).is_some_and(|list| !list.is_empty()), "{}: {list}", rule.id());
            }
        }
    }

    #[test]
    fn what_is_no_table_of_rules_is_told() {
        let parse = |table: &str| RuleSet::parse(DocumentType::invoice(), table).map(|_| ()).unwrap_err();
        assert!(matches!(parse("rules = 1"), TableError::Toml(_)));
        let rule = |row: &str| parse(&format!("title = 't'\nrules = [{{ {row} }}]"));
        assert!(matches!(rule("id = 'A', check = 'BT-1 and'"), TableError::Rule(id, _) if id == "A"));
        assert!(matches!(rule("id = 'A', in = 'XX', check = 'BT-1'"), TableError::Term(_, term) if term == "XX"));
        assert!(matches!(rule("id = 'A', each = 'F', check = 'BT-1'"), TableError::Family(_, family) if family == "F"));
    }

    /// A term, its kind and its value.
    type Given<'a> = (&'a str, Kind, &'a str);

    /// What a rule finds in a document of these groups, each with its values.
    fn findings(rule: &str, groups: &[(&str, &[Given<'_>])]) -> Vec<Diagnostic> {
        let table = format!("title = 't'\nrules = [{{ id = 'A', {rule} }}]");
        let invoice = DocumentType::invoice();
        let set = RuleSet::parse(invoice, &table).expect("a table of rules");
        let mut document = Document::new(invoice);
        for (group, values) in groups {
            let mut members = Group::new(invoice.find(group));
            for (term, kind, text) in *values {
                members.push_value(invoice.find(term).expect("a term"), Value::parse(*kind, text).expect("a value"));
            }
            document.root.push(Node::Group(members));
        }
        set.check(&document)
    }

    #[test]
    fn what_need_not_be_there_counts_as_nothing_and_what_must_be_is_told_by_another_rule() {
        let rule = "in = 'BG-22', check = 'BT-109 = BT-106 - BT-107'";
        let totals = |values: &[Given<'_>]| findings(rule, &[("BG-22", values)]);
        let (net, sum) = (("BT-109", Kind::Amount, "90"), ("BT-106", Kind::Amount, "100"));
        assert_eq!(totals(&[net, sum, ("BT-107", Kind::Amount, "10")]), []);
        let told = totals(&[net, sum]);
        assert_eq!((told[0].code.to_string(), told[0].expected.as_deref()), ("E4003".to_owned(), Some("100")));
        assert_eq!(totals(&[net]), [], "what BT-109 should be cannot be said");
        assert_eq!(totals(&[sum]).len(), 1, "a total that is not there is not right");
    }

    #[test]
    fn figures_that_cannot_be_held_are_no_finding() {
        let huge = "70000000000000000000000000000";
        let lines =
            [("BG-25", &[("BT-131", Kind::Amount, huge)][..]), ("BG-25", &[("BT-131", Kind::Amount, huge)][..])];
        let totals = ("BG-22", &[("BT-106", Kind::Amount, "1")][..]);
        assert_eq!(findings("in = 'BG-22', check = 'BT-106 = sum(BT-131)'", &[lines[0], lines[1], totals]), []);
    }

    #[test]
    fn numbers_are_rounded_half_up_away_from_zero() {
        for (stated, from) in [("0.13", "0.125"), ("-0.13", "-0.125"), ("0.12", "0.1249")] {
            let values = [("BT-109", Kind::Amount, stated), ("BT-106", Kind::Amount, from)];
            assert_eq!(findings("in = 'BG-22', check = 'BT-109 = round(BT-106)'", &[("BG-22", &values)]), [], "{from}");
        }
    }
}
