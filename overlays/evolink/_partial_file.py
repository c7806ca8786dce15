"""A partially downloaded file, stored next to its target under an exclusive lock until it is complete.

This is the only place where the SDK writes files: a file gets its name only once it is complete.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

MAX_NAME_BYTES = 200  # file systems allow 255 bytes, and the name also gets a mark and a suffix

if sys.platform == "win32":
    CAN_MOVE_OPEN_FILES = False

    def _lock(file: BinaryIO) -> bool:
        """Lock a file. Not supported here, so that every download gets a partial file of its own."""
        del file
        return False

else:
    import fcntl

    CAN_MOVE_OPEN_FILES = True

    def _lock(file: BinaryIO) -> bool:
        """Lock a file unless it is locked; returns whether it succeeded."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class PartialFile:
    """A partial file, open and locked until `finish` or `close`.

    Two downloads never write to the same partial file. The second one gets a temporary file of its own.

    Args:
        target: the path of the complete file. Missing folders are created.
        version: identifies this version of the file. If empty, no later download can resume the partial file.

    Attributes:
        path: the path of the partial file.

    Raises:
        OSError: the partial file cannot be created.
    """

    def __init__(self, target: Path, version: str) -> None:
        self._target, self._is_resumable = target, bool(version)
        target.parent.mkdir(parents=True, exist_ok=True)
        mark = hashlib.sha256(version.encode()).hexdigest()[:16]
        self.path = target.with_name(f".{_short(target.name)}.{mark}.part")
        file = _open_locked(self.path) if version else None
        if file is None:
            self._is_resumable = False
            self.path = target.with_name(f".{_short(target.name)}.{secrets.token_hex(8)}.tmp")
            file = _open(self.path, os.O_EXCL)
        self._file = file

    @property
    def size(self) -> int:
        """The number of bytes in the file."""
        self._file.flush()
        return os.fstat(self._file.fileno()).st_size

    def begin(self, offset: int) -> None:
        """Continue at `offset` and discard everything after it."""
        self._file.seek(offset)
        self._file.truncate()

    def write(self, chunk: bytes) -> None:
        """Append a chunk."""
        self._file.write(chunk)

    def flush(self) -> None:
        """Hand buffered bytes to the operating system."""
        self._file.flush()

    def finish(self) -> None:
        """Rename the file to its target and remove partial files of other versions.

        Raises:
            OSError: the file cannot be written or renamed.
        """
        with self._file:
            self._file.flush()
            if CAN_MOVE_OPEN_FILES:
                # Before the lock is released, or another download could take over a file that is about to be renamed.
                self.path.replace(self._target)
        if not CAN_MOVE_OPEN_FILES:
            self.path.replace(self._target)
        for stale in self._target.parent.glob(f".{_literal(_short(self._target.name))}.*.part"):
            file = _open_locked(stale)
            if file is not None:
                with file, suppress(OSError):
                    stale.unlink()

    def close(self) -> Path | None:
        """Close the file; returns its path if a later download can resume it. Otherwise the file is removed."""
        with suppress(OSError):  # the disk may be full
            self._file.flush()
        is_kept = self._is_resumable and os.fstat(self._file.fileno()).st_size > 0
        if CAN_MOVE_OPEN_FILES and not is_kept:
            with suppress(OSError):
                self.path.unlink()  # before the lock is released, as in `finish`
        with suppress(OSError):
            self._file.close()
        if is_kept:
            return self.path
        if not CAN_MOVE_OPEN_FILES:
            with suppress(OSError):
                self.path.unlink()
        return None


def _open_locked(path: Path) -> BinaryIO | None:
    """Open and lock a partial file; None if another download has it or it is not a regular file."""
    try:
        file = _open(path, getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    with suppress(OSError):
        # Another download may have renamed the file after it was opened here and before it was locked.
        if _lock(file) and os.path.samestat(path.stat(), os.fstat(file.fileno())):
            return file
    file.close()
    return None


def _open(path: Path, flags: int) -> BinaryIO:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | flags, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileExistsError(f"{path} is not a regular file")
    return os.fdopen(descriptor, "r+b")


def _short(name: str) -> str:
    """Return a name that leaves room for a mark and a suffix."""
    if len(os.fsencode(name)) <= MAX_NAME_BYTES:
        return name
    return hashlib.sha256(os.fsencode(name)).hexdigest()


def _literal(name: str) -> str:
    """Escape the wildcards of `glob`."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)
