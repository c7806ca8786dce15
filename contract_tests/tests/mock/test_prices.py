"""The mock's prices: by the contract where it has them, or one credit a second."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

import evolink_client
from evolink_mock import ConfigurationError, MockTransport, cli
from evolink_mock.domain.billing import BillingRules
from evolink_mock.settings import ResolvedSettings

CREATE = "/v1/videos/generations"
CONTRACT: dict[str, Any] = json.loads(Path(evolink_client.__path__[0], "openapi.json").read_text(encoding="utf-8"))
PRICE: dict[str, Any] = {
    "date": "2030-01-02", "source": "s", "x-inferred": "i", "unit": "second", "rate": 3.1, "minimum": 13,
    "factors": {"quality": {"720p": 1, "1080p": 2}}, "defaults": {"duration": 4},
    "seconds": {"output": "duration", "values": {"9": 30}, "input": {"field": "video_urls", "cap-seconds-total": 5}},
}  # fmt: skip


def with_price(price: dict[str, Any] | None, model: str) -> dict[str, Any]:
    """Return the contract in which a model has this price, and no other model has one."""
    document = copy.deepcopy(CONTRACT)
    for schema in document["components"]["schemas"].values():
        schema.pop("x-price", None)
        if price is not None and schema.get("properties", {}).get("model", {}).get("const") == model:
            schema["x-price"] = price
    return document


class Client:
    """A client of a mock without a socket, whose tasks end at once."""

    def __init__(self, mock: MockTransport) -> None:
        self.mock = mock
        headers = {"authorization": f"Bearer {mock.api_key}"}
        self.http = httpx.Client(transport=mock, base_url="http://localhost", headers=headers)

    def bill(self, request: dict[str, Any], prefer: str = "") -> dict[str, Any]:
        """Create a task, let it end, and return its bill without the time of its end."""
        created = self.http.post(CREATE, json=request, headers={"prefer": prefer})
        assert created.status_code == 200, created.text
        self.mock.advance(1)
        bill: dict[str, Any] = self.http.get(f"/_mock/billing/{created.json()['id']}").json()
        assert bill["reserved"]["credits"] == created.json()["usage"]["credits_reserved"]
        del bill["settled"]["at"], bill["task_id"]
        return bill


@pytest.fixture
def priced(reference_request: dict[str, Any]) -> Iterator[Client]:
    """A client of a mock in which one model has an invented price."""
    with MockTransport(pace="at-once", contract=with_price(PRICE, reference_request["model"])) as mock:
        yield Client(mock)


def billed(reserved: tuple[float, float], settled: tuple[float, float, float]) -> dict[str, Any]:
    return {
        "price_date": PRICE["date"],
        "reserved": dict(zip(("seconds", "credits"), reserved, strict=True)),
        "settled": dict(zip(("seconds", "input_seconds", "credits"), settled, strict=True)),
    }


@pytest.mark.parametrize(
    ("fields", "lengths", "expected"),
    [
        ({"duration": 5}, "", billed((5, 15.5), (5, 0, 15.5))),
        ({"duration": 5, "quality": "1080p"}, "", billed((5, 31), (5, 0, 31))),
        ({"duration": 2}, "", billed((2, 13), (2, 0, 13))),
        ({"duration": 5}, "input-seconds=3.5", billed((5, 15.5), (5, 3.5, 26.35))),
        ({"duration": 5}, "input-seconds=30", billed((5, 15.5), (5, 5, 31))),
        ({}, "", billed((4, 13), (4, 0, 13))),
        ({"duration": 9}, "", billed((30, 93), (5, 0, 15.5))),
        ({"duration": 5}, "outcome=failed", billed((5, 15.5), (0, 0, 0))),
    ],
)
def test_credits_are_reserved_for_the_length_and_settled_for_what_is_produced(
    priced: Client, reference_request: dict[str, Any], fields: dict[str, Any], lengths: str, expected: dict[str, Any]
) -> None:
    assert priced.bill({**reference_request, **fields}, lengths) == expected


def test_model_without_a_price_costs_one_credit_a_second(priced: Client, image_request: dict[str, Any]) -> None:
    assert priced.bill({**image_request, "duration": 10}) == {
        "price_date": None,
        "reserved": {"seconds": 10, "credits": 10},
        "settled": {"seconds": 10, "input_seconds": 0, "credits": 10},
    }


def test_balance_pays_the_price(reference_request: dict[str, Any]) -> None:
    contract = with_price(PRICE, reference_request["model"])
    with MockTransport(pace="at-once", balance=31, contract=contract) as mock:
        client = Client(mock)
        client.bill({**reference_request, "duration": 5})
        assert client.http.get("/v1/credits").json()["data"]["user"] == {
            "remaining_credits": 15.5,
            "used_credits": 15.5,
        }
        refused = client.http.post(CREATE, json={**reference_request, "duration": 6})
        assert (refused.status_code, mock.state["accounts"][0]["used"]) == (402, 15.5)


def test_documented_example_costs_what_its_page_shows_without_prices(
    image_request: dict[str, Any], reference_request: dict[str, Any]
) -> None:
    with MockTransport(pace="at-once", prices="none") as mock:
        client = Client(mock)
        for request in (image_request, reference_request):
            bill = client.bill(request)
            assert (bill["price_date"], bill["reserved"]) == (None, {"seconds": 5, "credits": 5})


def test_dashboard_shows_seconds_and_credits(priced: Client, reference_request: dict[str, Any]) -> None:
    priced.bill({**reference_request, "duration": 5}, "input-seconds=3.5")
    page = priced.http.get("/", headers={"accept": "text/html"}).text
    for label, value in (("Reserved credits", "15.5"), ("Settled input seconds", "3.5"), ("Settled credits", "26.35")):
        assert f"<dt>{label}</dt><dd>{value}</dd>" in page


def test_price_per_call_is_charged_once(image_request: dict[str, Any]) -> None:
    price = {"date": "2030-01-02", "unit": "call", "rate": 21.6, "factors": {"quality": {"720p": 1, "1080p": 2}}}
    rules = BillingRules.parse({"reserved-from": "duration"}, price)
    assert rules.charge(5, {**image_request, "quality": "1080p"}, {}, {}).credits == 43.2
    assert rules.charge(10, {**image_request, "quality": "720p"}, {}, {}).reserved_credits == 21.6


def settled(price: dict[str, Any], request: dict[str, Any], lengths: dict[str, list[float]]) -> tuple[float, ...]:
    """Return the credits reserved, the seconds produced and the credits charged for a request."""
    rules = BillingRules.parse({"unit": "unknown"}, {"date": "2030-01-02", "unit": "second", "rate": 10, **price})
    charge = rules.charge(rules.reserved_seconds(request, {}, lengths), request, {}, lengths)
    produced = rules.produced_seconds(request, {}, lengths)
    return charge.reserved_credits, produced, charge.settled(produced).credits


def test_length_that_the_model_chooses_is_settled_within_its_bounds() -> None:
    seconds = {"output": {"field": "duration", "at-least": 8, "at-most": 30}, "values": {"-1": 30}}
    assert settled({"seconds": seconds}, {"duration": -1}, {}) == (300, 5, 80)
    assert settled({"seconds": seconds}, {"duration": 9}, {}) == (90, 9, 90)


def test_file_of_unknown_length_reserves_what_the_rules_say() -> None:
    seconds = {"output": {"file": "clip", "unmeasured": 60}, "round-to": 1}
    assert settled({"seconds": seconds}, {}, {}) == (600, 5, 50)
    assert settled({"seconds": seconds}, {}, {"clip": [7.5]}) == (80, 8, 80)


def test_input_counts_as_long_as_the_video_and_has_its_own_factors() -> None:
    price = {
        "factors": {"clips": {"absent": {"size": {"big": 2}}, "given": {"size": {"big": 1}}}},
        "seconds": {"output": "duration", "input": {"field": "clips", "at-least": "output"}, "round-up-to": 0.1},
    }
    request = {"duration": 5, "size": "big", "": 5}
    assert settled(price, request, {}) == (100, 5, 100)
    assert settled(price, {**request, "clips": ["a"]}, {}) == (100, 5, 100)  # 5 + 5
    assert settled(price, {**request, "clips": ["a"]}, {"clips": [6.01]}) == (100, 5, 111)  # 5 + 6.01, rounded up


def test_input_may_have_a_rate_and_images_a_price() -> None:
    price = {
        "seconds": {"output": "duration", "input": {"field": "clips", "round-up-to": 1, "rates": {"size": {"big": 3}}}},
        "files": {"field": "images", "free": 2, "credits": 0.5},
        "times": "n",
    }
    request = {"duration": 5, "size": "big", "n": 2, "clips": ["a"], "images": ["a", "b", "c"]}
    assert settled(price, request, {"clips": [2.1]}) == (100.5, 5, 109.5)


def test_edit_reserves_its_input_too() -> None:
    seconds = {"output": {"file": "clip", "at-most": 15}, "input": {"field": "clip"}}
    assert settled({"seconds": seconds}, {}, {"clip": [20]}) == (350, 15, 350)


def test_mock_charges_little_where_only_the_file_tells_the_factor() -> None:
    seconds = {"output": {"file": "clip"}}
    assert settled({"factors": {"fps": {"60": [1, 2]}}, "seconds": seconds}, {"fps": 60}, {"clip": [4]})[-1] == 40


def test_price_of_tokens_is_one_credit_a_second() -> None:
    rules = BillingRules.parse({"unit": "token"}, {"date": "2030-01-02", "unit": "1000 tokens", "rates": {"input": 1}})
    charge = rules.charge(rules.reserved_seconds({"duration": 3}, {}, {}), {"duration": 3}, {}, {})
    assert (charge.reserved_credits, charge.price_date) == (3, None)


def test_video_has_the_length_of_its_input_if_the_page_says_so() -> None:
    billing = {
        "reserved-from": "duration",
        "reserved-values": {"0": "input-seconds", "-1": 30},
        "input": {"field": "video_urls", "cap-seconds-total": 10},
    }
    rules = BillingRules.parse(billing)
    for duration, lengths, expected in ((0, {"video_urls": [8]}, (8, 8)), (-1, {}, (30, 5))):
        request = {"duration": duration}
        assert (rules.reserved_seconds(request, {}, lengths), rules.produced_seconds(request, {}, lengths)) == expected


@pytest.mark.parametrize("value", ["", "all", "2026-10-10", 1, True])
def test_other_values_of_the_setting_are_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError, match="prices must be contract or none"):
        ResolvedSettings({"prices": value})


def test_command_takes_the_setting_from_an_option_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []

    def record(**settings: Any) -> None:
        seen.append(settings.get("prices"))
        raise ConfigurationError("enough")

    monkeypatch.setattr(cli, "Mock", record)
    for arguments, environment in (
        (["--port", "0", "--prices", "none"], {}),
        (["--port", "0"], {"EVOLINK_MOCK_PRICES": "none"}),
        (["--port", "0", "--prices", "contract"], {"EVOLINK_MOCK_PRICES": "none"}),
    ):
        CliRunner(env=environment).invoke(cli.mock, arguments)
    assert seen == ["none", "none", "contract"]


def test_number_of_videos_may_be_a_whole_number_with_a_decimal_point() -> None:
    price = {"seconds": {"output": "duration"}, "times": "n"}
    assert [settled(price, {"duration": 4, "n": n}, {})[0] for n in (3, 3.0)] == [120, 120]
