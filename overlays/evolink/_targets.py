"""The places that a download can write to: a file, a folder, or an open file object."""

from __future__ import annotations

import hashlib
import inspect
import os
import re
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from evolink import _paths
from evolink._partial_file import MAX_NAME_BYTES, Part, PartialFile, TargetTakenError, TemporaryPart, is_taken
from evolink._signatures import Format
from evolink._text import printable
from evolink.errors import ConfigurationError, NextStep, TransferError

# A point in the name of a folder, as in `v1.5` or `Mr. Smith`, is not the beginning of a suffix.
_FILE_SUFFIX = re.compile(r"\.[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*")
_MAX_STEM = 100  # characters
# What Windows, too, takes as the name of a file.
_FILE_NAME = re.compile(r'[^/\\:*?"<>|. ](?:[^/\\:*?"<>|]*[^/\\:*?"<>|. ])?')
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{name}{number}" for name in ("COM", "LPT") for number in range(1, 10))}


@runtime_checkable
class Writer(Protocol):
    """An object with the method `write` of a binary file."""

    def write(self, content: bytes, /) -> Any:
        """Write bytes; may return how many of them were written."""


W = TypeVar("W", bound=Writer)
R_co = TypeVar("R_co", covariant=True)


class Target(Protocol[R_co]):
    """The destination of a download."""

    def open(self, version: str) -> Part:
        """Open the part that receives the bytes, perhaps with bytes that an earlier program has received.

        Raises:
            OSError: it cannot be created.
        """
        ...

    def check(self, format_: Format | None, total: int | None) -> None:
        """Refuse a file that could not be saved, once its format and perhaps its size are known.

        Raises:
            TargetTakenError: another file has the name.
            TransferError, OSError: the target cannot be written.
        """

    def finish(self, part: Part) -> R_co:
        """Save the complete file; returns what `download` returns.

        Raises:
            TargetTakenError: another file has the name.
            TransferError, OSError: the file cannot be written.
        """
        ...

    def taken(self, part: Path | None) -> TransferError:
        """Return the error for `TargetTakenError`, with the path of the part that was kept."""
        ...


class FileTarget:
    """A file, or a folder in which the file is named after the task.

    Args:
        to: the path. It is a folder if it ends with a slash, if a folder has this name, or if no file has it and it
            has no suffix.
        name: the name of the file in a folder, without the suffix, which comes from the bytes of the file.
        overwrite: whether to replace a file with other content.

    Raises:
        TransferError: the path is invalid, or is not that of a regular file.
    """

    def __init__(self, to: str | os.PathLike[str], name: str, *, overwrite: bool) -> None:
        try:
            path = output_path(to)
        except _paths.PathError as error:
            raise TransferError(f"cannot write: {error}") from None
        self._overwrite = overwrite
        self._in_folder = is_folder(to, path)
        # In a folder, the suffix is missing until the first bytes have arrived.
        self._base = self._path = path / name if self._in_folder else resolved(path)

    def __str__(self) -> str:
        return _paths.shown(self._path)

    def open(self, version: str) -> PartialFile:
        """Open the partial file next to the target."""
        return PartialFile(self._base, version)

    def check(self, format_: Format | None, total: int | None) -> None:
        """Refuse a file if another one has its name, as far as the size tells."""
        if self._in_folder:
            suffix = ".txt" if format_ is None else format_.suffix
            self._path = resolved(self._base.with_name(f"{self._base.name}{suffix}"))
        if total is not None and not self._overwrite and is_taken(self._path) and self._path.stat().st_size != total:
            raise TargetTakenError

    def finish(self, part: Part) -> Path:
        """Give the file its name."""
        assert isinstance(part, PartialFile)  # noqa: S101 - for the type checker: `open` has made it
        part.finish(self._path, overwrite=self._overwrite)
        return self._path

    def taken(self, part: Path | None) -> TransferError:
        """Return the error for a name that another file has."""
        return TransferError(f"{self} holds another file, which was not changed", part, NextStep("overwrite"))


