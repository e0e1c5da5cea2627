"""Every byte spoken to a marketplace: one folder a platform, and the engine they share.

The registry below is all that knows which platforms there are; a platform is imported when it is asked for.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.engine.stream import Connector

PLATFORMS: dict[str, str] = {
    "taobao": "connectors.taobao",
    "jd": "connectors.jd",
    "douyin": "connectors.douyin",
    "xiaohongshu": "connectors.xiaohongshu",
    "weibo": "connectors.weibo",
    "shopify": "connectors.shopify",
    "woocommerce": "connectors.woocommerce",
    "tiktok_shop": "connectors.tiktok_shop",
    "lazada": "connectors.lazada",
    "shopee": "connectors.shopee",
    "amazon": "connectors.amazon",
    "ebay": "connectors.ebay",
    "pinduoduo": "connectors.pinduoduo",
    "kuaishou": "connectors.kuaishou",
    "mercado_libre": "connectors.mercado_libre",
    "etsy": "connectors.etsy",
    "walmart": "connectors.walmart",
    "file": "connectors.file",
}
"""Platform name -> the module whose `CONNECTOR` describes it."""


def catalogue_path(platform: str) -> Path:
    """The platform's field catalogue."""
    return Path(__file__).parent / PLATFORMS[platform].rpartition(".")[2] / "fields.yaml"


def catalogue_paths() -> list[Path]:
    """The field catalogues of all platforms that can be connected."""
    return [path for path in map(catalogue_path, PLATFORMS) if path.exists()]


def available() -> list[str]:
    """The platforms that can be connected, in the order of the registry."""
    return [platform for platform, module in PLATFORMS.items() if find_spec(module)]


@lru_cache
def connector(platform: str) -> Connector:
    """The platform's description. Raises UnknownPlatform."""
    from connectors.engine.errors import UnknownPlatform

    if platform not in PLATFORMS or not find_spec(PLATFORMS[platform]):
        raise UnknownPlatform(platform)
    found: Connector = import_module(PLATFORMS[platform]).CONNECTOR
    return found
