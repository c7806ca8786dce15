"""Credits by the price rules: figures worked out by hand, and the same results in the SDK and in the mock."""

from __future__ import annotations

import copy
import importlib.util
import json
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from evolink import billing
from evolink._contract import Contract, packaged_contract
from evolink._prices import counted_fields, measured_fields, read_fields
from evolink.billing import Estimate, estimate
from evolink.errors import InvalidRequest, Violation
from evolink_mock.domain.billing import BillingRules
from evolink_sandbox import yaml_1_2

DATE = "2026-10-10"
PRICED = {model: schema for model, schema in packaged_contract().models.items() if "x-price" in schema}
WORKED = sorted(Path(__file__).with_name("worked_prices").glob("*.yaml"))
# Of each price, so that the time does not grow with the number of its options.
MOST_REQUESTS = 24
Charged = tuple[dict[str, Any], dict[str, list[float]]]
"""A request, and the lengths of its files by field."""


def with_files(schema: dict[str, Any], request: dict[str, Any], files: dict[str, Any]) -> dict[str, Any]:
    """Return a request with as many files in each field as there are lengths, or as the number says."""
    counts = {name: lengths if isinstance(lengths, int) else len(lengths) for name, lengths in files.items()}
    url = "https://media.invalid/a.mp4"
    return {
        "model": schema["properties"]["model"]["const"],
        **{
            name: [url] * count if schema["properties"][name].get("type") == "array" else url
            for name, count in counts.items()
        },
        **request,
    }


def in_order(schema: dict[str, Any], files: dict[str, Any]) -> list[float] | None:
    """Return the lengths of files in the order of the contract; None if they are not known."""
    if any(isinstance(lengths, int) for lengths in measured(schema, files).values()):
        return None
    return [seconds for name in schema["properties"] for seconds in measured(schema, files).get(name, [])]


def measured(schema: dict[str, Any], files: dict[str, Any]) -> dict[str, Any]:
    """Return the files that are charged by their length."""
    names = set(measured_fields(schema["x-billing"], schema.get("x-price", {})))
    return {name: lengths for name, lengths in files.items() if name in names}


def of_mock(schema: dict[str, Any], request: dict[str, Any], files: dict[str, Any]) -> float:
    """Return the credits that the mock charges, without those of a video of another length."""
    rules = BillingRules.parse(schema["x-billing"], schema["x-price"])
    defaults = {name: node["default"] for name, node in schema["properties"].items() if "default" in node}
    lengths = measured(schema, files)
    return rules.charge(rules.reserved_seconds(request, defaults, lengths), request, defaults, lengths).credits


def difference(schema: dict[str, Any], row: dict[str, Any]) -> Any:
    """Return how an example differs from what the SDK and the mock compute; None if it does not."""
    files = row.get("files", {})
    request = with_files(schema, row["request"], files)
    found = estimate(request, input_seconds=in_order(schema, files))
    expected: tuple[Any, ...]
    given: tuple[Any, ...]
    if "unknown" in row:
        expected = (None, row["unknown"] in found.unknown, row.get("max_credits", found.max_credits))
        given = (found.credits, True, found.max_credits)
    else:
        expected = (row["credits"], row["credits"], "", row["credits"])
        given = (found.credits, found.max_credits, found.unknown, of_mock(schema, request, files))
    return None if expected == given else (request, expected, given, found.unknown)


