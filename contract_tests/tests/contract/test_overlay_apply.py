"""The overlay applier: the Overlay Specification, and the points in which the applier is stricter."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import apply
from evolink_sandbox import yaml_1_2


def overlay(*actions: dict[str, Any], version: str = "1.1.0") -> dict[str, Any]:
    return {"overlay": version, "info": {"title": "t", "version": "1"}, "actions": list(actions)}


def applied(document: Any, *actions: dict[str, Any], version: str = "1.1.0") -> Any:
    return apply.apply(document, overlay(*actions, version=version))


# --- update


def test_update_merges_objects_recursively_and_keeps_the_order_of_keys() -> None:
    document = {"info": {"title": "a", "license": {"name": "MIT"}}, "paths": {}}
    result = applied(document, {"target": "$.info", "update": {"license": {"url": "u"}, "version": "2", "title": "b"}})
    assert result == {"info": {"title": "b", "license": {"name": "MIT", "url": "u"}, "version": "2"}, "paths": {}}
    assert list(result["info"]) == ["title", "license", "version"]
    assert list(result) == ["info", "paths"]


def test_update_does_not_change_the_given_document() -> None:
    document = {"a": {"b": [1]}}
    applied(document, {"target": "$.a.b", "update": 2}, {"target": "$.a", "remove": True})
    assert document == {"a": {"b": [1]}}


def test_update_of_the_root_changes_the_document_itself() -> None:
    assert applied({"a": 1}, {"target": "$", "update": {"b": 2}}) == {"a": 1, "b": 2}


@pytest.mark.parametrize(("version", "expected"), [("1.1.0", [1, 2, 3]), ("1.0.0", [1, [2, 3]])])
def test_array_update_of_an_array_is_concatenated_in_1_1_and_one_entry_in_1_0(
    version: str, expected: list[Any]
) -> None:
    assert applied({"a": [1]}, {"target": "$.a", "update": [2, 3]}, version=version) == {"a": expected}


@pytest.mark.parametrize("entry", [{"b": 1}, "text", 7, None, False])
def test_update_of_an_array_appends_an_object_or_a_primitive(entry: Any) -> None:
    assert applied({"a": [1]}, {"target": "$.a", "update": entry}) == {"a": [1, entry]}


def test_nested_arrays_are_concatenated() -> None:
    assert applied({"a": {"tags": ["x"]}}, {"target": "$.a", "update": {"tags": ["y"]}}) == {"a": {"tags": ["x", "y"]}}


def test_primitive_target_is_replaced_in_1_1() -> None:
    assert applied({"a": [{"b": "old"}]}, {"target": "$.a[0].b", "update": "new"}) == {"a": [{"b": "new"}]}


def test_primitive_target_cannot_be_updated_in_1_0() -> None:
    with pytest.raises(apply.ActionError, match="only Overlay 1"):
        applied({"a": "old"}, {"target": "$.a", "update": "new"}, version="1.0.0")


def test_update_reaches_every_match_of_a_filter_and_shares_no_values() -> None:
    document: dict[str, Any] = {
        "paths": {"/a": {"get": {"tags": ["x"]}}, "/b": {"get": {"tags": ["y"]}}, "/c": {"post": {}}}
    }
    result = applied(
        document,
        {"target": "$.paths[?@.get]", "update": {"x-list": []}},
        {"target": "$.paths['/a']['x-list']", "update": 1},
    )
    assert result["paths"]["/a"]["x-list"] == [1]
    assert result["paths"]["/b"]["x-list"] == []
    assert "x-list" not in result["paths"]["/c"]


def test_value_that_a_target_selects_twice_is_updated_once() -> None:
    assert applied({"a": [1]}, {"target": "$['a', 'a']", "update": 2}) == {"a": [1, 2]}


# --- remove


def test_remove_removes_properties_items_and_primitives() -> None:
    document = {"a": {"b": 1, "c": 2}, "list": [{"name": "x"}, {"name": "y"}], "tags": ["keep", "drop"]}
    result = applied(
        document,
        {"target": "$.a.b", "remove": True},
        {"target": "$.list[?@.name == 'x']", "remove": True},
        {"target": "$.tags[?@ == 'drop']", "remove": True},
    )
    assert result == {"a": {"c": 2}, "list": [{"name": "y"}], "tags": ["keep"]}


def test_remove_of_several_items_removes_exactly_the_matches() -> None:
    assert applied({"a": [0, 1, 2, 3, 4]}, {"target": "$.a[1, 3, 0]", "remove": True}) == {"a": [2, 4]}


def test_remove_of_nested_matches_removes_both() -> None:
    document = {"a": {"x": {"x": 1}, "y": [{"x": 2}, {"z": 3}]}}
    assert applied(document, {"target": "$..x", "remove": True}) == {"a": {"y": [{}, {"z": 3}]}}


def test_remove_wins_over_an_update_in_the_same_action() -> None:
    assert applied({"a": {}}, {"target": "$.a", "update": {"b": 1}, "remove": True}) == {}


def test_remove_false_with_an_update_updates() -> None:
    assert applied({"a": {}}, {"target": "$.a", "update": {"b": 1}, "remove": False}) == {"a": {"b": 1}}


def test_document_itself_cannot_be_removed() -> None:
    with pytest.raises(apply.ActionError, match="removes the whole document"):
        applied({"a": 1}, {"target": "$", "remove": True})


# --- copy


def test_copy_merges_one_node_into_every_target() -> None:
    document = {"from": {"x": [1]}, "to": [{"y": 1}, {"y": 2}]}
    result = applied(document, {"target": "$.to[*]", "copy": "$.from"}, {"target": "$.to[0].x", "update": 2})
    assert result == {"from": {"x": [1]}, "to": [{"y": 1, "x": [1, 2]}, {"y": 2, "x": [1]}]}


def test_copied_and_appended_values_are_not_shared() -> None:
    result = applied(
        {"from": {"x": [{}]}, "to": [{}, {}], "lists": [[], []]},
        {"target": "$.to[*]", "copy": "$.from"},
        {"target": "$.lists[*]", "update": [{"n": {}}]},
        {"target": "$.to[0].x[0]", "update": {"only": "here"}},
        {"target": "$.lists[0][0].n", "update": {"only": "here"}},
    )
    assert result == {
        "from": {"x": [{}]},
        "to": [{"x": [{"only": "here"}]}, {"x": [{}]}],
        "lists": [[{"n": {"only": "here"}}], [{"n": {}}]],
    }


@pytest.mark.parametrize(("source", "count"), [("$.nothing", 0), ("$.to[*]", 2)])
def test_copy_needs_exactly_one_source(source: str, count: int) -> None:
    with pytest.raises(apply.ActionError, match=f"exactly one value, but selects {count}"):
        applied({"to": [{}, {}]}, {"target": "$.to[0]", "copy": source})


def test_copy_is_invalid_in_1_0() -> None:
    reasons = [reason for _, reason in apply.violations(overlay({"target": "$.a", "copy": "$.b"}, version="1.0.0"))]
    assert reasons == ["actions[0]: Additional properties are not allowed ('copy' was unexpected)"]


def test_copy_beside_an_update_is_an_error() -> None:
    with pytest.raises(apply.ActionError, match="both update and copy"):
        applied({"a": {}, "b": {}}, {"target": "$.a", "copy": "$.b", "update": {}})


# --- order


def test_actions_see_the_result_of_earlier_actions() -> None:
    result = applied(
        {"servers": [{"url": "a"}]},
        {"target": "$.servers", "remove": True},
        {"target": "$", "update": {"servers": [{"url": "b"}]}},
        {"target": "$.servers[?@.url == 'b']", "update": {"description": "new"}},
    )
    assert result == {"servers": [{"url": "b", "description": "new"}]}


# --- different kinds


@pytest.mark.parametrize(
    ("node", "update"),
    [
        ({"k": {"x": 1}}, {"k": [1]}),
        ({"k": {"x": 1}}, {"k": "text"}),
        ({"k": {"x": 1}}, {"k": None}),
        ({"k": [1]}, {"k": {"x": 1}}),
        ({"k": [1]}, {"k": 1}),
        ({"k": 1}, {"k": {"x": 1}}),
        ({"k": 1}, {"k": [1]}),
    ],
)
def test_properties_of_different_kinds_are_never_merged(node: dict[str, Any], update: dict[str, Any]) -> None:
    with pytest.raises(
        apply.ActionError, match=r"actions\[0\] \(target \$\.a\): merges values of different kinds at /k: "
    ):
        apply.apply({"a": node}, overlay({"target": "$.a", "update": update}), allow_no_match=True)


@pytest.mark.parametrize(("node", "update"), [({}, [1]), ({}, "text"), ("text", {}), ("text", [1])])
def test_target_is_never_merged_with_a_different_kind(node: Any, update: Any) -> None:
    with pytest.raises(apply.ActionError, match="merges values of different kinds: "):
        applied({"a": node}, {"target": "$.a", "update": update})


def test_targets_of_different_kinds_cannot_be_updated_together() -> None:
    with pytest.raises(apply.ActionError, match="different kinds: array and object"):
        applied({"a": {}, "b": []}, {"target": "$.*", "update": {"x": 1}})


# --- no match


def test_action_that_matches_nothing_is_an_error_naming_index_and_target() -> None:
    with pytest.raises(apply.ActionError, match=r"actions\[1\] \(target \$\.b\): matches nothing"):
        applied({"a": {}}, {"target": "$.a", "update": {}}, {"target": "$.b", "remove": True})


@pytest.mark.parametrize("change", [{"update": {"x": 1}}, {"remove": True}, {"copy": "$.a"}, {}])
def test_action_that_matches_nothing_does_nothing_when_allowed(change: dict[str, Any]) -> None:
    document: dict[str, Any] = {"a": {}}
    assert apply.apply(document, overlay({"target": "$.b", **change}), allow_no_match=True) == document


# --- validity


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "the document is not an object"),
        (
            {**overlay({"target": "$"}), "overlay": "2.0.0"},
            'overlay: must be a version string 1.0.x or 1.1.x, not "2.0',
        ),
        ({**overlay({"target": "$"}), "overlay": 1.0}, "overlay: must be a version string 1.0.x or 1.1.x, not 1.0"),
        ({**overlay({"target": "$"}), "overlay": "1.0"}, "overlay: must be a version string 1.0.x or 1.1.x"),
        ({"overlay": "1.0.0", "info": {"title": "t", "version": "1"}}, '"actions" is a required property'),
        (overlay(), "actions: [] has less than 1 item"),
        (overlay({"update": {}}), 'actions[0]: "target" is a required property'),
        (overlay({"target": 1}), 'actions[0].target: 1 is not of type "string"'),
        (overlay({"target": "info"}), "actions[0].target: "),
        (overlay({"target": "$..a.~"}), "actions[0].target: is not an RFC 9535 JSONPath: "),
        (overlay({"target": "$.a[?@.b"}), "actions[0].target: is not an RFC 9535 JSONPath: "),
        (overlay({"target": "$", "copy": "$.a["}), "actions[0].copy: is not an RFC 9535 JSONPath: "),
        (overlay({"target": "$", "remove": "yes"}), 'actions[0].remove: "yes" is not of type "boolean"'),
        (overlay({"target": "$", "replace": 1}), "actions[0]: Additional properties are not allowed ('replace' was"),
        (overlay({"target": "$"}, {"target": "$"}), "actions: "),
        ({**overlay({"target": "$"}), "extends": "a b"}, "extends: "),
        ({**overlay({"target": "$"}), "info": {"title": "t"}}, 'info: "version" is a required property'),
    ],
)
def test_invalid_overlay_is_refused_with_the_reason(document: Any, reason: str) -> None:
    reasons = [reason for _, reason in apply.violations(document)]
    assert any(actual.startswith(reason) for actual in reasons), reasons
    with pytest.raises(apply.InvalidOverlayError):
        apply.apply({}, document)


def test_every_reason_is_listed() -> None:
    document: Any = {"overlay": "3.0.0", "info": {}, "actions": [{"target": 1}, {"target": "$["}]}
    reasons = [reason for _, reason in apply.violations(document)]
    assert len(reasons) == 5, reasons


def test_extensions_are_allowed_everywhere() -> None:
    document = {**overlay({"target": "$", "x-a": 1}), "x-b": 2, "info": {"title": "t", "version": "1", "x-c": None}}
    assert apply.violations(document) == []


# --- the command


class Result(NamedTuple):
    """The exit status and the output of the command."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Result]


