//! The octets of canonical forms: Canonical XML 1.0 §2.3, which the other forms take over.

use std::io::{self, Write};

use super::CanonicalizationError;
use crate::{Attribute, NodeKind, XML_NAMESPACE};

/// An attribute as it is written.
#[derive(Clone, Copy)]
pub(super) struct OutputAttribute<'s> {
    pub(super) namespace: &'s str,
    pub(super) prefix: &'s str,
    pub(super) local_name: &'s str,
    pub(super) value: &'s str,
}

impl<'s> OutputAttribute<'s> {
    /// Adds those of `inherited`, local names of attributes `xml:` and their values; what is there is replaced, and taken away
    /// where the value is empty.
    pub(super) fn inherit(attributes: &mut Vec<Self>, inherited: &'s [(String, Option<String>)]) {
        for (local_name, value) in inherited {
            attributes.retain(|own| !(own.namespace == XML_NAMESPACE && own.local_name == local_name));
            if let Some(value) = value {
                attributes.push(Self { namespace: XML_NAMESPACE, prefix: "xml", local_name, value });
            }
        }
    }

    /// Writes `attributes` in the order of their namespaces and local names.
    pub(super) fn write_all(attributes: &mut [Self], sink: &mut impl Write) -> io::Result<()> {
        attributes.sort_unstable_by_key(|attribute| (attribute.namespace, attribute.local_name));
        for attribute in attributes {
            sink.write_all(b" ")?;
            write_name(sink, attribute.prefix, attribute.local_name)?;
            write_value(sink, attribute.value)?;
        }
        Ok(())
    }
}

impl<'s> From<Attribute<'s>> for OutputAttribute<'s> {
    fn from(attribute: Attribute<'s>) -> Self {
        let (namespace, prefix) = (attribute.namespace(), attribute.prefix());
        Self { namespace, prefix, local_name: attribute.local_name(), value: attribute.value() }
    }
}

pub(super) fn write_name(sink: &mut impl Write, prefix: &str, local_name: &str) -> io::Result<()> {
    if !prefix.is_empty() {
        sink.write_all(prefix.as_bytes())?;
        sink.write_all(b":")?;
    }
    sink.write_all(local_name.as_bytes())
}

/// Namespace nodes.
pub(super) fn write_namespace(sink: &mut impl Write, prefix: &str, namespace: &str) -> io::Result<()> {
    sink.write_all(if prefix.is_empty() { b" xmlns" } else { b" xmlns:" })?;
    sink.write_all(prefix.as_bytes())?;
    write_value(sink, namespace)
}

/// Text, comments where there are any, and processing instructions.
pub(super) fn write_leaf(sink: &mut impl Write, leaf: NodeKind<'_>, comments: bool) -> io::Result<()> {
    match leaf {
        NodeKind::Text(text) => write_text(sink, text),
        NodeKind::Comment(text) if comments => write_comment(sink, text),
        NodeKind::ProcessingInstruction { target, data } => write_instruction(sink, target, data),
        NodeKind::Comment(_) | NodeKind::Element(_) => Ok(()),
    }
}

pub(super) fn write_comment(sink: &mut impl Write, text: &str) -> io::Result<()> {
    sink.write_all(b"<!--")?;
    sink.write_all(text.as_bytes())?;
    sink.write_all(b"-->")
}

pub(super) fn write_instruction(sink: &mut impl Write, target: &str, data: &str) -> io::Result<()> {
    sink.write_all(b"<?")?;
    sink.write_all(target.as_bytes())?;
    if !data.is_empty() {
        sink.write_all(b" ")?;
        sink.write_all(data.as_bytes())?;
    }
    sink.write_all(b"?>")
}

/// Text nodes.
pub(super) fn write_text(sink: &mut impl Write, text: &str) -> io::Result<()> {
    write_escaped(sink, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    })
}

/// The value of an attribute, with what stands before it.
pub(super) fn write_value(sink: &mut impl Write, value: &str) -> io::Result<()> {
    sink.write_all(b"=\"")?;
    write_escaped(sink, value, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    })?;
    sink.write_all(b"\"")
}

#[inline]
fn write_escaped(sink: &mut impl Write, text: &str, escape: impl Fn(u8) -> Option<&'static str>) -> io::Result<()> {
    let bytes = text.as_bytes();
    let mut written = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        if let Some(escaped) = escape(byte) {
            sink.write_all(&bytes[written..index])?;
            sink.write_all(escaped.as_bytes())?;
            written = index + 1;
        }
    }
    sink.write_all(&bytes[written..])
}

/// Canonical XML 1.0 §1.3: a relative namespace name has no canonical form; `path` is that of its element.
pub(super) fn check_namespace(namespace: &str, path: impl FnOnce() -> String) -> Result<(), CanonicalizationError> {
    if namespace.is_empty() || has_scheme(namespace) {
        return Ok(());
    }
    Err(CanonicalizationError::RelativeNamespace { namespace: namespace.to_owned(), path: path() })
}

/// RFC 3986 §3.1.
fn has_scheme(reference: &str) -> bool {
    let is_scheme_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    reference.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(is_scheme_part)
    })
}
