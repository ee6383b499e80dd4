//! Signatures on trade documents: XMLDSig, made and verified.
