"""Documents: links, paths and commands exist, the prose is plain English, and imports follow the architecture."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evolink_sandbox import yaml_1_2

MAX_README_BYTES = 8_000
MAX_ARCHITECTURE_LINES = 60
MAX_GLOSSARY_ROWS = 15
MAX_PICTURE_BYTES = 200_000
NEWCOMER_TASKS = (
    "when a request is retried",
    "a field of a response",
    "an endpoint below `/_mock/`",
    "an error message of the command",
    "a documented rule",
    "a mutant of the mock's behaviour",
    "a benchmark",
    "the HTML report",
    "the cost estimate",
    "what a ledger does with a key that it knows",
    "an upload of files",
    "the generator's version",
    "the models: add one",
    "a page: record a later edition",
    "the prices: record a newer list",
)
UN_ENGLISH = re.compile(r"\bis\sno\s|\bit\sis\snone\b|\bwhat\sis\stold\b", re.IGNORECASE)
GENERATED = ("generated_client/evolink_client/", "requirements.lock")


def tracked(repository: Path, *patterns: str) -> list[Path]:
    """List the tracked, hand-written files that match at least one git pattern."""
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=repository, capture_output=True, check=True)
    names = [name for name in listed.stdout.decode().split("\0") if name]
    return [repository / name for name in names if not name.startswith(GENERATED) and (repository / name).exists()]


@pytest.fixture(scope="module")
def contributing(repository: Path) -> str:
    """The guide for contributors."""
    return (repository / ".github/CONTRIBUTING.md").read_text(encoding="utf-8")


def section(document: str, heading: str) -> list[str]:
    """Return the lines below a heading of level two."""
    _, _, rest = document.partition(f"\n## {heading}\n")
    return rest.partition("\n## ")[0].strip().splitlines()


def rows(lines: list[str]) -> Iterator[list[str]]:
    """Yield the cells of each row of a Markdown table, without its head."""
    table = [line.strip("| ").split(" | ") for line in lines if line.startswith("|")]
    yield from table[2:]


def test_readme_is_short(repository: Path) -> None:
    assert len((repository / "README.md").read_bytes()) <= MAX_README_BYTES


def test_first_screen_of_the_readme_says_what_it_does_not_do_and_how_to_start(repository: Path) -> None:
    screen = "\n".join((repository / "README.md").read_text(encoding="utf-8").splitlines()[:32])
    assert "What it does not do" in screen
    assert re.findall(r"^make (\w+) +#", screen, re.MULTILINE) == ["demo", "test"]


def test_readme_states_how_many_models_of_the_list_are_covered(repository: Path) -> None:
    models: Any = yaml_1_2.load(
        (repository / "contract_tests/documented/models.yaml").read_text(encoding="utf-8")
    ).value
    listed = models["families"]
    expected = f"all {sum(map(len, listed.values()))} video models, in {len(listed)} families"
    assert expected in (repository / "README.md").read_text(encoding="utf-8")


def test_links_within_the_repository_lead_somewhere(repository: Path) -> None:
    broken: list[str] = []
    for path in tracked(repository, "*.md"):
        text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            target, _, fragment = link.partition("#")
            if "://" in target or target.startswith("mailto:"):
                continue
            file = path.parent / target if target else path
            if not file.exists():
                broken.append(f"{path.name}: {link}")
            elif fragment and file.suffix == ".md":
                headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
                anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
                if fragment not in anchors:
                    broken.append(f"{path.name}: {link}")
    assert broken == []


def test_make_targets_that_documents_name_exist(repository: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (repository / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    unknown = [
        f"{path.name}: make {target}"
        for path in tracked(repository, "*.md")
        for target in re.findall(r"(?:^|`)make ([a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        if target not in targets
    ]
    assert unknown == []


def test_newcomer_finds_one_existing_path_for_each_task(repository: Path, contributing: str) -> None:
    cells = dict(rows(section(contributing, "To change X, edit Y")))
    assert tuple(cells) == NEWCOMER_TASKS
    for task, cell in cells.items():
        first, *_ = re.findall(r"`([^`]+)`", cell)
        assert (repository / first).exists(), task


def test_architecture_and_glossary_are_short(contributing: str) -> None:
    assert len(section(contributing, "Architecture")) <= MAX_ARCHITECTURE_LINES
    assert len(list(rows(section(contributing, "Glossary")))) <= MAX_GLOSSARY_ROWS


def test_pictures_of_the_readme_are_small(repository: Path) -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (repository / "README.md").read_text(encoding="utf-8"))
    assert len(pictures) == 2
    for picture in pictures:
        content = (repository / picture).read_bytes()
        assert content[8:12] == b"WEBP"
        assert len(content) < MAX_PICTURE_BYTES


def test_prose_is_plain_english(repository: Path) -> None:
    lines: list[str] = []
    for path in tracked(repository, "*.py", "*.md", "*.yaml", "*.yml", "*.html", "Makefile", "*.toml"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if UN_ENGLISH.search(line):
                lines.append(f"{path.relative_to(repository)}:{number}: {line.strip()}")
    assert lines == []


def test_module_docstrings_say_what_is_in_the_module(repository: Path) -> None:
    wrong: list[str] = []
    for path in tracked(repository, "*.py"):
        docstring = re.match(r'(?:#.*\n)*r?"""(.*)', path.read_text(encoding="utf-8"))
        if docstring is None or re.match(r"(What|Of|Whoever|Where|Whether|How)\b", docstring[1]):
            wrong.append(str(path.relative_to(repository)))
    assert wrong == []


