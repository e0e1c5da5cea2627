"""World rows in Douyin's wire form: fen and Unix seconds for the shop, yuan and Beijing text for Qianchuan."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from connectors.engine.values import to_beijing
from connectors.sandbox.world import (
    AdRow,
    LiveRow,
    World,
    WorldCampaign,
    WorldLine,
    WorldOrder,
    WorldProduct,
    WorldRefund,
    WorldSku,
)

UNHEARD_OF = 977
"""A status number that no mapping knows."""
AFTERSALE_TYPE = {"return_refund": 0, "refund_only": 1, "cancel_before_ship": 2, "exchange": 3,
                  "price_protection": 6, "compensation": 1}
FLAGS = {"none": 0, "grey": 0, "purple": 1, "blue": 2, "green": 3, "yellow": 4, "red": 5}
PRODUCT_STATUS = {"on_sale": 0, "off_shelf": 1, "deleted": 2}


def stamp(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0


def sealed(value: str, mark: str) -> str:
    """A ciphertext as the platform forms it: opaque, between its marks."""
    return f"{mark}{hashlib.sha256(value.encode()).hexdigest()[:24]}{mark}"


def statuses(order: WorldOrder) -> tuple[int, int]:
    """(order_status, main_status)"""
    if order.native_status:
        return (int(order.native_status) if order.native_status.isdigit() else UNHEARD_OF,) * 2
    if order.closed_at:
        return 4, 39 if order.completed_at else 22
    if order.cancelled_at:
        return 4, 21 if order.paid_at else 4
    if order.completed_at:
        return 5, 5
    if order.shipped_at:
        return 3, 3
    if order.part_shipped_at:
        return 101, 101
    if order.paid_at or order.payment_type == "cod":
        return 2, 2
    return 1, 103 if order.deposit_paid_at else 1


def amounts(lines: Sequence[WorldLine]) -> dict[str, int]:
    """Who ran the campaigns (promotion_*) and who bears them (*_cost_*): shared ones make them differ."""
    seller, platform, talent, shared = (
        sum(getattr(line, name) for line in lines)
        for name in ("seller_discount", "platform_discount", "talent_discount", "shared_discount"))
    return {
        "order_amount": sum(line.list_amount for line in lines), "promotion_amount": seller + platform,
        "promotion_shop_amount": seller - shared, "promotion_platform_amount": platform - talent + shared,
        "promotion_talent_amount": talent, "shop_cost_amount": seller, "platform_cost_amount": platform,
        "only_platform_cost_amount": platform - talent, "author_cost_amount": talent}


def order(world: World, order: WorldOrder) -> dict[str, Any]:
    buyer, (status, main) = order.buyer, statuses(order)
    shop, money = world.shops["douyin"], amounts(order.lines)
    return {
        "order_id": order.order_id, "shop_id": int(shop.shop_id), "shop_name": shop.name, "order_level": 2,
        "order_status": status, "order_status_desc": "", "main_status": main, "main_status_desc": "",
        "order_type": 0, "order_type_desc": "普通订单", "trade_type": 0, "b_type": 2,
        "pay_type": 0 if order.payment_type == "cod" else 1, "create_time": stamp(order.created_at),
        "pay_time": stamp(order.paid_at), "update_time": stamp(order.modified_at),
        "ship_time": stamp(order.part_shipped_at or order.shipped_at), "finish_time": stamp(order.completed_at),
        **money, "pay_amount": money["order_amount"] - money["promotion_amount"] + order.shipping,
        "post_amount": order.shipping, "promotion_pay_amount": order.pay_discount,
        "doudian_open_id": buyer.buyer_id, "seller_remark_stars": FLAGS[order.flag],
        "buyer_words": order.buyer_note, "seller_words": order.memo, "open_id": "",
        "post_receiver": buyer.name, "encrypt_post_receiver": sealed(buyer.name, "##"),
        "mask_post_receiver": f"{buyer.name[:1]}*", "post_tel": buyer.phone,
        "encrypt_post_tel": sealed(buyer.phone, "$$"), "mask_post_tel": f"{buyer.phone[:1]}********{buyer.phone[-2:]}",
        "post_addr": {
            "province": {"id": "33", "name": buyer.province}, "city": {"id": "330100", "name": buyer.city},
            "town": {"id": "330106", "name": ""}, "street": {"id": "", "name": ""},
            "detail": buyer.address, "encrypt_detail": sealed(buyer.address, "##")},
        "order_phase_list": phases(order) if order.order_type == "presale" else [],
        "sku_order_list": [sku_order(order, line, status) for line in order.lines]}


def phases(order: WorldOrder) -> list[dict[str, Any]]:
    """Deposit and balance; the postage is paid with the balance."""
    rest = order.total - order.deposit
    return [{"phase_order_id": f"{order.order_id}{number}", "total_phase": 2, "current_phase": number,
             "sku_order_id": order.lines[0].line_id, "pay_success": paid is not None, "phase_pay_time": stamp(paid),
             "phase_pay_amount": amount}
            for number, paid, amount in ((1, order.deposit_paid_at, order.deposit),
                                         (2, order.balance_paid_at, rest))]


def sku_order(order: WorldOrder, line: WorldLine, status: int) -> dict[str, Any]:
    live, money = order.channel == "live", amounts([line])
    product, room = line.product, order.live_session_id or "0"
    advert = {"ad": "video", "live": "live" if order.creator else ""}.get(order.channel, "")
    return {
        "order_id": line.line_id, "parent_order_id": order.order_id, "order_level": 3, "order_status": status,
        "product_id": int(product.product_id), "product_id_str": product.product_id,
        "product_name": product.title, "sku_id": int(line.sku.sku_id), "out_sku_id": line.sku.outer_id,
        "code": line.sku.outer_id, "item_num": line.quantity, "origin_amount": line.price,
        "sum_amount": line.list_amount, **money, "pay_amount": line.paid,
        "trade_type": 2 if order.order_type == "presale" else 0, "pre_sale_type": 0,
        "given_product_type": "FREE" if line.is_gift else "", "theme_type": "1" if live else "0",
        "room_id": int(room), "room_id_str": room, "ad_env_type": advert,
        "author_id": int(order.creator_id or 0), "author_name": order.creator or "", "c_biz": 2 if live else 0,
        "cid": 0, "spec": [{"name": name, "value": value} for name, _, value in [line.sku.spec.partition(":")]],
        "logistics_receipt_time": stamp(order.delivered_at),
        "confirm_receipt_time": stamp(order.completed_at),
        "after_sale_info": {"after_sale_status": 0, "after_sale_type": 0, "refund_status": 0}}


def aftersale_status(case: WorldRefund) -> int:
    exchange, back = case.kind == "exchange", case.kind in ("return_refund", "exchange")
    match case.stage:
        case "requested":
            return 6
        case "approved":
            return 7 if back else 12
        case "returned":
            return 8 if exchange else 11
        case "success":
            return 14 if exchange else 12
        case "rejected":
            return 29 if case.returned_at else 27
        case _:
            return 28


def refund_status(case: WorldRefund) -> int:
    """1 to refund, 2 on its way, 3 paid back."""
    return 3 if case.refunded_at and case.kind != "exchange" else 2 if case.approved_at else 1


def aftersale(world: World, case: WorldRefund) -> dict[str, Any]:
    """The amount here is the one applied for: the buyer asks for the platform's coupon too."""
    order = world.order("douyin", case.order_id)
    assert order is not None
    part = case.lines[0]
    line = next(line for line in order.lines if line.line_id == part.line_id)
    return {
        "aftersale_info": {
            "aftersale_id": case.refund_id, "aftersale_order_type": 1, "aftersale_type": AFTERSALE_TYPE[case.kind],
            "aftersale_status": aftersale_status(case), "related_id": part.line_id,
            "apply_time": stamp(case.requested_at), "create_time": stamp(case.requested_at),
            "update_time": stamp(case.modified_at), "status_deadline": 0,
            "refund_amount": case.total + case.promotion_back, "refund_post_amount": case.shipping,
            "refund_tax_amount": 0, "return_promotion_amount": case.promotion_back,
            "aftersale_num": part.quantity, "part_type": 0, "aftersale_refund_type": 0, "refund_type": 0,
            "refund_status": refund_status(case), "arbitrate_status": 0, "remark": order.memo},
        "order_info": {"shop_order_id": case.order_id, "order_flag": 0, "related_order_info": [{
            "sku_order_id": part.line_id, "product_id": int(line.product.product_id), "item_num": line.quantity,
            "order_status": statuses(order)[0], "price": line.price, "pay_amount": line.paid,
            "aftersale_pay_amount": part.goods, "aftersale_post_amount": case.shipping,
            "aftersale_item_num": part.quantity, "create_time": stamp(order.created_at),
            "product_name": line.product.title, "shop_sku_code": line.sku.outer_id}]},
        "text_part": {"aftersale_status_text": "", "reason_text": case.reason_text}, "seller_logs": []}


