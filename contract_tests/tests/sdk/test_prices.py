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
from evolink.billing import Estimate, estimate
from evolink.errors import InvalidRequest, Violation
from evolink_mock import yaml_1_2
from evolink_mock.contract.compiled_contract import packaged_contract as contract_of_mock

DATE = "2026-10-10"
PRICED = {model: schema for model, schema in packaged_contract().models.items() if "x-price" in schema}

# Worked out by hand from the price rules of DATE: rate x factors x (output + billed input), or else the minimum.
FIGURES: list[tuple[str, dict[str, Any], list[float], float]] = [
    ("wan2.5-text-to-video", {}, [], 25.5),  # 5.1 x 5
    ("wan2.5-text-to-video", {"duration": 10, "quality": "480p"}, [], 25.5),  # 5.1 x 0.5 x 10
    ("wan2.5-image-to-video", {"duration": 5}, [], 25.5),
    ("wan2.5-image-to-video", {"duration": 10, "quality": "1080p"}, [], 85.17),  # 5.1 x 1.67 x 10
    ("wan2.6-text-to-video", {"duration": 2}, [], 9.52),  # 4.76 x 2
    ("wan2.6-text-to-video", {"duration": 15, "quality": "1080p"}, [], 119.238),  # 4.76 x 1.67 x 15
    ("wan2.6-image-to-video", {}, [], 23.8),  # 4.76 x 5
    ("wan2.6-image-to-video-flash", {"duration": 5}, [], 11.9),  # 2.38 x 5
    ("wan2.6-image-to-video-flash", {"duration": 2, "generate_audio": False}, [], 6),  # not 2.38 x 0.5 x 2
    ("wan2.6-image-to-video-flash", {"duration": 10, "generate_audio": False, "quality": "1080p"}, [], 19.873),
    ("wan2.6-reference-video", {"duration": 10}, [30], 71.4),  # 4.76 x (10 + 5)
    ("wan2.6-reference-video", {"duration": 5}, [2, 30], 45.22),  # 4.76 x (5 + 2 + 2.5)
    ("wan2.6-reference-video-flash", {"duration": 2, "generate_audio": False}, [2], 9),  # not 2.38 x 0.5 x 4
    ("wan2.6-reference-video-flash", {"duration": 10, "quality": "1080p"}, [2, 30, 15], 59.42027),  # x (10 + 4.95)
    ("wan2.7-text-to-video", {}, [], 27.2),  # 5.44 x 5
    ("wan2.7-text-to-video", {"duration": 15, "quality": "1080p"}, [], 136.272),  # 5.44 x 1.67 x 15
    ("wan2.7-image-to-video", {"duration": 2}, [], 10.88),  # 5.44 x 2
    ("wan2.7-reference-video", {}, [], 27.2),
    ("wan2.7-reference-video", {"duration": 3}, [4, 4], 43.52),  # 5.44 x (3 + 5)
    ("wan2.7-video-edit", {"duration": 0}, [8], 97.92),  # 5.44 x (10 + 8): reserved as 10 seconds
    ("wan2.7-video-edit", {"duration": 4, "quality": "1080p"}, [3], 63.5936),  # 5.44 x 1.67 x 7
    ("wan3.0-text-to-video", {}, [], 25.5),  # 2.55 x 2 x 5
    ("wan3.0-text-to-video", {"duration": -1, "quality": "1080p"}, [], 306),  # 2.55 x 4 x 30
    ("wan3.0-image-to-video", {"duration": 2, "quality": "480p"}, [], 5.1),  # 2.55 x 2
    ("wan3.0-reference-video", {"duration": 5}, [4, 5], 71.4),  # 2.55 x 2 x (5 + 9)
    ("wan3.0-prime-text-to-video", {"duration": 5}, [], 40.48312),  # 3.9304 x 2.06 x 5
    ("wan3.0-prime-text-to-video", {"duration": -1, "quality": "1080p"}, [], 485.79744),  # 3.9304 x 4.12 x 30
    ("wan3.0-prime-image-to-video", {"duration": 2, "quality": "480p"}, [], 7.8608),  # 3.9304 x 2
    ("wan3.0-prime-reference-video", {"duration": 10, "quality": "480p"}, [15], 98.26),  # 3.9304 x (10 + 15)
]


