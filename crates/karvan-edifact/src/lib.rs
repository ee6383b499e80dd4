//! ISO 9735 octets: delimiters, scanner, segments, lossless interchange, character repertoires, writer.
