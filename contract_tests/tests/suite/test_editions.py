"""The documented rules of each edition, and runs that judge by one of them."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from contract_suite import cli, session
from contract_suite.checks.chosen_models import rules_of
from contract_suite.checks.contract import Parts
from contract_suite.checks.judging import sdk_stances
from contract_suite.checks.kinds import kind_of
from contract_suite.coverage.rules import constraints, disagreeing_rules, inline_references, without
from contract_suite.drift.applied_overlays import OverlayError
from contract_suite.rules import editions
from contract_suite.rules.documented import DOCUMENTED, RuleError
from contract_suite.rules.kinds import BodyRule, ExchangeRule, RequestRule
from evolink_mock import MockServer
from tests.edition_documents import before_and_after, documents

NAMES = editions.names()
EDITION = "2026-10"


@pytest.mark.parametrize("name", NAMES[1:])
def test_rules_of_an_edition_agree_with_its_contract_and_with_the_sdk(name: str) -> None:
    rules = editions.load(name)
    own = editions.own_rules(name)[0]
    rules = rules.only(rule for rule in rules.rules if rule.id in own)
    parts = Parts.of(documents()[name])
    assert {rule.id: found for rule in rules.rules if (found := list(kind_of(rule).check_contract(rule, parts)))} == {}
    stances = sdk_stances(rules)
    assert {rule_id: stance.differences for rule_id, stance in stances.items() if stance.differences} == {}


def test_no_rule_of_the_newest_edition_is_contested_by_an_older_one() -> None:
    own, removed = editions.own_rules(NAMES[-1])
    rules = editions.load(NAMES[-1])
    assert own - {rule.id for rule in rules.rules if rule.certainty != "contested" and rule.disputed} == set()
    assert {rule.id for rule in rules.rules} & set(removed) == set()


def changed_rules(name: str) -> Any:
    """Return the rules of an edition on requests and responses that one of the editions changes."""
    rules = session.documented_rules(name)
    kinds = (RequestRule, BodyRule, ExchangeRule)
    return rules.only(rule for rule in rules.rules if rule.disputed and isinstance(rule, kinds))


def test_mock_of_an_edition_keeps_its_rules_and_breaks_those_of_the_base() -> None:
    assert session.broken(changed_rules(EDITION), MockServer) == []
    assert set(session.broken(changed_rules("base"), partial(MockServer, edition=EDITION))) == {
        "error.400", "error.401", "error.402.create", "error.402.task", "error.403", "error.404", "error.405.body",
        "error.413.body", "error.415.body", "error.429", "error.500", "error.502", "error.503", "error.code.type",
        "task.can_cancel.required", "wan25.prompt.too-long", "wan25.unknown-fields",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES[1:])
def test_every_field_that_an_edition_adds_to_a_request_has_rules(name: str) -> None:
    before, after = map(inline_references, before_and_after(name))
    known = set(constraints(before))
    new = [place for place in constraints(after) if place not in known and place[3] == "requestBody"]
    parts = Parts.of(after)
    rules = rules_of(editions.load(name), list(parts.variants)).rules
    without_rule = [place for place in new if not any(disagreeing_rules(rules, parts, Parts.of(without(after, place))))]
    assert without_rule == []


# --- files of editions


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the documented rules of one model."""
    [file] = DOCUMENTED.rglob("wan2.5-image-to-video.yaml")
    shutil.copy(file, tmp_path)
    (tmp_path / "editions").mkdir()
    return tmp_path


ROW = "{says: The prompt is short., field: prompt, rejects: [prompt: xxx]}"


