"""Rules on several fields, and fields that are ignored, cut, or let a task fail: refusals and warnings of the SDK."""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest

from evolink import AsyncEvoLink, EvoLink, InvalidRequest, ParameterIgnoredWarning, Task, TokenLimitWarning, Violation
from evolink._contract import Contract
from evolink.cli.app import run as run_command
from evolink.errors import NextStep
from tests import cross_fields
from tests.cross_fields import BROKEN, FULFILLED, IMAGE, MODEL, PAGE, VIDEO, request

SOURCE: dict[str, Any] = {"edition": "of the fixture", "source": PAGE}
REFUSALS: dict[int, Violation] = {
    cross_fields.DURATION: Violation(
        "duration", "allOf", ["duration", "quality"], "10",
        '10 seconds are not available at 1080p (quality is "1080p")', **SOURCE,
    ),
    cross_fields.LAST_FRAME: Violation(
        "image_start", "allOf", ["image_start", "image_end"], "",
        f'The last frame needs a first frame (image_end is "{IMAGE}")', **SOURCE,
    ),
    cross_fields.REFERENCE: Violation(
        "image_urls", "allOf", ["image_urls", "video_urls", "image_start"], "",
        "At least one image, video or frame is needed (video_urls is absent, image_start is absent)", **SOURCE,
    ),
    cross_fields.TOGETHER: Violation(
        "image_urls", "allOf", ["image_urls", "video_urls"], "a list of 2",
        "Images and videos together may be at most three (video_urls is a list of 2)", **SOURCE,
    ),
    cross_fields.SOURCE: Violation(
        "model_params.file_url", "allOf", ["model_params.file_url", "model_params.link_url"], '"a"',
        'A file and a link exclude each other (model_params.link_url is "b")', **SOURCE,
    ),
    cross_fields.DRAFT: Violation(
        "quality", "allOf", ["quality", "draft"], "", "A draft has 480p (draft is true)", **SOURCE
    ),
    cross_fields.MODE: Violation(
        "video_urls", "allOf", ["video_urls", "mode", "image_start", "image_end"], "",
        "A continuation takes one video, and no frames "
        f'(mode is "continuation", image_start is "{IMAGE}", image_end is absent)', **SOURCE,
    ),
}  # fmt: skip
IGNORED = {"image_start": IMAGE, "aspect_ratio": "16:9"}
IGNORED_TEXT = (
    "aspect_ratio is ignored: With a first frame, the video has the ratio of that frame "
    f"(documentation of the fixture, {PAGE})"
)
FAILING = {"mode": "frames", "prompt": "A"}


class Sent(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Accepts every create, and keeps the request bodies."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(json.loads(request.read()))
        return httpx.Response(200, json={"id": f"task-unified-{len(self.bodies)}-abcdefgh", "status": "pending"})

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)


@pytest.fixture(autouse=True)
def invented(monkeypatch: pytest.MonkeyPatch, contract: dict[str, Any]) -> Contract:
    """The contract with the invented model, as the one that the SDK is packaged with."""
    with_model = Contract(cross_fields.with_model(contract))
    monkeypatch.setattr("evolink._contract._read", Mock(return_value=with_model))
    return with_model


@pytest.fixture
def sent() -> Sent:
    """The requests that were sent."""
    return Sent()


@pytest.fixture
def api(sent: Sent) -> Iterator[EvoLink]:
    """A client of a service that accepts every request."""
    with EvoLink("sk-evo-mock", base_url="https://api.example.com", transport=sent) as client:
        yield client


def refused(api: EvoLink, body: Any) -> tuple[Violation, ...]:
    with pytest.raises(InvalidRequest) as caught:
        api.submit(body)
    return caught.value.violations


# --- rules on several fields


