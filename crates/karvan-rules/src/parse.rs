//! The language of rules, read.
//!
//! ```text
//! condition  = all { "or" all }              all = single { "and" single }
//! single     = "not" single | "(" condition ")" | expression [ test ]
//! test       = relation expression [ "within" number ] | "in" list | "begins" text
//! list       = "(" text { "," text } ")" | NAME
//! expression = product { ("+" | "-") product }      product = value { ("*" | "/") value }
//! value      = number | text | term | "it" | function
//! function   = ("sum" | "count") "(" term [ "where" condition ] ")" | "distinct" "(" term ")"
//!            | ("round" | "decimals" | "length" | "capitals") "(" expression ")" | "beginning" "(" expression "," number ")"
//! ```

use std::fmt;

use karvan_model::{DocumentType, TermId};
use rust_decimal::Decimal;

use crate::expression::{Comparison, Condition, Expression, Operator, Reference, Relation};

/// Why a rule cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub reason: &'static str,
    /// What stands there, to the end of the rule.
    pub rest: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at {:?}", self.reason, self.rest)
    }
}

impl std::error::Error for SyntaxError {}

/// Reads a condition that is asked where these terms lead, the outermost first.
pub(crate) fn condition(kind: &DocumentType, place: &[TermId], text: &str) -> Result<Condition, SyntaxError> {
    let mut parser = Parser { kind, places: vec![place.to_vec()], rest: text.trim_start() };
    let condition = parser.condition()?;
    if parser.rest.is_empty() { Ok(condition) } else { Err(parser.error("a condition should end")) }
}

/// The terms that lead to `term`, the outermost first, itself last.
pub(crate) fn way(kind: &DocumentType, term: TermId) -> Vec<TermId> {
    let mut way: Vec<_> = std::iter::successors(Some(term), |&term| kind.term(term).within()).collect();
    way.reverse();
    way
}

struct Parser<'a> {
    kind: &'a DocumentType,
    /// Where conditions are asked, the innermost last.
    places: Vec<Vec<TermId>>,
    rest: &'a str,
}

type Read<T> = Result<T, SyntaxError>;

impl<'a> Parser<'a> {
    fn condition(&mut self) -> Read<Condition> {
        let mut any = vec![self.all()?];
        while self.word("or") {
            any.push(self.all()?);
        }
        Ok(sole(any, Condition::Any))
    }

    fn all(&mut self) -> Read<Condition> {
        let mut all = vec![self.single()?];
        while self.word("and") {
            all.push(self.single()?);
        }
        Ok(sole(all, Condition::All))
    }

    fn single(&mut self) -> Read<Condition> {
        if self.word("not") {
            return Ok(Condition::Not(Box::new(self.single()?)));
        }
        if self.symbol("(") {
            let condition = self.condition()?;
            self.expect(")")?;
            return Ok(condition);
        }
        let left = self.expression()?;
        if self.word("in") {
            return self.list(left);
        }
        if self.word("begins") {
            return Ok(Condition::Begins(left, self.text()?));
        }
        if let Some((_, relation)) = Relation::ALL.into_iter().find(|(symbol, _)| self.symbol(symbol)) {
            let right = self.expression()?;
            let within = if self.word("within") { self.number()? } else { Decimal::ZERO };
            return Ok(Condition::Compare(Box::new(Comparison { left, relation, right, within })));
        }
        match left {
            Expression::Term(reference) => Ok(Condition::Present(reference)),
            _ => Err(self.error("a comparison is missing")),
        }
    }

    fn list(&mut self, left: Expression) -> Read<Condition> {
        if !self.symbol("(") {
            let name = self.name();
            return if name.is_empty() {
                Err(self.error("the name of a code list is missing"))
            } else {
                Ok(Condition::Listed(left, name.to_owned()))
            };
        }
        let mut values = vec![self.text()?];
        while self.symbol(",") {
            values.push(self.text()?);
        }
        self.expect(")")?;
        Ok(Condition::OneOf(left, values))
    }

    fn expression(&mut self) -> Read<Expression> {
        let operators = [("+", Operator::Add), ("-", Operator::Subtract)];
        self.chain(&operators, Self::product)
    }

