"""Expands the table of a model's fields into rows: one for each statement that the table makes.

A row has the same form as one that is written by hand, and the same reader. `documented/README.md` explains the table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import bundle
from contract_suite.rules.changes import change_at
from contract_suite.rules.file_limits import file_limits
from contract_suite.rules.response_rows import response_rows
from contract_suite.rules.words import ends, items_text, joined, range_text, value_text

Row = dict[str, Any]
Rows = Iterator[tuple[str, Row]]

MOST_VALUES = 16
"""The number of values up to which every value of a range of integers is tried."""

KEYS = ("request", "fields", "unknown_fields", "billing", "response")
"""The keys of a file in short form that rows are derived from."""

SCRIPTS = ("a", "猫", "😀")
"""Characters that take one, three and four bytes. Each of them counts once."""

FORMS = ("text", "values", "integer", "number", "urls", "objects", "map", "type")
"""The keys of a line of the table that give the form of the field. Each line has one of them."""

MEDIA = ("image", "video", "audio", "document")

WRONG_VALUES: dict[str, list[Any]] = {
    "string": [None, 5, True, ["text"], {"text": "text"}],
    "integer": ["5", 5.5, True, None, [5], {"value": 5}],
    "number": ["5", True, None, [5], {"value": 5}],
    "boolean": ["true", 1, 0, None, [True], {"value": True}],
    "array": ["https://media.invalid/1", None, {"url": "https://media.invalid/1"}, True, 5],
    "object": [None, "text", ["text"], 5, True],
}
"""Values of other types than the named one."""

UNITS = {
    "call": "A task costs the same, whatever the length of its video.",
    "token": "A task is charged for the tokens that it takes.",
    "unknown": "No page says what a task is charged for.",
}
"""What the rows on charges say about a task that is not charged by the second."""

FETCHABLE = (
    "http://media.invalid/1",
    "HTTPS://MEDIA.INVALID/1",
    "https://media.invalid:8443/1?size=large#top",
    "https://media.invalid/file%201",
    "https://user:word@media.invalid/1",
    "https://[2001:db8::1]/1",
    "https://[::ffff:192.0.2.1]/1",
    "https://media.invalid",
    "https://media.invalid?size=large",
    "https://media.invalid#top",
)
NOT_FETCHABLE = (
    "ftp://media.invalid/1",
    "xhttps://media.invalid/1",
    "data:image/png;base64,iVBORw0KGgo=",
    "file:///home/user/1",
    "https:///1",
    "https://user:word@/1",
)
NOT_A_URL = ("https://media.invalid/file 1", "file1", "")


OF_OTHERS = (
    ("360p", "480p", "720p", "1080p", "4k"),
    ("16:9", "1:1", "21:9", "3:2", "auto", "adaptive"),
    ("mp4", "mov", "webm"),
)
"""Values that some models allow in a field and others do not."""

ENCODED = ("data:image/png;base64,iVBORw0KGgo=", "iVBORw0KGgoAAAANSUhEUg==", "iVBORw0K+goA", "iVBORw0K/goA")
"""Files in the request itself, where a page allows that: a data URL, and base64."""


def like(other: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return the file of a model that is like another one: the other file, with what the model's own file says instead.

    The keys of `request`, `billing` and `response`, and those of each line of `fields`, replace the other ones, and so
    does a row of `rules`. `null` removes a key, a line or a derived row.
    """
    file = {**other, **own, "request": _merged(other["request"], {"model": own["title"], **own.get("request", {})})}
    for key in ("billing", "response"):
        file[key] = _merged(other.get(key), own.get(key, {}))
    file["rules"] = {**other.get("rules", {}), **own.get("rules", {})}
    lines: dict[str, Any] = own.get("fields", {})
    fields: dict[str, Any] = {name: _merged(other["fields"].get(name), line) for name, line in lines.items()}
    file["fields"] = _merged(other["fields"], fields)
    return {key: value for key, value in file.items() if key != "like" and value not in ({}, None)}


def _merged(before: Any, changes: Any) -> Any:
    """Return an object with changes to its keys, of which a change to null removes one, or the changes themselves."""
    if not (bundle.is_object(before) and bundle.is_object(changes)):
        return changes
    return {name: value for name, value in {**before, **changes}.items() if value is not None}


