"""The sentences with which Souk declines for privacy: one per kind of refusal, whatever rule was behind it.

A refusal that depends on the data leaks a bit about the data. So every rule that looks at data (group size,
complement, dominance, overlap of forms, time grain) shares one sentence, and nothing in the answer says which
of them it was; the rule's name goes to the access log only. This module imports nothing of ours.
"""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "zh"]

GROUP_TOO_SMALL: dict[str, str] = {
    "en": "This cannot be shown: the groups behind it would be too small."
    " Ask for a wider group or a longer period.",
    "zh": "无法显示: 涉及的人群过小。请放宽人群或延长时间范围。",
}
"""Every guard that depends on the data, and every question built to get around one."""

NO_PERMISSION: dict[str, str] = {
    "en": "You cannot see this here. An administrator can say who may, with `souk members`.",
    "zh": "您在此处无权查看。管理员可以用 `souk members` 调整权限。",
}
"""The role of the asker or the rule of the channel does not allow it."""

PERSONAL_DATA_IN_QUESTION: dict[str, str] = {
    "en": "Souk does not look up individuals. For a data-subject request use the privacy request command.",
    "zh": "请勿在提问中填写个人信息; 如需处理个人请求, 请使用隐私请求命令。",
}
"""The tripwire found a phone number, e-mail address, identity number or card: the text is not stored."""

PERSON_LOOKUP: dict[str, str] = {
    "en": "Souk answers about groups, never about one person.",
    "zh": "Souk 只回答群体问题, 不查询任何个人。",
}
"""A question about one person, a list of people, or a column that names them."""

Rule = Literal[
    "group_size",
    "complement",
    "dominance",
    "overlap",
    "time_grain",
    "filter_column",
    "function",
    "role",
    "channel",
    "tripwire",
    "person_lookup",
    "sql_guard",
    "shop_scope",
]
"""What the access log records as the rule behind a refusal."""


def fewer_than(k: int, language: str) -> str:
    """The caveat beside a suppressed cell. A suppressed cell is null, never 0.

    >>> fewer_than(10, "en")
    'fewer than 10 customers'
    """
    return f"少于 {k} 位客户" if language == "zh" else f"fewer than {k} customers"
