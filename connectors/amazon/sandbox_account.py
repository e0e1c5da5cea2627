"""What a seller's account on Amazon shows of the sandbox world: orders, report files, transactions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.sandbox.world import World, WorldLine, WorldOrder, WorldRefund, major, money
from connectors.sandbox.world.numbers import child_asin

Row = dict[str, Any]
MARKETPLACES = {"US": ("ATVPDKIKX0DER", "Amazon.com"), "JP": ("A1VC38T7YXB528", "Amazon.co.jp")}
COLUMNS = (
    "amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status",
    "fulfillment-channel", "sales-channel", "order-channel", "ship-service-level", "product-name", "sku", "asin",
    "item-status", "quantity", "currency", "item-price", "item-tax", "shipping-price", "shipping-tax",
    "gift-wrap-price", "gift-wrap-tax", "item-promotion-discount", "ship-promotion-discount", "ship-city",
    "ship-state", "ship-postal-code", "ship-country", "promotion-ids", "is-business-order",
    "purchase-order-number", "price-designation",
)  # fmt: skip
LISTING_COLUMNS = ("item-name", "item-description", "listing-id", "seller-sku", "price", "quantity", "open-date",
                   "asin1", "product-id", "fulfillment-channel", "status")  # fmt: skip
SETTLEMENT_COLUMNS = ("settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount",
                      "currency", "transaction-type", "order-id", "amount-type", "amount")  # fmt: skip
STATUS = {"open": "Pending", "paid": "Unshipped", "cancelled": "Cancelled"}
WORDS = {"open": "PENDING", "paid": "UNSHIPPED", "cancelled": "CANCELLED"}
WITHHELD = ("USD", "CAD")
"""Where Amazon collects the tax itself."""


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def by_amazon(order: WorldOrder) -> bool:
    """Every second order is sent from Amazon's own stock: its parcels are not shown."""
    return order.number % 2 == 0


def priced(order: WorldOrder) -> bool:
    """Pending and cancelled orders show no prices."""
    return order.status not in ("open", "cancelled")


