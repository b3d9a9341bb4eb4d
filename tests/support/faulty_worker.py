"""``python -m tests.support.faulty_worker``: a worker like any other, with the engine that fails on demand."""

from __future__ import annotations

import sys

from tests.support.faults import REGISTRY
from workers.__main__ import main

if __name__ == "__main__":
    sys.exit(main(registry=REGISTRY))
