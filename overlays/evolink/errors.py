"""Every error and warning of the SDK.

EvoLinkError
  ConfigurationError      invalid or missing configuration
    MissingExtra          an optional part of the SDK is not installed
  InvalidRequest          not sent: the request breaks documented rules
    InvalidMedia          not sent: a file of the request breaks documented rules
  CostLimitExceeded       not sent: the request may cost more than max_credits
  RequestError            an HTTP request failed
    NotSent               no connection was made
    ResponseLost          sent, but the response was lost
    Refused               the server refused: 4xx, or 503 with the documented body
      BadRequest            400, 413, 415 and 422
      Unauthorized          401
      QuotaExceeded         402
      PermissionDenied      403
      NotFound              404
      Conflict              409
      RateLimited           429
      Unavailable           503
    ServerError           5xx
    UnexpectedResponse    an undocumented response: 3xx, or 2xx without a required field
    SubmissionUnknown     a create that may have been accepted and charged
  TaskNotCompleted        a task ended without a result
    TaskFailed
    TaskCancelled
    TaskExpired
    ResultsMissing        a completed task has no results
  WaitTimeout             a task did not end in time
  OnUpdateError           the caller's on_update raised an error
  TransferError           a file could not be downloaded or uploaded
  InvalidCallback         the body of a callback is not a task
  LedgerError             a ledger could not be read or written
    LedgerConflict        what the ledger knows of a key does not allow the call
    LedgerTooNew          a newer version of this package has written the ledger
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from evolink._text import printable

if TYPE_CHECKING:
    from pathlib import Path

    from evolink._views import Task
    from evolink.billing import Estimate

__all__ = [
    "BadRequest",
    "ConfigurationError",
    "Conflict",
    "ContestedLimitWarning",
    "CostLimitExceeded",
    "EvoLinkError",
    "FieldWarning",
    "InvalidCallback",
    "InvalidMedia",
    "InvalidRequest",
    "LedgerConflict",
    "LedgerError",
    "LedgerTooNew",
    "LinkExpiryWarning",
    "MissingExtra",
    "NotFound",
    "NotSent",
    "OnUpdateError",
    "ParameterIgnoredWarning",
    "PermissionDenied",
    "QuotaExceeded",
    "RateLimited",
    "Refused",
    "RequestError",
    "ResponseLost",
    "ResultsMissing",
    "ServerError",
    "SubmissionUnknown",
    "TaskCancelled",
    "TaskExpired",
    "TaskFailed",
    "TaskNotCompleted",
    "TokenLimitWarning",
    "TransferError",
    "Unauthorized",
    "Unavailable",
    "UnexpectedResponse",
    "UnknownStatusWarning",
    "Violation",
    "WaitTimeout",
]

KEYS_PAGE = "https://evolink.ai/dashboard/keys"

Action = Literal[
    "wait",
    "credits",
    "upload",
    "set_key",
    "check_setting",
    "check_connection",
    "skip_validation",
    "overwrite",
    "allow_http",
    "raise_limit",
    "resolve",
    "retry",
]


class NextStep(NamedTuple):
    """A suggestion on how to deal with an error, as data. The SDK and the command line word it differently.

    Attributes:
        action: one of these:
            `wait`: wait for the task with the id `subject`, which continues on the server.
            `credits`: read the credits of the account and the key.
            `upload`: upload a local file, and use its URL in the request.
            `set_key`: set an API key.
            `check_setting`: correct the setting `subject`, as in `base_url` or `EVOLINK_BASE_URL`.
            `check_connection`: check the network, and the setting `subject`.
            `skip_validation`: send the request without checking it first.
            `overwrite`: replace a file, or choose another name.
            `allow_http`: consent to sending the API key unencrypted to another machine.
            `raise_limit`: raise the limit on the cost to `subject` credits, or remove the limit if `subject` is empty.
            `resolve`: tell the ledger which task the key `subject` has, or that none was created.
            `retry`: let the ledger submit the key `subject` again.
        subject: the id, the setting or the credits; empty for the other actions.
    """

    action: Action
    subject: str = ""


def in_python(step: NextStep) -> str:
    """Describe a next step for users of the Python API, in lower case and without a full stop."""
    match step.action:
        case "wait":
            return f"the task continues on the server; call wait({step.subject!r}) to wait for it"
        case "check_setting":
            return f"check {step.subject}"
        case "check_connection":
            return f"check {step.subject}, the network, and any proxy in between"
        case "raise_limit":
            change = f"pass max_credits={step.subject}" if step.subject else "omit max_credits"
            return f"{change} to send it anyway"
        case "resolve":
            key = repr(step.subject)
            ways = f"resolve({key}, task_id=...) or, if no task was created, resolve({key}, lost=True)"
            return f"tell the ledger what you found: {ways}"
        case "retry":
            return f"call the ledger's retry({step.subject!r}) to let it be submitted again"
        case _:
            return _IN_PYTHON[step.action]


_IN_PYTHON: dict[Action, str] = {
    "credits": "call credits() to see what is left",
    "upload": "call upload() to get a URL for a local file",
    "set_key": f"set EVOLINK_API_KEY or pass api_key; keys are made at {KEYS_PAGE}",
    "skip_validation": "pass validate=False to send it anyway",
    "overwrite": "choose another name, or pass overwrite=True to replace it",
    "allow_http": "if anybody may see the key, as with a mock, pass allow_http=True or set EVOLINK_ALLOW_HTTP=1",
}


Render = Callable[[NextStep], str]
"""Describes a next step in words; returns an empty string to omit the step."""


class EvoLinkError(Exception):
    """Base class of all errors of the SDK. `str(error)` is the problem, followed by the next steps.

    Attributes:
        problem: what went wrong, in one line.
        next_steps: what the caller can do about it; often empty.
    """

    def __init__(self, problem: str = "", *next_steps: NextStep) -> None:
        super().__init__(problem)
        self.problem = problem
        self.next_steps = next_steps

    def __str__(self) -> str:
        return self.describe()

    def describe(self, render: Render = in_python) -> str:
        """Return the message, with the next steps as described by `render`."""
        return _sentences(self.problem, *map(render, self.next_steps))

    def __reduce__(self) -> tuple[Any, ...]:
        """Support pickling, whatever arguments the constructor takes."""
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(kind: type[EvoLinkError], arguments: tuple[Any, ...], attributes: dict[str, Any]) -> EvoLinkError:
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    error.__dict__.update(attributes)
    return error


def _sentences(first: str, *others: str) -> str:
    """Join texts into sentences without a full stop at the end. Empty texts are skipped."""
    texts = [first, *(f"{text[:1].upper()}{text[1:]}" for text in others)]
    return ". ".join(text.rstrip(".") for text in texts if text)


class ConfigurationError(EvoLinkError):
    """Invalid or missing configuration. The message says which setting and how to fix it."""


class MissingExtra(ConfigurationError):
    """An optional part of the SDK is not installed.

    Attributes:
        extra: the name of the extra, as in `pip install "evolink-client[extra]"`.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f'{feature} needs an extra; install it with: pip install "evolink-client[{extra}]"')
        self.extra = extra


