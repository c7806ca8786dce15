"""Generated images, videos and sounds for tests of file checks."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import av
from PIL import Image


@cache
def image(form: str, mode: str = "RGB", size: tuple[int, int] = (400, 400), **options: Any) -> bytes:
    """Make a black image."""
    content = io.BytesIO()
    Image.new(mode, size).save(content, form, **options)
    return content.getvalue()


@cache
def video(form: str = "mp4", seconds: float = 2, codec: str = "mpeg4") -> bytes:
    """Make a small video of ten frames a second."""
    content = io.BytesIO()
    output: Any = av.open(content, "w", format=form)  # Any, because its types need numpy's
    with output as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(round(seconds * 10)):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return content.getvalue()


@cache
def sound(form: str = "mp4") -> bytes:
    """Make a short silent sound file."""
    content = io.BytesIO()
    output: Any = av.open(content, "w", format=form)
    with output as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame("fltp", "mono", 1024)
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        frame.sample_rate, frame.pts = 8000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return content.getvalue()
