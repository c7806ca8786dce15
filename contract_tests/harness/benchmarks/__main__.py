"""Measures how fast the project is, compared with similar programs, and writes the results.

    make bench         every benchmark at sizes that take under three minutes
    make bench-full    every benchmark at its full size; also updates the README of this folder

A full run repeats every benchmark several times, so that its rounds are spread over half an hour: the speed of a
machine changes meanwhile. Prints every row after its last round, and at the end the figures that differ from those of
the last full run on a machine like this one. The rows go to `reports/benchmarks.json` and, as a chart, to
`reports/benchmarks.svg`. Those of a full run also go to `measured.json` and into the README, both in this folder. A
missed target is reported and never makes the run fail.
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
from benchmarks.peers import Peers
from benchmarks.reporting import chart, document, line, update_readme
from bundle import write_atomically

MEASURED = Path(__file__).with_name("measured.json")
README = Path(__file__).with_name("README.md")
PASSES = {Size.FULL: 4, Size.QUICK: 1}
QUESTIONS = (
    "mock_load",
    "mock_start",
    "client_overhead",
    "ledger_overhead",
    "footprint",
    "waiting_tasks",
    "callbacks",
    "contract_cases",
    "growth",
    "in_flight",
)
"""The modules of `benchmarks.questions`, in the order in which they run."""


def measure(questions: Sequence[str], peers: Peers, size: Size, passes: int) -> Iterator[Row]:
    """Run every benchmark `passes` times, and yield each row after its last round."""
    measured: dict[tuple[str, str], Row] = {}
    for number in range(1, passes + 1):
        for question in questions:
            start = time.monotonic()
            for row in rows(question, peers, size):
                key = (row.question, row.what)
                measured[key] = measured[key].plus(row) if key in measured else row
                if number == passes:
                    yield measured[key]
            click.echo(f"({question}, {number} of {passes}: {time.monotonic() - start:.0f} s)\n")


def rows(question: str, peers: Peers, size: Size) -> Iterator[Row]:
    """Run one benchmark once and yield its rows."""
    run: Callable[..., Iterator[Row]] = import_module(f"benchmarks.questions.{question}").rows
    return run(peers, size)


def _terminated(*_: object) -> None:
    """Exit so that context managers end the programs that were started."""
    sys.exit(143)


@click.command()
@click.option("--full", is_flag=True, help="Measure at full size, and update the README.")
@click.option("--only", multiple=True, type=click.Choice(QUESTIONS), help="Run only this benchmark; updates no README.")
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="The folder for the reports.",
)
def main(*, full: bool, only: tuple[str, ...], folder: Path) -> None:
    """Measure how fast the project is, and write the results."""
    signal.signal(signal.SIGTERM, _terminated)
    size = Size.FULL if full else Size.QUICK
    measured_rows: list[dict[str, Any]] = []
    for row in measure(only or QUESTIONS, Peers(), size, PASSES[size]):
        measured_rows.append(row.as_json())
        click.echo(line(measured_rows[-1]))
    before = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else None
    measured = document(measured_rows, full=full, before=before)
    text = json.dumps(measured, ensure_ascii=False, indent=1) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "benchmarks.json", text)
    write_atomically(folder / "benchmarks.svg", chart(measured))
    targets = [target for row in measured_rows for target in row["targets"] if target["reached"] is not None]
    missed = sum(not target["reached"] for target in targets)
    click.echo(f"{missed} of {len(targets)} targets missed; see {folder / 'benchmarks.svg'}")
    if agreement := measured["agreement"]:
        for kind, compared in agreement.items():
            click.echo(f"{len(compared['different'])} of {compared['compared']} {kind} differ from the run before")
            for name, difference in compared["different"].items():
                click.echo(f"    {name}: {difference}")
    if full and not only:
        write_atomically(MEASURED, text)
        write_atomically(README, update_readme(README.read_text(encoding="utf-8"), measured))


if __name__ == "__main__":
    main()
