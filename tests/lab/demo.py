#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The demonstration, inside a lab: a real chat client tries to send three real documents."""
import hashlib
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import agent as lab
import documents
import xmpp

BOLD, DIM, PLAIN = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")


def say(text):
    print(f"{BOLD}{text}{PLAIN}", flush=True)


def sha(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def last_lines(screen, n):
    lines = [line.rstrip() for line in screen.splitlines()[1:] if line.strip()]
    return lines[-n - 1:-1]


def main():
    lab.install(sys.argv[1])
    lab.add_user("lan")
    say("1. Three documents, made by LibreOffice, in /srv/docs")
    docs = documents.make_demo_documents(lab.DOCS)
    for path in docs.values():
        print(f"   {path.name}")
    print()
    say("2. What sealgate reads in them:  sealgate scan /srv/docs")
    sys.stdout.flush()
    subprocess.run(["sealgate", "--lang", "en", "scan", str(lab.DOCS)])
    print()
    say("3. The agent, and an XMPP server with file upload on loopback")
    server = xmpp.Server()
    guard = lab.Agent().start()
    guard.known(3)
    subprocess.run(["sealgate", "--lang", "en", "status"])
    print()
    say("4. An editor opens the marked plan, as the same user")
    r = subprocess.run(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", "sh", "-c",
                        f"wc -c < {docs['secret']}"], stdout=subprocess.PIPE, text=True)
    print(f"   read {r.stdout.strip()} bytes: untouched\n")
    say("5. Lan opens profanity, a chat client, and sends each of them to Minh")
    client = xmpp.Profanity()
    client.connect()
    client.chat()
    for kind, path in docs.items():
        print(f"   /sendfile {path}")
        client.send_file(path)
        if kind == "public":
            lab.wait_for(lambda: sha(path) in server.stored(), 15)
        else:
            lab.wait_for(lambda: any(i["path"].endswith(path.name) for i in guard.incidents()), 5)
            time.sleep(0.3)
    print(f"\n   {DIM}the chat window:{PLAIN}")
    for line in last_lines(client.screen(), 4):
        print("   | " + line)
    print(f"   {DIM}the client's console:{PLAIN}")
    for line in client.console().splitlines():
        if "descriptor" in line or "ermitted" in line:
            print("   | " + line.split("   ")[0].rstrip())
    print()
    say("6. What the server received")
    names = {sha(p): p.name for p in docs.values()}
    stored = server.stored()
    for digest in stored:
        print(f"   {names.get(digest, 'something unknown')}  (SHA-256 {digest[:16]}…)")
    print()
    say("7. The incidents, as a reviewer reads them:  sealgate incidents list, show, verify")
    sys.stdout.flush()
    time.sleep(1.2)  # the retries of the last second are counted once a second
    subprocess.run(["sealgate", "--lang", "en", "incidents", "list"])
    for i in guard.incidents():
        print()
        sys.stdout.flush()
        subprocess.run(["sealgate", "--lang", "vi", "incidents", "show", i["id"]])
    print()
    client.stop()
    guard.stop()
    server.stop()
    sys.stdout.flush()
    subprocess.run(["sealgate", "--lang", "en", "incidents", "verify"])
    blocked = sorted(pathlib.Path(i["path"]).name for i in guard.incidents()
                     if i["action"] == "block")
    ok = stored == [sha(docs["public"])] and blocked == sorted(
        docs[k].name for k in ("secret", "internal"))
    print()
    say("The public notice went through; the two marked documents did not." if ok else
        "This is not what should have happened.")
    return 0 if ok else 1


sys.exit(main())
