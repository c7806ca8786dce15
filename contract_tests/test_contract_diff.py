"""How changes of the contract are rated: a table of known ones, both ways, and the command in real repositories."""

from __future__ import annotations

import copy
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import bundle
import diff
import lint
from contract_changes import Change, Use, changes
from diff import Diff
from keyword_changes import ANNOTATIONS, KEYWORDS, canonical
from schema_changes import LISTS

CONTRACT = bundle.bundle()
ABSENT = object()
Place = tuple[str | int, ...]

SCHEMAS: Place = ("components", "schemas")
IMAGE, REFERENCE = (*SCHEMAS, "Wan25ImageToVideo"), (*SCHEMAS, "Wan26ReferenceVideoFlash")
TASK, CREATED, URL = (*SCHEMAS, "Task"), (*SCHEMAS, "CreatedTask"), (*SCHEMAS, "CallbackUrl")
PROMPT = (*IMAGE, "properties", "prompt")
CREATE: Place = ("paths", "/v1/videos/generations", "post")
QUERY: Place = ("paths", "/v1/tasks/{task_id}", "get")
CREDITS: Place = ("paths", "/v1/credits", "get")
UPLOAD: Place = ("paths", "/api/v1/files/upload/base64", "post")
CALLBACK = (*CREATE, "callbacks", "taskFinished", "{$request.body#/callback_url}", "post")
QUERY_PARAMETER = {"name": "verbose", "in": "query", "schema": {"type": "boolean"}}
NO_METHOD: Place = ("components", "responses", "MethodNotAllowed")

MEDIA_URL = CONTRACT["components"]["schemas"]["MediaUrl"]

BREAKING, COMPATIBLE, SAID, NONE = "breaking", "compatible", "documentation", "none"


class Known(NamedTuple):
    """A change whose rating is known.

    Attributes:
        name: what changes.
        edits: the new values in the contract, by their places; `ABSENT` takes one out.
        forth: how the change is rated.
        back: how it is rated the other way round.
        lines: what is said of the change, the words on its use left out.
    """

    name: str
    edits: dict[Place, Any]
    forth: str
    back: str
    lines: tuple[str, ...]


