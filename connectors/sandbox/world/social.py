"""Social accounts: posts whose counts grow, followers who come and go."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta

from connectors.sandbox.world.calendar import BEIJING, demand, festive
from connectors.sandbox.world.chance import about, stream
from connectors.sandbox.world.figures import Post, SocialRow

ACCOUNTS: dict[str, tuple[tuple[str, int, float], ...]] = {
    "weibo": (("7412589630", 48_200, 1.0),),
    "xiaohongshu": (("shanyu_home", 21_500, 0.8),),
    "douyin": (("shanyu_live", 63_900, 1.6),),
}
"""(account, followers at the start, liveliness)."""
TEXTS = (
    "新品上架,点击查看",
    "周末露营清单",
    "早安,今天的第一杯水",
    "转发抽奖送保温杯",
    "厨房收纳小技巧",
    "直播预告:今晚七点见",
)
RIPE_HOURS = 34.0
"""A post has 63 % of its final counts after so many hours."""
ALIVE = timedelta(days=21)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BEIJING).astimezone(UTC)


def _grown(final: int, age: timedelta) -> int:
    if age >= ALIVE:
        return final
    return int(final * (1 - math.exp(-max(age.total_seconds(), 0) / 3600 / RIPE_HOURS)))


class Account:
    """One account from `opened` on; counts at any instant."""

    def __init__(
        self, platform: str, account: str, start: int, liveliness: float, seed: int, opened: date, last: date
    ) -> None:
        self.platform, self.account, self.seed, self.opened, self.last = platform, account, seed, opened, last
        self.start = start
        self.plans: list[tuple[datetime, str, str, tuple[int, int, int, int]]] = []
        self.gains: list[int] = []
        for number in range((last - opened).days + 1):
            day = opened + timedelta(days=number)
            rng = stream(seed, platform, "social", account, day)
            lively = liveliness * (1.8 if festive("cn", day) else 1.0)
            for place in range(about(rng, 0.45 * min(lively, 2.0))):
                at = _midnight(day) + timedelta(seconds=rng.randrange(8 * 3600, 23 * 3600))
                reads = int(rng.lognormvariate(8.4, 0.7) * liveliness)
                counts = (
                    reads,
                    reads * rng.randint(10, 34) // 1000,
                    reads * rng.randint(2, 9) // 1000,
                    reads * rng.randint(2, 11) // 1000,
                )
                post_id = str(5_023_000_000_000_000 + day.toordinal() * 10_000_000 + place * 17)
                self.plans.append((at, post_id, rng.choice(TEXTS), counts))
            self.gains.append(int(rng.gauss(22, 16) * lively * demand("cn", day)))

    def posts(self, now: datetime) -> list[Post]:
        """Newest first, as of `now`."""
        return [
            Post(self.account, post_id, at, text, *(_grown(count, now - at) for count in counts))
            for at, post_id, text, counts in reversed(self.plans)
            if at <= now
        ]

    def followers(self, now: datetime) -> int:
        days = (now.astimezone(BEIJING).date() - self.opened).days
        today = (now - _midnight(now.astimezone(BEIJING).date())).total_seconds() / 86_400
        return self.start + sum(self.gains[:days]) + int(self.gains[min(days, len(self.gains) - 1)] * today)

    def rows(self, now: datetime, days: tuple[date, date] | None) -> list[SocialRow]:
        first, last = days or (self.opened, self.last)
        last = min(last, now.astimezone(BEIJING).date())
        rows, day = [], max(first, self.opened)
        while day <= last:
            start, end = _midnight(day), min(_midnight(day + timedelta(days=1)), now)
            grown = [0, 0, 0, 0]
            written = 0
            for at, _, _, counts in self.plans:
                if at < end and at > start - ALIVE - timedelta(days=1):
                    written += at >= start
                    for place, count in enumerate(counts):
                        grown[place] += _grown(count, end - at) - _grown(count, max(start - at, timedelta()))
            rows.append(
                SocialRow(
                    self.platform,
                    self.account,
                    day,
                    self.followers(end - timedelta(seconds=1)),
                    written,
                    grown[0],
                    grown[1],
                    grown[2],
                    grown[3],
                )
            )
            day += timedelta(days=1)
        return rows
