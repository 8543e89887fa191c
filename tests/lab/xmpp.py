# SPDX-License-Identifier: Apache-2.0
"""A real XMPP server (prosody with file upload) and a real client (profanity) in a lab."""
import hashlib
import pathlib
import shlex
import subprocess
import time

DOMAIN = "lab.example"
UPLOAD = "upload.lab.example"
CERTS = pathlib.Path("/etc/sealgate-lab")
DATA = pathlib.Path("/var/lib/sealgate-lab-xmpp")

PROSODY = f"""
daemonize = false
data_path = "{DATA}"
pidfile = "{DATA}/prosody.pid"
admins = {{ }}
modules_enabled = {{ "roster", "saslauth", "tls", "disco", "ping", "register", "posix",
  "websocket", "pep", "blocklist", "carbons" }}
consider_websocket_secure = true
http_default_host = "{DOMAIN}"
allow_registration = false
c2s_require_encryption = true
c2s_ports = {{ 5222 }}
s2s_ports = {{ }}
interfaces = {{ "127.0.0.1" }}
http_interfaces = {{ }}
https_interfaces = {{ "127.0.0.1" }}
https_ports = {{ 5281 }}
authentication = "internal_hashed"
log = {{ info = "/var/log/lab-prosody.log" }}
ssl = {{ key = "{CERTS}/server.key"; certificate = "{CERTS}/server.crt" }}
https_ssl = {{ key = "{CERTS}/server.key"; certificate = "{CERTS}/server.crt" }}
VirtualHost "{DOMAIN}"
disco_items = {{ {{ "{UPLOAD}", "files" }} }}
Component "{UPLOAD}" "http_file_share"
http_host = "{UPLOAD}"
http_file_share_size_limit = 100*1024*1024
http_file_share_daily_quota = 2000*1024*1024
http_file_share_access = {{ "{DOMAIN}" }}
"""


def run(*args, **kw):
    return subprocess.run(args, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, **kw).stdout


def wait_for(what, seconds=20.0, step=0.1):
    """Calls `what` until it is true; its last value."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value or time.monotonic() > end:
            return value
        time.sleep(step)


def make_certificates():
    CERTS.mkdir(parents=True, exist_ok=True)
    c = str(CERTS)
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
        "/CN=lab CA", "-keyout", f"{c}/ca.key", "-out", f"{c}/ca.crt")
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={DOMAIN}", "-keyout",
        f"{c}/server.key", "-out", f"{c}/server.csr")
    (CERTS / "san").write_text(f"subjectAltName=DNS:{DOMAIN},DNS:{UPLOAD}\n")
    run("openssl", "x509", "-req", "-in", f"{c}/server.csr", "-CA", f"{c}/ca.crt", "-CAkey",
        f"{c}/ca.key", "-CAcreateserial", "-days", "2", "-extfile", f"{c}/san", "-out",
        f"{c}/server.crt")
    pathlib.Path("/usr/local/share/ca-certificates").mkdir(parents=True, exist_ok=True)
    run("cp", f"{c}/ca.crt", "/usr/local/share/ca-certificates/sealgate-lab.crt")
    run("update-ca-certificates")
    run("chmod", "-R", "a+rX", c)


class Server:
    """prosody on loopback. What it received lies in `stored()`."""

    def __init__(self):
        make_certificates()
        DATA.mkdir(parents=True, exist_ok=True)
        run("chown", "prosody:", str(DATA))
        pathlib.Path("/etc/prosody/prosody.cfg.lua").write_text(PROSODY)
        log = pathlib.Path("/var/log/lab-prosody.log")
        log.touch()
        run("chown", "prosody:", str(log))
        self.process = subprocess.Popen(
            ["setpriv", "--reuid=prosody", "--regid=prosody", "--init-groups", "prosody", "-F"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for user in ("lan", "minh"):
            run("prosodyctl", "register", user, DOMAIN, "secret-" + user)
        if not wait_for(lambda: "Activated service 'c2s'" in log.read_text()):
            raise RuntimeError("prosody did not start: " + log.read_text())

    def stored(self):
        """SHA-256 of each file that arrived."""
        return sorted(hashlib.sha256(p.read_bytes()).hexdigest() for p in DATA.rglob("*.bin"))

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Profanity:
    """The terminal client, in tmux, as an ordinary user."""

    def __init__(self, user="lan", home="/home/lan", system_user="lan"):
        self.user = user
        self.home = home
        self.socket = f"/tmp/tmux-{system_user}"
        command = (f"env HOME={home} LANG=C.UTF-8 TERM=screen-256color TMPDIR=/tmp "
                   f"setpriv --reuid={system_user} --regid={system_user} --init-groups profanity")
        run("tmux", "-S", self.socket, "-f", "/dev/null", "new-session", "-d", "-x", "150", "-y",
            "50", command)
        if not wait_for(lambda: "Profanity" in self.screen()):
            raise RuntimeError("profanity did not start: " + self.screen())

    def screen(self):
        return subprocess.run(["tmux", "-S", self.socket, "capture-pane", "-p"],
                              stdout=subprocess.PIPE, text=True).stdout

    def type(self, text):
        run("tmux", "-S", self.socket, "send-keys", "-l", text)
        run("tmux", "-S", self.socket, "send-keys", "Enter")

    def pid(self):
        """The client's own process."""
        pane = run("tmux", "-S", self.socket, "list-panes", "-F", "#{pane_pid}").strip()
        return int(pane)

    def connect(self):
        self.type(f"/connect {self.user}@{DOMAIN} server 127.0.0.1 port 5222 tls trust")
        if not wait_for(lambda: "password" in self.screen().lower()):
            raise RuntimeError("no password prompt: " + self.screen())
        self.type("secret-" + self.user)
        if not wait_for(lambda: "logged in successfully" in self.screen(), 30):
            raise RuntimeError("not logged in: " + self.screen())

    def chat(self, peer="minh"):
        self.type(f"/msg {peer}@{DOMAIN}")
        time.sleep(0.5)

    def send_file(self, path):
        self.type("/sendfile " + shlex.quote(str(path)))

    def console(self):
        """The client's console window, where it says what went wrong."""
        self.type("/win 1")
        time.sleep(0.4)
        text = self.screen()
        self.type("/win 2")
        time.sleep(0.2)
        return text

    def stop(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)


def go_sendxmpp(path):
    """Uploads a file and sends its address; the client's own exit status and words."""
    return subprocess.run(
        ["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", "env", "HOME=/home/lan",
         "go-sendxmpp", "--username", f"lan@{DOMAIN}", "--password", "secret-lan", "--jserver",
         f"{DOMAIN}:5222", "--http-upload", str(path), f"minh@{DOMAIN}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=60)
