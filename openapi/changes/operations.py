"""What changed between two bundled contracts, and whether it breaks those who wrote a client against the old one.

Who sends a value decides: of what callers send, less is breaking; of what they get, more is. In callbacks the sides are
swapped. Of whatever is not known here, every change is breaking, so that none passes unseen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from bundle import is_object
from changes.keywords import Kind, canonical
from changes.schemas import Found, Schemas

Rating = Literal["breaking", "compatible", "documentation"]
RATINGS: tuple[Rating, ...] = ("breaking", "compatible", "documentation")

SENT: dict[Kind, Rating] = {
    "tighter": "breaking", "looser": "compatible", "unclear": "breaking", "worse": "breaking", "better": "compatible",
    "assumed": "breaking", "said": "documentation",
}  # fmt: skip
"""How a change is rated of what callers send."""
GOT: dict[Kind, Rating] = {**SENT, "tighter": "compatible", "looser": "breaking", "assumed": "documentation"}
"""How a change is rated of what callers get."""

SAID = {
    "deprecated", "description", "example", "examples", "externalDocs", "summary", "tags", "x-contested", "x-edition",
    "x-inferred",
}  # fmt: skip
"""What is only said to people."""
NO_KEY = "[]"
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


@dataclass(frozen=True)
class Use:
    """Where a changed part is used.

    Attributes:
        operation: its name.
        sent: whether callers send the part, or get it.
    """

    operation: str
    sent: bool


@dataclass(frozen=True)
class Change:
    """A change, and what it is to callers.

    Attributes:
        place: the part of the contract, in words.
        what: what is different, in words.
        rating: the worst for any of its uses.
        uses: those that it is rated so for; none where the place says it already.
    """

    place: str
    what: str
    rating: Rating
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class _At:
    """Where a comparison stands: in words, in which operation, and who sends what is there."""

    place: str
    operation: str = ""
    sent: bool = True
    callback: bool = False

    def __truediv__(self, part: str) -> _At:
        return _At(f"{self.place} {part}".strip(), self.operation, self.sent, self.callback)


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Return what changed between two bundled contracts that are valid: what breaks first, each change once."""
    noted: dict[tuple[str, str], dict[Rating, dict[Use, None]]] = {}
    for found, at in _Comparison(old, new).document():
        rating = (SENT if at.sent else GOT)[found.kind]
        uses = noted.setdefault((found.place, found.what), {}).setdefault(rating, {})
        if at.operation not in ("", found.place.partition(" ")[0]):  # which says it already
            uses[Use(at.operation, at.sent)] = None
    result: list[Change] = []
    for (place, what), ratings in noted.items():
        rating = min(ratings, key=RATINGS.index)
        result.append(Change(place, what, rating, tuple(ratings[rating])))
    return sorted(result, key=lambda change: RATINGS.index(change.rating))


Noted = Iterator[tuple[Found, _At]]
Comparer = Callable[[Any, Any, _At], Noted]
"""Yields what changed of a member; None where it was, or is, absent."""


