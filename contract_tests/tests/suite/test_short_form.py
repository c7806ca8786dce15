"""The short form of the rules: a table of a model's fields becomes rules with cases on both sides of every limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

import bundle
import editions
from contract_suite.checks.contract import Parts
from contract_suite.reporting import rules_readme
from contract_suite.rules import documented, short_form
from contract_suite.rules.documented import RuleError, Rules
from contract_suite.rules.json_schema import validator
from contract_suite.rules.kinds import BillingRule, FileRule, IgnoredRule, RequestRule, Rule, SurchargeRule

HEAD = """
title: The invented model
page: https://docs.invalid/
request: {model: Invented-1.0, prompt: A cat}
"""
SMALLEST = {"model": "Invented-1.0", "prompt": "A cat"}
ONE, TWO, THREE = (f"https://media.invalid/{number}" for number in (1, 2, 3))

Load = Callable[..., Rules]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Return the rules of a folder whose only file has a table."""

    def read(fields: str, more: str = "") -> Rules:
        family = tmp_path / "family"
        family.mkdir(exist_ok=True)
        lines = "".join(f"  {line}\n" for line in fields.splitlines())
        (family / "invented-1.0.yaml").write_text(f"{HEAD}fields:\n{lines}{more}", encoding="utf-8")
        return documented.load(tmp_path)

    return read


def described(rule: Rule, field: str) -> Any:
    """Return a rule as data: its certainty, and the values of the field in accepted and in other requests."""
    if isinstance(rule, FileRule):
        files = {
            effect: [
                list(case.files[field]) if len(case.files[field]) > 1 else case.files[field][0]
                for case in rule.cases
                if case.effect == effect
            ]
            for effect in ("accepted", "rejected")
        }
        return rule.certainty, files["accepted"], files["rejected"]
    if isinstance(rule, RequestRule) and rule.default:
        return rule.certainty, rule.default[0]
    assert isinstance(rule, RequestRule | IgnoredRule)

    def values(*, accepted: bool) -> list[Any]:
        bodies = [each.body() for each in rule.variations if each.accepted == accepted]
        return [value_at(body, field) for body in bodies]

    return rule.certainty, values(accepted=True), values(accepted=False)


def value_at(body: Any, field: str) -> Any:
    for name in field.split("."):
        body = body.get(name, "absent")
    return body


def rules_of(rules: Rules, field: str) -> dict[str, Any]:
    """Return the rules of a field but the one on its type, as data, by the rest of their ids."""
    prefix = f"invented-1.0.{field}."
    return {
        rule.id.removeprefix(prefix): described(rule, field)
        for rule in rules.rules
        if rule.id.startswith(prefix) and rule.id != f"{prefix}type"
    }


A, CHINESE, EMOJI = "a", "猫", "😀"
AT_LIMIT, BEYOND = [A * 3, CHINESE * 3, EMOJI * 3], [A * 4, CHINESE * 4, EMOJI * 4]


