"""A package, so that ``tests.support`` is ours: pycaption installs a top-level package ``tests`` of its own."""
