#!/usr/bin/env python3
"""Verifies the vectors of this folder by what docs/edifact-security.md says, and by nothing of Karvan's.

    python3 samples/edifact-security/verify.py [FILE...]

Needs Python 3 and the package "cryptography". One line a signature; exit status 1 if one does not hold.
"""

import base64
import hashlib
import pathlib
import re
import sys

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

HERE = pathlib.Path(__file__).resolve().parent
EDA = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.,-()/="
DIGESTS = {"48": "sha256", "49": "sha512", "50": "sha384", "52": "sha224",
           "2.16.840.1.101.3.4.2.7": "sha3_224", "2.16.840.1.101.3.4.2.8": "sha3_256",
           "2.16.840.1.101.3.4.2.9": "sha3_384", "2.16.840.1.101.3.4.2.10": "sha3_512"}


class Segment:
    def __init__(self, octets, start, end, elements):
        self.octets, self.start, self.end, self.elements = octets, start, end, elements
        self.tag = elements[0][0][0].decode("latin-1")

    def values(self, element, repetition=0):
        return self.elements[element][repetition] if len(self.elements) > element else [b""]

    def text(self, element, component=0, repetition=0):
        values = self.values(element, repetition) if len(self.elements) > element else []
        return values[component].decode("latin-1") if len(values) > component else ""


def segments(octets):
    """Cuts a file without packages into segments; `next` is where what follows begins."""
    component, element, release, repetition, terminator = b":+?*'"
    at = 0
    if octets.startswith(b"UNA"):
        component, element, _, release, repetition, terminator = octets[3:9]
        at = 9
    while True:
        while at < len(octets) and octets[at] <= 32:
            at += 1
        if at == len(octets):
            return
        start, elements, value = at, [[[]]], bytearray()
        while True:
            octet = octets[at]
            at += 1
            if octet == release:
                value.append(octets[at])
                at += 1
                continue
            if octet in (component, element, repetition, terminator):
                elements[-1][-1].append(bytes(value))
                value = bytearray()
                if octet == element:
                    elements.append([[]])
                elif octet == repetition:
                    elements[-1].append([])
                elif octet == terminator:
                    break
                continue
            value.append(octet)
        yield Segment(octets, start, at, elements)


def unfilter(code, value):
    if code == "2":
        return bytes.fromhex(value.decode("ascii"))
    if code == "7":
        return base64.b64decode(value, validate=True)
    if code == "5":
        found = bytearray()
        for at in range(0, len(value), 3):
            part = value[at:at + 3].decode("ascii")
            number = 0
            for symbol in part:
                number = number * 43 + EDA.index(symbol)
            found += number.to_bytes(len(part) - 1, "big")
        return bytes(found)
    if code == "6":
        found = bytearray()
        for at in range(0, len(value), 8):
            control, group = value[at], value[at + 1:at + 8]
            for octet, bit in zip(group, (0x80, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01)):
                found.append(octet ^ 0x40 if control & bit else octet)
        return bytes(found)
    raise ValueError(f"filter {code}")


def algorithm(segment):
    """The code of USA, or the object identifier of what was agreed."""
    code = segment.text(1, 3)
    return segment.text(2, 1) if code == "ZZZ" else code


