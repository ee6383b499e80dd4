//! Delivering a path to a partner, by a KEYMAN (ISO 9735-9).

use jiff::Timestamp;
use karvan_pki::{Certificate, VerifiedPath};
use karvan_signature::edifact::SignError;
use karvan_signature::edifact::keyman::{Envelope, Keyman};

/// Who delivers to whom, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Who delivers: identification and qualifier, which may be empty.
    pub sender: (String, String),
    /// Who is to have it, likewise.
    pub recipient: (String, String),
    /// When.
    pub time: Timestamp,
    /// The reference of the interchange; none is made of the time.
    pub reference: Option<String>,
}

/// An interchange with a KEYMAN that delivers `path`, function 222, and the certificates in packages: the signer's first, the
/// trust anchor, which the partner must have from elsewhere, not among them unless it is all there is.
///
/// Only a path that was found good can be delivered.
///
/// # Errors
/// A character that cannot stand in an interchange.
pub fn deliver(path: &VerifiedPath, delivery: &Delivery) -> Result<Vec<u8>, SignError> {
    let certificates: Vec<_> = path.certificates().iter().map(|one| Certificate::clone(&one.certificate)).collect();
    let [date, time] = ["%Y%m%d", "%H%M"].map(|format| delivery.time.strftime(format).to_string());
    let reference = match &delivery.reference {
        Some(reference) => reference.clone(),
        None => delivery.time.strftime("%y%m%d%H%M%S").to_string(),
    };
    let envelope = Envelope {
        sender: (&delivery.sender.0, &delivery.sender.1),
        recipient: (&delivery.recipient.0, &delivery.recipient.1),
        time: (&date, &time),
        reference: &reference,
    };
    Keyman::deliver(&certificates, &envelope)
}
