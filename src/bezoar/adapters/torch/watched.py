"""A torch module whose answers are seen: a forward hook, so that the module stays what it is."""

from collections.abc import Sequence
from typing import Any, TypeVar

from bezoar.adapters.watched import Seen, read_scores

T = TypeVar("T")


def watch_module(module: T, classes: Sequence[Any] | None, seen: Seen) -> T:
    """Return the very module, which tells of what it answers outside of training.

    Args:
        module: A torch module that answers with a score for each class, (n, K).
        classes: Name of each column; None: its number.
        seen: Is told.
    """

    def told(_: Any, __: Any, answer: Any) -> None:
        if not live.training:
            scores = getattr(answer, "logits", answer)
            seen(lambda: read_scores(scores.detach().float().cpu().numpy(), classes))

    live: Any = module
    live.register_forward_hook(told)
    return module
