//! Matching the children of an element against its content model, and telling where they part.

use karvan_xml::Element;

use super::grammar::{ElementDeclaration, Particle, Process, Term};

/// What a child element was matched with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Matched<'g> {
    /// Its declaration.
    Declared(ElementDeclaration<'g>),
    /// A wildcard.
    Wildcard(Process),
    /// Nothing: it should not be there.
    Nothing,
}

/// Where matching ended early: the number of the child in the way (the number of children where one is missing), and
/// what would have been right there.
#[derive(Debug)]
pub(super) struct Mismatch<'g> {
    pub(super) at: usize,
    pub(super) expected: Vec<ElementDeclaration<'g>>,
}

/// Matches `children` with the content `part`: one entry a child.
///
/// Every schema has it that, reading from left to right, the next element tells its particle without looking ahead
/// (Unique Particle Attribution, XML Schema Part 1, 3.8.6), so taking as many as there are is always right.
pub(super) fn matching<'g>(
    part: Option<Particle<'g>>,
    children: &[Element<'_>],
) -> Result<Vec<Matched<'g>>, Mismatch<'g>> {
    let mut matcher = Matcher { children, matched: Vec::with_capacity(children.len()) };
    part.map_or(Ok(()), |part| matcher.particle(part))?;
    match matcher.matched.len() {
        at if at < children.len() => Err(Mismatch { at, expected: Vec::new() }),
        _ => Ok(matcher.matched),
    }
}

struct Matcher<'a, 'd, 'g> {
    children: &'a [Element<'d>],
    matched: Vec<Matched<'g>>,
}

