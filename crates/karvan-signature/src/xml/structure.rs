//! The Signature element, read strictly: XML Signature 1.1 §4, and nothing that the schema does not allow.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karvan_text::{Code, Diagnostic, Message};
use karvan_xml::{Canonicalization, Element, NodeKind};

use super::method::SignatureMethod;
use super::namespaces::{EXCLUSIVE, SIGNATURE};
use super::policy::Policy;
use super::transforms::Transform;
use crate::algorithm::{digest_algorithm, signature_algorithm};
use karvan_pki::DigestAlgorithm;

/// A finding, boxed for being rare.
pub(crate) type Finding = Box<Diagnostic>;

/// A Signature element.
pub(crate) struct SignatureElement<'d> {
    pub(crate) element: Element<'d>,
    pub(crate) signed_info: Element<'d>,
    pub(crate) canonicalization: Canonicalization,
    pub(crate) method: SignatureMethod,
    pub(crate) references: Vec<Reference<'d>>,
    pub(crate) value: Vec<u8>,
    pub(crate) value_element: Element<'d>,
    pub(crate) key_info: Option<Element<'d>>,
}

/// A Reference element.
pub(crate) struct Reference<'d> {
    pub(crate) element: Element<'d>,
    pub(crate) uri: Option<&'d str>,
    pub(crate) transforms: Vec<Transform<'d>>,
    pub(crate) digest: DigestAlgorithm,
    pub(crate) value: Vec<u8>,
    pub(crate) value_element: Element<'d>,
}

impl<'d> SignatureElement<'d> {
    /// Reads `element`.
    pub(crate) fn read(element: Element<'d>, policy: &Policy) -> Result<Self, Finding> {
        let mut children = Children::of(element)?;
        let signed_info = children.required("SignedInfo")?;
        let value_element = children.required("SignatureValue")?;
        let key_info = children.optional("KeyInfo");
        while children.optional("Object").is_some() {}
        children.finish()?;

        let mut children = Children::of(signed_info)?;
        let canonicalization = children.required("CanonicalizationMethod")?;
        let method = children.required("SignatureMethod")?;
        let mut references = vec![Reference::read(children.required("Reference")?, policy)?];
        while let Some(reference) = children.optional("Reference") {
            if references.len() >= policy.references {
                let message = Message::new("signature-limit-references").with("limit", policy.references);
                return Err(finding(reference, 9201, message));
            }
            references.push(Reference::read(reference, policy)?);
        }
        children.finish()?;

        Ok(Self {
            element,
            signed_info,
            canonicalization: canonical_form(canonicalization)?
                .ok_or_else(|| unsupported(canonicalization, "CanonicalizationMethod"))?,
            method: SignatureMethod::read(method, policy)?,
            references,
            value: base64_value(value_element)?,
            value_element,
            key_info,
        })
    }
}

impl<'d> Reference<'d> {
    pub(crate) fn read(element: Element<'d>, policy: &Policy) -> Result<Self, Finding> {
        let mut children = Children::of(element)?;
        let transforms = children.optional("Transforms");
        let method = children.required("DigestMethod")?;
        let value_element = children.required("DigestValue")?;
        children.finish()?;

        let mut read = Vec::new();
        if let Some(transforms) = transforms {
            let mut children = Children::of(transforms)?;
            while let Some(transform) = children.optional("Transform") {
                if read.len() >= policy.transforms {
                    let message = Message::new("signature-limit-transforms").with("limit", policy.transforms);
                    return Err(finding(transform, 9202, message));
                }
                read.push(Transform::read(transform)?);
            }
            children.finish()?;
        }
        let digest = digest_algorithm(identifier(method)?);
        let digest = digest.filter(|digest| policy.legacy.contains(digest.legacy()));
        Ok(Self {
            element,
            uri: element.attribute("URI"),
            transforms: read,
            digest: digest.ok_or_else(|| unsupported(method, "DigestMethod"))?,
            value: base64_value(value_element)?,
            value_element,
        })
    }
}

/// The canonical form that a CanonicalizationMethod or Transform names, if it names one.
pub(crate) fn canonical_form(method: Element<'_>) -> Result<Option<Canonicalization>, Finding> {
    let Some(form) = Canonicalization::from_identifier(identifier(method)?) else { return Ok(None) };
    let children = Children::of(method)?;
    match children.elements[..] {
        [parameters] if form.is_exclusive() && parameters.is(EXCLUSIVE, "InclusiveNamespaces") => {
            let prefixes = parameters.attribute("PrefixList").unwrap_or_default();
            Ok(Some(form.with_inclusive_prefixes(prefixes.split_ascii_whitespace())))
        }
        _ => children.finish().map(|()| Some(form)),
    }
}