@pytest.fixture(scope="module")
def of_that_day(repository: Path) -> Contract:
    """The contract with the prices of `DATE` instead of the newest."""
    spec = importlib.util.spec_from_file_location("apply", repository / "overlays" / "contract" / "apply.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    document = copy.deepcopy(packaged_contract().document)
    for schema in document["components"]["schemas"].values():
        schema.pop("x-price", None)
    overlay = (repository / "overlays" / "prices" / f"{DATE}.overlay.yaml").read_text(encoding="utf-8")
    return Contract(module.apply(document, yaml_1_2.load(overlay).value, allow_no_match=True))


def test_credits_are_those_worked_out_by_hand_in_the_sdk_and_in_the_mock(
    monkeypatch: pytest.MonkeyPatch, of_that_day: Contract, repository: Path
) -> None:
    monkeypatch.setattr(billing, "contract_with", Mock(return_value=of_that_day))
    listed = yaml_1_2.load((repository / "contract_tests/documented/models.yaml").read_text(encoding="utf-8")).value
    known = {model for models in listed["families"].values() for model in models}  # a newer model needs no example
    rows: dict[str, list[dict[str, Any]]] = {}
    for path in WORKED:
        rows |= yaml_1_2.load(path.read_text(encoding="utf-8")).value
    differences = [difference(of_that_day.models[model], row) for model, examples in rows.items() for row in examples]
    assert ([one for one in differences if one], known - set(rows)) == ([], set())


def options(schema: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the ways to set a field in a request: to each value it can have, to its limits, and not at all."""
    node = schema
    for part in name.split("."):
        node = node.get("properties", {}).get(part, {})
    price = schema["x-price"]
    keys = [*price.get("factors", {}).get(name, {}), *price.get("seconds", {}).get("values", {})]
    listed = [value for choice in (node, *node.get("anyOf", [])) for value in choice.get("enum", [])]
    values = [
        *(listed or [node[key] for key in ("minimum", "maximum") if key in node]),
        *([True, False] if node.get("type") == "boolean" else []),
        *(json.loads(key) for key in keys if key.lstrip("-").isdigit() and node.get("type") in {"integer", "number"}),
        *(key for key in keys if node.get("type") == "string" and not listed),
    ]
    *parents, last = name.split(".")
    changes: list[dict[str, Any]] = [{last: value} for value in values]
    for parent in reversed(parents):
        changes = [{parent: change} for change in changes]
    return [{}, *changes]


def requests(schema: dict[str, Any]) -> list[Charged]:
    """Return requests with combinations of priced options, each with the lengths of its files."""
    price = schema["x-price"]
    names = dict.fromkeys((*measured_fields(schema["x-billing"], price), *counted_fields(price)))
    lengths: list[list[float]] = [[], [2], [30.44, 1.5]]
    files = [
        [
            {name: given}
            for given in lengths
            if node.get("minItems", 0) <= len(given) <= node.get("maxItems", 9 if node.get("type") == "array" else 1)
        ]
        for name, node in ((name, schema["properties"][name]) for name in names)
    ]
    ways = [options(schema, name) for name in dict.fromkeys(read_fields(price)) if name not in names]
    combinations = list(product(*files, *ways))
    step = len(combinations) // MOST_REQUESTS + 1
    return [
        (
            dict(pair for part in parts[len(files) :] for pair in part.items()),
            dict(pair for part in parts[: len(files)] for pair in part.items() if pair[1]),
        )
        for parts in combinations[::step]
    ]


def test_sdk_and_mock_compute_the_same_credits() -> None:
    distinct = {json.dumps({**schema["x-price"], "effective": ""}): schema for schema in PRICED.values()}
    compared, differences = set[str](), list[Any]()
    for schema in distinct.values():
        model = schema["properties"]["model"]["const"]
        for fields, files in requests(schema):
            request = with_files(schema, fields, files)
            try:
                ours = estimate(request, input_seconds=in_order(schema, files))
            except InvalidRequest:  # the page does not allow this combination
                continue
            if ours.credits is not None:
                compared.add(model)
                theirs = of_mock(schema, request, files)
                differences.extend([(request, files, ours.credits, theirs)] if ours.credits != theirs else [])
    assert differences == []
    computable = {
        schema["properties"]["model"]["const"]
        for schema in distinct.values()
        if "rate" in schema["x-price"] and "task" not in schema["x-price"].get("seconds", {}).get("output", {})
    }
    assert compared == computable


INVENTED: dict[str, Any] = {
    "properties": {
        "model": {"const": "invented"},
        "length": {"type": "number", "default": 4},
        "sound": {"enum": ["on", "off"]},
        "model_params": {"properties": {"size": {"type": "string"}}},
        "clip_url": {"type": "string", "x-media": {"kind": "video"}},
        "clips": {"type": "array", "x-media": {"kind": "video"}},
    },
    "x-billing": {"reserved-from": "length", "settled-on": "produced-seconds"},
    "x-price": {
        "date": "2030-01-02",
        "unit": "second",
        "rate": 3,
        "factors": {"sound": {"on": {"model_params.size": {"big": 5, "small": 1.5}}, "off": 1}},
        "minimum": 7,
        "defaults": {"sound": "off", "length": 2},
        "seconds": {"output": "length", "input": {"field": "clip_url"}},
    },
}


UNPRICED = "no price is known for invented; EvoLink's public price rules state none"


def no_violations(*_: object) -> list[tuple[Violation, str]]:
    return []


@pytest.fixture
def invented(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The schema of the only model that `billing` knows, which is not checked."""
    schema: dict[str, Any] = json.loads(json.dumps(INVENTED))
    contract = Contract({"components": {"schemas": {}}})
    contract.__dict__["models"] = {"invented": schema}
    monkeypatch.setattr(billing, "contract_with", Mock(return_value=contract))
    monkeypatch.setattr(billing, "find_violations", no_violations)
    return schema


def priced(request: dict[str, Any], lengths: list[float] | None = None) -> Estimate:
    return estimate({"model": "invented", **request}, input_seconds=lengths)


@pytest.mark.usefixtures("invented")
def test_default_of_the_price_rules_is_named_and_takes_precedence_over_a_documented_one() -> None:
    expected = Estimate("invented", 4, 0.0, (), None, 7.0, 7.0, "2030-01-02", {"sound": "off", "length": 2}, "")
    assert priced({}) == expected
    assert priced({"length": 3.5, "sound": "off"}).assumed == {}


@pytest.mark.usefixtures("invented")
def test_factor_may_depend_on_another_field() -> None:
    assert priced({"length": 10, "sound": "on", "model_params": {"size": "big"}}).credits == 150
    assert priced({"length": 10, "sound": "on", "model_params": {"size": "small"}}).credits == 45


@pytest.mark.parametrize("size", ["2", 2, 2.0])
def test_number_costs_as_much_as_the_same_text(invented: dict[str, Any], size: Any) -> None:
    invented["x-billing"]["dearer"] = {"model_params.size": "2"}
    invented["x-price"]["factors"] = {"model_params.size": {"2": 5, "1": 1}}
    found = priced({"length": 10, "model_params": {"size": size}})
    assert (found.credits, found.surcharges) == (150, ("model_params.size",))


@pytest.mark.usefixtures("invented")
@pytest.mark.parametrize(
    ("request_fields", "unknown"),
    [
        (
            {"sound": "on"},
            "by the price rules of 2030-01-02, it depends on model_params.size, which has no known default",
        ),
        ({"sound": "loud"}, "by the price rules of 2030-01-02, no price is known for sound 'loud'"),
        ({"sound": True}, "by the price rules of 2030-01-02, no price is known for sound True"),
        ({"length": -1}, "by the price rules of 2030-01-02, the length of the video is not known without length"),
        ({"length": "5"}, "by the price rules of 2030-01-02, the length of the video is not known without length"),
    ],
)
def test_cost_that_the_rules_do_not_tell_is_unknown_with_a_reason(request_fields: dict[str, Any], unknown: str) -> None:
    result = priced(request_fields)
    assert (result.credits, result.max_credits, result.price_date) == (None, None, "2030-01-02")
    assert result.unknown == unknown


@pytest.mark.usefixtures("invented")
def test_single_file_of_any_length_has_no_upper_bound() -> None:
    result = priced({"length": 10, "clip_url": "https://media.invalid/a.mp4"})
    assert (result.credits, result.max_credits, result.unknown) == (
        None,
        None,
        "it depends on the lengths of the files in clip_url",
    )
    assert priced({"length": 10, "clip_url": "https://media.invalid/a.mp4"}, [2.5]).credits == 37.5


def test_task_may_have_a_price_per_call(invented: dict[str, Any]) -> None:
    invented["x-price"] = {"date": "2030-01-02", "unit": "call", "rate": 21.6}
    result = priced({"clip_url": "https://media.invalid/a.mp4"})
    assert (result.credits, result.max_credits, result.assumed) == (21.6, 21.6, {})


def test_model_without_a_price_has_unknown_credits(invented: dict[str, Any]) -> None:
    del invented["x-price"]
    assert priced({"length": 5}) == Estimate("invented", 5, 0.0, (), None, unknown=UNPRICED)


def test_seconds_of_a_length_that_is_none_are_those_that_the_page_reserves(invented: dict[str, Any]) -> None:
    invented["x-billing"] |= {"reserved-values": {"-1": 30, "0": "input-seconds"}, "input": {"field": "clip_url"}}
    files = {"clip_url": "https://media.invalid/a.mp4"}
    assert priced({"length": -1}).reserved_seconds == 30
    assert priced({"length": 0, **files}).reserved_seconds is None
    assert priced({"length": 0.0, **files}, [7.25]).reserved_seconds == 7.25


def test_total_cap_limits_the_sum_of_all_files(invented: dict[str, Any]) -> None:
    invented["x-billing"]["input"] = {"field": "clips", "cap-seconds-total": 5}
    assert priced({"clips": ["a", "b"]}, [2, 2.5]).input_seconds == 4.5
    assert priced({"clips": ["a", "b"]}, [2, 30]).input_seconds == 5.0


def test_page_may_charge_the_length_of_a_file_within_bounds_and_by_the_started_second(invented: dict[str, Any]) -> None:
    files = {"clip_url": "https://media.invalid/a.mp4"}
    invented["x-billing"]["reserved-from"] = {"file": "clip_url", "at-least": 3, "at-most": 10, "round-up-to": 1}
    assert priced(files).reserved_seconds is None
    lengths = (2, 7.01, 12.5)
    charged = [(found.reserved_seconds, found.input_seconds) for found in (priced(files, [one]) for one in lengths)]
    # The price of this model adds the file once more.
    assert charged == [(3, 2.0), (8, 7.01), (10, 12.5)]


def test_page_may_charge_other_files_by_the_value_of_a_field(invented: dict[str, Any]) -> None:
    lengths = {"on": {"file": "clips"}, "off": {"file": ["clip_url", "clips"]}}
    invented["x-billing"]["reserved-from"] = {"sound": lengths}
    files = {"clip_url": "https://media.invalid/a.mp4", "clips": ["https://media.invalid/b.mp4"]}
    seconds = [priced({"sound": sound, **files}, [3, 8]).reserved_seconds for sound in ("on", "off")]
    assert (seconds, priced(files, [3, 8]).reserved_seconds) == ([8, 3], None)


def test_page_that_counts_no_seconds_has_none_in_its_estimate(invented: dict[str, Any]) -> None:
    for unit in ("call", "token", "unknown"):
        invented["x-billing"] = {"unit": unit}
        found = estimate({"model": "invented", "length": 5}, price_per_second=2)
        assert (found.reserved_seconds, found.input_seconds, found.cost) == (None, 0.0, None)


def cost(invented: dict[str, Any], price: dict[str, Any], request: dict[str, Any], lengths: Any = None) -> Any:
    """Return the credits, the most credits and the reason, with another price of 10 credits a second."""
    invented["x-price"] = {"date": "2030-01-02", "unit": "second", "rate": 10, "seconds": {"output": "length"}, **price}
    found = priced(request, lengths)
    return found.credits, found.max_credits, found.unknown.removeprefix("by the price rules of 2030-01-02, ")


def test_tokens_are_not_known_in_advance(invented: dict[str, Any]) -> None:
    rates = {"input": 0.1, "video output": 1.5}
    reason = "it depends on the number of tokens, which is not known in advance; 1000 cost 0.1 for input, "
    assert cost(invented, {"unit": "1000 tokens", "rates": rates}, {}) == (None, None, f"{reason}1.5 for video output")


def test_what_is_charged_for_each_use_is_named_and_has_no_limit(invented: dict[str, Any]) -> None:
    price = {"extras": {"model_params.search": {"each": "search", "credits": 0.04}}}
    reason = (
        "0.04 credits are added for each search that model_params.search leads to, to 40 credits; their number is not "
        "known in advance"
    )
    assert cost(invented, price, {"model_params": {"search": True}}) == (None, None, reason)
    assert cost(invented, price, {"model_params": {"search": False}}) == (40, 40, "")


def test_factor_that_only_the_file_tells_is_a_range(invented: dict[str, Any]) -> None:
    price = {"factors": {"sound": {"on": [1, 2, 4], "off": 1}}}
    assert cost(invented, price, {"sound": "on"}) == (None, 160, "it may be from 40 to 160, by the files")
    assert cost(invented, price, {"sound": "off"}) == (40, 40, "")


def test_file_of_unknown_length_is_as_long_as_its_page_allows_at_most(invented: dict[str, Any]) -> None:
    files = {"clips": ["a", "b", "c"]}
    price = {"seconds": {"output": {"file": "clips", "unmeasured": 5}, "round-up-to": 1}}
    reason = "it depends on the lengths of the files in clips; 50 credits are reserved if they cannot be measured"
    assert cost(invented, price, files) == (None, None, reason)
    invented["properties"]["clips"]["x-media"] |= {"seconds": {"max": 9}}
    assert cost(invented, price, files) == (None, 270, reason)
    invented["properties"]["clips"]["x-media"] |= {"total-seconds": {"max": 20}}
    assert cost(invented, price, files) == (None, 200, reason)
    assert cost(invented, price, files, [1.2, 1.2, 1.2]) == (40, 40, "")


def test_length_may_be_chosen_by_a_field_and_be_that_of_the_shortest_files(invented: dict[str, Any]) -> None:
    lengths = {"on": {"seconds": 8}, "given": {"file": ["clip_url", "clips"]}, "absent": {"field": "length"}}
    price = {"seconds": {"output": {"sound": lengths}}}
    files = {"clip_url": "a", "clips": ["a", "b"]}
    assert cost(invented, price, {"sound": "on"}) == (80, 80, "")
    assert cost(invented, price, {"length": 3}) == (30, 30, "")
    assert cost(invented, price, {"sound": "off", **files}, [7, 2, 2.5]) == (45, 45, "")
    missing = "the length of the video is not known without clips"
    assert cost(invented, price, {"sound": "off", "clip_url": "a"}, [7]) == (None, None, missing)


def test_video_of_another_task_has_an_unknown_length(invented: dict[str, Any]) -> None:
    price = {"seconds": {"output": {"task": "source"}}}
    reason = "it depends on the length of the video of the task in source"
    assert cost(invented, price, {"source": "task-1"}) == (None, None, reason)


def test_number_of_videos_without_a_default_is_not_guessed(invented: dict[str, Any]) -> None:
    assert cost(invented, {"times": "n"}, {"n": 3}) == (120, 120, "")
    assert cost(invented, {"times": "n"}, {}) == (None, None, "it depends on n, which has no known default")
