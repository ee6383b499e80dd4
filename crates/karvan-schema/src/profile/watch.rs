//! Following a message by a profile: which places are open, and how often each is taken.
//!
//! Where a segment came to stand may be revised by one that follows. So the latest segments are remembered, as far back as
//! the [`Arranger`] reconsiders its choices, and counted anew where that happens; what was told stays told.

use std::ops::{Deref, Range};
use std::sync::Arc;

use karvan_edifact::{Segment, ServiceCharacters};
use karvan_text::{Code, Diagnostic, Message, Span};

use super::Profile;
use super::content;
use super::guide::{Guide, Limit};
use crate::interchange::finding::{excerpt, of_data_element, place};
use crate::message::arrange::{Arranger, State, Trail};
use crate::message::content::Reading;
use crate::message::machine::Step;
use crate::message::rules::SegmentRules;
use crate::message::table::{Table, Tag};

/// A segment that was placed.
pub(crate) struct Placed<'a> {
    /// The segment.
    pub(crate) segment: &'a Segment<'a>,
    /// What the directory asks of it; none of a header or trailer.
    pub(crate) rules: Option<&'a SegmentRules<'a>>,
    /// Its path.
    pub(crate) path: &'a dyn Fn() -> String,
    /// How many segments before it came to stand elsewhere.
    pub(crate) revised: usize,
}

/// A message that is followed.
#[derive(Debug)]
pub(crate) struct Watch {
    profile: Arc<Profile>,
    guide: Arc<Guide>,
    now: Count,
    /// The count before the first of the latest segments.
    before: Count,
    /// The latest segments: the step of each, and its octets in `octets`.
    latest: Vec<(Step, Range<usize>)>,
    octets: Vec<u8>,
    characters: ServiceCharacters,
}

/// How often the places of the open groups are taken.
#[derive(Clone, Debug)]
struct Count {
    state: State,
    /// The message, and its open groups from the outermost on.
    open: Vec<Open>,
}

/// Where places go that can no longer be taken, each with how often it was taken.
type Left<'a> = &'a mut dyn FnMut(usize, u32);

/// An open group, or the message.
#[derive(Clone, Debug)]
struct Open {
    /// The row of the group and its repetition; none of the message.
    group: Option<(usize, u32)>,
    /// How often each place in it is taken that may still be.
    taken: Vec<(usize, u32)>,
}

impl Open {
    /// One that is these places.
    fn new(group: Option<(usize, u32)>, nodes: impl Iterator<Item = usize>, guide: &Guide) -> Self {
        let children = nodes.flat_map(|node| &guide.nodes[node].children);
        Self { group, taken: children.map(|&child| (child, 0)).collect() }
    }

    /// Takes the places in it that the segment at `row` takes, and gives them with how often each is taken now. Those that it
    /// passes are handed to `left`.
    fn take(&mut self, row: usize, segment: &Segment<'_>, guide: &Guide, left: Left<'_>) -> Vec<(usize, u32)> {
        self.taken.retain(|&(child, count)| {
            let stays = guide.nodes[child].rows.last() >= Some(&row);
            if !stays {
                left(child, count);
            }
            stays
        });
        let mut taken = Vec::new();
        for (child, count) in &mut self.taken {
            let node = &guide.nodes[*child];
            if node.rows.contains(&row) && node.conditions.iter().all(|condition| condition.holds(segment)) {
                *count += 1;
                taken.push((*child, *count));
            }
        }
        taken
    }
}

impl Count {
    fn new(table: &Table, guide: &Guide) -> Self {
        Self { state: State::new(table), open: vec![Open::new(None, std::iter::once(0), guide)] }
    }

    /// Takes a step with its segment, and gives the places that it takes, each with how often it is taken now. Those that can
    /// no longer be taken are handed to `left`, the innermost first.
    fn step(
        &mut self,
        step: Step,
        segment: &Segment<'_>,
        table: &Table,
        guide: &Guide,
        left: Left<'_>,
    ) -> Vec<(usize, u32)> {
        self.state.take(step);
        let mut groups: Vec<_> = self.state.groups(table).map(|group| (group.row, group.repetition)).collect();
        groups.reverse();
        let stays = |(open, group): &(&Open, &(usize, u32))| open.group == Some(**group);
        let kept = 1 + self.open[1..].iter().zip(&groups).take_while(stays).count();
        while self.open.len() > kept {
            let ended = self.open.pop();
            ended.iter().flat_map(|open| &open.taken).for_each(|&(node, count)| left(node, count));
        }
        let row = usize::from(step.row);
        let begun = &groups[kept - 1..];
        let mut all = Vec::new();
        for group in begun {
            let Some(around) = self.open.last_mut() else { break };
            let taken = around.take(group.0, segment, guide, left);
            self.open.push(Open::new(Some(*group), taken.iter().map(|(node, _)| *node), guide));
            all.extend(taken);
        }
        if begun.is_empty()
            && let Some(around) = self.open.last_mut()
        {
            all = around.take(row, segment, guide, left);
        }
        all
    }
}

impl Watch {
    /// Follows a message of this table, which has the variants of the guide.
    pub(crate) fn new(profile: Arc<Profile>, guide: Arc<Guide>, table: &Table) -> Self {
        let count = Count::new(table, &guide);
        Self {
            now: count.clone(),
            before: count,
            latest: Vec::with_capacity(2 * Trail::REACH),
            octets: Vec::new(),
            characters: ServiceCharacters::DEFAULT,
            profile,
            guide,
        }
    }

