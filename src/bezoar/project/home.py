"""Where a person's own things lie, outside every project."""

import os
from pathlib import Path

from bezoar.core.errors import UsageError


def home() -> Path:
    """Return `BEZOAR_HOME`, or the platform's folder for user data; it need not exist.

    Raises:
        UsageError: If `BEZOAR_HOME` is not absolute: it would mean another folder at each place.
    """
    if given := os.environ.get("BEZOAR_HOME"):
        if not Path(given).is_absolute():
            raise UsageError(
                f"BEZOAR_HOME is not absolute: {given}", next='export BEZOAR_HOME="$PWD"'
            )
        return Path(given)
    import platformdirs  # noqa: PLC0415 - most commands have no need of it

    return platformdirs.user_data_path("bezoar", appauthor=False)
