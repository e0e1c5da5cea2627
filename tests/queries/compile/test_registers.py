"""Registers: the queries behind the questions about privacy settings, against their own SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from queries.compile import compile_register
from queries.privacy.decisions import load_settings
from queries.query import Filter, RegisterQuery
from queries.run import forget
from queries.viewer import Viewer
from queries.warehouse import Warehouse
from tests.queries.asking import Market, days

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
RECORDS: dict[str, list[tuple[Any, ...]]] = {
    "privacy.role_members": [
        ("analyst", "slack:T1/U1", "owner", datetime(2026, 1, 1), None, date(2026, 10, 1)),
        ("analyst", "slack:T1/U2", "owner", datetime(2026, 1, 1), datetime(2026, 2, 1), None),
    ],
    "privacy.channel_rules": [("C7", False, "person", "crm"), ("C8", True, "none", "agency")],
    "privacy.subject_requests": [
        (
            "q1",
            datetime(2026, 9, 1),
            "erase",
            "pipl",
            "douyin",
            "k1",
            None,
            datetime(2026, 9, 16),
            "completed",
            datetime(2026, 9, 10),
            3,
            None,
            None,
        ),
        (
            "q2",
            datetime(2026, 10, 1),
            "erase",
            "pipl",
            "jd",
            "k2",
            None,
            datetime(2026, 10, 16),
            "received",
            None,
            0,
            None,
            None,
        ),
        (
            "q3",
            datetime(2026, 11, 20),
            "access",
            "gdpr",
            "shopify",
            "k3",
            None,
            datetime(2026, 12, 20),
            "received",
            None,
            0,
            None,
            None,
        ),
    ],
    "privacy.backups": [
        (
            "b1",
            datetime(2026, 11, 1),
            datetime(2026, 11, 1, 1),
            "full",
            True,
            "v1",
            10,
            "x",
            datetime(2026, 11, 3),
            True,
            None,
        ),
        (
            "b2",
            datetime(2026, 11, 20),
            datetime(2026, 11, 20, 1),
            "full",
            True,
            "v1",
            10,
            "x",
            None,
            None,
            None,
        ),
    ],
    "privacy.impact_assessments": [
        (
            "a1",
            "Loyalty programme",
            "new processing",
            "points and tiers",
            "",
            "low",
            "",
            "approved",
            "dpo",
            date(2026, 3, 1),
            date(2027, 3, 1),
            None,
        ),
        (
            "a2",
            "Slack answers",
            "new processing",
            "chat",
            "",
            "low",
            "",
            "approved",
            "dpo",
            date(2026, 4, 1),
            None,
            None,
        ),
    ],
    "privacy.sharing_agreements": [
        (
            "s1",
            "Agency",
            "processor",
            "ads",
            "out",
            "aggregates",
            50,
            "contract",
            False,
            False,
            date(2026, 1, 1),
            None,
            True,
            "delete",
            "c1",
            "active",
        ),
        (
            "s2",
            "Old agency",
            "processor",
            "ads",
            "out",
            "aggregates",
            50,
            "contract",
            False,
            False,
            date(2024, 1, 1),
            None,
            True,
            "delete",
            "c2",
            "ended",
        ),
    ],
    "privacy.trainings": [
        ("p1", "PIPL", date(2025, 1, 1), date(2026, 1, 1)),
        ("p2", "PIPL", date(2026, 6, 1), date(2027, 6, 1)),
    ],
    "privacy.incidents": [
        ("i1", datetime(2026, 11, 18), "loss", "high", ["jd"], ["orders"], 100, None, None, None, None, None),
        (
            "i2",
            datetime(2026, 5, 1),
            "loss",
            "low",
            ["jd"],
            ["orders"],
            1,
            None,
            None,
            None,
            datetime(2026, 5, 9),
            None,
        ),
    ],
    "privacy.incident_clocks": [
        ("i1", "pipl", "notify", datetime(2026, 11, 21), None),
        ("i2", "pipl", "notify", datetime(2026, 5, 4), None),
    ],
    "privacy.access_log": [
        (datetime(2026, 11, 20), "u1", "C1", "person", "h", "f", ["v_orders"], 0, 0, "refused", "role"),
        (datetime(2026, 11, 19), "u2", "C1", "person", "h", "f", ["v_orders"], 0, 0, "refused", "role"),
        (datetime(2026, 11, 18), "u2", "C1", "business", "h", "f", ["v_orders"], 3, 0, "answered", ""),
        (datetime(2026, 10, 1), "u2", "C1", "person", "h", "f", ["v_orders"], 0, 0, "refused", "overlap"),
    ],
    "privacy.field_catalogue": [
        (
            "douyin",
            "orders",
            "open_id",
            "orders",
            "customer_key",
            "id",
            "personal",
            "pseudonym",
            "pseudonymise",
            "repeat",
            "",
            "",
            None,
            1,
        ),
        (
            "douyin",
            "orders",
            "phone",
            None,
            None,
            "contact",
            "personal",
            "direct",
            "drop",
            "",
            "",
            "",
            None,
            1,
        ),
        (
            "douyin",
            "orders",
            "amount",
            "orders",
            "list_amount",
            "money",
            "business",
            "none",
            "keep",
            "sales",
            "",
            "",
            None,
            1,
        ),
    ],
}
CONSENTS = [("jd", 30, 25), ("taobao", 14, 4), ("amazon", 12, 12), ("douyin", 25, 12)]
"""Platform, persons with a latest SMS state, of whom opted out: shown, too few, everybody, shown."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    home: Path = tmp_path_factory.mktemp("office")
    warehouse = Warehouse(home, clock=lambda: NOW)
    warehouse.prepare()
    load_settings(warehouse, home, now=NOW)
    with warehouse.write() as session:
        for table, rows in RECORDS.items():
            session.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        consents = []
        for platform, persons, out in CONSENTS:
            for n in range(persons):
                state = "withdrawn" if n < out else "granted"
                consents.append(
                    (
                        platform,
                        f"k{n}",
                        "marketing",
                        "sms",
                        "granted",
                        "",
                        "",
                        datetime(2026, 1, 1),
                        NOW.replace(tzinfo=None),
                    )
                )
                consents.append(
                    (
                        platform,
                        f"k{n}",
                        "marketing",
                        "sms",
                        state,
                        "",
                        "",
                        datetime(2026, 2, 1),
                        NOW.replace(tzinfo=None),
                    )
                )
        session.executemany("INSERT INTO privacy.consents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", consents)
        session.execute(
            "UPDATE privacy.retention_rules SET last_run_at = ?, overdue_rows = 0 WHERE rule_id <> 'access_log'",
            [datetime(2026, 11, 20, 20)],
        )
    warehouse.publish()
    yield Market(warehouse, NOW, date(2026, 11, 21))
    forget()


