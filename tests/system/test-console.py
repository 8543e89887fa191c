#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The web console: what it shows, who may do what, and what attackers try. In a lab: tests/lab/enter."""
import json
import os
import pathlib
import shutil
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
        self.old_token, self.old_since = console.token("rev"), time.monotonic()

    def client(self, user):
        """Logged in as this person; one login for all tests."""
        if user not in self.clients:
            c = console.Client()
            status, data = c.login(console.token(user))
            equal(status, 200, f"login of {user}: {data}")
            self.clients[user] = c
        return self.clients[user]


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
    lab.recorded("console", what="login", by="all")


def first(l, **terms):
    """An incident's id."""
    q = "&".join(f"{k}={v}" for k, v in terms.items())
    return l.client("all").get("/api/incidents?" + q)[1]["incidents"][0]["id"]


def raw(data, seconds=10):
    """What comes back for these bytes, until the other side closes."""
    with socket.create_connection(("127.0.0.1", console.PORT), timeout=seconds) as s:
        s.sendall(data)
        answer = b""
        try:
            while chunk := s.recv(65536):
                answer += chunk
        except (ConnectionResetError, socket.timeout):
            pass
    return answer


def modules():
    """The lab's modules where everybody may read them: a checkout may lie in somebody's home."""
    place = pathlib.Path("/opt/lab-modules")
    if not place.exists():
        place.mkdir(mode=0o755)
        for f in pathlib.Path(console.__file__).parent.glob("*.py"):
            shutil.copyfile(f, place / f.name)
    return str(place)


def as_user(user, code, *args):
    """Python of another user of this computer, with this module's console; prints JSON."""
    text = f"import sys, json; sys.path.insert(0, {modules()!r})\n" \
           f"import console\n{code}"
    r = subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups",
                        "/usr/bin/python3", "-c", text, *args], stdout=subprocess.PIPE, text=True,
                       env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}, timeout=60)
    equal(r.returncode, 0, code)
    return json.loads(r.stdout)


@test
def lists_are_filtered_ordered_paged_and_grouped(l):
    c = l.client("all")
    page = c.get("/api/incidents?limit=2")[1]
    equal((len(page["incidents"]), page["total"]), (2, 5))
    rest = c.get(f"/api/incidents?limit=10&after={page['next']}")[1]
    equal((len(rest["incidents"]), rest["next"]), (3, None))
    seen = [i["id"] for i in page["incidents"] + rest["incidents"]]
    equal(len(set(seen)), 5)
    oldest = c.get("/api/incidents?sort=time&limit=3")[1]
    equal([i["id"] for i in oldest["incidents"]], seen[::-1][:3])
    more = c.get(f"/api/incidents?sort=time&limit=3&after={oldest['next']}")[1]
    equal([i["id"] for i in more["incidents"]], seen[::-1][3:])
    by_file = c.get("/api/incidents?sort=file")[1]["incidents"]
    paths = [i["path"] for i in by_file]
    equal(paths, sorted(paths, key=str.encode))
    for query, n in (("level=confidential", 5), ("level=confidential&level=secret", 5),
                     ("level=secret%2B", 0), ("not.level=confidential", 0), ("level=internal", 0),
                     ("q=mat-1", 1), ("q=M%E1%BA%ACT-1", 1), ("q=kh%C3%B4ng+c%C3%B3", 0),
                     ("channel=at-rest", 5), ("channel=open", 0), ("user=root", 5), ("user=0", 5),
                     ("rule=lies-here", 5), ("not.rule=lies-here", 0), ("status=new", 5),
                     ("assignee=-", 5), ("assignee=rev", 0), ("host=lab", 5), ("tag=x", 0),
                     ("from=2020-01-01", 5), ("to=2020-01-01", 0), ("action=log", 5),
                     (f"file={console.quote(paths[0])}", 1), ("file=mat", 0)):
        equal(c.get("/api/incidents?" + query)[1]["total"], n, query)
    for query in ("level=great", "limit=x", "limit=999999", "sort=size", "after=x", "from=then",
                  "colour=red", "group=size", "q=%00", "q=%ff", "q=%zz"):
        equal(error(c.get("/api/incidents?" + query)), (400, "bad-request"), query)
    groups = c.get("/api/incidents?group=user")[1]
    equal([(g["key"], g["count"], g["open"], g["levels"]) for g in groups["groups"]],
          [("root", 5, 5, {"confidential": 5})])
    equal(len(c.get("/api/incidents?group=file&limit=3")[1]["groups"]), 3)


