"""The dashboard of a running mock server, in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    ViewportSize,
    WebError,
    expect,
)

from evolink_mock import MockServer
from evolink_mock.http.access import Exposure
from evolink_mock.http.app import Mock
from evolink_mock.server import ServedApp, listen
from tests.known_limits import limit

expect.set_options(timeout=20_000)  # a busy machine takes seconds to render a video

KEY = "sk-evo-dashboard"
HOOK = "https://hooks.example.com/evolink"
SCRIPT = "document.title='owned'"
HOSTILE = f'<script>{SCRIPT}</script><img src=x onerror="{SCRIPT}">\u202egnihton{"x" * 800}'
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1360, "height": 900}


async def receiver(scope: Any, receive: Any, send: Any) -> None:
    """Respond with 503 to every callback."""
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture(scope="module")
def hook() -> Iterator[str]:
    """The URL of a receiver that rejects every callback."""
    with ServedApp(receiver, listen("127.0.0.1", 0)) as served:
        yield served.url


@pytest.fixture
def mock(hook: str) -> Iterator[MockServer]:
    """A mock server for one test, whose tasks run until the test ends them."""
    with MockServer(api_key=KEY, pace="after-3000-seconds", forward_callbacks_to=hook, speed=20) as server:
        yield server


@pytest.fixture(scope="module")
def tab(chromium: Browser) -> Iterator[Page]:
    """A page that tests share, because Chromium takes half a second to open one."""
    with chromium.new_context(viewport=DESK, reduced_motion="reduce") as context:
        yield context.new_page()


@pytest.fixture
def page(tab: Page, mock: MockServer) -> Iterator[Page]:
    """The dashboard, connected to the event stream.

    Console errors, exceptions and requests to other hosts fail the test.
    """
    problems: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            problems.append(message.text)

    def weberror(error: WebError) -> None:
        problems.append(str(error.error))

    def requested(request: Request) -> None:
        if not request.url.startswith(mock.url):
            problems.append(request.url)

    listeners: list[tuple[Any, Any]] = [("console", console), ("weberror", weberror), ("request", requested)]
    for event, listener in listeners:
        tab.context.on(event, listener)
    tab.goto(mock.url)
    expect(tab.locator("#live")).to_have_text("Live")
    yield tab
    for event, listener in listeners:
        tab.context.remove_listener(event, listener)
    tab.goto("about:blank")
    tab.set_viewport_size(DESK)
    tab.emulate_media(color_scheme="null")
    assert problems == []


def create(mock: MockServer, **fields: Any) -> str:
    """Create a task and return its id."""
    body = {"model": "wan2.5-image-to-video", "prompt": "A cat", "image_urls": ["https://example.com/1.png"], **fields}
    headers = {"authorization": f"Bearer {mock.api_key}"}
    response = httpx.post(f"{mock.url}/v1/videos/generations", json=body, headers=headers, trust_env=False)
    created: str = response.json()["id"]
    return created


def card(page: Page, task_id: str) -> Locator:
    """Return the card of a task."""
    return page.locator(f"#card-{task_id}")


def width_of(page: Page) -> int:
    """Return the width of the content of a page in pixels."""
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width


def test_created_task_is_shown_until_its_video_plays(page: Page) -> None:
    form = page.locator("form.inside").first
    form.get_by_label("prompt").fill("A fox in the snow")
    form.get_by_label("callback_url").fill("https://your-domain.com/hook")
    form.get_by_role("button", name="Create task").click()
    item = page.locator(".card").first
    expect(item).to_contain_text("A fox in the snow")
    expect(item.locator("details").first).to_have_attribute("open", "")
    item.get_by_role("button", name="Complete").click()
    expect(item.locator(".status")).to_have_text("completed")
    expect(page.get_by_role("status").first).to_be_attached()
    expect(item.locator("video")).to_have_js_property("readyState", 4)
    assert item.locator("video").evaluate("video => video.duration") > 0
    played = "video => new Promise(done => { video.ontimeupdate = () => video.currentTime > 0.1 && done(true); "
    assert item.locator("video").evaluate(played + "video.muted = true; video.play(); })")
    expect(item).to_contain_text("attempt 1")


def test_rejected_form_names_the_broken_rules_and_keeps_its_values(page: Page) -> None:
    form = page.locator("form.inside").first
    longest = limit("wan2.5-image-to-video", "prompt", "maxLength")
    form.get_by_label("prompt").fill("x" * (longest + 1))
    expect(form.locator(".count").first).to_have_text(f"{longest + 1} of {longest}")
    form.get_by_role("button", name="Create task").click()
    expect(form.locator(".response")).to_contain_text("400")
    expect(form.locator(".response .rule").first).to_contain_text("wan25.prompt")
    expect(form.get_by_label("prompt")).to_have_value("x" * (longest + 1))
    expect(page.locator(".card")).to_have_count(0)
    page.get_by_role("link", name="Requests").click()
    expect(page.locator(".row .rule").first).to_contain_text("wan25.prompt")


def test_buttons_fail_and_cancel_tasks_and_redeliver_callbacks(page: Page, mock: MockServer) -> None:
    failing, cancelled = create(mock, callback_url=HOOK), create(mock)
    for task_id in (failing, cancelled):
        card(page, task_id).locator("summary").first.click()
    card(page, failing).get_by_label("Error code").select_option("generation_timeout")
    card(page, failing).get_by_role("button", name="Fail").click()
    expect(card(page, failing).locator(".failure")).to_contain_text("generation_timeout")
    card(page, cancelled).get_by_role("button", name="Cancel").click()
    expect(card(page, cancelled).locator(".status")).to_have_text("cancelled")
    expect(card(page, failing).locator(".attempts li")).to_have_count(4)
    expect(card(page, failing).locator("circle.bad")).to_have_count(4)
    card(page, failing).locator(".attempts summary").first.click()
    expect(card(page, failing).locator(".attempts pre").first).to_contain_text(failing)
    card(page, failing).get_by_role("button", name="Redeliver callback").click()
    expect(card(page, failing).locator(".attempts li")).to_have_count(8)
    expect(card(page, failing).locator(".attempts pre").first).to_be_visible()


def test_buttons_advance_the_clock_and_reset_the_mock(page: Page, mock: MockServer) -> None:
    task_id = create(mock)
    expect(card(page, task_id).locator(".status")).to_have_text(re.compile("pending|processing"))
    page.get_by_label("Seconds to advance").fill("x")
    page.get_by_role("button", name="Advance").click()
    expect(page.locator("#message")).to_contain_text("The clock advances by")
    page.get_by_label("Seconds to advance").fill("3000")
    page.get_by_role("button", name="Advance").click()
    expect(card(page, task_id).locator(".status")).to_have_text("completed")
    page.get_by_role("button", name="Reset…").click()
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    expect(page.locator(".card")).to_have_count(0)
    expect(page.get_by_role("heading", name="No tasks yet")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_updates_preserve_open_details_focus_and_playing_videos(page: Page, mock: MockServer) -> None:
    done, running = create(mock), create(mock)
    mock.complete(done)
    card(page, done).locator("summary").first.click()
    video = card(page, done).locator("video")
    expect(video).to_have_js_property("readyState", 4)
    video.evaluate("video => { video.muted = true; video.loop = true; return video.play(); }")
    item = card(page, running)
    item.locator("summary").first.click()
    item.get_by_label("Error code").select_option("service_error")
    item.get_by_role("button", name="Complete").focus()
    before = item.locator(".detail").inner_text()
    mock.advance(900)
    expect(item.locator(".detail")).not_to_have_text(before)
    create(mock)
    expect(page.locator(".card")).to_have_count(3)
    expect(item.get_by_role("button", name="Complete")).to_be_focused()
    expect(item.get_by_label("Error code")).to_have_value("service_error")
    assert video.evaluate("video => [video.paused, video.currentTime > 0]") == [False, True]
    mock.complete(running)
    expect(item.locator(".status")).to_have_text("completed")
    expect(item.locator("summary").first).to_be_focused()


def test_dashboard_works_with_the_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    prompt = page.locator("form.inside").first.get_by_label("prompt")
    for _ in range(30):
        page.keyboard.press("Tab")
        if prompt.evaluate("field => field === document.activeElement"):
            break
    page.keyboard.press("Control+a")
    page.keyboard.type("Typed")
    while page.evaluate("document.activeElement.textContent") != "Create task":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    summary = page.locator(".card summary").first
    expect(summary).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Complete")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator(".card .status")).to_have_text("completed")
    expect(summary).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".card .inside")).to_be_hidden()


def test_page_never_scrolls_sideways(page: Page, mock: MockServer) -> None:
    task_id = create(mock, prompt=HOSTILE, callback_url=HOOK + "/" + "y" * 900)
    mock.fail(task_id)
    httpx.get(f"{mock.url}/{'z' * 900}", trust_env=False)
    too_wide: dict[tuple[str, int], int] = {}
    for path in ("/", "/#requests", "/#new", "/_mock/reference"):
        page.goto(mock.url + path)
        page.evaluate("for (const each of document.querySelectorAll('details:not([name])')) each.open = true")
        expect(page.locator("main")).to_be_visible()
        for size in (PHONE, DESK):
            page.set_viewport_size(size)
            if (width := width_of(page)) > size["width"]:
                too_wide[path, size["width"]] = width
    assert too_wide == {}


def test_texts_have_enough_contrast(page: Page, mock: MockServer) -> None:
    mock.fail(create(mock))
    page.reload()
    colours = "e => [getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor]"
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        for selector in ("h2", ".quiet", ".bad", ".status", ".required", "summary b", ".hint"):
            colour, background = page.locator(selector).first.evaluate(colours)
            assert contrast(colour, background) >= 4.5, (scheme, selector)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, as WCAG defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of a computed CSS colour."""
    red, green, blue = (int(part) / 255 for part in re.findall(r"\d+", colour)[:3])
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_texts_of_callers_are_not_executed(page: Page, mock: MockServer) -> None:
    create(mock, prompt=HOSTILE, callback_url=HOOK)
    expect(page.locator(".card")).to_contain_text("<script>")
    page.reload()
    expect(page.locator(".card").first).to_contain_text("\\u202egnihton")
    assert page.title() == "Tasks · EvoLink mock"
    assert page.locator(".card img, .card script").count() == 0


