"""Coverage of the rules: lists the constraints of the contract that no documented rule checks.

    .venv/bin/python -m contract_suite.coverage.rules

Each constraint is removed from a copy of the contract. A rule covers the constraint if it disagrees with that copy.
Constraints without a rule are listed as the author of the contract wrote them, with the row to add.
A schema that several fields share is copied to each of them first, so that each field needs rules of its own.
"""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from itertools import chain
from typing import Any

import bundle
from contract_suite.checks.contract import ChangedParts, Parts
from contract_suite.checks.kinds import kind_of
from contract_suite.coverage.evident import EvidentRules
from contract_suite.coverage.missing_rules import describe
from contract_suite.rules import documented
from contract_suite.rules.documented import Rules
from contract_suite.rules.json_schema import inlined
from contract_suite.rules.kinds import BodyRule, RequestRule, Rule

Path = tuple[str | int | float, ...]

KEYWORDS = {
    "$ref", "const", "default", "exclusiveMaximum", "exclusiveMinimum", "format", "maxItems", "maxLength",
    "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum", "pattern", "type", "uniqueItems",
    "x-cut-after", "x-cut-after-chinese", "x-token-limit",
}  # fmt: skip
"""The keywords that each count as one constraint of a schema."""

NO_CONSTRAINT: dict[str, tuple[Any, ...]] = {
    "additionalProperties": ({}, True),
    "format": ("binary",),
    "items": ({}, True),
    "minItems": (0,),
    "minLength": (0,),
}
"""The values of keywords with which they constrain nothing."""

VARIANTS: Path = (
    "paths", "/v1/videos/generations", "post", "requestBody", "content", "application/json", "schema", "oneOf",
)  # fmt: skip
"""The place of the request schemas of all models."""

SAMPLE = ("id-suffix-length", "estimated-time", "billing-rule")
"""The keys of `x-response` that describe the sample of a page."""

CALLBACK_FIELD = "callback_url"
"""The field that all models have, and that rules on callbacks are about."""


def constraints(document: dict[str, Any]) -> Iterator[Path]:
    """Yield the place of every constraint of a contract. Removal of the place removes the constraint."""
    if "security" in document:
        yield ("security",)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield from _operation_constraints(operation, ("paths", path, method))
    components = document.get("components", {})
    for name in components.get("securitySchemes", {}):
        yield ("components", "securitySchemes", name)
    for name, schema in components.get("schemas", {}).items():
        yield from _schema_constraints(schema, ("components", "schemas", name))
    for name, response in components.get("responses", {}).items():
        yield from _response_constraints(response, ("components", "responses", name))


def _operation_constraints(operation: dict[str, Any], place: Path) -> Iterator[Path]:
    if operation.get("security"):
        yield (*place, "security")
    if "servers" in operation:
        yield (*place, "servers")
    body = operation.get("requestBody", {})
    if body.get("required"):
        yield (*place, "requestBody", "required")
    yield from _response_constraints(body, (*place, "requestBody"))
    for index, parameter in enumerate(operation.get("parameters", [])):
        places = _schema_constraints(parameter.get("schema", {}), (*place, "parameters", index, "schema"))
        yield from (one for one in places if one[-1] != "type")  # every value in a path is text
    for status, response in operation["responses"].items():
        if status[0] in "45":
            yield (*place, "responses", status)
        yield from _response_constraints(response, (*place, "responses", status))
    for name, callback in operation.get("callbacks", {}).items():
        for address, item in callback.items():
            yield (*place, "callbacks", name, address, "post")
            yield from _operation_constraints(item["post"], (*place, "callbacks", name, address, "post"))


def _response_constraints(response: dict[str, Any], place: Path) -> Iterator[Path]:
    for name, header in response.get("headers", {}).items():
        if header.get("required"):
            yield (*place, "headers", name, "required")
    for content, media in response.get("content", {}).items():
        yield from _schema_constraints(media.get("schema", {}), (*place, "content", content, "schema"))


