"""Environment variables: libraries that go to a hub by themselves are told not to."""

from collections.abc import Mapping
from typing import Final

from bezoar.fortify.egress.emit.wanted import Wanted, heading

OFFLINE: Final[Mapping[str, str]] = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_EVALUATE_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "PIP_NO_INDEX": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}
"""What tells Hugging Face's libraries and pip that there is no network."""


def policy(_wanted: Wanted) -> str:
    """Return export lines for a shell."""
    head = heading(
        "Environment of a training job",
        (
            (
                "Nothing. Hugging Face's libraries and pip say at once that they are offline, in"
                " place of waiting for a network that another policy closes."
            ),
        ),
        ("Any program, and any line of Python, can ignore or unset these variables.",),
    )
    return head + "".join(f"export {name}={value}\n" for name, value in OFFLINE.items())
