"""Check that local files are readable and have an allowed size. Needs no extra."""

from __future__ import annotations

import re
from collections.abc import Iterator
from mimetypes import guess_type
from pathlib import Path

import httpx
import typer

from evolink._contract import JSON
from evolink._paths import PathError, describe, local_path, shown
from evolink._uploads import upload_limits
from evolink.errors import InvalidMedia, TransferError, Violation

_LONGEST_PATH = 4096
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)  # not the letter of a drive
_PATH = re.compile(r"\.{0,2}/|~|file:|\.{0,2}\\|[a-z]:[/\\]", re.IGNORECASE)
"""The beginning of a path, also of one on Windows."""


def readable_file(source: str, hint: str) -> Path:
    """Return the path of a readable file.

    Args:
        source: the path as given.
        hint: the option or argument that the error names.

    Raises:
        typer.BadParameter: the file does not exist, or cannot be read.
    """
    try:
        path = local_path(source)
        if path.is_file():
            path.open("rb").close()
            return path
        message = (
            f"{source!r:.200} is a folder" if source and path.is_dir() else f"the file {source!r:.200} does not exist"
        )
    except PathError as error:
        message = f"cannot read: {error}"
    except OSError as error:
        message = f"cannot read {source!r:.200}: {describe(error)}"
    raise typer.BadParameter(
        f"{message}; pass a file, or a URL that starts with http:// or https://", param_hint=f"'{hint}'"
    )


def looks_local(text: str) -> bool:
    """Return whether a value of an unknown field looks like the path of a media file rather than a URL or words."""
    if len(text) > _LONGEST_PATH or "\n" in text or (_SCHEME.match(text) and not text.lower().startswith("file:")):
        return False
    return bool(_PATH.match(text)) or (
        " " not in text and (guess_type(text)[0] or "").startswith(("image/", "video/", "audio/", "application/pdf"))
    )


def is_file(text: str) -> bool:
    """Return whether a text is the path or the `file:` URL of a file."""
    try:
        path = httpx.URL(text).path if text.lower().startswith("file:") else text
        return local_path(path).is_file()
    except (OSError, ValueError, httpx.InvalidURL):
        return False


def check_upload_size(path: Path) -> None:
    """Check the size of a file against the limits of the file host.

    Raises:
        InvalidMedia: the file is empty or too large.
    """
    violations = list(size_violations(path, "file", {}))
    if violations:
        raise InvalidMedia(violations, path.name)


def size_violations(path: Path, field: str, limits: JSON) -> Iterator[Violation]:
    """Yield the violations if a file is empty, or too large for its field or for the file host.

    Args:
        path: the file.
        field: the name of the field, for the violation.
        limits: the `x-media` of the field.
    """
    max_bytes = min(rules["max-bytes"] for rules in (limits, upload_limits()) if "max-bytes" in rules)
    try:
        size = path.stat().st_size
    except OSError as error:  # it was there a moment ago
        raise TransferError(f"cannot upload {shown(path)}: {describe(error)}") from error
    if size == 0:
        yield Violation(field, "kind", limits.get("kind"), "empty", "must be a non-empty file")
    elif size > max_bytes:
        yield Violation(field, "max-bytes", max_bytes, f"{size} bytes long", f"must have at most {max_bytes} bytes")
