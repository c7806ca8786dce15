"""`parse` and `CallbackReceiver`: tasks are read from the API, handled once, and callbacks are never trusted."""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import socket
import threading
import tracemalloc
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from evolink import (
    AsyncEvoLink,
    CallbackReceiver,
    ConfigurationError,
    EvoLink,
    InvalidCallback,
    TaskCancelled,
    Wan25ImageToVideo,
    _callback_lanes,
    callbacks,
)
from evolink._contract import packaged_contract
from evolink.callbacks import Callback, callback_url
from evolink_client.models import Task
from evolink_mock import MockServer
from evolink_mock.server import ServedApp, listen, url_of

ID = "task-unified-1757169743-7cvnl5zw"
COMPLETED: dict[str, Any] = {"id": ID, "status": "completed", "results": ["https://files.invalid/a.mp4"]}
PENDING = {"id": ID, "status": "pending"}
KEY = "sk-evo-test-key"

pytestmark = pytest.mark.anyio

ApiResponse = tuple[int, Any]
Kind = type[EvoLink | AsyncEvoLink]
KINDS = [EvoLink, AsyncEvoLink]
Connect = Callable[["Api"], EvoLink | AsyncEvoLink]


class Api:
    """An API that returns its responses in turn, and repeats the last one.

    Attributes:
        read: the ids of the tasks that were read.
    """

    def __init__(self, *responses: ApiResponse) -> None:
        self.responses = list(responses)
        self.read: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.read.append(request.url.path.rpartition("/")[2])
        assert request.headers["authorization"] == f"Bearer {KEY}"
        status, body = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if status == 0:
            raise httpx.ReadError("the connection broke", request=request)
        return httpx.Response(status, json=body)


@pytest.fixture(params=KINDS)
async def connect(request: pytest.FixtureRequest) -> AsyncIterator[Connect]:
    """Creates clients of either kind, without retries."""
    async with AsyncExitStack() as stack:

        def connect(api: Api) -> EvoLink | AsyncEvoLink:
            transport = httpx.MockTransport(api)
            if request.param is EvoLink:
                blocking = EvoLink(KEY, base_url="https://api.invalid", max_retries=0, transport=transport)
                return stack.enter_context(blocking)
            other = AsyncEvoLink(KEY, base_url="https://api.invalid", max_retries=0, transport=transport)
            stack.push_async_callback(other.aclose)
            return other

        yield connect


def blocking(*responses: ApiResponse) -> EvoLink:
    transport = httpx.MockTransport(Api(*(responses or ((200, COMPLETED),))))
    return EvoLink(KEY, base_url="https://api.invalid", max_retries=0, transport=transport)


class Handler:
    """A handler that keeps its tasks and raises the given errors, one per call."""

    def __init__(self, *errors: Exception) -> None:
        self.tasks: list[Task] = []
        self._errors = list(errors)

    def __call__(self, task: Task) -> None:
        self.tasks.append(task)
        if self._errors:
            raise self._errors.pop(0)

    @property
    def ends(self) -> list[tuple[str, str]]:
        return [(task.id, task.status) for task in self.tasks]


