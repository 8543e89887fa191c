#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How well do markings survive being disguised? Technique x carrier x marking, and the same techniques on
harmless lines, through `sealgate scan`.

usage: evasion.py [--table] [--details] [--only TEXT] [--record] [--docs] SEALGATE LIBEXEC RULES

Prints TAP against what evasion.json beside this file records: not fewer found, not more false alarms.
--table prints Markdown instead, --details what was missed, --record writes evasion.json, and --docs
docs/evasion.md.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from carriers import WRITERS
from document_disguises import DOCUMENT
from line_disguises import LINE

RECORD = HERE / 'evasion.json'
DOCS = HERE.parents[1] / 'docs/evasion.md'

MARKS = {
    'vi': {'TUYỆT MẬT': 'top-secret', 'TỐI MẬT': 'secret', 'MẬT': 'confidential',
           'LƯU HÀNH NỘI BỘ': 'internal', 'NỘI BỘ': 'internal'},
    'en': {'TOP SECRET//NOFORN': 'top-secret', 'SECRET//NOFORN': 'secret', 'TOP SECRET': 'top-secret',
           'COMPANY CONFIDENTIAL': 'internal', 'INTERNAL USE ONLY': 'internal'},
    'zh': {'绝密★30年': 'top-secret', '机密★5年': 'secret', '内部资料': 'internal'},
    'ru': {'СОВЕРШЕННО СЕКРЕТНО': 'secret', 'СЕКРЕТНО': 'confidential',
           'ДЛЯ СЛУЖЕБНОГО ПОЛЬЗОВАНИЯ': 'internal'},
    'tw': {'絕密': 'top-secret', '機密': 'secret'},
    'ja': {'極秘': 'top-secret', '社外秘': 'internal'},
    'ko': {'1급비밀': 'top-secret', '대외비': 'internal'},
}
HARMLESS = {
    'vi': ['MẬT KHẨU', 'mật khẩu: xem phong bì', 'BÍ MẬT', 'Bí mật của gia đình', 'CÓ MẶT',
           'VẮNG MẶT', 'CÓ MẶT: 30, VẮNG MẶT: 2', 'BẢNG GIÁ MẬT ONG', 'MẬT ONG RỪNG', 'MẬT ĐỘ DÂN SỐ',
           'QUY CHẾ CHI TIÊU NỘI BỘ', 'KIỂM TOÁN NỘI BỘ', 'ĐOÀN KẾT NỘI BỘ', 'HỌP NỘI BỘ SÁNG THỨ HAI',
           'TÔI MẤT XE MÁY', 'TỐI MẶT', 'MẶT TRẬN TỔ QUỐC', 'NỘI THẤT', 'NỘI DUNG',
           'Ba độ mật: Tuyệt mật, Tối mật và Mật.', 'Độ mật: Thường', 'BẢO MẬT THÔNG TIN',
           'Phim tài liệu mật chiếu tối nay', 'TUYẾT RƠI DÀY', 'TUYỆT MỸ', 'TỐI NAY NGHỈ'],
    'en': ['SECRET SANTA', 'SECRETARY', 'SECRET BALLOT RESULTS', 'RESTRICTED AREA',
           'KITCHEN CONFIDENTIAL', 'The secret of good bread', 'CONFIDENTIALITY POLICY',
           'INTERNAL AFFAIRS', 'TOP SECRETARIES OF THE YEAR', 'COMPANY PICNIC', 'FOR EXTERNAL USE ONLY',
           'Levels are SECRET, TOP SECRET and CONFIDENTIAL.'],
    'zh': ['保密协议', '商业秘密保护', '密码', '秘密花园', '内部装修资料', '机密性、完整性'],
    'ru': ['СЕКРЕТ УСПЕХА', 'СЕКРЕТАРЬ', 'секретно от всех', 'СЕКРЕТНЫЕ МАТЕРИАЛЫ',
           'СЛУЖЕБНЫЙ РОМАН', 'ДЛЯ ЛИЧНОГО ПОЛЬЗОВАНИЯ'],
    'tw': ['保密協議', '商業秘密保護', '密碼', '秘密花園'],
    'ja': ['秘密の花園', '個人情報の取扱い', '社外研修'],
    'ko': ['비밀번호', '비밀의 정원', '대외 협력'],
}
PAPERS = {
    'vi': (['ĐOÀN KHẢO SÁT HỒ ĐẬP', 'Số: 15/BC-ĐKS'],
           ['CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM', 'Độc lập - Tự do - Hạnh phúc', 'BÁO CÁO',
            'Tổ khảo sát đo mực nước hồ chứa số hai vào sáng thứ ba hằng tuần và ghi vào sổ trực.',
            'Cửa van số bốn bị rò, đội vận hành đề nghị thay gioăng trước mùa lũ năm nay.',
            'Bảng kèm theo nêu vị trí cảm biến, người phụ trách và lịch bảo dưỡng từng quý.']),
    'en': ([],
           ['NORTHERN SURVEY OFFICE', 'REPORT ON THE SECOND RESERVOIR',
            'The survey team measures the level of the second reservoir every Tuesday morning.',
            'Valve number four leaks; the crew proposes a new gasket before the flood season.',
            'The table lists the sensors, who looks after them, and when they are serviced.']),
    'zh': (['水文勘测队文件'],
           ['关于二号水库水位的报告', '勘测队每周二上午测量二号水库的水位并记入值班日志。',
            '四号闸门漏水，运行队建议在汛期之前更换垫圈。']),
    'ru': (['СЕВЕРНАЯ ЭКСПЕДИЦИЯ'],
           ['ОТЧЁТ', 'Группа измеряет уровень воды во втором водохранилище каждый вторник утром.',
            'Четвёртый затвор протекает, бригада предлагает заменить прокладку до паводка.']),
    'tw': (['水文測量隊文件'],
           ['關於二號水庫水位的報告', '測量隊每週二上午測量二號水庫的水位並記入值班日誌。',
            '四號閘門漏水，運行隊建議在汛期之前更換墊圈。']),
    'ja': ([],
           ['水文調査隊', '第二貯水池の水位に関する報告', '調査隊は毎週火曜日の午前に貯水池の水位を測り、日誌に記入しています。',
            '四番の水門が漏れているため、雨の季節の前に部品を取り替えることを提案します。']),
    'ko': ([],
           ['수문 조사대', '제2 저수지 수위에 관한 보고', '조사대는 매주 화요일 오전에 저수지의 수위를 재고 일지에 기록합니다.',
            '네 번째 수문에서 물이 새므로 장마 전에 부품을 교체할 것을 제안합니다.']),
}
# Carriers of the harmless lines; techniques that make big files get fewer lines.
HARMLESS_CARRIERS = ('txt', 'docx', 'html')
BIG = {'after 10 MB of text': 2, 'after many empty pages': 3}


