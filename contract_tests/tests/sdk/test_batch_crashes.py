"""A batch that is killed at any moment, again and again: no job is paid twice, and no paid task or file is lost.

`BATCH_KILLS` and `BATCH_JOBS` set the size, as in `BATCH_KILLS=200 BATCH_JOBS=1000`. `WORKER_KILLS=50` also runs three
workers on PostgreSQL and kills one after another.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evolink.ledger import Job, Ledger
from evolink_mock.http.app import Mock
from evolink_mock.server import ServedApp, listen

KEY = "sk-evo-crash-0123456789"
KILLS, JOBS = int(os.environ.get("BATCH_KILLS", "2")), int(os.environ.get("BATCH_JOBS", "8"))
WORKER_KILLS = int(os.environ.get("WORKER_KILLS", "0"))
# By default, only the harder mode, because each starts a program.
MODES: list[tuple[str, ...]] = (
    [(), ("--idempotency-keys",)] if {"BATCH_KILLS", "WORKER_KILLS"} & {*os.environ} else [()]
)
RESULTS = "/_mock/results/"
# A child is killed within this time, which grows with the batch, as the check of its rows does.
SECONDS = 0.5 + JOBS / 400
# Imports everything once; then each run is a fork, so that a kill costs no start of Python.
PROGRAM = """
import os, random, signal, sys, time
from evolink.cli.app import run
from evolink.cli.batch import rows, session
from evolink import billing, AsyncEvoLink
from evolink_sandbox import yaml_1_2

kills, seconds, seed, *arguments = sys.argv[1:]
moments = random.Random(int(seed))
for _ in range(int(kills)):
    child = os.fork()
    if child == 0:
        os._exit(run(arguments))
    time.sleep(moments.uniform(0.02, float(seconds)))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
