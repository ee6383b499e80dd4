//! Asking the rules of a document, and telling what does not hold.

use karvan_model::{Document, Group, Leaf, Node, Origin};
use karvan_schema::codes::CodeList;
use karvan_text::{Code, Diagnostic, Language, Message, Place as SourcePlace, Span};
use rust_decimal::Decimal;

use crate::describe::{Words, present};
use crate::evaluate::{Asked, Item, Place};
use crate::expression::{Comparison, Condition, Expression, Operator, Relation, Subject};
use crate::table::{Rule, RuleSet};

/// How many figures of a sum are shown.
const FIGURES: usize = 12;

/// Whether a condition holds for the document as a whole.
pub(crate) fn holds(document: &Document, condition: &Condition) -> bool {
    Place { asked: &Asked::new(document), stack: &[Item::Group(&document.root)], outer: None }.holds(condition)
}

/// What does not hold, in the order of the document.
pub(crate) fn check(set: &RuleSet, document: &Document) -> Vec<Diagnostic> {
    let asked = &Asked::new(document);
    let mut walk = Walk { set, asked, stack: vec![Item::Group(&document.root)], findings: Vec::new() };
    walk.ask(&set.by_term[0]);
    walk.members(&document.root);
    let mut findings = walk.findings;
    findings.sort_by_key(|finding| finding.place.span.start);
    findings
}

/// Goes through a document and asks of each item what the rules ask of it.
struct Walk<'a> {
    set: &'a RuleSet,
    asked: &'a Asked<'a>,
    stack: Vec<Item<'a>>,
    findings: Vec<Diagnostic>,
}

impl<'a> Walk<'a> {
    fn members(&mut self, group: &'a Group) {
        for node in &group.children {
            self.stack.push(node.into());
            if let Some(term) = node.term() {
                self.ask(&self.set.by_term[term.index() + 1]);
            }
            match node {
                Node::Group(group) => self.members(group),
                Node::Leaf(leaf) => self.parts(leaf),
            }
            self.stack.pop();
        }
    }

    fn parts(&mut self, leaf: &'a Leaf) {
        for part in &leaf.value.parts {
            self.stack.push(Item::Part(part));
            if let Some(term) = self.set.kind.term(leaf.term).part(part.part) {
                self.ask(&self.set.by_term[term.index() + 1]);
            }
            for (_, rule) in self.set.by_part.iter().filter(|(known, _)| *known == part.part) {
                self.ask(std::slice::from_ref(rule));
            }
            self.stack.pop();
        }
    }

    /// Asks these rules of the item at hand.
    fn ask(&mut self, rules: &'a [usize]) {
        for &index in rules {
            let rule = &self.set.rules()[index];
            let place = Place { asked: self.asked, stack: &self.stack, outer: None };
            if rule.when.as_ref().is_some_and(|when| !place.holds(when)) {
                continue;
            }
            if let Some(broken) = broken(&place, &rule.check) {
                let finding =
                    Finding { set: self.set, document: self.asked.document, rule, place, broken }.diagnostic();
                self.findings.push(finding);
            }
        }
    }
}

/// The part of a condition that is to blame: of several that must hold, the first that does not.
fn broken<'r>(place: &Place<'_, '_>, condition: &'r Condition) -> Option<&'r Condition> {
    match condition {
        Condition::All(all) => all.iter().find_map(|condition| broken(place, condition)),
        _ if place.holds(condition) => None,
        _ => Some(condition),
    }
}

/// A rule that does not hold, and where.
struct Finding<'a, 'd> {
    set: &'a RuleSet,
    document: &'d Document,
    rule: &'a Rule,
    place: Place<'a, 'd>,
    broken: &'a Condition,
}