def paper(lang, line):
    head, rest = PAPERS[lang]
    return head + [line] + rest, len(head)


def line_documents(technique, lang, line, harmless):
    change, _, whole, carriers = technique
    new = change(line)
    if new is None:
        return None
    lines, n = paper(lang, line)
    lines = [(change(l) or l) if whole else l for l in lines]
    lines[n] = new
    return [(c, WRITERS[c](lines)) for c in carriers
            if not harmless or c in HARMLESS_CARRIERS or len(carriers) == 1]


def collides(technique, lang, line):
    """Disguised, the harmless line is letter for letter a disguised marking."""
    change = technique[0]
    return change(line) in {change(m) for m in MARKS[lang]}


class Corpus:
    def __init__(self, folder, only):
        self.folder, self.files = folder, {}  # path: (technique, lang, line, level)
        for name, t in LINE.items():
            if only in name:
                self.add(name, t[1], lambda lang, line, h, t=t: None if h and collides(t, lang, line)
                         else line_documents(t, lang, line, h))
        for name, (build, langs) in DOCUMENT.items():
            if only in name:
                self.add(name, langs, lambda lang, line, h, b=build: b(*paper(lang, line)))

    def add(self, technique, langs, build):
        for lang in langs.split():
            for line, level in MARKS[lang].items():
                self.write(technique, lang, line, level, build(lang, line, False))
            for line in HARMLESS[lang][:BIG.get(technique, 99)]:
                self.write(technique, lang, line, 'none', build(lang, line, True))

    def write(self, technique, lang, line, level, documents):
        for ext, data in documents or []:
            name = f'{len(self.files):05}.{ext}' if '[' not in ext else ext
            folder = self.folder / f'{len(self.files) // 1000:03}'
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(data)
            self.files[folder / name] = (technique, lang, line, level)


def scan(args, folder):
    r = subprocess.run([args.sealgate, 'scan', '--json', '--rules', args.rules, str(folder)],
                       stdout=subprocess.PIPE, text=True,
                       env={**os.environ, 'SEALGATE_LIBEXEC': args.libexec})
    got = {pathlib.Path(o['path']): o for o in map(json.loads, r.stdout.splitlines())}
    if not got:
        sys.exit(f'evasion.py: sealgate scan printed nothing; exit status {r.returncode}')
    return got


class Row:
    def __init__(self):
        self.total = self.found = self.right = self.harmless = self.alarms = 0
        self.details = []


