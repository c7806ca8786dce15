"""The folder of a batch, local or remote, and the ledger in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from evolink._paths import PathError, local_path
from evolink.cli.results import prepare_output
from evolink.ledger._database import file_url
from evolink.ledger._remote import RemoteFolder, results_folder

if TYPE_CHECKING:
    from sqlalchemy import URL

LEDGER = "evolink.db"


def prepared_folder(output: str) -> Path | RemoteFolder:
    """Return the folder of `--output`, so that a problem with it is known before anything is sent.

    Raises:
        typer.BadParameter: the value is not a usable path.
        EvoLinkError: the remote folder cannot be used.
    """
    folder = results_folder(output)
    if isinstance(folder, RemoteFolder):
        folder.check()
        return folder
    return Path(prepare_output(str(folder), only_folder=True) or "")


def ledger_of(output: str) -> URL:
    """Return the URL of the ledger in the folder of `--output`.

    Raises:
        typer.BadParameter: there cannot be one.
    """
    folder = results_folder(output)
    try:
        return ledger_in(folder if isinstance(folder, RemoteFolder) else local_path(folder))
    except PathError as error:
        raise typer.BadParameter(str(error), param_hint="'--output'") from None


def ledger_in(folder: Path | RemoteFolder) -> URL:
    """Return the URL of the ledger in a folder.

    Raises:
        typer.BadParameter: the folder is remote.
    """
    if isinstance(folder, RemoteFolder):
        message = f"a ledger cannot be in {folder}; pass --ledger with a database, as in sqlite:///{LEDGER}"
        raise typer.BadParameter(message, param_hint="'--ledger'")
    return file_url(folder / LEDGER)
