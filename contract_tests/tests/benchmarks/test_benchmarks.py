"""The benchmarks: what they make of figures, that they run at all, and that the README says what was measured."""

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

import pytest

from benchmarks import __main__ as bench
from benchmarks.measure import REST, Figures, MissingError, Reach, Rounds, Row, Side, Size, interleaved, or_why
from benchmarks.peers import NPM, PYTHON, Package, Peers
from benchmarks.questions import client_overhead, growth
from benchmarks.reporting import BEGIN, END, agreement, chart, document, in_readme, in_words, line
from benchmarks.servers import PROGRAMS, LoadGenerator, Program

SVG = "{http://www.w3.org/2000/svg}"
CHEAP = ("mock_load", "mock_start", "waiting_tasks", "callbacks", "in_flight")
"""The questions that take a second or two at their least size; the others build, install or judge something."""


class NoPeers(Peers):
    """A place where nothing can be installed."""

    def python(self, name: str) -> Package:
        """Install nothing."""
        raise MissingError(f"no registry for {name}")

    def npm(self, name: str, program: str) -> list[str]:
        """Install nothing."""
        raise MissingError(f"no registry for {name} with {program}")

    def ours(self) -> Package:
        """Install nothing."""
        raise MissingError("no registry")


@pytest.fixture
def measured() -> dict[str, Any]:
    """What was measured last, at full size."""
    found: dict[str, Any] = json.loads(bench.MEASURED.read_text(encoding="utf-8"))
    return found


def a_row(sides: dict[str, Any], *reaches: Reach, better: Any = "more") -> dict[str, Any]:
    """Return a row of some sides, as JSON."""
    return Row("a_question", "what & how", "things/s", better, sides, reaches).as_json()


# --- the rules of measuring


def test_sides_are_measured_in_turn_after_one_round_for_nothing() -> None:
    order: list[str] = []

    def side(name: str) -> Callable[[], Figures]:
        def measure() -> Figures:
            order.append(name)
            return {"figure": float(len(order))}

        return measure

    found = interleaved({"a": side("a"), "b": side("b")}, 2)
    assert order == ["a", "b"] * 3
    assert found.of("figure") == {"a": (3.0, 5.0), "b": (4.0, 6.0)}


def test_side_that_is_missing_is_told_and_ends_nothing() -> None:
    def late() -> Figures:
        raise MissingError("its program ended")

    sides: dict[str, Side] = {"ours": lambda: {"figure": 1.0}}
    with or_why(sides, "early"):
        raise MissingError("no registry")
    found = interleaved({**sides, "late": late}, 1).of("figure")
    assert found == {"ours": (1.0,), "early": "no registry", "late": "its program ended"}
    row = a_row(dict(found), Reach(1, "early"), Reach(1, REST))
    assert [reach["reached"] for reach in row["reaches"]] == [None, None]
    assert "not measured: no registry" in line(row)


def test_reach_goes_by_the_rounds_that_shared_their_weather() -> None:
    row = a_row({"ours": (10.0, 1.0, 10.0), "other": (20.0, 2.0, 1.0)}, Reach(0.5, "other"))
    [reach] = row["reaches"]
    assert (reach["says"], reach["median"], reach["low"], reach["high"]) == ("≥ 0.5 x other", 0.5, 0.5, 10)
    assert reach["reached"]


def test_best_of_the_others_is_the_one_that_is_hardest_to_beat() -> None:
    sides = {"ours": (4.0,), "one": (2.0,), "two": (8.0,), "three": "missing"}
    [more] = a_row(sides, Reach(1, REST))["reaches"]
    [less] = a_row(sides, Reach(1, REST), better="less")["reaches"]
    assert (more["median"], more["reached"]) == (0.5, False)
    assert (less["median"], less["reached"]) == (2.0, False)


def test_reach_without_another_side_is_a_figure() -> None:
    [reach] = a_row({"ours": (4.0, 6.0)}, Reach(5), better="less")["reaches"]
    assert (reach["says"], reach["median"], reach["reached"]) == ("≤ 5 things/s", 5.0, True)


def test_missing_node_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match="no node"):
        Peers(tmp_path).npm("@stdy/cli", "steady")


def test_package_that_no_registry_has_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with pytest.raises(MissingError, match="openai"):
        Peers(tmp_path).python("openai")


def test_what_was_installed_is_installed_once_and_weighed(tmp_path: Path) -> None:
    folder = tmp_path / f"fal-client-{PYTHON['fal-client']}"
    (folder / "wheels").mkdir(parents=True)
    for name in ("fal_client-1-py3-none-any.whl", "httpx-1-py3-none-any.whl", "idna-1-py3-none-any.whl"):
        (folder / "wheels" / name).touch()
    (folder / "done").touch()
    wheel = folder / "wheels" / "fal_client-1-py3-none-any.whl"
    assert Peers(tmp_path).python("fal-client") == Package(folder / "site", wheel, 2)