LINES: list[tuple[str, dict[str, Any]]] = [
        ("{text: 3, required: true}", {
            "required": ("documented", [], ["absent"]),
            "max-length": ("documented", AT_LIMIT, []),
            "max-length.beyond": ("inferred", [], BEYOND),
        }),
        ("{text: 3, beyond: refused}", {"max-length": ("documented", AT_LIMIT, BEYOND)}),
        ("{text: 3, beyond: cut}", {
            "max-length": ("documented", AT_LIMIT, []), "max-length.beyond": ("documented", AT_LIMIT, BEYOND),
        }),
        ("{text: any, default: cat}", {
            "any-script": ("documented", [*short_form.SCRIPTS], []), "default": ("documented", "cat"),
        }),
        ("{values: [a, b], default: a}", {
            "values": ("documented", ["a", "b"], ["A", "b ", "b1", "made-up", ""]), "default": ("documented", "a"),
        }),
        ("{values: [480p, 4k]}", {
            "values": ("documented", ["480p", "4k"],
                       ["480P", "4k ", "4k1", "made-up", "", "360p", "720p", "1080p"]),
        }),
        ("{values: [5, 10], beyond: unstated}", {
            "values": ("documented", [5, 10], []),
            "values.beyond": ("inferred", [], [4, 6, 9, 11, 0, -10, 30]),
        }),
        ("{values: [a], beyond: ignored}", {
            "values": ("documented", ["a"], []),
            "values.beyond": ("documented", ["a"], ["A", "a ", "a1", "made-up", ""]),
        }),
        ("{integer: [2, 5]}", {"range": ("documented", [2, 3, 4, 5], [1, 0, -98, 6, 11, 100_005])}),
        ("{integer: [1, 100]}", {"range": ("documented", [1, 2, 50, 100], [0, -1, -99, 101, 201, 100_100])}),
        ("{integer: [0, null]}", {"range": ("documented", [0], [-1, -2, -100])}),
        ("{integer: [2, 30], also: [-1], beyond: unstated}", {
            "range": ("documented", [2, 3, 16, 30, -1], []),
            "range.beyond": ("inferred", [], [1, 0, -98, 31, 61, 100_030, -2]),
        }),
        ("{number: [2, 4], also: [0], schema: [0, 4]}", {
            "range": ("documented", [2, 3, 4, 0], [-1, -2, -100, 5, 9, 100_004]),
            "range.beyond": ("inferred", [], [1]),
            "fraction": ("documented", [3.5], []),
        }),
        ("{text: any, empty: unstated, tokens: 3}", {
            "not-empty": ("inferred", ["a"], [""]), "max-tokens": ("inferred", [CHINESE * 3], [A * 4]),
        }),
        ("{text: any, empty: refused}", {
            "not-empty": ("documented", ["a"], [""]), "any-script": ("documented", [*short_form.SCRIPTS], []),
        }),
        ("{text: 3, chinese: 2, beyond: cut}", {
            "max-length": ("documented", [A * 3, CHINESE * 2, EMOJI * 3], []),
            "max-length.beyond": (
                "documented", [A * 3, CHINESE * 2, EMOJI * 3], [A * 4, CHINESE * 3, EMOJI * 4],
            ),
        }),
        ("{integer: [3, 4], also: [auto], default: auto}", {
            "type.text": ("documented", ["auto"], []),
            "range": ("documented", [3, 4, "auto"],
                      [2, 1, -97, 5, 9, 100_004, "AUTO", "auto ", "auto1", "made-up", ""]),
            "default": ("documented", "auto"),
        }),
        ("{integer: [2, 4], fraction: unstated}", {
            "range": ("documented", [2, 3, 4], [1, 0, -98, 5, 9, 100_004]), "fraction": ("inferred", [], [3.5]),
        }),
        ("{type: boolean, default: true}", {
            "values": ("documented", [True, False], []), "default": ("documented", True),
        }),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_line_of_the_table_becomes_rules_with_cases_on_both_sides(load: Load, line: str, expected: Any) -> None:
    rules = load(f"field: {line}\nouter.inner: {line}")
    assert rules_of(rules, "field") == expected
    assert rules_of(rules, "outer.inner") == expected


NUMBERS: list[tuple[str, Any, Any]] = [
        ("[1, 1]", ("documented", [[ONE]], [[ONE, TWO], [ONE, ONE]]), ("documented", [], [[]])),
        ("[2, 2]", ("documented", [[ONE, TWO], [ONE, ONE]], [[ONE, TWO, THREE], [ONE] * 3]),
         ("documented", [], [[], [ONE]])),
        ("2", ("documented", [[ONE], [ONE, TWO], [ONE, ONE]], [[ONE, TWO, THREE], [ONE] * 3]),
         ("inferred", [[]], [])),
        ("2, required: true", ("documented", [[ONE], [ONE, TWO], [ONE, ONE]], [[ONE, TWO, THREE], [ONE] * 3]),
         ("inferred", [], [[]])),
        ("[0, 1]", ("documented", [[ONE]], [[ONE, TWO], [ONE, ONE]]), ("documented", [[]], [])),
        ("any", ("inferred", [[ONE], [ONE, TWO], [ONE, ONE]], []), ("inferred", [[]], [])),
]  # fmt: skip


@pytest.mark.parametrize(("line", "most", "least"), NUMBERS)
def test_numbers_of_urls_are_tried_at_their_limits(load: Load, line: str, most: Any, least: Any) -> None:
    rules = rules_of(load(f"urls: {{urls: {line}}}"), "urls")
    assert (rules["max-items"], rules["min-items"]) == (most, least)


def test_urls_are_refused_in_every_other_form(load: Load) -> None:
    def forms(line: str) -> tuple[Any, Any]:
        rules = rules_of(load(f"field: {line}"), "field")
        return rules["uri"], rules["fetchable"]

    (certainty, accepted, refused), (scheme_certainty, fetchable, other_schemes) = forms("{type: url}")
    assert (certainty, accepted, refused) == ("documented", [], ["https://media.invalid/file 1", "file1", ""])
    assert scheme_certainty == "inferred"
    assert {url.partition(":")[0].lower() for url in fetchable} == {"http", "https"}
    assert {url.partition(":")[0] for url in other_schemes} == {"ftp", "xhttps", "data", "file", "https"}
    as_list = forms("{urls: 1, schemes: documented}")
    assert as_list[0] == ("documented", [], [[url] for url in refused])
    assert as_list[1] == ("documented", [[url] for url in fetchable], [[url] for url in other_schemes])
    as_map = forms("{map: {keys: [image1, video1], other_keys: [image0]}}")
    assert as_map[0] == ("documented", [], [{"image1": url} for url in refused])


def test_file_may_be_in_the_request_where_the_page_says_so(load: Load) -> None:
    rules = rules_of(load("field: {urls: 1, encoded: true}"), "field")
    certainty, accepted, _ = rules["forms"]
    assert (certainty, accepted[-4:]) == ("documented", [[file] for file in short_form.ENCODED])
    assert rules["forms.beyond"] == (
        "inferred", [], [["ftp://media.invalid/1"], ["xhttps://media.invalid/1"], ["file:///home/user/1"],
                         ["https:///1"], ["https://user:word@/1"], ["https://media.invalid/file 1"], [""],
                         [f"x{short_form.ENCODED[0]}"]],
    )  # fmt: skip
    assert "uri" not in rules


def test_keys_of_a_map_are_tried_alone_and_together(load: Load) -> None:
    rules = rules_of(load("field: {map: {keys: [image1, video1], other_keys: [image0, '']}}"), "field")
    assert rules["keys"] == (
        "documented",
        [{"image1": ONE}, {"video1": TWO}, {"image1": ONE, "video1": TWO}],
        [{"image0": ONE}, {"": ONE}],
    )


@pytest.mark.parametrize(
    ("line", "name", "noun"),
    [
        ("text: 5", "string", "a string"), ("type: url", "string", "a string"), ("values: [a]", "string", "a string"),
        ("values: [5]", "integer", "an integer"), ("integer: [1, 2]", "integer", "an integer"),
        ("number: [1, 2]", "number", "a number"), ("type: boolean", "boolean", "a boolean"),
        ("urls: 1", "array", "a list"), ("type: object", "object", "an object"),
        ("map: {keys: [a], other_keys: [b]}", "object", "an object"), ("type: integer", "integer", "an integer"),
        ("objects: 2, item: {name: a}", "array", "a list"),
        ("integer: [1, 2], also: [auto, -1]", "integer", "an integer or auto"),
    ],
)  # fmt: skip
def test_values_of_other_types_are_refused(load: Load, line: str, name: str, noun: str) -> None:
    rules = {rule.id: rule for rule in load(f"outer.inner: {{{line}}}").rules}
    rule = rules["invented-1.0.outer.inner.type"]
    assert isinstance(rule, RequestRule)
    assert (rule.says, rule.type, rule.fields) == (f"`outer.inner` is {noun}.", name, ("outer.inner",))
    within = 1.5 if "integer:" in line else 5.5  # a fraction within the range
    expected = [within if isinstance(value, float) else value for value in short_form.WRONG_VALUES[name]]
    assert [value_at(case.body, "outer.inner") for case in rule.cases] == expected
    parent = rules["invented-1.0.outer.type"]
    assert isinstance(parent, RequestRule)
    assert (parent.type, parent.cases[1].body) == ("object", {**SMALLEST, "outer": "text"})


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ("image: {formats: [png, gif], alpha: false}", {
            "kind-and-formats": ([{"format": "png"}, {"format": "gif"}],
                                 [{"format": "tiff"}, {"format": "heic"}, {"kind": "video"}]),
            "alpha": ([{"format": "png", "alpha": False}], [{"format": "png", "alpha": True}]),
        }),
        ("video: {mb: 2}", {
            "kind-and-formats": ([{"kind": "video"}], [{"kind": "image"}]),
            "size": ([{"bytes": 2_097_152}], [{"bytes": 2_097_153}]),
        }),
        ("audio: {seconds: [2, 30]}", {
            "kind-and-formats": ([{"kind": "audio"}], [{"kind": "video"}]),
            "seconds": ([{"seconds": 2}, {"seconds": 30}], [{"seconds": 1.9}, {"seconds": 30.1}]),
        }),
        ("video: {side: [240, null], fps: [null, 60]}", {
            "kind-and-formats": ([{"kind": "video"}], [{"kind": "image"}]),
            "fps": ([{"fps": 60}], [{"fps": 61}]),
            "side": ([{"width": 240, "height": 240}], [{"width": 239, "height": 240}, {"width": 240, "height": 239}]),
        }),
        ("image: {ratio: [0.4, 2.5], short_side: 300}", {
            "kind-and-formats": ([{"kind": "image"}], [{"kind": "video"}]),
            "short-side": ([{"width": 300, "height": 300}],
                           [{"width": 299, "height": 300}, {"width": 300, "height": 299}]),
            "ratio": ([{"width": 400, "height": 1000}, {"width": 1000, "height": 400}],
                      [{"width": 399, "height": 1000}, {"width": 1001, "height": 400}]),
        }),
        ("video: {pixels: [100000, 200000]}", {
            "kind-and-formats": ([{"kind": "video"}], [{"kind": "image"}]),
            "pixels": ([{"width": 250, "height": 400}, {"width": 400, "height": 500}],
                       [{"width": 271, "height": 369}, {"width": 409, "height": 489}]),
        }),
        ("image: {}", {"kind-and-formats": ([{"kind": "image"}], [{"kind": "video"}])}),
        ("video: {short_side: [null, 2160]}", {
            "kind-and-formats": ([{"kind": "video"}], [{"kind": "image"}]),
            "short-side": ([{"width": 2160, "height": 2160}, {"width": 4320, "height": 2160},
                            {"width": 2160, "height": 4320}], [{"width": 2161, "height": 2161}]),
        }),
        ("video: {fps_over: 8}", {
            "kind-and-formats": ([{"kind": "video"}], [{"kind": "image"}]),
            "fps": ([{"fps": 9}], [{"fps": 8}, {"fps": 7}]),
        }),
        ("video: {side: [300, null], ratio: [0.4, 2.5], pixels: [409600, null]}", {
            "kind-and-formats": ([{"kind": "video"}], [{"kind": "image"}]),
            "side": ([{"width": 640, "height": 640}], [{"width": 299, "height": 300}, {"width": 300, "height": 299}]),
            "ratio": ([{"width": 406, "height": 1015}, {"width": 1015, "height": 406}],
                      [{"width": 405, "height": 1015}, {"width": 1016, "height": 406}]),
            "pixels": ([{"width": 640, "height": 640}], [{"width": 639, "height": 641}]),
        }),
        ("image: {reachable: true}", {
            "kind-and-formats": ([{"kind": "image"}], [{"kind": "video"}]),
            "reachable": ([{"reachable": True}], [{"reachable": False}]),
        }),
        ("document: {pages: 50}", {
            "kind-and-formats": ([{"kind": "document"}], [{"kind": "image"}]),
            "pages": ([{"pages": 50}], [{"pages": 51}]),
        }),
        ("video: {seconds: [1, 6], total_seconds: 15}", {
            "kind-and-formats": ([{"kind": "video"}], [{"kind": "image"}]),
            "seconds": ([{"seconds": 1}, {"seconds": 6}], [{"seconds": 0.9}, {"seconds": 6.1}]),
            "total-seconds": ([[{"seconds": 5}] * 3], [[{"seconds": 5}, {"seconds": 5}, {"seconds": 5.1}]]),
        }),
    ],
)  # fmt: skip
def test_limit_of_files_becomes_a_rule_with_files_on_both_sides(load: Load, limits: str, expected: Any) -> None:
    rules = rules_of(load(f"field: {{urls: 3, {limits}}}"), "field")
    files = {name.removeprefix("file."): rule[1:] for name, rule in rules.items() if name.startswith("file.")}
    assert files == expected


