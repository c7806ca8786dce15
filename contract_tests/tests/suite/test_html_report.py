"""The HTML page of a report: it is self-contained and correct, and data from a server cannot do anything on it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from starlette.requests import Request
from starlette.responses import Response

from contract_suite.reporting import html
from contract_suite.session import Settings, judge
from evolink_mock.server import ServedApp, listen
from tests import few_models

KEY = "sk-evo-a-secret/key+1"
FEW = few_models.few_and("wan25.model", "wan25.prompt", "wan26.prompt", "wan26.quality")
HOSTILE = (
    "</script><script>document.title='owned'</script><!--<img src=x onerror=\"document.title='owned'\">"
    "'\"`{{ 7 * 7 }}&lt;\u202egnihton\u2066\x00\x07\x1b[2J"
)
VOID = {"meta", "input", "rect"}


async def hostile(scope: Any, receive: Any, send: Any) -> None:
    """Respond to every request with markup, scripts and control characters."""
    if scope["type"] != "http":
        return
    key = Request(scope).headers.get("authorization", "")
    error = {
        "message": HOSTILE,
        "param": HOSTILE,
        HOSTILE: key,
        "long": "x" * 40_000 if scope["method"] == "GET" else "",
    }
    body = json.dumps({"id": HOSTILE, "status": HOSTILE, "error": error})
    headers = {"x-'quoted'": "<script>alert(1)</script>", "x-key": key}
    await Response(body, 418, headers, "text/html")(scope, receive, send)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the report of a run against a hostile server."""
    path = tmp_path_factory.mktemp("hostile")
    with ServedApp(hostile, listen("127.0.0.1", 0)) as served:
        judge(Settings(served.url, KEY, generate=False, patience=0, folder=path), rules=FEW)
    return path


@pytest.fixture
def report(folder: Path) -> dict[str, Any]:
    """The content of `contract.json` of that run, which a test may change."""
    document: dict[str, Any] = json.loads((folder / "contract.json").read_text(encoding="utf-8"))
    return document


@pytest.fixture
def green(report: dict[str, Any]) -> dict[str, Any]:
    """A report in which every rule holds."""
    for rule in report["rules"]:
        rule.update(verdict="holds", why="1 case", findings=[], differences=[], not_tried=[])
        rule["enforcers"]["target"] = "holds"
    return report | {"broken": [], "differences": []}


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the text of the page, its script and its style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.content: dict[str, str] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, f"unexpected end tag: {tag}"

    def handle_data(self, data: str) -> None:
        kind = self.open[-1] if self.open and self.open[-1] in {"script", "style"} else "text"
        self.content[kind] = self.content.get(kind, "") + data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


@pytest.fixture(scope="module")
def elements(folder: Path) -> Elements:
    """The parsed page of that run."""
    return Elements((folder / "contract.html").read_text(encoding="utf-8"))


# --- self-contained


def test_page_refers_to_no_other_file(elements: Elements) -> None:
    for tag, attributes in elements.tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "audio", "video", "image", "use"}
        assert not attributes.keys() & {"src", "srcset", "style", "action", "formaction", "xlink:href", "background"}
        link = attributes.get("href", "")
        assert tag == "a" or not link
        pages = ("https://docs.evolink.ai/", "https://evolink.ai/docs/", "https://www.rfc-editor.org/rfc/")
        assert link.startswith(("#", *pages)) or not link
        assert not link.startswith("https:") or "noreferrer" in attributes["rel"]
    assert not re.search(r"url\(|@import|expression", elements.content["style"])
    assert not re.search(r"fetch|XMLHttp|WebSocket|import\(|innerHTML|eval", elements.content["script"])


