"""The signature that the Finances API wants for sellers in the EU and the UK, and what eBay's notices carry.

RFC 9421 as eBay profiles it: method, path without query, host, and the public key as JWE are signed; calls with a
body (there are none here) would add its digest. Ed25519 keys sign as they are, RSA keys with PKCS #1 v1.5.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from connectors.engine.errors import Misconfigured

COVERED = '("x-ebay-signature-key" "@method" "@path" "@authority")'


def signed_headers(method: str, url: str, key: str, jwe: str, now: datetime) -> dict[str, str]:
    """The three headers of a call without a body."""
    covered = f"{COVERED};created={int(now.timestamp())}"
    signature = base64.b64encode(_sign(base(method, url, jwe, covered).encode(), key)).decode()
    return {"x-ebay-signature-key": jwe, "signature-input": f"sig1={covered}", "signature": f"sig1=:{signature}:"}


def base(method: str, url: str, jwe: str, covered: str) -> str:
    """What is signed: one line a component, the list of components last."""
    parts = urlsplit(url)
    return "\n".join((f'"x-ebay-signature-key": {jwe}', f'"@method": {method}', f'"@path": {parts.path}',
                      f'"@authority": {parts.netloc}', f'"@signature-params": {covered}'))


def _sign(text: bytes, key: str) -> bytes:
    body = "".join(line for line in key.replace("\\n", "\n").splitlines() if "-----" not in line).strip()
    try:
        private = serialization.load_der_private_key(base64.b64decode(body), None)
    except (ValueError, TypeError) as error:
        raise Misconfigured("signing_key") from error
    if isinstance(private, Ed25519PrivateKey):
        return private.sign(text)
    if isinstance(private, RSAPrivateKey):
        return private.sign(text, padding.PKCS1v15(), hashes.SHA256())
    raise Misconfigured("signing_key")


def challenge_response(challenge: str, verification_token: str, endpoint: str) -> str:
    """What an endpoint for account deletions answers to `?challenge_code=`; `endpoint` as registered, to the byte.

    >>> challenge_response("a", "b", "c") == hashlib.sha256(b"abc").hexdigest()
    True
    """
    return hashlib.sha256(f"{challenge}{verification_token}{endpoint}".encode()).hexdigest()
