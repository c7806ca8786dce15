"""Recognise what a downloaded file is from its first bytes, never from its name or its declared type.

The signatures are stricter than those of `evolink.media`, which decodes a file after it has recognised it. Here nothing
follows, and the beginning of a text must not pass for a video.
"""

from __future__ import annotations

import re
from typing import NamedTuple

HEAD_BYTES = 512
"""How many of the first bytes decide."""


class Format(NamedTuple):
    """The format of a file.

    Attributes:
        kind: `image`, `video` or `audio`.
        name: for example `mp4`.
        suffix: the usual suffix of a file name, with its point.
    """

    kind: str
    name: str
    suffix: str


# The first four bytes of an MP4 or QuickTime file are the length of its first box. No text begins with such a length.
_FORMATS = [
    (re.compile(pattern, re.DOTALL), Format(kind, name, suffix or f".{name}"))
    for kind, pattern, name, suffix in (
        ("image", rb"\0\0..ftyp(heic|heix|hevc|heim|heis|mif1|msf1)", "heic", ""),
        ("image", rb"\0\0..ftyp(avif|avis)", "avif", ""),
        ("audio", rb"\0\0..ftyp(M4A|M4B|M4P|F4A|F4B) ", "m4a", ""),
        ("video", rb"\0\0..ftypqt  ", "mov", ""),
        ("video", rb"\0\0..ftyp3g", "3gp", ""),
        ("video", rb"\0\0..(ftyp|styp)", "mp4", ""),
        ("video", rb"\0...(moov|wide|free|skip|pnot|moof)|[\0-\x1f]...mdat", "mov", ""),
        ("video", rb"\x1aE\xdf\xa3.{0,400}\x42\x82\x84webm", "webm", ""),
        ("video", rb"\x1aE\xdf\xa3.{0,400}\x42\x82\x88matroska", "matroska", ".mkv"),
        ("video", rb"RIFF....AVI ", "avi", ""),
        ("video", rb"\0\0\x01[\xba\xb3]", "mpeg", ".mpg"),
        ("video", rb"G.{187}G.{187}G", "mpeg-ts", ".ts"),
        ("video", rb"....G.{191}G.{191}G", "mpeg-ts", ".m2ts"),
        ("video", rb"FLV\x01[\x01\x05]", "flv", ""),
        ("video", rb"0&\xb2u\x8ef\xcf\x11\xa6\xd9", "asf", ".wmv"),
        ("video", rb"OggS.{20,480}(\x80theora|BBCD\0)", "ogg", ".ogv"),
        ("video", rb"\x06\x0e\x2b\x34\x02\x05\x01\x01", "mxf", ""),
        ("image", rb"\x89PNG\r\n\x1a\n", "png", ""),
        ("image", rb"\xff\xd8\xff", "jpeg", ".jpg"),
        ("image", rb"RIFF....WEBP", "webp", ""),
        ("image", rb"GIF8[79]a", "gif", ""),
        ("image", rb"II\*\0|MM\0\*", "tiff", ".tif"),
        ("image", rb"BM....\0\0\0\0", "bmp", ""),
        ("audio", rb"ID3[\x02-\x04]|\xff[\xf2\xf3\xfa\xfb]", "mp3", ""),
        ("audio", rb"\xff[\xf0\xf1\xf8\xf9]", "aac", ""),
        ("audio", rb"RIFF....WAVE", "wav", ""),
        ("audio", rb"fLaC", "flac", ""),
        ("audio", rb"OggS", "ogg", ""),
    )
]
_OTHERS = [
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), description)
    for pattern, description in (
        (rb"", "an empty file"),
        (rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html|head|body).*", "an HTML page"),
        (rb"(\xef\xbb\xbf)?\s*<.*", "an XML document"),
        (rb"(\xef\xbb\xbf)?\s*[{\[].*", "a JSON document"),
        (rb"#EXTM3U.*", "a playlist"),
        (rb"PK\x03\x04.*", "a zip archive"),
        (rb"\x1f\x8b.*", "a gzip archive"),
        (rb"(MZ|\x7fELF|#!).*", "a program"),
        (rb"[\t\n\r\x20-\x7e\x80-\xff]+", "a text"),
    )
]
_ARTICLES = {"image": "an image", "audio": "an audio file", "video": "a video"}


def recognise(head: bytes) -> Format | None:
    """Return the format of the file that begins with these bytes; None if it is not a known media format.

    Args:
        head: the first `HEAD_BYTES` bytes, or the whole file if it is shorter.
    """
    return next((format_ for pattern, format_ in _FORMATS if pattern.match(head)), None)


def describe(head: bytes) -> str:
    """Say in a few words what a file is, for a message, as in `an HTML page`."""
    known = recognise(head)
    if known is not None:
        return f"{_ARTICLES[known.kind]} ({known.name})"
    return next((text for pattern, text in _OTHERS if pattern.fullmatch(head)), "a file of unknown format")


def with_article(kind: str) -> str:
    """Return a kind with its article, as in `an image`."""
    return _ARTICLES[kind]
