"""What can go wrong with the warehouse, each with one sentence in both languages and a hint."""

from __future__ import annotations

from queries.trouble import Trouble


class WarehouseError(Trouble):
    """Base of them all."""

    en = "The warehouse could not be used."
    zh = "数据仓库无法使用。"
    hint_en = "Run souk doctor."
    hint_zh = "请运行 souk doctor。"


class Busy(WarehouseError):
    en = "Another process has been writing to the warehouse for a minute."
    zh = "另一个进程占用数据仓库写入已超过一分钟。"
    hint_en = "Wait for the running sync to finish, then try again."
    hint_zh = "请等待正在运行的同步结束后重试。"


class NotPrepared(WarehouseError):
    en = "There is no warehouse here yet."
    zh = "这里还没有数据仓库。"
    hint_en = "Run souk init, or souk demo to look around first."
    hint_zh = "请先运行 souk init, 或运行 souk demo 体验。"


class NewerSchema(WarehouseError):
    en = "This warehouse was written by a newer version of Souk."
    zh = "该数据仓库由更新版本的 Souk 写入。"
    hint_en = "Upgrade Souk before using it."
    hint_zh = "请先升级 Souk。"


class UnknownZone(WarehouseError):
    en = "The shop {shop} names a time zone that does not exist: {tz}."
    zh = "店铺 {shop} 使用了不存在的时区: {tz}。"
    hint_en = "Use a name such as Asia/Shanghai."
    hint_zh = "请使用类似 Asia/Shanghai 的时区名。"


class UnfitRecord(WarehouseError):
    en = "The column {column} cannot store a value that a connector delivered."
    zh = "列 {column} 无法存储连接器给出的某个值。"
    hint_en = "Report the connector and the column."
    hint_zh = "请反馈连接器和列名。"


class BadBackup(WarehouseError):
    en = "This backup cannot be read: it is damaged, or it was made under another secret."
    zh = "无法读取该备份: 文件已损坏, 或由另一个密钥生成。"
    hint_en = "Check SOUK_SECRET and the checksum in the register of backups."
    hint_zh = "请检查 SOUK_SECRET 以及备份登记中的校验值。"


class RebuildMismatch(WarehouseError):
    en = "The rebuilt table {table} does not equal the old one, so the old warehouse was kept."
    zh = "重建后的表 {table} 与原表不一致, 已保留原库。"
    hint_en = "Run souk doctor and keep a backup before trying again."
    hint_zh = "请先备份并运行 souk doctor, 再重试。"


class ImplausibleBenchmark(WarehouseError):
    en = "{series} {period}: level and growth contradict each other, so the figure was not loaded."
    zh = "{series} {period}: 规模与增速互相矛盾, 未予载入。"
    hint_en = "Compare the level and the growth with the official release."
    hint_zh = "请与官方发布的规模和增速核对。"
