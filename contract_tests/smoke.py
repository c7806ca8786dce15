"""Test the installed distribution, with the extras named as arguments and without the others.

    python -P contract_tests/smoke.py [batch] [cli] [media] [mock] [postgres] [remote] [workers]

Run by `make test-wheel` and `make dist`, in an environment with no other packages. Without `-P`, Python would import
the mock from the folder of this script.
"""

from __future__ import annotations

import base64
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import httpx

import evolink
from evolink import EvoLink, InvalidRequest, MissingExtra, Wan25ImageToVideo

TASK = {
    "id": "task-unified-1757169743-7cvnl5zw",
    "status": "completed",
    "progress": 100,
    "results": ["https://media.invalid/result.mp4"],
}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def sdk() -> None:
    """Submit a request and wait for its task; check that a request without an image is not sent."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=TASK))
    request = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/a.png"])
    with EvoLink("sk-evo-smoke", transport=transport) as api:
        assert api.generate(request).status == "completed"
        try:
            api.submit(Wan25ImageToVideo(prompt="A cat", image_urls=[]))
        except InvalidRequest as error:
            assert [violation.field for violation in error.violations] == ["image_urls"]
        else:
            raise AssertionError("a request without an image was sent")


def cli(*, installed: bool) -> None:
    """List the models with the command; without the extra, check that the error says how to install it."""
    result = subprocess.run([sys.executable, "-m", "evolink", "models"], capture_output=True, text=True, check=False)
    if installed:
        assert (result.returncode, result.stderr) == (0, ""), result.stderr
        assert "wan2.5-image-to-video" in result.stdout
    else:
        assert (result.returncode, result.stdout) == (2, "")
        assert 'pip install "evolink-client[cli]"' in result.stderr
        assert "Traceback" not in result.stderr


def media(*, installed: bool) -> None:
    """Probe an image; without the extra, check that the error names it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.png"
        path.write_bytes(base64.b64decode(PIXEL))
        try:
            properties = evolink.media.probe(path)
        except MissingExtra as error:
            assert not installed
            assert error.extra == "media"
        else:
            assert installed
            assert (properties.format, properties.width, properties.problem) == ("png", 1, ""), properties


def mock(*, installed: bool) -> None:
    """Generate a video with the mock server; without the extra, check that the error names it."""
    try:
        from evolink_mock import MockServer  # noqa: PLC0415 - an extra
    except ImportError as error:
        assert not installed
        assert "evolink-client[mock]" in str(error)
        return
    assert installed
    with MockServer(pace="after-1-read") as server, EvoLink(server.api_key, base_url=server.url) as api:
        uploaded = api.upload(f"data:image/png;base64,{PIXEL}")
        task = api.generate(Wan25ImageToVideo(prompt="A cat", image_urls=[uploaded.file_url]))
        with tempfile.TemporaryDirectory() as folder:
            assert api.download(task, folder).stat().st_size > 10_000


def ledger(*, installed: bool) -> None:
    """Submit a request twice with a ledger; without the extra, check that the error names it."""
    try:
        from evolink.ledger import Ledger  # noqa: PLC0415 - an extra
    except MissingExtra as error:
        assert not installed
        assert error.extra == "batch"
        return
    assert installed
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=TASK))
    request = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/a.png"])
    with (
        tempfile.TemporaryDirectory() as folder,
        EvoLink("sk-evo-smoke", transport=transport) as api,
        Ledger(f"sqlite:///{folder}/jobs.db") as jobs,
    ):
        assert [jobs.submit(api, request, key="order-1").id for _ in range(2)] == [TASK["id"]] * 2


def postgres(*, installed: bool) -> None:
    """Open a ledger in PostgreSQL, which connects later; without the extra, check that the error names it."""
    try:
        from evolink.ledger import Ledger  # noqa: PLC0415 - an extra

        Ledger("postgresql://nobody@127.0.0.1:9/nothing")
    except MissingExtra as error:
        assert not installed
        assert error.extra in {"batch", "postgres"}
    else:
        assert installed


def remote(*, installed: bool) -> None:
    """Save a result at a URL; without the extra, check that the error names it."""
    try:
        from evolink.ledger import Ledger  # noqa: PLC0415 - an extra
    except MissingExtra as error:
        assert not installed
        assert error.extra == "batch"
        return
    film = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"

    def respond(request: httpx.Request) -> httpx.Response:
        is_file = request.url.host == "media.invalid"
        return httpx.Response(200, content=film) if is_file else httpx.Response(200, json=TASK)

    request = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/a.png"])
    with (
        tempfile.TemporaryDirectory() as folder,
        EvoLink("sk-evo-smoke", transport=httpx.MockTransport(respond)) as api,
        Ledger(f"sqlite:///{folder}/jobs.db") as jobs,
    ):
        jobs.submit(api, request, key="order-1")
        try:
            assert jobs.download(api, "order-1", "memory://out") == [f"memory://out/{TASK['id']}.mp4"]
        except MissingExtra as error:
            assert not installed
            assert error.extra == "remote"
        else:
            assert installed


# Each optional part, and the extras that install its dependencies.
PARTS: list[tuple[Callable[..., None], set[str]]] = [
    (cli, {"cli"}),
    (ledger, {"batch", "postgres", "remote", "workers"}),
    (media, {"media", "mock"}),
    (mock, {"mock"}),
    (postgres, {"postgres", "workers"}),
    (remote, {"remote"}),
]


def main() -> int:
    """Check the environment, then test every part."""
    assert importlib.util.find_spec("pytest") is None, "the environment has packages other than the distribution"
    for package in ("evolink", "evolink_client", "evolink_mock"):
        spec = importlib.util.find_spec(package)
        assert spec is not None, f"{package} is not installed"
        assert Path(str(spec.origin)).is_relative_to(sys.prefix), f"{package} is imported from {spec.origin}"
    sdk()
    extras = sys.argv[1:]
    for test_part, needed in PARTS:
        test_part(installed=not needed.isdisjoint(extras))
    print(f"evolink {evolink.__version__} works with {', '.join(extras) or 'no extras'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
