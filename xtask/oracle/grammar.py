"""Makes mutants of XML documents and judges documents by their schemas, for `cargo xtask conformance grammar`.

    grammar.py FOLDER < LINES

A line is a schema document, a document and how many mutants to make of it, with tabs between. Writes the mutants into
FOLDER and prints, for each document and mutant, the number of the line, its path, and `valid` or `invalid` as libxml2 has
it. The same lines give the same mutants.
"""

import copy
import os
import random
import sys

from lxml import etree

VALUES = ["", "abc", "-1", "1.5", "1,5", "2024-02-30", "2024-02-29", "20240229", "true", "TRUE", "  12 ", "1e3", "+3", ".5",
          "2024-01-01T00:00:00", "2024-01-01Z", "A" * 40, "AA==", "A===", "x y"]
ATTRIBUTES = ["foo", "schemeID", "currencyID", "unitCode", "listID", "format", "languageID", "{urn:x}y", "mimeCode"]


def elements(root):
    return [element for element in root.iter() if isinstance(element.tag, str)]


def mutate(root, chance):
    """Changes one thing in the document."""
    element = chance.choice(elements(root)[1:] or [root])
    if element is root:
        etree.SubElement(root, root.tag)
        return
    parent, name = element.getparent(), etree.QName(element)
    match chance.randrange(11):
        case 0:
            parent.remove(element)
        case 1:
            parent.insert(parent.index(element), copy.deepcopy(element))
        case 2:
            parent.insert(chance.randrange(len(parent)), element)
        case 3:
            other = chance.choice(elements(root))
            other.insert(chance.randint(0, len(other)), copy.deepcopy(element))
        case 4:
            element.tag = "{%s}%s" % (name.namespace, chance.choice(["Foo", "ID", "Name", "Note"]))
        case 5:
            namespaces = [etree.QName(other).namespace for other in elements(root)]
            element.tag = "{%s}%s" % (chance.choice(namespaces + ["urn:x"]), name.localname)
        case 6:
            element.set(chance.choice(ATTRIBUTES), chance.choice(VALUES))
        case 7:
            element = chance.choice([other for other in elements(root) if other.attrib] or [root])
            if not element.attrib:
                return
            del element.attrib[chance.choice(list(element.attrib))]
        case 8:
            element.text = (element.text or "") + "zzz"
        case 9:
            etree.SubElement(element, chance.choice(elements(root)).tag).text = "1"
        case 10:
            chance.choice([other for other in elements(root) if len(other) == 0]).text = chance.choice(VALUES)


def main(folder):
    known, schema = None, None
    parser = etree.XMLParser(resolve_entities=False)
    for number, line in enumerate(sys.stdin):
        location, path, mutants = line.rstrip("\n").split("\t")
        if location != known:
            # One at a time: those of UBL take much memory.
            known, schema = location, etree.XMLSchema(etree.parse(location))
        tree, chance = etree.parse(path, parser), random.Random(os.path.basename(path))
        print(number, path, "valid" if schema.validate(tree) else "invalid", sep="\t", flush=True)
        for mutant in range(int(mutants)):
            changed = copy.deepcopy(tree)
            for _ in range(chance.choice([1, 1, 2])):
                mutate(changed.getroot(), chance)
            target = os.path.join(folder, f"{number}-{mutant}.xml")
            changed.write(target, encoding="utf-8", xml_declaration=True)
            verdict = schema.validate(etree.parse(target, parser))
            print(number, target, "valid" if verdict else "invalid", sep="\t", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
