"""Compares JSON schemas: does the new schema allow fewer values than the old one (tighter), or more (looser)?

References are resolved before the comparison. Renaming a schema, or writing it out in place of a reference, is
therefore not a change. Keywords that contain schemas are compared here, all others in `changes.keywords`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from bundle import SCHEMAS, is_object
from changes import meaning
from changes.keywords import ANNOTATIONS, Effect, canonical, compare_keyword

COMPARED_AS_LISTS = {"const", "enum", "required"}
"""Keywords that are compared item by item. `const` counts as a list of one value."""
INNER = {"items": "[]", "additionalProperties": ".*", "propertyNames": " [name]"}
"""What follows the place of a schema in the place of its items, or of its fields without a name."""
OPPOSITES: dict[Effect, Effect] = {"tighter": "looser", "looser": "tighter"}
VALUE_EFFECTS: frozenset[Effect] = frozenset({"tighter", "looser", "changed"})
"""Effects on the values that a schema allows."""
EXPLAIN_FEWER: frozenset[Effect] = frozenset({"tighter", "changed", "unknown", "worse"})
"""Effects that explain why the new schema does not allow every value that the old one allows."""
EXPLAIN_MORE: frozenset[Effect] = frozenset({"looser", "changed", "unknown", "worse"})
"""The same for the opposite direction."""


class Difference(NamedTuple):
    """A difference between two contracts, not yet rated.

    Attributes:
        effect: How the new contract differs, for example that it is tighter.
        place: The part of the contract, for example `Wan25ImageToVideo.prompt`.
        text: What differs there.
        by_values: Whether the effect follows from the values that the schemas allow.
    """

    effect: Effect
    place: str
    text: str
    by_values: bool = True


class Node(NamedTuple):
    """A value in a contract, and the place to report for it."""

    value: Any
    place: str


FlatSchema = dict[str, Node]
"""A schema without references: its own keywords, and those of the schemas that it references."""


class SchemaComparison:
    """Compares schemas of two bundled contracts.

    Args:
        old: The old contract.
        new: The new contract.
    """

    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self._old = old
        self._new = new
        self._in_progress: set[tuple[str, str]] = set()
        self._unchanged = _unchanged_schemas(old, new)

    def compare(self, old: Any, new: Any, place: str) -> Iterator[Difference]:
        """Yield the differences between two schemas. `place` is the place to report for them."""
        yield from self._compare(Node(old, place), Node(new, place), as_fields=True)

    def _compare(self, old: Node, new: Node, *, as_fields: bool) -> Iterator[Difference]:
        """Yield the differences between two schemas.

        Args:
            old: The old schema.
            new: The new schema.
            as_fields: Whether the properties are the fields of a body. If not, they are conditions on its fields.
        """
        pair = (canonical(old.value), canonical(new.value))
        if pair in self._in_progress:  # a schema that refers to itself
            return
        if pair[0] == pair[1] and self._unchanged.issuperset(_references(pair[0])):
            return
        self._in_progress.add(pair)
        differences = list(self._compare_keywords(old, new, as_fields=as_fields))
        yield from _rated(differences, new.place, *self._meaning(old, new, as_fields=as_fields))
        self._in_progress.discard(pair)

    def _compare_keywords(self, old: Node, new: Node, *, as_fields: bool) -> Iterator[Difference]:
        """Yield the differences between the keywords of two schemas. Each is rated on its own."""
        before, after = flatten(old, self._old), flatten(new, self._new)
        for keyword in ("anyOf", "oneOf"):
            if keyword in before and keyword not in after:
                after = _with_alternatives(keyword, new, before, self._new)
            elif keyword in after and keyword not in before:
                before = _with_alternatives(keyword, old, after, self._old)
        for keyword in {**before, **after}:
            yield from self._compare_keyword(keyword, before, after, as_fields=as_fields)
        yield from _compare_values(before, after)
        yield from _compare_required(before, after, as_fields=as_fields)

    def _meaning(self, old: Node, new: Node, *, as_fields: bool) -> tuple[bool, bool]:
        """Return whether the new schema may allow fewer values than the old one, and whether it may allow more.

        What cannot be decided is possible.
        """
        try:
            before = meaning.written_out(old.value, self._old)
            after = meaning.written_out(new.value, self._new)
        except meaning.UndecidedError:
            return True, True
        sent = meaning.without_unknown_fields(before, after) if as_fields else before
        return not meaning.allows_all(after, sent), not meaning.allows_all(before, after)

    def _compare_keyword(
        self, keyword: str, before: FlatSchema, after: FlatSchema, *, as_fields: bool
    ) -> Iterator[Difference]:
        old_node, new_node = before.get(keyword), after.get(keyword)
        place = (new_node or before[keyword]).place
        old, new = old_node and old_node.value, new_node and new_node.value
        match keyword:
            case "properties":
                if as_fields:
                    yield from self._compare_fields(before, after, place)
                else:
                    yield from self._compare_conditions(old or {}, new or {}, place)
            case "allOf" | "anyOf" | "oneOf":
                yield from self._compare_alternatives(keyword, old, new, place, as_fields=as_fields)
            case "items" | "additionalProperties" | "propertyNames":
                inner = f"{place}{INNER[keyword]}"
                yield from self._compare_optional(old_node, new_node, inner, as_fields=as_fields)
            case "then" | "else":
                yield from self._compare_optional(old_node, new_node, f"{place} [{keyword}]", as_fields=False)
            case "if" if old_node is None or new_node is None:
                return  # `then` and `else` were added or removed with it, and are compared themselves
            case "not":
                yield from self._compare_not(old_node, new_node, place)
            case _:
                if keyword not in COMPARED_AS_LISTS and canonical(old) != canonical(new):
                    for effect, text in compare_keyword(keyword, old, new):
                        yield Difference(effect, place, text, by_values=not keyword.startswith("x-"))

    def _compare_optional(
        self, old_node: Node | None, new_node: Node | None, place: str, *, as_fields: bool
    ) -> Iterator[Difference]:
        """Yield the differences between two schemas, either of which may be absent and then allows every value."""
        old, new = (True if node is None else node.value for node in (old_node, new_node))
        if old is not False and new is not False:
            yield from self._compare(Node(old, place), Node(new, place), as_fields=as_fields)
        elif old is not new:
            yield Difference(
                "tighter" if new is False else "looser", place, f"{'no longer' if new is False else 'now'} allowed"
            )

    def _compare_fields(self, before: FlatSchema, after: FlatSchema, place: str) -> Iterator[Difference]:
        """Yield the differences between the fields of two objects.

        A field is documented if it has a schema or is required.
        """
        old: dict[str, Any] = _value(before, "properties") or {}
        new: dict[str, Any] = _value(after, "properties") or {}
        old_required: list[str] = _value(before, "required") or []
        new_required: list[str] = _value(after, "required") or []
        for name in {**old, **new}:
            inner = f"{place}.{name}"
            if name not in new and name in new_required:
                yield Difference("worse", inner, "no longer described, but still required")
            elif (name in old or name in old_required) and name in new:
                nodes = Node(old.get(name, True), inner), Node(new[name], inner)
                yield from self._compare(*nodes, as_fields=True)
            elif name not in new:
                yield Difference("worse", inner, "field removed")
            elif name in new_required:
                yield Difference("tighter", inner, "new required field")
            else:
                yield from self._compare_new_field(before, Node(new[name], inner))

    def _compare_new_field(self, before: FlatSchema, field: Node) -> Iterator[Difference]:
        """Yield what an optional field adds to the object `before`, which may have allowed the field as any other."""
        additional = before["additionalProperties"].value if "additionalProperties" in before else True
        if additional is False:
            yield Difference("looser", field.place, "new field")
            return
        yield Difference("better", field.place, "new field")
        is_free_form = not _value(before, "properties") and not _value(before, "required")
        if is_free_form or additional not in (True, {}):  # else clients do not send fields without documentation
            yield from self._compare(Node(additional, field.place), field, as_fields=True)

    def _compare_conditions(self, old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[Difference]:
        """Yield the differences between properties that are conditions, not fields."""
        for name in {**old, **new}:
            inner = f"{place}.{name}"
            nodes = Node(old.get(name, True), inner), Node(new.get(name, True), inner)
            yield from self._compare(*nodes, as_fields=False)

    def _compare_alternatives(
        self, keyword: str, old: Any, new: Any, place: str, *, as_fields: bool
    ) -> Iterator[Difference]:
        all_apply = keyword == "allOf"
        if not all_apply and (old is None or new is None):
            yield _added_or_removed(keyword, place, added=old is None)
            return
        removed: list[Any] = list(old or ())
        added: list[Any] = list(new or ())
        pairs = _pairs(removed, added, self._old, self._new)
        for one, other in pairs:
            removed.remove(one)
            added.remove(other)
            inner = place if len(pairs) == 1 else f"{place} ({_name(other, self._new)})"
            # The properties of a rule on several fields are conditions.
            inside_rule = _is_rule(one) or _is_rule(other)
            yield from self._compare(Node(one, inner), Node(other, inner), as_fields=as_fields and not inside_rule)
        for schema in removed:
            effect: Effect = "looser" if all_apply else "tighter"
            verb = "removed" if _is_rule(schema) else "no longer has to be" if all_apply else "can no longer be"
            yield Difference(effect, place, f"{verb} {_name(schema, self._old)}")
        for schema in added:
            effect = "tighter" if all_apply else "looser"
            verb = "new" if _is_rule(schema) else "must now be" if all_apply else "can now be"
            yield Difference(effect, place, f"{verb} {_name(schema, self._new)}")

    def _compare_not(self, old: Node | None, new: Node | None, place: str) -> Iterator[Difference]:
        if old is None or new is None:
            yield _added_or_removed("`not`", place, added=old is None)
            return
        inner = f"{place} [not]"
        for difference in self._compare(Node(old.value, inner), Node(new.value, inner), as_fields=False):
            yield difference._replace(effect=OPPOSITES.get(difference.effect, difference.effect))


def _references(schema: str) -> list[str]:
    """Return the names of the schemas that a schema in its canonical form references."""
    return re.findall(rf'"\$ref": "{SCHEMAS}([^"]+)"', schema)


def _unchanged_schemas(old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    """Return the names of the schemas that are equal in both contracts, with all schemas that they reference."""
    before, after = (
        {name: canonical(schema) for name, schema in document["components"]["schemas"].items()}
        for document in (old, new)
    )
    unchanged = {name for name in before if before[name] == after.get(name)}
    while changed := {name for name in unchanged if not unchanged.issuperset(_references(before[name]))}:
        unchanged -= changed
    return unchanged


def _rated(differences: list[Difference], place: str, fewer: bool, more: bool) -> Iterator[Difference]:  # noqa: FBT001 - both come from one decision
    """Correct the effects of differences between two schemas by what the schemas mean as a whole.

    Keywords affect each other. One more alternative, for example, allows more values in an `anyOf`, and can allow fewer
    in a `oneOf`.

    Args:
        differences: The differences, each rated on its own.
        place: The place of the schemas.
        fewer: Whether the new schema may allow fewer values than the old one.
        more: Whether it may allow more.
    """
    effects = {difference.effect for difference in differences if difference.by_values}
    for difference in differences:
        if not difference.by_values or difference.effect not in VALUE_EFFECTS or (fewer and more):
            yield difference
        elif fewer or more:
            yield difference._replace(effect="tighter" if fewer else "looser")
    if not fewer and not more and effects & VALUE_EFFECTS:
        yield Difference("documentation", place, "spelling")
    if fewer and not effects & EXPLAIN_FEWER:
        yield Difference("tighter", place, "may no longer allow every value that was allowed")
    if more and not effects & EXPLAIN_MORE:
        yield Difference("looser", place, "may allow values that were not allowed")


def flatten(node: Node, document: dict[str, Any], keep: str = "") -> FlatSchema:
    """Merge the schemas that a schema references into it.

    A referenced schema with another value for a keyword of its own becomes an `allOf` instead. A list of alternatives
    with a single entry is merged too, unless its keyword is `keep`.
    """
    if not is_object(node.value):
        return {} if node.value is True else {"not": Node({}, node.place)}
    if set(node.value) == {"$ref"}:
        name = node.value["$ref"].removeprefix(SCHEMAS)
        return flatten(Node(document["components"]["schemas"][name], name), document, keep)
    own = {keyword: Node(value, node.place) for keyword, value in node.value.items() if keyword != "$ref"}
    to_merge = [Node({"$ref": node.value["$ref"]}, node.place)] if "$ref" in node.value else []
    single = [
        keyword
        for keyword in ("allOf", "anyOf", "oneOf")
        if keyword != keep and keyword in own and len(own[keyword].value) == 1 and not _is_rule(own[keyword].value[0])
    ]
    to_merge += [Node(own.pop(keyword).value[0], node.place) for keyword in single]
    for target in to_merge:
        inner = flatten(target, document)
        if any(key in own and own[key].value != inner[key].value for key in inner if key not in ANNOTATIONS):
            own["allOf"] = Node([*(_value(own, "allOf") or []), target.value], node.place)
        else:
            own = {**inner, **own}
    return {keyword: value for keyword, value in own.items() if keyword not in ("then", "else") or "if" in own}


def _with_alternatives(keyword: str, node: Node, other: FlatSchema, document: dict[str, Any]) -> FlatSchema:
    """Rewrite a schema without alternatives as one with a single alternative, so that it matches `other`.

    `other` has alternatives. The single alternative gets the keywords that `other` does not have itself.
    """
    schema = flatten(node, document, keep=keyword)
    own = [name for name in schema if name not in ANNOTATIONS and name not in other and not name.startswith("x-")]
    alternative = {name: schema[name].value for name in own}
    if keyword in schema or not alternative:
        return schema
    alternatives = Node([alternative], schema[next(iter(alternative))].place)
    return {name: value for name, value in schema.items() if name not in alternative} | {keyword: alternatives}


def _pairs(
    old: list[Any], new: list[Any], old_document: dict[str, Any], new_document: dict[str, Any]
) -> list[tuple[Any, Any]]:
    """Pair the schemas of two lists that correspond to each other."""
    left, right = list(old), list(new)
    pairs: list[tuple[Any, Any]] = []

    def pair_by(key: Callable[[Any, dict[str, Any]], Any]) -> None:
        for one in list(left):
            wanted = key(one, old_document)
            other = next((other for other in right if wanted is not None and key(other, new_document) == wanted), None)
            if other is not None:
                pairs.append((one, other))
                left.remove(one)
                right.remove(other)

    pair_by(lambda schema, _: canonical(schema))
    pair_by(lambda schema, _: schema.get("description") if _is_rule(schema) else None)
    pair_by(lambda schema, _: canonical(schema["x-fields"]) if _is_rule(schema) else None)
    pair_by(_tag)
    pair_by(lambda schema, _: schema.get("$ref") if is_object(schema) else None)
    pair_by(_untagged_type)
    if len(left) == len(right):
        pairs += [
            (a, b) for a, b in zip(left, right, strict=True) if _tag(a, old_document) is _tag(b, new_document) is None
        ]
    return pairs


def _tag(schema: Any, document: dict[str, Any]) -> str | None:
    """Return the constant fields of a schema, which distinguish it from other variants. None if it has none."""
    properties = _value(flatten(Node(schema, ""), document), "properties")
    if not is_object(properties):
        return None
    tags = {name: field["const"] for name, field in properties.items() if is_object(field) and "const" in field}
    return canonical(tags) if tags else None


def _untagged_type(schema: Any, document: dict[str, Any]) -> str | None:
    if _tag(schema, document) or _is_rule(schema):
        return None
    return canonical(_value(flatten(Node(schema, ""), document), "type"))


def _is_rule(schema: Any) -> bool:
    """Return whether a schema is a rule on several fields."""
    return is_object(schema) and "x-fields" in schema


def _name(schema: Any, document: dict[str, Any]) -> str:
    if _is_rule(schema):
        return f"rule: {schema['description']}"
    if is_object(schema) and "$ref" in schema:
        return str(schema["$ref"]).removeprefix(SCHEMAS)
    json_type = _value(flatten(Node(schema, ""), document), "type")
    return str(json_type) if isinstance(json_type, str) else canonical(schema)


def _value(schema: FlatSchema, keyword: str) -> Any:
    return schema[keyword].value if keyword in schema else None


def _place(keywords: tuple[str, ...], *schemas: FlatSchema) -> str:
    """Return the place of the first of these keywords that a schema has, or an empty string."""
    return next((schema[name].place for schema in schemas for name in keywords if name in schema), "")


def _added_or_removed(constraint: str, place: str, *, added: bool) -> Difference:
    return Difference("tighter" if added else "looser", place, f"{constraint} {'added' if added else 'removed'}")


def _compare_values(before: FlatSchema, after: FlatSchema) -> Iterator[Difference]:
    """Yield the differences between two closed lists of values. `const` is a list of one value."""
    old, new = _values(before), _values(after)
    place = _place(("enum", "const"), after, before)
    if old is None and new is not None:
        yield Difference("tighter", place, f"now limited to {', '.join(new)}")
    elif old is not None and new is None:
        yield Difference("looser", place, f"no longer limited to {', '.join(old)}")
    elif old is not None and new is not None:
        yield from (Difference("tighter", place, f"can no longer be {value}") for value in old if value not in new)
        yield from (Difference("looser", place, f"can now be {value}") for value in new if value not in old)


def _values(schema: FlatSchema) -> list[str] | None:
    """Return the values that a schema lists. `const` beside `enum` allows a value only if both do."""
    listed = [canonical(value) for value in schema["enum"].value] if "enum" in schema else None
    if "const" not in schema:
        return listed
    const = canonical(schema["const"].value)
    return [const] if listed is None or const in listed else []


def _compare_required(before: FlatSchema, after: FlatSchema, *, as_fields: bool) -> Iterator[Difference]:
    old: list[str] = _value(before, "required") or []
    new: list[str] = _value(after, "required") or []
    place = _place(("required",), after, before)
    fields = [set[str](_value(schema, "properties") or ()) for schema in (before, after)]
    # As a field that is new, removed, or no longer described.
    reported = (fields[1] - fields[0] - {*old}) | (fields[0] - fields[1]) if as_fields else set[str]()
    for name in sorted({*old} ^ {*new}):
        if name not in reported:
            effect: Effect = "tighter" if name in new else "looser"
            yield Difference(effect, f"{place}.{name}", "now required" if name in new else "no longer required")
