//! Groups that are told by one text: a note and its subject code.

use karvan_model::{Group, TermId};

use super::{Context, Repetition, Writer};
use crate::lens::with_code;
use crate::table::Row;

impl<'w> Writer<'w, '_> {
    /// Writes a group whose two members `code` and `text` its own text tells; others have places below it.
    pub(super) fn told_together(
        &mut self,
        row: &'w Row,
        (code, text): (TermId, TermId),
        group: &'w Group,
        at: usize,
        which: Repetition<'w>,
    ) {
        let told = group.leaf(text).and_then(|text| {
            let code = group.leaf(code).map(|code| code.value.text());
            with_code(code.as_deref(), &text.value.text())
        });
        let made = told.ok_or_else(|| self.other_meaning());
        let made = made.and_then(|told| {
            let node = self.make_in(&row.places[0], at, true)?;
            self.set(node, told.into()).map(|()| node)
        });
        match made {
            Ok(node) => {
                let place = Some(&row.places[0]);
                self.contexts.push(Context { parent: at, place, repetition: which, ..Context::at(node, group) });
                self.rows(&row.members, group, self.contexts.len() - 1, None);
                self.contexts.pop();
            }
            // They qualify the text.
            Err(reason) => group.children.iter().for_each(|member| self.lose(member, &reason)),
        }
    }
}

#[cfg(test)]
mod tests {
    use karvan_model::{Document, DocumentType, json};
    use karvan_xml::{Document as XmlDocument, Limits};

    use crate::read::{Purpose, read};
    use crate::report::{Entry, LossReport};
    use crate::table::{Syntax, Table};
    use crate::{write::write, xml};

    /// Dimensions of an order have five members: a code, a text, and three numbers, one of which has no place here.
    const TABLE: &str = r#"
        title = "test"
        xml.target = "ubl"
        xml.root = "Order"
        xml.grammar = "ubl-2.1"
        xml.namespaces."" = "urn:oasis:names:specification:ubl:schema:xsd:Order-2"
        xml.namespaces.cac = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
        xml.namespaces.cbc = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
        rows = [
            { term = "lines", path = "/cac:OrderLine/cac:LineItem" },
            { term = "lines.item", path = "." },
            { term = "lines.item.dimensions", path = "cbc:Note", lens = "code-and-text" },
            { term = "lines.item.dimensions.measure", path = "@languageID" },
            { term = "lines.item.dimensions.minimum", path = "@languageLocaleID" },
        ]
    "#;

    fn through(dimensions: &str) -> (String, Document, LossReport) {
        let table = Table::parse(DocumentType::named("order").unwrap(), TABLE).unwrap();
        let source =
            format!(r#"{{"document":"order","version":1,"lines":[{{"item":{{"dimensions":[{dimensions}]}}}}]}}"#);
        let document = json::read(&source).unwrap().document;
        let Syntax::Xml(syntax) = table.syntax() else { panic!("a table of XML") };
        let written = write(&table, &document, table.grammar().unwrap());
        let text = xml::document(&table, syntax, &written);
        let again = XmlDocument::parse(text.as_bytes(), &Limits::default()).unwrap();
        let (back, told) = read(&table, xml::tree(&table, syntax, again.root()), Purpose::Convert);
        assert!(told.lost.is_empty(), "{:?}", told.lost);
        (text.clone(), back, written.report)
    }

    fn values(document: &Document) -> Vec<String> {
        document.leaves().map(|leaf| leaf.value.text().into_owned()).collect()
    }

    fn lost(report: &LossReport) -> Vec<&str> {
        report.lost.iter().map(|entry: &Entry| &*entry.value).collect()
    }

    #[test]
    fn members_beside_code_and_text_have_places_of_their_own() {
        let (text, back, report) =
            through(r#"{"attributeCode":"AAA","measure":"7","description":"height","minimum":"5","maximum":"9"}"#);
        assert!(text.contains(r##"<cbc:Note languageID="7" languageLocaleID="5">#AAA#height</cbc:Note>"##), "{text}");
        assert_eq!(values(&back), ["AAA", "7", "height", "5"]);
        assert_eq!(lost(&report), ["9"], "told once, and alone");
    }

    #[test]
    fn what_goes_with_a_text_that_cannot_be_told_is_lost_with_it() {
        let (text, back, report) = through(r##"{"attributeCode":"A","measure":"7","description":"x","maximum":"9"}"##);
        assert!(!text.contains("Note"), "{text}");
        assert_eq!((values(&back).len(), lost(&report)), (0, vec!["A", "7", "x", "9"]));
    }
}
