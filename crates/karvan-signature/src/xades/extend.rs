//! Making a signature last: ETSI EN 319 132-1 §5.3 to §5.5, §6.
//!
//! Every step puts unsigned properties after those that are there; no other octet of the document changes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karvan_text::Diagnostic;
use karvan_xml::{Canonicalization, Document, ElementBuilder, Writer};

use super::imprint;
use super::namespaces::{XADES, XADES_141};
use super::read::Qualifying;
use super::values::ValidationData;
use crate::Intact;
use crate::timestamp::Token;
use crate::xml::namespaces::SIGNATURE;
use crate::xml::sign::insert;
use crate::xml::structure::finding;
use karvan_text::Message;

/// A signature to which something is to be added so that it lasts.
#[derive(Debug)]
pub struct Extension<'d> {
    qualifying: Qualifying<'d>,
    intact: &'d Intact,
}

impl<'d> Extension<'d> {
    /// The signature in `document` that was found `intact`.
    ///
    /// # Errors
    /// It has no qualifying properties, or they are not sound.
    pub fn of(document: &'d Document, intact: &'d Intact) -> Result<Self, Box<Diagnostic>> {
        let root = document.root();
        let signature = document.find(intact.path()).filter(|element| element.is(SIGNATURE, "Signature"));
        let qualifying = signature.map(Qualifying::of).transpose()?.flatten();
        let qualifying = qualifying.ok_or_else(|| finding(root, 6101, Message::new("xades-none")))?;
        Ok(Self { qualifying, intact })
    }

    /// What a timestamp that proves the age of the signature is over (level B-T).
    ///
    /// # Errors
    /// There is no canonical form.
    pub fn signature_octets(&self) -> Result<Vec<u8>, Box<Diagnostic>> {
        let mut octets = Vec::new();
        imprint::write_signature_value(&self.qualifying, &form(), &mut octets)?;
        Ok(octets)
    }

    /// What a timestamp that proves the age of everything there is over (level B-LTA).
    ///
    /// # Errors
    /// There is no canonical form.
    pub fn archive_octets(&self) -> Result<Vec<u8>, Box<Diagnostic>> {
        let mut octets = Vec::new();
        imprint::write_archive(&self.qualifying, self.intact.covered(), &form(), &mut octets)?;
        Ok(octets)
    }

    /// The document with a timestamp over [`Self::signature_octets`]: level B-T.
    #[must_use]
    pub fn with_signature_timestamp(&self, token: &Token) -> Vec<u8> {
        self.with(vec![timestamp(ElementBuilder::new(XADES, "SignatureTimeStamp"), token)])
    }

    /// The document with the data that validates the signer's certificate, and that of the timestamps: level B-LT.
    #[must_use]
    pub fn with_values(&self, signer: &ValidationData, timestamps: &ValidationData) -> Vec<u8> {
        let mut properties = signer.elements();
        properties.extend(timestamps.for_timestamps());
        self.with(properties)
    }

    /// The document with a timestamp over [`Self::archive_octets`]: level B-LTA.
    #[must_use]
    pub fn with_archive_timestamp(&self, token: &Token) -> Vec<u8> {
        self.with(vec![timestamp(ElementBuilder::new(XADES_141, "ArchiveTimeStamp"), token)])
    }

    /// The document with `properties` after the unsigned properties that there are.
    fn with(&self, properties: Vec<ElementBuilder>) -> Vec<u8> {
        let writer = Writer::new()
            .prefix("xades", XADES)
            .prefix("xades141", XADES_141)
            .prefix("ds", SIGNATURE)
            .without_declaration();
        let qualifying = self.qualifying.element;
        let source = qualifying.document().source();
        let unsigned = qualifying.child(XADES, "UnsignedProperties");
        let about_signature = unsigned.and_then(|unsigned| unsigned.child(XADES, "UnsignedSignatureProperties"));
        if let Some(parent) = about_signature {
            let written: String = properties.iter().map(|property| writer.write(property)).collect();
            return insert(source, parent, &written);
        }
        let mut list = ElementBuilder::new(XADES, "UnsignedSignatureProperties");
        for property in properties {
            list.push(property);
        }
        match unsigned {
            // It may hold properties of content, which come after those of the signature.
            Some(parent) => match parent.elements().next() {
                Some(next) => [
                    &source[..offset(next.span().start)],
                    writer.write(&list).as_bytes(),
                    &source[offset(next.span().start)..],
                ]
                .concat(),
                None => insert(source, parent, &writer.write(&list)),
            },
            None => {
                let mut unsigned = ElementBuilder::new(XADES, "UnsignedProperties");
                unsigned.push(list);
                insert(source, qualifying, &writer.write(&unsigned))
            }
        }
    }
}

fn offset(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// The canonical form of what is stamped.
fn form() -> Canonicalization {
    Canonicalization::exclusive()
}

fn timestamp(mut element: ElementBuilder, token: &Token) -> ElementBuilder {
    element.push_element(SIGNATURE, "CanonicalizationMethod").set_attribute("Algorithm", form().identifier());
    element.push_element(XADES, "EncapsulatedTimeStamp").push_text(STANDARD.encode(token.der()));
    element
}
