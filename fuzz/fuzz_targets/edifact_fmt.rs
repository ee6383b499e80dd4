//! What is laid out stays laid out; counts that are written anew are right; UTF-8 holds every character.

#![no_main]

use karvan_edifact::{Layout, Repertoire};
use karvan_engine::detect;
use karvan_engine::fmt::{Options, Outcome, format};
use karvan_engine::validate;
use libfuzzer_sys::fuzz_target;

fn formatted(file: &[u8], options: &Options) -> (Vec<u8>, Outcome) {
    let mut output = Vec::new();
    let outcome = format(
        file,
        options,
        &mut |_, to_be| {
            output.extend_from_slice(to_be);
            Ok(())
        },
        &mut |_| {},
    );
    (output, outcome.expect("memory can be read and written"))
}

/// How many counts of segments, messages and groups are wrong. How long an object is, is no count: it is kept as it is.
fn wrong_counts(file: &[u8]) -> usize {
    let mut count = 0;
    let mut add = |finding: karvan_text::Diagnostic| {
        let path = &finding.place.path;
        let counts = ["/0074", "/0060", "/0036"].iter().any(|element| path.ends_with(element));
        count += usize::from(finding.code.number == 1029 && counts);
    };
    validate::validate(file, &validate::Options::default(), &mut add).expect("memory can be read");
    count
}

fuzz_target!(|input: &[u8]| {
    let Some((&first, file)) = input.split_first() else { return };
    let mut options = Options::default();
    options.layout = if first & 1 == 0 { Layout::Lines } else { Layout::Minified };
    options.trim = first & 2 != 0;
    options.recount = first & 4 != 0;
    if first & 8 != 0 {
        options.repertoire = Some(Repertoire::UNOY);
    }
    let (once, outcome) = formatted(file, &options);
    if outcome.refused || outcome.errors || outcome.unfinished {
        return;
    }
    if outcome.changed {
        assert_ne!(once, file);
    }
    // What was told by a tag within a count is told no more when the count is written anew.
    if detect::kind(&once) != detect::kind(file) {
        return;
    }
    let (twice, again) = formatted(&once, &options);
    assert_eq!(once, twice);
    assert!(!again.changed);
    if options.recount {
        assert_eq!(wrong_counts(&once), 0);
    }
});
