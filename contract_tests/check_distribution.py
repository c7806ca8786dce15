"""Check that a wheel and an sdist contain exactly the four packages, their data and the licence.

    python contract_tests/check_distribution.py [FOLDER]

Run by `make dist`. Prints the number of files of the packages. If files are unexpected or missing, it prints each of
them and exits with 1.
"""

from __future__ import annotations

import re
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGES = {
    "evolink": "overlays/evolink",
    "evolink_client": "generated_client/evolink_client",
    "evolink_mock": "contract_tests/evolink_mock",
    "evolink_sandbox": "overlays/evolink_sandbox",
}
# Every file of a package matches one of these patterns. A new kind of data file needs a new line.
PATTERNS = (
    r"\w+/(\w+/)*(?!test_|conftest)\w+\.py",
    r"\w+/py\.typed",
    r"evolink/_pyinstaller/hook-\w+\.py",
    r"evolink_client/openapi\.json",
    r"evolink_client/editions/[0-9-]+\.json",
    r"evolink_mock/contract/rules\.json",
    r"evolink_mock/contract/settings\.schema\.json",
    r"evolink_mock/dashboard/pages/\w+\.(css|html|js|svg)",
    r"evolink_mock/scenarios/[a-z0-9-]+\.yaml",
)
SDIST_FILES = {".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}
WHEEL_FILES = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


def package_files() -> Iterator[tuple[str, str]]:
    """Yield each file of this checkout that must be published: its path in a wheel, and its path in an sdist."""
    for package, folder in PACKAGES.items():
        for path in (REPOSITORY / folder).rglob("*"):
            relative = path.relative_to(REPOSITORY / folder).as_posix()
            if any(re.fullmatch(pattern, f"{package}/{relative}") for pattern in PATTERNS):
                yield f"{package}/{relative}", f"{folder}/{relative}"


def differences(archive: Path, actual: Iterable[str], expected: Iterable[str]) -> list[str]:
    """Describe each unexpected or missing file of an archive, one line each."""
    unexpected, missing = set(actual) - set(expected), set(expected) - set(actual)
    return [
        *(f"{archive.name}: unexpected {path}" for path in sorted(unexpected)),
        *(f"{archive.name}: missing {path}" for path in sorted(missing)),
    ]


def check(wheel: Path, sdist: Path) -> list[str]:
    """Describe each problem with the contents of a wheel and an sdist, one line each."""
    with zipfile.ZipFile(wheel) as archive:
        wheel_paths = archive.namelist()
    with tarfile.open(sdist) as archive:
        sdist_paths = archive.getnames()
    files = list(package_files())
    name, version, _ = wheel.name.split("-", 2)
    metadata = [f"{name}-{version}.dist-info/{path}" for path in WHEEL_FILES]
    root = sdist.name.removesuffix(".tar.gz")
    return [
        *(
            f"no file matches {pattern}"
            for pattern in PATTERNS
            if not any(re.fullmatch(pattern, path) for path, _ in files)
        ),
        *differences(wheel, wheel_paths, [*metadata, *(path for path, _ in files)]),
        *differences(sdist, sdist_paths, [f"{root}/{path}" for path in (*SDIST_FILES, *(path for _, path in files))]),
    ]


def main() -> int:
    """Check the wheel and the sdist in the folder given as the only argument, by default `dist`."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "dist")
    try:
        sdist, wheel = sorted(folder.iterdir(), key=lambda path: path.suffix)
    except (OSError, ValueError):
        print(f"{folder} must contain a wheel, an sdist and no other files", file=sys.stderr)
        return 1
    errors = check(wheel, sdist)
    for error in errors:
        print(error, file=sys.stderr)
    if errors:
        return 1
    print(f"{wheel.name} and {sdist.name} contain the {sum(1 for _ in package_files())} files of the packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
