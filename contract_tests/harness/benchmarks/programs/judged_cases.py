"""Judges the mock as `make contract` does, and prints the number of cases.

python judged_cases.py FOLDER EXAMPLES_OR_NULL
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path

from contract_suite.session import Settings, judge

if __name__ == "__main__":
    with contextlib.redirect_stdout(io.StringIO()):
        report = judge(Settings(folder=Path(sys.argv[1]), examples=json.loads(sys.argv[2])))
    sys.stdout.write(f"{report.requests.probes + report.requests.generated}\n")
