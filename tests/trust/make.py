#!/usr/bin/env python3
"""Makes the certificates of the scenarios anew, from what scenarios.toml says of them. Needs OpenSSL 3, and no package.

    python3 tests/trust/make.py [TABLE]

Where the rows of a table name files, each is written to its own, beside the table; else a scenario is one file.

Structures are written here octet by octet, so that wrong ones can be written as well; OpenSSL signs them. Ed25519 keys
follow from the names of their owners and their signatures are deterministic, so a second run gives the same octets.
Every key is public: never use one for anything else.
"""

import base64
import calendar
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import time
import tomllib

HERE = pathlib.Path(__file__).parent

# ----------------------------------------------------------------- DER


def tlv(tag, *parts):
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def header(der):
    """The length of tag and length of a value, and that of its content."""
    if der[1] < 0x80:
        return 2, der[1]
    start = 2 + (der[1] & 0x7F)
    return start, int.from_bytes(der[2:start], "big")


def contents(der):
    start, length = header(der)
    return der[start : start + length]


def values(content):
    found = []
    while content:
        end = sum(header(content))
        found.append(content[:end])
        content = content[end:]
    return found


def sequence(*parts):
    return tlv(0x30, *parts)


def explicit(number, *parts):
    return tlv(0xA0 | number, *parts)


def integer(value, tag=0x02):
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(text):
    first, second, *rest = map(int, text.split("."))
    content = b""
    for arc in [40 * first + second, *rest]:
        octets = [arc & 0x7F]
        while arc := arc >> 7:
            octets.append(0x80 | arc & 0x7F)
        content += bytes(reversed(octets))
    return tlv(0x06, content)


def boolean(value, tag=0x01):
    return tlv(tag, b"\xff" if value else b"\0")


def octets(content):
    return tlv(0x04, content)


def bits(content, unused=0):
    return tlv(0x03, bytes([unused]), content)


def named_bits(names, table, tag=0x03):
    """A BIT STRING of named bits, without trailing zeros."""
    value = [name in names for name in table]
    while value and not value[-1]:
        value.pop()
    unused = -len(value) % 8
    number = int("".join("01"[bit] for bit in value) + "0" * unused or "0", 2)
    return tlv(tag, bytes([unused]), number.to_bytes((len(value) + unused) // 8, "big"))


def moment(text):
    text = text if "T" in text else text + "T00:00:00Z"
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))))


def date(text):
    # RFC 5280 §4.1.2.5: UTCTime until 2049.
    text = moment(text)
    return tlv(0x18, text.encode()) if text >= "2050" else tlv(0x17, text[2:].encode())


def instant(text):
    return tlv(0x18, moment(text).encode())


ATTRIBUTES = {"C": "2.5.4.6", "O": "2.5.4.10", "CN": "2.5.4.3", "E": "1.2.840.113549.1.9.1"}


def name(text):
    parts = []
    for part in filter(None, text.split(", ")):
        kind, value = part.split("=", 1)
        # `CN:printable=…` names the string type.
        kind, _, form = kind.partition(":")
        tag = {"C": 0x13, "E": 0x16}.get(kind, 0x13 if form == "printable" else 0x0C)
        parts.append(tlv(0x31, sequence(oid(ATTRIBUTES[kind]), tlv(tag, value.encode()))))
    return sequence(*parts)


def general_name(text):
    form, value = text.split(":", 1)
    match form:
        case "email":
            return tlv(0x81, value.encode())
        case "dns":
            return tlv(0x82, value.encode())
        case "directory":
            return tlv(0xA4, name(value))
        case "uri":
            return tlv(0x86, value.encode())
        case "ip":
            return tlv(0x87, bytes(int(octet) for octet in value.replace("/", ".").split(".")))
        case "id":
            return tlv(0x88, oid(value)[2:])
    sys.exit(f"no form of a general name: {text}")


# ----------------------------------------------------------------- keys and signatures

ED25519 = sequence(oid("1.3.101.112"))
RSA = {
    "sha256": sequence(oid("1.2.840.113549.1.1.11"), b"\x05\x00"),
    "sha1": sequence(oid("1.2.840.113549.1.1.5"), b"\x05\x00"),
}


