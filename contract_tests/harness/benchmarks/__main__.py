"""Measures how fast the project is, beside others, and writes it down.

    make bench         every question at sizes that take under three minutes
    make bench-full    every question at its full size, and the table of the README

A full run asks every question several times over, so that the rounds of each are spread over its half hour: how
fast a machine is changes while it works. Prints every row once its last round is over, and says at the end which
figures are not as they were in the last full run on a machine like this. The rows go to `reports/benchmarks.json`, as a
chart to `reports/benchmarks.svg`; those of a full run also beside this script, to `measured.json`, and from there into
the project's README. No figure makes it fail: what is missed is said.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from benchmarks.measure import Row, Size
from benchmarks.peers import ROOT, Peers
from benchmarks.reporting import chart, document, in_readme, line
from contract_suite.core.writing import write_whole

MEASURED = Path(__file__).with_name("measured.json")
README = ROOT / "README.md"
PASSES = {Size.FULL: 4, Size.QUICK: 1}
QUESTIONS = (
    "mock_load",
    "mock_start",
    "client_overhead",
    "footprint",
    "waiting_tasks",
    "callbacks",
    "contract_cases",
    "growth",
    "in_flight",
)
"""The scripts, each of which answers one."""


def asked(questions: Sequence[str], peers: Peers, size: Size, passes: int) -> Iterator[Row]:
    """Ask every question, again and again, and return each row when it is whole."""
    found: dict[tuple[str, str], Row] = {}
    for number in range(1, passes + 1):
        for question in questions:
            start = time.monotonic()
            for row in rows(question, peers, size):
                key = (row.question, row.what)
                found[key] = found[key].plus(row) if key in found else row
                if number == passes:
                    yield found[key]
            click.echo(f"({question}, {number} of {passes}: {time.monotonic() - start:.0f} s)\n")


def rows(question: str, peers: Peers, size: Size) -> Iterator[Row]:
    """Return what a script finds."""
    script: Callable[..., Iterator[Row]] = import_module(f"benchmarks.questions.{question}").rows
    return script(peers, size)


def _terminated(*_: object) -> None:
    """End in good order, so that what was started is ended, too."""
    sys.exit(143)


@click.command()
@click.option("--full", is_flag=True, help="Measure everything at its full size, and write the README.")
@click.option("--only", multiple=True, type=click.Choice(QUESTIONS), help="Only this question; writes no README.")
@click.option("--out", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path("reports"))
def main(*, full: bool, only: tuple[str, ...], folder: Path) -> None:
    """Measure, and write it down."""
    signal.signal(signal.SIGTERM, _terminated)
    size = Size.FULL if full else Size.QUICK
    found: list[dict[str, Any]] = []
    for row in asked(only or QUESTIONS, Peers(), size, PASSES[size]):
        found.append(row.as_json())
        click.echo(line(found[-1]))
    before = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else None
    measured = document(found, full=full, before=before)
    text = json.dumps(measured, ensure_ascii=False, indent=1) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "benchmarks.json", text)
    write_whole(folder / "benchmarks.svg", chart(measured))
    reaches = [reach for row in found for reach in row["reaches"] if reach["reached"] is not None]
    missed = sum(not reach["reached"] for reach in reaches)
    click.echo(f"{len(reaches)} aims, {missed} of them missed; see {folder / 'benchmarks.svg'}")
    if agreed := measured["agreement"]:
        for kind, compared in agreed.items():
            click.echo(f"{compared['compared']} {kind}, {len(compared['apart'])} of them apart from the run before")
            for name, told in compared["apart"].items():
                click.echo(f"    {name}: {told}")
    if full and not only:
        write_whole(MEASURED, text)
        write_whole(README, in_readme(README.read_text(encoding="utf-8"), measured))


if __name__ == "__main__":
    main()