KNOWN = [
    # What callers send: less is breaking.
    Known("a required field is added", {(*IMAGE, "properties", "seed"): {"type": "integer"},
          (*IMAGE, "required"): ["model", "prompt", "image_urls", "seed"]}, BREAKING, BREAKING,
          ("Wan25ImageToVideo.seed: is a new field, and required",)),
    Known("an optional field is added", {(*IMAGE, "properties", "seed"): {"type": "integer"}}, COMPATIBLE, BREAKING,
          ("Wan25ImageToVideo.seed: is a new field",)),
    Known("a field is renamed", {(*IMAGE, "properties", "duration"): ABSENT,
          (*IMAGE, "properties", "seconds"): {"type": "integer", "enum": [5, 10]}}, BREAKING, BREAKING,
          ("Wan25ImageToVideo.duration: is no field any more", "Wan25ImageToVideo.seconds: is a new field")),
    Known("an optional field becomes required",
          {(*IMAGE, "required"): ["model", "prompt", "image_urls", "duration"]}, BREAKING, COMPATIBLE,
          ("Wan25ImageToVideo.duration: is required now",)),
    Known("a text may be shorter at most", {(*PROMPT, "maxLength"): 800}, BREAKING, COMPATIBLE,
          ("Wan25ImageToVideo.prompt: maxLength is 800, was 1000",)),
    Known("a text may be of any length", {(*PROMPT, "maxLength"): ABSENT}, COMPATIBLE, BREAKING,
          ("Wan25ImageToVideo.prompt: maxLength is gone, was 1000",)),
    Known("a text may not be empty", {(*PROMPT, "minLength"): 1}, BREAKING, COMPATIBLE,
          ("Wan25ImageToVideo.prompt: minLength is new: 1",)),
    Known("a value is no longer taken", {(*REFERENCE, "properties", "aspect_ratio", "enum"): ["16:9", "9:16"]},
          BREAKING, COMPATIBLE,
          tuple(f'Wan26ReferenceVideoFlash.aspect_ratio: can no longer be "{gone}"' for gone in ("1:1", "4:3", "3:4"))),
    Known("a free text becomes a closed list", {(*PROMPT, "enum"): ["a cat"]}, BREAKING, COMPATIBLE,
          ('Wan25ImageToVideo.prompt: is limited to "a cat"',)),
    Known("a number must be greater", {(*REFERENCE, "properties", "duration", "minimum"): 3}, BREAKING, COMPATIBLE,
          ("Wan26ReferenceVideoFlash.duration: minimum is 3, was 2",)),
    Known("a number may be greater", {(*REFERENCE, "properties", "duration", "maximum"): 15}, COMPATIBLE, BREAKING,
          ("Wan26ReferenceVideoFlash.duration: maximum is 15, was 10",)),
    Known("a list may hold fewer items", {(*REFERENCE, "properties", "video_urls", "maxItems"): 1}, BREAKING,
          COMPATIBLE, ("Wan26ReferenceVideoFlash.video_urls: maxItems is 1, was 3",)),
    Known("items must differ", {(*REFERENCE, "properties", "video_urls", "uniqueItems"): True}, BREAKING, COMPATIBLE,
          ("Wan26ReferenceVideoFlash.video_urls: uniqueItems is new: true",)),
    Known("a pattern is demanded", {(*PROMPT, "pattern"): "^[a-z]"}, BREAKING, COMPATIBLE,
          ('Wan25ImageToVideo.prompt: pattern is new: "^[a-z]"',)),
    Known("another pattern is demanded", {(*SCHEMAS, "MediaUrl", "pattern"): "^https:"}, BREAKING, BREAKING,
          (f'MediaUrl: pattern is "^https:", was {canonical(MEDIA_URL["pattern"])}',)),
    Known("a format is demanded", {(*PROMPT, "format"): "uuid"}, BREAKING, COMPATIBLE,
          ('Wan25ImageToVideo.prompt: format is new: "uuid"',)),
    Known("a type becomes wider", {(*REFERENCE, "properties", "duration", "type"): "number"}, COMPATIBLE, BREAKING,
          ('Wan26ReferenceVideoFlash.duration: type is "number", was "integer"',)),
    Known("a type becomes another", {(*REFERENCE, "properties", "duration", "type"): "string"}, BREAKING, BREAKING,
          ('Wan26ReferenceVideoFlash.duration: type is "string", was "integer"',)),
    Known("null is taken too", {(*PROMPT, "type"): ["string", "null"]}, COMPATIBLE, BREAKING,
          ('Wan25ImageToVideo.prompt: type is ["string", "null"], was "string"',)),
    Known("a model is gone", {(*CREATE, "requestBody", "content", "application/json", "schema", "oneOf"):
          [{"$ref": "#/components/schemas/Wan26ReferenceVideoFlash"}]}, BREAKING, COMPATIBLE,
          ("create_video_generation body: can no longer be Wan25ImageToVideo",)),
    Known("another value is assumed", {(*REFERENCE, "properties", "quality", "default"): "1080p"}, BREAKING, BREAKING,
          ('Wan26ReferenceVideoFlash.quality: default is "1080p", was "720p"',)),
    Known("no value is assumed any more", {(*REFERENCE, "properties", "quality", "default"): ABSENT}, BREAKING,
          COMPATIBLE, ('Wan26ReferenceVideoFlash.quality: default is gone, was "720p"',)),
    Known("unknown fields are refused", {(*IMAGE, "additionalProperties"): False}, BREAKING, COMPATIBLE,
          ("Wan25ImageToVideo.*: is not allowed",)),
    Known("unknown fields have a type", {(*IMAGE, "additionalProperties"): {"type": "string"}}, BREAKING, COMPATIBLE,
          ('Wan25ImageToVideo.*: type is new: "string"',)),
    Known("more addresses are banned", {(*URL, "not", "anyOf", 7): {"pattern": "://intranet"}}, BREAKING, COMPATIBLE,
          ('CallbackUrl [not]: can now be {"pattern": "://intranet"}',)),
    Known("no address is banned", {(*URL, "not"): ABSENT}, COMPATIBLE, BREAKING, ("CallbackUrl: `not` is gone",)),
    Known("a reference is not the only form any more",
          {(*SCHEMAS, "UploadUrlRequest", "properties", "file_url", "anyOf", 1): {"type": "null"}}, COMPATIBLE,
          BREAKING, ("UploadUrlRequest.file_url: can now be null",)),
    Known("a condition is new", {(*REFERENCE, "if"): {"properties": {"quality": {"const": "1080p"}}},
          (*REFERENCE, "then"): {"properties": {"duration": {"maximum": 5}}}}, BREAKING, COMPATIBLE,
          ("Wan26ReferenceVideoFlash [then].duration: maximum is new: 5",)),
    # Parameters and bodies.
    Known("a parameter is demanded", {(*CREDITS, "parameters"): [{**QUERY_PARAMETER, "required": True}]}, BREAKING,
          BREAKING, ("get_credits query parameter verbose: is new, and required",)),
    Known("a parameter is added", {(*CREDITS, "parameters"): [QUERY_PARAMETER]}, COMPATIBLE, BREAKING,
          ("get_credits query parameter verbose: is new",)),
    Known("a parameter is inherited", {(*CREDITS[:2], "parameters"): [QUERY_PARAMETER]}, COMPATIBLE, BREAKING,
          ("get_credits query parameter verbose: is new",)),
    Known("a parameter of a path gets another name", {QUERY[:2]: ABSENT, ("paths", "/v1/tasks/{id}"): {"get": {
          **CONTRACT["paths"]["/v1/tasks/{task_id}"]["get"], "parameters": [
              {**CONTRACT["paths"]["/v1/tasks/{task_id}"]["get"]["parameters"][0], "name": "id"}]}}}, SAID, SAID,
          ("get_task path parameter id: name",)),
    Known("another content type is taken", {(*UPLOAD, "requestBody", "content", "text/plain"): {}}, COMPATIBLE,
          BREAKING, ("upload_file_base64 body: text/plain is new",)),
    Known("a body may be left out", {(*UPLOAD, "requestBody", "required"): False}, COMPATIBLE, BREAKING,
          ("upload_file_base64 body: is no longer required",)),
    # What callers get: more is breaking.
    Known("a field of an answer is gone", {(*CREATED, "properties", "usage"): ABSENT,
          (*CREATED, "required"): [name for name in CONTRACT["components"]["schemas"]["CreatedTask"]["required"]
                                   if name != "usage"]}, BREAKING, COMPATIBLE,
          ("CreatedTask.usage: is no field any more",)),
    Known("a field of an answer is added", {(*TASK, "properties", "seed"): {"type": "integer"}}, COMPATIBLE, BREAKING,
          ("Task.seed: is a new field",)),
    Known("a field of an answer may be absent", {(*SCHEMAS, "TaskInfo", "required"): []}, BREAKING, COMPATIBLE,
          ("TaskInfo.can_cancel: is no longer required",)),
    Known("a status is added", {(*SCHEMAS, "TaskStatus", "enum", 5): "paused"}, BREAKING, COMPATIBLE,
          ('TaskStatus: can now be "paused"',)),
    Known("a list becomes open", {(*SCHEMAS, "UserGroup", "enum"): ABSENT}, BREAKING, COMPATIBLE,
          ('UserGroup: is no longer limited to "default", "vip"',)),
    Known("a list becomes open beside it", {(*SCHEMAS, "Usage", "properties", "user_group", "anyOf", 1):
          {"type": "string"}}, BREAKING, COMPATIBLE, ("Usage.user_group: can now be string",)),
    Known("a type of an answer becomes wider", {(*TASK, "properties", "progress", "type"): "number"}, BREAKING,
          COMPATIBLE, ('Task.progress: type is "number", was "integer"',)),
    Known("null is answered too", {(*TASK, "properties", "created", "type"): ["integer", "null"]}, BREAKING,
          COMPATIBLE, ('Task.created: type is ["integer", "null"], was "integer"',)),
    Known("a range of an answer is wider", {(*TASK, "properties", "progress", "maximum"): 200}, BREAKING, COMPATIBLE,
          ("Task.progress: maximum is 200, was 100",)),
    Known("a code of an error is another", {("components", "responses", "ModelNotFound", "content", "application/json",
          "schema", "properties", "error", "properties", "code", "const"): 410}, BREAKING, BREAKING,
          ("ModelNotFound.error.code: can now be 410", "ModelNotFound.error.code: can no longer be 404")),
    Known("a completed task may lack its results", {(*TASK, "then", "required"): []}, BREAKING, COMPATIBLE,
          ("Task [then].results: is no longer required",)),
    Known("the condition of the results is another",
          {(*TASK, "if", "properties", "status", "const"): "failed"}, BREAKING, BREAKING,
          (('Task: if is {"properties": {"status": {"const": "failed"}}}, '
            'was {"properties": {"status": {"const": "completed"}}}'),)),
    Known("an error is no longer answered", {(*CREATE, "responses", "402"): ABSENT}, BREAKING, COMPATIBLE,
          ("create_video_generation 402: is gone",)),
    Known("a success is answered otherwise too", {(*CREATE, "responses", "202"): {"description": "Later."}}, BREAKING,
          BREAKING, ("create_video_generation 202: is new",)),
    Known("an answer has another content type", {(*CREDITS, "responses", "200", "content"): {"text/plain": {}}},
          BREAKING, BREAKING,
          ("get_credits 200: application/json is gone", "get_credits 200: text/plain is new")),
    Known("a header may be absent", {(*NO_METHOD, "headers", "Allow", "required"): False}, BREAKING, COMPATIBLE,
          ("MethodNotAllowed header Allow: is no longer required",)),
    Known("a header is gone", {(*NO_METHOD, "headers", "Allow"): ABSENT}, BREAKING, COMPATIBLE,
          ("MethodNotAllowed header Allow: is gone",)),
    Known("a link is gone", {(*CREATE, "responses", "200", "links"): ABSENT}, BREAKING, COMPATIBLE,
          ("create_video_generation 200 link task: is gone",)),
    # Both.
    Known("a schema that is sent and got allows more", {(*SCHEMAS, "TaskId", "pattern"): ABSENT}, BREAKING, BREAKING,
          ('TaskId: pattern is gone, was "^task-unified-"',)),
    # Operations, servers, keys.
    Known("an operation is gone", {CREDITS: ABSENT}, BREAKING, COMPATIBLE, ("get_credits: GET /v1/credits is gone",)),
    Known("an operation is elsewhere",
          {CREDITS[:2]: ABSENT, ("paths", "/v2/credits"): CONTRACT["paths"]["/v1/credits"]}, BREAKING, BREAKING,
          ("get_credits: GET /v1/credits is gone", "get_credits: GET /v2/credits is new")),
    Known("an operation has another name", {(*QUERY, "operationId"): "query_task",
          (*CREATE, "responses", "200", "links", "task", "operationId"): "query_task"}, COMPATIBLE, COMPATIBLE,
          ("query_task: was called get_task; clients generated from the contract rename a function",)),
    Known("an operation needs no key", {(*CREDITS, "security"): []}, COMPATIBLE, BREAKING,
          ("get_credits security: no key, as it is now, is enough",)),
    Known("the key is sent otherwise", {("components", "securitySchemes", "bearerAuth"):
          {"type": "apiKey", "in": "header", "name": "X-Key"}}, BREAKING, BREAKING,
          ("security: bearerAuth, as it was, is no longer enough", "security: bearerAuth, as it is now, is enough")),
    Known("the server is another", {("servers",): [{"url": "https://api.example"}]}, BREAKING, BREAKING,
          ("servers: https://api.evolink.ai is gone", "servers: https://api.example is new")),
    Known("there is another server", {("servers", 1): {"url": "https://api.example"}}, COMPATIBLE, BREAKING,
          ("servers: https://api.example is new",)),
    Known("an operation has a server of its own", {(*CREDITS, "servers"): [{"url": "https://credits.example"}]},
          BREAKING, BREAKING,
          ("get_credits servers: https://api.evolink.ai is gone",
           "get_credits servers: https://credits.example is new")),
    # Callbacks: callers get their requests.
    Known("callbacks are gone", {(*CREATE, "callbacks"): ABSENT}, BREAKING, COMPATIBLE,
          ("create_video_generation callback taskFinished: is gone",)),
    Known("callbacks come by another method", {CALLBACK: ABSENT, (*CALLBACK[:-1], "put"): {
          "operationId": "receive_task_finished", "responses": {"2XX": {"description": "Received."}}}}, BREAKING,
          BREAKING, ("receive_task_finished: POST {$request.body#/callback_url} is gone",
                     "receive_task_finished: PUT {$request.body#/callback_url} is new")),
    Known("a callback may lack its body", {(*CALLBACK, "requestBody", "required"): False}, BREAKING, COMPATIBLE,
          ("receive_task_finished body: is no longer required",)),
    Known("a callback's receiver may answer less", {(*CALLBACK, "responses"): {"200": {"description":
          "The callback was received. Any other status triggers a retry."}}}, BREAKING, COMPATIBLE,
          ("receive_task_finished 2XX: is no longer an answer to give",)),
    # Extensions.
    Known("links are valid for less long", {(*TASK, "properties", "results", "x-valid-seconds"): 3600}, BREAKING,
          COMPATIBLE, ("Task.results: x-valid-seconds is 3600, was 86400",)),
    Known("callbacks are retried less often", {(*URL, "x-delivery", "retry-after-seconds"): [1, 2]}, BREAKING,
          COMPATIBLE, ("CallbackUrl: x-delivery retry-after-seconds is [1, 2], was [1, 2, 4]",)),
    Known("a callback's receiver has less time", {(*URL, "x-delivery", "timeout-seconds"): 5}, BREAKING, COMPATIBLE,
          ("CallbackUrl: x-delivery timeout-seconds is 5, was 10",)),
    Known("fewer tasks are announced", {(*URL, "x-delivery", "on"): ["completed", "failed"]}, BREAKING, BREAKING,
          ('CallbackUrl: x-delivery on is ["completed", "failed"], was ["completed", "failed", "cancelled"]',)),
    Known("a file may be smaller at most", {(*IMAGE, "properties", "image_urls", "x-media", "max-bytes"): 5242880},
          BREAKING, COMPATIBLE, ("Wan25ImageToVideo.image_urls: x-media max-bytes is 5242880, was 10485760",)),
    Known("a format of files is no longer taken", {(*REFERENCE, "properties", "video_urls", "x-media", "formats"):
          ["mp4"]}, BREAKING, COMPATIBLE,
          ("Wan26ReferenceVideoFlash.video_urls: x-media formats: can no longer be mov",)),
    Known("transparency is taken", {(*IMAGE, "properties", "image_urls", "x-media", "alpha"): ABSENT}, COMPATIBLE,
          BREAKING, ("Wan25ImageToVideo.image_urls: x-media alpha is gone, was false",)),
    Known("a video may be longer", {(*REFERENCE, "properties", "video_urls", "x-media", "seconds", "max"): 60},
          COMPATIBLE, BREAKING, ("Wan26ReferenceVideoFlash.video_urls: x-media seconds max is 60, was 30",)),
    Known("more input seconds are charged", {(*REFERENCE, "x-billing", "input", "cap-seconds-by-count"):
          [10, 5, 3.3]}, BREAKING, COMPATIBLE,
          ("Wan26ReferenceVideoFlash: x-billing input cap-seconds-by-count is [10, 5, 3.3], was [5, 2.5, 1.65]",)),
    Known("input seconds are no longer charged", {(*REFERENCE, "x-billing", "input"): ABSENT}, COMPATIBLE, BREAKING,
          (('Wan26ReferenceVideoFlash: x-billing input is gone, was {"cap-seconds-by-count": [5, 2.5, 1.65], '
            '"field": "video_urls"}'),)),
    Known("more is dearer", {(*IMAGE, "x-billing", "dearer"): {"duration": 10}}, BREAKING, COMPATIBLE,
          ('Wan25ImageToVideo: x-billing dearer is new: {"duration": 10}',)),
    Known("what is charged for is not said", {(*IMAGE, "x-billing"): ABSENT}, BREAKING, BREAKING,
          (('Wan25ImageToVideo: x-billing is gone, was {"reserved-from": "duration", '
            '"settled-on": "produced-seconds"}'),)),
    Known("something else is charged for", {(*IMAGE, "x-billing", "reserved-from"): "prompt"}, BREAKING, BREAKING,
          ('Wan25ImageToVideo: unrated: x-billing reserved-from is "prompt", was "duration"',)),
    Known("a retry cannot help any more", {(*SCHEMAS, "TaskErrorCode", "x-failures", "service_error", "retry"): False},
          BREAKING, COMPATIBLE, ('TaskErrorCode: x-failures service_error: retry is "no", was "yes"',)),
    Known("another advice is given", {(*SCHEMAS, "TaskErrorCode", "x-failures", "service_error", "advice"): "wait"},
          SAID, SAID, ("TaskErrorCode: x-failures service_error: advice",)),
    # What nothing is known of.
    Known("an extension is not known", {(*PROMPT, "x-tone"): "polite"}, BREAKING, BREAKING,
          ('Wan25ImageToVideo.prompt: unrated: x-tone is new: "polite"',)),
    Known("a member of an extension is not known", {(*URL, "x-delivery", "signed"): True}, BREAKING, BREAKING,
          ("CallbackUrl: unrated: x-delivery signed is new: true",)),
    Known("a keyword of an operation is not known", {(*CREDITS, "x-quota"): 5}, BREAKING, BREAKING,
          ("get_credits: unrated: x-quota changed from null to 5",)),
    Known("a part of the document is not known", {("webhooks",): {}}, BREAKING, BREAKING,
          ("contract: unrated: webhooks changed from null to {}",)),
    # What is only said to people, or not even that.
    Known("a description is another", {(*PROMPT, "description"): "What to show."}, SAID, SAID,
          ("Wan25ImageToVideo.prompt: description",)),
    Known("an example is another", {(*IMAGE, "examples", 0, "prompt"): "A cat"}, SAID, SAID,
          ("Wan25ImageToVideo: examples",)),
    Known("a mark is gone", {(*PROMPT, "x-contested"): ABSENT}, SAID, SAID, ("Wan25ImageToVideo.prompt: x-contested",)),
    Known("an edition is another", {(*IMAGE, "x-edition"): "2027"}, SAID, SAID, ("Wan25ImageToVideo: x-edition",)),
    Known("an operation is deprecated", {(*CREDITS, "deprecated"): True}, SAID, SAID, ("get_credits: deprecated",)),
    Known("an operation has another tag", {(*CREDITS, "tags"): ["money"]}, SAID, SAID, ("get_credits: tags",)),
    Known("the version is another", {("info", "version"): "1.0.0"}, NONE, NONE, ()),
    Known("a schema has another name", {(*SCHEMAS, "UserGroup"): ABSENT,
          (*SCHEMAS, "Group"): CONTRACT["components"]["schemas"]["UserGroup"],
          (*SCHEMAS, "Usage", "properties", "user_group", "anyOf", 0): {"$ref": "#/components/schemas/Group"}},
          NONE, NONE, ()),
    Known("a schema is written out", {(*SCHEMAS, "Usage", "properties", "user_group", "anyOf"): ABSENT,
          (*SCHEMAS, "Usage", "properties", "user_group", "type"): "string",
          (*SCHEMAS, "Usage", "properties", "user_group", "enum"): ["vip", "default"]}, NONE, NONE, ()),
    Known("the key's scheme has another name", {("components", "securitySchemes", "bearerAuth"): ABSENT,
          ("components", "securitySchemes", "key"): CONTRACT["components"]["securitySchemes"]["bearerAuth"],
          ("security",): [{"key": []}]}, NONE, NONE, ()),
]  # fmt: skip


