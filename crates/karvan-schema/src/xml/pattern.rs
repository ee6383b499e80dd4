//! The regular expressions of XML Schema Part 2, appendix F, matched in time that grows with the text alone.

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    program: Vec<Instruction>,
}

/// Programs longer than this are not made: `(x{1,9999}){1,9999}` is an attack, not a pattern.
const LONGEST_PROGRAM: usize = 20_000;

/// How deep groups may stand in groups.
const DEEPEST_GROUP: usize = 64;

#[derive(Clone, Debug)]
enum Instruction {
    One(Set),
    Either(usize, usize),
    Jump(usize),
    Match,
}

#[derive(Clone, Debug)]
enum Part {
    One(Set),
    Sequence(Vec<Part>),
    Choice(Vec<Part>),
    Repeat(Box<Part>, usize, Option<usize>),
}

/// A set of characters.
#[derive(Clone, Debug, Default)]
struct Set {
    negated: bool,
    ranges: Vec<(char, char)>,
    classes: Vec<(Class, bool)>,
    minus: Option<Box<Set>>,
}

/// What `\s`, `\i`, `\c` and `\d` stand for.
#[derive(Clone, Copy, Debug)]
enum Class {
    Space,
    NameStart,
    NameCharacter,
    Digit,
}

impl Pattern {
    /// Compiles `text`; `None` where it is no regular expression of XML Schema, or uses `\w` or `\p{…}`.
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut parser = Parser { rest: text, depth: 0 };
        let part = parser.choice()?;
        if !parser.rest.is_empty() {
            return None;
        }
        let mut program = Vec::new();
        emit(&part, &mut program)?;
        program.push(Instruction::Match);
        Some(Self { program })
    }

    /// Whether the pattern matches all of `text`.
    pub(super) fn matches(&self, text: &str) -> bool {
        let mut states = States::new(self.program.len());
        states.enter(&self.program, 0);
        for c in text.chars() {
            let mut next = States::new(self.program.len());
            for &state in &states.list {
                if matches!(&self.program[state], Instruction::One(set) if set.contains(c)) {
                    next.enter(&self.program, state + 1);
                }
            }
            states = next;
        }
        states.list.iter().any(|&state| matches!(self.program[state], Instruction::Match))
    }
}

/// The instructions that the match may stand before.
struct States {
    list: Vec<usize>,
    seen: Vec<bool>,
}

impl States {
    fn new(length: usize) -> Self {
        Self { list: Vec::new(), seen: vec![false; length] }
    }

    fn enter(&mut self, program: &[Instruction], start: usize) {
        let mut waiting = vec![start];
        while let Some(state) = waiting.pop() {
            if std::mem::replace(&mut self.seen[state], true) {
                continue;
            }
            match program[state] {
                Instruction::Either(one, other) => waiting.extend([other, one]),
                Instruction::Jump(to) => waiting.push(to),
                Instruction::One(_) | Instruction::Match => self.list.push(state),
            }
        }
    }
}

/// Appends the instructions of `part`.
fn emit(part: &Part, program: &mut Vec<Instruction>) -> Option<()> {
    if program.len() > LONGEST_PROGRAM {
        return None;
    }
    match part {
        Part::One(set) => program.push(Instruction::One(set.clone())),
        Part::Sequence(parts) => parts.iter().try_for_each(|part| emit(part, program))?,
        Part::Choice(parts) => {
            let mut ends = Vec::new();
            for (place, part) in parts.iter().enumerate() {
                let last = place + 1 == parts.len();
                let fork = program.len();
                if !last {
                    program.push(Instruction::Match);
                }
                emit(part, program)?;
                if !last {
                    ends.push(program.len());
                    program.push(Instruction::Match);
                    program[fork] = Instruction::Either(fork + 1, program.len());
                }
            }
            let end = program.len();
            ends.into_iter().for_each(|at| program[at] = Instruction::Jump(end));
        }
        Part::Repeat(part, minimum, maximum) => {
            if (*minimum).max(maximum.unwrap_or(0)) > LONGEST_PROGRAM {
                return None;
            }
            for _ in 0..*minimum {
                emit(part, program)?;
            }
            let Some(maximum) = maximum else {
                let fork = program.len();
                program.push(Instruction::Match);
                emit(part, program)?;
                program.push(Instruction::Jump(fork));
                program[fork] = Instruction::Either(fork + 1, program.len());
                return Some(());
            };
            let mut forks = Vec::new();
            for _ in *minimum..*maximum {
                forks.push(program.len());
                program.push(Instruction::Match);
                emit(part, program)?;
            }
            let end = program.len();
            forks.into_iter().for_each(|fork| program[fork] = Instruction::Either(fork + 1, end));
        }
    }
    Some(())
}

