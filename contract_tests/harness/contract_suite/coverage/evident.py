"""Constraints on requests whose rules are evident: shown by the errors of requests, without a changed contract.

If a request has one error only, it is valid without the keyword that causes the error. If a field of a valid request
has a value, the request is invalid under a constraint that refuses the value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import jsonschema_rs

import bundle
from contract_suite.checks.contract import Parts, variant_tag
from contract_suite.core.schema_walk import find
from contract_suite.rules.json_schema import validator
from contract_suite.rules.kinds import RequestRule, Rule

Place = tuple[str | int | float, ...]
"""The path from the top of the request schema of a model."""


class EvidentRules:
    """The rules that evidently cover the constraints on the requests of a model.

    Args:
        model: The model.
        rules: The rules to consider.
        parts: The contract, with which all rules agree.
    """

    def __init__(self, model: str, rules: Iterable[Rule], parts: Parts) -> None:
        self._alone: dict[Place, list[tuple[str, Any]]] = defaultdict(list)
        self._valid: dict[str, list[tuple[str, Any]]] = defaultdict(list)
        self._schema = parts.variants[model]
        # Requests that do not name a model, or name another one, may fit the schemas of several models.
        for rule in rules if variant_tag(self._schema) == model else ():
            if isinstance(rule, RequestRule):
                self._read(rule, model, parts.request_validators[model])

    def _read(self, rule: RequestRule, model: str, validator_of_model: jsonschema_rs.Draft202012Validator) -> None:
        for case in rule.cases:
            body = case.body
            if case.subject != model or not bundle.is_object(body) or body.get("model") != model:
                continue
            if case.accepted:
                for field, value in body.items():
                    self._valid[field].append((rule.id, value))
                continue
            errors = list(validator_of_model.iter_errors(body))
            for place in _places(errors[0], self._schema) if len(errors) == 1 else ():
                self._alone[place].append((rule.id, errors[0].instance))

    def without(self, place: Place) -> list[str]:
        """Return the ids of rules that disagree when a constraint is removed."""
        match place:
            case ("properties", str(field), "enum", int(index)):
                [*members] = self._schema["properties"][field]["enum"]
                return [rule_id for rule_id, value in self._valid[field] if _same(value, members[index])]
            case _:
                return [rule_id for rule_id, _ in self._alone.get(place, ())]

    def with_limit(self, place: Place, limit: float) -> list[str]:
        """Return the ids of rules that disagree when a limit, such as `maximum`, has another value."""
        changed = validator({place[-1]: limit})
        rule_ids = [rule_id for rule_id, value in self._alone.get(place, ()) if changed.is_valid(value)]
        match place:
            case ("properties", str(field), _):
                rule_ids += [rule_id for rule_id, value in self._valid[field] if not changed.is_valid(value)]
            case _:
                pass
        return rule_ids


def _places(error: jsonschema_rs.ValidationError, schema: Any) -> Iterator[Place]:
    """Yield the place of the keyword that causes an error, and of everything around it."""
    path = tuple(error.schema_path)
    missing = getattr(error.kind, "property", None)
    if path[-1:] == ("required",) and isinstance(missing, str):
        yield (*path, find(schema, path).index(missing))
    for length in range(1, len(path) + 1):
        yield path[:length]


def _same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and bool(value == other)
