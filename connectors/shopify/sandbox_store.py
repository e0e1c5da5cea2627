"""The sandbox store's objects as the Admin API words them: plain dicts that the GraphQL executor picks from."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.world import World, WorldOrder, WorldProduct, WorldRefund
from connectors.sandbox.world.types import WorldLine, WorldRefundLine, major

Row = dict[str, Any]
ANY_ONE = "gid://shopify/{}/{}"


def gid(kind: str, number: object) -> str:
    return ANY_ONE.format(kind, number)


def when(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


class Store:
    """Builds the objects of one store from the world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.shop = world.shops["shopify"]

    def money(self, minor: int, order: WorldOrder | None = None) -> Row:
        """A MoneyBag; trailing zeros are cut to one digit, as the API does."""
        amount = major(minor, self.shop.currency)
        shop = {"amount": _spelled(amount), "currencyCode": self.shop.currency}
        if order is None or order.presentment is None:
            return {"shopMoney": shop, "presentmentMoney": shop}
        currency, rate = order.presentment
        seen = (amount * Decimal(rate)).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return {"shopMoney": shop, "presentmentMoney": {"amount": _spelled(seen), "currencyCode": currency}}

    def order(self, order: WorldOrder) -> Row:
        refunds = [r for r in self.world.refunds_of("shopify", order.order_id) if r.stage == "success"]
        money, goods = self._statuses(order, refunds)
        buyer = order.buyer
        return {
            "id": gid("Order", order.order_id), "legacyResourceId": order.order_id, "name": f"#{order.number}",
            "createdAt": when(order.created_at), "updatedAt": when(order.modified_at),
            "processedAt": when(order.created_at), "cancelledAt": when(order.cancelled_at),
            "test": order.order_type == "test", "taxesIncluded": False, "currencyCode": order.currency,
            "sourceName": "web", "displayFinancialStatus": order.native_status or money,
            "displayFulfillmentStatus": goods, "paymentGatewayNames": [order.payment_method],
            "totalPriceSet": self.money(order.total, order),
            "totalTaxSet": self.money(order.tax), "totalDiscountsSet": self.money(order.seller_discount),
            "totalRefundedSet": self.money(sum(r.total for r in refunds)),
            "email": buyer.email, "phone": buyer.phone, "note": order.buyer_note or None,
            "customer": None if buyer.is_guest else {
                "id": gid("Customer", buyer.buyer_id), "email": buyer.email, "firstName": buyer.name,
                "lastName": buyer.nick, "phone": buyer.phone},
            "shippingAddress": {
                "name": buyer.name, "address1": buyer.address, "city": buyer.city, "zip": buyer.postcode,
                "phone": buyer.phone, "provinceCode": buyer.province, "countryCodeV2": buyer.country},
            "transactions": self._transactions(order), "fulfillments": _parcels(order),
            "refunds": [self.refund(order, r) for r in refunds] + self._voided(order),
            "lineItems": [self._line(order, line) for line in order.lines],
            "shippingLines": [{
                "id": gid("ShippingLine", order.order_id), "title": "Standard",
                "originalPriceSet": self.money(order.shipping), "discountedPriceSet": self.money(order.shipping)}],
        }  # fmt: skip

    def _statuses(self, order: WorldOrder, refunds: list[WorldRefund]) -> tuple[str, str]:
        back = sum(refund.total for refund in refunds)
        if not order.paid_at:
            money = "VOIDED" if order.cancelled_at else "PENDING"
        elif back:
            money = "REFUNDED" if back >= order.total else "PARTIALLY_REFUNDED"
        else:
            money = "PAID"
        if order.shipped_at:
            return money, "FULFILLED"
        return money, "PARTIALLY_FULFILLED" if order.part_shipped_at else "UNFULFILLED"

    def _transactions(self, order: WorldOrder) -> list[Row]:
        """Cards are authorised at once and captured later; other gateways pay in one step."""
        if not order.paid_at:
            return []
        later = order.payment_method == "stripe" and order.paid_at > order.created_at
        steps = (
            [("AUTHORIZATION", order.created_at), ("CAPTURE", order.paid_at)]
            if later
            else [("SALE", order.paid_at)]
        )
        return [{"id": gid("OrderTransaction", f"{order.order_id}{n}"), "kind": kind, "status": "SUCCESS",
                 "processedAt": when(moment), "amountSet": self.money(order.total)}
                for n, (kind, moment) in enumerate(steps)]  # fmt: skip

    def _line(self, order: WorldOrder, line: WorldLine) -> Row:
        shares = [share for share in (line.item_discount, line.order_discount) if share]
        return {
            "id": gid("LineItem", line.line_id), "sku": line.sku.outer_id, "title": line.product.title,
            "quantity": line.quantity, "currentQuantity": line.quantity,
            "originalUnitPriceSet": self.money(line.price),
            "discountAllocations": [{"allocatedAmountSet": self.money(share)} for share in shares],
            "product": {"id": gid("Product", line.product.product_id)},
            "variant": {"id": gid("ProductVariant", line.sku.sku_id)},
        }  # fmt: skip

    def refund(self, order: WorldOrder, refund: WorldRefund) -> Row:
        """What the rest of the money is for (an amount without lines) stands in no line."""
        shipping = [] if not refund.shipping else [{
            "id": gid("RefundShippingLine", refund.refund_id), "subtotalAmountSet": self.money(refund.shipping),
            "taxAmountSet": self.money(refund.tax - sum(line.tax for line in refund.lines))}]  # fmt: skip
        return {
            "id": gid("Refund", refund.refund_id), "createdAt": when(refund.refunded_at),
            "updatedAt": when(refund.modified_at), "note": refund.note or None,
            "totalRefundedSet": self.money(refund.total), "refundShippingLines": shipping,
            "refundLineItems": [self._refund_line(refund, line) for line in refund.lines],
        }  # fmt: skip

    def _refund_line(self, refund: WorldRefund, line: WorldRefundLine) -> Row:
        restock = (
            "CANCEL"
            if refund.kind == "cancel_before_ship"
            else "RETURN"
            if refund.restocked
            else "NO_RESTOCK"
        )
        return {
            "quantity": line.quantity, "restockType": restock, "subtotalSet": self.money(line.goods),
            "totalTaxSet": self.money(line.tax), "lineItem": {"id": gid("LineItem", line.line_id)},
        }  # fmt: skip

    def _voided(self, order: WorldOrder) -> list[Row]:
        """Cancelling an unpaid order leaves a refund with lines and no money."""
        if order.paid_at or not order.cancelled_at:
            return []
        zero = self.money(0)
        lines = [{"quantity": line.quantity, "restockType": "CANCEL", "subtotalSet": self.money(line.goods),
                  "totalTaxSet": self.money(line.tax), "lineItem": {"id": gid("LineItem", line.line_id)}}
                 for line in order.lines]  # fmt: skip
        stamp = when(order.cancelled_at)
        return [{"id": gid("Refund", f"9{order.order_id}"), "createdAt": stamp, "updatedAt": stamp, "note": None,
                 "totalRefundedSet": zero, "refundLineItems": lines, "refundShippingLines": []}]  # fmt: skip

    def product(self, product: WorldProduct) -> Row:
        status = {"on_sale": "ACTIVE", "off_shelf": "DRAFT", "deleted": "ARCHIVED"}[product.status]
        return {
            "id": gid("Product", product.product_id), "title": product.title, "status": status,
            "vendor": product.brand, "productType": product.category, "createdAt": when(product.listed_at),
            "updatedAt": when(product.modified_at),
            "variants": [{"id": gid("ProductVariant", sku.sku_id), "sku": sku.outer_id, "price": str(major(sku.price))}
                         for sku in product.skus],
        }  # fmt: skip


    def account(self) -> Row:
        """Shopify Payments: a charge for every payment fee, a payout for every settlement."""
        def money(minor: int) -> Row:
            return {"amount": str(major(minor)), "currencyCode": self.shop.currency}

        zone = ZoneInfo(self.shop.tz)
        charges = [
            {"id": gid("ShopifyPaymentsBalanceTransaction", number), "type": "CHARGE", "test": False,
             "transactionDate": when(fee.charged_at), "amount": money(100 * fee.amount), "fee": money(fee.amount),
             "net": money(99 * fee.amount), "associatedOrder": {"id": gid("Order", fee.order_id), "name": "#1"}}
            for number, fee in enumerate(self.world.fees("shopify"), 1) if fee.order_id]  # fmt: skip
        paid = [
            {"id": gid("ShopifyPaymentsPayout", payout.settlement_id), "status": "PAID",
             "net": money(abs(payout.amount)),
             "issuedAt": when(datetime.combine(payout.date, time(12), zone).astimezone(UTC)),
             "transactionType": "DEPOSIT" if payout.amount >= 0 else "WITHDRAWAL"}
            for payout in self.world.settlements("shopify")]  # fmt: skip
        return {"balanceTransactions": charges, "payouts": paid}

    def stock(self) -> list[Row]:
        """The latest level of each variant; every fifth is not counted."""
        levels = {row.sku_id: row.on_hand for row in self.world.inventory("shopify")}
        return [{"id": gid("ProductVariant", sku_id), "sku": sku_id, "price": "1.0", "inventoryQuantity": level,
                 "inventoryItem": {"id": gid("InventoryItem", sku_id), "tracked": number % 5 > 0}}
                for number, (sku_id, level) in enumerate(sorted(levels.items()))]  # fmt: skip


def _parcels(order: WorldOrder) -> list[Row]:
    sent = [moment for moment in (order.part_shipped_at, order.shipped_at) if moment]
    return [{"id": gid("Fulfillment", f"{order.order_id}{n}"), "createdAt": when(moment), "status": "SUCCESS",
             "deliveredAt": when(order.delivered_at)} for n, moment in enumerate(sent)]  # fmt: skip


def _spelled(amount: Decimal) -> str:
    """Two digits at most, one at least: "10.0", "54.6", "25.25"."""
    text = f"{amount:.2f}"
    return text[:-1] if text.endswith("0") else text
