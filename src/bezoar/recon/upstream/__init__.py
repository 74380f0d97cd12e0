"""What became of a source since it was pinned, one file per host; only metadata is asked for."""
