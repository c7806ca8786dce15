"""Applications that stand before the mock and may change what it answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract_suite.core.schema_walk import find, followed
from evolink_mock import MockServer
from evolink_mock.http.app import Mock
from evolink_mock.server import ServedApp, listen
from evolink_mock.settings import DEFAULT_API_KEY


@dataclass
class Sent:
    """An answer on its way from the mock."""

    status: int
    headers: dict[bytes, bytes]
    content: bytes


class Middleware:
    """An application that lets another one answer, and looks at the answers; an ASGI application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; what is no part of the API passes as it is."""
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
                response = Sent(started[0]["status"], dict(started[0]["headers"]), content)
                self.look(scope, response)
                response.headers[b"content-length"] = str(len(response.content)).encode()
                await send({**started[0], "status": response.status, "headers": list(response.headers.items())})
                await send({"type": "http.response.body", "body": response.content})

        await self._app(scope, receive, collect)

    def look(self, scope: Scope, response: Sent) -> None:
        """Change an answer, or leave it."""
        raise NotImplementedError


class Coping(Middleware):
    """Answers with success where the mock fails: it is not made for all that another contract lets pass.

    So a request that is taken against the rules is seen to be taken, whatever becomes of it.
    """

    def __init__(self, app: ASGIApp, document: dict[str, Any]) -> None:
        super().__init__(app)
        self._document = document

    def look(self, scope: Scope, response: Sent) -> None:
        """Turn a failure that nobody has asked for into the documented answer."""
        asked_for = any(name == b"prefer" for name, _ in scope["headers"])
        operation = self._document["paths"].get(scope["path"], {}).get(scope["method"].lower())
        if response.status != 500 or asked_for or operation is None:
            return
        place = followed(self._document, ("paths", scope["path"], scope["method"].lower(), "responses", "200"))
        example = find(self._document, place)["content"]["application/json"]["example"]
        response.status, response.content = 200, json.dumps(example).encode()


class WrappedMock(MockServer):
    """The mock server behind such an application; a context manager like it.

    Args:
        front: makes the application of the mock.
        contract: what the mock goes by, if not the usual contract.
        speed, forward_callbacks_to: as of `MockServer`.
    """

    def __init__(
        self,
        front: Callable[[ASGIApp], Middleware],
        contract: dict[str, Any] | None = None,
        *,
        speed: float,
        forward_callbacks_to: str,
    ) -> None:
        self.api_key = DEFAULT_API_KEY
        self._mock = Mock(speed=speed, forward_callbacks_to=forward_callbacks_to, contract=contract)
        ServedApp.__init__(self, front(self._mock), listen("127.0.0.1", 0))
