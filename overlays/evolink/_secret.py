"""The API key: kept out of representations, and found in text however JSON and percent-encoding spell it."""

from __future__ import annotations

import re

# At most this many backslashes or nested percent signs: without a bound, a long row of them would take minutes.
_MANY = 16


def spellings(key: str) -> str:
    """Return a regular expression that matches a key of ASCII characters in every spelling, each character on its own.

    A character may stand as it is, be escaped in JSON (also in JSON within JSON), be percent-encoded (also twice, or
    with escaped signs and digits), or be a character reference of HTML.
    """
    return "".join(map(_character, key))


def _character(character: str) -> str:
    code = ord(character)
    digits = "".join(map(_digit, f"{code:02x}"))
    nested = f"(?:{_digit('2')}{_digit('5')}){{0,{_MANY}}}"
    percent = f"%{nested}{digits}|{_escaped(0x25)}{nested}{digits}"
    reference = f"&#0{{0,5}}{code};|&#[xX]0{{0,5}}{_hexadecimal(code)};"
    short = f"|{_BACKSLASHES}{re.escape(character)}" if character in '"\\/' else ""
    return f"(?:{re.escape(character)}|{percent}|{_escaped(code)}|{reference}{short})"


# Begins with one literal backslash, so that the search can skip to the characters with which a spelling may begin.
_BACKSLASHES = rf"\\(?:\\){{0,{_MANY}}}"


def _escaped(code: int) -> str:
    return f"{_BACKSLASHES}u00{_hexadecimal(code)}"


def _hexadecimal(code: int) -> str:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{code:02x}")


def _digit(digit: str) -> str:
    """Return the spellings of a hexadecimal digit."""
    cases = dict.fromkeys((digit, digit.upper()))
    return f"(?:{'|'.join([*cases, *(_escaped(ord(case)) for case in cases)])})"


class Secret:
    """An API key that does not appear in representations, logs or tracebacks."""

    __slots__ = ("_compiled", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._compiled: re.Pattern[str] | None = None

    def __repr__(self) -> str:
        return "***"

    def bearer(self) -> str:
        """Return the value of the `Authorization` header."""
        return f"Bearer {self._text}"

    def redact(self, text: str) -> str:
        """Return `text` with the key replaced by `***`, however it is spelled."""
        text = text.replace(self._text, "***")
        return self._pattern.sub("***", text) if "\\" in text or "%" in text or "&#" in text else text

    def redact_bytes(self, content: bytes) -> bytes:
        """Return `content` with the key replaced by `***`, however it is spelled. JSON stays JSON."""
        text = content.decode("latin-1")
        redacted = self.redact(text)
        return content if redacted == text else redacted.encode("latin-1")

    def redact_error(self, error: BaseException) -> None:
        """Remove the key from an exception and from all that caused it: a library quotes what a server has sent."""
        seen: set[int] = set()
        waiting: list[BaseException | None] = [error]
        while waiting:
            each = waiting.pop()
            if each is None or id(each) in seen:
                continue
            seen.add(id(each))
            waiting += [each.__cause__, each.__context__]
            each.args = tuple(map(self._redact_argument, each.args))

    def _redact_argument(self, argument: object) -> object:
        text = argument if isinstance(argument, str) else repr(argument)
        redacted = self.redact(text)
        return argument if redacted == text else redacted

    @property
    def _pattern(self) -> re.Pattern[str]:
        if self._compiled is None:  # takes 30 ms, and most responses need none
            self._compiled = re.compile(spellings(self._text))
        return self._compiled