def _schema_constraints(schema: Any, place: Path) -> Iterator[Path]:
    if not bundle.is_object(schema):
        if schema is False and "properties" in place[-2:-1]:  # a field that is not allowed
            yield place
        return
    for key, value in schema.items():
        here = (*place, key)
        match key:
            case _ if value in NO_CONSTRAINT.get(key, ()):
                pass
            case _ if key in KEYWORDS or key == "x-valid-seconds":
                yield here
            case "properties":
                yield from chain.from_iterable(_schema_constraints(part, (*here, name)) for name, part in value.items())
            case "additionalProperties" | "items" | "not" | "propertyNames" | "if" | "then" | "else":
                yield here
                yield from _schema_constraints(value, here)
            case "allOf" | "anyOf" | "oneOf" | "x-ignored" | "x-fails-later":
                yield from _members(value, here)
                yield from (
                    one
                    for one in _parts_of_members(value, here)
                    if not (len(one) == len(here) + 2 and one[-1] == "type" and _implies_type(value, one[-2], schema))
                )
            case "required" | "enum":
                yield here
                yield from _members(value, here) if len(value) > 1 else ()
            case _:
                yield from _extension_constraints(key, value, here)


def _extension_constraints(key: str, value: Any, here: Path) -> Iterator[Path]:
    """Yield the constraints that an extension of JSON Schema states, such as `x-media`."""
    match key:
        case "x-media" | "x-billing" | "x-delivery":
            leaves = (one for one in _leaves(value, here) if not _is_implied(value, one[len(here) :]))
            yield from (one[:-1] if _is_all_of_length(value, one[len(here) :]) else one for one in leaves)
        case "x-response":  # the conditions that are derived from the other keys are constraints themselves
            yield from ((*here, name) for name in SAMPLE if name in value)
        case "x-task-reference":
            yield here
        case "x-failures":
            yield from ((*here, code, "retry") for code in value)
        case "x-file-limits":
            yield from _members(value, here)
            for index, limit in enumerate(value):
                yield from ((*here, index, name) for name in ("max-seconds", "plus", "effect") if name in limit)
                yield from _members(limit["fields"], (*here, index, "fields"))
        case _:
            pass


def _parts_of_members(values: list[dict[str, Any]], place: Path) -> Iterator[Path]:
    """Yield the constraints within members. The parts of a rule on several fields mean nothing without each other."""
    for index, part in enumerate(values):
        if part.keys().isdisjoint({"x-fields", "when"}):
            yield from _schema_constraints(part, (*place, index))


def _is_implied(limits: dict[str, Any], inside: Path) -> bool:
    """Return whether a limit on files follows from others, so that no file can show it.

    A limit on each file may follow from that on all files together, and one on the sides from pixels and ratio.
    """
    if inside == ("seconds", "max"):
        total = limits.get("total-seconds", {}).get("max", math.inf)
        return bool(total <= limits["seconds"]["max"])
    if inside == ("side-pixels",):
        return all(_is_implied(limits, (*inside, end)) for end in limits["side-pixels"])
    if inside[:1] == ("side-pixels",) and {"pixels", "ratio"} <= limits.keys():
        side, pixels, ratio = limits["side-pixels"][inside[1]], limits["pixels"], limits["ratio"]
        narrowest = min(ratio.get("min", 0), 1 / ratio.get("max", math.inf))
        if inside[1] == "min":
            return bool(pixels.get("min", 0) * narrowest >= side**2)
        return bool(pixels.get("max", math.inf) <= side**2 * narrowest)
    return False


def _is_all_of_length(billing: dict[str, Any], inside: Path) -> bool:
    """Return whether nothing is left of a length in `reserved-from` without this: its file, or its only member."""
    if inside[:1] != ("reserved-from",) or len(inside) == 1:
        return False
    length: Any = billing
    for name in inside[:-1]:
        length = length[name]
    return inside[-1] == "file" or (bundle.is_object(length) and len(length) == 1)


def _implies_type(members: list[Any], index: Any, whole: dict[str, Any]) -> bool:
    """Return whether the type of a member of a list of schemas follows from its values, or from the whole schema."""
    member = members[index]
    return "enum" in member or whole.get("type") == member["type"]


