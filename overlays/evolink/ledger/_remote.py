"""Save results where fsspec reaches: `s3://bucket/folder`, `sftp://host/folder`, `memory://folder` and the like.

A result is downloaded into a temporary folder first. It gets its final name when it is complete there, and never takes
the name of a file with other content. Needs the extra `remote`, and the package of the file system, such as `s3fs`.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from evolink._paths import describe
from evolink._signatures import HEAD_BYTES, recognise
from evolink._targets import checked_name, safe_stem
from evolink._text import printable
from evolink.errors import ConfigurationError, EvoLinkError, MissingExtra, NextStep, TransferError
from evolink.ledger._steps import Ask, Flow, Stored

if TYPE_CHECKING:
    from evolink._views import Task

# These put a whole file under its name in one step, and refuse to replace another one if they are told to.
_OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs"})
_CHUNK = 1024 * 1024
_ADVICE = "check the URL, the network, the credentials and the permissions, then make the same call again"


class RemoteFolder:
    """A folder for results on a file system of fsspec.

    Each method opens the file system again, which fsspec remembers for each thread.

    Args:
        url: the URL of the folder.

    Raises:
        ConfigurationError: it cannot be the URL of a folder, or the package of its file system is not installed.
        MissingExtra: the extra `remote` is not installed.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._secrets, self._shown = _without_password(self._url)
        self._protocol = url.partition("://")[0]
        self._class = _class_of(self._protocol)

    def __str__(self) -> str:
        """Return the URL without a password."""
        return self._shown

    def __repr__(self) -> str:
        return f"<RemoteFolder {self}>"

    def local_path(self) -> str | None:
        """Return the path of a folder on a local disk, as for `file://`; None for any other one."""
        is_local = getattr(self._class, "local_file", False)
        return str(self._class._strip_protocol(self._url)) if is_local else None  # noqa: SLF001 - it has no other name

    def check(self) -> None:
        """Look at the folder, so that a problem with it is known before anything is sent.

        Raises:
            TransferError: it cannot be read.
        """
        with self._translated("read"):
            file_system, root = self._open()
            with suppress(FileNotFoundError):  # it is created with the first file
                file_system.info(root)

    def has(self, name: str) -> bool:
        """Return whether a file has this name.

        Raises:
            TransferError: the folder cannot be read.
        """
        with self._translated("read", name):
            file_system, root = self._open()
            return bool(file_system.isfile(f"{root}/{name}"))

    def save(self, file: Path, name: str, *, overwrite: bool = False) -> str:
        """Save a complete local file; return its URL, without a password.

        Args:
            file: the local file.
            name: its name in the folder.
            overwrite: whether to replace a file with other content.

        Raises:
            TransferError: the file cannot be written, or another one has its name.
        """
        with self._translated("write", name):
            file_system, root = self._open()
            target = f"{root}/{name}"
            if overwrite or not self._is_there(file_system, file, target):
                self._put(file_system, file, target, overwrite=overwrite)
        return f"{self}/{name}"

    def write(self, name: str, lines: Iterable[str]) -> None:
        """Write lines to a file, which is replaced if it exists.

        Raises:
            TransferError: it cannot be written.
        """
        with self._translated("write", name), _scratch() as path:
            path.write_bytes("".join(lines).encode("utf-8", "surrogatepass"))
            self.save(path, name, overwrite=True)

    def _open(self) -> tuple[Any, str]:
        """Return the file system and the path of the folder, without a slash at the end."""
        file_system, root = _fsspec().url_to_fs(self._url)
        file_system.invalidate_cache()
        return file_system, root.rstrip("/")

    def _is_there(self, file_system: Any, file: Path, target: str) -> bool:
        """Return whether a target has the content of a local file. An empty target holds nobody's result.

        Raises:
            TransferError: it has other content.
        """
        try:
            size = file_system.info(target)["size"]
        except FileNotFoundError:
            return False
        if size == 0:
            file_system.rm_file(target)
            return False
        if size == file.stat().st_size and _is_same(file_system, file, target):
            return True
        raise self._taken(target)

    def _put(self, file_system: Any, file: Path, target: str, *, overwrite: bool) -> None:
        if self._protocol in _OBJECT_STORES:
            try:
                file_system.put_file(str(file), target, mode="overwrite" if overwrite else "create")
            except FileExistsError:  # another program was faster
                if not _is_same(file_system, file, target):
                    raise self._taken(target) from None
            return
        folder = target.rpartition("/")[0]
        file_system.makedirs(folder, exist_ok=True)
        part = f"{folder}/.evolink.{secrets.token_hex(8)}.tmp"
        try:
            file_system.put_file(str(file), part)
            self._check_arrived(file_system, file, part)
            if not overwrite and self._is_there(file_system, file, target):  # another program was faster
                file_system.rm_file(part)
            else:
                _rename(file_system, part, target)
        except BaseException:
            with suppress(Exception):
                file_system.rm_file(part)
            raise

    def _check_arrived(self, file_system: Any, file: Path, part: str) -> None:
        if file_system.info(part)["size"] != file.stat().st_size:
            raise TransferError(f"cannot write to {self}: a file has not arrived as a whole; {_ADVICE}")

    def _taken(self, target: str) -> TransferError:
        return TransferError(
            f"{self._name(target)} holds another file, which was not changed", None, NextStep("overwrite")
        )

    def _name(self, target: str) -> str:
        return f"'{printable(str(self), 200)}/{printable(target.rpartition('/')[2], 200)}'"

    @contextmanager
    def _translated(self, done: str, name: str = "") -> Generator[None]:
        """Turn every error of a file system into a `TransferError` without passwords."""
        try:
            yield
        except EvoLinkError:
            raise
        except ImportError as error:
            raise self._needs_package(error) from None
        except Exception as error:  # noqa: BLE001 - each file system has errors of its own
            text = describe(error) if isinstance(error, OSError) and error.errno else printable(str(error), 300)
            reason = self._cleaned(text) or type(error).__name__
            advice = "" if "; " in reason else f"; {_ADVICE}"
            message = f"cannot {done} {self._name(name) if name else self}: {reason}{advice}"
            raise TransferError(message) from (None if self._secrets else error)

    def _cleaned(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def _needs_package(self, error: ImportError) -> ConfigurationError:
        return _needs_package(self._protocol, self._cleaned(str(error)))


Folder = str | os.PathLike[str] | RemoteFolder


def is_url(place: Any) -> bool:
    """Return whether a place for results is a URL rather than a local path."""
    return isinstance(place, str) and "://" in place


def results_folder(to: Folder) -> Folder:
    """Return the folder for results: a local path, also for `file://`, or a `RemoteFolder` for any other URL.

    Raises:
        ConfigurationError: see `RemoteFolder`.
        MissingExtra: see `RemoteFolder`.
    """
    if not isinstance(to, str) or not is_url(to):
        return to
    folder = RemoteFolder(to)
    path = folder.local_path()
    return folder if path is None else path


def exists(file: str, folder: Folder) -> bool:
    """Return whether a file exists that was saved in this folder or elsewhere.

    Raises:
        TransferError: a remote folder cannot be read.
    """
    if not is_url(file):
        return Path(file).is_file()
    parent, _, name = file.rpartition("/")
    is_here = isinstance(folder, RemoteFolder) and parent == str(folder)
    return (folder if is_here else RemoteFolder(parent)).has(name)  # type: ignore[union-attr] # is_here says so


def transferring(folder: RemoteFolder, task: Task, number: int, options: dict[str, Any]) -> Flow[str]:
    """Yield the steps that save a result in a remote folder; return its URL, without a password.

    Args:
        folder: the folder.
        task: the completed task.
        number: the index of the result.
        options: the options of `EvoLink.download`.

    Raises:
        EvoLinkError: as `EvoLink.download`.
    """
    name: str | None = options.get("name")
    stem = safe_stem(task.id if number == 0 else f"{task.id}-{number + 1}") if name is None else checked_name(name)
    with _scratch() as path:
        with path.open("w+b") as file:
            yield Ask("download", (task, file), {**options, "result": number})
            file.seek(0)
            format_ = recognise(file.read(HEAD_BYTES))
        # Its suffix tells the type of the content to the file system.
        named = path.rename(path.with_name(f"result{'.txt' if format_ is None else format_.suffix}"))
        save = partial(folder.save, named, stem + named.suffix, overwrite=bool(options.get("overwrite")))
        saved: str = yield Stored(save)
        return saved


@contextmanager
def _scratch() -> Generator[Path]:
    """Yield the path of an empty file in a temporary folder.

    Raises:
        TransferError: it cannot be created.
    """
    try:
        folder = TemporaryDirectory(prefix="evolink-", ignore_cleanup_errors=True)
    except OSError as error:
        raise TransferError(f"cannot create a temporary folder: {describe(error)}") from error
    with folder as name:
        yield Path(name) / "result"


def _without_password(url: str) -> tuple[list[str], str]:
    """Return the secrets in a URL, and the URL to show and to store.

    Raises:
        ConfigurationError: it cannot be the URL of a folder.
    """
    # The URL is not repeated in these errors, because it may contain a password.
    example = "pass the URL of a folder, such as s3://bucket/folder"
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme) or not rest:
        raise ConfigurationError(f"the folder for results has no valid URL; {example}")
    if any(mark in rest for mark in "?#") or not rest.isprintable():
        raise ConfigurationError(
            "the URL of the folder for results must not have a query, a fragment or control characters; set the "
            "options of its file system in the configuration of fsspec"
        )
    if "@" in path and re.search(r":(?!\d+$)", host) and "@" not in host:
        raise ConfigurationError(f"the password in the URL of the folder must be percent-encoded; {example}")
    user, _, host = host.rpartition("@")
    _, colon, password = user.partition(":")
    if not colon:
        return [], url
    longest_first = sorted(filter(None, {user, password, unquote(password)}), key=len, reverse=True)
    return longest_first, f"{scheme}://{host}{slash}{path}"


