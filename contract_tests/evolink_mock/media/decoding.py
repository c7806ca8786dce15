"""Identify and decode media and documents from untrusted sources: by content, with limits on pixels and time.

The SDK has a media reader of its own, `evolink.media`. The two are independent, so that tests of one against the other
reveal the mistakes of either.
"""

from __future__ import annotations

import io
import math
import re
import struct
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeVar

import evolink_sandbox
from evolink_mock.media.documents import read_document
from evolink_sandbox import LimitError, Limits

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from PIL.Image import Image as Picture

# The largest image or frame that is decoded: the largest frame of H.264 and HEVC.
MAX_PIXELS = 8192 * 4352

_SIGNATURES = (
    (rb"\x89PNG\r\n\x1a\n", "image", "png"),
    (rb"\xff\xd8\xff", "image", "jpeg"),
    (rb"RIFF.{4}WEBP", "image", "webp"),
    (rb"BM.{0,16}\0", "image", "bmp"),  # no text goes on like this
    (rb"GIF8[79]a", "image", "gif"),
    (rb"II\*\0|MM\0\*", "image", "tiff"),
    (rb".{4}ftyp(he[iv][cmsx]|m[is]f1)", "image", "heic"),
    (rb".{4}ftypavi[fs]", "image", "avif"),
    (rb".{4}ftypqt  ", "video", "mov"),
    (rb".{4}ftyp3g", "video", "3gp"),
    (rb".{4}ftyp", "video", "mp4"),
    (rb"[\0-\x1f].{3}(moo[vf]|mdat|wide|free|skip|pnot|uuid|udta|junk|pict|prfl|styp|sidx|pdin)", "video", "mov"),
    (rb"\x1aE\xdf\xa3.{0,40}\x42\x82.webm", "video", "webm"),
    (rb"\x1aE\xdf\xa3", "video", "mkv"),
    (rb"RIFF.{4}AVI ", "video", "avi"),
    (rb"RIFF.{4}WAVE", "audio", "wav"),
    (rb"ID3[\2\3\4]|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]", "audio", "mp3"),
    (rb"\xff[\xf0\xf1\xf8\xf9]", "audio", "aac"),
    (rb"fLaC", "audio", "flac"),
)
# The formats that are decoded. FFmpeg gets the name of the demuxer for each video: if it had to guess, it would take a
# text file for a playlist and open every file that the text names.
DECODED_IMAGES = ("png", "jpeg", "webp", "bmp")
DECODED_VIDEOS = {"mov": "mov", "mp4": "mov", "3gp": "mov", "mkv": "matroska", "webm": "matroska", "avi": "avi"}
DECODED_SOUNDS = ("wav", "mp3", "aac", "flac")
# A video has a constant rate if its average differs by at most this share from its usual rate.
MAX_RATE_DEVIATION = 0.01
# The longest silence that an encoder adds to a sound, which is not part of its length.
MAX_PADDING_SECONDS = 0.25

# Warning filters belong to the process, so two threads must not change and restore them at the same time.
_warning_filters_lock = threading.Lock()

T = TypeVar("T")


class UndecodableError(Exception):
    """A damaged file, or a file of an unknown format. The message is short and printable."""


class TooManyPixelsError(UndecodableError):
    """An image with more than `MAX_PIXELS` pixels."""


class Format(NamedTuple):
    """The format of a file.

    Attributes:
        kind: `image`, `audio`, `video` or `document`.
        name: its name, for example `png`; empty for a document that may be of several formats.
    """

    kind: str
    name: str


class Properties(NamedTuple):
    """The properties of a file; None for each that is unknown.

    Attributes:
        format: its format. A video format without a moving picture has the kind `audio`.
        size: width and height in pixels.
        alpha: whether the format of an image allows transparent pixels.
        seconds: the length of a video or a sound.
        fps: the frames per second of a video with a constant rate.
        pages: the pages of a document.
    """

    format: Format
    size: tuple[int, int] | None = None
    alpha: bool | None = None
    seconds: float | None = None
    fps: float | None = None
    pages: int | None = None


def detect_format(file: IO[bytes]) -> Format:
    """Detect the format of an image, a video or a sound by its first bytes.

    Raises:
        UndecodableError: the file is empty or has another format.
    """
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    for signature, kind, name in _SIGNATURES:
        if re.match(signature, head, re.DOTALL):
            return Format(kind, name)
    if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+)?html", head, re.IGNORECASE):
        raise UndecodableError("an HTML page")
    raise UndecodableError("of an unknown format" if head else "empty")


