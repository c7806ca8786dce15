"""Texts for the pages: bounded, and harmless whatever a caller has sent."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup, escape

LONGEST_TEXT = 4000
LONGEST_LINE = 160


def inert(value: Any) -> Any:
    """Return a text in which nothing is invisible and nothing turns the direction; what else is said is escaped."""
    if type(value) is not str or value.isprintable():  # what is marked as safe is our own
        return value
    return "".join(sign if sign.isprintable() or sign in "\n\t" else ascii(sign)[1:-1] for sign in value)


def clipped(text: str, limit: int = LONGEST_TEXT) -> str:
    """Return a text of bounded length, which says so where it was cut."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\N{HORIZONTAL ELLIPSIS} ({len(text):,} characters)"


def line(value: Any) -> str:
    """Return a value as one short line."""
    return clipped(" ".join(str(value).split()), LONGEST_LINE)


def pretty(value: Any) -> str:
    """Return a JSON value over several lines."""
    return clipped(json.dumps(value, ensure_ascii=False, indent=2))


def pretty_text(text: str | None) -> str:
    """Return a body over several lines when it is JSON, and as it is when not."""
    try:
        return pretty(json.loads(text)) if text and len(text) <= LONGEST_TEXT else clipped(text or "")
    except (ValueError, RecursionError):
        return clipped(text or "")


def prose(text: str) -> Markup:
    """Return a description as HTML, in which what stands in backticks is code."""
    pieces = [escape(inert(piece)) for piece in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if place % 2 else piece for place, piece in enumerate(pieces)
    )


def seconds(value: float) -> str:
    """Return a length of time, to be read."""
    whole = int(value)
    if whole < 60:
        return f"{value:.1f} s" if value < 10 and value % 1 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min"


def number(value: float) -> str:
    """Return a number without needless digits."""
    return f"{round(value, 4):,.10g}"
