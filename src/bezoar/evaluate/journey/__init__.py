"""The journey of a data point: steps, what they read and write, and what stands between.

`words`, `calls`, `roles`, `step_data` and `acts` say what each step does; `order` what comes
before what, `data_flow` who wrote what, `validators` and `passing` who looked at it, `guards` which
ways to a training nobody guards. `following` does that for one pipeline within its `effort`,
`journey` for a tree, `graph` draws it.
"""

from bezoar.evaluate.journey.journey import Journey, build

__all__ = ["Journey", "build"]
