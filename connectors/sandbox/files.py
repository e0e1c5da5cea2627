"""The exports that a merchant downloads by hand because no API gives them: CSV files and their mappings.

    write_files(world, folder)      # folder/traffic-taobao.csv beside folder/traffic-taobao.yaml, ...

The `file` connector imports such a folder. Chinese platforms' exports have Chinese headers (JD's in GB 18030,
as its back office saves them), the western shops' English ones.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from connectors.sandbox import exports
from connectors.sandbox.world import World
from connectors.sandbox.world.calendar import BEIJING

CHINESE = ("taobao", "jd", "douyin", "xiaohongshu")
SHOPS = (*CHINESE, "shopify", "woocommerce")
LOCAL_TIME = "%Y-%m-%d %H:%M:%S"
DATE_STYLE = {"taobao": "%Y-%m-%d", "jd": "%Y/%m/%d", "douyin": "%Y%m%d"}
CHANNELS = {
    "全部": "all", "搜索": "search", "推荐": "shelf", "付费推广": "ad", "直播": "live", "短视频": "video",
    "直接访问": "direct",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the contract's table and what exports call it; `words` are the Chinese export's values."""

    name: str
    zh: str
    en: str
    words: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """One kind of export: table, who has it, its columns, and the rows in that order."""

    kind: str
    table: str
    platforms: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: Callable[[World, str], Iterable[tuple[Any, ...]]]
    constants: Callable[[World, str], dict[str, str]]


def _currency(world: World, platform: str) -> dict[str, str]:
    return {"currency": world.shops[platform].currency}


def _nothing(world: World, platform: str) -> dict[str, str]:
    return {}


def _ads(world: World, platform: str) -> dict[str, str]:
    windows = {"taobao": "15d click", "jd": "15d click", "xiaohongshu": "7d click", "shopify": "7d click"}
    return {"attribution_window": windows[platform], **_currency(world, platform)}


