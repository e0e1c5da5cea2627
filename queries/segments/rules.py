"""What the segments are: scores, rules and names, read from `segments.yaml` and the workspace's own file.

Rules are conditions over named figures of one buyer, checked to be nothing else before they become SQL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from queries.trouble import Trouble

SHIPPED = Path(__file__).parent / "segments.yaml"
FIGURES = frozenset(
    {
        "r",
        "f",
        "m",
        "days_since_first",
        "days_since_last",
        "net_sales",
        "buyer_of_year",
        "new_days",
        "active_until",
        "cooling_until",
        "top_from",
        "middle_from",
    }
)
"""The names a rule may use: scores, figures of the buyer, and thresholds."""
_WORD = re.compile(r"[A-Za-z_]+|\d+|<=|>=|=|<|>|\(|\)|\S")
_GRAMMAR = FIGURES | {"AND", "OR", "NOT", "TRUE", "<=", ">=", "=", "<", ">", "(", ")"}

Four = Annotated[tuple[int, int, int, int], Field(description="bounds of the scores, in order")]


class BadSegments(Trouble):
    en = "The segment rules are wrong: {why}."
    zh = "客户分层规则有误: {why}。"
    hint_en = "See segments.yaml in the Souk home; nothing was changed."
    hint_zh = "请检查 Souk 目录中的 segments.yaml; 未做任何更改。"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Segment(_Part):
    """One segment of a set: a key, its names and the condition of membership."""

    segment: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name_en: str
    name_zh: str
    rule: str

    @field_validator("rule")
    @classmethod
    def _only_conditions(cls, rule: str) -> str:
        strange = [word for word in _WORD.findall(rule) if word not in _GRAMMAR and not word.isdigit()]
        if strange:
            raise ValueError(f"a rule knows no {strange[0]!r}; it may use {', '.join(sorted(FIGURES))}")
        return rule


class _Set(_Part):
    segments: tuple[Segment, ...]

    @model_validator(mode="after")
    def _covers_everybody(self) -> _Set:
        keys = [segment.segment for segment in self.segments]
        if not keys or self.segments[-1].rule != "TRUE":
            raise ValueError("the last segment catches everybody else: its rule is TRUE")
        if len(set(keys)) != len(keys):
            raise ValueError("a segment is named twice")
        return self


def _rising(bounds: tuple[int, ...]) -> tuple[int, ...]:
    if list(bounds) != sorted(bounds) or min(bounds) < 0:
        raise ValueError("bounds rise from the first to the last")
    return bounds


class Rfm(_Set):
    recency_days: Four
    purchase_days: Four
    net_sales_percentiles: Four
    new_days: int

    _check = field_validator("recency_days", "purchase_days", "net_sales_percentiles")(_rising)


class Lifecycle(_Set):
    gap_percentiles: tuple[int, int]
    fewest_repeaters: int
    default_days: tuple[int, int]

    _check = field_validator("gap_percentiles", "default_days")(_rising)


class ValueTier(_Set):
    shares: tuple[int, int]

    @field_validator("shares")
    @classmethod
    def _parts_of_a_hundred(cls, shares: tuple[int, int]) -> tuple[int, int]:
        if min(shares) <= 0 or sum(shares) >= 100:
            raise ValueError("shares are percentages of the buyers and leave a rest")
        return shares


class Scores(_Part):
    """Score bounds that differ on one platform."""

    recency_days: Four | None = None
    purchase_days: Four | None = None

    @field_validator("recency_days", "purchase_days")
    @classmethod
    def _check(cls, bounds: Four | None) -> Four | None:
        return bounds and _rising(bounds)  # type: ignore[return-value]


class Rules(_Part):
    """All three sets. `Rules.read(home)` for the workspace, `Rules.read()` for the shipped ones."""

    rfm: Rfm
    lifecycle: Lifecycle
    value_tier: ValueTier
    platforms: Mapping[str, Scores] = {}

    @classmethod
    def read(cls, home: Path | None = None) -> Rules:
        """The shipped rules, with the fields of the workspace's file over them. Raises BadSegments."""
        document = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
        own = home / "segments.yaml" if home else None
        try:
            if own is not None and own.exists():
                document = _over(document, yaml.safe_load(own.read_text(encoding="utf-8")) or {})
            return cls.model_validate(document)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadSegments(why=f"{where}: {first['msg'].removeprefix('Value error, ')}") from None
        except yaml.YAMLError as error:
            raise BadSegments(why=str(error).replace("\n", " ")) from None

    def scores(self, platform: str) -> tuple[Four, Four]:
        """(recency_days, purchase_days) on a platform."""
        own = self.platforms.get(platform, Scores())
        return own.recency_days or self.rfm.recency_days, own.purchase_days or self.rfm.purchase_days

    def sets(self) -> dict[str, tuple[Segment, ...]]:
        """The name of each segment set and its segments, in the order of their priority."""
        return {
            "rfm": self.rfm.segments,
            "lifecycle": self.lifecycle.segments,
            "value_tier": self.value_tier.segments,
        }


def _over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` on `under`, mapping by mapping; lists are replaced whole."""
    merged = dict(under)
    for name, value in over.items():
        below = merged.get(name)
        merged[name] = _over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
