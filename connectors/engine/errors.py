"""What can go wrong between us and a platform, one type per thing a person can do about it.

`Client.check` raises the first six; the engine raises the rest. Every error has one sentence and one hint in
English and Chinese. A message carries the platform's code and its words, never a secret, a URL with a query
or a value from the payload.
"""

from __future__ import annotations

from typing import ClassVar

from queries.trouble import Trouble


class SyncError(Trouble):
    """Base. `what` = the platform's own code and words; a client may give a hint that fits better."""

    en = "The sync failed."
    zh = "同步失败。"
    retryable: ClassVar[bool] = False

    def __init__(self, what: str = "", *, hint_en: str = "", hint_zh: str = "") -> None:
        self.what = what
        self._hints = {"en": hint_en or self.hint_en, "zh": hint_zh or self.hint_zh}
        super().__init__()

    def say(self, language: str) -> str:
        head = self.zh if language == "zh" else self.en
        return f"{head} {self.what}".strip()

    def hint(self, language: str) -> str:
        return self._hints["zh" if language == "zh" else "en"]


class Throttled(SyncError):
    """Too many calls. `wait` = seconds the platform asked for (obeyed in full), None = our own back-off."""

    en = "The platform asked for fewer calls."
    zh = "平台要求降低调用频率。"
    hint_en = "Nothing is lost: the next sync goes on from here, later than usual where this lasts."
    hint_zh = "数据不会丢失：下次同步会继续；若持续限流，系统会推迟同步。"
    retryable = True

    def __init__(self, what: str = "", *, wait: float | None = None) -> None:
        super().__init__(what)
        self.wait = wait


class Broken(SyncError):
    """A failure that may pass: 5xx, a cut body, a platform's "service error". Retried.

    `heavy` = a smaller page may succeed (WooCommerce 500/504): the walk halves its page size.
    """

    en = "The platform failed to answer."
    zh = "平台未能正常应答。"
    hint_en = "Souk retries by itself; if it lasts, look at the platform's status page."
    hint_zh = "系统会自动重试；若持续出现，请查看平台公告。"
    retryable = True

    def __init__(self, what: str = "", *, heavy: bool = False, wait: float | None = None) -> None:
        super().__init__(what)
        self.heavy = heavy
        self.wait = wait


class TooLarge(Broken):
    """The platform will not answer a page of this size, however often it is asked: the walk asks for less, down
    to one row (Shopify's highest query cost)."""

    en = "The page asked for is too large."
    zh = "请求的一页数据过大。"
    retryable = False

    def __init__(self, what: str = "") -> None:
        super().__init__(what, heavy=True)


class TokenExpired(SyncError):
    """The access token is no longer valid: the engine refreshes it once and repeats the call. `otherwise` = what it
    is when a new token is refused too, where a platform words both alike (Amazon's 403)."""

    en = "The access token has expired."
    zh = "访问令牌已过期。"
    hint_en = "Authorise the app again and store the new token with `souk connect`."
    hint_zh = "请重新授权，并用 `souk connect` 保存新的令牌。"

    def __init__(self, what: str = "", *, otherwise: SyncError | None = None, hint_en: str = "",
                 hint_zh: str = "") -> None:
        super().__init__(what, hint_en=hint_en, hint_zh=hint_zh)
        self.otherwise = otherwise


class Denied(SyncError):
    """No right to this: wrong key, missing scope, closed authorisation. Never retried.

    `of_all` = it would be said of every call (a wrong secret, clock or address, a consent that ended): no stream may
    be left out for it as "not approved".
    """

    en = "The platform refused access."
    zh = "平台拒绝访问。"
    hint_en = "Check the keys of this connection and the rights granted to the app."
    hint_zh = "请检查此连接的密钥以及授予应用的权限。"

    def __init__(self, what: str = "", *, of_all: bool = False, hint_en: str = "", hint_zh: str = "") -> None:
        super().__init__(what, hint_en=hint_en, hint_zh=hint_zh)
        self.of_all = of_all


