"""An application that gives one answer, on the server that the mock runs on.

    python bare_app.py PORT '{"status": 200, "headers": {...}, "body": "..."}'

Where the answer's body has `{id}`, the last part of the path takes its place.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from evolink_mock.server import listen, serve

SERVERS_OWN = {"content-length", "date"}


class Bare:
    """Reads a request to its end, and gives the answer."""

    def __init__(self, response: dict[str, Any]) -> None:
        self._body = str(response["body"]).encode()
        headers: dict[str, str] = response["headers"]
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items() if name not in SERVERS_OWN]
        self._status = int(response["status"])
        self._has_id = b"{id}" in self._body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
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
    """Live as long as the server."""
    for step in ("startup", "shutdown"):
        await receive()
        message: Message = {"type": f"lifespan.{step}.complete"}
        await send(message)


if __name__ == "__main__":
    serve(Bare(json.loads(sys.argv[2])), listen("127.0.0.1", int(sys.argv[1])), lambda: None)
