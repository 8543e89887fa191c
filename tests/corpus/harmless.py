# SPDX-License-Identifier: Apache-2.0
"""What offices have a lot of, and what is no marking. name: (parts, kinds of files to make)"""


def text(head, *paragraphs):
    return [("head", head)] + [("body", p) for p in paragraphs]


ALL = "docx txt page printed drawn pandoc".split()
HARMLESS = {
    "honey": (text("MẬT ONG", "Mật ong rừng: 420.000 đ một lít", "Mật ong hoa nhãn: 310.000 đ",
                   "Sữa ong chúa: hỏi tại quầy"), ALL),
    "ultrasound": ([("head", "PHIẾU SIÊU ÂM Ổ BỤNG"), ("table", [
        ["CƠ QUAN", "MÔ TẢ"], ["GAN", "Bình thường"], ["MẬT", "Túi mật không sỏi"], ["TỤY", "Bình thường"],
        ["LÁCH", "Không to"], ["THẬN", "Không ứ nước"]]), ("body", "Kết luận: gan nhiễm mỡ độ một.")], ALL),
    "surgery": (text("TÓM TẮT BỆNH ÁN", "Chẩn đoán: viêm túi mật cấp do sỏi.", "ĐƯỜNG MẬT",
                     "Ống mật chủ giãn 9 mm.", "MẬT", "Dịch mật trong, không mủ."), ["docx", "txt"]),
    "law": (text("PHÂN LOẠI BÍ MẬT NHÀ NƯỚC", "Điều 8. Bí mật nhà nước được phân thành ba độ mật.",
                 "a) Tuyệt mật;", "b) Tối mật;", "c) Mật."), ALL),
    "specimens": ([("right", "Mẫu số 01"), ("head", "MẪU DẤU CHỈ ĐỘ MẬT"),
                   ("body", "1. Hình chữ nhật, kích thước 40 x 8 mm, viền kép."), ("stamp", "TUYỆT MẬT"),
                   ("body", "2. Kích thước 30 x 8 mm."), ("stamp", "TỐI MẬT"),
                   ("body", "3. Kích thước 20 x 8 mm."), ("stamp", "MẬT"),
                   ("stamp", "GIẢI MẬT")], ["docx", "page", "printed", "drawn"]),
    "specimen": ([("right", "Mẫu số 02"), ("body", "(Ban hành kèm theo Quyết định số 15/QĐ ngày 3/2/2026)"),
                  ("stamp", "MẬT"), ("body", "Kích thước 20 x 8 mm; mực đỏ tươi.")], ["docx", "drawn"]),
    "ticked": (text("PHIẾU TRÌNH", "Độ mật: ☒ Thường ☐ Mật ☐ Tối mật ☐ Tuyệt mật",
                    "Độ khẩn: ☐ Khẩn ☒ Thường"), ["docx", "txt"]),
    "choices": (text("HƯỚNG DẪN NHẬP LIỆU", "Cột Độ mật nhận một trong các giá trị:", "Thường", "Mật",
                     "Tối mật", "Tuyệt mật"), ["docx", "txt", "page"]),
    "codes": ([("head", "DANH MỤC MÃ"), ("table", [["Mã", "Tên"], ["0", "THƯỜNG"], ["1", "MẬT"],
               ["2", "TỐI MẬT"], ["3", "TUYỆT MẬT"]])], ["docx", "page", "printed", "pandoc"]),
    "quiz": (text("ĐỀ THI TRẮC NGHIỆM", "Câu 12. Tài liệu nào được bảo vệ 30 năm?", "A. MẬT", "B. TỐI MẬT",
                  "C. TUYỆT MẬT", "D. THƯỜNG", "Đáp án: C"), ["docx", "txt", "printed"]),
    "attendance": ([("head", "DANH SÁCH DỰ THI"), ("table", [
        ["1", "Ngô Hà", "CÓ MẶT"], ["2", "Lý Tuyết Mật", "VẮNG MẶT"], ["3", "Đỗ Mất", "VẮNG MẶT"]])], ALL),
    "spending": (text("QUY CHẾ CHI TIÊU NỘI BỘ", "Điều 1. Phạm vi điều chỉnh",
                      "Quy chế này quy định việc chi tiêu nội bộ của Trường."), ALL),
    "audit": (text("KẾ HOẠCH KIỂM TOÁN", "PHÒNG KIỂM TOÁN NỘI BỘ", "Kiểm toán nội bộ làm theo quý."),
              ["docx", "txt"]),
    "none": (text("BÁO CÁO", "Độ mật: Thường", "Độ khẩn: Khẩn", "Hồ chứa vận hành ổn định."), ALL),
    "blank-field": (text("BÁO CÁO", "Độ mật: ................", "Số: ........", "Nội dung kèm theo."),
                    ["docx", "txt"]),
    "options": (text("Mẫu báo cáo", "Độ mật: (Mật/Tối mật/Tuyệt mật)", "Đơn vị:", "Ngày:"), ["docx", "txt"]),
    "news": (text("LỘ TÀI LIỆU MẬT, MỘT CÁN BỘ BỊ KỶ LUẬT",
                  "Hôm qua cơ quan chức năng cho biết một cán bộ đã chụp văn bản đóng dấu \"MẬT\".",
                  "Theo quy định, tài liệu TUYỆT MẬT không được sao chụp."), ALL),
    "novel": (text("HỒ SƠ TUYỆT MẬT", "Chương 1", "Ông Tám gấp tập hồ sơ lại.", "— Mật! — anh khẽ kêu."),
              ["docx", "txt"]),
    "wedding": ([("line", "TRÂN TRỌNG KÍNH MỜI"), ("head", "TUYẾT MẬT và ĐỨC TỐI"),
                 ("line", "TUẦN TRĂNG MẬT"), ("line", "Đà Lạt")], ["docx", "printed"]),
    "contract": (text("HỢP ĐỒNG DỊCH VỤ", "Điều 7. BẢO MẬT", "Mỗi bên giữ bí mật mọi Thông Tin Mật.",
                      "THÔNG TIN MẬT", "là mọi thông tin không công khai."), ["docx", "printed"]),
    "nda": (text("NON-DISCLOSURE AGREEMENT", "1. CONFIDENTIAL INFORMATION",
                 "It means any information marked \"Confidential\", \"Secret\" or \"Internal use only\".",
                 "2. OBLIGATIONS", "The Recipient shall keep it strictly confidential."), ALL),
    "santa": (text("SECRET SANTA", "Draw a name on Friday.", "Keep it SECRET!"), ["docx", "txt"]),
    "levels": (text("SECURITY TRAINING", "There are three levels:", "TOP SECRET", "SECRET", "CONFIDENTIAL",
                    "Apply the highest."), ALL),
    "traffic": (text("TRAFFIC LIGHT PROTOCOL", "TLP:RED", "For recipients only.", "TLP:AMBER",
                     "Limited disclosure.", "TLP:GREEN", "Community."), ["docx", "txt"]),
    "public-label": (text("Price list", "Document classification: Public", "Valid until May."),
                     ["docx", "txt"]),
    "template": (text("Document template", "Classification: [Public | Internal | Confidential | Secret]",
                      "Author:"), ["docx", "txt"]),
    "clearance": (text("JOB ADVERT", "We need two engineers holding SECRET or TOP SECRET clearance."),
                  ["docx", "page"]),
    "declassified": ([("struck", "TỐI MẬT"), ("stamp", "GIẢI MẬT"), ("body", "Từ: 12/5/2024"),
                      ("head", "BÁO CÁO"), ("body", "Hồ chứa vận hành ổn định.")], ["docx", "printed"]),
    "destroyed": (text("QUYẾT ĐỊNH", "Về việc giải mật tài liệu",
                       "Điều 1. Giải mật 14 tài liệu độ Tối mật, Mật tại danh mục kèm theo."), ["docx", "txt"]),
    "urgent": ([("line", "UBND TỈNH"), ("stamp", "HỎA TỐC"), ("head", "CÔNG ĐIỆN"),
                ("body", "Bão đổi hướng, các xã sẵn sàng sơ tán dân.")], ALL),
    "licence": (text("LICENCE", "Copyright (C) 2019 Some Person, portions (C) the author(s).",
                     "Derived from the file(s) of an earlier edition.", "Section 4(c) may apply.",
                     "(c) The name(s) of the author(s) may not be used."), ["docx", "txt"]),
    "chinese-law": (text("保守国家秘密法", "国家秘密的密级分为绝密、机密、秘密三级。",
                         "绝密级国家秘密是最重要的国家秘密。"), ["docx", "txt"]),
    "russian-law": (text("О государственной тайне", "Устанавливаются три грифа секретности: «особой "
                         "важности», «совершенно секретно» и «секретно»."), ["docx", "txt"]),
}
# name: content, written as it is
FILES = {
    "levels.py": "SECRET = 'SECRET'\nLEVELS = ['TUYỆT MẬT', 'TỐI MẬT', 'MẬT']\n",
    "levels.c": 'enum { NONE, SECRET };\nstatic const char *n[] = {\n\t"CONFIDENTIAL",\n\t"SECRET",\n};\n',
    "check.sql": "CREATE TABLE d (level text CHECK (level IN ('MẬT', 'TỐI MẬT')));\n",
    "levels.json": '{\n "levels": [\n  "MẬT",\n  "TỐI MẬT"\n ]\n}\n',
    "vi.po": 'msgid "Secret"\nmsgstr "Tối mật"\n\nmsgid "CONFIDENTIAL"\nmsgstr "MẬT"\n',
    "app.conf": "[security]\nlevel=SECRET\nsecret_key=abc\n# TOP SECRET\n",
    "service.env": "SECRET_KEY=abc\nSECRET=xyz\n",
    "levels.csv": "id,name\n1,MẬT\n2,TỐI MẬT\n3,TUYỆT MẬT\n",
    "register.csv": "Số,Tên,Độ mật\n12,Báo cáo quý,Mật\n13,Kế hoạch,Thường\n14,Tờ trình,Tối mật\n",
    "service.log": "2026-05-01 INFO secret loaded\nSECRET\n2026-05-01 INFO done\n",
    "dictionary.txt": "mật\n  1. Chất lỏng do gan tiết ra.\n\ntối mật\n  Rất bí mật.\n\ntuyệt mật\n  Hết sức kín.\n",
    "crossword.txt": "Ô CHỮ\n\n1. Do ong làm ra\n2. Trái với công khai\n\nĐÁP ÁN\n\nMẬT\nBÍ MẬT\n",
    "school.txt": "BÀI 5: TIÊU HÓA\n\nGan tiết ra mật.\n\nGAN\nMẬT\nTỤY\nRUỘT NON\n",
    "motorbike.txt": "THONG BAO TIM XE\n\nTOI MAT XE MAY\nBien so 29-X1, mat tai cong cho.\n",
    "absent.txt": "UY BAN MAT TRAN\nDANH SACH VANG MAT\nNOI BO\n1. Tran Van Mat\n",
    "levels.md": "# Levels\n\n| Level | Colour |\n|---|---|\n| SECRET | red |\n\n- TOP SECRET\n- SECRET\n",
    "form.html": "<html><body><form><label>Độ mật</label><select name=d><option>Thường</option>"
                 "<option>Mật</option><option>Tối mật</option></select></form></body></html>",
    "script.html": "<html><head><script>var x='TUYỆT MẬT';</script><style>.s{content:'TỐI MẬT'}</style>"
                   "</head><body><!-- TUYỆT MẬT --><p>Tin trong ngày.</p></body></html>",
}
MAILS = {
    "footer": ("Lunch", "Shall we meet at noon?\n--\nCONFIDENTIALITY NOTICE: This e-mail and any attachments "
               "are confidential and intended solely for the addressee.\n"),
    "spam": ("CONFIDENTIAL: you have won", "Dear friend, keep this secret.\n"),
    "recipe": ("Secret recipe inside!", "Mix flour and honey.\n"),
    "password": ("[Hỗ trợ] Mật khẩu mới", "Mật khẩu tạm thời đã gửi qua tin nhắn.\n"),
}
