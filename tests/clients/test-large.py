#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A scan of 60 MB that nobody has looked at is sent at once: the decision comes within the hold or is
the one for what cannot be decided in time, with the reason in the journal; then it is known."""
import pathlib
import shutil
import subprocess
import threading
import time

from scene import BLOCK, DOCS, Scene, equal, lab, run, test
from messengers import Dino, Gajim

PAGES = 8
# The grain of paper: with all shades of grey, a picture would be ink all over, and stamps looked for in it.
GRAIN = bytes(192 + (n & 63) for n in range(256))
SIZE = 60 << 20
HOLD = 0.3


def scanned(path, number):
    """A marked first page, and pages that are photographs of noise, which do not get smaller."""
    import io
    import random
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen import canvas
    pdfmetrics.registerFont(TTFont("Lab", "/usr/share/fonts/truetype/dejavu/DejaVuSerif-Bold.ttf"))
    c = canvas.Canvas(str(path))
    c.setFont("Lab", 13)
    for n, text in enumerate(("TRẠM QUAN TRẮC ĐẢO HÒN SẬP", f"Số: {number}/KH-TQT", "TỐI MẬT",
                              "KẾ HOẠCH TRỰC")):
        c.drawString(60 if n < 3 else 220, 780 - 30 * n, text)
    c.rect(55, 712, 90, 24)
    c.showPage()
    rng = random.Random(number)
    for _ in range(PAGES):
        picture = io.BytesIO()
        noise = rng.randbytes(1600 * 900).translate(GRAIN)
        Image.frombytes("L", (1600, 900), noise).save(picture, "JPEG", quality=97)
        c.drawImage(ImageReader(picture), 0, 0, 595, 842)
        c.showPage()
    c.save()
    # The rest as an attachment would be: behind an update of the file that changes nothing.
    with open(path, "ab") as f:
        f.write(b"%" + b"x" * max(0, SIZE - f.tell()) + b"\n%%EOF\n")


def setup():
    s = Scene(policy=BLOCK)
    s.sources = []
    for n in (1, 2):
        path = pathlib.Path(f"/var/tmp/quet-{n}.pdf")
        scanned(path, n)
        s.sources.append(path)
    s.agent.start()
    return s


def teardown(s):
    if s:
        s.stop()


class Watched:
    """How long the application's main loop did not answer, at most."""

    def __init__(self, answers):
        self.answers, self.longest, self.over = answers, 0.0, False
        self.thread = threading.Thread(target=self.ask)

    def ask(self):
        while not self.over:
            self.longest = max(self.longest, self.answers())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *why):
        self.over = True
        self.thread.join()


def at_once(s, source, client, app):
    """Copied and sent; the incident of it."""
    path = DOCS / f"{app}.pdf"
    client.choose()
    shutil.copy(source, path)
    path.chmod(0o644)
    began = time.monotonic()
    client.take(path)
    i, _ = s.blocked(path, app, 20)
    print(f"# {app}: {i['action']}, cause {i['cause']}, reasons {i['reasons']}, held "
          f"{i['hold_ms']:.0f} ms, in the journal {time.monotonic() - began:.1f} s after it was chosen")
    equal(i["action"], "block")
    assert i["hold_ms"] < 2000 * HOLD, i["hold_ms"]
    assert i["cause"] == "deadline" or i["level"] == "secret", i
    return path


def again(s, path, client, app):
    """The worker goes on and its answer is kept: the next try is answered from it."""
    def listed():
        r = subprocess.run(["sealgate", "inventory", "--json"], stdout=subprocess.PIPE, text=True)
        return f'"{path}"' in r.stdout
    assert lab.wait_for(listed, 200), "never read"

    def acts():
        return [i for i in s.agent.acts() if i["path"] == str(path)]
    # Tries within a minute are counted into one incident, which keeps the cause of the first.
    time.sleep(62)
    before = len(acts())
    client.send_file(path)
    assert lab.wait_for(lambda: len(acts()) > before, 30), "no second try"
    i = acts()[-1]
    print(f"# {app}, again: {i['action']}, cause {i['cause']}, held {i['hold_ms']:.1f} ms")
    equal((i["action"], i["level"]), ("block", "secret"), "what was known")
    assert i["cause"] != "deadline" and "timed-out" not in i["reasons"], i


@test
def e16_gajim(s):
    client = s.client(Gajim)
    with Watched(client.answers) as main_loop:
        path = at_once(s, s.sources[0], client, "gajim")
    print(f"# Gajim's main loop did not answer for {main_loop.longest:.2f} s at most")
    # 0.5 s on an idle machine; an open that is not answered would freeze it for good
    assert main_loop.longest < 5, main_loop.longest
    again(s, path, client, "gajim")
    s.not_stored(path)


@test
def e16_dino(s):
    client = s.client(Dino)
    path = at_once(s, s.sources[1], client, "dino")
    again(s, path, client, "dino")
    s.not_stored(path)


@test
def the_journal_verifies(s):
    equal(s.agent.verify().returncode, 0)


run(setup, teardown)
