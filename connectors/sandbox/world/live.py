"""Live sessions: the schedule of who is on air when, and what a session brought."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from connectors.sandbox.world.calendar import BEIJING, demand
from connectors.sandbox.world.chance import stream
from connectors.sandbox.world.figures import LiveRow
from connectors.sandbox.world.types import WorldOrder

HOSTS: dict[str, tuple[tuple[Literal["self", "creator", "virtual"], str, str, float], ...]] = {
    "douyin": (
        ("self", "山屿生活馆", "65432112345", 1.0),
        ("creator", "厨房阿泽", "65432118800", 2.6),
        ("creator", "露营小鹿", "65432119900", 2.0),
        ("virtual", "山屿夜班主播", "65432112346", 0.35),
    ),
    "xiaohongshu": (("self", "山屿生活", "112321", 1.0), ("creator", "慢生活的木子", "112399", 1.8)),
    "taobao": (("self", "山屿旗舰店", "880011", 1.0),),
    "kuaishou": (("self", "山屿老铁专卖", "550011", 1.0), ("creator", "赶集的阿梅", "550099", 2.2)),
}
"""(kind, stage name, id, pull)."""
WEEKDAYS = {
    "douyin": {0, 1, 3, 4, 5, 6},
    "xiaohongshu": {2, 5},
    "taobao": {1, 4, 6},
    "kuaishou": {0, 2, 4, 5, 6},
}
"""When the shop's own host is on air (Monday = 0)."""
TITLES = {"self": "日常上新", "creator": "达人专场", "virtual": "夜间不打烊"}


@dataclass(frozen=True, slots=True)
class Slot:
    session_id: str
    host_type: Literal["self", "creator", "virtual"]
    host: str
    host_id: str
    pull: float
    """How many buyers it draws compared with the shop's own host."""
    started_at: datetime
    ended_at: datetime


def _on_air(platform: str, kind: str, index: int, day: date) -> tuple[int, float] | None:
    """(start hour, hours on air) where the host is on that day."""
    if kind == "virtual":
        return (1, 5.0) if day.weekday() not in (0, 3) else None
    if kind == "creator":
        return (20, 3.0) if day.toordinal() % 9 == index * 3 else None
    return (19, 4.0) if day.weekday() in WEEKDAYS[platform] else None


@lru_cache(maxsize=4096)
def schedule(platform: str, seed: int, day: date) -> tuple[Slot, ...]:
    """The sessions that begin on a Beijing day."""
    slots = []
    for index, (kind, host, host_id, pull) in enumerate(HOSTS.get(platform, ())):
        on = _on_air(platform, kind, index, day)
        if on is None:
            continue
        rng = stream(seed, platform, "slot", day, index)
        start = datetime(
            day.year, day.month, day.day, on[0], rng.randrange(0, 40), tzinfo=BEIJING
        ).astimezone(UTC)
        end = start + timedelta(minutes=int(on[1] * 60 * rng.uniform(0.75, 1.15)))
        number = {
            "douyin": 7_380_012_000_000_000_000,
            "xiaohongshu": 5_690_000_000_000,
            "taobao": 340_000_000_000,
            "kuaishou": 9_120_000_000,
        }
        session = number[platform] + day.toordinal() * 1_009 + index
        slots.append(Slot(str(session), kind, host, host_id, pull, start, end))
    return tuple(slots)


def sessions(
    platform: str, seed: int, days: Iterable[date], orders: Iterable[WorldOrder], now: datetime, scale: float
) -> list[LiveRow]:
    """What the sessions that have begun brought, from the paid orders that carry their ids."""
    sold: dict[str, list[WorldOrder]] = {}
    for order in orders:
        if order.live_session_id and order.paid_at and order.excluded_reason is None:
            sold.setdefault(order.live_session_id, []).append(order)
    rows = []
    for day in days:
        for slot in schedule(platform, seed, day):
            if slot.started_at <= now:
                rows.append(_session(platform, seed, day, slot, sold.get(slot.session_id, []), now, scale))
    return rows


def _session(
    platform: str, seed: int, day: date, slot: Slot, orders: list[WorldOrder], now: datetime, scale: float
) -> LiveRow:
    rng = stream(seed, platform, "session", slot.session_id)
    paid = [o for o in orders if o.paid_at and o.paid_at <= slot.ended_at]
    buyers = len({o.buyer.buyer_id for o in paid})
    audience = int(
        slot.pull * scale * 220 * demand("cn", day) * rng.uniform(0.7, 1.3)
    ) + buyers * rng.randint(9, 18)
    gone = min(1.0, (now - slot.started_at) / (slot.ended_at - slot.started_at))
    viewers = int(audience * gone) + buyers
    spend = int(viewers * rng.uniform(18, 42)) if slot.host_type != "virtual" else 0
    return LiveRow(
        platform,
        slot.session_id,
        f"{slot.host} {TITLES[slot.host_type]}",
        slot.host_type,
        slot.host,
        slot.host_id,
        slot.started_at,
        slot.ended_at if slot.ended_at <= now else None,
        viewers_uv=viewers,
        views_pv=int(viewers * rng.uniform(1.3, 1.9)),
        peak_online=int(viewers * rng.uniform(0.08, 0.2)) + 1,
        product_click_uv=min(viewers, buyers * rng.randint(3, 6) + int(viewers * 0.06)),
        paying_buyers=buyers,
        orders=len(paid),
        gmv=sum(o.goods for o in paid),
        new_followers=int(viewers * rng.uniform(0.004, 0.02)),
        ad_spend=spend,
    )
