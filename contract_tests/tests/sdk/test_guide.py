"""The SDK guide: its programs run, its links are valid, and it lists the exit codes and settings."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evolink.cli.app import run

GUIDE = Path(__file__).resolve().parents[3] / "overlays/evolink/README.md"
TEXT = GUIDE.read_text(encoding="utf-8")
PROGRAMS: list[str] = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
OUTPUT = [
    r"(\w+ \d+\n)*completed 100\nout/task-unified-\S+\.mp4\n",
    r"out/task-unified-\S+\.mp4\n",
    r"(\S+ \w+ \[.*\] [\d.]+ to [\d.]+ per second\n\d+ \d+\n)+True\n",
    r"True True None\n",
    r"\['image_urls'\]\nwan2.5-image-to-video None\ncompleted\n",
    r"task-unified-\S+\n",
    r"\[\] \{(\d: 'task-unified-\S+'(, )?){5}\}\n",
    r"(task-unified-\S+: completed\n){2}",
    r"5 4\.0 \('generate_audio',\) 0\.9\n[\d.]+ credits by the price rules of [\d-]+\nthe request was not .*\n\{.*\}\n",
    r"Media\(kind='image', format='png', .*\)\nthe request was not sent:\n(  image_urls\[0\]: .+\n)+http://\S+\n",
    r"204\n204\n\['completed'\]\n",
    r"True 1\ncompleted \.mp4\ncompleted 0\.0\n",
    r"task-unified-\S+\n[\d.]+\n",
    r"POST /v1/videos/generations\nGET /v1/tasks/task-unified-\S+\nTask\(.*\)\n",
]


def test_first_program_runs_in_a_process_of_its_own(tmp_path: Path, command_environment: dict[str, str]) -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAMS[0]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=command_environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(OUTPUT[0], done.stdout), done.stdout


@pytest.mark.parametrize("number", range(1, len(PROGRAMS)))
def test_program_runs(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    exec(compile(PROGRAMS[number], f"program {number}", "exec", dont_inherit=True), {"__name__": "__main__"})
    output = capsys.readouterr()
    assert output.err == ""
    assert re.fullmatch(OUTPUT[number], output.out), output.out


def test_guide_lists_every_exit_code(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert run(["--help"]) == 0
    codes = re.findall(r"^ +(\d+)  \S", capsys.readouterr().out.partition("Exit codes:")[2], re.MULTILINE)
    assert re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE) == codes


def test_guide_names_every_environment_variable() -> None:
    sources = [path.read_text(encoding="utf-8") for path in GUIDE.parent.rglob("*.py")]
    variables = {name for source in sources for name in re.findall(r"EVOLINK_[A-Z_]*[A-Z]", source)}
    assert {"EVOLINK_API_KEY", "EVOLINK_LOG"} <= variables
    assert [name for name in sorted(variables) if name not in TEXT] == []


def test_guide_names_every_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert run(["--help"]) == 0
    listing = capsys.readouterr().out.partition("Commands")[2].partition("Exit codes:")[0]
    commands = re.findall(r"^\W+([a-z]+)  ", listing, re.MULTILINE)
    assert len(commands) == 9
    assert [name for name in commands if f"\nevolink {name} " not in TEXT and f"\nevolink {name}\n" not in TEXT] == []
