"""CORS: browser applications on this machine may call the documented paths, and nothing else."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

CREATE = "/v1/videos/generations"
LOOPBACK = [
    "http://localhost:5173",
    "http://localhost",
    "https://app.localhost:8443",
    "http://127.0.0.1:3000",
    "http://127.1.2.3",
    "http://[::1]:3000",
]
FOREIGN = [
    "https://example.com",
    "http://localhost.example.com",
    "http://localhost:3000.example.com",
    "http://127.0.0.1.example.com",
    "http://notlocalhost",
    "http://192.168.0.1:3000",
    "https://example.com/http://localhost",
    "file://localhost",
    "null",
    "",
]
PATHS = [CREATE, "/v1/tasks/task-unified-1-a", "/v1/credits", "/api/v1/files/upload/url"]


def preflight(http: httpx.Client, path: str, origin: str, method: str = "POST") -> httpx.Response:
    headers = {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": "authorization, content-type, idempotency-key, prefer",
    }
    return http.options(path, headers=headers)


def cors(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("origin", LOOPBACK)
def test_preflight_of_a_page_on_this_machine_is_granted_on_every_documented_path(
    http: httpx.Client, origin: str
) -> None:
    for path in PATHS:
        response = preflight(http, path, origin)
        allowed = cors(response)
        assert (response.status_code, allowed["access-control-allow-origin"]) == (200, origin)
        assert allowed["access-control-allow-methods"] == "GET, POST"
        assert {name.strip() for name in allowed["access-control-allow-headers"].split(",")} >= {
            "authorization",
            "content-type",
            "idempotency-key",
            "prefer",
        }
        assert "access-control-allow-credentials" not in allowed


@pytest.mark.parametrize("origin", LOOPBACK)
def test_page_on_this_machine_may_read_every_response_on_documented_paths(
    http: httpx.Client, image_request: dict[str, Any], origin: str
) -> None:
    headers = {"origin": origin}
    responses = [
        http.post(CREATE, json=image_request, headers=headers),
        http.post(CREATE, json={}, headers=headers),
        http.post(CREATE, json=image_request, headers={**headers, "prefer": "code=429; retry-after=7"}),
        http.get("/v1/credits", headers={**headers, "authorization": "Bearer wrong"}),
        http.get("/v1/credits", headers={**headers, "prefer": "slow=0.01"}),
        http.get("/v1/tasks/task-unified-1-a", headers=headers),
        http.get(CREATE, headers=headers),
    ]
    assert [response.status_code for response in responses] == [200, 400, 429, 401, 200, 404, 405]
    for response in responses:
        assert cors(response) == {
            "access-control-allow-origin": origin,
            "access-control-expose-headers": "allow, retry-after, idempotency-replayed",
        }
        assert "origin" in response.headers["vary"].lower()


@pytest.mark.parametrize("origin", FOREIGN)
def test_other_pages_get_no_permission(http: httpx.Client, image_request: dict[str, Any], origin: str) -> None:
    responses = [preflight(http, path, origin) for path in PATHS]
    responses.append(http.post(CREATE, json=image_request, headers={"origin": origin}))
    assert [response.status_code for response in responses] == [405, 405, 405, 405, 200]
    assert [cors(response) for response in responses] == [{}] * 5


@pytest.mark.parametrize("origin", LOOPBACK[:1])
@pytest.mark.parametrize(
    "path", ["/_mock/state", "/_mock/faults", "/_mock/tasks/a/complete", "/_mock/results/a.mp4", "/", "/v2"]
)
def test_nothing_else_can_be_read_by_other_pages(http: httpx.Client, path: str, origin: str) -> None:
    responses = [preflight(http, path, origin), http.get(path, headers={"origin": origin})]
    assert [cors(response) for response in responses] == [{}] * 2
    if path.startswith("/_mock/"):
        assert http.post("/_mock/faults", json={"do": {"code": 503}}, headers={"origin": origin}).status_code == 403


def test_request_without_an_origin_gets_no_cors_headers(http: httpx.Client) -> None:
    response = http.get("/v1/credits")
    assert (cors(response), "vary" in response.headers) == ({}, False)
