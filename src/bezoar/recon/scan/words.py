"""Finding any of many words in the bytes of a file, faster than one large pattern does."""

import re
from collections.abc import Mapping


class Words:
    """Words, and a pattern for each of them that says whether it counts where it stands.

    A plain search for each word takes a fraction of the time of a pattern with all of them, and
    most files have none. Patterns begin with their word, so that their search is as fast, and are
    compiled when their word is met for the first time.
    """

    def __init__(self, patterns: Mapping[bytes, bytes]) -> None:
        """Take patterns by the word that a match contains, in small letters where case is free."""
        self._patterns = dict(patterns)
        self._compiled: dict[bytes, re.Pattern[bytes]] = {}

    def are_in(self, data: bytes) -> bool:
        """Say whether any of the patterns matches."""
        there = filter(data.__contains__, self._patterns)
        return any(self._matches(word, data) for word in there)

    def _matches(self, word: bytes, data: bytes) -> bool:
        if word not in self._compiled:
            self._compiled[word] = re.compile(self._patterns[word])
        return self._compiled[word].search(data) is not None
