//! What a timestamp is about, octet by octet: ETSI EN 319 132-1 §5.2.8, §5.3, §5.5.2, Annex A.1.5.

use std::io::Write;

use karvan_text::Message;
use karvan_xml::{Canonicalization, Element, Subset};

use super::namespaces::XADES;
use super::read::{Qualifying, TimeStampKind, TimeStampProperty, UnsignedKind};
use crate::xml::Covered;
use crate::xml::namespaces::SIGNATURE;
use crate::xml::reference::element_with_id;
use crate::xml::structure::{Finding, finding};

/// Writes what `timestamp` is about to `sink`, to be digested. `position` is its index among the unsigned properties: it
/// covers what stands before it.
pub(super) fn write(
    qualifying: &Qualifying<'_>,
    covered: &[Covered],
    timestamp: &TimeStampProperty<'_>,
    position: usize,
    sink: &mut impl Write,
) -> Result<(), Finding> {
    let mut imprint = Imprint { qualifying, covered, form: &timestamp.canonicalization, sink };
    let is_before = |kinds: &'static [UnsignedKind]| {
        let before = qualifying.unsigned.iter().take(position);
        before.filter(move |property| kinds.contains(&property.kind)).map(|property| property.element)
    };
    match timestamp.kind {
        // §5.2.8.1: all that is signed, but not the SignedProperties, which the timestamp stands in.
        TimeStampKind::AllDataObjects => imprint.content(|_| true),
        // §5.2.8.2: what the References do that are included.
        TimeStampKind::IndividualDataObjects => {
            let included = qualifying.references(&timestamp.includes)?;
            imprint.content(|covered| included.contains(&covered.index))
        }
        // §5.3: the SignatureValue.
        TimeStampKind::Signature => imprint.children(&["SignatureValue"]),
        // Annex A.1.5.1: the SignatureValue, its timestamps and the references to validation data.
        TimeStampKind::SignatureAndReferences => {
            imprint.children(&["SignatureValue"])?;
            is_before(&[
                UnsignedKind::TimeStamp(TimeStampKind::Signature),
                UnsignedKind::CertificateReferences,
                UnsignedKind::RevocationReferences,
                UnsignedKind::AttributeReferences,
            ])
            .try_for_each(|element| imprint.element(element))
        }
        // Annex A.1.5.2: the references to validation data.
        TimeStampKind::ReferencesOnly => is_before(&[
            UnsignedKind::CertificateReferences,
            UnsignedKind::RevocationReferences,
            UnsignedKind::AttributeReferences,
        ])
        .try_for_each(|element| imprint.element(element)),
        TimeStampKind::Archive => imprint.archive(timestamp, position),
    }
}

/// Writes what an archive timestamp put after everything there is would be about.
pub(super) fn write_archive(
    qualifying: &Qualifying<'_>,
    covered: &[Covered],
    form: &Canonicalization,
    sink: &mut impl Write,
) -> Result<(), Finding> {
    let mut imprint = Imprint { qualifying, covered, form, sink };
    imprint.signature()?;
    qualifying.unsigned.iter().try_for_each(|property| imprint.element(property.element))?;
    imprint.objects(Objects::All)
}

/// Writes what a signature timestamp is about.
pub(super) fn write_signature_value(
    qualifying: &Qualifying<'_>,
    form: &Canonicalization,
    sink: &mut impl Write,
) -> Result<(), Finding> {
    Imprint { qualifying, covered: &[], form, sink }.children(&["SignatureValue"])
}

impl Qualifying<'_> {
    /// The indices, from 1, of the References that the URIs name.
    fn references(&self, uris: &[&str]) -> Result<Vec<usize>, Finding> {
        let signed_info = self.signature.child(SIGNATURE, "SignedInfo");
        let references = || signed_info.into_iter().flat_map(|info| info.children_named(SIGNATURE, "Reference"));
        let position = |uri: &&str| {
            let index = references()
                .position(|reference| reference.attribute("Id").is_some_and(|id| uri.strip_prefix('#') == Some(id)));
            index.map(|index| index + 1).ok_or_else(|| unresolved(self.element, uri))
        };
        uris.iter().map(position).collect()
    }
}

