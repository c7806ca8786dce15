"""A request that breaks documented rules is not sent, and the error names every broken rule."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from evolink import (
    ContestedLimitWarning,
    EvoLink,
    InvalidRequest,
    Violation,
    Wan25ImageToVideo,
    Wan26ReferenceVideoFlash,
    Wan26ReferenceVideoFlashModelParams,
)
from evolink.errors import NextStep

IMAGE = "https://example.com/a.png"
VIDEO = "https://example.com/a.mp4"
TAKEN = httpx.Response(200, json={"id": "task-unified-1-abcdefgh", "status": "pending"})


class Sent(httpx.BaseTransport):
    """Accepts every create, and keeps the request bodies."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(json.loads(request.read()))
        return httpx.Response(200, content=TAKEN.content)


@pytest.fixture
def sent() -> Sent:
    """The requests that were sent."""
    return Sent()


@pytest.fixture
def api(sent: Sent) -> EvoLink:
    """A client of a service that accepts every request."""
    return EvoLink("sk-evo-mock", base_url="https://api.example.com", transport=sent)


def refused(api: EvoLink, request: Any) -> tuple[Violation, ...]:
    with pytest.raises(InvalidRequest) as caught:
        api.submit(request)
    return caught.value.violations


def test_every_broken_rule_is_listed_with_field_limit_size_fix_and_edition(api: EvoLink, sent: Sent) -> None:
    request = Wan26ReferenceVideoFlash(
        prompt="x" * 1501,
        video_urls=[VIDEO] * 4,
        duration=11,
        quality="4k",  # type: ignore[arg-type]
    )
    violations = {violation.field: violation for violation in refused(api, request)}
    assert {field: (each.keyword, each.limit, each.actual) for field, each in violations.items()} == {
        "prompt": ("maxLength", 1500, "1501 characters long"),
        "video_urls": ("maxItems", 3, "a list of 4"),
        "duration": ("maximum", 10, "11"),
        "quality": ("enum", ["720p", "1080p"], '"4k"'),
    }
    assert str(violations["duration"]) == ("duration: must be at most 10; it is 11 (documentation from spring 2026)")
    assert all(each.source.startswith("https://docs.evolink.ai/") for each in violations.values())
    assert sent.bodies == []


def test_content_of_a_long_value_is_not_repeated(api: EvoLink) -> None:
    with pytest.raises(InvalidRequest) as caught:
        api.submit(Wan25ImageToVideo(prompt="secret plot " * 300, image_urls=[IMAGE]))
    assert "secret plot" not in str(caught.value)


def test_missing_and_nested_fields_are_named_by_their_path(api: EvoLink) -> None:
    body = {"model": "wan2.6-reference-video-flash", "video_urls": ["/home/me/a.mp4"], "model_params": {"shot_type": 1}}
    violations = refused(api, body)
    assert {violation.field for violation in violations} == {"prompt", "video_urls[0]", "model_params.shot_type"}
    [local_file] = [violation for violation in violations if violation.field == "video_urls[0]"]
    assert local_file.next_step == NextStep("upload")
    assert str(local_file).endswith("; call upload() to get a URL for a local file")


@pytest.mark.parametrize("model", ["wan9", None, 5, "", []])
def test_unknown_model_is_refused_and_can_be_sent_without_validation(api: EvoLink, sent: Sent, model: Any) -> None:
    body = {"model": model, "prompt": "x"}
    [violation] = refused(api, body)
    assert violation.field == "model"
    assert "wan2.5-image-to-video" in violation.fix
    assert violation.next_step == NextStep("skip_validation")
    assert str(violation).endswith("; pass validate=False to send it anyway")
    api.submit(body, validate=False)
    assert sent.bodies == [body]


def test_contested_limit_warns_and_is_sent(api: EvoLink, sent: Sent) -> None:
    request = Wan25ImageToVideo(prompt="x" * 1500, image_urls=[IMAGE])
    with pytest.warns(ContestedLimitWarning, match="say 2000") as warned:
        api.submit(request)
    assert warned[0].filename == __file__
    assert len(sent.bodies) == 1


def test_value_that_no_edition_allows_is_refused(api: EvoLink) -> None:
    [violation] = refused(api, Wan25ImageToVideo(prompt="x" * 2001, image_urls=[IMAGE]))
    assert (violation.keyword, violation.limit) == ("maxLength", 1000)


def test_validation_can_be_disabled(api: EvoLink, sent: Sent) -> None:
    api.submit(Wan25ImageToVideo(prompt="x", image_urls=[]), validate=False)
    assert sent.bodies[0]["image_urls"] == []


def test_undocumented_fields_are_sent(api: EvoLink, sent: Sent) -> None:
    request = Wan25ImageToVideo(prompt="x", image_urls=[IMAGE])
    request["prompt_extend"] = False
    api.submit(request)
    assert sent.bodies[0]["prompt_extend"] is False


def test_only_fields_that_the_caller_set_are_sent(api: EvoLink, sent: Sent) -> None:
    params = Wan26ReferenceVideoFlashModelParams(shot_type="multi")
    api.submit(Wan26ReferenceVideoFlash(prompt="猫", video_urls=[VIDEO], model_params=params))
    assert sent.bodies == [
        {
            "model": "wan2.6-reference-video-flash",
            "prompt": "猫",
            "video_urls": [VIDEO],
            "model_params": {"shot_type": "multi"},
        }
    ]


class Integer:
    """An integer of another library, such as NumPy's."""

    def __index__(self) -> int:
        return 1


NOT_JSON: dict[str, tuple[Any, str]] = {
    "lone surrogate": ("\ud800", "must be valid Unicode text, without lone surrogates"),
    "set": ({1}, "set is not a JSON value"),
    "bytes": (b"x", "bytes is not a JSON value"),
    "not a number": (float("nan"), "must not hold NaN or infinity"),
    "object": ([{"a": object()}], "object is not a JSON value"),
    "decimal": (Decimal("1.5"), "decimal.Decimal is not a JSON value; use float(value)"),
    "integer": (Integer(), f"{__name__}.Integer is not a JSON value; use int(value)"),
}


@pytest.mark.parametrize("name", NOT_JSON)
@pytest.mark.parametrize("validate", [True, False])
def test_value_that_is_not_json_names_its_field(api: EvoLink, sent: Sent, name: str, validate: Any) -> None:
    value, fix = NOT_JSON[name]
    request = Wan25ImageToVideo(prompt="x", image_urls=[IMAGE])
    request["note"] = value
    with pytest.raises(InvalidRequest) as caught:
        api.submit(request, validate=validate)
    [violation] = caught.value.violations
    assert (violation.field, violation.fix) == ("note", fix)
    assert sent.bodies == []


def test_list_that_contains_itself_names_its_field(api: EvoLink) -> None:
    endless: list[Any] = []
    endless.append(endless)
    [violation] = refused(api, {"model": "wan2.5-image-to-video", "prompt": "x", "image_urls": endless})
    assert (violation.field, violation.fix) == ("image_urls", "must not contain itself")


def test_dict_in_place_of_a_generated_class_names_its_field(api: EvoLink) -> None:
    wrong: Any = {"shot_type": "multi"}
    [violation] = refused(api, Wan26ReferenceVideoFlash(prompt="x", video_urls=[VIDEO], model_params=wrong))
    assert violation.field == "model_params"


@pytest.mark.parametrize("wrong", [None, 5, "wan2.5", [], object()])
def test_argument_that_is_not_a_request_is_refused(api: EvoLink, wrong: Any) -> None:
    with pytest.raises(InvalidRequest):
        api.submit(wrong)
