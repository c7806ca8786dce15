"""Tasks: how they advance, end and are remembered."""

from __future__ import annotations

import math
import random
import re
import string
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any, NamedTuple, Self

from evolink_mock.domain.accounts import Account
from evolink_mock.domain.billing import NOTHING, Charge
from evolink_mock.domain.clock import Clock
from evolink_mock.media.result_videos import Video

# The share of its time that a task is pending before it is processed. Ours.
PENDING_SHARE = 0.1
# How many tasks are remembered. Beyond that the task that ended first makes room, else the oldest one.
MAX_TASKS = 100_000

# What the last eight characters of an id are made of.
_PAIRS = [first + second for first, second in product(string.ascii_lowercase + string.digits, repeat=2)]
_FAILURES = {
    "content_policy_violation": "The content breaks the usage policy.",
    "generation_timeout": "The generation took too long.",
    "request_cancelled": "The request was cancelled.",
}


class Outcome(NamedTuple):
    """How a task ends: its last status and, if it fails, the documented code, and why.

    One whose status is `stuck` never ends.
    """

    status: str
    code: str = ""
    message: str = ""

    @classmethod
    def of(cls, status: str, code: str | None = None) -> Self:
        """Return the outcome with a status; a failure has a code, if only an unknown one."""
        return cls(status, ("unknown_error" if code is None else code) if status == "failed" else "")


COMPLETED = Outcome("completed")
STUCK = Outcome("stuck")