@asynccontextmanager
async def sender(receiver: CallbackReceiver) -> AsyncGenerator[httpx.AsyncClient, None]:
    """Create an HTTP client that sends to the receiver in this event loop."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(receiver), base_url="http://receiver.invalid") as client:
        yield client


async def sent(receiver: CallbackReceiver, *bodies: Any) -> list[int]:
    """Send callbacks one after another; returns the response statuses."""
    async with sender(receiver) as client:
        return [(await client.post("/", json=body)).status_code for body in bodies]


# --- parsing


def test_callback_with_undocumented_fields_is_parsed() -> None:
    body = {**COMPLETED, "made_up": [1], "progress": "all", "task_info": 5}
    for form in (json.dumps(body), json.dumps(body).encode()):
        assert callbacks.parse(form) == Task.from_dict(body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is not JSON in UTF-8"),
        (b"<html>Bad gateway</html>", "is not JSON in UTF-8"),
        (b"\xff\xfe", "is not JSON in UTF-8"),
        ('{"id": "a", "status": "b"}'.encode("utf-16"), "is not JSON in UTF-8"),
        (b'{"id": "a", "status": "b", "progress": NaN}', "NaN is not JSON"),
        (b'{"id": "a", "status": "b", "progress": -Infinity}', "-Infinity is not JSON"),
        (b'{"id": "a", "status": "\\ud800"}', "is not JSON in UTF-8"),
        ('{"id": "a", "status": "\ud800"}', "is not JSON in UTF-8"),
        (b'{"id": "a", "status": "b", "progress": ' + b"9" * 5000 + b"}", "is not JSON in UTF-8"),
        (b'{"id": "a", "status": "b", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "is not JSON in UTF-8"),
        (b"null", "must be a JSON object, not null"),
        (b'["id"]', "must be a JSON object, not a list"),
        (b"5", "must be a JSON object, not a number"),
        (b'{"status": "completed"}', "id must be a non-empty string; it is missing"),
        (b'{"id": "a"}', "status must be a non-empty string; it is missing"),
        (b'{"id": "", "status": "b"}', "id must be a non-empty string; it is empty"),
        (b'{"id": "a", "status": null}', "status must be a non-empty string; it is null"),
        (b'{"id": true, "status": "b"}', "id must be a non-empty string; it is a boolean"),
        (b'{"id": {"a": 1}, "status": "b"}', "id must be a non-empty string; it is an object"),
        ({"id": "a", "status": "b"}, "must be bytes or str, as it arrived, not dict"),
        (None, "must be bytes or str, as it arrived, not NoneType"),
    ],
)  # fmt: skip
def test_body_that_is_not_a_task_is_an_invalid_callback(body: Any, reason: str) -> None:
    with pytest.raises(InvalidCallback) as error:
        callbacks.parse(body)
    assert reason in str(error.value)


def test_error_about_a_callback_is_short_and_printable() -> None:
    for body in (b'{"id": 1, "\x1b[31m": "' + b"x" * 100_000, b"\x1b" * 100_000, b'{"id": {"\\u001b": "\\u0007"}}'):
        with pytest.raises(InvalidCallback) as error:
            callbacks.parse(body)
        assert len(str(error.value)) < 400
        assert str(error.value).isprintable()


# --- the handler


async def test_handler_gets_the_task_from_the_api_and_never_the_body(
    connect: Connect,
) -> None:
    api, handler = Api((200, COMPLETED)), Handler()
    forged = {"id": ID, "status": "failed", "results": ["https://evil.invalid/a.mp4"]}
    assert await sent(CallbackReceiver(connect(api), handler), forged) == [204]
    assert (api.read, handler.tasks) == ([ID], [Task.from_dict(COMPLETED)])


@pytest.mark.parametrize("status", packaged_contract().schemas["CallbackUrl"]["x-delivery"]["on"])
async def test_handler_gets_every_documented_final_status(status: str) -> None:
    handler = Handler()
    assert await sent(CallbackReceiver(blocking((200, {"id": ID, "status": status})), handler), COMPLETED) == [204]
    assert handler.ends == [(ID, status)]


@pytest.mark.parametrize("status", ["pending", "processing", "made_up"])
async def test_task_that_has_not_ended_is_refused_until_it_has(connect: Connect, status: str) -> None:
    handler = Handler()
    receiver = CallbackReceiver(connect(Api((200, {"id": ID, "status": status}), (200, COMPLETED))), handler)
    assert await sent(receiver, COMPLETED, COMPLETED) == [503, 204]
    assert handler.ends == [(ID, "completed")]


async def test_handler_is_called_once_per_status_for_any_callbacks() -> None:
    handler = Handler()
    receiver = CallbackReceiver(blocking(), handler)
    bodies = [COMPLETED, COMPLETED, {**COMPLETED, "status": "failed"}, {**COMPLETED, "status": "pending"}, COMPLETED]
    assert await sent(receiver, *bodies) == [204] * 5
    assert handler.ends == [(ID, "completed")]


async def test_duplicate_is_not_read_again(connect: Connect) -> None:
    api = Api((200, COMPLETED))
    assert await sent(CallbackReceiver(connect(api), Handler()), COMPLETED, COMPLETED) == [204, 204]
    assert api.read == [ID]


async def test_only_the_latest_handled_tasks_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "REMEMBERED", 2)
    handler = Handler()

    def api(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={**COMPLETED, "id": request.url.path.rpartition("/")[2]})

    with EvoLink(KEY, base_url="https://api.invalid", transport=httpx.MockTransport(api)) as client:
        receiver = CallbackReceiver(client, handler)
        await sent(receiver, *({**COMPLETED, "id": f"task-unified-{letter}"} for letter in "abacab"))
    assert [task_id[-1] for task_id, _ in handler.ends] == ["a", "b", "c", "b"]


async def test_asynchronous_handlers_and_objects_are_awaited(connect: Connect) -> None:
    tasks: list[Task] = []

    async def handler(task: Task) -> None:
        await asyncio.sleep(0)
        tasks.append(task)

    class Callable_:  # noqa: N801 - a callable object
        async def __call__(self, task: Task) -> None:
            await handler(task)

    forms: list[callbacks.Handler] = [handler, Callable_(), partial(handler)]
    for form in forms:
        assert await sent(CallbackReceiver(connect(Api((200, COMPLETED))), form), COMPLETED) == [204]
    assert len(tasks) == 3


async def test_plain_handler_does_not_hold_up_the_event_loop() -> None:
    threads: list[int] = []
    await sent(CallbackReceiver(blocking(), lambda _: threads.append(threading.get_ident())), COMPLETED)
    assert threads != [threading.get_ident()]


# --- failures


@pytest.mark.parametrize("error", [ValueError("oh"), StopIteration(), TimeoutError()])
async def test_handler_that_raises_is_called_again_by_the_next_delivery(
    caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    handler = Handler(error)
    receiver = CallbackReceiver(blocking(), handler)
    with caplog.at_level(logging.ERROR, "evolink"):
        assert await sent(receiver, {**COMPLETED, "secret": "s3cret"}, COMPLETED, COMPLETED) == [500, 204, 204]
    assert len(handler.tasks) == 2
    assert [record.getMessage() for record in caplog.records] == [f"callback for {ID}: the handler failed"]
    assert "s3cret" not in caplog.text


async def test_handler_that_cancels_itself_counts_as_failed() -> None:
    async def handler(_: Task) -> None:
        raise asyncio.CancelledError

    receiver = CallbackReceiver(blocking(), handler)
    assert await sent(receiver, COMPLETED, COMPLETED) == [500, 500]


NOT_FOUND = {"error": {"code": 404, "message": "Task not found or expired", "type": "not_found_error"}}


@pytest.mark.parametrize(
    ("response", "status"),
    [
        ((404, NOT_FOUND), 404),
        ((0, None), 503),
        ((401, None), 503),
        ((402, None), 503),
        ((429, None), 503),
        ((500, None), 503),
        ((503, None), 503),
        ((200, None), 503),
        ((200, {"id": ID}), 503),
        ((200, {**COMPLETED, "id": "task-unified-another"}), 503),
    ],
)
async def test_delivery_is_repeated_if_the_task_cannot_be_read(
    connect: Connect, response: ApiResponse, status: int
) -> None:
    handler = Handler()
    receiver = CallbackReceiver(connect(Api(response, (200, COMPLETED))), handler)
    assert await sent(receiver, COMPLETED, COMPLETED) == [status, 204]
    assert handler.ends == [(ID, "completed")]


async def test_closed_client_does_not_crash_the_receiver(connect: Connect) -> None:
    api = connect(Api((200, COMPLETED)))
    if isinstance(api, AsyncEvoLink):
        await api.client.get_async_httpx_client().aclose()
    else:
        api.client.get_httpx_client().close()
    assert await sent(CallbackReceiver(api, Handler()), COMPLETED) == [503]


async def test_transport_that_raises_any_error_does_not_crash_the_receiver(caplog: pytest.LogCaptureFixture) -> None:
    def api(_: httpx.Request) -> httpx.Response:
        raise LookupError("a bug")

    with EvoLink(KEY, base_url="https://api.invalid", transport=httpx.MockTransport(api)) as client:
        assert await sent(CallbackReceiver(client, Handler()), COMPLETED) == [503]
    assert "a bug" in caplog.text


async def test_delivery_is_repeated_if_the_read_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "FRACTION_BEFORE_HANDLER", 0.005)

    async def api(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    async with AsyncEvoLink(KEY, base_url="https://api.invalid", transport=httpx.MockTransport(api)) as client:
        assert await sent(CallbackReceiver(client, Handler()), COMPLETED) == [503]


# --- concurrent deliveries


async def test_duplicates_at_the_same_time_call_the_handler_once(
    connect: Connect,
) -> None:
    handler = Handler()
    receiver = CallbackReceiver(connect(Api((200, COMPLETED))), handler)
    assert await asyncio.gather(*(sent(receiver, COMPLETED) for _ in range(20))) == [[204]] * 20
    assert handler.ends == [(ID, "completed")]


async def test_duplicate_waits_for_the_first_and_tries_again_when_that_fails() -> None:
    handler = Handler(ValueError("oh"))
    receiver = CallbackReceiver(blocking(), handler)
    responses = await asyncio.gather(*(sent(receiver, COMPLETED) for _ in range(3)))
    assert sorted(responses) == [[204], [204], [500]]
    assert len(handler.tasks) == 2


async def test_duplicate_does_not_wait_beyond_the_response_time(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, finish, calls = asyncio.Event(), asyncio.Event(), 0

    async def handler(_: Task) -> None:
        nonlocal calls
        calls += 1
        begun.set()
        await finish.wait()

    receiver = CallbackReceiver(blocking(), handler)
    first = asyncio.ensure_future(sent(receiver, COMPLETED))
    await begun.wait()
    monkeypatch.setattr(callbacks, "FRACTION_BEFORE_HANDLER", 0.005)
    assert await sent(receiver, COMPLETED) == [503]
    finish.set()
    assert await first == [204]
    assert await sent(receiver, COMPLETED) == [204]
    assert calls == 1


async def test_handler_finishes_when_the_sender_disconnects() -> None:
    begun, finish, calls = asyncio.Event(), asyncio.Event(), 0

    async def handler(_: Task) -> None:
        nonlocal calls
        calls += 1
        begun.set()
        await finish.wait()

    receiver = CallbackReceiver(blocking(), handler)
    first = asyncio.ensure_future(sent(receiver, COMPLETED))
    await begun.wait()
    first.cancel()
    await asyncio.wait({first})
    second = asyncio.ensure_future(sent(receiver, COMPLETED))
    await asyncio.sleep(0)
    finish.set()
    assert await second == [204]
    assert calls == 1


async def test_number_of_concurrent_reads_is_limited(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_callback_lanes, "MAX_CHECKS", 2)
    present, most = 0, 0
    lock = threading.Lock()
    original = httpx.MockTransport.handle_request, httpx.MockTransport.handle_async_request

    def counted(change: int) -> None:
        nonlocal present, most
        with lock:
            present += change
            most = max(most, present)

    def handle(self: httpx.MockTransport, request: httpx.Request) -> httpx.Response:
        counted(1)
        threading.Event().wait(0.002)
        counted(-1)
        return original[0](self, request)

    async def handle_async(self: httpx.MockTransport, request: httpx.Request) -> httpx.Response:
        counted(1)
        await asyncio.sleep(0.002)
        counted(-1)
        return await original[1](self, request)

    monkeypatch.setattr(httpx.MockTransport, "handle_request", handle)
    monkeypatch.setattr(httpx.MockTransport, "handle_async_request", handle_async)
    receiver = CallbackReceiver(connect(Api((404, NOT_FOUND))), Handler())
    forged = [{**COMPLETED, "id": f"task-unified-{number}"} for number in range(20)]
    assert await asyncio.gather(*(sent(receiver, body) for body in forged)) == [[404]] * 20
    assert most <= 2


# --- forged callbacks


@pytest.mark.parametrize(
    "task_id",
    [
        "a", "TASK-UNIFIED-1", " task-unified-1", "x-task-unified-1", "task-unified-\n1", "task-unified-\x1b[31m",
        "task-unified-" + "9" * 500, "task-unified-" + "9" * 100_000,
    ],
)  # fmt: skip
async def test_invalid_id_is_refused_before_anything_is_read(task_id: str) -> None:
    api, handler = Api((200, COMPLETED)), Handler()
    with EvoLink(KEY, base_url="https://api.invalid", transport=httpx.MockTransport(api)) as client:
        assert await sent(CallbackReceiver(client, handler), {**COMPLETED, "id": task_id}) == [400]
    assert (api.read, handler.tasks) == ([], [])


@pytest.mark.parametrize("task_id", ["task-unified-../../v1/credits", "task-unified-?a=b", "task-unified-é#x"])
async def test_id_cannot_reach_another_endpoint(task_id: str) -> None:
    paths: list[bytes] = []

    def api(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(404, json=NOT_FOUND)

    with EvoLink(KEY, base_url="https://api.invalid", transport=httpx.MockTransport(api)) as client:
        assert await sent(CallbackReceiver(client, Handler()), {**COMPLETED, "id": task_id}) == [404]
    assert [path.count(b"/") for path in paths] == [3]
    assert paths[0].startswith(b"/v1/tasks/task-unified-")


async def test_body_that_is_not_a_task_is_refused(connect: Connect) -> None:
    api = Api((200, COMPLETED))
    async with sender(CallbackReceiver(connect(api), Handler())) as client:
        for body in (b"<html>hello</html>", b"", b"\xff", b"[]", b"{}"):
            assert (await client.post("/", content=body)).status_code == 400
    assert api.read == []


# --- tasks that the application does not know yet


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_early_callback_is_handed_over_once_the_application_knows_the_task(*, asynchronous: bool) -> None:
    api, handler = Api((200, COMPLETED)), Handler()
    known_results = [False, False, True]
    calls: list[str] = []

    def known(task_id: str) -> bool:
        calls.append(task_id)
        return known_results.pop(0)

    async def known_later(task_id: str) -> bool:
        return known(task_id)

    with EvoLink(KEY, base_url="https://api.invalid", transport=httpx.MockTransport(api)) as client:
        receiver = CallbackReceiver(client, handler, known=known_later if asynchronous else known)
        assert await sent(receiver, COMPLETED, COMPLETED) == [503, 503]
        assert (api.read, handler.tasks, calls) == ([], [], [ID] * 2)  # one call for each delivery
        assert await sent(receiver, COMPLETED) == [204]
    assert (len(api.read), len(handler.tasks), calls) == (1, 1, [ID] * 3)


async def test_delivery_is_repeated_if_known_raises(caplog: pytest.LogCaptureFixture) -> None:
    def known(_: str) -> bool:
        raise OSError("no database")

    handler = Handler()
    assert await sent(CallbackReceiver(blocking(), handler, known=known), COMPLETED) == [500]
    assert handler.tasks == []
    assert caplog.records[0].getMessage() == f"callback for {ID}: known failed"


async def test_slow_known_does_not_delay_the_response_beyond_the_documented_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(callbacks, "FRACTION_BEFORE_HANDLER", 0.005)

    async def known(_: str) -> bool:
        await asyncio.sleep(60)
        return True

    assert await sent(CallbackReceiver(blocking(), Handler(), known=known), COMPLETED) == [503]


# --- the URL that was called, and its key and token


async def test_handler_and_known_see_the_url_and_the_key_if_they_take_the_callback(connect: Connect) -> None:
    seen: list[tuple[str, Any]] = []

    def plain(task: Task, callback: Callback) -> None:
        seen.append((task.id, callback))

    async def asynchronous(task: Task, /, *, callback: Callback) -> None:
        plain(task, callback)

    class Methods:
        def method(self, task: Task, callback: Callback, database: str = "") -> None:
            plain(task, callback)
            assert database == ""

        async def __call__(self, task: Task, callback: Callback) -> None:
            plain(task, callback)

    def known(task_id: str, callback: Callback) -> bool:
        seen.append((task_id, callback))
        return True

    forms: list[callbacks.Handler] = [plain, asynchronous, Methods().method, Methods(), partial(plain)]
    for form in forms:
        receiver = CallbackReceiver(connect(Api((200, COMPLETED))), form, known=known)
        async with sender(receiver) as client:
            assert (await client.post("/a%20b/?key=order%2042&x=1", json=COMPLETED)).status_code == 204
    callback = Callback("http://receiver.invalid/a%20b/?key=order%2042&x=1", "order 42")
    assert seen == [(ID, callback)] * (2 * len(forms))


async def test_handler_without_a_parameter_named_callback_only_gets_the_task() -> None:
    tasks: list[Task] = []
    waiting: queue.Queue[Task] = queue.Queue()

    def named_callback(callback: Task) -> None:
        tasks.append(callback)

    def with_default(task: Task, times: int = 1) -> None:
        tasks.extend([task] * times)

    def anything(*tasks_: Task, **options: Any) -> None:
        assert options == {}
        tasks.extend(tasks_)

    forms: list[callbacks.Handler] = [
        tasks.append,
        waiting.put,
        named_callback,
        anything,
        with_default,
    ]
    for form in forms:
        assert await sent(CallbackReceiver(blocking(), form), COMPLETED) == [204]
    assert [task.id for task in (*tasks, waiting.get_nowait())] == [ID] * len(forms)


def no_argument() -> None:
    """Take no task."""


def second_argument(task: Task, url: str) -> None:
    """Take a second argument that is not the callback."""


def second_keyword(task: Task, *, url: str) -> None:
    """Take a second keyword argument that is not the callback."""


@pytest.mark.parametrize(
    "options",
    [
        {"handler": no_argument},
        {"handler": second_argument},
        {"handler": second_keyword},
        {"handler": None},
        {"known": second_argument},
        {"known": {"task-unified-1"}},
        {"token": ""},
        {"token": " "},
        {"token": "\ud800"},
        {"token": b"secret"},
    ],
)  # fmt: skip
def test_receiver_that_could_not_work_is_refused_when_it_is_made(options: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {"handler": print, **options}
    with pytest.raises(ConfigurationError, match=f"^{next(iter(options))} must "):
        CallbackReceiver(blocking(), **arguments)


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("key=a", "a"),
        ("key=%E4%BD%A0+b", "你 b"),
        ("key=%ff", "\N{REPLACEMENT CHARACTER}"),
        ("", None),
        ("key=", None),
        ("key=a&key=b", None),
        ("Key=a", None),
    ],
)
async def test_key_is_the_only_parameter_of_that_name(query: str, key: str | None) -> None:
    keys: list[str | None] = []

    def handler(_: Task, callback: Callback) -> None:
        keys.append(callback.key)

    receiver = CallbackReceiver(blocking(), handler)
    async with sender(receiver) as client:
        assert (await client.post(f"/?{query}", json=COMPLETED)).status_code == 204
    assert keys == [key]


async def test_url_is_complete_for_any_server(connect: Connect) -> None:
    urls: list[str] = []

    def handler(_: Task, callback: Callback) -> None:
        urls.append(callback.url)

    async def ignore(_: Any) -> None:
        """Send nothing."""

    scopes: list[dict[str, Any]] = [
        {},
        {"path": "/hook/é x", "query_string": b"a=b c\xff\x1b", "headers": [(b"host", b"h\x1b:1")]},
        {"path": "/hook", "raw_path": b"/api/hook%2F", "root_path": "/api", "scheme": "https", "server": ("::1", 8)},
        {"server": ("/run/socket", None)},
    ]
    for scope in scopes:
        api = connect(Api((200, COMPLETED)))
        receiver = CallbackReceiver(api, handler)
        body = {"type": "http.request", "body": json.dumps(COMPLETED).encode()}

        await receiver({"type": "http", "method": "POST", **scope}, receiving(body), ignore)
    assert urls == [
        "http:///",
        "http://h%1B:1/hook/%C3%A9%20x?a=b%20c%FF%1B",
        "https://[::1]:8/api/hook%2F",
        "http://%2Frun%2Fsocket/",
    ]


TOKEN = "s3cret +&ü"


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (callback_url("https://your.app/", token=TOKEN), 204),
        (callback_url("https://your.app/?a=b", token=TOKEN, key="k"), 204),
        ("/", 403),
        ("/?token=", 403),
        ("/?token=s3cret", 403),
        (callback_url("https://your.app/", token=TOKEN + "x"), 403),
        (callback_url("https://your.app/", token=TOKEN) + "&token=x", 403),
        ("/?token=%ff", 403),
        ("/s3cret?key=s3cret", 403),
    ],
)
async def test_callback_without_the_token_is_refused_before_anything_is_read(url: str, status: int) -> None:
    api, handler, bodies = Api((200, COMPLETED)), Handler(), 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal bodies
        bodies += 1
        yield json.dumps(COMPLETED).encode()

    with EvoLink(KEY, base_url="https://api.invalid", transport=httpx.MockTransport(api)) as client:
        async with sender(CallbackReceiver(client, handler, token=TOKEN)) as anybody:
            response = await anybody.post(url, content=body())
    accepted = status == 204
    assert (response.status_code, len(api.read), len(handler.tasks), bodies) == (status, accepted, accepted, accepted)
    assert ("connection" in response.headers) == (not accepted)


async def test_token_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(given: bytes, token: bytes) -> bool:
        compared.append((given, token))
        return False

    monkeypatch.setattr("hmac.compare_digest", compare)
    async with sender(CallbackReceiver(blocking(), Handler(), token="abc")) as anybody:
        assert (await anybody.post("/?token=abd", json=COMPLETED)).status_code == 403
    assert compared == [(b"abd", b"abc")]


def test_token_is_not_in_the_repr_of_a_callback() -> None:
    callback = Callback("http://h/hook?a=1&token=s3cret&key=k#token=s3cret", "k")
    assert repr(callback) == "Callback(url='http://h/hook?a=1&token=***&key=k#token=s3cret', key='k')"


@pytest.mark.parametrize(
    ("url", "options", "result"),
    [
        ("https://your.app/hook", {}, "https://your.app/hook"),
        ("https://your.app", {"key": "order 42"}, "https://your.app?key=order%2042"),
        (
            "https://your.app/hook/?",
            {"key": "a&b=c", "token": "ü"},
            "https://your.app/hook/?key=a%26b%3Dc&token=%C3%BC",
        ),
        ("https://your.app/hook?tenant=7", {"token": "t"}, "https://your.app/hook?tenant=7&token=t"),
    ],
)
def test_callback_url_has_the_key_and_the_token(url: str, options: dict[str, Any], result: str) -> None:
    assert callback_url(url, **options) == result


@pytest.mark.parametrize(
    ("url", "options", "message"),
    [
        ("https://your.app/hook?key=a", {"key": "b"}, "callback_url: url already has the parameter key"),
        ("https://your.app/hook?token=", {"token": "b"}, "callback_url: url already has the parameter token"),
        (
            "https://your.app/hook#there",
            {"key": "b"},
            "callback_url: url must be an https URL with a host and without a",
        ),
        ("/hook", {"key": "b"}, "callback_url: url must be an https URL with a host"),
        ("https://[::1", {"key": "b"}, "callback_url: url must be an https URL"),
        (None, {}, "callback_url: url must be an https URL"),
        (5, {}, "callback_url: url must be an https URL"),
        ("https://your.app", {"key": ""}, "callback_url: key must be a non-empty string"),
        ("https://your.app", {"key": 42}, "callback_url: key must be a non-empty string"),
        ("https://your.app", {"token": "\ud800"}, "callback_url: token must be a non-empty string"),
    ],
)
def test_callback_url_that_could_not_work_is_refused(url: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        callback_url(url, **options)
    assert message in str(error.value)


# --- event loops


def test_receiver_works_in_one_event_loop_after_another_as_with_a_test_client() -> None:
    handler = Handler()
    with MockServer(pace="at-once") as mock, EvoLink(mock.api_key, base_url=mock.url) as api:
        receiver = CallbackReceiver(api, handler)
        request = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/cat.png"])
        for expected in range(1, 4):
            callback = {"id": api.submit(request).id, "status": "completed"}

            async def duplicates(body: Any = callback) -> list[list[int]]:
                return await asyncio.gather(*(sent(receiver, body) for _ in range(3)))

            assert asyncio.run(duplicates()) == [[204]] * 3
            assert len(handler.tasks) == expected


# --- routes of Starlette and FastAPI


AFTER_CALLBACK = {"prefer": "response=after-callback"}


class Applications:
    """Applications with a receiver at `/hook`."""

    @staticmethod
    def starlette(receiver: CallbackReceiver) -> Any:
        return Starlette(routes=[Route("/hook{rest:path}", receiver)])

    @staticmethod
    def fastapi(receiver: CallbackReceiver) -> Any:
        application = FastAPI()
        application.router.routes.append(Route("/hook{rest:path}", receiver))
        return application

    @staticmethod
    def mounted(receiver: CallbackReceiver) -> Any:
        """Return a FastAPI application that is mounted in a Starlette application."""
        return Starlette(routes=[Mount("/api", Applications.fastapi(receiver))])

    @staticmethod
    def mount(receiver: CallbackReceiver) -> Any:
        return Starlette(routes=[Mount("/hook", receiver)])


@pytest.mark.parametrize(
    ("application", "paths", "statuses"),
    [
        (Applications.starlette, ("/hook", "/hook/"), [204, 204]),
        (Applications.fastapi, ("/hook", "/hook/"), [204, 204]),
        (Applications.mounted, ("/api/hook", "/api/hook/"), [204, 204]),
        (Applications.mount, ("/hook/", "/hook"), [204, 307]),  # Starlette redirects, see the class
    ],
)
def test_route_receives_callbacks_with_and_without_a_slash(
    image_request: dict[str, Any], application: Any, paths: tuple[str, str], statuses: list[int]
) -> None:
    urls: list[str] = []

    def handler(_: Task, callback: Callback) -> None:
        urls.append(callback.url)

    listener = listen("127.0.0.1", 0)
    with (
        MockServer(pace="at-once", forward_callbacks_to=url_of(listener)) as mock,
        EvoLink(mock.api_key, base_url=mock.url) as api,
        ServedApp(application(CallbackReceiver(api, handler, token="abc")), listener) as served,
    ):
        for path in paths:
            url = callback_url(f"https://your.app{path}", token="abc")
            api.submit({**image_request, "callback_url": url}, extra_headers=AFTER_CALLBACK)
        attempts = [attempt for attempt in mock.deliveries() if attempt["attempt"] == 1]
    expected = [f"{served.url}{path}?token=abc" for path, status in zip(paths, statuses, strict=True) if status == 204]
    assert urls == expected
    assert [attempt["status"] for attempt in attempts] == statuses


# --- ASGI


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_only_post_is_accepted(method: str) -> None:
    async with sender(CallbackReceiver(blocking(), Handler())) as client:
        response = await client.request(method, "/hook", json=COMPLETED)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


def receiving(*messages: dict[str, Any]) -> Callable[[], Awaitable[dict[str, Any]]]:
    """Return an ASGI `receive` that yields these messages and then blocks."""
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    return receive


async def exchange(receiver: CallbackReceiver, kind: str, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """Run the receiver with these ASGI messages; returns the messages that it sends."""
    responses: list[Any] = []

    async def send(message: Any) -> None:
        responses.append(message)

    await receiver({"type": kind, "method": "POST"}, receiving(*messages), send)
    return responses


async def test_sender_that_disconnects_gets_no_response() -> None:
    handler = Handler()
    half = {"type": "http.request", "body": b'{"id": ', "more_body": True}
    gone = {"type": "http.disconnect"}
    receiver = CallbackReceiver(blocking(), handler)
    assert await exchange(receiver, "http", half, gone) == []
    assert handler.tasks == []


async def test_sender_that_does_not_read_the_response_does_not_crash_the_receiver() -> None:
    handler = Handler()

    async def send(_: Any) -> None:
        raise OSError("gone")

    whole = {"type": "http.request", "body": json.dumps(COMPLETED).encode()}
    receiver = CallbackReceiver(blocking(), handler)
    await receiver({"type": "http", "method": "POST"}, receiving(whole), send)
    assert handler.ends == [(ID, "completed")]


async def test_body_that_does_not_end_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "FRACTION_BEFORE_HANDLER", 0.002)
    half = {"type": "http.request", "body": b"{", "more_body": True}
    [start, _] = await exchange(CallbackReceiver(blocking(), Handler()), "http", half)
    assert start["status"] == 408


async def test_endless_body_is_not_kept_in_memory() -> None:
    chunk = {"type": "http.request", "body": b" " * 1024 * 1024, "more_body": True}
    receiver = CallbackReceiver(blocking(), Handler())
    tracemalloc.start()
    try:
        [start, _] = await exchange(receiver, "http", *[chunk] * 1000)
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert start["status"] == 413
    assert (b"connection", b"close") in start["headers"]


async def test_websocket_is_closed() -> None:
    responses = await exchange(CallbackReceiver(blocking(), Handler()), "websocket", {"type": "websocket.connect"})
    assert responses == [{"type": "websocket.close", "code": 1000}]


async def test_shutdown_waits_for_running_handlers() -> None:
    begun, finish = asyncio.Event(), asyncio.Event()
    finished: list[str] = []

    async def handler(task: Task) -> None:
        begun.set()
        await finish.wait()
        finished.append(task.id)

    receiver = CallbackReceiver(blocking(), handler)
    callback = asyncio.ensure_future(sent(receiver, COMPLETED))
    await begun.wait()
    callback.cancel()
    life = asyncio.ensure_future(
        exchange(receiver, "lifespan", {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    )
    await asyncio.sleep(0)
    assert not life.done()
    finish.set()
    assert await life == [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}]
    assert finished == [ID]


# --- deliveries from the mock server over sockets


class Arrivals:
    """A handler that lets a test wait for the next task."""

    def __init__(self, *errors: Exception) -> None:
        self.calls: queue.Queue[Task] = queue.Queue()
        self._errors = list(errors)

    def __call__(self, task: Task) -> None:
        self.calls.put(task)
        if self._errors:
            raise self._errors.pop(0)

    def next(self) -> Task:
        return self.calls.get(timeout=10)


@contextmanager
def system(kind: Kind, handler: Callable[[Task], Any], **options: Any) -> Generator[tuple[MockServer, EvoLink, str]]:
    """Run a mock server that delivers to a receiver; yields the server, a client and the receiver's URL."""
    listener = listen("127.0.0.1", 0)
    url = url_of(listener)
    with MockServer(speed=2000, forward_callbacks_to=url) as mock, EvoLink(mock.api_key, base_url=mock.url) as api:
        reads = api if kind is EvoLink else AsyncEvoLink(mock.api_key, base_url=mock.url)
        receiver = CallbackReceiver(reads, handler, **options)

        async def application(scope: Any, receive: Any, send: Any) -> None:
            await receiver(scope, receive, send)
            if scope["type"] == "lifespan" and isinstance(reads, AsyncEvoLink):
                await reads.aclose()

        with ServedApp(application, listener):
            yield mock, api, url


