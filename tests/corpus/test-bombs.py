#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Archives that are made to hurt: each ends within its budget, with a reason, and what stood before
the harm is found.

usage: test-bombs.py SEALGATE LIBEXEC RULES
"""
import gzip
import io
import json
import lzma
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

SEALGATE, LIBEXEC, RULES = sys.argv[1:4]
CPU_MS = 2000  # the budget given; the backstop behind it allows half as much again, and half a second
MIB = 1 << 20
MARKED = "ĐOÀN KHẢO SÁT HỒ ĐẬP\nSố: 15/BC-ĐKS\nTỐI MẬT\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\n" \
         "Độc lập - Tự do - Hạnh phúc\nBÁO CÁO\n".encode()


def pipe(n, *argv):
    """`n` zero bytes through a program."""
    p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    q = subprocess.Popen(["head", "-c", str(n), "/dev/zero"], stdout=p.stdin)
    p.stdin.close()
    out = p.stdout.read()
    if p.wait() or q.wait():
        raise SystemExit(f"{argv[0]} failed")
    return out


def zips(levels, width):
    """Zips in zips, as many in each."""
    content, name = bytes(4 * MIB), "zeros.txt"
    for _ in range(levels):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as z:
            for i in range(width):
                z.writestr(f"{i}-{name}", content)
        content, name = out.getvalue(), "x.zip"
    return content


def overlapping(n, size):
    """Each file's stream quotes the next one's header and goes on with it, down to one kernel."""
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = c.compress(bytes(size)) + c.flush()
    crc, usize = 0, size
    files = []
    for i in reversed(range(n)):
        name = f"{i}.txt".encode()
        head = b"PK\3\4" + struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, crc, len(data), usize, len(name), 0) + name
        files.append((name, len(data), usize, len(head) + len(data)))
        inner = head + data
        data = b"\0" + struct.pack("<HH", len(head), len(head) ^ 0xffff) + inner
        usize += len(head)
    total = files[-1][3]
    out, central = inner, b""
    for name, csize, usize, behind in files:
        central += b"PK\1\2" + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, 0, 8, 0, 0, 0, csize, usize, len(name),
                                           0, 0, 0, 0, 0, total - behind) + name
    return out + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, n, n, len(central), len(out), 0)


def members(n):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for i in range(n):
            z.writestr(f"{i}.txt", "x")
    return out.getvalue()


def deep(n, compress=lzma.compress):
    data = MARKED
    for _ in range(n):
        data = compress(data)
    return data


def seven(tmp, *options):
    (tmp / "in.txt").write_bytes(MARKED)
    (tmp / "a.7z").unlink(missing_ok=True)
    subprocess.run(["7z", "a", "-bd", "-mhc=off", *options, "a.7z", "in.txt"], cwd=tmp, check=True,
                   stdout=subprocess.DEVNULL)
    return (tmp / "a.7z").read_bytes()


def patched(data, coder, at, value):
    """A 7z whose coder asks for another memory than it needs."""
    i = data.index(coder) + len(coder) + at
    data = data[:i] + struct.pack("<I", value) + data[i + 4:]
    offset, size = struct.unpack("<QQ", data[12:28])
    start = struct.pack("<QQI", offset, size, zlib.crc32(data[32 + offset:32 + offset + size]))
    return data[:8] + struct.pack("<I", zlib.crc32(start)) + start + data[32:]


def xz_dictionary(data):
    """An xz file that wants a dictionary of 4 GiB."""
    size = (data[12] + 1) * 4
    head = data[12:12 + size - 4].replace(b"\x21\x01" + data[16:17], b"\x21\x01\x28")
    return data[:12] + head + struct.pack("<I", zlib.crc32(head)) + data[12 + size:]


def tar_first(rest):
    """A marked document in a tar, and what comes behind it."""
    head = b"a.txt".ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % len(MARKED) + \
        b"00000000000\0" + b" " * 8 + b"0" + bytes(100) + b"ustar\x0000"
    head = head.ljust(512, b"\0")
    head = head[:148] + b"%06o\0 " % sum(head) + head[156:]
    return head + MARKED.ljust((len(MARKED) + 511) // 512 * 512, b"\0") + rest


def tar_huge(n):
    """A member that says it has `n` bytes, with a hole of as many."""
    h = tar_first(b"")[:512]
    h = h[:124] + b"\x80" + n.to_bytes(11, "big") + b"00000000000\0" + b" " * 8 + h[156:]
    return h[:148] + b"%06o\0 " % sum(h) + h[156:]


def make(tmp):
    """{name: (content, reasons of which one is expected, is what stood before found)}"""
    big = 600 * MIB
    tar_zeros = tar_first(bytes(MIB))
    return {
        "gzip, 600 MB": (pipe(big, "gzip", "-1"), {"too-big", "timed-out"}, False),
        "xz, 600 MB": (pipe(big, "xz", "-T1", "-1"), {"too-big", "timed-out"}, False),
        "bzip2, 600 MB": (pipe(big, "bzip2", "-1"), {"too-big", "timed-out"}, False),
        "zstd, 600 MB": (pipe(big, "zstd", "-q"), {"too-big", "timed-out"}, False),
        "lz4, 600 MB": (pipe(big, "lz4", "-q"), {"too-big", "timed-out"}, False),
        "zips, 16 to the power of 4": (zips(4, 16), {"too-big", "timed-out"}, False),
        "overlapping files, 10 GB": (overlapping(200, 50 * MIB), {"too-big", "timed-out"}, False),
        "overlapping small files": (overlapping(3000, MIB), {"too-big", "timed-out"}, False),
        "too many members": (members(10050), {"too-big"}, False),
        "xz in xz, 40 times": (deep(40), {"too-deep"}, False),
        "xz in xz, 12 times": (deep(12), set(), True),
        "gzip in gzip, 12 times": (deep(12, gzip.compress), {"too-deep"}, False),
        "7z, LZMA with 3.75 GB": (patched(seven(tmp, "-m0=lzma"), b"\x23\x03\x01\x01\x05", 1, 0xf0000000),
                                  {"too-big"}, False),
        "7z, PPMd with 3 GB": (patched(seven(tmp, "-m0=ppmd"), b"\x23\x03\x04\x01\x05", 1, 0xc0000000),
                               {"too-big"}, False),
        "xz, dictionary of 4 GB": (xz_dictionary(lzma.compress(MARKED)), {"too-big"}, False),
        "7z, 5 million empty files": (seven_empty(5000000), {"too-big", "timed-out"}, False),
        "7z, 90 million empty files": (seven_empty(90000000), {"too-big"}, False),
        "tar, zeros behind": (tar_zeros, set(), True),
        "tar.zst, 600 MB of zeros behind": (compress_tar(tmp, big), set(), True),
        "tar, a member of 8 EB": (tar_first(tar_huge((1 << 63) - 1)), {"damaged", "too-big"}, True),
    }


def vint(n):
    """A number as 7z has it."""
    k = next(k for k in range(8) if n < 1 << 7 * (k + 1))
    return bytes([(0xff00 >> k) & 0xff | n >> 8 * k]) + (n & ((1 << 8 * k) - 1)).to_bytes(k, "little")


def seven_empty(n):
    """A 7z of `n` files without content, and without names where there are too many."""
    bits = b"\xff" * min((n + 7) // 8, MIB)
    header = b"\1\5" + vint(n) + b"\x0e" + vint(len(bits)) + bits + b"\0\0"
    start = struct.pack("<QQI", 0, len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + header


def compress_tar(tmp, zeros):
    path = tmp / "zeros.tar"
    with open(path, "wb") as f:
        f.write(tar_first(b""))
        f.truncate(f.tell() + zeros)
    out = subprocess.run(["zstd", "-q", "-c", str(path)], stdout=subprocess.PIPE, check=True).stdout
    path.unlink()
    return out


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as tmp:
        tmp = pathlib.Path(tmp)
        folder = tmp / "bombs"
        folder.mkdir()
        bombs = make(tmp)
        for n, (title, (content, reasons, found)) in enumerate(bombs.items(), 1):
            path = folder / f"{n}.dat"
            path.write_bytes(content)
            r = subprocess.run([SEALGATE, "scan", "--json", "--cpu", str(CPU_MS // 1000), "--rules", RULES, str(path)],
                               stdout=subprocess.PIPE, text=True, timeout=120,
                               env={**os.environ, "SEALGATE_LIBEXEC": LIBEXEC})
            o = json.loads(r.stdout)
            wrong = []
            if reasons and not reasons & set(o["reasons"]) or not reasons and o["reasons"]:
                wrong.append(f"reasons {o['reasons']}, expected of {sorted(reasons)}")
            if (o["completeness"] == "full") != (not reasons):
                wrong.append(o["completeness"])
            if found != (o["level"] == "secret"):
                wrong.append(o["level"])
            if "crashed" in o["reasons"]:
                wrong.append("crashed")
            if o["ms"] > CPU_MS * 1.5 + 500:
                wrong.append("took too long")
            failed += bool(wrong)
            print(f"{'not ok' if wrong else 'ok'} {n} - {title} # {o['ms']:.0f} ms {o['completeness']} "
                  f"{o['reasons']}" + "".join(f"\n# {w}" for w in wrong), flush=True)
            path.unlink()
    print(f"1..{len(bombs)}")
    return 1 if failed else 0


sys.exit(main())
