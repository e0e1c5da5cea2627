"""A WooCommerce-shaped shop for the benchmark: plain bytes over HTTP/1.1, pages built before the clock starts.

Orders have three lines and about 3 KB, as a store with a few plug-ins serves them; every `refund_every`-th
has a refund, which the store tells only at an address of its own. After `GET /touch` every hundredth order
is changed. Run in a process of its own, so that its CPU is nobody's.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = 100
CHANGED_EVERY = 100
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=730)
TOUCHED = datetime(2026, 1, 2, tzinfo=UTC)
"""When the changed orders say they were changed: after everything else."""
PLUGINS = [{"id": number, "key": f"_plugin_{number}", "value": "x" * 40} for number in range(12)]


class Shop:
    """`count` orders over two years, ids from 1."""

    def __init__(self, count: int, latency: float, refund_every: int) -> None:
        self.count, self.latency, self.refund_every = count, latency, refund_every
        self.touched = False
        self.pages = [self._page(range(start, min(start + PAGE, count + 1))) for start in range(1, count + 1, PAGE)]

    def order(self, number: int, touched: bool = False) -> dict[str, Any]:
        """One order as the store serves it. A touched one has one piece more in its first line."""
        created = FIRST + SPAN * number / (self.count + 1)
        changed = TOUCHED if touched else created + timedelta(hours=30)
        lines = [self._line(number, place, 1 + (touched and place == 0)) for place in range(3)]
        refunds = [{"id": 10_000_000 + number, "total": "-5.00"}] if number % self.refund_every == 0 else []
        place = {"first_name": "A", "last_name": "B", "address_1": "Street 1", "city": "Berlin", "state": "DE-BE",
                 "postcode": "10115", "country": "DE", "email": "a@example.invalid", "phone": "0"}  # fmt: skip
        total = sum(float(line["total"]) for line in lines)
        return {"id": number, "status": "completed", "currency": "EUR", "date_created_gmt": _bare(created),
                "date_modified_gmt": _bare(changed), "date_paid_gmt": _bare(created + timedelta(minutes=9)),
                "date_completed_gmt": _bare(created + timedelta(hours=30)), "shipping_total": "4.90",
                "total": f"{total + 4.9:.2f}", "total_tax": "0.00", "customer_id": number % 30_011,
                "payment_method": "card", "billing": place, "shipping": place, "line_items": lines,
                "fee_lines": [], "refunds": refunds, "meta_data": PLUGINS}  # fmt: skip

    @staticmethod
    def _line(number: int, place: int, quantity: int) -> dict[str, Any]:
        product = 1 + (number * 7 + place * 131) % 900
        price = f"{quantity * (10 + product % 90):.2f}"
        return {"id": number * 10 + place, "name": f"Product {product}", "product_id": product, "variation_id": 0,
                "quantity": quantity, "tax_class": "", "subtotal": price, "subtotal_tax": "0.00", "total": price,
                "total_tax": "0.00", "taxes": [], "meta_data": [], "sku": f"SKU-{product}"}  # fmt: skip

    def _page(self, numbers: Any) -> bytes:
        return json.dumps([self.order(number) for number in numbers]).encode()

    def answer(self, target: str) -> tuple[bytes, int]:
        """(body, X-WP-Total) of a request."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/touch":
            self.touched = True
        elif parts.path.endswith("/orders"):
            return self._orders(query)
        elif parts.path.endswith("/refunds"):
            number = int(parts.path.split("/")[-2])
            made = _bare(FIRST + SPAN * number / (self.count + 1) + timedelta(days=3))
            item = {"id": 1, "quantity": 0, "total": "-5.00", "total_tax": "0.00",
                    "meta_data": [{"id": 1, "key": "_refunded_item_id", "value": str(number * 10)}]}  # fmt: skip
            refund = {"id": 10_000_000 + number, "date_created_gmt": made, "amount": "5.00", "line_items": [item]}
            return json.dumps([refund]).encode(), 1
        elif parts.path.endswith("/products"):
            return b"[]", 0
        elif "settings" in parts.path:
            return b'{"value":"EUR"}', 1
        return b'{"name":"Shop","home":"https://shop.example","timezone_string":"Europe/Berlin"}', 1

    def _orders(self, query: dict[str, str]) -> tuple[bytes, int]:
        page, size = int(query.get("page", 1)), int(query.get("per_page", 10))
        after = query.get("modified_after", "")
        if after:
            known = [number for number in range(1, self.count + 1) if self._modified(number) > after[:19]]
            part = known[(page - 1) * size : page * size]
            return json.dumps([self.order(number, self._is_touched(number)) for number in part]).encode(), len(known)
        if size != PAGE:
            return json.dumps([self.order(1)]).encode(), self.count
        return (self.pages[page - 1] if page <= len(self.pages) else b"[]"), self.count

    def _is_touched(self, number: int) -> bool:
        return self.touched and number % CHANGED_EVERY == 0

    def _modified(self, number: int) -> str:
        if self._is_touched(number):
            return _bare(TOUCHED)
        return _bare(FIRST + SPAN * number / (self.count + 1) + timedelta(hours=30))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One keep-alive connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if self.latency:
                    await asyncio.sleep(self.latency)
                body, total = self.answer(head.split(b" ", 2)[1].decode())
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-wp-total: %d\r\n"
                             b"content-length: %d\r\n\r\n" % (total, len(body)))  # fmt: skip
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _bare(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


async def main(count: int, latency: float, refund_every: int) -> None:
    """Serves until killed; says its port on the first line."""
    shop = Shop(count, latency, refund_every)
    server = await asyncio.start_server(shop.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
