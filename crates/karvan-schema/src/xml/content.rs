//! Where an element is in its content: its children are matched one after the other, and none is kept.
//!
//! Every schema has it that, reading from left to right, the next element tells its particle without looking ahead (Unique
//! Particle Attribution, XML Schema Part 1, 3.8.6), so taking as many as there are is always right, and all that has to
//! be known of the children before is which particles are under way.

use std::cmp::Ordering;

use super::grammar::{ElementDeclaration, Label, Particle, Particles, Process, Term};
use super::{Grammar, Wildcard};

/// A particle that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    particle: u32,
    /// How many occurrences were begun.
    count: u32,
    /// The part that is under way in a sequence or choice; in a group without order, a bit for each that was there.
    at: u64,
}

/// What a child element was matched with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Matched<'g> {
    /// Its declaration.
    Declared(ElementDeclaration<'g>),
    /// A wildcard.
    Wildcard(Process),
}

/// Something that must stand in the content and does not.
#[derive(Clone, Copy, Debug)]
pub(super) enum Gap<'g> {
    /// This element.
    Element(ElementDeclaration<'g>),
    /// One of several, or what a wildcard allows.
    Group(Particle<'g>),
}

/// How a child that cannot stand where it is could stand elsewhere in the content.
#[derive(Debug)]
pub(super) struct Stray<'g> {
    /// What it is.
    pub(super) matched: Matched<'g>,
    /// Where it would stand, compared with where the content is.
    pub(super) order: Ordering,
    /// How often it may stand in the content at most, if there is a number.
    pub(super) maximum: Option<u32>,
    /// What it passes over, if it stands further on.
    pub(super) gaps: Vec<Gap<'g>>,
    /// The particles that are under way where it would stand.
    path: Vec<Frame>,
}

/// The particles under way in the innermost open element: the end of a stack that all open elements share.
pub(super) struct Position<'a, 'g> {
    grammar: &'g Grammar,
    frames: &'a mut Vec<Frame>,
    /// Where those of the element begin.
    first: usize,
}

/// Goes to the beginning of the content `part` of an element.
pub(super) fn begin(frames: &mut Vec<Frame>, part: Option<Particle<'_>>) {
    frames.extend(part.map(|part| Frame { particle: part.index(), count: 0, at: 0 }));
}

impl<'a, 'g> Position<'a, 'g> {
    /// The position in the element whose frames begin at `first`.
    pub(super) fn new(grammar: &'g Grammar, frames: &'a mut Vec<Frame>, first: usize) -> Self {
        Self { grammar, frames, first }
    }

