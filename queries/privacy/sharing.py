"""What may leave: the model provider's questions, and exports to others.

Souk has no export of persons. These checks stand before whatever hands aggregated data to somebody else, so
that an agreement, an assessment and the group size of the export rule are asked for before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from queries.privacy.reading import Reader
from queries.trouble import Trouble

HOME = frozenset({"cn", "china", "中国", "local", "self-hosted", "本地"})
"""Locations from which nothing crosses a border."""
MODEL_PROVIDER = "model_provider"


class ExportRefused(Trouble):
    en = "This cannot be exported: {why}."
    zh = "不能导出: {why}。"
    hint_en = "`souk privacy assessments` and the register of agreements say what is in force."
    hint_zh = "可查看评估登记与共享协议登记。"


@dataclass(frozen=True)
class ExportTerms:
    """What an export must keep to: the larger group size of rule and agreement, and whom it leaves out."""

    min_group: int
    excludes_opted_out: bool = True


def model_provider_may_see_persons(reader: Reader, configured: bool) -> bool:
    """Whether questions of the person lane may go to the model provider.

    With no provider (`configured` False) nothing leaves. Else the processor's row must say that it is at home,
    or name the mechanism under which data crosses the border.
    """
    if not configured:
        return True
    rows = reader.named(
        "SELECT location, cross_border_mechanism FROM privacy.processors WHERE processor_id = ?",
        [MODEL_PROVIDER],
    )
    if not rows:
        return False
    location = (rows[0]["location"] or "").strip().lower()
    return location in HOME or bool(rows[0]["cross_border_mechanism"])


def check_export(reader: Reader, *, agreement_id: str, pia_id: str, today: date) -> ExportTerms:
    """The terms of an export to another company, or ExportRefused.

    Needs an active agreement that covers today and an approved impact assessment that is still valid; the
    group size is the export rule's or the agreement's, whichever is larger.
    """
    agreements = reader.named(
        "SELECT * FROM privacy.sharing_agreements WHERE agreement_id = ? AND status = 'active' AND direction <> 'in'"
        " AND starts_on <= ? AND (ends_on IS NULL OR ends_on >= ?)",
        [agreement_id, today, today],
    )
    if not agreements:
        raise ExportRefused(why=f"there is no active agreement {agreement_id}")
    assessed = reader.named(
        "SELECT 1 AS found FROM privacy.impact_assessments WHERE pia_id = ? AND decision LIKE 'approved%'"
        " AND (review_on IS NULL OR review_on >= ?)",
        [pia_id, today],
    )
    if not assessed:
        raise ExportRefused(why=f"there is no approved and current impact assessment {pia_id}")
    rule = reader.named("SELECT min_group FROM privacy.disclosure_rules WHERE scope = 'export'")[0]
    return ExportTerms(max(rule["min_group"], agreements[0]["aggregation_floor"] or 0))


def opted_out_of_sharing(reader: Reader, platform: str) -> set[str]:
    """Pseudonyms whose latest word on sale or sharing is no; an export leaves them out."""
    rows = reader.execute(
        """
        SELECT subject_key FROM (
          SELECT subject_key, channel, arg_max(state, effective_at) AS state FROM privacy.consents
          WHERE purpose = 'sale_share' AND platform = ?
          GROUP BY subject_key, channel) AS latest
        WHERE state IN ('denied', 'withdrawn')""",
        [platform],
    )
    return {key for (key,) in rows}
