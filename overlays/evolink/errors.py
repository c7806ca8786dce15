"""Everything the SDK raises.

EvoLinkError
  ConfigurationError      a setting that nothing can be sent with
    MissingExtra          an optional part of the SDK is not installed
  InvalidRequest          not sent: the request breaks documented rules
    InvalidMedia          not sent: a file that the request names does
  RequestError            what became of a request
    NotSent               no connection was made
    ResponseLost              sent; the answer was lost
    Refused               the server says no: 4xx, or 503 with the documented body
      BadRequest            400, 413, 415 and 422
      Unauthorized          401
      QuotaExceeded         402
      PermissionDenied      403
      NotFound              404
      Conflict              409
      RateLimited           429
      Unavailable           503
    ServerError           5xx
    UnexpectedResponse      not what is documented: 3xx, or 2xx without what it should hold
    SubmissionUnknown     a create that may have been taken and charged
  TaskNotCompleted        a task has ended without a result
    TaskFailed
    TaskCancelled
  WaitTimeout             a task has not ended yet
  TransferError           a file could not be brought here or there
  InvalidCallback         a callback that is no task
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from evolink._text import printable

if TYPE_CHECKING:
    from pathlib import Path

    from evolink_client.models import Task

KEYS_PAGE = "https://evolink.ai/dashboard/keys"


class EvoLinkError(Exception):
    """Root of everything the SDK raises."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive the way to another process, whatever the constructor takes."""
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(kind: type[EvoLinkError], arguments: tuple[Any, ...], attributes: dict[str, Any]) -> EvoLinkError:
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    error.__dict__.update(attributes)
    return error


class ConfigurationError(EvoLinkError):
    """A setting that nothing can be sent with; the text names it and the way out."""


