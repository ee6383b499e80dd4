"""Signs and verifies XML signatures with the libxmlsec1 of the package xmlsec, one command a line on standard input, one
answer a line on standard output; the parts of a line are separated by tabs. Files are referred to from the working folder.

    sign KEY CHAIN TEMPLATE OUT     ok | failed: why; KEY is PEM, or a secret where CHAIN is empty
    verify CERTIFICATE IN           ok | failed: why; a secret is told by its name, which does not end in .pem

    python3 xmlsec.py [version]
"""

import sys
from pathlib import Path

sys.path.pop(0)  # This file has the name of the package.

import xmlsec  # noqa: E402
from lxml import etree  # noqa: E402

SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"


def context(source, key):
    document = etree.parse(source, etree.XMLParser(resolve_entities=False))
    found = xmlsec.SignatureContext()
    found.key = key
    for element in document.iter():
        if element.get("Id") and not element.tag.startswith("{http://www.w3.org/2000/09/xmldsig#}"):
            found.register_id(element, "Id")
    return document, found, next(document.iter(SIGNATURE))


def sign(key, chain, template, target):
    if chain:
        known = xmlsec.Key.from_file(key, xmlsec.KeyFormat.PEM)
        known.load_cert_from_file(chain, xmlsec.KeyFormat.PEM)
    else:
        known = xmlsec.Key.from_binary_data(xmlsec.KeyData.HMAC, Path(key).read_bytes())
    document, signing, signature = context(template, known)
    signing.sign(signature)
    document.write(target, encoding="UTF-8")


def verify(key, source):
    if key.endswith(".pem"):
        known = xmlsec.Key.from_file(key, xmlsec.KeyFormat.CERT_PEM)
    else:
        known = xmlsec.Key.from_binary_data(xmlsec.KeyData.HMAC, Path(key).read_bytes())
    _, verifying, signature = context(source, known)
    verifying.verify(signature)


if sys.argv[1:] == ["version"]:
    print("libxmlsec1", ".".join(map(str, xmlsec.get_libxmlsec_version())), "of the package xmlsec", xmlsec.__version__)
    sys.exit()
for line in sys.stdin:
    command, *arguments = line.rstrip("\n").split("\t")
    try:
        {"sign": sign, "verify": verify}[command](*arguments)
        print("ok", flush=True)
    except Exception as failure:
        print("failed:", type(failure).__name__, " ".join(str(failure).split()), flush=True)
