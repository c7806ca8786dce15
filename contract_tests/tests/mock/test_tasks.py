"""Tasks: how they progress, end and are removed, on a clock that the test moves; and the clocks themselves."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from evolink_mock.contract.compiled_contract import packaged_contract
from evolink_mock.domain.accounts import Account
from evolink_mock.domain.billing import NO_CHARGE, Charge
from evolink_mock.domain.clock import ManualClock, RequestClock, SystemClock, sleep
from evolink_mock.domain.tasks import COMPLETED, STUCK, Outcome, Pace, Task, TaskSpec, TaskStore
from evolink_mock.media.result_videos import Video

FAILED = Outcome("failed", "service_error")
CANCELLED = Outcome("cancelled")
URL = "https://example.com/hook"
CHARGE = Charge(seconds=5, input_seconds=4.5, rate=2)


class Harness:
    """A task store on a manual clock that records which tasks have ended."""

    def __init__(self, pace: str = "after-120-seconds", limit: int = 1000, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock(unix=1757169743)
        self.account = Account("account 1")
        self.ended_ids: list[str] = []
        self.store = TaskStore(self.clock, packaged_contract().sample, self._record_end, limit=limit)
        self.pace = Pace.parse(pace)

    def _record_end(self, task: Task) -> None:
        assert self.store.body(task)["status"] == task.outcome.status
        assert task.ended is not None
        self.ended_ids.append(task.id)

    def start(self, outcome: Outcome = COMPLETED, *, held: bool = False) -> Task:
        spec = TaskSpec("m", Video(), CHARGE, self.account, self.pace, outcome, URL, "http://test", held=held)
        return self.store.create(spec)

    def create(self, outcome: Outcome = COMPLETED) -> str:
        return self.start(outcome).id

    def read(self, task_id: str) -> dict[str, Any]:
        body = self.store.read(task_id)
        assert body is not None
        return body


def status_of(body: dict[str, Any]) -> tuple[str, int]:
    return body["status"], body["progress"]


def test_id_contains_the_second_of_creation() -> None:
    assert re.fullmatch(r"task-unified-1757169743-[a-z0-9]{8}", Harness().create())


def test_ids_are_never_reused(monkeypatch: pytest.MonkeyPatch) -> None:
    suffixes = iter(["aaaaaaaa", "aaaaaaaa", "bbbbbbbb"])
    harness = Harness()

    def choices(_parts: list[str], k: int) -> list[str]:
        del k
        return [next(suffixes)]

    monkeypatch.setattr(harness.store.rng, "choices", choices)
    assert [harness.create()[-8:], harness.create()[-8:]] == ["aaaaaaaa", "bbbbbbbb"]


def test_task_goes_from_pending_over_processing_to_completed_by_the_clock() -> None:
    harness = Harness()
    task_id = harness.create()
    readings = [status_of(harness.read(task_id))]
    for _ in range(12):
        harness.clock.advance(10)
        readings.append(status_of(harness.read(task_id)))
    assert readings == [
        ("pending", 0),
        ("pending", 0),
        *[("processing", percent) for percent in (16, 25, 33, 41, 50, 58, 66, 75, 83, 91)],
        ("completed", 100),
    ]


@pytest.mark.parametrize(("outcome", "last"), [(COMPLETED, 100), (FAILED, 0), (CANCELLED, 99)])
def test_progress_never_falls_except_that_a_failed_task_shows_0(outcome: Outcome, last: int) -> None:
    harness = Harness()
    task_id = harness.create(outcome)
    running: list[int] = []
    while (body := harness.read(task_id))["status"] in {"pending", "processing"}:
        running.append(body["progress"])
        harness.clock.advance(0.5)
    assert running == sorted(running)
    assert max(running) == 99
    assert status_of(body) == (outcome.status, last)
    harness.clock.advance(1e6)
    assert harness.read(task_id) == body


def test_only_completed_tasks_have_results_and_only_failed_tasks_have_an_error() -> None:
    harness = Harness()
    ids = {outcome.status: harness.create(outcome) for outcome in (COMPLETED, FAILED, CANCELLED)}
    harness.clock.advance(60)
    assert all(harness.read(task_id).keys().isdisjoint({"results", "error"}) for task_id in ids.values())
    harness.clock.advance(60)
    bodies = {status: harness.read(task_id) for status, task_id in ids.items()}
    assert bodies["completed"]["results"] == [f"http://test/_mock/results/{ids['completed']}.mp4"]
    assert bodies["failed"]["error"] == {
        "code": "service_error",
        "message": "Simulated failure with code service_error.",
        "type": "task_error",
    }
    assert bodies["cancelled"].keys().isdisjoint({"results", "error"})
    assert "error" not in bodies["completed"]
    assert "results" not in bodies["failed"]


def test_task_can_be_cancelled_and_has_an_estimate_only_while_it_runs() -> None:
    harness = Harness()
    task_id = harness.create()
    assert harness.read(task_id)["task_info"] == {"can_cancel": True, "estimated_time": 120}
    harness.clock.advance(120)
    assert harness.read(task_id)["task_info"] == {"can_cancel": False}


def test_task_paced_by_reads_only_progresses_with_each_read() -> None:
    harness = Harness("after-4-reads")
    task_id, other = harness.create(), harness.create()
    harness.clock.advance(1e6)
    readings = [status_of(harness.read(task_id)) for _ in range(6)]
    assert readings == [("processing", 25), ("processing", 50), ("processing", 75), *[("completed", 100)] * 3]
    assert status_of(harness.read(other)) == ("processing", 25)
    assert harness.ended_ids == [task_id]


@pytest.mark.parametrize("reads", [1, 3, 7, 49, 100])
def test_task_paced_by_n_reads_ends_with_the_nth(reads: int) -> None:
    harness = Harness(f"after-{reads}-reads")
    task_id = harness.create()
    running = [harness.read(task_id)["status"] for _ in range(reads - 1)]
    assert set(running) <= {"pending", "processing"}
    assert harness.read(task_id)["status"] == "completed"


@pytest.mark.parametrize(
    ("outcome", "settled"),
    [
        (COMPLETED, {"at": 120, "seconds": 5, "input_seconds": 4.5, "credits": 19}),
        (FAILED, {"at": 120, "seconds": 0, "input_seconds": 0, "credits": 0}),
        (CANCELLED, {"at": 120, "seconds": 0, "input_seconds": 0, "credits": 0}),
    ],
)
def test_charge_is_reserved_at_once_and_settled_at_the_end_for_completed_tasks_only(
    outcome: Outcome, settled: dict[str, float]
) -> None:
    harness = Harness()
    task_id = harness.create(outcome)
    task = harness.store.find(task_id)
    assert task is not None
    harness.clock.advance(119)
    reserved = {"seconds": 5, "credits": 10}
    bill = {"task_id": task_id, "price_date": None, "reserved": reserved}
    assert harness.store.bill(task) == {**bill, "settled": None}
    harness.clock.advance(2)
    assert harness.store.bill(task) == {**bill, "settled": settled}


def test_task_paced_at_once_is_pending_in_the_create_response_and_ends_at_once() -> None:
    harness = Harness("at-once")
    task = harness.start()
    assert status_of(harness.store.created_body(task)) == ("pending", 0)
    harness.clock.advance(0)
    assert harness.ended_ids == [task.id]
    assert status_of(harness.read(task.id)) == ("completed", 100)


def test_callback_is_called_once_for_each_task_and_in_order() -> None:
    harness = Harness()
    first = harness.create()
    harness.clock.advance(1)
    second = harness.create()
    harness.clock.advance(118.9)
    assert harness.ended_ids == []
    harness.clock.advance(1000)
    harness.read(first)
    assert harness.ended_ids == [first, second]


def test_tasks_that_ended_first_are_removed_first() -> None:
    harness = Harness("after-1-reads", limit=3)
    running, ended, ended_later = harness.create(), harness.create(), harness.create()
    harness.read(ended)
    harness.read(ended_later)
    newest = harness.create()
    assert harness.store.find(ended) is None
    assert all(harness.store.find(task_id) for task_id in (running, ended_later, newest))


def test_number_of_tasks_is_limited_even_when_no_task_ends() -> None:
    harness = Harness("after-1-reads", limit=3)
    ids = [harness.create() for _ in range(10)]
    assert [task_id for task_id in ids if harness.store.find(task_id)] == ids[-3:]


def test_stuck_task_stays_at_99_and_never_ends() -> None:
    harness = Harness()
    task_id = harness.create(STUCK)
    harness.clock.advance(1e6)
    assert status_of(harness.read(task_id)) == ("processing", 99)
    assert (harness.ended_ids, harness.account.reserved, harness.account.used) == ([], 10, 0)
    harness.store.end(harness.store.find(task_id), COMPLETED)  # type: ignore[arg-type]
    assert (harness.ended_ids, harness.account.reserved, harness.account.used) == ([task_id], 0, 19)


def test_held_task_does_not_end_before_it_is_released() -> None:
    harness = Harness()
    task = harness.start(held=True)
    harness.clock.advance(1000)
    assert status_of(harness.read(task.id)) == ("processing", 99)
    harness.store.release(task, CHARGE)
    assert status_of(harness.read(task.id)) == ("completed", 100)


def test_task_ended_by_hand_ends_at_the_current_time() -> None:
    harness = Harness()
    stuck, held = harness.start(STUCK), harness.start(held=True)
    harness.clock.advance(1000)
    harness.store.end(stuck, COMPLETED)
    harness.store.release(held, CHARGE)
    assert (stuck.ended, held.ended) == (1000, 1000)


def test_held_task_that_fails_ends_at_once_and_a_released_one_when_it_is_due() -> None:
    harness = Harness()
    good, bad = harness.start(held=True), harness.start(held=True)
    harness.store.release(good, CHARGE)
    harness.store.end(bad, Outcome("failed", "image_processing_error", "is not an image"))
    harness.store.release(bad, CHARGE)
    assert harness.ended_ids == [bad.id]
    assert harness.read(bad.id)["error"]["message"] == "is not an image"
    assert status_of(harness.read(good.id)) == ("pending", 0)
    harness.clock.advance(120)
    assert status_of(harness.read(good.id)) == ("completed", 100)


def test_releasing_an_ended_or_removed_task_does_not_charge_it_again() -> None:
    harness = Harness(limit=2)
    ended, removed = harness.start(held=True), harness.start(held=True)
    harness.store.end(ended, COMPLETED)
    harness.create()
    harness.create()
    harness.create()
    harness.clock.advance(1)
    before = (harness.account.reserved, harness.account.used, harness.store.in_flight, list(harness.ended_ids))
    harness.clock.advance(118)
    harness.store.release(ended, NO_CHARGE)
    harness.store.end(removed, COMPLETED)
    harness.store.release(removed, CHARGE)
    assert (harness.account.reserved, harness.account.used, harness.store.in_flight, list(harness.ended_ids)) == before


def test_credits_are_reserved_until_the_end_and_then_used_by_completed_tasks_only() -> None:
    harness = Harness()
    harness.create()
    harness.create(FAILED)
    assert (harness.account.reserved, harness.account.used) == (20, 0)
    harness.clock.advance(120)
    assert (harness.account.reserved, harness.account.used) == (0, 19)


def test_removed_running_task_reserves_nothing_and_an_ended_one_stays_charged() -> None:
    harness = Harness("after-1-read", limit=1)
    ended = harness.create()
    harness.read(ended)
    harness.create()
    harness.create()
    assert (harness.account.reserved, harness.account.used, harness.store.in_flight) == (10, 19, 1)


@pytest.mark.parametrize(
    ("text", "pace"),
    [
        ("at-once", Pace(0)),
        ("after-0-reads", Pace(0)),
        ("after-0-seconds", Pace(0)),
        ("after-1-read", Pace(None, 1)),
        ("after-3-reads", Pace(None, 3)),
        ("after-30-seconds", Pace(30)),
        ("after-0.5-seconds", Pace(0.5)),
        ("after-0.000001-seconds", Pace(0.000001)),
        ("after-123456789-seconds", Pace(123456789)),
    ],
)
def test_pace_is_parsed_and_formatted(text: str, pace: Pace) -> None:
    assert Pace.parse(text) == pace
    assert Pace.parse(str(pace)) == pace


@pytest.mark.parametrize("text", ["", "after", "after-reads", "after--1-reads", "after-1.5-reads", "3", "at once"])
def test_error_for_an_invalid_pace_names_the_format(text: str) -> None:
    with pytest.raises(ValueError, match="must be at-once, after-N-reads or after-S-seconds"):
        Pace.parse(text)


def test_unknown_task_is_none() -> None:
    assert Harness().store.read("task-unified-1-a") is None


def test_removed_task_never_ends() -> None:
    harness = Harness(limit=1)
    removed, kept = harness.create(), harness.create()
    harness.clock.advance(1000)
    assert (harness.ended_ids, harness.store.find(removed)) == ([kept], None)


@pytest.mark.anyio
async def test_system_clock_runs_faster_by_its_speed() -> None:
    slow, fast = SystemClock(), SystemClock(speed=1e6)
    start = time.monotonic()
    await sleep(fast, 3600)
    passed = time.monotonic() - start
    assert passed < 60
    assert fast.elapsed() >= 3600
    assert fast.elapsed() > 1000 * slow.elapsed()
    assert abs(fast.unix() - time.time()) < 60  # timestamps are real


@pytest.mark.anyio
async def test_moving_the_system_clock_runs_callbacks_in_order_and_moves_timestamps_too() -> None:
    clock, called = SystemClock(), list[str]()
    clock.call_later(7200, lambda: called.append("late"))
    clock.call_later(3600, lambda: called.append("early"))
    clock.call_later(36000, lambda: called.append("never"))
    clock.advance(10_000)
    assert called == ["early", "late"]
    assert clock.unix() - time.time() > 9_000


@pytest.mark.anyio
async def test_system_clock_never_runs_a_callback_early_and_continues_after_a_failing_one() -> None:
    clock = SystemClock(speed=1000)
    early: list[bool] = []

    def fail() -> None:
        raise ZeroDivisionError

    for seconds in (30, 5, 20, 10):
        due = clock.elapsed() + seconds
        clock.call_later(seconds, lambda due=due: early.append(clock.elapsed() < due))  # type: ignore[misc]
    clock.call_later(0, fail)
    with pytest.raises(ZeroDivisionError):
        clock.tick()
    await sleep(clock, 40)
    assert early == [False] * 4


@pytest.mark.anyio
async def test_request_clock_only_moves_with_requests_and_runs_callbacks_without_delay_at_once() -> None:
    clock, called = RequestClock(60), list[str]()
    clock.call_later(0, lambda: called.append("at once"))
    clock.call_later(90, lambda: called.append("later"))
    await asyncio.sleep(0)
    assert (called, clock.elapsed()) == (["at once"], 0)
    clock.tick()
    assert called == ["at once"]
    clock.tick()
    assert (called, clock.elapsed()) == (["at once", "later"], 120)


@pytest.mark.anyio
@pytest.mark.parametrize("make_clock", [ManualClock, lambda: RequestClock(1), SystemClock])
async def test_timers_of_tasks_that_have_ended_or_were_removed_do_not_stay(make_clock: Callable[[], Any]) -> None:
    clock = make_clock()
    store = TaskStore(clock, packaged_contract().sample, lambda _: None, limit=10)
    spec = TaskSpec("m", Video(), CHARGE, Account("account 1"), Pace.parse("after-999999999-seconds"))
    for number in range(1000):
        task = store.create(spec)
        if number % 2:
            store.end(task, CANCELLED)
    assert len(store) == 10
    assert len(clock._callbacks) <= 20  # noqa: SLF001 - the clock does not tell
    clock.close()


@pytest.mark.anyio
async def test_cancelled_callback_is_not_called_and_the_others_keep_their_order() -> None:
    clock, called = ManualClock(), list[int]()
    timers = [clock.call_later(number, partial(called.append, number)) for number in range(100)]
    for number in range(0, 100, 3):
        timers[number].cancel()
        timers[number].cancel()
    clock.advance(50)
    timers[1].cancel()  # it was called
    clock.advance(50)
    assert called == [number for number in range(100) if number % 3]
