"""Measures the contract suite on the mock: its time, and its cases a second compared with schemathesis (`st run`).

Both use the same contract. A case of the suite is a request of a rule, or one that schemathesis generates for the
suite; requests that only follow a task do not count. Both sides are whole programs, measured from start to report.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import Figures, MissingError, Row, Side, Size, Target, interleaved
from benchmarks.peers import Peers
from benchmarks.servers import CONTRACT, KEY, PROGRAMS, Server, mock_command

QUESTION = "contract_cases"
SIZES = {Size.FULL: (1, None), Size.QUICK: (1, 10), Size.LEAST: (1, 1)}
SPEED = "10000"
SECONDS = 300
SUITE, PLAIN = "make contract", "st run"


def rows(_: Peers, size: Size) -> Iterator[Row]:
    """Judge the mock with both programs, and yield the row."""
    rounds, examples = SIZES[size]
    closed_port = ("--forward-callbacks-to", "http://127.0.0.1:9/")  # instead of the URLs of generated requests
    with Server(mock_command("--speed", SPEED, *closed_port)) as mock:
        sides: dict[str, Side] = {SUITE: partial(_suite, examples), PLAIN: partial(_plain, examples, mock.url)}
        measured = interleaved(sides, rounds, warm_up=False)
    note = "" if examples is None else f"at most {examples} examples for each phase and operation"
    yield Row(QUESTION, "contract suite", "cases/s", "more", measured.of("rate"), (Target(1.5, PLAIN),), note)
    yield Row(
        QUESTION, "contract suite, from start to report", "s", "less", measured.of("seconds"), (Target(60),), note
    )


def _suite(examples: int | None) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(PROGRAMS / "judged_cases.py"), folder, json.dumps(examples)]
        seconds, printed = _timed(command, Path(folder))
    return {"rate": int(printed.split()[-1]) / seconds, "seconds": seconds}


def _plain(examples: int | None, url: str) -> Figures:
    command = [
        str(Path(sys.executable).with_name("st")), "run", str(CONTRACT), "--url", url, "--seed", "1", "--no-color",
        "--header", f"Authorization: Bearer {KEY}", "--exclude-operation-id", "upload_file_url", "--report", "junit",
    ]  # fmt: skip
    if examples is not None:
        command += ["--max-examples", str(examples)]
    with tempfile.TemporaryDirectory() as folder:
        seconds, printed = _timed(command, Path(folder))
    cases = re.search(r"([\d,]+) generated", printed)
    if cases is None:
        raise MissingError("it does not print the number of generated cases")
    return {"rate": int(cases[1].replace(",", "")) / seconds, "seconds": seconds}


def _timed(command: list[str], folder: Path) -> tuple[float, str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    start = time.perf_counter()
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingError(f"{type(error).__name__}") from None
    if not done.stdout.strip():
        raise MissingError(done.stderr.strip()[-120:])
    return time.perf_counter() - start, done.stdout
