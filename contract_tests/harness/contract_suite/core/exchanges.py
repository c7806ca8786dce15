"""Requests and answers: what they are, how they are shown, and how the key is kept out of them."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

import bundle
from contract_suite.rules.documented import UPLOADS, Rules, response_name

CREATE_PATH = "/v1/videos/generations"
TASK_PATH = "/v1/tasks/"
UPLOAD_PATH = "/api/v1/files/upload/"
OPERATIONS = {
    "create": ("POST", CREATE_PATH),
    "task": ("GET", f"{TASK_PATH}{{task_id}}"),
    "credits": ("GET", "/v1/credits"),
    "upload-stream": ("POST", f"{UPLOAD_PATH}stream"),
    "upload-base64": ("POST", f"{UPLOAD_PATH}base64"),
    "upload-url": ("POST", f"{UPLOAD_PATH}url"),
}
"""The method and path of every operation, by the name the rules give it."""
BOUNDARY = "a-boundary-of-this-suite"
NO_SUCH_TASK = "task-unified-1000000000-nosuchid"
SHOWN_CHARACTERS = 16_000  # of a body, in the report
TOO_LONG = "Overtime: not all of it within the limit"
DEEPEST = 100  # nesting of a JSON value that is still looked at


class Secrets:
    """Takes the key out of what came over the wire, however it is spelled there."""

    def __init__(self, key: str) -> None:
        raw = key.encode()
        in_base64 = [base64.b64encode(b"x" * shift + raw).decode() for shift in range(3)]
        spellings = {
            key,
            quote(key, safe=""),
            json.dumps(key)[1:-1],
            raw.hex(),
            "\0".join(key),
            "".join(f"%{byte:02x}" for byte in raw),
            "".join(f"\\u{byte:04x}" for byte in raw),
            # But for what depends on the neighbours of the key.
            *(text[(0, 2, 3)[shift] : len(text) - 4] for shift, text in enumerate(in_base64) if len(raw) > 8),
        }
        longest_first = sorted(map(re.escape, spellings), key=len, reverse=True)
        self._spellings = re.compile("|".join(longest_first), re.IGNORECASE)

    def clean(self, text: str) -> str:
        """Return a text without the key."""
        return self._spellings.sub("[key]", text)

    def clean_json(self, value: Any, depth: int = 0) -> Any:
        """Return a JSON value without the key in any text of it.

        Raises:
            RecursionError: it nests too deep to be anything that is documented.
        """
        if depth > DEEPEST:
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

    @property
    def is_create(self) -> bool:
        """Whether an API that is wrong may take this for a create."""
        return self.path == CREATE_PATH and self.method not in {"GET", "HEAD", "OPTIONS", "TRACE"}

    @property
    def is_upload(self) -> bool:
        """Whether it is meant for the host of files."""
        return self.path.startswith(UPLOAD_PATH)


@dataclass(frozen=True)
class ReceivedResponse:
    """An answer: status, headers in lower case, the body as text and, if it is JSON, as its value in a tuple."""

    status: int
    headers: dict[str, str]
    text: str
    value: tuple[Any, ...]
    took_ms: float

    @classmethod
    def of(
        cls, status: int, headers: Mapping[str, str], content: bytes, secrets: Secrets, took_ms: float = 0
    ) -> ReceivedResponse:
        """Return an answer whose body is `content`, without the key: whatever is cut later, none of it is left."""
        text = secrets.clean(content.decode("utf-8", "replace"))
        value: tuple[Any, ...] = ()
        with contextlib.suppress(ValueError, RecursionError):
            parsed = secrets.clean_json(json.loads(text))
            json.dumps(parsed, ensure_ascii=False).encode()  # what spells half a character is no text
            value = (parsed,)
        named = {secrets.clean(name.lower()): secrets.clean(data) for name, data in headers.items()}
        return cls(status, named, text, value, took_ms)

    @property
    def json(self) -> Any:
        """The JSON value of the body; None when it is no JSON."""
        return self.value[0] if self.value else None

    @property
    def task_id(self) -> str | None:
        """The id in the body, if there is one."""
        found = member(self.json, "id")
        return found if isinstance(found, str) else None


@dataclass(frozen=True)
class Exchange:
    """A request, and its answer or why there is none.

    Attributes:
        operation: a name of `OPERATIONS`, or empty for a path or method of none of them.
        authorized: whether it was sent with the key of the target.
    """

    operation: str
    request: Request
    response: ReceivedResponse | None
    problem: str = ""
    authorized: bool = True

    @property
    def status(self) -> int | None:
        """The status of the answer."""
        return self.response.status if self.response else None

    @property
    def json(self) -> Any:
        """The JSON value of the answer's body; None when there is none."""
        return self.response.json if self.response else None

    @property
    def task_id(self) -> str | None:
        """The id in the answer's body, if there is one."""
        return self.response.task_id if self.response else None

    @property
    def took_too_long(self) -> bool:
        """Whether there was no answer, or no whole one, in time."""
        return self.response is None and self.problem.startswith((TOO_LONG, "ReadTimeout", "WriteTimeout"))

    @cached_property
    def name(self) -> str:
        """What the rules call the answer, as in `created` or `task 404`; empty when they have no name for it."""
        return response_name(self.operation, self.response.status) if self.response and self.operation else ""

    @property
    def actual(self) -> str:
        """The answer in a few words."""
        if self.response is None:
            return f"no answer ({self.problem})"
        error = member(self.json, "error")
        detail = ""
        if bundle.is_object(error):
            blamed = f", blaming {error['param']}" if error.get("param") else ""
            detail = f": {str(error.get('message'))[:100]}{blamed}"
        elif isinstance(member(self.json, "msg"), str):
            detail = f": {self.json['msg'][:100]}"
        elif self.response.task_id:
            detail = f": task {self.response.task_id[:80]}"
        elif not self.response.value:
            detail = f": {self.response.text[:60]!r}"
        return f"{self.response.status}{detail}"


