//! What two documents of one kind say differently, whatever syntax each came from.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::document::{Document, Group, Leaf, Node, Origin};
use crate::terms::{DocumentType, Kind, Part, TermId};
use crate::value::{Content, PartValue, Value};

/// When two values are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sameness {
    /// When they mean the same: `12.50` is `12.5`, and white space is white space.
    #[default]
    Meaning,
    /// When they are written alike.
    Letter,
}

/// Two documents, one of which may be missing, and what they say differently.
#[derive(Clone, Debug)]
pub struct Comparison<'d> {
    /// The documents.
    pub documents: Pair<&'d Document>,
    /// How many values both have, counting what qualifies a value as one of its own.
    pub same: usize,
    /// What only one of them says, or both say differently, in the order of the terms.
    pub differences: Vec<Difference<'d>>,
}

/// What stands on either side; one of them is there at least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair<T> {
    /// On the left.
    pub left: Option<T>,
    /// On the right.
    pub right: Option<T>,
}

/// A value that one of two documents has alone, or both have differently.
#[derive(Clone, Debug)]
pub struct Difference<'d> {
    /// The groups that it stands in, from the outermost.
    pub within: Vec<Repetition<'d>>,
    /// The term.
    pub term: TermId,
    /// What qualifies the value, where that alone is different.
    pub part: Option<Part>,
    /// What the documents say.
    pub said: Pair<Said<'d>>,
}

/// One group of those with the same term.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repetition<'d> {
    /// The term of the group.
    pub term: TermId,
    /// The value that tells it from the others, where it has one.
    pub key: Option<&'d Value>,
    /// Which of the groups it is, from 1; none where there is one only.
    pub number: Option<usize>,
}

/// A value, or what qualifies one.
#[derive(Clone, Copy, Debug)]
pub enum Said<'d> {
    /// A value with all that qualifies it.
    Value(&'d Leaf),
    /// What qualifies a value.
    Part(&'d PartValue),
}

impl Said<'_> {
    /// What it says.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Value(leaf) => leaf.value.text(),
            Self::Part(part) => Cow::Borrowed(&part.text),
        }
    }

    /// Where it came from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        match self {
            Self::Value(leaf) => leaf.origin,
            Self::Part(part) => part.origin,
        }
    }
}

