"""Writes the container IN to OUT with another total in its invoice: python3 container.py IN OUT"""

import sys
from zipfile import ZipFile

with ZipFile(sys.argv[1]) as source, ZipFile(sys.argv[2], "w") as target:
    for member in source.infolist():
        octets = source.read(member)
        if not member.filename.startswith("META-INF/"):
            octets = octets.replace(b">1250<", b">9250<")
        target.writestr(member.filename, octets, compress_type=member.compress_type)
