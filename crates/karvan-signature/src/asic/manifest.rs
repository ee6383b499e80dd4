//! The manifest of ASiC-E with CAdES: EN 319 162-1 annex A.4.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karvan_xml::{Document, Element, ElementBuilder, Limits, Writer};

use super::create::File;
use crate::{DigestAlgorithm, digest_algorithm, digest_identifier};

/// The namespace of manifests and of the root of XML signatures (EN 319 162-1 annex A).
pub(super) const ASIC: &str = "http://uri.etsi.org/02918/v1.2.1#";
const XMLDSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// A manifest, read.
pub(super) struct Manifest {
    /// The name of the file that holds the signature over it.
    pub(super) signature: String,
    /// What is listed.
    pub(super) files: Vec<Listed>,
}

/// A file that a manifest lists.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) digest: DigestAlgorithm,
    pub(super) value: Vec<u8>,
}

impl Manifest {
    /// Reads one; what is wrong with it in words where it cannot be read.
    pub(super) fn read(octets: &[u8], limits: &Limits) -> Result<Self, String> {
        let document = Document::parse(octets, limits)
            .map_err(|error| error.into_diagnostic().message.text(karvan_text::Language::English))?;
        let root = document.root();
        if !root.is(ASIC, "ASiCManifest") {
            return Err(format!("{} is no ASiCManifest", root.qualified_name()));
        }
        let signature = root.child(ASIC, "SigReference").and_then(uri).ok_or("it refers to no signature")?;
        let references = root.elements().filter(|element| element.is(ASIC, "DataObjectReference"));
        let files = references.map(Listed::read).collect::<Result<Vec<_>, _>>()?;
        if files.is_empty() {
            return Err("it lists no file".to_owned());
        }
        Ok(Self { signature, files })
    }

    /// Writes the manifest of `files`, signed in the file `signature`.
    pub(super) fn write(files: &[File<'_>], signature: &str, digest: DigestAlgorithm) -> Vec<u8> {
        let mut root = ElementBuilder::new(ASIC, "ASiCManifest");
        let reference = root.push_element(ASIC, "SigReference");
        reference.set_attribute("URI", signature);
        reference.set_attribute("MimeType", "application/x-pkcs7-signature");
        for file in files {
            let reference = root.push_element(ASIC, "DataObjectReference");
            reference.set_attribute("URI", escaped(file.name));
            if let Some(media_type) = file.media_type {
                reference.set_attribute("MimeType", media_type);
            }
            reference.push_element(XMLDSIG, "DigestMethod").set_attribute("Algorithm", digest_identifier(digest));
            let value = STANDARD.encode(digest.digest(file.octets).as_ref());
            reference.push_element(XMLDSIG, "DigestValue").push_text(value);
        }
        let writer = Writer::new().prefix("asic", ASIC).prefix("ds", XMLDSIG);
        writer.write(&root).into_bytes()
    }
}

impl Listed {
    fn read(reference: Element<'_>) -> Result<Self, String> {
        let name = uri(reference).ok_or("a reference names no file")?;
        let field = |field: &str| reference.child(XMLDSIG, field).ok_or_else(|| format!("{name} has no {field}"));
        let algorithm = field("DigestMethod")?.attribute("Algorithm").unwrap_or_default().to_owned();
        let digest = digest_algorithm(&algorithm).ok_or_else(|| format!("{algorithm} is not supported"))?;
        if !digest.legacy().is_empty() {
            return Err(format!("{digest} proves nothing today"));
        }
        let value = field("DigestValue")?.text().split_ascii_whitespace().collect::<String>();
        let value = STANDARD.decode(value).map_err(|_| format!("the digest of {name} is not base64"))?;
        Ok(Self { name, digest, value })
    }
}

/// The file that an element refers to.
fn uri(element: Element<'_>) -> Option<String> {
    element.attribute("URI").map(unescaped).filter(|name| !name.is_empty())
}

/// A name as a relative reference (RFC 3986 §3.3).
fn escaped(name: &str) -> String {
    name.bytes().fold(String::new(), |mut uri, octet| {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(octet.into()),
            _ => uri.push_str(&format!("%{octet:02X}")),
        }
        uri
    })
}

/// The name that a relative reference means.
pub(super) fn unescaped(uri: &str) -> String {
    let mut octets = Vec::with_capacity(uri.len());
    let mut rest = uri.strip_prefix("./").unwrap_or(uri).as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        let code = if *first == b'%' { digit(0).zip(digit(1)) } else { None };
        octets.push(code.map_or(*first, |(high, low)| (high * 16 + low) as u8));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(octets).unwrap_or_else(|_| uri.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_as_it_is_written() {
        let files = [
            File { name: "صورتحساب ۱.edi", octets: b"UNB+", media_type: Some("application/EDIFACT") },
            File { name: "a/b%.xml", octets: b"<a/>", media_type: None },
        ];
        let written = Manifest::write(&files, "META-INF/signature001.p7s", DigestAlgorithm::Sha384);
        let read = Manifest::read(&written, &Limits::default()).unwrap();
        assert_eq!(read.signature, "META-INF/signature001.p7s");
        for (listed, file) in read.files.iter().zip(files) {
            assert_eq!(listed.name, file.name);
            assert_eq!(listed.value, DigestAlgorithm::Sha384.digest(file.octets).as_ref());
        }
        assert!(Manifest::read(b"<ASiCManifest/>", &Limits::default()).is_err());
    }
}
