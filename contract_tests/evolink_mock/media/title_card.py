"""Title cards: what a video shows that was made from nothing but words."""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

GROUND, INK, FAINT, ACCENT = "#0e1420", "#f4f1ea", "#8d99ae", "#f2b84b"

# Pillow brings a font for Latin. These are looked for where the system keeps its own, for every other script.
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
_LARGEST, _SMALLEST = 9, 28  # the sizes of a prompt: the shorter side of the card divided by this
_LINE = 1.4  # the height of a line, in sizes of its font
# Where a line may be broken: before a word and, in scripts that put no spaces between words, before a character that
# is no punctuation.
_WORDS = (  # compiled once it is used: that takes longer than all else here at the start
    r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\uffef\U00020000-\U0003ffff][\u3001\u3002\u300d\u300f\uff01\uff09\uff0c\uff1a\uff1b\uff1f]*|[^\s\u2e80-\uffff]+|\S"
)


def card(size: tuple[int, int], title: str, text: str, footer: str) -> Image:
    """Draw a title, a text as large as it fits, and a line at the foot."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - slow to import, and most runs draw nothing

    width, height = size
    unit = min(size) / 100
    margin = 9 * unit
    image = Image.new("RGB", size, GROUND)
    draw = ImageDraw.Draw(image)
    small = _font("", 4 * unit)
    draw.rectangle((margin, margin, margin + 12 * unit, margin + unit), ACCENT)
    draw.text((margin, margin + 4 * unit), _fitting(title, small, width - 2 * margin), FAINT, small)
    draw.text((margin, height - margin - 4 * unit), footer, FAINT, small, anchor="ls")
    top, bottom = margin + 14 * unit, height - margin - 14 * unit
    shown, missing = _shown(" ".join(text.split()))
    note = f"{missing} characters that no font on this machine can show" if missing else ""
    if shown:
        draw.text((margin, bottom + 2 * unit), note, FAINT, _font("", 3 * unit), anchor="ls")
    font, lines = _largest(shown or note, min(size), width - 2 * margin, bottom - top - 6 * unit)
    first = top + (bottom - top - len(lines) * font.size * _LINE) / 2
    for number, line in enumerate(lines):
        draw.text((margin, first + number * font.size * _LINE), line, INK if shown else FAINT, font)
    return image


def _largest(text: str, side: int, width: float, height: float) -> tuple[FreeTypeFont, list[str]]:
    """Return the largest font in which a text fits, and its lines; what fits in none is cut short."""
    part = _LARGEST
    while True:
        font = _font(text, side / part)
        lines, room = list(_lines(text, font, width)), int(height / font.size / _LINE)
        if len(lines) <= room or part == _SMALLEST:
            return font, lines[:room]
        part += 1


def _lines(text: str, font: FreeTypeFont, width: float) -> Iterator[str]:
    line, end = "", 0
    for word in re.finditer(_WORDS, text):
        longer = line + text[end : word.start()] + word[0]
        end = word.end()
        if line and font.getlength(longer) > width:
            yield line
            longer = word[0]
        while font.getlength(longer) > width:  # a word that is longer than a line
            head = _fitting(longer, font, width)
            yield head
            longer = longer[len(head) :]
        line = longer
    yield line


def _fitting(text: str, font: FreeTypeFont, width: float) -> str:
    """Return as much of a text as fits into a line, be it but one character."""
    ends = range(1, len(text) + 1)
    return text[: max(1, bisect_right(ends, width, key=lambda end: font.getlength(text[:end])))]


def _shown(text: str) -> tuple[str, int]:
    """Return what can be shown of a text, and how many characters cannot."""
    name = _best(text)
    shown = "".join(character for character in text if character == " " or _has(name, character))
    return " ".join(shown.split()), len(text) - len(shown)


@functools.lru_cache(maxsize=256)
def _font(text: str, size: float) -> FreeTypeFont:
    return _named(_best(text), round(size))


def _best(text: str) -> str:
    """Return the name of the first font that shows the most of a text; empty for the one that Pillow brings."""
    characters = set(text) - {" "}
    best, most = "", -1
    for name in _names():
        count = sum(_has(name, character) for character in characters)
        if count > most:
            best, most = name, count
        if most == len(characters):
            break
    return best


@functools.cache
def _names() -> tuple[str, ...]:
    """Return the fonts there are; looking for them takes a while."""

    def is_there(name: str) -> bool:
        try:
            _named(name, 20)
        except OSError:
            return False
        return True

    return ("", *filter(is_there, _SYSTEM_FONTS))


def _named(name: str, size: int) -> FreeTypeFont:
    from PIL import ImageFont  # noqa: PLC0415 - as above

    # Without the other layout engine, which is not everywhere.
    if name:
        return ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC)
    bundled: Any = ImageFont.load_default(size)  # another kind of font, where Pillow was built without FreeType
    font: FreeTypeFont = bundled
    return font


@functools.lru_cache(maxsize=4096)
def _has(name: str, character: str) -> bool:
    """Whether a font has a character, and not the box that stands for those it has not."""
    font: Any = _named(name, 20)  # whose masks have no types
    return bytes(font.getmask(character)) != bytes(font.getmask("\U0010fffe"))