@pytest.fixture
def run(files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs the command in this process, in the folder `files`."""
    monkeypatch.chdir(files)

    def run(*arguments: str) -> Result:
        status = apply.main(arguments)
        output = capsys.readouterr()
        return Result(status, output.out, output.err)

    return run


@pytest.fixture
def run_command(files: Path) -> Run:
    """The same, but the function starts the command as a process of its own."""

    def run(*arguments: str) -> Result:
        process = subprocess.run(
            [sys.executable, apply.__file__, *arguments], cwd=files, capture_output=True, text=True, check=False
        )
        return Result(process.returncode, process.stdout, process.stderr)

    return run


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "spec.yaml").write_text("openapi: 3.1.0\npaths:\n  /b: {}\n  /a:\n    get: {}\n", encoding="utf-8")
    (tmp_path / "a.overlay.yaml").write_text(
        json.dumps(overlay({"target": "$.paths['/a']", "update": {"x": "16:9"}})), encoding="utf-8"
    )
    return tmp_path


def test_command_applies_overlays_in_order_and_exits_0(files: Path, run: Run) -> None:
    (files / "b.overlay.json").write_text(json.dumps(overlay({"target": "$.paths['/a'].x", "update": "no"})))
    process = run("spec.yaml", "a.overlay.yaml", "b.overlay.json", "-o", "out.json")
    assert (process.returncode, process.stderr, process.stdout) == (0, "", "")
    assert (files / "out.json").read_text() == json.dumps(
        {"openapi": "3.1.0", "paths": {"/b": {}, "/a": {"get": {}, "x": "no"}}}, indent=2
    ) + "\n"


def test_tilde_in_a_path_is_the_home_folder(files: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(files))
    assert run("~/spec.yaml", "~/a.overlay.yaml", "-o", "~/out.yaml").returncode == 0
    assert (files / "out.yaml").is_file()


def test_command_writes_to_standard_output_in_the_format_of_the_spec(run_command: Run) -> None:
    process = run_command("spec.yaml", "a.overlay.yaml", "-o", "-")
    assert process.returncode == 0
    assert yaml_1_2.load(process.stdout).value["paths"]["/a"] == {"get": {}, "x": "16:9"}


@pytest.mark.parametrize(
    "text",
    [
        "16:9",
        "no",
        "1.0",
        "2026-11-21",
        "null",
        "0o7",
        "true",
        "on",
        "~",
        "",
        " a",
        "a: b",
        "a\x85b",
        "a\nb",
        "0b11",
        "12_34",
        "0x1F",
        ".inf",
        "<<",
        "=",
        "a\u2028b",
        "\ufeffa",
        "\U0001f600",
        "a\n\nb ",
        "\ta",
        "- a",
        "# a",
        "a #b",
        "'",
    ],
)
def test_yaml_output_reads_back_as_the_same_text(files: Path, run: Run, text: str) -> None:
    (files / "t.overlay.json").write_text(json.dumps(overlay({"target": "$", "update": {"x-text": text}})))
    assert run("spec.yaml", "t.overlay.json", "-o", "out.yaml").returncode == 0
    assert apply.load(files / "out.yaml")["x-text"] == text


def test_overlay_1_0_that_puts_an_array_into_an_array_is_applied_with_a_warning(files: Path, run: Run) -> None:
    (files / "spec.yaml").write_text("tags: [a]\npairs: [[1, 2]]\n")
    (files / "nests.yaml").write_text(
        "overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions:\n"
        "  - {target: $.tags, update: b}\n"
        "  - target: $.tags\n    update: [c, d]\n"
        "  - {target: $.pairs, update: [3, 4]}\n"
    )
    process = run("spec.yaml", "nests.yaml", "-o", "out.json")
    assert (process.returncode, process.stdout) == (0, "")
    assert process.stderr == (
        "apply.py: nests.yaml:5: warning: actions[1] (target $.tags): appends the whole array as a single item, "
        "because the overlay has version 1.0; to append the items, set `overlay` to 1.1.0, "
        "or write one action for each item\n"
    )
    assert json.loads((files / "out.json").read_text()) == {"tags": ["a", "b", ["c", "d"]], "pairs": [[1, 2], [3, 4]]}
    (files / "nests.yaml").write_text((files / "nests.yaml").read_text().replace("1.0.0", "1.1.0"))
    assert run("spec.yaml", "nests.yaml", "-o", "out.json").stderr == ""


def test_message_about_an_action_names_the_line_of_the_overlay(files: Path, run: Run) -> None:
    header = "overlay: 1.1.0\ninfo: {title: t, version: '1'}\nactions:\n  - {target: $.paths, update: {}}\n"
    (files / "b.yaml").write_text(f"{header}  # a comment\n  - target: $.nothing\n    remove: true\n")
    assert run("spec.yaml", "b.yaml", "-o", "out.yaml").stderr.startswith(
        "apply.py: b.yaml:6: actions[1] (target $.not"
    )
    (files / "b.yaml").write_text(f"{header}  - target: $.a[\n    updat: 1\n")
    assert [line.partition(" ")[2][:25] for line in run("spec.yaml", "b.yaml", "-o", "o.yaml").stderr.splitlines()] == [
        "b.yaml:5: actions[1]: Add", "b.yaml:5: actions[1].targ"
    ]  # fmt: skip
    (files / "b.json").write_text('{"overlay": "1.1.0",\n "info": {"title": "t", "version": "1"},\n "actions": [\n5]}')
    assert run("spec.yaml", "b.json", "-o", "o.yaml").stderr.startswith("apply.py: b.json:4: actions[0]: 5 is not of")
    (files / "b.json").write_text('{"overlay": "1.1.0",\n "info": {]}')
    assert run("spec.yaml", "b.json", "-o", "o.yaml").stderr.startswith("apply.py: b.json:2: is not valid YAML or JSON")


def test_key_stays_as_its_author_wrote_it(files: Path, run: Run) -> None:
    (files / "spec.yaml").write_text("paths: {/a: {}}\n0x10: a\n1.0: b\n~: c\n1e3: d\nTRUE: e\n0b1: f\n")
    assert run("spec.yaml", "a.overlay.yaml", "-o", "out.json").returncode == 0
    assert list(json.loads((files / "out.json").read_text())) == ["paths", "0x10", "1.0", "~", "1e3", "TRUE", "0b1"]


def test_yaml_is_read_as_1_2_and_aliases_become_separate_values(files: Path, run: Run) -> None:
    (files / "spec.yaml").write_text("a: &shared {ratio: 16:9, no: 2026-11-21}\nb: *shared\n200: yes\n")
    (files / "a.overlay.yaml").write_text(json.dumps(overlay({"target": "$.a", "update": {"new": 1}})))
    assert run("spec.yaml", "a.overlay.yaml", "-o", "out.json").returncode == 0
    assert json.loads((files / "out.json").read_text()) == {
        "a": {"ratio": "16:9", "no": "2026-11-21", "new": 1},
        "b": {"ratio": "16:9", "no": "2026-11-21"},
        "200": "yes",
    }


def test_invalid_overlay_exits_2_with_every_reason_and_writes_nothing(files: Path, run: Run) -> None:
    (files / "bad.yaml").write_text('overlay: 1.0.0\nactions: [{target: "info"}]\n')
    process = run("spec.yaml", "bad.yaml", "-o", "out.yaml")
    assert process.returncode == 2
    assert [line.partition("bad.yaml:")[2][:18] for line in process.stderr.splitlines()] == [
        '1: "info" is a req',
        "2: actions[0].targ",
    ]
    assert not (files / "out.yaml").exists()


def test_no_match_exits_3_naming_file_index_and_target_and_keeps_the_old_output(
    files: Path, run: Run, run_command: Run
) -> None:
    (files / "out.yaml").write_text("old")
    (files / "none.yaml").write_text(json.dumps(overlay({"target": "$.nothing", "remove": True})))
    process = run_command("spec.yaml", "none.yaml", "-o", "out.yaml")
    assert process.returncode == 3
    assert process.stderr.startswith("apply.py: none.yaml:1: actions[0] (target $.nothing): matches nothing")
    assert (files / "out.yaml").read_text() == "old"
    assert sorted(path.name for path in files.iterdir()) == ["a.overlay.yaml", "none.yaml", "out.yaml", "spec.yaml"]
    assert run("spec.yaml", "none.yaml", "-o", "out.yaml", "--allow-no-match").returncode == 0


def test_different_kinds_exit_3_even_with_allow_no_match(files: Path, run: Run) -> None:
    (files / "kinds.yaml").write_text(json.dumps(overlay({"target": "$.paths", "update": [1]})))
    process = run("spec.yaml", "kinds.yaml", "-o", "out.yaml", "--allow-no-match")
    assert process.returncode == 3
    assert "actions[0] (target $.paths): merges values of different kinds: array into object" in process.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "is not valid YAML or JSON"),
        ("a: 1\na: 2\n", "is not valid YAML or JSON"),
        ("&a [*a]", "is nested too deeply or refers to itself"),
        ("\x00", "is not valid YAML or JSON"),
        ("", "is empty"),
        ("---\n", "is empty"),
        ("a: .nan", "spec.yaml:1: is not valid YAML or JSON: .nan is not a JSON value"),
        ("a: !!binary aGVsbG8=", "the tag !!binary does not stand for a JSON value"),
        ("a: !!bool x", "is not valid YAML or JSON"),
        ('a: "\\UFFFFFFFF"', "is not valid YAML or JSON"),
        ('a: "\\ud800"', "is not valid YAML or JSON"),
        ("%YAML 1.9\n---\na: 1", "is not valid YAML or JSON"),
        ("? [1, 2]\n: 3\n", "an object or array cannot be a key"),
        ("1: a\n'1': b\n", "spec.yaml:2: is not valid YAML or JSON: duplicate key '1', which is also in line 1"),
        ("a: {<<: 5}", "the merge key << needs an object"),
        ("[" * 5000, "is not valid YAML or JSON"),
        ("[" * 900 + "]" * 900, "is nested too deeply or refers to itself"),
        ("a: 1\n---\nb: 2\n", "spec.yaml:2: is not valid YAML or JSON: is a second document"),
    ],
)
def test_unreadable_document_is_reported_on_one_line_and_exits_1(
    files: Path, run: Run, text: str, message: str
) -> None:
    (files / "spec.yaml").write_text(text)
    process = run("spec.yaml", "a.overlay.yaml", "-o", "out.yaml")
    assert (process.returncode, len(process.stderr.splitlines())) == (1, 1), process.stderr
    assert message in process.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 2}', "duplicate key 'a'"),
        ('{"a": NaN}', "NaN is not a JSON value"),
        ('{"a": 1e999}', "a number is too large"),
        ('{"a": "\\ud800"}', "is not valid YAML or JSON"),
        ("[" * 5000 + "]" * 5000, "is nested too deeply"),
        ("null", "is empty"),
    ],
)
def test_invalid_json_is_reported_on_one_line_and_exits_1(files: Path, run: Run, text: str, message: str) -> None:
    (files / "spec.json").write_text(text)
    process = run("spec.json", "a.overlay.yaml", "-o", "out.json")
    assert (process.returncode, len(process.stderr.splitlines())) == (1, 1), process.stderr
    assert message in process.stderr
    assert sorted(path.name for path in files.iterdir()) == ["a.overlay.yaml", "spec.json", "spec.yaml"]


def test_json_may_begin_with_a_byte_order_mark(files: Path, run: Run) -> None:
    (files / "spec.json").write_bytes(b'\xef\xbb\xbf{"paths": {"/a": {}}}')
    assert run("spec.json", "a.overlay.yaml", "-o", "out.json").returncode == 0


def test_missing_file_and_unwritable_output_are_reported_on_one_line_and_exit_1(files: Path, run: Run) -> None:
    missing = run("none.yaml", "a.overlay.yaml", "-o", "out.yaml")
    assert (missing.returncode, missing.stderr) == (
        1,
        "apply.py: none.yaml: cannot be read: No such file or directory\n",
    )
    (files / "folder").mkdir()
    unwritable = run("spec.yaml", "a.overlay.yaml", "-o", "folder")
    assert (unwritable.returncode, len(unwritable.stderr.splitlines())) == (1, 1), unwritable.stderr
    for output in ("spec.yaml/x", "a" * 300, "/dev/full/x"):
        process = run("spec.yaml", "a.overlay.yaml", "-o", output)
        assert (process.returncode, len(process.stderr.splitlines())) == (1, 1), process.stderr
    assert sorted(path.name for path in files.iterdir()) == ["a.overlay.yaml", "folder", "spec.yaml"]


def test_existing_output_keeps_its_permissions_and_a_link_its_target(files: Path, run: Run) -> None:
    (files / "real.yaml").write_text("old")
    (files / "real.yaml").chmod(0o640)
    (files / "out.yaml").symlink_to("real.yaml")
    assert run("spec.yaml", "a.overlay.yaml", "-o", "out.yaml").returncode == 0
    assert (files / "out.yaml").is_symlink()
    assert stat.S_IMODE((files / "real.yaml").stat().st_mode) == 0o640
    assert apply.load(files / "real.yaml")["paths"]["/a"]["x"] == "16:9"


def test_input_may_be_the_output_and_new_folders_are_created(files: Path, run: Run) -> None:
    assert run("spec.yaml", "a.overlay.yaml", "-o", "spec.yaml").returncode == 0
    assert run("spec.yaml", "a.overlay.yaml", "-o", "new/folder/out.json").returncode == 0
    assert json.loads((files / "new/folder/out.json").read_text())["paths"]["/a"]["x"] == "16:9"


def test_keys_keep_their_order_in_yaml(files: Path, run: Run) -> None:
    run("spec.yaml", "a.overlay.yaml", "-o", "out.yaml")
    assert (files / "out.yaml").read_text() == (
        "openapi: '3.1.0'\npaths:\n  /b: {}\n  /a:\n    get: {}\n    x: '16:9'\n"
    )


def test_full_disk_behind_standard_output_is_reported_on_one_line(files: Path) -> None:
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [sys.executable, apply.__file__, "spec.yaml", "a.overlay.yaml", "-o", "-"],
            cwd=files, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (process.returncode, process.stderr) == (
        1,
        "apply.py: standard output cannot be written: No space left on device\n",
    )


def test_new_output_has_the_permissions_of_the_umask(files: Path, run: Run) -> None:
    run("spec.yaml", "a.overlay.yaml", "-o", "out.yaml")
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((files / "out.yaml").stat().st_mode) == 0o666 & ~umask
