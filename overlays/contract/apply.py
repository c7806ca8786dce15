"""Applies OpenAPI Overlay documents (1.0 and 1.1) to any YAML or JSON document, strictly.

    python overlays/contract/apply.py SPEC OVERLAY... -o OUT [--allow-no-match]

SPEC and OVERLAY are YAML 1.2 or JSON. OUT is written as JSON if its name ends with `.json`, else as YAML. `-o -` writes
to standard output, in the format of SPEC. Keys keep their order. OUT is written completely or not at all.

Exit status:

* 0: the overlays were applied;
* 1: a file cannot be read or written;
* 2: an overlay document is invalid, and all reasons are listed;
* 3: an action cannot be applied. It matches nothing, which the Overlay Specification allows and this command allows
  only with `--allow-no-match`, or it would merge values of different kinds.
"""

from __future__ import annotations

import argparse
import copy
import io
import json
import math
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeGuard

import jsonschema_rs
from jsonpath import JSONPathEnvironment, JSONPathError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.representer import SafeRepresenter

Location = tuple[str | int, ...]


class DocumentError(Exception):
    """A file cannot be read as YAML or JSON, or cannot be written."""

    exit_status = 1


class InvalidOverlayError(Exception):
    """An overlay document violates the Overlay Specification. `reasons` lists every violation."""

    exit_status = 2

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


