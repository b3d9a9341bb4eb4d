"""``python -m tests.support.fixed_worker``: a worker like any other, with the engine of fixed answers."""

from __future__ import annotations

import sys

from tests.support.fixed_engine import REGISTRY
from workers.__main__ import main

if __name__ == "__main__":
    sys.exit(main(registry=REGISTRY))
