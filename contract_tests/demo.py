"""Generates one video with every documented model: the generated client against the embedded mock server.

    make demo

Needs no account, no network and no money. Leaves the videos in `out/`.
"""

from __future__ import annotations

import signal
import sys


def interrupted(*_: object) -> None:
    """End in one line, also while the rest is still being imported."""
    sys.exit("demo: interrupted")


signal.signal(signal.SIGINT, interrupted)

import threading
import time
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from evolink_client import AuthenticatedClient
from evolink_client.api.tasks import get_task
from evolink_client.api.videos import create_video_generation
from evolink_client.models import CreatedTask, Task, Wan25ImageToVideo, Wan26ReferenceVideoFlash
from evolink_mock import ConfigurationError, MockServer
from evolink_mock.server import ServedApp, listen

OUT = Path("out")
SPEED = 30  # a task is estimated to take 120 s; here it takes 4
TIMEOUT = 15.0
CALLBACK_URL = "https://your-domain.com/webhooks/video-task-completed"

REQUESTS: list[Wan25ImageToVideo | Wan26ReferenceVideoFlash] = [
    Wan25ImageToVideo(
        prompt="一只猫在弹钢琴", image_urls=["https://example.com/image1.png"], duration=5, callback_url=CALLBACK_URL
    ),
    Wan26ReferenceVideoFlash(
        prompt="A person dancing",
        video_urls=["https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/xxx.mp4"],
        aspect_ratio="9:16",
        duration=4,
        callback_url=CALLBACK_URL,
    ),
]


class DemoError(Exception):
    """The demonstration did not go as it should; the text says where."""


class Receiver:
    """An application that takes callbacks, as one of your own would."""

    def __init__(self) -> None:
        self.received: dict[str, Task] = {}
        self._all = threading.Event()
        self.app = Starlette(routes=[Route("/", self._receive, methods=["POST"])])

    async def _receive(self, request: Request) -> Response:
        task = Task.from_dict(await request.json())
        self.received[task.id] = task
        if len(self.received) == len(REQUESTS):
            self._all.set()
        return Response(status_code=204)

    def wait(self) -> None:
        """Return once every task was announced."""
        if not self._all.wait(TIMEOUT):
            raise DemoError(f"only {len(self.received)} of {len(REQUESTS)} callbacks arrived within {TIMEOUT:g} s")


def create(client: AuthenticatedClient, body: Wan25ImageToVideo | Wan26ReferenceVideoFlash) -> CreatedTask:
    """Create a task."""
    created = create_video_generation.sync(client=client, body=body)
    if not isinstance(created, CreatedTask):
        raise DemoError(f"{body.model} was refused: {created}")
    return created


def follow(client: AuthenticatedClient, created: list[CreatedTask], console: Console) -> list[Task]:
    """Query every task until it has ended, with a progress bar for each."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    ended: dict[str, Task] = {}
    deadline = time.monotonic() + TIMEOUT
    with Progress(*columns, TextColumn("{task.fields[status]}"), console=console) as progress:
        bars = {task.id: progress.add_task(str(task.model), total=100, status=task.status) for task in created}
        while len(ended) < len(created):
            if time.monotonic() > deadline:
                raise DemoError(f"only {len(ended)} of {len(created)} tasks have ended within {TIMEOUT:g} s")
            time.sleep(0.2)
            for task_id in bars.keys() - ended.keys():
                task = get_task.sync(task_id, client=client)
                if not isinstance(task, Task):
                    raise DemoError(f"{task_id} cannot be read: {task}")
                progress.update(bars[task_id], completed=task.progress or 0, status=task.status)
                if task.status not in {"pending", "processing"}:
                    ended[task_id] = task
    return [ended[task.id] for task in created]


def download(url: str, path: Path) -> int:
    """Save what `url` links to as `path`, which appears only when it is whole; return its size in bytes."""
    part = path.with_suffix(".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    with httpx.stream("GET", url, timeout=TIMEOUT, trust_env=False) as response, part.open("wb") as file:
        response.raise_for_status()
        for chunk in response.iter_bytes():
            file.write(chunk)
    size = part.stat().st_size
    part.replace(path)
    return size


def main() -> None:
    """Run the demonstration."""
    console = Console(soft_wrap=True)
    receiver = Receiver()
    with (
        ServedApp(receiver.app, listen("127.0.0.1", 0)) as served,
        MockServer(speed=SPEED, forward_callbacks_to=served.url) as mock,
        AuthenticatedClient(
            base_url=mock.url, token=mock.api_key, timeout=httpx.Timeout(TIMEOUT), httpx_args={"trust_env": False}
        ) as client,
    ):
        console.print(f"Mock server at {mock.url}, {SPEED} times as fast as the real thing.")
        created = [create(client, body) for body in REQUESTS]
        for started in created:
            console.print(f"Created {started.id}: {started.status}.")
        tasks = follow(client, created, console)
        receiver.wait()
        for task in tasks:
            announced = receiver.received[task.id]
            console.print(f"Callback arrived: {announced.id} is {announced.status}.")
        for task in tasks:
            if task.status != "completed" or not task.results:
                raise DemoError(f"{task.id} ended as {task.status}")
            path = OUT / f"{task.model}.mp4"
            size = download(task.results[0], path)
            console.print(f"Saved {path} ({size / 1e6:.1f} MB).")


if __name__ == "__main__":
    try:
        main()
    except (DemoError, ConfigurationError, httpx.HTTPError, OSError) as error:
        sys.exit(f"demo: {error}")
