"""The media readers of the SDK and of the mock, which agree on every file: valid, unfit, odd or damaged."""

from __future__ import annotations

import asyncio
import base64
import io
import itertools
import random
import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import Any

import av
import pytest
from av.stream import Disposition

from contract_suite.core.samples import archive, compound, image, mp3, pdf, sound, video, wav
from evolink import EvoLink, TaskFailed, media
from evolink_mock import MockServer
from evolink_mock.domain.file_store import FileStore, Upload
from evolink_mock.http.fetching import Fetcher
from evolink_mock.media import decoding
from evolink_mock.media.inspection import inspect_file

Limits = dict[str, Any]
Make = Callable[[], bytes]

# The error codes with which a task in the mock fails for the rules that the SDK names.
CODES = {
    "alpha": "image_processing_error",
    "side-pixels": "image_dimension_mismatch",
    "formats": "invalid_parameters",
    "seconds": "invalid_parameters",
}
DAMAGED = {"image": "image_processing_error"}
OTHERS: dict[str, Limits] = {
    "audio": {"kind": "audio", "formats": ["mp3", "wav", "m4a", "flac"], "seconds": {"min": 0.5}},
    "document": {"kind": "document", "formats": ["pdf", "docx", "xls", "key", "txt"], "max-pages": 2},
}


# --- files


