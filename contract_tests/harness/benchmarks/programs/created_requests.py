"""Creates and validates requests with the first `evolink_client` on the path, and measures the processor time.

python created_requests.py COUNT
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module


def main(count: int) -> dict[str, float]:
    """Return the milliseconds of the import and of the first request, and the microseconds of each later one."""
    start = time.process_time()
    import_module("evolink_client")
    imported = time.process_time()
    models, requests = import_module("evolink"), import_module("evolink._validation")
    contract = import_module("evolink._contract").packaged_contract()
    model, reference = next(iter(contract.references.items()))
    request = getattr(models, reference.rpartition("/")[2])
    fields = {name: value for name, value in contract.models[model]["examples"][0].items() if name != "model"}

    def create() -> None:
        body = requests.to_body(request(**fields))
        requests.encode(body)
        requests.check(body)

    create()
    first = time.process_time()
    for _ in range(count):
        create()
    end = time.process_time()
    return {
        "import": (imported - start) * 1e3,
        "first": (first - start) * 1e3,
        "create": (end - first) / count * 1e6,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))) + "\n")