class Pace(NamedTuple):
    """How fast a task advances: by the clock, or with every read.

    Attributes:
        seconds: the simulated seconds it takes; 0 ends it at once. None when it goes by reads.
        reads: the number of reads it takes.
    """

    seconds: float | None
    reads: int = 0

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the pace that is written as `at-once`, `after-3-reads` or `after-30-seconds`.

        Raises:
            ValueError: it is none of these.
        """
        written = re.fullmatch(r"after-([0-9]{1,9}(?:\.[0-9]{1,6})?)-(reads?|seconds?)", text)
        if text == "at-once":
            return cls(0)
        if written is None or (written[2].startswith("read") and not written[1].isdecimal()):
            raise ValueError("must be at-once, after-N-reads or after-S-seconds, as in after-3-reads")
        if written[2].startswith("second"):
            return cls(float(written[1]))
        return cls(None, int(written[1])) if int(written[1]) else cls(0)

    def __str__(self) -> str:
        if self.seconds is None:
            return f"after-{self.reads}-reads"
        return f"after-{f'{self.seconds:.6f}'.rstrip('0').rstrip('.')}-seconds" if self.seconds else "at-once"


class TaskSpec(NamedTuple):
    """What a task is to be.

    Attributes:
        charge: what credits are reserved for.
        origin: what links to this server begin with, as its caller sees it.
        held: whether the task must not end before `TaskStore.release`.
    """

    model: str
    video: Video
    charge: Charge
    account: Account
    pace: Pace
    outcome: Outcome = COMPLETED
    callback_url: str | None = None
    origin: str = "http://localhost"
    held: bool = False

    @property
    def reserved(self) -> float:
        """The credits that are set aside for it."""
        return self.charge.seconds * self.charge.rate


@dataclass(slots=True, eq=False)
class Task:
    """A task and its standing.

    Attributes:
        created: in Unix seconds.
        began: what the clock's elapsed seconds were when it was created.
        reads: how often it was read, when it is paced by reads.
        ended: what the clock's elapsed seconds were when it ended; None until then. Its charge is settled by then.
        charged: what it was charged for in the end.
    """

    id: str
    order: TaskSpec
    created: int
    began: float
    outcome: Outcome
    charge: Charge
    held: bool
    reads: int = 0
    ended: float | None = None
    charged: Charge = NOTHING


@dataclass
class TaskStore:
    """The tasks of one mock server; for use in one event loop.

    `announce` is called once for every task when it has ended and its charge, which takes no time here, is settled.
    `sample` is the documented answer to a create, from which everything is taken that is the same for every task.
    """

    clock: Clock
    sample: dict[str, Any]
    announce: Callable[[Task], None]
    chance: random.Random = field(default_factory=random.Random)
    limit: int = MAX_TASKS
    changes: int = 0
    in_flight: int = 0
    _tasks: OrderedDict[str, Task] = field(default_factory=OrderedDict[str, Task])
    _ended: deque[str] = field(default_factory=deque[str])

    def __len__(self) -> int:
        return len(self._tasks)

    def newest(self, limit: int) -> Iterator[Task]:
        """Yield the latest tasks, newest first."""
        return islice(reversed(self._tasks.values()), limit)

    def create(self, order: TaskSpec) -> Task:
        """Start a task."""
        created = int(self.clock.unix())
        task = Task(
            self._new_id(created), order, created, self.clock.elapsed(), order.outcome, order.charge, order.held
        )
        self._tasks[task.id] = task
        order.account.reserve(order.reserved)
        self.in_flight += 1
        self.changes += 1
        if len(self._tasks) > self.limit:
            self._forget_one()
        if order.pace.seconds is not None and order.outcome != STUCK:
            task_id = task.id  # the timer knows no more: the task may be forgotten by then
            self.clock.call_later(order.pace.seconds, lambda: self._due(task_id))
        return task

    def created_body(self, task: Task) -> dict[str, Any]:
        """Return the documented answer to a create, in which a task is always pending."""
        return self._body(task, "pending", 0)

    def read(self, task_id: str) -> dict[str, Any] | None:
        """Return a task as a query finds it, or None when there is no such task. A task paced by reads advances."""
        task = self._tasks.get(task_id)
        if task is None:
            return None
        if task.order.pace.seconds is None and task.ended is None:
            task.reads += 1
            if task.reads >= task.order.pace.reads:
                self._due(task_id)
        return self.body(task)

    def find(self, task_id: str) -> Task | None:
        """Return a task without advancing it."""
        return self._tasks.get(task_id)

    def release(self, task: Task, charge: Charge) -> None:
        """Let a task that was held go its way; it ends at once if its time has come meanwhile."""
        task.held, task.charge = False, charge
        if task.outcome != STUCK and self._position(task) >= 1:
            self._end(task, self.clock.elapsed())

    def end(self, task: Task, outcome: Outcome) -> None:
        """End a task, unless it has ended."""
        if task.ended is None:
            task.outcome = outcome
            self._end(task, self.clock.elapsed())

    def bill(self, task: Task) -> dict[str, Any]:
        """Return what credits are reserved for, and what was charged: null until the end, nothing unless completed."""
        settled = None if task.ended is None else task.charged
        return {
            "task_id": task.id,
            "reserved": {"seconds": task.order.charge.seconds, "credits": task.order.reserved},
            "settled": settled
            and {
                "at": task.ended,
                "seconds": settled.seconds,
                "input_seconds": settled.input_seconds,
                "credits": settled.credits,
            },
        }

    def body(self, task: Task) -> dict[str, Any]:
        """Return the task-query body, which is also the body of a callback."""
        status, progress = self._standing(task)
        body = self._body(task, status, progress)
        if status == "completed":
            body["results"] = [f"{task.order.origin}{result_path(task)}"]
        elif status == "failed":
            code = task.outcome.code
            usual = _FAILURES.get(code, f"The mock was asked to fail this task with {code}.")
            body["error"] = {"code": code, "message": task.outcome.message or usual, "type": "task_error"}
        return body

    def ends_in(self, task: Task) -> float | None:
        """Return for how many simulated seconds a task goes on; None when it has ended, or goes not by the clock."""
        if task.ended is not None or task.order.pace.seconds is None or task.outcome == STUCK:
            return None
        return max(0.0, task.began + task.order.pace.seconds - self.clock.elapsed())

    def _standing(self, task: Task) -> tuple[str, int]:
        if task.ended is not None:
            # Documented samples show 100 for a completed task and 0 for a failed one; a cancelled one keeps its last.
            return task.outcome.status, {"completed": 100, "failed": 0}.get(task.outcome.status, 99)
        position = self._position(task)
        if position < PENDING_SHARE:
            return "pending", 0
        return "processing", min(99, max(1, int(position * 100)))

    def _position(self, task: Task) -> float:
        """Return how much of its way a task has gone, as a number from 0 to 1 and more."""
        pace = task.order.pace
        if pace.seconds is None:
            return task.reads / pace.reads
        return (self.clock.elapsed() - task.began) / pace.seconds if pace.seconds else 1

    def _due(self, task_id: str) -> None:
        task = self._tasks.get(task_id)
        if task is None or task.held or task.outcome == STUCK:
            return
        seconds = task.order.pace.seconds
        # Not the time it is, where a timer calls: it may be a little late.
        self._end(task, self.clock.elapsed() if seconds is None else task.began + seconds)

    def _end(self, task: Task, at: float) -> None:
        if task.ended is not None or self._tasks.get(task.id) is not task:  # it has been paid for, or forgotten
            return
        task.ended = at
        task.charged = task.charge if task.outcome.status == "completed" else NOTHING
        task.order.account.settle(task.order.reserved, task.charged.credits)
        self._ended.append(task.id)
        self.in_flight -= 1
        self.changes += 1
        self.announce(task)

    def _forget_one(self) -> None:
        if self._ended:
            del self._tasks[self._ended.popleft()]
            return
        task = self._tasks.popitem(last=False)[1]
        task.order.account.settle(task.order.reserved, 0)
        self.in_flight -= 1

    def _new_id(self, created: int) -> str:
        while True:
            suffix = "".join(self.chance.choices(_PAIRS, k=4))
            if (task_id := f"task-unified-{created}-{suffix}") not in self._tasks:
                return task_id

    def _body(self, task: Task, status: str, progress: int) -> dict[str, Any]:
        running = status in {"pending", "processing"}
        return {
            **self.sample,
            "created": task.created,
            "id": task.id,
            "model": task.order.model,
            "progress": progress,
            "status": status,
            "task_info": self._info(task) if running else {"can_cancel": False},
            "usage": {**self.sample["usage"], "credits_reserved": task.order.reserved},
        }

    def _info(self, task: Task) -> dict[str, Any]:
        """Return the documented details, with an estimate that is true where the task goes by the clock."""
        seconds = task.order.pace.seconds
        if seconds is None:
            return dict(self.sample["task_info"])
        return {**self.sample["task_info"], "estimated_time": math.ceil(self.clock.real(seconds))}


def result_path(task: Task) -> str:
    """Return where on this server the video of a task is."""
    return f"/_mock/results/{task.id}.mp4"
