"""Faults on the way of a pull: what bezoar refuses, and what of it `dvc pull` refuses.

    .venv/bin/python benchmarks/faults.py
    .venv/bin/python benchmarks/faults.py --peers --folder /tmp/p   # dvc, too

The kinds and their places are those of the tests (`tests/pull_faults.py`). bezoar runs once as it
is and once with a verification that asks nothing, an internal parameter: a fault that is refused
there as well would prove nothing. dvc runs as it comes, and with `verify true`; a fault counts as
refused if `dvc pull` fails or the data in the workspace is what was added. A kind that has no
counterpart there, as a signature, has none to refuse it either.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from hashing import environment

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import pull_faults
from pull_scene import Unverified, overwrite, tree

PLACES = 50
GOAL = 1000
Row = dict[str, str]


class Dvc:
    """A repository of dvc with two versions of the tests' set, and a remote in a folder."""

    def __init__(self, folder: Path, dvc: Path, verify: bool) -> None:
        self.folder, self._dvc, self._verify = folder / "now", dvc, verify
        self._kept = folder / "kept"
        if not self._kept.exists():
            self._build()

    def _run(self, *words: str) -> int:
        state = {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(self.folder / "state")}
        command = [str(self._dvc), *words]
        done = subprocess.run(
            command, cwd=self.folder, env=os.environ | state, capture_output=True, check=False
        )
        return done.returncode

    def _build(self) -> None:
        self.folder.mkdir(parents=True)
        self._run("init", "-q", "--no-scm")
        self._run("remote", "add", "-d", "r", "remote")
        if self._verify:
            self._run("remote", "modify", "r", "verify", "true")
        for number in (100, 200):
            shutil.rmtree(self.folder / "data", ignore_errors=True)
            for name, data in pull_faults.samples(number).items():
                path = self.folder / "data" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            self._run("add", "-q", "data")
            self._run("push", "-q")
            shutil.copy(self.folder / "data.dvc", self.folder / f"{number}.dvc")
        shutil.copytree(self.folder, self._kept, symlinks=True)

    def refuses(self, change: Callable[["Dvc", str], None], *, fresh: bool) -> bool:
        """Inject a fault, pull, and tell whether nothing else than what was added is delivered."""
        shutil.rmtree(self.folder)
        shutil.copytree(self._kept, self.folder, symlinks=True)
        if fresh:
            for name in ("data", ".dvc/cache", "state"):
                shutil.rmtree(self.folder / name, ignore_errors=True)
        change(self, "stop/3.png")
        if self._run("pull", "-q"):
            return True
        links = any(path.is_symlink() for path in (self.folder / "data").rglob("*"))
        return tree(self.folder / "data") == pull_faults.samples(200) and not links

    def listing(self) -> tuple[Path, list[dict[str, str]]]:
        """Return the object that lists the files, and what it lists."""
        text = (self.folder / "data.dvc").read_text()
        digest = text.partition("md5: ")[2].split()[0]
        path = self.remote(digest)
        return path, json.loads(path.read_text())

    def remote(self, digest: str) -> Path:
        """Return where the remote keeps an object."""
        return self.folder / "remote/files/md5" / digest[:2] / digest[2:]

    def object(self, name: str) -> Path:
        """Return where the remote keeps a file."""
        return self.remote(self.digest(name))

    def digest(self, name: str) -> str:
        """Return how dvc names a file's content."""
        return next(one["md5"] for one in self.listing()[1] if one["relpath"] == name)


def _flip(path: Path) -> None:
    data = path.read_bytes()
    middle = len(data) // 2
    overwrite(path, data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])


def _exchange(one: Path, other: Path) -> None:
    first, second = one.read_bytes(), other.read_bytes()
    overwrite(one, second)
    overwrite(other, first)


def _relabel(dvc: Dvc, _name: str) -> None:
    """Exchange two classes in the list of files, in the remote."""
    path, listed = dvc.listing()
    swap = {"go": "stop", "stop": "go"}
    for one in listed:
        label, _, name = one["relpath"].partition("/")
        one["relpath"] = f"{swap.get(label, label)}/{name}"
    overwrite(path, json.dumps(sorted(listed, key=lambda one: one["relpath"])).encode())


def _other(dvc: Dvc, name: str) -> None:
    overwrite(dvc.object(name), dvc.object("go/0.png").read_bytes())


def _link(dvc: Dvc, name: str) -> None:
    path = dvc.folder / "data" / name
    (dvc.folder / "poison.png").write_bytes(pull_faults.POISON)
    path.unlink()
    path.symlink_to(dvc.folder / "poison.png")


def _cached(dvc: Dvc, name: str) -> Path:
    digest = dvc.digest(name)
    return dvc.folder / ".dvc/cache/files/md5" / digest[:2] / digest[2:]


