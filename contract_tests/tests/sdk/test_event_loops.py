"""An `AsyncEvoLink`, and a receiver with one, work in one event loop after another, but not in two at a time."""

from __future__ import annotations

import asyncio
import gc
import warnings
from typing import Any

import httpx
import pytest

from evolink import (
    AsyncEvoLink,
    CallbackReceiver,
    ConfigurationError,
    EvoLink,
    EvoLinkError,
    NotSent,
    Wan25ImageToVideo,
)
from evolink_client.api.account import get_credits
from evolink_mock import MockServer

REQUEST = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/a.png"])
NOWHERE = "http://127.0.0.1:9"


def test_asynchronous_client_follows_from_an_ended_event_loop_to_the_next(mock: MockServer) -> None:
    api = AsyncEvoLink(mock.api_key, base_url=mock.url)
    calls: list[str] = []

    async def record(request: httpx.Request) -> None:
        calls.append(request.url.path)

    api.client.get_async_httpx_client().event_hooks["request"].append(record)
    derived = api.client.with_headers({"x-run": "7"})

    async def use() -> str:
        assert (await get_credits.asyncio_detailed(client=derived)).status_code == 200
        return (await api.submit(REQUEST)).status

    assert [asyncio.run(use()) for _ in range(2)] == ["pending", "pending"]
    assert len(calls) == 2
    gc.collect()  # an unclosed connection would raise a ResourceWarning

    async def use_meanwhile() -> None:
        await api.credits()
        with pytest.raises(ConfigurationError, match="make one for each event loop"):
            await asyncio.to_thread(asyncio.run, api.credits())

    asyncio.run(use_meanwhile())
    asyncio.run(api.aclose())


@pytest.mark.parametrize(
    "transport", [httpx.MockTransport(lambda _: httpx.Response(200, json={"data": {}})), httpx.AsyncHTTPTransport()]
)
def test_transport_that_is_bound_to_an_event_loop_is_not_used_in_another(transport: httpx.AsyncBaseTransport) -> None:
    api = AsyncEvoLink("sk-evo-mock", base_url=NOWHERE, transport=transport, max_retries=0)

    async def use() -> object:
        try:
            return await api.credits()
        except EvoLinkError as error:
            return type(error)

    outcomes = [asyncio.run(use()) for _ in range(2)]
    assert outcomes[0] == outcomes[1] or outcomes == [NotSent, ConfigurationError]


def test_receiver_made_at_import_handles_requests_that_each_have_an_event_loop(mock: MockServer) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it prefers another HTTP library
        from starlette.testclient import TestClient  # noqa: PLC0415 - see above
    with EvoLink(mock.api_key, base_url=mock.url) as other:
        tasks = [other.generate(REQUEST) for _ in range(2)]
    handled: list[str] = []
    api = AsyncEvoLink(mock.api_key, base_url=mock.url)
    client: Any = TestClient(CallbackReceiver(api, lambda task: handled.append(task.id)))
    statuses = [client.post("/", json={"id": task.id, "status": "completed"}).status_code for task in tasks]
    assert (statuses, handled) == ([204, 204], [task.id for task in tasks])
    asyncio.run(api.aclose())


def test_receiver_reads_many_tasks_at_a_time_in_each_event_loop() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        task_id = request.url.path.rpartition("/")[2]
        return httpx.Response(200, json={"id": task_id, "status": "completed", "results": ["https://a.example/b.mp4"]})

    api = AsyncEvoLink("sk-evo-mock", base_url="https://api.invalid", transport=httpx.MockTransport(respond))
    receiver = httpx.ASGITransport(CallbackReceiver(api, lambda _: None))

    async def send_many(first: int) -> set[int]:
        async with httpx.AsyncClient(transport=receiver, base_url="http://receiver.invalid") as sender:
            bodies = [
                {"id": f"task-unified-{number}-abcdefgh", "status": "completed"} for number in range(first, first + 20)
            ]
            return {
                response.status_code
                for response in await asyncio.gather(*(sender.post("/", json=body) for body in bodies))
            }

    assert [asyncio.run(send_many(first)) for first in (100, 200)] == [{204}, {204}]
    asyncio.run(api.aclose())
