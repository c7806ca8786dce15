"""Installs the packages to compare with, at fixed versions, each in its own folder below `build/bench`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import MissingError

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "build" / "bench"
SECONDS = 300
PYTHON = {"openai": "3.54.0", "runwayml": "5.24.0", "lumaai": "1.21.0", "fal-client": "1.0.3", "replicate": "1.0.7"}
NPM = {"@stoplight/prism-cli": "5.16.0", "@stdy/cli": "0.22.2"}
OURS = "evolink-client"


@dataclass(frozen=True)
class Package:
    """A Python package that was installed from its wheel, with its dependencies.

    Attributes:
        site: the folder that contains only these packages.
        wheel: the wheel of the package itself.
        dependencies: the number of its direct and indirect dependencies.
    """

    site: Path
    wheel: Path
    dependencies: int


class Peers:
    """Installs packages on demand, each once.

    Args:
        folder: the folder to install into.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._built: Package | None = None

    def python(self, name: str) -> Package:
        """Install a package of PYTHON.

        Raises:
            MissingError: it cannot be installed on this machine.
        """
        folder = self._folder / f"{name}-{PYTHON[name]}"
        if not (folder / "done").exists():
            _pip_install(f"{name}=={PYTHON[name]}", folder)
            (folder / "done").touch()
        return _package(name, folder)

    def ours(self) -> Package:
        """Build the wheel of this project as it is now, and install it.

        Raises:
            MissingError: it cannot be installed on this machine.
        """
        if self._built is not None:
            return self._built
        folder = self._folder / OURS
        shutil.rmtree(folder / "built", ignore_errors=True)
        build: list[str | Path] = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder / "built", ROOT]
        _run([sys.executable, "-m", "pip", *build])
        [wheel] = (folder / "built").glob("*.whl")
        _pip_install(str(wheel), folder)
        self._built = _package(OURS, folder)
        return self._built

    def npm(self, name: str, program: str) -> list[str]:
        """Install a package of NPM; returns the command of its program.

        Raises:
            MissingError: it cannot be installed on this machine.
        """
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            raise MissingError("node or npm is missing")
        folder = self._folder / f"{name.replace('/', '-').lstrip('@')}-{NPM[name]}"
        path = folder / "node_modules" / ".bin" / program
        if not (folder / "done").exists():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "package.json").write_text("{}", encoding="utf-8")  # else npm uses one of a parent folder
            _run([npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", f"{name}@{NPM[name]}"], folder)
            (folder / "done").touch()
        return [node, str(path)]


def _pip_install(requirement: str, folder: Path) -> None:
    """Download the wheels of a requirement, whose sizes are measured, and install only from them."""
    wheels, site = folder / "wheels", folder / "site"
    for made in (wheels, site):
        shutil.rmtree(made, ignore_errors=True)
    pip = [sys.executable, "-m", "pip"]
    _run([*pip, "download", "--only-binary", ":all:", "--dest", wheels, requirement])
    _run([*pip, "install", "--no-deps", "--target", site, *sorted(wheels.glob("*.whl"))])


def _package(name: str, folder: Path) -> Package:
    wheels = sorted((folder / "wheels").glob("*.whl"))
    [wheel] = [path for path in wheels if path.name.startswith(f"{name.replace('-', '_')}-")]
    return Package(folder / "site", wheel, len(wheels) - 1)


def _run(command: list[str | Path], folder: Path | None = None) -> None:
    """Run a command that may need a network.

    Raises:
        MissingError: the command fails.
    """
    name = " ".join(Path(str(word)).name for word in command[:4])
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingError(f"{name}: {type(error).__name__}") from None
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise MissingError(f"{name}: {lines[-1][:120] if lines else 'failed'}")
