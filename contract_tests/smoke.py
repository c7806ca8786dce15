"""Tries an installed wheel with the extras that are named, and without those that are not.

    python contract_tests/smoke.py [cli] [media] [mock]

Run by `make test-wheel`, in an environment that holds nothing else.
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

TAKEN = {"id": "task-unified-1757169743-7cvnl5zw", "status": "completed", "progress": 100}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def sdk() -> None:
    """Submit and wait, and refuse what breaks a rule."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=TAKEN))
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
    """Ask the command for the models, or be told what to install."""
    done = subprocess.run([sys.executable, "-m", "evolink", "models"], capture_output=True, text=True, check=False)
    if installed:
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert "wan2.5-image-to-video" in done.stdout
    else:
        assert (done.returncode, done.stdout) == (2, "")
        assert 'pip install "evolink-client[cli]"' in done.stderr
        assert "Traceback" not in done.stderr


def media(*, installed: bool) -> None:
    """Look at a file, or be told what to install."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.png"
        path.write_bytes(base64.b64decode(PIXEL))
        try:
            found = evolink.media.probe(path)
        except MissingExtra as error:
            assert not installed
            assert error.extra == "media"
        else:
            assert installed
            assert (found.format, found.width, found.problem) == ("png", 1, ""), found


def mock(*, installed: bool) -> None:
    """Start the mock server and upload to it, or be told what to install."""
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


EXTRAS: dict[str, Callable[..., None]] = {"cli": cli, "media": media, "mock": mock}


def main() -> int:
    """Try every part."""
    assert importlib.util.find_spec("pytest") is None, "this is no environment of its own"
    sdk()
    for extra, tried in EXTRAS.items():
        tried(installed=extra in sys.argv[1:])
    print(f"evolink {evolink.__version__} works with {', '.join(sys.argv[1:]) or 'no extras'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