@pytest.mark.parametrize(
    ("form", "value"), [("urls: 2", [ONE]), ("type: url", ONE), ("map: {keys: [a], other_keys: [b]}", {"a": ONE})]
)
def test_files_are_in_a_request_that_has_their_field(load: Load, form: str, value: Any) -> None:
    rules = load(f"outer.inner: {{{form}, audio: {{mb: 1}}, beside: {{mode: sound}}}}")
    [size] = [rule for rule in rules.of_kind(FileRule) if rule.id.endswith(".size")]
    assert size.certainty == "inferred"
    assert size.cases[0].request == {**SMALLEST, "mode": "sound", "outer": {"inner": value}}
    assert size.cases[0].files == {"outer.inner": ({"bytes": 1_048_576},)}


SHOTS = """
outer.shots: {objects: [1, 2], item: {name: a, url: x}, beside: {outer: {mode: many}}}
outer.shots[].name: {required: true, text: 3}
outer.shots[].url: {type: url, video: {seconds: [2, null]}}
"""


def test_items_of_a_list_of_objects_are_tried_with_their_other_fields(load: Load) -> None:
    rules, item = load(SHOTS.strip()), {"name": "a", "url": "x"}
    assert rules_of(rules.only(rules.of_kind(RequestRule)), "outer.shots") == {
        "max-items": ("documented", [[item], [item] * 2], [[item] * 3]),
        "min-items": ("documented", [], [[]]),
        "item-type": ("documented", [], [[value] for value in short_form.WRONG_VALUES["object"]]),
        **{
            f"name.{name}": (certainty, *([[{"name": value, "url": "x"}] for value in values] for values in both))
            for name, (certainty, *both) in {
                "type": ("documented", [], short_form.WRONG_VALUES["string"]),
                "max-length": ("documented", AT_LIMIT, []),
                "max-length.beyond": ("inferred", [], BEYOND),
            }.items()
        },
        "name.required": ("documented", [], [[{"url": "x"}]]),
        "url.optional": ("inferred", [[{"name": "a"}]], []),
        "url.type": ("documented", [], [[{"name": "a", "url": value}] for value in short_form.WRONG_VALUES["string"]]),
        "url.uri": ANY,
        "url.fetchable": ANY,
    }
    [required] = [rule for rule in rules.of_kind(RequestRule) if rule.id.endswith("shots.name.required")]
    assert required.fields == ("outer.shots.name",)
    assert required.cases[0].body == {**SMALLEST, "outer": {"mode": "many", "shots": [{"url": "x"}]}}
    [unknown] = [rule for rule in rules.of_kind(RequestRule) if rule.id.endswith("unknown-fields")]
    assert [case.body["outer"] for case in unknown.cases[-2:]] == [
        {"mode": "many", "made_up": 5},
        {"mode": "many", "shots": [{**item, "made_up": 5}]},
    ]


