"""Chinese noise: words that restrict nothing may stand anywhere, words that narrow and have no entry are refused."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from queries.ask import Translator
from queries.ask.noise import Noise
from queries.ask.normalise import language, normalise
from queries.ask.words import load_words
from queries.query import Answerable, Refuse
from tests.queries.ask.conftest import TODAY
from tests.queries.ask.notation import written

SPANS = [
    ("上个月", "抖音", "净销售额"),
    ("上周", "各平台", "退款率"),
    ("昨天", "淘宝", "支付订单数"),
    ("今年", "每个月", "广告花费"),
    ("上季度", "按品牌", "支付金额", "前5"),
    ("近30天", "访客数", "最高的3个店铺"),
    ("10月", "新客", "占比"),
    ("上月", "除了京东", "各平台", "客单价"),
]
"""Questions cut where a speaker may draw breath."""
NOISE = [
    "麻烦拉一下", "看一眼", "给我来个", "大概", "那边", "这块", "到底", "跑出来", "列一下", "整体来看", "呀",
    "哈", "老板要看", "做周报用", "顺便问下", "咱们", "其实", "说白了", "情况", "放一张表里", "两条线放一起",
    "发我一下", "差不多", "帮我算一下", "分开看", "究竟", "那个", "方便的话", "辛苦啦", "对账用", "捞一下",
    "汇总一下", "话说", "交给老板看", "摆出来", "想了解一下",
]
TRAPS = [
    "成都", "大连", "中山", "长沙", "深圳", "华东", "一线城市", "男生", "女士", "学生", "会员", "宝妈",
    "已婚", "90后", "企业客户", "经销商", "内部员工", "凌晨", "上午", "晚上", "白天", "节假日", "支付宝",
    "花呗", "白条", "分期", "红包", "满减", "秒杀", "拼团", "百亿补贴", "淘客", "包邮", "运费险", "顺丰",
    "圆通", "破损", "错发", "拒收", "加急单", "代发", "云仓", "自提", "红色", "大号", "男款", "套装", "临期",
    "应季", "老款", "新款", "次品", "清仓", "主推", "高客单", "进口", "定制", "正价", "已下架", "在售",
    "大额", "异常单", "投诉单", "改价", "跨店", "第二单", "老带新", "裂变", "静默", "催付后", "平台介入",
    "因为", "影响", "天气", "涨价", "客服", "供应商", "小王", "收藏", "咨询", "好评", "违规", "保证金",
    "库龄", "弹幕", "完播率", "审核中", "无效", "不合格", "冻结", "滞留", "没单", "未回复", "有效",
    "首单立减", "定金膨胀", "陌生", "紫砂", "联盟", "打了折", "超重", "没货", "限购", "秋款",
]


def cuts(spans: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The question before and behind every cut."""
    for place in range(len(spans) + 1):
        yield "".join(spans[:place]), "".join(spans[place:])


@pytest.mark.parametrize("spans", SPANS, ids="".join)
def test_noise_between_words_keeps_the_reading(translator: Translator, spans: tuple[str, ...]) -> None:
    plain = translator.read("".join(spans), today=TODAY)
    assert isinstance(plain, Answerable)
    for (before, behind), noise in itertools.product(cuts(spans), NOISE):
        said = f"{before}{noise}{behind}"
        assert written(translator.read(said, today=TODAY)) == written(plain), said


@pytest.mark.parametrize("word", TRAPS)
def test_a_word_that_narrows_and_has_no_entry_is_refused(translator: Translator, word: str) -> None:
    frames = ("上个月{}的支付金额", "看下{}上周卖了多少件", "{}各平台退款率,上月", "10月GMV,{},麻烦拉一下")
    for said in (frame.format(word) for frame in frames):
        reading = translator.read(said, today=TODAY)
        assert isinstance(reading, Refuse), f"{said}: {written(reading)}"


def test_no_noise_is_a_word_of_the_model(translator: Translator) -> None:
    """Noise of its own right would silently lose a metric, a value or a period that is called the same."""
    noise = Noise(load_words())
    lost = []
    for phrase in noise.book.plain:
        frame = translator._draft(normalise(phrase), TODAY, language(phrase)).frame
        if frame.metrics or frame.values or frame.dimensions or frame.thresholds or frame.measured:
            lost.append(phrase)
    assert not lost


def test_noise_never_displaces_what_was_read(translator: Translator) -> None:
    said = normalise("只看新客的GMV,上月")
    read = translator._draft(said, TODAY, "zh").frame.spans
    assert translator.noise.without(said, read).text == "只看新客的gmv,上月"
