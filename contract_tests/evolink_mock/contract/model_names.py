"""The ids of models in error messages: those that a wrong one may stand for, and never more than a few."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

MOST = 5
"""The most ids that a message lists."""
_SIMILARITY = 0.5
_LONGEST = 100


def nearest(wrong: str, known: Sequence[str]) -> list[str]:
    """Return the known ids, the most similar first and at most `MOST`: those near a wrong one, or else the first ones.

    Case and punctuation do not count. If there are no more than `MOST`, all are returned.
    """
    wanted = _plain(wrong[:_LONGEST])
    matcher = SequenceMatcher(b=wanted)
    ratings: dict[str, float] = {}
    for model in known:
        plain = _plain(model)
        matcher.set_seq1(plain)
        # The exact rating takes most of the time, and does not matter for other names if there are many.
        rating = matcher.ratio() if len(known) <= MOST or matcher.quick_ratio() >= _SIMILARITY else 0
        ratings[model] = max(rating, _SIMILARITY if wanted and wanted in plain else 0)
    ordered = sorted(known, key=lambda model: -ratings[model])
    if len(known) <= MOST:
        return ordered
    return [model for model in ordered if ratings[model] >= _SIMILARITY][:MOST] or list(known[:MOST])


def one_of(known: Sequence[str]) -> str:
    """Say which ids are right: all of them if they are few, else their number and one of them."""
    if len(known) <= MOST:
        return f"one of {', '.join(known)}"
    return f"one of {len(known)} documented models, such as {known[0]}"


def _plain(model: str) -> str:
    return re.sub(r"[\W_]", "", model.lower())
