"""The exit codes of the command, their meanings, and the exit code for each error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evolink import errors
from evolink.cli import INTERRUPTED
from evolink.errors import EvoLinkError

if TYPE_CHECKING:
    from evolink._views import Task

DONE, FAILED, USAGE, REFUSED, UNKNOWN, LATER, BUG, UNREAD = 0, 1, 2, 3, 4, 5, 70, 141
MEANINGS = {
    DONE: "success",
    FAILED: "the task failed or was cancelled, or a file could not be transferred",
    USAGE: "wrong usage or settings; nothing was sent",
    REFUSED: "refused by a documented rule or --max-credits before it was sent, or by the server; nothing was done",
    UNKNOWN: "the create may have been accepted and charged; look for the task before you submit again",
    LATER: "not yet: the task continues on the server (resume with evolink task ID --wait), or the server could not be "
    "reached or read (run the command again if no task was created)",
    BUG: "a bug in this program",
    INTERRUPTED: "interrupted",
    UNREAD: "standard output was closed",
}


class TaskUnfinished(EvoLinkError):  # noqa: N818 - named like the errors of the SDK
    """A command needs the results of a task that has not ended.

    Attributes:
        task: the task as it was read.
        task_id: its id.
    """

    def __init__(self, task: Task) -> None:
        super().__init__(f"{task.id} is {task.status}; wait for it with: evolink task {task.id} --wait -o DIR")
        self.task, self.task_id = task, task.id


# The first class that an error is an instance of determines its exit code.
_BY_ERROR: tuple[tuple[type[EvoLinkError], int], ...] = (
    (errors.TaskNotCompleted, FAILED),
    (errors.TransferError, FAILED),
    (errors.ConfigurationError, USAGE),
    (errors.LedgerConflict, USAGE),
    (errors.InvalidRequest, REFUSED),
    (errors.CostLimitExceeded, REFUSED),
    (errors.Refused, REFUSED),
    (errors.SubmissionUnknown, UNKNOWN),
    (errors.WaitTimeout, LATER),
    (TaskUnfinished, LATER),
    (errors.RequestError, LATER),
)


def exit_code_for(error: EvoLinkError) -> int:
    """Return the exit code of a command that ends with an error."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), FAILED)
