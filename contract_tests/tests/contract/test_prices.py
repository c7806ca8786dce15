"""The prices in `overlays/prices/`: they belong to models and fields of the contract, and say where they come from."""

from __future__ import annotations

import copy
import importlib.util
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import jsonschema_rs
import pytest

import bundle
import evolink_client
import lint
from evolink._prices import counted_fields, measured_fields, read_fields
from evolink_sandbox import yaml_1_2
from tests.known_pages import copy_contract

CONTRACT = Path(evolink_client.__path__[0]) / "openapi.json"
SUFFIX = ".overlay.yaml"
BASE = bundle.bundle()
FORM = jsonschema_rs.Draft202012Validator(BASE["x-extensions"]["x-price"]["schema"], validate_formats=True)


@pytest.fixture(scope="module")
def overlays(repository: Path) -> dict[str, Any]:
    """The price overlays by the day in their name, the oldest first."""
    paths = sorted((repository / "overlays" / "prices").glob(f"*{SUFFIX}"))
    return {path.name.removesuffix(SUFFIX): yaml_1_2.load(path.read_text(encoding="utf-8")).value for path in paths}


@pytest.fixture(scope="module")
def apply(repository: Path) -> Callable[..., Any]:
    """The function that applies an overlay."""
    spec = importlib.util.spec_from_file_location("apply", repository / "overlays" / "contract" / "apply.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[..., Any] = module.apply
    return function


def models(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the request schemas by model id."""
    schemas = document["components"]["schemas"].values()
    return {
        schema["properties"]["model"]["const"]: schema
        for schema in schemas
        if "const" in schema.get("properties", {}).get("model", {})
    }


def prices(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {model: schema["x-price"] for model, schema in models(document).items() if "x-price" in schema}


def editions() -> dict[str, dict[str, Any]]:
    """Return the packaged contracts of later editions, by month."""
    paths = sorted(CONTRACT.parent.glob("editions/*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def field(schema: dict[str, Any], name: str) -> dict[str, Any] | None:
    """Return the schema of a field, with dots in its name for a nested one; None without such a field."""
    found: dict[str, Any] | None = schema
    for part in name.split("."):
        found = (found or {}).get("properties", {}).get(part)
    return found


def tables(part: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the fields by whose values a price chooses, with what it chooses from."""
    for name, table in part.items():
        yield name, table
        for member in table.values():
            if isinstance(member, dict) and not member.keys() & {"field", "file", "seconds", "task"}:
                yield from tables(member)


def values_of(node: dict[str, Any]) -> set[str]:
    """Return the values that a field may have, as in the tables of a price; empty without a list of them."""
    choices = [node, *node.get("anyOf", []), *node.get("oneOf", [])]
    listed = [
        value
        for choice in choices
        for value in (*choice.get("enum", []), *([choice["const"]] if "const" in choice else []))
    ]
    values = [True, False] if node.get("type") == "boolean" else listed
    return {value if isinstance(value, str) else json.dumps(value) for value in values}


def problems(model: str, schemas: list[dict[str, Any]], family_fields: set[str]) -> Iterator[str]:
    """Yield what the price of a model says about fields and values that no edition of its page has."""
    price = schemas[0]["x-price"]
    rule: dict[str, Any] = price.get("seconds", {})
    output: Any = rule.get("output", {})
    chosen = [*tables(price.get("factors", {})), *tables(rule.get("input", {}).get("rates", {}))]
    if isinstance(output, dict) and not output.keys() & {"field", "file", "seconds", "task"}:
        chosen += tables(output)
    named: list[str] = [
        *read_fields(price),
        *measured_fields({}, price),
        *counted_fields(price),
        *map(str, price.get("defaults", {})),
        *([str(cast("Any", output)["task"])] if "task" in output else []),
    ]
    for name in named:
        if name not in family_fields and not any(field(schema, name) for schema in schemas):
            yield f"{model} has no field {name}"
    for name, table in chosen:
        known = {value for schema in schemas for value in values_of(field(schema, name) or {})}
        if known and "given" not in table and set(table) - {"absent"} != known:
            yield f"{model}: {name} has the values {sorted(known)}"
    inputs = rule.get("input", {})
    documented = schemas[0]["x-billing"].get("input", inputs)
    if inputs and documented["field"] != inputs["field"]:
        yield f"{model}: the page bills {documented['field']}, the price {inputs['field']}"


def test_file_is_named_after_the_day_of_its_prices(overlays: dict[str, Any], apply: Callable[..., Any]) -> None:
    assert overlays
    for day, overlay in overlays.items():
        priced = prices(apply(BASE, overlay, allow_no_match=True))
        assert {price["date"] for price in priced.values()} == {overlay["info"]["version"]} == {day}


def test_every_price_belongs_to_a_model_and_every_factor_to_a_field_and_a_value() -> None:
    base = models(json.loads(CONTRACT.read_text(encoding="utf-8")))
    priced = {model: schema for model, schema in base.items() if "x-price" in schema}
    # A value that a page has only after the day of the prices has no price yet.
    day = max(schema["x-price"]["date"] for schema in priced.values())
    later = [models(edition) for month, edition in editions().items() if month <= day]
    found = [
        problem
        for model, schema in priced.items()
        for problem in problems(
            model,
            [schema, *(edition[model] for edition in later if model in edition)],
            # A page that is typed in an early edition may lack a field that the price depends on by now.
            {
                name
                for other in base.values()
                if other["x-family"] == schema["x-family"]
                for name in other["properties"]
            },
        )
    ]
    assert (found, bool(priced)) == ([], True)


def test_packaged_contract_has_the_newest_prices_in_their_form(
    overlays: dict[str, Any], apply: Callable[..., Any]
) -> None:
    packaged = prices(json.loads(CONTRACT.read_text(encoding="utf-8")))
    assert packaged == prices(apply(BASE, list(overlays.values())[-1]))
    assert [(model, error.message) for model, price in packaged.items() for error in FORM.iter_errors(price)] == []


def test_price_of_a_model_that_does_not_exist_is_refused(overlays: dict[str, Any], apply: Callable[..., Any]) -> None:
    overlay = copy.deepcopy(list(overlays.values())[-1])
    overlay["actions"][0]["target"] = "$.components.schemas[?@.properties.model.const == 'wan2.5-imagine']"
    with pytest.raises(Exception, match="matches nothing"):
        apply(BASE, overlay)


def test_contract_without_the_models_stays_as_it_is(overlays: dict[str, Any], apply: Callable[..., Any]) -> None:
    small: dict[str, Any] = {"components": {"schemas": {"Other": {"type": "object"}}}}
    assert apply(small, list(overlays.values())[-1], allow_no_match=True) == small


with tempfile.TemporaryDirectory() as _folder:
    SMALL = bundle.bundle(copy_contract(Path(_folder)))
"""The contract with two models only."""
PRICE = {"date": "2026-10-10", "source": "s", "x-inferred": "i", "unit": "second", "rate": 1}


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"rate": 0}, "rate: 0 is less than or equal to the minimum of 0"),
    ({"date": "yesterday"}, 'date: "yesterday" is not a "date"'),
    ({"factors": {"quality": {"720p": "much"}}}, "factors.quality.720p: "),
    ({"factors": {"quality": {"720p": [1]}}}, "factors.quality.720p: "),
    ({"seconds": {"output": "duration", "values": {"many": 30}}}, "seconds.values"),
    ({"seconds": {"output": {"file": "a", "field": "b"}}}, "seconds.output: "),
    ({"seconds": {"output": "duration", "round-up-to": 1, "round-to": 1}}, "seconds: "),
    (
        {
            "seconds": {
                "output": "duration",
                "input": {"field": "a", "cap-seconds-by-count": [1], "cap-seconds-total": 1},
            }
        },
        "seconds.input: ",
    ),
    ({"unit": "1000 tokens"}, ': "rates" is a required property'),
    ({"extras": {"search": {"credits": 1}}}, 'extras.search: "each" is a required property'),
    ({"round": 1}, ": Additional properties are not allowed"),
]


def test_malformed_price_is_refused() -> None:
    price = {**PRICE, "seconds": {"output": "duration"}}
    assert FORM.is_valid(price)
    for change, finding in MALFORMED:
        errors = [f"{'.'.join(map(str, e.instance_path))}: {e.message}" for e in FORM.iter_errors({**price, **change})]
        assert any(finding in error for error in errors), (change, errors)


def test_price_per_second_needs_its_seconds() -> None:
    document = copy.deepcopy(SMALL)
    next(iter(models(document).values()))["x-price"] = PRICE
    assert ['"seconds" is a required property' in found for found in lint.findings(document)] == [True]