# --- the layout: folders and imports


@pytest.fixture(scope="module")
def folders(repository: Path) -> list[str]:
    """The folders that an editable installation puts on Python's path."""
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    build = project["tool"]["hatch"]["build"]
    on_path: list[str] = build["dev-mode-dirs"]
    assert project["tool"]["pyright"]["extraPaths"] == on_path
    return on_path


def test_tools_are_on_the_path_by_three_folders(repository: Path, folders: list[str]) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    tools = [folder for folder in folders if folder not in {str(Path(package).parent) for package in packages}]
    assert tools == ["openapi", "overlays/contract", "contract_tests/harness"]
    assert "mypy_path" not in project["tool"]["mypy"]
    assert "pythonpath" not in project["tool"]["pytest"]["ini_options"]
    assert "PYTHONPATH" not in re.sub(
        r"(?m)^.*TOOL_FOLDERS.*$", "", (repository / "Makefile").read_text(encoding="utf-8")
    )


def test_no_module_name_exists_twice_on_the_path(repository: Path, folders: list[str]) -> None:
    names: dict[str, list[str]] = {}
    for folder in folders:
        for path in (repository / folder).iterdir():
            if path.suffix == ".py" or (path / "__init__.py").exists():
                names.setdefault(path.stem, []).append(folder)
    assert {name: places for name, places in names.items() if len(places) > 1} == {}


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted name of each module that a file imports anywhere."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def layer(name: str) -> str:
    """Return the folder of the harness that a module belongs to: `contract_suite.core`, `mutation`, ..."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "contract_suite" else parts[0]


LAYERS = (
    {"contract_suite.rules"},
    {"contract_suite.core"},
    {"contract_suite.checks"},
    {"contract_suite.coverage"},
    {"contract_suite.drift"},
    {"contract_suite.reporting", "contract_suite.settings", "contract_suite.run"},
    {"contract_suite.session"},
    {"contract_suite.cli", "contract_suite.nightly"},
    {"contract_suite.__main__"},
    {"mutation", "benchmarks"},
)
"""A folder or module of the harness imports only from its own set and from the sets before it."""


def test_folders_of_the_harness_import_one_way(repository: Path) -> None:
    harness = repository / "contract_tests/harness"
    ranks = {name: rank for rank, names in enumerate(LAYERS) for name in names}
    wrong: list[str] = []
    for path in tracked(repository, "contract_tests/harness/*.py"):
        name = ".".join(path.relative_to(harness).with_suffix("").parts)
        for module in imported(path):
            if module.partition(".")[0] in {"contract_suite", "mutation", "benchmarks"}:
                own, other = layer(name), layer(module)
                if own in ranks and other in ranks and ranks[other] > ranks[own]:
                    wrong.append(f"{name} imports {module}")
    assert wrong == []


def test_product_imports_nothing_of_the_harness(repository: Path) -> None:
    forbidden = {
        "generated_client/evolink_client": {"evolink", "evolink_mock"},
        "overlays/evolink_sandbox": {"evolink", "evolink_client", "evolink_mock"},
        "overlays/evolink": {"evolink_mock"},
        "contract_tests/evolink_mock": {"evolink"},
    }
    tools = {"bundle", "lint", "diff", "changes", "apply", "contract_suite", "mutation", "benchmarks"}
    wrong = [
        f"{path.relative_to(repository)} imports {module}"
        for folder, names in forbidden.items()
        for path in (repository / folder).rglob("*.py")
        for module in imported(path)
        if module.partition(".")[0] in names | tools
    ]
    assert wrong == []