def test_file_of_an_item_is_in_a_request_with_that_item(load: Load) -> None:
    more = """
rules:
  outer.shots.total:
    says: They are short together.
    field: outer.shots.url
    files:
      accepts: [{request: {outer: {shots: [{name: b, url: x}]}}, files: [{seconds: 3}, {seconds: 4}]}]
      rejects: [{request: {outer: {shots: [{name: b, url: x}]}}, files: [{seconds: 30}, {seconds: 4}]}]
"""
    files = {rule.id.rpartition(".")[2]: rule for rule in load(SHOTS.strip(), more).of_kind(FileRule)}
    [case] = [case for case in files["seconds"].cases if case.effect == "accepted"]
    assert (case.request["outer"], case.files) == (
        {"mode": "many", "shots": [{"name": "a", "url": ONE}]}, {"outer.shots.url": ({"seconds": 2},)},
    )  # fmt: skip
    [case] = [case for case in files["total"].cases if case.effect == "rejected"]
    assert case.request["outer"]["shots"] == [{"name": "b", "url": ONE}, {"name": "b", "url": TWO}]


def test_integer_whose_schema_allows_a_fraction_has_a_fraction_refused_by_inference_only(load: Load) -> None:
    [rule] = [
        rule for rule in load("field: {integer: [2, 4], fraction: unstated}").rules if rule.id.endswith("field.type")
    ]
    assert isinstance(rule, RequestRule)
    assert (rule.type, [case.body["field"] for case in rule.cases]) == ("integer", short_form.WRONG_VALUES["number"])


