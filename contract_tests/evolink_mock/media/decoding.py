"""Looks into images and videos that anybody may have made: known by their content, never guessed at, always bounded."""

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

# What an image or a frame may have to be decoded: what a frame of 8K has.
MAX_PIXELS = 7680 * 4320
# Each costs as much as the whole picture, however short it is; real images have ten.
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
# What is looked into. Each video has the one reader of FFmpeg's that it is given to: left to guess, FFmpeg takes a
# text for a playlist and opens whatever the text names.
DECODED_IMAGES = ("png", "jpeg", "webp", "bmp")
DECODED_VIDEOS = {"mov": "mov", "mp4": "mov", "3gp": "mov"}

# Filters of warnings are the whole process's, so that two threads must not change and restore them at the same time.
_filtering = threading.Lock()


class UndecodableError(Exception):
    """A file that is damaged, or of no known format; the text is printable and short."""


class TooManyPixelsError(UndecodableError):
    """An image that is too large even to be measured."""


class Format(NamedTuple):
    """What a file is: `image`, `audio` or `video`, and a name such as `png`."""

    kind: str
    name: str


def format_of(file: IO[bytes]) -> Format:
    """Return what a file is, by its first bytes.

    Raises:
        UndecodableError: it is nothing that is known.
    """
    file.seek(0)
    head = file.read(64)
    file.seek(0)
    for signature, kind, name in _SIGNATURES:
        if re.match(signature, head, re.DOTALL):
            return Format(kind, name)
    raise UndecodableError("of no known format" if head else "empty")


@contextmanager
def opened_image(file: IO[bytes], name: str) -> Generator[Image, None, None]:
    """Yield an image of one of `DECODED_IMAGES`, of which only the head was read.

    Raises:
        UndecodableError: it is damaged, or what is done with it within the `with` block shows that it is.
    """
    from PIL import Image  # noqa: PLC0415 - slow to import, and most runs look into nothing

    if name == "jpeg" and file.read().count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise UndecodableError("a JPEG of too many parts")
    file.seek(0)
    try:
        with _filtering, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=[name]) as image:
                yield image
    except UndecodableError:
        raise
    except Image.DecompressionBombError:
        raise TooManyPixelsError(f"a {name} of too many pixels") from None
    except Exception as error:  # noqa: BLE001 - what Pillow raises for files that are damaged has no common base
        raise UndecodableError(f"a damaged {name} ({type(error).__name__})") from None


def picture(file: IO[bytes], name: str, side: int) -> Image:
    """Return an image as it is meant to be seen: upright, in RGB, with white behind what is transparent.

    Args:
        file: holds it.
        name: one of `DECODED_IMAGES`.
        side: how many pixels each side must keep, where it has as many; a larger image may be returned smaller.

    Raises:
        UndecodableError: it is damaged, or has more than `MAX_PIXELS`.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - as above

    with opened_image(file, name) as image:
        if image.width * image.height > MAX_PIXELS:
            raise TooManyPixelsError(f"a {name} of too many pixels")
        image.draft("RGB", (side, side))
        whole = ImageOps.exif_transpose(image)
        if not whole.has_transparency_data:
            return whole.convert("RGB")
        ground = Image.new("RGBA", whole.size, "white")
        ground.alpha_composite(whole.convert("RGBA"))
        return ground.convert("RGB")


class Footage(NamedTuple):
    """A video that was opened.

    Attributes:
        seconds: its length, where it tells one.
        frames: its pictures, decoded as they are asked for; each knows when it is shown.
    """

    seconds: float | None
    frames: Iterator[VideoFrame]


@contextmanager
def opened_video(file: IO[bytes], name: str, deadline: float = math.inf) -> Generator[Footage, None, None]:
    """Yield a video of one of `DECODED_VIDEOS`.

    Args:
        file: holds it.
        name: the name of its format.
        deadline: what the monotonic clock will be when its frames end, come what may.

    Raises:
        UndecodableError: it is damaged, or what is done with it within the `with` block shows that it is.
    """
    import av  # noqa: PLC0415 - as above

    bounds = {"max_pixels": str(MAX_PIXELS)}
    try:
        opened: Any = av.open(  # its types need numpy's
            file, "r", format=DECODED_VIDEOS[name], options=bounds, metadata_errors="replace"
        )
        with opened as container:
            if not container.streams.video:
                raise UndecodableError(f"a {name} without pictures")  # noqa: TRY301 - as any other flaw
            stream = container.streams.video[0]
            stream.codec_context.options = bounds
            length = float(stream.duration * stream.time_base) if stream.duration else (container.duration or 0) / 1e6
            yield Footage(round(length, 3) if length > 0 else None, _decoded(container, stream, deadline))
    except UndecodableError:
        raise
    except Exception as error:  # noqa: BLE001 - what PyAV raises for files that are damaged has no common base
        raise UndecodableError(f"a damaged {name} ({type(error).__name__})") from None


def _decoded(container: Any, stream: Any, deadline: float) -> Iterator[VideoFrame]:
    for packet in container.demux(stream):
        if time.monotonic() > deadline:
            return
        yield from packet.decode()
