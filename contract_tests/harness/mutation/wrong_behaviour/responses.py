"""Mocks that send a wrong status, header or error body."""

from __future__ import annotations

from typing import Any

from starlette.types import Scope

from mutation.behaviour import CREATE, CREDITS, TASKS, changed_response
from mutation.response_middleware import OutgoingResponse


@changed_response("an unknown model is a 400", breaks="request.unknown-model")
def _(scope: Scope, response: OutgoingResponse) -> None:
    if scope["path"] == CREATE and response.status == 404:
        response.status = 400


@changed_response("an unknown task is a 400", breaks="task.query.unknown")
def _(scope: Scope, response: OutgoingResponse) -> None:
    if scope["path"].startswith(TASKS) and response.status == 404:
        response.status = 400


@changed_response("a create returns 201", breaks="wan25.smallest-request")
def _(scope: Scope, response: OutgoingResponse) -> None:
    if scope["path"] == CREATE and response.status == 200:
        response.status = 201


@changed_response("a 405 lacks Allow", breaks="error.405.method")
def _(_: Scope, response: OutgoingResponse) -> None:
    if response.status == 405:
        response.headers.pop(b"allow")


@changed_response("Allow names what is not allowed", breaks="error.405.method")
def _(_: Scope, response: OutgoingResponse) -> None:
    if response.status == 405:
        response.headers[b"allow"] = b"PUT"


@changed_response("refusals have another shape", breaks="error.body")
def _(_: Scope, response: OutgoingResponse) -> None:
    if response.status >= 400:
        response.content = b'{"detail": "no"}'


@changed_response("credits are text", breaks="credits.remaining.type")
def _(scope: Scope, response: OutgoingResponse) -> None:
    if scope["path"] == CREDITS and response.status == 200:
        body: dict[str, Any] = response.json()
        user = body["data"]["user"]
        user["remaining_credits"] = str(user["remaining_credits"])
        response.set_json(body)


@changed_response("the credits of the key are missing", breaks="credits.data.fields")
def _(scope: Scope, response: OutgoingResponse) -> None:
    if scope["path"] == CREDITS and response.status == 200:
        body: dict[str, Any] = response.json()
        body["data"].pop("token")
        response.set_json(body)
