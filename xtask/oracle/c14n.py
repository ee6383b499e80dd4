"""Canonical forms by the libxml2 of the system, one question a line on standard input, one answer a line on standard output;
the parts of a line are separated by tabs:

    MODE COMMENTS PREFIXES EXPRESSION DOCUMENT     the form | failed

MODE is 0 (C14N 1.0), 1 (exclusive) or 2 (C14N 1.1), COMMENTS 0 or 1, PREFIXES a list (exclusive), EXPRESSION an XPath
expression for the nodes, empty for all of them. Document and form are in Base64.

    python3 c14n.py [version]
"""

import base64
import ctypes
import ctypes.util
import sys

lib = ctypes.CDLL(ctypes.util.find_library("xml2"))
pointer = ctypes.c_void_p
lib.xmlReadMemory.restype = pointer
lib.xmlReadMemory.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int]
lib.xmlXPathNewContext.restype = pointer
lib.xmlXPathNewContext.argtypes = [pointer]
lib.xmlXPathEvalExpression.restype = pointer
lib.xmlXPathEvalExpression.argtypes = [ctypes.c_char_p, pointer]
lib.xmlXPathRegisterNs.argtypes = [pointer, ctypes.c_char_p, ctypes.c_char_p]
for free in (lib.xmlFreeDoc, lib.xmlXPathFreeContext, lib.xmlXPathFreeObject):
    free.argtypes, free.restype = [pointer], None
lib.xmlC14NDocDumpMemory.argtypes = [
    pointer, pointer, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.POINTER(pointer),
]
# No messages, and text as XPath has it: sections are text.
OPTIONS = 32 | 64 | 16384


class Found(ctypes.Structure):
    """The beginning of xmlXPathObject."""

    _fields_ = [("type", ctypes.c_int), ("nodes", pointer)]


def canonical(mode, comments, prefixes, expression, document):
    octets = base64.b64decode(document)
    tree = lib.xmlReadMemory(octets, len(octets), None, None, OPTIONS)
    if not tree:
        return None
    context = lib.xmlXPathNewContext(tree)
    found = None
    if expression:
        for prefix in (b"a", b"b"):
            lib.xmlXPathRegisterNs(context, prefix, b"urn:" + prefix)
        found = lib.xmlXPathEvalExpression(expression.encode(), context)
    nodes = ctypes.cast(found, ctypes.POINTER(Found)).contents.nodes if found else None
    listed = [prefix.encode() for prefix in prefixes.split()]
    array = (ctypes.c_char_p * (len(listed) + 1))(*listed, None)
    form = pointer()
    length = lib.xmlC14NDocDumpMemory(tree, nodes, int(mode), array, int(comments), ctypes.byref(form))
    written = ctypes.string_at(form, length) if length >= 0 else None
    if found:
        lib.xmlXPathFreeObject(found)
    lib.xmlXPathFreeContext(context)
    lib.xmlFreeDoc(tree)
    return written


if sys.argv[1:] == ["version"]:
    number = int(ctypes.string_at(pointer.in_dll(lib, "xmlParserVersion").value))
    print(f"libxml2 {number // 10000}.{number // 100 % 100}.{number % 100}")
    sys.exit()
for line in sys.stdin:
    form = canonical(*line.rstrip("\n").split("\t"))
    print("failed" if form is None else base64.b64encode(form).decode(), flush=True)
