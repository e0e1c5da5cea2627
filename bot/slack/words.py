"""What the bot says around an answer, both languages side by side."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "zh"]

SAID: dict[str, dict[Language, str]] = {
    "working": {"en": "Looking at the numbers ...", "zh": "正在查询数据 ..."},
    "private": {
        "en": "I answered you privately: this channel may not see it.",
        "zh": "已私下回复您: 此频道不可查看该内容。",
    },
    "not_here": {
        "en": "I cannot answer here. Please ask a Souk admin to open Souk for you or for this channel.",
        "zh": "无法在此回答。请联系 Souk 管理员为您或此频道开通。",
    },
    "failed": {
        "en": "Something failed on my side. Please try again, or give an admin this reference: {reference}.",
        "zh": "系统出现问题, 请稍后重试; 若仍失败, 请将编号告知管理员: {reference}。",
    },
    "sql": {"en": "Show SQL", "zh": "查看 SQL"},
    "csv": {"en": "CSV", "zh": "导出 CSV"},
    "no_sql": {"en": "You may not see the SQL of this answer.", "zh": "您无权查看此答案的 SQL。"},
    "no_export": {"en": "Your role may not export.", "zh": "您的角色无权导出。"},
    "gone": {
        "en": "This answer is too old to be opened again. Please ask once more.",
        "zh": "该答案已过期, 请重新提问。",
    },
    "csv_comment": {"en": "The rows of: {question}", "zh": "查询结果: {question}"},
    "good": {"en": "Good answer", "zh": "有帮助"},
    "bad": {"en": "Not right", "zh": "不对"},
    "thanks": {"en": "Thank you, noted.", "zh": "谢谢, 已记录。"},
    "reason_title": {"en": "What was wrong?", "zh": "哪里不对?"},
    "reason_label": {"en": "Tell us in a few words", "zh": "请简要说明"},
    "reason_hint": {"en": "Please no names, phones or addresses.", "zh": "请勿填写姓名、电话或地址。"},
    "submit": {"en": "Send", "zh": "提交"},
    "close": {"en": "Cancel", "zh": "取消"},
    "more_rows": {
        "en": "showing {shown} of {all} rows; CSV has them all",
        "zh": "显示 {all} 行中的 {shown} 行; 完整数据见 CSV",
    },
    "data_as_of": {"en": "data as of {when} UTC", "zh": "数据截至 {when} UTC"},
    "basis": {"en": "basis: {basis}", "zh": "口径: {basis}"},
    "try": {"en": "You could ask:", "zh": "可以这样问:"},
    "capability": {
        "en": (
            "Hi, I am Souk. Ask me about sales, customer segments or privacy settings, in English or Chinese."
            " Answer in this thread to ask on."
        ),
        "zh": "您好, 我是 Souk。可以用中文或英文询问销售表现、客户分层或隐私设置, 在本消息列中可继续追问。",
    },
    "help": {
        "en": "`/souk ask <question>` asks privately, `/souk freshness` shows how old the data is.",
        "zh": "`/souk ask <问题>` 私下提问, `/souk freshness` 查看数据时效。",
    },
    "home_fresh": {"en": "How fresh the data is", "zh": "数据时效"},
    "home_rights": {"en": "What you may ask", "zh": "您可以询问的内容"},
    "home_choices": {"en": "How you want words read", "zh": "您选择的词义"},
    "home_no_choices": {"en": "No choice of yours is kept.", "zh": "没有记住您的任何选择。"},
    "forget_choices": {"en": "Forget my choices", "zh": "忘掉我的选择"},
    "home_none": {"en": "No platform has been synced yet.", "zh": "尚未同步任何平台。"},
    "rights_business": {"en": "sales, traffic, ads, live sessions", "zh": "销售、流量、广告、直播"},
    "rights_person": {
        "en": "buyers and segments, in groups of at least {k}",
        "zh": "买家与客户分层 (每组至少 {k} 人)",
    },
    "rights_settings": {"en": "privacy settings", "zh": "隐私设置"},
    "rights_registers": {"en": "privacy registers", "zh": "隐私登记册"},
    "rights_nothing": {"en": "nothing yet: ask a Souk admin", "zh": "暂无权限: 请联系 Souk 管理员"},
}

PROMPTS: dict[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        ("Sales last month", "net sales by platform last month"),
        ("Best products", "top 5 products by GMV last month"),
        ("Refunds", "refund rate by platform last month"),
        ("Privacy", "which fields are dropped, which pseudonymised?"),
    ),
    "zh": (
        ("上月销售", "上个月各平台净销售额"),
        ("热销商品", "上个月GMV前5的商品"),
        ("退款", "上个月各平台退款率"),
        ("隐私", "哪些字段被丢弃, 哪些做了假名化?"),
    ),
}
"""Suggested prompts (title, message): at most four, as Slack allows."""


def say(key: str, language: str, **facts: object) -> str:
    """One sentence in the asker's language.

    >>> say("working", "en")
    'Looking at the numbers ...'
    """
    return SAID[key]["zh" if language == "zh" else "en"].format(**facts)