def _cache_byte(dvc: Dvc, name: str) -> None:
    """Change a byte and leave the time stamp as it was; the workspace is to be filled from it."""
    path = _cached(dvc, name)
    times = path.stat()
    _flip(path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    shutil.rmtree(dvc.folder / "data")


def _copy_byte(dvc: Dvc, name: str) -> None:
    """Change a byte of the workspace and leave the time stamp as it was."""
    path = dvc.folder / "data" / name
    times = path.stat()
    _flip(path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _truncate(dvc: Dvc, name: str) -> None:
    overwrite(dvc.object(name), dvc.object(name).read_bytes()[:-1])


def _extend(dvc: Dvc, name: str) -> None:
    overwrite(dvc.object(name), dvc.object(name).read_bytes() + b"x")


def _extra(dvc: Dvc, _name: str) -> None:
    (dvc.folder / "data/stop/x.png").write_bytes(pull_faults.POISON)


COUNTERPARTS: dict[str, tuple[bool, Callable[[Dvc, str], None]]] = {
    "data byte in the mirror": (True, lambda dvc, name: _flip(dvc.object(name))),
    "object in the mirror cut short": (True, _truncate),
    "object in the mirror extended": (True, _extend),
    "object in the mirror replaced by another valid one": (True, _other),
    "two objects in the mirror exchanged": (
        True,
        lambda dvc, name: _exchange(dvc.object(name), dvc.object("go/0.png")),
    ),
    "label or digest in the sample manifest, in the mirror": (True, _relabel),
    "older approved version replayed": (
        True,
        lambda dvc, _: shutil.copy(dvc.folder / "100.dvc", dvc.folder / "data.dvc"),
    ),
    "byte in the cache": (False, _cache_byte),
    "byte in the copy": (False, _copy_byte),
    "class folder of the copy renamed": (
        False,
        lambda dvc, _: (dvc.folder / "data/stop").rename(dvc.folder / "data/halt"),
    ),
    "two class folders of the copy exchanged": (
        False,
        lambda dvc, _: _exchange(dvc.folder / "data/stop/0.png", dvc.folder / "data/go/0.png"),
    ),
    "extra file or folder in the copy": (False, _extra),
    "link in the copy": (False, _link),
    "file of the copy gone": (False, lambda dvc, name: (dvc.folder / "data" / name).unlink()),
}
"""What dvc has in that place: whether the machine is fresh, and the fault."""


def bezoar_rows(folder: Path, places: int) -> Iterator[tuple[str, int, bool]]:
    """Yield each kind, how many of its faults were refused, and whether nobody asking misses it."""
    stage = pull_faults.Stage(folder)
    for name in pull_faults.KINDS:
        refused = 0
        for number in range(places):
            place = stage.place(name, number)
            clean = pull_faults.pull(place) is not None and not pull_faults.unverified(place)
            refused += clean
        blind = pull_faults.pull(stage.place(name, 0), Unverified()) is None
        yield name, refused, blind


def dvc_answers(folder: Path) -> dict[str, tuple[bool, bool]]:
    """Return for each kind whether dvc refuses it, as it comes and with `verify true`."""
    dvc = environment(folder / "envs/dvc", "dvc[s3]") / "dvc"
    work = folder / "dvc-faults"
    shutil.rmtree(work, ignore_errors=True)
    plain, strict = Dvc(work / "plain", dvc, False), Dvc(work / "strict", dvc, True)
    return {
        name: (plain.refuses(change, fresh=fresh), strict.refuses(change, fresh=fresh))
        for name, (fresh, change) in COUNTERPARTS.items()
    }


def main() -> None:
    """Inject, and count."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="for environments; kept")
    parser.add_argument("--places", type=int, default=PLACES)
    parser.add_argument("--peers", action="store_true", help="install dvc and ask it, too")
    given = parser.parse_args()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - faster
    with tempfile.TemporaryDirectory(dir=memory) as temporary:
        others = dvc_answers((given.folder or Path(temporary)).absolute()) if given.peers else {}
        words = {True: "refused", False: "DELIVERED"}
        head = ("fault", "bezoar", "unverified", "dvc", "dvc, verify true")
        print("{:58} {:>10} {:>10} {:>10} {:>16}".format(*head))
        total = 0
        for name, refused, blind in bezoar_rows(Path(temporary) / "faults", given.places):
            total += refused
            dvc = [words[answer] for answer in others[name]] if name in others else ["-", "-"]
            cells = (f"{refused}/{given.places}", words[not blind], *dvc)
            print("{:58} {:>10} {:>10} {:>10} {:>16}".format(name, *cells), flush=True)
        print(f"\n{total:,} of {len(pull_faults.KINDS) * given.places:,} refused ({GOAL:,} wanted)")


if __name__ == "__main__":
    main()