class ActionError(Exception):
    """An action cannot be applied. The message names its index and target."""

    exit_status = 3


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_array(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


# --- applying -------------------------------------------------------------------------------------------------------

_JSONPATH = JSONPathEnvironment(strict=True)  # RFC 9535 without extensions


def apply(document: Any, overlay: Any, *, allow_no_match: bool = False) -> Any:
    """Apply the actions of `overlay`, in their order, to a copy of `document`, and return the copy.

    Raises:
        InvalidOverlayError: `overlay` violates the Overlay Specification.
        ActionError: An action matches nothing (unless `allow_no_match`), merges values of different kinds, removes the
            whole document, or does not copy from exactly one place.
    """
    if reasons := invalid_reasons(overlay):
        raise InvalidOverlayError(reasons)
    root = [
        copy.deepcopy(document)
    ]  # a list around the document, so that an action on `$` can replace it like any other value
    for index, action in enumerate(overlay["actions"]):
        try:
            _apply_action(root, action, overlay["overlay"], allow_no_match=allow_no_match)
        except ActionError as error:
            raise ActionError(f"actions[{index}] (target {action['target']}): {error}") from None
    return root[0]


def _apply_action(root: list[Any], action: dict[str, Any], version: str, *, allow_no_match: bool) -> None:
    locations = _select(root[0], action["target"])
    if not locations and not allow_no_match:
        raise ActionError("matches nothing; if that is intended, use --allow-no-match")
    if action.get("remove"):
        _remove(root, locations)
    elif "copy" in action and "update" in action:
        raise ActionError("has both update and copy, which exclude each other; keep one")
    elif locations and "copy" in action:
        _update(root, locations, _copied(root, action["copy"]), version)
    elif "update" in action:
        _update(root, locations, action["update"], version)


def _select(document: Any, query: str) -> list[Location]:
    """Return the locations that `query` matches, each once and in the order of the matches."""
    try:
        return list(dict.fromkeys(match.parts for match in _JSONPATH.finditer(query, document)))
    except JSONPathError as error:  # for example, a filter is nested too deeply
        raise ActionError(f"cannot be evaluated: {error}") from None


def _copied(root: list[Any], query: str) -> Any:
    sources = _select(root[0], query)
    if len(sources) != 1:
        raise ActionError(f"copy {query} must select exactly one value, but selects {len(sources)}")
    parent, key = _parent(root, sources[0])
    return copy.deepcopy(parent[key])


def _parent(root: list[Any], location: Location) -> tuple[Any, str | int]:
    """Return the object or array around the value at `location`, and the key or index of the value in it."""
    parent: Any = root
    key: str | int = 0
    for part in location:
        parent, key = parent[key], part
    return parent, key


def _remove(root: list[Any], locations: list[Location]) -> None:
    if () in locations:
        raise ActionError("removes the whole document")
    # All parents are looked up before anything is removed. Then array items are removed from the end, so that every
    # remaining index still refers to the item that was matched.
    parents = [_parent(root, location) for location in locations]
    for parent, key in sorted(parents, key=lambda pair: pair[1] if isinstance(pair[1], int) else -1, reverse=True):
        del parent[key]


def _update(root: list[Any], locations: list[Location], value: Any, version: str) -> None:
    targets = [_parent(root, location) for location in locations]
    kinds = sorted({_kind(parent[key]) for parent, key in targets})
    if len(kinds) > 1:
        raise ActionError(f"selects values of different kinds: {' and '.join(kinds)}")
    if kinds == ["primitive"] and version.startswith("1.0"):
        raise ActionError("selects a primitive value, which only Overlay 1.1 can update; update the object around it")
    for parent, key in targets:
        node = parent[key]
        if _is_array(node):
            # Overlay 1.0 appends the update as one item, even if it is an array. Overlay 1.1 concatenates arrays.
            concatenates = _is_array(value) and not version.startswith("1.0")
            node.extend(copy.deepcopy(value) if concatenates else [copy.deepcopy(value)])
        else:
            parent[key] = _merge(node, value, "")


def _merge(node: Any, value: Any, path: str) -> Any:
    """Merge `value` into `node`, and return the result. Objects and arrays are changed in place.

    `path` is the place of `value` in the update, for the error message.
    """
    if _kind(node) != _kind(value):
        where = f" at {path}" if path else ""
        raise ActionError(f"merges values of different kinds{where}: {_kind(value)} into {_kind(node)}")
    if _is_object(node):
        for key, item in value.items():
            node[key] = _merge(node[key], item, f"{path}/{key}") if key in node else copy.deepcopy(item)
        return node
    if _is_array(node):
        node.extend(copy.deepcopy(value))
        return node
    return value


def _kind(value: Any) -> str:
    if _is_object(value):
        return "object"
    return "array" if _is_array(value) else "primitive"


# --- validity -------------------------------------------------------------------------------------------------------


def _overlay_schema(version: str) -> dict[str, Any]:
    extensible = {"patternProperties": {"^x-": True}, "additionalProperties": False}
    info = {"title": {"type": "string"}, "version": {"type": "string"}}
    action: dict[str, Any] = {
        "target": {"type": "string", "pattern": r"^\$"},
        "description": {"type": "string"},
        "update": True,
        "remove": {"type": "boolean"},
    }
    if version == "1.1":
        info["description"] = {"type": "string"}
        action["copy"] = {"type": "string", "pattern": r"^\$"}
    return {
        "type": "object",
        "required": ["overlay", "info", "actions"],
        "properties": {
            "overlay": {"type": "string"},
            "info": {"type": "object", "required": ["title", "version"], "properties": info, **extensible},
            "extends": {"type": "string", "format": "uri-reference"},
            "actions": {
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {"type": "object", "required": ["target"], "properties": action, **extensible},
            },
        },
        **extensible,
    }


_VALIDATORS = {
    version: jsonschema_rs.Draft202012Validator(_overlay_schema(version), validate_formats=True)
    for version in ("1.0", "1.1")
}


def invalid_reasons(overlay: Any) -> list[str]:
    """Return every way in which `overlay` violates the Overlay Specification. The list is empty if it is valid."""
    if not _is_object(overlay):
        return ["the document is not an object"]
    version = overlay.get("overlay")
    supported = re.fullmatch(r"(1\.[01])\.[0-9]+", version) if isinstance(version, str) else None
    reasons = [] if supported else [f"overlay: must be a version string 1.0.x or 1.1.x, not {json.dumps(version)}"]
    errors = _VALIDATORS[supported[1] if supported else "1.1"].iter_errors(overlay)
    reasons += [_reason(error) for error in errors if supported or error.instance_path != ["overlay"]]
    return reasons + list(_invalid_queries(overlay.get("actions")))


def _reason(error: jsonschema_rs.ValidationError) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path).lstrip(".")
    return f"{place}: {error.message}" if place else error.message


def _invalid_queries(actions: Any) -> Iterator[str]:
    for index, action in enumerate(actions if _is_array(actions) else []):
        for field in ("target", "copy"):
            query = action.get(field) if _is_object(action) else None
            if isinstance(query, str) and query.startswith("$"):
                try:
                    _JSONPATH.compile(query)
                except JSONPathError as error:
                    yield f"actions[{index}].{field}: is not an RFC 9535 JSONPath: {str(error).splitlines()[0]}"


# --- files ----------------------------------------------------------------------------------------------------------


class _Constructor(SafeConstructor):
    """Reads timestamps as text, because YAML 1.2 has no type for them."""


_constructor: Any = _Constructor  # because ruamel.yaml's methods are not typed
_constructor.add_constructor("tag:yaml.org,2002:timestamp", _constructor.construct_yaml_str)


class _Representer(SafeRepresenter):
    """Quotes text that a YAML 1.1 reader would read as another type, such as 16:9 or no."""

    def represent_text(self: Any, data: str) -> Any:
        style = None
        if "\x85" in data:  # YAML 1.1 treats it as a line break unless it is escaped
            style = '"'
        elif "\n" not in data and re.match(r"[-+.0-9]|(?i:y|n|yes|no|on|off)$", data):
            style = "'"
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_representer: Any = _Representer
_representer.add_representer(str, _Representer.represent_text)


