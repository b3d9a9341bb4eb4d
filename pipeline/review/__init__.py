"""The review page of a release: one HTML file that an editor opens from disk."""
