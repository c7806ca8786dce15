"""Render and cache result videos: MP4 files made from the image or video that a request names, or a title card."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import evolink_sandbox
from evolink_mock.http.fetching import Fetcher, OversizeError, UnreachableError
from evolink_mock.media import decoding, video_encoder
from evolink_mock.media.decoding import (
    DECODED_IMAGES,
    DECODED_VIDEOS,
    UndecodableError,
    detect_format,
    load_image,
    open_video,
    read_limited,
)
from evolink_mock.media.title_card import draw_title_card
from evolink_sandbox import LimitError, Limits

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from PIL.Image import Image

# Width and height by quality and aspect ratio, from the documentation of the next model generation.
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
# The limits for files from which videos are made, and the number of unusable URLs to remember. All are our choice.
MAX_SOURCE_BYTES = 100 * 1024**2
SOURCE_SECONDS = 5.0
MAX_UNUSABLE_URLS = 1000
RENDER_LIMITS = Limits(60, 30, 1536)


class Video(NamedTuple):
    """The video that a task produces.

    Attributes:
        seconds: its length.
        aspect_ratio: as documented; None for a model without ratios, whose video has the ratio of its source.
        quality: as documented.
        audio: whether the video has audio.
        model: the id of the model.
        prompt: the prompt, or its beginning.
        image: the URL of the source image.
        footage: the URL of the source video, if the request has no image.
    """

    seconds: int = 5
    aspect_ratio: str | None = "16:9"
    quality: str = "720p"
    audio: bool = False
    model: str = ""
    prompt: str = ""
    image: str | None = None
    footage: str | None = None


class ResultsRemovedError(Exception):
    """The result files were removed, because the mock was reset or closed."""


class ResultFiles:
    """Renders videos on first request and caches the latest `MAX_FILES`; for use in one event loop.

    Args:
        fetcher: fetches the images and videos from which results are made.
        source_seconds: the limit for fetching a source, and the same again for decoding it.
    """

    def __init__(self, fetcher: Fetcher, *, source_seconds: float = SOURCE_SECONDS) -> None:
        self._fetcher = fetcher
        self._source_seconds = source_seconds
        self._folder: TemporaryDirectory[str] | None = None
        self._closed = False
        self._files: OrderedDict[Video, Path] = OrderedDict()
        self._jobs: dict[Video, asyncio.Task[Path]] = {}
        self._unusable_urls: OrderedDict[str, None] = OrderedDict()
        self._names = itertools.count()
        self._rendering = asyncio.Lock()  # one video at a time, so that the API stays responsive

    async def path(self, video: Video) -> Path:
        """Return the path of a video, which is rendered if it is not cached.

        Raises:
            ResultsRemovedError: the files were removed.
        """
        if self._closed:
            raise ResultsRemovedError
        if video in self._files:
            self._files.move_to_end(video)
            return self._files[video]
        if video not in self._jobs:
            job = asyncio.get_running_loop().create_task(self._make(video))
            self._jobs[video] = job
            job.add_done_callback(lambda _: self._jobs.pop(video))
        job = self._jobs[video]
        await asyncio.wait([job])  # unlike `await job`: a cancelled caller must not cancel the job of the others
        if job.cancelled():
            raise ResultsRemovedError
        return job.result()

    def close(self) -> None:
        """Remove all files and stop rendering."""
        self._closed = True
        for job in self._jobs.values():
            job.cancel()
        if self._folder is not None:
            self._folder.cleanup()

    async def _make(self, video: Video) -> Path:
        url = video.image or video.footage
        if url is not None and url not in self._unusable_urls:
            try:
                async with self._fetcher.opened(url, MAX_SOURCE_BYTES, self._source_seconds) as source:
                    return await self._render(video, source)
            except (UnreachableError, OversizeError, UndecodableError):
                self._unusable_urls[url] = None
                if len(self._unusable_urls) > MAX_UNUSABLE_URLS:
                    self._unusable_urls.popitem(last=False)
        return await self._render(video, None)

    async def _render(self, video: Video, source: IO[bytes] | None) -> Path:
        async with self._rendering:
            self._folder = self._folder or TemporaryDirectory(prefix="evolink-mock-", ignore_cleanup_errors=True)
            path = Path(self._folder.name) / f"{next(self._names)}.mp4"
            partial = path.with_suffix(".part")
            await asyncio.to_thread(render_limited, video, source, partial, self._source_seconds)
            self._files[video] = partial.rename(path)
            if len(self._files) > MAX_FILES:
                self._files.popitem(last=False)[1].unlink(missing_ok=True)
            return path


def frame_size(video: Video, source_size: tuple[int, int] = (16, 9)) -> tuple[int, int]:
    """Return the width and height of a video in pixels.

    An undocumented quality counts as 720p, an undocumented aspect ratio as 16:9. Without an aspect ratio, the result is
    the size whose ratio is nearest to that of `source_size`.
    """
    sizes = SIZES.get(video.quality, SIZES["720p"])
    if video.aspect_ratio is None:
        width, height = source_size
        return min(sizes.values(), key=lambda size: abs(math.log(size[0] * height / size[1] / width)))
    return sizes.get(video.aspect_ratio, sizes["16:9"])


def render_limited(video: Video, source: IO[bytes] | None, path: Path, seconds: float) -> None:
    """Write a video as an MP4 file; one that is made from a source with limits on memory and time.

    Args:
        video: the video.
        source: the file of the image or video; None for a title card.
        path: the file to write.
        seconds: the limit for decoding the source.

    Raises:
        UndecodableError: the source is damaged, exceeds the limits, or is neither an image nor a video.
    """
    if source is None:
        render(video, None, path, math.inf)
        return
    read_limited(source)
    try:
        arguments = (list(video), str(path), seconds)
        problem = evolink_sandbox.call(_render_here, source, *arguments, imports=("PIL", "av"), limits=RENDER_LIMITS)
    except LimitError as error:
        raise UndecodableError(f"a source that cannot be decoded {error}") from None
    if problem:
        raise UndecodableError(problem)


def _render_here(source: IO[bytes], video: list[Any], path: str, seconds: float) -> str:
    """Write a video in a helper process; returns the problem with its source."""
    try:
        render(Video(*video), source, Path(path), time.monotonic() + seconds)
    except UndecodableError as error:
        return str(error)
    return ""


def render(video: Video, source: IO[bytes] | None, path: Path, deadline: float) -> None:
    """Write a video as an MP4 file, made from an image or another video, or as a title card.

    Args:
        video: the video.
        source: the file of the image or video; None for a title card.
        path: the file to write.
        deadline: the time, as `time.monotonic()` returns it, after which no more of the source is decoded.

    Raises:
        UndecodableError: the source is damaged, or neither an image nor a video.
    """
    name = None if source is None else detect_format(source).name
    if source is None:
        size = frame_size(video)
        frames = video_encoder.frames_of_image(_draw_card(video, size), video.seconds)
        _write(video, frames, size, path)
    elif name in DECODED_IMAGES:
        image = load_image(source, name, max(frame_size(video)))
        size = frame_size(video, image.size)
        _write(video, video_encoder.frames_of_image(_crop(image, size), video.seconds), size, path)
    elif name in DECODED_VIDEOS:
        with open_video(source, name, deadline) as footage:
            if footage.size[0] * footage.size[1] > decoding.MAX_PIXELS:
                raise UndecodableError(f"a {name} with too many pixels")
            first = next(footage.frames, None)
            if first is None:
                raise UndecodableError(f"a file in {name} format without frames")
            size = frame_size(video, video_encoder.upright_size(first))
            frames = itertools.chain([first], footage.frames)
            _write(video, video_encoder.frames_of_footage(frames, size, video.seconds), size, path)
    else:
        raise UndecodableError(f"a {name}")


def _write(video: Video, frames: Iterator[VideoFrame], size: tuple[int, int], path: Path) -> None:
    video_encoder.write_mp4(frames, size, video.seconds, path, audio=video.audio)


def _crop(image: Image, size: tuple[int, int]) -> Image:
    """Scale and crop an image to a size."""
    from PIL import ImageOps  # noqa: PLC0415 - slow to import, and most runs render nothing

    return ImageOps.fit(image, size)


def _draw_card(video: Video, size: tuple[int, int]) -> Image:
    audio = "with sound" if video.audio else "silent"
    settings = (f"{video.seconds} s", video.aspect_ratio or "16:9", video.quality, audio)
    return draw_title_card(size, video.model, video.prompt, "   ·   ".join(settings))
