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
    /// It counts from the beginning, that the rate be true, and is hidden until it is shown; none where nobody looks.
    bar: Option<ProgressBar>,
    shown: bool,
    /// Whether results go to a terminal too, so that the bar must make way for them.
    shared: bool,
}

impl Progress {
    /// The progress of a run that begins now; none is ever drawn where standard error is no terminal or `quiet` is asked
    /// for. `shared` says that results go to a terminal too.
    pub(crate) fn new(quiet: bool, shared: bool) -> Self {
        let wanted = !quiet && io::stderr().is_terminal();
        let bar = wanted.then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()));
        Self { began: Instant::now(), bar, shown: false, shared }
    }

    /// Shows how far the run over `inputs` is, if it lasts long enough.
    pub(crate) fn show(&mut self, inputs: &[Input], meter: &Meter) {
        let Some(bar) = &self.bar else { return };
        bar.set_position(meter.octets());
        if !self.shown && self.began.elapsed() >= PATIENCE {
            self.shown = true;
            // How much there is, is only asked for when it is to be shown.
            draw(bar, inputs.iter().map(Input::size).sum());
        }
    }

    /// Writes something that may go to the same terminal.
    pub(crate) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) if self.shown && self.shared => bar.suspend(write),
            _ => write(),
        }
    }

    /// Takes the bar away, and gives back how long the run took.
    pub(crate) fn finish(self) -> Duration {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        self.began.elapsed()
    }
}

/// Draws the bar with rate and remaining time, or, where it is not known how much there is, with the rate alone.
fn draw(bar: &ProgressBar, size: Option<u64>) {
    let template = match size {
        Some(size) => {
            bar.set_length(size);
            "{wide_bar} {bytes}/{total_bytes}  {bytes_per_sec}  ETA {eta}"
        }
        None => "{spinner} {bytes}  {bytes_per_sec}",
    };
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
}