@pytest.mark.parametrize("rule", BROKEN)
def test_broken_rule_on_several_fields_is_one_violation_with_its_sentence_and_the_other_values(
    api: EvoLink, sent: Sent, rule: int
) -> None:
    assert refused(api, request(BROKEN[rule])) == (REFUSALS[rule],)
    assert sent.bodies == []


@pytest.mark.parametrize("rule", FULFILLED)
def test_request_that_fulfils_a_rule_on_several_fields_is_sent(api: EvoLink, sent: Sent, rule: int) -> None:
    bodies = [request(changes) for changes in FULFILLED[rule]]
    for body in bodies:
        api.submit(body)
    assert sent.bodies == bodies


def test_text_of_the_violation_names_every_field_and_the_edition(api: EvoLink) -> None:
    [violation] = refused(api, request(BROKEN[cross_fields.DURATION]))
    assert str(violation) == (
        'duration: 10 seconds are not available at 1080p (quality is "1080p"); it is 10 (documentation of the fixture)'
    )


def test_default_of_another_field_is_named_where_it_is_absent(api: EvoLink, invented: Contract) -> None:
    rule = {
        "description": "Short videos need 480p.",
        "x-fields": ["duration", "quality"],
        "if": {"properties": {"duration": {"maximum": 3}}, "required": ["duration"]},
        "then": {"properties": {"quality": {"const": "480p"}}, "required": ["quality"]},
    }
    invented.models[MODEL]["allOf"].append(rule)
    [violation] = refused(api, request({"duration": 2}))
    assert violation.fix == 'Short videos need 480p (quality is "720p" by default)'


def test_wrong_value_of_one_field_is_reported_beside_a_rule_on_several(api: EvoLink) -> None:
    violations = refused(api, request({"duration": 11, "quality": "1080p", "video_urls": "x"}))
    assert [(violation.field, violation.keyword) for violation in violations if violation.keyword != "allOf"] == [
        ("duration", "maximum"),
        ("video_urls", "type"),
    ]
    assert [violation.field for violation in violations if violation.keyword == "allOf"] == ["duration"]


def test_rule_on_several_fields_can_be_skipped(api: EvoLink, sent: Sent) -> None:
    api.submit(request(BROKEN[cross_fields.MODE]), validate=False)
    assert len(sent.bodies) == 1


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"dependentRequired": {"a": ["b"]}}, "b: is required by another field"),
        ({"properties": {"a": False}}, "a: must be left out; it is 1"),
        ({"properties": {"a": {"const": 2}}}, "a: must be 2; it is 1"),
        ({"properties": {"a": {"not": {"const": 1}}}}, "a: is not as documented; it is 1"),
    ],
)  # fmt: skip
def test_rule_outside_of_the_list_is_told_without_the_text_of_the_validator(
    api: EvoLink, invented: Contract, schema: dict[str, Any], text: str
) -> None:
    invented.models[MODEL]["properties"]["inner"] = {"type": "object", **schema}
    [violation] = refused(api, request({"inner": {"a": 1}}))
    assert str(violation) == f"inner.{text} (documentation of the fixture)"


def test_each_field_that_a_strict_object_does_not_have_is_named_with_the_nearest_one_that_it_has(
    api: EvoLink, sent: Sent
) -> None:
    with pytest.raises(InvalidRequest) as error:
        api.submit(request({"model_params": {"size": {"width": 5, "widht": 6, "heigth": [7], "x": None}}}))
    place, what = "model_params.size.", "must be left out: the model has no such field"
    assert [(one.field, one.keyword, one.actual, one.fix) for one in sorted(error.value.violations)] == [
        (f"{place}heigth", "additionalProperties", "a list of 1", f"{what}; did you mean height?"),
        (f"{place}widht", "additionalProperties", "6", f"{what}; did you mean width?"),
        (f"{place}x", "additionalProperties", "null", what),
    ]
    assert sent.bodies == []


# --- ignored and cut


def submit(sent: Sent, body: Any) -> None:
    with EvoLink("sk-evo-mock", base_url="https://api.example.com", transport=sent) as client:
        client.submit(body)