/// Compares documents of one kind. Which are the same document is told by their number, as with any group that repeats: by
/// the identifier or the code that tells it from others, by what it says, and by its place last.
///
/// ```
/// use karvan_model::{Sameness, compare, json};
///
/// let with_paid = |paid: &str| {
///     let text = format!(r#"{{"document":"invoice","version":1,"number":"R-17","totals":{{"paid":"{paid}"}}}}"#);
///     json::read(&text).unwrap().document
/// };
/// let (left, right) = (with_paid("12.50"), with_paid("12.5"));
/// let comparison = &compare(&[&left], &[&right], Sameness::Meaning)[0];
/// assert_eq!((comparison.same, comparison.differences.len()), (2, 0));
/// ```
#[must_use]
pub fn compare<'d>(left: &[&'d Document], right: &[&'d Document], sameness: Sameness) -> Vec<Comparison<'d>> {
    let documents = [left, right].concat();
    let mut kinds: Vec<&'static DocumentType> = Vec::new();
    for document in &documents {
        if !kinds.contains(&document.kind) {
            kinds.push(document.kind);
        }
    }
    let mut comparisons = Vec::new();
    for kind in kinds {
        let of_kind = |documents: &[&'d Document]| -> Vec<&'d Document> {
            documents.iter().copied().filter(|document| document.kind == kind).collect()
        };
        let (left, right) = (of_kind(left), of_kind(right));
        let roots = |documents: &[&'d Document]| -> Vec<&'d Group> { documents.iter().map(|one| &one.root).collect() };
        let mut comparer = Comparer::new(kind, sameness);
        for (one, other) in comparer.matched(None, &roots(&left), &roots(&right)) {
            let documents = Pair { left: one.map(|at| left[at]), right: other.map(|at| right[at]) };
            comparer.group(documents.left.map(|one| &one.root), documents.right.map(|one| &one.root));
            let (same, differences) = (std::mem::take(&mut comparer.same), std::mem::take(&mut comparer.differences));
            comparisons.push(Comparison { documents, same, differences });
        }
    }
    comparisons
}

/// Numbers of a pair in their two lists.
type Matched = (Option<usize>, Option<usize>);

struct Comparer<'d> {
    kind: &'static DocumentType,
    sameness: Sameness,
    hasher: RandomState,
    within: Vec<Repetition<'d>>,
    same: usize,
    differences: Vec<Difference<'d>>,
}

impl<'d> Comparer<'d> {
    fn new(kind: &'static DocumentType, sameness: Sameness) -> Self {
        let hasher = RandomState::new();
        Self { kind, sameness, hasher, within: Vec::new(), same: 0, differences: Vec::new() }
    }

    /// Compares two groups of the same term, or tells all of the one that is there.
    fn group(&mut self, left: Option<&'d Group>, right: Option<&'d Group>) {
        let kind = self.kind;
        for &term in kind.members(left.or(right).and_then(|group| group.term)) {
            let members = |group: Option<&'d Group>| group.map_or(&[][..], |group| group.all(term));
            let (left, right) = (members(left), members(right));
            if left.is_empty() && right.is_empty() {
                continue;
            }
            if kind.term(term).kind() == Kind::Group {
                self.groups(term, left, right);
            } else {
                self.leaves(term, left, right);
            }
        }
    }

    fn groups(&mut self, term: TermId, left: &'d [Node], right: &'d [Node]) {
        let groups = |nodes: &'d [Node]| -> Vec<&'d Group> { nodes.iter().filter_map(Node::as_group).collect() };
        let (left, right) = (groups(left), groups(right));
        let key = key_of(self.kind, Some(term));
        for (one, other) in self.matched(Some(term), &left, &right) {
            let pair = (one.map(|at| left[at]), other.map(|at| right[at]));
            let key = key.and_then(|key| pair.0.or(pair.1)?.leaf(key)).map(|leaf| &leaf.value);
            let number = one.or(other).filter(|_| self.kind.term(term).repeats()).map(|at| at + 1);
            self.within.push(Repetition { term, key, number });
            self.group(pair.0, pair.1);
            self.within.pop();
        }
    }

    fn leaves(&mut self, term: TermId, left: &'d [Node], right: &'d [Node]) {
        let leaves = |nodes: &'d [Node]| -> Vec<&'d Leaf> { nodes.iter().filter_map(Node::as_leaf).collect() };
        let (left, right) = (leaves(left), leaves(right));
        let mut pairs = Pairs::new(left.len(), right.len());
        if left.len() == 1 && right.len() == 1 && !self.kind.term(term).repeats() {
            pairs.add(0, 0);
        }
        let content = |leaf: &Leaf| self.canonical(&leaf.value.content).into_owned();
        pairs.unite(|at| (content(left[at]), scheme(left[at])), |at| (content(right[at]), scheme(right[at])));
        pairs.unite(|at| content(left[at]), |at| content(right[at]));
        pairs.unite(|at| scheme(left[at]), |at| scheme(right[at]));
        for (one, other) in pairs.finish() {
            match (one.map(|at| left[at]), other.map(|at| right[at])) {
                (Some(left), Some(right)) => self.values(left, right),
                (left, right) => {
                    let said = Pair { left: left.map(Said::Value), right: right.map(Said::Value) };
                    self.differ(term, None, said);
                }
            }
        }
    }

    fn values(&mut self, left: &'d Leaf, right: &'d Leaf) {
        if self.canonical(&left.value.content) == self.canonical(&right.value.content) {
            self.same += 1;
        } else {
            let said = Pair { left: Some(Said::Value(left)), right: Some(Said::Value(right)) };
            self.differ(left.term, None, said);
        }
        for part in Part::ALL {
            let of = |leaf: &'d Leaf| leaf.value.parts.iter().find(|value| value.part == part);
            match (of(left), of(right)) {
                (None, None) => {}
                (Some(left), Some(right)) if left.text == right.text => self.same += 1,
                (left_part, right_part) => {
                    let said = Pair { left: left_part.map(Said::Part), right: right_part.map(Said::Part) };
                    self.differ(left.term, Some(part), said);
                }
            }
        }
    }

    fn differ(&mut self, term: TermId, part: Option<Part>, said: Pair<Said<'d>>) {
        self.differences.push(Difference { within: self.within.clone(), term, part, said });
    }

    /// The text that all contents which are the same have in common.
    fn canonical<'c>(&self, content: &'c Content) -> Cow<'c, str> {
        match (self.sameness, content) {
            (Sameness::Meaning, Content::Number(number)) => number.value().normalize().to_string().into(),
            (Sameness::Meaning, Content::Text(text)) => one_spaced(text),
            (_, content) => content.text(),
        }
    }

    /// Which of `left` is which of `right`.
    fn matched(&self, term: Option<TermId>, left: &[&'d Group], right: &[&'d Group]) -> Vec<Matched> {
        let mut pairs = Pairs::new(left.len(), right.len());
        // Of one document each, one is meant to be the other, whatever their numbers are.
        let may_be_others = term.is_some_and(|term| self.kind.term(term).repeats());
        if left.len() == 1 && right.len() == 1 && !may_be_others {
            pairs.add(0, 0);
            return pairs.finish();
        }
        let key = key_of(self.kind, term);
        let seen = |groups: &[&'d Group]| groups.iter().map(|group| self.seen(group, key)).collect::<Vec<_>>();
        let (left, right) = (seen(left), seen(right));
        pairs.unite(|at| (&left[at].key, &left[at].rest), |at| (&right[at].key, &right[at].rest));
        let said = |seen: &'_ Seen| Some(seen.rest.clone()).filter(|rest| !rest.is_empty());
        pairs.unite_the_only(|at| said(&left[at]), |at| said(&right[at]));
        pairs.unite_the_only(|at| left[at].key.as_ref(), |at| right[at].key.as_ref());
        pairs.unite_alike(&left, &right);
        pairs.unite(|at| &left[at].key, |at| &right[at].key);
        pairs.finish()
    }

    /// What tells a group from others.
    fn seen(&self, group: &Group, key: Option<TermId>) -> Seen {
        let of_key = key.and_then(|key| group.leaf(key));
        let is_key = |leaf: &&Leaf| of_key.is_some_and(|of_key| std::ptr::eq(of_key, *leaf));
        let rest = group.leaves().filter(|leaf| !is_key(leaf));
        let hash = |leaf: &Leaf| self.hasher.hash_one((leaf.term, self.canonical(&leaf.value.content)));
        let key = of_key.map(|leaf| self.canonical(&leaf.value.content).into_owned());
        Seen { key, rest: rest.map(hash).collect() }
    }
}

/// What tells a group from others: its key, and a number for each of its other values.
struct Seen {
    key: Option<String>,
    rest: Vec<u64>,
}

/// The member that tells a group from others with the same term: an identifier, or else a code that it must have.
fn key_of(kind: &DocumentType, group: Option<TermId>) -> Option<TermId> {
    let members = || kind.members(group).iter().copied().filter(|&member| !kind.term(member).repeats());
    let identifier = members().find(|&member| kind.term(member).kind() == Kind::Identifier);
    let is_code = |member: &TermId| kind.term(*member).kind() == Kind::Code && kind.term(*member).is_required();
    identifier.or_else(|| members().find(is_code))
}

fn scheme(leaf: &Leaf) -> Option<&str> {
    leaf.value.part(Part::Scheme)
}

/// A text with one space wherever there is white space, and none around it.
fn one_spaced(text: &str) -> Cow<'_, str> {
    let mut words = text.split_whitespace();
    let is_plain =
        text.trim() == text && !text.contains("  ") && !text.contains(|c: char| c.is_whitespace() && c != ' ');
    if is_plain {
        return Cow::Borrowed(text);
    }
    let first = words.next().unwrap_or_default().to_owned();
    Cow::Owned(words.fold(first, |text, word| text + " " + word))
}

