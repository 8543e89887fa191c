#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Debian package through its whole life, unattended, in a minimal system of its own.

Usage: deb.py SOURCE-ROOT

Builds the package, looks at it with lintian, makes a minimal root with mmdebstrap from the sources that
this machine uses, and in it installs, upgrades over edited files, reinstalls, removes and purges. Prints
TAP. Needs root.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

TOP = sys.argv[1]
STEP_SECONDS = 900
PACKAGE = "sealgate"
ACCOUNTS = ["sealgate-core", "sealgate-log", "sealgate-scan", "sealgate-watch", "sealgate-relay", "sealgate-web"]

count = failed = 0


def check(good, what, detail=""):
    global count, failed
    count += 1
    print("%sok %d - %s" % ("" if good else "not ", count, what), flush=True)
    if not good:
        failed += 1
        for line in str(detail).splitlines()[-40:]:
            print("# " + line, flush=True)


def run(*argv, **kw):
    kw.setdefault("timeout", STEP_SECONDS)
    return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", **kw)


def need(process, what):
    if process.returncode != 0:
        print(process.stdout[-6000:].replace("\n", "\n# "))
        print("Bail out! cannot %s" % what, flush=True)
        sys.exit(1)
    return process.stdout


class Root:
    """A minimal system in a directory. Nothing in it is started: policy-rc.d says 101."""

    def __init__(self, work, packages):
        self.dir = os.path.join(work, "root")
        conf = os.path.join(work, "apt.conf")
        with open(conf, "w", encoding="utf-8") as f:  # proxies and the like, as this machine has them
            f.writelines(line + "\n" for line in need(run("apt-config", "dump", "Acquire"), "run apt-config").splitlines()
                         if "::IndexTargets" not in line)
        sources = [p for p in ["/etc/apt/sources.list"] + sorted(glob.glob("/etc/apt/sources.list.d/*"))
                   if os.path.exists(p) and p.endswith((".list", ".sources"))]
        with open("/etc/os-release", encoding="utf-8") as f:
            suite = re.search(r"^VERSION_CODENAME=(\w+)", f.read(), re.M).group(1)
        need(run("mmdebstrap", "--mode=root", "--variant=minbase", "--aptopt=" + conf,
                 "--include=" + ",".join(packages), "--customize-hook=cp %s $1/etc/apt/apt.conf.d/99host" % conf,
                 suite, self.dir, *sources), "make a minimal root")
        self.write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.path(name), mode)

    def read(self, name):
        try:
            with open(self.path(name), encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return None

    def has(self, name):
        return os.path.lexists(self.path(name))

    def run(self, *argv):
        """In namespaces of its own, so that nothing that it mounts or starts is left."""
        return run("unshare", "--mount", "--pid", "--ipc", "--uts", "--net", "--fork", "--kill-child",
                   "sh", "-c", 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"', self.dir, *argv,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8",
                        "HOME": "/root"})

    def apt(self, *argv):
        return self.run("apt-get", "-y", "-q", *argv)

    def state(self):
        p = self.run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", PACKAGE)
        return p.stdout if p.returncode == 0 else "absent"


def build_only(work):
    out = os.path.join(work, "out")
    need(run(os.path.join(TOP, "packaging", "build-deb"), out), "build the package")
    debs = [p for p in glob.glob(out + "/*.deb") if "dbgsym" not in p]
    check(len(debs) == 1, "build-deb builds one package", debs)
    return debs[0]


def build(work):
    debs = [build_only(work)]
    p = run("lintian", "--fail-on", "error,warning", "--allow-root", debs[0])
    check(p.returncode == 0, "lintian has nothing to say", p.stdout)
    p = run("dpkg-deb", "-I", debs[0], "conffiles")
    check(p.stdout.split() == ["/etc/xdg/autostart/sealgate-notify.desktop"],
          "its one conffile is the notifier's autostart", p.stdout)
    return debs[0]


def depends(deb):
    text = need(run("dpkg-deb", "-f", deb, "Depends"), "read the dependencies")
    return [re.match(r"[a-z0-9.+-]+", d.strip()).group(0) for d in text.split(",")]


def newer(work, deb):
    """The same package as a later version, with other shipped defaults."""
    tree = os.path.join(work, "newer")
    need(run("dpkg-deb", "-R", deb, tree), "unpack the package")
    control = os.path.join(tree, "DEBIAN", "control")
    with open(control, encoding="utf-8") as f:
        text = f.read()
    version = re.search(r"^Version: (.*)$", text, re.M).group(1)
    with open(control, "w", encoding="utf-8") as f:
        f.write(text.replace("Version: " + version, "Version: " + version + ".1"))
    for name in ("agent.yaml", "policy/default.yaml"):
        with open(os.path.join(tree, "usr/share/sealgate", name), "a", encoding="utf-8") as f:
            f.write("# of the newer version\n")
    os.remove(os.path.join(tree, "DEBIAN", "md5sums"))
    path = os.path.join(work, "newer.deb")
    need(run("dpkg-deb", "-b", tree, path), "build the newer package")
    return path, version