def segment(marker: int, content: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg(*segments: bytes) -> bytes:
    """Return a JPEG with these segments before its own."""
    return image("JPEG")[:2] + b"".join(segments) + image("JPEG")[2:]


def chunk(kind: bytes, content: bytes, crc: bytes | None = None) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + (crc or struct.pack(">I", zlib.crc32(kind + content)))


def png(*chunks: bytes) -> bytes:
    """Return a PNG with these chunks after its header."""
    return image("PNG")[:33] + b"".join(chunks) + image("PNG")[33:]


def bitmap(bits: int, compression: int = 0, masks: tuple[int, ...] = (), *, high: int = 400, header: int = 40) -> bytes:
    """Return a black BMP, 400 pixels wide."""
    pixels = bytes(400 * (bits * 400 // 32 * 4 + (0 if bits > 1 else 4)))
    head = struct.pack("<IiiHHIIiiII", header, 400, high, 1, bits, compression, len(pixels), 0, 0, 0, 0)
    head = (head + struct.pack(f"<{len(masks)}I", *masks)).ljust(header, b"\0")
    head += bytes(4 << bits if bits <= 8 else 0)
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + len(pixels), 0, 0, 14 + len(head)) + head + pixels


@cache
def clip(form: str = "mov", codec: str = "mpeg4", size: tuple[int, int] = (64, 48), frames: int = 2) -> bytes:
    """Return a video that shows each frame for a second."""
    content = io.BytesIO()
    output: Any = av.open(content, "w", format=form)  # its types need numpy's
    with output as container:
        stream = container.add_stream(codec, rate=1)
        pixels = {"mjpeg": "yuvj420p", "png": "rgb24", "prores_ks": "yuv422p10le"}.get(codec, "yuv420p")
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        frame = av.VideoFrame(*size, pixels)
        for number in range(frames):
            frame.pts, frame.time_base = number, Fraction(1)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return content.getvalue()


@cache
def album(form: str = "mp4", seconds: int = 3, disposition: Disposition = Disposition.attached_pic) -> bytes:
    """Return a sound file with a cover picture."""
    content = io.BytesIO()
    output: Any = av.open(content, "w", format=form)
    with output as container:
        audio, cover = container.add_stream("aac", rate=8000), container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt, cover.disposition = 400, 400, "yuvj420p", disposition
        for number in range(seconds * 8):
            frame = av.AudioFrame("fltp", "mono", 1024)
            frame.planes[0].update(bytes(frame.planes[0].buffer_size))
            frame.sample_rate, frame.pts = 8000, number * 1024
            container.mux(audio.encode(frame))
        container.mux(audio.encode())
        picture = av.VideoFrame(400, 400, "yuvj420p")
        picture.pts, picture.time_base = 0, Fraction(1)
        container.mux(cover.encode(picture))
        container.mux(cover.encode())
    return content.getvalue()


def still_as_video() -> bytes:
    """Return a still picture whose brand says that it is an MP4."""
    picture = image("AVIF")
    return picture[:8] + b"mp42" + picture[12:]


def cut(make: Make, part: float) -> bytes:
    return make()[: round(len(make()) * part)]


PASSING: dict[str, dict[str, Make]] = {
    "image": {
        "jpeg with scan marks in a comment": lambda: jpeg(segment(0xFE, b"\xff\xda" * 30_000)),
        "jpeg with scan marks behind it": lambda: image("JPEG") + b"\xff\xda" * 300,
        "motion photo": lambda: image("JPEG") + video(),
        "jpeg with a thumbnail": lambda: jpeg(segment(0xE1, b"Exif\0\0" + image("JPEG", size=(40, 40)))),
        "jpeg with many fill bytes": lambda: image("JPEG")[:2] + b"\xff" * 99 + image("JPEG")[2:],
        "jpeg with a damaged index of pictures": lambda: jpeg(segment(0xE2, b"MPF\0II*\0" + b"\x99" * 40)),
        "jpeg with damaged application data": lambda: jpeg(segment(0xEE, b"Adobe"), segment(0xE0, b"JFIF")),
        "progressive jpeg": partial(image, "JPEG", progressive=True),
        "cmyk jpeg": partial(image, "JPEG", "CMYK"),
        "png with a long packed text": lambda: png(chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2_000_000)))),
        "png with a long packed profile": lambda: png(chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(2_000_000)))),
        "png with a damaged text": lambda: png(chunk(b"tEXt", b"a\0b", crc=b"abcd")),
        "png with empty chunks": lambda: png(*(chunk(kind, b"") for kind in (b"tEXt", b"pHYs", b"gAMA", b"tRNS"))),
        "png without its end": lambda: image("PNG")[:-12],
        "png with bytes behind it": lambda: image("PNG") + b"\xff\xda" * 300,
        "16-bit png": partial(image, "PNG", "I;16"),
        "bmp from the top": lambda: bitmap(24, high=-400),
        "bmp with masks": lambda: bitmap(16, 3, (0xF800, 0x7E0, 0x1F)),
        "bmp with alpha": lambda: bitmap(32, 3, (0xFF0000, 0xFF00, 0xFF, 0xFF000000), header=124),
        "bmp with a palette": lambda: bitmap(8),
        "webp with a colour profile": partial(image, "WEBP", icc_profile=b"x"),
    },
    "audio": {
        "mp3": mp3,
        "mp3 without tags": partial(mp3, id3v2_version="0", write_xing="0"),
        "mp3 with bytes before its first frame": lambda: mp3()[:45] + bytes(99) + mp3()[45:],
        "cut mp3": partial(cut, mp3, 0.6),
        "wav": wav,
        "wav of floats": partial(wav, codec="pcm_f32le", samples="flt"),
        "cut wav": partial(cut, wav, 0.6),
        "m4a": partial(sound, "ipod", 1),
        "sound with a cover": album,
        "flac": partial(sound, "flac", 1, "flac", "s16"),
    },
    "document": {
        "pdf": partial(pdf, 2),
        "docx": partial(archive, "[Content_Types].xml", "word/document.xml"),
        "xls": partial(compound, "Root Entry", "a", "b", "c", "Workbook"),
        "key": partial(archive, "Index/Document.iwa", "Index/Slide.iwa"),
        "pages or numbers": partial(archive, "Index/Document.iwa"),
        "text": lambda: b"BM, the free world",
    },
    "video": {
        "8192 pixels wide": partial(clip, codec="mjpeg", size=(8192, 96)),
        "apple prores": partial(clip, codec="prores_ks"),
        "pictures in png": partial(clip, codec="png"),
        "mp4 behind other boxes": lambda: b"\0\0\0\x08free\0\0\0\x18uuid" + bytes(16) + video(),
        "mp4 that begins with a user box": lambda: b"\0\0\0\x18uuid" + bytes(16) + video(),
        "mp4 with bytes behind it": lambda: video() + b"\xff\xda" * 300,
        "mp4 with a damaged first frame": lambda: video()[:48] + b"\0" * 40 + video()[88:],
    },
}  # fmt: skip

