"""Writes `MODELS.md`, one table of all models, from the contract in the generated client, which has the newest prices.

python openapi/model_table.py           # write the table
python openapi/model_table.py --check   # exit with 1 if the committed table is not current
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs

from bundle import is_array, is_object, one_line, write_atomically

HERE = Path(__file__).resolve().parent
CONTRACT = HERE.parent / "generated_client" / "evolink_client" / "openapi.json"
TABLE = HERE / "MODELS.md"

HEAD = """<!-- Written by `make generate` (openapi/model_table.py) from the contract and the newest prices. -->

# The models

{count} in {families}, as in the contract without editions. The id leads to the documentation page of the model.

* *Does* lists what the model can be asked for.
* *Takes* lists what a request may contain: text and kinds of files.
* A length after "or" is not a number of seconds. The documentation page says what it means.
* *Credits* are credits per second unless the cell says otherwise, for each quality if the price depends on it, and from
  the lowest to the highest if it depends on other fields. "input too" means that the seconds of input files are charged
  as well. No documentation page states a price. [`overlays/prices/`](../overlays/prices/README.md) says where prices
  come from; *Price of* is the day of the snapshot.
* A dash means that the model has no such field, or that its price is not known.
"""
COLUMNS = ("Family", "Model", "Does", "Takes", "Seconds", "Quality", "Ratio", "Credits", "Price of")
KINDS = ("image", "video", "audio", "document")
NONE = "-"
BOUNDS = {"minimum": "from", "exclusiveMinimum": "over", "maximum": "up to", "exclusiveMaximum": "under"}
WIDEST = 1000  # a range with more numbers is not tried number by number


def table(document: Mapping[str, Any]) -> str:
    """Return the table of the models of a bundled contract, as Markdown."""
    schemas = document["components"]["schemas"]
    families: dict[str, list[Mapping[str, Any]]] = {}
    for schema in schemas.values():
        if "x-family" in schema:
            families.setdefault(schema["x-family"], []).append(schema)
    rows = [_row(schema, schemas) for models in families.values() for schema in models]
    head = HEAD.format(count=_count(len(rows), "model", "models"), families=_count(len(families), "family", "families"))
    return "\n".join([head, _line(COLUMNS), _line(["---"] * len(COLUMNS)), *map(_line, rows), ""])


def _row(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[str]:
    model = schema["properties"]["model"]["const"]
    page = schema.get("externalDocs", {}).get("url")
    special = schema.get("x-billing", {}).get("reserved-values", {})
    price = schema.get("x-price")
    return [
        schema["x-family"],
        f"[`{model}`]({page})" if page else f"`{model}`",
        ", ".join(schema.get("x-tasks", ())) or NONE,
        ", ".join(_takes(schema, schemas)) or NONE,
        _values(schema, "duration", schemas, special),
        _values(schema, "quality", schemas),
        _values(schema, "aspect_ratio", schemas),
        _credits(price, schema["properties"]) if price else NONE,
        price["date"] if price else NONE,
    ]


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
    schema: Mapping[str, Any], name: str, schemas: Mapping[str, Any], special: Mapping[str, Any] | None = None
) -> str:
    """Describe the values that a field may have.

    Args:
        schema: the schema of the model.
        name: the name of the field.
        schemas: the schemas of the contract by name.
        special: the values that have a meaning of their own, as keys.
    """
    if name not in schema["properties"]:
        return NONE
    field = _inlined(schema["properties"][name], schemas)
    on_all = _inlined(schema.get("allOf", []), schemas)
    rules = [rule for rule in on_all if rule.get("x-fields", [name]) == [name]]
    is_valid = jsonschema_rs.validator_for({"allOf": [{"properties": {name: field}}, *rules]}).is_valid
    values = [value for value in _candidates(field) if value is not None and is_valid({name: value})]
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


def _credits(price: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    """Describe what requests with these fields cost. A field that they do not have counts as its default."""
    if "rates" in price:
        return f"{_span(*_bounds(list(price['rates'].values())))} for 1000 tokens"
    factors: dict[str, Any] = dict(price.get("factors", {}))
    defaults: Mapping[str, Any] = price.get("defaults", {})
    fixed = {name: str(value) for name, value in defaults.items() if name not in fields and name in factors}
    for name, value in fixed.items():
        factors[name] = {value: factors[name][value]} if value in factors[name] else factors[name]
    by_quality: Mapping[str, Any] = {} if "quality" in fixed else factors.pop("quality", {})
    low, high = price["rate"], price["rate"]
    for choices in factors.values():
        least, most = _bounds(choices)
        low, high = low * least, high * most
    amounts = [
        f"{_span(low * _bounds(factor)[0], high * _bounds(factor)[1])} ({quality})"
        for quality, factor in by_quality.items()
    ]
    return ", ".join(
        [
            ", ".join(amounts or [_span(low, high)]) + {"second": "", "call": " a task"}[price["unit"]],
            *(["input too"] if "input" in price.get("seconds", {}) else []),
            *(
                [f"{_number(price['files']['credits'])} a file in {price['files']['field']}"]
                if "files" in price
                else []
            ),
            *([f"at least {_number(price['minimum'])} a task"] if "minimum" in price else []),
        ]
    )


def _bounds(factor: Any) -> tuple[float, float]:
    """Return the smallest and the largest of a factor, of a list of possible ones, or of nested ones."""
    if not is_object(factor) and not is_array(factor):
        return factor, factor
    bounds = [_bounds(each) for each in (factor.values() if is_object(factor) else factor)]
    return min(low for low, _ in bounds), max(high for _, high in bounds)


def _span(low: float, high: float) -> str:
    return _number(low) if _number(low) == _number(high) else f"{_number(low)} to {_number(high)}"


def _number(value: float) -> str:
    return f"{round(value, 4):.10g}"


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
