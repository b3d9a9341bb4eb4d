"""Records and Arrow tables: what every part of the project agrees on. No I/O."""
