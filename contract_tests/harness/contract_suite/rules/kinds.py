"""The kinds of documented rules: one dataclass for each kind, and one for a case of it where it has cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

import jsonschema_rs

import bundle
from contract_suite.rules.changes import changed
from contract_suite.rules.json_schema import validator
from contract_suite.rules.operations import UPLOAD_STREAM, response_name

Certainty = Literal["documented", "inferred", "contested"]

Behaviour = Literal[
    "readable-at-once",
    "own-body",
    "model",
    "new-id",
    "begins-unfinished",
    "status-forward",
    "progress-forward",
    "progress-by-status",
    "stays-readable",
    "cancellable-while-running",
    "same-created",
    "file-link",
    "file-download",
    "file-size",
    "file-72-hours",
]
"""The behaviours of a task or a file over several requests that the suite can observe."""

BEHAVIOURS: tuple[Behaviour, ...] = get_args(Behaviour)


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """A documented rule.

    Attributes:
        id: A stable id, such as `wan25.prompt.max-length`.
        says: The rule in our words.
        certainty: Documented on a page, inferred by us, or contested because another edition says otherwise.
        because: The reason for a rule that is not simply documented.
        page: The page that documents it.
        edition: The edition of that page.
        source: The title of the file that holds the rule.
        disputed: True if another edition of the documentation says otherwise. The SDK may then only warn.
    """

    id: str
    says: str
    certainty: Certainty
    because: str
    page: str
    edition: str
    source: str
    disputed: bool = False


@dataclass(frozen=True)
class RequestCase:
    """The body of a create or an upload.

    Attributes:
        body: The JSON body, or the fields of the form.
        subject: The model or the upload operation whose smallest request is changed.
        accepted: True if the request must be accepted.
    """

    body: Any
    subject: str
    accepted: bool


@dataclass(frozen=True)
class Variation:
    """A change to the smallest request of a model or an upload operation.

    Attributes:
        subject: The model or the upload operation.
        request: Its smallest request.
        change: The change, as `changed` applies it.
        accepted: True if the changed request must be accepted.
    """

    subject: str
    request: dict[str, Any]
    change: Any
    accepted: bool

    def body(self) -> Any:
        """Return the changed request."""
        return changed(self.request, self.change)


@dataclass(frozen=True, kw_only=True, eq=False)
class RequestRule(Rule):
    """Requests that must be accepted, and requests that must be refused.

    Attributes:
        fields: The fields of which a refusal must name one, dotted where they are nested. Empty without refusals.
        statuses: The allowed statuses of a refusal.
        variations: The requests, before their bodies are made.
        subjects: The models and upload operations whose requests have the field.
        type: The documented JSON type of the field.
        item_type: The documented JSON type of each of its items.
        default: A tuple of the documented default value. Empty if no default is documented.
    """

    fields: tuple[str, ...]
    statuses: tuple[int, ...]
    variations: tuple[Variation, ...]
    subjects: tuple[str, ...]
    type: str | None
    item_type: str | None
    default: tuple[Any, ...]

    @property
    def field(self) -> str:
        """The first of the fields, which `type` and `default` are about. Empty if there is none."""
        return self.fields[0] if self.fields else ""

    @cached_property
    def cases(self) -> tuple[RequestCase, ...]:
        """The requests. Their bodies are made when they are first needed."""
        return tuple(
            RequestCase(body, each.subject, each.accepted)
            for each in self.variations
            for body in [each.body()]
            # Every value in a form is text.
            if each.subject != UPLOAD_STREAM or all(isinstance(part, str) for part in body.values())
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class IgnoredRule(Rule):
    """Requests of a model in which a field, or the end of a text, has no effect.

    The requests are accepted. The SDK warns, and the warning names one of the fields.

    Attributes:
        fields: The fields of which the warning names one, dotted where they are nested.
        model: The model.
        variations: The requests. Those marked as accepted are sent without a warning, because the field has its effect.
    """

    fields: tuple[str, ...]
    model: str
    variations: tuple[Variation, ...]

    @cached_property
    def ignored(self) -> tuple[dict[str, Any], ...]:
        """The requests in which the field has no effect."""
        return tuple(each.body() for each in self.variations if not each.accepted)

    @cached_property
    def accepts(self) -> tuple[dict[str, Any], ...]:
        """The requests in which it has its effect, so that the SDK does not warn."""
        return tuple(each.body() for each in self.variations if each.accepted)


@dataclass(frozen=True, kw_only=True, eq=False)
class TokenLimitRule(IgnoredRule):
    """Requests of a model with a text that may have more tokens than documented, which only EvoLink can count.

    The requests are accepted. The SDK warns of those in `ignored`, and the warning names one of the fields.
    """


@dataclass(frozen=True, kw_only=True, eq=False)
class FailsLaterRule(Rule):
    """Requests of a model that are accepted, and whose task fails.

    The SDK refuses the requests before they cost anything, and names one of the fields.

    Attributes:
        fields: The fields of which the SDK names one, dotted where they are nested.
        model: The model.
        code: The error code of the task.
        variations: The requests. Those marked as accepted have a task that does not fail for this reason.
    """

    fields: tuple[str, ...]
    model: str
    code: str
    variations: tuple[Variation, ...]

    @cached_property
    def fails_later(self) -> tuple[dict[str, Any], ...]:
        """The requests whose task fails."""
        return tuple(each.body() for each in self.variations if not each.accepted)

    @cached_property
    def accepts(self) -> tuple[dict[str, Any], ...]:
        """The requests whose task does not fail for this reason."""
        return tuple(each.body() for each in self.variations if each.accepted)


FileEffect = Literal["accepted", "rejected", "cut"]
"""The effect of files: accepted, rejected, or accepted while the part beyond a limit is cut off."""


@dataclass(frozen=True)
class FileCase:
    """The properties of the files behind the URLs of a request.

    Attributes:
        files: The properties of each file, by the dotted field that has its URL.
        request: The request. Each of these fields has as many URLs as files. The URLs lead nowhere.
        effect: What the service does with them.
    """

    files: dict[str, tuple[dict[str, Any], ...]]
    request: dict[str, Any]
    effect: FileEffect


@dataclass(frozen=True, kw_only=True, eq=False)
class FileRule(Rule):
    """Properties of the files behind the URLs in some fields: accepted and rejected ones, and files that are cut.

    Attributes:
        fields: The fields, dotted where they are nested. A refusal or a warning names one of them.
        subject: The model or the upload operation whose requests have the fields.
        cases: The files.
    """

    fields: tuple[str, ...]
    subject: str
    cases: tuple[FileCase, ...]

    @property
    def field(self) -> str:
        """The first of the fields."""
        return self.fields[0]


@dataclass(frozen=True)
class ExchangeCase:
    """A request of any form and its expected response.

    Attributes:
        operation: The operation id.
        status: The status of the response.
        method: A method other than the operation's.
        authorization: A header other than the account's. Empty for no header.
        body: A tuple of the JSON body of a create or an upload. Empty for the smallest valid body.
        text: A body that is not made from JSON.
        pad_to: The length in bytes to which spaces extend a valid body.
        content_type: Another content type. Empty for none.
        task_id: The task to query.
        response_headers: Headers of the response.
        refused_field: The `param` of the response.
        code: The `code` of a refusal by the file host for a reason that lies outside the request.
    """

    operation: str
    status: int
    method: str | None
    authorization: str | None
    body: tuple[Any, ...]
    text: str | None
    pad_to: int | None
    content_type: str | None
    task_id: str
    response_headers: dict[str, str]
    refused_field: str | None
    code: int | None


@dataclass(frozen=True, kw_only=True, eq=False)
class ExchangeRule(Rule):
    """Requests of any form and their expected responses."""

    cases: tuple[ExchangeCase, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class ResponseRule(Rule):
    """The statuses or the content type of every response of some operations.

    Attributes:
        operations: The operation ids.
        statuses: All documented statuses. Empty when the rule is not about statuses.
        content_type: The content type of every response. Empty when the rule is not about it.
    """

    operations: tuple[str, ...]
    statuses: tuple[int, ...]
    content_type: str


@dataclass(frozen=True, kw_only=True, eq=False)
class BodyRule(Rule):
    """A JSON Schema for the bodies of some responses or of callbacks.

    Attributes:
        responses: Names of responses, as `response_name` returns them, and `callback`.
        refusals_of: The operations whose refusals the rule covers without exception.
        when: Fields that a body must have for the rule to apply.
        unless: Fields that a body must not have for the rule to apply.
        must: The JSON Schema.
        accepts, rejects: Sample bodies by the name of the response.
    """

    responses: tuple[str, ...]
    refusals_of: tuple[str, ...]
    when: dict[str, Any]
    unless: dict[str, Any]
    must: dict[str, Any]
    accepts: tuple[tuple[str, Any], ...]
    rejects: tuple[tuple[str, Any], ...]

    @cached_property
    def _validator(self) -> jsonschema_rs.Draft202012Validator:
        return validator(self.must)

    def covers(self, operation: str, status: int) -> bool:
        """Return whether the rule is about the responses of an operation with a status."""
        if operation in self.refusals_of:
            return status >= 400
        return response_name(operation, status) in self.responses

    def applies_to(self, body: Any) -> bool:
        """Return whether a body has the fields in `when` and lacks those in `unless`."""
        fields: Mapping[str, Any] = body if bundle.is_object(body) else {}
        return _has(fields, self.when) and not (self.unless and _has(fields, self.unless))

    def errors(self, body: Any) -> list[jsonschema_rs.ValidationError]:
        """Return all validation errors of a body to which the rule applies."""
        return list(self._validator.iter_errors(body))

    def problem(self, body: Any) -> str | None:
        """Describe the first validation error of a body to which the rule applies, or return None."""
        error = next(self._validator.iter_errors(body), None)
        if error is None:
            return None
        field = ".".join(str(part) for part in error.instance_path)
        return f"{field}: {error.message}" if field else error.message


@dataclass(frozen=True, kw_only=True, eq=False)
class LifecycleRule(Rule):
    """A behaviour of a task or a file over several requests."""

    behaviour: Behaviour


@dataclass(frozen=True)
class DeliveryCase:
    """A task with a callback address, and the requests that the receiver must get.

    Attributes:
        outcome: How the task ends.
        responses: The receiver's responses in turn: a status, `disconnect`, or an object with a `status` and the
            seconds `after` which it is sent.
        attempts_at: The seconds between the end of the task and each attempt.
        until: The status at which observation stops, when that is before the end of the task.
        resolves_to: The address to which the receiver's name resolves.
        host: The receiver's name, which this machine resolves.
        received: The number of requests that reach the receiver.
        expects: Properties of the first request: its `method`, `content_type`, `body`, or `after`.
        then: An action after the deliveries.
    """

    outcome: str
    responses: tuple[Any, ...]
    attempts_at: tuple[float, ...]
    until: str | None
    resolves_to: str | None
    host: str | None
    received: int
    expects: dict[str, str]
    then: str | None


@dataclass(frozen=True, kw_only=True, eq=False)
class DeliveryRule(Rule):
    """The requests that the receiver of a callback must get."""

    cases: tuple[DeliveryCase, ...]


@dataclass(frozen=True)
class BillingCase:
    """A request and the seconds it is charged for. None stands for a value that the case does not state.

    `settled_on_input` says that the final charge is for the length of the input, not for that of the video.
    """

    request: dict[str, Any]
    outcome: str
    input_seconds: tuple[float, ...]
    reserved_seconds: float | None
    settled_seconds: float | None
    billed_input_seconds: float | None
    settled_on_input: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class BillingRule(Rule):
    """The seconds that a task is charged for, or the unit that is counted instead.

    `unit` is that of the `x-billing`. Only for seconds there are cases. `request` is the smallest one of the model.
    """

    model: str
    cases: tuple[BillingCase, ...]
    unit: str = "second"
    request: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, kw_only=True, eq=False)
class SurchargeRule(Rule):
    """Two requests for one model, of which the second costs more."""

    model: str
    cheaper: dict[str, Any]
    costlier: dict[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class UnobservableRule(Rule):
    """A rule that no run can observe.

    Attributes:
        why: The reason.
        states: The statements that the contract must make about it, if any (see documented/README.md).
    """

    why: str
    states: dict[str, Any]


def _has(body: Mapping[str, Any], fields: dict[str, Any]) -> bool:
    return all(
        body.get(name) in value["one_of"] if bundle.is_object(value) else body.get(name) == value
        for name, value in fields.items()
    )
