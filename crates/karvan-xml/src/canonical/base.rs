//! The attribute `xml:base` of a part: Canonical XML 1.1 §2.4.

/// The value that `reference` has within `base`, both values of `xml:base`: RFC 3986 §5.2 as Canonical XML 1.1 changes it, so
/// that what is relative to two elements remains relative.
pub(super) fn join(base: &str, reference: &str) -> String {
    let (base, reference) = (Uri::new(base), Uri::new(reference));
    let mut joined = Uri { query: reference.query, ..base };
    let path;
    if reference.scheme.is_some() {
        joined = reference;
        path = without_dots(reference.path);
    } else if reference.authority.is_some() {
        joined.authority = reference.authority;
        path = without_dots(reference.path);
    } else if reference.path.is_empty() {
        joined.query = reference.query.or(base.query);
        path = base.path.to_owned();
    } else if reference.path.starts_with('/') {
        path = without_dots(reference.path);
    } else {
        path = without_dots(&merged(&base, reference.path));
    }
    let mut uri = String::new();
    if let Some(scheme) = joined.scheme {
        uri.push_str(scheme);
        uri.push(':');
    }
    if let Some(authority) = joined.authority {
        uri.push_str("//");
        uri.push_str(authority);
    }
    uri.push_str(&path);
    if let Some(query) = joined.query {
        uri.push('?');
        uri.push_str(query);
    }
    uri
}

/// A reference, without its fragment, which means nothing in a base.
#[derive(Clone, Copy)]
struct Uri<'u> {
    scheme: Option<&'u str>,
    authority: Option<&'u str>,
    path: &'u str,
    query: Option<&'u str>,
}

impl<'u> Uri<'u> {
    /// RFC 3986, appendix B.
    fn new(text: &'u str) -> Self {
        let rest = text.split_once('#').map_or(text, |(rest, _)| rest);
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let (scheme, rest) = match rest.split_once(':') {
            Some((scheme, after)) if !scheme.is_empty() && !scheme.contains('/') => (Some(scheme), after),
            _ => (None, rest),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(after) => {
                let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
                (Some(authority), path)
            }
            None => (None, rest),
        };
        Self { scheme, authority, path, query }
    }
}

/// RFC 3986 §5.2.3.
fn merged(base: &Uri<'_>, path: &str) -> String {
    if base.authority.is_some() && base.path.is_empty() {
        return format!("/{path}");
    }
    // A trailing ".." is a folder.
    if base.path == ".." || base.path.ends_with("/..") {
        return format!("{}/{path}", base.path);
    }
    format!("{}{path}", &base.path[..base.path.rfind('/').map_or(0, |at| at + 1)])
}

/// RFC 3986 §5.2.4, where leading `..` stay, a trailing one becomes `../`, and several slashes one.
fn without_dots(path: &str) -> String {
    let is_absolute = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    let mut folder = path.ends_with('/');
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        folder = path.ends_with('/');
        match segment {
            "." => folder = true,
            ".." => {
                folder = true;
                if kept.last().is_some_and(|last| *last != "..") {
                    kept.pop();
                } else if !is_absolute {
                    kept.push("..");
                }
            }
            _ => kept.push(segment),
        }
    }
    let mut joined = kept.join("/");
    if is_absolute {
        joined.insert(0, '/');
    }
    if folder && !joined.is_empty() && !joined.ends_with('/') {
        joined.push('/');
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_joined_as_rfc_3986_has_it() {
        // RFC 3986 §5.4, without what fragments and strange schemes do.
        const BASE: &str = "http://a/b/c/d;p?q";
        for (reference, expected) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("./g/.", "http://a/b/c/g/"),
            ("g/./h", "http://a/b/c/g/h"),
            ("g/../h", "http://a/b/c/h"),
        ] {
            assert_eq!(join(BASE, reference), expected, "{reference}");
        }
    }

    #[test]
    fn what_is_relative_twice_stays_relative() {
        // Canonical XML 1.1, appendix A: examples of the table.
        for (base, reference, expected) in [
            ("abc/", "../", ""),
            ("../abc/..", "../", "../../"),
            ("..", "..", "../../"),
            ("../..", "..", "../../../"),
            ("bar/", "foo", "bar/foo"),
            ("a//b/", "c", "a/b/c"),
        ] {
            assert_eq!(join(base, reference), expected, "{base} {reference}");
        }
    }
}