def edited(document: dict[str, Any], edits: dict[Place, Any]) -> dict[str, Any]:
    """Return a copy of a document with other values in some places."""
    result = copy.deepcopy(document)
    for place, value in edits.items():
        node: Any = result
        for key in place[:-1]:
            node = node[key]
        last: Any = place[-1]
        if value is ABSENT:
            del node[last]
        elif bundle.is_array(node) and last == len(node):
            node.append(value)
        else:
            node[last] = value
    return result


def worst(found: list[Change]) -> str:
    return found[0].rating if found else NONE


@pytest.mark.parametrize("known", KNOWN, ids=[known.name for known in KNOWN])
def test_known_change_is_rated_as_it_is_known_to_be(known: Known) -> None:
    new = edited(CONTRACT, known.edits)
    found = changes(CONTRACT, new)
    assert {f"{change.place}: {change.what}" for change in found} == set(known.lines)
    assert (worst(found), worst(changes(new, CONTRACT))) == (known.forth, known.back)


def test_change_of_a_shared_schema_is_told_once_with_its_uses() -> None:
    new = edited(CONTRACT, {(*SCHEMAS, "TaskStatus", "enum", 5): "paused", (*SCHEMAS, "TaskId", "pattern"): "^task-"})
    assert [(change.place, change.uses) for change in changes(CONTRACT, new)] == [
        ("TaskId", tuple(Use(*use) for use in (("create_video_generation", False), ("receive_task_finished", False),
                                               ("get_task", True), ("get_task", False)))),
        ("TaskStatus", (Use("receive_task_finished", sent=False), Use("get_task", sent=False))),
    ]  # fmt: skip