class Violation(NamedTuple):
    """A documented rule that a request breaks.

    Attributes:
        field: the wrong field, as in `video_urls[2]`; `request` for the request as a whole.
        keyword: the keyword of the contract's schema, as in `maxLength`.
        limit: the value of that keyword.
        actual: the value in the request if it is short, else its size; empty if neither helps.
        fix: what the field must be.
        edition: the edition of the documentation that states the rule.
        source: the URL of the page that states it.
        next_step: what the caller can do about it; None in most cases.
    """

    field: str
    keyword: str
    limit: Any
    actual: str
    fix: str
    edition: str = ""
    source: str = ""
    next_step: NextStep | None = None

    def __str__(self) -> str:
        return self.describe()

    def describe(self, render: Render = in_python) -> str:
        """Return the rule in one line, with the next step as described by `render`."""
        actual = f"; it is {self.actual}" if self.actual else ""
        edition = f" (documentation {self.edition})" if self.edition else ""
        step = render(self.next_step) if self.next_step is not None else ""
        return f"{self.field}: {self.fix}{actual}{edition}" + (f"; {step}" if step else "")


class InvalidRequest(EvoLinkError):
    """The request breaks documented rules, and was not sent.

    Attributes:
        violations: every broken rule.
    """

    def __init__(self, violations: Sequence[Violation], subject: str = "the request") -> None:
        super().__init__(f"{subject} was not sent")
        self.violations = tuple(violations)

    def describe(self, render: Render = in_python) -> str:
        """Return the message, with one line for each broken rule."""
        return "\n  ".join([f"{self.problem}:", *(violation.describe(render) for violation in self.violations)])