def expand(file: dict[str, Any]) -> tuple[dict[str, Row], set[str]]:
    """Return the rows of a file with a table by their ids, and the ids of those that are derived from the table.

    A row that is written out replaces the one of the table with the same id. A row that is null removes it. In a file
    with a table, the ids are written without the model, with which they begin.

    Raises:
        ValueError: A line of the table is contradictory. The message names the field.
    """
    start = prefix(file)
    written: dict[str, Row | None] = file.get("rules", {})
    rows: dict[str, Row | None] = {**dict(_rows_of_table(file)), **written}
    named = {start + name: row for name, row in rows.items() if row is not None}
    return named, named.keys() - {start + name for name in written}


def prefix(file: dict[str, Any]) -> str:
    """Return what the ids of all rules of a file with a table begin with."""
    return f"{file['request']['model'].lower()}."


def _rows_of_table(file: dict[str, Any]) -> Rows:
    model: str = file["request"]["model"]
    yield "smallest-request", {"says": "A request with only the required fields is accepted.", "accepts": [{}]}
    yield from _model_rows(model)
    fields: dict[str, Any] = file["fields"]
    parents = [name for name in dict.fromkeys(name.rpartition(".")[0] for name in fields) if name and name[-1] != "]"]
    for parent in parents:
        yield f"{parent}.type", _type_row(parent, "object", partial(change_at, parent))
    for name, spec in fields.items():
        of_list = name.partition("[]")[0]
        field = _Field(name, spec, fields[of_list]) if of_list != name else _Field(name, spec)
        for rule, row in field.rows():
            yield f"{field.name}.{rule}", row
        if "task" in spec:
            yield f"{name}.task", _task_row(model, name, spec["task"])
        if name in file["request"] and not spec.get("required"):
            says = f"`{name}` is optional."
            yield f"{name}.optional", {"says": says, "field": name, "accepts": [{name: {"absent": True}}]}
    yield from _unknown_fields(file, parents)
    yield from _billing_rows(file)
    yield from response_rows(model, file.get("response", {}))


def _task_row(model: str, name: str, task: dict[str, Any]) -> Row:
    what = "completed draft" if "draft" in task else "completed task"
    return {
        "says": f"`{name}` is the id of an own {what} of {joined(task['models'])}.",
        "unseen": "no run has such a task, and the page does not say what happens to others",
        "states": {"model": model, "field": name, "task": task},
    }


def _model_rows(model: str) -> Rows:
    rejects = [model.upper() if model != model.upper() else model.lower(), model[:-1], f"{model} ", f"{model}-2", ""]
    yield "model.required", {
        "says": "A request must name its model.", "field": "model", "rejects": [{"model": {"absent": True}}],
    }  # fmt: skip
    yield "model.type", _type_row("model", "string", partial(change_at, "model"))
    yield (
        "model.value",
        {
            "says": "The model is exactly the id of this page. Any other spelling is rejected.",
            "field": "model",
            "status": [400, 404],
            "accepts": [{"model": model}],
            "rejects": [{"model": value} for value in rejects],
        },
    )
    yield "model.default", {
        "says": "The default of the model field is the model's own id.", "field": "model", "default": model,
    }  # fmt: skip


def _unknown_fields(file: dict[str, Any], parents: list[str]) -> Rows:
    changes: list[Any] = [{"made_up": {"deeply": ["nested"]}}, {"made_up": None}]
    for parent in parents:
        beside = next(spec.get("beside", {}) for name, spec in file["fields"].items() if name.startswith(f"{parent}."))
        changes.append(_both(beside, change_at(f"{parent}.made_up", 5)))
    lists = {name: spec for name, spec in file["fields"].items() if "objects" in spec}
    for name, spec in lists.items():
        changes.append(_both(spec.get("beside", {}), change_at(name, [{**spec["item"], "made_up": 5}])))
    if file.get("unknown_fields") == "refused":
        yield (
            "unknown-fields",
            {
                "says": "A field that the page does not describe is rejected.",
                "field": ["made_up", *(f"{place}.made_up" for place in (*parents, *lists))],
                "rejects": changes,
            },
        )
    else:
        yield (
            "unknown-fields",
            _inferred(
                "A field that the page does not describe is not a reason to reject a request.",
                "No page says that such fields are rejected.",
                accepts=changes,
            ),
        )


