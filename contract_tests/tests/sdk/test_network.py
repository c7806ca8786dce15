"""Proxies, certificates and `*.localhost` on real sockets, and requests that never left this machine."""

from __future__ import annotations

import asyncio
import http.server
import json
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from evolink import AsyncEvoLink, EvoLink, EvoLinkError, NotSent, SubmissionUnknown, Task, TransferError, media
from evolink._network import Network
from evolink._retries import INTERRUPTED
from evolink_mock import MockServer

KEY = "sk-evo-network-0123456789"
TASK_ID = "task-unified-1-abcdefgh"
REQUEST = {"model": "some-model", "prompt": "A cat"}
VALID = {"model": "wan2.5-image-to-video", "prompt": "A cat", "image_urls": ["https://example.com/a.png"]}
HOST = "api.example.test"
PROXIES = [f"{scheme}{end}" for scheme in ("http", "https", "all", "no") for end in ("_proxy", "_PROXY")]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove proxies and certificates from the environment."""
    for name in [*PROXIES, *(name.upper() for name in PROXIES), "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"]:
        monkeypatch.delenv(name, raising=False)


class Server(socketserver.ThreadingTCPServer):
    """A TCP server on a free port of this machine, in a thread."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.seen: list[str] = []
        self.port: int = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up or refuse the certificate."""


class Proxy(Server):
    """An HTTP proxy that records what it is asked for, and connects to one server whatever the target.

    Attributes:
        mode: what it does with CONNECT: `tunnel`, `hang up`, `nonsense`, `refuse`, or `no TLS` after the tunnel.
    """

    def __init__(self, target: int, mode: str = "tunnel") -> None:
        super().__init__(ProxyHandler)
        self.target, self.mode = target, mode
        self.url = f"http://127.0.0.1:{self.port}"


class ProxyHandler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        proxy: Any = self.server
        head = b""
        while b"\r\n\r\n" not in head:
            chunk = self.request.recv(65_536)
            if not chunk:
                return
            head += chunk
        method, target, _ = head.split(b"\r\n")[0].decode().split()
        if method == "CONNECT":
            proxy.seen.append(f"CONNECT {target}")
            replies = {"hang up": b"", "nonsense": b"\x05\x00\r\n\r\n", "refuse": b"HTTP/1.1 407 No\r\n\r\n"}
            self.request.sendall(replies.get(proxy.mode, b"HTTP/1.1 200 OK\r\n\r\n"))
            if proxy.mode != "tunnel":
                return
            head = b""
        else:
            proxy.seen.append(f"{method} {target.partition('//')[2].partition('/')[2].partition('?')[0]}")
            if proxy.mode == "hang up":
                return
            path = target.partition("//")[2].partition("/")[2]
            head = head.replace(f" {target} ".encode(), f" /{path} ".encode(), 1)
            head = head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
        with socket.create_connection(("127.0.0.1", proxy.target)) as upstream:
            upstream.sendall(head)
            threading.Thread(target=pump, args=(self.request, upstream), daemon=True).start()
            pump(upstream, self.request)


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(65_536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Service(Server):
    """An https server with the responses that a create, an upload and a download need."""

    def __init__(self, certificate: trustme.LeafCert) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued: Any = certificate  # trustme's types mention an optional library
        issued.configure_cert(self.context)
        super().__init__(ServiceHandler)

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        connection.settimeout(5)
        return self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address


class ServiceHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        created = {"id": TASK_ID, "status": "pending"}
        uploaded = {"success": True, "data": {"file_id": "f", "file_name": "a", "file_url": "https://a.example/a.png"}}
        self.respond("application/json", json.dumps(created if "videos" in self.path else uploaded).encode())

    def do_GET(self) -> None:
        self.respond("video/mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(64))

    def respond(self, kind: str, body: bytes) -> None:
        service: Any = self.server
        service.seen.append(f"{self.command} {self.headers['host'].partition(':')[0]}{self.path}")
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Keep standard error clean."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    """A certificate authority, and the file with its certificate."""
    certificates = trustme.CA()
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    certificates.cert_pem.write_to_path(path)
    return certificates, path


@pytest.fixture(scope="module")
def running_service(authority: tuple[trustme.CA, Path]) -> Iterator[Service]:
    with Service(authority[0].issue_cert(HOST, "localhost", "gate.localhost")) as server:
        yield server
        server.shutdown()


@pytest.fixture
def service(running_service: Service) -> Service:
    running_service.seen.clear()
    return running_service


@pytest.fixture
def proxy(service: Service) -> Iterator[Proxy]:
    with Proxy(service.port) as server:
        yield server
        server.shutdown()


def completed(link: str) -> Task:
    return Task.from_dict({"id": TASK_ID, "status": "completed", "results": [link]})


def use(api: EvoLink, folder: Path, link: str) -> None:
    """Create a task, upload a file and download a result."""
    api.submit(REQUEST, validate=False)
    api.upload("https://example.com/a.png")
    api.download(completed(link), folder / "a.mp4")


async def use_async(api: AsyncEvoLink, folder: Path, link: str) -> None:
    await api.submit(REQUEST, validate=False)
    await api.upload("https://example.com/a.png")
    await api.download(completed(link), folder / "b.mp4")


def use_both(folder: Path, link: str, **settings: Any) -> None:
    """Create, upload and download with both clients."""
    with EvoLink(KEY, max_retries=0, **settings) as api:
        use(api, folder, link)

    async def main() -> None:
        async with AsyncEvoLink(KEY, max_retries=0, **settings) as asynchronous:
            await use_async(asynchronous, folder, link)

    asyncio.run(main())


USED = ["POST {}/v1/videos/generations", "POST {}/api/v1/files/upload/url", "GET {}/a.mp4"]


def finished(api: EvoLink) -> Task:
    """Create a task at the mock, and read it until it has ended."""
    task = api.submit(VALID)
    while task.status != "completed":
        task = api.task(task.id)
    return task


# --- proxies and certificates


@pytest.mark.parametrize("way", ["argument", "HTTPS_PROXY", "ALL_PROXY", "all_proxy without http://"])
def test_proxy_is_used_for_the_api_uploads_and_downloads(
    way: str,
    service: Service,
    proxy: Proxy,
    authority: tuple[trustme.CA, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings: dict[str, Any] = {"base_url": f"https://{HOST}", "verify": authority[1]}
    if way == "argument":
        settings["proxy"] = proxy.url
    else:
        monkeypatch.setenv(way.split(maxsplit=1)[0], proxy.url if way.isupper() else proxy.url.removeprefix("http://"))
    use_both(tmp_path, f"https://{HOST}/a.mp4", **settings)
    assert service.seen == [each.format(HOST) for each in USED] * 2
    assert set(proxy.seen) == {f"CONNECT {HOST}:443"}
    assert len(proxy.seen) == 6


def test_explicit_proxy_is_used_for_localhost_too(mock: MockServer, tmp_path: Path) -> None:
    with Proxy(int(mock.url.rpartition(":")[2])) as proxy:
        with EvoLink(mock.api_key, base_url=mock.url, proxy=proxy.url) as api:
            task = finished(api)
            assert api.download(task, tmp_path / "a.mp4").stat().st_size > 1000
        assert {target.partition("/")[0] for target in proxy.seen} == {"POST v1", "GET v1", "GET _mock"}
        proxy.shutdown()


def test_proxy_of_the_environment_gets_no_requests_to_localhost_and_no_unencrypted_key(
    mock: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with EvoLink(mock.api_key, base_url=mock.url) as api:
        task = finished(api)
        assert api.download(task, tmp_path / "a.mp4").stat().st_size > 1000
    # With consent, the key goes to the server in plain text, but still not to the proxy.
    assert Network().transports(httpx.HTTPTransport, "http://mock.example")[1] == {}


def test_proxy_of_the_environment_is_used_for_downloads_of_a_client_on_localhost(
    mock: MockServer, proxy: Proxy, authority: tuple[trustme.CA, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))
    with EvoLink(mock.api_key, base_url=mock.url) as api:
        api.download(completed(f"https://{HOST}/a.mp4"), tmp_path / "a.mp4")
    assert proxy.seen == [f"CONNECT {HOST}:443"]


@pytest.mark.parametrize("excluded", [HOST, ".example.test", "*.example.test", "example.test", f"a.b,{HOST}:443", "*"])
def test_no_proxy_excludes_hosts_and_domains(excluded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", excluded)
    mounts = Network().transports(httpx.HTTPTransport, f"https://{HOST}")[1]
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(204)), mounts=mounts) as client:
        assert client.get(f"https://{HOST}/").status_code == 204


@pytest.mark.parametrize("way", ["verify", "folder", "context", "SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_certificates_count_for_the_api_uploads_and_downloads_also_on_localhost(
    way: str, service: Service, authority: tuple[trustme.CA, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates, path = authority
    settings: dict[str, Any] = {"base_url": f"https://localhost:{service.port}"}
    if way == "context":
        settings["verify"] = ssl.create_default_context(cadata=certificates.cert_pem.bytes().decode())
    elif way == "verify":
        settings["verify"] = path
    elif way == "folder":
        settings["verify"] = str(hashed_folder(path, tmp_path))
    else:
        monkeypatch.setenv(way, str(path if way == "SSL_CERT_FILE" else hashed_folder(path, tmp_path)))
    use_both(tmp_path, f"https://localhost:{service.port}/a.mp4", **settings)
    assert service.seen == [each.format("localhost") for each in USED] * 2


def hashed_folder(certificate: Path, folder: Path) -> Path:
    """Return a folder in which OpenSSL finds a certificate: its file is named after the hash of the subject."""
    command = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(certificate)]
    name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    (folder / "certificates").mkdir()
    (folder / "certificates" / f"{name}.0").write_bytes(certificate.read_bytes())
    return folder / "certificates"


def test_certificate_of_an_unknown_authority_is_refused(service: Service, tmp_path: Path) -> None:
    with EvoLink(KEY, base_url=f"https://localhost:{service.port}", max_retries=0) as api:
        with pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED"):
            api.submit(REQUEST, validate=False)
        with pytest.raises(TransferError, match="CERTIFICATE_VERIFY_FAILED"):
            api.download(completed(f"https://localhost:{service.port}/a.mp4"), tmp_path / "a.mp4")
    assert service.seen == []


def test_files_are_checked_through_the_proxy_and_with_the_certificates_of_the_client(
    service: Service, proxy: Proxy, authority: tuple[trustme.CA, Path]
) -> None:
    with EvoLink(KEY, base_url=f"https://{HOST}", proxy=proxy.url, verify=authority[1]) as api:
        request = {"model": "wan2.6-reference-video-flash", "prompt": "x", "video_urls": [f"https://{HOST}/a.mp4"]}
        with pytest.raises(EvoLinkError, match="video"):  # the file is not a whole video
            api.submit(request, check_media=True)
    assert service.seen == [f"GET {HOST}/a.mp4"]
    assert media.probe(f"https://{HOST}/a.mp4", proxy=proxy.url, verify=authority[1]).format == "mp4"


# --- *.localhost


def test_names_below_localhost_are_this_machine_whatever_the_name_server_says(
    service: Service,
    mock: MockServer,
    authority: tuple[trustme.CA, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve = socket.getaddrinfo

    def unknown(host: Any, *arguments: Any, **options: Any) -> Any:
        assert not str(host).rstrip(".").endswith(".localhost"), "asked a name server"
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for host in ("evolink.localhost", "a.b.localhost", "EVOLINK.localhost."):
        with EvoLink(mock.api_key, base_url=mock.url.replace("127.0.0.1", host)) as api:
            assert api.credits().to_dict()
    url = f"https://gate.localhost:{service.port}"
    use_both(tmp_path, f"{url}/a.mp4", base_url=url, verify=authority[1])
    assert service.seen == [each.format("gate.localhost") for each in USED] * 2


# --- requests that never left this machine


def submit_both(**settings: Any) -> list[BaseException]:
    """Return the errors of a create with both clients."""
    with EvoLink(KEY, max_retries=0, **settings) as api, pytest.raises(EvoLinkError) as caught:
        api.submit(REQUEST, validate=False)

    async def main() -> None:
        async with AsyncEvoLink(KEY, max_retries=0, **settings) as asynchronous:
            await asynchronous.submit(REQUEST, validate=False)

    with pytest.raises(EvoLinkError) as raised:
        asyncio.run(main())
    return [caught.value, raised.value]


@pytest.mark.parametrize("mode", ["hang up", "nonsense", "refuse", "no TLS"])
def test_create_whose_tunnel_was_not_made_was_not_sent(mode: str) -> None:
    with Proxy(0, mode) as proxy:
        errors = submit_both(base_url=f"https://{HOST}", proxy=proxy.url)
        proxy.shutdown()
    assert [type(error) for error in errors] == [NotSent, NotSent]
    assert ["Nothing was sent" in str(error) for error in errors] == [True, True]
    assert proxy.seen == [f"CONNECT {HOST}:443"] * 2


def test_create_that_a_proxy_got_may_have_been_accepted() -> None:
    with Proxy(0, "hang up") as proxy:
        errors = submit_both(base_url="http://127.0.0.1:9", proxy=proxy.url)
        proxy.shutdown()
    assert [type(error) for error in errors] == [SubmissionUnknown, SubmissionUnknown]
    assert proxy.seen == ["POST v1/videos/generations"] * 2


def test_interruption_before_anything_was_sent_says_nothing_about_a_charge(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(socket, "create_connection", interrupt)
    with EvoLink(KEY, base_url="http://127.0.0.1:9") as api, pytest.raises(KeyboardInterrupt) as caught:
        api.submit(REQUEST, validate=False)
    assert not hasattr(caught.value, "__notes__")


async def cancelled(**settings: Any) -> list[str]:
    """Cancel a create once a server, which never responds, has received bytes; return the notes of the exception."""
    received = asyncio.Event()

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        received.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(receive, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        completed_settings: dict[str, Any] = {name: value or url for name, value in settings.items()}
        async with AsyncEvoLink(KEY, **completed_settings) as api:
            create = asyncio.ensure_future(api.submit(REQUEST, validate=False))
            await received.wait()
            create.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await create
    return getattr(caught.value, "__notes__", [])


@pytest.mark.anyio
async def test_create_cancelled_before_its_tunnel_was_made_says_nothing_about_a_charge() -> None:
    assert await cancelled(base_url=f"https://{HOST}", proxy=None) == []


@pytest.mark.anyio
async def test_create_cancelled_after_it_was_sent_says_that_it_may_have_been_charged() -> None:
    assert await cancelled(base_url=None) == [INTERRUPTED]


def test_hook_that_fails_before_the_request_is_sent_does_not_make_its_outcome_unknown(mock: MockServer) -> None:
    calls: list[str] = []

    def fail(request: httpx.Request) -> None:
        calls.append(request.method)
        raise httpx.ReadTimeout("no token") if len(calls) < 3 else ZeroDivisionError

    with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api:
        api.client.get_httpx_client().event_hooks = {"request": [fail]}
        for _ in range(2):
            with pytest.raises(NotSent, match="no token"):
                api.submit(REQUEST, validate=False)
        with pytest.raises(ZeroDivisionError) as caught:
            api.submit(REQUEST, validate=False)
    assert not hasattr(caught.value, "__notes__")


def test_trace_function_of_the_caller_still_gets_its_events(mock: MockServer) -> None:
    events: list[str] = []

    def trace(event: str, info: dict[str, Any]) -> None:
        assert isinstance(info, dict)
        events.append(event)

    with EvoLink(mock.api_key, base_url=mock.url) as api:
        http_client = api.client.get_httpx_client()
        http_client.get("/v1/credits", extensions={"trace": trace})
    assert events[0] == "connection.connect_tcp.started"
    assert "http11.send_request_headers.complete" in events


class Handshake(httpx.HTTPTransport):
    """Fails as httpcore does when a SOCKS proxy talks nonsense: with an exception of another library."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["trace"]("socks.setup_socks5_connection.started", {})
        raise RuntimeError("Malformed reply")


def test_failed_handshake_with_a_proxy_is_an_error_of_the_sdk_and_nothing_was_sent(tmp_path: Path) -> None:
    with EvoLink(KEY, transport=Handshake(), max_retries=0) as api:
        with pytest.raises(NotSent, match="Malformed reply"):
            api.submit(REQUEST, validate=False)
        with pytest.raises(TransferError, match="Malformed reply"):
            api.download(completed(f"https://{HOST}/a.mp4"), tmp_path / "a.mp4")


class Rewriting(httpx.HTTPTransport):
    """A caller's transport that sends another request, of which the SDK sees no events, and loses the response."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        copy = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        super().handle_request(copy)
        raise httpx.ReadError("lost")


def test_transport_that_sends_another_request_does_not_count_as_not_sent(mock: MockServer) -> None:
    with EvoLink(mock.api_key, base_url=mock.url, transport=Rewriting()) as api, pytest.raises(SubmissionUnknown):
        api.submit(REQUEST, validate=False)
