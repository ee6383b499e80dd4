//! The namespaces and identifiers of XML Signature that are no algorithm of digest, signature or canonical form.

/// XML Signature 1.0, and most of 1.1.
pub(crate) const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
/// What XML Signature 1.1 added.
pub(crate) const SIGNATURE_11: &str = "http://www.w3.org/2009/xmldsig11#";
/// Exclusive XML Canonicalization, for its InclusiveNamespaces.
pub(crate) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// The transform that takes the signature itself out (XML Signature 1.1 §6.6.4).
pub(crate) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// What RFC 9231 adds, for the parameters of RSASSA-PSS.
pub(crate) const SIGNATURE_MORE: &str = "http://www.w3.org/2007/05/xmldsig-more#";
/// The transform that decodes (XML Signature 1.1 §6.6.2).
pub(crate) const BASE64: &str = "http://www.w3.org/2000/09/xmldsig#base64";
/// The transform that could compute anything (XML Signature 1.1 §6.6.5); Karvan refuses it.
pub(crate) const XSLT: &str = "http://www.w3.org/TR/1999/REC-xslt-19991116";
/// XML Signature XPath Filter 2.0, its transform and its namespace.
pub(crate) const FILTER: &str = "http://www.w3.org/2002/06/xmldsig-filter2";
/// The XPath filter transform (XML Signature 1.1 §6.6.3).
pub(crate) const XPATH: &str = "http://www.w3.org/TR/1999/REC-xpath-19991116";
/// The XPointer transform, and the namespace of its element (RFC 9231 §2.8.1).
pub(crate) const XPOINTER: &str = "http://www.w3.org/2001/04/xmldsig-more/xptr";
/// The relationships transform of Open Packaging, and the namespace of what it names.
pub(crate) const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform";
pub(crate) const PACKAGE_SIGNATURE: &str = "http://schemas.openxmlformats.org/package/2006/digital-signature";
/// The Type of the Reference to the SignedProperties of XAdES (ETSI EN 319 132-1 §4.4.2).
pub(crate) const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";
/// XAdES, for its signatures in a signature.
pub(crate) const XADES: &str = crate::xades::NAMESPACE;
