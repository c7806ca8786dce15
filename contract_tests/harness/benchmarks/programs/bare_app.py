"""An application that always sends the same response, on the same server software as the mock.

    python bare_app.py PORT '{"status": 200, "headers": {...}, "body": "..."}'

In the body, the last part of the request's path replaces `{id}`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from evolink_mock.server import listen, serve

OWN_HEADERS = {"content-length", "date"}  # the server or the application sets these itself


class Bare:
    """Reads a request to its end and sends the response; an ASGI application."""

    def __init__(self, response: dict[str, Any]) -> None:
        self._body = str(response["body"]).encode()
        headers: dict[str, str] = response["headers"]
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items() if name not in OWN_HEADERS]
        self._status = int(response["status"])
        self._has_id = b"{id}" in self._body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or the lifespan of the application."""
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        while (await receive()).get("more_body"):
            pass
        body = self._body.replace(b"{id}", scope["path"].rpartition("/")[2].encode()) if self._has_id else self._body
        headers = [*self._headers, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def live(receive: Receive, send: Send) -> None:
    """Confirm the start and the end of the application."""
    for step in ("startup", "shutdown"):
        await receive()
        message: Message = {"type": f"lifespan.{step}.complete"}
        await send(message)


if __name__ == "__main__":
    serve(Bare(json.loads(sys.argv[2])), listen("127.0.0.1", int(sys.argv[1])), lambda: None)
