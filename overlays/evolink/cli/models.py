"""The commands `evolink models`, which shows the models of the contract, and `evolink check`, which checks requests."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress

import typer

from evolink._contract import BASE, JSON, Contract, packaged_contract
from evolink._cross_fields import described_rules
from evolink._editions import contract_with, edition_in_force
from evolink._validation import find_unused, find_violations
from evolink.cli.command import CommandContext, CommandEnded
from evolink.cli.error_output import in_commands, violation_to_json
from evolink.cli.exit_codes import REFUSED
from evolink.cli.generate import OPTIONS
from evolink.cli.output import is_terminal
from evolink.cli.request_file import read_request
from evolink.cli.request_options import Field, fields_of
from evolink.errors import ConfigurationError, InvalidRequest, ParameterIgnoredWarning

_COLUMN_WIDTH = 24
"""The minimum width of a readable column. On narrower terminals, the cells are printed below each other."""
_UNCUT = {"model", "field", "option"}
"""The columns that users copy, so that their cells are never wrapped."""


def show_all(context: CommandContext) -> None:
    """Print all models."""
    contract = packaged_contract(context.edition)
    models = contract.models
    rows = [(model, str(schema.get("description", ""))) for model, schema in models.items()]
    _write(context, {"models": [_document(contract, model) for model in models]}, ("model", "description"), rows)


def show(context: CommandContext, model: str) -> None:
    """Print the fields of a model's request, with their limits.

    Raises:
        typer.BadParameter: the model is unknown.
    """
    contract = contract_with(model, context.edition)
    if model not in contract.models:
        raise typer.BadParameter(f"{model!r:.80} is not one of {', '.join(contract.models)}", param_hint="'MODEL'")
    rows = [
        (
            field.name,
            f"--{field.option}",
            "yes" if field.required else "no",
            "; ".join(field.limits()),
            str(field.schema.get("description", "")),
        )
        for field in fields_of(contract, model, OPTIONS)
    ]
    _write(
        context,
        {"models": [_document(contract, model)]},
        ("field", "option", "required", "limits", "description"),
        rows,
    )


def complete_model(incomplete: str) -> list[str]:
    """Return the models that start with a text, for shell completion."""
    edition = BASE
    with suppress(ConfigurationError):  # the command itself reports it
        edition = edition_in_force()
    return [model for model in packaged_contract(edition).models if model.startswith(incomplete)]


def check(context: CommandContext, source: str) -> None:
    """Print the documented rules that a request breaks, and the estimated cost of a valid one.

    Raises:
        CommandEnded: the request is invalid.
        typer.BadParameter: the file cannot be read.
    """
    from evolink.cli.costs import cost_to_json, describe_cost, estimate_or_none  # noqa: PLC0415 - only needed here

    cost = None
    unused: list[ParameterIgnoredWarning] = []
    try:
        body = read_request(source, "REQUEST")
        violations = list(find_violations(body, context.edition))
        unused = find_unused(body, context.edition)
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
                *({"field": warning.field, "message": str(warning)} for warning in unused),
            ],
            "estimate": None if certain else cost_to_json(cost),
        },
        [
            *(violation.describe(in_commands) for violation in certain),
            *(f"warning: {violation.describe(in_commands)}, but {warning}" for violation, warning in contested),
            *(f"warning: {warning}" for warning in unused),
            *([] if certain else ["valid", *filter(None, [describe_cost(cost)])]),
        ],
    )
    if certain:
        raise CommandEnded(REFUSED)


def _document(contract: Contract, model: str) -> JSON:
    schema = contract.models[model]
    return {
        "id": model,
        "description": schema.get("description"),
        "edition": schema.get("x-edition"),
        "source": schema.get("externalDocs", {}).get("url"),
        "billing": schema.get("x-billing"),
        "fields": [_field(field) for field in fields_of(contract, model, OPTIONS)],
        "rules": described_rules(schema),
    }


def _field(field: Field) -> JSON:
    return {
        "field": field.name,
        "option": f"--{field.option}",
        "required": field.required,
        "limits": field.limits(),
        "schema": field.schema,
    }


def _write(context: CommandContext, document: JSON, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    output = context.output
    if output.as_json or not is_terminal(sys.stdout):
        output.write_result(document, rows)
        return
    from rich import box  # noqa: PLC0415 - only needed on a terminal
    from rich.console import Console  # noqa: PLC0415 - see above
    from rich.padding import Padding  # noqa: PLC0415 - see above
    from rich.table import Table  # noqa: PLC0415 - see above
    from rich.text import Text  # noqa: PLC0415 - see above

    console = Console()
    if console.width < _COLUMN_WIDTH * len(heads):
        for name, *cells in rows:
            console.print(Text(name, style="bold"))
            for head, cell in zip(heads[1:], cells, strict=True):
                console.print(Padding(Text(f"{head}: {cell}" if len(cells) > 1 else cell), (0, 0, 0, 2), expand=False))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for head in heads:
        table.add_column(head, no_wrap=head in _UNCUT)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
