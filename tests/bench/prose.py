# SPDX-License-Identifier: Apache-2.0
"""Sentences as offices write them, without a marking."""
WORDS = """báo cáo kế hoạch công tác quý năm tỉnh huyện xã phường thực hiện triển khai đề nghị các
đơn vị phối hợp chỉ đạo kiểm tra giám sát kết quả nhiệm vụ giải pháp trọng tâm phát triển kinh tế xã
hội đầu tư xây dựng cơ sở hạ tầng giao thông thủy lợi giáo dục y tế văn hóa an ninh trật tự môi
trường tài nguyên quản lý nhà nước cải cách hành chính ứng dụng công nghệ thông tin dữ liệu mật khẩu
hệ thống người dân doanh nghiệp tổ chức cá nhân quy định pháp luật nghị định thông tư hướng dẫn""".split()


def sentence(rng):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(8, 22))).capitalize() + "."
