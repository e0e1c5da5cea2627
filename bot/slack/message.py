"""One answer as one Slack message: sentence, picture, table, what it rests on, buttons; and plainer versions.

Data values are untrusted text: `& < >` are escaped wherever mrkdwn is read, so a product called `<!channel>`
pings nobody. Buttons carry ids of stored queries, never SQL, rights or text to read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.slack import limits
from bot.slack.pictures import chart, clip, shown_rows, table
from bot.slack.words import say
from bot.terminal.figures import cell
from bot.terminal.grid import laid_out
from queries.answer import Answer

Block = dict[str, Any]
LOUD = {"data_visualization", "data_table", "context_actions"}
"""Newer block types, which a workspace may not have yet: the plainer version goes without them."""
TEXT_ROWS = 20


@dataclass(frozen=True)
class Message:
    """What is sent: `text` is the notification and the fallback, `blocks` the layout."""

    text: str
    blocks: list[Block]


def escape(text: str) -> str:
    """Text that mrkdwn shows as it is.

    >>> escape("a <!channel> & b")
    'a &lt;!channel&gt; &amp; b'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": clip(text, limits.SECTION_TEXT)}}


def context(*lines: str) -> Block:
    elements = [{"type": "mrkdwn", "text": clip(line, limits.SECTION_TEXT)} for line in lines if line]
    return {"type": "context", "elements": elements[: limits.CONTEXT_ELEMENTS]}


def button(text: str, action_id: str, value: str) -> Block:
    return {
        "type": "button",
        "text": {"type": "plain_text", "text": clip(text, limits.BUTTON_TEXT)},
        "action_id": action_id,
        "value": value,
    }


def answer_message(answer: Answer, answer_id: str, choice_ids: Sequence[str] = ()) -> Message:
    """The full layout. `answer_id` names the stored question, `choice_ids` the stored readings."""
    blocks = [section(f"*{escape(answer.text)}*" if answer.status == "answered" else escape(answer.text))]
    drawn, listed = chart(answer), table(answer)
    blocks += [block for block in (drawn, listed) if block]
    read = laid_out(answer)
    blocks += list(_below(read, shown_rows(listed) if listed else len(read.rows)))
    if answer.choices and choice_ids:
        pairs = zip(answer.choices, choice_ids, strict=False)
        blocks.append(_actions(*(button(c.label, f"choose:{n}", i) for n, (c, i) in enumerate(pairs))))
    blocks += list(_buttons(answer, answer_id))
    return Message(clip(escape(answer.text), limits.MESSAGE_TEXT), blocks)


def plainer(message: Message, answer: Answer) -> Iterator[Message]:
    """The same answer in ever older words: without charts, with the table as text, as text alone."""
    without_chart = [block for block in message.blocks if block["type"] != "data_visualization"]
    if len(without_chart) < len(message.blocks):
        yield Message(message.text, without_chart)
    as_text = [block for block in message.blocks if block["type"] not in LOUD]
    rows = text_table(answer)
    if rows:
        as_text.insert(1, section(rows))
    yield Message(message.text, as_text)
    yield Message(clip("\n".join(part for part in (message.text, rows) if part), limits.MESSAGE_TEXT), [])


def text_table(answer: Answer) -> str:
    """Up to 20 rows as a code block, for workspaces without table blocks; empty where there is no table."""
    if not answer.rows or (len(answer.rows) == 1 and len(answer.columns) == 1):
        return ""
    answer = laid_out(answer)
    grid = [[column.label or column.name for column in answer.columns]]
    for row in answer.rows[:TEXT_ROWS]:
        grid.append([cell(value, column) for value, column in zip(row, answer.columns, strict=False)])
    widths = [max(_width(row[i]) for row in grid) for i in range(len(answer.columns))]
    lines = [
        "  ".join(cell + " " * (widths[i] - _width(cell)) for i, cell in enumerate(row)).rstrip()
        for row in grid
    ]
    while len("\n".join(lines)) > limits.SECTION_TEXT - 200:
        lines.pop()
    return "```" + escape("\n".join(lines)).replace("`", "'") + "```"


def _width(text: str) -> int:
    """Columns on a fixed-width screen: Chinese characters take two."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def _below(answer: Answer, shown: int) -> Iterator[Block]:
    language = answer.language
    if answer.nearest:
        yield section(
            "\n".join([say("try", language), *(f"• {escape(line)}" for line in answer.nearest[:4])])
        )
    notes = [f":warning: {escape(caveat)}" for caveat in answer.caveats[:8]]
    if shown < len(answer.rows):
        notes.append(say("more_rows", language, shown=shown, all=len(answer.rows)))
    if notes:
        yield context(*notes)
    rests = []
    if answer.basis:
        rests.append(say("basis", language, basis=escape(answer.basis)))
    if answer.definition:
        rests.append(escape(answer.definition))
    if answer.freshness:
        rests.append(say("data_as_of", language, when=f"{min(answer.freshness.values()):%Y-%m-%d %H:%M}"))
    if rests:
        yield context(" · ".join(rests))


def _buttons(answer: Answer, answer_id: str) -> Iterator[Block]:
    if answer.status != "answered":
        return
    language = answer.language
    offered = []
    if answer.sql:
        offered.append(button(say("sql", language), "show_sql", answer_id))
    if len(answer.rows) > 1:
        offered.append(button(say("csv", language), "csv", answer_id))
    if offered:
        yield _actions(*offered)
    yield feedback(answer_id, language)


def _actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def feedback(answer_id: str, language: str) -> Block:
    """Thumbs up and down."""

    def side(key: str, value: str) -> Block:
        return {"text": {"type": "plain_text", "text": say(key, language)}, "value": f"{value}:{answer_id}"}

    return {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "feedback",
                "positive_button": side("good", "good"),
                "negative_button": side("bad", "bad"),
            }
        ],
    }
