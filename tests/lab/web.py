# SPDX-License-Identifier: Apache-2.0
"""A web server that takes files, a web client for XMPP (Converse.js), and Chromium, in a lab."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

import xmpp
from agent import wait_for

PORT = 8443
SITE = pathlib.Path("/srv/lab-web")
URL = f"https://{xmpp.DOMAIN}:{PORT}"

NGINX = f"""
pid /run/lab-nginx.pid;
error_log /var/log/lab-nginx.log;
user www-data;
worker_processes 1;
daemon off;
events {{ }}
http {{
  include /etc/nginx/mime.types;
  access_log off;
  client_max_body_size 200m;
  client_body_temp_path /tmp/lab-nginx;
  server {{
    listen 127.0.0.1:{PORT} ssl;
    server_name {xmpp.DOMAIN};
    ssl_certificate {xmpp.CERTS}/server.crt;
    ssl_certificate_key {xmpp.CERTS}/server.key;
    root {SITE};
    location /put/ {{ dav_methods PUT; create_full_put_path on; }}
  }}
}}
"""

CONVERSE = f"""<!doctype html><meta charset=utf-8><title>Converse</title>
<link rel=stylesheet href=/converse/converse.min.css>
<body class=converse-fullscreen>
<script type=module>
import * as m from '/converse/converse.min.js';
const converse = window.converse || m.converse || m.default;
converse.plugins.add('lab', {{ initialize() {{ window.api = this._converse.api; }} }});
converse.initialize({{ websocket_url: 'wss://{xmpp.DOMAIN}:5281/xmpp-websocket', i18n: 'en',
  authentication: 'login', auto_login: true, jid: 'lan@{xmpp.DOMAIN}', password: 'secret-lan',
  view_mode: 'fullscreen', assets_path: '/converse/', discover_connection_methods: false,
  whitelisted_plugins: ['lab'], blacklisted_plugins: ['converse-omemo'] }});
</script>
"""

PUT = """<!doctype html><meta charset=utf-8><title>put</title>
<input type=file id=file><button id=put>Put</button>
<script>
document.getElementById('put').onclick = async () => {
  const f = document.getElementById('file').files[0];
  try {
    const r = await fetch('/put/' + encodeURIComponent(f.name), { method: 'PUT', body: f });
    document.title = 'status ' + r.status;
  } catch (e) { document.title = 'failed: ' + e.message; }
};
</script>
"""


def modules():
    """Where npm put what is needed, or None."""
    place = pathlib.Path(os.environ.get("WEB_MODULES", ""))
    return place if (place / "converse.js/dist/converse.min.js").exists() and \
        (place / "playwright-core").exists() else None


class Server:
    """nginx on loopback. What was put there lies in `stored()`."""

    def __init__(self):
        (SITE / "put").mkdir(parents=True)
        shutil.chown(SITE / "put", "www-data", "www-data")
        (SITE / "index.html").write_text(CONVERSE)
        (SITE / "file.html").write_text(PUT)
        if modules():
            (SITE / "converse").symlink_to(modules() / "converse.js/dist")
        conf = pathlib.Path("/etc/lab-nginx.conf")
        conf.write_text(NGINX)
        self.process = subprocess.Popen(["nginx", "-c", str(conf)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        assert wait_for(pathlib.Path("/run/lab-nginx.pid").exists, 10), "nginx did not start"

    def stored(self):
        return sorted(hashlib.sha256(p.read_bytes()).hexdigest()
                      for p in (SITE / "put").rglob("*") if p.is_file())

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Browser:
    def __init__(self, d, headless=False, **env):
        argv = d.as_user("env", f"WEB_MODULES={modules()}", *(f"{k}={v}" for k, v in env.items()),
                         "node", pathlib.Path(__file__).with_name("browser.cjs"))
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=open("/var/log/lab-browser.log", "a"), text=True,
                                        bufsize=1, cwd=d.env["HOME"])
        self.version = self.ask("start", headless=headless)

    def ask(self, do, **args):
        self.process.stdin.write(json.dumps({"do": do, **args}) + "\n")
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": "Chromium's driver ended: " + pathlib.Path(
            "/var/log/lab-browser.log").read_text()[-500:]}
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["ok"]

    def chat(self, tab=0, peer=f"minh@{xmpp.DOMAIN}"):
        self.ask("chat", tab=tab, url=URL + "/", peer=peer)

    def send(self, *files, tab=0):
        self.ask("send", tab=tab, files=[str(f) for f in files])

    def put(self, file, tab=0):
        """The page's words: "status 201" or "failed: ..."."""
        return self.ask("put", tab=tab, url=URL + "/file.html", file=str(file))

    def stop(self):
        try:
            self.ask("stop")
        except (RuntimeError, BrokenPipeError):
            pass
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
