//! The path of a rule, as findings and mapping tables write places.
//!
//! ```text
//! path      = step *("/" step)
//! step      = name *("[" condition "]")
//! name      = "SG" number / tag                       a segment group, a segment, a data element: SG2, NAD, C082, 3039
//! condition = element "=" code *("|" code)            of a segment; of a group, by the segment that it begins with
//! element   = [tag "/"] tag                           a simple data element or a component, the first of that tag
//! ```
//!
//! A segment that begins a group stands for the group, and what stands in the group may follow it; where the group has the
//! same segment once more, that is named behind it: `SG2/LOC[3227=147]/LOC[3227=9]`.

use std::fmt;
use std::str::FromStr;

/// A path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// Its text.
    pub(super) text: String,
    /// Its steps, one at least.
    pub(super) steps: Vec<Step>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// `SG2`, `NAD`, `C082`, `3039`.
    pub(super) name: String,
    /// What must be true of the segment.
    pub(super) conditions: Vec<Condition>,
}

/// A data element and the values that it may have: `[1153=VA|FC]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    /// The composite, where it is named.
    pub(super) composite: Option<String>,
    /// The simple data element, or the component.
    pub(super) element: String,
    /// The values, one at least.
    pub(super) values: Vec<String>,
}

/// What a step names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A segment group, by number.
    Group(u16),
    /// A segment.
    Segment,
    /// A simple or composite data element.
    Element,
}

impl Step {
    /// What the step names, by the form of its name: tags of segments are three letters, those of data elements four
    /// letters or digits.
    pub(super) fn kind(&self) -> Option<Kind> {
        kind(&self.name)
    }
}

/// What a name names, by its form.
pub(super) fn kind(name: &str) -> Option<Kind> {
    if let Some(number) = name.strip_prefix("SG").filter(|number| number.bytes().all(|octet| octet.is_ascii_digit()))
        && !number.is_empty()
    {
        return number.parse().ok().map(Kind::Group);
    }
    match name.len() {
        3 if name.bytes().all(|octet| octet.is_ascii_uppercase()) => Some(Kind::Segment),
        4 if name.bytes().all(|octet| octet.is_ascii_uppercase() || octet.is_ascii_digit()) => Some(Kind::Element),
        _ => None,
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl FromStr for Path {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let steps = split(text).map(step).collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), steps })
    }
}

/// The pieces between the slashes that stand in no brackets.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut open = false;
    text.split(move |character| {
        match character {
            '[' => open = true,
            ']' => open = false,
            _ => {}
        }
        character == '/' && !open
    })
}

fn step(text: &str) -> Result<Step, String> {
    let (name, mut rest) = text.split_at(text.find('[').unwrap_or(text.len()));
    let mut conditions = Vec::new();
    while let Some(inner) = rest.strip_prefix('[') {
        let (inside, after) = inner.split_once(']').ok_or_else(|| format!("{text}: a bracket is not closed"))?;
        conditions.push(condition(inside)?);
        rest = after;
    }
    let step = Step { name: name.to_owned(), conditions };
    match step.kind() {
        Some(_) if rest.is_empty() => Ok(step),
        _ => Err(format!("{text}: neither a segment group such as SG2, nor the tag of a segment or data element")),
    }
}

fn condition(text: &str) -> Result<Condition, String> {
    let malformed = || format!("[{text}]: not a condition such as [3035=BY] or [C506/1153=VA|FC]");
    let (element, values) = text.split_once('=').ok_or_else(malformed)?;
    let (composite, element) = match element.split_once('/') {
        Some((composite, element)) => (Some(composite), element),
        None => (None, element),
    };
    let values: Vec<_> = values.split('|').map(str::to_owned).collect();
    let tags = composite.into_iter().chain([element]);
    if values.iter().any(String::is_empty) || tags.into_iter().any(|tag| kind(tag) != Some(Kind::Element)) {
        return Err(malformed());
    }
    Ok(Condition { composite: composite.map(str::to_owned), element: element.to_owned(), values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_steps_with_conditions() {
        let path: Path = "SG2/NAD[3035=SU]/SG3/RFF[C506/1153=VA|FC]/C506/1154".parse().unwrap();
        let names: Vec<_> = path.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["SG2", "NAD", "SG3", "RFF", "C506", "1154"]);
        assert_eq!(path.steps[0].kind(), Some(Kind::Group(2)));
        let [condition] = &*path.steps[3].conditions else { panic!("one condition") };
        assert_eq!(condition.composite.as_deref(), Some("C506"));
        assert_eq!(condition.values, ["VA", "FC"]);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in
            ["", "/", "NAD/", "nad", "SG", "NAD[", "NAD[]", "NAD[3035]", "NAD[3035=]", "NAD[3035=BY]X", "SG99999"]
        {
            assert!(text.parse::<Path>().is_err(), "{text}");
        }
    }
}