pub(crate) fn identifier(method: Element<'_>) -> Result<&str, Finding> {
    method.attribute("Algorithm").ok_or_else(|| {
        let message =
            Message::new("signature-attribute").with("name", "Algorithm").with("element", method.local_name());
        finding(method, 6004, message)
    })
}

/// The finding about an algorithm that Karvan does not have, or has not for a reason.
pub(crate) fn unsupported(method: Element<'_>, place: &'static str) -> Finding {
    let identifier = method.attribute("Algorithm").unwrap_or_default();
    let is_known = signature_algorithm(identifier).is_some() || digest_algorithm(identifier).is_some();
    let (number, id) = if is_known || identifier.contains("#hmac-") {
        (6007, "signature-algorithm-refused")
    } else {
        (6006, "signature-algorithm")
    };
    let message = Message::new(id).with("algorithm", identifier).with("element", place);
    Box::new(method.diagnostic(Code::error(number), message).help(Message::new("signature-algorithm-help")))
}

/// The octets that the text of `element` stands for. A comment or an element in it would cut the text in two and let
/// two readers read two values, so nothing but text may stand there.
pub(crate) fn base64_value(element: Element<'_>) -> Result<Vec<u8>, Finding> {
    let mut text = String::new();
    for node in element.children() {
        match node.kind() {
            NodeKind::Text(piece) => text.extend(piece.split([' ', '\t', '\r', '\n'])),
            _ => {
                let message = Message::new("signature-not-text").with("element", element.local_name());
                return Err(Box::new(element.document().diagnostic(
                    Code::error(6005),
                    message,
                    node.span(),
                    element.path(),
                )));
            }
        }
    }
    STANDARD.decode(&text).map_err(|_| {
        let message = Message::new("signature-not-base64").with("element", element.local_name());
        Box::new(element.document().diagnostic(Code::error(6005), message, element.text_span(), element.path()))
    })
}

pub(crate) fn finding(element: Element<'_>, number: u16, message: Message) -> Finding {
    Box::new(element.diagnostic(Code::error(number), message))
}

/// The elements in an element of XML Signature, or of what stands in one, taken one after the other in the order of the
/// schema.
pub(crate) struct Children<'d> {
    parent: Element<'d>,
    elements: Vec<Element<'d>>,
    next: usize,
}

impl<'d> Children<'d> {
    /// The elements in `parent`; text beside them is a finding.
    pub(crate) fn of(parent: Element<'d>) -> Result<Self, Finding> {
        let is_stray = |text: &str| text.contains(|character: char| !matches!(character, ' ' | '\t' | '\r' | '\n'));
        if let Some(stray) = parent.children().find(|node| node.as_text().is_some_and(is_stray)) {
            let message = Message::new("signature-stray-text").with("element", parent.local_name());
            return Err(Box::new(parent.document().diagnostic(
                Code::error(6004),
                message,
                stray.span(),
                parent.path(),
            )));
        }
        Ok(Self { parent, elements: parent.elements().collect(), next: 0 })
    }

    /// The next element, if it has this name of XML Signature.
    pub(crate) fn optional(&mut self, name: &str) -> Option<Element<'d>> {
        self.optional_in(SIGNATURE, name)
    }

    /// The next element, if it has this name of `namespace`.
    pub(crate) fn optional_in(&mut self, namespace: &str, name: &str) -> Option<Element<'d>> {
        let element = self.elements.get(self.next).copied().filter(|element| element.is(namespace, name))?;
        self.next += 1;
        Some(element)
    }

    /// The next element, which must have this name of XML Signature.
    pub(crate) fn required(&mut self, name: &'static str) -> Result<Element<'d>, Finding> {
        self.required_in(SIGNATURE, name)
    }

    /// The next element, which must have this name of `namespace`.
    pub(crate) fn required_in(&mut self, namespace: &str, name: &'static str) -> Result<Element<'d>, Finding> {
        self.optional_in(namespace, name).ok_or_else(|| {
            let message =
                Message::new("signature-expected").with("element", self.parent.local_name()).with("name", name);
            let place = self.elements.get(self.next).copied().unwrap_or(self.parent);
            let found =
                self.elements.get(self.next).map_or_else(String::new, |found| found.qualified_name().into_owned());
            let diagnostic = place.diagnostic(Code::error(6004), message).expected(name);
            Box::new(if found.is_empty() { diagnostic } else { diagnostic.found(found) })
        })
    }

    /// All elements that follow, whatever they are.
    pub(crate) fn rest(self) -> impl Iterator<Item = Element<'d>> {
        self.elements.into_iter().skip(self.next)
    }

    /// Nothing may follow.
    pub(crate) fn finish(self) -> Result<(), Finding> {
        let Some(extra) = self.elements.get(self.next) else { return Ok(()) };
        let message = Message::new("signature-unexpected")
            .with("element", self.parent.local_name())
            .with("name", extra.qualified_name());
        Err(finding(*extra, 6004, message))
    }
}
