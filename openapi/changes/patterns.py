"""Decides whether one regular expression matches every text that another one matches.

Patterns are read as JSON Schema reads them: with the syntax of ECMA 262, and not anchored. Lookarounds, back
references, word boundaries and Unicode properties are not decided.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

MAX_STATES = 4000  # of one pattern, and of two patterns together; a larger comparison is not decided
MAX_CHARACTER = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]
"""A set of characters: ranges of code points that include both ends."""

ANY: Ranges = ((0, MAX_CHARACTER),)
LINE_ENDS: Ranges = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
CLASSES: dict[str, Ranges] = {
    "d": ((0x30, 0x39),),
    "w": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
    "s": (
        (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029),
        (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF),
    ),
}  # fmt: skip
CONTROLS = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D}
QUANTIFIERS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class UndecidedError(Exception):
    """A pattern uses syntax that this module does not decide, or is too large."""


@lru_cache(maxsize=4096)
def is_included(inner: str, outer: str) -> bool:
    """Return whether `outer` certainly matches every text that `inner` matches."""
    try:
        return inner == outer or _is_included(_automaton(inner), _automaton(outer))
    except (UndecidedError, RecursionError):
        return False


def _is_included(inner: _Automaton, outer: _Automaton) -> bool:
    # One character stands for all characters that neither pattern tells apart.
    alphabet = sorted({0} | inner.boundaries() | outer.boundaries())
    reached: set[tuple[frozenset[int], frozenset[int], bool]] = {(inner.initial(), outer.initial(), True)}
    todo = list(reached)
    while todo:
        left, right, at_start = todo.pop()
        if inner.accepts(left, at_start=at_start) and not outer.accepts(right, at_start=at_start):
            return False
        for character in alphabet:
            following = (inner.after(left, character), outer.after(right, character), False)
            if following not in reached:
                if len(reached) >= MAX_STATES:
                    raise UndecidedError
                reached.add(following)
                todo.append(following)
    return True


# --- reading a pattern


@dataclass(frozen=True)
class _Characters:
    """One character out of a set."""

    ranges: Ranges


@dataclass(frozen=True)
class _Anchor:
    """The start (`^`) or the end (`$`) of the text."""

    place: str


@dataclass(frozen=True)
class _Repetition:
    """A part that is repeated, without an upper limit if `high` is None."""

    part: _Node
    low: int
    high: int | None


@dataclass(frozen=True)
class _Choice:
    """One of several sequences of parts."""

    sequences: tuple[tuple[_Node, ...], ...]


_Node = _Characters | _Anchor | _Repetition | _Choice


class _Parser:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._rest = pattern

    def pattern(self) -> _Choice:
        choice = self._choice()
        if self._rest:
            raise UndecidedError
        return choice

    def _take(self, expression: str) -> re.Match[str] | None:
        """Read what the expression matches at the current place, if it does."""
        match = re.match(expression, self._rest, re.DOTALL | re.ASCII)
        self._rest = self._rest[match.end() :] if match else self._rest
        return match

    def _taken(self, expression: str) -> re.Match[str]:
        if (match := self._take(expression)) is None:
            raise UndecidedError
        return match

    def _choice(self) -> _Choice:
        sequences = [self._sequence()]
        while self._take(r"\|"):
            sequences.append(self._sequence())
        return _Choice(tuple(sequences))

    def _sequence(self) -> tuple[_Node, ...]:
        parts: list[_Node] = []
        while self._rest and self._rest[0] not in "|)":
            part = self._part()
            quantifier = self._take(r"(?:([*+?])|\{(\d{1,5})(,?)(\d{1,5})?\})\??")
            if quantifier is not None:
                if isinstance(part, _Anchor):
                    raise UndecidedError
                part = _Repetition(part, *_limits(quantifier))
            parts.append(part)
        return tuple(parts)

    def _part(self) -> _Node:
        if self._take(r"\((?:\?:|\?<[A-Za-z_]\w*>|(?!\?))"):
            choice = self._choice()
            self._taken(r"\)")
            return choice
        if match := self._take(r"[\^$]"):
            return _Anchor(match[0])
        if self._take(r"\."):
            return _Characters(_complement(LINE_ENDS))
        if match := self._take(r"\[(\^?)"):
            ranges = self._class()
            return _Characters(_complement(ranges) if match[1] else ranges)
        return _Characters(self._character(r"[^\\*+?(){}\[\]|]"))

    def _class(self) -> Ranges:
        ranges: list[tuple[int, int]] = []
        while not self._take(r"\]"):
            low = self._character(r"[^\\\[]")
            if self._take(r"-(?!\])"):
                high = self._character(r"[^\\\[]")
                if not _is_single(low) or not _is_single(high) or low > high:
                    raise UndecidedError
                ranges.append((low[0][0], high[0][0]))
            else:
                ranges += low
        return tuple(ranges)

    def _character(self, literal: str) -> Ranges:
        """Read one character, or an escape that stands for one or several."""
        if match := self._take(literal):
            return _single(ord(match[0]))
        if match := self._take(r"\\([dwsDWS])"):
            ranges = CLASSES[match[1].lower()]
            return _complement(ranges) if match[1].isupper() else ranges
        if match := self._take(r"\\([tnvfr])"):
            return _single(CONTROLS[match[1]])
        if match := self._take(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\})"):
            code = int(match[1] or match[2] or match[3], 16)
            if code > MAX_CHARACTER or 0xD800 <= code <= 0xDFFF:
                raise UndecidedError
            return _single(code)
        if match := self._take(r"\\0(?!\d)"):
            return _single(0)
        return _single(ord(self._taken(r"\\([^A-Za-z0-9])")[1]))


def _limits(quantifier: re.Match[str]) -> tuple[int, int | None]:
    sign, low, comma, high = quantifier.groups()
    if sign:
        return QUANTIFIERS[sign]
    if high is not None and (not comma or int(high) < int(low)):
        raise UndecidedError
    return int(low), int(high) if high is not None else None if comma else int(low)


def _single(code: int) -> Ranges:
    return ((code, code),)


def _is_single(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _complement(ranges: Ranges) -> Ranges:
    result: list[tuple[int, int]] = []
    following = 0
    for low, high in sorted(ranges):
        if low > following:
            result.append((following, low - 1))
        following = max(following, high + 1)
    if following <= MAX_CHARACTER:
        result.append((following, MAX_CHARACTER))
    return tuple(result)


# --- matching a pattern


@dataclass(frozen=True)
class _Step:
    """A step from one state to another.

    Attributes:
        target: The state after the step.
        reads: The characters of which the step reads one. None if it reads nothing.
        place: `^` or `$` if the step is possible only at the start or at the end of the text.
    """

    target: int
    reads: Ranges | None = None
    place: str = ""


class _Automaton:
    """A nondeterministic automaton that accepts the texts in which a pattern matches."""

    def __init__(self, node: _Choice) -> None:
        self._steps: list[list[_Step]] = [[]]
        self._known: dict[tuple[frozenset[int], int], frozenset[int]] = {}
        self._step(0, 0, ANY)  # a match may begin anywhere
        self._end = self._add(0, node)
        self._step(self._end, self._end, ANY)  # ... and end anywhere

    def initial(self) -> frozenset[int]:
        """Return the states before the first character."""
        return self._reach({0}, "^")

    def after(self, states: frozenset[int], character: int) -> frozenset[int]:
        """Return the states after one more character."""
        if (states, character) not in self._known:
            steps = [step for state in states for step in self._steps[state] if step.reads is not None]
            targets = {step.target for step in steps if any(low <= character <= high for low, high in step.reads or ())}
            self._known[states, character] = self._reach(targets, "")
        return self._known[states, character]

    def accepts(self, states: frozenset[int], *, at_start: bool) -> bool:
        """Return whether a text that ends here is accepted. `at_start` says that it is empty."""
        return self._end in self._reach(set(states), "^$" if at_start else "$")

    def boundaries(self) -> set[int]:
        """Return the first character of every range of characters that the pattern does not tell apart."""
        ranges = [pair for steps in self._steps for step in steps for pair in step.reads or ()]
        return {low for low, _ in ranges} | {high + 1 for _, high in ranges if high < MAX_CHARACTER}

    def _reach(self, states: set[int], places: str) -> frozenset[int]:
        """Add every state that can be reached without reading a character."""
        todo = list(states)
        while todo:
            for step in self._steps[todo.pop()]:
                if step.reads is None and step.target not in states and (not step.place or step.place in places):
                    states.add(step.target)
                    todo.append(step.target)
        return frozenset(states)

    def _state(self) -> int:
        if len(self._steps) >= MAX_STATES:
            raise UndecidedError
        self._steps.append([])
        return len(self._steps) - 1

    def _step(self, start: int, target: int, reads: Ranges | None = None, place: str = "") -> int:
        self._steps[start].append(_Step(target, reads, place))
        return target

    def _add(self, start: int, node: _Node) -> int:
        """Add the states of a part that begins in the state `start`, and return the state after it."""
        if isinstance(node, _Characters):
            return self._step(start, self._state(), node.ranges)
        if isinstance(node, _Anchor):
            return self._step(start, self._state(), place=node.place)
        if isinstance(node, _Repetition):
            return self._repeat(start, node)
        end = self._state()
        for sequence in node.sequences:
            state = start
            for part in sequence:
                state = self._add(state, part)
            self._step(state, end)
        return end

    def _repeat(self, start: int, node: _Repetition) -> int:
        for _ in range(node.low):
            start = self._add(start, node.part)
        end = self._state()
        if node.high is None:
            loop = self._step(start, self._state())
            self._step(self._add(loop, node.part), loop)
            self._step(loop, end)
            return end
        self._step(start, end)
        for _ in range(node.high - node.low):
            start = self._add(start, node.part)
            self._step(start, end)
        return end


@lru_cache(maxsize=64)
def _automaton(pattern: str) -> _Automaton:
    return _Automaton(_Parser(pattern).pattern())
