//! A bug in the program itself: told in one sentence that asks for a report, and by an exit status of its own.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};

use karvan_engine::text::{Language, Message};

use crate::session::say;
use crate::status::Status;

/// How a bug is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Telling {
    /// The language of the sentence.
    pub(crate) language: Language,
    /// Whether the way to the bug is told too; `RUST_BACKTRACE` asks for that as well.
    pub(crate) verbose: bool,
}

/// Runs `run` and gives its status, or, where it panics, that of a bug.
///
/// What was written to a file by then is not whole and gets no name.
pub(crate) fn guarded(telling: Telling, run: impl FnOnce() -> Status) -> Status {
    let told = AtomicBool::new(false);
    panic::set_hook(Box::new(move |info| {
        // A thread that waits for another one panics with it.
        if !told.swap(true, Ordering::SeqCst) {
            tell(info, telling);
        }
    }));
    caught(run)
}

fn caught(run: impl FnOnce() -> Status) -> Status {
    // Nothing that a panic left half done is looked at afterwards.
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or(Status::Bug)
}

fn tell(info: &PanicHookInfo<'_>, telling: Telling) {
    let place = info.location().map(|location| format!("{}:{}", location.file(), location.line()));
    say(&sentence(place.as_deref().unwrap_or_default(), words(info.payload()), telling.language));
    let way = if telling.verbose { Backtrace::force_capture() } else { Backtrace::capture() };
    if way.status() == BacktraceStatus::Captured {
        say(&way.to_string());
    }
}

/// What a panic says.
fn words(payload: &dyn Any) -> &str {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(words), _) => words,
        (None, Some(words)) => words,
        (None, None) => "",
    }
}

fn sentence(place: &str, words: &str, language: Language) -> String {
    let message = Message::new("bug").with("version", env!("CARGO_PKG_VERSION")).with("place", place);
    format!("karvan: {}", message.with("detail", words).text(language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_bug_and_nothing_else_is() {
        // It does not call the hook, which belongs to the tests.
        assert_eq!(caught(|| panic::resume_unwind(Box::new("out of range"))), Status::Bug);
        assert_eq!(caught(|| Status::Findings), Status::Findings);
    }

    #[test]
    fn the_sentence_asks_for_a_report_in_both_languages() {
        let english = sentence("src/scanner.rs:7", words(&"out of range"), Language::English);
        assert!(english.starts_with("karvan: this is a bug in karvan 0."), "{english}");
        assert!(english.contains("src/scanner.rs:7: out of range") && english.contains("report"), "{english}");
        assert_eq!(english.lines().count(), 1);
        let persian = sentence("src/scanner.rs:7", words(&"\u{1b}[2J".to_owned()), Language::Persian);
        assert!(persian.contains("\u{2066}src/scanner.rs:7\u{2069}") && !persian.contains('\u{1b}'), "{persian}");
    }
}
