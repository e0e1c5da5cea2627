"""An answer that says nothing is a failure: taken for an empty list it would move the checkpoint past rows that were
never seen."""

from __future__ import annotations

from contextlib import suppress

import pytest

from connectors import connector
from connectors.engine.errors import Broken, Rejected, SyncError
from connectors.engine.stream import Call, Reply
from tests.wire.test_refusals import KEYS


@pytest.mark.parametrize(("platform", "body"), [
    ("taobao", "{}"), ("taobao", '{"trades_sold_increment_get_response":{"request_id":"1"}}'),
    ("jd", "{}"), ("jd", '{"jingdong_pop_order_enSearch_responce":{"code":"0"}}'),
    ("pinduoduo", "{}"), ("pinduoduo", '{"order_sn_increment_get_response":{"request_id":"1"}}'),
    ("kuaishou", "{}"), ("kuaishou", '{"data":{"cursor":"nomore"}}'),
    ("douyin", "{}"), ("xiaohongshu", "{}"), ("xiaohongshu", '{"success":true}'), ("xiaohongshu", '{"error_msg":"?"}'),
])
def test_nothing_is_not_an_empty_list(platform: str, body: str) -> None:
    found = connector(platform)
    client, reply, call = found.client(found.settings(**KEYS[platform])), Reply(200, {}, body.encode()), Call("m")
    with pytest.raises((SyncError, ValueError)) as caught:
        client.check(reply, call)
        found.stream("orders").read(reply, call)
    assert isinstance(caught.value, Broken | Rejected | ValueError)


@pytest.mark.parametrize("platform", ["taobao", "jd", "pinduoduo", "kuaishou", "xiaohongshu"])
def test_a_gateway_that_fails_in_json_of_its_own_is_judged_by_the_status(platform: str) -> None:
    """`check` leaves it: the engine reads 503 as something that passes."""
    found = connector(platform)
    client = found.client(found.settings(**KEYS[platform]))
    with suppress(ValueError):  # not a shape of the platform: then the engine goes by the status as well
        client.check(Reply(503, {}, b'{"message":"unavailable"}'), Call("m"))
