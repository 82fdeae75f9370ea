"""Names of places and what they stand for, compiled to one memory-mapped file."""
