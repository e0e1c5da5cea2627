"""The chat model behind a LangChain model string. Imported only when a model is set: a provider's package can
cost seconds to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from queries.trouble import Trouble

if TYPE_CHECKING:
    from queries.llm.reader import LlmSettings


class NoProvider(Trouble):
    en = "The language model {model} cannot be used: {why}."
    zh = "无法使用语言模型 {model}: {why}。"
    hint_en = "Install the provider (for example pip install 'souk[openai]') or leave SOUK_LLM empty."
    hint_zh = "请安装对应的提供方 (例如 pip install 'souk[openai]'), 或将 SOUK_LLM 留空。"


def chat_model(settings: LlmSettings) -> Any:
    """A chat model with our time limit and no retries of its own. Raises NoProvider."""
    from langchain.chat_models import init_chat_model

    given: dict[str, Any] = {"temperature": 0, "timeout": settings.timeout, "max_retries": 0}
    if settings.base_url:
        given["base_url"] = settings.base_url
    if settings.api_key:
        given["api_key"] = settings.api_key
    try:
        return init_chat_model(settings.model, **given)
    except ImportError as error:
        raise NoProvider(
            model=settings.model, why=f"its package is missing ({error.name or 'unknown'})"
        ) from None
    except ValueError as error:
        raise NoProvider(model=settings.model, why=str(error).splitlines()[0]) from None
