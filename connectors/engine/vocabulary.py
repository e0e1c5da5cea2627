"""Platforms' Chinese words in the contract's vocabulary: provinces and refund reasons.

Examples: province("浙江省") -> "浙江"; reason_code("七天无理由退货") -> "changed_mind".
"""

from __future__ import annotations

SUFFIXES = ("特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市")
"""What platforms add to a province's name or leave out: taobao says 浙江省, jd says 浙江. Longest first."""

REASONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("quality", ("质量", "破损", "损坏", "瑕疵", "假货", "假冒", "描述不符", "变质", "过期", "故障",
                 "做工", "材质", "色差", "污渍", "起球", "quality", "defect", "damaged")),
    ("size", ("尺码", "尺寸", "大小", "偏大", "偏小", "size")),
    ("late", ("发货", "物流", "快递", "配送", "未收到", "没收到", "太慢", "延迟", "超时", "缺货", "late")),
    ("changed_mind", ("不想要", "不喜欢", "无理由", "拍错", "多拍", "买错", "买多", "信息填写",
                      "信息错误", "不需要", "不合适", "效果不好", "降价", "协商一致", "changed")),
)
"""Pick-list reasons by the words in them; the first row that matches wins."""


def province(name: str | None) -> str | None:
    """The short name of a province, so that one province is one region on every platform. None stays None.

    >>> province("广西壮族自治区"), province("北京市"), province("内蒙古")
    ('广西', '北京', '内蒙古')
    """
    if not name or not name.strip():
        return None
    short = name.strip()
    for suffix in SUFFIXES:
        if short.endswith(suffix) and len(short) - len(suffix) >= 2:
            return short[: -len(suffix)]
    return short


def reason_code(reason: str | None) -> str | None:
    """A short code for the reason a buyer picked: never the words themselves. No reason is None.

    >>> reason_code("商品质量问题"), reason_code("尺码不合适"), reason_code("别的"), reason_code("")
    ('quality', 'size', 'other', None)
    """
    if not reason or not reason.strip():
        return None
    words = reason.lower()
    return next((code for code, signs in REASONS if any(sign in words for sign in signs)), "other")


PROVINCES = (
    *("北京", "天津", "上海", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽", "福建", "江西"),
    *("山东", "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州", "云南", "陕西", "甘肃", "青海", "内蒙古", "广西"),
    *("西藏", "宁夏", "新疆", "香港", "澳门", "台湾"),
)


def province_of(address: str) -> str | None:
    """The province that an address begins with, and nothing of the rest; None where none is recognised.

    >>> province_of("江西南昌市青山湖区某路1号"), province_of("广西壮族自治区 南宁市"), province_of("***")
    ('江西', '广西', None)
    """
    return next((name for name in PROVINCES if address.lstrip().startswith(name)), None)
