#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""False alarms on public Vietnamese prose: what this system has installed of it, as it is, in capitals,
without diacritics, and both.

usage: prose.py [--show N] [--max N] SEALGATE LIBEXEC RULES

Reads translations of programs (*.mo), help pages, guides and manual pages in Vietnamese, package
questions and menu entries; install libreoffice-help-vi, libreoffice-l10n-vi, maint-guide-vi, manpages-vi
and installation-guide-amd64 to have more of it. Sentences are passages of their own; names of buttons and
the like, which are no sentences, go ten to a passage. Prints what was flagged per 1,000 passages; exit
status 1 where something was.
"""
import argparse
import collections
import glob
import gzip
import html
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unicodedata

SENTENCE = 60  # characters from which a text is prose
GROUP = 10
# The choices of a print dialog for a cover page, and of other lists: markings, not prose.
LEVELS = {'tối mật', 'tuyệt mật', 'mật', 'nội bộ'}
VIETNAMESE = re.compile('[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]', re.I)


def catalogue(path):
    """The translations in a GNU message catalogue."""
    data = pathlib.Path(path).read_bytes()
    if len(data) < 28:
        return
    order = '<' if data[:4] == b'\xde\x12\x04\x95' else '>'
    _, _, n, _, strings = struct.unpack_from(order + '5I', data)
    for i in range(n):
        length, offset = struct.unpack_from(order + '2I', data, strings + 8 * i)
        for text in data[offset:offset + length].split(b'\0'):
            try:
                yield text.decode()
            except UnicodeDecodeError:
                pass


def page(path):
    """The paragraphs of an HTML page."""
    text = pathlib.Path(path).read_text(errors='replace')
    text = re.sub(r'(?is)<(script|style|pre|head)\b.*?</\1>', ' ', text)
    for block in re.split(r'(?i)</?(?:p|div|li|td|th|h[1-6]|dt|dd|tr|table|ul|ol|br|title)\b[^>]*>', text):
        yield ' '.join(html.unescape(re.sub(r'<[^>]*>', '', block)).split())


def manual(path):
    """The paragraphs of a manual page."""
    with gzip.open(path, 'rt', errors='replace') as f:
        lines, out = f.read().split('\n'), []
        for line in lines + ['.PP']:
            if line.startswith(('.', "'")):
                yield ' '.join(out)
                out = []
                line = ' '.join(line.split()[1:])
            out.append(re.sub(r'\\f(?:\[[^]]*\]|.)|\\&|\\-', '', line))


def questions(path):
    """The Vietnamese texts of a package's debconf templates."""
    text = pathlib.Path(path).read_text(errors='replace')
    for m in re.finditer(r'(?m)^(?:Extended_|)Description-vi\.UTF-8: (.*(?:\n .*)*)', text, re.I):
        yield from (' '.join(p.split()) for p in m[1].replace('\n .\n', '\n\n').split('\n\n'))


def menu(path):
    text = pathlib.Path(path).read_text(errors='replace')
    yield from re.findall(r'(?m)^(?:Name|Comment|GenericName|Keywords)\[vi\]=(.*)$', text)


SOURCES = {
    '/usr/share/locale/vi/LC_MESSAGES/*.mo': catalogue,
    '/usr/lib/libreoffice/program/resource/vi/LC_MESSAGES/*.mo': catalogue,
    '/usr/share/libreoffice/help/vi/**/*.html': page,
    '/usr/share/doc/installation-guide-*/vi/*.html': page,
    '/usr/share/doc/maint-guide-vi/html/*.html': page,
    '/usr/share/man/vi/man*/*.gz': manual,
    '/var/lib/dpkg/info/*.templates': questions,
    '/usr/share/applications/*.desktop': menu,
}


def passages():
    """(source, text), each text once."""
    seen = set()
    for pattern, read in SOURCES.items():
        short = []
        for path in sorted(glob.glob(pattern, recursive=True)):
            for text in read(path):
                text = unicodedata.normalize('NFC', text.strip())
                if text in seen or text.lower() in LEVELS or not VIETNAMESE.search(text):
                    continue
                seen.add(text)
                if len(text) >= SENTENCE:
                    yield pattern, text
                    continue
                short.append(text)
                if len(short) == GROUP:
                    yield pattern, '\n'.join(short)
                    short = []
        if short:
            yield pattern, '\n'.join(short)


def strip(text):
    text = ''.join(c for c in unicodedata.normalize('NFD', text) if not unicodedata.combining(c))
    return unicodedata.normalize('NFC', text).replace('đ', 'd').replace('Đ', 'D')


FORMS = {'as it is': str, 'capitals': str.upper, 'stripped': strip,
         'capitals, stripped': lambda t: strip(t).upper()}


def scan(args, folder):
    r = subprocess.run([args.sealgate, 'scan', '--json', '--rules', args.rules, str(folder)],
                       stdout=subprocess.PIPE, text=True,
                       env={**os.environ, 'SEALGATE_LIBEXEC': args.libexec})
    return [json.loads(line) for line in r.stdout.splitlines()]


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--show', type=int, default=20, help='flagged passages to print, of each form')
    p.add_argument('--max', type=int, default=40000, help='passages at most, evenly chosen')
    for name in ('sealgate', 'libexec', 'rules'):
        p.add_argument(name)
    args = p.parse_args()
    texts = list(passages())
    found = len(texts)
    texts = texts[::max(1, -(-found // args.max))]
    count = collections.Counter(source for source, _ in texts)
    for source, n in count.items():
        print(f'{n:7} {source}')
    if not texts:
        print('no Vietnamese text is installed')
        return 0
    wrong = 0
    print(f'{len(texts)} of {found} passages, {sum(len(t) for _, t in texts)} characters\n')
    print('| form | passages | flagged | per 1,000 | suspected |\n|---|---|---|---|---|')
    shown = []
    for form, change in FORMS.items():
        with tempfile.TemporaryDirectory() as tmp:
            for i, (_, text) in enumerate(texts):
                folder = pathlib.Path(tmp) / f'{i // 1000:03}'
                folder.mkdir(exist_ok=True)
                (folder / f'{i:06}.txt').write_text(change(text) + '\n')
            got = scan(args, tmp)
        if len(got) != len(texts):
            sys.exit(f'{len(got)} of {len(texts)} were scanned')
        flagged = [o for o in got if o['level'] != 'none']
        suspected = [o for o in got if o['level'] == 'none' and 'suspected' in o['tags']]
        wrong += len(flagged)
        print(f'| {form} | {len(got)} | {len(flagged)} | {1000 * len(flagged) / len(got):.2f} | '
              f'{len(suspected)} |')
        for o in flagged[:args.show] + suspected[:args.show]:
            source, text = texts[int(pathlib.Path(o['path']).stem)]
            e = o['evidence'][0] if o['evidence'] else {}
            shown.append(f"{form}: {o['level']} {e.get('pack')}/{e.get('rule')} {e.get('snippet')!r} "
                         f'{source}: {change(text)[:160]!r}')
    print('\n' + '\n'.join(shown))
    return wrong > 0


sys.exit(main())
