"""Decodes large base64 uploads in a helper process, because it would block all other requests for seconds.

Python decodes a megabyte in ten milliseconds, in which no other thread runs.
"""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import IO, Any

import evolink_sandbox
from evolink_mock.contract.compiled_contract import Contract
from evolink_mock.contract.error_bodies import ErrorResponse
from evolink_mock.http.bodies import parse_json
from evolink_sandbox import Limits

# A body of 140 MB is in memory several times while it is parsed, checked and decoded.
LIMITS = Limits(seconds=60, cpu_seconds=30, megabytes=1536)


class DamagedError(Exception):
    """The body is not JSON, or has no valid base64. The message is one word: `json` or `base64`."""


def decode_limited(
    body: IO[bytes], path: Path, contract: Contract, operation: str, data_url: str
) -> tuple[dict[str, Any], str]:
    """Decode the file in the JSON body of an upload to `path`.

    Args:
        body: a file with the body.
        path: the file to write.
        contract: the contract, which the body is checked by.
        operation: the id of the operation.
        data_url: the pattern of the beginning of a data URL, with a group `type`.

    Returns:
        The body without `base64_data`, and the media type of the data URL, or an empty text.

    Raises:
        ErrorResponse: the body violates the contract.
        DamagedError: the body is not JSON, or has no valid base64.
        LimitError: the limits on memory or time were exceeded.
    """
    arguments = (str(path), contract.document, operation, data_url)
    result: dict[str, Any] = evolink_sandbox.call(_decode, body, *arguments, limits=LIMITS)
    if "error" in result:
        raise ErrorResponse(*result["error"])
    if "damaged" in result:
        raise DamagedError(result["damaged"])
    return result["body"], result["type"]


def _decode(file: IO[bytes], path: str, document: dict[str, Any], operation: str, data_url: str) -> dict[str, Any]:
    """Decode a body in a helper process."""
    try:
        body = parse_json(file.read())
        body = Contract(document).check_upload(operation, body)
    except ValueError:
        return {"damaged": "json"}
    except ErrorResponse as error:
        return {"error": [error.status, error.body, error.headers]}
    text: str = body.pop("base64_data")
    prefix = re.match(data_url, text)
    try:
        Path(path).write_bytes(base64.b64decode(text[prefix.end() :] if prefix else text))
    except binascii.Error:
        return {"damaged": "base64"}
    # Other members may have any size, and only these have a meaning.
    known = {name: body[name] for name in ("file_name", "upload_path") if name in body}
    return {"body": known, "type": prefix["type"] if prefix else ""}
