"""Refusals that every platform has, in words people can act on: `Denied` with the hint that fits.

    raise clock_skew(what, "TOP", minutes=10)

Each takes `what`, the platform's own code and words.
"""

from __future__ import annotations

from connectors.engine.errors import Denied


def clock_skew(what: str, whose: str, minutes: int) -> Denied:
    """The timestamp of a call was outside the platform's tolerance."""
    return Denied(
        what, of_all=True,
        hint_en=f"The clock of {whose} and this machine's differ by more than {minutes} minutes: set this machine's "
                "clock.",
        hint_zh=f"本机时钟与 {whose} 相差超过 {minutes} 分钟：请校准本机时间。")


def wrong_secret(what: str, setting: str) -> Denied:
    """A signature was not accepted: the setting it is made with is wrong, or of another app."""
    return Denied(
        what, of_all=True, hint_en=f"Check {setting}: the signature made with it was not accepted.",
        hint_zh=f"请检查 {setting}：平台未接受用它生成的签名。")


def unknown_app(what: str, setting: str) -> Denied:
    return Denied(
        what, of_all=True, hint_en=f"Check {setting}: the platform does not know the app, or it is offline.",
        hint_zh=f"请检查 {setting}：平台不认识该应用，或应用已下线。")


def missing_right(what: str, right: str = "", right_zh: str = "") -> Denied:
    """A scope, package or role was not granted, or not approved yet."""
    return Denied(
        what, hint_en=f"The app lacks the right{' ' if right else ''}{right}, or it is not approved yet: ask for it in "
                      "the platform's console, then authorise again.",
        hint_zh=f"应用缺少权限{right_zh}，或尚未审核通过：请在平台控制台申请后重新授权。")


def consent_gone(what: str) -> Denied:
    """The shop has withdrawn its authorisation, or it has run out."""
    return Denied(
        what, of_all=True,
        hint_en="The shop's authorisation has ended or was withdrawn: authorise the app again "
                "(`souk connections rotate NAME --authorize`).",
        hint_zh="店铺授权已到期或被撤销：请重新授权（`souk connections rotate 名称 --authorize`）。")


def not_from_here(what: str) -> Denied:
    """The address calls come from is not on the app's list."""
    return Denied(
        what, of_all=True, hint_en="Add this machine's address to the app's list of allowed addresses.",
        hint_zh="请把本机 IP 加入应用的白名单。")
