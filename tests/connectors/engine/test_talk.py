"""What is tried again, for how long, and what is not; over real sockets against a server that misbehaves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connectors.engine.errors import (
    Broken,
    Denied,
    Gone,
    Misconfigured,
    Moved,
    Rejected,
    SyncError,
    Throttled,
    TokenExpired,
    Untrusted,
)
from connectors.engine.http import Http
from connectors.engine.stream import Call, Rate, Reply, Request, Tokens
from connectors.engine.talk import PATIENCE, Talk, retry_after
from connectors.engine.tokens import Life, lives, stored
from connectors.engine.tokens import Tokens as Keeper
from connectors.engine.vault import Vault

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
OK = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"ok":true}'


def answer(status: int, body: str = "{}", **headers: str) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join([f"HTTP/1.1 {status} X", f"content-length: {len(body.encode())}", *lines])
    return f"{head}\r\n\r\n{body}".encode()


CUT = b'HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n{"ok":'
DROP = b""


class Shop:
    """Answers connections one after another with the given bytes, the last one for ever. `seen` = requests."""

    def __init__(self, *answers: bytes) -> None:
        self.answers, self.seen, self.times = list(answers), [], []  # type: ignore[var-annotated]
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.seen.append(connection.recv(65536).decode())
                self.times.append(time.monotonic())
                connection.sendall(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])


class PlainClient:
    """A platform with a bearer token in the query (so that a leak of URLs would show)."""

    rate = Rate(per_second=1000, burst=1000, concurrency=4)

    def __init__(self, url: str, renewed: Callable[[], Tokens] | None = None) -> None:
        self.url, self.renewed = url, renewed

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        return Request("GET", f"{self.url}/{call.path}?token={token}", {"connection": "close"})

    def check(self, reply: Reply, call: Call) -> None:
        body = msgspec.json.decode(reply.body)
        match body.get("code"):
            case "expired":
                raise TokenExpired("(expired)")
            case "slow down":
                raise Throttled("(code 7)", wait=0.3)
            case "oops":
                raise Broken("(isp)")
            case "no":
                raise Rejected("(isv)")

    def refresh(self, refresh_token: str | None, host: str) -> Call | None:
        return Call("token", host="auth") if self.renewed else None

    def tokens(self, reply: Reply, host: str) -> Tokens:
        assert self.renewed
        return self.renewed()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    vault = Vault(tmp_path, b"a secret of the tests")
    vault.store("here", {"access_token": "old-token", "refresh_token": "r0"})
    return vault


@pytest.fixture
def shop() -> Iterator[Callable[..., Shop]]:
    made: list[Shop] = []

    def make(*answers: bytes) -> Shop:
        made.append(Shop(*answers))
        return made[-1]

    yield make
    for one in made:
        one.socket.close()


def ask(client: PlainClient, vault: Vault, calls: int = 1, **more: Any) -> tuple[list[bytes], Talk]:
    async def all_calls() -> tuple[list[bytes], Talk]:
        talk = Talk(client, Keeper(vault, "here", client, lambda: NOW), lambda: NOW)
        try:
            call = Call("orders", **more)
            return [await talk.ask(call, lambda reply, _call: reply.body) for _ in range(calls)], talk
        finally:
            await talk.close()

    return asyncio.run(all_calls())


@pytest.mark.parametrize("trouble", [
    pytest.param(answer(500), id="500"), pytest.param(answer(502, "<html>"), id="502 with HTML"),
    pytest.param(answer(503), id="503"), pytest.param(answer(429), id="429 without a word"),
    pytest.param(DROP, id="dropped"), pytest.param(CUT, id="cut"),
    pytest.param(answer(200, '{"ok": tr'), id="half a document"),
    pytest.param(answer(200, '{"code": "oops"}'), id="the platform's own service error"),
])
def test_what_may_pass_is_tried_again(shop: Any, vault: Vault, trouble: bytes) -> None:
    here = shop(trouble, trouble, OK)
    (body,), talk = ask(PlainClient(here.url), vault)
    assert body == b'{"ok":true}'
    assert (talk.requests, talk.retries) == (3, 2)


@pytest.mark.parametrize(("trouble", "kind"), [
    (answer(400), Rejected), (answer(401), Denied), (answer(403), Denied), (answer(404), Gone),
    (answer(301, location="https://elsewhere/a?key=1"), Moved), (answer(200, '{"code": "no"}'), Rejected),
])
def test_what_will_not_pass_is_asked_once(shop: Any, vault: Vault, trouble: bytes, kind: type) -> None:
    here = shop(trouble)
    with pytest.raises(kind):
        ask(PlainClient(here.url), vault)
    assert len(here.seen) == 1


def test_a_404_may_say_that_there_is_nothing_to_list(shop: Any, vault: Vault) -> None:
    (body,), talk = ask(PlainClient(shop(answer(404)).url), vault, nothing=True)
    assert (body, talk.requests) == (b"{}", 1)
    with pytest.raises(Rejected):  # other refusals stay what they are
        ask(PlainClient(shop(answer(400)).url), vault, nothing=True)


def test_a_status_that_a_call_names_is_its_answer(shop: Any, vault: Vault) -> None:
    (body,), talk = ask(PlainClient(shop(answer(425)).url), vault, answers=(425,))
    assert (body, talk.requests) == (b"{}", 1)
    with pytest.raises(Rejected):
        ask(PlainClient(shop(answer(400)).url), vault, answers=(425,))


@pytest.mark.parametrize("trouble", [
    pytest.param(answer(429, retry_after="1"), id="seconds"),
    pytest.param(answer(503, retry_after="Sat, 20 Jun 2026 04:00:11 GMT", date="Sat, 20 Jun 2026 04:00:10 GMT"),
                 id="a date, by the server's own clock"),
])
def test_retry_after_is_obeyed_in_full(shop: Any, vault: Vault, trouble: bytes) -> None:
    here = shop(trouble, OK)
    ask(PlainClient(here.url), vault)
    assert here.times[1] - here.times[0] >= 1.0


def test_the_wait_of_the_platforms_own_code_is_obeyed(shop: Any, vault: Vault) -> None:
    here = shop(answer(200, '{"code": "slow down"}'), OK)
    ask(PlainClient(here.url), vault)
    assert here.times[1] - here.times[0] >= 0.3


def test_a_wait_beyond_patience_ends_the_run(shop: Any, vault: Vault) -> None:
    here = shop(answer(429, retry_after=str(int(PATIENCE) + 1)))
    with pytest.raises(Throttled):
        ask(PlainClient(here.url), vault)
    assert len(here.seen) == 1


@pytest.mark.parametrize(("headers", "seconds"), [
    ({}, None), ({"retry-after": "7"}, 7.0), ({"retry-after": "0.5"}, 0.5), ({"retry-after": "soon"}, None),
    ({"retry-after": "Sat, 20 Jun 2026 04:01:00 GMT", "date": "Sat, 20 Jun 2026 04:00:00 GMT"}, 60.0),
    ({"retry-after": "Sat, 20 Jun 2026 03:00:00 GMT", "date": "Sat, 20 Jun 2026 04:00:00 GMT"}, 0.0),
])
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(Reply(429, headers, b"")) == seconds


# --- tokens -------------------------------------------------------------------------------------------------


def test_an_expired_token_is_renewed_once_and_stored_before_use(shop: Any, vault: Vault) -> None:
    here = shop(answer(200, '{"code": "expired"}'), OK, OK)

    def renewed() -> Tokens:
        assert vault.settings("here")["access_token"] == "old-token"
        return Tokens("new-token", "r1", 3600)

    ask(PlainClient(here.url, renewed), vault)
    assert [line.split()[1] for line in here.seen] == [
        "/orders?token=old-token", "/token?token=None", "/orders?token=new-token"]
    stored = Vault(vault.home, b"a secret of the tests").settings("here")
    assert (stored["access_token"], stored["refresh_token"]) == ("new-token", "r1")


def test_a_token_near_its_end_is_renewed_ahead(shop: Any, vault: Vault) -> None:
    vault.store("here", {"_renew_at": NOW.isoformat()})
    here = shop(OK)
    ask(PlainClient(here.url, lambda: Tokens("new-token", "r1", 3600)), vault, calls=2)
    assert [line.split()[1] for line in here.seen] == [
        "/token?token=None", "/orders?token=new-token", "/orders?token=new-token"]


@pytest.mark.parametrize(("given", "end"), [
    (Tokens("t", "r", 3600, refresh_expires_in=30 * 86400.0), NOW + timedelta(days=30)),
    (Tokens("t", "r", 3600, refresh_ends_at=NOW + timedelta(days=9)), NOW + timedelta(days=9)),
    (Tokens("t", "r", 3600), None),
], ids=["a duration", "an instant", "not said"])
def test_the_end_of_the_refresh_token_is_kept(given: Tokens, end: datetime | None) -> None:
    """Until then the engine renews the token by itself; people are told in time (`souk doctor`)."""
    settings = stored(given, "api", NOW)
    assert lives(settings, PlainClient("", lambda: given)) == [Life("api", end, renews=True)]


def test_a_token_that_another_process_has_renewed_is_used(shop: Any, vault: Vault) -> None:
    """Its refresh token rotated: refreshing with ours would lose the connection."""
    here = shop(answer(200, '{"code": "expired"}'), OK)
    client = PlainClient(here.url, lambda: pytest.fail("must not refresh"))  # type: ignore[arg-type, return-value]

    async def go() -> None:
        talk = Talk(client, Keeper(vault, "here", client, lambda: NOW), lambda: NOW)
        vault.store("here", {"access_token": "theirs", "refresh_token": "r9"})
        await talk.ask(Call("orders"), lambda reply, _call: reply.body)
        await talk.close()

    asyncio.run(go())
    assert here.seen[1].split()[1] == "/orders?token=theirs"


def test_where_the_refresh_token_has_ended_a_token_may_come_without_one(shop: Any, vault: Vault) -> None:
    """A merchant's own app (Douyin) or client credentials (Shopify): a long pause is no matter for people. Where
    that is refused too, the first refusal is the one to be read."""
    def refuse() -> Tokens:
        raise Denied("(refresh token ended)")

    class Own(PlainClient):
        answers: list[Callable[[], Tokens]]

        def refresh(self, refresh_token: str | None, host: str) -> Call | None:
            return Call("by-refresh" if refresh_token else "by-itself", host="auth")

        def tokens(self, reply: Reply, host: str) -> Tokens:
            return self.answers.pop(0)()

    here = shop(answer(200, '{"code": "expired"}'), OK)
    own = Own(here.url)
    own.answers = [refuse, lambda: Tokens("new-token", "r9", 3600)]
    ask(own, vault)
    assert [seen.split("?")[0].rpartition("/")[2] for seen in here.seen[1:3]] == ["by-refresh", "by-itself"]
    assert (vault.settings("here")["access_token"], vault.settings("here")["refresh_token"]) == ("new-token", "r9")

    def without() -> Tokens:
        raise Denied("(no such grant)")

    closed = Own(shop(answer(200, '{"code": "expired"}')).url)
    closed.answers = [refuse, without]
    with pytest.raises(Denied, match="refresh token ended"):
        ask(closed, vault)


def test_many_calls_at_once_refresh_once(shop: Any, vault: Vault) -> None:
    refreshed = []
    here = shop(OK)
    vault.store("here", {"_renew_at": NOW.isoformat()})

    def renewed() -> Tokens:
        refreshed.append(1)
        return Tokens("new-token", "r1", 3600)

    client = PlainClient(here.url, renewed)

    async def go() -> None:
        talk = Talk(client, Keeper(vault, "here", client, lambda: NOW), lambda: NOW)
        await asyncio.gather(*(talk.ask(Call("orders"), lambda reply, _call: reply.body) for _ in range(6)))
        await talk.close()

    asyncio.run(go())
    assert len(refreshed) == 1


def test_without_a_refresh_people_must_authorise_again(shop: Any, vault: Vault) -> None:
    here = shop(answer(200, '{"code": "expired"}'))
    with pytest.raises(Denied) as caught:
        ask(PlainClient(here.url), vault)
    assert "Authorise the app again" in caught.value.hint("en") and "重新授权" in caught.value.hint("zh")


# --- nothing leaks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [answer(400), answer(401), DROP, CUT, answer(200, "{")])
def test_no_secret_in_errors_or_logs(shop: Any, vault: Vault, trouble: bytes, caplog: Any,
                                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.engine.talk.ATTEMPTS", 2)
    caplog.set_level(logging.DEBUG)
    here = shop(trouble)
    with pytest.raises(SyncError) as caught:
        ask(PlainClient(here.url), vault)
    chain, error = [], caught.value
    while error is not None:
        chain += [str(error), repr(error)]
        error = None if error.__suppress_context__ else (error.__cause__ or error.__context__)  # type: ignore[assignment]
    assert "old-token" not in " ".join(chain) and "old-token" not in caplog.text


def test_a_certificate_that_nobody_vouches_for_ends_the_run_at_once(vault: Vault, tmp_path: Path) -> None:
    """Nothing was sent, and trying again would not help; the hint says where to name its authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    paper = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
             .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
             .sign(key, hashes.SHA256()))
    pem = tmp_path / "own.pem"
    pem.write_bytes(paper.public_bytes(Encoding.PEM)
                    + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True) as server:
        def serve() -> None:
            with contextlib.suppress(OSError):
                server.accept()

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(Untrusted) as caught:
            ask(PlainClient(f"https://127.0.0.1:{server.getsockname()[1]}"), vault)
    assert "SSL_CERT_FILE" in caught.value.hint("en") and "SSL_CERT_FILE" in caught.value.hint("zh")


