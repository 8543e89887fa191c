# SPDX-License-Identifier: Apache-2.0
"""A gate between a fake supervisor and a fake core, on a file system of its own.

Everything happens in a private mount namespace, and the only file system that is ever marked is
the one mounted here. Should anything hang, a watchdog ends the test by its pid, which closes the
last descriptor of the group and lets every opener go.
"""
import array, ctypes, os, shutil, signal, socket, struct, subprocess, sys, tempfile, threading, time

BUILD = os.environ["GATE_TOOLS"]
GATE = os.environ["GATE"]
GATE_SMALL = os.environ.get("GATE_SMALL")
libc = ctypes.CDLL(None, use_errno=True)

ROLE_CORE = 2
SUP_LOOK, SUP_BUILD_IDS, SUP_POSTURE = 11, 12, 18
# vfork keeps this interpreter's lock until the child's exec is over, and the exec is what the thread
# that plays the supervisor has to answer.
subprocess._USE_VFORK = False

SUP_CONFIG, SUP_PEER, SUP_PING, SUP_STOP, SUP_RELOAD, SUP_FANOTIFY, SUP_POLICY, SUP_TAGGED = range(1, 9)
CHILD_READY, CHILD_PONG, CHILD_FATAL = 64, 65, 66
GATE_TAG, GATE_FOUND, GATE_IDLE, GATE_UNLINKED = 70, 71, 72, 76
GATE_CLASSIFY, CORE_FACTS, GATE_CONFIRM, GATE_RECORD, CORE_RECORDED = range(128, 133)
CORE_DROPPED = 134
NONE, INTERNAL, CONFIDENTIAL, SECRET, TOP_SECRET = range(5)
FULL, PARTIAL, UNREADABLE = range(3)
CAUSES = ["known", "scanned", "deadline", "core-gone", "pressure", "successor", "descriptors", "store"]
FAILURES = ["none", "deadline", "crash", "unreadable", "pressure", "core-gone", "descriptors", "store"]
MAY_BE = ["state-secret", "internal", "unknown"]
WAYS = ["open", "read", "inherited", "already-open", "written"]
ACTIONS = ["allow", "log", "notify", "justify", "block"]

EPERM = 1
FAN_CLASS_CONTENT, FAN_CLOEXEC, FAN_NONBLOCK = 4, 1, 2
FAN_UNLIMITED = 0x10 | 0x20
FAN_MARK_ADD, FAN_MARK_FLUSH, FAN_MARK_FILESYSTEM = 1, 0x80, 0x100
FAN_OPEN_PERM, FAN_OPEN_EXEC_PERM = 0x10000, 0x40000
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18


def check(r, what):
    if r < 0:
        raise OSError(ctypes.get_errno(), what)
    return r


def private_mounts():
    check(libc.unshare(CLONE_NEWNS), "unshare")
    check(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "mount")


