"""Signs and verifies XML signatures with Ed25519, for the comparison of `cargo xtask conformance xmlsec`.

The canonical forms are those of libxml2 (lxml), the signatures those of OpenSSL (cryptography).

    ed25519.py version
    ed25519.py sign KEY.pem TEMPLATE.xml     writes the signed document
    ed25519.py verify CERTIFICATE.pem DOCUMENT.xml
"""

import base64
import copy
import hashlib
import io
import sys

import cryptography
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from lxml import etree

DS = "{http://www.w3.org/2000/09/xmldsig#}"
DIGESTS = {"http://www.w3.org/2001/04/xmlenc#sha256": hashlib.sha256}
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"


def canonical(node, algorithm, document=False):
    """The canonical form of an element, or of the document it is the root of."""
    exclusive = algorithm.startswith("http://www.w3.org/2001/10/xml-exc-c14n#")
    comments = algorithm.endswith("#WithComments")
    if document:
        out = io.BytesIO()
        node.getroottree().write_c14n(out, exclusive=exclusive, with_comments=comments)
        return out.getvalue()
    # Written out and read again, an element is the root of a document with all namespaces in scope declared on it; lxml
    # would leave some of them out of the inclusive form of an element that is not.
    alone = etree.fromstring(etree.tostring(node, with_tail=False))
    return etree.tostring(alone, method="c14n", exclusive=exclusive, with_comments=comments)


def without_signature(root):
    """A copy of the document without its signature, the text after it kept."""
    tree = copy.deepcopy(root.getroottree())
    signature = tree.getroot().find(f".//{DS}Signature")
    parent, previous, tail = signature.getparent(), signature.getprevious(), signature.tail or ""
    if previous is not None:
        previous.tail = (previous.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    signature.tail = None
    parent.remove(signature)
    return tree.getroot()


def digest(root, reference):
    """The digest that a reference should have."""
    uri = reference.get("URI")
    transforms = [transform.get("Algorithm") for transform in reference.iter(f"{DS}Transform")]
    algorithm = transforms[-1] if transforms else None
    if uri == "" or uri.startswith("#"):
        source = without_signature(root) if ENVELOPED in transforms else root
        # A same-document reference has no comments.
        algorithm = algorithm.removesuffix("WithComments").removesuffix("#") + (
            "#" if "exc-c14n" in algorithm else ""
        )
        if uri == "":
            octets = canonical(source, algorithm, document=True)
        else:
            (element,) = source.xpath("//*[@Id=$id]", id=uri[1:])
            octets = canonical(element, algorithm)
    elif algorithm is None:
        octets = open(uri, "rb").read()
    else:
        octets = canonical(etree.parse(uri).getroot(), algorithm, document=True)
    method = reference.find(f"{DS}DigestMethod").get("Algorithm")
    return base64.b64encode(DIGESTS[method](octets).digest()).decode()


def signed_info_octets(signature):
    """The octets that are signed."""
    signed_info = signature.find(f"{DS}SignedInfo")
    return canonical(signed_info, signed_info.find(f"{DS}CanonicalizationMethod").get("Algorithm"))


def main():
    """Does what the arguments say."""
    if sys.argv[1] == "version":
        print(f"lxml {etree.__version__} (libxml2 {'.'.join(map(str, etree.LIBXML_VERSION))}), "
              f"cryptography {cryptography.__version__}")
        return 0
    root = etree.parse(sys.argv[3]).getroot()
    signature = root if root.tag == f"{DS}Signature" else root.find(f".//{DS}Signature")
    value = signature.find(f"{DS}SignatureValue")
    references = signature.findall(f"{DS}SignedInfo/{DS}Reference")
    if sys.argv[1] == "sign":
        for reference in references:
            reference.find(f"{DS}DigestValue").text = digest(root, reference)
        key = load_pem_private_key(open(sys.argv[2], "rb").read(), None)
        value.text = base64.b64encode(key.sign(signed_info_octets(signature))).decode()
        root.getroottree().write(sys.stdout.buffer, xml_declaration=True, encoding="UTF-8")
        return 0
    for reference in references:
        if digest(root, reference) != reference.find(f"{DS}DigestValue").text:
            return 1
    key = load_pem_x509_certificate(open(sys.argv[2], "rb").read()).public_key()
    key.verify(base64.b64decode(value.text), signed_info_octets(signature))
    return 0


sys.exit(main())