class Key:
    """A key by its name: one of keys/ after an `@`, else an Ed25519 key that follows from the name."""

    made = {}

    def __new__(cls, label):
        if label not in cls.made:
            cls.made[label] = key = super().__new__(cls)
            file = HERE / "keys" / f"{label.partition('@')[2]}.pem"
            key.is_rsa = file.exists()
            if not key.is_rsa:
                seed = hashlib.sha256(f"karvan scenario {label}".encode()).digest()
                der = sequence(integer(0), ED25519, octets(octets(seed)))
                file = WORK / f"{hashlib.sha256(label.encode()).hexdigest()}.pem"
                file.write_text(pem("PRIVATE KEY", der))
            key.file = file
            key.spki = openssl("pkey", "-in", file, "-pubout", "-outform", "DER")
            # RFC 5280 §4.2.1.2 (1): SHA-1 of the value of the BIT STRING, without its count of unused bits.
            _, bit_string = values(contents(key.spki))
            key.identifier = hashlib.sha1(contents(bit_string)[1:]).digest()
        return cls.made[label]

    def sign(self, signed, digest="sha256"):
        (WORK / "signed").write_bytes(signed)
        if self.is_rsa:
            return RSA[digest], openssl("dgst", f"-{digest}", "-sign", self.file, WORK / "signed")
        return ED25519, openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", WORK / "signed")

    def algorithm(self, digest="sha256"):
        return RSA[digest] if self.is_rsa else ED25519


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True).stdout


def pem(label, der):
    text = base64.encodebytes(der).decode().replace("\n", "")
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def signed(content, key, digest="sha256", broken=False):
    algorithm, signature = key.sign(content, digest)
    if broken:
        signature = bytes([signature[0] ^ 1]) + signature[1:]
    return sequence(content, algorithm, bits(signature))


# ----------------------------------------------------------------- certificates

KEY_USAGE = [
    "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign",
]  # fmt: skip
REASONS = [
    "unused", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation",
    "certificateHold", "privilegeWithdrawn", "aACompromise",
]  # fmt: skip
REASON_CODES = {
    "unspecified": 0, "keyCompromise": 1, "cACompromise": 2, "affiliationChanged": 3, "superseded": 4,
    "cessationOfOperation": 5, "certificateHold": 6, "removeFromCRL": 8, "privilegeWithdrawn": 9, "aACompromise": 10,
}  # fmt: skip
PURPOSES = {
    "any": "2.5.29.37.0", "server": "1.3.6.1.5.5.7.3.1", "email": "1.3.6.1.5.5.7.3.4", "ocsp": "1.3.6.1.5.5.7.3.9",
}  # fmt: skip


def extension(identifier, value, critical=False):
    return sequence(oid(identifier), boolean(True) if critical else b"", octets(value))


def distribution_point(point):
    """`uri`, `uri by ISSUER` or `uri for REASON,REASON`."""
    uri, *words = point.split(" ")
    parts = explicit(0, explicit(0, tlv(0x86, uri.encode())))
    for word, value in zip(words[::2], words[1::2]):
        if word == "for":
            parts += named_bits(value.split(","), REASONS, 0x81)
        elif word == "by":
            parts += explicit(2, tlv(0xA4, name(subject(value))))
    return sequence(parts)


