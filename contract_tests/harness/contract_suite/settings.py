"""The settings of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from contract_suite.checks.planning import Shard


@dataclass(frozen=True)
class Settings:
    """The settings of a run.

    Attributes:
        target: The URL of a server. None for our own mock.
        key: Its API key.
        spend: The number of tasks that may be created there. None means any number on localhost, and 0 on other hosts.
        seed: The seed for the order of requests, and for schemathesis.
        rate: The most requests per second. None means any number on localhost, and 5 on other hosts.
        patience: The most seconds for which tasks are followed. None means 20 on localhost, and 600 on other hosts.
        generate: True if schemathesis runs too.
        shard: The part of the run. `spend` and `rate` apply to each part.
        folder: The folder of the report.
        examples: The most requests that a phase of schemathesis generates for an operation. None for its own number.
        models: Patterns of the models to judge by, such as `wan2.6-*`. Empty for all models.
        edition: The edition of the documentation by which the server is judged.
        strict: True if differences from inferred and contested rules count as broken on other servers, too.
        allow_http: True if the key may travel unencrypted to another machine.
        overlays: Files with overlays over the contract, which overrule the rules that they contradict.
    """

    target: str | None = None
    key: str = field(default="", repr=False)
    spend: int | None = None
    seed: int = 1
    rate: float | None = None
    patience: float | None = None
    generate: bool = True
    shard: Shard = field(default_factory=Shard)
    folder: Path = Path("reports")
    examples: int | None = None
    allow_http: bool = False
    overlays: tuple[Path, ...] = ()
    edition: str = "base"
    strict: bool = False
    models: tuple[str, ...] = ()
