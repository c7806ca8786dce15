"""Make untrusted text safe to display: one line of limited length, without characters that control a terminal."""

from __future__ import annotations


def printable(text: str, limit: int = 500) -> str:
    """Return the first `limit` characters of `text` in one line, with printable characters and single spaces only."""
    # The text can have megabytes. This much of it is enough even if most of it is spaces.
    beginning = text[: limit * 16]
    if not beginning.isprintable():
        beginning = "".join(character if character.isprintable() else " " for character in beginning)
    return " ".join(beginning.split())[:limit]


def short_repr(value: object, limit: int = 80) -> str:
    """Return the first `limit` characters of `repr(value)` in one line."""
    try:
        return printable(repr(value), limit)
    except ValueError:  # an integer of thousands of digits
        return f"a very long {type(value).__name__}"
