"""Which documented rules a refused request breaks: all of them, not only the one that its answer tells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

from evolink_mock.contract.contract import CREATE, Contract, Flaw, Operation, Refusal
from evolink_mock.http.bodies import parsed

# How many items of a list are looked at. More than any may have, so that one that is too long stays so. Ours.
MAX_ITEMS = 100


class Broken(NamedTuple):
    """What is wrong with a request.

    Attributes:
        rules: the ids of the documented rules that it breaks, the most specific ones first; empty where there are none.
        field: the field to blame; empty where there is none.
        message: what is wrong, in words, without the value.
    """

    rules: tuple[str, ...]
    field: str
    message: str


class Verdicts:
    """Says which rules a refused request breaks, as `rules.json` knows them by their places in the contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        known = json.loads(Path(__file__).with_name("rules.json").read_text(encoding="utf-8"))
        self._fields: dict[str, dict[str, dict[str, list[str]]]] = known["fields"]
        self._refusals: dict[str, dict[str, list[str]]] = known["refusals"]

    def of_create(self, body: Any) -> list[Broken]:
        """Return everything that is wrong with the body of a create, a parsed JSON value."""
        try:
            model, request = self._contract.addressed(body)
        except Refusal as refusal:
            return [_broken(self._rules_of_model(body), refusal)]
        return [
            Broken(tuple(self._fields.get(model, {}).get(place, {}).get(flaw.keyword, ())), flaw.field, flaw.message)
            for place, flaw in flaws(self._contract, model, request)
        ]

    def of_refusal(self, operation: Operation, refusal: Refusal, content: bytes | None = None) -> list[Broken]:
        """Return what a request was refused for.

        Args:
            operation: what was asked for.
            refusal: the answer.
            content: the body of the request, None where there is none, or where not all of it is known.
        """
        if refusal.status not in {400, 404}:  # which are all that a body can be refused with
            content = None
        why = obstacle(content)
        if operation == CREATE and content is not None and why in {"", "no object"}:
            return self.of_create(parsed(content)) or [_broken([], refusal)]
        return [_broken(self._rules(operation, situation(refusal.status, _code(refusal), why)), refusal)]

    def _rules(self, operation: Operation, situation: str) -> list[str]:
        return self._refusals.get(self._contract.id_of(operation), {}).get(situation, [])

    def _rules_of_model(self, body: Any) -> list[str]:
        """Return the rules that a body breaks which names no documented model; none if it names one."""
        if not isinstance(body, dict):
            return self._rules(CREATE, "400 no object")
        request = cast("dict[str, Any]", body)
        model = request.get("model")
        if model in self._contract.models:
            return []
        keyword = "required" if "model" not in request else "type" if not isinstance(model, str) else "const"
        rules = self._rules(CREATE, "404") if keyword == "const" else []
        return [*rules, *(rule for fields in self._fields.values() for rule in fields["model"][keyword])]


def flaws(contract: Contract, model: str, request: dict[str, Any]) -> Iterator[tuple[str, Flaw]]:
    """Yield everything that is wrong with a request that is addressed to a model, each after its place.

    The place is the field, whichever item of a list it is; of items that are wrong in the same way, the first is told.
    Of a field that is not even of its type, nothing else is.
    """
    looked_at = {field: _beginning(value) for field, value in request.items()}
    found = list(contract.flaws(model, looked_at))
    mistyped = {flaw.field for flaw in found if flaw.keyword == "type"}
    seen: set[tuple[str, str]] = set()
    for flaw in found:
        place = re.sub(r"\[\d+\]", "[]", flaw.field)
        if (flaw.keyword == "type" or flaw.field not in mistyped) and (place, flaw.keyword) not in seen:
            seen.add((place, flaw.keyword))
            yield place, flaw


def obstacle(content: bytes | None) -> str:
    """Return why the body of a request cannot be looked into: `empty`, `no JSON` or `no object`, or else nothing."""
    if content is None:
        return ""
    try:
        return "" if isinstance(parsed(content), dict) else "no object"
    except ValueError:
        return "no JSON" if content else "empty"


def situation(status: int, code: int, obstacle: str) -> str:
    """Return what `rules.json` calls a refusal: a status or a code of its own, and what was wrong with a body."""
    return f"{code} {obstacle}".strip() if status == 400 and code == status else str(code)


def _beginning(value: Any) -> Any:
    return cast("list[object]", value)[:MAX_ITEMS] if isinstance(value, list) else value


def _code(refusal: Refusal) -> int:
    """Return the code of the files' host, or else the status."""
    code: int = refusal.body.get("code", refusal.status)
    return code


def _broken(rules: list[str], refusal: Refusal) -> Broken:
    error = refusal.body.get("error", {})
    return Broken(tuple(rules), error.get("param", ""), error.get("message", refusal.body.get("msg", "")))
