"""Reads the terms of EN 16931 from invoices and asks the official Schematron, for `cargo xtask conformance`.

The terms are those of the extractor that lies beside the reference data, `../tools/invoice-terms`; the rules are run by
Saxon in their compiled form. Neither knows Karvan.

Reads from standard input:
    {"extractor": PATH, "rules": {KIND: PATH}, "files": [PATH], "only_rules": {KIND: [PATH]}, "values": [TEXT]}
Writes to standard output, in the same order:
    {"files": [{"kind": "cii" | "ubl" | "credit", "terms": [[TERM, VALUE, COUNT]], "fatal": [RULE]}],
     "only_rules": {KIND: [[RULE]]}, "values": [TEXT as the extractor writes a value], "tools": TEXT}
"""

import functools
import importlib.machinery
import importlib.util
import json
import os
import sys
import tempfile

from lxml import etree
from saxonche import PySaxonProcessor

SVRL = {"svrl": "http://purl.oclc.org/dsdl/svrl"}


def extractor(path):
    """The extractor as a module; its tables are read once for each kind of invoice."""
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("invoice_terms", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    module.paths = functools.cache(module.paths)
    return module


def kind(path):
    """Which invoice it is, by its root element."""
    names = {"CrossIndustryInvoice": "cii", "Invoice": "ubl", "CreditNote": "credit"}
    return names[etree.QName(etree.parse(path).getroot()).localname]


def in_words(path, folder):
    """The file, its truth values in words: the extractor asks for `false`, which XML Schema lets one write `0`."""
    tree = etree.parse(path)
    indicators = [one for one in tree.iter("{*}ChargeIndicator", "{*}Indicator") if (one.text or "").strip() in ("0", "1")]
    if not indicators:
        return path
    for indicator in indicators:
        indicator.text = "true" if indicator.text.strip() == "1" else "false"
    written = os.path.join(folder, os.path.basename(path))
    tree.write(written)
    return written


def main():
    request = json.load(sys.stdin)
    tool = extractor(request["extractor"])
    with PySaxonProcessor(license=False) as processor, tempfile.TemporaryDirectory() as folder:
        tools = f"lxml {etree.__version__}, {processor.version}"
        xslt = processor.new_xslt30_processor()
        rules = {name: xslt.compile_stylesheet(stylesheet_file=path) for name, path in request["rules"].items()}

        def fatal(name, path):
            report = etree.fromstring(rules[name].transform_to_string(source_file=path).encode())
            return sorted(set(report.xpath("//svrl:failed-assert[@flag='fatal']/@id", namespaces=SVRL)))

        files = []
        for path in request["files"]:
            what = kind(path)
            terms = [[term, value, count] for (term, value), count in sorted(tool.terms(in_words(path, folder)).items())]
            files.append({"kind": what, "terms": terms, "fatal": fatal("cii" if what == "cii" else "ubl", path)})
        only_rules = {name: [fatal(name, path) for path in paths] for name, paths in request["only_rules"].items()}
    values = [tool.norm(value) for value in request["values"]]
    json.dump({"files": files, "only_rules": only_rules, "values": values, "tools": tools}, sys.stdout)


main()
