"""Requests to documented operations: who may make them, what is written down, and what becomes of them on demand."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from evolink_mock.contract.contract import CREATE, GET_TASK, Contract, Operation, Refusal
from evolink_mock.domain.accounts import Account
from evolink_mock.domain.faults import NO_FAULT, Fault, RequestInfo
from evolink_mock.domain.journal import MAX_BODY_BYTES as MAX_KEPT_BYTES
from evolink_mock.domain.journal import Exchange
from evolink_mock.http.bodies import json_answer, parsed
from evolink_mock.http.prefer import NO_PREFERENCES, Preferences, wishes
from evolink_mock.state import State

# No documented limit fits: the longest valid request is a small part of this.
MAX_BODY_BYTES = 1024 * 1024
# How long an answer is held until the task was announced. Callers give up sooner.
HELD_SECONDS = 60.0
SLOW_PIECES = 20
# Answers with these statuses must not have a body.
WITHOUT_BODY = {204, 205, 304}

logger = logging.getLogger("evolink_mock")

# Where a server puts what drops the connection of a request.
DROP = "evolink_mock.drop"


class DroppedError(ConnectionError):
    """The connection was to be dropped, and there is none."""


class Call:
    """A request to a documented operation.

    Attributes:
        request: the request.
        exchange: what the journal will hold of it.
        account: whose key it has, once it was admitted.
        wishes: what it asks for besides, once it was admitted.
    """

    def __init__(self, world: State, operation: Operation, scope: Scope, receive: Receive) -> None:
        self.world = world
        self.operation = operation
        self.exchange = world.journal.open(world.clock.elapsed(), scope["method"], scope["path"])
        self.exchange.operation = world.contract.id_of(operation)
        self.account = _NOBODY
        self.wishes: Preferences = NO_PREFERENCES
        self._source = receive
        self._peeked: list[Message] = []
        # Not through this object, which holds the request: such a circle is left for the garbage collector.
        self.request = Request(scope, _kept(self.exchange, receive, self._peeked))

    def admit(self) -> None:
        """Check the key, then read what the caller wishes for.

        Raises:
            Refusal: 401, or 400 for wishes that nobody can make sense of.
        """
        scheme, _, key = self.request.headers.get("authorization", "").partition(" ")
        account = self.world.accounts.of(key.strip())
        if scheme.lower() != "bearer" or account is None:
            advice = "send the key this mock was started with as a bearer token"
            raise self.world.contract.refusal(self.operation, 401, fallback_suggestion=advice)
        self.account, self.exchange.account = account, account.name
        if preferred := self.request.headers.getlist("prefer"):
            self.wishes = wishes(",".join(preferred), self.operation, self.world.contract)

    async def fault(self) -> Fault:
        """Return what is to be done to this exchange: what it asks for itself, or else what a rule says."""
        wished = self.wishes.fault
        if not self.world.faults:
            return wished
        model = await self._model() if self.operation == CREATE and self.world.faults.ask_for_models else ""
        ruled = self.world.faults.on(RequestInfo(self.exchange.operation, model, self.account.name))
        return ruled if wished is NO_FAULT else wished

    async def _model(self) -> str:
        """Return the model that the body asks for, if it does, and leave the body to be read."""
        size, more = 0, True
        while more and size <= MAX_BODY_BYTES:
            self._peeked.append(message := await self._source())
            size += len(message.get("body", b""))
            more = message["type"] == "http.request" and message.get("more_body", False)
        try:
            body: dict[str, Any] = parsed(b"".join(message.get("body", b"") for message in self._peeked))
            return str(body.get("model", ""))
        except (ValueError, AttributeError):  # no JSON object
            return ""


def _kept(exchange: Exchange, receive: Receive, peeked: list[Message]) -> Receive:
    """Return what a request is received by, first what was peeked at: the journal keeps its body."""

    async def received() -> Message:
        message = peeked.pop(0) if peeked else await receive()
        exchange.keep(message.get("body", b""))
        return message

    return received


_NOBODY = Account("")

Handler = Callable[[Call], Awaitable[Response]]


class Served:
    """An operation of the contract as an ASGI application: refuses every method but its own.

    Args:
        operation: which one.
        handler: answers what is neither refused before nor kept from being served by a fault.
        world: returns what the server remembers.
    """

    def __init__(self, operation: Operation, handler: Handler, world: Callable[[], State]) -> None:
        self._operation = operation
        self._method = operation[1].upper()
        self._handler = handler
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, and write it down."""
        world, start = self._world(), time.perf_counter()
        world.clock.tick()
        call = Call(world, self._operation, scope, receive)
        try:
            response = await self._answer(call)
            if response is None:
                await _drop(scope, receive)
                return
            call.exchange.status, call.exchange.answer = response.status_code, bytes(response.body)[:MAX_KEPT_BYTES]
            await response(scope, receive, send)
        except ClientDisconnect:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer
            call.exchange.status = 500
            with contextlib.suppress(RuntimeError):  # the answer had begun
                await failure(scope, error, world.contract)(scope, receive, send)
        finally:
            world.journal.close(call.exchange, (time.perf_counter() - start) * 1000)

    async def _answer(self, call: Call) -> Response | None:
        """Return the answer to a request; None when the connection is to be dropped."""
        fault = NO_FAULT
        try:
            if call.request.method != self._method:
                raise call.world.contract.refusal(self._operation, 405, {"allow": self._method})
            call.admit()
            fault = await call.fault()
            if fault is NO_FAULT:
                return await self._handler(call)
            call.exchange.fault = str(fault)
            await asyncio.sleep(fault.latency)
            self._refuse(call, fault, "before")
            response = await self._handler(call) if fault.drop != "before" else None
            if fault.answer and self._operation == CREATE:
                await _attempted(call)
            self._refuse(call, fault, "after")
        except Refusal as refusal:
            response = answer(refusal)
        return None if response is None or fault.drop else _disfigured(response, fault)

    def _refuse(self, call: Call, fault: Fault, at: str) -> None:
        """Raise the refusal that a fault asks for at this point."""
        if fault.code is not None and fault.at == at:
            headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
            headers |= {"allow": self._method} if fault.code == 405 else {}
            raise call.world.contract.any_refusal(self._operation, fault.code, headers)


