"""A process that owns an engine."""
