"""`evolink generate`: one subcommand per model, built from the contract when it is used."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from evolink._contract import JSON, packaged_contract
from evolink._responses import is_array
from evolink._uploads import is_url
from evolink._validation import checked_idempotency_key, find_violations
from evolink.cli.command import COMMON_OPTIONS, CommandContext, command
from evolink.cli.local_files import readable_file, size_violations
from evolink.cli.request_options import MODEL, Field, fields_of, json_option, set_value
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
from evolink.errors import InvalidMedia, InvalidRequest

if TYPE_CHECKING:
    from evolink._client import EvoLink

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
        "--no-validate", help="Send the request even if it breaks documented rules.", rich_help_panel=TASK_PANEL
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
HELP_OPTIONS = ["-h", "--help"]
OPTIONS = COMMON_OPTIONS | {
    "output", "overwrite", "timeout", "wait", "no-wait", "check-media", "no-validate", "idempotency-key", "extra",
}  # fmt: skip


class ModelGroup(TyperGroup):
    """A command group with one command per model of the contract."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer's signature
        """List the ids of all models."""
        return list(packaged_contract().models)

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Parse the arguments after `generate`.

        Raises:
            typer.TyperException: the model is missing, or an option is unknown.
        """
        if all(arg.startswith("-") and arg not in HELP_OPTIONS for arg in args) and not ctx.resilient_parsing:
            ctx.fail(f"Missing MODEL, which must be one of {', '.join(packaged_contract().models)}")
        return super().parse_args(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command for a model.

        Raises:
            typer.BadParameter: the model is unknown.
        """
        contract = packaged_contract()
        if cmd_name in contract.models:
            return build_command(cmd_name)
        if ctx.resilient_parsing:
            return None
        raise typer.BadParameter(
            f"{cmd_name!r:.80} is not one of {', '.join(contract.models)}", ctx=ctx, param_hint="'MODEL'"
        )


def build_command(model: str) -> Any:
    """Build the command for a model, with an option for each field of its request."""
    contract = packaged_contract()
    schema = contract.models[model]
    fields = {f"field_{index}": field for index, field in enumerate(fields_of(contract, model, OPTIONS))}

    def body(context: CommandContext, **values: Any) -> None:
        given = {field: values.pop(name) for name, field in fields.items()}
        generate(context, model, {field: value for field, value in given.items() if value is not None}, **values)

    kind = inspect.Parameter.KEYWORD_ONLY
    context, _model, _given, *options = inspect.signature(generate, eval_str=True).parameters.values()
    parameters = [
        inspect.Parameter(
            name, kind, annotation=field.annotation(), default=inspect.Parameter.empty if field.required else None
        )
        for name, field in fields.items()
    ]
    signature = inspect.Signature([context, *parameters, *options])
    body.__signature__ = signature  # type: ignore[attr-defined] # inspect reads this first
    app = typer.Typer(add_completion=False, context_settings={"help_option_names": HELP_OPTIONS})
    source = schema.get("externalDocs", {}).get("url", "")
    description = f"{schema.get('description', '')}\n\nDocumentation ({schema.get('x-edition', '')}): {source}"
    app.command(model, help=escape(description))(command(body))
    return typer.main.get_command(app)


def generate(
    context: CommandContext,
    model: str,
    given: Mapping[Field, Any],
    *,
    wait: Wait = None,
    output: Destination = None,
    overwrite: Overwrite = False,
    timeout: Timeout = TIMEOUT,  # type: ignore[assignment] # Typer parses it
    check_media: CheckMedia = False,
    no_validate: NoValidate = False,
    idempotency_key: IdempotencyKey = None,
    extra: Extra = None,
) -> None:
    """Create a task from the given fields. With `wait` or `output`, also wait for it."""
    if wait is False and output is not None:
        raise typer.BadParameter(
            "cannot be combined with --no-wait, because it waits for the results", param_hint="'--output'"
        )
    request = _Request(model, given, extra or [])
    if idempotency_key is not None:
        checked_idempotency_key(idempotency_key)
    if not no_validate:
        request.check()
    with context.connect() as api:
        if check_media:
            request.check_media(api)
        to = prepare_output(output, overwrite=overwrite)
        body = request.upload_files(context, api)
        context.document_fields = {"request": body}
        created = api.submit(body, validate=not no_validate, idempotency_key=idempotency_key)
        context.track(created.id)
        if not wait and to is None:
            context.output.write_result({**context.document_fields, "task": created.to_dict()}, [created.id])
            return
        context.output.write_note(f"{created.id}: created")
        report_task(context, api, wait_for(context, api, created, timeout), to, overwrite=overwrite)


class _Request:
    """A request whose files may still be local paths."""

    def __init__(self, model: str, given: Mapping[Field, Any], extra: list[str]) -> None:
        self._model, self._extra = model, [_parse_extra(text) for text in extra]
        self._given = {field: _plain(value) for field, value in given.items()}
        self._files: dict[str, Path] = {}
        for field, _, source in self._sources():
            self._files[source] = readable_file(source, f"--{field.option}")

    def check(self) -> None:
        """Check the request and the sizes of its files before any upload. Contested limits are left to the SDK.

        Raises:
            InvalidRequest: the request breaks documented rules.
            InvalidMedia: the size of a file breaks a documented rule.
        """
        placeholder = f"{packaged_contract().files_url}/file"
        violations = [
            violation for violation, warning in find_violations(self._body(lambda _: placeholder)) if not warning
        ]
        if violations:
            raise InvalidRequest(violations)
        too_big_or_empty = [
            violation
            for field, name, source in self._sources()
            for violation in size_violations(self._files[source], name, field.media)
        ]
        if too_big_or_empty:
            raise InvalidMedia(too_big_or_empty)

    def check_media(self, api: EvoLink) -> None:
        """Check the content of the files before any upload.

        Raises:
            InvalidMedia: a file breaks documented rules.
            MissingExtra: the extra `media` is not installed.
        """
        from evolink import media  # noqa: PLC0415 - an extra

        media.check(self._body(lambda source: source), allow_private=api.allows_private_media)

    def upload_files(self, context: CommandContext, api: EvoLink) -> JSON:
        """Upload the local files; returns the request with their URLs."""
        urls: dict[str, str] = {}
        for source, path in self._files.items():
            with context.output.show_transfer("uploading", "uploaded", path.name) as on_progress:
                urls[source] = api.upload(path, on_progress=on_progress).file_url
        return self._body(lambda source: urls.get(source, source))

    def _sources(self) -> Iterator[tuple[Field, str, str]]:
        """Yield the field, its name (with an index in a list) and the path of each local file."""
        for field, value in self._given.items():
            if field.media:
                sources = value if is_array(value) else [value]
                for index, source in enumerate(sources):
                    if not is_url(source):
                        yield field, f"{field.name}[{index}]" if is_array(value) else field.name, source

    def _body(self, url_of: Callable[[str], str]) -> JSON:
        body: JSON = {MODEL: self._model}
        for field, value in self._given.items():
            sent = value
            if field.media:
                sent = [url_of(source) for source in value] if is_array(value) else url_of(value)
            set_value(body, field.path, sent)
        for path, value in self._extra:
            set_value(body, path, value)
        return body


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
