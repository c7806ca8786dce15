"""Estimates of the charge for a request. The documented billing rules themselves are tested in test_rules.py."""

from __future__ import annotations

import math
from typing import Any

import pytest

from evolink import InvalidRequest, Wan25ImageToVideo
from evolink.billing import Estimate, estimate
from tests.known_limits import highest

REFERENCE = "wan2.6-reference-video-flash"


@pytest.fixture
def videos(reference_request: dict[str, Any]) -> dict[str, Any]:
    """A request with two reference videos."""
    return {**reference_request, "video_urls": ["https://media.invalid/1.mp4", "https://media.invalid/2.mp4"]}


def seconds(result: Estimate) -> tuple[Any, ...]:
    """Return the part of an estimate that does not depend on a snapshot of prices."""
    return result.model, result.reserved_seconds, result.input_seconds, result.surcharges, result.cost


def test_values_that_the_request_omits_are_not_invented(reference_request: dict[str, Any]) -> None:
    result = estimate(reference_request)
    assert seconds(result) == ("wan2.6-reference-video-flash", None, None, ("generate_audio",), None)
    assert (result.credits, "duration" in result.assumed) == (None, True)
    assert estimate(reference_request, price_per_second=1).cost is None
    assert estimate({**reference_request, "duration": 5}, price_per_second=1).cost is None
    assert estimate(reference_request, input_seconds=[4], price_per_second=1).cost is None


def test_model_that_does_not_bill_input_adds_no_seconds() -> None:
    request = Wan25ImageToVideo(prompt="A cat", image_urls=["https://media.invalid/1.png"], duration=10)
    result = estimate(request, price_per_second=0.1)
    assert seconds(result) == ("wan2.5-image-to-video", 10, 0, (), 1.0)
    assert estimate(request, input_seconds=[]).input_seconds == 0


@pytest.mark.parametrize(
    ("fields", "surcharges"),
    [
        ({}, ("generate_audio",)),
        ({"quality": "720p"}, ("generate_audio",)),
        ({"quality": "1080p"}, ("quality", "generate_audio")),
        ({"quality": "1080p", "generate_audio": False}, ("quality",)),
        ({"generate_audio": False}, ()),
    ],
)
def test_surcharges_use_the_documented_default_of_absent_fields(
    reference_request: dict[str, Any], fields: dict[str, Any], surcharges: tuple[str, ...]
) -> None:
    assert estimate({**reference_request, **fields}).surcharges == surcharges


def test_cost_covers_both_kinds_of_seconds_exactly(reference_request: dict[str, Any]) -> None:
    request = {**reference_request, "video_urls": ["https://media.invalid/1.mp4"] * 3, "duration": 10}
    result = estimate(request, input_seconds=[2, 30, 15], price_per_second=0.03)
    assert (result.input_seconds, result.cost) == (4.95, 0.4485)


def test_request_may_lack_fields_that_are_not_billed() -> None:
    assert estimate({"model": "wan2.5-image-to-video", "duration": 5}).reserved_seconds == 5
    local = {"model": "wan2.6-reference-video-flash", "video_urls": ["not yet uploaded.mp4"]}
    assert estimate(local, input_seconds=[3]).input_seconds == 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": "wan9"}, "model"),
        ({"model": None}, "model"),
        ({"duration": highest(REFERENCE, "duration", "maximum") + 1}, "duration"),
        ({"duration": True}, "duration"),
        ({"duration": "5"}, "duration"),
        ({"quality": "8k"}, "quality"),
        ({"generate_audio": 1}, "generate_audio"),
        ({"video_urls": "https://media.invalid/1.mp4"}, "video_urls"),
        ({"video_urls": []}, "video_urls"),
        (
            {"video_urls": ["https://media.invalid/1.mp4"] * (highest(REFERENCE, "video_urls", "maxItems") + 1)},
            "video_urls",
        ),
    ],
)
def test_invalid_field_is_named(reference_request: dict[str, Any], change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        estimate({**reference_request, **change})
    assert [violation.field for violation in error.value.violations] == [field]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"input_seconds": [2]}, "input_seconds"),
        ({"input_seconds": []}, "input_seconds"),
        ({"input_seconds": [2, 2, 2]}, "input_seconds"),
        ({"input_seconds": 4}, "input_seconds"),
        ({"input_seconds": [2, -1]}, "input_seconds[1]"),
        ({"input_seconds": [math.nan, 2]}, "input_seconds[0]"),
        ({"input_seconds": [2, math.inf]}, "input_seconds[1]"),
        ({"input_seconds": [2, True]}, "input_seconds[1]"),
        ({"input_seconds": ["2", 2]}, "input_seconds[0]"),
        ({"price_per_second": -1}, "price_per_second"),
        ({"price_per_second": math.nan}, "price_per_second"),
        ({"price_per_second": "1"}, "price_per_second"),
    ],
)
def test_invalid_argument_is_named(videos: dict[str, Any], arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        estimate(videos, **arguments)
    assert [violation.field for violation in error.value.violations] == [field]


def test_lengths_for_a_model_that_does_not_bill_input_are_refused(image_request: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="input_seconds: must be omitted for this model"):
        estimate(image_request, input_seconds=[3])
