"""Bundling and checking the contract's files, adding a model, and generating the client."""

from __future__ import annotations

import copy
import importlib.util
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import bundle
import lint
from contract_suite.checks.contract import Parts
from contract_suite.coverage.contract import measure_coverage
from evolink_mock.contract.compiled_contract import Contract
from evolink_mock.contract.error_bodies import ErrorResponse
from evolink_sandbox import yaml_1_2
from tests.known_pages import copy_contract

IMAGE = "models/wan/wan2.5-image-to-video.yaml"
REFERENCE = "models/wan/wan2.6-reference-video-flash.yaml"
SCRATCH_MODEL = """
type: object
description: A scratch model.
externalDocs: {url: https://example.com/page}
x-edition: none
x-tasks: [text-to-video]
x-billing: {reserved-from: duration, settled-on: produced-seconds}
required: [model, prompt]
properties:
  model: {type: string, const: scratch-1.0-text, default: scratch-1.0-text, description: The tag.}
  prompt: {type: string, maxLength: 10, description: The prompt.}
  mode: {type: string, enum: [a, b], default: a, description: The mode.}
  duration: {type: integer, minimum: 1, default: 5, description: The length.}
  model_params:
    type: object
    description: Settings.
    properties:
      camera:
        type: object
        description: The camera.
        properties: {speed: {type: number, default: 1.5, description: The speed.}}
      shots:
        type: array
        description: The shots.
        items: {type: object, properties: {kind: {type: string, default: wide}}}
allOf:
  - description: Mode b needs a duration.
    x-fields: [mode, duration]
    if: {required: [mode], properties: {mode: {const: b}}}
    then: {required: [duration]}
examples:
  - {model: scratch-1.0-text, prompt: short}
"""


IGNORED = shutil.ignore_patterns("__pycache__", ".build-*")
with tempfile.TemporaryDirectory() as _folder:
    SMALL = bundle.bundle(copy_contract(Path(_folder)))
