//! XPath 1.0 over the tree: the filters of signatures.
//!
//! All axes, all functions of the core library, and `here()` of XML Signature; no variables, for nothing binds any. What an
//! evaluation may cost is bounded: see [`XPath::evaluate`].

mod evaluate;
mod functions;
mod parse;
mod point;

use std::fmt;

pub use evaluate::{Context, Value};
pub(crate) use point::Part;
pub use point::{NodeSet, Point};

use parse::Expression;

/// An expression of XPath 1.0.
///
/// ```
/// use karvan_xml::{Context, Document, Limits, Value, XPath};
///
/// let document = Document::parse("<a xmlns:p='urn:p'><p:b/><p:b c='7'/></a>", &Limits::default())?;
/// let expression = XPath::parse("count(//p:b) + //@c", |prefix| (prefix == "p").then_some("urn:p"))?;
/// assert_eq!(expression.evaluate(&Context::new(&document))?, Value::Number(9.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct XPath(Expression);

impl XPath {
    /// Reads an expression; `namespace` tells what namespace a prefix stands for.
    ///
    /// # Errors
    /// What is no expression, a prefix that stands for nothing, or nesting beyond 64 levels.
    pub fn parse<'n>(text: &str, namespace: impl Fn(&str) -> Option<&'n str>) -> Result<Self, XPathError> {
        parse::parse(text, &namespace).map(Self)
    }

    /// The value of the expression at the node of `context`.
    ///
    /// # Errors
    /// A function that does not exist or is called with other arguments than it takes, an operand that is no node set
    /// where one must be; more nodes looked at than the context allows.
    pub fn evaluate(&self, context: &Context<'_>) -> Result<Value, XPathError> {
        evaluate::evaluate(&self.0, context)
    }
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum XPathError {
    /// It is no expression: the offset of what does not belong there.
    Syntax {
        /// Octets from the beginning of the expression.
        at: usize,
    },
    /// A prefix stands for no namespace.
    Prefix {
        /// The prefix.
        prefix: String,
    },
    /// Expressions stand too deep in one another.
    Depth {
        /// The limit.
        limit: usize,
    },
    /// No function has this name, or it does not take so many arguments.
    Function {
        /// Its name.
        name: String,
    },
    /// A node set is needed where something else stands.
    NoNodeSet,
    /// More nodes would have to be looked at than is allowed.
    Work {
        /// How many are allowed.
        limit: u64,
    },
}

impl fmt::Display for XPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { at } => write!(f, "no XPath expression: unexpected at octet {at}"),
            Self::Prefix { prefix } => write!(f, "the prefix {prefix} is bound to no namespace"),
            Self::Depth { limit } => write!(f, "expressions within one another deeper than {limit}"),
            Self::Function { name } => write!(f, "no function {name} with these arguments"),
            Self::NoNodeSet => f.write_str("a node set is needed, and something else stands there"),
            Self::Work { limit } => write!(f, "more than {limit} nodes would have to be looked at"),
        }
    }
}

impl std::error::Error for XPathError {}