def test_model_and_unknown_fields_have_rules(load: Load) -> None:
    rules = {rule.id.removeprefix("invented-1.0."): rule for rule in load("outer.inner: {type: boolean}").rules}
    value, unknown = rules["model.value"], rules["unknown-fields"]
    assert isinstance(value, RequestRule)
    assert isinstance(unknown, RequestRule)
    assert (value.statuses, [case.body["model"] for case in value.cases]) == (
        (400, 404),
        ["Invented-1.0", "INVENTED-1.0", "Invented-1.", "Invented-1.0 ", "Invented-1.0-2", ""],
    )
    changes: list[dict[str, Any]] = [{"made_up": {"deeply": ["nested"]}}, {"made_up": None}, {"outer": {"made_up": 5}}]
    assert unknown.certainty == "inferred"
    assert [(case.body, case.accepted) for case in unknown.cases] == [(SMALLEST | change, True) for change in changes]
    closed = load("outer.inner: {type: boolean}", "unknown_fields: refused\n")
    [refusing] = [rule for rule in closed.of_kind(RequestRule) if rule.id.endswith(".unknown-fields")]
    assert (refusing.certainty, refusing.fields) == ("documented", ("made_up", "outer.made_up"))
    assert not any(case.accepted for case in refusing.cases)


def test_charges_have_rules(load: Load) -> None:
    rules = load(
        "duration: {integer: [2, 15]}\nquality: {values: [a, b, c]}",
        "billing: {reserved: inferred, settled: produced, failed: free, dearer: {quality: [a, b, c]}}\n",
    )
    charges = {
        rule.id.removeprefix("invented-1.0.billing."): (
            rule.certainty,
            [
                (case.request["duration"], case.outcome, case.reserved_seconds, case.settled_seconds)
                for case in rule.cases
            ],
        )
        for rule in rules.of_kind(BillingRule)
    }
    assert charges == {
        "reserved": ("inferred", [(2, "completed", 2, None), (15, "completed", 15, None)]),
        "settled": ("documented", [(2, "completed", None, 2)]),
        "only-on-success": ("documented", [(15, "failed", None, 0)]),
    }
    steps = [(rule.id, rule.cheaper["quality"], rule.costlier["quality"]) for rule in rules.of_kind(SurchargeRule)]
    assert steps == [
        ("invented-1.0.billing.dearer-quality-b", "a", "b"),
        ("invented-1.0.billing.dearer-quality-c", "b", "c"),
    ]


