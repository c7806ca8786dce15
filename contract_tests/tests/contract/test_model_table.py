"""The table of all models in `openapi/MODELS.md`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import model_table
from evolink import models
from evolink._contract import packaged_contract


def model(name: str, properties: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """Return the schema of an invented model."""
    return {"x-family": "invented", "properties": {"model": {"const": name}, **properties}, **keys}


def rows(*schemas: dict[str, Any], **shared: Any) -> list[list[str]]:
    """Return the cells of the table of some models, without the two lines of its head."""
    components = {f"Model{number}": schema for number, schema in enumerate(schemas)} | shared
    lines = model_table.table({"components": {"schemas": components}}).partition("## All models")[2].splitlines()
    cells = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines if line.startswith("|")]
    assert [len(line) for line in cells] == [len(model_table.COLUMNS)] * len(cells)
    return cells[2:]


def priced(**price: Any) -> dict[str, Any]:
    """Return the keys of a model with a price."""
    return {"x-price": {"date": "2030-01-02", "unit": "second", "rate": 2, **price}}


def test_committed_table_is_current_and_has_every_model() -> None:
    assert model_table.main(["--check"]) == 0
    text = model_table.TABLE.read_text(encoding="utf-8").partition("## All models")[2]
    assert [text.count(f"`{name}`") for name in packaged_contract().models] == [1] * len(packaged_contract().models)


def test_each_task_lists_the_models_that_do_it_from_the_cheapest_to_the_dearest() -> None:
    text = model_table.TABLE.read_text(encoding="utf-8").partition("## All models")[0]
    parts = {part.partition("\n")[0]: part for part in text.split("\n### ")[1:]}
    listed = {task: re.findall(r"^\| `(.+?)`", part, re.MULTILINE) for task, part in parts.items()}
    words = packaged_contract().document["x-extensions"]["x-tasks"]
    assert list(listed) == list(words["values"]) == words["schema"]["items"]["enum"]
    assert {task: sorted(names) for task, names in listed.items()} == {
        task: sorted(names) for task, names in models.tasks().items()
    }
    prices = {model.id: model.price for model in models.find()}
    for names in listed.values():
        by_second = [price for price in (prices[name] for name in names) if price and price.unit == "second"]
        assert by_second == sorted(by_second, key=lambda price: (price.lowest, price.highest))


def test_summary_and_tables_of_the_tasks_say_what_a_second_costs() -> None:
    tasks = {"x-extensions": {"x-tasks": {"values": {"upscale": "A larger video.", "lip-sync": "Speech."}}}}
    schemas = {
        name: model(name, {}, **{"x-tasks": ["upscale"]}, **price)
        for name, price in {
            "none": {}, "dear": priced(rate=9.5), "call": priced(unit="call"), "cheap": priced(minimum=50),
            "tokens": {"x-price": {"date": "2030-01-02", "unit": "1000 tokens", "rates": {"in": 0.1, "out": 2}}},
        }.items()
    }  # fmt: skip
    lines = model_table.table({**tasks, "components": {"schemas": schemas}}).partition("## All models")[0].splitlines()
    assert [line for line in lines if line.startswith(("| `", "| [", "#"))] == [
        "# The models",
        "## By task",
        "| [upscale](#upscale) | A larger video. | 5 | 2 to 9.5 |",
        "| [lip-sync](#lip-sync) | Speech. | 0 | - |",
        "### upscale",
        "| `cheap` | - | - | 2 |",
        "| `dear` | - | - | 9.5 |",
        "| `call` | - | - | 2 a task |",
        "| `tokens` | - | - | 0.1 to 2 for 1000 tokens |",
        "| `none` | - | - | - |",
        "### lip-sync",
    ]


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
        "x-fields": ["duration"],
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
        ({"factors": {"sound": {"on": {"quality": {"1k": 2, "2k": 4}}, "off": {"quality": {"1k": 1, "2k": 4}}}}},
         "2 to 4 (1k), 8 (2k)"),
        ({"factors": {"quality": {"1k": 1, "2k": 1, "4k": 3}}, "times": "n"},
         "2 (1k, 2k), 6 (4k), for each video in n"),
        ({"factors": {"draft": {"true": 0.5, "false": {"quality": {"1k": 1, "2k": 3}}}}}, "1 to 2 (1k), 6 (2k)"),
        ({"factors": {"clips": {"absent": 1, "given": 0.5}, "fps": {"60": [1, 3]}}}, "1 to 6"),
        ({"unit": "call", "minimum": 2}, "2 a task"), ({"unit": "call", "minimum": 3}, "2 a task, at least 3 a task"),
        ({"seconds": {"output": {"field": "duration", "at-least": 4}}}, "2"),
        ({"seconds": {"output": {"file": "clips"}, "input": {"field": "clips"}}},
         "2, by the length of clips, input too"),
        ({"seconds": {"output": {"sound": {"on": {"file": "clips"}, "off": {"file": ["clips", "song"]},
                                           "given": {"seconds": 8}}}}},
         "2, by the length of clips or of the shorter of clips and song"),
        ({"seconds": {"output": {"task": "source"}}}, "2, by the length of the video of source"),
        ({"seconds": {"output": "duration", "input": {"field": "clips", "rates": {"quality": {"1k": 3, "2k": 4}}}}},
         "2, a second of input 3 (1k), 4 (2k)"),
        ({"files": {"field": "clips", "free": 2, "credits": 0.5}}, "2, 0.5 a file in clips beyond 2"),
        ({"extras": {"search": {"each": "search", "credits": 0.04}}}, "2, 0.04 a search"),
    ],
)  # fmt: skip
def test_price_is_told_for_every_form_of_the_price(price: dict[str, Any], text: str) -> None:
    draft = {"if": {"required": ["draft"], "properties": {"draft": {"const": True}}},
             "then": {"properties": {"quality": {"const": "1k"}}}, "x-fields": ["quality", "draft"]}  # fmt: skip
    fields = {"draft": {"type": "boolean"}, "quality": {"enum": ["1k", "2k", "4k"]}, "sound": {}, "clips": {}}
    own = {name: field for name, field in fields.items() if name != "quality" or "defaults" not in price}
    assert rows(model("one", own, allOf=[draft], **priced(**price)))[0][7] == text


def test_ninety_models_have_a_row_each_below_their_family() -> None:
    names = [(f"f{number % 9}", f"m{number}") for number in range(90)]
    table = rows(*(model(name, {}) | {"x-family": family} for family, name in names))
    assert [(row[0], row[1]) for row in table] == sorted(
        ((family, f"`{name}`") for family, name in names), key=lambda each: each[0]
    )
