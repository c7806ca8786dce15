"""Read a request from a JSON file or standard input: the request itself, or a document that `--json` has printed."""

from __future__ import annotations

import sys
from json import detect_encoding
from typing import Any, TextIO

import typer

from evolink._contract import JSON
from evolink._json import is_object, parse_json
from evolink._paths import PathError, describe, local_path
from evolink._validation import to_body
from evolink.errors import InvalidRequest, Violation


def read_request(source: str, hint: str) -> JSON:
    """Return the request in a file.

    Args:
        source: the path of the file; `-` for standard input.
        hint: the option or argument that the error names.

    Raises:
        typer.BadParameter: the file cannot be read.
        InvalidRequest: it does not hold a request.
    """
    try:
        content = _stdin() if source == "-" else local_path(source).read_bytes()
    except (OSError, PathError) as error:
        raise typer.BadParameter(f"cannot read {source!r:.200}: {describe(error)}", param_hint=f"'{hint}'") from None
    try:
        document = parse_json(content.decode(detect_encoding(content)))  # PowerShell writes files in UTF-16
    except ValueError as error:
        raise _invalid(f"must be JSON ({str(error)[:80]})") from None
    return to_body(_request_in(document))


def _request_in(document: Any) -> JSON:
    """Return a request itself, or the request in a document that `--json` has printed."""
    if not is_object(document):
        raise _invalid("must be a JSON object")
    if "model" in document:
        return document
    error = document.get("error")
    for holder in (document, error):
        if is_object(holder) and is_object(holder.get("request")):
            request: JSON = holder["request"]
            return request
    if is_object(error) or is_object(document.get("task")):
        raise _invalid("is not in this document, because the command that printed it sent none")
    return document


def _stdin() -> bytes:
    stream: TextIO | None = sys.stdin  # None if it was closed before the start
    return b"" if stream is None else stream.buffer.read()


def _invalid(fix: str) -> InvalidRequest:
    return InvalidRequest([Violation("request", "type", "object", "", fix)])