def can_gate():
    """Why the tests cannot run here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    fd = libc.fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_UNLIMITED, os.O_RDONLY)
    if fd < 0:
        return "no fanotify permission events: " + os.strerror(ctypes.get_errno())
    os.close(fd)
    return None


def watchdog(seconds):
    """Kills this very process after that time, whatever it waits for."""
    me = os.getpid()
    pid = os.fork()
    if pid == 0:
        end = time.monotonic() + seconds
        os.closerange(3, 256)
        while time.monotonic() < end and os.getppid() == me:
            time.sleep(0.2)
        if os.getppid() == me:
            os.write(2, b"watchdog: time is up\n")
            os.kill(me, signal.SIGKILL)
        os._exit(0)
    return pid


# Frames.

def pack_str(s):
    s = s.encode() if isinstance(s, str) else s
    return struct.pack("<I", len(s)) + s


def send(sock, kind, body=b"", fds=(), number=0):
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    sock.sendmsg([struct.pack("=HHI", kind, len(fds), number) + body], ancillary)


class Frame:
    def __init__(self, data, fds):
        self.kind, _, self.number = struct.unpack_from("=HHI", data)
        self.body = data[8:]
        self.fds = fds

    def close(self):
        for fd in self.fds:
            os.close(fd)
        self.fds = []


def receive(sock):
    """The next frame, or None at the end."""
    try:
        data, ancillary, _, _ = sock.recvmsg(1 << 18, 256)
    except (ConnectionResetError, OSError):
        return None
    fds = array.array("i")
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(value[: len(value) - len(value) % 4])
    return Frame(data, list(fds)) if data else None


class Record:
    def __init__(self, number, body):
        self.number = number
        self.realtime, self.hold_ns, self.start_time = struct.unpack_from("<QQQ", body, 0)
        self.pid, self.ppid, self.uid, self.policy_version = struct.unpack_from("<IIII", body, 24)
        action, intended, self.channel, cause = struct.unpack_from("<BBBB", body, 40)
        self.action, self.intended, self.cause = ACTIONS[action], ACTIONS[intended], CAUSES[cause]
        self.key = struct.unpack_from("<QQQqq", body, 44)
        self.level, self.completeness, self.tags, self.reasons = struct.unpack_from("<BBII", body, 84)
        at = 94
        strings = []
        for _ in range(6):
            n, = struct.unpack_from("<I", body, at)
            strings.append(body[at + 4: at + 4 + n].decode(errors="replace"))
            at += 4 + n
        self.app, self.rule, self.identified, self.comm, self.exe, self.path = strings
        self.way = WAYS[body[at]]
        at += 1

        def text():
            nonlocal at
            n, = struct.unpack_from("<I", body, at)
            at += 4 + n
            return body[at - n: at].decode(errors="replace")

        def number():
            nonlocal at
            at += 4
            return struct.unpack_from("<I", body, at - 4)[0]
        self.override = number()
        self.sandbox = text()
        self.ancestors = [(number(), text(), text()) for _ in range(number())]
        self.failure, self.may_be = FAILURES[body[at]], MAY_BE[body[at + 1]]
        self.meeting = bool(body[at + 2])
        at += 3
        self.posture = number()
        assert at == len(body)


def level_of(fd):
    """What the fake core finds: the marking is the word SECRET."""
    return SECRET if b"SECRET" in os.pread(fd, 4096, 0) else NONE


class Core:
    """Answers as it is told: `delay` seconds, `silent`, `keep` the facts, `ack` the records."""

    def __init__(self):
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for s in (self.ours, self.theirs):
            s.setsockopt(socket.SOL_SOCKET, 32, 1 << 20)  # SO_SNDBUFFORCE
        self.delay, self.silent, self.keep, self.ack = 0, False, True, True
        self.generation = None
        self.asked, self.confirmed, self.records = [], [], []
        self.unanswered = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def facts(self, frame, level):
        body = frame.body[:40] + struct.pack("<BBIIB", level, FULL, 0, 0, self.keep)
        if self.generation is not None:
            body += struct.pack("<I", self.generation)
        send(self.ours, CORE_FACTS, body, number=frame.number)

    def run(self):
        try:
            self.serve()
        except OSError:
            pass  # the gate is gone

    def serve(self):
        while True:
            f = receive(self.ours)
            if f is None:
                return
            if f.kind == GATE_CLASSIFY:
                self.asked.append((f.number, os.readlink("/proc/self/fd/%d" % f.fds[0])))
                if self.silent:
                    self.unanswered.append(f)
                    continue
                level = level_of(f.fds[0])
                if self.delay:
                    time.sleep(self.delay)
                self.facts(f, level)
            elif f.kind == GATE_CONFIRM:
                self.confirmed.append((f.number, f.body[0]))
            elif f.kind == GATE_RECORD:
                self.records.append(Record(f.number, f.body))
                if self.ack:
                    send(self.ours, CORE_RECORDED, number=f.number)
            f.close()

    def dropped(self, path, app):
        """A program that an application wrote, as watch tells it."""
        fd = os.open(path, os.O_RDONLY)
        send(self.ours, CORE_DROPPED, b"\0" * 40 + pack_str(app), [fd])
        os.close(fd)

    def answer_late(self):
        for f in self.unanswered:
            self.facts(f, level_of(f.fds[0]))
            f.close()
        self.unanswered = []

    def close(self):
        try:
            self.ours.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.ours.close()


class Opener:
    """gate-opener, run from some path."""

    def __init__(self, path, argv=None, env=None, before=None, close_fds=True):
        self.p = subprocess.Popen(argv or [path], executable=path if argv is None else None,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=env,
                                  preexec_fn=before, close_fds=close_fds)
        line = self.p.stdout.readline().split()
        self.pid = int(line[1]) if len(line) == 2 else None

    def tell(self, line):
        self.p.stdin.write(line.encode() + b"\n")

    def hear(self):
        line = self.p.stdout.readline().split()
        return [int(x) for x in line]

    def ask(self, line):
        self.tell(line)
        return self.hear()

    def open(self, path, how="open"):
        return self.ask("%s %s" % (how, path))[0]

    def hear_exec(self, path):
        """Becomes another program that says it is ready."""
        self.tell("exec " + path)
        line = self.p.stdout.readline().split()
        return 0 if line[:1] == [b"ready"] else int(line[0])

    def close(self):
        if self.p.poll() is not None and self.p.stdout.closed:
            return
        self.p.stdin.close()
        self.p.kill()
        self.p.wait()
        self.p.stdout.close()


POLICY = """rule secret block %d 0 1 -
rule unread block 0 %d 1 -
""" % (1 << SECRET, 1 << UNREADABLE)


class Rig:
    def __init__(self, hold_ms=400, policy=POLICY, tags=False, image=None, apps="", exec_everywhere=False, program=GATE,
                 on_demand=False):
        self.dir = os.path.realpath(tempfile.mkdtemp(prefix="gate-test-"))
        self.fs = self.dir + "/fs"
        os.mkdir(self.fs)
        self.image = image
        if image:
            subprocess.run(["mount", "-o", "loop", image, self.fs], check=True)
        else:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,nr_inodes=20k", "tmpfs", self.fs], check=True)
        self.docs, self.other = self.fs + "/docs", self.fs + "/other"
        for d in (self.docs, self.other, self.fs + "/app"):
            os.mkdir(d)
        self.chat, self.tool = self.fs + "/app/chat", self.fs + "/app/tool"
        for p in (self.chat, self.tool):
            shutil.copy(BUILD + "/gate-opener", p)
        self.script = self.fs + "/app/talk"
        with open(self.script, "w") as f:
            f.write("#!%s\nimport os\nos.chdir('/')\nprint('ready', os.getpid(), flush=True)\n"
                    "while True:\n"
                    "    try:\n"
                    "        w = input().split()\n"
                    "    except EOFError:\n"
                    "        break\n"
                    "    try:\n"
                    "        os.close(os.open(w[1], os.O_RDONLY)); print(0, 0, flush=True)\n"
                    "    except OSError as e:\n"
                    "        print(e.errno, 0, flush=True)\n" % sys.executable)
        os.chmod(self.script, 0o755)
        self.apps = ("app chat chat\nexe %s\napp talk chat\nexe %s\n" % (self.chat, self.script)) + apps
        self.policy = policy
        self.hold_ms, self.tags, self.program = hold_ms, tags, program
        self.gate = None
        self.core = None
        self.openers = []
        self.tagger = None
        self.answer_tags = True
        self.on_demand, self.keep_questions = on_demand, None
        self.tagged, self.found, self.idle = [], [], 0
        self.unlinked = 0
        self.fs_marked = False
        self.group = check(libc.fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_UNLIMITED | FAN_NONBLOCK,
                           os.O_RDONLY | os.O_CLOEXEC | os.O_NOATIME | getattr(os, "O_LARGEFILE", 0)), "fanotify_init")
        self.shared = os.memfd_create("gate", os.MFD_CLOEXEC)
        os.ftruncate(self.shared, 8 << 20)
        self.mountinfo = os.open("/proc/self/mountinfo", os.O_RDONLY)
        self.exec_everywhere = exec_everywhere

    def uncover(self):
        """As the supervisor does when the last application has ended."""
        check(libc.fanotify_mark(self.group, FAN_MARK_FLUSH | FAN_MARK_FILESYSTEM, ctypes.c_uint64(0), -100, None),
              "fanotify_mark")
        self.fs_marked = False

    def cover(self):
        check(libc.fanotify_mark(self.group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, ctypes.c_uint64(FAN_OPEN_PERM), -100,
                                 self.fs.encode()), "fanotify_mark")
        self.fs_marked = True

    def look(self, announce):
        send(self.control, SUP_LOOK, struct.pack("<B", announce))

    def mark(self):
        events = FAN_OPEN_PERM | (FAN_OPEN_EXEC_PERM if self.exec_everywhere else 0)
        if not self.on_demand:
            check(libc.fanotify_mark(self.group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, ctypes.c_uint64(events), -100,
                                     self.fs.encode()), "fanotify_mark")
        for p in (self.chat, self.script):
            check(libc.fanotify_mark(self.group, FAN_MARK_ADD, ctypes.c_uint64(FAN_OPEN_EXEC_PERM), -100,
                                     p.encode()), "fanotify_mark")

    def blobs(self, policy=None, version=1):
        names = [self.dir + "/policy.blob", self.dir + "/apps.blob"]
        text = self.apps + (policy or self.policy) + "version %d\n" % version
        subprocess.run([BUILD + "/gate-blobs"] + names, input=text.encode(), check=True)
        fds = []
        for n in names:
            fd = os.memfd_create("blob", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            with open(n, "rb") as f:
                os.write(fd, f.read())
            import fcntl
            fcntl.fcntl(fd, 1033, 0xf)  # F_ADD_SEALS, all
            fds.append(fd)
        return fds

    def send_posture(self, entries):
        """What is known of programs, as the supervisor tells it: (path, bits)."""
        import fcntl
        rows = sorted((os.stat(p).st_dev, os.stat(p).st_ino, bits, 0) for p, bits in entries)
        fd = os.memfd_create("posture", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.write(fd, b"".join(struct.pack("<QQII", *row) for row in rows))
        fcntl.fcntl(fd, 1033, 0xf)  # F_ADD_SEALS, all
        send(self.control, SUP_POSTURE, b"", [fd])
        os.close(fd)

    def send_policy(self, policy=None, version=1):
        fds = self.blobs(policy, version)
        send(self.control, SUP_POLICY, struct.pack("<I", version), fds)
        for fd in fds:
            os.close(fd)

    def config(self):
        name = os.path.join(self.dir, "config")
        subprocess.run([BUILD + "/gate-blobs", "config", name, self.docs, str(self.hold_ms),
                        str(int(self.tags)), str(int(self.on_demand)), str(self.agent_pid())], check=True)
        with open(name, "rb") as f:
            return f.read()

    def agent_pid(self):
        return 0x7ffffff0  # nobody: the test's own children are not the agent's

    def start(self, core=True, mark=True):
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

        def before():
            os.dup2(theirs.fileno(), 3)
            libc.prctl(1, signal.SIGKILL, 0, 0, 0)

        self.gate = subprocess.Popen([self.program], close_fds=True, pass_fds=(3,), preexec_fn=before)
        theirs.close()
        self.ready, self.pongs, self.notes = threading.Event(), 0, []
        self.loop = threading.Thread(target=self.supervise, args=(self.control,), daemon=True)
        self.loop.start()
        send(self.control, SUP_CONFIG, self.config())
        send(self.control, SUP_FANOTIFY, fds=[self.group, self.shared, self.mountinfo])
        self.send_policy()
        if not self.ready.wait(10):
            raise RuntimeError("gate not ready: %s" % self.notes)
        if core:
            self.new_core()
        if mark:
            self.mark()
        return self

    def new_core(self, ack=True):
        self.core = Core()
        self.core.ack = ack
        send(self.control, SUP_PEER, struct.pack("<BI", ROLE_CORE, 0), [self.core.theirs.fileno()])
        self.core.theirs.close()
        return self.core

    def supervise(self, control):
        while True:
            f = receive(control)
            if f is None:
                return
            if f.kind == CHILD_READY:
                self.ready.set()
            elif f.kind == CHILD_PONG:
                self.pongs += 1
            elif f.kind == CHILD_FATAL:
                self.notes.append(f.body)
            elif f.kind == GATE_TAG:
                pid, app = struct.unpack("<II", f.body)
                self.tagged.append((pid, app))
                if self.keep_questions is not None:
                    self.keep_questions.append(f.number)
                if self.tagger:
                    self.tagger(pid, app)
                if self.answer_tags:
                    if self.on_demand:
                        self.cover()
                    send(control, SUP_TAGGED, struct.pack("<II", 0, 0), number=f.number)
            elif f.kind == GATE_FOUND:
                pid, app, before, n, _ = struct.unpack_from("<IIBII", f.body)
                self.found.append((pid, app, before, n, f.body[17:].decode()))
                if self.answer_tags:
                    if self.on_demand:
                        self.cover()
                    send(control, SUP_TAGGED, struct.pack("<II", 0, 0), number=f.number)
            elif f.kind == GATE_IDLE:
                self.idle += 1
            elif f.kind == GATE_UNLINKED:
                self.unlinked += 1
            f.close()

    def size(self):
        """Of the shared structure, as the gate says."""
        return struct.unpack_from("<I", os.pread(self.shared, 4, 4))[0]

    def beat(self):
        return struct.unpack_from("<Q", os.pread(self.shared, 8, 16))[0]

    def n_processes(self):
        return struct.unpack_from("<I", os.pread(self.shared, 4, 36))[0]

    def n_held(self):
        return struct.unpack_from("<I", os.pread(self.shared, 4, 32))[0]

    COUNTERS = ("allowed gated outside known held shared scanned deadline core_gone pressure successor denied "
                "execs tag_timeouts late identified unidentified uncached answer_errors read_errors records "
                "records_lost max_allowed_ns max_known_ns max_held_ns").split()

    # After those: two histograms of sixteen, `stuck`.
    COVER_TIMEOUTS = len(COUNTERS) + 2 * 16 + 1

    def counters(self):
        v = struct.unpack_from("<%dQ" % len(self.COUNTERS), os.pread(self.shared, 8 * len(self.COUNTERS), 48))
        return dict(zip(self.COUNTERS, v))

    # cover_timeouts, looks, look_ns, found, and then:
    MARKS = ["reads", "inherited", "marks_refused"]

    def files_short(self):
        """The last counter, after those of failures: seven-and-one kinds, three by three."""
        at = 48 + 8 * (self.COVER_TIMEOUTS + 4 + 4 + len(FAILURES) * 9)
        return struct.unpack_from("<Q", os.pread(self.shared, 8, at))[0]

    def mark_counters(self):
        at = 48 + 8 * (self.COVER_TIMEOUTS + 4)
        return dict(zip(self.MARKS, struct.unpack_from("<3Q", os.pread(self.shared, 24, at))))

    def file(self, name, content):
        """A document that is old enough for its facts to be kept."""
        path = self.docs + "/" + name
        with open(path, "wb") as f:
            f.write(content)
        return path

    def settle(self):
        time.sleep(0.05)

    def opener(self, path=None, **kw):
        o = Opener(path or self.chat, **kw)
        self.openers.append(o)
        return o

    def stop(self):
        send(self.control, SUP_STOP)
        return self.gate.wait(10)

    def close(self):
        for o in self.openers:
            o.close()
        if self.gate and self.gate.poll() is None:
            self.gate.kill()
            self.gate.wait()
        if self.core:
            self.core.close()
        if self.gate:
            self.control.close()
        for fd in (self.group, self.shared, self.mountinfo):
            os.close(fd)
        subprocess.run(["umount", "-l", self.fs], check=True)
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *a):
        self.close()


def wait_for(what, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.005)
    return False
