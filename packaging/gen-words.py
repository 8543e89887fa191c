#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fills a file with the words of policies, from the schemas, which are made of the keyword table:
completions and the reference of the manual have no list of their own.

    @words KIND KEY@   the words that KEY may have in files of the KIND, with blanks between
    @keys KIND@        each key with its words and its sentence, for scdoc

usage: gen-words.py TEMPLATE OUTPUT SCHEMA...
"""
import json
import pathlib
import re
import sys


def find(schema, key):
    """Where `key` is described, at any depth."""
    for name, value in schema.get("properties", {}).items():
        if name == key:
            return value
        below = find(value.get("items", value), key)
        if below:
            return below
    return None


def one(schema):
    """Of "one or a list": the one."""
    return schema["oneOf"][0] if "oneOf" in schema else schema


def words(schemas, kind, key):
    found = find(schemas[kind], key)
    if not found or "enum" not in one(found):
        sys.exit(f"gen-words.py: {kind} has no key {key} with words")
    return " ".join(one(found)["enum"])


def form(schema):
    s = one(schema)
    several = " (one, or a list)" if s is not schema else ""
    if "enum" in s:
        return " | ".join(s["enum"]) + several
    if s.get("type") == "array":
        return "list"
    if "const" in s:
        return str(s["const"])
    if s.get("type") == "integer":
        return f"{s['minimum']} to {s['maximum']}"
    types = s["type"] if isinstance(s["type"], list) else [s["type"]]
    names = {"string": "text", "integer": "number", "boolean": "true | false", "object": "mapping"}
    return " or ".join(names[t] for t in types) + several


def keys(schema, before=""):
    lines = []
    for name, value in schema["properties"].items():
        needed = ", required" if name in schema["required"] else ""
        text = value["description"].replace("*", "\\*").replace("_", "\\_")
        lines.append(f"*{before}{name}*: {form(value)}{needed}\n\t{text}\n")
        below = value.get("items", value)
        if "properties" in below:
            lines += keys(below, f"{before}{name}.")
    return lines


def main():
    template, output = sys.argv[1:3]
    schemas = {pathlib.Path(p).name.split(".")[0]: json.loads(pathlib.Path(p).read_text(encoding="utf-8"))
               for p in sys.argv[3:]}
    text = pathlib.Path(template).read_text(encoding="utf-8")
    text = re.sub(r"@words (\w+) ([\w-]+)@", lambda m: words(schemas, m[1], m[2]), text)
    text = re.sub(r"@keys (\w+)@\n", lambda m: "\n".join(keys(schemas[m[1]])), text)
    pathlib.Path(output).write_text(text, encoding="utf-8")


main()
