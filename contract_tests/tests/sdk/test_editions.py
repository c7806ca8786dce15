"""The edition of the documentation by which the SDK and the command check requests."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from evolink import (
    AsyncEvoLink,
    ConfigurationError,
    ContestedLimitWarning,
    EvoLink,
    InvalidRequest,
    _editions,
    _validation,
    billing,
    media,
)
from evolink._contract import BASE, Contract, editions, packaged_contract
from evolink.cli.app import run

KEY = "sk-evo-mock"
NEWEST = editions()[-1]
REQUEST = {"model": "small", "text": "x"}


class Sent(httpx.BaseTransport):
    """Accepts every create, and keeps the request bodies."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(json.loads(request.read()))
        return httpx.Response(200, json={"id": "task-unified-1-abcdefgh", "status": "pending"})


def small_contract(edition: str, **models: dict[str, Any]) -> Contract:
    """Return a contract with these fields for each model."""
    schemas = {
        name: {"type": "object", "properties": {"model": {"const": name}, **fields}} for name, fields in models.items()
    }
    mapping = {name: f"#/components/schemas/{name}" for name in models}
    body = {"content": {"application/json": {"schema": {"discriminator": {"mapping": mapping}}}}}
    operation = {"operationId": "create_video_generation", "requestBody": body}
    paths = {"/v1/videos/generations": {"post": operation}}
    return Contract({"paths": paths, "components": {"schemas": schemas}}, edition)


def text(limit: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": limit}


@pytest.fixture
def in_force(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[str, str]]]:
    """Checks a request by invented editions; returns each violated field, and the edition that allows it."""

    def checked(contracts: list[Contract], edition: str, request: dict[str, Any]) -> list[tuple[str, str]]:
        by_name = {contract.edition: contract for contract in contracts}
        for module in (_editions, _validation):
            monkeypatch.setattr(module, "packaged_contract", by_name.__getitem__)
        monkeypatch.setattr(_editions, "editions", lambda: tuple(by_name))
        found = _validation.find_violations(request, edition)
        return [(violation.field, why.removeprefix("edition ").partition(" ")[0]) for violation, why in found]

    return checked


# --- what another edition allows


def test_newest_edition_that_allows_the_request_is_named(in_force: Callable[..., Any]) -> None:
    contracts = [small_contract(name, small={"text": text(limit)}) for name, limit in (("a", 1), ("b", 3), ("c", 3))]
    assert in_force(contracts, "a", {**REQUEST, "text": "xxx"}) == [("text", "c")]
    assert in_force(contracts, "a", {**REQUEST, "text": "xxxx"}) == [("text", "")]
    assert in_force(contracts, "c", {**REQUEST, "text": "xxx"}) == []


def test_older_edition_may_allow_what_a_newer_one_forbids(in_force: Callable[..., Any]) -> None:
    contracts = [small_contract("a", small={"text": text(3)}), small_contract("b", small={"text": text(1)})]
    assert in_force(contracts, "b", {**REQUEST, "text": "xxx"}) == [("text", "a")]


def test_edition_without_a_field_does_not_allow_its_values(in_force: Callable[..., Any]) -> None:
    contracts = [small_contract("a", small={"text": text(3)}), small_contract("b", small={"size": {"enum": [1]}})]
    assert in_force(contracts, "b", {"model": "small", "size": 2}) == [("size", "")]
    assert in_force(contracts, "a", {"model": "small", "size": 2}) == []


def test_request_whose_parts_are_allowed_by_different_editions_only_is_refused(in_force: Callable[..., Any]) -> None:
    contracts = [
        small_contract(name, small={"text": text(one), "note": text(other)})
        for name, one, other in (("a", 1, 1), ("b", 3, 1), ("c", 1, 3))
    ]
    assert in_force(contracts, "a", {**REQUEST, "text": "xx", "note": "xx"}) == [("text", ""), ("note", "")]
    assert in_force(contracts, "a", {**REQUEST, "text": "xx", "note": "xxxx"}) == [("text", "b"), ("note", "")]


def test_model_of_another_edition_is_checked_by_that_edition(in_force: Callable[..., Any]) -> None:
    contracts = [small_contract("a", other={}), small_contract("b", other={}, small={"text": text(1)})]
    assert in_force(contracts, "a", REQUEST) == [("model", "b")]
    assert in_force(contracts, "a", {**REQUEST, "text": "xx"}) == [("text", "")]
    assert in_force(contracts, "a", {"model": "unknown"}) == [("model", "")]
    assert in_force(contracts, "a", {"model": ["small"]}) == [("model", "")]


def image_of(limit: int) -> dict[str, Any]:
    return {"type": "string", "x-media": {"kind": "image", "max-bytes": limit}}


