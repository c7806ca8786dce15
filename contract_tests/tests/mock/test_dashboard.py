"""The dashboard with a fake mock: its forms, pages, buttons and events."""

from __future__ import annotations

import asyncio
import copy
import itertools
import json
import logging
import re
from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from evolink._contract import packaged_contract
from evolink_mock.controller import InvalidOperationError
from evolink_mock.dashboard import Dashboard
from evolink_mock.dashboard.event_stream import ChangeTracker, EventResponse, Feed, events
from evolink_mock.dashboard.forms import Forms, prefer_header
from evolink_mock.dashboard.model_list import Model, list_models
from evolink_mock.dashboard.reference import Reference
from evolink_mock.dashboard.rendering import Renderer
from evolink_mock.dashboard.schemas import Schemas
from evolink_mock.http.access import AccessControl, Exposure
from evolink_mock.server import ServedApp, listen
from evolink_sandbox.notices import Notices
from tests import cross_fields
from tests.known_limits import EDITIONS, limit

REFERENCE = "wan2.6-reference-video-flash"
LONGEST: int = limit(REFERENCE, "prompt", "maxLength")
SECONDS = [limit(REFERENCE, "duration", end) for end in ("minimum", "maximum")]

HOSTILE = (
    "</textarea></script><script>document.title='owned'</script><!--<img src=x onerror=\"document.title='owned'\">"
    "'\"`{{ 7 * 7 }}&lt;\u202egnihton\u2066\x00\x07\x1b[2J\ud800"
)
VOID = {"meta", "link", "input"}


class FakeSource:
    """A fake mock with fixed data; it records the operations that the dashboard performs."""

    def __init__(self) -> None:
        self.current_state: dict[str, Any] = {
            "now": 12.3, "speed": 60.0, "tasks": 0, "in_flight": 0, "scenario": None, "pace": "after-120-seconds",
            "faults": [], "accounts": [{"name": "account 1", "balance": 100.0, "reserved": 5.0, "used": 20.0}],
            "outcomes": ["completed", "failed", "cancelled"], "error_codes": ["service_error", "unknown_error"],
            "version": 1,
        }  # fmt: skip
        self.all_tasks: list[dict[str, Any]] = []
        self.journal: list[dict[str, Any]] = []
        self.operations: list[tuple[Any, ...]] = []
        self.response: tuple[int, dict[str, Any]] = (200, {"id": "task-unified-1-a"})
        self.error: str | None = None

    def add_task(self, name: str, **details: Any) -> dict[str, Any]:
        task: dict[str, Any] = {
            "id": f"task-unified-1-{name}", "model": "wan2.5-image-to-video", "status": "processing", "progress": 40,
            "created": 1757169743, "ended": None, "ends_in": 72.0, "pace": "after-120-seconds", "account": "account 1",
            "request": {"prompt": name}, "body": {"id": name}, "result": None, "deliveries": [],
            "bill": {"task_id": name, "reserved": {"seconds": 5, "credits": 5}, "settled": None},
        }  # fmt: skip
        self.all_tasks.insert(0, task | details)
        self.current_state["tasks"] += 1
        self.current_state["version"] += 1
        return self.all_tasks[0]

    def add_exchange(self, **details: Any) -> dict[str, Any]:
        exchange: dict[str, Any] = {
            "number": len(self.journal) + 1, "at": 1.0, "took_ms": 2.5, "method": "POST",
            "path": "/v1/videos/generations", "operation": "create_video_generation", "status": 200, "request": "{}",
            "response": "{}", "task_id": None, "account": "account 1", "fault": None, "violations": [],
        }  # fmt: skip
        self.journal.insert(0, exchange | details)
        self.current_state["version"] += 1
        return self.journal[0]

    def state(self) -> dict[str, Any]:
        return copy.deepcopy(self.current_state)

    def tasks(self, limit: int) -> list[dict[str, Any]]:
        return copy.deepcopy(self.all_tasks[:limit])

    def task(self, task_id: str) -> dict[str, Any] | None:
        return next((task for task in self.all_tasks if task["id"] == task_id), None)

    def exchanges(self, limit: int) -> list[dict[str, Any]]:
        return copy.deepcopy(self.journal[:limit])

    async def submit(self, body: dict[str, Any], prefer: str, origin: str) -> tuple[int, dict[str, Any]]:
        del origin
        self._do("submit", body, prefer)
        return self.response

    def complete(self, task_id: str) -> None:
        self._do("complete", task_id)

    def fail(self, task_id: str, code: str) -> None:
        self._do("fail", task_id, code)

    def cancel(self, task_id: str) -> None:
        self._do("cancel", task_id)

    def redeliver(self, task_id: str) -> None:
        self._do("redeliver", task_id)

    def advance(self, seconds: float) -> None:
        self._do("advance", seconds)

    def reset(self) -> None:
        self._do("reset")

    def _do(self, *operation: Any) -> None:
        if self.error:
            raise InvalidOperationError(self.error)
        self.operations.append(operation)


