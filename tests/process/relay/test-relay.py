#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sealgate-relay into files, sockets and Debian's rsyslog (TCP, and TLS with an authority made here).

Usage: test-relay.py SEALGATE-RELAY SEALGATE
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

SEALGATE = os.path.abspath(sys.argv.pop(2))
RELAY = os.path.abspath(sys.argv.pop(1))
PATIENCE = 60  # seconds that anything may take


def wait_for(what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("nothing came of it within %d s" % PATIENCE)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Case(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="sealgate-relay-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.top)
        self.state = os.path.join(self.top, "state")
        os.makedirs(os.path.join(self.state, "journal"))
        with open(os.path.join(self.state, "journal", "incidents.jsonl"), "w"):
            pass
        self.config = os.path.join(self.top, "agent.yaml")
        self.more(1)

    def more(self, n):
        """So many more checkpoints in the journal, and what else belongs to them."""
        for _ in range(n):
            subprocess.run([SEALGATE, "incidents", "checkpoint", "--state-dir", self.state], check=True,
                           stdout=subprocess.DEVNULL, timeout=PATIENCE)

    def lines(self):
        with open(os.path.join(self.state, "journal", "incidents.jsonl"), encoding="utf-8") as f:
            return f.read().splitlines()

    def configure(self, *sinks):
        with open(self.config, "w", encoding="utf-8") as f:
            json.dump({"state-dir": self.state, "sinks": list(sinks)}, f)

    def relay(self, status=0):
        p = subprocess.run([RELAY, "--config", self.config, "--once"], capture_output=True, text=True,
                           timeout=PATIENCE)
        self.assertEqual(p.returncode, status, p.stderr)
        return p.stderr

    def start(self):
        p = subprocess.Popen([RELAY, "--config", self.config], stderr=subprocess.DEVNULL)
        self.addCleanup(self.stop, p)
        return p

    def stop(self, p, how=signal.SIGTERM):
        if p.poll() is None:
            p.send_signal(how)
            p.wait(PATIENCE)


class Files(Case):
    def test_every_form(self):
        forms = ("jsonl", "cef", "ecs", "ocsf", "rfc5424")
        self.configure(*({"name": f, "to": "file:%s/%s" % (self.top, f), "format": f} for f in forms))
        self.relay()
        self.more(3)
        self.relay()
        self.relay()  # nothing came: nothing is sent
        for f in forms:
            with open(os.path.join(self.top, f), encoding="utf-8") as out:
                got = out.read().splitlines()
            self.assertEqual(len(got), len(self.lines()), f)
            if f == "jsonl":
                self.assertEqual(got, self.lines())

    def test_power_cut(self):
        """What was written behind the cursor goes, and is written again."""
        path = os.path.join(self.top, "out")
        self.configure({"name": "x", "to": "file:" + path})
        self.relay()
        with open(path, "a", encoding="utf-8") as f:
            f.write("half a rec")
        self.more(2)
        self.relay()
        with open(path, encoding="utf-8") as f:
            self.assertEqual(f.read().splitlines(), self.lines())
        os.rename(path, path + ".1")  # rotated: the rest goes into a new one
        n = len(self.lines())
        self.more(1)
        self.relay()
        with open(path, encoding="utf-8") as f:
            self.assertEqual(f.read().splitlines(), self.lines()[n:])
        with open(os.path.join(self.state, "relay", "x.cursor"), "w", encoding="utf-8") as f:
            f.write("nonsense")
        self.assertIn("damaged", self.relay())

    def test_another_journal(self):
        path = os.path.join(self.top, "out")
        self.configure({"name": "x", "to": "file:" + path})
        self.relay()
        first = self.lines()
        for name in os.listdir(os.path.join(self.state, "journal")):
            os.unlink(os.path.join(self.state, "journal", name))
        with open(os.path.join(self.state, "journal", "incidents.jsonl"), "w"):
            pass
        self.more(1)
        self.relay()
        with open(path, encoding="utf-8") as f:
            self.assertEqual(f.read().splitlines(), first + self.lines())

    def test_killed_again_and_again(self):
        path = os.path.join(self.top, "out")
        self.configure({"name": "x", "to": "file:" + path})
        for _ in range(6):
            p = self.start()
            self.more(2)
            self.stop(p, signal.SIGKILL)
        self.relay()
        with open(path, encoding="utf-8") as f:
            self.assertEqual(f.read().splitlines(), self.lines())

    def test_configuration(self):
        for sink in ({"name": "x"}, {"to": "file:/x"}, {"name": "x", "to": "x"}, {"name": "x", "to": "tcp:host"},
                     {"name": "X", "to": "file:/x"}, {"name": "x", "to": "file:x"},
                     {"name": "x", "to": "file:/x", "format": "xml"}, {"name": "x", "to": "file:/x", "nope": 1},
                     {"name": "x", "to": "tcp:host:port"}):
            self.configure(sink)
            self.assertRegex(self.relay(status=2), r"agent\.yaml:\d+:\d+: ")
        self.configure(*({"name": "x%d" % i, "to": "file:/x"} for i in range(9)))
        self.assertIn("more than 8", self.relay(status=2))
        self.configure({"name": "x", "to": "file:/x"}, {"name": "x", "to": "file:/y"})
        self.assertIn("two sinks", self.relay(status=2))
        self.configure()
        self.relay()


def number_of(message):
    m = re.search(r'seq="(\d+)"', message)
    return int(m.group(1)) if m else None


class Sockets(Case):
    def test_datagrams(self):
        path = os.path.join(self.top, "log")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(path)
            s.settimeout(PATIENCE)
            self.configure({"name": "local", "to": "unix:" + path, "format": "rfc5424"})
            self.relay()
            got = [s.recv(65536).decode() for _ in self.lines()]
        self.assertEqual([number_of(m) for m in got], list(range(len(self.lines()))))
        self.assertTrue(got[0].startswith("<110>1 "), got[0])
        self.configure({"name": "gone", "to": "unix:" + path + ".none"})
        self.assertIn("No such file", self.relay(status=1))

    def test_who_does_not_read(self):
        """One that takes the connection and nothing more is waited for so long, and told."""
        path, relays = os.path.join(self.top, "log"), []
        self.more(3)
        for kind, name in ((socket.SOCK_DGRAM, "dgram"), (socket.SOCK_STREAM, "stream")):
            s = socket.socket(socket.AF_UNIX, kind)
            self.addCleanup(s.close)
            s.bind(path + name)
            if kind == socket.SOCK_STREAM:
                s.listen()
            else:  # its queue is full
                other = socket.socket(socket.AF_UNIX, kind)
                self.addCleanup(other.close)
                other.setblocking(False)
                try:
                    while True:
                        other.sendto(b"x", path + name)
                except BlockingIOError:
                    pass
            config = "%s.%s" % (self.config, name)
            with open(config, "w", encoding="utf-8") as f:
                json.dump({"state-dir": self.state, "sinks": [{"name": name, "to": "unix:" + path + name}]}, f)
            relays.append(subprocess.Popen([RELAY, "--config", config, "--once"], stderr=subprocess.PIPE, text=True))
        for p in relays:
            err = p.communicate(timeout=PATIENCE)[1]
            self.assertEqual(p.returncode, 1, err)
            self.assertIn("timed out", err)

    def test_closed_in_the_middle_of_a_record(self):
        """Each comes whole, once from where the cursor was."""
        self.more(100)
        last = b'seq="%d"' % (len(self.lines()) - 1)
        server = socket.socket()
        self.addCleanup(server.close)
        server.settimeout(PATIENCE)
        # What its kernel has acknowledged counts as delivered: little that it has not read.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        server.bind(("127.0.0.1", 0))
        server.listen()
        self.configure({"name": "soc", "to": "tcp:127.0.0.1:%d" % server.getsockname()[1], "format": "rfc5424"})
        self.start()
        numbers = []
        for limit in (100, 12000, None):
            data = b""
            c = server.accept()[0]
            with c:
                c.settimeout(PATIENCE)
                while last not in data if limit is None else len(data) < limit:
                    data += c.recv(65536 if limit is None else limit - len(data))
                if limit is not None:  # reset
                    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            while b" " in data:  # whole ones
                n, rest = data.split(b" ", 1)
                if len(rest) < int(n):
                    break
                numbers.append(number_of(rest[:int(n)].decode()))
                data = rest[int(n):]
        self.assertEqual(list(dict.fromkeys(numbers)), list(range(len(self.lines()))))

    def test_nobody_listens(self):
        self.configure({"name": "x", "to": "tcp:127.0.0.1:%d" % free_port()})
        self.assertIn("refused", self.relay(status=1))


RSYSLOG = """global(workDirectory="%(top)s" maxMessageSize="128k" %(tls)s)
module(load="imtcp" %(driver)s)
input(type="imtcp" port="%(port)d" address="127.0.0.1")
template(name="all" type="string" string="%%rawmsg%%\\n")
action(type="omfile" file="%(out)s" template="all" flushOnTXEnd="on" asyncWriting="off")
"""


@unittest.skipUnless(shutil.which("rsyslogd", path="/usr/sbin:/usr/bin:/sbin"), "rsyslog is not installed")
class Rsyslog(Case):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.out = os.path.join(self.top, "received")

    def authority(self, name):
        """A test authority, and a server's certificate for the name 127.0.0.1 by it."""
        def openssl(*args):
            subprocess.run(["openssl", *args], check=True, cwd=self.top, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, timeout=PATIENCE)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                name + "-ca.key", "-out", name + "-ca.pem", "-subj", "/CN=Test authority", "-days", "3650")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
                "-out", name + ".csr", "-subj", "/CN=log server")
        with open(os.path.join(self.top, "ext"), "w", encoding="ascii") as f:
            f.write("subjectAltName=IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", name + ".csr", "-CA", name + "-ca.pem", "-CAkey", name + "-ca.key",
                "-CAcreateserial", "-out", name + ".pem", "-days", "3650", "-extfile", "ext")

    def serve(self, tls=False):
        tls_global = driver = ""
        if tls:
            tls_global = ('defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="%(t)s/own-ca.pem" '
                          'defaultNetstreamDriverCertFile="%(t)s/own.pem" defaultNetstreamDriverKeyFile="%(t)s/own.key"'
                          % {"t": self.top})
            driver = 'StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"'
        conf = os.path.join(self.top, "rsyslog.conf")
        with open(conf, "w", encoding="utf-8") as f:
            f.write(RSYSLOG % {"top": self.top, "port": self.port, "out": self.out, "tls": tls_global,
                               "driver": driver})
        p = subprocess.Popen(["/usr/sbin/rsyslogd", "-n", "-f", conf, "-i", os.path.join(self.top, "pid")],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.stop, p)

        def listens():
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", self.port)) == 0
        wait_for(listens)
        return p

    def received(self):
        """The records' numbers as they came first: a connection that is cut before the receiver's kernel
        has said what it got may repeat some."""
        if not os.path.exists(self.out):
            return []
        with open(self.out, encoding="utf-8") as f:
            numbers = [number_of(line) for line in f.read().splitlines()]
        return [n for n in dict.fromkeys(numbers) if n is not None]

    def all_came(self):
        return len(self.received()) >= len(self.lines())

    def outage(self, tls):
        """The receiver goes and comes while records are written: each arrives, in order."""
        server = self.serve(tls)
        relay = self.start()
        self.more(3)
        wait_for(self.all_came)
        self.stop(server)
        self.more(4)
        server = self.serve(tls)
        self.more(1)
        wait_for(self.all_came)
        self.stop(relay)
        self.more(2)
        self.start()
        wait_for(self.all_came)
        self.assertEqual(self.received(), list(range(len(self.lines()))))

    def test_tcp(self):
        self.configure({"name": "soc", "to": "tcp:127.0.0.1:%d" % self.port, "format": "ecs"})
        self.outage(False)
        with open(self.out, encoding="utf-8") as f:
            line = f.read().splitlines()[0]
        self.assertEqual(json.loads(line[line.index("\ufeff") + 1:])["event"]["sequence"], 0)

    def test_tls(self):
        self.authority("own")
        self.authority("other")
        to = "tls:127.0.0.1:%d" % self.port
        self.configure({"name": "soc", "to": to, "format": "rfc5424", "ca": self.top + "/own-ca.pem"})
        self.outage(True)
        # Another authority's server, a name that is not the certificate's, and no TLS at all.
        self.configure({"name": "wrong", "to": to, "ca": self.top + "/other-ca.pem"})
        self.assertIn("certificate is refused", self.relay(status=1))
        self.configure({"name": "name", "to": "tls:localhost:%d" % self.port, "ca": self.top + "/own-ca.pem"})
        self.assertIn("certificate is refused", self.relay(status=1))
        self.configure({"name": "file", "to": to, "ca": self.top + "/none.pem"})
        self.assertIn("none.pem", self.relay(status=1))
        self.assertEqual(self.received(), list(range(len(self.lines()))))


if __name__ == "__main__":
    unittest.main(verbosity=2)
