"""Douyin payloads as typed structs: only the fields this connector uses. Shop money is integer fen, Qianchuan
money a decimal number of yuan; shop times are Unix seconds where 0 means "not yet". Any field may be missing:
an app sees only the field packages of its approved scene.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec import Struct

from connectors.engine.values import Id, decoder

T = TypeVar("T")
EMPTY = msgspec.Raw(b"{}")


class Place(Struct):
    name: str | None = None


class Address(Struct):
    """Nothing finer than the province is declared, so nothing finer is decoded."""

    province: Place | None = None


class SkuOrder(Struct):
    """One line of a shop order; its `order_id` is the line's."""

    order_id: Id
    product_id: Id | None = None
    product_id_str: str | None = None
    sku_id: Id | None = None
    item_num: int = 0
    origin_amount: int | None = None
    order_amount: int | None = None
    shop_cost_amount: int | None = None
    platform_cost_amount: int | None = None
    given_product_type: str | None = None
    trade_type: int | None = None
    theme_type: Id | None = None
    room_id: Id | None = None
    room_id_str: str | None = None
    ad_env_type: str | None = None
    logistics_receipt_time: int | None = None
    confirm_receipt_time: int | None = None


class Phase(Struct):
    """One payment of a deposit presale: phase 1 the deposit, phase 2 the balance."""

    current_phase: int
    total_phase: int = 2
    pay_success: bool = False
    phase_pay_time: int | None = None
    phase_pay_amount: int | None = None


class ShopOrder(Struct):
    order_id: Id
    order_status: int
    create_time: int | None = None
    main_status: int | None = None
    pay_type: int | None = None
    trade_type: int | None = None
    pay_time: int | None = None
    update_time: int | None = None
    ship_time: int | None = None
    finish_time: int | None = None
    post_amount: int | None = None
    shop_cost_amount: int | None = None
    platform_cost_amount: int | None = None
    doudian_open_id: str | None = None
    post_addr: Address | None = None
    order_phase_list: list[Phase] | None = None
    sku_order_list: list[SkuOrder] | None = None


class OrderData(Struct):
    total: int | None = None
    shop_order_list: list[ShopOrder] | None = None
    shop_order_detail: ShopOrder | None = None


class AftersaleInfo(Struct):
    """`refund_amount` is what was applied for; what was paid back stands in the detail only."""

    aftersale_id: Id
    aftersale_type: int
    aftersale_status: int
    related_id: Id | None = None
    apply_time: int | None = None
    update_time: int | None = None
    refund_amount: int | None = None
    refund_post_amount: int | None = None
    refund_status: int | None = None
    aftersale_num: int | None = None


class RelatedOrder(Struct):
    sku_order_id: Id
    aftersale_pay_amount: int | None = None
    aftersale_item_num: int | None = None
    pay_amount: int | None = None


class AftersaleOrder(Struct):
    shop_order_id: Id | None = None
    related_order_info: list[RelatedOrder] | None = None


class TextPart(Struct):
    reason_text: str | None = None


class PaidBack(Struct):
    """`process_info.after_sale_info` of /afterSale/Detail."""

    real_refund_amount: int | None = None
    refund_post_amount: int | None = None
    refund_time: int | None = None
    refund_status: int | None = None


class ProcessInfo(Struct):
    after_sale_info: PaidBack | None = None


class DetailData(Struct):
    process_info: ProcessInfo | None = None


class Aftersale(Struct):
    """A row of /afterSale/List; `process_info` is put in from /afterSale/Detail where money was paid back."""

    aftersale_info: AftersaleInfo
    order_info: AftersaleOrder | None = None
    text_part: TextPart | None = None
    process_info: ProcessInfo | None = None


class AftersaleData(Struct):
    total: int | None = None
    items: list[Aftersale] | None = None


class Categories(Struct):
    first_cname: str | None = None


class Sku(Struct):
    """A row of /sku/list."""

    id: Id | None = None
    sku_id: Id | None = None


class Product(Struct):
    """A row of /product/listV2, which knows no SKUs; `skus` is put in from /sku/list."""

    product_id: Id
    name: str = ""
    status: int | None = None
    create_time: int | None = None
    update_time: int | None = None
    category_detail: Categories | None = None
    skus: list[Sku] | None = None


class SkuData(Struct):
    data: list[Sku] | None = None


class ProductData(Struct):
    total: int | None = None
    data: list[Product] | None = None


class AdRow(Struct):
    """A row of a Qianchuan report; plan and campaign only in the reports per plan."""

    stat_datetime: str
    ad_id: Id | None = None
    ad_name: str | None = None
    campaign_id: Id | None = None
    campaign_name: str | None = None
    marketing_goal: str | None = None
    stat_cost: Decimal | None = None
    show_cnt: int | None = None
    click_cnt: int | None = None
    pay_order_count: int | None = None
    pay_order_amount: Decimal | None = None


class Room(Struct):
    """A live room with its figures so far."""

    room_id: Id
    start_time: str
    end_time: str | None = None
    aweme_id: Id | None = None
    stat_cost: Decimal | None = None
    total_live_watch_cnt: int | None = None
    live_pay_order_gmv_alias: Decimal | None = None


class PageInfo(Struct):
    total_number: int | None = None


class AdsData(Struct):
    reports: list[AdRow] | None = msgspec.field(default=None, name="list")
    room_list: list[Room] | None = None
    page_info: PageInfo | None = None


class TokenData(Struct):
    access_token: str | None = None
    refresh_token: str | None = None
    expires_in: float | None = None
    shop_id: Id | None = None
    shop_name: str | None = None


class Answer(Struct):
    """The shop API's envelope; `data` is read again by whoever knows what it holds."""

    code: int
    msg: str = ""
    sub_code: str | None = None
    sub_msg: str | None = None
    data: msgspec.Raw = EMPTY


class AdsAnswer(Struct):
    code: int
    message: str = ""
    data: msgspec.Raw = EMPTY


def decode(body: bytes, kind: type[T]) -> T:
    """One JSON document as `kind`."""
    found: T = decoder(kind).decode(body)
    return found


def data(body: bytes, kind: type[T], envelope: type[Answer] | type[AdsAnswer] = Answer) -> T:
    """What stands inside the envelope; an empty `data` is an empty `kind`."""
    inner = bytes(decode(body, envelope).data)
    return decode(inner if inner != b"null" else b"{}", kind)


def skus(body: bytes) -> list[Sku]:
    """/sku/list gives the bare list as `data`; in some versions a `data` inside `data`."""
    inner = bytes(decode(body, Answer).data)
    return decode(inner, list[Sku]) if inner.startswith(b"[") else data(body, SkuData).data or []
