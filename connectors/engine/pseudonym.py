"""Pseudonyms of buyers: a keyed hash of the platform's own buyer id. The id itself is never stored.

`customer_key = 'v1:' + base64url(HMAC-SHA-256(k, platform | shop scope | buyer id))[:22]` with k derived from
the root secret for one platform, so keys of two platforms can never be compared. A plain hash would not do:
all Chinese mobile numbers can be hashed in two hours on one core.
"""

from __future__ import annotations

import base64
import hmac

from connectors.engine.vault import derive

VERSION = "v1"


class Pseudonym:
    """Keys of one platform. `scope` = the shop id where the platform numbers buyers per shop, else "".

    >>> a, b = Pseudonym(b"s" * 16, "taobao"), Pseudonym(b"s" * 16, "jd")
    >>> a.key("42") == a.key("42"), a.key("42") == b.key("42"), len(a.key("42"))
    (True, False, 25)
    """

    def __init__(self, secret: bytes | str, platform: str, scope: str = "") -> None:
        root = secret.encode() if isinstance(secret, str) else secret
        self._secret = derive(root, f"pseudonym/{VERSION}/{platform}")
        self._prefix = f"{platform}|{scope}|".encode()

    def key(self, buyer: str) -> str:
        """The pseudonym of a buyer id."""
        digest = hmac.digest(self._secret, self._prefix + buyer.encode(), "sha256")
        return f"{VERSION}:{base64.urlsafe_b64encode(digest)[:22].decode()}"
