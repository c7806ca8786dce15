"""What comes of a command: its exit code, and what is said of it."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolink import errors
from evolink._contract import JSON
from evolink.cli import INTERRUPTED
from evolink.errors import EvoLinkError, InvalidRequest, RequestError

if TYPE_CHECKING:
    from evolink_client.models import Task

DONE, FAILED, USAGE, REFUSED, UNKNOWN, LATER, BUG, UNREAD = 0, 1, 2, 3, 4, 5, 70, 141
CODES = {
    DONE: "done",
    FAILED: "the task has failed or was cancelled, or a file could not be transferred",
    USAGE: "wrong usage or settings; nothing was sent",
    REFUSED: "refused, by a documented rule before it was sent, or by the server; nothing was done",
    UNKNOWN: "the create may have been taken and charged; look for the task before you submit again",
    LATER: "not yet: the task has not ended, and lives on: resume with evolink task ID --wait; or the server could not "
    "be reached or read: where no task was created, the command can be run again",
    BUG: "a fault of this program",
    INTERRUPTED: "interrupted",
    UNREAD: "nobody reads the output any more",
}


class TaskUnfinished(EvoLinkError):  # noqa: N818 - named as those of the SDK are
    """The results of a task were asked for which has none yet.

    Attributes:
        task: the task as it was read.
        task_id: its id.
    """

    def __init__(self, task: Task) -> None:
        super().__init__(f"{task.id} is {task.status}; wait for it with: evolink task {task.id} --wait -o DIR")
        self.task, self.task_id = task, task.id


_CODES: tuple[tuple[type[EvoLinkError], int], ...] = (
    (errors.TaskNotCompleted, FAILED),
    (errors.TransferError, FAILED),
    (errors.ConfigurationError, USAGE),
    (errors.InvalidRequest, REFUSED),
    (errors.Refused, REFUSED),
    (errors.SubmissionUnknown, UNKNOWN),
    (errors.WaitTimeout, LATER),
    (TaskUnfinished, LATER),
    (errors.RequestError, LATER),
)
# The errors name the methods of the SDK; here there are commands.
COMMANDS = (
    (re.compile(r"\bwait\('([^']*)'\)"), r"evolink task \1 --wait"),
    (re.compile(r"\bthe task (\S+); follow it with wait\(\)"), r"the task \1; follow it with evolink task \1 --wait"),
    (re.compile(r"\b(?:EvoLink\.)?credits\(\)"), "evolink credits"),
    (re.compile(r"\bupload\(\)"), "evolink upload"),
    (re.compile(r"; validate=False sends another\b"), ""),
    (re.compile(r", or give api_key\b"), ""),
    (re.compile(r"\bfiles_base_url\b"), "--files-base-url"),
    (re.compile(r"\bbase_url\b"), "--base-url"),
)


def code_of(error: EvoLinkError) -> int:
    """Return the exit code for an error."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)


def told(text: str) -> str:
    """Return a text of the SDK in the words of the command line."""
    for pattern, command in COMMANDS:
        text = pattern.sub(command, text)
    return text


def fault(error: Exception) -> str:
    """Return what is said of an error that should not be: no traceback, as that shows its reader values."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}, line {place.lineno}"
    return f"a fault of this program; please report it: {type(error).__name__}: {error} ({where})"


def document_of(error: BaseException, message: str, task_id: str | None) -> JSON:
    """Return an error as a program reads it.

    Args:
        error: the error.
        message: what a person reads of it.
        task_id: the task the command is about, if it is about one.
    """
    document: JSON = {"type": type(error).__name__, "message": message}
    for name in ("status", "code", "param", "request_id"):
        document[name] = getattr(error, name, None) if isinstance(error, EvoLinkError) else None
    task_id = getattr(error, "task_id", None) or task_id
    if task_id is not None:
        document["task_id"] = task_id
    if isinstance(error, InvalidRequest):
        document["violations"] = [violation_of(violation) for violation in error.violations]
    if isinstance(error, RequestError) and error.retry_after is not None:
        document["retry_after"] = error.retry_after
    if isinstance(error, errors.TaskFailed):
        document |= {"retry": error.retry, "advice": error.advice}
    task: Any = getattr(error, "task", None)
    if task is not None:
        document["task"] = task.to_dict()
    return document


def violation_of(violation: errors.Violation) -> JSON:
    """Return a broken rule as a program reads it."""
    return {
        "field": violation.field,
        "keyword": violation.keyword,
        "limit": violation.limit,
        "message": told(str(violation)),
        "source": violation.source,
    }
