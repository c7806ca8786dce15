"""Many submissions at once: a rate limit slows all of them down, and no task id gets lost."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import httpx
import pytest

from evolink import (
    AsyncEvoLink,
    BadRequest,
    ConfigurationError,
    EvoLink,
    EvoLinkError,
    InvalidRequest,
    QuotaExceeded,
    RateLimited,
    SubmissionUnknown,
    Task,
)
from evolink._batches import Batch, Pace, Send
from evolink._responses import waiting_time
from evolink._retries import Pause
from evolink.errors import ResponseInfo
from evolink_mock import MockServer

KEY = "sk-evo-batch-0123456789"
IMAGES = ["https://example.com/a.png"]


def request(number: int) -> dict[str, Any]:
    return {"model": "wan2.5-image-to-video", "prompt": f"{number}", "image_urls": IMAGES}


def task_id(number: int) -> str:
    return f"task-unified-1-{number}"


def number_of(sent: httpx.Request) -> int:
    return int(json.loads(sent.content)["prompt"])


def accepted(number: int) -> httpx.Response:
    return httpx.Response(200, json={"id": task_id(number), "status": "pending"})


def refusal(status: int, suggestion: str | None = None, headers: dict[str, str] | None = None) -> httpx.Response:
    error = {"code": status, "message": "No", "type": "t", "fallback_suggestion": suggestion}
    return httpx.Response(status, json={"error": error}, headers=headers)


class AsyncTransport(httpx.AsyncBaseTransport):
    """Responds with a function; an awaitable result is awaited."""

    def __init__(self, respond: Callable[[httpx.Request], Any]) -> None:
        self._respond = respond

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = self._respond(request)
        return response if isinstance(response, httpx.Response) else await response


Submit = Callable[..., list[Task | EvoLinkError]]


@pytest.fixture(params=["blocking", "asyncio"])
def submit_all(request: pytest.FixtureRequest) -> Submit:
    """`submit_all` of both clients, through a function that responds."""

    def blocking(respond: Callable[[httpx.Request], httpx.Response], requests: Any, **options: Any) -> Any:
        retries = options.pop("max_retries", 2)
        with EvoLink(KEY, transport=httpx.MockTransport(respond), max_retries=retries) as api:
            return api.submit_all(requests, **options)

    async def main(respond: Callable[[httpx.Request], httpx.Response], requests: Any, **options: Any) -> Any:
        retries = options.pop("max_retries", 2)
        async with AsyncEvoLink(KEY, transport=AsyncTransport(respond), max_retries=retries) as api:
            return await api.submit_all(requests, **options)

    def with_asyncio(*arguments: Any, **options: Any) -> Any:
        return asyncio.run(main(*arguments, **options))

    return blocking if request.param == "blocking" else with_asyncio


def ids(results: list[Task | EvoLinkError]) -> list[str]:
    return [each.id if isinstance(each, Task) else type(each).__name__ for each in results]


# --- results


def test_results_are_in_the_order_of_the_requests_and_an_error_does_not_stop_the_others(submit_all: Submit) -> None:
    seen: list[int] = []

    def respond(sent: httpx.Request) -> httpx.Response:
        number = number_of(sent)
        seen.append(number)
        if number == 3:
            raise httpx.ReadError("lost")
        return {1: refusal(400), 4: refusal(402)}.get(number) or accepted(number)

    requests: list[Any] = [*(request(number) for number in range(6)), {**request(6), "image_urls": []}, 7]
    results = submit_all(respond, iter(requests), concurrency=4)
    kinds = [BadRequest, SubmissionUnknown, QuotaExceeded, InvalidRequest, InvalidRequest]
    assert [type(each) for each in results if not isinstance(each, Task)] == kinds
    assert [each.id if isinstance(each, Task) else "" for each in results] == [
        *(task_id(0), "", task_id(2), "", "", task_id(5)), *("", "")
    ]  # fmt: skip
    assert sorted(seen) == list(range(6))


def test_no_more_requests_are_sent_at_a_time_than_concurrency(submit_all: Submit) -> None:
    running = most = 0
    lock = threading.Lock()
    full = threading.Barrier(3)

    def respond(sent: httpx.Request) -> httpx.Response:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if threading.current_thread() is not threading.main_thread():
            full.wait(5)
        with lock:
            running -= 1
        return accepted(number_of(sent))

    assert ids(submit_all(respond, [request(each) for each in range(6)], concurrency=3)) == list(map(task_id, range(6)))
    assert most <= 3


def test_no_requests_have_no_results(submit_all: Submit) -> None:
    def fail(sent: httpx.Request) -> httpx.Response:
        raise AssertionError(sent.url)

    assert submit_all(fail, []) == []


def test_each_request_has_its_idempotency_key(submit_all: Submit) -> None:
    seen: dict[int, str] = {}

    def respond(sent: httpx.Request) -> httpx.Response:
        seen[number_of(sent)] = sent.headers["idempotency-key"]
        return accepted(number_of(sent))

    keys = [f"order-2026-00000{number}" for number in range(3)]
    submit_all(respond, [request(number) for number in range(3)], idempotency_keys=keys)
    assert seen == dict(enumerate(keys))


def test_new_tasks_are_passed_on_with_their_positions(submit_all: Submit) -> None:
    created: dict[int, str] = {}

    def respond(sent: httpx.Request) -> httpx.Response:
        return refusal(400) if number_of(sent) == 1 else accepted(number_of(sent))

    def store(index: int, task: Task) -> None:
        created[index] = task.id

    submit_all(respond, [request(each) for each in range(3)], on_created=store)
    assert created == {0: task_id(0), 2: task_id(2)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"requests": request(1)}, "submit_all takes a list of requests; for one, use submit"),
        ({"requests": "abc"}, "submit_all takes a list of requests"),
        ({"requests": 5}, "requests must be a list, not 5"),
        ({"concurrency": 0}, "concurrency must be"),
        ({"timeout": 0}, "timeout must be"),
        ({"extra_headers": {"Host": "a"}}, "'Host' is not a header"),
        ({"on_created": 5}, "on_created must be a function"),
        ({"idempotency_keys": ["order-2026-000042"]}, "there are 2 requests, but 1 idempotency keys"),
        ({"idempotency_keys": "order-2026-000042"}, "submit_all takes a list of idempotency keys"),
    ],
)
def test_invalid_arguments_are_refused_before_anything_is_sent(
    submit_all: Submit, options: dict[str, Any], message: str
) -> None:
    sent: list[httpx.Request] = []

    def respond(each: httpx.Request) -> httpx.Response:
        sent.append(each)
        return accepted(0)

    with pytest.raises(ConfigurationError) as caught:
        submit_all(respond, **{"requests": [request(0), request(1)], **options})
    assert str(caught.value).startswith(message)
    assert sent == []


# --- rate limits


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("retry after 60 seconds", 60.0),
        ("Retry after 30 Seconds.", 30.0),
        ("Please try again in 2 minutes", 120.0),
        ("wait 1 min", 60.0),
        ("retry in 1.5s", 1.5),
        ("try again after 250ms", 0.25),
        ("retry after 1 hour", 3600.0),
        ("Please wait for at least 5 seconds before retrying", 5.0),
        ("retry after 60", 60.0),
        ("try again later", None),
        ("retry after 2026-11-21", None),
        ("retry after 1-2 minutes", None),
        ("1 of 60 seconds", None),
        ("Retry. You sent 60 requests", None),
        ("", None),
    ],
)
def test_waiting_time_is_read_from_the_text_of_an_error(text: str, seconds: float | None) -> None:
    assert waiting_time(text) == seconds


def test_documented_429_says_how_long_to_wait_in_its_body(
    contract: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("evolink._http.sleep", pauses.append)
    response = contract["paths"]["/v1/videos/generations"]["post"]["responses"]["429"]
    while "$ref" in response:
        response = contract["components"]["responses"][response["$ref"].rpartition("/")[2]]
    media_type = response["content"]["application/json"]
    body = media_type.get("example") or next(iter(media_type["examples"].values()))["value"]
    responses = [httpx.Response(429, json=body), accepted(0)]
    with EvoLink(KEY, transport=httpx.MockTransport(lambda _: responses.pop(0))) as api:
        assert api.submit(request(0)).id == task_id(0)
    assert body["error"]["fallback_suggestion"] == "retry after 60 seconds"
    assert 60 <= pauses[0] <= 60.5
    header = httpx.Response(429, json=body, headers={"retry-after": "7"})
    with (
        EvoLink(KEY, transport=httpx.MockTransport(lambda _: header), max_retries=0) as api,
        pytest.raises(RateLimited) as caught,
    ):
        api.submit(request(0))
    assert caught.value.retry_after == 7


class Clock:
    """A clock that advances only when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def simulate(
    respond: Callable[[int, float], BaseException | Task], number: int, *, concurrency: int, max_retries: int = 2
) -> tuple[list[Task | EvoLinkError], list[tuple[float, int]]]:
    """Run a batch with `concurrency` workers whose requests take no time; return the results and the sent requests."""
    clock = Clock()
    sent: list[tuple[float, int]] = []
    batch = Batch({}, number, Pace(max_retries, lambda: 0.0, clock), check_media=False)

    def worker() -> Iterator[float]:
        while batch.waiting:
            index = batch.waiting.popleft()
            flow = batch.flow(index)
            try:
                step: Any = next(flow)
                while True:
                    if isinstance(step, Pause):
                        yield step.seconds
                        step = next(flow)
                    else:
                        assert step == Send()
                        sent.append((clock.now, index))
                        outcome = respond(index, clock.now)
                        yield 0.0  # the other workers send, too
                        step = flow.throw(outcome) if isinstance(outcome, BaseException) else flow.send(outcome)
            except StopIteration as end:
                batch.end(index, end.value)
            except EvoLinkError as error:
                batch.end(index, error)

    turns = count(concurrency)
    due = [(0.0, number, worker()) for number in range(concurrency)]
    while due:
        moment, _, running = due.pop(due.index(min(due, key=lambda each: each[:2])))
        clock.now = max(clock.now, moment)
        pause = next(running, None)
        if pause is not None:
            due.append((clock.now + pause, next(turns), running))
    return batch.in_order(), sent