def test_security_policy_allows_only_the_script_and_style_of_the_page(elements: Elements) -> None:
    [policy] = [
        attributes["content"]
        for _, attributes in elements.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    hashes = {
        kind: base64.b64encode(hashlib.sha256(elements.content[kind].encode()).digest()).decode()
        for kind in ("style", "script")
    }
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; script-src 'sha256-{hashes['script']}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_page_can_be_rendered_again_from_the_json_report(
    folder: Path, tmp_path: Path, suite_environment: dict[str, str]
) -> None:
    shutil.copy(folder / "contract.json", tmp_path)
    command = [sys.executable, "-m", "contract_suite.reporting.html", "contract.json"]
    result = subprocess.run(
        command, env=suite_environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert (tmp_path / "contract.html").read_bytes() == (folder / "contract.html").read_bytes()


# --- data from a server


def test_data_from_a_server_never_becomes_an_element_or_attribute(elements: Elements) -> None:
    assert elements.open == []
    tags = [tag for tag, _ in elements.tags]
    assert [tags.count(tag) for tag in ("html", "head", "body", "script", "style", "form")] == [1] * 6
    assert "img" not in tags
    assert not [name for _, attributes in elements.tags for name in attributes if name.startswith("on")]
    assert "<script>document.title='owned'</script>" in elements.content["text"]
    assert "{{ 7 * 7 }}" in elements.content["text"]


def test_invisible_characters_and_direction_marks_from_a_server_are_escaped(folder: Path) -> None:
    text = (folder / "contract.html").read_text(encoding="utf-8")
    assert {letter for letter in text if not letter.isprintable()} <= {"\n"}
    assert "\\u202egnihton\\u2066\\x00\\x07\\x1b[2J" in text


def test_page_does_not_contain_a_key_that_a_server_echoes(folder: Path) -> None:
    text = (folder / "contract.html").read_text(encoding="utf-8")
    assert KEY not in text
    assert "Bearer [key]" in text


def test_page_stays_small_after_huge_responses(folder: Path) -> None:
    assert (folder / "contract.html").stat().st_size < 3_000_000
    assert "x" * (html.LONGEST_TEXT + 1) not in (folder / "contract.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["why", "says", "because", "page", "edition", "id", "source", "certainty"])
def test_hostile_texts_in_the_report_itself_are_escaped(report: dict[str, Any], name: str) -> None:
    report["rules"] = report["rules"][:3]
    report["rules"][1][name] = f'"><script>{HOSTILE}</script>'
    report |= {"target": HOSTILE, "stopped": HOSTILE, "drift": [HOSTILE], "edition": HOSTILE}
    page = Elements(html.page(report))
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not [attributes for _, attributes in page.tags if attributes.get("href", "").startswith('">')]


# --- correct content


def heading(text: str) -> str:
    match = re.search(r"<h1>(.*?)</h1>", text)
    assert match is not None
    return match[1]


def test_heading_states_the_result(report: dict[str, Any], green: dict[str, Any]) -> None:
    first = report["rules"][0]["id"]
    assert heading(html.page(green)) == "No rule is broken"
    assert heading(html.page(green | {"stopped": "the server does not respond"})) == "No rule is broken so far"
    assert heading(html.page(green | {"broken": [first]})) == "1 rule is broken"
    assert heading(html.page(green | {"broken": [first, first]})) == "2 rules are broken"
    assert "<b>The run ended early:</b> the server does not respond" in html.page(
        green | {"stopped": "the server does not respond"}
    )
    assert "ended early" not in html.page(green)


def test_page_has_every_rule_with_the_verdict_of_each_enforcer(elements: Elements, report: dict[str, Any]) -> None:
    rules = [attributes for tag, attributes in elements.tags if tag == "details" and "id" in attributes]
    assert [attributes["id"] for attributes in rules] == [rule["id"] for rule in report["rules"]]
    assert {attributes["data-certainty"] for attributes in rules} == {"documented", "inferred", "contested"}
    chips = [
        attributes["class"]
        for tag, attributes in elements.tags
        if tag == "span" and attributes.get("class", "")[:5] == "chip "
    ]
    expected = [
        f"chip {verdict}"
        for rule in report["rules"]
        for verdict in (
            rule["enforcers"]["contract"]["verdict"], rule["enforcers"]["sdk"]["verdict"], rule["enforcers"]["target"],
        )
    ]  # fmt: skip
    assert chips[-len(expected) :] == expected


def test_exchange_that_breaks_a_rule_has_a_command_that_repeats_it(folder: Path) -> None:
    text = (folder / "contract.html").read_text(encoding="utf-8")
    part = text[text.index('id="wan25.smallest-request"') :]
    part = part[: part.index("Link to this rule")]
    assert part.index("<b>expected</b> <span>200</span>") < part.index("<b>got</b> <span>418: ")
    assert part.index("<b>got</b>") < part.index("curl -sS -X POST http://127.0.0.1:")
    assert "&#34;authorization: Bearer $KEY&#34;" in part
    assert "docs.evolink.ai" in part


def test_differences_of_the_contract_and_of_the_sdk_are_separate(green: dict[str, Any]) -> None:
    green["rules"][0]["enforcers"]["contract"] = {"verdict": "differs", "differences": ["takes a cat"]}
    green["rules"][1]["enforcers"]["sdk"] = {"verdict": "differs", "why": "reads", "differences": ["refuses a cat"]}
    text = html.page(green)
    assert "<b>contract</b> <span>takes a cat</span>" in text
    assert "<b>SDK</b> <span>it refuses a cat</span>" in text


def test_backticks_in_the_text_of_a_rule_mark_code(green: dict[str, Any]) -> None:
    green["rules"][0]["says"] = "The field `a<b` is a string."
    assert '<span class="says">The field <code>a&lt;b</code> is a string.</span>' in html.page(green)


def test_cases_that_were_not_run_are_grouped_by_their_reason(green: dict[str, Any]) -> None:
    for rule, cases in zip(green["rules"][:5], (1, 2, 3, 4, 5), strict=True):
        rule["not_tried"] = [{"why": "the key was missing", "cases": cases}]
    text = html.page(green)
    assert text.count("<span>the key was missing") == 1
    assert '<span class="count">15</span><span>the key was missing' in text


def test_sections_on_drift_and_mutants_appear_only_with_data(green: dict[str, Any]) -> None:
    green.pop("mutants", None)
    green.pop("drift", None)
    assert ">Drift<" not in html.page(green)
    assert "Mutation score" not in html.page(green)
    score = {"mutants": 9, "killed": 8, "equivalent": 1, "false_alarms": 0, "seeds": 2, "seconds": 9}
    kinds = {"requests": {"mutants": 4, "killed": 4, "equivalent": 0}}
    drift = ["drift   1 observation that no change explains:", "drift   - a new field"]
    text = html.page(green | {"drift": drift, "mutants": score | {"by_kind": kinds}})
    assert "<span>1 observation that no change explains:</span>" in text
    assert "<span>a new field</span>" in text
    assert '<b>88.9 %</b><span class="quiet">8 of 9</span>' in text
    assert '<b>100 %</b><span class="quiet">4 of 4</span>' in text


def test_missed_parts_of_the_contract_are_listed(report: dict[str, Any]) -> None:
    report["coverage"] = {"requests": {"all": 3000, "met": 2999, "missed": ["Cat.type: broken"]}}
    text = html.page(report)
    assert '<b>99.9 %</b><span class="quiet">2999 of 3000</span>' in text, "only complete coverage is 100 %"
    assert "<code>Cat.type: broken</code>" in text


# --- in a browser


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Page]:
    """A browser tab of desktop size."""
    with chromium.new_page(viewport={"width": 1440, "height": 844}) as opened:
        yield opened


@pytest.fixture
def console(tab: Page) -> list[str]:
    """The console messages and errors of the tab."""
    messages: list[str] = []
    tab.on("console", lambda message: messages.append(message.text))
    tab.on("pageerror", lambda error: messages.append(str(error)))
    return messages


@pytest.fixture
def url(folder: Path) -> str:
    """The URL of the page."""
    return (folder / "contract.html").as_uri()


def show(tab: Page, url: str) -> None:
    """Load a page again, even if only the fragment of its URL changes."""
    tab.goto("about:blank")
    tab.goto(url)


def visible(tab: Page) -> list[str]:
    """Return the ids of the visible rules."""
    ids: list[str] = tab.evaluate(
        "[...document.querySelectorAll('.rule')].filter((rule) => rule.checkVisibility()).map((rule) => rule.id)"
    )
    return ids


def opened(tab: Page) -> list[str]:
    """Return the ids of the rules that are open."""
    ids: list[str] = tab.evaluate("[...document.querySelectorAll('.rule[open]')].map((rule) => rule.id)")
    return ids


def open_all_details(tab: Page) -> None:
    tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")


def test_browser_reports_no_errors_and_requests_only_the_page(tab: Page, console: list[str], url: str) -> None:
    requested: list[str] = []
    tab.on("request", lambda request: requested.append(request.url))
    tab.goto(url)
    open_all_details(tab)
    assert tab.evaluate("document.body.offsetHeight") > 0, "the layout triggers all requests of the page"
    assert console == []
    assert requested == [url]
    assert "owned" not in tab.title()


def test_filters_can_be_combined_and_are_part_of_the_link(
    tab: Page, console: list[str], url: str, report: dict[str, Any]
) -> None:
    show(tab, url)
    every = [rule["id"] for rule in report["rules"]]
    assert visible(tab) == every
    tab.select_option("[name=model]", "wan2.6-reference-video-flash")
    assert visible(tab) == [
        rule["id"] for rule in report["rules"] if rule["models"] == ["wan2.6-reference-video-flash"]
    ]
    tab.select_option("[name=certainty]", "documented")
    tab.select_option("[name=verdict]", "broken")
    tab.locator("[name=q]").press_sequentially("PROMPT required")
    assert visible(tab) == ["wan26.prompt.required"]
    assert tab.text_content("output") == f"1 of {len(every)} rules"
    fragment = tab.evaluate("location.hash")
    assert fragment == "#q=PROMPT+required&model=wan2.6-reference-video-flash&verdict=broken&certainty=documented"
    show(tab, url + fragment)
    assert visible(tab) == ["wan26.prompt.required"]
    tab.locator("[name=q]").press_sequentially(" no such rule")
    assert visible(tab) == []
    assert tab.is_visible("#no-match")
    tab.click("[type=reset]")
    assert visible(tab) == every
    assert tab.evaluate("location.hash") == ""
    assert console == []


def test_link_to_a_rule_opens_it_in_spite_of_filters(tab: Page, url: str) -> None:
    show(tab, f"{url}#wan25.prompt.required")
    assert opened(tab) == ["wan25.prompt.required"]
    assert 0 <= tab.evaluate("document.querySelector('.rule[open]').getBoundingClientRect().top") < 400
    show(tab, f"{url}#model=wan2.6-reference-video-flash")
    tab.evaluate("location.hash = '#wan25.model.value'")
    tab.evaluate("new Promise((resolve) => setTimeout(resolve))")
    assert opened(tab) == ["wan25.model.value"]
    assert tab.is_visible("id=wan25.model.value")
    assert tab.evaluate("document.activeElement.parentElement.id") == "wan25.model.value"


def test_page_fits_a_phone_with_all_details_open(chromium: Browser, url: str) -> None:
    with chromium.new_page(viewport={"width": 390, "height": 844}, is_mobile=True) as phone:
        phone.goto(url)
        widths = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        assert phone.evaluate(widths) == [390, 390]
        open_all_details(phone)
        assert phone.evaluate(widths) == [390, 390]


def test_page_prints(tab: Page, url: str) -> None:
    tab.goto(url)
    printed = tab.pdf()
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) > 3


def test_page_is_readable_without_javascript(elements: Elements) -> None:
    [form] = [attributes for tag, attributes in elements.tags if tag == "form"]
    assert "hidden" in form, "the script shows the filters, which do not work without it"
    hidden = [attributes.get("id") for _, attributes in elements.tags if "hidden" in attributes]
    assert hidden == ["filters", "no-match"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory"),
        ("<html>", "not the contract.json of a run; create one with 'make contract'"),
        ("[]", "not the contract.json of a run; create one with 'make contract'"),
        ('{"rules": [{}]}', "not the contract.json of a run; create one with 'make contract'"),
    ],
)
def test_file_that_is_not_a_report_leads_to_a_one_line_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, message: str
) -> None:
    path = tmp_path / "contract.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert html.main([str(path)]) == 2
    assert capsys.readouterr().err == f"{path}: {message}\n"
    assert not (tmp_path / "contract.html").exists()
