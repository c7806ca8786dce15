"""Tasks: how they progress and end, and the store that keeps them."""

from __future__ import annotations

import math
import random
import re
import string
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple, Self

from evolink_mock.domain.accounts import Account
from evolink_mock.domain.billing import NO_CHARGE, Charge
from evolink_mock.domain.clock import Clock, Timer
from evolink_mock.domain.response_shape import MOST_MODELS, PENDING, ResponseShape
from evolink_mock.media.result_videos import Video

# The share of its time that a task is pending before it is processed. Not documented.
PENDING_SHARE = 0.1
# Beyond this limit, the task that ended first is removed, or else the oldest one.
MAX_TASKS = 100_000

# The characters at the end of an id.
_CHARACTERS = string.ascii_lowercase + string.digits
_FAILURES = {
    "content_policy_violation": "The content breaks the usage policy.",
    "generation_timeout": "The generation took too long.",
    "request_cancelled": "The request was cancelled.",
}


class Outcome(NamedTuple):
    """The end of a task: its final status and, if it fails, the documented error code and the message.

    A task with the status `stuck` never ends.
    """

    status: str
    code: str = ""
    message: str = ""

    @classmethod
    def of(cls, status: str, code: str | None = None) -> Self:
        """Return the outcome with a status; the code of a failure defaults to `unknown_error`."""
        return cls(status, ("unknown_error" if code is None else code) if status == "failed" else "")


COMPLETED = Outcome("completed")
STUCK = Outcome("stuck")
EXPIRED = Outcome("failed", "resource_not_found", "The draft expired before it was used.")


class Pace(NamedTuple):
    """The speed at which a task progresses: by the clock, or with each read.

    Attributes:
        seconds: the simulated seconds until the end, 0 to end at once; None if it progresses by reads.
        reads: the number of reads until the end.
    """

    seconds: float | None
    reads: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a pace such as `at-once`, `after-3-reads` or `after-30-seconds`.

        Raises:
            ValueError: the text has another format.
        """
        match = re.fullmatch(r"after-([0-9]{1,9}(?:\.[0-9]{1,6})?)-(reads?|seconds?)", text)
        if text == "at-once":
            return cls(0)
        if match is None or (match[2].startswith("read") and not match[1].isdecimal()):
            raise ValueError("must be at-once, after-N-reads or after-S-seconds, as in after-3-reads")
        if match[2].startswith("second"):
            return cls(float(match[1]))
        return cls(None, int(match[1])) if int(match[1]) else cls(0)

    def __str__(self) -> str:
        if self.seconds is None:
            return f"after-{self.reads}-reads"
        return f"after-{f'{self.seconds:.6f}'.rstrip('0').rstrip('.')}-seconds" if self.seconds else "at-once"


class TaskSpec(NamedTuple):
    """The specification of a task.

    Attributes:
        charge: what credits are reserved for. The final charge is for the seconds of `video`.
        origin: the scheme and host of links to this server, as the client sees it.
        held: whether the task must not end before `TaskStore.release`.
        shape: what its model shows otherwise in responses.
        draft: whether it makes a draft, which can be used for a limited time after its end.
        draft_ends: when the draft that it uses expires, in elapsed seconds of the clock; None if it uses none.
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
    shape: ResponseShape = MOST_MODELS
    draft: bool = False
    draft_ends: float | None = None

    @property
    def reserved(self) -> float:
        """The credits to reserve."""
        return self.charge.reserved_credits


@dataclass(slots=True, eq=False)
class Task:
    """A task and its progress.

    Attributes:
        created: when it was created, in Unix seconds.
        started: when it was created, in elapsed seconds of the clock.
        reads: how often it was read, if it progresses by reads.
        ended: when it ended and was charged, in elapsed seconds of the clock; None while it runs.
        charged: the final charge.
        timer: ends it by the clock.
    """

    id: str
    spec: TaskSpec
    created: int
    started: float
    outcome: Outcome
    charge: Charge
    held: bool
    reads: int = 0
    ended: float | None = None
    charged: Charge = NO_CHARGE
    timer: Timer | None = None