def test_charge_for_the_length_of_a_file_is_tried_with_files(load: Load) -> None:
    fields = "video_urls: {urls: [1, 1]}\nmodel_params.level: {values: ['1', '2'], default: '1'}"
    billing = (
        "billing: {reserved: {file: video_urls, seconds: {'2': 3, '5.5': 5.5, '12': 10}}, settled: input, failed: free,"
    )
    more = " dearer: {model_params.level: ['1', '2']}}\n"
    rules = {rule.id.removeprefix("invented-1.0.billing."): rule for rule in load(fields, billing + more).rules}
    cases = {
        name: [
            (case.input_seconds, case.reserved_seconds, case.settled_seconds, case.settled_on_input)
            for case in rule.cases
        ]
        for name, rule in rules.items()
        if isinstance(rule, BillingRule)
    }
    assert cases == {
        "reserved": [((2,), 3, None, False), ((5.5,), 5.5, None, False), ((12,), 10, None, False)],
        "settled": [((5.5,), None, 5.5, True)],
        "only-on-success": [((12,), None, 0, False)],
    }
    dearer = rules["dearer-model_params.level-2"]
    assert isinstance(dearer, SurchargeRule)
    assert (dearer.cheaper, dearer.costlier) == (
        {**SMALLEST, "model_params": {"level": "1"}},
        {**SMALLEST, "model_params": {"level": "2"}},
    )


def test_unit_that_is_no_second_is_a_rule_of_its_own(load: Load) -> None:
    [rule] = [rule for rule in load("size: {type: string}", "billing: {unit: token}\n").rules if "billing" in rule.id]
    assert isinstance(rule, BillingRule)
    assert (rule.id, rule.unit, rule.cases) == ("invented-1.0.billing.unit", "token", ())


def test_written_row_replaces_a_derived_one_and_null_removes_it(load: Load) -> None:
    rules = load(
        "mode: {values: [a, b], default: a}",
        "rules:\n"
        "  mode.values: {says: The mode is a., field: mode, accepts: [{mode: a}]}\n"
        "  mode.default: null\n"
        "  mode.with-b: {says: The mode b needs a field., field: [b, mode], rejects: [{mode: b}]}\n",
    )
    modes = {rule.id: rule.says for rule in rules.rules if ".mode." in rule.id}
    assert modes == {
        "invented-1.0.mode.type": "`mode` is a string.",
        "invented-1.0.mode.values": "The mode is a.",
        "invented-1.0.mode.with-b": "The mode b needs a field.",
    }
    assert {rule_id for rule_id in modes if rule_id in rules.derived} == {"invented-1.0.mode.type"}


