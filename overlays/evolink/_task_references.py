"""Fields of requests that take the id of a task, such as a draft: a task itself may be given there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evolink._contract import BASE, JSON, packaged_contract
from evolink._outcomes import outcome_of
from evolink._text import printable
from evolink.errors import InvalidRequest, NextStep, Violation
from evolink_client import models


def with_ids(request: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a request with the id of each task in a field that takes one; None if it has no tasks.

    Raises:
        InvalidRequest: the field takes no task, or the task is known to be one that the service cannot use.
    """
    tasks = {name: value for name, value in request.items() if isinstance(value, models.CreatedTask | models.Task)}
    if not tasks:
        return None
    for name, task in tasks.items():
        problem, step = _problem(task, _reference(request.get("model"), name))
        if problem:
            actual = printable(task.id, 80)
            raise InvalidRequest([Violation(name, "x-task-reference", None, actual, problem, next_step=step)])
    return {**request, **{name: task.id for name, task in tasks.items()}}


def _reference(model: Any, field: str) -> JSON | None:
    schema: JSON = packaged_contract(BASE).models.get(model, {}) if isinstance(model, str) else {}
    reference: JSON | None = schema.get("properties", {}).get(field, {}).get("x-task-reference")
    return reference


def _problem(task: models.CreatedTask | models.Task, reference: JSON | None) -> tuple[str, NextStep | None]:
    """Return why the service cannot use a task, by what the task shows of itself; empty if it can."""
    if reference is None:
        return "is not a field that takes a task; pass a value of the documented type", None
    if isinstance(task.model, str) and task.model not in reference["models"]:
        return f"must be a task of {' or '.join(reference['models'])}, not of {printable(task.model, 80)}", None
    if outcome_of(task) != "completed":
        return f"must be a completed task; this one is {printable(task.status, 80)}", NextStep("wait", task.id)
    # Whether a draft has expired is left to the server, because the clock of this machine may be wrong.
    return "", None