def _members(values: list[Any], place: Path) -> Iterator[Path]:
    """Yield the place of each member, or the place of the list if it has only one."""
    yield from ((*place, index) for index in range(len(values))) if len(values) > 1 else iter([place])


def _leaves(node: Any, place: Path) -> Iterator[Path]:
    if bundle.is_object(node):
        for key, value in node.items():
            yield (*place, key)
            yield from _leaves(value, (*place, key))
    elif bundle.is_array(node):
        yield from ((*place, index) for index in range(len(node)))


def open_objects(document: dict[str, Any]) -> Iterator[Path]:
    """Yield the place of every object that may have further fields, in a contract without references."""
    for place in constraints(document):
        node: Any = document
        for step in place[:-1]:
            node = node[step]
        is_object = place[-1] == "type" and node["type"] == "object" and "properties" in node
        if is_object and node.get("additionalProperties") is not False:
            yield place[:-1]


def shifted_limits(document: dict[str, Any]) -> Iterator[tuple[Path, float]]:
    """Yield the place of every numeric limit, with a value just below and one just above."""
    for place in constraints(document):
        node: Any = document
        for step in place:
            node = node[step]
        if isinstance(node, int | float) and not isinstance(node, bool):
            step_size = 1 if isinstance(node, int) else 0.01
            if "pixels" in place:  # not every number is that of a frame
                step_size = 1000
            lowest = 0 if str(place[-1]).endswith(("Items", "Length", "Properties")) else -math.inf
            if place[-1] == "round-up-to":
                lowest = 1
            yield from ((place, value) for value in (node - step_size, node + step_size) if value >= lowest)


def without(node: Any, place: Path) -> Any:
    """Return a copy of a contract without one place. Unaffected parts are shared, not copied."""
    changed = copy.copy(node)
    if len(place) == 1:
        del changed[place[0]]
    else:
        changed[place[0]] = without(node[place[0]], place[1:])
    return changed


def with_value(node: Any, place: Path, value: Any) -> Any:
    """Return a copy of a contract with another value at a place. Unaffected parts are shared, not copied."""
    changed = copy.copy(node)
    changed[place[0]] = value if len(place) == 1 else with_value(node[place[0]], place[1:], value)
    return changed


def place_text(place: Path) -> str:
    """Return a place as text."""
    return "/".join(str(step) for step in place)


def inline_references(document: dict[str, Any]) -> dict[str, Any]:
    """Replace the references of a bundled contract by copies of what they refer to."""
    result: dict[str, Any] = inlined(document, document)
    security = result.pop("security")
    for item in result["paths"].values():
        for operation in item.values():
            operation.setdefault("security", security)
    result["components"] = {"securitySchemes": result["components"]["securitySchemes"]}
    return result


def covering_rules(all_rules: Rules, document: dict[str, Any]) -> dict[Path, list[str]]:
    """Return the ids of rules that cover each constraint of a bundled contract, by the place of its use.

    Where one rule covers a constraint, others are tried only if they are not derived from a table and have covered
    nothing yet: every further rule takes time. The last step of some places is another value for a limit.
    """
    used = inline_references(document)
    contracts = _Contracts(used)
    candidates = _Candidates(all_rules, contracts.whole)
    covered: dict[Path, list[str]] = {}
    known: set[str] = set(all_rules.derived)
    recent: set[str] = set()  # a rule often covers several constraints in a row
    for place, changed, evident in _changes(used, candidates):
        rules = {rule.id: rule for rule in candidates.at(place)}
        covered[place] = found = [rule_id for rule_id in dict.fromkeys(evident) if rule_id in rules]
        known |= set(found)
        if found and rules.keys() <= known:
            continue
        likely_first = sorted(rules.values(), key=lambda rule: rule.id not in recent)
        tried = (rule for rule in likely_first if not found or rule.id not in known)
        for rule_id in disagreeing_rules(tried, *contracts.before_and_after(changed, place)):
            found.append(rule_id)
            known.add(rule_id)
        recent = {*found}
    return covered


