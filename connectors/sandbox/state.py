"""What a platform's sandbox view may use besides the world: clock, credentials, tokens, violations.

A platform folder's `sandbox.py` exports

    def routes(world: World, state: PlatformState) -> list[BaseRoute]      # mounted under /<platform>
    def credentials(state: PlatformState, base_url: str) -> dict[str, str] # ready for `souk connect --set`
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

from connectors.engine.consent import Consent

Rule = Literal[
    "signature", "timestamp", "window", "page_size", "depth", "fields", "order", "rate", "reach", "other"
]


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule of the platform that a client broke: tests assert there are none."""

    platform: str
    rule: Rule
    detail: str


@dataclass(slots=True)
class TokenPair:
    access_token: str
    refresh_token: str
    expires_at: datetime


@dataclass
class Tokens:
    """Access tokens of one platform (one more set per `kind`, e.g. "ads"). Refreshing rotates both tokens;
    the old refresh token is dead afterwards."""

    name: str
    clock: Callable[[], datetime]
    lifetime: timedelta = timedelta(days=7)
    pairs: list[TokenPair] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def current(self) -> TokenPair:
        """The valid pair that `credentials` hands out (made on first use)."""
        with self.lock:
            return self.pairs[-1] if self.pairs else self._issue()

    def check(self, access_token: str | None) -> Literal["ok", "expired", "unknown"]:
        with self.lock:
            for pair in self.pairs:
                if pair.access_token == access_token:
                    return "ok" if self.clock() < pair.expires_at else "expired"
            return "unknown"

    def refresh(self, refresh_token: str | None) -> TokenPair | None:
        """A new pair for the newest refresh token; None for any other (rotated tokens are dead)."""
        with self.lock:
            if not self.pairs or self.pairs[-1].refresh_token != refresh_token:
                return None
            return self._issue()

    def issue(self) -> TokenPair:
        """A new pair without a refresh token: client credentials, self-authorisation."""
        with self.lock:
            return self._issue()

    def expire(self) -> None:
        """All access tokens are past their life now; the newest refresh token still works."""
        with self.lock:
            for pair in self.pairs:
                pair.expires_at = self.clock()

    def _issue(self) -> TokenPair:
        n = len(self.pairs)
        access, refresh = (f"{self.name}-{k}-{n}-{_digest(self.name, k, n)}" for k in ("access", "refresh"))
        pair = TokenPair(access, refresh, self.clock() + self.lifetime)
        self.pairs.append(pair)
        return pair


class PlatformState:
    """Everything of one served platform that is not the world."""

    def __init__(self, platform: str, clock: Callable[[], datetime]) -> None:
        self.platform = platform
        self.clock = clock
        self.violations: list[Violation] = []
        self.calls: list[Call] = []
        self.lock = threading.Lock()
        self._tokens: dict[str, Tokens] = {}
        self._codes: dict[str, tuple[str, str]] = {}
        """Code -> the redirect and the PKCE challenge ("" = none) it was given for."""
        self._consents = 0

    def secret(self, name: str, length: int = 32) -> str:
        """An invented but stable credential: `state.secret("app_key")` is the same in every run."""
        return _digest(self.platform, name, length=length)

    def tokens(self, kind: str = "shop", lifetime: timedelta = timedelta(days=7)) -> Tokens:
        if kind not in self._tokens:
            self._tokens[kind] = Tokens(f"{self.platform}-{kind}", self.clock, lifetime)
        return self._tokens[kind]

    def consent(self, asked: Mapping[str, str], redirect: str, named: str = "code",
                **signed: Callable[[dict[str, str]], str]) -> str:
        """The address a browser is sent back to from the platform's page, with a code; the owner always agrees.

        `asked`: what the page was opened with (its `state` goes back). `named`: what the platform calls the code.
        `signed`: further parameters, each made from those before it.
        """
        self._consents += 1
        code = _digest(self.platform, "code", self._consents)
        self._codes[code] = redirect, asked.get("code_challenge", "")
        answer = {named: code, **({"state": asked["state"]} if "state" in asked else {})}
        for name, make in signed.items():
            answer[name] = make(answer)
        return f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(answer)}"

    def redeem(self, code: str | None, redirect: str | None = None, kind: str = "shop", verifier: str = "",
               ) -> TokenPair | None:
        """A new pair for a code, once; where the platform asks for the redirect it must be the same. A code that was
        asked for with a PKCE challenge is worth something only with its verifier."""
        known, challenge = self._codes.pop(code or "", (None, ""))
        if known is None or (redirect is not None and redirect != known):
            return None
        if challenge and challenge != Consent("", "", verifier).challenge:
            return None
        return self.tokens(kind).issue()

    def expire_tokens(self) -> None:
        for tokens in self._tokens.values():
            tokens.expire()

    def violation(self, rule: Rule, detail: str) -> None:
        """Record a broken rule (the view also answers the platform's error)."""
        with self.lock:
            self.violations.append(Violation(self.platform, rule, detail))

    def note(self, name: str, **params: object) -> None:
        """Log a business call in the platform's words, no secrets: `note("order.searchList", page=0)`."""
        with self.lock:
            self.calls.append(Call(name, params))


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    params: dict[str, object]


def _digest(*parts: object, length: int = 32) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:length]
