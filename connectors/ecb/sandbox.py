"""The bank's three files served locally. The rates are invented, and the same for the same day."""

from __future__ import annotations

import zlib
from datetime import date, timedelta
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.state import PlatformState
from connectors.sandbox.world import World

PER_EURO = {
    "USD": "1.08", "JPY": "164", "GBP": "0.84", "CNY": "7.80", "KRW": "1480", "AUD": "1.64", "CAD": "1.48",
    "SGD": "1.45", "MXN": "19.6", "BRL": "6.10", "INR": "91", "HKD": "8.45", "SEK": "11.4", "THB": "37",
}  # fmt: skip
DAYS = {"eurofxref-daily.xml": 1, "eurofxref-hist-90d.xml": 64, "eurofxref-hist.xml": 600}
"""Working days in each file."""
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"'
    ' xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><gesmes:subject>Reference rates</gesmes:subject>'
    "<gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender><Cube>"
)


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    return {}


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in DAYS:
            return Response("not found", 404)
        days = "".join(map(_day, working_days(world.now.date(), DAYS[name])))
        return Response(f"{HEAD}{days}</Cube></gesmes:Envelope>", media_type="text/xml")

    return [Route("/{name}", file)]


def working_days(last: date, count: int) -> list[date]:
    """The newest first, as in the bank's files; the day itself is published in the evening, so it is not yet there."""
    days: list[date] = []
    while len(days) < count:
        last -= timedelta(days=1)
        if last.weekday() < 5:
            days.append(last)
    return days


def rate(currency: str, day: date) -> Decimal:
    """Within two per cent of the usual, to four places."""
    sway = Decimal(zlib.crc32(f"{currency}{day}".encode()) % 4001 - 2000) / 100_000
    return (Decimal(PER_EURO[currency]) * (1 + sway)).quantize(Decimal("0.0001"))


def _day(day: date) -> str:
    rates = "".join(f"<Cube currency='{currency}' rate='{rate(currency, day)}'/>" for currency in PER_EURO)
    return f"<Cube time='{day}'>{rates}</Cube>"
