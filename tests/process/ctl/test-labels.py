#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Labels in real containers, from their bytes to the level. Prints TAP.

usage: test-labels.py SEALGATE SEALGATE-SCAN RULES
"""
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

SEALGATE, SCAN, RULES = sys.argv[1:4]
ID = "0a1b2c3d-0000-4000-8000-00000000abcd"
OURS = "0a1b2c3d-0000-4000-8000-000000000001"
TABLE = f"""pack: ours
version: "1"
labels:
  - {{id: {OURS}, level: secret}}
"""
TEXT = "Biên bản giao ban tuần."
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
CUSTOM = ('<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
          'custom-properties" xmlns:vt="x">%s</Properties>')
CLBL = "http://schemas.microsoft.com/office/2020/mipLabelMetadata"
SLAB = ('<s:originatorConfidentialityLabel xmlns:s="urn:nato:stanag:4774:confidentiality'
        'metadatalabel:1:0"><s:ConfidentialityInformation><s:PolicyIdentifier>NATO'
        '</s:PolicyIdentifier><s:Classification>%s</s:Classification>'
        '</s:ConfidentialityInformation></s:originatorConfidentialityLabel>')


def zipped(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in parts.items():
            z.writestr(name, text, zipfile.ZIP_STORED if name == "mimetype" else None)
    return out.getvalue()


def docx(text=TEXT, header=None, **parts):
    files = {"[Content_Types].xml": "<Types/>",
             "word/document.xml": f"<w:document {W}><w:body><w:p><w:r><w:t>{text}</w:t></w:r>"
                                  "</w:p></w:body></w:document>"}
    if header:
        files["word/header1.xml"] = (f"<w:hdr {W}><w:p><w:r><w:t>{header}</w:t></w:r></w:p></w:hdr>")
    if "custom" in parts:
        files["docProps/custom.xml"] = CUSTOM % "".join(
            f'<property fmtid="x" pid="{i}" name="{name}"><vt:lpwstr>{value}</vt:lpwstr></property>'
            for i, (name, value) in enumerate(parts["custom"].items(), 2))
    if "label" in parts:
        files["docMetadata/LabelInfo.xml"] = (
            f'<?xml version="1.0"?><clbl:labelList xmlns:clbl="{CLBL}">'
            f'<clbl:label {parts["label"]}/></clbl:labelList>')
    if "item" in parts:
        files["customXml/item1.xml"] = parts["item"]
    return zipped(files)


def mip(name=None, enabled="true", label=ID):
    p = {f"MSIP_Label_{label}_Enabled": enabled,
         f"MSIP_Label_{label}_SetDate": "2026-05-12T01:02:03Z",
         f"MSIP_Label_{label}_SiteId": "ffffffff-0000-4000-8000-000000000000",
         f"MSIP_Label_{label}_ActionId": "eeeeeeee-0000-4000-8000-000000000000",
         f"MSIP_Label_{label}_ContentBits": "0"}
    if name:
        p[f"MSIP_Label_{label}_Name"] = name
    return p


def odt(**user):
    meta = "".join(f'<meta:user-defined meta:name="{k}">{v}</meta:user-defined>'
                   for k, v in user.items())
    urn = "urn:oasis:names:tc:opendocument:xmlns:"
    names = f'xmlns:office="{urn}office:1.0" xmlns:text="{urn}text:1.0" xmlns:meta="{urn}meta:1.0"'
    return zipped({
        "mimetype": "application/vnd.oasis.opendocument.text",
        "META-INF/manifest.xml": "<manifest:manifest/>",
        "content.xml": f"<office:document-content {names}><office:body><office:text>"
                       f"<text:p>{TEXT}</text:p></office:text></office:body>"
                       "</office:document-content>",
        "meta.xml": f"<office:document-meta {names}><office:meta>{meta}</office:meta>"
                    "</office:document-meta>"})


def odt_link(target):
    urn = "urn:oasis:names:tc:opendocument:xmlns:"
    names = f'xmlns:office="{urn}office:1.0" xmlns:text="{urn}text:1.0" xmlns:xlink="x"'
    return zipped({
        "mimetype": "application/vnd.oasis.opendocument.text",
        "META-INF/manifest.xml": "<manifest:manifest/>",
        "content.xml": f"<office:document-content {names}><office:body><office:text><text:p>"
                       f'<text:a xlink:href="{target}">{TEXT}</text:a></text:p></office:text>'
                       "</office:body></office:document-content>"})


def pdf(info="", xmp=None):
    """One empty page; offsets are left to the reader to find."""
    objects = ["<</Type /Catalog /Pages 2 0 R%s>>" % (" /Metadata 5 0 R" if xmp else ""),
               "<</Type /Pages /Kids [3 0 R] /Count 1>>",
               "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 6 0 R"
               " /Resources <</Font <</F <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>>>>>",
               f"<<{info}>>"]
    text = "BT /F 12 Tf 72 700 Td (Minutes of the weekly meeting) Tj ET"
    xmp = xmp or ""
    objects.append(f"<</Type /Metadata /Subtype /XML /Length {len(xmp)}>>\nstream\n{xmp}\nendstream")
    objects.append(f"<</Length {len(text)}>>\nstream\n{text}\nendstream")
    out, offsets = "%PDF-1.7\n", []
    for i, o in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{i} 0 obj\n{o}\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    out += "".join(f"{o:010} 00000 n \n" for o in offsets)
    out += f"trailer <</Root 1 0 R /Info 4 0 R /Size {len(objects) + 1}>>\nstartxref\n{start}\n%%EOF\n"
    return out.encode("latin-1")


def mail(*headers):
    return ("From: a@b.example\r\nTo: c@d.example\r\nSubject: Lich\r\n" +
            "".join(h + "\r\n" for h in headers) +
            "\r\nGui lich tuan nay.\r\n").encode()


XMP = ('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description rdf:about="">%s'
       "</rdf:Description></rdf:RDF></x:xmpmeta>")
XMPP = ('<message xmlns="jabber:client" type="chat"><body>Meet at eight.</body><securitylabel '
        'xmlns="urn:xmpp:sec-label:0"><displaymarking fgcolor="black">%s</displaymarking><label/>'
        "</securitylabel></message>")
TEAMS = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_NzY0abcd%40thread.v2/0"
MSIP = f"MSIP_Label_{ID}"

# name of the file: content, level, tags
CASES = {
    "name.docx": (docx(custom=mip("Mật")), "confidential", []),
    "name-internal.docx": (docx(custom=mip("Confidential")), "internal", []),
    "name-public.docx": (docx(custom=mip("Public")), "none", []),
    "off.docx": (docx(custom=mip("Secret", "false")), "none", ["label-removed"]),
    "unknown-id.docx": (docx(custom=mip()), "none", ["label-unknown"]),
    "known-id.docx": (docx(custom=mip(label=OURS)), "secret", []),
    "table-beats-name.docx": (docx(custom=mip("Public", label=OURS)), "secret", []),
    "labelinfo.docx": (docx(label=f'id="{{{OURS}}}" enabled="1" method="Privileged" siteId="{{{ID}}}"'
                                  ' contentBits="0" removed="0"'), "secret", []),
    "labelinfo-upper.docx": (docx(label=f'id="{{{OURS.upper()}}}" enabled="1"'), "secret", []),
    "labelinfo-removed.docx": (docx(label=f'id="{{{OURS}}}" enabled="1" removed="1"'), "none",
                               ["label-removed"]),
    "labelinfo-off.docx": (docx(label=f'id="{{{OURS}}}" enabled="0"'), "none", []),
    "labelinfo-unknown.docx": (docx(label=f'id="{{{ID}}}" enabled="1"'), "none", ["label-unknown"]),
    "public-label-marked.docx": (docx(header="TỐI MẬT", custom=mip("Public")), "secret",
                                 ["label-conflict"]),
    "secret-label-internal.docx": (docx(header="LƯU HÀNH NỘI BỘ", custom=mip("Secret")), "secret",
                                   ["label-conflict"]),
    "both-agree.docx": (docx(header="TỐI MẬT", custom=mip("Tối mật")), "secret", []),
    "boldon.docx": (docx(custom={"bjDocumentSecurityLabel": "NATO SECRET"}), "secret", []),
    "titus.docx": (docx(custom={"TitusGUID": ID, "Classification": "Restricted"}), "internal", []),
    "do-mat.docx": (docx(custom={"DoMat": "Tuyet mat"}), "top-secret", []),
    "stanag.docx": (docx(item=SLAB % "SECRET"), "secret", []),
    "stanag-confidential.docx": (docx(item=SLAB % "CONFIDENTIAL"), "confidential", []),
    "stanag-restricted.docx": (docx(item=SLAB % "RESTRICTED"), "internal", []),
    "stanag-open.docx": (docx(item=SLAB % "UNCLASSIFIED"), "none", []),
    "user.odt": (odt(**{"Độ mật": "Tối mật"}), "secret", []),
    "user-open.odt": (odt(**{"Độ mật": "Thường"}), "none", []),
    "user-mip.odt": (odt(**mip("Internal")), "internal", []),
    "info.pdf": (pdf(f"/{MSIP}_Enabled (true) /{MSIP}_Name (Confidential)"), "internal", []),
    "info-id.pdf": (pdf(f"/MSIP_Label_{OURS}_Enabled (true)"), "secret", []),
    "keywords.pdf": (pdf("/Keywords (SECRET//NOFORN)"), "secret", []),
    "xmp.pdf": (pdf(xmp=XMP % f"<pdfx:{MSIP}_Enabled>true</pdfx:{MSIP}_Enabled>"
                              f"<pdfx:{MSIP}_Name>Internal</pdfx:{MSIP}_Name>"), "internal", []),
    "xmp-off.pdf": (pdf(xmp=XMP % f"<pdfx:{MSIP}_Enabled>false</pdfx:{MSIP}_Enabled>"
                                  f"<pdfx:{MSIP}_Name>Internal</pdfx:{MSIP}_Name>"), "none",
                    ["label-removed"]),
    "xmp-stanag.pdf": (pdf(xmp=XMP % (SLAB % "SECRET")), "secret", []),
    "msip.eml": (mail(f"msip_labels: {MSIP}_Enabled=True;\r\n {MSIP}_Name=Confidential;"
                      f"{MSIP}_SiteId={ID}"), "internal", []),
    "msip-id.eml": (mail(f"msip_labels: MSIP_Label_{OURS}_Enabled=True"), "secret", []),
    "msip-public.eml": (mail(f"msip_labels: {MSIP}_Enabled=True;{MSIP}_Name=Public"), "none", []),
    "sensitivity.eml": (mail("Sensitivity: Company-Confidential"), "internal", []),
    # beside what they are about
    "label.xml": (('<?xml version="1.0"?>' + SLAB % "SECRET").encode(), "secret", []),
    "binding.xml": (('<mb:BindingInformation xmlns:mb="urn:nato:stanag:4778:bindinginformation:1:0">'
                     + SLAB % "RESTRICTED" + "</mb:BindingInformation>").encode(), "internal", []),
    "side.xmp": ((XMP % f"<pdfx:{MSIP}_Enabled>true</pdfx:{MSIP}_Enabled>"
                        f"<pdfx:{MSIP}_Name>Internal</pdfx:{MSIP}_Name>").encode(), "internal", []),
    "labelinfo.xml": ((f'<clbl:labelList xmlns:clbl="{CLBL}"><clbl:label id="{{{OURS}}}" '
                      'enabled="1"/></clbl:labelList>').encode(), "secret", []),
    "message.xml": ((XMPP % "SECRET").encode(), "secret", []),
    "message-open.xml": ((XMPP % "UNCLASSIFIED").encode(), "none", []),
    # where a link leads is read, too
    "link.odt": (odt_link(TEAMS), "none", ["meeting-access"]),
    "link.html": (f'<html><body><p>{TEXT}</p><a href="{TEAMS}">Tham gia</a>'.encode(), "none",
                  ["meeting-access"]),
    "link-elsewhere.html": (f'<html><body><p>{TEXT}</p><a href="https://teams.microsoft.com/'
                            'downloads">Tải về</a>'.encode(), "none", []),
    "protective.eml": (mail("X-Protective-Marking: OFFICIAL:Sensitive"), "internal", []),
}


def main():
    folder = tempfile.mkdtemp(prefix="test-labels-")
    os.chmod(folder, 0o755)
    try:
        shutil.copytree(RULES, folder + "/rules")
        os.makedirs(folder + "/ours/ours")
        with open(folder + "/ours/ours/pack.yaml", "w") as f:
            f.write(TABLE)
        os.mkdir(folder + "/in")
        for name, (content, _, _) in CASES.items():
            with open(f"{folder}/in/{name}", "wb") as f:
                f.write(content)
        done = subprocess.run(
            [SEALGATE, "scan", "--json", "--rules", folder + "/rules", "--rules", folder + "/ours",
             folder + "/in"], env=dict(os.environ, SEALGATE_LIBEXEC=os.path.dirname(SCAN)),
            stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, timeout=100)
        found = {os.path.basename(o["path"]): o for o in map(json.loads, done.stdout.splitlines())}
    finally:
        shutil.rmtree(folder)
    print(f"1..{len(CASES)}")
    failed = 0
    for i, (name, (_, level, tags)) in enumerate(CASES.items(), 1):
        got = found.get(name, {"level": "nothing", "tags": []})
        ok = (got["level"], got["tags"]) == (level, tags)
        failed += not ok
        print(f"{'ok' if ok else 'not ok'} {i} - {name}")
        if not ok:
            print(f"# expected {level} {tags}, found {json.dumps(got, ensure_ascii=False)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
