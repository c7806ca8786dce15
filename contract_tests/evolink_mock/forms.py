"""The forms of what the mock is told, and what is said of whatever has another."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema_rs

# No setting and no scenario is nearly as long.
MAX_TEXT = 256 * 1024


def problem(form: str, value: Any) -> str | None:
    """Return what is wrong with a JSON value that must have a form of `settings.schema.json`; None for nothing."""
    try:
        error = next(_validator(form).iter_errors(value), None)
    except (ValueError, RecursionError):  # YAML can hold dates, and itself
        return "holds what JSON cannot"
    if error is None:
        return None
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path).lstrip(".")
    place = "accounts" if place.startswith("accounts.") else place  # what follows is a key
    node: Any = _schema()
    for part in error.schema_path[:-1]:
        node = node[part]
    known = f" It may have {', '.join(node['properties'])}." if "additionalProperties" in error.schema_path else ""
    if "description" in node:
        return f"{place} must be {node['description']}"
    return f"{place}: {error.message}.{known}".removeprefix(": ").removesuffix(".")


def load(path: Path) -> Any:
    """Return what a YAML 1.2 file holds.

    Raises:
        ValueError: it cannot be read, is no YAML, or is too long.
    """
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_TEXT + 1)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    if len(text) > MAX_TEXT:
        raise ValueError(f"is longer than {MAX_TEXT} characters")
    from ruamel.yaml import YAML  # noqa: PLC0415 - slow to import, and most mocks need no file
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        loader: Any = YAML(typ="safe", pure=True)  # whose types are partly unknown
        return loader.load(StringIO(text))
    except (YAMLError, RecursionError, ValueError) as error:
        said = " ".join(str(error).split())
        raise ValueError(f"is no YAML: {said[:200]}") from None


@cache
def _schema() -> dict[str, Any]:
    text = resources.files("evolink_mock").joinpath("settings.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def _validator(form: str) -> jsonschema_rs.Draft202012Validator:
    # Masked, because settings may hold a key.
    return jsonschema_rs.Draft202012Validator({**_schema(), "$ref": f"#/$defs/{form}"}, mask="the value")
