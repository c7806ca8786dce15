"""Convert responses into the SDK's errors. Performs no I/O.

A failing server returns many things: two generations of documented error bodies, `error` as a string, a list or null,
HTML, or nothing. Each becomes an error of the SDK, or is confirmed to be a JSON object with the required fields.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, NamedTuple

import httpx

from evolink import errors
from evolink._contract import packaged_contract
from evolink._json import is_object, parse_json
from evolink._secret import Secret
from evolink._text import printable
from evolink.errors import RequestError, ResponseInfo

# Keys of the extensions of a request or response, which pass facts about it between the SDK's layers.
BOUNDS = "evolink.bounds"  # a function that returns the limits of the body, given the request and its response
IDEMPOTENT = "evolink.idempotent"  # bool: the caller passed an idempotency key
RECEIVED = "evolink.received"  # bytearray: as much of the body of a response as has arrived
RETRIES = "evolink.retries"  # int: the maximum number of retries, instead of the client's
PARSED = "evolink.parsed"  # the JSON value of the body of a response; None if it is not JSON
PACED = "evolink.paced"  # bool: the caller repeats the request after a 429 or 503
SECONDS = "evolink.seconds"  # float: how long the request may take, with its retries and the pauses between them
# bool: whether the last attempt certainly never left this machine; None if it did not reach the transport.
UNSENT = "evolink.unsent"

_ID = re.compile(rb'"id"\s*:\s*"([\w.-]{1,200})"')
_REQUEST_ID = re.compile(r"\(request id: ([\w.-]{1,100})\)", re.IGNORECASE)
# A time in the text of an error, as in the documented "retry after 60 seconds". A range or a date is not one.
_WAITING_TIME = re.compile(
    r"\b(?:retry|again|wait)\b[^.\d]{0,40}?(\d{1,9}(?:\.\d{1,9})?)(?!\s*[-\u2013/:]\s*\d)\s*"
    r"(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h)?\b",
    re.IGNORECASE,
)
_REFUSALS: dict[int, type[RequestError]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    402: errors.QuotaExceeded,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.BadRequest,
    415: errors.BadRequest,
    422: errors.BadRequest,
    429: errors.RateLimited,
}


class _Paths(NamedTuple):
    """The paths that decide how a response is checked.

    Attributes:
        task: the path of the task query, up to the id.
        uploads: the paths of the uploads.
    """

    task: str
    uploads: tuple[str, ...]


@cache
def _paths() -> _Paths:
    operations = packaged_contract().operations
    uploads = tuple(operation.path for name, operation in operations.items() if name.startswith("upload_file_"))
    return _Paths(operations["get_task"].path.partition("{")[0], uploads)


class RequestContext(NamedTuple):
    """The facts about a request that decide which error its response becomes.

    Attributes:
        method: the HTTP method.
        path: the path, without the API key.
        secret: the API key, which is removed from every text.
        content: the body of a paid request; empty for others.
        paid: whether the request may start something that costs money.
        repeatable: whether it costs nothing and changes nothing to send it again, with the whole body each time.
        streamed: whether the caller reads the body of a successful response in chunks.
        idempotent: whether the caller passed an idempotency key.
        idempotency_key: the key that is sent, for the log; None without one.
        paced: whether the caller repeats the request if the server accepts none for now.
        task_id: the id of the task that the request reads; None for other requests.
        sent_at: when the request was sent, in Unix seconds.
        lost: as much as has arrived of the body of a response that was lost.
    """

    method: str
    path: str
    secret: Secret
    content: bytes
    paid: bool
    repeatable: bool
    streamed: bool
    idempotent: bool
    idempotency_key: str | None
    paced: bool
    task_id: str | None
    sent_at: float
    lost: bytearray

    @classmethod
    def of(cls, request: httpx.Request, secret: Secret, *, stream: bool) -> RequestContext:
        """Return the context of a request that is about to be sent."""
        path = request.url.path
        paths = _paths()
        _, task_path, task_id = path.rpartition(paths.task)
        # Every POST counts as paid, on whichever server, unless it is a documented upload.
        paid = request.method == "POST" and not path.endswith(paths.uploads)
        return cls(
            request.method,
            secret.redact(printable(path)),
            secret,
            request.content if paid else b"",
            paid,
            request.method in {"GET", "HEAD"} or (request.method == "POST" and not paid and _is_rewindable(request)),
            stream and not paid,
            bool(request.extensions.get(IDEMPOTENT)),
            request.headers.get("idempotency-key") if paid else None,
            bool(request.extensions.get(PACED)),
            task_id if task_path and request.method == "GET" else None,
            time.time(),
            bytearray(),
        )

    def not_sent(self, failure: Exception) -> RequestError:
        """Return the error for a request that never left this machine."""
        return errors.NotSent(ResponseInfo(self.method, self.path), self._reason(failure))

    def response_lost(self, failure: Exception) -> RequestError:
        """Return the error for a request without a complete response."""
        response = ResponseInfo(self.method, self.path)
        if self.paid:
            return self._unknown(response, self._reason(failure), _leniently_parsed(self.lost))
        return errors.ResponseLost(response, self._reason(failure))

    def _reason(self, failure: Exception) -> str:
        return self._clean(f"{type(failure).__name__}: {failure}".rstrip(": "))

    def error_for(self, response: httpx.Response) -> RequestError | None:
        """Return the error for a response; None if it is a success with the required fields."""
        status = response.status_code
        if self.streamed and 200 <= status < 300:
            return None
        content = content_of(response)
        body = response.extensions[PARSED] = _parsed(content)
        created = _leniently_parsed(content) if self.paid and body is None else body
        if not 200 <= status < 300:
            info = self._info(response, content, body)
            if self.paid and self._may_be_accepted(info, created):
                return self._unknown(info, self._status_problem(response), created)
            return self._status_error(info, self._status_problem(response))
        problem = self._body_problem(body)
        if problem is None:
            return None
        info = self._info(response, content, body)
        if is_object(body) and body.get("success") is False and not self.paid:
            return errors.Refused(info)
        return self._unknown(info, problem, created) if self.paid else errors.UnexpectedResponse(info, problem)

    def _status_problem(self, response: httpx.Response) -> str:
        """Describe what is undocumented about the status of a response; empty for 4xx and 5xx."""
        location = response.headers.get("location", "")
        if 300 <= response.status_code < 400:
            return f"a redirect to {self._clean(location)}" if location else "a redirect"
        return "" if 400 <= response.status_code < 600 else f"{response.status_code} is not an HTTP status"

    def _status_error(self, info: ResponseInfo, problem: str) -> RequestError:
        """Return the error for an unsuccessful status."""
        status = info.status or 0
        if status == 503 and info.documented:
            return errors.Unavailable(info)
        if status == 408:
            return errors.ResponseLost(info)
        if 400 <= status < 500:
            return _REFUSALS.get(status, errors.Refused)(info)
        if 500 <= status < 600:
            return errors.ServerError(info)
        return errors.UnexpectedResponse(info, problem)

    def _body_problem(self, body: Any) -> str | None:
        """Describe what is wrong with the body of a successful response; None if it is valid."""
        if not is_object(body):
            return "the body is not a JSON object"
        if self.paid or self.task_id is not None:
            for name in ("id", "status"):
                if not (isinstance(body.get(name), str) and body[name]):
                    return f"the response has no {name}"
        if self.task_id is not None and body["id"] != self.task_id:
            return f"the response is about another task, {self._clean(body['id'])}"
        if body.get("success") is False:
            return "the response has success: false"
        return None

    def _may_be_accepted(self, info: ResponseInfo, body: Any) -> bool:
        """Return whether a create without a successful status may have been accepted. If in doubt, return True."""
        if _task_id(body) is not None or info.status == 408 or info.code == "paid_outcome_unknown":
            return True
        if info.status == 503:
            return not info.documented
        return info.status is None or not 400 <= info.status < 500

    def _unknown(self, info: ResponseInfo, reason: str, body: Any = None) -> errors.SubmissionUnknown:
        task_id = _task_id(body)
        return errors.SubmissionUnknown(
            info,
            reason,
            task_id=None if task_id is None else self._clean(task_id),
            model=self._model(),
            sent_at=self.sent_at,
        )

    def described(self, response: httpx.Response | None = None) -> str:
        """Describe a create for the log: its model and idempotency key and, with a response, the id of the request."""
        parts = [f"model {self._model() or 'unknown'}"]
        if self.idempotency_key is not None:
            parts.append(f"idempotency key {self._clean(self.idempotency_key)}")
        if response is not None and (request_id := self.request_id(response)):
            parts.append(f"request id {request_id}")
        return ", ".join(parts)

    def created_id(self, response: httpx.Response) -> str | None:
        """Return the id of the task in a response to a create, safe to show; None if the response names none."""
        content = content_of(response) or response.extensions.get(RECEIVED, b"")
        task_id = _task_id(_leniently_parsed(content)) if self.paid else None
        return None if task_id is None else self._clean(task_id)

    def ids(self, response: httpx.Response) -> list[str]:
        """Return what identifies a response in the log: the id of the created task and that of the request."""
        request_id = self.request_id(response)
        found = self.created_id(response), None if request_id is None else f"request id {request_id}"
        return [text for text in found if text is not None]

    def request_id(self, response: httpx.Response) -> str | None:
        """Return the server's id of the request, from the headers of the response."""
        return self._text(response.headers.get("x-request-id"), response.headers.get("x-oneapi-request-id"))

    def _model(self) -> str | None:
        body = _parsed(self.content)
        return self._text(body.get("model")) if is_object(body) else None

    def _info(self, response: httpx.Response, content: bytes, body: Any) -> ResponseInfo:
        fields = body if is_object(body) else {}
        error = fields.get("error")
        if is_object(error):
            fields = {**fields, **error}
        message = self._text(fields.get("message"), fields.get("msg"), fields.get("error_description"))
        if not message and not is_object(error) and error:
            message = self._text(error) or self._clean(json.dumps(error, default=str))
        code = fields.get("code")
        headers = response.headers
        suggestion = self._text(fields.get("fallback_suggestion"), fields.get("suggestion"))
        seconds = retry_after(headers)
        if seconds is None:
            seconds = waiting_time(f"{suggestion or ''}\n{message or ''}")
        in_message = _REQUEST_ID.search(message or "")
        return ResponseInfo(
            self.method,
            self.path,
            response.status_code,
            code if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 1e9 else self._text(code),
            self._text(fields.get("type")),
            self._text(fields.get("param")),
            message or "",
            suggestion,
            self.request_id(response)
            or self._text(fields.get("request_id"))
            or (in_message[1] if in_message else None),
            seconds,
            self._clean(content.decode(errors="replace")),
            _is_documented(body),
        )

    def _text(self, *values: Any) -> str | None:
        """Return the first of `values` that is a string and not blank, safe to show."""
        for value in values:
            if isinstance(value, str) and (text := self._clean(value)):
                return text
        return None

    def _clean(self, text: str) -> str:
        return printable(self.secret.redact(text))


