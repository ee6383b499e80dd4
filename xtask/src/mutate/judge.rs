//! What is told of a mutant, held against what must be.

use std::fmt;
use std::ops::Range;

use karvan_engine::validate::{Options, validate};

use super::kinds::{Expected, Mutant};

/// A finding, as far as it is compared.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) code: String,
    pub(super) path: String,
    pub(super) span: Range<usize>,
    pub(super) message: String,
}

/// How what is told differs from what must be told. The worst comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// What must be told is told, at its place, and nothing else.
    Exact,
    /// Something else is told too.
    More,
    /// The path is another one.
    OtherPath,
    /// The octets are other ones.
    OtherPlace,
    /// It is not told.
    Missed,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact => "exact",
            Self::More => "more told",
            Self::OtherPath => "other path",
            Self::OtherPlace => "other place",
            Self::Missed => "MISSED",
        })
    }
}

/// What became of a mutant.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) verdict: Verdict,
    pub(super) told: Vec<Told>,
}

/// Everything that Karvan tells of an interchange.
pub(super) fn told(octets: &[u8]) -> crate::Result<Vec<Told>> {
    let mut told = Vec::new();
    let mut add = |finding: karvan_text::Diagnostic| {
        let offset = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
        told.push(Told {
            code: finding.code.to_string(),
            path: finding.place.path,
            span: offset(finding.place.span.start)..offset(finding.place.span.end),
            message: finding.message.id().to_owned(),
        });
    };
    validate(octets, &Options::default(), &mut add)?;
    Ok(told)
}

/// Holds what is told of the mutant against what must be.
pub(super) fn judge(mutant: &Mutant) -> crate::Result<Outcome> {
    let told = told(&mutant.octets)?;
    let within = |inner: &Range<usize>, outer: &Range<usize>| inner.start >= outer.start && inner.end <= outer.end;
    let mut rest: Vec<&Told> = told.iter().collect();
    let mut verdict = Verdict::Exact;
    for Expected { code, path, span } in &mutant.expected {
        let place = |finding: &&Told| within(&finding.span, span);
        let find =
            |test: &dyn Fn(&&Told) -> bool| rest.iter().position(|finding| finding.code == *code && test(finding));
        let found = find(&|finding| place(finding) && finding.path == *path)
            .map(|at| (at, Verdict::Exact))
            .or_else(|| find(&|finding| place(finding)).map(|at| (at, Verdict::OtherPath)))
            .or_else(|| find(&|finding| finding.path == *path).map(|at| (at, Verdict::OtherPlace)));
        verdict = verdict.max(found.map_or(Verdict::Missed, |(_, verdict)| verdict));
        if let Some((at, _)) = found {
            rest.remove(at);
        }
    }
    rest.retain(|finding| !mutant.consequences.iter().any(|span| within(&finding.span, span)));
    if !rest.is_empty() {
        verdict = verdict.max(Verdict::More);
    }
    Ok(Outcome { verdict, told })
}
