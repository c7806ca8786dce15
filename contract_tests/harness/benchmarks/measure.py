"""The parts of a benchmark: sides that are measured in turn, the figures of their rounds, and the targets for ours."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Literal

Figures = dict[str, float]
"""The results of one round of one side, by name."""

Rounds = tuple[float, ...]
Side = Callable[[], Figures] | str
"""A function that measures one round, or the reason why this side cannot be measured."""

Better = Literal["more", "less"]
REST = "the best of the others"


class Size(Enum):
    """How much is measured: by `make bench-full`, by `make bench`, and by the tests."""

    FULL = "full"
    QUICK = "quick"
    LEAST = "least"


class MissingError(Exception):
    """A side cannot be measured on this machine. The message says why."""


@dataclass(frozen=True)
class Target:
    """The aim of the first side of a row.

    Attributes:
        limit: a minimum if more is better, else a maximum.
        to: the side that the limit is a multiple of; empty if the limit is absolute.
    """

    limit: float
    to: str = ""


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        question: the module that measures it.
        what: the measured quantity.
        unit: the unit of the figures.
        better: whether more or less is better.
        sides: the rounds of each side, ours first, or why it was not measured.
        targets: what ours should reach.
        note: a remark for readers; may be empty.
    """

    question: str
    what: str
    unit: str
    better: Better
    sides: Mapping[str, Rounds | str]
    targets: tuple[Target, ...] = ()
    note: str = ""

    def plus(self, other: Row) -> Row:
        """Add the rounds of a later pass. A side that is missing in one of the two is missing in the result."""
        sides: dict[str, Rounds | str] = {}
        for name, rounds in self.sides.items():
            more = other.sides.get(name, "it was not measured again")
            sides[name] = rounds if isinstance(rounds, str) else more if isinstance(more, str) else (*rounds, *more)
        return replace(self, sides=sides)

    def as_json(self) -> dict[str, Any]:
        """Return the row with medians, spreads and verdicts on its targets."""
        return {
            "question": self.question,
            "what": self.what,
            "unit": self.unit,
            "better": self.better,
            "note": self.note,
            "sides": {name: _summary(rounds) for name, rounds in self.sides.items()},
            "targets": [self._judged(target) for target in self.targets],
        }

    def _judged(self, target: Target) -> dict[str, Any]:
        sign = "≥" if self.better == "more" else "≤"
        unit = f" x {target.to}" if target.to else f" {self.unit}"
        text = {"text": f"{sign} {target.limit:g}{unit}"}
        rounds = self._rounds_for(target)
        if not rounds:
            return {**text, "missing": "not measured", "reached": None}
        value = statistics.median(rounds)
        return {
            **text,
            **_summary(rounds),
            "reached": value >= target.limit if self.better == "more" else value <= target.limit,
        }

    def _rounds_for(self, target: Target) -> Rounds:
        """Return the value that each round has for a target; empty if a side that it needs is missing."""
        ours, *others = self.sides
        mine = self.sides[ours]
        if isinstance(mine, str):
            return ()
        if not target.to:
            return mine
        against = [self.sides[name] for name in (others if target.to == REST else [target.to])]
        known = [ratios(mine, other) for other in against if not isinstance(other, str)]
        hardest = min if self.better == "more" else max
        return hardest(known, key=statistics.median, default=())


def ratios(ours: Rounds, other: Rounds) -> Rounds:
    """Divide ours by the other side, round by round: the two sides of a round ran under the same conditions."""
    return tuple(one / two if two else math.inf for one, two in zip(ours, other, strict=True))


def _summary(rounds: Rounds | str) -> dict[str, Any]:
    if isinstance(rounds, str):
        return {"missing": rounds}
    return {
        "median": _short(statistics.median(rounds)),
        "low": _short(min(rounds)),
        "high": _short(max(rounds)),
        "rounds": [_short(value) for value in rounds],
    }


def _short(value: float) -> float:
    """Round a number to four digits, since no measurement is more precise."""
    return float(f"{value:.4g}")


class Measured:
    """The figures of all rounds of all sides.

    Args:
        rounds: the rounds of each side, or why it was not measured.
    """

    def __init__(self, rounds: Mapping[str, list[Figures] | str]) -> None:
        self._rounds = rounds

    def of(self, figure: str) -> dict[str, Rounds | str]:
        """Return the rounds of one figure for each side that has it."""
        sides: dict[str, Rounds | str] = {}
        for name, rounds in self._rounds.items():
            if isinstance(rounds, str):
                sides[name] = rounds
            elif any(figure in one for one in rounds):
                sides[name] = tuple(one[figure] for one in rounds)
        return sides


def interleaved(sides: Mapping[str, Side], rounds: int, *, warm_up: bool = True) -> Measured:
    """Measure all sides in turn, round after round, so that other load on the machine affects all of them.

    Args:
        sides: the functions that measure one round of each side.
        rounds: the number of rounds.
        warm_up: whether a first round of each side is measured and discarded.
    """
    measured: dict[str, list[Figures] | str] = {
        name: side if isinstance(side, str) else list[Figures]() for name, side in sides.items()
    }
    for number in range(-1 if warm_up else 0, rounds):
        for name, side in sides.items():
            kept = measured[name]
            if isinstance(side, str) or isinstance(kept, str):
                continue
            try:
                figures = side()
            except MissingError as missing:
                measured[name] = str(missing)
            else:
                if number >= 0:
                    kept.append(figures)
    return Measured(measured)


@contextmanager
def skip_if_missing(sides: dict[str, Side], name: str) -> Generator[None]:
    """Record why a side is missing if the block raises `MissingError`."""
    try:
        yield
    except MissingError as missing:
        sides[name] = str(missing)