def limited(limit: int, window: float, retry_after: float | None) -> Callable[[int, float], BaseException | Task]:
    """A server that accepts `limit` creates per window."""
    accepts: list[float] = []

    def respond(index: int, now: float) -> BaseException | Task:
        accepts[:] = [each for each in accepts if each > now - window]
        if len(accepts) >= limit:
            return RateLimited(ResponseInfo("POST", "/", 429, retry_after=retry_after))
        accepts.append(now)
        return Task.from_dict({"id": task_id(index), "status": "pending"})

    return respond


@pytest.mark.parametrize(("limit", "window"), [(1, 1.0), (3, 10.0), (5, 60.0), (20, 60.0)])
@pytest.mark.parametrize("concurrency", [1, 2, 8, 50])
def test_every_request_is_accepted_at_the_pace_of_the_limit_with_few_refusals(
    limit: int, window: float, concurrency: int
) -> None:
    results, sent = simulate(limited(limit, window, window), 60, concurrency=concurrency)
    assert ids(results) == [task_id(number) for number in range(60)]
    refused = len(sent) - 60
    assert refused <= 60 + concurrency
    assert sent[-1][0] <= 3 * 60 / limit * window + 3 * window


def test_one_refusal_stops_all_requests_for_the_time_that_the_server_asks_for() -> None:
    results, sent = simulate(limited(2, 10.0, 10.0), 12, concurrency=4)
    assert ids(results) == [task_id(number) for number in range(12)]
    # Two of the first four are accepted, and two more start before the first refusal has arrived.
    assert [moment for moment, _ in sent if moment < 10] == [0.0] * 6


