"""The spot check: people look at a few samples, and learn what that says about the rest."""
