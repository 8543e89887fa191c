#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What is allowed passes unharmed and without noise: internal documents under a policy that only
records, and many public files through five clients."""
import random
import shutil
import subprocess
import time
import zipfile

from scene import (DOCS, HOME, LOG, Scene, Skip, contents, equal, go_sendxmpp, lab, make, run, sha,
                   test, web, workbook, xmpp)
from messengers import Dino, Gajim

PUBLIC = DOCS / "cong-khai"
N_PUBLIC = 200


def setup():
    s = Scene(policy=LOG)
    rows = [["LƯU HÀNH NỘI BỘ"], ["BẢNG GIÁ CHÀO"], ["Gói thầu", "Giá"]]
    # In a folder of their own: a chooser opens what it highlights, and lists where it was last.
    (DOCS / "noi-bo").mkdir()
    s.books = {name: workbook(DOCS / "noi-bo" / f"{name}.xlsx", rows + [[name, n]])
               for n, name in enumerate(("gajim", "dino", "chromium", "profanity"))}
    s.agent.start()
    s.agent.known(len(s.books))
    return s


def teardown(s):
    if s:
        s.stop()


def recorded_once(s, path, app):
    i = s.once(path, app, "log")
    equal(i["level"], "internal", str(path))
    # On a machine that is too busy to look at a file of the client's own within the deadline, that is
    # recorded too.
    acts = [a for a in s.agent.acts() if a["app"] == app and a["cause"] != "deadline"]
    equal(len(acts), 1, f"incidents of {app}: {[(a['path'], a.get('files')) for a in acts]}")


@test
def e06_gajim(s):
    path = s.books["gajim"]
    s.client(Gajim).send_file(path)
    s.stored(path)
    recorded_once(s, path, "gajim")


@test
def e06_dino(s):
    """Dino copies what it sends into its own folder, which is protected too: one incident."""
    path = s.books["dino"]
    client = s.client(Dino)
    client.send_file(path)
    s.stored(path)
    assert sha(path) in contents(client.data), "no copy: this test shows nothing"
    recorded_once(s, path, "dino")
    act = next(a for a in s.agent.acts() if a["app"] == "dino")
    print(f"# {act['retries']} further opens, other files of it: "
          f"{[f['path'] for f in act.get('files', [])]}")


@test
def e06_chromium_put(s):
    if not web.modules():
        raise Skip("no npm modules: tests/install-deps clients")
    site = s.clients["site"] = web.Server()
    browser = s.clients["browser"] = web.Browser(s.desktop, TMPDIR=str(HOME / "tmp"))
    path = s.books["chromium"]
    assert browser.put(path) == "status 201"
    equal(site.stored(), [sha(path)], "put")
    recorded_once(s, path, "chromium")


@test
def e06_profanity_opens_twice(s):
    path = s.books["profanity"]
    client = xmpp.Profanity()
    try:
        client.connect()
        client.chat()
        client.send_file(path)
        s.stored(path)
        recorded_once(s, path, "profanity")
    finally:
        client.stop()


def public_files():
    """Office documents, text in several encodings, pictures, archives; none alike."""
    rng = random.Random(7)
    PUBLIC.mkdir()
    office = make(["cong-khai.docx", "cong-khai.odt", "cong-khai.pdf", "cong-khai.rtf"], "/var/tmp")
    words = "thư viện xã mở cửa cả ngày chủ nhật bạn đọc không phải trả phí lịch họp tổ dân phố".split()
    files = []
    for n in range(N_PUBLIC):
        kind = ("docx", "odt", "pdf", "rtf", "txt", "csv", "png", "zip", "html", "bin")[n % 10]
        path = PUBLIC / f"tep-{n}.{kind}"
        text = " ".join(rng.choices(words, k=60)) + f" {n}\n"
        if kind in ("docx", "odt"):
            shutil.copy(office[f"cong-khai.{kind}"], path)
            with zipfile.ZipFile(path, "a") as z:
                z.writestr(f"so-{n}.txt", str(n))
        elif kind in ("pdf", "rtf"):
            path.write_bytes(office[f"cong-khai.{kind}"].read_bytes() + b"\n" * (n + 1))
        elif kind == "zip":
            with zipfile.ZipFile(path, "w") as z:
                z.writestr("thu-vien.txt", text)
        elif kind == "png":
            subprocess.run(["convert", "-size", f"{60 + n}x40", "xc:lightblue", str(path)], check=True)
        elif kind == "bin":
            path.write_bytes(rng.randbytes(5000))
        else:
            path.write_text(text, encoding="utf-16" if n % 4 == 0 else "utf-8")
        path.chmod(0o644)
        files.append(path)
    return files


@test
def e09_public_files(s):
    # A chooser comes up with the folder where it was last, and opens what it highlights there.
    shutil.rmtree(DOCS / "noi-bo")
    before = len(s.agent.acts())
    denied = s.agent.status()["supervisor"]["gate"]["denied"]
    files = public_files()
    begun = time.monotonic()
    parts = {"go-sendxmpp": files[:40], "profanity": files[40:100], "gajim": files[100:120],
             "dino": files[120:130], "chromium": files[130:]}
    for path in parts["go-sendxmpp"]:
        r = go_sendxmpp(path)
        equal(r.returncode, 0, f"{path}: {r.stdout}")
    client = xmpp.Profanity()
    try:
        client.connect()
        client.chat()
        for path in parts["profanity"]:
            client.send_file(path)
            s.stored(path)
    finally:
        client.stop()
    for app, kind in (("gajim", Gajim), ("dino", Dino)):
        for path in parts[app]:
            s.client(kind).send_file(path)
            s.stored(path)
    if web.modules():
        for path in parts["chromium"]:
            equal(s.clients["browser"].put(path), "status 201", str(path))
        kept = s.clients["site"].stored()
        for path in parts["chromium"]:
            assert sha(path) in kept, path
    print(f"# {len(files)} files in {time.monotonic() - begun:.0f} s")
    for app in ("go-sendxmpp", "profanity", "gajim", "dino"):
        for path in parts[app]:
            s.stored(path)
    equal(s.agent.status()["supervisor"]["gate"]["denied"], denied, "refused opens")
    equal([(i["app"], i["path"], i["way"], i["cause"]) for i in s.agent.acts()[before:]
           if i["cause"] != "deadline"], [], "incidents")
    gate = s.agent.status()["supervisor"]["gate"]
    print(f"# gate: {gate['gated']} opens of applications, {gate['known']} known, {gate['scanned']} "
          f"scanned, {gate['deadline']} over the deadline; longest {gate['max_ms']} ms")
    equal(gate["deadline"], 0, "what was not looked at in time")
    assert gate["max_ms"]["held"] < 4000, gate  # 300 ms on a machine that has time for it


@test
def the_journal_verifies(s):
    equal(s.agent.verify().returncode, 0)


run(setup, teardown)
