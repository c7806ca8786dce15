"""How the mock's tasks advance, end and are forgotten, on a clock that stands still until it is moved."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evolink_mock.billing import Charge
from evolink_mock.clock import ManualClock, SystemClock, sleep
from evolink_mock.contract import packaged_contract
from evolink_mock.tasks import COMPLETED, Outcome, Pace, Task, TaskStore, Video
from evolink_mock.video import ResultFiles

FAILED = Outcome("failed", "service_error")
CANCELLED = Outcome("cancelled")
URL = "https://example.com/hook"
CHARGE = Charge(seconds=5, input_seconds=4.5, rate=2)


class Sandbox:
    """A task store on a manual clock that remembers which tasks were announced."""

    def __init__(self, pace: Pace | None = None, limit: int = 1000) -> None:
        self.clock = ManualClock(unix=1757169743)
        self.announced: list[str] = []
        sample = packaged_contract().sample
        self.store = TaskStore(
            self.clock, pace or Pace(120), sample, self._announce, lambda task: f"http://test/{task.id}", limit
        )

    def _announce(self, task: Task) -> None:
        assert self.store.body(task)["status"] == task.outcome.status
        self.announced.append(task.id)

    def create(self, outcome: Outcome = COMPLETED) -> str:
        task_id: str = self.store.create("m", Video(), CHARGE, outcome, URL)["id"]
        return task_id

    def read(self, task_id: str) -> dict[str, Any]:
        body = self.store.read(task_id)
        assert body is not None
        return body


def standing(body: dict[str, Any]) -> tuple[str, int]:
    return body["status"], body["progress"]


def test_id_holds_the_second_of_creation() -> None:
    assert re.fullmatch(r"task-unified-1757169743-[a-z0-9]{8}", Sandbox().create())


def test_ids_are_never_reused(monkeypatch: pytest.MonkeyPatch) -> None:
    suffixes = iter(["aaaaaaaa", "aaaaaaaa", "bbbbbbbb"])

    def choices(_letters: str, k: int) -> list[str]:
        return list(next(suffixes))[:k]

    monkeypatch.setattr("random.choices", choices)
    sandbox = Sandbox()
    assert [sandbox.create()[-8:], sandbox.create()[-8:]] == ["aaaaaaaa", "bbbbbbbb"]


def test_task_goes_from_pending_over_processing_to_completed_by_the_clock() -> None:
    sandbox = Sandbox()
    task_id = sandbox.create()
    seen = [standing(sandbox.read(task_id))]
    for _ in range(12):
        sandbox.clock.advance(10)
        seen.append(standing(sandbox.read(task_id)))
    assert seen == [
        ("pending", 0),
        ("pending", 0),
        *[("processing", percent) for percent in (16, 25, 33, 41, 50, 58, 66, 75, 83, 91)],
        ("completed", 100),
    ]


@pytest.mark.parametrize(("outcome", "last"), [(COMPLETED, 100), (FAILED, 0), (CANCELLED, 99)])
def test_progress_never_falls_except_that_a_failed_task_shows_0(outcome: Outcome, last: int) -> None:
    sandbox = Sandbox()
    task_id = sandbox.create(outcome)
    running: list[int] = []
    while (body := sandbox.read(task_id))["status"] in {"pending", "processing"}:
        running.append(body["progress"])
        sandbox.clock.advance(0.5)
    assert running == sorted(running)
    assert max(running) == 99
    assert standing(body) == (outcome.status, last)
    sandbox.clock.advance(1e6)
    assert sandbox.read(task_id) == body


def test_results_come_with_completion_alone_and_error_with_failure_alone() -> None:
    sandbox = Sandbox()
    ids = {outcome.status: sandbox.create(outcome) for outcome in (COMPLETED, FAILED, CANCELLED)}
    sandbox.clock.advance(60)
    assert all(sandbox.read(task_id).keys().isdisjoint({"results", "error"}) for task_id in ids.values())
    sandbox.clock.advance(60)
    bodies = {status: sandbox.read(task_id) for status, task_id in ids.items()}
    assert bodies["completed"]["results"] == [f"http://test/{ids['completed']}"]
    assert bodies["failed"]["error"] == {
        "code": "service_error",
        "message": "The mock was asked to fail this task with service_error.",
        "type": "task_error",
    }
    assert bodies["cancelled"].keys().isdisjoint({"results", "error"})
    assert "error" not in bodies["completed"]
    assert "results" not in bodies["failed"]


def test_task_can_be_cancelled_and_has_an_estimate_only_while_it_runs() -> None:
    sandbox = Sandbox()
    task_id = sandbox.create()
    assert sandbox.read(task_id)["task_info"] == {"can_cancel": True, "estimated_time": 120}
    sandbox.clock.advance(120)
    assert sandbox.read(task_id)["task_info"] == {"can_cancel": False}


def test_task_paced_by_reads_advances_with_every_read_and_with_nothing_else() -> None:
    sandbox = Sandbox(Pace(120, reads=4))
    task_id, other = sandbox.create(), sandbox.create()
    sandbox.clock.advance(1e6)
    seen = [standing(sandbox.read(task_id)) for _ in range(6)]
    assert seen == [("processing", 25), ("processing", 50), ("processing", 75), *[("completed", 100)] * 3]
    assert standing(sandbox.read(other)) == ("processing", 25)
    assert sandbox.announced == [task_id]


@pytest.mark.parametrize("reads", [1, 3, 7, 49, 100])
def test_task_paced_by_n_reads_ends_with_the_nth(reads: int) -> None:
    sandbox = Sandbox(Pace(120, reads=reads))
    task_id = sandbox.create()
    running = [sandbox.read(task_id)["status"] for _ in range(reads - 1)]
    assert set(running) <= {"pending", "processing"}
    assert sandbox.read(task_id)["status"] == "completed"


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
    sandbox = Sandbox()
    task_id = sandbox.create(outcome)
    task = sandbox.store.find(task_id)
    assert task is not None
    sandbox.clock.advance(119)
    reserved = {"seconds": 5, "credits": 10}
    assert sandbox.store.bill(task) == {"task_id": task_id, "reserved": reserved, "settled": None}
    sandbox.clock.advance(2)
    assert sandbox.store.bill(task) == {"task_id": task_id, "reserved": reserved, "settled": settled}


def test_charge_is_settled_before_the_task_is_announced() -> None:
    settled: list[float | None] = []
    store = TaskStore(
        clock := ManualClock(), Pace(120), packaged_contract().sample, lambda task: settled.append(task.settled), str
    )
    store.create("m", Video(), CHARGE, COMPLETED, URL)
    clock.advance(120)
    assert settled == [120]


def test_task_paced_by_no_reads_ends_at_once_and_is_pending_in_the_create_answer() -> None:
    sandbox = Sandbox(Pace(120, reads=0))
    body = sandbox.store.create("m", Video(), CHARGE, COMPLETED, URL)
    assert standing(body) == ("pending", 0)
    sandbox.clock.advance(0)
    assert sandbox.announced == [body["id"]]
    assert standing(sandbox.read(body["id"])) == ("completed", 100)


def test_end_is_announced_once_and_in_order() -> None:
    sandbox = Sandbox()
    first = sandbox.create()
    sandbox.clock.advance(1)
    second = sandbox.create()
    sandbox.clock.advance(118.9)
    assert sandbox.announced == []
    sandbox.clock.advance(1000)
    sandbox.read(first)
    assert sandbox.announced == [first, second]


def test_tasks_that_have_ended_first_make_room_first() -> None:
    sandbox = Sandbox(Pace(120, reads=1), limit=3)
    running, ended, ended_later = sandbox.create(), sandbox.create(), sandbox.create()
    sandbox.read(ended)
    sandbox.read(ended_later)
    newest = sandbox.create()
    assert sandbox.store.find(ended) is None
    assert all(sandbox.store.find(task_id) for task_id in (running, ended_later, newest))


def test_memory_is_bounded_even_when_no_task_ever_ends() -> None:
    sandbox = Sandbox(Pace(120, reads=1), limit=3)
    ids = [sandbox.create() for _ in range(10)]
    assert [task_id for task_id in ids if sandbox.store.find(task_id)] == ids[-3:]


def test_unknown_task_is_none() -> None:
    assert Sandbox().store.read("task-unified-1-a") is None


def test_forgotten_task_is_not_announced() -> None:
    sandbox = Sandbox(limit=1)
    forgotten, kept = sandbox.create(), sandbox.create()
    sandbox.clock.advance(1000)
    assert (sandbox.announced, sandbox.store.find(forgotten)) == ([kept], None)


def test_task_is_announced_only_when_it_has_ended_even_if_its_timer_is_early() -> None:
    class EarlyClock(ManualClock):
        def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
            super().call_later(seconds * 0.75, callback)

    sandbox = Sandbox()
    sandbox.clock = sandbox.store.clock = clock = EarlyClock()
    task_id = sandbox.create()
    for _ in range(400):
        clock.advance(0.3)
        if clock.elapsed() < 119.9:
            assert sandbox.announced == []
    clock.advance(1)
    assert sandbox.announced == [task_id]


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
async def test_files_of_the_videos_asked_for_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(video: Video, path: Path) -> None:
        path.write_text(str(video.seconds))

    monkeypatch.setattr("evolink_mock.video.render", write)
    monkeypatch.setattr("evolink_mock.video.MAX_FILES", 2)
    files = ResultFiles()
    first, second = await files.path(Video(seconds=1)), await files.path(Video(seconds=2))
    assert await files.path(Video(seconds=1)) == first
    third = await files.path(Video(seconds=3))
    assert [path.exists() for path in (first, second, third)] == [True, False, True]
    assert (await files.path(Video(seconds=2))).read_text() == "2"
    files.close()
    assert not third.parent.exists()
