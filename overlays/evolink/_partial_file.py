"""A partially downloaded file, stored next to its target under an exclusive lock until it is complete.

This is the only place where the SDK writes files: a file gets its name only once it is complete, and it takes the name
of another file only if the caller wants that.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO

MAX_NAME_BYTES = 200  # file systems allow 255 bytes, and the name also gets a mark and a suffix
# What follows the name of the target in the name of a partial file.
_MARKED = re.compile(r"[0-9a-f]{16}\.(part|tmp)")
MAX_MEMORY_BYTES = 8 * 1024 * 1024  # a part without a name is moved to the disk when it becomes larger
# What a file system without hard links reports.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}

if sys.platform == "win32":
    CAN_MOVE_OPEN_FILES = False

    def _lock(file: BinaryIO) -> bool:
        """Lock a file. Not supported here, so that every download gets a partial file of its own."""
        del file
        return False

    def _is_own(status: os.stat_result) -> bool:
        return status.st_nlink == 1

    def _move_to_new(part: Path, target: Path) -> None:
        part.rename(target)

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

    def _is_own(status: os.stat_result) -> bool:
        """Return whether this user made the file and it has one name only; others may write into a shared folder."""
        return status.st_uid == os.geteuid() and status.st_nlink == 1

    def _move_to_new(part: Path, target: Path) -> None:
        """Rename a file to a name that no file has.

        Raises:
            FileExistsError: a file has the name.
        """
        target.hardlink_to(part)
        part.unlink()


class TargetTakenError(Exception):
    """A file with other content has the name of the target."""


class Part:
    """The received bytes of a download.

    Args:
        file: the open file that holds them.

    Attributes:
        is_verified: whether this object has received all the bytes itself. If not, the file was there before.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.is_verified = self.size == 0

    @property
    def size(self) -> int:
        """The number of bytes in the file."""
        return self._file.seek(0, os.SEEK_END)

    def begin(self, offset: int) -> None:
        """Continue at `offset` and discard everything after it."""
        self._file.seek(offset)
        self._file.truncate()
        self.is_verified = self.is_verified or offset == 0

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes that have been received. The next `write` still appends."""
        self._file.seek(offset)
        content = self._file.read(size)
        self._file.seek(0, os.SEEK_END)
        return content

    def write(self, chunk: bytes) -> None:
        """Append a chunk."""
        self._file.write(chunk)

    def flush(self) -> None:
        """Hand buffered bytes to the operating system."""
        self._file.flush()

    def close(self) -> Path | None:
        """Close the file; returns its path if a later download can resume it. Otherwise the file is removed."""
        self._file.close()
        return None


class TemporaryPart(Part):
    """Received bytes in memory or, if they are many, in a file without a name. No later download can resume it."""

    def __init__(self) -> None:
        # The file is open for as long as the part, which closes it.
        file: Any = SpooledTemporaryFile(MAX_MEMORY_BYTES)  # noqa: SIM115 - see above
        super().__init__(file)

    def copy_to(self, write: Any) -> None:
        """Pass every byte to a `write` function, which may take fewer than it is given.

        Raises:
            OSError: it takes no more bytes.
        """
        self._file.seek(0)
        while chunk := self._file.read(1024 * 1024):
            rest = memoryview(chunk)
            while rest:
                taken = write(rest)
                if taken == 0:
                    raise OSError(errno.EAGAIN, "the file object takes no more bytes")
                rest = rest[taken if isinstance(taken, int) else len(rest) :]


class PartialFile(Part):
    """A partial file, open and locked until `finish` or `close`.

    Two downloads never write to the same partial file. The second one gets a temporary file of its own.

    Args:
        target: the path of the complete file, possibly without its suffix. Missing folders are created.
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
            self.path, file = _open_temporary(target)
        super().__init__(file)

    def finish(self, target: Path, *, overwrite: bool) -> None:
        """Rename the file to its target, and remove partial files of other versions and of programs that were killed.

        Args:
            target: the path of the complete file, in the same folder.
            overwrite: whether to replace a file with other content.

        Raises:
            TargetTakenError: a file with other content has the name. The partial file stays open.
            OSError: the file cannot be written or renamed.
        """
        self._file.flush()
        if CAN_MOVE_OPEN_FILES:
            # Before the lock is released, or another download could take over a file that is about to be renamed.
            _publish(self.path, target, overwrite=overwrite)
            self._file.close()
        else:
            self._file.close()
            _publish(self.path, target, overwrite=overwrite)
        prefix = f".{_short(self._target.name)}."
        with suppress(OSError):  # the target is complete in any case
            for name in os.listdir(self._target.parent):  # noqa: PTH208 - glob takes five times as long
                if name.startswith(prefix) and _MARKED.fullmatch(name, len(prefix)):
                    stale = self._target.with_name(name)
                    file = _open_locked(stale)
                    if file is not None:
                        with file, suppress(OSError):
                            stale.unlink()

    def close(self) -> Path | None:
        """Close the file; returns its path if a later download can resume it. Otherwise the file is removed."""
        with suppress(OSError, ValueError):  # the disk may be full, or `finish` has closed the file
            self._file.flush()
        is_kept = False
        with suppress(OSError):
            is_kept = self._is_resumable and self.path.stat().st_size > 0
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


def is_taken(target: Path) -> bool:
    """Return whether a file with content has this name. An empty file holds nobody's result, so it may be replaced."""
    try:
        return target.stat().st_size > 0
    except FileNotFoundError:
        return False


def _publish(part: Path, target: Path, *, overwrite: bool) -> None:
    """Give a complete file its name. If the target already has this content, it stays, and the part is removed."""
    if not overwrite:
        try:
            _move_to_new(part, target)
        except FileExistsError:
            pass
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
        else:
            return
        if is_taken(target):
            if _digest(part) != _digest(target):
                raise TargetTakenError
            part.unlink()
            return
    part.replace(target)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _open_temporary(target: Path) -> tuple[Path, BinaryIO]:
    """Create and lock a file that no later download resumes.

    Raises:
        OSError: it cannot be created.
    """
    while True:
        path = target.with_name(f".{_short(target.name)}.{secrets.token_hex(8)}.tmp")
        file = _open(path, os.O_EXCL)
        _lock(file)
        if path.exists():
            return path, file
        file.close()  # another download took it for that of a program that was killed, before it was locked


def _open_locked(path: Path) -> BinaryIO | None:
    """Open and lock a partial file; None if another download has it, or if it is not a regular file of this user."""
    try:
        file = _open(path, getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    with suppress(OSError):
        # Another download may have renamed the file after it was opened here and before it was locked.
        status = os.fstat(file.fileno())
        if _is_own(status) and _lock(file) and os.path.samestat(path.stat(), status):
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
