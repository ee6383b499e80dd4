//! Timestamps (RFC 3161): asking an authority for them, reading and verifying them.
//!
//! * [`Request`] asks for the time over octets, [`Response`] is what an authority answers; [`Exchange`] is both around a
//!   way to the authority, and an [`Authority`] for whoever signs.
//! * [`Token`] is a timestamp. [`Token::verify`] compares it with the octets it is over and checks its signature; what is
//!   right is [`IntactToken`], and [`IntactToken::trust`] asks the caller about the authority and gives [`Stamped`].
//!
//! Codes: `E6310` a timestamp that cannot be read or is over something else, `E6311` a certificate that is none of a
//! timestamping authority; those of [`cms`](crate::cms) for the signature in it.

mod request;
mod token;

pub use request::{Authority, Exchange, Request, Response, StampError, Transport};
pub use token::{Accuracy, IntactToken, Stamped, Token, TokenInfo};
