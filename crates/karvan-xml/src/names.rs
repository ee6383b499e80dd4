//! The names of a document: each is looked at once, and numbered.

use std::collections::HashMap;

use crate::characters::split_name;
use crate::{XML_NAMESPACE, XMLNS_NAMESPACE};

/// A name with its namespace, by a number: two names of one document are the same if their numbers are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(u32);

impl NameId {
    /// The number: names are numbered from 0 as they are met.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A namespace, by its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct NamespaceId(u32);

/// No namespace, which is the empty name.
const NO_NAMESPACE: NamespaceId = NamespaceId(0);

/// A name as it is written, by its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FormId(u32);

/// A name as it is written.
struct Form {
    text: Box<str>,
    /// Where the local name begins.
    local: usize,
    prefix: usize,
    /// The namespaces that elements and attributes of this form were last found in, and the names they had then.
    last: [Option<(NamespaceId, NameId)>; 2],
}

/// A prefix, and the namespaces that it is bound to, the innermost last.
struct Prefix {
    text: Box<str>,
    bindings: Vec<NamespaceId>,
}

/// Whose name it is: one without prefix is in the default namespace, or in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bearer {
    Element,
    Attribute,
}

/// Why a name cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameProblem {
    /// It is no QName.
    Malformed,
    /// Its prefix is bound to nothing.
    Unbound,
    /// There are too many names.
    TooMany,
}

/// All names of a document so far.
pub(crate) struct Names {
    forms: Vec<Form>,
    form_ids: HashMap<Box<str>, FormId>,
    prefixes: Vec<Prefix>,
    namespaces: Vec<Box<str>>,
    names: Vec<(NamespaceId, Box<str>)>,
    name_ids: HashMap<(NamespaceId, Box<str>), NameId>,
    /// How many octets of names there may still be.
    left: usize,
}

impl Names {
    pub(crate) fn new(limit: usize) -> Self {
        let prefix = |text: &str, namespace| Prefix { text: text.into(), bindings: vec![NamespaceId(namespace)] };
        Self {
            forms: Vec::new(),
            form_ids: HashMap::new(),
            prefixes: vec![prefix("", 0), prefix("xml", 1)],
            namespaces: vec!["".into(), XML_NAMESPACE.into(), XMLNS_NAMESPACE.into()],
            names: Vec::new(),
            name_ids: HashMap::new(),
            left: limit,
        }
    }

    /// The form `text`, a QName.
    pub(crate) fn form(&mut self, text: &str) -> Result<FormId, NameProblem> {
        if let Some(&known) = self.form_ids.get(text) {
            return Ok(known);
        }
        let (prefix, local) = split_name(text).ok_or(NameProblem::Malformed)?;
        let prefix = self.prefix(prefix)?;
        self.spend(text.len())?;
        let id = FormId(self.forms.len() as u32);
        self.forms.push(Form { text: text.into(), local: text.len() - local.len(), prefix, last: [None; 2] });
        self.form_ids.insert(text.into(), id);
        Ok(id)
    }

    /// The name that `form` stands for here.
    pub(crate) fn name(&mut self, form: FormId, bearer: Bearer) -> Result<NameId, NameProblem> {
        let Form { text, local, prefix, last } = &self.forms[form.0 as usize];
        let namespace = match (bearer, prefix) {
            (Bearer::Attribute, 0) => NO_NAMESPACE,
            _ => *self.prefixes[*prefix].bindings.last().ok_or(NameProblem::Unbound)?,
        };
        if let Some((_, name)) = last[bearer as usize].filter(|last| last.0 == namespace) {
            return Ok(name);
        }
        let key = (namespace, Box::from(&text[*local..]));
        let name = match self.name_ids.get(&key) {
            Some(&known) => known,
            None => {
                self.spend(key.1.len())?;
                let name = NameId(self.names.len() as u32);
                self.names.push(key.clone());
                self.name_ids.insert(key, name);
                name
            }
        };
        self.forms[form.0 as usize].last[bearer as usize] = Some((namespace, name));
        Ok(name)
    }

