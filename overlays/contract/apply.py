"""Applies OpenAPI Overlay documents (1.0 and 1.1) to any YAML or JSON document, strictly.

    python overlays/contract/apply.py SPEC OVERLAY... -o OUT [--allow-no-match]

SPEC and OVERLAY are YAML 1.2 or JSON. OUT is written as JSON if its name ends with `.json`, else as YAML. `-o -` writes
to standard output, in the format of SPEC. Keys keep their order. OUT is written completely or not at all. A message
begins with the file and the line of the mistake.

Exit status:

* 0: the overlays were applied, perhaps with a warning;
* 1: a file cannot be read or written;
* 2: an overlay document is invalid, and all reasons are listed;
* 3: an action cannot be applied. It matches nothing, which the Overlay Specification allows and this command allows
  only with `--allow-no-match`, or it would merge values of different kinds.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeGuard

import jsonschema_rs
import yaml
from jsonpath import JSONPathEnvironment, JSONPathError

from evolink_sandbox import yaml_1_2

Location = tuple[str | int, ...]


class DocumentError(Exception):
    """A file cannot be read as YAML or JSON, or cannot be written."""

    exit_status = 1


class InvalidOverlayError(Exception):
    """An overlay document violates the Overlay Specification.

    Attributes:
        reasons: Every violation.
        places: The place of each violation in the overlay.
    """

    exit_status = 2

    def __init__(self, violations: list[tuple[Location, str]]) -> None:
        self.places = [place for place, _ in violations]
        self.reasons = [reason for _, reason in violations]
        super().__init__("\n".join(self.reasons))


class ActionError(Exception):
    """An action cannot be applied. The message names its index and target.

    Attributes:
        reason: The message without index and target.
        place: The place of the action in the overlay.
    """

    exit_status = 3

    def __init__(self, reason: str, action: str = "", place: Location = ()) -> None:
        super().__init__(f"{action}: {reason}" if action else reason)
        self.reason = reason
        self.place = place


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_array(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


# --- applying -------------------------------------------------------------------------------------------------------

_JSONPATH = JSONPathEnvironment(strict=True)  # RFC 9535 without extensions


def apply(
    document: Any,
    overlay: Any,
    *,
    allow_no_match: bool = False,
    warn: Callable[[Location, str, str], None] = lambda _place, _action, _message: None,
) -> Any:
    """Apply the actions of `overlay`, in their order, to a copy of `document`, and return the copy.

    Args:
        document: The document.
        overlay: The overlay document.
        allow_no_match: Whether an action may match nothing.
        warn: Is called for an action that is valid, but hardly means what the specification says, with the place of the
            action in the overlay, its index and target, and a message.

    Raises:
        InvalidOverlayError: `overlay` violates the Overlay Specification.
        ActionError: An action matches nothing (unless `allow_no_match`), merges values of different kinds, removes the
            whole document, or does not copy from exactly one place.
    """
    if found := violations(overlay):
        raise InvalidOverlayError(found)
    root = [_clone(document)]  # a list around it, so that an action on `$` can replace it like any other value
    for index, action in enumerate(overlay["actions"]):
        name, place = f"actions[{index}] (target {action['target']})", ("actions", index)
        try:
            if _nests(root[0], action, overlay["overlay"]):
                warn(place, name, NESTING)
            _apply_action(root, action, overlay["overlay"], allow_no_match=allow_no_match)
        except ActionError as error:
            raise ActionError(error.reason, name, place) from None
    return root[0]


def _clone(value: Any) -> Any:
    """Return a copy of a JSON value. `copy.deepcopy` takes twice as long."""
    if _is_object(value):
        return {key: _clone(item) for key, item in value.items()}
    return [_clone(item) for item in value] if _is_array(value) else value


NESTING = (
    "appends the whole array as a single item, because the overlay has version 1.0; to append the items, set `overlay` "
    "to 1.1.0, or write one action for each item"
)


def _nests(document: Any, action: dict[str, Any], version: str) -> bool:
    """Return whether an action puts an array into an array that does not consist of arrays."""
    if not version.startswith("1.0") or not _is_array(action.get("update")) or action.get("remove"):
        return False
    selected = [_value_at(document, location) for location in _select(document, action["target"])]
    return any(_is_array(node) and not (node and all(map(_is_array, node))) for node in selected)


def _value_at(document: Any, location: Location) -> Any:
    for part in location:
        document = document[part]
    return document


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
    return _clone(parent[key])


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
            node.extend(_clone(value) if concatenates else [_clone(value)])
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
            node[key] = _merge(node[key], item, f"{path}/{key}") if key in node else _clone(item)
        return node
    if _is_array(node):
        node.extend(_clone(value))
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


def violations(overlay: Any) -> list[tuple[Location, str]]:
    """Return every way in which `overlay` violates the Overlay Specification, with its place in the overlay.

    The list is empty if the overlay is valid.
    """
    if not _is_object(overlay):
        return [((), "the document is not an object")]
    version = overlay.get("overlay")
    supported = re.fullmatch(r"(1\.[01])\.[0-9]+", version) if isinstance(version, str) else None
    wrong_version = f"overlay: must be a version string 1.0.x or 1.1.x, not {json.dumps(version)}"
    found: list[tuple[Location, str]] = [] if supported else [(("overlay",), wrong_version)]
    errors = _VALIDATORS[supported[1] if supported else "1.1"].iter_errors(overlay)
    found += [
        (tuple(error.instance_path), _reason(error))
        for error in errors
        if supported or error.instance_path != ["overlay"]
    ]
    return found + list(_invalid_queries(overlay.get("actions")))


def _reason(error: jsonschema_rs.ValidationError) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path).lstrip(".")
    return f"{place}: {error.message}" if place else error.message


def _invalid_queries(actions: Any) -> Iterator[tuple[Location, str]]:
    for index, action in enumerate(actions if _is_array(actions) else []):
        for field in ("target", "copy"):
            query = action.get(field) if _is_object(action) else None
            if isinstance(query, str) and query.startswith("$"):
                try:
                    _JSONPATH.compile(query)
                except JSONPathError as error:
                    reason = f"is not an RFC 9535 JSONPath: {str(error).splitlines()[0]}"
                    yield ("actions", index, field), f"actions[{index}].{field}: {reason}"


# --- files ----------------------------------------------------------------------------------------------------------


class _Dumper(yaml.SafeDumper):
    """Quotes text that any reader of YAML would read as another type, such as 16:9 or no."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - overrides
        super().increase_indent(flow, indentless=False)  # the items of a list are indented

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - overrides
        return True

    def represent_text(self: Any, data: str) -> Any:
        style = None
        if re.search("[\x85\u2028\u2029\ufeff]", data):  # some readers treat them as line breaks or drop them
            style = '"'
        elif "\n" not in data and re.match(r"[-+.0-9]|(?i:y|n|yes|no|on|off)$", data):
            style = "'"
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)


