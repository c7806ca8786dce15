"""Compares two bundled contracts, and rates whether each change breaks clients written for the old one.

The rating depends on who sends a value. For requests, accepting less is breaking; for responses, returning more is.
Callbacks are the other way round: EvoLink sends the request, and the client responds. Unknown keywords count as
breaking, so that no change goes unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from bundle import is_object
from changes.keywords import Effect, canonical, unrated
from changes.schemas import Difference, SchemaComparison

Rating = Literal["breaking", "compatible", "documentation"]
RATINGS: tuple[Rating, ...] = ("breaking", "compatible", "documentation")
"""All ratings, the worst first."""

RATINGS_OF_SENT: dict[Effect, Rating] = {
    "tighter": "breaking", "looser": "compatible", "changed": "breaking", "unknown": "breaking", "worse": "breaking",
    "better": "compatible", "default": "breaking", "documentation": "documentation",
}  # fmt: skip
"""Ratings of the values that clients send."""
RATINGS_OF_RECEIVED: dict[Effect, Rating] = {
    **RATINGS_OF_SENT, "tighter": "compatible", "looser": "breaking", "default": "documentation",
}  # fmt: skip
"""Ratings of the values that clients receive."""

DOCUMENTATION = {
    "deprecated", "description", "example", "examples", "externalDocs", "summary", "tags", "x-contested", "x-edition",
    "x-family", "x-fields", "x-inferred",
}  # fmt: skip
"""Keys that only inform human readers."""
NO_CREDENTIALS = "[]"
"""The canonical form of a security alternative that needs no credentials."""
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
MAX_VALUE_LENGTH = 60  # characters of an unrated value


@dataclass(frozen=True)
class Use:
    """An operation that uses a changed part of the contract.

    Attributes:
        operation: The name of the operation.
        sent: True if clients send the part, False if they receive it.
    """

    operation: str
    sent: bool


@dataclass(frozen=True)
class Change:
    """A rated change.

    Attributes:
        place: The part of the contract, for example `Wan25ImageToVideo.prompt`.
        text: What changed there.
        rating: The worst rating for any use of the part.
        uses: The uses with that rating. Uses that `place` names already are left out.
    """

    place: str
    text: str
    rating: Rating
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class _Context:
    """The part of the contract that is being compared.

    Attributes:
        place: The place to report.
        operation: The name of the operation around it, or an empty string.
        sent: True if clients send the part, False if they receive it.
        callback: Whether the operation is a callback.
    """

    place: str
    operation: str = ""
    sent: bool = True
    callback: bool = False

    def __truediv__(self, part: str) -> _Context:
        return replace(self, place=f"{self.place} {part}".strip())


def compare_contracts(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Compare two valid bundled contracts.

    Returns:
        The changes, each once, with the breaking changes first.
    """
    ratings: dict[tuple[str, str], dict[Rating, dict[Use, None]]] = {}
    for difference, context in _Comparison(old, new).document():
        rating = (RATINGS_OF_SENT if context.sent else RATINGS_OF_RECEIVED)[difference.effect]
        uses = ratings.setdefault((difference.place, difference.text), {}).setdefault(rating, {})
        if context.operation not in ("", difference.place.partition(" ")[0]):  # else the place names the operation
            uses[Use(context.operation, context.sent)] = None
    result: list[Change] = []
    for (place, text), uses_by_rating in ratings.items():
        rating = min(uses_by_rating, key=RATINGS.index)
        result.append(Change(place, text, rating, tuple(uses_by_rating[rating])))
    return sorted(result, key=lambda change: RATINGS.index(change.rating))


Differences = Iterator[tuple[Difference, _Context]]
Comparer = Callable[[Any, Any, _Context], Differences]
"""Takes the old and the new value of a member, None if it is absent, and yields the differences."""


