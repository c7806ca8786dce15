"""Take the pictures of the README: the mock's dashboard with a finished task, and the contract report.

    make pictures

Needs Chromium. Each picture is written to `.github/pictures/` as WebP, smaller than 200 kB.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from contract_suite.session import Settings, judge
from evolink import CallbackReceiver, EvoLink, Task, Wan26ReferenceVideoFlash
from evolink_mock import MockServer
from evolink_mock.server import ServedApp, listen, url_of

FOLDER = Path(__file__).resolve().parents[1] / ".github" / "pictures"
MAX_BYTES = 200_000
QUALITIES = (90, 75, 60, 45)
WIDTH, HEIGHT = 1280, 860
FRAME_SECONDS = 0.5  # of the result video that are played before the picture is taken

REQUEST = Wan26ReferenceVideoFlash(
    prompt="A person dances on a roof at sunset",
    video_urls=["https://example.com/dance.mp4"],
    aspect_ratio="16:9",
    duration=4,
    callback_url="https://your-domain.com/webhooks/video-task-completed",
)


def dashboard(browser: Browser) -> bytes:
    """Return a screenshot of the dashboard with a finished task, its video and its delivered callback."""
    received: list[Task] = []
    with (
        listen("127.0.0.1", 0) as listener,
        MockServer(speed=1000, forward_callbacks_to=url_of(listener)) as mock,
        EvoLink(mock.api_key, base_url=mock.url) as api,
        ServedApp(CallbackReceiver(api, received.append), listener),
    ):
        api.generate(REQUEST)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=1.5)
        page.goto(f"{mock.url}/")
        return _taken(page, _show_task)


def _show_task(page: Page) -> None:
    """Play the task's video until a frame of it is visible, and pause it there."""
    video = page.locator("video").first
    # A function of its own, because the page forbids code in strings.
    video.evaluate(
        """(video, seconds) => new Promise((done, failed) => {
            video.muted = true;
            video.addEventListener("timeupdate", () => {
                if (video.currentTime > seconds) { video.pause(); done(); }
            });
            video.play().catch(failed);
        })""",
        FRAME_SECONDS,
    )


def report(browser: Browser, folder: Path) -> bytes:
    """Return a screenshot of the report of a run against the mock, which is in a folder."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=1.5)
    page.goto((folder / "contract.html").as_uri())
    return _taken(page, lambda page: page.wait_for_load_state())


def _taken(page: Page, prepare: Callable[[Page], None]) -> bytes:
    prepare(page)
    picture = page.screenshot(animations="disabled")
    page.close()
    return picture


def compressed(png: bytes) -> bytes:
    """Return a picture as WebP of less than `MAX_BYTES`.

    Raises:
        ValueError: even the lowest quality is too large.
    """
    with Image.open(io.BytesIO(png)) as image:
        for quality in QUALITIES:
            file = io.BytesIO()
            image.convert("RGB").save(file, "WEBP", quality=quality, method=6)
            if file.tell() < MAX_BYTES:
                return file.getvalue()
    raise ValueError(f"the picture is larger than {MAX_BYTES} bytes at every quality")


def main() -> None:
    """Take both pictures."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        sys.exit("pictures: Chromium is not installed; on Debian: apt-get install chromium")
    FOLDER.mkdir(exist_ok=True)
    options = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]
    with tempfile.TemporaryDirectory() as name:
        # Before the browser starts, because its interface runs an event loop in this thread.
        judge(Settings(folder=Path(name), generate=False))
        with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=options) as browser:
            pictures = {"dashboard": dashboard(browser), "report": report(browser, Path(name))}
    for title, picture in pictures.items():
        content = compressed(picture)
        (FOLDER / f"{title}.webp").write_bytes(content)
        print(f"{title}.webp: {len(content) / 1000:.0f} kB")  # noqa: T201 - is a command


if __name__ == "__main__":
    main()
