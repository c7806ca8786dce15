"""Measures what one process spends on waiting for 10,000 tasks, compared with reading each task once a second.

Idle time is skipped and working time counts; see `waiting_process.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from benchmarks.measure import Better, Figures, MissingError, Row, Size, Target, interleaved
from benchmarks.peers import Peers
from benchmarks.servers import PROGRAMS

QUESTION = "waiting_tasks"
SIZES = {Size.FULL: (1, 10_000, 200), Size.QUICK: (2, 500, 20), Size.LEAST: (1, 10, 1)}
POLL = "1 s poll"
FIGURES: dict[str, tuple[str, str, Better, tuple[Target, ...]]] = {
    "memory": ("memory", "KB a task", "less", (Target(10),)),
    "cpu": ("CPU", "ms a task", "less", (Target(4),)),
    "reads": ("reads", "a task", "less", (Target(0.2, POLL),)),
    "delay": ("median delay in noticing the end", "% of the task's time", "less", (Target(3.7),)),
}


def rows(_: Peers, size: Size) -> Iterator[Row]:
    """Wait for many tasks, and yield the rows. The poll waits for fewer, because its cost per task is constant."""
    rounds, count, polled = SIZES[size]
    sides = {"evolink": partial(_waited, "wait_all", count), POLL: partial(_waited, "poll", polled)}
    measured = interleaved(sides, rounds, warm_up=False)
    note = f"{count:,} tasks of 60 to 240 s; {polled} by the poll"
    for figure, (what, unit, better, targets) in FIGURES.items():
        yield Row(QUESTION, f"waiting for many tasks: {what}", unit, better, measured.of(figure), targets, note)


def _waited(how: str, count: int) -> Figures:
    command = [sys.executable, str(PROGRAMS / "waiting_process.py"), how, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingError(done.stderr.strip().splitlines()[-1][:120])
    figures: Figures = json.loads(done.stdout)
    return figures
