//! Which codes of a list look like a value that it lacks.

use super::ListedCode;

/// Up to `limit` codes that look like `value`, the most alike first.
pub(super) fn nearest<'d>(
    value: &str,
    codes: impl Iterator<Item = ListedCode<'d>>,
    limit: usize,
) -> Vec<ListedCode<'d>> {
    let value = value.to_uppercase();
    let mut found: Vec<(Likeness, ListedCode<'d>)> =
        codes.filter_map(|code| Likeness::of(&value, code.value).map(|likeness| (likeness, code))).collect();
    // Most slips are made behind the first letter.
    let begins_alike = |code: &ListedCode<'d>| code.value.chars().next() == value.chars().next();
    found.sort_by_key(|(likeness, code)| (*likeness, !begins_alike(code)));
    found.truncate(limit);
    found.into_iter().map(|(_, code)| code).collect()
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
    /// How `code` looks like `value`, which is in capitals.
    fn of(value: &str, code: &str) -> Option<Self> {
        let code = code.to_uppercase();
        if value.trim_start_matches('0') == code.trim_start_matches('0') {
            return Some(Self::Written);
        }
        // Between short numbers, and single letters, a slip says nothing.
        let telling =
            value.chars().count() > 2 || (value.chars().count() == 2 && value.chars().all(char::is_alphabetic));
        if telling && is_one_slip(value, &code) {
            return Some(Self::OneSlip);
        }
        let begins = code.starts_with(value) || (code.len() > 1 && value.starts_with(&code));
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

    #[test]
    fn one_slip_is_one() {
        for (one, other) in [("KGM", "KGN"), ("KGM", "KG"), ("KG", "KGM"), ("KMG", "KGM"), ("AKGM", "KGM")] {
            assert!(is_one_slip(one, other), "{one} {other}");
        }
        for (one, other) in [("KGM", "KGM"), ("KGM", "GKN"), ("KGM", "K"), ("ABC", "CBA")] {
            assert!(!is_one_slip(one, other), "{one} {other}");
        }
    }
}