def _fsspec() -> Any:  # it has no types
    """Return the module fsspec.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        return import_module("fsspec")
    except ModuleNotFoundError:
        raise MissingExtra("saving results at a URL", "remote") from None


def _class_of(protocol: str) -> Any:
    """Return the class of a file system.

    Raises:
        ConfigurationError: fsspec does not have it, or its package is not installed.
        MissingExtra: fsspec is not installed.
    """
    fsspec = _fsspec()
    if protocol in {"http", "https"}:
        raise ConfigurationError("results cannot be saved at an http URL; pass one such as s3://bucket/folder")
    try:
        return fsspec.get_filesystem_class(protocol)
    except ImportError as error:
        raise _needs_package(protocol, str(error)) from None
    except ValueError:
        raise ConfigurationError(
            f"fsspec knows no file system {protocol!r:.80}; pass a URL such as s3://bucket/folder"
        ) from None


def _needs_package(protocol: str, reason: str) -> ConfigurationError:
    return ConfigurationError(f"{protocol}:// needs another package: {printable(reason, 200)}")


def _rename(file_system: Any, part: str, target: str) -> None:
    """Give a complete file its name. Where that is a copy, the copy appears as a whole."""
    if file_system.mv.__func__ is not _fsspec().AbstractFileSystem.mv:
        file_system.mv(part, target)
        return
    file_system.cp_file(part, target)
    file_system.rm_file(part)


def _is_same(file_system: Any, file: Path, target: str) -> bool:
    """Return whether a target has the content of a local file."""
    with file.open("rb") as ours, file_system.open(target, "rb") as theirs:
        while True:
            chunk = ours.read(_CHUNK)
            if chunk != _read(theirs, len(chunk) or 1):
                return False
            if not chunk:
                return True


def _read(file: Any, size: int) -> bytes:
    """Read so many bytes, or all there are. A file system may return fewer at a time."""
    content = b""
    while len(content) < size and (chunk := file.read(size - len(content))):
        content += chunk
    return content
