"""What an answer means: nothing here sends anything.

A server that is not at its best answers with anything: two generations of documented bodies, `error` as a text, a
list or null, HTML, nothing. Each becomes one of our errors, or a JSON object that holds what it must.
"""

from __future__ import annotations

import json
import math
import re
import time
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, NamedTuple, TypeGuard

import httpx

from evolink import errors
from evolink._contract import packaged_contract
from evolink._settings import Secret
from evolink._text import printable
from evolink.errors import RequestError, ResponseInfo

# Keys of `request.extensions`, by which the SDK's layers tell each other about one request.
IDEMPOTENT = "evolink.idempotent"  # bool: the request carries an idempotency key of the caller's
RETRIES = "evolink.retries"  # int: the number of retries, instead of the client's
UNSENT = "evolink.unsent"  # bool: the last attempt certainly never left this machine

_REQUEST_ID = re.compile(r"\(request id: ([\w.-]{1,100})\)", re.IGNORECASE)
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
    """The paths that an answer is judged by: what that of a task begins with, and those of uploads."""

    task: str
    uploads: tuple[str, ...]


@cache
def _paths() -> _Paths:
    operations = packaged_contract().operations
    uploads = tuple(operation.path for name, operation in operations.items() if name.startswith("upload_file_"))
    return _Paths(operations["get_task"].path.partition("{")[0], uploads)


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


