#!/usr/bin/env python3
"""Makes the broken twins beside this file from the samples above it: each differs from its original in one thing."""
import pathlib

HERE = pathlib.Path(__file__).parent
SAMPLES = HERE.parent


def twin(name, original, *changes):
    """Writes the twin `name` of `original`; a change is a pair of octets to find, once, and to put there."""
    octets = (SAMPLES / original).read_bytes()
    for old, new in changes:
        assert octets.count(old) == 1, (name, old, octets.count(old))
        octets = octets.replace(old, new)
    (HERE / name).write_bytes(octets)


def cut(name, original, end):
    """Writes `original` up to the first `end`."""
    octets = (SAMPLES / original).read_bytes()
    (HERE / name).write_bytes(octets[: octets.index(end) + len(end)])


def count(original):
    """The UNT of `original`, without its terminator, and the count in it."""
    octets = (SAMPLES / original).read_bytes()
    start = octets.index(b"UNT+")
    trailer = octets[start : octets.index(b"'", start)]
    return trailer, int(trailer.split(b"+")[1])


trailer, segments = count("invoice-de.edi")
twin("invoice-de-count.edi", "invoice-de.edi", (trailer, trailer.replace(b"%d" % segments, b"%d" % (segments - 1))))
cut("invoice-ir-truncated.edi", "invoice-ir.edi", "پستهٔ اکب".encode())
twin("invoice-de-charset.edi", "invoice-de.edi", (b"UNOC:3", b"UNOA:3"))
twin("invoice-ae-release.edi", "invoice-ae.edi", (b"INVOIC:D:01B", b"INVOIC:D:99Z"))
twin("invoice-ae-message.edi", "invoice-ae.edi", (b"INVOIC:D:01B", b"INVOYC:D:01B"))
twin("invoice-nl-reference.edi", "invoice-nl.edi", (b"UNZ+2+WF20260418", b"UNZ+2+WF20260419"))
twin("invoice-nl-format.edi", "invoice-nl.edi", (b"MOA+389:9100.64", b"MOA+389:about 9100"))
twin("invoice-ir-code.edi", "invoice-ir.edi", (b"NAD+DP+", b"NAD+QQ+"))
twin("invoice-ae-order.edi", "invoice-ae.edi", (b"CUX+2:AED:4'\n", b""), (b"UNS+S'\n", b"UNS+S'\nCUX+2:AED:4'\n"))
twin("invoice-tr-malformed.cii.xml", "invoice-tr.cii.xml", (b"</rsm:ExchangedDocument>", b"</rsm:ExchangedDokument>"))
twin(
    "invoice-tr-order.cii.xml",
    "invoice-tr.cii.xml",
    (b"    <ram:TypeCode>380</ram:TypeCode>\n", b""),
    (b"    <ram:ID>ATS2026000001131</ram:ID>\n", b"    <ram:TypeCode>380</ram:TypeCode>\n    <ram:ID>ATS2026000001131</ram:ID>\n"),
)
twin("invoice-de-value.cii.xml", "invoice-de.cii.xml", (b"<ram:BasisAmount>12250.00<", b"<ram:BasisAmount>12.250,00<"))
twin("invoice-in-missing.ubl.xml", "invoice-in.ubl.xml", (b"  <cbc:ID>SS/2026-27/0614</cbc:ID>\n", b""))
twin("invoice-in-namespace.ubl.xml", "invoice-in.ubl.xml", (b"<cbc:DueDate>2026-12-06</cbc:DueDate>", b"<cac:DueDate>2026-12-06</cac:DueDate>"))
twin(
    "creditnote-nl-entities.ubl.xml",
    "creditnote-nl.ubl.xml",
    (
        b'encoding="UTF-8"?>\n',
        b'encoding="UTF-8"?>\n<!DOCTYPE CreditNote [<!ENTITY a "retour "><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
        b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d SYSTEM "file:///etc/hostname">]>\n',
    ),
    (b"<cbc:Note>Twee", b"<cbc:Note>&c;&d;Twee"),
)
twin("order-tr-moment.bsp.json", "order-tr.bsp.json", (b'"issueDateTime": "2026-10-16T00:00:00Z"', b'"issueDateTime": "2026-10-16"'))