def test_uses_that_a_change_does_no_harm_to_are_not_named() -> None:
    [change] = changes(CONTRACT, edited(CONTRACT, {(*SCHEMAS, "TaskId", "pattern"): ABSENT}))
    assert all(not use.sent for use in change.uses)
    [change] = changes(CONTRACT, edited(CONTRACT, {(*SCHEMAS, "TaskId", "maxLength"): 100}))
    assert change.uses == (Use("get_task", sent=True),)


def test_schema_that_refers_to_itself_is_compared() -> None:
    tree = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Usage"}}}
    old, new = (edited(CONTRACT, {(*SCHEMAS, "Usage"): {**tree, **more}}) for more in ({}, {"minProperties": 1}))
    assert [change.what for change in changes(old, new)] == ["unrated: minProperties is new: 1"]


def test_order_is_no_change() -> None:
    def shuffled(node: Any) -> Any:
        if bundle.is_object(node):
            return {key: shuffled(node[key]) for key in reversed(node)}
        if bundle.is_array(node):
            items = [shuffled(item) for item in node]
            return items[::-1] if all(isinstance(item, str | dict) for item in node) else items
        return node

    new = {**CONTRACT, "paths": shuffled(CONTRACT["paths"]), "components": shuffled(CONTRACT["components"])}
    assert [change for change in changes(CONTRACT, new) if change.rating != SAID] == [
        change for change in changes(CONTRACT, new) if "x-delivery" in change.what
    ]


