"""File rules: held against the contract and against the SDK's own comparison, for each property and for sums."""

from __future__ import annotations

from typing import Any

import pytest

from contract_suite.checks.kinds.file import FileKind
from contract_suite.checks.sdk import Sdk
from contract_suite.rules.kinds import FileCase, FileEffect, FileRule
from evolink._contract import packaged_contract
from tests.media_fields import LISTS, SUMS, forms, model_schema

MODEL = "made-up-file-rules"
EFFECTS: tuple[FileEffect, ...] = ("accepted", "rejected", "cut")
URL = "https://media.invalid/1"
LIMITS = {
    "kind": "video", "formats": ["mp4"], "max-bytes": 9, "side-pixels": {"max": 90}, "short-side-pixels": {"min": 20},
    "pixels": {"max": 3000}, "ratio": {"max": 2}, "fps": {"min": 24}, "seconds": {"max": 9}, "max-pages": 3,
}  # fmt: skip
BEYOND: list[dict[str, Any]] = [
    {"kind": "image"}, {"format": "mov"}, {"bytes": 10}, {"width": 91}, {"width": 19, "height": 20},
    {"width": 60, "height": 51}, {"width": 50, "height": 24}, {"fps": 23.976}, {"seconds": 9.1}, {"pages": 4},
]  # fmt: skip
WITHIN: dict[str, Any] = {
    "kind": "video",
    "format": "mp4",
    "bytes": 9,
    "width": 60,
    "height": 50,
    "fps": 24,
    "seconds": 9,
    "pages": 3,
}


@pytest.fixture
def differences(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Returns the differences of the SDK from a case, for a model with these properties."""
    contract = packaged_contract()

    def find(case: FileCase, properties: dict[str, Any], **more: Any) -> tuple[str, ...]:
        operation = contract.operations["create_video_generation"]
        create = contract.document["paths"][operation.path][operation.method.lower()]
        mapping = create["requestBody"]["content"]["application/json"]["schema"]["discriminator"]["mapping"]
        schema = model_schema(MODEL, properties, **more)
        monkeypatch.setitem(mapping, MODEL, f"#/components/schemas/{MODEL}")
        monkeypatch.setitem(contract.schemas, MODEL, schema)
        monkeypatch.setitem(contract.models, MODEL, schema)
        common: dict[str, Any] = {"id": "a", "statement": "a", "page": "", "edition": "", "source": "", "status": ""}
        names = FileRule.__dataclass_fields__
        rule = FileRule(
            **{name: common.get(name, "") for name in names if name not in {"fields", "subject", "cases"}},
            fields=tuple(case.files), subject=MODEL, cases=(case,),
        )  # fmt: skip
        return FileKind().check_sdk(rule, Sdk()).differences

    return find


@pytest.mark.parametrize("properties", [WITHIN, *BEYOND], ids=str)
@pytest.mark.parametrize("field", ["file_url", "model_params.by_name"])
def test_sdk_is_held_against_each_property_of_a_file(differences: Any, properties: dict[str, Any], field: str) -> None:
    nested = {"model": MODEL, "file_url": URL, "model_params": {"by_name": {"image1": URL}}}
    right = "accepted" if properties == WITHIN else "rejected"
    for effect in EFFECTS[:2]:
        case = FileCase({field: (properties,)}, nested, effect)
        assert (differences(case, forms(LIMITS)) == ()) is (effect == right)


def test_negative_duration_stands_for_a_length_that_is_not_known(differences: Any) -> None:
    request = {"model": MODEL, "duration": -1, "video_urls": [URL], "audio_url": URL}
    plus = {"fields": ["video_urls"], "plus": "duration", "max-seconds": 3, "description": "Together at most 3 s."}
    up_to = {"fields": ["audio_url"], "max-seconds": {"field": "duration"}, "description": "At most the duration."}
    cases: list[tuple[dict[str, tuple[dict[str, Any], ...]], FileEffect]] = [
        ({"video_urls": ({"seconds": 3},), "audio_url": ({"seconds": 9},)}, "accepted"),
        ({"video_urls": ({"seconds": 3.5},)}, "rejected"),
    ]
    for files, right in cases:
        for effect in EFFECTS[:2]:
            found = differences(FileCase(files, request, effect), LISTS, **{"x-file-limits": [plus, up_to]})
            assert (found == ()) is (effect == right)


def test_sdk_is_held_against_sums_of_lengths(differences: Any) -> None:
    request = {"model": MODEL, "duration": 6, "video_urls": [URL, URL], "audio_url": URL}
    cases: list[tuple[dict[str, tuple[dict[str, Any], ...]], FileEffect]] = [
        ({"video_urls": ({"seconds": 1}, {"seconds": 1})}, "accepted"),
        ({"video_urls": ({"seconds": 1}, {"seconds": 1.1})}, "rejected"),
        ({"audio_url": ({"seconds": 7},)}, "cut"),
    ]
    for files, right in cases:
        for effect in EFFECTS:
            found = differences(FileCase(files, request, effect), LISTS, **SUMS)
            assert (found == ()) is (effect == right)
