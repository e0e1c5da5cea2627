"""Who is asking, and what that person may see where they ask.

A viewer is the intersection of the asker's role and the channel's rule (`queries.privacy` computes it).
This module imports nothing of ours.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Viewer(BaseModel):
    """Effective permission of one question.

    >>> Viewer.owner().may_see_sql
    True
    """

    model_config = ConfigDict(frozen=True)
    principal: str
    """`slack:<team>/<user>`, `local:<name>`, or a role's name."""
    role: str = "viewer"
    business_lane: bool = True
    person_lane: bool = False
    may_see_sql: bool = False
    may_read_settings: bool = False
    """Catalogue, platform rules, retention, disclosure rules, roles, channels."""
    may_read_registers: bool = False
    """Processors, agreements, consents, requests, incidents, assessments, trainings, backups, access log."""
    may_export: bool = False
    may_admin: bool = False
    min_group: int = 10
    """Fewest distinct persons in a cell; a role may raise it above the channel's rule, never lower it."""
    shops: tuple[tuple[str, str], ...] | None = None
    """(platform, shop_id) pairs this viewer is limited to; None = all."""
    channel_id: str = ""
    private: bool = True
    """True at the machine and in a DM: registers may be shown."""

    @classmethod
    def owner(cls) -> Viewer:
        """The person at the machine: everything, under the group-size rule like everybody."""
        return cls(principal="owner", role="owner", person_lane=True, may_see_sql=True, may_read_settings=True,
                   may_read_registers=True, may_export=True, may_admin=True)
