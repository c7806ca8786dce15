"""Generates the package `evolink_client` from the contract, or checks that the committed package is up to date.

    python generated_client/generate.py           # generate the package
    python generated_client/generate.py --check   # print how the committed package differs; exit with 1 if it does

The steps are: bundle the contract's files and apply the newest prices, which gives the strict `openapi.json`; apply
the editions to it, each on top of the older ones, which gives `editions/<name>.json`, and mark on what they disagree;
apply the client overlay to the newest edition; and turn the result into code by openapi-python-client, with the edits
of its templates in `TEMPLATE_EDITS`. The new package replaces the old one only once it is complete.
"""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
PACKAGE = HERE / "evolink_client"
BUNDLE = REPOSITORY / "openapi" / "bundle.py"
APPLY = REPOSITORY / "overlays" / "contract" / "apply.py"
APPLY_EDITIONS = APPLY.with_name("editions.py")
OVERLAY = APPLY.with_name("client.overlay.yaml")
OVERLAY_SUFFIX = ".overlay.yaml"
PRICES = REPOSITORY / "overlays" / "prices"
EDITIONS = REPOSITORY / "overlays" / "editions"

_IMPORTS = """\
    {% for lazy_import in model.lazy_imports | sort %}
        {{ lazy_import }} # noqa: PLC0415
    {% endfor %}
"""
# Changes to the generator's stock templates: for each file, texts and what replaces them. Without them, copies of
# requests, tasks and errors would differ from the originals.
TEMPLATE_EDITS = {
    # Generated code compares with `is not UNSET`, so that a copy of UNSET would be sent as a value.
    "types.py.jinja": {
        "class Unset:\n": '''class Unset:
    """ The type of UNSET, which is its only instance, also after a copy or in another process """

    def __new__(cls) -> "Unset":
        return UNSET

    def __reduce__(self) -> tuple[type["Unset"], tuple[()]]:
        return Unset, ()

    def __repr__(self) -> str:
        return "UNSET"

''',
        "UNSET: Unset = Unset()\n": "UNSET: Unset = object.__new__(Unset)\n",
    },
    # Pickle would call the constructor with the message only.
    "errors.py.jinja": {
        "\n__all__": """
    def __reduce__(self) -> tuple[type["UnexpectedStatus"], tuple[int, bytes], dict[str, object]]:
        return type(self), (self.status_code, self.content), self.__dict__

__all__""",
    },
    # `attrs.evolve` and `copy.replace` copy only what the constructor takes. The copy has a dict of its own.
    # Assignments are not converted, because `from_dict` makes one for each object of a response.
    "model.py.jinja": {
        "from attrs import field as _attrs_field\n": (
            "from attrs import field as _attrs_field\nfrom attrs import setters as _attrs_setters\n"
        ),
        "@_attrs_define\n": "@_attrs_define(on_setattr=_attrs_setters.NO_OP)\n",
        "_attrs_field(init=False, factory=dict)": "_attrs_field(factory=dict, kw_only=True, converter=dict)",
        # Imports the models to which a model refers once, after its class: in `from_dict` of a task, the imports took
        # three fifths of the time.
        f"    def to_dict(self) -> dict[str, Any]:\n{_IMPORTS}": "    def to_dict(self) -> dict[str, Any]:\n",
        f"    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:\n{_IMPORTS}": (
            "    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:\n"
        ),
        "        return key in self.additional_properties\n    {% endif %}\n": """\
        return key in self.additional_properties
    {% endif %}
{% for lazy_import in model.lazy_imports | sort %}
{% if loop.first %}


if not TYPE_CHECKING:
{% endif %}
    {{ lazy_import }}
{% endfor %}
""",
    },
    # Imports each module when one of its names is first used, so that the time does not grow with the number of models.
    "models_init.py.jinja": {
        "\n{% for import in imports | sort %}\n{{ import }}\n{% endfor %}\n": """
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
{% for import in imports | sort %}
    {{ import }}
{% endfor %}

_MODULES = {
{% for import in imports | sort %}
    "{{ import.split()[3] }}": "{{ import.split()[1] }}",
{% endfor %}
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
""",
        "__all__ = (": "__all__: tuple[str, ...] = (",  # pyright infers no more than 256 members
    },
    # Does not test the body for each model in turn, so that neither a request nor a check of the types takes longer the
    # more models there are.
    "endpoint_macros.py.jinja": {
        '{% if prop_template.transform %}\n{{ prop_template.transform(property, property.python_name, "_kwargs': """
{%- if property.required and property.template == "union_property.py.jinja"
    and property.inner_properties | map(attribute="template") | unique | list == ["model_property.py.jinja"] %}
_kwargs["json"] = {{ property.python_name }}.to_dict()
{% elif prop_template.transform %}
{{ prop_template.transform(property, property.python_name, "_kwargs""",
    },
}


