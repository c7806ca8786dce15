"""The table of all models in `openapi/MODELS.md`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import model_table
from evolink._contract import packaged_contract


def model(name: str, properties: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """Return the schema of an invented model."""
    return {"x-family": "invented", "properties": {"model": {"const": name}, **properties}, **keys}


def rows(*schemas: dict[str, Any], **shared: Any) -> list[list[str]]:
    """Return the cells of the table of some models, without the two lines of its head."""
    components = {f"Model{number}": schema for number, schema in enumerate(schemas)} | shared
    lines = model_table.table({"components": {"schemas": components}}).splitlines()
    cells = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines if line.startswith("|")]
    assert [len(line) for line in cells] == [len(model_table.COLUMNS)] * len(cells)
    return cells[2:]


def priced(**price: Any) -> dict[str, Any]:
    """Return the keys of a model with a price."""
    return {"x-price": {"date": "2030-01-02", "unit": "second", "rate": 2, **price}}


def test_committed_table_is_current_and_has_every_model() -> None:
    assert model_table.main(["--check"]) == 0
    text = model_table.TABLE.read_text(encoding="utf-8")
    assert [text.count(f"`{name}`") for name in packaged_contract().models] == [1] * len(packaged_contract().models)


def test_outdated_table_is_reported_and_then_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    committed = model_table.TABLE.read_text(encoding="utf-8")
    table = tmp_path / "MODELS.md"
    monkeypatch.setattr(model_table, "TABLE", table)
    for outdated in (None, committed + "x"):
        if outdated is not None:
            table.write_text(outdated, encoding="utf-8")
        assert model_table.main(["--check"]) == 1
        assert capsys.readouterr().err == f"{table} is stale; run 'make generate'\n"
        assert (table.read_text(encoding="utf-8") if table.exists() else None) == outdated
        assert model_table.main([]) == 0
        assert table.read_text(encoding="utf-8") == committed
    monkeypatch.setattr(model_table, "CONTRACT", tmp_path / "none.json")
    assert model_table.main([]) == 1
    assert capsys.readouterr().err.endswith("; run 'make generate'\n")


def test_row_of_a_model_says_what_it_takes_and_costs() -> None:
    full = model(
        "full|1",
        {
            "prompt": {"type": "string"},
            "model_params": {"properties": {"file_url": {"x-media": {"kind": ["video", "document"]}}}},
            "image_urls": {"type": "array", "items": {"$ref": "#/components/schemas/Url"}},
            "frames": {"additionalProperties": {"x-media": {"kind": "image"}}},
            "duration": {"$ref": "#/components/schemas/Seconds"},
            "quality": {"enum": ["720p", "1080p", None]},
            "aspect_ratio": {"type": "string"},
        },
        externalDocs={"url": "https://example.com/full"},
        allOf=[{"$ref": "#/components/schemas/NoOne"}],
        **{"x-billing": {"reserved-values": {"-1": 30}}, "x-tasks": ["lip-sync", "upscale"]},
        **priced(
            factors={
                "quality": {"720p": 1, "1080p": {"sound": {"true": 3, "false": 2}}},
                "sound": {"true": 1, "false": 0.25},
            },
            seconds={"output": "duration", "input": {"field": "frames"}},
            minimum=5,
        ),
    )
    smallest = model("smallest", {})
    seconds = {"type": "integer", "minimum": -1, "maximum": 6}
    no_one = {
        "if": {"required": ["duration"]},
        "then": {"properties": {"duration": {"not": {"minimum": 0, "maximum": 1}}}},
    }
    assert rows(full, smallest, Url={"type": "string"}, Seconds=seconds, NoOne=no_one) == [
        [
            "invented",
            "[`full&#124;1`](https://example.com/full)",
            "lip-sync, upscale",
            "text, image, video, document",
            "2 to 6, or -1",
            "720p, 1080p",
            "any",
            "0.5 to 2 (720p), 1 to 6 (1080p), input too, at least 5 a task",
            "2030-01-02",
        ],
        ["invented", "`smallest`", "-", "-", "-", "-", "-", "-", "-"],
    ]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ({"enum": [5, 10]}, "5, 10"), ({"enum": [4, 5, 6, 8]}, "4 to 6, 8"), ({"const": "auto"}, "auto"),
        ({"type": "integer", "exclusiveMinimum": 2, "exclusiveMaximum": 5}, "3, 4"),
        ({"type": "number", "minimum": 1.5, "maximum": 5}, "from 1.5 up to 5"),
        ({"type": "integer", "minimum": 2}, "from 2"), ({"type": "number", "exclusiveMinimum": 0}, "over 0"),
        ({"type": "number", "maximum": 9}, "up to 9"), ({"minimum": 1, "maximum": 5000}, "from 1 up to 5000"),
        ({"anyOf": [{"type": "integer", "minimum": 3, "maximum": 10}, {"const": "auto"}, {"type": "null"}]},
         "3 to 10, auto"),
    ],
)  # fmt: skip
def test_lengths_are_told_for_every_form_of_the_field(field: dict[str, Any], text: str) -> None:
    assert rows(model("one", {"duration": field}))[0][4] == text


@pytest.mark.parametrize(
    ("price", "text"),
    [
        ({}, "2"), ({"unit": "call", "rate": 12}, "12 a task"), ({"rate": 1.23456}, "1.2346"),
        ({"factors": {"sound": {"true": 1, "false": 0.5}}}, "1 to 2"),
        ({"unit": "call", "factors": {"quality": {"1k": 1, "2k": 1.5}}}, "2 (1k), 3 (2k) a task"),
        ({"factors": {"quality": {"1k": 1, "2k": 1.5}}, "defaults": {"quality": "2k"}}, "3"),
    ],
)  # fmt: skip
def test_price_is_told_for_every_form_of_the_price(price: dict[str, Any], text: str) -> None:
    assert rows(model("one", {}, **priced(**price)))[0][7] == text


def test_ninety_models_have_a_row_each_below_their_family() -> None:
    names = [(f"f{number % 9}", f"m{number}") for number in range(90)]
    table = rows(*(model(name, {}) | {"x-family": family} for family, name in names))
    assert [(row[0], row[1]) for row in table] == sorted(
        ((family, f"`{name}`") for family, name in names), key=lambda each: each[0]
    )
