"""The benchmarks: their arithmetic, their programs, and the figures in their README."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from benchmarks import __main__ as bench
from benchmarks.measure import (
    REST,
    Figures,
    MissingError,
    Rounds,
    Row,
    Side,
    Size,
    Target,
    interleaved,
    skip_if_missing,
)
from benchmarks.peers import NPM, PYTHON, Package, Peers
from benchmarks.questions import client_overhead, growth
from benchmarks.reporting import BEGIN, END, agreement, chart, document, line, summary, update_readme
from benchmarks.servers import CREATE, MODEL_SCHEMA, PROGRAMS, LoadGenerator, Program
from evolink._contract import packaged_contract

SVG = "{http://www.w3.org/2000/svg}"
CHEAP = ("mock_load", "mock_start", "ledger_overhead", "waiting_tasks", "callbacks", "in_flight")
"""The benchmarks that take a second or two at size `LEAST`. The others build, install or judge something."""


class NoPeers(Peers):
    """Peers on a machine where nothing can be installed."""

    def python(self, name: str) -> Package:
        """Raise `MissingError`."""
        raise MissingError(f"no registry for {name}")

    def npm(self, name: str, program: str) -> list[str]:
        """Raise `MissingError`."""
        raise MissingError(f"no registry for {name} with {program}")

    def ours(self) -> Package:
        """Raise `MissingError`."""
        raise MissingError("no registry")


@pytest.fixture
def measured() -> dict[str, Any]:
    """The last measurement at full size."""
    document: dict[str, Any] = json.loads(bench.MEASURED.read_text(encoding="utf-8"))
    return document


def a_row(sides: dict[str, Any], *targets: Target, better: Any = "more") -> dict[str, Any]:
    """Return a row of these sides, as JSON."""
    return Row("a_question", "what & how", "things/s", better, sides, targets).as_json()


# --- how figures are measured


def test_sides_take_turns_after_a_discarded_round() -> None:
    order: list[str] = []

    def side(name: str) -> Callable[[], Figures]:
        def measure() -> Figures:
            order.append(name)
            return {"figure": float(len(order))}

        return measure

    measured = interleaved({"a": side("a"), "b": side("b")}, 2)
    assert order == ["a", "b"] * 3
    assert measured.of("figure") == {"a": (3.0, 5.0), "b": (4.0, 6.0)}


def test_missing_side_is_reported_and_the_others_are_measured() -> None:
    def late() -> Figures:
        raise MissingError("its program ended")

    sides: dict[str, Side] = {"ours": lambda: {"figure": 1.0}}
    with skip_if_missing(sides, "early"):
        raise MissingError("no registry")
    figures = interleaved({**sides, "late": late}, 1).of("figure")
    assert figures == {"ours": (1.0,), "early": "no registry", "late": "its program ended"}
    row = a_row(dict(figures), Target(1, "early"), Target(1, REST))
    assert [target["reached"] for target in row["targets"]] == [None, None]
    assert "not measured: no registry" in line(row)


def test_target_compares_sides_round_by_round() -> None:
    row = a_row({"ours": (10.0, 1.0, 10.0), "other": (20.0, 2.0, 1.0)}, Target(0.5, "other"))
    [target] = row["targets"]
    assert (target["text"], target["median"], target["low"], target["high"]) == ("≥ 0.5 x other", 0.5, 0.5, 10)
    assert target["reached"]


def test_best_of_the_others_is_the_hardest_to_beat() -> None:
    sides = {"ours": (4.0,), "one": (2.0,), "two": (8.0,), "three": "missing"}
    [more] = a_row(sides, Target(1, REST))["targets"]
    [less] = a_row(sides, Target(1, REST), better="less")["targets"]
    assert (more["median"], more["reached"]) == (0.5, False)
    assert (less["median"], less["reached"]) == (2.0, False)


def test_target_without_another_side_is_absolute() -> None:
    [target] = a_row({"ours": (4.0, 6.0)}, Target(5), better="less")["targets"]
    assert (target["text"], target["median"], target["reached"]) == ("≤ 5 things/s", 5.0, True)


def test_missing_node_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match="node or npm is missing"):
        Peers(tmp_path).npm("@stdy/cli", "steady")


def test_package_that_cannot_be_downloaded_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with pytest.raises(MissingError, match="openai"):
        Peers(tmp_path).python("openai")


def test_installed_package_is_not_installed_again(tmp_path: Path) -> None:
    folder = tmp_path / f"fal-client-{PYTHON['fal-client']}"
    (folder / "wheels").mkdir(parents=True)
    for name in ("fal_client-1-py3-none-any.whl", "httpx-1-py3-none-any.whl", "idna-1-py3-none-any.whl"):
        (folder / "wheels" / name).touch()
    (folder / "done").touch()
    wheel = folder / "wheels" / "fal_client-1-py3-none-any.whl"
    assert Peers(tmp_path).python("fal-client") == Package(folder / "site", wheel, 2)


def test_every_peer_has_one_exact_version() -> None:
    assert [name for name, version in (PYTHON | NPM).items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_rounds_of_all_passes_are_combined(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[dict[str, Rounds | str]] = [
        {"ours": (1.0, 2.0), "late": "no registry"},
        {"ours": (3.0, 4.0), "late": (1.0, 2.0)},
    ]
    passes = iter(measured)
    order: list[str] = []

    def rows(question: str, _: Peers, __: Size) -> Iterator[Row]:
        order.append(question)
        if question == "waiting_tasks":
            return
        yield Row(question, "what", "s", "less", next(passes))

    monkeypatch.setattr(bench, "rows", rows)
    [row] = bench.measure(("mock_load", "waiting_tasks"), NoPeers(), Size.FULL, 2)
    assert order == ["mock_load", "waiting_tasks"] * 2
    assert row.sides == {"ours": (1.0, 2.0, 3.0, 4.0), "late": "no registry"}


def test_figure_agrees_with_the_run_before_if_the_former_median_is_within_its_spread() -> None:
    before = [a_row({"ours": (4.0, 5.0, 9.0), "other": (1.0, 1.0, 2.0)}, Target(1, "other"))]
    now = [a_row({"ours": (5.0, 6.0, 7.0), "other": (2.0, 2.0, 2.0), "new": (1.0,)}, Target(1, "other"))]
    constant = [a_row({"ours": (100.0, 100.0)})], [a_row({"ours": (101.9,)})]
    assert (
        agreement(*constant)["figures"] == agreement(*reversed(constant))["figures"] == {"compared": 1, "different": {}}
    )
    assert agreement(now, before) == {
        "targets": {"compared": 1, "different": {"what & how: ≥ 1 x other": "3 (2.5 to 3.5), before 4.5 (4 to 5)"}},
        "figures": {"compared": 2, "different": {"what & how: other": "2, before 1 (1 to 2)"}},
    }
    measured = document(now, full=True, before=document(before, full=True))
    assert "0 of 1 targets and 1 of 2 figures agree with the run before:" in summary(measured)
    assert document(now, full=True, before=document(before, full=False))["agreement"] is None


def test_server_that_is_faster_than_the_load_generator_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def request(_: object) -> dict[str, float]:
        return {"busy": 0.95}

    with LoadGenerator() as generator:
        monkeypatch.setattr(generator, "request", request)
        with pytest.raises(MissingError, match="the load generator is too slow to measure it"):
            generator.load(1, b"", 1)


# --- the benchmarks themselves


def test_every_module_with_a_question_is_run(repository: Path) -> None:
    folder = repository / "contract_tests/harness/benchmarks/questions"
    measuring = {path.stem for path in folder.glob("*.py") if "QUESTION = " in path.read_text(encoding="utf-8")}
    assert measuring == set(bench.QUESTIONS)
    assert set(CHEAP) < measuring


@pytest.mark.parametrize("question", CHEAP)
def test_benchmark_runs_without_peers(question: str) -> None:
    rows = [row.as_json() for row in bench.rows(question, NoPeers(), Size.LEAST)]
    assert rows
    for row in rows:
        assert row["question"] == question
        ours = next(iter(row["sides"].values()))
        assert "median" in ours, line(row)
        missing = [side["missing"] for side in row["sides"].values() if "missing" in side]
        assert [reason for reason in missing if not reason.startswith("no registry for @")] == []


def test_client_process_measures_submits_and_reads(tmp_path: Path) -> None:
    with ExitStack() as stack:
        submits, reads = [stack.enter_context(server) for server in client_overhead.servers()]
        for name in ("evolink", "httpx"):
            request = [json.dumps(CREATE), MODEL_SCHEMA.rpartition("/")[2]]
            program = PROGRAMS / "client_process.py"
            command: list[str | Path] = [sys.executable, program, tmp_path, name, submits.url, reads.url, *request]
            figures = stack.enter_context(Program(command)).request([1, 2])
            kinds = ("submit", "read", "submits at once")
            assert figures.keys() == {f"{kind} {clock}" for kind in kinds for clock in ("CPU", "wall")}


def test_grown_contract_has_that_many_models(tmp_path: Path, repository: Path) -> None:
    size = 2 * len(packaged_contract().models)  # a copy of each
    copied = growth.contract_of(tmp_path, size)
    done = subprocess.run(
        [sys.executable, str(copied / "openapi" / "bundle.py")], capture_output=True, text=True, check=True
    )
    schema = json.loads(done.stdout)["paths"]["/v1/videos/generations"]["post"]["requestBody"]
    mapping = schema["content"]["application/json"]["schema"]["discriminator"]["mapping"]
    assert len(mapping) == size
    assert shutil.which("git") is None or not (copied / ".git").exists()
    assert (repository / "openapi" / "evolink.yaml").read_text(encoding="utf-8").count("copy3") == 0


def test_created_requests_are_measured(command_environment: dict[str, str]) -> None:
    script = PROGRAMS / "created_requests.py"
    done = subprocess.run(
        [sys.executable, str(script), "2"], capture_output=True, text=True, env=command_environment, check=True
    )
    figures = json.loads(done.stdout)
    assert figures.keys() == {"import", "first", "create"}
    assert min(figures.values()) > 0


# --- how figures are presented


def test_readme_shows_the_last_measurement(measured: dict[str, Any]) -> None:
    readme = bench.README.read_text(encoding="utf-8")
    assert update_readme(readme, measured) == readme


def test_last_measurement_is_a_full_one_of_every_benchmark(measured: dict[str, Any]) -> None:
    assert measured["full"] is True
    assert list(dict.fromkeys(row["question"] for row in measured["rows"])) == list(bench.QUESTIONS)


def test_full_run_writes_what_it_measured_if_figures_differ_from_the_run_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, figure in (("MEASURED", "measured.json"), ("README", "README.md")):
        monkeypatch.setattr(bench, name, tmp_path / figure)
    monkeypatch.setattr(bench, "signal", Mock())
    (tmp_path / "README.md").write_text(f"{BEGIN}{END}", encoding="utf-8")
    for number in (1.0, 2.0):
        row = Row("a_question", "what", "s", "less", {"ours": (number,)})
        monkeypatch.setattr(bench, "measure", Mock(return_value=[row]))
        bench.main(["--full", "--out", str(tmp_path / "reports")], standalone_mode=False)
        written = json.loads((tmp_path / "measured.json").read_text(encoding="utf-8"))
        assert written["rows"] == [row.as_json()]
        assert (tmp_path / "README.md").read_text(encoding="utf-8") == f"{BEGIN}{summary(written)}{END}"
    assert written["agreement"]["figures"]["different"] == {"what: ours": "2, before 1"}


def test_readme_without_markers_for_the_table_raises(measured: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="lacks the markers"):
        update_readme("# A project", measured)


def test_table_replaces_the_former_one() -> None:
    measured = document([a_row({"ours": (2.0, 4.0), "a|b": (1.0, 1.0)}, Target(5, "a|b"))], full=True)
    readme = update_readme(f"before\n{BEGIN}old\n{END}\nafter", measured)
    assert readme == f"before\n{BEGIN}{summary(measured)}{END}\nafter"
    assert "| what & how, things/s | ours 3 (2 to 4) | a\\|b 1 | ≥ 5 x a\\|b: 3 (2 to 4), missed |" in readme
    assert measured["machine"]["python"] in readme


def test_chart_has_a_bar_for_every_side_and_follows_the_colour_scheme() -> None:
    rows = [a_row({"ours": (2.0, 4.0), "other": (1.0, 1.0), "absent": "no <registry>"}), a_row({"alone": (1.0,)})]
    text = chart(document(rows, full=False))
    root = ET.fromstring(text)
    bars = [bar for bar in root.iter(f"{SVG}rect") if bar.get("class") in {"ours", "other"}]
    assert [bar.get("class") for bar in bars] == ["ours", "other"]
    assert [bar.get("width") for bar in bars] == ["360.0", "120.0"]
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert "not measured: no <registry>" in texts
    assert "alone" not in texts
    assert "prefers-color-scheme: dark" in text
