"""List the data files and the modules that PyInstaller must add to a program with the SDK or the mock.

PyInstaller finds this package by the entry point `pyinstaller40`, so nobody has to configure it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

# Part of tests and of builds only; they would add pytest and PyInstaller to every program.
_LEFT_OUT = ("evolink_mock.plugin", "evolink._pyinstaller")


def hook_dirs() -> list[str]:
    """Return the folders of the hooks, for the entry point."""
    return [str(Path(__file__).parent)]


def collect(package: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the data files of a package, each with its folder in the program, and the names of all its modules."""
    spec = find_spec(package)
    assert spec is not None  # noqa: S101 - PyInstaller runs a hook only for a package that it has found
    folder = Path(str(spec.origin)).parent
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in {".pyc", ".md"}]
    parts = {path: path.relative_to(folder.parent) for path in files}
    data = [(str(path), str(part.parent)) for path, part in parts.items() if path.suffix != ".py"]
    names = [".".join(part.with_suffix("").parts).removesuffix(".__init__") for part in parts.values()]
    modules = [name for path, name in zip(parts, names, strict=True) if path.suffix == ".py"]
    return data, [name for name in modules if not name.startswith(_LEFT_OUT)]