def read_properties(file: IO[bytes], suffix: str = "") -> Properties:
    """Read the properties of a file, and decode its picture or two frames if they are not too large.

    Args:
        file: the file.
        suffix: the suffix of its name in lower case, which tells apart documents with the same content.

    Raises:
        UndecodableError: the file is damaged or its format is unknown.
    """
    try:
        file_format = detect_format(file)
    except UndecodableError:
        document = read_document(file, suffix)
        if document is None:
            raise
        return Properties(Format("document", document.name), pages=document.pages)
    name = file_format.name
    if name in DECODED_IMAGES:

        def decode(image: Picture) -> Properties:
            if image.width * image.height <= MAX_PIXELS:
                image.load()
            return Properties(file_format, image.size, alpha=bool(image.has_transparency_data))

        return _use_image(file, name, decode)
    if name in DECODED_VIDEOS:
        try:
            return _read_video(file, file_format)
        except NoPictureError:
            return Properties(Format("audio", "m4a" if name == "mp4" else name), seconds=_sound_seconds(file, name))
    if name in DECODED_SOUNDS:
        return Properties(file_format, seconds=_sound_seconds(file, name))
    return Properties(file_format)


def describe(file: IO[bytes], suffix: str = "") -> dict[str, Any]:
    """Return the properties of a file as JSON, or the `problem` with it; for a process of its own."""
    try:
        properties = read_properties(file, suffix)
    except UndecodableError as error:
        return {"problem": str(error)}
    return properties._asdict()


def read_limited(file: IO[bytes], suffix: str = "", limits: Limits = Limits()) -> Properties:  # noqa: B008 - immutable
    """Read the properties of a file as `read_properties` does, with limits on memory and time.

    Raises:
        UndecodableError: the file is damaged, its format is unknown, or it exceeds the limits.
    """
    try:
        name = detect_format(file).name
    except UndecodableError:
        name = "document"
    try:
        result = evolink_sandbox.call(describe, file, suffix, imports=packages(name), limits=limits)
    except LimitError as error:
        raise UndecodableError(f"a file in {name} format that cannot be checked {error}") from None
    if "problem" in result:
        raise UndecodableError(result["problem"])
    file_format, size = result.pop("format"), result.pop("size")
    return Properties(Format(*file_format), None if size is None else (size[0], size[1]), **result)


def packages(name: str) -> tuple[str, ...]:
    """Return the packages that decode a format."""
    if name in DECODED_VIDEOS or name in DECODED_SOUNDS:
        return ("av",)
    return ("PIL",) if name in DECODED_IMAGES or name == "document" else ()


def _read_video(file: IO[bytes], file_format: Format) -> Properties:
    name = file_format.name
    with open_video(file, name) as footage:
        if footage.size[0] * footage.size[1] <= MAX_PIXELS:
            if next(footage.frames, None) is None:
                raise UndecodableError(f"a damaged {name}")
            if next(footage.frames, None) is None:
                raise footage.still
        return Properties(file_format, footage.size, seconds=footage.seconds, fps=footage.fps)


def _sound_seconds(file: IO[bytes], name: str) -> float | None:
    """Return the length of the sound of a file; None if it is not in the file.

    Raises:
        UndecodableError: no sound can be decoded.
    """
    import av  # noqa: PLC0415 - as above
    from av.error import FFmpegError  # noqa: PLC0415 - as above

    file.seek(0)
    try:
        opened: Any = av.open(file, "r", format=DECODED_VIDEOS.get(name, name), metadata_errors="replace")
        with opened as container:
            stream = container.streams.audio[0]
            ticks, heard = 0, False
            for packet in container.demux(stream):
                ticks += packet.duration or 0
                if not heard:
                    with suppress(FFmpegError):
                        heard = len(packet.decode()) > 0
            stated = (stream.duration or 0) * stream.time_base
            measured = ticks * stream.time_base
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - PyAV's errors for damaged files have no common base class
        raise UndecodableError(f"a damaged {name} ({type(error).__name__})") from None
    if not heard:
        raise UndecodableError(f"a damaged {name}")
    # The stated length is without the silence that the encoder added, but an estimate in files without an index.
    length = measured if measured > 0 and abs(measured - stated) > MAX_PADDING_SECONDS else stated
    return round(float(length), 3) if length > 0 else None


