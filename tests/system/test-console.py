#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The web console: what it shows, who may do what, and what attackers try. In a lab: tests/lab/enter."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
import console
from tap import equal, run, test

MARKED = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n"
          "Số: 12/BC-UBND\n\nMẬT\n\nBÁO CÁO\n\nMực nước hồ chứa số {} là bốn mét.\n")
POLICY = """version: 1
rules:
  - name: lies-here
    when: {channel: at-rest, family: any}
    do: log
"""
EVIL = '<img src=x onerror="alert(1)">"\'\\ báo cáo.txt'


class Lab:
    def __init__(self):
        lab.install(os.environ["BUILD"])
        console.make_people()
        lab.ETC.mkdir(parents=True, exist_ok=True)
        (lab.ETC / "policy.yaml").write_text(POLICY)
        for n in range(4):
            (lab.DOCS / f"mật-{n}.txt").write_text(MARKED.format(n))
        (lab.DOCS / EVIL).write_text(MARKED.format("X"))
        self.agent = lab.Agent(policy=lab.ETC / "policy.yaml", extra=console.settings()).start()
        assert lab.wait_for(lambda: len(self.agent.acts()) >= 5, 60), self.agent.status()
        self.web = console.Console().start()
        self.clients = {}

    def client(self, user):
        """Logged in as this person; one login for all tests."""
        if user not in self.clients:
            c = console.Client()
            status, data = c.login(console.token(user))
            equal(status, 200, f"login of {user}: {data}")
            self.clients[user] = c
        return self.clients[user]

    def records(self, kind):
        lines = (lab.STATE / "journal/incidents.jsonl").read_text().splitlines()
        records = [json.loads(line)["record"] for line in lines]
        return [r for r in records if r.get("kind") == kind]


def error(answer):
    return answer[0], answer[1]["error"]["code"]


@test
def a_person_logs_in_and_sees_incidents(l):
    c = console.Client()
    status, me = c.login(console.token("all"))
    equal(status, 200, me)
    equal((me["user"], me["name"]), ("all", "Person all"))
    equal(sorted(me["roles"]), sorted(console.GROUPS))
    flags = c.headers["Set-Cookie"]
    assert "HttpOnly" in flags and "SameSite=Strict" in flags, flags
    equal(c.get("/api/session")[1]["csrf"], me["csrf"])
    status, data = c.get("/api/incidents")
    equal((status, data["total"], data["complete"]), (200, 5, True))
    shown = {i["id"]: i for i in l.agent.acts()}
    for i in data["incidents"]:
        equal(i, shown[i["id"]], "as the command line shows it")
    times = [i["time"] for i in data["incidents"]]
    equal(times, sorted(times, reverse=True), "the newest first")
    login = l.records("console")[0]
    equal((login["what"], login["by"]), ("login", "all"))


def setup():
    return Lab()


def teardown(l):
    if l:
        l.web.stop()
        l.agent.stop()


if __name__ == "__main__":
    run(setup, teardown)
