#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The web console in a lab (tests/lab/enter): a real agent, sealgate-web, people with roles.

By hand, with a browser on this computer:

    LAB_BIND=$PWD/build BUILD=$PWD/build tests/lab/enter /usr/bin/python3 tests/lab/console.py COMMAND...

COMMAND runs inside the lab, with SEALGATE_CONSOLE_URL (log in with it) and SEALGATE_CONSOLE in its
environment; without one, a shell. CONSOLE_ASSETS=DIR serves the pages of that folder, CONSOLE_PROGRAM is
another build of sealgate-web (one with sanitizers).
"""
import http.client
import json
import os
import pathlib
import subprocess
import sys
from urllib.parse import quote  # noqa: F401

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import agent as lab  # noqa: E402

PORT = 8620
GROUPS = {"reviewer": "sg-reviewers", "author": "sg-authors", "approver": "sg-approvers",
          "auditor": "sg-auditors"}
PEOPLE = {"rev": ["reviewer"], "aut": ["author"], "app": ["approver"], "aud": ["auditor"],
          "all": list(GROUPS), "nobody1": []}
PAGE = "<!doctype html><html lang=vi><meta charset=utf-8><title>sealgate</title><p>console</p>\n"


def settings(listen=f"127.0.0.1:{PORT}", extra=""):
    roles = ", ".join(f"{k}: {v}" for k, v in GROUPS.items())
    return f"""reviewers: {GROUPS['reviewer']}
policy-group: {GROUPS['approver']}
console:
  listen: "{listen}"
  roles: {{{roles}}}
{extra}"""


def make_people():
    for group in GROUPS.values():
        subprocess.run(["groupadd", "-f", group], check=True)
    subprocess.run(["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin",
                    "sealgate-web"], check=False, stderr=subprocess.DEVNULL)
    for name, roles in PEOPLE.items():
        subprocess.run(["useradd", "-m", "-s", "/bin/bash", "-c", f"Person {name},,,"]
                       + (["-G", ",".join(GROUPS[r] for r in roles)] if roles else []) + [name],
                       check=True)


class Console:
    """sealgate-web; `assets`: a folder with index.html, or the installed pages, or a plain one."""

    def __init__(self, assets=None, log="/run/sealgate-web.log", port=PORT):
        self.assets = assets or os.environ.get("CONSOLE_ASSETS")
        if not self.assets and (lab.SHIPPED / "web/index.html").exists():
            self.assets = str(lab.SHIPPED / "web")
        if not self.assets:
            folder = pathlib.Path("/run/console-pages")
            (folder / "assets").mkdir(parents=True, exist_ok=True)
            (folder / "index.html").write_text(PAGE)
            (folder / "assets/app-0123abcd.js").write_text("'use strict';\n")
            self.assets = str(folder)
        self.log = pathlib.Path(log)
        self.port = port
        self.process = None

    def start(self, seconds=20):
        program = os.environ.get("CONSOLE_PROGRAM", lab.LIBEXEC / "sealgate-web")
        self.process = subprocess.Popen([str(program), "--assets", self.assets],
                                        stdin=subprocess.DEVNULL, stdout=self.log.open("a"),
                                        stderr=subprocess.STDOUT)
        if not lab.wait_for(lambda: self.process.poll() is not None or self.answers(), seconds):
            raise RuntimeError("sealgate-web does not answer: " + self.log.read_text())
        if self.process.poll() is not None:
            raise RuntimeError("sealgate-web ended: " + self.log.read_text())
        return self

    def answers(self):
        try:
            return Client(self.port).get("/")[0] == 200
        except OSError:
            return False

    def stop(self, seconds=20):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(seconds)
        return self.process.returncode if self.process else None


def token(user="all"):
    """A person's one-time token, as `sealgate console` gives it."""
    command = ["sealgate", "console", "--json"]
    if user != "root":
        command = ["runuser", "-u", user, "--", *command]
    r = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if r.returncode != 0:
        raise RuntimeError(r.stderr)
    return json.loads(r.stdout)["token"]


class Client:
    """HTTP as a browser would speak it; every header can be had otherwise."""

    def __init__(self, port=PORT, host=None):
        self.port = port
        self.host = host or f"127.0.0.1:{port}"
        self.cookie = self.csrf = None

    def request(self, method, path, body=None, headers=None, timeout=60):
        h = {"Host": self.host}
        if self.cookie:
            h["Cookie"] = f"sealgate_session={self.cookie}"
        if method != "GET":
            h["Origin"] = f"http://{self.host}"
            if self.csrf:
                h["X-Sealgate-Csrf"] = self.csrf
        for k, v in (headers or {}).items():
            if v is None:
                h.pop(k, None)
            else:
                h[k] = v
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            c.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for k, v in h.items():
                c.putheader(k, v)
            if body is not None:
                c.putheader("Content-Length", str(len(body)))
            c.endheaders(body)
            r = c.getresponse()
            data = r.read()
        finally:
            c.close()
        if r.getheader("Content-Type", "").startswith("application/json") and data:
            data = json.loads(data)
        self.headers = r.headers
        return r.status, data

    def get(self, path, **kw):
        return self.request("GET", path, **kw)

    def post(self, path, body=None, **kw):
        return self.request("POST", path, {} if body is None else body, **kw)

    def login(self, secret):
        status, data = self.post("/api/login", {"token": secret})
        if status == 200:
            self.csrf = data["csrf"]
            self.cookie = self.headers["Set-Cookie"].split(";")[0].split("=", 1)[1]
        return status, data


def main(command):
    lab.install(os.environ["BUILD"])
    make_people()
    a = lab.Agent(extra=settings()).start()
    web = Console().start()
    url = f"http://127.0.0.1:{PORT}/#login={token('root')}"
    # The browser is root's here; other people's tokens: runuser -u rev -- sealgate console
    env = dict(os.environ, SEALGATE_CONSOLE=f"http://127.0.0.1:{PORT}", SEALGATE_CONSOLE_URL=url)
    print(url, flush=True)
    try:
        return subprocess.run(command or ["bash"], env=env).returncode
    finally:
        web.stop()
        a.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
