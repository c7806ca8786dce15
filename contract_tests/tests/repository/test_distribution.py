"""The wheel and the sdist that a release publishes."""

from __future__ import annotations

import email
import io
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import evolink

Command = Callable[..., subprocess.CompletedProcess[str]]
NAME = f"evolink_client-{evolink.__version__}"
WHEEL = f"{NAME}-py3-none-any.whl"
SDIST = f"{NAME}.tar.gz"


@pytest.fixture(scope="module")
def python(repository: Path, command_environment: dict[str, str]) -> Command:
    """Run Python in the checkout."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=repository, env=command_environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def built(python: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an sdist and of a wheel that are built from the checkout."""
    folder = tmp_path_factory.mktemp("built")
    result = python("-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", folder)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def published(python: Command, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sdist, and of the wheel that is built from it alone, without a network."""
    folder = tmp_path_factory.mktemp("dist")
    shutil.copy(built / SDIST, folder)
    options = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir")
    result = python("-m", "pip", "wheel", *options, folder, folder / SDIST)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def copied(published: Path, tmp_path: Path) -> Path:
    """A copy of the wheel and the sdist, which a test may change."""
    return Path(shutil.copytree(published, tmp_path / "dist"))


def contents(wheel: Path) -> dict[str, bytes]:
    """Read every file of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_wheel_and_sdist_contain_the_packages_and_nothing_else(python: Command, published: Path) -> None:
    result = python("contract_tests/check_distribution.py", published)
    assert (result.returncode, result.stderr) == (0, "")
    assert re.fullmatch(rf"{re.escape(f'{WHEEL} and {SDIST}')} contain the \d+ files of the packages\n", result.stdout)


def test_files_that_are_unexpected_or_missing_are_named(python: Command, copied: Path) -> None:
    with zipfile.ZipFile(copied / WHEEL, "a") as archive:
        archive.writestr("evolink/test_stray.py", "")
        archive.writestr("contract_suite/run.py", "")
    with tarfile.open(copied / SDIST) as archive:
        files = {member.name: archive.extractfile(member) for member in archive}
        contents_of_files = {name: file.read() for name, file in files.items() if file is not None}
    del contents_of_files[f"{NAME}/overlays/evolink/py.typed"]
    with tarfile.open(copied / SDIST, "w:gz") as archive:
        for name, content in contents_of_files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    result = python("contract_tests/check_distribution.py", copied)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        f"{WHEEL}: unexpected contract_suite/run.py",
        f"{WHEEL}: unexpected evolink/test_stray.py",
        f"{SDIST}: missing {NAME}/overlays/evolink/py.typed",
    ]


@pytest.mark.parametrize("change", ["another file", "no wheel", "no folder"])
def test_folder_must_contain_a_wheel_and_an_sdist_and_nothing_else(python: Command, copied: Path, change: str) -> None:
    match change:
        case "another file":
            (copied / "openapi.json").touch()
        case "no wheel":
            (copied / WHEEL).unlink()
        case _:
            shutil.rmtree(copied)
    result = python("contract_tests/check_distribution.py", copied)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"{copied} must contain a wheel, an sdist and no other files\n"


def test_wheel_from_the_sdist_is_the_wheel_from_the_checkout(built: Path, published: Path) -> None:
    assert contents(published / WHEEL) == contents(built / WHEEL)


def test_metadata_renders_and_names_version_licence_and_extras(python: Command, published: Path) -> None:
    result = python("-m", "twine", "--no-color", "check", "--strict", published / WHEEL, published / SDIST)
    assert (result.returncode, result.stderr) == (0, "")
    assert re.findall(r": (\w+)$", result.stdout, re.MULTILINE) == ["PASSED", "PASSED"]
    metadata = email.message_from_bytes(contents(published / WHEEL)[f"{NAME}.dist-info/METADATA"])
    assert (metadata["name"], metadata["version"]) == ("evolink-client", evolink.__version__)
    assert (metadata["license-expression"], metadata.get_all("license-file")) == ("MIT", ["LICENSE"])
    assert metadata.get_all("provides-extra") == ["batch", "cli", "media", "mock", "postgres", "remote", "workers"]
