//! What a trade document means, whatever syntax it was written in.
//!
//! A [`Document`] is a tree of named terms. The shape of the tree, the names in English and Persian and the type of every
//! value come from a table, one for each [`DocumentType`]; the invoice has the business terms of EN 16931-1 with the tags
//! of the Trade Data Elements Directory (UNTDED, ISO 7372).
//!
//! Three views of the same tree:
//!
//! * [`Document`], for programs that work with any document and any term;
//! * [`Invoice`], plain serde structures for programs that work with invoices;
//! * [`json`], Karvan's own JSON, which says all that the tree says.

#![forbid(unsafe_code)]

mod compare;
mod document;
mod invoice;
pub mod json;
mod terms;
mod value;

pub use compare::{Comparison, Difference, Pair, Repetition, Said, Sameness, compare};
pub use document::{Document, Group, Leaf, Node, Origin, Places};
pub use invoice::{
    Address, AllowanceOrCharge, Attribute, Buyer, Card, Contact, CreditTransfer, Delivery, DirectDebit, Invoice, Item,
    Line, LineVat, Note, Payee, PaymentInstructions, Period, PrecedingInvoice, Price, Process, Seller,
    SupportingDocument, TaxRepresentative, Totals, VatBreakdown,
};
pub use terms::{DocumentType, Kind, Part, Term, TermId};
pub use value::{Amount, Attachment, Content, Day, Identifier, Number, PartValue, Quantity, Value, ValueError};