"""The contract with two models only."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root file of the contract, in a copy of its files, which a test may change."""
    return copy_contract(tmp_path)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{path} does not contain {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# --- bundle


def test_bundle_has_only_references_within_itself() -> None:
    document = bundle.bundle()
    references: list[str] = []

    def collect(node: Any) -> None:
        if bundle.is_object(node):
            references.extend([node["$ref"]] if "$ref" in node else [])
            for value in node.values():
                collect(value)
        elif bundle.is_array(node):
            for item in node:
                collect(item)

    collect(document)
    assert references
    for reference in references:
        target: Any = document
        for token in reference.removeprefix("#/").split("/"):
            target = target[token]


def test_discriminator_mapping_is_derived_from_the_tags(repository: Path) -> None:
    document = bundle.bundle()
    post = document["paths"]["/v1/videos/generations"]["post"]
    discriminator = post["requestBody"]["content"]["application/json"]["schema"]["discriminator"]
    assert discriminator["propertyName"] == "model"
    assert discriminator["mapping"].keys() == {path.stem for path in (repository / "openapi/models").rglob("*.yaml")}
    assert discriminator["mapping"]["wan2.5-image-to-video"] == "#/components/schemas/Wan25ImageToVideo"
    for model, reference in discriminator["mapping"].items():
        schema = document["components"]["schemas"][reference.removeprefix("#/components/schemas/")]
        assert schema["properties"]["model"]["const"] == model


def test_family_of_a_model_is_the_name_of_its_folder(repository: Path) -> None:
    families = {path.stem: path.parent.name for path in (repository / "openapi/models").rglob("*.yaml")}
    create = bundle.bundle()["paths"]["/v1/videos/generations"]["post"]["requestBody"]["content"]["application/json"]
    schemas = bundle.bundle()["components"]["schemas"]
    mapping = create["schema"]["discriminator"]["mapping"]
    assert {model: schemas[name.rpartition("/")[2]]["x-family"] for model, name in mapping.items()} == families


def bundled(tmp_path: Path, **files: str) -> dict[str, Any]:
    """Bundle invented files, models except `root` and `shared`, and return the schemas that result."""
    (tmp_path / bundle.MODELS).mkdir()
    for name, text in files.items():
        folder = tmp_path if name in {"root", "shared"} else tmp_path / bundle.MODELS
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    schemas: dict[str, Any] = bundle.bundle(tmp_path / "root.yaml")["components"]["schemas"]
    return schemas


def test_reference_with_keys_beside_it_is_replaced_by_the_schema_with_these_keys(tmp_path: Path) -> None:
    schemas = bundled(
        tmp_path,
        root="a: {$ref: models/model.yaml}",
        model="{properties: {text: {$ref: ../shared.yaml#/Text, maxLength: 5}, link: {$ref: ../shared.yaml#/Link}}}",
        shared="{Text: {type: string, maxLength: 9, x-media: {kind: image, seconds: {min: 2}}}, Link: {type: string}}",
    )
    text = {"type": "string", "maxLength": 5, "x-media": {"kind": "image", "seconds": {"min": 2}}}
    assert schemas == {
        "Model": {"properties": {"text": text, "link": {"$ref": "#/components/schemas/Link"}}},
        "Link": {"type": "string"},
    }


def test_objects_are_merged_and_other_values_replaced_in_a_reference_with_keys_beside_it(tmp_path: Path) -> None:
    schemas = bundled(
        tmp_path,
        root="a: {$ref: models/prime.yaml}",
        prime="{$ref: plain.yaml, required: [seed], properties: {model: {const: prime}}}",
        plain="{required: [model], properties: {model: {type: string, const: plain}, seed: {type: integer}}}",
    )
    properties = {"model": {"type": "string", "const": "prime"}, "seed": {"type": "integer"}}
    assert schemas == {"Prime": {"required": ["seed"], "properties": properties}}


def test_rule_that_limits_one_field_gets_a_condition_that_other_generators_do_not_merge(tmp_path: Path) -> None:
    schemas = bundled(
        tmp_path,
        root="a: {$ref: models/model.yaml}",
        model="{allOf: [{x-fields: [a], properties: {a: {not: {const: 1}}}}, {properties: {a: {maximum: 2}}},"
        " {x-fields: [b], allOf: [{properties: {b: false}}, {anyOf: [{properties: {b: {}}}]}]},"
        " {x-fields: [a, b], properties: {a: false, b: false}}, {x-fields: [a], required: [a], properties: {a: {}}}]}",
    )
    assert schemas["Model"]["allOf"] == [
        {"x-fields": ["a"], "if": {"required": ["a"]}, "then": {"properties": {"a": {"not": {"const": 1}}}}},
        {"properties": {"a": {"maximum": 2}}},
        {"x-fields": ["b"], "allOf": [
            {"if": {"required": ["b"]}, "then": {"properties": {"b": False}}}, {"anyOf": [{"properties": {"b": {}}}]},
        ]},
        {"x-fields": ["a", "b"], "properties": {"a": False, "b": False}},
        {"x-fields": ["a"], "required": ["a"], "properties": {"a": {}}},
    ]  # fmt: skip


def test_reference_with_keys_beside_it_cannot_lead_to_itself(tmp_path: Path) -> None:
    with pytest.raises(bundle.BundleError, match=r"a\.yaml:1: b\.yaml refers to itself; remove the keys beside"):
        bundled(tmp_path, root="a: {$ref: models/a.yaml}", a="{$ref: b.yaml, type: x}", b="{$ref: a.yaml, type: x}")


def test_bundle_command_prints_the_document() -> None:
    process = subprocess.run([sys.executable, bundle.__file__], capture_output=True, check=True)
    assert json.loads(process.stdout) == bundle.bundle()


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("evolink.yaml", "models/wan/wan2.5", "models/wan/wan2.4", "wan2.4-image-to-video.yaml: cannot be read (ref"),
        ("evolink.yaml", "task.yaml#/CreatedTask", "task.yaml#/Creation", "task.yaml has no Creation"),
        ("evolink.yaml", "openapi: 3.1.0", "openapi: [", "evolink.yaml:7: is not valid YAML"),
        (IMAGE, "const: wan2.5", "const: wan2.4", "are the file name, wan2.5-image-to-video"),
        (IMAGE, "[model, prompt", "[prompt", "needs a required property model"),
        (IMAGE, "media-url.yaml#/MediaUrl", "error.yaml#/ErrorDetail/Task", "has no Task"),
        ("schemas/task.yaml", "TaskInfo:\n  type", "Taskinfo:\n  type", "task.yaml has no TaskInfo"),
        ("evolink.yaml", "task.yaml#/CreatedTask", "task.yaml#CreatedTask", "needs a slash after its #"),
        ("evolink.yaml", f"- $ref: {IMAGE}", "- $ref: 5", "the reference 5 is not a string"),
        ("evolink.yaml", f"- $ref: {IMAGE}", "- {type: object}", "must reference a file"),
        ("evolink.yaml", IMAGE, REFERENCE, "d twice"),
        ("evolink.yaml", "schemas/task.yaml#/TaskId", "schemas/task.yaml#/TaskId/type", "is not a schema"),
        ("evolink.yaml", "'200':", "200:", "the key 200 is not a string; quote it"),
        (IMAGE, "  model:\n", "  modell:\n", "needs a required property model"),
        (IMAGE, "    default: wan2.5-image-to-video\n", "", "are the file name, wan2.5-image-to-video"),
        (IMAGE, "required: [model, prompt, image_urls]", "required:", "needs a required property model"),
        (IMAGE, "maxLength: 1000", "maxLength: .nan", ".nan is not a JSON value"),
        (IMAGE, "maxLength: 1000", "maxLength: !!binary aGVsbG8=", "the tag !!binary does not stand for a JSON value"),
        (IMAGE, "maxLength: 1000", "maxLength: &a [*a]", "is nested too deeply or refers to itself"),
        (IMAGE, "maxLength: 1000", 'maxLength: "\\ud800"', "is not valid YAML"),
        (IMAGE, "maxLength: 1000", "maxLength: !!bool x", "is not valid YAML"),
    ],
)  # fmt: skip
def test_broken_files_are_reported_on_one_line(
    root: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
    file: str,
    old: str,
    new: str,
    message: str,
) -> None:
    replace(root.parent / file, old, new)
    code = bundle.main([str(root)])
    out, err = capfdbinary.readouterr()
    assert (code, len(err.splitlines()), out) == (1, 1, b""), err
    assert message in err.decode()