def aftersale_detail(world: World, case: WorldRefund) -> dict[str, Any]:
    paid, order = case.refunded_at is not None, world.order("douyin", case.order_id)
    assert order is not None
    exchange = case.kind == "exchange"
    return {
        "process_info": {"after_sale_info": {
            "after_sale_id": int(case.refund_id), "after_sale_status": aftersale_status(case),
            "after_sale_type": AFTERSALE_TYPE[case.kind], "refund_status": refund_status(case),
            "refund_total_amount": case.total + case.promotion_back, "refund_post_amount": case.shipping,
            "real_refund_amount": case.total if paid else 0, "refund_time": stamp(case.refunded_at),
            "apply_time": stamp(case.requested_at), "update_time": stamp(case.modified_at),
            "reason": case.reason_text, "reason_remark": case.note,
            "post_receiver": order.buyer.name if exchange else "",
            "post_tel_sec": order.buyer.phone if exchange else ""}},
        "order_info": {"shop_order_id": int(case.order_id), "sku_order_infos": []}}


def product(item: WorldProduct) -> dict[str, Any]:
    return {
        "product_id": int(item.product_id), "name": item.title, "status": PRODUCT_STATUS[item.status],
        "check_status": 3, "create_time": stamp(item.listed_at), "update_time": stamp(item.modified_at),
        "product_type": 0, "outer_product_id": item.outer_id, "img": "", "mobile": "",
        "category_detail": {"first_cid": 1, "first_cname": item.category, "second_cid": 0, "second_cname": ""}}


