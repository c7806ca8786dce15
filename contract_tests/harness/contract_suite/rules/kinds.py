"""The kinds of documented rules: one dataclass for each kind, and one for a case of it where it has cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import jsonschema_rs

import bundle
from contract_suite.rules.json_schema import validator
from contract_suite.rules.operations import response_name

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
    """

    id: str
    says: str
    certainty: Certainty
    because: str
    page: str
    edition: str
    source: str


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


@dataclass(frozen=True, kw_only=True, eq=False)
class RequestRule(Rule):
    """Requests that must be accepted, and requests that must be refused.

    Attributes:
        field: The field that a refusal must name, dotted where it is nested. Empty without refusals.
        statuses: The allowed statuses of a refusal.
        cases: The requests.
        subjects: The models and upload operations whose requests have the field.
        type: The documented JSON type of the field.
        item_type: The documented JSON type of each of its items.
        default: A tuple of the documented default value. Empty if no default is documented.
    """

    field: str
    statuses: tuple[int, ...]
    cases: tuple[RequestCase, ...]
    subjects: tuple[str, ...]
    type: str | None
    item_type: str | None
    default: tuple[Any, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class FileRule(Rule):
    """Properties of a file behind a URL in `field`, accepted and rejected ones.

    Attributes:
        subject: The model or the upload operation whose requests have the field.
    """

    field: str
    subject: str
    accepts: tuple[dict[str, Any], ...]
    rejects: tuple[dict[str, Any], ...]


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
    """A request and the seconds it is charged for. None stands for a value that the case does not state."""

    request: dict[str, Any]
    outcome: str
    input_seconds: tuple[float, ...]
    reserved_seconds: float | None
    settled_seconds: float | None
    billed_input_seconds: float | None


@dataclass(frozen=True, kw_only=True, eq=False)
class BillingRule(Rule):
    """The seconds that a task is charged for."""

    model: str
    cases: tuple[BillingCase, ...]


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