sys.exit(run(arguments))
"""


def content(task_id: str) -> bytes:
    """Return the result of a task: the head of an MP4 file, then its id for 200 kB."""
    return b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + task_id.encode() * 6000


class Api:
    """The mock with slow responses and with results that cost no encoding, as an ASGI application.

    Attributes:
        paid: the ids of the tasks that were created, by the prompts of their requests.
    """

    def __init__(self) -> None:
        self.paid: dict[str, set[str]] = defaultdict(set)
        self._mock = Mock(api_key=KEY, speed=1000, prices="none")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path: str = scope.get("path", "")
        if not path.startswith(RESULTS):
            if scope.get("method") == "POST":
                await self._create(scope, receive, send)
            else:
                await self._mock(scope, receive, send)
            return
        body = content(path.removeprefix(RESULTS).removesuffix(".mp4"))
        headers = [(b"content-type", b"video/mp4"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for start in range(0, len(body), 50_000):
            await asyncio.sleep(0)
            await send({"type": "http.response.body", "body": body[start : start + 50_000], "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _create(self, scope: Any, receive: Any, send: Any) -> None:
        sent, received = bytearray(), bytearray()

        async def receive_and_keep() -> Any:
            message = await receive()
            sent.extend(message.get("body", b""))
            return message

        async def keep(message: Any) -> None:
            received.extend(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self.paid[json.loads(sent)["prompt"]].add(json.loads(received)["id"])
                await asyncio.sleep(random.uniform(0, 0.02))  # created, and the response is on its way
            await send(message)

        await asyncio.sleep(random.uniform(0, 0.02))
        await self._mock(scope, receive_and_keep, keep)


@pytest.fixture
def api() -> Iterator[tuple[str, Api]]:
    """The URL of the API, and the API."""
    front = Api()
    with ServedApp(front, listen("127.0.0.1", 0)) as served:
        yield served.url, front


def write_rows(folder: Path) -> None:
    """Write the rows of the batch into `jobs.jsonl`."""
    rows = [
        {"key": f"order-{number}", "name": f"film {number}", "model": "wan2.5-image-to-video", "prompt": f"{number}",
         "image_urls": ["https://example.com/a.png"]}
        for number in range(JOBS)
    ]  # fmt: skip
    (folder / "jobs.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


def check(jobs: dict[str, Job], front: Api, folder: Path, seed: int) -> dict[str, Job]:
    """Check that each job has at most one task, which the ledger knows, and its file; return the completed jobs."""
    for number in range(JOBS):
        job, paid = jobs[f"order-{number}"], front.paid[str(number)]
        assert len(paid) <= 1, (seed, number)
        assert job.status == "unknown" or paid == {job.task_id}, (seed, number)
    completed = {job.key: job for job in jobs.values() if job.status == "completed"}
    for number in range(JOBS):
        film, its = folder / "out" / f"film {number}.mp4", completed.get(f"order-{number}")
        assert film.exists() is (its is not None)
        assert its is None or film.read_bytes() == content(str(its.task_id)), (seed, number)
    return completed


@pytest.mark.timeout(120 + 8 * KILLS + JOBS)
@pytest.mark.parametrize("idempotency", MODES)
def test_batch_that_is_killed_again_and_again_loses_and_repeats_nothing(
    api: tuple[str, Api], tmp_path: Path, command_environment: dict[str, str], idempotency: tuple[str, ...]
) -> None:
    url, front = api
    write_rows(tmp_path)
    seed = random.randrange(2**32)
    command = ["batch", "run", "jobs.jsonl", "-o", "out", "--concurrency", str(min(8, JOBS // 3)), *idempotency]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(KILLS), str(SECONDS), str(seed), *command],
        cwd=tmp_path, env={**command_environment, "EVOLINK_API_KEY": KEY, "EVOLINK_BASE_URL": url},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, (seed, done.stderr)
    with Ledger(f"sqlite:///{tmp_path}/out/evolink.db") as ledger:
        jobs = {job.key: job for job in ledger.jobs()}
    unknown = [job for job in jobs.values() if job.status == "unknown"]
    expected = Counter(completed=JOBS - len(unknown), unknown=len(unknown))
    assert Counter(job.status for job in jobs.values()) == expected, seed
    assert done.returncode == (4 if unknown else 0), (seed, done.stderr)
    assert not (idempotency and unknown)
    completed = check(jobs, front, tmp_path, seed)
    manifest = [json.loads(line) for line in (tmp_path / "out/manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["files"] for line in manifest] == [
        [f"film {number}.mp4"] if f"order-{number}" in completed else [] for number in range(JOBS)
    ]
    print(f"{KILLS} kills, {JOBS} jobs, {len(unknown)} unknown, {sum(map(len, front.paid.values()))} tasks")  # noqa: T201 - shown with -s


def test_two_runs_at_once_on_one_ledger_pay_each_job_once_and_both_end_with_every_file(
    api: tuple[str, Api], tmp_path: Path, command_environment: dict[str, str]
) -> None:
    url, front = api
    write_rows(tmp_path)
    command = [sys.executable, "-W", "error", "-m", "evolink", "batch", "run", "jobs.jsonl", "-o", "out"]
    environment = {**command_environment, "EVOLINK_API_KEY": KEY, "EVOLINK_BASE_URL": url}
    runs = [
        subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    ends = [(run.communicate(timeout=60)[1], run.returncode) for run in runs]
    assert [code for _, code in ends] == [0, 0], ends
    with Ledger(f"sqlite:///{tmp_path}/out/evolink.db") as ledger:
        jobs = {job.key: job for job in ledger.jobs()}
    assert len(check(jobs, front, tmp_path, 0)) == JOBS


if WORKER_KILLS:

    @pytest.mark.timeout(300 + 10 * WORKER_KILLS + JOBS)
    @pytest.mark.parametrize("idempotency", MODES)
    def test_workers_that_are_killed_again_and_again_lose_and_repeat_nothing(
        api: tuple[str, Api],
        tmp_path: Path,
        command_environment: dict[str, str],
        idempotency: tuple[str, ...],
        empty_postgresql: str,
    ) -> None:
        url, front = api
        write_rows(tmp_path)
        seed = random.randrange(2**32)
        moments = random.Random(seed)
        environment = {**command_environment, "EVOLINK_API_KEY": KEY, "EVOLINK_BASE_URL": url}
        command = [sys.executable, "-m", "evolink", "batch"]
        place = ("--ledger", empty_postgresql)
        subprocess.run([*command, "submit", "jobs.jsonl", *place], cwd=tmp_path, env=environment, check=True)

        def start() -> subprocess.Popen[bytes]:
            arguments = [*command, "work", *place, "-o", "out", "--concurrency", "20", *idempotency]
            return subprocess.Popen(arguments, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)

        workers = [start() for _ in range(3)]
        with Ledger(empty_postgresql) as ledger:
            for _ in range(WORKER_KILLS):
                time.sleep(moments.uniform(0, 3))
                victim = moments.randrange(3)
                workers[victim].kill()
                workers[victim].wait()
                workers[victim] = start()
            while sum(ledger.store.counts().get(each, 0) for each in ("completed", "unknown")) < JOBS:
                time.sleep(1)
            jobs = {job.key: job for job in ledger.jobs()}
        for worker in workers:
            worker.terminate()
        assert [worker.wait() for worker in workers] == [0, 0, 0]
        with Ledger(empty_postgresql) as ledger:
            jobs = {job.key: job for job in ledger.jobs()}
        completed = check(jobs, front, tmp_path, seed)
        assert len(completed) == JOBS or not idempotency
        print(f"{WORKER_KILLS} kills, {JOBS} jobs, {JOBS - len(completed)} unknown")  # noqa: T201 - shown with -s