def test_page_works_without_scripts(chromium: Browser, mock: MockServer) -> None:
    with chromium.new_context(java_script_enabled=False, viewport=PHONE) as context:
        page = context.new_page()
        page.goto(f"{mock.url}/#new")
        page.get_by_label("prompt").first.fill("")
        page.get_by_role("button", name="Create task").first.click()
        expect(page.locator(".notice")).to_contain_text("400")
        page.get_by_label("prompt").first.fill("Without a script")
        page.get_by_role("button", name="Create task").first.click()
        expect(page.locator(".card bdi").first).to_have_text("Without a script")
        page.get_by_role("button", name="Complete").click()
        expect(page.locator(".card .status")).to_have_text("completed")
        assert "#task-unified-" in page.url
        page.goto(f"{mock.url}/#new")
        page.locator("#chooser summary").click()
        page.locator("#chooser").get_by_role("link").last.click()
        expect(page.locator("form.inside")).to_be_visible()
        expect(page.locator("form.inside")).to_have_attribute(
            "id", re.compile("^new-" + page.url.partition("#new-")[2])
        )


def test_page_reports_a_lost_connection_and_reconnects(chromium: Browser) -> None:
    with chromium.new_context(viewport=DESK) as context:
        page = context.new_page()
        with MockServer(api_key=KEY) as server:
            port = int(server.url.rpartition(":")[2])
            create(server)
            page.goto(server.url)
            expect(page.locator("#live")).to_have_text("Live")
            expect(page.locator(".card")).to_have_count(1)
        expect(page.locator("#live")).to_have_text("Disconnected")
        with MockServer(api_key=KEY, port=port):
            expect(page.locator("#live")).to_have_text("Live", timeout=15_000)
            expect(page.locator(".card")).to_have_count(0)


