"""Fuzzing of the formats: `python -m tests.fuzz FORMAT --seconds 120`, or `make fuzz` for all of them."""
