//! Certificates and paths through cross-certificates.
