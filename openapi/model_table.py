"""Writes `MODELS.md`, the models by task and in one table, from the contract in the generated client.

That contract has the newest prices.

python openapi/model_table.py           # write the table
python openapi/model_table.py --check   # exit with 1 if the committed table is not current
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs

import price_text
from bundle import is_array, is_object, one_line, write_atomically

HERE = Path(__file__).resolve().parent
CONTRACT = HERE.parent / "generated_client" / "evolink_client" / "openapi.json"
TABLE = HERE / "MODELS.md"

HEAD = """<!-- Written by `make generate` (openapi/model_table.py) from the contract and the newest prices. -->

# The models

{count} in {families}, as in the contract without editions: [by task](#by-task), and [in one table](#all-models).
`evolink models --task upscale` and `evolink models ID` print the same.

* *Takes* lists what a request may contain: text and kinds of files.
* *Credits* are credits per second unless the cell says otherwise, for each quality if the price depends on it, and from
  the lowest to the highest if it depends on other fields. "input too" means that the seconds of input files are charged
  as well. No documentation page states a price. [`overlays/prices/`](../overlays/prices/README.md) says where prices
  come from; *Price of* is the day of the snapshot.
* A length after "or" is not a number of seconds. The documentation page says what it means.
* A dash means that the model has no such field, or that its price is not known.
"""
BY_TASK = """## By task

What a second costs, from the cheapest to the dearest model and quality. Models that are charged by the task or by
tokens do not count here. They come after the others below, and models without a known price last.
"""
ALL = """## All models

The id leads to the documentation page of the model. *Does* lists what the model can be asked for.
"""
TASK_COLUMNS = ("Task", "Creates", "Models", "A second costs")
COLUMNS_OF_TASK = ("Model", "Takes", "Seconds", "Credits")
COLUMNS = ("Family", "Model", "Does", "Takes", "Seconds", "Quality", "Ratio", "Credits", "Price of")
KINDS = ("image", "video", "audio", "document")
NONE = "-"
BOUNDS = {"minimum": "from", "exclusiveMinimum": "over", "maximum": "up to", "exclusiveMaximum": "under"}
WIDEST = 1000  # a range with more numbers is not tried number by number


def table(document: Mapping[str, Any]) -> str:
    """Return the tables of the models of a bundled contract, as Markdown."""
    schemas = document["components"]["schemas"]
    families: dict[str, list[Mapping[str, Any]]] = {}
    for schema in schemas.values():
        if "x-family" in schema:
            families.setdefault(schema["x-family"], []).append(schema)
    models = [_Described(schema, schemas) for family in families.values() for schema in family]
    head = HEAD.format(
        count=_count(len(models), "model", "models"), families=_count(len(families), "family", "families")
    )
    meanings = document.get("x-extensions", {}).get("x-tasks", {}).get("values", {})
    return "\n".join([head, *_by_task(models, meanings), ALL, *_table(COLUMNS, [model.row for model in models]), ""])


def _by_task(models: Sequence[_Described], meanings: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of the part by task, in the order of the contract."""
    tasks = {name: [model for model in models if name in model.tasks] for name in meanings}
    yield BY_TASK
    rows = [
        (
            f"[{name}](#{name})",
            meanings[name],
            str(len(found)),
            price_text.span_of_seconds(model.rank for model in found) or NONE,
        )
        for name, found in tasks.items()
    ]
    yield from _table(TASK_COLUMNS, rows)
    for name, found in tasks.items():
        yield from ["", f"### {name}", ""]
        yield from _table(COLUMNS_OF_TASK, [model.short_row for model in sorted(found, key=lambda model: model.rank)])
    yield ""


class _Described:
    """What the tables say of a model.

    Attributes:
        tasks: what it does.
        rank: sorts models by their price.
        row: its row in the table of all models.
        short_row: its row in the table of a task.
    """

    def __init__(self, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
        rules = Rules(_inlined(schema.get("allOf", []), schemas), schema["properties"])
        name = f"`{schema['properties']['model']['const']}`"
        page = schema.get("externalDocs", {}).get("url")
        special = schema.get("x-billing", {}).get("reserved-values", {})
        takes = ", ".join(_takes(schema, schemas)) or NONE
        seconds = _values(schema, "duration", schemas, rules, special)
        price = schema.get("x-price")
        priced = price_text.Priced(price, schema["properties"], rules.allow) if price else None
        credits_of_unit = price_text.rate_text(priced) if priced else NONE
        self.tasks: Sequence[str] = schema.get("x-tasks", ())
        self.rank = price_text.rank(priced) if priced else price_text.UNKNOWN
        self.short_row = (name, takes, seconds, credits_of_unit)
        self.row = (
            schema["x-family"],
            f"[{name}]({page})" if page else name,
            ", ".join(self.tasks) or NONE,
            takes,
            seconds,
            _values(schema, "quality", schemas, rules),
            _values(schema, "aspect_ratio", schemas, rules),
            ", ".join(filter(None, [credits_of_unit, price_text.minimum_text(price) if price else ""])),
            price["date"] if price else NONE,
        )


class Rules:
    """The rules of a model on several fields, as far as a few values show whether they are kept."""

    def __init__(self, rules: Sequence[dict[str, Any]], fields: dict[str, Any]) -> None:
        self._rules = [({*rule.get("x-fields", ())}, jsonschema_rs.validator_for(rule).is_valid) for rule in rules]
        self._fields = fields

    def are_kept(self, name: str, value: Any) -> bool:
        """Return whether no rule on this field alone forbids a value."""
        return all(is_valid({name: value}) for fields, is_valid in self._rules if fields <= {name})

    def allow(self, values: Mapping[str, str]) -> bool:
        """Return whether no rule on these fields alone forbids values as the tables of a price have them."""
        request: dict[str, Any] = {}
        for name, text in values.items():
            if text not in price_text.PRESENCE:
                *path, last = name.split(".")
                place = request
                for part in path:
                    place = place.setdefault(part, {})
                place[last] = price_text.value_of(price_text.field_at(self._fields, name), text)
        return all(is_valid(request) for fields, is_valid in self._rules if fields <= values.keys())


def _takes(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    if "prompt" in schema["properties"]:
        yield "text"
    found = set(_kinds(_inlined(schema, schemas)))
    yield from (kind for kind in KINDS if kind in found)


def _kinds(node: Any) -> Iterator[str]:
    """Yield the kinds of the files in the fields of a schema. Without `x-media`, the name of a field tells its kind."""
    if is_object(node):
        kind = node.get("x-media", {}).get("kind", [])
        yield from [kind] if isinstance(kind, str) else kind
        for name, field in node.get("properties", {}).items():
            if "x-media" not in field and name.endswith(("_url", "_urls")):
                yield from (kind for kind in KINDS if kind in name.split("_"))
            yield from _kinds(field)
        for keyword in ("items", "additionalProperties"):
            yield from _kinds(node.get(keyword))


def _values(
    schema: Mapping[str, Any],
    name: str,
    schemas: Mapping[str, Any],
    rules: Rules,
    special: Mapping[str, Any] | None = None,
) -> str:
    """Describe the values that a field may have.

    Args:
        schema: the schema of the model.
        name: the name of the field.
        schemas: the schemas of the contract by name.
        rules: the rules of the model.
        special: the values that have a meaning of their own, as keys.
    """
    if name not in schema["properties"]:
        return NONE
    field = _inlined(schema["properties"][name], schemas)
    is_valid = jsonschema_rs.validator_for(field).is_valid
    values = [
        value for value in _candidates(field) if value is not None and is_valid(value) and rules.are_kept(name, value)
    ]
    if not values:
        return _open_range(field)
    plain = [value for value in values if str(value) not in (special or {})]
    others = [str(value) for value in values if str(value) in (special or {})]
    return ", or ".join(filter(None, [", ".join(_runs(plain)), ", ".join(others)]))


def _candidates(field: Mapping[str, Any]) -> list[Any]:
    """Return the values among which are all that a schema allows, without repetition; empty if they are too many."""
    choices = [choice for keyword in ("anyOf", "oneOf") for choice in field.get(keyword, [])]
    if choices:
        found: list[Any] = [value for choice in choices for value in _candidates(choice)]
    elif "const" in field or "enum" in field:
        found = field.get("enum", [field.get("const")])
    else:
        low = field.get("minimum", field.get("exclusiveMinimum", -math.inf))
        high = field.get("maximum", field.get("exclusiveMaximum", math.inf))
        is_short = high - low < WIDEST and int(low) == low and int(high) == high
        found = [*range(int(low), int(high) + 1)] if is_short else []
    return list(dict.fromkeys(found))


def _open_range(field: Mapping[str, Any]) -> str:
    return " ".join(f"{word} {field[keyword]}" for keyword, word in BOUNDS.items() if keyword in field) or "any"


def _runs(values: Sequence[Any]) -> Iterator[str]:
    """Yield values as text; three and more integers in a row become a range."""
    start = 0
    for end in range(1, len(values) + 1):
        is_next = end < len(values) and isinstance(values[end], int) and values[end] - 1 == values[end - 1]
        if not is_next:
            run = values[start:end]
            yield from [f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run)
            start = end


def _inlined(node: Any, schemas: Mapping[str, Any], inside: tuple[str, ...] = ()) -> Any:
    """Return a schema in which the schemas that it refers to replace the references, except to one that contains it."""
    if is_array(node):
        return [_inlined(item, schemas, inside) for item in node]
    if not is_object(node):
        return node
    name = str(node.get("$ref", "")).rpartition("/")[2]
    if name in schemas:
        return {} if name in inside else _inlined(schemas[name], schemas, (*inside, name))
    return {key: _inlined(value, schemas, inside) for key, value in node.items()}


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield from map(_line, (columns, ["---"] * len(columns), *rows))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(one_line(cell).replace('|', '&#124;') for cell in cells)} |"


def main(arguments: Sequence[str]) -> int:
    """Write the table; with `--check`, report whether it is current instead."""
    try:
        text = table(json.loads(CONTRACT.read_bytes()))
        current = TABLE.read_text(encoding="utf-8") if TABLE.exists() else None
    except (OSError, ValueError) as error:
        print(f"{one_line(error)}; run 'make generate'", file=sys.stderr)
        return 1
    if arguments == ["--check"]:
        if text != current:
            print(f"{TABLE} is stale; run 'make generate'", file=sys.stderr)
        return int(text != current)
    if text != current:
        write_atomically(TABLE, text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
