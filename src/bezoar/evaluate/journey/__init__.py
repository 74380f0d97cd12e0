"""The journey of a data point: steps, what they read and write, and what stands between.

`words`, `roles` and `acts` say what each step does, `guards` which ways to a training pass a
validator, `following` does that for one pipeline, `journey` for a tree, `graph` draws it.
"""

from bezoar.evaluate.journey.journey import Journey, build

__all__ = ["Journey", "build"]
