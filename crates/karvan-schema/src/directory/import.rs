//! A release that a user imported from an own copy of the official texts: its facts, packed, and its definitions.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::{Directories, DirectoryFacts, Malformed, PackError, pack};

/// The first octets of a file of an imported release; the last is the version of the layout.
const MAGIC: [u8; 8] = *b"KARVANI\x01";

/// More than the definitions of any release have, in octets.
const LARGEST_DEFINITIONS: u64 = 1 << 26;

/// An imported release: facts as [`pack()`] packs them, and the definitions of the official texts, which stay with the user.
///
/// ```
/// use karvan_schema::directory::{Directories, DirectoryFacts, ElementFacts, Import};
///
/// let mut facts = DirectoryFacts { name: "D.99Z".into(), ..DirectoryFacts::default() };
/// facts.elements.insert("1000".into(), ElementFacts { name: "Name of the camel".into(), format: "an..35".parse()? });
/// let definitions = [("1000".to_owned(), "How it is called.".to_owned())].into();
/// let file = Import::new(&facts, definitions)?.to_octets();
///
/// let directories = Directories::default().with(Import::read(&file)?)?;
/// let release = directories.release("D99Z").ok_or("no D.99Z")?;
/// assert_eq!(release.element("1000").map(|element| element.name()), Some("Name of the camel"));
/// assert_eq!(directories.definition("D.99Z", "1000"), Some(("D.99Z", "How it is called.")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    release: String,
    packed: Vec<u8>,
    definitions: BTreeMap<String, String>,
}

impl Import {
    /// An import of these facts, with definitions by tag (`NAD`) and code (`3035=BY`).
    ///
    /// # Errors
    /// If the facts cannot be packed.
    pub fn new(facts: &DirectoryFacts, definitions: BTreeMap<String, String>) -> Result<Self, PackError> {
        let packed = pack(std::slice::from_ref(facts), &[])?;
        let line = |(tag, text): (String, String)| (tag, text.replace(['\n', '\r'], " "));
        Ok(Self { release: facts.name.clone(), packed, definitions: definitions.into_iter().map(line).collect() })
    }

    /// The name of the release: `D.25A`.
    #[must_use]
    pub fn release(&self) -> &str {
        &self.release
    }

    /// The definitions.
    #[must_use]
    pub fn definitions(&self) -> &BTreeMap<String, String> {
        &self.definitions
    }

    /// The file to keep.
    #[must_use]
    pub fn to_octets(&self) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        for (tag, definition) in &self.definitions {
            // Writing to memory does not fail.
            let _ = writeln!(encoder, "{tag}\t{definition}");
        }
        let definitions = encoder.finish().unwrap_or_default();
        let length = u32::try_from(self.packed.len()).unwrap_or(u32::MAX).to_le_bytes();
        [MAGIC.as_slice(), &length, &self.packed, &definitions].concat()
    }

    /// Reads what [`Self::to_octets`] wrote.
    ///
    /// # Errors
    /// If the octets are no such file.
    pub fn read(octets: &[u8]) -> Result<Self, Malformed> {
        let body = octets.strip_prefix(MAGIC.as_slice()).ok_or(Malformed("not a file of an imported release"))?;
        let (length, body) = body.split_first_chunk().ok_or(Malformed("import cut short"))?;
        let length = u32::from_le_bytes(*length) as usize;
        let (packed, deflated) = body.split_at_checked(length).ok_or(Malformed("import cut short"))?;
        let mut text = String::new();
        DeflateDecoder::new(deflated)
            .take(LARGEST_DEFINITIONS)
            .read_to_string(&mut text)
            .map_err(|_| Malformed("definitions do not inflate"))?;
        let entry = |line: &str| line.split_once('\t').map(|(tag, text)| (tag.to_owned(), text.to_owned()));
        let directories = Directories::read(packed.to_vec())?;
        directories.verify()?;
        let [release] = directories.releases() else { return Err(Malformed("not one release")) };
        let (release, packed) = (release.clone(), packed.to_vec());
        Ok(Self { release, packed, definitions: text.lines().filter_map(entry).collect() })
    }

    /// The packed facts and the definitions.
    pub(super) fn into_parts(self) -> (Vec<u8>, BTreeMap<String, String>) {
        (self.packed, self.definitions)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::directory::ElementFacts;

    fn import(name: &str) -> Import {
        let mut facts = DirectoryFacts { name: name.to_owned(), ..DirectoryFacts::default() };
        let element = ElementFacts { name: "Name of the camel".to_owned(), format: "an..35".parse().unwrap() };
        facts.elements.insert("1000".to_owned(), element);
        Import::new(&facts, [("1000".to_owned(), "How it\nis called.".to_owned())].into()).unwrap()
    }

    #[test]
    fn new_releases_stand_in_order_of_time_and_known_ones_keep_their_facts() {
        let directories = Directories::builtin_alone().with(import("D.25A")).unwrap().with(import("D.96A")).unwrap();
        let names = directories.releases();
        assert_eq!((names.len(), names[0].as_str(), names[62].as_str()), (63, "D.93A", "D.25A"));
        assert_eq!(directories.newest().map(|newest| newest.name()), Some("D.25A"));
        let known = directories.release("D.96A").unwrap();
        assert!(known.message("INVOIC").is_some(), "the facts that were built in");
        assert_eq!(directories.definition("D.96A", "1000"), Some(("D.96A", "How it is called.")));
        assert_eq!(
            directories.definition("D.01B", "1000"),
            Some(("D.25A", "How it is called.")),
            "the newest that has it"
        );
        assert_eq!(directories.definition("D.96A", "9999"), None);
        assert!(directories.service("4").is_some());
    }

    #[test]
    fn what_is_no_import_is_refused() {
        let file = import("D.25A").to_octets();
        assert_eq!(Import::read(&file).unwrap().release(), "D.25A");
        for cut in [0, 7, 8, 11, 12, 40, file.len() - 1] {
            assert!(Import::read(&file[..cut]).is_err(), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn no_octets_panic(octets: Vec<u8>) {
            let _ = Import::read(&octets);
            let _ = Import::read(&[MAGIC.as_slice(), &octets].concat());
        }
    }
}
