"""Judges every mutant, and the clean mock under many seeds, and writes the score.

    make mutants

Prints a line for each mutant: the verdict, the seconds, its name, and the rules that caught it. All results go to
`reports/mutants.md` and `reports/mutants.json`. The score goes to `score.json` and into the README of this folder.
Exit code 0: every mutant is killed, and the clean mock breaks no rule; 1: otherwise; 2: `--only` selects nothing.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import click

from bundle import write_atomically
from mutation.worker import Judge

SCORE = Path(__file__).with_name("score.json")
README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- written by `make mutants` -->\n", "<!-- until here -->"
KINDS = {
    "requests": "accepts other requests",
    "responses": "sends other responses",
    "behaviour": "behaves wrongly",
    "rows": "accepts other requests for a further model, judged by its rules alone",
}
SENDING = ("requests", "responses", "behaviour")
"""The kinds of mutants that run as a mock, to which requests are sent."""
SEEDS = 50
SAMPLE = 3
"""The number of mutants of each of these kinds that `make test` judges."""

Task = dict[str, Any]
Result = dict[str, Any]


class Program:
    """A worker program that judges one mutant at a time; a context manager."""

    def __init__(self) -> None:
        self._program = subprocess.Popen(
            [sys.executable, "-m", "mutation.worker"],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._program.communicate()

    def result(self, task: Task) -> Result:
        """Run a task and return its result."""
        if self._program.stdin is None or self._program.stdout is None:
            raise TypeError("the program has no pipes")
        self._program.stdin.write(json.dumps(task) + "\n")
        self._program.stdin.flush()
        result: Result = json.loads(self._program.stdout.readline())
        return result


def results(tasks: list[Task], programs: int) -> Iterator[Result]:
    """Yield the result of every task as soon as a program has it, in no fixed order."""
    waiting: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[Result] = queue.SimpleQueue()
    for task in (*tasks, *[None] * programs):
        waiting.put(task)

    def work() -> None:
        with Program() as program:
            while (task := waiting.get()) is not None:
                try:
                    done.put(program.result(task))
                except (OSError, ValueError, TypeError) as error:
                    done.put(task | {"caught_by": [], "equivalent": "", "problem": f"{error!r}", "seconds": 0.0})

    for _ in range(programs):
        threading.Thread(target=work, daemon=True).start()
    for _ in tasks:
        yield done.get()


def all_tasks(judge: Judge, seeds: int) -> list[Task]:
    """Return a task for every mutant, and one for the clean mock under each seed. The slowest tasks are first."""
    every = {**judge.mutants, "rows": judge.row_mutants}
    mutants = [{"kind": kind, "name": name} for kind, mutants in every.items() for name in mutants]
    clean = [{"kind": "clean", "name": f"seed {seed}", "seed": seed} for seed in range(1, seeds + 1)]
    return clean + [task for kind in reversed(KINDS) for task in mutants if task["kind"] == kind]


def sample(judge: Judge) -> list[Task]:
    """Return `SAMPLE` tasks of each kind, evenly spread; they change only with the contract and the mutants."""
    return [
        {"kind": kind, "name": name}
        for kind in SENDING
        for names in [list(judge.mutants[kind])]
        for name in names[:: len(names) // SAMPLE][:SAMPLE]
    ]


def verdict(result: Result) -> str:
    """Return the verdict on a task in a word or two."""
    if result["problem"]:
        return "unclear"
    if result["kind"] == "clean":
        return "false alarm" if result["caught_by"] else "clean"
    return "equivalent" if result["equivalent"] else "killed" if result["caught_by"] else "survived"


def _reason(result: Result) -> str:
    return result["problem"] or result["equivalent"] or ", ".join(result["caught_by"])


def line(result: Result) -> str:
    """Return a result as a line of text."""
    reason = _reason(result)
    mutant = f"{result['kind']}: {result['name']}"
    return f"{verdict(result):11} {result['seconds']:6.2f} s  {mutant}{' - ' if reason else ''}{reason}"


def score(results: list[Result], seconds: float) -> dict[str, Any]:
    """Return the figures of a run. `seconds` is its duration."""
    verdicts = {kind: [verdict(one) for one in results if one["kind"] == kind] for kind in (*KINDS, "clean")}

    def figures(verdicts: list[str]) -> dict[str, int]:
        equivalent = verdicts.count("equivalent")
        return {"mutants": len(verdicts) - equivalent, "killed": verdicts.count("killed"), "equivalent": equivalent}

    return {
        **figures([one for kind in KINDS for one in verdicts[kind]]),
        "by_kind": {kind: figures(verdicts[kind]) for kind in KINDS},
        "seeds": len(verdicts["clean"]),
        "false_alarms": verdicts["clean"].count("false alarm"),
        "seconds": round(seconds),
    }


def summary(figures: dict[str, Any]) -> str:
    """Return the score as Markdown."""
    rows = [
        f"| {description} | {part['mutants']} | {part['killed']} | {part['equivalent']} |"
        for kind, description in KINDS.items()
        if kind in figures["by_kind"]
        for part in [figures["by_kind"][kind]]
    ]
    share = 100 * figures["killed"] / figures["mutants"]
    text = (
        f"**{figures['killed']} of {figures['mutants']} mutants are killed ({share:.4g} %).** The mock as it is breaks "
        f"no rule under {figures['seeds'] - figures['false_alarms']} of {figures['seeds']} seeds."
    )
    table = "\n".join(["| the mock | mutants | killed | equivalent, not counted |", "|---|---|---|---|", *rows])
    return f"{text}\n\n{table}\n"


def update_readme(readme: str, figures: dict[str, Any]) -> str:
    """Return the text of the README with the score between its markers.

    Raises:
        ValueError: a marker is missing.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{README} lacks the markers {BEGIN.strip()} and {END}, between which the score belongs")
    return f"{before}{BEGIN}{summary(figures)}{END}{after}"


