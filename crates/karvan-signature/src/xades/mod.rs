//! XAdES: signatures that say when, by whom and for what they were made, and that stay provable for long.
//!
//! ETSI EN 319 132-1 puts *qualifying properties* into an XML signature. [`Properties`] are the signed ones;
//! [`Properties::qualify`] makes a [`Signer`](crate::Signer) sign with them (level B-B).
//!
//! Codes: `E61xx`.

mod certificate_reference;
mod extend;
mod imprint;
mod namespaces;
mod properties;
mod read;
mod sign;
mod values;
mod verify;
mod write;

pub use certificate_reference::CertificateReference;
pub use extend::Extension;
pub(crate) use namespaces::XADES as NAMESPACE;
pub use properties::{
    Commitment, DataObjectFormat, ObjectIdentifier, PolicyDigest, ProductionPlace, Properties, SignaturePolicy,
    SignerRole,
};
pub use read::TimeStampKind;
pub use values::ValidationData;
pub use verify::{Level, Limits, Qualified, TimeStamp};