def check_installed(root):
    p = root.run("getent", "passwd", *ACCOUNTS)
    check(p.returncode == 0 and p.stdout.count("nologin") == len(ACCOUNTS), "the accounts are there and nobody can log in",
          p.stdout)
    check(root.read("etc/sealgate/agent.yaml") == root.read("usr/share/sealgate/agent.yaml"), "agent.yaml is the sample")
    check(os.path.isdir(root.path("etc/sealgate/rules.d")), "there is a place for the administrator's rules")
    check(not root.has("etc/sealgate/policy.yaml"), "the shipped policy is no file of /etc")
    check(os.path.isdir(root.path("var/lib/sealgate")), "the state directory is there")
    check(root.has("etc/systemd/system/sysinit.target.wants/sealgate.service"), "the unit is enabled")
    p = root.run("systemd-analyze", "verify", "--man=no", "sealgate.service")
    check(p.returncode == 0 and "sealgate" not in p.stdout, "systemd accepts the unit", p.stdout)
    for argv in (["sealgate", "--version"], ["sealgated", "--version"], ["sealgate", "policy", "check"],
                 ["sealgate", "rules", "check"], ["sealgate", "rules", "test"]):
        p = root.run(*argv)
        check(p.returncode == 0, " ".join(argv), p.stdout)
    p = root.run("sh", "-c", "for f in /usr/bin/sealgate /usr/sbin/sealgated /usr/libexec/sealgate/*; do ldd $f; done")
    check("not found" not in p.stdout, "every library is there", p.stdout)
    root.write("srv/thu.txt", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nSố: 12/BC-UBND\nTỐI MẬT\nBÁO CÁO\n")
    p = root.run("sealgate", "scan", "--json", "/srv/thu.txt")
    check(p.returncode == 1 and '"level":"secret"' in p.stdout, "sealgate scan finds a marking", p.stdout)
    p = root.run("sealgate", "incidents", "list")
    check(p.returncode == 2 and "no journal" in p.stdout, "sealgate incidents says that there is no journal yet", p.stdout)


def check_sample(root):
    """Every line of the sample is a setting that exists."""
    text = re.sub(r"(?m)^#(?=[a-z-]+:|  [a-z-]+:|  - [a-z]+:|    [a-z-]+:)", "", root.read("usr/share/sealgate/agent.yaml"))
    root.write("root/all.yaml", text.replace("/etc/sealgate/policy.yaml", "/usr/share/sealgate/policy/default.yaml"))
    p = root.run("sealgate", "--config", "/root/all.yaml", "policy", "check")
    check(p.returncode == 0 and text.count("limits:") == 1, "the sample's lines are settings", p.stdout + text)


def words_of_help(text):
    return set(re.findall(r"(?m)^  (?:-\w, )?(--[a-z-]+)", text))


def check_manual(root):
    pages = {}
    for page in glob.glob(os.path.join(TOP, "packaging/man/*.scd")):
        with open(page, encoding="utf-8") as f:
            pages[os.path.basename(page)] = f.read().replace("\\", "")
    text = root.run("sealgate", "--help").stdout
    commands = re.findall(r"(?m)^  ([a-z]+) ", text[text.index("commands:"):])
    check(len(commands) >= 4, "sealgate --help lists commands", text)
    lost = [c for c in commands if not re.search(r"(?m)^## %s\b" % c, pages["sealgate.1.scd"])]
    for command in commands:
        shown = root.run("sealgate", command, "--help").stdout
        lost += ["%s %s" % (command, o) for o in sorted(words_of_help(shown)) if o not in pages["sealgate.1.scd"]]
    check(not lost, "sealgate(1) has every command and option", lost)
    zsh = root.read("usr/share/zsh/vendor-completions/_sealgate") or ""
    lost = [c for c in commands if not any("/man1/sealgate-%s.1" % c in p for p in root.listing) or
            not re.search(r"[(|]%s[|)]" % c, zsh)]
    check(not lost, "each command has its page by its own name, and is known to zsh's completion", lost)
    shown = root.run("sealgated", "--help").stdout
    lost = [o for o in sorted(words_of_help(shown)) if o not in pages["sealgated.8.scd"]]
    check(not lost, "sealgated(8) has every option", lost)
    keys = re.findall(r"(?m)^  ([a-z.-]+) {2,}", shown[shown.index("settings:"):])
    lost = [k for k in keys if "*%s*" % k.split(".")[-1] not in pages["sealgate-agent.yaml.5.scd"]]
    check(len(keys) > 8 and not lost, "sealgate-agent.yaml(5) has every setting", lost)
    if not any(p.endswith("/sealgate/sealgate-web") for p in root.listing):
        print("# without npm the package has no web console", flush=True)
        del pages["sealgate-web.8.scd"]
    for page in ("man%s/%s" % (p.split(".")[-2], p[:-4]) for p in pages):
        check(any(p.endswith("/" + page + ".gz") for p in root.listing), "%s is in the package" % page)


def check_completion(root):
    p = root.run("bash", "-c", r'''
        . /usr/share/bash-completion/completions/sealgate
        try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _sealgate; echo "$*> ${COMPREPLY[*]}"; }
        complete() { :; }
        try sealgate inc
        try sealgate incidents ve
        try sealgate incidents list --lev
        try sealgate incidents list --level sec
        try sealgate --la''')
    for want in ("sealgate inc> incidents", "sealgate incidents ve> verify", "--lev> --level", "--level sec> secret",
                 "sealgate --la> --lang"):
        check(want + "\n" in p.stdout, "bash completes: " + want, p.stdout)


def life(root, deb, work):
    newer_deb, version = newer(work, deb)
    shutil.copy(deb, root.path("root/a.deb"))
    shutil.copy(newer_deb, root.path("root/b.deb"))

    p = root.apt("install", "/root/a.deb")
    check(p.returncode == 0 and root.state() == "installed " + version, "installs unattended", p.stdout)
    root.listing = need(run("dpkg-deb", "-c", deb), "list the package").splitlines()
    root.listing = [line.split()[5] for line in root.listing]
    check_installed(root)
    check_sample(root)
    check_manual(root)
    check_completion(root)

    # An administrator's files, other than what is shipped, and an upgrade that ships something else.
    agent = "protect: [/srv]\nworkers: 3\n"
    policy = "version: 1\nrules:\n  - {name: mine, when: {family: any, category: chat}, do: block}\n"
    root.write("etc/sealgate/agent.yaml", agent)
    root.write("etc/sealgate/policy.yaml", policy)
    root.write("etc/sealgate/rules.d/own/pack.yaml", "pack: own\n")
    p = root.apt("install", "/root/b.deb")
    check(p.returncode == 0 and root.state() == "installed %s.1" % version, "upgrades unattended over edited files", p.stdout)
    check(root.read("etc/sealgate/agent.yaml") == agent, "agent.yaml is as the administrator left it")
    check(root.read("etc/sealgate/policy.yaml") == policy, "policy.yaml is as the administrator left it")
    check("newer version" in root.read("usr/share/sealgate/policy/default.yaml"), "the shipped policy is the new one")
    check(not glob.glob(root.path("etc/sealgate/*.dpkg-*")), "no second files beside them")
    p = root.run("sealgate", "policy", "check")
    check(p.returncode == 0, "the administrator's policy is the one that counts, and valid", p.stdout)

    os.remove(root.path("etc/sealgate/agent.yaml"))
    p = root.apt("install", "--reinstall", "--allow-downgrades", "/root/a.deb")
    check(p.returncode == 0 and not root.has("etc/sealgate/agent.yaml"), "what the administrator removed stays away", p.stdout)

    root.write("etc/sealgate/agent.yaml", agent)
    root.write("var/lib/sealgate/journal/incidents.jsonl", "{}\n")
    p = root.apt("remove", PACKAGE)
    check(p.returncode == 0 and not root.has("usr/sbin/sealgated"), "is removed", p.stdout)
    check(root.read("etc/sealgate/agent.yaml") == agent and root.has("etc/sealgate/rules.d/own/pack.yaml"),
          "configuration stays")
    check(root.has("var/lib/sealgate/journal/incidents.jsonl"), "the journal stays")

    root.write("var/lib/sealgate/quarantine/20260101-000000-abcdef.data", "a document\n", 0o600)
    os.makedirs(root.path("var/lib/sealgate/evidence"), exist_ok=True)
    p = root.apt("purge", PACKAGE)
    archives = glob.glob(root.path("var/backups/sealgate-journal-*.tar.gz"))
    check(p.returncode == 0 and root.state() == "absent", "is purged", p.stdout)
    check(not root.has("etc/sealgate") and not root.has("var/lib/sealgate"), "nothing of it is left in /etc and /var/lib")
    check(len(archives) == 1 and "journal/incidents.jsonl" in run("tar", "-tzf", archives[0]).stdout and
          os.stat(archives[0]).st_mode & 0o077 == 0 and "the journal was kept in" in p.stdout,
          "the journal is in an archive, and it is said where", p.stdout)
    taken = glob.glob(root.path("var/backups/sealgate-quarantine-*"))
    check(len(taken) == 1 and os.stat(taken[0]).st_mode & 0o077 == 0 and "quarantine was kept in" in p.stdout and
          os.listdir(taken[0]) == ["20260101-000000-abcdef.data"] and not glob.glob(root.path("var/backups/sealgate-evidence*")),
          "so are the documents of the quarantine", p.stdout)
    p = root.apt("install", "/root/b.deb")
    check(p.returncode == 0 and root.read("etc/sealgate/agent.yaml") == root.read("usr/share/sealgate/agent.yaml"),
          "installs again after that", p.stdout)


def main():
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root")
        return
    started = time.monotonic()
    work = tempfile.mkdtemp(prefix="sealgate-deb-", dir="/var/tmp")
    try:
        deb = build(work)
        root = Root(work, depends(deb) + ["bash", "tar"])
        life(root, deb, work)
    finally:
        run("rm", "-rf", "--one-file-system", work)
    print("# %d s" % (time.monotonic() - started))
    print("1..%d" % count)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
