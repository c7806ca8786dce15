"""A ledger inside a queue of somebody else: a Celery worker that gets every job twice creates each task once."""

from __future__ import annotations

import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from evolink import EvoLink
from evolink.ledger import Ledger

ORDERS = [f"order-{number}" for number in range(4)]


def test_celery_worker_that_gets_every_job_twice_pays_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-evo-celery-0123456789")
    celery: Any = import_module("celery")  # it has no types
    worker: Any = import_module("celery.contrib.testing.worker")
    url, lock = f"sqlite:///{tmp_path}/jobs.db", threading.Lock()
    sent: list[str] = []
    returned: list[tuple[str, str]] = []
    all_returned = threading.Event()
    both_running = threading.Barrier(2)

    def respond(request: httpx.Request) -> httpx.Response:
        with lock:
            sent.append(request.read().decode())
            task_id = f"task-unified-1-{len(sent):08d}"
        return httpx.Response(200, json={"id": task_id, "status": "pending", "model": "wan2.5-image-to-video"})

    def generate(order: str, fields: dict[str, Any]) -> None:
        both_running.wait(10)  # the two deliveries of a job run at the same time
        with EvoLink(transport=httpx.MockTransport(respond)) as api, Ledger(url) as ledger:
            task_id = ledger.submit(api, fields, key=order).id
        with lock:
            returned.append((order, task_id))
            if len(returned) == 2 * len(ORDERS):
                all_returned.set()

    application = celery.Celery(broker="memory://", set_as_current=False)
    application.conf.update(worker_hijack_root_logger=False, broker_connection_retry_on_startup=False)
    application.conf.broker_transport_options = {"polling_interval": 0.01}
    task = application.task(name="generate", acks_late=True)(generate)
    with worker.start_worker(application, pool="threads", concurrency=2, perform_ping_check=False, loglevel="ERROR"):
        for order in ORDERS:
            fields = {"model": "wan2.5-image-to-video", "prompt": order, "image_urls": ["https://example.com/a.png"]}
            for _ in range(2):
                task.delay(order, fields)
        assert all_returned.wait(30)
    assert len(sent) == len(ORDERS)
    assert sorted(order for order, _ in returned) == sorted(ORDERS * 2)
    with Ledger(url) as ledger:
        assert set(returned) == {(job.key, job.task_id) for job in ledger.jobs("submitted")}
