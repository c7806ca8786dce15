"""What a server says, made fit to be shown: in one line, without what a terminal would obey."""

from __future__ import annotations


def printable(text: str, limit: int = 500) -> str:
    """Return the beginning of `text` in one line of printable characters."""
    beginning = text[: limit * 16]  # a page may have megabytes, of which most signs are shown, or are spaces
    if not beginning.isprintable():
        beginning = "".join(sign if sign.isprintable() else " " for sign in beginning)
    return " ".join(beginning.split())[:limit]


def short_repr(value: object, limit: int = 80) -> str:
    """Return how a value looks, in one bounded line."""
    try:
        return printable(repr(value), limit)
    except ValueError:  # an integer of thousands of digits
        return f"a very long {type(value).__name__}"
