//! Codes of EDIFACT data elements that a directory sends to a published list for.

use karvan_engine::validate::{Options, validate};

/// The codes of the findings in an order that has these values, each with its path and what is offered instead.
fn findings(country: &str, place: &str, currency: &str, package: &str, unit: &str) -> Vec<(String, String, String)> {
    let text = format!(
        "UNB+UNOC:3+A+B+261122:0900+1'UNH+1+ORDERS:D:96A:UN'BGM+220+A1'DTM+137:20261122:102'\
         NAD+BY+++Karvan Bazargani+Ferdowsi 1+Tehran++11369+{country}'LOC+7+{place}'CUX+2:{currency}:9'PAC+4++{package}'\
         LIN+1++4012345000016:EN'QTY+21:5:{unit}'UNS+S'UNT+11+1'UNZ+1+1'"
    );
    let mut found = Vec::new();
    validate(text.as_bytes(), &Options::default(), &mut |finding| {
        found.push((finding.code.to_string(), finding.place.path, finding.expected.unwrap_or_default()));
    })
    .expect("memory can be read");
    found
}

/// What is told of one value that differs from a sound order.
fn of(found: &[(String, String, String)]) -> Vec<(&str, &str)> {
    found.iter().map(|(code, path, _)| (code.as_str(), path.rsplit('/').next().unwrap_or_default())).collect()
}

#[test]
fn codes_of_published_lists_are_known() {
    assert_eq!(findings("IR", "IRTHR::6", "IRR", "BX::6", "KGM"), []);
    // What is no more stands in older documents; and what EDI users write for a piece.
    assert_eq!(findings("YU", "IRTHR::6", "DEM", "BX::6", "PCE"), []);
}

#[test]
fn what_a_directory_prescribes_is_an_error_and_what_it_recommends_a_warning() {
    let found = findings("RI", "IRTHR::6", "IRRS", "BX::6", "KMG");
    assert_eq!(of(&found[..1]), [("E3012", "3207")]);
    assert!(found.iter().any(|(code, path, offered)| {
        code == "W3012" && path.ends_with("6411") && offered.contains("KGM (kilogram)")
    }));
    let found = findings("IR", "IRTHR::6", "ZZY", "BX::6", "KGM");
    assert_eq!(of(&found), [("E3012", "6345")]);
}

#[test]
fn places_and_packages_are_looked_up_where_the_agency_is_the_unece() {
    assert_eq!(of(&findings("IR", "IRTHQQ::6", "IRR", "QQQ::6", "KGM")), [("W3012", "3225"), ("W3012", "7065")]);
    assert_eq!(findings("IR", "4012345000009::9", "IRR", "201::9", "KGM"), []);
    assert_eq!(findings("IR", "our yard", "IRR", "201", "KGM"), []);
}
