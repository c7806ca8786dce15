"""Check that local files are readable and have an allowed size. Needs no extra."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer

from evolink._contract import JSON
from evolink._paths import PathError, describe, local_path, shown
from evolink._uploads import upload_limits
from evolink.errors import InvalidMedia, TransferError, Violation


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
