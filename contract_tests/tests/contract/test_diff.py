"""The ratings that `make diff` gives to changes in the contract, in both directions, and the command itself."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
import sys
import tempfile
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
from changes import meaning
from changes.keywords import ANNOTATIONS, KEYWORDS, canonical, compare_keyword
from changes.operations import Change, Use, compare_contracts
from changes.schemas import COMPARED_AS_LISTS
from diff import Diff
from tests.known_pages import copy_contract

with tempfile.TemporaryDirectory() as _folder:
    CONTRACT = bundle.bundle(copy_contract(Path(_folder)))
ABSENT = object()
Place = tuple[str | int, ...]

SCHEMAS: Place = ("components", "schemas")
IMAGE, REFERENCE = (*SCHEMAS, "Wan25ImageToVideo"), (*SCHEMAS, "Wan26ReferenceVideoFlash")
PRICE = {"date": "2030-01-02", "source": "s", "x-inferred": "i", "unit": "call", "rate": 5}
TASK, CREATED, URL = (*SCHEMAS, "Task"), (*SCHEMAS, "CreatedTask"), (*SCHEMAS, "CallbackUrl")
PROMPT = (*IMAGE, "properties", "prompt")
CREATE: Place = ("paths", "/v1/videos/generations", "post")
MODELS = CONTRACT["paths"]["/v1/videos/generations"]["post"]["requestBody"]["content"]["application/json"]["schema"][
    "oneOf"
]
QUERY: Place = ("paths", "/v1/tasks/{task_id}", "get")
CREDITS: Place = ("paths", "/v1/credits", "get")
UPLOAD: Place = ("paths", "/api/v1/files/upload/base64", "post")
CALLBACK = (*CREATE, "callbacks", "taskFinished", "{$request.body#/callback_url}", "post")
QUERY_PARAMETER = {"name": "verbose", "in": "query", "schema": {"type": "boolean"}}
NO_METHOD: Place = ("components", "responses", "MethodNotAllowed")

MEDIA_URL = CONTRACT["components"]["schemas"]["MediaUrl"]

BREAKING, COMPATIBLE, DOCS, NONE = "breaking", "compatible", "documentation", "none"


class Case(NamedTuple):
    """A change and its expected ratings.

    Attributes:
        name: The name of the test.
        edits: The new values in the contract, by place. `ABSENT` removes a value.
        rating: The expected worst rating.
        reverse_rating: The expected worst rating when the two contracts are swapped.
        lines: The expected lines, without rating and uses.
    """

    name: str
    edits: dict[Place, Any]
    rating: str
    reverse_rating: str
    lines: tuple[str, ...]


RULE = {
    "description": "10 seconds are not available.",
    "x-fields": ["duration", "prompt"],
    "if": {"properties": {"prompt": {"const": "a"}}},
    "then": {"properties": {"duration": {"maximum": 9}}},
}
OTHER_RULE = {"description": "No title.", "x-fields": ["title"], "properties": {"title": False}}
IGNORED = {"field": "prompt", "when": {"required": ["duration", "prompt"]}, "description": "It has no effect."}
FAILING = {**IGNORED, "code": "unknown_error"}
LIMIT = {"fields": ["image_urls"], "max-seconds": 30, "description": "At most 30 seconds."}

CASES = [
    # Rules on several fields, and what happens to requests that are accepted.
    Case("a rule on several fields is added", {(*IMAGE, "allOf"): [RULE]}, BREAKING, COMPATIBLE,
         ("Wan25ImageToVideo: new rule: 10 seconds are not available.",)),
    Case("an ignored field is documented", {(*IMAGE, "x-ignored"): [IGNORED]}, COMPATIBLE, COMPATIBLE,
         ("Wan25ImageToVideo: x-ignored added: It has no effect.",)),
    Case("a failure after the create is documented", {(*IMAGE, "x-fails-later"): [FAILING]}, BREAKING, COMPATIBLE,
         ("Wan25ImageToVideo: x-fails-later added: It has no effect.",)),
    Case("a limit on the lengths of files is added", {(*IMAGE, "x-file-limits"): [LIMIT]}, BREAKING, COMPATIBLE,
         ("Wan25ImageToVideo: x-file-limits added: At most 30 seconds.",)),
    Case("files are cut", {(*IMAGE, "x-file-limits"): [{**LIMIT, "effect": "cut"}]}, COMPATIBLE, COMPATIBLE,
         ("Wan25ImageToVideo: x-file-limits added: At most 30 seconds.",)),
    Case("a text is cut instead of refused", {(*PROMPT, "maxLength"): ABSENT, (*PROMPT, "x-cut-after"): 1000},
         COMPATIBLE, BREAKING, ("Wan25ImageToVideo.prompt: maxLength removed (was 1000)",
                    "Wan25ImageToVideo.prompt: x-cut-after added: 1000")),
    # Requests: accepting less is breaking.
    Case("a required field is added", {(*IMAGE, "properties", "seed"): {"type": "integer"},
         (*IMAGE, "required"): ["model", "prompt", "image_urls", "seed"]}, BREAKING, BREAKING,
         ("Wan25ImageToVideo.seed: new required field",)),
    Case("an optional field is added", {(*IMAGE, "properties", "seed"): {"type": "integer"}}, COMPATIBLE, BREAKING,
         ("Wan25ImageToVideo.seed: new field",)),
    Case("a field is renamed", {(*IMAGE, "properties", "duration"): ABSENT,
         (*IMAGE, "properties", "seconds"): {"type": "integer", "enum": [5, 10]}}, BREAKING, BREAKING,
         ("Wan25ImageToVideo.duration: field removed", "Wan25ImageToVideo.seconds: new field")),
    Case("an optional field becomes required",
         {(*IMAGE, "required"): ["model", "prompt", "image_urls", "duration"]}, BREAKING, COMPATIBLE,
         ("Wan25ImageToVideo.duration: now required",)),
    Case("a maximum length is lowered", {(*PROMPT, "maxLength"): 800}, BREAKING, COMPATIBLE,
         ("Wan25ImageToVideo.prompt: maxLength changed from 1000 to 800",)),
    Case("a maximum length is removed", {(*PROMPT, "maxLength"): ABSENT}, COMPATIBLE, BREAKING,
         ("Wan25ImageToVideo.prompt: maxLength removed (was 1000)",)),
    Case("a minimum length is added", {(*PROMPT, "minLength"): 1}, BREAKING, COMPATIBLE,
         ("Wan25ImageToVideo.prompt: minLength added: 1",)),
    Case("values are removed from a list", {(*REFERENCE, "properties", "aspect_ratio", "enum"): ["16:9", "9:16"]},
         BREAKING, COMPATIBLE,
         tuple(f'Wan26ReferenceVideoFlash.aspect_ratio: can no longer be "{gone}"' for gone in ("1:1", "4:3", "3:4"))),
    Case("free text is limited to a list", {(*PROMPT, "enum"): ["a cat"]}, BREAKING, COMPATIBLE,
         ('Wan25ImageToVideo.prompt: now limited to "a cat"',)),
    Case("a minimum is raised", {(*REFERENCE, "properties", "duration", "minimum"): 3}, BREAKING, COMPATIBLE,
         ("Wan26ReferenceVideoFlash.duration: minimum changed from 2 to 3",)),
    Case("a maximum is raised", {(*REFERENCE, "properties", "duration", "maximum"): 15}, COMPATIBLE, BREAKING,
         ("Wan26ReferenceVideoFlash.duration: maximum changed from 10 to 15",)),
    Case("a maximum number of items is lowered", {(*REFERENCE, "properties", "video_urls", "maxItems"): 1}, BREAKING,
         COMPATIBLE, ("Wan26ReferenceVideoFlash.video_urls: maxItems changed from 3 to 1",)),
    Case("items must be unique", {(*REFERENCE, "properties", "video_urls", "uniqueItems"): True}, BREAKING, COMPATIBLE,
         ("Wan26ReferenceVideoFlash.video_urls: uniqueItems added: true",)),
    Case("a pattern is added", {(*PROMPT, "pattern"): "^[a-z]"}, BREAKING, COMPATIBLE,
         ('Wan25ImageToVideo.prompt: pattern added: "^[a-z]"',)),
    Case("a pattern is changed", {(*SCHEMAS, "MediaUrl", "pattern"): "^https:"}, BREAKING, BREAKING,
         (f'MediaUrl: pattern changed from {canonical(MEDIA_URL["pattern"])} to "^https:"',)),
    Case("a format is added", {(*PROMPT, "format"): "uuid"}, BREAKING, COMPATIBLE,
         ('Wan25ImageToVideo.prompt: format added: "uuid"',)),
    Case("a type of a request is widened", {(*REFERENCE, "properties", "duration", "type"): "number"}, COMPATIBLE,
         BREAKING, ('Wan26ReferenceVideoFlash.duration: type changed from "integer" to "number"',)),
    Case("a type is changed", {(*REFERENCE, "properties", "duration", "type"): "string"}, BREAKING, BREAKING,
         ('Wan26ReferenceVideoFlash.duration: type changed from "integer" to "string"',)),
    Case("null is accepted", {(*PROMPT, "type"): ["string", "null"]}, COMPATIBLE, BREAKING,
         ('Wan25ImageToVideo.prompt: type changed from "string" to ["string", "null"]',)),
    Case("a model is removed", {(*CREATE, "requestBody", "content", "application/json", "schema", "oneOf"):
         [one for one in MODELS if not one["$ref"].endswith("/Wan25ImageToVideo")]}, BREAKING, COMPATIBLE,
         ("create_video_generation body: can no longer be Wan25ImageToVideo",)),
    Case("a default is changed", {(*REFERENCE, "properties", "quality", "default"): "1080p"}, BREAKING, BREAKING,
         ('Wan26ReferenceVideoFlash.quality: default changed from "720p" to "1080p"',)),
    Case("a default is removed", {(*REFERENCE, "properties", "quality", "default"): ABSENT}, BREAKING,
         COMPATIBLE, ('Wan26ReferenceVideoFlash.quality: default removed (was "720p")',)),
    Case("unknown fields are refused", {(*IMAGE, "additionalProperties"): False}, BREAKING, COMPATIBLE,
         ("Wan25ImageToVideo.*: no longer allowed",)),
    Case("unknown fields get a type", {(*IMAGE, "additionalProperties"): {"type": "string"}}, BREAKING, COMPATIBLE,
         ('Wan25ImageToVideo.*: type added: "string"',)),
    Case("more addresses are refused", {(*URL, "not", "anyOf", 7): {"pattern": "://intranet"}}, BREAKING, COMPATIBLE,
         ('CallbackUrl [not]: can now be {"pattern": "://intranet"}',)),
    Case("no address is refused any more", {(*URL, "not"): ABSENT}, COMPATIBLE, BREAKING,
         ("CallbackUrl: `not` removed",)),
    Case("a reference becomes one of two alternatives",
         {(*SCHEMAS, "UploadUrlRequest", "properties", "file_url", "anyOf", 1): {"type": "null"}}, COMPATIBLE,
         BREAKING, ("UploadUrlRequest.file_url: can now be null",)),
    Case("a condition is added", {(*REFERENCE, "if"): {"properties": {"quality": {"const": "1080p"}}},
         (*REFERENCE, "then"): {"properties": {"duration": {"maximum": 5}}}}, BREAKING, COMPATIBLE,
         ("Wan26ReferenceVideoFlash [then].duration: maximum added: 5",)),
    # Parameters and request bodies.
    Case("a required parameter is added", {(*CREDITS, "parameters"): [{**QUERY_PARAMETER, "required": True}]}, BREAKING,
         BREAKING, ("get_credits query parameter verbose: added (required)",)),
    Case("an optional parameter is added", {(*CREDITS, "parameters"): [QUERY_PARAMETER]}, COMPATIBLE, BREAKING,
         ("get_credits query parameter verbose: added",)),
    Case("a parameter is added to a path", {(*CREDITS[:2], "parameters"): [QUERY_PARAMETER]}, COMPATIBLE, BREAKING,
         ("get_credits query parameter verbose: added",)),
    Case("a path parameter is renamed", {QUERY[:2]: ABSENT, ("paths", "/v1/tasks/{id}"): {"get": {
         **CONTRACT["paths"]["/v1/tasks/{task_id}"]["get"], "parameters": [
             {**CONTRACT["paths"]["/v1/tasks/{task_id}"]["get"]["parameters"][0], "name": "id"}]}}}, DOCS, DOCS,
         ("get_task path parameter id: name",)),
    Case("a content type is accepted", {(*UPLOAD, "requestBody", "content", "text/plain"): {}}, COMPATIBLE,
         BREAKING, ("upload_file_base64 body: text/plain added",)),
    Case("a request body becomes optional", {(*UPLOAD, "requestBody", "required"): False}, COMPATIBLE, BREAKING,
         ("upload_file_base64 body: no longer required",)),
    # Responses: returning more is breaking.
    Case("a field of a response is removed", {(*CREATED, "properties", "usage"): ABSENT,
         (*CREATED, "required"): [name for name in CONTRACT["components"]["schemas"]["CreatedTask"]["required"]
                                  if name != "usage"]}, BREAKING, COMPATIBLE,
         ("CreatedTask.usage: field removed",)),
    Case("a field of a response is added", {(*TASK, "properties", "seed"): {"type": "integer"}}, COMPATIBLE, BREAKING,
         ("Task.seed: new field",)),
    Case("a field of a response becomes optional", {(*SCHEMAS, "TaskInfo", "required"): []}, BREAKING, COMPATIBLE,
         ("TaskInfo.can_cancel: no longer required",)),
    Case("a task status is added", {(*SCHEMAS, "TaskStatus", "enum", 5): "paused"}, BREAKING, COMPATIBLE,
         ('TaskStatus: can now be "paused"',)),
    Case("a list of values in a response is opened", {(*SCHEMAS, "UserGroup", "enum"): ABSENT}, BREAKING, COMPATIBLE,
         ('UserGroup: no longer limited to "default", "vip"',)),
    Case("free text is allowed next to a list of values", {(*SCHEMAS, "Usage", "properties", "user_group", "anyOf", 1):
         {"type": "string"}}, BREAKING, COMPATIBLE, ("Usage.user_group: can now be string",)),
    Case("a type of a response is widened", {(*TASK, "properties", "progress", "type"): "number"}, BREAKING,
         COMPATIBLE, ('Task.progress: type changed from "integer" to "number"',)),
    Case("null is returned", {(*TASK, "properties", "created", "type"): ["integer", "null"]}, BREAKING,
         COMPATIBLE, ('Task.created: type changed from "integer" to ["integer", "null"]',)),
    Case("a maximum of a response is raised", {(*TASK, "properties", "progress", "maximum"): 200}, BREAKING, COMPATIBLE,
         ("Task.progress: maximum changed from 100 to 200",)),
    Case("the code of an error is changed", {("components", "responses", "ModelNotFound", "content", "application/json",
         "schema", "properties", "error", "properties", "code", "const"): 410}, BREAKING, BREAKING,
         ("ModelNotFound.error.code: can now be 410", "ModelNotFound.error.code: can no longer be 404")),
    Case("a completed task may have no results", {(*TASK, "then", "required"): []}, BREAKING, COMPATIBLE,
         ("Task [then].results: no longer required",)),
    Case("the condition for results is changed",
         {(*TASK, "if", "properties", "status", "const"): "failed"}, BREAKING, BREAKING,
         (('Task: if changed from {"properties": {"status": {"const": "completed"}}} '
           'to {"properties": {"status": {"const": "failed"}}}'),)),
    Case("an error response is removed", {(*CREATE, "responses", "402"): ABSENT}, BREAKING, COMPATIBLE,
         ("create_video_generation 402: removed",)),
    Case("another success response is added", {(*CREATE, "responses", "202"): {"description": "Later."}}, BREAKING,
         BREAKING, ("create_video_generation 202: added",)),
    Case("the content type of a response is changed", {(*CREDITS, "responses", "200", "content"): {"text/plain": {}}},
         BREAKING, BREAKING,
         ("get_credits 200: application/json removed", "get_credits 200: text/plain added")),
    Case("a header becomes optional", {(*NO_METHOD, "headers", "Allow", "required"): False}, BREAKING, COMPATIBLE,
         ("MethodNotAllowed header Allow: no longer required",)),
    Case("a header is removed", {(*NO_METHOD, "headers", "Allow"): ABSENT}, BREAKING, COMPATIBLE,
         ("MethodNotAllowed header Allow: removed",)),
    Case("a link is removed", {(*CREATE, "responses", "200", "links"): ABSENT}, BREAKING, COMPATIBLE,
         ("create_video_generation 200 link task: removed",)),
    # Requests and responses.
    Case("a schema used in requests and responses allows more", {(*SCHEMAS, "TaskId", "pattern"): ABSENT}, BREAKING,
         BREAKING, ('TaskId: pattern removed (was "^task-unified-")',)),
    # Operations, servers, keys.
    Case("an operation is removed", {CREDITS: ABSENT}, BREAKING, COMPATIBLE, ("get_credits: GET /v1/credits removed",)),
    Case("an operation is moved",
         {CREDITS[:2]: ABSENT, ("paths", "/v2/credits"): CONTRACT["paths"]["/v1/credits"]}, BREAKING, BREAKING,
         ("get_credits: GET /v1/credits removed", "get_credits: GET /v2/credits added")),
    Case("an operation is renamed", {(*QUERY, "operationId"): "query_task",
         (*CREATE, "responses", "200", "links", "task", "operationId"): "query_task"}, COMPATIBLE, COMPATIBLE,
         ("query_task: renamed from get_task; this renames a function in generated clients",)),
    Case("an operation no longer needs a key", {(*CREDITS, "security"): []}, COMPATIBLE, BREAKING,
         ("get_credits security: now accepts requests without credentials",)),
    Case("the key is sent in another way", {("components", "securitySchemes", "bearerAuth"):
         {"type": "apiKey", "in": "header", "name": "X-Key"}}, BREAKING, BREAKING,
         ("security: no longer accepts bearerAuth as the old contract defines it",
          "security: now accepts bearerAuth as the new contract defines it")),
    Case("the server is changed", {("servers",): [{"url": "https://api.example"}]}, BREAKING, BREAKING,
         ("servers: https://api.evolink.ai removed", "servers: https://api.example added")),
    Case("a server is added", {("servers", 1): {"url": "https://api.example"}}, COMPATIBLE, BREAKING,
         ("servers: https://api.example added",)),
    Case("an operation gets its own server", {(*CREDITS, "servers"): [{"url": "https://credits.example"}]},
         BREAKING, BREAKING,
         ("get_credits servers: https://api.evolink.ai removed",
          "get_credits servers: https://credits.example added")),
    # Callbacks: clients receive the requests.
    Case("callbacks are removed", {(*CREATE, "callbacks"): ABSENT}, BREAKING, COMPATIBLE,
         ("create_video_generation callback taskFinished: removed",)),
    Case("the method of callbacks is changed", {CALLBACK: ABSENT, (*CALLBACK[:-1], "put"): {
         "operationId": "receive_task_finished", "responses": {"2XX": {"description": "Received."}}}}, BREAKING,
         BREAKING, ("receive_task_finished: POST {$request.body#/callback_url} removed",
                    "receive_task_finished: PUT {$request.body#/callback_url} added")),
    Case("the body of a callback becomes optional", {(*CALLBACK, "requestBody", "required"): False}, BREAKING,
         COMPATIBLE, ("receive_task_finished body: no longer required",)),
    Case("fewer responses to a callback are accepted", {(*CALLBACK, "responses"): {"200": {"description":
         "The callback was received. Any other status triggers a retry."}}}, BREAKING, COMPATIBLE,
         ("receive_task_finished 2XX: no longer an accepted response",)),
    # Extensions.
    Case("result links expire earlier", {(*TASK, "properties", "results", "x-valid-seconds"): 3600}, BREAKING,
         COMPATIBLE, ("Task.results: x-valid-seconds changed from 86400 to 3600",)),
    Case("callbacks are retried less often", {(*URL, "x-delivery", "retry-after-seconds"): [1, 2]}, BREAKING,
         COMPATIBLE, ("CallbackUrl: x-delivery retry-after-seconds changed from [1, 2, 4] to [1, 2]",)),
    Case("the timeout of callbacks is lowered", {(*URL, "x-delivery", "timeout-seconds"): 5}, BREAKING, COMPATIBLE,
         ("CallbackUrl: x-delivery timeout-seconds changed from 10 to 5",)),
    Case("callbacks are sent for fewer statuses", {(*URL, "x-delivery", "on"): ["completed", "failed"]}, BREAKING,
         BREAKING, (('CallbackUrl: x-delivery on changed from ["completed", "failed", "cancelled"] '
                     'to ["completed", "failed"]'),)),
    Case("a maximum file size is lowered", {(*IMAGE, "properties", "image_urls", "x-media", "max-bytes"): 5242880},
         BREAKING, COMPATIBLE, ("Wan25ImageToVideo.image_urls: x-media max-bytes changed from 10485760 to 5242880",)),
    Case("a file format is not accepted any more", {(*REFERENCE, "properties", "video_urls", "x-media", "formats"):
         ["mp4"]}, BREAKING, COMPATIBLE,
         ("Wan26ReferenceVideoFlash.video_urls: x-media formats: can no longer be mov",)),
    Case("transparency is accepted", {(*IMAGE, "properties", "image_urls", "x-media", "alpha"): ABSENT}, COMPATIBLE,
         BREAKING, ("Wan25ImageToVideo.image_urls: x-media alpha removed (was false)",)),
    Case("longer videos are accepted", {(*REFERENCE, "properties", "video_urls", "x-media", "seconds", "max"): 60},
         COMPATIBLE, BREAKING, ("Wan26ReferenceVideoFlash.video_urls: x-media seconds max changed from 30 to 60",)),
    Case("more input seconds are charged", {(*REFERENCE, "x-billing", "input", "cap-seconds-by-count"):
         [10, 5, 3.3]}, BREAKING, COMPATIBLE,
         (("Wan26ReferenceVideoFlash: x-billing input cap-seconds-by-count changed "
           "from [5, 2.5, 1.65] to [10, 5, 3.3]"),)),
    Case("input seconds are no longer charged", {(*REFERENCE, "x-billing", "input"): ABSENT}, COMPATIBLE, BREAKING,
         (('Wan26ReferenceVideoFlash: x-billing input removed (was {"cap-seconds-by-count": [5, 2.5, 1.65], '
           '"field": "video_urls"})'),)),
    Case("a surcharge is added", {(*IMAGE, "x-billing", "dearer"): {"duration": 10}}, BREAKING, COMPATIBLE,
         ('Wan25ImageToVideo: x-billing dearer added: {"duration": 10}',)),
    Case("the billing rule is removed", {(*IMAGE, "x-billing"): ABSENT}, BREAKING, BREAKING,
         (('Wan25ImageToVideo: x-billing removed (was {"reserved-from": "duration", '
           '"settled-on": "produced-seconds"})'),)),
    Case("another field is charged for", {(*IMAGE, "x-billing", "reserved-from"): "prompt"}, BREAKING, BREAKING,
         ('Wan25ImageToVideo: unrated change: x-billing reserved-from changed from "duration" to "prompt"',)),
    Case("input seconds are limited in total", {(*REFERENCE, "x-billing", "input", "cap-seconds-total"): 5}, COMPATIBLE,
         BREAKING, ("Wan26ReferenceVideoFlash: x-billing input cap-seconds-total added: 5",)),
    Case("a price becomes known", {(*IMAGE, "x-price"): PRICE}, COMPATIBLE, BREAKING,
         (f"Wan25ImageToVideo: x-price added: {canonical(PRICE)}",)),
    Case("a failure becomes final", {(*SCHEMAS, "TaskErrorCode", "x-failures", "service_error", "retry"): False},
         BREAKING, COMPATIBLE, ('TaskErrorCode: x-failures service_error: retry changed from "yes" to "no"',)),
    Case("an advice is changed", {(*SCHEMAS, "TaskErrorCode", "x-failures", "service_error", "advice"): "wait"},
         DOCS, DOCS, ("TaskErrorCode: x-failures service_error: advice",)),
    # Unknown keywords.
    Case("an unknown extension is added", {(*PROMPT, "x-tone"): "polite"}, BREAKING, BREAKING,
         ('Wan25ImageToVideo.prompt: unrated change: x-tone added: "polite"',)),
    Case("an unknown member of an extension is added", {(*URL, "x-delivery", "signed"): True}, BREAKING, BREAKING,
         ("CallbackUrl: unrated change: x-delivery signed added: true",)),
    Case("an unknown key of an operation is added", {(*CREDITS, "x-quota"): 5}, BREAKING, BREAKING,
         ("get_credits: unrated change: x-quota added: 5",)),
    Case("an unknown part of the document is added", {("webhooks",): {}}, BREAKING, BREAKING,
         ("contract: unrated change: webhooks added: {}",)),
    # Documentation only, or no change.
    Case("a description is changed", {(*PROMPT, "description"): "What to show."}, DOCS, DOCS,
         ("Wan25ImageToVideo.prompt: description",)),
    Case("an example is changed", {(*IMAGE, "examples", 0, "prompt"): "A cat"}, DOCS, DOCS,
         ("Wan25ImageToVideo: examples",)),
    Case("a mark is added", {(*PROMPT, "x-contested"): {"maxLength": {"value": 5, "source": "a page"}}}, DOCS, DOCS,
         ("Wan25ImageToVideo.prompt: x-contested",)),
    Case("an edition is changed", {(*IMAGE, "x-edition"): "2027"}, DOCS, DOCS, ("Wan25ImageToVideo: x-edition",)),
    Case("an operation is deprecated", {(*CREDITS, "deprecated"): True}, DOCS, DOCS, ("get_credits: deprecated",)),
    Case("the tag of an operation is changed", {(*CREDITS, "tags"): ["money"]}, DOCS, DOCS,
         ("get_credits: tags",)),
    Case("the version is changed", {("info", "version"): "1.0.0"}, NONE, NONE, ()),
    Case("a schema is renamed", {(*SCHEMAS, "UserGroup"): ABSENT,
         (*SCHEMAS, "Group"): CONTRACT["components"]["schemas"]["UserGroup"],
         (*SCHEMAS, "Usage", "properties", "user_group", "anyOf", 0): {"$ref": "#/components/schemas/Group"}},
         NONE, NONE, ()),
    Case("a reference is replaced by its schema", {(*SCHEMAS, "Usage", "properties", "user_group", "anyOf"): ABSENT,
         (*SCHEMAS, "Usage", "properties", "user_group", "type"): "string",
         (*SCHEMAS, "Usage", "properties", "user_group", "enum"): ["vip", "default"]}, NONE, NONE, ()),
    Case("the security scheme is renamed", {("components", "securitySchemes", "bearerAuth"): ABSENT,
         ("components", "securitySchemes", "key"): CONTRACT["components"]["securitySchemes"]["bearerAuth"],
         ("security",): [{"key": []}]}, NONE, NONE, ()),
]  # fmt: skip


def edited(document: dict[str, Any], edits: dict[Place, Any]) -> dict[str, Any]:
    """Return a document with new values in some places. It shares all other values with the given document."""
    result = copy.copy(document)
    for place, value in edits.items():
        node: Any = result
        for key in place[:-1]:
            node[key] = copy.copy(node[key])
            node = node[key]
        last: Any = place[-1]
        if value is ABSENT:
            del node[last]
        elif bundle.is_array(node) and last == len(node):
            node.append(value)
        else:
            node[last] = value
    return result


def worst_rating(changes: list[Change]) -> str:
    return changes[0].rating if changes else NONE


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_change_has_the_expected_text_and_ratings(case: Case) -> None:
    new = edited(CONTRACT, case.edits)
    changes = compare_contracts(CONTRACT, new)
    ratings = worst_rating(changes), worst_rating(compare_contracts(new, CONTRACT))
    assert {f"{change.place}: {change.text}" for change in changes} == set(case.lines)
    assert ratings == (case.rating, case.reverse_rating)


def test_change_of_a_shared_schema_is_reported_once_with_its_uses() -> None:
    new = edited(CONTRACT, {(*SCHEMAS, "TaskStatus", "enum", 5): "paused", (*SCHEMAS, "TaskId", "pattern"): "^task-"})
    assert [(change.place, change.uses) for change in compare_contracts(CONTRACT, new)] == [
        ("TaskId", tuple(Use(*use) for use in (("create_video_generation", False), ("receive_task_finished", False),
                                               ("get_task", False)))),
        ("TaskStatus", (Use("receive_task_finished", sent=False), Use("get_task", sent=False))),
    ]  # fmt: skip


def test_uses_with_a_better_rating_are_not_named() -> None:
    [change] = compare_contracts(CONTRACT, edited(CONTRACT, {(*SCHEMAS, "TaskId", "pattern"): ABSENT}))
    assert all(not use.sent for use in change.uses)
    [change] = compare_contracts(CONTRACT, edited(CONTRACT, {(*SCHEMAS, "TaskId", "maxLength"): 100}))
    assert change.uses == (Use("get_task", sent=True),)


def test_schema_that_refers_to_itself_is_compared() -> None:
    tree = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Usage"}}}
    old, new = (edited(CONTRACT, {(*SCHEMAS, "Usage"): {**tree, **more}}) for more in ({}, {"minProperties": 1}))
    assert [change.text for change in compare_contracts(old, new)] == ["unrated change: minProperties added: 1"]


def test_reordering_is_not_a_change() -> None:
    def shuffled(node: Any) -> Any:
        if bundle.is_object(node):
            return {key: shuffled(node[key]) for key in reversed(node)}
        if bundle.is_array(node):
            items = [shuffled(item) for item in node]
            return items[::-1] if all(isinstance(item, str | dict) for item in node) else items
        return node

    new = {**CONTRACT, "paths": shuffled(CONTRACT["paths"]), "components": shuffled(CONTRACT["components"])}
    changes = compare_contracts(CONTRACT, new)
    assert [change for change in changes if change.rating != DOCS] == [
        change for change in changes if "x-delivery" in change.text
    ]


def test_every_keyword_that_the_contract_may_use_is_compared() -> None:
    containing_schemas = {
        "$ref",
        "additionalProperties",
        "allOf",
        "anyOf",
        "else",
        "items",
        "not",
        "oneOf",
        "properties",
        "propertyNames",
        "then",
    }
    extensions = {name for name in KEYWORDS.keys() | ANNOTATIONS if name.startswith("x-")}
    assert (KEYWORDS.keys() | ANNOTATIONS | containing_schemas | COMPARED_AS_LISTS) - extensions == lint.KEYWORDS
    assert set(CONTRACT["x-extensions"]) == extensions


@pytest.mark.parametrize(
    ("change", "rating", "text"),
    [
        ({"rate": 6}, BREAKING, "x-price rate changed from 5 to 6"),
        ({"rate": 4}, COMPATIBLE, "x-price rate changed from 5 to 4"),
        ({"minimum": 7}, BREAKING, "x-price minimum added: 7"),
        ({"date": "2030-01-03"}, DOCS, 'x-price date changed from "2030-01-02" to "2030-01-03"'),
        (
            {"factors": {"quality": {"720p": 1}}},
            BREAKING,
            'unrated change: x-price factors added: {"quality": {"720p": 1}}',
        ),
    ],
)
def test_higher_price_is_breaking_and_its_day_documentation(change: dict[str, Any], rating: Any, text: str) -> None:
    old = edited(CONTRACT, {(*IMAGE, "x-price"): PRICE})
    [found] = compare_contracts(old, edited(CONTRACT, {(*IMAGE, "x-price"): {**PRICE, **change}}))
    assert (found.rating, text in found.text) == (rating, True)


@pytest.mark.parametrize(
    ("keyword", "old", "new", "effects"),
    [
        ("x-cut-after", 10, 9, ["worse"]),
        ("x-cut-after", 10, 11, ["better"]),
        ("x-token-limit", None, 10, ["better"]),
        ("x-token-limit", 10, 9, ["worse"]),
        ("x-tasks", ["upscale"], ["video-edit"], ["documentation"]),
        ("x-ignored", [IGNORED], [{**IGNORED, "when": {"required": ["prompt", "duration"]}}], ["documentation"]),
        ("x-ignored", [IGNORED], [{**IGNORED, "when": {"required": ["prompt"]}}], ["better"]),
        ("x-fails-later", [FAILING], [{**FAILING, "code": "service_error"}], ["unknown"]),
        ("x-fails-later", [FAILING], [{**FAILING, "description": "It fails."}], ["documentation"]),
        ("x-file-limits", [LIMIT], [{**LIMIT, "max-seconds": 29}], ["tighter"]),
        ("x-file-limits", [LIMIT], [{**LIMIT, "max-seconds": 31}], ["looser"]),
        ("x-file-limits", [LIMIT], [{**LIMIT, "max-seconds": {"field": "duration"}}], ["unknown"]),
        ("x-file-limits", [LIMIT], [{**LIMIT, "plus": "duration"}], ["unknown"]),
        ("x-file-limits", [LIMIT], [{**LIMIT, "effect": "cut"}], ["looser"]),
        ("x-file-limits", [LIMIT], [{**LIMIT, "description": "30 s."}], ["documentation"]),
        ("x-media", {"kind": "video"}, {"kind": "video", "total-seconds": {"max": 15}}, ["tighter"]),
        ("x-media", {"max-pages": 50}, {"max-pages": 100}, ["looser"]),
        ("x-media", {"fps": {"over": 8}}, {"fps": {"over": 9}}, ["tighter"]),
        ("x-media", {"ratio": {"min": 0.2}}, {"ratio": {"min": 0.1}}, ["looser"]),
    ],
)
def test_change_of_an_entry_of_an_extension_is_rated(keyword: str, old: Any, new: Any, effects: list[str]) -> None:
    changes = compare_keyword(keyword, old, new)
    assert [effect for effect, _ in changes] == effects


def test_rule_that_excludes_a_field_that_no_client_sends_is_documentation() -> None:
    changes = compare_contracts(CONTRACT, edited(CONTRACT, {(*IMAGE, "allOf"): [OTHER_RULE]}))
    assert {change.rating for change in changes} == {DOCS}


def test_rules_on_several_fields_are_compared_with_the_rules_on_the_same_fields() -> None:
    old = edited(CONTRACT, {(*IMAGE, "allOf"): [OTHER_RULE, RULE]})
    laxer = {**RULE, "then": {"properties": {"duration": {"maximum": 10}}}}
    changes = compare_contracts(old, edited(CONTRACT, {(*IMAGE, "allOf"): [laxer, OTHER_RULE]}))
    assert {change.rating for change in changes} == {COMPATIBLE}
    assert all("10 seconds are not available." in f"{change.place}{change.text}" for change in changes)


def test_variant_is_compared_with_the_variant_of_its_tag_only() -> None:
    def variants(limits: dict[str, int]) -> dict[str, Any]:
        properties = {tag: {"tag": {"const": tag}, "text": {"maxLength": limit}} for tag, limit in limits.items()}
        return {"oneOf": [{"type": "object", "required": ["tag"], "properties": each} for each in properties.values()]}

    old = variants({"a": 1, "b": 2})
    assert meaning.allows_all(variants({"b": 2, "c": 9, "a": 1}), old)
    assert not meaning.allows_all(variants({"a": 2, "b": 1}), old)
    assert not meaning.allows_all(variants({"a": 1}), old)


# --- properties


def leaves(node: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the place of every value that contains no other values."""
    parts = node.items() if bundle.is_object(node) else enumerate(node) if bundle.is_array(node) else ()
    yield from (inner for key, part in parts for inner in leaves(part, (*place, key)))
    if not parts:
        yield place


