"""`evolink generate`: a command for each model of the contract, made when it is asked for."""

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
from evolink.cli.command import COMMON_OPTIONS, Session, command
from evolink.cli.local_files import faults_of, file_of
from evolink.cli.request_options import MODEL, Field, fields_of, parsed, put
from evolink.cli.results import TASK_PANEL, TIMEOUT, Folder, Timeout, awaited, made, report
from evolink.errors import InvalidMedia, InvalidRequest

if TYPE_CHECKING:
    from evolink._client import EvoLink

Wait = Annotated[
    bool | None,
    typer.Option(
        "--wait/--no-wait",
        show_default=False,
        help="Wait until the task has ended, rather than print its id; --output does so, too.",
        rich_help_panel=TASK_PANEL,
    ),
]
CheckMedia = Annotated[
    bool,
    typer.Option(
        "--check-media",
        help="Look at the files first; needs the extra evolink-client\\[media].",
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
        help="Sent as Idempotency-Key, which is not documented; a create whose answer was lost is then sent once more.",
        rich_help_panel=TASK_PANEL,
    ),
]
Extra = Annotated[
    list[str] | None,
    typer.Option(
        "--extra",
        metavar="NAME=JSON",
        help="A field that the contract does not know; may be repeated.",
        rich_help_panel=TASK_PANEL,
    ),
]
HELP = ["-h", "--help"]
OPTIONS = COMMON_OPTIONS | {
    "output", "timeout", "wait", "no-wait", "check-media", "no-validate", "idempotency-key", "extra",
}  # fmt: skip


class Models(TyperGroup):
    """The models of the contract, as commands."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer's signature
        """Return the ids of all models."""
        return list(packaged_contract().models)

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Read what is said after `generate`.

        Raises:
            typer.TyperException: no model is named, or there is no such option.
        """
        if all(arg.startswith("-") and arg not in HELP for arg in args) and not ctx.resilient_parsing:
            ctx.fail(f"Missing MODEL, one of {', '.join(packaged_contract().models)}")
        return super().parse_args(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a model.

        Raises:
            typer.BadParameter: there is no such model.
        """
        contract = packaged_contract()
        if cmd_name in contract.models:
            return command_of(cmd_name)
        if ctx.resilient_parsing:
            return None
        raise typer.BadParameter(
            f"{cmd_name!r:.80} is none of {', '.join(contract.models)}", ctx=ctx, param_hint="'MODEL'"
        )


def command_of(model: str) -> Any:
    """Return the command that generates with a model."""
    contract = packaged_contract()
    schema = contract.models[model]
    fields = {f"field_{index}": field for index, field in enumerate(fields_of(contract, model, OPTIONS))}

    def body(session: Session, **values: Any) -> None:
        given = {field: values.pop(name) for name, field in fields.items()}
        generate(session, model, {field: value for field, value in given.items() if value is not None}, **values)

    kind = inspect.Parameter.KEYWORD_ONLY
    session, _model, _given, *options = inspect.signature(generate, eval_str=True).parameters.values()
    parameters = [
        inspect.Parameter(
            name, kind, annotation=field.annotation(), default=inspect.Parameter.empty if field.required else None
        )
        for name, field in fields.items()
    ]
    signature = inspect.Signature([session, *parameters, *options])
    body.__signature__ = signature  # type: ignore[attr-defined] # where inspect looks first
    app = typer.Typer(add_completion=False, context_settings={"help_option_names": HELP})
    source = schema.get("externalDocs", {}).get("url", "")
    described = f"{schema.get('description', '')}\n\nDocumented, {schema.get('x-edition', '')}: {source}"
    app.command(model, help=escape(described))(command(body))
    return typer.main.get_command(app)


def generate(
    session: Session,
    model: str,
    given: Mapping[Field, Any],
    *,
    wait: Wait = None,
    output: Folder = None,
    timeout: Timeout = TIMEOUT,  # type: ignore[assignment] # Typer parses it
    check_media: CheckMedia = False,
    no_validate: NoValidate = False,
    idempotency_key: IdempotencyKey = None,
    extra: Extra = None,
) -> None:
    """Create a task from the fields that are given, and wait for it where that is asked for."""
    if wait is False and output is not None:
        raise typer.BadParameter("there is nothing to save without waiting", param_hint="'--output'")
    request = _Request(model, given, extra or [])
    if idempotency_key is not None:
        checked_idempotency_key(idempotency_key)
    if not no_validate:
        request.check()
    if check_media:
        request.check_media()
    with session.connect() as api:
        folder = made(output)
        body = request.uploaded(session, api)
        session.asked = {"request": body}
        created = api.submit(body, validate=not no_validate, idempotency_key=idempotency_key)
        session.follows(created.id)
        if not wait and folder is None:
            session.output.result({**session.asked, "task": created.to_dict()}, [created.id])
            return
        session.output.note(f"{created.id}: created")
        report(session, api, awaited(session, api, created, timeout), folder)


class _Request:
    """A request of which some files may be on this machine still."""

    def __init__(self, model: str, given: Mapping[Field, Any], extra: list[str]) -> None:
        self._model, self._extra = model, [_named(text) for text in extra]
        self._given = {field: _plain(value) for field, value in given.items()}
        self._files: dict[str, Path] = {}
        for field, _, source in self._sources():
            self._files[source] = file_of(source, f"--{field.option}")

    def check(self) -> None:
        """Refuse what breaks a rule, before anything is uploaded for it; contested rules are for the SDK to warn of.

        Raises:
            InvalidRequest: it does.
            InvalidMedia: the size of a file does.
        """
        somewhere = f"{packaged_contract().files_url}/file"
        violations = [
            violation for violation, warning in find_violations(self._body(lambda _: somewhere)) if not warning
        ]
        if violations:
            raise InvalidRequest(violations)
        faults = [
            fault
            for field, name, source in self._sources()
            for fault in faults_of(self._files[source], name, field.media)
        ]
        if faults:
            raise InvalidMedia(faults)

    def check_media(self) -> None:
        """Refuse files that break a rule, before any is uploaded.

        Raises:
            InvalidMedia: one of them does.
            MissingExtra: what looks at them is not installed.
        """
        from evolink import media  # noqa: PLC0415 - an extra

        media.check(self._body(lambda source: source))

    def uploaded(self, session: Session, api: EvoLink) -> JSON:
        """Return the request with every file of this machine uploaded, and named by its URL."""
        urls: dict[str, str] = {}
        for source, path in self._files.items():
            with session.output.transfer("uploading", "uploaded", path.name) as on_progress:
                urls[source] = api.upload(path, on_progress=on_progress).file_url
        return self._body(lambda source: urls.get(source, source))

    def _sources(self) -> Iterator[tuple[Field, str, str]]:
        """Yield the field, its name and the path of each file of this machine."""
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
            put(body, field.path, sent)
        for path, value in self._extra:
            put(body, path, value)
        return body


def _plain(value: Any) -> Any:
    """Return a value as JSON has it, from what Typer makes of it."""
    if is_array(value):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value


def _named(text: str) -> tuple[tuple[str, ...], Any]:
    """Return the field and the value that are given as `name=json`."""
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise typer.BadParameter(f"{text!r:.80} is not of the form NAME=JSON", param_hint="'--extra'")
    return tuple(name.split(".")), parsed(value)