def judge(corpus, got):
    rows = {}
    for path, (technique, lang, line, level) in corpus.files.items():
        row, o = rows.setdefault(technique, Row()), got.get(path)
        said = o['level'] if o else 'not scanned'
        if level == 'none':
            row.harmless += 1
            row.alarms += said != 'none'
        else:
            row.total += 1
            row.found += said not in ('none', 'not scanned')
            row.right += said == level
        if said != level:
            more = '' if not o else ' '.join(o.get('tags', [])) + ' ' + o['completeness']
            row.details.append(f'{lang} {line!r} in {path.suffix[1:]}: {said} {more}, not {level}')
    return rows


def markdown(rows):
    out = ['| technique | found | right level | false alarms |', '|---|---|---|---|']
    for name, r in rows.items():
        out.append(f'| {name} | {r.found}/{r.total} | {r.right}/{r.total} | {r.alarms}/{r.harmless} |')
    t, f, w, a, h = (sum(getattr(r, k) for r in rows.values())
                     for k in ('total', 'found', 'right', 'alarms', 'harmless'))
    out.append(f'| **all {len(rows)}** | **{f}/{t} ({100 * f / t:.1f} %)** | **{w}/{t} '
               f'({100 * w / t:.1f} %)** | **{a}/{h} ({100 * a / h:.2f} %)** |')
    return '\n'.join(out)


def document(rows):
    return f"""# Disguised markings

A marking can be written so that a person reads it and a naive search does not. `tests/corpus/evasion.py`
writes documents with markings in {len(rows)} disguises, in nine formats, and scans them; the same
disguises are put on harmless lines (MẬT KHẨU, CÓ MẶT, BẢNG GIÁ MẬT ONG, QUY CHẾ CHI TIÊU NỘI BỘ, SECRET
SANTA, prose about secrets, lists of levels), which must stay harmless. Each document is a short letter
with the marking as a plain line of its own: no frame, no red ink. The figures are of the last
`evasion.py --docs`; the test suite `corpus` fails when one of them becomes worse.

{markdown(rows)}

"Found" is any level, "right level" the marking's own. Harmless lines that a disguise makes letter for
letter equal to a marking (TỐI MẶT without its diacritics is TOI MAT) are left out. A row that is not full is
a known gap: MAT or MẠT for MẬT is another word; a marking in quotation marks without any other sign of
its weight is a quotation; titles in English a word a line (SECRET, SANTA) are taken for the marking.

# Public prose

`tests/corpus/prose.py` scans the Vietnamese prose that a system has installed (translations of programs,
help pages, the installation guide, manual pages): 19,600 passages, each as it is, in capitals, without
diacritics, and both. None of the 78,400 texts is flagged. Left out are the names of levels themselves, as a
print dialog has them.
"""


def check(rows):
    """TAP; a technique may be better than its record, not worse."""
    record = json.loads(RECORD.read_text())
    failed = 0
    names = list(record) + [n for n in rows if n not in record]
    print(f'1..{len(names)}')
    for i, name in enumerate(names, 1):
        row, want = rows.get(name), record.get(name)
        good = (row and want and row.right >= want['right'] and row.found >= want['found'] and
                row.total == want['total'] and row.alarms <= want['alarms'])
        failed += not good
        got = row and dict(found=row.found, right=row.right, total=row.total, alarms=row.alarms)
        print(f"{'ok' if good else 'not ok'} {i} - {name}")
        if not good:
            print(f'# {got}, recorded {want}')
            for d in (row.details if row else [])[:20]:
                print('# ' + d)
    return failed > 0


def main():
    p = argparse.ArgumentParser()
    for flag in ('--table', '--details', '--record', '--docs'):
        p.add_argument(flag, action='store_true')
    p.add_argument('--only', default='')
    p.add_argument('--keep', help='write the documents here and leave them')
    for name in ('sealgate', 'libexec', 'rules'):
        p.add_argument(name)
    args = p.parse_args()
    with tempfile.TemporaryDirectory() as tmp:
        folder = pathlib.Path(args.keep or tmp)
        folder.mkdir(exist_ok=True)
        corpus = Corpus(folder, args.only)
        rows = judge(corpus, scan(args, folder))
        if args.keep:
            (folder / 'index').write_text('\n'.join(map(str, corpus.files.items())))
    if args.details:
        for name, r in rows.items():
            for d in r.details:
                print(f'{name}: {d}')
    if args.table:
        print(markdown(rows))
    if args.record:
        RECORD.write_text('{\n' + ',\n'.join(
            f'{json.dumps(n, ensure_ascii=False)}: ' + json.dumps(dict(
                found=r.found, right=r.right, total=r.total, alarms=r.alarms))
            for n, r in rows.items()) + '\n}\n')
    if args.docs:
        DOCS.write_text(document(rows))
    if not (args.table or args.details or args.record or args.docs):
        return check(rows)
    return 0


sys.exit(main())