def test_bundle_command_exits_with_1_without_a_document(root: Path) -> None:
    replace(root, "openapi: 3.1.0", "openapi: [")
    process = subprocess.run([sys.executable, bundle.__file__, root], capture_output=True, text=True, check=False)
    assert (process.returncode, len(process.stderr.splitlines()), process.stdout) == (1, 1, ""), process.stderr


def test_two_schemas_with_the_same_name_are_refused(root: Path) -> None:
    (root.parent / "other.yaml").write_text("TaskId: {type: string}\n")
    replace(
        root,
        "schema:\n            $ref: schemas/task.yaml#/TaskId",
        "schema:\n            $ref: other.yaml#/TaskId",
    )
    with pytest.raises(bundle.BundleError, match="would both be named TaskId"):
        bundle.bundle(root)


def test_message_about_a_reference_names_its_file_and_line(root: Path) -> None:
    replace(root, "- $ref: models/wan/wan2.5-image-to-video.yaml", "- $ref: models/none.yaml")
    line = next(
        number for number, text in enumerate(root.read_text().splitlines(), 1) if "models/none.yaml" in text
    )  # fmt: skip
    with pytest.raises(bundle.BundleError) as raised:
        bundle.bundle(root)
    assert str(raised.value) == (
        f"{root.parent}/models/none.yaml: cannot be read (referenced by {root}:{line}): No such file or directory"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12_34", "12_34"), ("0b11", "0b11"), ("0o17", 15), ("017", 17), ("0x1F", 31), ("-0x1F", "-0x1F"), ("+7", 7),
        ("1:30", "1:30"), ("1:30:00.5", "1:30:00.5"), ("1_000.5", "1_000.5"), ("no", "no"), ("Yes", "Yes"),
        ("on", "on"), ("y", "y"),
        ("2026-01-01", "2026-01-01"), ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"), ("=", "="),
        ("~", None), ("Null", None), ("nULL", "nULL"), ("TRUE", True), ("tRUE", "tRUE"), ("1e3", 1000.0), (".5", 0.5),
        ("5.", 5.0), ("1.e+2", 100.0), (".e5", ".e5"), ("'12'", "12"), ("!!str 12", "12"), ("! 12", "12"),
        ("!!int '12'", 12), ("!!float 1", 1.0), ("<<", "<<"), ("0o8", "0o8"), ("1.2.3", "1.2.3"),
        (".INFINITY", ".INFINITY"), ("9007199254740993", 9007199254740993),
    ],
)  # fmt: skip
def test_value_without_quotes_is_read_by_the_core_schema(text: str, value: Any) -> None:
    assert repr(yaml_1_2.load(f"a: {text}").value) == repr({"a": value})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb:\n  c: 2\n  c: 3\n", "line 4: duplicate key 'c', which is also in line 3"),
        ("a: 1\nb: -.inf\n", "line 2: -.inf is not a JSON value"),
        ("a: !!int 1_2", "line 1: '1_2' does not have the form of !!int"),
        ("a: !!timestamp 2026-01-01", "line 1: the tag !!timestamp does not stand for a JSON value"),
        ("a: !x {}", "line 1: the tag !x does not stand for a JSON value"),
        ("a: " + "9" * 5000, "line 1: a number has more digits than Python converts"),
        ("a: &x\n  - *x\n", "line 2: is nested too deeply or refers to itself"),
        ("a: b\nc: d\u2028e\n", "line 2: contains U+2028; write it as an escape in double quotes"),
        ("a: 1\n0x10: 1\n", "line 2: the key 0x10 is not a string; quote it"),
        ("a: 1\nTrue: 1\n", "line 2: the key True is not a string; quote it"),
        ("a: *b", "line 1: the alias *b has no anchor before it"),
    ],
)  # fmt: skip
def test_yaml_that_is_not_json_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(yaml_1_2.YamlError) as raised:
        yaml_1_2.load(text, only_text_keys=True)
    assert str(raised.value) == message


