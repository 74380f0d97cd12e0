"""Fortify: nothing unvetted gets in, nothing vetted changes unseen."""