class Rejected(SyncError):
    """The platform will never accept this call (bad parameter, bad signature, method gone). Never retried."""

    en = "The platform rejected the request."
    zh = "平台拒绝了该请求。"
    hint_en = "This is likely a change of the platform's interface: please report it."
    hint_zh = "可能是平台接口有变更，请反馈给我们。"


class Gone(SyncError):
    """The one object asked for no longer exists: its item is left out, the walk goes on."""

    en = "The object no longer exists on the platform."
    zh = "该对象在平台上已不存在。"


class Mismatch(SyncError):
    """Fewer rows came than the platform says exist. The checkpoint stays, so nothing is lost silently."""

    en = "Fewer rows arrived than the platform reports."
    zh = "收到的行数少于平台报告的数量。"
    hint_en = "The checkpoint was not moved: the next sync reads this part again."
    hint_zh = "检查点未移动，下次同步会重新读取这一部分。"

    def __init__(self, what: str = "", *, expected: int = 0, received: int = 0) -> None:
        super().__init__(what or f"(expected {expected}, received {received})")
        self.expected = expected
        self.received = received


class Looping(SyncError):
    """A cursor repeated itself: the walk would never end."""

    en = "The platform repeated a page instead of going on."
    zh = "平台重复返回同一页，无法继续。"


class Insecure(SyncError):
    """A base URL that would send secrets in the clear."""

    en = "Souk sends keys only over https (plain http is allowed for this machine alone)."
    zh = "密钥只通过 https 发送（仅本机地址允许 http）。"
    hint_en = "Use an https:// address as base_url."
    hint_zh = "请将 base_url 改为 https:// 地址。"


class Untrusted(SyncError):
    """The server's certificate is not one this machine trusts: nothing was sent."""

    en = "The server's certificate is not trusted by this machine, so nothing was sent."
    zh = "本机不信任该服务器的证书，未发送任何数据。"
    hint_en = "For a certificate of your own, name the file of its authority in SSL_CERT_FILE."
    hint_zh = "若使用自签证书，请用环境变量 SSL_CERT_FILE 指定其 CA 文件。"


class Moved(SyncError):
    """A redirect: a signed request is not sent on, as the signature is for the address that was asked."""

    en = "The address answers that it has moved:"
    zh = "该地址已重定向："
    hint_en = "Use the address it names as base_url."
    hint_zh = "请将 base_url 改为重定向后的地址。"


class Busy(SyncError):
    """Another process is syncing this connection."""

    en = "A sync of this connection is already running."
    zh = "此连接正在同步中。"
    hint_en = "Wait for it to end, or stop the other process."
    hint_zh = "请等待其结束，或停止另一个进程。"


class Misconfigured(SyncError):
    """A setting is missing or has the wrong form; names the setting, never its value."""

    en = "A setting of the connection is missing or wrong:"
    zh = "连接的设置缺失或有误："
    hint_en = "Give it with `--set name=value`."
    hint_zh = "请用 `--set 名称=值` 提供。"


class UnknownConnection(SyncError):
    en = "There is no such connection:"
    zh = "没有这个连接："
    hint_en = "`souk connections` lists them."
    hint_zh = "可用 `souk connections` 查看。"


class NameTaken(SyncError):
    en = "This name belongs to the connection of another shop:"
    zh = "该名称已用于另一家店铺的连接："
    hint_en = "Choose another one with --name."
    hint_zh = "请用 --name 换一个名称。"


class UnknownPlatform(SyncError):
    en = "Souk has no connector for this platform:"
    zh = "尚无此平台的连接器："


class NoSecret(SyncError):
    en = "Souk has no root secret, so it cannot protect credentials and pseudonyms."
    zh = "没有根密钥，无法保护凭据与假名。"
    hint_en = "Run `souk init`, or set SOUK_SECRET."
    hint_zh = "请运行 `souk init`，或设置 SOUK_SECRET。"


class Unreadable(SyncError):
    """A stored credential that this secret cannot open (another secret, a changed file)."""

    en = "A stored credential cannot be opened with this secret:"
    zh = "无法用当前密钥解开已保存的凭据："
    hint_en = "Use the SOUK_SECRET it was stored with, or connect again."
    hint_zh = "请使用保存时的 SOUK_SECRET，或重新连接。"