    fn product(&mut self) -> Read<Expression> {
        let operators = [("*", Operator::Multiply), ("/", Operator::Divide)];
        self.chain(&operators, Self::value)
    }

    fn chain(&mut self, operators: &[(&str, Operator)], part: fn(&mut Self) -> Read<Expression>) -> Read<Expression> {
        let mut left = part(self)?;
        while let Some((_, operator)) = operators.iter().find(|(symbol, _)| self.symbol(symbol)) {
            left = Expression::Arithmetic(Box::new(left), *operator, Box::new(part(self)?));
        }
        Ok(left)
    }

    fn value(&mut self) -> Read<Expression> {
        if self.rest.starts_with('\'') {
            return self.text().map(Expression::Text);
        }
        if self.rest.starts_with(|first: char| first.is_ascii_digit()) {
            return self.number().map(Expression::Number);
        }
        let before = self.rest;
        let name = self.name();
        if name == "it" {
            return Ok(Expression::It);
        }
        if !self.symbol("(") {
            self.rest = before;
            return self.term().map(Expression::Term);
        }
        let value = match name {
            "sum" | "count" => {
                let term = self.term()?;
                let condition = self.filter(&term)?.map(Box::new);
                if name == "sum" { Expression::Sum(term, condition) } else { Expression::Count(term, condition) }
            }
            "distinct" => Expression::Distinct(self.term()?),
            // Those of the whole document, though the rule is asked of a group that has its own.
            "all" => {
                let Reference { term, required, .. } = self.term()?;
                let outer = self.places.len().saturating_sub(1);
                Expression::Term(Reference { term, required, outer, from: 0, down: way(self.kind, term).into() })
            }
            "capitals" => Expression::Capitals(Box::new(self.expression()?)),
            "round" => Expression::Round(Box::new(self.expression()?)),
            "decimals" => Expression::Decimals(Box::new(self.expression()?)),
            "length" => Expression::Length(Box::new(self.expression()?)),
            "beginning" => {
                let text = Box::new(self.expression()?);
                self.expect(",")?;
                let length = self.number()?.try_into().map_err(|_| self.error("a length is missing"))?;
                Expression::Beginning(text, length)
            }
            _ => return Err(SyntaxError { reason: "no such function", rest: before.to_owned() }),
        };
        self.expect(")")?;
        Ok(value)
    }

    /// What is asked of each value of `term`, where something is.
    fn filter(&mut self, term: &Reference) -> Read<Option<Condition>> {
        if !self.word("where") {
            return Ok(None);
        }
        self.places.push(way(self.kind, term.term));
        let condition = self.condition();
        self.places.pop();
        condition.map(Some)
    }

    /// A term, looked for from the place that shares most of the way to it; from the innermost of those that share as much.
    fn term(&mut self) -> Read<Reference> {
        let before = self.rest;
        let unknown = || SyntaxError { reason: "no such term", rest: before.to_owned() };
        let term = self.kind.find(self.name()).ok_or_else(unknown)?;
        let way = way(self.kind, term);
        let shared = |place: &Vec<TermId>| place.iter().zip(&way[..way.len() - 1]).take_while(|(a, b)| a == b).count();
        let (outer, from) = (self.places.iter().rev().map(shared).enumerate())
            .max_by_key(|(outer, from)| (*from, std::cmp::Reverse(*outer)))
            .unwrap_or_default();
        let required = self.kind.term(term).is_required();
        Ok(Reference { term, required, outer, from, down: way[from..].into() })
    }

    fn text(&mut self) -> Read<String> {
        let quoted = self.rest.strip_prefix('\'').and_then(|rest| rest.split_once('\''));
        let Some((text, rest)) = quoted else { return Err(self.error("a text in single quotes is missing")) };
        self.rest = rest.trim_start();
        Ok(text.to_owned())
    }

