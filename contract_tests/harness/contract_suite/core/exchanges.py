"""Requests and responses: their data, the builders of requests, evidence for the report, and removal of the key."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

import bundle
from contract_suite.core.unpacking import UnpackingError, unpack
from contract_suite.rules.documented import Rules
from contract_suite.rules.operations import (
    CREATE,
    CREATE_PATH,
    GET_TASK,
    OPERATIONS,
    TASK_PATH,
    UPLOAD_PATH,
    UPLOAD_STREAM,
    UPLOADS,
    response_name,
)
from evolink._json import parse_json
from evolink._secret import spellings

BOUNDARY = "a-boundary-of-this-suite"
NO_SUCH_TASK = "task-unified-1000000000-nosuchid"
MAX_RESPONSE_BYTES = 128 * 1024  # unpacked; documented responses have less than two KiB
MAX_REPORTED_CHARACTERS = 16_000  # of a body
TIMED_OUT = "Timeout: no complete response within"
MAX_DEPTH = 100  # nesting of a JSON value; documented values have less than ten levels
BEARER_WITHOUT_KEY = "Bearer [key]"


class Secrets:
    """Removes the key from text that the network delivered, in every common spelling."""

    def __init__(self, key: str) -> None:
        raw = key.encode()
        in_base64 = [base64.b64encode(b"x" * shift + raw).decode() for shift in range(3)]
        others = {
            raw.hex(),
            "\0".join(key),
            # The characters at both ends are cut, because they depend on the neighbours of the key.
            *(text[(0, 2, 3)[shift] : len(text) - 4] for shift, text in enumerate(in_base64) if len(raw) > 8),
        }
        longest_first = sorted(map(re.escape, others), key=len, reverse=True)
        self._spellings = re.compile("|".join([spellings(key), *longest_first]), re.IGNORECASE)

    def clean(self, text: str) -> str:
        """Return a text without the key."""
        return self._spellings.sub("[key]", text)

    def clean_bytes(self, content: bytes) -> bytes:
        """Return bytes without the key. All others are as they were."""
        return self.clean(content.decode("latin-1")).encode("latin-1")

    def clean_evidence(self, evidence: dict[str, Any]) -> dict[str, Any]:
        """Return the evidence of a finding without the key. The names of its own members stay as they are."""
        return {
            name: {inner: self._clean_part(part) for inner, part in value.items()}
            if name in {"request", "response"} and bundle.is_object(value)
            else self._clean_part(value)
            for name, value in evidence.items()
        }

    def _clean_part(self, value: Any) -> Any:
        try:
            return self.clean_json(value)
        except RecursionError:
            return "(nested too deeply)"

    def clean_json(self, value: Any, depth: int = 0) -> Any:
        """Return a JSON value without the key in any of its strings and names.

        Raises:
            RecursionError: The value has more than `MAX_DEPTH` levels.
        """
        if depth > MAX_DEPTH:
            raise RecursionError
        if isinstance(value, str):
            return self.clean(value)
        if bundle.is_object(value):
            return {self.clean(name): self.clean_json(part, depth + 1) for name, part in value.items()}
        if bundle.is_array(value):
            return [self.clean_json(part, depth + 1) for part in value]
        return value


@dataclass(frozen=True)
class Request:
    """A request as it is sent, without the key."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None = None

    def __str__(self) -> str:
        """Return the method and the path."""
        return f"{self.method} {self.path}"

    @property
    def is_create(self) -> bool:
        """True if a faulty server could take this request for a create."""
        return self.path == CREATE_PATH and self.method not in {"GET", "HEAD", "OPTIONS", "TRACE"}

    @property
    def is_upload(self) -> bool:
        """True if the request is for the file host."""
        return self.path.startswith(UPLOAD_PATH)


