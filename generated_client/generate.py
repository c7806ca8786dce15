"""Makes `evolink_client` anew from the contract, or tells how it differs from the contract.

    python generated_client/generate.py           # write it
    python generated_client/generate.py --check   # print the difference; exit status 1 if there is one

The contract's files are bundled into the strict `openapi.json`, the client overlay is laid over that, and
openapi-python-client turns the result into code with its stock templates. The new package replaces the old one only
once it is whole.
"""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
PACKAGE = HERE / "evolink_client"
BUNDLE = REPOSITORY / "openapi" / "bundle.py"
APPLY = REPOSITORY / "overlays" / "contract" / "apply.py"
OVERLAY = APPLY.with_name("client.overlay.yaml")


class GenerationError(Exception):
    """A step of the generation failed; the text is what the step printed."""


def generate(folder: Path) -> Path:
    """Make the package inside `folder`, which must exist, and return its path.

    Raises:
        GenerationError: a step failed, or the generator warned that it left something out.
    """
    generator = _tool("openapi-python-client")  # first, as it tells best what is missing
    package = folder / PACKAGE.name
    contract = folder / "openapi.json"
    client_view = folder / "client.json"
    contract.write_bytes(_run([sys.executable, BUNDLE]))
    _run([sys.executable, APPLY, contract, OVERLAY, "-o", client_view])
    _run(
        [
            generator, "generate", "--fail-on-warning", "--meta", "none",
            "--path", client_view, "--config", HERE / "config.yaml", "--output-path", package,
        ]
    )  # fmt: skip
    (package / "py.typed").touch()  # which the generator leaves out without project metadata
    shutil.move(contract, package)
    return package


def _tool(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        raise GenerationError(
            f"{name} is not installed beside {sys.executable}; run `make generate`, which installs it"
        )
    return found


def _run(command: list[str | Path]) -> bytes:
    # The generator looks for ruff on the search path.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(command, capture_output=True, env={**os.environ, "PATH": path}, check=False)
    if done.returncode != 0:
        printed = (done.stderr + done.stdout).decode(errors="replace").strip()
        raise GenerationError(printed or f"{Path(command[0]).name} ended with status {done.returncode}")
    return done.stdout


def swap_in(package: Path) -> None:
    """Put `package` in the place of the committed one, or leave that one where it is."""
    old = package.with_name("old")
    try:
        if PACKAGE.exists():
            PACKAGE.rename(old)
        package.rename(PACKAGE)
    except BaseException:
        if old.exists() and not PACKAGE.exists():
            old.rename(PACKAGE)
        raise


def difference(old: Path, new: Path) -> list[str]:
    """Return the lines of a unified diff from the files in `old` to those in `new`; none when they are equal."""
    old_files, new_files = _files(old), _files(new)
    lines: list[str] = []
    for name in sorted(old_files.keys() | new_files.keys()):
        before, after = old_files.get(name), new_files.get(name)
        if before != after:
            path = f"{PACKAGE.relative_to(REPOSITORY)}/{name}"
            lines.append(f"--- {'committed ' + path if before is not None else '/dev/null'}")
            lines.append(f"+++ {'generated ' + path if after is not None else '/dev/null'}")
            changes = list(difflib.unified_diff(_lines(before), _lines(after), lineterm=""))[2:]
            lines += changes or ["(the bytes differ, the lines do not)"]
    return lines


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def _lines(content: bytes | None) -> list[str]:
    return (content or b"").decode(errors="replace").splitlines()


def main() -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="generate.py", description="Make evolink_client anew from the contract.")
    parser.add_argument("--check", action="store_true", help="only print how the committed client differs")
    check = parser.parse_args().check
    # Beside the package, so that swapping it in is a rename.
    with tempfile.TemporaryDirectory(dir=HERE, prefix=".build-") as folder:
        try:
            package = generate(Path(folder))
        except GenerationError as error:
            print(f"generate.py: {error}", file=sys.stderr)
            return 1
        if not check:
            swap_in(package)
            return 0
        lines = difference(PACKAGE, package)
    for line in lines:
        print(line)
    if lines:
        print("generate.py: the committed client is not what the contract yields; run `make generate`", file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("generate.py: interrupted; the client is whole", file=sys.stderr)
        sys.exit(130)