def test_link_in_the_reference_opens_the_form_of_its_model(page: Page, mock: MockServer) -> None:
    page.goto(f"{mock.url}/_mock/reference#wan2.6-reference-video-flash")
    page.locator("[id='wan2.6-reference-video-flash']").get_by_role("link", name="Try it").click()
    form = page.locator("[id='new-wan2.6-reference-video-flash']")
    expect(form).to_be_visible()
    form.get_by_label("duration").fill("five")
    form.get_by_role("button", name="Create task").click()
    expect(form.locator(".response")).to_contain_text("duration")
    expect(page.locator("form.inside")).to_have_count(1)


def test_fragment_alone_opens_the_form_or_the_entry_of_a_model(page: Page, mock: MockServer) -> None:
    page.goto(f"{mock.url}/#new-wan2.6-reference-video-flash")
    expect(page.locator("[id='new-wan2.6-reference-video-flash']")).to_be_visible()
    expect(page.locator("form.inside >> visible=true")).to_have_count(1)
    first = page.locator("#chooser .models a").first
    page.evaluate("hash => { location.hash = hash; }", first.evaluate("link => link.hash"))
    expect(page.locator("#chooser summary b")).to_have_text(first.evaluate("link => link.firstChild.data.trim()"))
    page.go_back()
    expect(page.locator("#chooser summary b")).to_have_text("wan2.6-reference-video-flash")
    expect(page.locator("form.inside >> visible=true")).to_have_count(1)
    page.goto(f"{mock.url}/_mock/reference#schema-TaskError")
    expect(page.locator("#schema-TaskError")).to_be_in_viewport()
    page.evaluate("location.hash = 'wan2.6-reference-video-flash'")
    expect(page.locator("section[id='wan2.6-reference-video-flash']")).to_be_in_viewport()


