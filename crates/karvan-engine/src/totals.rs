//! What the checks of many documents came to.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use karvan_text::catalogue::isolate;
use karvan_text::{Code, Language, Message, Verdict};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// How many documents of a run were valid, how many were not, and which findings there were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Documents, those that could not be read among them.
    pub documents: u64,
    /// Documents without errors.
    pub valid: u64,
    /// Documents with errors.
    pub invalid: u64,
    /// Documents whose check did not come to its end.
    pub unfinished: u64,
    /// Documents that could not be read.
    pub unread: u64,
    /// How many findings of each code there were.
    #[serde(serialize_with = "by_code")]
    codes: BTreeMap<Code, u64>,
}

impl Totals {
    /// How many codes a person is told.
    const TOLD: usize = 10;

    /// Counts a finding.
    pub fn finding(&mut self, code: Code) {
        *self.codes.entry(code).or_default() += 1;
    }

    /// Counts a document that was checked.
    pub fn document(&mut self, verdict: Verdict) {
        self.documents += 1;
        match verdict {
            Verdict::Valid => self.valid += 1,
            Verdict::Invalid => self.invalid += 1,
            Verdict::Unfinished => self.unfinished += 1,
        }
    }

    /// Counts a document that could not be read.
    pub fn unread(&mut self) {
        self.documents += 1;
        self.unread += 1;
    }

    /// The codes with the number of their findings, the most frequent first.
    #[must_use]
    pub fn codes(&self) -> Vec<(Code, u64)> {
        let mut codes: Vec<_> = self.codes.iter().map(|(&code, &count)| (code, count)).collect();
        codes.sort_by_key(|&(code, count)| (Reverse(count), Reverse(code.severity), code));
        codes
    }

    /// `3 documents: 1 valid, 2 invalid, 0 not finished, 0 not read`, and below it the most frequent codes, in
    /// `language`.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let message = Message::new("totals")
            .with("documents", self.documents)
            .with("valid", self.valid)
            .with("invalid", self.invalid)
            .with("unfinished", self.unfinished)
            .with("unread", self.unread);
        let mut text = message.text(language) + "\n";
        let codes = self.codes();
        for (code, count) in codes.iter().take(Self::TOLD) {
            text += &format!("{count:>9} × {}\n", isolate(&code.to_string(), language));
        }
        if codes.len() > Self::TOLD {
            let more = Message::new("totals-more").with("count", codes.len() - Self::TOLD);
            text += &format!("{:>9}   {}\n", "", more.text(language));
        }
        text
    }
}

/// An object with the codes as names, in their order.
fn by_code<S: Serializer>(codes: &BTreeMap<Code, u64>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(codes.len()))?;
    for (code, count) in codes {
        map.serialize_entry(&code.to_string(), count)?;
    }
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_codes_are_told() {
        let mut totals = Totals::default();
        for number in 1..=12 {
            (0..=number % 3).for_each(|_| totals.finding(Code::error(number)));
        }
        totals.document(Verdict::Invalid);
        totals.unread();
        let text = totals.text(Language::English);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "2 documents: 0 valid, 1 invalid, 0 not finished, 1 not read");
        assert_eq!(lines[1], "        3 × E0002");
        assert_eq!((lines.len(), lines[11]), (12, "            and 2 codes more"));
    }
}
