//! Schema documents in memory, as [`compile`](super::compile) asks for them.

use std::collections::{BTreeMap, BTreeSet};

use karvan_text::Language;
use karvan_xml::{Document, Limits, XML_NAMESPACE};

use super::SCHEMA_NAMESPACE;
use super::compiler::Library;

/// Schema documents by their paths, with `/` between names. What a document names is looked for among them and nowhere
/// else: nothing is opened, and nothing is fetched.
///
/// A document that is named by an address, or without a location, is the one that declares the namespace.
///
/// ```
/// use karvan_schema::xml::{Collection, Grammar, Heading, compile};
///
/// let mut schemas = Collection::default();
/// let schema = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x">
///     <xs:element name="Order" type="xs:date"/></xs:schema>"#;
/// schemas.add("order.xsd", schema.into());
/// let entries = schemas.entries();
/// assert_eq!(entries, ["order.xsd"]);
/// let entries: Vec<_> = entries.iter().map(String::as_str).collect();
/// let grammar = Grammar::from_bytes(&compile(Heading::new("x", "X"), &entries, &mut schemas)?)?;
/// assert!(grammar.root("urn:x", "Order").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Collection {
    documents: BTreeMap<String, Held>,
}

#[derive(Clone, Debug)]
struct Held {
    octets: Vec<u8>,
    /// The target namespace, of a schema document.
    namespace: Option<String>,
}

impl Collection {
    /// Adds the document at `path`.
    pub fn add(&mut self, path: impl Into<String>, octets: Vec<u8>) {
        let octets = without_document_type(octets);
        let document = Document::parse(octets.as_slice(), &Limits::default()).ok();
        let schema = document.as_ref().map(Document::root).filter(|root| root.is(SCHEMA_NAMESPACE, "schema"));
        let namespace = schema.map(|root| root.attribute("targetNamespace").unwrap_or_default().to_owned());
        self.documents.insert(path.into(), Held { octets, namespace });
    }

    /// The paths of all documents, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.documents.keys().map(String::as_str)
    }

    /// Namespace and name of the elements that the schema document at `path` declares itself.
    #[must_use]
    pub fn elements(&self, path: &str) -> Vec<(String, String)> {
        let Some(held) = self.documents.get(path) else { return Vec::new() };
        let (Some(namespace), Ok(document)) = (&held.namespace, held.document()) else { return Vec::new() };
        let elements = document.root().children_named(SCHEMA_NAMESPACE, "element");
        let names = elements.filter_map(|element| element.attribute("name"));
        names.map(|name| (namespace.clone(), name.to_owned())).collect()
    }

    /// The paths of the schema documents that declare elements and that no other document names, sorted: those of
    /// documents that are exchanged. What is no schema document is passed over.
    #[must_use]
    pub fn entries(&self) -> Vec<String> {
        let (mut declaring, mut named) = (Vec::new(), BTreeSet::new());
        for (path, held) in self.documents.iter().filter(|(_, held)| held.namespace.is_some()) {
            let Ok(document) = held.document() else { continue };
            let root = document.root();
            if root.children_named(SCHEMA_NAMESPACE, "element").next().is_some() {
                declaring.push(path.clone());
            }
            let parts = root.elements().filter(|part| part.namespace() == SCHEMA_NAMESPACE);
            for part in parts.filter(|part| matches!(part.local_name(), "include" | "import")) {
                let namespace = part.attribute("namespace").unwrap_or_default();
                let found = self.find(Some(path), part.attribute("schemaLocation"), namespace);
                named.extend(found.filter(|found| found != path));
            }
        }
        declaring.retain(|path| !named.contains(path));
        declaring
    }

    /// The path of the document that is named so in the one at `base`.
    fn find(&self, base: Option<&str>, location: Option<&str>, namespace: &str) -> Option<String> {
        let known = |path: String| self.documents.contains_key(&path).then_some(path);
        let located = location.and_then(|location| known(resolve(base.unwrap_or_default(), location)));
        let is_local = location.is_some_and(|location| !location.contains("://"));
        if located.is_some() || is_local || namespace.is_empty() {
            return located;
        }
        let declaring = self.documents.iter().find(|(_, held)| held.namespace.as_deref() == Some(namespace));
        declaring.map(|(path, _)| path.clone())
    }
}

impl Held {
    fn document(&self) -> Result<Document, String> {
        Document::parse(self.octets.as_slice(), &Limits::default())
            .map_err(|error| error.diagnostic().message.text(Language::English))
    }
}

