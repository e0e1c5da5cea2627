"""An answer as a Slack message: what is laid out, what is escaped, what falls back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from bot.slack import limits
from bot.slack.csvfile import csv_bytes
from bot.slack.message import answer_message, plainer, text_table
from bot.slack.pictures import chart, table
from bot.slack.questions import capability_card, clean
from queries.answer import Answer, Chart, Choice, Column, Grid

PLATFORM = Column(name="platform", unit="text", label="Platform")
GMV = Column(name="gmv", unit="CNY", label="GMV")
DAY = Column(name="day", unit="date", label="Day")


def answered(rows: list[list[object]], columns: list[Column], kind: str = "none", **more: object) -> Answer:
    given = {
        "question": "q",
        "status": "answered",
        "text": "GMV was CNY 3.00.",
        "sql": "SELECT 1",
        "query": {},
    }
    return Answer(**given, columns=columns, rows=rows, chart=Chart(kind=kind), **more)  # type: ignore[arg-type]


def kinds(answer: Answer) -> list[str]:
    return [block["type"] for block in answer_message(answer, "id").blocks]


def test_a_single_number_needs_no_table() -> None:
    assert kinds(answered([[Decimal(3)]], [GMV])) == ["section", "actions", "context_actions"]


def test_a_breakdown_has_sentence_chart_table_buttons_and_feedback() -> None:
    answer = answered([["jd", Decimal(2)], ["taobao", Decimal(1)]], [PLATFORM, GMV], "bar", basis="paid")
    assert kinds(answer) == [
        "section",
        "data_visualization",
        "data_table",
        "context",
        "actions",
        "context_actions",
    ]


def test_a_grid_is_a_table_with_a_column_per_month_and_says_how_hot_a_cell_is() -> None:
    columns = [
        Column(name="cohort_month", unit="date", label="cohort"),
        Column(name="cohort_members", unit="count", label="buyers"),
        Column(name="month_no", unit="text", label="month"),
        Column(name="retention_rate", unit="ratio", label="retention"),
    ]
    may, june = date(2026, 5, 1), date(2026, 6, 1)
    rows: list[list[object]] = [
        [may, 40, 0, Decimal(1)],
        [may, 40, 1, Decimal("0.25")],
        [june, 20, 0, Decimal(1)],
        [june, 20, 1, None],
    ]
    grid = Grid(down="cohort_month", along="month_no", value="retention_rate", beside="cohort_members")
    block = table(answered(rows, columns, grid=grid))
    assert block is not None
    texts = [[cell["text"] for cell in row] for row in block["rows"]]
    assert texts == [
        ["cohort", "buyers", "M0", "M1"],
        ["2026-05", "40", "█ 100.00%", "█ 25.00%"],
        ["2026-06", "20", "█ 100.00%", "-"],
    ]


def test_numbers_in_tables_sort_as_numbers_and_read_exactly() -> None:
    block = table(answered([["jd", Decimal("1234.50")], ["taobao", None]], [PLATFORM, GMV]))
    assert block is not None
    assert block["rows"][1][1] == {"type": "raw_number", "value": 1234.5, "text": "1,234.50"}
    assert block["rows"][2][1] == {"type": "raw_text", "text": "-"}


@pytest.mark.parametrize(
    ("rows", "columns", "kind", "drawn"),
    [
        ([["a", 1], ["b", 0]], [PLATFORM, GMV], "pie", False),  # a pie segment must be above zero
        ([["a", 1], ["b", 2]], [PLATFORM, GMV], "pie", True),
        ([["a", 1], ["b", None]], [PLATFORM, GMV], "bar", False),  # no gaps allowed
        ([[f"p{n}", n] for n in range(21)], [PLATFORM, GMV], "bar", False),  # at most 20 points
        (
            [["x" * 30 + "1", 1], ["x" * 30 + "2", 2]],
            [PLATFORM, GMV],
            "bar",
            False,
        ),  # labels collide when cut
        ([["a", 1]], [PLATFORM, GMV], "bar", False),
    ],
)
def test_what_slack_cannot_draw_is_left_to_the_table(rows, columns, kind, drawn) -> None:  # type: ignore[no-untyped-def]
    assert (chart(answered(rows, columns, kind)) is not None) is drawn


def test_two_labels_become_series_along_the_date() -> None:
    days = [date(2026, 11, 1) + timedelta(days=n) for n in range(3)]
    rows = [[day, platform, Decimal(n)] for n, day in enumerate(days, 1) for platform in ("jd", "taobao")]
    block = chart(answered(rows, [DAY, PLATFORM, GMV], "line"))
    assert block is not None
    assert [series["name"] for series in block["chart"]["series"]] == ["jd", "taobao"]
    assert block["chart"]["axis_config"]["categories"] == ["2026-11-01", "2026-11-02", "2026-11-03"]


def test_product_titles_cannot_ping_or_format() -> None:
    message = answer_message(answered([[1]], [GMV]).model_copy(update={"text": "<!channel> & *x*"}), "id")
    assert message.blocks[0]["text"]["text"] == "*&lt;!channel&gt; &amp; *x**"
    assert "<!channel>" not in message.text


def test_choices_are_buttons_that_carry_ids() -> None:
    answer = Answer(
        question="q",
        status="clarify",
        text="Which?",
        choices=[Choice(label=f"c{n}", query={}) for n in range(3)],
    )
    block = next(b for b in answer_message(answer, "a", ["k1", "k2", "k3"]).blocks if b["type"] == "actions")
    assert [element["value"] for element in block["elements"]] == ["k1", "k2", "k3"]


def test_every_form_fits_slacks_limits_also_for_a_thousand_long_rows() -> None:
    rows: list[list[object]] = [["长" * 400 + str(n), Decimal(n)] for n in range(1000)]
    answer = answered(rows, [PLATFORM, GMV], "bar", caveats=["c" * 200] * 30, nearest=["n" * 400] * 9)
    message = answer_message(answer, "id")
    for form in [message, *plainer(message, answer)]:
        assert limits.problems(form.blocks, form.text) == []


def test_the_plainest_form_is_text_alone() -> None:
    answer = answered([["jd", Decimal(2)], ["taobao", Decimal(1)]], [PLATFORM, GMV], "bar")
    forms = list(plainer(answer_message(answer, "id"), answer))
    assert [[block["type"] for block in form.blocks] for form in forms] == [
        ["section", "data_table", "actions", "context_actions"],
        ["section", "section", "actions"],
        [],
    ]
    assert "jd" in forms[-1].text and "2.00" in forms[-1].text


def test_text_tables_align_chinese() -> None:
    lines = (
        text_table(answered([["淘宝", Decimal(1)], ["jd", Decimal(10)]], [PLATFORM, GMV]))
        .strip("`")
        .split("\n")
    )
    assert lines == ["Platform  GMV", "淘宝      1.00", "jd        10.00"]


def test_csv_cells_are_not_formulas() -> None:
    text = csv_bytes(answered([["=HYPERLINK(1)", Decimal("-5.00")]], [PLATFORM, GMV])).decode("utf-8-sig")
    assert text.splitlines() == ["Platform,GMV", "'=HYPERLINK(1),-5.00"]


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("<@U1> GMV last month", "GMV last month"),
        ("GMV <@U1|souk>   上月", "GMV 上月"),
        ("sales of A&amp;B &gt; 5?", "sales of A&B > 5?"),
        ("see <https://x.example/a|the shop>", "see the shop"),
        ("<#C1|sales> gmv", "sales gmv"),
        ("<@U1>", ""),
    ],
)
def test_slack_markup_is_taken_off_questions(said: str, question: str) -> None:
    assert clean(said) == question


def test_the_capability_card_fits() -> None:
    card = capability_card()
    assert limits.problems(card.blocks, card.text) == []


def test_the_manifest_asks_for_what_is_listened_to_and_no_more() -> None:
    manifest = yaml.safe_load(Path("bot/slack/manifest.yaml").read_text("utf-8"))
    scopes = set(manifest["oauth_config"]["scopes"]["bot"])
    assert not any(scope.startswith(("admin", "search", "users:read.email")) for scope in scopes)
    assert len(manifest["features"]["agent_view"]["suggested_prompts"]) <= 4
    assert len(manifest["features"]["agent_view"]["agent_description"]) <= 300
    assert {"app_mention", "message.im", "message.channels"} <= set(
        manifest["settings"]["event_subscriptions"]["bot_events"]
    )
