"""The edition of the documentation that the mock follows."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from evolink_mock import ConfigurationError, MockTransport, cli
from evolink_mock.contract.compiled_contract import packaged_contract, packaged_editions
from tests.known_limits import limit

EDITION = "2026-10"
MODEL = "wan2.5-image-to-video"
LONGEST: dict[str, int] = {name: limit(MODEL, "prompt", "maxLength", name) for name in ("base", EDITION)}
REQUEST: dict[str, Any] = {
    "model": MODEL,
    "prompt": "A cat",
    "image_urls": ["https://media.invalid/a.png"],
}


def exchange(edition: str | None, method: str, path: str, headers: dict[str, str] | None = None, **body: Any) -> Any:
    """Send one request to a mock of an edition; return the JSON of the response."""
    with (
        MockTransport(edition=edition) as mock,
        httpx.Client(transport=mock, base_url="https://mock.invalid") as http,
    ):
        all_headers = {"authorization": f"Bearer {mock.api_key}", **(headers or {})}
        return http.request(method, path, headers=all_headers, json=body or None).json()


def test_newest_edition_has_no_can_cancel_in_a_created_task_but_in_a_query() -> None:
    with MockTransport(edition=EDITION) as mock, httpx.Client(transport=mock, base_url="https://mock.invalid") as http:
        http.headers["authorization"] = f"Bearer {mock.api_key}"
        created = http.post("/v1/videos/generations", json=REQUEST).json()
        task = http.get(f"/v1/tasks/{created['id']}").json()
    assert created["task_info"] == {"estimated_time": 120}
    assert task["task_info"] == {"can_cancel": True, "estimated_time": 120}


@pytest.mark.parametrize(("edition", "accepted"), [(None, False), ("base", False), (EDITION, True)])
def test_requests_are_judged_by_the_edition(edition: str | None, *, accepted: bool) -> None:
    request: dict[str, Any] = REQUEST | {"prompt": "x" * (LONGEST["base"] + 1)}
    response = exchange(edition, "POST", "/v1/videos/generations", **request)
    assert ("id" in response) is accepted


def test_codes_of_errors_are_words_in_the_newest_edition_also_on_demand() -> None:
    for status, expected in ((418, "simulated_418"), (429, "rate_limit_exceeded"), (500, "internal_error")):
        headers = {"prefer": f"code={status}"}
        assert exchange(EDITION, "POST", "/v1/videos/generations", headers, **REQUEST)["error"]["code"] == expected
        assert exchange("base", "POST", "/v1/videos/generations", headers, **REQUEST)["error"]["code"] == status
        assert exchange(EDITION, "GET", "/v1/credits", headers)["error"]["code"] == status


def test_violated_rules_of_the_newest_edition_are_found() -> None:
    with MockTransport(edition=EDITION) as mock, httpx.Client(transport=mock, base_url="https://mock.invalid") as http:
        http.headers["authorization"] = f"Bearer {mock.api_key}"
        http.post(
            "/v1/videos/generations",
            json={**REQUEST, "quality": "4k", "prompt": "x" * (LONGEST[EDITION] + 1)},
        )
        [entry] = mock.exchanges()
    found = {violation["field"]: violation["rules"] for violation in entry["violations"]}
    assert found == {"prompt": ("wan25.prompt.too-long",), "quality": ("wan25.quality.no-other-values",)}


def test_unknown_edition_is_an_error_that_lists_the_known_ones(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = f"unknown edition 'soon'; the editions are {', '.join(packaged_editions())}"
    with pytest.raises(ConfigurationError, match=f"^{message}$"):
        MockTransport(edition="soon")
    monkeypatch.setattr("sys.argv", ["evolink_mock", "--port", "0", "--edition", "soon"])
    assert cli.run() == 2
    assert capsys.readouterr().err == f"evolink_mock: {message}\n"


def test_edition_and_contract_exclude_each_other() -> None:
    with pytest.raises(ConfigurationError, match="edition and contract exclude each other"):
        MockTransport(edition=EDITION, contract=packaged_contract().document)
