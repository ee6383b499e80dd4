//! Simple types: restrictions, lists and unions, and their facets (XML Schema Part 2).

use super::super::pattern::Pattern;
use super::super::{Datatype, Facet, SCHEMA_NAMESPACE, WhiteSpace};
use super::{Compiler, Kind, Name, Result, Simple, Site, attribute, number, split, unsupported};

impl<'d> Compiler<'d> {
    pub(super) fn named_simple_type(&mut self, from: Site<'d>, name: &Name) -> Result<u32> {
        if let Some(&known) = self.simple_types.get(name) {
            return Ok(known);
        }
        let index = if name.0 == SCHEMA_NAMESPACE {
            let datatype = Datatype::from_name(&name.1).ok_or_else(|| from.undefined("type", name))?;
            self.components.simple_types.push(Simple {
                namespace: name.0.clone(),
                name: Some(name.1.clone()),
                base: None,
                datatype,
                variety: 0,
                members: Vec::new(),
                facets: Vec::new(),
            });
            number(self.components.simple_types.len() - 1)
        } else {
            let site = self.find(Kind::Type, "simple type", name, from)?;
            if site.node.local_name() == "simpleType" {
                self.simple_type(site, Some(name))?
            } else {
                // A complex type with simple content, named where its value is meant.
                let (_, definition) = self.completed(from, name)?;
                definition.simple.ok_or_else(|| from.undefined("simple type", name))?
            }
        };
        self.simple_types.insert(name.clone(), index);
        Ok(index)
    }

    pub(super) fn simple_type(&mut self, site: Site<'d>, name: Option<&Name>) -> Result<u32> {
        self.within(site, |compiler| compiler.simple_type_within(site, name))
    }

    fn simple_type_within(&mut self, site: Site<'d>, name: Option<&Name>) -> Result<u32> {
        let Some(derivation) = site.part(&["restriction", "list", "union"]) else {
            return Err(unsupported("a simple type that is not derived", site.node));
        };
        let mut simple = Simple {
            namespace: String::new(),
            name: None,
            base: None,
            datatype: Datatype::AnySimpleType,
            variety: 0,
            members: Vec::new(),
            facets: Vec::new(),
        };
        match derivation.node.local_name() {
            "restriction" => {
                let base = derivation.reference("base");
                let base = base.map(|name| self.named_simple_type(derivation, &name)).transpose()?;
                if let Some(index) = self.narrowed(derivation, base)? {
                    let narrowed = &mut self.components.simple_types[index as usize];
                    (narrowed.namespace, narrowed.name) = split(name);
                    return Ok(index);
                }
                let Some(index) = base else {
                    return Err(unsupported("a restriction of nothing", derivation.node));
                };
                // Without facets the restriction is another name for its base.
                let base = self.components.simple_types[index as usize].clone();
                simple = Simple { base: Some(index), facets: Vec::new(), ..base };
            }
            "list" => {
                simple.variety = 1;
                simple.members.extend(self.members(derivation, "itemType")?);
            }
            _ => {
                simple.variety = 2;
                simple.members = self.members(derivation, "memberTypes")?;
            }
        }
        (simple.namespace, simple.name) = split(name);
        self.components.simple_types.push(simple);
        Ok(number(self.components.simple_types.len() - 1))
    }

    fn members(&mut self, site: Site<'d>, key: &str) -> Result<Vec<u32>> {
        let mut members = Vec::new();
        for name in attribute(site.node, key).split_whitespace() {
            members.push(self.named_simple_type(site, &site.qualified(name))?);
        }
        for part in site.parts().filter(|part| part.node.local_name() == "simpleType") {
            members.push(self.simple_type(part, None)?);
        }
        Ok(members)
    }

    /// A nameless simple type with the facets at `site`, on the type given inline there or else on `base`; none where
    /// neither facets nor an inline type stand there.
    pub(super) fn narrowed(&mut self, site: Site<'d>, base: Option<u32>) -> Result<Option<u32>> {
        let inline = site.part(&["simpleType"]).map(|part| self.simple_type(part, None)).transpose()?;
        let mut facets: Vec<(Facet, String)> = Vec::new();
        for part in site.parts() {
            if let Some((facet, _)) = Facet::NAMES.iter().find(|entry| entry.1 == part.node.local_name()) {
                let value = attribute(part.node, "value");
                if !is_understood(*facet, value) {
                    return Err(unsupported(&format!("{} {value}", facet.name()), part.node));
                }
                facets.push((*facet, value.to_owned()));
            }
        }
        let Some(base) = inline.or(base) else { return Ok(None) };
        if facets.is_empty() {
            return Ok(inline);
        }
        facets.sort();
        facets.dedup();
        let old = &self.components.simple_types[base as usize];
        let (datatype, variety, members) = (old.datatype, old.variety, old.members.clone());
        self.count(members.len(), site)?;
        let namespace = String::new();
        let simple = Simple { namespace, name: None, base: Some(base), datatype, variety, members, facets };
        self.components.simple_types.push(simple);
        Ok(Some(number(self.components.simple_types.len() - 1)))
    }
}

/// Whether the value of a facet says something.
fn is_understood(facet: Facet, value: &str) -> bool {
    match facet {
        Facet::Pattern => Pattern::new(value).is_some(),
        Facet::WhiteSpace => WhiteSpace::from_name(value).is_some(),
        Facet::Length | Facet::MinimumLength | Facet::MaximumLength | Facet::TotalDigits | Facet::FractionDigits => {
            value.trim().parse::<u32>().is_ok()
        }
        _ => true,
    }
}
