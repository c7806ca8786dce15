"""Copies of `openapi/` with two models only, which never change, and neither does the version of the contract."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent
OPENAPI = HERE.parents[2] / "openapi"


def copy_contract(folder: Path) -> Path:
    """Copy `openapi/` into a folder, with the frozen files of two models, and return the path of the root file."""
    copied = folder / "openapi"
    shutil.copytree(OPENAPI, copied, ignore=shutil.ignore_patterns("__pycache__", ".build-*", "models"))
    models = copied / "models/wan"
    shutil.copytree(HERE, models, ignore=shutil.ignore_patterns("__pycache__", "*.py", "*.md"))
    root = copied / "evolink.yaml"
    text = re.sub(r"(?m)^  version: .*$", "  version: 0.1.0", root.read_text(encoding="utf-8"), count=1)
    references = re.findall(r"(?m)^ *- \$ref: models/\S+\n", text)
    first, second = ([one for one in references if f"/{path.name}\n" in one] for path in sorted(models.iterdir()))
    text = text.replace("".join(references), "".join(first + second))
    root.write_text(text, encoding="utf-8")
    return root
