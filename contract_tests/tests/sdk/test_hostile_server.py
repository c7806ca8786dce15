"""For any response of a server, the SDK returns a task with an id or raises one of its errors."""

from __future__ import annotations

import contextlib
import itertools
import json
import pickle
import socketserver
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

import pytest

import evolink
from evolink import (
    AsyncEvoLink,
    CreatedTask,
    EvoLink,
    EvoLinkError,
    NotFound,
    NotSent,
    Refused,
    RequestError,
    ResponseLost,
    ServerError,
    SubmissionUnknown,
    Task,
    UnexpectedResponse,
    Wan25ImageToVideo,
)
from evolink_client.api.tasks import get_task
from evolink_client.api.videos import create_video_generation
from tests.raw_http import read_request

KEY = "sk-evo-hostile-0123456789"
TASK = "task-unified-1757169743-7cvnl5zw"
REQUEST = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/a.png"])

OLD = {"error": {"code": 400, "message": "Invalid request format", "type": "invalid_request_error", "param": "model"}}
NEW = {"error": {"code": "insufficient_quota", "message": "Too few credits", "type": "insufficient_quota"}}
BODIES: dict[str, bytes] = {
    "old": json.dumps(OLD).encode(),
    "new": json.dumps(NEW).encode(),
    "error-text": b'{"error": "no such thing", "error_description": "really"}',
    "error-list": b'{"error": ["a", {"b": 1}]}',
    "error-null": b'{"error": null}',
    "error-odd": b'{"error": {"code": [], "message": {"a": 1}, "type": 5, "param": null, "request_id": 7}}',
    "files": b'{"success": false, "code": 40002, "msg": "type"}',
    "html": b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>",
    "empty": b"",
    "truncated": json.dumps(OLD).encode()[:-9],
    "cut task": json.dumps({"id": TASK, "status": "pending", "model": "x"}).encode()[:-9],
    "object": b"{}",
    "list": b"[]",
    "number": b"7",
    "text": b'"task"',
    "null": b"null",
    "no-utf8": b'{"id": "\xff\xfe"}',
    "utf16": '{"id": "a", "status": "pending"}'.encode("utf-16"),
    "nan": json.dumps({"id": TASK, "status": "pending"}).encode()[:-1] + b', "progress": NaN}',
    "infinite": json.dumps({"id": TASK, "status": "pending"}).encode()[:-1] + b', "progress": 1e400}',
    "nested": b"[" * 100_000,
    "long-number": b'{"id": ' + b"9" * 5000 + b"}",
    "surrogate": b'{"error": {"code": 400, "message": "\\ud800", "type": "x"}}',
    "terminal": json.dumps({"error": {"code": 400, "message": "\x1b[2J\x07 gone", "type": "\x00"}}).encode(),
    "echo": json.dumps({"error": {"code": KEY, "message": f"bad key {KEY}", "type": KEY, "param": KEY}}).encode(),
    "echo-text": f"who is {KEY}?".encode(),
    "no-id": b'{"status": "pending", "model": "x"}',
    "no-status": json.dumps({"id": TASK}).encode(),
    "id-number": b'{"id": 5, "status": "pending"}',
    "id-empty": b'{"id": "", "status": "pending"}',
    "task": json.dumps({"id": TASK, "status": "pending"}).encode(),
    "odd-task": json.dumps(
        {"id": TASK, "status": "new", "progress": "half", "task_info": [], "usage": 5, "results": {}, "error": "no"}
    ).encode(),
    "paid-outcome": b'{"error": {"code": "paid_outcome_unknown", "message": "?", "type": "x"}}',
}
STATUSES = [
    200, 201, 202, 204, 206, 226, 299, 300, 301, 302, 303, 304, 307, 308, 399, 400, 401, 402, 403, 404, 405, 406, 408,
    409, 410, 413, 415, 418, 422, 425, 429, 431, 451, 499, 500, 501, 502, 503, 504, 520, 522, 529, 599, 600, 700, 999,
]  # fmt: skip
HEADERS: list[bytes] = [
    b"content-type: application/json\r\n",
    b"content-type: text/html; charset=nonsense\r\n",
    b"",
    b"content-type: application/json\r\ncontent-encoding: gzip\r\n",  # the body is not compressed
    b"content-type: application/json\r\nretry-after: 99999999999999999999\r\nx-request-id: req-1\r\n",
    b"content-type: application/json\r\nretry-after: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
    b"content-type: application/json\r\nretry-after: nan\r\nlocation: ///\r\n",
    f"content-type: application/json\r\nlocation: https://elsewhere.example/{KEY}\r\nx-request-id: {KEY}\r\n".encode(),
    b"content-type: application/json\r\nset-cookie: =;;;\r\nx-request-id: \xff\xfe\r\n",
]
BARE_STATUSES = {204, 304}  # HTTP responses with these statuses have no body

