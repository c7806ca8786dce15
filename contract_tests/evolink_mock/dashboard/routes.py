"""The routes of the dashboard. The modules behind them are imported on the first request."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from evolink_mock.dashboard.source import Source

if TYPE_CHECKING:
    from evolink_mock.dashboard.handlers import Handlers

Handler = Callable[[Request], Awaitable[Response]]


class Dashboard:
    """The dashboard of a mock.

    Args:
        source: the mock.
        document: the bundled contract of the mock.

    Attributes:
        routes: the routes to add to the mock's application.
    """

    def __init__(self, source: Source, document: dict[str, Any]) -> None:
        self._source = source
        self._document = document
        self.routes = [
            Route("/", self._lazy(lambda handlers: handlers.page)),
            Route("/_mock/reference", self._lazy(lambda handlers: handlers.reference)),
            Route("/_mock/events", self._lazy(lambda handlers: handlers.events)),
            Route("/_mock/dashboard/create", self._lazy(lambda handlers: handlers.create), methods=["POST"]),
            Route("/_mock/dashboard/advance", self._lazy(lambda handlers: handlers.advance), methods=["POST"]),
            Route("/_mock/dashboard/reset", self._lazy(lambda handlers: handlers.reset), methods=["POST"]),
            Route(
                "/_mock/dashboard/tasks/{task_id}/{action}", self._lazy(lambda handlers: handlers.act), methods=["POST"]
            ),
            Route("/_mock/dashboard/{file}", self._lazy(lambda handlers: handlers.file)),
        ]

    @functools.cached_property
    def _handlers(self) -> Handlers:
        from evolink_mock.dashboard.handlers import Handlers  # noqa: PLC0415 - a server starts sooner without it

        return Handlers(self._source, self._document)

    def _lazy(self, choose: Callable[[Handlers], Handler]) -> Handler:
        async def handle(request: Request) -> Response:
            return await choose(self._handlers)(request)

        return handle