def test_model_is_found_and_chosen_with_the_keyboard_alone(page: Page) -> None:
    page.locator("form.inside").get_by_label("prompt").fill("It stays")
    chooser = page.locator("#chooser")
    summary, search, count = chooser.locator("summary"), chooser.get_by_label("Find a model"), chooser.locator("output")
    links = chooser.locator(".models a")
    before = links.count()
    name = max(links.evaluate_all("links => links.map(link => link.firstChild.data.trim())"), key=len)
    chosen = chooser.locator(f".models a[href$='#new-{name}']")
    summary.focus()
    page.keyboard.press("Enter")
    expect(search).to_be_focused()
    page.keyboard.type("no such thing")
    expect(count).to_have_text(f"0 of {before} models")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(search).to_have_value("")
    expect(count).to_have_text(f"{before} models")
    page.keyboard.press("ArrowDown")
    expect(links.first).to_be_focused()
    assert links.first.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    page.keyboard.press("End")
    expect(links.last).to_be_focused()
    page.keyboard.press("Tab")  # only one model is reached by it, and the form follows
    page.keyboard.press("Shift+Tab")
    expect(links.last).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    page.keyboard.type(" ".join(reversed(re.split("[.-]", name))))
    expect(count).to_have_text(f"1 of {before} models")
    page.keyboard.press("Enter")
    expect(page.locator(f"[id='new-{name}']")).to_be_visible()
    expect(page.locator("form.inside >> visible=true")).to_have_count(1)
    expect(summary).to_be_focused()
    expect(summary).to_contain_text(name)
    expect(chooser).not_to_have_attribute("open", "")
    assert f"?model={name}" in page.url
    page.keyboard.press("Enter")
    expect(search).to_be_focused()
    page.keyboard.press("Escape")  # the search
    page.keyboard.press("ArrowDown")
    expect(chosen).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator("form.inside >> visible=true").get_by_label("prompt")).to_have_value("It stays")
    page.keyboard.press("Enter")
    expect(search).to_be_focused()
    page.keyboard.press("Escape")
    expect(chooser).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()


def test_dashboard_of_an_exposed_mock_asks_for_its_token(chromium: Browser) -> None:
    exposure = Exposure("0.0.0.0", is_remote=True, token="a-token")
    with ServedApp(Mock(exposure=exposure), listen("127.0.0.1", 0)) as served, chromium.new_context() as context:
        page = context.new_page()
        page.goto(served.url)
        for token in ("wrong", "a-token"):
            page.get_by_label("Token").fill(token)
            page.get_by_role("button", name="Open the dashboard").click()
        expect(page.locator("#live")).to_have_text("Live")
        assert page.url == f"{served.url}/"
        page.get_by_role("button", name="Advance").click()
        expect(page.locator("#state")).to_contain_text("1 min")
        context.clear_cookies()
        page.get_by_role("button", name="Advance").click()
        expect(page.locator("#message")).to_contain_text("Send the token that the mock printed")


async def foreign(scope: Any, receive: Any, send: Any) -> None:
    """Serve an empty page to everybody."""
    if scope["type"] == "http":
        await receive()
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"<!doctype html><title>Other</title>"})


SHOW = """async url => {
  const image = new Image();
  image.src = url;
  return image.decode().then(() => true, () => false);
}"""


def test_page_of_another_site_can_show_an_upload_and_nothing_else(chromium: Browser) -> None:
    with (
        MockServer() as mock,
        ServedApp(foreign, listen("127.0.0.1", 0)) as served,
        chromium.new_context() as context,
    ):
        headers = {"authorization": f"Bearer {mock.api_key}"}
        icon = httpx.get(f"{mock.url}/_mock/dashboard/icon.svg", trust_env=False).content
        files = {"file": ("a.svg", icon, "image/svg+xml")}
        upload = httpx.post(f"{mock.url}/api/v1/files/upload/stream", files=files, headers=headers, trust_env=False)
        page = context.new_page()
        page.goto(served.url.replace("127.0.0.1", "localhost"))
        links = [upload.json()["data"]["file_url"], f"{mock.url}/_mock/dashboard/icon.svg"]
        assert [page.evaluate(SHOW, link) for link in links] == [True, False]
