"""Weibo (微博): reach and interactions of the merchant's own account, and ad statistics. It sells nothing itself.

    souk connect weibo --set uid=1404376560 --set access_token=@file --set app_key=.. --set app_secret=@file

Ad statistics (超级粉丝通) have their own host, token and advertiser number, and are silent without.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import SecretStr, field_validator

from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import About, Connector, Identity, Reply
from connectors.weibo import wire
from connectors.weibo.ads import ADS
from connectors.weibo.client import WeiboClient
from connectors.weibo.social import SOCIAL, user_counts
from queries.records import Shop


class WeiboSettings(ConnectionSettings):
    base_url: str = "https://api.weibo.com"
    uid: str
    """The account that authorised the app: its own counts and posts are all that is read."""
    access_token: SecretStr
    app_key: str = ""
    app_secret: SecretStr | None = None
    """Needed where the ads token is to be refreshed."""

    ads_base_url: str = "https://api.biz.weibo.com"
    ads_access_token: SecretStr | None = None
    ads_refresh_token: SecretStr | None = None
    advertiser_id: str = ""

    @field_validator("base_url")
    @classmethod
    def _host(cls, value: str) -> str:
        """Without the version, which is part of every path."""
        return value.removesuffix("/2")


def account(replies: Sequence[Reply | None], settings: WeiboSettings) -> Identity:
    """The account stands for a shop that has figures but no orders; nothing read here tells its name."""
    return Identity(settings.uid, Shop(name=f"微博 {settings.uid}", tz="Asia/Shanghai", currency="CNY"))


CONNECTOR = Connector(
    platform="weibo", title_en="Weibo", title_zh="微博", settings=WeiboSettings, client=WeiboClient,
    streams=(SOCIAL, ADS), about=About(lambda settings: [user_counts(settings.uid)], account),
    cron="7 * * * *",  # its limits are counted by the hour
    wire={"social": wire.Post, "ads": wire.AdRow})