class _Comparison:
    """Goes through two contracts side by side; every method yields what changed in one kind of part."""

    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self._old = old
        self._new = new
        self._schemas = Schemas(old, new)

    def document(self) -> Noted:
        """Yield what changed in the whole contract."""
        yield from _members(
            self._old, self._new, _At("contract"),
            {
                "openapi": _said("openapi"),
                "info": _members_said("version"),  # which is to be changed
                "paths": self._paths,
                "components": self._components,
                "x-extensions": _said("x-extensions"),
                "servers": _passed,  # compared where it is used, as is the next
                "security": _passed,
            },
        )  # fmt: skip

    def _components(self, old: Any, new: Any, at: _At) -> Noted:
        """Yield changes of kinds of components that are not compared where they are used."""
        used = ("schemas", "responses", "parameters", "headers", "requestBodies", "securitySchemes")
        yield from _members(old, new, at / "components", dict.fromkeys(used, _passed))

    def _paths(self, old: Any, new: Any, _: _At) -> Noted:
        before, after = ({_nameless(path): (path, item) for path, item in _map(paths).items()} for paths in (old, new))
        for key in {**before, **after}:
            yield from self._path(before.get(key, ("", {})), after.get(key, ("", {})), _At(""))

    def _path(self, was: tuple[str, Any], now: tuple[str, Any], at: _At) -> Noted:
        old, new = _map(was[1]), _map(now[1])
        for method in [key for key in {**old, **new} if key in METHODS]:
            one, other = _inheriting(old, method), _inheriting(new, method)
            name = f"{method.upper()} {now[0] or was[0]}"
            title = str((other or one or {}).get("operationId", name))
            inner = _At(title, title, not at.callback, at.callback)
            if one is None or other is None:
                yield from _come_or_gone(one, other, inner, f"{name} ")
            else:
                yield from self._operation((was[0], one), (now[0], other), inner)
        passed = dict.fromkeys((*METHODS, "parameters", "servers"), _passed)
        yield from _members(old, new, at / (now[0] or was[0]), passed)

    def _operation(self, was: tuple[str, dict[str, Any]], now: tuple[str, dict[str, Any]], at: _At) -> Noted:
        old, new = was[1], now[1]
        if not at.callback:
            yield from self._servers(old, new, at)
        yield from self._security(old, new, at)
        yield from self._parameters(was, now, at)
        yield from _members(
            old, new, at,
            {
                "operationId": _renamed,
                "requestBody": self._request_body,
                "responses": self._responses,
                "callbacks": self._callbacks,
                "parameters": _passed,
                "servers": _passed,
                "security": _passed,
            },
        )  # fmt: skip

    def _servers(self, old: dict[str, Any], new: dict[str, Any], at: _At) -> Noted:
        before, after = (
            {str(server.get("url")): server for server in operation.get("servers", document.get("servers", []))}
            for operation, document in ((old, self._old), (new, self._new))
        )
        place = f"{at.place} servers" if "servers" in {**old, **new} else "servers"
        for url in {**before, **after}:
            if url not in after:
                yield Found("worse", place, f"{url} is gone"), at
            elif url not in before:
                yield Found("better", place, f"{url} is new"), at
            else:
                yield from _members(before[url], after[url], at / "servers", {})

    def _security(self, old: dict[str, Any], new: dict[str, Any], at: _At) -> Noted:
        before, after = (
            {canonical(_scheme(alternative, document)): " and ".join(alternative) or "no key" for alternative in found}
            for operation, document in ((old, self._old), (new, self._new))
            for found in [_alternatives(operation, document)]
        )
        place = f"{at.place} security" if "security" in {**old, **new} else "security"
        for key in {**before, **after}:
            if key not in after and NO_KEY not in after:
                yield Found("tighter", place, f"{before[key]}, as it was, is no longer enough"), at
            elif key not in before:
                yield Found("looser", place, f"{after[key]}, as it is now, is enough"), at

    def _parameters(self, was: tuple[str, dict[str, Any]], now: tuple[str, dict[str, Any]], at: _At) -> Noted:
        before, after = (
            {_parameter_key(parameter, path): parameter for parameter in _parameters(operation, document)}
            for (path, operation), document in ((was, self._old), (now, self._new))
        )
        comparers = {"name": _said("name"), "required": _required, "schema": self._schema}
        for key in {**before, **after}:
            old, new = before.get(key), after.get(key)
            shown: dict[str, Any] = new or old or {}
            inner = at / f"{shown.get('in')} parameter {shown.get('name')}"
            if old is None or new is None:
                yield from _come_or_gone(old, new, inner, demanded=True)
            else:
                yield from _members(old, new, inner, comparers)

    def _request_body(self, was: Any, now: Any, outer: _At) -> Noted:
        at = outer / "body"
        old, new = _resolved(was, self._old), _resolved(now, self._new)
        if old is None or new is None:
            yield from _come_or_gone(old, new, at, demanded=True)
        else:
            yield from _members(old, new, at, {"required": _required, "content": self._content})

    def _responses(self, old: Any, new: Any, outer: _At) -> Noted:
        at = _At(outer.place, outer.operation, not outer.sent, outer.callback)
        before, after = _map(old), _map(new)
        for status in {**before, **after}:
            was, now = _answer(before, status), _answer(after, status)
            inner = at / status
            if was is not None and now is not None:
                yield from self._response(was, now, inner)
            elif at.callback:  # what a receiver may answer
                kind: Kind = "looser" if was is None else "tighter"
                yield Found(kind, inner.place, f"is {'now' if was is None else 'no longer'} an answer to give"), inner
            elif was is None and not status.startswith(("4", "5")):
                yield Found("looser", inner.place, "is new"), inner
            else:  # HTTP has every client treat an error that it does not know as the first of its class
                yield from _come_or_gone(was, now, inner)

    def _response(self, was: Any, now: Any, at: _At) -> Noted:
        old, new = _resolved(was, self._old), _resolved(now, self._new)
        if is_object(now) and "$ref" in now:
            at = replace(at, place=str(now["$ref"]).rpartition("/")[2])
        yield from _members(old, new, at, {"content": self._content, "headers": self._headers, "links": self._links})

    def _content(self, old: Any, new: Any, at: _At) -> Noted:
        for media_type, was, now in _entries(old, new):
            if was is None or now is None:
                yield from _come_or_gone(was, now, at, f"{media_type} ")
            else:
                yield from _members(was, now, at, {"schema": self._schema})

    def _headers(self, old: Any, new: Any, at: _At) -> Noted:
        for name, one, other in _entries(old, new):
            was, now = _resolved(one, self._old), _resolved(other, self._new)
            if was is None or now is None:
                yield from _come_or_gone(was, now, at / f"header {name}")
            else:
                yield from _members(was, now, at / f"header {name}", {"required": _required, "schema": self._schema})

    def _links(self, old: Any, new: Any, at: _At) -> Noted:
        for name, was, now in _entries(old, new):
            if was is None or now is None:
                yield from _come_or_gone(was, now, at / f"link {name}")
            else:
                yield from _members(was, now, at / f"link {name}", {"operationId": self._linked})

    def _linked(self, old: Any, new: Any, at: _At) -> Noted:
        if _path_of(old, self._old) != _path_of(new, self._new):
            yield Found("unclear", at.place, f"leads to {new}, led to {old}"), at

    def _callbacks(self, old: Any, new: Any, outer: _At) -> Noted:
        at = replace(outer, sent=False, callback=True)
        for name, was, now in _entries(old, new):
            inner = at / f"callback {name}"
            if was is None or now is None:
                yield from _come_or_gone(was, now, inner)
                continue
            for url, one, other in _entries(was, now):
                if one is None or other is None:
                    yield from _come_or_gone(one, other, inner, f"{url} ")
                else:
                    yield from self._path((url, one), (url, other), inner)

    def _schema(self, old: Any, new: Any, at: _At) -> Noted:
        for found in self._schemas.between(True if old is None else old, True if new is None else new, at.place):
            yield found, at