def test_merge_key_adds_the_fields_that_an_object_does_not_have() -> None:
    text = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {<<: *a, y: 5}\nd:\n  <<: [*a, *b]\n  w: 6\n'<<': 7\n"
    assert yaml_1_2.load(text).value == {
        "a": {"x": 1, "y": 2}, "b": {"y": 3, "z": 4}, "c": {"x": 1, "y": 5}, "d": {"y": 2, "z": 4, "x": 1, "w": 6},
        "<<": 7,
    }  # fmt: skip


def test_aliases_cannot_expand_to_a_document_without_end() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
    with pytest.raises(yaml_1_2.YamlError, match="has more than 200000 values, counting each use of an alias"):
        yaml_1_2.load("\n".join(lines))


# --- lint


# Mistakes of which none hides another, in one contract: a check of the whole contract takes a tenth of a second.
MISTAKES: dict[str, list[tuple[str, str, str, str]]] = {
    "invalid OpenAPI": [
        (IMAGE, "maxLength: 1000", "maxLength: lots", 'Wan25ImageToVideo.properties.prompt.maxLength: "lots"'),
        (REFERENCE, "type: integer", "type: integr", 'ReferenceVideoFlash.properties.duration.type: "integr"'),
        ("schemas/media-url.yaml", "[/?#]|$)'", "[/?#]|$'", "schemas.MediaUrl.pattern: "),
        ("schemas/task.yaml", "pattern: ^task-unified-", r"pattern: ^\p{L}", r"'^\\p{L}' is not a 'regex'"),
        (REFERENCE, "type: object", "$schema: https://a.example/x\ntype: object", "dialect: 'https://a.example/x'"),
        ("evolink.yaml", "x-extensions:", "x-extension:", "x-extensions: must be an object"),
        ("evolink.yaml", ": get_task\n      tags", ": create_video_generation\n      tags", "Operation ID"),
    ],
    "an invalid default": [(REFERENCE, "default: 720p", "default: 480p", "'480p' is not one of")],
    "a reference to nothing": [
        ("evolink.yaml", "'#/components/responses/ModelNotFound'", "'#/components/responses/Nope'", "Nope"),
    ],
    "malformed extensions": [
        (IMAGE, "x-media:", "x-medium:", "x-medium: is not defined in x-extensions"),
        (REFERENCE, "x-tasks: [reference-to-video]", "x-tasks: [reference-to-film]", "x-tasks.0: "),
        ("schemas/task.yaml", "unknown_error: {retry: null", "unknown_error: {retry: maybe", '"maybe" is not of types'),
        ("schemas/task.yaml", "x-valid-seconds: 86400", "x-valid-seconds: a day", '"a day" is not of type'),
        ("schemas/file.yaml", "kind: [image, audio, video]", "kind: [image, text]", "x-media.kind: "),
    ],
    "others": [
        (IMAGE, "\n    image_urls: [", "\n    urls: [", 'examples.0: "image_urls" is a required property'),
        (REFERENCE, "x-edition: from spring 2026\n", "", "a model needs x-edition"),
        (REFERENCE, "x-tasks: [reference-to-video]\n", "", "a model needs x-tasks"),
        (IMAGE, "minItems: the", "minLength: the", "minLength is not next to the mark"),
        (IMAGE, "The description of the video,", "提示词", "contains characters that are not ASCII"),
        ("evolink.yaml", "code: 401, message", "code: 402, message", "401 was expected"),
        ("schemas/task.yaml", "    - unknown_error\n", "", "x-failures.unknown_error: must be both"),
        ("schemas/file.yaml", "x-media:\n          value", "x-medium:\n          value", "x-medium is not next to"),
        (IMAGE, "maxLength: 1000", "maxLenght: 1000", "unknown schema keyword maxLenght"),
        (REFERENCE, "field: video_urls", "field: video_url", "x-billing: the model has no field video_url"),
        (REFERENCE, "    quality: 1080p", "    qualitee: 1080p", "x-billing: the model has no field qualitee"),
        (REFERENCE, "reserved-from: duration", "reserved-from: {qualitee: {720p: {file: video_urls}}}",
         "x-billing: the model has no field qualitee"),
        ("evolink.yaml", ": get_task\n              desc", ": get\n              desc", "names an operation"),
        ("evolink.yaml", "                status: pending", "                status: waiting", "example.status: "),
        ("schemas/task.yaml", "    required: [results]", "    required: [result]", "result is required, but is not in"),
        (REFERENCE, "    enum: [720p, 1080p]", "    const: 720p\n    enum: [720p, 1080p]", "'1080p' is listed, but"),
        ("schemas/task.yaml", "    status:\n      description: The status of the task.\n      anyOf:\n        - $ref:",
         "    status:\n      description: The status of the task.\n      $ref:", "status.description: description"),
        ("schemas/task.yaml", "      anyOf:\n        - $ref: '#/TaskInfo'", "      $ref: '#/TaskInfo'",
         "task_info.description: description beside a $ref"),
    ],
    "others in the same places": [
        (IMAGE, "alpha: false", "alpha: none", '"none" is not of type "boolean"'),
        (IMAGE, "required: [model, prompt, image_urls]", "required: [model, prompt, image_urls, seed]",
         "seed is required, but is not in properties"),
        (IMAGE, "maxLength: 1000", "maxLength: 1000\n    minLength: 1001", "prompt: allows no value at all"),
        ("schemas/task.yaml", "unknown_error: {retry: null", "unknown: {retry: null", "x-failures.unknown: must"),
        (REFERENCE, "    enum: [720p, 1080p]", "    enum: [720p, 1080p, 720p]", "enum.2: '720p' is listed twice"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("mistakes", MISTAKES.values(), ids=MISTAKES)
def test_each_kind_of_mistake_is_reported(root: Path, mistakes: list[tuple[str, str, str, str]]) -> None:
    for file, old, new, _ in mistakes:
        replace(root.parent / file, old, new)
    findings = list(lint.findings(bundle.bundle(root)))
    assert [finding for *_, finding in mistakes if not any(finding in line for line in findings)] == [], findings


def test_value_that_is_listed_twice_is_reported_whatever_its_spelling() -> None:
    document = bundle.bundle()
    listed = {"Numbers": [1, 1.0], "Lists": [[1], [1.0]], "Texts": ["a", "b", "a"], "Different": [1, True, "1"]}
    document["components"]["schemas"] |= {name: {"enum": values} for name, values in listed.items()}
    found = [finding.split(".")[2] for finding in lint.findings(document) if "is listed twice" in finding]
    assert sorted(found) == ["Lists", "Numbers", "Texts"]


Change = Callable[[dict[str, Any]], None]


def _share_parameters(document: dict[str, Any]) -> None:
    item = document["paths"][TASK_PATH]
    item["parameters"] = [{**item["get"]["parameters"][0], "description": "replaced by that of the operation"}]


def _move_parameters_to_the_path(document: dict[str, Any]) -> None:
    item = document["paths"][TASK_PATH]
    item["parameters"] = item["get"].pop("parameters")


def _move_parameters_to_components(document: dict[str, Any]) -> None:
    item = document["paths"][TASK_PATH]
    document["components"]["parameters"] = {"Task/Id": item["get"]["parameters"][0]}
    item["get"]["parameters"] = [{"$ref": "#/components/parameters/Task~1Id"}]


def _move_body_to_components(document: dict[str, Any]) -> None:
    operation = document["paths"]["/v1/videos/generations"]["post"]
    document["components"]["requestBodies"] = {"Alias": {"$ref": "#/components/requestBodies/Body"}}
    document["components"]["requestBodies"]["Body"] = operation["requestBody"]
    operation["requestBody"] = {"$ref": "#/components/requestBodies/Alias"}


def _move_callback_to_components(document: dict[str, Any]) -> None:
    callbacks = document["paths"]["/v1/videos/generations"]["post"]["callbacks"]
    document["components"]["callbacks"] = {"Finished": callbacks["taskFinished"]}
    callbacks["taskFinished"] = {"$ref": "#/components/callbacks/Finished"}


def _move_path_to_components(document: dict[str, Any]) -> None:
    document["components"]["pathItems"] = {"Task": document["paths"][TASK_PATH]}
    document["paths"][TASK_PATH] = {"$ref": "#/components/pathItems/Task"}


TASK_PATH = "/v1/tasks/{task_id}"
FORMS: list[Change] = [
    _share_parameters, _move_parameters_to_the_path, _move_parameters_to_components, _move_body_to_components,
    _move_callback_to_components, _move_path_to_components,
]  # fmt: skip


@pytest.mark.parametrize("change", FORMS)
def test_operation_may_inherit_and_refer_to_its_parts(change: Change) -> None:
    usual, changed = copy.deepcopy(SMALL), copy.deepcopy(SMALL)
    change(changed)
    assert changed["paths"] != usual["paths"]
    assert bundle.in_one_form(changed)["paths"] == usual["paths"]


@pytest.mark.parametrize(
    "response", [{"description": "No body."}, {"description": "No body.", "content": {}}], ids=["without", "empty"]
)
def test_response_may_have_no_body(response: dict[str, Any]) -> None:
    document = copy.deepcopy(SMALL)
    document["paths"][TASK_PATH]["get"]["responses"]["503"] = response
    assert list(lint.findings(document)) == []
    assert Contract(document).errors.simulated("get_task", 503).status == 503
    parts = Parts.of(document)
    assert (parts.responses["get_task 503"], 503 in parts.operations["get_task"].statuses) == ({}, True)
    statuses = measure_coverage(document, (), ())["statuses"]["missed"]
    assert "get_task: 503" in statuses


JSON_BODY = "requestBody.content.application/json"
NOT_READ: list[tuple[str, str, str, Any, str]] = [
    (TASK_PATH, "get", "responses.default", {"description": "?"}, "list each status by its number"),
    (TASK_PATH, "get", "responses.5XX", {"description": "?"}, "list each status by its number"),
    (TASK_PATH, "get", "responses.503", {"description": "?", "content": {"text/plain": {"schema": {}}}},
     "describe the body by a schema for application/json"),
    (TASK_PATH, "get", "responses.503", {"description": "?", "content": {"application/json": {}}},
     "describe the body by a schema for application/json"),
    ("/v1/videos/generations", "post", JSON_BODY, {}, "describe the body by a schema"),
    ("/v1/videos/generations", "post", JSON_BODY, {"schema": {"oneOf": [{}]}}, "give the oneOf a discriminator"),
]  # fmt: skip


def test_form_that_is_not_read_is_a_finding_with_the_form_that_is() -> None:
    for path, method, part, value, finding in NOT_READ:
        document = copy.deepcopy(SMALL)
        *steps, last = part.split(".")
        node: Any = document["paths"][path][method]
        for step in steps:
            node = node[step]
        node[last] = value
        assert list(bundle.unread_forms(document)) == [f"paths.{path}.{method}.{part}: {finding}"]
        assert f"paths.{path}.{method}.{part}: {finding}" in list(lint.findings(document))


@pytest.mark.parametrize("reference", ["#/components/parameters/None", "#/components/parameters/A"])
def test_reference_to_nothing_or_to_itself_is_refused(reference: str) -> None:
    document = copy.deepcopy(SMALL)
    document["components"]["parameters"] = {"A": {"$ref": "#/components/parameters/A"}}
    document["paths"][TASK_PATH]["get"]["parameters"] = [{"$ref": reference}]
    with pytest.raises(bundle.BundleError, match=r"#/components/parameters/\w+ (cannot be resolved|refers to itself)"):
        bundle.in_one_form(document)


def test_reference_to_nothing_is_reported_with_its_line(root: Path) -> None:
    lines = root.read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines, 1) if line.startswith("  /v1/tasks/"))
    lines.insert(at, "    parameters: [{$ref: '#/components/parameters/None'}]")
    root.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(bundle.BundleError) as error:
        bundle.bundle(root)
    assert str(error.value) == (
        f"{root}:{at + 1}: #/components/parameters/None cannot be resolved: the contract has no parameters there"
    )


def test_model_file_without_a_reference_is_reported(root: Path) -> None:
    path = root.parent / "models" / "scratch-1.0-text.yaml"
    path.write_text(SCRATCH_MODEL)
    assert list(lint.forgotten_models(root, bundle.bundle(root))) == [
        f"{path}:1: a model belongs to a family; move the file into the folder of its family",
        f"{path}:1: no request body references this model; add it to the oneOf in {root.name}",
    ]


def test_lint_command_prints_each_finding_on_its_own_line(root: Path) -> None:
    replace(root.parent / IMAGE, "x-media:", "x-medium:")
    replace(root.parent / REFERENCE, "x-edition: from spring 2026\n", "")
    process = subprocess.run([sys.executable, lint.__file__, root], capture_output=True, text=True, check=False)
    assert (process.returncode, len(process.stderr.splitlines()), process.stdout) == (1, 2, ""), process.stderr
    media, edition = sorted(process.stderr.splitlines())
    lines = (root.parent / IMAGE).read_text().splitlines()
    number = next(number for number, text in enumerate(lines, 1) if "x-medium:" in text)
    assert media.startswith(
        f"openapi/lint.py: {root.parent / IMAGE}:{number}: components.schemas.Wan25ImageToVideo.prop"
    )
    assert edition.startswith(
        f"openapi/lint.py: {root.parent / REFERENCE}:2: components.schemas.Wan26ReferenceVideoFla"
    )


# --- adding a model, and generating the client


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory, repository: Path, command_environment: dict[str, str]) -> Path:
    """A folder with a contract of the frozen models and a scratch model, and the client that was generated from it.

    The contract has neither prices nor editions, which are about other models, too.
    """
    folder = tmp_path_factory.mktemp("generated")
    root = copy_contract(folder)
    (root.parent / "models" / "scratch").mkdir()
    (root.parent / "models" / "scratch" / "scratch-1.0-text.yaml").write_text(SCRATCH_MODEL)
    first = "- $ref: models/wan/wan2.5-image-to-video.yaml"
    replace(root, first, f"{first}\n                - $ref: models/scratch/scratch-1.0-text.yaml")
    shutil.copytree(repository / "overlays" / "contract", folder / "overlays" / "contract", ignore=IGNORED)
    (folder / "generated_client").mkdir()
    for name in ("generate.py", "config.yaml"):
        shutil.copy(repository / "generated_client" / name, folder / "generated_client")
    process = run_generate(folder, environment={**command_environment, "PYTHONHASHSEED": "1"})
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")
    return folder


