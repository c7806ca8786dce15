"""Judges every mutant, and the clean mock under many seeds, and writes the score.

    make mutants

Prints a line for each: the mutant, what it breaks, the rules that caught it, seconds. The table goes to
`reports/mutants.md` and `reports/mutants.json`, the score to `score.json` and from there into the project's README.
Exit code 0: every mutant is killed, and nothing is held against the clean mock; 1: not so.
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

from contract_suite.core.writing import write_whole
from mutation.worker import Judge

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SCORE = HERE / "score.json"
README = ROOT / "README.md"
BEGIN, END = "<!-- written by `make mutants` -->\n", "<!-- until here -->"
KINDS = {
    "requests": "other requests are taken",
    "responses": "other answers are given",
    "behaviour": "it behaves wrongly",
}
SEEDS = 50
SAMPLE = 8
"""How many mutants of each kind are judged by `make test`."""

Task = dict[str, Any]
Result = dict[str, Any]


class Program:
    """A program that judges one mutant at a time; a context manager."""

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
        """Do a task and return its result."""
        if self._program.stdin is None or self._program.stdout is None:
            raise TypeError("the program has no pipes")
        self._program.stdin.write(json.dumps(task) + "\n")
        self._program.stdin.flush()
        result: Result = json.loads(self._program.stdout.readline())
        return result


def results(tasks: list[Task], programs: int) -> Iterator[Result]:
    """Yield the result of every task, as it comes."""
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


def all_tasks(judging: Judge, seeds: int) -> list[Task]:
    """Return every mutant, and the clean mock under each seed, the long ones first."""
    mutants = [{"kind": kind, "name": name} for kind, found in judging.mutants.items() for name in found]
    clean = [{"kind": "clean", "name": f"seed {seed}", "seed": seed} for seed in range(1, seeds + 1)]
    return clean + [task for kind in reversed(KINDS) for task in mutants if task["kind"] == kind]


def sample(judging: Judge) -> list[Task]:
    """Return as many mutants of every kind, from all over it, the same ones as long as the contract stays."""
    return [
        {"kind": kind, "name": name}
        for kind in KINDS
        for names in [list(judging.mutants[kind])]
        for name in names[:: len(names) // SAMPLE][:SAMPLE]
    ]


def verdict(result: Result) -> str:
    """Return what is to be said of a task in a word."""
    if result["problem"]:
        return "unclear"
    if result["kind"] == "clean":
        return "false alarm" if result["caught_by"] else "clean"
    return "equivalent" if result["equivalent"] else "killed" if result["caught_by"] else "survived"


def _why(result: Result) -> str:
    return result["problem"] or result["equivalent"] or ", ".join(result["caught_by"])


def line(result: Result) -> str:
    """Return a result as a line of text."""
    why = _why(result)
    what = f"{result['kind']}: {result['name']}"
    return f"{verdict(result):11} {result['seconds']:6.2f} s  {what}{' - ' if why else ''}{why}"


def score(found: list[Result], seconds: float) -> dict[str, Any]:
    """Return the figures of a run."""
    counts = {kind: [verdict(result) for result in found if result["kind"] == kind] for kind in (*KINDS, "clean")}

    def figures(verdicts: list[str]) -> dict[str, int]:
        equivalent = verdicts.count("equivalent")
        return {"mutants": len(verdicts) - equivalent, "killed": verdicts.count("killed"), "equivalent": equivalent}

    return {
        **figures([one for kind in KINDS for one in counts[kind]]),
        "by_kind": {kind: figures(counts[kind]) for kind in KINDS},
        "seeds": len(counts["clean"]),
        "false_alarms": counts["clean"].count("false alarm"),
        "seconds": round(seconds),
    }


def in_words(figures: dict[str, Any]) -> str:
    """Return the score as it stands in the README."""
    rows = [
        f"| {what} | {part['mutants']} | {part['killed']} | {part['equivalent']} |"
        for kind, what in KINDS.items()
        for part in [figures["by_kind"][kind]]
    ]
    share = 100 * figures["killed"] / figures["mutants"]
    text = (
        f"**{figures['killed']} of {figures['mutants']} mutants are killed ({share:.4g} %)**, and on the mock as it is "
        f"no rule is broken under {figures['seeds'] - figures['false_alarms']} of {figures['seeds']} seeds."
    )
    table = "\n".join(
        ["| the mock, wrong in that | mutants | killed | proven equivalent, left out |", "|---|---|---|---|", *rows]
    )
    return f"{text}\n\n{table}\n"


def in_readme(readme: str, figures: dict[str, Any]) -> str:
    """Return the README with the score in its place."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{README} has no place for the score, between {BEGIN.strip()} and {END}")
    return f"{before}{BEGIN}{in_words(figures)}{END}{after}"


def table(found: list[Result]) -> str:
    """Return all results as Markdown."""
    rows = [
        f"| {result['kind']} | {_cell(result['name'])} | {verdict(result)} "
        f"| {_cell(_why(result))} | {result['seconds']} |"
        for result in sorted(found, key=lambda one: (one["kind"], one["name"]))
    ]
    return "\n".join(
        ["# Mutants", "", "| kind | mutant | verdict | caught by, or why not | s |", "|---|---|---|---|---|", *rows, ""]
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


@click.command()
@click.option("--programs", type=click.IntRange(min=1), default=lambda: 2 * (os.cpu_count() or 1), help="At a time.")
@click.option("--seeds", type=click.IntRange(min=0), default=SEEDS, show_default=True, help="Of the clean mock.")
@click.option("--only", default="", help="Only mutants with this in their kind or name; writes no score.")
@click.option("--out", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path("reports"))
def main(programs: int, seeds: int, only: str, folder: Path) -> None:
    """Judge every mutant."""
    start = time.monotonic()
    tasks = [task for task in all_tasks(Judge(), seeds) if only in f"{task['kind']}: {task['name']}"]
    found: list[Result] = []
    for result in results(tasks, programs):
        found.append(result)
        click.echo(line(result))
    if not found:
        click.echo(f"mutants: none has {only!r} in its kind or name", err=True)
        sys.exit(2)
    figures = score(found, time.monotonic() - start)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(
        folder / "mutants.json", json.dumps({"score": figures, "results": found}, ensure_ascii=False, indent=1) + "\n"
    )
    write_whole(folder / "mutants.md", table(found))
    bad = [result for result in found if verdict(result) in {"survived", "unclear", "false alarm"}]
    for result in bad:
        click.echo(line(result))
    click.echo(
        f"{len(found)} in {figures['seconds']} s, {len(bad)} of them not as they must be; see {folder / 'mutants.md'}"
    )
    if not only:
        click.echo(in_words(figures))
    if not only and seeds == SEEDS and not any(verdict(result) == "unclear" for result in bad):
        write_whole(SCORE, json.dumps(figures, indent=1) + "\n")
        write_whole(README, in_readme(README.read_text(encoding="utf-8"), figures))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
