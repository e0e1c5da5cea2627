"""Asking the model: cached, budgeted, timed, and given up at the first sign of trouble.

Any failure (network, bad form, spent budget, open breaker) leaves the grammar's own reading as the answer.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import structlog
from pydantic import TypeAdapter

from queries.ask import Translator
from queries.llm.draft import Draft
from queries.llm.prompt import repair_prompt, system_prompt, user_prompt
from queries.llm.provider import chat_model
from queries.llm.resolve import Resolver, Unusable
from queries.query import SemanticQuery
from queries.viewer import Viewer

if TYPE_CHECKING:
    from queries.warehouse.state import State

log = structlog.get_logger("souk.llm")
CACHE, BUDGET = "llm_cache", "llm_budget"
KEEP = timedelta(days=1)
REPAIRS = 2
FAILURES_UNTIL_REST, REST_SECONDS = 3, 120.0
QUERY: TypeAdapter[SemanticQuery] = TypeAdapter(SemanticQuery)


@dataclass(frozen=True)
class LlmSettings:
    """Which model, and how much of it."""

    model: str
    """A LangChain model string: `openai:gpt-5-mini`, `anthropic:...`, `ollama:qwen3`."""
    base_url: str = ""
    api_key: str = ""
    timeout: float = 10.0
    method: Literal["json_schema", "function_calling", "json_mode"] = "function_calling"
    confirm: Literal["auto", "always", "never"] = "auto"
    """Whether the person agrees to the reading first; auto = for models on this machine or behind an own address."""
    tokens_per_user: int = 200_000
    tokens_per_day: int = 2_000_000

    @property
    def confirms(self) -> bool:
        """Small and unknown models are shown before they are believed."""
        small = self.model.startswith("ollama:") or bool(self.base_url)
        return self.confirm == "always" or (self.confirm == "auto" and small)


class LlmReader:
    """Reads questions through a model; None = it could not, and nothing more is said about why to the asker."""

    def __init__(self, settings: LlmSettings, state: State) -> None:
        self.settings, self.state = settings, state
        self._model: Any = None
        self._lock = threading.Lock()
        self._failures, self._rest_until = 0, 0.0

    def read(
        self,
        question: str,
        translator: Translator,
        viewer: Viewer,
        *,
        today: date,
        now: datetime,
        valid: Callable[[SemanticQuery], str],
        examples: Sequence[str] = (),
    ) -> SemanticQuery | None:
        """A query that holds, or None. `valid` says what stands against a query, "" = nothing."""
        key = self._key(question, translator, viewer, today)
        cached = self.state.get(CACHE, key, now=now)
        if cached is not None:
            return QUERY.validate_python(cached["query"]) if cached["query"] else None
        if time.monotonic() < self._rest_until or self._spent(viewer, now):
            return None
        try:
            query = self._ask(question, translator, viewer, today, now, valid, examples)
        except Exception as error:
            self._failed(error)
            return None
        self._failures = 0
        kept = {"query": query.model_dump(mode="json") if query else None}
        self.state.put(CACHE, key, kept, now=now, expires_at=now + KEEP)
        return query

    def _ask(
        self,
        question: str,
        translator: Translator,
        viewer: Viewer,
        today: date,
        now: datetime,
        valid: Callable[[SemanticQuery], str],
        examples: Sequence[str],
    ) -> SemanticQuery | None:
        """One form, and at most two repairs with what stood against the last."""
        resolver = Resolver(translator, question, today)
        messages: list[tuple[str, str]] = [
            ("system", system_prompt(translator.model, viewer, today, examples)), ("human", user_prompt(question)),
        ]  # fmt: skip
        deadline = time.monotonic() + self.settings.timeout
        for _ in range(1 + REPAIRS):
            if time.monotonic() > deadline or self._spent(viewer, now):
                return None
            draft, problem = self._form(messages, viewer, now)
            if draft is not None and draft.outcome != "query":
                return None
            if draft is not None:
                try:
                    query = resolver.query(draft)
                    problem = valid(query)
                    if not problem:
                        return query
                except Unusable as unusable:
                    problem = str(unusable)
                messages.append(("ai", draft.model_dump_json()))
            messages.append(("human", repair_prompt(problem)))
        return None

    def _form(
        self, messages: list[tuple[str, str]], viewer: Viewer, now: datetime
    ) -> tuple[Draft | None, str]:
        """The form the model fills in, or what is wrong with it."""
        answer = self._structured().invoke(messages)
        raw = answer.get("raw")
        self._count(viewer, now, getattr(raw, "usage_metadata", None), messages)
        draft = answer.get("parsed")
        if isinstance(draft, Draft):
            return draft, ""
        return None, "it does not follow the form"

    def _structured(self) -> Any:
        with self._lock:
            if self._model is None:
                model = chat_model(self.settings)
                self._model = model.with_structured_output(
                    Draft, include_raw=True, method=self.settings.method
                )
            return self._model

    # -- budget, breaker, cache ------------------------------------------------------------------------------

    def _count(self, viewer: Viewer, now: datetime, usage: Any, messages: list[tuple[str, str]]) -> None:
        used = int((usage or {}).get("total_tokens") or sum(len(text) for _, text in messages) // 3)
        tomorrow = now + timedelta(days=1)
        for name in (viewer.principal, "*"):
            self.state.count_up(BUDGET, f"{now:%Y-%m-%d}/{name}", used, now=now, expires_at=tomorrow)

    def _spent(self, viewer: Viewer, now: datetime) -> bool:
        mine = self.state.get(BUDGET, f"{now:%Y-%m-%d}/{viewer.principal}", now=now) or 0
        all_ = self.state.get(BUDGET, f"{now:%Y-%m-%d}/*", now=now) or 0
        return bool(mine >= self.settings.tokens_per_user or all_ >= self.settings.tokens_per_day)

    def _failed(self, error: Exception) -> None:
        """After three failures in a row the model rests for two minutes."""
        self._failures += 1
        log.warning("llm_failed", kind=type(error).__name__, failures=self._failures)
        if self._failures >= FAILURES_UNTIL_REST:
            self._rest_until = time.monotonic() + REST_SECONDS
            self._failures = 0

    def _key(self, question: str, translator: Translator, viewer: Viewer, today: date) -> str:
        from queries.ask.normalise import normalise

        scope = [viewer.business_lane, viewer.person_lane, viewer.shops, viewer.min_group]
        parts = [
            normalise(question).text,
            translator.model.version,
            scope,
            today.isoformat(),
            self.settings.model,
        ]
        return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()