def test_limit_that_never_ends_costs_the_pauses_of_one_request_and_one_attempt_of_each_other() -> None:
    results, sent = simulate(limited(0, 1.0, 60.0), 100, concurrency=8)
    assert {type(each) for each in results} == {RateLimited}
    assert {index for _, index in sent} == set(range(100))
    assert sent[-1][0] <= 200
    assert len(sent) <= 100 + 3 * 8


def test_longer_waiting_time_than_a_minute_is_the_callers_decision() -> None:
    results, sent = simulate(limited(1, 1e9, 3600.0), 5, concurrency=2)
    assert ids(results) == [task_id(0), *["RateLimited"] * 4]
    assert (len(sent), sent[-1][0]) == (5, 0.0)


def test_without_retries_every_request_is_sent_once(submit_all: Submit) -> None:
    seen: list[int] = []

    def respond(sent: httpx.Request) -> httpx.Response:
        seen.append(number_of(sent))
        return refusal(429, headers={"retry-after": "0"})

    results = submit_all(respond, [request(each) for each in range(4)], max_retries=0)
    assert (ids(results), sorted(seen)) == (["RateLimited"] * 4, [0, 1, 2, 3])


def test_burst_against_the_rate_limit_of_the_mock_is_accepted_completely() -> None:
    limit = {"requests": 3, "seconds": 1}
    fault = {"when": {"operation": "create_video_generation"}, "do": {"code": 429}, "limit": limit}
    with MockServer(faults=[fault]) as mock, EvoLink(mock.api_key, base_url=mock.url) as api:
        results = api.submit_all([request(number) for number in range(7)], concurrency=7)
    assert [type(each) for each in results] == [Task] * 7
    assert len({each.id for each in results if isinstance(each, Task)}) == 7


# --- interruptions


def notes(error: BaseException) -> str:
    return "\n".join(getattr(error, "__notes__", ()))


