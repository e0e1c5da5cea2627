"""Everything said to a platform in one run: token, turn, signature, answer, judgement, second try.

Retried: failed transport, cut bodies, 429, 5xx and what a client calls Throttled or Broken. A wait that the
platform names is kept in full, by every call of the connection. Nothing else is retried.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO, TypeVar
from urllib.parse import urlsplit

import msgspec
import stamina
from stamina.instrumentation import set_on_retry_hooks

from connectors.engine.bucket import Bucket
from connectors.engine.errors import Broken, Denied, Gone, Moved, Rejected, SyncError, Throttled, TokenExpired
from connectors.engine.http import Http
from connectors.engine.stream import Budget, Call, Client, Host, Rate, Reply
from connectors.engine.tokens import Tokens

ATTEMPTS, HEAVY_ATTEMPTS = 8, 3
FIRST_WAIT, LONGEST_WAIT = 0.2, 30.0
PATIENCE = 3600.0
"""A platform that asks for more than an hour of silence (a daily quota) ends the run instead."""
WITHOUT_TOKEN = ("auth", "file")
CHARSET = re.compile(r'charset="?([\w.:-]+)', re.IGNORECASE)

T = TypeVar("T")

set_on_retry_hooks([])  # retries are counted and shown by the run itself


@dataclass
class Carried:
    """The token a call is sent with: the newest there is when its turn comes, as another call may have renewed it
    meanwhile."""

    token: str | None


class Talk:
    """One connection's side of the conversation. `requests` and `retries` count everything sent, `waited` the
    seconds of silence that the platform asked for."""

    def __init__(self, client: Client, tokens: Tokens, clock: Callable[[], datetime]) -> None:
        self.client = client
        self.requests = 0
        self.retries = 0
        self.waited = 0.0
        self._silent_until = time.monotonic()
        self._tokens, self._clock = tokens, clock
        self._http = Http(client.rate.concurrency)
        self._slots = asyncio.Semaphore(client.rate.concurrency)
        self._buckets: dict[tuple[Host, str], Bucket] = {}
        self._limits: Mapping[str, Rate] = getattr(client, "limits", {})
        self._cost: Callable[[Call], float] = getattr(client, "cost", lambda call: call.cost)

    @property
    def concurrency(self) -> int:
        return self.client.rate.concurrency

    async def ask(self, call: Call, read: Callable[[Reply, Call], T], *, patient: bool = True) -> T:
        """The answer to a call, read. Raises what is left after the retries. Not `patient`: heavy failures
        are given up after a few, as the caller will ask for less.

        A body that cannot be decoded counts as cut; one of the wrong shape is a change of the interface.
        """
        return await self._persist(lambda: self._once(call, read), call, patient)

    async def download(self, call: Call, into: BinaryIO) -> str:
        """A finished report, streamed into a file; begun anew after a failure. Returns the charset that its store
        names, "" where it names none."""
        async def once() -> str:
            into.seek(0)
            into.truncate()
            async with self._slots:
                self.requests += 1
                request = self.client.request(call, None, self._clock())
                reply = await self._http.download(request, into)
            by_status(reply)
            named = CHARSET.search(reply.headers.get("content-type", ""))
            return named[1] if named else ""

        return await self._persist(once, call, patient=True)

    async def introduce(self) -> Reply:
        """The answer of a token call for the API host, its pair stored (see `About`)."""
        return await self._tokens.introduce("api", self._send)

    async def close(self) -> None:
        await self._http.close()

    async def _persist(self, once: Callable[[], Awaitable[T]], call: Call, patient: bool) -> T:
        """Most calls are answered at once: what repeats them is set up only after a failure."""
        try:
            return await once()
        except SyncError as error:
            failed = error
        tried = 0

        def wait(error: Exception) -> bool | float:
            heavy = isinstance(error, Broken) and error.heavy and not patient
            return False if heavy and tried >= HEAVY_ATTEMPTS else self._wait(error, call)

        async for attempt in stamina.retry_context(
                on=wait, attempts=ATTEMPTS, timeout=None, wait_initial=FIRST_WAIT, wait_max=LONGEST_WAIT,
                wait_jitter=FIRST_WAIT):
            tried = attempt.num
            with attempt:
                if tried == 1:
                    raise failed
                self.retries += 1
                return await once()
        raise AssertionError("unreachable")

    def _wait(self, error: Exception, call: Call) -> bool | float:
        """Whether to try again, and after how many seconds where the platform has said so."""
        if not isinstance(error, SyncError) or not error.retryable:
            return False
        wait = getattr(error, "wait", None)
        if wait is None:
            return True
        if wait > PATIENCE:
            return False
        now = time.monotonic()
        self.waited += max(0.0, now + wait - max(self._silent_until, now))
        self._silent_until = max(self._silent_until, now + wait)
        self._bucket(call).close(wait)
        return float(wait)

    async def _once(self, call: Call, read: Callable[[Reply, Call], T]) -> T:
        if call.host in WITHOUT_TOKEN:
            return await self._exchange(call, Carried(None), read)
        carried = Carried(await self._tokens.get(call.host, self._send))
        try:
            return await self._exchange(call, carried, read)
        except TokenExpired:
            self.retries += 1
            carried.token = await self._tokens.renew(call.host, carried.token, self._send)
        try:
            return await self._exchange(call, carried, read)
        except TokenExpired as again:
            raise (again.otherwise or again) from None

    async def _exchange(self, call: Call, carried: Carried, read: Callable[[Reply, Call], T]) -> T:
        bucket = self._bucket(call)
        async with self._slots:
            cost = self._cost(call)
            await bucket.take(cost)
            if carried.token:
                carried.token = self._tokens.newest(call.host) or carried.token
            sent = time.monotonic()
            try:
                self.requests += 1
                reply = await self._http.send(self.client.request(call, carried.token, self._clock()))
            finally:
                bucket.done(cost)
        try:
            budget = self._judge(reply, call)
        except Throttled:
            bucket.slow_down(sent)
            raise
        if budget:
            bucket.correct(budget)
        bucket.answered()
        try:
            return read(reply, call)
        except msgspec.ValidationError as error:
            raise misshapen(error) from None
        except msgspec.DecodeError:
            raise Broken("(unreadable answer)") from None

    def _judge(self, reply: Reply, call: Call) -> Budget | None:
        """Raise what the answer means. The client knows the body, the status speaks where it does not."""
        if call.host == "auth":
            if reply.status == 429 or reply.status >= 500:
                by_status(reply)
            return None
        try:
            budget = self.client.check(reply, call)
        except msgspec.DecodeError:
            by_status(reply, understood=False)
            raise Broken("(not an answer of the interface)") from None
        except (Throttled, Broken) as error:
            error.wait = error.wait if error.wait is not None else retry_after(reply)
            raise
        if reply.status not in call.answers and not (call.nothing and reply.status == 404):
            by_status(reply)
        return budget

    async def _send(self, call: Call) -> Reply:
        """A token call: not signed with a token, its answer left to `Client.tokens`."""
        return await self.ask(call, lambda reply, _call: reply)

    def _bucket(self, call: Call) -> Bucket:
        which = (call.host, call.limit)
        if which not in self._buckets:
            self._buckets[which] = Bucket(self._limits.get(call.limit, self.client.rate))
        return self._buckets[which]


def misshapen(error: msgspec.ValidationError) -> Rejected:
    """Where an answer differs from what is known; the message itself could quote the payload."""
    where = str(error).rpartition(" - at ")[2] if " - at " in str(error) else ""
    return Rejected(f"(the answer has an unexpected shape {where})")


def by_status(reply: Reply, *, understood: bool = True) -> None:
    """Raise what an HTTP status says by itself; nothing for 2xx. A refusal whose words could not be read (a page of a
    firewall) is no word about one right."""
    status, what = reply.status, f"(HTTP {reply.status})"
    if status < 300:
        return
    if status == 429:
        raise Throttled(what, wait=retry_after(reply))
    if status in (408, 425) or status >= 500:
        raise Broken(what, heavy=status in (500, 504), wait=retry_after(reply))
    if status in (401, 403):
        raise Denied(what, of_all=not understood)
    if status in (301, 302, 303, 307, 308):
        to = urlsplit(reply.headers.get("location", ""))
        raise Moved(f"{to.scheme}://{to.netloc}" if to.netloc else what)
    raise (Gone if status in (404, 410) else Rejected)(what)


def retry_after(reply: Reply) -> float | None:
    """Seconds that Retry-After names: a number, or a date, measured against the answer's own Date."""
    value = reply.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(value)
        sent = reply.headers.get("date")
        since = parsedate_to_datetime(sent) if sent else datetime.now(UTC)
        return max(0.0, (until - since).total_seconds())
    except (ValueError, TypeError):
        return None
