"""Text that machines read, as trees with lines: nothing is constructed, nothing is run."""