def write(folder: Path, name: str, rows: str, section: str = "wan2.5-image-to-video") -> None:
    text = f"edition: as of {name}\nfiles:\n  {section}:\n    page: a page\n    rules:\n      {rows}\n"
    (folder / "editions" / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_row_replaces_adds_or_removes_a_rule_also_of_an_older_edition(folder: Path) -> None:
    number = len(editions.load("base", folder).rules)
    write(folder, "2001-01", f"{{wan25.new: {ROW}, wan25.prompt.too-long: {ROW}, wan25.duration.values: null}}")
    write(folder, "2001-02", "{wan25.new: null, wan25.prompt.too-long: {says: Any prompt will do., accepts: [{}]}}")
    found: dict[str, Any] = {}
    for name in ("base", "2001-01", "2001-02"):
        rules = editions.load(name, folder)
        by_id = {rule.id: rule for rule in rules.rules}
        found[name] = (
            len(by_id) - number, "wan25.new" in by_id, by_id["wan25.prompt.too-long"].says,
            by_id["wan25.prompt.too-long"].edition, by_id["wan25.prompt.too-long"].certainty,
        )  # fmt: skip
    base, first, second = found.values()
    assert base[:2] == (0, False)
    assert base[4] == "contested"
    assert first == (0, True, "The prompt is short.", "as of 2001-01", "contested")
    assert second == (-1, False, "Any prompt will do.", "as of 2001-02", "documented")


@pytest.mark.parametrize(
    ("rows", "section", "message"),
    [
        (f"wan25.new: {ROW}", "nothing", "nothing is not a file of rules; the files are wan2.5-image-to-video"),
        ("wan25.new: null", "wan2.5-image-to-video", "wan25.new cannot be removed, because wan2.5-image-to-video has"),
        ("wan25.new: {}", "wan2.5-image-to-video", "wan25.new: "),
        ("wan25.new: 5", "wan2.5-image-to-video", "files: wan2.5-image-to-video: rules: wan25.new: "),
        (
            "wan25.smallest-request: {says: A request with only the required fields is accepted., accepts: [{}]}",
            "wan2.5-image-to-video", "wan25.smallest-request is the same in the edition before; leave it out",
        ),
    ],
)  # fmt: skip
def test_wrong_file_of_an_edition_is_an_error_that_names_the_rule(
    rows: str, section: str, message: str, folder: Path
) -> None:
    write(folder, "2001-01", rows, section)
    with pytest.raises(RuleError, match=f"^2001-01.yaml: {message}"):
        editions.load("2001-01", folder)


TABLE = """
title: invented-1.0
page: a page
edition: October 2026
request: {model: invented-1.0, prompt: x}
fields:
  prompt: {required: true, text: 100, beyond: refused}
  quality: {values: [720p, 1080p], default: 720p}
  seed: {type: integer}
billing: {unit: call}
response: {estimated_time: 60}
rules:
  prompt.blank: {says: A blank prompt is allowed., field: prompt, accepts: [prompt: ' ']}
"""


def write_short(folder: Path, name: str, section: str) -> None:
    (folder / "invented-1.0.yaml").write_text(TABLE, encoding="utf-8")
    text = f"edition: as of {name}\nfiles:\n  invented-1.0: {{page: a page, {section}}}\n"
    (folder / "editions" / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_section_in_short_form_changes_the_rules_of_the_lines_that_it_replaces(folder: Path) -> None:
    write_short(
        folder,
        "2001-01",
        "fields: {prompt: {text: 200}, seed: null}, billing: {unit: token}, response: {estimated_time: 90}",
    )
    write_short(folder, "2001-02", "fields: {prompt: {text: 300}}, rules: {prompt.blank: null}")
    found = {name: {one.id: one for one in editions.load(name, folder).rules} for name in editions.names(folder)}
    start = "invented-1.0."
    length, sample, unit, seed, blank = (
        f"{start}{one}" for one in ("prompt.max-length", "response.sample", "billing.unit", "seed.type", "prompt.blank")
    )
    assert editions.own_rules("2001-01", folder) == ({length, sample, unit}, [seed])
    assert editions.own_rules("2001-02", folder) == ({length}, [blank])
    assert found["base"].keys() - found["2001-01"].keys() == {seed}
    assert found["2001-01"].keys() - found["2001-02"].keys() == {blank}
    for name, characters, edition, certainty in (
        ("base", 100, "October 2026", "contested"),
        ("2001-01", 200, "as of 2001-01", "contested"),
        ("2001-02", 300, "as of 2001-02", "documented"),
    ):
        rule = found[name][length]
        assert (rule.edition, rule.certainty, f" {characters} characters" in rule.says) == (edition, certainty, True)
        assert found[name][f"{start}quality.values"].edition == "October 2026"
    tables = [editions.load(name, folder).tables["invented-1.0"] for name in found]
    assert [(one["prompt"]["text"], "seed" in one) for one in tables] == [(100, True), (200, False), (300, False)]
    assert editions.load("2001-01", folder).responses["invented-1.0"] == {"estimated_time": 90}


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (
            "rules: {invented-1.0.prompt.blank: null}",
            "invented-1.0.prompt.blank: write prompt.blank, without the model",
        ),
        ("rules: {prompt.dark: null}", "prompt.dark cannot be removed, because invented-1.0 has no such rule"),
        ("fields: {prompt: {text: 100}}", "the section changes no rule; leave it out"),
        ("fields: {prompt: {text: short}}", "fields: prompt: text: "),
        ("fields: {prompt: {words: 5}}", "fields: prompt: "),
        ("fields: {prompt: null, quality: null, seed: null}", "fields: no line would remain"),
        ("fields: {'shots[].text': {text: 5}}", "fields: 'shots' is needed, but is missing"),
        (
            "billing: {unit: null, reserved: {file: sound, seconds: {'2': 2}}}",
            "fields: 'sound' is needed, but is missing",
        ),
    ],
)
def test_wrong_section_in_short_form_is_an_error_that_names_the_line(section: str, message: str, folder: Path) -> None:
    write_short(folder, "2001-01", section)
    with pytest.raises(RuleError, match=f"^2001-01.yaml: invented-1.0: {message}"):
        editions.load("2001-01", folder)


