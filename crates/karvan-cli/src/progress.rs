//! A progress bar on standard error, for a person who waits longer than a second.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::input::{Input, Meter};

/// How long work may last before anything is drawn.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far a run is, in octets read.
pub(crate) struct Progress {
    began: Instant,
    wanted: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// The progress of a run that begins now; none is ever drawn where standard error is no terminal or `quiet` is asked
    /// for.
    pub(crate) fn new(quiet: bool) -> Self {
        Self { began: Instant::now(), wanted: !quiet && io::stderr().is_terminal(), bar: None }
    }

    /// Shows how far the run over `inputs` is, if it lasts long enough.
    pub(crate) fn show(&mut self, inputs: &[Input], meter: &Meter) {
        if !self.wanted || self.began.elapsed() < PATIENCE {
            return;
        }
        // How much there is, is only asked for when it is to be shown.
        let bar = self.bar.get_or_insert_with(|| bar(inputs.iter().map(Input::size).sum()).with_elapsed(PATIENCE));
        bar.set_position(meter.octets());
    }

    /// Writes something that may go to the same terminal.
    pub(crate) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A bar with rate and remaining time, or, where it is not known how much there is, with the rate alone.
fn bar(size: Option<u64>) -> ProgressBar {
    let (bar, template) = match size {
        Some(size) => (ProgressBar::new(size), "{wide_bar} {bytes}/{total_bytes}  {bytes_per_sec}  ETA {eta}"),
        None => (ProgressBar::no_length(), "{spinner} {bytes}  {bytes_per_sec}"),
    };
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}
