"""The ingest side, and what both sides share: bytes in, entries queued, documents read."""