def only(dimension: str, *values: str) -> tuple[Filter, ...]:
    return (Filter(dimension=dimension, values=values),)


QUESTIONS: list[tuple[str, str, dict[str, Any], str]] = [
    # question, register, query, the SQL of the privacy sheet
    (
        "personal data kept from Douyin",
        "field_catalogue",
        {"conditions": ("kept_personal",), "filters": only("platform", "douyin")},
        """SELECT source_field, target_table, target_column, category, sensitivity, treatment, purpose
        FROM privacy.field_catalogue WHERE platform = 'douyin'
        AND treatment <> 'drop' AND sensitivity IN ('personal', 'sensitive')""",
    ),
    (
        "dropped or pseudonymised",
        "field_catalogue",
        {"count_by": ("platform", "treatment")},
        "SELECT platform, treatment, count(*) FROM privacy.field_catalogue GROUP BY ALL",
    ),
    (
        "past retention",
        "retention_rules",
        {"conditions": ("overdue",)},
        """SELECT rule_id, platform, data_class, max_days, overdue_rows, last_run_at, enforced_by
        FROM privacy.retention_rules
        WHERE overdue_rows > 0 OR last_run_at IS NULL OR last_run_at < TIMESTAMP '2026-11-21 04:00' - INTERVAL 2 DAY""",
    ),
    (
        "who sees segments",
        "person_lane_access",
        {},
        """SELECT r.role, count(m.principal), r.min_group,
          (SELECT list(channel_id) FROM privacy.channel_rules WHERE lane = 'person')
        FROM privacy.roles r LEFT JOIN privacy.role_members m
          ON m.role = r.role AND (m.expires_at IS NULL OR m.expires_at > TIMESTAMP '2026-11-21 04:00')
        WHERE r.may_ask_person_lane GROUP BY ALL""",
    ),
    (
        "opted out of SMS by platform",
        "consents",
        {
            "conditions": ("opted_out",),
            "count_by": ("platform",),
            "filters": only("purpose", "marketing") + only("channel", "sms"),
        },
        """WITH latest AS (SELECT platform, subject_key, arg_max(state, effective_at) AS state FROM privacy.consents
          WHERE purpose = 'marketing' AND channel = 'sms' GROUP BY ALL),
        n AS (SELECT platform, count(*) AS total, count(*) FILTER (WHERE state IN ('denied', 'withdrawn')) AS out
          FROM latest GROUP BY 1),
        k AS (SELECT min_group FROM privacy.disclosure_rules WHERE scope = 'slack')
        SELECT platform, CASE WHEN out >= min_group AND (total - out >= min_group OR total = out) THEN out END,
          min_group
        FROM n, k""",
    ),
    (
        "requests on time",
        "requests_on_time",
        {},
        """SELECT kind, status, count(*),
          count(*) FILTER (WHERE coalesce(completed_at, TIMESTAMP '2026-11-21 04:00') > due_at)
        FROM privacy.subject_requests GROUP BY ALL""",
    ),
    (
        "last backup",
        "backup_status",
        {},
        """SELECT max(finished_at), max(restore_tested_at) FILTER (WHERE restore_ok),
          bool_and(encrypted) FROM privacy.backups""",
    ),
    (
        "an assessment of a topic",
        "impact_assessments",
        {"topic": "loyalty"},
        """SELECT pia_id, title, decision, approved_on, review_on FROM privacy.impact_assessments
        WHERE title ILIKE '%loyalty%' OR scope ILIKE '%loyalty%'""",
    ),
    (
        "with whom we share",
        "sharing_agreements",
        {},
        """SELECT counterparty, counterparty_role, purpose, data_scope, aggregation_floor, obligations, ends_on, status
        FROM privacy.sharing_agreements WHERE status = 'active'""",
    ),
    (
        "lapsed training",
        "trainings",
        {"conditions": ("lapsed",)},
        "SELECT person_ref, course, valid_until FROM privacy.trainings WHERE valid_until < DATE '2026-11-21'",
    ),
    (
        "open incidents",
        "incident_deadlines",
        {},
        """SELECT i.incident_id, i.severity, c.regime, c.duty, c.due_at, c.done_at FROM privacy.incidents i
        JOIN privacy.incident_clocks c USING (incident_id) WHERE i.closed_at IS NULL""",
    ),
    (
        "refusals of the week",
        "access_log",
        {"conditions": ("refused", "last_7_days"), "count_by": ("rule", "lane")},
        """SELECT rule, lane, count(*) FROM privacy.access_log WHERE decision = 'refused'
        AND logged_at >= TIMESTAMP '2026-11-21 04:00' - INTERVAL 7 DAY GROUP BY ALL""",
    ),
]


