"""The models as data, the commands that find and show them, and what is said about models that are not documented."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from evolink import InvalidRequest, _editions, _validation, models
from evolink._contract import BASE, Contract, editions, packaged_contract
from evolink._nearest import MOST, nearest, one_of
from evolink.cli import generate, local_files, request_options
from evolink.cli.app import run
from evolink.cli.request_options import fields_of
from evolink.models import Field, Price
from evolink_mock import MockServer
from evolink_mock.contract import model_names
from evolink_mock.server import ServedApp, listen

KEY = "sk-evo-do-not-show-me"
URL = "https://media.invalid/1.png"

Run = Callable[..., tuple[int, str, str]]


def schema(name: str, family: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the request schema of an invented model."""
    return {
        "type": "object",
        "description": f"Makes a {name}.\n",
        "required": ["model"],
        "properties": {"model": {"type": "string", "const": name}, **properties},
        "x-family": family,
        "x-edition": "of today",
        "externalDocs": {"url": f"https://docs.example.com/{name}"},
        **more,
    }


SKETCH = schema(
    "sketch-1",
    "paper",
    {
        "prompt": {"type": "string", "x-cut-after": 9, "description": "What to\n draw."},
        "image_urls": {
            "type": ["array", "null"],
            "items": {"$ref": "#/components/schemas/Url"},
            "minItems": 1,
            "maxItems": 3,
            "x-media": {"kind": "image", "max-bytes": 5},
        },
        "colours": {"type": "array", "items": {"type": "string", "enum": ["red", "blue"], "maxLength": 4}},
        "params": {
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": {"type": "integer", "minimum": 2, "maximum": 4, "default": 3},
                "story": {"type": "string", "x-token-limit": 7},
                "sheet": {"type": "string", "x-media": {"kind": ["document", "video"]}},
            },
        },
    },
    required=["model", "prompt"],
    **{"x-tasks": ["text-to-video", "video-edit"]},
    allOf=[{"description": "A sketch\nhas a size.", "x-fields": ["params.size"], "required": ["params"]}],
)
SONG = schema(
    "song-2",
    "sound",
    {
        "loud": {"type": "boolean"},
        "quality": {"type": "string", "enum": ["low", "high"]},
        "voice": {"type": "string", "x-media": {"kind": "audio"}},
    },
    **{
        "x-price": {
            "date": "2030-01-02",
            "unit": "second",
            "rate": 0.1,
            "minimum": 6,
            "defaults": {"pace": "slow"},
            "factors": {
                "quality": {"low": {"loud": {"true": 3, "false": 1}}, "high": 4, "undocumented": 99},
                "pace": {"slow": 2, "fast": 50},
            },
        }
    },
)
INVENTED = (SKETCH, SONG, schema("sketch-2-fast", "paper", {}))


def contract_of(*schemas: dict[str, Any]) -> Contract:
    """Return a contract with these models."""
    names = [each["properties"]["model"]["const"] for each in schemas]
    mapping = {name: f"#/components/schemas/{name}" for name in names}
    body = {"content": {"application/json": {"schema": {"discriminator": {"mapping": mapping}}}}}
    paths = {"/v1/videos/generations": {"post": {"operationId": "create_video_generation", "requestBody": body}}}
    components = {"Url": {"type": "string", "format": "uri"}, **dict(zip(names, schemas, strict=True))}
    return Contract({"paths": paths, "components": {"schemas": components}})


