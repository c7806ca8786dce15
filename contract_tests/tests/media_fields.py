"""An invented model with files in every form of field, and files on both sides of each limit."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from typing import Any

from contract_suite.core.samples import image, mp3, pdf, sound, video, wav

Make = Callable[[], bytes]

URL = {"$ref": "#/components/schemas/MediaUrl"}


def model_schema(name: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the schema of a model with these properties and further keys."""
    return {
        "type": "object",
        "required": ["model"],
        "properties": {"model": {"const": name}, "duration": {"type": "integer", "default": 5}, **properties},
        "x-billing": {"reserved-from": "duration", "settled-on": "produced-seconds"},
        **more,
    }


def forms(limits: dict[str, Any]) -> dict[str, Any]:
    """Return properties of every form that hold files with these limits."""
    return {
        "file_urls": {"type": "array", "maxItems": 3, "items": URL, "x-media": limits},
        "file_url": {**URL, "x-media": limits},
        "model_params": {
            "type": "object",
            "properties": {
                "file_url": {"anyOf": [URL], "x-media": limits},
                "by_name": {"type": "object", "additionalProperties": URL, "x-media": limits},
                "scenes": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"url": {**URL, "x-media": limits}}},
                },
            },
        },
    }


def in_every_form(source: str) -> dict[str, Any]:
    """Return the fields of a request that name a file in every form of field."""
    nested = {"file_url": source, "by_name": {"image1": source}, "scenes": [{"url": source}]}
    return {"file_urls": [source], "file_url": source, "model_params": nested}


NAMES = [
    "file_urls[0]",
    "file_url",
    "model_params.file_url",
    "model_params.by_name.image1",
    "model_params.scenes[0].url",
]


def extensible() -> bytes:
    """Return a WAV whose format is named by a GUID, as programs for more than two channels write it."""
    guid = struct.pack("<IHH", 1, 0, 16) + bytes.fromhex("800000aa00389b71")
    form = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 8000, 16000, 2, 16, 22, 16, 4) + guid
    data = bytes(16000)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


HEIC = b"\0\0\0\x18ftypheic" + bytes(12)
PNG = partial(image, "PNG")


def _sized(width: int, height: int) -> Make:
    return partial(image, "PNG", size=(width, height))


LIMITS: list[tuple[str, dict[str, Any], Make, Make]] = [
    ("kind", {"kind": "image"}, PNG, partial(wav, 0.1)),
    ("kind", {"kind": "video"}, video, partial(sound, "ipod")),
    ("kind", {"kind": "audio"}, mp3, video),
    ("kind", {"kind": "document"}, partial(pdf, 1), PNG),
    ("kind", {"kind": ["image", "audio"]}, mp3, video),
    ("formats", {"formats": ["jpg"]}, partial(image, "JPEG"), PNG),
    ("formats", {"formats": ["heif"]}, lambda: HEIC, PNG),
    ("formats", {"formats": ["mp3"]}, mp3, wav),
    ("formats", {"formats": ["wav"]}, wav, mp3),
    ("formats", {"formats": ["m4a"]}, partial(sound, "ipod"), mp3),
    ("formats", {"kind": "document", "formats": ["pdf", "docx"]}, partial(pdf, 1), lambda: b"a text"),
    ("max-bytes", {"max-bytes": 1000}, lambda: PNG().ljust(1000, b"\0"), lambda: PNG().ljust(1001, b"\0")),
    ("alpha", {"alpha": False}, PNG, partial(image, "PNG", "RGBA")),
    ("side-pixels", {"side-pixels": {"min": 20, "max": 40}}, _sized(20, 40), _sized(20, 41)),
    ("side-pixels", {"side-pixels": {"min": 20}}, _sized(20, 999), _sized(19, 40)),
    ("side-pixels", {"side-pixels": {"max": 64}}, video, partial(video, size=(66, 48))),
    ("short-side-pixels", {"short-side-pixels": {"min": 20}}, _sized(90, 20), _sized(90, 19)),
    ("short-side-pixels", {"short-side-pixels": {"max": 48}}, video, partial(video, size=(64, 50))),
    ("pixels", {"pixels": {"min": 600, "max": 900}}, _sized(30, 20), _sized(599, 1)),
    ("pixels", {"pixels": {"max": 3072}}, video, partial(video, size=(64, 50))),
    ("ratio", {"ratio": {"min": 0.4, "max": 2.5}}, _sized(40, 100), _sized(399, 1000)),
    ("ratio", {"ratio": {"min": 0.125, "max": 8}}, _sized(80, 10), _sized(801, 100)),
    ("fps", {"fps": {"min": 8, "max": 12}}, partial(video, fps=8), partial(video, fps=7)),
    ("fps", {"fps": {"over": 7}}, partial(video, fps=8), partial(video, fps=7)),
    ("fps", {"fps": {"max": 12}}, partial(video, fps=12), partial(video, fps=13)),
    ("seconds", {"seconds": {"min": 2, "max": 3}}, video, partial(video, seconds=1.9)),
    ("seconds", {"seconds": {"max": 1}}, mp3, partial(mp3, 1.1)),
    ("seconds", {"seconds": {"min": 1}}, wav, partial(wav, 0.999)),
    ("seconds", {"seconds": {"min": 1, "max": 2}}, extensible, partial(wav, 2.001)),
    ("max-pages", {"max-pages": 2}, partial(pdf, 2), partial(pdf, 3)),
]  # fmt: skip
"""The keyword of each limit, the `x-media`, and a file within the limit and one beyond it."""

IN_THE_REQUEST: dict[str, Any] = {"file_url": {
    "anyOf": [URL, {"pattern": "^data:"}, {"pattern": "^[A-Za-z0-9+/]+={0,2}$"}], "x-media": {"kind": "image"},
}}  # fmt: skip
"""A property that also takes a file itself, as a data URL or in base64."""

SUMS: dict[str, Any] = {"x-file-limits": [
    {"fields": ["video_urls"], "plus": "duration", "max-seconds": 8, "description": "Videos and output: at most 8 s."},
    {
        "fields": ["audio_url", "video_urls"], "max-seconds": {"field": "duration"}, "effect": "cut",
        "description": "Sounds and videos are used up to the duration.",
    },
]}  # fmt: skip
"""Keys of a model whose videos add to the duration, and whose sounds are cut."""
LISTS = {
    "video_urls": {"type": "array", "items": URL, "x-media": {"kind": "video", "total-seconds": {"max": 4}}},
    "audio_url": {**URL, "x-media": {"kind": "audio"}},
}
"""Properties with sums of lengths."""