def test_a_redirect_names_where_to_and_no_more(shop: Any, vault: Vault) -> None:
    with pytest.raises(Moved) as caught:
        ask(PlainClient(shop(answer(301, location="https://www.shop.example/a?key=secret")).url), vault)
    assert caught.value.say("en").endswith("moved: https://www.shop.example")


def test_a_call_that_is_cancelled_leaves_its_connection_to_the_next() -> None:
    """Wherever it stands when another window fails: looking for a connection, connecting, sending, reading."""
    shop = Shop(OK)

    async def cancelled_at(step: int, http: Http) -> None:
        task = asyncio.ensure_future(http.send(Request("GET", shop.url)))
        for _ in range(step):
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert (await asyncio.wait_for(http.send(Request("GET", shop.url)), 5)).status == 200

    async def everywhere() -> None:
        http = Http(1)
        for step in range(40):
            await cancelled_at(step, http)
        await http.close()

    asyncio.run(everywhere())


class DearClient(PlainClient):
    """Its answers have told what a call costs: ten points of a hundred a second."""

    rate = Rate(per_second=100, burst=10, concurrency=4)

    def cost(self, call: Call) -> float:
        return 10.0


def test_a_call_takes_what_the_platform_counts_for_it(shop: Any, vault: Vault) -> None:
    here = shop(OK)
    ask(DearClient(here.url), vault, calls=3)
    assert here.times[2] - here.times[0] > 0.15, "a tenth of a second each, once the bucket is empty"


def test_a_shop_that_is_named_with_a_new_token_needs_the_means_to_get_one(vault: Vault) -> None:
    """The access token may be good all the same: it has not ended."""
    client = PlainClient("http://127.0.0.1:1")

    async def go() -> None:
        talk = Talk(client, Keeper(vault, "here", client, lambda: NOW), lambda: NOW)
        try:
            await talk.introduce()
        finally:
            await talk.close()

    with pytest.raises(Misconfigured, match="refresh_token"):
        asyncio.run(go())
