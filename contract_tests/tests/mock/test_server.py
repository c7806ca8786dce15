"""The mock server as a program and as a context manager: its start, its settings, its end."""

from __future__ import annotations

import asyncio
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import httpx
import pytest

import bundle
import evolink_mock
from evolink_mock import ConfigurationError, MockServer
from evolink_mock.__main__ import main
from evolink_mock.server import listen
from evolink_mock.settings import Settings

COMMAND = [sys.executable, "-m", "evolink_mock"]


def test_package_exports_four_names() -> None:
    assert evolink_mock.__all__ == ["ConfigurationError", "MockServer", "MockTransport", "UnusedFaultWarning"]


@contextmanager
def running(
    command: list[str], environment: dict[str, str]
) -> Generator[tuple[subprocess.Popen[str], str], None, None]:
    """Run the program; yield it and its URL once it is ready, and end the process afterwards."""
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONUNBUFFERED": "1"},
    ) as program:
        try:
            assert program.stdout is not None
            line = program.stdout.readline()
            assert line.startswith("EvoLink mock server ready at http://127.0.0.1:")
            yield program, line.split()[-1]
        finally:
            program.kill()


def test_program_prints_one_line_when_ready_serves_and_ends_cleanly_on_ctrl_c(
    image_request: dict[str, Any], command_environment: dict[str, str]
) -> None:
    command = [*COMMAND, "--port", "0", "--api-key", "sk-test", "--speed", "60"]
    with (
        running(command, command_environment) as (program, url),
        httpx.Client(base_url=url, headers={"authorization": "Bearer sk-test"}, trust_env=False) as idle,
    ):
        assert idle.post("/v1/videos/generations", json=image_request).status_code == 200
        program.send_signal(signal.SIGINT)  # while a connection is kept open
        out, err = program.communicate(timeout=10)
    assert (program.returncode, out, err) == (0, "EvoLink mock server stopped.\n", "")


def test_further_signals_are_ignored_and_pending_requests_get_a_response(
    command_environment: dict[str, str],
) -> None:
    with running([*COMMAND, "--port", "0"], command_environment) as (program, url):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as upload:
            upload.sendall(
                b"POST /v1/videos/generations HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk-evo-mock\r\n"
                b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
            )
            assert httpx.get(url, trust_env=False).status_code == 200  # the server has the upload too
            for _ in range(3):
                program.send_signal(signal.SIGINT)
            response = b"".join(iter(lambda: upload.recv(65_536), b""))
        out, err = program.communicate(timeout=10)
    assert (program.returncode, out, err) == (0, "EvoLink mock server stopped.\n", "")
    assert response.startswith(b"HTTP/1.1 503 ")
    assert b'"code": 503' in response


