"""Billing: credits are reserved when a task is created and charged when it ends, as the contract's `x-billing` says."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from evolink_mock.domain.billing import BillingRules

VIDEOS = ["https://example.com/1.mp4", "https://example.com/2.mp4"]


def bill(http: httpx.Client, request: dict[str, Any], prefer: str = "") -> dict[str, Any]:
    created = http.post("/v1/videos/generations", json=request, headers={"prefer": prefer})
    assert created.status_code == 200, created.text
    charged: dict[str, Any] = http.get(f"/_mock/billing/{created.json()['id']}").json()
    assert charged["reserved"]["credits"] == created.json()["usage"]["credits_reserved"]
    return charged


@pytest.mark.parametrize(
    ("fields", "rate"),
    [
        ({}, 1),
        ({"quality": "1080p"}, 2),
        ({"generate_audio": False}, 0.5),
        ({"quality": "1080p", "generate_audio": False}, 1),
    ],
)
def test_value_with_a_documented_surcharge_costs_more(
    http: httpx.Client, reference_request: dict[str, Any], fields: dict[str, Any], rate: float
) -> None:
    assert bill(http, {**reference_request, **fields, "duration": 10})["reserved"] == {
        "seconds": 10,
        "credits": 10 * rate,
    }


def test_field_of_another_model_costs_nothing(http: httpx.Client, image_request: dict[str, Any]) -> None:
    assert bill(http, {**image_request, "quality": "1080p"})["reserved"]["credits"] == 5


@pytest.mark.parametrize(
    ("lengths", "billed"), [([4], 4), ([30], 5), ([2, 2.4], 4.4), ([2, 30], 4.5), ([2, 2, 2], 4.95), ([], 0)]
)
def test_input_seconds_are_capped_by_the_number_of_files(lengths: list[float], billed: float) -> None:
    rules = BillingRules("duration", "video_urls", (5, 2.5, 1.65), {})
    assert rules.input_seconds(lengths) == billed


@pytest.mark.parametrize("value", ["2", '"2, x"', '"2,"', '"-1, 2"', '""', '"2, 3, 4"', '"2, 3"; code=1'])
def test_input_seconds_that_do_not_fit_the_request_are_rejected(
    http: httpx.Client, reference_request: dict[str, Any], value: str
) -> None:
    request = {**reference_request, "video_urls": VIDEOS}
    rejected = http.post("/v1/videos/generations", json=request, headers={"prefer": f"input-seconds={value}"})
    assert rejected.status_code == 400
    assert rejected.json()["error"]["param"] == "Prefer"


def test_input_seconds_are_rejected_for_a_model_without_inputs(
    http: httpx.Client, image_request: dict[str, Any]
) -> None:
    rejected = http.post("/v1/videos/generations", json=image_request, headers={"prefer": "input-seconds=4"})
    assert rejected.json()["error"]["message"] == "Prefer: input-seconds must have no numbers for this model."


def test_bill_of_an_unknown_task_is_a_404(http: httpx.Client) -> None:
    assert http.get("/_mock/billing/task-unified-1-none").status_code == 404


def charged(rules: BillingRules, request: dict[str, Any], lengths: dict[str, list[float]]) -> tuple[float, ...]:
    """Return the seconds and credits reserved, the seconds produced, and the seconds and credits settled."""
    reserved, produced = rules.reserved_seconds(request, {}, lengths), rules.produced_seconds(request, {}, lengths)
    charge = rules.charge(reserved, request, {}, lengths)
    settled = charge.settled(produced)
    return charge.seconds, charge.reserved_credits, produced, settled.seconds, settled.credits


def test_length_of_a_file_is_charged_within_bounds_and_in_steps() -> None:
    reserved = {"file": "clip", "at-least": 3, "at-most": 10, "round-up-to": 1}
    rules = BillingRules.parse({"reserved-from": reserved, "settled-on": "input-seconds"})
    assert [charged(rules, {}, {"clip": [seconds]}) for seconds in (2, 7.2, 30)] == [
        (3, 3, 3, 3, 3),
        (8, 8, 8, 8, 8),
        (10, 10, 10, 10, 10),
    ]
    produced = BillingRules.parse({"reserved-from": {"file": "clip"}, "settled-on": "produced-seconds"})
    assert charged(produced, {}, {"clip": [2.5, 1.7]}) == (4.2, 4.2, 4, 4, 4)
    assert charged(produced, {}, {}) == (5, 5, 5, 5, 5)


def test_shortest_of_several_files_is_charged() -> None:
    rules = BillingRules.parse({"reserved-from": {"file": ["clip", "sound"]}, "settled-on": "input-seconds"})
    assert rules.files == {"clip", "sound"}
    assert charged(rules, {}, {"clip": [7], "sound": [4.5]}) == (4.5, 4.5, 5, 4.5, 4.5)


def test_bill_has_the_seconds_of_the_page_even_if_the_price_rounds_otherwise() -> None:
    billing = {"reserved-from": {"file": "clip", "round-up-to": 1}, "settled-on": "input-seconds"}
    seconds = {"output": {"file": "clip"}, "round-up-to": 0.1}
    price = {"date": "2030-01-02", "unit": "second", "rate": 2, "seconds": seconds}
    rules, lengths = BillingRules.parse(billing, price), {"clip": [3.21]}
    charge = rules.charge(rules.reserved_seconds({}, {}, lengths), {}, {}, lengths)
    assert (charge.reserved_seconds, charge.settled(3).settled_seconds, charge.credits) == (4, 4, 6.6)


def test_call_costs_the_same_whatever_its_length() -> None:
    rules = BillingRules.parse({"unit": "call", "dearer": {"settings.level": "4"}})
    assert [charged(rules, {"duration": seconds}, {})[-1] for seconds in (4, 12)] == [5, 5]
    assert charged(rules, {"settings": {"level": "4"}}, {})[-1] == 10


def test_number_costs_as_much_as_the_same_text_and_a_nested_field_has_its_default() -> None:
    factors = {"settings.level": {"2": 3, "4": 7}}
    priced: dict[str, Any] = {"date": "2030-01-02", "unit": "call", "rate": 1, "factors": factors}
    settings: list[dict[str, Any]] = [{}, {"level": "2"}, {"level": 2}, {"level": "4"}, {"level": 4}, {"level": 4.0}]
    for rules, least, most in (
        (BillingRules.parse({"unit": "call", "dearer": {"settings.level": "4"}}), 5, 10),
        (BillingRules.parse({"unit": "call"}, priced), 3, 7),
    ):
        costs = [rules.charge(5, {"settings": one}, {"settings.level": "2"}, {}).credits for one in settings]
        assert rules.charge(5, {}, {"settings.level": "2"}, {}).credits == least
        assert costs == [least] * 3 + [most] * 3
