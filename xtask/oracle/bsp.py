"""Judges Buy-Ship-Pay JSON by the published schemas, for `cargo xtask conformance bsp`.

    bsp.py ARCHIVE

ARCHIVE holds the schemas. Answers each path on standard input with `valid` or with the place and the first problem, and `version` with
that of the validator.
"""

import json
import re
import sys
import tarfile
from datetime import date
from importlib.metadata import version

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

FOLDER = "BuyShipPay/D23B/"
TIME = r"\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"

# The schemas tell days, moments, times and durations apart by their formats alone.
formats = FormatChecker(formats=())


def of_texts(name, **options):
    """A format of texts, which says nothing of other values."""
    return lambda check: formats.checks(name, **options)(lambda value: not isinstance(value, str) or check(value))


@of_texts("date", raises=ValueError)
def is_date(value):
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value)) and bool(date.fromisoformat(value))


@of_texts("date-time", raises=ValueError)
def is_date_time(value):
    return is_date(value[:10]) and bool(re.fullmatch("T" + TIME, value[10:]))


@of_texts("time")
def is_time(value):
    return bool(re.fullmatch(TIME, value))


@of_texts("duration")
def is_duration(value):
    return bool(re.fullmatch(r"P(?!$)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?!$)(\d+H)?(\d+M)?(\d+S)?)?", value))


@of_texts("uri")
def is_uri(value):
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", value))



def library(archive):
    """The schemas by the names that others refer to them by: their files, and the ids they give themselves."""
    schemas = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and member.name.endswith(".json") and FOLDER in member.name:
                schemas[member.name.split(FOLDER)[1]] = json.load(tar.extractfile(member))
    base = next(schema["$id"] for schema in schemas.values() if "$id" in schema).rsplit("/", 1)[0] + "/"
    registry = Registry()
    for name, schema in schemas.items():
        # The ids are those of folders that are not there; what refers to a schema does so by its file.
        schema = {key: value for key, value in schema.items() if key != "$id"}
        resource = Resource.from_contents(schema, default_specification=DRAFT202012)
        registry = registry.with_resources([(base + name, resource)])
    return base, registry


def main():
    base, registry = library(sys.argv[1])
    validators = {}
    for line in sys.stdin:
        if line == "version\n":
            print("jsonschema", version("jsonschema"), flush=True)
            continue
        with open(line.rstrip("\n"), encoding="utf-8") as file:
            document = json.load(file)
        name = document.get("x-schema", "").rsplit("/", 1)[-1]
        if name not in validators:
            reference = f"{base}UNECE-{name}.json"
            validators[name] = Draft202012Validator({"$ref": reference}, registry=registry, format_checker=formats)
        error = next(validators[name].iter_errors(document), None)
        print("valid" if error is None else f"{error.json_path}: {error.message[:100]}".replace("\n", " "), flush=True)


main()
