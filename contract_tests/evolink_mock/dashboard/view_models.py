"""What the pages show of the mock: tasks, exchanges and its state, ready to be written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from evolink_mock.dashboard.schemas import Schemas
from evolink_mock.dashboard.template_filters import line

MOST_TASKS = 50
MOST_EXCHANGES = 100
MOST_ATTEMPTS = 20  # of a task
NO_ANSWER = "–"  # noqa: RUF001 - a dash, as there is little room

_ENDED = {"completed", "failed", "cancelled"}
_LONGEST_RATIO = 9


@dataclass(frozen=True)
class Stop:
    """A place on the line of a delivery.

    Attributes:
        place: from 0 at the beginning to 100 at the last attempt the rules allow.
        wait: the seconds that passed, or are to pass, since the stop before.
        outcome: good, bad, next, or spared where an earlier attempt has succeeded.
        label: the status, or a word for what came instead.
    """

    place: float
    wait: float
    outcome: str
    label: str


@dataclass(frozen=True)
class Delivery:
    """The attempts to deliver a callback, with the line that shows them."""

    attempts: list[dict[str, Any]]
    line: list[Stop]

    @property
    def segments(self) -> list[tuple[Stop, Stop]]:
        """The pieces of the line, each with its ends."""
        return list(pairwise(self.line))


class Views:
    """Makes what the pages show of what a source tells."""

    def __init__(self, schemas: Schemas) -> None:
        self._failures = _failures(schemas)
        self._waits = _waits(schemas)

    def task(self, task: dict[str, Any], exchanges: list[dict[str, Any]]) -> dict[str, Any]:
        """Return a task with what is shown of it; `exchanges` are those that may have created it."""
        request: dict[str, Any] = task["request"] or {}
        error: dict[str, Any] = task["body"]["error"] if task["body"].get("error") else {}
        attempts: list[dict[str, Any]] = task["deliveries"]
        width, height = _ratio(request.get("aspect_ratio"))
        return {
            **task,
            "ends_in": None if task["ends_in"] is None else int(max(0, task["ends_in"])),
            "running": task["status"] not in _ENDED,
            "prompt": line(request["prompt"]) if request.get("prompt") else "",
            "callback_url": request.get("callback_url") or (attempts[0]["url"] if attempts else None),
            "error": error,
            "failure": self._failures.get(str(error.get("code"))),
            "width": width,
            "height": height,
            "bill": list(_flat(task["bill"])),
            "runs": self._runs(attempts),
            "created_by": next((one for one in exchanges if _created(one, task)), None),
        }

    def _runs(self, attempts: list[dict[str, Any]]) -> list[Delivery]:
        """Return the attempts by delivery: each delivery begins to count anew."""
        runs: list[list[dict[str, Any]]] = []
        for attempt in attempts[-MOST_ATTEMPTS:]:
            if attempt["attempt"] == 1 or not runs:
                runs.append([])
            runs[-1].append(attempt)
        return [Delivery(run, list(self._line(run))) for run in runs]

    def _line(self, attempts: list[dict[str, Any]]) -> Iterator[Stop]:
        made = {attempt["attempt"]: attempt for attempt in attempts}
        waits = dict(enumerate(self._waits, 1)) | {place: one["waited"] for place, one in made.items()}
        whole = sum(waits.values()) or 1
        passed, over = 0.0, any(attempt["delivered"] for attempt in attempts)
        for place, wait in sorted(waits.items()):
            passed += wait
            attempt = made.get(place)
            if attempt is None:
                outcome, label = ("spared", "") if over else ("next", "")
            else:
                outcome = "good" if attempt["delivered"] else "bad"
                label = str(attempt["status"] or NO_ANSWER)
            yield Stop(round(100 * passed / whole, 2), wait, outcome, label)


def _created(exchange: dict[str, Any], task: dict[str, Any]) -> bool:
    return bool(exchange["task_id"] == task["id"] and exchange["method"] == "POST")


def _failures(schemas: Schemas) -> dict[str, dict[str, Any]]:
    """Return what is advised about each documented error code of a task."""
    return {code: told for schema in schemas.shared.values() for code, told in schema.get("x-failures", {}).items()}


def _waits(schemas: Schemas) -> list[float]:
    """Return what the contract lets pass before each attempt."""
    rules = [schema["x-delivery"] for schema in schemas.shared.values() if "x-delivery" in schema]
    return [0.0, *(rules[0]["retry-after-seconds"] if rules else ())]


def _flat(value: dict[str, Any], name: str = "") -> Iterator[tuple[str, Any]]:
    for key, part in value.items():
        told = f"{name} {key}".strip().replace("_", " ")
        if isinstance(part, dict):
            yield from _flat(part, told)  # pyright: ignore[reportUnknownArgumentType]
        elif key != "task_id" and part is not None:
            yield told, part


def _ratio(text: Any) -> tuple[int, int]:
    """Return width and height, as a browser wants to know them before the video has come."""
    width, _, height = str(text)[:_LONGEST_RATIO].partition(":")
    known = width.isdecimal() and height.isdecimal() and int(width) and int(height)
    return (int(width), int(height)) if known else (16, 9)