class InvalidMedia(InvalidRequest):
    """A file of the request breaks documented rules, and the request was not sent."""


class CostLimitExceeded(EvoLinkError):
    """The request may cost more than `max_credits`, and was not sent.

    Attributes:
        max_credits: the limit.
        estimate: the estimated charge; None if there is none, because the request is not as documented.
        credits: the most credits that the request can cost; None if that is not known.
        price_date: the day of the price rules by which it was estimated; None without a price for the model.
    """

    def __init__(self, max_credits: float, estimate: Estimate | None, reason: str) -> None:
        self.max_credits, self.estimate = max_credits, estimate
        self.credits = None if estimate is None else estimate.max_credits
        self.price_date = None if estimate is None else estimate.price_date
        comparison = f"the limit is {max_credits:.15g}"
        needed = "" if self.credits is None else f"{self.credits:.15g}"
        super().__init__(f"the request was not sent, because {reason}; {comparison}", NextStep("raise_limit", needed))


class ContestedLimitWarning(UserWarning):
    """The request breaks a limit on which editions of the documentation disagree. It was sent."""


class FieldWarning(UserWarning):
    """A warning about one field of a request that was sent.

    Attributes:
        field: the field, as in `aspect_ratio` or `model_params.shot_type`.
    """

    def __init__(self, text: str, field: str) -> None:
        super().__init__(text, field)  # both, so that the warning can be pickled
        self.field = field

    def __str__(self) -> str:
        return str(self.args[0])


class ParameterIgnoredWarning(FieldWarning):
    """A field of the request has no effect, or is cut. The request was sent."""


class TokenLimitWarning(FieldWarning):
    """A text of the request may have more tokens than documented, which only EvoLink can count. It was sent."""


class LinkExpiryWarning(UserWarning):
    """A link to a result expires soon, or may have expired."""


class UnknownStatusWarning(UserWarning):
    """A task has a status that no page names. The wait continues."""


class ResponseInfo(NamedTuple):
    """The known facts about a response. The API key is removed from every text.

    Attributes:
        method: the HTTP method of the request.
        path: the path of the request.
        status: the HTTP status; None without a response.
        code: `error.code` of the body: an integer in the older error format, a string in the newer one.
        type: `error.type`.
        param: `error.param`, the wrong request field.
        message: `error.message`, or another text of the body that explains the error.
        suggestion: `error.fallback_suggestion`.
        request_id: the server's id of the request.
        retry_after: the seconds to wait before a retry, from the header `Retry-After` or else from the body.
        excerpt: the first 500 characters of the body, in one line.
        documented: whether the body is an error in one of the API's documented formats. The pages of firewalls and
            proxies are not.
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
    documented: bool = False


class RequestError(EvoLinkError):
    """Base class for failed HTTP requests.

    Attributes:
        response: the known facts about the response.
        method, path: the method and path of the request.
        status, code, type, param, request_id, excerpt: the fields of `response`; None or empty if unknown.
        retry_after: the seconds to wait before a retry, from the header `Retry-After` or else from the body, as in
            "retry after 60 seconds"; None if neither says it.
    """

    _advice: ClassVar[str] = ""
    _steps: ClassVar[tuple[NextStep, ...]] = ()

    def __init__(self, response: ResponseInfo, reason: str = "") -> None:
        self.response = response
        self.method, self.path = response.method, response.path
        self.status, self.code, self.type, self.param = response.status, response.code, response.type, response.param
        self.request_id, self.excerpt, self.retry_after = response.request_id, response.excerpt, response.retry_after
        super().__init__(_sentences(_summary(response, reason), self._advice), *self._steps)


def _summary(response: ResponseInfo, reason: str) -> str:
    """Return the request, the status, the reason and the details of a failed request, as sentences."""
    status = "" if response.status is None else f" returned {response.status}"
    reasons = [text for text in (reason, response.message or response.excerpt[:200]) if text]
    details = [
        f"{name} {value}"
        for name, value in (
            ("code", None if response.code == response.status else response.code),
            ("type", response.type),
            ("param", response.param),
            ("request id", response.request_id),
        )
        if value is not None
    ]
    text = ": ".join([f"{response.method} {response.path}{status}", *reasons])
    text += f" ({', '.join(details)})" if details else ""
    return _sentences(text, f"The server suggests: {response.suggestion}" if response.suggestion else "")


class NotSent(RequestError):
    """No connection was made, so the server did not receive the request. Sending it again is safe."""

    _advice = "Nothing was sent"
    _steps = (NextStep("check_connection", "base_url"),)


class ResponseLost(RequestError):
    """The request was sent, but its response was lost or unreadable. Sending it again costs nothing."""

    _advice = "It costs nothing to send the request again"


class Refused(RequestError):
    """The server refused the request: nothing was done and nothing is charged."""


class BadRequest(Refused):
    """400, 413, 415 or 422: the server rejects the request; `param` is the wrong field if the server names one."""


class Unauthorized(Refused):
    """401: the API key is missing, unknown, disabled or expired."""

    _advice = f"Check the API key; keys are made at {KEYS_PAGE}"


class QuotaExceeded(Refused):
    """402: the account or the key has too few credits."""

    _advice = "Top up the account, or raise the limit of the key"
    _steps = (NextStep("credits"),)


class PermissionDenied(Refused):
    """403: the key is not allowed to use the model or to read the task."""


class NotFound(Refused):
    """404: the model or the task does not exist, or the task's record has expired."""


