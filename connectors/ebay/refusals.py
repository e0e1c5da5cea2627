"""What eBay's error numbers and the words of its token call mean to the person who connects a shop.

    raise refusal(403, Failure(1100, message="Access denied"), "/sell/finances/v1/payout")   # names sell.finances
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from connectors.engine.errors import Broken, Denied, Gone, Rejected, SyncError, Throttled, TokenExpired
from connectors.engine.refusals import consent_gone, missing_right, unknown_app


class Failure(Struct, rename="camel"):
    error_id: int = 0
    category: str = ""
    message: str = ""


SCOPES = {
    "/sell/fulfillment/": "sell.fulfillment.readonly", "/sell/finances/": "sell.finances",
    "/sell/inventory/": "sell.inventory.readonly", "/sell/analytics/": "sell.analytics.readonly",
    "/sell/marketing/": "sell.marketing", "/commerce/identity/": "commerce.identity.readonly",
}
"""The scope that a seller's consent must cover, by the beginning of a path."""
TOKENS = (1001, 1002, 1003)
FORBIDDEN, TOO_MANY, FUTURE = 1100, 2001, 30850
SIGNATURES = range(215000, 215200)


def unsigned(what: str) -> Denied:
    return Denied(what, hint_en="Sellers in the EU and the UK need signing_key and signing_jwe (Key Management API).",
                  hint_zh="欧盟和英国卖家需要设置 signing_key 与 signing_jwe（Key Management API）。")


def in_the_future(what: str) -> Rejected:
    return Rejected(what, hint_en="eBay takes no dates in the future: set this machine's clock.",
                    hint_zh="eBay 不接受未来的时间：请校准本机时间。")


def consent_ended(what: str) -> Denied:
    """It ends after 18 months, with a new password, or when the seller withdraws it."""
    return consent_gone(what)


def scope_not_agreed(what: str) -> Denied:
    return Denied(what, hint_en="The seller's consent does not cover every scope that is asked for: name those it "
                                "covers with --set scopes=..., or let the seller agree again.",
                  hint_zh="卖家授权未覆盖所请求的全部权限：请用 --set scopes=... 写明已授权的部分，或请卖家重新授权。")


def wrong_keys(what: str) -> Denied:
    return unknown_app(what, "client_id and client_secret")


TOKEN_CALL: dict[str, Callable[[str], Denied]] = {
    "invalid_grant": consent_ended, "invalid_scope": scope_not_agreed, "invalid_client": wrong_keys,
    "unauthorized_client": wrong_keys,
}
"""By the `error` of the token call."""


def refusal(status: int, failure: Failure, path: str) -> SyncError:
    """`longMessage` and `parameters` repeat what was asked and are left out."""
    number, what = failure.error_id, f"({failure.error_id}: {failure.message})"
    if number in SIGNATURES:
        return unsigned(what)
    if number == TOO_MANY or status == 429:
        return Throttled(what)
    if number in TOKENS or status == 401:
        return TokenExpired(what)
    if number == FORBIDDEN or status == 403:
        scope = next((scope for start, scope in SCOPES.items() if path.startswith(start)), "")
        return missing_right(what, scope, f" {scope}" if scope else "")
    if number == FUTURE:
        return in_the_future(what)
    if status >= 500:
        return Broken(what, heavy=status in (500, 504))
    return Gone(what) if status == 404 else Rejected(what)
