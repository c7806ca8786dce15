"""The documented rules: read from `documented/*.yaml`, validated, with every case written out.

The keys of a row decide its kind (see kinds.py):

    accepts, rejects   changes to the smallest request, which must be accepted or refused    RequestRule
    ignored            requests in which a field has no effect, and of which the SDK warns   IgnoredRule
    tokens             requests with a text of perhaps too many tokens; the SDK warns        TokenLimitRule
    fails_later        requests that are accepted, and whose task fails                      FailsLaterRule
    files              properties of the files behind URLs                                   FileRule
    exchanges          requests of any form and their responses                              ExchangeRule
    responses          statuses and content types of all responses                           ResponseRule
    answers, must      bodies of responses or callbacks                                      BodyRule
    follow             behaviour of a task or a file over several requests                   LifecycleRule
    deliveries         requests to the receiver of a callback                                DeliveryRule
    billing            the seconds a task is charged for                                     BillingRule
    unit               what a task is charged for, if it is not seconds                      BillingRule
    dearer             two requests, one of which costs more                                 SurchargeRule
    unseen             a rule that no run can observe; the contract must state its `states`  UnobservableRule
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import jsonschema_rs

import bundle
from contract_suite.rules import short_form
from contract_suite.rules.changes import change_at, changed
from contract_suite.rules.json_schema import validator
from contract_suite.rules.kinds import (
    BEHAVIOURS,
    Behaviour,
    BillingCase,
    BillingRule,
    BodyRule,
    Certainty,
    DeliveryCase,
    DeliveryRule,
    ExchangeCase,
    ExchangeRule,
    FailsLaterRule,
    FileCase,
    FileEffect,
    FileRule,
    IgnoredRule,
    LifecycleRule,
    RequestRule,
    ResponseRule,
    Rule,
    SurchargeRule,
    TokenLimitRule,
    UnobservableRule,
    Variation,
)
from contract_suite.rules.operations import UPLOAD_BASE64, UPLOADS, from_row

DOCUMENTED = Path(__file__).resolve().parents[3] / "documented"
MODELS = DOCUMENTED / "models.yaml"
"""The ids of all video models that EvoLink documented in autumn 2026, by family. The file has no rules."""
EDITIONS = "editions"
"""The folder of the editions, which rules/editions.py reads."""
ROW_SCHEMA = Path(__file__).with_name("row.schema.yaml")

R = TypeVar("R", bound=Rule)


class RuleError(Exception):
    """A file of rules is invalid. The message names the file, the rule and the problem."""


@dataclass(frozen=True, eq=False)
class Rules:
    """All rules, and the smallest request of every documented model and of every upload.

    Attributes:
        rules: The rules in the order of the files.
        requests: The smallest request body by model.
        samples: Sample bodies by the name of their response. The cases of the body rules vary them.
        uploads: The smallest request by upload operation.
        tables: The table of fields of each file in short form, by the title of the file.
        derived: The ids of the rules that are derived from these tables.
        responses: What the pages of single models show of responses otherwise, by model.
        edition_name: The edition that the rules restate: `base`, or another one such as `2026-10`.
    """

    rules: tuple[Rule, ...]
    requests: dict[str, dict[str, Any]]
    samples: dict[str, Any]
    uploads: dict[str, dict[str, Any]]
    tables: dict[str, dict[str, Any]] = field(default_factory=dict[str, Any])
    derived: frozenset[str] = frozenset()
    responses: dict[str, dict[str, Any]] = field(default_factory=dict[str, Any])
    edition_name: str = "base"

    @property
    def first_statuses(self) -> dict[str, str]:
        """The first status of the tasks of each model whose page shows another one than pending."""
        return {model: one["first_status"] for model, one in self.responses.items() if "first_status" in one}

    @property
    def written_models(self) -> list[str]:
        """The models whose rules are all written out, not derived from a table."""
        return [model for model in self.requests if model not in self.tables]

    @property
    def file(self) -> bytes:
        """The content of the file that every upload sends."""
        return base64.b64decode(self.uploads[UPLOAD_BASE64]["base64_data"])

    @property
    def edition(self) -> str:
        """The editions of the documentation that the rules restate, as text."""
        return "; ".join(sorted({f"{rule.source}: {rule.edition}" for rule in self.rules if rule.edition}))

    def of_kind(self, kind: type[R]) -> list[R]:
        """Return the rules of one kind."""
        return [rule for rule in self.rules if isinstance(rule, kind)]

    def only(self, rules: Iterable[Rule]) -> Rules:
        """Return a copy that holds these rules instead."""
        return replace(self, rules=tuple(rules))

    def without(self, rule_id: str) -> Rules:
        """Return a copy that lacks one rule."""
        return self.only(rule for rule in self.rules if rule.id != rule_id)


def load(folder: Path = DOCUMENTED) -> Rules:
    """Read the rules in the files of a folder.

    Raises:
        RuleError: A file is not YAML, a row is invalid, or two rows have the same id.
    """
    return make_rules(list(read_files(folder).items()))


def read_files(folder: Path = DOCUMENTED) -> dict[Path, dict[str, Any]]:
    """Read the files of rules in a folder and its families, and validate the form of their rows.

    Raises:
        RuleError: A file is not YAML, or a row is invalid.
    """
    paths = sorted({*folder.glob("*.yaml"), *folder.glob("*/*.yaml")} - {folder / MODELS.name})
    read = {path: read_yaml(path) for path in paths if path.parent.name != EDITIONS}
    files = {path: validate(_with_other_file(path, read), path.name) for path in read}
    if not files:
        raise RuleError(f"{folder}: contains no file of rules")
    return files


def _with_other_file(path: Path, files: dict[Path, Any], before: tuple[Path, ...] = ()) -> Any:
    """Return the content of a file, with that of the file of the model that its key `like` names."""
    file = files[path]
    if not bundle.is_object(file) or "like" not in file:
        return file
    other = path.with_name(f"{file['like']}.yaml")
    found = other in files and other not in (*before, path)
    content: Any = _with_other_file(other, files, (*before, path)) if found else None
    if not (bundle.is_object(content) and {"fields", "request"} <= content.keys() and "title" in file):
        raise RuleError(f"{path.name}: like: {file['like']} is not the file of another model with a table beside it")
    return short_form.like(content, file)


def make_rules(files: list[tuple[Path, dict[str, Any]]]) -> Rules:
    """Make the rules in files of rules. A later file overrides the samples of an earlier one.

    Raises:
        RuleError: A row is invalid, or two rows have the same id.
    """
    contents = [file for _, file in files]
    requests = {file["request"]["model"]: file["request"] for file in contents if "request" in file}
    uploads = {from_row(name): body for file in contents for name, body in file.get("requests", {}).items()}
    samples = {from_row(name): body for file in contents for name, body in file.get("samples", {}).items()}
    stating: dict[str, list[str]] = {}
    for file in contents:
        for key in file.get("response", ()):
            stating.setdefault(key, []).append(file["request"]["model"])
    rules: dict[str, Rule] = {}
    derived: set[str] = set()
    for path, file in files:
        reader = _Reader(file, requests, samples, stating)
        rows, of_table = rows_of(path.name, file)
        derived |= of_table
        for rule_id, row in rows.items():
            if rule_id in rules:
                raise RuleError(f"{path.name}: {rule_id} is also a rule of {rules[rule_id].source}")
            try:
                rules[rule_id] = reader.rule(rule_id, row)
            except (LookupError, ValueError) as error:
                raise RuleError(f"{path.name}: {rule_id}: {error}") from None
    tables = {file["title"]: file["fields"] for file in contents if "fields" in file}
    responses = {file["request"]["model"]: file["response"] for file in contents if "response" in file}
    return Rules(tuple(rules.values()), requests, samples, uploads, tables, frozenset(derived), responses)


def rows_of(name: str, file: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Return the rows of a file by their ids, and the ids of those that are derived from its table.

    Raises:
        RuleError: A line of the table is contradictory. The message begins with the name of the file.
    """
    try:
        return short_form.expand(file) if "fields" in file else (file["rules"], set())
    except ValueError as error:
        raise RuleError(f"{name}: fields: {error}") from None
    except LookupError as error:
        raise RuleError(f"{name}: fields: {error} is needed, but is missing") from None


