"""The privacy registers of the invented company, every row marked as a demonstration.

What people would have kept over two years: members and channels, processors, agreements, consents, requests of
data subjects, incidents with their clocks, assessments, trainings, notices, backups. Some of it is late or
open on purpose, so that questions about it have something to find.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import yaml

from connectors.sandbox.world.chance import pick, stream
from connectors.sandbox.world.history import buyers_so_far
from connectors.sandbox.world.shops import HABITS, open_shops
from queries.privacy.clocks import incident_clocks, request_due_at

if TYPE_CHECKING:
    from queries.warehouse import Warehouse

Rows = list[dict[str, Any]]
MARK = "demonstration"
ZONE = ZoneInfo("Asia/Shanghai")
RELATIVE = re.compile(r"(today|now)([+-]\d+)")
CONSENT_CHANNELS = {
    "taobao": ("sms", "phone"), "jd": ("sms", "phone"), "douyin": ("sms", "wechat"), "xiaohongshu": ("wechat",),
    "shopify": ("email", "sms"), "woocommerce": ("email",),
}  # fmt: skip
ASKED = 0.35
"""Share of buyers who were ever asked for consent."""
STATES = (("granted", 0.70), ("denied", 0.14), ("withdrawn", 0.12), ("unknown", 0.04))


def fill_registers(
    warehouse: Warehouse,
    now: datetime,
    *,
    secret: bytes | str,
    seed: int = 7,
    scale: float = 1.0,
    shops: Mapping[str, str] | None = None,
) -> int:
    """Write the demonstration into a warehouse; returns how many rows. `seed` and `scale` are the sandbox's.

    `shops` gives the connected shop ids of platforms that number buyers per shop (shopify, woocommerce): their
    buyers' pseudonyms depend on it, so without it they have no consents here.
    """
    from connectors import connector
    from connectors.engine.pseudonym import Pseudonym
    from queries.privacy.importing import import_registers

    keys: dict[str, list[str]] = {}
    for platform, shop in open_shops(now).items():
        if platform not in HABITS:
            continue
        per_shop = connector(platform).buyers_per_shop
        if per_shop and platform not in (shops or {}):
            continue
        name = Pseudonym(secret, platform, (shops or {}).get(platform, "") if per_shop else "")
        people = buyers_so_far(shop, now, seed, scale)
        keys[platform] = [name.key(person.buyer_id) for person in people if not person.is_guest]
    return import_registers(warehouse, demonstration(now, keys, seed), by=MARK, now=now)


def demonstration(now: datetime, keys: Mapping[str, Iterable[str]], seed: int = 7) -> dict[str, Rows]:
    """Rows by table of schema `privacy`. `keys` are the pseudonyms of buyers by platform."""
    today = now.astimezone(ZONE).date()
    requests = subject_requests(now, {platform: list(known) for platform, known in keys.items()})
    found, clocks = incidents(now)
    return {
        **kept(now, today),
        "trainings": trainings(today),
        "consents": consents(now, keys, seed),
        "subject_requests": requests,
        "incidents": found,
        "incident_clocks": clocks,
        "backups": backups(now, today),
    }


def trainings(today: date) -> Rows:
    courses = (("Handling personal data 个人信息保护", 365), ("Incident drill 应急演练", 365))
    rows: Rows = []
    for staff in range(1, 13):
        for number, (course, valid) in enumerate(courses):
            done = today - timedelta(days=(staff * 47 + number * 113) % 420 + 5)
            rows.append(
                {
                    "person_ref": f"demo-staff-{staff:02d}",
                    "course": f"{course} ({MARK})",
                    "completed_on": done,
                    "valid_until": done + timedelta(days=valid),
                }
            )
    return rows


def kept(now: datetime, today: date) -> dict[str, Rows]:
    """The rows of `registers.yaml` with their dates worked out: today-30 is a day, now+200 an instant."""
    text = files(__package__).joinpath("registers.yaml").read_text("utf-8")

    def dated(value: Any) -> Any:
        if not isinstance(value, str) or not (found := RELATIVE.fullmatch(value)):
            return value
        moved = timedelta(days=int(found[2]))
        return today + moved if found[1] == "today" else now + moved

    return {
        table: [{name: dated(value) for name, value in row.items()} for row in rows]
        for table, rows in yaml.safe_load(text).items()
    }


def consents(now: datetime, keys: Mapping[str, Iterable[str]], seed: int) -> Rows:
    """By buyer and channel; who withdraws had granted before, and both are on record."""
    rows: Rows = []
    for platform, known in keys.items():
        for key in known:
            rng = stream(seed, "consent", platform, key)
            if rng.random() >= ASKED:
                continue
            for channel in CONSENT_CHANNELS[platform]:
                asked = now - timedelta(seconds=rng.randrange(20 * 86_400, 600 * 86_400))
                state = pick(rng, STATES)
                steps = [("granted", asked)] if state == "withdrawn" else []
                changed = asked + (now - asked) * rng.uniform(0.2, 0.95) if steps else asked
                for word, at in [*steps, (state, changed)]:
                    rows.append(_consent(platform, key, channel, word, at.replace(microsecond=0)))
    return rows


def _consent(platform: str, key: str, channel: str, state: str, at: datetime) -> dict[str, Any]:
    return {
        "platform": platform,
        "subject_key": key,
        "purpose": "marketing",
        "channel": channel,
        "state": state,
        "source": MARK,
        "evidence_ref": None,
        "effective_at": at,
        "recorded_at": at + timedelta(minutes=2),
    }


def subject_requests(now: datetime, keys: Mapping[str, list[str]]) -> Rows:
    """Twelve requests: most answered in time, one answered late, one overdue, some still running."""
    rows = (
        ("access", "pipl", "taobao", 420, 6, "completed"), ("erase", "pipl", "taobao", 350, 9, "completed"),
        ("erase", "gdpr", "woocommerce", 300, 20, "completed"), ("access", "ccpa", "shopify", 260, 30, "completed"),
        ("erase", "pipl", "douyin", 220, 40, "completed"), ("correct", "pipl", "jd", 160, 3, "refused"),
        ("export", "gdpr", "woocommerce", 120, 12, "completed"), ("erase", "pipl", "xiaohongshu", 75, 10, "completed"),
        ("erase", "pipl", "douyin", 34, None, "verified"), ("access", "pipl", "taobao", 8, None, "verified"),
        ("erase", "ccpa", "shopify", 5, None, "received"), ("object", "pipl", "jd", 2, None, "received"),
    )  # fmt: skip
    found = []
    for number, (kind, regime, platform, ago, took, status) in enumerate(rows, 1):
        received = now.replace(microsecond=0) - timedelta(days=ago, hours=number % 5)
        known = keys.get(platform) or []
        about = known[(number * 131) % len(known)] if known and took is None else None
        found.append(
            {
                "request_id": f"DEMO-R-{number:02d}",
                "received_at": received,
                "kind": kind,
                "regime": regime,
                "platform": platform,
                "subject_key": about if status == "verified" else None,
                "verified_at": received + timedelta(hours=20) if status != "received" else None,
                "due_at": request_due_at(received, regime, ZONE),  # type: ignore[arg-type]
                "status": status,
                "completed_at": received + timedelta(days=took) if took else None,
                "rows_affected": 3 if kind == "erase" and took else None,
                "physical_erasure_at": received + timedelta(days=took + 1)
                if kind == "erase" and took
                else None,
                "evidence_ref": MARK,
            }
        )
    return found


def incidents(now: datetime) -> tuple[Rows, Rows]:
    """Four incidents and the duties they started; one is open and past a deadline."""
    rows: tuple[tuple[Any, ...], ...] = (
        ("export sent to the wrong agency", "medium", ["taobao"], [], 0, 410, 3, 12),
        ("laptop with order lists lost", "high", ["woocommerce"], ["eu"], 240, 190, 20, 30),
        ("former employee still had access", "low", ["jd", "douyin"], [], 0, 95, 2, 9),
        (
            "parcel labels photographed in the warehouse",
            "high",
            ["taobao", "woocommerce"],
            ["eu"],
            60,
            4,
            None,
            None,
        ),
    )
    found: Rows = []
    clocks: Rows = []
    for number, (kind, severity, platforms, regions, persons, ago, contained, closed) in enumerate(rows, 1):
        detected = now.replace(microsecond=0, second=0) - timedelta(days=ago, hours=2)
        incident_id = f"DEMO-I-{number:02d}"
        found.append(
            {
                "incident_id": incident_id,
                "detected_at": detected,
                "kind": f"{kind} ({MARK})",
                "severity": severity,
                "platforms": platforms,
                "data_classes": ["orders_personal"],
                "persons_estimate": persons,
                "contained_at": detected + timedelta(hours=contained) if contained else None,
                "individuals_notified_at": detected + timedelta(hours=60) if closed and persons else None,
                "no_notice_reason": None if persons else "no person concerned",
                "closed_at": detected + timedelta(days=closed) if closed else None,
                "review_ref": f"DEMO-REV-{number:02d}" if closed else None,
            }
        )
        running = incident_clocks(detected, platforms=platforms, regions=regions, severity=severity)
        for place, clock in enumerate(running):
            done = detected + (clock.due_at - detected) * 0.6 if closed or place == 0 else None
            clocks.append(
                {
                    "incident_id": incident_id,
                    "regime": clock.regime,
                    "duty": clock.duty,
                    "due_at": clock.due_at,
                    "done_at": done,
                }
            )
    return found, clocks


def backups(now: datetime, today: date) -> Rows:
    """A full backup every night of the last week and every Sunday of the last month; one was restored in a test."""
    nights = [*range(1, 8), *(n for n in range(8, 29) if (today - timedelta(days=n)).weekday() == 6)]
    rows: Rows = []
    for night in nights:
        local = datetime.combine(today - timedelta(days=night - 1), datetime.min.time(), ZONE) + timedelta(
            hours=3
        )
        if local > now:
            continue
        restored = local + timedelta(hours=7) if night == 4 else None
        rows.append(
            {
                "backup_id": f"DEMO-B-{local:%Y%m%d}",
                "started_at": local,
                "finished_at": local + timedelta(minutes=2),
                "kind": "full",
                "encrypted": True,
                "key_version": MARK,
                "bytes": 41_000_000 - night * 30_000,
                "checksum": None,
                "restore_tested_at": restored,
                "restore_ok": True if restored else None,
                "expires_on": local.date() + timedelta(days=28),
            }
        )
    return rows