REFUSED: dict[str, dict[str, tuple[str, Make]]] = {
    "audio": {
        "tag only": ("kind", lambda: b"ID3\4\0" + bytes(99)),
        "ogg": ("kind", lambda: b"OggS" + bytes(99)),
        "short": ("seconds", partial(mp3, 0.4)),
        "video": ("kind", video),
        "aac": ("formats", partial(sound, "adts", 1)),
    },
    "document": {
        "other archive": ("kind", partial(archive, "a.txt")),
        "other compound file": ("kind", partial(compound, "Root Entry")),
        "damaged archive": ("kind", lambda: b"PK\3\4" + bytes(99)),
        "long": ("max-pages", partial(pdf, 3)),
        "rich text": ("formats", lambda: b"{\\rtf1 text}"),
        "picture": ("kind", partial(image, "PNG")),
    },
    "image": {
        "cut jpeg": ("kind", partial(cut, partial(image, "JPEG", size=(800, 800)), 0.5)),
        "cut bmp": ("kind", partial(cut, partial(image, "BMP"), 0.9)),
        "text like a bmp": ("kind", lambda: b"BM and a text " * 9),
        "gif": ("formats", partial(image, "GIF")),
        "png with alpha": ("alpha", partial(image, "PNG", "LA")),
        "png with a transparent colour": ("alpha", partial(image, "PNG", "P", transparency=0)),
        "huge png": ("side-pixels", partial(image, "PNG", "1", (9000, 9000))),
        "page": ("reachable", lambda: b"\n<!doctype html><p>"),
        "sound": ("kind", sound),
        "nothing": ("kind", bytes),
    },
    "video": {
        "sound with a cover": ("kind", album),
        "sound with a cover that is not called one": ("kind", partial(album, disposition=Disposition.default)),
        "sound with a cover in matroska": ("kind", partial(album, "matroska", disposition=Disposition.default)),
        "one frame": ("kind", partial(clip, frames=1)),
        "still picture with the brand of an mp4": ("kind", still_as_video),
        "sound in m4a": ("kind", partial(sound, "ipod")),
        "sound in avi": ("kind", partial(sound, "avi")),
        "wav": ("kind", lambda: b"RIFF....WAVEfmt "),
        "ogg": ("kind", lambda: b"OggS" + bytes(99)),
        "cut video": ("kind", partial(cut, video, 0.5)),
        "webm": ("formats", partial(video, "webm", codec="libvpx")),
        "short video": ("seconds", partial(video, seconds=1.5)),
        "picture": ("kind", partial(image, "PNG")),
    },
}  # fmt: skip


# --- both readers


class Readers:
    """The two readers.

    Args:
        folder: an empty folder for the files.
        limits: the `x-media` for each kind of file.
    """

    def __init__(self, folder: Path, limits: dict[str, Limits]) -> None:
        self._folder, self.limits = folder, limits
        self._numbers = itertools.count()

    def rules(self, kind: str, content: bytes) -> list[str]:
        """Return the rules that a file breaks, after a comparison of everything that both readers find out about it."""
        path = self._folder / f"{next(self._numbers)}"
        path.write_bytes(content)
        properties = media.probe(path)
        rules = [violation.keyword for violation in media.violations(properties, self.limits[kind], "f")]
        inspection = asyncio.run(inspect_file("here", self.limits[kind], "f", Fetcher(lambda _: path)))
        codes = [violation.code for violation in inspection.violations]
        assert codes == [CODES.get(rule, DAMAGED.get(kind, "invalid_parameters")) for rule in rules], properties
        try:
            with path.open("rb") as file:
                read = decoding.read_properties(file, path.suffix.removeprefix("."))
        except decoding.UndecodableError:
            assert properties.problem
        else:
            size = (properties.width, properties.height) if properties.width and properties.height else None
            form = decoding.Format(str(properties.kind), properties.format or "")
            assert read == decoding.Properties(
                form, size, properties.alpha, properties.seconds, properties.fps, properties.pages
            )
            assert not properties.problem
        return rules


