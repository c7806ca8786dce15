"""Convert the fields of a request in the contract to command-line options. New models need no change here."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from enum import Enum
from itertools import chain, count
from typing import Annotated, Any, Literal

import typer
from attrs import evolve, field, frozen

from evolink._contract import JSON, Contract
from evolink._json import parse_json
from evolink._media_fields import merged, span

MODEL = "model"
"""The field that selects the model. It is the name of the command, not an option."""

_TYPES: dict[str, type] = {"string": str, "integer": int, "number": float, "boolean": bool}
_BOUNDS = {"minimum": "min", "maximum": "max"}
_MIB = 1024 * 1024


@frozen(eq=False)
class Field:
    """A field of a request.

    Attributes:
        path: the names that lead to the field in the request.
        schema: its schema in the contract.
        items: the schema of each item; None unless the field is a list.
        required: whether every request needs it.
        option: the name of its option, without the dashes.
    """

    path: tuple[str, ...]
    schema: JSON
    items: JSON | None
    required: bool
    option: str = field(default="", kw_only=True)

    @property
    def name(self) -> str:
        """The name of the field in errors, for example `model_params.shot_type`."""
        return ".".join(self.path)

    @property
    def kind(self) -> str:
        """The type of the field in the contract; empty if there are several."""
        return _type(self.schema)

    @property
    def media(self) -> JSON:
        """The `x-media` of the field; empty if the field does not hold files."""
        limits: JSON = self.schema.get("x-media") or (self.items or {}).get("x-media") or {}
        return limits

    @property
    def takes_paths(self) -> bool:
        """Whether a value of its option is a file; false for a map of files, which is JSON."""
        return bool(self.media) and _type(self._value) in _TYPES

    @property
    def flags(self) -> str:
        """The declaration of the option, with dashes."""
        return f"--{self.option}/--no-{self.option}" if self._is_switch else f"--{self.option}"

    @property
    def _is_switch(self) -> bool:
        return self.items is None and _type(self.schema) == "boolean"

    @property
    def _value(self) -> JSON:
        return self.schema if self.items is None else self.items

    @property
    def _choices(self) -> list[Any]:
        """The allowed values; empty if they are not limited, or if editions of the documentation disagree on them."""
        values: list[Any] = [self._value["const"]] if "const" in self._value else _certain(self._value, "enum") or []
        return values if all(isinstance(value, str | int) for value in values) else []

    def annotation(self) -> Any:
        """Return the annotation for Typer: the type of the parameter and its option."""
        return Annotated[self._parameter_type() | None, self._option()]

    def _parameter_type(self) -> Any:
        if self._choices and self.items is not None:
            return list[Enum("Choice", {f"choice_{i}": value for i, value in enumerate(self._choices)})]  # type: ignore[misc]
        if self._choices:
            return Literal[tuple(self._choices)]
        kind = _TYPES.get(_type(self._value), str)
        return kind if self.items is None else list[kind]  # type: ignore[valid-type]

    def _option(self) -> Any:
        details: dict[str, Any] = {"help": escape(self.help()), "rich_help_panel": "Request", "show_default": False}
        kind = _type(self._value)
        if kind not in _TYPES:
            details |= {"metavar": "JSON", "parser": json_option}
        elif self.takes_paths:
            details["metavar"] = "PATH_OR_URL"
        elif kind == "string" and self._value.get("format") == "uri":
            details["metavar"] = "URL"
        shown = self._limits_in_type()
        details |= {name: self._value[keyword] for keyword, name in _BOUNDS.items() if keyword in shown}
        return typer.Option(self.flags, **details)

    def _limits_in_type(self) -> set[str]:
        """Return the keywords that the type of the option enforces, so that Typer shows them in the help."""
        if self._choices:
            return {"enum"}
        is_number = _type(self._value) in {"integer", "number"}
        return {keyword for keyword in _BOUNDS if is_number and _certain(self._value, keyword) is not None}

    def help(self) -> str:
        """Return the help text: description and limits."""
        limits = self.limits(besides=self._limits_in_type())
        if self.items is not None and self.schema.get("maxItems") != 1:
            limits.insert(0, "may be repeated")
        description = str(self.schema.get("description") or self._value.get("description", ""))
        return f"{description} [{'; '.join(limits)}]" if limits else description

    def limits(self, besides: Collection[str] = ()) -> list[str]:
        """Describe each limit of the field in a few words, without the keywords in `besides`."""
        texts: list[str] = []
        for schema in (self.schema, self.items or {}):
            certain = {keyword: limit for keyword, limit in schema.items() if keyword not in besides}
            texts += [*_ranges(certain), *_limits(certain)]
        return [*texts, *_media_limits(self.media)]


def fields_of(contract: Contract, model: str, taken: Collection[str] = ()) -> list[Field]:
    """Return the fields of a model's request, each with a unique option.

    Args:
        contract: the contract.
        model: one of its models.
        taken: the names of other options.
    """
    fields = list(_fields(contract, contract.models[model]))
    kinds = Counter(_kind(each) for each in fields)
    options: dict[tuple[str, ...], str] = {}
    used = set(taken)
    for each in sorted(fields, key=lambda each: len(each.path)):
        names = [_dashed(each.path[-1]), _dashed(*each.path), _dashed("request", *each.path)]
        if each.takes_paths:
            short = [kind] if (kind := _kind(each)) and kinds[kind] == 1 else []
            names = [*short, _singular(names[0]), *names]
        more = (f"{names[-1]}-{number}" for number in count(2))
        option = next(name for name in chain(names, more) if used.isdisjoint({name, f"no-{name}"}))
        used |= {option, f"no-{option}"}
        options[each.path] = option
    return [evolve(each, option=options[each.path]) for each in fields]


def json_option(text: str) -> Any:
    """Parse the value of an option that is JSON.

    Raises:
        typer.BadParameter: the text is not JSON.
    """
    try:
        return parse_json(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r:.80} is not JSON; quote strings: '\"…\"'") from None


def escape(text: str) -> str:
    """Escape a text for Typer, which reads brackets in a help text as markup."""
    from rich import markup  # noqa: PLC0415 - only for options and help; takes a tenth of the command's start

    return markup.escape(text)


def set_value(body: JSON, path: tuple[str, ...], value: Any) -> None:
    """Set a value in a request. Missing objects on the path are created."""
    for name in path[:-1]:
        inner = body.get(name)
        body[name] = inner if isinstance(inner, dict) else {}
        body = body[name]
    body[path[-1]] = value


def _fields(contract: Contract, parent: JSON, path: tuple[str, ...] = (), *, required: bool = True) -> Iterator[Field]:
    for name, property_schema in parent.get("properties", {}).items():
        here = (*path, str(name))
        if here == (MODEL,):
            continue
        schema = merged(contract, property_schema)
        needed = required and name in parent.get("required", ())
        kind = _type(schema)
        if kind == "object" and schema.get("properties"):
            yield from _fields(contract, schema, here, required=needed)
        else:
            yield Field(here, schema, merged(contract, schema.get("items", {})) if kind == "array" else None, needed)


def _type(schema: JSON) -> str:
    """Return the type of a schema without null; empty if there are several."""
    kind = schema.get("type")
    if kind is None and isinstance(schema.get("const"), str):
        return "string"
    kinds = [name for name in ([kind] if isinstance(kind, str) else kind or []) if name != "null"]
    return kinds[0] if len(kinds) == 1 else ""


def _certain(schema: JSON, keyword: str) -> Any:
    """Return a limit; None if the schema has none, or if editions of the documentation disagree on it."""
    return None if keyword in schema.get("x-contested", {}) else schema.get(keyword)


def _ranges(schema: JSON) -> Iterator[str]:
    for least, most, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
    ):
        low, high = schema.get(least), schema.get(most)
        singular = unit.removesuffix("s")
        if low is not None and low == high:
            yield f"exactly {low}{singular if low == 1 else unit}"
        elif low is not None and high is not None:
            yield f"{low} to {high}{unit}"
        elif low is not None:
            yield f"at least {low}{singular if low == 1 else unit}"
        elif high is not None:
            yield f"at most {high}{singular if high == 1 else unit}"


def _limits(schema: JSON) -> Iterator[str]:
    if "x-cut-after" in schema:
        chinese = f" ({schema['x-cut-after-chinese']} Chinese ones)" if "x-cut-after-chinese" in schema else ""
        yield f"at most {schema['x-cut-after']} characters{chinese} are used, the rest is cut"
    if "x-token-limit" in schema:
        yield f"at most {schema['x-token-limit']} tokens"
    if "enum" in schema:
        yield f"one of {', '.join(str(value) for value in schema['enum'])}"
    if "default" in schema:
        default = schema["default"]
        yield f"default: {default if isinstance(default, str) else json.dumps(default)}"
    for keyword, other in schema.get("x-contested", {}).items():
        value = "none" if other["value"] is None else json.dumps(other["value"], ensure_ascii=False)
        yield f"contested {keyword}: {value} in {other['source']}"


def _media_limits(media: JSON) -> Iterator[str]:
    if "formats" in media:
        yield ", ".join(media["formats"])
    if "max-bytes" in media:
        yield f"at most {media['max-bytes'] / _MIB:g} MB"
    for keyword, text in (
        ("side-pixels", "sides of {} pixels"),
        ("width-pixels", "a width of {} pixels"),
        ("short-side-pixels", "a shorter side of {} pixels"),
        ("pixels", "{} pixels in all"),
        ("ratio", "{} times as wide as high"),
        ("fps", "{} frames per second"),
        ("seconds", "{} seconds long"),
        ("total-seconds", "{} seconds in all"),
    ):
        if keyword in media:
            yield text.format(span(media[keyword]))
    if "max-pages" in media:
        yield f"at most {media['max-pages']} pages"
    if media.get("alpha") is False:
        yield "no transparency"


def _kind(each: Field) -> str:
    """Return the kind of files that an option takes; empty if it takes no files or several kinds."""
    kind = each.media.get("kind") if each.takes_paths else None
    return kind if isinstance(kind, str) else ""


def _dashed(*names: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", "-".join(names).lower()).strip("-")


def _singular(name: str) -> str:
    """Return the option for one file: `image-start` for `image_start_urls`."""
    for suffix in ("-urls", "-url"):
        if name.endswith(suffix) and name != suffix:
            return name.removesuffix(suffix)
    return name.removesuffix("s")
