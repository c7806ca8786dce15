"""Identify and decode images and videos from untrusted sources: by content, with limits on pixels and time.

The SDK has a media reader of its own, `evolink.media`. The two are independent, so that tests of one against the other
reveal the mistakes of either.
"""

from __future__ import annotations

import math
import re
import threading
import time
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from PIL.Image import Image

# The largest image or frame that is decoded: one frame of 8K video.
MAX_PIXELS = 7680 * 4320
# Decoding a scan costs as much as the whole picture, however short the scan is. Real images have ten.
MAX_JPEG_SCANS = 100

_SIGNATURES = (
    (rb"\x89PNG\r\n\x1a\n", "image", "png"),
    (rb"\xff\xd8\xff", "image", "jpeg"),
    (rb"RIFF....WEBP", "image", "webp"),
    (rb"BM", "image", "bmp"),
    (rb"GIF8[79]a", "image", "gif"),
    (rb"II\*\0|MM\0\*", "image", "tiff"),
    (rb"....ftyp(hei|hev|mif1|msf1)", "image", "heic"),
    (rb"....ftypavi[fs]", "image", "avif"),
    (rb"....ftyp(M4A|M4B) ", "audio", "m4a"),
    (rb"....ftypqt  ", "video", "mov"),
    (rb"....ftyp3g", "video", "3gp"),
    (rb"....ftyp", "video", "mp4"),
    (rb"....(moov|mdat|wide|free|skip|pnot)", "video", "mov"),
    (rb"\x1aE\xdf\xa3.{0,40}\x42\x82.webm", "video", "webm"),
    (rb"\x1aE\xdf\xa3", "video", "mkv"),
    (rb"RIFF....AVI ", "video", "avi"),
    (rb"RIFF....WAVE", "audio", "wav"),
    (rb"ID3|\xff[\xf2\xf3\xfa\xfb]", "audio", "mp3"),
)
# The formats that are decoded. FFmpeg gets the name of the demuxer for each video: if it had to guess, it would take a
# text file for a playlist and open every file that the text names.
DECODED_IMAGES = ("png", "jpeg", "webp", "bmp")
DECODED_VIDEOS = {"mov": "mov", "mp4": "mov", "3gp": "mov"}

# Warning filters belong to the process, so two threads must not change and restore them at the same time.
_warning_filters_lock = threading.Lock()


class UndecodableError(Exception):
    """A damaged file, or a file of an unknown format. The message is short and printable."""


class TooManyPixelsError(UndecodableError):
    """An image that is too large to be measured."""


class Format(NamedTuple):
    """The format of a file: its kind (`image`, `audio` or `video`) and its name, for example `png`."""

    kind: str
    name: str


def detect_format(file: IO[bytes]) -> Format:
    """Detect the format of a file by its first bytes.

    Raises:
        UndecodableError: the file is empty or its format is unknown.
    """
    file.seek(0)
    head = file.read(64)
    file.seek(0)
    for signature, kind, name in _SIGNATURES:
        if re.match(signature, head, re.DOTALL):
            return Format(kind, name)
    raise UndecodableError("of an unknown format" if head else "empty")


@contextmanager
def open_image(file: IO[bytes], name: str) -> Generator[Image, None, None]:
    """Open an image in one of the formats of `DECODED_IMAGES`; only its header is read.

    Raises:
        UndecodableError: the image is damaged. Errors of Pillow within the `with` block are converted, too.
    """
    from PIL import Image  # noqa: PLC0415 - slow to import, and most runs decode nothing

    if name == "jpeg" and file.read().count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise UndecodableError("a jpeg with too many scans")
    file.seek(0)
    try:
        with _warning_filters_lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=[name]) as image:
                yield image
    except UndecodableError:
        raise
    except Image.DecompressionBombError:
        raise TooManyPixelsError(f"a {name} with too many pixels") from None
    except Exception as error:  # noqa: BLE001 - Pillow's errors for damaged files have no common base class
        raise UndecodableError(f"a damaged {name} ({type(error).__name__})") from None


def load_image(file: IO[bytes], name: str, side: int) -> Image:
    """Decode an image: upright, in RGB, with white behind transparent parts.

    Args:
        file: the image file.
        name: its format, one of `DECODED_IMAGES`.
        side: the pixels that each side needs. A larger image may be returned smaller, but not below this.

    Raises:
        UndecodableError: the image is damaged, or has more than `MAX_PIXELS` pixels.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - as above

    with open_image(file, name) as image:
        if image.width * image.height > MAX_PIXELS:
            raise TooManyPixelsError(f"a {name} with too many pixels")
        image.draft("RGB", (side, side))
        upright = ImageOps.exif_transpose(image)
        if not upright.has_transparency_data:
            return upright.convert("RGB")
        background = Image.new("RGBA", upright.size, "white")
        background.alpha_composite(upright.convert("RGBA"))
        return background.convert("RGB")


class Footage(NamedTuple):
    """An open video.

    Attributes:
        seconds: its length; None if the file does not contain it.
        frames: its frames, decoded on iteration, with their timestamps.
    """

    seconds: float | None
    frames: Iterator[VideoFrame]


@contextmanager
def open_video(file: IO[bytes], name: str, deadline: float = math.inf) -> Generator[Footage, None, None]:
    """Open a video in one of the formats of `DECODED_VIDEOS`.

    Args:
        file: the video file.
        name: its format.
        deadline: the time, as `time.monotonic()` returns it, after which no more frames are decoded.

    Raises:
        UndecodableError: the video is damaged. Errors of PyAV within the `with` block are converted, too.
    """
    import av  # noqa: PLC0415 - as above

    limits = {"max_pixels": str(MAX_PIXELS)}
    try:
        opened: Any = av.open(  # its types need those of numpy
            file, "r", format=DECODED_VIDEOS[name], options=limits, metadata_errors="replace"
        )
        with opened as container:
            if not container.streams.video:
                raise UndecodableError(f"a file in {name} format without a video stream")  # noqa: TRY301 - like other damage
            stream = container.streams.video[0]
            stream.codec_context.options = limits
            length = float(stream.duration * stream.time_base) if stream.duration else (container.duration or 0) / 1e6
            yield Footage(round(length, 3) if length > 0 else None, _decode(container, stream, deadline))
    except UndecodableError:
        raise
    except Exception as error:  # noqa: BLE001 - PyAV's errors for damaged files have no common base class
        raise UndecodableError(f"a damaged {name} ({type(error).__name__})") from None


def _decode(container: Any, stream: Any, deadline: float) -> Iterator[VideoFrame]:
    for packet in container.demux(stream):
        if time.monotonic() > deadline:
            return
        yield from packet.decode()