def test_error_of_on_created_loses_no_id(submit_all: Submit, caplog: pytest.LogCaptureFixture) -> None:
    has_failed = threading.Event()
    seen: list[int] = []

    def fail(index: int, task: Task) -> None:
        has_failed.set()
        raise ZeroDivisionError(f"{index} {task.id}")

    def respond(sent: httpx.Request) -> httpx.Response:
        seen.append(number_of(sent))
        if number_of(sent) > 0 and threading.current_thread() is not threading.main_thread():
            has_failed.wait(5)
        return accepted(number_of(sent))

    with pytest.raises(ZeroDivisionError) as caught:
        submit_all(respond, [request(each) for each in range(50)], concurrency=4, on_created=fail)
    assert len(seen) < 50
    told = notes(caught.value)
    assert [each for each in seen if f"{task_id(each)}," not in told and f"{task_id(each)}." not in told] == []
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert {line.split()[0] for line in lines} == {task_id(each) for each in seen}


@pytest.mark.anyio
async def test_cancelled_batch_waits_for_the_requests_on_their_way_and_starts_no_others() -> None:
    on_their_way, release = asyncio.Event(), asyncio.Event()
    seen: list[int] = []

    async def respond(sent: httpx.Request) -> httpx.Response:
        number = number_of(sent)
        seen.append(number)
        if number == 0:
            return accepted(0)
        if len(seen) == 4:
            on_their_way.set()
        await release.wait()
        return accepted(number)

    async with AsyncEvoLink(KEY, transport=AsyncTransport(respond)) as api:
        batch = asyncio.ensure_future(api.submit_all([request(each) for each in range(20)], concurrency=3))
        await on_their_way.wait()
        batch.cancel()
        await asyncio.sleep(0)
        release.set()
        with pytest.raises(asyncio.CancelledError) as caught:
            await batch
    assert seen == [0, 1, 2, 3]
    assert notes(caught.value) == (
        f"These tasks were created and continue on the server: {', '.join(map(task_id, range(4)))}."
    )


@pytest.mark.anyio
async def test_batch_that_is_cancelled_twice_names_what_may_have_been_accepted_and_logs_its_ids_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    on_their_way, release = asyncio.Event(), asyncio.Event()

    async def respond(sent: httpx.Request) -> httpx.Response:
        on_their_way.set()
        await release.wait()
        return accepted(number_of(sent))

    async with AsyncEvoLink(KEY, transport=AsyncTransport(respond)) as api:
        batch = asyncio.ensure_future(api.submit_all([request(each) for each in range(5)], concurrency=2))
        await on_their_way.wait()
        for _ in range(2):
            batch.cancel()
            await asyncio.sleep(0.01)
        with pytest.raises(asyncio.CancelledError) as caught:
            await batch
        assert notes(caught.value) == "These requests may have been accepted and charged, too: 0, 1."
        release.set()
        await asyncio.sleep(0.05)
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert sorted(told) == [
        "request 0 of an interrupted submit_all may have been accepted and charged",
        "request 1 of an interrupted submit_all may have been accepted and charged",
        "task-unified-1-0 lives on: it was created by request 0 of an interrupted submit_all",
        "task-unified-1-1 lives on: it was created by request 1 of an interrupted submit_all",
    ]


@pytest.mark.anyio
async def test_cancelled_batch_does_not_wait_for_a_rate_limit() -> None:
    def respond(sent: httpx.Request) -> httpx.Response:
        return refusal(429, "retry after 60 seconds") if number_of(sent) else accepted(0)

    async with AsyncEvoLink(KEY, transport=AsyncTransport(respond)) as api:
        with pytest.raises(TimeoutError) as caught:
            await asyncio.wait_for(api.submit_all([request(each) for each in range(5)], concurrency=1), 0.1)
    assert notes(caught.value.__cause__ or caught.value) == (
        "These tasks were created and continue on the server: task-unified-1-0."
    )


def test_interrupted_threads_start_no_more_requests_and_lose_no_id() -> None:
    seen: list[int] = []
    release = threading.Event()

    def respond(sent: httpx.Request) -> httpx.Response:
        seen.append(number_of(sent))
        if number_of(sent):
            release.wait(5)
        return accepted(number_of(sent))

    def interrupt(index: int, task: Task) -> None:
        release.set()
        raise KeyboardInterrupt(index, task.id)

    with (
        EvoLink(KEY, transport=httpx.MockTransport(respond)) as api,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        api.submit_all([request(each) for each in range(20)], concurrency=3, on_created=interrupt)
    assert [each for each in seen if task_id(each) not in notes(caught.value)] == []
    assert len(seen) < 20
