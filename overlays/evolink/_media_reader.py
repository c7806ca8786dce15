"""Read the properties of images, videos and sounds from their content, never from their names.

The mock has a media reader of its own, so that tests of one against the other reveal the mistakes of either.
"""

from __future__ import annotations

import io
import re
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from evolink._text import printable

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

# Larger images and frames are measured but not decoded. No level of H.264 or HEVC below 7 has larger frames.
MAX_DECODED_PIXELS = 8192 * 4352

_SIGNATURES = (
    (rb"\x89PNG\r\n\x1a\n", "image", "png"),
    (rb"\xff\xd8\xff", "image", "jpeg"),
    (rb"RIFF....WEBP", "image", "webp"),
    (rb"GIF8[79]a", "image", "gif"),
    (rb"II\*\0|MM\0\*", "image", "tiff"),
    (rb"BM", "image", "bmp"),
    (rb"....ftyp(hei[cxms]|hev[cxms]|mif1|msf1)", "image", "heic"),
    (rb"....ftyp(avif|avis)", "image", "avif"),
    (rb"....ftypqt  ", "video", "mov"),
    (rb"....ftyp3g", "video", "3gp"),
    (rb"....ftyp", "video", "mp4"),
    # QuickTime files need no `ftyp`, and other boxes may come before it.
    (rb"....(moov|mdat|wide|free|skip|pnot|uuid|udta|junk|pict|prfl|styp|moof|sidx|pdin)", "video", "mov"),
    (rb"\x1aE\xdf\xa3.{0,40}\x42\x82.webm", "video", "webm"),
    (rb"\x1aE\xdf\xa3", "video", "mkv"),
    (rb"RIFF....AVI ", "video", "avi"),
    (rb"RIFF....WAVE", "audio", "wav"),
    (rb"ID3|\xff[\xf2\xf3\xfa\xfb]", "audio", "mp3"),
    (rb"\xff[\xf0\xf1\xf8\xf9]", "audio", "aac"),
    (rb"fLaC", "audio", "flac"),
)
# FFmpeg's reader for each format of videos. If FFmpeg chose it, it could take a text file for a playlist and open the
# files that the text lists.
_VIDEO_READERS = {"mov": "mov", "3gp": "mov", "mp4": "mov", "webm": "matroska", "mkv": "matroska", "avi": "avi"}
_HTML = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html)", re.IGNORECASE)
# Warning filters are global to the process: two threads must not change and restore them at the same time.
_warning_filters_lock = threading.Lock()

HEAD_BYTES = 512


def detect(head: bytes) -> dict[str, Any]:
    """Detect the format of a file by its first `HEAD_BYTES` bytes.

    Returns:
        The `kind` and the `format`; or the `problem`, and for an HTML page `reachable`.
    """
    for signature, kind, name in _SIGNATURES:
        if re.match(signature, head, re.DOTALL):
            return {"kind": kind, "format": name}
    if _HTML.match(head):
        return {"reachable": False, "problem": "an HTML page"}
    return {"problem": "neither an image nor a video of a known format" if head else "empty"}


def package_for(name: str) -> str | None:
    """Return the package that reads a format; None for a format that is not read beyond its first bytes."""
    return "av" if name in _VIDEO_READERS else "PIL" if name in {"bmp", "jpeg", "png", "webp"} else None


def read(file: IO[bytes], name: str) -> dict[str, Any]:
    """Decode an image, or two frames of a video: a still picture is not a video.

    Args:
        file: the file.
        name: its format, for which `package_for` names a package.

    Returns:
        The measured properties, named as in `Media`; among them `problem` for a damaged file.

    Raises:
        ImportError: the package is not installed.
        MemoryError: there is not enough memory.
    """
    return _read_video(file, name) if name in _VIDEO_READERS else _read_image(file, name)


def _read_image(file: IO[bytes], name: str) -> dict[str, Any]:
    from PIL import BmpImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: PLC0415 - an extra

    readers: dict[str, Callable[[IO[bytes]], ImageFile]] = {
        "bmp": BmpImagePlugin.BmpImageFile,
        "jpeg": JpegImagePlugin.JpegImageFile,
        "png": PngImagePlugin.PngImageFile,
        "webp": WebPImagePlugin.WebPImageFile,
    }
    result = _decode(file, readers[name], name)
    if "problem" in result and name in _REDUCE:
        file.seek(0)
        reduced = _decode(io.BytesIO(_REDUCE[name](file)), readers[name], name)
        return reduced if "problem" not in reduced else result
    return result


