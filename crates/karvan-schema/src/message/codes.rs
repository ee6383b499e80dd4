//! What helps with a code value that a code list lacks: the releases that have it, or the list.

use karvan_text::Message;

use super::rules::AllowedCodes;
use crate::directory::Elsewhere;

/// What helps with `value`: the release that has it, or else the list.
pub(crate) fn help(value: &str, list: &AllowedCodes<'_>) -> Message {
    let element = list.element();
    let with = |id, release| Message::new(id).with("value", value).with("name", element.tag()).with("release", release);
    match element.code_elsewhere(value) {
        Some(Elsewhere::Since(release)) => with("help-code-since", release),
        Some(Elsewhere::Until(release)) => with("help-code-until", release),
        None => Message::new("help-code-list").with("name", list.list().name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directories;

    fn list(release: &str, element: &str) -> AllowedCodes<'static> {
        let release = Directories::builtin().release(release).expect("a known release");
        AllowedCodes::new(release.element(element).expect("a known element"))
    }

    #[test]
    fn the_release_that_has_a_code_is_named() {
        // 58, SEPA credit transfer, came to 4461 after D.14B.
        let help_58 = help("58", &list("D.14B", "4461"));
        assert_eq!(help_58.id(), "help-code-since");
        assert_eq!(help("58", &list("D.21B", "4461")).id(), "help-code-list");
        assert_eq!(help("none", &list("D.14B", "4461")).id(), "help-code-list");
    }
}
