"""The direction of imports: what each room of `src/bezoar` may import, read from its source.

An import counts wherever it stands: at the top, in a function, under TYPE_CHECKING, as the
literal name in `import_module`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"

RANKS = (
    {"core"},
    {"ledger", "sandbox", "facts", "project", "syntax"},
    {"datasets", "attacks", "adapters"},
    {"recon", "evaluate", "fortify", "limit", "expose"},
    {"report", "rules"},
    {"flows"},
    {"exercise"},
    {"web"},
    {"cli"},
    {"__main__"},
)
RANK = {room: rank for rank, rooms in enumerate(RANKS) for room in rooms}
# `import bezoar` is for users of the library; the packages below are what it is made of.
USERS = {"exercise", "cli", "web", "__main__"}
HEAVY = {"torch", "torchvision", "sklearn", "scipy", "matplotlib", "altair", "mlflow"}


def imported(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the full name of everything that a file of `package` imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            start = ".".join([*above, *filter(None, [node.module])]) if node.level else node.module
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)
        elif (
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module"
            and isinstance(node.args[0], ast.Constant)
        ):
            yield node.lineno, node.args[0].value


def fault(room: str, name: str, rooms: set[str]) -> str | None:
    """Say what is wrong with a room's import of a name, None where nothing is."""
    top, _, rest = name.partition(".")
    if top in HEAVY and room != "adapters":
        return f"{top} is for adapters"
    if top != "bezoar":
        return None
    other = rest.partition(".")[0]
    if other not in rooms:
        return None if room in USERS else "import bezoar is for its users"
    if room in (other, ""):
        return None
    if room == "exercise" and other != "core":
        return f"exercise uses the public API, not {other}"
    return None if RANK[other] < RANK[room] else f"{room} may not import {other}"


def faults(source: Path) -> list[str]:
    """Return each forbidden import under a source folder, as `file:line: why`."""
    root = source / "bezoar"
    files = {path: path.relative_to(root).parts for path in sorted(root.rglob("*.py"))}
    rooms = {Path(parts[0]).stem for parts in files.values()} - {"__init__"}
    found = [f"{room}: no rank names this room" for room in sorted(rooms - RANK.keys())]
    for path, parts in files.items():
        room = "" if parts == ("__init__.py",) else Path(parts[0]).stem
        if room not in {"", *RANK}:
            continue
        package = ".".join(["bezoar", *parts[:-1]])
        for line, name in imported(ast.parse(path.read_bytes()), package):
            if why := fault(room, name, rooms & RANK.keys()):
                found.append(f"{'/'.join(parts)}:{line}: {why}")
    return found


def test_every_import_points_down():
    assert faults(SOURCE) == []


def test_the_tree_that_is_checked_is_the_real_one():
    assert (SOURCE / "bezoar" / "core" / "digest.py").is_file()


GOOD = {
    "__init__.py": "from bezoar.expose import x\n",
    "core/a.py": "import json\n",
    "ledger/a.py": "from bezoar.core import a\nfrom bezoar.ledger import b\n",
    "datasets/a.py": "",
    "adapters/a.py": "import torch\nfrom sklearn.svm import SVC\n",
    "expose/a.py": "def f():\n    from bezoar.adapters.a import g\n",
    "report/a.py": "",
    "flows/a.py": "from bezoar.report import a\n",
    "exercise/a.py": "import bezoar\nfrom bezoar import inspect\nfrom bezoar.core import a\n",
    "cli/a.py": "from bezoar.exercise import a\nfrom bezoar import x\n",
}
BAD = {
    "upward": ("core/a.py", "from bezoar.ledger import a\n", "core may not import ledger"),
    "one rank": ("expose/a.py", "import bezoar.recon.a\n", "expose may not import recon"),
    "from the root": ("expose/a.py", "from bezoar import cli\n", "expose may not import cli"),
    "relative": ("core/a.py", "from ..ledger import a\n", "core may not import ledger"),
    "in a function": (
        "ledger/a.py",
        "def f():\n    import bezoar.project.a\n",
        "ledger may not import project",
    ),
    "for typing": (
        "datasets/a.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from bezoar.attacks import a\n",
        "datasets may not import attacks",
    ),
    "by name": (
        "flows/a.py",
        "from importlib import import_module\nimport_module('bezoar.cli.a')\n",
        "flows may not import cli",
    ),
    "the public API inside": ("flows/a.py", "from bezoar import inspect\n", "is for its users"),
    "around the public API": (
        "exercise/a.py",
        "from bezoar.expose.a import f\n",
        "exercise uses the public API, not expose",
    ),
    "torch": ("expose/a.py", "import torch.nn\n", "torch is for adapters"),
    "scipy late": (
        "expose/a.py",
        "def f():\n    from scipy import stats\n",
        "scipy is for adapters",
    ),
    "a new room": ("helpers/a.py", "", "no rank names this room"),
}


def made_up(folder: Path, *extra: tuple[str, str]) -> Path:
    rooms = {f"{room}/__init__.py": "" for rank in RANKS for room in rank if room != "__main__"}
    for name, text in [*rooms.items(), *GOOD.items(), *extra]:
        path = folder / "bezoar" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_a_good_tree_has_no_fault(tmp_path):
    assert faults(made_up(tmp_path)) == []


@pytest.mark.parametrize(("name", "text", "why"), BAD.values(), ids=BAD)
def test_each_way_around_is_seen(tmp_path, name, text, why):
    found = faults(made_up(tmp_path, (name, text)))
    assert len(found) == 1
    assert why in found[0]
