//! Name constraints: RFC 5280 §4.2.1.10, and §6.1.3 (b), (c) and §6.1.4 (g).

use std::borrow::Cow;
use std::net::Ipv4Addr;

use crate::limits::Budget;
use crate::name::brief;
use crate::trace::Fact;
use crate::{Certificate, GeneralName, GeneralSubtree, Limit, NameConstraints};

/// The state variables `permitted_subtrees` and `excluded_subtrees` (§6.1.2 (b), (c)).
///
/// The intersection of permitted subtrees is kept as the list of its operands: a name lies in the intersection where
/// it lies in each of them.
#[derive(Debug, Default)]
pub(crate) struct Subtrees<'a> {
    permitted: Vec<&'a [GeneralSubtree]>,
    excluded: Vec<&'a GeneralSubtree>,
}

/// A name that the constraints do not let pass.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Violation {
    /// In none of the permitted subtrees of its form: the name, and those subtrees.
    NotPermitted(String, String),
    /// In an excluded subtree: the name, and that subtree.
    Excluded(String, String),
}

impl<'a> Subtrees<'a> {
    /// §6.1.4 (g): adds the constraints of a certificate to those that hold.
    pub(crate) fn constrain(&mut self, constraints: &'a NameConstraints) {
        if !constraints.permitted.is_empty() {
            self.permitted.push(&constraints.permitted);
        }
        self.excluded.extend(&constraints.excluded);
    }

    /// Whether any name will do.
    pub(crate) fn is_empty(&self) -> bool {
        self.permitted.is_empty() && self.excluded.is_empty()
    }

    /// The permitted subtrees: a name must lie in one of each list that has any of its form.
    pub(crate) fn permitted_facts(&self) -> Fact {
        Fact::List(self.permitted.iter().map(|list| Fact::texts(list.iter().map(|subtree| &subtree.base))).collect())
    }

    /// The excluded subtrees.
    pub(crate) fn excluded_facts(&self) -> Fact {
        Fact::texts(self.excluded.iter().map(|subtree| &subtree.base))
    }

    /// §6.1.3 (b) and (c): every name of `certificate` against the constraints.
    pub(crate) fn violations(&self, certificate: &Certificate, budget: &mut Budget) -> Result<Vec<Violation>, Limit> {
        let mut violations = Vec::new();
        for name in names(certificate) {
            if violations.len() >= MOST_VIOLATIONS {
                break;
            }
            for subtrees in &self.permitted {
                let (mut constrained, mut inside) = (false, false);
                for subtree in *subtrees {
                    budget.spend()?;
                    if subtree.base.is_same_form(&name) {
                        constrained = true;
                        inside |= place(&name, &subtree.base) == Place::Inside;
                    }
                }
                if constrained && !inside {
                    violations.push(Violation::NotPermitted(brief(&name.to_string()), bases(subtrees, &name)));
                }
            }
            for subtree in &self.excluded {
                budget.spend()?;
                if subtree.base.is_same_form(&name) && place(&name, &subtree.base) != Place::Outside {
                    violations.push(Violation::Excluded(brief(&name.to_string()), brief(&subtree.base.to_string())));
                }
            }
        }
        Ok(violations)
    }
}

/// How many violations of one certificate are told: the first refuses it.
const MOST_VIOLATIONS: usize = 8;

/// The names of a certificate that constraints apply to.
pub(crate) fn names(certificate: &Certificate) -> Vec<Cow<'_, GeneralName>> {
    let alternatives = &certificate.extensions().subject_alternative_names;
    let mut names: Vec<_> = alternatives.iter().map(Cow::Borrowed).collect();
    if !certificate.subject().is_empty() {
        names.push(Cow::Owned(GeneralName::Directory(certificate.subject().clone())));
    }
    // RFC 5280 asks for the mail addresses of the subject where there is no alternative name. They are claimed where
    // there is one as well, so they are held to the constraints always, as OpenSSL does.
    let addresses = certificate.subject().email_addresses();
    names.extend(addresses.map(|address| Cow::Owned(GeneralName::Rfc822(address.into_owned()))));
    names
}

/// The subtrees of the form of `name`, for people.
fn bases(subtrees: &[GeneralSubtree], name: &GeneralName) -> String {
    let of_form = subtrees.iter().filter(|subtree| subtree.base.is_same_form(name));
    let bases: Vec<_> = of_form.take(MOST_VIOLATIONS).map(|subtree| brief(&subtree.base.to_string())).collect();
    brief(&bases.join(" | "))
}

/// Where a name lies with regard to a subtree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Inside,
    Outside,
    /// The name cannot be compared; it is neither permitted nor free of being excluded.
    Unclear,
}

impl Place {
    const fn inside(inside: bool) -> Self {
        if inside { Self::Inside } else { Self::Outside }
    }
}

/// Compares two names of one form. A form that is not understood is unclear always.
fn place(name: &GeneralName, base: &GeneralName) -> Place {
    match (name, base) {
        (GeneralName::Directory(name), GeneralName::Directory(base)) => Place::inside(name.is_within(base)),
        (GeneralName::Dns(name), GeneralName::Dns(base)) => place_dns(name, base),
        (GeneralName::Rfc822(name), GeneralName::Rfc822(base)) => place_mail(name, base),
        (GeneralName::Uri(name), GeneralName::Uri(base)) => place_uri(name, base),
        (GeneralName::Ip(name), GeneralName::Ip(base)) => place_ip(name, base),
        _ => Place::Unclear,
    }
}