def test_every_keyword_of_the_contract_has_a_rating() -> None:
    applied = {"$ref", "additionalProperties", "allOf", "anyOf", "else", "items", "not", "oneOf", "properties", "then"}
    assert (KEYWORDS.keys() | ANNOTATIONS | applied | LISTS) - {
        name for name in KEYWORDS.keys() | ANNOTATIONS if name.startswith("x-")
    } == lint.KEYWORDS
    assert set(CONTRACT["x-extensions"]) == {name for name in KEYWORDS.keys() | ANNOTATIONS if name.startswith("x-")}


# --- properties


def leaves(node: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the place of every value that holds no others."""
    parts = node.items() if bundle.is_object(node) else enumerate(node) if bundle.is_array(node) else ()
    yield from (inner for key, part in parts for inner in leaves(part, (*place, key)))
    if not parts:
        yield place


def found_at(place: Place) -> Any:
    node: Any = CONTRACT
    for key in place:
        node = node[key]
    return node


def is_told(place: Place) -> bool:
    """Whether a change is to be told: that of the version is elsewhere, a mapping follows from others."""
    described = place[0] == "components" and place[3:] == ("description",)  # which a field may have another one for
    return place != ("info", "version") and "mapping" not in place and not described


LEAVES = [place for place in leaves(CONTRACT) if is_told(place)]


@settings(deadline=None, max_examples=25)
@given(st.sampled_from(LEAVES))
def test_no_change_of_a_single_value_passes_unseen(place: Place) -> None:
    assume(place[-1] not in {"$ref", "operationId"})  # which would lead nowhere
    other = not value if isinstance(value := found_at(place), bool) else "another value"
    assert changes(CONTRACT, edited(CONTRACT, {place: other})) != []


BOUNDS = {"maxLength": -1, "minimum": 1, "maximum": -1, "maxItems": -1, "max-bytes": -1}
BOUNDED = [place for place in leaves(CONTRACT) if place[-1] in BOUNDS and "x-extensions" not in place]


@settings(deadline=None, max_examples=25)
@given(st.dictionaries(st.sampled_from(BOUNDED), st.integers(-1, 1), max_size=4))
def test_what_is_tighter_one_way_is_looser_the_other(steps: dict[Place, int]) -> None:
    new = edited(CONTRACT, {place: found_at(place) + step for place, step in steps.items()})
    forth, back = (
        Counter((change.place, change.uses, change.rating) for change in found)
        for found in (changes(CONTRACT, new), changes(new, CONTRACT))
    )
    opposite = {BREAKING: COMPATIBLE, COMPATIBLE: BREAKING}
    assert forth.total() == sum(step != 0 for step in steps.values())
    assert back == Counter({(place, uses, opposite[rating]): count for (place, uses, rating), count in forth.items()})


# --- the command


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, repository: Path) -> Path:
    """A checkout that holds the contract, at its one commit, `main`."""
    shutil.copytree(repository / "openapi", tmp_path / "openapi", ignore=shutil.ignore_patterns("__pycache__"))
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "symbolic-ref", "HEAD", "refs/heads/main")
    git(tmp_path, "add", "openapi")
    git(tmp_path, "commit", "--quiet", "-m", "The contract")
    return tmp_path


@pytest.fixture
def compare(checkout: Path, command_environment: dict[str, str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command in the checkout; return its exit code and what it writes."""

    def run(base: str | None = "main") -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "openapi/diff.py"],
            env=command_environment | ({} if base is None else {"BASE": base}),
            cwd=checkout, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    return run


