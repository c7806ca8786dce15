"""Text that is safe to print on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

_PERHAPS_ODD = re.compile("[^ -~]+")  # all else is printable


def one_line(text: str) -> str:
    """Escape what is not printable, so that a server cannot write lines or colours of its own."""
    return _escaped(text, "")


def lines(text: str) -> str:
    """Escape what is neither printable nor the end of a line nor a tab."""
    return _escaped(text, "\n\t")


def escaped_json(text: str) -> str:
    """Escape what is not printable in a JSON text, such as marks that turn the direction of writing. It stays equal."""
    return _escaped(text, "\n", json.dumps)


def _escaped(text: str, kept: str, escape: Callable[[str], str] = ascii) -> str:
    if text.isprintable():
        return text

    def escape_run(odd: re.Match[str]) -> str:
        run = odd[0]
        if run.isprintable():  # for example a prompt in Chinese
            return run
        return "".join(one if one.isprintable() or one in kept else escape(one)[1:-1] for one in run)

    return _PERHAPS_ODD.sub(escape_run, text)