Reply = Callable[[Any], None]


class Hostile(socketserver.ThreadingTCPServer):
    """Sends the bytes that the request's header `x-reply` selects."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        path, headers = read_request(self.request)
        if path:
            with contextlib.suppress(OSError):  # the client has disconnected
                cast("Hostile", self.server).replies[headers["x-reply"]](self.request)


def whole(status: int, headers: bytes, body: bytes, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return b"HTTP/1.1 %d Odd\r\n%scontent-length: %d\r\nconnection: close\r\n\r\n%s" % (status, headers, size, body)


def send(reply: bytes) -> Reply:
    return lambda connection: connection.sendall(reply)


@pytest.fixture(scope="module")
def hostile() -> Iterator[Hostile]:
    """A server that sends the bytes that a test chooses."""
    with Hostile() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()


@pytest.fixture
def api(hostile: Hostile) -> Iterator[EvoLink]:
    """A client of the server, without retries."""
    with EvoLink(KEY, base_url=hostile.url, max_retries=0, timeout=5) as client:
        yield client


Combination = tuple[int, str, bytes]


def combinations() -> Iterator[Combination]:
    """Yield every status with every body, and vary the headers. Every seventh has each status and each body, too."""
    headers = itertools.cycle(HEADERS)
    for status, body in itertools.product(STATUSES, BODIES):
        yield status, body, next(headers)


def readable(status: int, name: str, headers: bytes) -> bool:
    """Return whether the client receives the body."""
    return status not in BARE_STATUSES and (b"gzip" not in headers or not BODIES[name])


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except EvoLinkError as error:
        return error


def check_hygiene(error: EvoLinkError) -> None:
    """Check that an error has a limited length, no key and no control characters, and that it can be pickled."""
    texts = [str(error), repr(error), *map(repr, vars(error).values())]
    cause: BaseException | None = error
    while (
        cause is not None
    ):  # what a traceback prints besides code, which would take a tenth of the time of these tests
        texts += traceback.format_exception_only(cause)
        cause = cause.__cause__ or cause.__context__
    assert [text for text in texts if KEY in text] == []
    assert str(error).replace("\n", "").isprintable()
    assert len(str(error)) < 3000
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))
    if isinstance(error, RequestError):
        assert (error.method, error.path.startswith("/v1/")) in {("POST", True), ("GET", True)}
        assert len(error.excerpt) <= 500


def expected_of_create(status: int, name: str, headers: bytes) -> set[type]:
    """Return the expected outcomes of a create, by an independent reading of the table in `_retries`."""
    is_readable = readable(status, name, headers)
    if 200 <= status < 300:
        return {CreatedTask, Task} if is_readable and name in {"task", "odd-task"} else {SubmissionUnknown}
    if 400 <= status < 500 and status != 408:
        names_task = name in {"task", "odd-task", "no-status", "utf16", "nan", "infinite", "cut task"}
        if is_readable and (name == "paid-outcome" or names_task):
            return {SubmissionUnknown}
        return {Refused}
    if status == 503 and is_readable and name in {"old", "new", "surrogate", "terminal", "echo", "paid-outcome"}:
        return {SubmissionUnknown} if name == "paid-outcome" else {Refused}
    return {SubmissionUnknown}


@pytest.mark.parametrize("part", range(4))
def test_create_returns_a_task_with_an_id_or_raises_the_documented_error(
    hostile: Hostile, api: EvoLink, part: int
) -> None:
    wrong: list[Any] = []
    cases = list(combinations())[part::4]
    for number, (status, name, headers) in enumerate(cases):
        reply = f"create-{part}-{number}"
        hostile.replies[reply] = send(whole(status, headers, BODIES[name]))
        result = outcome(partial(api.submit, REQUEST, extra_headers={"x-reply": reply}))
        if isinstance(result, EvoLinkError):
            check_hygiene(result)
        elif not result.id:
            wrong.append((status, name, headers, result))
        if not any(isinstance(result, kind) for kind in expected_of_create(status, name, headers)):
            wrong.append((status, name, headers, repr(result)))
        if isinstance(result, RequestError) and result.status != status:
            # Without a decodable body httpx returns no response, so the error has no status.
            assert (200 <= status < 300, result.status) == (True, None)
    assert len(cases) > 300
    assert wrong == []


def test_read_returns_the_requested_task_or_raises_an_error_of_the_sdk(hostile: Hostile, api: EvoLink) -> None:
    wrong: list[Any] = []
    for number, (status, name, headers) in enumerate(list(combinations())[::7]):
        reply = f"read-{number}"
        hostile.replies[reply] = send(whole(status, headers, BODIES[name]))
        result = outcome(partial(api.task, TASK, extra_headers={"x-reply": reply}))
        if isinstance(result, EvoLinkError):
            check_hygiene(result)
        kinds: tuple[type, ...] = (UnexpectedResponse,)
        if 200 <= status < 300 and readable(status, name, headers):
            kinds = {"task": (Task,), "odd-task": (Task,), "files": (Refused,)}.get(name, kinds)
        elif 200 <= status < 300:
            kinds = (ResponseLost, UnexpectedResponse)
        elif 400 <= status < 500:
            kinds = (NotFound,) if status == 404 else (ResponseLost,) if status == 408 else (Refused,)
        elif 500 <= status < 600:
            kinds = (ServerError, Refused) if status == 503 else (ServerError,)
        if not isinstance(result, kinds):
            wrong.append((status, name, headers, repr(result), kinds))
    assert wrong == []


@pytest.mark.parametrize("name", ["nan", "infinite", "utf16", "cut task"])
def test_paid_task_in_a_response_that_is_not_json_keeps_its_id(hostile: Hostile, api: EvoLink, name: str) -> None:
    hostile.replies[name] = send(whole(200, b"", BODIES[name]))
    with pytest.raises(SubmissionUnknown) as error:
        api.submit(REQUEST, extra_headers={"x-reply": name})
    assert error.value.task_id == ("a" if name == "utf16" else TASK)


def test_generated_functions_raise_the_same_errors(hostile: Hostile, api: EvoLink) -> None:
    wrong: list[Any] = []
    client = api.client
    for number, (status, name, headers) in enumerate(list(combinations())[::7]):
        reply = f"generated-{number}"
        hostile.replies[reply] = send(whole(status, headers, BODIES[name]))
        client.get_httpx_client().headers["x-reply"] = reply
        created = outcome(lambda: create_video_generation.sync(client=client, body=REQUEST))
        kinds = expected_of_create(status, name, headers)
        # The generated code recognizes only status 200 as a success.
        if not any(isinstance(created, kind) for kind in kinds) and not (created is None and 200 < status < 300):
            wrong.append((status, name, headers, repr(created)))
        read = outcome(lambda: get_task.sync_detailed(TASK, client=client))
        if isinstance(read, EvoLinkError):
            check_hygiene(read)
    assert wrong == []


@pytest.mark.anyio
async def test_asynchronous_client_raises_the_same_errors(hostile: Hostile) -> None:
    wrong: list[Any] = []
    async with AsyncEvoLink(KEY, base_url=hostile.url, max_retries=0, timeout=5) as api:
        for number, (status, name, headers) in enumerate(list(combinations())[::7]):
            reply = f"async-{number}"
            hostile.replies[reply] = send(whole(status, headers, BODIES[name]))
            result: Any
            try:
                result = await api.submit(REQUEST, extra_headers={"x-reply": reply})
            except EvoLinkError as error:
                result = error
                check_hygiene(error)
            if not any(isinstance(result, kind) for kind in expected_of_create(status, name, headers)):
                wrong.append((status, name, headers, repr(result)))
    assert wrong == []


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
CUT: dict[str, bytes] = {
    "nothing": b"",
    "half a status line": b"HTTP/1.",
    "half a head": b"HTTP/1.1 200 OK\r\ncontent-ty",
    "head alone": HEAD + b"content-length: 60\r\n\r\n",
    "half a body": whole(200, b"", BODIES["task"], len(BODIES["task"]) + 9),
    "half a chunk": HEAD + b"transfer-encoding: chunked\r\n\r\n40\r\n" + BODIES["task"][:20],
    "no last chunk": HEAD + b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(BODIES["task"]), BODIES["task"]),
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
    "odd length": b"HTTP/1.1 200 OK\r\ncontent-length: five\r\n\r\nhello",
    "status of two digits": b"HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n",
    "endless head": b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 40_000,
    "refusal cut": whole(400, b"content-type: application/json\r\n", b'{"error"', 900),
}


@pytest.mark.parametrize("name", CUT)
def test_create_with_a_cut_response_is_unknown_unless_its_status_refuses(
    hostile: Hostile, api: EvoLink, name: str
) -> None:
    hostile.replies[name.replace(" ", "-").lower()] = send(CUT[name])
    with pytest.raises(Refused if name == "refusal cut" else SubmissionUnknown) as caught:
        api.submit(REQUEST, extra_headers={"x-reply": name.replace(" ", "-").lower()})
    check_hygiene(caught.value)
    arrived = name in {"half a body", "no last chunk"}
    assert getattr(caught.value, "task_id", None) == (TASK if arrived else None)


@pytest.mark.anyio
async def test_asynchronous_create_with_a_cut_response_keeps_the_id_that_arrived(hostile: Hostile) -> None:
    hostile.replies["cut"] = send(CUT["half a body"])
    async with AsyncEvoLink(KEY, base_url=hostile.url, max_retries=0, timeout=5) as api:
        with pytest.raises(SubmissionUnknown) as caught:
            await api.submit(REQUEST, extra_headers={"x-reply": "cut"})
    assert caught.value.task_id == TASK


@pytest.mark.parametrize("name", CUT)
def test_read_with_a_cut_response_raises_response_lost(hostile: Hostile, api: EvoLink, name: str) -> None:
    hostile.replies[name.replace(" ", "-").lower()] = send(CUT[name])
    with pytest.raises(Refused if name == "refusal cut" else ResponseLost) as caught:
        api.task(TASK, extra_headers={"x-reply": name.replace(" ", "-").lower()})
    check_hygiene(caught.value)


def drip(head: bytes, pause: float) -> Reply:
    """Send the headers, then one byte at a time, without an end."""

    def reply(connection: Any) -> None:
        connection.sendall(head)
        for _ in range(200):
            time.sleep(pause)
            connection.sendall(b" ")

    return reply


def flood(head: bytes) -> Reply:
    """Send the headers, then a gigabyte."""

    def reply(connection: Any) -> None:
        connection.sendall(head)
        for _ in range(1024):
            connection.sendall(b" " * 1_048_576)

    return reply


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (drip(b"", 60), None),
        (drip(HEAD + b"content-length: 100\r\n\r\n", 0.05), None),
        (flood(HEAD + b"content-length: 1073741824\r\n\r\n"), None),
        (flood(HEAD + b"\r\n"), None),
        (flood(b"HTTP/1.1 400 No\r\ncontent-length: 1073741824\r\n\r\n"), 400),
        (drip(b"HTTP/1.1 401 No\r\ncontent-length: 100\r\n\r\n", 0.05), 401),
    ],
    ids=["stalled", "slow", "gigabyte", "gigabyte without a length", "refusal of a gigabyte", "slow refusal"],
)
def test_endless_response_is_abandoned_in_time(hostile: Hostile, reply: Reply, status: int | None) -> None:
    name = f"endless-{status}-{id(reply)}"
    hostile.replies[name] = reply
    with EvoLink(KEY, base_url=hostile.url, max_retries=0, timeout=0.4) as api:
        began = time.monotonic()
        with pytest.raises(SubmissionUnknown if status is None else Refused) as caught:
            api.submit(REQUEST, extra_headers={"x-reply": name})
        assert time.monotonic() - began < 5
    assert caught.value.status == status
    check_hygiene(caught.value)


def test_unreachable_server_raises_not_sent() -> None:
    with EvoLink(KEY, base_url="http://127.0.0.1:9", max_retries=0) as api:
        with pytest.raises(NotSent) as create:
            api.submit(REQUEST)
        with pytest.raises(NotSent) as read:
            api.task(TASK)
    check_hygiene(create.value)
    check_hygiene(read.value)


def test_every_error_of_the_sdk_survives_pickling() -> None:
    response = evolink.errors.ResponseInfo("POST", "/v1/videos/generations", 500)
    task = Task(id=TASK, status="failed")
    samples: list[EvoLinkError] = [
        evolink.ConfigurationError("no"),
        evolink.MissingExtra("the command line", "cli"),
        evolink.InvalidRequest([evolink.Violation("prompt", "maxLength", 1, "2 characters", "shorten it")]),
        SubmissionUnknown(response, "lost", task_id=TASK, model="m", sent_at=1.0),
        evolink.TaskFailed(task, "service_error", "no", retry=True, advice="wait"),
        evolink.TaskCancelled(task),
        evolink.WaitTimeout(TASK, 1, task, None),
        evolink.TransferError("no"),
    ]
    for error in samples:
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.__dict__.keys()) == (type(error), str(error), error.__dict__.keys())
