"""What a task's process is given besides its task: the interpreter's files and an environment."""

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_SYSTEM: Final = (
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/nix/store",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
)
_PASSED_ON: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TZ")
# With a thread for each of 128 cores, a numerical library alone would exceed the address space.
_THREADS: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
)
_SITES: Final = ("site-packages", "dist-packages")


def modules() -> list[str]:
    """Return where modules are imported from: as here, so that it is the same code."""
    paths = [str(_PACKAGE.parent), *(str(Path(path).absolute()) for path in sys.path if path)]
    return list(dict.fromkeys(paths))


def readable() -> list[str]:
    """Return what the interpreter needs to read; of `sys.path` only what is installed.

    A folder that `PYTHONPATH` names may hold anything, and is not read but for bezoar itself.
    """
    found = (*_interpreter(), *map(Path, _SYSTEM), _PACKAGE)
    return list(dict.fromkeys(str(path) for path in found if path.exists()))


def _interpreter() -> Iterator[Path]:
    for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix):
        if (path := Path(prefix)) != Path(path.anchor):
            yield path
    for name in ("stdlib", "platstdlib", "purelib", "platlib"):
        yield Path(sysconfig.get_path(name))
    for path in map(Path, sys.path):
        if path.name in _SITES:
            yield path.absolute()


def environment(home: Path, temporary: Path | None) -> dict[str, str]:
    """Return the environment of a task: nothing of ours that could be a secret.

    Args:
        home: What it takes for its user's folder, and cannot read.
        temporary: Where temporary files go, if anywhere.
    """
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    threads = {name: os.environ.get(name, "2") for name in _THREADS}
    where = {"HOME": str(home), "TMPDIR": str(temporary or home)}
    return {"LC_ALL": "C.UTF-8", "PATH": "", **where, **passed, **threads}
