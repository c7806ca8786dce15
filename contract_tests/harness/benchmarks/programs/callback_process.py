"""Serves an endpoint that receives callbacks.

python callback_process.py receiver|reads|trusts PORT API_URL
"""

from __future__ import annotations

import sys

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from evolink import AsyncEvoLink, CallbackReceiver
from evolink_client.models import Task
from evolink_mock.server import listen, serve

KEY = "sk-evo-mock"


def endpoint(kind: str, api: str) -> ASGIApp:
    """Return the endpoint of this kind."""
    if kind == "receiver":
        return CallbackReceiver(AsyncEvoLink(KEY, base_url=api), handler)
    client = httpx.AsyncClient(base_url=api, headers={"authorization": f"Bearer {KEY}"})

    async def receive(request: Request) -> Response:
        hint = await request.json()
        if kind == "reads":
            (await client.get(f"/v1/tasks/{hint['id']}")).raise_for_status().json()
        return Response(status_code=204)

    return Starlette(routes=[Route("/hook", receive, methods=["POST"])])


async def handler(task: Task) -> None:
    """Do nothing."""
    del task


if __name__ == "__main__":
    serve(endpoint(sys.argv[1], sys.argv[3]), listen("127.0.0.1", int(sys.argv[2])), lambda: None)
