//! Names of tags and codes in languages other than that of the directories, in Karvan's own words.

use std::collections::HashMap;
use std::sync::LazyLock;

use karvan_text::Language;

/// The name of a message type, segment, composite or data element (`NAD`), or of a code value (`3035=BY`), in `language`.
///
/// None where Karvan has none of its own, and in English, the language of the directories: their name holds then.
///
/// ```
/// use karvan_schema::directory::translated;
/// use karvan_text::Language;
///
/// assert_eq!(translated("NAD", Language::Persian), Some("نام و نشانی"));
/// assert_eq!(translated("NAD", Language::English), None);
/// ```
#[must_use]
pub fn translated(tag: &str, language: Language) -> Option<&'static str> {
    static PERSIAN: LazyLock<HashMap<&str, &str>> =
        LazyLock::new(|| entries(include_str!("../../../../schemas/edifact/names-fa.tsv")).collect());
    match language {
        Language::English => None,
        Language::Persian => PERSIAN.get(tag).copied(),
    }
}

/// The entries of a file of names: a tag, a tab, a name; comments begin with `#`.
fn entries(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    file.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{Directories, Directory};
    use super::*;

    #[test]
    fn every_translated_name_belongs_to_an_entry_and_stands_once() {
        let directories = Directories::builtin();
        let releases = directories.releases().iter().filter_map(|name| directories.release(name));
        let services = directories.services().iter().filter_map(|name| directories.service(name));
        let all: Vec<Directory<'_>> = releases.chain(services).collect();
        let known = |tag: &str| match tag.split_once('=') {
            Some((element, value)) => all.iter().any(|directory| directory.code(element, value).is_some()),
            None => all.iter().any(|directory| {
                directory.message(tag).is_some()
                    || directory.segment(tag).is_some()
                    || directory.composite(tag).is_some()
                    || directory.element(tag).is_some()
            }),
        };
        let mut seen = BTreeSet::new();
        for (tag, name) in entries(include_str!("../../../../schemas/edifact/names-fa.tsv")) {
            assert!(seen.insert(tag), "{tag} stands twice");
            assert!(!name.trim().is_empty(), "{tag} has no name");
            // UNA is no segment of a directory, though everyone calls it one.
            assert!(known(tag) || tag == "UNA", "{tag} is in no directory");
        }
        assert!(seen.len() > 800);
    }

    #[test]
    fn every_service_segment_has_a_name() {
        let service = Directories::builtin().service("4").unwrap();
        for segment in service.segments() {
            assert!(translated(segment.tag(), Language::Persian).is_some(), "{}", segment.tag());
        }
    }
}