def _variants(document: dict[str, Any]) -> list[Any]:
    """Return the request schemas of all models."""
    node: Any = document
    for step in VARIANTS:
        node = node[step]
    variants: list[Any] = node
    return variants


class _Contracts:
    """The contract, and a copy for changes of other models than the first: without the patterns of the callback field.

    Compiling these patterns takes three quarters of the time for the request of a model. Where the field of a model is
    that of the first model, `_changes` leaves it as it is.
    """

    def __init__(self, used: dict[str, Any]) -> None:
        self.whole = Parts.of(used)
        self._models = list(self.whole.variants)
        self._field = self.whole.variants[self._models[0]]["properties"].get(CALLBACK_FIELD)
        fast = {model: self._without_patterns(variant) for model, variant in self.whole.variants.items()}
        self._fast = replace(self.whole, variants=fast)

    def _without_patterns(self, variant: dict[str, Any]) -> dict[str, Any]:
        field = variant.get("properties", {}).get(CALLBACK_FIELD)
        if not field or field != self._field:
            return variant
        rest = {key: value for key, value in field.items() if key not in {"not", "pattern"}}
        faster: dict[str, Any] = with_value(variant, ("properties", CALLBACK_FIELD), rest)
        return faster

    def before_and_after(self, changed: dict[str, Any], place: Path) -> tuple[Parts, Parts]:
        """Take a contract apart that differs at one place; the other parts are those to compare it with.

        Within the request of a model, only this request differs.
        """
        if place[: len(VARIANTS)] == VARIANTS and len(place) > len(VARIANTS) + 1:
            index = int(place[len(VARIANTS)])
            before, variant = self.whole, _variants(changed)[index]
            if index > 0:
                before, variant = self._fast, self._without_patterns(variant)
            after = before.with_variant(self._models[index], variant)
            if after is not None:
                return before, after
        return self.whole, Parts.of(changed)


def _changes(used: dict[str, Any], candidates: _Candidates) -> Iterator[tuple[Path, dict[str, Any], list[str]]]:
    """Yield every change of a contract without references: its place, the result, and its evident rules."""
    for place in constraints(used):
        if not _is_repeated(place, used):
            yield place, without(used, place), candidates.evident(place, EvidentRules.without)
    for place in open_objects(used):
        closed = (*place, "additionalProperties")
        yield closed, with_value(used, closed, False), []  # noqa: FBT003
    for place, value in shifted_limits(used):
        if not _is_repeated(place, used):
            found = candidates.evident(place, partial(EvidentRules.with_limit, limit=value))
            yield (*place, value), with_value(used, place, value), found


