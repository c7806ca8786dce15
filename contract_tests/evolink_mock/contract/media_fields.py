"""The request fields of a model that name files: single URLs, lists and maps of URLs, at any depth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, cast


class Source(NamedTuple):
    """A file that a request names.

    Attributes:
        field: the dotted field with the `x-media`, for example `image_urls`.
        name: the place of the URL in the request, for example `image_urls[0]`.
        url: the URL.
        limits: the `x-media`.
    """

    field: str
    name: str
    url: str
    limits: dict[str, Any]


class MediaField(NamedTuple):
    """A field with an `x-media`.

    Attributes:
        path: the names that lead to the field; None stands for each item of a list and each value of a map.
        limits: the `x-media`.
    """

    path: tuple[str | None, ...]
    limits: dict[str, Any]

    def sources(self, request: dict[str, Any]) -> Iterator[Source]:
        """Yield the files that the field of a valid request names. A file in the request itself is left out."""
        if self.path[0] not in request:
            return
        field = ".".join(filter(None, self.path))
        for name, url in _values(request, self.path, ""):
            if url[:4].lower() == "http":
                yield Source(field, name, url, self.limits)


def media_fields(
    schema: dict[str, Any], schemas: dict[str, dict[str, Any]], path: tuple[str | None, ...] = ()
) -> Iterator[MediaField]:
    """Yield the fields with an `x-media` in the schema of a request.

    Args:
        schema: the schema.
        schemas: the schemas that references lead to, by their names.
        path: the path to the schema.
    """
    parts = [schema]
    for part in parts:
        if "$ref" in part:
            parts.append(schemas[part["$ref"].rpartition("/")[2]])
        parts += [*part.get("anyOf", ()), *part.get("oneOf", ()), *part.get("allOf", ())]
    limits = next((part["x-media"] for part in parts if "x-media" in part), None)
    if limits is not None:
        yield MediaField(path, limits)
        return
    for part in parts:
        for name, node in part.get("properties", {}).items():
            if isinstance(node, dict):  # false forbids a field
                yield from media_fields(cast("dict[str, Any]", node), schemas, (*path, name))
        for keyword in ("items", "additionalProperties"):
            inner: Any = part.get(keyword)
            if isinstance(inner, dict):
                yield from media_fields(cast("dict[str, Any]", inner), schemas, (*path, None))


def _values(value: Any, path: tuple[str | None, ...], name: str) -> Iterator[tuple[str, str]]:
    """Yield the place and the value of each text at a path, and of each text in a list or a map there."""
    if not path and isinstance(value, str):
        yield name, value
    elif path and path[0] is not None:
        if isinstance(value, dict) and path[0] in value:
            yield from _values(value[path[0]], path[1:], f"{name}.{path[0]}".lstrip("."))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[object]", value)):
            yield from _values(item, path[1:], f"{name}[{index}]")
    elif isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            yield from _values(item, path[1:], f"{name}.{key}")
