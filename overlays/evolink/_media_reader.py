"""Read the properties of images, videos, sounds and documents from their content.

The name of a file counts only where its content does not tell: Markdown from other text, and Pages from Numbers.

The mock has a media reader of its own, so that tests of one against the other reveal the mistakes of either.
"""

from __future__ import annotations

import io
import re
import threading
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from evolink._text import printable

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

# Larger images and frames are measured but not decoded. No level of H.264 or HEVC below 7 has larger frames.
MAX_DECODED_PIXELS = 8192 * 4352

# Containers of several formats of documents.
_ZIP, _OLE = "zip", "ole"
# The signatures of letters only, such as `BM`, go on with what no text contains.
_SIGNATURES = (
    (rb"\x89PNG\r\n\x1a\n", "image", "png"),
    (rb"\xff\xd8\xff", "image", "jpeg"),
    (rb"RIFF....WEBP", "image", "webp"),
    (rb"GIF8[79]a", "image", "gif"),
    (rb"II\*\0|MM\0\*", "image", "tiff"),
    (rb"BM.{0,16}\0", "image", "bmp"),
    (rb"....ftyp(hei[cxms]|hev[cxms]|mif1|msf1)", "image", "heic"),
    (rb"....ftyp(avif|avis)", "image", "avif"),
    (rb"....ftypqt  ", "video", "mov"),
    (rb"....ftyp3g", "video", "3gp"),
    (rb"....ftyp", "video", "mp4"),
    # QuickTime files need no `ftyp`, and other boxes may come before it.
    (rb"[\0-\x1f]...(moov|mdat|wide|free|skip|pnot|uuid|udta|junk|pict|prfl|styp|moof|sidx|pdin)", "video", "mov"),
    (rb"\x1aE\xdf\xa3.{0,40}\x42\x82.webm", "video", "webm"),
    (rb"\x1aE\xdf\xa3", "video", "mkv"),
    (rb"RIFF....AVI ", "video", "avi"),
    (rb"RIFF....WAVE", "audio", "wav"),
    (rb"ID3[\2-\4]|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]", "audio", "mp3"),
    (rb"\xff[\xf0\xf1\xf8\xf9]", "audio", "aac"),
    (rb"fLaC", "audio", "flac"),
    (rb"%PDF-", "document", "pdf"),
    (rb"\{\\rtf", "document", "rtf"),
    (rb"PK\x03\x04", "document", _ZIP),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document", _OLE),
)
# FFmpeg's reader for each format of videos. If FFmpeg chose it, it could take a text file for a playlist and open the
# files that the text lists.
_VIDEO_READERS = {"mov": "mov", "3gp": "mov", "mp4": "mov", "webm": "matroska", "mkv": "matroska", "avi": "avi"}
_SOUND_READERS = {"wav": "wav", "mp3": "mp3", "aac": "aac", "flac": "flac"}
_IMAGE_FORMATS = {"bmp", "jpeg", "png", "webp"}
# Text contains no control characters but white space and escape, or begins with the byte order mark of UTF-16.
_TEXT = re.compile(rb"\xff\xfe|\xfe\xff|[^\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]*\Z")
# A rate that differs more from the average is that of a video with a variable rate, which has no frames per second.
_RATE_TOLERANCE = 0.01
# Encoders of sound add up to this many seconds of silence, which players skip.
_PADDING_SECONDS = 0.25
_HTML = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html)", re.IGNORECASE)
# Warning filters are global to the process: two threads must not change and restore them at the same time.
_warning_filters_lock = threading.Lock()

HEAD_BYTES = 512


def detect(head: bytes, suffix: str = "") -> dict[str, Any]:
    """Detect the format of a file by its first `HEAD_BYTES` bytes.

    Args:
        head: the first bytes.
        suffix: the suffix of the file's name in lower case, without the dot.

    Returns:
        The `kind` and the `format`; or the `problem`, and for an HTML page `reachable`.
    """
    for signature, kind, name in _SIGNATURES:
        if re.match(signature, head, re.DOTALL):
            return {"kind": kind, "format": name}
    if _HTML.match(head):
        return {"reachable": False, "problem": "an HTML page"}
    if head and _TEXT.match(head):
        return {"kind": "document", "format": "md" if suffix in {"md", "markdown"} else "txt"}
    return {"problem": "a file of an unknown format" if head else "empty"}


