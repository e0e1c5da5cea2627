"""Which texts trip the wire and which must not: every false alarm that users of detectors report is a row."""

from __future__ import annotations

import pytest

from queries.privacy.tripwire import DETECTORS, identity_number_is_valid, scan, scan_value

PERSONAL = [
    ("查一下13800138000的订单", ["phone"]),
    ("what did +86 138 0013 8000 buy", ["phone"]),
    ("orders of 0086-13800138000", ["phone"]),
    ("phone 138-0013-8000 please", ["phone"]),
    ("查１３８００１３８０００", ["phone"]),
    ("＋８６１３８００１３８０００是谁", ["phone"]),
    ("座机 021-63412345 的客户", ["phone"]),
    ("call +44 20 7946 0958", ["phone"]),
    ("call (415) 555-2671", ["phone"]),
    ("what has li.na+shop@example.com.cn bought?", ["email"]),
    ("ｌｉｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ 买了什么", ["email"]),
    ("<mailto:a@b.cn|a@b.cn> orders", ["email", "email"]),
    ("身份证11010519491231002X", ["national_id"]),
    ("身份证１１０１０５１９４９１２３１００２Ｘ的退款", ["national_id"]),
    ("card 4111 1111 1111 1111 refunds", ["card"]),
    ("card 5500-0000-0000-0004", ["card"]),
    ("amex 378282246310005", ["card"]),
    ("银行卡6222021234567890128", ["card"]),
    ("13800138000 and a@b.com", ["phone", "email"]),
]

CLEAN = [
    "SCN-125 sales in 2026",
    "GMV from 2026-10-01 to 2026-11-11",
    "sales 20261001-20261111",
    "SKU13800138000 stock",
    "sku ABC-13800138000",
    "order 4782019930021185773",
    "订单 P712345678901234561 的状态",
    "taobao order 2984736152839475612",
    "product 10023456789",
    "item 678901234567",
    "订单金额超过13800000000元的店铺",
    "GMV above 15000000000 CNY",
    "GMV over ¥15000000000",
    "sales above 1,380,013,800",
    "ratio 0.13800138000",
    "top 10 products in Q3 2026, 618 vs 双11",
    "version 1.2.3-4567-8901",
    "11 digits 23800138000",
    "orders 100-200-3000",
    "110105194912310021 is no valid identity number",
    "999999999999999999",
    "4111 1111 1111 1112 fails Luhn",
    "@souk GMV last month",
    "between 08:00 and 20:00 on 2026-11-11",
    "2025-2026 compared",
    "同比2025年增长 12.5%",
    "",
]


@pytest.mark.parametrize(("text", "kinds"), PERSONAL)
def test_personal_data_in_a_sentence_is_found(text: str, kinds: list[str]) -> None:
    assert [hit.kind for hit in scan(text)] == kinds


@pytest.mark.parametrize("text", CLEAN)
def test_business_text_is_clean(text: str) -> None:
    assert scan(text) == []


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: f"{d.kind}:{d.example}")
def test_every_detector_finds_its_own_example(detector: object) -> None:
    assert scan_value(detector.example) == detector.kind  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (13800138000, "phone"),
        ("13800138000", "phone"),
        (" +8613800138000 ", "phone"),
        ("１３８００１３８０００", "phone"),
        ("a@b.cn", "email"),
        ("11010519491231002X", "national_id"),
        ("110105194912310021", None),
        (2026, None),
        ("SCN-125", None),
        ("125", None),
        (None, None),
        (True, None),
        (13.8, None),
        ("浙江省", None),
        ("paid on 2026", None),
        ("4782019930021185773", None),
        (4111111111111111, "card"),
    ],
)
def test_whole_values_are_judged_whole(value: object, kind: str | None) -> None:
    assert scan_value(value) == kind


def test_a_single_wrong_digit_breaks_an_identity_number() -> None:
    good = "11010519491231002X"
    for place in range(17):
        wrong = good[:place] + str((int(good[place]) + 1) % 10) + good[place + 1 :]
        assert not identity_number_is_valid(wrong)
    assert not identity_number_is_valid("110105194913310028")  # month 13


def test_a_hit_never_carries_the_value() -> None:
    assert "13800138000" not in repr(scan("call 13800138000"))
