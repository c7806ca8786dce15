"""Continuous integration and releases of this repository, and the action that other repositories use."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import bundle
import evolink
from contract_suite.cli import main as suite_command
from evolink_mock import MockServer
from evolink_mock.server import ServedApp, listen

# The jobs that may do more than read the repository. Each of them runs nothing of the repository itself.
WRITERS = {
    ("release.yml", "pypi"): {"id-token": "write"},  # proves to the package index which workflow publishes
    ("release.yml", "github"): {"contents": "write"},  # creates the release
}
ACTION = ".github/actions/contract/action.yml"
WORKFLOWS = ".github/workflows"
EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
PIN = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


@pytest.fixture(scope="module")
def action(repository: Path) -> dict[str, Any]:
    """The action."""
    loaded: dict[str, Any] = bundle.load(repository / ACTION)
    return loaded


@pytest.fixture(scope="module")
def workflows(repository: Path) -> dict[str, Any]:
    """The workflows by the names of their files."""
    loaded = {path.name: bundle.load(path) for path in sorted((repository / WORKFLOWS).glob("*.yml"))}
    assert loaded.keys() == {"ci.yml", "live.yml", "nightly.yml", "release.yml"}
    return loaded


@pytest.fixture(scope="module")
def example(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The workflow that the guide to the contract tests shows."""
    [text] = re.findall(
        r"```yaml\n(.*?)```", (repository / "contract_tests/README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    path = tmp_path_factory.mktemp("readme") / "contract.yml"
    path.write_text(text, encoding="utf-8")
    loaded: dict[str, Any] = bundle.load(path)
    return loaded


def steps(*documents: Any) -> Iterator[dict[str, Any]]:
    """Yield every step of workflows and actions."""
    for document in documents:
        yield from document.get("runs", {}).get("steps", ())
        for job in document.get("jobs", {}).values():
            yield from job["steps"]


def test_no_script_contains_an_expression(action: dict[str, Any], workflows: dict[str, Any]) -> None:
    scripts = [step["run"] for step in steps(action, *workflows.values()) if "run" in step]
    assert len(scripts) > 5
    assert [script for script in scripts if "${{" in script] == []


def test_other_actions_are_pinned_by_hash_and_are_of_one_version_each(repository: Path) -> None:
    files = [path for suffix in ("yml", "yaml") for path in (repository / ".github").rglob(f"*.{suffix}")]
    used = [
        line.partition("uses:")[2].strip()
        for path in files
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"[\s-]*uses:", line)
    ]
    assert len(used) > 20
    local = "$/.github/actions/contract"  # at the commit that is running
    assert [use for use in used if use != local and not PIN.fullmatch(use)] == []
    versions = set(used) - {local}
    assert len({use.partition("@")[0] for use in versions}) == len(versions)


def test_zizmor_finds_nothing_in_workflows_and_actions(repository: Path) -> None:
    zizmor = Path(sysconfig.get_path("scripts"), "zizmor")
    options = (
        "--offline",
        "--color=never",
        "--persona=auditor",
        "--strict-collection",
        "--no-progress",
        "--format=plain",
    )
    done = subprocess.run([zizmor, *options, ".github"], cwd=repository, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "No findings to report. Good job!\n"), done.stderr


def test_checkouts_leave_no_credentials_behind(workflows: dict[str, Any]) -> None:
    checkouts = [step for step in steps(*workflows.values()) if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == 7
    assert [step for step in checkouts if step["with"].get("persist-credentials") is not False] == []


def test_secrets_are_given_to_jobs_in_an_environment_only(workflows: dict[str, Any], example: dict[str, Any]) -> None:
    jobs = {
        (file, name): job
        for file, workflow in (*workflows.items(), ("the guide", example))
        for name, job in workflow["jobs"].items()
    }
    assert {place: job["environment"] for place, job in jobs.items() if "secrets." in str(job)} == {
        ("live.yml", "contract"): "live",
        ("the guide", "contract"): "staging",
    }
    outside = [workflow | {"jobs": {}} for workflow in workflows.values()]
    assert "secrets." not in str(outside)


def test_workflows_may_read_the_contents_and_only_two_jobs_of_a_release_may_do_more(
    workflows: dict[str, Any], example: dict[str, Any]
) -> None:
    for workflow in (*workflows.values(), example):
        assert workflow["permissions"] == {"contents": "read"}
    jobs = {(file, name): job for file, workflow in workflows.items() for name, job in workflow["jobs"].items()}
    idle: dict[tuple[str, str], Any] = {("ci.yml", "all-checks"): {}}  # looks at results only
    assert {place: job["permissions"] for place, job in jobs.items() if "permissions" in job} == WRITERS | idle
    assert all("permissions" not in job for job in example["jobs"].values())


def test_jobs_that_may_write_run_nothing_of_the_repository(workflows: dict[str, Any]) -> None:
    pypi, github = (workflows[name]["jobs"][job] for name, job in WRITERS)
    download, publish = pypi["steps"]
    assert (download["uses"].partition("@")[0], download["with"]) == ("actions/download-artifact", {"name": "release"})
    assert (publish["uses"].partition("@")[0], publish.keys()) == ("pypa/gh-action-pypi-publish", {"uses"})
    assert github["steps"][0] == download
    [create] = github["steps"][1:]
    assert create["run"].startswith("gh release create ")
    assert create["env"] == {"GH_TOKEN": "${{ github.token }}", "GH_REPO": "${{ github.repository }}"}


def test_all_checks_waits_for_every_job_and_lets_only_the_diff_of_a_push_be_skipped(workflows: dict[str, Any]) -> None:
    jobs = dict(workflows["ci.yml"]["jobs"])
    last = jobs.pop("all-checks")
    assert (last["if"], set(last["needs"])) == ("always()", set(jobs))
    [step] = last["steps"]
    assert EXPRESSION.findall(step["env"]["RESULTS"]) == [f"needs.{name}.result" for name in last["needs"]]
    expected, condition = step["env"]["EXPECTED"].rsplit("/", 1)[0], jobs["diff"]["if"]
    assert expected.split("/") == ["success"] * (len(jobs) - 1)
    assert step["env"]["EXPECTED"].endswith(f"{{{{ {condition} && 'success' || 'skipped' }}}}")
    assert [name for name, job in jobs.items() if "if" in job] == ["diff"]


def test_every_supported_python_runs_every_test_and_skips_none(workflows: dict[str, Any], repository: Path) -> None:
    jobs = workflows["ci.yml"]["jobs"]
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    supported = [
        text.removeprefix("Programming Language :: Python :: ")
        for text in project["classifiers"]
        if text.startswith("Programming Language :: Python :: 3.")
    ]
    for name in ("test", "wheel"):
        assert jobs[name]["strategy"] == {"fail-fast": False, "matrix": {"python": supported}}
    generators, tests, demo = jobs["test"]["steps"][-3:]
    assert generators == {"run": "make generators"}
    assert tests == {"run": ".ci/run", "env": {"FAIL_ON_SKIP": "1"}}
    assert demo == {"run": "make demo"}
    assert [jobs[name]["steps"][-1] for name in ("wheel", "dist", "mutants")] == [
        {"run": "make test-wheel"}, {"run": "make dist"}, {"run": "make mutants"}
    ]  # fmt: skip


def test_pull_requests_are_compared_with_their_base_and_say_so_in_the_summary(workflows: dict[str, Any]) -> None:
    checkout, _, compare, summary = workflows["ci.yml"]["jobs"]["diff"]["steps"]
    assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}
    assert compare == {"run": "make diff", "env": {"BASE": "origin/${{ github.base_ref }}"}}
    assert summary["if"] == "always()"


def test_release_is_tested_before_it_is_published(workflows: dict[str, Any]) -> None:
    workflow = workflows["release.yml"]
    assert workflow["on"] == {"push": {"tags": ["v*"]}}
    jobs = workflow["jobs"]
    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "build": None, "pypi": "build", "github": ["build", "pypi"]
    }  # fmt: skip
    assert {name: job.get("environment") for name, job in jobs.items()} == {
        "build": None, "pypi": "pypi", "github": None
    }  # fmt: skip
    *_, version, notes, test, dist, keep = jobs["build"]["steps"]
    assert (version["id"], notes["id"]) == ("version", "notes")
    assert (test, dist) == ({"run": "make test"}, {"run": "make dist"})
    kept = keep["with"]["path"].splitlines()
    assert kept == ["dist", "build/release-notes.md", "generated_client/evolink_client/openapi.json"]
    attached = jobs["github"]["steps"][-1]["run"].split()[-5:]
    assert attached == ["--notes-file", kept[1], "dist/*.whl", "dist/*.tar.gz", kept[2]]


