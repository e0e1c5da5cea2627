"""Mercado Libre, every country through one API: orders that vanish from lists when cancelled, refunds in payments."""

from __future__ import annotations

from pydantic import SecretStr

from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import Connector
from connectors.mercado_libre import wire
from connectors.mercado_libre.client import MercadoLibreClient
from connectors.mercado_libre.streams import ABOUT, STREAMS


class MercadoLibreSettings(ConnectionSettings):
    """The refresh token is good for one use; authorise as the account's administrator."""

    base_url: str = "https://api.mercadolibre.com"
    client_id: str
    client_secret: SecretStr


CONNECTOR = Connector(
    platform="mercado_libre", title_en="Mercado Libre", title_zh="美客多 (Mercado Libre)",
    settings=MercadoLibreSettings, client=MercadoLibreClient, streams=STREAMS, about=ABOUT,
    wire={"order": wire.Order, "item": wire.Item},
)