@dataclass
class TaskStore:
    """The tasks of one mock server; for use in one event loop.

    `on_end` is called once for each task, after it has ended and was charged.
    `sample` is the documented create response, from which all tasks take the fields that do not differ. A draft can be
    used for `draft_seconds` after its completion.
    """

    clock: Clock
    sample: dict[str, Any]
    on_end: Callable[[Task], None]
    rng: random.Random = field(default_factory=random.Random)
    limit: int = MAX_TASKS
    draft_seconds: float = 86_400
    changes: int = 0
    in_flight: int = 0
    _tasks: OrderedDict[str, Task] = field(default_factory=OrderedDict[str, Task])
    _ended: deque[str] = field(default_factory=deque[str])

    def __len__(self) -> int:
        return len(self._tasks)

    def newest(self, limit: int) -> Iterator[Task]:
        """Yield the latest tasks, newest first."""
        return islice(reversed(self._tasks.values()), limit)

    def create(self, spec: TaskSpec) -> Task:
        """Start a task."""
        created = int(self.clock.unix())
        charge = spec.charge.settled(spec.video.seconds)
        task_id = self._new_id(created, spec.shape.suffix_length)
        task = Task(task_id, spec, created, self.clock.elapsed(), spec.outcome, charge, spec.held)
        self._tasks[task.id] = task
        spec.account.reserve(spec.reserved)
        self.in_flight += 1
        self.changes += 1
        if len(self._tasks) > self.limit:
            self._remove_one()
        if spec.pace.seconds is not None and spec.outcome != STUCK:
            # Only with the id, so that the timer does not keep a removed task in memory.
            task.timer = self.clock.call_later(spec.pace.seconds, lambda: self._end_if_due(task_id))
        return task

    def created_body(self, task: Task) -> dict[str, Any]:
        """Return the documented create response, in which a task always has the first status of its model."""
        shape = task.spec.shape
        body = self._body(task, shape.first_status, 0)
        if shape.shows_length:
            body["task_info"]["video_duration"] = task.spec.video.seconds if shape.length is None else shape.length
        for name in shape.omits:
            del body[name]
        return body

    def read(self, task_id: str) -> dict[str, Any] | None:
        """Return the response body of a task query; None for an unknown task. Counts as a read of the task."""
        task = self._tasks.get(task_id)
        if task is None:
            return None
        if task.spec.pace.seconds is None and task.ended is None:
            task.reads += 1
            if task.reads >= task.spec.pace.reads:
                self._end_if_due(task_id)
        return self.body(task)

    def find(self, task_id: str) -> Task | None:
        """Return a task without counting a read; None for an unknown id."""
        return self._tasks.get(task_id)

    def draft_ends(self, task: Task) -> float | None:
        """Return when a draft expires, in elapsed seconds of the clock; None for any other task, or before its end."""
        is_draft = task.spec.draft and task.ended is not None and task.outcome.status == "completed"
        return (task.ended or 0) + self.draft_seconds if is_draft else None

    def release(self, task: Task, charge: Charge) -> None:
        """Allow a held task to end, with its final charge; it ends at once if its time is over."""
        task.held, task.charge = False, charge
        if task.outcome != STUCK and self._progress(task) >= 1:
            self._end_in_time(task, self.clock.elapsed())

    def end(self, task: Task, outcome: Outcome) -> None:
        """End a task, unless it has ended."""
        if task.ended is None:
            task.outcome = outcome
            self._end(task, self.clock.elapsed())

    def bill(self, task: Task) -> dict[str, Any]:
        """Return the bill of a task: its reservation and its charge: None until it ends, zero unless it completed.

        `price_date` is the day of the prices, or None if the task costs one credit a second.
        """
        settled = None if task.ended is None else task.charged
        return {
            "task_id": task.id,
            "price_date": task.spec.charge.price_date,
            "reserved": {"seconds": task.spec.charge.reserved_seconds, "credits": task.spec.reserved},
            "settled": settled
            and {
                "at": task.ended,
                "seconds": settled.settled_seconds,
                "input_seconds": settled.input_seconds,
                "credits": settled.credits,
            },
        }

    def body(self, task: Task) -> dict[str, Any]:
        """Return the response body of a task query, which is also the body of a callback."""
        status, progress = self._status(task)
        body = self._body(task, status, progress)
        # In newer editions, only a query has this field, and the sample of a created task lacks it.
        body["task_info"] = {"can_cancel": status in {"pending", "processing"}, **body["task_info"]}
        if status == "completed" and task.spec.shape.length == 0:
            body["video_duration"] = task.spec.video.seconds
        if (draft_ends := self.draft_ends(task)) is not None:
            body["draft_expires_at"] = task.created + round(draft_ends - task.started)
        if status == "completed" and task.spec.shape.result:
            body["result_data"] = {task.spec.shape.result: task.id.rpartition("-")[2]}
        elif status == "completed":
            body["results"] = [f"{task.spec.origin}{result_path(task)}"]
        elif status == "failed":
            code = task.outcome.code
            default = _FAILURES.get(code, f"Simulated failure with code {code}.")
            body["error"] = {"code": code, "message": task.outcome.message or default, "type": "task_error"}
        return body

    def ends_in(self, task: Task) -> float | None:
        """Return the remaining simulated seconds; None if the task has ended or does not progress by the clock."""
        if task.ended is not None or task.spec.pace.seconds is None or task.outcome == STUCK:
            return None
        return max(0.0, task.started + task.spec.pace.seconds - self.clock.elapsed())

    def _status(self, task: Task) -> tuple[str, int]:
        """Return the status and the progress in percent."""
        if task.ended is not None:
            # In the documented examples, a completed task has 100 and a failed one 0. No example has a cancelled task.
            return task.outcome.status, {"completed": 100, "failed": 0}.get(task.outcome.status, 99)
        position = self._progress(task)
        if position < PENDING_SHARE and task.spec.shape.first_status == PENDING:
            return PENDING, 0
        return "processing", min(99, max(1, int(position * 100)))

    def _progress(self, task: Task) -> float:
        """Return the progress of a task as a fraction; 1 or more once it is due to end."""
        pace = task.spec.pace
        if pace.seconds is None:
            return task.reads / pace.reads
        return (self.clock.elapsed() - task.started) / pace.seconds if pace.seconds else 1

    def _end_if_due(self, task_id: str) -> None:
        task = self._tasks.get(task_id)
        if task is None or task.held or task.outcome == STUCK:
            return
        seconds = task.spec.pace.seconds
        # Not the current time, because a timer may be slightly late.
        self._end_in_time(task, self.clock.elapsed() if seconds is None else task.started + seconds)

    def _end_in_time(self, task: Task, at: float) -> None:
        """End a task whose time is over; it fails if the draft that it uses expired while it was pending."""
        seconds = task.spec.pace.seconds
        begun = at if seconds is None else task.started + seconds * PENDING_SHARE
        if task.spec.draft_ends is not None and task.spec.draft_ends <= begun and task.outcome == COMPLETED:
            task.outcome = EXPIRED
        self._end(task, at)

    def _end(self, task: Task, at: float) -> None:
        if task.ended is not None or self._tasks.get(task.id) is not task:  # it was charged or removed
            return
        task.ended = at
        _forget_timer(task)
        task.charged = task.charge if task.outcome.status == "completed" else NO_CHARGE
        task.spec.account.settle(task.spec.reserved, task.charged.credits)
        self._ended.append(task.id)
        self.in_flight -= 1
        self.changes += 1
        self.on_end(task)

    def _remove_one(self) -> None:
        if self._ended:
            del self._tasks[self._ended.popleft()]
            return
        task = self._tasks.popitem(last=False)[1]
        _forget_timer(task)
        task.spec.account.settle(task.spec.reserved, 0)
        self.in_flight -= 1

    def _new_id(self, created: int, length: int) -> str:
        while True:
            suffix = "".join(self.rng.choices(_CHARACTERS, k=length))
            if (task_id := f"task-unified-{created}-{suffix}") not in self._tasks:
                return task_id

    def _body(self, task: Task, status: str, progress: int) -> dict[str, Any]:
        running = status in {"pending", "processing"}
        rule = task.spec.shape.billing_rule
        return {
            **self.sample,
            "created": task.created,
            "id": task.id,
            "model": task.spec.model,
            "progress": progress,
            "status": status,
            "task_info": self._task_info(task) if running else {"can_cancel": False},
            "usage": {
                **self.sample["usage"],
                **({} if rule is None else {"billing_rule": rule}),
                "credits_reserved": task.spec.reserved,
            },
        }

    def _task_info(self, task: Task) -> dict[str, Any]:
        """Return the documented details, with a correct estimate if the task progresses by the clock."""
        seconds = task.spec.pace.seconds
        if seconds is None:
            documented = task.spec.shape.estimated_time
            return {**self.sample["task_info"], **({} if documented is None else {"estimated_time": documented})}
        return {**self.sample["task_info"], "estimated_time": math.ceil(self.clock.real_seconds(seconds))}


def _forget_timer(task: Task) -> None:
    """Cancel the timer of a task that has ended or was removed; timers far in the future would pile up."""
    if task.timer is not None:
        task.timer.cancel()
        task.timer = None


def result_path(task: Task) -> str:
    """Return the path of a task's video on this server."""
    return f"/_mock/results/{task.id}.mp4"