@pytest.fixture
def invented(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replaces the contract by one with three invented models; returns the edition of each read of the contract."""
    contract = contract_of(*INVENTED)
    reads: list[str] = []

    def read(edition: str = BASE) -> Contract:
        reads.append(edition)
        return contract

    for module in (models, _editions, _validation, generate):
        monkeypatch.setattr(module, "packaged_contract", read)
    return reads


@pytest.fixture
def evolink(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process; returns its exit code, standard output and standard error."""
    for name in [name for name in os.environ if name.startswith("EVOLINK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("EVOLINK_API_KEY", KEY)

    def called(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return called


def found(**conditions: Any) -> list[str]:
    return [model.id for model in models.find(**conditions)]


# --- models as data


@pytest.mark.usefixtures("invented")
def test_model_has_its_fields_limits_media_and_rules() -> None:
    model = models.get("sketch-1")
    assert (model.id, model.family, model.description) == ("sketch-1", "paper", "Makes a sketch-1.")
    assert model.tasks == ("text-to-video", "video-edit")
    assert (model.edition, model.source, model.price) == ("of today", "https://docs.example.com/sketch-1", None)
    assert (set(model.takes), model.rules) == ({"image", "document", "video"}, ("A sketch has a size.",))
    properties = SKETCH["properties"]
    nothing: dict[str, Any] = {
        **dict.fromkeys(("default", "minimum", "maximum", "max_length", "cut_after", "token_limit")),
        **dict.fromkeys(("min_items", "max_items")), "required": False, "values": (), "media": {}, "description": "",
    }  # fmt: skip
    image, sheet = properties["image_urls"], properties["params"]["properties"]["sheet"]
    changes: list[dict[str, Any]] = [
        {"name": "prompt", "required": True, "cut_after": 9, "description": "What to draw."},
        {"name": "image_urls", "type": "array|null", "media": image["x-media"], "min_items": 1, "max_items": 3},
        {"name": "colours", "type": "array", "values": ("red", "blue"), "max_length": 4},
        {"name": "params.size", "type": "integer", "minimum": 2, "maximum": 4, "default": 3},
        {"name": "params.story", "token_limit": 7},
        {"name": "params.sheet", "media": sheet["x-media"]},
    ]
    schemas = [properties["prompt"], image, properties["colours"], *properties["params"]["properties"].values()]
    expected: list[dict[str, Any]] = [
        {**nothing, "type": "string", "schema": each, **change} for change, each in zip(changes, schemas, strict=True)
    ]
    assert model.fields == tuple(Field(**values) for values in expected)


@pytest.mark.usefixtures("invented")
def test_price_spans_the_documented_values_only() -> None:
    """A field that the model lacks has its default; a value that is not in the list is left out."""
    price = Price(unit="second", lowest=0.2, highest=0.8, minimum=6, date="2030-01-02")
    assert (models.get("song-2").price, price.rate) == (price, "0.2 to 0.8 per second")


@pytest.mark.usefixtures("invented")
def test_ids_and_families_are_in_the_order_of_the_contract() -> None:
    assert models.ids() == ["sketch-1", "song-2", "sketch-2-fast"]
    assert models.families() == {"paper": ["sketch-1", "sketch-2-fast"], "sound": ["song-2"]}
    assert models.tasks() == {"text-to-video": ["sketch-1"], "video-edit": ["sketch-1"]}


@pytest.mark.usefixtures("invented")
def test_models_are_found_by_every_condition() -> None:
    assert found() == models.ids()
    assert found(words="SKETCH makes") == found(family="paper") == ["sketch-1", "sketch-2-fast"]
    assert found(words="colours") == found(words="video-edit") == found(takes="document") == ["sketch-1"]
    assert found(task="video-edit") == found(task="text-to-video", family="paper") == ["sketch-1"]
    assert found(task="video-edit", takes="audio") == []
    assert found(takes="audio") == found(max_price=0.2) == found(words="sound") == ["song-2"]
    assert found(max_price=0.19) == found(words="sketch song") == found(family="sound", takes="video") == []


@pytest.mark.usefixtures("invented")
@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"family": "papr"}, "family: must be one of paper, sound; it is 'papr'"),
        ({"takes": ["image"]}, "takes: must be one of image, video, audio, document; it is ['image']"),
        ({"max_price": "1"}, "max_price: must be a number of credits, 0 or more; it is '1'"),
        ({"max_price": float("nan")}, "max_price: must be a number of credits, 0 or more; it is nan"),
        ({"max_price": -1}, "max_price: must be a number of credits, 0 or more; it is -1"),
        ({"words": ["a"]}, "words: must be words in a str; it is ['a']"),
    ],
)
def test_wrong_condition_is_an_invalid_request(conditions: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        models.find(**conditions)
    assert [str(violation) for violation in caught.value.violations] == [message]


@pytest.mark.usefixtures("invented")
def test_unknown_field_names_the_fields_of_the_model() -> None:
    with pytest.raises(InvalidRequest, match=r"must be one of 6 fields of sketch-1; the nearest is params\.size"):
        models.get("sketch-1").field("size")


def test_changing_the_data_changes_no_check() -> None:
    name = models.ids()[0]
    before = json.dumps(packaged_contract().models[name])
    model = models.get(name)
    model.schema["properties"].clear()
    for each in model.fields:
        each.schema.clear()
        each.media.clear()
    assert json.dumps(packaged_contract().models[name]) == before


@pytest.mark.parametrize("edition", editions())
def test_every_model_of_every_edition_is_described_completely(edition: str) -> None:
    described = models.find(edition=edition)
    assert [model.id for model in described] == list(packaged_contract(edition).models)
    assert sum(map(len, models.families(edition).values())) == len(set(described)) == len(described)
    for model in described:
        names = [each.name for each in fields_of(packaged_contract(edition), model.id)]
        assert [each.name for each in model.fields] == names
        assert all([model.family, model.description, model.edition, model.source.startswith("https://")])
        assert all(each.description and each.type for each in model.fields), model.id


# --- nearest names


@pytest.mark.parametrize("near", [nearest, model_names.nearest])
def test_nearest_names_are_the_most_similar_ones(near: Callable[[str, list[str]], list[str]]) -> None:
    known = ["snow1.0-text-to-video", "snow1.0-image-to-video", "snow2.0-text-to-video", "rain-9", "rain-8", "hail-3-b"]
    assert near("Snow 1.0 text to video", known)[0] == known[0]
    assert near("snow1.0-txet-to-video", known)[0] == known[0]
    assert near("RAIN", known)[:2] == ["rain-9", "rain-8"]
    assert near("hail3", known) == ["hail-3-b"]
    assert near("x" * 100_000, known) == ([] if near is nearest else known[:MOST])


@pytest.mark.parametrize("name", ["snow-19", "snow", "rain", "", 5, None, "\N{SNOWFLAKE}" * 9])
def test_no_more_than_five_of_many_names_are_listed(name: Any) -> None:
    known = [f"snow-{number}" for number in range(90)]
    for text in (one_of(name, known, "models"), ", ".join(model_names.nearest(str(name), known))):
        assert 1 <= text.count("snow-") <= MOST
    assert one_of(name, known[:2], "models") == "one of snow-0, snow-1"


def unknown_model_messages(evolink: Run, name: str, folder: Path) -> Iterator[str]:
    """Yield what each part says about an unknown model."""
    request = folder / "request.json"
    request.write_text(json.dumps({"model": name}), encoding="utf-8")
    for arguments in (["models", name], ["generate", name], ["generate", "--request", str(request)]):
        code, out, err = evolink(*arguments)
        assert (code in {2, 3}, out) == (True, "")
        yield err
    yield evolink("check", str(request))[1]
    yield evolink("generate", "--request", str(request), "--check-media", "--no-validate")[2]
    with pytest.raises(InvalidRequest) as caught:
        models.get(name)
    yield str(caught.value)
    with MockServer(pace="at-once") as mock:
        headers = {"authorization": f"Bearer {mock.api_key}"}
        yield httpx.post(f"{mock.url}/v1/videos/generations", json={"model": name}, headers=headers).text


def test_every_part_suggests_the_nearest_of_the_models(evolink: Run, tmp_path: Path) -> None:
    known = models.ids()
    assert len(known) > MOST
    for message in unknown_model_messages(evolink, known[0].upper().replace("-", "_"), tmp_path):
        assert known[0] in message
        assert sum(model in message.replace(",", " ").replace('"', " ").split() for model in known) <= MOST, message


def test_missing_model_is_reported_without_a_list_of_all(evolink: Run) -> None:
    code, _, err = evolink("generate")
    assert (code, sum(model in err for model in models.ids())) == (2, 1)
    assert f"Missing MODEL, one of {len(models.ids())} documented models, such as {models.ids()[0]}" in err


def test_mock_lists_no_more_than_five_models_if_the_model_is_missing(http: httpx.Client) -> None:
    message = http.post("/v1/videos/generations", json={"prompt": "x"}).json()["error"]["message"]
    assert message == f"model is required: one of {len(models.ids())} documented models, such as {models.ids()[0]}."


# --- the commands


@pytest.mark.usefixtures("invented")
def test_found_models_are_printed_with_their_ids_first(evolink: Run) -> None:
    code, out, err = evolink("models")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "sketch-1\tpaper\tdocument, image, video\t\tMakes a sketch-1.",
        "sketch-2-fast\tpaper\t\t\tMakes a sketch-2-fast.",
        "song-2\tsound\taudio\t0.2 to 0.8 per second\tMakes a song-2.",
    ]
    for options in (["--family", "sound"], ["--find", "SONG voice"], ["--takes", "audio"], ["--max-price", "0.2"]):
        assert [line.split("\t")[0] for line in evolink("models", *options)[1].splitlines()] == ["song-2"]