class ObjectTarget:
    """An open file object, which gets the bytes once all of them have arrived.

    Args:
        file: the file object.

    Raises:
        TransferError: bytes cannot be written to it.
    """

    def __init__(self, file: Writer) -> None:
        self._file = file
        if problem := _unwritable(file):
            raise TransferError(f"cannot write to {self}: {problem}")

    def __str__(self) -> str:
        return f"the {type(self._file).__name__}"

    def open(self, version: str) -> TemporaryPart:
        """Open a part without a name."""
        del version
        return TemporaryPart()

    def check(self, format_: Format | None, total: int | None) -> None:
        """Accept every file."""

    def finish(self, part: Part) -> Writer:
        """Write all bytes to the file object."""
        assert isinstance(part, TemporaryPart)  # noqa: S101 - for the type checker: `open` has made it
        try:
            part.copy_to(self._file.write)
        except (TypeError, ValueError) as error:
            raise TransferError(f"cannot write to {self}: {printable(str(error))}") from error
        part.close()
        return self._file

    def taken(self, part: Path | None) -> TransferError:
        """Not called, because a file object has no name."""
        raise NotImplementedError


def output_path(to: str | os.PathLike[str]) -> Path:
    """Return the path of a file or folder to write.

    Raises:
        PathError: it is a URL, or is not a usable path.
    """
    if isinstance(to, str) and "://" in to:  # it is not repeated, because it may contain a password
        raise _paths.PathError("a URL is not a path; pass a local one. Only ledgers and evolink batch save at URLs")
    return _paths.local_path(to)


def is_folder(to: str | os.PathLike[str], path: Path) -> bool:
    """Return whether a target is a folder: by its final slash, by what is there, or because it has no suffix.

    Args:
        to: the path as given.
        path: the same path, with `~` expanded. It has lost the final slash.
    """
    if os.fspath(to).endswith(("/", os.sep)) or os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises on long names
        return True
    return not os.path.lexists(path) and not _FILE_SUFFIX.fullmatch(path.suffix)


def resolved(path: Path) -> Path:
    """Return the path to write, with symbolic links resolved.

    Raises:
        TransferError: the path is that of a device, a pipe or a folder, or cannot be looked at.
    """
    try:
        if path.is_symlink():
            path = Path(os.path.realpath(path))
        if path.exists() and not path.is_file():
            raise TransferError(f"cannot write {_paths.shown(path)}: it is not a regular file; choose another path")
    except OSError as error:
        raise TransferError(f"cannot write {_paths.shown(path)}: {_paths.describe(error)}") from error
    return path


def safe_stem(name: str) -> str:
    """Return a file name for a task id. Ids that differ get names that differ."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:_MAX_STEM] or "result"
    return safe if safe == name else f"{safe}-{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:8]}"


def checked_name(name: str) -> str:
    """Return the name of a file in a folder, without its suffix.

    Raises:
        ConfigurationError: it is not a name that a file can have on every system.
    """
    value: Any = name
    is_name = isinstance(value, str) and value.isprintable() and _FILE_NAME.fullmatch(value) is not None
    if not is_name or value.split(".")[0].upper() in _DEVICES or len(value.encode(errors="replace")) > MAX_NAME_BYTES:
        raise ConfigurationError(
            f"{printable(repr(name), 120)} cannot be the name of a file: it must have 1 to {MAX_NAME_BYTES} bytes, "
            'without / \\ : * ? " < > | and control characters, and must not begin or end with a point or a space'
        )
    return name


def _unwritable(file: Any) -> str:
    """Say why bytes cannot be written to a file object; empty if they can, as far as it tells."""
    if _paths.is_text_file(file):
        return "it takes text; open it in binary mode"
    if inspect.iscoroutinefunction(file.write):
        return "its write is asynchronous; pass an ordinary binary file, for example io.BytesIO()"
    if getattr(file, "closed", False) is True:
        return "it is closed"
    writable = getattr(file, "writable", None)
    if callable(writable) and not writable():
        return "it is open for reading only"
    return ""