class _Comparison:
    """Walks two contracts side by side. Each method yields the differences in one kind of part."""

    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self._old = old
        self._new = new
        self._schemas = SchemaComparison(old, new)

    def document(self) -> Differences:
        """Yield the differences in the whole contract."""
        yield from _compare_members(
            self._old, self._new, _Context("contract"),
            {
                "openapi": _documentation("openapi"),
                "info": _documentation_of_members(ignored="version"),  # announces changes, and is not rated itself
                "paths": self._paths,
                "components": self._components,
                "x-extensions": _documentation("x-extensions"),
                "servers": _skip,  # each operation compares these two
                "security": _skip,
            },
        )  # fmt: skip

    def _components(self, old: Any, new: Any, context: _Context) -> Differences:
        """Yield the differences in those kinds of components that operations do not use."""
        used = ("schemas", "responses", "parameters", "headers", "requestBodies", "securitySchemes")
        yield from _compare_members(old, new, context / "components", dict.fromkeys(used, _skip))

    def _paths(self, old: Any, new: Any, _: _Context) -> Differences:
        before, after = (
            {_without_names(path): (path, item) for path, item in _object(paths).items()} for paths in (old, new)
        )
        for key in {**before, **after}:
            yield from self._path(before.get(key, ("", {})), after.get(key, ("", {})), _Context(""))

    def _path(self, old: tuple[str, Any], new: tuple[str, Any], context: _Context) -> Differences:
        path, old_item, new_item = new[0] or old[0], _object(old[1]), _object(new[1])
        for method in [key for key in {**old_item, **new_item} if key in METHODS]:
            before, after = _with_inherited(old_item, method), _with_inherited(new_item, method)
            name = f"{method.upper()} {path}"
            title = str((after or before or {}).get("operationId", name))
            inner = _Context(title, title, not context.callback, context.callback)
            if before is None or after is None:
                yield from _added_or_removed(before, after, inner, f"{name} ")
            else:
                yield from self._operation((old[0], before), (new[0], after), inner)
        skipped = dict.fromkeys((*METHODS, "parameters", "servers"), _skip)
        yield from _compare_members(old_item, new_item, context / path, skipped)

    def _operation(
        self, old: tuple[str, dict[str, Any]], new: tuple[str, dict[str, Any]], context: _Context
    ) -> Differences:
        before, after = old[1], new[1]
        if not context.callback:
            yield from self._servers(before, after, context)
        yield from self._security(before, after, context)
        yield from self._parameters(old, new, context)
        yield from _compare_members(
            before, after, context,
            {
                "operationId": _renamed,
                "requestBody": self._request_body,
                "responses": self._responses,
                "callbacks": self._callbacks,
                "parameters": _skip,
                "servers": _skip,
                "security": _skip,
            },
        )  # fmt: skip

    def _servers(self, old: dict[str, Any], new: dict[str, Any], context: _Context) -> Differences:
        before, after = (
            {str(server.get("url")): server for server in operation.get("servers", document.get("servers", []))}
            for operation, document in ((old, self._old), (new, self._new))
        )
        place = f"{context.place} servers" if "servers" in {**old, **new} else "servers"
        for url in {**before, **after}:
            if url not in after:
                yield Difference("worse", place, f"{url} removed"), context
            elif url not in before:
                yield Difference("better", place, f"{url} added"), context
            else:
                yield from _compare_members(before[url], after[url], context / "servers", {})

    def _security(self, old: dict[str, Any], new: dict[str, Any], context: _Context) -> Differences:
        before, after = (
            {canonical(_schemes(alternative, document)): " and ".join(alternative) for alternative in alternatives}
            for operation, document in ((old, self._old), (new, self._new))
            for alternatives in [_alternatives(operation, document)]
        )
        place = f"{context.place} security" if "security" in {**old, **new} else "security"
        for key in {**before, **after}:
            if key not in after and NO_CREDENTIALS not in after:
                text = f"no longer accepts {_credentials(before[key], 'old')}"
                yield Difference("tighter", place, text), context
            elif key not in before:
                yield Difference("looser", place, f"now accepts {_credentials(after[key], 'new')}"), context

    def _parameters(
        self, old: tuple[str, dict[str, Any]], new: tuple[str, dict[str, Any]], context: _Context
    ) -> Differences:
        before, after = (
            {_parameter_key(parameter, path): parameter for parameter in _parameters(operation, document)}
            for (path, operation), document in ((old, self._old), (new, self._new))
        )
        comparers = {"name": _documentation("name"), "required": _required, "schema": self._schema}
        for key in {**before, **after}:
            old_one, new_one = before.get(key), after.get(key)
            either: dict[str, Any] = new_one or old_one or {}
            inner = context / f"{either.get('in')} parameter {either.get('name')}"
            if old_one is None or new_one is None:
                yield from _added_or_removed(old_one, new_one, inner, may_be_required=True)
            else:
                yield from _compare_members(old_one, new_one, inner, comparers)

    def _request_body(self, old: Any, new: Any, context: _Context) -> Differences:
        inner = context / "body"
        before, after = _resolved(old, self._old), _resolved(new, self._new)
        if before is None or after is None:
            yield from _added_or_removed(before, after, inner, may_be_required=True)
        else:
            yield from _compare_members(before, after, inner, {"required": _required, "content": self._content})

    def _responses(self, old: Any, new: Any, context: _Context) -> Differences:
        responses = replace(context, sent=not context.sent)
        before, after = _object(old), _object(new)
        for status in {**before, **after}:
            old_response, new_response = _response_for(before, status), _response_for(after, status)
            inner = responses / status
            if old_response is not None and new_response is not None:
                yield from self._response(old_response, new_response, inner)
            elif inner.callback:  # the client sends this response
                added = old_response is None
                text = f"{'now' if added else 'no longer'} an accepted response"
                yield Difference("looser" if added else "tighter", inner.place, text), inner
            elif old_response is None and not status.startswith(("4", "5")):
                yield Difference("looser", inner.place, "added"), inner
            else:  # HTTP clients treat an unknown error status like the first of its class
                yield from _added_or_removed(old_response, new_response, inner)

    def _response(self, old: Any, new: Any, context: _Context) -> Differences:
        before, after = _resolved(old, self._old), _resolved(new, self._new)
        if is_object(new) and "$ref" in new:
            context = replace(context, place=str(new["$ref"]).rpartition("/")[2])
        comparers = {"content": self._content, "headers": self._headers, "links": self._links}
        yield from _compare_members(before, after, context, comparers)

    def _content(self, old: Any, new: Any, context: _Context) -> Differences:
        for media_type, before, after in _entries(old, new):
            if before is None or after is None:
                yield from _added_or_removed(before, after, context, f"{media_type} ")
            else:
                yield from _compare_members(before, after, context, {"schema": self._schema})

    def _headers(self, old: Any, new: Any, context: _Context) -> Differences:
        for name, old_header, new_header in _entries(old, new):
            inner = context / f"header {name}"
            before, after = _resolved(old_header, self._old), _resolved(new_header, self._new)
            if before is None or after is None:
                yield from _added_or_removed(before, after, inner)
            else:
                yield from _compare_members(before, after, inner, {"required": _required, "schema": self._schema})

    def _links(self, old: Any, new: Any, context: _Context) -> Differences:
        for name, before, after in _entries(old, new):
            inner = context / f"link {name}"
            if before is None or after is None:
                yield from _added_or_removed(before, after, inner)
            else:
                yield from _compare_members(before, after, inner, {"operationId": self._link_target})

    def _link_target(self, old: Any, new: Any, context: _Context) -> Differences:
        if _paths_of(old, self._old) != _paths_of(new, self._new):
            yield Difference("unknown", context.place, f"target changed from {old} to {new}"), context

    def _callbacks(self, old: Any, new: Any, context: _Context) -> Differences:
        callbacks = replace(context, sent=False, callback=True)
        for name, before, after in _entries(old, new):
            inner = callbacks / f"callback {name}"
            if before is None or after is None:
                yield from _added_or_removed(before, after, inner)
                continue
            for url, old_item, new_item in _entries(before, after):
                if old_item is None or new_item is None:
                    yield from _added_or_removed(old_item, new_item, inner, f"{url} ")
                else:
                    yield from self._path((url, old_item), (url, new_item), inner)

    def _schema(self, old: Any, new: Any, context: _Context) -> Differences:
        before, after = (True if schema is None else schema for schema in (old, new))
        for difference in self._schemas.compare(before, after, context.place):
            yield difference, context


