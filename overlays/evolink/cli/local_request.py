"""`LocalRequest`: a request whose media may be local files, which are checked and uploaded before it is sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

import typer

from evolink._contract import JSON, packaged_contract
from evolink._editions import contract_with
from evolink._json import is_array, is_object
from evolink._json_values import dotted
from evolink._media_fields import Source, find_sources, replaced
from evolink._uploads import is_url
from evolink._validation import find_violations
from evolink.cli.local_files import is_file, looks_local, readable_file, size_violations
from evolink.cli.request_options import MODEL, Field, fields_of
from evolink.errors import InvalidMedia, InvalidRequest

if TYPE_CHECKING:
    from pathlib import Path

    from evolink._client import EvoLink
    from evolink.billing import Estimate
    from evolink.cli.command import CommandContext

SENT_AS_IT_IS = (
    "the fields of a model that is not documented here are sent as they are; "
    "put the URL that evolink upload PATH prints into the request"
)


class LocalRequest:
    """A request whose files may still be local paths.

    Args:
        body: the JSON object of the request.
        hint: returns the name of a field in errors about its files.
        edition: the edition of the documentation by which the request is checked.
        taken: the names of options that no field has.

    Attributes:
        files: the local files, by their paths as they are in the request.

    Raises:
        typer.BadParameter: a file does not exist, or cannot be read.
    """

    def __init__(self, body: JSON, hint: Callable[[Field], str], edition: str, taken: Collection[str] = ()) -> None:
        self._body, self._edition = body, edition
        model = body.get(MODEL)
        contract = contract_with(model, edition)
        self._is_documented = isinstance(model, str) and model in contract.models
        self._sources = [source for source in find_sources(contract, body) if not is_url(source.value)]
        fields = fields_of(contract, str(model), taken) if self._sources else []
        self.files: dict[str, Path] = {
            source.value: readable_file(source.value, hint(_field_of(source, fields))) for source in self._sources
        }

    def unrecognised_files(self) -> list[str]:
        """Return the fields of a request for an undocumented model that look like local files, and are not.

        Raises:
            typer.BadParameter: one of them is a local file, which cannot be uploaded for an unknown field.
        """
        if self._is_documented:
            return []
        found = [(dotted(path), text) for path, text in _texts(self._body) if looks_local(text)]
        for name, text in found:
            if is_file(text):
                raise typer.BadParameter(
                    f"the file {text!r:.200} is not uploaded: {SENT_AS_IT_IS}", param_hint=f"'{name}'"
                )
        return [name for name, _ in found]

    def check(self) -> None:
        """Check the request and the sizes of its files before any upload. Contested limits are left to the SDK.

        Raises:
            InvalidRequest: the request breaks documented rules.
            InvalidMedia: the size of a file breaks a documented rule.
        """
        placeholder = f"{packaged_contract(self._edition).files_url}/file"
        body = self.with_urls(lambda _: placeholder)
        violations = [violation for violation, warning in find_violations(body, self._edition) if not warning]
        if violations:
            raise InvalidRequest(violations)
        too_big_or_empty = [
            violation
            for source in self._sources
            for violation in size_violations(self.files[source.value], source.name, source.limits)
        ]
        if too_big_or_empty:
            raise InvalidMedia(too_big_or_empty)

    def estimate(self, max_credits: float | None) -> Estimate | None:
        """Estimate the charge before any upload; None if the billed fields are not as documented.

        Raises:
            ConfigurationError: `max_credits` is not a number of credits.
            CostLimitExceeded: the request may cost more than `max_credits`, or its cost is not known.
        """
        from evolink.billing import check_cost  # noqa: PLC0415 - help and completion do not need it
        from evolink.cli.costs import estimate_or_none  # noqa: PLC0415 - see above

        request = self.with_urls(lambda _: f"{packaged_contract(self._edition).files_url}/file")
        if max_credits is None:
            return estimate_or_none(request, self._edition)
        return check_cost(request, max_credits, self._edition)

    def check_media(self, api: EvoLink) -> None:
        """Check the content of the files before any upload.

        Raises:
            InvalidMedia: a file breaks documented rules.
            MissingExtra: the extra `media` is not installed.
        """
        from evolink import media  # noqa: PLC0415 - an extra

        media.check(self._body, allow_private=api.allows_private_media, edition=self._edition)

    def upload_files(self, context: CommandContext, api: EvoLink) -> JSON:
        """Upload the local files; returns the request with their URLs."""
        urls: dict[str, str] = {}
        for source, path in self.files.items():
            with context.output.show_transfer("uploading", "uploaded", path.name) as on_progress:
                urls[source] = api.upload(path, on_progress=on_progress).file_url
        return self.with_urls(urls.__getitem__)

    def with_urls(self, url_of: Callable[[str], str]) -> JSON:
        """Return the request with the URL of each local file in place of its path."""
        return replaced(self._body, {source.path: url_of(source.value) for source in self._sources})


def _texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every text of a request with its place."""
    if isinstance(value, str):
        yield path, value
    elif is_object(value) or is_array(value):
        for name, item in value.items() if is_object(value) else enumerate(value):
            yield from _texts(item, (*path, name))


def _field_of(source: Source, fields: list[Field]) -> Field:
    """Return the field with an option that a file belongs to."""
    names = tuple(part for part in source.path if isinstance(part, str))
    return next(field for field in fields if names[: len(field.path)] == field.path)