    fn number(&mut self) -> Read<Decimal> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest.len());
        let number = self.rest[..end].parse().map_err(|_| self.error("a number is missing"))?;
        self.rest = self.rest[end..].trim_start();
        Ok(number)
    }

    /// Letters, digits, hyphens, and points as in `lines.amount`.
    fn name(&mut self) -> &'a str {
        let end =
            self.rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.')).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        name
    }

    /// Takes a word, if it stands there.
    fn word(&mut self, word: &str) -> bool {
        let before = self.rest;
        let found = self.name() == word;
        if !found {
            self.rest = before;
        }
        found
    }

    /// Takes a symbol, if it stands there.
    fn symbol(&mut self, symbol: &str) -> bool {
        let after = self.rest.strip_prefix(symbol);
        self.rest = after.map_or(self.rest, str::trim_start);
        after.is_some()
    }

    fn expect(&mut self, symbol: &str) -> Read<()> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.error("a bracket or a comma is missing")) }
    }

    fn error(&self, reason: &'static str) -> SyntaxError {
        SyntaxError { reason, rest: self.rest.to_owned() }
    }
}

/// The one condition, or several in one.
fn sole(mut conditions: Vec<Condition>, several: fn(Vec<Condition>) -> Condition) -> Condition {
    match conditions.len() {
        1 => conditions.remove(0),
        _ => several(conditions),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(place: &str, text: &str) -> Result<Condition, SyntaxError> {
        let invoice = DocumentType::invoice();
        let place = invoice.find(place).map(|term| way(invoice, term)).unwrap_or_default();
        condition(invoice, &place, text)
    }

    fn reference(place: &str, term: &str) -> (usize, usize, usize) {
        match read(place, term).unwrap() {
            Condition::Present(Reference { outer, from, down, .. }) => (outer, from, down.len()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_term_is_looked_for_from_the_nearest_group_that_holds_it() {
        assert_eq!(reference("", "BT-1"), (0, 0, 1));
        assert_eq!(reference("BG-4", "BT-27"), (0, 1, 1));
        assert_eq!(reference("BG-4", "BT-40"), (0, 1, 2));
        assert_eq!(reference("BG-22", "BT-131"), (0, 0, 2));
        assert_eq!(reference("BG-30", "BT-131"), (0, 1, 1));
        assert_eq!(reference("BT-34", "BT-34-1"), (0, 2, 1));
    }

    #[test]
    fn within_a_sum_terms_are_those_of_what_is_summed_or_else_of_the_rule() {
        let text = "BT-116 = sum(BT-131 where BT-151 = 'S' and BT-152 = BT-119)";
        let Ok(Condition::Compare(comparison)) = read("BG-23", text) else { panic!("no comparison") };
        let Expression::Sum(_, Some(condition)) = comparison.right else { panic!("no filter") };
        let Condition::All(conditions) = *condition else { panic!("not two conditions") };
        let Condition::Compare(rates) = &conditions[1] else { panic!("no comparison") };
        let (Expression::Term(own), Expression::Term(outer)) = (&rates.left, &rates.right) else { panic!("no terms") };
        assert_eq!((own.outer, own.from), (0, 1));
        assert_eq!((outer.outer, outer.from), (1, 1));
    }

    #[test]
    fn and_binds_before_or_and_products_before_sums() {
        assert!(matches!(read("", "BT-1 or BT-2 and BT-3"), Ok(Condition::Any(any)) if any.len() == 2));
        assert!(matches!(read("", "(BT-1 or BT-2) and BT-3"), Ok(Condition::All(all)) if all.len() == 2));
        let Ok(Condition::Compare(comparison)) = read("BG-22", "BT-106 = BT-107 + BT-108 * 2") else { panic!() };
        assert!(matches!(comparison.right, Expression::Arithmetic(_, Operator::Add, _)));
    }

    #[test]
    fn what_is_no_rule_is_told_with_its_place() {
        for (text, rest) in [
            ("BT-999", "BT-999"),
            ("BT-1 and", ""),
            ("BT-1 BT-2", "BT-2"),
            ("sum(BT-131)", ""),
            ("sum(BT-131", ""),
            ("total(BT-131) = 1", "total(BT-131) = 1"),
            ("BT-1 in ('a'", ""),
            ("BT-1 = 'a", "'a"),
        ] {
            assert_eq!(read("", text).unwrap_err().rest, rest, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[BT0-9()'=+*/ andorsumwhere-]{0,40}") {
            let _ = read("BG-23", &text);
        }
    }
}