def test_embedded_server_ends_although_a_client_does_not_read_its_download(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as stalled, MockServer() as mock:
        headers = {"authorization": f"Bearer {mock.api_key}"}
        files = {"file": ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(8_000_000))}  # more than fits into buffers
        upload = f"{mock.url}/api/v1/files/upload/stream"
        response = httpx.post(upload, files=files, headers=headers, trust_env=False, timeout=60)
        url: str = response.json()["data"]["file_url"]
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, port = mock.url.removeprefix("http://").split(":")
        stalled.connect((host, int(port)))
        stalled.sendall(f"GET {url.removeprefix(mock.url)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert stalled.recv(13) == b"HTTP/1.1 200 "
    # Leaving the block raises if the server has not ended.
    assert capfd.readouterr() == ("", "")


def test_embedded_server_ends_while_a_video_is_rendered(
    image_request: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as download:
        with MockServer(pace="at-once") as mock:
            headers = {"authorization": f"Bearer {mock.api_key}"}
            created = httpx.post(
                f"{mock.url}/v1/videos/generations", json=image_request, headers=headers, trust_env=False
            ).json()
            host, port = mock.url.removeprefix("http://").split(":")
            download.connect((host, int(port)))
            download.sendall(f"GET /_mock/results/{created['id']}.mp4 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert httpx.get(mock.url, trust_env=False).status_code == 200  # the server has the download request too
        assert download.recv(13) == b"HTTP/1.1 503 "
    assert capfd.readouterr() == ("", "")


STARTING = """
import builtins, sys
import evolink_mock.__main__ as program


imported = builtins.__import__

def disturbed(name, *rest):
    if name == "{module}":
        raise {error}
    return imported(name, *rest)

builtins.__import__ = disturbed
sys.exit(program.main())
"""


@pytest.mark.parametrize(
    ("module", "error", "status", "line"),
    [
        ("evolink_mock.cli", "KeyboardInterrupt", 130, "interrupted"),
        ("uvicorn", "ModuleNotFoundError(name='uvicorn')", 2, "requires uvicorn; install evolink-client[mock]"),
    ],
)
def test_error_during_the_start_is_one_line_too(
    module: str, error: str, status: int, line: str, command_environment: dict[str, str]
) -> None:
    command = [sys.executable, "-c", STARTING.format(module=module, error=error)]
    result = subprocess.run(command, capture_output=True, text=True, env=command_environment, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (status, "", f"evolink_mock: {line}\n")


NOHUP = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_program_started_with_nohup_outlives_its_terminal(command_environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", NOHUP, *COMMAND, "--port", "0"]
    with running(command, command_environment) as (program, url):
        program.send_signal(signal.SIGHUP)
        assert httpx.get(url, trust_env=False).status_code == 200
        program.send_signal(signal.SIGTERM)
        assert program.communicate(timeout=10)[0] == "EvoLink mock server stopped.\n"


def test_port_in_use_is_one_clear_line(command_environment: dict[str, str]) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        result = subprocess.run(
            [*COMMAND, "--port", str(port)], capture_output=True, text=True, env=command_environment, check=False
        )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        f"evolink_mock: cannot listen on 127.0.0.1 port {port}: Address already in use; choose another port\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prot", "1"], "No such option '--prot'"),
        (["--port", "x"], "'x' is not a valid integer range"),
        (["--port", "65536"], "65536 is not in the range 0<=x<=65535"),
        (["--port"], "Option '--port' requires an argument"),
        (["--speed", "fast"], "'fast' is not a valid float"),
        (["--speed", "0"], "speed must be a number from 0.001 to 1000000"),
        (["--speed", "nan"], "speed must be a number from 0.001 to 1000000"),
        (["--speed", "inf"], "speed must be a number from 0.001 to 1000000"),
        (["--pace", "slowly"], "pace must be at-once, after-N-reads or after-S-seconds"),
        (["--pace-of", "wan2.5-image-to-video"], "the format is MODEL=PACE"),
        (["--account", "sk-evo-a=1", "--account", "sk-evo-a=2"], "the same name is given twice"),
        (
            ["--pace-of", "wan9=at-once"],
            "paces contains the unknown model 'wan9'; ",
        ),
        (["--outcome", "won"], "outcome must be completed, failed, cancelled or stuck"),
        (["--balance", "-1"], "balance must be a number of credits from 0 to 1000000000, or null for no limit"),
        (["--account", "sk-evo-other=much"], "--account must be KEY=CREDITS, with a number of credits"),
        (["--scenario", "nonsense"], "scenario must be a path that ends in .yaml, or one of "),
        (["--scenario", "missing.yaml"], "scenario missing.yaml cannot be read: No such file or directory"),
        (["--api-key", "sk secret"], "api_key must be printable ASCII without spaces"),
        (["--api-key", ""], "api_key must be printable ASCII without spaces"),
        (["--forward-callbacks-to", "localhost:9000"], "forward_callbacks_to must be an http or https URL"),
        (["--forward-callbacks-to", "http://"], "forward_callbacks_to must be an http or https URL"),
        (["--forward-callbacks-to", "http://a:b"], "forward_callbacks_to must be an http or https URL"),
        (["--forward-callbacks-to", "http://a:99999"], "forward_callbacks_to must be an http or https URL"),
        (["--forward-callbacks-to", "http://u:secret@a b/"], "forward_callbacks_to must be an http or https URL"),
        (["--allow-host", "http://mock"], "allow_hosts must be host names such as evolink-mock, or IP addresses"),
        (["--host", "a" * 64 + ".example"], "cannot listen on aaaa"),
        (["--host", "nowhere.invalid"], "cannot listen on nowhere.invalid"),
        (["more"], "unexpected extra argument (more)"),
    ],
)
def test_bad_option_is_one_clear_line(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["evolink_mock", "--port", "0", *arguments])
    status = main()
    output = capsys.readouterr()
    assert (status, output.out, len(output.err.splitlines())) == (2, "", 1), output.err
    assert message in output.err
    assert "secret" not in output.err


def test_server_starts_without_modules_that_only_some_requests_need(command_environment: dict[str, str]) -> None:
    code = "import sys; from evolink_mock.cli import Mock; Mock(); print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=command_environment, check=True
    )
    loaded = {name.partition(".")[0] for name in result.stdout.split()}
    assert loaded >= {"evolink_mock", "starlette"}
    assert not loaded & {"evolink_client", "h11", "httpx", "jinja2", "PIL", "av", "yaml"}


