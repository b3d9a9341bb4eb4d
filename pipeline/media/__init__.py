"""From bytes to timeline: probe, the one decode pass, shots, speech regions, chunks."""