/// The members of two lists, as they are united.
struct Pairs {
    left: Vec<Option<usize>>,
    right: Vec<Option<usize>>,
}

impl Pairs {
    /// What so many have is nothing that tells them apart.
    const COMMON: usize = 16;

    fn new(left: usize, right: usize) -> Self {
        Self { left: vec![None; left], right: vec![None; right] }
    }

    fn add(&mut self, left: usize, right: usize) {
        (self.left[left], self.right[right]) = (Some(right), Some(left));
    }

    /// The members that are alone so far.
    fn alone(side: &[Option<usize>]) -> impl DoubleEndedIterator<Item = usize> {
        side.iter().enumerate().filter(|(_, other)| other.is_none()).map(|(at, _)| at)
    }

    /// Unites members of which `key` is the same, in their order.
    fn unite<K: Eq + std::hash::Hash>(&mut self, left: impl Fn(usize) -> K, right: impl Fn(usize) -> K) {
        let mut known: HashMap<K, Vec<usize>> = HashMap::new();
        for at in Self::alone(&self.right).rev() {
            known.entry(right(at)).or_default().push(at);
        }
        for at in Self::alone(&self.left).collect::<Vec<_>>() {
            if let Some(other) = known.get_mut(&left(at)).and_then(Vec::pop) {
                self.add(at, other);
            }
        }
    }

