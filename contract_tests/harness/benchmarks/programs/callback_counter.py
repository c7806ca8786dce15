"""Serves an endpoint that counts the tasks that callbacks announce.

python callback_counter.py PORT
"""

from __future__ import annotations

import sys

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from evolink_mock.server import listen, serve

TASKS: set[str] = set()


async def response(request: Request) -> Response:
    """Record the task of a callback, or respond to a GET with the number of tasks."""
    if request.method == "POST":
        TASKS.add((await request.json())["id"])
        return Response(status_code=204)
    return PlainTextResponse(str(len(TASKS)))


if __name__ == "__main__":
    app = Starlette(routes=[Route("/{path:path}", response, methods=["GET", "POST"])])
    serve(app, listen("127.0.0.1", int(sys.argv[1])), lambda: None)
