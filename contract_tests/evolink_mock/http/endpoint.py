"""Request pipeline for documented operations: authentication, journaling, fault injection."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from functools import cached_property
from http import HTTPStatus
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from evolink_mock.contract.compiled_contract import Contract
from evolink_mock.contract.error_bodies import ErrorResponse
from evolink_mock.contract.operations import CREATE, GET_TASK, Operation
from evolink_mock.domain.accounts import Account
from evolink_mock.domain.faults import NO_FAULT, Fault, RequestInfo
from evolink_mock.domain.journal import MAX_BODY_BYTES as MAX_RECORDED_BYTES
from evolink_mock.domain.journal import Exchange
from evolink_mock.http.bodies import SMALL_BYTES, BodyTooLargeError, json_response, parse_json, read_body
from evolink_mock.http.prefer import NO_PREFERENCES, Preferences, parse_preferences
from evolink_mock.state import State

# Not documented; the longest valid request is a small part of this.
MAX_BODY_BYTES = 1024 * 1024
# The longest time that a response is delayed until a callback was attempted. Clients give up sooner.
MAX_DELAY_SECONDS = 60.0
SLOW_PIECES = 20
# Responses with these statuses must not have a body.
WITHOUT_BODY = {204, 205, 304}

logger = logging.getLogger("evolink_mock")

# The ASGI extension with the function that drops the connection of a request.
DROP = "evolink_mock.drop"
# The ASGI extension with a function that returns whether the client has hung up.
IS_GONE = "evolink_mock.is_gone"


class DroppedError(ConnectionError):
    """A fault drops the connection, but the server does not provide the extension `DROP`."""


class OperationContext:
    """A request to a documented operation.

    Attributes:
        state: the state of the mock.
        operation: the operation.
        exchange: the journal entry of this request.
        account: the account of its key, after `authenticate`.
        preferences: its `Prefer` header, after `authenticate`.
        scope: its ASGI scope.
    """

    def __init__(self, state: State, operation: Operation, scope: Scope, receive: Receive) -> None:
        self.state = state
        self.operation = operation
        self.scope = scope
        self.exchange = state.journal.open(state.clock.elapsed(), scope["method"], scope["path"])
        self.exchange.operation = operation.id
        self.account = _NO_ACCOUNT
        self.preferences: Preferences = NO_PREFERENCES
        self._receive = receive
        self._peeked: list[Message] = []
        self._headers = first_headers(scope)

    @cached_property
    def request(self) -> Request:
        """The HTTP request, whose body is recorded while it is read. Most requests do without it."""
        # `_recording` gets no reference to this object: a reference cycle would wait for the garbage collector.
        return Request(self.scope, _recording(self.exchange, self._receive, self._peeked))

    def header(self, name: bytes) -> str:
        """Return a header, named in lower case; the first of several, and an empty text for none."""
        return self._headers.get(name, b"").decode("latin-1")

    def header_list(self, name: bytes) -> list[str]:
        """Return every header of a name."""
        if name not in self._headers:
            return []
        return [value.decode("latin-1") for each, value in self.scope["headers"] if each == name]

    @property
    def origin(self) -> str:
        """The scheme and host of this server as the client sees it, without a trailing slash."""
        return f"{self.scope['scheme']}://{self.header(b'host')}"  # `AccessControl` has checked the host

    def error(self, code: int, headers: dict[str, str] | None = None, **details: str | None) -> ErrorResponse:
        """Return the documented error response of this operation; see `ErrorBodies.documented`."""
        return self.state.contract.errors.documented(self.operation.id, code, headers, **details)

    def invalid_request(self, message: str, param: str | None = None) -> ErrorResponse:
        """Return the 400 of this operation; `param` is the invalid field."""
        return self.error(400, message=message, param=param)

    def authenticate(self) -> None:
        """Check the API key and parse the `Prefer` header.

        Raises:
            ErrorResponse: 401, or 400 for an invalid `Prefer` header.
        """
        account = find_account(self.state, self._headers)
        if account is None:
            raise self.error(401, fallback_suggestion="send the key this mock was started with as a bearer token")
        self.account, self.exchange.account = account, account.name
        if headers := self.header_list(b"prefer"):
            self.preferences = parse_preferences(",".join(headers), self.operation.id, self.state.contract)

    def check_content_type(self) -> None:
        """Check that the request has the documented content type.

        Raises:
            ErrorResponse: 415.
        """
        if not has_content_type(self.operation, self._headers):
            [expected] = self.operation.request_content
            raise self.error(415, message=f"The content type must be {expected}.")

    async def read_body(self, limit: int) -> bytes:
        """Read a body of at most `limit` bytes.

        Raises:
            ErrorResponse: 415, it has another content type.
            BodyTooLargeError: it is longer.
        """
        self.check_content_type()
        return await read_body(self.request, limit)

    def parse_json(self, content: bytes) -> Any:
        """Parse a JSON body.

        Raises:
            ErrorResponse: 400, it is not JSON.
        """
        try:
            return parse_json(content)
        except ValueError:
            raise self.not_json() from None

    def not_json(self) -> ErrorResponse:
        """Return the 400 for a body that is not JSON."""
        return self.invalid_request("The request body is not valid JSON in UTF-8.")

    async def choose_fault(self) -> Fault:
        """Return the fault to inject: that of the `Prefer` header, or else that of a rule."""
        preferred = self.preferences.fault
        faults = self.state.faults
        if not faults:
            return preferred
        model = await self._peek_model() if self.operation.id == CREATE and faults.need_model else ""
        fault = faults.apply(RequestInfo(self.operation.id, model, self.account.name))
        return fault if preferred is NO_FAULT else preferred

    async def _peek_model(self) -> str:
        """Return the `model` of the request body, or an empty text, without consuming the body."""
        size, more = 0, True
        while more and size <= MAX_BODY_BYTES:
            self._peeked.append(message := await self._receive())
            size += len(message.get("body", b""))
            more = message["type"] == "http.request" and message.get("more_body", False)
        try:
            body: dict[str, Any] = parse_json(b"".join(message.get("body", b"") for message in self._peeked))
            return str(body.get("model", ""))
        except (ValueError, AttributeError):  # not a JSON object
            return ""


def _recording(exchange: Exchange, receive: Receive, peeked: list[Message]) -> Receive:
    """Wrap `receive` to record the request body in the journal; messages in `peeked` come first."""

    async def received() -> Message:
        message = peeked.pop(0) if peeked else await receive()
        exchange.record(message.get("body", b""))
        return message

    return received


_NO_ACCOUNT = Account("")


def first_headers(scope: Scope) -> dict[bytes, bytes]:
    """Return the headers of a request by name; the first of several."""
    return dict(reversed(scope["headers"]))


def find_account(state: State, headers: dict[bytes, bytes]) -> Account | None:
    """Return the account of the key in the headers of a request; None without a valid key."""
    scheme, _, key = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    account = state.accounts.find(key.strip())
    return account if scheme.lower() == "bearer" else None


def has_content_type(operation: Operation, headers: dict[bytes, bytes]) -> bool:
    """Return whether the content type in the headers of a request, without parameters, is that of the operation."""
    actual = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0]
    return actual.strip().lower() in operation.request_content


Handler = Callable[[OperationContext], Awaitable[Response]]
Step = Callable[[OperationContext, bytes], Response]
"""Builds the response to a request whose body has been read; empty for an operation without a body."""


class Endpoint:
    """An operation of the contract as an ASGI application, which only accepts the method of the operation.

    Args:
        operation: the operation.
        get_state: returns the current state of the mock.
        handler: builds the response, unless the request is rejected or a fault replaces the response.
    """

    def __init__(self, operation: Operation, get_state: Callable[[], State], handler: Handler) -> None:
        self._operation = operation
        self._get_state = get_state
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process a request and add it to the journal."""
        state, start = self._get_state(), time.perf_counter()
        state.clock.tick()
        context = OperationContext(state, self._operation, scope, receive)
        exchange = context.exchange
        try:
            response = await self._respond(context)
            if response is None:
                await _drop(scope, receive)
                return
            exchange.status, exchange.response = response.status_code, bytes(response.body)[:MAX_RECORDED_BYTES]
            await response(scope, receive, send)
        except ClientDisconnect:
            pass
        except Exception as error:  # noqa: BLE001 - the client gets a response to every error
            exchange.status = 500
            with contextlib.suppress(RuntimeError):  # the response has started
                await internal_error(scope, error, state.contract)(scope, receive, send)
        finally:
            state.journal.close(exchange, (time.perf_counter() - start) * 1000)

    async def _respond(self, context: OperationContext) -> Response | None:
        """Return the response to a request; None to drop the connection."""
        fault = NO_FAULT
        try:
            if context.scope["method"] != self._operation.method:
                raise context.error(405, {"allow": self._operation.method})
            context.authenticate()
            fault = await context.choose_fault()
            if fault is NO_FAULT:
                return await self._handler(context)
            context.exchange.fault = str(fault)
            await asyncio.sleep(fault.latency)
            self._raise_error(context, fault, "before")
            response = await self._handler(context) if fault.drop != "before" else None
            if fault.response and self._operation.id == CREATE:
                await _wait_for_callback(context)
            self._raise_error(context, fault, "after")
        except ErrorResponse as error:
            response = error_response(error)
        return None if response is None or fault.drop else _apply_fault(response, fault)

    def _raise_error(self, context: OperationContext, fault: Fault, at: str) -> None:
        """Raise the error response of a fault, if it has one at this point.

        Raises:
            ErrorResponse: the fault's code.
        """
        if fault.code is not None and fault.at == at:
            headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
            headers |= {"allow": self._operation.method} if fault.code == 405 else {}
            raise context.state.contract.errors.simulated(self._operation.id, fault.code, headers, fault.error_code)