DATE = Column("date", "日期", "Date")
CHANNEL = Column("channel", "渠道", "Channel", CHANNELS)
EXPORTS: tuple[Export, ...] = (
    Export("traffic", "traffic_daily", SHOPS, (
        DATE, CHANNEL, Column("product_id", "商品ID", "Product ID"), Column("visitors", "访客数", "Users"),
        Column("sessions", "会话数", "Sessions"), Column("page_views", "浏览量", "Views"),
        Column("impressions", "曝光量", "Impressions"), Column("clicks", "点击量", "Clicks"),
        Column("add_to_cart_visitors", "加购人数", "Add-to-cart users"),
        Column("paying_buyers", "支付买家数", "Purchasers")), exports.traffic, _nothing),
    Export("products", "products", ("taobao", "jd", "xiaohongshu"), (
        Column("product_id", "商品ID", "Product ID"), Column("sku_id", "SKU编号", "SKU ID"),
        Column("title", "商品名称", "Title"), Column("category", "类目", "Category"),
        Column("brand", "品牌", "Brand")), exports.products, _nothing),
    Export("costs", "unit_costs", SHOPS, (
        Column("sku_id", "SKU编号", "SKU ID"), Column("valid_from", "生效日期", "Valid from"),
        Column("unit_cost", "单位成本", "Unit cost")), exports.unit_costs, _currency),
    Export("fees", "fees", SHOPS, (
        Column("order_id", "订单编号", "Order ID"), Column("fee_type", "费用类型", "Fee", {
            "技术服务费": "commission", "支付手续费": "payment", "软件服务年费": "service", "仓配费": "fulfilment",
            "达人佣金": "creator", "仓储费": "storage"}),
        Column("amount", "金额", "Amount"), Column("charged_at", "扣费时间", "Charged at")), exports.fees, _currency),
    Export("settlements", "settlements", SHOPS, (
        Column("settlement_id", "结算单号", "Payout ID"), DATE, Column("amount", "结算金额", "Amount")),
        exports.settlements, _currency),
    Export("dashboard", "platform_native_daily", SHOPS, (
        DATE, Column("metric", "指标", "Metric", {"支付金额": "gmv", "支付订单数": "orders", "支付买家数": "buyers"}),
        Column("value", "数值", "Value"), Column("currency", "币种", "Currency")), exports.native, _nothing),
    Export("reviews", "reviews", tuple(name for name in SHOPS if name != "woocommerce"), (
        Column("review_id", "评价编号", "Review ID"), Column("product_id", "商品ID", "Product ID"),
        Column("rating", "星级", "Stars"), Column("created_at", "评价时间", "Written at"),
        Column("has_reply", "是否回复", "Replied", {"是": "true", "否": "false"})), exports.reviews,
        lambda world, platform: {"rating_scale": "5"}),
    Export("stock", "inventory_daily", ("taobao", "jd", "shopify"), (
        DATE, Column("sku_id", "SKU编号", "SKU ID"), Column("on_hand", "日末库存", "On hand"),
        Column("received", "入库数量", "Received")), exports.inventory, _nothing),
    Export("ads", "ad_daily", ("taobao", "jd", "xiaohongshu", "shopify"), (
        DATE, Column("campaign_id", "计划ID", "Campaign ID"), CHANNEL, Column("spend", "花费", "Cost"),
        Column("impressions", "展现量", "Impressions"), Column("clicks", "点击量", "Clicks"),
        Column("attributed_orders", "成交笔数", "Conversions"),
        Column("attributed_sales", "成交金额", "Conversion value")), exports.ads, _ads),
    Export("campaigns", "campaigns", ("taobao", "jd", "xiaohongshu", "shopify"), (
        Column("campaign_id", "计划ID", "Campaign ID"), Column("name", "计划名称", "Campaign"), CHANNEL,
        Column("status", "状态", "Status", {"投放中": "active", "已结束": "ended"}),
        Column("starts_on", "开始日期", "Start")), exports.campaigns, _nothing),
    Export("live", "live_sessions", ("taobao", "xiaohongshu"), (
        Column("session_id", "场次ID", "Session"), Column("host_type", "主播类型", "Host", {
            "自播": "self", "达播": "creator", "虚拟主播": "virtual"}),
        Column("started_at", "开播时间", "Start"), Column("ended_at", "下播时间", "End"),
        Column("viewers_uv", "观看人数", "Viewers"), Column("views_pv", "观看次数", "Views"),
        Column("peak_online", "最高在线", "Peak"), Column("product_click_uv", "商品点击人数", "Clickers"),
        Column("paying_buyers", "成交人数", "Buyers"), Column("gmv_in_session", "成交金额", "Sales"),
        Column("new_followers", "新增粉丝", "Followers"), Column("ad_spend", "投流金额", "Ad cost")),
        exports.live, _currency),
    Export("social", "social_daily", ("weibo", "douyin", "xiaohongshu"), (
        DATE, Column("account", "账号", "Account"), Column("followers", "粉丝数", "Followers"),
        Column("posts", "发布数", "Posts"), Column("impressions", "阅读量", "Reads"), Column("likes", "点赞", "Likes"),
        Column("comments", "评论", "Comments"), Column("shares", "转发", "Shares")), exports.social, _nothing),
    Export("old-orders", "orders", ("douyin",), (
        Column("order_id", "订单编号", "Order"), Column("status", "订单状态", "Status", exports.ORDER_WORDS),
        Column("order_type", "订单类型", "Type", {"普通": "normal", "预售": "presale"}),
        Column("buyer", "买家ID", "Buyer"), Column("created_at", "下单时间", "Created"),
        Column("paid_at", "支付时间", "Paid"), Column("deposit_amount", "定金", "Deposit"),
        Column("deposit_paid_at", "定金支付时间", "Deposit paid"), Column("balance_paid_at", "尾款支付时间", "Balance"),
        Column("shipped_at", "发货时间", "Shipped"), Column("delivered_at", "签收时间", "Delivered"),
        Column("cancelled_at", "取消时间", "Cancelled"), Column("modified_at", "更新时间", "Changed"),
        Column("list_amount", "商品总价", "List"), Column("seller_discount", "商家优惠", "Seller discount"),
        Column("platform_discount", "平台优惠", "Platform discount"), Column("shipping_amount", "运费", "Shipping"),
        Column("channel", "流量体裁", "Channel", {"直播": "live", "广告": "ad", "其他": "unknown"}),
        Column("live_session_id", "直播间ID", "Session"), Column("region", "收货省份", "Region")),
        exports.old_orders, _currency),
    Export("old-order-lines", "order_lines", ("douyin",), (
        Column("order_id", "订单编号", "Order"), Column("line_id", "子订单编号", "Line"),
        Column("product_id", "商品ID", "Product"), Column("sku_id", "SKU编号", "SKU"),
        Column("quantity", "数量", "Quantity"), Column("list_amount", "商品总价", "List"),
        Column("seller_discount", "商家优惠", "Seller discount"),
        Column("platform_discount", "平台优惠", "Platform discount"),
        Column("is_gift", "是否赠品", "Gift", {"是": "true", "否": "false"})), exports.old_lines, _nothing),
    Export("old-refunds", "refunds", ("douyin",), (
        Column("refund_id", "售后编号", "Refund"), Column("order_id", "订单编号", "Order"),
        Column("line_id", "子订单编号", "Line"), Column("refund_type", "售后类型", "Type", exports.REFUND_WORDS),
        Column("status", "售后状态", "Status", exports.STAGE_WORDS), Column("requested_at", "申请时间", "Requested"),
        Column("refunded_at", "退款时间", "Refunded"), Column("modified_at", "更新时间", "Changed"),
        Column("quantity", "退货数量", "Quantity"), Column("goods_amount", "退商品金额", "Goods"),
        Column("shipping_amount", "退运费", "Shipping"),
        Column("restocked", "是否入库", "Restocked", {"是": "true", "否": "false"}),
        Column("reason_code", "原因", "Reason", exports.REASON_WORDS)), exports.old_refunds, _nothing),
)  # fmt: skip


