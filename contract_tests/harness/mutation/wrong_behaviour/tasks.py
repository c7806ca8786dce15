"""Mocks whose tasks proceed wrongly or have wrong fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from evolink_mock.domain.tasks import Task, TaskStore
from mutation.behaviour import Original, mutant

QUERIED = "evolink_mock.domain.tasks.TaskStore.body"
READ = "evolink_mock.domain.tasks.TaskStore.read"
CREATED = "evolink_mock.domain.tasks.TaskStore.created_body"

RESULTS = ["https://files.example.com/early.mp4"]
ERROR = {"code": "unknown_error", "message": "It failed.", "type": "task_error"}

Body = dict[str, Any]


def changed_body(name: str, *, breaks: str, replaces: str = QUERIED) -> Callable[[Callable[[Body], None]], None]:
    """Declare a mutant that sends wrong bodies of tasks, in queries and callbacks unless `replaces` says otherwise.

    The decorated function gets a body and changes it in place.
    """

    def declare(change: Callable[[Body], None]) -> None:
        @mutant(name, breaks=breaks, replaces=replaces)
        def _(original: Original, store: TaskStore, task: Task) -> Body:
            body: Body = original(store, task)
            change(body)
            return body

    return declare


# --- the response to a create


@changed_body("a create returns another model", breaks="task.followed.model", replaces=CREATED)
def _(body: Body) -> None:
    body["model"] = f"{body['model']}-turbo"


@changed_body("a new task is already processing", breaks="task.followed.begins-unfinished", replaces=CREATED)
def _(body: Body) -> None:
    body.update(status="processing", progress=1)


@mutant("ids are reused", breaks="task.followed.new-id", replaces=CREATED)
def _(original: Original, store: TaskStore, task: Task) -> Body:
    """Send the id of the task that was created first."""
    *_, oldest = store.newest(len(store))
    return {**original(store, task), "id": oldest.id}


# --- the task that a query returns


@mutant("a new task cannot be queried", breaks="task.followed.readable-at-once", replaces=READ)
def _(original: Original, store: TaskStore, task_id: str) -> Body | None:
    body: Body | None = original(store, task_id)
    is_new = body is not None and body["status"] in {"pending", "processing"} and body["progress"] < 20
    return None if is_new else body


@mutant("a task is forgotten once it has ended", breaks="task.followed.stays-readable", replaces=READ)
def _(original: Original, store: TaskStore, task_id: str) -> Body | None:
    body: Body | None = original(store, task_id)
    task = store.find(task_id)
    is_over = task is not None and task.ended is not None and store.clock.elapsed() > task.ended + 1
    return None if is_over else body


@mutant("a query returns another task", breaks="task.followed.own-body", replaces=READ)
def _(original: Original, store: TaskStore, task_id: str) -> Body | None:
    if original(store, task_id) is None:
        return None
    *_, oldest = store.newest(len(store))
    return store.body(oldest)


# --- the fields of a queried task


@changed_body("a status goes back to pending", breaks="task.followed.status-forward")
def _(body: Body) -> None:
    if body["status"] == "processing" and body["progress"] > 50:
        body.update(status="pending", progress=0)


@changed_body("the progress falls", breaks="task.followed.progress-forward")
def _(body: Body) -> None:
    if body["status"] == "processing":
        body["progress"] = 100 - body["progress"]


@changed_body("a completed task stops at 99", breaks="task.followed.progress-by-status")
def _(body: Body) -> None:
    if body["status"] == "completed":
        body["progress"] = 99


@changed_body("a processing task has progress 100", breaks="task.followed.progress-by-status")
def _(body: Body) -> None:
    if body["status"] == "processing":
        body["progress"] = 100


@changed_body("the creation time changes", breaks="task.followed.same-created")
def _(body: Body) -> None:
    if body["status"] == "processing":
        body["created"] += 1


@changed_body("an ended task can be cancelled", breaks="task.followed.cancellable-while-running")
def _(body: Body) -> None:
    if body["status"] not in {"pending", "processing"}:
        body["task_info"] = {"can_cancel": True}


@changed_body("a processing task cannot be cancelled", breaks="task.followed.cancellable-while-running")
def _(body: Body) -> None:
    if body["status"] == "processing":
        body["task_info"] = {"can_cancel": False}


@changed_body("a processing task has results", breaks="task.results.only-on-completed")
def _(body: Body) -> None:
    if body["status"] == "processing":
        body["results"] = RESULTS


@changed_body("results are missing", breaks="task.results.on-completed")
def _(body: Body) -> None:
    if body["status"] == "completed":
        body["results"] = []


@changed_body("a result is a path without a host", breaks="task.results.uri")
def _(body: Body) -> None:
    if body["status"] == "completed":
        body["results"] = [urlsplit(str(link)).path for link in body["results"]]


@changed_body("a failed task has results", breaks="task.results.only-on-completed")
def _(body: Body) -> None:
    if body["status"] == "failed":
        body["results"] = RESULTS


@changed_body("a failed task has no error", breaks="task.error.on-failed")
def _(body: Body) -> None:
    if body["status"] == "failed":
        body.pop("error")


@changed_body("a cancelled task has an error", breaks="task.error.only-on-failed.running")
def _(body: Body) -> None:
    if body["status"] == "cancelled":
        body["error"] = ERROR
