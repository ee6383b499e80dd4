"""Verifies a signature of level B-B with signxml, beside EU DSS (xtask/oracle/xades).

    python3 xades.py version
    python3 xades.py verify ROOT FILE
"""

import sys
from importlib.metadata import version

from signxml.xades import XAdESVerifier

command, arguments = sys.argv[1], sys.argv[2:]
if command == "version":
    print("signxml " + version("signxml"))
elif command == "verify":
    root, path = arguments
    with open(path, "rb") as file:
        XAdESVerifier().verify(file.read(), ca_pem_file=root, expect_references=2)
else:
    sys.exit(__doc__)