def test_every_input_of_the_action_is_described_and_used_once(action: dict[str, Any]) -> None:
    values = [value for step in steps(action) for part in ("env", "with") for value in step.get(part, {}).values()]
    used = [name for value in values for name in re.findall(r"inputs\.(\w+)", str(value))]
    assert sorted(used) == sorted(action["inputs"])
    assert all(given["description"] for given in action["inputs"].values())
    assert action["inputs"]["spend"]["default"] == "0"


def test_report_is_kept_after_every_result(action: dict[str, Any]) -> None:
    *_, judge, keep = action["runs"]["steps"]
    assert keep["uses"].startswith("actions/upload-artifact@")
    assert keep["if"] == "always()"
    assert keep["with"]["path"] == f"${{{{ steps.{judge['id']}.outputs.reports }}}}"


def test_users_of_the_action_pass_only_inputs_that_exist(
    action: dict[str, Any], workflows: dict[str, Any], example: dict[str, Any]
) -> None:
    given = [step["with"] for step in steps(*workflows.values(), example) if "actions/contract" in step.get("uses", "")]
    assert len(given) == 2
    assert all(inputs.keys() <= action["inputs"].keys() for inputs in given)


# --- the scripts of the steps


MODEL = "wan2.5-image-to-video"  # judging by one model takes a fifth of the time
Script = Callable[..., tuple[subprocess.CompletedProcess[str], dict[str, str]]]
Settings = Callable[..., tuple[dict[str, str], str]]