    /// The variant of its tag that a segment is of, where the profile has fewer places for it.
    pub(crate) fn variant(&self, tag: Tag, segment: &Segment<'_>) -> Option<usize> {
        self.guide.variant(tag, segment)
    }

    /// Places the next segment where the profile has a place for it, or else where the directory has.
    pub(crate) fn step<T: Deref<Target = Table>>(
        &self,
        arranger: &mut Arranger<T>,
        tag: Tag,
        segment: &Segment<'_>,
    ) -> Option<usize> {
        self.variant(tag, segment).and_then(|variant| arranger.step_as(variant)).or_else(|| arranger.step(tag))
    }

    /// Checks a segment that the arranger has placed.
    pub(crate) fn segment<T: Deref<Target = Table>>(
        &mut self,
        Placed { segment, rules, path, revised }: Placed<'_>,
        arranger: &Arranger<T>,
        reading: &Reading,
        report: &mut dyn FnMut(Diagnostic),
    ) {
        self.characters = segment.characters();
        let mut steps = arranger.latest(revised + 1);
        if revised > 0 {
            self.revise(revised, &mut steps, arranger.table());
        }
        let Some(step) = steps.next() else { return };
        self.remember(step, segment, arranger.table());
        let Self { profile, guide, now, .. } = self;
        let start = Span::at(segment.span().start);
        let taken = now.step(step, segment, arranger.table(), guide, &mut |node, count| {
            left(profile, guide, (node, count), start, report)
        });
        for (node, count) in taken {
            for limit in &guide.nodes[node].limits {
                if let Some(maximum) = limit.times.maximum.filter(|&maximum| count > maximum) {
                    report(excess(profile, limit, maximum, count, segment));
                }
            }
            let Some(rules) = rules else { continue };
            for rule in &guide.nodes[node].content {
                content::check(segment, rules, rule, &profile.name, reading, &mut |fault| {
                    report(by_rule(profile, rule.rule, of_data_element(fault, segment, rules, &path())));
                });
            }
        }
    }

    /// Ends the message at `end`.
    pub(crate) fn finish(mut self, end: Span, report: &mut dyn FnMut(Diagnostic)) {
        while let Some(open) = self.now.open.pop() {
            for place in open.taken {
                left(&self.profile, &self.guide, place, end, report);
            }
        }
    }

    /// Takes note of a segment for the case that its place is revised.
    fn remember(&mut self, step: Step, segment: &Segment<'_>, table: &Table) {
        if self.latest.len() == 2 * Trail::REACH {
            let passed = self.latest[Trail::REACH].1.start;
            for (step, octets) in self.latest.drain(..Trail::REACH) {
                let segment = Segment::new(&self.octets[octets], 0, self.characters);
                self.before.step(step, &segment, table, &self.guide, &mut |_, _| {});
            }
            self.octets.drain(..passed);
            for (_, octets) in &mut self.latest {
                *octets = octets.start - passed..octets.end - passed;
            }
        }
        let start = self.octets.len();
        self.octets.extend_from_slice(segment.raw());
        self.latest.push((step, start..self.octets.len()));
    }

    /// Counts the latest segments anew, the last of them having taken other steps.
    fn revise(&mut self, revised: usize, steps: &mut dyn Iterator<Item = Step>, table: &Table) {
        let first = self.latest.len().saturating_sub(revised);
        for (old, new) in self.latest[first..].iter_mut().zip(steps) {
            old.0 = new;
        }
        self.now.clone_from(&self.before);
        for (step, octets) in &self.latest {
            let segment = Segment::new(&self.octets[octets.clone()], 0, self.characters);
            self.now.step(*step, &segment, table, &self.guide, &mut |_, _| {});
        }
    }
}

/// Tells a place that was taken too seldom, now that it can no longer be.
fn left(profile: &Profile, guide: &Guide, (node, count): (usize, u32), span: Span, report: &mut dyn FnMut(Diagnostic)) {
    for limit in guide.nodes[node].limits.iter().filter(|limit| count < limit.minimum) {
        let message = match count {
            0 => Message::new("profile-missing"),
            _ => Message::new("profile-too-few").with("actual", count).with("times", limit.times),
        };
        report(about(profile, limit, Code::error(4013), message, span));
    }
}

fn excess(profile: &Profile, limit: &Limit, maximum: u32, count: u32, segment: &Segment<'_>) -> Diagnostic {
    let too_many = || Message::new("profile-too-many").with("actual", count).with("allowed", maximum);
    let (code, message) = match (maximum, limit.is_group) {
        (0, _) => (Code::error(4015), Message::new("profile-unused")),
        (_, true) => (Code::error(4036), too_many()),
        (_, false) => (Code::error(4035), too_many()),
    };
    let span = segment.tag_span();
    about(profile, limit, code, message, span).excerpt(excerpt(segment, span))
}

fn about(profile: &Profile, limit: &Limit, code: Code, message: Message, span: Span) -> Diagnostic {
    let message = message.with("path", &limit.path).with("profile", &profile.name);
    let finding = Diagnostic::new(code, message, place(span, &limit.path)).expected(limit.times.to_string());
    by_rule(profile, limit.rule, finding)
}

/// Names the profile and the rule.
fn by_rule(profile: &Profile, rule: usize, finding: Diagnostic) -> Diagnostic {
    let finding = finding.help(profile.help(rule));
    match profile.rule_id(rule) {
        Some(id) => finding.rule(id),
        None => finding,
    }
}
