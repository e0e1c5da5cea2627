"""Returns: who asked for what back, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from connectors.engine.stream import DAY, Ask, ByWindow, Call, Context, Page, Reply, Stream
from connectors.engine.values import ZERO, iso, text
from connectors.engine.vocabulary import reason_code
from connectors.walmart import wire
from connectors.walmart.windows import REACH, paged, span
from connectors.walmart.wire import elements
from queries.records import Refund, RefundStatus, RefundType

RETURN_STATUS: dict[str, RefundStatus] = {
    "INITIATED": "requested", "IN_TRANSIT": "approved", "DELIVERED": "approved", "COMPLETED": "success",
    "CANCELLED": "closed", "CANCELED": "closed",
}
REFUNDED = ("REFUND_COMPLETED", "REFUND_INITIATED")


def changed_returns(ask: Ask, context: Context) -> Call:
    """`returnType` is told only with `replacementInfo`."""
    if ask.cursor:
        return Call(f"/v3/returns{ask.cursor}", nothing=True, limit="returns")
    return Call("/v3/returns", nothing=True, limit="returns", params={
        **span(ask, context, "returnLastModified"), "replacementInfo": "true", "limit": ask.size})


def returns(reply: Reply, call: Call) -> Page:
    found = wire.RETURNS.decode(reply.body) if reply.status != 404 else wire.Returns()
    return paged(elements(found.return_orders), found.meta)


def return_rows(found: wire.Return, context: Context) -> Iterator[Refund]:
    """One row a line. A replacement is an exchange; a buyer who may keep the goods returns none."""
    asked = iso(found.return_order_date)
    for line in elements(found.return_order_lines):
        status = return_status(line)
        totals = {total.name: total.value.currency_amount for total in line.charge_totals}
        tax = totals.get("lineTotalTaxes", totals.get("lineProductTaxes", ZERO))
        postage = totals.get("lineShippingFee", ZERO)
        kind: RefundType = "return_refund"
        if found.return_type == "REPLACEMENT":
            kind = "exchange"
        elif line.is_keep_it or line.return_expected_flag is False:
            kind = "refund_only"
        back = kind == "return_refund"
        yield Refund(
            refund_id=text(found.return_order_id), order_id=text(line.purchase_order_id),
            line_id=text(line.purchase_order_line_number) or None, refund_type=kind, status=status,
            native_status=line.status, requested_at=asked, modified_at=changed_at(line) or asked,
            refunded_at=refunded_at(line) if status == "success" else None,
            quantity=int(line.refunded_qty or line.quantity.measurement_value) if back else 0,
            goods_amount=totals.get("lineTotal", totals.get("lineSubTotal", ZERO) + tax + postage) - tax - postage,
            shipping_amount=postage, tax_amount=tax, restocked=back and status == "success",
            reason_code=reason_code(line.return_reason))


def return_status(line: wire.ReturnLine) -> RefundStatus:
    """A return that ends without anything refunded was withdrawn or refused."""
    if line.status in RETURN_STATUS and line.current_refund_status == "REFUND_COMPLETED":
        return "success"
    status = RETURN_STATUS.get(line.status, "unknown")
    return "closed" if status == "success" and line.refunded_qty == 0 else status


def changed_at(line: wire.ReturnLine) -> datetime | None:
    times = [iso(line.status_time), *(iso(event.event_time) for event in line.return_tracking_detail)]
    return max((at for at in times if at), default=None)


def refunded_at(line: wire.ReturnLine) -> datetime | None:
    times = [iso(event.event_time) for event in line.return_tracking_detail if event.event_tag in REFUNDED]
    return max((at for at in times if at), default=None) or iso(line.status_time)


RETURNS = Stream(
    name="refunds", source="return", tables=(Refund,),
    changes=ByWindow(changed_returns, span=15 * DAY, size=200, reach=REACH), read=returns, rows=return_rows,
    key=lambda found: text(found.return_order_id))
