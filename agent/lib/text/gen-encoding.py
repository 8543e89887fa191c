#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the tables of the encodings and of what Vietnamese and Chinese text looks like.

Usage: gen-encoding.py VI-SYLLABLES.txt OUTPUT.c

Python's codecs give the common code pages; the Vietnamese ones it lacks are written out below from
their published charts (RFC 1456, TCVN 5712:1993, the VPS chart) and compared with the C library's
converters by the unit test.
"""

import sys
import unicodedata

# TCVN 5712 VN1 from 0x80 on; ABC fonts use 0xa0 and up only. Five of them are combining marks.
TCVN3 = (
    'ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨ' 'ÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ'
    '\u00a0ĂÂÊÔƠƯĐăâêôơưđẰ' '\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴ'
    'ẮẦẨẪẤỀặầẩẫấậèỂẻẽ' 'éẹềểễếệìỉỄẾỒĩíịò' 'Ổỏõóọồổỗốộờởỡớợù' 'ỖủũúụừửữứựỳỷỹýỵỐ')

VISCII = (
    'ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐ' 'ỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ'
    'Õắằặấầẩậẽẹếềểễệố' 'ồổỗỠƠộờởịỰỨỪỬơớƯ'
    'ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳ' 'ĐứÒÓÔạỷừửÙÚỹỵÝỡư' 'àáâãảăữẫèéêẻìíĩỉ' 'đựòóôõỏọụùúũủýợỮ')

# '\0' is not assigned.
VPS = (
    'ÀẢÃẤẦẨọỗĂếềểệẮẰẲ' 'Ế\0\0ỀỂỄỐỒỔ\0ýỷỵỚỜỞ'
    '\0ắằẳẵặỠớÙờởỡŨỨợỪ' 'ổỬỲỸÍÌộỈĨÓửữÒỎÕự'
    'ầÁÂấẩẫậđẻÉÊẹỉễịỹ' 'ƯỦồốÔỏơÈừứÚũưÝẺ\0' 'àáâãảạă\0èéêẽìí\0ĩ' 'ẴĐòóôõ\0Ơụùúủ\0ỶẼỳ')

# Capitals that had to take the place of control characters.
LOW = {
    'VISCII': {0x02: 'Ẳ', 0x05: 'Ẵ', 0x06: 'Ẫ', 0x14: 'Ỷ', 0x19: 'Ỹ', 0x1e: 'Ỵ'},
    'VPS': {0x02: 'Ạ', 0x03: 'Ậ', 0x04: 'Ặ', 0x05: 'Ẹ', 0x06: 'Ệ', 0x10: 'Ị', 0x11: 'Ọ',
            0x12: 'Ộ', 0x13: 'Ợ', 0x14: 'Ụ', 0x15: 'Ự', 0x19: 'Ỵ', 0x1c: 'Ẫ', 0x1d: 'Ữ'},
}

ONSETS = '- b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x'

RIMES = """
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch ên ênh êm êp êt êu
i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
o oc oi om on ong op ot oong ooc ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo oet
u ua uc ui um un ung up ut uôc uôi uôm uôn uông uôt uơ uê uêch uênh uêu
uy uya uych uynh uyt uyn uyp uyu uyên uyêt uân uâng uât uây
ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu
y yêm yên yêng yêt yêu
"""

# Characters that are frequent in Chinese prose and in office papers.
HANZI = (
    '的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能'
    '对着事其里所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心'
    '前面又定见只主没公从党件机密绝秘级文部工内资料保存期长业务单位民政府委员关通知议报告管理规'
    '信息安全情计划研究技术项目企司市场济社展建设组织领导干本新高开重体现力加动实物理量问题两四'
    '五六七八九百千万月第次号至及各等名电话线水美德明意化制度把产权各合性平东西南北外间最名正已'
    '应由并使向表者门相先被给让但因果如何很更接受处据统区省县乡镇城教育科院校书记任职责总局厅'
    '司处室科办公印章签字附录版权执行批准责任条款合同协议申请审核检查监督服务系统网络数据设备'
    '材料生产销售采购价格财务会计预算收入支出税费银行投资'
    # traditional
    '們個這來為國時會對過還說學經開發書車電請後從東點實體現當動進種應業務內絕機密極資報關於與無長'
    '間問門見樣頭麼兩給讓員單權辦號總統處區縣鄉鎮責議項計劃術據數網絡設備產銷購價財預費銀')

# Frequent syllables of Korean.
HANGUL = (
    '이다는을에의가고하지한로은를서도사기리인어자대시정스아해일그나수보제있습니과만전부장원상것들및'
    '으라면했부여비밀문서공무관보안조직국연구회사업계획결과내용대외중요자료열람금지년월주성동안')


def single(codec):
    return ''.join(bytes([b]).decode(codec, 'replace').replace('\ufffd', '\0')
                   for b in range(0x80, 0x100))


def gb_two():
    """Rows 0x81-0xfe, columns 0x40-0xfe; 0 where nothing is assigned."""
    out = []
    for lead in range(0x81, 0xff):
        for trail in range(0x40, 0xff):
            try:
                out.append(ord(bytes([lead, trail]).decode('gb18030')))
            except (UnicodeDecodeError, TypeError):
                out.append(0)
    return out


def double(codec):
    """As gb_two(), of another code."""
    out = []
    for lead in range(0x81, 0xff):
        for trail in range(0x40, 0xff):
            try:
                out.append(ord(bytes([lead, trail]).decode(codec)))
            except (UnicodeDecodeError, TypeError):
                out.append(0)
    return out


def gb_four():
    """(linear index, code point, length) runs of the four-byte area below 0x10000."""
    runs = []
    for linear in range(39420):
        b = [0x81 + linear // 12600, 0x30 + linear // 1260 % 10, 0x81 + linear // 10 % 126,
             0x30 + linear % 10]
        try:
            cp = ord(bytes(b).decode('gb18030'))
        except (UnicodeDecodeError, TypeError):
            continue
        if runs and runs[-1][0] + runs[-1][2] == linear and runs[-1][1] + runs[-1][2] == cp:
            runs[-1][2] += 1
        else:
            runs.append([linear, cp, 1])
    return runs


def read_syllables(path):
    words = set()
    with open(path, encoding='utf-8') as f:
        for line in f:
            if not line.startswith('#'):
                words.update(unicodedata.normalize('NFC', w).lower() for w in line.split())
    # A single letter says little, and so does what any encoding can hold.
    return sorted((w for w in words if len(w) > 1 and not w.isascii()), key=key)


def key(word):
    utf8 = word.encode('utf-8')
    assert len(utf8) <= 12, word
    return utf8.ljust(12, b'\0')


def tones():
    """(letter, letter without tone, tone) of the small letters; tones as in vi_syllable.c."""
    out = []
    for cp in range(0xc0, 0x1f00):
        letter = chr(cp)
        marks = unicodedata.normalize('NFD', letter)
        tone = [m for m in marks if m in '\u0300\u0301\u0303\u0309\u0323']
        base = unicodedata.normalize('NFC', ''.join(m for m in marks if m not in tone))
        if letter.islower() and len(tone) == 1 and len(base) == 1 and base in 'aăâeêioôơuưy':
            out.append((cp, ord(base), '\u0300\u0301\u0303\u0309\u0323'.index(tone[0]) + 1))
    return out


def numbers(f, ctype, name, values, fmt='0x%x'):
    f.write('\nconst %s %s[%d] = {\n' % (ctype, name, len(values)))
    for i in range(0, len(values), 12):
        f.write('\t' + ' '.join((fmt % v) + ',' for v in values[i:i + 12]) + '\n')
    f.write('};\n')


def keys(f, name, words):
    f.write('\nconst struct vi_key %s[%d] = {\n' % (name, len(words)))
    for w in words:
        f.write('\t{{%s}},\n' % ', '.join('%d' % b for b in key(w)))
    f.write('};\nconst size_t %s_n = %d;\n' % (name, len(words)))


def main():
    syllables = read_syllables(sys.argv[1])
    # The five bytes that CP1252 leaves open are control characters, as everywhere on the web.
    cp1252 = ''.join(chr(0x80 + i) if c == '\0' else c for i, c in enumerate(single('cp1252')))
    tables = [('CP1252', cp1252), ('CP1258', single('cp1258')), ('TCVN3', TCVN3),
              ('VISCII', VISCII), ('VPS', VPS), ('CP1251', single('cp1251')),
              ('KOI8R', single('koi8_r')), ('CP866', single('cp866'))]
    with open(sys.argv[2], 'w', encoding='utf-8') as f:
        f.write('/* Generated by gen-encoding.py; do not edit. */\n')
        f.write('#include "text/encoding_table.h"\n')
        f.write('\nconst uint16_t encoding_high[ENCODING_MAX][128] = {\n')
        for name, table in tables:
            assert len(table) == 128, name
            f.write('\t[ENCODING_%s] = {\n' % name)
            for i in range(0, 128, 12):
                f.write('\t\t' + ' '.join('0x%x,' % ord(c) for c in table[i:i + 12]) + '\n')
            f.write('\t},\n')
        f.write('};\n\nconst uint16_t encoding_low[ENCODING_MAX][32] = {\n')
        for name, low in sorted(LOW.items()):
            f.write('\t[ENCODING_%s] = {%s},\n' % (
                name, ', '.join('[0x%x] = 0x%x' % (b, ord(c)) for b, c in sorted(low.items()))))
        f.write('};\n')
        numbers(f, 'uint16_t', 'encoding_gb_two', gb_two())
        for name, codec in (('big5', 'cp950'), ('shift_jis', 'cp932'), ('euc_kr', 'cp949')):
            numbers(f, 'uint16_t', 'encoding_' + name, double(codec))
        runs = gb_four()
        f.write('\nconst struct encoding_run encoding_gb_four[%d] = {\n' % len(runs))
        for run in runs:
            f.write('\t{%d, 0x%x, %d},\n' % tuple(run))
        f.write('};\nconst size_t encoding_gb_four_n = %d;\n' % len(runs))
        hanzi = sorted(set(HANZI))
        numbers(f, 'uint16_t', 'encoding_hanzi', [ord(c) for c in hanzi])
        f.write('const size_t encoding_hanzi_n = %d;\n' % len(hanzi))
        hangul = sorted(set(HANGUL))
        numbers(f, 'uint16_t', 'encoding_hangul', [ord(c) for c in hangul])
        f.write('const size_t encoding_hangul_n = %d;\n' % len(hangul))
        keys(f, 'vi_syllables', syllables)
        keys(f, 'vi_onsets', sorted((o for o in ONSETS.replace('-', '').split()), key=key))
        keys(f, 'vi_rimes', sorted(RIMES.split(), key=key))
        rows = tones()
        assert len(rows) == 60
        f.write('\nconst struct vi_tone vi_tones[%d] = {\n' % len(rows))
        for row in rows:
            f.write('\t{0x%x, 0x%x, %d},\n' % row)
        f.write('};\nconst size_t vi_tones_n = %d;\n' % len(rows))


if __name__ == '__main__':
    main()
