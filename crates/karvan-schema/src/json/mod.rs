//! JSON documents of standards, as facts of their JSON Schemas: which members stand where, in arrays or alone, with what
//! values.
//!
//! The documents of UN/CEFACT's Buy-Ship-Pay data model are objects whose members bear the names of its core components. A
//! value that something may qualify is an object too, with the member `content` beside what qualifies it.
//!
//! ```
//! use karvan_schema::json::{Datatype, Grammar};
//!
//! let invoice = Grammar::builtin().root("CrossIndustryInvoice").unwrap();
//! let note = invoice.member("exchangedDocument").unwrap().definition().member("includedNote").unwrap();
//! assert!(note.is_array());
//! let text = note.definition().member("content").unwrap().definition().content().unwrap();
//! assert_eq!(text.datatype(), Datatype::Text);
//! ```

mod compile;
mod format;
mod validate;

use std::sync::OnceLock;

pub use compile::{CompileError, Library, compile};
pub use format::GrammarError;
pub use validate::{members, scalar, validate};

/// The grammar that is part of the program.
const BUILTIN: &[u8] = include_bytes!("../../../../schemas/json/bsp-d23b.grammar");

/// What the JSON Schemas of a family of documents declare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grammar {
    name: String,
    title: String,
    roots: Vec<Root>,
    shapes: Vec<Shape>,
    lists: Vec<Vec<String>>,
}

/// A document of the family.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Root {
    /// The identifier of the schema.
    id: String,
    title: String,
    shape: usize,
}

impl Root {
    /// The last part of the identifier.
    fn name(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or_default()
    }
}

/// What may stand in one place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Shape {
    datatype: Datatype,
    list: Option<usize>,
    members: Vec<MemberShape>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct MemberShape {
    name: String,
    shape: usize,
    required: bool,
    array: bool,
    least: u32,
    most: Option<u32>,
}

/// The kinds of JSON that stand in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Datatype {
    /// An object with members.
    Object,
    /// A string.
    Text,
    /// A string that is a decimal number.
    Decimal,
    /// A string that is a day with a time and its offset (RFC 3339).
    Moment,
    /// A string that is a day, or a day with a time and its offset.
    Date,
    /// A string that is octets in base64.
    Binary,
    /// `true` or `false`.
    Boolean,
    /// A number without fraction.
    Integer,
}

impl Datatype {
    /// All of them, in the order of their numbers in a file.
    const ALL: [Self; 8] =
        [Self::Object, Self::Text, Self::Decimal, Self::Moment, Self::Date, Self::Binary, Self::Boolean, Self::Integer];
}

impl Grammar {
    /// The grammar that is part of the program: UN/CEFACT Buy-Ship-Pay D23B.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
        GRAMMAR.get_or_init(|| Self::unpack(BUILTIN).unwrap_or_default())
    }

    /// The short name: `bsp-d23b`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name for people.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The documents of the family: the short name and the name for people of each.
    pub fn roots(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.roots.iter().map(|root| (root.name(), root.title.as_str()))
    }

    /// What stands in the document of this name.
    #[must_use]
    pub fn root(&self, name: &str) -> Option<Definition<'_>> {
        let root = self.roots.iter().find(|root| root.name() == name)?;
        Some(Definition { grammar: self, shape: root.shape })
    }

    /// The name for people of the document of this name.
    #[must_use]
    pub fn title_of(&self, name: &str) -> Option<&str> {
        self.roots.iter().find(|root| root.name() == name).map(|root| root.title.as_str())
    }

    /// The identifier of the schema of the document of this name.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<&str> {
        self.roots.iter().find(|root| root.name() == name).map(|root| root.id.as_str())
    }

    /// Reads the grammar from a file.
    ///
    /// # Errors
    /// If it is none.
    pub fn unpack(file: &[u8]) -> Result<Self, GrammarError> {
        format::unpack(file)
    }

    /// The grammar as a file.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        format::pack(self)
    }
}

/// What may stand in one place of a document.
#[derive(Clone, Copy, Debug)]
pub struct Definition<'g> {
    grammar: &'g Grammar,
    shape: usize,
}

impl PartialEq for Definition<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.grammar, other.grammar) && self.shape == other.shape
    }
}

impl<'g> Definition<'g> {
    fn shape(&self) -> &'g Shape {
        &self.grammar.shapes[self.shape]
    }

    /// The kind of JSON.
    #[must_use]
    pub fn datatype(&self) -> Datatype {
        self.shape().datatype
    }

    /// The codes that the value is one of; empty where it is no code, or of a list that the schema does not tell.
    #[must_use]
    pub fn codes(&self) -> &'g [String] {
        self.shape().list.map_or(&[], |list| &self.grammar.lists[list])
    }

    /// The members of an object, in the order of the schema.
    pub fn members(&self) -> impl ExactSizeIterator<Item = Member<'g>> + use<'g> {
        let grammar = self.grammar;
        self.shape().members.iter().map(move |shape| Member { grammar, shape })
    }

    /// The member of this name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<Member<'g>> {
        self.members().find(|member| member.name() == name)
    }

    /// The value of an object that holds a value with what qualifies it.
    #[must_use]
    pub fn content(&self) -> Option<Self> {
        let content = self.member("content").filter(|member| !member.is_array())?.definition();
        (content.datatype() != Datatype::Object).then_some(content)
    }
}

/// A member of an object.
#[derive(Clone, Copy, Debug)]
pub struct Member<'g> {
    grammar: &'g Grammar,
    shape: &'g MemberShape,
}

impl<'g> Member<'g> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'g str {
        &self.shape.name
    }

    /// What stands there; of an array, each of its items.
    #[must_use]
    pub fn definition(&self) -> Definition<'g> {
        Definition { grammar: self.grammar, shape: self.shape.shape }
    }

    /// Whether the object must have it.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.shape.required
    }

    /// Whether it is an array.
    #[must_use]
    pub fn is_array(&self) -> bool {
        self.shape.array
    }

    /// How many items an array must have at least.
    #[must_use]
    pub fn minimum(&self) -> u32 {
        self.shape.least
    }

    /// How many values there may be at most; none for any number.
    #[must_use]
    pub fn maximum(&self) -> Option<u32> {
        if self.shape.array { self.shape.most } else { Some(1) }
    }
}