def delivered(mock: MockServer, task_id: str) -> list[int | None]:
    """Wait for a successful delivery; returns the response status of every attempt."""
    attempts: list[dict[str, Any]] = []
    with httpx.Client(base_url=mock.url, trust_env=False) as client:
        for _ in range(10_000):
            attempts = client.get("/_mock/deliveries", params={"task_id": task_id}).json()["deliveries"]
            if attempts and attempts[-1]["delivered"]:
                return [attempt["status"] for attempt in attempts]
    raise AssertionError(attempts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_handler_gets_a_task_that_has_ended(kind: Kind, image_request: dict[str, Any], status: str) -> None:
    arrivals = Arrivals()
    with system(kind, arrivals) as (mock, api, _):
        request = {**image_request, "callback_url": "https://hooks.example.com/video"}
        created = api.submit(request, extra_headers={"prefer": f"outcome={status}"})
        task = arrivals.next()
        assert (task.id, task.status) == (created.id, status)
        assert task.to_dict() == api.task(created.id).to_dict()
        assert delivered(mock, created.id) == [204]
        assert arrivals.calls.empty()


def test_delivery_is_repeated_until_the_handler_has_succeeded(image_request: dict[str, Any]) -> None:
    arrivals = Arrivals(ValueError("first"), ValueError("second"))
    with system(EvoLink, arrivals) as (mock, api, _):
        created = api.submit({**image_request, "callback_url": "https://hooks.example.com/video"})
        assert {arrivals.next().id for _ in range(3)} == {created.id}
        assert delivered(mock, created.id) == [500, 500, 204]


def test_delivery_waits_until_the_application_has_stored_the_id(image_request: dict[str, Any]) -> None:
    stored: set[str] = set()
    has_asked, has_stored = threading.Event(), threading.Event()

    def known(task_id: str) -> bool:
        if has_asked.is_set():
            assert has_stored.wait(5)
        has_asked.set()
        return task_id in stored

    arrivals = Arrivals()
    with system(EvoLink, arrivals, known=known) as (mock, api, _):
        created = api.submit({**image_request, "callback_url": "https://hooks.example.com/video"})
        assert has_asked.wait(10)
        stored.add(created.id)
        has_stored.set()
        assert arrivals.next().id == created.id
        assert delivered(mock, created.id)[-1] == 204


def test_forged_callbacks_over_a_socket_do_no_harm(image_request: dict[str, Any]) -> None:
    arrivals = Arrivals()
    with system(AsyncEvoLink, arrivals) as (_, api, url), httpx.Client(trust_env=False) as client:
        cancelled = api.submit(image_request, extra_headers={"prefer": "outcome=cancelled"})
        with pytest.raises(TaskCancelled):
            api.wait(cancelled)
        forged = {"id": cancelled.id, "status": "completed", "results": ["https://evil.invalid/a.mp4"]}
        assert client.post(url, json={**forged, "id": "task-unified-1-nobody"}).status_code == 404
        assert client.post(url, content=b"<html>hello</html>").status_code == 400
        assert client.post(url, content=b" " * 10_000_000).status_code == 413
        assert client.post(url, content=iter([b" " * 65_536] * 160)).status_code == 413
        assert client.get(url).status_code == 405
        assert client.post(url, json=forged).status_code == 204
        assert [(arrivals.next().status, arrivals.calls.empty())] == [("cancelled", True)]


def test_socket_that_closes_in_the_middle_of_a_body_leaves_the_receiver_working(image_request: dict[str, Any]) -> None:
    arrivals = Arrivals()
    with system(AsyncEvoLink, arrivals) as (mock, api, url):
        address = httpx.URL(url)
        with socket.create_connection((address.host, address.port or 0)) as connection:
            connection.sendall(b'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"id": ')
        created = api.submit({**image_request, "callback_url": "https://hooks.example.com/video"})
        assert arrivals.next().id == created.id
        assert delivered(mock, created.id) == [204]


@pytest.mark.parametrize("length", [201, 500])
async def test_longest_id_is_500_characters(length: int) -> None:
    task_id = "task-unified-".ljust(length, "9")
    api, handler = Api((200, {**COMPLETED, "id": task_id})), Handler()
    with EvoLink(KEY, base_url="https://api.invalid", transport=httpx.MockTransport(api)) as client:
        assert await sent(CallbackReceiver(client, handler), {**COMPLETED, "id": task_id}) == [204]
    assert [task.id for task in handler.tasks] == [task_id]
