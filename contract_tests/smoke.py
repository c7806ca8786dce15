"""Tests an installed wheel: the named extras must work, and the others must say how to install them.

    python contract_tests/smoke.py [cli] [media] [mock]

`make test-wheel` runs this in an environment that contains nothing but the wheel and these extras.
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

COMPLETED = {"id": "task-unified-1757169743-7cvnl5zw", "status": "completed", "progress": 100}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def sdk() -> None:
    """Generate against a fake transport, and check that an invalid request is refused."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=COMPLETED))
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
    """List the models with the command, or check that it names the missing extra."""
    done = subprocess.run([sys.executable, "-m", "evolink", "models"], capture_output=True, text=True, check=False)
    if installed:
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert "wan2.5-image-to-video" in done.stdout
    else:
        assert (done.returncode, done.stdout) == (2, "")
        assert 'pip install "evolink-client[cli]"' in done.stderr
        assert "Traceback" not in done.stderr


def media(*, installed: bool) -> None:
    """Examine an image, or check that the error names the missing extra."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.png"
        path.write_bytes(base64.b64decode(PIXEL))
        try:
            image = evolink.media.probe(path)
        except MissingExtra as error:
            assert not installed
            assert error.extra == "media"
        else:
            assert installed
            assert (image.format, image.width, image.problem) == ("png", 1, ""), image


def mock(*, installed: bool) -> None:
    """Upload to the mock server and generate, or check that the error names the missing extra."""
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
    """Test the SDK and every extra; returns the exit code."""
    assert importlib.util.find_spec("pytest") is None, "run this in a separate environment, without pytest"
    sdk()
    for extra, test in EXTRAS.items():
        test(installed=extra in sys.argv[1:])
    print(f"evolink {evolink.__version__} works with {', '.join(sys.argv[1:]) or 'no extras'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
