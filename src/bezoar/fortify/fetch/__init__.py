"""Fetching into quarantine: one file for each kind of source, one way in which bytes arrive."""
