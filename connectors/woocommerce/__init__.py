"""WooCommerce REST API v3: every store is its own server, with its own speed, plug-ins and firewalls."""

from __future__ import annotations

from pydantic import SecretStr, field_validator

from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import Connector
from connectors.woocommerce.client import WooClient
from connectors.woocommerce.goods import PRODUCTS, REVIEWS
from connectors.woocommerce.streams import ABOUT, ORDERS, RECHECK, TRASH
from connectors.woocommerce.wire import Order, Product, Refund, Review

API = "/wp-json/wc/v3"


class WooSettings(ConnectionSettings):
    """`base_url` is the store's address; a pasted API address is cut down to it. Ask for a read-only key."""

    base_url: str
    """The store's address, as under Settings > General > Site Address."""
    consumer_key: SecretStr
    consumer_secret: SecretStr
    concurrency: int = 8
    """Requests at once: 1 or 2 for a store on a small host."""

    @field_validator("base_url")
    @classmethod
    def _store(cls, value: str) -> str:
        store = value.partition("?")[0].removesuffix("/").removesuffix(API).removesuffix("/wp-json")
        return store.removesuffix("/").removesuffix("/index.php")


CONNECTOR = Connector(
    platform="woocommerce",
    title_en="WooCommerce",
    title_zh="WooCommerce 独立站",
    settings=WooSettings,
    client=WooClient,
    about=ABOUT,
    streams=(ORDERS, TRASH, RECHECK, PRODUCTS, REVIEWS),
    buyers_per_shop=True,
    wire={"order": Order, "refund": Refund, "product": Product, "review": Review},
)
