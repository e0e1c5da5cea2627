"""Who is asking in Slack and where: the facts that permissions are resolved from.

The asker is the Slack user id with its team, never an e-mail address, and rights are the asker's, not the
installer's. Guests, people of other workspaces and shared channels get nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from queries.privacy.viewers import Channel, Permissions
from queries.viewer import Viewer

log = structlog.get_logger("souk.slack")
REMEMBER_SECONDS = 600


@dataclass(frozen=True)
class Asker:
    """One person in one place."""

    team: str
    user: str
    channel: Channel
    external: bool = False
    """Belongs to another workspace (Slack Connect)."""

    @property
    def principal(self) -> str:
        return f"slack:{self.team}/{self.user}"

    def in_private(self) -> Asker:
        """The same person, answered with a message nobody else sees."""
        return replace(self, channel=replace(self.channel, ephemeral=True))


def asker_of(body: Mapping[str, Any], event: Mapping[str, Any], team: str) -> Asker:
    """From an event of the Events API. `team` is the installed workspace's id."""
    channel = str(event.get("channel", ""))
    user_team = str(event.get("user_team") or event.get("team") or body.get("team_id") or team)
    return Asker(
        team=team or user_team,
        user=str(event.get("user", "")),
        channel=Channel(
            id=channel,
            direct=event.get("channel_type") == "im" or channel.startswith("D"),
            external=bool(body.get("is_ext_shared_channel") or event.get("is_ext_shared_channel")),
        ),
        external=bool(team) and user_team != team,
    )


def clicker_of(body: Mapping[str, Any], team: str, *, ephemeral: bool = False) -> Asker:
    """From a click, a shortcut or a slash command: whoever pressed, wherever the message stands."""
    user = body.get("user") or {}
    channel = body.get("channel") or {}
    channel_id = str(
        channel.get("id") or body.get("channel_id") or (body.get("container") or {}).get("channel_id") or ""
    )
    user_team = str(user.get("team_id") or body.get("team_id") or (body.get("team") or {}).get("id") or team)
    return Asker(
        team=team or user_team,
        user=str(user.get("id") or body.get("user_id") or ""),
        channel=Channel(
            id=channel_id,
            direct=channel_id.startswith("D"),
            external=bool(body.get("is_ext_shared_channel")),
            ephemeral=ephemeral,
        ),
        external=bool(team) and user_team != team,
    )


class Guests:
    """Whether a user is a guest of the workspace, by `users.info`, remembered for ten minutes.

    Where Slack does not say (missing scope, outage) the answer is yes: no proof, no rights.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, bool]] = {}

    def __call__(self, client: WebClient, user: str) -> bool:
        known = self._known.get(user)
        if known and time.monotonic() - known[0] < REMEMBER_SECONDS:
            return known[1]
        try:
            profile = client.users_info(user=user).get("user") or {}
        except SlackApiError as error:
            log.warning("users_info_failed", reason=error.response.get("error", ""))
            return True
        guest = any(
            profile.get(flag) for flag in ("is_restricted", "is_ultra_restricted", "is_stranger", "deleted")
        )
        self._known[user] = (time.monotonic(), bool(guest))
        return bool(guest)


def viewer_of(asker: Asker, permissions: Callable[[], Permissions], now: datetime, *, guest: bool) -> Viewer:
    """The effective permission of this question."""
    return permissions().resolve(
        asker.principal, asker.channel, now=now, guest=guest, external=asker.external
    )
