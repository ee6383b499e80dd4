use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::{Repertoire, Segment, SegmentBuffer, ServiceCharacters, WriteOptions, Writer};

const V4: ServiceCharacters = ServiceCharacters::for_version(4);

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Error> {
    from_segment(&Segment::new(text.as_bytes(), 100, V4), Repertoire::UNOY)
}

fn written(segment: &SegmentBuffer) -> String {
    let mut writer = Writer::new(Vec::new(), WriteOptions::default().characters(V4).repertoire(Repertoire::UNOY));
    writer.segment(segment).expect("a tag, and UTF-8");
    String::from_utf8(writer.into_inner()).expect("UTF-8").trim_end().to_owned()
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename = "PRI")]
struct Price {
    #[serde(rename = "0", default)]
    details: Details,
    #[serde(rename = "1")]
    change: Option<String>,
    #[serde(rename = "2", default)]
    repeated: Vec<(u8, Option<String>)>,
    #[serde(rename = "3.1", default)]
    column: Vec<String>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Details {
    #[serde(rename = "0")]
    qualifier: Option<char>,
    #[serde(rename = "1")]
    amount: Option<f64>,
    #[serde(rename = "5")]
    basis: Option<i32>,
}

#[test]
fn composites_repetitions_and_numbers_have_their_places() {
    let text = "PRI+A:-12,50::::100+C+1:a*2*3:c+x:one*:two'";
    let price: Price = read(text).expect("it fits");
    let expected = Price {
        details: Details { qualifier: Some('A'), amount: Some(-12.5), basis: Some(100) },
        change: Some("C".into()),
        repeated: vec![(1, Some("a".into())), (2, None), (3, Some("c".into()))],
        column: vec!["one".into(), "two".into()],
    };
    assert_eq!(price, expected);
    let buffer = to_segment(&price, &V4).expect("it has a form");
    assert_eq!(written(&buffer), "PRI+A:-12.5::::100+C+1:a*2*3:c+:one*:two'");
    let comma = ServiceCharacters { decimal: b',', ..V4 };
    assert_eq!(to_segment(&price, &comma).expect("it has a form").value(0, 0, 1), "-12,5");
    assert_eq!(written(&to_segment(&Price::default(), &V4).expect("it has a form")), "PRI'");
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename = "FTX", deny_unknown_fields)]
struct Text<'a> {
    #[serde(rename = "0", borrow)]
    subject: &'a str,
    #[serde(rename = "3")]
    text: String,
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    let error = |text| read::<Text<'_>>(text).expect_err("it does not fit");
    assert_eq!(read::<Text<'_>>("FTX+AAI+++a?+b'").expect("it fits"), Text { subject: "AAI", text: "a+b".into() });
    let other = error("NAD+BY'");
    assert_eq!(other.to_string(), "byte 100: segment NAD is no FTX");
    assert_eq!(error("FTX+AAI'").to_string(), "byte 100: missing field `3`");
    assert_eq!(error("FTX+AAI+++a:b'").to_string(), "byte 110: there are several values where one is asked for");
    assert_eq!(error("FTX+AAI+++a*b'").kind(), &ErrorKind::SeveralValues);
    assert_eq!(error("FTX+AAI++9+a'").to_string(), "byte 109: unknown field `2`, expected `0` or `3`");
    assert!(
        error("FTX+a?+b+++c'").to_string().starts_with("byte 104: invalid type: string \"a+b\", expected a borrowed")
    );

    #[derive(Debug, Deserialize)]
    #[serde(rename = "CNT")]
    struct Count {
        #[serde(rename = "0.1")]
        _value: u32,
    }
    for text in ["CNT+2:1e5'", "CNT+2:?+5'", "CNT+2:-1'", "CNT+2:1.5'", "CNT+2:inf'"] {
        let error = read::<Count>(text).expect_err("no such number");
        assert!(matches!(error.kind(), ErrorKind::NotANumber { .. }) && error.span().is_some(), "{text}: {error}");
    }
    #[derive(Debug, Deserialize)]
    #[serde(rename = "CNT")]
    struct Amount {
        #[serde(rename = "0.1")]
        value: f64,
    }
    for (text, value) in [("CNT+2:1e5'", 1e5), ("CNT+2:-1,5E-3'", -1.5e-3), ("CNT+2:.5'", 0.5)] {
        assert_eq!(read::<Amount>(text).expect("a number of ISO 6093").value, value, "{text}");
    }
    let segment = Segment::new(b"CNT+2:\xC3'", 0, V4);
    let error = from_segment::<Count>(&segment, Repertoire::UNOY).expect_err("no UTF-8");
    assert_eq!((error.kind(), error.span()), (&ErrorKind::NotInRepertoire { octet: 0xC3 }, Some(Span::new(6, 7))));

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(rename = "CNT")]
    struct Unnamed {
        value: Option<u32>,
    }
    let error = read::<Unnamed>("CNT+2:1'").expect_err("no number");
    assert_eq!(error.to_string(), "byte 100: field \"value\" is no number of a data element or component");
    assert_eq!(to_segment(&Unnamed { value: None }, &V4).expect_err("no number").span(), None);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Any {
    #[serde(rename = "PRI")]
    Price(Price),
    #[serde(rename = "UNS")]
    Section {
        #[serde(rename = "0")]
        section: String,
    },
    #[serde(other)]
    Other,
}