def load_image(file: IO[bytes], name: str, side: int) -> Picture:
    """Decode an image: upright, in RGB, with white behind transparent parts.

    Args:
        file: the image file.
        name: its format, one of `DECODED_IMAGES`.
        side: the pixels that each side needs. A larger image may be returned smaller, but not below this.

    Raises:
        UndecodableError: the image is damaged, or has more than `MAX_PIXELS` pixels.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - slow to import, and most runs decode nothing

    def decode(image: Picture) -> Picture:
        if image.width * image.height > MAX_PIXELS:
            raise TooManyPixelsError(f"a {name} with too many pixels")
        image.draft("RGB", (side, side))
        upright = ImageOps.exif_transpose(image)
        if not upright.has_transparency_data:
            return upright.convert("RGB")
        background = Image.new("RGBA", upright.size, "white")
        background.alpha_composite(upright.convert("RGBA"))
        return background.convert("RGB")

    return _use_image(file, name, decode)


def _use_image(file: IO[bytes], name: str, decode: Callable[[Picture], T]) -> T:
    """Open an image and decode it. If that fails, try again without its metadata, where only Pillow minds damage."""
    try:
        return _use_part(file, name, decode)
    except TooManyPixelsError:
        raise
    except UndecodableError as error:
        file.seek(0)
        picture = {"png": _png_picture, "jpeg": _jpeg_picture}.get(name, bytes)(file.read())
        try:
            return _use_part(io.BytesIO(picture), name, decode)
        except UndecodableError:
            raise error from None


def _use_part(file: IO[bytes], name: str, decode: Callable[[Picture], T]) -> T:
    from PIL import BmpImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: PLC0415 - as above

    plugins: dict[str, Any] = {
        "png": PngImagePlugin.PngImageFile,
        "jpeg": JpegImagePlugin.JpegImageFile,
        "webp": WebPImagePlugin.WebPImageFile,
        "bmp": BmpImagePlugin.BmpImageFile,
    }
    try:
        with _warning_filters_lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Not Image.open(), which refuses large images before it measures them.
            with plugins[name](file) as image:
                return decode(image)
    except (UndecodableError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - Pillow's errors for damaged files have no common base class
        raise UndecodableError(f"a damaged {name} ({type(error).__name__})") from None


def _png_picture(content: bytes) -> bytes:
    """Return a PNG without the chunks that may be ignored; `tRNS` may be ignored only if it is damaged."""
    kept, place = [content[:8]], 8
    while place + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        end = place + 12 + length
        crc = content[end - 4 : end]
        intact = length > 0 and crc == struct.pack(">I", zlib.crc32(content[place + 4 : end - 4]))
        if not kind[0] & 32 or (kind == b"tRNS" and intact):
            kept.append(content[place:end])
        if kind == b"IEND":
            break
        place = end
    return b"".join(kept)


def _jpeg_picture(content: bytes) -> bytes:
    """Return a JPEG without its comments and application segments."""
    kept, place = [content[:2]], 2
    while place + 4 <= len(content):
        mark, marker, length = struct.unpack_from(">BBH", content, place)
        if mark != 0xFF or marker in {0xDA, 0xFF}:
            break
        end = place + 2 + max(length, 2)
        if marker != 0xFE and marker & 0xF0 != 0xE0:
            kept.append(content[place:end])
        place = end
    return b"".join((*kept, content[place:]))


class NoPictureError(UndecodableError):
    """A video format without a moving picture, but with sound."""


class Footage(NamedTuple):
    """An open video.

    Attributes:
        size: its width and height in pixels.
        seconds: its length; None if the file does not contain it.
        frames: its frames, decoded on iteration, with their timestamps.
        still: the error to raise if it has one frame only.
        fps: its frames per second; None if their rate is variable or unknown.
    """

    size: tuple[int, int]
    seconds: float | None
    frames: Iterator[VideoFrame]
    still: UndecodableError
    fps: float | None


@contextmanager
def open_video(file: IO[bytes], name: str, deadline: float = math.inf) -> Generator[Footage, None, None]:
    """Open a video in one of the formats of `DECODED_VIDEOS`.

    Args:
        file: the video file.
        name: its format.
        deadline: the time, as `time.monotonic()` returns it, after which no more frames are decoded.

    Raises:
        UndecodableError: the video is damaged. Errors of PyAV within the `with` block are converted, too.
        NoPictureError: it is a sound file; the cover of an album is not a moving picture.
    """
    import av  # noqa: PLC0415 - as above

    try:
        # Its types need those of numpy.
        opened: Any = av.open(file, "r", format=DECODED_VIDEOS[name], metadata_errors="replace")
        with opened as container:
            still = UndecodableError(f"a file in {name} format without a moving picture")
            if container.streams.audio:
                still = NoPictureError(f"a sound file in {name} format")
            moving = [stream for stream in container.streams.video if not _is_still(stream)]
            if not moving:
                raise still  # noqa: TRY301 - like other damage
            stream = moving[0]
            stream.codec_context.thread_count = 1
            length = float(stream.duration * stream.time_base) if stream.duration else (container.duration or 0) / 1e6
            seconds = round(length, 3) if length > 0 else None
            frames = _decode(container, stream, deadline)
            yield Footage((stream.width, stream.height), seconds, frames, still, _constant_rate(stream))
    except (UndecodableError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - PyAV's errors for damaged files have no common base class
        raise UndecodableError(f"a damaged {name} ({type(error).__name__})") from None


def _constant_rate(stream: Any) -> float | None:
    usual, average = stream.base_rate, stream.average_rate
    if not usual or not average or abs(float(average) - float(usual)) > MAX_RATE_DEVIATION * float(usual):
        return None
    return round(float(usual), 3)


def _is_still(stream: Any) -> bool:
    """Return whether a stream has still pictures: the cover of an album, or the pictures of chapters."""
    from av.stream import Disposition  # noqa: PLC0415 - as above

    still = (Disposition.attached_pic, Disposition.timed_thumbnails, Disposition.still_image)
    return any(kind in stream.disposition for kind in still)


def _decode(container: Any, stream: Any, deadline: float) -> Iterator[VideoFrame]:
    """Yield the frames that can be decoded; a damaged packet is skipped, as players do."""
    from av.error import FFmpegError  # noqa: PLC0415 - as above

    for packet in container.demux(stream):
        if time.monotonic() > deadline:
            return
        try:
            frames = packet.decode()
        except MemoryError:
            raise
        except FFmpegError:
            continue
        yield from frames
