"""A request that breaks a documented rule is not sent, and every rule it breaks is named."""

from __future__ import annotations

import json
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

IMAGE = "https://example.com/a.png"
VIDEO = "https://example.com/a.mp4"
TAKEN = httpx.Response(200, json={"id": "task-unified-1-abcdefgh", "status": "pending"})


class Sent(httpx.BaseTransport):
    """Takes every create, and keeps what was sent."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(json.loads(request.read()))
        return httpx.Response(200, content=TAKEN.content)


@pytest.fixture
def sent() -> Sent:
    """What was sent."""
    return Sent()


@pytest.fixture
def api(sent: Sent) -> EvoLink:
    """A client of a service that takes everything."""
    return EvoLink("sk-evo-mock", base_url="https://api.example.com", transport=sent)


def refused(api: EvoLink, request: Any) -> tuple[Violation, ...]:
    with pytest.raises(InvalidRequest) as caught:
        api.submit(request)
    return caught.value.violations


def test_every_broken_rule_is_listed_with_field_limit_size_way_out_and_edition(api: EvoLink, sent: Sent) -> None:
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
    assert str(violations["duration"]) == (
        "duration: must have a value of at most 10; it is 11 (documentation from spring 2026)"
    )
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
    assert "upload()" in next(str(each) for each in violations if each.field == "video_urls[0]")


@pytest.mark.parametrize("model", ["wan9", None, 5, "", []])
def test_model_that_no_page_documents_is_named_and_can_be_sent_all_the_same(
    api: EvoLink, sent: Sent, model: Any
) -> None:
    body = {"model": model, "prompt": "x"}
    [violation] = refused(api, body)
    assert violation.field == "model"
    assert "wan2.5-image-to-video" in violation.fix
    assert "validate=False" in violation.fix
    api.submit(body, validate=False)
    assert sent.bodies == [body]


def test_contested_limit_warns_and_is_sent(api: EvoLink, sent: Sent) -> None:
    request = Wan25ImageToVideo(prompt="x" * 1500, image_urls=[IMAGE])
    with pytest.warns(ContestedLimitWarning, match="say 2000") as warned:
        api.submit(request)
    assert warned[0].filename == __file__
    assert len(sent.bodies) == 1


def test_what_no_edition_allows_is_refused(api: EvoLink) -> None:
    [violation] = refused(api, Wan25ImageToVideo(prompt="x" * 2001, image_urls=[IMAGE]))
    assert (violation.keyword, violation.limit) == ("maxLength", 1000)


def test_validation_can_be_left_to_the_server(api: EvoLink, sent: Sent) -> None:
    api.submit(Wan25ImageToVideo(prompt="x", image_urls=[]), validate=False)
    assert sent.bodies[0]["image_urls"] == []


def test_undocumented_fields_are_sent(api: EvoLink, sent: Sent) -> None:
    request = Wan25ImageToVideo(prompt="x", image_urls=[IMAGE])
    request["prompt_extend"] = False
    api.submit(request)
    assert sent.bodies[0]["prompt_extend"] is False


def test_nothing_is_sent_that_the_caller_did_not_say(api: EvoLink, sent: Sent) -> None:
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


UNSAYABLE: dict[str, Any] = {
    "lone surrogate": "\ud800",
    "set": {1},
    "bytes": b"x",
    "not a number": float("nan"),
    "object": object(),
}


@pytest.mark.parametrize("name", UNSAYABLE)
@pytest.mark.parametrize("validate", [True, False])
def test_value_that_json_cannot_say_names_its_field(api: EvoLink, sent: Sent, name: str, validate: Any) -> None:
    request = Wan25ImageToVideo(prompt="x", image_urls=[IMAGE])
    request["note"] = UNSAYABLE[name]
    with pytest.raises(InvalidRequest) as caught:
        api.submit(request, validate=validate)
    assert [violation.field for violation in caught.value.violations] == ["note"]
    assert sent.bodies == []


def test_value_that_nests_without_end_names_its_field(api: EvoLink) -> None:
    endless: list[Any] = []
    endless.append(endless)
    [violation] = refused(api, {"model": "wan2.5-image-to-video", "prompt": "x", "image_urls": endless})
    assert violation.field == "image_urls"


def test_plain_dict_where_a_class_is_wanted_names_its_field(api: EvoLink) -> None:
    wrong: Any = {"shot_type": "multi"}
    [violation] = refused(api, Wan26ReferenceVideoFlash(prompt="x", video_urls=[VIDEO], model_params=wrong))
    assert violation.field == "model_params"


@pytest.mark.parametrize("wrong", [None, 5, "wan2.5", [], object()])
def test_what_is_no_request_is_refused(api: EvoLink, wrong: Any) -> None:
    with pytest.raises(InvalidRequest):
        api.submit(wrong)