class Conflict(Refused):
    """409: the idempotency key was used for another request."""


class RateLimited(Refused):
    """429, also after the retries: too many requests in a short time."""

    _advice = "Send fewer requests at a time, or wait before the next"


class Unavailable(Refused):
    """503 with the documented body, also after the retries: the service accepts no requests for now."""

    _advice = "Try again later"


class ServerError(RequestError):
    """5xx: the server, or the provider behind it, has failed."""

    _advice = "Try again later"


class UnexpectedResponse(RequestError):
    """The response is not documented: a redirect, an HTML page, or an object without a required field."""

    _steps = (NextStep("check_connection", "base_url"),)


class SubmissionUnknown(RequestError):
    """A create may have been accepted and charged: its response was lost, truncated, unreadable or ambiguous.

    The SDK never sends it again without an idempotency key. Before you send it again yourself, look at your tasks and
    credits in the dashboard, and wait for a callback if the request has a callback_url.

    Attributes:
        task_id: the id of the task, if the response names one; `wait(task_id)` then waits for it.
        model: the model of the request.
        sent_at: when the request was sent, in Unix seconds.
    """

    _advice = (
        "Before you submit again, look for the task in the dashboard, compare the credits, and give a callback time "
        "to arrive"
    )
    _steps = (NextStep("credits"),)

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
        reasons = ["the task may have been created and charged", *([reason] if reason else [])]
        if task_id is not None:
            reasons.append(f"the response names the task {task_id}")
        # The server may suggest to try again; it does not know that a second task would cost twice.
        super().__init__(response._replace(suggestion=None), ": ".join(reasons))
        self.response = response
        if task_id is not None:
            self.next_steps = (NextStep("wait", task_id), *self.next_steps)


class TaskNotCompleted(EvoLinkError):
    """A task ended without a result.

    Attributes:
        task: the task as it was last read.
        task_id: its id.
    """

    def __init__(self, problem: str, task: Task) -> None:
        super().__init__(problem)
        self.task = task
        self.task_id = task.id


