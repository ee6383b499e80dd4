//! The namespaces and identifiers of XML Signature that are no algorithm of digest, signature or canonical form.

/// XML Signature 1.0, and most of 1.1.
pub(crate) const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
/// What XML Signature 1.1 added.
pub(crate) const SIGNATURE_11: &str = "http://www.w3.org/2009/xmldsig11#";
/// Exclusive XML Canonicalization, for its InclusiveNamespaces.
pub(crate) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// The transform that takes the signature itself out (XML Signature 1.1 §6.6.4).
pub(crate) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// The XPath filter transform (XML Signature 1.1 §6.6.3), of which Karvan knows one expression.
pub(crate) const XPATH: &str = "http://www.w3.org/TR/1999/REC-xpath-19991116";
/// WS-Security utility, for its attribute Id.
pub(crate) const SECURITY_UTILITY: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
/// The Type of the Reference to the SignedProperties of XAdES (ETSI EN 319 132-1 §4.4.2).
pub(crate) const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";
/// XAdES, for its signatures in a signature.
pub(crate) const XADES: &str = crate::xades::NAMESPACE;