@pytest.mark.parametrize(
    ("section", "place"),
    [
        ("fields: null", "fields"),
        ("request: text", "request"),
        ("request: {model: other}", "request: model"),
        ("billing: 5", "billing"),
        ("unknown_fields: 5", "unknown_fields"),
    ],
)
def test_section_of_a_wrong_form_is_an_error_that_names_the_key(section: str, place: str, folder: Path) -> None:
    write_short(folder, "2001-01", section)
    with pytest.raises(RuleError, match=f"^2001-01.yaml: files: invented-1.0: {place}: "):
        editions.load("base", folder)


def test_mistake_in_a_row_of_an_edition_names_the_file_of_the_edition(folder: Path) -> None:
    write_short(folder, "2001-01", "rules: {new: {says: It is new., certainty: inferred, accepts: [{}]}}")
    with pytest.raises(RuleError, match=r"^2001-01.yaml: invented-1.0.new: `because` is required"):
        editions.load("2001-01", folder)


def test_other_smallest_request_changes_every_rule_of_the_model(folder: Path) -> None:
    write_short(folder, "2001-01", "fields: {mode: {required: true, values: [a, b]}}, request: {mode: a}")
    own, removed = editions.own_rules("2001-01", folder)
    mine = {one.id: one.edition for one in editions.load("2001-01", folder).rules if one.id.startswith("invented-1.0.")}
    assert (own, removed, set(mine.values())) == (set(mine), [], {"as of 2001-01"})


def test_samples_of_editions_add_up_in_short_form_too(folder: Path) -> None:
    write_short(folder, "2001-01", "samples: {created: {id: a}}")
    write_short(folder, "2001-02", "samples: {task: {id: b}}")
    assert {"id": "a"} in editions.load("2001-02", folder).samples.values()
    assert {"id": "b"} in editions.load("2001-02", folder).samples.values()


def test_unknown_edition_has_no_own_rules() -> None:
    with pytest.raises(RuleError, match=r"^unknown edition soon: expected one of base, "):
        editions.own_rules("soon")


def test_section_in_short_form_needs_a_file_in_short_form(folder: Path) -> None:
    text = "edition: later\nfiles:\n  wan2.5-image-to-video: {page: a page, fields: {prompt: {text: 5}}}\n"
    (folder / "editions" / "2001-01.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RuleError, match=r"^2001-01.yaml: wan2.5-image-to-video: fields: .* has no table of fields"):
        editions.load("2001-01", folder)


def test_unknown_edition_ends_the_run_with_a_message_that_lists_the_known_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RuleError, match=f"^unknown edition soon: expected one of {', '.join(NAMES)}$"):
        editions.load("soon")
    with pytest.raises(OverlayError, match=r"^EDITION: unknown edition soon: expected one of base, "):
        session.documented_contract("soon")
    monkeypatch.setenv("EDITION", "soon")
    monkeypatch.setattr("sys.argv", ["contract_suite", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        cli.run()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("contract: EDITION: unknown edition soon: expected one of base, ")


def test_report_names_the_edition(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = session.documented_rules(EDITION)
    one = rules.only(rule for rule in rules.rules if rule.id == "wan25.prompt.max-length")
    report = session.judge(session.Settings(generate=False, folder=tmp_path, edition=EDITION), one)
    assert f"; edition {EDITION}." in capsys.readouterr().out
    assert f"rules of edition {EDITION}: " in list(report.lines())[-1]
    assert f'"edition_name": "{EDITION}"' in (tmp_path / "contract.json").read_text(encoding="utf-8")
    assert f"<code>{EDITION}</code>" in (tmp_path / "contract.html").read_text(encoding="utf-8")
