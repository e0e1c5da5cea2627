"""Customer segments: RFM, lifecycle and value tiers, per pseudonym and platform, as daily snapshots.

`daily` is the scheduled job, `take_snapshots` makes any days, `Rules.read` tells what the segments are.
"""

from queries.segments.rules import BadSegments, Rules, Segment
from queries.segments.snapshots import (
    Snapshot,
    daily,
    month_ends,
    snapshot_day,
    take_snapshots,
    weekly_history,
)

__all__ = [
    "BadSegments",
    "Rules",
    "Segment",
    "Snapshot",
    "daily",
    "month_ends",
    "snapshot_day",
    "take_snapshots",
    "weekly_history",
]
