# SPDX-License-Identifier: Apache-2.0
"""Compound files and Outlook messages, written for tests. Everything is fictional."""
import struct

END, FREE, FAT = 0xfffffffe, 0xffffffff, 0xfffffffd
SECTOR, MINI, CUTOFF = 512, 64, 4096


def padded(data, unit):
    return data + bytes(-len(data) % unit)


class Chains:
    """Sectors one after another, and the table of their successors."""

    def __init__(self, unit):
        self.unit, self.data, self.table = unit, b"", []

    def put(self, data):
        first, n = len(self.table), -(-len(data) // self.unit)
        self.table += [first + i + 1 for i in range(n)]
        if n:
            self.table[-1] = END
        self.data += padded(data, self.unit)
        return first if n else END


def compound(tree):
    """A compound file. `tree`: {name: bytes, or such a dictionary for a storage}."""
    entries = []  # [name, type, left, right, child, start, size]
    big, small = Chains(SECTOR), Chains(MINI)

    def balanced(numbers):
        if not numbers:
            return FREE
        m = len(numbers) // 2
        entries[numbers[m]][2:4] = balanced(numbers[:m]), balanced(numbers[m + 1:])
        return numbers[m]

    def add(name, content, kind):
        number = len(entries)
        entries.append([name, kind, FREE, FREE, FREE, 0, 0])
        if isinstance(content, dict):
            kids = [add(k, v, 1 if isinstance(v, dict) else 2) for k, v in
                    sorted(content.items(), key=lambda i: (len(i[0]), i[0].upper()))]
            entries[number][4] = balanced(kids)
        else:
            chains = small if len(content) < CUTOFF else big
            entries[number][5:] = chains.put(content), len(content)
        return number

    add("Root Entry", tree, 5)
    entries[0][5:] = big.put(small.data), len(small.data)
    directory = b""
    for name, kind, left, right, child, start, size in entries:
        utf16 = name.encode("utf-16-le")
        directory += struct.pack("<64sHBBIII36xIQ", utf16, len(utf16) + 2, kind, 1, left, right, child,
                                 start, size)
    first_entry = big.put(padded(directory, SECTOR))
    mini_table = struct.pack(f"<{len(small.table)}I", *small.table)
    first_mini = big.put(mini_table + b"\xff" * (-len(mini_table) % SECTOR))
    n = 0
    while n * (SECTOR // 4) < len(big.table) + n:
        n += 1
    first = len(big.table)
    table = big.table + [FAT] * n
    table += [FREE] * (n * (SECTOR // 4) - len(table))
    header = struct.pack("<8s16xHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3e, 3, 0xfffe,
                         9, 6, 0, n, first_entry, 0, CUTOFF, first_mini,
                         -(-len(mini_table) // SECTOR), END, 0)
    header += struct.pack("<109I", *[first + i if i < n else FREE for i in range(109)])
    return header + big.data + struct.pack(f"<{len(table)}I", *table)


LONG, OBJECT, BYTES, UNITS, BINARY = 0x0003, 0x000d, 0x001e, 0x001f, 0x0102
CLASS, SENSITIVITY, SUBJECT, HEADERS, SENDER = 0x001a, 0x0036, 0x0037, 0x007d, 0x0c1a
BODY, RTF, HTML, FILE_NAME, DATA, METHOD = 0x1000, 0x1009, 0x1013, 0x3707, 0x3701, 0x3705
INTERNET_PAGE, CODE_PAGE, TYPES = 0x3fde, 0x3ffd, {bytes: BINARY, dict: OBJECT}


def properties(values, head, page=None):
    """A storage of properties. {id: number, text, bytes or storage}; texts are UTF-16, or bytes in the
    encoding `page`."""
    fixed, tree = b"", {}
    for number, value in values.items():
        if isinstance(value, int):
            fixed += struct.pack("<HHIII", LONG, number, 6, value, 0)
            continue
        kind = TYPES.get(type(value), BYTES if page else UNITS)
        if isinstance(value, str):
            value = value.encode(page or "utf-16-le")
        size = 0xffffffff if isinstance(value, dict) else len(value) + (kind == UNITS) * 2 + (kind == BYTES)
        fixed += struct.pack("<HHIII", kind, number, 6, size, 1 if kind == OBJECT else 0)
        tree[f"__substg1.0_{number:04X}{kind:04X}"] = value
    return {"__properties_version1.0": head + fixed, **tree}


def names(words):
    """The storage that gives the properties from 0x8000 on their names."""
    entries = strings = b""
    for i, word in enumerate(words):
        utf16 = word.encode("utf-16-le")
        entries += struct.pack("<IHH", len(strings), 2 << 1 | 1, i)
        strings += padded(struct.pack("<I", len(utf16)) + utf16, 4)
    return {"__nameid_version1.0": {"__substg1.0_00020102": b"", "__substg1.0_00030102": entries,
                                    "__substg1.0_00040102": strings}}


def message(values, attachments=(), named=None, page=None, inner=False):
    """The storage of a message. `attachments`: properties; `named`: {name: text}."""
    named = named or {}
    head = struct.pack("<8xIIII", 0, len(attachments), 0, len(attachments)) + bytes(0 if inner else 8)
    values = {CLASS: "IPM.Note", SENDER: "Tổ trực" if not page else "To truc", **values,
              **{0x8000 + i: v for i, v in enumerate(named.values())}}
    tree = properties(values, head, page)
    for i, a in enumerate(attachments):
        tree[f"__attach_version1.0_#{i:08X}"] = properties(a, bytes(8))
    return tree if inner else {**names(named), **tree}


def attached(name, content):
    if isinstance(content, dict):
        return {METHOD: 5, FILE_NAME: name, DATA: content}
    return {METHOD: 1, FILE_NAME: name, DATA: content}


def rtf(text):
    """RTF as messages store it, without compression."""
    body = b"".join(b"\\u%d?" % (n if n < 0x8000 else n - 0x10000) if n > 126 else bytes([n])
                    for n in map(ord, text))
    data = b"{\\rtf1\\ansi\\ansicpg1252 " + body + b"\\par}"
    return struct.pack("<II4sI", len(data) + 12, len(data), b"MELA", 0) + data
