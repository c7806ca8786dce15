"""The commands `evolink models`, which finds and shows models, and `evolink check`, which checks requests."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING

import typer
from attrs import asdict

from evolink import models
from evolink._contract import BASE, JSON
from evolink._editions import contract_with, edition_in_force
from evolink._nearest import one_of
from evolink._validation import find_violations, find_warnings
from evolink.cli.command import CommandContext, CommandEnded
from evolink.cli.error_output import in_commands, violation_to_json
from evolink.cli.exit_codes import REFUSED
from evolink.cli.generate import OPTIONS
from evolink.cli.output import is_terminal
from evolink.cli.request_file import read_request
from evolink.cli.request_options import Field, fields_of
from evolink.errors import ConfigurationError, FieldWarning, InvalidRequest
from evolink.models import MediaKind, Model

if TYPE_CHECKING:
    from rich.console import Console

_COLUMN_WIDTH = 24
"""The minimum width of a readable column. On narrower terminals, the cells are printed below each other."""
_UNCUT = {"model", "field", "option"}
"""The columns that users copy, so that their cells are never wrapped."""


def show_all(
    context: CommandContext,
    words: str,
    *,
    family: str | None,
    task: str | None,
    takes: MediaKind | None,
    max_price: float | None,
) -> None:
    """Print the models that fulfil every condition, by family; see `evolink.models.find`.

    Raises:
        typer.BadParameter: a condition is invalid.
    """
    try:
        found = models.find(words, family=family, task=task, takes=takes, max_price=max_price, edition=context.edition)
    except InvalidRequest as error:
        [wrong] = error.violations
        hint = f"'--{wrong.field.replace('_', '-')}'"
        raise typer.BadParameter(f"{wrong.fix}, not {wrong.actual}", param_hint=hint) from None
    found.sort(key=lambda model: model.family)
    output = context.output
    if not found:
        output.write_note("evolink: no model matches; leave out a condition, or run evolink models to see all")
    if output.as_json:
        output.write_result({"models": [_document(model, context.edition) for model in found]}, ())
    elif is_terminal(sys.stdout):
        _print_families(found)
    else:
        output.write_result({}, [(model.id, model.family, *_columns(model)) for model in found])


def show(context: CommandContext, name: str) -> None:
    """Print the fields of a model's request with their limits, its price, and its rules on several fields.

    Raises:
        typer.BadParameter: the model is unknown.
    """
    known = contract_with(name, context.edition).models
    if name not in known:
        message = f"{name!r:.80} is not {one_of(name, list(known), 'documented models')}"
        raise typer.BadParameter(message, param_hint="'MODEL'")
    model = models.get(name, context.edition)
    output = context.output
    if output.as_json:
        output.write_result({"models": [_document(model, context.edition)]}, ())
        return
    heads = ("field", "option", "required", "limits", "description")
    rows = [
        (
            field.name,
            f"--{field.option}",
            "yes" if field.required else "no",
            "; ".join(field.limits()),
            str(field.schema.get("description", "")),
        )
        for field in _fields_of(model, context.edition)
    ]
    facts = [f"{fact}: {text}" for fact, text in _facts(model)]
    rules = [f"rule: {rule}" for rule in model.rules]
    if is_terminal(sys.stdout):
        console = _console()
        console.print("\n".join(facts))
        _print_table(console, heads, rows)
        console.print("\n".join(rules))
    else:
        output.write_result({}, [*rows, *facts, *rules])


def complete_model(incomplete: str) -> list[str]:
    """Return the models that start with a text, for shell completion."""
    return [model for model in models.ids(_edition()) if model.startswith(incomplete)]


def complete_family(incomplete: str) -> list[str]:
    """Return the families that start with a text, for shell completion."""
    return [family for family in models.families(_edition()) if family.startswith(incomplete)]


def complete_task(incomplete: str) -> list[str]:
    """Return the tasks that start with a text, for shell completion."""
    return [task for task in models.tasks(_edition()) if task.startswith(incomplete)]


def check(context: CommandContext, source: str) -> None:
    """Print the documented rules that a request breaks, and the estimated cost of a valid one.

    Raises:
        CommandEnded: the request is invalid.
        typer.BadParameter: the file cannot be read.
    """
    from evolink.cli.costs import cost_to_json, describe_cost, estimate_or_none  # noqa: PLC0415 - only needed here

    cost = None
    warnings: list[FieldWarning] = []
    try:
        body = read_request(source, "REQUEST")
        violations = list(find_violations(body, context.edition))
        warnings = find_warnings(body, context.edition)
        cost = estimate_or_none(body, context.edition)
    except InvalidRequest as error:  # it cannot be sent at all
        violations = [(violation, "") for violation in error.violations]
    certain = [violation for violation, warning in violations if not warning]
    contested = [(violation, warning) for violation, warning in violations if warning]
    context.output.write_result(
        {
            "valid": not certain,
            "violations": [violation_to_json(violation) for violation in certain],
            "warnings": [
                *({**violation_to_json(violation), "contested": warning} for violation, warning in contested),
                *({"field": warning.field, "message": str(warning)} for warning in warnings),
            ],
            "estimate": None if certain else cost_to_json(cost),
        },
        [
            *(violation.describe(in_commands) for violation in certain),
            *(f"warning: {violation.describe(in_commands)}, but {warning}" for violation, warning in contested),
            *(f"warning: {warning}" for warning in warnings),
            *([] if certain else ["valid", *filter(None, [describe_cost(cost)])]),
        ],
    )
    if certain:
        raise CommandEnded(REFUSED)


def _edition() -> str:
    with suppress(ConfigurationError):  # the command itself reports it
        return edition_in_force()
    return BASE


def _fields_of(model: Model, edition: str) -> list[Field]:
    return fields_of(contract_with(model.id, edition), model.id, OPTIONS)


def _document(model: Model, edition: str) -> JSON:
    return {
        "id": model.id,
        "family": model.family,
        "description": model.description,
        "edition": model.edition,
        "source": model.source,
        "tasks": list(model.tasks),
        "takes": sorted(model.takes),
        "price": None if model.price is None else asdict(model.price),
        "billing": model.schema.get("x-billing"),
        "fields": [_field(field) for field in _fields_of(model, edition)],
        "rules": list(model.rules),
    }


def _field(field: Field) -> JSON:
    return {
        "field": field.name,
        "option": f"--{field.option}",
        "required": field.required,
        "limits": field.limits(),
        "schema": field.schema,
    }


def _facts(model: Model) -> Iterator[tuple[str, str]]:
    yield "family", model.family
    yield "does", ", ".join(model.tasks)
    yield "takes", ", ".join(sorted(model.takes)) or "no files"
    if model.price is not None:
        least = "" if model.price.minimum is None else f", at least {model.price.minimum:.15g}"
        yield "credits", f"{model.price.rate}{least}, by EvoLink's public price rules of {model.price.date}"
    yield "documentation", f"{model.source} ({model.edition})"


def _columns(model: Model) -> tuple[str, str, str]:
    return ", ".join(sorted(model.takes)), "" if model.price is None else model.price.rate, model.description


def _print_families(found: Sequence[Model]) -> None:
    console = _console()
    for family, members in groupby(found, key=lambda model: model.family):
        rows = [(model.id, *_columns(model)) for model in members]
        _print_table(console, ("model", "takes", "credits", "description"), rows, family)
    dates = sorted({model.price.date for model in found if model.price is not None})
    if dates:
        console.print(f"Prices: EvoLink's public price rules of {', '.join(dates)}.")


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415 - only needed on a terminal

    return Console(markup=False, highlight=False)


def _print_table(console: Console, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], title: str = "") -> None:
    """Print a table, or a list on a terminal that is too narrow for its columns."""
    from rich import box  # noqa: PLC0415 - only needed on a terminal
    from rich.padding import Padding  # noqa: PLC0415 - see above
    from rich.table import Table  # noqa: PLC0415 - see above
    from rich.text import Text  # noqa: PLC0415 - see above

    if console.width < _COLUMN_WIDTH * len(heads):
        if title:
            console.print(Text(title, style="bold underline"))
        for name, *cells in rows:
            console.print(Text(name, style="bold"))
            for head, cell in zip(heads[1:], cells, strict=True):
                if cell:
                    console.print(Padding(Text(f"{head}: {cell}"), (0, 0, 0, 2), expand=False))
        return
    table = Table(box=box.SIMPLE_HEAD, title=Text(title, style="bold") if title else None, title_justify="left")
    for head in heads:
        table.add_column(head, no_wrap=head in _UNCUT)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
