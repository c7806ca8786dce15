"""What the dashboard answers: two pages, the events, and what forms and buttons send."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse

from evolink_mock.controller import InvalidOperationError
from evolink_mock.dashboard.event_stream import events
from evolink_mock.dashboard.forms import prefer
from evolink_mock.dashboard.rendering import FOLDER, Answer, Renderer
from evolink_mock.dashboard.source import Source
from evolink_mock.http.bodies import BodyTooLargeError, is_cross_site, read_body

MAX_FORM_BYTES = 4 * 1024 * 1024  # a request of the greatest size that is taken, with every sign of it escaped
MAX_FIELDS = 1000
LONGEST_ADVANCE = 10_000_000.0  # seconds: some months

_FILES = {"dashboard.css": "text/css", "dashboard.js": "text/javascript", "icon.svg": "image/svg+xml"}
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
    """What came is no form."""


def _from_here(handler: Handler) -> Handler:
    """Refuse what another site makes a browser send."""

    @functools.wraps(handler)
    async def guarded(handlers: Handlers, request: Request) -> Response:
        if is_cross_site(request):
            return Response("Only the dashboard itself may ask for this.\n", 403, _HEADERS, "text/plain")
        try:
            return await handler(handlers, request)
        except BodyTooLargeError:
            return Response("The form is too large.\n", 413, _HEADERS, "text/plain")
        except _MalformedFormError:
            return Response("The form is malformed.\n", 400, _HEADERS, "text/plain")

    return guarded


class Handlers:
    """Answers what is asked at the paths of the dashboard."""

    def __init__(self, source: Source, document: dict[str, Any]) -> None:
        self._source = source
        self._renderer = Renderer(source, document)

    async def page(self, request: Request) -> Response:
        """The dashboard."""
        return _html(self._renderer.dashboard(_url(request)))

    async def reference(self, _: Request) -> Response:
        """The contract, to read."""
        return _html(self._renderer.reference())

    async def file(self, request: Request) -> Response:
        """The style, the script and the icon of the pages."""
        name = str(request.path_params["file"])
        if name not in _FILES:
            return Response("No such file.\n", 404, _HEADERS, "text/plain")
        return Response(_read(name), 200, _HEADERS | {"cache-control": "no-cache"}, _FILES[name])

    @_from_here
    async def events(self, request: Request) -> Response:
        """What changes, as it changes."""
        news = events(self._source, self._renderer, request.is_disconnected)
        return StreamingResponse(news, 200, _HEADERS, "text/event-stream")

    @_from_here
    async def create(self, request: Request) -> Response:
        """What a form asks for."""
        values = await _form(request)
        try:
            body = self._renderer.forms.body(values.get("model", ""), values)
        except KeyError:
            return self._refused(request, "The contract has no such model.", values)
        newest = max((exchange["number"] for exchange in self._source.exchanges(1)), default=0)
        try:
            status, answered = await self._source.submit(body, prefer(values), _url(request))
        except InvalidOperationError as refusal:
            return self._refused(request, str(refusal), values)
        answer = self._answer(status, answered, newest)
        if _by_script(request):
            return _json({"task": answer.task_id, "html": self._renderer.answer_part(answer)})
        if answer.task_id:
            return _back(answer.task_id)
        return _html(self._renderer.dashboard(_url(request), values, answer), 400)

    def _answer(self, status: int, body: dict[str, Any], newest: int) -> Answer:
        """Return what came of a create; its exchange is among those after `newest`."""
        error: dict[str, Any] = body.get("error", {})
        exchanges = [one for one in self._source.exchanges(10) if one["number"] > newest and one["method"] == "POST"]
        verdicts: list[list[dict[str, Any]]] = [one["violations"] for one in exchanges if _answered(one, body)]
        task_id = str(body.get("id", "")) if status == 200 else ""
        return Answer(str(error.get("message", "")), status, task_id, verdicts[0] if verdicts else [], body)

    @_from_here
    async def advance(self, request: Request) -> Response:
        """The button that moves the clock."""
        values = await _form(request)
        try:
            seconds = float(values.get("seconds", ""))
        except ValueError:
            seconds = math.nan
        if not 0 < seconds <= LONGEST_ADVANCE:
            return self._refused(request, f"Time moves on by more than 0 and at most {LONGEST_ADVANCE:,.0f} seconds.")
        return await self._try(request, lambda: self._source.advance(seconds))

    @_from_here
    async def reset(self, request: Request) -> Response:
        """The button that forgets everything."""
        return await self._try(request, self._source.reset)

    @_from_here
    async def act(self, request: Request) -> Response:
        """The buttons of a task."""
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
            return self._refused(request, "There is no such task or button any more.")
        return await self._try(request, action, task_id)

    async def _try(self, request: Request, action: Callable[[], Awaitable[None] | None], task_id: str = "") -> Response:
        try:
            if (done := action()) is not None:
                await done
        except InvalidOperationError as refusal:
            return self._refused(request, str(refusal))
        return Response(status_code=204, headers=_HEADERS) if _by_script(request) else _back(task_id)

    def _refused(self, request: Request, told: str, filled: Mapping[str, str] | None = None) -> Response:
        if _by_script(request):
            return _json({"refused": told})  # an answer that no browser complains about
        return _html(self._renderer.dashboard(_url(request), filled, Answer(told)), 409)


async def _form(request: Request) -> dict[str, str]:
    """Return what is in a form, the first value of each field.

    Raises:
        BodyTooLargeError: it is too large.
        _MalformedFormError: it is none.
    """
    try:
        text = (await read_body(request, MAX_FORM_BYTES)).decode()
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise _MalformedFormError from None
    return dict(reversed(pairs))


def _answered(exchange: dict[str, Any], body: dict[str, Any]) -> bool:
    try:
        return bool(json.loads(exchange["response"] or "") == body)
    except ValueError:
        return False


def _by_script(request: Request) -> bool:
    return request.headers.get("accept") == "application/json"


def _back(task_id: str) -> Response:
    return RedirectResponse(f"/#{quote(task_id)}" if task_id else "/", 303, _HEADERS)


def _html(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, _HEADERS)


def _json(body: dict[str, Any]) -> Response:
    return JSONResponse(body, headers=_HEADERS)


def _url(request: Request) -> str:
    """Return where the caller reaches this server, as far as a caller can be believed."""
    return str(request.base_url).rstrip("/")


@functools.cache
def _read(name: str) -> bytes:
    return (FOLDER / name).read_bytes()