class Account:
    def __init__(self, world: World) -> None:
        self.world, self.shop = world, world.shops["amazon"]
        self.marketplace = MARKETPLACES[self.shop.country]
        self.files: dict[str, Callable[..., bytes | None]] = {
            "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL": self.order_file,
            "GET_MERCHANT_LISTINGS_ALL_DATA": self.listing_file,
            "GET_SALES_AND_TRAFFIC_REPORT": self.sales_file,
        }

    def participations(self) -> list[Row]:
        places = {"US": ("USD", "en_US"), "JP": ("JPY", "ja_JP")}
        return [
            {"marketplace": {"id": number, "name": domain, "countryCode": country, "domainName": domain.lower(),
                             "defaultCurrencyCode": places[country][0], "defaultLanguageCode": places[country][1]},
             "participation": {"isParticipating": True, "hasSuspendedListings": False}, "storeName": self.shop.name}
            for country, (number, domain) in MARKETPLACES.items()
        ]  # fmt: skip

    # -- orders ----------------------------------------------------------------------------------------------

    def order(self, order: WorldOrder) -> Row:
        shown: Row = {
            "orderId": order.order_id, "createdTime": stamp(order.created_at), "programs": [],
            "lastUpdatedTime": stamp(order.modified_at), "associatedOrders": [],
            "salesChannel": {"channelName": "AMAZON", "marketplaceId": self.marketplace[0],
                             "marketplaceName": self.marketplace[1]},
            "fulfillment": {"fulfillmentStatus": order.native_status or WORDS.get(order.status, "SHIPPED"),
                            "fulfilledBy": "AMAZON" if by_amazon(order) else "MERCHANT",
                            "fulfillmentServiceLevel": "STANDARD"},
            "orderItems": [self._item(order, place) for place in range(len(order.lines))],
        }  # fmt: skip
        if priced(order):
            shown["proceeds"] = {"grandTotal": self._money(order, order.total)}
            if order.shipped_at and not by_amazon(order):
                shown["packages"] = [{
                    "packageReferenceId": "1", "createdTime": stamp(order.shipped_at), "carrier": "UPS",
                    "shipTime": stamp(order.shipped_at), "trackingNumber": f"1Z{order.number:016d}",
                    "packageStatus": {"status": "DELIVERED" if order.delivered_at else "IN_TRANSIT"}}]  # fmt: skip
        return shown

    def _money(self, order: WorldOrder, minor: int) -> Row:
        return {"amount": money(minor, order.currency), "currencyCode": order.currency}

    def _item(self, order: WorldOrder, place: int) -> Row:
        line = order.lines[place]
        item: Row = {
            "orderItemId": line.line_id, "quantityOrdered": line.quantity if order.status != "cancelled" else 0,
            "product": {"asin": child_asin(line.sku.sku_id), "title": line.product.title,
                        "sellerSku": line.sku.sku_id, "condition": {"conditionType": "NEW"}}}  # fmt: skip
        if priced(order):
            item["product"]["price"] = {"unitPrice": self._money(order, line.price)}
            postage, tax = self._postage(order, place)
            parts = [("ITEM", line.list_amount, []), ("SHIPPING", postage, []),
                     ("TAX", line.tax + tax, [("ITEM", line.tax), ("SHIPPING", tax)]),
                     ("DISCOUNT", -line.seller_discount, [("ITEM", -line.seller_discount)])]  # fmt: skip
            item["proceeds"] = {
                "proceedsTotal": self._money(order, line.paid + postage + line.tax + tax),
                "breakdowns": [
                    {"type": kind, "subtotal": self._money(order, minor),
                     "detailedBreakdowns": [{"subtype": part, "value": self._money(order, share)}
                                            for part, share in detail if share]}
                    for kind, minor, detail in parts if minor or kind == "ITEM"]}  # fmt: skip
        return item

    def _postage(self, order: WorldOrder, place: int) -> tuple[int, int]:
        """Postage and its tax stand with the first line."""
        return (order.shipping, order.shipping_tax) if place == 0 else (0, 0)

    # -- report files ----------------------------------------------------------------------------------------

    def order_file(self, start: str, end: str) -> bytes | None:
        span = (datetime.fromisoformat(start), datetime.fromisoformat(end) + timedelta(seconds=1))
        found = self.world.orders("amazon", modified=span)
        rows = [row for order in found for row in self._rows(order)]
        return _file(COLUMNS, rows) if rows else None

    def sales_file(self, start: str, end: str) -> bytes | None:
        """One document; a day has its figures from the next one on."""
        first, last = (date.fromisoformat(moment[:10]) for moment in (start, end))
        seen = {row.date: row for row in self.world.traffic("amazon") if row.channel == "all" and not row.product_id}
        sold = {row.date: row for row in self.world.native("amazon") if row.metric == "gmv"}
        shown = [{
            "date": day.isoformat(),
            "salesByDate": {"orderedProductSales": {
                "amount": float(major(sold[day].value if day in sold else 0)), "currencyCode": self.shop.currency},
                "unitsOrdered": sold[day].value % 7 if day in sold else 0, "refundRate": 4.35},
            "trafficByDate": {"sessions": row.sessions, "pageViews": row.page_views, "buyBoxPercentage": 97.5},
        } for day, row in sorted(seen.items()) if first <= day <= last]
        document = {"reportSpecification": {"reportType": "GET_SALES_AND_TRAFFIC_REPORT"},
                    "salesAndTrafficByDate": shown, "salesAndTrafficByAsin": []}
        return json.dumps(document, indent=2).encode() if shown else None

    def settlement_file(self, row: Any) -> bytes:
        """The first line is the payout; those below it explain it and have no total."""
        paid = {"settlement-id": row.settlement_id, "settlement-end-date": f"{row.date}T03:00:00+00:00",
                "deposit-date": f"{row.date} 20:00:00 UTC", "total-amount": money(row.amount, row.currency),
                "currency": row.currency}
        part = {"settlement-id": row.settlement_id, "transaction-type": "Order", "amount": "1.00"}
        return _file(SETTLEMENT_COLUMNS, [paid, part])

    def stock(self) -> list[Row]:
        latest = {row.sku_id: row for row in self.world.inventory("amazon")}
        return [{"asin": child_asin(row.sku_id), "sellerSku": row.sku_id, "condition": "NewItem",
                 "inventoryDetails": {"fulfillableQuantity": row.on_hand, "inboundShippedQuantity": 4},
                 "totalQuantity": row.on_hand + 4, "productName": "x"} for _, row in sorted(latest.items())]

    def _rows(self, order: WorldOrder) -> Iterator[Row]:
        person = order.buyer
        status = order.native_status or STATUS.get(order.status, "Shipped")
        if order.delivered_at and not by_amazon(order) and status == "Shipped":
            status = "Shipped - Delivered to Buyer"
        for place, line in enumerate(order.lines):
            row = {
                "amazon-order-id": order.order_id, "merchant-order-id": order.order_id, "order-status": status,
                "purchase-date": order.created_at.isoformat(), "last-updated-date": order.modified_at.isoformat(),
                "fulfillment-channel": "Amazon" if by_amazon(order) else "Merchant",
                "sales-channel": self.marketplace[1], "ship-service-level": "Standard",
                "product-name": line.product.title, "sku": line.sku.sku_id, "asin": child_asin(line.sku.sku_id),
                "item-status": status.partition(" - ")[0], "quantity": line.quantity, "ship-city": person.city,
                "ship-state": person.province, "ship-postal-code": person.postcode, "ship-country": person.country,
                "is-business-order": "false"}  # fmt: skip
            yield row | self._prices(order, line, place) if priced(order) else self._without(row, order)

    def _without(self, row: Row, order: WorldOrder) -> Row:
        return row | {"quantity": 0} if order.status == "cancelled" else row

    def _prices(self, order: WorldOrder, line: WorldLine, place: int) -> Row:
        postage, tax = self._postage(order, place)
        amounts = {"item-price": line.list_amount, "item-tax": line.tax, "shipping-price": postage,
                   "shipping-tax": tax, "item-promotion-discount": line.seller_discount}  # fmt: skip
        return {"currency": order.currency} | {name: money(minor, order.currency) for name, minor in amounts.items()}

    def listing_file(self, *_period: str | None) -> bytes | None:
        rows = [
            {"item-name": product.title, "seller-sku": sku.sku_id, "asin1": child_asin(sku.sku_id),
             "price": money(sku.price, self.shop.currency), "product-id": child_asin(sku.sku_id),
             "open-date": f"{(product.listed_at - timedelta(hours=8)):%Y-%m-%d %H:%M:%S} PST",
             "status": "Active" if product.status == "on_sale" else "Inactive"}
            for product in self.world.products("amazon") for sku in product.skus
        ]  # fmt: skip
        return _file(LISTING_COLUMNS, rows)

    # -- finances --------------------------------------------------------------------------------------------

    def transactions(self, since: datetime, until: datetime) -> list[Row]:
        """Oldest first. An order's money is posted when it is sent, a refund's when it goes back."""
        fees = self.world.fees("amazon")
        by_order: dict[str, list[Any]] = {}
        for fee in fees:
            by_order.setdefault(fee.order_id or "", []).append(fee)
        found = [self._shipment(order, by_order.get(order.order_id, []))
                 for order in self.world.orders("amazon")
                 if order.shipped_at and not order.cancelled_at and since <= order.shipped_at < until]  # fmt: skip
        found += [self._refund(case) for case in self.world.refunds("amazon")
                  if case.refunded_at and since <= case.refunded_at < until]  # fmt: skip
        found += [self._monthly(fee) for fee in by_order.get("", []) if since <= fee.charged_at < until]
        return sorted(found, key=lambda one: (one["postedDate"], one["transactionId"]))

    def _head(self, kind: str, number: str, at: datetime, **related: str) -> Row:
        return {
            "sellingPartnerMetadata": {"sellingPartnerId": self.shop.shop_id, "accountType": "Standard Orders",
                                       "marketplaceId": self.marketplace[0]},
            "transactionType": kind, "transactionId": number, "transactionStatus": "RELEASED", "postedDate": stamp(at),
            "description": "Refund Order" if kind == "Refund" else "Order Payment",
            "relatedIdentifiers": [{"relatedIdentifierName": name, "relatedIdentifierValue": value}
                                   for name, value in related.items()]}  # fmt: skip

    def _shipment(self, order: WorldOrder, charged: list[Any]) -> Row:
        assert order.shipped_at
        head = self._head("Shipment", f"S-{order.order_id}", order.shipped_at, ORDER_ID=order.order_id)
        goods = [self._part(order.currency, line, line.list_amount, -line.seller_discount, line.tax, 0)
                 for line in order.lines]  # fmt: skip
        costs = [self._tree(order.currency, ("AmazonFees", "Commission" if fee.fee_type == "commission"
                            else "FBAPerUnitFulfillmentFee", "Base"), -fee.amount) for fee in charged]  # fmt: skip
        goods[0]["breakdowns"] += costs
        return head | {"items": goods}

    def _refund(self, case: WorldRefund) -> Row:
        order = self.world.order("amazon", case.order_id)
        assert order and case.refunded_at
        head = self._head("Refund", f"R-{case.refund_id}", case.refunded_at, ORDER_ID=case.order_id,
                          REFUND_ID=case.refund_id)  # fmt: skip
        lines, currency = {line.line_id: line for line in order.lines}, order.currency
        if not case.lines:
            return head | {"items": [], "breakdowns": self._part(currency, None, -case.total, 0, 0, 0)["breakdowns"]}
        rest = case.tax - sum(row.tax for row in case.lines)
        parts = []
        for place, row in enumerate(case.lines):
            line = lines[row.line_id]
            promotion = line.seller_discount if row.goods == line.paid else 0
            postage = case.shipping if place == 0 else 0
            part = self._part(currency, line, -row.goods - promotion, promotion, -row.tax, -postage)
            if place == 0 and rest:
                part["breakdowns"].append(self._tree(currency, ("Tax", "ShippingTax"), -rest))
            parts.append(part)
        return head | {"items": parts}

    def _monthly(self, fee: Any) -> Row:
        head = self._head("ServiceFee", f"F-{fee.charged_at:%Y%m}", fee.charged_at)
        return head | {"breakdowns": [self._tree(fee.currency, ("AmazonFees", "FBAStorageFee", "Base"), -fee.amount)]}

    def _part(self, currency: str, line: WorldLine | None, goods: int, promotion: int, tax: int, postage: int) -> Row:
        """A line's money as a tree. Where Amazon collects the tax, it takes it away again."""
        parts = [(("ProductCharges", "OurPricePrincipal"), goods), (("PromoRebates", "PromotionDiscount"), promotion),
                 (("Tax", "OurPriceTax"), tax), (("Shipping", "ShippingPrincipal"), postage)]  # fmt: skip
        if currency in WITHHELD:
            parts.append((("MarketplaceFacilitatorTax", "MarketplaceFacilitatorTax-Principal"), -tax))
        item: Row = {"breakdowns": [self._tree(currency, path, minor) for path, minor in parts if minor]}
        if line:
            item["contexts"] = [{"contextType": "ProductContext", "asin": child_asin(line.sku.sku_id),
                                 "sku": line.sku.sku_id, "quantityShipped": line.quantity}]  # fmt: skip
        return item

    def _tree(self, currency: str, path: tuple[str, ...], minor: int) -> Row:
        """Amounts are numbers here, not strings."""
        amount = {"currencyAmount": _number(major(minor, currency)), "currencyCode": currency}
        node: Row = {"breakdownType": path[-1], "breakdownAmount": amount}
        for name in reversed(path[:-1]):
            node = {"breakdownType": name, "breakdownAmount": amount, "breakdowns": [node]}
        return node


def _number(amount: Decimal) -> float | int:
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _file(columns: tuple[str, ...], rows: list[Row]) -> bytes:
    """Tab-separated, with the byte order mark that some regions' files begin with."""
    lines = ["\t".join(columns), *("\t".join(str(row.get(name, "")) for name in columns) for row in rows)]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()
