"""The documented rules: read from `documented/*.yaml`, checked for their form, with every case written out.

A row is one of these kinds, told by the key it has:

    accepts, rejects    changes to the smallest request: what a create must take and must refuse  -> RequestRule
      (and `files`)     facts of the file behind a URL                                            -> FileRule
    exchanges           requests of any form, and the status each is answered with               -> ExchangeRule
    responses           what statuses there are, and what every answer is by its content type     -> ResponseRule
    answers, must       what the body of an answer or a callback is like                          -> BodyRule
    follow              how a task behaves over several queries                                   -> LifecycleRule
    deliveries          what a callback's receiver sees                                           -> DeliveryRule
    billing, dearer     what a task is charged                                           -> BillingRule, SurchargeRule
    unseen              nothing that a run could see, and why; `states` may hold the contract to it -> UnobservableRule
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import jsonschema_rs

import bundle
from contract_suite.core.lifecycle import BEHAVIOURS
from contract_suite.rules.json_schema import validator

DOCUMENTED = Path(__file__).resolve().parents[3] / "documented"
FORM = Path(__file__).with_name("row.schema.yaml")

UPLOADS = ("upload-stream", "upload-base64", "upload-url")
"""The operations of the files' host; their requests are of one shape each, as a model's are."""

Certainty = Literal["documented", "inferred", "contested"]


class RuleError(Exception):
    """A file of rules is not as it must be; the text names the file, the rule and the problem."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A documented rule.

    Attributes:
        id: stable, as in `wan25.prompt.max-length`.
        says: the rule in our words.
        certainty: whether a page says so, we conclude so, or another edition says otherwise.
        because: the reason for a rule that is not simply documented.
        page: where it is documented.
        edition: which edition of the page.
        source: the title of the file the rule is in.
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
    """The body of a create or an upload, and whether it must be taken; `of` is the model or the upload it varies."""

    body: Any
    of: str
    accepted: bool


@dataclass(frozen=True, kw_only=True)
class RequestRule(Rule):
    """Requests on both sides of a rule.

    Attributes:
        field: the field that a refusal blames, dotted where it is nested; empty when there is none.
        statuses: what a refusal is answered with.
        cases: the requests.
        of: the models and uploads whose requests have the field.
        type: the documented JSON type of the field.
        item_type: the documented JSON type of each of its items.
        default: the documented default, alone in a tuple; empty when there is none.
    """

    field: str
    statuses: tuple[int, ...]
    cases: tuple[RequestCase, ...]
    of: tuple[str, ...]
    type: str | None
    item_type: str | None
    default: tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class FileRule(Rule):
    """Facts of a file behind a URL in `field`, on both sides of a rule."""

    field: str
    of: str
    accepts: tuple[dict[str, Any], ...]
    rejects: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class ExchangeCase:
    """A request of any form, and what it is answered with.

    Attributes:
        operation: a name of `exchanges.OPERATIONS`.
        status: the status of the answer.
        method: another method than the operation's.
        authorization: another header than the account's; empty for none at all.
        body: the JSON body of a create or an upload, alone in a tuple; empty for the smallest valid one.
        text: a body that is not made from JSON.
        pad_to: a valid body, made this many bytes long by spaces.
        content_type: another content type; empty for none at all.
        task_id: the task to query.
        answer_headers: headers of the answer.
        blames: the `param` of the answer.
        code: the `code` of a refusal of the files' host, for what lies outside the request.
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
    blames: str | None
    code: int | None


@dataclass(frozen=True, kw_only=True)
class ExchangeRule(Rule):
    """Requests of any form and what they are answered with."""

    cases: tuple[ExchangeCase, ...]


@dataclass(frozen=True, kw_only=True)
class ResponseRule(Rule):
    """What every answer of some operations is like, whatever its body.

    Attributes:
        operations: names of `exchanges.OPERATIONS`.
        statuses: all statuses that there are; empty when the rule does not speak of them.
        content_type: the content type of every answer; empty when the rule does not speak of it.
    """

    operations: tuple[str, ...]
    statuses: tuple[int, ...]
    content_type: str


@dataclass(frozen=True, kw_only=True)
class BodyRule(Rule):
    """What bodies are like.

    Attributes:
        answers: which ones: `created`, `callback`, an operation, or one and a status, as in `create 401`.
        refusals_of: the operations of which these are all refusals there are.
        when: fields a body must have for the rule to speak of it.
        unless: fields a body must not have for that.
        must: a JSON Schema.
        accepts, rejects: sample bodies of each of `answers`.
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

    def is_about(self, operation: str, status: int) -> bool:
        """Whether the rule is one on the answers of an operation with a status."""
        if operation in self.refusals_of:
            return status >= 400
        return response_name(operation, status) in self.responses

    def speaks_of(self, body: Any) -> bool:
        """Whether the rule applies to a body."""
        fields: Mapping[str, Any] = body if bundle.is_object(body) else {}
        return _has(fields, self.when) and not (self.unless and _has(fields, self.unless))

    def errors(self, body: Any) -> list[jsonschema_rs.ValidationError]:
        """Return everything that is wrong with a body that the rule speaks of."""
        return list(self._validator.iter_errors(body))

    def problem(self, body: Any) -> str | None:
        """Return what is wrong with a body that the rule speaks of, if anything is."""
        error = next(self._validator.iter_errors(body), None)
        if error is None:
            return None
        where = ".".join(str(part) for part in error.instance_path)
        return f"{where}: {error.message}" if where else error.message


