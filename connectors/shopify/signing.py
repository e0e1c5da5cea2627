"""What Shopify signs: webhooks and the browser's way back from an authorisation. Requests are not signed.

Pure functions; compare before anything of the message is parsed. After a change of the client secret webhooks may
carry the old secret's signature for an hour: verify with either.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

SHOP = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]*\.myshopify\.com")
TOLERANCE = 90
"""Seconds by which a callback may be old or ahead."""


def verify_webhook(secret: str, raw: bytes, header: str | None) -> bool:
    """Whether `X-Shopify-Hmac-SHA256` was made over these very bytes. False is to be answered with 401."""
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(digest), (header or "").encode())


def verify_callback(secret: str, query: Mapping[str, str], now: datetime) -> bool:
    """Whether the callback's parameters (decoded) are Shopify's, fresh, and of a Shopify store.

    `state` is for the caller to compare with the one it sent.
    """
    signed = "&".join(f"{_escaped(name).replace('=', '%3D')}={_escaped(value)}"
                      for name, value in sorted(query.items()) if name not in ("hmac", "signature"))
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(digest.encode(), query.get("hmac", "").encode()):
        return False
    stamp = query.get("timestamp", "")
    fresh = stamp.isdecimal() and abs(now.timestamp() - int(stamp)) <= TOLERANCE
    return fresh and SHOP.fullmatch(query.get("shop", "")) is not None


def _escaped(text: str) -> str:
    """A value must not be able to pose as another parameter."""
    return text.replace("%", "%25").replace("&", "%26")
