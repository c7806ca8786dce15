"""The routes of the dashboard. The modules behind them are imported on the first request."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from evolink_mock.dashboard.source import Source

if TYPE_CHECKING:
    from evolink_mock.dashboard.handlers import Handlers
    from evolink_mock.http.access import AccessControl

_LOGIN_PAGE = Path(__file__).with_name("pages") / "login.html"

Handler = Callable[[Request], Awaitable[Response]]


class Dashboard:
    """The dashboard of a mock.

    Args:
        source: the mock.
        document: the bundled contract of the mock.
        access: decides who may use the dashboard.

    Attributes:
        routes: the routes to add to the mock's application.
    """

    def __init__(self, source: Source, document: dict[str, Any], access: AccessControl) -> None:
        self._source = source
        self._document = document
        routes: list[tuple[str, str, Callable[[Handlers], Handler]]] = [
            ("GET", "/_mock/reference", lambda handlers: handlers.reference),
            ("GET", "/_mock/events", lambda handlers: handlers.events),
            ("POST", "/_mock/dashboard/create", lambda handlers: handlers.create),
            ("POST", "/_mock/dashboard/advance", lambda handlers: handlers.advance),
            ("POST", "/_mock/dashboard/reset", lambda handlers: handlers.reset),
            ("POST", "/_mock/dashboard/tasks/{task_id}/{action}", lambda handlers: handlers.act),
            ("GET", "/_mock/dashboard/form", lambda handlers: handlers.form),
            ("GET", "/_mock/dashboard/{file}", lambda handlers: handlers.file),
        ]
        self.routes = [
            Route("/", access.protect_page(self._lazy(lambda handlers: handlers.page), _LOGIN_PAGE)),
            *(Route(path, access.protect(self._lazy(choose)), methods=[method]) for method, path, choose in routes),
        ]

    @functools.cached_property
    def _handlers(self) -> Handlers:
        from evolink_mock.dashboard.handlers import Handlers  # noqa: PLC0415 - a server starts sooner without it

        return Handlers(self._source, self._document)

    def _lazy(self, choose: Callable[[Handlers], Handler]) -> Handler:
        async def handle(request: Request) -> Response:
            return await choose(self._handlers)(request)

        return handle