def _billing_rows(file: dict[str, Any]) -> Rows:
    """Yield the rows on charges: what is counted, failed tasks, and fields that raise the price."""
    billing: dict[str, Any] = file.get("billing", {})
    if "unit" in billing:
        yield "billing.unit", {"says": UNITS[billing["unit"]], "unit": billing["unit"]}
    reserved = billing.get("reserved")
    if bundle.is_object(reserved):
        cases = list(_cases_of_file(file["fields"], reserved))
        says = f"Credits are reserved for the length of `{reserved['file']}`."
        yield "billing.reserved", {"says": says, "field": reserved["file"], "billing": cases}
        settled = next((case for case in cases if case["input_seconds"] == [case["reserved_seconds"]]), cases[0])
    else:
        spec: dict[str, Any] = file["fields"].get("duration", {})
        cases = [
            {"request": {"duration": value}, "reserved_seconds": value}
            for value in ends(spec.get("integer") or spec.get("number") or spec.get("values", [None, None]))
        ]
        row: Row = {
            "says": "Credits are reserved for the requested duration.", "field": "duration", "billing": cases,
        }  # fmt: skip
        if reserved == "inferred":
            because = "The page states the charge for produced seconds, and the response shows reserved credits."
            row |= {"certainty": "inferred", "because": because}
        if reserved is not None:
            yield "billing.reserved", row
        settled = cases[0]
    yield from _settlement_rows(billing, settled, cases[-1])
    longest = {name: value for name, value in cases[-1]["request"].items() if name == "duration"}
    for name, values in billing.get("dearer", {}).items():
        for less, more in pairwise(values):
            yield (
                f"billing.dearer-{name}-{value_text(more)}".lower(),
                {
                    "says": f"A video with `{name}` {value_text(more)} costs more than one with {value_text(less)}.",
                    # A short video may cost the smallest price at either value.
                    "dearer": {
                        "than": {**change_at(name, less), **longest},
                        "is": {**change_at(name, more), **longest},
                    },
                },
            )


