//! The error codes of CONTRL (0085): where each may stand, and what stands for those that may not.

use karvan_schema::directory::Directory;

use super::ledger::UNSPECIFIED;

/// A reporting level of CONTRL, by its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// UCI.
    Interchange,
    /// UCF.
    Group,
    /// UCM.
    Message,
    /// UCS.
    Segment,
    /// UCD.
    DataElement,
}

impl Level {
    /// The letter in [`CODES`].
    const fn letter(self) -> char {
        match self {
            Self::Interchange => 'I',
            Self::Group => 'G',
            Self::Message => 'M',
            Self::Segment => 'S',
            Self::DataElement => 'D',
        }
    }
}

/// Each error code with the levels at which it may stand, and the code that comes nearest where it may not, or where the
/// code list of the answering syntax version lacks it.
///
/// The levels are those of ISO 9735-4 Annex A. Codes 19, 27, 31, 34 and 38, which syntax version 4 no longer has, stand
/// where EANCOM's CONTRL for syntax version 3 lists them, which knows no groups; 48 came after the annex, and may stand
/// at all levels.
const CODES: [(u16, &str, u16); 35] = [
    (2, "I", 17),
    (7, "I", 17),
    (12, "IGMSD", UNSPECIFIED),
    (13, "IGMSD", UNSPECIFIED),
    (14, "IGMSD", 12),
    (15, "IGMSD", UNSPECIFIED),
    (16, "IGMSD", UNSPECIFIED),
    (17, "IGM", UNSPECIFIED),
    (18, "IGMSD", UNSPECIFIED),
    (19, "ID", 12),
    (20, "I", 22),
    (21, "IGMSD", UNSPECIFIED),
    (22, "IGMSD", UNSPECIFIED),
    (23, "I", 17),
    (24, "IG", UNSPECIFIED),
    (25, "IGM", UNSPECIFIED),
    (26, "IGM", UNSPECIFIED),
    (27, "IGMSD", UNSPECIFIED),
    (28, "IGM", 12),
    (29, "IGM", 12),
    (30, "IGM", UNSPECIFIED),
    (31, "M", UNSPECIFIED),
    (32, "IG", 13),
    (33, "IG", 15),
    (34, "MSD", 15),
    (35, "MSD", 16),
    (36, "S", 35),
    (37, "IGMD", 12),
    (38, "D", 12),
    (39, "IGMD", 12),
    (40, "IGMD", 12),
    (45, "IGMS", UNSPECIFIED),
    (46, "I", 2),
    (47, "GM", 15),
    (48, "IGMSD", UNSPECIFIED),
];

/// `code` itself where `service` has it and it may stand at `level`, else the one that comes nearest.
pub(super) fn at(code: u16, level: Level, service: Directory<'_>) -> u16 {
    let mut code = code;
    // Each step leads to a code that stands at more levels, and 18 stands at all.
    for _ in 0..CODES.len() {
        let Some((_, levels, nearest)) = CODES.iter().find(|(known, ..)| *known == code) else { break };
        if levels.contains(level.letter()) && service.code("0085", &code.to_string()).is_some() {
            return code;
        }
        code = *nearest;
    }
    UNSPECIFIED
}

#[cfg(test)]
mod tests {
    use karvan_schema::directory::Directories;

    use super::*;

    const LEVELS: [Level; 5] = [Level::Interchange, Level::Group, Level::Message, Level::Segment, Level::DataElement];

    #[test]
    fn every_code_of_every_syntax_version_leads_to_one_that_may_stand() {
        for version in ["1", "2", "3", "4"] {
            let service = Directories::builtin().service(version).unwrap();
            for (code, ..) in CODES {
                for level in LEVELS {
                    let found = at(code, level, service);
                    let (_, levels, _) = CODES.iter().find(|(known, ..)| *known == found).unwrap();
                    assert!(levels.contains(level.letter()), "{code} → {found} at {level:?}");
                    assert!(service.code("0085", &found.to_string()).is_some(), "{code} → {found} in {version}");
                }
            }
        }
    }

    #[test]
    fn what_a_syntax_version_lacks_is_told_by_the_nearest() {
        let service = |version| Directories::builtin().service(version).unwrap();
        assert_eq!(at(19, Level::DataElement, service("3")), 19);
        assert_eq!(at(19, Level::DataElement, service("4")), 12);
        assert_eq!(at(46, Level::Interchange, service("4")), 46);
        assert_eq!(at(46, Level::Interchange, service("3")), 2);
        assert_eq!(at(45, Level::Segment, service("3")), 18);
        assert_eq!(at(35, Level::DataElement, service("4")), 35);
        assert_eq!(at(901, Level::Interchange, service("3")), 18);
    }

    #[test]
    fn every_published_code_is_known_but_those_of_the_network() {
        for version in ["3", "4"] {
            let service = Directories::builtin().service(version).unwrap();
            let unknown: Vec<_> = service
                .element("0085")
                .unwrap()
                .codes()
                .map(|code| code.value().to_owned())
                .filter(|code| !CODES.iter().any(|(known, ..)| known.to_string() == *code))
                .collect();
            let network: &[&str] = if version == "3" { &["41", "42", "43"] } else { &[] };
            assert_eq!(unknown, network);
        }
    }
}