@pytest.fixture
def run_script(tmp_path: Path, suite_environment: dict[str, str]) -> Script:
    """Run the script of a step; return its result and the outputs that it sets."""

    def run(script: str, **environment: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
        outputs = tmp_path / "outputs"
        outputs.touch()
        result = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            env=suite_environment | {"GITHUB_OUTPUT": str(outputs), **environment},
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return result, dict(line.split("=", 1) for line in outputs.read_text(encoding="utf-8").splitlines())

    return run


def write_python(checkout: Path) -> None:
    """Give a checkout the virtual environment of these tests."""
    python = checkout / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)


@pytest.fixture
def judge(action: dict[str, Any], repository: Path, tmp_path: Path, run_script: Script) -> Script:
    """Run the action's script in a checkout that is set up already, as another repository does."""
    root = tmp_path / "_actions"
    for folder in ("openapi", "overlays", "contract_tests"):
        (root / folder).parent.mkdir(exist_ok=True)
        (root / folder).symlink_to(repository / folder)
    shutil.copy(repository / "Makefile", root)
    for name in ("requirements.lock", "pyproject.toml"):
        (root / name).touch()
        os.utime(root / name, (0, 0))
    write_python(root)
    (root / ".venv/.ready").touch()
    [script] = [step["run"] for step in steps(action) if "run" in step]
    (root / ".github/actions/contract").mkdir(parents=True)

    def run(PATH: str = os.environ["PATH"], **inputs: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:  # noqa: N803 - as in the environment
        given = {name.upper(): inputs.get(name, known["default"]) for name, known in action["inputs"].items()}
        folders = {"GITHUB_ACTION_PATH": str(root / ".github/actions/contract")}
        return run_script(script, GITHUB_WORKSPACE=str(tmp_path / "workspace"), PATH=PATH, **folders, **given)

    return run


def test_action_passes_for_a_correct_server(judge: Script, mock: MockServer, tmp_path: Path) -> None:
    (tmp_path / "_actions/reports").mkdir()
    (tmp_path / "_actions/reports/older").touch()
    result, outputs = judge(target=mock.url, key=mock.api_key, model=MODEL, shard="2/9")
    assert (result.returncode, result.stderr) == (0, ""), result.stdout + result.stderr
    assert f"Judging {mock.url} by " in result.stdout
    assert "    0 requests that may create a task\n" in result.stdout
    assert outputs.keys() == {"reports", "artifact"}
    assert outputs["reports"] == str(tmp_path / "_actions/reports")
    assert re.fullmatch("contract-2-9-[0-9a-f]{8}", outputs["artifact"])
    kept = {path.name for path in Path(outputs["reports"]).iterdir()}
    assert {"contract.json", "contract.xml"} <= kept
    assert "older" not in kept


def test_action_fails_and_keeps_the_report_when_a_rule_is_broken(judge: Script, tmp_path: Path) -> None:
    async def refuse(_: Request) -> Response:
        return JSONResponse({"error": {"code": 418, "message": "no", "type": "teapot"}}, 418)

    app = Starlette(routes=[Route("/{path:path}", refuse, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])])
    with ServedApp(app, listen("127.0.0.1", 0)) as served:
        result, outputs = judge(
            target=served.url, key="sk-evo-a-key-that-nobody-sees", model=MODEL, shard="2/9", seed="7"
        )  # fmt: skip
    assert result.returncode != 0
    assert "broken  " in result.stdout
    assert "seed 7" in result.stdout
    assert "nobody-sees" not in result.stdout + result.stderr
    assert (tmp_path / "_actions/reports/contract.json").exists()
    assert outputs["reports"] == str(tmp_path / "_actions/reports")


