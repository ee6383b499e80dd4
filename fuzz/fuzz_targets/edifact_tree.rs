//! A tree gives back its octets, and every view of it can be looked at.

#![no_main]

use karvan_edifact::{Repertoire, Transmission};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let tree = Transmission::read(file);
    let octets: Vec<u8> = tree.items().flat_map(|item| item.raw().iter().copied()).collect();
    assert_eq!(octets, file);
    for interchange in tree.interchanges() {
        let repertoire = interchange.repertoire().unwrap_or(Repertoire::UNOC);
        for segment in interchange.segments() {
            for (span, _) in segment.misfits(repertoire) {
                assert!(span.start >= segment.span().start && span.end <= segment.span().end);
            }
            let values: Vec<_> = segment.values().map(|value| value.value()).collect();
            let parts = segment.elements().flat_map(|element| element.repetitions());
            assert_eq!(values, parts.flat_map(|repetition| repetition.components()).collect::<Vec<_>>());
            for element in segment.elements() {
                for component in element.repetitions().flat_map(|repetition| repetition.components()) {
                    assert_eq!(component.span().slice(file), component.raw());
                    let _ = component.text(repertoire);
                }
            }
        }
        for message in interchange.messages() {
            assert!(message.header().is_some() && message.span().end <= interchange.span().end);
        }
        for package in interchange.packages() {
            assert_eq!(package.object().span().slice(file), package.object().raw());
        }
    }
});
