"""Text that is safe to print on one line."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Escape what is not printable, so that a server cannot write lines or colours of its own."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