@pytest.mark.usefixtures("invented")
@pytest.mark.parametrize("columns", [60, 160])
def test_terminal_has_a_title_for_each_family(evolink: Run, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("evolink.cli.models.is_terminal", bool)
    lines = [line.strip() for line in evolink("models")[1].splitlines()]
    first = {line.split()[0]: index for index, line in reversed(list(enumerate(lines))) if line}
    assert first["paper"] < first["sketch-1"] < first["sketch-2-fast"] < first["sound"] < first["song-2"]
    assert lines[-1] == "Prices: EvoLink's public price rules of 2030-01-02."


@pytest.mark.usefixtures("invented")
def test_json_has_family_files_price_and_edition(evolink: Run) -> None:
    [document] = json.loads(evolink("models", "--find", "song", "--json")[1])["models"]
    price = {"unit": "second", "lowest": 0.2, "highest": 0.8, "minimum": 6, "date": "2030-01-02"}
    expected = {"id": "song-2", "family": "sound", "takes": ["audio"], "edition": "of today", "price": price}
    assert {name: document[name] for name in expected} == expected
    assert json.loads(evolink("models", "song-2", "--json")[1]) == {"models": [document]}


@pytest.mark.usefixtures("invented")
def test_no_match_is_an_empty_list_with_a_note(evolink: Run) -> None:
    note = "evolink: no model matches; leave out a condition, or run evolink models to see all\n"
    assert evolink("models", "--find", "sculpture") == (0, "", note)
    assert evolink("models", "--find", "sculpture", "--json") == (0, '{"models": []}\n', note)


@pytest.mark.usefixtures("invented")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--family", "papr"], "'--family': must be one of paper, sound, not 'papr'"),
        (["--task", "edit"], "'--task': must be one of text-to-video, video-edit, not 'edit'"),
        (["--takes", "smell"], "'--takes': 'smell' is not one of 'image', 'video', 'audio', 'document'"),
        (["--max-price", "-1"], "'--max-price': must be a number of credits, 0 or more, not -1.0"),
        (["song-2", "--find", "x"], "'--find': cannot be combined with MODEL 'song-2'"),
    ],
)
def test_wrong_condition_is_wrong_usage(evolink: Run, arguments: list[str], message: str) -> None:
    code, out, err = evolink("models", *arguments)
    assert (code, out, message in err, err.count("\n")) == (2, "", True, 1), err