def _decode(file: IO[bytes], reader: Callable[[IO[bytes]], ImageFile], name: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    try:
        with _warning_filters_lock, warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"PIL\.")
            # Image.open() is not used: it rejects decompression bombs before it reports their dimensions.
            with reader(file) as image:
                result = {"width": image.width, "height": image.height, "alpha": bool(image.has_transparency_data)}
                if image.width * image.height <= MAX_DECODED_PIXELS:
                    image.load()
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the errors of Pillow for damaged files have no common base
        result["problem"] = one_line(f"a damaged {name}: {error}")
    return result


def _reduced_png(file: IO[bytes]) -> bytes:
    """Return a PNG without the chunks that do not change its picture.

    Pillow rejects a picture with a damaged or very long text or colour profile. Other decoders ignore it.
    """
    parts = [file.read(8)]
    while len(head := file.read(8)) == 8:
        length = int.from_bytes(head[:4])
        content = file.read(length + 4)
        sound = length and zlib.crc32(head[4:] + content[:-4]) == int.from_bytes(content[-4:])
        if head[4:5].isupper() or (head[4:] == b"tRNS" and sound):
            parts += [head, content]
        if head[4:] == b"IEND":
            break
    return b"".join(parts)


def _reduced_jpeg(file: IO[bytes]) -> bytes:
    """Return a JPEG without comments and application data, whose damage other decoders than Pillow ignore."""
    parts = [file.read(2)]
    while len(head := file.read(4)) == 4 and head[0] == 0xFF and head[1] not in {0xDA, 0xFF}:
        content = file.read(max(0, int.from_bytes(head[2:]) - 2))
        if not (0xE0 <= head[1] <= 0xEF or head[1] == 0xFE):
            parts += [head, content]
    return b"".join([*parts, head, file.read()])


_REDUCE: dict[str, Callable[[IO[bytes]], bytes]] = {"png": _reduced_png, "jpeg": _reduced_jpeg}


def _read_video(file: IO[bytes], name: str) -> dict[str, Any]:
    import av  # noqa: PLC0415 - an extra

    try:
        opened: Any = av.open(file, "r", format=_VIDEO_READERS[name], metadata_errors="replace")  # its types need numpy
        with closing(opened) as container:
            sound = (
                {"kind": "audio"}
                if container.streams.audio
                else {"problem": f"a file in {name} format without a moving picture"}
            )
            stream: Any = next((stream for stream in container.streams.video if _moves(stream)), None)
            if stream is None:
                return sound
            length = float(stream.duration * stream.time_base) if stream.duration else (container.duration or 0) / 1e6
            result: dict[str, Any] = {
                "width": stream.width or None,
                "height": stream.height or None,
                "seconds": round(length, 3) if length > 0 else None,
            }
            if stream.width * stream.height > MAX_DECODED_PIXELS:
                return result
            match len(list(islice(_frames(container, stream), 2))):
                case 0:
                    return {**result, "problem": f"a damaged {name}: no frame can be decoded"}
                case 1:
                    return sound
                case _:
                    return result
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the errors of PyAV for damaged files have no common base
        return {"problem": one_line(f"a damaged {name}: {type(error).__name__}")}


def _moves(stream: Any) -> bool:
    """Return whether a video stream is more than a cover picture, or the pictures of chapters."""
    from av.stream import Disposition  # noqa: PLC0415 - an extra

    return not stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image)


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Yield the frames that can be decoded. Damaged packets are skipped, as players do."""
    from av.error import FFmpegError  # noqa: PLC0415 - an extra

    stream.codec_context.thread_count = 1  # a thread for each core takes more memory than one frame
    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except MemoryError:
            raise
        except FFmpegError:
            continue


def one_line(text: str) -> str:
    """Return untrusted text from a file or a server as one line of at most 200 characters."""
    return printable(text, 200).rstrip(": ")
