"""Vetting: every rule on the bytes of a dataset, and the record of what came of it."""
