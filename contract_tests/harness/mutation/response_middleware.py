"""ASGI middleware that may change the mock's responses, and a mock server that runs behind it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract_suite.core.schema_walk import find, resolve_reference
from evolink_mock import MockServer
from evolink_mock.http.app import Mock
from evolink_mock.server import ServedApp, listen
from evolink_mock.settings import DEFAULT_API_KEY


@dataclass
class OutgoingResponse:
    """A response on its way from the mock."""

    status: int
    headers: dict[bytes, bytes]
    content: bytes

    def json(self) -> Any:
        """Return the body, parsed.

        Raises:
            ValueError: the body is not JSON.
        """
        return json.loads(self.content)

    def set_json(self, body: Any) -> None:
        """Replace the body."""
        self.content = json.dumps(body).encode()


class Middleware:
    """Passes every response of another ASGI application to `process`, which may change it; an ASGI application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request. Requests that are not part of the API pass unchanged."""
        if scope["type"] != "http" or scope["path"].startswith("/_mock/"):
            await self._app(scope, receive, send)
            return
        started: list[Message] = []
        content = b""

        async def collect(message: Message) -> None:
            nonlocal content
            if message["type"] == "http.response.start":
                started.append(message)
                return
            content += message.get("body", b"")
            if not message.get("more_body"):
                response = OutgoingResponse(started[0]["status"], dict(started[0]["headers"]), content)
                self.process(scope, response)
                response.headers[b"content-length"] = str(len(response.content)).encode()
                await send({**started[0], "status": response.status, "headers": list(response.headers.items())})
                await send({"type": "http.response.body", "body": response.content})

        await self._app(scope, receive, collect)

    def process(self, scope: Scope, response: OutgoingResponse) -> None:
        """Change a response in place, or do nothing."""
        raise NotImplementedError


class ErrorFallback(Middleware):
    """Turns the mock's internal errors into documented responses.

    The mock may fail on requests that only a changed contract allows. Such requests still count as accepted.
    """

    def __init__(self, app: ASGIApp, document: dict[str, Any]) -> None:
        super().__init__(app)
        self._document = document

    def process(self, scope: Scope, response: OutgoingResponse) -> None:
        """Turn a 500 into the documented response, unless the request demanded a fault."""
        has_preferences = any(name == b"prefer" for name, _ in scope["headers"])
        operation = self._document["paths"].get(scope["path"], {}).get(scope["method"].lower())
        if response.status != 500 or has_preferences or operation is None:
            return
        place = resolve_reference(self._document, ("paths", scope["path"], scope["method"].lower(), "responses", "200"))
        example = find(self._document, place)["content"]["application/json"]["example"]
        response.status = 200
        response.set_json(example)


class WrappedMock(MockServer):
    """A mock server behind a middleware; a context manager like `MockServer`.

    Args:
        middleware: wraps the mock's application.
        contract: the contract that the mock follows; the default is the packaged one.
        pace, speed, forward_callbacks_to: see `MockServer`.
    """

    def __init__(
        self,
        middleware: Callable[[ASGIApp], Middleware],
        contract: dict[str, Any] | None = None,
        *,
        pace: str,
        speed: float,
        forward_callbacks_to: str,
    ) -> None:
        self.api_key = DEFAULT_API_KEY
        self._mock = Mock(pace=pace, speed=speed, forward_callbacks_to=forward_callbacks_to, contract=contract)
        ServedApp.__init__(self, middleware(self._mock), listen("127.0.0.1", 0))