def table(results: list[Result]) -> str:
    """Return all results as Markdown."""
    rows = [
        f"| {result['kind']} | {_cell(result['name'])} | {verdict(result)} "
        f"| {_cell(_reason(result))} | {result['seconds']} |"
        for result in sorted(results, key=lambda one: (one["kind"], one["name"]))
    ]
    return "\n".join(
        [
            "# Mutants",
            "",
            "| kind | mutant | verdict | caught by, or the reason | s |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


@click.command()
@click.option(
    "--programs",
    type=click.IntRange(min=1),
    default=lambda: 2 * (os.cpu_count() or 1),
    help="How many worker programs run at the same time.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=0),
    default=SEEDS,
    show_default=True,
    help="Seeds for the mock as it is.",
)
@click.option("--only", default="", help="Judge only mutants whose kind or name contains this; writes no score.")
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="The folder for the reports.",
)
def main(programs: int, seeds: int, only: str, folder: Path) -> None:
    """Judge mutants of the mock by the contract suite, and write the score."""
    start = time.monotonic()
    tasks = [task for task in all_tasks(Judge(), seeds) if only in f"{task['kind']}: {task['name']}"]
    done: list[Result] = []
    for result in results(tasks, programs):
        done.append(result)
        click.echo(line(result))
    if not done:
        click.echo(f"mutants: no kind or name contains {only!r}", err=True)
        sys.exit(2)
    figures = score(done, time.monotonic() - start)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(
        folder / "mutants.json", json.dumps({"score": figures, "results": done}, ensure_ascii=False, indent=1) + "\n"
    )
    write_atomically(folder / "mutants.md", table(done))
    bad = [result for result in done if verdict(result) in {"survived", "unclear", "false alarm"}]
    for result in bad:
        click.echo(line(result))
    click.echo(
        f"{len(done)} judged in {figures['seconds']} s, {len(bad)} with a wrong verdict; see {folder / 'mutants.md'}"
    )
    if not only:
        click.echo(summary(figures))
    if not only and seeds == SEEDS and not any(verdict(result) == "unclear" for result in bad):
        write_atomically(SCORE, json.dumps(figures, indent=1) + "\n")
        write_atomically(README, update_readme(README.read_text(encoding="utf-8"), figures))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
