"""Questions about one person by name: "is Li Na our customer", 张伟买过什么. They are refused, whoever asks.

Reads sentence shapes, not names: what stands where a name would stand must not be a word we know.
"""

from __future__ import annotations

import re

from queries.ask.spans import Intent, Span

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁沈任姚卢傅钟"
    "姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武戚莫孔向汤"
)
_WHO = r"(?P<name>[a-z][a-z'.]+(?: [a-z][a-z'.]+){0,2})"
_SHAPES = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(?:hey |hi |please |pls |can you (?:check|tell me) (?:if|whether) |check (?:if|whether) |"
        rf"do you know (?:if|whether) )?(?:is|was) {_WHO} (?:one of |a |an )?(?:our |"
        r"us )?(?:a )?(?:customers?|clients?|buyers?|members?|shoppers?)(?: of ours)?(?![a-z])",
        rf"^(?:has|have|did|does) {_WHO} (?:ever |already )?(?:bought|buy|order|ordered|purchase|purchased|"
        r"return|returned|shop|shopped|spend|spent)(?![a-z])",
        r"(?:orders?|purchases?|refunds?) (?:of|by|from|made by|placed by) (?:customer|mr\.?|mrs\.?|ms\.?|"
        r"buyer|user) (?P<name>[a-z0-9]+)",
        r"(?:what|how much|how many|when|where)(?: orders| items)? (?:did|does|has|have) (?:mr\.?|mrs\.?|"
        rf"ms\.?|customer|user) {_WHO}",
        r"(?<![a-z])(?:mr|mrs|ms|miss)\.? (?P<name>[a-z]{2,})",
        rf"(?P<name>[{SURNAMES}][\u4e00-\u9fff]{{1,2}})(?:先生|女士|小姐|是不是|是否是|是我们|是咱们|有没有(?:买|下单|购买|消费)|买过|买了|"
        r"下过单|下单了|在我们|的订单|的地址|的电话|花了多少|消费了多少|住在|的手机)",
        r"(?:客户|买家|用户)\s?(?P<name>[a-z0-9_*]*\d[a-z0-9_*]*)\s?(?:的|买|下)",
    )
)
_KNOWN = {
    "this",
    "that",
    "it",
    "there",
    "the",
    "a",
    "our",
    "we",
    "any",
    "which",
    "what",
    "average",
    "sales",
    "douyin",
    "taobao",
    "jd",
    "amazon",
    "everyone",
    "every",
    "each",
    "us",
    "they",
    "new",
    "returning",
    "anything",
    "people",
    "customers",
    "buyers",
    "more",
    "fewer",
    "many",
    "most",
    "less",
    "someone",
}
_NOT_NAMES = re.compile(
    "周[一二三四五六日天末]|平台|店铺|直播|商品|品牌|类目|渠道|金额|白酒|龙虾|江苏|江西|方式|高额|高价|高于|万元|万以|石家|金牌|任务|于上|于本|向上|余额|"
    "段时|时间|成交|程度|万件|万单|万人|田间|钱包|马上|方面|于今|白金"
)


def tag_persons(text: str) -> list[Span]:
    """Sentence shapes that ask about one named person."""
    spans = []
    for pattern in _SHAPES:
        for match in pattern.finditer(text):
            name = match["name"]
            if set(name.split()) & _KNOWN or _NOT_NAMES.search(name):
                continue
            spans.append(Span((match.span(),), (Intent("person_lookup", "person_lookup"),), 5))
    return spans
