//! Documents made of a grammar: of what must be there alone, and of everything that may be.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use karvan_schema::xml::{
    AttributeUse, Content, Datatype, ElementDeclaration, Grammar, INSTANCE_NAMESPACE, Particle, Process, SimpleType,
    Term, TypeDefinition, Variety,
};
use karvan_xml::XML_NAMESPACE;

/// How much stands in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// What must be there.
    Minimal,
    /// Everything once: each type in full where it comes first. Of a choice, the branch of this number.
    Full(usize),
}

impl Extent {
    /// Those that are made for each document element.
    pub(super) const ALL: [(&'static str, Self); 3] =
        [("minimal", Self::Minimal), ("full", Self::Full(0)), ("other", Self::Full(1))];
}

/// The deepest document that is made: what must be there cannot be without end.
const DEEPEST: usize = 60;

/// A document of `grammar` with `root` as its document element; none where a value is asked for that none of ours is.
pub(super) fn instance(grammar: &Grammar, root: ElementDeclaration<'_>, extent: Extent) -> Result<String, String> {
    let mut maker =
        Maker { grammar, extent, prefixes: BTreeMap::new(), full: HashSet::new(), ids: 0, body: String::new() };
    maker.element(root, 0, true)?;
    // The namespaces are known now; they are declared at the document element.
    let mut declarations = String::new();
    for (namespace, prefix) in &maker.prefixes {
        let _ = write!(declarations, " xmlns:{prefix}=\"{}\"", escaped(namespace));
    }
    let end = maker.body.find([' ', '>', '/']).ok_or("no element")?;
    maker.body.insert_str(end, &declarations);
    Ok(maker.body)
}

struct Maker<'g> {
    grammar: &'g Grammar,
    extent: Extent,
    prefixes: BTreeMap<String, String>,
    /// The types that stand in the document in full, by namespace and name.
    full: HashSet<(&'g str, &'g str)>,
    ids: usize,
    body: String,
}

type Made = Result<(), String>;

impl<'g> Maker<'g> {
    /// `name` with the prefix of its namespace.
    fn qualified(&mut self, namespace: &str, name: &str) -> String {
        if namespace.is_empty() {
            return name.to_owned();
        }
        if namespace == XML_NAMESPACE {
            return format!("xml:{name}");
        }
        let next = format!("n{}", self.prefixes.len());
        let prefix = self.prefixes.entry(namespace.to_owned()).or_insert(next);
        format!("{prefix}:{name}")
    }

    fn element(&mut self, element: ElementDeclaration<'g>, depth: usize, wanted: bool) -> Made {
        if depth > DEEPEST {
            return Err(format!("{} must stand in itself", element.name()));
        }
        let declared = element.definition();
        let definition = match declared.is_abstract() {
            false => declared,
            true => {
                let derived = self.grammar.definitions().find(|one| !one.is_abstract() && one.derives_from(declared));
                derived.ok_or_else(|| format!("{} is abstract", element.name()))?
            }
        };
        // A type in full within itself would have no end, and one in full at each place a very far one.
        let new = definition.name().is_none_or(|name| !self.full.contains(&(definition.namespace(), name)));
        let is_full = wanted && new && self.extent != Extent::Minimal;
        if let (true, Some(name)) = (is_full, definition.name()) {
            self.full.insert((definition.namespace(), name));
        }
        let name = self.qualified(element.namespace(), element.name());
        let _ = write!(self.body, "<{name}");
        if definition != declared {
            let given = self.qualified(definition.namespace(), definition.name().unwrap_or_default());
            let attribute = self.qualified(INSTANCE_NAMESPACE, "type");
            let _ = write!(self.body, " {attribute}=\"{given}\"");
        }
        for attribute in definition.attributes() {
            self.attribute(attribute, is_full)?;
        }
        self.body.push('>');
        match definition.content() {
            Content::Empty | Content::Mixed(None) => {}
            Content::Simple(value) => {
                let text = self.value(value, element.fixed()).ok_or_else(|| no_value(element.name(), value))?;
                self.body += &escaped(&text);
            }
            Content::Elements(part) | Content::Mixed(Some(part)) => self.particle(part, definition, depth, is_full)?,
        }
        let _ = write!(self.body, "</{name}>");
        Ok(())
    }

