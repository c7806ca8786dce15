"""How the mock's tasks advance, end and are forgotten, on a clock that stands still until it is moved."""

from __future__ import annotations

import asyncio
import re
import time
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


class Shop:
    """A task store on a manual clock that remembers which tasks were announced."""

    def __init__(self, pace: str = "after-120-seconds", limit: int = 1000, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock(unix=1757169743)
        self.account = Account("account 1")
        self.announced: list[str] = []
        self.store = TaskStore(self.clock, packaged_contract().sample, self._announce, limit=limit)
        self.pace = Pace.parse(pace)

    def _announce(self, task: Task) -> None:
        assert self.store.body(task)["status"] == task.outcome.status
        assert task.ended is not None
        self.announced.append(task.id)

    def start(self, outcome: Outcome = COMPLETED, *, held: bool = False) -> Task:
        spec = TaskSpec("m", Video(), CHARGE, self.account, self.pace, outcome, URL, "http://test", held=held)
        return self.store.create(spec)

    def create(self, outcome: Outcome = COMPLETED) -> str:
        return self.start(outcome).id

    def read(self, task_id: str) -> dict[str, Any]:
        body = self.store.read(task_id)
        assert body is not None
        return body


def standing(body: dict[str, Any]) -> tuple[str, int]:
    return body["status"], body["progress"]


def test_id_holds_the_second_of_creation() -> None:
    assert re.fullmatch(r"task-unified-1757169743-[a-z0-9]{8}", Shop().create())


def test_ids_are_never_reused(monkeypatch: pytest.MonkeyPatch) -> None:
    suffixes = iter(["aaaaaaaa", "aaaaaaaa", "bbbbbbbb"])
    shop = Shop()

    def choices(_parts: list[str], k: int) -> list[str]:
        del k
        return [next(suffixes)]

    monkeypatch.setattr(shop.store.rng, "choices", choices)
    assert [shop.create()[-8:], shop.create()[-8:]] == ["aaaaaaaa", "bbbbbbbb"]


def test_task_goes_from_pending_over_processing_to_completed_by_the_clock() -> None:
    shop = Shop()
    task_id = shop.create()
    seen = [standing(shop.read(task_id))]
    for _ in range(12):
        shop.clock.advance(10)
        seen.append(standing(shop.read(task_id)))
    assert seen == [
        ("pending", 0),
        ("pending", 0),
        *[("processing", percent) for percent in (16, 25, 33, 41, 50, 58, 66, 75, 83, 91)],
        ("completed", 100),
    ]


@pytest.mark.parametrize(("outcome", "last"), [(COMPLETED, 100), (FAILED, 0), (CANCELLED, 99)])
def test_progress_never_falls_except_that_a_failed_task_shows_0(outcome: Outcome, last: int) -> None:
    shop = Shop()
    task_id = shop.create(outcome)
    running: list[int] = []
    while (body := shop.read(task_id))["status"] in {"pending", "processing"}:
        running.append(body["progress"])
        shop.clock.advance(0.5)
    assert running == sorted(running)
    assert max(running) == 99
    assert standing(body) == (outcome.status, last)
    shop.clock.advance(1e6)
    assert shop.read(task_id) == body


def test_results_come_with_completion_alone_and_error_with_failure_alone() -> None:
    shop = Shop()
    ids = {outcome.status: shop.create(outcome) for outcome in (COMPLETED, FAILED, CANCELLED)}
    shop.clock.advance(60)
    assert all(shop.read(task_id).keys().isdisjoint({"results", "error"}) for task_id in ids.values())
    shop.clock.advance(60)
    bodies = {status: shop.read(task_id) for status, task_id in ids.items()}
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
    shop = Shop()
    task_id = shop.create()
    assert shop.read(task_id)["task_info"] == {"can_cancel": True, "estimated_time": 120}
    shop.clock.advance(120)
    assert shop.read(task_id)["task_info"] == {"can_cancel": False}


def test_task_paced_by_reads_advances_with_every_read_and_with_nothing_else() -> None:
    shop = Shop("after-4-reads")
    task_id, other = shop.create(), shop.create()
    shop.clock.advance(1e6)
    seen = [standing(shop.read(task_id)) for _ in range(6)]
    assert seen == [("processing", 25), ("processing", 50), ("processing", 75), *[("completed", 100)] * 3]
    assert standing(shop.read(other)) == ("processing", 25)
    assert shop.announced == [task_id]


@pytest.mark.parametrize("reads", [1, 3, 7, 49, 100])
def test_task_paced_by_n_reads_ends_with_the_nth(reads: int) -> None:
    shop = Shop(f"after-{reads}-reads")
    task_id = shop.create()
    running = [shop.read(task_id)["status"] for _ in range(reads - 1)]
    assert set(running) <= {"pending", "processing"}
    assert shop.read(task_id)["status"] == "completed"


@pytest.mark.parametrize(
    ("outcome", "settled"),
    [
        (COMPLETED, {"at": 120, "seconds": 5, "input_seconds": 4.5, "credits": 19}),
        (FAILED, {"at": 120, "seconds": 0, "input_seconds": 0, "credits": 0}),
        (CANCELLED, {"at": 120, "seconds": 0, "input_seconds": 0, "credits": 0}),
    ],
)
def test_charge_is_reserved_at_once_and_settled_at_the_end_on_completed_tasks_alone(
    outcome: Outcome, settled: dict[str, float]
) -> None:
    shop = Shop()
    task_id = shop.create(outcome)
    task = shop.store.find(task_id)
    assert task is not None
    shop.clock.advance(119)
    reserved = {"seconds": 5, "credits": 10}
    assert shop.store.bill(task) == {"task_id": task_id, "reserved": reserved, "settled": None}
    shop.clock.advance(2)
    assert shop.store.bill(task) == {"task_id": task_id, "reserved": reserved, "settled": settled}


def test_task_paced_by_no_reads_ends_at_once_and_is_pending_in_the_create_answer() -> None:
    shop = Shop("at-once")
    task = shop.start()
    assert standing(shop.store.created_body(task)) == ("pending", 0)
    shop.clock.advance(0)
    assert shop.announced == [task.id]
    assert standing(shop.read(task.id)) == ("completed", 100)


def test_end_is_announced_once_and_in_order() -> None:
    shop = Shop()
    first = shop.create()
    shop.clock.advance(1)
    second = shop.create()
    shop.clock.advance(118.9)
    assert shop.announced == []
    shop.clock.advance(1000)
    shop.read(first)
    assert shop.announced == [first, second]


def test_tasks_that_have_ended_first_make_room_first() -> None:
    shop = Shop("after-1-reads", limit=3)
    running, ended, ended_later = shop.create(), shop.create(), shop.create()
    shop.read(ended)
    shop.read(ended_later)
    newest = shop.create()
    assert shop.store.find(ended) is None
    assert all(shop.store.find(task_id) for task_id in (running, ended_later, newest))


def test_memory_is_bounded_even_when_no_task_ever_ends() -> None:
    shop = Shop("after-1-reads", limit=3)
    ids = [shop.create() for _ in range(10)]
    assert [task_id for task_id in ids if shop.store.find(task_id)] == ids[-3:]


def test_stuck_task_stays_at_99_and_is_never_announced() -> None:
    shop = Shop()
    task_id = shop.create(STUCK)
    shop.clock.advance(1e6)
    assert standing(shop.read(task_id)) == ("processing", 99)
    assert (shop.announced, shop.account.reserved, shop.account.used) == ([], 10, 0)
    shop.store.end(shop.store.find(task_id), COMPLETED)  # type: ignore[arg-type]
    assert (shop.announced, shop.account.reserved, shop.account.used) == ([task_id], 0, 19)


def test_held_task_does_not_end_before_it_is_released() -> None:
    shop = Shop()
    task = shop.start(held=True)
    shop.clock.advance(1000)
    assert standing(shop.read(task.id)) == ("processing", 99)
    shop.store.release(task, CHARGE)
    assert standing(shop.read(task.id)) == ("completed", 100)


def test_task_that_is_ended_by_hand_ends_then() -> None:
    shop = Shop()
    stuck, held = shop.start(STUCK), shop.start(held=True)
    shop.clock.advance(1000)
    shop.store.end(stuck, COMPLETED)
    shop.store.release(held, CHARGE)
    assert (stuck.ended, held.ended) == (1000, 1000)


def test_held_task_that_is_ended_as_failed_ends_at_once_and_one_released_in_its_time() -> None:
    shop = Shop()
    good, bad = shop.start(held=True), shop.start(held=True)
    shop.store.release(good, CHARGE)
    shop.store.end(bad, Outcome("failed", "image_processing_error", "is no image"))
    shop.store.release(bad, CHARGE)
    assert shop.announced == [bad.id]
    assert shop.read(bad.id)["error"]["message"] == "is no image"
    assert standing(shop.read(good.id)) == ("pending", 0)
    shop.clock.advance(120)
    assert standing(shop.read(good.id)) == ("completed", 100)


def test_held_task_that_is_released_after_it_was_ended_or_forgotten_is_not_paid_for_again() -> None:
    shop = Shop(limit=2)
    ended, forgotten = shop.start(held=True), shop.start(held=True)
    shop.store.end(ended, COMPLETED)
    shop.create()
    shop.create()
    shop.create()
    shop.clock.advance(1)
    before = (shop.account.reserved, shop.account.used, shop.store.in_flight, list(shop.announced))
    shop.clock.advance(118)
    shop.store.release(ended, NO_CHARGE)
    shop.store.end(forgotten, COMPLETED)
    shop.store.release(forgotten, CHARGE)
    assert (shop.account.reserved, shop.account.used, shop.store.in_flight, list(shop.announced)) == before


def test_credits_are_reserved_until_the_end_and_then_used_by_completed_tasks_alone() -> None:
    shop = Shop()
    shop.create()
    shop.create(FAILED)
    assert (shop.account.reserved, shop.account.used) == (20, 0)
    shop.clock.advance(120)
    assert (shop.account.reserved, shop.account.used) == (0, 19)


def test_running_task_that_is_forgotten_reserves_nothing_and_an_ended_one_has_been_paid_for() -> None:
    shop = Shop("after-1-read", limit=1)
    ended = shop.create()
    shop.read(ended)
    shop.create()
    shop.create()
    assert (shop.account.reserved, shop.account.used, shop.store.in_flight) == (10, 19, 1)


@pytest.mark.parametrize(
    ("written", "pace"),
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
def test_pace_is_read_as_it_is_written(written: str, pace: Pace) -> None:
    assert Pace.parse(written) == pace
    assert Pace.parse(str(pace)) == pace


@pytest.mark.parametrize("written", ["", "after", "after-reads", "after--1-reads", "after-1.5-reads", "3", "at once"])
def test_pace_that_is_written_otherwise_says_how_to_write_it(written: str) -> None:
    with pytest.raises(ValueError, match="must be at-once, after-N-reads or after-S-seconds"):
        Pace.parse(written)


def test_unknown_task_is_none() -> None:
    assert Shop().store.read("task-unified-1-a") is None


def test_forgotten_task_is_not_announced() -> None:
    shop = Shop(limit=1)
    forgotten, kept = shop.create(), shop.create()
    shop.clock.advance(1000)
    assert (shop.announced, shop.store.find(forgotten)) == ([kept], None)


@pytest.mark.anyio
async def test_system_clock_runs_as_many_times_faster_as_it_is_told() -> None:
    slow, fast = SystemClock(), SystemClock(speed=1e6)
    start = time.monotonic()
    await sleep(fast, 3600)
    passed = time.monotonic() - start
    assert passed < 60
    assert fast.elapsed() >= 3600
    assert fast.elapsed() > 1000 * slow.elapsed()
    assert abs(fast.unix() - time.time()) < 60  # stamps stay real


@pytest.mark.anyio
async def test_system_clock_that_is_moved_calls_back_in_order_whoever_waits_and_moves_stamps_too() -> None:
    clock, called = SystemClock(), list[str]()
    clock.call_later(7200, lambda: called.append("late"))
    clock.call_later(3600, lambda: called.append("early"))
    clock.call_later(36000, lambda: called.append("never"))
    clock.advance(10_000)
    assert called == ["early", "late"]
    assert clock.unix() - time.time() > 9_000


@pytest.mark.anyio
async def test_system_clock_never_calls_back_early_and_goes_on_after_a_callback_that_fails() -> None:
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
async def test_request_clock_moves_with_requests_alone_and_calls_back_at_once_who_does_not_wait() -> None:
    clock, called = RequestClock(60), list[str]()
    clock.call_later(0, lambda: called.append("at once"))
    clock.call_later(90, lambda: called.append("later"))
    await asyncio.sleep(0)
    assert (called, clock.elapsed()) == (["at once"], 0)
    clock.tick()
    assert called == ["at once"]
    clock.tick()
    assert (called, clock.elapsed()) == (["at once", "later"], 120)