def test_help_names_every_option(command_environment: dict[str, str]) -> None:
    result = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, env=command_environment, check=True)
    for option in (
        "host",
        "port",
        *Settings.__optional_keys__ - {"paces", "accounts", "faults", "contract", "allow_hosts"},
    ):
        assert f"--{option.replace('_', '-')}" in result.stdout
    assert "--pace-of" in result.stdout
    assert "--account" in result.stdout
    assert "--allow-host" in result.stdout
    assert "--open-admin" in result.stdout


def test_embedded_servers_are_independent_of_each_other(image_request: dict[str, Any]) -> None:
    with MockServer(api_key="sk-one") as one, MockServer(api_key="sk-two", pace="after-1-read") as two:
        assert one.url != two.url
        headers = [{"authorization": f"Bearer {server.api_key}"} for server in (one, two)]
        with httpx.Client(trust_env=False) as http:
            task_id = http.post(f"{one.url}/v1/videos/generations", json=image_request, headers=headers[0]).json()["id"]
            assert http.get(f"{one.url}/v1/tasks/{task_id}", headers=headers[0]).status_code == 200
            assert http.get(f"{two.url}/v1/tasks/{task_id}", headers=headers[0]).status_code == 401
            assert http.get(f"{two.url}/v1/tasks/{task_id}", headers=headers[1]).status_code == 404


def test_embedded_server_is_gone_after_its_block() -> None:
    with MockServer() as mock:
        assert httpx.get(mock.url, trust_env=False).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(mock.url, trust_env=False)


def test_embedded_server_rejects_invalid_settings_and_leaves_the_port_free() -> None:
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    with pytest.raises(ConfigurationError, match="speed must be"):
        MockServer(speed=-1, port=port)
    with MockServer(port=port) as mock:
        assert mock.url == f"http://127.0.0.1:{port}"
        with pytest.raises(ConfigurationError, match="Address already in use"):
            MockServer(port=port)
    for wrong in (70_000, "4010", 4010.0, None, True):
        with pytest.raises(ConfigurationError, match=f"port must be from 0 to 65535; it is {wrong!r}"):
            MockServer(port=cast("Any", wrong))


def test_mock_follows_the_contract_in_its_settings() -> None:
    document = bundle.bundle()
    document["components"]["schemas"]["Wan25ImageToVideo"]["properties"]["prompt"]["maxLength"] = 3
    with MockServer(contract=document) as mock:
        statuses = [
            httpx.post(
                f"{mock.url}/v1/videos/generations",
                json={"model": "wan2.5-image-to-video", "prompt": prompt, "image_urls": ["https://example.com/a.png"]},
                headers={"authorization": f"Bearer {mock.api_key}"},
                trust_env=False,
            ).status_code
            for prompt in ("cat", "cats")
        ]
    assert statuses == [200, 400]


@pytest.mark.parametrize("document", [{}, {"paths": {}}, {"components": {"schemas": []}, "paths": []}])
def test_contract_of_another_api_is_rejected_in_one_line(document: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="contract must be a bundled contract of this API"):
        MockServer(contract=document)


def test_server_runs_where_asyncio_run_and_the_selectors_were_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(main: Any, *, debug: bool = False) -> None:  # as nest_asyncio has it
        raise AssertionError(main, debug)

    class Selector(selectors.DefaultSelector):  # as gevent has one
        pass

    monkeypatch.setattr("asyncio.run", run)
    monkeypatch.setattr("uvicorn.server.asyncio_run", run)
    monkeypatch.setattr(selectors, "DefaultSelector", Selector)
    with MockServer() as mock:
        assert mock.tasks() == []
        server: Any = vars(mock)["_server"]
        assert isinstance(server.loop, asyncio.SelectorEventLoop)