class Certificate:
    def __init__(self, facts, number):
        self.issuer, self.subject = facts["by"], facts["for"]
        self.label = f"{self.issuer}/{self.subject}"
        self.serial = facts.get("serial", 1000 + number)
        self.is_anchor = facts.get("anchor", False)
        self.issuer_key, self.key = Key(facts.get("signed-with", self.issuer)), Key(self.subject)
        authority = plain(self.subject) not in TABLE["signers"]
        self.is_signer = facts.get("leaf", not authority)
        digest = facts.get("digest", "sha256")
        version = facts.get("version", 3)
        content = sequence(
            explicit(0, integer(version - 1)) if version > 1 else b"",
            integer(self.serial),
            self.issuer_key.algorithm(digest),
            name(facts.get("issuer", subject(self.issuer))),
            sequence(date(facts.get("from", "2024-01-01")), date(facts.get("until", "2037-01-01"))),
            name(facts.get("subject", subject(self.subject))),
            self.key.spki,
            explicit(3, sequence(*self.extensions(facts, authority))) if version > 2 else b"",
        )
        self.der = signed(content, self.issuer_key, digest, facts.get("broken", False))

    def extensions(self, facts, authority):
        authority = facts.get("ca", authority)
        if authority != "none":
            length = integer(facts["path-length"]) if "path-length" in facts else b""
            yield extension("2.5.29.19", sequence(boolean(True) if authority else b"", length), True)
        usage = ["keyCertSign", "cRLSign"] if authority else ["digitalSignature", "nonRepudiation"]
        if usage := facts.get("key-usage", usage):
            yield extension("2.5.29.15", named_bits(usage, KEY_USAGE), True)
        yield extension("2.5.29.14", octets(self.key.identifier))
        named = hashlib.sha1(b"another").digest() if facts.get("wrong-key-identifier") else self.issuer_key.identifier
        yield extension("2.5.29.35", sequence(tlv(0x80, named)))
        if names := facts.get("names"):
            yield extension("2.5.29.17", sequence(*map(general_name, names)))
        trees = {0: facts.get("permitted", []), 1: facts.get("excluded", [])}
        trees = [explicit(tag, *(sequence(general_name(one)) for one in trees[tag])) for tag in trees if trees[tag]]
        if trees:
            yield extension("2.5.29.30", sequence(*trees), True)
        if policies := facts.get("policies"):
            yield extension("2.5.29.32", sequence(*(sequence(oid(policy(one))) for one in policies)))
        if mapped := facts.get("map"):
            pairs = [sequence(*(oid(policy(side)) for side in pair.split(" > "))) for pair in mapped]
            yield extension("2.5.29.33", sequence(*pairs), True)
        limits = [(0, "require-explicit"), (1, "inhibit-mapping")]
        limits = [integer(facts[key], 0x80 | tag) for tag, key in limits if key in facts]
        if limits:
            yield extension("2.5.29.36", sequence(*limits), True)
        if "inhibit-any" in facts:
            yield extension("2.5.29.54", integer(facts["inhibit-any"]), True)
        if purposes := facts.get("purposes"):
            yield extension("2.5.29.37", sequence(*(oid(PURPOSES[one]) for one in purposes)))
        if points := facts.get("crl"):
            yield extension("2.5.29.31", sequence(*map(distribution_point, points)))
        if point := facts.get("freshest"):
            yield extension("2.5.29.46", sequence(distribution_point(point)))
        if facts.get("no-check"):
            yield extension("1.3.6.1.5.5.7.48.1.5", b"\x05\x00")
        if critical := facts.get("unknown"):
            yield extension("1.3.6.1.4.1.32473.5280", b"\x05\x00", critical == "critical")


def plain(entity):
    return entity.partition("@")[0]


def subject(entity):
    return TABLE["signers"].get(plain(entity)) or TABLE["authorities"][plain(entity)]


def policy(word):
    return TABLE["policies"].get(word, word)


# ----------------------------------------------------------------- revocation


def revocation_list(facts, certificates):
    issuer, key = facts["by"], Key(facts.get("signed-with", facts["by"]))
    entries = []
    for text in facts.get("revoked", []):
        label, at, *reason = text.split(" ")
        certificate = certificates[label]
        extensions = []
        if reason:
            extensions.append(extension("2.5.29.21", tlv(0x0A, bytes([REASON_CODES[reason[0]]]))))
        if plain(certificate.issuer) != plain(issuer):
            issuer_name = sequence(tlv(0xA4, name(subject(certificate.issuer))))
            extensions.append(extension("2.5.29.29", issuer_name, True))
        extensions = sequence(*extensions) if extensions else b""
        entries.append(sequence(integer(certificate.serial), date(at), extensions))
    extensions = [
        extension("2.5.29.35", sequence(tlv(0x80, key.identifier))),
        extension("2.5.29.20", integer(facts.get("number", 1))),
    ]
    if "delta-of" in facts:
        extensions.append(extension("2.5.29.27", integer(facts["delta-of"]), True))
    scope = b""
    if "point" in facts:
        scope += explicit(0, explicit(0, tlv(0x86, facts["point"].encode())))
    for tag, word in [(1, "users"), (2, "authorities")]:
        if facts.get("only") == word:
            scope += boolean(True, 0x80 | tag)
    if "reasons" in facts:
        scope += named_bits(facts["reasons"], REASONS, 0x83)
    if facts.get("indirect"):
        scope += boolean(True, 0x84)
    if scope:
        extensions.append(extension("2.5.29.28", sequence(scope), True))
    content = sequence(
        integer(1),
        key.algorithm(),
        name(subject(issuer)),
        date(facts.get("this", "2026-05-15")),
        date(facts.get("next", "2026-06-15")),
        sequence(*entries) if entries else b"",
        explicit(0, sequence(*extensions)),
    )
    return signed(content, key, broken=facts.get("broken", False))


