"""Judges changed copies of the mock one after another, as `suite/run.py --no-generate` does.

Each is judged in a process of its own, forked from this one, which has loaded everything but the mock already: that
takes longer than a judgement. The folder that a copy is in comes on a line of the input, the exit code goes to a line
of the output; what the command itself writes goes to the files `out` and `err` in that folder.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import bundle
import rules

# What the suite and the mock import, or what imports it.
PRELOADED = "click", "httpx", "starlette.applications", "starlette.requests", "uvicorn", "generated", "uploads"


def judge(folder: Path) -> None:
    """Judge the copy in a folder, and exit as the command does."""
    for name, stream in (("out", sys.stdout), ("err", sys.stderr)):
        with (folder / name).open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    import evolink_mock  # noqa: PLC0415 - the copy

    if Path(evolink_mock.__path__[0]) != folder / "evolink_mock":
        raise RuntimeError(f"{folder} was to be judged, not {evolink_mock.__path__[0]}")
    import run  # noqa: PLC0415 - imports the mock

    run.main(["--no-generate", "--out", "reports"])


def main() -> None:
    """Judge the copies that the input names."""
    for name in PRELOADED:
        importlib.import_module(name)
    rules.load()  # so that the files have been read
    bundle.bundle()
    if any(name.partition(".")[0] == "evolink_mock" for name in sys.modules):
        raise RuntimeError("a mock is loaded before the one that is to be judged")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            judge(Path(line.removesuffix("\n")))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
