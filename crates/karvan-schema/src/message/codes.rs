//! What to say of a code value that a code list lacks: the codes that look like it, and the releases that have it.

use karvan_text::Message;

use super::rules::CodeList;
use crate::directory::{Code, Elsewhere};

/// How many codes are offered instead.
const OFFERED: usize = 3;

/// The codes of the list that look most like `value`, with their names; none where none does.
pub(crate) fn nearest(value: &str, list: &CodeList<'_>) -> Option<String> {
    let mut found: Vec<(Likeness, Code<'_>)> = list
        .element()
        .codes()
        .filter_map(|code| Likeness::of(value, code.value()).map(|likeness| (likeness, code)))
        .collect();
    found.sort_by_key(|(likeness, _)| *likeness);
    let offered = found.iter().take(OFFERED).map(|(_, code)| format!("{} ({})", code.value(), code.name()));
    let text = offered.collect::<Vec<_>>().join(", ");
    (!text.is_empty()).then_some(text)
}

/// What helps with `value`: the release that has it, or else the list.
pub(crate) fn help(value: &str, list: &CodeList<'_>) -> Message {
    let element = list.element();
    let with = |id, release| Message::new(id).with("value", value).with("name", element.tag()).with("release", release);
    match element.code_elsewhere(value) {
        Some(Elsewhere::Since(release)) => with("help-code-since", release),
        Some(Elsewhere::Until(release)) => with("help-code-until", release),
        None => Message::new("help-code-list").with("name", element.tag()),
    }
}

/// How a code looks like a value, the greatest likeness first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// But for small letters and zeros in front.
    Written,
    /// But for one character left out, added or changed, or two that changed places.
    OneSlip,
    /// One begins with the other.
    Beginning,
}

impl Likeness {
    fn of(value: &str, code: &str) -> Option<Self> {
        let (value, code) = (value.to_uppercase(), code.to_uppercase());
        if value.trim_start_matches('0') == code.trim_start_matches('0') {
            return Some(Self::Written);
        }
        // Between short numbers, and single letters, a slip says nothing.
        let telling =
            value.chars().count() > 2 || (value.chars().count() == 2 && value.chars().all(char::is_alphabetic));
        if telling && is_one_slip(&value, &code) {
            return Some(Self::OneSlip);
        }
        let begins = code.starts_with(&value) || (code.len() > 1 && value.starts_with(&code));
        (telling && begins).then_some(Self::Beginning)
    }
}

/// Whether one character left out, added or changed, or two neighbours that changed places, make `one` of `other`.
fn is_one_slip(one: &str, other: &str) -> bool {
    let (one, other): (Vec<_>, Vec<_>) = (one.chars().collect(), other.chars().collect());
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[same..], &other[same..]);
    match (one, other) {
        ([_, rest @ ..], [_, other_rest @ ..]) if rest == other_rest => true,
        ([_, rest @ ..], _) if rest == other => true,
        (_, [_, rest @ ..]) if one == rest => true,
        ([a, b, rest @ ..], [c, d, other_rest @ ..]) => a == d && b == c && rest == other_rest,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directories;

    fn list(release: &str, element: &str) -> CodeList<'static> {
        let release = Directories::builtin().release(release).expect("a known release");
        CodeList::new(release.element(element).expect("a known element"))
    }

    #[test]
    fn codes_that_look_alike_are_offered() {
        let parties = list("D.96A", "3035");
        assert!(nearest("su", &parties).expect("SU").starts_with("SU (Supplier)"));
        assert!(nearest("UD1", &parties).expect("UD").contains("UD ("));
        assert_eq!(nearest("§§§", &parties), None);
    }

    #[test]
    fn one_slip_is_one() {
        for (one, other) in [("KGM", "KGN"), ("KGM", "KG"), ("KG", "KGM"), ("KMG", "KGM"), ("AKGM", "KGM")] {
            assert!(is_one_slip(one, other), "{one} {other}");
        }
        for (one, other) in [("KGM", "KGM"), ("KGM", "GKN"), ("KGM", "K"), ("ABC", "CBA")] {
            assert!(!is_one_slip(one, other), "{one} {other}");
        }
    }

    #[test]
    fn the_release_that_has_a_code_is_named() {
        // 58, SEPA credit transfer, came to 4461 after D.14B.
        let help_58 = help("58", &list("D.14B", "4461"));
        assert_eq!(help_58.id(), "help-code-since");
        assert_eq!(help("58", &list("D.21B", "4461")).id(), "help-code-list");
        assert_eq!(help("none", &list("D.14B", "4461")).id(), "help-code-list");
    }
}