    /// Takes the next child. None where it cannot stand here; the position is as before then.
    pub(super) fn accept(&mut self, label: Label) -> Option<Matched<'g>> {
        for index in (self.first..self.frames.len()).rev() {
            let Frame { particle, count, at } = self.frames[index];
            let part = self.part(particle);
            let term = part.term();
            if count > 0 {
                match term {
                    Term::Sequence(parts) => {
                        for (number, next) in parts.iter().enumerate().skip(at as usize + 1) {
                            if starts(next.term(), label) {
                                self.frames[index].at = number as u64;
                                self.frames.truncate(index + 1);
                                return self.enter(next, label);
                            }
                            if !is_optional(next) {
                                return None;
                            }
                        }
                    }
                    Term::All(parts) => {
                        let mut left = parts.iter().enumerate().filter(|(number, _)| at & bit(*number) == 0);
                        if let Some((number, next)) = left.clone().find(|(_, next)| starts(next.term(), label)) {
                            self.frames[index].at |= bit(number);
                            self.frames.truncate(index + 1);
                            return self.enter(next, label);
                        }
                        if left.any(|(_, next)| !is_optional(next)) {
                            return None;
                        }
                    }
                    Term::Element(_) | Term::Any(_) | Term::Choice(_) => {}
                }
            }
            if part.maximum().is_none_or(|maximum| count < maximum) && starts(term, label) {
                self.frames.truncate(index);
                return self.again(part, count, label);
            }
            if count < part.minimum() && !may_be_empty(term) {
                return None;
            }
        }
        None
    }

    /// Begins the next occurrence of `part` after `count` others, with a child that starts it.
    fn again(&mut self, part: Particle<'g>, count: u32, label: Label) -> Option<Matched<'g>> {
        let numbered = |parts: Particles<'g>| parts.iter().enumerate().find(|(_, next)| starts(next.term(), label));
        let count = count.saturating_add(1);
        let mut push = |at| self.frames.push(Frame { particle: part.index(), count, at });
        let (number, next) = match part.term() {
            Term::Element(element) => {
                push(0);
                return Some(Matched::Declared(element));
            }
            Term::Any(wildcard) => {
                push(0);
                return Some(Matched::Wildcard(wildcard.process()));
            }
            Term::Sequence(parts) | Term::Choice(parts) => numbered(parts)?,
            Term::All(parts) => {
                let (number, next) = numbered(parts)?;
                push(bit(number));
                return self.enter(next, label);
            }
        };
        push(number as u64);
        self.enter(next, label)
    }

    /// Begins `part` with a child that starts it.
    fn enter(&mut self, part: Particle<'g>, label: Label) -> Option<Matched<'g>> {
        self.again(part, 0, label)
    }

    fn part(&self, index: u32) -> Particle<'g> {
        self.grammar.particle(index)
    }

    // What is wrong

    /// What must still come before the content can end.
    pub(super) fn gaps_to_end(&self) -> Vec<Gap<'g>> {
        let mut gaps = Vec::new();
        self.gaps_after(self.first, &mut gaps);
        gaps
    }

    /// What must still come in the particles under way from `from` on.
    fn gaps_after(&self, from: usize, gaps: &mut Vec<Gap<'g>>) {
        for frame in self.frames[from..].iter().rev() {
            let part = self.part(frame.particle);
            if frame.count > 0 {
                match part.term() {
                    Term::Sequence(parts) => {
                        parts.iter().skip(frame.at as usize + 1).for_each(|part| required(part, gaps));
                    }
                    Term::All(parts) => {
                        let left = parts.iter().enumerate().filter(|(number, _)| frame.at & bit(*number) == 0);
                        left.for_each(|(_, part)| required(part, gaps));
                    }
                    Term::Element(_) | Term::Any(_) | Term::Choice(_) => {}
                }
            }
            if frame.count < part.minimum() {
                required(part, gaps);
            }
        }
    }

    /// The element that came last, if one came.
    pub(super) fn here(&self) -> Option<ElementDeclaration<'g>> {
        let frame = self.frames[self.first..].last().filter(|frame| frame.count > 0)?;
        match self.part(frame.particle).term() {
            Term::Element(element) => Some(element),
            _ => None,
        }
    }

    /// An element of the content with the same local name in another namespace.
    pub(super) fn namesake(&self, label: Label) -> Option<ElementDeclaration<'g>> {
        fn search<'g>(part: Particle<'g>, local: u32) -> Option<ElementDeclaration<'g>> {
            match part.term() {
                Term::Element(element) => Some(element).filter(|element| element.label().local == local),
                Term::Any(_) => None,
                Term::Sequence(parts) | Term::Choice(parts) | Term::All(parts) => {
                    parts.iter().find_map(|part| search(part, local))
                }
            }
        }
        search(self.part(self.frames.get(self.first)?.particle), label.local)
    }

    /// What could come next.
    pub(super) fn expected(&self) -> Vec<ElementDeclaration<'g>> {
        let mut elements = Vec::new();
        for frame in self.frames[self.first..].iter().rev() {
            let part = self.part(frame.particle);
            if frame.count > 0
                && let Term::Sequence(parts) = part.term()
            {
                for next in parts.iter().skip(frame.at as usize + 1) {
                    next.first_elements(&mut elements);
                    if !is_optional(next) {
                        return elements;
                    }
                }
            } else if part.maximum().is_none_or(|maximum| frame.count < maximum) {
                part.first_elements(&mut elements);
                if frame.count < part.minimum() && !may_be_empty(part.term()) {
                    return elements;
                }
            }
        }
        elements
    }

    /// Finds where in the content a child belongs that cannot stand here. None where nothing in the content allows it.
    pub(super) fn stray(&self, label: Label) -> Option<Stray<'g>> {
        let root = self.part(self.frames.get(self.first)?.particle);
        let mut paths = Vec::new();
        find(root, label, &mut Vec::new(), &mut paths);
        let order = |path: &Vec<Frame>| self.order(path);
        let at = paths.iter().position(|path| order(path) == Ordering::Greater).or(paths.len().checked_sub(1))?;
        let path = paths.swap_remove(at);
        let order = self.order(&path);
        let mut gaps = Vec::new();
        if order == Ordering::Greater {
            self.gaps_to(&path, &mut gaps);
        }
        let parts = || path.iter().map(|frame| self.part(frame.particle));
        let maximum = parts().try_fold(1_u32, |most, part| Some(most.saturating_mul(part.maximum()?)));
        let matched = match parts().next_back()?.term() {
            Term::Any(wildcard) => Matched::Wildcard(wildcard.process()),
            Term::Element(element) => Matched::Declared(element),
            _ => return None,
        };
        Some(Stray { matched, order, maximum, gaps, path })
    }

    /// Goes on from where a stray would stand, as if it stood there.
    pub(super) fn go_to(&mut self, stray: &Stray<'g>) {
        let (first, path) = (self.first, &stray.path);
        for (index, step) in path.iter().enumerate() {
            // What was counted and seen in the groups around both places stays.
            let here =
                self.frames.get(first + index).filter(|frame| frame.particle == step.particle && frame.count > 0);
            let Some(here) = here.copied() else {
                self.frames.truncate(first + index);
                self.frames.extend(&path[index..]);
                return;
            };
            let group = matches!(self.part(step.particle).term(), Term::All(_));
            let at = if group { here.at | step.at } else { step.at };
            self.frames[first + index].at = at;
            if at != here.at {
                self.frames.truncate(first + index + 1);
            }
        }
        self.frames.truncate(first + path.len());
    }

    /// How the place at the end of `path` lies to where the content is.
    fn order(&self, path: &[Frame]) -> Ordering {
        for (here, there) in self.frames[self.first..].iter().zip(path) {
            if here.particle != there.particle || here.count == 0 {
                return Ordering::Greater;
            }
            let order = match self.part(here.particle).term() {
                Term::All(_) if here.at & there.at != 0 => Ordering::Equal,
                Term::All(_) => Ordering::Greater,
                _ => there.at.cmp(&here.at),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }

    /// What must stand between where the content is and the end of `path`, which lies further on.
    fn gaps_to(&self, path: &[Frame], gaps: &mut Vec<Gap<'g>>) {
        let here = &self.frames[self.first..];
        let same =
            |(here, there): &(&Frame, &Frame)| here.particle == there.particle && here.count > 0 && here.at == there.at;
        let common = here.iter().zip(path).take_while(same).count();
        self.gaps_after(self.first + common + 1, gaps);
        for (depth, there) in path.iter().enumerate().skip(common) {
            let Term::Sequence(parts) = self.part(there.particle).term() else { continue };
            let from = match here.get(depth) {
                Some(here) if depth == common && here.count > 0 => here.at as usize + 1,
                _ => 0,
            };
            let between = parts.iter().take(there.at as usize).skip(from);
            between.for_each(|part| required(part, gaps));
        }
    }
}

/// The bit of a part of a group without order; the compiler sees to it that there are no more parts than bits.
const fn bit(number: usize) -> u64 {
    1 << (number % 64)
}

/// Collects the paths to all places in `part` that a child with this name could be matched with.
fn find<'g>(part: Particle<'g>, label: Label, path: &mut Vec<Frame>, paths: &mut Vec<Vec<Frame>>) {
    path.push(Frame { particle: part.index(), count: 1, at: 0 });
    match part.term() {
        Term::Element(element) if element.label() == label => paths.push(path.clone()),
        Term::Any(wildcard) if wildcard.allows_label(label) => paths.push(path.clone()),
        Term::Element(_) | Term::Any(_) => {}
        term @ (Term::Sequence(parts) | Term::Choice(parts) | Term::All(parts)) => {
            for (number, next) in parts.iter().enumerate() {
                if let Some(frame) = path.last_mut() {
                    frame.at = if matches!(term, Term::All(_)) { bit(number) } else { number as u64 };
                }
                find(next, label, path, paths);
            }
        }
    }
    path.pop();
}

