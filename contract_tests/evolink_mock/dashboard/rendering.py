"""Render the pages and their live parts with Jinja."""

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
from evolink_mock.dashboard.view_models import MAX_EXCHANGES, MAX_TASKS, ViewModels

FOLDER = Path(__file__).resolve().parent / "pages"


@dataclass(frozen=True)
class FormResponse:
    """The result of a submitted form or button.

    Attributes:
        message: the error message, from the response or from the dashboard; empty for a success.
        status: the status of the mock's response; None if no request was made.
        task_id: the id of the created task; empty if no task was created.
        violations: the documented rules that the request breaks.
        body: the body of the mock's response.
    """

    message: str
    status: int | None = None
    task_id: str = ""
    violations: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    body: dict[str, Any] = field(default_factory=dict[str, Any])


class Renderer:
    """Renders the data of a source as HTML, with forms and descriptions from the contract."""

    def __init__(self, source: Source, document: dict[str, Any]) -> None:
        schemas = Schemas(document)
        self.forms = Forms(schemas)
        self._source = source
        self._view_models = ViewModels(schemas)
        self._reference = Reference(document, schemas)
        environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            finalize=template_filters.escape_invisible,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        filters = (
            template_filters.shorten,
            template_filters.short_line,
            template_filters.pretty,
            template_filters.pretty_body,
            template_filters.inline_code,
            template_filters.duration,
            template_filters.number,
        )
        environment.filters.update((function.__name__, function) for function in filters)  # pyright: ignore[reportUnknownMemberType] - untyped
        environment.globals.update(prefix=PREFIX)  # pyright: ignore[reportUnknownMemberType] - untyped
        self._environment = environment

    def dashboard(
        self, url: str, submitted: Mapping[str, str] | None = None, response: FormResponse | None = None
    ) -> str:
        """Return the dashboard page.

        Args:
            url: the base URL of the mock, for the example command.
            submitted: the values of a submitted form, which stay in the form.
            response: the result of that form or of a button.
        """
        exchanges = self.exchanges()
        return self._render(
            "dashboard.html",
            url=url,
            state=self._source.state(),
            tasks=self.tasks(exchanges),
            exchanges=exchanges,
            forms=list(self.forms.forms.values()),
            submitted=submitted,
            response=response,
        )

    def reference(self) -> str:
        """Return the reference page."""
        return self._render("reference.html", reference=self._reference)

    def tasks(self, exchanges: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the newest tasks, with the fields that their template needs."""
        return [self._view_models.task(task, exchanges) for task in self._source.tasks(MAX_TASKS)]

    def exchanges(self) -> list[dict[str, Any]]:
        """Return the newest exchanges."""
        return self._source.exchanges(MAX_EXCHANGES)

    def render_state(self, state: dict[str, Any]) -> str:
        """Return the HTML of the state of the mock."""
        return self._render("state.html", state=state)

    def render_task(self, task: dict[str, Any], state: dict[str, Any]) -> str:
        """Return the HTML of a task."""
        return self._render("task.html", task=task, state=state)

    def render_exchange(self, exchange: dict[str, Any]) -> str:
        """Return the HTML of an exchange."""
        return self._render("exchange.html", exchange=exchange)

    def render_response(self, response: FormResponse) -> str:
        """Return the HTML of the result of a form."""
        return self._render("response.html", response=response)

    def _render(self, template: str, **variables: Any) -> str:
        return self._environment.get_template(template).render(**variables)
