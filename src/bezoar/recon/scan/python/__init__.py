"""Python: the calls that fetch, told by imports, names and constants. Nothing is run."""

from collections.abc import Iterable

from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.recon.scan.python.parsing import parsed
from bezoar.recon.scan.python.prefilter import may_fetch
from bezoar.recon.scan.python.project import module_name
from bezoar.recon.scan.python.reading import Reading
from bezoar.syntax.python.survey import survey

__all__ = ["may_fetch", "read"]


def read(text: str, path: str, context: Context) -> Iterable[Fetch]:
    """Read a module's fetches.

    Raises:
        UnreadableError: It is no Python.
    """
    tree = parsed(text)
    found = survey(tree, module_name(path), package=path.endswith("__init__.py"))
    project = context.project if context.depth == 0 else None
    view = project.view(path) if project is not None and context.again else None
    reading = Reading(found, text.split("\n"), path, context, view)
    fetches = reading.fetches()
    if project is not None and not context.again:
        project.learn(path, reading.wrappers, reading.folding.wanted)
    return fetches