@dataclass(frozen=True)
class ReceivedResponse:
    """A response without the key.

    Attributes:
        status: The HTTP status.
        headers: The headers by lower-case name.
        text: The body as text.
        value: A tuple of the JSON value of the body. Empty when the body is not JSON.
        took_ms: The milliseconds from the request to the end of the body.
        false_encoding: The reason why the body could not be unpacked. Then it is kept as it was received, and is not
            read as JSON.
        not_json: The reason why the body is not JSON. Empty when it is.
    """

    status: int
    headers: dict[str, str]
    text: str
    value: tuple[Any, ...]
    took_ms: float
    false_encoding: str = ""
    not_json: str = ""

    @classmethod
    def of(
        cls, status: int, headers: Mapping[str, str], content: bytes, secrets: Secrets, took_ms: float = 0
    ) -> ReceivedResponse:
        """Make a response of the body `content`, as it was received. The key is removed before anything is cut."""
        named = {secrets.clean(name.lower()): secrets.clean(data) for name, data in headers.items()}
        false_encoding, not_json = "", ""
        value: tuple[Any, ...] = ()
        try:
            content = unpack(content, named.get("content-encoding", ""), MAX_RESPONSE_BYTES)
            if len(content) >= MAX_RESPONSE_BYTES:
                raise ValueError(f"it has more than {MAX_RESPONSE_BYTES} bytes")  # noqa: TRY301 - as any other reason
            parsed = secrets.clean_json(parse_json(content))
            json.dumps(parsed, ensure_ascii=False).encode()  # fails for half of a surrogate pair
            value = (parsed,)
        except UnpackingError as error:
            false_encoding = str(error)
        except RecursionError:
            not_json = "it is nested too deeply"
        except ValueError as error:
            not_json = secrets.clean(str(error))[:200]
        text = secrets.clean(content.decode("utf-8", "replace"))
        return cls(status, named, text, value, took_ms, false_encoding, not_json)

    @property
    def json(self) -> Any:
        """The JSON value of the body. None when the body is not JSON."""
        return self.value[0] if self.value else None

    @property
    def task_id(self) -> str | None:
        """The task id in the body, if there is one."""
        task_id = member(self.json, "id")
        return task_id if isinstance(task_id, str) else None


@dataclass(frozen=True)
class Exchange:
    """A request and its response, or the reason why the response is missing.

    Attributes:
        operation: The operation id. Empty for a path or method that the contract does not have.
        request: The request.
        response: The response. None if it is missing.
        problem: The reason for a missing response.
        authorized: True if the request was sent with the key of the target.
        base_url: The URL of the server, without a path.
    """

    operation: str
    request: Request
    response: ReceivedResponse | None
    problem: str = ""
    authorized: bool = True
    base_url: str = ""

    @property
    def status(self) -> int | None:
        """The status of the response."""
        return self.response.status if self.response else None

    @property
    def json(self) -> Any:
        """The JSON value of the response's body. None without a JSON body."""
        return self.response.json if self.response else None

    @property
    def task_id(self) -> str | None:
        """The task id in the response's body, if there is one."""
        return self.response.task_id if self.response else None

    @property
    def timed_out(self) -> bool:
        """True if no complete response arrived in time."""
        return self.response is None and self.problem.startswith((TIMED_OUT, "ReadTimeout", "WriteTimeout"))

    @cached_property
    def name(self) -> str:
        """The name of the response, such as `get_task 404`. Empty without a response or an operation."""
        return response_name(self.operation, self.response.status) if self.response and self.operation else ""

    @property
    def actual(self) -> str:
        """A short description of the response."""
        if self.response is None:
            return f"no response ({self.problem})"
        error = member(self.json, "error")
        detail = ""
        if bundle.is_object(error):
            field = f" (field {error['param']})" if error.get("param") else ""
            detail = f": {str(error.get('message'))[:100]}{field}"
        elif isinstance(member(self.json, "msg"), str):
            detail = f": {self.json['msg'][:100]}"
        elif self.response.task_id:
            detail = f": task {self.response.task_id[:80]}"
        elif self.response.false_encoding:
            detail = f": {self.response.false_encoding}"
        elif not self.response.value:
            detail = f": {self.response.text[:60]!r}"
        return f"{self.response.status}{detail}"

    def evidence(self, authorization: str = BEARER_WITHOUT_KEY) -> dict[str, Any]:
        """Return the exchange as JSON for the report, without the key. All rules share it: it must not be modified.

        Args:
            authorization: The authorization header that was sent. Empty for none.
        """
        if authorization not in self._evidence:
            self._evidence[authorization] = self._new_evidence(authorization)
        return self._evidence[authorization]

    @cached_property
    def _evidence(self) -> dict[str, dict[str, Any]]:
        return {}

    def _new_evidence(self, authorization: str) -> dict[str, Any]:
        request, response = self.request, self.response
        evidence: dict[str, Any] = {
            "request": {
                "method": request.method,
                "url": f"{self.base_url}{request.path}",
                "headers": request.headers | ({"authorization": authorization} if authorization else {}),
                "body": readable(request.body),
            }
        }
        if response is None:
            return {**evidence, "problem": self.problem}
        is_complete = len(response.text) <= MAX_REPORTED_CHARACTERS
        body = response.text if is_complete else f"{response.text[:MAX_REPORTED_CHARACTERS]}... (cut)"
        evidence["response"] = {
            "status": response.status,
            "headers": response.headers,
            "body": response.json if response.value and is_complete else body,
            "ms": response.took_ms,
        }
        return evidence


