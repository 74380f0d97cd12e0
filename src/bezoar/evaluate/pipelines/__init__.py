"""One parser for each format of pipeline definition; each reads, none runs anything."""
