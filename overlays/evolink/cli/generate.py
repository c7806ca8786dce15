"""`evolink generate`: one subcommand per model, built from the contract when it is used, and one for request files."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from evolink._contract import BASE, JSON, Contract, packaged_contract
from evolink._cross_fields import described_rules
from evolink._editions import contract_with, edition_in_force
from evolink._json import is_array
from evolink._nearest import one_of
from evolink._validation import checked_idempotency_key, to_body
from evolink.cli.command import COMMON_OPTIONS, CommandContext, command
from evolink.cli.local_request import SENT_AS_IT_IS, LocalRequest
from evolink.cli.request_file import read_request
from evolink.cli.request_options import MODEL, Field, escape, fields_of, json_option, set_value
from evolink.cli.results import (
    TASK_PANEL,
    TIMEOUT,
    Destination,
    Overwrite,
    Timeout,
    prepare_output,
    report_task,
    wait_for,
)
from evolink.errors import ConfigurationError

if TYPE_CHECKING:
    pass

Wait = Annotated[
    bool | None,
    typer.Option(
        "--wait/--no-wait",
        show_default=False,
        help="Wait until the task has ended instead of printing its id. Implied by --output.",
        rich_help_panel=TASK_PANEL,
    ),
]
CheckMedia = Annotated[
    bool,
    typer.Option(
        "--check-media",
        help="Check the files before sending. Needs the extra evolink-client\\[media].",
        rich_help_panel=TASK_PANEL,
    ),
]
NoValidate = Annotated[
    bool,
    typer.Option(
        "--no-validate",
        help="Send the request even if it breaks documented rules, or is for a model that is not documented here.",
        rich_help_panel=TASK_PANEL,
    ),
]
MaxCredits = Annotated[
    float | None,
    typer.Option(
        "--max-credits",
        metavar="CREDITS",
        help="Send the request only if it is estimated to cost no more. The prices are a dated snapshot.",
        rich_help_panel=TASK_PANEL,
    ),
]
IdempotencyKey = Annotated[
    str | None,
    typer.Option(
        "--idempotency-key",
        metavar="KEY",
        help="Sent as the undocumented header Idempotency-Key. If the response is lost, the create is sent once more.",
        rich_help_panel=TASK_PANEL,
    ),
]
Extra = Annotated[
    list[str] | None,
    typer.Option(
        "--extra",
        metavar="NAME=JSON",
        help="An undocumented field of the request; may be repeated.",
        rich_help_panel=TASK_PANEL,
    ),
]
RequestFile = Annotated[
    str,
    typer.Option(
        "--request",
        metavar="FILE",
        show_default=False,
        help="A JSON file with the request, or with what --json has printed; - for standard input.",
        rich_help_panel="Request",
    ),
]
FROM_FILE = "--request"
EDITION = "evolink.edition"
"""The key of the option `--edition` in the meta data of a Click context."""
HELP_OPTIONS = ["-h", "--help"]
OPTIONS = COMMON_OPTIONS | {
    "request", "output", "overwrite", "timeout", "wait", "no-wait", "check-media", "no-validate", "idempotency-key",
    "max-credits", "extra",
}  # fmt: skip


class ModelGroup(TyperGroup):
    """A command group with one command per model of the contract, and one without a name: `generate --request FILE`."""

    def list_commands(self, ctx: Any) -> list[str]:
        """List the ids of all models."""
        return list(packaged_contract(_edition_of(ctx)).models)

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Parse the arguments after `generate`.

        Raises:
            typer.TyperException: the model is missing, or an option is unknown.
        """
        models = packaged_contract(_edition_of(ctx, args)).models
        if any(arg.partition("=")[0] == FROM_FILE for arg in args):
            if args[0] in models:
                ctx.fail(f"{FROM_FILE} takes the model from the file, so leave out {args[0]}")
            args = ["--", FROM_FILE, *args]
        elif all(arg.startswith("-") and arg not in HELP_OPTIONS for arg in args) and not ctx.resilient_parsing:
            which = one_of(None, list(models), "documented models")
            ctx.fail(f"Missing MODEL, {which} (see evolink models); or pass {FROM_FILE} FILE")
        return super().parse_args(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a model's command as lists show it: with its description and family, and without its options."""
        schema = packaged_contract(_edition_of(ctx)).models[cmd_name]
        panel = f"Models of the family {schema['x-family']}" if "x-family" in schema else None
        return TyperCommand(cmd_name, help=escape(schema.get("description", "")), rich_help_panel=panel)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the name, the command and the arguments of a model's command, which is built now.

        Raises:
            typer.BadParameter: the model is unknown.
        """
        name, *rest = args
        if name == FROM_FILE:
            return name, build_file_command(), rest
        contract = contract_with(name, _edition_of(ctx))
        if name in contract.models:
            return name, build_command(name, contract), rest
        if ctx.resilient_parsing:
            return None, None, rest
        which = one_of(name, list(contract.models), "documented models")
        newer = f"a request for a newer model can be sent with {FROM_FILE} FILE --no-validate"
        raise typer.BadParameter(f"{name!r:.80} is not {which}; {newer}", ctx=ctx, param_hint="'MODEL'")


def _edition_of(ctx: Any, args: Sequence[str] = ()) -> str:
    """Return the edition whose models and fields are the commands and options.

    `args` follow `generate`; an `--edition` there takes precedence over one before it, and is remembered. Shell
    completion uses `base` if the setting is invalid.
    """
    for arg, value in pairwise([*args, ""]):
        name, sign, inline = arg.partition("=")
        if name == "--edition":
            ctx.meta[EDITION] = inline if sign else value
    before: JSON = ctx.find_root().obj or {}
    try:
        return edition_in_force(ctx.meta.get(EDITION) or before.get("edition"))
    except ConfigurationError as error:
        if not ctx.resilient_parsing:
            ctx.fail(str(error))
        return BASE


def build_command(model: str, contract: Contract) -> Any:
    """Build the command for a model of a contract, with an option for each field of its request."""
    schema = contract.models[model]
    fields = {f"field_{index}": field for index, field in enumerate(fields_of(contract, model, OPTIONS))}

    def body(context: CommandContext, **values: Any) -> None:
        request: JSON = {MODEL: model}
        for name, field in fields.items():
            value = values.pop(name)
            if value is not None:
                set_value(request, field.path, _plain(value))
        generate(context, request, lambda field: f"--{field.option}", **values)

    kind = inspect.Parameter.KEYWORD_ONLY
    context, _request, _hint, *options = inspect.signature(generate, eval_str=True).parameters.values()
    parameters = [
        inspect.Parameter(
            name, kind, annotation=field.annotation(), default=inspect.Parameter.empty if field.required else None
        )
        for name, field in fields.items()
    ]
    signature = inspect.Signature([context, *parameters, *options])
    body.__signature__ = signature  # type: ignore[attr-defined] # inspect reads this first
    source = schema.get("externalDocs", {}).get("url", "")
    description = f"{schema.get('description', '')}\n\nDocumentation ({schema.get('x-edition', '')}): {source}"
    rules = [f"• {rule}" for rule in described_rules(schema)]
    return _typer_command(model, body, description, "\n\n".join(["Rules on several options:", *rules] if rules else []))


def build_file_command() -> Any:
    """Build the command that creates a task from a file."""

    def body(context: CommandContext, *, request: RequestFile, **values: Any) -> None:
        generate(context, read_request(request, FROM_FILE), lambda field: field.name, **values)

    context, request, *_ = inspect.signature(body, eval_str=True).parameters.values()
    _context, _request, _hint, *options = inspect.signature(generate, eval_str=True).parameters.values()
    body.__signature__ = inspect.Signature([context, request, *options])  # type: ignore[attr-defined] # see build_command
    description = "Create a task from a file. Local files that the request names are uploaded first."
    return _typer_command(FROM_FILE, body, description)


def _typer_command(name: str, body: Callable[..., None], description: str, epilog: str = "") -> Any:
    app = typer.Typer(add_completion=False, context_settings={"help_option_names": HELP_OPTIONS})
    app.command(name, help=escape(description), epilog=escape(epilog) or None)(command(body))
    return typer.main.get_command(app)


def generate(
    context: CommandContext,
    request: JSON,
    hint: Callable[[Field], str],
    *,
    wait: Wait = None,
    output: Destination = None,
    overwrite: Overwrite = False,
    timeout: Timeout = TIMEOUT,  # type: ignore[assignment] # Typer parses it
    check_media: CheckMedia = False,
    no_validate: NoValidate = False,
    max_credits: MaxCredits = None,
    idempotency_key: IdempotencyKey = None,
    extra: Extra = None,
) -> None:
    """Create a task from a request whose media may be local paths. With `wait` or `output`, also wait for it.

    `hint` returns the name of a field in errors about its files.
    """
    if wait is False and output is not None:
        raise typer.BadParameter(
            "cannot be combined with --no-wait, because it waits for the results", param_hint="'--output'"
        )
    for text in extra or []:
        set_value(request, *_parse_extra(text))
    prepared = LocalRequest(to_body(request), hint, context.edition, OPTIONS)
    if idempotency_key is not None:
        checked_idempotency_key(idempotency_key)
    if not no_validate:
        prepared.check()
    elif names := prepared.unrecognised_files():
        context.output.write_note(f"evolink: warning: no file is uploaded for {', '.join(names)}: {SENT_AS_IT_IS}")
    cost = prepared.estimate(max_credits)
    with context.connect() as api:
        if check_media:
            prepared.check_media(api)
        to = prepare_output(output, overwrite=overwrite)
        body = prepared.upload_files(context, api)
        from evolink.cli.costs import cost_to_json, describe_cost  # noqa: PLC0415 - see estimate

        context.document_fields = {"request": body, "estimate": cost_to_json(cost)}
        created = api.submit(body, validate=not no_validate, max_credits=max_credits, idempotency_key=idempotency_key)
        context.track(created.id)
        waits = wait or to is not None
        if waits or max_credits is not None:
            context.output.write_note(", ".join(filter(None, (f"{created.id}: created", describe_cost(cost)))))
        if not waits:
            context.output.write_result({**context.document_fields, "task": created.to_dict()}, [created.id])
            return
        report_task(context, api, wait_for(context, api, created, timeout), to, overwrite=overwrite)


def _plain(value: Any) -> Any:
    """Convert a value parsed by Typer to JSON."""
    if is_array(value):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value


def _parse_extra(text: str) -> tuple[tuple[str, ...], Any]:
    """Parse `NAME=JSON`; returns the path of the field and the value.

    Raises:
        typer.BadParameter: the text has another form.
    """
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise typer.BadParameter(f"{text!r:.80} does not have the form NAME=JSON", param_hint="'--extra'")
    return tuple(name.split(".")), json_option(value)