# --- comparers for any kind of part


def _object(node: Any) -> dict[str, Any]:
    """Return `node`, or an empty object if it is absent."""
    return node if is_object(node) else {}


def _entries(old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield every key of two objects, with its old and its new value. An absent value is None."""
    before, after = _object(old), _object(new)
    for key in {**before, **after}:
        yield key, before.get(key), after.get(key)


def _compare_members(old: Any, new: Any, context: _Context, comparers: Mapping[str, Comparer]) -> Differences:
    """Compare the members of two objects by `comparers`. Changes of unknown members are reported as unrated."""
    for key, before, after in _entries(old, new):
        if key in comparers:
            yield from comparers[key](before, after, context)
        elif key in DOCUMENTATION:
            yield from _documentation(key)(before, after, context)
        elif canonical(before) != canonical(after):
            yield Difference("unknown", context.place, unrated(key, before, after, MAX_VALUE_LENGTH)), context


def _documentation_of_members(ignored: str) -> Comparer:
    """Make a comparer that reports every changed member as documentation, except `ignored`."""

    def compare(old: Any, new: Any, context: _Context) -> Differences:
        for key, before, after in _entries(old, new):
            if before != after and key != ignored:
                yield Difference("documentation", context.place, key), context

    return compare


def _documentation(key: str) -> Comparer:
    """Make a comparer that reports a change as documentation."""

    def compare(old: Any, new: Any, context: _Context) -> Differences:
        if old != new:
            yield Difference("documentation", context.place, key), context

    return compare


def _skip(*_: Any) -> Differences:
    """Report nothing, because another method compares this member."""
    yield from ()


def _added_or_removed(
    old: Any, new: Any, context: _Context, name: str = "", *, may_be_required: bool = False
) -> Differences:
    """Report that a part was added or removed.

    Args:
        old: The old part, or None.
        new: The new part, or None.
        context: Where the part is.
        name: The name of the part, followed by a space. It is empty if the place ends with the name.
        may_be_required: Whether the part has a member `required`. Adding a required part is breaking.
    """
    if new is None:
        yield Difference("worse", context.place, f"{name}removed"), context
    elif old is None:
        required = may_be_required and bool(new.get("required"))
        text = f"{name}added{' (required)' if required else ''}"
        yield Difference("tighter" if required else "better", context.place, text), context


def _required(old: Any, new: Any, context: _Context) -> Differences:
    if bool(old) != bool(new):
        text = f"{'now' if new else 'no longer'} required"
        yield Difference("tighter" if new else "looser", context.place, text), context


def _renamed(old: Any, new: Any, context: _Context) -> Differences:
    if old != new:
        text = f"renamed from {old}; this renames a function in generated clients"
        yield Difference("better", context.place, text), context


# --- reading a contract


def _with_inherited(item: dict[str, Any], method: str) -> dict[str, Any] | None:
    """Return an operation with the servers and parameters of its path. None if the path does not have the method."""
    if method not in item:
        return None
    operation: dict[str, Any] = item[method]
    inherited = {key: item[key] for key in ("servers",) if key in item} | operation
    if "parameters" in item:
        inherited["parameters"] = [*item["parameters"], *operation.get("parameters", [])]
    return inherited


def _resolved(node: Any, document: dict[str, Any]) -> Any:
    """Follow references to components. Any other value is returned unchanged."""
    while is_object(node) and isinstance(node.get("$ref"), str):
        target: Any = document
        for token in node["$ref"].split("/")[1:]:
            target = target[token]
        node = target
    return node


def _parameters(operation: dict[str, Any], document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return [_resolved(parameter, document) for parameter in operation.get("parameters", [])]


def _parameter_key(parameter: dict[str, Any], path: str) -> tuple[str, Any]:
    """Return the key of a parameter: its `in`, and its position in the path or else its name."""
    name = str(parameter.get("name"))
    names = re.findall(r"\{([^}]*)\}", path)
    inside = parameter.get("in") == "path" and name in names
    return str(parameter.get("in")), names.index(name) if inside else name


def _alternatives(operation: dict[str, Any], document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the security alternatives of an operation. An empty alternative needs no credentials."""
    return operation.get("security", document.get("security")) or [{}]


def _schemes(alternative: dict[str, Any], document: dict[str, Any]) -> list[Any]:
    """Return the definitions of the schemes in a security alternative, so that renaming a scheme is not a change."""
    schemes = document.get("components", {}).get("securitySchemes", {})
    definitions = [
        [
            {
                key: value
                for key, value in _resolved(schemes.get(name, {}), document).items()
                if key not in DOCUMENTATION
            },
            scopes,
        ]
        for name, scopes in alternative.items()
    ]
    return sorted(definitions, key=canonical)


def _credentials(names: str, version: str) -> str:
    """Say which credentials a security alternative needs. `version` is the contract that defines the schemes."""
    return f"{names} as the {version} contract defines it" if names else "requests without credentials"


def _response_for(responses: dict[str, Any], status: str) -> Any:
    """Return the response documented for a status or for its class, such as `2XX`. None if neither is documented."""
    return responses.get(status, responses.get(f"{status[:1]}XX"))


def _without_names(path: str) -> str:
    """Remove the names of parameters from a path: they are never sent."""
    return re.sub(r"{[^}]*}", "{}", path)


def _paths_of(operation_id: Any, document: dict[str, Any]) -> list[str]:
    """Return the method and path of each operation with this id."""
    return [
        f"{method} {_without_names(path)}"
        for path, item in document.get("paths", {}).items()
        for method, operation in item.items()
        if is_object(operation) and operation.get("operationId") == operation_id
    ]