@pytest.fixture
def project(generated: Path, tmp_path: Path) -> Path:
    """A copy of that folder, which a test may change."""
    return Path(shutil.copytree(generated, tmp_path / "project"))


@pytest.fixture
def check(
    generated: Path, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[], tuple[int, str]]:
    """A function that checks the copied client in this process, and returns the exit status and the output.

    Instead of a generation, it copies the generated package.
    """

    def copy_generated(folder: Path) -> Path:
        package = generated / "generated_client" / "evolink_client"
        return Path(shutil.copytree(package, folder / package.name))

    # The command is a single file, which is not on the path where the wheel is tested.
    spec = importlib.util.spec_from_file_location("generate", project / "generated_client" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    monkeypatch.setattr(generate, "generate", copy_generated)

    def run() -> tuple[int, str]:
        status: int = generate.main(["--check"])
        return status, capsys.readouterr().out

    return run


def run_generate(
    folder: Path, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, folder / "generated_client" / "generate.py", *arguments],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_model_needs_one_file_and_one_reference_and_reaches_the_client(generated: Path) -> None:
    package = generated / "generated_client" / "evolink_client"
    document = json.loads((package / "openapi.json").read_text(encoding="utf-8"))
    assert list(lint.findings(document)) == []
    code = (package / "models" / "scratch_10_text.py").read_text()
    assert 'model: Literal["scratch-1.0-text"] = "scratch-1.0-text"' in code
    # The client sends no documented default, not even from a nested object.
    assert "mode: Scratch10TextMode | Unset = UNSET" in code
    assert "duration: int | Unset = UNSET" in code
    nested = "".join(path.read_text() for path in (package / "models").glob("scratch_10_text_model_params*.py"))
    assert "speed: float | Unset = UNSET" in nested
    assert "kind: str | Unset = UNSET" in nested
    # The mock supports the new model without further changes, and its errors name the right field.
    served = Contract(document)
    request = {"model": "scratch-1.0-text", "prompt": "short", "duration": 7}
    model, body = served.check_create(request)
    assert (model.id, body) == ("scratch-1.0-text", request)
    with pytest.raises(ErrorResponse) as refused:
        served.check_create({**request, "model_params": {"shots": [{"kind": 1}]}})
    assert refused.value.body["error"]["param"] == "model_params.shots[0].kind"
    assert "Scratch10Text" in (package / "api" / "videos" / "create_video_generation.py").read_text()


def test_check_prints_only_what_differs_whatever_the_hash_seed_and_writes_nothing(
    project: Path, command_environment: dict[str, str]
) -> None:
    replace(project / "openapi" / "schemas" / "task.yaml", "The id of a task, which", "The name of a task, which")
    before = contents(project)
    process = run_generate(project, "--check", environment={**command_environment, "PYTHONHASHSEED": "2"})
    assert process.returncode == 1
    assert process.stderr == "generate.py: the committed client does not match the contract; run `make generate`\n"
    lines = process.stdout.splitlines()
    assert "--- committed generated_client/evolink_client/api/tasks/get_task.py" in lines
    changed = [line for line in lines if line[:1] in {"-", "+"} and line[:3] not in {"---", "+++"}]
    removed, added = ([line[1:] for line in changed if line[0] == sign] for sign in "-+")
    assert "        task_id (str): The name of a task, which begins with `task-unified-`." in added
    assert removed == [line.replace("The name of a task, which", "The id of a task, which") for line in added]
    assert contents(project) == before


def test_check_of_an_unchanged_client_prints_nothing(check: Callable[[], tuple[int, str]]) -> None:
    assert check() == (0, "")


def test_check_reports_a_manual_edit_of_generated_code(project: Path, check: Callable[[], tuple[int, str]]) -> None:
    edited = project / "generated_client" / "evolink_client" / "client.py"
    edited.write_text(edited.read_text() + "# edited\n")
    code, out = check()
    assert (code, "-# edited" in out.splitlines()) == (1, True), out


@pytest.mark.parametrize("ending", [b"\r\n", b""])
def test_check_reports_changed_bytes_even_if_all_lines_are_equal(
    project: Path, check: Callable[[], tuple[int, str]], ending: bytes
) -> None:
    edited = project / "generated_client" / "evolink_client" / "errors.py"
    edited.write_bytes(edited.read_bytes().removesuffix(b"\n") + ending)
    code, out = check()
    assert (code, out.splitlines()) == (
        1,
        [
            "--- committed generated_client/evolink_client/errors.py",
            "+++ generated generated_client/evolink_client/errors.py",
            "(all lines are equal, but the bytes differ)",
        ],
    )


def test_check_reports_an_added_file(project: Path, check: Callable[[], tuple[int, str]]) -> None:
    (project / "generated_client" / "evolink_client" / "extra.py").touch()
    code, out = check()
    assert (code, out.splitlines()[1]) == (1, "+++ /dev/null")


def test_failed_generation_keeps_the_old_client(project: Path) -> None:
    replace(
        project / "openapi" / "evolink.yaml", "operationId: get_task\n      tags", "operationId: get_task\n      tagss"
    )
    replace(
        project / "openapi" / "schemas" / "task.yaml", "TaskStatus:\n  type: string", "TaskStatus:\n  type: strange"
    )
    before = contents(project)
    process = run_generate(project)
    assert process.returncode == 1
    assert "Traceback" not in process.stderr
    assert process.stderr.startswith("generate.py: ")
    assert contents(project) == before


def test_interrupted_generation_keeps_the_old_client_and_leaves_no_files(project: Path) -> None:
    folder = project / "generated_client"
    before = contents(folder)
    with subprocess.Popen([sys.executable, folder / "generate.py"], stderr=subprocess.PIPE, text=True) as program:
        while not list(folder.glob(".build-*")):
            assert program.poll() is None
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=10)
    assert (program.returncode, err) == (130, "generate.py: interrupted; the client is complete\n")
    assert contents(folder) == before


