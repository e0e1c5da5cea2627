"""A server that speaks the OpenAI chat protocol on loopback and answers, or misbehaves, as it is told."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route


@dataclass
class LocalModel:
    """`answers` are taken in turn: a dict is the form, a str is raw text, an int a status, a float a delay."""

    answers: list[Any] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def start(self) -> LocalModel:
        app = Starlette(routes=[Route("/v1/chat/completions", self._complete, methods=["POST"])])
        self._server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(5)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}/v1"

    @property
    def prompts(self) -> str:
        """Everything the model was ever told."""
        return json.dumps([request["messages"] for request in self.requests], ensure_ascii=False)

    async def _complete(self, request: Request) -> Response:
        given = await request.json()
        self.requests.append(given)
        answer = self.answers.pop(0) if self.answers else {"outcome": "not_answerable"}
        if isinstance(answer, float):
            import asyncio

            await asyncio.sleep(answer)
            answer = {"outcome": "not_answerable"}
        if isinstance(answer, int):
            return JSONResponse({"error": {"message": "no", "type": "server_error"}}, answer)
        if answer == "cut":
            return PlainTextResponse('{"id": "x", "choices": [{"mess', media_type="application/json")
        return JSONResponse(_completion(given, answer))


def _completion(given: dict[str, Any], answer: Any) -> dict[str, Any]:
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    if given.get("tools"):
        name = given["tools"][0]["function"]["name"]
        call = {"id": "c1", "type": "function", "function": {"name": name, "arguments": text}}
        message: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": [call]}
    else:
        message = {"role": "assistant", "content": text}
    return {
        "id": "x", "object": "chat.completion", "created": 1, "model": given["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 100, "total_tokens": 1000},
    }  # fmt: skip