def value_at(place: Place) -> Any:
    node: Any = CONTRACT
    for key in place:
        node = node[key]
    return node


def is_reported(place: Place) -> bool:
    """Return whether a change there is reported. Versions are in the verdict, and mappings follow from variants."""
    # Every field that references the component may override its description.
    description = place[0] == "components" and place[3:] == ("description",)
    return place != ("info", "version") and "mapping" not in place and not description


LEAVES = [place for place in leaves(CONTRACT) if is_reported(place)]


@settings(deadline=None, max_examples=25)
@given(st.sampled_from(LEAVES))
def test_every_change_of_a_single_value_is_reported(place: Place) -> None:
    assume(place[-1] not in {"$ref", "operationId"})  # the contract would not be valid
    other = not value if isinstance(value := value_at(place), bool) else "another value"
    assert compare_contracts(CONTRACT, edited(CONTRACT, {place: other})) != []


BOUNDS = {"maxLength", "minimum", "maximum", "maxItems", "max-bytes"}
BOUNDED = [
    place
    for place in leaves(CONTRACT)
    # A bound of -1 is not valid, and a list that needs an item and may have none allows nothing. The place of a change
    # in an alternative without a name contains the alternative.
    if place[-1] in BOUNDS
    and not {"x-extensions", "allOf"} & {*place}
    and isinstance(value_at(place), int)
    and value_at(place) > 1
]