class Page(HTMLParser):
    """The elements, attributes and text of a parsed page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, attribute: str, tag: str | None = None) -> list[str]:
        return [
            attributes[attribute] or ""
            for name, attributes in self.elements
            if attribute in attributes and tag in {None, name}
        ]


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def web(source: FakeSource, contract: dict[str, Any]) -> Iterator[httpx.Client]:
    """A client of a server with the dashboard only."""
    app = Starlette(routes=Dashboard(source, contract, AccessControl(Exposure(), ())).routes)
    with (
        ServedApp(app, listen("127.0.0.1", 0)) as served,
        httpx.Client(base_url=served.url, trust_env=False) as client,
    ):
        yield client


@pytest.fixture
def third_model(contract: dict[str, Any]) -> dict[str, Any]:
    """The contract with one more model, which has fields of every kind."""
    document = copy.deepcopy(contract)
    document["components"]["schemas"]["Third"] = {
        "type": "object",
        "title": "The third one",
        "required": ["model", "size"],
        "properties": {
            "model": {"type": "string", "const": "third"},
            "size": {"type": "integer", "enum": [1, 2]},
            "count": {"type": "integer", "minimum": 1, "maximum": 3},
            "least": {"type": "integer", "minimum": 90},
            "strength": {"type": "number"},
            "loop": {"type": "boolean", "default": False},
            "name": {"type": "string", "maxLength": 20, "x-inferred": "`we` think so"},
            "story": {"type": "string", "maxLength": 900},
            "seeds": {"type": "array", "items": {"type": "integer"}, "maxItems": 4},
            "link": {"anyOf": [{"$ref": "#/components/schemas/CallbackUrl"}, {"type": "null"}]},
            "inner": {"type": "object", "properties": {"deep": {"type": "string", "enum": ["a", "b"]}}},
            "free": {"type": "object"},
        },
    }
    create = document["paths"]["/v1/videos/generations"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    create["discriminator"]["mapping"]["third"] = "#/components/schemas/Third"
    return document


def test_each_model_has_a_form_with_its_fields_in_schema_order(contract: dict[str, Any]) -> None:
    models = packaged_contract().models
    forms = {model: Forms(Schemas(contract)).form(model) for model in models}
    assert {model: [one.name for one in form.inputs] for model, form in forms.items()} == {
        model: list(field_names(schema)) for model, schema in models.items()
    }
    assert {model: {one.name for one in form.inputs if one.required} for model, form in forms.items()} == {
        model: set(required_names(schema)) for model, schema in models.items()
    }


def field_names(schema: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the fields of a model except `model`; those of an object with known fields are dotted."""
    for name, field in schema["properties"].items():
        if "properties" in field:
            yield from (f"{name}.{part}" for part in field_names(field))
        elif name != "model":
            yield name


