"""How people let an app into their shop, in a platform's own terms: the page they see, what their answer is worth.

A platform folder says it as a value, for example:

    AUTHORIZE = Authorize(page=consent_page, exchange=code_call)

where `consent_page(settings, consent) -> URL` and `code_call(settings, consent, answer) -> Call` (host "auth", its
answer read by `Client.tokens`). Pure; `authorize.py` opens the page and catches the answer.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors.engine.errors import SyncError

if TYPE_CHECKING:
    from connectors.engine.stream import Call, Reply

BEGINNING = datetime.fromtimestamp(0, UTC)
Answer = Mapping[str, str]
"""The parameters with which the platform sends the browser back."""


CODES = ("code", "spapi_oauth_code")
"""What platforms call the code in their answer; the second one is Amazon's."""


def code_of(answer: Answer) -> str:
    """The code, "" where there is none."""
    return next((answer[name] for name in CODES if answer.get(name)), "")


class NotGranted(SyncError):
    en = "The authorisation was not granted."
    zh = "授权未通过。"
    hint_en = "Log in as the owner of the shop and agree; then run the command again."
    hint_zh = "请用店铺主账号登录并同意授权，然后重新运行命令。"


class NotOurs(SyncError):
    """An answer to another question: an old page, or somebody else's."""

    en = "This answer does not belong to the authorisation that was begun."
    zh = "该回调不属于本次发起的授权。"
    hint_en = "Open the address that was printed last, and give the whole address of the page you come to."
    hint_zh = "请打开最近一次显示的地址，并提供跳转后页面的完整地址。"


@dataclass(frozen=True)
class Consent:
    """One authorisation under way. `state` ties the answer to it, `verifier` (PKCE) the code to us."""

    redirect: str
    """Where the platform sends the browser back; must be the one registered for the app."""
    state: str
    verifier: str
    at: datetime = BEGINNING
    """When it was begun: some platforms want the address of their page signed and dated (Shopee)."""

    @property
    def challenge(self) -> str:
        """PKCE S256.

        >>> Consent("", "", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").challenge
        'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
        """
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def accept(self, answer: Answer) -> None:
        """Raises NotOurs, or NotGranted with the platform's code."""
        if not hmac.compare_digest(answer.get("state", "").encode(), self.state.encode()):
            raise NotOurs()
        if not code_of(answer):
            raise NotGranted(f"({answer.get('error') or 'no code'})")


@dataclass(frozen=True)
class Authorize:
    """The authorization-code flow of a platform."""

    page: Callable[[Any, Consent], str]
    """settings -> the address people open."""
    exchange: Callable[[Any, Consent, Answer], Call]
    """The token call (host "auth") that the code is worth."""
    gives: tuple[str, ...] = ()
    """Required settings that only the authorisation brings: until then they hold a placeholder."""
    genuine: Callable[[Any, Answer, datetime], bool] = lambda _settings, _answer, _now: True
    """Where the platform signs its answer (Shopify): whether it did."""
    learns: Callable[[Answer, Reply], Mapping[str, str]] = lambda _answer, _reply: {}
    """Further settings that the answers tell (Weibo: `uid`)."""
