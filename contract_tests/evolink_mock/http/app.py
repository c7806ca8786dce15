"""The ASGI application of one mock server: it routes requests to the API, the admin API and the dashboard."""

from __future__ import annotations

import asyncio
import contextlib
import re
from functools import cached_property
from typing import Unpack

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from evolink_mock.contract.error_bodies import ErrorResponse
from evolink_mock.contract.operations import (
    CREATE,
    GET_CREDITS,
    GET_TASK,
    UPLOAD_BASE64,
    UPLOAD_STREAM,
    UPLOAD_URL,
)
from evolink_mock.controller import Controller, InvalidOperationError
from evolink_mock.dashboard import Dashboard
from evolink_mock.domain.clock import Clock
from evolink_mock.domain.delivery import CallbackSender
from evolink_mock.http import admin
from evolink_mock.http.access import AccessControl, Exposure
from evolink_mock.http.endpoint import Endpoint, Handler, Step, StepEndpoint, error_response, internal_error
from evolink_mock.http.handlers import files, tasks
from evolink_mock.settings import ConfigurationError, Settings
from evolink_mock.state import State

_STEPS: dict[str, Step] = {CREATE: tasks.create, GET_TASK: tasks.get_task, GET_CREDITS: tasks.get_credits}
_HANDLERS: dict[str, Handler] = {
    UPLOAD_STREAM: files.upload_stream,
    UPLOAD_BASE64: files.upload_base64,
    UPLOAD_URL: files.upload_url,
}

# The origins of browser applications on this machine; every name that ends in .localhost is this machine.
_LOOPBACK = re.compile(r"https?://(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?")
# The response headers beyond the simple ones that browser applications may read.
_EXPOSED_HEADERS = ("allow", "retry-after", "idempotency-replayed")


class Mock:
    """One mock server as an ASGI application.

    Args:
        clock: the clock of tasks and retries; the default follows the settings.
        callbacks: delivers callbacks; the default follows the contract and the settings.
        exposure: from where the mock can be reached; the default is this machine only.
        settings: see `Settings`.

    Attributes:
        controller: inspects and controls the mock, in its event loop.

    Raises:
        ConfigurationError: a setting has an invalid value.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        callbacks: CallbackSender | None = None,
        exposure: Exposure | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        exposure = exposure or Exposure()
        self.controller = Controller(
            settings, lambda resolved: State(resolved, clock, callbacks, is_remote=exposure.is_remote), self
        )
        contract = self._state().contract
        self._access = AccessControl(exposure, self._state().settings.allow_hosts)
        endpoints = {
            operation.id: StepEndpoint(operation, self._state, _STEPS[operation.id])
            if operation.id in _STEPS
            else Endpoint(operation, self._state, _HANDLERS[operation.id])
            for operation in contract.operations.values()
        }
        # Looked up by path, because routing through Starlette takes half as long as a whole task query.
        self._endpoints = {contract.operations[one].path: endpoint for one, endpoint in endpoints.items()}
        self._get_task = endpoints[GET_TASK]
        self._task_prefix = contract.operations[GET_TASK].prefix
        self._cors = CORSMiddleware(
            self._serve,
            allow_origin_regex=_LOOPBACK.pattern,
            allow_methods=sorted({operation.method for operation in contract.operations.values()}),
            allow_headers=["*"],
            expose_headers=_EXPOSED_HEADERS,
        )

    @cached_property
    def _app(self) -> Starlette:
        """The application for all other paths. Created late: it takes a third of a start and an end in a test."""
        app = Starlette(
            routes=[
                *admin.AdminApi(self.controller, self._access).routes,
                *Dashboard(self.controller, self._state().contract.document, self._access).routes,
                Route("/_mock/files/{file_id}/{name}", self._access.protect_link(self._file)),
            ],
            exception_handlers={
                ErrorResponse: _error_response,
                InvalidOperationError: admin.bad_request,
                ConfigurationError: admin.bad_request,
                HTTPException: self._unknown_path,
                ClientDisconnect: _disconnected,
                Exception: self._internal_error,
            },
        )
        app.router.redirect_slashes = False
        return app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process a request; browser applications on this machine may read responses on documented paths (CORS)."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] == "http" and not self._access.is_own_host(scope):
            await self._access.misdirected(scope)(scope, receive, send)
            return
        app = self._cors if self._is_from_loopback_page(scope) else self._serve
        await app(scope, receive, send)

    def find_step(self, scope: Scope) -> StepEndpoint | None:
        """Return the endpoint whose `process` can respond to a request instead of this application; None for none."""
        endpoint = self._endpoint(scope)
        if isinstance(endpoint, StepEndpoint) and endpoint.can_process(scope) and self._access.is_own_host(scope):
            return endpoint
        return None

    def _is_from_loopback_page(self, scope: Scope) -> bool:
        """Return whether a page on this machine requests a documented path."""
        if scope["type"] != "http":
            return False
        origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
        return any(map(_LOOPBACK.fullmatch, origins)) and self._endpoint(scope) is not None

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process a request; if the server stops meanwhile, respond with the documented 503."""
        try:
            await (self._endpoint(scope) or self._app)(scope, receive, send)
        except asyncio.CancelledError:
            if scope["type"] == "http":
                errors = self._state().contract.errors
                stopped = errors.documented(GET_TASK, 503, {"connection": "close"}, message="The mock was stopped.")
                with contextlib.suppress(RuntimeError):  # the response has started
                    await error_response(stopped)(scope, receive, send)
            raise

    def _endpoint(self, scope: Scope) -> Endpoint | None:
        """Return the documented operation that a request names; None for another path."""
        if scope["type"] != "http":
            return None
        path: str = scope["path"]
        return self._get_task if path.startswith(self._task_prefix) else self._endpoints.get(path)

    def _state(self) -> State:
        return self.controller.current_state

    async def _live(self, receive: Receive, send: Send) -> None:
        """Confirm the start of the server, wait for its end, and end everything in progress."""
        await receive()
        await send({"type": "lifespan.startup.complete"})
        try:
            await receive()
        finally:
            await self._state().aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _file(self, request: Request) -> Response:
        state = self._state()
        return files.send_file(request, state.files.find(str(request.path_params["file_id"])), state.contract)

    async def _unknown_path(self, request: Request, exception: Exception) -> Response:
        contract = self._state().contract
        if isinstance(exception, HTTPException) and exception.status_code == 405:
            allowed = (exception.headers or {}).get("Allow", "GET")
            return error_response(contract.errors.documented(CREATE, 405, {"allow": allowed}))
        known = ", ".join(f"{operation.method} {operation.path}" for operation in contract.operations.values())
        response = error_response(contract.errors.not_found("Invalid URL: no such path.", f"use one of {known}"))
        self._record(request, response)
        return response

    def _record(self, request: Request, response: Response) -> None:
        """Add a request with an unknown path to the journal."""
        state = self._state()
        exchange = state.journal.open(state.clock.elapsed(), request.method, request.url.path)
        exchange.status, exchange.response = response.status_code, bytes(response.body)
        state.journal.close(exchange, 0)

    async def _internal_error(self, request: Request, exception: Exception) -> Response:
        """Respond to an unexpected exception without a traceback, and log it in one line."""
        return internal_error(request.scope, exception, self._state().contract)


async def _error_response(_: Request, exception: Exception) -> Response:
    if not isinstance(exception, ErrorResponse):
        raise exception
    return error_response(exception)


async def _disconnected(_: Request, __: Exception) -> Response:
    return Response(status_code=400)  # nobody receives it
