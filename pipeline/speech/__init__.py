"""From chunk results to one timeline of words."""