class MissingExtra(ConfigurationError):
    """An optional part of the SDK is not installed.

    Attributes:
        extra: its name, as in `pip install "evolink-client[extra]"`.
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f'{what} needs an optional part; install it with: pip install "evolink-client[{extra}]"')
        self.extra = extra


class Violation(NamedTuple):
    """A rule that a request breaks.

    Attributes:
        field: the field to blame, as in `video_urls[2]`; empty for the request as a whole.
        keyword: the keyword of the contract, as in `maxLength`.
        limit: what the contract says there.
        actual: what the request has instead: the value where it is short, else its size.
        fix: the way out.
        edition: the edition of the documentation that says so.
        source: the page that says so.
    """

    field: str
    keyword: str
    limit: Any
    actual: str
    fix: str
    edition: str = ""
    source: str = ""

    def __str__(self) -> str:
        """Return the rule in one line."""
        text = f"{self.field}: {self.fix}; it is {self.actual}" if self.actual else f"{self.field}: {self.fix}"
        return f"{text} (documentation {self.edition})" if self.edition else text


class InvalidRequest(EvoLinkError):
    """A request that breaks documented rules, and was not sent.

    Attributes:
        violations: every broken rule.
    """

    def __init__(self, violations: Sequence[Violation], subject: str = "the request") -> None:
        lines = "".join(f"\n  {violation}" for violation in violations)
        super().__init__(f"{subject} was not sent:{lines}")
        self.violations = tuple(violations)


class InvalidMedia(InvalidRequest):
    """A request that names a file which breaks documented rules, and was not sent."""


class ContestedLimitWarning(UserWarning):
    """A limit that editions of the documentation disagree on; the request was sent."""


class LinkExpiryWarning(UserWarning):
    """A link that is about to expire, or has already."""


class ResponseInfo(NamedTuple):
    """What is known of an answer, with the API key taken out of every text.

    Attributes:
        status: the HTTP status; None when there was no answer.
        code: `error.code` of the body: an integer in older answers, a word in newer ones.
        type: `error.type`.
        param: `error.param`, the request field to blame.
        message: `error.message`, or what else the server says.
        suggestion: `error.fallback_suggestion`.
        request_id: what the server calls the request.
        retry_after: the seconds that the server asks to wait.
        excerpt: the beginning of the body.
    """

    method: str
    path: str
    status: int | None = None
    code: int | str | None = None
    type: str | None = None
    param: str | None = None
    message: str = ""
    suggestion: str | None = None
    request_id: str | None = None
    retry_after: float | None = None
    excerpt: str = ""


class RequestError(EvoLinkError):
    """What became of a request that did not succeed.

    Attributes:
        response: all that is known of the answer.
        method, path: of the request.
        status, code, type, param, request_id, excerpt: those of the answer; None or empty where it has none.
        retry_after: the seconds that the server asks to wait; None when it does not.
    """

    way_out = ""

    def __init__(self, response: ResponseInfo, reason: str = "") -> None:
        self.response = response
        self.method, self.path = response.method, response.path
        self.status, self.code, self.type, self.param = response.status, response.code, response.type, response.param
        self.request_id, self.excerpt, self.retry_after = response.request_id, response.excerpt, response.retry_after
        super().__init__(self._told(reason))

    def _told(self, reason: str) -> str:
        response = self.response
        said = ": ".join(part for part in (reason, response.message or response.excerpt[:200]) if part)
        status = "" if response.status is None else f" answered {response.status}"
        facts = [
            f"{name} {value}"
            for name, value in (
                ("code", None if response.code == response.status else response.code),
                ("type", response.type),
                ("param", response.param),
                ("request id", response.request_id),
            )
            if value is not None
        ]
        text = f"{response.method} {response.path}{status}"
        text += f": {said}" if said else ""
        text += f" ({', '.join(facts)})" if facts else ""
        suggested = f"Suggested: {response.suggestion}" if response.suggestion else ""
        return ". ".join(part.rstrip(".") for part in (text, suggested, self.way_out) if part)


class NotSent(RequestError):
    """No connection was made, so that the server knows nothing of the request. Sending it again is safe."""

    way_out = "Nothing was sent; check the network and base_url"


class ResponseLost(RequestError):
    """The request was sent and its answer was lost or unreadable."""

    way_out = "It costs nothing to send it again"


class Refused(RequestError):
    """The server says no: nothing was done and nothing is charged."""


class BadRequest(Refused):
    """400, 413, 415, 422: the request is not as the server wants it; `param` names the field where the server does."""


class Unauthorized(Refused):
    """401: the API key is missing, unknown, disabled or expired."""

    way_out = f"Check the API key; keys are made at {KEYS_PAGE}"


class QuotaExceeded(Refused):
    """402: the account, or the key, has too few credits."""

    way_out = "Top up the account, or raise the limit of the key; see EvoLink.credits()"


class PermissionDenied(Refused):
    """403: the key may not use the model, or not read the task."""


class NotFound(Refused):
    """404: no such model or task, or its record has expired."""


class Conflict(Refused):
    """409: the idempotency key was used for another request."""


class RateLimited(Refused):
    """429: too many requests in a short time, also after the retries."""

    way_out = "Send fewer requests at a time, or wait before the next"


class Unavailable(Refused):
    """503 with the documented body, also after the retries: the service takes no requests for now."""

    way_out = "Try again later"


class ServerError(RequestError):
    """5xx: the server, or the provider behind it, has failed."""

    way_out = "Try again later"


class UnexpectedResponse(RequestError):
    """An answer that is not documented: a redirect, a page of HTML, or an object without what it should hold."""

    way_out = "Check base_url, and what stands between you and the server"


class SubmissionUnknown(RequestError):
    """A create that may have been taken and charged: its answer was lost, cut, unreadable, or says nothing certain.

    It is never sent again without an idempotency key. Before you do so yourself, look at your tasks and credits in the
    dashboard, and wait for a callback if the request names a callback_url.

    Attributes:
        task_id: the id of the task, if the answer named one after all; then `wait(task_id)` follows it.
        model: the model that was asked for.
        sent_at: when it was sent, in Unix seconds.
    """

    way_out = (
        "Before you submit anew, look for the task in the dashboard, compare credits(), and give a callback time to "
        "arrive"
    )

    def __init__(
        self,
        response: ResponseInfo,
        reason: str = "",
        *,
        task_id: str | None = None,
        model: str | None = None,
        sent_at: float | None = None,
    ) -> None:
        self.task_id, self.model, self.sent_at = task_id, model, sent_at
        # The server may suggest to try again, and does not know that it would cost twice.
        told = ": ".join(part for part in ("the task may have been taken and charged", reason) if part)
        super().__init__(response._replace(suggestion=None), told)
        self.response = response
        if task_id is not None:
            self.args = (f"{self.args[0]}. The answer names the task {task_id}; follow it with wait()",)


class TaskNotCompleted(EvoLinkError):
    """A task has ended without a result.

    Attributes:
        task: the task as it was last seen.
        task_id: its id.
    """

    def __init__(self, message: str, task: Task) -> None:
        super().__init__(message)
        self.task = task
        self.task_id = task.id


class TaskFailed(TaskNotCompleted):
    """A task has failed, and costs nothing.

    Attributes:
        code: the reason, as in `content_policy_violation`; None when the server gives none.
        message: the reason, for a person to read.
        retry: whether the same request can succeed when it is submitted again; None where that is not known.
        advice: what the documentation advises.
    """

    def __init__(self, task: Task, code: str | None, message: str, *, retry: bool | None, advice: str) -> None:
        told = printable(": ".join(part for part in (code, message) if part)) or "without a reason"
        hope = "" if retry is None else f"Submitting the same again {'can' if retry else 'will not'} help"
        texts = [f"{printable(task.id, 80)} has failed: {told}", hope, f"{advice[:1].upper()}{advice[1:]}"]
        super().__init__(". ".join(text.rstrip(".") for text in texts if text), task)
        self.code, self.message, self.retry, self.advice = code, message, retry, advice


class TaskCancelled(TaskNotCompleted):
    """A task was cancelled."""

    def __init__(self, task: Task) -> None:
        super().__init__(f"{printable(task.id, 80)} was cancelled", task)


class WaitTimeout(EvoLinkError):
    """A task has not ended in the time given. It lives on, and nothing is lost: `wait(error.task_id)` resumes.

    Attributes:
        task_id: its id.
        task: the task as it was last seen; None when no read succeeded.
        last_error: why the last read failed, when it did.
    """

    def __init__(self, task_id: str, seconds: float, task: Task | None, last_error: EvoLinkError | None) -> None:
        seen = f"was last {printable(task.status, 80)}" if task is not None else "could not be read"
        told = f"{task_id} has not ended within {seconds:g} s and {seen}; it lives on, resume with wait({task_id!r})"
        super().__init__(told if last_error is None else f"{told}. The last read failed: {last_error}")
        self.task_id, self.task, self.last_error = task_id, task, last_error


class TransferError(EvoLinkError):
    """A file could not be downloaded or uploaded.

    Attributes:
        part: where the part that did arrive is kept for the next attempt; None when there is none.
    """

    def __init__(self, message: str, part: Path | None = None) -> None:
        super().__init__(message)
        self.part = part


class InvalidCallback(EvoLinkError):
    """A callback whose body is no task."""
