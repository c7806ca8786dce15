"""Who may use a mock: the hosts that requests may name, pages of other sites, and the token of an exposed mock."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from evolink_mock import ConfigurationError, MockServer, MockTransport
from evolink_mock.cli import _print_start  # pyright: ignore[reportPrivateUsage] - a second process would be slow
from evolink_mock.http.access import Exposure
from evolink_mock.http.app import Mock
from evolink_mock.server import ServedApp, listen

KEY = "sk-evo-access"
TOKEN = "a-token"
CREATE = "/v1/videos/generations"
UPLOAD = "/api/v1/files/upload"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
REFUSED = {"error": {"code": 403, "message": "The mock rejects requests from other sites.", "type": "permission_error"}}
EXPOSED = Exposure("0.0.0.0", is_remote=True, token=TOKEN)


@pytest.fixture(scope="module")
def exposed() -> Iterator[str]:
    """The URL of a mock that behaves as if other machines could reach it."""
    with ServedApp(Mock(api_key=KEY, pace="at-once", exposure=EXPOSED), listen("127.0.0.1", 0)) as served:
        yield served.url


@pytest.fixture
def client(exposed: str) -> Iterator[httpx.Client]:
    """A client of that mock, with an API key and without the token."""
    headers = {"authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=exposed, headers=headers, trust_env=False) as client:
        yield client


def own_routes() -> Iterator[tuple[str, str]]:
    """Yield the method and an example path of everything that EvoLink does not have."""
    routes: list[Any] = Mock()._app.routes  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    for route in routes:
        assert isinstance(route, Route)
        path = re.sub(r"\{rule_id:int\}", "1", route.path)
        path = re.sub(r"\{[^}]+\}", "complete", path)
        for method in sorted(route.methods or {"GET"}):
            yield method, path


def statuses(send: Callable[..., httpx.Response], headers: dict[str, str]) -> dict[str, int]:
    return {f"{method} {path}": send(method, path, headers=headers).status_code for method, path in own_routes()}


# --- the host of a request


def respond(url: str, hosts: list[bytes], path: str = "/_mock/state") -> tuple[int, str]:
    """Send a request with any number of `Host` headers; return the status and the body of the response."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    connection.putrequest("GET", path, skip_host=True)
    for host in hosts:
        connection.putheader("host", host)
    connection.endheaders()
    response = connection.getresponse()
    status, body = response.status, response.read().decode()
    connection.close()
    return status, body


OWN = [
    "127.0.0.1", "127.0.0.1:80", "127.9.9.9", "localhost", "LocalHost:1", "localhost.", "a.b.localhost:4010", "[::1]",
    "[0:0:0:0:0:0:0:1]:4010", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
]  # fmt: skip
FOREIGN = [
    "evil.example", "evil.example:4010", "127.0.0.1.evil.example", "localhost.evil.example", "notlocalhost",
    "evil.example.", "10.0.0.1", "0.0.0.0", "[::]", "[2001:db8::1]", "8.8.8.8:4010", "2130706433", "localhost:x",
    "a@localhost", "localhost/", "localhost,evil.example", "[localhost]", "localhost#", "", ":4010", "é",
    "evolink-mock", "a" * 300 + ".localhost",
]  # fmt: skip


def test_request_that_names_this_machine_is_served(mock: MockServer) -> None:
    assert {host: respond(mock.url, [host.encode()])[0] for host in OWN} == dict.fromkeys(OWN, 200)


@pytest.mark.parametrize("path", ["/_mock/state", "/", "/v1/credits", "/_mock/dashboard/dashboard.js", "/v2"])
def test_request_that_names_another_host_is_refused_on_every_path(mock: MockServer, path: str) -> None:
    got = {host: respond(mock.url, [host.encode()], path)[0] for host in FOREIGN}
    assert got == dict.fromkeys(FOREIGN, 421)


def test_refusal_of_a_host_names_it_and_the_way_out(mock: MockServer) -> None:
    status, body = respond(mock.url, ["evil.example\u00e9".encode("latin-1")])
    message = (
        r"The request names the host 'evil.example\u00e9', and this mock is another one. "
        "Use localhost or an address of the mock, or start it with --allow-host NAME."
    )
    expected = {"error": {"code": 421, "message": message, "type": "invalid_request_error"}}
    assert (status, json.loads(body)) == (421, expected)


@pytest.mark.parametrize(
    "hosts", [[], [b"localhost", b"evil.example"], [b"evil.example", b"localhost"], [b"localhost"] * 2]
)
def test_request_needs_exactly_one_host(mock: MockServer, hosts: list[bytes]) -> None:
    assert respond(mock.url, hosts)[0] == 421


