"""Prepare tasks for the templates: add the fields that the pages show but the mock does not store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from evolink_mock.dashboard.schemas import Schemas
from evolink_mock.dashboard.template_filters import short_line

MAX_TASKS = 50
MAX_EXCHANGES = 100
MAX_ATTEMPTS = 20  # for each task
NO_RESPONSE = "–"  # noqa: RUF001 - a dash, because there is little space

_ENDED = {"completed", "failed", "cancelled"}
_MAX_RATIO_LENGTH = 9


@dataclass(frozen=True)
class TimelinePoint:
    """An attempt on the timeline of a delivery, made or planned.

    Attributes:
        position: from 0 for the first attempt to 100 for the last that the contract allows.
        wait: the seconds between the previous attempt and this one.
        outcome: `good`, `bad`, `next` if it is planned, or `skipped` if an earlier attempt succeeded.
        label: the status of the response, a dash without a response, or empty if no attempt was made.
    """

    position: float
    wait: float
    outcome: str
    label: str


@dataclass(frozen=True)
class Delivery:
    """The attempts to deliver a callback once, and their timeline."""

    attempts: list[dict[str, Any]]
    timeline: list[TimelinePoint]

    @property
    def segments(self) -> list[tuple[TimelinePoint, TimelinePoint]]:
        """The lines between neighbouring points."""
        return list(pairwise(self.timeline))


class ViewModels:
    """Adds to the tasks of a source what the templates show."""

    def __init__(self, schemas: Schemas) -> None:
        self._advice = _advice(schemas)
        self._waits = _waits(schemas)

    def task(self, task: dict[str, Any], exchanges: list[dict[str, Any]]) -> dict[str, Any]:
        """Return a task with additional fields for its template.

        Args:
            task: the task, as `Source.task` returns it.
            exchanges: recent exchanges; the one that created the task becomes `created_by`.
        """
        request: dict[str, Any] = task["request"] or {}
        error: dict[str, Any] = task["body"]["error"] if task["body"].get("error") else {}
        attempts: list[dict[str, Any]] = task["deliveries"]
        width, height = _ratio(request.get("aspect_ratio"))
        return {
            **task,
            "ends_in": None if task["ends_in"] is None else int(max(0, task["ends_in"])),
            "running": task["status"] not in _ENDED,
            "prompt": short_line(request["prompt"]) if request.get("prompt") else "",
            "callback_url": request.get("callback_url") or (attempts[0]["url"] if attempts else None),
            "error": error,
            "advice": self._advice.get(str(error.get("code"))),
            "width": width,
            "height": height,
            "bill": list(_flatten(task["bill"])),
            "callback_deliveries": self._deliveries(attempts),
            "created_by": next((exchange for exchange in exchanges if _created(exchange, task)), None),
        }

    def _deliveries(self, attempts: list[dict[str, Any]]) -> list[Delivery]:
        """Group attempts by delivery. The numbers of attempts start at 1 in each delivery."""
        groups: list[list[dict[str, Any]]] = []
        for attempt in attempts[-MAX_ATTEMPTS:]:
            if attempt["attempt"] == 1 or not groups:
                groups.append([])
            groups[-1].append(attempt)
        return [Delivery(group, list(self._timeline(group))) for group in groups]

    def _timeline(self, attempts: list[dict[str, Any]]) -> Iterator[TimelinePoint]:
        made = {attempt["attempt"]: attempt for attempt in attempts}
        waits = dict(enumerate(self._waits, 1)) | {number: attempt["waited"] for number, attempt in made.items()}
        total = sum(waits.values()) or 1
        passed, is_delivered = 0.0, any(attempt["delivered"] for attempt in attempts)
        for number, wait in sorted(waits.items()):
            passed += wait
            attempt = made.get(number)
            if attempt is None:
                outcome, label = ("skipped", "") if is_delivered else ("next", "")
            else:
                outcome = "good" if attempt["delivered"] else "bad"
                label = str(attempt["status"] or NO_RESPONSE)
            yield TimelinePoint(round(100 * passed / total, 2), wait, outcome, label)


def _created(exchange: dict[str, Any], task: dict[str, Any]) -> bool:
    return bool(exchange["task_id"] == task["id"] and exchange["method"] == "POST")


def _advice(schemas: Schemas) -> dict[str, dict[str, Any]]:
    """Return the advice of the contract for each error code of a task, from `x-failures`."""
    return {code: advice for schema in schemas.shared.values() for code, advice in schema.get("x-failures", {}).items()}


def _waits(schemas: Schemas) -> list[float]:
    """Return the seconds before each delivery attempt, from the `x-delivery` of the contract."""
    rules = [schema["x-delivery"] for schema in schemas.shared.values() if "x-delivery" in schema]
    return [0.0, *(rules[0]["retry-after-seconds"] if rules else ())]


def _flatten(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        label = f"{prefix} {key}".strip().replace("_", " ")
        if isinstance(item, dict):
            yield from _flatten(item, label)  # pyright: ignore[reportUnknownArgumentType]
        elif key != "task_id" and item is not None:
            yield label, item


def _ratio(text: Any) -> tuple[int, int]:
    """Return the width and height of an aspect ratio, so that the browser reserves space before the video loads."""
    width, _, height = str(text)[:_MAX_RATIO_LENGTH].partition(":")
    is_ratio = width.isdecimal() and height.isdecimal() and int(width) and int(height)
    return (int(width), int(height)) if is_ratio else (16, 9)
