"""The documented models as data: ids, families, fields, limits, media and prices.

    from evolink import models

    [model.id for model in models.find("reference", takes="video")]
    models.get("wan2.6-reference-video-flash").field("duration").maximum

Everything comes from the contract that is installed with this package, in an edition of the documentation: that of the
argument, else that in `EVOLINK_EDITION`, else `base`. The data are copies, so changing them changes no check. A model
that is newer than the package is not listed, and requests for it can be sent with `validate=False`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal, get_args

from attrs import field, frozen

from evolink._contract import JSON, Contract, packaged_contract
from evolink._cross_fields import described_rules
from evolink._editions import contract_with, edition_in_force
from evolink._json import is_object
from evolink._json_values import is_list, is_mapping
from evolink._media_fields import media_fields, merged
from evolink._nearest import one_of, unknown_model
from evolink._numbers import real
from evolink._text import short_repr
from evolink.errors import InvalidRequest, Violation

MediaKind = Literal["image", "video", "audio", "document"]


@frozen
class Field:
    """A field of the requests for a model.

    Attributes:
        name: the name; dotted for a field inside an object, as in `model_params.shot_type`.
        type: its JSON type, such as `string` or `array`; several are joined by `|`, and empty means any.
        required: whether every request needs it.
        default: its documented default; None if there is none.
        values: all documented values, or those of each item of a list; empty if they are not listed.
        minimum, maximum: the bounds of a number; None without one.
        max_length: the most characters of a text, or of each text in a list; None without a limit.
        cut_after: the number of characters after which EvoLink cuts the text; None if it does not.
        token_limit: the most tokens of a text, which only EvoLink can count; None without a limit.
        min_items, max_items: the bounds of the number of items of a list; None without one.
        media: the limits of the files that it holds, as `x-media` in the contract; empty if it holds none.
        description: what the field means.
        schema: its JSON Schema.
    """

    name: str
    type: str
    required: bool
    default: Any = field(hash=False)
    values: tuple[Any, ...] = field(hash=False)
    minimum: float | None
    maximum: float | None
    max_length: int | None
    cut_after: int | None
    token_limit: int | None
    min_items: int | None
    max_items: int | None
    media: JSON = field(hash=False)
    description: str
    schema: JSON = field(hash=False, repr=False)


@frozen
class Price:
    """The price of a model by EvoLink's public price rules; no documentation page states it.

    Attributes:
        unit: what is counted: `second`, `call` or `1000 tokens`.
        lowest, highest: the credits per unit with the cheapest and the dearest documented values of the request, or of
            the cheapest and the dearest kind of tokens.
        minimum: the least credits of a task; None without one.
        date: the day of the snapshot of the price rules, as in `2026-10-10`.
    """

    unit: str
    lowest: float
    highest: float
    minimum: float | None
    date: str

    @property
    def rate(self) -> str:
        """The credits in words, as in `1.19 to 3.9746 per second`."""
        span = f"{self.lowest:.15g}" if self.lowest == self.highest else f"{self.lowest:.15g} to {self.highest:.15g}"
        return f"{span} per {self.unit}"


@frozen
class Model:
    """A documented model.

    Attributes:
        id: its id, as in the `model` of a request.
        family: the family, such as `wan`.
        tasks: what it does, as in `text-to-video`, `image-to-video`, `video-edit` or `upscale`.
        description: what it does, in a sentence.
        edition: the edition of the page that documents it.
        source: the address of that page.
        fields: the fields of its requests, in the order of the contract, without `model`.
        takes: the kinds of files that its requests may hold.
        rules: the rules on several fields, in words.
        price: its price; None if it is not known.
        schema: the JSON Schema of its requests.
    """

    id: str
    family: str
    tasks: tuple[str, ...]
    description: str
    edition: str
    source: str
    fields: tuple[Field, ...]
    takes: frozenset[str]
    rules: tuple[str, ...]
    price: Price | None
    schema: JSON = field(hash=False, repr=False)

    def field(self, name: str) -> Field:
        """Return a field by its dotted name.

        Raises:
            InvalidRequest: the model has no such field; the error names the nearest ones.
        """
        for each in self.fields:
            if each.name == name:
                return each
        known = [each.name for each in self.fields]
        raise _invalid("name", name, known, f"must be {one_of(name, known, f'fields of {self.id}')}")


def ids(edition: str | None = None) -> list[str]:
    """Return the ids of all documented models, in the order of the contract.

    Raises:
        ConfigurationError: the edition is unknown.
    """
    return list(packaged_contract(edition_in_force(edition)).references)


def families(edition: str | None = None) -> dict[str, list[str]]:
    """Return the ids of the models of each family.

    Raises:
        ConfigurationError: the edition is unknown.
    """
    result: dict[str, list[str]] = {}
    for model, schema in packaged_contract(edition_in_force(edition)).models.items():
        result.setdefault(_family(schema), []).append(model)
    return result


def tasks(edition: str | None = None) -> dict[str, list[str]]:
    """Return the ids of the models that do each task, such as `text-to-video`, `video-edit` or `upscale`.

    Raises:
        ConfigurationError: the edition is unknown.
    """
    result: dict[str, list[str]] = {}
    for model, schema in packaged_contract(edition_in_force(edition)).models.items():
        for task in schema.get("x-tasks", ()):
            result.setdefault(task, []).append(model)
    return result


def get(model: str, edition: str | None = None) -> Model:
    """Return a model by its id. If the edition lacks it, it comes from the newest edition that has it.

    Raises:
        ConfigurationError: the edition is unknown.
        InvalidRequest: no such model is documented; the error names the nearest ones.
    """
    contract = contract_with(model, edition_in_force(edition))
    value: Any = model
    if not isinstance(value, str) or value not in contract.models:
        raise InvalidRequest([unknown_model(value, list(contract.models))], "the model")
    return _model(contract, value)


def find(
    words: str = "",
    *,
    family: str | None = None,
    task: str | None = None,
    takes: MediaKind | None = None,
    max_price: float | None = None,
    edition: str | None = None,
) -> list[Model]:
    """Return the models that fulfil every condition, in the order of the contract; perhaps none.

    Args:
        words: words that occur in the id, family, tasks, description or name of a field, in any order and case.
        family: the family.
        task: what the model does; `tasks` returns all tasks.
        takes: a kind of file that requests may hold.
        max_price: the most credits per second or call, with the cheapest values. A model without a known price does not
            match, nor does one that is charged by tokens, whose number is not known in advance.
        edition: the edition of the documentation.

    Raises:
        ConfigurationError: the edition is unknown.
        InvalidRequest: an argument is invalid, or the family or the task is unknown.
    """
    contract = packaged_contract(edition_in_force(edition))
    wanted = _words(words)
    limit = _limit(max_price)
    _check_choice("takes", takes, get_args(MediaKind), "kinds of files")
    if family is not None:
        _check_choice("family", family, list(families(contract.edition)), "families")
    if task is not None:
        _check_choice("task", task, list(tasks(contract.edition)), "tasks")
    return [
        model
        for model in (
            _model(contract, name)
            for name, schema in contract.models.items()
            if (family is None or _family(schema) == family) and (task is None or task in schema.get("x-tasks", ()))
        )
        if (takes is None or takes in model.takes)
        and (limit is None or _costs_at_most(model.price, limit))
        and all(word in _searched(model) for word in wanted)
    ]


def _words(words: Any) -> list[str]:
    if not isinstance(words, str):
        raise _invalid("words", words, "string", "must be words in a str", keyword="type")
    return words.lower().split()


def _costs_at_most(price: Price | None, limit: float) -> bool:
    return price is not None and price.unit in {"second", "call"} and price.lowest <= limit


def _limit(max_price: Any) -> float | None:
    limit = real(max_price)
    if max_price is not None and not (limit is not None and limit >= 0):
        raise _invalid("max_price", max_price, 0, "must be a number of credits, 0 or more", keyword="minimum")
    return limit


def _check_choice(name: str, value: Any, known: Any, what: str) -> None:
    if value is not None and value not in known:
        raise _invalid(name, value, list(known), f"must be {one_of(value, known, what)}")


def _invalid(name: str, value: Any, limit: Any, fix: str, *, keyword: str = "enum") -> InvalidRequest:
    return InvalidRequest([Violation(name, keyword, limit, short_repr(value), fix)], "the search")


def _searched(model: Model) -> str:
    fields = [each.name for each in model.fields]
    return " ".join([model.id, model.family, *model.tasks, model.description, *fields]).lower()


def _family(schema: JSON) -> str:
    return str(schema.get("x-family", ""))


def _model(contract: Contract, model: str) -> Model:
    schema: JSON = _copied(contract.models[model])
    return Model(
        model,
        _family(schema),
        tuple(schema.get("x-tasks", ())),
        " ".join(schema.get("description", "").split()),
        schema.get("x-edition", ""),
        schema.get("externalDocs", {}).get("url", ""),
        tuple(_fields(contract, schema)),
        frozenset(kind for _, media in media_fields(contract, schema) for kind in _kinds(media)),
        tuple(described_rules(schema)),
        _price(schema),
        schema,
    )


def _fields(contract: Contract, parent: JSON, path: tuple[str, ...] = (), *, required: bool = True) -> Iterator[Field]:
    none: JSON = {}
    for name, node in parent.get("properties", {}).items():
        here = (*path, name)
        if here == ("model",) or not is_object(node):  # `false` allows no value
            continue
        schema = merged(contract, node)
        schema = schema if schema is node else _copied(schema)  # what it refers to is not a part of the copied model
        needed = required and name in parent.get("required", ())
        if schema.get("properties"):
            yield from _fields(contract, schema, here, required=needed)
            continue
        items = schema.get("items")
        value = merged(contract, items) if is_object(items) else schema
        types = schema.get("type") or [_type(each) for each in schema.get("anyOf", ())]
        yield Field(
            ".".join(here),
            types if isinstance(types, str) else "|".join(dict.fromkeys(types)),
            needed,
            schema.get("default"),
            tuple(value.get("enum", ())),
            value.get("minimum"),
            value.get("maximum"),
            value.get("maxLength"),
            value.get("x-cut-after"),
            value.get("x-token-limit"),
            schema.get("minItems"),
            schema.get("maxItems"),
            next((_copied(media) for _, media in media_fields(contract, schema)), none),
            " ".join(str(schema.get("description") or value.get("description", "")).split()),
            schema,
        )


def _copied(value: Any) -> Any:
    """Copy a value of the contract. `copy.deepcopy` takes several times as long, for each of all models."""
    if is_object(value):
        return {name: _copied(item) for name, item in value.items()}
    return [_copied(item) for item in value] if is_list(value) else value


def _type(schema: JSON) -> str:
    """Return the JSON type of a form of a value, of which a constant is a text."""
    return str(schema.get("type", "string" if isinstance(schema.get("const"), str) else ""))


def _kinds(media: JSON) -> list[str]:
    kinds = media.get("kind", [])
    return [kinds] if isinstance(kinds, str) else kinds


def _price(schema: JSON) -> Price | None:
    price: JSON | None = schema.get("x-price")
    if price is None:
        return None
    if "rates" in price:
        rates = price["rates"].values()
        return Price(price["unit"], float(min(rates)), float(max(rates)), price.get("minimum"), price["date"])
    rate = Decimal(str(price["rate"]))
    low, high = _factors(schema, price.get("factors", {}), price.get("defaults", {}))
    return Price(price["unit"], float(rate * low), float(rate * high), price.get("minimum"), price["date"])


def _factors(schema: JSON, tables: JSON, defaults: JSON) -> tuple[Decimal, Decimal]:
    """Return the smallest and the largest product of factors for documented values of the fields in some tables."""
    least = most = Decimal(1)
    for name, table in tables.items():
        found = [
            _factors(schema, dict(factor), defaults) if is_mapping(factor) else _extremes(factor)
            for value, factor in table.items()
            if _is_documented(schema, name, value, defaults)
        ]
        if found:
            least *= min(low for low, _ in found)
            most *= max(high for _, high in found)
    return least, most


def _extremes(factor: Any) -> tuple[Decimal, Decimal]:
    numbers = [Decimal(str(number)) for number in (factor if is_list(factor) else [factor])]
    return min(numbers), max(numbers)


def _is_documented(schema: JSON, name: str, value: str, defaults: JSON) -> bool:
    """Return whether a field may have the value that a table of factors names as text.

    A field that the model does not have counts as its default in the price rules.
    """
    node: JSON = schema
    for part in name.split("."):
        node = node.get("properties", {}).get(part, {})
    if not node:
        return name not in defaults or _as_text(defaults[name]) == value
    return "enum" not in node or value in map(_as_text, node["enum"])


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
