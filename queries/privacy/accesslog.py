"""The access log: every decision about a question, and never its words.

A question is there as a keyed hash (equal questions can be counted, none can be read or guessed without the
key), a query as the fingerprint of its typed form. Entries go to the state store while answering and from
there into `privacy.access_log` when the warehouse publishes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BaseModel

from queries.privacy.tripwire import finds_personal_data, fold
from queries.viewer import Viewer

if TYPE_CHECKING:
    from queries.warehouse import State

Decision = Literal["answered", "clarify", "refused", "unsupported", "error"]


class AccessLog:
    """Writes decisions. `secret` is the root secret, of which the hash's key is derived for this alone."""

    def __init__(self, state: State, secret: bytes) -> None:
        self._state = state
        derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"souk/access-log/v1")
        self._key = derive.derive(secret)

    def question_hash(self, question: str) -> str:
        """The same for the same question up to case, width and spacing: `v1:` and 32 hex digits.

        A question that holds personal data leaves no trace at all, not even a hash: "".
        """
        if finds_personal_data(question):
            return ""
        words = " ".join(fold(question).lower().split())
        digest = hmac.new(self._key, words.encode(), hashlib.sha256).hexdigest()
        return f"v1:{digest[:32]}"

    def note(
        self,
        question: str,
        viewer: Viewer,
        *,
        decision: Decision,
        now: datetime,
        lane: str = "none",
        rule: str = "",
        query: BaseModel | None = None,
        tables: Sequence[str] = (),
        rows_returned: int = 0,
        cells_suppressed: int = 0,
    ) -> None:
        """Records one decision. `rule` names the guard behind a refusal; it is told to no asker."""
        from queries.warehouse import Access

        self._state.log_access(
            Access(
                logged_at=now,
                principal=viewer.principal,
                channel_id=viewer.channel_id,
                lane=lane,
                question_hash=self.question_hash(question),
                query_fingerprint=fingerprint(query) if query else "",
                tables=tuple(tables),
                rows_returned=rows_returned,
                cells_suppressed=cells_suppressed,
                decision=decision,
                rule=rule,
            )
        )


def fingerprint(query: BaseModel) -> str:
    """Sixteen hex digits that are equal for equal typed queries."""
    plain: Any = query.model_dump(mode="json")
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