@test
def one_incident_has_neighbours_and_similar_ones(l):
    c = l.client("all")
    ids = [i["id"] for i in c.get("/api/incidents")[1]["incidents"]]
    one = c.get(f"/api/incidents/{ids[1]}")[1]
    equal((one["id"], one["prev"], one["next"]), (ids[1], ids[0], ids[2]))
    equal(one["similar"]["count"], 5)
    equal(c.get("/api" + one["similar"]["href"])[1]["total"], 5)
    equal(error(c.get("/api/incidents/nothing")), (404, "not-found"))


@test
def an_incident_is_traced_by_the_policy_of_then(l):
    path = lab.ETC / "policy.yaml"
    then = first(l)
    version = l.client("rev").get(f"/api/incidents/{then}")[1]["policy_version"]
    equal(version, l.agent.status()["policy"]["version"])
    # Another one comes: what was decided before is still asked of the one of then.
    path.write_text(POLICY.replace("lies-here", "another-name").replace(
        "rules:\n", "rules:\n  - {name: for-chats, when: {category: chat}, do: block}\n"))
    r = subprocess.run(["sealgate", "policy", "apply", "--reason", "for the trace", str(path)],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    equal(r.returncode, 0, r.stdout)
    for user in ("rev", "aud"):
        status, data = l.client(user).get(f"/api/incidents/{then}/trace")
        equal(status, 200, data)
        trace = data["trace"]
        equal((trace["policy_version"], trace["available"], trace["same"], trace["rule"], trace["action"]),
              (version, True, True, "lies-here", "log"), trace)
        equal([(s["name"], s["matches"], s["decides"], s["why"]) for s in trace["rules"]],
              [("lies-here", True, True, None)], user)
    equal(error(l.client("aut").get(f"/api/incidents/{then}/trace")), (403, "forbidden"))
    equal(error(l.client("rev").get("/api/incidents/01NOSUCH/trace")), (404, "not-found"))

    def shown(*args, user=None):
        command = ["sealgate", "incidents", "show", "--trace", *args]
        r = subprocess.run(["runuser", "-u", user, "--", *command] if user else command, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, env=dict(os.environ, LC_ALL="C.UTF-8"))
        equal(r.returncode, 0, r.stderr)
        return json.loads(r.stdout)["trace"] if "--json" in args else r.stdout
    equal(shown("--json", then), trace, "the command line")
    # By another policy it says that the outcome is another, and which condition failed.
    other = shown("--json", "--policy", str(path), then)
    equal((other["same"], other["rule"]), (False, "another-name"), other)
    equal([(s["name"], s["matches"], s["why"]) for s in other["rules"]],
          [("for-chats", False, "the application's category is not in the rule's list"),
           ("another-name", True, None)], other)
    assert all(s["why_vi"] for s in other["rules"] if s["why"]), other
    text = shown("--policy", str(path), then)
    assert "NOT as recorded: now log by another-name; the record says log (lies-here)" in text, text
    text = shown("--lang", "vi", then)
    assert "giống như đã ghi" in text and "Từng quy tắc" in text, text
    # An incident in a file needs no journal.
    kept = pathlib.Path("/run/incident.json")
    kept.write_text(json.dumps(l.client("rev").get(f"/api/incidents/{then}")[1]))
    r = subprocess.run(["sealgate", "incidents", "show", "--json", "--trace", "--record", str(kept)],
                       stdout=subprocess.PIPE, text=True)
    equal(json.loads(r.stdout)["trace"]["same"], True)
    kept.write_text("{}")
    r = subprocess.run(["sealgate", "incidents", "show", "--record", str(kept)], stderr=subprocess.PIPE, text=True)
    equal((r.returncode, "no incident" in r.stderr), (2, True), r.stderr)
    # Its version is gone.
    bundles = [f for f in (lab.STATE / "versions").glob("*.bundle")] or list(lab.STATE.rglob("*.bundle"))
    moved = pathlib.Path("/run/bundles")
    moved.mkdir()
    for f in bundles:
        shutil.move(f, moved / f.name)
    try:
        trace = l.client("rev").get(f"/api/incidents/{then}/trace")[1]["trace"]
        equal((trace["available"], "rules" in trace), (False, False), trace)
        assert "not to be had any more" in shown(then)
        equal(shown("--json", then)["available"], False)
    finally:
        for f in bundles:
            shutil.move(moved / f.name, f)
    path.write_text(POLICY)
    r = subprocess.run(["sealgate", "policy", "apply", "--reason", "as before", str(path)], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True)
    equal(r.returncode, 0, r.stdout)


@test
def who_was_second_is_told(l):
    """Two who change the same thing: the agent itself refuses the one that had not seen the other."""
    rev, other = l.client("rev"), l.client("all")
    one = rev.get(f"/api/incidents/{first(l)}")[1]
    two = other.get("/api/incidents")[1]
    mark = {"ids": [one["id"]], "status": "in-progress", "seen": one["seen"]}
    equal(rev.post("/api/incidents/mark", mark)[1]["results"], [{"id": one["id"], "ok": True}])
    late = other.post("/api/incidents/mark", dict(mark, status="ignored", seen=two["seen"]))[1]["results"][0]
    equal((late["ok"], late["error"]["code"]), (False, "conflict"), late)
    assert "Người khác" in late["error"]["message_vi"], late
    # Who did it may go on, and whoever looks again too.
    equal(rev.post("/api/incidents/mark", dict(mark, note="again"))[1]["results"][0]["ok"], True)
    now = lab.wait_for(lambda: (i := other.get(f"/api/incidents/{one['id']}")[1])["status"] == "in-progress" and i, 20)
    equal(other.post("/api/incidents/mark", dict(mark, status="new", seen=now["seen"]))[1]["results"][0]["ok"], True)

    def cli(*args):
        return subprocess.run(["sealgate", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=dict(os.environ, LC_ALL="C.UTF-8"))
    r = cli("incidents", "mark", one["id"], "--was", "in-progress", "--status", "resolved")
    equal((r.returncode, '"new" by now' in r.stderr), (1, True), r.stderr)
    equal(cli("incidents", "mark", one["id"], "--was", "new", "--status", "resolved").returncode, 0)
    equal(cli("incidents", "mark", one["id"], "--was", "resolved", "--status", "new").returncode, 0)
    # The policy, by the command line and by the console: one place says no.
    path, version = lab.ETC / "policy.yaml", l.agent.status()["policy"]["version"]
    path.write_text(POLICY + "\n# another\n")
    equal(cli("policy", "apply", "--base", str(version), "--reason", "first", str(path)).returncode, 0)
    r = cli("policy", "apply", "--base", str(version), "--reason", "second", str(path))
    equal((r.returncode, f"version {version} is not in force any more" in r.stderr), (1, True), r.stderr)
    r = cli("policy", "rollback", "--base", str(version))
    equal((r.returncode, "look at it first" in r.stderr), (1, True), r.stderr)
    files = l.client("app").get("/api/policy")[1]["files"]
    equal(error(l.client("app").post("/api/policy/apply", {"files": files, "reason": "third", "base": version})),
          (409, "conflict"))
    equal(error(l.client("app").post("/api/policy/rollback", {"version": version, "reason": "no", "base": version})),
          (409, "conflict"))
    path.write_text(POLICY)
    equal(cli("policy", "apply", "--base", str(version + 1), "--reason", "as before", str(path)).returncode, 0)


@test
def the_journal_is_verified_on_request(l):
    c = l.client("aud")
    equal(error(l.client("aut").post("/api/journal/verify")), (403, "forbidden"))
    subprocess.run(["sealgate", "incidents", "checkpoint", "--out", "/run/kept.checkpoint"], check=True,
                   stdout=subprocess.DEVNULL)
    status, data = c.post("/api/journal/verify")
    equal(status, 200, data)
    job = lab.wait_for(lambda: (j := c.get(f"/api/jobs/{data['job']}")[1])["state"] != "running" and j, 60)
    equal((job["state"], job["result"]["valid"]), ("done", True), job)
    said = c.get("/api/overview")[1]["journal"]
    equal((said["verified"], said["verified_seq"] >= job["result"]["last_seq"], said["key"]),
          (True, True, job["result"]["key"]), said)
    assert said["sealed_seq"] <= said["verified_seq"] and said["verified_at"] > said["sealed_time"], said
    # It is whose it is.
    equal(error(l.client("rev").get(f"/api/jobs/{data['job']}")), (404, "not-found"))


@test
def markup_in_names_stays_text(l):
    c = l.client("all")
    i = next(i for i in c.get("/api/incidents")[1]["incidents"] if i["path"].endswith(EVIL))
    equal(i["path"], str(lab.DOCS / EVIL))
    equal(c.headers["Content-Type"], "application/json; charset=utf-8")
    equal(c.headers["X-Content-Type-Options"], "nosniff")
    assert c.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    equal(c.headers["Cache-Control"], "no-store")


@test
def a_mark_is_a_record_with_person_and_console(l):
    c = l.client("rev")
    ids = [i["id"] for i in c.get("/api/incidents?limit=2")[1]["incidents"]]
    status, data = c.post("/api/incidents/mark", {"ids": ids + ["none"], "status": "confirmed",
                                                  "note": "đã xem <b>", "assignee": "rev", "tag": "t"})
    equal(status, 200)
    equal([(r["id"], r["ok"]) for r in data["results"]], [(ids[0], True), (ids[1], True), ("none", False)])
    equal(c.get("/api/incidents?status=confirmed&assignee=rev&tag=t")[1]["total"], 2)
    equal(c.get("/api/incidents?q=da+xem")[1]["total"], 2, "notes are searched")
    step = c.get(f"/api/incidents/{ids[0]}")[1]["history"][-1]
    equal((step["by"], step["via"], step["note"]), ("rev", "console", "đã xem <b>"))
    assert lab.recorded("incident-mark", by="rev", via="console", note="đã xem <b>")["by_uid"] > 0
    for body, want in (({"ids": ids}, 422), ({"ids": [], "status": "new"}, 400), ({"status": "new"}, 400),
                       ({"ids": ids, "status": "great"}, 422), ({"ids": ids, "note": 7}, 400),
                       ({"ids": ids * 300, "status": "new"}, 400), ([], 400)):
        equal(c.post("/api/incidents/mark", body)[0], want, str(body)[:60])


@test
def overview_inventory_health_and_reports(l):
    c = l.client("aud")
    o = c.get("/api/overview?days=7")[1]
    equal((len(o["days"]), o["days"][-1]["log"], o["levels"]["confidential"]), (7, 5, 5))
    equal(o["rules"][0]["count"] > 0 and o["coverage"]["supervisor"]["serving"], True)
    equal((o["journal"]["incidents"], o["journal"]["complete"]), (5, True))
    equal(sum(o["status"].values()), 5)
    whole = lab.wait_for(lambda: c.get("/api/overview")[1]["journal"]["verified"], 30)
    equal(whole, True, "the record is looked at")
    equal(error(c.get("/api/overview?days=0"))[0], 400)
    equal(c.get("/api/health")[1]["console"]["sessions"] > 0, True)
    documents = c.get("/api/inventory?level=confidential")[1]["documents"]
    equal(len(documents), 5)
    status, page = c.get("/api/report?from=2020-01-01&format=html")
    equal((status, c.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
    assert c.headers["Content-Disposition"].startswith("attachment")
    assert b"<img src=x" not in page
    equal(c.get("/api/report?format=csv")[0], 200)
    equal(error(c.get("/api/report?unit=--help"))[0], 400)
    equal(len(c.get("/api/apps")[1]["apps"]) > 0, True)


@test
def a_document_is_tried_and_nothing_of_it_stays(l):
    c = l.client("aut")
    body = MARKED.format("thử").encode()
    for name in ("b%C3%A1o.txt", "..%2F..%2Fetc%2Fx.txt", "--help", ""):
        status, data = c.request("POST", f"/api/rules/test?name={name}&app=gajim", body)
        equal((status, data["scan"]["level"]), (200, "confidential"), (name, data))
        equal(data["explain"]["app"], "gajim")
    equal(c.request("POST", "/api/rules/test?name=x.txt", body)[1]["explain"], None)
    equal(error(c.request("POST", "/api/rules/test?app=-x", body))[0], 400)
    equal(list(pathlib.Path("/run/sealgate-web").iterdir()), [])


@test
def a_policy_is_checked_compared_tried_applied_and_rolled_back(l):
    author, approver = l.client("aut"), l.client("app")
    policy = author.get("/api/policy")[1]
    equal(policy["files"][0]["name"], "policy.yaml")
    equal(policy["files"][0]["text"], POLICY)
    new = {"files": [{"name": "policy.yaml", "text": POLICY.replace("do: log", "do: notify")}]}
    bad = {"files": [{"name": "policy.yaml", "text": POLICY.replace("name:", "nme:")}]}
    diagnostics = author.post("/api/policy/check", bad)[1]["diagnostics"]
    equal((diagnostics[0]["file"], diagnostics[0]["line"]), ("policy.yaml", 3))
    equal(author.post("/api/policy/check", new)[1]["valid"], True)
    diff = author.post("/api/policy/diff", new)[1]
    equal(diff.get("same"), False, diff)
    assert diff["changes"] and diff["lines_vi"], diff
    job = author.post("/api/policy/simulate", {**new, "days": 7})[1]["job"]
    state = lab.wait_for(lambda: (j := author.get(f"/api/jobs/{job}")[1])["state"] != "running" and j, 60)
    equal(state["state"], "done", state)
    assert "incidents" in state["result"], state
    equal(error(approver.get(f"/api/jobs/{job}")), (404, "not-found"), "somebody else's")
    equal(error(approver.post("/api/policy/apply", {**new, "reason": "x", "base": policy["version"] + 1})),
          (409, "conflict"))
    equal(error(approver.post("/api/policy/apply", new))[0], 422, "a reason is asked for")
    equal(error(approver.post("/api/policy/apply", {**bad, "reason": "x"}))[0], 422)
    status, data = approver.post("/api/policy/apply", {**new, "reason": "báo cho người dùng",
                                                       "base": policy["version"]})
    equal(status, 200, data)
    lab.recorded("policy", what="applied", user="app", via="console", reason="báo cho người dùng")
    history = author.get("/api/policy/history")[1]
    equal((history["current"], history["versions"][0]["user"]), (data["version"], "app"))
    status, back = approver.post("/api/policy/rollback", {"version": policy["version"], "reason": "y"})
    equal(status, 200, back)
    equal(author.get("/api/policy")[1]["files"][0]["text"], POLICY)


@test
def an_exception_is_suggested_and_put_in_force(l):
    rev, approver = l.client("rev"), l.client("app")
    one = first(l, q="mat-2")
    status, s = rev.post(f"/api/incidents/{one}/suggest", {"scope": "file-user", "days": 7})
    equal(status, 200, s)
    equal(s["simulate"]["silenced"], 1)
    equal(error(rev.post(f"/api/incidents/{one}/suggest", {"scope": "all"}))[0], 400)
    equal(error(rev.post(f"/api/incidents/{one}/suggest", {"scope": "file-app"}))[0], 422, "no application")
    base = approver.get("/api/policy")[1]["version"]
    status, data = approver.post("/api/policy/exception", {"yaml": s["yaml"], "reason": "r", "base": base})
    equal(status, 200, data)
    files = {f["name"]: f["text"] for f in approver.get("/api/policy")[1]["files"]}
    assert one in files["console-exceptions.yaml"], files
    other = rev.post(f"/api/incidents/{first(l, q='mat-3')}/suggest", {"scope": "file-user"})[1]
    equal(approver.post("/api/policy/exception", {"yaml": other["yaml"], "reason": "r"})[0], 200)
    files = {f["name"]: f["text"] for f in approver.get("/api/policy")[1]["files"]}
    equal(files["console-exceptions.yaml"].count("- name:"), 2)
    equal(error(approver.post("/api/policy/exception", {"yaml": "x", "reason": "r"}))[0], 422)


@test
def every_acting_request_is_refused_to_who_has_not_the_role(l):
    one = first(l)
    may = {"/api/incidents/mark": ("rev",), f"/api/incidents/{one}/reveal": ("rev",),
           f"/api/incidents/{one}/suggest": ("rev",), "/api/policy/check": ("aut", "app"),
           "/api/policy/diff": ("aut", "app"), "/api/policy/simulate": ("aut", "app"),
           "/api/policy/apply": ("app",), "/api/policy/rollback": ("app",),
           "/api/policy/exception": ("app",)}
    sees = {"/api/incidents": ("rev", "aud"), f"/api/incidents/{one}": ("rev", "aud"),
            "/api/overview": ("rev", "aud"), "/api/inventory": ("rev", "aud"),
            "/api/report": ("rev", "aud"), "/api/policy": ("aut", "app", "aud"),
            "/api/policy/history": ("aut", "app", "aud")}
    for user in ("rev", "aut", "app", "aud"):
        c = l.client(user)
        for path, who in may.items():
            status, data = c.post(path, {})
            assert (status != 403) == (user in who), (user, path, status, data)
        for path, who in sees.items():
            status, data = c.get(path)
            equal(status, 200 if user in who else 403, (user, path))
    r = subprocess.run(["runuser", "-u", "nobody1", "--", "sealgate", "console"],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    equal((r.returncode, r.stdout), (2, ""), r.stderr)


@test
def tokens_are_good_once_and_only_real_ones(l):
    secret = console.token("rev")
    c = console.Client()
    equal(c.login(secret)[0], 200)
    equal(error(c.login(secret)), (401, "login"), "replayed")
    for bad in ("", "0" * 64, "0" * 63, "x" * 64, "0" * 5000, None, 7, secret.upper()):
        status, data = console.Client().post("/api/login", {"token": bad})
        assert status in (401, 413), (bad, status, data)
    c.post("/api/logout", {})


@test
def a_cookie_is_worth_nothing_after_logout_or_to_others(l):
    c = console.Client()
    c.login(console.token("rev"))
    stolen = console.Client()
    stolen.cookie, stolen.csrf = c.cookie, c.csrf
    equal(stolen.get("/api/incidents")[0], 200, "root's processes are not kept apart")
    code = """c = console.Client()
c.cookie, c.csrf = sys.argv[1:3]
print(json.dumps([c.get("/api/incidents")[0], c.post("/api/incidents/mark", {})[0], c.get("/")[0]]))"""
    equal(as_user("nobody1", code, c.cookie, c.csrf), [401, 401, 200])
    equal(as_user("aud", code, c.cookie, c.csrf), [401, 401, 200])
    equal(c.post("/api/logout", {})[0], 204)
    equal(error(stolen.get("/api/session")), (401, "login"))
    equal(error(stolen.post("/api/incidents/mark", {"ids": ["x"], "status": "new"})), (401, "login"))
    lab.recorded("console", what="logout", by="rev")


@test
def a_token_is_its_persons_alone(l):
    code = """c = console.Client()
print(json.dumps(c.login(sys.argv[1])[0]))"""
    equal(as_user("nobody1", code, console.token("rev")), 401, "another's token")
    equal(as_user("rev", code, console.token("rev")), 200)
    equal(as_user("nobody1", "print(json.dumps(console.Client().get('/api/incidents')[0]))"), 401)


@test
def requests_of_other_pages_are_refused(l):
    c = l.client("rev")
    body = {"ids": [first(l)], "status": "ignored"}
    before = len(lab.records("incident-mark"))
    own = f"http://127.0.0.1:{console.PORT}"
    for headers in ({"Origin": None}, {"Origin": "http://evil.example"}, {"Origin": "null"},
                    {"Origin": "http://127.0.0.1:1"}, {"Origin": own + "0"}, {"Origin": own.upper()},
                    {"Origin": "https" + own[4:]}, {"X-Sealgate-Csrf": None}, {"X-Sealgate-Csrf": ""},
                    {"X-Sealgate-Csrf": "0" * 64}, {"X-Sealgate-Csrf": c.csrf + "0"},
                    {"X-Sealgate-Csrf": l.client("aud").csrf}, {"Sec-Fetch-Site": "cross-site"},
                    {"Sec-Fetch-Site": "same-site"}):
        equal(error(c.post("/api/incidents/mark", body, headers=headers)), (403, "csrf"), headers)
    equal(error(c.get("/api/incidents", headers={"Sec-Fetch-Site": "cross-site"})), (403, "csrf"))
    equal(error(console.Client().post("/api/login", {"token": console.token("rev")},
                                      headers={"Origin": "http://evil.example"})), (403, "csrf"))
    equal(len(lab.records("incident-mark")), before)


@test
def names_of_other_hosts_are_refused(l):
    c = l.client("rev")
    for host in ("evil.example", "evil.example:8620", "127.0.0.1.evil.example:8620", "localhost.:8620",
                 "127.0.0.2:8620", "0.0.0.0:8620", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:8620x", ""):
        equal(c.get("/api/incidents", headers={"Host": host})[0], 421, host)
        equal(c.get("/", headers={"Host": host})[0], 421, host)
    for host in (f"localhost:{console.PORT}", "localhost:9000", "[::1]:8620"):
        equal(c.get("/api/incidents", headers={"Host": host})[0], 200, host)
    answer = raw(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8620\r\nHost: evil.example\r\n"
                 b"Connection: close\r\n\r\n")
    assert answer.split()[1] in (b"421", b"400"), answer


@test
def paths_lead_nowhere_else(l):
    c = l.client("rev")
    index = c.get("/")[1]
    equal(c.get("/incidents?level=secret")[1], index, "the pages' own paths are one page")
    for path in ("/..%2f..%2fetc%2fpasswd", "/assets/..%2f..%2fetc%2fpasswd", "/%2e%2e/etc/passwd",
                 "/assets/../../etc/passwd", "//etc/passwd", "/assets//x", "/%00", "/assets/a%00.js",
                 "/a%5c..%5cb", "/%ff", "/%", "/%2", "/api/incidents/%2e%2e", "/api//incidents",
                 "/./api/incidents", "/api/incidents/..", "/x%0d%0aSet-Cookie:x"):
        equal(error(c.get(path)), (400, "bad-request"), path)
    for path in ("/assets/none.js", "/api", "/api/none", "/api/incidents/a/b", "/assets/index.html"):
        equal(c.get(path)[0], 404, path)
    for line in (b"GET etc/passwd HTTP/1.1", b"GET http://evil.example/ HTTP/1.1", b"GET * HTTP/1.1"):
        answer = raw(line + b"\r\nHost: 127.0.0.1:8620\r\nConnection: close\r\n\r\n")
        assert answer.split()[1] == b"400", (line, answer)
    asset = next(p for p in pathlib.Path(l.web.assets, "assets").iterdir() if p.suffix == ".js")
    equal(c.get(f"/assets/{asset.name}")[0], 200)
    assert "immutable" in c.headers["Cache-Control"], c.headers
    equal(c.get(f"/assets/{asset.name}", headers={"If-None-Match": c.headers["ETag"]})[0], 304)


@test
def methods_are_kept_apart(l):
    c = l.client("all")
    for method, path in (("PUT", "/api/incidents"), ("DELETE", "/api/session"), ("TRACE", "/"),
                         ("OPTIONS", "/api/login"), ("POST", "/"), ("POST", "/api/incidents"),
                         ("GET", "/api/login"), ("GET", "/api/policy/apply"), ("GET", "/api/logout")):
        equal(c.request(method, path)[0], 405, (method, path))


@test
def bodies_have_a_limit(l):
    c = l.client("rev")
    status = c.request("POST", "/api/incidents/mark", b" " * (65 << 10))[0]
    equal(status, 413)
    head = (f"POST /api/incidents/mark HTTP/1.1\r\nHost: {c.host}\r\nOrigin: http://{c.host}\r\n"
            f"Cookie: sealgate_session={c.cookie}\r\nX-Sealgate-Csrf: {c.csrf}\r\n").encode()
    equal(raw(head + b"Content-Length: 99999999999999999999\r\n\r\n").split()[1] in (b"413", b"400"), True)
    chunk = b"2000\r\n" + b" " * 0x2000 + b"\r\n"
    raw(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 20)
    both = raw(head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 3)
    assert b" 200 " not in both.split(b"\r\n")[0], both
    equal(c.request("POST", "/api/incidents/mark", b"[" * 10000)[0], 400, "deep")
    equal(c.get("/x?" + "a" * 40000)[0] in (414, 400, 431), True)
    equal(c.get("/", headers={"X-Long": "a" * 100000})[0] in (431, 413, 400), True)
    # Documents that are sent at once have a limit together.
    big = [socket.create_connection(("127.0.0.1", console.PORT), timeout=30) for _ in range(5)]
    for s in big:
        try:
            s.sendall(head.replace(b"/api/incidents/mark", b"/api/rules/test") +
                      b"Content-Length: 67108864\r\n\r\n" + b"x" * (60 << 20))
        except OSError:
            pass
    rss = int(next(x for x in pathlib.Path(f"/proc/{l.web.process.pid}/status").read_text().splitlines()
                   if x.startswith("VmRSS:")).split()[1])
    assert rss < 400 << 10, rss
    for s in big:
        s.close()
    equal(c.get("/api/session")[0], 200)


@test
def what_is_cut_short_harms_nobody(l):
    whole = (f"POST /api/login HTTP/1.1\r\nHost: 127.0.0.1:{console.PORT}\r\nOrigin: "
             f"http://127.0.0.1:{console.PORT}\r\nContent-Length: 20\r\n\r\n{{\"token\":\"abc").encode()
    for n in range(0, len(whole), 7):
        with socket.create_connection(("127.0.0.1", console.PORT), timeout=10) as s:
            s.sendall(whole[:n])
    for junk in (b"\x00" * 500, b"\x16\x03\x01" + os.urandom(300), b"\r\n" * 500, b"GET / HTTP/9.9\r\n\r\n"):
        raw(junk, 2)
    equal(l.client("rev").get("/api/session")[0], 200)
    equal(l.web.process.poll(), None)


@test
def one_user_cannot_keep_others_out(l):
    code = """import socket, time
held = []
for n in range(400):
    try:
        s = socket.create_connection(("127.0.0.1", console.PORT), timeout=5)
        s.sendall(b"GET / HTTP/1.1\\r\\nHost: 127")
        held.append(s)
    except OSError:
        pass
print(json.dumps(len(held)), flush=True)
sys.stdin.read()"""
    text = f"import sys, json; sys.path.insert(0, {modules()!r})\n" \
           f"import console\n{code}"
    p = subprocess.Popen(["setpriv", "--reuid=nobody1", "--regid=nobody1", "--init-groups",
                          "/usr/bin/python3", "-c", text], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, text=True)
    try:
        assert int(p.stdout.readline()) > 0
        for _ in range(5):
            equal(l.client("rev").get("/api/session", timeout=30)[0], 200)
        # What drips is ended, however slowly: each byte is not a new time.
        with socket.create_connection(("127.0.0.1", console.PORT), timeout=5) as s:
            start = time.monotonic()
            try:
                while time.monotonic() - start < 60:
                    s.sendall(b"X")
                    time.sleep(0.5)
            except OSError:
                pass
            assert time.monotonic() - start < 50, "a slow request was left to go on"
    finally:
        p.stdin.close()
        p.wait(30)


@test
def a_flood_of_logins_is_counted_and_recorded_once(l):
    before = len(lab.records("console", "login-refused"))
    refused = l.agent.status()["console"]["refused"]
    for n in range(300):
        equal(console.Client().post("/api/login", {"token": f"{n:064x}"})[0], 401)
    equal(l.agent.status()["console"]["refused"], refused + 300)
    after = len(lab.records("console", "login-refused"))
    assert after - before <= 1, "one record for all of a minute"
    tokens = [console.token("aud") for _ in range(10)]
    equal([console.Client().login(t)[0] for t in tokens], [401] * 6 + [200] * 4, "the last four")
    equal(l.client("rev").get("/api/session")[0], 200, "others stay")
    l.clients.pop("aud", None)


@test
def the_agent_believes_no_server_without_a_session(l):
    caller = os.environ["CONSOLE_CALLER"]

    def call(user, *args):
        r = subprocess.run(["setpriv", f"--reuid={user}", "--clear-groups", caller,
                            "/run/sealgate/control.sock", *args], stdout=subprocess.PIPE, text=True)
        return r.stdout.split()[:2]

    one = first(l)
    before = len(lab.records("incident-mark"))
    equal(call("sealgate-web", "mark", one)[0], "refused", "nobody")
    equal(call("sealgate-web", "as", "0" * 64, "mark", one)[0], "refused", "a session that is none")
    equal(call("rev", "login", console.token("rev"))[0], "refused", "not the console's account")
    equal(call("rev", "as", "0" * 64, "mark", one)[0], "refused")
    done, session = call("sealgate-web", "login", console.token("aud"))
    equal(done, "done")
    equal(call("sealgate-web", "as", session, "mark", one)[0], "refused", "an auditor marks nothing")
    equal(call("sealgate-web", "as", session, "reload")[0], "ended", "nor anything that is not for consoles")
    equal(call("sealgate-web", "as", session, "as", session)[0], "ended", "one person for a connection")
    equal(call("nobody1", "as", session, "mark", one)[0], "refused", "another user with the session")
    equal(call("sealgate-web", "end", session)[0], "done")
    equal(call("sealgate-web", "as", session, "mark", one)[0], "refused", "after its end")
    equal(len(lab.records("incident-mark")), before)


@test
def a_token_is_over_after_its_minute(l):
    time.sleep(max(0, 61 - (time.monotonic() - l.old_since)))
    equal(error(console.Client().login(l.old_token)), (401, "login"))


@test
def what_is_concealed_is_shown_on_request_and_recorded(l):
    l.web.stop()
    l.agent.stop()
    l.clients.clear()
    l.agent = lab.Agent(policy=lab.ETC / "policy.yaml",
                        extra=console.settings(extra="journal: {hide-names: confidential, "
                                                     "hide-snippets: confidential}\n")).start()
    l.web = console.Console().start()
    c = l.client("rev")
    one = c.get("/api/incidents")[1]["incidents"][0]
    equal(one["path"], "•••.txt")
    equal(c.get("/api/incidents?q=mat-1")[1]["total"], 0, "what is concealed is not searched")
    equal({g["key"] for g in c.get("/api/incidents?group=file")[1]["groups"]}, {"•••.txt"})
    documents = lab.wait_for(lambda: c.get("/api/inventory")[1]["documents"], 20)
    equal({(d["path"], *d["concealed"]) for d in documents}, {("•••.txt", "path")}, "the inventory")
    equal(error(c.post(f"/api/incidents/{one['id']}/reveal", {}))[0], 422, "a reason is asked for")
    status, whole = c.post(f"/api/incidents/{one['id']}/reveal", {"reason": "kiểm tra"})
    equal((status, whole["path"].startswith(str(lab.DOCS))), (200, True))
    lab.recorded("incident-reveal", by="rev", via="console", note="kiểm tra")


@test
def sessions_end_with_the_agent_and_the_console_says_so(l):
    c = l.client("rev")
    l.agent.stop()
    equal(error(c.get("/api/health")), (503, "no-agent"))
    equal(c.get("/api/incidents")[0], 200, "the journal is there")
    l.agent.start()
    assert lab.wait_for(lambda: error2(c.get("/api/session")) == (401, "login"), 20)
    l.clients.clear()
    equal(l.client("rev").get("/api/session")[0], 200)


def error2(answer):
    return error(answer) if answer[0] >= 400 else answer


@test
def it_listens_on_a_socket_too(l):
    l.web.stop()
    l.agent.stop()
    path = "/run/sealgate-web.sock"
    l.agent = lab.Agent(policy=lab.ETC / "policy.yaml", extra=console.settings(listen=path)).start()
    log = open("/run/web2.log", "a")
    p = subprocess.Popen([str(lab.LIBEXEC / "sealgate-web"), "--assets", l.web.assets], stdout=log,
                         stderr=subprocess.STDOUT)
    try:
        def ask(data):
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(path)
                s.sendall(data)
                return s.recv(65536)
        assert lab.wait_for(lambda: os.path.exists(path), 20)
        answer = ask(b"GET /api/session HTTP/1.1\r\nHost: localhost:9000\r\n\r\n")
        equal(answer.split()[1], b"401")
        r = subprocess.run(["sealgate", "console"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        equal(r.returncode, 2)
        assert path in r.stderr, r.stderr
        r = subprocess.run(["sealgate", "console", "--port", "9000"], stdout=subprocess.PIPE, text=True)
        assert r.stdout.startswith("http://127.0.0.1:9000/#login="), r.stdout
    finally:
        p.terminate()
        p.wait(20)


def setup():
    return Lab()


def teardown(l):
    if l:
        l.web.stop()
        l.agent.stop()


if __name__ == "__main__":
    run(setup, teardown)