class _Candidates:
    """The rules that must cover a constraint, so that the time for a model does not grow with the number of models.

    A constraint on a field of a model must be covered by a rule on that model that names this field or none, any other
    constraint on the request of a model by a rule on that model, and any other constraint by a rule that is not about
    one model. A condition in a response may be covered by a rule on the responses of a model.
    """

    def __init__(self, rules: Rules, before: Parts) -> None:
        self._models = list(before.variants)
        self._of_model: dict[str, list[Rule]] = {model: [] for model in self._models}
        self._naming_field: dict[tuple[str, str], list[Rule]] = {}
        self._general: list[Rule] = []
        self._on_responses = [rule for rule in rules.of_kind(BodyRule) if kind_of(rule).models(rule)]
        for rule in rules.rules:
            about = kind_of(rule).models(rule)
            group = self._of_model.setdefault(about[0], []) if len(about) == 1 else self._general
            group.append(rule)
        self._evident = [EvidentRules(model, self._of_model[model], before) for model in self._models]

    def evident(self, place: Path, of_model: Callable[[EvidentRules, Path], list[str]]) -> list[str]:
        """Return what the evident rules of a model say about a place. Empty outside the request of a model."""
        if place[: len(VARIANTS)] != VARIANTS or len(place) == len(VARIANTS):
            return []
        index, *inside = place[len(VARIANTS) :]
        return of_model(self._evident[int(index)], tuple(inside))

    def at(self, place: Path) -> list[Rule]:
        """Return the rules that may cover a place, which may lie outside the request of a model."""
        if place[: len(VARIANTS)] != VARIANTS or len(place) == len(VARIANTS):
            return [*self._general, *(self._on_responses if {"responses", "callbacks"} & {*place} else ())]
        index, *inside = place[len(VARIANTS) :]
        rules = self._of_model[self._models[int(index)]]
        if inside == ["type"]:  # a body that is not an object is for no model
            rules = [rule for rule in self._general if not isinstance(rule, RequestRule)]
        elif inside[:2] == ["properties", CALLBACK_FIELD]:
            rules = rules + self._general
        elif inside[:1] == ["properties"] and len(inside) > 1:
            rules = self._naming(self._models[int(index)], str(inside[1]))
        if any(str(step).startswith("x-") for step in inside):  # schemas alone decide about requests
            rules = [rule for rule in rules if not isinstance(rule, RequestRule)]
        # Those that state the keyword are first, because they disagree without a look at any request.
        return sorted(rules, key=lambda rule: not getattr(rule, str(place[-1]), None))

    def _naming(self, model: str, field: str) -> list[Rule]:
        """Return the rules on a model that name a field at the top of its request, or none."""
        if (model, field) not in self._naming_field:
            self._naming_field[model, field] = [
                rule for rule in self._of_model[model] if field in (names := _first_names(rule)) or not names
            ]
        return self._naming_field[model, field]


def _first_names(rule: Rule) -> set[str]:
    """Return the names of the fields at the top of a request that a rule names."""
    fields: tuple[str, ...] = getattr(rule, "fields", ()) or (getattr(rule, "field", ""),)
    return {field.partition(".")[0] for field in fields if field}


def _is_repeated(place: Path, document: dict[str, Any]) -> bool:
    """Return whether a place is in a callback field that is the same as that of the first model."""
    index, *inside = place[len(VARIANTS) :] if place[: len(VARIANTS)] == VARIANTS else (0,)
    if not index or inside[:2] != ["properties", CALLBACK_FIELD]:
        return False
    first, this = (_variants(document)[int(one)]["properties"].get(CALLBACK_FIELD) for one in (0, index))
    return bool(first == this)


def disagreeing_rules(rules: Iterable[Rule], before: Parts, after: Parts) -> Iterator[str]:
    """Yield the ids of the rules that disagree with a changed contract. All rules must agree with the original."""
    changed = ChangedParts.between(before, after)
    after.reuse(before)
    for rule in rules:
        kind = kind_of(rule)
        if not kind.may_disagree(rule, changed):
            continue
        if next(kind.check_contract(_part_on(rule, changed), after), None) is not None:
            yield rule.id


@lru_cache(maxsize=4096)
def _part_on(rule: Rule, changed: ChangedParts) -> Rule:
    """Return the part of a rule that is about what differs. Some rules are about all models, or about all errors."""
    match rule:
        case RequestRule():
            subjects = tuple(name for name in rule.subjects if name in changed.subjects)
            variations = tuple(each for each in rule.variations if each.subject in changed.subjects)
            return rule if subjects == rule.subjects else replace(rule, subjects=subjects, variations=variations)
        case BodyRule():
            responses = tuple(name for name in rule.responses if name in changed.responses)
            accepts, rejects = (
                tuple((name, body) for name, body in bodies if name in changed.responses)
                for bodies in (rule.accepts, rule.rejects)
            )
            return replace(rule, responses=responses, accepts=accepts, rejects=rejects)
        case _:
            return rule


def main() -> int:
    """Print every constraint without a rule, each with where it was written and the row to add."""
    document, sources = bundle.bundle_with_sources()
    all_rules = documented.load()
    covered = covering_rules(all_rules, document)
    missing = [place for place, rules in covered.items() if not rules]
    for text in describe(missing, document, sources, all_rules):
        print(text)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
