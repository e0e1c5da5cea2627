"""Reviews: stars and days. The words, the buyer and the pictures are not read."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from connectors.engine.stream import DAY, HOUR, Ask, ByWindow, Call, Context, Page, Reply, Stream
from connectors.engine.values import from_seconds, text, to_seconds
from connectors.etsy import wire
from connectors.etsy.streams import last_second
from queries.records import Review


def written(ask: Ask, context: Context) -> Call:
    """Both ends are in the window; a page is its offset."""
    assert ask.window is not None
    return Call(f"/shops/{context.settings.shop_id}/reviews", {
        "min_created": to_seconds(ask.window.start) - 1, "max_created": last_second(ask.window.end),
        "limit": ask.size, "offset": ask.page * ask.size})


def reviews(reply: Reply, call: Call) -> Page:
    found = wire.REVIEWS.decode(reply.body)
    return Page(found.results, found.count)


def review_rows(review: wire.Review, context: Context) -> Iterator[Review]:
    """A buyer reviews a line once. Whether the shop has answered is not told."""
    at = from_seconds(review.created_timestamp or review.create_timestamp)
    if review.rating and at:
        yield Review(review_id=text(review.transaction_id), product_id=text(review.listing_id),
                     rating=Decimal(review.rating), rating_scale=5, created_at=at)


REVIEWS = Stream(
    name="reviews", source="review", tables=(Review,), lookback=60 * DAY, every=20 * HOUR, read=reviews,
    changes=ByWindow(written, span=90 * DAY, size=100, first=0, moving=False), rows=review_rows,
    key=lambda review: text(review.transaction_id), approval="the scope feedback_r")
"""Read two months back each time: for so long a buyer can change the stars."""