def submit_many(sent: Sent, body: Any) -> None:
    with EvoLink("sk-evo-mock", base_url="https://api.example.com", transport=sent) as client:
        [task] = client.submit_all([body])
        assert isinstance(task, Task)


@pytest.mark.parametrize("way", [submit, submit_many])
def test_ignored_field_is_sent_with_one_warning_that_points_to_the_caller(
    sent: Sent, way: Callable[[Sent, Any], None]
) -> None:
    with pytest.warns(ParameterIgnoredWarning) as caught:
        way(sent, request(IGNORED))
    assert [(str(one.message), one.message.field, one.filename) for one in caught] == [  # type: ignore[union-attr]
        (IGNORED_TEXT, "aspect_ratio", __file__)
    ]
    assert sent.bodies == [request(IGNORED)]


@pytest.mark.anyio
async def test_asynchronous_client_warns_too(sent: Sent) -> None:
    async with AsyncEvoLink("sk-evo-mock", base_url="https://api.example.com", transport=sent) as client:
        with pytest.warns(ParameterIgnoredWarning) as one:
            await client.submit(request(IGNORED))
        with pytest.warns(ParameterIgnoredWarning) as many:
            await client.submit_all([request(IGNORED)])
    assert [(str(each.message), each.filename) for each in [*one, *many]] == [(IGNORED_TEXT, __file__)] * 2
    assert len(sent.bodies) == 2


@pytest.mark.parametrize(
    "changes",
    [{"aspect_ratio": "16:9"}, {"image_start": IMAGE}, {"model_params": {"shot_type": "x"}, "draft": False}],
)
def test_nothing_is_said_without_the_field_or_without_its_condition(
    api: EvoLink, sent: Sent, changes: dict[str, Any]
) -> None:
    api.submit(request(changes))
    assert len(sent.bodies) == 1


def test_nested_field_is_named_by_its_path(api: EvoLink) -> None:
    with pytest.warns(ParameterIgnoredWarning, match="^model_params.shot_type is ignored: Shots are only planned"):
        api.submit(request({"model_params": {"shot_type": "x"}}))


def test_text_is_cut_beyond_the_limit_only(api: EvoLink, sent: Sent) -> None:
    api.submit(request({"prompt": "猫" * 20, "model_params": {"lines": ["abcd"]}}))
    with pytest.warns(ParameterIgnoredWarning) as caught:
        api.submit(request({"prompt": "猫" * 21, "model_params": {"lines": ["abcd", "abcde"]}}))
    origin = f"(documentation of the fixture, {PAGE})"
    assert [str(one.message) for one in caught] == [
        f"prompt is cut after 20 characters; it is 21 characters long {origin}",
        f"model_params.lines[1] is cut after 4 characters; it is 5 characters long {origin}",
    ]
    assert len(sent.bodies) == 2


def test_chinese_characters_may_have_a_limit_of_their_own_and_count_accordingly_in_a_mixed_text(api: EvoLink) -> None:
    for title in ("猫猫猫", "abcdef", "猫ab猫", "😀" * 6):
        api.submit(request({"model_params": {"title": title}}))
    for title in ("猫猫猫猫", "abcdefg", "猫ab猫c", "😀" * 7):
        with pytest.warns(ParameterIgnoredWarning, match="is cut after 6 characters, or 3 Chinese ones; it is"):
            api.submit(request({"model_params": {"title": title}}))


def test_text_with_more_characters_than_tokens_is_sent_with_a_warning(api: EvoLink, sent: Sent) -> None:
    api.submit(request({"model_params": {"story": "猫" * 6}}))
    with pytest.warns(TokenLimitWarning) as caught:
        api.submit(request({"model_params": {"story": "a story"}}))
    [warning] = caught
    assert isinstance(warning.message, TokenLimitWarning)
    assert warning.message.field == "model_params.story"
    assert str(warning.message) == (
        "model_params.story may have more than 6 tokens, the most that EvoLink takes; it is 7 characters long "
        f"(documentation of the fixture, {PAGE})"
    )
    assert len(sent.bodies) == 2


