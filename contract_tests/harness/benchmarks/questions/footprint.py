"""Measures import times, sizes of wheels and installations, and dependencies, compared with other SDKs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import (
    REST,
    Better,
    Figures,
    MissingError,
    Row,
    Side,
    Size,
    Target,
    interleaved,
    skip_if_missing,
)
from benchmarks.peers import Package, Peers

QUESTION = "footprint"
ROUNDS = {Size.FULL: 2, Size.QUICK: 3, Size.LEAST: 1}
CLIENTS = {
    "evolink": "from evolink import EvoLink as Client; client = Client('sk-evo-mock')",
    "openai": "from openai import OpenAI as Client; client = Client(api_key='a')",
    "runwayml": "from runwayml import RunwayML as Client; client = Client(api_key='a')",
    "lumaai": "from lumaai import LumaAI as Client; client = Client(auth_token='a')",
    "fal-client": "from fal_client import SyncClient as Client; client = Client(key='a')",
    "replicate": "from replicate import Client; client = Client(api_token='a')",
}
"""The statements that create a client with each SDK."""

FIGURES: dict[str, tuple[str, str, Better]] = {
    "import": ("SDK: import only", "ms", "less"),
    "client": ("SDK: import and client creation", "ms", "less"),
    "wheel": ("SDK: wheel", "kB", "less"),
    "installed": ("SDK: installed, without dependencies", "kB", "less"),
    "all": ("SDK: installed, with dependencies", "kB", "less"),
    "dependencies": ("SDK: direct and indirect dependencies", "packages", "less"),
}
PROGRAM = """
import sys, time
sys.path.insert(0, sys.argv[1])
start = time.perf_counter()
{}
print((time.perf_counter() - start) * 1000)
"""


def rows(peers: Peers, size: Size) -> Iterator[Row]:
    """Import and measure every package, and yield the rows."""
    sides: dict[str, Side] = {}
    for name in CLIENTS:
        with skip_if_missing(sides, name):
            sides[name] = partial(_measured, name, peers.ours() if name == "evolink" else peers.python(name))
    measured = interleaved(sides, ROUNDS[size])
    for figure, (what, unit, better) in FIGURES.items():
        yield Row(QUESTION, what, unit, better, measured.of(figure), (Target(1, REST),))


def _measured(name: str, package: Package) -> Figures:
    top = name.replace("-", "_")
    ours = ["evolink", "evolink_client", "evolink_mock"] if name == "evolink" else [top]
    sizes = {path.name: _size(path) for path in package.site.iterdir()}
    return {
        "import": _milliseconds(f"import {top}", package),
        "client": _milliseconds(CLIENTS[name], package),
        "wheel": package.wheel.stat().st_size / 1000,
        "installed": sum(sizes[part] for part in ours) / 1000,
        "all": sum(sizes.values()) / 1000,
        "dependencies": package.dependencies,
    }


def _size(path: Path) -> int:
    """Return the size of a file or a folder in bytes, without bytecode, which depends on the Python version."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file() and one.suffix != ".pyc")


def _milliseconds(statement: str, package: Package) -> float:
    command = [sys.executable, "-I", "-S", "-c", PROGRAM.format(statement), str(package.site)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingError(f"its import fails: {done.stderr.strip().splitlines()[-1][:100]}")
    return float(done.stdout)