def operation_of(method: str, path: str) -> str:
    """Return what the rules call the operation with a method and a path; empty when it is none of them."""
    plain = path.partition("?")[0]
    for name, (known, template) in OPERATIONS.items():
        if method == known and (plain == template or (name == "task" and plain.startswith(TASK_PATH))):
            return name
    return ""


def curl(evidence: dict[str, Any], body_file: str | None = None) -> str:
    """Return the command that repeats a request; the key is taken from the environment variable KEY."""
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
    """Return the request that creates a task."""
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Request("POST", CREATE_PATH, {"content-type": "application/json", **(headers or {})}, content)


def query(task_id: str, headers: dict[str, str] | None = None) -> Request:
    """Return the request that queries a task."""
    return Request("GET", TASK_PATH + quote(task_id, safe=""), headers or {})


def upload(operation: str, body: Any, headers: dict[str, str] | None = None) -> Request:
    """Return the request that uploads a file: for `upload-stream` a form, empty if `body` is no object, else JSON."""
    method, path = OPERATIONS[operation]
    if operation != "upload-stream":
        return Request(method, path, {"content-type": "application/json", **(headers or {})}, json.dumps(body).encode())
    content = "".join(
        f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{name}"{_OF_A_FILE if name == "file" else ""}'
        f"\r\n\r\n{value}\r\n"
        for name, value in (body.items() if bundle.is_object(body) else ())
    )
    form = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", **(headers or {})}
    return Request(method, path, form, f"{content}--{BOUNDARY}--\r\n".encode())


_OF_A_FILE = '; filename="image.gif"\r\ncontent-type: image/gif'


def smallest(operation: str, rules: Rules, headers: dict[str, str] | None = None) -> Request:
    """Return the smallest request of an operation."""
    if operation in UPLOADS:
        return upload(operation, rules.uploads[operation], headers)
    if operation == "create":
        return create(next(iter(rules.requests.values())), headers)
    method, path = OPERATIONS[operation]
    return Request(method, path.format(task_id=NO_SUCH_TASK), headers or {})


def member(value: Any, *names: str) -> Any:
    """Return what stands under these names, one within the other, in a JSON value; None when nothing does."""
    for name in names:
        value = value.get(name) if bundle.is_object(value) else None
    return value


def blamed(body: Any) -> str:
    """Return the field that a refusal blames, dotted and without numbers of items; empty when it blames none."""
    name = member(body, "error", "param")
    return re.sub(r"\[\d+\]|\.\d+\b", "", name) if isinstance(name, str) else ""


def readable(body: bytes | None) -> Any:
    """Return a request's body as its JSON value, if it has one, and in any case of bounded length."""
    if body is None:
        return None
    text = body.decode("utf-8", "replace")
    if len(text) > SHOWN_CHARACTERS:
        return f"{text[:200]}... ({len(text)} characters)"
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def is_part(field_name: str, blamed: str) -> bool:
    """Whether one of two dotted fields lies within the other."""
    return f"{field_name}.".startswith(f"{blamed}.") or f"{blamed}.".startswith(f"{field_name}.")


def excerpt(value: Any, limit: int = 160) -> str:
    """Return a JSON value as text of bounded length."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"
