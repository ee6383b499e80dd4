//! The archive of the official texts, and what each file in it is.

use std::{fs::File, io::Read, path::Path};

use lzma_rust2::XzReader;

/// A file of a release.
pub(super) struct Member {
    /// `D.96A`.
    pub(super) release: String,
    pub(super) kind: Kind,
    pub(super) octets: Vec<u8>,
}

/// What a file of a release states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The segment table of the message type of this tag.
    Message {
        tag: String,
        interactive: bool,
    },
    Segments {
        interactive: bool,
    },
    Composites {
        interactive: bool,
    },
    Elements,
    Codes,
}

/// Reads the files that matter, in the order of the archive; `un-directories.tar.xz` holds a folder a release.
pub(super) fn read(path: &Path, mut each: impl FnMut(Member)) -> crate::Result<()> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut archive = tar::Archive::new(XzReader::new(std::io::BufReader::new(file), false));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let names: Vec<&str> = path.iter().filter_map(|name| name.to_str()).collect();
        let [.., release, folder, name] = names.as_slice() else { continue };
        let Some(kind) = kind(folder, name) else { continue };
        let release = format!("D.{}", release.trim_start_matches('D'));
        let mut octets = Vec::new();
        entry.read_to_end(&mut octets)?;
        each(Member { release, kind, octets });
    }
    Ok(())
}

/// What a file is, told from its folder (`EDSD`, `IDMD97A`, …) and its name; none for indexes and other texts.
fn kind(folder: &str, name: &str) -> Option<Kind> {
    let stem = name.split('.').next()?.to_ascii_uppercase();
    let interactive = folder.starts_with('I');
    match folder.get(..4)? {
        "EDMD" | "TRMD" | "IDMD" => {
            let tag = stem.strip_suffix("_D")?.to_owned();
            Some(Kind::Message { tag, interactive })
        }
        "EDSD" | "TRSD" | "IDSD" => (stem.len() == 4).then_some(Kind::Segments { interactive }),
        "EDCD" | "TRCD" | "IDCD" => (stem.len() == 4).then_some(Kind::Composites { interactive }),
        "EDED" | "TRED" => (stem.len() == 4).then_some(Kind::Elements),
        "UNCL" => matches!(stem.as_str(), "UNCL" | "UNCL-1" | "UNCL-2").then_some(Kind::Codes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_folder_and_name() {
        let message = |tag: &str, interactive| Some(Kind::Message { tag: tag.to_owned(), interactive });
        assert_eq!(kind("TRMD", "INVOIC_D.96A"), message("INVOIC", false));
        assert_eq!(kind("IDMD97A", "RESREQ_D.97A"), message("RESREQ", true));
        assert_eq!(kind("UNCL", "UNCL-2.96A"), Some(Kind::Codes));
        assert_eq!(kind("UNCL", "Uncl.98b"), Some(Kind::Codes));
        assert_eq!(kind("EDSD", "EDSDI1.21B"), None);
        assert_eq!(kind("EDMD", "EDMDI1.21B"), None);
    }
}
