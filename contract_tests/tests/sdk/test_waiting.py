"""Waiting: a failed read does not fail the task, and running out of time loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
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
    OnUpdateError,
    RateLimited,
    ResponseLost,
    ResultsMissing,
    ServerError,
    Task,
    TaskCancelled,
    TaskExpired,
    TaskFailed,
    TaskNotCompleted,
    Unauthorized,
    Unavailable,
    UnexpectedResponse,
    UnknownStatusWarning,
    WaitTimeout,
    Wan25ImageToVideo,
)
from evolink._contract import packaged_contract
from evolink._outcomes import result_links
from evolink._polling import (
    LAST_READ_SECONDS,
    LONGEST,
    RESULTS_SECONDS,
    SHORTEST,
    UNKNOWN_SECONDS,
    Read,
    next_read,
    waiting,
)
from evolink._retries import MAX_RETRY_AFTER, Pause
from evolink.errors import NextStep, ResponseInfo
from evolink_client.api.videos import create_video_generation
from evolink_mock import MockServer

ID = "task-unified-1757169743-7cvnl5zw"
NOW = 1_757_169_743.0
FAILED_READ = ResponseInfo("GET", f"/v1/tasks/{ID}", 500)
REFUSED_READ = FAILED_READ._replace(documented=True)
TEMPORARY = [ServerError, ResponseLost, RateLimited, Unavailable, UnexpectedResponse]
REQUEST = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/a.png"])
MODEL = REQUEST.to_dict()["model"]


LINK, OTHER = "https://media.example/a.mp4?signature=s3cret", "https://media.example/b.mp4?x=1,2"


def task(status: str, progress: Any = 0, **fields: Any) -> Task:
    if status == "completed":
        fields = {"results": [LINK], **fields}
    return Task.from_dict({"id": ID, "status": status, "progress": progress, "created": int(NOW), **fields})


COMPLETED = task("completed", 100)


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

    def wait(self, seconds: float, on_unknown: Callable[[Task], Any] | None = None) -> Task | EvoLinkError:
        flow = waiting(
            ID,
            seconds,
            random=lambda: 0.5,
            on_update=self.updates.append,
            on_unknown=on_unknown,
            clock=lambda: self.time,
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


FINAL = [
    Unauthorized, evolink.PermissionDenied, evolink.QuotaExceeded, evolink.BadRequest, evolink.Refused
]  # fmt: skip


@pytest.mark.parametrize("kind", FINAL)
def test_final_refusal_of_a_read_ends_the_wait_and_says_that_the_task_continues(kind: type[Any]) -> None:
    simulation = Simulation(lambda _, __: kind(REFUSED_READ))
    result = simulation.wait(600)
    assert isinstance(result, EvoLinkError)
    assert type(result) is kind
    assert (len(simulation.reads), result.next_steps[-1]) == (1, NextStep("wait", ID))
    assert str(result).endswith(f". The task continues on the server; call wait('{ID}') to wait for it")


@pytest.mark.parametrize("kind", [*FINAL, NotFound])
def test_refusal_in_another_format_than_that_of_the_api_is_a_failed_read(kind: type[Any]) -> None:
    foreign = kind(FAILED_READ)
    simulation = Simulation(lambda elapsed, _: foreign if elapsed < 100 else task("completed", 100))
    assert isinstance(simulation.wait(600), Task)
    result = Simulation(lambda _, __: foreign).wait(600)
    assert isinstance(result, WaitTimeout)
    assert (result.last_error, result.next_steps[-1]) == (foreign, NextStep("wait", ID))


@pytest.mark.parametrize("kind", [RateLimited, Unavailable, evolink.Conflict])
def test_refusal_that_passes_is_a_failed_read_in_the_format_of_the_api_too(kind: type[Any]) -> None:
    simulation = Simulation(lambda _, number: kind(REFUSED_READ) if number < 3 else task("completed", 100))
    assert isinstance(simulation.wait(600), Task)


OWN = [
    {"error": {"code": 403, "message": "Access denied", "type": "permission_error"}},
    {"error": {"code": "permission_denied", "message": "No", "type": "invalid_request_error", "param": "task_id"}},
]
FOREIGN: list[Any] = [
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>",
    "",
    "error code: 1010",
    {"message": "Forbidden"},
    {"error": "forbidden"},
    {"error": {"code": 1020, "message": "Access denied"}},
    {"error": {"code": 403, "message": "Denied by policy", "status": "PERMISSION_DENIED"}},
    {"success": False, "errors": [{"code": 10000, "message": "Authentication error"}]},
    [],
    None,
]


@pytest.mark.parametrize("body", [*OWN, *FOREIGN])
@pytest.mark.parametrize("status", [401, 403, 404, 451])
def test_only_a_documented_error_body_is_a_refusal_by_the_api(status: int, body: Any) -> None:
    content: dict[str, Any] = {"text": body} if isinstance(body, str) else {"json": body}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, **content))
    with (
        EvoLink("sk-evo-mock", base_url="https://api.example.com", transport=transport) as api,
        pytest.raises(EvoLinkError) as caught,
    ):
        api.wait(ID, timeout=0)
    assert isinstance(caught.value, WaitTimeout) == (body not in OWN or status == 404)


def test_task_that_is_unknown_at_first_is_waited_for() -> None:
    def respond(elapsed: float, _: int) -> Task | EvoLinkError:
        return NotFound(REFUSED_READ) if elapsed < UNKNOWN_SECONDS / 2 else task("completed", 100)

    assert isinstance(Simulation(respond).wait(600), Task)


def test_task_that_stays_unknown_is_not_found() -> None:
    simulation = Simulation(lambda _, __: NotFound(REFUSED_READ))
    assert isinstance(simulation.wait(600), NotFound)
    assert UNKNOWN_SECONDS <= simulation.elapsed <= UNKNOWN_SECONDS + 2 * LONGEST


# --- statuses


@pytest.mark.parametrize(
    "status", ["queued", "", "in_progress", "not_completed", "completed_with_errors", "cancelling", "成功", "paused"]
)
def test_unknown_status_keeps_waiting_and_is_reported_once(status: str) -> None:
    unknown: list[Task] = []
    simulation = Simulation(lambda _, number: task(status) if number < 5 else COMPLETED)
    assert isinstance(simulation.wait(600, on_unknown=unknown.append), Task)
    assert (len(simulation.reads), [each.status for each in unknown]) == (5, [status])


@pytest.mark.parametrize("status", ["pending", "PENDING", " Processing "])
def test_documented_status_in_another_case_is_not_unknown(status: str) -> None:
    unknown: list[Task] = []
    simulation = Simulation(lambda _, number: task(status) if number < 3 else COMPLETED)
    assert isinstance(simulation.wait(600, on_unknown=unknown.append), Task)
    assert unknown == []


ENDINGS = [
    (Task, ["completed", "COMPLETED", "Completed ", "succeeded", "SUCCESS", "succeed", "finished", "done", "complete",
            "TASK_STATUS_SUCCEEDED"]),
    (TaskFailed, ["failed", "FAILED", "Failure", "error", "rejected", "timed_out", "Timed-Out", "TIMEOUT"]),
    (TaskCancelled, ["cancelled", "canceled", "CANCELLED", "aborted", "terminated"]),
    (TaskExpired, ["expired", "EXPIRED", "deleted"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "status"), [(kind, status) for kind, statuses in ENDINGS for status in statuses])
def test_end_of_a_task_is_recognised_in_any_case_and_synonym(kind: type[Any], status: str) -> None:
    unknown: list[Task] = []
    simulation = Simulation(lambda _, __: task(status, 100, results=[LINK]))
    result = simulation.wait(600, on_unknown=unknown.append)
    assert (type(result), len(simulation.reads), unknown) == (kind, 1, [])
    if isinstance(result, EvoLinkError):
        assert ID in str(result)
        assert status.strip() in str(result) or "cancelled" in str(result) or status.casefold() == "failed"


# --- results


EMPTY: list[Any] = [
    {}, {"results": None}, {"results": []}, {"results": ""}, {"results": {}}, {"results": [""]}, {"results": [None]},
    {"results": [{"url": None, "id": "v1"}]}, {"results": {"videos": []}}, {"results": [], "result_data": {}},
]  # fmt: skip


@pytest.mark.parametrize("fields", EMPTY)
def test_completed_task_without_results_is_read_again_until_they_come(fields: dict[str, Any]) -> None:
    empty = Task.from_dict({"id": ID, "status": "completed", "progress": 100, **fields})
    complete = task("completed", 100, results=[LINK])
    simulation = Simulation(lambda elapsed, _: empty if elapsed < 7 else complete)
    assert simulation.wait(600) == complete
    assert simulation.elapsed < 15


@pytest.mark.parametrize("fields", EMPTY)
def test_completed_task_that_stays_without_results_is_named_as_such(fields: dict[str, Any]) -> None:
    empty = Task.from_dict({"id": ID, "status": "completed", "progress": 100, **fields})
    simulation = Simulation(lambda _, __: empty)
    result = simulation.wait(600)
    assert isinstance(result, ResultsMissing)
    assert (result.task, result.task_id) == (empty, ID)
    assert "is completed, but has had no results for 30 s" in str(result)
    assert (simulation.elapsed, len(simulation.reads)) == (RESULTS_SECONDS, 7)
    short = Simulation(lambda _, __: empty).wait(5)
    assert isinstance(short, WaitTimeout)
    assert "was completed at the last read, without results" in str(short)


def test_completed_task_with_other_results_than_links_has_results() -> None:
    element = task("completed", 100, results=None, result_data={"element_id": 7})
    assert Simulation(lambda _, __: element).wait(600) == element


SHAPES: list[tuple[Any, list[str]]] = [
    (LINK, [LINK]),
    (f" {LINK},{OTHER} ", [LINK, OTHER]),
    (f'["{LINK}"]', [LINK]),
    (f'{{"url": "{LINK}"}}', [LINK]),
    ([{"url": LINK}], [LINK]),
    ([{"video_url": LINK, "thumbnail_url": OTHER}, {"Url": OTHER}], [LINK, OTHER]),
    ([{"mp4": LINK, "id": "v1", "seconds": 5}], [LINK]),
    ({"url": LINK, "cover": OTHER}, [LINK]),
    ({"videos": [{"url": LINK}, OTHER]}, [LINK, OTHER]),
    ([{"first": LINK, "second": OTHER}], [""]),
    ([{"url": LINK, "video_url": OTHER}], [""]),
    ([{"cover_image": LINK}], [""]),
    ([{"id": 7}, LINK, 5, None], ["", LINK, "", ""]),
    ("[broken", [""]),
    (f'["{LINK}", NaN]', [""]),
    ({"videos": [LINK], "images": [OTHER]}, [""]),
]


@pytest.mark.parametrize(("results", "links"), SHAPES)
def test_link_is_found_in_every_shape_in_which_it_is_unmistakable(results: Any, links: list[str]) -> None:
    completed = task("completed", 100, results=results)
    assert result_links(completed) == links
    assert Simulation(lambda _, __: completed).wait(600) == completed


def test_results_without_an_unmistakable_link_are_named_by_their_shape(tmp_path: Path) -> None:
    with EvoLink("sk-evo-mock", base_url="https://api.example.com") as api:
        for results, shape in [
            ([{"first": LINK, "second": OTHER}], "a list of an object with the fields first, second"),
            ({"videos": [LINK], "images": [OTHER]}, "an object with the fields images, videos"),
            ("[broken", "a string"),
        ]:
            with pytest.raises(evolink.TransferError) as caught:
                api.download(task("completed", 100, results=results), tmp_path)
            assert str(caught.value) == f"result 0 of {ID} is not an http or https URL: results is {shape}"


nested: Any = [LINK]
for _ in range(900):
    nested = {"videos": nested}


def test_results_of_any_depth_are_read() -> None:
    assert result_links(task("completed", 100, results=nested)) == [""]
    assert isinstance(Simulation(lambda _, __: task("completed", 100, results=nested)).wait(9), Task)


def served(*bodies: dict[str, Any]) -> httpx.MockTransport:
    """Return a transport that responds with these tasks, and then always with the last one."""
    left = [{"id": ID, "progress": 100, **body} for body in bodies]
    return httpx.MockTransport(lambda _: httpx.Response(200, json=left.pop(0) if len(left) > 1 else left[0]))


def test_first_unknown_status_warns_once_per_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evolink._client.sleep", list[float]().append)
    bodies = [{"status": status} for status in ("queued", "queued", "reviewing")]
    completed = {"status": "completed", "results": [LINK]}
    transport = served(*bodies, completed, *bodies, completed)
    with (
        EvoLink("sk-evo-mock", base_url="https://api.example.com", transport=transport) as api,
        pytest.warns(UnknownStatusWarning) as warned,
    ):
        assert [api.wait(ID).status for _ in range(2)] == ["completed", "completed"]
    assert [(str(each.message), each.filename) for each in warned] == [
        ("'queued' is not a documented status of a task; the wait continues", __file__)
    ]


def test_unknown_status_ends_no_wait_even_if_warnings_are_errors(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("evolink._client.sleep", list[float]().append)
    transport = served({"status": "queued"}, {"status": "completed", "results": [LINK]})
    with EvoLink("sk-evo-mock", base_url="https://api.example.com", transport=transport) as api:
        assert api.wait(ID).status == "completed"
    assert "'queued' is not a documented status" in caplog.text


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
    assert SHORTEST <= next_read(strange, 10.0) <= LONGEST


@pytest.mark.parametrize("skew", [-1e9, -86_400, -60, 3600, 30 * 3600, 1e9])
def test_clock_of_the_server_does_not_change_the_pace(skew: float) -> None:
    def pauses(created: float) -> list[float]:
        simulation = Simulation(
            lambda elapsed, _: task("processing", int(elapsed), created=int(created)) if elapsed < 60 else COMPLETED
        )
        assert isinstance(simulation.wait(600), Task)
        return simulation.pauses

    assert pauses(time.time() + skew) == pauses(time.time())


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
        return httpx.Response(200, json={"id": task_id, "status": "completed", "results": [LINK]})


def test_wait_all_reads_at_most_as_many_tasks_at_a_time_as_concurrency_says() -> None:
    crowd = Crowd()
    with EvoLink("sk-evo-mock", base_url="https://api.example.com", transport=crowd) as api:
        ends = api.wait_all([f"task-unified-1-{number}" for number in range(50)], concurrency=4)
    assert len(ends) == 50
    assert 1 <= crowd.most <= 4


@pytest.mark.anyio
@pytest.mark.parametrize("concurrency", [1, 2])
async def test_asynchronous_wait_all_needs_no_task_for_each_wait_and_reads_in_the_order_of_the_pauses(
    concurrency: int,
) -> None:
    reads: list[str] = []
    tasks: list[int] = []

    async def respond(request: httpx.Request) -> httpx.Response:
        task_id = request.url.path.rpartition("/")[2]
        reads.append(task_id)
        tasks.append(len(asyncio.all_tasks()))
        await asyncio.sleep(0)
        status = "completed" if reads.count(task_id) > 1 else "processing"
        return httpx.Response(200, json={"id": task_id, "status": status, "results": [LINK]})

    before = len(asyncio.all_tasks())
    transport = httpx.MockTransport(respond)
    async with AsyncEvoLink("sk-evo-mock", base_url="https://api.example.com", transport=transport) as api:
        ends = await api.wait_all(IDS, concurrency=concurrency)
    assert [type(end) for end in ends] == [Task] * len(IDS)
    expected = [*IDS, *IDS]
    # On a busy machine, two tasks of asyncio can exchange two reads that are due at nearly the same time.
    assert reads == expected if concurrency == 1 else sorted(reads) == sorted(expected)
    assert max(tasks) <= before + concurrency


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


def test_every_read_of_a_wait_ends_soon_after_the_deadline() -> None:
    now = 100.0
    flow = waiting(ID, 20, random=random.random, clock=lambda: now)
    read = next(flow)
    flow.send(task("pending"))
    assert flow.send(None) == read
    assert isinstance(read, Read)
    assert (read.timeout(60.0), read.timeout(10.0)) == (20 + LAST_READ_SECONDS, 10.0)
    now = 123.0
    assert read.timeout(60.0) == 2
    now = 130.0
    assert read.timeout(60.0) == -5
    with pytest.raises(WaitTimeout, match="was pending at the last read"):
        flow.send(None)  # no time was left
    assert next(waiting(ID, 0, random=random.random)) == Read(ID, None)


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
    [end] = api.wait_all([api.submit(REQUEST)], on_update=full)
    assert isinstance(end, evolink.TransferError)
    assert end.__notes__ == ["It was raised by on_update."]


@pytest.mark.anyio
async def test_failed_asynchronous_wait_all_stops_every_read(quick: MockServer) -> None:
    def fail(update: Task) -> None:
        raise ZeroDivisionError(update.id)

    async with AsyncEvoLink(quick.api_key, base_url=quick.url) as api:
        created = [await api.submit(REQUEST) for _ in range(5)]
        before = len(asyncio.all_tasks())
        ends = await api.wait_all(created, on_update=fail)
        assert [type(end) for end in ends] == [OnUpdateError] * 5
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


# --- interruptions, logs and errors of on_update


def test_error_of_on_update_in_wait_all_stands_in_the_place_of_its_task(api: EvoLink) -> None:
    ids = [api.submit(REQUEST).id for _ in range(4)]

    def fail(update: Task) -> None:
        if update.id == ids[1]:
            raise ZeroDivisionError("a bug")

    ends = api.wait_all(ids, on_update=fail)
    assert [type(end) for end in ends] == [Task, OnUpdateError, Task, Task]
    error = ends[1]
    assert isinstance(error, OnUpdateError)
    assert (error.task_id, error.next_steps) == (ids[1], (NextStep("wait", ids[1]),))
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert str(error).startswith(
        f"on_update raised an error for {ids[1]}: ZeroDivisionError: a bug. The task continues"
    )


def test_error_of_on_update_keeps_its_cause(api: EvoLink) -> None:
    def fail(_: Task) -> None:
        raise RuntimeError("on top") from KeyError("below")

    with pytest.raises(RuntimeError, match="on top") as caught:
        api.wait(api.submit(REQUEST), on_update=fail)
    assert isinstance(caught.value.__cause__, KeyError)


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [record.getMessage() for record in caplog.records if (record.name, record.levelno) == ("evolink", level)]


def test_created_task_is_logged_with_model_key_and_request_id(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, json={"id": ID, "status": "pending"}, headers={"x-request-id": "req-7"})
    )
    with EvoLink("sk-evo-mock", base_url="https://api.example.com", transport=transport) as api:
        api.submit(REQUEST, idempotency_key="order-2026-000042")
        create_video_generation.sync(client=api.client, body=REQUEST)
        api.task(ID)
    assert lines(caplog, logging.INFO) == [
        f"created {ID} (model {MODEL}, idempotency key order-2026-000042, request id req-7)",
        f"created {ID} (model {MODEL}, request id req-7)",
    ]


def test_attempt_of_a_create_is_logged_with_the_ids_of_task_and_request(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    transport = httpx.MockTransport(
        lambda request: httpx.Response(
            200 if request.method == "POST" else 404,
            json={"id": ID, "status": "pending"},
            headers={"x-request-id": "r"},
        )
    )
    with (
        EvoLink("sk-evo-mock", base_url="https://api.example.com", transport=transport) as api,
        contextlib.suppress(NotFound),
    ):
        api.submit(REQUEST)
        api.task(ID)
    assert [re.sub(r"\d+ ms", "0 ms", line) for line in lines(caplog, logging.DEBUG)] == [
        f"POST /v1/videos/generations: 200 in 0 ms, {ID}, request id r",
        f"GET /v1/tasks/{ID}: 404 in 0 ms, request id r",
    ]


IDS = [f"task-unified-1-{number}" for number in range(30)]


class Endless(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """Creates tasks that never end."""

    def respond(self, request: httpx.Request) -> httpx.Response:
        task_id = ID if request.method == "POST" else request.url.path.rpartition("/")[2]
        return httpx.Response(200, json={"id": task_id, "status": "pending"})

    handle_request = respond

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.respond(request)


CANCELLED: list[tuple[Callable[[AsyncEvoLink], Any], list[str]]] = [
    (lambda api: api.generate(REQUEST), [ID]),
    (lambda api: api.wait(IDS[0]), IDS[:1]),
    (lambda api: api.wait_all(IDS), IDS),
    (lambda api: api.wait_all(IDS, concurrency=1), IDS),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("call", "ids"), CANCELLED)
@pytest.mark.parametrize("way", ["timeout", "wait_for", "move_on_after", "group"])
async def test_every_task_whose_wait_is_cancelled_is_logged(
    caplog: pytest.LogCaptureFixture, call: Callable[[AsyncEvoLink], Any], ids: list[str], way: str
) -> None:
    async def fail() -> None:
        await asyncio.sleep(0.05)
        raise ZeroDivisionError

    async with AsyncEvoLink("sk-evo-mock", base_url="https://api.example.com", transport=Endless()) as api:
        with contextlib.suppress(TimeoutError, ExceptionGroup):
            if way == "timeout":
                async with asyncio.timeout(0.05):
                    await call(api)
            elif way == "wait_for":
                await asyncio.wait_for(call(api), 0.05)
            elif way == "move_on_after":
                with anyio.move_on_after(0.05):
                    await call(api)
            else:
                async with asyncio.TaskGroup() as group:
                    group.create_task(call(api))
                    group.create_task(fail())
    assert lines(caplog, logging.WARNING) == [
        f"{task_id} lives on: waiting for it ended with CancelledError" for task_id in ids
    ]


def test_every_task_of_an_interrupted_wait_all_is_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("evolink._client.sleep", interrupt)
    with EvoLink("sk-evo-mock", base_url="https://api.example.com", transport=Endless()) as api:
        for call in (
            lambda: api.wait(IDS[0]),
            lambda: api.wait_all(IDS, concurrency=30),
            lambda: api.generate(REQUEST),
        ):
            with pytest.raises(KeyboardInterrupt):
                call()
    assert lines(caplog, logging.WARNING) == [
        f"{task_id} lives on: waiting for it ended with KeyboardInterrupt" for task_id in (IDS[0], *IDS, ID)
    ]


def test_wait_that_is_interrupted_by_on_update_is_logged(api: EvoLink, caplog: pytest.LogCaptureFixture) -> None:
    created = api.submit(REQUEST)
    with pytest.raises(ZeroDivisionError):
        api.wait(created, on_update=lambda _: 1 / 0)
    assert lines(caplog, logging.WARNING) == [f"{created.id} lives on: waiting for it ended with ZeroDivisionError"]


class Body(httpx.AsyncByteStream):
    """The body of a response, after which reading it hangs or is cancelled."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk
        if not self.chunks:
            await asyncio.sleep(60)

    async def aclose(self) -> None:
        await asyncio.sleep(60)