def test_nothing_of_a_refused_request_happens(mock: MockServer, image_request: dict[str, Any]) -> None:
    before = len(mock.exchanges()), len(mock.tasks())
    headers = {"authorization": f"Bearer {mock.api_key}", "host": "evil.example", "origin": "http://localhost:5173"}
    response = httpx.post(mock.url + CREATE, json=image_request, headers=headers, trust_env=False)
    assert (response.status_code, "access-control-allow-origin" in response.headers) == (421, False)
    assert (len(mock.exchanges()), len(mock.tasks())) == before


def test_allowed_hosts_are_served_besides_the_own_ones() -> None:
    names = ["evolink-mock", "Mock.Example.", "192.0.2.7", "fd00::1", "[fd00::2]"]
    hosts = [
        "evolink-mock:4010",
        "EVOLINK-MOCK",
        "mock.example",
        "192.0.2.7:80",
        "[fd00:0::1]",
        "[fd00::2]",
        "localhost",
    ]
    with MockServer(allow_hosts=names) as mock:
        got = {host: respond(mock.url, [host.encode()])[0] for host in [*hosts, "a.evolink-mock", "192.0.2.8"]}
    assert got == dict.fromkeys(hosts, 200) | {"a.evolink-mock": 421, "192.0.2.8": 421}


@pytest.mark.parametrize("host", ["http://a", "a:80", "*", "*.a", "", "a b", "[::1]:80", "a/b", "é", 5, None])
def test_allowed_host_is_a_name_or_an_address_with_nothing_else(host: Any) -> None:
    with pytest.raises(ConfigurationError, match="allow_hosts must be host names such as evolink-mock"):
        MockServer(allow_hosts=[host])


def test_host_of_the_command_is_served(exposed: str) -> None:
    named = Mock(exposure=Exposure("Mock-Machine"))
    with ServedApp(named, listen("127.0.0.1", 0)) as served:
        assert [respond(served.url, [host])[0] for host in (b"mock-machine:1", b"0.0.0.0")] == [200, 421]
    assert respond(exposed, [b"0.0.0.0:4010"])[0] == 401


@pytest.mark.parametrize("url", ["https://api.evolink.ai", "http://b\u00fccher.example:81", "http://[2001:db8::1]"])
def test_transport_serves_every_base_url(url: str) -> None:
    with MockTransport() as mock, httpx.Client(transport=mock, base_url=url) as client:
        assert client.get("/_mock/state").status_code == 200


# --- pages of other sites


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": ""},
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:1"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    ],
)
def test_other_sites_can_neither_read_nor_write_below_mock(http: httpx.Client, headers: dict[str, str]) -> None:
    got = statuses(http.request, headers)
    assert len(got) > 25
    assert got == dict.fromkeys(got, 403)
    assert http.get("/_mock/state", headers=headers).json() == REFUSED


def test_other_sites_may_link_to_the_dashboard_and_to_files_alone(http: httpx.Client) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    got = statuses(http.request, headers)
    served = {name: status for name, status in got.items() if status != 403}
    assert served == {
        "GET /": 200, "HEAD /": 200,
        "GET /_mock/files/complete/complete": 404, "HEAD /_mock/files/complete/complete": 404,
        "GET /_mock/results/complete": 404, "HEAD /_mock/results/complete": 404,
    }  # fmt: skip


@pytest.mark.parametrize("element", ["image", "video", "audio"])
def test_other_sites_may_show_files_whose_links_they_know(http: httpx.Client, element: str) -> None:
    link = http.post(f"{UPLOAD}/stream", files={"file": ("a.png", PNG)}).json()["data"]["file_url"]
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": element}
    assert http.get(link, headers=headers).content == PNG
    assert http.get("/_mock/dashboard/icon.svg", headers=headers).status_code == 403


# --- the token of an exposed mock


def test_nothing_below_mock_is_served_without_the_token(client: httpx.Client) -> None:
    for headers in ({}, {"authorization": "Bearer"}, {"authorization": f"Basic {TOKEN}"}, {"cookie": f"a={TOKEN}"}):
        got = statuses(client.request, headers)
        links = {name: status for name, status in got.items() if status != 401}
        assert set(links.values()) == {404}
        assert {re.sub(r"\w+ /_mock/(\w+)/.*", r"\1", name) for name in links} == {"files", "results"}
    response = client.get("/_mock/state")
    assert response.headers["www-authenticate"] == 'Bearer realm="evolink-mock"'
    assert response.json()["error"]["message"].endswith("as in 'Authorization: Bearer TOKEN'.")


def test_token_opens_everything_below_mock_and_is_not_an_api_key(client: httpx.Client) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    assert client.get("/_mock/state", headers=headers).json()["tasks"] >= 0
    assert client.post("/_mock/clock", json={"advance": 1}, headers=headers).status_code == 200
    assert client.get("/", headers=headers).status_code == 200
    assert client.get("/v1/credits", headers=headers).status_code == 401
    foreign = {**headers, "origin": "http://evil.example"}
    assert client.get("/_mock/state", headers=foreign).status_code == 403


