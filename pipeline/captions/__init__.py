"""Cues under named profiles, lint, and caption files."""
