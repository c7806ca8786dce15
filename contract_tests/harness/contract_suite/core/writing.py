"""Atomic writing of text files, and text that is safe to print on one line."""

from __future__ import annotations

from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """Write a file atomically: it appears only when it is complete."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8", errors="backslashreplace")
    part.replace(path)


def one_line(text: str) -> str:
    """Escape what is not printable, so that a server cannot write lines or colours of its own."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