@pytest.mark.usefixtures("invented")
@pytest.mark.parametrize("is_terminal", [bool, callable], ids=["terminal", "pipe"])
def test_one_model_is_shown_with_family_price_and_rules(
    evolink: Run, monkeypatch: pytest.MonkeyPatch, is_terminal: Any
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr("evolink.cli.models.is_terminal", is_terminal)
    lines = evolink("models", "song-2")[1].splitlines()
    price = "credits: 0.2 to 0.8 per second, at least 6, by EvoLink's public price rules of 2030-01-02"
    assert {"family: sound", "takes: audio", price} <= set(lines)
    assert "rule: A sketch has a size." in evolink("models", "sketch-1")[1].splitlines()


def limits_of(model: str, field: request_options.Field) -> list[str]:
    """Return what the help of an option must contain: the limits of its field, with each value and bound."""
    limits = field.limits(besides={"enum", "minimum", "maximum"})
    values = [str(value) for value in models.get(model).field(field.name).values]
    return [*limits, *values, *(str(field.schema[key]) for key in ("minimum", "maximum") if key in field.schema)]


def test_help_shows_limits_on_which_editions_disagree_and_those_that_no_option_can_enforce() -> None:
    later = {"source": "edition 2030-01"}
    fields = {
        "mood": {"type": "string", "enum": ["fun", "dark"], "x-contested": {"enum": {"value": ["fun"], **later}}},
        "size": {"type": "integer", "minimum": 6, "maximum": 30, "x-contested": {"maximum": {"value": 15, **later}}},
        "take": {"type": ["integer", "string"], "minimum": 2, "maximum": 9},
        "step": {"type": "number", "enum": [0.5, 1]},
    }
    contract = contract_of(schema("clip-1", "film", fields))
    command = generate.build_command("clip-1", contract)
    options = {option.opts[0]: option for option in command.params}
    shown = {name: options[f"--{name}"].help.replace("\\[", "[").strip() for name in fields}
    assert shown == {
        "mood": '[one of fun, dark; contested enum: ["fun"] in edition 2030-01]',
        "size": "[at most 30; contested maximum: 15 in edition 2030-01]",
        "take": "[2 to 9]",
        "step": "[one of 0.5, 1]",
    }
    assert (options["--size"].type.min, options["--size"].type.max) == (6, None)


def test_option_of_every_field_of_every_model_has_its_limits() -> None:
    contract = packaged_contract()
    missing = list[tuple[str, str, str]]()
    for model in models.ids():
        command = generate.build_command(model, contract)
        options = {name: option for option in command.params for name in option.opts}
        for each in fields_of(contract, model, generate.OPTIONS):
            option = options[f"--{each.option}"]
            kind = [str(getattr(option.type, name, "")) for name in ("choices", "min", "max")]
            shown = " ".join([option.help.replace("\\[", "["), *kind])
            missing += [(model, each.option, text) for text in limits_of(model, each) if text not in shown]
        epilog = (command.epilog or "").replace("\\[", "[")
        missing += [(model, "", rule) for rule in models.get(model).rules if rule not in epilog]
    assert missing == []


def test_help_of_a_model_shows_its_limits(evolink: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "4000")
    contract, ids = packaged_contract(), models.ids()
    for model in ids[:: len(ids) // 3]:  # their options hold the limits of every model, so a few show the layout
        code, out, err = evolink("generate", model, "--help")
        shown = [line for line in out.splitlines() if "--" in line]
        assert (code, err) == (0, "")
        for each in fields_of(contract, model, generate.OPTIONS):
            [line] = [line for line in shown if f"--{each.option} " in f"{line} ".replace("/", " ")]
            assert [text for text in limits_of(model, each) if text not in line] == [], (model, each.name, line)
        assert all(rule in out for rule in models.get(model).rules)


# --- models newer than the package


def test_request_for_a_newer_model_is_sent_without_validation(evolink: Run, tmp_path: Path) -> None:
    request, bodies = tmp_path / "request.json", list[Any]()

    async def accept(received: Request) -> JSONResponse:
        bodies.append(await received.json())
        return JSONResponse({"id": "task-unified-1-abcdefgh", "status": "pending"})

    body = {"model": "newer-1", "prompt": "and/or a cat.", "image_urls": [URL], "deep": {"level": 1}}
    request.write_text(json.dumps(body), encoding="utf-8")
    app = Starlette(routes=[Route("/v1/videos/generations", accept, methods=["POST"])])
    with ServedApp(app, listen("127.0.0.1", 0)) as served:
        arguments = ["generate", "--request", str(request), "--base-url", served.url]
        assert evolink(*arguments)[0] == 3
        assert evolink(*arguments, "--no-validate") == (0, "task-unified-1-abcdefgh\n", "")
    assert bodies == [body]


def test_local_file_of_a_newer_model_is_refused(evolink: Run, tmp_path: Path) -> None:
    """It would be sent as the path that it is, because nobody knows which fields are files."""
    picture, request = tmp_path / "a b.png", tmp_path / "request.json"
    picture.write_bytes(b"x")
    for value in (str(picture), picture.as_uri()):
        request.write_text(json.dumps({"model": "newer-1", "deep": {"images": [URL, value]}}), encoding="utf-8")
        code, _, err = evolink(
            "generate", "--request", str(request), "--no-validate", "--base-url", "http://127.0.0.1:9"
        )
        assert code == 2
        assert f"Invalid value for 'deep.images[1]': the file {value!r} is not uploaded: " in err
        assert "put the URL that evolink upload PATH prints into the request" in err


def test_what_only_looks_like_a_file_of_a_newer_model_causes_a_warning(evolink: Run, tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"model": "newer-1", "a": "./nowhere", "b": ["x", "c.mp4"]}), encoding="utf-8")
    code, _, err = evolink("generate", "--request", str(request), "--no-validate", "--base-url", "ftp://127.0.0.1")
    assert code == 2  # for the address
    assert err.startswith("evolink: warning: no file is uploaded for a, b[1]: the fields of a model that is not ")