def change(checkout: Path, file: str, old: str, new: str) -> None:
    path = checkout / "openapi" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


TIGHTER = "models/wan2.5-image-to-video.yaml", "maxLength: 1000", "maxLength: 800"
SPELT = "models/wan2.5-image-to-video.yaml", "of at most 1000 characters.", "of no more than 1000 characters."
RELEASED = "evolink.yaml", "version: 0.1.0"


def test_contract_that_is_not_changed_has_no_changes(checkout: Path, compare: Callable[..., Any]) -> None:
    commit = git(checkout, "rev-parse", "--short=7", "main")
    said = f"The contract is what it was at main ({commit}).\n"
    assert compare() == (0, said, "")
    shown = said.strip().replace("(", "\\(").replace(")", "\\)")
    assert (checkout / "reports/diff.md").read_text() == f"## Changes of the contract\n\n{shown}\n"


def test_change_of_the_working_tree_is_told_on_a_line_and_in_a_table(
    checkout: Path, compare: Callable[..., Any]
) -> None:
    change(checkout, *TIGHTER)
    change(checkout, *SPELT)
    code, out, err = compare()
    commit = git(checkout, "rev-parse", "--short=7", "main")
    assert (code, err, out.splitlines()) == (1, "", [
        "breaking    Wan25ImageToVideo.prompt: maxLength is 800, was 1000 (sent to create_video_generation)",
        "words only  description of Wan25ImageToVideo.prompt",
        f"2 changes of the contract since main ({commit}): 1 breaking, 1 words only.",
        ("Breaking changes are not announced: info.version is 0.1.0, was 0.1.0, and must be 0.2.0 at least, "
         "as the minor version counts as the major one while that is 0."),
    ])  # fmt: skip
    markdown = (checkout / "reports/diff.md").read_text().splitlines()
    assert "| rating | where | what | whom it concerns |" in markdown
    row = (
        "| **breaking** | Wan25ImageToVideo.prompt | maxLength is 800, was 1000 | sent to create\\_video\\_generation |"
    )
    assert row in markdown
    assert "* Wan25ImageToVideo.prompt: description" in markdown


