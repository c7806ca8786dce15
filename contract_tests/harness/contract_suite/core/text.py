"""Text that is safe to print on one line."""

from __future__ import annotations

import json
import re

_PERHAPS_ODD = re.compile("[^ -~]")  # all else is printable; most texts have no other characters


def one_line(text: str) -> str:
    """Escape what is not printable, so that a server cannot write lines or colours of its own."""
    return _escaped(text, "")


def lines(text: str) -> str:
    """Escape what is neither printable nor the end of a line nor a tab."""
    return _escaped(text, "\n\t")


def escaped_json(text: str) -> str:
    """Escape what is not printable in a JSON text, such as marks that turn the direction of writing. It stays equal."""
    return _PERHAPS_ODD.sub(
        lambda odd: odd[0] if odd[0].isprintable() or odd[0] == "\n" else json.dumps(odd[0])[1:-1], text
    )


def _escaped(text: str, kept: str) -> str:
    return _PERHAPS_ODD.sub(lambda odd: odd[0] if odd[0].isprintable() or odd[0] in kept else ascii(odd[0])[1:-1], text)
