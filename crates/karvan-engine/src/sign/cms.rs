//! Signing octets of any kind and length with CMS.

use std::io::{Read, Write};
use std::sync::LazyLock;

use jiff::Timestamp;
use karvan_signature::cms::{SignError, Signer};
use ring::rand::SystemRandom;

use super::Identity;

pub use karvan_signature::cms::SignError as Error;
pub use karvan_signature::timestamp::{Authority, Exchange, Request, Transport};

/// Random numbers of the system, for what an authority is asked.
static RANDOM: LazyLock<SystemRandom> = LazyLock::new(SystemRandom::new);

/// The timestamping authority at the other end of `transport`.
#[must_use]
pub fn authority<'t>(transport: &'t Transport<'t>) -> Exchange<'t> {
    Exchange::new(transport, &*RANDOM)
}

/// How content is signed.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Options<'o> {
    /// Whether the signature is written alone, and the content stays where it is.
    pub detached: bool,
    /// When it is signed, if the signature is to say so.
    pub time: Option<Timestamp>,
    /// What the content is, in words, if the signature is to say so.
    pub hint: Option<&'o str>,
    /// Who stamps the signature with the time.
    pub authority: Option<&'o dyn Authority>,
}

/// Signs what `content` gives as `identity`, with the attributes of CAdES-BES, and writes the signature to `out`: around the
/// content, or alone. Memory does not grow with the content.
///
/// # Errors
/// Why there is no signature; what was written is to be thrown away then.
pub fn sign(
    content: impl Read,
    mut out: impl Write,
    identity: &Identity,
    options: &Options<'_>,
) -> Result<(), SignError> {
    let signer = signer(identity, options)?;
    if options.detached {
        out.write_all(&signer.sign_detached(content)?)?;
        return Ok(());
    }
    signer.sign(content, out)
}

/// What signs as `identity`.
pub(super) fn signer<'s>(identity: &'s Identity, options: &Options<'s>) -> Result<Signer<'s>, SignError> {
    let mut signer = Signer::new(identity.key(), identity.certificates().to_vec())?;
    if let Some(time) = options.time {
        signer = signer.at(time);
    }
    if let Some(hint) = options.hint {
        signer = signer.with_content_hint(hint);
    }
    if let Some(authority) = options.authority {
        signer = signer.with_timestamp(authority);
    }
    Ok(signer)
}
