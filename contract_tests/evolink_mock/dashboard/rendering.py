"""Renders the pages, and the parts of them that are sent while somebody watches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from evolink_mock.dashboard import template_filters
from evolink_mock.dashboard.forms import PREFIX, Forms
from evolink_mock.dashboard.reference import Reference
from evolink_mock.dashboard.schemas import Schemas
from evolink_mock.dashboard.source import Source
from evolink_mock.dashboard.view_models import MOST_EXCHANGES, MOST_TASKS, Views

FOLDER = Path(__file__).resolve().parent / "pages"


@dataclass(frozen=True)
class Answer:
    """What came of a form or a button.

    Attributes:
        status: of the answer; None where there was no exchange.
        task_id: the task that was created, if one was.
        message: what the answer, or the mock, says.
        verdict: what is wrong with the request.
        body: the whole answer.
    """

    message: str
    status: int | None = None
    task_id: str = ""
    verdict: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    body: dict[str, Any] = field(default_factory=dict[str, Any])


class Renderer:
    """Writes what a source tells as HTML, by the contract's words."""

    def __init__(self, source: Source, document: dict[str, Any]) -> None:
        schemas = Schemas(document)
        self.forms = Forms(schemas)
        self._source = source
        self._views = Views(schemas)
        self._reference = Reference(document, schemas)
        environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            finalize=template_filters.inert,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        shown = (
            template_filters.clipped,
            template_filters.line,
            template_filters.pretty,
            template_filters.pretty_text,
            template_filters.prose,
            template_filters.seconds,
            template_filters.number,
        )
        environment.filters.update((function.__name__, function) for function in shown)  # pyright: ignore[reportUnknownMemberType] - untyped
        environment.globals.update(prefix=PREFIX)  # pyright: ignore[reportUnknownMemberType] - untyped
        self._environment = environment

    def dashboard(self, url: str, filled: Mapping[str, str] | None = None, answer: Answer | None = None) -> str:
        """Return the page; with what came of a form, which stays filled as it was."""
        exchanges = self.exchanges()
        return self._render(
            "dashboard.html",
            url=url,
            state=self._source.state(),
            tasks=self.tasks(exchanges),
            exchanges=exchanges,
            forms=list(self.forms.forms.values()),
            filled=filled,
            answer=answer,
        )

    def reference(self) -> str:
        """Return the page that shows the contract."""
        return self._render("reference.html", reference=self._reference)

    def tasks(self, exchanges: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the newest tasks as they are shown."""
        return [self._views.task(task, exchanges) for task in self._source.tasks(MOST_TASKS)]

    def exchanges(self) -> list[dict[str, Any]]:
        """Return the newest exchanges."""
        return self._source.exchanges(MOST_EXCHANGES)

    def state_part(self, state: dict[str, Any]) -> str:
        """Return how the mock stands, as a part of the page."""
        return self._render("state.html", state=state)

    def task_part(self, task: dict[str, Any], state: dict[str, Any]) -> str:
        """Return a task as a part of the page."""
        return self._render("task.html", task=task, state=state)

    def exchange_part(self, exchange: dict[str, Any]) -> str:
        """Return an exchange as a part of the page."""
        return self._render("exchange.html", exchange=exchange)

    def answer_part(self, answer: Answer) -> str:
        """Return what came of a form, as a part of the page."""
        return self._render("answer.html", answer=answer)

    def _render(self, template: str, **told: Any) -> str:
        return self._environment.get_template(template).render(**told)
