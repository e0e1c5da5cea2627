"""The account's followers and what its posts gained: two snapshots of cumulative counts make a day's growth.

Reach (reads) is not in the open API, so impressions stay unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from connectors.engine.stream import HOUR, Ask, BySnapshot, Call, Context, Page, Reply, Stream
from connectors.engine.values import text, to_seconds
from connectors.weibo import wire
from queries.records import SocialDaily

TIMELINE = "2/statuses/user_timeline.json"
DEPTH = 2000
"""Posts a timeline can be paged to, newest first; older ones keep what they gained until then."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Counts = Sequence[int | None]
"""Of a post: reposts, comments, likes, and when it was posted."""
Levels = dict[str, Any]


def user_counts(uid: str) -> Call:
    return Call("2/users/counts.json", {"uids": uid})


def followers(ask: Ask, context: Context) -> Call:
    return user_counts(context.settings.uid)


def timeline(ask: Ask, context: Context) -> Call:
    """`trim_user`: no profile is needed. `feature` 0 = posts of every kind."""
    return Call(TIMELINE, {"uid": context.settings.uid, "count": ask.size, "page": ask.page, "trim_user": 1,
                           "feature": 0})


def read(reply: Reply, call: Call) -> Page:
    """Pages may be short, as posts that others may not see are left out: the total or an empty page ends them."""
    if call.path != TIMELINE:
        found = wire.ACCOUNTS.decode(reply.body)
        return Page(found, len(found))
    answer = wire.TIMELINE.decode(reply.body)
    total = answer.total_number
    return Page(answer.statuses or [], None if total is None else min(total, DEPTH))


def posted(value: str) -> int:
    """`Tue May 31 17:46:55 +0800 2011` -> Unix seconds. Month names are English whatever the machine speaks."""
    _, month, day, clock, offset, year = value.split()
    number = MONTHS.index(month) + 1
    return to_seconds(datetime.fromisoformat(f"{year}-{number:02d}-{int(day):02d}T{clock}{offset[:3]}:{offset[3:]}"))


def post_id(post: wire.Post) -> str:
    return post.idstr or post.mid or text(post.id)


def levels(items: Sequence[wire.Account | wire.Post]) -> Levels:
    """{"followers": 48200, "posts": {id: [reposts, comments, likes, Unix second it was posted at]}}"""
    accounts = [item for item in items if isinstance(item, wire.Account)]
    return {"followers": accounts[0].followers_count if accounts else None,
            "posts": {post_id(item): [item.reposts_count, item.comments_count, item.attitudes_count,
                                      posted(item.created_at)]
                      for item in items if isinstance(item, wire.Post)}}


def growth(now: Levels, before: Levels | None, day: date, context: Context) -> Iterator[SocialDaily]:
    """One row. Without an earlier snapshot growth is unknown.

    Post by post, not as a difference of sums: a deleted post would take its whole life away from the day, and
    one that the last snapshot missed would bring its own in.
    """
    row = SocialDaily(account=context.settings.uid, date=day, followers=now["followers"])
    if before is not None:
        newest = max((post[3] for post in before["posts"].values()), default=0)
        fresh = [post for name, post in now["posts"].items() if name not in before["posts"] and post[3] > newest]
        pairs = [(post, [0, 0, 0]) for post in fresh]
        pairs += [(now["posts"][name], post) for name, post in before["posts"].items() if name in now["posts"]]
        row.posts = len(fresh)
        row.shares, row.comments, row.likes = (gained(pairs, place) for place in range(3))
    yield row


def gained(pairs: Sequence[tuple[Counts, Counts]], place: int) -> int | None:
    """What all posts gained in one count; unknown where one of them does not tell it.

    >>> gained([([5, 1, 0], [3, 1, 0]), ([4, None, 0], [0, 0, 0])], 0)
    6
    """
    total = 0
    for after, earlier in pairs:
        now, then = after[place], earlier[place]
        if now is None or then is None:
            return None
        total += now - then
    return total


SOCIAL = Stream(
    name="social", source="social", tables=(SocialDaily,), every=HOUR,
    changes=BySnapshot((followers, timeline), levels, growth, size=100), read=read,
    rows=lambda _item, _context: (), key=lambda item: text(item.id))
