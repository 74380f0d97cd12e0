"""Caches that an engine fills unless it is told not to: Kubeflow's, Vertex's, ZenML's.

Sources: kubeflow.org, "Use Caching" ("enabled by default for all components");
cloud.google.com, "Configure execution caching"; docs.zenml.io, "Control caching behavior".

That a cache is there by default is no finding by itself: then every pipeline would have it. It
counts where the definition turns it on for all, or turns it off for some steps and leaves it on
for one that brings data in: its key holds what that step is given, not what it brought.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.composing import Draft
from bezoar.evaluate.pipelines.reading import INTERNAL

_DIGEST: Final = re.compile(r"(?:^|[^0-9a-f])(?:[0-9a-f]{40}|[0-9a-f]{64})(?:$|[^0-9a-f])")
_NO_DATA: Final = re.compile(r"(?i)model|tokenizer|client|config|credential|lookup")


def cache_by_default(drafts: Iterable[Draft], told: set[str], *, whole: bool | None) -> None:
    """Let steps that bring data in be cached where the definition shows that it is meant.

    Args:
        drafts: The steps.
        told: Names of those that say themselves whether they are cached.
        whole: What is said for all of them, None for nothing.
    """
    known = list(drafts)
    some_off = any(one.step.name in told and not one.step.cached for one in known)
    for draft in known:
        step = draft.step
        brings = not any(one.name.startswith(INTERNAL) for one in step.reads)
        brings = brings and _NO_DATA.search(step.name) is None
        if whole is not False and (whole or some_off) and brings and step.name not in told:
            draft.step = step = replace(step, cached=True)
        if step.cached and any(_DIGEST.search(value) for value in step.settings.values()):
            draft.step = replace(step, cache_key_pins=True)