class Interruption:
    """Ends the program at a signal. Where Python ignores exceptions, as in a destructor, it ends at the next check."""

    def __init__(self) -> None:
        self._signalled = False

    def handle(self) -> None:
        """Handle the signals that end a program, except those that are ignored."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
                signal.signal(getattr(signal, name), self._interrupt)

    def check(self) -> None:
        """Raise KeyboardInterrupt if a signal has arrived."""
        if self._signalled:
            raise KeyboardInterrupt

    def _interrupt(self, *_: object) -> None:
        self._signalled = True
        raise KeyboardInterrupt


_interruption = Interruption()


class GenerationError(Exception):
    """A step of the generation failed. The message is the output of the step."""


def generate(folder: Path) -> Path:
    """Generate the package inside `folder`, which must exist, and return the path of the package.

    Raises:
        GenerationError: A step failed, or the generator warned that it left something out.
    """
    # First, because the message of this step says how to install the generator.
    generator = _tool("openapi-python-client")
    package = folder / PACKAGE.name
    contract = folder / "openapi.json"
    editions = folder / "editions"
    client_view = folder / "client.json"
    contract.write_bytes(_run([sys.executable, BUNDLE]))
    for prices in _overlays(PRICES)[-1:]:
        _overlay(contract, prices, contract)
    editions.mkdir()
    _run([sys.executable, APPLY_EDITIONS, contract, editions])
    newest = contract = (editions / "base.json").replace(contract)
    for edition in _overlays(EDITIONS):
        newest = editions / f"{edition.name.removesuffix(OVERLAY_SUFFIX)}.json"
    _overlay(newest, OVERLAY, client_view)
    templates = _edited_templates(folder / "templates")
    _run(
        [
            generator, "generate", "--fail-on-warning", "--meta", "none",
            "--path", client_view, "--config", HERE / "config.yaml", "--custom-template-path", templates,
            "--output-path", package,
        ]
    )  # fmt: skip
    (package / "py.typed").touch()  # because the generator omits it when it generates no project metadata
    shutil.move(contract, package)
    shutil.move(editions, package)
    return package


def _overlays(folder: Path) -> list[Path]:
    """Return the overlays in a folder, the oldest first: their names are dates."""
    return sorted(folder.glob(f"*{OVERLAY_SUFFIX}"))


def _overlay(contract: Path, overlay: Path, output: Path) -> Path:
    """Apply an overlay to a contract, and return the path of the result."""
    _run([sys.executable, APPLY, contract, overlay, "-o", output])
    return output


def _edited_templates(folder: Path) -> Path:
    """Write the edited templates into a new folder, and return its path. The generator takes the others from itself.

    Raises:
        GenerationError: A stock template does not contain a text that an edit replaces exactly once.
    """
    folder.mkdir()
    stock = resources.files("openapi_python_client").joinpath("templates")
    for name, edits in TEMPLATE_EDITS.items():
        text = stock.joinpath(name).read_text(encoding="utf-8")
        for old, new in edits.items():
            if text.count(old) != 1:
                raise GenerationError(f"the stock template {name} has changed: correct TEMPLATE_EDITS in generate.py")
            text = text.replace(old, new)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _tool(name: str) -> str:
    path = shutil.which(name, path=str(Path(sys.executable).parent))
    if path is None:
        raise GenerationError(
            f"{name} is not installed next to {sys.executable}; run `make generate`, which installs it"
        )
    return path


def _run(command: list[str | Path]) -> bytes:
    _interruption.check()
    # The generator looks for ruff on PATH.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    process = subprocess.run(command, capture_output=True, env={**os.environ, "PATH": path}, check=False)
    if process.returncode != 0:
        output = (process.stderr + process.stdout).decode(errors="replace").strip()
        raise GenerationError(output or f"{Path(command[0]).name} exited with status {process.returncode}")
    return process.stdout


def replace_committed(package: Path) -> None:
    """Replace the committed package by `package`. If that fails, the committed package stays."""
    _interruption.check()
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
    """Return a unified diff of the files in two folders, line by line. The list is empty if they are equal."""
    old_files, new_files = _files(old), _files(new)
    lines: list[str] = []
    for name in sorted(old_files.keys() | new_files.keys()):
        before, after = old_files.get(name), new_files.get(name)
        if before != after:
            path = f"{PACKAGE.relative_to(REPOSITORY)}/{name}"
            lines.append(f"--- {'committed ' + path if before is not None else '/dev/null'}")
            lines.append(f"+++ {'generated ' + path if after is not None else '/dev/null'}")
            changes = list(difflib.unified_diff(_lines(before), _lines(after), lineterm=""))[2:]
            lines += changes or ["(all lines are equal, but the bytes differ)"]
    return lines


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def _lines(content: bytes | None) -> list[str]:
    return (content or b"").decode(errors="replace").splitlines()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit status."""
    parser = argparse.ArgumentParser(prog="generate.py", description="Generate evolink_client from the contract.")
    parser.add_argument("--check", action="store_true", help="write nothing; print how the committed client differs")
    check = parser.parse_args(arguments).check
    # The folder is next to the package, so that replacing the package is a rename.
    with tempfile.TemporaryDirectory(dir=HERE, prefix=".build-") as folder:
        try:
            package = generate(Path(folder))
        except GenerationError as error:
            print(f"generate.py: {error}", file=sys.stderr)
            return 1
        if not check:
            replace_committed(package)
            return 0
        lines = difference(PACKAGE, package)
    for line in lines:
        print(line)
    if lines:
        print("generate.py: the committed client does not match the contract; run `make generate`", file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    _interruption.handle()
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("generate.py: interrupted; the client is complete", file=sys.stderr)
        sys.exit(130)