@dataclass(frozen=True, kw_only=True)
class LifecycleRule(Rule):
    """A behaviour of a task over several queries, by the name the suite knows it by."""

    behaviour: str


@dataclass(frozen=True)
class DeliveryCase:
    """A task with a callback address, and what its receiver sees.

    Attributes:
        outcome: how the task ends.
        answers: what the receiver answers, one after another: a status, `disconnect`, or a status and the seconds
            that pass before.
        attempts_at: the seconds between the task's end and each attempt.
        until: the status up to which the task is followed, when not to its end.
        resolves_to: the address that the receiver's name leads to.
        host: the receiver's name, which leads wherever this machine finds it to lead.
        received: how many requests reach the receiver, when that is not how many attempts there are.
        expects: what else must be true of the first request: its `method`, `content_type`, `body`, or `after`.
        then: what happens afterwards.
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


@dataclass(frozen=True, kw_only=True)
class DeliveryRule(Rule):
    """What a callback's receiver sees."""

    cases: tuple[DeliveryCase, ...]


@dataclass(frozen=True)
class BillingCase:
    """A request, and what it is charged for; None where the case does not say."""

    request: dict[str, Any]
    outcome: str
    input_seconds: tuple[float, ...]
    reserved_seconds: float | None
    settled_seconds: float | None
    billed_input_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class BillingRule(Rule):
    """What seconds a task is charged for."""

    model: str
    cases: tuple[BillingCase, ...]


@dataclass(frozen=True, kw_only=True)
class SurchargeRule(Rule):
    """Two requests, of which the second one costs more."""

    model: str
    cheaper: dict[str, Any]
    dearer: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class UnobservableRule(Rule):
    """What no run can see, and why.

    Attributes:
        states: what the contract says of it, where it says something; see documented/README.md.
    """

    why: str
    states: dict[str, Any]


@dataclass(frozen=True)
class Rules:
    """All rules, and the smallest request of every documented model and of every upload.

    Attributes:
        samples: sample bodies of answers, which the cases of the answer rules vary.
    """

    rules: tuple[Rule, ...]
    requests: dict[str, dict[str, Any]]
    samples: dict[str, Any]
    uploads: dict[str, dict[str, Any]]

    @property
    def file(self) -> bytes:
        """The file that every upload uploads."""
        return base64.b64decode(self.uploads["upload-base64"]["base64_data"])

    @property
    def edition(self) -> str:
        """Which editions of the documentation the rules restate, in words."""
        return "; ".join(sorted({f"{rule.source}: {rule.edition}" for rule in self.rules if rule.edition}))

    @property
    def responses(self) -> set[str]:
        """The names of all answers that a rule speaks of, or needs to be seen."""
        named: set[str] = set()
        for rule in self.rules:
            match rule:
                case BodyRule():
                    named |= set(rule.responses)
                case ResponseRule():
                    statuses = rule.statuses or range(100, 600)
                    named |= {response_name(operation, status) for operation in rule.operations for status in statuses}
                case LifecycleRule():
                    named |= {"created", "task", *UPLOADS}
                case _:
                    pass
        return named

    def only(self, rules: Iterable[Rule]) -> Rules:
        """Return some of the rules, or changed ones, by themselves."""
        return replace(self, rules=tuple(rules))

    def without(self, rule_id: str) -> Rules:
        """Return all rules but one."""
        return self.only(rule for rule in self.rules if rule.id != rule_id)


