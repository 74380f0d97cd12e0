"""The vocabulary: frozen, typed nouns without I/O. Each law is a property test in `tests/laws`.

Import a noun from its own module (`from bezoar.core.digest import Digest`): nothing is
imported here, so that a command that needs few nouns starts fast.
"""
