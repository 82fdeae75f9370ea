"""The processing side: entries become normalised, linked and tagged documents."""
