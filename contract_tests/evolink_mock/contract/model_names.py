"""The ids of models in error messages: those that a wrong one may stand for, and never more than a few."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

MOST = 5
"""The most ids that a message lists."""
_SIMILARITY = 0.5
_LONGEST = 100


def nearest(wrong: str, known: Sequence[str]) -> list[str]:
    """Return the known ids, the most similar first and at most `MOST`: those near a wrong one, or else the first ones.

    Case and punctuation do not count. If there are no more than `MOST`, all are returned.
    """
    return list(_nearest(_plain(wrong[:_LONGEST]), tuple(known)))


@lru_cache(maxsize=64)  # a refused request is looked up twice: for its response and for its violations
def _nearest(wanted: str, known: tuple[str, ...]) -> tuple[str, ...]:
    matcher = SequenceMatcher(b=wanted)

    def rate(model: str, similarity: Callable[[], float]) -> float:
        plain = _plain(model)
        matcher.set_seq1(plain)
        return max(similarity(), _SIMILARITY if wanted and wanted in plain else 0)

    if len(known) <= MOST:
        return tuple(sorted(known, key=lambda model: -rate(model, matcher.ratio)))
    # The exact rating takes several times as long as a bound of it, so only those get one that may be among the first.
    bounds = sorted((-rate(model, matcher.quick_ratio), place) for place, model in enumerate(known))
    ratings: list[tuple[float, int]] = []
    for bound, place in bounds:
        if bound > -_SIMILARITY or (len(ratings) >= MOST and bound > ratings[MOST - 1][0]):
            break
        ratings = sorted([*ratings, (-rate(known[place], matcher.ratio), place)])
    close = tuple(known[place] for rating, place in ratings if rating <= -_SIMILARITY)
    return close[:MOST] or known[:MOST]


def one_of(known: Sequence[str]) -> str:
    """Say which ids are right: all of them if they are few, else their number and one of them."""
    if len(known) <= MOST:
        return f"one of {', '.join(known)}"
    return f"one of {len(known)} documented models, such as {known[0]}"


def _plain(model: str) -> str:
    return re.sub(r"[\W_]", "", model.lower())