@pytest.mark.parametrize(
    ("question", "register", "query", "sql"), QUESTIONS, ids=[row[0] for row in QUESTIONS]
)
def test_the_twelve_questions(
    office: Market, question: str, register: str, query: dict[str, Any], sql: str
) -> None:
    table = office.register(register, **query)
    shown = [o.name for o in table.compiled.columns if o.kind != "hidden"]
    ours = sorted(str([row[name] for name in shown]) for row in table.rows)
    assert ours == sorted(str(list(row)) for row in office.sql(sql))
    assert ours, "the case must have rows"


def test_opt_outs_of_few_are_hidden_and_so_is_what_few_did_not(office: Market) -> None:
    """25 of 30 leaves five: hidden. 4 of 14: hidden. 12 of 12: everybody. 12 of 25: shown."""
    query = {"conditions": ("opted_out",), "count_by": ("platform",)}
    rows = office.register("consents", **query).by("platform")
    assert {platform: row["n"] for platform, row in rows.items()} == {
        "jd": None,
        "taobao": None,
        "amazon": 12,
        "douyin": 12,
    }


def test_persons_are_counted_and_never_listed(office: Market) -> None:
    problem = office.problem(RegisterQuery(register_name="consents"))
    assert problem and problem.reason == "person_lookup"