@settings(deadline=None, max_examples=25)
@given(st.dictionaries(st.sampled_from(BOUNDED), st.integers(-1, 1), max_size=4))
def test_swapping_the_contracts_swaps_breaking_and_compatible(steps: dict[Place, int]) -> None:
    new = edited(CONTRACT, {place: value_at(place) + step for place, step in steps.items()})
    forward, reverse = (
        Counter((change.place, change.uses, change.rating) for change in changes)
        for changes in (compare_contracts(CONTRACT, new), compare_contracts(new, CONTRACT))
    )
    opposite = {BREAKING: COMPATIBLE, COMPATIBLE: BREAKING}
    assert forward.total() == sum(step != 0 for step in steps.values())
    assert reverse == Counter(
        {(place, uses, opposite[rating]): count for (place, uses, rating), count in forward.items()}
    )


# --- the command


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    process = subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return process.stdout.strip()


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with the contract and a single commit, on the branch `main`. Tests change copies of it."""
    folder = tmp_path_factory.mktemp("committed")
    copy_contract(folder)
    git(folder, "init", "--quiet", "--template=")
    git(folder, "symbolic-ref", "HEAD", "refs/heads/main")
    git(folder, "add", "openapi")
    git(folder, "commit", "--quiet", "-m", "The contract")
    return folder


@pytest.fixture
def checkout(tmp_path: Path, committed: Path) -> Path:
    """A copy of the checkout, which a test may change."""
    return Path(shutil.copytree(committed, tmp_path, dirs_exist_ok=True))


@pytest.fixture
def compare(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """A function that compares in the checkout, in this process, and returns the exit status, output and errors."""
    monkeypatch.chdir(checkout)
    monkeypatch.setattr(diff, "ROOT", checkout / "openapi" / "evolink.yaml")

    def run(base: str | None = "main") -> tuple[int, str, str]:
        if base is None:
            monkeypatch.delenv("BASE", raising=False)
        else:
            monkeypatch.setenv("BASE", base)
        status = diff.main([])
        output = capsys.readouterr()
        return status, output.out, output.err

    return run


@pytest.fixture
def run_command(checkout: Path, command_environment: dict[str, str]) -> Callable[..., tuple[int, str, str]]:
    """The same, but the function starts the command as a process of its own."""

    def run(base: str | None = "main") -> tuple[int, str, str]:
        process = subprocess.run(
            [sys.executable, "openapi/diff.py"],
            env=command_environment | ({} if base is None else {"BASE": base}),
            cwd=checkout, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return process.returncode, process.stdout, process.stderr

    return run


def replace(checkout: Path, file: str, old: str, new: str) -> None:
    path = checkout / "openapi" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


TIGHTER = "models/wan/wan2.5-image-to-video.yaml", "maxLength: 1000", "maxLength: 800"
REWORDED = "models/wan/wan2.5-image-to-video.yaml", "of at most 1000 characters.", "of no more than 1000 characters."
VERSION = "evolink.yaml", "version: 0.1.0"


def test_contract_that_is_not_changed_has_no_changes(checkout: Path, compare: Callable[..., Any]) -> None:
    commit = git(checkout, "rev-parse", "--short=7", "main")
    assert compare() == (0, f"The contract has not changed since main ({commit}).\n", "")
    assert (checkout / "reports/diff.md").read_text() == (
        f"## Changes in the contract\n\nThe contract has not changed since main \\({commit}\\).\n"
    )


def test_other_responses_of_a_model_are_breaking_unless_the_model_is_new(
    checkout: Path, compare: Callable[..., Any]
) -> None:
    folder, known = checkout / "openapi/models/wan", "wan2.5-image-to-video"
    text = (folder / f"{known}.yaml").read_text(encoding="utf-8")
    shape = "x-response: {omits: [usage], statuses: [pending, cancelled], result: element_id}"
    new = text.replace(known, f"{known}-2").replace("type: object\n", f"type: object\n{shape}\n", 1)
    (folder / f"{known}-2.yaml").write_text(new, encoding="utf-8")
    reference = f"- $ref: models/wan/{known}.yaml\n"
    replace(checkout, "evolink.yaml", reference, f"{reference}                - $ref: models/wan/{known}-2.yaml\n")
    code, out, _ = compare()
    assert (code, "breaking" in out, "can now be Wan25ImageToVideo2" in out) == (0, False, True)
    replace(checkout, f"models/wan/{known}.yaml", "type: object\n", f"type: object\n{shape}\n")
    code, out, _ = compare()
    assert (code, "breaking       CreatedTask.usage: no longer required" in out) == (1, True)


def test_change_in_the_working_tree_is_reported_on_a_line_and_in_a_table(
    checkout: Path, run_command: Callable[..., Any]
) -> None:
    replace(checkout, *TIGHTER)
    replace(checkout, *REWORDED)
    code, out, err = run_command()
    commit = git(checkout, "rev-parse", "--short=7", "main")
    assert (code, err, out.splitlines()) == (1, "", [
        ("breaking       Wan25ImageToVideo.prompt: maxLength changed from 1000 to 800 "
         "(sent to create_video_generation)"),
        "documentation  description of Wan25ImageToVideo.prompt",
        f"2 changes in the contract since main ({commit}): 1 breaking, 1 documentation.",
        ("The version does not announce the breaking changes: info.version was 0.1.0 and is 0.1.0, "
         "but must be at least 0.2.0 (below 1.0.0, the minor version counts as the major version)."),
    ])  # fmt: skip
    markdown = (checkout / "reports/diff.md").read_text().splitlines()
    assert "| rating | place | change | affects |" in markdown
    row = (
        "| **breaking** | Wan25ImageToVideo.prompt | maxLength changed from 1000 to 800 "
        "| sent to create\\_video\\_generation |"
    )
    assert row in markdown
    assert "* Wan25ImageToVideo.prompt: description" in markdown


def test_changes_that_only_the_base_has_are_not_reported(checkout: Path, compare: Callable[..., Any]) -> None:
    left = git(checkout, "rev-parse", "--short=7", "main")
    git(checkout, "checkout", "--quiet", "-b", "feature")
    replace(checkout, TIGHTER[0], TIGHTER[1], "maxLength: 1200")
    git(checkout, "commit", "--quiet", "-a", "-m", "Allow longer prompts")
    git(checkout, "checkout", "--quiet", "main")
    assert compare() == (0, f"The contract has not changed since main ({left}).\n", "")
    replace(checkout, "schemas/task.yaml", "    - unknown_error\n", "    - unknown_error\n    - new_error\n")
    git(checkout, "commit", "--quiet", "-a", "-m", "Add an error")
    git(checkout, "checkout", "--quiet", "feature")
    code, out, err = compare()
    assert (code, err, out.splitlines()) == (0, "", [
        ("compatible     Wan25ImageToVideo.prompt: maxLength changed from 1000 to 1200 "
         "(sent to create_video_generation)"),
        f"1 change in the contract since {left}, where this branch left main: 1 compatible.",
    ])  # fmt: skip
    git(checkout, "merge", "--quiet", "-m", "Merge", "main")
    code, out, err = compare()
    commit = git(checkout, "rev-parse", "--short=7", "main")
    assert (code, err, out.splitlines()[-1]) == (
        0, "", f"1 change in the contract since main ({commit}): 1 compatible."
    )  # fmt: skip


def test_history_that_is_too_short_for_a_merge_base_is_reported_on_one_line(
    checkout: Path, compare: Callable[..., Any]
) -> None:
    git(checkout, "checkout", "--quiet", "-b", "feature")
    for branch in ("feature", "main"):
        git(checkout, "checkout", "--quiet", branch)
        git(checkout, "commit", "--quiet", "--allow-empty", "-m", branch)
    (checkout / ".git/shallow").write_text(
        "".join(f"{git(checkout, 'rev-parse', name)}\n" for name in ("feature", "main"))
    )
    git(checkout, "checkout", "--quiet", "feature")
    code, out, err = compare()
    assert (code, out, len(err.splitlines())) == (2, "", 1), err
    assert "BASE: the history is too short to find where this branch left main; fetch all of it" in err


@pytest.mark.parametrize(
    ("old", "new", "unannounced"),
    [
        ("0.1.0", "0.1.1", True), ("0.1.0", "0.2.0", False), ("0.1.0", "1.0.0", False), ("0.2.0", "0.1.0", True),
        ("1.4.2", "1.5.0", True), ("1.4.2", "2.0.0", False), ("1.4.2", "1.4.2", True), ("0.9.1", "0.10.0-rc.1", False),
    ],
)  # fmt: skip
def test_breaking_change_needs_a_major_version(old: str, new: str, *, unannounced: bool) -> None:
    old_contract = edited(CONTRACT, {("info", "version"): old})
    new_contract = edited(CONTRACT, {("info", "version"): new, (*PROMPT, "maxLength"): 800})
    assert Diff("main", old_contract, new_contract).unannounced is unannounced


def test_announced_breaking_change_exits_with_0(checkout: Path, compare: Callable[..., Any]) -> None:
    replace(checkout, *TIGHTER)
    replace(checkout, *VERSION, "version: 0.2.0")
    code, out, _ = compare()
    assert code == 0
    assert out.splitlines()[-1] == (
        "The version announces the breaking changes: info.version was 0.1.0 and is 0.2.0 "
        "(below 1.0.0, the minor version counts as the major version)."
    )


def test_compatible_change_does_not_need_a_new_version(checkout: Path, compare: Callable[..., Any]) -> None:
    replace(checkout, TIGHTER[0], TIGHTER[1], "maxLength: 1200")
    assert compare()[0] == 0


@pytest.mark.parametrize(
    ("base", "message"),
    [
        (None, "BASE is missing; name the commit to compare with, for example BASE=origin/main"),
        (" ", "BASE is missing"),
        ("nonsense", "BASE: git does not know the commit 'nonsense'; fetch it first (in CI: fetch-depth: 0)"),
        ("two words", "BASE: git does not know the commit 'two words'"),
        ("--output=x", "BASE: --output=x is not a commit"),
        ("main:openapi", "BASE: git does not know the commit 'main:openapi'"),
        ("main\nmain", "BASE: git does not know the commit 'main\\nmain'"),
        ("$(touch x); é", "BASE: git does not know the commit '$(touch x); é'"),
    ],
)
def test_base_that_is_not_a_commit_is_reported_on_one_line(
    compare: Callable[..., Any], base: str | None, message: str
) -> None:
    code, out, err = compare(base)
    assert (code, out, len(err.splitlines())) == (2, "", 1), err
    assert message in err


def test_contract_that_cannot_be_compared_is_reported_on_one_line(checkout: Path, compare: Callable[..., Any]) -> None:
    (checkout / "reports").mkdir()
    (checkout / "reports/diff.md").write_text("an older one")
    git(checkout, "checkout", "--quiet", "--orphan", "empty")
    git(checkout, "commit", "--quiet", "--allow-empty", "-m", "Nothing but the contract")
    git(checkout, "rm", "--quiet", "-r", "--cached", "openapi")
    git(checkout, "commit", "--quiet", "--allow-empty", "-m", "Nothing")
    code, out, err = compare("empty")
    assert (code, out, len(err.splitlines())) == (2, "", 1), err
    assert re.search(r"BASE: the commit empty \([0-9a-f]{7}\) has no contract in openapi/", err)
    replace(checkout, "evolink.yaml", "openapi: 3.1.0", "openapi: [")
    git(checkout, "add", "openapi")
    git(checkout, "commit", "--quiet", "-m", "Half a contract")
    code, out, err = compare("empty")
    assert (code, out, len(err.splitlines())) == (2, "", 1), err
    message = r", the contract cannot be bundled: openapi/evolink\.yaml:7: is not valid YAML"
    assert re.search(r"BASE: at empty \([0-9a-f]{7}\)" + message, err)
    code, out, err = compare("main")
    assert (code, out, len(err.splitlines())) == (2, "", 1), err
    assert "diff.py: the contract cannot be bundled: " in err
    assert not (checkout / "reports/diff.md").exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("evolink.yaml", "paths:\n", "paths: 5\nx-paths:\n", "the contract is not valid OpenAPI"),
        ("evolink.yaml", "version: 0.1.0", "version: soon", "info.version: soon is not a semantic version"),
        (
            "schemas/task.yaml",
            "  type: string\n  pattern: ^task-unified-\n",
            "  $ref: '#/TaskId'\n",
            "is nested too deeply",
        ),
    ],
)
def test_contract_that_is_not_valid_is_reported_on_one_line(
    checkout: Path, compare: Callable[..., Any], file: str, old: str, new: str, message: str
) -> None:
    replace(checkout, file, old, new)
    code, out, err = compare()
    assert (code, out, len(err.splitlines())) == (2, "", 1), err
    assert message in err


def test_folder_that_is_not_a_checkout_is_reported_on_one_line(checkout: Path, run_command: Callable[..., Any]) -> None:
    shutil.rmtree(checkout / ".git")
    code, out, err = run_command()
    assert (code, out, len(err.splitlines())) == (2, "", 1), err
    assert "is not a checkout that git can read" in err


def test_missing_git_is_reported_on_one_line(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(checkout)
    monkeypatch.setenv("PATH", str(checkout))
    assert diff.main(["main"]) == 2
    assert capsys.readouterr().err == "diff.py: git is required, but is not installed\n"


def test_contract_cannot_add_lines_or_markup_to_the_report(checkout: Path, compare: Callable[..., Any]) -> None:
    replace(checkout, *TIGHTER[:2], 'maxLength: 1000\n    pattern: "<b>|`x`\\u202e"')
    _, out, _ = compare()
    assert all(line.isprintable() for line in out.splitlines())
    [row] = [line for line in (checkout / "reports/diff.md").read_text().splitlines() if "breaking** |" in line]
    assert "\\<b\\>\\|\\`x\\`" in row


def test_interrupted_comparison_exits_with_one_line(checkout: Path, command_environment: dict[str, str]) -> None:
    (unpacked := checkout / "tmp").mkdir()
    program = """if True:
        import runpy, signal, sys, zipfile
        extract = zipfile.ZipFile.extractall
        def interrupted(archive, folder):
            extract(archive, folder)
            signal.raise_signal(signal.SIGINT)
        zipfile.ZipFile.extractall = interrupted
        sys.argv[1:], sys.path[0] = ["main"], "openapi"
        runpy.run_path("openapi/diff.py", run_name="__main__")
    """
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=checkout, env=command_environment | {"TMPDIR": str(unpacked)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "diff.py: interrupted\n")
    assert list(unpacked.iterdir()) == []
    assert not (checkout / "reports").exists()