impl<'g> Matcher<'_, '_, 'g> {
    /// Takes the children that `part` matches.
    fn particle(&mut self, part: Particle<'g>) -> Result<(), Mismatch<'g>> {
        let (term, maximum) = (part.term(), part.maximum().unwrap_or(u32::MAX));
        let mut count = 0;
        while count < maximum && self.children.get(self.matched.len()).is_some_and(|&child| starts(term, child)) {
            self.term(term)?;
            count += 1;
        }
        if count < part.minimum() && !may_be_empty(term) {
            let mut expected = Vec::new();
            first(term, &mut expected);
            return Err(Mismatch { at: self.matched.len(), expected });
        }
        Ok(())
    }

    /// Takes the children of one occurrence of `term`, which the next child starts.
    fn term(&mut self, term: Term<'g>) -> Result<(), Mismatch<'g>> {
        match term {
            Term::Element(element) => self.matched.push(Matched::Declared(element)),
            Term::Any(wildcard) => self.matched.push(Matched::Wildcard(wildcard.process())),
            Term::Sequence(parts) => parts.iter().try_for_each(|part| self.particle(part))?,
            Term::Choice(parts) => {
                let next = self.children.get(self.matched.len());
                let branch = next.and_then(|&child| parts.iter().find(|part| starts(part.term(), child)));
                branch.map_or(Ok(()), |branch| self.particle(branch))?;
            }
            Term::All(parts) => {
                let mut left: Vec<_> = parts.iter().collect();
                while let Some(&child) = self.children.get(self.matched.len()) {
                    let Some(found) = left.iter().position(|part| starts(part.term(), child)) else { break };
                    self.particle(left.remove(found))?;
                }
                left.into_iter().try_for_each(|part| self.particle(part))?;
            }
        }
        Ok(())
    }
}

/// Whether `child` can be the first element of `term`.
fn starts(term: Term<'_>, child: Element<'_>) -> bool {
    match term {
        Term::Element(element) => element.is(child.namespace(), child.local_name()),
        Term::Any(wildcard) => wildcard.allows(child.namespace()),
        Term::Choice(parts) | Term::All(parts) => parts.iter().any(|part| starts(part.term(), child)),
        Term::Sequence(parts) => {
            for part in parts.iter() {
                if starts(part.term(), child) {
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

/// Collects the elements that can be the first of `term`.
fn first<'g>(term: Term<'g>, elements: &mut Vec<ElementDeclaration<'g>>) {
    match term {
        Term::Element(element) => elements.push(element),
        Term::Any(_) => {}
        Term::Choice(parts) | Term::All(parts) => parts.iter().for_each(|part| first(part.term(), elements)),
        Term::Sequence(parts) => {
            for part in parts.iter() {
                first(part.term(), elements);
                if !is_optional(part) {
                    break;
                }
            }
        }
    }
}

/// One thing that is wrong with the children of an element.
#[derive(Debug)]
pub(super) enum Fault<'g> {
    /// No element of this name may stand in the parent.
    Unknown {
        /// The child.
        child: usize,
        /// What has the same local name in another namespace.
        namesake: Option<ElementDeclaration<'g>>,
    },
    /// The child must stand before another.
    Before {
        /// The child.
        child: usize,
        /// The other, before it in the document.
        other: usize,
    },
    /// The child must stand after another.
    After {
        /// The child.
        child: usize,
        /// The other, behind it in the document.
        other: usize,
    },
    /// The child is one too many of its name.
    TooOften {
        /// The child.
        child: usize,
        /// How many there may be.
        maximum: u32,
    },
    /// A child is missing.
    Missing {
        /// Its declaration.
        element: ElementDeclaration<'g>,
        /// The child it should stand before; the number of children for the end.
        before: usize,
    },
    /// Something else is wrong at this child (or at the end), where one of these was expected.
    Content(Mismatch<'g>),
}

/// Explains why `children` do not match the content `part`, where matching came to `mismatch`, and matches them by name
/// alone.
pub(super) fn explain<'g>(
    part: Option<Particle<'g>>,
    children: &[Element<'_>],
    mismatch: Mismatch<'g>,
) -> (Vec<Matched<'g>>, Vec<Fault<'g>>) {
    let mut slots = Vec::new();
    if let Some(part) = part {
        collect(part, Around { order: None, required: true, single: true }, &mut slots);
    }
    let mut faults = Vec::new();
    let mut matched = Vec::with_capacity(children.len());
    let mut taken: Vec<Taken> = Vec::new();
    for (index, &child) in children.iter().enumerate() {
        let known = slots.iter().position(|slot| slot.element.is(child.namespace(), child.local_name()));
        matched.push(match (known, part.and_then(|part| any(part, child))) {
            (Some(slot), _) => {
                taken.push(Taken { child: index, slot, order: slots[slot].order });
                Matched::Declared(slots[slot].element)
            }
            (None, Some(process)) => Matched::Wildcard(process),
            (None, None) => {
                let namesake = slots.iter().find(|slot| slot.element.name() == child.local_name());
                faults.push(Fault::Unknown { child: index, namesake: namesake.map(|slot| slot.element) });
                Matched::Nothing
            }
        });
    }
    order(&taken, &mut faults);
    occurrence(&slots, &taken, children.len(), &mut faults);
    if faults.is_empty() {
        faults.push(Fault::Content(mismatch));
    }
    (matched, faults)
}

/// An element of a content model, model groups written out.
struct Slot<'g> {
    element: ElementDeclaration<'g>,
    /// Its place among the others; the same for those whose order is open.
    order: usize,
    minimum: u32,
    maximum: Option<u32>,
}

/// A child that has the name of a slot.
#[derive(Clone, Copy)]
struct Taken {
    child: usize,
    slot: usize,
    order: usize,
}

/// What the groups around a particle say of it.
#[derive(Clone, Copy)]
struct Around {
    /// The place that all in the group share, where their order is open.
    order: Option<usize>,
    /// Whether the group must stand there, whatever else does.
    required: bool,
    /// Whether the group stands there once at most.
    single: bool,
}

/// Collects the elements in `part`.
fn collect<'g>(part: Particle<'g>, around: Around, slots: &mut Vec<Slot<'g>>) {
    let open = |single: bool| around.order.or((!single).then_some(slots.len()));
    let (required, single) = (around.required && part.minimum() > 0, around.single && part.maximum() == Some(1));
    match part.term() {
        Term::Element(element) => slots.push(Slot {
            element,
            order: around.order.unwrap_or(slots.len()),
            minimum: if around.required { part.minimum() } else { 0 },
            maximum: if around.single { part.maximum() } else { None },
        }),
        Term::Any(_) => {}
        Term::Sequence(parts) => {
            let around = Around { order: open(single), required, single };
            parts.iter().for_each(|part| collect(part, around, slots));
        }
        Term::All(parts) => {
            let around = Around { order: open(false), required, single };
            parts.iter().for_each(|part| collect(part, around, slots));
        }
        Term::Choice(parts) => {
            let around = Around { order: open(single), required: required && parts.iter().count() == 1, single };
            parts.iter().for_each(|part| collect(part, around, slots));
        }
    }
}

/// What the first wildcard in `part` that allows `child` asks for.
fn any(part: Particle<'_>, child: Element<'_>) -> Option<Process> {
    match part.term() {
        Term::Element(_) => None,
        Term::Any(wildcard) => wildcard.allows(child.namespace()).then(|| wildcard.process()),
        Term::Sequence(parts) | Term::Choice(parts) | Term::All(parts) => {
            parts.iter().find_map(|part| any(part, child))
        }
    }
}

/// How many children of one element are told to move at most.
const MOST_STRAYS: usize = 100;

/// Finds the fewest children that have to move for the rest to be in order.
fn order(taken: &[Taken], faults: &mut Vec<Fault<'_>>) {
    let kept = longest_run(&taken.iter().map(|taken| taken.order).collect::<Vec<_>>());
    let strays = taken.iter().enumerate().filter(|(at, _)| kept.binary_search(at).is_err());
    for (_, stray) in strays.take(MOST_STRAYS) {
        let mut others = kept.iter().map(|&at| taken[at]);
        let before = others.clone().find(|other| other.child < stray.child && other.order > stray.order);
        let after = others.rfind(|other| other.child > stray.child && other.order < stray.order);
        faults.extend(match (before, after) {
            (Some(other), _) => Some(Fault::Before { child: stray.child, other: other.child }),
            (None, Some(other)) => Some(Fault::After { child: stray.child, other: other.child }),
            // It would have been kept.
            (None, None) => None,
        });
    }
}

/// The places of the longest run in `values` that never falls.
fn longest_run(values: &[usize]) -> Vec<usize> {
    // `tails[n]` is the place at which the run of length n + 1 with the smallest end ends.
    let mut tails: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(values.len());
    for (at, &value) in values.iter().enumerate() {
        let length = tails.partition_point(|&tail| values[tail] <= value);
        previous.push(length.checked_sub(1).map(|before| tails[before]));
        if length == tails.len() {
            tails.push(at);
        } else {
            tails[length] = at;
        }
    }
    let mut run: Vec<usize> = std::iter::successors(tails.last().copied(), |&at| previous[at]).collect();
    run.reverse();
    run
}

/// Finds what stands too often and what is missing.
fn occurrence<'g>(slots: &[Slot<'g>], taken: &[Taken], end: usize, faults: &mut Vec<Fault<'g>>) {
    for (number, slot) in slots.iter().enumerate() {
        let mut found = taken.iter().filter(|taken| taken.slot == number);
        if let Some(maximum) = slot.maximum {
            let extra = found.clone().skip(maximum as usize);
            faults.extend(extra.map(|taken| Fault::TooOften { child: taken.child, maximum }));
        }
        if slot.minimum > 0 && found.next().is_none() {
            let next = taken.iter().find(|taken| taken.order > slot.order);
            faults.push(Fault::Missing { element: slot.element, before: next.map_or(end, |taken| taken.child) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_run_keeps_as_many_as_can_be_kept() {
        assert_eq!(longest_run(&[]), [0; 0]);
        assert_eq!(longest_run(&[0, 3, 1, 2]), [0, 2, 3]);
        assert_eq!(longest_run(&[2, 2, 2]), [0, 1, 2]);
        assert_eq!(longest_run(&[5, 4, 3]).len(), 1);
    }
}