def test_interruption_that_python_ignores_ends_the_generation_before_it_replaces_the_client(
    project: Path, command_environment: dict[str, str]
) -> None:
    program = (
        "import runpy, signal, subprocess, sys\n"
        "class Interrupted:\n"
        "    def __del__(self): signal.raise_signal(signal.SIGTERM)\n"
        "run = subprocess.run\n"
        "def interrupted_run(*arguments, **options): Interrupted(); return run(*arguments, **options)\n"
        "subprocess.run = interrupted_run\n"
        "sys.argv = ['generate.py']\n"
        "runpy.run_path('generated_client/generate.py', run_name='__main__')\n"
    )
    before = contents(project)
    process = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project,
        env=command_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 130
    assert "Exception ignored" in process.stderr
    assert process.stderr.endswith("generate.py: interrupted; the client is complete\n")
    assert contents(project) == before


# --- patterns of URLs


def test_callback_url_refuses_exactly_the_private_addresses() -> None:
    schemas = bundle.bundle()["components"]["schemas"]
    validator = jsonschema_rs.Draft202012Validator(schemas["CallbackUrl"], validate_formats=True)
    private = [
        "localhost", "LOCALHOST:80", "0.0.0.0", "10.0.0.1", "10.255.255.255", "127.0.0.1", "127.1.2.3:8443",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.0.1", "[::1]", "[2001:db8::1]:443",
        "user@127.0.0.1", "user:word@10.0.0.1", "a@b@localhost", "u@[::1]", "127.0.0.1:",
    ]  # fmt: skip
    neighbours = [
        "example.com", "1.0.0.1", "9.255.255.255", "11.0.0.1", "126.255.255.255", "128.0.0.1", "169.253.1.1",
        "169.255.1.1", "172.15.255.255", "172.32.0.1", "192.167.255.255", "192.169.0.1", "localhost.example.com",
        "127.0.0.1.example.com", "example.com:8443", "user@example.com", "2130706433", "0x7f.1",
    ]  # fmt: skip
    tails = ["", "/", "/path?a=b", "?x", "#x"]
    accepted = [
        f"https://{host}{tail}" for host in private for tail in tails if validator.is_valid(f"https://{host}{tail}")
    ]
    refused = [
        f"https://{host}{tail}"
        for host in neighbours
        for tail in tails
        if not validator.is_valid(f"https://{host}{tail}")
    ]
    assert (accepted, refused) == ([], [])


