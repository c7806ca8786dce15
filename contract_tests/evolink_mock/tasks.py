"""Tasks: how they advance, end and are remembered."""

from __future__ import annotations

import random
import string
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from evolink_mock.clock import Clock

# No page states a price. This one is ours: it reproduces the sample, 5 credits for 5 seconds.
CREDITS_PER_SECOND = 1
# The length of a video whose request names none. No default is documented; 5 is every page's example.
DEFAULT_DURATION = 5
# How long a task takes, which is what the documented sample estimates.
ESTIMATED_SECONDS = 120
# The share of its time that a task is pending before it is processed. Ours.
PENDING_SHARE = 0.1
# How many tasks are remembered. Beyond that the task that ended first makes room, else the oldest one.
MAX_TASKS = 100_000

_FAILURES = {
    "content_policy_violation": "The content breaks the usage policy.",
    "generation_timeout": "The generation took too long.",
    "request_cancelled": "The request was cancelled.",
}


@dataclass(frozen=True)
class Outcome:
    """How a task ends: its last status and, if it fails, the documented code."""

    status: str
    code: str = ""


COMPLETED = Outcome("completed")


@dataclass(frozen=True)
class Video:
    """What a task produces: seconds, the documented ratio and quality, and whether there is sound."""

    seconds: int = DEFAULT_DURATION
    aspect_ratio: str = "16:9"
    quality: str = "720p"
    audio: bool = False


@dataclass(slots=True)
class Task:
    """A task and its standing.

    Attributes:
        started: the clock's elapsed seconds at creation.
        position: how far a task paced by reads has come, 0 to 1.
        ended: whether the last status is reached; billing is settled in the same moment.
    """

    id: str
    model: str
    created: int
    started: float
    outcome: Outcome
    video: Video
    callback_url: str | None
    position: float = 0.0
    ended: bool = False


@dataclass(frozen=True)
class Pace:
    """How fast tasks advance: by the clock, or with every read.

    Attributes:
        seconds: simulated seconds a task takes.
        reads: when not None, the number of reads a task takes instead; 0 ends it at once.
    """

    seconds: float = ESTIMATED_SECONDS
    reads: int | None = None


@dataclass
class TaskStore:
    """The tasks of one mock server; for use in one event loop.

    `on_end` is called once for every task, when it has ended and its billing is settled.
    """

    clock: Clock
    pace: Pace
    on_end: Callable[[Task], None]
    result_url: Callable[[Task], str]
    limit: int = MAX_TASKS
    _tasks: OrderedDict[str, Task] = field(default_factory=OrderedDict[str, Task])
    _ended: deque[str] = field(default_factory=deque[str])

    def create(self, model: str, video: Video, outcome: Outcome, callback_url: str | None) -> dict[str, Any]:
        """Start a task and return the documented answer, in which it is always pending."""
        created = int(self.clock.unix())
        task = Task(self._new_id(created), model, created, self.clock.elapsed(), outcome, video, callback_url)
        self._tasks[task.id] = task
        if len(self._tasks) > self.limit:
            self._forget_one()
        if self.pace.reads is None:
            self.clock.call_later(self.pace.seconds, lambda: self._end(task))
        elif self.pace.reads == 0:
            self.clock.call_later(0, lambda: self._end(task))
        return _body(task, "pending", 0)

    def read(self, task_id: str) -> dict[str, Any] | None:
        """Return a task as a query finds it, or None when there is no such task. A task paced by reads advances."""
        task = self._tasks.get(task_id)
        if task is None:
            return None
        if self.pace.reads is not None and not task.ended:
            task.position = min(1.0, task.position + 1 / max(1, self.pace.reads))
            if task.position > 1 - 1e-9:
                self._end(task)
        return self.body(task)

    def find(self, task_id: str) -> Task | None:
        """Return a task without advancing it."""
        return self._tasks.get(task_id)

    def body(self, task: Task) -> dict[str, Any]:
        """Return the task-query body, which is also the body of a callback."""
        status, progress = self._standing(task)
        body = _body(task, status, progress)
        if status == "completed":
            body["results"] = [self.result_url(task)]
        elif status == "failed":
            code = task.outcome.code
            message = _FAILURES.get(code, f"The mock was asked to fail this task with {code}.")
            body["error"] = {"code": code, "message": message, "type": "task_error"}
        return body

    def _standing(self, task: Task) -> tuple[str, int]:
        if task.ended:
            # Documented samples show 100 for a completed task and 0 for a failed one; a cancelled one keeps its last.
            return task.outcome.status, {"completed": 100, "failed": 0}.get(task.outcome.status, 99)
        position = task.position
        if self.pace.reads is None:
            position = (self.clock.elapsed() - task.started) / self.pace.seconds
        if position < PENDING_SHARE:
            return "pending", 0
        return "processing", max(1, min(99, int(position * 100)))

    def _end(self, task: Task) -> None:
        if not task.ended:
            task.ended = True
            self._ended.append(task.id)
            self.on_end(task)

    def _forget_one(self) -> None:
        while self._ended:
            if self._tasks.pop(self._ended.popleft(), None) is not None:
                return
        self._tasks.popitem(last=False)

    def _new_id(self, created: int) -> str:
        while True:
            suffix = "".join(random.choices(string.ascii_lowercase + string.digits, k=8))  # noqa: S311 - no secret
            if (task_id := f"task-unified-{created}-{suffix}") not in self._tasks:
                return task_id


def _body(task: Task, status: str, progress: int) -> dict[str, Any]:
    running = status in {"pending", "processing"}
    return {
        "created": task.created,
        "id": task.id,
        "model": task.model,
        "object": "video.generation.task",
        "progress": progress,
        "status": status,
        "task_info": {"can_cancel": True, "estimated_time": ESTIMATED_SECONDS} if running else {"can_cancel": False},
        "type": "video",
        "usage": {
            "billing_rule": "per_call",
            "credits_reserved": task.video.seconds * CREDITS_PER_SECOND,
            "user_group": "default",
        },
    }