/// A host name lies in a DNS subtree where it is the base with labels, or none, before it.
fn place_dns(name: &str, base: &str) -> Place {
    let name = name.strip_suffix('.').unwrap_or(name);
    let base = base.strip_suffix('.').unwrap_or(base);
    if name.is_empty() || name.starts_with('.') {
        return Place::Unclear;
    }
    if base.is_empty() || name.eq_ignore_ascii_case(base) || is_subdomain(name, base) {
        return Place::Inside;
    }
    // `*.example.com` stands for hosts of which the subtree may hold some and not others.
    match name.strip_prefix("*.") {
        Some(parent) if is_subdomain(base, parent) => Place::Unclear,
        _ => Place::Outside,
    }
}

/// Whether `name` is `parent` with at least one label before it; `parent` may begin with its dot.
fn is_subdomain(name: &str, parent: &str) -> bool {
    let parent = parent.strip_prefix('.').unwrap_or(parent);
    let split = name.len().checked_sub(parent.len());
    split
        .and_then(|at| Some((name.get(..at)?, name.get(at..)?)))
        .is_some_and(|(labels, rest)| labels.len() > 1 && labels.ends_with('.') && rest.eq_ignore_ascii_case(parent))
}

/// A mail address against a mailbox (`a@host`), a host (`host`) or a domain (`.domain`).
fn place_mail(name: &str, base: &str) -> Place {
    let Some((mailbox, host)) = name.rsplit_once('@').filter(|(mailbox, host)| !mailbox.is_empty() && !host.is_empty())
    else {
        return Place::Unclear;
    };
    Place::inside(match base.rsplit_once('@') {
        Some((base_mailbox, base_host)) => mailbox == base_mailbox && host.eq_ignore_ascii_case(base_host),
        None => is_host_or_domain(host, base),
    })
}

/// The host of a URI against a host (`host`) or a domain (`.domain`). A URI without a host, or with an address for
/// one, cannot be compared and must be refused.
fn place_uri(name: &str, base: &str) -> Place {
    let Some(authority) = name.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next()) else {
        return Place::Unclear;
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host,
    };
    if host.is_empty() || host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok() {
        return Place::Unclear;
    }
    Place::inside(is_host_or_domain(host, base))
}

fn is_host_or_domain(host: &str, base: &str) -> bool {
    if base.starts_with('.') { is_subdomain(host, base) } else { host.eq_ignore_ascii_case(base) }
}

/// An address against an address and a mask of the same family.
fn place_ip(name: &[u8], base: &[u8]) -> Place {
    if !matches!(name.len(), 4 | 16) {
        return Place::Unclear;
    }
    if base.len() != 2 * name.len() {
        return Place::Outside;
    }
    let (address, mask) = base.split_at(name.len());
    Place::inside(name.iter().zip(address).zip(mask).all(|((name, address), mask)| name & mask == address & mask))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Place::{Inside, Outside, Unclear};

    #[test]
    fn hosts() {
        for (name, base, expected) in [
            ("host.example.com", "host.example.com", Inside),
            ("my.host.example.com", "host.example.com", Inside),
            ("HOST.Example.com.", "example.COM", Inside),
            ("bighost.example.com", "host.example.com", Outside),
            ("example.com", "host.example.com", Outside),
            ("anything", "", Inside),
            ("example.com", ".example.com", Outside),
            ("a.example.com", ".example.com", Inside),
            ("*.example.com", "example.com", Inside),
            ("*.example.com", "a.example.com", Unclear),
            ("*.example.org", "a.example.com", Outside),
            ("", "example.com", Unclear),
            (".example.com", "example.com", Unclear),
            ("é.example.com", "example.com", Inside),
            ("xé", "é", Outside),
        ] {
            assert_eq!(place_dns(name, base), expected, "{name} in {base}");
        }
    }

    #[test]
    fn mail_addresses() {
        for (name, base, expected) in [
            ("a@example.com", "example.com", Inside),
            ("a@mail.example.com", "example.com", Outside),
            ("a@mail.example.com", ".example.com", Inside),
            ("a@example.com", ".example.com", Outside),
            ("a@example.com", "a@EXAMPLE.com", Inside),
            ("A@example.com", "a@example.com", Outside),
            ("example.com", "example.com", Unclear),
            ("\"a@b\"@example.com", "example.com", Inside),
        ] {
            assert_eq!(place_mail(name, base), expected, "{name} in {base}");
        }
    }

    #[test]
    fn uris() {
        for (name, base, expected) in [
            ("https://anka.example/a?b", "anka.example", Inside),
            ("https://user:pw@ANKA.example:8080", "anka.example", Inside),
            ("https://www.anka.example/", "anka.example", Outside),
            ("https://www.anka.example#x", ".anka.example", Inside),
            ("https://anka.example@evil.example/", "anka.example", Outside),
            ("urn:uuid:1", "anka.example", Unclear),
            ("https://10.0.0.1/", "anka.example", Unclear),
            ("https://[::1]:80/", "anka.example", Unclear),
            ("https:///path", "anka.example", Unclear),
        ] {
            assert_eq!(place_uri(name, base), expected, "{name} in {base}");
        }
    }

    #[test]
    fn addresses() {
        let net = [10, 1, 0, 0, 255, 255, 0, 0];
        assert_eq!(place_ip(&[10, 1, 9, 9], &net), Inside);
        assert_eq!(place_ip(&[10, 2, 9, 9], &net), Outside);
        assert_eq!(place_ip(&[0; 16], &net), Outside, "the other family");
        assert_eq!(place_ip(&[10, 1], &net), Unclear);
    }

    #[test]
    fn a_form_that_is_not_understood_is_never_let_pass() {
        let other = GeneralName::Other("otherName");
        assert_eq!(place(&other, &other), Unclear);
    }
}
