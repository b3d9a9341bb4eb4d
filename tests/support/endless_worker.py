"""``python -m tests.support.endless_worker``: a worker that loads its engine forever."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    sys.stdin.read()
