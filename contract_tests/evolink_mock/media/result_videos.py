"""The videos behind result links: real MP4 files, made from what the request named, or else from its words."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, NamedTuple

from evolink_mock.http.fetching import Fetcher, OversizeError, UnreachableError
from evolink_mock.media import video_encoder
from evolink_mock.media.decoding import (
    DECODED_IMAGES,
    DECODED_VIDEOS,
    UndecodableError,
    format_of,
    opened_video,
    picture,
)
from evolink_mock.media.title_card import card

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from PIL.Image import Image

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
MAX_FILES = 32
# What a video may be made from, how long it may take to get, and how many URLs are remembered to be of no use. Ours.
MAX_SOURCE_BYTES = 100 * 1024**2
SOURCE_SECONDS = 5.0
MAX_USELESS = 1000


class Video(NamedTuple):
    """What a task produces.

    Attributes:
        seconds: its length.
        aspect_ratio: as documented; None where the model has none, so that it is that of what the video is made from.
        quality: as documented.
        audio: whether there is sound.
        model: the id of the model.
        prompt: the prompt, or its beginning.
        image: the URL of the image that the video is made from.
        footage: where there is no image, the URL of the video that it is made from.
    """

    seconds: int = 5
    aspect_ratio: str | None = "16:9"
    quality: str = "720p"
    audio: bool = False
    model: str = ""
    prompt: str = ""
    image: str | None = None
    footage: str | None = None


class ForgottenError(Exception):
    """A video is no longer there to be had."""


class ResultFiles:
    """Renders videos when they are first asked for and keeps the latest of them; for use in one event loop.

    Args:
        fetcher: opens what videos are made from.
        source_seconds: how long that may take, and how long decoding it may take besides.
    """

    def __init__(self, fetcher: Fetcher, *, source_seconds: float = SOURCE_SECONDS) -> None:
        self._fetcher = fetcher
        self._source_seconds = source_seconds
        self._folder: TemporaryDirectory[str] | None = None
        self._closed = False
        self._files: OrderedDict[Video, Path] = OrderedDict()
        self._making: dict[Video, asyncio.Task[Path]] = {}
        self._useless: OrderedDict[str, None] = OrderedDict()
        self._names = itertools.count()
        self._rendering = asyncio.Lock()  # one at a time, so that a burst of downloads leaves the API responsive

    async def path(self, video: Video) -> Path:
        """Return a file that holds `video`.

        Raises:
            ForgottenError: the files were removed.
        """
        if self._closed:
            raise ForgottenError
        if video in self._files:
            self._files.move_to_end(video)
            return self._files[video]
        if video not in self._making:
            making = asyncio.get_running_loop().create_task(self._make(video))
            self._making[video] = making
            making.add_done_callback(lambda _: self._making.pop(video))
        making = self._making[video]
        await asyncio.wait([making])  # so that whoever asks no longer does not end what others wait for
        if making.cancelled():
            raise ForgottenError
        return making.result()

    def close(self) -> None:
        """Remove all files, and make no more."""
        self._closed = True
        for making in self._making.values():
            making.cancel()
        if self._folder is not None:
            self._folder.cleanup()

    async def _make(self, video: Video) -> Path:
        url = video.image or video.footage
        if url is not None and url not in self._useless:
            try:
                async with self._fetcher.opened(url, MAX_SOURCE_BYTES, self._source_seconds) as source:
                    return await self._render(video, source)
            except (UnreachableError, OversizeError, UndecodableError):
                self._useless[url] = None
                if len(self._useless) > MAX_USELESS:
                    self._useless.popitem(last=False)
        return await self._render(video, None)

    async def _render(self, video: Video, source: IO[bytes] | None) -> Path:
        async with self._rendering:
            self._folder = self._folder or TemporaryDirectory(prefix="evolink-mock-", ignore_cleanup_errors=True)
            path = Path(self._folder.name) / f"{next(self._names)}.mp4"
            part = path.with_suffix(".part")
            await asyncio.to_thread(render, video, source, part, time.monotonic() + self._source_seconds)
            self._files[video] = part.rename(path)
            if len(self._files) > MAX_FILES:
                self._files.popitem(last=False)[1].unlink(missing_ok=True)
            return path


def size(video: Video, shape: tuple[int, int] = (16, 9)) -> tuple[int, int]:
    """Return the width and height in pixels.

    For a quality or ratio without known pixels, those of 720p or 16:9; for no ratio, those nearest to `shape`, which is
    the width and height of what the video is made from.
    """
    sizes = SIZES.get(video.quality, SIZES["720p"])
    if video.aspect_ratio is None:
        return min(sizes.values(), key=lambda known: abs(math.log(known[0] * shape[1] / known[1] / shape[0])))
    return sizes.get(video.aspect_ratio, sizes["16:9"])


def render(video: Video, source: IO[bytes] | None, path: Path, deadline: float) -> None:
    """Write `video`, made from an image or a video or, without one, from its words.

    Args:
        video: what is asked for.
        source: holds the image or the video.
        path: where to write an MP4 file.
        deadline: what the monotonic clock will be when nothing more of the source is decoded.

    Raises:
        UndecodableError: the source is damaged, or neither an image nor a video.
    """
    name = None if source is None else format_of(source).name
    if source is None:
        _write(video, video_encoder.still(_card(video), video.seconds), size(video), path)
    elif name in DECODED_IMAGES:
        whole = picture(source, name, max(size(video)))
        dimensions = size(video, whole.size)
        _write(video, video_encoder.still(_covering(whole, dimensions), video.seconds), dimensions, path)
    elif name in DECODED_VIDEOS:
        with opened_video(source, name, deadline) as footage:
            first = next(footage.frames, None)
            if first is None:
                raise UndecodableError(f"a {name} without pictures")
            dimensions = size(video, video_encoder.upright(first))
            frames = itertools.chain([first], footage.frames)
            _write(video, video_encoder.clip(frames, dimensions, video.seconds), dimensions, path)
    else:
        raise UndecodableError(f"a {name}")


def _write(video: Video, frames: Iterator[VideoFrame], dimensions: tuple[int, int], path: Path) -> None:
    video_encoder.write(frames, dimensions, video.seconds, path, sound=video.audio)


def _covering(image: Image, dimensions: tuple[int, int]) -> Image:
    from PIL import ImageOps  # noqa: PLC0415 - slow to import, and most runs render nothing

    return ImageOps.fit(image, dimensions)


def _card(video: Video) -> Image:
    sound = "with sound" if video.audio else "silent"
    settings = (f"{video.seconds} s", video.aspect_ratio or "16:9", video.quality, sound)
    return card(size(video), video.model, video.prompt, "   ·   ".join(settings))
