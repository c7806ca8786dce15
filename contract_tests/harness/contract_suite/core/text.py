"""Text that is safe to print on one line."""

from __future__ import annotations

import json


def one_line(text: str) -> str:
    """Escape what is not printable, so that a server cannot write lines or colours of its own."""
    return text if text.isprintable() else text.translate({ord(one): ascii(one)[1:-1] for one in _hidden(text)})


def lines(text: str) -> str:
    """Escape what is neither printable nor the end of a line nor a tab."""
    if text.isprintable():
        return text
    return text.translate({ord(one): ascii(one)[1:-1] for one in _hidden(text) - {"\n", "\t"}})


def escaped_json(text: str) -> str:
    """Escape what is not printable in a JSON text, such as marks that turn the direction of writing. It stays equal."""
    if text.isprintable():
        return text
    return text.translate({ord(one): json.dumps(one)[1:-1] for one in _hidden(text) - {"\n"}})


def _hidden(text: str) -> set[str]:
    """Return the characters that are not printable. Each is looked at once, which is faster for a long text."""
    return {one for one in set(text) if not one.isprintable()}
