"""The mock's HTTP face: a Starlette application that answers as documented, whatever it is sent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Unpack

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from evolink_mock.contract.contract import (
    CREATE,
    GET_CREDITS,
    GET_TASK,
    OPERATIONS,
    UPLOAD_BASE64,
    UPLOAD_STREAM,
    UPLOAD_URL,
    Refusal,
)
from evolink_mock.controller import Controller, InvalidOperationError
from evolink_mock.dashboard import Dashboard
from evolink_mock.domain.clock import Clock
from evolink_mock.domain.delivery import Deliveries
from evolink_mock.http import admin
from evolink_mock.http.endpoint import Served, answer, failure
from evolink_mock.http.handlers import files, tasks
from evolink_mock.settings import ConfigurationError, Settings
from evolink_mock.state import State


class Mock:
    """Everything one mock server is; an ASGI application.

    Args:
        clock: the time tasks and retries go by; the default follows the settings.
        deliveries: delivers callbacks; the default follows the contract and the settings.
        settings: see `Settings`.

    Attributes:
        sandbox: what can be seen of it and done to it, in its event loop.

    Raises:
        ConfigurationError: a setting has a value that it cannot have.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        deliveries: Deliveries | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        self.sandbox = Controller(settings, lambda checked: State(checked, clock, deliveries), self)
        handlers = {
            CREATE: tasks.create,
            GET_CREDITS: tasks.get_credits,
            UPLOAD_STREAM: files.take_form,
            UPLOAD_BASE64: files.take_base64,
            UPLOAD_URL: files.take_url,
        }
        # Looked up by their paths: the way through Starlette takes as long as half a query of a task.
        self._served = {one[0]: Served(one, handler, self._world) for one, handler in handlers.items()}
        self._tasks = Served(GET_TASK, tasks.get_task, self._world)
        self._app = Starlette(
            routes=[
                *admin.Admin(self.sandbox).routes,
                *Dashboard(self.sandbox, self._world().contract.document).routes,
                Route("/_mock/files/{file_id}/{name}", self._file),
            ],
            exception_handlers={
                Refusal: _refused,
                InvalidOperationError: admin.refused,
                ConfigurationError: admin.refused,
                HTTPException: self._no_such_path,
                ClientDisconnect: _gone,
                Exception: self._failed,
            },
            lifespan=self._lifespan,
        )
        self._app.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; one that the server is stopped under gets the documented 503."""
        try:
            await self._application(scope)(scope, receive, send)
        except asyncio.CancelledError:
            if scope["type"] == "http":
                stopped = self._world().contract.refusal(
                    GET_TASK, 503, {"connection": "close"}, message="The mock was stopped."
                )
                with contextlib.suppress(RuntimeError):  # the answer had begun
                    await answer(stopped)(scope, receive, send)
            raise

    def _application(self, scope: Scope) -> ASGIApp:
        """Return what serves a request."""
        if scope["type"] != "http":
            return self._app
        path: str = scope["path"]
        return self._tasks if path.startswith(tasks.TASKS) else self._served.get(path, self._app)

    def _world(self) -> State:
        return self.sandbox.world

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            await self._world().aclose()

    async def _file(self, request: Request) -> Response:
        world = self._world()
        return files.served(request, world.files.find(str(request.path_params["file_id"])), world.contract)

    async def _no_such_path(self, request: Request, exception: Exception) -> Response:
        contract = self._world().contract
        if isinstance(exception, HTTPException) and exception.status_code == 405:
            allowed = (exception.headers or {}).get("Allow", "GET")
            return answer(contract.refusal(CREATE, 405, {"allow": allowed}))
        known = ", ".join(f"{method.upper()} {path}" for path, method in OPERATIONS)
        response = answer(contract.no_such_path("Invalid URL: no such path.", f"use one of {known}"))
        self._note(request, response)
        return response

    def _note(self, request: Request, response: Response) -> None:
        """Write a request down that led nowhere."""
        world = self._world()
        exchange = world.journal.open(world.clock.elapsed(), request.method, request.url.path)
        exchange.status, exchange.answer = response.status_code, bytes(response.body)
        world.journal.close(exchange, 0)

    async def _failed(self, request: Request, exception: Exception) -> Response:
        """Answer for a mistake of this program: never with a traceback, and with a line on its console."""
        return failure(request.scope, exception, self._world().contract)


async def _refused(_: Request, exception: Exception) -> Response:
    if not isinstance(exception, Refusal):
        raise exception
    return answer(exception)


async def _gone(_: Request, __: Exception) -> Response:
    return Response(status_code=400)  # which nobody is there to read
