"""Comparison of a server's behaviour with the contract: each difference becomes a proposed change of the contract.

The comparison covers accepted requests, rejected requests and responses. It cannot detect a new optional field of a
request, because the contract allows unknown fields anyway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import bundle
from contract_suite.checks.kinds.known_fields import KNOWN_FIELDS_RULE
from contract_suite.core.exchanges import Exchange, member, refused_field
from contract_suite.core.oracle import (
    MANY,
    Breach,
    Decisions,
    broken_at,
    request_bodies,
    touches,
    value_at,
    was_accepted,
)
from contract_suite.core.schema_walk import Place
from contract_suite.drift.limit_search import Limit, Search, Undecided, is_end, size
from contract_suite.drift.overlay_actions import (
    LIST,
    MARKS,
    UNDOCUMENTED,
    Change,
    bound,
    described,
    distinct,
    excerpt,
    is_listable,
    item,
    listed,
    removed,
    shape,
    target,
    type_of,
    typed,
    types_of,
)
from contract_suite.rules.documented import Rules
from contract_suite.rules.kinds import BodyRule
from contract_suite.rules.operations import CREATE, OPERATIONS, response_name

BOUNDS = ("maxLength", "maximum", "maxItems", "minLength", "minimum", "minItems")
CHECK_LIMIT = "Check the page, and the description of the field."
UNITS = {"Length": "characters", "Items": "items"}
TRY_AGAIN = {408, 425, 429}
"""Statuses that depend on the time of a request, not on its content."""


class Observation(NamedTuple):
    """A breach of the contract in a request that a server accepted, or in a response.

    Attributes:
        breach: The constraint, and the value that breaks it.
        exchange: The exchange with the breach.
        body: The body of the request; None for a response.
        alone: True if the body has no other breach.
        rules: The ids of the documented rules that state the same constraint.
    """

    breach: Breach
    exchange: Exchange
    body: Any
    alone: bool
    rules: set[str]


@dataclass
class Drift:
    """The differences between a server and the contract that a run has observed.

    Args:
        decisions: The decisions of the contract.
        rules: The documented rules. Each change names the ids of those that it concerns.
        search: Finds the actual limits of the server; None if no further requests may be sent.

    Attributes:
        notes: Observations that no change of the contract can express.
    """

    decisions: Decisions
    rules: Rules
    search: Search | None = None
    notes: list[str] = field(default_factory=list[str])

    def changes(
        self,
        exchanges: Sequence[Exchange],
        probed: Iterable[tuple[str, Exchange]] = (),
        generated: Sequence[Exchange] = (),
    ) -> list[Change]:
        """Return the changes of the contract that explain the differences, one for each constraint.

        Args:
            exchanges: The requests that were sent, with their responses.
            probed: The exchanges that test a rule, each with the id of the rule.
            generated: The exchanges that Schemathesis generated.
        """
        tried: dict[int, set[str]] = defaultdict(set)
        for rule_id, exchange in probed:
            tried[id(exchange)].add(rule_id)
        all_exchanges = (*exchanges, *generated)
        for exchange in generated:
            kind = "negative-data-rejection" if was_accepted(exchange) else "positive-data-acceptance"
            tried[id(exchange)].add(f"schemathesis.{kind}")
        requests = _Requests(self.decisions, all_exchanges, tried)
        by_place: dict[Place, list[Observation]] = defaultdict(list)
        for one in (*requests.invalid_but_accepted(), *self._invalid_responses(all_exchanges)):
            by_place[(*one.breach.place, one.breach.missing)].append(one)
        changes = [
            change for place, observed in by_place.items() for change in self._wider(place[:-1], observed, requests)
        ]
        changes += self._narrower(requests)
        changes += self._unlisted(all_exchanges, tried)
        changes += self._unknown_fields(all_exchanges)
        self.notes += [
            f"a request for a model that is not in the contract was accepted: {name}" for name in requests.models
        ]
        return sorted(changes, key=lambda change: [str(step) for step in change.place])

    # --- behaviour that the contract forbids

    def _invalid_responses(self, exchanges: Iterable[Exchange]) -> Iterator[Observation]:
        checked: set[tuple[str, str]] = set()
        for exchange in exchanges:
            if exchange.response is None or not exchange.response.value or exchange.operation not in OPERATIONS:
                continue
            if (exchange.name, exchange.response.text) in checked:  # some servers always send the same response
                continue
            checked.add((exchange.name, exchange.response.text))
            breaches = self.decisions.response_breaches(exchange.operation, exchange.response.status, exchange.json)
            wrong = list(self._wrong_by_the_rules(exchange)) if breaches else []
            for breach in breaches:
                rules = {rule_id for rule_id, place in wrong if touches(breach.field, place)}
                yield Observation(breach, exchange, None, len(breaches) == 1, rules)

    def _wrong_by_the_rules(self, exchange: Exchange) -> Iterator[tuple[str, Place]]:
        """Yield the id of each rule that the body of a response breaks, with the place in the body."""
        for rule in self.rules.of_kind(BodyRule):
            if rule.covers(exchange.operation, exchange.status or 0):
                for place in broken_at(rule, exchange.json) if rule.applies_to(exchange.json) else ():
                    yield rule.id, place

    def _wider(self, place: Place, observed: list[Observation], requests: _Requests) -> Iterator[Change]:
        """Yield the change that widens a constraint until it allows all observed values."""
        schema, keyword = place[:-1], str(place[-1])
        values = distinct(one.breach.value for one in observed)
        rules = set[str]().union(*(one.rules for one in observed))
        where = _subject(place)
        if not observed[0].breach.path and keyword in {"type", "anyOf"}:
            self.notes.append(f"{where}: the body was {' or '.join(types_of(values))}, not what the contract describes")
        elif place[-2] == "allOf":
            yield self._lifted(place, observed, rules)
        elif keyword in BOUNDS:
            yield self._bound(place, observed, requests, rules)
        elif keyword in {"enum", "const"}:
            yield from self._list(place, observed, values, requests, rules)
        elif keyword == "required":
            name = observed[0].breach.missing
            text = f"{where}: {name} is missing {_among(observed)}, so it is optional now."
            text += " Check if the field still exists."
            yield Change((*place, name), text, [{"target": item(place, name), "remove": True}], rules)
        elif keyword == "type":
            types = types_of(values)
            text = f"{where}: {' and '.join(types)} {_was(observed)}, for example {excerpt(values[0])}."
            yield Change(place, f"{text} Check which type the page gives.", typed(self.decisions, schema, types), rules)
        elif keyword == "anyOf":
            types = types_of(values)
            text = f"{where}: {' and '.join(types)} {_was(observed)}, for example {excerpt(values[0])}."
            text += " Check if every value of this type is allowed."
            update = [{"type": one} for one in types]
            yield Change(place, text, [{"target": target(place), "update": update}], rules)
        elif keyword == "not":
            yield from self._permitted(place, observed, rules)
        elif keyword in {"pattern", "format"}:
            text = f"{where}: {excerpt(values[0])} {_was(observed)}. The {keyword} is removed."
            yield Change(
                place, f"{text} Check which form is required now.", removed(self.decisions, schema, keyword), rules
            )
        else:
            self.notes.append(f"{where}: {excerpt(values[0])} {_was(observed)}; change {keyword} by hand")

    def _lifted(self, place: Place, observed: list[Observation], rules: set[str]) -> Change:
        """Return the change that removes a rule on several fields, which no single value breaks."""
        rule = self.decisions.at(place)
        fields = member(rule, "x-fields")
        values = {name: value_at(observed[0].body, tuple(name.split("."))) for name in fields}
        present = {name: value for name, value in values.items() if value is not None}
        text = (
            f"{_subject(place[:-2])}: {excerpt(present)} {_was(observed)}, which a rule forbids: {rule['description']}"
        )
        text += " The rule is removed. Check if it is still on the page, or only narrower."
        return Change(place, text, [{"target": described(place[:-1], rule["description"]), "remove": True}], rules)

    def _bound(self, place: Place, observed: list[Observation], requests: _Requests, rules: set[str]) -> Change:
        schema, keyword = place[:-1], str(place[-1])
        upwards = keyword.startswith("max")
        sizes = [size(keyword, one.breach.value) for one in observed]
        numbers: list[float] = [
            one.breach.value if number is None else number for one, number in zip(observed, sizes, strict=True)
        ]
        furthest = max(numbers) if upwards else min(numbers)
        documented = self.decisions.at(place)
        simple = next((one for one in observed if one.alone and one.body is not None), None)
        unit = next((f" {unit}" for end, unit in UNITS.items() if keyword.endswith(end)), "")
        verb = _was(observed).replace("was", "were") if unit else _was(observed)
        text = f"{_subject(place)}: {furthest}{unit} {verb}, but the contract says {documented}."
        searched = self.search if simple is not None and simple.exchange.operation == CREATE else None
        most = "at least" if upwards else "at most"
        if searched is None or simple is None or isinstance(furthest, float):
            unsearched = f"{text} The limit is {most} {furthest}: nothing further was tried. Look it up."
            return Change(place, unsearched, bound(self.decisions, schema, keyword, furthest), rules)
        path = simple.breach.path
        beyond = requests.rejected_sizes(keyword, schema, path)
        rejected = [number for number in beyond if (number > furthest if upwards else number < furthest)]
        known = Limit(furthest, (min if upwards else max)(rejected, default=None))
        contested = member(self.decisions.at(schema), "x-contested", keyword, "value")
        hints = [contested] if type_of(contested) == "integer" else []
        limit = searched.limit(keyword, simple.body, path, known, hints)
        if limit.rejected is None and is_end(keyword, limit.accepted):
            text = f"{text} No limit was found up to {limit.accepted}{unit}. {CHECK_LIMIT}"
            return Change(place, text, removed(self.decisions, schema, keyword), rules)
        if limit.rejected is None:
            text = f"{text} The limit is {most} {limit.accepted}: further requests were inconclusive. {CHECK_LIMIT}"
            return Change(place, text, bound(self.decisions, schema, keyword, limit.accepted), rules)
        between = "" if limit.is_exact else " The values in between were not tried."
        text += f" Further requests show that {limit.accepted} is accepted and {limit.rejected} is rejected."
        text += f"{between} {CHECK_LIMIT}"
        return Change(place, text, bound(self.decisions, schema, keyword, limit.accepted), rules)

    def _list(
        self, place: Place, observed: list[Observation], values: list[Any], requests: _Requests, rules: set[str]
    ) -> Iterator[Change]:
        schema, keyword = place[:-1], str(place[-1])
        where = _subject(place)
        if keyword == "const":
            if all(map(is_listable, values)) and len(values) <= LIST:
                text = f"{where}: {_these(values)} {_was(observed)} besides {excerpt(self.decisions.at(place))}."
                update = {"enum": [self.decisions.at(place), *values]}
                actions = [*removed(self.decisions, schema, keyword), {"target": target(schema), "update": update}]
                yield Change(place, f"{text} Check if the old value is still valid.", actions, rules)
            else:
                text = f"{where}: {_these(values)} {_was(observed)}. The constant is removed. Check what is allowed."
                yield Change(place, text, removed(self.decisions, schema, keyword), rules)
            return
        simple = next((one for one in observed if one.alone and one.body is not None), None)
        if simple is not None and self.search is not None and simple.exchange.operation == CREATE:
            interval = self._interval(place, simple, values, requests)
            if interval is not None:
                low, high = interval
                text = (
                    f"{where}: {_these(values)} {_was(observed)}. {low} to {high} seem to be allowed. Check the limits."
                )
                ends = {"minimum": low, "maximum": high}
                actions = [*removed(self.decisions, schema, keyword), {"target": target(schema), "update": ends}]
                yield Change(place, text, actions, rules)
                return
            is_open = self.search.is_open(simple.body, simple.breach.path)
        else:
            is_open = False
        if is_open or len(values) > LIST or not all(map(is_listable, values)):
            reason = "any value is accepted" if is_open else "the new values are too many or too long to list"
            text = f"{where}: {_these(values)} {_was(observed)}. The list is removed: {reason}. Check what is allowed."
            yield Change(place, text, removed(self.decisions, schema, keyword), rules)
        else:
            marks = [mark for mark in MARKS if mark in (self.decisions.at(schema) or ())]
            marked = f" The list is marked {' and '.join(marks)}." if marks else ""
            text = f"{where}: {_these(values)} {_was(observed)} besides the listed values.{marked}"
            yield Change(place, f"{text} Check for other new values.", listed(self.decisions, schema, values), rules)

    def _interval(
        self, place: Place, simple: Observation, values: list[Any], requests: _Requests
    ) -> tuple[int, int] | None:
        """Return the range that seems to have replaced a list of integers; None if nothing suggests one."""
        known = [*values, *self.decisions.at(place)]
        schema, path = place[:-1], simple.breach.path
        rejected = requests.rejected_sizes("maximum", schema, path)
        low, high = (min(known), max(known)) if all(type(value) is int for value in known) else (0, 0)
        if self.search is None or len(values) < 2 or low == high or any(low <= number <= high for number in rejected):
            return None
        below = max((number for number in rejected if number < low), default=None)
        above = min((number for number in rejected if number > high), default=None)
        least = self.search.limit("minimum", simple.body, path, Limit(low, below))
        most = self.search.limit("maximum", simple.body, path, Limit(high, above))
        try:
            # A longer list has the same ends as a range, but rejects some number in between.
            inside = [number for number in range(least.accepted, most.accepted + 1) if number not in known][:LIST]
            if not all(self.search.accepts(simple.body, path, number) for number in inside):
                return None
        except Undecided:
            return None
        return (least.accepted, most.accepted) if least.is_exact and most.is_exact else None

    def _permitted(self, place: Place, observed: list[Observation], rules: set[str]) -> Iterator[Change]:
        """Yield the change that removes from a `not` the parts that forbid the observed values."""
        schema = place[:-1]
        parts = member(self.decisions.at(place), "anyOf")
        forbidding: dict[int, list[Observation]] = defaultdict(list)
        for one in observed:
            for index in range(len(parts) if bundle.is_array(parts) else 0):
                if self.decisions.valid((*place, "anyOf", index), one.breach.value):
                    forbidding[index].append(one)
        text = f"{_subject(place)}: {excerpt(observed[0].breach.value)} {_was(observed)}."
        if not forbidding or len(forbidding) == len(parts):
            text += " Check what is still forbidden."
            yield Change(place, text, removed(self.decisions, schema, "not"), rules)
            return
        chosen = target((*place, "anyOf"), *sorted(forbidding))
        names = [str(member(parts[index], "description") or f"part {index}") for index in sorted(forbidding)]
        text += f" The parts that forbid it are removed: {' '.join(names)} Check if they should be."
        yield Change(place, text, [{"target": chosen, "remove": True}], rules)

    # --- behaviour that the contract allows

    def _narrower(self, requests: _Requests) -> Iterator[Change]:
        """Yield the changes that forbid what the server rejects, if its responses make the reason clear."""
        for (schema, name), rejected in requests.rejected_by_field().items():
            path = tuple(name.split(".")) if name else ()
            rules = set[str]().union(*(ids for _, _, ids in rejected))
            bodies = [body for body, _, _ in rejected]
            accepted = requests.accepted_by_schema(schema)
            change = self._narrowed(schema, path, bodies, accepted, requests) if path else None
            if change is not None:
                change.rules |= rules
                yield change
            else:
                field_name = name or "no field"
                rejection = f"{_subject(schema)}: {excerpt(bodies[0])} was rejected; the error names {field_name}"
                self.notes.append(f"{rejection} and does not show what is wrong")

    def _narrowed(
        self, schema: Place, path: Place, rejected: list[Any], accepted: list[Any], requests: _Requests
    ) -> Change | None:
        home = self.decisions.property_place(schema, path[:-1])
        place = self.decisions.property_place(schema, path)
        name = str(path[-1])
        if home is None:
            return None
        if all(value_at(body, path) is None for body in rejected) and all(_has(body, path) for body in accepted):
            update: dict[str, Any] = {"required": [name]}
            if place is None:
                update["properties"] = {name: {"description": "Required by a server; not documented yet."}}
            text = f"{_subject(home)}: a request without {name} was rejected; the error names this field."
            text += " Check what it must contain, and complete the examples."
            return Change((*home, "required", name), text, [{"target": target(home), "update": update}])
        if place is None or not all(_has(body, path) for body in rejected):
            return None
        values = [value_at(body, path) for body in rejected]
        valid = [value_at(body, path) for body in accepted if _has(body, path)]
        options = self.decisions.at((*place, "enum"))
        if bundle.is_array(options):
            gone = [value for value in distinct(values) if value in options and value not in valid]
            if gone and len(gone) < len(options) and all(value in gone for value in values):
                text = f"{_subject(place)}: {_these(gone)} was rejected and never accepted. Check if it was removed."
                actions = [{"target": item((*place, "enum"), value), "remove": True} for value in gone]
                return Change((*place, "enum"), text, actions)
            return None
        changes = (self._tightened(place, path, keyword, rejected, accepted, requests) for keyword in BOUNDS)
        return next((change for change in changes if change is not None), None)

    def _tightened(
        self, place: Place, path: Place, keyword: str, rejected: list[Any], accepted: list[Any], requests: _Requests
    ) -> Change | None:
        """Return the change that tightens an existing limit, if every rejected value lies beyond the new one."""
        documented = member(self.decisions.at(place), keyword)
        valid = [number for body in accepted if (number := size(keyword, value_at(body, path))) is not None]
        invalid = {index: size(keyword, value_at(body, path)) for index, body in enumerate(rejected)}
        sizes = [number for number in invalid.values() if number is not None]
        if not isinstance(documented, int) or not valid or len(sizes) < len(invalid):
            return None
        upwards = keyword.startswith("max")
        good, bad = (max(valid), min(sizes)) if upwards else (min(valid), max(sizes))
        if bad <= good if upwards else bad >= good:
            return None
        limit = Limit(good, bad)
        body = next(rejected[index] for index, number in invalid.items() if number == bad)
        if self.search is not None and requests.is_create(body):
            limit = self.search.limit(keyword, body, path, limit)
        text = f"{_subject((*place, keyword))}: {limit.accepted} was accepted and {limit.rejected} was rejected,"
        between = "" if limit.is_exact else " The values in between were not tried."
        text += f" but the contract says {documented}.{between} {CHECK_LIMIT}"
        return Change((*place, keyword), text, bound(self.decisions, place, keyword, limit.accepted))

    # --- behaviour that the contract does not mention

    def _unlisted(self, exchanges: Iterable[Exchange], tried: dict[int, set[str]]) -> Iterator[Change]:
        """Yield the changes that add undocumented statuses; a server error only adds a note."""
        by_status: dict[tuple[str, int], list[Exchange]] = defaultdict(list)
        for exchange in exchanges:
            status = exchange.status or 0
            usual = OPERATIONS.get(exchange.operation, ("",))[0] == exchange.request.method
            if status and usual and not self.decisions.lists(exchange.operation, status):
                by_status[exchange.operation, status].append(exchange)
        for (operation, status), observed in by_status.items():
            times = "once" if len(observed) == 1 else f"{len(observed)} times"
            summary = f"{operation}: the undocumented status {status} was received {times}"
            bodies = [exchange.json for exchange in observed if exchange.response and exchange.response.value]
            if not (200 <= status < 300 or 400 <= status < 500) or status in TRY_AGAIN or not bodies:
                self.notes.append(summary)
                continue
            response = {
                "description": "Seen; not documented yet.",
                "content": {"application/json": {"schema": self._shape(operation, bodies)}},
            }
            place = self.decisions.responses(operation)
            update = {str(status): response}
            rules = set[str]().union(*(tried[id(exchange)] for exchange in observed))
            text = f"{summary}. Check what it means."
            yield Change((*place, str(status)), text, [{"target": target(place), "update": update}], rules)

    def _shape(self, operation: str, bodies: list[Any]) -> dict[str, Any]:
        """Return a documented schema that all the bodies match, or one that is inferred from them."""
        usual = self.decisions.response_schema(operation, 200)
        refusals = [("components", "schemas", name) for name in ("ErrorResponse", "FileErrorResponse")]
        for place in (usual, *refusals):
            if place is not None and self.decisions.at(place) is not None:
                schema = self.decisions.at(place)
                if all(self.decisions.valid(place, body) for body in bodies):
                    return dict(schema) if place == usual else {"$ref": f"#/{'/'.join(map(str, place))}"}
        return shape(distinct(bodies))

    def _unknown_fields(self, exchanges: Iterable[Exchange]) -> Iterator[Change]:
        """Yield the changes that add undocumented fields of responses."""
        values_by_name: dict[Place, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        responses: dict[Place, set[str]] = defaultdict(set)
        for exchange in exchanges:
            if exchange.operation in OPERATIONS and exchange.response:
                status = exchange.response.status
                for unknown in self.decisions.unknown_fields(exchange.operation, status, exchange.json):
                    values_by_name[unknown.home][unknown.path[-1]].append(unknown.value)
                    responses[(*unknown.home, unknown.path[-1])].add(response_name(exchange.operation, status))
        for home, fields in values_by_name.items():
            if len(fields) > MANY:
                self.notes.append(
                    f"{_subject(home)}: more than {MANY} undocumented fields; their names seem to be data"
                )
                continue
            for name, values in fields.items():
                if not is_listable(name):
                    self.notes.append(
                        f"{_subject(home)}: an undocumented field whose name is too long or contains the key"
                    )
                    continue
                kind = shape(distinct(values)) if any(value is not None for value in values) else {}
                update = {"properties": {name: {**kind, "description": UNDOCUMENTED}}}
                where = ", ".join(sorted(responses[(*home, name)]))
                text = f"{_subject(home)}: the undocumented field {excerpt(name)} was received in {where}"
                text += f", for example {excerpt(values[0])}. Check what it means, and describe it."
                place = (*home, "properties", name)
                yield Change(place, text, [{"target": target(home), "update": update}], {KNOWN_FIELDS_RULE.id})


class _Requests:
    """The requests of a run that have JSON bodies, each with the server's decision to accept or reject it."""

    def __init__(self, decisions: Decisions, exchanges: Iterable[Exchange], tried: dict[int, set[str]]) -> None:
        self._decisions = decisions
        self._tried = tried
        self.models: set[str] = set()
        self._decided: list[tuple[Exchange, Any, bool, Place]] = []
        for exchange in exchanges:
            accepted = was_accepted(exchange)
            for body in request_bodies(exchange) if accepted is not None else ():
                schema = decisions.request_schema(exchange.operation, body)
                if schema is not None:
                    self._decided.append((exchange, body, bool(accepted), schema))
                elif accepted and isinstance(member(body, "model"), str):
                    self.models.add(excerpt(body["model"]))

    def invalid_but_accepted(self) -> Iterator[Observation]:
        """Yield the breaches of the contract in requests that were accepted."""
        for exchange, body, accepted, _ in self._decided:
            breaches = self._decisions.request_breaches(exchange.operation, body) if accepted else []
            for breach in breaches:
                yield Observation(breach, exchange, body, len(breaches) == 1, self._tried[id(exchange)])

    def rejected_sizes(self, keyword: str, schema: Place, path: Place) -> list[int]:
        """Return the sizes of the values at a path that are the only reason for the rejection of a request."""
        sizes: list[int] = []
        for exchange, body, accepted, _ in self._decided:
            if accepted:
                continue
            breaches = self._decisions.request_breaches(exchange.operation, body)
            if [(breach.place[:-1], breach.path) for breach in breaches] == [(schema, path)]:
                number = size(keyword, value_at(body, path))
                if number is not None and breaches[0].keyword in {keyword, "enum"}:
                    sizes.append(number)
        return sizes

    def rejected_by_field(self) -> dict[tuple[Place, str], list[tuple[Any, Exchange, set[str]]]]:
        """Return the valid requests that were rejected, by schema and by the field that the error names."""
        rejected: dict[tuple[Place, str], list[tuple[Any, Exchange, set[str]]]] = defaultdict(list)
        for exchange, body, accepted, schema in self._decided:
            if not accepted and self._decisions.accepts(exchange.operation, body):
                name = refused_field(exchange.json)
                rejected[schema, name].append((body, exchange, self._tried[id(exchange)]))
        return rejected

    def accepted_by_schema(self, schema: Place) -> list[Any]:
        """Return the bodies with a schema that were accepted."""
        return [body for _, body, accepted, one in self._decided if accepted and one == schema]

    @staticmethod
    def is_create(body: Any) -> bool:
        """Return whether a body belongs to a create request."""
        return isinstance(member(body, "model"), str)


def _has(body: Any, path: Place) -> bool:
    holder = value_at(body, path[:-1])
    return bundle.is_object(holder) and path[-1] in holder


def _subject(place: Place) -> str:
    """Return a place of the contract as readable text."""
    if place[0] == "components":
        name, rest = str(place[2]), place[3:]
    else:
        name, rest = " ".join(map(str, place[1:3])), place[3:]
    steps = [str(step) for step in rest if step not in {"properties", "content", "application/json", "schema"}]
    return f"{name}.{'.'.join(steps)}" if steps else name


def _was(observed: list[Observation]) -> str:
    return "was accepted" if observed[0].body is not None else "was received"


def _among(observed: list[Observation]) -> str:
    return "in accepted requests" if observed[0].body is not None else "in responses"


def _these(values: list[Any]) -> str:
    text = ", ".join(map(excerpt, values[:LIST]))
    return text if len(values) <= LIST else f"{text} and {len(values) - LIST} more"