def sku(item: WorldProduct, sku: WorldSku) -> dict[str, Any]:
    return {"id": int(sku.sku_id), "product_id": int(item.product_id), "product_id_str": item.product_id,
            "price": sku.price, "code": sku.outer_id, "stock_num": 100, "create_time": stamp(item.listed_at)}


def report(rows: Sequence[AdRow], plans: Mapping[str, WorldCampaign]) -> list[dict[str, Any]]:
    """Daily sums: per plan where plans are given, else of the whole account."""
    sums: dict[tuple[date, str], list[AdRow]] = {}
    for row in rows:
        sums.setdefault((row.date, row.ad_id if plans else ""), []).append(row)
    return [_plan(day, ad_id, parts, plans) for (day, ad_id), parts in sorted(sums.items())]


def _plan(day: date, ad_id: str, parts: Sequence[AdRow], plans: Mapping[str, WorldCampaign]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "stat_datetime": f"{day} 00:00:00", "stat_cost": sum(part.spend for part in parts) / 100,
        "show_cnt": sum(part.impressions for part in parts), "click_cnt": sum(part.clicks for part in parts),
        "convert_cnt": 0, "pay_order_count": sum(part.orders for part in parts),
        "pay_order_amount": sum(part.sales for part in parts) / 100}
    if plans:
        plan = plans[parts[0].campaign_id]
        row |= {"ad_id": int(ad_id), "ad_name": plan.name, "campaign_id": int(plan.campaign_id),
                "campaign_name": plan.name,
                "marketing_goal": "LIVE_PROM_GOODS" if plan.channel == "live" else "VIDEO_PROM_GOODS"}
    return row


def room(row: LiveRow) -> dict[str, Any]:
    return {
        "room_id": int(row.session_id), "room_title": row.title, "room_status": "FINISH" if row.ended_at else "LIVING",
        "start_time": to_beijing(row.started_at), "end_time": to_beijing(row.ended_at) if row.ended_at else "",
        "aweme_id": int(row.host_id), "aweme_name": row.host, "anchor_id": int(row.host_id), "anchor_name": row.host,
        "stat_cost": row.ad_spend / 100, "total_live_watch_cnt": row.views_pv,
        "live_pay_order_gmv_alias": row.gmv / 100, "luban_live_pay_order_gmv": row.gmv // 3 / 100}