@pytest.mark.parametrize(
    ("was", "now", "code"),
    [
        ("0.1.0", "0.1.1", 1), ("0.1.0", "0.2.0", 0), ("0.1.0", "1.0.0", 0), ("0.2.0", "0.1.0", 1),
        ("1.4.2", "1.5.0", 1), ("1.4.2", "2.0.0", 0), ("1.4.2", "1.4.2", 1), ("0.9.1", "0.10.0-rc.1", 0),
    ],
)  # fmt: skip
def test_breaking_change_needs_a_major_version(was: str, now: str, code: int) -> None:
    old = edited(CONTRACT, {("info", "version"): was})
    new = edited(CONTRACT, {("info", "version"): now, (*PROMPT, "maxLength"): 800})
    assert Diff("main", old, new).unannounced == bool(code)


def test_announced_breaking_change_is_let_through(checkout: Path, compare: Callable[..., Any]) -> None:
    change(checkout, *TIGHTER)
    change(checkout, *RELEASED, "version: 0.2.0")
    code, out, _ = compare()
    assert code == 0
    assert "Breaking changes are announced: info.version is 0.2.0, was 0.1.0" in out


def test_change_that_breaks_nothing_needs_no_version(checkout: Path, compare: Callable[..., Any]) -> None:
    change(checkout, TIGHTER[0], TIGHTER[1], "maxLength: 1200")
    assert compare()[0] == 0