PERMISSIONS = [
    ("retention_rules", "settings"),
    ("incidents", "registers"),
    ("consents", "registers"),
    ("connections", "ops"),
]


@pytest.mark.parametrize(("register", "permission"), PERMISSIONS)
def test_who_may_read_what(office: Market, register: str, permission: str) -> None:
    query = RegisterQuery(register_name=register, count_by=())
    viewer = Viewer(principal="v", role="viewer")
    analyst = Viewer(principal="a", role="analyst", person_lane=True, may_read_settings=True)
    dpo = analyst.model_copy(update={"may_read_registers": True})
    in_public = dpo.model_copy(update={"private": False})
    allowed = [office.problem(query, who) is None for who in (viewer, analyst, dpo, in_public)]
    assert (
        allowed
        == {
            "settings": [False, True, True, True],
            "registers": [False, False, True, False],
            "ops": [True, True, True, True],
        }[permission]
    )


def test_a_period_that_reaches_today_reaches_up_to_now(office: Market) -> None:
    """Seven days back from yesterday still count this morning's refusals."""
    week = days(date(2026, 11, 14), date(2026, 11, 20))
    assert office.register("access_log", count_by=(), time=week).one["n"] == 3


def test_a_topic_with_wildcards_is_plain_text(office: Market) -> None:
    assert office.register("impact_assessments", topic="%").rows == []


@pytest.mark.parametrize("conditions", [("overdue",), ("manual",), ()])
def test_settings_lists_have_one_row_per_rule(office: Market, conditions: tuple[str, ...]) -> None:
    rows = office.register("retention_rules", conditions=conditions).rows
    assert len({row["rule_id"] for row in rows}) == len(rows)


def test_pairs_need_twenty_orders_of_ten_buyers(market: Market) -> None:
    """The market's pairs are rare; with the floor at one of each there are some, and their lift is symmetric."""
    from queries.model import load_model

    assert market.register("product_pairs").rows == []
    register = load_model().registers["product_pairs"]
    loose = register.model_copy(
        update={"source": register.source.replace(">= 20", ">= 2").replace(">= $k", ">= 2")}
    )
    model = load_model().model_copy(update={"registers": {"product_pairs": loose}})
    query = RegisterQuery(register_name="product_pairs", time=days(date(2026, 10, 1), date(2026, 11, 20)))
    compiled = compile_register(query, model, market.viewer, market.clock())
    rows = market.sql(compiled.sql)
    assert rows
    platform, _, _, orders, support, confidence, _ = rows[0]
    theirs = market.sql(
        """SELECT count(*) FROM (SELECT order_id, list(DISTINCT title) AS titles FROM v_sales_lines
             JOIN (SELECT DISTINCT platform, shop_id, product_id, title FROM products)
             USING (platform, shop_id, product_id)
             WHERE NOT is_gift AND platform = ? AND sale_date BETWEEN '2026-10-01' AND '2026-11-20' GROUP BY 1)
           WHERE list_contains(titles, ?) AND list_contains(titles, ?)""",
        platform,
        rows[0][1],
        rows[0][2],
    )
    assert orders == theirs[0][0]
    assert 0 < support < confidence <= 1


def test_how_long_requests_take(office: Market) -> None:
    """Days from receipt to completion, by kind and in all, against hand-written SQL; open ones are counted apart."""
    rows = office.register("handling_times").rows
    expected = office.sql(
        """SELECT CAST(kind AS VARCHAR), count(completed_at),
          round(avg(date_diff('second', received_at, completed_at)) / 86400, 2), count(*) - count(completed_at)
          FROM privacy.subject_requests GROUP BY 1"""
    )
    got = {row["kind"]: (row["completed"], row["average_days"], row["still_open"]) for row in rows}
    assert expected and set(got) == {kind for kind, *_ in expected} | {"all"}
    for kind, completed, average, still_open in expected:
        assert got[kind][0] == completed and got[kind][2] == still_open
        assert average is None or abs(float(got[kind][1]) - average) < 0.02
    assert got["all"][0] == sum(row[1] for row in expected)
