"""Text that is safe to print on one line."""

from __future__ import annotations

import json
import re


def one_line(text: str) -> str:
    """Escape what is not printable, so that a server cannot write lines or colours of its own."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def lines(text: str) -> str:
    """Escape what is neither printable nor the end of a line nor a tab."""
    if all(line.isprintable() for line in re.split("[\n\t]", text)):
        return text
    return "".join(letter if letter.isprintable() or letter in "\n\t" else ascii(letter)[1:-1] for letter in text)


def escaped_json(text: str) -> str:
    """Escape what is not printable in a JSON text, such as marks that turn the direction of writing. It stays equal."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter == "\n" else json.dumps(letter)[1:-1] for letter in text)
