"""Known answers for the two things that Shopify signs."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.shopify.signing import verify_callback, verify_webhook

SECRET = "hush"
BODY = (b'{"shop_id":954889,"shop_domain":"souk-test.myshopify.com","customer":{"id":191167,'
        b'"email":"john@example.com","phone":"555-625-1199"},"orders_to_redact":[299938,280263,220458]}')
SIGNED = "u2LtGI7yvPlHnrxSNocRVQMhqNXapfgfmO5gclZbr6U="
QUERY = {"code": "0907a61c0c8d55e99db179b68161bc00", "shop": "souk-test.myshopify.com",
         "state": "0.6784241404160823", "timestamp": "1337178173",
         "hmac": "c30d832508ea86474852a1551df652e8270b5a26f9d62a629d2eede411302151"}
THEN = datetime.fromtimestamp(1337178173, UTC)


@pytest.mark.parametrize(("secret", "raw", "header", "good"), [
    (SECRET, BODY, SIGNED, True),
    ("other", BODY, SIGNED, False),
    (SECRET, BODY + b"\n", SIGNED, False),
    (SECRET, BODY, SIGNED.lower(), False),
    (SECRET, BODY, "", False),
    (SECRET, BODY, None, False),
    (SECRET, BODY, "é", False),
])
def test_webhooks(secret: str, raw: bytes, header: str | None, good: bool) -> None:
    assert len(BODY) == 175
    assert verify_webhook(secret, raw, header) is good


@pytest.mark.parametrize(("change", "late", "good"), [
    ({}, 0, True),
    ({}, 90, True), ({}, -90, True),
    ({}, 91, False), ({}, -91, False),
    ({"code": "x"}, 0, False),
    ({"hmac": ""}, 0, False),
    ({"hmac": "é"}, 0, False),
    ({"extra": "1"}, 0, False),
    ({"timestamp": "soon"}, 0, False),
])
def test_callbacks(change: dict[str, str], late: int, good: bool) -> None:
    assert verify_callback(SECRET, QUERY | change, THEN + timedelta(seconds=late)) is good


def test_the_order_of_parameters_does_not_matter() -> None:
    assert verify_callback(SECRET, dict(reversed(QUERY.items())), THEN)


@pytest.mark.parametrize(("shop", "signature"), [
    ("souk-test.myshopify.com.evil.example", "a85f"), ("evil.example/souk-test.myshopify.com", "a85f")])
def test_only_a_shopify_store_is_believed(shop: str, signature: str) -> None:
    """Even where the signature is right."""
    import hashlib
    import hmac

    query = {"shop": shop, "timestamp": QUERY["timestamp"]}
    query["hmac"] = hmac.new(SECRET.encode(), f"shop={shop}&timestamp={query['timestamp']}".encode(),
                             hashlib.sha256).hexdigest()
    assert not verify_callback(SECRET, query, THEN)