def required_names(schema: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the required fields of a model as `field_names` does."""
    for name in schema.get("required", ()):
        field = schema["properties"][name]
        if "properties" in field:
            yield from (f"{name}.{part}" for part in required_names(field))
        elif name != "model":
            yield name


def test_new_model_in_the_contract_has_a_form_and_a_reference_entry(third_model: dict[str, Any]) -> None:
    form = Forms(Schemas(third_model)).form("third")
    assert form.title == "The third one"
    assert [(one.name, one.kind) for one in form.inputs] == [
        ("size", "choice"), ("count", "number"), ("least", "number"), ("strength", "number"), ("loop", "choice"),
        ("name", "line"), ("story", "long"), ("seeds", "lines"), ("link", "line"), ("inner.deep", "choice"),
        ("free", "json"),
    ]  # fmt: skip
    renderer = Renderer(FakeSource(), third_model)
    page, reference = Page(renderer.dashboard("http://127.0.0.1", "third")), Page(renderer.reference("third"))
    assert "body.inner.deep" in page.values("name", "select")
    assert "The third one" in page.text
    assert "third" in reference.values("id")
    assert "we think so" in reference.text.replace("`", "")


def test_rules_on_several_fields_and_what_is_cut_are_in_the_form_and_in_the_reference(
    contract: dict[str, Any],
) -> None:
    renderer = Renderer(FakeSource(), cross_fields.with_model(contract))
    model = cross_fields.SCHEMA["properties"]["model"]["const"]
    for html in (renderer.dashboard("http://127.0.0.1", model), renderer.reference(model)):
        text = Page(html).text
        for key in ("allOf", "x-ignored", "x-fails-later"):
            for rule in cross_fields.SCHEMA[key]:
                assert rule["description"] in text
        assert cross_fields.SCHEMA["allOf"][cross_fields.LAST_FRAME]["x-inferred"] in text
        assert "cut after 20 characters" in text
    assert "at most 6 tokens" in Page(renderer.reference(model)).text


@pytest.mark.parametrize(
    ("field", "typed", "sent"),
    [
        ("size", "2", 2), ("size", "3", "3"), ("count", "2", 2), ("count", "-7", -7), ("count", "2.5", 2.5),
        ("count", "two", "two"), ("count", '"2"', '"2"'), ("count", "[2]", "[2]"), ("count", "true", "true"),
        ("count", "NaN", "NaN"), ("count", "1e999", "1e999"), ("strength", "1e3", 1000.0), ("loop", "true", True),
        ("loop", "false", False), ("name", " x ", "x"), ("name", "12", "12"), ("story", "a\r\nb", "a\nb"),
        ("seeds", "1\r\n\r\n x \n3", [1, "x", 3]), ("link", "ftp://x", "ftp://x"), ("free", '{"a": [1]}', {"a": [1]}),
        ("free", "{a", "{a"),
    ],
)  # fmt: skip
def test_form_sends_values_as_typed_even_if_they_break_a_rule(
    third_model: dict[str, Any], field: str, typed: str, sent: Any
) -> None:
    body = Forms(Schemas(third_model)).to_body("third", {f"body.{field}": typed})
    assert json.dumps(body) == json.dumps({"model": "third", field: sent})


def test_blank_fields_are_not_sent_and_nested_ones_are_nested(third_model: dict[str, Any]) -> None:
    forms = Forms(Schemas(third_model))
    assert forms.to_body("third", {"body.size": "", "body.story": " \n", "body.inner.deep": ""}) == {"model": "third"}
    assert forms.to_body("third", {"body.inner.deep": "a"}) == {"model": "third", "inner": {"deep": "a"}}


def test_preferences_of_a_form_become_a_prefer_header() -> None:
    assert prefer_header({}) == ""
    values = {"outcome": "failed; code=service_error", "pace": " at-once ", "prefer": 'input-seconds="4"'}
    assert prefer_header(values) == 'outcome=failed; code=service_error, pace=at-once, input-seconds="4"'


def test_form_without_javascript_redirects_to_the_created_task(web: httpx.Client, source: FakeSource) -> None:
    response = web.post(
        "/_mock/dashboard/create",
        data={"model": "wan2.5-image-to-video", "body.prompt": "x", "body.duration": "10", "outcome": "cancelled"},
    )
    assert (response.status_code, response.headers["location"]) == (303, "/#task-unified-1-a")
    body = {"model": "wan2.5-image-to-video", "prompt": "x", "duration": 10}
    assert source.operations == [("submit", body, "outcome=cancelled")]


def reject_creates(source: FakeSource) -> None:
    """Make the mock reject creates, and record an exchange with a violation."""
    error = {"error": {"code": 400, "message": "prompt: is too long.", "param": "prompt"}}
    source.response = (400, error)
    violation = {"rules": ["wan25.prompt.length"], "field": "prompt", "message": "prompt is too long"}

    async def submit(body: dict[str, Any], prefer: str, origin: str) -> tuple[int, dict[str, Any]]:
        del origin
        source.add_exchange(
            status=400, response=json.dumps(error), violations=[violation], request=json.dumps([body, prefer])
        )
        return source.response

    source.submit = submit  # type: ignore[method-assign]


def test_rejected_form_without_javascript_keeps_its_values_and_names_the_rules(
    web: httpx.Client, source: FakeSource
) -> None:
    reject_creates(source)
    values = {"model": "wan2.6-reference-video-flash", "body.prompt": "</textarea>\nmine", "body.quality": "1080p"}
    response = web.post("/_mock/dashboard/create", data=values | {"outcome": "cancelled", "pace": "at-once"})
    page = Page(response.text)
    assert response.status_code == 400
    assert "wan25.prompt.length" in page.text
    assert "prompt: is too long." in page.text
    assert "</textarea>\nmine" in page.text
    selected = [attributes for tag, attributes in page.elements if tag == "option" and "selected" in attributes]
    assert len(selected) == 2
    assert "at-once" in page.values("value", "input")
    assert [form for form in page.values("id", "form") if form] == [f"new-{values['model']}"]


def test_rejected_form_with_javascript_gets_only_the_broken_rules(web: httpx.Client, source: FakeSource) -> None:
    reject_creates(source)
    values = {"model": "wan2.5-image-to-video"}
    response = web.post("/_mock/dashboard/create", data=values, headers={"accept": "application/json"}).json()
    assert response["task"] == ""
    assert "wan25.prompt.length" in Page(response["html"]).text


def test_unknown_model_is_rejected_by_every_page_and_form(web: httpx.Client, source: FakeSource) -> None:
    assert web.post("/_mock/dashboard/create", data={"model": HOSTILE[:-1]}).status_code == 409
    assert source.operations == []
    responses = [
        web.get(path, params={"model": HOSTILE[:-1]}) for path in ("/", "/_mock/reference", "/_mock/dashboard/form")
    ]
    assert [response.status_code for response in responses] == [404, 404, 404]
    assert ["The contract has no such model." in Page(response.text).text for response in responses] == [True] * 3
    assert [("alert" in Page(response.text).values("role")) for response in responses] == [True, True, False]


def with_invented_models(contract: dict[str, Any], count: int) -> dict[str, Any]:
    """Return the contract with so many invented models instead of its own, ten in each family."""
    document = copy.deepcopy(contract)
    request = document["paths"]["/v1/videos/generations"]["post"]["requestBody"]["content"]["application/json"]
    names = {f"invented-{number:02}": f"Invented{number:02}" for number in range(count)}
    document["components"]["schemas"] |= {
        name: {
            "type": "object",
            "x-family": f"family {int(model[-2:]) // 10}",
            "required": ["model", "prompt"],
            "properties": {
                "model": {"type": "string", "const": model},
                "prompt": {"type": "string", "maxLength": 900},
                "frames": {"type": "array", "items": {"type": "string"}, "x-media": {"kind": ["image", "video"]}},
                "voice": {"type": "object", "properties": {"file": {"type": "string", "x-media": {"kind": "audio"}}}},
            },
        }
        for model, name in names.items()
    }
    request["schema"]["oneOf"] = [{"$ref": f"#/components/schemas/{name}"} for name in names.values()]
    request["schema"]["discriminator"]["mapping"] = {
        model: f"#/components/schemas/{name}" for model, name in names.items()
    }
    return document


def test_list_has_every_model_below_its_family_with_what_it_takes(
    contract: dict[str, Any], third_model: dict[str, Any]
) -> None:
    families = list_models(Schemas(with_invented_models(contract, 12)))
    takes = ["image", "video", "audio"]
    assert families == {
        "family 0": [Model(f"invented-{number:02}", "", takes) for number in range(10)],
        "family 1": [Model(f"invented-{number:02}", "", takes) for number in (10, 11)],
    }
    assert list_models(Schemas(third_model))["other models"] == [Model("third", "The third one", [])]


@pytest.mark.parametrize(("path", "fragment"), [("/", "new-"), ("/_mock/reference", "")])
def test_list_of_a_page_links_to_each_model_and_marks_the_chosen_one(
    web: httpx.Client, contract: dict[str, Any], path: str, fragment: str
) -> None:
    models = list(Schemas(contract).models)
    links = [f"{path}?model={model}#{fragment}{model}" for model in models]
    for model, link in ((models[0], links[0]), (models[-1], links[-1])):
        page = Page(web.get(link).text)
        listed = [each for tag, each in page.elements if tag == "a" and each["href"] in links]
        assert [each["href"] for each in listed] == links
        assert [each["href"] for each in listed if each.get("aria-current") == "true"] == [link]
        assert f"{fragment}{model}" in page.values("id")
        if path == "/":
            assert [form for form in page.values("id", "form") if form] == [f"new-{model}"]
            assert web.get("/_mock/dashboard/form", params={"model": model}).text in web.get(link).text


def test_page_prepares_only_the_model_that_it_shows(
    contract: dict[str, Any], source: FakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[str] = []
    for owner, name in ((Forms, "_form"), (Reference, "_entry")):
        prepare = getattr(owner, name)

        def counted(self: Any, key: str, *args: Any, prepare: Any = prepare) -> Any:
            prepared.append(key)
            return prepare(self, key, *args)

        monkeypatch.setattr(owner, name, counted)
    renderer = Renderer(source, with_invented_models(contract, 90))
    page = renderer.dashboard("http://127.0.0.1")
    assert prepared == ["invented-00"]
    assert Page(page).text.count("invented-89") == 1
    renderer.dashboard("http://127.0.0.1", "invented-41")
    renderer.dashboard("http://127.0.0.1", "invented-41")
    assert prepared == ["invented-00", "invented-41"]
    renderer.reference("invented-07")
    assert [key for key in prepared[2:] if not key.startswith("schema-")] == ["invented-07"]


@pytest.mark.parametrize(
    ("path", "values", "operation"),
    [
        ("tasks/task-unified-1-a/complete", {}, ("complete", "task-unified-1-a")),
        ("tasks/task-unified-1-a/fail", {"code": "x"}, ("fail", "task-unified-1-a", "x")),
        ("tasks/task-unified-1-a/cancel", {}, ("cancel", "task-unified-1-a")),
        ("tasks/task-unified-1-a/redeliver", {}, ("redeliver", "task-unified-1-a")),
        ("advance", {"seconds": "2.5"}, ("advance", 2.5)),
        ("reset", {}, ("reset",)),
    ],
)
def test_buttons_work_with_and_without_javascript(
    web: httpx.Client, source: FakeSource, path: str, values: dict[str, str], operation: tuple[Any, ...]
) -> None:
    source.add_task("a")
    url = f"/_mock/dashboard/{path}"
    response = web.post(url, data=values)
    assert (response.status_code, response.headers["location"]) == (
        303,
        "/#task-unified-1-a" if "tasks" in path else "/",
    )
    assert web.post(url, data=values, headers={"accept": "application/json"}).status_code == 204
    assert source.operations == [operation, operation]
    source.error = "not <now>"
    assert "not &lt;now&gt;" in web.post(url, data=values).text
    response = web.post(url, data=values, headers={"accept": "application/json"})
    assert (response.status_code, response.json()) == (200, {"error": "not <now>"})


@pytest.mark.parametrize("seconds", ["", "x", "0", "-1", "nan", "inf", "1e9"])
def test_clock_does_not_advance_by_an_invalid_number(web: httpx.Client, source: FakeSource, seconds: str) -> None:
    assert web.post("/_mock/dashboard/advance", data={"seconds": seconds}).status_code == 409
    assert source.operations == []


def test_unknown_task_or_action_is_rejected(web: httpx.Client, source: FakeSource) -> None:
    source.add_task("a")
    assert web.post("/_mock/dashboard/tasks/task-unified-1-b/complete").status_code == 409
    assert web.post("/_mock/dashboard/tasks/task-unified-1-a/explode").status_code == 409
    assert source.operations == []


def test_malformed_or_too_large_form_is_rejected(web: httpx.Client, source: FakeSource) -> None:
    assert web.post("/_mock/dashboard/advance", content=b"seconds=%ff").status_code == 400
    assert web.post("/_mock/dashboard/advance", content=b"\xff").status_code == 400
    assert web.post("/_mock/dashboard/create", content=b"&a=1" * 1001).status_code == 400
    assert web.post("/_mock/dashboard/create", content=b"a" * (4 * 1024 * 1024 + 1)).status_code == 413
    assert source.operations == []


@pytest.mark.parametrize("site", ["cross-site", "same-site", ""])
def test_other_sites_cannot_use_the_dashboard(web: httpx.Client, source: FakeSource, site: str) -> None:
    headers = {"sec-fetch-site": site}
    source.add_task("a")
    for path in ("create", "advance", "reset", "tasks/task-unified-1-a/complete"):
        assert web.post(f"/_mock/dashboard/{path}", headers=headers, data={"seconds": "1"}).status_code == 403
    assert web.get("/_mock/events", headers=headers).status_code == 403
    assert source.operations == []


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_dashboard_accepts_its_own_requests(web: httpx.Client, source: FakeSource, site: str) -> None:
    assert web.post("/_mock/dashboard/reset", headers={"sec-fetch-site": site}).status_code == 303
    assert source.operations == [("reset",)]


@pytest.mark.parametrize("path", ["/", "/_mock/reference", "/_mock/dashboard/dashboard.js"])
def test_pages_may_only_load_files_of_this_server(web: httpx.Client, path: str) -> None:
    headers = web.get(path).headers
    rules = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert set(rules.values()) == {"'none'", "'self'"}
    assert headers["x-content-type-options"] == "nosniff"


def test_pages_have_no_inline_code_and_their_files_exist(web: httpx.Client, source: FakeSource) -> None:
    source.add_task("a")
    for path in ("/", "/_mock/reference"):
        html = web.get(path).text
        page = Page(html)
        assert "style" not in {tag for tag, _ in page.elements}
        assert [
            name for _, attributes in page.elements for name in attributes if name == "style" or name.startswith("on")
        ] == []
        assert re.findall(r"<script[^>]*>[^<]", html) == []
        for file in page.values("src", "script") + page.values("href", "link"):
            assert web.get(file).status_code == 200
        external = [each for tag, each in page.elements if tag == "a" and (each["href"] or "").startswith("http")]
        assert [each for each in external if each["rel"] != "noreferrer"] == []
    assert web.get("/_mock/dashboard/..%2froutes.py").status_code == 404
    assert web.get("/_mock/dashboard/base.html").status_code == 404


def test_ids_are_unique_and_links_within_a_page_have_targets(
    contract: dict[str, Any], source: FakeSource, third_model: dict[str, Any]
) -> None:
    source.add_task("a", request={"callback_url": "https://example.com"})
    source.add_exchange(task_id="task-unified-1-a")
    for document in (contract, third_model):
        renderer = Renderer(source, document)
        *_, last = Schemas(document).models
        for html in (
            renderer.dashboard("http://127.0.0.1"), renderer.dashboard("http://127.0.0.1", last),
            renderer.reference(), renderer.reference(last),
        ):  # fmt: skip
            page = Page(html)
            ids = page.values("id")
            assert len(ids) == len(set(ids))
            targets = [link[1:] for link in page.values("href") if link.startswith("#")]
            targets += page.values("for", "label") + page.values("aria-labelledby") + page.values("popovertarget")
            assert set(targets) - set(ids) == set()


def test_texts_of_callers_are_escaped_and_bounded(contract: dict[str, Any], source: FakeSource) -> None:
    page = Renderer(source, contract).dashboard("http://127.0.0.1")
    tags = {tag for tag, _ in Page(page).elements}
    long = HOSTILE + "x" * 50_000
    attempt = {
        "attempt": 1, "at": 1.0, "waited": 0.0, "took_ms": 1.0, "status": None, "error": long, "delivered": False,
        "url": long, "sent_to": long, "body": {long: long},
    }  # fmt: skip
    source.add_task(
        "a", model=long, account=long, pace=long, deliveries=[attempt] * 100, bill={long: long}, status="failed",
        request={"prompt": long, "callback_url": long, "aspect_ratio": long, long: long},
        body={"error": {"code": long, "message": long}},
    )  # fmt: skip
    source.add_exchange(
        path=long, method=long, operation=long, request=long, response=json.dumps(long), task_id=long, account=long,
        fault=long, violations=[{"rules": [long] * 50, "field": long, "message": long}] * 50,
    )  # fmt: skip
    source.current_state |= {
        "scenario": long,
        "pace": long,
        "accounts": [source.current_state["accounts"][0] | {"name": long}],
    }
    source.current_state["faults"] = [{"id": 1, "when": {long: long}, "do": long, "matched": 1}] * 50
    html = Renderer(source, contract).dashboard(f"http://{long}")
    result = Page(html)
    allowed = {"video", "figure", "figcaption", "progress", "line", "circle", "text", "h4", "bdi"}
    assert {tag for tag, _ in result.elements} - tags <= allowed
    assert [name for _, attributes in result.elements for name in attributes if name.startswith("on")] == []
    assert [character for character in html if not character.isprintable() and character not in "\n\t"] == []
    html.encode()
    assert len(html) < 60 * len(long)


def feed_of(source: FakeSource, contract: dict[str, Any]) -> Feed:
    """Return a feed whose clock moves by a second with each look at it."""
    return Feed(source, Renderer(source, contract), itertools.count().__next__)


def test_first_event_has_everything_and_later_ones_only_changes(contract: dict[str, Any], source: FakeSource) -> None:
    first, second = source.add_task("a"), source.add_task("b")
    source.add_exchange()
    tracker = ChangeTracker(feed_of(source, contract))
    changes = tracker.changes()
    assert changes["state"].startswith("<dl")
    assert (changes["tasks"]["order"], set(changes["tasks"]["changed"])) == (
        [second["id"], first["id"]],
        {first["id"], second["id"]},
    )
    assert changes["exchanges"]["order"] == ["1"]
    assert tracker.changes() == {}
    first["progress"] = 41
    source.current_state["version"] += 1
    changes = tracker.changes()
    assert set(changes) == {"tasks"}
    assert set(changes["tasks"]["changed"]) == {first["id"]}
    assert "41 %" in changes["tasks"]["changed"][first["id"]]
    source.all_tasks.remove(second)
    source.current_state["version"] += 1
    assert tracker.changes() == {"tasks": {"order": [first["id"]], "changed": {}}}


def test_first_event_clears_a_page_from_before_a_restart(contract: dict[str, Any], source: FakeSource) -> None:
    changes = ChangeTracker(feed_of(source, contract)).changes()
    assert (changes["tasks"], changes["exchanges"]) == ({"order": [], "changed": {}}, {"order": [], "changed": {}})


def test_progress_of_running_tasks_is_sent_even_if_the_version_is_unchanged(
    contract: dict[str, Any], source: FakeSource
) -> None:
    task = source.add_task("a")
    source.current_state["in_flight"] = 1
    tracker = ChangeTracker(feed_of(source, contract))
    tracker.changes()
    assert tracker.changes() == {}
    task["progress"] = 50
    assert set(tracker.changes()["tasks"]["changed"]) == {task["id"]}


def test_what_changes_is_rendered_once_for_a_thousand_pages(
    contract: dict[str, Any], source: FakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[str] = []
    render = Renderer.render_task

    def counted(renderer: Renderer, task: dict[str, Any], state: dict[str, Any]) -> str:
        rendered.append(task["id"])
        return render(renderer, task, state)

    monkeypatch.setattr(Renderer, "render_task", counted)
    for number in range(3):
        source.add_task(str(number))
    source.current_state["in_flight"] = 3
    now = [0.0]
    feed = Feed(source, Renderer(source, contract), lambda: now[0])
    pages = [ChangeTracker(feed) for _ in range(1000)]
    assert len({page.event() for page in pages}) == 1
    assert sorted(rendered) == [f"task-unified-1-{number}" for number in range(3)]
    source.add_task("new")
    source.current_state["version"] += 1
    now[0] += 1
    assert {tuple(page.changes()["tasks"]["changed"]) for page in pages} == {("task-unified-1-new",)}
    assert rendered[3:] == ["task-unified-1-new"]


def test_pages_beyond_the_limit_get_a_503(
    contract: dict[str, Any], source: FakeSource, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("evolink_mock.dashboard.event_stream.MAX_STREAMS", 2)
    monkeypatch.setattr("evolink_mock.dashboard.event_stream.NOTICES", Notices(logging.getLogger("evolink_mock")))
    statuses: list[int] = []
    feed = feed_of(source, contract)

    async def open_page() -> None:
        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0.2)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        async def is_disconnected() -> bool:
            return False

        scope = {"type": "http", "asgi": {"spec_version": "2.3"}}
        await EventResponse(feed, is_disconnected, {})(scope, receive, send)

    async def open_pages() -> None:
        await asyncio.gather(*(open_page() for _ in range(20)))

    asyncio.run(open_pages())
    assert sorted(statuses) == [200] * 2 + [503] * 18
    assert feed.streams == 0
    assert [record.getMessage() for record in caplog.records] == ["2 dashboard pages are open, which is the limit."]


def test_page_and_events_have_only_the_newest_items(contract: dict[str, Any], source: FakeSource) -> None:
    for number in range(120):
        source.add_task(str(number))
        source.add_exchange()
    changes = ChangeTracker(feed_of(source, contract)).changes()
    assert len(changes["tasks"]["order"]) == 50
    assert len(changes["exchanges"]["order"]) == 100
    assert changes["tasks"]["order"][0] == "task-unified-1-119"


def test_timeline_of_a_delivery_follows_the_documented_waits(contract: dict[str, Any], source: FakeSource) -> None:
    body = {"id": "task-unified-1-a"}
    attempts = [
        {"attempt": number, "at": at, "waited": waited, "took_ms": 1.0, "status": status, "error": error,
         "delivered": error is None, "url": "https://example.com", "sent_to": None, "body": body}
        for number, at, waited, status, error in (
            (1, 5.0, 0.0, None, "too slow"), (2, 6.0, 1.0, 200, None), (1, 9.0, 0.0, 500, "status 500 is not a 2xx"),
        )
    ]  # fmt: skip
    source.add_task("a", deliveries=attempts, request={"callback_url": "https://example.com"})
    [task] = Renderer(source, contract).tasks([])
    timelines = [
        [(point.position, point.wait, point.outcome, point.label) for point in delivery.timeline]
        for delivery in task["callback_deliveries"]
    ]
    assert timelines == [
        [(0, 0, "bad", "–"), (14.29, 1, "good", "200"), (42.86, 2, "skipped", ""), (100, 4, "skipped", "")],  # noqa: RUF001
        [(0, 0, "bad", "500"), (14.29, 1, "next", ""), (42.86, 2, "next", ""), (100, 4, "next", "")],
    ]


def test_events_end_when_the_server_stops(source: FakeSource, contract: dict[str, Any]) -> None:
    app = Starlette(routes=Dashboard(source, contract, AccessControl(Exposure(), ())).routes)
    with httpx.Client(trust_env=False) as client:
        with ServedApp(app, listen("127.0.0.1", 0)) as served:
            stream = client.stream("GET", f"{served.url}/_mock/events")
            lines = stream.__enter__().iter_lines()
            assert next(lines).startswith("retry:")
            data = next(line for line in lines if line.startswith("data: "))
            assert set(json.loads(data[6:])) == {"state", "tasks", "exchanges"}
        with pytest.raises(httpx.RemoteProtocolError):  # an error, not a silent end
            list(lines)


@pytest.mark.anyio
async def test_polling_stops_when_the_page_is_closed(
    source: FakeSource, contract: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolink_mock.dashboard.event_stream.POLL_SECONDS", 0)
    disconnected = iter([False, False, True])

    async def is_disconnected() -> bool:
        return next(disconnected)

    sent = [event async for event in events(feed_of(source, contract), is_disconnected)]
    assert len(sent) == 2


@pytest.mark.anyio
async def test_idle_connection_is_kept_alive(
    source: FakeSource, contract: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolink_mock.dashboard.event_stream.POLL_SECONDS", 0)

    async def is_disconnected() -> bool:
        return False

    stream = events(feed_of(source, contract), is_disconnected)
    assert [await anext(stream) for _ in range(3)][2] == ":\n\n"
    await stream.aclose()


def test_reference_contains_the_whole_contract(web: httpx.Client, contract: dict[str, Any]) -> None:
    page = Page(web.get("/_mock/reference").text)
    pages = {model: web.get("/_mock/reference", params={"model": model}).text for model in packaged_contract().models}
    text_of_models = re.sub("<[^>]*>", "", "".join(pages.values()))  # a parser takes twenty times as long
    ids = set(page.values("id"))
    schemas = contract["components"]["schemas"]
    references = packaged_contract().references
    models = {reference.rpartition("/")[2] for reference in references.values()}
    assert {f"schema-{name}" for name in schemas if name not in models} <= ids
    assert {*references, "get_task", "upload_file_url"} <= ids
    for text in (
        *schemas["TaskErrorCode"]["enum"], f"at most {LONGEST} characters",
        "{} to {}".format(*SECONDS), "exactly 1 item", "720p", "402",
        "360 to 2000 pixels on each side", f"in edition {EDITIONS[-1]}", "The name localhost.",
        "reserved by duration and charged by produced seconds",
        "after 1, 2, 4 s: 4 attempts", "1.65 s each for 3 files", "wait 30 to 60 seconds",
        "valid for 24 h", "model_params.shot_type", "5 s each for 1 file,", "quality = 1080p raises the price.",
        "An attempt succeeds if a 2xx response arrives within 10 s.",
    ):  # fmt: skip
        assert text in page.text or escape(text) in text_of_models
    for model, schema in packaged_contract().models.items():
        assert f'href="{schema["externalDocs"]["url"]}"' in pages[model]
