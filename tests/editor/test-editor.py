#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The schemas in an editor's own language server (yaml-language-server, over LSP): the modeline finds
them, a slip is marked where it stands, keywords and words are offered, and documentation is shown.
Prints TAP.

usage: test-editor.py SOURCE WORK      WORK: npm puts the server there, from package-lock.json
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

SOURCE, WORK = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
HERE = SOURCE / "tests/editor"
PATIENCE = 120  # seconds; a loaded machine starts node slowly
INSTALLED = "/usr/share/sealgate/policy"
tests = []


def test(f):
    tests.append(f)
    return f


def equal(got, want, what):
    assert got == want, f"{what}: got {got!r}, want {want!r}"


def install():
    """Once for each lock file."""
    lock = HERE / "package-lock.json"
    done = WORK / "done"
    if done.exists() and done.read_text() == lock.read_text():
        return
    WORK.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, WORK / name)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--loglevel=error"],
                   cwd=WORK, check=True, stdout=subprocess.DEVNULL, timeout=600)
    done.write_text(lock.read_text())


class Server:
    """A session: what an editor asks, and what the server tells unasked."""

    def __init__(self, folder):
        program = WORK / "node_modules/.bin/yaml-language-server"
        self.process = subprocess.Popen([program, "--stdio"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.answers, self.told, self.number = {}, {}, 0
        self.changed = threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()
        self.ask("initialize", processId=os.getpid(), rootUri=folder.as_uri(), capabilities={
            "workspace": {"configuration": True},
            "textDocument": {"hover": {"contentFormat": ["plaintext"]}, "completion": {
                "completionItem": {"snippetSupport": True, "documentationFormat": ["plaintext"]}}}})
        self.send(method="initialized", params={})

    def send(self, **message):
        body = json.dumps(dict(message, jsonrpc="2.0")).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def listen(self):
        out = self.process.stdout
        while True:
            length = 0
            for line in iter(out.readline, b"\r\n"):
                if not line:
                    return
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            self.hear(json.loads(out.read(length)))

    def hear(self, message):
        method, params = message.get("method"), message.get("params")
        if method and "id" in message:  # nothing but what the file says, and no catalogue from outside
            settings = {"yaml": {"schemaStore": {"enable": False}, "kubernetesCRDStore": {"enable": False},
                                 "validate": True, "hover": True, "completion": True}}
            self.send(id=message["id"], result=[settings.get(i.get("section"), {}) for i in params["items"]]
                      if method == "workspace/configuration" else None)
            return
        with self.changed:
            if method == "textDocument/publishDiagnostics":
                self.told.setdefault(params["uri"], []).append(params["diagnostics"])
            elif not method:
                self.answers[message["id"]] = message
            self.changed.notify_all()

    def wait(self, ready, what):
        with self.changed:
            assert self.changed.wait_for(ready, PATIENCE), f"no {what} within {PATIENCE} s"

    def ask(self, method, **params):
        self.number += 1
        number = self.number
        self.send(id=number, method=method, params=params)
        self.wait(lambda: number in self.answers, method)
        answer = self.answers.pop(number)
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def open(self, path, text):
        """What the server says about the text, as (line, column, message), from 1. A path is opened
        once: what is told when it is closed could not be told from what is told of the next."""
        uri = path.as_uri()
        assert uri not in self.told, uri
        self.send(method="textDocument/didOpen", params={"textDocument": {
            "uri": uri, "languageId": "yaml", "version": 1, "text": text}})
        self.wait(lambda: uri in self.told, f"diagnostics of {path}")
        self.at("textDocument/hover", path, 1, 1)  # what was told before the answer is the last word
        return [(d["range"]["start"]["line"] + 1, d["range"]["start"]["character"] + 1, d["message"])
                for d in self.told[uri][-1]]

    def at(self, method, path, line, column):
        return self.ask(method, textDocument={"uri": path.as_uri()},
                        position={"line": line - 1, "character": column - 1})

    def offered(self, path, line, column):
        answer = self.at("textDocument/completion", path, line, column)
        return {i["label"]: i for i in answer["items"]}

    def stop(self):
        self.process.kill()
        self.process.wait(10)


RULE = """# yaml-language-server: $schema=schema/policy.schema.json
version: 1
rules:
  - name: a
    when:
      %s
    do: block
"""


@test
def the_modeline_of_each_shipped_file_finds_its_schema(top, s):
    """Without a word about the text as it is; and with one about a key that only the schema knows."""
    seen = 0
    for folder in ("", "apps", "cases", "advisories"):
        for path in sorted((top / folder).glob("*.yaml")):
            text = path.read_text()
            equal(s.open(path, text), [], path.name)
            found = s.open(path.with_name("wrong-" + path.name), text + "\nno-such-key: 1\n")
            assert any("no-such-key" in m for _, _, m in found), (path.name, found)
            seen += 1
    assert seen >= 10, seen


@test
def a_slip_is_marked_where_it_stands(top, s):
    found = s.open(top / "key.yaml", RULE % "levle: internal")
    assert [(6, 7)] == [(a, b) for a, b, m in found if "levle" in m], found
    found = s.open(top / "word.yaml", RULE % "level: secrett")
    assert any((a, b) == (6, 14) and '"secret"' in m for a, b, m in found), found
    found = s.open(top / "missing.yaml", (RULE % "level: secret").replace("    do: block\n", ""))
    assert any('"do"' in m for _, _, m in found), found


@test
def keywords_and_words_are_offered(top, s):
    path = top / "keys.yaml"
    s.open(path, RULE % "\n      ")
    keys = s.offered(path, 6, 7)
    policy = json.loads((top / "schema/policy.schema.json").read_text())
    wanted = set(policy["properties"]["rules"]["items"]["properties"]["when"]["properties"])
    assert {"level", "family", "path", "time", "meeting"} <= wanted <= set(keys), (wanted, sorted(keys))
    assert "Level of the document." in str(keys["level"].get("documentation")), keys["level"]
    path = top / "levels.yaml"
    s.open(path, RULE % "level: ")
    equal(set(s.offered(path, 6, 14)) & {"none", "internal", "confidential", "secret", "top-secret"},
          {"none", "internal", "confidential", "secret", "top-secret"}, "levels")
    text = (RULE % "level: secret").replace("do: block", "do: ")
    path = top / "actions.yaml"
    s.open(path, text)
    actions = set(s.offered(path, 7, 9))
    assert {"allow", "log", "notify", "justify", "block"} <= actions, actions


@test
def documentation_is_shown(top, s):
    path = top / "hover.yaml"
    s.open(path, RULE % "family: state-secret")
    for line, column, words in ((6, 9, "confidential and higher"), (7, 6, "What happens."),
                                (3, 3, "the first match decides")):
        said = str(s.at("textDocument/hover", path, line, column))
        assert words in said, (line, said)


@test
def the_guide_s_first_policy_is_marked_as_it_says(top, s):
    """Its modeline names the installed schema; the slip that it shows is the only thing marked."""
    text = (SOURCE / "docs/admin-guide.md").read_text()
    body = re.search(r"<!-- file: \S+/office.yaml -->\n```yaml\n(.*?)```", text, re.S)[1]
    assert f"$schema={INSTALLED}/schema/policy.schema.json" in body.splitlines()[0], body
    body = body.replace(f"$schema={INSTALLED}/schema", f"$schema={top}/schema")
    path = top / "office.yaml"
    found = s.open(path, body)
    equal([(a, b) for a, b, _ in found], [(8, 7)], found)
    equal(s.open(top / "office-2.yaml", body.replace("levle", "level")), [], "without the slip")


def main():
    install()
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder) / "policy"
        shutil.copytree(SOURCE / "policy", top)
        s = Server(top)
        try:
            for number, f in enumerate(tests, 1):
                try:
                    f(top, s)
                    print(f"ok {number} - {f.__name__}", flush=True)
                except Exception as e:
                    failed += 1
                    print(f"not ok {number} - {f.__name__}\n# {e!r}", flush=True)
        finally:
            s.stop()
    return failed > 0


sys.exit(main())
