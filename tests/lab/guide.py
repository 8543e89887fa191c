# SPDX-License-Identifier: Apache-2.0
"""What docs/admin-guide.md tells people to do, as steps that can be done: files to write, commands to
run, what they must print, and what happens meanwhile."""
import re

IN_PASSING = re.compile(r"`(sealgate(?:d|\s[^`]*))`")
TOKEN = re.compile(r"<!-- (file|exit|test): (.*?) -->|```(\w+)\n(.*?)\n```", re.S)


def steps(text):
    """(kind, what, where or exit status): "file", "run", "expect", "test"."""
    result, file, status = [], None, 0
    for m in TOKEN.finditer(text):
        mark, value, language, body = m.groups()
        if mark == "file":
            file = value
        elif mark == "exit":
            status = int(value)
        elif mark == "test":
            result.append(("test", value, None))
        elif language == "yaml":
            assert file, "a YAML block without a file: " + body[:60]
            result.append(("file", body + "\n", file))
            file = None
        elif language == "sh":
            result.extend(("run", line, status) for line in body.split("\n"))
            status = 0
        elif language == "text":
            result.append(("expect", body, None))
        else:
            raise ValueError(f"a block in {language}: nobody runs it")
    return result


def in_passing(text):
    """Commands that are named within sentences, on one line each."""
    prose = re.sub(r"```.*?```", "", text, flags=re.S)
    return [" ".join(m.split()) for m in IN_PASSING.findall(prose)]
