//! The relationships transform of Open Packaging: ECMA-376-2 (2006) §12.2.4.26, later §13.2.4.24.

use karvan_xml::{Document, Element};

use super::namespaces::PACKAGE_SIGNATURE;

/// The namespace of relationships.
const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";

/// Which relationships of a part are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Relationships {
    ids: Vec<String>,
    types: Vec<String>,
}

impl Relationships {
    /// Reads what the Transform `element` names; none if that is nothing, or something else.
    pub(super) fn read(element: Element<'_>) -> Option<Self> {
        let mut kept = Self::default();
        for child in element.elements() {
            if child.is(PACKAGE_SIGNATURE, "RelationshipReference") {
                kept.ids.push(child.attribute("SourceId")?.to_owned());
            } else if child.is(PACKAGE_SIGNATURE, "RelationshipsGroupReference") {
                kept.types.push(child.attribute("SourceType")?.to_owned());
            } else {
                return None;
            }
        }
        (kept != Self::default()).then_some(kept)
    }

    /// The part with those relationships alone, in the order of their identifiers, and nothing between them; none if
    /// `document` is no such part.
    pub(super) fn keep(&self, document: &Document) -> Option<Vec<u8>> {
        let root = document.root();
        if !root.is(RELATIONSHIPS, "Relationships") {
            return None;
        }
        let is_in = |values: &[String], value: Option<&str>| values.iter().any(|known| Some(known.as_str()) == value);
        let mut kept: Vec<_> = root
            .children_named(RELATIONSHIPS, "Relationship")
            .filter(|one| is_in(&self.ids, one.attribute("Id")) || is_in(&self.types, one.attribute("Type")))
            .collect();
        kept.sort_by_key(|one| one.attribute("Id").map(str::to_owned));
        let mut part = start_tag(root, "");
        for one in kept {
            let default = if one.attribute("TargetMode").is_none() { " TargetMode=\"Internal\"" } else { "" };
            part.extend(start_tag(one, default));
            part.extend(end_tag(one));
        }
        part.extend(end_tag(root));
        Some(part)
    }
}

/// The start tag as it stands there, with another attribute.
fn start_tag(element: Element<'_>, attribute: &str) -> Vec<u8> {
    let tag = element.start_tag_span().slice(element.document().source());
    let tag = tag.strip_suffix(b"/>").or_else(|| tag.strip_suffix(b">")).unwrap_or(tag);
    [tag, attribute.as_bytes(), b">"].concat()
}

fn end_tag(element: Element<'_>) -> Vec<u8> {
    format!("</{}>", element.qualified_name()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use karvan_xml::Limits;

    fn read(source: &str) -> Document {
        Document::parse(source, &Limits::default()).unwrap()
    }

    fn kept(transform: &str, part: &str) -> Option<String> {
        let source = format!("<t xmlns:d='{PACKAGE_SIGNATURE}'>{transform}</t>");
        let kept = Relationships::read(read(&source).root())?.keep(&read(part))?;
        Some(String::from_utf8(kept).unwrap())
    }

    #[test]
    fn relationships_are_chosen_and_ordered() {
        let part = format!(
            "<Relationships xmlns='{RELATIONSHIPS}'>\n <Relationship Id='c' Type='t' Target='1'> </Relationship>\
             <Relationship Id='b' Type='u' Target='2' TargetMode='External'/><!-- --><Relationship Id='a' Type='t' Target='3'/>\
             <x:Relationship xmlns:x='urn:x' Id='b'/></Relationships>"
        );
        let expected = format!(
            "<Relationships xmlns='{RELATIONSHIPS}'><Relationship Id='a' Type='t' Target='3' TargetMode=\"Internal\">\
             </Relationship><Relationship Id='b' Type='u' Target='2' TargetMode='External'></Relationship></Relationships>"
        );
        let references = "<d:RelationshipReference SourceId='b'/><d:RelationshipReference SourceId='a'/>";
        assert_eq!(kept(references, &part), Some(expected));
        let group = kept("<d:RelationshipsGroupReference SourceType='t'/>", &part).unwrap();
        assert!(group.find("Id='a'") < group.find("Id='c'") && !group.contains("Id='b'"), "{group}");
    }

    #[test]
    fn what_names_nothing_or_is_no_part_is_refused() {
        assert_eq!(kept("", "<a/>"), None);
        assert_eq!(kept("<d:Other/>", "<a/>"), None);
        assert_eq!(kept("<d:RelationshipReference SourceId='b'/>", "<a/>"), None);
    }
}