class Reader(NamedTuple):
    """A function that reads the content of a file, and the package that it needs, which is empty for none."""

    read: Callable[..., dict[str, Any]]
    package: str = ""


def reader_for(name: str) -> Reader | None:
    """Return the reader for a format; None for a format that is not read beyond its first bytes.

    Its function takes the file, the format and the suffix of the file's name. It returns the measured properties,
    named as in `Media`; among them `problem` for a damaged file. It raises ImportError if the package is not
    installed, and MemoryError.
    """
    if name in _VIDEO_READERS:
        return Reader(read_video, "av")
    if name in _SOUND_READERS:
        return Reader(read_sound, "av")
    if name in _IMAGE_FORMATS:
        return Reader(read_image, "PIL")
    if name == "pdf":
        return Reader(read_pdf, "PIL")
    return Reader(read_archive) if name in {_ZIP, _OLE} else None


def read_image(file: IO[bytes], name: str, suffix: str = "") -> dict[str, Any]:
    """Decode an image completely."""
    del suffix
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


def read_video(file: IO[bytes], name: str, suffix: str = "") -> dict[str, Any]:
    """Decode two frames of a video: a still picture is not a video. A file with sound only is read as a sound."""
    del suffix
    try:
        with _opened(file, _VIDEO_READERS[name]) as container:
            stream: Any = next((stream for stream in container.streams.video if _moves(stream)), None)
            if stream is None:
                return _read_sound(file, name)
            length = float(stream.duration * stream.time_base) if stream.duration else (container.duration or 0) / 1e6
            result: dict[str, Any] = {
                "width": stream.width or None,
                "height": stream.height or None,
                "seconds": round(length, 3) if length > 0 else None,
                "fps": _frame_rate(stream),
            }
            if stream.width * stream.height > MAX_DECODED_PIXELS:
                return result
            match len(list(islice(_frames(container, stream), 2))):
                case 0:
                    return {**result, "problem": f"a damaged {name}: no frame can be decoded"}
                case 1:
                    return _read_sound(file, name)
                case _:
                    return result
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the errors of PyAV for damaged files have no common base
        return {"problem": one_line(f"a damaged {name}: {type(error).__name__}")}


def read_sound(file: IO[bytes], name: str, suffix: str = "") -> dict[str, Any]:
    """Measure a sound file, and decode its beginning."""
    del suffix
    try:
        return _read_sound(file, name)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        return {"problem": one_line(f"a damaged {name}: {type(error).__name__}")}


def read_pdf(file: IO[bytes], name: str, suffix: str = "") -> dict[str, Any]:
    """Count the pages of a PDF. They are not known if it is encrypted, or packed as most PDFs since version 1.5."""
    del name, suffix
    from PIL.PdfParser import PdfParser  # noqa: PLC0415 - an extra

    try:
        with PdfParser(f=file) as parser:
            return {"pages": len(parser.pages) or None}
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - Pillow reads the simplest PDFs only, and its errors have no common base
        return {}


def read_archive(file: IO[bytes], name: str, suffix: str = "") -> dict[str, Any]:
    """Determine which document an archive is by the names of its members."""
    try:
        return _zip_document(file, suffix) if name == _ZIP else _ole_document(file)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the errors of zipfile for damaged files have no common base
        return {**_UNKNOWN, "problem": one_line(f"a damaged archive: {type(error).__name__}")}


_UNKNOWN: dict[str, Any] = {"kind": None, "format": None, "problem": "an archive that is not a document"}


def _zip_document(file: IO[bytes], suffix: str) -> dict[str, Any]:
    with zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
    for part, name in (("word/document.xml", "docx"), ("xl/workbook.xml", "xlsx"), ("ppt/presentation.xml", "pptx")):
        if part in names and "[Content_Types].xml" in names:
            return {"format": name}
    if "index.apxl" in names or any(re.match("Index/(Master|Template)?Slide", name) for name in names):
        return {"format": "key"}
    by_name = suffix if suffix in {"key", "numbers", "pages"} else None
    if names & {"Index/Document.iwa", "Index.zip"} or (by_name and "index.xml" in names):
        return {"format": by_name}
    return _UNKNOWN


