//! Business rules on a trade document, whatever syntax it came from.
//!
//! A rule is a line of a table: its id, where it is asked, when it applies and what must hold, said in the terms of the
//! document. The same line is checked, and told to people in their language, so that what `explain` says is what is
//! checked.
//!
//! ```text
//! { id = "BR-CO-10", in = "BG-22", check = "BT-106 = round(sum(BT-131))" }
//! { id = "BR-S-05",  in = "BG-30", when = "BT-151 = 'S'", check = "BT-152 > 0" }
//! ```
//!
//! A term is looked for from where the rule is asked: `BT-106` in the totals is that of the totals; `BT-131`, which stands
//! in another group, is the one of every line. Nothing here knows an invoice.
//!
//! ```
//! use karvan_model::{Document, DocumentType, Group, Kind, Node, Value};
//! use karvan_rules::RuleSet;
//!
//! let invoice = DocumentType::invoice();
//! let term = |id| invoice.find(id).unwrap();
//! let mut document = Document::new(invoice);
//! for (group, value, amount) in [("BG-25", "BT-131", "100.00"), ("BG-25", "BT-131", "20.00"), ("BG-22", "BT-106", "130.00")] {
//!     let mut members = Group::new(Some(term(group)));
//!     members.push_value(term(value), Value::parse(Kind::Amount, amount)?);
//!     document.root.push(Node::Group(members));
//! }
//! let rules = RuleSet::of(invoice).ok_or("no rules for the invoice")?;
//! let findings = rules.check(&document);
//! let sums = findings.iter().find(|finding| finding.rule.as_deref() == Some("BR-CO-10")).ok_or("no finding")?;
//! assert_eq!(sums.expected.as_deref(), Some("120.00 = 100.00 + 20.00"));
//! assert_eq!(sums.found.as_deref(), Some("130.00"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod check;
mod describe;
mod evaluate;
mod expression;
mod parse;
mod table;

pub use parse::SyntaxError;
pub use table::{Rule, RuleExample, RuleSet, TableError};