    fn attribute(&mut self, attribute: AttributeUse<'g>, is_full: bool) -> Made {
        // What an IDREF refers to would have to be there.
        let refers = matches!(attribute.value().datatype(), Datatype::Idref | Datatype::Idrefs);
        if !attribute.is_required() && (!is_full || refers) {
            return Ok(());
        }
        let text = self.value(attribute.value(), attribute.fixed());
        let text = text.ok_or_else(|| no_value(attribute.name(), attribute.value()))?;
        let name = self.qualified(attribute.namespace(), attribute.name());
        let _ = write!(self.body, " {name}=\"{}\"", escaped(&text));
        Ok(())
    }

    fn particle(&mut self, part: Particle<'g>, within: TypeDefinition<'g>, depth: usize, is_full: bool) -> Made {
        let times = part.minimum().max(u32::from(is_full && part.maximum() != Some(0)));
        for _ in 0..times {
            match part.term() {
                Term::Element(element) => self.element(element, depth + 1, is_full)?,
                Term::Sequence(parts) | Term::All(parts) => {
                    parts.iter().try_for_each(|part| self.particle(part, within, depth, is_full))?;
                }
                Term::Choice(parts) => {
                    let branches: Vec<_> = parts.iter().collect();
                    let wanted = match self.extent {
                        Extent::Full(number) if is_full => number,
                        _ => 0,
                    };
                    // The branch may be one without end; another is taken then.
                    let begin = (self.body.len(), self.full.clone());
                    let mut made = Err(format!("{}: an empty choice", within.name().unwrap_or_default()));
                    for turn in 0..branches.len() {
                        made = self.particle(branches[(wanted + turn) % branches.len()], within, depth, is_full);
                        if made.is_ok() {
                            break;
                        }
                        self.body.truncate(begin.0);
                        self.full.clone_from(&begin.1);
                    }
                    made?;
                }
                Term::Any(wildcard) if wildcard.process() == Process::Strict => {
                    let mut known = self.grammar.elements().filter(|element| wildcard.allows(element.namespace()));
                    if let Some(element) = known.find(|element| !element.is_abstract()) {
                        self.element(element, depth + 1, false)?;
                    }
                }
                Term::Any(wildcard) if wildcard.allows("urn:example:any") => {
                    self.body += "<any xmlns=\"urn:example:any\"/>";
                }
                Term::Any(_) => {}
            }
        }
        Ok(())
    }

    /// A value of this type.
    fn value(&mut self, value: SimpleType<'_>, fixed: Option<&str>) -> Option<String> {
        if let Some(fixed) = fixed {
            return Some(fixed.to_owned());
        }
        let listed = value.enumeration();
        let number = match self.extent {
            Extent::Full(number) => number,
            Extent::Minimal => 0,
        };
        if !listed.is_empty() {
            let turned = listed.iter().cycle().skip(number * 7).take(listed.len());
            return turned.copied().find(|text| value.check(text).is_ok()).map(str::to_owned);
        }
        let of_parts = match value.variety() {
            Variety::Atomic => None,
            Variety::List(item) => self.value(item, None),
            Variety::Union(members) => members.into_iter().find_map(|member| self.value(member, None)),
        };
        if let Some(text) = of_parts.filter(|text| value.check(text).is_ok()) {
            return Some(text);
        }
        if value.datatype() == Datatype::Id {
            self.ids += 1;
            return Some(format!("id{}", self.ids));
        }
        let known = SAMPLES.iter().cycle().skip(number * 3).take(SAMPLES.len()).map(ToString::to_string);
        let long = (1..=140).flat_map(|length| ["A", "1"].map(|letter| letter.repeat(length)));
        known.chain(long).find(|text| value.check(text).is_ok())
    }
}

/// Texts of which each datatype takes some.
const SAMPLES: [&str; 32] = [
    "Text",
    "1",
    "2026-11-22",
    "A1",
    "true",
    "12.50",
    "2026-11-22T09:30:00Z",
    "09:30:00",
    "2026",
    "--11",
    "P1D",
    "AA==",
    "de",
    "urn:x:y",
    "0",
    "-1",
    "1.0",
    "0.5",
    "DE",
    "EUR",
    "KGM",
    "2026-11-22Z",
    "2026-11",
    "00",
    "12345678",
    "a@b.example",
    "+49 30 1",
    "202611220930+0100",
    "20261122",
    "--11-22",
    "0AFF",
    "123e4567-e89b-12d3-a456-426614174000",
];

fn no_value(name: &str, value: SimpleType<'_>) -> String {
    format!("no text of ours is a value of {name} ({})", value.name().unwrap_or("without a name"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
