//! What is answered to whoever secured an interchange: of each structure that it was verified, or why it is refused.
//!
//! An [`Answer`] comes out of a verification and out of nothing else. So an AUTACK confirms what somebody verified and believed,
//! refuses what was found wrong, and says nothing of what could not be checked.

use karvan_edifact::ReadOptions;
use karvan_text::{Diagnostic, Span};

use super::code::SecurityError;
use super::structure::{Level, Structure, Structures};
use super::verify::{Files, Intact, Rejected, Verified, Which, covered_spans, first_gap};

/// What is answered of the structures of a file.
#[derive(Clone, Debug)]
pub struct Answer {
    octets: Vec<u8>,
    level: Level,
    structures: Vec<Answered>,
}

/// What is answered of one structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Its path, `UNB 7 › UNH 1`.
    pub structure: String,
    /// Why it is refused (0571); nothing where it is confirmed.
    pub error: Option<SecurityError>,
    /// Which of the structures of the file it is.
    pub(super) index: usize,
}

impl Answer {
    /// What is answered, in the order of the file.
    #[must_use]
    pub fn structures(&self) -> &[Answered] {
        &self.structures
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    pub(super) const fn level(&self) -> Level {
        self.level
    }

    /// What `say` says of each structure of this level; none where it says nothing of any.
    fn of(
        files: &Files,
        level: Level,
        say: impl Fn(&Structures<'_>, usize) -> Option<Result<(), SecurityError>>,
    ) -> Option<Self> {
        let octets = answered(files).1;
        let structures = Structures::read(octets, ReadOptions::default());
        let all = structures.all().iter().enumerate();
        let meant = all.filter(|(_, one)| one.level == level && one.trailer_span.is_some() && !is_autack(one));
        let said: Vec<_> = meant
            .filter_map(|(index, _)| {
                let error = say(&structures, index)?.err();
                Some(Answered { structure: structures.path(index), error, index })
            })
            .collect();
        (!said.is_empty()).then(|| Self { octets: octets.to_vec(), level, structures: said })
    }
}

impl<T> Verified<T> {
    /// Confirms the structures of this level whose content a believed signature covers, and refuses those that nobody
    /// signed; none where the file has no structure of this level, or no signature.
    #[must_use]
    pub fn answer(&self, level: Level) -> Option<Answer> {
        let intact = self.intact();
        if intact.signatures().is_empty() {
            return None;
        }
        let covered = covered_spans(intact.signatures(), answered(intact.files()).0);
        Answer::of(intact.files(), level, |structures, index| {
            let structure = &structures.all()[index];
            let gap = first_gap(structures.octets(), structure, structure.body, &covered);
            Some(if gap.is_none() { Ok(()) } else { Err(SecurityError::Missing) })
        })
    }
}

impl Intact {
    /// Refuses every structure of this level with `error`: nothing was changed, but a signer is not believed.
    #[must_use]
    pub fn refusal(&self, level: Level, error: SecurityError) -> Option<Answer> {
        Answer::of(self.files(), level, |_, _| Some(Err(error)))
    }
}

impl Rejected {
    /// Refuses the structures of this level that something was found wrong with. Of what could not be checked — a certificate or a
    /// file was not at hand, a limit was reached — nothing is said, and none comes back where that is all.
    #[must_use]
    pub fn refusal(&self, level: Level) -> Option<Answer> {
        let is_other_file = answered(self.files()).0 == Which::Content;
        Answer::of(self.files(), level, |structures, index| {
            let is_about = |finding: &&Diagnostic, index: usize| match is_other_file {
                true => is_of_path(finding, &structures.path(index)),
                false => holds(structures.all()[index].span, finding.place.span),
            };
            let of_level = |finding: &&Diagnostic| {
                let all = 0..structures.all().len();
                all.filter(|&other| structures.all()[other].level == level).any(|other| is_about(finding, other))
            };
            // What is about none of them is about what is around them.
            let findings = self.findings().iter();
            let mut about = findings.filter(|finding| is_about(finding, index) || !of_level(finding));
            about.find_map(error).map(Err)
        })
    }
}

/// The file that was secured.
fn answered(files: &Files) -> (Which, &[u8]) {
    match &files.content {
        Some(content) => (Which::Content, content),
        None => (Which::Source, &files.source),
    }
}

fn is_autack(structure: &Structure) -> bool {
    structure.header.value(1, 0, 0) == b"AUTACK"
}

fn holds(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Whether `finding` names this structure, or one around it or in it.
fn is_of_path(finding: &Diagnostic, path: &str) -> bool {
    let named = finding.message.arguments().iter().find(|(name, _)| *name == "structure");
    let is_in = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with(" › "));
    named.is_some_and(|(_, named)| named == path || is_in(named, path) || is_in(path, named))
}

/// What a finding is in the words of list 0571; none where it says only that something could not be checked.
fn error(finding: &Diagnostic) -> Option<SecurityError> {
    Some(match finding.code.number {
        6201 | 6224 => SecurityError::Missing,
        6202..=6208 | 6211 | 6214 => SecurityError::Protocol,
        6209 | 6221 => SecurityError::AlgorithmNotSupported,
        6216 | 6217 => SecurityError::Parameters,
        6220 | 6222 => SecurityError::WrongAuthenticator,
        _ => return None,
    })
}
