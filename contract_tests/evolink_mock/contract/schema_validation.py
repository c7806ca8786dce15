"""Validates settings, fault rules and scenario files against `settings.schema.json`, and loads YAML files safely."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

# Far more than any scenario file needs.
MAX_TEXT = 256 * 1024


def find_problem(definition: str, value: Any) -> str | None:
    """Describe the first problem of a JSON value; None if it is valid.

    Args:
        definition: the name of a definition in `settings.schema.json`.
        value: the JSON value.
    """
    try:
        error = next(_validator(definition).iter_errors(value), None)
    except (ValueError, RecursionError):  # YAML can contain dates and recursive structures
        return "contains a value that JSON does not support"
    if error is None:
        return None
    parts = list(error.instance_path)
    parts = parts[: parts.index("accounts") + 1] if "accounts" in parts else parts  # the next part is an API key
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).lstrip(".")
    node: Any = _schema()
    for part in error.schema_path[:-1]:
        node = node[part]
    allowed = f" Allowed are {', '.join(node['properties'])}." if "additionalProperties" in error.schema_path else ""
    if "description" in node:
        return f"{place} must be {node['description']}"
    return f"{place}: {error.message}.{allowed}".removeprefix(": ").removesuffix(".")


def load_yaml(path: Path) -> Any:
    """Load a YAML 1.2 file.

    Raises:
        ValueError: it cannot be read, is not YAML, contains an alias, or is too long. The message quotes none of it.
    """
    if path.exists() and not path.is_file():  # opening a pipe would block until somebody writes to it
        raise ValueError("is not a file")
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_TEXT + 1)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None
    if len(text) > MAX_TEXT:
        raise ValueError(f"is longer than {MAX_TEXT} characters")
    from evolink_sandbox import yaml_1_2  # noqa: PLC0415 - slow to import, and most mocks load no file

    try:
        return yaml_1_2.load(text, allow_aliases=False).value
    except yaml_1_2.AliasError:
        raise ValueError("contains an alias; write the value out") from None  # nested ones can expand to gigabytes
    except yaml_1_2.YamlError as error:
        raise ValueError(f"is not valid YAML in line {error.line}") from None


@cache
def _schema() -> dict[str, Any]:
    text = Path(__file__).with_name("settings.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def _validator(definition: str) -> jsonschema_rs.Draft202012Validator:
    # Masked, because settings may contain an API key.
    return jsonschema_rs.Draft202012Validator({**_schema(), "$ref": f"#/$defs/{definition}"}, mask="the value")
