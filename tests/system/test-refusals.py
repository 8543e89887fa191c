#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input and missing means: each a clear error, and no half-started agent. Run in a lab."""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
from tap import equal, run, test

CONFIG = lab.ETC / "agent.yaml"


def setup():
    lab.install(os.environ["BUILD"])
    lab.ETC.mkdir(parents=True, exist_ok=True)


def write(text):
    CONFIG.write_text(text)


def start(*prefix, argv=("sealgated",)):
    return subprocess.run([*prefix, *argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=40)


def nothing_runs():
    names = subprocess.run(["ps", "-eo", "comm="], stdout=subprocess.PIPE, text=True).stdout
    return not any(line.startswith("sealgate") for line in names.split())


def refused(r, *words):
    equal(r.returncode, 2, r.stdout)
    for w in words:
        assert w in r.stdout, f"{w!r} is not in {r.stdout!r}"
    assert lab.wait_for(nothing_runs, 10), "a process is left"


GOOD = "protect: [/srv/docs]\n"


@test
def broken_yaml(_):
    write("protect: [/srv/docs\nworkers: 2\n")
    refused(start(), "agent.yaml:")


@test
def an_unknown_key_and_the_one_that_was_meant(_):
    write(GOOD + "wokers: 2\n")
    refused(start(), "agent.yaml:2:1:", "wokers", "workers")


@test
def a_missing_rules_folder(_):
    write(GOOD + "rules: [/nonexistent/rules]\n")
    refused(start(), "/nonexistent/rules")


@test
def a_protected_path_that_is_not_there(_):
    write("protect: [/nonexistent/docs]\n")
    refused(start(), "/nonexistent/docs")


@test
def nothing_to_protect(_):
    write("protect: []\n")
    refused(start(), "protect")


@test
def a_broken_policy_on_the_first_start(_):
    bad = lab.ETC / "bad.yaml"
    bad.write_text("version: 1\nmode: enforce\nrules:\n  - name: x\n    when: {levle: secret}\n"
                   "    do: block\n")
    # a version that was in force before would go on
    write(GOOD + f"policy: {bad}\nstate-dir: /var/lib/sealgate-first\n")
    refused(start(), f"{bad}:5:", "levle", "level")


@test
def without_cap_sys_admin(_):
    write(GOOD)
    r = start("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-all")
    refused(r, "CAP_SYS_ADMIN")


@test
def a_kernel_without_permission_events(_):
    write(GOOD)
    helper = pathlib.Path(os.environ["WITHOUT_FANOTIFY"])
    refused(start(str(helper)), "fanotify")


@test
def a_second_agent_on_the_same_state(_):
    write(GOOD)
    first = lab.Agent().start()
    try:
        r = start()
        equal(r.returncode, 2, r.stdout)
        assert "another agent" in r.stdout, r.stdout
        assert first.serving()
    finally:
        equal(first.stop(), 0, first.log.read_text())


@test
def a_full_disk_at_the_start(_):
    full = pathlib.Path("/mnt/full")
    full.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(full)], check=True)
    try:
        lab.fill(full / "filler")
        write(GOOD + f"state-dir: {full}/state\n")
        refused(start(), "space")
    finally:
        subprocess.run(["umount", "-l", str(full)])


@test
def check_says_the_same_and_starts_nothing(_):
    write(GOOD)
    r = start(argv=("sealgated", "--check"))
    equal(r.returncode, 0, r.stdout)
    write(GOOD + "rules: [/nonexistent/rules]\n")
    r = start(argv=("sealgated", "--check"))
    equal(r.returncode, 1, r.stdout)
    assert "/nonexistent/rules" in r.stdout, r.stdout
    assert lab.wait_for(nothing_runs, 10), "a process is left"


@test
def usage_errors(_):
    equal(start(argv=("sealgated", "--nonsense")).returncode, 2, "option")
    equal(start(argv=("sealgated", "surplus")).returncode, 2, "argument")
    equal(start(argv=("sealgate", "nonsense")).returncode, 2, "command")


run(setup)
