"""Find the names that a misspelt one may stand for, for errors about unknown models and fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from evolink._json_values import describe_value
from evolink.errors import NextStep, Violation

MOST = 5
"""The most names that a message lists."""
_SIMILARITY = 0.5
_LONGEST = 100
"""The number of characters of a wrong name that are compared."""


def nearest(name: str, known: Sequence[str]) -> list[str]:
    """Return the known names that another one may stand for, the most similar first: at most `MOST`, perhaps none.

    Case and punctuation do not count. A part of a name is near it, as `WAN26` is near `wan2.6-text-to-video`.
    """
    wanted = _plain(name[:_LONGEST])
    return list(_nearest(wanted, tuple(known))) if wanted else []


@lru_cache(maxsize=64)
def _nearest(wanted: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Do the same for a name that is plain and not empty. A search among ninety names takes 2 ms."""
    from difflib import SequenceMatcher  # noqa: PLC0415 - programs without mistakes do not need it

    matcher = SequenceMatcher(b=wanted)
    bounds: list[tuple[float, int, str]] = []  # a rating takes several times as long as a bound of it
    for place, one in enumerate(known):
        matcher.set_seq1(plain := _plain(one))
        bound = matcher.quick_ratio()
        if bound >= _SIMILARITY or wanted in plain:
            bounds.append((-bound if bound >= _SIMILARITY else 0, place, plain))
    ratings: list[tuple[float, int]] = []
    for bound, place, plain in sorted(bounds):
        if len(ratings) >= MOST and bound > ratings[MOST - 1][0]:
            break
        matcher.set_seq1(plain)
        rating = matcher.ratio() if bound else 0
        if rating >= _SIMILARITY or wanted in plain:
            ratings = sorted([*ratings, (-rating, place)])
    return tuple(known[place] for _, place in ratings[:MOST])


def unknown_model(model: Any, known: Sequence[str]) -> Violation:
    """Return the violation for a model that is not documented."""
    fix = f"must be {one_of(model, known, 'documented models')}"
    return Violation("model", "enum", list(known), describe_value(model), fix, next_step=NextStep("skip_validation"))


def one_of(name: Any, known: Sequence[str], what: str) -> str:
    """Say which names are right: all of them if they are few, else their number and the nearest ones.

    Args:
        name: the wrong name; None if it is missing.
        known: the right names; not empty.
        what: what they stand for, in the plural.
    """
    if len(known) <= MOST:
        return f"one of {', '.join(known)}"
    close = nearest(name, known) if isinstance(name, str) else []
    if not close:
        return f"one of {len(known)} {what}, such as {known[0]}"
    return f"one of {len(known)} {what}; the nearest {'is' if len(close) == 1 else 'are'} {', '.join(close)}"


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())