def _yaml() -> Any:
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 120
    return yaml


def load(path: Path) -> Any:
    """Read a YAML 1.2 or JSON file as JSON values.

    Raises:
        DocumentError: The file cannot be read, is empty, or contains something that is not a JSON value.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".json":
            document = _json_value(json.loads(text, object_pairs_hook=_without_duplicates))
        else:
            document = _json_value(_yaml().load(text))
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror}") from None
    except RecursionError:
        raise DocumentError(f"{path}: is nested too deeply or refers to itself") from None
    except _YAML_ERRORS as error:
        raise DocumentError(f"{path}: is not valid YAML or JSON: {' '.join(str(error).split())}") from None
    if document is None:
        raise DocumentError(f"{path}: is empty")
    return document


# ruamel.yaml does not wrap the errors of the constructors that it calls.
_YAML_ERRORS = (YAMLError, ValueError, TypeError, LookupError, ArithmeticError, AssertionError)


def _without_duplicates(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"duplicate key {next(key for key in keys if keys.count(key) > 1)!r}")
    return members


def _json_value(node: Any) -> Any:
    """Return a copy of `node` in which all keys are text and no value is shared between two places.

    A YAML alias puts one object in two places. An action on one place must not change the other.
    """
    if _is_object(node):
        return _without_duplicates([(_key(key), _json_value(item)) for key, item in node.items()])
    if _is_array(node):
        return [_json_value(item) for item in node]
    if isinstance(node, float) and not math.isfinite(node):
        raise ValueError(f"{node} is not a JSON value")
    if isinstance(node, str):
        node.encode()  # raises for a lone surrogate now rather than when the result is written
    elif node is not None and not isinstance(node, (bool, int, float)):
        raise ValueError(f"a value of type {type(node).__name__} is not a JSON value")
    return node


def _key(key: Any) -> str:
    if key is not None and not isinstance(key, (str, bool, int, float)):
        raise ValueError("an object or array cannot be a key")
    return key if isinstance(key, str) else json.dumps(key)  # an unquoted 200 becomes the key "200"


def text(document: Any, *, as_json: bool) -> str:
    """Format a document as JSON or YAML."""
    if as_json:
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    stream = io.StringIO()
    _yaml().dump(document, stream)
    return stream.getvalue()


def _write(path: Path, text: str) -> None:
    """Write `text` to `path` atomically: a reader sees either the old file or the complete new one."""
    temporary: Path | None = None
    try:
        path = path.resolve()  # replaces the target of a symbolic link, not the link
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode if path.exists() else 0o666 & ~_umask()
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".apply-")
        temporary = Path(name)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise DocumentError(f"{path}: cannot be written: {error.strerror}") from None
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# --- command line ---------------------------------------------------------------------------------------------------


def _path(text: str) -> Path:
    """Return a path, in which `~` is the home folder."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - Path.expanduser raises if the home folder is unknown


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit status."""
    parser = argparse.ArgumentParser(prog="apply.py", description="Apply OpenAPI overlays to a document, strictly.")
    parser.add_argument("spec", type=_path, metavar="SPEC", help="the document to apply the overlays to")
    parser.add_argument(
        "overlays", type=_path, nargs="+", metavar="OVERLAY", help="overlay documents, applied in this order"
    )
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT", help="the file to write, or - for standard output"
    )
    parser.add_argument("--allow-no-match", action="store_true", help="allow actions that match nothing")
    options = parser.parse_args(arguments)
    source: Path = options.spec
    reasons: list[str] = []
    try:
        document = load(source)
        for source in options.overlays:
            document = apply(document, load(source), allow_no_match=options.allow_no_match)
        as_json = (str(options.spec) if options.output == "-" else options.output).endswith(".json")
        _put(options.output, text(document, as_json=as_json))
    except DocumentError as error:
        status, reasons = error.exit_status, [str(error)]
    except InvalidOverlayError as error:
        status, reasons = error.exit_status, [f"{source}: {reason}" for reason in error.reasons]
    except ActionError as error:
        status, reasons = error.exit_status, [f"{source}: {error}"]
    except RecursionError:
        status, reasons = DocumentError.exit_status, [f"{source}: is nested too deeply"]
    except KeyboardInterrupt:
        status, reasons = 130, ["interrupted; nothing was written"]
    else:
        return 0
    for reason in reasons:
        print(f"apply.py: {reason}", file=sys.stderr)
    return status


def _put(output: str, text: str) -> None:
    if output != "-":
        _write(_path(output), text)
        return
    try:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    except OSError as error:
        sys.stdout = None  # else Python tries to flush it again at exit
        raise DocumentError(f"standard output cannot be written: {error.strerror}") from None


if __name__ == "__main__":
    sys.exit(main())
