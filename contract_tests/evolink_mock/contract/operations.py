"""The operations that the mock serves, read from the contract and keyed by operation id."""

from __future__ import annotations

from typing import Any, NamedTuple

CREATE = "create_video_generation"
GET_TASK = "get_task"
GET_CREDITS = "get_credits"
UPLOAD_STREAM = "upload_file_stream"
UPLOAD_BASE64 = "upload_file_base64"
UPLOAD_URL = "upload_file_url"

UPLOADS = (UPLOAD_STREAM, UPLOAD_BASE64, UPLOAD_URL)
OPERATION_IDS = (CREATE, GET_TASK, GET_CREDITS, *UPLOADS)

_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


class Operation(NamedTuple):
    """An operation of the contract.

    Attributes:
        id: its operation id.
        method: its HTTP method, in upper case.
        path: its path as the contract writes it, parameters in braces.
        prefix: its path up to the first parameter.
        parameters: its parameters by name.
        request_content: the documented request bodies by content type; empty for an operation without a body.
        responses: the documented responses by status, references resolved.
    """

    id: str
    method: str
    path: str
    prefix: str
    parameters: dict[str, dict[str, Any]]
    request_content: dict[str, dict[str, Any]]
    responses: dict[str, dict[str, Any]]


def read_operations(document: dict[str, Any]) -> dict[str, Operation]:
    """Read the operations that the mock serves from a bundled contract, in the order of `OPERATION_IDS`.

    Raises:
        KeyError: the contract lacks one of them.
    """
    operations = {
        definition.get("operationId"): _operation(document, method, path, definition)
        for path, item in document["paths"].items()
        for method, definition in item.items()
        if method in _METHODS
    }
    return {operation_id: operations[operation_id] for operation_id in OPERATION_IDS}


def resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follow `$ref` from a node of the contract until a node has none."""
    while "$ref" in node:
        target: Any = document
        for token in node["$ref"].split("/")[1:]:
            target = target[token]
        node = target
    return node


def _operation(document: dict[str, Any], method: str, path: str, definition: dict[str, Any]) -> Operation:
    return Operation(
        id=definition["operationId"],
        method=method.upper(),
        path=path,
        prefix=path.partition("{")[0],
        parameters={parameter["name"]: parameter for parameter in definition.get("parameters", [])},
        request_content=definition.get("requestBody", {}).get("content", {}),
        responses={status: resolve(document, response) for status, response in definition["responses"].items()},
    )
