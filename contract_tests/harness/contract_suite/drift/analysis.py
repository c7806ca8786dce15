"""What a server does otherwise than the contract says, as changes of the contract for a maintainer to review.

Seen are requests that were taken or refused, and answers. A field that a request may have from now on is not: the
contract allows unknown fields anyway, so that nothing differs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import bundle
from contract_suite.checks.kinds.known_fields import FIELDS_RULE
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
    SEEN,
    Change,
    bound,
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
UNITS = {"Length": "characters", "Items": "items"}
TRY_AGAIN = {408, 425, 429}
"""Statuses that say when to ask, not what."""


class Seen(NamedTuple):
    """A breach of the contract that a server lets pass in a request, or commits in an answer.

    Attributes:
        breach: the constraint, and what breaks it.
        exchange: where it was seen.
        body: the body of the request; None for an answer.
        alone: whether nothing else is odd about this body.
        rules: the ids of the rules that say the same as the constraint.
    """

    breach: Breach
    exchange: Exchange
    body: Any
    alone: bool
    rules: set[str]


@dataclass
class Drift:
    """What a run shows of a server that differs from the contract.

    Args:
        decisions: those of the contract.
        rules: the documented rules, whose ids the changes name.
        search: finds the limits that a server really has; None where it must not be asked any more.

    Attributes:
        notes: what was seen and cannot be put into a change of the contract.
    """

    decisions: Decisions
    rules: Rules
    search: Search | None = None
    notes: list[str] = field(default_factory=list[str])

    def changes(
        self,
        exchanges: Sequence[Exchange],
        probed: Iterable[tuple[str, Exchange]] = (),
        made_up: Sequence[Exchange] = (),
    ) -> list[Change]:
        """Return the changes that what was seen asks for, one for each constraint.

        Args:
            exchanges: what was sent, and came.
            probed: the exchanges that try a rule, with its id.
            made_up: exchanges that schemathesis had with the server.
        """
        tried: dict[int, set[str]] = defaultdict(set)
        for rule_id, exchange in probed:
            tried[id(exchange)].add(rule_id)
        everything = (*exchanges, *made_up)
        for exchange in made_up:
            kind = "negative-data-rejection" if was_accepted(exchange) else "positive-data-acceptance"
            tried[id(exchange)].add(f"schemathesis.{kind}")
        requests = _Requests(self.decisions, everything, tried)
        found: dict[Place, list[Seen]] = defaultdict(list)
        for seen in (*requests.lenient(), *self._wrong_answers(everything)):
            found[(*seen.breach.place, seen.breach.missing)].append(seen)
        changes = [change for place in found for change in self._wider(place[:-1], found[place], requests)]
        changes += self._narrower(requests)
        changes += self._unlisted(everything, tried)
        changes += self._unknown_fields(everything)
        self.notes += [f"a model that the contract does not describe was taken: {name}" for name in requests.models]
        return sorted(changes, key=lambda change: [str(step) for step in change.place])

    # --- what the contract refuses

    def _wrong_answers(self, exchanges: Iterable[Exchange]) -> Iterator[Seen]:
        looked_at: set[tuple[str, str]] = set()
        for exchange in exchanges:
            if exchange.response is None or not exchange.response.value or exchange.operation not in OPERATIONS:
                continue
            if (exchange.name, exchange.response.text) in looked_at:  # as from a server that answers all alike
                continue
            looked_at.add((exchange.name, exchange.response.text))
            breaches = self.decisions.response_breaches(exchange.operation, exchange.response.status, exchange.json)
            wrong = list(self._wrong_by_the_rules(exchange)) if breaches else []
            for breach in breaches:
                rules = {rule_id for rule_id, place in wrong if touches(breach.field, place)}
                yield Seen(breach, exchange, None, len(breaches) == 1, rules)

    def _wrong_by_the_rules(self, exchange: Exchange) -> Iterator[tuple[str, Place]]:
        """Yield the ids of the rules that find the body of an answer wrong, and where."""
        for rule in self.rules.of_kind(BodyRule):
            if rule.covers(exchange.operation, exchange.status or 0):
                for place in broken_at(rule, exchange.json) if rule.applies_to(exchange.json) else ():
                    yield rule.id, place

    def _wider(self, place: Place, seen: list[Seen], requests: _Requests) -> Iterator[Change]:
        """Yield the change by which a constraint makes room for all that was seen."""
        schema, keyword = place[:-1], str(place[-1])
        values = distinct(one.breach.value for one in seen)
        rules = set[str]().union(*(one.rules for one in seen))
        where = _subject(place)
        if not seen[0].breach.path and keyword in {"type", "anyOf"}:
            self.notes.append(f"{where}: came {', '.join(types_of(values))}, which is another kind of body altogether")
        elif keyword in BOUNDS:
            yield self._bound(place, seen, requests, rules)
        elif keyword in {"enum", "const"}:
            yield from self._list(place, seen, values, requests, rules)
        elif keyword == "required":
            name = seen[0].breach.missing
            says = f"{where}: {name} is absent {_among(seen)}. It is no longer required; look whether it is gone"
            yield Change((*place, name), f"{says} for good.", [{"target": item(place, name), "remove": True}], rules)
        elif keyword == "type":
            types = types_of(values)
            says = f"{where}: {' and '.join(types)} {_seen(seen)}, as in {excerpt(values[0])}. Look at the type that"
            yield Change(place, f"{says} the page gives.", typed(self.decisions, schema, types), rules)
        elif keyword == "anyOf":
            types = types_of(values)
            says = (
                f"{where}: {' and '.join(types)} {_seen(seen)}, as in {excerpt(values[0])}. Look whether any will do."
            )
            update = [{"type": one} for one in types]
            yield Change(place, says, [{"target": target(place), "update": update}], rules)
        elif keyword == "not":
            yield from self._permitted(place, seen, rules)
        elif keyword in {"pattern", "format"}:
            says = f"{where}: {excerpt(values[0])} {_seen(seen)}. It is dropped as a whole: look what form is left."
            yield Change(place, says, removed(self.decisions, schema, keyword), rules)
        else:
            self.notes.append(f"{where}: {excerpt(values[0])} {_seen(seen)}; {keyword} is to be changed by hand")

    def _bound(self, place: Place, seen: list[Seen], requests: _Requests, rules: set[str]) -> Change:
        schema, keyword = place[:-1], str(place[-1])
        upwards = keyword.startswith("max")
        sizes = [size(keyword, one.breach.value) for one in seen]
        numbers: list[float] = [
            one.breach.value if number is None else number for one, number in zip(seen, sizes, strict=True)
        ]
        furthest = max(numbers) if upwards else min(numbers)
        documented = self.decisions.at(place)
        simple = next((one for one in seen if one.alone and one.body is not None), None)
        unit = next((f" {unit}" for end, unit in UNITS.items() if keyword.endswith(end)), "")
        actual = _seen(seen).replace("was", "were") if unit else _seen(seen)
        says = f"{_subject(place)}: {furthest}{unit} {actual}, where the contract has {documented}."
        searched = self.search if simple is not None and simple.exchange.operation == CREATE else None
        most = "at least" if upwards else "at most"
        if searched is None or simple is None or isinstance(furthest, float):
            seen_only = f"{says} It is {most} {furthest} by now: nothing further was tried; look up the limit."
            return Change(place, seen_only, bound(self.decisions, schema, keyword, furthest), rules)
        path = simple.breach.path
        beyond = requests.refused_sizes(keyword, schema, path)
        refused = [number for number in beyond if (number > furthest if upwards else number < furthest)]
        known = Limit(furthest, (min if upwards else max)(refused, default=None))
        contested = member(self.decisions.at(schema), "x-contested", keyword, "value")
        hints = [contested] if type_of(contested) == "integer" else []
        limit = searched.limit(keyword, simple.body, path, known, hints)
        look = "Look at the page and at the description beside it."
        if limit.refused is None and is_end(keyword, limit.taken):
            says = f"{says} No limit was found up to {limit.taken}{unit}. {look}"
            return Change(place, says, removed(self.decisions, schema, keyword), rules)
        if limit.refused is None:
            says = f"{says} It is {most} {limit.taken} by now: further requests did not tell more. {look}"
            return Change(place, says, bound(self.decisions, schema, keyword, limit.taken), rules)
        between = "" if limit.found else "; what lies between was not tried"
        says = f"{says} Further requests: {limit.taken} was taken, {limit.refused} refused{between}. {look}"
        return Change(place, says, bound(self.decisions, schema, keyword, limit.taken), rules)

    def _list(
        self, place: Place, seen: list[Seen], values: list[Any], requests: _Requests, rules: set[str]
    ) -> Iterator[Change]:
        schema, keyword = place[:-1], str(place[-1])
        where = _subject(place)
        if keyword == "const":
            if all(map(is_listable, values)) and len(values) <= LIST:
                says = f"{where}: {_these(values)} {_seen(seen)} besides {excerpt(self.decisions.at(place))}."
                update = {"enum": [self.decisions.at(place), *values]}
                actions = [*removed(self.decisions, schema, keyword), {"target": target(schema), "update": update}]
                yield Change(place, f"{says} Look whether the old value is gone.", actions, rules)
            else:
                says = f"{where}: {_these(values)} {_seen(seen)}; it is no single value any more. Look what it is."
                yield Change(place, says, removed(self.decisions, schema, keyword), rules)
            return
        simple = next((one for one in seen if one.alone and one.body is not None), None)
        if simple is not None and self.search is not None and simple.exchange.operation == CREATE:
            interval = self._interval(place, simple, values, requests)
            if interval is not None:
                low, high = interval
                says = f"{where}: {_these(values)} {_seen(seen)}, and {low} to {high} as it seems. Look at the limits."
                ends = {"minimum": low, "maximum": high}
                actions = [*removed(self.decisions, schema, keyword), {"target": target(schema), "update": ends}]
                yield Change(place, says, actions, rules)
                return
            is_open = self.search.is_open(simple.body, simple.breach.path)
        else:
            is_open = False
        if is_open or len(values) > LIST or not all(map(is_listable, values)):
            reason = "any value will do" if is_open else f"there are {len(values)} and more"
            says = f"{where}: {_these(values)} {_seen(seen)}; {reason}, so that the list is dropped. Look what is left."
            yield Change(place, says, removed(self.decisions, schema, keyword), rules)
        else:
            marks = [mark for mark in MARKS if mark in (self.decisions.at(schema) or ())]
            marked = f" The list is marked {' and '.join(marks)}." if marks else ""
            says = f"{where}: {_these(values)} {_seen(seen)} besides what is listed.{marked} Look what else is new."
            yield Change(place, says, listed(self.decisions, schema, values), rules)

    def _interval(self, place: Place, simple: Seen, values: list[Any], requests: _Requests) -> tuple[int, int] | None:
        """Return the range that a list of whole numbers has given way to, if it looks so."""
        known = [*values, *self.decisions.at(place)]
        schema, path = place[:-1], simple.breach.path
        refused = requests.refused_sizes("maximum", schema, path)
        low, high = (min(known), max(known)) if all(type(value) is int for value in known) else (0, 0)
        if self.search is None or len(values) < 2 or low == high or any(low <= number <= high for number in refused):
            return None
        below = max((number for number in refused if number < low), default=None)
        above = min((number for number in refused if number > high), default=None)
        least = self.search.limit("minimum", simple.body, path, Limit(low, below))
        most = self.search.limit("maximum", simple.body, path, Limit(high, above))
        try:
            # Two lists can look like a range from outside; a number inside that is refused tells them apart.
            inside = [number for number in range(least.taken, most.taken + 1) if number not in known][:LIST]
            if not all(self.search.takes(simple.body, path, number) for number in inside):
                return None
        except Undecided:
            return None
        return (least.taken, most.taken) if least.found and most.found else None

    def _permitted(self, place: Place, seen: list[Seen], rules: set[str]) -> Iterator[Change]:
        """Yield what takes out of a `not` the parts that forbid what was seen."""
        schema = place[:-1]
        parts = member(self.decisions.at(place), "anyOf")
        forbidding: dict[int, list[Seen]] = defaultdict(list)
        for one in seen:
            for index in range(len(parts) if bundle.is_array(parts) else 0):
                if self.decisions.valid((*place, "anyOf", index), one.breach.value):
                    forbidding[index].append(one)
        if not forbidding or len(forbidding) == len(parts):
            says = f"{_subject(place)}: {excerpt(seen[0].breach.value)} {_seen(seen)}. Look what is forbidden still."
            yield Change(place, says, removed(self.decisions, schema, "not"), rules)
            return
        chosen = target((*place, "anyOf"), *sorted(forbidding))
        names = [str(member(parts[index], "description") or f"part {index}") for index in sorted(forbidding)]
        says = f"{_subject(place)}: {excerpt(seen[0].breach.value)} {_seen(seen)}. What forbids it is dropped: "
        yield Change(
            place, f"{says}{' '.join(names)} Look whether it may be.", [{"target": chosen, "remove": True}], rules
        )

    # --- what the contract takes

    def _narrower(self, requests: _Requests) -> Iterator[Change]:
        """Yield the changes by which the contract refuses what the server refuses, where it is clear what that is."""
        for (schema, name), refused in requests.refused_by_field().items():
            path = tuple(name.split(".")) if name else ()
            rules = set[str]().union(*(ids for _, _, ids in refused))
            bodies = [body for body, _, _ in refused]
            taken_bodies = requests.taken_of(schema)
            change = self._narrowed(schema, path, bodies, taken_bodies, requests) if path else None
            if change is not None:
                change.rules |= rules
                yield change
            else:
                blames = f"blames {name}" if name else "blames no field"
                shown = f"{_subject(schema)}: a refusal of {excerpt(bodies[0])} {blames}"
                self.notes.append(f"{shown}; what is wrong with it is not to be seen")

    def _narrowed(
        self, schema: Place, path: Place, refused: list[Any], accepted: list[Any], requests: _Requests
    ) -> Change | None:
        home = self.decisions.property_place(schema, path[:-1])
        place = self.decisions.property_place(schema, path)
        name = str(path[-1])
        if home is None:
            return None
        if all(value_at(body, path) is None for body in refused) and all(_has(body, path) for body in accepted):
            update: dict[str, Any] = {"required": [name]}
            if place is None:
                update["properties"] = {name: {"description": "Required by a server; not documented yet."}}
            says = f"{_subject(home)}: a request without {name} is refused, which blames it. Look what it must be, and"
            says += " complete the examples."
            return Change((*home, "required", name), says, [{"target": target(home), "update": update}])
        if place is None or not all(_has(body, path) for body in refused):
            return None
        values = [value_at(body, path) for body in refused]
        fine = [value_at(body, path) for body in accepted if _has(body, path)]
        options = self.decisions.at((*place, "enum"))
        if bundle.is_array(options):
            gone = [value for value in distinct(values) if value in options and value not in fine]
            if gone and len(gone) < len(options) and all(value in gone for value in values):
                says = (
                    f"{_subject(place)}: {_these(gone)} was refused, and never taken. Look whether it is gone for good."
                )
                actions = [{"target": item((*place, "enum"), value), "remove": True} for value in gone]
                return Change((*place, "enum"), says, actions)
            return None
        found = (self._tightened(place, path, keyword, refused, accepted, requests) for keyword in BOUNDS)
        return next((change for change in found if change is not None), None)

    def _tightened(
        self, place: Place, path: Place, keyword: str, refused: list[Any], accepted: list[Any], requests: _Requests
    ) -> Change | None:
        """Return the change that gives a limit there is a nearer value, where all that was refused lies beyond it."""
        documented = member(self.decisions.at(place), keyword)
        fine = [number for body in accepted if (number := size(keyword, value_at(body, path))) is not None]
        wrong = {index: size(keyword, value_at(body, path)) for index, body in enumerate(refused)}
        sizes = [number for number in wrong.values() if number is not None]
        if not isinstance(documented, int) or not fine or len(sizes) < len(wrong):
            return None
        upwards = keyword.startswith("max")
        good, bad = (max(fine), min(sizes)) if upwards else (min(fine), max(sizes))
        if bad <= good if upwards else bad >= good:
            return None
        limit = Limit(good, bad)
        body = next(refused[index] for index, number in wrong.items() if number == bad)
        if self.search is not None and requests.is_create(body):
            limit = self.search.limit(keyword, body, path, limit)
        says = f"{_subject((*place, keyword))}: {limit.taken} was taken and {limit.refused} refused, where the contract"
        surely = "" if limit.found else " What lies between was not tried; look up the limit."
        says = f"{says} has {documented}.{surely} Look at the page and at the description beside it."
        return Change((*place, keyword), says, bound(self.decisions, place, keyword, limit.taken))

    # --- what the contract does not know

    def _unlisted(self, exchanges: Iterable[Exchange], tried: dict[int, set[str]]) -> Iterator[Change]:
        """Yield what adds statuses that are not documented; a failure of the server is none of them."""
        found: dict[tuple[str, int], list[Exchange]] = defaultdict(list)
        for exchange in exchanges:
            status = exchange.status or 0
            usual = OPERATIONS.get(exchange.operation, ("",))[0] == exchange.request.method
            if status and usual and not self.decisions.lists(exchange.operation, status):
                found[exchange.operation, status].append(exchange)
        for (operation, status), seen in found.items():
            what = f"{operation}: an undocumented {status} came {len(seen)} times"
            bodies = [exchange.json for exchange in seen if exchange.response and exchange.response.value]
            if not (200 <= status < 300 or 400 <= status < 500) or status in TRY_AGAIN or not bodies:
                self.notes.append(what)
                continue
            response = {
                "description": "Seen; not documented yet.",
                "content": {"application/json": {"schema": self._shape(operation, bodies)}},
            }
            place = self.decisions.responses(operation)
            update = {str(status): response}
            rules = set[str]().union(*(tried[id(exchange)] for exchange in seen))
            says = f"{what}. Look what it stands for."
            yield Change((*place, str(status)), says, [{"target": target(place), "update": update}], rules)

    def _shape(self, operation: str, bodies: list[Any]) -> dict[str, Any]:
        """Return a schema for bodies: a documented one that they keep, or what they are like."""
        usual = self.decisions.response_schema(operation, 200)
        refusals = [("components", "schemas", name) for name in ("ErrorResponse", "FileErrorResponse")]
        for place in (usual, *refusals):
            if place is not None and self.decisions.at(place) is not None:
                schema = self.decisions.at(place)
                if all(self.decisions.valid(place, body) for body in bodies):
                    return dict(schema) if place == usual else {"$ref": f"#/{'/'.join(map(str, place))}"}
        return shape(distinct(bodies))

    def _unknown_fields(self, exchanges: Iterable[Exchange]) -> Iterator[Change]:
        """Yield what adds fields of answers that are not documented."""
        found: dict[Place, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        names: dict[Place, set[str]] = defaultdict(set)
        for exchange in exchanges:
            if exchange.operation in OPERATIONS and exchange.response:
                status = exchange.response.status
                for unknown in self.decisions.unknown_fields(exchange.operation, status, exchange.json):
                    found[unknown.home][unknown.path[-1]].append(unknown.value)
                    names[(*unknown.home, unknown.path[-1])].add(response_name(exchange.operation, status))
        for home, fields in found.items():
            if len(fields) > MANY:
                self.notes.append(
                    f"{_subject(home)}: more than {MANY} undocumented fields; their names seem to be data"
                )
                continue
            for name, values in fields.items():
                if not is_listable(name):
                    self.notes.append(f"{_subject(home)}: an undocumented field with a name that is not taken over")
                    continue
                kind = shape(distinct(values)) if any(value is not None for value in values) else {}
                update = {"properties": {name: {**kind, "description": SEEN}}}
                where = ", ".join(sorted(names[(*home, name)]))
                says = f"{_subject(home)}: an undocumented field {excerpt(name)} came in {where}"
                says += f", as in {excerpt(values[0])}. Look what it means, and describe it."
                place = (*home, "properties", name)
                yield Change(place, says, [{"target": target(home), "update": update}], {FIELDS_RULE.id})


class _Requests:
    """The requests of a run with JSON bodies, and what the server made of them."""

    def __init__(self, decisions: Decisions, exchanges: Iterable[Exchange], tried: dict[int, set[str]]) -> None:
        self._decisions = decisions
        self._tried = tried
        self.models: set[str] = set()
        self._told: list[tuple[Exchange, Any, bool, Place]] = []
        for exchange in exchanges:
            response = was_accepted(exchange)
            for body in request_bodies(exchange) if response is not None else ():
                schema = decisions.request_schema(exchange.operation, body)
                if schema is not None:
                    self._told.append((exchange, body, bool(response), schema))
                elif response and isinstance(member(body, "model"), str):
                    self.models.add(excerpt(body["model"]))

    def lenient(self) -> Iterator[Seen]:
        """Yield what the contract forbids in requests that were taken."""
        for exchange, body, response, _ in self._told:
            breaches = self._decisions.request_breaches(exchange.operation, body) if response else []
            for breach in breaches:
                yield Seen(breach, exchange, body, len(breaches) == 1, self._tried[id(exchange)])

    def refused_sizes(self, keyword: str, schema: Place, path: Place) -> list[int]:
        """Return the sizes of the values at a path for which alone requests were refused."""
        found: list[int] = []
        for exchange, body, response, _ in self._told:
            if response:
                continue
            breaches = self._decisions.request_breaches(exchange.operation, body)
            if [(breach.place[:-1], breach.path) for breach in breaches] == [(schema, path)]:
                number = size(keyword, value_at(body, path))
                if number is not None and breaches[0].keyword in {keyword, "enum"}:
                    found.append(number)
        return found

    def refused_by_field(self) -> dict[tuple[Place, str], list[tuple[Any, Exchange, set[str]]]]:
        """Return the requests that were refused and are right by the contract, by schema and blamed field."""
        found: dict[tuple[Place, str], list[tuple[Any, Exchange, set[str]]]] = defaultdict(list)
        for exchange, body, response, schema in self._told:
            if not response and self._decisions.accepts(exchange.operation, body):
                name = refused_field(exchange.json)
                found[schema, name].append((body, exchange, self._tried[id(exchange)]))
        return found

    def taken_of(self, schema: Place) -> list[Any]:
        """Return the bodies with a schema that were taken."""
        return [body for _, body, response, of in self._told if response and of == schema]

    @staticmethod
    def is_create(body: Any) -> bool:
        """Whether a body is that of a create."""
        return isinstance(member(body, "model"), str)


def _has(body: Any, path: Place) -> bool:
    holder = value_at(body, path[:-1])
    return bundle.is_object(holder) and path[-1] in holder


def _subject(place: Place) -> str:
    """Return what stands at a place, in words."""
    if place[0] == "components":
        name, rest = str(place[2]), place[3:]
    else:
        name, rest = " ".join(map(str, place[1:3])), place[3:]
    steps = [str(step) for step in rest if step not in {"properties", "content", "application/json", "schema"}]
    return f"{name}.{'.'.join(steps)}" if steps else name


def _seen(seen: list[Seen]) -> str:
    return "was taken" if seen[0].body is not None else "came"


def _among(seen: list[Seen]) -> str:
    return "in requests that were taken" if seen[0].body is not None else "from answers"


def _these(values: list[Any]) -> str:
    shown = ", ".join(map(excerpt, values[:LIST]))
    return shown if len(values) <= LIST else f"{shown} and {len(values) - LIST} more"