    /// Unites members that have the same key and nobody else has.
    fn unite_the_only<K: Eq + std::hash::Hash>(
        &mut self,
        left: impl Fn(usize) -> Option<K>,
        right: impl Fn(usize) -> Option<K>,
    ) {
        let mut known: HashMap<K, [Vec<usize>; 2]> = HashMap::new();
        for at in Self::alone(&self.left) {
            left(at).into_iter().for_each(|key| known.entry(key).or_default()[0].push(at));
        }
        for at in Self::alone(&self.right) {
            right(at).into_iter().for_each(|key| known.entry(key).or_default()[1].push(at));
        }
        for [left, right] in known.into_values() {
            if let ([left], [right]) = (left.as_slice(), right.as_slice()) {
                self.add(*left, *right);
            }
        }
    }

    /// Unites those that have most in common: of groups with different keys at least half of what the lesser one says.
    fn unite_alike(&mut self, left: &[Seen], right: &[Seen]) {
        let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
        for at in Self::alone(&self.right) {
            right[at].rest.iter().for_each(|&value| holders.entry(value).or_default().push(at));
        }
        holders.retain(|_, holders| holders.len() <= Self::COMMON);
        let mut candidates = Vec::new();
        for at in Self::alone(&self.left) {
            let mut common: HashMap<usize, usize> = HashMap::new();
            for other in left[at].rest.iter().filter_map(|value| holders.get(value)).flatten() {
                *common.entry(*other).or_default() += 1;
            }
            for (other, count) in common {
                let (one, another) = (&left[at], &right[other]);
                let is_same = one.key == another.key;
                if is_same || 2 * count >= one.rest.len().min(another.rest.len()) {
                    candidates.push((Reverse((is_same, count)), at.abs_diff(other), at, other));
                }
            }
        }
        candidates.sort_unstable();
        for (_, _, at, other) in candidates {
            if self.left[at].is_none() && self.right[other].is_none() {
                self.add(at, other);
            }
        }
    }

    /// The pairs in the order of the left list, and behind them who is alone on the right.
    fn finish(self) -> Vec<Matched> {
        let left = self.left.iter().enumerate().map(|(at, other)| (Some(at), *other));
        left.chain(Self::alone(&self.right).map(|at| (None, Some(at)))).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind() -> &'static DocumentType {
        DocumentType::named("order").unwrap()
    }

    /// An order of lines, each with a number, a name and a quantity.
    fn order(lines: &[(&str, &str, &str)]) -> Document {
        let mut document = Document::new(kind());
        let term = |id: &str| kind().find(id).unwrap();
        let value = |kind, text: &str| Value::parse(kind, text).unwrap();
        document.root.push_value(term("number"), value(Kind::Identifier, "A-1"));
        for (number, name, quantity) in lines {
            let mut line = Group::new(Some(term("lines")));
            line.push_value(term("lines.number"), value(Kind::Identifier, number));
            line.push_value(term("lines.quantity"), value(Kind::Quantity, quantity).with(Part::Unit, "KGM"));
            let mut item = Group::new(Some(term("lines.item")));
            item.push_value(term("lines.item.name"), value(Kind::Text, name));
            line.push(Node::Group(item));
            document.root.push(Node::Group(line));
        }
        document
    }

