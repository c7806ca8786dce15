"""The command of continuous integration, and the summary of skipped tests at the end of a test run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
# Each program prints its name and its arguments, so that the output lists the commands that ran.
MAKE = 'echo "make $*"'
APT = 'echo "apt-get $*" >> "$CALLS"'
APT_INSTALLS = 'echo "apt-get $*" >> "$CALLS"; echo noise; echo noise >&2; read -r line && exit 9; true'
APT_FAILS = "echo 'E: Unable to locate package' >&2; echo >&2; exit 100"
OPTIONS = "-o Acquire::Retries=2 -o Acquire::http::Timeout=30"
TOOLS = ("bash", "dirname", "grep", "mktemp", "rm", "tail")


@pytest.fixture
def ci_run(repository: Path, tmp_path: Path) -> Run:
    """Run `.ci/run` in an empty checkout, with the given programs and the few that it needs, and no others."""
    checkout, programs = tmp_path / "checkout", tmp_path / "bin"
    (checkout / ".ci").mkdir(parents=True)
    shutil.copy(repository / ".ci/run", checkout / ".ci")
    programs.mkdir()
    for tool in TOOLS:
        (programs / tool).symlink_to(str(shutil.which(tool)))

    def run(**scripts: str) -> subprocess.CompletedProcess[str]:
        for name, script in ({"make": MAKE, "id": "echo 0"} | scripts).items():
            path = programs / (name if name.startswith("pg_") else name.replace("_", "-"))
            path.write_text(f"#!{shutil.which('sh')}\n{script}\n", encoding="utf-8")
            path.chmod(0o755)
        return subprocess.run(
            [str(checkout / ".ci/run")],
            env={"PATH": str(programs), "CI": "true", "CALLS": str(tmp_path / "calls"), "TMPDIR": str(programs)},
            cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def test_root_installs_packages_quietly_and_then_runs_the_tests(ci_run: Run, tmp_path: Path) -> None:
    result = ci_run(apt_get=APT_INSTALLS)
    assert (result.returncode, result.stdout, result.stderr) == (0, "make test\n", "")
    assert (tmp_path / "calls").read_text(encoding="utf-8").splitlines() == [
        f"apt-get {OPTIONS} update",
        f"apt-get {OPTIONS} install -y --no-install-recommends chromium-headless-shell postgresql",
    ]
    assert list((tmp_path / "bin").glob("tmp*")) == []


def test_failed_installation_is_reported_on_one_line_and_the_tests_run(ci_run: Run) -> None:
    result = ci_run(apt_get=APT_FAILS)
    assert (result.returncode, result.stdout) == (0, "make test\n")
    reason = "E: Unable to locate package"
    assert result.stderr == f"chromium-headless-shell postgresql cannot be installed: {reason}\n"


def test_only_the_missing_package_is_installed(ci_run: Run, tmp_path: Path) -> None:
    for present, missing in (("chromium", "postgresql"), ("pg_ctlcluster", "chromium-headless-shell")):
        (tmp_path / "bin" / "chromium").unlink(missing_ok=True)
        (tmp_path / "calls").unlink(missing_ok=True)
        assert ci_run(apt_get=APT, **{present: ":"}).returncode == 0
        assert (tmp_path / "calls").read_text(encoding="utf-8").endswith(f" --no-install-recommends {missing}\n")


@pytest.mark.parametrize(
    "programs",
    [
        {"apt_get": APT, "id": "echo 1000"},
        {"apt_get": APT, "chromium_headless_shell": ":", "pg_ctlcluster": ":"},
        {"apt_get": APT, "chromium": ":", "pg_ctlcluster": ":"},
        {"apt_get": APT, "chromium_browser": ":", "pg_ctlcluster": ":"},
        {"apt_get": APT, "google_chrome": ":", "pg_ctlcluster": ":"},
        {},
    ],
    ids=["not root", "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "no apt-get"],
)
def test_nothing_is_installed_if_nothing_is_missing_or_apt_is(
    ci_run: Run, tmp_path: Path, programs: dict[str, str]
) -> None:
    result = ci_run(**programs)
    assert (result.returncode, result.stdout, result.stderr) == (0, "make test\n", "")
    assert not (tmp_path / "calls").exists()


def test_tests_that_fail_fail_the_run(ci_run: Run) -> None:
    assert ci_run(make="exit 2").returncode == 2


# --- skipped tests

SKIPS = """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_page(number):
    pytest.skip("no Chromium; install it with 'apt-get install chromium-headless-shell'")

def test_client():
    pytest.skip("no node; install it with 'apt-get install nodejs'")

def test_else():
    pass
"""


@pytest.fixture
def run_skips(tmp_path: Path, repository: Path, command_environment: dict[str, str]) -> Run:
    """Run five tests, four of which are skipped."""
    (tmp_path / "test_it.py").write_text(SKIPS, encoding="utf-8")

    def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        # The hooks are in conftest.py, which pytest does not load by itself for tests in another folder.
        command = [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "xdist.plugin", "--rootdir", "."]
        settings = {"PYTHONPATH": str(repository / "contract_tests/tests"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return subprocess.run(
            [*command, *options, "."],
            cwd=tmp_path, env=command_environment | settings | environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


REASONS = [
    "skipped 3 tests: no Chromium; install it with 'apt-get install chromium-headless-shell'",
    "skipped 1 test: no node; install it with 'apt-get install nodejs'",
]


def test_last_lines_say_how_to_run_what_was_skipped(run_skips: Run) -> None:
    result = run_skips()
    assert (result.returncode, result.stderr) == (0, "")
    *_, browser, client, summary = result.stdout.splitlines()
    assert [browser, client] == REASONS
    assert "1 passed, 4 skipped" in summary


def test_skipped_tests_fail_a_run_that_must_skip_none(run_skips: Run) -> None:
    result = run_skips("-ra", "-n", "1", FAIL_ON_SKIP="1")
    assert (result.returncode, result.stderr) == (1, "")
    *_, browser, client, failed, summary = result.stdout.splitlines()
    assert [browser, client] == REASONS
    assert failed == "the run fails, because tests were skipped and FAIL_ON_SKIP is set"
    assert "1 passed, 4 skipped" in summary
    assert run_skips("-k", "else", FAIL_ON_SKIP="1").returncode == 0


def test_every_reason_for_skipping_says_how_to_run_the_test(repository: Path) -> None:
    sources = [path.read_text(encoding="utf-8") for path in (repository / "contract_tests").rglob("*.py")]
    # The skips in the text above begin with fewer spaces.
    pattern = re.compile(r"^ {8,}pytest\.skip\((.*)\)$|^@pytest\.mark\.skip(.*)$", re.MULTILINE)
    reasons = ["".join(match.groups("")) for source in sources for match in pattern.finditer(source)]
    assert reasons
    way_out = re.compile(r"; (?:install (?:it|them|both) with '|run the tests (?:again|on) )")
    assert [reason for reason in reasons if not way_out.search(reason)] == []
