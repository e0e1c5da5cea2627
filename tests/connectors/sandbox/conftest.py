from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.sandbox.world import World

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
SHOPS = ("taobao", "jd", "douyin", "xiaohongshu", "shopify", "woocommerce")


@pytest.fixture(scope="session")
def world() -> World:
    """A third of the merchant, at noon of 2026-06-20 in Beijing. Read only: tests that change one make their own."""
    return World(NOW, scale=0.35)
