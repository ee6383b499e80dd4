//! Dependency notes: which data elements of a segment or composite may or must stand together (ISO 9735-1:2002 §11).

use std::{fmt, str::FromStr};

/// A dependency note, written `D5(040,030)`.
///
/// ```
/// use karvan_schema::directory::{Dependency, DependencyKind};
///
/// let note: Dependency = "D5(040,030)".parse()?;
/// assert_eq!((note.kind, note.positions.as_slice()), (DependencyKind::IfFirstThenAll, &[40, 30][..]));
/// assert_eq!(note.to_string(), "D5(040,030)");
/// # Ok::<(), karvan_schema::directory::NotADependency>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dependency {
    /// What it asks for.
    pub kind: DependencyKind,
    /// The positions it is about, two or more, in order.
    pub positions: Vec<u16>,
}

/// What a dependency note asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DependencyKind {
    /// D1: one and only one of them.
    OneAndOnlyOne,
    /// D2: all of them or none.
    AllOrNone,
    /// D3: one or more of them.
    OneOrMore,
    /// D4: one of them or none.
    OneOrNone,
    /// D5: if the first, then all.
    IfFirstThenAll,
    /// D6: if the first, then at least one more.
    IfFirstThenOneMore,
    /// D7: if the first, then none of the others.
    IfFirstThenNone,
}

impl DependencyKind {
    const ALL: [Self; 7] = [
        Self::OneAndOnlyOne,
        Self::AllOrNone,
        Self::OneOrMore,
        Self::OneOrNone,
        Self::IfFirstThenAll,
        Self::IfFirstThenOneMore,
        Self::IfFirstThenNone,
    ];

    /// The digit behind the `D`.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The kind with this digit behind the `D`.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// Whether it holds where these are present, in the order of the note.
    ///
    /// ```
    /// use karvan_schema::directory::DependencyKind::IfFirstThenAll;
    ///
    /// assert!(IfFirstThenAll.holds(&[false, true]));
    /// assert!(!IfFirstThenAll.holds(&[true, false]));
    /// ```
    #[must_use]
    pub fn holds(self, present: &[bool]) -> bool {
        let count = present.iter().filter(|present| **present).count();
        let first = present.first().is_some_and(|first| *first);
        match self {
            Self::OneAndOnlyOne => count == 1,
            Self::AllOrNone => count == 0 || count == present.len(),
            Self::OneOrMore => count > 0,
            Self::OneOrNone => count <= 1,
            Self::IfFirstThenAll => !first || count == present.len(),
            Self::IfFirstThenOneMore => !first || count > 1,
            Self::IfFirstThenNone => !first || count == 1,
        }
    }
}

impl fmt::Display for Dependency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "D{}", self.kind.number())?;
        for (index, position) in self.positions.iter().enumerate() {
            write!(out, "{}{position:03}", if index == 0 { '(' } else { ',' })?;
        }
        out.write_str(")")
    }
}

/// The text is not a dependency note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotADependency;

impl fmt::Display for NotADependency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("not a dependency note such as D5(040,030)")
    }
}

impl std::error::Error for NotADependency {}

impl FromStr for Dependency {
    type Err = NotADependency;

    fn from_str(text: &str) -> Result<Self, NotADependency> {
        let (number, positions) = text
            .strip_prefix('D')
            .and_then(|rest| rest.strip_suffix(')'))
            .and_then(|rest| rest.split_once('('))
            .ok_or(NotADependency)?;
        let kind = number.parse().ok().and_then(DependencyKind::from_number).ok_or(NotADependency)?;
        let positions = positions.split(',').map(|position| position.trim().parse());
        let positions: Vec<u16> = positions.collect::<Result<_, _>>().map_err(|_| NotADependency)?;
        if positions.len() < 2 { Err(NotADependency) } else { Ok(Self { kind, positions }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_and_written() {
        for text in ["D1(010,070)", "D2(010,060,070)", "D7(010,020)"] {
            assert_eq!(text.parse::<Dependency>().map(|note| note.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("D5(050, 040)".parse::<Dependency>().map(|note| note.positions), Ok(vec![50, 40]));
        for text in ["D0(010,020)", "D8(010,020)", "D1(010)", "D1(010,)", "D1", "DTM(010,020)"] {
            assert_eq!(text.parse::<Dependency>(), Err(NotADependency), "{text}");
        }
    }

    #[test]
    fn each_kind_holds_where_the_standard_says() {
        // ISO 9735-1:2002 §11: none, the first, another, the first and another, all of three.
        let cases = [[false; 3], [true, false, false], [false, true, false], [true, true, false], [true; 3]];
        let held = |kind: DependencyKind| cases.map(|present| u8::from(kind.holds(&present)));
        assert_eq!(held(DependencyKind::OneAndOnlyOne), [0, 1, 1, 0, 0]);
        assert_eq!(held(DependencyKind::AllOrNone), [1, 0, 0, 0, 1]);
        assert_eq!(held(DependencyKind::OneOrMore), [0, 1, 1, 1, 1]);
        assert_eq!(held(DependencyKind::OneOrNone), [1, 1, 1, 0, 0]);
        assert_eq!(held(DependencyKind::IfFirstThenAll), [1, 0, 1, 0, 1]);
        assert_eq!(held(DependencyKind::IfFirstThenOneMore), [1, 0, 1, 1, 1]);
        assert_eq!(held(DependencyKind::IfFirstThenNone), [1, 1, 1, 0, 0]);
    }
}
