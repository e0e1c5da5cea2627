"""Requests of data subjects: access, export, correction, erasure, each with its due clock.

A request is verified outside chat. Whoever handles it gives the platform's own buyer id to the command, which
computes the pseudonym in memory; only the pseudonym comes here, and it leaves the register again when the
request is closed. A pseudonym has never been on a screen of Souk except in these commands.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from queries.privacy.clocks import Regime, request_due_at
from queries.privacy.reading import Reader, snapshot_reader
from queries.trouble import Trouble

if TYPE_CHECKING:
    from queries.warehouse import Warehouse

Kind = Literal["access", "export", "correct", "erase", "object"]
OPEN = ("received", "verified", "in_progress")


class NoSuchRequest(Trouble):
    en = "There is no request {request_id}."
    zh = "没有编号为 {request_id} 的请求。"
    hint_en = "`souk privacy requests` lists them."
    hint_zh = "`souk privacy requests` 可列出全部请求。"


class NotVerified(Trouble):
    en = "Request {request_id} has not been verified: Souk acts only for the person it is about."
    zh = "请求 {request_id} 尚未核实身份: Souk 只为本人办理。"
    hint_en = "Check who is asking outside chat, then run `souk privacy requests verify {request_id}`."
    hint_zh = "请在聊天之外核实申请人, 然后运行 `souk privacy requests verify {request_id}`。"


class RequestClosed(Trouble):
    en = "Request {request_id} is closed already ({status})."
    zh = "请求 {request_id} 已关闭 ({status})。"


@dataclass(frozen=True)
class SubjectRequest:
    """A row of `privacy.subject_requests`; `late` where it was, or is, past due."""

    request_id: str
    received_at: datetime
    kind: str
    regime: str
    platform: str | None
    subject_key: str | None
    verified_at: datetime | None
    due_at: datetime
    status: str
    completed_at: datetime | None
    rows_affected: int | None
    physical_erasure_at: datetime | None
    evidence_ref: str | None
    late: bool


@dataclass(frozen=True)
class SubjectData:
    """Everything kept about one pseudonym: what a subject may see, and take along as JSON."""

    platform: str
    subject_key: str
    orders: list[dict[str, Any]] = field(default_factory=list)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    segments: list[dict[str, Any]] = field(default_factory=list)
    consents: list[dict[str, Any]] = field(default_factory=list)
    suppressed: bool = False

    @property
    def empty(self) -> bool:
        return not (self.orders or self.segments or self.consents)


def open_request(
    warehouse: Warehouse,
    *,
    kind: Kind,
    regime: Regime,
    received_at: datetime,
    timezone: str,
    now: datetime,
    platform: str | None = None,
    subject_key: str | None = None,
    evidence_ref: str | None = None,
    verified: bool = False,
) -> SubjectRequest:
    """Registers a request and starts its clock."""
    request_id = f"R-{received_at.astimezone(ZoneInfo(timezone)):%Y%m%d}-{secrets.token_hex(3)}"
    due = request_due_at(received_at, regime, ZoneInfo(timezone))
    with warehouse.write() as session:
        session.execute(
            "INSERT INTO privacy.subject_requests (request_id, received_at, kind, regime, platform, subject_key,"
            " verified_at, due_at, status, evidence_ref) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                request_id,
                naive(received_at),
                kind,
                regime,
                platform,
                subject_key,
                naive(now) if verified else None,
                naive(due),
                "verified" if verified else "received",
                evidence_ref,
            ],
        )
        row = _row(session, request_id, now)
    warehouse.publish()
    return row


def list_requests(warehouse: Warehouse, *, now: datetime, only_open: bool = False) -> list[SubjectRequest]:
    """All requests, the next due first."""
    with snapshot_reader(warehouse) as reader:
        rows = reader.named("SELECT * FROM privacy.subject_requests ORDER BY due_at, request_id")
    found = [_request(row, now) for row in rows]
    return [request for request in found if request.status in OPEN] if only_open else found


def verify_request(
    warehouse: Warehouse,
    request_id: str,
    *,
    now: datetime,
    subject_key: str | None = None,
    platform: str | None = None,
) -> SubjectRequest:
    """Notes that the asker was proven to be the subject, and which pseudonym the request is about."""
    with warehouse.write() as session:
        _open(session, request_id, now)
        session.execute(
            "UPDATE privacy.subject_requests SET status = 'verified', verified_at = ?,"
            " subject_key = coalesce(?, subject_key), platform = coalesce(?, platform) WHERE request_id = ?",
            [naive(now), subject_key, platform, request_id],
        )
        row = _row(session, request_id, now)
    warehouse.publish()
    return row


def close_request(
    warehouse: Warehouse,
    request_id: str,
    *,
    now: datetime,
    status: Literal["completed", "refused"],
    rows_affected: int | None = None,
    evidence_ref: str | None = None,
) -> SubjectRequest:
    """Closes a request; its pseudonym leaves the register."""
    with warehouse.write() as session:
        request = _open(session, request_id, now)
        if status == "completed" and request.verified_at is None:
            raise NotVerified(request_id=request_id)
        finish(session, request_id, now, status=status, rows=rows_affected, evidence_ref=evidence_ref)
        row = _row(session, request_id, now)
    warehouse.publish()
    return row


def finish(
    session: Reader,
    request_id: str,
    now: datetime,
    *,
    status: str,
    rows: int | None,
    evidence_ref: str | None = None,
) -> None:
    """Closes the row inside the caller's transaction."""
    session.execute(
        "UPDATE privacy.subject_requests SET status = ?, completed_at = ?, rows_affected = coalesce(?, rows_affected),"
        " evidence_ref = coalesce(?, evidence_ref), subject_key = NULL WHERE request_id = ?",
        [status, naive(now), rows, evidence_ref, request_id],
    )


