//! VAT numbers as their countries issue them, without the prefix that a VAT identifier has.

use karvan_model::{Content, Group, Node};
use karvan_text::Message;

use super::{Reader, path_in};
use crate::report::{Entry, Place};

/// The countries (ISO 3166-1) whose VAT numbers have a form of their own, with the prefix of the identifier and the forms of
/// what follows: `9` is a digit, `@` a letter, `X` either, anything else itself. The prefix is that of the country, but for
/// Greece (directive 2006/112/EC, article 215).
const FORMS: [(&str, &str, &[&str]); 29] = [
    ("AT", "AT", &["U99999999"]),
    ("BE", "BE", &["0999999999", "1999999999"]),
    ("BG", "BG", &["999999999", "9999999999"]),
    ("CY", "CY", &["99999999@"]),
    ("CZ", "CZ", &["99999999", "999999999", "9999999999"]),
    ("DE", "DE", &["999999999"]),
    ("DK", "DK", &["99999999"]),
    ("EE", "EE", &["999999999"]),
    ("ES", "ES", &["@9999999X", "99999999@"]),
    ("FI", "FI", &["99999999"]),
    ("FR", "FR", &["XX999999999"]),
    ("GB", "GB", &["999999999", "999999999999"]),
    ("GR", "EL", &["999999999"]),
    ("HR", "HR", &["99999999999"]),
    ("HU", "HU", &["99999999"]),
    ("IE", "IE", &["9X99999@", "9999999@@"]),
    ("IT", "IT", &["99999999999"]),
    ("LT", "LT", &["999999999", "999999999999"]),
    ("LU", "LU", &["99999999"]),
    ("LV", "LV", &["99999999999"]),
    ("MT", "MT", &["99999999"]),
    ("NL", "NL", &["999999999B99"]),
    ("NO", "NO", &["999999999MVA"]),
    ("PL", "PL", &["9999999999"]),
    ("PT", "PT", &["999999999"]),
    ("RO", "RO", &["99999999", "999999999", "9999999999"]),
    ("SE", "SE", &["999999999999"]),
    ("SI", "SI", &["99999999"]),
    ("SK", "SK", &["9999999999"]),
];

impl Reader<'_, '_> {
    /// Sets the prefix of the country before VAT numbers without it, where they have the form of those of that country.
    pub(super) fn prefixes(&mut self, root: &mut Group) {
        for (term, by) in &self.table.prefixed {
            let groups = root.children.iter_mut().filter_map(|node| match node {
                Node::Group(group) => Some(group),
                Node::Leaf(_) => None,
            });
            for group in groups {
                let country = group.leaves().find(|leaf| leaf.term == *by).map(|leaf| leaf.value.text().into_owned());
                let Some(country) = country else { continue };
                let Some(Node::Leaf(leaf)) = group.children.iter_mut().find(|node| node.term() == Some(*term)) else {
                    continue;
                };
                let value = leaf.value.text().into_owned();
                let Some(whole) = with_prefix(&value, &country) else { continue };
                leaf.value.content = Content::Text(whole.clone().into());
                let path = path_in(self.tree)(&leaf.origin);
                let source = path.map(|path| Place { span: leaf.origin.span, path });
                let (term, reason) = (Some(self.table.kind().term(*term)), Message::new("mapping-vat-prefix"));
                self.report.changed.push(Entry { term, value, written: Some(whole), reason, source, target: None });
            }
        }
    }
}

fn with_prefix(number: &str, country: &str) -> Option<String> {
    let (_, prefix, forms) = FORMS.iter().find(|(code, ..)| *code == country)?;
    forms.iter().any(|form| is_of(form, number)).then(|| format!("{prefix}{number}"))
}

fn is_of(form: &str, number: &str) -> bool {
    let fits = |(wanted, byte): (u8, u8)| match wanted {
        b'9' => byte.is_ascii_digit(),
        b'@' => byte.is_ascii_uppercase(),
        b'X' => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
        itself => byte == itself,
    };
    form.len() == number.len() && form.bytes().zip(number.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_form_of_their_country_have_its_prefix() {
        for (number, country, whole) in [
            ("967611265MVA", "NO", Some("NO967611265MVA")),
            ("123456789", "DE", Some("DE123456789")),
            ("094019245", "GR", Some("EL094019245")),
            ("U13585627", "AT", Some("ATU13585627")),
            ("004495445B01", "NL", Some("NL004495445B01")),
            ("NO967611265MVA", "NO", None),
            ("967611265", "NO", None),
            ("201/113/40209", "DE", None),
            ("DE123456789", "DE", None),
            ("123456789", "US", None),
            ("123456789", "", None),
            ("12345678٩", "DE", None),
        ] {
            assert_eq!(with_prefix(number, country).as_deref(), whole, "{number} of {country}");
        }
        assert!(FORMS.is_sorted_by_key(|(country, ..)| country));
    }

    /// What has a prefix is no number that lacks it.
    #[test]
    fn no_form_has_the_prefix() {
        for (country, prefix, forms) in FORMS {
            for form in forms {
                let number = form.replace('9', "4").replace(['X', '@'], "A");
                assert_eq!(with_prefix(&number, country), Some(format!("{prefix}{number}")));
                assert_eq!(with_prefix(&format!("{prefix}{number}"), country), None, "{prefix}{number}");
            }
        }
    }
}
