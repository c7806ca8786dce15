"""Tasks: how they advance, end and are remembered."""

from __future__ import annotations

import random
import string
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from evolink_mock.billing import NOTHING, Charge
from evolink_mock.clock import Clock

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


class Video(NamedTuple):
    """What a task produces: seconds, the documented ratio and quality, and whether there is sound."""

    seconds: int = 5
    aspect_ratio: str = "16:9"
    quality: str = "720p"
    audio: bool = False


# What a request gets that leaves everything open. The length is ours: no default is documented, 5 is every example.
DEFAULT_VIDEO = Video()


@dataclass(slots=True)
class Task:
    """A task and its standing.

    Attributes:
        ends: what the clock's elapsed seconds will be when it ends, unless it is paced by reads.
        charge: what credits are reserved for.
        reads: how often it was read, when it is paced by reads.
        settled: what the clock's elapsed seconds were when the charge was settled; None until then.
    """

    id: str
    model: str
    created: int
    ends: float
    outcome: Outcome
    video: Video
    charge: Charge
    callback_url: str | None
    reads: int = 0
    settled: float | None = None


@dataclass(frozen=True)
class Pace:
    """How fast tasks advance: by the clock, or with every read.

    Attributes:
        seconds: simulated seconds a task takes.
        reads: when not None, the number of reads a task takes instead; 0 ends it at once.
    """

    seconds: float
    reads: int | None = None


@dataclass
class TaskStore:
    """The tasks of one mock server; for use in one event loop.

    How a task stands is worked out when somebody asks. `announce` is called once for every task with a callback URL,
    when it has ended and its charge, which takes no time here, is settled. `sample` is the documented answer to a
    create, from which everything is taken that is the same for every task.
    """

    clock: Clock
    pace: Pace
    sample: dict[str, Any]
    announce: Callable[[Task], None]
    result_url: Callable[[Task], str]
    limit: int = MAX_TASKS
    _tasks: OrderedDict[str, Task] = field(default_factory=OrderedDict[str, Task])
    _read_to_the_end: deque[str] = field(default_factory=deque[str])
    _forgotten_credits: float = 0

    def create(
        self, model: str, video: Video, charge: Charge, outcome: Outcome, callback_url: str | None
    ) -> dict[str, Any]:
        """Start a task and return the documented answer, in which it is always pending."""
        created = int(self.clock.unix())
        ends = self.clock.elapsed() + self.pace.seconds
        task = Task(self._new_id(created), model, created, ends, outcome, video, charge, callback_url)
        self._tasks[task.id] = task
        if len(self._tasks) > self.limit:
            self._forget_one()
        if callback_url is not None and not self.pace.reads:
            self.clock.call_later(self.pace.seconds if self.pace.reads is None else 0, lambda: self._due(task.id))
        return self._body(task, "pending", 0)

    def read(self, task_id: str) -> dict[str, Any] | None:
        """Return a task as a query finds it, or None when there is no such task. A task paced by reads advances."""
        task = self._tasks.get(task_id)
        if task is None:
            return None
        if self.pace.reads and task.reads < self.pace.reads:
            task.reads += 1
            if task.reads == self.pace.reads:
                self._read_to_the_end.append(task_id)
                self._end(task)
        return self.body(task)

    def find(self, task_id: str) -> Task | None:
        """Return a task without advancing it."""
        return self._tasks.get(task_id)

    def bill(self, task: Task) -> dict[str, Any]:
        """Return what credits are reserved for, and what was charged: null until the end, nothing unless completed."""
        status, _ = self._standing(task)
        if task.settled is None and task.callback_url is None and status not in {"pending", "processing"}:
            self._settle(task)  # which nobody has waited for
        settled = None if task.settled is None else task.charge if status == "completed" else NOTHING
        return {
            "task_id": task.id,
            "reserved": {"seconds": task.charge.seconds, "credits": task.charge.seconds * task.charge.rate},
            "settled": settled
            and {
                "at": task.settled,
                "seconds": settled.seconds,
                "input_seconds": settled.input_seconds,
                "credits": settled.credits,
            },
        }

    def used_credits(self) -> float:
        """Return what all completed tasks have cost."""
        return self._forgotten_credits + sum(self._cost(task) for task in self._tasks.values())

    def body(self, task: Task) -> dict[str, Any]:
        """Return the task-query body, which is also the body of a callback."""
        status, progress = self._standing(task)
        body = self._body(task, status, progress)
        if status == "completed":
            body["results"] = [self.result_url(task)]
        elif status == "failed":
            code = task.outcome.code
            message = _FAILURES.get(code, f"The mock was asked to fail this task with {code}.")
            body["error"] = {"code": code, "message": message, "type": "task_error"}
        return body

    def _standing(self, task: Task) -> tuple[str, int]:
        if self.pace.reads is None:
            position = 1 - (task.ends - self.clock.elapsed()) / self.pace.seconds
        else:
            position = task.reads / self.pace.reads if self.pace.reads else 1.0
        if position >= 1:
            # Documented samples show 100 for a completed task and 0 for a failed one; a cancelled one keeps its last.
            return task.outcome.status, {"completed": 100, "failed": 0}.get(task.outcome.status, 99)
        if position < PENDING_SHARE:
            return "pending", 0
        return "processing", max(1, int(position * 100))

    def _cost(self, task: Task) -> float:
        return task.charge.credits if self._standing(task)[0] == "completed" else 0

    def _due(self, task_id: str) -> None:
        task = self._tasks.get(task_id)
        if task is None:  # forgotten meanwhile; that is why its timer knows its id alone
            return
        early = task.ends - self.clock.elapsed()
        if self.pace.reads is None and early > 0:  # an event loop's timer may be a millisecond ahead
            self.clock.call_later(early, lambda: self._due(task_id))
        else:
            self._end(task)

    def _end(self, task: Task) -> None:
        self._settle(task)
        if task.callback_url is not None:
            self.announce(task)

    def _settle(self, task: Task) -> None:
        task.settled = task.ends if self.pace.reads is None else self.clock.elapsed()

    def _forget_one(self) -> None:
        # Tasks paced by the clock end in the order of their creation, so that the oldest has ended first.
        while self._read_to_the_end:
            task = self._tasks.pop(self._read_to_the_end.popleft(), None)
            if task is not None:
                break
        else:
            task = self._tasks.popitem(last=False)[1]
        self._forgotten_credits += self._cost(task)

    def _new_id(self, created: int) -> str:
        while True:
            suffix = "".join(random.choices(string.ascii_lowercase + string.digits, k=8))  # noqa: S311 - no secret
            if (task_id := f"task-unified-{created}-{suffix}") not in self._tasks:
                return task_id

    def _body(self, task: Task, status: str, progress: int) -> dict[str, Any]:
        running = status in {"pending", "processing"}
        return {
            **self.sample,
            "created": task.created,
            "id": task.id,
            "model": task.model,
            "progress": progress,
            "status": status,
            "task_info": self.sample["task_info"] if running else {"can_cancel": False},
            "usage": {**self.sample["usage"], "credits_reserved": task.charge.seconds * task.charge.rate},
        }