def test_every_peer_has_one_exact_version() -> None:
    assert [name for name, version in (PYTHON | NPM).items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_rounds_of_every_pass_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
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
    [row] = bench.asked(("mock_load", "waiting_tasks"), NoPeers(), Size.FULL, 2)
    assert order == ["mock_load", "waiting_tasks"] * 2
    assert row.sides == {"ours": (1.0, 2.0, 3.0, 4.0), "late": "no registry"}


def test_run_agrees_with_the_one_before_where_that_ones_median_lies_within_its_spread() -> None:
    before = [a_row({"ours": (4.0, 5.0, 9.0), "other": (1.0, 1.0, 2.0)}, Reach(1, "other"))]
    now = [a_row({"ours": (5.0, 6.0, 7.0), "other": (2.0, 2.0, 2.0), "new": (1.0,)}, Reach(1, "other"))]
    constant = [a_row({"ours": (100.0, 100.0)})], [a_row({"ours": (101.9,)})]
    assert agreement(*constant)["figures"] == agreement(*reversed(constant))["figures"] == {"compared": 1, "apart": {}}
    assert agreement(now, before) == {
        "aims": {"compared": 1, "apart": {"what & how: ≥ 1 x other": "3 (2.5 to 3.5), before 4.5 (4 to 5)"}},
        "figures": {"compared": 2, "apart": {"what & how: other": "2, before 1 (1 to 2)"}},
    }
    found = document(now, full=True, before=document(before, full=True))
    assert "Of 1 aims, 0 agree with the run before" in in_words(found)
    assert "of 2 figures, 1." in in_words(found)
    assert document(now, full=True, before=document(before, full=False))["agreement"] is None


def test_load_that_its_generator_was_too_slow_for_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(_: object) -> dict[str, float]:
        return {"busy": 0.95}

    with LoadGenerator() as generator:
        monkeypatch.setattr(generator, "ask", ask)
        with pytest.raises(MissingError, match="too slow to tell"):
            generator.load(1, b"", 1)


# --- the scripts


def test_every_script_that_measures_answers_a_question(repository: Path) -> None:
    folder = repository / "contract_tests/harness/benchmarks/questions"
    measuring = {path.stem for path in folder.glob("*.py") if "QUESTION = " in path.read_text(encoding="utf-8")}
    assert measuring == set(bench.QUESTIONS)
    assert set(CHEAP) < measuring


@pytest.mark.parametrize("question", CHEAP)
def test_question_is_answered_without_peers(question: str) -> None:
    rows = [row.as_json() for row in bench.rows(question, NoPeers(), Size.LEAST)]
    assert rows
    for row in rows:
        assert row["question"] == question
        ours = next(iter(row["sides"].values()))
        assert "median" in ours, line(row)
        missing = [side["missing"] for side in row["sides"].values() if "missing" in side]
        assert [why for why in missing if not why.startswith("no registry for @")] == []


def test_clients_are_asked_for_a_submit_and_a_read(tmp_path: Path) -> None:
    with ExitStack() as stack:
        submits, reads = [stack.enter_context(server) for server in client_overhead.servers()]
        for name in ("evolink", "httpx"):
            command: list[str | Path] = [
                sys.executable,
                PROGRAMS / "client_process.py",
                tmp_path,
                name,
                submits.url,
                reads.url,
            ]
            figures = stack.enter_context(Program(command)).ask(1)
            assert figures.keys() == {"submit CPU", "submit wall", "read CPU", "read wall"}


def test_contract_grows_by_models_that_can_be_requested(tmp_path: Path, repository: Path) -> None:
    copied = growth.contract_of(tmp_path, 5)
    done = subprocess.run(
        [sys.executable, str(copied / "openapi" / "bundle.py")], capture_output=True, text=True, check=True
    )
    schema = json.loads(done.stdout)["paths"]["/v1/videos/generations"]["post"]["requestBody"]
    mapping = schema["content"]["application/json"]["schema"]["discriminator"]["mapping"]
    assert len(mapping) == 5
    assert shutil.which("git") is None or not (copied / ".git").exists()
    assert (repository / "openapi" / "evolink.yaml").read_text(encoding="utf-8").count("copy3") == 0


def test_requests_are_made_and_checked(command_environment: dict[str, str]) -> None:
    script = PROGRAMS / "created_requests.py"
    done = subprocess.run(
        [sys.executable, str(script), "2"], capture_output=True, text=True, env=command_environment, check=True
    )
    figures = json.loads(done.stdout)
    assert figures.keys() == {"import", "first", "create"}
    assert min(figures.values()) > 0


# --- what is shown


def test_readme_says_what_was_measured(repository: Path, measured: dict[str, Any]) -> None:
    readme = (repository / "README.md").read_text(encoding="utf-8")
    assert in_readme(readme, measured) == readme


def test_last_measurement_was_a_full_one_of_every_question(measured: dict[str, Any]) -> None:
    assert measured["full"] is True
    assert list(dict.fromkeys(row["question"] for row in measured["rows"])) == list(bench.QUESTIONS)


def test_readme_without_a_place_for_the_table_is_told(measured: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no place for the table"):
        in_readme("# A project", measured)


def test_table_takes_the_place_of_the_one_before() -> None:
    found = document([a_row({"ours": (2.0, 4.0), "a|b": (1.0, 1.0)}, Reach(5, "a|b"))], full=True)
    readme = in_readme(f"before\n{BEGIN}old\n{END}\nafter", found)
    assert readme == f"before\n{BEGIN}{in_words(found)}{END}\nafter"
    assert "| what & how, things/s | ours 3 (2 to 4) | a\\|b 1 | ≥ 5 x a\\|b: 3 (2 to 4), missed |" in readme
    assert found["machine"]["python"] in readme


def test_chart_has_a_bar_for_every_side_and_follows_the_colour_scheme() -> None:
    rows = [a_row({"ours": (2.0, 4.0), "other": (1.0, 1.0), "absent": "no <registry>"}), a_row({"alone": (1.0,)})]
    text = chart(document(rows, full=False))
    root = ET.fromstring(text)
    bars = [bar for bar in root.iter(f"{SVG}rect") if bar.get("class") in {"ours", "other"}]
    assert [bar.get("class") for bar in bars] == ["ours", "other"]
    assert [bar.get("width") for bar in bars] == ["360.0", "120.0"]
    shown = [element.text for element in root.iter(f"{SVG}text")]
    assert "not measured: no <registry>" in shown
    assert "alone" not in shown
    assert "prefers-color-scheme: dark" in text
