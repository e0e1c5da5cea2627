"""Getting one message to Slack: every rich form has a plainer one below it, and a failure is never silent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack import limits
from bot.slack.message import Message

log = structlog.get_logger("souk.slack")

PLAINER_MAY_HELP = {
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_arguments",
    "msg_too_long",
    "msg_blocks_too_long",
}
NEW_MESSAGE_MAY_HELP = {"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"}


@dataclass(frozen=True)
class Place:
    """Where an answer goes: a channel and the thread in it."""

    channel: str
    thread: str | None = None


def post(client: WebClient, place: Place, message: Message) -> str:
    """Posts a message; returns its ts."""
    sent = client.chat_postMessage(
        channel=place.channel, thread_ts=place.thread, text=message.text, blocks=message.blocks or None,
        unfurl_links=False, unfurl_media=False,
    )  # fmt: skip
    return str(sent["ts"])


def replace(
    client: WebClient, place: Place, ts: str, message: Message, plainer: Iterable[Message] = ()
) -> str:
    """Turns the placeholder `ts` into the answer, in the richest form Slack takes; returns the message's ts.

    A placeholder that is gone (deleted by someone) is replaced by a new message, so nothing is lost.
    """
    for form in _fitting([message, *plainer]):
        try:
            client.chat_update(channel=place.channel, ts=ts, text=form.text, blocks=form.blocks)
            return ts
        except SlackApiError as error:
            reason = _reason(error)
            if reason in NEW_MESSAGE_MAY_HELP:
                return post(client, place, form)
            if reason not in PLAINER_MAY_HELP:
                raise
            log.warning(
                "slack_refused_blocks", reason=reason, blocks=[block["type"] for block in form.blocks]
            )
    return ts


def whisper(
    client: WebClient, place: Place, user: str, message: Message, plainer: Iterable[Message] = ()
) -> None:
    """A message only `user` sees."""
    for form in _fitting([message, *plainer]):
        try:
            client.chat_postEphemeral(
                channel=place.channel,
                user=user,
                thread_ts=place.thread,
                text=form.text,
                blocks=form.blocks or None,
            )
            return
        except SlackApiError as error:
            if _reason(error) not in PLAINER_MAY_HELP:
                raise


def _fitting(forms: list[Message]) -> Iterable[Message]:
    """Leaves out forms that Slack's limits rule out; the last, plain text, always stays."""
    for form in forms[:-1]:
        found = limits.problems(form.blocks, form.text)
        if found:
            log.warning("payload_over_limits", problems=found)
        else:
            yield form
    yield forms[-1]


def _reason(error: SlackApiError) -> str:
    return str(error.response.get("error", "")) if error.response is not None else ""
