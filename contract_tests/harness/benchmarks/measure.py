"""What a benchmark is made of: sides that are measured in turn, the figures of their rounds, and the reach aimed at."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Literal

Figures = dict[str, float]
"""What one round of one side has yielded, by name."""

Rounds = tuple[float, ...]
Side = Callable[[], Figures] | str
"""Measures one round; or says why there is nothing to measure."""

Better = Literal["more", "less"]
REST = "the best of the others"


class Size(Enum):
    """How much is measured: by `make bench-full`, by `make bench`, by the tests."""

    FULL = "full"
    QUICK = "quick"
    LEAST = "least"


class MissingError(Exception):
    """A side cannot be measured here; the text says why."""


@dataclass(frozen=True)
class Reach:
    """What the first side of a row is to reach.

    Attributes:
        limit: how far; at least where more is better, at most where less is.
        to: the side that the limit is a multiple of; empty where it is a figure of its own.
    """

    limit: float
    to: str = ""


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        question: the script that it comes from.
        what: what was measured.
        unit: of what.
        better: whether more or less of it is better.
        sides: the rounds of each side, ours first, or why there are none.
        reaches: what ours is to reach.
        note: what must be known to read the row.
    """

    question: str
    what: str
    unit: str
    better: Better
    sides: Mapping[str, Rounds | str]
    reaches: tuple[Reach, ...] = ()
    note: str = ""

    def plus(self, other: Row) -> Row:
        """Return the row with the rounds of another, which was measured later; a side that was once missing is."""
        sides: dict[str, Rounds | str] = {}
        for name, rounds in self.sides.items():
            more = other.sides.get(name, "it was not measured again")
            sides[name] = rounds if isinstance(rounds, str) else more if isinstance(more, str) else (*rounds, *more)
        return replace(self, sides=sides)

    def as_json(self) -> dict[str, Any]:
        """Return the row with what follows from its figures."""
        return {
            "question": self.question,
            "what": self.what,
            "unit": self.unit,
            "better": self.better,
            "note": self.note,
            "sides": {name: _summary(rounds) for name, rounds in self.sides.items()},
            "reaches": [self._judged(reach) for reach in self.reaches],
        }

    def _judged(self, reach: Reach) -> dict[str, Any]:
        sign = "≥" if self.better == "more" else "≤"
        unit = f" x {reach.to}" if reach.to else f" {self.unit}"
        says = {"says": f"{sign} {reach.limit:g}{unit}"}
        rounds = self._reached_in(reach)
        if not rounds:
            return {**says, "missing": "not measured", "reached": None}
        value = statistics.median(rounds)
        return {
            **says,
            **_summary(rounds),
            "reached": value >= reach.limit if self.better == "more" else value <= reach.limit,
        }

    def _reached_in(self, reach: Reach) -> Rounds:
        """Return how far each round got; nothing where that is not known."""
        ours, *others = self.sides
        mine = self.sides[ours]
        if isinstance(mine, str):
            return ()
        if not reach.to:
            return mine
        against = [self.sides[name] for name in (others if reach.to == REST else [reach.to])]
        known = [ratios(mine, other) for other in against if not isinstance(other, str)]
        hardest = min if self.better == "more" else max
        return hardest(known, key=statistics.median, default=())


def ratios(ours: Rounds, other: Rounds) -> Rounds:
    """Return how many times the other side ours is: round by round, as both have shared their weather."""
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
    """Return a number with no more digits than the measurement has."""
    return float(f"{value:.4g}")


class Found:
    """The figures of all rounds of all sides.

    Args:
        rounds: for each side its rounds, or why there are none.
    """

    def __init__(self, rounds: Mapping[str, list[Figures] | str]) -> None:
        self._rounds = rounds

    def of(self, figure: str) -> dict[str, Rounds | str]:
        """Return the rounds of one figure for each side that has it."""
        found: dict[str, Rounds | str] = {}
        for name, rounds in self._rounds.items():
            if isinstance(rounds, str):
                found[name] = rounds
            elif any(figure in one for one in rounds):
                found[name] = tuple(one[figure] for one in rounds)
        return found


def interleaved(sides: Mapping[str, Side], rounds: int, *, warm_up: bool = True) -> Found:
    """Measure all sides in turn, again and again, so that whatever else the machine does meets all of them.

    Args:
        sides: measures a round of each.
        rounds: how many.
        warm_up: whether each is measured once before, for nothing.
    """
    found: dict[str, list[Figures] | str] = {
        name: side if isinstance(side, str) else list[Figures]() for name, side in sides.items()
    }
    for number in range(-1 if warm_up else 0, rounds):
        for name, side in sides.items():
            kept = found[name]
            if isinstance(side, str) or isinstance(kept, str):
                continue
            try:
                figures = side()
            except MissingError as missing:
                found[name] = str(missing)
            else:
                if number >= 0:
                    kept.append(figures)
    return Found(found)


@contextmanager
def or_why(sides: dict[str, Side], name: str) -> Generator[None]:
    """Within it, a side that turns out to be missing is put down as missing."""
    try:
        yield
    except MissingError as missing:
        sides[name] = str(missing)
