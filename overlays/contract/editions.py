"""Applies each edition of the documentation to the contract, and marks on what the editions disagree.

    python overlays/contract/editions.py CONTRACT FOLDER

An edition is an overlay in `overlays/editions/`, named after its month, and is applied on top of the older ones.
CONTRACT is the bundled contract. The command writes `FOLDER/base.json`, which is CONTRACT with the marks, and
`FOLDER/2026-10.json` for the edition 2026-10.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeGuard

import apply

BASE = "base"
"""The name of the contract without an overlay."""
FOLDER = Path(__file__).resolve().parents[1] / "editions"
_SUFFIX = ".overlay.yaml"
_CONSTRAINTS = frozenset(
    {
        "type", "const", "enum", "format", "pattern", "required", "minimum", "maximum", "exclusiveMinimum",
        "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "anyOf", "oneOf", "not",
    }
)  # fmt: skip
"""The keywords whose disagreement is marked."""
_NAMED = frozenset({"properties", "schemas", "responses", "content", "paths"})
"""The objects whose keys are names instead of keywords."""


def overlays(folder: Path = FOLDER) -> dict[str, Path]:
    """Return the overlay of each edition by the name of the edition, from the oldest to the newest."""
    return {path.name.removesuffix(_SUFFIX): path for path in sorted(folder.glob(f"*{_SUFFIX}"))}


def documents(contract: dict[str, Any], folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """Return the contract of each edition without marks, from `base` to the newest.

    Args:
        contract: The bundled contract. It is not modified.
        folder: The folder of the overlays.

    Raises:
        DocumentError, InvalidOverlayError, ActionError: An overlay cannot be read or applied.
    """
    made = {BASE: contract}
    for name, path in overlays(folder).items():
        contract = made[name] = apply.apply(contract, apply.load(path))
    return made


def marked(editions: dict[str, dict[str, Any]], name: str, *, only_newer: bool = False) -> dict[str, Any]:
    """Return the contract of an edition with `x-contested` at every limit that another edition states otherwise.

    Args:
        editions: The contracts of all editions, from the oldest to the newest. They are not modified.
        name: The edition.
        only_newer: Whether only newer editions contest a limit.
    """
    document = copy.deepcopy(editions[name])
    names = list(editions)
    for other in names[names.index(name) + 1 :] if only_newer else names:
        if other != name:  # the newest one that disagrees gives the value in the mark
            _mark(document, editions[other], other)
    return document


def _mark(node: Any, other: Any, edition: str) -> None:
    """Add `x-contested` to each schema of a document that has other limits in another edition.

    A field or a schema that only one of the documents has is not contested.
    """
    for mine, theirs in _pairs(node, other):
        contested = {
            key: {"value": copy.deepcopy(theirs.get(key)), "source": f"edition {edition}"}
            for key in mine.keys() & _CONSTRAINTS
            if mine[key] != theirs.get(key)
        }
        if contested:
            mine["x-contested"] = {**mine.get("x-contested", {}), **contested}


def _pairs(node: Any, other: Any, key: str = "") -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield every pair of objects at the same place whose keys are keywords."""
    if not _is_object(node) or not _is_object(other):
        return
    names = key in _NAMED
    for name in node.keys() & other.keys():
        # A sample is not a schema, and neither is an extension.
        if names or not (name in {"example", "examples"} or name.startswith("x-")):
            yield from _pairs(node[name], other[name], "" if names else name)
    if not names:
        yield node, other


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def main(arguments: Sequence[str]) -> int:
    """Run the command, and return its exit status: that of `apply.py`."""
    contract, folder = map(Path, arguments)
    try:
        editions = documents(apply.load(contract))
        for name in editions:
            text = apply.text(marked(editions, name), as_json=True)
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
    except (apply.DocumentError, apply.InvalidOverlayError, apply.ActionError) as error:
        sys.stderr.write(f"editions.py: {error}\n")
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
