"""Waiting: a failed read does not fail the task, and running out of time loses nothing."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evolink
from evolink import (
    AsyncEvoLink,
    CreatedTask,
    EvoLink,
    EvoLinkError,
    NotFound,
    RateLimited,
    ResponseLost,
    ServerError,
    Task,
    TaskCancelled,
    TaskFailed,
    TaskNotCompleted,
    Unauthorized,
    Unavailable,
    UnexpectedResponse,
    WaitTimeout,
    Wan25ImageToVideo,
)
from evolink._contract import packaged_contract
from evolink._polling import LONGEST, MIN_READ_SECONDS, SHORTEST, UNKNOWN_SECONDS, Read, next_read, waiting
from evolink._retries import MAX_RETRY_AFTER, Pause
from evolink.errors import NextStep, ResponseInfo
from evolink_mock import MockServer

ID = "task-unified-1757169743-7cvnl5zw"
NOW = 1_757_169_743.0
FAILED_READ = ResponseInfo("GET", f"/v1/tasks/{ID}", 500)
TEMPORARY = [ServerError, ResponseLost, RateLimited, Unavailable, UnexpectedResponse]
REQUEST = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/a.png"])


def task(status: str, progress: Any = 0, **fields: Any) -> Task:
    return Task.from_dict({"id": ID, "status": status, "progress": progress, "created": int(NOW), **fields})


class Simulation:
    """A simulated wait: a task, a clock, and the reads and pauses so far."""

    def __init__(self, respond: Callable[[float, int], Task | EvoLinkError], read_seconds: float = 0.0) -> None:
        self.time = 1000.0
        self.reads: list[float] = []
        self.pauses: list[float] = []
        self.updates: list[Task] = []
        self._respond, self._read_seconds = respond, read_seconds

    @property
    def elapsed(self) -> float:
        """The seconds since the wait began."""
        return self.time - 1000.0

    def wait(self, seconds: float) -> Task | EvoLinkError:
        flow = waiting(
            ID,
            seconds,
            random=lambda: 0.5,
            on_update=self.updates.append,
            clock=lambda: self.time,
            now=lambda: NOW + self.elapsed,
        )
        try:
            step = next(flow)
            while True:
                if isinstance(step, Pause):
                    assert step.seconds >= 0
                    self.pauses.append(step.seconds)
                    self.time += step.seconds
                    step = flow.send(None)
                else:
                    assert step.task_id == ID
                    self.reads.append(self.elapsed)
                    self.time += self._read_seconds
                    result = self._respond(self.elapsed, len(self.reads))
                    step = flow.throw(result) if isinstance(result, EvoLinkError) else flow.send(result)
        except StopIteration as end:
            done: Task = end.value
            return done
        except EvoLinkError as error:
            return error


def running(length: float, end: Task, estimate: Any = None) -> Callable[[float, int], Task]:
    """Return a function that responds with a task that takes `length` seconds and reports its progress."""

    def respond(elapsed: float, _: int) -> Task:
        if elapsed >= length:
            return end
        info = {} if estimate is None else {"task_info": {"can_cancel": True, "estimated_time": estimate}}
        return task("processing", int(100 * elapsed / length), **info)

    return respond


LENGTHS = st.floats(0, 3000)
ESTIMATES = st.one_of(st.none(), st.integers(0, 5000), st.just("soon"), st.just(-1), st.booleans())


@settings(deadline=None, max_examples=150)
@given(LENGTHS, ESTIMATES)
def test_completed_task_is_returned_soon_after_its_end(length: float, estimate: Any) -> None:
    simulation = Simulation(running(length, task("completed", 100), estimate))
    result = simulation.wait(10_000)
    assert isinstance(result, Task)
    assert simulation.elapsed - length <= LONGEST
    assert simulation.updates[-1].status == "completed"


@settings(deadline=None, max_examples=150)
@given(LENGTHS, ESTIMATES, st.floats(0, 2000))
def test_first_read_is_immediate_and_others_but_the_last_are_a_second_apart(
    length: float, estimate: Any, seconds: float
) -> None:
    simulation = Simulation(running(length, task("completed", 100), estimate))
    simulation.wait(seconds)
    assert simulation.reads[0] == 0
    assert all(
        later - earlier >= SHORTEST - 1e-6
        for earlier, later in zip(simulation.reads[:-2], simulation.reads[1:-1], strict=True)
    )
    assert all(pause <= LONGEST for pause in simulation.pauses)


@settings(deadline=None, max_examples=150)
@given(st.floats(0, 2000), ESTIMATES, st.floats(0, 60))
def test_timeout_is_exceeded_by_at_most_one_read_and_the_error_has_the_task(
    seconds: float, estimate: Any, read_seconds: float
) -> None:
    simulation = Simulation(running(1e9, task("completed", 100), estimate), read_seconds)
    result = simulation.wait(seconds)
    assert isinstance(result, WaitTimeout)
    assert (result.task_id, result.task) == (ID, simulation.updates[-1])
    assert result.next_steps == (NextStep("wait", ID),)
    assert str(result) == (
        f"{ID} has not ended within {seconds:g} s and was processing at the last read. "
        f"The task continues on the server; call wait('{ID}') to wait for it"
    )
    assert seconds - 1e-6 <= simulation.elapsed <= seconds + read_seconds + 1e-6


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(TEMPORARY), max_size=12), st.floats(0, 100), st.randoms())
def test_failed_reads_never_fail_a_task(kinds: list[type[Any]], length: float, chance: random.Random) -> None:
    failures = [kind(FAILED_READ._replace(retry_after=chance.choice([None, 0.0, 5.0]))) for kind in kinds]
    inner = running(length, task("completed", 100))

    def respond(elapsed: float, number: int) -> Task | EvoLinkError:
        return failures.pop() if failures and chance.random() < 0.7 else inner(elapsed, number)

    result = Simulation(respond).wait(10_000)
    assert isinstance(result, Task)


@settings(deadline=None, max_examples=100)
@given(st.floats(0, 500), st.sampled_from(TEMPORARY))
def test_task_that_cannot_be_read_times_out_with_the_reason(seconds: float, kind: type[Any]) -> None:
    failure = kind(FAILED_READ)
    simulation = Simulation(lambda _, __: failure)
    result = simulation.wait(seconds)
    assert isinstance(result, WaitTimeout)
    assert (result.task, result.last_error) == (None, failure)
    assert simulation.elapsed <= seconds + 1e-6


def test_retry_after_of_a_failed_read_is_honoured() -> None:
    failure = RateLimited(FAILED_READ._replace(retry_after=30.0))
    simulation = Simulation(lambda _, number: failure if number == 1 else task("completed", 100))
    assert isinstance(simulation.wait(100), Task)
    assert simulation.pauses[0] >= 30
    assert MAX_RETRY_AFTER >= 30


@pytest.mark.parametrize("kind", [Unauthorized, evolink.PermissionDenied, evolink.QuotaExceeded, evolink.BadRequest])
def test_final_refusal_of_a_read_ends_the_wait_and_says_that_the_task_continues(kind: type[Any]) -> None:
    simulation = Simulation(lambda _, __: kind(FAILED_READ))
    result = simulation.wait(600)
    assert isinstance(result, EvoLinkError)
    assert type(result) is kind
    assert (len(simulation.reads), result.next_steps[-1]) == (1, NextStep("wait", ID))
    assert str(result).endswith(f". The task continues on the server; call wait('{ID}') to wait for it")


def test_task_that_is_unknown_at_first_is_waited_for() -> None:
    def respond(elapsed: float, _: int) -> Task | EvoLinkError:
        return NotFound(FAILED_READ) if elapsed < UNKNOWN_SECONDS / 2 else task("completed", 100)

    assert isinstance(Simulation(respond).wait(600), Task)


def test_task_that_stays_unknown_is_not_found() -> None:
    simulation = Simulation(lambda _, __: NotFound(FAILED_READ))
    assert isinstance(simulation.wait(600), NotFound)
    assert UNKNOWN_SECONDS <= simulation.elapsed <= UNKNOWN_SECONDS + 2 * LONGEST


@pytest.mark.parametrize("status", ["queued", "", "COMPLETED", "succeeded"])
def test_unknown_status_keeps_waiting(status: str) -> None:
    simulation = Simulation(lambda _, number: task(status) if number < 5 else task("completed", 100))
    assert isinstance(simulation.wait(600), Task)
    assert len(simulation.reads) == 5


def test_end_of_a_task_is_noticed_soon_with_few_reads() -> None:
    for length in (20.0, 60.0, 120.0, 300.0, 900.0):
        simulation = Simulation(running(length, task("completed", 100), 120))
        simulation.wait(10_000)
        assert simulation.elapsed - length <= max(2.0, 0.08 * length)
        assert len(simulation.reads) <= max(16.0, length / 5)


@pytest.mark.parametrize("odd", [None, "x", [], {}, True, float("nan"), float("inf"), -5, 1e300])
def test_odd_progress_and_times_do_not_disturb_the_pace(odd: Any) -> None:
    strange = task("processing", odd, task_info={"estimated_time": odd}, usage=odd)
    strange.created = odd
    assert SHORTEST <= next_read(strange, 0.0, 10.0, NOW) <= LONGEST


def test_clock_that_disagrees_with_the_server_does_not_disturb_the_pace() -> None:
    for skew in (-86_400.0, -60.0, 60.0, 86_400.0, 1e9):
        assert SHORTEST <= next_read(task("processing", 50), 0.0, 10.0, NOW + skew) <= LONGEST


@pytest.mark.parametrize("estimate", [None, 0, 120, 2400])
def test_wrong_estimate_delays_the_last_read_by_at_most_half_of_the_run_time(estimate: int | None) -> None:
    for length in (2.0, 5.0, 17.0, 31.0):
        simulation = Simulation(running(length, task("completed", 100), estimate))
        simulation.wait(10_000)
        assert simulation.elapsed - length <= max(SHORTEST, length / 2)


def test_on_update_is_called_only_after_a_change() -> None:
    reads = [task("pending"), task("pending"), task("processing", 10), task("processing", 10), task("completed", 100)]
    simulation = Simulation(lambda _, number: reads[number - 1])
    simulation.wait(600)
    assert [(each.status, each.progress) for each in simulation.updates] == [
        ("pending", 0),
        ("processing", 10),
        ("completed", 100),
    ]


@pytest.mark.parametrize("code", packaged_contract().schemas["TaskErrorCode"]["enum"])
def test_error_of_a_failed_task_has_its_code_and_whether_a_retry_can_help(code: str) -> None:
    failed = task("failed", error={"code": code, "message": "Why\nindeed", "type": "task_error"})
    result = Simulation(lambda _, __: failed).wait(600)
    assert isinstance(result, TaskNotCompleted)
    assert (result.task, result.task_id) == (failed, ID)
    if code == "request_cancelled":
        assert isinstance(result, TaskCancelled)
        return
    known = packaged_contract().failures[code]
    assert isinstance(result, TaskFailed)
    assert (result.code, result.message, result.retry, result.advice) == (
        code,
        "Why\nindeed",
        known["retry"],
        known["advice"],
    )
    assert known["advice"].rstrip(".").lower() in str(result).lower()


@pytest.mark.parametrize("error", [None, "oops", [], {}, {"code": 5, "message": None}, {"code": "brand_new"}])
def test_failed_task_without_a_readable_reason_raises_task_failed(error: Any) -> None:
    result = Simulation(lambda _, __: task("failed", error=error)).wait(600)
    assert isinstance(result, TaskFailed)
    assert (result.retry, result.message) == (None, "")


def test_cancelled_task_is_cancelled_in_both_forms() -> None:
    by_code = task("failed", error={"code": "request_cancelled", "message": "No", "type": "task_error"})
    for cancelled in (task("cancelled", 99), by_code):
        assert isinstance(Simulation(running(0, cancelled)).wait(600), TaskCancelled)


def test_interruption_of_a_wait_names_the_task() -> None:
    for steps in (1, 2):  # during a read, and during a pause
        flow = waiting(ID, 600, random=random.random)
        next(flow)
        if steps == 2:
            flow.send(task("pending"))
        with pytest.raises(KeyboardInterrupt) as caught:
            flow.throw(KeyboardInterrupt())
        assert caught.value.__notes__ == [f"The task continues on the server; call wait('{ID}') to wait for it."]


@pytest.fixture
def quick() -> Iterator[MockServer]:
    """A mock server whose tasks end at the first read."""
    with MockServer(pace="after-1-read") as server:
        yield server


@pytest.fixture
def api(quick: MockServer) -> Iterator[EvoLink]:
    """A client of that mock server."""
    with EvoLink(quick.api_key, base_url=quick.url) as client:
        yield client


def test_wait_takes_a_created_task_a_task_or_an_id(api: EvoLink) -> None:
    created = api.submit(REQUEST)
    for given_task in (created, created.id, CreatedTask(id=created.id, status="pending")):
        assert api.wait(given_task).status == "completed"


def test_generate_submits_and_waits(api: EvoLink) -> None:
    updates: list[Task] = []
    assert api.generate(REQUEST, timeout=30, on_update=updates.append).status == "completed"
    assert [update.status for update in updates] == ["completed"]


def test_timeout_of_0_reads_once() -> None:
    with MockServer() as slow, EvoLink(slow.api_key, base_url=slow.url) as api:
        created = api.submit(REQUEST)
        with pytest.raises(WaitTimeout) as caught:
            api.wait(created, timeout=0)
        assert caught.value.task is not None
        assert caught.value.task.status == "pending"


@pytest.mark.parametrize("timeout", [-1, float("inf"), float("nan"), "5", None, True])
def test_invalid_timeout_of_a_wait_is_refused(api: EvoLink, timeout: Any) -> None:
    with pytest.raises(evolink.ConfigurationError, match="timeout"):
        api.wait(ID, timeout=timeout)


PREFERENCES = ["outcome=completed", "outcome=failed; code=service_error", "outcome=cancelled"]
ENDS = [Task, TaskFailed, TaskCancelled]


def test_wait_all_returns_every_end_in_order(api: EvoLink) -> None:
    ids = [api.submit(REQUEST, extra_headers={"prefer": preference}).id for preference in PREFERENCES * 4]
    updates: list[Task] = []
    ends = api.wait_all(ids, concurrency=3, on_update=updates.append)
    assert [type(end) for end in ends] == ENDS * 4
    assert [end.id if isinstance(end, Task) else getattr(end, "task_id", None) for end in ends] == ids
    assert {update.id for update in updates} == set(ids)
    assert api.wait_all([]) == []


@pytest.mark.anyio
async def test_asynchronous_wait_all_returns_every_end_in_order(quick: MockServer) -> None:
    async with AsyncEvoLink(quick.api_key, base_url=quick.url) as api:
        ids = [(await api.submit(REQUEST, extra_headers={"prefer": preference})).id for preference in PREFERENCES * 4]
        ends = await api.wait_all(ids, concurrency=3)
        assert [type(end) for end in ends] == ENDS * 4
        assert (await api.generate(REQUEST)).status == "completed"


class Crowd(httpx.BaseTransport):
    """Counts how many requests run at the same time."""

    def __init__(self) -> None:
        self.now = self.most = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.now += 1
        self.most = max(self.most, self.now)
        task_id = request.url.path.rpartition("/")[2]
        self.now -= 1
        return httpx.Response(200, json={"id": task_id, "status": "completed", "progress": 100})


def test_wait_all_reads_at_most_as_many_tasks_at_a_time_as_concurrency_says() -> None:
    crowd = Crowd()
    with EvoLink("sk-evo-mock", base_url="https://api.example.com", transport=crowd) as api:
        ends = api.wait_all([f"task-unified-1-{number}" for number in range(50)], concurrency=4)
    assert len(ends) == 50
    assert 1 <= crowd.most <= 4


@pytest.mark.parametrize("concurrency", [0, -1, True, 5000, "8", 2.5, None])
def test_wait_all_refuses_an_invalid_concurrency(api: EvoLink, concurrency: Any) -> None:
    with pytest.raises(evolink.ConfigurationError, match="concurrency"):
        api.wait_all([ID], concurrency=concurrency)


def test_interruption_of_wait_all_names_the_unfinished_tasks(api: EvoLink) -> None:
    def interrupt(update: Task) -> None:
        raise KeyboardInterrupt(update.id)

    ids = [api.submit(REQUEST).id for _ in range(3)]
    with pytest.raises(KeyboardInterrupt) as caught:
        api.wait_all(ids, on_update=interrupt)
    assert ids[2] in "".join(caught.value.__notes__)


# --- deadlines, interruptions and invalid arguments


def test_reads_of_a_wait_have_the_remaining_time_as_timeout() -> None:
    flow = waiting(ID, 20, random=random.random, clock=iter([0.0, 0.0, 0.0, 0.0, 12.0, 12.0, 12.0]).__next__)
    assert next(flow) == Read(ID, None)
    flow.send(task("pending"))
    assert flow.send(None) == Read(ID, 8.0)
    assert MIN_READ_SECONDS < 8


def test_all_waits_have_one_deadline() -> None:
    class Slow(httpx.MockTransport):
        def __init__(self) -> None:
            super().__init__(self.respond)
            self.reads = 0

        def respond(self, request: httpx.Request) -> httpx.Response:
            self.reads += 1
            time.sleep(0.02)
            task_id = request.url.path.rpartition("/")[2]
            return httpx.Response(200, json={"id": task_id, "status": "pending"})

    slow = Slow()
    with EvoLink("sk-evo-mock", base_url="https://api.example.com", transport=slow) as api:
        ends = api.wait_all([f"task-unified-1-{number}" for number in range(30)], timeout=0.1, concurrency=2)
    assert all(isinstance(end, WaitTimeout) for end in ends)
    assert 30 <= slow.reads <= 45


def test_error_raised_by_on_update_is_not_the_end_of_the_task(api: EvoLink) -> None:
    def full(update: Task) -> None:
        raise evolink.TransferError(f"no room for {update.id}")

    created = api.submit(REQUEST)
    with pytest.raises(evolink.TransferError, match="no room") as caught:
        api.wait(created, on_update=full)
    assert caught.value.__notes__ == ["It was raised by on_update."]
    assert caught.value.next_steps == (NextStep("wait", created.id),)
    with pytest.raises(evolink.TransferError, match="no room"):
        api.wait_all([api.submit(REQUEST)], on_update=full)


@pytest.mark.anyio
async def test_failed_asynchronous_wait_all_stops_every_read(quick: MockServer) -> None:
    def fail(update: Task) -> None:
        raise ZeroDivisionError(update.id)

    async with AsyncEvoLink(quick.api_key, base_url=quick.url) as api:
        created = [await api.submit(REQUEST) for _ in range(5)]
        before = len(asyncio.all_tasks())
        with pytest.raises(ZeroDivisionError):
            await api.wait_all(created, on_update=fail)
        wrong: Any = [created[0], None]
        with pytest.raises(evolink.InvalidRequest):
            await api.wait_all(wrong)
        assert len(asyncio.all_tasks()) == before
        with pytest.raises(evolink.TransferError):
            await api.wait(created[0], on_update=lambda _: (_ for _ in ()).throw(evolink.TransferError("full")))


@pytest.mark.parametrize("odd", [None, 5, b"task-unified-1-a", object()])
def test_argument_that_is_not_a_task_is_refused(api: EvoLink, odd: Any) -> None:
    for call in (api.wait, api.task, api.download):
        with pytest.raises(evolink.InvalidRequest, match="must be a task"):
            call(odd)
    with pytest.raises(evolink.ConfigurationError, match="for one, use wait"):
        api.wait_all(ID)


def test_tasks_to_wait_for_may_come_from_a_generator(api: EvoLink) -> None:
    ids = [api.submit(REQUEST).id for _ in range(3)]
    assert [type(end) for end in api.wait_all(each for each in ids)] == [Task] * 3


def test_error_message_of_a_task_is_one_line_without_the_key() -> None:
    key = "sk-evo-repeated-0123456789"
    error = {"code": "x", "message": f"\x1b[31m bad key {key} {'y' * 5000}", "type": "task_error"}
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, json={"id": ID, "status": "failed", "error": error, "note": key})
    )
    with (
        EvoLink(key, base_url="https://api.example.com", transport=transport) as api,
        pytest.raises(TaskFailed) as caught,
    ):
        api.wait(ID)
    assert key not in repr(vars(caught.value)) + str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000
