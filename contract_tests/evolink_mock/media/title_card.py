"""Title cards: images of a prompt, from which the mock makes a video when a request names no usable media."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

BACKGROUND, INK, FAINT, ACCENT = "#0e1420", "#f4f1ea", "#8d99ae", "#f2b84b"

# Pillow contains a font for Latin letters. For other scripts, these fonts are used if the system has them.
_SYSTEM_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "Hiragino Sans GB.ttc",
    "Arial Unicode.ttf",
    "msyh.ttc",
    "simhei.ttf",
    "malgun.ttf",
    "NotoSans-Regular.ttf",
    "DejaVuSans.ttf",
)
_LARGEST, _SMALLEST = 9, 28  # the largest and smallest font size: the shorter side of the card divided by this
_LINE_HEIGHT = 1.4  # in font sizes
# The units that stay together at a line break: a word or, in scripts without spaces between words, one character with
# the punctuation after it.
_WORDS = (  # not compiled here, because compiling it takes longer than the rest of this module's import
    r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\uffef\U00020000-\U0003ffff][\u3001\u3002\u300d\u300f\uff01\uff09\uff0c\uff1a\uff1b\uff1f]*|[^\s\u2e80-\uffff]+|\S"
)


def draw_title_card(size: tuple[int, int], title: str, text: str, footer: str) -> Image:
    """Draw a title, a text in the largest font that fits, and a footer."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - slow to import, and most runs draw nothing

    width, height = size
    unit = min(size) / 100
    margin = 9 * unit
    image = Image.new("RGB", size, BACKGROUND)
    draw = ImageDraw.Draw(image)
    small = _font("", 4 * unit)
    draw.rectangle((margin, margin, margin + 12 * unit, margin + unit), ACCENT)
    draw.text((margin, margin + 4 * unit), _fit_line(title, small, width - 2 * margin), FAINT, small)
    draw.text((margin, height - margin - 4 * unit), footer, FAINT, small, anchor="ls")
    top, bottom = margin + 14 * unit, height - margin - 14 * unit
    drawable, missing = _drawable(" ".join(text.split()))
    note = f"{missing} characters that no font on this machine has" if missing else ""
    if drawable:
        draw.text((margin, bottom + 2 * unit), note, FAINT, _font("", 3 * unit), anchor="ls")
    font, lines = _fit_text(drawable or note, min(size), width - 2 * margin, bottom - top - 6 * unit)
    y = top + (bottom - top - len(lines) * font.size * _LINE_HEIGHT) / 2
    for number, line in enumerate(lines):
        draw.text((margin, y + number * font.size * _LINE_HEIGHT), line, INK if drawable else FAINT, font)
    return image


def _fit_text(text: str, side: int, width: float, height: float) -> tuple[FreeTypeFont, list[str]]:
    """Find the largest font in which a text fits, and break it into lines. A text that never fits is cut off."""

    def fitted(part: int) -> tuple[FreeTypeFont, list[str], int]:
        font = _font(text, side / part)
        room = int(height / font.size / _LINE_HEIGHT)
        lines = list(islice(_break_lines(text, font, width), room + 1))
        return font, lines[:room], room - len(lines)

    parts = range(_LARGEST, _SMALLEST)
    font, lines, _ = fitted(_LARGEST + bisect_left(parts, 0, key=lambda part: fitted(part)[2]))
    return font, lines


def _break_lines(text: str, font: FreeTypeFont, width: float) -> Iterator[str]:
    ends = [word.end() for word in re.finditer(_WORDS, text)]
    most = 1 + int(4 * width / font.size)  # words that fit into a line, were each of them a letter and a space
    start = 0
    while start < len(text):
        # Few measurements of a line, because drawing a character to measure it is slow in a font with all of Chinese.
        first = bisect_right(ends, start)
        fitting = bisect_right(
            ends, width, first, min(first + most, len(ends)), key=lambda end: font.getlength(text[start:end])
        )
        line = text[start : ends[fitting - 1]] if fitting > first else _fit_line(text[start : ends[first]], font, width)
        yield line
        start = len(text) - len(text[start + len(line) :].lstrip())


def _fit_line(text: str, font: FreeTypeFont, width: float) -> str:
    """Return the beginning of a text that fits into a line, at least one character."""
    ends = range(1, len(text) + 1)
    return text[: max(1, bisect_right(ends, width, key=lambda end: font.getlength(text[:end])))]


def _drawable(text: str) -> tuple[str, int]:
    """Return the part of a text that the best font can draw, and the number of characters that it cannot."""
    name = _best_font(text)
    drawable = "".join(character for character in text if character == " " or _has_glyph(name, character))
    return " ".join(drawable.split()), len(text) - len(drawable)


@functools.lru_cache(maxsize=256)
def _font(text: str, size: float) -> FreeTypeFont:
    return _load_font(_best_font(text), round(size))


def _best_font(text: str) -> str:
    """Return the name of the font with the most characters of a text; empty for the font that Pillow contains."""
    characters = set(text) - {" "}
    best, most = "", -1
    for name in _font_names():
        count = sum(_has_glyph(name, character) for character in characters)
        if count > most:
            best, most = name, count
        if most == len(characters):
            break
    return best


@functools.cache
def _font_names() -> tuple[str, ...]:
    """Return the installed fonts among `_SYSTEM_FONTS`, after Pillow's own; cached, because the search is slow."""

    def is_installed(name: str) -> bool:
        try:
            _load_font(name, 20)
        except OSError:
            return False
        return True

    return ("", *filter(is_installed, _SYSTEM_FONTS))


def _load_font(name: str, size: int) -> FreeTypeFont:
    from PIL import ImageFont  # noqa: PLC0415 - as above

    # The basic layout engine, because Raqm is not installed everywhere.
    if name:
        return ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC)
    bundled: Any = ImageFont.load_default(size)  # without FreeType in Pillow, this is another type
    font: FreeTypeFont = bundled
    return font


@functools.lru_cache(maxsize=4096)
def _has_glyph(name: str, character: str) -> bool:
    """Return whether a font has a character; for a missing one, it draws a box."""
    font: Any = _load_font(name, 20)  # its masks are untyped
    return bytes(font.getmask(character)) != bytes(font.getmask("\U0010fffe"))