def test_callback_url_is_https_with_a_host_and_at_most_2048_characters() -> None:
    schemas = bundle.bundle()["components"]["schemas"]
    validator = jsonschema_rs.Draft202012Validator(schemas["CallbackUrl"], validate_formats=True)
    base = "https://example.com/"
    for url in (base, base.upper(), base + "a" * (2048 - len(base))):
        assert validator.is_valid(url), url
    refused = [
        "http://example.com/", "https://", "https://example.com@", "https://u@/x", "https://u@:443", "https:///x",
        "https://:443", "//example.com", "ftp://example.com", "https://exa mple.com", base + "a" * (2049 - len(base)),
    ]  # fmt: skip
    for url in refused:
        assert not validator.is_valid(url), url


def test_media_url_is_http_or_https_with_a_host() -> None:
    schemas = bundle.bundle()["components"]["schemas"]
    validator = jsonschema_rs.Draft202012Validator(schemas["MediaUrl"], validate_formats=True)
    for url in ("http://a.example/x.mp4", "HTTPS://A.example", "https://u:p@a.example:8443/?q#f", "http://[2001:db8::1]:80/",
                "http://10.0.0.1/x"):  # fmt: skip
        assert validator.is_valid(url), url
    for url in ("ftp://a.example/x", "data:image/png;base64,AAAA", "file:///x", "https:///x", "http://u@/", "http://:80/",
                "http://a.example@", "https://a b.example/", "//a.example", "a.example", ""):  # fmt: skip
        assert not validator.is_valid(url), url
