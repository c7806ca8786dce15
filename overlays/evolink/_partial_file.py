"""The part of a file that has arrived: in a file beside the one it will be, which no other download writes to."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

MAX_NAME_BYTES = 200  # of the 255 that file systems allow, which a mark must fit into as well

if sys.platform == "win32":

    def _locked(file: BinaryIO) -> bool:
        """Lock a file, if nobody else has; here nobody can, and so every download has a part of its own."""
        del file
        return False

else:
    import fcntl

    def _locked(file: BinaryIO) -> bool:
        """Lock a file, if nobody else has."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class Part:
    """A part, open and locked until it is finished or closed.

    Args:
        target: the file it will be.
        version: what tells this version of the file from others; empty where nothing does, and no later download can
            continue it.

    Attributes:
        path: where it is.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, target: Path, version: str) -> None:
        self._target, self._lasting = target, bool(version)
        target.parent.mkdir(parents=True, exist_ok=True)
        mark = hashlib.sha256(version.encode()).hexdigest()[:16]
        self.path = target.with_name(f".{_short(target.name)}.{mark}.part")
        file = _taken(self.path) if version else None
        if file is None:
            self._lasting = False
            self.path = target.with_name(f".{_short(target.name)}.{secrets.token_hex(8)}.tmp")
            file = _opened(self.path, os.O_EXCL)
        self._file = file

    @property
    def size(self) -> int:
        """The bytes that have arrived."""
        self._file.flush()
        return os.fstat(self._file.fileno()).st_size

    def begin(self, offset: int) -> None:
        """Go on at `offset`, and forget what comes after it."""
        self._file.seek(offset)
        self._file.truncate()

    def write(self, chunk: bytes) -> None:
        """Add what has arrived."""
        self._file.write(chunk)

    def flush(self) -> None:
        """Hand over to the system what was written."""
        self._file.flush()

    def finish(self) -> None:
        """Give the file its name, and clear away what is left of its other versions."""
        self._file.close()
        self.path.replace(self._target)
        for stale in self._target.parent.glob(f".{_literal(_short(self._target.name))}.*.part"):
            file = _taken(stale)
            if file is not None:
                with file, suppress(OSError):
                    stale.unlink()

    def close(self) -> Path | None:
        """Leave it to a later download; returns where it is, or None where nothing is left."""
        with suppress(OSError):  # the disk may be full
            self._file.flush()
        kept = self._lasting and self.size > 0
        with suppress(OSError):
            self._file.close()
        if kept:
            return self.path
        with suppress(OSError):
            self.path.unlink()
        return None


def _taken(path: Path) -> BinaryIO | None:
    """Return a part that is to be continued; None when it is another download's, or no file of its own."""
    try:
        file = _opened(path, getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    with suppress(OSError):
        # It may have been finished, and so renamed, before it was locked.
        if _locked(file) and os.path.samestat(path.stat(), os.fstat(file.fileno())):
            return file
    file.close()
    return None


def _opened(path: Path, flags: int) -> BinaryIO:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | flags, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileExistsError(f"{path} is no plain file")
    return os.fdopen(descriptor, "r+b")


def _short(name: str) -> str:
    """Return a name that leaves room for a mark."""
    if len(os.fsencode(name)) <= MAX_NAME_BYTES:
        return name
    return hashlib.sha256(os.fsencode(name)).hexdigest()


def _literal(name: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)
