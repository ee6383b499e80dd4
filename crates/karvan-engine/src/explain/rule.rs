//! A business rule, explained: what it asks for, in the words of what is checked.

use karvan_rules::{Rule, RuleSet};
use karvan_text::catalogue::isolate;
use karvan_text::{Language, Message, Severity};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// A business rule.
#[derive(Clone, Copy, Debug)]
pub struct RuleTopic {
    set: &'static RuleSet,
    rule: &'static Rule,
}

impl RuleTopic {
    /// The rule of this id, in letters of any case.
    pub(super) fn find(id: &str) -> Option<Self> {
        RuleSet::find(id).map(|(set, rule)| Self { set, rule })
    }

    /// The ids of all rules.
    pub(super) fn ids() -> impl Iterator<Item = &'static str> {
        RuleSet::builtin().flat_map(RuleSet::rules).map(Rule::id)
    }

    /// The explanation for people.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let heading = Message::new("topic-rule").with("rule", self.rule.id()).with("title", self.set.title());
        let mut lines = vec![heading.text(language), self.rule.text(self.set.kind(), language)];
        if self.rule.severity() == Severity::Warning {
            lines.push(super::label("topic-rule-warning", language));
        }
        if let Some(example) = self.rule.example() {
            lines.extend([String::new(), format!("{}:", super::label("topic-example", language))]);
            let sides = [('-', example.wrong()), ('+', example.right())];
            lines.extend(sides.iter().map(|(mark, text)| isolate(&format!("  {mark} {text}"), language).into_owned()));
        }
        lines.iter().fold(String::new(), |text, line| text + line + "\n")
    }
}

impl PartialEq for RuleTopic {
    fn eq(&self, other: &Self) -> bool {
        self.rule.id() == other.rule.id()
    }
}

impl Eq for RuleTopic {}

impl Serialize for RuleTopic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", "rule")?;
        map.serialize_entry("rule", self.rule.id())?;
        map.serialize_entry("standard", self.set.title())?;
        map.serialize_entry("severity", &self.rule.severity())?;
        map.serialize_entry("text", &self.rule.text(self.set.kind(), Language::English))?;
        if let Some(example) = self.rule.example() {
            map.serialize_entry("wrong", &example.wrong())?;
            map.serialize_entry("right", &example.right())?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_explained_in_both_languages() {
        let rule = RuleTopic::find("br-co-10").unwrap();
        assert_eq!(
            rule.text(Language::English),
            "BR-CO-10 (EN 16931-1:2017)\nin each Document totals (BG-22): Sum of Invoice line net amount (BT-106) = \
             Σ Invoice line net amount (BT-131), rounded to two decimals\n"
        );
        assert!(rule.text(Language::Persian).contains("جمع مبلغ خالص ردیف"));
        assert_eq!(serde_json::to_value(rule).unwrap()["rule"], "BR-CO-10");
    }
}
