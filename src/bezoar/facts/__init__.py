"""Dated data files: what is known about the world, apart from the code that uses it."""
