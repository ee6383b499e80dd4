"""Judges converted invoices independently of Karvan: terms, schema, rules.

usage: invoices.py TOOL XML < CASES

TOOL is the extractor `invoice-terms`, XML the folder with `xsd/` and `en16931/`. Every line of CASES is
`source<TAB>output[<TAB>twin]…`: the same invoice in other syntaxes. For every line, one JSON object: the terms of source
(none where it is no XML), output and twins as lists of [term, value, count], whether the output is valid by xmllint, and the
fatal rules of the official Schematron that it breaks and neither source nor twins do. Needs lxml and saxonche.
"""

import functools
import importlib.machinery
import importlib.util
import json
import re
import subprocess
import sys

from saxonche import PySaxonProcessor

loader = importlib.machinery.SourceFileLoader("invoice_terms", sys.argv[1])
tool = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
loader.exec_module(tool)
processor = PySaxonProcessor(license=False)


def kind(path):
    with open(path, "rb") as file:
        head = file.read(6000)
    if b"CrossIndustryInvoice" in head:
        return "cii"
    return "credit" if b"CreditNote-2" in head else "ubl" if b"Invoice-2" in head else None


@functools.cache
def rules(syntax):
    sheet = f"{sys.argv[2]}/en16931/{syntax}/xslt/EN16931-{syntax.upper()}-validation.xslt"
    return processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=sheet)


@functools.cache
def broken(path):
    report = rules("cii" if kind(path) == "cii" else "ubl").transform_to_string(source_file=path)
    failed = re.findall(r"<svrl:failed-assert(.*?)>", report, re.S)
    fatal = (attributes for attributes in failed if re.search(r'\b(?:flag|role)="fatal"', attributes))
    return frozenset(re.search(r'\bid="([^"]*)"', attributes)[1] for attributes in fatal)


def valid(path):
    ubl = "ubl-2.1/maindoc/UBL-%s-2.1.xsd"
    schemas = {"cii": "cii-d16b/data/standard/CrossIndustryInvoice_100pD16B.xsd", "ubl": ubl % "Invoice", "credit": ubl % "CreditNote"}
    command = ["xmllint", "--nonet", "--noout", "--schema", f"{sys.argv[2]}/xsd/{schemas[kind(path)]}", path]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def terms(path):
    if not kind(path):
        return []
    return [[term, value, count] for (term, value), count in sorted(tool.terms(path).items())]


for line in sys.stdin:
    source, output, *twins = line.rstrip("\n").split("\t")
    others = [path for path in (source, *twins) if kind(path)]
    print(json.dumps({
        "source": terms(source),
        "output": terms(output),
        "twins": [terms(twin) for twin in twins],
        "valid": valid(output),
        "fatal": sorted(broken(output).difference(*map(broken, others))),
    }), flush=True)
