"""The mock's HTTP face: a Starlette application that answers as documented, whatever it is sent."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from evolink_mock.billing import Charge
from evolink_mock.clock import Clock, SystemClock
from evolink_mock.contract import (
    CREATE,
    GET_CREDITS,
    GET_TASK,
    OPERATIONS,
    UPLOAD_BASE64,
    UPLOAD_STREAM,
    UPLOAD_URL,
    Contract,
    Operation,
    Refusal,
    packaged_contract,
)
from evolink_mock.delivery import Deliveries
from evolink_mock.files import FileHost
from evolink_mock.http import TooLargeError, content, content_type, file_answer, json_answer, parsed
from evolink_mock.prefer import NO_WISHES, Wishes, wishes
from evolink_mock.tasks import DEFAULT_VIDEO, Pace, Task, TaskStore, Video
from evolink_mock.video import ResultFiles

DEFAULT_API_KEY = "sk-evo-mock"
# No documented limit fits: the longest valid request is a small part of this.
MAX_BODY_BYTES = 1024 * 1024
# What the account has at first; it may owe any amount. Ours.
FIRST_CREDITS = 1_000_000
# Documented for a key whose credits are not limited, and without meaning.
UNLIMITED = 99999.9999

logger = logging.getLogger("evolink_mock")

Handler = Callable[[Request], Awaitable[Response]]


class Mock:
    """Everything one mock server knows; an ASGI application.

    Args:
        base_url: where the server is reached, without a slash at the end; result links begin with it.
        api_key: the one key that is accepted.
        clock: the time tasks and retries go by.
        reads: when given, a task ends with its n-th read instead of by time; 0 ends it at once.
        forward_callbacks_to: a URL that gets every callback instead of the address it names.
        deliveries: delivers callbacks; the default follows the contract.
        contract: what the server goes by; the default is what `evolink_client` carries.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str = DEFAULT_API_KEY,
        clock: Clock | None = None,
        reads: int | None = None,
        forward_callbacks_to: str | None = None,
        deliveries: Deliveries | None = None,
        contract: Contract | None = None,
    ) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._contract = contract or packaged_contract()
        clock = clock or SystemClock()
        sample = self._contract.sample
        pace = Pace(sample["task_info"]["estimated_time"], reads)
        self._deliveries = deliveries or Deliveries(clock, self._contract.delivery, forward_to=forward_callbacks_to)
        self._store = TaskStore(clock, pace, sample, self._announce, self._result_url)
        self._results = ResultFiles()
        self._files = FileHost(base_url, self._contract, clock, self._admit)
        self._app = Starlette(
            routes=[
                Route(CREATE[0], _Operation(CREATE, self._create, self._contract)),
                Route("/v1/tasks/{task_id:path}", _Operation(GET_TASK, self._get_task, self._contract)),
                Route(GET_CREDITS[0], _Operation(GET_CREDITS, self._get_credits, self._contract)),
                Route(UPLOAD_STREAM[0], _Operation(UPLOAD_STREAM, self._files.stream, self._contract)),
                Route(UPLOAD_BASE64[0], _Operation(UPLOAD_BASE64, self._files.base64, self._contract)),
                Route(UPLOAD_URL[0], _Operation(UPLOAD_URL, self._files.url, self._contract)),
                Route("/_mock/deliveries", self._list_deliveries),
                Route("/_mock/billing/{task_id}", self._bill),
                Route("/_mock/results/{name}", self._result),
                Route("/_mock/files/{file_id}/{name}", self._files.serve),
            ],
            exception_handlers={
                Refusal: _refused,
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
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if scope["type"] == "http":
                stopped = self._contract.refusal(
                    GET_TASK, 503, {"connection": "close"}, message="The mock was stopped."
                )
                with contextlib.suppress(RuntimeError):  # the answer had begun
                    await _answer(stopped)(scope, receive, send)
            raise

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            await self._deliveries.aclose()
            self._results.close()
            self._files.close()

    async def _create(self, request: Request) -> Response:
        wished = self._admit(request, CREATE)
        model, body = self._contract.check_create(await self._json_body(request))
        video, charge = self._video(body), self._charge(body, wished)
        return json_answer(200, self._store.create(model, video, charge, wished.outcome, body.get("callback_url")))

    async def _get_task(self, request: Request) -> Response:
        self._admit(request, GET_TASK)
        task_id: str = request.path_params["task_id"]
        self._contract.check_task_id(task_id)
        body = self._store.read(task_id)
        if body is None:
            raise self._contract.refusal(GET_TASK, 404)
        return json_answer(200, body)

    async def _get_credits(self, request: Request) -> Response:
        self._admit(request, GET_CREDITS)
        used = round(self._store.used_credits(), 4)
        token = {"remaining_credits": UNLIMITED, "used_credits": used, "unlimited_credits": True}
        user = {"remaining_credits": round(FIRST_CREDITS - used, 4), "used_credits": used}
        return json_answer(200, {"success": True, "message": "", "data": {"token": token, "user": user}})

    async def _list_deliveries(self, request: Request) -> Response:
        task_id = request.query_params.get("task_id")
        journal = [vars(attempt) for attempt in self._deliveries.journal if task_id in {None, attempt.task_id}]
        return json_answer(200, {"deliveries": journal})

    async def _bill(self, request: Request) -> Response:
        task = self._store.find(str(request.path_params["task_id"]))
        if task is None:
            raise self._contract.refusal(GET_TASK, 404)
        return json_answer(200, self._store.bill(task))

    async def _result(self, request: Request) -> Response:
        task = self._store.find(str(request.path_params["name"]).removesuffix(".mp4"))
        if task is None or self._store.body(task)["status"] != "completed":
            raise self._contract.no_such_path("No such result.")
        return file_answer(request, await self._results.path(task.video), "video/mp4")

    def _admit(self, request: Request, operation: Operation) -> Wishes:
        """Check the key, then what the caller wishes for.

        Raises:
            Refusal: 401, or the error that the `Prefer` header asks for.
        """
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or key.strip() != self._api_key:
            advice = "send the key this mock was started with as a bearer token"
            raise self._contract.refusal(operation, 401, fallback_suggestion=advice)
        header = ",".join(request.headers.getlist("prefer"))
        if not header:
            return NO_WISHES
        wished = wishes(header, operation, self._contract)
        if wished.code is not None:
            allow = {"allow": operation[1].upper()} if wished.code == 405 else None
            raise self._contract.refusal(operation, wished.code, allow)
        return wished

    async def _json_body(self, request: Request) -> Any:
        if content_type(request) != "application/json":
            raise self._contract.refusal(CREATE, 415, message="The content type must be application/json.")
        try:
            return parsed(await content(request, MAX_BODY_BYTES))
        except TooLargeError:
            advice = f"send at most {MAX_BODY_BYTES} bytes, and media as URLs"
            raise self._contract.refusal(CREATE, 413, {"connection": "close"}, fallback_suggestion=advice) from None
        except ValueError:
            raise self._contract.invalid_request("The request body is no valid JSON in UTF-8.") from None

    def _video(self, body: dict[str, Any]) -> Video:
        """Return what a valid request asks for; what it leaves open takes the documented default, else ours."""
        seconds = self._contract.asked(body, "duration")
        return Video(
            seconds=int(seconds) if isinstance(seconds, int | float) and seconds >= 1 else DEFAULT_VIDEO.seconds,
            aspect_ratio=str(self._contract.asked(body, "aspect_ratio") or DEFAULT_VIDEO.aspect_ratio),
            quality=str(self._contract.asked(body, "quality") or DEFAULT_VIDEO.quality),
            audio=self._contract.asked(body, "generate_audio") is True,
        )

    def _charge(self, body: dict[str, Any], wished: Wishes) -> Charge:
        """Return what a valid request is charged for.

        Raises:
            Refusal: 400, when the caller tells the lengths of other files than the request names.
        """
        rules = self._contract.billing(body["model"])
        seconds = body.get(rules.reserved_from, DEFAULT_VIDEO.seconds)
        lengths = wished.input_seconds or ()
        if lengths and len(lengths) != len(body.get(rules.input_field, ()) if rules.input_field else ()):
            count = f"as many numbers as {rules.input_field}" if rules.input_field else "no numbers for this model"
            raise self._contract.invalid_request(f"Prefer: input-seconds must have {count}.", "Prefer")
        return Charge(seconds, rules.input_seconds(lengths), self._contract.rate(body))

    def _announce(self, task: Task) -> None:
        if task.callback_url is not None:
            self._deliveries.start(task.id, task.callback_url, self._store.body(task))

    def _result_url(self, task: Task) -> str:
        return f"{self._base_url}/_mock/results/{task.id}.mp4"

    async def _no_such_path(self, _: Request, exception: Exception) -> Response:
        if isinstance(exception, HTTPException) and exception.status_code == 405:
            return _answer(self._contract.refusal(CREATE, 405, {"allow": "GET"}))  # only reads are under /_mock
        known = ", ".join(f"{method.upper()} {path}" for path, method in OPERATIONS)
        return _answer(self._contract.no_such_path("Invalid URL: no such path.", f"use one of {known}"))

    async def _failed(self, request: Request, exception: Exception) -> Response:
        """Answer for a mistake of this program: never with a traceback, and with a line on its console."""
        logger.error("mistake in the mock, at %s %s: %r", request.method, request.url.path, exception)
        return _answer(self._contract.refusal(GET_TASK, 500))


class _Operation:
    """An operation of the contract as an ASGI application: refuses every method but its own."""

    def __init__(self, operation: Operation, handler: Handler, contract: Contract) -> None:
        self._operation = operation
        self._method = operation[1].upper()
        self._handler = handler
        self._contract = contract

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != self._method:
            raise self._contract.refusal(self._operation, 405, {"allow": self._method})
        response = await self._handler(Request(scope, receive, send))
        await response(scope, receive, send)


def _answer(refusal: Refusal) -> Response:
    return json_answer(refusal.status, refusal.body, refusal.headers)


async def _refused(_: Request, exception: Exception) -> Response:
    if not isinstance(exception, Refusal):
        raise exception
    return _answer(exception)


async def _gone(_: Request, __: Exception) -> Response:
    return Response(status_code=400)  # which nobody is there to read
