"""The error responses of the API, built from the examples in the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evolink_mock.contract.operations import CREATE, GET_TASK, UPLOADS, Operation

# The two codes of a 409 that EvoLink's own clients know. No page documents them; the messages are ours.
IDEMPOTENCY_CONFLICT = "idempotency_conflict"
_MESSAGES = {
    IDEMPOTENCY_CONFLICT: "The Idempotency-Key was used for another request.",
    "paid_outcome_unknown": "It is not known whether the task was created and charged.",
}


class ErrorResponse(Exception):  # noqa: N818 - an HTTP response, not a failure of this program
    """An error response in the documented format, raised to end a request.

    Attributes:
        status: the HTTP status.
        body: the documented error body.
        headers: additional response headers.
    """

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(body)
        self.status = status
        self.body = body
        self.headers = headers or {}


class ErrorBodies:
    """Builds error responses for each operation; operations are named by id."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._examples = {operation.id: _examples(operation) for operation in operations.values()}

    def documented(
        self, operation: str, code: int, headers: dict[str, str] | None = None, **details: str | None
    ) -> ErrorResponse:
        """Return the documented error response with a code, which is a status or a code of the file host.

        `details` replace members of the contract's example; None removes one. The file host's bodies only use
        `message`.
        """
        status, example = self._examples[operation][code]
        if "error" in example:
            error = {**example["error"], **details}
            error = {name: value for name, value in error.items() if value is not None}
            return ErrorResponse(status, {"error": error}, headers)
        default = example["msg"] if example["code"] == code else f"Simulated error with code {code}."
        return ErrorResponse(status, {**example, "code": code, "msg": details.get("message", default)}, headers)

    def simulated(
        self, operation: str, code: int, headers: dict[str, str] | None = None, error_code: str = ""
    ) -> ErrorResponse:
        """Return the response of an operation with a code, documented or not, for fault injection.

        `error_code` replaces the code in the response body.
        """
        error = self._simulated(operation, code, headers)
        if error_code:
            body: dict[str, Any] = error.body.get("error", error.body)
            body["code"] = error_code
            if error_code in _MESSAGES:
                body["msg" if "msg" in body else "message"] = _MESSAGES[error_code]
        return error

    def _simulated(self, operation: str, code: int, headers: dict[str, str] | None) -> ErrorResponse:
        if code in self._examples[operation]:
            return self.documented(operation, code, headers)
        message = f"Simulated response with status {code}."
        if operation in UPLOADS:
            return ErrorResponse(code, {"success": False, "code": code, "msg": message}, headers)
        # An undocumented error has the form of the documented failure: codes are words in newer editions.
        failure: dict[str, Any] = self._examples[operation][500][1]["error"]
        word: int | str = code if isinstance(failure["code"], int) else f"simulated_{code}"
        kind = failure["type"] if code >= 500 else "invalid_request_error"
        return ErrorResponse(code, {"error": {"code": word, "message": message, "type": kind}}, headers)

    def idempotency_conflict(self) -> ErrorResponse:
        """Return the 409 for an idempotency key that was used for another request. No page documents it."""
        return self.simulated(CREATE, 409, error_code=IDEMPOTENCY_CONFLICT)

    def invalid_request(self, message: str, param: str | None = None, operation: str = CREATE) -> ErrorResponse:
        """Return the 400 of a create or an upload; `param` is the invalid field and replaces that of the example."""
        return self.documented(operation, 400, message=message, param=param)

    def not_found(self, message: str, advice: str | None = None) -> ErrorResponse:
        """Return a 404 for an unknown path."""
        return self.documented(GET_TASK, 404, message=message, param=None, fallback_suggestion=advice)

    def codes(self, operation: str) -> list[int]:
        """Return the error codes that are documented for an operation: statuses and codes of the file host."""
        return list(self._examples[operation])


def _examples(operation: Operation) -> dict[int, tuple[int, dict[str, Any]]]:
    """Return the status and the contract's example for each error code of an operation."""
    examples: dict[int, tuple[int, dict[str, Any]]] = {}
    for status, response in operation.responses.items():
        content = response.get("content", {}).get("application/json", {})
        if status.isdecimal() and not status.startswith("2") and "example" in content:
            own_codes = content.get("schema", {}).get("properties", {}).get("code", {}).get("enum", [])
            examples |= dict.fromkeys([int(status), *own_codes], (int(status), content["example"]))
    return examples
