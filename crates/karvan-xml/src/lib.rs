//! XML octets: reader with spans, namespaces, tree, canonicalisation, writer.
