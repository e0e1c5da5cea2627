"""The bank's file: days, and for each the units of a currency for one euro.

    <gesmes:Envelope ...><Cube><Cube time='2026-11-20'><Cube currency='USD' rate='1.0561'/>...</Cube></Cube></...>
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree

from connectors.engine.errors import Broken, Rejected
from connectors.engine.stream import Call, Reply
from queries.warehouse.published import Quotes

CUBE = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}Cube"
LARGEST = 32 << 20


def quotes(reply: Reply, call: Call) -> Quotes:
    """Raises Broken for a file that was cut off, Rejected for one of another shape."""
    body = reply.body
    # The bank's files declare no entities, so nothing is expanded; a zero byte is another encoding, hiding them.
    if len(body) > LARGEST or b"<!" in body or b"\0" in body:
        raise Rejected("(not the bank's file of rates)")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314
    except ElementTree.ParseError:
        raise Broken("(the file of rates is not whole)") from None
    found = {date.fromisoformat(day.attrib["time"]): _rates(day) for day in root.iter(CUBE) if "time" in day.attrib}
    if not any(found.values()):
        raise Rejected("(the file holds no rates)")
    return found


def _rates(day: ElementTree.Element) -> dict[str, Decimal]:
    """Rates of a day; one that is no positive number would turn money into nothing."""
    try:
        rates = {cube.attrib["currency"]: Decimal(cube.attrib["rate"]) for cube in day}
    except (KeyError, InvalidOperation):
        raise Rejected("(a rate has an unexpected shape)") from None
    if any(not rate.is_finite() or rate <= 0 for rate in rates.values()):
        raise Rejected("(a rate is not a positive number)")
    return rates