def load(path: Path) -> Any:
    """Read a YAML 1.2 or JSON file as JSON values.

    Raises:
        DocumentError: The file cannot be read, is empty, or contains something that is not a JSON value.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".json":
            document = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refused)
            _check(document)
        else:
            document = yaml_1_2.load(text).value
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DocumentError(f"{path}: is not UTF-8 text") from None
    except RecursionError:
        raise DocumentError(f"{path}: is nested too deeply") from None
    except yaml_1_2.YamlError as error:
        raise DocumentError(f"{path}:{error.line}: is not valid YAML or JSON: {error.problem}") from None
    except json.JSONDecodeError as error:
        raise DocumentError(f"{path}:{error.lineno}: is not valid YAML or JSON: {error.msg}") from None
    except ValueError as error:
        raise DocumentError(f"{path}: is not valid YAML or JSON: {error}") from None
    if document is None:
        raise DocumentError(f"{path}: is empty")
    return document


def locator(path: Path) -> Callable[[Location], str]:
    """Return a function that names the file and the line of a place in a document. Only the file if it has no lines."""
    try:
        lines = yaml_1_2.load(path.read_text(encoding="utf-8-sig")).lines
    except (OSError, ValueError):
        return lambda _place: str(path)

    def locate(place: Location) -> str:
        while place and place not in lines:  # a part that is missing
            place = place[:-1]
        return f"{path}:{lines.get(place, 1)}"

    return locate


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"duplicate key {next(key for key in keys if keys.count(key) > 1)!r}")
    return members


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is not a JSON value")


def _check(node: Any) -> None:
    """Raise if a JSON document has a number that is not finite, or half of a surrogate pair."""
    if _is_object(node):
        for key, value in node.items():
            key.encode()
            _check(value)
    elif _is_array(node):
        for item in node:
            _check(item)
    elif isinstance(node, float) and not math.isfinite(node):
        raise ValueError("a number is too large")
    elif isinstance(node, str):
        node.encode()  # raises now rather than when the result is written


def text(document: Any, *, as_json: bool) -> str:
    """Format a document as JSON or YAML."""
    if as_json:
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    yaml_: Any = yaml  # partly untyped
    options = {"sort_keys": False, "default_flow_style": False, "allow_unicode": True, "width": 120}
    return str(yaml_.dump(document, Dumper=_Dumper, **options))


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
            document = apply(document, load(source), allow_no_match=options.allow_no_match, warn=_Warner(source))
        as_json = (str(options.spec) if options.output == "-" else options.output).endswith(".json")
        _put(options.output, text(document, as_json=as_json))
    except DocumentError as error:
        status, reasons = error.exit_status, [str(error)]
    except InvalidOverlayError as error:
        locate, found = locator(source), zip(error.places, error.reasons, strict=True)
        status, reasons = error.exit_status, [f"{locate(place)}: {reason}" for place, reason in found]
    except ActionError as error:
        status, reasons = error.exit_status, [f"{locator(source)(error.place)}: {error}"]
    except RecursionError:
        status, reasons = DocumentError.exit_status, [f"{source}: is nested too deeply"]
    except KeyboardInterrupt:
        status, reasons = 130, ["interrupted; nothing was written"]
    else:
        return 0
    for reason in reasons:
        print(f"apply.py: {reason}", file=sys.stderr)
    return status


class _Warner:
    """Prints warnings about an overlay to standard error."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, place: Location, action: str, message: str) -> None:
        print(f"apply.py: {locator(self._path)(place)}: warning: {action}: {message}", file=sys.stderr)


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
