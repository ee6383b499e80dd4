//! What holds of every interchange, however broken.

mod common;

use common::{check, check_with, told};
use karvan_schema::interchange::{Depth, Options};
use proptest::prelude::*;

/// Segments of every level, some of them sound.
const SEGMENTS: [&str; 34] = [
    "UNA:+.? ",
    "UNB+UNOC:4+A+B+20261122:0900+1",
    "UNB+UNOC:3+A+B+261122:0900+2",
    "UIB+UNOC:4+D1",
    "UNG++A+B+20261122:0900+1",
    "UNH+1+CONTRL:4:1:UN",
    "UNH+2+AUTACK:4:1:UN",
    "UNH+1+ORDERS:D:96A:UN",
    "UIH+IHCLME:D:21B::UN+M1+D2",
    "UNO+P1+1:X+1:Y+4",
    "UNO+P1",
    "UIR+1++D1++M1",
    "USH+1+S1",
    "USH+1+S2",
    "USA+1",
    "USC+C1",
    "USR+1:AB",
    "UST+S1+2",
    "UST+S2+9",
    "USD+3+E",
    "USU+3+E",
    "UCI+1+A+B+7",
    "USX+1",
    "BGM+220+1+9",
    "UNS+S",
    "XYZ",
    "",
    "+A",
    "UNT+3+1",
    "UIT+M1+2",
    "UNP+4+P1",
    "UNE+1+1",
    "UNZ+1+1",
    "UIZ+D1+1",
];

proptest! {
    #[test]
    fn rubble_is_told_within_the_file(numbers in proptest::collection::vec(0..SEGMENTS.len(), 0..60)) {
        let text: String = numbers.iter().map(|number| format!("{}'", SEGMENTS[*number])).collect();
        for depth in [Depth::Syntax, Depth::Codes] {
            let findings = check_with(text.as_bytes(), Options { depth, ..Options::default() });
            prop_assert!(findings.iter().all(|finding| finding.place.span.end <= text.len() as u64));
            // A segment can be at fault in several ways, but not in arbitrarily many.
            prop_assert!(findings.len() <= 20 * numbers.len() + 3, "{} in {text}", findings.len());
        }
    }

    #[test]
    fn separators_that_separate_nothing_are_told_and_no_others(content in "[A:+?]{0,90}") {
        let segment = format!("BGM+{content}A");
        let text = |segment: &str| {
            format!("UNB+UNOA:3+A+B+261122:0900+1'UNH+1+ORDERS:D:96A:UN'{segment}'DTM+137:20261122:102'UNS+S'UNT+5+1'UNZ+1+1'")
        };
        let is_told = |segment: &str| {
            let text = text(segment);
            told(&text, &check(&text)).iter().any(|finding| finding.starts_with("W1045"))
        };
        // Released octets are data.
        let mut plain = String::new();
        let mut octets = content.chars();
        while let Some(octet) = octets.next() {
            plain.push(if octet == '?' { octets.next().map_or('A', |_| 'A') } else { octet });
        }
        prop_assert_eq!(is_told(&segment), plain.contains(":+"), "{}", segment);
        for separator in [":", "+"] {
            prop_assert!(is_told(&[segment.as_str(), separator].concat()));
        }
    }
}