    /// The number of a prefix.
    pub(crate) fn prefix(&mut self, text: &str) -> Result<usize, NameProblem> {
        if let Some(known) = self.prefixes.iter().position(|prefix| *prefix.text == *text) {
            return Ok(known);
        }
        self.spend(text.len())?;
        self.prefixes.push(Prefix { text: text.into(), bindings: Vec::new() });
        Ok(self.prefixes.len() - 1)
    }

    /// Binds a prefix, until [`Names::unbind`].
    pub(crate) fn bind(&mut self, prefix: usize, namespace: &str) -> Result<(), NameProblem> {
        let known = self.namespaces.iter().position(|known| **known == *namespace);
        let index = match known {
            Some(known) => known,
            None => {
                self.spend(namespace.len())?;
                self.namespaces.push(namespace.into());
                self.namespaces.len() - 1
            }
        };
        self.prefixes[prefix].bindings.push(NamespaceId(index as u32));
        Ok(())
    }

    /// Takes back the innermost binding of a prefix.
    pub(crate) fn unbind(&mut self, prefix: usize) {
        self.prefixes[prefix].bindings.pop();
    }

    /// The namespace that a prefix is bound to here, empty for none.
    pub(crate) fn namespace_of_prefix(&self, prefix: &str) -> Option<&str> {
        let known = self.prefixes.iter().find(|known| *known.text == *prefix)?;
        known.bindings.last().map(|namespace| &*self.namespaces[namespace.0 as usize])
    }

    /// A prefix that is bound to `namespace` here; the empty one first.
    pub(crate) fn prefix_of_namespace(&self, namespace: &str) -> Option<&str> {
        let bound = |prefix: &&Prefix| {
            prefix.bindings.last().is_some_and(|bound| *self.namespaces[bound.0 as usize] == *namespace)
        };
        self.prefixes.iter().find(bound).map(|prefix| &*prefix.text)
    }

    /// How many prefixes there are: they are numbered from 0, the empty one; 1 is `xml`.
    pub(crate) fn prefix_count(&self) -> usize {
        self.prefixes.len()
    }

    /// A prefix by its number.
    pub(crate) fn prefix_text(&self, prefix: usize) -> &str {
        &self.prefixes[prefix].text
    }

    /// The number of a prefix, if it was ever met.
    pub(crate) fn known_prefix(&self, text: &str) -> Option<usize> {
        self.prefixes.iter().position(|prefix| *prefix.text == *text)
    }

    /// The number of the prefix of a form.
    pub(crate) fn prefix_of_form(&self, form: FormId) -> usize {
        self.forms[form.0 as usize].prefix
    }

    /// The namespace that a prefix, by its number, is bound to here; where it is not bound, no namespace.
    pub(crate) fn binding(&self, prefix: usize) -> NamespaceId {
        self.prefixes[prefix].bindings.last().copied().unwrap_or(NO_NAMESPACE)
    }

    /// The same, its name.
    pub(crate) fn bound_namespace(&self, prefix: usize) -> &str {
        &self.namespaces[self.binding(prefix).0 as usize]
    }

    /// A form as it is written.
    pub(crate) fn written(&self, form: FormId) -> &str {
        &self.forms[form.0 as usize].text
    }

    pub(crate) fn namespace(&self, name: NameId) -> &str {
        &self.namespaces[self.names[name.index()].0.0 as usize]
    }

    pub(crate) fn local_name(&self, name: NameId) -> &str {
        &self.names[name.index()].1
    }

    /// What one name costs beside its octets: the tables around it.
    const OVERHEAD: usize = 64;

    fn spend(&mut self, octets: usize) -> Result<(), NameProblem> {
        self.left = self.left.checked_sub(octets + Self::OVERHEAD).ok_or(NameProblem::TooMany)?;
        Ok(())
    }
}
