"""From placed speech and the sound of a title to a dialogue stem and a mix at a named loudness. Blocks, no files."""