def test_inputs_of_the_action_are_not_run_as_scripts(judge: Script, tmp_path: Path) -> None:
    inputs = {
        "target": "https://$(shell touch made).example", "key": "`touch made`", "shard": "$(touch made)\nreports=/etc",
    }  # fmt: skip
    shown = " ".join(f'"${name.upper()}"' for name in inputs)
    (tmp_path / "_actions/.venv/bin/python").write_text(f"#!/bin/sh\nprintf '%s\\0' {shown}\n", encoding="utf-8")
    done, outputs = judge(**inputs)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\0") == [*inputs.values(), ""]
    assert list(tmp_path.rglob("made")) == []
    assert outputs["reports"] == str(tmp_path / "_actions/reports")
    assert re.fullmatch(r"contract-[-0-9a-zA-Z_ ]+", outputs["artifact"])


@pytest.fixture
def settings_of(judge: Script, tmp_path: Path) -> Settings:
    """Run the action's script with a make that only shows its settings; return them and the name of the artifact."""
    make = tmp_path / "bin/make"
    make.parent.mkdir()
    make.write_text("#!/bin/sh\nenv -0\n", encoding="utf-8")
    make.chmod(0o755)

    def run(**inputs: str) -> tuple[dict[str, str], str]:
        done, outputs = judge(PATH=f"{make.parent}{os.pathsep}{os.environ['PATH']}", **inputs)
        assert (done.returncode, done.stderr) == (0, "")
        return dict(line.split("=", 1) for line in done.stdout.split("\0") if line), outputs["artifact"]

    return run


def test_two_uses_of_the_action_in_a_workflow_keep_two_artifacts(settings_of: Settings) -> None:
    names = {settings_of(shard=shard)[1] for shard in ("", "", "1/2", "1/2")}
    assert len(names) == 4
    assert all(re.fullmatch("contract(-1-2)?-[0-9a-f]{8}", name) for name in names)


