"""The request handlers of the dashboard: two pages, their files, the event stream, and forms and buttons."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from evolink_mock.controller import InvalidOperationError
from evolink_mock.dashboard.event_stream import EventResponse, Feed
from evolink_mock.dashboard.forms import prefer_header
from evolink_mock.dashboard.rendering import FOLDER, FormResponse, Renderer
from evolink_mock.dashboard.source import Source
from evolink_mock.http.bodies import BodyTooLargeError, read_body

MAX_FORM_BYTES = 4 * 1024 * 1024  # fits the largest accepted request body with every character percent-encoded
MAX_FIELDS = 1000
MAX_ADVANCE = 10_000_000.0  # seconds, about four months

_NO_MODEL = "The contract has no such model."
_FILES = {
    "dashboard.css": "text/css",
    "dashboard.js": "text/javascript",
    "models.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}

Handler = Callable[["Handlers", Request], Awaitable[Response]]


class _MalformedFormError(Exception):
    """A request body that is not an encoded form."""


def _well_formed(handler: Handler) -> Handler:
    """Wrap a handler to reject malformed forms."""

    @functools.wraps(handler)
    async def wrapper(handlers: Handlers, request: Request) -> Response:
        try:
            return await handler(handlers, request)
        except BodyTooLargeError:
            return Response("The form is too large.\n", 413, _HEADERS, "text/plain")
        except _MalformedFormError:
            return Response("The form is malformed.\n", 400, _HEADERS, "text/plain")

    return wrapper


class Handlers:
    """The request handlers of one dashboard."""

    def __init__(self, source: Source, document: dict[str, Any]) -> None:
        self._source = source
        self._renderer = Renderer(source, document)
        self._feed = Feed(source, self._renderer)

    async def page(self, request: Request) -> Response:
        """Return the dashboard page with the form of the model in the query, by default that of the first."""
        model = request.query_params.get("model", "")
        if model and not self._renderer.has_model(model):
            return _html(self._renderer.dashboard(_base_url(request), response=FormResponse(_NO_MODEL)), 404)
        return _html(self._renderer.dashboard(_base_url(request), model))

    async def form(self, request: Request) -> Response:
        """Return the form of the model in the query, for the script."""
        try:
            return _html(self._renderer.form(request.query_params.get("model", "")))
        except KeyError:
            return Response(f"{_NO_MODEL}\n", 404, _HEADERS, "text/plain")

    async def reference(self, request: Request) -> Response:
        """Return the reference page, which describes the model in the query and lists the others."""
        try:
            return _html(self._renderer.reference(request.query_params.get("model", "")))
        except KeyError:
            return _html(self._renderer.reference(alert=_NO_MODEL), 404)

    async def file(self, request: Request) -> Response:
        """Return the stylesheet, a script or the icon."""
        name = str(request.path_params["file"])
        if name not in _FILES:
            return Response("No such file.\n", 404, _HEADERS, "text/plain")
        return Response(_read(name), 200, _HEADERS | {"cache-control": "no-cache"}, _FILES[name])

    async def events(self, request: Request) -> Response:
        """Stream changes as server-sent events."""
        return EventResponse(self._feed, request.is_disconnected, _HEADERS)

    @_well_formed
    async def create(self, request: Request) -> Response:
        """Create a task from a submitted form."""
        values = await _form(request)
        try:
            body = self._renderer.forms.to_body(values.get("model", ""), values)
        except KeyError:
            return self._error(request, _NO_MODEL, values)
        newest = max((exchange["number"] for exchange in self._source.exchanges(1)), default=0)
        try:
            status, response_body = await self._source.submit(body, prefer_header(values), _base_url(request))
        except InvalidOperationError as error:
            return self._error(request, str(error), values)
        response = self._form_response(status, response_body, newest)
        if _is_from_script(request):
            return _json({"task": response.task_id, "html": self._renderer.render_response(response)})
        if response.task_id:
            return _redirect(response.task_id)
        return _html(self._renderer.dashboard(_base_url(request), submitted=values, response=response), 400)

    def _form_response(self, status: int, body: dict[str, Any], newest: int) -> FormResponse:
        """Return the result of a create.

        Args:
            status: the status of the response.
            body: the body of the response.
            newest: the number of the newest exchange before the create.
        """
        error: dict[str, Any] = body.get("error", {})
        creates = [one for one in self._source.exchanges(10) if one["number"] > newest and one["method"] == "POST"]
        violations: list[list[dict[str, Any]]] = [one["violations"] for one in creates if _has_response(one, body)]
        task_id = str(body.get("id", "")) if status == 200 else ""
        return FormResponse(str(error.get("message", "")), status, task_id, violations[0] if violations else [], body)

    @_well_formed
    async def advance(self, request: Request) -> Response:
        """Advance the clock."""
        values = await _form(request)
        try:
            seconds = float(values.get("seconds", ""))
        except ValueError:
            seconds = math.nan
        if not 0 < seconds <= MAX_ADVANCE:
            return self._error(request, f"The clock advances by more than 0 and at most {MAX_ADVANCE:,.0f} seconds.")
        return await self._run(request, lambda: self._source.advance(seconds))

    @_well_formed
    async def reset(self, request: Request) -> Response:
        """Reset the mock."""
        return await self._run(request, self._source.reset)

    @_well_formed
    async def act(self, request: Request) -> Response:
        """Complete, fail or cancel a task, or deliver its callback again."""
        task_id = str(request.path_params["task_id"])
        values = await _form(request)
        actions: dict[str, Callable[[], None]] = {
            "complete": lambda: self._source.complete(task_id),
            "fail": lambda: self._source.fail(task_id, values.get("code", "")),
            "cancel": lambda: self._source.cancel(task_id),
            "redeliver": lambda: self._source.redeliver(task_id),
        }
        action = actions.get(str(request.path_params["action"]))
        if action is None or self._source.task(task_id) is None:
            return self._error(request, "The task or the action does not exist.")
        return await self._run(request, action, task_id)

    async def _run(self, request: Request, action: Callable[[], Awaitable[None] | None], task_id: str = "") -> Response:
        try:
            if (result := action()) is not None:
                await result
        except InvalidOperationError as error:
            return self._error(request, str(error))
        return Response(status_code=204, headers=_HEADERS) if _is_from_script(request) else _redirect(task_id)

    def _error(self, request: Request, message: str, submitted: Mapping[str, str] | None = None) -> Response:
        if _is_from_script(request):
            return _json({"error": message})  # with status 200: browsers log other statuses as errors
        page = self._renderer.dashboard(_base_url(request), submitted=submitted, response=FormResponse(message))
        return _html(page, 409)


async def _form(request: Request) -> dict[str, str]:
    """Return the first value of each field of a submitted form.

    Raises:
        BodyTooLargeError: the form is too large.
        _MalformedFormError: the body is not an encoded form.
    """
    try:
        text = (await read_body(request, MAX_FORM_BYTES)).decode()
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise _MalformedFormError from None
    return dict(reversed(pairs))


def _has_response(exchange: dict[str, Any], body: dict[str, Any]) -> bool:
    try:
        return bool(json.loads(exchange["response"] or "") == body)
    except ValueError:
        return False


def _is_from_script(request: Request) -> bool:
    return request.headers.get("accept") == "application/json"


def _redirect(task_id: str) -> Response:
    return RedirectResponse(f"/#{quote(task_id)}" if task_id else "/", 303, _HEADERS)


def _html(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, _HEADERS)


def _json(body: dict[str, Any]) -> Response:
    return JSONResponse(body, headers=_HEADERS)


def _base_url(request: Request) -> str:
    """Return the URL at which the client reaches this server, by its `Host` header."""
    return str(request.base_url).rstrip("/")


@functools.cache
def _read(name: str) -> bytes:
    return (FOLDER / name).read_bytes()