def _is_rewindable(request: httpx.Request) -> bool:
    """Return whether the body of an upload can be sent again from its beginning."""
    stream: Any = request.stream
    fields: Any = getattr(stream, "fields", None)  # of a form
    if fields is None:
        return isinstance(stream, httpx.ByteStream)
    files = [field.file for field in fields if hasattr(field, "file")]
    return all(isinstance(file, str | bytes) or _can_rewind(file) for file in files)


def _can_rewind(file: Any) -> bool:
    try:
        return hasattr(file, "seek") and bool(getattr(file, "seekable", lambda: True)())
    except (OSError, ValueError):
        return False


def content_of(response: httpx.Response) -> bytes:
    """Return the body of a response; empty if it could not be read."""
    try:
        return response.content
    except httpx.StreamError:
        return b""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait before a retry, from the headers of a response; None if they do not say.

    A `Retry-After` with a date is compared with the `Date` of the response, because the clock of this machine may be
    wrong.
    """
    text = headers.get("retry-after", "").strip()
    if not text or len(text) > 100:
        return None
    try:
        seconds = float(text)
    except ValueError:
        then, now = unix_seconds(text), unix_seconds(headers.get("date", ""))
        seconds = math.nan if then is None or now is None else then - now
    return max(0.0, seconds) if math.isfinite(seconds) else None


def unix_seconds(date: str) -> float | None:
    """Return the Unix seconds of an HTTP date; None if it is not one."""
    if len(date) > 100:
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def waiting_time(text: str) -> float | None:
    """Return the seconds to wait from a text such as "retry after 60 seconds"; None if it does not say how long."""
    match = _WAITING_TIME.search(text)
    if match is None:
        return None
    unit = (match[2] or "s").lower()
    factor = 0.001 if unit.startswith(("ms", "milli")) else {"m": 60.0, "h": 3600.0}.get(unit[0], 1.0)
    return float(match[1]) * factor


def _parsed(content: bytes | bytearray) -> Any:
    """Return the JSON value of a body; None if it is not JSON."""
    try:
        return parse_json(content)
    except ValueError:
        return None


def _leniently_parsed(content: bytes | bytearray) -> Any:
    """Return what Python takes for JSON, such as NaN, so that the id of a paid task is not lost with the body.

    Of a body that was cut, only the id is returned.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        documented = re.compile(packaged_contract().schemas["TaskId"]["pattern"])
        ids = (match[1].decode() for match in _ID.finditer(content))
        return next(({"id": task_id} for task_id in ids if documented.search(task_id)), None)


def _is_documented(body: Any) -> bool:
    """Return whether a body is an error of the API in one of its two documented formats.

    Both have a message, a type and a code, which is a number in the older format and a word in the newer one.
    """
    error = body.get("error") if is_object(body) else None
    if not is_object(error):
        return False
    texts = error.get("message"), error.get("type")
    return all(isinstance(text, str) for text in texts) and isinstance(error.get("code"), int | str)


def _task_id(body: Any) -> str | None:
    """Return the id of the task in a body; None if it has none."""
    task_id = body.get("id") if is_object(body) else None
    return task_id if isinstance(task_id, str) and task_id else None
