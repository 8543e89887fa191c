#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A marked document in archives and mails that real programs make, up to three archives around each
other, and what cannot be read: encrypted, damaged, in volumes.

usage: test-archives.py SEALGATE LIBEXEC RULES
"""
import email.message
import io
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

SEALGATE, LIBEXEC, RULES = sys.argv[1:4]
NAME = "báo cáo.docx"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
LINES = ["ĐOÀN KHẢO SÁT HỒ ĐẬP", "Số: 15/BC-ĐKS", "TỐI MẬT",
         "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "BÁO CÁO",
         "Cửa van số bốn bị rò, đội vận hành đề nghị thay gioăng trước mùa lũ năm nay."]


def docx():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types/>')
        z.writestr("word/document.xml", f'<?xml version="1.0"?><w:document {W}><w:body>' + "".join(
            f"<w:p><w:r><w:t>{t}</w:t></w:r></w:p>" for t in LINES) + "</w:body></w:document>")
    return out.getvalue()


def run(*argv, cwd=None, stdin=None, stdout=subprocess.DEVNULL):
    subprocess.run(argv, check=True, cwd=cwd, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL,
                   timeout=60, env={**os.environ, "LC_ALL": "C.UTF-8"})


# --- archives: (folder with files, target) -----------------------------------------------------

def seven(*options):
    return lambda d, out: run("7z", "a", *options, str(out), ".", cwd=d)


def tar(*options):
    return lambda d, out: run("tar", *options, "-cf", str(out), *sorted(os.listdir(d)), cwd=d)


def cpio(kind):
    def make(d, out):
        with open(out, "wb") as f, subprocess.Popen(
                ["cpio", "-o", "-H", kind], cwd=d, stdin=subprocess.PIPE, stdout=f,
                stderr=subprocess.DEVNULL) as p:
            p.communicate("\n".join(os.listdir(d)).encode())
    return make


def deb(d, out):
    root = out.parent / (out.name + ".root")
    shutil.copytree(d, root / "usr/share/doc")
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN/control").write_text("Package: x\nVersion: 1\nArchitecture: all\n"
                                         "Maintainer: x <x@x.home.arpa>\nDescription: x\n")
    run("dpkg-deb", "--root-owner-group", "-b", str(root), str(out))
    shutil.rmtree(root)


def lha(d, out):
    """With names in ASCII: others cannot be read."""
    plain = out.parent / (out.name + ".plain")
    plain.mkdir()
    for n, path in enumerate(sorted(d.iterdir())):
        shutil.copy(path, plain / f"file{n}")
    run("jlha", "cq", str(out), *sorted(os.listdir(plain)), cwd=plain)
    shutil.rmtree(plain)


def rar4(d, out, encrypted=False, split=False):
    """Stored members, as RAR 2.9 writes them."""
    def header(kind, flags, rest):
        body = struct.pack("<BHH", kind, flags, 7 + len(rest)) + rest
        return struct.pack("<H", zlib.crc32(body) & 0xffff) + body
    data = b"Rar!\x1a\x07\0" + header(0x73, 1 if split else 0, bytes(6))
    for path in sorted(d.iterdir()):
        content = path.read_bytes()
        name = path.name.encode("utf-8")
        data += header(0x74, 0x8000 | (4 if encrypted else 0) | (2 if split else 0), struct.pack(
            "<IIBIIBBHI", len(content), len(content), 3, zlib.crc32(content), 0, 29, 0x30, len(name),
            0o100644) + name) + content
    out.write_bytes(data + header(0x7b, 0x4000, b""))


def rar5(d, out, encrypted=False, headers=False, split=False):
    def vint(n):
        b = b""
        while n > 127:
            b += bytes([n & 127 | 128])
            n >>= 7
        return b + bytes([n])

    def header(body):
        body = vint(len(body)) + body
        return struct.pack("<I", zlib.crc32(body)) + body
    data = b"Rar!\x1a\x07\1\0"
    if headers:
        data += header(b"\4\0" + b"\0\0\x0f" + bytes(16)) + bytes(range(256)) * 4
        out.write_bytes(data)
        return
    data += header(b"\1\0" + (b"\1" if split else b"\0"))
    for path in sorted(d.iterdir()):
        content = path.read_bytes()
        name = path.name.encode("utf-8")
        extra = b""
        if encrypted:
            extra = b"\1\0\0\x0f" + bytes(16) + bytes(16)
            extra = vint(len(extra)) + extra
        flags = 2 | (1 if extra else 0) | (16 if split else 0)
        body = b"\2" + vint(flags) + (vint(len(extra)) if extra else b"") + vint(len(content))
        body += vint(4) + vint(len(content)) + vint(0o100644)
        body += struct.pack("<I", zlib.crc32(content)) + vint(0) + vint(1) + vint(len(name)) + name
        data += header(body + extra) + content
    out.write_bytes(data + header(b"\5\0\0"))


def zip_method(method):
    def make(d, out):
        with zipfile.ZipFile(out, "w", method) as z:
            for path in sorted(d.iterdir()):
                z.write(path, path.name)
    return make


def sfx(make, stub):
    """A program with the archive behind it."""
    def build(d, out):
        inner = out.parent / "inner.dat"
        make(d, inner)
        out.write_bytes(stub + inner.read_bytes())
        inner.unlink()
    return build


PE = (b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<HHIIIHH", 0x14c, 1, 0, 0, 0, 0, 0x102) +
      b".text\0\0\0" + struct.pack("<IIIIIIHHI", 512, 4096, 512, 512, 0, 0, 0, 0, 0)).ljust(512, b"\0") + b"\xcc" * 512

ARCHIVES = {
    "7z": seven(),
    "7z (LZMA)": seven("-t7z", "-m0=lzma"),
    "7z (PPMd)": seven("-t7z", "-m0=ppmd"),
    "7z (bzip2)": seven("-t7z", "-m0=bzip2"),
    "7z (BCJ, LZMA2)": seven("-t7z", "-m0=bcj", "-m1=lzma2"),
    "7z (stored)": seven("-t7z", "-mx0"),
    "rar (4, stored)": rar4,
    "rar (5, stored)": rar5,
    "zip": lambda d, out: run("zip", "-qr", str(out), ".", cwd=d),
    "zip (stored)": seven("-tzip", "-mx0"),
    "zip (bzip2)": seven("-tzip", "-mm=bzip2"),
    "zip (LZMA)": seven("-tzip", "-mm=lzma"),
    "zip (LZMA, with an end mark)": zip_method(zipfile.ZIP_LZMA),
    "zip (PPMd)": seven("-tzip", "-mm=ppmd"),
    "tar": tar(),
    "tar (v7)": tar("--format=v7"),
    "tar (pax)": tar("--format=pax"),
    "tar.gz": tar("-z"),
    "tar.bz2": tar("-j"),
    "tar.xz": tar("-J"),
    "tar.zst": tar("--zstd"),
    "tar.lz": tar("--lzip"),
    "tar.lzma": tar("--lzma"),
    "tar.lz4": tar("-I", "lz4"),
    "tar.Z": tar("-I", "compress"),
    "cpio (newc)": cpio("newc"),
    "cpio (odc)": cpio("odc"),
    "cab": lambda d, out: run("gcab", "-c", "-z", str(out), *sorted(os.listdir(d)), cwd=d),
    "iso (Joliet)": lambda d, out: run("genisoimage", "-quiet", "-J", "-o", str(out), str(d)),
    "iso (Rock Ridge)": lambda d, out: run("genisoimage", "-quiet", "-R", "-o", str(out), str(d)),
    "iso (UDF bridge)": lambda d, out: run("genisoimage", "-quiet", "-J", "-udf", "-o", str(out), str(d)),
    "ar": lambda d, out: run("ar", "qc", str(out), *sorted(os.listdir(d)), cwd=d),
    "deb": deb,
    "lha": lha,
    "program with a zip": sfx(lambda d, out: run("zip", "-qr", str(out), ".", cwd=d), PE),
    "program with a 7z": sfx(seven("-t7z"), PE + b";!@Install@!UTF-8!\n;!@InstallEnd@!"),
    "program with a rar": sfx(rar5, PE),
    "7z with its own program": seven("-t7z", "-sfx7zCon.sfx"),
}


# --- one compressed file -----------------------------------------------------------------------

def compress(*argv):
    def make(path, out):
        with open(path, "rb") as i, open(out, "wb") as o:
            run(*argv, stdin=i, stdout=o)
    return make


FILES = {
    "gz": compress("gzip", "-c"),
    "bz2": compress("bzip2", "-c"),
    "xz": compress("xz", "-c"),
    "xz (no check)": compress("xz", "-c", "-C", "none"),
    "lzma": compress("xz", "-c", "--format=lzma"),
    "zst": compress("zstd", "-q", "-c"),
    "lz4": compress("lz4", "-q", "-c"),
    "lz": compress("lzip", "-c"),
    "Z": compress("compress", "-cf"),
}


# --- mail: (mail, target) ----------------------------------------------------------------------

def letter(d):
    m = email.message.EmailMessage()
    m["From"], m["To"], m["Subject"] = "a@x.home.arpa", "b@x.home.arpa", "báo cáo"
    m.set_content("Kính gửi các đồng chí.\n")
    for path in sorted(d.iterdir()):
        m.add_attachment(path.read_bytes(), maintype="application", subtype="octet-stream", filename=path.name)
    return m.as_bytes()


def openssl(*options, key=False):
    def make(d, out):
        with tempfile.TemporaryDirectory() as tmp:
            tmp = pathlib.Path(tmp)
            run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout",
                str(tmp / "key"), "-out", str(tmp / "cert"))
            (tmp / "mail").write_bytes(letter(d))
            who = ["-signer", str(tmp / "cert"), "-inkey", str(tmp / "key")] if key else []
            run("openssl", "cms", *options, *who, "-binary", "-in", str(tmp / "mail"), "-out", str(out),
                *([] if key else [str(tmp / "cert")]))
    return make


MAILS = {
    "mail": lambda d, out: out.write_bytes(letter(d)),
    "mail in an mbox": lambda d, out: out.write_bytes(
        (b"From a@x.home.arpa Mon Nov 23 09:00:00 2026\n" + letter(d) + b"\n") * 2),
    "mail, signed inside": openssl("-sign", "-nodetach", key=True),
    "mail, signed inside, in a stream": openssl("-sign", "-nodetach", "-stream", key=True),
    "mail, signed beside": openssl("-sign", key=True),
    "signed, as a file": openssl("-sign", "-nodetach", "-outform", "DER", key=True),
}


# --- what cannot be read -----------------------------------------------------------------------

def cut(make, n):
    def build(d, out):
        make(d, out)
        out.write_bytes(out.read_bytes()[:-n])
    return build


VOLUME = frozenset(["unsupported"])
REFUSED = {
    "mail, encrypted": (openssl("-encrypt"), {"encrypted"}),
    "encrypted, as a file": (openssl("-encrypt", "-outform", "DER"), {"encrypted"}),
    "7z, encrypted": (seven("-t7z", "-psecret"), {"encrypted"}),
    "7z, headers encrypted": (seven("-t7z", "-psecret", "-mhe=on"), {"encrypted"}),
    "zip, encrypted": (lambda d, out: run("zip", "-qr", "-P", "secret", str(out), ".", cwd=d), {"encrypted"}),
    "zip, AES": (seven("-tzip", "-psecret", "-mem=AES256"), {"encrypted"}),
    "rar 4, encrypted": (lambda d, out: rar4(d, out, encrypted=True), {"encrypted"}),
    "rar 5, encrypted": (lambda d, out: rar5(d, out, encrypted=True), {"encrypted"}),
    "rar 5, headers encrypted": (lambda d, out: rar5(d, out, headers=True), {"encrypted"}),
    "rar 4, first volume": (lambda d, out: rar4(d, out, split=True), VOLUME),
    "rar 5, first volume": (lambda d, out: rar5(d, out, split=True), VOLUME),
    "7z, cut": (cut(seven("-t7z"), 40), {"damaged"}),
    "tar.xz, cut": (cut(tar("-J"), 60), {"damaged"}),
    "zip, Deflate64": (seven("-tzip", "-mm=deflate64"), {"unsupported"}),
    "lha, foreign name": (lambda d, out: run("jlha", "cq", str(out), *os.listdir(d), cwd=d), {"unsupported"}),
}


def scan(folder):
    r = subprocess.run([SEALGATE, "scan", "--json", "--rules", RULES, str(folder)], stdout=subprocess.PIPE,
                       text=True, env={**os.environ, "SEALGATE_LIBEXEC": LIBEXEC}, timeout=300)
    return {pathlib.Path(o["path"]).name: o for o in map(json.loads, r.stdout.splitlines())}


class Plan:
    def __init__(self, folder):
        self.folder = folder
        self.want = []

    def add(self, title, check):
        self.want.append((title, f"sample-{len(self.want)}.dat", check))
        return self.folder / f"sample-{len(self.want) - 1}.dat"


def is_secret(member):
    def check(o):
        if (o["level"], o["completeness"]) != ("secret", "full"):
            return f"{o['level']} {o['completeness']} {o['reasons']} {o['format']}"
        members = {e.get("member") or "" for e in o["evidence"]}
        return None if any(m.endswith(member) for m in members) else f"in {members}"
    return check


def is_refused(reasons):
    def check(o):
        # what stands in a first volume is read
        level = "secret" if reasons is VOLUME else "none"
        if o["completeness"] == "full" or not reasons <= set(o["reasons"]) or o["level"] != level:
            return f"{o['level']} {o['completeness']} {o['reasons']} {o['format']}"
        return None
    return check


def make(plan, tmp):
    inside = tmp / "inside"
    inside.mkdir()
    (inside / NAME).write_bytes(docx())
    (inside / "ghi chú.txt").write_text("Họp giao ban lúc chín giờ.\n")
    for title, build in ARCHIVES.items():
        build(inside, plan.add(title, is_secret("" if title.startswith(("ar", "lha", "cab", "iso")) else NAME)))
    for title, build in MAILS.items():
        build(inside, plan.add(title, is_secret(NAME)))
    for title, build in FILES.items():
        build(inside / NAME, plan.add(title, is_secret("")))
    for title, (build, reasons) in REFUSED.items():
        build(inside, plan.add(title, is_refused(reasons)))
    # each kind inside of the one before, and that inside of a third
    kinds = list(ARCHIVES.items())
    for i, (title, build) in enumerate(kinds):
        names = [title]
        folder = inside
        for level in (1, 2):
            inner = tmp / f"inner-{i}-{level}"
            inner.mkdir()
            build(folder, inner / "nested.dat")
            folder = inner
            title, build = kinds[(i + 5 * level) % len(kinds)]
            names.append(title)
            if level == 2 or i % 4 == 0:
                build(folder, plan.add(" in ".join(names), is_secret("")))


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as tmp:
        folder = pathlib.Path(tmp) / "samples"
        folder.mkdir()
        plan = Plan(folder)
        make(plan, pathlib.Path(tmp))
        got = scan(folder)
        for n, (title, name, check) in enumerate(plan.want, 1):
            wrong = check(got[name]) if name in got else "not scanned"
            failed += bool(wrong)
            print(f"{'not ok' if wrong else 'ok'} {n} - {title}" + (f"\n# {wrong}" if wrong else ""))
    print(f"1..{len(plan.want)}")
    return 1 if failed else 0


sys.exit(main())