def test_browser_keeps_the_token_of_the_link_in_a_cookie(exposed: str) -> None:
    with httpx.Client(base_url=exposed, trust_env=False) as browser:
        for path in ("/", "/?token=", "/?token=wrong", "/?token=\u00e9"):
            refused = browser.get(path)
            assert (refused.status_code, 'name="token"' in refused.text, dict(browser.cookies)) == (401, True, {})
        entered = browser.get(f"/?token={TOKEN}")
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        cookie = entered.headers["set-cookie"].partition("; ")[2]
        assert cookie == "HttpOnly; Path=/; SameSite=strict"
        paths = ("/", "/_mock/state", "/_mock/reference", "/_mock/dashboard/dashboard.js")
        assert [browser.get(path).status_code for path in paths] == [200] * 4
        assert browser.post("/_mock/dashboard/advance", data={"seconds": "1"}).status_code == 303


def test_api_and_links_of_results_and_uploads_need_no_token(
    client: httpx.Client, image_request: dict[str, Any]
) -> None:
    upload = client.post(f"{UPLOAD}/stream", files={"file": ("a.png", PNG)}).json()["data"]
    task = client.get(f"/v1/tasks/{client.post(CREATE, json=image_request).json()['id']}").json()
    anyone = [httpx.get(link, trust_env=False, timeout=60) for link in (upload["download_url"], task["results"][0])]
    assert [response.status_code for response in anyone] == [200, 200]
    assert (anyone[0].content, anyone[1].content[4:8]) == (PNG, b"ftyp")


# --- uploads by URL


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "[::1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "0.0.0.0", "[::]", "10.0.0.1", "169.254.169.254",
        "100.64.0.1", "[fd00::1]", "[fe80::1]", "[2002:7f00:1::]",
    ],
)  # fmt: skip
def test_exposed_mock_uploads_nothing_from_a_private_address(client: httpx.Client, host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        url = f"http://{host}:{listener.getsockname()[1]}/a.png"
        body = client.post(f"{UPLOAD}/url", json={"file_url": url}).json()
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert body["code"] == 40004
    assert " is the private address " in body["msg"]


# --- what the command says


EVERYBODY = "Warning: everybody who can reach port {port} of any address of this machine can use this mock with"
KNOWN = f"{EVERYBODY} the API key sk-evo-mock, which everybody knows.\n"
SECRET = f"{EVERYBODY} an API key that it was started with.\n"
ASKS = "Its dashboard and everything below /_mock/ ask for a token: {url}/?token={token}\n"
OPEN = "Warning: they can use its dashboard and everything below /_mock/ without a key.\n"


@pytest.mark.parametrize(
    ("address", "settings", "ways", "expected"),
    [
        ("127.0.0.1", {}, {"open_admin": False}, ("", "")),
        ("127.0.0.2", {}, {"open_admin": True}, ("", "")),
        ("0.0.0.0", {}, {"open_admin": False}, (ASKS, KNOWN)),
        ("0.0.0.0", {"api_key": KEY}, {"open_admin": False}, (ASKS, SECRET)),
        ("0.0.0.0", {"api_key": KEY, "accounts": {"sk-evo-mock": 1}}, {"open_admin": True}, ("", KNOWN + OPEN)),
    ],
)
def test_command_says_who_can_reach_it_with_which_key(
    address: str, settings: Any, ways: dict[str, bool], expected: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with listen(address, 0) as listener:
        exposure = Exposure.of(listener, address, **ways)
        _print_start(listener, exposure, Mock(exposure=exposure, **settings))
        port = listener.getsockname()[1]
    url = f"http://{address}:{port}".replace("0.0.0.0", "127.0.0.1")
    values = {"url": url, "port": port, "token": exposure.token}
    ready = f"EvoLink mock server ready at {url}\n"
    assert capsys.readouterr() == (ready + expected[0].format(**values), expected[1].format(**values))
    assert exposure.token is None or (len(exposure.token) >= 32 and exposure.token not in repr(exposure))


def test_command_with_an_open_address_asks_for_the_token_that_it_prints(command_environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "evolink_mock", "--host", "0.0.0.0", "--port", "0", "--allow-host", "evolink-mock"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**command_environment, "PYTHONUNBUFFERED": "1"},
    ) as program:  # fmt: skip
        try:
            assert program.stdout is not None
            url, link = (program.stdout.readline().split()[-1] for _ in range(2))
            token = link.removeprefix(f"{url}/?token=")
            names = [b"evolink-mock", b"evil.example"]
            assert [respond(url, [name])[0] for name in names] == [401, 421]
            headers = {"authorization": f"Bearer {token}"}
            assert httpx.get(f"{url}/_mock/state", headers=headers, trust_env=False).status_code == 200
        finally:
            program.terminate()
            out, err = program.communicate(timeout=10)
    assert out == "EvoLink mock server stopped.\n"
    assert err.startswith("Warning: everybody who can reach port ")