# --- what is alike everywhere


def _map(node: Any) -> dict[str, Any]:
    """Return an object; an empty one for what is absent."""
    return node if is_object(node) else {}


def _entries(old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield every name in two maps, and what each has under it; None for what is absent."""
    before, after = _map(old), _map(new)
    for name in {**before, **after}:
        yield name, before.get(name), after.get(name)


def _members(old: Any, new: Any, at: _At, comparers: dict[str, Comparer]) -> Noted:
    """Yield what changed of the members of two objects: as told, or said to people, or of unknown weight."""
    for key, was, now in _entries(old, new):
        if key in comparers:
            yield from comparers[key](was, now, at)
        elif key in SAID:
            yield from _said(key)(was, now, at)
        elif canonical(was) != canonical(now):
            shown = " to ".join(f"{text[:60]}..." if len(text) > 60 else text for text in map(canonical, (was, now)))
            yield Found("unclear", at.place, f"unrated: {key} changed from {shown}"), at


def _members_said(but: str) -> Comparer:
    def compare(old: Any, new: Any, at: _At) -> Noted:
        for key, was, now in _entries(old, new):
            if was != now and key != but:
                yield Found("said", at.place, key), at

    return compare


def _said(key: str) -> Comparer:
    def compare(old: Any, new: Any, at: _At) -> Noted:
        if old != new:
            yield Found("said", at.place, key), at

    return compare


def _passed(*_: Any) -> Noted:
    yield from ()


def _come_or_gone(was: Any, now: Any, at: _At, what: str = "", *, demanded: bool = False) -> Noted:
    """Yield that something is new, or gone; `demanded` says that it may be something that callers must send."""
    if now is None:
        yield Found("worse", at.place, f"{what}is gone"), at
    elif was is None:
        required = demanded and now.get("required")
        yield (
            Found("tighter" if required else "better", at.place, f"{what}is new{', and required' * bool(required)}"),
            at,
        )


def _required(old: Any, new: Any, at: _At) -> Noted:
    if bool(old) != bool(new):
        yield Found("tighter" if new else "looser", at.place, f"is {'now' if new else 'no longer'} required"), at


def _renamed(old: Any, new: Any, at: _At) -> Noted:
    if old != new:
        what = f"was called {old}; clients generated from the contract rename a function"
        yield Found("better", at.place, what), at


# --- what is meant by what is written


def _inheriting(item: dict[str, Any], method: str) -> dict[str, Any] | None:
    """Return an operation with what it inherits from its path, if there is one."""
    if method not in item:
        return None
    operation: dict[str, Any] = item[method]
    inherited = {key: item[key] for key in ("servers",) if key in item} | operation
    if "parameters" in item:
        inherited["parameters"] = [*item["parameters"], *operation.get("parameters", [])]
    return inherited


def _resolved(node: Any, document: dict[str, Any]) -> Any:
    """Return what a reference to a component leads to; anything else as it is."""
    while is_object(node) and isinstance(node.get("$ref"), str):
        target: Any = document
        for token in node["$ref"].split("/")[1:]:
            target = target[token]
        node = target
    return node


def _parameters(operation: dict[str, Any], document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return [_resolved(parameter, document) for parameter in operation.get("parameters", [])]


def _parameter_key(parameter: dict[str, Any], path: str) -> tuple[str, Any]:
    """Return what tells a parameter from the others: one in a path by its place there, all others by their names."""
    name = str(parameter.get("name"))
    names = re.findall(r"\{([^}]*)\}", path)
    inside = parameter.get("in") == "path" and name in names
    return str(parameter.get("in")), names.index(name) if inside else name


def _alternatives(operation: dict[str, Any], document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what keys an operation is content with; an empty list stands for none."""
    return operation.get("security", document.get("security")) or [{}]


def _scheme(alternative: dict[str, Any], document: dict[str, Any]) -> list[Any]:
    """Return what an alternative of a `security` demands, by what the schemes are rather than what they are called."""
    schemes = document.get("components", {}).get("securitySchemes", {})
    demanded = [
        [{key: value for key, value in _resolved(schemes.get(name, {}), document).items() if key not in SAID}, scopes]
        for name, scopes in alternative.items()
    ]
    return sorted(demanded, key=canonical)


def _answer(responses: dict[str, Any], status: str) -> Any:
    """Return what documents a status, which may be its whole class."""
    return responses.get(status, responses.get(f"{status[:1]}XX"))


def _nameless(path: str) -> str:
    """Return a path without the names of its parameters, which nobody sends."""
    return re.sub(r"{[^}]*}", "{}", path)


def _path_of(operation_id: Any, document: dict[str, Any]) -> list[str]:
    return [
        f"{method} {_nameless(path)}"
        for path, item in document.get("paths", {}).items()
        for method, operation in item.items()
        if is_object(operation) and operation.get("operationId") == operation_id
    ]