/// Collects what must stand in `part`.
fn required<'g>(part: Particle<'g>, gaps: &mut Vec<Gap<'g>>) {
    if is_optional(part) {
        return;
    }
    match part.term() {
        Term::Element(element) => gaps.push(Gap::Element(element)),
        Term::Sequence(parts) | Term::All(parts) => parts.iter().for_each(|part| required(part, gaps)),
        Term::Choice(_) | Term::Any(_) => gaps.push(Gap::Group(part)),
    }
}

/// Whether a child with this name can be the first of `term`.
fn starts(term: Term<'_>, label: Label) -> bool {
    match term {
        Term::Element(element) => element.label() == label,
        Term::Any(wildcard) => wildcard.allows_label(label),
        Term::Choice(parts) | Term::All(parts) => parts.iter().any(|part| starts(part.term(), label)),
        Term::Sequence(parts) => {
            for part in parts.iter() {
                if starts(part.term(), label) {
                    return true;
                }
                if !is_optional(part) {
                    return false;
                }
            }
            false
        }
    }
}

fn is_optional(part: Particle<'_>) -> bool {
    part.minimum() == 0 || may_be_empty(part.term())
}

/// Whether one occurrence of `term` may hold no element.
fn may_be_empty(term: Term<'_>) -> bool {
    match term {
        Term::Element(_) | Term::Any(_) => false,
        Term::Sequence(parts) | Term::All(parts) => parts.iter().all(is_optional),
        Term::Choice(parts) => parts.iter().any(is_optional),
    }
}

impl<'g> Particle<'g> {
    /// Collects the elements that can be the first of it.
    pub(super) fn first_elements(self, elements: &mut Vec<ElementDeclaration<'g>>) {
        match self.term() {
            Term::Element(element) => elements.push(element),
            Term::Any(_) => {}
            Term::Choice(parts) | Term::All(parts) => parts.iter().for_each(|part| part.first_elements(elements)),
            Term::Sequence(parts) => {
                for part in parts.iter() {
                    part.first_elements(elements);
                    if !is_optional(part) {
                        break;
                    }
                }
            }
        }
    }
}

impl Wildcard<'_> {
    /// Whether it lets in an element or attribute of this name.
    pub(super) fn allows_label(self, label: Label) -> bool {
        self.allows_namespace(label.namespace)
    }
}
