//! Whether a string is a value of a simple type.

use std::cmp::Ordering;

use super::grammar::{Facet, SimpleType, Variety};
use super::pattern::Pattern;
use super::{Datatype, WhiteSpace};

/// Why a string is not a value of a simple type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueProblem<'g> {
    /// It is no literal of the datatype.
    Datatype(Datatype),
    /// It breaks a facet, whose value is given; of patterns and enumerations, the first alternative.
    Facet(Facet, &'g str),
    /// It is a value of none of the types of a union.
    Union,
}

/// What is known of a simple type once a value of it was checked.
#[derive(Debug)]
pub(super) struct Check {
    white_space: WhiteSpace,
    /// Whether every string is a value.
    takes_all: bool,
    /// The patterns of this step of derivation.
    patterns: Vec<Pattern>,
    /// How the values enumerated in this step are looked up, if there are any.
    enumeration: Option<Enumeration>,
}

#[derive(Debug)]
enum Enumeration {
    /// As strings: they are sorted.
    Strings,
    /// As values: different strings may stand for the same.
    Values,
}

impl Check {
    pub(super) fn new(simple: SimpleType<'_>) -> Self {
        let steps = || std::iter::successors(Some(simple), |step| step.base());
        let white_space = steps().flat_map(SimpleType::facets).find(|(facet, _)| *facet == Facet::WhiteSpace);
        let white_space = match (white_space, simple.variety()) {
            (Some((_, name)), _) => WhiteSpace::from_name(name).unwrap_or(WhiteSpace::Collapse),
            (None, Variety::Atomic) => simple.datatype().white_space(),
            (None, Variety::List(_)) => WhiteSpace::Collapse,
            (None, Variety::Union(_)) => WhiteSpace::Preserve,
        };
        let takes_all = simple.variety() == Variety::Atomic
            && simple.datatype().takes_all()
            && steps().flat_map(SimpleType::facets).all(|(facet, _)| facet == Facet::WhiteSpace);
        let own = |wanted| simple.facets().filter(move |(facet, _)| *facet == wanted).map(|(_, value)| value);
        let strings = simple.variety() == Variety::Atomic
            && simple.datatype().is_text()
            && own(Facet::Enumeration).all(|value| white_space.treat(value) == value);
        Self {
            white_space,
            takes_all,
            patterns: own(Facet::Pattern).filter_map(Pattern::new).collect(),
            enumeration: own(Facet::Enumeration).next().map(|_| match strings {
                true => Enumeration::Strings,
                false => Enumeration::Values,
            }),
        }
    }
}

impl<'g> SimpleType<'g> {
    /// How white space is treated before a value of this type is looked at.
    #[must_use]
    pub fn white_space(self) -> WhiteSpace {
        self.known().white_space
    }

    /// Whether every string is a value of this type.
    #[must_use]
    pub fn takes_all(self) -> bool {
        self.known().takes_all
    }

    /// Checks `text`, as it stands in a document, against the datatype and all facets.
    ///
    /// # Errors
    ///
    /// The first [`ValueProblem`] found.
    ///
    /// ```
    /// use karvan_schema::xml::{Facet, Grammar, ValueProblem};
    ///
    /// let udt = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100";
    /// let amount = Grammar::builtin("cii-d16b").unwrap().definition(udt, "AmountType").unwrap().value().unwrap();
    /// assert_eq!(amount.check(" 12.50 "), Ok(()));
    /// assert!(matches!(amount.check("12,50"), Err(ValueProblem::Datatype(_))));
    /// ```
    pub fn check(self, text: &str) -> Result<(), ValueProblem<'g>> {
        let known = self.known();
        if known.takes_all {
            return Ok(());
        }
        let value = known.white_space.treat(text);
        let variety = self.variety();
        match &variety {
            Variety::Atomic if !self.datatype().accepts(&value) => {
                return Err(ValueProblem::Datatype(self.datatype()));
            }
            Variety::Atomic => {}
            Variety::List(item) => value.split_whitespace().try_for_each(|word| item.check(word))?,
            Variety::Union(members) => {
                if !members.iter().any(|member| member.check(text).is_ok()) {
                    return Err(ValueProblem::Union);
                }
            }
        }
        std::iter::successors(Some(self), |step| step.base()).try_for_each(|step| step.check_step(&value, &variety))
    }

    /// Whether two strings, as they stand in documents, are the same value.
    #[must_use]
    pub fn is_same(self, one: &str, other: &str) -> bool {
        let white_space = self.white_space();
        self.datatype().is_same(&white_space.treat(one), &white_space.treat(other))
    }

    /// Checks the facets of one step of derivation.
    fn check_step(self, value: &str, variety: &Variety<'_>) -> Result<(), ValueProblem<'g>> {
        let (datatype, known) = (self.datatype(), self.known());
        let length = || match variety {
            Variety::List(_) => value.split_whitespace().count(),
            _ => datatype.length(value),
        };
        for (facet, limit) in self.facets() {
            let number = || limit.trim().parse::<usize>().unwrap_or_default();
            let ordered =
                |wrong: &[Ordering]| datatype.compare(value, limit).is_none_or(|order| !wrong.contains(&order));
            let good = match facet {
                Facet::Length => length() == number(),
                Facet::MinimumLength => length() >= number(),
                Facet::MaximumLength => length() <= number(),
                Facet::WhiteSpace => true,
                Facet::MinimumInclusive => ordered(&[Ordering::Less]),
                Facet::MinimumExclusive => ordered(&[Ordering::Less, Ordering::Equal]),
                Facet::MaximumInclusive => ordered(&[Ordering::Greater]),
                Facet::MaximumExclusive => ordered(&[Ordering::Greater, Ordering::Equal]),
                Facet::TotalDigits => datatype.digits(value).is_none_or(|(all, _)| all <= number()),
                Facet::FractionDigits => datatype.digits(value).is_none_or(|(_, fraction)| fraction <= number()),
                // Patterns of one step are alternatives, and so are enumerated values (XML Schema Part 2, 4.3.4.2 and 4.3.5).
                Facet::Pattern => known.patterns.iter().any(|pattern| pattern.matches(value)),
                Facet::Enumeration => {
                    let found = match known.enumeration {
                        Some(Enumeration::Strings) => self.enumerates(value),
                        _ => self.enumerated().any(|other| self.is_same(value, other)),
                    };
                    // They stand behind all other facets.
                    return if found { Ok(()) } else { Err(ValueProblem::Facet(facet, limit)) };
                }
            };
            if !good {
                return Err(ValueProblem::Facet(facet, limit));
            }
        }
        Ok(())
    }
}
