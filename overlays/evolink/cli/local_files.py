"""Files of this machine: what their names and sizes tell, before anything is sent. No extra is needed for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer

from evolink._contract import JSON, packaged_contract
from evolink.errors import InvalidMedia, Violation


def file_of(source: str, hint: str) -> Path:
    """Return a file that can be read.

    Raises:
        typer.BadParameter: there is none.
    """
    path = Path(source)
    try:
        if path.is_file():
            path.open("rb").close()
            return path
        told = f"{source!r:.200} is a folder" if source and path.is_dir() else f"there is no file {source!r:.200}"
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        told = f"cannot read {source!r:.200}: {reason}"
    raise typer.BadParameter(
        f"{told}; give a file, or a URL that begins with http:// or https://", param_hint=f"'{hint}'"
    )


def checked(path: Path) -> None:
    """Refuse a file that the file host does not take.

    Raises:
        InvalidMedia: it is one.
    """
    faults = list(faults_of(path, "file", {}))
    if faults:
        raise InvalidMedia(faults, path.name)


def faults_of(path: Path, field: str, limits: JSON) -> Iterator[Violation]:
    """Yield the rules that the size of a file breaks, be they the field's or the file host's.

    Args:
        path: the file.
        field: the field to blame.
        limits: the `x-media` of that field.
    """
    most = min(rules["max-bytes"] for rules in (limits, _upload_limits()) if "max-bytes" in rules)
    size = path.stat().st_size
    if size == 0:
        yield Violation(field, "kind", limits.get("kind"), "empty", "must be a file with something in it")
    elif size > most:
        yield Violation(field, "max-bytes", most, f"{size} bytes long", f"must have at most {most} bytes")


def _upload_limits() -> JSON:
    contract = packaged_contract()
    form = contract.resolved(contract.request_schema("upload_file_stream", "multipart/form-data"))
    limits: JSON = form["properties"]["file"]["x-media"]
    return limits
