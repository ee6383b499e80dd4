"""The other side of `cargo xtask conformance xades` for level B-B: signatures made and verified by signxml.

    python3 xades.py version
    python3 xades.py sign   KEY CERTIFICATES DIGEST IN OUT
    python3 xades.py verify ROOT AUTHORITIES IN
"""

import sys

from lxml import etree
from signxml import DigestAlgorithm, SignatureMethod, XMLSigner, __version__
from signxml.xades import XAdESDataObjectFormat, XAdESSigner, XAdESVerifier

METHODS = {
    ("rsa", "SHA256"): SignatureMethod.RSA_SHA256,
    ("rsa", "SHA384"): SignatureMethod.RSA_SHA384,
    ("rsa", "SHA512"): SignatureMethod.RSA_SHA512,
    ("p256", "SHA256"): SignatureMethod.ECDSA_SHA256,
    ("p384", "SHA384"): SignatureMethod.ECDSA_SHA384,
}


def read(path):
    with open(path, "rb") as file:
        return file.read()


def sign(key, certificates, digest, source, target):
    kind = key.rsplit("/", 1)[-1].split(".")[0]
    signer = XAdESSigner(
        data_object_format=XAdESDataObjectFormat(Description="invoice", MimeType="application/xml"),
        claimed_roles=["exporter"],
        signature_algorithm=METHODS[kind, digest],
        digest_algorithm=DigestAlgorithm[digest],
        c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
    )
    signed = signer.sign(etree.fromstring(read(source)), key=read(key), cert=read(certificates).decode())
    with open(target, "wb") as file:
        file.write(etree.tostring(signed))


def verify(root, source):
    results = XAdESVerifier().verify(read(source), ca_pem_file=root, expect_references=2)
    for result in results:
        properties = getattr(result, "signed_properties", None)
        if properties is not None:
            return
    sys.exit("no signed properties")


command, arguments = sys.argv[1], sys.argv[2:]
if command == "version":
    print("signxml " + (__version__ if isinstance(__version__, str) else __version__.__version__))
elif command == "sign":
    sign(*arguments)
elif command == "verify":
    verify(*arguments)
else:
    sys.exit(__doc__)
