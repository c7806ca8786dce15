"""Measures generation, imports, creates, commands and the start of the mock for contracts of 2 to 200 models.

Each contract has the first models of the committed one. A larger one has copies of them all in turn, under other names.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from pathlib import Path

from benchmarks.measure import Better, Figures, Measured, MissingError, Rounds, Row, Size, Target, interleaved
from benchmarks.peers import ROOT, Peers
from benchmarks.servers import CREATE, MODEL, PROGRAMS

QUESTION = "growth"
SIZES = {Size.FULL: (200, 90, 17, 2), Size.QUICK: (90, 17, 2), Size.LEAST: (3, 2)}
ROUNDS = {Size.FULL: (2, 8), Size.QUICK: (1, 4), Size.LEAST: (1, 1)}
"""How often each contract is generated, and how often its client is then used."""
REFERENCE = re.compile(r"^ +- \$ref: (models/\S+/(\S+)\.yaml)\n", re.MULTILINE)
CREATES = 3000
DOCUMENTED = 90  # models
FIGURES: dict[str, tuple[str, str, Better, float | None]] = {
    "generate": ("make generate", "s", "less", None),
    "step": ("make generate, per additional model", "s", "less", 1.25),
    "import": ("import evolink_client, CPU", "ms", "less", 1.15),
    "first": ("first create of a process, imports included, validated but not sent, CPU", "ms", "less", 1.15),
    "create": ("every other create, validated but not sent, CPU", "µs", "less", 1.25),
    "help": ("evolink --help, CPU", "ms", "less", 1.2),
    "models": ("evolink models, CPU", "ms", "less", 1.2),
    "model help": ("evolink generate MODEL --help, CPU", "ms", "less", 1.2),
    "mock": ("MockServer in a new process, until the response to its first create, CPU", "ms", "less", 1.2),
}
"""What each figure measures, its unit, and how much more it may be with more models."""
COMMANDS = {
    "help": ["-m", "evolink", "--help"],
    "models": ["-m", "evolink", "models"],
    "model help": ["-m", "evolink", "generate", MODEL, "--help"],
    "mock": [str(PROGRAMS / "mock_start.py"), json.dumps(CREATE)],
}
MAX_GENERATE = 4.0  # seconds, of a contract with as many models as are documented


def rows(_: Peers, size: Size) -> Iterator[Row]:
    """Generate and use clients of growing contracts, and yield the rows. The largest contract is the first side."""
    generations, uses = ROUNDS[size]
    with ExitStack() as stack:
        contracts = {
            _models(models): contract_of(Path(stack.enter_context(tempfile.TemporaryDirectory())), models)
            for models in SIZES[size]
        }
        generate, use = [
            {models: partial(measure, folder) for models, folder in contracts.items()}
            for measure in (_generated, _used)
        ]
        yield from _rows(SIZES[size], interleaved(generate, generations, warm_up=False), interleaved(use, uses))


def _rows(sizes: tuple[int, ...], generations: Measured, uses: Measured) -> Iterator[Row]:
    generated = generations.of("generate")
    steps = {
        f"{less} to {more} models": per_model(generated[_models(more)], generated[_models(less)], more - less)
        for more, less in pairwise(sizes)
    }
    for figure, (what, unit, better, flat) in FIGURES.items():
        compared = {"generate": generated, "step": steps}.get(figure) or uses.of(figure)
        # The step between the smallest contracts is shorter than the spread of one generation.
        against = list(compared)[1] if figure == "step" and len(compared) > 2 else _models(min(sizes))
        targets = (Target(flat, against),) if flat and against in compared else ()
        if figure == "generate" and max(sizes) <= DOCUMENTED:
            targets = (Target(MAX_GENERATE),)
        yield Row(QUESTION, what, unit, better, compared, targets)


def per_model(more: Rounds | str, less: Rounds | str, models: int) -> Rounds | str:
    """Return the seconds that each additional model takes, or why a side is missing."""
    if isinstance(more, str) or isinstance(less, str):
        return more if isinstance(more, str) else less
    return tuple((one - two) / models for one, two in zip(more, less, strict=True))


def _models(size: int) -> str:
    return f"{size} models"


def contract_of(folder: Path, size: int) -> Path:
    """Copy the files that generation needs into a folder, with a contract of `size` models; return the folder."""
    for part in ("openapi", "overlays/contract", "generated_client"):
        ignored = shutil.ignore_patterns("__pycache__", ".build-*", "evolink_client")
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    root = folder / "openapi" / "evolink.yaml"
    written = root.read_text(encoding="utf-8")
    references = list(REFERENCE.finditer(written))
    if not references:
        raise MissingError(f"{root.name} does not refer to models as expected")
    lines = [reference[0] for reference in references[:size]]
    for number in range(len(lines), size):
        line, name, copied = (references[number % len(references)][group] for group in (0, 1, 2))
        path, copy = folder / "openapi" / name, f"copy{number}-of-{copied}"
        text = re.sub(rf"\b{re.escape(copied)}(?![\w.-])", copy, path.read_text(encoding="utf-8"))
        path.with_name(f"{copy}.yaml").write_text(text, encoding="utf-8")
        lines.append(line.replace(f"/{copied}.yaml", f"/{copy}.yaml"))  # its folder may have the same name
    root.write_text(
        written[: references[0].start()] + "".join(lines) + written[references[-1].end() :], encoding="utf-8"
    )
    return folder


def _generated(repository: Path) -> Figures:
    start = time.perf_counter()
    _run([sys.executable, str(repository / "generated_client" / "generate.py")], "")
    return {"generate": time.perf_counter() - start}


def _used(repository: Path) -> Figures:
    """Run each program once: its other sides run within seconds, before the machine becomes slower or faster."""
    generated = str(repository / "generated_client")
    created: Figures = json.loads(
        _run([sys.executable, str(PROGRAMS / "created_requests.py"), str(CREATES)], generated)
    )
    return created | {name: _processor(words, generated) for name, words in COMMANDS.items()}


def _processor(words: list[str], path: str) -> float:
    """Return the processor time of a Python program, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run([sys.executable, *words], path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


def _run(command: list[str], path: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=False)
    if done.returncode:
        raise MissingError(done.stderr.strip()[-120:])
    return done.stdout
