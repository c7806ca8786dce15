"""A request that breaks documented rules is not sent, and the error names every broken rule."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum
from fractions import Fraction
from functools import reduce
from http import HTTPStatus
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any
from uuid import UUID

import httpx
import pytest

from evolink import (
    ConfigurationError,
    ContestedLimitWarning,
    EvoLink,
    InvalidRequest,
    Violation,
    Wan25ImageToVideo,
    Wan26ReferenceVideoFlash,
    Wan26ReferenceVideoFlashModelParams,
    billing,
)
from evolink.errors import NextStep
from evolink_client.types import UNSET
from tests.known_limits import EDITIONS, highest, limit

MODEL, REFERENCE = "wan2.5-image-to-video", "wan2.6-reference-video-flash"
LONGEST, LONGEST_ANYWHERE = limit(MODEL, "prompt", "maxLength"), highest(MODEL, "prompt", "maxLength")

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
    longest, videos, seconds = (
        highest(REFERENCE, *of) + 1
        for of in (("prompt", "maxLength"), ("video_urls", "maxItems"), ("duration", "maximum"))
    )
    request = Wan26ReferenceVideoFlash(
        prompt="x" * longest,
        video_urls=[VIDEO] * videos,
        duration=seconds,
        quality="0p",  # type: ignore[arg-type]
    )
    violations = {violation.field: violation for violation in refused(api, request)}
    most = limit(REFERENCE, "duration", "maximum")
    assert {field: (each.keyword, each.limit, each.actual) for field, each in violations.items()} == {
        "prompt": ("maxLength", limit(REFERENCE, "prompt", "maxLength"), f"{longest} characters long"),
        "video_urls": ("maxItems", limit(REFERENCE, "video_urls", "maxItems"), f"a list of {videos}"),
        "duration": ("maximum", most, str(seconds)),
        "quality": ("enum", limit(REFERENCE, "quality", "enum"), '"0p"'),
    }
    message = f"duration: must be at most {most}; it is {seconds} (documentation from spring 2026)"
    assert str(violations["duration"]) == message
    assert all(each.source.startswith("https://docs.evolink.ai/") for each in violations.values())
    assert sent.bodies == []


def test_content_of_a_long_value_is_not_repeated(api: EvoLink) -> None:
    with pytest.raises(InvalidRequest) as caught:
        api.submit(Wan25ImageToVideo(prompt="secret plot " * LONGEST_ANYWHERE, image_urls=[IMAGE]))
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
    request = Wan25ImageToVideo(prompt="x" * (LONGEST + 1), image_urls=[IMAGE])
    names = "|".join(EDITIONS)
    with pytest.warns(ContestedLimitWarning, match=f"edition ({names}) of the documentation allows it") as warned:
        api.submit(request)
    assert warned[0].filename == __file__
    assert len(sent.bodies) == 1


def test_value_that_no_edition_allows_is_refused(api: EvoLink) -> None:
    [violation] = refused(api, Wan25ImageToVideo(prompt="x" * (LONGEST_ANYWHERE + 1), image_urls=[IMAGE]))
    assert (violation.keyword, violation.limit) == ("maxLength", LONGEST)


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
        return 5


class Array:
    """An array of another library: it has `__index__`, which raises an error unless it has one element."""

    def __index__(self) -> int:
        raise TypeError("only integer scalar arrays can be converted to a scalar index")

    def tolist(self) -> list[int]:
        return [1, 2]


class Text(StrEnum):
    """Strings with names."""

    CAT = "cat"


class Plain(Enum):
    """Values with names."""

    CAT = "cat"


@dataclass
class Data:
    """A dataclass."""

    name: str = "cat"


TO_DICT = "is not a JSON value; use value.to_dict()"
NOT_JSON: dict[str, tuple[Any, str, str]] = {
    "lone surrogate": ("\ud800", "note", "must be valid Unicode text, without lone surrogates"),
    "lone surrogate in a name": ({"\ud800": 1}, "note.\\ud800", "must be valid Unicode text, without lone surrogates"),
    "number as a name": ({5: 1}, "note", "has the name 5, but the names of fields must be strings"),
    "set": ({1}, "note", "set is not a JSON value; use list(value)"),
    "generator": (iter([1]), "note", "list_iterator is not a JSON value; use list(value)"),
    "bytes": (b"x", "note", "bytes is not a JSON value; use str(value, 'utf-8') if it is text"),
    "path": (PurePosixPath("a"), "note", "pathlib.PurePosixPath is not a JSON value; use str(value) if it is text"),
    "not a number": (float("nan"), "note", "must not hold NaN or infinity"),
    "infinity": ([float("inf")], "note[0]", "must not hold NaN or infinity"),
    "very long integer": (10**5000, "note", "must have fewer digits"),
    "object": (
        [{"a": object()}],
        "note[0].a",
        "object is not a JSON value; use a string, a number, a boolean, a list or a dict",
    ),
    "decimal": (Decimal("1.5"), "note", "decimal.Decimal is not a JSON value; use float(value)"),
    "date": (date(2026, 1, 1), "note", "datetime.date is not a JSON value; use value.isoformat()"),
    "array": (Array(), "note", f"{__name__}.Array is not a JSON value; use value.tolist()"),
    "enum": (Plain.CAT, "note", f"{__name__}.Plain is not a JSON value; use its attribute value"),
    "dataclass": (Data(), "note", f"{__name__}.Data is not a JSON value; use dataclasses.asdict(value)"),
    "generated class": (
        {"a": Wan26ReferenceVideoFlashModelParams()},
        "note.a",
        f"{Wan26ReferenceVideoFlashModelParams.__module__}.{Wan26ReferenceVideoFlashModelParams.__name__} {TO_DICT}",
    ),
    "unset field": (UNSET, "note", "evolink_client.types.Unset is not a JSON value; leave the field out"),
    "function": (print, "note", "builtin_function_or_method is not a JSON value; call it, and use what it returns"),
    "identifier": (UUID(int=1), "note", "uuid.UUID is not a JSON value; use str(value)"),
    "deep nesting": (reduce(lambda inner, _: [inner], range(100), list[Any]()), "note", "is nested too deeply"),
}


@pytest.mark.parametrize("name", NOT_JSON)
@pytest.mark.parametrize("validate", [True, False])
def test_value_that_is_not_json_names_its_field(api: EvoLink, sent: Sent, name: str, validate: Any) -> None:
    value, field, fix = NOT_JSON[name]
    request = Wan25ImageToVideo(prompt="x", image_urls=[IMAGE])
    request["note"] = value
    with pytest.raises(InvalidRequest) as caught:
        api.submit(request, validate=validate)
    [violation] = caught.value.violations
    assert (violation.field, violation.fix) == (field, fix)
    assert sent.bodies == []


@pytest.mark.parametrize("request_", [5, None, "wan2.5-image-to-video", [("model", "wan2.5-image-to-video")], object()])
def test_request_of_another_type_says_what_a_request_is(api: EvoLink, sent: Sent, request_: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"must be a request of a class in evolink, or a JSON object as a dict"):
        api.submit(request_)
    assert sent.bodies == []


def test_values_that_stand_for_json_are_sent_as_json(api: EvoLink, sent: Sent) -> None:
    request: Any = Wan25ImageToVideo(prompt=Text.CAT, image_urls=(IMAGE,), duration=Integer())  # type: ignore[arg-type]
    request["note"] = MappingProxyType({"a": HTTPStatus.OK, "b": (Integer(), True, None, 1.5)})
    api.submit(request)
    assert sent.bodies == [
        {
            "model": "wan2.5-image-to-video",
            "prompt": "cat",
            "image_urls": [IMAGE],
            "duration": 5,
            "note": {"a": 200, "b": [5, True, None, 1.5]},
        }
    ]


LINKS = {
    "https://a.example/my cat.png": "percent-encode it: https://a.example/my%20cat.png",
    "https://a.example/猫.png?name=あ b&x=%20": "percent-encode it: https://a.example/%E7%8C%AB.png?name=%E3%81%82%20b&x=%20",
    "https://例え.jp/a.png": "percent-encode it: https://xn--r8jz45g.jp/a.png",
    "https://a.example/100% [1]|2.png": "percent-encode it: https://a.example/100%25%20%5B1%5D%7C2.png",
    " https://a.example/a.png\n": "remove the white space around it: https://a.example/a.png",
}


@pytest.mark.parametrize("link", LINKS)
def test_link_that_is_not_encoded_is_given_in_its_encoded_form(api: EvoLink, sent: Sent, link: str) -> None:
    fields = {"image_urls[0]", "callback_url"}
    violations = refused(api, Wan25ImageToVideo(prompt="x", image_urls=[link], callback_url=link))
    assert {violation.field: (violation.fix, violation.next_step) for violation in violations} == dict.fromkeys(
        fields, (LINKS[link], None)
    )
    encoded = LINKS[link].partition(": ")[2]
    api.submit(Wan25ImageToVideo(prompt="x", image_urls=[encoded], callback_url=encoded))
    assert len(sent.bodies) == 1


@pytest.mark.parametrize("link", ["/home/me/my cat.png", "https://a b.example/", "file:///a b.png", "https:// /"])
def test_link_without_a_valid_encoded_form_is_described_as_documented(api: EvoLink, link: str) -> None:
    [violation] = refused(api, Wan25ImageToVideo(prompt="x", image_urls=[link]))
    assert violation.fix.startswith("is not as documented: An http or https URL")
    assert violation.next_step == NextStep("upload")


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


@pytest.mark.parametrize("number", [Integer(), Fraction(5, 1), 5, 5.0])
def test_arguments_may_be_numbers_of_other_libraries(number: Any) -> None:
    request = {
        "model": "wan2.5-image-to-video",
        "prompt": "A cat",
        "image_urls": ["https://media.invalid/1.png"],
        "duration": 5,
    }
    assert billing.estimate(request, price_per_second=number).cost == 25.0
    with EvoLink("sk-evo-0123456789", timeout=number) as api, pytest.raises(InvalidRequest, match="id"):
        api.wait("", timeout=number)


@pytest.mark.parametrize("number", [True, "5", None, math.nan, Array(), Decimal(5)])
def test_arguments_that_are_not_numbers_are_refused(number: Any) -> None:
    with pytest.raises(ConfigurationError, match="timeout must be a number of seconds"):
        EvoLink("sk-evo-0123456789", timeout=number)
    with pytest.raises(ConfigurationError, match="max_retries must be a whole number"):
        EvoLink("sk-evo-0123456789", max_retries=number)
    if number is not None:  # the default
        with pytest.raises(InvalidRequest, match="price_per_second"):
            billing.estimate({"model": "wan2.5-image-to-video"}, price_per_second=number)


def test_whole_numbers_of_other_libraries_are_whole_numbers() -> None:
    with EvoLink("sk-evo-0123456789", max_retries=Integer()) as api:  # type: ignore[arg-type] # as with NumPy's integers
        assert api.wait_all([], concurrency=Integer()) == []  # type: ignore[arg-type] # as above