def failure(scope: Scope, error: Exception, contract: Contract) -> Response:
    """Return the answer for a mistake of this program: never a traceback, but a line on its console."""
    logger.error("mistake in the mock, at %s %s: %r", scope["method"], scope["path"], error)
    return answer(contract.refusal(GET_TASK, 500))


def answer(refusal: Refusal) -> Response:
    """Return a refusal as an answer."""
    response = json_answer(refusal.status, refusal.body, refusal.headers)
    if refusal.status in WITHOUT_BODY:
        response = Response(status_code=refusal.status)
    return response


async def _attempted(call: Call) -> None:
    """Wait until the task that was created was announced, or would have been."""
    task = call.world.tasks.find(call.exchange.task_id)
    if task is not None and task.order.callback_url is not None:
        try:
            async with asyncio.timeout(HELD_SECONDS):
                await call.world.deliveries.attempted(task.id)
        except TimeoutError:
            pass


async def _drop(scope: Scope, receive: Receive) -> None:
    """Drop the connection of a request."""
    drop: Callable[[], None] | None = scope.get("extensions", {}).get(DROP)
    if drop is None:
        raise DroppedError("the mock was asked to drop the connection")
    drop()
    while (await receive())["type"] != "http.disconnect":
        pass


def _disfigured(response: Response, fault: Fault) -> Response:
    """Return an answer as a fault makes it look."""
    if fault is NO_FAULT or response.status_code in WITHOUT_BODY:
        return response
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    if fault.body == "html":
        headers.pop("content-type", None)
        phrase = _phrase(response.status_code)
        page = f"<!DOCTYPE html>\n<html><head><title>{phrase}</title></head><body><h1>{phrase}</h1></body></html>\n"
        response = Response(page, response.status_code, headers, "text/html")
    elif fault.body == "truncated":
        body = bytes(response.body)
        response = Response(body[: len(body) // 2], response.status_code, headers)
    return _Slow(response, fault.slow) if fault.slow else response


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


class _Slow(Response):
    """An answer whose body takes its time."""

    def __init__(self, response: Response, seconds: float) -> None:
        super().__init__(response.body, response.status_code, dict(response.headers))
        self._pause = seconds / SLOW_PIECES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = bytes(self.body)
        size = -(-len(body) // SLOW_PIECES) or 1
        for start in range(0, SLOW_PIECES * size, size):
            await asyncio.sleep(self._pause)
            await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
