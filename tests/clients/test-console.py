#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The console's pages in a real browser, against the real agent and sealgate-web, about incidents
that a real chat client caused."""
import json
import os
import pathlib
import subprocess
import sys

from scene import (DOCS, Scene, equal, go_sendxmpp, lab, make, run, sha, test)
import console

MODULES = pathlib.Path(os.environ["WEB_MODULES"])
SHOTS = pathlib.Path(os.environ.get("CONSOLE_SHOTS", "/var/tmp/console-shots"))
SITE = f"http://127.0.0.1:{console.PORT}"
EVIL = '<img src=x onerror="alert(1)">.docx'
PAGES = {"overview": "/", "incidents": "/incidents", "grouped": "/incidents?group=file&not.app=zalo",
         "inventory": "/inventory", "policy": "/policy", "test": "/test", "health": "/health",
         "nowhere": "/no/such/page"}
POLICY = f"""version: 1
mode: enforce
apps: [{lab.SHIPPED}/policy/apps]
rules:
  - name: state-secret
    when:
      family: state-secret
      category: [meeting, chat, browser]
    do: block
  - name: internal
    when:
      level: internal
      category: [meeting, chat, browser]
    do: log
  - name: marked-lies-here
    when: {{channel: at-rest, family: any}}
    do: log
