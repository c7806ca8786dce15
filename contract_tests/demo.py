"""Generate one video with every documented model, using the SDK, the embedded mock server and callbacks.

    make demo

Needs no account, no network and no money. Saves the videos in `out/`.
"""

from __future__ import annotations

import signal
import sys


def interrupted(*_: object) -> None:
    """Exit with one line, even during the imports below."""
    sys.exit("demo: interrupted")


signal.signal(signal.SIGINT, interrupted)

from contextlib import ExitStack
from queue import Empty, Queue

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from evolink import CallbackReceiver, EvoLink, EvoLinkError, Task, Wan25ImageToVideo, Wan26ReferenceVideoFlash
from evolink_mock import ConfigurationError, MockServer
from evolink_mock.server import ServedApp, listen, url_of

OUT = "out"
READS = 5  # a task ends with its fifth read, after a few seconds instead of two minutes
TIMEOUT = 30.0
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


def generate(api: EvoLink, console: Console) -> list[Task]:
    """Create a task for every request and wait for all of them, with a progress bar for each."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[status]}"), console=console) as progress:
        created = [api.submit(request) for request in REQUESTS]
        bars = {task.id: progress.add_task(str(task.model), total=100, status=task.status) for task in created}
        results = api.wait_all(
            created,
            timeout=TIMEOUT,
            on_update=lambda task: progress.update(bars[task.id], completed=task.progress or 0, status=task.status),
        )
    for result in results:
        if isinstance(result, EvoLinkError):
            raise result
    return [result for result in results if isinstance(result, Task)]


def main() -> None:
    """Run the demonstration."""
    console = Console(soft_wrap=True, highlight=False)
    delivered: Queue[Task] = Queue()
    with ExitStack() as stack:
        listener = stack.enter_context(listen("127.0.0.1", 0))
        mock = stack.enter_context(MockServer(pace=f"after-{READS}-reads", forward_callbacks_to=url_of(listener)))
        api = stack.enter_context(EvoLink(mock.api_key, base_url=mock.url))
        stack.enter_context(ServedApp(CallbackReceiver(api, delivered.put), listener))
        console.print(f"Mock server at {mock.url}. A task ends with read number {READS}.")
        tasks = generate(api, console)
        for _ in tasks:
            task = delivered.get(timeout=TIMEOUT)
            console.print(f"Callback arrived: {task.id} is {task.status}.")
        for task in tasks:
            path = api.download(task, f"{OUT}/{task.model}.mp4")
            console.print(f"Saved {path} ({path.stat().st_size / 1e6:.1f} MB).")


if __name__ == "__main__":
    try:
        main()
    except Empty:
        sys.exit(f"demo: a callback did not arrive within {TIMEOUT:g} s")
    except (EvoLinkError, ConfigurationError, OSError) as error:
        sys.exit(f"demo: {error}")