class TaskFailed(TaskNotCompleted):
    """A task failed. It costs nothing.

    Attributes:
        code: the reason, as in `content_policy_violation`; None if the server gives none.
        message: the reason in words.
        retry: whether the same request can succeed when it is submitted again; None if that is not documented.
        advice: what the documentation advises for this code.
    """

    def __init__(self, task: Task, code: str | None, message: str, *, retry: bool | None, advice: str) -> None:
        given = ": ".join(part for part in (code, message) if part)
        if not given and task.status != "failed":
            given = f"its status is {task.status}"
        reason = printable(given) or "no reason given"
        chance = "" if retry is None else f"submitting the same request again {'can' if retry else 'will not'} help"
        super().__init__(_sentences(f"{printable(task.id, 80)} has failed: {reason}", chance, advice), task)
        self.code, self.message, self.retry, self.advice = code, message, retry, advice


class TaskCancelled(TaskNotCompleted):
    """A task was cancelled."""

    def __init__(self, task: Task) -> None:
        super().__init__(f"{printable(task.id, 80)} was cancelled", task)


class TaskExpired(TaskNotCompleted):
    """A task has expired before it was completed. No page documents such a status."""

    def __init__(self, task: Task) -> None:
        status = printable(task.status, 80)
        super().__init__(f"{printable(task.id, 80)} is {status} and will not be completed. Submit it again", task)


class ResultsMissing(TaskNotCompleted):
    """A task is completed, but has had no results for a while."""

    def __init__(self, task: Task, seconds: float, shape: str) -> None:
        super().__init__(
            f"{printable(task.id, 80)} is {printable(task.status, 80)}, but has had no results for {seconds:.0f} s: "
            f"results is {shape}. Read the task again later; if it stays like this, contact support",
            task,
        )


class WaitTimeout(EvoLinkError):
    """A task did not end in time. It continues on the server, and `wait(error.task_id)` waits for it again.

    Attributes:
        task_id: the id of the task.
        task: the task as it was last read; None if no read succeeded.
        last_error: the error of the last read; None if it succeeded.
    """

    def __init__(
        self,
        task_id: str,
        seconds: float,
        task: Task | None,
        last_error: EvoLinkError | None,
        *,
        without_results: bool = False,
    ) -> None:
        last = "could not be read" if task is None else f"was {printable(task.status, 80)} at the last read"
        last += ", without results" if without_results else ""
        super().__init__(f"{task_id} has not ended within {seconds:g} s and {last}", NextStep("wait", task_id))
        self.task_id, self.task, self.last_error = task_id, task, last_error

    def describe(self, render: Render = in_python) -> str:
        """Return the message, with the error of the last read."""
        message = super().describe(render)
        if self.last_error is None:
            return message
        return _sentences(message, f"the last read failed: {self.last_error.describe(render)}")


class OnUpdateError(EvoLinkError):
    """The function `on_update` of a `wait_all` has raised an error, which is the `__cause__` of this one.

    Attributes:
        task_id: the id of the task with which it was called.
    """

    def __init__(self, task_id: str, error: Exception) -> None:
        reason = printable(f"{type(error).__name__}: {error}".rstrip(": "))
        super().__init__(f"on_update raised an error for {task_id}: {reason}", NextStep("wait", task_id))
        self.task_id = task_id
        self.__cause__ = error


class TransferError(EvoLinkError):
    """A file could not be downloaded or uploaded.

    Attributes:
        part: the path of the partial file, which the next attempt resumes; None if no partial file was kept.
    """

    def __init__(self, problem: str, part: Path | None = None, *next_steps: NextStep) -> None:
        super().__init__(problem, *next_steps)
        self.part = part


class InvalidCallback(EvoLinkError):
    """The body of a callback is not a task."""


class LedgerError(EvoLinkError):
    """A ledger could not be read or written. Nothing was half-written.

    Attributes:
        task_id: the id of a task that was created, and that the ledger could not store; None in most cases.
    """

    def __init__(self, problem: str, *next_steps: NextStep, task_id: str | None = None) -> None:
        super().__init__(problem, *next_steps)
        self.task_id = task_id


class LedgerConflict(LedgerError):
    """What the ledger knows of a key does not allow the call: it belongs to another request, or was never sent.

    Attributes:
        key: the key.
    """

    def __init__(self, key: str, reason: str, *next_steps: NextStep) -> None:
        super().__init__(f"the key {printable(repr(key), 210)} {reason}", *next_steps)
        self.key = key


class LedgerTooNew(LedgerError):
    """A newer version of this package has written the ledger. It was not changed; install that version."""