def with_files(model: str, lengths: list[float]) -> dict[str, Any]:
    """Return the field of a request with as many billed files as there are lengths."""
    rule = PRICED[model]["x-price"].get("seconds", {}).get("input", {})
    return {rule["field"]: ["https://media.invalid/a.mp4"] * len(lengths)} if lengths else {}


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


@pytest.mark.parametrize(("model", "fields", "lengths", "expected"), FIGURES)
def test_credits_are_those_of_the_price_rules(
    monkeypatch: pytest.MonkeyPatch,
    of_that_day: Contract,
    model: str,
    fields: dict[str, Any],
    lengths: list[float],
    expected: float,
) -> None:
    monkeypatch.setattr(billing, "contract_with", Mock(return_value=of_that_day))
    result = estimate({"model": model, **with_files(model, lengths), **fields}, input_seconds=lengths)
    assert (result.credits, result.max_credits, result.price_date, result.unknown) == (expected, expected, DATE, "")


def options(schema: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the ways to set a field in a request: to each value it can have, to its limits, and not at all."""
    node = schema["properties"].get(name, {})
    price = schema["x-price"]
    table = price.get("factors", {}).get(name, {})
    values = [
        *node.get("enum", [node[key] for key in ("minimum", "maximum") if key in node]),
        *(json.loads(text) if text in {"true", "false"} else text for text in table if "enum" not in node),
        *(
            json.loads(text)
            for text in price.get("seconds", {}).get("values", {})
            if name == price["seconds"]["output"]
        ),
    ]
    return [{}, *({name: value} for value in values)]


def requests(model: str, schema: dict[str, Any]) -> list[tuple[dict[str, Any], list[float]]]:
    """Return a request with every combination of priced options, each with the lengths of its billed files."""
    rule = schema["x-price"]["seconds"]
    files: list[list[float]] = [[], [2], [30.4, 1.5]] if "input" in rule else [[]]
    limit = schema["properties"][rule["input"]["field"]].get("maxItems", 9) if "input" in rule else 0
    least = schema["properties"][rule["input"]["field"]].get("minItems", 0) if "input" in rule else 0
    names = [rule["output"], *schema["x-price"].get("factors", {})]
    return [
        (
            {"model": model, **with_files(model, lengths), **dict(pair for part in parts for pair in part.items())},
            lengths,
        )
        for parts in product(*(options(schema, name) for name in names))
        for lengths in files
        if least <= len(lengths) <= limit
    ]


@pytest.mark.parametrize("model", PRICED)
def test_sdk_and_mock_compute_the_same_credits(model: str) -> None:
    of_mock = contract_of_mock().models[model]
    rules, defaults = of_mock.billing, of_mock.defaults
    compared, differences = 0, list[Any]()
    for request, lengths in requests(model, PRICED[model]):
        try:
            ours = estimate(request, input_seconds=lengths).credits
        except InvalidRequest:  # the page does not allow this combination
            continue
        by_field = {rules.input_field: lengths} if rules.input_field else {}
        reserved = rules.reserved_seconds(request, defaults, by_field)
        theirs = rules.charge(reserved, request, defaults, by_field).credits
        compared += 1
        if ours != theirs:
            differences.append((request, lengths, ours, theirs))
    assert (differences, compared > 1) == ([], True)


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


def test_page_that_counts_no_seconds_has_none_in_its_estimate(invented: dict[str, Any]) -> None:
    for unit in ("call", "token", "unknown"):
        invented["x-billing"] = {"unit": unit}
        found = estimate({"model": "invented", "length": 5}, price_per_second=2)
        assert (found.reserved_seconds, found.input_seconds, found.cost) == (None, 0.0, None)