OTHER = """
title: invented-1.0-fast
page: https://docs.invalid/fast
like: invented-1.0
"""


def test_file_that_is_like_another_one_says_only_what_is_different(load: Load, tmp_path: Path) -> None:
    table = "quality: {values: [a, b], default: a}\nduration: {integer: [2, 3]}\nseed: {integer: [0, null]}"
    more = (
        "unknown_fields: refused\nbilling: {reserved: documented, failed: free}\n"
        "rules:\n  quality.b: {says: The value b is valid., accepts: [{quality: b}]}\n  seed.type: null\n"
    )
    own = (
        "fields: {quality: {values: [a]}, seed: null, mode: {type: boolean}}\nbilling: {failed: null}\n"
        "request: {prompt: null, text: A cat}\n"
        "rules:\n  quality.b: null\n  mode.both: {says: Both are valid., accepts: [{mode: true}]}\n"
    )
    (tmp_path / "family").mkdir()
    (tmp_path / "family" / "invented-1.0-fast.yaml").write_text(OTHER + own, encoding="utf-8")
    rules = load(table, more)
    assert rules.tables["invented-1.0-fast"] == {
        "quality": {"values": ["a"], "default": "a"}, "duration": {"integer": [2, 3]}, "mode": {"type": "boolean"},
    }  # fmt: skip
    assert rules.requests["invented-1.0-fast"] == {"model": "invented-1.0-fast", "text": "A cat"}
    before, after = (
        {rule.id.removeprefix(f"{name}."): rule for rule in rules.rules if rule.id.startswith(f"{name}.")}
        for name in ("invented-1.0", "invented-1.0-fast")
    )
    assert {rule.page for rule in after.values()} == {"https://docs.invalid/fast"}
    assert before.keys() - after.keys() == {"quality.b", "billing.only-on-success", "seed.range"}
    assert after.keys() - before.keys() == {"mode.type", "mode.values", "mode.both"}
    assert after["unknown-fields"].certainty == "documented"


@pytest.mark.parametrize("name", ["invented-1.0-fast", "nobody", "shared"])
def test_file_can_only_be_like_another_one_with_a_table_beside_it(load: Load, tmp_path: Path, name: str) -> None:
    (tmp_path / "family").mkdir()
    (tmp_path / "family" / "shared.yaml").write_text("title: Shared\npage: none\nrules: {}\n", encoding="utf-8")
    text = OTHER.replace("like: invented-1.0", f"like: {name}")
    (tmp_path / "family" / "invented-1.0-fast.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RuleError, match=f"invented-1.0-fast.yaml: like: {name} is not the file of another model"):
        load("field: {type: boolean}")


FORMS = "text, values, integer, number, urls, objects, map, type"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("field: {text: many}", "invented-1.0.yaml: fields: field: text: "),
        ("field: {text: 5, beyond: lost}", "invented-1.0.yaml: fields: field: beyond: "),
        ("field: {text: 5, colour: red}", "invented-1.0.yaml: fields: field: "),
        ("field: {integer: [1]}", "invented-1.0.yaml: fields: field: integer: "),
        ("field: {urls: 1, image: {weight: 5}}", "invented-1.0.yaml: fields: field: image: "),
        ("field: {required: true}", f"1.0.yaml: fields: field: exactly one of {FORMS} is required, but there is none"),
        ("field: {text: 5, values: [a]}", f"field: exactly one of {FORMS} is required, but there is text and values"),
        ("Field: {text: 5}", "invented-1.0.yaml: fields: "),
    ],
)  # fmt: skip
def test_invalid_line_is_named_by_file_and_field(load: Load, line: str, message: str) -> None:
    with pytest.raises(RuleError) as error:
        load(line)
    assert message in str(error.value)


def test_rows_of_a_table_have_the_form_of_written_rows(load: Load) -> None:
    schema = bundle.load(documented.ROW_SCHEMA)
    row_validator = validator({"$defs": schema["$defs"], "$ref": "#/$defs/row"})
    file: Any = bundle.load(documented.ROW_SCHEMA.parent / "../../../tests/suite/every_form.yaml")
    rows, derived = short_form.expand(file)
    assert len(derived) > 60
    assert {name: error.message for name, row in rows.items() for error in row_validator.iter_errors(row)} == {}
    assert load("field: {type: boolean}").rules


