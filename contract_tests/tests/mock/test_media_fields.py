"""The mock with `check_media` and files in every form of field, on both sides of each limit."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from contract_suite.core.samples import archive, image, mp3, video
from evolink_mock import MockServer
from evolink_mock.contract.compiled_contract import Model
from evolink_mock.http.fetching import Fetcher
from evolink_mock.media import inspection
from evolink_mock.media.decoding import Properties, read_limited
from evolink_mock.media.inspection import inspect_files
from tests.media_fields import IN_THE_REQUEST, LIMITS, LISTS, NAMES, SUMS, Make, forms, in_every_form, model_schema

MODEL = "made-up-media"
INVALID = "invalid_parameters"


class Files:
    """Files behind URLs that no other machine is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()

    def put(self, content: bytes, suffix: str = "bin") -> str:
        name = f"{next(self._numbers)}.{suffix}"
        (self._folder / name).write_bytes(content)
        return f"https://files.invalid/{name}"

    def inspect(self, properties: dict[str, Any], request: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
        """Return the error code and the field of each rule that the files of a request break."""
        return [(code, message.partition(":")[0]) for code, message in self.messages(properties, request, **more)]

    def messages(self, properties: dict[str, Any], request: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
        schemas = {MODEL: model_schema(MODEL, properties, **more), "MediaUrl": {"type": "string"}}
        model = Model(MODEL, f"#/components/schemas/{MODEL}", schemas)
        fetcher = Fetcher(lambda url: self._folder / url.rpartition("/")[2])
        inspections = asyncio.run(inspect_files(model.sources(request), model, request, fetcher))
        return [(code, message) for each in inspections for code, message in each.violations]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """A folder for files. The same content is read once, because each reading takes a process."""
    known: dict[tuple[bytes, str], Properties] = {}

    def read_once(file: IO[bytes], suffix: str) -> Properties:
        key = file.read(), suffix
        file.seek(0)
        if key not in known:
            known[key] = read_limited(file, suffix)
        return known[key]

    monkeypatch.setattr(inspection, "read_limited", read_once)
    return Files(tmp_path)


@pytest.mark.parametrize(
    ("keyword", "limits", "fitting", "breaking"),
    LIMITS,
    ids=[f"{keyword}-{limits}" for keyword, limits, _, _ in LIMITS],
)
def test_limit_holds_on_both_sides_in_every_form_of_field(
    files: Files, keyword: str, limits: dict[str, Any], fitting: Make, breaking: Make
) -> None:
    properties = forms(limits)
    assert files.inspect(properties, in_every_form(files.put(fitting()))) == []
    found = files.inspect(properties, in_every_form(files.put(breaking())))
    assert [field for _, field in found] == NAMES
    assert {code for code, _ in found} == {code_of(keyword, limits, breaking())}


def code_of(keyword: str, limits: dict[str, Any], content: bytes) -> str:
    """Return the error code for a file that breaks a limit."""
    if keyword == "alpha" or (keyword == "kind" and limits["kind"] == "image"):
        return "image_processing_error"
    is_size = keyword in {"side-pixels", "short-side-pixels", "pixels", "ratio"}
    return "image_dimension_mismatch" if is_size and content.startswith(b"\x89PNG") else INVALID


def test_fields_without_a_file_are_not_inspected(files: Files) -> None:
    assert files.inspect(forms({"kind": "image"}), {"model_params": {"by_name": {}}}) == []
    for file in ("data:image/png;base64,iVBORw0KGgo=", "iVBORw0KGgo="):
        assert files.inspect(IN_THE_REQUEST, {"file_url": file}) == []


@pytest.mark.parametrize("limits", [{}, {"reachable": "viewable-or-downloading"}, {"kind": "image"}])
def test_absent_keys_are_no_limits(files: Files, limits: dict[str, Any]) -> None:
    assert files.inspect(forms(limits), in_every_form(files.put(image("GIF", size=(1, 9))))) == []


def test_lengths_are_added_over_a_field_and_to_another_field(files: Files) -> None:
    two, longer = files.put(video()), files.put(video(seconds=2.1))
    assert files.inspect(LISTS, {"video_urls": [two, two]}) == []
    assert files.messages(LISTS, {"video_urls": [two, longer]}) == [
        (INVALID, "video_urls: must have at most 4 seconds in all; it has 4.1.")
    ]
    assert files.inspect(LISTS, {"video_urls": [two], "duration": 6}, **SUMS) == []
    assert files.messages(LISTS, {"video_urls": [two], "duration": 7}, **SUMS) == [
        (INVALID, "video_urls: Videos and output: at most 8 s. It has 9 seconds.")
    ]


def test_files_that_are_cut_break_no_rule(files: Files) -> None:
    assert files.inspect(LISTS, {"audio_url": files.put(mp3(2)), "duration": 1}, **SUMS) == []


def test_suffix_tells_documents_apart(files: Files) -> None:
    properties = forms({"kind": "document", "formats": ["md", "pages"]})
    for make, suffix, fits in (
        (partial(bytes, b"# A title"), "md", True),
        (partial(bytes, b"# A title"), "txt", False),
        (partial(archive, "Index/Document.iwa"), "pages", True),
        (partial(archive, "Index/Document.iwa"), "numbers", False),
    ):
        assert (files.inspect(properties, {"file_url": files.put(make(), suffix)}) == []) is fits


# --- tasks


@pytest.fixture(scope="module")
def server(contract: dict[str, Any]) -> Iterator[MockServer]:
    """A mock with an invented model that bills its sounds, and whose tasks end at once."""
    document = copy.deepcopy(contract)
    schemas = document["components"]["schemas"]
    rule = {"field": "model_params.by_name", "cap-seconds-by-count": [0.5, 0.25]}
    billing = {"reserved-from": "duration", "settled-on": "produced-seconds", "input": rule}
    schemas[MODEL] = model_schema(
        MODEL, forms({"kind": "audio", "seconds": {"max": 1}}), **{"x-billing": billing, "x-edition": "made up"}
    )
    operation = document["paths"]["/v1/videos/generations"]["post"]
    create = operation["requestBody"]["content"]["application/json"]["schema"]
    create["discriminator"]["mapping"][MODEL] = f"#/components/schemas/{MODEL}"
    create["oneOf"].append({"$ref": f"#/components/schemas/{MODEL}"})
    with MockServer(contract=document, check_media=True, pace="at-once") as started:
        yield started


def run_task(
    server: MockServer, request: Callable[[list[str]], dict[str, Any]], *files: bytes
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Upload files, create a task with their URLs, wait for it, and return it and its bill."""
    headers = {"authorization": f"Bearer {server.api_key}"}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False, timeout=30) as client:
        urls = [
            client.post("/api/v1/files/upload/stream", files={"file": ("a.mp3", content)}).json()["data"]["file_url"]
            for content in files
        ]
        created = client.post("/v1/videos/generations", json={"model": MODEL, **request(urls)}).json()
        while (task := client.get(f"/v1/tasks/{created['id']}").json())["status"] in {"pending", "processing"}:
            pass
        return task, client.get(f"/_mock/billing/{created['id']}").json()


def test_task_fails_for_a_file_in_any_form_of_field_and_names_it(server: MockServer) -> None:
    task, bill = run_task(
        server, lambda urls: {"file_url": urls[0], "model_params": {"by_name": {"image1": urls[1]}}}, mp3(1), mp3(1.1)
    )
    assert (task["status"], task["error"]["code"]) == ("failed", INVALID)
    assert task["error"]["message"] == (
        "model_params.by_name.image1: must be at most 1 seconds long; it is 1.1 seconds long."
    )
    assert bill["settled"]["credits"] == 0


def test_task_is_charged_by_the_lengths_of_the_billed_field_alone(server: MockServer) -> None:
    task, bill = run_task(
        server,
        lambda urls: {"file_url": urls[0], "model_params": {"by_name": {"a": urls[0], "b": urls[1]}}},
        mp3(1),
        mp3(0.2),
    )
    assert task["status"] == "completed"
    assert bill["settled"]["input_seconds"] == 0.45


def test_task_without_files_completes(server: MockServer) -> None:
    task, bill = run_task(server, lambda _: {})
    assert (task["status"], bill["settled"]["input_seconds"]) == ("completed", 0)
