"""No program names a model, so that a new model costs no code."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection
from pathlib import Path

import pytest

from contract_suite import session
from contract_suite.rules.editions import BASE
from tests.conftest import CONTRACT, REPOSITORY

TESTS = REPOSITORY / "contract_tests/tests"
EXAMPLES = {f"contract_tests/{name}.py" for name in ("demo", "pictures", "smoke")}
"""Programs that show how to use a model."""
MUTANTS = REPOSITORY / "contract_tests/harness/mutation/wrong_behaviour"
"""The only programs that may name documented rules: those that each mutant breaks."""


def names_of_models() -> set[str]:
    """Return the ids of all models, and the names of their generated classes and modules."""
    schemas = json.loads(CONTRACT.read_text(encoding="utf-8"))["components"]["schemas"]
    models = {
        name: schema["properties"]["model"]["const"]
        for name, schema in schemas.items()
        if "const" in schema.get("properties", {}).get("model", {})
    }
    generated = (CONTRACT.parent / "models/__init__.py").read_text(encoding="utf-8")
    modules = {
        module for module, name in re.findall(r"from \.(\w+) import (\w+)", generated) if name.startswith(tuple(models))
    }
    return {*models, *models.values(), *modules}


NAMES = names_of_models()
RULES = {rule.id for rule in session.documented_rules(BASE).rules if rule.source in NAMES}
HINTS = NAMES | {rule.partition(".")[0] + "." for rule in RULES}
"""Texts without which a program names neither a model nor a rule of one."""


def programs() -> list[Path]:
    """Return every program that was written by hand, without tests and examples."""
    folders = ("overlays", "openapi", "contract_tests")
    found = [path for folder in folders for path in (REPOSITORY / folder).rglob("*.py")]
    found.append(REPOSITORY / "generated_client/generate.py")
    return [
        path
        for path in sorted(found)
        if not path.is_relative_to(TESTS) and path.relative_to(REPOSITORY).as_posix() not in EXAMPLES
    ]


def models_in(code: str, allowed: Collection[str] = ()) -> list[str]:
    """Return each name of a model in code, and each rule of a model, with its line. Docstrings may contain them."""
    if not any(hint in code for hint in HINTS):
        return []
    tree = ast.parse(code)
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in docstrings and text not in allowed:
                pass
            case ast.Name(id=text) | ast.Attribute(attr=text) | ast.alias(name=text) | ast.ImportFrom(module=str(text)):
                pass
            case _:
                continue
        if text in RULES or any(name in text for name in NAMES):
            found.append(f"line {getattr(node, 'lineno', 0)}: {text[:80]}")
    return found


def test_no_program_names_a_model() -> None:
    found: dict[str, list[str]] = {}
    for path in programs():
        allowed = RULES if path.is_relative_to(MUTANTS) else ()
        if names := models_in(path.read_text(encoding="utf-8"), allowed):
            found[path.relative_to(REPOSITORY).as_posix()] = names
    assert found == {}


@pytest.mark.parametrize("kind", ["id", "class", "module", "rule"])
def test_name_of_a_model_is_found_in_code_but_not_in_a_docstring(kind: str) -> None:
    rule = min(RULES)
    model = next(name for name in sorted(NAMES) if "-" in name)
    generated = next(name for name in sorted(NAMES) if name.isidentifier() and name[0].isupper())
    module = next(name for name in sorted(NAMES) if name.isidentifier() and name[0].islower())
    code = {
        "id": f"if model == '{model}':\n    pass",
        "class": f"from evolink import {generated}",
        "module": f"from evolink_client.models.{module} import X",
        "rule": f"hidden = ['{rule}']",
    }[kind]
    assert [line.partition(":")[0] for line in models_in(code)] == ["line 1"]
    assert models_in(f'"""Explain {code!r}."""') == []
    assert models_in(f"hidden = ['{rule}']", RULES) == []