def test_two_reasons_for_one_field_are_one_warning(api: EvoLink, invented: Contract) -> None:
    invented.models[MODEL]["x-ignored"].append(
        {"field": "aspect_ratio", "when": {"required": ["video_urls"]}, "description": "Videos have their own."}
    )
    with pytest.warns(ParameterIgnoredWarning) as caught:
        api.submit(request({**IGNORED, "video_urls": [VIDEO]}))
    [warning] = caught
    assert "that frame; and it is ignored: Videos have their own (documentation" in str(warning.message)


@pytest.mark.parametrize("way", [submit, submit_many])
def test_warning_as_an_error_prevents_the_request(sent: Sent, way: Callable[[Sent, Any], None]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ParameterIgnoredWarning):
            way(sent, request(IGNORED))
    assert sent.bodies == []


def test_refused_request_causes_no_warning(api: EvoLink) -> None:
    refused(api, request({**IGNORED, **BROKEN[cross_fields.DURATION]}))


def test_request_without_validation_causes_no_warning(api: EvoLink, sent: Sent) -> None:
    api.submit(request(IGNORED), validate=False)
    assert len(sent.bodies) == 1


def test_warning_can_be_pickled() -> None:
    warning = pickle.loads(pickle.dumps(ParameterIgnoredWarning("x is ignored", "x")))
    assert (str(warning), warning.field) == ("x is ignored", "x")


# --- accepted, but the task fails


def test_request_whose_task_would_fail_is_refused_with_the_code(api: EvoLink, sent: Sent) -> None:
    [violation] = refused(api, request(FAILING))
    assert violation == Violation(
        "prompt", "x-fails-later", "invalid_parameters", '"A"',
        "Frames need a longer prompt. EvoLink accepts the request, and its task fails with invalid_parameters",
        next_step=NextStep("skip_validation"), **SOURCE,
    )  # fmt: skip
    assert str(violation).endswith("; pass validate=False to send it anyway")
    assert sent.bodies == []


def test_request_whose_task_would_fail_is_sent_without_validation(api: EvoLink, sent: Sent) -> None:
    api.submit(request(FAILING), validate=False)
    assert sent.bodies == [request(FAILING)]


# --- the command


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run_command(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def file(tmp_path: Path) -> Callable[[dict[str, Any]], str]:
    """Writes a request, and returns the path of its file."""

    def write(changes: dict[str, Any]) -> str:
        path = tmp_path / "request.json"
        path.write_text(json.dumps(request(changes)), encoding="utf-8")
        return str(path)

    return write


def test_command_checks_and_warns_with_one_line_each(
    capsys: pytest.CaptureFixture[str], file: Callable[[dict[str, Any]], str]
) -> None:
    assert run(capsys, "check", file(IGNORED)) == (0, f"warning: {IGNORED_TEXT}\nvalid\n", "")
    code, out, err = run(capsys, "check", file(BROKEN[cross_fields.DURATION]))
    assert (out, err) == (f"{REFUSALS[cross_fields.DURATION]}\n", "")
    assert code != 0


def test_help_of_the_command_lists_rules_on_several_fields_and_what_is_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, out, _ = run(capsys, "generate", MODEL, "--help")
    assert code == 0
    assert "at most 20 characters are used, the rest is cut" in out
    listed = out[out.index("Rules on several options:") :].split("\n")
    sentences = [
        rule["description"]
        for key in ("allOf", "x-ignored", "x-fails-later")
        for rule in cross_fields.SCHEMA[key]
    ]  # fmt: skip
    assert [line.strip() for line in listed[1:] if line.strip()] == [f"• {sentence}" for sentence in sentences]