def _ole_document(file: IO[bytes]) -> dict[str, Any]:
    names = set(_ole_names(file))
    for part, name in (("WordDocument", "doc"), ("Workbook", "xls"), ("Book", "xls"), ("PowerPoint Document", "ppt")):
        if part in names:
            return {"format": name}
    if "EncryptedPackage" in names:
        return {**_UNKNOWN, "problem": "an encrypted document"}
    return _UNKNOWN


def _ole_names(file: IO[bytes]) -> Iterator[str]:
    """Yield the names in the root of a compound file, not those of documents that are embedded in it."""
    entries = b"".join(_ole_sectors(file))
    seen: set[int] = set()
    numbers = [int.from_bytes(entries[76:80], "little")]  # the first member of the root, which is the first entry
    while numbers:
        entry = entries[128 * (number := numbers.pop()) :][:128]
        if number in seen or not entry:
            continue
        seen.add(number)
        yield entry[: max(0, int.from_bytes(entry[64:66], "little") - 2)].decode("utf-16-le", "replace")
        numbers += [int.from_bytes(entry[place : place + 4], "little") for place in (68, 72)]  # its siblings


def _ole_sectors(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the sectors of the directory of a compound file: from the first to the end of their chain."""
    file.seek(0)
    header = file.read(512)
    if header[30:32] not in _OLE_SECTORS:
        return
    size = 1 << header[30]
    sector = int.from_bytes(header[48:52], "little")
    for _ in range(_MAX_OLE_SECTORS):
        file.seek((sector + 1) * size)
        yield (entries := file.read(size))
        table, index = divmod(sector, size // 4)
        file.seek((int.from_bytes(header[76 + 4 * table : 80 + 4 * table], "little") + 1) * size + 4 * index)
        sector = int.from_bytes(file.read(4), "little")
        if not entries or sector >= _LAST_OLE_SECTOR:
            return


# The logarithms of the sizes of sectors.
_OLE_SECTORS = {b"\x09\0", b"\x0c\0"}
# The numbers from the second on mark the end of a chain, or sectors that are free.
_MAX_OLE_SECTORS, _LAST_OLE_SECTOR = 1000, 0xFFFFFFFA


def _opened(file: IO[bytes], reader: str) -> closing[Any]:
    import av  # noqa: PLC0415 - an extra

    opened: Any = av.open(file, "r", format=reader, metadata_errors="replace")  # its types need numpy
    return closing(opened)


def _read_sound(file: IO[bytes], name: str) -> dict[str, Any]:
    """Return the properties of a file with sound only: its length without the silence that the encoder added."""
    file.seek(0)
    named = {"kind": "audio", "format": "m4a" if name == "mp4" else name}
    with _opened(file, {**_VIDEO_READERS, **_SOUND_READERS}[name]) as container:
        stream: Any = next(iter(container.streams.audio), None)
        if stream is None:
            return {"problem": f"a file in {name} format without a moving picture"}
        length, decoded = 0, False
        for packet in container.demux(stream):
            length += packet.duration or 0
            decoded = decoded or _has_frame(packet)
    if not decoded:
        return {**named, "problem": f"a damaged {name}: no sound can be decoded"}
    seconds, stated = (float((ticks or 0) * stream.time_base) for ticks in (length, stream.duration))
    if not seconds or abs(seconds - stated) <= _PADDING_SECONDS:
        seconds = stated
    return {**named, "seconds": round(seconds, 3) if seconds > 0 else None}


def _has_frame(packet: Any) -> bool:
    from av.error import FFmpegError  # noqa: PLC0415 - an extra

    try:
        return bool(packet.decode())
    except MemoryError:
        raise
    except FFmpegError:
        return False


def _frame_rate(stream: Any) -> float | None:
    """Return the frames per second; None if the rate is variable or unknown."""
    average, base = stream.average_rate, stream.base_rate
    if not average or not base or abs(float(average / base) - 1) > _RATE_TOLERANCE:
        return None
    return round(float(base), 3)


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