@pytest.fixture
def readers(tmp_path: Path, contract: dict[str, Any]) -> Readers:
    properties = [schema.get("properties", {}) for schema in contract["components"]["schemas"].values()]
    limits = [node["x-media"] for each in properties if "model" in each for node in each.values() if "x-media" in node]
    return Readers(tmp_path, {**{each["kind"]: each for each in reversed(limits)}, **OTHERS})


def flat(groups: dict[str, dict[str, Any]]) -> list[Any]:
    return [pytest.param(kind, value, id=name) for kind, group in groups.items() for name, value in group.items()]


@pytest.mark.parametrize(("kind", "make"), flat(PASSING))
def test_file_that_players_and_browsers_open_passes(readers: Readers, kind: str, make: Make) -> None:
    assert readers.rules(kind, make()) == []


@pytest.mark.parametrize(("kind", "case"), flat(REFUSED))
def test_file_that_breaks_a_rule_or_shows_nothing_is_refused(
    readers: Readers, kind: str, case: tuple[str, Make]
) -> None:
    rule, make = case
    assert readers.rules(kind, make()) == [rule]


def mutate(content: bytes, rng: random.Random) -> bytes:
    """Change, remove or add a few bytes, most of them near the beginning."""
    mutant = bytearray(content or b"x")
    for _ in range(rng.choice((1, 1, 2, 4))):
        place = rng.randrange(min(len(mutant), rng.choice((64, 400, 4000, 500_000))))
        match rng.randrange(4):
            case 0:
                mutant[place : place + rng.choice((1, 4))] = rng.randbytes(rng.choice((1, 4)))
            case 1:
                del mutant[place : place + rng.choice((1, 4, 40))]
            case 2:
                mutant[place:place] = rng.randbytes(rng.choice((1, 4, 40)))
            case _:
                del mutant[len(mutant) - rng.randrange(len(mutant)) :]
        mutant = mutant or bytearray(b"x")
    return bytes(mutant)


def test_readers_agree_on_every_damaged_file(readers: Readers) -> None:
    rng = random.Random(16)
    seeds = [make() for group in PASSING.values() for make in group.values()]
    seeds += [make() for group in REFUSED.values() for _, make in group.values()]
    seeds = [seed for seed in seeds if len(seed) < 500_000]
    for _ in range(100):
        content = mutate(rng.choice(seeds), rng)
        for kind in rng.sample(list(readers.limits), 2):
            readers.rules(kind, content)


# --- what hangs on the readers


@pytest.mark.parametrize(
    ("make", "media_type"),
    [(partial(image, "BMP"), "image/bmp"), (partial(video, "mov"), "video/quicktime"), (lambda: b"fLaC", "audio/flac")],
)
def test_upload_without_a_name_has_the_type_of_its_first_bytes(make: Make, media_type: str) -> None:
    files = FileStore(10**9, ["image", "audio", "video"], random.Random(1))
    upload = Upload(io.BytesIO(make()), "picture", "", "", "application/octet-stream")
    assert asyncio.run(files.add(upload, 0)).media_type == media_type
    files.close()


def test_task_with_a_sound_with_a_cover_fails_and_costs_nothing(reference_request: dict[str, Any]) -> None:
    with MockServer(check_media=True, pace="at-once") as server, EvoLink(server.api_key, base_url=server.url) as api:
        url = api.upload("data:video/mp4;base64," + base64.b64encode(album()).decode()).file_url
        task = api.submit({**reference_request, "video_urls": [url]})
        with pytest.raises(TaskFailed, match="it is a sound file"):
            api.wait(task)
        assert server.state["accounts"][0]["used"] == 0