def test_paths_are_told_from_words_and_urls() -> None:
    local = ["a.png", "/x", "./x", "../x y", "~/x", "~", "C:\\x", "d:/x", ".\\x", "\\\\host\\x", "FILE:///x", "x/y.pdf"]
    urls = [URL, "data:image/png;base64,AA", "s3://x/a.png"]
    other = [*urls, "", "A cat", "a cat.png", "and/or", "16:9", "720p", "/x\ny", "/" * 5000]
    assert [text for text in local if not local_files.looks_local(text)] == []
    assert [text for text in other if local_files.looks_local(text)] == []


# --- costs


def test_help_reads_no_contract_and_builds_the_options_of_one_model(
    evolink: Run, invented: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    build = generate.build_command

    def counted(model: str, contract: Contract) -> Any:
        built.append(model)
        return build(model, contract)

    monkeypatch.setattr(generate, "build_command", counted)
    for arguments in (["--help"], ["models", "--help"], ["task", "--help"]):
        assert evolink(*arguments)[0] == 0
    assert invented == []
    assert (evolink("generate", "--help")[0], built) == (0, [])
    assert (evolink("generate", "song-2", "--help")[0], built) == (0, ["song-2"])


def test_list_of_models_reads_one_edition(evolink: Run, invented: list[str]) -> None:
    assert evolink("models", "--takes", "audio")[0] == 0
    assert set(invented) == {BASE}
