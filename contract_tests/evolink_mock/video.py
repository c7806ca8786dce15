"""The videos behind result links: real MP4 files that show a moving test picture."""

from __future__ import annotations

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.video.frame import VideoFrame

# Pixels by quality and ratio, as the documentation of the next model generation gives them.
SIZES = {
    "720p": {"16:9": (1280, 720), "9:16": (720, 1280), "1:1": (960, 960), "4:3": (1104, 832), "3:4": (832, 1104)},
    "1080p": {
        "16:9": (1920, 1080),
        "9:16": (1080, 1920),
        "1:1": (1440, 1440),
        "4:3": (1648, 1248),
        "3:4": (1248, 1648),
    },
}
FRAMES_PER_SECOND = 30
SAMPLES_PER_SECOND = 44_100
MAX_FILES = 32


class Video(NamedTuple):
    """What a task produces: seconds, the documented ratio and quality, and whether there is sound."""

    seconds: int = 5
    aspect_ratio: str = "16:9"
    quality: str = "720p"
    audio: bool = False


class ResultFiles:
    """Renders videos when they are first asked for and keeps the latest of them; for use in one event loop."""

    def __init__(self) -> None:
        self._folder: TemporaryDirectory[str] | None = None
        self._files: OrderedDict[Video, Path] = OrderedDict()
        self._names = itertools.count()
        self._rendering = asyncio.Lock()  # one at a time, so that a burst of downloads leaves the API responsive

    async def path(self, video: Video) -> Path:
        """Return a file that holds `video`."""
        async with self._rendering:
            if video not in self._files:
                self._folder = self._folder or TemporaryDirectory(prefix="evolink-mock-")
                path = Path(self._folder.name) / f"{next(self._names)}.mp4"
                await asyncio.to_thread(render, video, path)
                self._files[video] = path
                if len(self._files) > MAX_FILES:
                    self._files.popitem(last=False)[1].unlink(missing_ok=True)
            self._files.move_to_end(video)
            return self._files[video]

    def close(self) -> None:
        """Remove all files."""
        if self._folder is not None:
            self._folder.cleanup()


def size(video: Video) -> tuple[int, int]:
    """Return the width and height in pixels; for a quality or ratio without known pixels, those of 720p or 16:9."""
    sizes = SIZES.get(video.quality, SIZES["720p"])
    return sizes.get(video.aspect_ratio, sizes["16:9"])


def render(video: Video, path: Path) -> None:
    """Write `video` as an MP4 file (H.264, and AAC if it has sound)."""
    import av  # noqa: PLC0415 - slow to import, and most runs render nothing

    width, height = size(video)
    output: Any = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})  # its types need numpy's
    with output as container:
        picture = container.add_stream(
            "libx264", rate=FRAMES_PER_SECOND, options={"preset": "ultrafast", "crf": "35", "g": "300"}
        )
        picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
        sound = container.add_stream("aac", rate=SAMPLES_PER_SECOND) if video.audio else None
        # One second is encoded, and shown again and again: encoding is what takes long.
        packets = [
            packet
            for frame in _frames(
                ("testsrc2", f"size={width}x{height}:rate={FRAMES_PER_SECOND}:duration=1"),
                ("format", "pix_fmts=yuv420p"),
                ("buffersink", ""),
            )
            for packet in picture.encode(frame)
        ]
        packets += picture.encode()
        for number in range(video.seconds * len(packets)):
            first = packets[number % len(packets)]
            packet = av.Packet(bytes(first))
            packet.stream, packet.time_base, packet.is_keyframe = picture, first.time_base, first.is_keyframe
            packet.pts = packet.dts = number
            container.mux(packet)
        if sound is not None:
            for frame in _frames(
                ("sine", f"frequency=440:sample_rate={SAMPLES_PER_SECOND}:duration={video.seconds}"),
                ("aformat", "sample_fmts=fltp:channel_layouts=stereo"),
                ("abuffersink", ""),
            ):
                container.mux(sound.encode(frame))
            container.mux(sound.encode())


def _frames(*filters: tuple[str, str]) -> Iterator[VideoFrame | AudioFrame]:
    """Yield what comes out of a chain of filters, each given as its name and arguments."""
    from av.error import EOFError as EndOfFrames  # noqa: PLC0415 - as above
    from av.filter import Graph  # noqa: PLC0415

    graph = Graph()
    chain = [graph.add(name, arguments or None) for name, arguments in filters]
    for first, second in pairwise(chain):
        first.link_to(second)
    graph.configure()
    while True:
        try:
            yield graph.pull()
        except EndOfFrames:
            return
