"""The editions of the documentation: overlays over the contract, which say what breaks programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import apply
import bundle
import editions
import lint
from changes.operations import compare_contracts
from tests.conftest import CONTRACT
from tests.edition_documents import before_and_after, documents

NAMES = list(editions.overlays())


def test_names_of_editions_are_months() -> None:
    assert NAMES
    assert [
        name for name in NAMES if not (len(name) == 7 and name[4] == "-" and name.replace("-", "").isdecimal())
    ] == []


@pytest.mark.parametrize("name", NAMES)
def test_edition_breaks_programs_only_where_it_says_how(name: str) -> None:
    overlay = apply.load(editions.overlays()[name])
    document, _ = before_and_after(name)
    wrong: list[str] = []
    for action in overlay["actions"]:
        assert action["description"].endswith(".")
        amended = apply.apply(document, {**overlay, "actions": [action]})
        breaks = [change.place for change in compare_contracts(document, amended) if change.rating == "breaking"]
        if bool(breaks) != ("x-breaks" in action):
            wrong.append(f"{action['target']}: x-breaks is {'missing' if breaks else 'superfluous'}: {breaks}")
        document = amended
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_edition_is_a_valid_contract(name: str) -> None:
    assert list(lint.findings(before_and_after(name)[1])) == []


@pytest.mark.parametrize("name", ["base", *NAMES])
def test_packaged_contract_is_that_of_the_overlays(name: str) -> None:
    """The prices are left out, because they are another overlay."""
    path = CONTRACT if name == "base" else CONTRACT.parent / "editions" / f"{name}.json"
    packaged = json.loads(path.read_text(encoding="utf-8"))
    for schema in packaged["components"]["schemas"].values():
        schema.pop("x-price", None)
    expected = editions.marked(documents(), name)
    assert packaged["components"] == expected["components"]
    assert packaged["paths"] == expected["paths"]


# --- the command, with small contracts

SMALL: dict[str, Any] = {
    "components": {
        "schemas": {
            "A": {
                "required": ["type"],
                "properties": {"type": {"type": "string", "maxLength": 1}, "old": {"enum": [1]}},
                "example": {"maxLength": 1},
            },
        },
    },
}


def write(folder: Path, name: str, *actions: dict[str, Any]) -> None:
    overlay = {"overlay": "1.1.0", "info": {"title": name, "version": "1.0.0"}, "actions": actions}
    (folder / f"{name}.overlay.yaml").write_text(json.dumps(overlay), encoding="utf-8")


@pytest.fixture
def small(tmp_path: Path) -> dict[str, Any]:
    """Three editions: one with a higher limit, and one with a still higher one and other fields."""
    write(tmp_path, "2001-02", {"target": "$..properties.type", "update": {"maxLength": 3}})
    write(
        tmp_path, "2001-01",
        {"target": "$..properties.type", "update": {"maxLength": 2}},
        {"target": "$..properties.old", "remove": True},
        {"target": "$..properties", "update": {"new": {"enum": [2]}}},
        {"target": "$..A.example", "update": {"maxLength": 2}},
    )  # fmt: skip
    return editions.documents(SMALL, tmp_path)


def test_edition_applies_on_top_of_the_older_ones(small: dict[str, Any]) -> None:
    assert list(small) == ["base", "2001-01", "2001-02"]
    newest = small["2001-02"]["components"]["schemas"]["A"]["properties"]
    assert newest == {"type": {"type": "string", "maxLength": 3}, "new": {"enum": [2]}}


def test_limits_that_another_edition_states_otherwise_are_contested(small: dict[str, Any]) -> None:
    def contested(name: str, *, only_newer: bool = False) -> list[Any]:
        marked = editions.marked(small, name, only_newer=only_newer)["components"]["schemas"]["A"]
        assert "x-contested" not in json.dumps({**marked, "properties": {**marked["properties"], "type": {}}})
        return list(marked["properties"]["type"].get("x-contested", {}).values())

    assert contested("base") == [{"value": 3, "source": "edition 2001-02"}]
    assert contested("2001-01") == [{"value": 3, "source": "edition 2001-02"}]
    assert contested("2001-02") == [{"value": 2, "source": "edition 2001-01"}]
    assert contested("2001-02", only_newer=True) == []
    assert "x-contested" not in json.dumps(small)


def test_command_writes_a_file_for_each_edition(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "contract.json").write_text(json.dumps(bundle.bundle()), encoding="utf-8")
    (tmp_path / "out").mkdir()
    assert editions.main([str(tmp_path / "contract.json"), str(tmp_path / "out")]) == 0
    assert sorted(path.stem for path in (tmp_path / "out").iterdir()) == [*NAMES, "base"]
    (tmp_path / "contract.json").write_text(json.dumps(SMALL), encoding="utf-8")
    assert editions.main([str(tmp_path / "contract.json"), str(tmp_path / "out")]) == 3
    assert capsys.readouterr().err.startswith("editions.py: actions[0] (target ")