class StepEndpoint(Endpoint):
    """An operation whose response is built in one step, once the body has been read.

    A server can call `process` instead of the application. Without a task and the messages of ASGI, a read takes half
    of the time, and a create two thirds.

    Args:
        operation: the operation.
        get_state: returns the current state of the mock.
        step: builds the response.
    """

    def __init__(self, operation: Operation, get_state: Callable[[], State], step: Step) -> None:
        super().__init__(operation, get_state, self._read_and_step)
        self._step = step

    async def _read_and_step(self, context: OperationContext) -> Response:
        return self._step(context, await _read_limited(context) if self._operation.request_content else b"")

    def can_process(self, scope: Scope) -> bool:
        """Return whether `process` can respond to a request: no fault, no preference and no rule on pages applies."""
        is_plain = scope["method"] == self._operation.method and not self._get_state().faults
        return is_plain and first_headers(scope).keys().isdisjoint((b"origin", b"prefer"))

    def needs_body(self, scope: Scope) -> bool:
        """Return whether the response to a request that `can_process` accepts depends on its body, a short one."""
        headers = first_headers(scope)
        length = headers.get(b"content-length", b"")
        is_short = length.isdigit() and int(length) <= SMALL_BYTES
        is_valid = find_account(self._get_state(), headers) is not None and has_content_type(self._operation, headers)
        return is_short and is_valid

    def process(self, scope: Scope, content: bytes) -> Response:
        """Process a request that `can_process` accepts, with its body, and add it to the journal."""
        state, start = self._get_state(), time.perf_counter()
        state.clock.tick()
        context = OperationContext(state, self._operation, scope, _nothing)
        exchange = context.exchange
        try:
            context.authenticate()
            if self._operation.request_content:
                context.check_content_type()
                exchange.record(content)
            response = self._step(context, content)
        except ErrorResponse as error:
            response = error_response(error)
        except Exception as error:  # noqa: BLE001 - the client gets a response to every error
            response = internal_error(scope, error, state.contract)
        exchange.status, exchange.response = response.status_code, bytes(response.body)[:MAX_RECORDED_BYTES]
        state.journal.close(exchange, (time.perf_counter() - start) * 1000)
        return response


