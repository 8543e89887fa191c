#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How far records are sent on, as `sealgate status` says it: sent, waiting, the last error. Run in a
lab: tests/lab/enter."""
import os
import pathlib
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
from tap import equal, run, test

RELAY = "/usr/libexec/sealgate/sealgate-relay"
PORT = 6514
SINKS = f"""sinks:
  - {{name: siem, to: "tcp:127.0.0.1:{PORT}"}}
"""


class Fixture:
    pass


def sinks(f):
    return {s["name"]: s for s in (f.agent.status() or {}).get("sinks", [])}


def text(lang="en"):
    return subprocess.run(["sealgate", "--lang", lang, "status"], stdout=subprocess.PIPE, text=True,
                          timeout=20).stdout


def setup():
    f = Fixture()
    lab.install(os.environ["BUILD"])
    lab.ETC.mkdir(parents=True, exist_ok=True)
    f.agent = lab.Agent(extra=SINKS).start()
    f.relay = None
    return f


def teardown(f):
    if not f:
        return
    if f.relay:
        f.relay.terminate()
        f.relay.wait(20)
    f.agent.stop()


@test
def a_relay_that_never_ran_is_said(f):
    s = sinks(f)["siem"]
    assert not s["running"] and "not run yet" in s["unknown"], s
    assert "does not run for a sink" in text() and "không chạy cho một nơi gửi" in text("vi"), text()


@test
def records_wait_while_nobody_listens(f):
    f.relay = subprocess.Popen([RELAY], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    s = lab.wait_for(lambda: sinks(f)["siem"].get("failing") and sinks(f)["siem"])
    assert s and s["running"] and s["sent"] == 0 and s["waiting"] > 0, s
    assert "refused" in s["last_error"].lower() and s["last_failure"].endswith("Z"), s
    assert s["last_sent"] is None, s
    out = text()
    assert "records cannot be sent on" in out and "waiting" in out, out


@test
def they_are_sent_when_somebody_does(f):
    listener = socket.create_server(("127.0.0.1", PORT))
    listener.settimeout(60)
    peer, _ = listener.accept()
    s = lab.wait_for(lambda: sinks(f)["siem"].get("waiting") == 0 and sinks(f)["siem"], 60)
    assert s and not s["failing"] and s["sent"] > 0 and s["last_sent"].endswith("Z"), sinks(f)
    assert s["last_error"], "the last error stays known"
    assert peer.recv(65536)
    assert "records cannot be sent on" not in text(), text()
    peer.close()
    listener.close()
    equal(f.agent.verify().returncode, 0)


@test
def one_that_ended_is_said(f):
    f.relay.terminate()
    f.relay.wait(20)
    assert lab.wait_for(lambda: not sinks(f)["siem"]["running"])
    assert "does not run for a sink" in text(), text()


@test
def others_learn_no_more_than_they_may(f):
    """A file in the place of the report is read as one, and a link is not followed."""
    state = lab.STATE / "relay/siem.state"
    for content in (b"", b"x" * 5000, b"[", b"{}", b"\x00" * 1024):
        state.unlink(missing_ok=True)
        state.write_bytes(content)
        assert sinks(f)["siem"], content
    state.unlink()
    state.symlink_to("/etc/shadow")
    assert "unknown" in sinks(f)["siem"], sinks(f)


run(setup, teardown)
