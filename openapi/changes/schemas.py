"""What changed between two schemas: whether what they allow became less (tighter) or more (looser).

Schemas are compared as they are resolved, so that a schema that is renamed, or written out where it was referred to,
is no change. Every keyword has its entry in a table; what has none is a change of unknown weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from bundle import SCHEMAS, is_object
from changes.keywords import ANNOTATIONS, Kind, canonical, keyword_changes

LISTS = {"const", "enum", "required"}
"""What is compared as a list, which `const` is too."""
FLIPPED: dict[Kind, Kind] = {"tighter": "looser", "looser": "tighter"}


class Found(NamedTuple):
    """A change: its direction, where it is, and what it is in words."""

    kind: Kind
    place: str
    what: str


class Part(NamedTuple):
    """The value of a keyword, and where it stands."""

    value: Any
    place: str


View = dict[str, Part]
"""A schema without references: its keywords and those of what it refers to."""


class Schemas:
    """Compares schemas of two bundled contracts.

    Args:
        old, new: the contracts.
    """

    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self._old = old
        self._new = new
        self._within: set[tuple[str, str]] = set()

    def between(self, old: Any, new: Any, place: str) -> Iterator[Found]:
        """Yield what changed between two schemas; `place` says where they stand, in words."""
        yield from self._between(Part(old, place), Part(new, place), described=True)

    def _between(self, old: Part, new: Part, *, described: bool) -> Iterator[Found]:
        """Yield what changed; `described` says whether properties are fields of a body, not conditions on them."""
        met = (canonical(old.value), canonical(new.value))
        if met in self._within:  # a schema that refers to itself
            return
        self._within.add(met)
        before, after = view(old, self._old), view(new, self._new)
        for keyword in ("anyOf", "oneOf"):
            if keyword in before and keyword not in after:
                after = _with_alternatives(keyword, new, before, self._new)
            elif keyword in after and keyword not in before:
                before = _with_alternatives(keyword, old, after, self._old)
        for keyword in {**before, **after}:
            yield from self._keyword(keyword, before, after, described=described)
        yield from _value_changes(before, after)
        yield from _required_changes(before, after, described=described)
        self._within.discard(met)

    def _keyword(self, keyword: str, before: View, after: View, *, described: bool) -> Iterator[Found]:
        was, now = before.get(keyword), after.get(keyword)
        at = (after.get(keyword) or before[keyword]).place
        old, new = was and was.value, now and now.value
        match keyword:
            case "properties":
                yield from self._properties(
                    old or {}, new or {}, at, (_value(after, "required") or []) if described else None
                )
            case "allOf" | "anyOf" | "oneOf":
                yield from self._alternatives(keyword, old, new, at, described=described)
            case "items" | "additionalProperties":
                inner = f"{at}[]" if keyword == "items" else f"{at}.*"
                yield from self._within_all(was, now, inner, described=described)
            case "then" | "else":
                yield from self._within_all(was, now, f"{at} [{keyword}]", described=False)
            case "if" if was is None or now is None:
                return  # what hangs on it is new, or gone, too
            case "not":
                yield from self._refused(was, now, at)
            case _:
                if keyword not in LISTS and canonical(old) != canonical(new):
                    yield from (Found(kind, at, what) for kind, what in keyword_changes(keyword, old, new))

    def _within_all(self, was: Part | None, now: Part | None, place: str, *, described: bool) -> Iterator[Found]:
        """Yield what changed of a part that all is allowed in when it has no schema."""
        old, new = (True if part is None else part.value for part in (was, now))
        if old is not False and new is not False:
            yield from self._between(Part(old, place), Part(new, place), described=described)
        elif old is not new:
            yield Found(
                "tighter" if new is False else "looser", place, f"is {'not' if new is False else 'now'} allowed"
            )

    def _properties(
        self, old: dict[str, Any], new: dict[str, Any], at: str, required: list[str] | None
    ) -> Iterator[Found]:
        """Yield what changed of fields; `required` are those that are, or None where they are conditions."""
        for name in {**old, **new}:
            place = f"{at}.{name}"
            if (name in old and name in new) or required is None:
                parts = Part(old.get(name, True), place), Part(new.get(name, True), place)
                yield from self._between(*parts, described=required is not None)
            elif name in required:
                yield Found("tighter", place, "is a new field, and required")
            elif name in new:
                yield Found("better", place, "is a new field")
            else:
                yield Found("worse", place, "is no field any more")

    def _alternatives(self, keyword: str, was: Any, now: Any, at: str, *, described: bool) -> Iterator[Found]:
        every = keyword == "allOf"
        if not every and (was is None or now is None):
            yield Found("looser" if now is None else "tighter", at, f"{keyword} is {'gone' if now is None else 'new'}")
            return
        old: list[Any] = list(was or ())
        new: list[Any] = list(now or ())
        pairs = _pairs(old, new, self._old, self._new)
        for one, other in pairs:
            old.remove(one)
            new.remove(other)
            inner = at if len(pairs) == 1 else f"{at} ({_name(other, self._new)})"
            yield from self._between(Part(one, inner), Part(other, inner), described=described)
        for gone in old:
            kind: Kind = "looser" if every else "tighter"
            yield Found(kind, at, f"{'needs no longer' if every else 'can no longer'} be {_name(gone, self._old)}")
        for added in new:
            yield Found(
                "tighter" if every else "looser", at, f"{'must' if every else 'can'} now be {_name(added, self._new)}"
            )

    def _refused(self, was: Part | None, now: Part | None, at: str) -> Iterator[Found]:
        if was is None or now is None:
            yield Found("looser" if now is None else "tighter", at, f"`not` is {'gone' if now is None else 'new'}")
            return
        inner = f"{at} [not]"
        for found in self._between(Part(was.value, inner), Part(now.value, inner), described=False):
            yield found._replace(kind=FLIPPED.get(found.kind, found.kind))


def view(part: Part, document: dict[str, Any], kept: str = "") -> View:
    """Return a schema with what it refers to merged into it, unless that says otherwise of the same keyword.

    Alternatives of which there is only one are merged too, but for those of the keyword `kept`.
    """
    if not is_object(part.value):
        return {} if part.value is True else {"not": Part({}, part.place)}
    if set(part.value) == {"$ref"}:
        name = part.value["$ref"].removeprefix(SCHEMAS)
        return view(Part(document["components"]["schemas"][name], name), document, kept)
    own = {keyword: Part(value, part.place) for keyword, value in part.value.items() if keyword != "$ref"}
    merged = [Part({"$ref": part.value["$ref"]}, part.place)] if "$ref" in part.value else []
    single = [
        word for word in ("allOf", "anyOf", "oneOf") if word != kept and word in own and len(own[word].value) == 1
    ]
    merged += [Part(own.pop(keyword).value[0], part.place) for keyword in single]
    for target in merged:
        inner = view(target, document)
        if any(k in own and own[k].value != inner[k].value for k in inner if k not in ANNOTATIONS):
            own["allOf"] = Part([*(_value(own, "allOf") or []), target.value], part.place)
        else:
            own = {**inner, **own}
    return {keyword: found for keyword, found in own.items() if keyword not in ("then", "else") or "if" in own}


def _with_alternatives(keyword: str, part: Part, other: View, document: dict[str, Any]) -> View:
    """Return a schema without alternatives as one that has a single one: what the other side does not say itself."""
    found = view(part, document, kept=keyword)
    own = [name for name in found if name not in ANNOTATIONS and name not in other and not name.startswith("x-")]
    alone = {name: found[name].value for name in own}
    if keyword in found or not alone:
        return found
    whole = Part([alone], found[next(iter(alone))].place)
    return {name: value for name, value in found.items() if name not in alone} | {keyword: whole}


def _pairs(
    old: list[Any], new: list[Any], old_document: dict[str, Any], new_document: dict[str, Any]
) -> list[tuple[Any, Any]]:
    """Return which of two lists of schemas are to be compared with each other."""
    left, right = list(old), list(new)
    pairs: list[tuple[Any, Any]] = []

    def pair(key: Callable[[Any, dict[str, Any]], Any]) -> None:
        for one in list(left):
            wanted = key(one, old_document)
            other = next((other for other in right if wanted is not None and key(other, new_document) == wanted), None)
            if other is not None:
                pairs.append((one, other))
                left.remove(one)
                right.remove(other)

    pair(lambda schema, _: canonical(schema))
    pair(_tag)
    pair(lambda schema, _: schema.get("$ref") if is_object(schema) else None)
    pair(_untagged_type)
    if len(left) == len(right):
        pairs += [
            (a, b) for a, b in zip(left, right, strict=True) if _tag(a, old_document) is _tag(b, new_document) is None
        ]
    return pairs


def _tag(schema: Any, document: dict[str, Any]) -> str | None:
    """Return the constant fields of a schema, by which a variant is told from others."""
    properties = _value(view(Part(schema, ""), document), "properties")
    if not is_object(properties):
        return None
    tags = {name: field["const"] for name, field in properties.items() if is_object(field) and "const" in field}
    return canonical(tags) if tags else None


def _untagged_type(schema: Any, document: dict[str, Any]) -> str | None:
    if _tag(schema, document):
        return None
    return canonical(_value(view(Part(schema, ""), document), "type"))


def _name(schema: Any, document: dict[str, Any]) -> str:
    if is_object(schema) and "$ref" in schema:
        return str(schema["$ref"]).removeprefix(SCHEMAS)
    shown = _value(view(Part(schema, ""), document), "type")
    return str(shown) if isinstance(shown, str) else canonical(schema)


def _value(schema: View, keyword: str) -> Any:
    return schema[keyword].value if keyword in schema else None


def _place(keywords: tuple[str, ...], *schemas: View) -> str:
    """Return where the first of some keywords stands; empty if there is none."""
    return next((schema[name].place for schema in schemas for name in keywords if name in schema), "")


def _value_changes(before: View, after: View) -> Iterator[Found]:
    """Yield what changed of a closed list of values; `const` is a list of one."""
    old, new = _values(before), _values(after)
    place = _place(("enum", "const"), after, before)
    if old is None and new is not None:
        yield Found("tighter", place, f"is limited to {', '.join(new)}")
    elif old is not None and new is None:
        yield Found("looser", place, f"is no longer limited to {', '.join(old)}")
    elif old is not None and new is not None:
        yield from (Found("tighter", place, f"can no longer be {value}") for value in old if value not in new)
        yield from (Found("looser", place, f"can now be {value}") for value in new if value not in old)


def _values(schema: View) -> list[str] | None:
    if "const" in schema:
        return [canonical(schema["const"].value)]
    return [canonical(value) for value in schema["enum"].value] if "enum" in schema else None


def _required_changes(before: View, after: View, *, described: bool) -> Iterator[Found]:
    old: list[str] = _value(before, "required") or []
    new: list[str] = _value(after, "required") or []
    place = _place(("required",), after, before)
    fields = [set[str](_value(schema, "properties") or ()) for schema in (before, after)]
    known = fields[0] ^ fields[1] if described else set[str]()  # of these, it has been said
    for name in sorted({*old} ^ {*new}):
        if name not in known:
            kind: Kind = "tighter" if name in new else "looser"
            yield Found(kind, f"{place}.{name}", "is required now" if name in new else "is no longer required")