#[test]
fn an_enum_reads_segments_of_several_kinds() {
    assert!(
        matches!(read::<Any>("PRI+AAA:1'"), Err(error) if matches!(error.kind(), ErrorKind::Message(_))),
        "no char"
    );
    assert!(matches!(read::<Any>("PRI+A:1'"), Ok(Any::Price(price)) if price.details.amount == Some(1.0)));
    assert_eq!(read("UNS+S'"), Ok(Any::Section { section: "S".into() }));
    assert_eq!(read("LIN+1'"), Ok(Any::Other));
    let section = to_segment(&Any::Section { section: "D".into() }, &V4).expect("it has a form");
    assert_eq!(written(&section), "UNS+D'");
}

#[test]
fn a_map_reads_any_segment() {
    let map: BTreeMap<String, String> = read("BGM+220+PO-1+9'").expect("simple elements");
    let expected = [("0", "220"), ("1", "PO-1"), ("2", "9"), ("tag", "BGM")];
    assert_eq!(map, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    assert_eq!(written(&to_segment(&map, &V4).expect("it has a form")), "BGM+220+PO-1+9'");
}

#[test]
fn what_has_no_form_is_refused() {
    let refused = |value: &dyn Fn() -> Result<SegmentBuffer, Error>| {
        matches!(value().expect_err("no form").kind(), ErrorKind::NoForm { .. })
    };
    assert!(refused(&|| to_segment("alone", &V4)));
    assert!(refused(&|| to_segment(&BTreeMap::from([("0", true)]), &V4)));
    assert!(refused(&|| to_segment(&BTreeMap::from([("0", f64::NAN)]), &V4)));
    assert!(refused(&|| to_segment(&BTreeMap::from([("0.1", (1, 2))]), &V4)));
    assert!(refused(&|| to_segment(&BTreeMap::from([("0", [vec![vec!["deep"]]])]), &V4)));
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        qualifier in proptest::option::of("[A-Z+:'*?é]".prop_map(|text| text.chars().next().expect("one"))),
        amount in proptest::option::of(-1e12_f64..1e12),
        basis in proptest::option::of(any::<i32>()),
        change in proptest::option::of("\\PC{1,9}"),
        repeated in proptest::collection::vec((any::<u8>(), proptest::option::of("[a-z+?]{1,5}")), 0..4),
        column in proptest::collection::vec("[a-z'*]{1,5}", 0..4),
    ) {
        let price = Price { details: Details { qualifier, amount, basis }, change, repeated, column };
        let text = written(&to_segment(&price, &V4).expect("it has a form"));
        prop_assert_eq!(read::<Price>(&text), Ok(price), "{}", text);
    }
}