@pytest.mark.anyio
@pytest.mark.parametrize("is_read", [False, True])
async def test_interrupted_create_is_logged_with_what_is_known_of_it(
    caplog: pytest.LogCaptureFixture, *, is_read: bool
) -> None:
    chunks = [json.dumps({"id": ID, "status": "pending"}).encode()] if is_read else []
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Body(*chunks)))
    async with AsyncEvoLink("sk-evo-mock", base_url="https://api.example.com", transport=transport) as api:
        with anyio.move_on_after(0.05):
            await api.submit(REQUEST, idempotency_key="order-2026-000042")
    assert lines(caplog, logging.WARNING) == [
        *([f"{ID} lives on: its create was interrupted"] if is_read else []),
        f"a create was interrupted and may have been accepted (model {MODEL}, idempotency key order-2026-000042)",
    ]


@pytest.mark.anyio
async def test_create_that_is_interrupted_before_its_repetition_is_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolink._http.random.random", lambda: 1.0)  # the pause takes half a second
    transport = httpx.MockTransport(lambda _: httpx.Response(500))
    async with AsyncEvoLink("sk-evo-mock", base_url="https://api.example.com", transport=transport) as api:
        with anyio.move_on_after(0.02):
            await api.submit(REQUEST, idempotency_key="order-2026-000042")
    assert "a create was interrupted and may have been accepted" in caplog.text


# --- time limits


def test_reads_of_wait_all_end_with_its_deadline_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            time.sleep(request.extensions["timeout"]["read"])
            raise httpx.ReadTimeout("hanging")

    monkeypatch.setattr("evolink._polling.LAST_READ_SECONDS", 0.05)
    began = time.monotonic()
    with EvoLink("sk-evo-mock", base_url="https://api.example.com", transport=Hanging()) as api:
        ends = api.wait_all(IDS, timeout=0.1, concurrency=2)
    assert time.monotonic() - began < 5
    assert [type(end) for end in ends] == [WaitTimeout] * 30


@pytest.mark.anyio
async def test_reads_of_an_asynchronous_wait_all_end_with_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(request.extensions["timeout"]["read"])
            raise httpx.ReadTimeout("hanging")

    monkeypatch.setattr("evolink._polling.LAST_READ_SECONDS", 0.05)
    began = time.monotonic()
    async with AsyncEvoLink("sk-evo-mock", base_url="https://api.example.com", transport=Hanging()) as api:
        ends = await api.wait_all(IDS, timeout=0.1, concurrency=2)
    assert time.monotonic() - began < 5
    assert [type(end) for end in ends] == [WaitTimeout] * 30
