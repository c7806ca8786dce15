"""Finds the documented rules that a rejected request violates: all of them, not only the one in its response."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

from evolink_mock.contract.compiled_contract import Contract, Model, Violation
from evolink_mock.contract.error_bodies import ErrorResponse
from evolink_mock.contract.operations import CREATE
from evolink_mock.http.bodies import parse_json

# The number of items of a list that are checked. It exceeds every documented maximum, so an overlong list stays one.
MAX_ITEMS = 100


class RuleViolation(NamedTuple):
    """A violation of the documentation by a request.

    Attributes:
        rules: the ids of the violated documented rules, the most specific first; empty if no rule is known.
        field: the invalid field; empty if the violation concerns no single field.
        message: a description without the value.
    """

    rules: tuple[str, ...]
    field: str
    message: str


class RuleLookup:
    """Finds the rules that a rejected request violates, with the index of rules in `rules.json`."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        index = json.loads(Path(__file__).with_name("rules.json").read_text(encoding="utf-8"))
        own = index["editions"].get(contract.edition, {"fields": {}, "refusals": {}})
        self._fields: dict[str, dict[str, dict[str, list[str]]]] = {**index["fields"], **own["fields"]}
        self._refusals: dict[str, dict[str, list[str]]] = {**index["refusals"], **own["refusals"]}

    def of_create(self, body: Any) -> list[RuleViolation]:
        """Return every violation in the body of a create, a parsed JSON value."""
        try:
            model, request = self._contract.find_model(body)
        except ErrorResponse as error:
            return [_rule_violation(self._model_rules(body), error)]
        keywords = self._fields.get(model.id, {})
        return [
            RuleViolation(tuple(keywords.get(place, {}).get(one.keyword, ())), one.field, one.message)
            for place, one in violations(self._contract, model, request)
        ]

    def of_error(self, operation: str, error: ErrorResponse, content: bytes | None = None) -> list[RuleViolation]:
        """Return the violations that explain an error response.

        Args:
            operation: the id of the operation.
            error: the error response.
            content: the request body; None for a request without one, or if only its beginning is known.
        """
        if error.status not in {400, 404}:  # no other status depends on the body
            content = None
        problem = body_problem(content)
        if operation == CREATE and content is not None and problem in {"", "no object"}:
            return self.of_create(parse_json(content)) or [_rule_violation([], error)]
        rules = self._rules(operation, refusal_key(error.status, _code(error), problem))
        return [_rule_violation(rules, error)]

    def _rules(self, operation: str, key: str) -> list[str]:
        return self._refusals.get(operation, {}).get(key, [])

    def _model_rules(self, body: Any) -> list[str]:
        """Return the rules that a body without a documented model violates; empty if it has one."""
        if not isinstance(body, dict):
            return self._rules(CREATE, "400 no object")
        request = cast("dict[str, Any]", body)
        model = request.get("model")
        keyword, rules = "required" if "model" not in request else "type", list[str]()
        if isinstance(model, str):
            if model in self._contract.models:
                return []
            keyword, rules = "const", self._rules(CREATE, "404")
        return [*rules, *(rule for fields in self._fields.values() for rule in fields["model"][keyword])]


def violations(contract: Contract, model: Model, request: dict[str, Any]) -> Iterator[tuple[str, Violation]]:
    """Yield every violation in a request that names a model, each with its place.

    The place is the field, with `[]` for the index of a list item. If several items violate the same keyword, only the
    first one counts. If a field has the wrong type, its other violations are left out.
    """
    shortened = {field: _first_items(value) for field, value in request.items()}
    candidates = list(contract.find_violations(model, shortened))
    mistyped = {one.field for one in candidates if one.keyword == "type"}
    reported: set[tuple[str, str]] = set()
    for one in candidates:
        place = re.sub(r"\[\d+\]", "[]", one.field)
        if (one.keyword == "type" or one.field not in mistyped) and (place, one.keyword) not in reported:
            reported.add((place, one.keyword))
            yield place, one


def body_problem(content: bytes | None) -> str:
    """Return why fields of a request body cannot be checked: `empty`, `no JSON` or `no object`; empty if they can."""
    if content is None:
        return ""
    try:
        return "" if isinstance(parse_json(content), dict) else "no object"
    except ValueError:
        return "no JSON" if content else "empty"


def refusal_key(status: int, code: int, problem: str) -> str:
    """Return the key of an error response in `rules.json`: its code and, for a plain 400, the problem of its body."""
    return f"{code} {problem}".strip() if status == 400 and code == status else str(code)


def _first_items(value: Any) -> Any:
    return cast("list[object]", value)[:MAX_ITEMS] if isinstance(value, list) else value


def _code(error: ErrorResponse) -> int:
    """Return the code of a file host's response, or the status of another one."""
    code: int = error.body.get("code", error.status)
    return code


def _rule_violation(rules: list[str], response: ErrorResponse) -> RuleViolation:
    error = response.body.get("error", {})
    return RuleViolation(tuple(rules), error.get("param", ""), error.get("message", response.body.get("msg", "")))