def verified_request(session: Reader, request_id: str, now: datetime) -> SubjectRequest:
    """The open, verified request, or the Trouble that says why it cannot be carried out."""
    request = _open(session, request_id, now)
    if request.verified_at is None:
        raise NotVerified(request_id=request_id)
    return request


def subject_data(warehouse: Warehouse, platform: str, subject_key: str) -> SubjectData:
    """What is kept about a pseudonym, from the current snapshot; read at the machine, for the subject."""
    about = {"platform": platform, "subject": subject_key}
    with snapshot_reader(warehouse) as reader:
        return SubjectData(
            platform,
            subject_key,
            orders=reader.named(
                """
                SELECT order_id, shop_id, status, created_at, paid_at, currency,
                  list_amount - seller_discount - platform_discount + shipping_amount AS paid, region
                FROM orders WHERE CAST(platform AS VARCHAR) = $platform AND customer_key = $subject
                ORDER BY created_at, order_id""",
                about,
            ),
            refunds=reader.named(
                """
                SELECT refund_id, order_id, refund_type, refunded_at, goods_amount FROM v_refunds
                WHERE CAST(platform AS VARCHAR) = $platform AND customer_key = $subject
                ORDER BY refunded_at, refund_id""",
                about,
            ),
            segments=reader.named(
                """
                SELECT snapshot_date, segment_set, segment FROM customer_segments
                WHERE CAST(platform AS VARCHAR) = $platform AND customer_key = $subject
                ORDER BY snapshot_date, segment_set""",
                about,
            ),
            consents=reader.named(
                """
                SELECT purpose, channel, state, source, effective_at FROM privacy.consents
                WHERE platform = $platform AND subject_key = $subject ORDER BY effective_at""",
                about,
            ),
            suppressed=bool(
                reader.named(
                    """
                SELECT 1 AS found FROM privacy.suppressions
                WHERE platform = $platform AND subject_key = $subject""",
                    about,
                )
            ),
        )


def _open(session: Reader, request_id: str, now: datetime) -> SubjectRequest:
    request = _row(session, request_id, now)
    if request.status not in OPEN:
        raise RequestClosed(request_id=request_id, status=request.status)
    return request


def _row(session: Reader, request_id: str, now: datetime) -> SubjectRequest:
    rows = session.named("SELECT * FROM privacy.subject_requests WHERE request_id = ?", [request_id])
    if not rows:
        raise NoSuchRequest(request_id=request_id)
    return _request(rows[0], now)


def _request(row: dict[str, Any], now: datetime) -> SubjectRequest:
    return SubjectRequest(**row, late=(row["completed_at"] or naive(now)) > row["due_at"])


def naive(moment: datetime) -> datetime:
    """As the tables keep instants: UTC without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)