"""


class Browser:
    """Chromium as a person who works with the console."""

    def __init__(self, user="all"):
        self.log = open("/var/log/console-browser.log", "a")
        self.process = subprocess.Popen(
            ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "env", "-i",
             f"HOME=/home/{user}", "PATH=/usr/bin:/bin", "LANG=C.UTF-8", f"WEB_MODULES={MODULES}",
             "node", str(pathlib.Path(__file__).with_name("drive-console.cjs"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, bufsize=1,
            cwd=f"/home/{user}")

    def __getattr__(self, do):
        def ask(at=None, **more):
            if at is not None:
                more["at"] = at
            os.environ.get("CONSOLE_TRACE") and print("#", do, more, flush=True)
            self.process.stdin.write(json.dumps({"do": do, **more}) + "\n")
            line = self.process.stdout.readline()
            answer = json.loads(line) if line else {"error": "the driver ended: " + pathlib.Path(
                "/var/log/console-browser.log").read_text()[-500:]}
            if "error" in answer:
                raise AssertionError(f"{do} {more}: {answer['error']}")
            return answer["ok"]
        return ask

    def open(self, path):
        self.goto(url=SITE + path)
        self.wait("h1")

    def login(self, user="all"):
        self.goto(url=f"{SITE}/#login={console.token(user)}")
        self.wait("header .who")


class World(Scene):
    def __init__(self):
        concealed = "journal: {hide-names: top-secret, hide-snippets: top-secret}\n"
        super().__init__(policy=POLICY, extra=console.settings(extra=concealed), graphical=False)
        console.make_people()
        self.docs = make(["tuyet-mat.docx", "toi-mat.docx", "mat.odt", "noi-bo.docx", "cong-khai.docx"])
        evil = DOCS / EVIL
        evil.write_bytes(self.docs["mat.odt"].read_bytes())
        evil.chmod(0o644)
        self.evil = evil
        # Where nothing is protected: from /srv/docs a browser does not get what is marked.
        self.loose = {}
        for name in ("toi-mat.docx", "cong-khai.docx"):
            self.loose[name] = pathlib.Path("/var/tmp") / name
            self.loose[name].write_bytes(self.docs[name].read_bytes())
            self.loose[name].chmod(0o644)
        self.agent.start()
        self.agent.known(6)
        self.web = console.Console().start()
        self.browser = Browser()
        self.browser.start()
        self.browser.login()
        SHOTS.mkdir(parents=True, exist_ok=True)
        SHOTS.chmod(0o777)
        self.refused = {}

    def stop(self):
        try:
            self.browser.stop()
        except AssertionError:
            pass
        self.web.stop()
        super().stop()

    def id_of(self, name):
        """The incident of this document, which the client could not send."""
        path = DOCS / name
        if name not in self.refused:
            assert not self.passes(path), f"{name} was sent"
            self.refused[name] = lab.wait_for(
                lambda: self.incidents(path, "go-sendxmpp"), 20)[0]["id"]
        return self.refused[name]

    def again(self, **how):
        """A browser without session; logged in."""
        self.browser.start(**how)
        self.browser.login()
        return self.browser

    def passes(self, path):
        """Whether the client can send it, now: the server may have it from before."""
        r = go_sendxmpp(path)
        assert r.returncode == 0 or "not permitted" in r.stdout, r.stdout
        return r.returncode == 0 and sha(path) in self.server.stored()


def setup():
    return World()


def teardown(s):
    if s:
        s.stop()


@test
def a_token_logs_in_once(s):
    b = s.browser
    token = console.token("all")
    b.goto(url=f"{SITE}/incidents#login={token}")
    b.wait("header .who", text="Person all")
    assert token not in b.url(), b.url()
    b.wait("h1", text="Sự cố")
    cookie = [c for c in b.cookies() if c["name"] == "sealgate_session"][0]
    equal((cookie["httpOnly"], cookie["sameSite"]), (True, "Strict"), "the cookie")
    b.start()
    b.goto(url=f"{SITE}/#login={token}")
    b.wait("[role=alert]", text="Mã đã dùng")
    equal(b.count("header nav"), 0, "pages without a session")
    # By hand: the address that the command printed, pasted.
    b.fill(".login input", value=f"{SITE}/#login={console.token('all')}")
    b.focus(".login input")
    b.press(keys=["Enter"])
    b.wait("header nav")
    equal([x for x in b.complaints() if "401" not in x], [], "the browser's complaints")


@test
def an_incident_of_a_real_client_is_triaged_by_keyboard(s):
    b = s.browser
    incident = s.id_of("toi-mat.docx")
    b.open("/")
    b.press(keys=["g", "i"])
    b.wait("h1", text="Sự cố")
    b.wait("table.incidents tbody tr", text="toi-mat.docx")
    row = b.eval(js="[...document.querySelectorAll('table.incidents tbody tr')].findIndex((r) => r.innerText.includes('toi-mat.docx'))")
    b.press(keys=["j"] * (row + 1))
    equal(b.eval(js="document.activeElement.innerText"), "toi-mat.docx", "the focus")
    b.press(keys=["p"])
    b.wait("table.incidents tbody tr.current", text="đang xử lý")
    b.press(keys=["Enter"])
    b.wait(".sentence", text="toi-mat.docx")
    b.wait(".evidence", text="TỐI MẬT")
    b.wait(".steps", text="state-secret")
    b.press(keys=["n"])
    b.wait("dialog textarea")
    b.type(text="hỏi văn thư: bản mẫu <b>không</b> mật")
    b.press(keys=["Control+Enter"])
    b.gone("dialog")
    b.wait(".history .note", text="bản mẫu <b>không</b> mật")
    b.press(keys=["f"])
    b.wait(".incident-bar .status", text="báo nhầm")
    marks = [h for h in s.agent.incidents() if h["id"] == incident][0]["history"]
    equal([(m["by"], m.get("status")) for m in marks if m.get("status")],
          [("all", "in-progress"), ("all", "false-positive")], "the journal")
    equal(b.complaints(), [], "the browser's complaints")


@test
def filters_are_in_the_address_and_cells_narrow_them(s):
    b = s.browser
    s.id_of("mat.odt")
    b.open("/incidents")
    b.click("table.incidents tbody tr:has-text('mat.odt') .c-level .cell-value >> nth=0")
    b.wait(".chip", text="MẬT")
    assert "level=" in b.url(), b.url()
    b.reload()
    b.wait(".chip", text="MẬT")
    b.click(".chip button")
    b.gone(".chip")
    b.click("table.incidents tbody tr >> nth=0 >> .c-who .cell-value >> nth=0", **{"with": ["Alt"]})
    b.wait(".chip.not", text="không phải")
    b.wait(".empty")
    b.click(".chips .link")
    b.wait("table.incidents tbody tr")
    b.open("/incidents?group=file")
    b.wait("table.grouped tbody tr", text="mat.odt")
    b.click("table.grouped tbody tr:has-text('mat.odt') a")
    b.wait("table.incidents tbody tr", text="mat.odt")
    equal(b.count("table.incidents tbody tr:not(:has-text('mat.odt'))"), 0, "another file's incidents")
    equal(b.complaints(), [], "the browser's complaints")


@test
def many_are_marked_at_once(s):
    b = s.browser
    s.id_of("mat.odt")
    b.open("/incidents")
    b.wait("table.incidents tbody tr")
    rows = b.count("table.incidents tbody tr")
    assert rows >= 2, rows
    b.press(keys=["j", "x", "j", "x"])
    b.wait(".bulk", text="Đã chọn 2")
    b.press(keys=["c"])
    b.wait(".news .said", text="2 sự cố")
    b.wait("table.incidents tbody tr .status", text="đã xác nhận")
    equal(b.count(".status-confirmed"), 2, "confirmed")
    equal(b.complaints(), [], "the browser's complaints")


@test
def groups_are_marked_as_a_whole(s):
    b = s.browser
    s.id_of("mat.odt")
    path = str(s.docs["mat.odt"])
    alike = [i["id"] for i in s.agent.acts() if i["path"] == path]
    assert len(alike) >= 2, alike
    b.open("/incidents?group=file")
    b.wait("table.grouped tbody tr", text="mat.odt")
    row = b.eval(js="[...document.querySelectorAll('table.grouped tbody tr')].findIndex((r) => r.innerText.includes('mat.odt'))")
    b.press(keys=["j"] * (row + 1) + ["x", "d"])
    b.wait(".news .said", text=f"{len(alike)} sự cố")
    equal({i["status"] for i in s.agent.acts() if i["id"] in alike}, {"ignored"}, "the group's incidents")
    b.wait("table.grouped tbody tr", text="mat.odt")
    equal(b.complaints(), [], "the browser's complaints")


@test
def a_view_is_kept_under_a_name(s):
    b = s.browser
    b.open("/incidents?level=confidential&not.action=block")
    b.wait(".chip")
    b.click(".views summary")
    b.fill(".views form input", value="Mật, còn trên máy")
    b.press(keys=["Enter"])
    b.wait(".views li a", text="Mật, còn trên máy")
    b.open("/incidents")
    b.click(".views summary")
    b.click(".views li a")
    b.wait(".chip.not")
    assert "level=confidential" in b.url() and "not.action=block" in b.url(), b.url()
    if b.count(".views[open]") == 0:
        b.click(".views summary")
    b.click(".views li button")
    b.gone(".views li")
    b.reload()
    b.wait("h1")
    b.click(".views summary")
    equal(b.count(".views li"), 0, "views")
    equal(b.complaints(), [], "the browser's complaints")


@test
def from_login_to_resolved_without_a_mouse(s):
    """Only keys, also where the pages are read in English."""
    b = s.browser
    s.id_of("toi-mat.docx")
    b.start()
    b.goto(url=f"{SITE}/incidents")
    b.wait(".login input")
    for _ in range(20):
        if b.eval(js="document.activeElement.tagName === 'INPUT'"):
            break
        b.press(keys=["Tab"])
    b.type(text=console.token("all"))
    b.press(keys=["Enter"])
    b.wait("table.incidents tbody tr", text="toi-mat.docx")
    b.press(keys=["/"])
    b.type(text="toi-mat")
    b.press(keys=["Enter"])
    b.gone("table.incidents tbody tr:has-text('mat.odt')")
    b.press(keys=["Escape"])
    b.eval(js="document.activeElement.blur()")
    b.press(keys=["j"])
    equal(b.eval(js="document.activeElement.innerText"), "toi-mat.docx", "the focus")
    b.press(keys=["Enter"])
    b.wait(".sentence", text="toi-mat.docx")
    b.wait(".trace .decides")
    b.press(keys=["n"])
    b.wait("dialog textarea")
    b.type(text="đã nhắc người gửi")
    b.press(keys=["Control+Enter"])
    b.gone("dialog")
    b.press(keys=["r"])
    b.wait(".incident-bar .status", text="đã giải quyết")
    b.press(keys=["u"])
    b.wait("table.incidents tbody tr .status", text="đã giải quyết")
    equal([x for x in b.complaints() if "401" not in x], [], "the browser's complaints")


@test
def markup_in_names_is_text(s):
    b = s.browser
    incident = s.id_of(EVIL)
    b.open("/incidents")
    b.wait("table.incidents tbody tr .file", text=EVIL)
    b.open(f"/incidents/{incident}")
    b.wait(".sentence", text=EVIL)
    b.open("/inventory")
    b.wait("table.rows .file", text=EVIL)
    equal(b.count("main img"), 0, "pictures")
    equal(b.complaints(), [], "the browser's complaints")


@test
def what_is_concealed_is_shown_for_a_reason_and_recorded(s):
    b = s.browser
    assert not s.passes(DOCS / "tuyet-mat.docx"), "it was sent"
    b.open("/incidents?level=top-secret&action=block")
    b.wait("table.incidents tbody tr", text="•••.docx")
    b.click("table.incidents tbody tr >> nth=0 >> th a")
    b.wait(".sentence", text="•••.docx")
    b.wait(".evidence", text="•••")
    assert "tuyet-mat" not in b.text("body"), b.text("body")
    incident = b.url()
    b.open("/inventory")
    b.wait("table.rows .file", text="•••.docx")
    assert "tuyet-mat" not in b.text("body"), b.text("body")
    b.goto(url=incident)
    b.click(".remark button")
    b.wait("dialog button.main:disabled")
    b.fill("dialog input", value="đối chiếu với văn thư")
    b.press(keys=["Enter"])
    b.wait(".sentence", text="tuyet-mat.docx")
    b.wait(".evidence", text="TUYỆT MẬT")
    b.wait(".history", text="đã xem phần được che")
    b.wait(".history .note", text="đối chiếu với văn thư")
    equal(b.complaints(), [], "the browser's complaints")


@test
def a_suggested_exception_lets_the_file_pass(s):
    b = s.browser
    b.open(f"/incidents/{s.id_of('toi-mat.docx')}")
    b.wait(".suggest")
    b.select(".suggest select", value="file-app-user")
    b.fill(".suggest .grow input", value="bản mẫu, đã hỏi văn thư")
    b.click(".suggest form button")
    b.wait(".suggest pre", text="exceptions:")
    b.wait(".suggest", text="lẽ ra đã cho qua 1")
    b.click(".suggest button.main")
    b.wait(".suggest [role=status]", text="Đã áp dụng ngoại lệ")
    assert s.passes(s.docs["toi-mat.docx"]), "it is still refused"
    assert not s.passes(s.docs["mat.odt"]), "another one passes too"
    assert not s.passes(s.evil), "another one passes too"
    equal(b.complaints(), [], "the browser's complaints")


@test
def the_policy_is_mended_compared_tried_applied_and_taken_back(s):
    b = s.browser
    s.id_of("mat.odt")
    b.open("/policy")
    b.wait(".cm-content")
    b.wait(".diagnostics", text="Hợp lệ")
    before = s.agent.status()["policy"]["version"]
    # A key typed wrong, at its place in the first file.
    text = b.eval(js="document.querySelector('.editor').shadowRoot.querySelector('.cm-content').innerText")
    assert "state-secret" in text, text
    b.click(".cm-line:has-text('category:') >> nth=0")
    b.press(keys=["End", "Enter"])
    b.type(text="levle: secret")
    b.wait(".diagnostics .error", text="levle")
    b.wait(".cm-lint-marker-error")
    assert b.count("button.main:disabled") == 1, "a policy with a mistake can be applied"
    b.click(".diagnostics .error button")
    # Leaving asks first.
    b.press(keys=["Escape"])
    b.click("header nav a[href='/health']")
    b.wait("dialog", text="chưa áp dụng")
    b.click("dialog button.main")
    b.gone("dialog")
    # The line is taken out again; blocking becomes logging instead.
    b.click(".cm-line:has-text('levle')")
    b.press(keys=["Home", "Shift+End", "Backspace", "Backspace"])
    b.wait(".diagnostics", text="Hợp lệ")
    b.click(".cm-line:has-text('do: block') >> nth=0")
    b.press(keys=["End"] + ["Backspace"] * 5)
    b.type(text="log")
    b.wait(".diagnostics", text="Hợp lệ")
    b.click("section:has(h2:text('So với')) button")
    b.wait(".diff li")
    b.wait("section:has(h2:text('So với')) .bad", text="yếu hơn")
    b.click("section:has(h2:text('Thử trên')) button")
    b.wait(".tile.less .figure")
    b.wait(".examples li", text="mat.odt")
    b.fill("section:has(h2:text-is('Áp dụng')) input", value="thử trong một giờ")
    b.click("section:has(h2:text-is('Áp dụng')) button.main")
    b.wait(".news .said", text="đang có hiệu lực")
    after = s.agent.status()["policy"]["version"]
    assert after > before, (before, after)
    assert s.passes(s.docs["mat.odt"]), "the new policy does not hold"
    b.wait("section:has(h2:text-is('Lịch sử')) tr.selected", text="thử trong một giờ")
    b.click(f"[aria-label='Quay lại phiên bản {before}']")
    b.fill("dialog input", value="hết giờ thử")
    b.press(keys=["Enter"])
    b.gone("dialog")
    b.wait("section:has(h2:text-is('Lịch sử')) tr.selected", text="hết giờ thử")
    assert not s.passes(s.docs["mat.odt"]), "the rollback does not hold"
    equal(b.complaints(), [], "the browser's complaints")


@test
def a_file_can_be_tested(s):
    b = s.browser
    b.open("/test")
    b.wait(".drop select")
    b.files("input[type=file]", files=[str(s.loose["toi-mat.docx"])])
    b.wait(".verdict .level", text="TỐI MẬT")
    b.wait(".evidence", text="TỐI MẬT")
    b.select(".drop select", value="telegram")
    b.wait(".verdict", text="state-secret")
    b.wait(".trace .decides", text="state-secret")
    b.files("input[type=file]", files=[str(s.loose["cong-khai.docx"])])
    b.wait(".verdict", text="Không có dấu")
    # Dropped on the page.
    b.open("/test")
    b.wait(".drop select")
    b.eval(js="""(() => {
        const dropped = new DataTransfer();
        dropped.items.add(new File(['TỐI MẬT\\n\\nSố: 7/KH\\n\\nKẾ HOẠCH\\n\\nNội dung.\\n'], 'kế hoạch.txt'));
        for (const what of ['dragover', 'drop'])
            document.querySelector('.drop').dispatchEvent(
                new DragEvent(what, { dataTransfer: dropped, bubbles: true, cancelable: true }));
    })()""")
    b.wait("h2", text="kế hoạch.txt")
    b.wait(".verdict .level", text="TỐI MẬT")
    # What the agent keeps from the browser itself.
    b.files("input[type=file]", files=[str(s.docs["mat.odt"])])
    b.wait(".problem", text="sealgate scan")
    equal(b.complaints(), [], "the browser's complaints")


@test
def roles_see_what_is_theirs(s):
    s.id_of("mat.odt")
    # The server lets a person's session be used by that person's own programs alone.
    auditor, reviewer = Browser("aud"), Browser("rev")
    try:
        auditor.start()
        auditor.login("aud")
        auditor.open("/incidents")
        auditor.wait("table.incidents tbody tr")
        equal(auditor.count(".c-select"), 0, "an auditor marks")
        auditor.open("/policy")
        auditor.wait(".remark", text="author")
        equal(auditor.count("section:has(h2:text-is('Áp dụng'))"), 0, "an auditor applies")
        reviewer.start()
        reviewer.login("rev")
        equal(reviewer.count("header nav a[href='/policy']"), 0, "a reviewer's pages")
        reviewer.open("/policy")
        reviewer.wait("[role=alert]", text="quyền")
        reviewer.goto(url=f"{SITE}/#login={console.token('all')}")
        reviewer.wait("[role=alert]", text="tài khoản khác")
    finally:
        auditor.stop()
        reviewer.stop()


@test
def the_report_comes_down(s):
    s.id_of("mat.odt")
    b = s.again()
    html = b.download("a[download='sealgate-report.html']")
    assert "<html" in html.lower(), html[:200]
    csv = b.download("a[download='sealgate-report.csv']")
    assert "go-sendxmpp" in csv, csv[:400]


@test
def every_page_is_accessible_in_both_languages_and_appearances(s):
    b = s.browser
    wrong = []
    for lang, theme in (("vi", "light"), ("vi", "dark"), ("en", "light"), ("en", "dark")):
        b.start(lang=lang, theme=theme)
        b.goto(url=SITE + "/login")
        b.wait("h1")
        wrong += [f"login {lang} {theme}: {v}" for v in b.axe()]
        b.shot(path=str(SHOTS / f"login-{lang}-{theme}.png"))
        b.login()
        pages = dict(PAGES, incident=f"/incidents/{s.id_of('mat.odt')}")
        for name, path in pages.items():
            b.open(path)
            b.wait("main .panel, main table, main .empty")
            if name == "policy":
                b.wait(".cm-content")
                b.wait(".diagnostics .icon")
            if name == "incident":
                b.wait(".trace .decides")
            if name == "test":
                b.select(".drop select", value="telegram")
                b.files("input[type=file]", files=[str(s.loose["toi-mat.docx"])])
                b.wait(".evidence")
            wrong += [f"{name} {lang} {theme}: {v}" for v in b.axe()]
            b.shot(path=str(SHOTS / f"{name}-{lang}-{theme}.png"))
        b.press(keys=["?"])
        b.wait("dialog .keys")
        wrong += [f"keys {lang} {theme}: {v}" for v in b.axe()]
        b.shot(path=str(SHOTS / f"keys-{lang}-{theme}.png"))
    equal(wrong, [], "axe")
    equal([x for x in b.complaints() if "401" not in x], [], "the browser's complaints")


@test
def nothing_is_lost_in_a_narrow_window(s):
    b = s.browser
    for width in (320, 683):  # 683: 200 % of 1366
        s.again(width=width, theme="dark" if width == 320 else "light")
        for name, path in dict(PAGES, incident=f"/incidents/{s.id_of('mat.odt')}").items():
            b.open(path)
            b.wait("main .panel, main table, main .empty")
            assert b.wide() <= 0, f"{name} is {b.wide()} too wide at {width}"
            b.shot(path=str(SHOTS / f"{name}-{width}.png"))
    equal([x for x in b.complaints() if "401" not in x], [], "the browser's complaints")


@test
def a_policy_that_is_managed_elsewhere_is_only_read(s):
    b = s.browser
    settings = lab.ETC / "agent.yaml"
    before = settings.read_text()

    def restart(text):
        s.web.stop()
        s.agent.stop()
        settings.write_text(text)
        s.agent.start()
        s.web.start()
        s.again()
    restart(before + "require-signatures: [policy]\n")
    try:
        b.open("/policy")
        b.wait(".remark", text="do nơi khác quản lý")
        equal(b.count("section:has(h2:text-is('Áp dụng'))"), 0, "it can be applied")
        b.wait(".cm-content")
        text = b.eval(js="document.querySelector('.editor').shadowRoot.querySelector('.cm-content').innerText")
        b.click(".cm-line >> nth=0")
        b.type(text="zzz")
        equal(b.eval(js="document.querySelector('.editor').shadowRoot.querySelector('.cm-content').innerText"), text,
              "the editor")
        b.shot(path=str(SHOTS / "policy-managed.png"))
        equal([x for x in b.complaints() if "401" not in x], [], "the browser's complaints")
    finally:
        restart(before)


@test
def an_agent_that_is_away_is_said(s):
    s.id_of("mat.odt")
    b = s.again()
    b.open("/incidents")
    b.wait("table.incidents tbody tr")
    s.web.stop()
    b.click("header nav a[href='/health']")
    b.wait("[role=alert]", text="systemctl status sealgate-web")
    s.web.start()


if __name__ == "__main__":
    if not (MODULES / "playwright-core").exists() or not (MODULES / "axe-core").exists():
        print("1..0 # SKIP tests/install-deps console")
        sys.exit(0)
    run(setup, teardown)
