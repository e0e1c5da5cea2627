"""What can be wrong with an export or its mapping. No sentence quotes a cell: it may hold a person."""

from __future__ import annotations

from queries.trouble import Trouble


class BadMapping(Trouble):
    en = "The mapping {file} cannot be used: {why}"
    zh = "映射文件 {file} 无法使用: {why}"
    hint_en = "docs/files.md shows a mapping for every table."
    hint_zh = "每种表的映射示例见 docs/files.md。"


class BadRow(Trouble):
    """`why` and `why_zh` are sentences about the row."""

    en = "{file}, row {line}: {why}"
    zh = "{file} 第 {line} 行: {why_zh}"
    hint_en = "Correct the row or the mapping; nothing of this file was imported."
    hint_zh = "请修正该行或映射; 此文件尚未导入任何内容。"

    def __init__(self, **facts: object) -> None:
        super().__init__(**{"why_zh": facts.get("why"), **facts})


class RoundedId(BadRow):
    hint_en = "Export again and import the file as it comes, without saving it in Excel; nothing was imported."
    hint_zh = "请重新导出, 不要用 Excel 打开保存, 直接导入原文件; 此文件尚未导入任何内容。"


class MissingColumn(Trouble):
    en = "{file} has no column {header}; it has {found}."
    zh = "{file} 中没有列 {header}; 现有列: {found}。"
    hint_en = "Has the export's layout changed? Adjust the mapping."
    hint_zh = "导出格式是否有变化? 请调整映射。"


class UnreadableFile(Trouble):
    en = "{file} cannot be read: {why}."
    zh = "无法读取 {file}: {why_zh}。"
    hint_en = "CSV (UTF-8, UTF-16, GB 18030), XLSX and Parquet can be read. Save an old .xls file as .xlsx or CSV."
    hint_zh = "支持 CSV (UTF-8, UTF-16, GB 18030), XLSX 和 Parquet。旧的 .xls 请另存为 .xlsx 或 CSV。"


class WhichSheet(Trouble):
    en = "{file} has several sheets with rows: {sheets}."
    zh = "{file} 有多个含数据的工作表: {sheets}。"
    hint_en = "Choose one with --sheet (or `sheet:` in the mapping)."
    hint_zh = "请用 --sheet (或映射中的 `sheet:`) 选择一个。"


class NoSheet(Trouble):
    en = "{file} has no sheet {sheet}; it has {sheets}."
    zh = "{file} 中没有工作表 {sheet}; 现有: {sheets}。"


class TooScattered(Trouble):
    en = "The rows of one order stand far apart in {file} ({orders} orders): too many to put together."
    zh = "{file} 中同一订单的行相距太远 (共 {orders} 个订单), 无法合并。"
    hint_en = "Sort the file by the order's number and import it again."
    hint_zh = "请按订单编号排序后重新导入。"
