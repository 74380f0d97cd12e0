"""Python: the calls that fetch, told by imports, names and constants. Nothing is run."""

import ast
import warnings
from collections.abc import Iterable

from bezoar.recon.scan.fetch import Context, Fetch, UnreadableError
from bezoar.recon.scan.python.reading import Reading
from bezoar.recon.scan.python.survey import survey


def may_fetch(data: bytes) -> bool:
    """Say from its bytes whether a module can fetch anything."""
    return b"import" in data


def read(text: str, path: str, context: Context) -> Iterable[Fetch]:
    """Read a module's fetches.

    Raises:
        UnreadableError: It is no Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise UnreadableError(f"no Python: {error}") from None
    module = path.removesuffix(".py").replace("/", ".")
    found = survey(tree, module.removesuffix(".__init__"), package=module.endswith(".__init__"))
    return Reading(found, text.split("\n"), path, context).fetches()