def test_file_that_another_edition_allows_only_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    by_name = {name: small_contract(name, small={"image": image_of(limit)}) for name, limit in (("a", 40), ("b", 80))}
    for module in (_editions, _validation, media):
        monkeypatch.setattr(module, "packaged_contract", by_name.__getitem__)
    for module in (_editions, media):
        monkeypatch.setattr(module, "editions", lambda: tuple(by_name))
    request = {"model": "small", "image": "https://media.invalid/a.png"}
    refused, allowed = media.Media(kind="image", bytes=81), media.Media(kind="image", bytes=80)
    assert media.judge(request, {"image": refused}, edition="a").contested == ()
    [violation] = media.judge(request, {"image": refused}, edition="a").broken
    judgement = media.judge(request, {"image": allowed}, edition="a")
    assert (judgement.broken, [(each.keyword, other) for each, other in judgement.contested]) == (
        (), [(violation.keyword, "b")],
    )  # fmt: skip
    assert media.judge(request, {"image": allowed}, edition="b") == media.Judgement()
    with pytest.warns(ContestedLimitWarning, match=r"^image: must have at most 40 bytes.* edition b .* allows it$"):
        media.enforce(judgement)


# --- choosing an edition


def contested_request() -> dict[str, Any]:
    """Return a request that only a newer edition than the base allows."""
    older, newer = (packaged_contract(name).models for name in (BASE, NEWEST))
    model, limit = next(
        (model, newer[model]["properties"]["prompt"]["maxLength"])
        for model in older
        if older[model]["properties"]["prompt"].get("maxLength", 0) < newer[model]["properties"]["prompt"]["maxLength"]
    )
    [example] = newer[model]["examples"]
    return {**example, "prompt": "x" * limit}


def submit(edition: str | None) -> list[str]:
    """Submit the contested request; return the texts of the warnings."""
    sent = Sent()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        EvoLink(KEY, transport=sent, edition=edition).submit(contested_request())
    assert sent.bodies == [contested_request()]
    assert all(each.category is ContestedLimitWarning for each in caught)
    return [str(each.message) for each in caught]


def test_base_applies_unless_another_edition_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    [warning] = submit(None)
    assert f"but edition {NEWEST} of the documentation allows it; it is sent" in warning
    assert submit(NEWEST) == []
    monkeypatch.setenv("EVOLINK_EDITION", NEWEST)
    assert submit(None) == []
    assert len(submit(BASE)) == 1


def test_value_of_a_newer_field_is_checked_by_the_edition_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    request = {**contested_request(), "prompt": "x", "quality": "8k"}
    EvoLink(KEY, transport=Sent()).submit(request)
    with pytest.raises(InvalidRequest) as caught:
        EvoLink(KEY, transport=Sent(), edition=NEWEST).submit(request)
    assert [violation.field for violation in caught.value.violations] == ["quality"]
    monkeypatch.setenv("EVOLINK_EDITION", NEWEST)
    with pytest.raises(InvalidRequest):
        billing.estimate(request)


def test_estimate_knows_the_surcharges_of_its_edition() -> None:
    request = {**contested_request(), "quality": "1080p"}
    assert billing.estimate(request).surcharges == ()
    assert billing.estimate(request, edition=NEWEST).surcharges == ("quality",)


USES: dict[str, Callable[[Any], Any]] = {
    "EvoLink": lambda edition: EvoLink(KEY, edition=edition),
    "AsyncEvoLink": lambda edition: AsyncEvoLink(KEY, edition=edition),
    "estimate": lambda edition: billing.estimate(contested_request(), edition=edition),
    "measure": lambda edition: billing.measure(contested_request(), edition=edition),
    "check": lambda edition: media.check(contested_request(), edition=edition),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("edition", ["1999-01", "", 2026, ["base"]])
def test_unknown_edition_is_an_error_that_lists_the_known_ones(use: str, edition: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^unknown edition .*: expected one of base, 2026-10"):
        USES[use](edition)


def test_unknown_edition_in_the_environment_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_EDITION", "soon")
    with pytest.raises(ConfigurationError, match=r"^unknown EVOLINK_EDITION 'soon': expected one of base, "):
        EvoLink(KEY)
    assert EvoLink(KEY, edition=BASE).edition == BASE


# --- the command


def test_options_of_a_model_follow_the_edition(capsys: pytest.CaptureFixture[str]) -> None:
    model = contested_request()["model"]
    for arguments in (["generate", model, "--edition", NEWEST, "-h"], [f"--edition={NEWEST}", "generate", model, "-h"]):
        assert run(arguments) == 0
        assert "--prompt-extend" in capsys.readouterr().out
    assert run(["generate", model, "-h"]) == 0
    assert "--prompt-extend" not in capsys.readouterr().out


def test_check_and_models_follow_the_edition(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "request.json"
    file.write_text(json.dumps(contested_request()))
    assert run(["check", str(file)]) == 0
    assert f"edition {NEWEST} of the documentation allows it" in capsys.readouterr().out
    assert run(["check", str(file), "--edition", NEWEST]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "valid"
    assert run(["models", contested_request()["model"], "--edition", NEWEST, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (
        document["models"][0]["edition"] == packaged_contract(NEWEST).models[contested_request()["model"]]["x-edition"]
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--edition", "soon", "models"],
        ["models", "--edition", "soon"],
        ["generate", "--edition", "soon"],
        ["generate", "small", "--edition=soon", "-h"],
        ["credits", "--edition", "soon"],
    ],
)
def test_unknown_edition_ends_the_command_with_one_line(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", KEY)
    assert run(arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("evolink: unknown edition 'soon': expected one of base, ")
