"""The typed properties of tasks and credits: one type each, and None for everything that a server may send instead."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from evolink import CreditsData, Failure, Task, TaskFailed, given
from evolink._polling import raise_if_unsuccessful
from evolink_client import models
from evolink_client.types import UNSET

ID = "task-unified-1-abcdefgh"
ACCESSORS = (
    "links", "failure", "percent", "created_at", "estimated_seconds", "credits_reserved", "credits_used",
)  # fmt: skip


def values(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the typed properties of a task with these fields."""
    task = Task.from_dict({"id": ID, "status": "completed", **fields})
    return {name: getattr(task, name) for name in ACCESSORS}


NOTHING: dict[str, Any] = {**dict.fromkeys(ACCESSORS), "links": []}


def test_typed_properties_have_the_values_of_the_fields() -> None:
    fields = {
        "created": 1757169743,
        "progress": 50,
        "results": ["https://a.example/b.mp4"],
        "task_info": {"estimated_time": 120},
        "usage": {"credits_reserved": 5, "credits_used": 12.75},
    }
    assert values(fields) == {
        "links": ["https://a.example/b.mp4"],
        "failure": None,
        "percent": 50.0,
        "created_at": datetime(2025, 9, 6, 14, 42, 23, tzinfo=UTC),
        "estimated_seconds": 120.0,
        "credits_reserved": 5.0,
        "credits_used": 12.75,
    }


@pytest.mark.parametrize("wrong", [None, "text", [], {}, True, 1e300, {"a": 1}])
def test_typed_property_of_a_field_of_another_type_is_none(wrong: Any) -> None:
    names = ("created", "progress", "task_info", "usage", "error")
    assert values(dict.fromkeys(names, wrong)) == NOTHING
    assert values({"usage": {"credits_reserved": wrong, "credits_used": wrong}, "created": -1e11}) == NOTHING


def test_failure_has_the_reason_and_the_documented_advice() -> None:
    error = {"code": "content_policy_violation", "message": "no"}
    task = Task.from_dict({"id": ID, "status": "failed", "error": error})
    with pytest.raises(TaskFailed) as caught:
        raise_if_unsuccessful(task)
    raised = caught.value
    assert task.failure == Failure("content_policy_violation", "no", raised.retry, raised.advice)
    assert raised.advice
    assert Task.from_dict({"id": ID, "status": "failed"}).failure == Failure()


def test_task_equals_the_generated_task_with_the_same_fields() -> None:
    fields = {"id": ID, "status": "completed", "results": ["https://a.example/b.mp4"], "new": 1}
    generated, task = models.Task.from_dict(fields), Task.from_dict(fields)
    assert task == generated
    assert generated == task
    assert task != Task.from_dict({**fields, "new": 2})
    assert (type(Task.of(generated)), Task.of(generated), Task.of(task) is task) == (Task, task, True)


def test_credits_have_typed_properties() -> None:
    full = CreditsData.from_dict(
        {
            "user": {"remaining_credits": 7.5, "used_credits": 1},
            "token": {"remaining_credits": 3, "used_credits": 2, "unlimited_credits": False},
        }
    )
    names = ("remaining", "used", "key_remaining", "key_used", "key_is_unlimited")
    assert [getattr(full, name) for name in names] == [7.5, 1.0, 3.0, 2.0, False]
    assert [getattr(CreditsData.from_dict({"user": None}), name) for name in names] == [None, None, None, None, False]
    unlimited = CreditsData.from_dict({"token": {"remaining_credits": 0, "unlimited_credits": True}})
    assert (unlimited.key_remaining, unlimited.key_is_unlimited) == (None, True)


def test_given_returns_none_in_place_of_unset() -> None:
    assert (given(UNSET), given(None), given(0), given("")) == (None, None, 0, "")
