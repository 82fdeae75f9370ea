"""The processes of one machine: who owns the data directory, and what runs in it."""
