//! What an AUTACK says about other structures (ISO 9735-6 §5).

use karvan_text::{Message, Span};

use super::Which;
use super::groups::Verification;
use super::value::{Checked, Refusal, Subjected};
use crate::edifact::code::Scope;
use crate::edifact::references::{Referenced, ReferencedValue, Unresolved};
use crate::edifact::structure::{Level, PlacedHeader, Structure};

impl Verification<'_> {
    /// What the AUTACK at `index` says about others. Signatures from `signed` on are its own.
    pub(super) fn references(&mut self, index: usize, structure: &Structure, signed: usize) {
        let own = signed..self.signatures.len();
        for referenced in Referenced::all(self.source.structures.octets(), structure) {
            let path = referenced.path();
            if referenced.values().is_empty() {
                let message = Message::new("autack-no-value").with("structure", &path);
                self.tell(Which::Source, referenced.span(), 6208, message);
            }
            for value in referenced.values() {
                if !value.error_code().is_empty() {
                    let message =
                        Message::new("autack-refused").with("structure", &path).with("code", value.error_code());
                    self.tell(Which::Source, value.span, 6223, message).help("help-autack-refused");
                    continue;
                }
                let reference = value.reference().into_owned();
                let header = structure.headers.iter().find(|header| header.group.reference() == reference);
                let service =
                    header.and_then(|header| header.group.service()).filter(|service| service.is_for_references());
                let (Some(header), Some(service)) = (header, service) else {
                    let message =
                        Message::new("autack-no-header").with("reference", reference).with("structure", &path);
                    self.tell(Which::Source, value.span, 6203, message);
                    continue;
                };
                let checked = match self.reference(index, header, &referenced, value) {
                    Ok(checked) => checked,
                    Err(refusal) => {
                        self.refuse(*refusal);
                        continue;
                    }
                };
                let scope = checked.digested.scope;
                if checked.signer.is_some() {
                    self.accept(index, header, service, scope, checked);
                    continue;
                }
                // A digest is worth what the signature over the AUTACK is worth that holds it.
                let said = [referenced.span(), value.span];
                let mut believed = false;
                for signature in &mut self.signatures[own.clone()] {
                    let spans: Vec<_> = signature.covered.first().into_iter().flat_map(|part| &part.spans).collect();
                    let covers =
                        |said: &Span| spans.iter().any(|part| part.start <= said.start && said.end <= part.end);
                    if said.iter().all(covers) {
                        signature.covered.push(checked.digested.clone());
                        believed = true;
                    }
                }
                if !believed {
                    self.unsigned.push(checked.digested);
                }
            }
        }
    }

    /// The value that an AUTACK gives for another structure.
    fn reference(
        &self,
        index: usize,
        header: &PlacedHeader,
        referenced: &Referenced,
        value: &ReferencedValue,
    ) -> Result<Checked, Box<Refusal>> {
        let path = referenced.path();
        let refusal = |number, message: Message| Refusal::new(value.span, number, message.with("structure", &path));
        let found =
            self.content.iter().chain([&self.source]).map(|subject| (subject, referenced.resolve(&subject.structures)));
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|(_, resolved)| resolved == &Err(Unresolved::Missing));
        let (subject, target) = match found.into_iter().next() {
            Some((subject, Ok(target))) => (subject, target),
            Some((_, Err(Unresolved::Ambiguous))) => return Err(refusal(6213, Message::new("autack-ambiguous"))),
            Some((_, Err(Unresolved::Differs(element)))) => {
                return Err(refusal(6214, Message::new("autack-differs").with("element", element)));
            }
            _ => return Err(refusal(6213, Message::new("autack-missing")).with_help("help-autack-missing")),
        };
        let structure = &subject.structures.all()[target];
        if structure.trailer_span.is_none() {
            return Err(refusal(6203, Message::new("security-unclosed")));
        }
        let own = &self.source.structures.all()[index];
        if subject.which == Which::Source
            && structure.span.start <= own.span.start
            && own.span.end <= structure.span.end
        {
            return Err(refusal(6207, Message::new("autack-of-itself")));
        }
        let scope = match header.group.scope() {
            Some(Scope::BatchMessage) if structure.level == Level::Message => Scope::BatchMessage,
            Some(Scope::Whole) => Scope::Whole,
            _ => {
                let message = Message::new("autack-scope").with("code", header.group.scope_code());
                return Err(refusal(6207, message).with_help("help-security-scope"));
            }
        };
        self.check(&Subjected {
            home: (&self.source, index),
            header,
            value: (&value.record, 1, value.span),
            target: (subject, target),
            spans: vec![structure.span],
            scope,
        })
    }
}
