"""Generated images, videos, sounds and documents for tests of file checks."""

from __future__ import annotations

import io
import struct
import zipfile
from fractions import Fraction
from functools import cache
from typing import Any

import av
from PIL import Image

_FRAME = 1024
"""The samples that are encoded at once."""


@cache
def image(form: str, mode: str = "RGB", size: tuple[int, int] = (400, 400), **options: Any) -> bytes:
    """Make a black image."""
    content = io.BytesIO()
    Image.new(mode, size).save(content, form, **options)
    return content.getvalue()


@cache
def video(
    form: str = "mp4", seconds: float = 2, codec: str = "mpeg4", *, fps: int = 10, size: tuple[int, int] = (64, 48)
) -> bytes:
    """Make a small video."""
    content = io.BytesIO()
    output: Any = av.open(content, "w", format=form)  # Any, because its types need numpy's
    with output as container:
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(round(seconds * fps)):
            frame = av.VideoFrame(*size, "yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return content.getvalue()


@cache
def sound(
    form: str = "mp4", seconds: float = 0.128, codec: str = "aac", samples: str = "fltp", **options: str
) -> bytes:
    """Make a silent sound file with 8000 samples a second.

    Args:
        form: the container, as FFmpeg calls it.
        seconds: its length.
        codec: the encoder.
        samples: the format of the samples that the encoder takes.
        options: options of the container, for example `id3v2_version="0"`.
    """
    content = io.BytesIO()
    output: Any = av.open(content, "w", format=form, options=options)
    with output as container:
        stream = container.add_stream(codec, rate=8000, layout="mono")
        total = round(seconds * 8000)
        for start in range(0, total, _FRAME):
            frame = av.AudioFrame(samples, "mono", min(_FRAME, total - start))
            frame.planes[0].update(bytes(frame.planes[0].buffer_size))
            frame.sample_rate, frame.pts, frame.time_base = 8000, start, Fraction(1, 8000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return content.getvalue()


@cache
def mp3(seconds: float = 1, **options: str) -> bytes:
    """Make a silent MP3."""
    return sound("mp3", seconds, "libmp3lame", **options)


@cache
def wav(seconds: float = 1, codec: str = "pcm_s16le", samples: str = "s16") -> bytes:
    """Make a silent WAV."""
    return sound("wav", seconds, codec, samples)


@cache
def pdf(pages: int) -> bytes:
    """Make a PDF of empty pages."""
    content = io.BytesIO()
    first, *others = [Image.new("1", (8, 8)) for _ in range(pages)]
    first.save(content, "PDF", save_all=True, append_images=others)
    return content.getvalue()


@cache
def archive(*names: str) -> bytes:
    """Make a ZIP archive with empty members, as documents of office programs are."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as output:
        for name in names:
            output.writestr(name, b"")
    return content.getvalue()


@cache
def compound(root: str, *names: str, inner: tuple[str, ...] = ()) -> bytes:
    """Make an OLE compound file, as older office documents are.

    Args:
        root: the name of the first entry of its directory.
        names: the entries in the root, each the right sibling of the one before it.
        inner: the entries in a storage in the root.
    """
    none = 0xFFFFFFFF
    entries = [(root, none, 1)]
    entries += [(name, number + 1, none) for number, name in enumerate(names, 1)]
    last = len(entries) - 1
    entries[last] = (*entries[last][:1], last + 1 if inner else none, entries[last][2])
    if inner:
        entries.append(("Objects", none, last + 2))
        entries += [(name, number, none) for number, name in enumerate(inner, last + 3)]
        entries[-1] = (inner[-1], none, none)
    sectors = -(-len(entries) // 4)
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\xff"))
    header[30:32], header[48:52], header[76:80] = struct.pack("<H", 9), struct.pack("<I", 1), bytes(4)
    table = [0xFFFFFFFD, *range(2, sectors + 1), 0xFFFFFFFE]
    content = bytes(header) + struct.pack(f"<{len(table)}I", *table).ljust(512, b"\xff")
    for name, right, child in entries:
        text = name.encode("utf-16-le")
        content += text.ljust(64, b"\0") + struct.pack("<HHIII", len(text) + 2, 0, none, right, child) + bytes(48)
    return content.ljust(512 * (2 + sectors), b"\0")
