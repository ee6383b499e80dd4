//! The exit status, a contract: what each number says never changes.

use std::process::{ExitCode, Termination};

use karvan_engine::text::Diagnostic;

/// How a run ended, from good to worst.
///
/// The order is that in which one outcome outweighs another where there are several inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// All good.
    #[default]
    Good,
    /// Trust is indeterminate: data that decides it is missing.
    Indeterminate,
    /// Findings: an invalid document, a loss, a bad signature, a rejected path.
    Findings,
    /// A check did not come to its end; never told as valid.
    Unfinished,
    /// Input or output failed.
    InputOutput,
    /// The command line asks for something that is not there.
    Usage,
    /// The program itself is at fault.
    Bug,
}

impl Status {
    /// The number that the shell sees.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::InputOutput => 3,
            Self::Unfinished => 4,
            Self::Indeterminate => 5,
            Self::Bug => 70,
        }
    }
}

/// What a finding that ends the work amounts to: beyond a limit, or in what may be hostile (layer 9), nothing was looked at.
impl From<&Diagnostic> for Status {
    fn from(finding: &Diagnostic) -> Self {
        if finding.code.layer() == 9 { Self::Unfinished } else { Self::Findings }
    }
}

impl Termination for Status {
    fn report(self) -> ExitCode {
        ExitCode::from(self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_contract() {
        use Status::{Bug, Findings, Good, Indeterminate, InputOutput, Unfinished, Usage};
        let all = [Good, Findings, Usage, InputOutput, Unfinished, Indeterminate, Bug];
        assert_eq!(all.map(Status::number), [0, 1, 2, 3, 4, 5, 70]);
    }

    #[test]
    fn the_worst_of_several_inputs_decides() {
        let worst = |statuses: &[Status]| statuses.iter().copied().max().unwrap_or_default().number();
        assert_eq!(worst(&[Status::Good, Status::Findings, Status::Indeterminate]), 1);
        assert_eq!(worst(&[Status::Findings, Status::Unfinished]), 4);
        assert_eq!(worst(&[Status::Unfinished, Status::InputOutput, Status::Findings]), 3);
        assert_eq!(worst(&[Status::Bug, Status::InputOutput]), 70);
        assert_eq!(worst(&[]), 0);
    }
}
