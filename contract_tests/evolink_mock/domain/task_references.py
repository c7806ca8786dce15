"""Tasks that use another task, such as a draft that is made a video.

No page says what happens to a request whose reference cannot be used. Here, it is accepted, and its task fails.
"""

from __future__ import annotations

from typing import Any

from evolink_mock.domain.accounts import Account
from evolink_mock.domain.tasks import Outcome, Task, TaskStore


def find_source(
    tasks: TaskStore, account: Account, task_id: str, reference: dict[str, Any]
) -> tuple[Task | None, Outcome | None]:
    """Return the task that a request refers to, and how the new task fails because of it; None for no failure.

    Args:
        tasks: all tasks.
        account: the account of the request, which must have created the other task.
        task_id: the id in the request.
        reference: the `x-task-reference` of the contract.
    """
    source = tasks.find(task_id)
    if source is None or source.spec.account is not account:
        return None, Outcome("failed", "resource_not_found", "The account has no task with this id.")
    problem = ""
    if source.spec.model not in reference["models"]:
        problem = f"is of the model {source.spec.model}; expected {' or '.join(reference['models'])}"
    elif reference.get("draft") and not source.spec.draft:
        problem = "is not a draft"
    elif source.ended is None or source.outcome.status != "completed":
        problem = "is not completed"
    if problem:
        return None, Outcome("failed", "invalid_parameters", f"The task {source.id} {problem}.")
    return source, None
