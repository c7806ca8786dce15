"""Render the pages and their live parts with Jinja."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from evolink_mock.dashboard import template_filters
from evolink_mock.dashboard.forms import PREFIX, Forms
from evolink_mock.dashboard.model_list import list_models
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


@cache
def _environment() -> Environment:
    """Return the templates, which all servers of a process share, because compiling them takes 0.1 s."""
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
    return environment


class Renderer:
    """Renders the data of a source as HTML, with forms and descriptions from the contract."""

    def __init__(self, source: Source, document: dict[str, Any]) -> None:
        schemas = Schemas(document)
        self.forms = Forms(schemas)
        self._source = source
        self._document = document
        self._schemas = schemas
        self._view_models = ViewModels(schemas)
        self._families = list_models(schemas)
        self._environment = _environment()

    def has_model(self, model: str) -> bool:
        """Return whether the contract has a model."""
        return model in self._schemas.models

    def dashboard(
        self,
        url: str,
        model: str = "",
        submitted: Mapping[str, str] | None = None,
        response: FormResponse | None = None,
    ) -> str:
        """Return the dashboard page.

        Args:
            url: the base URL of the mock, for the example command.
            model: the model whose form is shown; by default, that of the submitted form, or the first of the contract.
            submitted: the values of a submitted form, which stay in the form.
            response: the result of that form or of a button.
        """
        exchanges = self.exchanges()
        chosen = next(filter(self.has_model, (model, (submitted or {}).get("model", ""))), self._schemas.default_model)
        return self._render(
            "dashboard.html",
            url=url,
            state=self._source.state(),
            tasks=self.tasks(exchanges),
            exchanges=exchanges,
            families=self._families,
            form=self.forms.form(chosen),
            submitted=submitted,
            response=response,
        )

    def form(self, model: str) -> str:
        """Return the HTML of the form of a model.

        Raises:
            KeyError: the contract has no such model.
        """
        return self._render("form.html", form=self.forms.form(model), state=self._source.state())

    def reference(self, model: str = "", alert: str = "") -> str:
        """Return the reference page.

        Args:
            model: the model that the page describes. It lists the others; by default, it lists all.
            alert: an error message to show.

        Raises:
            KeyError: the contract has no such model.
        """
        chosen = self._reference.model(model) if model else None
        families = self._families
        return self._render("reference.html", reference=self._reference, families=families, chosen=chosen, alert=alert)

    @cached_property
    def _reference(self) -> Reference:
        return Reference(self._document, self._schemas)

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