def certificates():
    found = {}
    for path in sorted((HERE / "../pki/signers").glob("*.pem")):
        for block in re.findall(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", path.read_bytes(), re.S):
            certificate = x509.load_pem_x509_certificate(block)
            found[certificate.fingerprint(hashes.SHA256()).hex().upper()[:32]] = certificate
    return found


def check(key, scheme, name, digest, values):
    algorithm = utils.Prehashed({"sha224": hashes.SHA224, "sha256": hashes.SHA256, "sha384": hashes.SHA384,
                                 "sha512": hashes.SHA512, "sha3_224": hashes.SHA3_224, "sha3_256": hashes.SHA3_256,
                                 "sha3_384": hashes.SHA3_384, "sha3_512": hashes.SHA3_512}[name]())
    if scheme == "10" and isinstance(key, rsa.RSAPublicKey):
        key.verify(values["1"], digest, padding.PKCS1v15(), algorithm)
    elif scheme == "1.2.840.113549.1.1.10" and isinstance(key, rsa.RSAPublicKey):
        key.verify(values["1"], digest, padding.PSS(padding.MGF1(algorithm._algorithm), len(digest)), algorithm)
    elif scheme == "17" and isinstance(key, ec.EllipticCurvePublicKey):
        r, s = (int.from_bytes(values[qualifier], "big") for qualifier in "23")
        key.verify(utils.encode_dss_signature(r, s), digest, ec.ECDSA(algorithm))
    elif scheme == "1.3.101.112" and isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(values["1"], digest)
    else:
        raise ValueError(f"{scheme} with another key")


def results(segment, element, filter_code):
    values = {}
    for repetition in range(len(segment.elements[element])):
        values[segment.text(element, 0, repetition)] = unfilter(filter_code, segment.values(element, repetition)[1])
    return values


class Header:
    def __init__(self, first):
        self.segments = [first]
        self.reference, self.scope, self.filter = first.text(2), first.text(3) or "1", first.text(5)
        self.service = first.text(1)

    def algorithm(self, purpose):
        found = [segment for segment in self.segments if segment.tag == "USA" and segment.text(1) == purpose]
        return algorithm(found[0]) if found else None

    def key_name(self):
        return next(segment for segment in self.segments if segment.tag == "USC").text(2, 1)


def covers(octets, spans, layout):
    """The octets that are digested; without layout, what stands between segments is left out."""
    if layout:
        return b"".join(octets[start:end] for start, end in spans)
    inner = [segment for segment in segments(octets)]
    return b"".join(octets[one.start:one.end] for start, end in spans for one in inner if start <= one.start and one.end <= end)


def structures(octets):
    """Every message and the interchange: tag of its header, its reference, its segments, and that of its trailer."""
    all_segments = list(segments(octets))
    for at, segment in enumerate(all_segments):
        if segment.tag in ("UNB", "UNH"):
            closing = {"UNB": "UNZ", "UNH": "UNT"}[segment.tag]
            end = next(number for number in range(at, len(all_segments)) if all_segments[number].tag == closing)
            reference = segment.text(5 if segment.tag == "UNB" else 1)
            yield segment.tag, reference, all_segments[at + 1:end], all_segments[end], segment


def verify(name, octets, content, known, report):
    for tag, reference, inner, trailer, header_segment in structures(octets):
        headers, at = [], 0
        while at < len(inner) and inner[at].tag in ("USH", "USA", "USC", "USR"):
            if inner[at].tag == "USH":
                headers.append(Header(inner[at]))
            else:
                headers[-1].segments.append(inner[at])
            at += 1
        body_start = (inner[at:] + [trailer])[0].start
        depth, first = 0, len(inner)
        for number in range(at, len(inner)):
            depth += {"UNH": 1, "UNT": -1}.get(inner[number].tag, 0)
            if inner[number].tag == "UST" and depth == 0:
                first = number
                break
        trailers, body_end = inner[first:], (inner[first:] + [trailer])[0].start
        for header in headers:
            starts = [one.start for one in inner if one.start > header.segments[-1].start] + [trailer.start]
            ust = next(one for one in trailers if one.tag == "UST" and one.text(1) == header.reference)
            behind = [one for one in trailers if one.start > ust.start]
            usr = behind[0] if behind and behind[0].tag == "USR" else None
            assert int(ust.text(2)) == len(header.segments) + 1 + (usr is not None), "0588"
            hashing, scheme = DIGESTS[header.algorithm("1")], header.algorithm("6")
            where = f"{name} {tag} {reference} USH {header.reference}"
            if header.service in ("7", "8", "9"):
                for usx, usy in zip(inner, inner[1:]):
                    if usx.tag != "USX" or usy.tag != "USY" or usy.text(1) != header.reference:
                        continue
                    wanted = ("UNH", usx.text(7)) if usx.text(7) else ("UNB", usx.text(1))
                    file = content if content is not None else octets
                    whole = [(start.start, end.end) for level, own, _, end, start in structures(file) if (level, own) == wanted]
                    digest = hashlib.new(hashing, file[whole[0][0]:whole[0][1]]).digest()
                    values = results(usy, 2, header.filter)
                    if scheme is None:
                        report(f"{where} refers to {' '.join(wanted)}", values["1"] == digest, digest)
                    else:
                        report(f"{where} refers to {' '.join(wanted)}", holds(known, header, scheme, hashing, digest, values), digest)
                continue
            if header.scope == "1":
                spans = [(header.segments[0].start, starts[0]), (body_start, body_end)]
            else:
                spans = [(header.segments[0].start, ust.start)]
            values = results(usr, 1, header.filter)
            for layout in (True, False):
                digest = hashlib.new(hashing, covers(octets, spans, layout)).digest()
                good = holds(known, header, scheme, hashing, digest, values)
                if good:
                    break
            report(where, good, digest)


def holds(known, header, scheme, hashing, digest, values):
    try:
        check(known[header.key_name()].public_key(), scheme, hashing, digest, values)
        return True
    except InvalidSignature:
        return False


def main(files):
    known, bad, count = certificates(), 0, 0

    def report(where, good, digest):
        nonlocal bad, count
        count += 1
        bad += not good
        print("good" if good else "BAD ", where, digest.hex())

    for path in files:
        content = HERE / "order-version-3.edi" if "autack" in path.name and "inside" not in path.name else None
        verify(path.name, path.read_bytes(), content and content.read_bytes(), known, report)
    print(f"{count} values, {bad} bad")
    return 1 if bad or not count else 0


if __name__ == "__main__":
    named = [pathlib.Path(name) for name in sys.argv[1:]]
    sys.exit(main(named or sorted(path for path in HERE.glob("*.edi") if not path.name.startswith("order"))))
