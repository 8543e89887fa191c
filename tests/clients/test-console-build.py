#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The console's pages are made from the lock file alone, twice the same, and hold to the server's
content security policy. Usage: test-console-build.py FRONT"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
from tap import equal, run, test

FRONT = pathlib.Path(sys.argv.pop(1))


def build(out, **env):
    subprocess.run([str(FRONT / "build.sh"), str(out)], check=True, env=dict(os.environ, **env))
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


class Built:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.top = pathlib.Path(self.folder.name)
        env = {k: v for k, v in os.environ.items() if k != "FRONT_WORK"}
        os.environ.clear()
        os.environ.update(env)
        self.files = build(self.top / "one")


def teardown(b):
    if b:
        b.folder.cleanup()


@test
def two_builds_are_the_same(b):
    work = str(b.top / "work")
    (b.top / "a b").mkdir()
    for out in ("two", "a b/three"):  # packages fetched anew, then as they are
        again = build(b.top / out, FRONT_WORK=work)
        equal(sorted(again), sorted(b.files), "files")
        equal([n for n in again if again[n] != b.files[n]], [], "files that differ")


@test
def the_lock_file_names_no_registry_and_every_hash(b):
    text = (FRONT / "package-lock.json").read_text()
    equal(re.findall(r'"resolved"|//registry[^"]*|\.tgz', text), [], "hosts")
    packages = {k: v for k, v in json.loads(text)["packages"].items() if k}
    equal([k for k, v in packages.items() if not v.get("integrity", "").startswith("sha512-")], [],
          "packages without a hash")
    equal([k for k, v in packages.items() if not v.get("license")], [], "packages without a licence")
    wanted = json.loads((FRONT / "package.json").read_text())
    equal([k for d in ("dependencies", "devDependencies") for k, v in wanted[d].items()
           if not re.fullmatch(r"\d+\.\d+\.\d+", v)], [], "versions that are not exact")


@test
def the_page_holds_to_its_security_policy(b):
    page = b.files["index.html"].decode()
    equal(re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page), [], "inline")
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert address == "data:," or address.lstrip("/") in b.files, address
    for name, content in b.files.items():
        assert re.fullmatch(r"index\.html|LICENSES\.txt|assets/[\w.-]+-[A-Z0-9]{8}\.(js|css)(\.LEGAL\.txt)?", name), name
        if name.endswith(".css"):
            equal(re.findall(rb"@import|url\(", content), [], f"{name} fetches")
        if name.endswith(".js"):
            equal(re.findall(rb"\beval\(|new Function\(", content), [], f"{name} makes code")


def words(language):
    text = (FRONT / f"src/words/{language}.ts").read_text()
    return dict(re.findall(r"^  '((?:[^'\\]|\\.)+)': '((?:[^'\\]|\\.)*)',$", text, re.M))


@test
def both_languages_say_everything(b):
    vi, en = words("vi"), words("en")
    assert len(vi) > 400, len(vi)
    equal(sorted(vi), sorted(en), "keys")
    for key in vi:
        equal(sorted(re.findall(r"\{\w+\}", vi[key])), sorted(re.findall(r"\{\w+\}", en[key])), key)
        assert vi[key] and en[key], key


@test
def no_word_is_left_over(b):
    sources = "".join(p.read_text() for p in (FRONT / "src").rglob("*.ts*") if p.parent.name != "words")
    # Kinds whose values come from the agent, or are put together.
    kinds = set(re.findall(r"(?:name|valueName)\('([a-z.-]+)'", sources)) | \
        set(re.findall(r"`([a-z.-]+)\.\$\{", sources)) | {"incident.refused", "incident.allowed"}
    unused = [k for k in words("vi") if f"'{k}'" not in sources and k.rsplit(".", 1)[0] not in kinds
              and not k.startswith("why.")]
    equal(unused, [], "words")


if __name__ == "__main__":
    run(Built, teardown)
