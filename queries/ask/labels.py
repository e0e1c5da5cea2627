"""Labels of options in the asker's language: what is counted, how it is split, of which part, for which days."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from queries.model import Model
from queries.query import Filter, RegisterQuery, SemanticQuery, TimeRange

GRAINS = {
    "day": ("per day", "按天"),
    "week": ("per week", "按周"),
    "month": ("per month", "按月"),
    "quarter": ("per quarter", "按季度"),
    "year": ("per year", "按年"),
}
AVERAGES = {
    "day": ("per day on average", "日均"),
    "week": ("per week on average", "周均"),
    "month": ("per month on average", "月均"),
    "quarter": ("per quarter on average", "季均"),
    "year": ("per year on average", "年均"),
    "session": ("per live session on average", "场均"),
}
GROWTH = {
    True: ("{} that rose most", "增长最多的前{}"),
    False: ("{} that fell most", "下降最多的前{}"),
}
BOUNDS = {
    "gt": ("orders over {}", "单笔大于{}"),
    "ge": ("orders of {} or more", "单笔不低于{}"),
    "lt": ("orders under {}", "单笔低于{}"),
    "between": ("orders from {} to {}", "单笔在{}至{}之间"),
    "le": ("orders up to {}", "单笔不超过{}"),
}

BOUND = {
    "gt": ("above", "高于"),
    "ge": ("of at least", "不低于"),
    "lt": ("below", "低于"),
    "le": ("of at most", "不高于"),
    "eq": ("of exactly", "等于"),
}

Names = Mapping[tuple[str, str], str]


def label_of(
    query: SemanticQuery | RegisterQuery, model: Model, language: str, names: Names = MappingProxyType({})
) -> str:
    """One line, for example "Net sales by brand, last quarter" or 净销售额 · 各品牌 · 上季度.

    `names` has what the data calls a (dimension, value): a product's title instead of its id.
    """
    zh = language == "zh"
    if isinstance(query, RegisterQuery):
        return model.registers[query.register_name].label("zh" if zh else "en")
    figures = [model.metrics[m].label("zh" if zh else "en") for m in query.metrics]
    parts = ["、".join(figures) if zh else " and ".join(figures)]
    if query.per:
        parts = [f"{AVERAGES[query.per][1]}{parts[0]}" if zh else f"{parts[0]} {AVERAGES[query.per][0]}"]
    dimensions = [model.dimensions[d].label("zh" if zh else "en") for d in query.dimensions]
    if dimensions:
        parts.append("各" + "、".join(dimensions) if zh else "by " + " and ".join(dimensions))
    if query.grain:
        parts.append(GRAINS[query.grain][zh])
    parts += _place(query, model, zh)
    parts += [_filter(f, model, zh, names) for f in query.filters]
    parts += _bounds(query, model, zh)
    if query.time:
        parts.append(_period(query.time, zh))
    if query.compare and query.compare.against and (against := _period(query.compare.against, zh)):
        parts.append(f"对比{against}" if zh else f"against {against}")
    if zh:
        return " · ".join(parts)
    head = parts[0][:1].upper() + parts[0][1:]
    return head + "".join((" " if p.startswith(("by ", "per ")) else ", ") + p for p in parts[1:])


def _place(query: SemanticQuery, model: Model, zh: bool) -> list[str]:
    """top 2 in each platform, top 5 overall, its own share: what tells two readings of one rank or share apart."""
    found = []
    top = query.top_per_group
    if top and top.within:
        groups = [model.dimensions[d].label("zh" if zh else "en") for d in top.within]
        word = ("前" if top.descending else "后") if zh else ("top" if top.descending else "bottom")
        inside = "、".join(groups) if zh else " and ".join(groups)
        found.append(f"每个{inside}内{word}{top.n}" if zh else f"{word} {top.n} in each {inside}")
    elif top and query.grain:
        word = ("前" if top.descending else "后") if zh else ("top" if top.descending else "bottom")
        found.append(f"每个周期内{word}{top.n}" if zh else f"{word} {top.n} in each {query.grain}")
    elif query.among:
        word = ("前" if query.among.descending else "后") if zh else ("top" if query.among.descending else "bottom")
        found.append(f"整个期间的{word}{query.among.n}" if zh else f"the {word} {query.among.n} of the whole period")
    elif query.limit:
        first = not query.order or query.order[0].descending
        word = ("前" if first else "后") if zh else ("top" if first else "bottom")
        if query.order and query.order[0].by in ("change", "change_ratio"):
            found.append(GROWTH[query.order[0].descending][zh].format(query.limit))
        else:
            found.append(f"整体{word}{query.limit}" if zh else f"{word} {query.limit} overall")
    if query.share_of == "part":
        found.append("占各行总量的比例" if zh else "as a share of each row")
    elif query.share_of == "total" and query.dimensions:
        found.append("各行占合计的比例" if zh else "each row's share of the sum")
    return found


def _bounds(query: SemanticQuery, model: Model, zh: bool) -> list[str]:
    """Only above or below a number: 毛利低于0."""
    return [
        f"{model.metrics[h.metric].label('zh')}{BOUND[h.op][1]}{h.value}"
        if zh
        else f"{model.metrics[h.metric].label('en')} {BOUND[h.op][0]} {h.value}"
        for h in query.having
        if h.metric in model.metrics
    ]


def _filter(item: Filter, model: Model, zh: bool, names: Names) -> str:
    dimension = model.dimensions[item.dimension]
    if item.dimension == "hour" and len(item.values) > 1:
        return f"{item.values[0]}:00-{int(item.values[-1]) + 1}:00"
    if item.op in ("is_known", "is_unknown"):
        known = item.op == "is_known"
        name = dimension.label("zh" if zh else "en")
        return (f"{name}已知" if known else f"{name}未知") if zh else f"{name} {'known' if known else 'unknown'}"
    if item.op in BOUNDS:
        return BOUNDS[item.op][zh].format(*item.values)
    called = dict.fromkeys(_called(item, value, model, zh, names) for value in item.values)
    body = ("、" if zh else ", ").join(called)
    if item.op == "not_in":
        return f"不含{body}" if zh else f"without {body}"
    return body


def _called(item: Filter, value: str, model: Model, zh: bool, names: Names) -> str:
    """What a value is called; with its id where others of the same name are left out."""
    known = model.dimensions[item.dimension].values.get(value)
    if known:
        return (known.zh if zh else known.en)[0]
    name = names.get((item.dimension, value), value)
    alike = {other for (dimension, other), n in names.items() if dimension == item.dimension and n == name}
    return name if alike <= {*item.values, value} else f"{name} ({value})"


def _period(time: TimeRange, zh: bool) -> str:
    if time.said:
        return time.said
    last = time.last_day
    if time.start and last:
        return (
            f"{time.start:%Y-%m-%d} 至 {last:%Y-%m-%d}" if zh else f"{time.start:%Y-%m-%d} to {last:%Y-%m-%d}"
        )
    return ""