def operation_of(method: str, path: str) -> str:
    """Return the id of the operation with a method and a path. Empty when the contract has none."""
    plain = path.partition("?")[0]
    for name, (known, template) in OPERATIONS.items():
        if method == known and (plain == template or (name == GET_TASK and plain.startswith(TASK_PATH))):
            return name
    return ""


def curl(evidence: dict[str, Any], body_file: str | None = None) -> str:
    """Return the command that repeats a request, with the key in the environment variable KEY.

    Args:
        evidence: The result of `Exchange.evidence`.
        body_file: The file that holds the body, for bodies that are not put into the command.
    """
    request = evidence["request"]
    words = ["curl", "-sS", "-X", request["method"], shlex.quote(request["url"])]
    for name, value in request["headers"].items():
        if "[key]" in value:
            words += ["-H", f'"{name}: {value.replace("[key]", "$KEY")}"']
        else:
            words += ["-H", shlex.quote(f"{name}: {value}")]
    if request["body"] is not None:
        text = request["body"] if isinstance(request["body"], str) else json.dumps(request["body"], ensure_ascii=False)
        words += ["--data-binary", f"@{body_file}" if body_file else shlex.quote(text)]
    return " ".join(words)


def create(body: Any, headers: dict[str, str] | None = None) -> Request:
    """Make the request that creates a task."""
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Request("POST", CREATE_PATH, {"content-type": "application/json", **(headers or {})}, content)


def query(task_id: str, headers: dict[str, str] | None = None) -> Request:
    """Make the request that queries a task."""
    return Request("GET", TASK_PATH + quote(task_id, safe=""), headers or {})


def upload(operation: str, body: Any, headers: dict[str, str] | None = None) -> Request:
    """Make the request that uploads a file.

    Args:
        operation: One of `UPLOADS`. The body of `upload_file_stream` is sent as a form, all others as JSON.
        body: The fields. The form is empty if this is not an object.
        headers: Further headers.
    """
    method, path = OPERATIONS[operation]
    if operation != UPLOAD_STREAM:
        return Request(method, path, {"content-type": "application/json", **(headers or {})}, json.dumps(body).encode())
    content = "".join(
        f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{name}"{_FILE_HEADERS if name == "file" else ""}'
        f"\r\n\r\n{value}\r\n"
        for name, value in (body.items() if bundle.is_object(body) else ())
    )
    form = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", **(headers or {})}
    return Request(method, path, form, f"{content}--{BOUNDARY}--\r\n".encode())


_FILE_HEADERS = '; filename="image.gif"\r\ncontent-type: image/gif'


def smallest(operation: str, rules: Rules, headers: dict[str, str] | None = None) -> Request:
    """Make the smallest valid request of an operation."""
    if operation in UPLOADS:
        return upload(operation, rules.uploads[operation], headers)
    if operation == CREATE:
        return create(next(iter(rules.requests.values())), headers)
    method, path = OPERATIONS[operation]
    return Request(method, path.format(task_id=NO_SUCH_TASK), headers or {})


def member(value: Any, *names: str) -> Any:
    """Return the value under nested names in a JSON value. None if a name is missing."""
    for name in names:
        value = value.get(name) if bundle.is_object(value) else None
    return value


def refused_field(body: Any) -> str:
    """Return the field that a refusal names, dotted and without indexes of items. Empty when it names none."""
    name = member(body, "error", "param")
    return re.sub(r"\[\d+\]|\.\d+\b", "", name) if isinstance(name, str) else ""


def readable(body: bytes | None) -> Any:
    """Return the JSON value of a request's body, or its text where it is not JSON. Long bodies are shortened."""
    if body is None:
        return None
    text = body.decode("utf-8", "replace")
    if len(text) > MAX_REPORTED_CHARACTERS:
        return f"{text[:200]}... ({len(text)} characters)"
    try:
        return parse_json(text)
    except ValueError:
        return text


def is_part(one: str, other: str) -> bool:
    """Return whether one of two dotted fields is the other or lies within it."""
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def is_part_of_any(fields: Iterable[str], other: str) -> bool:
    """Return whether a dotted field is one of several, or lies within one, or contains one."""
    return any(is_part(field, other) for field in fields)


def excerpt(value: Any, limit: int = 160) -> str:
    """Return a JSON value as text, shortened to `limit` characters."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"
