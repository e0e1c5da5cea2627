"""The Home tab, suggested prompts and how fresh the data is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.message import button, escape, section
from bot.slack.words import PROMPTS, Language, say
from queries.viewer import Viewer

if TYPE_CHECKING:
    from queries.desk import Desk

log = structlog.get_logger("souk.slack")


def suggested_prompts(client: WebClient, event: Mapping[str, Any]) -> None:
    """Up to four ready questions in the Messages tab; a workspace without the feature just has none."""
    prompts = [
        {"title": title, "message": message} for title, message in (*PROMPTS["en"][:2], *PROMPTS["zh"][:2])
    ]
    try:
        client.assistant_threads_setSuggestedPrompts(
            channel_id=event["channel"], thread_ts="", prompts=prompts
        )
    except SlackApiError as error:
        log.info("no_suggested_prompts", reason=error.response.get("error", ""))


def freshness_text(desk: Desk, viewer: Viewer, language: str) -> str:
    """One line a platform: when it was last synced."""
    if not viewer.business_lane:
        return say("not_here", language)
    known = desk.freshness()
    if not known:
        return say("home_none", language)
    return "\n".join(
        f"• {escape(platform)}: {when:%Y-%m-%d %H:%M} UTC" for platform, when in sorted(known.items())
    )


def home_view(desk: Desk, viewer: Viewer, now: datetime) -> dict[str, Any]:
    """Freshness and what this person may ask, in both languages."""
    blocks: list[dict[str, Any]] = []
    languages: tuple[Language, ...] = ("en", "zh")
    for language in languages:
        blocks += [
            {"type": "header", "text": {"type": "plain_text", "text": say("home_fresh", language)}},
            section(freshness_text(desk, viewer, language)),
            {"type": "header", "text": {"type": "plain_text", "text": say("home_rights", language)}},
            section(_rights(viewer, language)),
            {"type": "header", "text": {"type": "plain_text", "text": say("home_choices", language)}},
            section(_choices(desk, viewer, now, language)),
            *_reset(desk, viewer, now, language),
            section(say("help", language)),
            {"type": "divider"},
        ]
    return {"type": "home", "blocks": blocks[:-1]}


def _choices(desk: Desk, viewer: Viewer, now: datetime, language: Language) -> str:
    """The words whose reading this person chose."""
    rows = desk.preferences.rows(viewer.principal, desk.model, language, now=now)
    lines = [f"• {escape(word)}: {escape(metric)} ({since})" for word, metric, since in rows]
    return "\n".join(lines) or say("home_no_choices", language)


def _reset(desk: Desk, viewer: Viewer, now: datetime, language: str) -> list[dict[str, Any]]:
    """A button, where there is something to forget; each language has one, so their ids differ."""
    if not desk.preferences.of(viewer.principal, now=now):
        return []
    label = say("forget_choices", language)
    return [{"type": "actions", "elements": [button(label, f"forget_choices:{language}", "all")]}]


def _rights(viewer: Viewer, language: str) -> str:
    lines = [
        (viewer.business_lane, "rights_business"),
        (viewer.person_lane, "rights_person"),
        (viewer.may_read_settings, "rights_settings"),
        (viewer.may_read_registers, "rights_registers"),
    ]
    held = [say(key, language, k=viewer.min_group) for may, key in lines if may]
    return "\n".join(f"• {line}" for line in held) or say("rights_nothing", language)
