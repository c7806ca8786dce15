"""The clients: settings, the generated client inside, logs, the API key, import time and public names."""

from __future__ import annotations

import asyncio
import copy
import gc
import logging
import os
import re
import subprocess
import sys
import traceback
import weakref
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import evolink
import evolink.errors as evolink_errors
import evolink_client.models
from evolink import (
    AsyncEvoLink,
    ConfigurationError,
    CreatedTask,
    EvoLink,
    NotFound,
    Unauthorized,
    Wan25ImageToVideo,
    Wan26ReferenceVideoFlash,
)
from evolink._http import USER_AGENT
from evolink._log import configure, private
from evolink.errors import NextStep
from evolink_client.api.account import get_credits
from evolink_client.api.tasks import get_task
from evolink_client.api.videos import create_video_generation
from evolink_mock import MockServer

REQUEST = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/a.png"])
WRONG_KEY = "sk-evo-very-secret-0123456789"
UNKNOWN = "task-unified-1757169743-nosuchid"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the settings from the environment."""
    for name in [name for name in os.environ if name.startswith("EVOLINK_")]:
        monkeypatch.delenv(name)


def accept(request: httpx.Request) -> httpx.Response:
    """Accept a create, or return the task."""
    task_id = "task-unified-1-abcdefgh" if request.method == "POST" else request.url.path.rpartition("/")[2]
    return httpx.Response(200, json={"id": task_id, "status": "pending"})


# --- settings


def test_example_of_the_package_runs_with_both_clients(mock: MockServer, tmp_path: Path) -> None:
    request = Wan26ReferenceVideoFlash(prompt="x", video_urls=["https://example.com/a.mp4"], quality="1080p")
    with EvoLink(mock.api_key, base_url=mock.url) as api:
        task = api.submit(request)
        done = api.wait(task, timeout=600)
        assert api.download(done, tmp_path).stat().st_size > 10_000

    async def main() -> Path:
        async with AsyncEvoLink(mock.api_key, base_url=mock.url) as api:
            task = await api.submit(request)
            done = await api.wait(task, timeout=600)
            return await api.download(done, tmp_path / "async")

    (tmp_path / "async").mkdir()
    assert asyncio.run(main()).stat().st_size > 10_000


def test_settings_come_from_the_environment(mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", mock.api_key)
    monkeypatch.setenv("EVOLINK_BASE_URL", mock.url)
    with EvoLink() as api:
        assert api.submit(REQUEST).status == "pending"


def test_default_servers_come_from_the_contract(contract: dict[str, Any]) -> None:
    hosts: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        hosts.append(f"{request.url.scheme}://{request.url.host}")
        return accept(request)

    with EvoLink("sk-evo-mock", transport=httpx.MockTransport(respond)) as api:
        api.submit(REQUEST)
        with pytest.raises(evolink.UnexpectedResponse):
            api.upload("https://example.com/a.png")
    files = contract["paths"]["/api/v1/files/upload/url"]["post"]["servers"][0]["url"]
    assert hosts == [contract["servers"][0]["url"], files]
    assert files != contract["servers"][0]["url"]


@pytest.mark.parametrize(
    ("files_base_url", "expected"), [(None, "https://one.example"), ("https://two.example", "https://two.example")]
)
def test_base_url_applies_to_files_unless_files_base_url_is_set(files_base_url: str | None, expected: str) -> None:
    api = EvoLink("sk-evo-mock", base_url="https://one.example", files_base_url=files_base_url)
    assert repr(api.files_client) == f"<InnerClient of {expected}>"


def test_base_url_may_have_a_path() -> None:
    paths: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return accept(request)

    transport = httpx.MockTransport(respond)
    with EvoLink("sk-evo-mock", base_url="https://gate.example/evolink/", transport=transport) as api:
        api.submit(REQUEST)
        api.task("task-unified-1-abcdefgh")
        get_task.sync("task-unified-1-abcdefgh", client=api.client)
    assert paths == ["/evolink/v1/videos/generations"] + ["/evolink/v1/tasks/task-unified-1-abcdefgh"] * 2


@pytest.mark.parametrize(
    "key", [None, "", "   ", "two words", "zero\nline", "schlüssel-schlüssel", "abc12", "\u200bsk-x12345"]
)
def test_missing_or_malformed_key_says_where_to_get_one(key: str | None) -> None:
    with pytest.raises(ConfigurationError, match=r"https://evolink\.ai/dashboard/keys") as caught:
        EvoLink(key, base_url="https://api.example.com")
    if key and key.strip():
        assert key.strip() not in "".join(traceback.format_exception(caught.value))


def test_line_break_after_the_key_is_removed() -> None:
    sent: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["authorization"])
        return accept(request)

    EvoLink("sk-evo-12345678\n", base_url="https://a.example", transport=httpx.MockTransport(respond)).submit(REQUEST)
    assert sent == ["Bearer sk-evo-12345678"]


@pytest.mark.parametrize(
    "url",
    [
        "http://api.evolink.ai",
        "http://127.0.0.1.example.com",
        "http://192.168.1.1",
        "http://0.0.0.0",
        "ftp://api.evolink.ai",
        "api.evolink.ai",
        "https://",
        "https://user:hunter2@api.evolink.ai",
        "https://api.evolink.ai/?a=b",
        "https://api.evolink.ai/#x",
        "https://exa mple",
    ],
)
def test_unsafe_address_is_refused(url: str) -> None:
    for settings in ({"base_url": url}, {"base_url": "https://a.example", "files_base_url": url}):
        with pytest.raises(ConfigurationError) as caught:
            EvoLink("sk-evo-mock", **settings)  # type: ignore[arg-type]
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9", "https://a.example"])
def test_http_is_allowed_for_localhost(url: str) -> None:
    assert repr(EvoLink("sk-evo-mock", base_url=url)) == f"<EvoLink of {url}>"


@pytest.mark.parametrize(
    "timeout", [0, -1, float("nan"), float("inf"), "5", None, True, 1e10, pytest.param(10**5000, id="huge")]
)
def test_invalid_timeout_is_refused(timeout: Any) -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        EvoLink("sk-evo-mock", base_url="https://a.example", timeout=timeout)
    with pytest.raises(ConfigurationError, match="timeout"), EvoLink("sk-evo-mock") as api:
        api.submit(REQUEST, timeout=0 if timeout is None else timeout)


@pytest.mark.parametrize("key", [b"sk-evo-12345678", 12345678])
def test_key_that_is_not_a_str_is_refused(key: Any) -> None:
    with pytest.raises(ConfigurationError, match=rf"^the API key must be a str, not {type(key).__name__}$"):
        EvoLink(key)


@pytest.mark.parametrize("url", ["", "https://a..b", f"https://{'a' * 70}.com", "https://a.example/v1", 5])
def test_invalid_address_is_refused_and_never_replaced_by_the_default(url: Any) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        EvoLink("sk-evo-mock", base_url=url)


def test_error_names_the_variable_with_the_invalid_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_BASE_URL", "nonsense")
    with pytest.raises(ConfigurationError) as caught:
        EvoLink("sk-evo-mock")
    assert caught.value.next_steps == (NextStep("check_setting", "EVOLINK_BASE_URL"),)
    assert str(caught.value) == (
        "invalid server address: expected an https URL with a host, for example https://api.evolink.ai. "
        "Check EVOLINK_BASE_URL"
    )


def test_copying_a_client_raises_a_configuration_error() -> None:
    api = EvoLink("sk-evo-mock")
    for each in (api, api.client):
        with pytest.raises(ConfigurationError, match="another client"):
            copy.deepcopy(each)
    api.close()
    with pytest.raises(ConfigurationError, match="closed"):
        api.credits()


def test_client_whose_constructor_failed_has_a_repr() -> None:
    assert repr(EvoLink.__new__(EvoLink)) == "<EvoLink of nothing>"


@pytest.mark.parametrize("retries", [-1, 101, True, None, "2", 1.5, pytest.param(10**5000, id="huge")])
def test_invalid_number_of_retries_is_refused(retries: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_retries"):
        EvoLink("sk-evo-mock", max_retries=retries)


def test_default_timeouts_are_sixty_seconds_and_five_to_connect() -> None:
    recorded: list[Any] = []

    def respond(request: httpx.Request) -> httpx.Response:
        recorded.append(request.extensions["timeout"])
        return accept(request)

    with EvoLink("sk-evo-mock", transport=httpx.MockTransport(respond)) as api:
        api.submit(REQUEST)
        get_task.sync("task-unified-1-a", client=api.client)
        api.submit(REQUEST, timeout=3)
    usual = {"connect": 5.0, "read": 60.0, "write": 60.0, "pool": 60.0}
    assert recorded == [usual, usual, {"connect": 3.0, "read": 3.0, "write": 3.0, "pool": 3.0}]


def test_extra_headers_are_sent_with_one_call_only() -> None:
    recorded: list[str | None] = []

    def respond(request: httpx.Request) -> httpx.Response:
        recorded.append(request.headers.get("x-run"))
        assert request.headers["user-agent"] == USER_AGENT
        return accept(request)

    with EvoLink("sk-evo-mock", transport=httpx.MockTransport(respond)) as api:
        api.submit(REQUEST, extra_headers={"x-run": "7"})
        api.submit(REQUEST)
        with pytest.raises(ConfigurationError, match="x-run"):
            api.submit(REQUEST, extra_headers={"x-run": "line\nbreak"})
    assert recorded == ["7", None]


@pytest.mark.parametrize("task_id", ["", " ", ".", "..", "a\nb", "9" * 100_000, None, 5])
def test_invalid_id_is_not_sent(task_id: Any) -> None:
    with EvoLink("sk-evo-mock", base_url="http://127.0.0.1:9") as api, pytest.raises(evolink.InvalidRequest):
        api.task(task_id)


def test_longest_id_is_500_characters() -> None:
    with EvoLink("sk-evo-mock", transport=httpx.MockTransport(accept)) as api:
        for length in (201, 500):
            assert api.task("9" * length).id == "9" * length
        with pytest.raises(evolink.InvalidRequest, match="must be a task, or the id of one"):
            api.task("9" * 501)


def test_id_cannot_lead_to_another_path(mock: MockServer) -> None:
    paths: list[bytes] = []

    def respond(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(404)

    with EvoLink(mock.api_key, transport=httpx.MockTransport(respond)) as api, pytest.raises(NotFound):
        api.task("../credits?x=1#y")
    assert paths == [b"/v1/tasks/..%2Fcredits%3Fx%3D1%23y"]


def test_closed_client_raises_a_configuration_error(mock: MockServer) -> None:
    with EvoLink(mock.api_key, base_url=mock.url) as api:
        api.submit(REQUEST)
    with pytest.raises(ConfigurationError, match="closed"):
        api.submit(REQUEST)
    with pytest.raises(ConfigurationError, match="closed"):
        get_task.sync(UNKNOWN, client=api.client)


def test_credits_are_read(mock: MockServer) -> None:
    with EvoLink(mock.api_key, base_url=mock.url) as api:
        account_credits = api.credits()
    assert isinstance(account_credits.user, evolink.UserCredits)
    assert isinstance(account_credits.user.remaining_credits, int | float)


@pytest.mark.anyio
async def test_credits_are_read_asynchronously(mock: MockServer) -> None:
    async with AsyncEvoLink(mock.api_key, base_url=mock.url) as api:
        account_credits = await api.credits()
    assert isinstance(account_credits.token, evolink.TokenCredits)


# --- the generated client


def test_generated_functions_work_through_the_client(mock: MockServer) -> None:
    with EvoLink(mock.api_key, base_url=mock.url) as api:
        created = create_video_generation.sync(client=api.client, body=REQUEST)
        assert isinstance(created, CreatedTask)
        assert isinstance(get_task.sync(client=api.client, task_id=created.id), evolink_client.models.Task)
        assert get_credits.sync_detailed(client=api.client).status_code == 200
        with pytest.raises(NotFound):
            get_task.sync(UNKNOWN, client=api.client)


@pytest.mark.anyio
async def test_asynchronous_generated_functions_work_through_the_client(mock: MockServer) -> None:
    async with AsyncEvoLink(mock.api_key, base_url=mock.url) as api:
        created = await create_video_generation.asyncio(client=api.client, body=REQUEST)
        assert isinstance(created, CreatedTask)
        with pytest.raises(NotFound):
            await get_task.asyncio_detailed(UNKNOWN, client=api.client)


def test_generated_function_of_the_other_kind_is_refused(mock: MockServer) -> None:
    api, other = EvoLink(mock.api_key, base_url=mock.url), AsyncEvoLink(mock.api_key, base_url=mock.url)
    with pytest.raises(ConfigurationError, match=r"sync\(\)"):
        asyncio.run(get_task.asyncio(UNKNOWN, client=api.client))
    with pytest.raises(ConfigurationError, match=r"asyncio\(\)"):
        get_task.sync(UNKNOWN, client=other.client)


def test_derived_clients_keep_the_key_the_retries_and_their_own_settings(mock: MockServer) -> None:
    with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api:
        derived = api.client.with_headers({"prefer": "code=503"}).with_cookies({"a": "b"})
        derived = derived.with_timeout(httpx.Timeout(7.0))
        with pytest.raises(evolink.Unavailable):
            create_video_generation.sync(client=derived, body=REQUEST)
        assert derived.get_httpx_client().timeout.read == 7.0
        assert isinstance(create_video_generation.sync(client=api.client, body=REQUEST), CreatedTask)
        assert derived != api.client
        assert len({derived, api.client}) == 2
    with pytest.raises(ConfigurationError, match="closed"):
        get_task.sync(UNKNOWN, client=derived)


def test_cookies_of_responses_and_of_derived_clients_are_sent() -> None:
    cookies: list[str | None] = []

    def respond(request: httpx.Request) -> httpx.Response:
        cookies.append(request.headers.get("cookie"))
        headers = {"set-cookie": "node=7; Path=/"} if len(cookies) % 3 == 1 else {}
        return httpx.Response(200, headers=headers, json={"data": {}})

    async def read_credits() -> None:
        async with AsyncEvoLink("sk-evo-test", transport=httpx.MockTransport(respond)) as api:
            await get_credits.asyncio(client=api.client)
            await get_credits.asyncio(client=api.client)
            await get_credits.asyncio(client=api.client.with_cookies({"a": "b"}))

    with EvoLink("sk-evo-test", transport=httpx.MockTransport(respond)) as api:
        get_credits.sync(client=api.client)
        get_credits.sync(client=api.client)
        get_credits.sync(client=api.client.with_cookies({"a": "b"}))
    asyncio.run(read_credits())
    assert cookies == [None, "node=7", "a=b"] * 2


def test_requests_for_tasks_are_those_that_httpx_would_build() -> None:
    requests: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return accept(request)

    def build(http: httpx.Client, timeout: httpx.Timeout, headers: dict[str, str] | None = None) -> httpx.Request:
        url = f"https://api.invalid/v1/tasks/{UNKNOWN}"
        return http.build_request("GET", url, headers=headers, timeout=timeout)

    def parts(request: httpx.Request) -> tuple[Any, ...]:
        timeout = dict(request.extensions["timeout"])
        return request.method, request.url, request.headers.raw, request.content, timeout

    with EvoLink("sk-evo-test", base_url="https://api.invalid", transport=httpx.MockTransport(respond)) as api:
        http = api.client.get_httpx_client()
        built = [build(http, http.timeout), build(http, httpx.Timeout(3.0, connect=3.0), {"x-a": "1"})]
        api.task(UNKNOWN)
        api.task(UNKNOWN, timeout=3, extra_headers={"x-a": "1"})
        for change in ({"headers": {"x-b": "2"}}, {"params": {"c": "3"}}, {"cookies": {"d": "4"}}):
            for name, value in change.items():
                getattr(http, name).update(value) if name != "params" else setattr(http, name, value)
            built.append(build(http, http.timeout))
            api.task(UNKNOWN)
    assert list(map(parts, requests)) == list(map(parts, built))
    assert len(set(map(id, requests))) == len({id(request.headers) for request in requests}) == 5


def test_response_is_freed_without_the_cycle_collector() -> None:
    responses: list[weakref.ref[httpx.Response]] = []

    def remember(response: httpx.Response) -> None:
        responses.append(weakref.ref(response))

    async def remember_too(response: httpx.Response) -> None:
        remember(response)

    async def read() -> None:
        async with AsyncEvoLink("sk-evo-test", transport=httpx.MockTransport(accept)) as api:
            api.client.get_async_httpx_client().event_hooks = {"response": [remember_too]}
            await api.task(UNKNOWN)

    gc.disable()
    try:
        with EvoLink("sk-evo-test", transport=httpx.MockTransport(accept)) as api:
            api.client.get_httpx_client().event_hooks = {"response": [remember]}
            api.task(UNKNOWN)
            api.submit(REQUEST)
        asyncio.run(read())
        assert [reference() for reference in responses] == [None] * 3
    finally:
        gc.enable()


def test_httpx_client_cannot_be_replaced(mock: MockServer) -> None:
    api = EvoLink(mock.api_key, base_url=mock.url)
    with pytest.raises(ConfigurationError, match="transport"):
        api.client.set_httpx_client(httpx.Client())
    with pytest.raises(ConfigurationError, match="transport"):
        api.client.set_async_httpx_client(httpx.AsyncClient())


def test_key_does_not_go_to_other_hosts(mock: MockServer) -> None:
    with EvoLink(mock.api_key, base_url=mock.url) as api:
        http = api.client.get_httpx_client()
        for url in ("https://example.com/", "http://127.0.0.1:1/", mock.url.replace("http:", "https:")):
            with pytest.raises(ConfigurationError, match="the API key is for"):
                http.get(url)


def test_proxy_does_not_see_an_unencrypted_key(mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with EvoLink(mock.api_key, base_url=mock.url) as api:
        assert api.submit(REQUEST).status == "pending"


def test_responses_can_be_streamed(mock: MockServer) -> None:
    with EvoLink(mock.api_key, base_url=mock.url) as api:
        created = api.submit(REQUEST)
        with api.client.get_httpx_client().stream("GET", f"/v1/tasks/{created.id}") as response:
            assert created.id.encode() in b"".join(response.iter_bytes())
        with pytest.raises(NotFound), api.client.get_httpx_client().stream("GET", f"/v1/tasks/{UNKNOWN}"):
            pass


# --- hooks, tracing and logs


def test_event_hooks_see_every_response_including_errors(mock: MockServer) -> None:
    recorded: list[int] = []

    def record(response: httpx.Response) -> None:
        recorded.append(response.status_code)

    with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api:
        api.client.get_httpx_client().event_hooks = {"response": [record]}
        api.submit(REQUEST)
        with pytest.raises(NotFound):
            api.task(UNKNOWN)
        with pytest.raises(evolink.RateLimited):
            api.submit(REQUEST, extra_headers={"prefer": "code=429"})
    assert recorded == [200, 404, 429]


def test_event_hook_may_read_the_body(mock: MockServer) -> None:
    bodies: list[bytes] = []

    def record(response: httpx.Response) -> None:
        bodies.append(response.read())

    with EvoLink(mock.api_key, base_url=mock.url) as api:
        api.client.get_httpx_client().event_hooks = {"response": [record]}
        assert api.submit(REQUEST).id.encode() in bodies[0]
        with pytest.raises(NotFound, match="not found"):
            api.task(UNKNOWN)


def test_opentelemetry_sees_every_attempt(mock: MockServer) -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api:
            api.submit(REQUEST)
            with pytest.raises(NotFound):
                api.task(UNKNOWN)
    finally:
        instrumentor.uninstrument()
    statuses = [dict(span.attributes or {}) for span in spans.get_finished_spans()]
    assert [each.get("http.status_code", each.get("http.response.status_code")) for each in statuses] == [200, 404]
    assert mock.api_key not in repr(statuses)


def test_log_is_silent_by_default_and_shows_attempts_at_level_debug(
    mock: MockServer, command_environment: dict[str, str]
) -> None:
    code = (
        "import evolink, sys\n"
        f"with evolink.EvoLink({mock.api_key!r}, base_url={mock.url!r}) as api:\n"
        f"    try: api.task({UNKNOWN!r})\n"
        "    except evolink.NotFound: pass\n"
    )
    output: dict[str, str] = {}
    for level in ("", "debug", "nonsense"):
        environment = {**command_environment, **({"EVOLINK_LOG": level} if level else {})}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
        )
        assert (done.returncode, done.stdout) == (0, "")
        output[level] = done.stderr
    assert output[""] == ""
    assert f"GET /v1/tasks/{UNKNOWN}: 404 in " in output["debug"]
    assert mock.api_key not in output["debug"]
    assert "EVOLINK_LOG" in output["nonsense"]


def test_log_is_written_once_even_if_the_program_sets_up_logging_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.RootLogger(logging.WARNING)
    own = logging.Manager(root).getLogger("evolink")
    monkeypatch.setattr("evolink._log.logger", own)
    monkeypatch.setenv("EVOLINK_LOG", "info")
    configure()

    def written() -> str:
        own.info("a line")
        return capsys.readouterr().err

    assert re.fullmatch(r"\S+ \S+ evolink INFO a line\n", written())
    handler = logging.StreamHandler()  # as basicConfig() makes one
    root.addHandler(handler)
    assert written() == "a line\n"
    handler.setLevel(logging.WARNING)
    assert written().endswith(" evolink INFO a line\n")
    own.propagate = False
    handler.setLevel(logging.DEBUG)
    assert written().endswith(" evolink INFO a line\n")


FOREIGN_LOGS = {
    'HTTP Request: GET https://u:p4ss@h.example/a.mp4?X-Amz-Signature=s3cret&n=1#s3cret "HTTP/1.1 200 OK"': (
        'HTTP Request: GET https://h.example/a.mp4?... "HTTP/1.1 200 OK"'
    ),
    "receive_response_headers.complete return_value=(b'HTTP/1.1', 302, b'Found', [(b'Location', b'/a?s3cret'), "
    "(b'Set-Cookie', b\"it's s3cret\")])": (
        "receive_response_headers.complete return_value=(b'HTTP/1.1', 302, b'Found', [...])"
    ),
    "setup_socks5_connection.started stream=<S> host='h' port=443 auth=(b'u', b's3cret')": (
        "setup_socks5_connection.started stream=<S> host='h' port=443 auth=..."
    ),
    "connect_tcp.started host='h' port=443 local_address=None timeout=5 socket_options=None": None,
}


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "httpcore.socks", "httpcore.proxy", "httpcore.http2"])
def test_nothing_that_authorises_is_in_the_logs_of_other_libraries(caplog: pytest.LogCaptureFixture, name: str) -> None:
    caplog.set_level(logging.DEBUG)
    foreign = logging.getLogger(name)
    with private():
        for text in FOREIGN_LOGS:
            foreign.debug("%s", text)
        logging.getLogger("hpack.hpack").debug("Adding (b'authorization', b's3cret')")
    assert [record.getMessage() for record in caplog.records] == [safe or text for text, safe in FOREIGN_LOGS.items()]
    foreign.debug("s3cret")
    assert "s3cret" in caplog.text


# --- the key


def test_key_is_not_in_any_representation_log_or_error(mock: MockServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with EvoLink(WRONG_KEY, base_url=mock.url) as api:
        with pytest.raises(Unauthorized) as caught:
            api.submit(REQUEST)
        frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        http = api.client.get_httpx_client()
        texts = [repr(api), str(api), repr(api.client), str(http), repr(http.headers), repr(api.client.__dict__)]
        texts += ["".join(frames.format()), caplog.text, repr(vars(caught.value)), repr(copy.copy(api.__dict__))]
        assert [text for text in texts if WRONG_KEY in text] == []
    assert "dashboard/keys" in str(caught.value)


# --- import time and public names


HEAVY = {
    "pydantic",
    "typer",
    "rich",
    "PIL",
    "av",
    "starlette",
    "click",
    "uvicorn",
    "jsonschema_rs",
    "fsspec",
    "sqlalchemy",
    "psycopg",
}


def test_importing_the_sdk_loads_no_optional_package(command_environment: dict[str, str]) -> None:
    code = "import sys\n{}\nprint(sorted({{name.partition('.')[0] for name in sys.modules}} & {!r} - loaded))"
    for statement in ("import evolink", "from evolink import EvoLink, AsyncEvoLink, Wan25ImageToVideo, TaskFailed"):
        # httpx loads rich and click for its own command line, where they are installed.
        first = "import httpx; loaded = {name.partition('.')[0] for name in sys.modules}"
        done = subprocess.run(
            [sys.executable, "-c", code.format(f"{first}; {statement}", HEAVY)],
            capture_output=True, text=True, env=command_environment, check=True,
        )  # fmt: skip
        assert done.stdout == "[]\n"


def test_names_of_the_sdk_and_of_the_generated_models_do_not_collide() -> None:
    listed: list[str] = evolink.__all__
    generated = set(evolink_client.models.__all__)
    assert listed == sorted(listed)
    overlaid = {name for name in generated if getattr(evolink, name) is not getattr(evolink_client.models, name)}
    assert overlaid == {"Task", "CreditsData"}
    assert all(issubclass(getattr(evolink, name), getattr(evolink_client.models, name)) for name in overlaid)
    assert set(listed) >= generated
    for name in [*listed, *generated]:
        assert getattr(evolink, name) is not None
        assert name in dir(evolink)
    with pytest.raises(AttributeError, match="Nonsense"):
        evolink.Nonsense  # noqa: B018


def test_tree_of_errors_in_the_docstring_is_correct() -> None:
    lines = (evolink_errors.__doc__ or "").partition("\n\n")[2].splitlines()
    parents: list[tuple[int, type]] = []
    output: set[str] = set()
    for line in filter(str.strip, lines):
        name = line.split()[0]
        depth = len(line) - len(line.lstrip())
        kind: type = getattr(evolink_errors, name)
        parents = [each for each in parents if each[0] < depth]
        if parents:
            assert kind.__bases__ == (parents[-1][1],)
        parents.append((depth, kind))
        output.add(name)
    module = dict(vars(evolink_errors))
    kinds = {name: kind for name, kind in module.items() if isinstance(kind, type)}
    assert output == {name for name, kind in kinds.items() if issubclass(kind, evolink.EvoLinkError)}