def _cases_of_file(fields: dict[str, Any], reserved: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the cases of a charge for the length of a file, one for each length."""
    name = reserved["file"]
    url = "https://media.invalid/1"
    request = change_at(name, url if fields[name].get("type") == "url" else [url])
    for seconds, charged in reserved["seconds"].items():
        yield {"request": request, "files": name, "input_seconds": [float(seconds)], "reserved_seconds": charged}


def _settlement_rows(billing: dict[str, Any], settled: dict[str, Any], longest: dict[str, Any]) -> Rows:
    if billing.get("settled"):
        of_input = billing["settled"] == "input"
        case = {key: value for key, value in settled.items() if key != "reserved_seconds"}
        case |= {"outcome": "completed", "settled_seconds": settled["reserved_seconds"]}
        says = "for the length of the input" if of_input else "for the seconds that were produced"
        yield (
            "billing.settled",
            {
                "says": f"The charge is settled {says}.",
                "billing": [case | ({"settled_on": "input"} if of_input else {})],
            },
        )
    if billing.get("failed") == "free":
        case = {key: value for key, value in longest.items() if key != "reserved_seconds"}
        yield (
            "billing.only-on-success",
            {"says": "A failed task costs nothing.", "billing": [{**case, "outcome": "failed", "settled_seconds": 0}]},
        )


class _Field:
    """A field of a request and its line of the table. The line of its list is given for a field of a list's items."""

    def __init__(self, name: str, spec: dict[str, Any], of_list: dict[str, Any] | None = None) -> None:
        forms = [form for form in FORMS if form in spec]
        if len(forms) != 1:
            found = " and ".join(forms) or "none"
            raise ValueError(f"{name}: exactly one of {', '.join(FORMS)} is required, but there is {found}")
        self.name = name.replace("[]", "")
        self._place = name
        self._spec = spec
        self._item: dict[str, Any] = (of_list or spec).get("item", {})
        self._beside: dict[str, Any] = (of_list or spec).get("beside", {})

    def rows(self) -> Rows:
        """Yield the rows of the field, without the prefix of their ids."""
        yield from self._presence_rows()
        wrong = WRONG_VALUES["number" if "fraction" in self._spec else type_of(self._spec)]
        if bundle.is_array(bounds := self._spec.get("integer")):
            # A fraction within the range, because the range itself refuses one outside.
            wrong = [_middle(*ends(bounds)) + 0.5 if isinstance(value, float) else value for value in wrong]
        others = [value for value in self._spec.get("also", []) if isinstance(value, str)]
        yield "type", _type_row(self.name, type_of(self._spec), self._change, wrong, others)
        if others:
            yield "type.text", self._acceptance(f"`{self.name}` may be a text.", others) | {"type": "string"}
        for key, rows in (
            ("text", self._text_rows),
            ("values", self._value_rows),
            ("integer", self._range_rows),
            ("number", self._range_rows),
            ("urls", self._url_list_rows),
            ("objects", self._object_list_rows),
            ("url", self._url_rows),
            ("map", self._map_rows),
        ):
            if key in self._spec or self._spec.get("type") == key == "url":
                yield from rows()
        if type_of(self._spec) == "boolean":
            yield "values", self._acceptance(f"`{self.name}` is true or false.", [True, False])
        for kind in MEDIA:
            if kind in self._spec:
                yield from self._file_rows(kind, self._spec[kind])
        if "default" in self._spec:
            yield (
                "default",
                {
                    "says": f"The default of `{self.name}` is {value_text(self._spec['default'])}.",
                    "field": self.name,
                    "default": self._spec["default"],
                },
            )

    def _presence_rows(self) -> Rows:
        if self._spec.get("required"):
            yield "required", self._refusal(f"A request must contain `{self.name}`.", [{"absent": True}])
        elif "[]" in self._place:
            accepted = _without_says(self._acceptance("", [{"absent": True}]))
            because = "The page does not mark the field as required."
            yield "optional", _inferred(f"An item without `{self.name}` is accepted.", because, **accepted)

    def _change(self, value: Any) -> dict[str, Any]:
        name, _, of_item = self._place.partition("[].")
        return _both(
            self._beside, change_at(name, [_both(self._item, change_at(of_item, value))] if of_item else value)
        )

    def _acceptance(self, says: str, values: list[Any]) -> Row:
        return {"says": says, "field": self.name, "accepts": [self._change(value) for value in values]}

    def _refusal(self, says: str, values: list[Any]) -> Row:
        return {"says": says, "field": self.name, "rejects": [self._change(value) for value in values]}

    def _beyond(self, rule: str, accepted: Row, others: list[Any], noun: str, because: str, default: str) -> Rows:
        """Yield what happens beyond a limit or a list: in the same row if it is refused, else in a row of its own."""
        beyond = self._spec.get("beyond", default)
        if beyond == "refused":
            yield rule, accepted | self._refusal(accepted["says"], others)
            return
        yield rule, accepted
        if beyond == "unstated":
            says = f"{noun} is rejected."
            yield f"{rule}.beyond", _inferred(says, because, **_without_says(self._refusal(says, others)))
        elif beyond in ("cut", "ignored"):
            effect = "is cut off without an error" if beyond == "cut" else "is accepted and ignored"
            yield (
                f"{rule}.beyond",
                {
                    "says": f"{noun} {effect}.",
                    "field": self.name,
                    "ignored": [self._change(value) for value in others],
                    "accepts": accepted["accepts"],
                },
            )

    def _text_rows(self) -> Rows:
        if "empty" in self._spec:
            says = f"`{self.name}` is not empty."
            row = self._acceptance(says, ["a"]) | self._refusal(says, [""])
            if self._spec["empty"] == "unstated":
                because = "The page says so. It does not say what happens to an empty text."
                row |= {"certainty": "inferred", "because": because}
            yield "not-empty", row
        if "tokens" in self._spec:
            yield from self._token_rows(self._spec["tokens"])
        limit = self._spec["text"]
        if limit == "any":
            if "tokens" not in self._spec:
                yield "any-script", self._acceptance(f"`{self.name}` may be a text in any script.", [*SCRIPTS])
            return
        if "chinese" in self._spec:
            yield from self._script_rows(self._spec["chinese"], limit)
            return
        says = f"`{self.name}` has at most {limit} characters. A character counts once, however many bytes it takes."
        noun = f"Text of `{self.name}` beyond {limit} characters"
        because = "The page gives the limit. It does not say if a longer text is rejected or cut."
        at_limit, longer = ([{"repeat": character, "times": limit + over} for character in SCRIPTS] for over in (0, 1))
        yield from self._beyond("max-length", self._acceptance(says, at_limit), longer, noun, because, "unstated")

    def _token_rows(self, tokens: int) -> Rows:
        """Yield the limit of a text in tokens. A text of more characters may have too many, and is accepted."""
        accepted = _without_says(self._acceptance("", [{"repeat": "猫", "times": tokens}]))
        longer = [self._change({"repeat": "a", "times": tokens + 1})]
        says = f"`{self.name}` has at most {tokens} tokens. A text of more characters may have more."
        because = "The page counts tokens, which only EvoLink can count. It does not say what happens to a longer text."
        yield "max-tokens", _inferred(says, because, **accepted, tokens=longer)

    def _script_rows(self, chinese: int, other: int) -> Rows:
        """Yield the limits of a text that has another limit for Chinese characters."""
        says = f"`{self.name}` has at most {chinese} Chinese or {other} other characters."
        at_limit, longer = (
            [{"repeat": character, "times": (chinese if character == "猫" else other) + over} for character in SCRIPTS]
            for over in (0, 1)
        )
        noun = f"Text of `{self.name}` beyond the limits"
        because = "The page gives the limits. It does not say if a longer text is rejected or cut."
        yield from self._beyond("max-length", self._acceptance(says, at_limit), longer, noun, because, "unstated")

    def _value_rows(self) -> Rows:
        values: list[Any] = self._spec["values"]
        says = f"`{self.name}` is {joined(values)}."
        noun = f"Another value of `{self.name}`"
        because = "The prose of the page lists the values. Its schema allows any of this type."
        others = [*unlisted(values), *_values_of_others(values)]
        yield from self._beyond("values", self._acceptance(says, values), others, noun, because, "refused")

    def _range_rows(self) -> Rows:
        is_integer = "integer" in self._spec
        low, high = ends(self._spec["integer" if is_integer else "number"])
        also: list[Any] = self._spec.get("also", [])
        accepted = [*tried(low, high), *(value for value in also)]
        says = f"`{self.name}` is {range_text(low, high)}{''.join(f', or {value}' for value in also)}."
        noun = f"Another value of `{self.name}`"
        row = self._acceptance(says, accepted)
        outer_low, outer_high = ends(self._spec.get("schema", [low, high]))
        texts: list[Any] = [value for value in also if isinstance(value, str)]
        beside = [near for value in also if value not in texts for near in (value - 1, value + 1)]
        outside = [*_below(outer_low), *_above(outer_high)]
        outside += [near for near in beside if near not in outside and not outer_low <= near <= outer_high]
        outside += unlisted(texts) if texts else []
        if "schema" in self._spec:
            inside = [value for value in (*_below(low), *_above(high)) if outer_low <= value <= outer_high]
            inside = [value for value in inside if value not in also]
            yield "range", row | self._refusal(says, [value for value in outside if value not in also])
            because = f"The prose of the page gives this range. Its schema allows {range_text(outer_low, outer_high)}."
            yield (
                "range.beyond",
                _inferred(
                    f"{noun} that the schema of the page allows is rejected.",
                    because,
                    **_without_says(self._refusal("", inside)),
                ),
            )
        else:
            because = "The prose of the page gives the range. Its schema has no bounds."
            others = [value for value in outside if value not in also]
            yield from self._beyond("range", row, others, noun, because, "refused")
        fraction = [_middle(low, high) + 0.5]
        if not is_integer:
            yield "fraction", self._acceptance(f"`{self.name}` may have a fraction.", fraction)
        elif "fraction" in self._spec:
            says = f"`{self.name}` has no fraction."
            because = "The prose of the page says integer. Its schema says number."
            yield "fraction", _inferred(says, because, **_without_says(self._refusal(says, fraction)))

    def _url_list_rows(self) -> Rows:
        yield from self._count_rows(self._spec["urls"], _urls, [_urls(1) * 2])
        yield (
            "item-type",
            self._refusal(
                f"An item of `{self.name}` is a string.", [[None], [1], [True], [{"url": _urls(1)[0]}], [_urls(1)]]
            )
            | {"type": {"items": "string"}},
        )
        yield from self._url_forms("An item of", lambda url: [url])

    def _object_list_rows(self) -> Rows:
        yield from self._count_rows(self._spec["objects"], lambda count: [self._item] * count, [])
        wrong = [[value] for value in WRONG_VALUES["object"]]
        says = f"An item of `{self.name}` is an object."
        yield "item-type", self._refusal(says, wrong) | {"type": {"items": "object"}}

    def _count_rows(self, spec: Any, items: Callable[[int], list[Any]], repeated: list[list[Any]]) -> Rows:
        """Yield how many items a list has. `repeated` holds a list of two equal items, if that may be tried."""
        low, high = spec if bundle.is_array(spec) else (None, None if spec == "any" else spec)
        if high is not None:
            count = "one item" if high == 1 else f"{high} items"
            accepted = [items(number) for number in dict.fromkeys((low or 1, high))]
            if high > 1:
                accepted += repeated
            says = f"`{self.name}` has at most {count}."
            because = "The page gives the largest number in prose. Its schema has none."
            others = [items(high + 1), *(items(1) * (high + 1) for _ in repeated)]
            yield from self._beyond(
                "max-items", self._acceptance(says, accepted), others, f"A longer list in `{self.name}`", because,
                "refused",
            )  # fmt: skip
        else:
            yield (
                "max-items",
                _inferred(
                    f"`{self.name}` has no largest number of items of its own.",
                    "The page gives none.",
                    **_without_says(self._acceptance("", [items(1), items(2), *repeated])),
                ),
            )
        if low:
            rejects = [items(number) for number in {0, low - 1}]
            yield "min-items", self._refusal(f"`{self.name}` has at least {items_text(low)}.", rejects)
        elif low == 0:
            yield "min-items", self._acceptance(f"An empty list in `{self.name}` is accepted.", [[]])
        elif self._spec.get("required"):
            yield (
                "min-items",
                _inferred(
                    f"An empty list in `{self.name}` is rejected.",
                    "The list is required. The page gives no smallest number.",
                    **_without_says(self._refusal("", [[]])),
                ),
            )
        else:
            yield (
                "min-items",
                _inferred(
                    f"An empty list in `{self.name}` is accepted.",
                    "The list is optional, and the page gives no smallest number.",
                    **_without_says(self._acceptance("", [[]])),
                ),
            )

    def _url_rows(self) -> Rows:
        yield from self._url_forms("", lambda url: url)

    def _map_rows(self) -> Rows:
        spec: dict[str, Any] = self._spec["map"]
        keys: list[str] = spec["keys"]
        urls = dict(zip(keys, _urls(len(keys)), strict=True))
        yield "keys", {
            **self._acceptance(f"The keys of `{self.name}` have the form of {joined(keys[:2])}.", [
                *({key: url} for key, url in urls.items()), urls,
            ]),
            **_without_says(self._refusal("", [{key: _urls(1)[0]} for key in spec["other_keys"]])),
        }  # fmt: skip
        yield (
            "item-type",
            self._refusal(
                f"A value of `{self.name}` is a string.", [{keys[0]: None}, {keys[0]: 1}, {keys[0]: _urls(1)}]
            ),
        )
        yield from self._url_forms("A value of", lambda url: {keys[0]: url})

    def _url_forms(self, what: str, value: Callable[[str], Any]) -> Rows:
        subject = f"{what} `{self.name}`".strip()
        if self._spec.get("encoded"):
            says = f"{subject} is an http or https URL, a data URL, or base64."
            yield "forms", self._acceptance(says, [value(file) for file in (*FETCHABLE, *ENCODED)])
            forms = (*NOT_FETCHABLE, NOT_A_URL[0], "", f"x{ENCODED[0]}")
            others = [value(form) for form in forms if not form.startswith("data:")]
            because = "The page lists the forms. It does not say what happens to another one."
            yield "forms.beyond", _inferred(f"Another form of {subject[0].lower()}{subject[1:]} is rejected.", because,
                                            **_without_says(self._refusal("", others)))  # fmt: skip
            return
        yield "uri", self._refusal(f"{subject} is a valid URL.", [value(url) for url in NOT_A_URL])
        row = self._acceptance("", [value(url) for url in FETCHABLE])
        row |= self._refusal(f"{subject} is an http or https URL with a host.", [value(url) for url in NOT_FETCHABLE])
        if self._spec.get("schemes") != "documented":
            because = "The pages say that the server must be able to open the URL. They do not name a scheme."
            row |= {"certainty": "inferred", "because": because}
        yield "fetchable", row

    # --- files

    def _file_rows(self, kind: str, limits: dict[str, Any]) -> Rows:
        for rule, says, accepts, rejects in file_limits(kind, limits, self._most_files()):
            files: Row = {"accepts": [self._files(case) for case in accepts]}
            files["rejects"] = [self._files(case) for case in rejects]
            row: Row = {"says": says, "field": self.name, "files": files}
            if rule == "size":
                because = f"The page says {limits['mb']}MB. We count a megabyte as 1,048,576 bytes."
                row |= {"certainty": "inferred", "because": because}
            yield f"file.{rule}", row

    def _most_files(self) -> float:
        spec: Any = self._spec.get("urls", 1)
        most: Any = spec[1] if bundle.is_array(spec) else spec
        return most if isinstance(most, int) else math.inf

    def _files(self, case: Any) -> Row:
        """Return a case with the request that has the field, which is otherwise not in every smallest request."""
        value: Any = _urls(1)
        if "urls" not in self._spec:
            value = {self._spec["map"]["keys"][0]: value[0]} if "map" in self._spec else value[0]
        return {"request": self._change(value), "files": case}


# --- values and words


def type_of(spec: dict[str, Any]) -> str:
    """Return the JSON type that a line of the table gives a field."""
    if "values" in spec:
        return "string" if isinstance(spec["values"][0], str) else "integer"
    for key, name in (
        ("text", "string"), ("integer", "integer"), ("number", "number"), ("urls", "array"), ("objects", "array"),
        ("map", "object"),
    ):  # fmt: skip
        if key in spec:
            return name
    return "string" if spec["type"] == "url" else str(spec["type"])


def unlisted(values: list[Any]) -> list[Any]:
    """Return values that resemble those of a list and are not in it."""
    if not isinstance(values[0], str):
        near = [value + step for value in values for step in (-1, 1)]
        return [value for value in dict.fromkeys([*near, 0, -values[-1], values[-1] * 3]) if value not in values]
    changed = [values[0].swapcase(), f"{values[-1]} ", f"{values[-1]}1", "made-up", ""]
    return [value for value in dict.fromkeys(changed) if value not in values]


def _values_of_others(values: list[Any]) -> list[str]:
    """Return values that other models have in a field like this one, and that this list lacks."""
    return [other for group in OF_OTHERS if set(group) & set(values) for other in group if other not in values]


def tried(low: float, high: float) -> list[float]:
    """Return the values of a range that are tried: each integer of a short one, else the ends and the middle."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return [value for value in (low, high) if math.isfinite(value)]
    if high - low < MOST_VALUES and low == int(low):
        return [*range(int(low), int(high) + 1)]
    return [low, low + 1, _middle(low, high), high]


def _middle(low: float, high: float) -> float:
    return (low + high) // 2


def _below(low: float) -> list[float]:
    return [low - 1, low - 2, low - 100] if math.isfinite(low) else []


def _above(high: float) -> list[float]:
    return [high + 1, high * 2 + 1, high + 100_000] if math.isfinite(high) else []


def _both(change: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return two changes as one. Where both change a value, the second does, and objects are merged."""
    both = {**change, **other}
    for name in change.keys() & other.keys():
        if bundle.is_object(change[name]) and bundle.is_object(other[name]) and other[name] != {"absent": True}:
            both[name] = _both(change[name], other[name])
    return both


def _urls(count: int) -> list[str]:
    return [f"https://media.invalid/{number}" for number in range(1, count + 1)]


def _type_row(
    field: str,
    name: str,
    change: Callable[[Any], dict[str, Any]],
    wrong: list[Any] | None = None,
    texts: list[str] | None = None,
) -> Row:
    noun = {"array": "a list", "integer": "an integer", "object": "an object"}.get(name, f"a {name}")
    return {
        "says": f"`{field}` is {joined([noun, *(texts or [])])}.",
        "field": field,
        "type": name,
        "rejects": [change(value) for value in wrong or WRONG_VALUES[name]],
    }


def _inferred(says: str, because: str, **row: Any) -> Row:
    return {"says": says, "certainty": "inferred", "because": because, **row}


def _without_says(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "says"}


def summary(spec: dict[str, Any]) -> str:
    """Return a line of the table as text, for the list of rules."""
    parts = ["required"] if spec.get("required") else []
    for key, value in spec.items():
        if key in ("required", "beside", "item"):
            continue
        parts.append(_flat(value) if key == "type" else f"{key.replace('_', ' ')} {_flat(value)}")
    return ", ".join(parts)


def _flat(value: Any) -> str:
    if bundle.is_object(value):
        return "; ".join(f"{name.replace('_', ' ')} {_flat(part)}" for name, part in value.items())
    if bundle.is_array(value):
        return f"[{', '.join(map(_flat, value))}]"
    return "null" if value is None else value_text(value)