impl Library for Collection {
    fn open(
        &mut self,
        base: Option<&str>,
        location: Option<&str>,
        namespace: &str,
    ) -> Result<Option<(String, Document)>, String> {
        let found = self.find(base, location, namespace);
        match found.as_ref().and_then(|path| self.documents.get_key_value(path)) {
            Some((path, held)) => held.document().map(|document| Some((path.clone(), document))),
            // Every grammar knows what is declared there: xml:lang and its like.
            None if namespace == XML_NAMESPACE => Ok(None),
            None => Err("it is not among the schema documents, and nothing is fetched".to_owned()),
        }
    }
}

/// The path that `location` means in the document at `base`.
fn resolve(base: &str, location: &str) -> String {
    let mut names: Vec<&str> = base.split('/').collect();
    names.pop();
    for name in location.split(['/', '\\']) {
        match name {
            ".." => drop(names.pop()),
            "." | "" => {}
            name => names.push(name),
        }
    }
    names.join("/")
}

/// `octets` with a document type declaration overwritten by spaces, which Karvan's reader refuses and which the schema
/// of XML signatures has. Schema documents that use entities of their own are not well-formed after this.
fn without_document_type(mut octets: Vec<u8>) -> Vec<u8> {
    let find = |from: usize, wanted: &[u8], octets: &[u8]| {
        octets[from..].windows(wanted.len()).position(|window| window == wanted).map(|at| from + at)
    };
    // A comment may speak of a DOCTYPE before the one that is meant.
    let mut from = 0;
    while let Some(at) = find(from, b"<!", &octets) {
        if octets[at..].starts_with(b"<!--") {
            match find(at, b"-->", &octets) {
                Some(end) => from = end,
                None => break,
            }
        } else if octets[at..].starts_with(b"<!DOCTYPE") {
            let bracket = octets[at..].iter().position(|&octet| octet == b'[' || octet == b'>').map(|place| at + place);
            let end = match bracket {
                Some(place) if octets[place] == b'[' => {
                    find(place, b"]", &octets).and_then(|end| find(end, b">", &octets))
                }
                other => other,
            };
            if let Some(end) = end {
                octets[at..=end]
                    .iter_mut()
                    .filter(|octet| !octet.is_ascii_whitespace())
                    .for_each(|octet| *octet = b' ');
            }
            break;
        } else {
            break;
        }
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::super::{Grammar, Heading, compile};
    use super::*;

    fn schema(namespace: &str, inside: &str) -> Vec<u8> {
        format!(
            r#"<!-- <!DOCTYPE of what? --><!DOCTYPE xs:schema [<!ENTITY % p "">]><xs:schema xmlns:xs="{SCHEMA_NAMESPACE}"
                xmlns:y="urn:y" targetNamespace="{namespace}" elementFormDefault="qualified">{inside}</xs:schema>"#
        )
        .into_bytes()
    }

    #[test]
    fn documents_are_found_by_location_and_by_namespace() {
        let imports = ["schemaLocation='../common/./y.xsd'", "schemaLocation='https://keeper.example/y.xsd'", ""];
        for import in imports {
            let mut schemas = Collection::default();
            let order = format!("<xs:import namespace='urn:y' {import}/><xs:element name='Order' type='y:Text'/>");
            schemas.add("release/main/order.xsd", schema("urn:x", &order));
            let common = "<xs:simpleType name='Text'><xs:restriction base='xs:string'/></xs:simpleType>";
            let common = format!("{common}<xs:element name='Note' type='y:Text'/>");
            schemas.add("release/common/y.xsd", schema("urn:y", &common));
            schemas.add("release/notes.xml", b"<notes/>".to_vec());
            assert_eq!(schemas.entries(), ["release/main/order.xsd"]);
            let packed = compile(Heading::new("x", "X"), &["release/main/order.xsd"], &mut schemas).unwrap();
            assert!(Grammar::from_bytes(&packed).unwrap().root("urn:x", "Order").is_some());
        }
    }

    #[test]
    fn what_is_not_there_is_not_looked_for_elsewhere() {
        for location in ["/etc/passwd", "../../../etc/passwd", "file:///etc/passwd", "https://keeper.example/z.xsd"] {
            let mut schemas = Collection::default();
            let import = format!("<xs:import namespace='urn:z' schemaLocation='{location}'/><xs:element name='A'/>");
            schemas.add("a.xsd", schema("urn:x", &import));
            let error = compile(Heading::new("x", "X"), &["a.xsd"], &mut schemas).unwrap_err();
            assert!(error.to_string().contains("nothing is fetched"), "{error}");
        }
    }
}