def read_yaml(path: Path) -> Any:
    """Read a YAML file.

    Raises:
        RuleError: It cannot be read.
    """
    try:
        return bundle.load(path)
    except bundle.BundleError as error:
        raise RuleError(str(error)) from None


@cache
def _row_validator() -> jsonschema_rs.Draft202012Validator:
    return validator(read_yaml(ROW_SCHEMA))


def validate(file: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the content of a file of rules after a check of the form of its rows.

    Raises:
        RuleError: A row is invalid. The message begins with the name of the file.
    """
    error = next(_row_validator().iter_errors(file), None)
    if error is not None:
        field = ": ".join(str(part) for part in error.instance_path if part != "rules")
        raise RuleError(f"{name}: {field or 'the file'}: {error.message[:300]}")
    return file


class _Reader:
    """Makes the rules of one file, whose form has been validated."""

    def __init__(
        self,
        file: dict[str, Any],
        requests: dict[str, dict[str, Any]],
        samples: dict[str, Any],
        stating: dict[str, list[str]],
    ) -> None:
        self._file = file
        self._samples = samples
        self._stating = stating
        uploads = {from_row(name): body for name, body in file.get("requests", {}).items()}
        own = {file["request"]["model"]: file["request"]} if "request" in file else uploads
        self._requests: dict[str, dict[str, Any]] = own or requests
        self._smallest = next(iter(self._requests.values()))

    def rule(self, rule_id: str, row: dict[str, Any]) -> Rule:
        certainty: Certainty = row.get("certainty", "documented")
        if (certainty == "documented") == ("because" in row):
            raise ValueError("`because` is required for inferred and contested rules, and only allowed for them")
        common: dict[str, Any] = {
            "id": rule_id,
            "says": " ".join(row["says"].split()),
            "certainty": certainty,
            "because": row.get("because", ""),
            "page": row.get("page", self._file["page"]),
            "edition": self._file.get("edition", ""),
            "source": self._file["title"],
        }
        for key, read in self._readers.items():
            if key in row:
                return read(row, common)
        return self._read_request_rule(row, common)

    @property
    def _readers(self) -> dict[str, Callable[[dict[str, Any], dict[str, Any]], Rule]]:
        """The reader of each kind, by the key that marks its rows. All other rows are rules on requests."""
        return {
            "files": self._read_file_rule,
            "ignored": self._read_ignored_rule,
            "tokens": self._read_token_limit_rule,
            "fails_later": self._read_fails_later_rule,
            "exchanges": self._read_exchange_rule,
            "responses": self._read_response_rule,
            "must": self._read_body_rule,
            "follow": self._read_lifecycle_rule,
            "deliveries": self._read_delivery_rule,
            "billing": self._read_billing_rule,
            "unit": self._read_billing_rule,
            "dearer": self._read_surcharge_rule,
            "unseen": self._read_unobservable_rule,
        }

    def _read_file_rule(self, row: dict[str, Any], common: dict[str, Any]) -> FileRule:
        fields = _fields(row)
        subject = from_row(row["of"]) if "of" in row else next(iter(self._requests))
        effects: dict[str, FileEffect] = {"accepts": "accepted", "rejects": "rejected", "cuts": "cut"}
        cases = [
            self._read_file_case(subject, fields[0], case, effect)
            for key, effect in effects.items()
            for case in row["files"].get(key, ())
        ]
        return FileRule(**common, fields=fields, subject=subject, cases=tuple(cases))

    def _read_file_case(self, subject: str, field: str, case: Any, effect: FileEffect) -> FileCase:
        """Read the properties of one file, the list of those of several, or an object with `files` and a `request`."""
        whole: dict[str, Any] = case if bundle.is_object(case) and "files" in case else {"files": case}
        files: Any = whole["files"]
        named = files if bundle.is_object(files) and any(map(bundle.is_array, files.values())) else {field: files}
        by_field = {name: tuple(each if bundle.is_array(each) else [each]) for name, each in named.items()}
        request: dict[str, Any] = changed(self._requests[subject], whole.get("request", {}))
        for name, each in by_field.items():
            request = changed(request, self._urls_change(request, name, len(each)))
        return FileCase(by_field, request, effect)

    @classmethod
    def _urls_change(cls, value: Any, field: str, count: int) -> Any:
        """Return a change to a value that gives a field a number of URLs: a list, an object, or a single URL.

        A field of a list's items has one URL in each item.
        """
        urls = [f"https://media.invalid/{number}" for number in range(1, count + 1)]
        if not field:
            if isinstance(value, str):
                [url] = urls
                return url
            return dict(zip(value, urls, strict=True)) if bundle.is_object(value) else urls
        name, _, rest = field.partition(".")
        inner: Any = value.get(name) if bundle.is_object(value) else None
        if rest and bundle.is_array(inner):
            return {name: [changed(inner[0], change_at(rest, url)) for url in urls]}
        return {name: cls._urls_change(inner, rest, count)}

    def _read_ignored_rule(self, row: dict[str, Any], common: dict[str, Any]) -> IgnoredRule:
        variations = self._variations(row, "ignored")
        return IgnoredRule(**common, fields=_fields(row), model=self._smallest["model"], variations=variations)

    def _read_token_limit_rule(self, row: dict[str, Any], common: dict[str, Any]) -> TokenLimitRule:
        variations = self._variations(row, "tokens")
        return TokenLimitRule(**common, fields=_fields(row), model=self._smallest["model"], variations=variations)

    def _read_fails_later_rule(self, row: dict[str, Any], common: dict[str, Any]) -> FailsLaterRule:
        variations = self._variations(row, "fails_later")
        model: str = self._smallest["model"]
        return FailsLaterRule(**common, fields=_fields(row), model=model, code=row["code"], variations=variations)

    def _variations(self, row: dict[str, Any], other: str) -> tuple[Variation, ...]:
        """Return the changes of a row to each of the smallest requests: the accepted ones, and those of another key."""
        requests = self._requests
        if "of" in row:
            operation = from_row(row["of"])
            requests = {operation: requests[operation]}
        return tuple(
            Variation(subject, request, change, accepted)
            for subject, request in requests.items()
            for accepted, changes in ((True, row.get("accepts", ())), (False, row.get(other, ())))
            for change in changes
        )

    def _read_exchange_rule(self, row: dict[str, Any], common: dict[str, Any]) -> ExchangeRule:
        return ExchangeRule(**common, cases=tuple(map(_read_exchange_case, row["exchanges"])))

    def _read_response_rule(self, row: dict[str, Any], common: dict[str, Any]) -> ResponseRule:
        responses = row["responses"]
        return ResponseRule(
            **common,
            operations=tuple(map(from_row, responses["operations"])),
            statuses=tuple(responses.get("statuses", ())),
            content_type=responses.get("content_type", ""),
        )

    def _read_lifecycle_rule(self, row: dict[str, Any], common: dict[str, Any]) -> LifecycleRule:
        return LifecycleRule(**common, behaviour=_read_behaviour(row["follow"]))

    def _read_delivery_rule(self, row: dict[str, Any], common: dict[str, Any]) -> DeliveryRule:
        return DeliveryRule(**common, cases=tuple(map(_read_delivery_case, row["deliveries"])))

    def _read_billing_rule(self, row: dict[str, Any], common: dict[str, Any]) -> BillingRule:
        cases = tuple(map(self._read_billing_case, row.get("billing", ())))
        unit = row.get("unit", "second")
        return BillingRule(**common, model=self._smallest["model"], cases=cases, unit=unit, request=self._smallest)

    def _read_surcharge_rule(self, row: dict[str, Any], common: dict[str, Any]) -> SurchargeRule:
        cheaper, costlier = (changed(self._smallest, row["dearer"][key]) for key in ("than", "is"))
        return SurchargeRule(**common, model=self._smallest["model"], cheaper=cheaper, costlier=costlier)

    def _read_unobservable_rule(self, row: dict[str, Any], common: dict[str, Any]) -> UnobservableRule:
        states = row.get("states", {})
        names: dict[str, Any] = {
            key: [from_row(name) for name in states[key]] for key in ("operations", "answers") if key in states
        }
        return UnobservableRule(**common, why=row["unseen"], states=states | names)

    def _read_request_rule(self, row: dict[str, Any], common: dict[str, Any]) -> RequestRule:
        variations = self._variations(row, "rejects")
        types = row.get("type")
        if "rejects" in row and "field" not in row:
            raise ValueError("`field` is required where `rejects` is: the field that its refusals name")
        statuses = row.get("status", 400)
        return RequestRule(
            **common,
            fields=_fields(row),
            statuses=tuple(statuses) if bundle.is_array(statuses) else (statuses,),
            variations=variations,
            subjects=(from_row(row["of"]),) if "of" in row else tuple(self._requests),
            type=types if isinstance(types, str) else None,
            item_type=types["items"] if bundle.is_object(types) else None,
            default=(row["default"],) if "default" in row else (),
        )

    def _read_body_rule(self, row: dict[str, Any], common: dict[str, Any]) -> BodyRule:
        of_uploads = {"refusal": False, "file refusal": True}
        refusals = {
            name: operation
            for name in self._samples
            for operation, _, status in [name.partition(" ")]
            if status and any(of_uploads.get(group) == (operation in UPLOADS) for group in row["answers"])
        }
        responses = (
            *refusals,
            *(from_row(name) for name in row["answers"] if name not in of_uploads and name != "uploaded"),
            *(UPLOADS if "uploaded" in row["answers"] else ()),
        )
        when, unless = row.get("when", {}), self._read_exception(row.get("unless", {}))
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

    def _read_exception(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Replace `{page_states: KEY}` by the models that have this key in `response`; no exception if none has it."""
        if "model" not in fields:
            return fields
        models = self._stating.get(fields["model"]["page_states"], [])
        return {**fields, "model": {"one_of": models}} if models else {}

    def _read_billing_case(self, case: dict[str, Any]) -> BillingCase:
        lengths = tuple(case.get("input_seconds", ()))
        request = changed(self._smallest, case.get("request", {}))
        if lengths:  # The same URL is repeated, because only the number of files matters.
            name = case.get("files") or next(name for name, value in request.items() if bundle.is_array(value))
            if isinstance(name, str) and not isinstance(request.get(name), str):
                request = changed(request, {name: ["https://media.invalid/1"] * len(lengths)})
        return BillingCase(
            request,
            case.get("outcome", "completed"),
            lengths,
            case.get("reserved_seconds"),
            case.get("settled_seconds"),
            case.get("billed_input_seconds"),
            case.get("settled_on") == "input",
        )


def _fields(row: dict[str, Any]) -> tuple[str, ...]:
    """Return the `field` of a row, which may be a list. Empty if there is none."""
    field = row.get("field", ())
    return (field,) if isinstance(field, str) else tuple(field)


def _read_behaviour(name: str) -> Behaviour:
    for behaviour in BEHAVIOURS:
        if behaviour == name:
            return behaviour
    raise ValueError(f"follow: unknown behaviour {name}; expected one of {', '.join(BEHAVIOURS)}")


def _read_exchange_case(case: dict[str, Any]) -> ExchangeCase:
    def header(name: str) -> str | None:
        value = case.get(name)
        return "" if bundle.is_object(value) else value

    return ExchangeCase(
        from_row(case["operation"]),
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


def _read_delivery_case(case: dict[str, Any]) -> DeliveryCase:
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
