//! The namespaces and identifiers of XAdES.

/// XAdES 1.3.2: most properties, those of EN 319 132-1 among them.
pub(crate) const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
/// XAdES 1.4.1: archive timestamps and what came with them.
pub(crate) const XADES_141: &str = "http://uri.etsi.org/01903/v1.4.1#";
/// Earlier versions, which are known and not read.
pub(crate) const EARLIER: [&str; 2] = ["http://uri.etsi.org/01903/v1.1.1#", "http://uri.etsi.org/01903/v1.2.2#"];
