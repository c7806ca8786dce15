"""Judges the mock as `make contract` does, and prints the number of cases.

python judged_cases.py FOLDER EXAMPLES_OR_NULL
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from pathlib import Path

from contract_suite.session import Settings, judge

if __name__ == "__main__":
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        report = judge(Settings(folder=Path(sys.argv[1]), examples=json.loads(sys.argv[2])))
    of_rules = [int(number) for number in re.findall(r"^ +(\d+) requests that ", printed.getvalue(), re.MULTILINE)]
    sys.stdout.write(f"{sum(of_rules) + report.cases}\n")
