"""`max_credits`: a request that may cost more is refused before it is sent."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from evolink import AsyncEvoLink, ConfigurationError, CostLimitExceeded, EvoLink, EvoLinkError, InvalidRequest, Task
from evolink._contract import packaged_contract
from evolink._nearest import one_of
from evolink.billing import estimate
from evolink.cli.app import run
from evolink_mock import MockServer, MockTransport

KEY = "sk-evo-mock"
CREATED = {"id": "task-unified-1-abcdefgh", "status": "pending"}
HINT = "Pass max_credits={} to send it anyway"


@pytest.fixture
def sent() -> list[httpx.Request]:
    """The requests that were sent."""
    return []


@pytest.fixture
def api(sent: list[httpx.Request]) -> Iterator[EvoLink]:
    with EvoLink(KEY, transport=recording(sent)) as client:
        yield client


def recording(sent: list[httpx.Request]) -> httpx.MockTransport:
    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=CREATED)

    return httpx.MockTransport(handle)


def credits_of(request: dict[str, Any]) -> float:
    amount = estimate(request).max_credits
    assert amount is not None
    return amount


def test_request_is_sent_if_it_costs_exactly_the_limit(
    api: EvoLink, sent: list[httpx.Request], image_request: dict[str, Any]
) -> None:
    assert isinstance(api.submit(image_request, max_credits=credits_of(image_request)), Task)
    assert len(sent) == 1


def test_refusal_names_the_estimate_the_date_of_the_prices_and_the_way_out(
    api: EvoLink, sent: list[httpx.Request], image_request: dict[str, Any]
) -> None:
    request = {**image_request, "duration": 10}
    amount, date = credits_of(request), estimate(request).price_date
    with pytest.raises(CostLimitExceeded) as caught:
        api.submit(request, max_credits=amount - 0.01)
    error = caught.value
    assert (error.credits, error.price_date, error.max_credits) == (amount, date, amount - 0.01)
    assert (error.estimate, sent) == (estimate(request), [])
    assert str(error).startswith(
        f"the request was not sent, because it is estimated at {amount:g} credits by the price rules of {date}"
    )
    assert str(error).endswith(f"; the limit is {amount - 0.01:g}. {HINT.format(f'{amount:g}')}")


def test_files_of_unknown_length_count_as_long_as_they_are_billed_at_most(
    api: EvoLink, sent: list[httpx.Request], reference_request: dict[str, Any]
) -> None:
    request = {**reference_request, "duration": 10}
    most = credits_of(request)
    assert estimate(request).credits is None
    assert most == estimate(request, input_seconds=[1000]).credits
    with pytest.raises(CostLimitExceeded, match=rf"it may cost up to {most:g} credits"):
        api.submit(request, max_credits=most - 1)
    api.submit(request, max_credits=most)
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model": "wan9"}, 'model: must be {models}; it is "wan9"'),
        ({"duration": 0}, "duration: must be one of 5, 10; it is 0"),
    ],
)
def test_unchecked_request_whose_cost_is_unknown_is_refused(
    api: EvoLink, sent: list[httpx.Request], image_request: dict[str, Any], change: dict[str, Any], reason: str
) -> None:
    with pytest.raises(CostLimitExceeded) as caught:
        api.submit({**image_request, **change}, max_credits=1e9, validate=False)
    models = one_of("wan9", list(packaged_contract().models), "documented models")
    assert f"because its cost cannot be known: {reason.format(models=models)}" in str(caught.value)
    assert str(caught.value).endswith("Omit max_credits to send it anyway")
    assert (caught.value.estimate, caught.value.credits, sent) == (None, None, [])


def test_invalid_request_is_refused_as_such(api: EvoLink, image_request: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        api.submit({**image_request, "duration": 0}, max_credits=1e9)


@pytest.mark.parametrize("limit", [math.nan, math.inf, -1, -0.01, True, "60", [60]])
def test_invalid_limit_is_refused_by_every_method(
    api: EvoLink, sent: list[httpx.Request], image_request: dict[str, Any], limit: Any
) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: api.submit(image_request, max_credits=limit),
        lambda: api.generate(image_request, max_credits=limit),
        lambda: api.submit_all([image_request], max_credits=limit),
        lambda: api.submit_all([], max_credits=limit),
    ]
    for call in calls:
        with pytest.raises(ConfigurationError, match="max_credits must be a number of credits, 0 or more, not"):
            call()
    assert sent == []


def test_limit_applies_to_each_request_of_a_batch(
    api: EvoLink, sent: list[httpx.Request], image_request: dict[str, Any]
) -> None:
    cheap, dear = {**image_request, "duration": 5}, {**image_request, "duration": 10}
    results = api.submit_all([cheap, dear, cheap], max_credits=credits_of(cheap))
    assert [type(result) for result in results] == [Task, CostLimitExceeded, Task]
    assert len(sent) == 2


def test_generate_refuses_too(api: EvoLink, sent: list[httpx.Request], image_request: dict[str, Any]) -> None:
    with pytest.raises(CostLimitExceeded):
        api.generate(image_request, max_credits=0)
    assert sent == []


@pytest.mark.anyio
async def test_asynchronous_client_refuses_alike(sent: list[httpx.Request], image_request: dict[str, Any]) -> None:
    async with AsyncEvoLink(KEY, transport=recording(sent)) as api:
        for call in (api.submit, api.generate):
            with pytest.raises(CostLimitExceeded):
                await call(image_request, max_credits=1)
            with pytest.raises(ConfigurationError):
                await call(image_request, max_credits=-1)
        [result] = await api.submit_all([image_request], max_credits=1)
        assert isinstance(result, CostLimitExceeded)
        assert sent == []
        await api.submit(image_request, max_credits=credits_of(image_request))
    assert len(sent) == 1


def test_mock_charges_no_more_than_the_limit_that_a_request_has_passed(reference_request: dict[str, Any]) -> None:
    limit = credits_of({**reference_request, "duration": 10})
    with MockTransport(pace="at-once") as mock, EvoLink(KEY, base_url="http://localhost", transport=mock) as api:
        headers = {"prefer": "input-seconds=30"}
        request = {**reference_request, "duration": 10}
        task = api.submit(request, max_credits=limit, extra_headers=headers)
        mock.advance(1)
        bill = next(each for each in mock.tasks() if each["id"] == task.id)["bill"]
    assert bill["settled"]["credits"] == estimate(request, input_seconds=[30]).credits == limit


# --- the command


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockServer]:
    with MockServer(pace="at-once") as server:
        monkeypatch.setenv("EVOLINK_API_KEY", KEY)
        monkeypatch.setenv("EVOLINK_BASE_URL", server.url)
        yield server


def test_command_refuses_before_any_upload_and_names_its_option(
    server: MockServer, capsys: pytest.CaptureFixture[str], tmp_path: Any, image_request: dict[str, Any]
) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    request = {**image_request, "image_urls": [str(tmp_path / "a.png")]}
    amount = credits_of(request)
    (tmp_path / "r.json").write_text(json.dumps(request), encoding="utf-8")
    arguments = ["generate", "--request", str(tmp_path / "r.json"), "--max-credits"]
    assert run([*arguments, "1"]) == 3
    assert capsys.readouterr().err.endswith(f"; the limit is 1. Give --max-credits {amount:g} to send it anyway\n")
    assert run([*arguments, "1", "--json"]) == 3
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["type"], error["credits"], error["max_credits"]) == ("CostLimitExceeded", amount, 1)
    for invalid in ("-1", "nan", "inf"):
        assert run([*arguments, invalid]) == 2
        assert "max_credits must be a number of credits" in capsys.readouterr().err
    assert run([*arguments, "much"]) == 2
    assert server.exchanges() == []


def test_command_prints_the_credits_with_the_date_of_the_prices(
    server: MockServer, capsys: pytest.CaptureFixture[str], tmp_path: Any, image_request: dict[str, Any]
) -> None:
    del server
    cost = estimate(image_request)
    (tmp_path / "r.json").write_text(json.dumps(image_request), encoding="utf-8")
    arguments = ["generate", "--request", str(tmp_path / "r.json"), "--max-credits", "1000"]
    assert run(arguments) == 0
    out, err = capsys.readouterr()
    assert (
        err
        == f"{out.strip()}: created, estimated at {cost.credits:g} credits by the price rules of {cost.price_date}\n"
    )
    assert run([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["estimate"] == {
        "credits": cost.credits,
        "max_credits": cost.credits,
        "price_date": cost.price_date,
        "assumed": cost.assumed,
        "unknown": "",
    }


def test_error_of_the_limit_is_an_error_of_the_sdk() -> None:
    assert issubclass(CostLimitExceeded, EvoLinkError)
    assert not issubclass(CostLimitExceeded, InvalidRequest)