def test_artifact_of_the_action_has_the_given_name_and_the_shard(settings_of: Settings, action: dict[str, Any]) -> None:
    _, name = settings_of(artifact="staging: v1\nreports=/etc", shard="2/3")
    assert name == "staging- v1-reports--etc-2-3"
    assert action["outputs"]["artifact"]["value"] == "${{ steps.judge.outputs.artifact }}"


def test_every_setting_of_the_suite_is_an_input_of_the_action(settings_of: Settings, tmp_path: Path) -> None:
    options = [option.envvar for option in suite_command.params if isinstance(option, click.Option)]
    names = {"KEY", *filter(None, options)}
    inputs = {str(name).lower(): f"a $(touch made) {name}" for name in names}
    settings, _ = settings_of(**inputs | {"overlay": "a.yaml:/b.yaml\n$HOME/c.yaml\n"})
    workspace = tmp_path / "workspace"
    assert {str(name).lower(): settings[str(name)] for name in names} == inputs | {
        "overlay": f"{workspace}/a.yaml:/b.yaml:{workspace}/$HOME/c.yaml"
    }
    assert list(tmp_path.rglob("made")) == []


@pytest.fixture
def release_step(workflows: dict[str, Any]) -> Callable[[str], str]:
    """Find the script of a step of the release's first job by its id."""
    by_id = {step.get("id"): step.get("run", "") for step in workflows["release.yml"]["jobs"]["build"]["steps"]}
    return by_id.__getitem__


def test_release_has_the_version_of_its_tag(
    release_step: Callable[[str], str], run_script: Script, tmp_path: Path
) -> None:
    write_python(tmp_path)
    tag = f"v{evolink.__version__}"
    result, outputs = run_script(release_step("version"), GITHUB_REF_NAME=tag)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert outputs == {"version": evolink.__version__}
    result, _ = run_script(release_step("version"), GITHUB_REF_NAME="v99.0")
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout == f"::error::The tag is v99.0, but the version is {evolink.__version__}.\n"


CHANGELOG = """# Changelog

## [Unreleased]

## [1.10.0] - 2026-02-03

### Added

* One, with a [link].

### Fixed

* Two.

## [1.1.0] - 2026-01-02

### Added

* Three.

[link]: https://example.com
"""


@pytest.mark.parametrize(
    ("version", "notes"),
    [
        ("1.10.0", "### Added\n\n* One, with a [link].\n\n### Fixed\n\n* Two.\n"),
        ("1.1.0", "### Added\n\n* Three.\n"),
    ],
)
def test_release_notes_are_the_section_of_the_version(
    release_step: Callable[[str], str], run_script: Script, tmp_path: Path, version: str, notes: str
) -> None:
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    result, _ = run_script(release_step("notes"), VERSION=version)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert (tmp_path / "build/release-notes.md").read_text(encoding="utf-8") == notes


@pytest.mark.parametrize("version", ["1.1", "1x1.0", "Unreleased"])
def test_version_without_a_section_is_not_released(
    release_step: Callable[[str], str], run_script: Script, tmp_path: Path, version: str
) -> None:
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    result, _ = run_script(release_step("notes"), VERSION=version)
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout == f"::error::CHANGELOG.md has no section for {version}.\n"


def test_live_run_without_a_key_reports_it_and_does_nothing(workflows: dict[str, Any], run_script: Script) -> None:
    first, *others = workflows["live.yml"]["jobs"]["contract"]["steps"]
    result, outputs = run_script(first["run"], KEY="")
    assert (result.returncode, outputs) == (0, {})
    assert result.stdout.startswith("::notice::Nothing is tested: ")
    result, outputs = run_script(first["run"], KEY="sk-evo-a-key")
    assert (result.returncode, result.stdout, outputs) == (0, "", {"given": "true"})
    assert {step["if"] for step in others} == {f"steps.{first['id']}.outputs.given == 'true'"}
    assert others[-1]["with"]["spend"] == "0"
    assert workflows["live.yml"]["on"].keys() == {"schedule", "workflow_dispatch"}
