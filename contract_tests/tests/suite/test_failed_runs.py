"""Tests of runs that cannot judge: what they leave in the reports, how they exit, and what they say."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock
from xml.etree import ElementTree as ET

import click
import httpx
import pytest

import bundle
from contract_suite import cli, nightly, session
from contract_suite.core import target
from contract_suite.core.exchanges import NO_SUCH_TASK
from contract_suite.core.target import TargetError
from contract_suite.reporting.report import FILES
from contract_suite.rules.editions import BASE
from contract_suite.session import Settings, judge
from tests import few_models
from tests.suite.test_suite import FEW, verdict, written

KEY = "sk-evo-a-secret-key"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def fewer_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge by a few rules: each is in the report of a run that could not judge."""
    monkeypatch.setattr(session, "documented_rules", Mock(return_value=FEW))


@pytest.fixture
def old_reports(tmp_path: Path) -> Path:
    """A folder with the report of an earlier run, and a file of somebody else."""
    for name in (*FILES, "requests/wan25.prompt.json", "drift.overlay.yaml"):
        path = tmp_path / "reports" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("earlier", encoding="utf-8")
    return tmp_path / "reports"


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """Run the command in this process; return its exit code."""

    def run(*arguments: str, **environment: str) -> Any:
        monkeypatch.chdir(tmp_path)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["contract_suite", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.run()
        return end.value.code

    return run


def send_nothing(*_: object) -> tuple[None, None]:
    return None, None


def fail(*_: object) -> Any:
    raise KeyError("schema")


def test_run_that_cannot_judge_replaces_every_report_and_gives_the_reason_in_it(old_reports: Path) -> None:
    with pytest.raises(TargetError):
        judge(Settings(NOWHERE, KEY, folder=old_reports), FEW)
    reason = (
        f"the run could not judge: TARGET: {NOWHERE} cannot be reached: ConnectError: [Errno 111] Connection refused"
    )
    report = written(old_reports)
    assert (report["target"], report["stopped"], report["broken"]) == (NOWHERE, reason, [])
    assert {(rule["verdict"], rule["why"]) for rule in report["rules"]} == {("not-run", reason)}
    assert {rule["id"] for rule in report["rules"]} == {rule.id for rule in FEW.rules}
    page = (old_reports / "contract.html").read_text(encoding="utf-8")
    assert "<title>Not judged" in page
    assert "<h1>The server was not judged</h1>" in page
    assert reason in page
    suite = ET.parse(old_reports / "contract.xml").getroot()
    count = len(FEW.rules)
    assert suite.attrib == {
        "name": "contract", "tests": str(count + 1), "failures": "0", "errors": "1", "skipped": str(count)
    }  # fmt: skip
    [error] = suite.iter("error")
    assert error.get("message") == reason
    kept = {path.relative_to(old_reports).as_posix() for path in old_reports.rglob("*") if path.is_file()}
    assert kept == {*FILES, "drift.overlay.yaml"}


@pytest.mark.parametrize(
    ("arguments", "environment", "reason"),
    [
        ((), {"SHARD": "4/3"}, "invalid shard '4/3'"),
        (("--no-such-option",), {}, "--no-such-option"),
        ((), {"STRICT": "perhaps"}, "'perhaps' is not a valid boolean"),
        ((), {"OVERLAY": "no-such-file.yaml"}, "no-such-file.yaml"),
        ((), {"TARGET": NOWHERE, "KEY": ""}, "KEY: required"),
    ],
)
def test_run_with_an_invalid_setting_removes_the_earlier_report_and_exits_with_2(
    old_reports: Path,
    run_command: Callable[..., Any],
    arguments: tuple[str, ...],
    environment: dict[str, str],
    reason: str,
) -> None:
    assert run_command(*arguments, **environment) == 2
    assert reason in written(old_reports)["stopped"]


def test_reports_of_another_folder_are_removed_though_a_later_option_is_invalid(
    old_reports: Path, run_command: Callable[..., Any]
) -> None:
    assert run_command("--seed", "x", "--out", str(old_reports)) == 2
    assert "'x' is not a valid integer" in written(old_reports)["stopped"]


def test_interrupted_run_says_so_in_the_report(old_reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> Any:
        raise SystemExit(130)

    monkeypatch.setattr(session, "send_to_mock", interrupt)
    with pytest.raises(SystemExit):
        judge(Settings(folder=old_reports))
    assert written(old_reports)["stopped"] == "the run could not judge: it was interrupted"


@pytest.mark.parametrize("place", ["send_to_mock", "documented_rules", "_no_overlays", "_report"])
def test_fault_of_the_suite_does_not_exit_as_a_broken_rule_does(
    old_reports: Path,
    run_command: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    place: str,
) -> None:
    monkeypatch.setattr(session, "send_to_mock", send_nothing)
    monkeypatch.setattr(session, place, fail)
    assert run_command() == 2
    assert capsys.readouterr().err.splitlines()[-1] == "contract: a fault of this program: KeyError('schema')"
    assert written(old_reports)["stopped"] == "the run could not judge: 'schema'"


def test_fault_of_the_suite_is_no_failed_seed_of_the_nightly_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(nightly, "judge", fail)
    with pytest.raises(SystemExit) as end:
        nightly.main(["--out", str(tmp_path)], standalone_mode=False)
    assert end.value.code == 2


def test_traceback_of_a_fault_has_no_key(
    run_command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail_with_the_key(*_: object) -> Any:
        raise RuntimeError(f"about {KEY}")

    monkeypatch.setattr(session, "send_to_target", fail_with_the_key)
    assert run_command(TARGET=NOWHERE, KEY=KEY) == 2
    output = capsys.readouterr().err
    assert KEY not in output
    assert "RuntimeError: about [key]" in output


def test_key_is_asked_for_on_a_terminal_and_has_no_option(
    run_command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []

    def prompt(text: str, *, hide_input: bool, err: bool) -> str:
        assert (text, hide_input, err) == (f"The API key of {NOWHERE}", True, True)
        return KEY

    def keep(settings: Settings) -> Any:
        keys.append(settings.key)
        raise TargetError(repr(settings))

    monkeypatch.setattr(click, "prompt", prompt)
    monkeypatch.setattr(cli, "judge", keep)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    assert run_command(TARGET=NOWHERE, KEY="") == 2
    assert run_command(TARGET=NOWHERE, KEY="sk-evo-a$b$(c)") == 2
    assert keys == [KEY, "sk-evo-a$b$(c)"]
    assert run_command("--key", KEY) == 2


def test_settings_do_not_show_the_key() -> None:
    assert KEY not in repr(Settings(NOWHERE, KEY))


def test_contract_in_a_form_that_is_not_read_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    document = bundle.bundle()
    responses = document["paths"]["/v1/credits"]["get"]["responses"]
    responses["default"] = responses.pop("500")
    monkeypatch.setattr(bundle, "bundle", lambda: document)
    with pytest.raises(bundle.BundleError) as error:
        few_models.all_contracts.__wrapped__(BASE)
    assert str(error.value) == (
        f"{bundle.ROOT}: paths./v1/credits.get.responses.default: list each status by its number; "
        "openapi/lint.py lists all mistakes"
    )


def test_request_that_a_server_never_answers_is_named(monkeypatch: pytest.MonkeyPatch, old_reports: Path) -> None:
    monkeypatch.setattr(target, "TIMEOUT", httpx.Timeout(0.05))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TargetError) as error:
            judge(Settings(url, KEY, folder=old_reports), FEW)
    message = f"TARGET: {url} sends no response to GET /v1/tasks/{NO_SUCH_TASK}: ReadTimeout: timed out"
    assert str(error.value) == message
    assert written(old_reports)["stopped"] == f"the run could not judge: {message}"
    assert verdict(written(old_reports), "wan25.smallest-request")["why"].endswith(message)