impl Set {
    fn contains(&self, c: char) -> bool {
        let listed = self.ranges.iter().any(|&(first, last)| (first..=last).contains(&c))
            || self.classes.iter().any(|&(class, negated)| class.contains(c) != negated);
        listed != self.negated && !self.minus.as_ref().is_some_and(|minus| minus.contains(c))
    }
}

impl Class {
    fn contains(self, c: char) -> bool {
        match self {
            Self::Space => matches!(c, ' ' | '\t' | '\n' | '\r'),
            Self::NameStart => super::datatype::is_name_start(c),
            Self::NameCharacter => super::datatype::is_name_character(c),
            Self::Digit => {
                let before = DIGIT_ZEROS.partition_point(|&zero| zero <= c);
                before > 0 && c as u32 - DIGIT_ZEROS[before - 1] as u32 <= 9
            }
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let c = characters.next();
        self.rest = characters.as_str();
        c
    }

    fn take(&mut self, wanted: char) -> bool {
        let taken = self.rest.strip_prefix(wanted);
        self.rest = taken.unwrap_or(self.rest);
        taken.is_some()
    }

    fn choice(&mut self) -> Option<Part> {
        self.depth += 1;
        if self.depth > DEEPEST_GROUP {
            return None;
        }
        let mut branches = vec![self.sequence()?];
        while self.take('|') {
            branches.push(self.sequence()?);
        }
        self.depth -= 1;
        Some(Part::Choice(branches))
    }

    fn sequence(&mut self) -> Option<Part> {
        let mut parts = Vec::new();
        while !matches!(self.peek(), None | Some('|' | ')')) {
            let atom = self.atom()?;
            let (minimum, maximum) = match self.peek() {
                Some('?') => (0, Some(1)),
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('{') => {
                    let (counts, rest) = self.rest[1..].split_once('}')?;
                    self.rest = rest;
                    let (least, most) = counts.split_once(',').unwrap_or((counts, counts));
                    let most = if most.is_empty() { None } else { Some(most.parse().ok()?) };
                    parts.push(Part::Repeat(Box::new(atom), least.parse().ok()?, most));
                    continue;
                }
                _ => {
                    parts.push(atom);
                    continue;
                }
            };
            self.next();
            parts.push(Part::Repeat(Box::new(atom), minimum, maximum));
        }
        Some(Part::Sequence(parts))
    }

    fn atom(&mut self) -> Option<Part> {
        let set = match self.next()? {
            '(' => {
                let inner = self.choice()?;
                return self.take(')').then_some(inner);
            }
            '[' => self.set()?,
            '.' => Set { negated: true, ranges: vec![('\n', '\n'), ('\r', '\r')], ..Set::default() },
            '\\' => {
                let mut set = Set::default();
                let c = self.escape(&mut set)?;
                set.ranges.extend(c.map(|c| (c, c)));
                set
            }
            '?' | '*' | '+' | '{' | '}' | ']' => return None,
            c => Set { ranges: vec![(c, c)], ..Set::default() },
        };
        Some(Part::One(set))
    }

    /// What follows a `[`.
    fn set(&mut self) -> Option<Set> {
        let mut set = Set { negated: self.take('^'), ..Set::default() };
        loop {
            let first = match self.next()? {
                ']' => return Some(set),
                '-' if self.peek() == Some('[') => {
                    self.next();
                    self.depth += 1;
                    if self.depth > DEEPEST_GROUP {
                        return None;
                    }
                    set.minus = Some(Box::new(self.set()?));
                    self.depth -= 1;
                    return self.take(']').then_some(set);
                }
                '\\' => match self.escape(&mut set)? {
                    Some(c) => c,
                    None => continue,
                },
                '[' => return None,
                c => c,
            };
            if self.peek() == Some('-') && !self.rest.starts_with("-]") && !self.rest.starts_with("-[") {
                self.next();
                let last = match self.next()? {
                    '\\' => self.escape(&mut Set::default())??,
                    c => c,
                };
                set.ranges.push((first, last));
            } else {
                set.ranges.push((first, first));
            }
        }
    }

    /// What follows a `\`: the one character it stands for, or none, and its class is added to `set`.
    fn escape(&mut self, set: &mut Set) -> Option<Option<char>> {
        Some(match self.next()? {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            c if c.is_ascii_punctuation() => Some(c),
            c => {
                let class = match c.to_ascii_lowercase() {
                    's' => Class::Space,
                    'i' => Class::NameStart,
                    'c' => Class::NameCharacter,
                    'd' => Class::Digit,
                    _ => return None,
                };
                set.classes.push((class, c.is_ascii_uppercase()));
                None
            }
        })
    }
}

/// The zeros of Unicode's decimal digits (general category Nd); nine digits follow each.
const DIGIT_ZEROS: [char; 66] = [
    '\u{30}',
    '\u{660}',
    '\u{6F0}',
    '\u{7C0}',
    '\u{966}',
    '\u{9E6}',
    '\u{A66}',
    '\u{AE6}',
    '\u{B66}',
    '\u{BE6}',
    '\u{C66}',
    '\u{CE6}',
    '\u{D66}',
    '\u{DE6}',
    '\u{E50}',
    '\u{ED0}',
    '\u{F20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17E0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19D0}',
    '\u{1A80}',
    '\u{1A90}',
    '\u{1B50}',
    '\u{1BB0}',
    '\u{1C40}',
    '\u{1C50}',
    '\u{A620}',
    '\u{A8D0}',
    '\u{A900}',
    '\u{A9D0}',
    '\u{A9F0}',
    '\u{AA50}',
    '\u{ABF0}',
    '\u{FF10}',
    '\u{104A0}',
    '\u{10D30}',
    '\u{11066}',
    '\u{110F0}',
    '\u{11136}',
    '\u{111D0}',
    '\u{112F0}',
    '\u{11450}',
    '\u{114D0}',
    '\u{11650}',
    '\u{116C0}',
    '\u{11730}',
    '\u{118E0}',
    '\u{11950}',
    '\u{11C50}',
    '\u{11D50}',
    '\u{11DA0}',
    '\u{16A60}',
    '\u{16AC0}',
    '\u{16B50}',
    '\u{1D7CE}',
    '\u{1D7D8}',
    '\u{1D7E2}',
    '\u{1D7EC}',
    '\u{1D7F6}',
    '\u{1E140}',
    '\u{1E2F0}',
    '\u{1E950}',
    '\u{1FBF0}',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_the_whole_text() {
        let cases: [(&str, &[&str], &[&str]); 12] = [
            ("0|1", &["0", "1"], &["", "01", "2"]),
            ("[0-9\\-+]*", &["", "12-3+"], &["1a"]),
            ("[A-Z]{2}\\d{2,4}", &["IR12", "DE1234", "IR۱۲"], &["I12", "IR1", "IR12345"]),
            ("a(b|cd)*e?", &["a", "abcdbe", "ae"], &["ace", "aee"]),
            ("[a-z-[aeiou]]+", &["xyz"], &["xay", ""]),
            ("[^,;]+", &["a b"], &["a,b"]),
            ("\\i\\c*", &["ns:name", "_x1"], &["1x"]),
            ("a.c", &["abc", "a☃c"], &["a\nc"]),
            ("x{3}", &["xxx"], &["xx", "xxxx"]),
            ("x{2,}", &["xx", "xxxxx"], &["x"]),
            ("\\S+ \\D", &["ab c"], &["ab 1", " c"]),
            ("\\.\\[\\^", &[".[^"], &["x[^"]),
        ];
        for (pattern, good, bad) in cases {
            let compiled = Pattern::new(pattern).unwrap_or_else(|| panic!("{pattern}"));
            good.iter().for_each(|text| assert!(compiled.matches(text), "{pattern} {text:?}"));
            bad.iter().for_each(|text| assert!(!compiled.matches(text), "{pattern} {text:?}"));
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["(", "a)", "[a", "*a", "a{", "a{x}", "\\", "\\p{L}", "\\w", "a{99999999}"] {
            assert!(Pattern::new(text).is_none(), "{text}");
        }
        assert!(Pattern::new(&"(".repeat(100_000)).is_none());
    }

    #[test]
    fn a_pattern_takes_no_more_time_than_the_text_is_long() {
        assert!(!Pattern::new("(a*)*b").unwrap().matches(&"a".repeat(2_000)));
    }
}
