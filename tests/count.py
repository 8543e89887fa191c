#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what meson ran: each TAP line is a test. The last line is the sum.

What was skipped is named with its reason.

usage: count.py BAD LOG.json...   (BAD: 1 where a run of meson itself said no)
"""
import json
import os
import re
import sys
import xml.etree.ElementTree as tree


def cases(path):
    """{test: [(case, kind)]} of the JUnit file beside a log."""
    found = {}
    junit = path[:-len(".json")] + ".junit.xml"
    if os.path.exists(junit):
        for suite in tree.parse(junit).getroot().iter("testsuite"):
            for case in suite.iter("testcase"):
                kinds = {child.tag for child in case}
                kind = ("failed" if kinds & {"failure", "error"} else
                        "skipped" if "skipped" in kinds else "passed")
                found.setdefault(case.get("classname"), []).append((case.get("name"), kind))
    return found


def why_skipped(test):
    """Of a whole test: what its plan says."""
    found = re.search(r"^1\.\.0 +# *SKIP *(.*)$", test.get("stdout", ""), re.M | re.I)
    return found.group(1) if found else ""


def main():
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for path in sys.argv[2:]:
        found = cases(path)
        run = os.path.basename(path)[:-len(".json")]
        for line in open(path):
            test = json.loads(line)
            name = test["name"]
            mine = next((v for k, v in found.items() if k and k.endswith(name)), [])
            if test["result"] not in ("OK", "EXPECTEDFAIL", "SKIP") and not any(
                    kind == "failed" for _, kind in mine):
                mine = mine + [(test["result"], "failed")]  # died, hung, or broke its plan
            if not mine:
                mine = [(why_skipped(test), "skipped" if test["result"] == "SKIP" else "passed")]
            for case, kind in mine:
                count[kind] += 1
                if kind != "passed":
                    print(f"{kind}: {run}: {name}: {case}")
    if sys.argv[1] != "0" and not count["failed"]:
        count["failed"] += 1
        print("failed: a test run ended in error")
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if count["failed"] or not count["passed"] else 0


sys.exit(main())