    /// `term of line: left → right` of every difference.
    fn told(left: &Document, right: &Document) -> Vec<String> {
        let comparisons = compare(&[left], &[right], Sameness::Meaning);
        let text = |said: &Option<Said<'_>>| said.map_or_else(|| "-".to_owned(), |said| said.text().into_owned());
        let line = |difference: &Difference<'_>| {
            let key = difference.within.first().and_then(|group| group.key).map(|key| key.text().into_owned());
            let said = &difference.said;
            let (id, part) = (kind().term(difference.term).id(), difference.part.map(Part::name).unwrap_or_default());
            format!("{id}{part} of {}: {} → {}", key.unwrap_or_default(), text(&said.left), text(&said.right))
        };
        comparisons[0].differences.iter().map(line).collect()
    }

    #[test]
    fn numbers_are_compared_by_their_value_and_texts_by_their_words() {
        let (left, right) =
            (order(&[("1", "Saffron  of Qaen ", "12.50")]), order(&[("1", "Saffron of\nQaen", "12.5")]));
        assert_eq!(told(&left, &right), [""; 0]);
        let strict = &compare(&[&left], &[&right], Sameness::Letter)[0];
        assert_eq!((strict.same, strict.differences.len()), (3, 2));
    }

    #[test]
    fn lines_are_matched_by_their_number_wherever_they_stand() {
        let left = order(&[("1", "Saffron", "1"), ("2", "Rugs", "2"), ("3", "Dates", "3")]);
        let right = order(&[("3", "Dates", "4"), ("1", "Saffron", "1"), ("2", "Rugs", "2")]);
        assert_eq!(told(&left, &right), ["lines.quantity of 3: 3 → 4"]);
    }

    #[test]
    fn a_line_that_says_the_same_under_another_number_is_the_same_line() {
        let left = order(&[("1", "Saffron", "1"), ("2", "Rugs", "2"), ("3", "Dates", "3")]);
        let right = order(&[("1", "Saffron", "1"), ("2", "Dates", "3")]);
        assert_eq!(
            told(&left, &right),
            [
                "lines.number of 2: 2 → -",
                "lines.quantity of 2: 2 → -",
                "lines.item.name of 2: Rugs → -",
                "lines.number of 3: 3 → 2"
            ]
        );
    }

    #[test]
    fn lines_with_nothing_in_common_are_two_lines() {
        let (left, right) = (order(&[("1", "Saffron", "1")]), order(&[("2", "Rugs", "2")]));
        let differences = told(&left, &right);
        assert_eq!(differences.len(), 6);
        assert!(differences.iter().all(|difference| difference.contains("- →") || difference.ends_with("→ -")));
    }

    #[test]
    fn what_qualifies_a_value_is_compared_too() {
        let (left, mut right) = (order(&[("1", "Saffron", "1")]), order(&[]));
        let mut line = Group::new(kind().find("lines"));
        let value = Value::parse(Kind::Quantity, "1.0").unwrap().with(Part::Unit, "GRM");
        line.push_value(kind().find("lines.number").unwrap(), Value::parse(Kind::Identifier, "1").unwrap());
        line.push_value(kind().find("lines.quantity").unwrap(), value);
        right.root.push(Node::Group(line));
        let expected = ["lines.quantityunit of 1: KGM → GRM", "lines.item.name of 1: Saffron → -"];
        assert_eq!(told(&left, &right), expected);
    }

    #[test]
    fn identifiers_are_told_apart_by_their_schemes() {
        let party = |identifiers: &[(&str, &str)]| {
            let mut document = Document::new(kind());
            let mut buyer = Group::new(kind().find("buyer"));
            for (scheme, text) in identifiers {
                let value = Value::parse(Kind::Identifier, text).unwrap().with(Part::Scheme, *scheme);
                buyer.push_value(kind().find("buyer.identifiers").unwrap(), value);
            }
            document.root.push(Node::Group(buyer));
            document
        };
        let (left, right) = (party(&[("0088", "1"), ("0060", "2")]), party(&[("0060", "2"), ("0088", "3")]));
        assert_eq!(told(&left, &right), ["buyer.identifiers of : 1 → 3"]);
    }

    #[test]
    fn documents_are_matched_by_their_numbers() {
        let numbered = |number: &str| {
            let mut document = Document::new(kind());
            document.root.push_value(kind().find("number").unwrap(), Value::parse(Kind::Identifier, number).unwrap());
            document
        };
        let documents = ["1", "2", "3"].map(numbered);
        let comparisons = compare(&[&documents[0], &documents[1]], &[&documents[1], &documents[2]], Sameness::Meaning);
        let sides = |one: &Comparison<'_>| (one.documents.left.is_some(), one.documents.right.is_some(), one.same);
        assert_eq!(
            comparisons.iter().map(sides).collect::<Vec<_>>(),
            [(true, false, 0), (true, true, 1), (false, true, 0)]
        );
    }

    proptest! {
        #[test]
        fn a_document_is_the_same_as_itself_in_another_order(
            mut lines in proptest::collection::vec(("[1-5]", "[a-c]{1,2}", "[1-3]"), 0..12), seed: u64
        ) {
            let given: Vec<_> = lines.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
            let left = order(&given);
            let length = lines.len().max(1);
            lines.rotate_left(usize::try_from(seed % length as u64).unwrap() % length);
            let given: Vec<_> = lines.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
            prop_assert_eq!(told(&left, &order(&given)), [""; 0]);
        }

        #[test]
        fn what_differs_one_way_differs_the_other_way(
            left in proptest::collection::vec(("[1-5]", "[a-c]{1,2}", "[1-3]"), 0..8),
            right in proptest::collection::vec(("[1-5]", "[a-c]{1,2}", "[1-3]"), 0..8),
        ) {
            let document = |lines: &[(String, String, String)]| {
                order(&lines.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect::<Vec<_>>())
            };
            let (left, right) = (document(&left), document(&right));
            prop_assert_eq!(told(&left, &right).is_empty(), told(&right, &left).is_empty());
        }
    }
}