def write_files(world: World, folder: Path, shop_ids: Mapping[str, str] | None = None) -> list[Path]:
    """Write every export with its mapping into `folder`; returns the mappings. `shop_ids` are the ids under
    which the connections know the shops, where these are not the world's own (a store's host)."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for export in EXPORTS:
        for platform in export.platforms:
            shop_id = (shop_ids or {}).get(platform, world.shops[platform].shop_id)
            written.append(_write(world, folder, export, platform, shop_id))
    return written


def _write(world: World, folder: Path, export: Export, platform: str, shop_id: str) -> Path:
    chinese = platform not in ("shopify", "woocommerce")
    encoding = "gb18030" if platform == "jd" else "utf-8-sig"
    style = DATE_STYLE.get(platform, "%Y-%m-%d")
    zone = BEIJING if chinese else ZoneInfo(world.shops[platform].tz)
    name = f"{export.kind}-{platform}"
    with (folder / f"{name}.csv").open("w", encoding=encoding, newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(column.zh if chinese else column.en for column in export.columns)
        spoken = [{v: k for k, v in (column.words or {}).items()} if chinese else {} for column in export.columns]
        for row in export.rows(world, platform):
            sheet.writerow(
                words.get(cell, cell) if words else _cell(cell, style, zone)
                for cell, words in zip(row, spoken, strict=True)
            )
    mapping: dict[str, Any] = {"file": f"{name}.csv", "table": export.table, "platform": platform, "shop_id": shop_id}
    mapping |= {"encoding": encoding, "zone": world.shops[platform].tz}
    mapping["columns"] = {column.name: _place(column, chinese, style) for column in export.columns}
    if constants := export.constants(world, platform):
        mapping["constants"] = constants
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(mapping, allow_unicode=True, sort_keys=False), "utf-8")
    return path


def _cell(value: Any, style: str, zone: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime(LOCAL_TIME)
    return value.strftime(style) if isinstance(value, date) else value


def _place(column: Column, chinese: bool, style: str) -> str | dict[str, Any]:
    header = column.zh if chinese else column.en
    if column.words and chinese:
        return {"from": header, "values": dict(column.words)}
    if column.name in ("date", "valid_from", "starts_on") and style != "%Y-%m-%d":
        return {"from": header, "format": style}
    if column.name.endswith("_at"):
        return {"from": header, "format": LOCAL_TIME}
    return header
