"""Mocks that accept requests without a valid key, or refuse them in a wrong way."""

from __future__ import annotations

from typing import Any

from starlette.types import Message, Receive, Scope, Send

from evolink_mock.settings import DEFAULT_API_KEY
from mutation.behaviour import (
    APPLICATION,
    CREATE,
    CREDITS,
    UPLOADS,
    Original,
    changed_request,
    changed_response,
    mutant,
    set_header,
)
from mutation.response_middleware import OutgoingResponse


def authorize(scope: Scope) -> None:
    """Give a request the key that the mock accepts."""
    set_header(scope, b"authorization", f"Bearer {DEFAULT_API_KEY}".encode())


@changed_request("authentication is ignored", breaks="auth.create.key-required")
def _(scope: Scope) -> None:
    authorize(scope)


@mutant("any key is accepted", breaks="auth.task.key-required", replaces="evolink_mock.domain.accounts.Accounts.find")
def _(original: Original, accounts: object, key: str) -> Any:
    return original(accounts, DEFAULT_API_KEY if key else key)


@changed_request("credits are visible without a key", breaks="auth.credits.key-required")
def _(scope: Scope) -> None:
    if scope["path"] == CREDITS:
        authorize(scope)


@changed_request("files can be uploaded without a key", breaks="files.key-required")
def _(scope: Scope) -> None:
    if scope["path"].startswith(UPLOADS):
        authorize(scope)


@changed_response("a missing key gets a 403", breaks="auth.create.key-required")
def _(scope: Scope, response: OutgoingResponse) -> None:
    if scope["path"] == CREATE and response.status == 401:
        response.status = 403


@mutant("the body is checked before the key", breaks="auth.before-the-request", replaces=APPLICATION)
async def _(original: Original, app: object, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a create without a valid key as if it had one. Send that response if the body is refused."""
    if scope["type"] != "http" or scope["path"] != CREATE:
        await original(app, scope, receive, send)
        return
    body: list[Message] = []

    async def kept() -> Message:
        body.append(await receive())
        return body[-1]

    async def again() -> Message:
        return body.pop(0) if body else await receive()

    response: list[Message] = []

    async def keep(message: Message) -> None:
        response.append(message)

    authorized = {**scope}
    authorize(authorized)
    await original(app, authorized, kept, keep)
    if response[0]["status"] < 400:
        await original(app, scope, again, send)
        return
    for message in response:
        await send(message)