impl Finding<'_, '_> {
    fn diagnostic(&self) -> Diagnostic {
        let (number, id) = kind_of(self.broken);
        let code = Code { severity: self.rule.severity(), number };
        let say = |language| self.words(language, self.broken, id);
        let mut message = match &self.rule.when {
            None => Message::new(id).with_sentence("what", say),
            Some(when) => {
                let when = |language| self.describe(language, &[self.subject()]).condition(when);
                Message::new(with_reason(id)).with_sentence("what", say).with_sentence("when", when)
            }
        };
        if let Condition::Listed(_, list) = self.broken {
            message = message.with("value", self.found().unwrap_or_default()).with("list", list);
        }
        let mut diagnostic = Diagnostic::new(code, message, self.source_place());
        diagnostic.expected = self.expected();
        diagnostic.found = self.found();
        diagnostic.rule = Some(self.rule.id().to_owned());
        let help = Message::new("help-rule").with("rule", self.rule.id());
        diagnostic.help(help)
    }

    fn describe<'w>(&'w self, language: Language, subjects: &'w [Subject]) -> Words<'w> {
        Words { kind: self.set.kind, subjects, language, brief: true }
    }

    /// What the rule was asked of.
    fn subject(&self) -> Subject {
        let kind = self.set.kind;
        let term = match self.place.stack {
            [] | [_] => None,
            [.., Item::Group(group)] => group.term,
            [.., Item::Leaf(leaf)] => Some(leaf.term),
            [.., Item::Leaf(leaf), Item::Part(part)] => kind.term(leaf.term).part(part.part),
            [.., Item::Part(_)] => None,
        };
        let part = match self.place.it() {
            Some(Item::Part(part)) => Subject::Part(part.part),
            _ => Subject::Document,
        };
        term.map_or(part, Subject::Term)
    }

    /// What the message is about: the terms that are missing or must not stand there, else the whole condition.
    fn words(&self, language: Language, condition: &Condition, id: &str) -> String {
        let subject = [self.subject()];
        let words = self.describe(language, &subject);
        match condition {
            Condition::Listed(expression, _) => words.expression(expression),
            Condition::Present(_) | Condition::Any(_) if id == "rule-missing" => words.terms(condition),
            Condition::Not(inner) if id == "rule-forbidden" => words.terms(inner),
            _ => words.condition(condition),
        }
    }

