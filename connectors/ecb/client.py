"""How the bank is asked: a plain GET, no key, a file an answer."""

from __future__ import annotations

from datetime import datetime

from connectors.engine.errors import Denied
from connectors.engine.settings import secure_url
from connectors.engine.stream import Budget, Call, Host, Rate, Reply, Request, Tokens


class BankClient:
    """One file a day: no limit is near."""

    rate = Rate(per_second=1, concurrency=1)

    def __init__(self, url: str) -> None:
        self.url = secure_url(url)

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        return Request("GET", f"{self.url}/{call.path}", {"accept": "application/xml"})

    def check(self, reply: Reply, call: Call) -> Budget | None:
        """The HTTP status says all."""
        return None

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        return None

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        raise Denied("(the bank gives no tokens)")
