//! What is read can be written with other service characters, and reads as the same values.

#![no_main]

use karvan_edifact::{Layout, Repertoire, SegmentBuffer, ServiceCharacters, WriteOptions, Writer, segments};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let characters = ServiceCharacters::from_advice(b"UNA^~.\\|$").unwrap_or_default();
    let options = WriteOptions::default().characters(characters).repertoire(Repertoire::UNOY).layout(Layout::Minified);
    for segment in segments(file) {
        let values = SegmentBuffer::from_segment(&segment, Repertoire::UNOY);
        let mut writer = Writer::new(Vec::new(), options);
        // Control characters, an unusable tag or a trailer by itself are refused.
        if writer.segment(&values).is_err() {
            continue;
        }
        let octets = writer.into_inner();
        let again = karvan_edifact::Segment::new(&octets, 0, characters);
        assert_eq!(again.raw(), octets);
        let again = SegmentBuffer::from_segment(&again, Repertoire::UNOY);
        for (e, element) in values.elements().iter().enumerate() {
            for (r, repetition) in element.iter().enumerate() {
                for (c, value) in repetition.iter().enumerate() {
                    assert_eq!(again.value(e, r, c), value);
                }
            }
        }
    }
});