def test_bodies_of_cases_are_made_when_they_are_needed(load: Load) -> None:
    [rule] = [rule for rule in load("field: {text: 5}").of_kind(RequestRule) if rule.id.endswith("max-length")]
    assert "cases" not in vars(rule)
    assert len(rule.cases) == 3
    assert rule.cases is rule.cases


def test_table_of_fields_is_in_the_list_of_rules_with_one_line_for_each_field(load: Load) -> None:
    rules = load(
        "prompt: {required: true, text: 5, beyond: cut}\nfiles: {urls: [1, 3], image: {formats: [png, gif], mb: 5}}",
        "rules:\n  files.order: {says: The first image is the first frame., accepts: [{files: []}]}\n",
    )
    text = rules_readme.table(rules).partition("## The invented model\n")[2]
    assert text == (
        "\nPage: <https://docs.invalid/>.\n\n"
        "| field | form and limits |\n|---|---|\n"
        "| `prompt` | required, text 5, beyond cut |\n"
        "| `files` | urls [1, 3], image formats [png, gif]; mb 5 |\n\n"
        "| id | rule | certainty |\n|---|---|---|\n"
        "| `invented-1.0.files.order` | The first image is the first frame. | documented |\n"
    )


# --- the list of models


def test_contract_and_rules_have_the_same_models(contract: dict[str, Any]) -> None:
    body = contract["paths"]["/v1/videos/generations"]["post"]["requestBody"]["content"]["application/json"]
    assert set(body["schema"]["discriminator"]["mapping"]) == set(documented.load().requests)


def test_file_of_a_model_is_in_the_folder_of_its_family_and_named_after_it() -> None:
    listed: dict[str, dict[str, list[str]]] = bundle.load(documented.MODELS)["families"]
    families = {model: family for family, models in listed.items() for model in models}
    ids = {model.lower(): model for model in families}
    assert len(ids) == sum(map(len, listed.values())), "no two ids differ in case alone"
    for path, file in documented.read_files().items():
        if "request" in file:
            assert (path.stem, file["title"]) == (file["request"]["model"],) * 2
            assert ids.get(path.stem.lower(), path.stem) == path.stem
            assert path.parent.name == families.get(path.stem, path.parent.name)


def parameters(schema: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the dotted name and the schema of each field below a schema, `[]` for an item of a list."""
    if not bundle.is_object(schema):
        return
    for alternative in (part for keyword in ("allOf", "anyOf", "oneOf") for part in schema.get(keyword, ())):
        yield from parameters({**alternative, "x-fields": []} if "x-fields" in alternative else alternative, name)
    if "x-fields" in schema:  # a rule on several fields may name fields that the model does not have
        return
    for field, part in schema.get("properties", {}).items():
        if bundle.is_object(part):
            inner = f"{name}.{field}".removeprefix(".")
            yield inner, part
            yield from parameters(part, inner)
    yield from parameters(schema.get("items"), f"{name}[]")


def types(schema: dict[str, Any]) -> set[str]:
    """Return the JSON types that a schema allows; empty if it does not say so."""
    named = schema.get("type", [])
    values = [schema["const"]] if "const" in schema else schema.get("enum", [])
    found = {named} if isinstance(named, str) else {*named} or {type(value).__name__ for value in values}
    return found.union(*map(types, schema.get("anyOf", schema.get("oneOf", []))))


def test_every_listed_model_is_described_and_each_of_its_parameters_has_a_type(contract: dict[str, Any]) -> None:
    """Of a nested field whose parts the page does not list, only the field itself is compared."""
    models = bundle.load(documented.MODELS)
    variants = Parts.of(editions.documents(contract)[models["edition"]]).variants
    for model, listed in ((model, {*names}) for one in models["families"].values() for model, names in one.items()):
        fields = {name: part for name, part in parameters(variants[model]) if name not in {"model", "callback_url"}}
        outer = {name for name in fields if any(other.startswith((f"{name}.", f"{name}[]")) for other in fields)}
        typed = {name for name, part in fields.items() if types(part)}
        assert listed - typed == set(), model
        assert {
            name
            for name in set(fields) - outer - listed
            if not any(name.startswith((f"{one}.", f"{one}[]")) for one in listed - {"model_params"})
        } == set(), model