    /// The item that the finding is about: what is wrong where it stands, else where it should stand.
    fn item(&self) -> Option<Item<'_>> {
        let blamed = match self.broken {
            Condition::Compare(comparison) => self.first_of(&comparison.left),
            Condition::OneOf(expression, _) | Condition::Listed(expression, _) | Condition::Begins(expression, _) => {
                self.first_of(expression)
            }
            Condition::Not(inner) => match &**inner {
                Condition::Present(reference) => self.place.first(reference),
                Condition::Compare(comparison) => self.first_of(&comparison.left),
                _ => None,
            },
            _ => None,
        };
        blamed.or_else(|| self.place.it())
    }

    fn first_of(&self, expression: &Expression) -> Option<Item<'_>> {
        match expression {
            Expression::Term(reference) => self.place.first(reference),
            Expression::It => self.place.it(),
            Expression::Round(inner)
            | Expression::Decimals(inner)
            | Expression::Length(inner)
            | Expression::Capitals(inner)
            | Expression::Beginning(inner, _) => self.first_of(inner),
            Expression::Arithmetic(left, ..) => self.first_of(left),
            _ => None,
        }
    }

    /// Where that is in the source: of a group its beginning, for what is missing has no octets.
    fn source_place(&self) -> SourcePlace {
        let Some(item) = self.item() else { return SourcePlace::default() };
        // A group that is told from its members alone stands where the group around it does.
        let mut around = self.place.stack.iter().rev().map(|item| item.origin());
        let known = |origin: &&Origin| origin.node().is_some();
        let origin = Some(item.origin()).filter(known).or_else(|| around.find(known));
        let Some(origin) = origin else { return SourcePlace::default() };
        let span = match item {
            Item::Group(_) => Span::at(origin.span.start),
            Item::Leaf(_) | Item::Part(_) => origin.span,
        };
        SourcePlace { span, path: self.document.path(origin).unwrap_or_default(), ..SourcePlace::default() }
    }

    fn found(&self) -> Option<String> {
        match self.item()? {
            Item::Group(_) => None,
            item => Some(item.text().into_owned()),
        }
    }

    fn expected(&self) -> Option<String> {
        match self.broken {
            Condition::Compare(comparison) => self.expected_of(comparison),
            Condition::OneOf(_, values) => Some(values.join(" | ")),
            Condition::Listed(expression, name) => {
                let value = self.first_of(expression)?.text();
                CodeList::published(name)?.offer(value.trim())
            }
            Condition::Begins(_, start) => Some(start.clone()),
            _ => None,
        }
    }

    /// What the right side of a comparison comes to, and how.
    fn expected_of(&self, comparison: &Comparison) -> Option<String> {
        let Comparison { relation, right, .. } = comparison;
        let sign = match relation {
            Relation::Equal => String::new(),
            other => format!("{} ", other.symbol()),
        };
        let mut value = None;
        self.place.any(right, &mut |found| {
            value = Some(found.to_string());
            true
        });
        let value = value?;
        let figures = self.figures(right, false);
        Some(if figures == value { format!("{sign}{value}") } else { format!("{sign}{value} = {figures}") })
    }

    /// The figures that an expression is reckoned from; a sum in brackets where it is part of more.
    fn figures(&self, expression: &Expression, inner: bool) -> String {
        match expression {
            Expression::Arithmetic(left, operator, right) => {
                let (left, right) = (self.figures(left, inner), self.figures(right, *operator != Operator::Add));
                match operator {
                    // What is not there changes nothing.
                    Operator::Add | Operator::Subtract if right == "0" => left,
                    _ => format!("{left} {} {right}", operator.symbol()),
                }
            }
            Expression::Round(number) => self.figures(number, inner),
            Expression::Sum(reference, condition) => {
                let mut figures = Vec::new();
                self.place.chosen(reference, condition.as_deref(), &mut |item| figures.push(item.text()));
                let several = figures.len() > 1;
                let more = figures.len() > FIGURES;
                figures.truncate(FIGURES);
                let sum = figures.join(" + ") + if more { " + …" } else { "" };
                match (figures.is_empty(), several && inner) {
                    (true, _) => "0".to_owned(),
                    (false, true) => format!("({sum})"),
                    (false, false) => sum,
                }
            }
            Expression::Term(reference) => {
                self.place.first(reference).map_or_else(|| "0".to_owned(), |item| item.text().into_owned())
            }
            other => self.place.number(other).map_or_else(String::new, |number: Decimal| number.to_string()),
        }
    }
}

/// The number of the code of a finding, and the sentence.
fn kind_of(condition: &Condition) -> (u16, &'static str) {
    match condition {
        Condition::Present(_) => (4001, "rule-missing"),
        Condition::Any(any) if present(any).is_some() => (4001, "rule-missing"),
        Condition::Not(inner) if matches!(**inner, Condition::Present(_)) => (4002, "rule-forbidden"),
        Condition::Compare(comparison) => match (&comparison.left, &comparison.right) {
            (Expression::Decimals(_), _) => (4006, "rule-broken"),
            (_, right) if right.is_reckoned() => (4003, "rule-figures"),
            _ => (4004, "rule-broken"),
        },
        Condition::Listed(..) => (4005, "rule-unlisted"),
        _ => (4004, "rule-broken"),
    }
}

/// The same sentence with the reason why the rule applies.
fn with_reason(id: &str) -> &'static str {
    match id {
        "rule-missing" => "rule-missing-when",
        "rule-forbidden" => "rule-forbidden-when",
        "rule-figures" => "rule-figures-when",
        "rule-unlisted" => "rule-unlisted-when",
        _ => "rule-broken-when",
    }
}
