"""The lifecycle of tasks over several exchanges: properties that a single response cannot show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import bundle
from contract_suite.rules.kinds import Behaviour

ORDER = {"pending": 0, "processing": 1}
"""The statuses of a running task, in their order. Every other status is final."""
END = len(ORDER)

PROGRESS = {"pending": (0, 0), "processing": (1, 99), "completed": (100, 100), "failed": (0, 0)}
"""The least and the greatest progress of a task by its status, as in the samples of the documentation."""


class Observation(NamedTuple):
    """One case of a behaviour.

    Attributes:
        behaviour: The behaviour.
        expected: The expected value, in words.
        actual: The actual value when it is not the expected one, else None.
    """

    behaviour: Behaviour
    expected: str
    actual: str | None


@dataclass
class ObservedTask:
    """The last known state of a task."""

    id: str
    model: Any
    created: Any
    status: Any
    progress: Any
    queries: int = 0
    readable: bool = False


@dataclass
class TaskLog:
    """The tasks of one target, as its responses to creates and queries show them, in the order of the exchanges.

    Attributes:
        first_statuses: The first status of the tasks of a model, if it is not pending.
        tasks: The tasks by id.
    """

    first_statuses: dict[str, str] = field(default_factory=dict[str, str])
    tasks: dict[str, ObservedTask] = field(default_factory=dict[str, ObservedTask])

    def created(self, requested_model: Any, body: Any) -> Iterator[Observation]:
        """Record the body of a successful create, and yield what it shows."""
        if not bundle.is_object(body) or not isinstance(body.get("id"), str):
            return
        task_id = body["id"]
        if self.tasks:
            yield _observe("new-id", f"a new id, not {task_id}", task_id not in self.tasks, f"{task_id} again")
        yield _compare("model", requested_model, body.get("model"))
        first = self.first_statuses.get(str(body.get("model")), "pending")
        unfinished = body.get("status") == first and body.get("progress", 0) == 0  # some models show no progress yet
        bare = not body.get("results") and not body.get("error")
        actual = f"{body.get('status')} at {body.get('progress')}{'' if bare else ', with results or an error'}"
        yield _observe("begins-unfinished", f"{first} at 0, without results or error", unfinished and bare, actual)
        self.tasks[task_id] = ObservedTask(
            task_id, body.get("model"), body.get("created"), body.get("status"), body.get("progress")
        )

    def queried(self, task_id: str, status: int | None, body: Any) -> Iterator[Observation]:
        """Record the response to a query of a known task, and yield what it shows."""
        task = self.tasks.get(task_id)
        if task is None:
            return
        task.queries += 1
        if task.queries == 1:
            yield _observe("readable-at-once", f"200 for {task_id}, just created", status == 200, str(status))
        elif task.readable:
            yield _observe("stays-readable", f"200 for {task_id}, as before", status == 200, str(status))
        task.readable = task.readable or status == 200
        if status != 200 or not bundle.is_object(body):
            return
        yield _compare("own-body", task_id, body.get("id"))
        if body.get("id") != task_id:
            return
        yield _compare("model", task.model, body.get("model"))
        yield _compare("same-created", task.created, body.get("created"))
        yield from _compare_progress(task, body.get("status"), body.get("progress"))
        information = body.get("task_info")
        if bundle.is_object(information) and "can_cancel" in information:
            running = is_running(body.get("status"))
            expected = f"can_cancel {str(running).lower()} while {body.get('status')}"
            actual = information["can_cancel"]
            yield _observe("cancellable-while-running", expected, actual is running, str(actual))
        task.status, task.progress = body.get("status"), body.get("progress")


def _compare_progress(task: ObservedTask, status: Any, progress: Any) -> Iterator[Observation]:
    before, now = _rank(task.status), _rank(status)
    forward = now > before or status == task.status
    yield _observe("status-forward", f"{task.status} or a later status", forward, str(status))
    if before < END and now < END and _is_number(task.progress) and _is_number(progress):
        yield _observe("progress-forward", f"at least {task.progress}", progress >= task.progress, str(progress))
    if isinstance(status, str) and status in PROGRESS:
        least, greatest = PROGRESS[status]
        fits = _is_number(progress) and least <= progress <= greatest
        expected = str(least) if least == greatest else f"{least} to {greatest}"
        yield _observe("progress-by-status", f"{expected} while {status}", fits, str(progress))


def is_running(status: Any) -> bool:
    """Return whether a task with this status has not ended."""
    return _rank(status) < END


def _rank(status: Any) -> int:
    return ORDER.get(status, END) if isinstance(status, str) else END


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _observe(behaviour: Behaviour, expected: str, holds: bool, actual: str) -> Observation:  # noqa: FBT001 - reads as a table
    return Observation(behaviour, expected, None if holds else actual)


def _compare(behaviour: Behaviour, expected: Any, actual: Any) -> Observation:
    return _observe(behaviour, str(expected), actual == expected, str(actual))