SHA1 = sequence(oid("1.3.14.3.2.26"), b"\x05\x00")


def ocsp_response(facts, certificates):
    asked = certificates[facts["for"]]
    responder = Key(facts["by"])
    number = asked.serial + facts.get("serial-off", 0)
    name_hash = hashlib.sha1(name(subject(asked.issuer))).digest()
    certificate = sequence(SHA1, octets(name_hash), octets(asked.issuer_key.identifier), integer(number))
    match facts["status"].split(" "):
        case ["good"]:
            status = tlv(0x80)
        case ["unknown"]:
            status = tlv(0x82)
        case ["revoked", at, reason]:
            status = explicit(1, instant(at), explicit(0, tlv(0x0A, bytes([REASON_CODES[reason]]))))
    this, following = facts.get("this", "2026-05-31"), facts.get("next", "2026-06-07")
    single = sequence(certificate, status, instant(this), explicit(0, instant(following)))
    content = sequence(explicit(1, name(subject(facts["by"]))), instant(this), sequence(single))
    algorithm, signature = responder.sign(content)
    if facts.get("broken"):
        signature = bytes([signature[0] ^ 1]) + signature[1:]
    with_it = facts.get("with")
    attached = explicit(0, sequence(certificates[with_it].der)) if with_it else b""
    basic = sequence(content, algorithm, bits(signature), attached)
    return sequence(tlv(0x0A, b"\0"), explicit(0, sequence(oid("1.3.6.1.5.5.7.48.1.1"), octets(basic))))


# ----------------------------------------------------------------- scenarios


def fingerprint(certificate):
    return hashlib.sha256(certificate.der).hexdigest()


def with_fingerprints(text, certificates):
    """Every `@issuer/subject@` is replaced by the fingerprint of that certificate."""
    for label, certificate in certificates.items():
        text = text.replace(f"@{label}@", fingerprint(certificate))
    return text


def make(scenario):
    certificates, blocks, files = {}, [], {}

    def add(facts, heading, label, der):
        """A block of the one file, or of a file of its own."""
        block = pem(label, der)
        if file := facts.get("file"):
            files[file] = files.get(file, "") + block
        else:
            blocks.append(f"{heading}\n{block}")

    for number, facts in enumerate(scenario["certificates"]):
        certificate = Certificate(facts, number)
        label = facts.get("label", certificate.label)
        certificates[label] = certificate
        role = "anchor " if certificate.is_anchor else "signer " if certificate.is_signer else ""
        add(facts, f"{role}{label}", "CERTIFICATE", certificate.der)
    for facts in scenario.get("crls", []):
        add(facts, f"crl {facts['by']}", "X509 CRL", revocation_list(facts, certificates))
    for facts in scenario.get("ocsp", []):
        add(facts, f"ocsp {facts['by']}", "OCSP RESPONSE", ocsp_response(facts, certificates))
    tables = {kind: with_fingerprints(scenario[kind], certificates) for kind in ["register", "store"] if kind in scenario}
    if blocks:
        files[f"scenarios/{scenario['name']}.pem"] = "".join(blocks)
        files |= {f"scenarios/{scenario['name']}.{kind}.toml": text for kind, text in tables.items()}
    elif tables:
        files |= {"register.toml": tables["register"].lstrip(), "store/store.toml": tables["store"].lstrip()}
    for file, text in files.items():
        (SOURCE.parent / file).parent.mkdir(exist_ok=True)
        (SOURCE.parent / file).write_text(text)


def main():
    for folder in ["scenarios", "store", "cross", "foreign", "signers", "crl"]:
        for old in (SOURCE.parent / folder).glob("*"):
            old.unlink()
    for scenario in TABLE["scenario"]:
        make(scenario)
    print(f"{len(TABLE['scenario'])} scenarios")


if __name__ == "__main__":
    SOURCE = pathlib.Path(*sys.argv[1:2] or [HERE / "scenarios.toml"])
    TABLE = tomllib.loads(SOURCE.read_text())
    with tempfile.TemporaryDirectory() as folder:
        WORK = pathlib.Path(folder)
        main()
