//! What a signature carries so that it can be validated later: certificates, revocation lists and OCSP responses.
//!
//! Baseline signatures have it in `SignedData` (ETSI EN 319 122-1 §6), older ones in unsigned attributes (RFC 5126 §6.3). Nobody
//! signed it, and nobody needs to: each certificate, list and response is signed itself.

use karvan_pki::{Certificate, Limits};

use super::der::{OBJECT_IDENTIFIER, ObjectIdentifier, SEQUENCE, Value, context};

/// `id-ri-ocsp-response` (RFC 5940 §2.1): an `OCSPResponse`.
const OCSP_RESPONSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.16.2");
/// `id-pkix-ocsp-basic` (RFC 6960 §4.2.1): the `BasicOCSPResponse` in one, which ETSI EN 319 122-1 §5.5.3 has.
const BASIC_OCSP_RESPONSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");

/// The list or response in an element of `RevocationInfoChoices` (RFC 5652 §10.2.1), in DER; one of another kind as it is.
pub(super) fn revocation_info(element: Vec<u8>) -> Vec<u8> {
    let other = || {
        let mut parts = Value::whole(&element, context(1))?.parts();
        let kind = parts.field(OBJECT_IDENTIFIER)?.object_identifier()?;
        let response = parts.field(SEQUENCE)?;
        let is_response = kind == OCSP_RESPONSE || kind == BASIC_OCSP_RESPONSE;
        (is_response && parts.is_empty()).then(|| response.octets.to_vec())
    };
    other().unwrap_or(element)
}

/// `CertificateValues` (RFC 5126 §6.3.3): a sequence of certificates. None where it is something else.
pub(super) fn certificate_values(value: Value<'_>, limits: &Limits) -> Option<Vec<Certificate>> {
    let value = Value::whole(value.octets, SEQUENCE)?;
    value.parts().map(|part| Certificate::from_der(part.octets, limits).ok()).collect()
}

/// `RevocationValues` (RFC 5126 §6.3.4): lists and OCSP responses, each in DER; values of other kinds are passed over. None where
/// it is something else.
pub(super) fn revocation_values(value: Value<'_>) -> Option<Vec<Vec<u8>>> {
    let mut parts = Value::whole(value.octets, SEQUENCE)?.parts();
    let mut values = Vec::new();
    // [0] crlVals, [1] ocspVals: BasicOCSPResponse, tagged explicitly.
    for tag in [context(0), context(1)] {
        if let Some(tagged) = parts.field(tag) {
            let list = Value::whole(tagged.content, SEQUENCE)?;
            values.extend(list.parts().map(|part| part.octets.to_vec()));
        }
    }
    parts.field(context(2));
    parts.is_empty().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::super::der;
    use super::*;

    fn octets(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn revocation_values_are_taken_out_of_their_tags() {
        // SEQUENCE { [0] { SEQUENCE OF { list, list } }, [1] { SEQUENCE OF { response } } }
        let read = |text: &str| revocation_values(Value::whole(&octets(text), SEQUENCE).unwrap());
        let list = octets("3003020101");
        assert_eq!(read("3017a00c300a30030201013003020102a107300530030a0100").unwrap().len(), 3);
        assert_eq!(read("3009a00730053003020101").unwrap(), std::slice::from_ref(&list));
        assert_eq!(read("3000").unwrap(), Vec::<Vec<u8>>::new());
        assert_eq!(read("30030a0100"), None);
        let other = |identifier: &str| der::value(context(1), &[&octets(identifier), &list]);
        assert_eq!(revocation_info(other("06082b06010505071002")), list);
        assert_eq!(revocation_info(other("06092b0601050507300101")), list);
        let unknown = other("06082b06010505071009");
        assert_eq!(revocation_info(unknown.clone()), unknown);
        assert_eq!(revocation_info(list.clone()), list);
    }
}
