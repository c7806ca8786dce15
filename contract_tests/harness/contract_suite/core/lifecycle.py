"""How tasks behave over several exchanges: what no single answer can show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

import bundle

ORDER = {"pending": 0, "processing": 1}
"""The statuses of a task that has not ended, in their order; every other status is an end."""
END = len(ORDER)

Behaviour = Literal[
    "readable-at-once",
    "own-body",
    "model",
    "new-id",
    "begins-unfinished",
    "status-forward",
    "progress-forward",
    "progress-by-status",
    "stays-readable",
    "cancellable-while-running",
    "same-created",
    "file-link",
    "file-download",
    "file-size",
    "file-72-hours",
]


BEHAVIOURS: tuple[str, ...] = get_args(Behaviour)

PROGRESS = {"pending": (0, 0), "processing": (1, 99), "completed": (100, 100), "failed": (0, 0)}
"""The least and the greatest progress of a task by its status, where samples show it."""


class Observation(NamedTuple):
    """Something seen of a behaviour: what was expected and, if it was not so, what came."""

    behaviour: Behaviour
    expected: str
    actual: str | None


@dataclass
class Followed:
    """What is known of a task."""

    id: str
    asked_model: Any
    model: Any
    created: Any
    status: Any
    progress: Any
    queries: int = 0
    readable: bool = False


@dataclass
class TaskLog:
    """The tasks of one target, as creates and queries show them, in the order they happened."""

    tasks: dict[str, Followed] = field(default_factory=dict[str, Followed])

    def created(self, asked_model: Any, body: Any) -> Iterator[Observation]:
        """Note the answer to a create that was accepted, and yield what it shows."""
        if not bundle.is_object(body) or not isinstance(body.get("id"), str):
            return
        task_id = body["id"]
        if self.tasks:
            yield _seen("new-id", f"an id of its own, not {task_id}", task_id not in self.tasks, f"{task_id} again")
        yield _same("model", asked_model, body.get("model"))
        unfinished = body.get("status") == "pending" and body.get("progress") == 0
        bare = not body.get("results") and not body.get("error")
        actual = f"{body.get('status')} at {body.get('progress')}{'' if bare else ', with results or an error'}"
        yield _seen("begins-unfinished", "pending at 0, without results or error", unfinished and bare, actual)
        self.tasks[task_id] = Followed(
            task_id, asked_model, body.get("model"), body.get("created"), body.get("status"), body.get("progress")
        )

    def queried(self, task_id: str, status: int | None, body: Any) -> Iterator[Observation]:
        """Note the answer to a query of a task that was created before, and yield what it shows."""
        task = self.tasks.get(task_id)
        if task is None:
            return
        task.queries += 1
        if task.queries == 1:
            yield _seen("readable-at-once", f"200 for {task_id}, just created", status == 200, str(status))
        elif task.readable:
            yield _seen("stays-readable", f"200 for {task_id}, as before", status == 200, str(status))
        task.readable = task.readable or status == 200
        if status != 200 or not bundle.is_object(body):
            return
        yield _same("own-body", task_id, body.get("id"))
        if body.get("id") != task_id:
            return
        yield _same("model", task.model, body.get("model"))
        yield _same("same-created", task.created, body.get("created"))
        yield from _moved(task, body.get("status"), body.get("progress"))
        information = body.get("task_info")
        if bundle.is_object(information) and "can_cancel" in information:
            running = is_running(body.get("status"))
            shown = f"can_cancel {str(running).lower()} while {body.get('status')}"
            yield _seen(
                "cancellable-while-running", shown, information["can_cancel"] is running, str(information["can_cancel"])
            )
        task.status, task.progress = body.get("status"), body.get("progress")


def _moved(task: Followed, status: Any, progress: Any) -> Iterator[Observation]:
    before, now = _rank(task.status), _rank(status)
    forward = now > before or status == task.status
    yield _seen("status-forward", f"{task.status} or what comes after it", forward, str(status))
    if before < END and now < END and _is_number(task.progress) and _is_number(progress):
        yield _seen("progress-forward", f"at least {task.progress}", progress >= task.progress, str(progress))
    if isinstance(status, str) and status in PROGRESS:
        least, greatest = PROGRESS[status]
        fits = _is_number(progress) and least <= progress <= greatest
        shown = str(least) if least == greatest else f"{least} to {greatest}"
        yield _seen("progress-by-status", f"{shown} while {status}", fits, str(progress))


def is_running(status: Any) -> bool:
    """Whether a task with this status has not ended."""
    return _rank(status) < END


def _rank(status: Any) -> int:
    return ORDER.get(status, END) if isinstance(status, str) else END


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _seen(behaviour: Behaviour, expected: str, holds: bool, actual: str) -> Observation:  # noqa: FBT001 - reads as a table
    return Observation(behaviour, expected, None if holds else actual)


def _same(behaviour: Behaviour, expected: Any, actual: Any) -> Observation:
    return _seen(behaviour, str(expected), actual == expected, str(actual))
