"""Settings and registers in anybody's words, and questions that only sound like them.

`register: conditions | column=value ... | by columns`, in the short notation of this table; None is a refusal or a
question back.
"""

from __future__ import annotations

import pytest

from queries.ask import Translator
from queries.query import Answerable, RegisterQuery, SemanticQuery
from tests.queries.ask.conftest import TODAY


def brief(query: RegisterQuery) -> str:
    narrowed = [f"{given.dimension}={'+'.join(given.values)}" for given in query.filters]
    parts = [" ".join((*query.conditions, *narrowed))]
    if query.count_by is not None:
        parts.append(f"by {' '.join(query.count_by)}".strip())
    return f"{query.register_name}: {' | '.join(part for part in parts if part)}".strip()


@pytest.mark.parametrize(
    ("question", "meaning"),
    [
        ("how long do we hang on to buyer identifiers?", "retention_rules: data_class=person_key"),
        ("when do we get rid of consent records?", "retention_rules: data_class=consents"),
        ("is anything overdue for deletion right now?", "retention_rules: overdue"),
        ("访问日志存多长时间", "retention_rules: data_class=access_log"),
        ("现在有没有超期没删的数据", "retention_rules: overdue"),
        ("哪些保留规则还没自动执行", "retention_rules: manual"),
        (
            "do we store phone numbers?",
            "field_catalogue: category=user.contact.phone_number | by platform treatment",
        ),
        (
            "is email address stored or dropped",
            "field_catalogue: category=user.contact.email | by platform treatment",
        ),
        ("收货地址有没有保存", "field_catalogue: category=user.contact.address | by platform treatment"),
        ("买家昵称怎么处理的", "field_catalogue: category=user.account.username | by platform treatment"),
        (
            "what's the lawful basis for keeping region",
            "field_catalogue: grounds category=user.contact.address.state",
        ),
        ("敏感个人信息都有哪些", "field_catalogue: sensitivity=sensitive"),
        ("what's the smallest group we report on", "disclosure_rules:"),
        ("少于多少人就不显示", "disclosure_rules:"),
        ("who is allowed to look at segment data", "person_lane_access:"),
        ("哪些角色能导出数据", "roles: export"),
        ("who are our administrators", "role_members: role=admin+owner"),
        ("列一下分析师", "role_members: role=analyst"),
        ("whose role review is overdue", "role_members: review_overdue"),
        ("谁的权限快到期了", "role_members: ending"),
        ("which slack channels are shared with outsiders", "channel_rules: external"),
        ("哪些频道可以看客户数据", "channel_rules: person_lane"),
        ("who looked at customer data", "access_log: lane=person"),
        ("how many questions were turned down", "access_log: refused | by"),
        ("how many erasure requests have we received", "subject_requests: kind=erase | by"),
        ("还没处理的个人信息申请", "subject_requests: open"),
        ("opt-outs by channel", "consents: opted_out | by channel"),
        ("who handles our data outside of china", "processors: abroad"),
        ("数据有没有出境", "processors: abroad"),
        ("do we share anything with third parties", "sharing_agreements:"),
        ("快到期的数据协议", "sharing_agreements: ending_soon"),
        ("哪些评估需要复审", "impact_assessments: review_due"),
        ("by when do we have to notify about the open breach", "incident_deadlines:"),
        ("安全事件最晚什么时候上报", "incident_deadlines:"),
        ("when was a restore last tested", "backup_status:"),
        ("谁还没做隐私培训", "trainings: lapsed"),
        ("when was our last audit", "external_assessments:"),
        ("现行隐私政策是哪个版本", "notices:"),
        ("到现在一共抹除了多少人", "suppressions: by"),
        ("京东对客户信息有哪些规定", "platform_rules: platform=jd"),
        ("哪个平台断了", "connections: failing"),
        ("what's the next big sale", "promo_calendar: next"),
    ],
)
def test_what_the_words_are_about(translator: Translator, question: str, meaning: str) -> None:
    reading = translator.read(question, today=TODAY)
    assert isinstance(reading, Answerable) and isinstance(reading.query, RegisterQuery), reading
    assert brief(reading.query) == meaning


@pytest.mark.parametrize(
    "question",
    [
        "give me the phone number of our best customer",
        "what's zhang wei's address",
        "李娜的电话是多少",
        "send the customer list to the agency",
        "which platforms forbid storing phone numbers",
        "can small groups be seen by admins",
        "opt-in rate for email",
        "what share of requests was late",
        "who shares our videos the most",
        "how many requests did the api make yesterday",
        "which store keeps the most stock",
        "backup phone cases sold in october",
        "share of orders by phone brand",
        "培训课程的销售额",
        "保留率是多少",
        "delete the access log after 30 days",
    ],
)
def test_what_only_sounds_like_a_setting(translator: Translator, question: str) -> None:
    assert not isinstance(translator.read(question, today=TODAY), Answerable)


def test_sales_stay_sales(translator: Translator) -> None:
    reading = translator.read("gmv by channel last month", today=TODAY)
    assert isinstance(reading, Answerable) and isinstance(reading.query, SemanticQuery)