async def _nothing() -> Message:
    """Receive no message, since the body has been received."""
    return {"type": "http.disconnect"}


async def _read_limited(context: OperationContext) -> bytes:
    """Read a body.

    Raises:
        ErrorResponse: 415 for another content type, or 413 for more than `MAX_BODY_BYTES`.
    """
    try:
        return await context.read_body(MAX_BODY_BYTES)
    except BodyTooLargeError:
        advice = f"send at most {MAX_BODY_BYTES} bytes, and media as URLs"
        raise context.error(413, {"connection": "close"}, fallback_suggestion=advice) from None


def internal_error(scope: Scope, error: Exception, contract: Contract) -> Response:
    """Log an unexpected exception in one line, and return the documented 500."""
    is_gone: Callable[[], bool] | None = scope.get("extensions", {}).get(IS_GONE)
    # Event loops differ in what they raise when a response is written to a closed connection.
    if is_gone is None or not is_gone() or not isinstance(error, OSError | RuntimeError):
        logger.error("unexpected error in the mock at %s %s: %r", scope["method"], scope["path"], error)
    return error_response(contract.errors.documented(GET_TASK, 500))


def error_response(error: ErrorResponse) -> Response:
    """Convert a raised error response to an HTTP response."""
    if error.status in WITHOUT_BODY:
        return Response(status_code=error.status)
    return json_response(error.status, error.body, error.headers)


async def _wait_for_callback(context: OperationContext) -> None:
    """Wait until the first callback of the created task was attempted, if the task has a callback URL."""
    task = context.state.tasks.find(context.exchange.task_id)
    if task is not None and task.spec.callback_url is not None:
        try:
            async with asyncio.timeout(MAX_DELAY_SECONDS):
                await context.state.callbacks.wait_for_attempt(task.id)
        except TimeoutError:
            pass


async def _drop(scope: Scope, receive: Receive) -> None:
    """Drop the connection of a request.

    Raises:
        DroppedError: the server cannot drop it.
    """
    drop: Callable[[], None] | None = scope.get("extensions", {}).get(DROP)
    if drop is None:
        raise DroppedError("a fault drops the connection")
    drop()
    while (await receive())["type"] != "http.disconnect":
        pass


def _apply_fault(response: Response, fault: Fault) -> Response:
    """Replace, cut or slow down the body of a response as a fault demands."""
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
    return _SlowResponse(response, fault.slow) if fault.slow else response


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


class _SlowResponse(Response):
    """A response that sends its body in pieces over a number of seconds."""

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
