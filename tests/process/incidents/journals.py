# SPDX-License-Identifier: Apache-2.0
"""Journals that the tests write by docs/journal.md, not by the agent's code, and the command line over them.

Takes SEALGATE and DOCS from the program's arguments.
"""
import hashlib
import json
import os
import pty
import subprocess
import sys
import tempfile

SEALGATE = os.path.abspath(sys.argv.pop(1))
DOCS = sys.argv.pop(1)


def incident(number, **changes):
    record = {
        "kind": "incident", "id": "01JDBXAMPL%016d" % number, "time": "2026-11-23T08:%02d:00.123Z" % number,
        "host": "may-tram", "user": "lan", "uid": 1000, "app": "telegram", "app_name": "Telegram Desktop",
        "pid": 4242, "ppid": 1, "exe": "/usr/bin/telegram-desktop", "comm": "telegram-deskto",
        "identified": "exe", "channel": "open", "path": "/home/lan/báo cáo %d.docx" % number,
        "level": "secret", "tags": [], "completeness": "full", "reasons": [], "format": "docx",
        "size": 48213, "sha256": "ab" * 32, "ms": 3.1,
        "evidence": [{"rule": "own-line", "pack": "vn", "level": "secret", "part": "header", "page": 3,
                      "member": "", "snippet": "TỐI MẬT", "score": 120}],
        "action": "block", "intended": "block", "mode": "enforce", "rule": "no-secrets-in-chat",
        "message": "", "policy_version": 3, "cause": "scanned", "hold_ms": 12.25, "retries": 0,
        "destination": None, "status": "new", "notes": []}
    record.update(changes)
    return record


CONTRACT = ("id time host user app pid exe channel path sha256 size level tags completeness evidence action "
            "rule policy_version hold_ms retries destination status notes").split()


class Journal:
    def __init__(self, records):
        self.state = tempfile.TemporaryDirectory()
        self.dir = os.path.join(self.state.name, "journal")
        os.mkdir(self.dir)
        self.lines = []
        prev = "0" * 64
        for seq, record in enumerate([{"kind": "birth", "format": 1, "id": "00" * 16}] + records):
            body = '{"seq":%d,"time":"2026-11-23T09:%02d:%02d.%03dZ","prev":"%s","record":%s' % (
                seq, seq // 60000, seq // 1000 % 60, seq % 1000, prev, json.dumps(record, ensure_ascii=False, separators=(",", ":")))
            prev = hashlib.sha256(body.encode()).hexdigest()
            self.lines.append('%s,"hash":"%s"}\n' % (body, prev))
        self.head = "%020d %s\n" % (len(records), prev)
        self.write()

    def write(self):
        with open(os.path.join(self.dir, "incidents.jsonl"), "w", encoding="utf-8") as f:
            f.writelines(self.lines)
        with open(os.path.join(self.dir, "incidents.head"), "w", encoding="ascii") as f:
            f.write(self.head)


def run(*args, lang="C", command="incidents", **kw):
    env = dict(os.environ, LC_ALL=lang, TZ="Asia/Ho_Chi_Minh")
    env.pop("NO_COLOR", None)
    p = subprocess.run([SEALGATE, command, *args], capture_output=True, env=env, timeout=60, **kw)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def run_on_terminal(columns, *args, errors=False):
    """What the command writes to a terminal of this width."""
    import fcntl
    import struct
    import termios
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
    env = dict(os.environ, TERM="xterm", LC_ALL="C", TZ="UTC")
    env.pop("NO_COLOR", None)
    p = subprocess.Popen([SEALGATE, "incidents", *args], stdout=slave,
                         stderr=slave if errors else subprocess.DEVNULL, env=env)
    os.close(slave)
    out = b""
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:
            break
        if not chunk:
            break
        out += chunk
    os.close(master)
    return p.wait(timeout=60), out.decode().replace("\r\n", "\n")
