//! Certificates that travel with what they prove: each the object of a package (ISO 9735-8) in the same interchange.

use karvan_edifact::ServiceCharacters;
use karvan_pki::Certificate;

use super::record::Record;

/// A package around `certificate` in DER: what stands before the object, the object, what stands behind it.
///
/// None where a value needs a character that the interchange does not have.
pub(super) fn package(
    certificate: &Certificate,
    number: usize,
    characters: &ServiceCharacters,
) -> Option<[Vec<u8>; 3]> {
    let reference = format!("CERTIFICATE{number}");
    let object = certificate.der().to_vec();
    let length = object.len().to_string();
    let header = Record::new("UNO")
        .element(&reference)
        // 0813: 1, the object; 0805: 55, the type of a certificate.
        .composite(["1", &reference])
        .composite(["55", "", "X.509"])
        .element(&length);
    let trailer = Record::new("UNP").element(&length).element(&reference);
    Some([header.octets(characters)?, object, trailer.octets(characters)?])
}
