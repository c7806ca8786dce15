"""`CallbackReceiver` under a flood of forged callbacks: a real one is handed over at its first or second delivery.

Time runs 10 times as fast as documented: 200 forged callbacks a second stand for 20.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import count, islice
from typing import Any

import httpx
import pytest

from evolink import AsyncEvoLink, CallbackReceiver, EvoLink, _callback_lanes, callbacks
from evolink._contract import packaged_contract

ID = "task-unified-1757169743-7cvnl5zw"
COMPLETED: dict[str, Any] = {"id": ID, "status": "completed", "results": ["https://files.invalid/a.mp4"]}
RATE_LIMITED = {"error": {"code": 429, "message": "Rate limit exceeded", "type": "rate_limit_error"}}
SCALE = 10
FORGED_A_SECOND = 20 * SCALE
DELIVERY: dict[str, Any] = packaged_contract().schemas["CallbackUrl"]["x-delivery"]

pytestmark = pytest.mark.anyio


class Api:
    """An API in which the real task has ended, and every other read is rate-limited or slow.

    Attributes:
        read: how often each task was read.
    """

    def __init__(self, *, slow: bool = False) -> None:
        self.read: dict[str, int] = {}
        self._slow = slow

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Respond to a blocking client."""
        time.sleep(self._delay(request))
        return self._response(request)

    async def handle_asynchronously(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(self._delay(request))
        return self._response(request)

    def _delay(self, request: httpx.Request) -> float:
        task_id = request.url.path.rpartition("/")[2]
        self.read[task_id] = self.read.get(task_id, 0) + 1
        if task_id == ID:
            return 0.4 / SCALE
        return float(request.extensions["timeout"].get("read")) if self._slow else 0.0

    def _response(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(ID):
            return httpx.Response(200, json=COMPLETED)
        if self._slow:
            raise httpx.ReadTimeout("too slow", request=request)
        return httpx.Response(429, json=RATE_LIMITED, headers={"retry-after": str(2 / SCALE)})


@pytest.fixture(params=[EvoLink, AsyncEvoLink])
async def connect(request: pytest.FixtureRequest) -> AsyncIterator[Callable[[Api], EvoLink | AsyncEvoLink]]:
    """Create a client of either kind, with its usual retries."""
    clients: list[EvoLink | AsyncEvoLink] = []

    def connect(api: Api) -> EvoLink | AsyncEvoLink:
        handle = api.handle if request.param is EvoLink else api.handle_asynchronously
        transport: Any = httpx.MockTransport(handle)
        clients.append(request.param("sk-evo-test", base_url="https://api.invalid", transport=transport))
        return clients[-1]

    yield connect
    for client in clients:
        if isinstance(client, AsyncEvoLink):
            await client.aclose()
        else:
            client.close()


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    callbacks.parse(json.dumps(COMPLETED))  # imports the models, which takes part of the time for a delivery
    monkeypatch.setattr(callbacks, "FRACTION_BEFORE_HANDLER", callbacks.FRACTION_BEFORE_HANDLER / SCALE)


async def deliver(receiver: CallbackReceiver, task_id: str) -> int:
    """Send one callback; returns the status of the response."""
    responses: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps({**COMPLETED, "id": task_id}).encode()}

    async def send(message: Any) -> None:
        responses.append(message)

    await receiver({"type": "http", "method": "POST"}, receive, send)
    return int(responses[0]["status"])


async def deliveries(receiver: CallbackReceiver) -> list[int]:
    """Deliver the callback of the real task as documented; returns the status of each attempt."""
    statuses: list[int] = []
    for wait in (0, *DELIVERY["retry-after-seconds"]):
        await asyncio.sleep(wait / SCALE)
        statuses.append(await deliver(receiver, ID))
        if statuses[-1] < 300:
            break
    return statuses


@asynccontextmanager
async def flood(receiver: CallbackReceiver) -> AsyncGenerator[list[asyncio.Task[int]]]:
    """Send forged callbacks for the length of the block, which begins when the first ones have run out of time."""
    forged: list[asyncio.Task[int]] = []

    async def send() -> None:
        began = time.monotonic()
        for number in count():
            forged.append(asyncio.ensure_future(deliver(receiver, f"task-unified-{number}")))
            await asyncio.sleep(max(0.0, began + number / FORGED_A_SECOND - time.monotonic()))

    sending = asyncio.ensure_future(send())
    await asyncio.sleep(1.1 * DELIVERY["timeout-seconds"] * callbacks.FRACTION_BEFORE_HANDLER)
    yield forged
    sending.cancel()
    with suppress(asyncio.CancelledError):
        await sending
    await asyncio.wait(forged)


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("slow", [False, True])
async def test_real_callback_overtakes_forged_ones_whose_reads_fail(connect: Any, *, slow: bool) -> None:
    api = Api(slow=slow)
    tasks: list[str] = []
    receiver = CallbackReceiver(connect(api), lambda task: tasks.append(task.id))
    async with flood(receiver) as forged:
        statuses = await deliveries(receiver)
    assert statuses in ([204], [503, 204])
    assert tasks == [ID]
    assert {task.result() for task in forged} == {503}
    assert set(api.read.values()) == {1}  # without retries, which would sleep


@pytest.mark.usefixtures("fast")
async def test_forged_callbacks_cost_one_call_of_known_and_no_read(connect: Any) -> None:
    api, calls, threads = Api(), list[str](), set[str]()

    def known(task_id: str) -> bool:
        time.sleep(0.005)
        calls.append(task_id)
        threads.add(threading.current_thread().name)
        return task_id == ID

    receiver = CallbackReceiver(connect(api), lambda _: None, known=known)
    async with flood(receiver) as forged:
        assert await deliveries(receiver) == [204]
    assert sorted(calls) == sorted([ID, *(f"task-unified-{number}" for number in range(len(forged)))])
    assert api.read == {ID: 1}
    assert len(threads) <= _callback_lanes.MAX_CHECKS
    assert all(name.startswith("evolink-callbacks") for name in threads)


async def test_number_of_waiting_callbacks_is_bounded_and_one_line_tells(
    connect: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_callback_lanes, "MAX_CHECKS", 1)
    monkeypatch.setattr(_callback_lanes, "MAX_WAITING", 10)
    is_over = asyncio.Event()

    async def known(task_id: str) -> bool:
        return task_id == ID or not await is_over.wait()

    receiver = CallbackReceiver(connect(Api()), lambda _: None, known=known)
    with caplog.at_level(logging.WARNING, "evolink"):
        forged = [asyncio.ensure_future(deliver(receiver, f"task-unified-{number}")) for number in range(100)]
        for refused in islice(asyncio.as_completed(forged), 100 - 10 - 1):  # the others wait, and one is checked
            assert await refused == 503
        assert sum(task.done() for task in forged) == 100 - 10 - 1
        assert await deliver(receiver, ID) == 503
        assert await deliver(receiver, ID) == 204  # the repeated delivery does not wait for the forged ones
        is_over.set()
        assert {await task for task in forged} == {503}
    assert [record.getMessage() for record in caplog.records] == [
        "10 callbacks are waiting; more are refused until they are checked"
    ]


async def test_body_is_small_enough_to_be_parsed_while_others_arrive() -> None:
    with EvoLink("sk-evo-test", base_url="https://api.invalid") as client:
        receiver = CallbackReceiver(client, lambda _: None)
        body = b'{"id":"a","status":"completed","x":[' + b"[]," * 333_000 + b"0]}"
        requests: list[Any] = [{"type": "http.request", "body": body}] * 20
        responses: list[Any] = []

        async def receive() -> Any:
            return requests.pop()

        async def send(message: Any) -> None:
            responses.append(message)

        began = time.process_time()
        for _ in range(20):
            await receiver({"type": "http", "method": "POST"}, receive, send)
        assert time.process_time() - began < 0.5
    assert {message["status"] for message in responses if "status" in message} == {413}