/// Which Objects an archive timestamp is over by themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Objects {
    All,
    /// Those that no Reference is to: ETSI TS 101 903 V1.3.2 §7.7.
    Unsigned,
}

struct Imprint<'i, 'd, W> {
    qualifying: &'i Qualifying<'d>,
    covered: &'i [Covered],
    form: &'i Canonicalization,
    sink: &'i mut W,
}

impl<'d, W: Write> Imprint<'_, 'd, W> {
    /// §5.5.2.2, and §5.5.2.3 where properties that stand elsewhere are included.
    fn archive(&mut self, timestamp: &TimeStampProperty<'d>, position: usize) -> Result<(), Finding> {
        self.signature()?;
        if timestamp.includes.is_empty() {
            // Step 4: the unsigned properties before it.
            let qualifying = self.qualifying;
            qualifying.unsigned.iter().take(position).try_for_each(|property| self.element(property.element))?;
        } else {
            for uri in &timestamp.includes {
                let id = uri.strip_prefix('#').unwrap_or_default();
                let element = element_with_id(timestamp.element.document(), id)
                    .map_err(|_| unresolved(timestamp.element, uri))?;
                self.element(element)?;
            }
        }
        self.objects(if timestamp.element.is(XADES, "ArchiveTimeStamp") { Objects::Unsigned } else { Objects::All })
    }

    /// Steps 2 and 3: what the References cover, SignedInfo, SignatureValue, KeyInfo.
    fn signature(&mut self) -> Result<(), Finding> {
        self.covered.iter().try_for_each(|covered| self.octets(covered.octets()))?;
        self.children(&["SignedInfo", "SignatureValue", "KeyInfo"])
    }

    /// Step 5: the Objects, except the one of the qualifying properties.
    fn objects(&mut self, which: Objects) -> Result<(), Finding> {
        let qualifying = self.qualifying;
        let is_meant = |object: &Element<'_>| match (which, object.attribute("Id")) {
            (Objects::Unsigned, Some(id)) => {
                !self.covered.iter().any(|covered| covered.uri.strip_prefix('#') == Some(id))
            }
            _ => true,
        };
        let objects = qualifying.signature.children_named(SIGNATURE, "Object");
        let meant: Vec<_> =
            objects.filter(|object| !object.contains(qualifying.element.id()) && is_meant(object)).collect();
        meant.into_iter().try_for_each(|object| self.element(object))
    }

    /// What those References cover that are about content.
    fn content(&mut self, is_meant: impl Fn(&Covered) -> bool) -> Result<(), Finding> {
        let mut meant = self.covered.iter().filter(|covered| !covered.is_properties() && is_meant(covered));
        meant.try_for_each(|covered| self.octets(covered.octets()))
    }

    /// The children of the Signature with these names, in this order.
    fn children(&mut self, names: &[&str]) -> Result<(), Finding> {
        let signature = self.qualifying.signature;
        let mut children = names.iter().filter_map(|name| signature.child(SIGNATURE, name));
        children.try_for_each(|child| self.element(child))
    }

    fn element(&mut self, element: Element<'d>) -> Result<(), Finding> {
        let written = self.form.write(Subset::element(element), self.sink);
        written.map_err(|error| finding(element, 6016, Message::new("signature-canonical").with("detail", error)))
    }

    fn octets(&mut self, octets: &[u8]) -> Result<(), Finding> {
        self.sink.write_all(octets).map_err(|error| {
            finding(self.qualifying.element, 6016, Message::new("signature-canonical").with("detail", error))
        })
    }
}

fn unresolved(element: Element<'_>, uri: &str) -> Finding {
    finding(element, 6109, Message::new("xades-include").with("uri", uri))
}
