"""The forms of what the mock is told, and what is said of whatever has another."""

from __future__ import annotations

import json
from functools import cache
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
    parts = list(error.instance_path)
    parts = parts[: parts.index("accounts") + 1] if "accounts" in parts else parts  # what follows is a key
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).lstrip(".")
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
        ValueError: it cannot be read, is no YAML, refers to itself, or is too long. None of it is shown.
    """
    if path.exists() and not path.is_file():  # opening a pipe would wait for somebody to write to it
        raise ValueError("is no file")
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_TEXT + 1)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError("is no text in UTF-8") from None
    if len(text) > MAX_TEXT:
        raise ValueError(f"is longer than {MAX_TEXT} characters")
    from ruamel.yaml import YAML  # noqa: PLC0415 - slow to import, and most mocks need no file
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415
    from ruamel.yaml.events import AliasEvent  # noqa: PLC0415

    loader: Any = YAML(typ="safe", pure=True)  # whose types are partly unknown
    try:
        if any(isinstance(event, AliasEvent) for event in loader.parse(StringIO(text))):
            raise ValueError("refers to a part of itself; write it out")  # a few such references make gigabytes
        return loader.load(StringIO(text))
    except (YAMLError, RecursionError) as error:
        mark: Any = getattr(error, "problem_mark", None)
        raise ValueError(f"is no YAML{f' in line {mark.line + 1}' if mark else ''}") from None


@cache
def _schema() -> dict[str, Any]:
    text = Path(__file__).with_name("settings.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def _validator(form: str) -> jsonschema_rs.Draft202012Validator:
    # Masked, because settings may hold a key.
    return jsonschema_rs.Draft202012Validator({**_schema(), "$ref": f"#/$defs/{form}"}, mask="the value")