class RequestContext(NamedTuple):
    """A request, as far as its answer is concerned.

    Attributes:
        secret: the key, which is taken out of every text.
        content: the body.
        paid: whether it starts something that costs money.
        streamed: whether the caller reads the body of a successful answer himself.
        idempotency_key: whether it carries one of the caller's.
        task_id: the task it asks for; None when it asks for something else.
        sent_at: when it was sent, in Unix seconds.
    """

    method: str
    path: str
    secret: Secret
    content: bytes
    paid: bool
    streamed: bool
    idempotency_key: bool
    task_id: str | None
    sent_at: float

    @classmethod
    def of(cls, request: httpx.Request, secret: Secret, *, stream: bool) -> RequestContext:
        """Return what the answer to `request` will be judged by."""
        path = request.url.path
        paths = _paths()
        _, found, task_id = path.rpartition(paths.task)
        # What is not known to be free is taken for paid, whichever server it goes to.
        paid = request.method == "POST" and not path.endswith(paths.uploads)
        return cls(
            request.method,
            secret.redact(printable(path)),
            secret,
            request.content if paid else b"",
            paid,
            stream and not paid,
            bool(request.extensions.get(IDEMPOTENT)),
            task_id if found and request.method == "GET" else None,
            time.time(),
        )

    def not_sent(self, failure: Exception) -> RequestError:
        """Return the error for a request that has not left this machine."""
        return errors.NotSent(ResponseInfo(self.method, self.path), self._reason(failure))

    def unanswered(self, failure: Exception) -> RequestError:
        """Return the error for a request that has no whole answer."""
        answer = ResponseInfo(self.method, self.path)
        if self.paid:
            return self._unknown(answer, self._reason(failure))
        return errors.ResponseLost(answer, self._reason(failure))

    def _reason(self, failure: Exception) -> str:
        return self._clean(f"{type(failure).__name__}: {failure}".rstrip(": "))

    def judged(self, response: httpx.Response) -> RequestError | None:
        """Return the error for an answer; None when it holds what it must."""
        status = response.status_code
        if self.streamed and 200 <= status < 300:
            return None
        content = content_of(response)
        body = _parsed(content)
        if 200 <= status < 300:
            reason = self._missing(body)
            if reason is None:
                return None
            answer = self._answer(response, content, body)
            if is_object(body) and body.get("success") is False and not self.paid:
                return errors.Refused(answer)
            if self.paid:
                return self._unknown(answer, reason, body)
            return errors.UnexpectedResponse(answer, reason)
        answer = self._answer(response, content, body)
        if self.paid and self._may_have_been_taken(answer, body):
            return self._unknown(answer, self._odd(response), body)
        return self._failed(answer, self._odd(response), documented=_is_documented(body))

    def _odd(self, response: httpx.Response) -> str:
        """Return what is odd about the status of an answer; empty when nothing is."""
        location = response.headers.get("location", "")
        if 300 <= response.status_code < 400:
            return f"a redirect to {self._clean(location)}" if location else "a redirect"
        return "" if 400 <= response.status_code < 600 else f"{response.status_code} is no status of HTTP"

    def _failed(self, answer: ResponseInfo, odd: str, *, documented: bool) -> RequestError:
        """Return the error for an answer that is no success, and no create that may have been taken."""
        status = answer.status or 0
        if status == 503 and documented:
            return errors.Unavailable(answer)
        if status == 408:
            return errors.ResponseLost(answer)
        if 400 <= status < 500:
            return _REFUSALS.get(status, errors.Refused)(answer)
        if 500 <= status < 600:
            return errors.ServerError(answer)
        return errors.UnexpectedResponse(answer, odd)

    def _missing(self, body: Any) -> str | None:
        """Return what a successful answer lacks; None when it lacks nothing."""
        if not is_object(body):
            return "the body is no JSON object"
        if self.paid or self.task_id is not None:
            for name in ("id", "status"):
                if not (isinstance(body.get(name), str) and body[name]):
                    return f"the answer has no {name}"
        if self.task_id is not None and body["id"] != self.task_id:
            return f"the answer is about another task, {self._clean(body['id'])}"
        if body.get("success") is False:
            return "the answer denies success"
        return None

    def _may_have_been_taken(self, answer: ResponseInfo, body: Any) -> bool:
        """Whether a create that was answered other than 2xx may have been taken; what is not certain may."""
        if _task_id(body) is not None or answer.status == 408 or answer.code == "paid_outcome_unknown":
            return True
        if answer.status == 503:
            return not _is_documented(body)
        return answer.status is None or not 400 <= answer.status < 500

    def _unknown(self, answer: ResponseInfo, reason: str, body: Any = None) -> errors.SubmissionUnknown:
        task_id = _task_id(body)
        return errors.SubmissionUnknown(
            answer,
            reason,
            task_id=None if task_id is None else self._clean(task_id),
            model=self._model(),
            sent_at=self.sent_at,
        )

    def _model(self) -> str | None:
        body = _parsed(self.content)
        return self._text(body.get("model")) if is_object(body) else None

    def _answer(self, response: httpx.Response, content: bytes, body: Any) -> ResponseInfo:
        fields = body if is_object(body) else {}
        error = fields.get("error")
        if is_object(error):
            fields = {**fields, **error}
        message = self._text(fields.get("message"), fields.get("msg"), fields.get("error_description"))
        if not message and not is_object(error) and error:
            message = self._text(error) or self._clean(json.dumps(error, default=str))
        code = fields.get("code")
        headers = response.headers
        in_message = _REQUEST_ID.search(message or "")
        return ResponseInfo(
            self.method,
            self.path,
            response.status_code,
            code if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 1e9 else self._text(code),
            self._text(fields.get("type")),
            self._text(fields.get("param")),
            message or "",
            self._text(fields.get("fallback_suggestion"), fields.get("suggestion")),
            self._text(headers.get("x-request-id"), headers.get("x-oneapi-request-id"), fields.get("request_id"))
            or (in_message[1] if in_message else None),
            retry_after(headers.get("retry-after", ""), time.time()),
            self._clean(content.decode(errors="replace")),
        )

    def _text(self, *values: Any) -> str | None:
        """Return the first of `values` that is a text with something in it."""
        for value in values:
            if isinstance(value, str) and (text := self._clean(value)):
                return text
        return None

    def _clean(self, text: str) -> str:
        return printable(self.secret.redact(text))


def content_of(response: httpx.Response) -> bytes:
    """Return the body of a response; empty when it could not be read."""
    try:
        return response.content
    except httpx.StreamError:
        return b""


def retry_after(header: str, now: float) -> float | None:
    """Return the seconds that a `Retry-After` header asks to wait at `now`, in Unix seconds; None when it is none."""
    text = header.strip()
    if not text or len(text) > 100:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - now
        except (ValueError, TypeError, OverflowError, OSError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):  # what is no text is a ValueError, too; so is a number too long
        return None


def _is_documented(body: Any) -> bool:
    """Whether a body is an error in one of the two documented shapes."""
    error = body.get("error") if is_object(body) else None
    return (
        is_object(error)
        and isinstance(error.get("message"), str)
        and isinstance(error.get("type", error.get("code")), int | str)
    )


def _task_id(body: Any) -> str | None:
    """Return the id of the task that a body names."""
    task_id = body.get("id") if is_object(body) else None
    return task_id if isinstance(task_id, str) and task_id else None
