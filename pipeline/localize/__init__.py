"""Translation and dubbing: what is decided about lines, voices, time and sound."""
