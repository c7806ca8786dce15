"""Jinja filters that make untrusted text safe for the pages: bounded in length, with invisible characters escaped."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup, escape

MAX_TEXT_LENGTH = 4000
MAX_LINE_LENGTH = 160


def escape_invisible(value: Any) -> Any:
    """Escape the characters of a string that are invisible or change the writing direction.

    Values of other types are returned unchanged, and so is `Markup`, which only the mock itself creates.
    """
    if type(value) is not str or value.isprintable():
        return value
    return "".join(
        character if character.isprintable() or character in "\n\t" else ascii(character)[1:-1] for character in value
    )


def shorten(text: str, limit: int = MAX_TEXT_LENGTH) -> str:
    """Cut a text to a length; an ellipsis and the original length follow."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\N{HORIZONTAL ELLIPSIS} ({len(text):,} characters)"


def short_line(value: Any) -> str:
    """Return a value as one line: white space is collapsed, and a long line is cut."""
    return shorten(" ".join(str(value).split()), MAX_LINE_LENGTH)


def pretty(value: Any) -> str:
    """Return a JSON value with indentation."""
    return shorten(json.dumps(value, ensure_ascii=False, indent=2))


def pretty_body(text: str | None) -> str:
    """Return a request or response body, with indentation if it is JSON."""
    try:
        return pretty(json.loads(text)) if text and len(text) <= MAX_TEXT_LENGTH else shorten(text or "")
    except (ValueError, RecursionError):
        return shorten(text or "")


def inline_code(text: str) -> Markup:
    """Return a description as HTML, with the parts between backticks as code."""
    pieces = [escape(escape_invisible(piece)) for piece in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if index % 2 else piece for index, piece in enumerate(pieces)
    )


def duration(value: float) -> str:
    """Return a number of seconds as text, for example `2 min 05 s`."""
    whole = int(value)
    if whole < 60:
        return f"{value:.1f} s" if value < 10 and value % 1 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min"


def number(value: float) -> str:
    """Return a number with at most four decimals and commas between thousands."""
    return f"{round(value, 4):,.10g}"