@pytest.mark.parametrize(
    ("base", "message"),
    [
        (None, "BASE: none is given; name the commit to compare with, as in BASE=origin/main"),
        (" ", "BASE: none is given"),
        ("nonsense", "BASE: git knows no commit 'nonsense' here; fetch it first (in CI: fetch-depth: 0)"),
        ("two words", "BASE: git knows no commit 'two words' here"),
        ("--output=x", "BASE: --output=x is no name of a commit"),
        ("main:openapi", "BASE: git knows no commit 'main:openapi' here"),
        ("main\nmain", "BASE: git knows no commit 'main\\nmain' here"),
        ("$(touch x); é", "BASE: git knows no commit '$(touch x); é' here"),
    ],
)
def test_base_that_is_no_commit_is_told_in_a_line(compare: Callable[..., Any], base: str | None, message: str) -> None:
    code, out, err = compare(base)
    assert (code, out, len(err.splitlines())) == (2, "", 1), err
    assert message in err


def test_contract_that_cannot_be_compared_is_told_in_a_line(checkout: Path, compare: Callable[..., Any]) -> None:
    (checkout / "reports").mkdir()
    (checkout / "reports/diff.md").write_text("an older one")
    git(checkout, "checkout", "--quiet", "--orphan", "empty")
    git(checkout, "commit", "--quiet", "--allow-empty", "-m", "Nothing but the contract")
    git(checkout, "rm", "--quiet", "-r", "--cached", "openapi")
    git(checkout, "commit", "--quiet", "--allow-empty", "-m", "Nothing")
    code, out, err = compare("empty")
    assert (code, out, len(err.splitlines())) == (2, "", 1), err
    assert "BASE: at empty there is no contract in openapi/" in err
    change(checkout, "evolink.yaml", "openapi: 3.1.0", "openapi: [")
    git(checkout, "add", "openapi")
    git(checkout, "commit", "--quiet", "-m", "Half a contract")
    code, out, err = compare("empty")
    assert (code, out, len(err.splitlines())) == (2, "", 1), err
    assert "BASE: at empty, the contract cannot be bundled: openapi/evolink.yaml: is no valid YAML" in err
    code, out, err = compare("main")
    assert (code, out, len(err.splitlines())) == (2, "", 1), err
    assert "diff.py: the contract cannot be bundled: " in err
    assert not (checkout / "reports/diff.md").exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("evolink.yaml", "paths:\n", "paths: 5\nx-paths:\n", "the contract is no valid OpenAPI"),
        ("evolink.yaml", "version: 0.1.0", "version: soon", "info.version: soon is no semantic version"),
        ("schemas/task.yaml", "  type: string\n  pattern: ^task-unified-\n", "  $ref: '#/TaskId'\n", "nests too deep"),
    ],
)
def test_contract_that_is_not_valid_is_told_in_a_line(
    checkout: Path, compare: Callable[..., Any], file: str, old: str, new: str, message: str
) -> None:
    change(checkout, file, old, new)
    code, out, err = compare()
    assert (code, out, len(err.splitlines())) == (2, "", 1), err
    assert message in err


def test_folder_that_is_no_checkout_is_told_in_a_line(checkout: Path, compare: Callable[..., Any]) -> None:
    shutil.rmtree(checkout / ".git")
    code, out, err = compare()
    assert (code, out, len(err.splitlines())) == (2, "", 1), err
    assert "is no checkout that git can read" in err


def test_machine_without_git_is_told_in_a_line(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(checkout)
    monkeypatch.setenv("PATH", str(checkout))
    assert diff.main(["main"]) == 2
    assert capsys.readouterr().err == "diff.py: git is needed, and is not installed\n"


def test_file_that_the_contract_cannot_write_lines_or_markup_into(checkout: Path, compare: Callable[..., Any]) -> None:
    change(checkout, *TIGHTER[:2], 'maxLength: 1000\n    pattern: "<b>|`x`\\u202e"')
    _, out, _ = compare()
    assert all(line.isprintable() for line in out.splitlines())
    [row] = [line for line in (checkout / "reports/diff.md").read_text().splitlines() if "breaking** |" in line]
    assert "\\<b\\>\\|\\`x\\`" in row


def test_interrupted_comparison_ends_in_one_line(checkout: Path, command_environment: dict[str, str]) -> None:
    (unpacked := checkout / "tmp").mkdir()
    with subprocess.Popen(
        [sys.executable, "openapi/diff.py", "main"],
        cwd=checkout, env=command_environment | {"TMPDIR": str(unpacked)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as program:  # fmt: skip
        while not list(unpacked.glob("contract-*/*")):
            assert program.poll() is None
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=20)
    assert (program.returncode, out, err) == (130, "", "diff.py: interrupted\n")
    assert list(unpacked.iterdir()) == []
    assert not (checkout / "reports").exists()