def load(folder: Path = DOCUMENTED) -> Rules:
    """Return the rules in the files of a folder.

    Raises:
        RuleError: a file is no YAML, a row has not the form of one, or two rows have one id.
    """
    form = _read(FORM)
    files = {path: _checked(path, form) for path in sorted(folder.glob("*.yaml"))}
    if not files:
        raise RuleError(f"{folder}: there is no file of rules")
    requests = {file["request"]["model"]: file["request"] for file in files.values() if "request" in file}
    uploads = {name: body for file in files.values() for name, body in file.get("requests", {}).items()}
    samples = {name: body for file in files.values() for name, body in file.get("samples", {}).items()}
    rules: dict[str, Rule] = {}
    for path, file in files.items():
        reader = _Reader(file, requests, samples)
        for rule_id, row in file["rules"].items():
            if rule_id in rules:
                raise RuleError(f"{path.name}: {rule_id} is also a rule of {rules[rule_id].source}")
            try:
                rules[rule_id] = reader.rule(rule_id, row)
            except (LookupError, ValueError) as error:
                raise RuleError(f"{path.name}: {rule_id}: {error}") from None
    return Rules(tuple(rules.values()), requests, samples, uploads)


def _read(path: Path) -> Any:
    try:
        return bundle.load(path)
    except bundle.BundleError as error:
        raise RuleError(str(error)) from None


def _checked(path: Path, form: Any) -> dict[str, Any]:
    """Return what a file of rules holds, which has the form of one."""
    file: dict[str, Any] = _read(path)
    wrong = next(validator(form).iter_errors(file), None)
    if wrong is not None:
        where = ": ".join(str(part) for part in wrong.instance_path if part != "rules")
        raise RuleError(f"{path.name}: {where or 'the file'}: {wrong.message[:300]}")
    return file


class _Reader:
    """Makes the rules of one file, whose form has been checked."""

    def __init__(self, file: dict[str, Any], requests: dict[str, dict[str, Any]], samples: dict[str, Any]) -> None:
        self._file = file
        self._samples = samples
        own = {file["request"]["model"]: file["request"]} if "request" in file else file.get("requests")
        self._requests: dict[str, dict[str, Any]] = own or requests
        self._smallest = next(iter(self._requests.values()))

    def rule(self, rule_id: str, row: dict[str, Any]) -> Rule:
        certainty: Certainty = row.get("certainty", "documented")
        if (certainty == "documented") == ("because" in row):
            raise ValueError("`because` is for rules that are inferred or contested, and for each of them")
        common: dict[str, Any] = {
            "id": rule_id,
            "says": " ".join(row["says"].split()),
            "certainty": certainty,
            "because": row.get("because", ""),
            "page": row.get("page", self._file["page"]),
            "edition": self._file.get("edition", ""),
            "source": self._file["title"],
        }
        match row:
            case {"files": files}:
                return FileRule(
                    **common,
                    field=row["field"],
                    of=row.get("of", next(iter(self._requests))),
                    accepts=tuple(files["accepts"]),
                    rejects=tuple(files["rejects"]),
                )
            case {"exchanges": exchanges}:
                return ExchangeRule(**common, cases=tuple(map(_exchange, exchanges)))
            case {"responses": responses}:
                return ResponseRule(
                    **common,
                    operations=tuple(responses["operations"]),
                    statuses=tuple(responses.get("statuses", ())),
                    content_type=responses.get("content_type", ""),
                )
            case {"must": _}:
                return self._answer_rule(row, common)
            case {"follow": behaviour}:
                return LifecycleRule(**common, behaviour=_known(behaviour))
            case {"unseen": why}:
                return UnobservableRule(**common, why=why, states=row.get("states", {}))
            case {"deliveries": deliveries}:
                return DeliveryRule(**common, cases=tuple(map(_delivery, deliveries)))
            case {"billing": _} | {"dearer": _}:
                return self._price_rule(row, common)
            case _:
                return self._request_rule(row, common)

    def _request_rule(self, row: dict[str, Any], common: dict[str, Any]) -> RequestRule:
        requests = {row["of"]: self._requests[row["of"]]} if "of" in row else self._requests
        cases = [
            RequestCase(body, of, accepted)
            for of, request in requests.items()
            for accepted, changes in ((True, row.get("accepts", [])), (False, row.get("rejects", [])))
            for change in changes
            for body in [changed(request, change)]
            if of != "upload-stream" or all(isinstance(part, str) for part in body.values())  # in a form, all is text
        ]
        types = row.get("type")
        if not cases and "default" not in row:
            raise ValueError("needs requests that it accepts or rejects, or a default")
        if any(not case.accepted for case in cases) and "field" not in row:
            raise ValueError("needs the `field` that its refusals blame")
        statuses = row.get("status", 400)
        return RequestRule(
            **common,
            field=row.get("field", ""),
            statuses=tuple(statuses) if bundle.is_array(statuses) else (statuses,),
            cases=tuple(cases),
            of=tuple(requests),
            type=types if isinstance(types, str) else None,
            item_type=types["items"] if bundle.is_object(types) else None,
            default=(row["default"],) if "default" in row else (),
        )

    def _answer_rule(self, row: dict[str, Any], common: dict[str, Any]) -> BodyRule:
        every = {"refusal": False, "file refusal": True}  # whether it is of an upload
        refusals = {
            known: operation
            for known in self._samples
            for operation, _, status in [known.partition(" ")]
            if status and any(every.get(response) == (operation in UPLOADS) for response in row["answers"])
        }
        responses = (
            *refusals,
            *(name for name in row["answers"] if name not in every and name != "uploaded"),
            *(UPLOADS if "uploaded" in row["answers"] else ()),
        )
        when, unless = row.get("when", {}), row.get("unless", {})
        fixed = {name: value for name, value in when.items() if not bundle.is_object(value)}

        def bodies(changes: Iterable[Any]) -> Iterator[tuple[str, Any]]:
            for name in responses:
                for change in changes:
                    yield name, changed(changed(self._samples[name], fixed), change)

        return BodyRule(
            **common,
            responses=responses,
            refusals_of=tuple(dict.fromkeys(refusals.values())),
            when=when,
            unless=unless,
            must=row["must"],
            accepts=tuple(bodies(row.get("accepts", []))),
            rejects=tuple(bodies(row["rejects"])),
        )

    def _price_rule(self, row: dict[str, Any], common: dict[str, Any]) -> Rule:
        base = self._smallest
        if "billing" in row:
            cases = tuple(self._billing(case) for case in row["billing"])
            return BillingRule(**common, model=base["model"], cases=cases)
        cheaper, dearer = changed(base, row["dearer"]["than"]), changed(base, row["dearer"]["is"])
        return SurchargeRule(**common, model=base["model"], cheaper=cheaper, dearer=dearer)

    def _billing(self, case: dict[str, Any]) -> BillingCase:
        lengths = tuple(case.get("input_seconds", ()))
        request = changed(self._smallest, case.get("request", {}))
        if lengths:  # the same file over and over: only how many there are matters
            field = next(name for name, value in request.items() if bundle.is_array(value))
            request = changed(request, {field: request[field][:1] * len(lengths)})
        return BillingCase(
            request,
            case.get("outcome", "completed"),
            lengths,
            case.get("reserved_seconds"),
            case.get("settled_seconds"),
            case.get("billed_input_seconds"),
        )


