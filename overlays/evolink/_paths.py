"""Paths and files given by callers: expand `~`, and describe what is wrong with one and what to do about it."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Any

from evolink._text import printable

_ADVICE = {
    errno.EACCES: "choose a place that this user may use, or change its permissions",
    errno.EPERM: "choose a place that this user may use, or change its permissions",
    errno.EROFS: "choose a place that is not read-only",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EILSEQ: "choose a name without unusual characters",
    errno.EINVAL: "choose a name without unusual characters",
    errno.ENOTDIR: "a file is in the place of a folder; choose another folder",
    errno.EEXIST: "a file is in the place of a folder; choose another folder",
    errno.EISDIR: "it is a folder; choose the path of a file",
    errno.ENOENT: "check the path",
    errno.ENOSPC: "free some space, or choose another disk",
    errno.EDQUOT: "free some space, or choose another disk",
    errno.EFBIG: "choose a disk that allows files of this size",
    errno.ELOOP: "a symbolic link leads to itself; choose another path",
    errno.EMFILE: "close some files",
    errno.ENFILE: "close some files",
}


class PathError(ValueError):
    """A value is not a usable path. The message says why."""


def local_path(value: Any) -> Path:
    """Return a path given by a caller, with `~` expanded.

    Raises:
        PathError: it is not a path, is empty, or contains characters that no path can have.
    """
    text: Any = value.__fspath__() if hasattr(value, "__fspath__") else value
    if not isinstance(text, str):
        raise PathError(f"{printable(repr(value), 80)} is not a path; pass a str or a pathlib.Path")
    if not text:
        raise PathError("the path is empty; pass the path of a file or a folder")
    if "\0" in text:
        raise PathError(f"{shown(text)} contains a null character; remove it")
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise PathError(f"{shown(text)} contains characters that no path can have; remove them") from None
    return Path(_without_tilde(text))


def _without_tilde(text: str) -> str:
    """Replace `~` or `~user` at the beginning by the home folder.

    Raises:
        PathError: the home folder is unknown, and no file has this name either.
    """
    expanded = os.path.expanduser(text)  # noqa: PTH111 - Path.expanduser raises for a file named ~backup.png
    first, _, rest = text.partition("/")
    if expanded == text and first.startswith("~") and (first == "~" or rest) and not os.path.lexists(first):
        raise PathError(f"the home folder in {shown(text)} is unknown; write the whole path")
    return expanded


def is_text_file(file: Any) -> bool:
    """Return whether a file object reads and writes text instead of bytes."""
    return isinstance(file, io.TextIOBase) or hasattr(file, "encoding")


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path in quotes, as one printable line of limited length."""
    return f"'{printable(os.fspath(path), 200)}'"


def describe(error: OSError | ValueError) -> str:
    """Describe why a file cannot be read or written, and what to do about it."""
    if not isinstance(error, OSError):
        return printable(str(error))
    reason = error.strerror or printable(str(error)) or type(error).__name__
    advice = _ADVICE.get(error.errno or 0)
    return f"{reason}; {advice}" if advice else reason
