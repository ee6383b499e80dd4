"""Signs and verifies at the level B-B with signxml, one command a line on standard input, one answer a line on standard
output; the parts of a line are separated by tabs:

    sign METHOD DIGEST KEY CHAIN PACKAGING IN OUT     ok | failed: why
    verify ROOT IN [CONTENT]                          ok | failed: why

    python3 xades.py [version]
"""

import sys
from importlib.metadata import version
from pathlib import Path

from lxml import etree
from signxml import DigestAlgorithm, SignatureConfiguration, SignatureMethod, methods
from signxml.xades import XAdESSigner, XAdESVerifier


def sign(method, digest, key, chain, packaging, source, target):
    signer = XAdESSigner(
        method=getattr(methods, packaging.lower()),
        signature_algorithm=SignatureMethod[method],
        digest_algorithm=DigestAlgorithm[digest],
    )
    content = Path(source).read_bytes()
    options = {"key": Path(key).read_text(), "cert": Path(chain).read_text()}
    if packaging == "DETACHED":
        signed = signer.sign(content, reference_uri=Path(source).name, **options)
    else:
        signed = signer.sign(etree.fromstring(content), **options)
    Path(target).write_bytes(etree.tostring(signed))


def verify(root, source, content=None):
    resolver = {"uri_resolver": lambda uri: Path(content).read_bytes()} if content else {}
    results = XAdESVerifier().verify(
        Path(source).read_bytes(),
        ca_pem_file=root,
        expect_config=SignatureConfiguration(require_x509=True, expect_references=2),
        **resolver,
    )
    assert len(results) == 2


if sys.argv[1:] == ["version"]:
    print("signxml " + version("signxml"))
    sys.exit()
for line in sys.stdin:
    command, *arguments = line.rstrip("\n").split("\t")
    try:
        {"sign": sign, "verify": verify}[command](*arguments)
        print("ok", flush=True)
    except Exception as failure:
        print("failed:", type(failure).__name__, " ".join(str(failure).split()), flush=True)