def _known(behaviour: str) -> str:
    if behaviour not in BEHAVIOURS:
        raise ValueError(f"follow: {behaviour} is none of {', '.join(BEHAVIOURS)}")
    return behaviour


def _exchange(case: dict[str, Any]) -> ExchangeCase:
    def header(name: str) -> str | None:
        value = case.get(name)
        return "" if bundle.is_object(value) else value

    return ExchangeCase(
        case["operation"],
        case["status"],
        case.get("method"),
        header("authorization"),
        (case["body"],) if "body" in case else (),
        case.get("text"),
        case.get("pad_to"),
        header("content_type"),
        case.get("task_id", "task-unified-1000000000-nosuchid"),
        case.get("answer_headers", {}),
        case.get("blames"),
        case.get("code"),
    )


def _delivery(case: dict[str, Any]) -> DeliveryCase:
    attempts_at = tuple(float(seconds) for seconds in case["attempts_at"])
    return DeliveryCase(
        case["outcome"],
        tuple(case.get("answers", ())),
        attempts_at,
        case.get("until"),
        case.get("resolves_to"),
        case.get("host"),
        case.get("received", len(attempts_at)),
        {name: case[name] for name in ("method", "content_type", "body", "after") if name in case},
        case.get("then"),
    )


def changed(value: Any, change: Any) -> Any:
    """Return `value` with a change: what is in an object is merged, `{absent: true}` removes, all else replaces."""
    if not bundle.is_object(change):
        return [changed(None, item) for item in change] if bundle.is_array(change) else change
    if change.keys() == {"repeat", "times"}:
        return change["repeat"] * change["times"]
    if change.keys() == {"start", "length"}:
        return change["start"] + "a" * (change["length"] - len(change["start"]))
    merged: dict[str, Any] = copy.deepcopy(value) if bundle.is_object(value) else {}
    for name, part in change.items():
        if part == {"absent": True}:
            merged.pop(name, None)
        else:
            merged[name] = changed(merged.get(name), part)
    return merged


def response_name(operation: str, status: int) -> str:
    """Return what the rules call an answer."""
    if status == 200:
        return {"create": "created"}.get(operation, operation)
    return f"{operation} {status}"


def _has(body: Mapping[str, Any], fields: dict[str, Any]) -> bool:
    return all(
        body.get(name) in value["one_of"] if bundle.is_object(value) else body.get(name) == value
        for name, value in fields.items()
    )
